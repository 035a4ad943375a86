"""Recovery over HTTP: after a restored backup or on a copy, how far the shops were read, and the way on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.api.dependencies import Admin, Db, Input, Output, Reader, RecordId, example
from app.api.going_live import MissingOut
from app.api.idempotency import OnceOnly
from app.api.problems import KeyReused, documented, everywhere
from app.domain import recovery
from app.domain.errors import NotFound, NotReady

router = APIRouter(prefix="/recovery", tags=["Recovery"], responses=everywhere())


class RecoveredNumberOut(Output):
    """A number that isn't what our records make of it, with every order since then recorded."""

    counter_id: str
    title: str
    sku: str
    believed: int = Field(description="What our records make of it.")
    shown: int = Field(description="What the shop shows. From here on that is what we go by.")


class RecoveringShopOut(Output):
    """How far one shop was read since the store went back in time."""

    channel_id: str
    name: str
    kind: str
    status: str
    ready: bool = Field(description="Nothing is missing: it may go live again.")
    missing: list[MissingOut] = Field(description="What is still waited for.")
    listed: bool = Field(description="What is on sale there was listed to the end.")
    polled: bool = Field(description="Its orders were read to the end, and all were taken in.")
    orders: int = Field(description="Orders taken in since.")
    counters: int = Field(description="How many numbers there are to read.")
    counters_read: int
    counters_final: int = Field(description="Read at a time when no earlier write can arrive any more.")
    final_from: datetime = Field(description="From when on a reading is final.")
    writes_unknown: int = Field(description="Changes that were under way, and of which nobody can say yet whether they arrived.")
    listings_open: int = Field(description="Listings that nobody has said of what they are: map them before you go on.")
    differences: int = Field(description="How many numbers aren't what our records make of them.")
    largest: list[RecoveredNumberOut] = Field(description=f"The {recovery.SHOWN} largest of them.")


class RecoveryOut(Output):
    """Whether the store may have gone back in time. While it recovers nothing is written to a shop that isn't live."""

    recovering: bool
    epoch: int = Field(description="Rises each time.")
    since: datetime | None
    knows_until: datetime | None = Field(description="Up to when this store knows what happened; of what came later only shops' orders.")
    why: str | None = Field(description="Stable, for programs to rely on.", examples=["restored"])
    said: str | None = Field(description="Why, in words.")
    channels: list[RecoveringShopOut]


class ResumeIn(Input):
    """Which channels shall go live again."""

    model_config = example({"channels": None})

    channels: Annotated[list[RecordId], Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Their ids; left out: all of them."
    )


@router.get("")
async def get_recovery(database: Db, caller: Reader) -> RecoveryOut:
    """Whether it recovers, why, and what is still missing in each shop."""
    return RecoveryOut.model_validate(await database.read(recovery.view))


@router.post("/resume", status_code=200, response_model=RecoveryOut, responses=documented(NotFound, NotReady, KeyReused))
async def resume(caller: Admin, once: OnceOnly, request: Request, body: ResumeIn | None = None) -> Response:
    """Go live again. Refused while one of the channels isn't read; those that are may be named. With the last one the recovery is over."""
    response = await once(RecoveryOut, recovery.resume, body.channels if body else None, status=200)
    request.app.state.intake.forget()
    return response
