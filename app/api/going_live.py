"""Going live, pausing and ending: the preview of what it would do, and the turns from one status to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.api.channels import ChannelOut, channel_changed, shown, view
from app.api.dependencies import Admin, Db, Input, Output, Page, Part, Reader, RecordId, Writer, example
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.database import Database, Session
from app.domain import channels, connections, going_live
from app.domain.causes import Cause
from app.domain.errors import AskFirst, NotAccepted, NotFound, NotReady, Refusal, WrongState
from app.sync import preview

router = APIRouter(tags=["Channels"], responses=everywhere())

Warned = Literal["goes_dark", "is_deactivated", "ends", "no_opening_stock", "unmapped_listings", "shown_elsewhere"]
Accepted = Annotated[list[Warned], Field(max_length=10, description="Codes of the preview's warnings.")]
Channels = Annotated[list[RecordId] | None, Query(description="Only these channels, by their ids; left out: every connected one.")]


class MissingOut(Output):
    code: str = Field(description="credentials, scope, unreachable, listings_unread, orders_unread, counters_unread …")
    text: str
    count: int | None


class ReadyOut(Output):
    """Whether a channel could go live."""

    channel_id: str
    name: str
    kind: str
    ready: bool
    missing: list[MissingOut]
    unmapped: int = Field(description="Listings that nobody has said anything about: they are left alone.")
    uncounted: int = Field(description="Listings that the shop keeps no number for: they are left alone.")


class WarningOut(Output):
    code: Warned = Field(description="Send it in `accept` to go live with it.")
    count: int
    text: str
    examples: list[str]


class SummaryOut(Output):
    """The plan as a whole."""

    ready: bool
    channels: list[ReadyOut]
    skus: int
    lowered: int = Field(description="Numbers that are lowered first.")
    raised: int = Field(description="Numbers that are raised then.")
    unchanged: int
    untracked: int = Field(description="SKUs that aren't counted: they are always on sale.")
    warnings: list[WarningOut]


class WillShowOut(Output):
    """A number on a channel: what it shows, and what it will."""

    counter_id: str
    channel_id: str
    channel: str
    title: str
    per: int = Field(description="So many units of the SKU go with one sale.")
    in_plan: bool = Field(description="false: its channel doesn't go live with these, and shows what it shows.")
    shows: int
    lowered_to: int = Field(description="First step: nobody is given a unit that another number still shows.")
    raised_to: int = Field(description="Second step: what it shows in the end.")
    consequence: Literal["goes_dark", "is_deactivated", "ends"] | None
    text: str | None


class PreviewOut(Output):
    """A SKU, and what going live does to every number of it."""

    sku: str
    sku_id: str
    title: str
    tracked: bool
    stock_entered: bool
    counters: list[WillShowOut]
    text: str | None = Field(description="What buyers will notice.")


class GoLiveOut(Page[PreviewOut]):
    """What going live would do. Nothing is changed by asking."""

    summary: SummaryOut | None = Field(description="Of the whole plan; on the first page only.")


class GoLiveIn(Input):
    """Which channels go live, and what is agreed to."""

    model_config = example({"accept": ["goes_dark", "unmapped_listings"]})

    channels: Annotated[list[RecordId], Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="null: every connected one."
    )
    accept: Accepted = Field(default_factory=list)


class StartIn(Input):
    """What is agreed to, where the channel hasn't been live yet."""

    model_config = example({"accept": []})

    accept: Accepted = Field(default_factory=list)


class DisconnectIn(Input):
    """What becomes of what the shop shows: it can still be sold there."""

    model_config = example({"shown": "zero"})

    shown: Literal["zero", "set_aside", "gone"] = Field(
        description="`zero`: its numbers are lowered to 0 first, then it ends by itself. `set_aside`: it ends now, and what it shows is "
        "kept for it until you say `gone`. `gone`: nothing is on sale there any more, and its units are free at once."
    )


class LiveOut(Output):
    """The channels that are live now."""

    channels: list[ChannelOut]


@router.get("/go-live", responses=documented(NotFound, WrongState, BadCursor))
async def preview_go_live(database: Db, caller: Reader, part: Part, channel: Channels = None) -> GoLiveOut:
    """What going live would do to every number on every channel, worked out by the same code. Ask as often as you like: nothing is
    changed."""
    after = part.behind()
    rows = await database.read(_previewed, channel, after, part.limit + 1)
    summary = await database.read(preview.summary, channel) if after is None else None
    return GoLiveOut.model_validate(part.page(rows, "sku_id") | {"summary": summary})


