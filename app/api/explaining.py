"""From numbers to their causes over HTTP: counters, stock, orders, what could be sold twice, and messages that are looked at again."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from app import explained
from app.api.channels import CounterOut, WriteOut
from app.api.dependencies import Db, Input, Moment, Output, Reader, RecordId, Text, Writer, example
from app.api.exceptions import ExceptionOut
from app.api.problems import BadCursor, documented, everywhere
from app.domain import deliveries, explaining, exposure, history
from app.domain.errors import NotFound, UnknownLocation, UnknownSku, WrongState

router = APIRouter(responses=everywhere())

Format = Annotated[
    Literal["json", "text"] | None,
    Query(description="text: for people; so does the header `Accept: text/plain`. Left out: JSON."),
]
Most = Annotated[int, Query(ge=1, le=200, description="How many entries at the most.")]
AS_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


def _said(
    request: Request, format: str | None, found: Mapping[str, Any], model: type[BaseModel], text: Callable[[Mapping[str, Any]], str]
) -> Response:
    """The same as JSON or as text, as it was asked for."""
    accepted = [each.partition(";")[0].strip() for each in request.headers.get("accept", "").split(",")]
    if format == "text" or (format is None and "text/plain" in accepted and "application/json" not in accepted):
        return PlainTextResponse(text(found), headers={"Vary": "Accept"})
    body = model.model_validate(found).model_dump_json()
    return Response(body, media_type="application/json", headers={"Vary": "Accept"})


# Counters


class OrderNamedOut(Output):
    order_id: str
    line_id: str
    number: str | None = Field(description="The order's number, as the channel or you call it.")


class WriteNamedOut(Output):
    """A change, and what the channel said to it."""

    id: str
    mode: str
    state: str
    expected: int = Field(description="What we believed it showed.")
    value: int = Field(description="What it was to show.")
    reading: int | None
    outcome: str | None
    detail: str | None = Field(description="The channel's own words.")
    sends: int
    sent_at: datetime | None
    closed_at: datetime | None


class CounterEntryOut(Output):
    """One change of what we believe a number shows. It is never changed; a repair is another entry."""

    number: int = Field(description="Counted up for each counter.")
    at: datetime
    actor: str
    what: Literal["order", "write", "settled", "reading", "mapping", "freed", "repair"] = Field(
        description="`order`: an order took units, put them back or holds them. `write`: a change of ours took effect. `settled`: what it "
        "left below zero has turned up. `reading`: the channel's own number was read and taken over. `mapping`: it stands for something "
        "else. `freed`: a person said that it isn't on sale there. `repair`: `tallystick check --repair`."
    )
    change: int
    shown: int = Field(description="What it is since.")
    below: int
    held: int
    order: OrderNamedOut | None
    write: WriteNamedOut | None = Field(description="Null also where it is no longer kept.")
    said: str = Field(description="The same for people.")


class StartOut(Output):
    """Where a sum begins."""

    shown: int
    at: datetime | None = Field(description="Null: nothing has changed since entries are kept.")
    read: bool = Field(description="It is a reading of the channel's own number.")


class EntrySumOut(Output):
    what: str
    entries: int
    change: int


class DifferenceSaidOut(Output):
    id: str
    cause: str
    title: str
    expected: int | None
    seen: int | None
    facts: dict[str, Any]
    opened_at: datetime


class CounterExplainedOut(CounterOut):
    """A number on a channel, and everything that made it what we believe it is."""

    channel: str
    channel_status: str
    below: int = Field(description="How far it stood under zero at our last change.")
    held: int = Field(description="Of orders that the channel hasn't counted down yet.")
    exposed: int = Field(description="How much it may offer without cover, by choice.")
    excess_said: str | None = Field(description="The cause of the excess, for people.")
    due_said: str = Field(description="What is to be done about it, and why or why not yet.")
    start: StartOut
    sums: list[EntrySumOut] = Field(description="What was added since then, by kind.")
    makes: int = Field(description="The start and the sums.")
    agrees: bool = Field(description="Whether that is `shown`. If not: `tallystick check --repair`.")
    entries: list[CounterEntryOut] = Field(
        description="The latest ones in order, beginning with the last reading unless you send `before`."
    )
    older: int | None = Field(description="Send it as `before` for those before them; null: there are none.")
    write: WriteOut | None = Field(description="The change that is under way.")
    differences: list[DifferenceSaidOut] = Field(description="Open ones: what the channel shows and our records don't explain.")
    exceptions: list[ExceptionOut] = Field(description="Open ones: what waits for a person.")


@router.get(
    "/counters/{counter_id}/explain",
    tags=["Channels"],
    response_model=CounterExplainedOut,
    responses=AS_TEXT | documented(NotFound),
)
async def explain_counter(
    counter_id: RecordId,
    database: Db,
    caller: Reader,
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Entries before this number: the `older` of an answer.")] = None,
    limit: Most = 50,
    format: Format = None,
) -> Response:
    """Why a number on a channel is what we believe it is: the last reading and every entry since, with orders, changes, the channel's own
    words, and what is to be done next."""
    found = await database.read(explaining.counter, counter_id, before=before, limit=limit)
    return _said(request, format, found, CounterExplainedOut, explained.counter)


# Stock


class ReasonSumOut(Output):
    reason: str
    came: int
    went: int
    entries: int


class StateOut(Output):
    state: str
    units: int
    makes: int = Field(description="What its movements add up to.")
    agrees: bool
    by: list[ReasonSumOut]


class LevelExplainedOut(Output):
    location: str
    location_id: str
    states: list[StateOut]


class MovementNamedOut(Output):
    """A movement with its cause as a person knows it."""

    id: str
    recorded_at: datetime
    occurred_at: datetime
    quantity: int
    source: str
    target: str
    location: str
    reason: str
    actor: str
    cause_kind: str | None
    cause_id: str | None
    cause: str | None = Field(description="An order's number, a counter's title, a count, a transfer.", examples=["order WEB-1001"])


class AllotmentHeldOut(Output):
    counter_id: str
    title: str
    channel: str
    location: str
    quantity: int


class CommitmentHeldOut(Output):
    order_id: str
    number: str | None
    location: str | None = Field(description="Null: short, there is nothing for it.")
    quantity: int
    state: Literal["committed", "reserved"] = Field(description="`reserved`: the order isn't paid yet.")


class HoldOut(Output):
    reservation_id: str
    reference: str | None
    expires_at: datetime
    location: str
    quantity: int


class StockExplainedOut(Output):
    """Why there are so many units of a SKU, and who holds them. Of holders the first 200 of each kind."""

    sku: str
    sku_id: str
    tracked: bool
    levels: list[LevelExplainedOut]
    agrees: bool = Field(description="Whether every figure is the sum of its movements. If not: `tallystick check --repair`.")
    entries: list[MovementNamedOut] = Field(description="The latest ones in order.")
    older: str | None = Field(description="Send it as `before` for those before them; null: there are none.")
    allotments: list[AllotmentHeldOut] = Field(description="Units that one number on a channel alone may sell.")
    commitments: list[CommitmentHeldOut] = Field(description="Units promised to orders.")
    holds: list[HoldOut] = Field(description="Units held for carts.")


@router.get("/stock/explain", tags=["Stock"], response_model=StockExplainedOut, responses=AS_TEXT | documented(UnknownSku, UnknownLocation))
async def explain_stock(
    database: Db,
    caller: Reader,
    request: Request,
    sku: Annotated[Text, Query(max_length=200, description="The SKU's code.", examples=["MUG-BLUE"])],
    location: Annotated[Text | None, Query(max_length=200, description="Only this location, by its code.")] = None,
    before: Annotated[RecordId | None, Query(description="Entries before this one: the `older` of an answer.")] = None,
    limit: Most = 50,
    format: Format = None,
) -> Response:
    """Why there are so many units of a SKU: each state's figure, the movements that make it, and who holds what now."""
    found = await database.read(explaining.of_stock, sku, location, before=before, limit=limit)
    return _said(request, format, found, StockExplainedOut, explained.of_stock)


