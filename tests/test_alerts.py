"""What can't wait reaches a person within a minute: over a real mail server and a real receiver of signed messages."""

import asyncio
import hmac
import os
import socket
import ssl
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from app import chance, domain, migrations
from app.alerts import Alerts, transports_of
from app.chance import Seeded
from app.database import Database, DatabaseUnavailable
from app.domain import alerts, channels, connections, exceptions
from app.main import open_store
from app.settings import Settings
from tests import servers
from tests.api.client import problem, serving
from tests.world import CAUSE, START

SECRET = "whsec_" + b64encode(b"nobody else knows these bytes 32").decode()
AT = "http://127.0.0.1:8000"


# Those who are told


class Mailbox:
    """What a mail server took in."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses: str | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.refuses is not None:
            return self.refuses
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    @property
    def subjects(self) -> list[str]:
        return [str(mail["subject"]) for mail in self.mails]

    def text(self) -> str:  # no property: the server looks at all that there is
        """The one mail's text."""
        (mail,) = self.mails
        return str(mail.get_content()).replace("\r\n", "\n")


@contextmanager
def mail_server(**options: Any) -> Iterator[tuple[str, Mailbox]]:
    """The address of a mail server, and what it takes in."""
    box, port = Mailbox(), servers.free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield f"127.0.0.1:{port}", box
    finally:
        controller.stop()


class Receiver:
    """Takes signed messages, and believes none whose signature is wrong."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.status = 204
        self.lock = threading.Lock()
        self.port = servers.free_port()
        self.url = f"http://127.0.0.1:{self.port}/alerts"
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(receiver.take(dict(self.headers), body))
                if receiver.status == 302:
                    self.send_header("location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        headers = {name.lower(): value for name, value in headers.items()}
        key = b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + b64encode(hmac.digest(key, signed, sha256)).decode()
        if not hmac.compare_digest(expected, headers["webhook-signature"]):
            return 401
        if self.status < 300:
            with self.lock:
                self.messages.append(orjson.loads(body))
                self.ids.append(headers["webhook-id"])
        return self.status

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def mail() -> Iterator[tuple[str, Mailbox]]:
    with mail_server() as made:
        yield made


# A store whose clock is ours


class Watcher:
    """A process that looks and tells, as time passes."""

    def __init__(self, database: Database, clock: Seeded, settings: Settings) -> None:
        self.database, self.clock, self.settings = database, clock, settings
        self.alerts = Alerts(database, settings)

    def begin(self) -> None:
        asyncio.run(self.alerts.greet())

    def look(self) -> None:
        """What it does every few seconds."""

        async def once() -> None:
            await self.alerts.look()
            with suppress(DatabaseUnavailable):
                for transport in self.alerts.transports:
                    await self.alerts.deliver(transport)

        asyncio.run(once())

    def passes(self, seconds: int, every: int = 5) -> None:
        for _ in range(0, seconds, every):
            self.clock.advance(timedelta(seconds=every))
            self.look()

    def restarted(self) -> "Watcher":
        return Watcher(self.database, self.clock, self.settings)

    def raised(self, cause: str, subject: str = "one", **facts: Any) -> str:
        given = {"severity": "urgent", "title": f"{cause} of {subject}", "advice": f"Mend {subject}."} | facts
        return self.database.run(exceptions.raise_, cause, subject, **given, cause=CAUSE)

    def cleared(self, cause: str, subject: str = "one") -> None:
        self.database.run(exceptions.clear, cause, subject, cause=CAUSE)

    @property
    def told(self) -> list[dict[str, Any]]:
        return self.database.look(alerts.page, None, 100)


def settings_for(folder: Path, **alert: Any) -> Settings:
    nothing = {"alert_url": None, "alert_secret": None, "alert_mail": "", "smtp_url": None, "alert_from": ""}
    return Settings(_env_file=None, **{"data_dir": folder, "log_level": "error"} | nothing | alert)


@pytest.fixture
def clock() -> Iterator[Seeded]:
    source = Seeded(1, START)
    with chance.installed(source):
        yield source


@pytest.fixture
def watcher(database: Database, clock: Seeded, receiver: Receiver, mail: tuple[str, Mailbox], tmp_path: Path) -> Watcher:
    """Told by mail and by signed messages."""
    to = {"alert_mail": "me@example.org, you@example.org", "smtp_url": f"smtp://{mail[0]}", "alert_from": "tally@example.org"}
    return Watcher(database, clock, settings_for(tmp_path, alert_url=receiver.url, alert_secret=SECRET, **to))


@pytest.fixture
def lone(clock: Seeded, receiver: Receiver, migrated_sqlite: Path, tmp_path: Path) -> Iterator[Watcher]:
    """On SQLite, told by signed messages alone: for what doesn't lie in the database."""
    path = tmp_path / "store.sqlite"
    path.write_bytes(migrated_sqlite.read_bytes())
    opened = Database(f"sqlite:///{path}", finish=domain.finish)
    opened.run(open_store, "EUR")
    yield Watcher(opened, clock, settings_for(tmp_path, alert_url=receiver.url, alert_secret=SECRET))
    opened.close()


