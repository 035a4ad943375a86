"""Where units are: levels, movements, stocktakes and transfers over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from app.api.dependencies import (
    Code,
    Count,
    Db,
    Input,
    Label,
    Moment,
    Output,
    Page,
    Part,
    Quantity,
    Reader,
    RecordId,
    Text,
    example,
)
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import counts, postings, stock, transfers
from app.domain.errors import ForbiddenMove, InsufficientStock, NotFound, UnknownLocation, UnknownSku, WrongState
from app.domain.postings import Posting

router = APIRouter(responses=everywhere())

State = Literal["available", "allotted", "reserved", "committed", "quality_control", "damaged"]
Place = Literal[
    "available",
    "allotted",
    "reserved",
    "committed",
    "quality_control",
    "damaged",
    "supplier",
    "customer",
    "adjustment",
    "transit",
]
SkuFilter = Annotated[Text | None, Query(description="Only this SKU's, by its code.", max_length=200)]
LocationFilter = Annotated[Text | None, Query(description="Only this location's, by its code.", max_length=200)]


# Levels


class LevelOut(Output):
    """How many units of a SKU are at a location, by state."""

    sku: str
    sku_id: str
    location: str
    location_id: str
    available: int = Field(description="Free to be promised.")
    allotted: int = Field(description="Set aside for one channel's counter.")
    reserved: int = Field(description="Held until an expiry.")
    committed: int = Field(description="Promised to order lines.")
    quality_control: int = Field(description="Waiting for a check.")
    damaged: int
    on_hand: int = Field(description="All of them: what you would count with your hands.")
    updated_at: datetime


@router.get("/stock", tags=["Stock"], responses=documented(BadCursor))
async def list_stock(
    database: Db,
    caller: Reader,
    part: Part,
    sku: SkuFilter = None,
    location: LocationFilter = None,
    updated_since: Annotated[Moment | None, Query(description="Only what changed at this moment or later.")] = None,
) -> Page[LevelOut]:
    """How many units there are of what, where, and in which state."""
    rows = await database.read(stock.page_levels, part.behind(2), part.limit + 1, code=sku, location=location, updated_since=updated_since)
    return Page[LevelOut].model_validate(part.page(rows, "sku_id", "location_id"))


# Movements


class MovementIn(Input):
    """Units that somebody moved: goods in, goods back, a check passed, breakage, repair, loss, a find, a return."""

    model_config = example(
        {
            "sku": "MUG-BLUE",
            "location": "STUDIO",
            "quantity": 50,
            "source": "supplier",
            "target": "available",
            "reason": "received",
            "reference": "PO-1",
        }
    )

    sku: Annotated[Code, Field(examples=["MUG-BLUE"])]
    location: Annotated[Code, Field(examples=["STUDIO"])]
    quantity: Annotated[Quantity, Field(examples=[50])]
    source: Annotated[Place, Field(examples=["supplier"])]
    target: Annotated[Place, Field(examples=["available"])]
    reason: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), Field(examples=["received"])]
    reference: Annotated[Label | None, Field(examples=["PO-1"])] = None
    occurred_at: Moment | None = Field(default=None, description="When it happened; now, if left out.")

    def posting(self) -> Posting:
        return Posting(**self.model_dump())


class MovementOut(Output):
    """An entry of the ledger. It is never changed; a repair is another entry."""

    id: str
    sku: str
    sku_id: str
    location: str
    location_id: str
    quantity: int
    source: str
    target: str
    reason: str
    reference: str | None
    actor: str = Field(description="Who did it.")
    cause_kind: str | None = Field(description="The kind of record that made it happen: order, count, transfer …")
    cause_id: str | None
    occurred_at: datetime
    recorded_at: datetime


@router.post(
    "/stock/movements",
    tags=["Stock"],
    status_code=201,
    response_model=MovementOut,
    responses=documented(UnknownSku, UnknownLocation, ForbiddenMove, InsufficientStock, KeyReused),
)
async def post_movement(body: MovementIn, once: OnceOnly) -> Response:
    """Move units of one SKU from one state to another. Breakage and loss take what is promised where nothing free is left."""
    return await once(MovementOut, postings.post, body.posting())


@router.get("/stock/movements", tags=["Stock"], responses=documented(BadCursor))
async def list_movements(
    database: Db,
    caller: Reader,
    part: Part,
    sku: SkuFilter = None,
    location: LocationFilter = None,
    cause: Annotated[RecordId | None, Query(description="Only those that this order, count or transfer made.")] = None,
    updated_since: Annotated[Moment | None, Query(description="Only what was recorded at this moment or later.")] = None,
) -> Page[MovementOut]:
    """The ledger's entries, oldest first: they add up to the levels."""
    rows = await database.read(
        stock.page_movements, part.behind(), part.limit + 1, code=sku, location=location, cause_id=cause, recorded_since=updated_since
    )
    return Page[MovementOut].model_validate(part.page(rows, "id"))


# Stocktakes


class CountLineIn(Input):
    """One SKU's figure: all units at the location, in whatever state."""

    sku: Annotated[Code, Field(examples=["MUG-BLUE"])]
    counted: Annotated[Count, Field(examples=[47])]


class CountIn(Input):
    """What somebody counted at one location."""

    model_config = example({"location": "STUDIO", "lines": [{"sku": "MUG-BLUE", "counted": 47}]})

    location: Annotated[Code, Field(examples=["STUDIO"])]
    counted_at: Moment | None = Field(default=None, description="When it was counted; now, if left out.")
    reference: Label | None = None
    lines: list[CountLineIn] = Field(min_length=1, max_length=200)