# Orders


class HistoryItemOut(Output):
    at: datetime
    kind: Literal["message", "recording", "movement", "number", "shipment", "notice", "exception"] = Field(
        description="`message`: came in from the channel. `recording`: what changed in the order. `movement`: of units. `number`: what the "
        "channel did to its own number. `notice`: what we told the channel."
    )
    actor: str | None
    said: str
    id: str | None = Field(description="Of the delivery, movement, counter, shipment, notice or exception.")


class HistoryOut(Output):
    """Everything about one order, oldest first; nothing about who bought it."""

    order_id: str
    reference: str | None
    external_id: str | None
    channel: str | None
    channel_id: str | None
    status: str
    complete: bool = Field(description="False: what was recorded first isn't kept any more (`events_days`); movements and parcels are.")
    items: list[HistoryItemOut]


@router.get("/orders/{order_id}/history", tags=["Orders"], response_model=HistoryOut, responses=AS_TEXT | documented(NotFound))
async def order_history(order_id: RecordId, database: Db, caller: Reader, request: Request, format: Format = None) -> Response:
    """Everything about one order in order of time: messages, what was recorded, movements, parcels, exceptions, and who did it."""
    return _said(request, format, await database.read(history.of_order, order_id), HistoryOut, explained.order)


# Exposure

