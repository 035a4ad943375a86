"""The feed of what happened, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from app.api.dependencies import Db, Output, Reader, Text
from app.api.problems import documented, everywhere
from app.domain import events
from app.domain.events import CursorExpired

router = APIRouter(prefix="/events", tags=["Events"], responses=everywhere())


class EventOut(Output):
    """One thing that happened. Of buyers it says the contact's id only."""

    seq: int = Field(description="Its cursor: send it as `after` for what came behind it.")
    type: str = Field(examples=["order.placed"])
    subject: str | None = Field(description="The id of the record that it is about.")
    data: dict[str, Any]
    actor: str
    cause_kind: str | None
    cause_id: str | None
    at: datetime


class EventPage(Output):
    """Events in their order. `next` is always a cursor: of the last event here, or the one you sent."""

    items: list[EventOut]
    next: str


@router.get("", responses=documented(CursorExpired))
async def list_events(
    database: Db,
    caller: Reader,
    after: Annotated[int, Query(ge=0, le=2**62, description="The `next` of the page before; 0: from the oldest kept.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    type: Annotated[list[Text] | None, Query(description="Only these types; may be repeated.", max_length=50)] = None,
) -> EventPage:
    """What happened, oldest first. Ask again with `next`; it never skips an event that was committed late."""
    rows = await database.read(events.after, after, limit, type or ())
    return EventPage.model_validate({"items": rows, "next": str(rows[-1]["seq"] if rows else after)})
