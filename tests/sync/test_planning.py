"""What each counter shall offer, and when that is worth a write: scarce units where they sell, and no writes for nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.channels.base import Budget, Refuses, WriteMode, WriteRequest, WriteResult, Zero
from app.channels.memory import EXACT, Shop
from app.database import Database, Session
from app.domain import catalogue, changes, connections, counters, exceptions, listings, plans, recording, writes
from app.domain import store as settings
from app.domain.counters import Counter
from app.sync import plan, push
from tests import shop as shelf
from tests.world import CAUSE, World, broken_books, world

BOWL = "BOWL"
ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, keyed=False, key_life_s=0.0)


@dataclass
class Stall(Shop):
    """A shop that remembers what it was told, and when."""

    told: list[tuple[datetime, int, int]] = field(default_factory=list)  # when, from what, to what
    channel_id: str = ""

    def take(self, request: WriteRequest) -> WriteResult:
        self.told += [(chance.now(), self.counters[entry.counter], entry.value) for entry in request.entries]
        return super().take(request)

    @property
    def shows(self) -> int:
        (quantity,) = self.counters.values()
        return quantity


class Store:
    """A store whose shops sell one SKU; they are in memory, and their requests are answered at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.database = world.database
        self.stalls: list[Stall] = []

    def stall(self, shown: int = 0, *, can: Any = EXACT, sku: str | None = BOWL, **facts: Any) -> Stall:
        """A shop that is connected, read and live."""
        made = Stall(can)
        made.offer(f"{sku}-{len(self.stalls) + 1}", sku, shown)
        made.channel_id = self.world.connect(made, **facts)
        self.stalls.append(made)
        return made

    def settle(self) -> None:
        """Long enough for everything to be read, planned and written; nothing fades in it."""
        self.world.run_for(20)

    def counter(self, stall: Stall) -> Counter:
        return self.world.counter(stall.channel_id)

    def sells(self, stall: Stall, a_day: float) -> None:
        """It has sold so many a day lately."""
        self.database.run(counters.change, self.counter(stall), rate=a_day, rate_at=chance.now())

    def buy(self, stall: Stall, quantity: int = 1) -> str:
        """Somebody buys, we hear of it at once, and do what there is to do."""
        (listing,) = stall.listings
        order = stall.buy(listing, quantity)
        assert order is not None, "the shop refuses"
        self.world.deliver(stall.channel_id, stall.message(order))
        self.world.quiet()
        return order

    def plan(self, **changed: Any) -> None:
        """Change how the SKU is shared out."""
        self.database.run(plans.change, self.sku["id"], changed, cause=CAUSE)
        self.world.quiet()

    def look(self) -> None:
        """Plan it anew, though nothing happened."""
        self.database.run(plans.mark, [self.sku["id"]])
        self.world.quiet()

    def change(self, **changed: Any) -> None:
        """Change the SKU."""
        self.database.run(changes.change_sku, self.sku["id"], changed, cause=CAUSE)
        self.world.quiet()

    @property
    def sku(self) -> dict[str, Any]:
        return self.database.look(catalogue.by_code, BOWL)

    @property
    def shows(self) -> list[int]:
        return [stall.shows for stall in self.stalls]

    @property
    def writes(self) -> int:
        return sum(len(stall.told) for stall in self.stalls)

    @property
    def free(self) -> int:
        return self.world.level(BOWL).get("available", 0)

    def told(self, cause: str) -> list[str]:
        """The subjects of what a person is told and that is still open."""
        return [row["subject"] for row in self.database.look(exceptions.page, None, 100, open=True, cause_=cause)]

    def check(self) -> None:
        self.world.check()
        assert self.database.look(broken_books) == []


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[Store]:
    with world(database, tmp_path) as made:
        found = Store(made)
        yield found
        made.check()


# When nothing is written


def test_a_sale_with_plenty_left_writes_to_no_shop(store: Store) -> None:
    store.world.stocked(BOWL, 120)
    for _ in range(5):
        store.stall()
    store.settle()
    assert (store.shows, store.free, store.writes) == ([20] * 5, 20, 5)
    for stall in store.stalls * 2:
        store.buy(stall)
    store.settle()
    assert (store.shows, store.writes) == ([18] * 5, 5)
    store.check()


