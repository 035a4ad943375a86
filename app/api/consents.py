"""Being let in by a shop's owner with her browser: the question, and the shop's answer.

The answer comes to an address that anybody may call, so it is believed for its state alone: see `domain.consents`. Where the shop
can't reach us, she pastes the address that her browser ended on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.api import channels as channels_api
from app.api.channels import ChannelOut, channel_changed, shown
from app.api.dependencies import Admin, Db, Input, Output, RecordId, Text, example
from app.api.problems import TooLarge, documented, everywhere
from app.channels import registry
from app.channels.base import ChannelError, Consent, Delivery
from app.database import Database, Session
from app.domain import channels, consents
from app.domain.causes import Cause
from app.domain.consents import ConsentUnknown
from app.domain.errors import InvalidDraft, NotFound, WrongState
from app.vault import ChannelVault, Vault, VaultClosed

router = APIRouter(tags=["Channels"], responses=everywhere())
callbacks = APIRouter(prefix="/oauth", tags=["Channels"])

BODY_MOST = 20_000

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tallystick</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}}</style></head>
<body><h1>{title}</h1><p>{text}</p></body></html>"""


class ConsentOut(Output):
    """Where to send the browser of whoever owns the shop."""

    url: str = Field(description="Open this in a browser in which you are signed in to the shop.")
    callback: str = Field(description="Where the shop sends its answer. Some shops want to know this address beforehand.")
    expires_at: datetime = Field(description="Until when it may be answered; the answer is good once.")


class ConsentAnswer(Input):
    model_config = example({"address": "http://127.0.0.1:8000/oauth/etsy/callback?code=…&state=…"})

    address: Annotated[Text, Field(min_length=10, max_length=4000, description="The whole address that the browser ended on.")]


class ConsentFailed(WrongState):
    """The shop said no, or its answer was of no use."""

    code = "consent_failed"


@router.post(
    "/channels/{channel_id}/consent",
    responses=documented(NotFound, WrongState, InvalidDraft, VaultClosed),
)
async def ask_for_consent(channel_id: RecordId, caller: Admin, database: Db, request: Request) -> ConsentOut:
    """Begin letting Tallystick in by browser, for kinds of shops that have a page for it. Open `url`, and agree."""
    vault: Vault = request.app.state.vault
    row = await database.read(channels.get, channel_id)
    state, callback = consents.new_state(), _callback(request, row["kind"])

    def page() -> Consent | None:
        adapter = registry.open_channel(row, ChannelVault(database, vault, row))
        try:
            return adapter.consent(callback, callback.removesuffix("callback") + "done", state)
        finally:
            adapter.close()

    try:
        found = await asyncio.to_thread(page)
    except ChannelError as error:
        raise ConsentFailed(str(error)) from None
    if found is None:
        raise ConsentFailed(f"{row['kind'].capitalize()} has no page for this: enter its credentials with PATCH /v1/channels/{channel_id}.")
    expires_at = await database.write(consents.ask, channel_id, state, vault.seal_values(found.keep))
    return ConsentOut(url=found.url, callback=callback, expires_at=expires_at)


@router.post(
    "/channels/{channel_id}/consent/answer",
    responses=documented(NotFound, ConsentUnknown, ConsentFailed, InvalidDraft, VaultClosed),
)
async def paste_consent(channel_id: RecordId, body: ConsentAnswer, caller: Admin, database: Db, request: Request) -> ChannelOut:
    """The shop's answer by hand, where it can't reach this service: the address that the browser ended on, whatever it showed there."""
    row = await database.read(channels.get, channel_id)
    query = dict(parse_qsl(urlsplit(body.address).query))
    await _let_in(request, database, row["kind"], Delivery("GET", {}, b"", query), channel_id)
    return ChannelOut.model_validate(shown(request, await database.read(channels.view, channel_id)))


@callbacks.get("/{kind}/callback", include_in_schema=False)
@callbacks.post("/{kind}/callback", include_in_schema=False)
async def answer_consent(kind: str, request: Request) -> Response:
    """The shop's answer."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.scope["headers"]}
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MOST:
            raise TooLarge(f"An answer may have {BODY_MOST} bytes at the most.")
    try:
        registry.kind(kind)
    except InvalidDraft:
        raise NotFound("There is no such kind of channel.") from None
    await _let_in(request, request.app.state.database, kind, Delivery(request.method, headers, body, dict(request.query_params)))
    return _page("Your shop has let Tallystick in.", "You can close this page and go on where you came from.")


@callbacks.get("/{kind}/done", include_in_schema=False)
async def end_consent(kind: str, request: Request) -> Response:
    """Where the browser ends when the shop itself sends us its answer."""
    if request.query_params.get("success") == "0":
        return _page("Your shop didn't let Tallystick in.", "Nothing was changed. Begin again whenever you like.")
    return _page("Thank you.", "Your shop sends Tallystick what it needs. You can close this page and go on where you came from.")


async def _let_in(request: Request, database: Database, kind: str, answer: Delivery, channel_id: str | None = None) -> None:
    """Use a question up, make credentials of its answer, and keep them. Raises: ConsentUnknown, ConsentFailed, VaultClosed."""
    vault: Vault = request.app.state.vault
    state = registry.kind(kind).state_of(answer)
    if not state:
        raise ConsentUnknown
    asked = await database.write(consents.use, kind, state)
    if channel_id is not None and asked["channel_id"] != channel_id:
        raise ConsentUnknown
    row = await database.read(channels.get, asked["channel_id"])

    def exchanged() -> Mapping[str, str]:
        adapter = registry.open_channel(row, ChannelVault(database, vault, row))
        try:
            return adapter.let_in(answer, vault.open_values(asked["kept"]), _callback(request, kind))
        finally:
            adapter.close()

    try:
        found = await asyncio.to_thread(exchanged)
    except ChannelError as error:
        raise ConsentFailed(str(error)) from None
    await database.write(_keep, vault, row["id"], found)
    channel_changed(request, row["id"])


def _keep(session: Session, vault: Vault, channel_id: str, credentials: Mapping[str, Any]) -> None:
    channels_api.change(session, vault, channel_id, {"credentials": credentials}, seen=None, cause=Cause("consent"))


def _callback(request: Request, kind: str) -> str:
    settings = request.app.state.settings
    outside = settings.public_url or f"http://127.0.0.1:{settings.port}"
    return f"{outside.rstrip('/')}/oauth/{kind}/callback"


def _page(title: str, text: str) -> Response:
    policy = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "Referrer-Policy": "no-referrer"}
    return Response(_PAGE.format(title=title, text=text), media_type="text/html", headers=policy)
