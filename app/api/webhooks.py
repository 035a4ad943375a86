"""Messages from marketplaces: what they wait for is the limits, the signature and one row.

Whoever knows a channel's address may send to it, so whatever comes is dealt with by what it costs: the rate, then the size, then how
deeply it is nested, then the signature. Nothing is stored of what isn't signed. Which channels there are is known here, and read anew
every other second, so that neither a message nor a guess costs a question to the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry, Counter
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from app import chance
from app.api.problems import (
    ChannelNotReady,
    NotSigned,
    NotSignedPrecondition,
    TooLarge,
    TooManyMessages,
    Unreadable,
    UnsupportedMediaType,
    documented,
)
from app.channels import registry
from app.channels.base import BadSignature, Channel, ChannelError, Delivery, Reply
from app.database import Database, DatabaseUnavailable, Overloaded
from app.domain import signals
from app.domain.errors import NotFound, Refusal
from app.security import network_of
from app.sync import inbox
from app.vault import ChannelVault, Vault

log = structlog.get_logger()


class _Straight(APIRoute):
    """A route whose endpoint takes the request as it came. Having nothing looked for in it by others is a third of what a message costs."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            await super().handle(scope, receive, send)
            return
        response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)


router = APIRouter(prefix="/webhooks", tags=["Webhooks"], route_class=_Straight)

BODY_MOST = 2_000_000
# An order is nested some eight deep; parsers give up at a thousand.
DEPTH_MOST = 32

_NO_CHANNEL = "There is no channel at this address. `GET /v1/channels` says the address of each."
_NO_MARK = bytes(set(range(256)) - set(b'[]{}"'))
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")


def too_deep(body: bytes, most: int = DEPTH_MOST) -> bool:
    """Whether JSON is nested more deeply than that. Looks at brackets outside of strings; what isn't JSON is as deep as it looks."""
    if body.count(b"{") + body.count(b"[") <= most:
        return False
    # Escapes stand in strings only. Without them, and without what is no bracket, most strings are two quotes side by side; taking such
    # a pair out changes for nothing else whether it stands in a string, which is then: behind an odd number of quotes.
    left = body.replace(b"\\\\", b"").replace(b'\\"', b"").translate(_AS_SQUARE, _NO_MARK).replace(b'""', b"")
    left, depth = b"".join(left.split(b'"')[::2]), 0
    while left:
        inner = left.replace(b"[]", b"")  # what was innermost is gone
        if inner == left:
            return depth + left.count(b"[") > most
        left, depth = inner, depth + 1
        if depth > most:
            return True
    return False


