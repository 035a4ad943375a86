"""The feed over HTTP: read by pages or live, by readers of every kind, and what becomes of those who come too late."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select

from app import chance, tail
from app.api import events as events_api
from app.api import middleware
from app.database import Database
from app.domain import events
from tests.api.client import Client, lines, problem, received
from tests.servers import OWNER_TOKEN, until


class Stream:
    """A reader of /v1/events/stream. It takes what comes, unless it `pauses`: then the connection is full, and its sender waits."""

    def __init__(self, client: Client, query: str = "", *, token: str = OWNER_TOKEN, headers: dict[str, str] | None = None) -> None:
        self.status, self.headers, self.over = 0, httpx.Headers(), False
        self._client, self._body = client, b""
        given = {"authorization": f"Bearer {token}", **(headers or {})}
        self._scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/v1/events/stream",
            "raw_path": b"/v1/events/stream",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
            "client": ("192.0.2.77", 50_000),
            "server": ("test", 80),
        }
        client.run(self._start())
        until(lambda: self.over or bool(self._body), within_s=10, what="the stream begins")

    async def _start(self) -> None:
        self._takes, self._gone = asyncio.Event(), asyncio.Event()
        self._takes.set()
        asked = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if asked:
                return asked.pop()
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            await self._takes.wait()
            if message["type"] == "http.response.start":
                self.status, self.headers = message["status"], httpx.Headers(message["headers"])
            else:
                self._body += message["body"]
                self.over = self.over or not message.get("more_body")

        async def served() -> None:
            await self._client.app(self._scope, receive, send)
            self.over = True

        self._serving = asyncio.create_task(served())

    def pause(self) -> None:
        self._client.run(self._set(self._takes, False))

    def go_on(self) -> None:
        self._client.run(self._set(self._takes, True))

    def leave(self) -> None:
        self._client.run(self._set(self._gone, True))
        until(self._serving.done, within_s=10, what="the stream is closed")

    async def _set(self, event: asyncio.Event, on: bool) -> None:
        event.set() if on else event.clear()

    @property
    def blocks(self) -> list[dict[str, str]]:
        """What came, block by block, as a client of such streams reads it; without what isn't whole yet."""
        whole = self._body.decode().split("\n\n")[:-1]
        return [{name: value for name, _, value in (line.partition(": ") for line in block.splitlines())} for block in whole]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [block for block in self.blocks if "data" in block]

    def shown(self, enough: int) -> list[dict[str, Any]]:
        """The events' own JSON, once there are so many."""
        until(lambda: len(self.events) >= enough, within_s=10, what=f"{enough} events; there are {len(self.events)}")
        return [json.loads(block["data"]) for block in self.events]

    @property
    def cursor(self) -> int:
        """What a client would send when it connects again."""
        return int([block["id"] for block in self.blocks if "id" in block][-1])

    def problem(self) -> dict[str, Any]:
        """How the stream ended."""
        until(lambda: self.over, within_s=10, what="the stream ends")
        assert self.events[-1]["event"] == "error" and "id" not in self.events[-1]
        found: dict[str, Any] = json.loads(self.events[-1]["data"])
        return found

    def refused(self, status: int, code: str) -> dict[str, Any]:
        until(lambda: self.over, within_s=10, what="the refusal is whole")
        return problem(httpx.Response(self.status, headers=self.headers, content=self._body), status, code)


@pytest.fixture
def follow(client: Client) -> Iterator[Callable[..., Stream]]:
    """Makes streams, and sees to it that nobody is left for the next test."""
    made: list[Stream] = []

    def one(query: str = "", **more: Any) -> Stream:
        made.append(Stream(client, query, **more))
        return made[-1]

    yield one
    for stream in made:
        stream.go_on()
        stream.leave()


def newest(client: Client) -> int:
    """The newest cursor, once all that was committed shows."""
    database: Database = client.app.state.database
    last: int = database.look(lambda session: session.scalar(select(func.max(events.events.c.seq))))
    until(lambda: bool(client.get("/v1/events?after=latest").json()["next"] == str(last)), within_s=10, what="the newest event shows")
    return last


def ordered(client: Client, code: str) -> str:
    order: str = client.made("/v1/orders", {"lines": lines((code, 1))})["id"]
    return order


# Live


