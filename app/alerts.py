"""Alerts: what can't wait reaches a person within a minute, by a signed POST, by mail, or by both.

What there is to tell is found in the database and stored there (`domain/alerts`); here it is carried, and here is what a database can't
say: that it takes nothing any more, and that the run before this one ended without a goodbye.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpx
import orjson
import structlog
from prometheus_client import CollectorRegistry, Gauge

from app import chance
from app.channels.base import ChannelError
from app.channels.http import Client, is_loopback
from app.database import Database, DatabaseUnavailable, Overloaded, Session
from app.domain import alerts, store, watch, workers
from app.domain.alerts import AGAIN_AFTER, Message
from app.outgoing import signed
from app.settings import Settings

log = structlog.get_logger()

EVERY_SECONDS = 5.0
CARRY_EVERY_SECONDS = 1.0
# One attempt is over long before another process may try: alerts.ATTEMPT.
STEP_TIMEOUT_S = 10.0
ATTEMPT_TIMEOUT_S = 30.0
BEAT_EVERY = timedelta(seconds=10)
UNWRITABLE_FOR = timedelta(seconds=20)
AWAY_FOR = timedelta(seconds=60)


class NotCarried(Exception):
    """The message didn't get there. The text is for people, and holds nothing secret."""


class Transport(Protocol):
    """One way to a person. `carry` blocks, and raises NotCarried."""

    name: str

    def carry(self, message: Message) -> None: ...


class Webhook:
    """A POST, signed as Standard Webhooks has it: the receiver can tell that it is from us, and a repetition by its id."""

    name = "webhook"

    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        parts = httpx.URL(url)
        self._host = parts.host if parts.port is None else f"{parts.host}:{parts.port}"
        self._client = Client(frozenset({self._host}), timeout_s=STEP_TIMEOUT_S, max_bytes=1_000_000, plain_http_ok=True)

    def carry(self, message: Message) -> None:
        said = {"title": _headline(message), "text": message.text}  # where chat programs look for it
        body = orjson.dumps({"type": f"alert.{message.kind}", "timestamp": message.made_at, **said, "data": message.data})
        headers = {"content-type": "application/json", "connection": "close"}  # the next one is hours away
        headers |= signed([self._secret], message.id, body)
        try:
            answer = self._client.request("POST", self._url, headers=headers, content=body)
        except (httpx.HTTPError, ChannelError) as error:
            raise NotCarried(f"{self._host} can't be reached: {error}") from error
        if answer.is_redirect:
            raise NotCarried(f"{self._host} sends us on to another address; set TALLYSTICK_ALERT_URL to that one.")
        if not answer.is_success:
            raise NotCarried(f"{self._host} answered {answer.status_code}.")


