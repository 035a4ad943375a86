"""When a shop can't be asked: what it tells us is taken in all the same, and a single failure among answers isn't the end of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app import chance
from app.channels.base import Capabilities, ListingSnapshot, NoUse
from app.channels.memory import Memory, Shop
from app.database import Database
from app.domain import channels, deliveries, exceptions, orders
from app.sandbox.faults import Faults, ShopTransport
from app.simulation.shops import made
from tests.channels.conformance import heard
from tests.world import CAUSE, World, world


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as here:
        yield here


class Stand:
    """A Shopify shop that sells mugs and tells us of it, and a line to it that may fail."""

    def __init__(self, store: World, shown: int = 0) -> None:
        self.world, self.faults = store, Faults()
        self.shop, facts = made("north", "shopify")
        self.mug = self.shop.add("MUG", shown)
        self.channel_id = store.connect(ShopTransport(self.shop, self.faults), kind="shopify", **facts)

    def let(self, seconds: float) -> None:
        """Time passes: our lane works, and the shop's messages arrive."""
        until = chance.now() + timedelta(seconds=seconds)
        while (now := chance.now()) < until:
            for message in self.shop.take_deliveries():
                self.world.deliver(self.channel_id, heard(message))
                self.shop.delivered(message, 200)
            next_one = max(now, self.shop.next_delivery_at() or until)
            self.world.run_for((min(next_one, until, now + timedelta(seconds=30)) - now).total_seconds())

    def buy(self) -> str:
        return str(self.shop.buy({self.mug.id: 1}))

    @property
    def shows(self) -> int:
        return self.shop.counters[self.mug.counter]

    @property
    def failures(self) -> int:
        return int(self.world.database.look(channels.lane, self.channel_id)["failures"])


def test_an_order_that_a_message_says_whole_is_recorded_while_the_shop_cant_be_reached(store: World) -> None:
    store.stocked("MUG", 4)
    stand = Stand(store)
    stand.let(180)
    assert stand.shows == 2
    stand.faults.down = True
    stand.let(400)
    assert stand.failures == 7
    order = stand.buy()
    stand.let(10)
    assert stand.failures == 7  # nobody asked
    assert [each["external_id"] for each in store.database.look(orders.page, None, 10)] == [order]
    assert store.level("MUG") == {"available": 2, "allotted": 1, "committed": 1}


def test_a_message_that_takes_a_request_isnt_looked_at_again_before_the_shop_may_be_asked(store: World) -> None:
    store.stocked("MUG", 90)
    stand = Stand(store)
    stand.let(180)
    order = stand.buy()
    stand.let(60)
    stand.faults.down = True
    stand.let(60)
    (line,) = stand.shop.orders[order].lines
    stand.shop.edit(order, line.id, 2)
    stand.let(30)
    (told,) = [each for each in store.database.look(deliveries.page, None, 50) if each["state"] == "waiting"]
    before = stand.failures
    for _ in range(20):
        stand.buy()  # which is told whole
        stand.let(60)
    again = store.database.look(deliveries.get, told["id"])
    assert stand.failures > before
    assert again["attempts"] - told["attempts"] <= stand.failures - before
    stand.faults.down = False
    stand.let(400)
    assert store.level("MUG")["committed"] == 2 + 20


def test_a_failure_between_answers_isnt_counted_with_those_before_it(store: World) -> None:
    store.stocked("MUG", 40)
    stand = Stand(store)
    stand.let(180)
    # Every poll gets its list, and fails at the first order of it.
    stand.faults.fail_before = 1.0
    stand.faults.only = lambda request: b"OrderCore" in request.content
    stand.buy()
    store.run_for(600)  # and no message arrives
    assert stand.failures == 1
    stand.faults.fail_before = 0.0
    store.run_for(60)
    assert (stand.failures, store.level("MUG")["committed"]) == (0, 1)


def test_an_order_that_came_in_while_a_counter_was_first_read_is_no_hand_edit(store: World) -> None:
    """It was read before the sale and settled after it: by one too high, as it may be. The next reading says so, and nobody is blamed."""
    store.stocked("MUG", 9)
    stand = Stand(store, 4)
    stand.let(2)
    stand.buy()
    stand.let(1200)
    assert store.counter(stand.channel_id).shown == stand.shows
    assert store.database.look(exceptions.page, None, 10) == []


def test_a_shop_that_answers_nothing_is_asked_less_and_less(store: World) -> None:
    store.stocked("MUG", 4)
    stand = Stand(store)
    stand.let(180)
    asked: list[httpx.Request] = []
    stand.faults.fail_before = 1.0
    stand.faults.only = lambda request: not asked.append(request)  # type: ignore[func-returns-value]
    stand.let(1200)
    assert len(asked) < 15


def test_what_a_shop_refused_before_it_was_put_right_isnt_held_against_it_afterwards(store: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, ask, listed, before = Shop(), Memory.capabilities, Memory.listings, list[Memory]()
    shop.offer("MUG", "MUG", 1)
    channel_id = store.connect(shop, live=False)

    def and_is_put_right_meanwhile(adapter: Memory) -> Capabilities:
        if not before:
            before.append(adapter)
            store.database.run(channels.change, channel_id, {"settings": {"place": "the right one"}}, cause=CAUSE)
        return ask(adapter)

    def unless_put_right(adapter: Memory) -> Iterator[ListingSnapshot]:
        if adapter in before:
            raise NoUse("misconfigured", "Name the right place.")
        return listed(adapter)

    monkeypatch.setattr(Memory, "capabilities", and_is_put_right_meanwhile)
    monkeypatch.setattr(Memory, "listings", unless_put_right)
    store.run_for(10)
    lane = store.database.look(channels.lane, channel_id)
    assert (lane["refused"], lane["listed_at"] is not None) == (None, True)