# What is told


def test_an_urgent_exception_reaches_a_person_within_a_minute_and_once(
    watcher: Watcher, receiver: Receiver, mail: tuple[str, Mailbox]
) -> None:
    watcher.raised("listing_unmapped", severity="warning")
    found = watcher.raised("line_short", title="2 of MUG are missing for order 17", advice="Find them.\nDETAIL: Ann Buyer, Kiln Lane 1")
    watcher.passes(55)
    (told,) = watcher.told
    assert [(each["transport"], each["state"], each["attempts"]) for each in told["sends"]] == [("mail", "sent", 1), ("webhook", "sent", 1)]
    assert all(each["sent_at"] - START < timedelta(seconds=20) for each in told["sends"])
    assert mail[1].text() == (
        f"2 of MUG are missing for order 17\nFind them.\n{AT}/v1/exceptions/{found}\n\n"
        f"All that waits for you: {AT}/v1/exceptions?open=true\n"
    )
    (letter,) = mail[1].mails
    assert (letter["subject"], letter["from"], letter["to"]) == (
        "Tallystick: 2 of MUG are missing for order 17",
        "tally@example.org",
        "me@example.org, you@example.org",
    )
    (said,) = receiver.messages
    assert (said["type"], said["title"], said["text"]) == ("alert.urgent", letter["subject"], mail[1].text().strip())
    (cause,) = said["data"]["causes"]
    assert (cause["cause"], cause["count"], cause["happened"], cause["url"]) == (
        "line_short",
        1,
        "Sold, and not there",
        f"{AT}/v1/exceptions/{found}",
    )
    watcher.restarted().passes(7_200, every=900)
    assert (len(watcher.told), len(mail[1].mails), receiver.ids) == (1, 1, [told["id"]])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # words alone
def test_two_hundred_short_lines_are_one_paragraph_and_other_causes_stand_beside_it(watcher: Watcher, mail: tuple[str, Mailbox]) -> None:
    for n in range(200):
        watcher.raised("line_short", f"line {n:03}")
    watcher.raised("channel_refused", "north", title="North refuses to talk to us")
    watcher.passes(60)
    assert mail[1].subjects == ["Tallystick: 201 things need you: A shop refuses to talk to us, Sold, and not there"]
    refused, short, rest = mail[1].text().strip().split("\n\n")
    assert refused.splitlines()[0] == "North refuses to talk to us"
    assert short.splitlines() == [
        "Sold, and not there: 200 times",
        "- line_short of line 000",
        "- line_short of line 001",
        "- line_short of line 002",
        "- and 197 more",
        "Mend line 000.",
        f"{AT}/v1/exceptions?open=true&severity=urgent&cause=line_short",
    ]
    assert rest.startswith("All that waits")


def test_excess_that_trading_takes_back_within_seconds_wakes_nobody(watcher: Watcher, receiver: Receiver) -> None:
    facts = {"kind": "memory", "name": "North", "settings": {}, "credentials": "", "location_codes": ["STUDIO"]}
    shop = watcher.database.run(channels.connect, id=chance.new_id(), **facts, cause=CAUSE)["id"]
    watcher.raised("excess", "not live yet", channel_id=shop)
    watcher.passes(60)
    watcher.database.run(connections.start, shop, cause=CAUSE)
    watcher.cleared("excess", "not live yet")
    watcher.raised("excess", "short-lived", channel_id=shop)
    watcher.passes(25)
    watcher.cleared("excess", "short-lived")
    watcher.passes(60)
    assert receiver.messages == []
    watcher.raised("excess", "stays", channel_id=shop)
    watcher.passes(60)
    assert [each["title"] for each in receiver.messages] == ["Tallystick: excess of stays"]


