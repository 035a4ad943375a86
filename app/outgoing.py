"""Outgoing webhooks: what happened, signed and carried to other systems.

What is to be sent and how it fared are rows (`domain/carrying`); here it is signed and sent. Each process that works serves every
endpoint, and each by itself: a receiver that is slow or gone holds up nobody but itself. Of an answer nothing counts but its status, and
nothing is followed.
"""

from __future__ import annotations

import asyncio
import re
import threading
from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar

import httpx
import orjson
import structlog
from standardwebhooks import Webhook

from app import chance
from app.channels.base import ChannelError
from app.channels.http import Client, PrivateAddress, Response, public_addresses
from app.database import Database, DatabaseUnavailable, Session
from app.domain import carrying, endpoints
from app.domain.carrying import Message, Outcome
from app.domain.causes import Cause
from app.domain.errors import InvalidDraft
from app.settings import Settings
from app.vault import Vault, VaultClosed

log = structlog.get_logger()

T = TypeVar("T")

EVERY_SECONDS = 1.0
# One attempt, from finding the address to the last byte of the answer; and when it isn't waited for any more, whatever it hangs on.
ATTEMPT_S, GIVE_UP_S = 15.0, 20.0
ANSWER_BYTES = 16_000
SHOWN = 300
# At a stop, what is under way may come to its end.
GOODBYE_S = 2.0
LOOKED_UP_WITHIN_S = 5.0


# Signing


def new_secret() -> str:
    return "whsec_" + b64encode(chance.secret(32)).decode()


def signed(secrets: Sequence[str], message_id: str, body: bytes) -> dict[str, str]:
    """The headers of a message, as Standard Webhooks has them: one signature for each secret that is valid."""
    now = chance.now()
    signatures = " ".join(Webhook(secret).sign(message_id, now, body.decode()) for secret in secrets)
    return {"webhook-id": message_id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signatures}


def body_of(message: Message) -> bytes:
    """What is sent: the event as GET /v1/events shows it, or of a ping where it was sent to."""
    data = message.event if message.event is not None else {"endpoint_id": message.endpoint_id}
    said = {"type": message.type, "timestamp": message.made_at, "data": data}
    return orjson.dumps(said, option=orjson.OPT_UTC_Z)


def secrets_of(vault: Vault, message: Message) -> list[str]:
    """Those that are valid now, the newest first. Raises: VaultClosed."""
    held = vault.open_values(message.secrets)
    former = message.former_until is not None and message.former_until > chance.now()
    return [held["secret"], *([held["former"]] if former else [])]


def rotate(session: Session, vault: Vault, endpoint_id: str, overlap: timedelta, *, cause: Cause) -> dict[str, Any]:
    """A new secret for an endpoint; the one until now stays valid beside it for a while. Returns the endpoint, and in it the secret.

    Raises: NotFound, VaultClosed.
    """
    row = endpoints.get(session, endpoint_id, lock=True)
    held = {"secret": new_secret()}
    if overlap:
        with suppress(VaultClosed):  # its key is lost: what is made now is all there is
            held["former"] = vault.open_values(row["secrets"])["secret"]
    until = chance.now() + overlap if "former" in held else None
    return endpoints.rotate(session, endpoint_id, vault.seal_values(held), until, cause=cause) | {"secret": held["secret"]}


# Where it may go


