"""The Shopify adapter against the simulated shop: what the fact sheet says, both ways."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import chance
from app.channels.base import (
    BadSignature,
    Capabilities,
    Connection,
    Delivery,
    Entry,
    Hint,
    NoUse,
    Outcome,
    Parcel,
    ShipLine,
    TryLater,
    WriteRequest,
    WriteResult,
)
from app.channels.shopify import TOPICS, Shopify
from app.domain.snapshots import WITHHELD, LineSnapshot, OrderSnapshot, OrderState
from app.sandbox import shopify_json
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.server import served
from app.sandbox.shop import Outgoing
from app.sandbox.shopify import Place, ShopifyShop
from tests.channels.shopify import MemoryVault

HOOK = "https://hub.example/webhooks/1"


@pytest.fixture
def clock() -> Iterator[chance.Seeded]:
    seeded = chance.Seeded(7, datetime(2026, 11, 22, 15, 14, 30, tzinfo=UTC))
    with chance.installed(seeded):
        yield seeded


class World:
    """One shop with a mug, and us connected to it."""

    def __init__(self, clock: chance.Seeded) -> None:
        self.clock = clock
        self.shop = ShopifyShop(name="mugs")
        self.shop.doubled, self.shop.delay_s = 0.0, (0.0, 0.0)
        self.faults = Faults()
        self.mug = self.shop.add("MUG-BLUE", 9, title="Mug", price=1250)
        self.us = self.connected()

    def connected(self, **settings: str) -> Shopify:
        vault = MemoryVault(client_id=self.shop.client_id, client_secret=self.shop.secrets[-1])
        given = {"shop": "mugs", "location_id": self.shop.location} | settings
        return Shopify(Connection("channel-1", given, vault, ShopTransport(self.shop, self.faults)))

    def pass_(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def buy(self, quantity: int = 2, **how: Any) -> str:
        order = self.shop.buy({self.mug.id: quantity}, **how)
        assert order is not None
        return order

    def line(self, order: str) -> str:
        return self.shop.orders[order].lines[0].id

    def fetched(self, order: str) -> OrderSnapshot:
        [found] = self.us.fetch_orders([order])
        return found

    def told(self) -> list[Outgoing]:
        return self.shop.take_deliveries()

    def heard(self, order: str) -> OrderSnapshot:
        """The order as the last of its webhooks has it."""
        bodies = [each for each in self.told() if each.topic == "orders/updated" and each.resource == order]
        [found] = self.us.parse(delivery(bodies[-1]))
        assert isinstance(found, OrderSnapshot)
        return found

    def write(self, value: int, expected: int, key: str = "k1") -> WriteResult:
        return self.send(self.request(value, expected, key))

    def request(self, value: int, expected: int, key: str = "k1") -> WriteRequest:
        entry = Entry(self.mug.counter, value - expected, expected, value)
        return WriteRequest(self.mug.counter, [entry], key, json.loads(json.dumps(self.us.compose(self.mug.counter, [entry], key))))

    def send(self, request: WriteRequest) -> WriteResult:
        [result] = self.us.write_quantities([request])
        return result

    @property
    def counter(self) -> int:
        return self.shop.counters[self.mug.counter]


@pytest.fixture
def world(clock: chance.Seeded) -> World:
    return World(clock)


@pytest.fixture
def listening(world: World) -> World:
    world.us.subscribe(HOOK)
    return world


def delivery(outgoing: Outgoing) -> Delivery:
    return Delivery("POST", {name.lower(): value for name, value in outgoing.headers.items()}, outgoing.body)


def figures(snapshot: OrderSnapshot) -> dict[str, int]:
    assert isinstance(snapshot.lines, list)
    [line] = snapshot.lines
    assert isinstance(line, LineSnapshot)
    names = ("ordered", "cancelled", "returned", "shipped", "counted_down", "put_back")
    return {name: getattr(line, name) for name in names if getattr(line, name)}


# What the shop can do


def test_a_shop_says_what_it_can(world: World) -> None:
    can = world.us.capabilities()
    assert (can.shop_name, can.account, can.currency) == ("mugs", world.shop.id, "EUR")
    assert can.locations == {world.shop.location: "Studio"}
    assert (can.missing_scopes, can.warnings) == ((), ())
    assert Capabilities.from_json(json.loads(json.dumps(can.as_json()))) == can


def test_missing_scopes_and_a_second_online_location_are_told(world: World) -> None:
    world.shop.scopes -= {"write_inventory", "read_orders"}
    world.shop.locations["70000000002"] = Place("Stall")
    can = world.us.capabilities()
    assert can.missing_scopes == ("read_orders", "read_inventory", "write_inventory")
    assert len(can.warnings) == 1 and "Studio, Stall" in can.warnings[0]


def test_a_location_that_was_closed_is_told(world: World) -> None:
    world.shop.locations[world.shop.location].active = False
    assert world.us.capabilities().warnings == ("The Shopify location that was chosen is closed or gone. Choose another one.",)


def test_a_retired_version_is_told(world: World) -> None:
    [warning] = world.connected(api_version="2025-01").capabilities().warnings
    assert "2026-01" in warning and "2025-01" in warning


def test_what_isnt_permitted_names_the_scopes(world: World) -> None:
    world.shop.scopes -= {"read_orders"}
    with pytest.raises(NoUse, match="access scopes") as caught:
        list(world.us.fetch_orders(["1"]))
    assert caught.value.code == "scope"


def test_an_app_that_was_removed_is_told_to_be_installed(world: World) -> None:
    world.us.capabilities()
    world.shop.uninstall()
    with pytest.raises(NoUse, match="isn't installed") as caught:
        world.us.capabilities()
    assert caught.value.code == "credentials"


def test_a_token_is_used_until_shortly_before_it_dies(world: World) -> None:
    world.us.capabilities()
    world.pass_(86_399 - 601)
    world.us.capabilities()
    assert len(world.shop.admin.tokens) == 1
    world.pass_(1)
    world.us.capabilities()
    assert len(world.shop.admin.tokens) == 2


# What is on sale


def test_listings_say_which_number_is_theirs_and_what_is_wrong_with_it(world: World) -> None:
    shop = world.shop
    poster = shop.add("POSTER", 3, title="Poster", sells_below_zero=True)
    guide = shop.add(None, title="Guide", tracked=False)
    bundle = shop.add("SET", 1, title="Set", bundle=True)
    twin = shop.add("MUG-BLUE", 4, title="Mug again")
    found = {listing.external_id: listing for listing in world.us.listings()}
    assert list(found) == [world.mug.id, poster.id, guide.id, bundle.id, twin.id]
    mug = found[world.mug.id]
    assert (mug.sku, mug.title, mug.counter, mug.unit, mug.quantity) == ("MUG-BLUE", "Mug", world.mug.counter, world.mug.counter, 9)
    assert (mug.protected, mug.live) == (True, True)
    assert found[poster.id].counter == poster.counter and not found[poster.id].protected
    assert found[poster.id].why is not None and "continues selling" in found[poster.id].why
    assert (found[guide.id].counter, found[guide.id].sku, found[guide.id].protected) == (None, None, False)
    assert found[bundle.id].counter is None
    assert found[twin.id].why is not None and "same code" in found[twin.id].why
    assert (found[twin.id].unique, found[poster.id].unique) == (False, True)


def test_three_pages_of_listings_come_whole(world: World) -> None:
    for number in range(250):
        world.shop.add(f"SKU-{number}", number)
    assert len({listing.external_id for listing in world.us.listings()}) == 251
    assert world.shop.admin.asked["VariantListing"] == 3


def test_readings_come_in_the_order_asked(world: World) -> None:
    poster = world.shop.add("POSTER", 3, sells_below_zero=True)
    guide = world.shop.add("GUIDE", tracked=False)
    asked = [poster.counter, "519999@70000000001", world.mug.counter, guide.counter]
    found = world.us.read_quantities(asked)
    assert [(each.counter, each.quantity, each.protected) for each in found] == [
        (poster.counter, 3, False),
        ("519999@70000000001", None, False),
        (world.mug.counter, 9, True),
        (guide.counter, None, False),
    ]


def test_more_counters_than_fit_take_several_queries(world: World) -> None:
    made = [world.shop.add(f"SKU-{number}", number).counter for number in range(120)]
    assert [each.quantity for each in world.us.read_quantities(made)] == list(range(120))
    assert world.shop.admin.asked["InventoryForItems"] == 3


# Writing


def test_a_number_is_set_if_it_is_still_what_we_think(world: World) -> None:
    result = world.write(7, expected=9)
    assert (result.outcome, result.quantities) == (Outcome.DONE, {world.mug.counter: 7})
    assert world.counter == 7
    assert world.shop.truth(world.mug.counter).granted == -2


def test_a_sale_in_between_makes_it_stale_and_changes_nothing(world: World) -> None:
    world.buy(1)
    result = world.write(7, expected=9)
    assert (result.outcome, result.code) == (Outcome.STALE, "CHANGE_FROM_QUANTITY_STALE")
    assert world.counter == 8


def test_the_same_key_acts_once_and_tells_how_it_stands_now(world: World) -> None:
    assert world.write(7, expected=9).outcome is Outcome.DONE
    world.buy(1)
    again = world.write(7, expected=9)
    assert (again.outcome, again.quantities) == (Outcome.DONE, {world.mug.counter: 6})
    assert world.counter == 6


def test_the_same_key_for_something_else_is_refused(world: World) -> None:
    world.write(7, expected=9)
    result = world.write(5, expected=7)
    assert (result.outcome, result.code) == (Outcome.REFUSED, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
    assert world.counter == 7


def test_a_key_is_forgotten_after_a_day(world: World) -> None:
    world.write(7, expected=9)
    world.shop.hand_edit(world.mug.id, 9)
    world.pass_(86_401)
    assert world.write(7, expected=9).quantities == {world.mug.counter: 7}
    assert world.counter == 7


def test_a_stale_write_can_land_later_where_failures_arent_remembered(world: World) -> None:
    world.shop.hand_edit(world.mug.id, 8)
    request = world.request(7, expected=9)
    assert world.send(request).outcome is Outcome.STALE
    world.shop.hand_edit(world.mug.id, 9)
    assert world.send(request).outcome is Outcome.DONE


def test_a_failure_that_is_remembered_stays_one(world: World) -> None:
    world.shop.remembers_failures = True
    world.shop.hand_edit(world.mug.id, 8)
    request = world.request(7, expected=9)
    assert world.send(request).outcome is Outcome.STALE
    world.shop.hand_edit(world.mug.id, 9)
    assert world.send(request).outcome is Outcome.FAILED_BEFORE
    assert world.counter == 9


def test_a_write_without_an_answer_is_unknown_and_repeated_safely(world: World) -> None:
    world.us.capabilities()
    world.faults.fail_after = 1.0
    request = world.request(7, expected=9)
    assert (world.send(request).outcome, world.counter) == (Outcome.UNKNOWN, 7)
    world.faults.fail_after = 0.0
    world.buy(1)
    assert (world.send(request).outcome, world.counter) == (Outcome.DONE, 6)


@pytest.mark.parametrize(
    ("fault", "outcome"), [("fail_before", Outcome.UNKNOWN), ("broken", Outcome.UNKNOWN), ("limited", Outcome.LIMITED)]
)
def test_whatever_isnt_an_answer_is_no_success(world: World, fault: str, outcome: Outcome) -> None:
    world.us.capabilities()
    setattr(world.faults, fault, 1.0)
    assert world.write(7, expected=9).outcome is outcome


@pytest.mark.parametrize(("value", "code"), [(-1, "INVALID_QUANTITY_NEGATIVE"), (1_000_000_001, "INVALID_QUANTITY_TOO_HIGH")])
def test_numbers_that_cant_be_are_refused(world: World, value: int, code: str) -> None:
    result = world.write(value, expected=9)
    assert (result.outcome, result.code, world.counter) == (Outcome.REFUSED, code, 9)


def test_a_bundle_cant_be_written(world: World) -> None:
    world.mug = world.shop.add("SET", 2, bundle=True)
    assert world.write(1, expected=2).code == "NON_MUTABLE_INVENTORY_ITEM"


def test_an_item_that_isnt_stocked_at_the_location_has_no_counter_and_no_write_makes_one(world: World) -> None:
    del world.shop.counters[world.mug.counter]
    [listing] = world.us.listings()
    assert (listing.counter, listing.quantity, listing.protected) == (None, None, False)
    assert listing.why is not None and "isn't stocked" in listing.why
    [reading] = world.us.read_quantities([world.mug.counter])
    assert (reading.quantity, reading.protected) == (None, False)
    assert world.write(7, expected=9).outcome is Outcome.STALE
    assert world.mug.counter not in world.shop.counters


def test_our_own_write_comes_back_as_a_hint(listening: World) -> None:
    listening.write(7, expected=9)
    [echo] = listening.told()
    assert json.loads(echo.body)["available"] == 7
    assert listening.us.parse(delivery(echo)) == [Hint("counter", listening.mug.counter)]


# Buyers


def test_a_buyer_lowers_the_number_at_once_and_zero_refuses(world: World) -> None:
    world.buy(8, paid=False)
    assert world.counter == 1
    assert world.shop.buy({world.mug.id: 2}) is None
    assert world.counter == 1
    assert world.shop.truth(world.mug.counter).refused == 2


# An order, both ways


def placed(world: World) -> str:
    return world.buy(3, shipping=490)


def unpaid(world: World) -> str:
    return world.buy(3, paid=False)


def paid_later(world: World) -> str:
    order = world.buy(3, paid=False)
    world.pass_(60)
    world.shop.pay(order)
    return order


def cancelled(world: World) -> str:
    order = world.buy(3)
    world.shop.cancel(order)
    return order


def cancelled_for_good(world: World) -> str:
    order = world.buy(3)
    world.shop.cancel(order, restock=False)
    return order


def partly_refunded(world: World) -> str:
    order = world.buy(3)
    world.shop.refund(order, world.line(order), 1)
    return order


def partly_refunded_for_good(world: World) -> str:
    order = world.buy(3)
    world.shop.refund(order, world.line(order), 1, restock=False)
    return order


def returned(world: World) -> str:
    order = world.buy(3)
    world.shop.fulfil(order, tracking_number="T1")
    world.shop.refund(order, world.line(order), 2)
    return order


def refunded_and_kept(world: World) -> str:
    order = world.buy(3)
    world.shop.fulfil(order)
    world.shop.refund(order, world.line(order), 2, restock=False)
    return order


def partly_sent_and_the_rest_refunded_for_good(world: World) -> str:
    order = world.buy(3)
    world.shop.fulfil(order, {world.line(order): 2})
    world.shop.refund(order, world.line(order), 1, restock=False)
    return order


def partly_sent_and_cancelled(world: World) -> str:
    order = world.buy(3)
    world.shop.fulfil(order, {world.line(order): 2})
    world.shop.cancel(order)
    return order


def edited_down(world: World) -> str:
    order = world.buy(3)
    world.shop.edit(order, world.line(order), 1)
    return order


def edited_down_with_a_refund(world: World) -> str:
    world.shop.edits_leave_refunds = True
    return edited_down(world)


def edited_up(world: World) -> str:
    order = world.buy(3)
    world.shop.edit(order, world.line(order), 5)
    return order


def a_parcel_that_didnt_leave(world: World) -> str:
    order = world.buy(3)
    parcel = world.shop.fulfil(order, tracking_number="T1")
    world.shop.cancel_fulfilment(order, parcel.id)
    return order


def eight_refunds_and_parcels(world: World) -> str:
    world.shop.hand_edit(world.mug.id, 30)
    order = world.buy(20)
    for _ in range(8):
        world.shop.fulfil(order, {world.line(order): 1})
    for _ in range(8):
        world.shop.refund(order, world.line(order), 1)
    return order


WHOLE = {"ordered": 3, "counted_down": 3}


@pytest.mark.parametrize(
    ("story", "expected", "counter"),
    [
        (placed, WHOLE, 6),
        (unpaid, WHOLE, 6),
        (paid_later, WHOLE, 6),
        (cancelled, WHOLE | {"cancelled": 3, "put_back": 3}, 9),
        (cancelled_for_good, WHOLE | {"cancelled": 3}, 6),
        (partly_refunded, WHOLE | {"cancelled": 1, "put_back": 1}, 7),
        (partly_refunded_for_good, WHOLE | {"cancelled": 1}, 6),
        (returned, WHOLE | {"shipped": 3, "returned": 2, "put_back": 2}, 8),
        (refunded_and_kept, WHOLE | {"shipped": 3}, 6),
        (partly_sent_and_the_rest_refunded_for_good, WHOLE | {"shipped": 2, "cancelled": 1}, 6),
        (partly_sent_and_cancelled, WHOLE | {"shipped": 2, "cancelled": 1, "put_back": 1}, 7),
        (edited_down, WHOLE | {"cancelled": 2, "put_back": 2}, 8),
        (edited_down_with_a_refund, WHOLE | {"cancelled": 2, "put_back": 2}, 8),
        (edited_up, {"ordered": 5, "counted_down": 5}, 4),
        (a_parcel_that_didnt_leave, WHOLE, 6),
        (eight_refunds_and_parcels, {"ordered": 20, "counted_down": 20, "shipped": 8, "cancelled": 8, "put_back": 8}, 18),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_webhook_and_api_tell_the_same_of_an_order(listening: World, story: Any, expected: dict[str, int], counter: int) -> None:
    order = story(listening)
    heard, fetched = listening.heard(order), listening.fetched(order)
    assert heard == fetched
    assert figures(fetched) == expected
    assert listening.counter == counter


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(st.sampled_from(["refund", "keep", "send", "edit", "cancel", "drop"]), st.integers(0, 4)), max_size=7),
    leave=st.booleans(),
)
def test_whatever_happens_both_ways_agree_and_the_figures_explain_the_counter(steps: list[tuple[str, int]], leave: bool) -> None:
    with chance.installed(chance.Seeded(7, datetime(2026, 11, 22, 15, 14, 30, tzinfo=UTC))) as clock:
        world = World(clock)
        world.us.subscribe(HOOK)
        world.shop.edits_leave_refunds = leave
        order = world.buy(3)
        for step, units in steps:
            happen(world, order, step, units)
        heard, fetched = world.heard(order), world.fetched(order)
        assert heard == fetched
        found = figures(fetched)
        assert world.counter == 9 - found["counted_down"] + found.get("put_back", 0)
        line = world.shop.orders[order].lines[0]
        still = shopify_json.unsent(world.shop.orders[order], line)
        assert found["ordered"] - found.get("cancelled", 0) - found.get("shipped", 0) == still


def happen(world: World, order: str, step: str, units: int) -> None:
    """What a shopkeeper can do to the line, as far as it is possible."""
    made = world.shop.orders[order]
    line = made.lines[0]
    current, unsent = shopify_json.current(made, line), shopify_json.unsent(made, line)
    if step in ("refund", "keep") and (quantity := min(units, current)):
        world.shop.refund(order, line.id, quantity, restock=step == "refund")
    elif step == "send" and (quantity := min(units, unsent)):
        world.shop.fulfil(order, {line.id: quantity})
    elif step == "edit" and made.cancelled_at is None and units >= line.current - unsent and units != line.current:
        world.shop.edit(order, line.id, units)
    elif step == "cancel" and made.cancelled_at is None:
        world.shop.cancel(order, restock=units % 2 == 0)
    elif (
        step == "drop"
        and made.cancelled_at is None
        and not made.more["refunds"]
        and (parcels := [p for p in made.fulfilments if p.id not in made.more["statuses"]])
    ):
        world.shop.cancel_fulfilment(order, parcels[-1].id)


@pytest.mark.parametrize(("story", "paid"), [(placed, True), (unpaid, False), (paid_later, True), (cancelled, True), (returned, True)])
def test_whether_it_is_paid(listening: World, story: Any, paid: bool) -> None:
    assert listening.fetched(story(listening)).paid is paid


def test_an_order_says_who_bought_what_for_how_much(world: World) -> None:
    order = placed(world)
    found = world.fetched(order)
    buyer = world.shop.orders[order].buyer
    assert found.version == found.updated_at == found.placed_at == datetime(2026, 11, 22, 15, 14, 30, tzinfo=UTC)
    assert found.number == f"#{order}"
    assert found.buyer == {"name": buyer["name"], "company": None, "email": buyer["email"], "phone": None}
    assert isinstance(found.ship_to, dict) and (found.ship_to["line1"], found.ship_to["country"]) == ("4 Mill Lane", "GB")
    assert isinstance(found.amounts, dict)
    assert {name: str(money) for name, money in found.amounts.items()} == {
        "gross": "37.50 EUR",
        "discount": "0.00 EUR",
        "tax": "0.00 EUR",
        "shipping": "4.90 EUR",
        "total": "42.40 EUR",
    }


def test_what_we_may_not_see_is_withheld_and_not_empty(listening: World) -> None:
    listening.shop.withholds = True
    order = placed(listening)
    heard, fetched = listening.heard(order), listening.fetched(order)
    assert heard == fetched
    assert (fetched.buyer, fetched.ship_to) == (WITHHELD, WITHHELD)
    assert figures(fetched) == WHOLE


def test_an_order_that_is_fetched_has_no_address(world: World) -> None:
    order = placed(world)
    world.shop.orders[order].more["ships"] = False
    assert world.fetched(order).ship_to is None


def test_an_order_of_fifty_lines_comes_whole(world: World) -> None:
    made = [world.shop.add(f"SKU-{number}", 1) for number in range(50)]
    order = world.shop.buy({variant.id: 1 for variant in made})
    assert order is not None
    found = world.fetched(order)
    assert isinstance(found.lines, list)
    assert [line.listing for line in found.lines] == [variant.id for variant in made]
    assert world.shop.admin.asked["OrderCore"] == 3


def test_a_deleted_order_is_gone(listening: World) -> None:
    order = placed(listening)
    listening.told()
    listening.pass_(10)
    listening.shop.delete(order)
    [word] = listening.told()
    assert listening.us.parse(delivery(word)) == [Hint("order", order)]
    assert listening.fetched(order) == OrderSnapshot(order, chance.now(), OrderState.GONE)


def test_an_order_that_is_too_old_to_be_seen_isnt_taken_for_deleted(world: World) -> None:
    world.shop.scopes -= {"read_all_orders"}
    old = world.buy(1)
    assert list(world.us.fetch_orders([old])) != []
    world.pass_(61 * 86_400)
    assert list(world.us.fetch_orders([old])) == []
    young, deleted = world.buy(1), world.buy(1)
    world.shop.delete(deleted)
    world.pass_(60)
    assert list(world.us.fetch_orders([old])) == []
    assert [each.state for each in world.us.fetch_orders([young, deleted])] == [OrderState.ORDER, OrderState.GONE]


# The feed


def polled(world: World, since: datetime | None) -> list[str]:
    return [order.external_id for page in world.us.orders_since(since) for order in page.orders]


def test_the_feed_lags_and_then_shows_every_change(world: World) -> None:
    start = chance.now()
    first, second = world.buy(1), world.buy(1)
    assert polled(world, start) == []
    world.pass_(6)
    assert polled(world, start) == [first, second]
    world.shop.cancel(first)
    changed = chance.now()
    world.pass_(6)
    assert polled(world, changed) == [first]
    assert [page.stamp for page in world.us.orders_since(changed)] == [changed.replace(microsecond=0)]
    assert [page.stamp for page in world.us.orders_since(chance.now())] == [None]


def test_without_a_time_the_feed_gives_the_open_orders(world: World) -> None:
    done, gone, left = world.buy(1), world.buy(1), world.buy(1)
    world.shop.fulfil(done)
    world.shop.cancel(gone)
    world.pass_(60)
    assert polled(world, None) == [left]


def test_a_poll_that_is_throttled_gets_further_each_time(world: World) -> None:
    world.shop.hand_edit(world.mug.id, 150)
    bought = [world.buy(1) for _ in range(150)]
    start = chance.now()
    world.pass_(60)
    waited = 0
    while isinstance(found := attempted(world, start), TryLater):
        assert found.limited and found.after_s is not None and found.after_s > 0
        world.pass_(found.after_s)
        waited += 1
    assert found == bought
    assert 0 < waited < 5
    assert world.shop.admin.asked["OrderCore"] == 150
    assert world.shop.admin.throttled <= 1


def attempted(world: World, since: datetime) -> list[str] | TryLater:
    try:
        return polled(world, since)
    except TryLater as later:
        return later


def test_what_two_polls_have_in_common_is_read_once(world: World) -> None:
    start = chance.now()
    order = world.buy(1)
    world.pass_(60)
    assert polled(world, start) == polled(world, start) == [order]
    assert world.shop.admin.asked["OrderCore"] == 1
    world.shop.cancel(order)
    world.pass_(60)
    [page] = world.us.orders_since(start)
    assert figures(page.orders[0]) == {"ordered": 1, "cancelled": 1, "counted_down": 1, "put_back": 1}


def test_what_was_read_within_the_second_of_its_change_is_read_again(world: World) -> None:
    world.shop.index_lag_s = 0.0
    start = chance.now()
    order = world.buy(2)
    assert polled(world, start) == [order]
    world.shop.cancel(order)
    world.pass_(60)
    [page] = world.us.orders_since(start)
    assert figures(page.orders[0]) == {"ordered": 2, "cancelled": 2, "counted_down": 2, "put_back": 2}


# Throttling


def test_a_read_that_is_bound_to_be_throttled_isnt_sent(world: World) -> None:
    order = world.buy(1)
    world.fetched(order)
    world.shop.admin.left = 300.0
    world.us.capabilities()
    with pytest.raises(TryLater) as caught:
        world.fetched(order)
    assert caught.value.limited and caught.value.after_s is not None and 0 < caught.value.after_s < 15
    assert (world.shop.admin.throttled, world.shop.admin.asked["OrderCore"]) == (0, 1)
    world.pass_(caught.value.after_s)
    world.fetched(order)


def test_a_throttled_write_says_when(world: World) -> None:
    world.us.capabilities()
    world.shop.admin.left = 0.0
    result = world.write(7, expected=9)
    assert (result.outcome, result.after_s, world.counter) == (Outcome.LIMITED, 1.0, 9)
    world.pass_(1)
    assert (world.write(7, expected=9).outcome, world.counter) == (Outcome.DONE, 7)  # the same key and body


def test_a_poll_leaves_points_to_writes(world: World) -> None:
    world.shop.hand_edit(world.mug.id, 150)
    start = chance.now()
    for _ in range(100):
        world.buy(1)
    world.pass_(60)
    assert isinstance(attempted(world, start), TryLater)
    assert world.write(40, expected=50).outcome is Outcome.DONE


# Messages


def test_every_topic_is_subscribed_once(world: World) -> None:
    first = world.us.subscribe(HOOK)
    assert (set(first.topics), len(first.changed)) == (set(TOPICS), len(TOPICS))
    assert {each.uri for each in world.shop.subscriptions.values()} == {HOOK}
    before = dict(world.shop.subscriptions)
    assert world.us.subscribe(HOOK).changed == []
    assert world.shop.subscriptions == before


def test_what_is_missing_wrong_or_elsewhere_is_put_right_and_what_is_others_is_left(world: World) -> None:
    world.us.subscribe("https://old.example/webhooks/1")
    theirs = world.shop.subscribe("ORDERS_CREATE", "https://other.example/hook")
    world.us.subscribe(HOOK)
    assert sorted(each.uri for each in world.shop.subscriptions.values()) == [*[HOOK] * len(TOPICS), "https://other.example/hook"]
    by_topic = {each.topic: each for each in world.shop.subscriptions.values() if each.uri == HOOK}
    del world.shop.subscriptions[by_topic["ORDERS_PAID"].id]
    by_topic["ORDERS_CREATE"].include_fields = ("id",)
    changed = world.us.subscribe(HOOK).changed
    assert [each.partition(":")[0] for each in changed] == ["orders/create", "orders/create", "orders/paid"]
    world.us.unsubscribe()
    assert list(world.shop.subscriptions.values()) == [theirs]


def test_an_address_that_shopify_doesnt_take_is_told(world: World) -> None:
    with pytest.raises(NoUse, match="Address is invalid"):
        world.us.subscribe("http://hub.example/webhooks/1")


def test_messages_are_signed_and_anybody_elses_arent(listening: World) -> None:
    placed(listening)
    first, *rest = listening.told()
    identity = listening.us.verify(delivery(first))
    assert identity == listening.us.verify(delivery(first))
    assert len({listening.us.verify(delivery(each)) for each in (first, *rest)}) == 1 + len(rest)
    forged = Delivery("POST", {**delivery(first).headers}, first.body.replace(b"available", b"Available"))
    with pytest.raises(BadSignature):
        listening.us.verify(forged)


def test_after_a_rotation_the_oldest_secret_signs(listening: World) -> None:
    old = listening.shop.secrets[0]
    listening.shop.secrets.append("shpss_new")
    placed(listening)
    word = delivery(listening.told()[0])
    vault = MemoryVault(client_id="x", client_secret="shpss_new")
    us = Shopify(Connection("channel-1", {"shop": "mugs"}, vault))
    with pytest.raises(BadSignature):
        us.verify(word)
    vault.keep({"client_secret_previous": old})
    us.verify(word)


def test_doubled_messages_have_one_identity(listening: World) -> None:
    listening.shop.doubled, listening.shop.delay_s = 1.0, (0.0, 30.0)
    placed(listening)
    listening.pass_(30)
    sent = listening.told()
    identities = [listening.us.verify(delivery(each)) for each in sent]
    assert len(sent) == 8  # the counter, created, paid, updated
    assert len(set(identities)) == 4
    assert len({each.headers["X-Shopify-Webhook-Id"] for each in sent}) == 4


def test_messages_overtake_each_other_and_their_versions_tell(listening: World) -> None:
    listening.shop.delay_s = (0.0, 60.0)
    order = placed(listening)
    listening.pass_(10)
    listening.shop.cancel(order)
    listening.pass_(60)
    found = [each for sent in listening.told() for each in listening.us.parse(delivery(sent))]
    orders = [each for each in found if isinstance(each, OrderSnapshot)]
    newest = max(orders, key=lambda each: each.version)
    assert newest == listening.fetched(order)
    assert [each.version for each in orders] != sorted(each.version for each in orders)
    assert Hint("order", order) in found  # of refunds/create


def test_a_subscription_dies_of_eight_failures_in_a_row(listening: World) -> None:
    order = placed(listening)
    [word] = [each for each in listening.told() if each.topic == "orders/create"]
    attempts = [word]
    listening.shop.delivered(word, 500)
    while (due := listening.shop.next_delivery_at()) is not None:
        listening.pass_((due - chance.now()).total_seconds())
        for again in listening.told():
            attempts.append(again)
            listening.shop.delivered(again, None)
    assert len(attempts) == 8
    assert {each.body for each in attempts} == {word.body}
    assert {each.headers["X-Shopify-Webhook-Id"] for each in attempts} == {word.headers["X-Shopify-Webhook-Id"]}
    assert "ORDERS_CREATE" not in {each.topic for each in listening.shop.subscriptions.values()}
    assert listening.us.subscribe(HOOK).changed == ["orders/create: subscribed"]
    assert order in listening.shop.orders


def test_a_success_starts_the_count_of_failures_anew(listening: World) -> None:
    for _ in range(9):
        listening.shop.hand_edit(listening.mug.id, 5)
        [word] = listening.told()[-1:]
        listening.shop.delivered(word, 500)
        listening.shop.delivered(word, 200)
    assert len(listening.shop.subscriptions) == len(TOPICS)


def test_an_uninstalled_app_says_so_last(listening: World) -> None:
    listening.shop.uninstall()
    [word] = listening.told()
    listening.us.verify(delivery(word))
    assert listening.us.parse(delivery(word)) == [Hint("uninstalled", "mugs.myshopify.com")]


def test_an_edit_is_a_pointer(listening: World) -> None:
    order = placed(listening)
    listening.told()
    listening.shop.edit(order, listening.line(order), 1)
    [word] = [each for each in listening.told() if each.topic == "orders/edited"]
    assert listening.us.parse(delivery(word)) == [Hint("order", order)]


# Shipping


def parcel(world: World, order: str, quantity: int = 3, tracking: str | None = "T1", parcel_id: str = "parcel-1") -> Parcel:
    lines = [ShipLine(world.line(order), quantity)]
    return Parcel(parcel_id, order, lines, "DHL Express", tracking, None, chance.now(), complete=True)


def test_a_parcel_is_told_once(world: World) -> None:
    order = placed(world)
    world.us.ship(parcel(world, order))
    world.us.ship(parcel(world, order))
    [known] = world.shop.orders[order].fulfilments
    assert (known.lines, known.carrier, known.tracking_number) == ({world.line(order): 3}, "DHL Express", "T1")
    assert figures(world.fetched(order)) == WHOLE | {"shipped": 3}


def test_a_parcel_without_an_answer_is_told_once(world: World) -> None:
    order = placed(world)
    world.us.capabilities()
    world.faults.fail_after, world.faults.only = 1.0, lambda request: b"fulfillmentCreate" in request.content
    with pytest.raises(TryLater):
        world.us.ship(parcel(world, order, tracking=None))
    world.faults.fail_after = 0.0
    world.us.ship(parcel(world, order, tracking=None))
    [known] = world.shop.orders[order].fulfilments
    assert known.tracking_number == "parcel-1"


def test_two_parcels_of_one_line_are_two(world: World) -> None:
    order = placed(world)
    world.us.ship(parcel(world, order, 1, "T1"))
    world.us.ship(parcel(world, order, 2, "T2", "parcel-2"))
    assert [dict(each.lines) for each in world.shop.orders[order].fulfilments] == [{world.line(order): 1}, {world.line(order): 2}]


def test_a_parcel_out_of_two_places_takes_a_request_each_and_can_be_resumed(world: World) -> None:
    order = placed(world)
    world.shop.split(order, {world.line(order): 1}, "70000000002")
    world.us.capabilities()
    created = iter([False, True])
    world.faults.fail_before = 1.0
    world.faults.only = lambda request: b"fulfillmentCreate" in request.content and next(created)
    with pytest.raises(TryLater):
        world.us.ship(parcel(world, order))
    world.faults.fail_before, world.faults.only = 0.0, None
    world.us.ship(parcel(world, order))
    assert [dict(each.lines) for each in world.shop.orders[order].fulfilments] == [{world.line(order): 2}, {world.line(order): 1}]


def test_an_order_on_hold_isnt_sent(world: World) -> None:
    order = placed(world)
    world.shop.hold(order)
    with pytest.raises(NoUse, match="Release the hold"):
        world.us.ship(parcel(world, order))
    assert world.shop.orders[order].fulfilments == []


def test_what_was_marked_as_sent_by_hand_needs_no_telling(world: World) -> None:
    order = placed(world)
    world.shop.fulfil(order, tracking_number="by hand")
    world.us.ship(parcel(world, order))
    assert len(world.shop.orders[order].fulfilments) == 1


def test_more_than_is_expected_is_told_to_a_person(world: World) -> None:
    order = placed(world)
    world.shop.cancel(order)
    with pytest.raises(NoUse, match="expects fewer units"):
        world.us.ship(parcel(world, order))


def test_a_parcel_of_an_order_that_is_gone_is_of_no_use(world: World) -> None:
    order = placed(world)
    wanted = parcel(world, order)
    world.shop.delete(order)
    with pytest.raises(NoUse) as caught:
        world.us.ship(wanted)
    assert caught.value.code == "gone"


# The shop's own rules


def test_an_answer_has_the_fields_that_were_asked_for_and_no_others(world: World) -> None:
    order = placed(world)
    text = "query One($id: ID!) { order(id: $id) { name lineItems(first: 1) { nodes { quantity } } } }"
    found = asked(world, text, {"id": f"gid://shopify/Order/{order}"})
    assert found["data"] == {"order": {"name": f"#{order}", "lineItems": {"nodes": [{"quantity": 3}]}}}
    assert asked(world, "query One { shop { nonsense } }")["errors"][0]["extensions"]["code"] == "undefinedField"


def test_a_write_needs_its_key_and_its_check(world: World) -> None:
    operation = world.us.compose(world.mug.counter, [Entry(world.mug.counter, -2, 9, 7)], "k1")
    without_key = "mutation Set($input: X!) { inventorySetQuantities(input: $input) { userErrors { code } } }"
    assert asked(world, without_key, operation["variables"])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    del operation["variables"]["input"]["quantities"][0]["changeFromQuantity"]
    with_key = (
        "mutation Set($input: X!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code } } }"
    )
    assert asked(world, with_key, operation["variables"])["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert world.counter == 9


def test_one_query_may_not_cost_more_than_a_thousand_points(world: World) -> None:
    found = asked(world, "query All { orders(first: 250) { nodes { lineItems(first: 50) { nodes { id } } } } }")
    assert found["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"


def asked(world: World, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"x-shopify-access-token": world.shop.admin.give_token("shpat_old")}
    request = httpx.Request(
        "POST",
        "https://mugs.myshopify.com/admin/api/2026-10/graphql.json",
        headers=headers,
        json={"query": text, "variables": variables or {}},
    )
    answer = world.shop.handle(request)
    assert answer.status_code == 200
    return dict(answer.json())


def test_a_stranger_is_turned_away(world: World) -> None:
    request = httpx.Request("POST", "https://mugs.myshopify.com/admin/api/2026-10/graphql.json", json={"query": "query A { shop { id } }"})
    assert world.shop.handle(request).status_code == 401


def test_the_same_over_real_http() -> None:
    shop = ShopifyShop(name="mugs")
    mug = shop.add("MUG-BLUE", 9)
    with served(shop) as url:
        vault = MemoryVault(client_id=shop.client_id, client_secret=shop.secrets[0])
        us = Shopify(Connection("channel-1", {"shop": "mugs", "location_id": shop.location, "base_url": url}, vault))
        try:
            assert us.capabilities().shop_name == "mugs"
            body = us.compose(mug.counter, [Entry(mug.counter, -2, 9, 7)], "k1")
            [result] = us.write_quantities([WriteRequest(mug.counter, [Entry(mug.counter, -2, 9, 7)], "k1", body)])
            assert (result.outcome, shop.counters[mug.counter]) == (Outcome.DONE, 7)
        finally:
            us.close()
