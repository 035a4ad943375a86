"""Where what happened is sent to, over HTTP: endpoints, their secrets, and what became of each message. And what the messages are, for the
contract."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app import outgoing
from app.api import etags
from app.api.dependencies import Admin, Db, Input, Moment, Output, Page, Part, RecordId, Text, Whole, example, unset
from app.api.etags import IfMatchMissing, Seen
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, SecretShownOnce, documented, everywhere
from app.database import Session
from app.domain import endpoints
from app.domain.causes import Cause
from app.domain.errors import NotFound, Stale, WrongState
from app.domain.event_types import EVENT_TYPES
from app.domain.events import CursorExpired
from app.outgoing import Outgoing
from app.vault import Vault, VaultClosed

router = APIRouter(prefix="/webhook-endpoints", tags=["Webhook endpoints"], responses=everywhere())

Url = Annotated[Text, Field(min_length=1, max_length=1_000, description="Where to: https, and an address that anybody can reach.")]
Description = Annotated[Text, Field(max_length=200, description="For people: whose it is.")]
Types = Annotated[
    list[Annotated[Text, Field(max_length=64)]],
    Field(max_length=100, description="Which events: by type (`order.placed`) or all of one kind (`order.*`); none: all of them."),
]
State = Literal["waiting", "sending", "delivered", "failed"]


# Requests


class EndpointIn(Input):
    """Where to send what happens."""

    model_config = example(
        {"url": "https://hooks.example.org/tallystick", "description": "Bookkeeping", "types": ["order.*", "stock.moved"]}
    )

    url: Url
    description: Description = ""
    types: Types = Field(default_factory=list)
    start: Annotated[str, Field(pattern=r"^(now|oldest|[0-9]{1,18})$")] = Field(
        default="now",
        alias="from",
        description="`now`: what happens from now on. `oldest`: all that is kept. A number: what is behind this cursor of GET /v1/events.",
    )

    def after(self) -> int | None:
        return {"now": None, "oldest": 0}.get(self.start) if not self.start.isdecimal() else int(self.start)


class EndpointChange(Input):
    """What to change; what is left out stays as it is."""

    model_config = example({"description": "Bookkeeping, the new one", "types": ["order.*"]})

    url: Url = Field(default_factory=unset)
    description: Description = Field(default_factory=unset)
    types: Types = Field(default_factory=unset)


class RotationIn(Input):
    """How long the secret until now stays valid beside the new one."""

    model_config = example({"overlap_hours": 24})

    overlap_hours: Annotated[int, Field(ge=0, le=168), Whole] = Field(default=24, description="0: it is worthless at once.")


class ReplayMessagesIn(Input):
    """Which messages to send once more."""

    model_config = example({"since": "2026-11-22T00:00:00Z", "only_failed": True})

    since: Moment = Field(description="Those that were made at this moment or later.")
    only_failed: bool = Field(default=True, strict=True, description="Only those that were given up. false: those that were taken, too.")


# Answers


class EndpointOut(Output):
    """Where what happens is sent to. Its secret is shown only when it is made."""

    id: str
    url: str
    description: str
    types: list[str] = Field(description="Which events; none: all of them.")
    status: Literal["on", "failing", "off"] = Field(
        description="`failing`: it takes nothing for now, and one message at a time finds out whether it is back. `off`: nothing is sent; "
        "`off_why` says why."
    )
    off_since: datetime | None
    off_why: Literal["person", "failing", "gone"] | None = Field(
        description="`person`: somebody said so. `failing`: it took nothing for three days. `gone`: it answered 410."
    )
    failing_since: datetime | None = Field(description="Since when it has taken nothing.")
    retry_at: datetime | None = Field(description="Nothing is sent before.")
    last_error: str | None
    waiting: int = Field(description="Messages that aren't there yet; at most a thousand or so, the rest waits in the feed.")
    failed: int = Field(description="Messages that were given up, and are still kept.")
    cursor: int = Field(description="The last event that was looked at for it: its `seq`.")
    former_until: datetime | None = Field(description="So long messages are signed with the former secret, too.")
    version: int = Field(description="Rises with every change; in quotation marks it is the ETag.")
    created_at: datetime
    updated_at: datetime


class NewEndpointOut(EndpointOut):
    """An endpoint with its new secret."""

    secret: str = Field(description="What messages are signed with: keep it now, it is never shown again.", examples=["whsec_…"])


class MessageOut(Output):
    """A message to an endpoint, and what became of it."""

    id: str = Field(description="The header `webhook-id`: the same each time that it is sent.")
    endpoint_id: str
    event_seq: int | None = Field(description="The event's `seq`; null for a ping.")
    type: str
    state: State = Field(description="`failed`: it isn't tried any more, until it is replayed.")
    attempts: int
    status: int | None = Field(description="The HTTP status of the last answer; null: there was none.")
    took_ms: int | None = Field(description="How long the last attempt took.")
    answer: str | None = Field(description="How the last answer began.")
    error: str | None = Field(description="Why the last attempt came to nothing.")
    due_at: datetime | None = Field(description="When it is sent, if it waits.")
    sent_at: datetime | None = Field(description="When it was last sent.")
    created_at: datetime


class ReplayedMessagesOut(Output):
    replayed: int = Field(description="So many messages are sent once more.")


# What is done


def create(
    session: Session, vault: Vault, url: str, description: str, types: Sequence[str], after: int | None, *, cause: Cause
) -> dict[str, Any]:
    """Raises: as `endpoints.create`; VaultClosed."""
    secret = outgoing.new_secret()
    sealed = vault.seal_values({"secret": secret})
    made = endpoints.create(session, url=url, description=description, types=types, secrets=sealed, after=after, cause=cause)
    return made | {"secret": secret}


async def _allowed(request: Request, url: str) -> None:
    """Raises: InvalidDraft."""
    await asyncio.to_thread(outgoing.allowed, url, private=request.app.state.settings.allow_private_webhooks)


@router.post(
    "",
    status_code=201,
    response_model=NewEndpointOut,
    responses=documented(CursorExpired, WrongState, VaultClosed, SecretShownOnce, KeyReused),
)
async def create_webhook_endpoint(body: EndpointIn, caller: Admin, once: OnceOnly, request: Request) -> Response:
    """Have what happens sent to an address of yours, signed. The secret is in this answer and nowhere else."""
    await _allowed(request, body.url)
    given = (request.app.state.vault, body.url, body.description, body.types, body.after())
    return await once(NewEndpointOut, create, *given, secret=True)


@router.get("", responses=documented(BadCursor))
async def list_webhook_endpoints(database: Db, caller: Admin, part: Part) -> Page[EndpointOut]:
    """Where what happens is sent to, oldest first."""
    rows = await database.read(endpoints.page, part.behind(), part.limit + 1)
    return Page[EndpointOut].model_validate(part.page(rows, "id"))


@router.get("/{endpoint_id}", responses=documented(NotFound))
async def get_webhook_endpoint(endpoint_id: RecordId, database: Db, caller: Admin, response: Response) -> EndpointOut:
    """One endpoint, and how it fares. Its ETag is needed to change it."""
    row = await database.read(endpoints.view, endpoint_id)
    etags.put(response, row["version"])
    return EndpointOut.model_validate(row)


@router.patch("/{endpoint_id}", responses=documented(NotFound, Stale, IfMatchMissing))
async def change_webhook_endpoint(
    endpoint_id: RecordId, body: EndpointChange, database: Db, caller: Admin, seen: Seen, request: Request, response: Response
) -> EndpointOut:
    """Change an endpoint's url, description or types. With another url everything that waits is due at once."""
    changes = body.model_dump(exclude_unset=True)
    if "url" in changes:
        await _allowed(request, changes["url"])
    row = await database.write(endpoints.change, endpoint_id, changes, seen=seen, cause=caller.cause)
    etags.put(response, row["version"])
    return EndpointOut.model_validate(row)


