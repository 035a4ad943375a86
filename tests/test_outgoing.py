"""Outgoing webhooks: signed messages to a real receiver, whatever happens to it, to us, or to the name that leads there."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import standardwebhooks.webhooks
from sqlalchemy import update

from app import chance, domain, outgoing, vault
from app.api.events import EventOut
from app.api.webhook_endpoints import create
from app.chance import Seeded
from app.channels import http
from app.channels.http import Client, PrivateAddress, is_public
from app.database import Database, Session
from app.domain import carrying, endpoints, events, exceptions, store
from app.domain.carrying import Message
from app.outgoing import Outgoing
from app.settings import Settings
from app.vault import Vault
from tests import servers
from tests.receiver import Receiver, receiving
from tests.shop import CAUSE, place, stocked
from tests.world import START

DAY = 24 * 3_600


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


class Sender:
    """A process that carries messages, as time passes. What it is killed at, another one of them finishes."""

    def __init__(self, database: Database, clock: Seeded, folder: Path) -> None:
        self.database, self.clock, self.folder = database, clock, folder
        self.vault = Vault(folder / "key")
        self.outgoing = Outgoing(database, self.vault, Settings(_env_file=None, data_dir=folder, allow_private_webhooks=True))

    def restarted(self) -> "Sender":
        return Sender(self.database, self.clock, self.folder)

    def endpoint(self, to: Receiver, *types: str, after: int | None = None) -> str:
        made = self.database.run(create, self.vault, to.url, "", types, after, cause=CAUSE)
        to.secret = made["secret"]
        return str(made["id"])

    def view(self, endpoint_id: str) -> dict[str, Any]:
        return self.database.look(endpoints.view, endpoint_id)

    def log(self, endpoint_id: str, **which: str) -> list[dict[str, Any]]:
        """Its messages, oldest first."""
        return self.database.look(endpoints.messages, endpoint_id, None, 10_000, **which)[::-1]

    def look(self) -> None:
        asyncio.run(self.outgoing.settled())

    def passes(self, seconds: float, every: float = 600) -> None:
        until = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < until:
            self.clock.advance(min(timedelta(seconds=every), until - self.clock.now()))
            self.look()

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """PostgreSQL's housekeeping may hold the newest events back for a moment."""

        def looked() -> bool:
            self.look()
            return condition()

        servers.until(looked, within_s=20, what=what)

    def sells(self, orders: int, code: str = "BOWL") -> list[str]:
        """The ids of new orders."""
        return [place(self.database, (code, 1))["id"] for _ in range(orders)]

    def waiting(self, cause: str) -> list[dict[str, Any]]:
        return self.database.look(exceptions.page, None, 100, open=True, cause_=cause)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Seeded]:
    source = Seeded(1, START)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return chance.now()

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Clock)
    with chance.installed(source):
        yield source


@pytest.fixture
def sender(database: Database, clock: Seeded, tmp_path: Path) -> Sender:
    stocked(database, "BOWL", 10_000)
    return Sender(database, clock, tmp_path)


sqlite_only = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # nothing in it is the database's


# What is sent


def test_what_happens_is_sent_signed_as_the_feed_shows_it_and_what_is_not_wanted_is_not(sender: Sender, receiver: Receiver) -> None:
    found = sender.endpoint(receiver, "order.*", "sku.created")
    sold = sender.sells(2)
    sender.until(lambda: len(receiver.taken) == 2, "two orders")
    feed = [row for row in sender.database.look(events.after, 0, 200) if row["subject"] in sold and row["type"] == "order.placed"]
    shown = {row["subject"]: EventOut.model_validate(row).model_dump(mode="json") for row in feed}
    for id, said in receiver.taken:
        event = said["data"]
        assert said == {"type": "order.placed", "timestamp": event["at"], "data": shown[event["subject"]]}
        assert [row["state"] for row in sender.log(found) if row["id"] == id] == ["delivered"]
    assert {each["type"] for each in sender.log(found)} == {"order.placed"}
    assert sorted(receiver.subjects) == sorted(sold)


