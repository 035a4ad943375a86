"""Holds over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from app.api.dependencies import Code, Db, Input, Label, Output, Page, Part, Quantity, Reader, RecordId, Text, example
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import reservations
from app.domain.errors import InsufficientStock, NotFound, UnknownLocation, UnknownSku, WrongState

router = APIRouter(prefix="/reservations", tags=["Reservations"], responses=everywhere())


class HoldLineIn(Input):
    sku: Annotated[Code, Field(examples=["MUG-BLUE"])]
    quantity: Annotated[Quantity, Field(examples=[2])]


class ReservationIn(Input):
    """Units to set aside for a while."""

    model_config = example({"lines": [{"sku": "MUG-BLUE", "quantity": 2}], "expires_in_s": 900})

    lines: list[HoldLineIn] = Field(min_length=1, max_length=200)
    expires_in_s: int = Field(default=900, ge=1, le=30 * 86_400, description="How long it holds.", examples=[900])
    locations: list[Code] | None = Field(default=None, min_length=1, max_length=50, description="Where from, in this order.")
    reference: Label | None = None


class HeldLineOut(Output):
    sku: str
    sku_id: str
    location: str
    quantity: int = Field(description="Units still held.")


class ReservationOut(Output):
    """A hold."""

    id: str
    status: Literal["held", "used", "released", "lapsed"]
    reference: str | None
    expires_at: datetime
    created_at: datetime
    lines: list[HeldLineOut]


@router.post(
    "",
    status_code=201,
    response_model=ReservationOut,
    responses=documented(UnknownSku, UnknownLocation, InsufficientStock, KeyReused),
)
async def create_reservation(body: ReservationIn, once: OnceOnly) -> Response:
    """Hold units until an expiry: all of them, or none."""
    wants = [(line.sku, line.quantity) for line in body.lines]
    return await once(
        ReservationOut,
        reservations.hold,
        wants,
        expires_in=timedelta(seconds=body.expires_in_s),
        location_codes=body.locations,
        reference=body.reference,
    )


@router.get("", responses=documented(BadCursor))
async def list_reservations(
    database: Db,
    caller: Reader,
    part: Part,
    status: Annotated[Literal["held", "used", "released", "lapsed"] | None, Query()] = None,
    sku: Annotated[Text | None, Query(description="Only what holds or has held this SKU, by its code.", max_length=200)] = None,
) -> Page[ReservationOut]:
    """Reservations, newest first."""
    rows = await database.read(reservations.page, part.behind(), part.limit + 1, status=status, code=sku)
    return Page[ReservationOut].model_validate(part.page(rows, "id"))


@router.get("/{reservation_id}", responses=documented(NotFound))
async def get_reservation(reservation_id: RecordId, database: Db, caller: Reader) -> ReservationOut:
    """One reservation."""
    return ReservationOut.model_validate(await database.read(reservations.view, reservation_id))


@router.post(
    "/{reservation_id}/release",
    status_code=200,
    response_model=ReservationOut,
    responses=documented(NotFound, WrongState, KeyReused),
)
async def release_reservation(reservation_id: RecordId, once: OnceOnly) -> Response:
    """Give the units back before the hold lapses."""
    return await once(ReservationOut, reservations.release, reservation_id, status=200)
