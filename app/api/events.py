"""The feed of what happened, over HTTP: page by page, or as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.security.utils import get_authorization_scheme_param
from fastapi.sse import format_sse_event
from pydantic import Field, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator
from starlette.types import Receive, Scope, Send

from app.api import problems
from app.api.dependencies import Db, Output, Reader, Text
from app.api.problems import documented, everywhere
from app.database import DatabaseUnavailable, Overloaded
from app.domain import events
from app.domain.errors import Refusal
from app.domain.events import CursorExpired
from app.security import Caller, Gate
from app.tail import Reader as Follower
from app.tail import Tail, TooManyStreams

router = APIRouter(prefix="/events", tags=["Events"], responses=everywhere())

STREAM = "/v1/events/stream"
LARGEST = 2**62

# How often a stream shows that it is alive, and asks whether its token still is.
BEAT_SECONDS = 15.0
# How long somebody who was shown out, and takes nothing, is waited for.
FAREWELL_SECONDS = 5.0
RETRY_MS = 3_000


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
    """Events in their order. `next` is always a cursor: behind all that was looked through for this page."""

    items: list[EventOut]
    next: str


def _or_latest(value: Any, number: ValidatorFunctionWrapHandler) -> int | None:
    found: int | None = None if value == "latest" else number(value)
    return found


# None: the latest.
Cursor = Annotated[
    int | None,
    Field(ge=0, le=LARGEST),
    WrapValidator(_or_latest),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0, "maximum": LARGEST}, {"type": "string", "const": "latest"}]}),
]
Types = Annotated[
    list[Text] | None,
    Query(description="Only these types; may be repeated. `order.*` stands for all that begin with `order.`.", max_length=50),
]


@router.get("", responses=documented(CursorExpired))
async def list_events(
    database: Db,
    caller: Reader,
    after: Annotated[
        Cursor, Query(description="The `next` of the page before; 0: from the oldest kept; `latest`: none, only the newest cursor.")
    ] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    type: Types = None,
) -> EventPage:
    """What happened, oldest first. Ask again with `next`; it never skips an event that was committed late.

    To begin a mirror of the records, take the cursor of `after=latest` first, then read the records, then go on from the cursor. Where a
    cursor has expired, the refusal holds that newest cursor as `latest`: read the records anew and go on from there.
    """
    rows, behind = await database.read(events.page, after, limit, type or ())
    return EventPage.model_validate({"items": rows, "next": str(behind)})


# Live


class EventStream(StreamingResponse):
    """Sends to one reader, at its pace, until it goes, may no longer read, or the service stops.

    `send` returns when the connection takes more, so what lies here for a slow reader is one chunk. FastAPI's own stream of events passes
    each event to each reader through two queues: twenty readers of a busy store would cost more than the store itself.
    """

    media_type = "text/event-stream"

    def __init__(self, tail: Tail, reader: Follower, allowed: Callable[[], Awaitable[Caller]]) -> None:
        # Said to proxies, of which some would gather an answer before they pass it on.
        super().__init__(self._lines(), headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"})
        self._tail, self._reader, self._allowed = tail, reader, allowed
        self._refusal: Refusal | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        work = (self.stream_response(send), self.listen_for_disconnect(receive), self._watch())
        tasks = [asyncio.ensure_future(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self._tail.leave(self._reader)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _watch(self) -> None:
        """Have a sign of life sent now and then. Ends soon after the token isn't good any more."""
        while self._refusal is None:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self._allowed()
            except DatabaseUnavailable:
                pass  # nobody knows; asked again
            except Refusal as refusal:
                self._refusal = refusal
            self._reader.nudge()
        await asyncio.sleep(FAREWELL_SECONDS)

    async def _lines(self) -> AsyncIterator[bytes]:
        yield f"retry: {RETRY_MS}\n".encode() + self._sign_of_life()
        try:
            while True:
                lines = await self._reader.read()
                if self._refusal is not None:
                    raise self._refusal
                if self._tail.closed:
                    return
                yield lines or self._sign_of_life()
        except Refusal as refusal:
            yield _said(problems.of_refusal(refusal))
        except DatabaseUnavailable as error:
            yield _said(problems.body_of(503, error.code, "The events can't be read right now. Connect again in a moment."))

    def _sign_of_life(self) -> bytes:
        """A comment. It moves the cursor of readers whose types are rare, so that it can't expire while they listen."""
        return format_sse_event(comment="here", id=str(self._reader.place.seq))


def _said(problem: dict[str, Any]) -> bytes:
    return format_sse_event(event="error", data_str=orjson.dumps(problem).decode())


_EXAMPLE = """retry: 3000
: here
id: 4711

event: order.placed
data: {"seq":4712,"type":"order.placed","subject":"01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d", …}
id: 4712

"""
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events as they happen, until you close it.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
    }
}


@router.get(
    "/stream",
    responses=documented(CursorExpired, TooManyStreams, DatabaseUnavailable, Overloaded) | _STREAM,
    response_class=StreamingResponse,
)
async def stream_events(
    request: Request,
    caller: Reader,
    after: Annotated[Cursor, Query(description="The last cursor that you have; 0: from the oldest kept; left out: from now on.")] = None,
    type: Types = None,
    last_event_id: Annotated[
        int | None,
        Header(
            alias="Last-Event-ID",
            ge=0,
            le=LARGEST,
            description="As `after`, and before it: what clients of such streams send by themselves.",
        ),
    ] = None,
) -> EventStream:
    """What happens, as it happens: Server-Sent Events, each with its type, its cursor as `id`, and the same JSON as in the list.

    Connect again with the last `id`, and nothing is missed. The first lines, and a comment every 15 seconds, carry an `id` alone: it is
    yours to keep, too. An event `error` is the last of a stream: a problem as any other answer would have it, such as `cursor_expired` for
    a reader who fell behind what is kept, or `unauthorized` once its token isn't good any more.
    """
    tail: Tail = request.app.state.tail
    gate: Gate = request.app.state.gate
    _, token = get_authorization_scheme_param(request.headers["Authorization"])
    address = request.client.host if request.client else None
    cursor = after if last_event_id is None else last_event_id
    reader = await tail.follow(cursor, type or ())
    return EventStream(tail, reader, lambda: gate.caller(token, address))