Cause = Literal[
    "by_choice",
    "connected",
    "restored",
    "hand_edit",
    "put_back",
    "taken",
    "channel",
    "in_flight",
    "counted_late",
    "short",
    "sells_below_zero",
    "unknown",
]


class ExposureCauseOut(Output):
    cause: Cause
    units: int | None = Field(description="Units of the SKU. Null: no bound can be given; `said` tells why.")
    said: str


class ExposureTotalOut(ExposureCauseOut):
    counters: int


class ExposedCounterOut(Output):
    """A number on a channel of which more could be sold than there is."""

    counter_id: str
    title: str
    channel_id: str
    channel: str
    sku: str
    units: int = Field(description="The sum of those causes that have a bound.")
    unlimited: bool = Field(description="Some cause has none.")
    causes: list[ExposureCauseOut]


class ExposureOut(Output):
    """How many units could be sold twice right now."""

    units: int = Field(description="Over all counters and orders: the sum of those causes that have a bound.")
    counters: int = Field(description="Numbers that are exposed at all.")
    unlimited: int = Field(description="Numbers for which no bound can be given.")
    causes: list[ExposureTotalOut]
    items: list[ExposedCounterOut] = Field(description="The counters, largest first.")
    next: str | None = Field(description="Send it as `after` for the next page; null: this is the last.")


@router.get("/exposure", tags=["Channels"], responses=documented(BadCursor))
async def get_exposure(
    database: Db,
    caller: Reader,
    channel: Annotated[RecordId | None, Query(description="Only this channel's, by its id.")] = None,
    after: Annotated[str | None, Query(max_length=500, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many counters at the most.")] = 50,
) -> ExposureOut:
    """How many units could be sold twice right now, number by number and by cause. 0 and no item is what should come out where every
    channel does as it is told."""
    totals, rows = await database.read(exposure.view, _behind(after), limit + 1, channel_id=channel)
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = urlsafe_b64encode(orjson.dumps([last["units"], last["counter_id"]])).decode().rstrip("=") if last else None
    return ExposureOut.model_validate(totals | {"items": rows[:limit], "next": cursor})


def _behind(after: str | None) -> tuple[int, str] | None:
    if after is None:
        return None
    try:
        units, counter_id = orjson.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return int(units), str(UUID(counter_id))
    except (ValueError, TypeError, AttributeError):
        raise BadCursor from None


# Messages that are looked at again


class ReplayIn(Input):
    """Which messages of a channel to look at again."""

    model_config = example({"since": "2026-11-22T00:00:00Z", "parked_only": True})

    since: Moment = Field(description="Those that came in at this moment or later.")
    parked_only: bool = Field(default=True, strict=True, description="Only those that failed for good. false: all that are still kept.")


class ReplayedOut(Output):
    replayed: int = Field(description="So many messages wait to be looked at once more.")


@router.post("/channels/{channel_id}/replay-deliveries", tags=["Deliveries"], responses=documented(NotFound, WrongState))
async def replay_deliveries(channel_id: RecordId, body: ReplayIn, database: Db, caller: Writer, request: Request) -> ReplayedOut:
    """Have a channel's messages looked at once more, after a mapping was mended or a release understands more. What they said before isn't
    counted twice, so this may be sent as often as you like."""
    replayed, after = 0, None
    while True:
        chunk, after = await database.write(
            deliveries.replay_since, channel_id, body.since, parked_only=body.parked_only, after=after, cause=caller.cause
        )
        replayed += chunk
        if after is None:
            break
    if replayed and (wake := getattr(request.app.state, "wake", None)) is not None:
        wake(channel_id)
    return ReplayedOut(replayed=replayed)
