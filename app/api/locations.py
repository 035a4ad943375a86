"""Places that hold stock, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from app.api import etags
from app.api.dependencies import Db, Input, Label, Output, Page, Part, PlaceCode, Reader, RecordId, Writer, example, unset
from app.api.etags import IfMatchMissing, Seen
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import locations
from app.domain.errors import CodeTaken, NotFound, Stale

router = APIRouter(prefix="/locations", tags=["Locations"], responses=everywhere())


class LocationIn(Input):
    """A place to add."""

    model_config = example({"code": "STALL", "name": "Market stall"})

    code: Annotated[PlaceCode, Field(examples=["STALL"])]
    name: Annotated[Label, Field(examples=["Market stall"])]


class LocationChange(Input):
    """What to change; what is left out stays as it is."""

    model_config = example({"name": "Saturday market", "rank": 1})

    code: PlaceCode = Field(default_factory=unset)
    name: Label = Field(default_factory=unset)
    rank: int = Field(default_factory=unset, strict=True, ge=1, le=10_000, description="Its place in the order; the others make room.")


class LocationOut(Output):
    """A place that holds stock. The lowest rank is asked first where an order names no location."""

    id: str
    code: str
    name: str
    rank: int
    version: int = Field(description="Rises with every change; in quotation marks it is the ETag.")
    created_at: datetime


@router.post("", status_code=201, response_model=LocationOut, responses=documented(CodeTaken, KeyReused))
async def create_location(body: LocationIn, once: OnceOnly) -> Response:
    """Add a place that holds stock."""
    return await once(LocationOut, locations.create, body.code, body.name)


@router.get("", responses=documented(BadCursor))
async def list_locations(database: Db, caller: Reader, part: Part) -> Page[LocationOut]:
    """Locations, oldest first. STUDIO is there from the start."""
    rows = await database.read(locations.page, part.behind(), part.limit + 1)
    return Page[LocationOut].model_validate(part.page(rows, "id"))


@router.get("/{location_id}", responses=documented(NotFound))
async def get_location(location_id: RecordId, database: Db, caller: Reader, response: Response) -> LocationOut:
    """One location. Its ETag is needed to change it."""
    row = await database.read(locations.get, location_id)
    etags.put(response, row["version"])
    return LocationOut.model_validate(row)


@router.patch("/{location_id}", responses=documented(NotFound, CodeTaken, Stale, IfMatchMissing))
async def change_location(
    location_id: RecordId, body: LocationChange, database: Db, caller: Writer, seen: Seen, response: Response
) -> LocationOut:
    """Change a location's code, name or rank. What is left out stays as it is."""
    sent = body.model_dump(exclude_unset=True)
    row = await database.write(locations.change, location_id, sent, seen=seen, cause=caller.cause)
    etags.put(response, row["version"])
    return LocationOut.model_validate(row)