def test_what_comes_again_within_the_hour_is_told_when_it_still_stands_then_and_the_next_message_says_what_is_over(
    watcher: Watcher, receiver: Receiver
) -> None:
    watcher.raised("channel_refused", "north")
    watcher.raised("line_short", "line 1")
    watcher.passes(60)
    watcher.cleared("channel_refused", "north")
    watcher.cleared("line_short", "line 1")
    watcher.passes(300, every=60)
    watcher.raised("channel_refused", "north")
    watcher.passes(3_000, every=600)
    assert len(receiver.messages) == 1
    watcher.passes(600, every=60)
    assert [each["title"] for each in receiver.messages[1:]] == ["Tallystick: channel_refused of north"]
    assert "Over since 12:01: line_short of line 1\n" in receiver.messages[1]["text"]
    assert "Over" not in receiver.messages[0]["text"]
    watcher.raised("line_short", "line 2")
    watcher.passes(60)
    assert (len(receiver.messages), "Over" in receiver.messages[2]["text"]) == (3, False)


# How it gets there


def test_a_receiver_that_is_down_gets_it_when_it_is_back_even_after_a_restart_and_holds_no_mail_up(
    watcher: Watcher, receiver: Receiver, mail: tuple[str, Mailbox]
) -> None:
    receiver.stop()
    watcher.raised("line_short")
    watcher.passes(300, every=10)
    assert len(mail[1].mails) == 1
    (told,) = watcher.told
    by_mail, by_post = told["sends"]
    assert (by_mail["state"], by_post["state"], by_post["sent_at"]) == ("sent", "waiting", None)
    assert 4 <= by_post["attempts"] <= 7 and "can't be reached" in by_post["last_error"]
    assert watcher.database.look(alerts.undelivered) == 1
    again = watcher.restarted()
    for status in (500, 302):  # up, and not well; and one that would lead elsewhere
        receiver.status = status
        receiver.stop()
        receiver.start()
        again.passes(900, every=100)
        assert receiver.messages == []
    receiver.status = 200
    again.passes(3_600, every=600)
    assert (receiver.ids, len(mail[1].mails)) == ([told["id"]], 1)
    assert (again.told[0]["sends"][1]["state"], watcher.database.look(alerts.undelivered)) == ("sent", 0)


def test_an_attempt_that_died_with_its_process_is_made_again(watcher: Watcher, receiver: Receiver, mail: tuple[str, Mailbox]) -> None:
    watcher.raised("line_short")
    watcher.clock.advance(timedelta(seconds=5))
    asyncio.run(watcher.alerts.look())
    assert watcher.database.run(alerts.claim, "webhook") is not None  # and the process is killed
    again = watcher.restarted()
    again.passes(30)
    assert (len(mail[1].mails), len(receiver.messages)) == (1, 0)
    again.passes(60)
    assert len(receiver.messages) == 1


def test_what_nobody_took_for_days_is_given_up_and_stays_in_sight(lone: Watcher, receiver: Receiver) -> None:
    receiver.status = 503
    lone.raised("line_short")
    lone.passes(4 * 86_400, every=7_200)
    (told,) = lone.told
    (how,) = told["sends"]
    assert (how["state"], how["due_at"], how["last_error"]) == ("failed", None, f"127.0.0.1:{receiver.port} answered 503.")
    assert lone.database.look(alerts.undelivered) == 1


def test_of_two_processes_on_one_database_one_tells(
    postgres: servers.Postgres, migrated_postgresql: str, receiver: Receiver, tmp_path: Path
) -> None:
    url = postgres.url_for_new_database(like=migrated_postgresql)
    both = [Database(url, finish=domain.finish) for _ in range(2)]
    both[0].run(open_store, "EUR")
    settings = settings_for(tmp_path, alert_url=receiver.url, alert_secret=SECRET)
    watchers = [Watcher(each, Seeded(1, START), settings) for each in both]
    meet = threading.Barrier(2)

    def run(watcher: Watcher) -> None:
        meet.wait()
        watcher.look()
        watcher.look()

    with chance.installed(_Later(timedelta(minutes=1))) as source:
        for n in range(8):
            watchers[0].raised("line_short", f"line {n}")
            source.passed += timedelta(minutes=1)
            threads = [threading.Thread(target=run, args=[each]) for each in watchers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(receiver.messages) == n + 1
    assert len(set(receiver.ids)) == 8
    for each in both:
        each.close()
    postgres.drop(url)


class _Later(chance.Real):
    """The machine's own clock, moved on by hand: for two threads at once."""

    def __init__(self, passed: timedelta) -> None:
        super().__init__()
        self.passed = passed

    def now(self) -> datetime:
        return super().now() + self.passed


def test_a_mail_server_with_encryption_gets_the_password_and_one_that_refuses_says_why(
    clock: Seeded, lone: Watcher, tmp_path: Path
) -> None:
    seen: list[bytes] = []

    def known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword) and session.ssl is not None
        seen.append(data.password)
        return AuthResult(success=data.password == b"open/sesame", handled=False)

    options = {"tls_context": _certificate(tmp_path), "require_starttls": True, "auth_required": True, "authenticator": known}
    with mail_server(**options) as (address, box):
        for password in ("wrong", "open%2Fsesame"):
            told = Watcher(
                lone.database, clock, settings_for(tmp_path, alert_mail="me@example.org", smtp_url=f"smtp://me:{password}@{address}")
            )
            told.raised("line_short", password)
            told.passes(10)
            if password == "wrong":
                ((how,),) = (each["sends"] for each in told.told)
                assert how["last_error"].startswith("127.0.0.1 didn't take the mail: 535 "), how
                assert box.mails == []
            told.passes(60)
    assert {*seen} == {b"wrong", b"open/sesame"}
    assert len(box.mails) == 2 and {each["from"] for each in box.mails} == {"me@example.org"}