def test_a_new_endpoint_begins_now_at_the_oldest_event_or_behind_a_cursor(sender: Sender) -> None:
    first, second = sender.sells(2)
    servers.until(lambda: len(sender.database.look(events.after, 0, 200)) >= 8, within_s=20, what="all of it is shown")
    seq = next(row["seq"] for row in sender.database.look(events.after, 0, 200, ["order.placed"]))
    with receiving() as now, receiving() as oldest, receiving() as behind:
        sender.endpoint(now, "order.placed")
        sender.endpoint(oldest, "order.placed", after=0)
        sender.endpoint(behind, "order.placed", after=seq)
        (third,) = sender.sells(1)
        sender.until(lambda: third in now.subjects and third in oldest.subjects and third in behind.subjects, "the third order")
        assert (now.subjects, sorted(oldest.subjects), sorted(behind.subjects)) == (
            [third],
            sorted([first, second, third]),
            sorted([second, third]),
        )
        with pytest.raises(events.CursorExpired):
            sender.endpoint(now, after=10**9)


def test_nothing_is_sent_from_a_ledger_that_may_be_older_than_the_world(sender: Sender, receiver: Receiver) -> None:
    sender.endpoint(receiver, "order.*")

    def recovering(session: Session, since: datetime | None) -> None:
        session.execute(update(store.store).values(recovering_since=since))

    sender.database.run(recovering, sender.clock.now())
    sold = sender.sells(1)
    sender.passes(60, every=20)
    assert receiver.asked == 0
    sender.database.run(recovering, None)
    sender.until(lambda: receiver.subjects == sold, "the order, once it is resumed")


# A receiver that doesn't take it


def test_a_receiver_that_was_down_for_two_days_gets_everything_soon_after_it_is_back_and_was_not_hammered(
    sender: Sender, receiver: Receiver
) -> None:
    found = sender.endpoint(receiver, "order.*")
    receiver.stop()
    sold = []
    for _ in range(16):
        sold += sender.sells(10)
        sender.passes(3 * 3_600, every=1_800)
    attempts = sum(row["attempts"] for row in sender.log(found))
    assert 20 < attempts < 120, "a probe every half an hour, once it is known to be down"
    assert (sender.view(found)["status"], sender.view(found)["waiting"]) == ("failing", 160)
    (warning,) = sender.waiting("webhook_failing")
    assert (warning["severity"], warning["title"]) == ("warning", f"127.0.0.1:{receiver.port} takes no messages")
    receiver.start()
    sender.passes(1_980, every=60)
    assert sorted(receiver.subjects) == sorted(sold)
    assert len({id for id, _ in receiver.taken}) == 160
    assert {row["state"] for row in sender.log(found)} == {"delivered"}
    assert (sender.view(found)["status"], sender.waiting("webhook_failing")) == ("on", [])


@sqlite_only
def test_after_three_days_without_success_it_is_switched_off_urgently_and_when_enabled_goes_on_where_it_was(
    sender: Sender, receiver: Receiver
) -> None:
    found = sender.endpoint(receiver, "order.*")
    receiver.says(500, b"<h1>out of order</h1>\n")
    sold = sender.sells(6)
    sender.passes(3 * DAY - 900, every=1_800)
    assert sender.view(found)["off_since"] is None
    sender.passes(3_600)
    assert (sender.view(found)["status"], sender.view(found)["off_why"], sender.view(found)["failed"]) == ("off", "failing", 0)
    (told,) = sender.waiting("webhook_off")
    assert (told["severity"], told["facts"]["call"]["path"]) == ("urgent", f"/v1/webhook-endpoints/{found}/enable")
    assert told["advice"].endswith(f"What went wrong last: 127.0.0.1:{receiver.port} answered 500.")
    assert {(row["status"], row["answer"]) for row in sender.log(found) if row["sent_at"]} == {(500, "<h1>out of order</h1> ")}
    asked = receiver.asked
    sold += sender.sells(3)
    sender.passes(DAY, every=3_600)
    assert receiver.asked == asked, "nothing is sent while it is off"
    sender.database.run(endpoints.enable, found, cause=CAUSE)
    sender.look()
    assert (sender.view(found)["status"], sender.view(found)["failed"]) == ("failing", 0), "each message has three new days"
    receiver.says(200)
    sender.passes(6, every=6)
    assert sorted(receiver.subjects) == sorted(sold)
    assert sender.waiting("webhook_off") == []


