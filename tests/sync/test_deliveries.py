"""What is delivered through the inbox, doubled, reordered, late or lost and then polled, ends in the books of the orderly run; and a
parcel of ours is told to the channel once."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import chance
from app.channels.base import Delivery
from app.channels.memory import EXACT, Shop
from app.database import Database, Session
from app.domain import channels, counters, deliveries, exceptions, notices, orders
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from tests import shop as store
from tests import telling
from tests.world import World, world


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        yield made


# A morning's trade: in each shop the same things happen


class Morning:
    """A shop with mugs, in which a morning's trade is told as the test has it."""

    def __init__(self, here: World, kind: str) -> None:
        self.here, self.kind = here, kind
        self.faults = Faults()
        self.messages: list[Delivery] = []
        here.stocked("MUG", 20)
        if kind == "memory":
            self.shop: Any = Shop(can=replace(EXACT, hold_s=86_400.0))
            self.shop.offer("mug", "MUG", 8)
            self.channel_id = here.connect(self.shop, paused=True)
        else:
            self.shop = ShopifyShop(name="mugs") if kind == "shopify" else WooCommerceShop("https://mugs.example", name="mugs")
            facts: dict[str, Any] = {
                "settings": {"shop": "mugs", "location_id": self.shop.location},
                "credentials": {"client_id": self.shop.client_id, "client_secret": self.shop.secrets[-1]},
            } if kind == "shopify" else {
                "settings": {"url": self.shop.url},
                "credentials": {"consumer_key": self.shop.key, "consumer_secret": self.shop.secret, "webhook_secret": "demo-secret-1"},
            }  # fmt: skip
            self.mug = self.shop.add("MUG", 8, price=1000).id
            transport = ShopTransport(self.shop, self.faults)
            self.channel_id = here.connect(transport, kind=kind, paused=True, **facts)
        here.run_for(400)
        self.collect()
        self.messages.clear()
        self.no_poll()

    def no_poll(self) -> None:
        self.here.database.run(channels.change_lane, self.channel_id, poll_due_at=chance.now() + timedelta(days=30))

    def collect(self, *ids: str) -> None:
        """What the shop wants to tell us by now."""
        self.here.source.advance(timedelta(seconds=60))
        if self.kind == "memory":
            self.messages += [self.shop.message(each) for each in ids]
            return
        for message in self.shop.take_deliveries():
            delivery = Delivery("POST", {name.lower(): value for name, value in message.headers.items()}, message.body)
            if self.here.channel(self.channel_id).answer(delivery) is None:
                self.messages.append(delivery)
            self.shop.delivered(message, 200)

    def trade(self) -> None:
        """Four orders: one stays, one is edited, one is cancelled, one is paid late. The messages of each moment are collected."""
        a = self._buy(2)
        b = self._buy(2)
        self.collect(a, b)
        c = self._buy(1)
        d = self._buy(1, paid=False)
        self.collect(c, d)
        self._edit(b, 1)
        self.collect(b)
        self.shop.cancel(c)
        self.shop.pay(d)
        self.collect(c, d)

    def _buy(self, quantity: int, *, paid: bool = True) -> str:
        what = ("mug", quantity) if self.kind == "memory" else ({self.mug: quantity},)
        bought: str = self.shop.buy(*what, paid=paid)
        return bought

    def _edit(self, order: str, quantity: int) -> None:
        if self.kind == "memory":
            (line,) = self.shop.orders[order].lines.values()
            gone = line.ordered - quantity
            self.shop.change(order, line.external_id, cancelled=gone, put_back=gone)
        else:
            self.shop.edit(order, self.shop.orders[order].lines[0].id, quantity)

    def deliver(self, *messages: Delivery) -> None:
        for message in messages:
            self.here.deliver(self.channel_id, message)

    def books(self) -> dict[str, Any]:
        self.here.quiet()
        self.here.check()
        return self.here.database.look(_books, self.channel_id)


def _books(session: Session, channel_id: str) -> dict[str, Any]:
    """Orders, levels, commitments and counters, by the channel's names."""
    rows = orders.page(session, None, 100)
    mine = [row.id for row in session.execute(counters.counters.select().where(counters.counters.c.channel_id == channel_id))]
    (level,) = store.stock.page_levels(session, None, 1, code="MUG")
    return {
        "orders": {row["external_id"]: (row["status"], row["paid"], row["total"], wanted(row)) for row in rows},
        "level": {state: level[state] for state in ("available", "allotted", "reserved", "committed")},
        "counters": [(each.shown, each.held, each.on_offer, each.allotment) for each in counters.of_ids(session, mine)],
        "open": sorted(row["cause"] for row in exceptions.page(session, None, 100, open=True) if row["cause"] != "shop_setup"),
    }


def wanted(order: dict[str, Any]) -> list[tuple[int, ...]]:
    return [(line["quantity"] - line["cancelled"], line["shipped"], line["committed"], line["short"]) for line in order["lines"]]