@router.delete("/{endpoint_id}", status_code=204, responses=documented(NotFound, Stale, IfMatchMissing))
async def delete_webhook_endpoint(endpoint_id: RecordId, database: Db, caller: Admin, seen: Seen) -> None:
    """Send nothing there any more. Its secret is forgotten at once, its messages little by little."""
    await database.write(endpoints.remove, endpoint_id, seen=seen, cause=caller.cause)


@router.post("/{endpoint_id}/enable", status_code=200, response_model=EndpointOut, responses=documented(NotFound, KeyReused))
async def enable_webhook_endpoint(endpoint_id: RecordId, caller: Admin, once: OnceOnly) -> Response:
    """Send to an endpoint again, from where it was left off. Everything that waits is due at once."""
    return await once(EndpointOut, endpoints.enable, endpoint_id, status=200)


@router.post("/{endpoint_id}/disable", status_code=200, response_model=EndpointOut, responses=documented(NotFound, KeyReused))
async def disable_webhook_endpoint(endpoint_id: RecordId, caller: Admin, once: OnceOnly) -> Response:
    """Send nothing to an endpoint until it is enabled. What happens meanwhile is sent then, as far as events are kept."""
    return await once(EndpointOut, endpoints.disable, endpoint_id, status=200)


@router.post(
    "/{endpoint_id}/rotate-secret",
    status_code=200,
    response_model=NewEndpointOut,
    responses=documented(NotFound, VaultClosed, SecretShownOnce, KeyReused),
)
async def rotate_webhook_secret(endpoint_id: RecordId, body: RotationIn, caller: Admin, once: OnceOnly, request: Request) -> Response:
    """Make a new secret. Until the overlap ends messages carry two signatures, so a receiver that knows either believes them."""
    vault, overlap = request.app.state.vault, timedelta(hours=body.overlap_hours)
    return await once(NewEndpointOut, _rotate, vault, endpoint_id, overlap, secret=True, status=200)