def test_a_share_that_is_missed_by_less_than_half_is_not_worth_a_write(store: Store) -> None:
    store.world.stocked(BOWL, 60)
    one, other = store.stall(), store.stall()
    store.settle()
    assert (store.shows, store.free, store.writes) == ([20, 20], 20, 2)
    store.world.receive(BOWL, 30)
    store.settle()
    assert (store.shows, store.writes) == ([20, 20], 2), "30 each would be a third more"
    store.world.receive(BOWL, 30)
    store.settle()
    assert (store.shows, store.free, store.writes) == ([40, 40], 40, 4)
    assert [told[1:] for told in one.told + other.told] == [(0, 20), (20, 40)] * 2


def test_what_still_has_plenty_for_what_it_sells_is_not_refilled(store: Store) -> None:
    store.world.stocked(BOWL, 90)
    one, _ = store.stall(), store.stall()
    store.settle()
    assert (store.shows, store.free) == ([30, 30], 30)
    store.sells(one, 3.9)
    store.buy(one)
    assert (store.shows, store.writes) == ([29, 30], 2), "29 are less than half of its share now, and as much as it sells in a week"
    store.buy(one)
    assert one.shows == 28, "28 are plenty: there is no hurry"
    store.world.run_for(plans.NO_HURRY.total_seconds())
    assert one.shows == 58
    store.check()


def test_what_sells_within_a_write_is_refilled_early(store: Store) -> None:
    store.world.stocked(BOWL, 120)
    one = store.stall()
    store.settle()
    assert (one.shows, store.free) == (60, 60)
    store.plan(own_weight=0)
    store.settle()
    assert (one.shows, store.free) == (60, 60), "sixty more are no reason while it sells nothing"
    store.sells(one, 59 / 4 * 86_400)  # a write takes two seconds: twice what sells in them is the least that should be left
    store.buy(one)
    assert (one.shows, store.free) == (119, 0)


def test_a_store_without_orders_of_its_own_shows_all_that_there_is_but_for_the_least_that_was_asked_for(store: Store) -> None:
    store.database.run(settings.change, {"own_orders": False}, cause=CAUSE)
    store.world.stocked(BOWL, 10)
    one = store.stall()
    store.settle()
    assert (one.shows, store.free) == (10, 0)
    store.plan(own_min=8)
    store.settle()
    assert (one.shows, store.free) == (2, 8)
    store.check()


def test_an_hour_with_nothing_to_do_costs_next_to_nothing(store: Store) -> None:
    store.world.stocked(BOWL, 60)
    store.stall()
    store.world.run_for(20)
    planned = store.database.look(plans.get, store.sku["id"])["planned_at"]
    written, before = store.writes, store.database.figures.commits
    store.world.run_for(3600)
    commits = store.database.figures.commits - before
    assert (store.writes, store.database.look(plans.get, store.sku["id"])["planned_at"]) == (written, planned)
    # Each lane renews its lease, polls every 5 minutes, and looks after its subscriptions once an hour.
    assert commits <= 80 + 12 + 2, f"{commits} commits"


def test_what_changes_while_it_is_planned_is_planned_for_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.world.stocked(BOWL, 6)
    one = store.stall()
    store.settle()
    shown, planning, changed = one.shows, threading.Event(), threading.Event()
    of_skus = counters.of_skus

    def slowly(session: Session, sku_ids: Iterable[str]) -> list[Counter]:
        found = of_skus(session, sku_ids)
        planning.set()
        changed.wait(0.5)  # on PostgreSQL, where others write meanwhile; they may have to wait for us
        return found

    monkeypatch.setattr(plan.counters, "of_skus", slowly)
    plans_it = threading.Thread(target=store.database.run, args=(plan.plan, store.sku["id"]))
    store.database.run(plans.mark, [store.sku["id"]])
    plans_it.start()
    assert planning.wait(10)
    monkeypatch.setattr(plan.counters, "of_skus", of_skus)
    store.database.run(connections.disconnect, one.channel_id, "zero", cause=CAUSE)
    changed.set()
    plans_it.join()
    assert shown == one.shows
    store.settle()
    assert one.shows == 0
    store.check()


# Where scarce units go


def test_scarce_units_move_to_the_counter_that_sells(store: Store) -> None:
    store.world.stocked(BOWL, 6)
    one, *others = store.stall(), store.stall(), store.stall()
    store.settle()
    assert sum(store.shows) + store.free == 6
    for left in (5, 4, 3):
        while one.shows == 0:
            store.settle()
        store.buy(one)
        store.settle()
        assert sum(store.shows) + store.free == left
    assert one.shows == 1
    assert [each.shows for each in others] == [1, 1], "the last one isn't taken from what came on sale within the hour"
    store.check()