def allowed(url: str, *, private: bool) -> None:
    """Whether messages may be sent there, as far as can be said now: it is asked again at each connection. It may take a moment.

    Raises: InvalidDraft, about the field `url`.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    good = parsed.scheme in ("http", "https") and re.fullmatch(rb"[0-9a-z_.:-]+", parsed.raw_host) and parsed.port != 0
    if not good or not url.isprintable() or " " in url:
        raise InvalidDraft("url", "This isn't an address; an example: https://hooks.example.org/tallystick")
    if parsed.userinfo:
        raise InvalidDraft("url", "Leave the user and password out of the address: what is sent there is signed.")
    if private:
        return
    if parsed.scheme != "https":
        raise InvalidDraft("url", "Needs https: what is sent there would be read by anybody on the way.")
    try:
        _in_thread(partial(public_addresses, parsed.raw_host.decode(), parsed.port or 443)).result(LOOKED_UP_WITHIN_S)
    except PrivateAddress as error:
        raise InvalidDraft("url", f"{error} Should it be allowed, set TALLYSTICK_ALLOW_PRIVATE_WEBHOOKS.") from None
    except (OSError, UnicodeError, TimeoutError):
        return  # it may be found later; until then nothing gets there, and a ping says so


# Carrying


class Outgoing:
    """Carries messages to webhook endpoints. One of each process that works."""

    def __init__(self, database: Database, vault: Vault, settings: Settings) -> None:
        self._database, self._vault = database, vault
        self._private = settings.allow_private_webhooks
        self._clients: dict[str, tuple[str, Client]] = {}
        self._serving: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Runs until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except DatabaseUnavailable:
                    pass  # others say so
                except Exception as error:
                    log.error("outgoing webhooks failed; they go on", exc_info=error)
                await asyncio.sleep(EVERY_SECONDS)
        finally:
            await self._goodbye()

    async def look(self) -> None:
        """Once round: each endpoint that nobody here serves is served until it has nothing to do."""
        found = await self._database.read(carrying.on)
        for endpoint_id in found:
            if endpoint_id not in self._serving:
                task = self._serving[endpoint_id] = asyncio.create_task(self._served(endpoint_id))
                task.add_done_callback(partial(self._over, endpoint_id))
        for endpoint_id in self._clients.keys() - set(found) - self._serving.keys():
            self._clients.pop(endpoint_id)[1].close()

    def _over(self, endpoint_id: str, _: asyncio.Task[None]) -> None:
        del self._serving[endpoint_id]

    async def settled(self) -> None:
        """Serve what there is to serve, and return when that is done. For tests, and whoever drives it by hand."""
        await self.look()
        while self._serving:
            await asyncio.wait(list(self._serving.values()))

    async def ping(self, message_id: str) -> None:
        """Carry a message that the caller has claimed, at once."""
        await self._attempt(await self._database.read(carrying.under_way, message_id))

    async def _goodbye(self) -> None:
        """Take nothing new, and wait a moment for what is under way: what isn't heard to its end is sent again."""
        serving = list(self._serving.values())
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        for _, client in self._clients.values():
            client.close()

    async def _served(self, endpoint_id: str) -> None:
        try:
            await self._serve(endpoint_id)
        except DatabaseUnavailable:
            pass
        except VaultClosed as error:
            log.error("webhooks can't be signed", reason=error.detail)
        except Exception as error:
            log.error("an outgoing webhook failed; it goes on", endpoint=endpoint_id, exc_info=error)

    async def _serve(self, endpoint_id: str) -> None:
        """Move through the feed and carry, until nothing is due. As soon as one message is over, the next is taken."""
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                step = await self._database.read(carrying.look, endpoint_id)
                claimed = await self._database.write(carrying.take, step) if step is not None else None
                under_way |= {asyncio.create_task(self._attempt(message)) for message in claimed or ()}
                if not under_way:
                    if step is None or claimed is None or step.upto == step.cursor:
                        return
                    continue
                done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            if under_way:
                with suppress(asyncio.CancelledError):
                    await asyncio.wait(under_way, timeout=GOODBYE_S)
                for task in under_way:
                    task.cancel()

    async def _attempt(self, message: Message) -> None:
        outcome = await self._sent(message)
        if outcome.status is not None and 200 <= outcome.status < 300:
            await self._database.write(carrying.delivered, message, outcome)
            return
        await self._database.write(carrying.failed, message, outcome)
        log.warning(
            "a webhook wasn't taken", endpoint=message.endpoint_id, message=message.id, attempt=message.attempt, reason=outcome.error
        )

    async def _sent(self, message: Message) -> Outcome:
        body = body_of(message)
        headers = signed(secrets_of(self._vault, message), message.id, body)
        client, began = self._client(message), chance.monotonic()

        def took() -> int:
            return round(1_000 * (chance.monotonic() - began))

        host = endpoints.host_of(message.url)
        send = partial(client.request, "POST", message.url, headers=_HEADERS | headers, content=body)
        try:
            answer = await asyncio.wait_for(asyncio.wrap_future(_in_thread(send)), GIVE_UP_S)
        except (TimeoutError, httpx.TimeoutException):
            return Outcome(None, took(), error=f"{host} gave no whole answer within {ATTEMPT_S:.0f} s.")
        except PrivateAddress as error:
            return Outcome(None, took(), error=str(error))
        except (httpx.HTTPError, ChannelError) as error:
            return Outcome(None, took(), error=f"{host} can't be reached: {error}")
        said = "".join(each if each.isprintable() else " " for each in answer.content.decode("utf-8", "replace"))[:SHOWN]
        return Outcome(answer.status_code, took(), said, _refusal(host, answer), _retry_after(answer))

    def _client(self, message: Message) -> Client:
        """One for each endpoint: its connections are kept while there is something to send."""
        kept = self._clients.get(message.endpoint_id)
        if kept is not None and kept[0] == message.url:
            return kept[1]
        parsed = httpx.URL(message.url)
        hosts = frozenset({parsed.host if parsed.port is None else f"{parsed.host}:{parsed.port}"})
        client = Client(
            hosts, timeout_s=ATTEMPT_S, max_bytes=ANSWER_BYTES, plain_http_ok=self._private, public_only=not self._private, cut=True
        )
        self._clients[message.endpoint_id] = message.url, client
        return client


_HEADERS = {"content-type": "application/json", "accept": "*/*", "accept-encoding": "identity"}


def _refusal(host: str, answer: Response) -> str | None:
    if answer.is_success:
        return None
    if answer.is_redirect:
        return f"{host} sends us on to another address ({answer.status_code}), and that isn't followed. Give the endpoint that address."
    return f"{host} answered {answer.status_code}."


def _retry_after(answer: Response) -> timedelta | None:
    """How long a receiver asks us to wait: so many seconds, or until a moment."""
    said = answer.headers.get("retry-after", "") if answer.status_code in (429, 503) else ""
    if said.isdecimal():
        return timedelta(seconds=min(int(said[:9]), 10**9))
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return until - chance.now() if until.tzinfo is not None else None


def _in_thread(work: Callable[[], T]) -> Future[T]:
    """In a thread of its own, that nobody has to wait for: a name that can't be looked up, or a receiver that holds on, holds up neither
    other receivers nor the end of the program."""
    future: Future[T] = Future()

    def run() -> None:
        future.set_running_or_notify_cancel()
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, name="outgoing", daemon=True).start()
    return future