def _certificate(folder: Path) -> ssl.SSLContext:
    """Of a server at home: nobody signed it but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    path = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


# What isn't in the database


def read_only(watcher: Watcher) -> Callable[[bool], None]:
    def change(broken: bool) -> None:
        with watcher.database.engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute(f"PRAGMA query_only={'ON' if broken else 'OFF'}")

    return change


def test_a_database_that_takes_nothing_is_told_once_from_memory_and_its_end_with_the_next_message(
    lone: Watcher, receiver: Receiver
) -> None:
    break_it = read_only(lone)
    break_it(True)
    lone.passes(15)
    assert receiver.messages == []
    receiver.status = 500
    lone.passes(20)
    receiver.status = 200
    lone.passes(600, every=30)
    (said,) = receiver.messages
    assert said["title"] == "Tallystick can't write: attempt to write a readonly database"
    assert f"Look at the disk that holds {lone.settings.data_dir}: is it there, writable, and not full? Tallystick goes on" in said["text"]
    break_it(False)
    lone.passes(60)
    assert [(each["id"], each["sends"][0]["state"], each["sends"][0]["attempts"]) for each in lone.told] == [(receiver.ids[0], "sent", 3)]
    (kept,) = lone.database.look(exceptions.page, None, 10)
    assert (kept["cause"], kept["closed_at"] is not None, kept["facts"]["since"]) == ("cant_write", True, "2026-11-22T12:00:05+00:00")
    lone.raised("line_short")
    lone.passes(30)
    assert "\nOver since 12:10: Tallystick can't write" in receiver.messages[1]["text"]
    break_it(True)
    lone.passes(60)  # again, and within the hour
    break_it(False)
    lone.look()
    assert len(receiver.messages) == 2


def test_a_database_server_that_is_gone_is_told_and_what_was_waiting_follows(clock: Seeded, receiver: Receiver, tmp_path: Path) -> None:
    with servers.postgres() as own:
        url = own.url_for_new_database()
        migrations.upgrade(url)
        database = Database(url, finish=domain.finish)
        database.run(open_store, "EUR")
        told = Watcher(database, clock, settings_for(tmp_path, alert_url=receiver.url, alert_secret=SECRET))
        told.raised("line_short")
        own.stop()
        told.passes(30, every=25)
        assert ["See that PostgreSQL runs" in each["text"] for each in receiver.messages] == [True]
        own.start()
        told.passes(30)
        assert [each["title"] for each in receiver.messages[1:]] == ["Tallystick: line_short of one"]
        database.close()


def test_a_run_that_was_killed_is_told_by_the_next_one_when_that_was_a_while_ago(lone: Watcher, receiver: Receiver) -> None:
    lone.begin()
    lone.passes(30)
    lone.clock.advance(timedelta(seconds=50))  # killed, and back at once
    again = lone.restarted()
    again.begin()
    again.passes(30)
    assert (receiver.messages, lone.database.look(exceptions.page, None, 10)) == ([], [])
    lone.clock.advance(timedelta(hours=3))
    third = again.restarted()
    third.begin()
    third.passes(10)
    assert [each["title"] for each in receiver.messages] == ["Tallystick was away for about 3 hours, until 22 Nov 15:01 UTC"]
    (row,) = lone.database.look(exceptions.page, None, 10)
    assert (row["facts"]["from"], row["closed_by"], row["closed_at"] is not None) == ("2026-11-22T12:01:50+00:00", None, True)
    third.alerts.goodbye()
    lone.clock.advance(timedelta(hours=3))
    last = third.restarted()
    last.begin()
    last.passes(10)
    assert len(receiver.messages) == 1


def test_a_beat_that_the_power_cut_short_still_says_when_it_was(lone: Watcher, receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "beat").write_bytes(b"")
    long_ago = (START - timedelta(days=3)).timestamp()
    os.utime(tmp_path / "beat", (long_ago, long_ago))
    lone.begin()
    lone.look()
    assert "away for about 3 days" in receiver.messages[0]["title"]


# Setting it up


def test_a_test_goes_out_at_once_and_says_what_came_of_it_by_each_way(receiver: Receiver, tmp_path: Path) -> None:
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    nobody = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
    settings = settings_for(
        tmp_path, owner_token=servers.OWNER_TOKEN, alert_url=receiver.url, alert_secret=SECRET, alert_mail="me@example.org", smtp_url=nobody
    )
    with serving(settings) as client:
        found = client.made("/v1/alerts/test", headers={"Idempotency-Key": "one"})
        assert [(each["transport"], each["state"]) for each in found["sends"]] == [("mail", "failed"), ("webhook", "sent")]
        assert found["sends"][0]["last_error"].startswith("127.0.0.1 didn't take the mail: ")
        assert client.made("/v1/alerts/test", headers={"Idempotency-Key": "one"}) == found
        assert [(each["type"], each["title"]) for each in receiver.messages] == [("alert.test", "Tallystick: This is a test")]
        assert client.everything("/v1/alerts") == [found]
        reader = client.made("/v1/tokens", {"name": "reader", "scope": "write"})["token"]
        problem(client.post("/v1/alerts/test", token=reader), 403, "forbidden")
        assert (tmp_path / "beat").exists()
        assert b"tallystick_alerts_undelivered 0.0" in client.get("/metrics").content
    assert not (tmp_path / "beat").exists()
    closed.close()


def test_a_service_that_was_killed_and_comes_back_tells_of_it_by_itself(receiver: Receiver, tmp_path: Path) -> None:
    beat = tmp_path / "data" / "beat"
    with servers.Server(tmp_path / "data", alert_url=receiver.url, alert_secret=SECRET) as server:
        servers.until(beat.exists, within_s=20, what="it says that it is here")
        server.kill()
        kept = orjson.loads(beat.read_bytes())
        beat.write_bytes(orjson.dumps(kept | {"at": datetime.fromisoformat(kept["at"]) - timedelta(minutes=5)}))
        server.start()
        servers.until(lambda: bool(receiver.messages), within_s=20, what="somebody is told")
    assert receiver.messages[0]["title"].startswith("Tallystick was away for about 5 minutes")
    assert not beat.exists()


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"alert_url": "https://ntfy.example/shop"}, "alert_secret", 'echo "whsec_$(openssl rand -base64 32)"'),
        ({"alert_url": "https://ntfy.example/shop", "alert_secret": "whsec_c2hvcnQ="}, "alert_secret", "at least 24 random bytes"),
        ({"alert_url": "http://ntfy.example/shop", "alert_secret": SECRET}, "alert_url", "needs https"),
        ({"alert_url": "https://me:hunter2@ntfy.example/shop", "alert_secret": SECRET}, "alert_url", "leave the user and password out"),
        ({"alert_mail": "me@example.org"}, "smtp_url", "TALLYSTICK_ALERT_MAIL is set: say where mail goes out"),
        ({"smtp_url": "smtps://me:hunter2@mail.example:465"}, "smtp_url", "say who gets the mail"),
        ({"alert_mail": "me"}, "alert_mail", "isn't a mail address"),
        ({"alert_mail": "me@example.org", "smtp_url": "mail.example:hunter2"}, "smtp_url", "an example: smtps://"),
        ({"alert_mail": "me@example.org", "smtp_url": "smtps://me:hunter2/x@mail.example"}, "smtp_url", "%40, %2F and %23"),
        ({"alert_mail": "me@example.org", "smtp_url": "https://me:hunter2@mail.example"}, "smtp_url", "smtps:// or smtp://"),
    ],
)
def test_wrong_settings_say_what_to_set_and_no_secret(tmp_path: Path, given: dict[str, str], field: str, says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings_for(tmp_path, **given)
    ((error),) = caught.value.errors()
    assert error["loc"] == (field,) and says in error["msg"], error
    assert "hunter2" not in str(caught.value)


def test_a_private_address_may_be_told_without_encryption(tmp_path: Path) -> None:
    for url in ("http://127.0.0.1:99/a", "http://192.168.1.20/a", "http://ntfy/a", "http://[::1]:99/a", "http://push.lan:8080/a"):
        assert [each.name for each in transports_of(settings_for(tmp_path, alert_url=url, alert_secret=SECRET))] == ["webhook"]