def _rotate(session: Session, vault: Vault, endpoint_id: str, overlap: timedelta, *, cause: Cause) -> dict[str, Any]:
    return outgoing.rotate(session, vault, endpoint_id, overlap, cause=cause)


@router.post("/{endpoint_id}/ping", status_code=200, response_model=MessageOut, responses=documented(NotFound, KeyReused, VaultClosed))
async def ping_webhook_endpoint(
    endpoint_id: RecordId, database: Db, caller: Admin, once: OnceOnly, request: Request
) -> Response | MessageOut:
    """Send a test at once, even to an endpoint that is off, and say what came of it."""
    carrier: Outgoing = request.app.state.outgoing
    made = await once(MessageOut, endpoints.ping, endpoint_id, status=200)
    message_id = orjson.loads(bytes(made.body))["id"]
    if "idempotent-replayed" not in made.headers:
        await carrier.ping(message_id)
    return MessageOut.model_validate(await database.read(endpoints.message, endpoint_id, message_id))


@router.get("/{endpoint_id}/messages", responses=documented(NotFound, BadCursor))
async def list_webhook_messages(
    endpoint_id: RecordId, database: Db, caller: Admin, part: Part, state: Annotated[State | None, Query()] = None
) -> Page[MessageOut]:
    """What was sent to an endpoint, newest first, and what it said. Kept for as long as the store's settings say."""
    rows = await database.read(endpoints.messages, endpoint_id, part.behind(), part.limit + 1, state=state)
    return Page[MessageOut].model_validate(part.page(rows, "id"))


@router.post(
    "/{endpoint_id}/messages/{message_id}/replay",
    status_code=200,
    response_model=MessageOut,
    responses=documented(NotFound, WrongState, KeyReused),
)
async def replay_webhook_message(endpoint_id: RecordId, message_id: RecordId, caller: Admin, once: OnceOnly) -> Response:
    """Send a message once more, with the same `webhook-id`."""
    return await once(MessageOut, endpoints.replay, endpoint_id, message_id, status=200)


@router.post("/{endpoint_id}/replay", responses=documented(NotFound))
async def replay_webhook_messages(endpoint_id: RecordId, body: ReplayMessagesIn, database: Db, caller: Admin) -> ReplayedMessagesOut:
    """Send the messages of a while once more, each with its `webhook-id`: those that were given up, or all of them."""
    replayed, after = 0, None
    while True:
        chunk, after = await database.write(
            endpoints.replay_since, endpoint_id, body.since, only_failed=body.only_failed, after=after, cause=caller.cause
        )
        replayed += chunk
        if after is None:
            return ReplayedMessagesOut(replayed=replayed)


# What is sent, for the contract

_AT, _ID = "2026-11-22T10:00:00Z", "0196a000-0000-7000-8000-000000000001"
_HEADERS = {
    "webhook-id": "The same each time that this message is sent: by it you know a repetition.",
    "webhook-timestamp": "When it was sent, in seconds since 1970.",
    "webhook-signature": "Signatures as Standard Webhooks has them, separated by spaces.",
}
_TAKEN = "Any 2xx says that you have it. After anything else, or no answer within 15 seconds, it is sent again."


def described() -> dict[str, Any]:
    """Every message that may be sent, as OpenAPI has `webhooks`."""
    text, null = {"type": "string"}, {"type": ["string", "null"]}
    moment = text | {"format": "date-time"}
    found = {}
    for name, kind in EVENT_TYPES.items():
        fields = {"seq": {"type": "integer"}, "type": {"const": name}, "subject": text if kind.subject else null, "data": kind.schema}
        fields |= {"actor": text, "cause_kind": null, "cause_id": null, "at": moment}
        about = {"seq": 4711, "type": name, "subject": _ID if kind.subject else None}
        by = {"actor": "web shop", "cause_kind": None, "cause_id": None, "at": _AT}
        found[name] = _described(name, kind.said, fields, [about | {"data": each} | by for each in kind.examples])
    said = "A test: somebody asked for it, by POST /v1/webhook-endpoints/{id}/ping."
    found[endpoints.PING] = _described(endpoints.PING, said, {"endpoint_id": text}, [{"endpoint_id": _ID}])
    return found


def _described(name: str, said: str, fields: dict[str, Any], examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
    at = {"type": "string", "format": "date-time", "description": "When it happened."}
    envelope = {"type": {"const": name}, "timestamp": at, "data": _object(fields)}
    shown = {str(n): {"value": {"type": name, "timestamp": _AT, "data": each}} for n, each in enumerate(examples, 1)}
    operation = {
        "tags": ["Webhook endpoints"],
        "summary": name,
        "description": said,
        "operationId": f"receive_{name.replace('.', '_')}",
        "parameters": [
            {"name": header, "in": "header", "required": True, "schema": {"type": "string"}, "description": what}
            for header, what in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _object(envelope), "examples": shown}}},
        "responses": {"2XX": {"description": _TAKEN}},
    }
    return {"post": operation}


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}