class Rate:
    """Counts messages by client and channel, within each minute. Beyond so many pairs the rest share one count, which bounds the memory.

    Not by the library that counts wrong tokens: it starts a thread for nearly every message, a fifth of what intake cost.
    """

    PAIRS_MOST = 10_000

    def __init__(self, per_minute: int) -> None:
        self._most = per_minute
        self._minute = -1
        self._counts: dict[tuple[str, str], int] = {}

    def wait(self, address: str | None, channel_id: str) -> int:
        """One more message. Returns: how many seconds to wait before the next, 0 where it is let in."""
        now = chance.monotonic()
        if (minute := int(now // 60)) != self._minute:
            self._minute, self._counts = minute, {}
        pair = (network_of(address), channel_id)
        if pair not in self._counts and len(self._counts) >= self.PAIRS_MOST:
            pair = ("others", "others")
        count = self._counts[pair] = self._counts.get(pair, 0) + 1
        return 0 if count <= self._most else max(1, ceil((minute + 1) * 60 - now))


@dataclass(slots=True)
class _Known:
    """A channel that is listened to. `adapter` None: it can't be made, and `why` is what the log was told."""

    id: str
    kind: str
    source: tuple[Any, ...]
    adapter: Channel | None
    why: str = ""


class Intake:
    """The channels that messages may come for, each with the adapter that knows its signature."""

    FRESH_SECONDS = 2.0
    NOTED_EVERY_SECONDS = 10.0
    TOLD_EVERY_SECONDS = 300.0

    def __init__(self, database: Database, vault: Vault, figures: CollectorRegistry, per_minute: int) -> None:
        self._database, self._vault = database, vault
        self._rate = Rate(per_minute)
        self._counter = Counter(
            "tallystick_webhooks", "Messages from channels, by what became of them.", ["kind", "channel", "outcome"], registry=figures
        )
        self._known: dict[str, _Known] = {}
        self._read_at = -self.FRESH_SECONDS
        self._changes = 0
        self._reading = asyncio.Lock()
        self._noted: dict[str, float] = {}
        # Bad signatures in a row, when they were last told, and the channels of which that is open.
        self._unsigned: dict[str, int] = {}
        self._told_at: dict[str, float] = {}
        self._accused: set[str] = set()

    async def take_in(self, channel_id: str, request: Request) -> Reply | inbox.Kept:
        """A message, as far as the marketplace waits for it. Raises: Refusal, DatabaseUnavailable."""
        known: _Known | None = None
        outcome = "failed"
        try:
            known = await self._find(channel_id)
            result = await self._taken(known, request)
            outcome = "answered" if isinstance(result, Reply) else "kept" if result.new else "repeated"
            return result
        except DatabaseUnavailable:
            outcome = "unavailable"
            raise
        except Refusal as refusal:
            outcome = refusal.code
            raise
        finally:
            # Guesses at addresses share one series: labels are made of what is connected, never of what was sent.
            self._counter.labels(known.kind if known else "none", known.id if known else "none", outcome).inc()

    async def _taken(self, known: _Known | None, request: Request) -> Reply | inbox.Kept:
        if wait := self._rate.wait(request.client.host if request.client else None, known.id if known else "none"):
            raise TooManyMessages(wait)
        if known is None:
            raise NotFound(_NO_CHANNEL)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
        if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
            raise UnsupportedMediaType("Send the body as it is: compressed messages aren't taken in.")
        body = await _body(request, headers)
        if too_deep(body):
            raise Unreadable(f"The body is nested more than {DEPTH_MOST} deep; no message of a shop is.")
        if known.adapter is None:
            raise ChannelNotReady
        delivery = Delivery(request.method, headers, body, dict(request.query_params))
        if request.method == "GET":
            reply = known.adapter.answer(delivery)
            if reply is None:
                raise NotFound("This address takes messages by POST; nothing is to be read here.")
            return reply
        note = chance.monotonic() - self._noted.get(known.id, -self.NOTED_EVERY_SECONDS) >= self.NOTED_EVERY_SECONDS
        try:
            result = await inbox.keep(self._database, self._vault, known.id, known.adapter, delivery, note=note)
        except BadSignature as bad:
            await self._not_signed(known.id)
            raise (NotSignedPrecondition if bad.status == 412 else NotSigned) from None
        except ChannelError:  # the key that it is signed with can't be had now
            raise ChannelNotReady from None
        if isinstance(result, inbox.Kept):
            if note:
                self._noted[known.id] = chance.monotonic()
            if known.id in self._unsigned or known.id in self._accused:
                await self._signed(known.id)
        return result

    async def _not_signed(self, channel_id: str) -> None:
        """Counted here; written down once it is many in a row, and then so seldom that a stranger costs nothing."""
        count = self._unsigned[channel_id] = self._unsigned.get(channel_id, 0) + 1
        now = chance.monotonic()
        if count < signals.IN_A_ROW or now - self._told_at.get(channel_id, -self.TOLD_EVERY_SECONDS) < self.TOLD_EVERY_SECONDS:
            return
        self._told_at[channel_id] = now
        with suppress(DatabaseUnavailable):
            await self._database.write(signals.signatures_failing, channel_id, count)
            self._accused.add(channel_id)

    async def _signed(self, channel_id: str) -> None:
        self._unsigned.pop(channel_id, None)
        if channel_id in self._accused:
            with suppress(DatabaseUnavailable):
                await self._database.write(signals.signed_again, channel_id)
                self._accused.discard(channel_id)

    # Which channels there are

    def forget(self) -> None:
        """A channel was changed: look again before the next message is believed."""
        self._changes += 1
        self._read_at = -self.FRESH_SECONDS

    def close(self) -> None:
        """Let go of the adapters."""
        for known in self._known.values():
            if known.adapter is not None:
                known.adapter.close()

    async def _find(self, channel_id: str) -> _Known | None:
        if not self._is_fresh():
            async with self._reading:
                if not self._is_fresh():
                    changes, began = self._changes, chance.monotonic()
                    rows, self._accused = await self._database.read(signals.listened_to)
                    for settled in self._told_at.keys() - self._accused:  # a person said so, or another process was sent a good one
                        self._unsigned.pop(settled, None)
                    self._known = await asyncio.to_thread(self._renewed, rows)
                    if changes == self._changes:  # else it may be older than a change
                        self._read_at = began
        return self._known.get(channel_id)

    def _is_fresh(self) -> bool:
        return chance.monotonic() - self._read_at < self.FRESH_SECONDS

    def _renewed(self, rows: list[dict[str, Any]]) -> dict[str, _Known]:
        found = {row["id"]: self._opened(row) for row in rows}
        for known in self._known.values():
            if known.adapter is not None and (known.id not in found or found[known.id].adapter is not known.adapter):
                known.adapter.close()
        return found

    def _opened(self, row: Mapping[str, Any]) -> _Known:
        source = (row["kind"], row["settings"], row["credentials"])
        known = self._known.get(row["id"])
        if known is not None and known.adapter is not None and known.source == source:
            return known
        try:
            adapter = registry.open_channel(row, ChannelVault(self._database, self._vault, row))
        except Exception as error:  # one channel that can't be opened is no reason not to listen to the others
            why = f"{type(error).__name__}: {error}"
            if known is None or known.why != why:
                log.error("a channel can't be listened to", channel=row["id"], reason=why)
            return _Known(row["id"], row["kind"], source, None, why)
        return _Known(row["id"], row["kind"], source, adapter)


async def _body(request: Request, headers: Mapping[str, str]) -> bytes:
    """The body as it came. Raises: TooLarge as soon as it is, Unreadable where it breaks off."""
    too_large = partial(TooLarge, f"A message may have {BODY_MOST} bytes at the most.")
    said = headers.get("content-length", "")
    if said.isdigit() and int(said) > BODY_MOST:
        raise too_large()
    parts, size = [], 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > BODY_MOST:
                raise too_large()
    except HTTPException:  # the limit for all requests is lower than ours
        raise too_large() from None
    except ClientDisconnect:
        raise Unreadable("The message broke off.") from None
    return b"".join(parts)


_refusals = (Unreadable, NotSigned, NotSignedPrecondition, NotFound, TooLarge, UnsupportedMediaType, TooManyMessages, ChannelNotReady)
_alike: dict[str, Any] = {
    "response_class": Response,
    "responses": documented(*_refusals, DatabaseUnavailable, Overloaded),
    # Read by hand: any text may stand there, and is either a channel's id or not.
    "openapi_extra": {"parameters": [{"name": "channel_id", "in": "path", "required": True, "schema": {"type": "string"}}]},
}


@router.post("/{channel_id}", **_alike)
async def take_in_message(request: Request) -> Response:
    """What a marketplace has to say. It is signed with the channel's secret, and needs no token. The answer is empty; it means: kept."""
    intake: Intake = request.app.state.intake
    channel_id: str = request.path_params["channel_id"]
    result = await intake.take_in(channel_id, request)
    if isinstance(result, Reply):
        return Response(result.body, result.status, media_type=result.content_type)
    if result.new:
        request.app.state.wake(channel_id)
    return Response(status_code=200)


@router.get("/{channel_id}", **_alike)
async def shake_hands(request: Request) -> Response:
    """The handshake by which some marketplaces see that the address is ours."""
    intake: Intake = request.app.state.intake
    result = await intake.take_in(request.path_params["channel_id"], request)
    assert isinstance(result, Reply)
    return Response(result.body, result.status, media_type=result.content_type)
