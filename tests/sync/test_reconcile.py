"""The reconciler: what a channel shows and our records don't explain gets its name, and what is safe is set right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.channels.base import Budget, Outcome, TryLater, WriteMode, WriteRequest, WriteResult
from app.channels.memory import EXACT, Memory, Shop
from app.database import Database, Session
from app.domain import channels, counters, differences, exceptions, listings, naming, recording, watch
from app.domain.errors import WrongState
from app.sync import reconcile
from tests import shop as shelf
from tests.world import CAUSE, START, World, broken_books, world

ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, keyed=False, key_life_s=0.0, replies_quantity=False)
BY_HOUR = 4_000.0
# Where a database has no part in it, one will do.
on_one = pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        made.stocked("MUG", 20)
        yield made


def opened(store: World, *, can: Any = EXACT, name: str = "North", skus: tuple[str, ...] = ("MUG",), **facts: Any) -> tuple[Shop, str]:
    """A shop that sells these, connected and written."""
    shop = Shop(can)
    for sku in skus:
        if sku != "MUG":
            store.stocked(sku, 9)
        shop.offer(sku, sku, 0)
    channel_id = store.connect(shop, name=name, **facts)
    store.run_for(120)
    return shop, channel_id


def looked_at(store: World, channel_id: str, *, whole: bool = False, seconds: float = 60.0) -> None:
    """Somebody asks for a look, and it is taken."""
    store.database.run(channels.ask_to_reconcile, channel_id, whole=whole)
    store.again[channel_id] = store.source.now()
    store.run_for(seconds)


def found(store: World, channel_id: str | None = None, **how: Any) -> list[tuple[str, str | None]]:
    """Causes and outcomes, oldest first."""
    rows = store.database.look(differences.page, None, 100, channel_id=channel_id, **how)
    return [(row["cause"], row["outcome"]) for row in reversed(rows)]


def waits(store: World) -> list[str]:
    return sorted(row["cause"] for row in store.database.look(exceptions.page, None, 100, open=True))


def test_a_number_that_somebody_typed_is_found_named_and_set_right(store: World) -> None:
    shop, channel_id = opened(store)
    gives = shop.counters["MUG"]
    shop.counters["MUG"] += 3
    looked_at(store, channel_id)
    assert found(store) == [("hand_edit", None)]
    looked_at(store, channel_id)
    (row,) = store.database.look(differences.page, None, 10)
    assert (row["cause"], row["outcome"], row["expected"], row["seen"]) == ("hand_edit", "overwritten", gives, gives + 3)
    assert row["opened_at"] < row["named_at"] <= row["closed_at"]
    (told,) = store.database.look(exceptions.page, None, 10, cause_="hand_edit")
    assert told["facts"]["call"]["path"] == f"/v1/differences/{row['id']}/resolve"
    assert shop.counters["MUG"] * 1 == store.counter(channel_id).shown <= 20
    assert not store.database.look(broken_books)


@on_one
def test_a_channel_is_gone_through_by_itself_every_hour(store: World) -> None:
    shop, channel_id = opened(store)
    shop.counters["MUG"] -= 2
    store.run_for(2 * BY_HOUR)
    assert found(store) == [("hand_edit", "overwritten")]
    lane = store.database.look(channels.lane, channel_id)
    assert lane["reconciled"]["counters"] == 1
    assert timedelta(minutes=50) < lane["reconcile_due_at"] - lane["reconciled_at"] < timedelta(minutes=70)


@pytest.mark.parametrize("change", [4, -3])
def test_a_number_that_is_adopted_is_a_count_of_the_shelf(store: World, change: int) -> None:
    shop, channel_id = opened(store, hand_edits="adopt")
    shows = shop.counters["MUG"] + change
    shop.counters["MUG"] = shows
    looked_at(store, channel_id)
    assert found(store) == [("hand_edit", "adopted")]
    assert sum(store.level("MUG").values()) == 20 + change
    assert (shop.counters["MUG"], store.counter(channel_id).allotment, waits(store)) == (shows, shows, [])


@on_one
def test_a_slip_of_the_hand_isnt_adopted_but_asked_about(store: World) -> None:
    shop, channel_id = opened(store, hand_edits="adopt")
    shop.counters["MUG"] += 5_000
    looked_at(store, channel_id)
    assert found(store, open=True) == [("hand_edit", None)]
    assert sum(store.level("MUG").values()) == 20
    assert shop.counters["MUG"] <= 20  # more than there is may not stay on offer, whatever she will answer


@on_one
def test_a_number_that_is_asked_about_stays_until_a_person_has_answered(store: World) -> None:
    shop, channel_id = opened(store, hand_edits="ask")
    gives = shop.counters["MUG"]
    shop.counters["MUG"] = gives - 2
    looked_at(store, channel_id)
    store.run_for(2 * BY_HOUR)
    _watched(store)
    assert shop.counters["MUG"] == gives - 2
    (row,) = store.database.look(differences.page, None, 10, open=True)
    assert waits(store) == ["hand_edit"]
    store.database.run(naming.answer, row["id"], "adopt", cause=CAUSE)
    store.run_for(60)
    assert (sum(store.level("MUG").values()), waits(store)) == (18, [])
    assert found(store) == [("hand_edit", "adopted")]
    with pytest.raises(WrongState):
        store.database.run(naming.answer, row["id"], "overwrite", cause=CAUSE)


@on_one
def test_a_person_may_keep_the_records_instead(store: World) -> None:
    shop, channel_id = opened(store, hand_edits="ask")
    gives = shop.counters["MUG"]
    shop.counters["MUG"] = 1
    looked_at(store, channel_id)
    (row,) = store.database.look(differences.page, None, 10, open=True)
    store.database.run(naming.answer, row["id"], "overwrite", cause=CAUSE)
    store.run_for(60)
    assert (shop.counters["MUG"], found(store)) == (gives, [("hand_edit", "overwritten")])


def test_an_order_that_the_feed_doesnt_show_yet_is_what_the_difference_turns_out_to_be(store: World) -> None:
    shop, channel_id = opened(store, can=replace(EXACT, feed_lag_s=60.0, feed_overlap_s=70.0))
    shop.buy("MUG", 2, shown_in_s=50.0)
    looked_at(store, channel_id, seconds=20.0)
    assert found(store) == [("undetermined", None)]
    store.run_for(120)
    assert found(store) == [("order_unseen", "healed")]
    assert waits(store) == []


@on_one
def test_a_hand_isnt_lost_among_sales_that_come_in_while_its_number_is_read(store: World) -> None:
    shop, channel_id = opened(store, can=replace(EXACT, feed_lag_s=60.0, feed_overlap_s=70.0))
    shows = shop.counters["MUG"]
    shop.counters["MUG"] += 2
    looked_at(store, channel_id, seconds=20.0)
    order_id = shop.buy("MUG", 2)
    assert order_id is not None
    store.deliver(channel_id, shop.message(order_id))
    store.run_for(120)
    assert found(store) == [("undetermined", None)]
    store.run_for(600)
    (row,) = store.database.look(differences.page, None, 10)
    assert (row["cause"], row["expected"], row["seen"]) == ("hand_edit", shows - 2, shows)


@on_one
@pytest.mark.parametrize(("feed_s", "turns_out"), [(50.0, ("order_unseen", "healed")), (0.0, ("undetermined", "explained"))])
def test_what_a_late_reading_may_explain_is_a_difference_until_it_is_read_again(
    store: World, feed_s: float, turns_out: tuple[str, str]
) -> None:
    shop, channel_id = opened(store, can=replace(EXACT, feed_lag_s=60.0, feed_overlap_s=70.0, read_lag_s=15.0))
    counter = store.counter(channel_id)
    store.database.run(counters.change, counter.id, read_at=store.source.now())
    if feed_s:
        shop.buy("MUG", 2, shown_in_s=feed_s)
    else:
        shop.counters["MUG"] += 1  # as a reading of a moment ago would show it
    looked_at(store, channel_id, seconds=10.0)
    assert found(store) == [("undetermined", None)]
    shop.counters["MUG"] = counter.shown - (2 if feed_s else 0)
    store.run_for(180)
    assert (found(store), waits(store)) == ([turns_out], [])


class BrokenOff(Memory):
    """An adapter that is asked to slow down when it has read an order."""

    times = 0
    read = 0

    def fetch_orders(self, ids: Any) -> Any:
        for each in super().fetch_orders(ids):
            BrokenOff.read += 1
            yield each
            if self.times:
                BrokenOff.times -= 1
                raise TryLater("Slow down.", after_s=2.0, limited=True)


@on_one
@pytest.mark.parametrize("broken_off", [0, 1])
def test_an_order_that_changed_without_a_word_is_read_once_more(store: World, monkeypatch: pytest.MonkeyPatch, broken_off: int) -> None:
    shop, channel_id = opened(store)
    order_id = shop.buy("MUG", 2)
    assert order_id is not None
    store.run_for(400)
    assert shop.buy("MUG") is not None  # the feed's next page begins here
    store.run_for(400)
    order = shop.orders[order_id]
    changed_at = order.changed_at
    shop.cancel(order_id)
    order.changed_at = changed_at  # the feed goes by this
    adapter = store.lanes[channel_id]._channel
    assert adapter is not None
    adapter.__class__ = BrokenOff
    monkeypatch.setattr(BrokenOff, "times", broken_off)
    looked_at(store, channel_id)
    assert found(store).count(("order_changed", "healed")) == 1
    assert store.level("MUG")["committed"] == 1
    assert waits(store) == []


@on_one
def test_orders_that_were_read_before_it_broke_off_are_not_read_again(store: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, channel_id = opened(store)
    for _ in range(9):
        assert shop.buy("MUG") is not None
    store.run_for(1_000)
    adapter = store.lanes[channel_id]._channel
    assert adapter is not None
    adapter.__class__ = BrokenOff
    monkeypatch.setattr(BrokenOff, "times", 6)
    monkeypatch.setattr(BrokenOff, "read", 0)
    looked_at(store, channel_id)
    assert (BrokenOff.read, BrokenOff.times) == (9, 0)
    assert store.database.look(channels.lane, channel_id)["reconciled"]["orders"] == 9


@on_one
def test_a_change_without_an_answer_is_named_while_nobody_knows(store: World) -> None:
    shop, channel_id = opened(store, can=ABSOLUTE)
    store.receive("MUG", 40)
    shop.fate = ["vain"]
    store.run_for(10)
    looked_at(store, channel_id)
    assert found(store) == [("outcome_unknown", None)]
    store.run_for(1_200)
    assert found(store) == [("outcome_unknown", "healed")]
    assert shop.counters["MUG"] == store.counter(channel_id).shown


@dataclass
class Raced(Shop):
    """A shop where something happens right after the next change of ours."""

    then: list[Callable[[], object]] = field(default_factory=list)

    def take(self, request: WriteRequest) -> WriteResult:
        result = super().take(request)
        if self.then:
            self.then.pop()()
        return result


def raced(store: World, **facts: Any) -> tuple[Raced, str]:
    """A shop whose numbers are set and not counted on, about to be given more."""
    shop = Raced(ABSOLUTE)
    shop.offer("MUG", "MUG", 0)
    channel_id = store.connect(shop, name="North", **facts)
    store.run_for(120)
    store.receive("MUG", 40)
    return shop, channel_id


@pytest.mark.parametrize("change", [3, -2])
def test_a_number_that_is_typed_right_after_we_set_it_is_named_like_any_other(store: World, change: int) -> None:
    shop, channel_id = raced(store)
    set_to: list[int] = []

    def types() -> None:
        set_to.append(shop.counters["MUG"])
        shop.counters["MUG"] += change

    shop.then = [types]
    store.run_for(120)
    assert found(store) == [("hand_edit", None)]
    store.run_for(BY_HOUR)
    (row,) = store.database.look(differences.page, None, 10)
    assert (row["cause"], row["outcome"], row["expected"], row["seen"]) == ("hand_edit", "overwritten", *set_to, set_to[0] + change)
    assert shop.counters["MUG"] == store.counter(channel_id).shown <= 60
    assert not store.database.look(broken_books)


@pytest.mark.parametrize("change", [3, -2])
def test_what_is_typed_right_after_we_set_it_may_be_a_count_of_the_shelf(store: World, change: int) -> None:
    shop, channel_id = raced(store, hand_edits="adopt")
    shop.then = [lambda: shop.counters.update(MUG=shop.counters["MUG"] + change)]
    store.run_for(600)
    assert (found(store), waits(store)) == ([("hand_edit", "adopted")], [])
    assert sum(store.level("MUG").values()) == 60 + change
    assert store.counter(channel_id).excess == 0
    assert not store.database.look(broken_books)


@on_one
def test_what_is_sold_right_after_we_set_a_number_is_nobodys_hand(store: World) -> None:
    shop, channel_id = raced(store)
    shop.then = [lambda: shop.buy("MUG", 2)]
    store.run_for(600)
    assert (found(store), waits(store), store.level("MUG")["committed"]) == ([], [], 2)
    assert shop.counters["MUG"] == store.counter(channel_id).shown


@on_one
def test_a_late_copy_of_our_own_change_is_an_echo_and_is_set_right(store: World) -> None:
    shop, channel_id = opened(store, can=replace(ABSOLUTE, drains=True, late_write_s=600.0))
    shop.fate = ["late"]
    # A zero that got no answer is repeated, and the repeat is answered: the first copy may land at any time.
    shelf.post(store.database, "MUG", 20, source="available", target="damaged")
    store.run_for(90)
    assert shop.under_way
    store.receive("MUG", 12)
    store.run_for(300)
    assert shop.counters["MUG"] > 0
    shop.land()
    assert shop.counters["MUG"] == 0
    looked_at(store, channel_id)
    assert found(store)[-1] == ("echo", "healed")
    assert shop.counters["MUG"] > 0
    assert waits(store) == []


@on_one
def test_what_a_channel_put_back_without_a_word_is_told_and_covered(store: World) -> None:
    shop, channel_id = opened(store)
    order_id = shop.buy("MUG", 3)
    assert order_id is not None
    store.deliver(channel_id, shop.message(order_id))
    store.run_for(5)
    shop.cancel(order_id, restock=False)
    store.deliver(channel_id, shop.message(order_id))
    store.run_for(5)
    shop.counters["MUG"] += 3
    looked_at(store, channel_id)
    assert found(store)[-1][0] == "channel_restock"
    assert "channel_restock" in [row["cause"] for row in store.database.look(exceptions.page, None, 10)]
    store.run_for(BY_HOUR)
    assert (found(store, open=True), waits(store)) == ([], [])
    assert not store.database.look(broken_books)


def test_three_numbers_within_the_hour_are_a_programs(store: World) -> None:
    skus = ("MUG", "CUP", "JUG")
    shop, channel_id = opened(store, skus=skus)
    for sku in skus:
        shop.counters[sku] += 1
    looked_at(store, channel_id)
    assert [cause for cause, _ in found(store)] == ["second_writer"] * 3
    assert "second_writer" in waits(store)
    store.run_for(2 * BY_HOUR)
    _watched(store)
    assert waits(store) == ["second_writer"]
    store.run_for(86_400)
    _watched(store)
    assert (waits(store), found(store, open=True)) == ([], [])


def _watched(store: World) -> None:
    store.database.run(watch.look, listens=False, since=START)


@on_one
def test_a_change_that_the_shop_refuses_is_tried_again_less_and_less_often(store: World) -> None:
    shop, channel_id = opened(store, skus=("MUG", "CUP"))
    shop.refuses["MUG"] = WriteResult(Outcome.REFUSED, detail="It is locked.", code="invalid")
    store.receive("MUG", 60)
    store.receive("CUP", 60)
    store.run_for(60)
    assert shop.counters["CUP"] > 9  # nobody waits for it
    assert (found(store), waits(store)) == ([("write_failed", None)], ["counter_parked"])
    before = shop.requests["write_quantities"]
    store.run_for(6 * 3600)
    tried = shop.requests["write_quantities"] - before
    assert 3 <= tried <= 6
    assert (found(store), waits(store)) == ([("write_failed", None)], ["counter_parked"])
    del shop.refuses["MUG"]
    looked_at(store, channel_id, whole=True)
    assert shop.counters["MUG"] > 20
    assert (found(store), waits(store)) == ([("write_failed", "healed")], [])


def test_a_product_that_was_deleted_gives_back_what_was_set_aside_for_it(store: World) -> None:
    shop, channel_id = opened(store)
    other, _ = opened(store, name="South")
    store.run_for(120)
    gone = shop.listings.pop("MUG"), shop.counters.pop("MUG")
    looked_at(store, channel_id, whole=True)
    assert found(store) == [("listing_gone", None)]
    assert store.counter(channel_id).allotment == gone[1]  # it may be a slip of the shop's
    store.run_for(1_800)
    assert found(store) == [("listing_gone", "gone")]
    assert (store.counter(channel_id).allotment, waits(store)) == (0, [])
    assert store.level("MUG") == {"available": 20 - other.counters["MUG"], "allotted": other.counters["MUG"]}


@on_one
def test_a_product_that_is_back_after_a_moment_loses_nothing(store: World) -> None:
    shop, channel_id = opened(store)
    listing, gives = shop.listings.pop("MUG"), shop.counters.pop("MUG")
    looked_at(store, channel_id, whole=True)
    shop.listings["MUG"], shop.counters["MUG"] = listing, gives
    looked_at(store, channel_id, whole=True)
    store.run_for(1_800)
    assert (shop.counters["MUG"], store.counter(channel_id).allotment, waits(store)) == (gives, gives, [])
    assert found(store) == [("listing_gone", "healed")]


def test_what_is_put_on_sale_anew_is_still_what_a_person_said(store: World) -> None:
    shop, channel_id = opened(store)
    shop.offer("SET", "SET-OF-4", 0)
    looked_at(store, channel_id, whole=True)
    assert (found(store), waits(store)) == ([("unmapped", None)], ["listings_unmapped"])
    (row,) = [each for each in store.database.look(listings.page, None, 10, channel_id=channel_id) if each["external_id"] == "SET"]
    store.database.run(listings.answer, row["id"], [("MUG", 4)], cause=CAUSE)
    store.database.run(recording.mapped, row["id"], cause=CAUSE)
    store.run_for(60)
    assert (found(store), waits(store)) == ([("unmapped", "answered")], [])
    del shop.listings["SET"], shop.counters["SET"]
    shop.offer("SET-NEW", "SET-OF-4", 0)
    looked_at(store, channel_id, whole=True)
    store.run_for(1_800)
    assert found(store)[1:] == [("relisted", "gone")]
    (heir,) = [each for each in store.database.look(listings.page, None, 10, channel_id=channel_id) if each["external_id"] == "SET-NEW"]
    assert [(part["sku"], part["quantity"]) for part in heir["components"]] == [("MUG", 4)]
    assert waits(store) == []


@on_one
def test_what_was_taken_off_sale_there_is_told_once_and_over_when_it_is_back(store: World) -> None:
    shop, channel_id = opened(store)
    shop.listings["MUG"] = replace(shop.listings["MUG"], live=False)
    looked_at(store, channel_id, whole=True)
    looked_at(store, channel_id, whole=True)
    assert (found(store), waits(store)) == ([("listing_ended", None)], ["listing_ended"])
    shop.listings["MUG"] = replace(shop.listings["MUG"], live=True)
    looked_at(store, channel_id, whole=True)
    assert (found(store), waits(store)) == ([("listing_ended", "healed")], [])


class Interrupted(Memory):
    """An adapter beside which somebody asks for a look while it reads."""

    ask: Callable[[str], None]

    def listings(self) -> Any:
        yield from [*super().listings()]
        self.ask("listings")

    def read_quantities(self, counters: Any) -> Any:
        found = super().read_quantities(counters)
        self.ask("numbers")
        return found


@on_one
@pytest.mark.parametrize("under_way", ["listings", "numbers"])
def test_what_is_asked_for_while_the_shop_is_read_is_read_after_that(store: World, under_way: str) -> None:
    shop, channel_id = opened(store)
    asked: list[datetime] = []

    def ask(what: str) -> None:
        if what == under_way and not asked:
            store.source.advance(timedelta(seconds=5))
            asked.append(store.source.now())
            shop.offer("JUG", "JUG", 2)  # which it has just read past
            store.database.run(channels.ask_to_reconcile, channel_id, whole=True)
            store.source.advance(timedelta(seconds=5))

    adapter = store.lanes[channel_id]._channel
    assert adapter is not None
    adapter.__class__ = type("Asked", (Interrupted,), {"ask": staticmethod(ask)})
    looked_at(store, channel_id, whole=True)
    lane = store.database.look(channels.lane, channel_id)
    assert (found(store), lane["reconciling"]) == ([("unmapped", None)], None)
    assert asked[0] <= datetime.fromisoformat(lane["reconciled"]["began_at"]) <= lane["reconciled_at"] < lane["reconcile_due_at"]


@on_one
def test_overselling_that_was_switched_on_there_is_told_until_it_is_off(store: World) -> None:
    shop, channel_id = opened(store)
    shop.oversells.add("MUG")
    looked_at(store, channel_id)
    looked_at(store, channel_id)
    assert (found(store), waits(store)) == ([("overselling_on", None)], ["overselling_on"])
    shop.oversells.clear()
    looked_at(store, channel_id)
    assert (found(store), waits(store)) == ([("overselling_on", "healed")], [])


class Poisoned(Memory):
    """An adapter that stumbles over one number."""

    over: str | None = None

    def read_quantities(self, counters: Any) -> Any:
        if self.over in counters:
            raise ValueError("not a number")
        return super().read_quantities(counters)

    def compose(self, unit: str, *args: Any) -> Any:
        if unit == self.over:
            raise KeyError("a field is missing")
        return super().compose(unit, *args)


def test_a_number_that_nobody_can_work_with_is_parked_and_holds_nobody_up(store: World, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, channel_id = opened(store, skus=("MUG", "CUP", "JUG"))
    lane = store.lanes[channel_id]
    monkeypatch.setattr(Poisoned, "over", "CUP")
    assert lane._channel is not None
    lane._channel.__class__ = Poisoned
    for sku in ("MUG", "CUP", "JUG"):
        store.receive(sku, 40)
    shop.counters["JUG"] -= 1
    looked_at(store, channel_id)
    assert (shop.counters["MUG"] > 20, shop.counters["JUG"] > 9) == (True, True)
    assert [row["title"] for row in store.database.look(exceptions.page, None, 10, cause_="counter_parked")] == ["'CUP' can't be written"]
    assert sorted(cause for cause, _ in found(store)) == ["hand_edit", "write_failed"]
    monkeypatch.setattr(Poisoned, "over", None)
    store.run_for(3_600)
    assert shop.counters["CUP"] > 9
    assert "counter_parked" not in waits(store)


@on_one
def test_a_shop_that_was_away_is_gone_through_when_it_is_back(store: World) -> None:
    shop, _ = opened(store)
    shop.down = True
    store.run_for(1_800)
    shop.counters["MUG"] -= 2
    shop.down = False
    store.run_for(400)
    assert found(store) == [("hand_edit", None)]


def test_a_run_takes_a_tenth_of_what_may_be_asked_and_never_half_of_it() -> None:
    by_day = Budget("requests", 10_000.0, 86_400.0)
    slow = replace(EXACT, budgets=(by_day,), reads_at_once=1)
    assert reconcile.interval(slow, read=100, fetched=20) == timedelta(hours=1, seconds=120 * 86.4 - 3600)
    assert reconcile.interval(replace(EXACT, budgets=()), read=10_000, fetched=100) == timedelta(hours=1)
    assert reconcile.pace(10_000.0, 86_400.0, cost=10.0, spent=1_000.0) == 0.0
    assert reconcile.pace(10_000.0, 86_400.0, cost=10.0, spent=1_010.0) == 172.8
    assert reconcile.pace(100.0, 1.0, cost=400.0, spent=400.0) == 8.0


@on_one
def test_a_run_that_was_interrupted_goes_on_where_it_stood(store: World) -> None:
    skus = tuple(f"CUP-{n:03}" for n in range(25))
    shop, channel_id = opened(store, skus=skus, can=replace(EXACT, reads_at_once=10, budgets=(Budget("requests", 10.0, 10.0),)))
    store.database.run(channels.ask_to_reconcile, channel_id)
    asked = shop.requests.get("read_quantities", 0)
    store.again[channel_id] = store.source.now()
    store.run_for(1)
    half = store.database.look(_run, channel_id)
    assert half is not None
    assert 0 < half["counters"] < 25
    store.open(channel_id, shop, holder="worker-2")
    store.run_for(30)
    assert store.database.look(_run, channel_id) is None
    assert store.database.look(channels.lane, channel_id)["reconciled"]["counters"] == 25
    assert shop.requests["read_quantities"] - asked == 3


def _run(session: Session, channel_id: str) -> Any:
    return channels.lane(session, channel_id)["reconciling"]