def test_units_are_taken_from_a_counter_before_another_one_gets_them(store: Store) -> None:
    store.world.stocked(BOWL, 12)
    one = store.stall()
    store.settle()
    store.plan(own_weight=0)
    store.settle()
    assert one.shows == 12
    one.down = True
    other = store.stall()
    store.settle()
    assert (one.shows, other.shows, store.free) == (12, 0, 0), "what can't be reached keeps what it shows"
    assert store.counter(one).flight is not None
    one.down = False
    store.world.run_for(600)
    assert (one.shows, other.shows, store.free) == (6, 6, 0)
    assert one.told[-1][0] <= other.told[0][0]
    store.check()


def test_a_one_of_a_kind_item_is_live_in_one_place_at_a_time_and_where_zero_costs_most(store: Store) -> None:
    store.world.stocked(BOWL, 1)
    for zero in (Zero.HARMLESS, Zero.DARK, Zero.ENDS):
        store.stall(can=replace(EXACT, zero=zero))
    store.settle()
    assert store.shows == [0, 0, 1]
    store.world.receive(BOWL, 1)
    store.settle()
    assert store.shows == [0, 1, 1]
    store.buy(store.stalls[2])
    store.settle()
    assert store.shows == [0, 1, 0], "within the hour the other one stays where it is"
    store.world.skip(3600)
    assert store.shows == [0, 0, 1]
    store.check()


def test_what_is_dark_changes_at_most_once_an_hour(store: Store) -> None:
    store.world.stocked(BOWL, 1)
    one, other = store.stall(), store.stall()
    store.settle()
    begun = chance.now()
    favourite, dark = (one, other) if one.shows else (other, one)
    for _ in range(12):
        store.sells(dark, 50.0 + (chance.now() - begun).total_seconds())
        store.look()
        store.world.skip(600)
        if dark.shows:
            favourite, dark = dark, favourite
    ends = [at for stall in (one, other) for at, _, value in stall.told if value == 0]
    assert len(ends) >= 1
    for stall in (one, other):
        lit = [at for at, before, value in stall.told if before == 0 and value]
        gone = [at for at, before, value in stall.told if before and not value]
        assert all((end - max(at for at in lit if at <= end)).total_seconds() >= 3590 for end in gone)
    store.check()


# strict and expose


def test_strict_never_shows_more_than_there_is(store: Store) -> None:
    store.world.stocked(BOWL, 9)
    for _ in range(4):
        store.stall()
    store.settle()
    there, dice = 9, chance.random()
    for _ in range(15):
        stall = dice.choice(store.stalls)
        if dice.random() < 0.25:
            store.world.receive(BOWL, 1)
            there += 1
        elif stall.shows:
            store.buy(stall)
            there -= 1
        assert sum(store.shows) + store.free <= there
        assert store.database.look(broken_books) == []
        store.world.run_for(dice.choice((1, 10, 400)))
        assert sum(store.shows) + store.free == there
    assert store.told("excess") == []


def test_expose_shows_the_last_unit_everywhere_and_takes_it_back_when_it_is_gone(store: Store) -> None:
    store.world.stocked(BOWL, 1)
    for _ in range(3):
        store.stall()
    store.database.run(settings.change, {"default_policy": "expose"}, cause=CAUSE)
    store.settle()
    assert store.shows == [1, 1, 1]
    found = sorted((each.allotment, each.exposed, each.excess, each.excess_cause) for each in map(store.counter, store.stalls))
    assert found == [(0, 1, 1, "exposed"), (0, 1, 1, "exposed"), (1, 0, 0, None)]
    assert store.told("excess") == [], "a choice is no news"
    store.buy(store.stalls[0])
    store.settle()
    assert store.shows == [0, 0, 0]
    assert [(each.exposed, each.excess, each.excess_cause) for each in map(store.counter, store.stalls)] == [(0, 0, None)] * 3
    store.world.receive(BOWL, 1)
    store.settle()
    assert store.shows == [1, 1, 1]


def test_expose_shows_no_more_than_its_limit_and_never_more_than_there_is(store: Store) -> None:
    store.world.stocked(BOWL, 2)
    for _ in range(4):
        store.stall()
    store.settle()
    assert sum(store.shows) == 2
    store.plan(policy="expose", expose_limit=3)
    store.settle()
    assert store.shows == [2, 2, 2, 2]
    store.plan(expose_limit=1)
    store.settle()
    assert store.shows == [1, 1, 1, 1]
    store.plan(policy="strict")
    store.settle()
    assert sorted(store.shows) == [0, 0, 1, 1]
    store.check()


