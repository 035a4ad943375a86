"""What channels show and our records don't explain, over HTTP: each difference with its cause, and the answer to those that ask."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.api.channels import channel_changed
from app.api.dependencies import Db, Input, Output, Page, Part, Reader, RecordId, example
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.database import Session
from app.domain import channels, differences, naming
from app.domain.causes import Cause
from app.domain.errors import NotFound, WrongState

router = APIRouter(tags=["Differences"], responses=everywhere())

CauseName = Literal[
    "undetermined",
    "order_unseen",
    "order_changed",
    "in_flight",
    "outcome_unknown",
    "write_failed",
    "echo",
    "hand_edit",
    "second_writer",
    "channel_restock",
    "listing_gone",
    "listing_ended",
    "relisted",
    "unmapped",
    "overselling_on",
]


class DifferenceOut(Output):
    """Something that a channel shows and our records don't explain, or didn't."""

    id: str
    channel_id: str
    kind: Literal["counter", "order", "listing", "overselling"]
    subject: str = Field(description="Its id on the channel.")
    counter_id: str | None
    title: str
    cause: CauseName = Field(description="Undetermined until every order that the channel had counted when it was seen is known.")
    meaning: str = Field(description="The cause in words.")
    expected: int | None = Field(description="What our records made of the number; counter units.")
    seen: int | None = Field(description="What was read.")
    facts: dict[str, Any]
    times: int = Field(description="How often it was seen while it was open.")
    opened_at: datetime
    seen_at: datetime
    named_at: datetime | None
    outcome: Literal["healed", "overwritten", "adopted", "explained", "answered", "gone"] | None = Field(
        description="What became of it. Null: it is still there."
    )
    closed_at: datetime | None
    closed_by: str | None = Field(description="Null: it closed by itself.")


class AnswerIn(Input):
    """What becomes of a difference."""

    model_config = example({"answer": "adopt"})

    answer: Literal["overwrite", "adopt", "dismiss"] = Field(
        description="Of a number that somebody changed by hand: `overwrite` keeps our records and sets the number right; `adopt` takes the "
        "change for a count, so many units more or fewer are there. `dismiss` closes any difference; if it is still there with the next "
        "look, it comes up again."
    )


class RunOut(Output):
    """How the reconciliation of a channel stands."""

    channel_id: str
    due_at: datetime | None = Field(description="When it is gone through next, by itself.")
    began_at: datetime | None = Field(description="Since when it is being gone through now. Null: it isn't, at the moment.")
    orders: int = Field(description="Open orders that were read once more, in this run or the last one.")
    counters: int = Field(description="Numbers that were read and compared.")
    found: int = Field(description="Differences that were found.")
    reconciled_at: datetime | None = Field(description="When the last run was over.")


def _out(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"meaning": differences.CAUSES[row["cause"]]}


def _answered(session: Session, difference_id: str, said: str, *, cause: Cause) -> dict[str, Any]:
    return _out(naming.answer(session, difference_id, said, cause=cause))


def _run(session: Session, channel_id: str) -> dict[str, Any]:
    channels.get(session, channel_id)
    lane = channels.lane(session, channel_id)
    figures = lane["reconciling"] or lane["reconciled"] or {}
    return {
        "channel_id": channel_id,
        "due_at": lane["reconcile_due_at"],
        "began_at": figures.get("began_at") if lane["reconciling"] is not None else None,
        "orders": figures.get("orders", 0),
        "counters": figures.get("counters", 0),
        "found": figures.get("found", 0),
        "reconciled_at": lane["reconciled_at"],
    }


def _ask(session: Session, channel_id: str, *, cause: Cause) -> dict[str, Any]:
    row = channels.get(session, channel_id)
    if row["status"] not in ("live", "leaving"):
        raise WrongState(
            f"This channel is {row['status']}: nothing of it is compared until it is live. POST /v1/channels/{channel_id}/start first.",
            status=row["status"],
        )
    channels.ask_to_reconcile(session, channel_id, whole=True)
    return _run(session, channel_id)


@router.get("/differences", responses=documented(BadCursor))
async def list_differences(
    database: Db,
    caller: Reader,
    part: Part,
    open: Annotated[bool | None, Query(description="true: only those that are still there; false: only those that are over.")] = None,
    cause: Annotated[CauseName | None, Query()] = None,
    channel: Annotated[RecordId | None, Query(description="Only this channel's, by its id.")] = None,
    counter: Annotated[RecordId | None, Query(description="Only this counter's, by its id.")] = None,
) -> Page[DifferenceOut]:
    """What channels show and our records don't explain, newest first; what has been explained, too."""
    rows = await database.read(
        differences.page, part.behind(), part.limit + 1, open=open, cause_=cause, channel_id=channel, counter_id=counter
    )
    return Page[DifferenceOut].model_validate(part.page([_out(row) for row in rows], "id"))


@router.get("/differences/{difference_id}", responses=documented(NotFound))
async def get_difference(difference_id: RecordId, database: Db, caller: Reader) -> DifferenceOut:
    """One difference, with its cause and what became of it."""
    return DifferenceOut.model_validate(_out(await database.read(differences.get, difference_id)))


@router.post(
    "/differences/{difference_id}/resolve",
    status_code=200,
    response_model=DifferenceOut,
    responses=documented(NotFound, WrongState, KeyReused),
)
async def resolve_difference(difference_id: RecordId, body: AnswerIn, once: OnceOnly) -> Response:
    """Say what becomes of it: keep our records, take the channel's number for a count, or close it."""
    return await once(DifferenceOut, _answered, difference_id, body.answer, status=200)


@router.get("/channels/{channel_id}/reconciliation", responses=documented(NotFound))
async def get_reconciliation(channel_id: RecordId, database: Db, caller: Reader) -> RunOut:
    """How far the channel is gone through, and what the last run came to."""
    return RunOut.model_validate(await database.read(_run, channel_id))


@router.post(
    "/channels/{channel_id}/reconcile", status_code=202, response_model=RunOut, responses=documented(NotFound, WrongState, KeyReused)
)
async def reconcile_channel(channel_id: RecordId, once: OnceOnly, request: Request) -> Response:
    """Go through the channel now: what changed, every open order, what is on sale, and every number. It takes as long as the channel's
    limits want it to; what it finds stands in /v1/differences."""
    answer = await once(RunOut, _ask, channel_id, status=202)
    channel_changed(request, channel_id)
    return answer