class Mail:
    """A mail, handed to the server that sends it on. A password leaves this machine only over an encrypted connection."""

    name = "mail"

    def __init__(self, url: str, to: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host, self._secure = str(parts.hostname), parts.scheme == "smtps"
        self._port = parts.port or (465 if self._secure else 25 if parts.username is None else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._to = [each.strip() for each in to.split(",")]
        self._from = sender or (self._user if "@" in self._user else self._to[0])

    def carry(self, message: Message) -> None:
        try:
            with self._connected() as server:
                if self._user:
                    server.login(self._user, self._password)
                refused = server.send_message(self._written(message), self._from, self._to)
        except (smtplib.SMTPException, OSError) as error:
            raise NotCarried(f"{self._host} didn't take the mail: {_said(error)}") from error
        if refused:
            log.warning("some didn't get an alert by mail", addresses=len(refused))

    def _connected(self) -> smtplib.SMTP:
        if self._secure:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=STEP_TIMEOUT_S, context=self._trust())
        server = smtplib.SMTP(self._host, self._port, timeout=STEP_TIMEOUT_S)
        try:
            server.ehlo_or_helo_if_needed()
            if server.has_extn("starttls"):
                server.starttls(context=self._trust())
            elif self._user and not is_loopback(self._host):
                raise NotCarried(f"{self._host} offers no encryption, so it got no password; write smtps:// in TALLYSTICK_SMTP_URL.")
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if is_loopback(self._host):  # a mail server of one's own has a certificate that nobody signed, and nobody is in between
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def _written(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = _headline(message)
        mail["From"], mail["To"] = self._from, ", ".join(self._to)
        mail["Date"] = format_datetime(message.made_at)
        mail["Message-ID"] = f"<{message.id}@{self._from.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(f"{message.text}\n")
        return mail


def _headline(message: Message) -> str:
    return message.title if message.title.startswith("Tallystick") else f"Tallystick: {message.title}"


def _said(error: Exception) -> str:
    """What went wrong, in the server's words where it has any."""
    if isinstance(error, smtplib.SMTPResponseException):
        reply = error.smtp_error
        return f"{error.smtp_code} {reply.decode(errors='replace') if isinstance(reply, bytes) else reply}"
    return str(error) or type(error).__name__


def transports_of(settings: Settings) -> list[Transport]:
    """The ways to a person that are set up."""
    found: list[Transport] = []
    if settings.alert_url is not None and settings.alert_secret is not None:
        found.append(Webhook(settings.alert_url.get_secret_value(), settings.alert_secret.get_secret_value()))
    if settings.alert_mail and settings.smtp_url is not None:
        found.append(Mail(settings.smtp_url.get_secret_value(), settings.alert_mail, settings.alert_from))
    return found


class Alerts:
    """Looks for what can't wait, and sees that it gets there. One of each running process."""

    def __init__(self, database: Database, settings: Settings, registry: CollectorRegistry | None = None) -> None:
        self._database = database
        self.address = settings.address
        self._listens = settings.public_url is not None
        self._embedded = database.is_sqlite
        # On PostgreSQL there may be several of us, and those that work for the shops say so when the database can't be written.
        self._tells_outages = settings.work
        self._where = settings.data_dir
        self.transports = transports_of(settings)
        self._names = [each.name for each in self.transports]
        self._began = chance.now()
        self._beat = Beat(settings.data_dir / "beat") if database.is_sqlite else None
        self._outage: Outage | None = None
        self._outage_told_at: datetime | None = None
        self._undelivered = Gauge("tallystick_alerts_undelivered", "Alerts that haven't reached anybody yet.", registry=registry)

    # Running

    async def run(self) -> None:
        """Runs until cancelled."""
        if not self.transports:
            log.info("nobody is told of what is urgent; docs/alerts.md says how")
        each = [_again(self.look, EVERY_SECONDS)]
        each += [_again(partial(self.deliver, transport), CARRY_EVERY_SECONDS) for transport in self.transports]
        await asyncio.gather(*each)

    async def greet(self) -> None:
        """Begin: did the run before this one end without a goodbye? That is told at once, before it is over again. Of several processes
        the first is asked, before any of them works."""
        former = await asyncio.to_thread(self._beat.begin) if self._beat is not None else await self._database.read(_last_worker)
        if former is None:
            return
        run, last_seen = former
        if chance.now() - last_seen <= AWAY_FOR:
            if self._beat is not None:  # else others are at work
                log.warning("the run before this one ended without a goodbye", last_seen=last_seen.isoformat())
            return
        await self._database.write(_was_down, run, last_seen, transports=self._names, address=self.address)

    def goodbye(self) -> None:
        """A clean stop."""
        if self._beat is not None:
            self._beat.end()

    # Looking

    async def look(self) -> None:
        """Once round: are we here, can we write, is there anything to tell?"""
        if self._beat is not None:
            await asyncio.to_thread(self._beat.renew)
        try:
            await self._database.write(store.probe)
        except Overloaded:
            return  # it is busy, and that is no outage
        except DatabaseUnavailable as error:
            if self._tells_outages:
                await self._unwritable(str(error).rpartition("can't take this now: ")[2])
            return
        await self._writable()
        if await self._database.read(alerts.waiting):
            await self._database.write(alerts.tell, transports=self._names, address=self.address)
        await self._database.write(watch.look, listens=self._listens, since=self._began)
        self._undelivered.set(await self._database.read(alerts.undelivered))

    async def _unwritable(self, reason: str) -> None:
        now = chance.now()
        if self._outage is None:
            log.warning("nothing can be written", reason=reason)
            self._outage = Outage(now)
        outage = self._outage
        if outage.message is None:
            again_at = self._outage_told_at + AGAIN_AFTER if self._outage_told_at is not None else now
            if now - outage.began < UNWRITABLE_FOR or now < again_at:
                return
            outage.message = alerts.outage(reason, self._advice(reason), address=self.address)
            outage.sends = {name: {"due_at": now, "attempts": 0} for name in self._names}
            self._outage_told_at = now
            log.error("nothing can be written for a while", reason=reason)
        due = [each for each in self.transports if outage.is_due(each.name, now)]
        await asyncio.gather(*(self._carry_from_memory(each, outage, outage.message) for each in due))

    async def _carry_from_memory(self, transport: Transport, outage: Outage, message: Message) -> None:
        how = outage.sends[transport.name]
        how["attempts"] += 1
        try:
            await _carried(transport, message)
        except NotCarried as error:
            wait = timedelta(seconds=min(600.0, 5.0 * 2.0 ** how["attempts"]))
            how |= {"last_error": str(error)[:500], "due_at": chance.now() + wait}
            log.warning("an alert couldn't be delivered", transport=transport.name, reason=str(error))
        else:
            how |= {"state": "sent", "sent_at": chance.now(), "due_at": None, "last_error": None}

    async def _writable(self) -> None:
        outage = self._outage
        if outage is None:
            return
        if outage.message is not None:
            await self._database.write(alerts.note_outage, outage.message, outage.sends, outage.began, cause=watch.WATCH)
        self._outage = None
        log.warning("everything can be written again", since=outage.began.isoformat())

    def _advice(self, reason: str) -> str:
        if not self._embedded:
            what = "See that PostgreSQL runs and can be reached from here, and that its disk isn't full."
        elif "full" in reason.lower() or "disk" in reason.lower():
            what = f"Free some space on the disk that holds {self._where.resolve()}."
        else:
            what = f"Look at the disk that holds {self._where.resolve()}: is it there, writable, and not full?"
        return (
            f"{what} Tallystick goes on by itself, nothing has to be restarted. Until then no order is taken in: the shops keep them and "
            "send them again. They go on selling, and only what was set aside for them."
        )

    # Carrying

    async def deliver(self, transport: Transport) -> None:
        """Carry all that is due by this transport. One that fails waits longer each time, and holds the others behind it up no longer."""
        while (claimed := await self._database.write(alerts.claim, transport.name)) is not None:
            if not await self._attempt(transport, *claimed):
                break

    async def test(self, message_id: str) -> None:
        """Carry a test by every transport at once: the caller has claimed it."""
        row = await self._database.read(alerts.get, message_id)
        message = Message(**{field: row[field] for field in Message.__slots__})
        await asyncio.gather(*(self._attempt(each, message, 1) for each in self.transports))

    async def _attempt(self, transport: Transport, message: Message, attempt: int) -> bool:
        try:
            await _carried(transport, message)
        except NotCarried as error:
            due = await self._database.write(alerts.failed, message.id, transport.name, attempt, str(error))
            again = due.isoformat(timespec="seconds") if due else "never"
            log.error("an alert couldn't be delivered", transport=transport.name, alert=message.id, reason=str(error), again=again)
            return False
        await self._database.write(alerts.sent, message.id, transport.name)
        return True


class Outage:
    """Nothing could be written since then. In memory, where else."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self.message: Message | None = None
        # By transport, as it will stand in the database.
        self.sends: dict[str, dict[str, Any]] = {}

    def is_due(self, transport: str, now: datetime) -> bool:
        due_at: datetime | None = self.sends[transport]["due_at"]
        return due_at is not None and due_at <= now


class Beat:
    """A file that says when we were last here. A clean stop removes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._run = chance.new_id()
        self._renewed_at: datetime | None = None

    def begin(self) -> tuple[str, datetime] | None:
        """Returns: the run that left one behind, and when it was last seen."""
        former: tuple[str, datetime] | None = None
        try:
            kept = orjson.loads(self._path.read_bytes())
            former = str(kept["run"]), datetime.fromisoformat(kept["at"])
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError):  # the power went while it was written: the file's own time is as good
            with suppress(OSError):
                former = "unknown", datetime.fromtimestamp(self._path.stat().st_mtime, UTC)
        self.renew()
        return former

    def renew(self) -> None:
        now = chance.now()
        if self._renewed_at is not None and now - self._renewed_at < BEAT_EVERY:
            return
        fresh = self._path.with_name("beat.new")
        with suppress(OSError):  # a full disk is told otherwise
            fresh.write_bytes(orjson.dumps({"run": self._run, "at": now}))
            fresh.replace(self._path)
        self._renewed_at = now

    def end(self) -> None:
        if self._renewed_at is not None:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)


def _last_worker(session: Session) -> tuple[str, datetime] | None:
    seen = workers.last_seen(session)
    return None if seen is None else (seen.isoformat(), seen)


def _was_down(session: Session, run: str, last_seen: datetime, *, transports: Sequence[str], address: str) -> None:
    watch.was_down(session, run, last_seen)
    alerts.tell(session, transports=transports, address=address)


async def _carried(transport: Transport, message: Message) -> None:
    """Raises: NotCarried."""
    try:
        await asyncio.wait_for(asyncio.to_thread(transport.carry, message), ATTEMPT_TIMEOUT_S)
    except NotCarried:
        raise
    except TimeoutError:
        raise NotCarried(f"It took longer than {ATTEMPT_TIMEOUT_S:.0f} s.") from None
    except Exception as error:
        log.error("an alert couldn't be delivered, and that is a defect", transport=transport.name, exc_info=error)
        raise NotCarried(f"A defect: {type(error).__name__}.") from error


async def _again(step: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        try:
            await step()
        except DatabaseUnavailable:
            pass  # `look` sees to it
        except Exception as error:
            log.error("alerts failed; they go on", exc_info=error)
        await asyncio.sleep(every_s)