# What isn't for sale


def test_safety_stock_is_kept_back_from_shops_and_facts_may_eat_it(store: Store) -> None:
    store.world.stocked(BOWL, 10)
    store.change(safety_stock=4)
    stalls = [store.stall(live=False), store.stall(live=False)]
    store.settle()
    store.plan(own_weight=0)
    for stall in stalls:
        live(store, stall)
    assert (store.shows, store.free) == ([3, 3], 4)
    shelf.count(store.database, (BOWL, 9))
    store.settle()
    assert (store.shows, store.free) == ([3, 3], 3), "a little less than should be kept back is no reason to write"
    store.change(safety_stock=8)
    store.settle()
    assert (sorted(store.shows), store.free) == ([0, 1], 8)


def test_an_archived_sku_is_withdrawn_everywhere(store: Store) -> None:
    store.world.stocked(BOWL, 30)
    for _ in range(3):
        store.stall()
    store.settle()
    assert store.shows.count(0) == 0
    assert store.free > 0
    store.change(archived=True)
    store.settle()
    assert (store.shows, store.free) == ([0, 0, 0], 30)
    store.change(archived=False)
    store.settle()
    assert store.shows.count(0) == 0


def test_an_untracked_sku_shows_a_fixed_quantity_and_is_refilled_below_half(store: Store) -> None:
    shelf.sku(store.database, BOWL, tracked=False)
    one, other = store.stall(3), store.stall(5_000)
    store.settle()
    assert store.shows == [1_000, 1_000]
    store.buy(one, 500)
    store.settle()
    assert store.shows == [500, 1_000]
    store.buy(one)
    store.settle()
    assert store.shows == [1_000, 1_000]
    assert (store.told("excess"), len(one.told), len(other.told)) == ([], 2, 1)
    store.change(archived=True)
    store.settle()
    assert store.shows == [0, 0]


# Sets, several listings, several locations


def test_a_set_of_four_gets_whole_sets(store: Store) -> None:
    store.world.stocked(BOWL, 11)
    sets, single = store.stall(sku=None), store.stall()
    store.settle()
    (listing,) = store.database.look(listings.page, None, 10, channel_id=sets.channel_id)
    store.database.run(listings.answer, listing["id"], [(BOWL, 4)], cause=CAUSE)
    store.database.run(recording.mapped, listing["id"], cause=CAUSE)
    store.settle()
    assert store.counter(sets).per == 4
    assert (sets.shows, store.counter(sets).allotment) == (1, 4)
    assert single.shows * 1 + 4 + store.free == 11
    store.buy(sets)
    store.settle()
    assert store.world.level(BOWL)["committed"] == 4
    assert sets.shows * 4 + single.shows + store.free == 7
    store.check()


def test_two_listings_on_one_counter_share_its_number(store: Store) -> None:
    store.world.stocked(BOWL, 20)
    stall = store.stall()
    stall.offer("again", BOWL, 0, counter=f"{BOWL}-1")
    other = store.stall()
    store.settle()
    assert stall.listings.keys() == {f"{BOWL}-1", "again"}
    has = stall.shows
    assert has == other.shows
    store.world.planning = False
    for listing in stall.listings:
        order = stall.buy(listing)
        assert order is not None
        store.world.deliver(stall.channel_id, stall.message(order))
    store.settle()
    found = store.counter(stall)
    assert (stall.shows, found.shown, found.allotment) == (has - 2, has - 2, has - 2)
    assert store.world.level(BOWL)["committed"] == 2
    store.world.planning = True


def test_channels_get_units_only_from_where_they_sell(store: Store) -> None:
    store.world.stocked(BOWL, 4)
    shelf.place_to_stock(store.database, "STALL")
    store.world.receive(BOWL, 40, location="STALL")
    here = store.stall()
    both = store.stall(location_codes=["STUDIO", "STALL"])
    store.settle()
    assert here.shows <= 4
    assert here.shows + both.shows + store.free + store.world.level(BOWL, "STALL").get("available", 0) == 44
    there = {each.id: each.allotted for each in map(store.counter, store.stalls)}[store.counter(here).id]
    assert sum(there.values()) == here.shows
    assert len(there) == 1
    store.check()