class CountLineOut(Output):
    sku: str
    sku_id: str
    counted: int
    expected: int = Field(description="What the ledger said was there when it was counted.")
    difference: int


class CountOut(Output):
    """A stocktake and what it found."""

    id: str
    location: str
    location_id: str
    reference: str | None
    actor: str
    counted_at: datetime
    recorded_at: datetime
    lines: list[CountLineOut]


@router.post(
    "/stock/counts",
    tags=["Stock"],
    status_code=201,
    response_model=CountOut,
    responses=documented(UnknownSku, UnknownLocation, InsufficientStock, KeyReused),
)
async def record_count(body: CountIn, once: OnceOnly) -> Response:
    """Take in a stocktake. It is compared with the ledger as it stood at `counted_at`, so later sales don't distort it."""
    lines = [(line.sku, line.counted) for line in body.lines]
    return await once(CountOut, counts.record, body.location, lines, counted_at=body.counted_at, reference=body.reference)


@router.get("/stock/counts", tags=["Stock"], responses=documented(BadCursor))
async def list_counts(database: Db, caller: Reader, part: Part, sku: SkuFilter = None, location: LocationFilter = None) -> Page[CountOut]:
    """Stocktakes, newest first."""
    rows = await database.read(counts.page, part.behind(), part.limit + 1, code=sku, location=location)
    return Page[CountOut].model_validate(part.page(rows, "id"))


@router.get("/stock/counts/{count_id}", tags=["Stock"], responses=documented(NotFound))
async def get_count(count_id: RecordId, database: Db, caller: Reader) -> CountOut:
    """One stocktake."""
    return CountOut.model_validate(await database.read(counts.view, count_id))


# Transfers


class TransferLineIn(Input):
    sku: Annotated[Code, Field(examples=["MUG-BLUE"])]
    quantity: Annotated[Quantity, Field(examples=[10])]


class TransferIn(Input):
    """Units to send from one location to another."""

    model_config = example({"source": "STUDIO", "target": "STALL", "lines": [{"sku": "MUG-BLUE", "quantity": 10}]})

    source: Annotated[Code, Field(examples=["STUDIO"])]
    target: Annotated[Code, Field(examples=["STALL"])]
    reference: Label | None = None
    lines: list[TransferLineIn] = Field(min_length=1, max_length=200)


class ArrivalIn(Input):
    """What of a transfer arrived, or is lost; without lines all that is still on its way."""

    model_config = example({"lines": [{"sku": "MUG-BLUE", "quantity": 4}]})

    lines: list[TransferLineIn] | None = Field(default=None, min_length=1, max_length=200)

    def units(self) -> list[tuple[str, int]] | None:
        return [(line.sku, line.quantity) for line in self.lines] if self.lines is not None else None


class TransferLineOut(Output):
    sku: str
    sku_id: str
    sent: int
    received: int
    lost: int
    in_transit: int


class TransferOut(Output):
    """Units between two locations."""

    id: str
    source: str
    target: str
    reference: str | None
    sent_at: datetime
    in_transit: int
    lines: list[TransferLineOut]


@router.post(
    "/stock/transfers",
    tags=["Stock"],
    status_code=201,
    response_model=TransferOut,
    responses=documented(UnknownSku, UnknownLocation, InsufficientStock, KeyReused),
)
async def send_transfer(body: TransferIn, once: OnceOnly) -> Response:
    """Send units to another location. They are nobody's until they are received."""
    lines = [(line.sku, line.quantity) for line in body.lines]
    return await once(TransferOut, transfers.send, body.source, body.target, lines, reference=body.reference)


@router.get("/stock/transfers", tags=["Stock"], responses=documented(BadCursor))
async def list_transfers(
    database: Db,
    caller: Reader,
    part: Part,
    sku: SkuFilter = None,
    location: LocationFilter = None,
    status: Annotated[Literal["under_way", "done"] | None, Query(description="under_way: something of it hasn't arrived yet.")] = None,
) -> Page[TransferOut]:
    """Transfers, newest first."""
    under_way = None if status is None else status == "under_way"
    rows = await database.read(transfers.page, part.behind(), part.limit + 1, code=sku, location=location, under_way=under_way)
    return Page[TransferOut].model_validate(part.page(rows, "id"))


@router.get("/stock/transfers/{transfer_id}", tags=["Stock"], responses=documented(NotFound))
async def get_transfer(transfer_id: RecordId, database: Db, caller: Reader) -> TransferOut:
    """One transfer and what is still on its way."""
    return TransferOut.model_validate(await database.read(transfers.view, transfer_id))


@router.post(
    "/stock/transfers/{transfer_id}/receive",
    tags=["Stock"],
    status_code=200,
    response_model=TransferOut,
    responses=documented(NotFound, UnknownSku, WrongState, KeyReused),
)
async def receive_transfer(transfer_id: RecordId, once: OnceOnly, body: ArrivalIn | None = None) -> Response:
    """Units of a transfer arrived."""
    return await once(TransferOut, transfers.receive, transfer_id, body and body.units(), status=200)


@router.post(
    "/stock/transfers/{transfer_id}/lose",
    tags=["Stock"],
    status_code=200,
    response_model=TransferOut,
    responses=documented(NotFound, UnknownSku, WrongState, KeyReused),
)
async def lose_transfer(transfer_id: RecordId, once: OnceOnly, body: ArrivalIn | None = None) -> Response:
    """Units of a transfer will never arrive."""
    return await once(TransferOut, transfers.lose, transfer_id, body and body.units(), status=200)