def test_a_stream_shows_each_event_once_and_as_the_list_shows_it(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    if client.app.state.database.is_sqlite:  # elsewhere a commit may have to wait for an older one, which nobody tells of
        monkeypatch.setattr(tail, "EVERY_SECONDS", 60)
    cursor = newest(client)
    stream = follow(f"after={cursor}")
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (stream.headers["cache-control"], stream.headers["x-accel-buffering"]) == ("no-cache", "no")
    assert stream.blocks[0] == {"retry": "3000", "": "here", "id": str(cursor)}
    order = ordered(client, client.sku(stock=2))
    shown = stream.shown(5)
    assert shown == client.get(f"/v1/events?after={cursor}").json()["items"]
    assert (shown[-1]["type"], shown[-1]["subject"]) == ("order.placed", order)
    assert [(block["id"], block["event"]) for block in stream.events] == [(str(each["seq"]), each["type"]) for each in shown]


def test_who_comes_again_goes_on_where_the_stream_broke_off(client: Client, follow: Callable[..., Stream]) -> None:
    code = client.sku(stock=5)
    stream = follow(f"after={newest(client)}&type=order.placed")
    orders = [ordered(client, code)]
    stream.shown(1)
    stream.leave()
    orders += [ordered(client, code), ordered(client, code)]
    again = follow("after=0&type=order.placed", headers={"Last-Event-ID": str(stream.cursor)})
    assert [each["subject"] for each in again.shown(2)] == orders[1:], "what the client sends by itself counts more than its address"


def test_nothing_comes_again_for_a_cursor_that_is_newer_than_what_was_read_for_the_others(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "PAUSE_SECONDS", 0.5)
    code = client.sku(stock=5)
    follow()
    ordered(client, code)
    cursor = newest(client)
    stream = follow(f"after={cursor}")
    ordered(client, code)
    assert [each["seq"] > cursor for each in stream.shown(2)] == [True, True]


def test_what_happens_while_a_reader_catches_up_comes_once(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    page, go_on = tail._page, threading.Event()
    monkeypatch.setattr(tail, "_page", lambda *asked: page(*asked) if go_on.wait(10) else None)
    code = client.sku(stock=3)
    cursor = newest(client)
    ordered(client, code)
    stream = follow(f"after={cursor}")
    ordered(client, code)
    go_on.set()
    ordered(client, code)
    assert stream.shown(6) == client.get(f"/v1/events?after={cursor}").json()["items"]


def test_without_a_cursor_a_stream_begins_now_and_says_where(client: Client, follow: Callable[..., Stream]) -> None:
    code = client.sku(stock=5)
    ordered(client, code)
    before = newest(client)
    stream = follow("type=order.placed")
    assert stream.cursor == before
    after = ordered(client, code)
    assert [each["subject"] for each in stream.shown(1)] == [after]


def test_readers_choose_types_by_name_or_by_beginning_and_the_list_does_too(client: Client, follow: Callable[..., Stream]) -> None:
    cursor = newest(client)
    query = f"after={cursor}&type=order.*&type=sku.created"
    early = follow(query)
    code = client.sku(stock=2)
    order = ordered(client, code)
    client.made(f"/v1/orders/{order}/cancel")
    client.made("/v1/stock/movements", received(code, 1))
    expected = ["sku.created", "order.placed", "order.cancelled"]
    assert [each["type"] for each in early.shown(3)] == expected
    assert [each["type"] for each in follow(query).shown(3)] == expected, "caught up from the database, it is the same"
    page = client.get(f"/v1/events?{query}").json()
    assert [each["type"] for each in page["items"]] == expected
    assert int(page["next"]) == newest(client), "behind the stock's movements, which were looked through"


def test_a_sign_of_life_moves_the_cursor_of_a_reader_whose_types_are_rare(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "BEAT_SECONDS", 0.05)
    stream = follow("type=product.merged")
    client.sku(stock=1)
    last = newest(client)
    until(lambda: stream.cursor == last, within_s=10, what="the cursor is behind the last event")
    assert stream.events == []
    assert stream.blocks[-1] == {"": "here", "id": str(last)}


# Readers that are slow, many, or no longer welcome


def test_a_reader_that_takes_nothing_holds_up_nobody_and_later_gets_all_of_it(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "RING_BYTES", 4_000)
    monkeypatch.setattr(tail, "CHUNK_BYTES", 1_500)
    monkeypatch.setattr(tail, "PAUSE_SECONDS", 0.01)
    code = client.sku(stock=41)
    cursor = newest(client)
    slow, quick = follow(f"after={cursor}"), follow(f"after={cursor}")
    slow.pause()
    for _ in range(40):
        ordered(client, code)
    everything = [each["seq"] for each in client.get(f"/v1/events?after={cursor}&limit=200").json()["items"]]
    assert [each["seq"] for each in quick.shown(80)] == everything
    assert slow.events == []
    follower: tail.Tail = client.app.state.tail
    assert follower.first > 0 and sum(len(chunk.whole) for chunk in follower._ring.values()) <= 4_000
    slow.go_on()
    assert [each["seq"] for each in slow.shown(80)] == everything
    last = ordered(client, code)
    assert (slow.shown(82)[-1]["subject"], quick.shown(82)[-1]["subject"]) == (last, last), "and is with the others again"


def test_few_catch_up_at_once_so_that_everybody_else_can_read(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    at_it, seen, page, go_on = threading.Semaphore(0), list[int](), tail._page, threading.Event()

    def counted(*arguments: Any) -> Any:
        at_it.release()
        seen.append(at_it._value)
        go_on.wait(10)
        at_it.acquire()
        return page(*arguments)

    monkeypatch.setattr(tail, "_page", counted)
    streams = [follow("after=0") for _ in range(4)]
    until(lambda: max(seen, default=0) >= 2, within_s=10, what="some catch up")
    assert client.get("/v1/stock").status_code == 200
    go_on.set()
    for stream in streams:
        assert stream.shown(1)[0]["type"] == "location.created"
    assert max(seen) == tail.CATCHING_UP_MOST == 2


def test_no_more_programs_follow_than_may_and_who_leaves_makes_room(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "READERS_MOST", 1)
    first = follow()
    assert follow().refused(503, "too_many_streams")["retry_after_s"] == 30
    assert "tallystick_event_streams 1.0" in client.get("/metrics").text
    first.leave()
    assert follow().status == 200


@pytest.mark.parametrize("pauses", [False, True])
def test_a_revoked_token_ends_its_streams_even_those_that_take_nothing(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch, pauses: bool
) -> None:
    monkeypatch.setattr(events_api, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(events_api, "FAREWELL_SECONDS", 0.05)
    token = client.made("/v1/tokens", {"name": "reader", "scope": "read"})
    stream = follow(token=token["token"])
    if pauses:
        stream.pause()
    client.made(f"/v1/tokens/{token['id']}/revoke")
    if pauses:
        until(lambda: stream.over, within_s=10, what="nobody waits for it")
    else:
        assert (stream.problem()["code"], stream.problem()["status"]) == ("unauthorized", 401)
    until(lambda: not client.app.state.tail._readers, within_s=5, what="its place is free")


def test_how_long_somebody_listens_is_no_time_that_we_took(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(chance, "monotonic", lambda: now[0])

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        now[0] += 0.25
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        now[0] += 3_600
        await send({"type": "http.response.body", "body": b""})

    async def nothing(*_: Any) -> None:
        pass

    registry = CollectorRegistry()
    door = middleware.Door(stream, figures=middleware.Figures(registry), max_body_bytes=1)
    asyncio.run(door({"type": "http", "method": "GET", "path": "/", "headers": []}, nothing, nothing))
    assert registry.get_sample_value("tallystick_request_seconds_sum", {"method": "any", "route": "unknown"}) == 0.25


# Cursors that are too old


def test_a_mirror_that_begins_anew_as_the_refusal_says_misses_nothing(client: Client, follow: Callable[..., Stream]) -> None:
    code = client.sku(stock=5)
    newest(client)
    refused = problem(client.get("/v1/events?after=4611686018427387904"), 410, "cursor_expired")
    assert follow("after=4611686018427387904").refused(410, "cursor_expired")["latest"] == refused["latest"]
    missed = [ordered(client, code)]  # between the refusal and the reading
    mirror = {order["id"] for order in client.everything("/v1/orders", sku=code)}
    missed.append(ordered(client, code))  # between the reading and the going on
    feed = follow(f"after={refused['latest']}&type=order.placed").shown(2)
    assert mirror == {missed[0]}
    assert [each["subject"] for each in feed] == missed, "what was read already may come once more; nothing is left out"


def test_the_latest_cursor_can_be_asked_for_before_a_mirror_begins(client: Client) -> None:
    client.sku()
    last = newest(client)
    assert client.get("/v1/events?after=latest&type=order.placed").json() == {"items": [], "next": str(last)}
    problem(client.get("/v1/events?after=newest"), 422, "invalid_request")


def test_a_reader_so_slow_that_its_events_are_dropped_is_told_so(
    client: Client, follow: Callable[..., Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "RING_BYTES", 1)
    code = client.sku(stock=10)
    stream = follow(f"after={newest(client)}")
    stream.pause()
    for _ in range(3):
        ordered(client, code)
        until(lambda: client.app.state.tail.place.seq == newest(client), within_s=10, what="the ring has moved on")
    database: Database = client.app.state.database
    database.run(events.forget_old, chance.now() + timedelta(days=1), 10_000)
    stream.go_on()
    found = stream.problem()
    assert (found["code"], found["status"], found["latest"]) == ("cursor_expired", 410, str(newest(client)))