@sqlite_only
def test_one_that_answers_410_is_switched_off_at_once(sender: Sender, receiver: Receiver) -> None:
    found = sender.endpoint(receiver, "order.*")
    receiver.says(410)
    sender.sells(1)
    sender.until(lambda: receiver.asked == 1, "the one attempt")
    sender.sells(5)
    sender.passes(DAY, every=3_600)
    assert (receiver.asked, sender.view(found)["off_why"]) == (1, "gone")
    (told,) = sender.waiting("webhook_off")
    assert told["title"] == f"127.0.0.1:{receiver.port} wants no more messages"


@sqlite_only
def test_a_redirect_is_not_followed_and_the_log_says_so(sender: Sender, receiver: Receiver) -> None:
    with receiving() as inside:
        found = sender.endpoint(receiver, "order.*")
        inside.secret = receiver.secret
        receiver.says(307, location=inside.url)
        sender.sells(1)
        sender.passes(DAY, every=3_600)
        assert (inside.asked, receiver.asked > 3) == (0, True)
    (sent,) = sender.log(found)
    assert (sent["status"], sent["state"]) == (307, "waiting")
    assert "sends us on to another address (307), and that isn't followed" in sent["error"]


@sqlite_only
def test_a_message_that_is_refused_holds_no_other_up_is_given_up_after_three_days_and_can_be_sent_again(
    sender: Sender, receiver: Receiver
) -> None:
    found = sender.endpoint(receiver, "order.*")
    (bad,) = sender.sells(1)
    receiver.answer = lambda said: (422 if said["data"]["subject"] == bad else 200, {}, b"")
    sold = []
    for _ in range(13):
        sold += sender.sells(3)
        sender.passes(6 * 3_600, every=600)
        assert sorted(receiver.subjects) == sorted(sold)
    (lost,) = sender.log(found, state="failed")
    assert (lost["status"], 11 <= lost["attempts"] <= 13) == (422, True), lost
    assert sender.view(found)["status"] == "on"
    (told,) = sender.waiting("webhook_given_up")
    receiver.says(200)
    body = told["facts"]["call"]["body"]
    since = datetime.fromisoformat(body.pop("since"))
    assert sender.database.run(endpoints.replay_since, found, since, **body, after=None, cause=CAUSE) == (1, None)
    sender.look()
    assert (receiver.subjects[-1], receiver.taken[-1][0]) == (bad, lost["id"])
    assert sender.waiting("webhook_given_up") == []


@sqlite_only
def test_who_asks_for_time_is_given_it_within_bounds(sender: Sender, receiver: Receiver) -> None:
    sender.endpoint(receiver, "order.*")
    receiver.says(429, retry_after="900")
    sender.sells(1)
    sender.look()
    sender.sells(5)
    sender.passes(880, every=20)
    assert receiver.asked == 1
    receiver.says(503, retry_after="99999999")
    sender.passes(40, every=20)
    assert receiver.asked == 5
    receiver.says(200)
    sender.passes(12 * 3_600, every=3_600)
    assert len(receiver.taken) == 6


@sqlite_only
def test_a_receiver_that_hangs_holds_no_other_up_and_gets_no_more_than_a_few_at_once(sender: Sender, receiver: Receiver) -> None:
    with receiving() as hangs:
        sender.endpoint(receiver, "order.*")
        slow = sender.endpoint(hangs, "order.*")
        hangs.gate.clear()
        sold = sender.sells(40)

        async def carry() -> None:
            await sender.outgoing.look()
            await asyncio.to_thread(servers.until, lambda: len(receiver.taken) == 40, within_s=20, what="the other has it all")
            assert len(sender.log(slow, state="sending")) == endpoints.FEW
            hangs.gate.set()
            await sender.outgoing.settled()

        asyncio.run(carry())
        assert sorted(receiver.subjects) == sorted(hangs.subjects) == sorted(sold)


@sqlite_only
def test_of_a_long_answer_the_beginning_is_read(sender: Sender, receiver: Receiver) -> None:
    found = sender.endpoint(receiver, "order.*")
    receiver.says(200, b"thanks, " * 1_000_000)
    sold = sender.sells(1)
    sender.look()
    (sent,) = sender.log(found)
    assert (receiver.subjects, sent["state"], sent["answer"]) == (sold, "delivered", ("thanks, " * 40)[:300])