def test_a_shop_that_lacks_units_gets_them_although_plenty_lies_where_it_does_not_sell(store: Store) -> None:
    store.world.stocked(BOWL, 8)
    shelf.place_to_stock(store.database, "STALL")
    first = store.stall()
    store.settle()
    store.plan(own_weight=0)
    store.settle()
    assert first.shows == 8
    store.world.receive(BOWL, 100, location="STALL")
    second = store.stall()
    store.settle()
    assert (first.shows, second.shows) == (4, 4)
    store.check()


# Our own API


def test_our_own_api_keeps_its_least_share_and_gets_one_by_its_weight(store: Store) -> None:
    store.world.stocked(BOWL, 20)
    one = store.stall()
    store.settle()
    assert (one.shows, store.free) == (10, 10)
    store.plan(own_weight=0, own_min=4)
    store.settle()
    assert (one.shows, store.free) == (10, 10), "a little more is no reason"
    store.plan(own_min=0)
    store.settle()
    assert (one.shows, store.free) == (20, 0)
    store.plan(own_min=5)
    store.settle()
    assert (one.shows, store.free) == (15, 5)
    store.plan(own_weight=300)
    store.settle()
    assert (one.shows, store.free) == (5, 15)


def test_what_our_own_api_sells_is_kept_for_it(store: Store) -> None:
    store.world.stocked(BOWL, 40)
    one = store.stall()
    store.settle()
    assert (one.shows, store.free) == (20, 20)
    for _ in range(20):
        assert shelf.place_one(store.database, BOWL)
        store.settle()
    assert one.shows < 10 < store.free + one.shows
    assert store.free > one.shows


# Paused, and short of requests


def test_a_paused_channel_keeps_what_was_set_aside_for_it(store: Store) -> None:
    store.world.stocked(BOWL, 20)
    one, other = store.stall(), store.stall()
    store.settle()
    has, written = one.shows, len(one.told)
    store.database.run(connections.pause, one.channel_id, cause=CAUSE)
    for _ in range(other.shows + store.free - 1):
        if not other.shows:
            break
        store.buy(other)
    store.settle()
    assert (one.shows, store.counter(one).allotment, len(one.told)) == (has, has, written)
    store.buy(one)
    assert store.counter(one).allotment == has - 1
    store.database.run(connections.start, one.channel_id, cause=CAUSE)
    store.settle()
    store.check()


def test_a_channel_with_hardly_any_writes_left_writes_only_what_lowers(store: Store) -> None:
    store.world.stocked(BOWL, 10)
    thrifty = store.stall(can=replace(EXACT, budgets=(Budget("writes", 10, 3600.0),)))
    store.settle()
    store.plan(own_weight=0)
    store.settle()
    units = 10
    while thrifty.shows == units:
        store.world.receive(BOWL, 4 * units)
        units *= 5
        store.settle()
    lit = thrifty.shows
    assert len(thrifty.told) == 8, "the last fifth is for what lowers"
    commits = store.database.figures.commits
    store.world.run_for(300)
    assert (thrifty.shows, len(thrifty.told)) == (lit, 8)
    assert store.database.figures.commits - commits < 60, "it waits, and doesn't ask again and again"
    store.change(safety_stock=units - 1)
    store.settle()
    assert (thrifty.shows, len(thrifty.told)) == (1, 9)
    store.change(safety_stock=0)
    store.settle()
    assert (thrifty.shows, len(thrifty.told)) == (1, 9)
    store.world.skip(3700)
    assert (thrifty.shows, store.free) == (units, 0)


def test_the_guard_of_an_absolute_write_is_what_sells_in_a_round_trip(store: Store) -> None:
    store.world.stocked(BOWL, 30)
    stall = store.stall(can=ABSOLUTE)
    store.settle()

    def guard(target: int, a_day: float) -> int:
        store.sells(stall, a_day)
        counter = store.counter(stall)
        counter.target = target
        return store.database.look(push._guards, [counter])[counter.id]

    assert guard(9, 100_000.0) == 0
    assert guard(10, 0.0) == 0
    assert guard(10, 1.0) == 1
    assert guard(10, 2_880.0) == 1
    assert guard(10, 2_881.0) == 2
    store.plan(guard=7)
    assert (guard(9, 0.0), guard(10, 9_000.0)) == (7, 7)


# Excess, by its six causes


def excess(store: Store, stall: Stall) -> tuple[int, str | None, int]:
    found = store.counter(stall)
    return found.excess, found.excess_cause, len(store.told("excess"))


def paused(store: Store, stall: Stall) -> None:
    """Nothing is written for now, so that what is overdrawn can be seen."""
    store.database.run(connections.pause, stall.channel_id, cause=CAUSE)


