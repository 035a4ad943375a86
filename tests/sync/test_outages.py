"""Three of four shops can't be worked with, each in its own way: the fourth goes on at full speed, the alarms say which is which, and on
return everything comes right without a person, but for the consent that one of them took back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import pytest

from app import chance
from app.channels.base import Delivery
from app.domain import channels, exceptions
from app.simulation import books
from app.simulation.demand import Wish, drawn
from app.simulation.run import NONE, Run
from app.simulation.shops import Clock, Line, Stand
from app.simulation.store import Store
from app.simulation.story import Story
from app.simulation.world import START
from tests.servers import Postgres
from tests.world import CAUSE

SEED = 7
HOUR = 3_600.0
EVERY_S = 300.0
CALLBACK = "https://tally.example/oauth/ebay/callback"


class Moody(Line):
    """A line whose shop may answer 500 to everything, or nothing at all."""

    mood = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if self.mood == "hangs":
            self._time_out(request)
        if self.mood == "500":
            return httpx.Response(500, html="<h1>Internal server error</h1>")
        return super().handle_request(request)


class Outages(Run):
    """Trade at four shops, and how long it takes until a sale is recorded, and until what arrives is on sale."""

    line = Moody

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.awaited: list[tuple[datetime, Callable[[], bool], list[float]]] = []

    def look(self) -> None:
        super().look()
        now = chance.now()
        for each in [each for each in self.awaited if each[1]()]:
            self.awaited.remove(each)
            each[2].append((now - each[0]).total_seconds())

    def at(self, name: str) -> Stand:
        return next(stand for stand in self.stands if stand.name == name)

    def trips(self, name: str, seconds: float) -> tuple[list[float], list[float]]:
        """Every few minutes somebody buys there, and every few minutes something arrives that is to be sold there."""
        stand, recorded, written = self.at(name), [], []
        for number in range(int(seconds / EVERY_S)):
            code = self._codes[number % len(self._codes)]
            variant = stand.shop.variants[stand.variants[code]]
            with self._at(stand):
                order = stand.shop.buy({variant.id: 1})
            assert order is not None
            known = lambda order=order: self.database.look(books.order_id, stand.channel_id, order) is not None  # noqa: E731
            self.awaited.append((chance.now(), known, recorded))
            self._touched.add(code)
            self.run_for(EVERY_S / 2)
            shows = stand.shop.counters[variant.counter]
            self._receive(code, 4 * sum(self._on_hand(code).values()))
            more = lambda counter=variant.counter, shows=shows: stand.shop.counters[counter] > shows  # noqa: E731
            self.awaited.append((chance.now(), more, written))
            self.run_for(EVERY_S / 2)
        assert not self.awaited
        return recorded, written

    def sells(self, name: str) -> None:
        """Somebody buys there, and no message tells of it."""
        stand, waiting = self.at(name), list(self.at(name).shop._waiting)
        with self._at(stand):
            order = stand.shop.buy({stand.variants[self._codes[0]]: 1})
        assert order is not None
        stand.shop._waiting = waiting

    def told(self) -> dict[tuple[str, str], str]:
        """What people are told, by cause and shop, with the last words."""
        names = {stand.channel_id: stand.name for stand in self.stands}
        rows = self.database.look(exceptions.page, None, 100, open=True)
        return {(row["cause"], names.get(row["channel_id"], "")): row["advice"] for row in rows}

    def lane(self, name: str) -> dict[str, Any]:
        return self.database.look(channels.lane, self.at(name).channel_id)

    def agree(self, name: str) -> None:
        """Her browser shows eBay's page of consent, and she agrees."""
        stand = self.at(name)
        adapter = self.world.channel(stand.channel_id)
        asked = adapter.consent(CALLBACK, CALLBACK.replace("callback", "done"), "a-state")
        assert asked is not None
        stand.shop.refresh_token = "v^1.1#r^" + chance.secret(8).hex()  # type: ignore[attr-defined]
        with self.clock.of(stand):
            query = stand.shop.agrees(asked.url)  # type: ignore[attr-defined]
            found = adapter.let_in(Delivery("GET", {}, b"", query), asked.keep, CALLBACK)
        keys = self.world.keys
        before = keys.open_values(self.database.look(channels.get, stand.channel_id)["credentials"])
        self.database.run(channels.change, stand.channel_id, {"credentials": keys.seal_values(before | dict(found))}, cause=CAUSE)
        self._wake(frozenset({stand.channel_id}))


@pytest.fixture(params=["sqlite", "postgresql"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outages]:
    url: str | None = None
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.url_for_new_database(like=request.getfixturevalue("migrated_postgresql"))
    wish = Wish(orders=1, shops=("shopify", "woocommerce", "shopify", "ebay"), pieces=(4, 4), calm_buyers=True, supply=(20.0, 20.0))
    demand = drawn(SEED, wish)
    clock = Clock(SEED, START)
    with chance.installed(clock):
        database, story = Store(url), Story()
        story.follow(database)
        made = Outages(SEED, database, clock, tmp_path / "key", troubles=NONE, demand=demand, story=story)
        for code in made._codes:
            made.score.delivered(code, 0)
        yield made
        database.close()
    if url is not None:
        request.getfixturevalue("postgres").drop(url)


@pytest.mark.timeout(300)
def test_one_shop_answers_500_one_hangs_one_revokes_us_and_the_fourth_goes_on_at_full_speed(run: Outages) -> None:
    run.open()
    for code in run._codes:
        run._receive(code, 40)
    run.run_for(600.0)
    run._keep_watch()
    usual = run.trips("north", HOUR / 2)

    run.at("south").transport.mood = "500"
    run.at("east").transport.mood = "hangs"
    run.at("west").shop.revoke()  # type: ignore[attr-defined]
    began = chance.now()
    for name in ("south", "east", "west"):  # they sell on
        run.sells(name)
    meanwhile = run.trips("north", HOUR)
    for before, during in zip(usual, meanwhile, strict=True):
        assert len(during) == HOUR / EVERY_S
        assert median(during) <= 1.5 * median(before) + 1
        assert max(during) <= max(before) + 10
    told = run.told()
    assert told.keys() == {("channel_unreachable", "south"), ("channel_unreachable", "east"), ("channel_refused", "west")}
    assert "the shop failed" in told["channel_unreachable", "south"]
    assert "in time" in told["channel_unreachable", "east"]
    assert all(run.lane(name)["settled_at"] < began for name in ("south", "east", "west"))

    run.at("south").transport.mood = run.at("east").transport.mood = ""
    run.agree("west")
    returned = chance.now()
    run.run_for(HOUR / 2)

    assert run.told() == {}
    assert all(run.lane(name)["reconciled_at"] > returned for name in ("south", "east", "west"))
    run.calm()
    assert run.score.us == 0