@sqlite_only
def test_an_endpoint_that_is_further_behind_than_events_are_kept_goes_on_and_somebody_is_told(sender: Sender, receiver: Receiver) -> None:
    found = sender.endpoint(receiver, "order.*")
    sender.database.run(endpoints.disable, found, cause=CAUSE)
    lost, *_ = sender.sells(5)
    sender.clock.advance(timedelta(days=100))
    (last,) = sender.sells(1)
    while sender.database.run(events.forget_old, chance.now() - timedelta(days=90)):
        pass
    sender.database.run(endpoints.enable, found, cause=CAUSE)
    sender.until(lambda: last in receiver.subjects, "what is left")
    assert lost not in receiver.subjects
    (told,) = sender.waiting("webhook_gap")
    assert told["title"] == f"127.0.0.1:{receiver.port} may have missed events"


# Secrets


def test_both_secrets_are_good_while_one_takes_over_from_the_other_and_then_only_the_new_one(sender: Sender, receiver: Receiver) -> None:
    found = sender.endpoint(receiver, "order.*")
    old = receiver.secret
    made = sender.database.run(outgoing.rotate, sender.vault, found, timedelta(hours=24), cause=CAUSE)
    new = made["secret"]
    for secret in (old, new):
        receiver.secret = secret
        sold = sender.sells(1)
        sender.until(lambda sold=sold: receiver.subjects[-1:] == sold, "a message that either secret believes")  # type: ignore[misc]
    assert [len(each.split(" ")) for each in receiver.signatures] == [2, 2]
    sender.clock.advance(timedelta(hours=25))
    receiver.secret = old
    sold = sender.sells(1)
    sender.until(lambda: receiver.asked == 3, "an attempt")
    receiver.secret = new
    sender.passes(60, every=20)
    assert (receiver.subjects[-1:], len(receiver.signatures[-1].split(" "))) == (sold, 1)
    assert sender.database.run(outgoing.rotate, sender.vault, found, timedelta(), cause=CAUSE)["former_until"] is None
    # With the store's key the secret is lost, too, and there is nothing to go on with beside the new one.
    other = Vault(sender.folder / "another")
    assert sender.database.run(outgoing.rotate, other, found, timedelta(hours=24), cause=CAUSE)["former_until"] is None


@sqlite_only
def test_another_key_of_the_store_seals_the_secrets_anew_and_messages_go_on(sender: Sender, receiver: Receiver) -> None:
    sender.endpoint(receiver, "order.*")
    before = sender.vault.path.read_text()
    assert vault.rotate(sender.vault.path, sender.database, lambda *_: None, alone=True).sealed == 1
    assert sender.vault.path.read_text() != before
    sold = sender.sells(1)
    sender.restarted().look()
    assert receiver.subjects == sold


# Who is killed, and who else is there


def test_a_process_that_is_killed_between_the_fan_out_and_the_sending_loses_nothing(sender: Sender, receiver: Receiver) -> None:
    found = sender.endpoint(receiver, "order.*")
    sold = sender.sells(3)
    took: list[Message] = []
    while len(took) < 3:
        if (step := sender.database.look(carrying.look, found)) is not None:
            took += sender.database.run(carrying.take, step) or []
    other = sender.restarted()
    other.look()
    assert receiver.asked == 0, "whoever took them may be at it"
    sender.clock.advance(endpoints.LEASE)
    other.look()
    assert sorted(receiver.subjects) == sorted(sold)
    assert sorted(id for id, _ in receiver.taken) == sorted(each.id for each in took)
    assert [(row["state"], row["attempts"]) for row in other.log(found)] == [("delivered", 2)] * 3
    # Whoever was only late says what he knows, and changes nothing.
    sender.database.run(carrying.failed, took[0], carrying.Outcome(None, 1, error="too late"))
    assert {row["state"] for row in other.log(found)} == {"delivered"}


def test_two_processes_send_no_message_twice(sender: Sender, receiver: Receiver, database_url: str) -> None:
    found = sender.endpoint(receiver, "order.*")
    with receiving_slowly(receiver):
        other = Database(database_url, finish=domain.finish)
        try:
            sold = sender.sells(60)
            twin = Sender(other, sender.clock, sender.folder)

            async def both() -> None:
                async with asyncio.timeout(30):
                    while len(receiver.taken) < 60:
                        await asyncio.gather(sender.outgoing.settled(), twin.outgoing.settled())

            asyncio.run(both())
        finally:
            other.close()
    assert Counter(receiver.subjects) == Counter(sold)
    assert {row["attempts"] for row in sender.log(found)} == {1}


