"""What waits for a person, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from app.api.dependencies import Db, Input, Output, Page, Part, Reader, RecordId, Text, example
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import exceptions
from app.domain.errors import NotFound, WrongState

router = APIRouter(prefix="/exceptions", tags=["Exceptions"], responses=everywhere())

Severity = Literal["urgent", "warning", "note"]


class ExceptionOut(Output):
    """Something that a person should see to. There is one for each cause, and it closes by itself when its cause is gone."""

    id: str
    cause: str = Field(description="Stable, for programs to rely on.", examples=["listing_unmapped"])
    subject: str = Field(description="What it hangs on: the id of a record, as a rule.")
    severity: Severity
    title: str
    advice: str = Field(description="What to do, and where.")
    facts: dict[str, Any] = Field(description="The figures that it rests on.")
    channel_id: str | None
    times: int = Field(description="How often it came up while it was open.")
    opened_at: datetime
    seen_at: datetime = Field(description="When it last came up.")
    closed_at: datetime | None
    closed_by: str | None = Field(description="Null: it closed by itself.")
    note: str | None


class ResolveIn(Input):
    """What was done about it."""

    model_config = example({"note": "Counted again: three were in the wrong box."})

    note: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)] | None = None


@router.get("", responses=documented(BadCursor))
async def list_exceptions(
    database: Db,
    caller: Reader,
    part: Part,
    open: Annotated[bool | None, Query(description="true: only those that wait; false: only those that are closed.")] = None,
    severity: Annotated[Severity | None, Query()] = None,
    cause: Annotated[Text | None, Query(max_length=64, examples=["listing_unmapped"])] = None,
    channel: Annotated[RecordId | None, Query(description="Only this channel's, by its id.")] = None,
) -> Page[ExceptionOut]:
    """What waits for a person, newest first; what has been dealt with, too."""
    rows = await database.read(
        exceptions.page, part.behind(), part.limit + 1, open=open, severity=severity, cause_=cause, channel_id=channel
    )
    return Page[ExceptionOut].model_validate(part.page(rows, "id"))


@router.get("/{exception_id}", responses=documented(NotFound))
async def get_exception(exception_id: RecordId, database: Db, caller: Reader) -> ExceptionOut:
    """One thing that waits for a person, or did."""
    return ExceptionOut.model_validate(await database.read(exceptions.get, exception_id))


@router.post(
    "/{exception_id}/resolve",
    status_code=200,
    response_model=ExceptionOut,
    responses=documented(NotFound, WrongState, KeyReused),
)
async def resolve_exception(exception_id: RecordId, once: OnceOnly, body: ResolveIn | None = None) -> Response:
    """Say that it has been dealt with. If its cause is still there it comes up again, as a new one."""
    return await once(ExceptionOut, exceptions.resolve, exception_id, body.note if body else None, status=200)