def _previewed(session: Session, channel_ids: list[str] | None, after: str | None, limit: int) -> list[dict[str, Any]]:
    return preview.items(session, preview.page(session, channel_ids, after, limit))


@router.post(
    "/go-live", status_code=200, response_model=LiveOut, responses=documented(NotFound, WrongState, NotReady, NotAccepted, KeyReused)
)
async def go_live(body: GoLiveIn, database: Db, caller: Admin, once: OnceOnly, request: Request) -> Response:
    """Go live: from now on the numbers on these channels are written, by one plan for all of them. What they lack, or what nobody has
    agreed to yet, is said, and nothing happens."""
    response = await once(LiveOut, await live(request, database, body.channels, body.accept), status=200)
    for each in LiveOut.model_validate_json(bytes(response.body)).channels:
        channel_changed(request, each.id)
    return response


async def live(request: Request, database: Database, channel_ids: list[str] | None, accept: Sequence[str]) -> Any:
    """The function that lets channels go live. What they would do is worked out before it runs: that may take longer than a transaction
    should."""
    try:
        found = await database.read(preview.summary, channel_ids)
    except Refusal:
        found = {"warnings": []}  # it will be refused again, in its turn
    unaccepted = [each for each in found["warnings"] if each["code"] not in accept]

    def act(session: Session, *, cause: Cause) -> dict[str, Any]:
        rows = going_live.go_live(session, channel_ids, cause=cause)
        if unaccepted:
            named = " ".join(each["text"] for each in unaccepted)
            codes = ", ".join(repr(each["code"]) for each in unaccepted)
            raise NotAccepted(f"{named} If that is all right, send `accept`: {codes}.", warnings=unaccepted)
        return {"channels": [shown(request, row) for row in rows]}

    return act


# One channel


async def _turned(turn: Callable[..., Any], channel_id: str, once: OnceOnly, request: Request) -> Response:
    def turned(session: Session, *, cause: Cause) -> dict[str, Any]:
        turn(session, channel_id, cause=cause)
        return shown(request, view(session, channel_id))

    response = await once(ChannelOut, turned, status=200)
    channel_changed(request, channel_id)
    return response


def _turns(*refusals: type[Exception]) -> dict[str, Any]:
    return {"status_code": 200, "response_model": ChannelOut, "responses": documented(NotFound, WrongState, *refusals, KeyReused)}


@router.post("/channels/{channel_id}/start", **_turns(NotReady, NotAccepted))
async def start_channel(
    channel_id: RecordId, database: Db, caller: Writer, once: OnceOnly, request: Request, body: StartIn | None = None
) -> Response:
    """Write to it again after a pause, or call off that it leaves. A channel that hasn't been live yet goes live, as by `POST
    /v1/go-live`, which takes the scope `admin`."""
    first = await live(request, database, [channel_id], body.accept if body is not None else [])

    def turn(session: Session, channel_id: str, *, cause: Cause) -> None:
        if channels.get(session, channel_id, lock=True)["status"] != "connected":
            connections.start(session, channel_id, cause=cause)
            return
        caller.needs("admin")
        first(session, cause=cause)

    return await _turned(turn, channel_id, once, request)


@router.post("/channels/{channel_id}/pause", **_turns())
async def pause_channel(channel_id: RecordId, once: OnceOnly, request: Request) -> Response:
    """Write nothing to it any more. Its orders come in as before, and what was set aside for it stays so."""
    return await _turned(connections.pause, channel_id, once, request)


@router.post("/channels/{channel_id}/disconnect", **_turns(AskFirst))
async def disconnect_channel(
    channel_id: RecordId, database: Db, caller: Admin, once: OnceOnly, request: Request, body: DisconnectIn | None = None
) -> Response:
    """End the connection. What the shop shows can still be sold there, so say what becomes of it; one that never showed anything needs
    no word."""

    def turn(session: Session, channel_id: str, *, cause: Cause) -> None:
        connections.disconnect(session, channel_id, body.shown if body is not None else None, cause=cause)

    response = await _turned(turn, channel_id, once, request)
    if body is not None and body.shown == "gone":
        while await database.write(connections.free, channel_id, cause=caller.cause):
            pass
    return response