def live(store: Store, stall: Stall) -> None:
    store.database.run(connections.start, stall.channel_id, cause=CAUSE)
    store.settle()


def test_excess_of_a_shop_that_was_connected_showing_more_than_there_is(store: Store) -> None:
    store.world.stocked(BOWL, 2)
    stall = store.stall(5, live=False)
    store.settle()
    assert excess(store, stall) == (5, "connected", 0), "it isn't live: nobody is woken, and nothing is set aside for it"
    store.database.run(connections.start, stall.channel_id, cause=CAUSE)
    assert excess(store, stall) == (3, "connected", 1)
    assert store.free == 0
    store.settle()
    assert excess(store, stall) == (0, None, 0)
    assert (stall.shows, store.free) == (1, 1)


def test_excess_after_somebody_raised_the_number_by_hand(store: Store) -> None:
    store.world.stocked(BOWL, 2)
    stall = store.stall()
    store.settle()
    has = stall.shows
    paused(store, stall)
    stall.counters[f"{BOWL}-1"] += 7
    store.database.run(counters.change, store.counter(stall), rebase_at=chance.now())
    store.settle()
    assert excess(store, stall) == (has + 7 - 2, "hand_edit", 1)
    assert store.told("hand_edit") == [store.counter(stall).id]
    live(store, stall)
    assert excess(store, stall) == (0, None, 0)
    assert stall.shows <= 2


def test_excess_of_units_that_the_channel_put_back_before_they_came_back_to_us(store: Store) -> None:
    store.world.stocked(BOWL, 1)
    stall = store.stall()
    store.settle()
    order = store.buy(stall)
    stall.ship(order)
    store.world.deliver(stall.channel_id, stall.message(order))
    store.settle()
    paused(store, stall)
    line = next(iter(stall.orders[order].lines))
    stall.change(order, line, put_back=1, returned=1)
    store.world.deliver(stall.channel_id, stall.message(order))
    store.settle()
    assert excess(store, stall) == (1, "put_back", 1)
    live(store, stall)
    assert excess(store, stall) == (0, None, 0)
    assert stall.shows == 0


def test_excess_of_a_counter_whose_units_broke(store: Store) -> None:
    store.world.stocked(BOWL, 3)
    stall = store.stall()
    store.settle()
    store.plan(own_weight=0)
    store.settle()
    assert stall.shows in (2, 3)
    has = stall.shows
    paused(store, stall)
    shelf.count(store.database, (BOWL, 1))
    store.settle()
    assert excess(store, stall) == (has - 1, "taken", 1)
    live(store, stall)
    assert excess(store, stall) == (0, None, 0)
    assert stall.shows == 1


def test_excess_of_a_channel_that_sold_more_than_it_was_shown(store: Store) -> None:
    store.world.stocked(BOWL, 2)
    stall = store.stall(can=replace(ABSOLUTE, refuses_below_zero=Refuses.NO))
    store.settle()
    store.plan(own_weight=0)
    store.world.receive(BOWL, 6)
    stall.fate = ["late"]
    store.settle()
    has, flight = stall.shows, store.counter(stall).flight
    assert flight is not None, "a write is under way, and nobody knows what comes of it"
    store.buy(stall, 8)
    assert (store.counter(stall).shown, shelf.short_total(store.database)) == (has - 8, 0)
    assert excess(store, stall) == (flight.value, "channel", 1)
    stall.land()
    for _ in range(4):
        store.world.skip(1_000)
    assert excess(store, stall) == (0, None, 0)
    assert (stall.shows, store.world.level(BOWL)) == (0, {"committed": 8})


def test_excess_by_choice_is_named_and_nobody_is_told(store: Store) -> None:
    store.world.stocked(BOWL, 1)
    one, other = store.stall(), store.stall()
    store.settle()
    store.plan(policy="expose")
    store.settle()
    bare = other if store.counter(one).allotment else one
    assert excess(store, bare) == (1, "exposed", 0)
    store.plan(policy="strict")
    store.settle()
    assert excess(store, bare) == (0, None, 0)


# The books of writes


def test_every_write_that_was_made_is_kept_with_what_came_of_it(store: Store) -> None:
    store.world.stocked(BOWL, 4)
    stall = store.stall()
    store.settle()
    (row,) = [each for each in store.database.look(writes.page, None, 10, channel_id=stall.channel_id) if each["mode"] != "rebase"]
    assert (row["outcome"], row["entries"][0]["value"]) == ("done", stall.shows)