ORDERLY = {"available": 12, "allotted": 4, "reserved": 0, "committed": 4}

KINDS = pytest.mark.parametrize("kind", ["memory", "shopify", "woocommerce"])


@KINDS
def test_told_in_order_the_morning_leaves_these_books(here: World, kind: str) -> None:
    morning = Morning(here, kind)
    morning.trade()
    morning.deliver(*morning.messages)
    books = morning.books()
    assert books["level"] == ORDERLY
    assert books["counters"] == [(4, 0, 4, 4)]
    assert sorted(status for status, *_ in books["orders"].values()) == ["cancelled", "open", "open", "open"]
    assert books["open"] == []


def _as_it_came(messages: list[Delivery]) -> list[Delivery]:
    return list(messages)


def _backwards(messages: list[Delivery]) -> list[Delivery]:
    return messages[::-1]


def _doubled_and_mixed(messages: list[Delivery]) -> list[Delivery]:
    mixed = [*messages, *messages, *messages[:5]]
    chance.random().shuffle(mixed)
    return mixed


def _the_last_ones(messages: list[Delivery]) -> list[Delivery]:
    """All but what came first is lost."""
    return messages[len(messages) // 3 :]


@KINDS
@pytest.mark.parametrize("way", [_backwards, _doubled_and_mixed], ids=["reordered", "doubled"])
def test_however_it_is_told_the_books_are_those_of_the_orderly_run(
    here: World, kind: str, way: Callable[[list[Delivery]], list[Delivery]]
) -> None:
    morning = Morning(here, kind)
    morning.trade()
    for message in way(morning.messages):
        morning.deliver(message)
        morning.books()
    assert morning.books()["level"] == ORDERLY
    before = morning.books()
    # Told once more, and polled: nothing is left to learn.
    morning.deliver(*_as_it_came(morning.messages))
    here.database.run(channels.change_lane, morning.channel_id, poll_due_at=chance.now())
    here.run_for(400)
    assert morning.books() == before


@KINDS
def test_told_while_it_happens_and_late_at_once_the_books_are_the_same(here: World, kind: str) -> None:
    morning = Morning(here, kind)
    morning.trade()
    half = len(morning.messages) // 2
    morning.deliver(*morning.messages[half:])  # the newer half first, all in one go
    morning.books()
    here.source.advance(timedelta(hours=5))
    morning.deliver(*morning.messages[:half])
    assert morning.books()["level"] == ORDERLY


@KINDS
@pytest.mark.parametrize("lost", ["all", "some"])
def test_what_is_lost_is_polled_and_the_books_are_the_same(here: World, kind: str, lost: str) -> None:
    morning = Morning(here, kind)
    morning.trade()
    if lost == "some":
        morning.deliver(*_the_last_ones(morning.messages))
        morning.books()
    here.database.run(channels.change_lane, morning.channel_id, poll_due_at=chance.now())
    here.run_for(400)
    books = morning.books()
    assert books["level"] == ORDERLY
    assert books["counters"] == [(4, 0, 4, 4)]
    assert books["open"] == []


def test_one_message_that_makes_no_sense_blocks_no_other(here: World) -> None:
    morning = Morning(here, "memory")
    order = morning._buy(2)
    good = morning.shop.message(order)
    body = b"{"
    bad = Delivery("POST", {"x-signature": _signed(body)}, body)
    morning.deliver(bad, good, bad)
    assert morning.books()["level"]["committed"] == 2
    assert morning.books()["open"] == ["delivery_parked"]
    states = sorted(row["state"] for row in here.database.look(deliveries.page, None, 10))
    assert states == ["done", "parked"]


def _signed(body: bytes) -> str:
    return hmac.new(b"reference", body, sha256).hexdigest()


def test_what_was_sold_before_its_sku_was_known_follows_when_the_shops_listings_are_read_again(here: World) -> None:
    morning = Morning(here, "memory")
    morning.shop.offer("jug", "JUG", 5)
    order = morning.shop.buy("jug", 2)
    morning.deliver(morning.shop.message(order))
    assert morning.books()["open"] == ["listing_unmapped"]
    here.stocked("JUG", 10)
    here.database.run(channels.change_lane, morning.channel_id, listings_due_at=chance.now())
    here.run_for(400)
    assert here.level("JUG") == {"available": 5, "allotted": 3, "committed": 2}
    assert morning.books()["open"] == []


# Parcels


TRACKING = {"carrier": "DHL", "tracking_number": "00340434"}


def told(morning: Morning, order: str) -> list[str | None]:
    """The tracking numbers that the channel's buyer was told of."""
    if morning.kind == "memory":
        return [parcel.tracking_number for parcel in morning.shop.orders[order].parcels]
    if morning.kind == "shopify":
        return [each.tracking_number for each in morning.shop.orders[order].fulfilments]
    return [TRACKING["tracking_number"] for note in morning.shop.notes.get(order, []) if TRACKING["tracking_number"] in note["note"]]


def shipped(morning: Morning) -> str:
    order = morning._buy(2)
    morning.collect(order)
    morning.deliver(*morning.messages)
    morning.books()
    morning.here.database.run(telling.ship, morning.channel_id, order, {}, **TRACKING)
    return order


@KINDS
def test_what_we_send_is_told_to_the_channel_once(here: World, kind: str) -> None:
    morning = Morning(here, kind)
    order = shipped(morning)
    morning.books()
    assert told(morning, order) == ["00340434"]
    here.run_for(400)
    morning.collect(order)
    morning.deliver(*morning.messages)
    books = morning.books()
    assert told(morning, order) == ["00340434"]
    assert books["orders"][order] == ("shipped", True, 2000, [(2, 2, 0, 0)])
    assert books["level"] == {"available": 12, "allotted": 6, "reserved": 0, "committed": 0}
    assert [row["state"] for row in here.database.look(_notices)] == ["done"]


def _notices(session: Session) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(notices.notices.select()).mappings()]