@contextmanager
def receiving_slowly(receiver: Receiver) -> Iterator[None]:
    """So that two have the time to be at it together."""
    quick, never = receiver.answer, threading.Event()

    def answer(said: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        never.wait(0.002)
        return quick(said)

    receiver.answer = answer
    yield
    receiver.answer = quick


# Where it may go


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1%eth0", "fd00:ec2::254", "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::7f00:1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "2001:0:1::1"),
    ],
)
def test_an_address_that_not_anybody_can_reach_is_refused(address: str) -> None:
    assert not is_public(address)


def test_an_address_that_anybody_can_reach_is_let_through() -> None:
    assert all(is_public(each) for each in ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"))


class Names:
    """Whoever is asked for a name: it leads to the next of these addresses each time. And where connections were made to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *leads: list[str]) -> None:
        self.leads, self.connected = list(leads), list[tuple[str, int]]()
        monkeypatch.setattr(socket, "getaddrinfo", self.asked)
        monkeypatch.setattr(socket, "create_connection", self.connect)

    def asked(self, host: str, port: int, **_: Any) -> list[Any]:
        found = self.leads.pop(0) if len(self.leads) > 1 else self.leads[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connect(self, address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        self.connected.append(address)
        raise ConnectionRefusedError(111, "Connection refused")


def guarded(url: str) -> None:
    Client(frozenset({httpx.URL(url).host}), public_only=True).request("POST", url, content=b"{}")


def test_a_name_is_connected_to_at_the_very_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch, ["93.184.215.14", "2606:4700::1111"], ["127.0.0.1"])
    with pytest.raises(httpx.ConnectError):
        guarded("https://rebinds.example/hook")
    assert names.connected == [("93.184.215.14", 443), ("2606:4700::1111", 443)]
    with pytest.raises(
        PrivateAddress, match=r"^rebinds.example leads to 127.0.0.1, which is no public address, so nothing was sent there.$"
    ):
        guarded("https://rebinds.example/hook")
    assert len(names.connected) == 2


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://inside.example/hook", ["127.0.0.1"]),
        ("https://half.example/hook", ["93.184.215.14", "10.0.0.1"]),
        ("https://2130706433/hook", ["127.0.0.1"]),
        ("https://[::1]/hook", ["::1"]),
    ],
)
def test_a_name_that_leads_inside_is_never_connected_to(monkeypatch: pytest.MonkeyPatch, url: str, leads: list[str]) -> None:
    names = Names(monkeypatch, leads)
    with pytest.raises(PrivateAddress):
        guarded(url)
    assert names.connected == []


@sqlite_only
def test_a_name_that_leads_inside_only_after_it_was_accepted_gets_nothing_and_the_log_says_why(
    sender: Sender, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = Names(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    url = "https://rebinds.example/hook"
    outgoing.allowed(url, private=False)
    found = sender.database.run(create, sender.vault, url, "", ["order.*"], None, cause=CAUSE)["id"]
    sender.outgoing = Outgoing(sender.database, sender.vault, Settings(_env_file=None, data_dir=tmp_path))
    sender.sells(1)
    sender.look()
    (sent,) = sender.log(found)
    assert sent["error"] == "rebinds.example leads to 127.0.0.1, which is no public address, so nothing was sent there."
    assert (sent["status"], names.connected) == (None, [])


def test_the_certificate_has_to_be_that_of_the_name_and_not_of_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []
    monkeypatch.setattr(http, "public_addresses", lambda host, port: ["93.184.215.14"])

    class Wire(http._Stream):
        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            asked.append(server_hostname)
            raise http.httpcore.ConnectError("far enough")

    monkeypatch.setattr(http._Backend, "connect_tcp", lambda *_: Wire(None))  # type: ignore[arg-type]
    with pytest.raises(httpx.ConnectError, match="far enough"):
        guarded("https://hooks.example/hook")
    assert asked == ["hooks.example"]