@pytest.mark.parametrize("kind", ["shopify", "woocommerce"])
@pytest.mark.parametrize("took_effect", [True, False], ids=["landed", "lost"])
def test_a_parcel_whose_first_answer_was_lost_is_told_once_all_the_same(here: World, kind: str, took_effect: bool) -> None:
    morning = Morning(here, kind)
    changes: list[httpx.Request] = []

    def is_first_change(request: httpx.Request) -> bool:
        says = b"fulfillmentCreate" in request.content if kind == "shopify" else request.method == "POST" and "/notes" in request.url.path
        if says:
            changes.append(request)
        return says and len(changes) == 1

    morning.faults.only = is_first_change
    morning.faults.fail_after, morning.faults.fail_before = (1.0, 0.0) if took_effect else (0.0, 1.0)
    order = shipped(morning)
    here.quiet()
    assert len(changes) == 1
    assert told(morning, order) == (["00340434"] if took_effect else [])
    assert [row["state"] for row in here.database.look(_notices)] == ["waiting"]
    here.run_for(900)
    assert told(morning, order) == ["00340434"]
    assert [row["state"] for row in here.database.look(_notices)] == ["done"]


def test_a_shop_that_cannot_be_reached_hears_of_the_parcel_when_it_can(here: World) -> None:
    morning = Morning(here, "memory")
    order = morning._buy(2)
    morning.deliver(morning.shop.message(order))
    morning.books()
    morning.shop.down = True
    here.database.run(telling.ship, morning.channel_id, order, {}, **TRACKING)
    here.run_for(120)
    assert told(morning, order) == []
    morning.shop.down = False
    here.run_for(900)
    assert told(morning, order) == ["00340434"]


def test_a_parcel_for_an_order_that_is_gone_there_waits_for_a_person(here: World) -> None:
    morning = Morning(here, "memory")
    order = morning._buy(2)
    morning.deliver(morning.shop.message(order))
    morning.books()
    del morning.shop.orders[order]
    here.database.run(telling.ship, morning.channel_id, order, {}, **TRACKING)
    here.quiet()
    assert here.database.look(_books, morning.channel_id)["open"] == ["shipment_untold"]
    assert [row["state"] for row in here.database.look(_notices)] == ["parked"]


def test_two_parcels_of_one_order_are_told_one_by_one(here: World) -> None:
    morning = Morning(here, "shopify")
    order = morning._buy(3)
    morning.collect(order)
    morning.deliver(*morning.messages)
    morning.books()
    line = morning.shop.orders[order].lines[0].id
    for number, units in (("1", 1), ("2", 2)):
        here.database.run(telling.ship, morning.channel_id, order, {line: units}, tracking_number=number)
        here.quiet()
    parcels = [(each.tracking_number, dict(each.lines)) for each in morning.shop.orders[order].fulfilments]
    assert parcels == [("1", {line: 1}), ("2", {line: 2})]


def test_of_a_set_the_channel_hears_when_it_has_left_whole(here: World) -> None:
    morning = Morning(here, "memory")
    morning.shop.offer("set", "MUG-SET", 2)
    here.database.run(channels.change_lane, morning.channel_id, listings_due_at=chance.now())
    here.run_for(400)
    here.database.run(telling.answer, morning.channel_id, "set", {"MUG": 4})
    order = morning.shop.buy("set", 1)
    morning.deliver(morning.shop.message(order))
    morning.books()
    (line,) = morning.shop.orders[order].lines
    here.database.run(telling.ship, morning.channel_id, order, {line: 3})
    here.quiet()
    assert morning.shop.orders[order].parcels == []
    here.database.run(telling.ship, morning.channel_id, order, {line: 1})
    here.quiet()
    (parcel,) = morning.shop.orders[order].parcels
    assert ([(each.line, each.quantity) for each in parcel.lines], parcel.complete) == ([(line, 1)], True)
