"""What nobody reports is looked for: shops that fall silent, polls that don't end, writes without an answer, a second program."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app import chance
from app.channels.base import WriteMode
from app.channels.memory import EXACT, Shop
from app.database import Database
from app.domain import channels, counters, exceptions, watch
from tests.world import CAUSE, World, world

HOUR = 3_600.0
ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, keyed=False, key_life_s=0.0)
# Where a database has no part in it, one will do.
on_one = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        made.stocked("MUG", 20)
        yield made


class Stall(Shop):
    """A shop that sells mugs, and tells of it or not."""

    def open(self, store: World, *, listings: int = 1, name: str = "North") -> "Stall":
        for n in range(listings):
            sku = "MUG" if n == 0 else f"MUG-{n}"
            if n:
                store.stocked(sku, 9)
            self.offer(sku, sku, 0)
        self.store, self.channel_id = store, store.connect(self, name=name)
        store.run_for(120)
        return self

    def sells(self, *, tells: bool) -> None:
        order = self.buy("MUG")
        assert order is not None
        if tells:
            self.store.deliver(self.channel_id, self.message(order))
            self.store.run_for(5)


def looked(store: World, seconds: float = 0.0, *, listens: bool = True, every: float = 300.0) -> None:
    """Time passes, and somebody looks now and then."""
    since = chance.now()
    while True:
        store.database.run(watch.look, listens=listens, since=store_began(store))
        left = seconds - (chance.now() - since).total_seconds()
        if left <= 0:
            return
        (store.run_for if every < HOUR else store.skip)(min(every, left))


def store_began(store: World) -> object:
    return store.source._start


def opened(store: World, severity: str | None = None) -> list[str]:
    return [row["cause"] for row in store.database.look(exceptions.page, None, 50, open=True, severity=severity)]


@on_one
def test_a_shop_that_sells_once_a_week_and_tells_of_it_is_never_called_silent(store: World) -> None:
    stall = Stall().open(store)
    for _ in range(2):
        stall.sells(tells=True)
        looked(store, 7 * 24 * HOUR, every=12 * HOUR)
        assert opened(store) == []


def test_a_shop_whose_orders_change_without_a_message_is_silent_until_one_comes(store: World) -> None:
    stall = Stall().open(store)
    stall.sells(tells=True)
    looked(store, 24 * HOUR, every=6 * HOUR)
    stall.sells(tells=False)  # a single one may have had nothing to tell
    looked(store, 3 * HOUR, every=HOUR)
    assert opened(store) == []
    stall.sells(tells=False)
    looked(store, 900)
    assert opened(store, "urgent") == ["channel_silent"]
    (row,) = store.database.look(exceptions.page, None, 50, open=True)
    assert (row["title"], row["channel_id"], row["times"]) == ("North sends no messages any more", stall.channel_id, 1)
    stall.sells(tells=True)
    looked(store, 60)
    assert opened(store) == []


@on_one
def test_without_a_public_address_no_shop_is_called_silent(store: World) -> None:
    stall = Stall().open(store)
    for _ in range(3):
        stall.sells(tells=False)
        looked(store, 12 * HOUR, listens=False, every=6 * HOUR)
    assert opened(store) == []


@on_one
def test_a_shop_that_is_down_for_ten_minutes_is_urgent_and_one_that_is_down_for_three_is_nobodys_alarm(store: World) -> None:
    stall = Stall().open(store)
    stall.down = True
    looked(store, 180, every=15)
    assert opened(store, "urgent") == []
    stall.down = False
    looked(store, 300, every=15)
    assert opened(store) == []
    stall.down = True
    looked(store, 14 * 60, every=15)
    assert opened(store, "urgent") == ["channel_unreachable"]
    looked(store, 1_800)
    assert opened(store) == ["channel_unreachable"]  # and nothing besides: it says why nothing is read
    stall.down = False
    looked(store, 900)
    assert opened(store) == []


@on_one
def test_a_live_channel_that_nobody_reads_to_the_end_is_told_after_a_quarter_of_an_hour_and_closes_when_it_is_read(store: World) -> None:
    stall = Stall().open(store)
    lane = store.lanes.pop(stall.channel_id)
    again = store.again.pop(stall.channel_id)
    looked(store, 14 * 60)
    assert opened(store) == []
    looked(store, 20 * 60)
    assert opened(store, "urgent") == ["channel_unread"]
    store.lanes[stall.channel_id], store.again[stall.channel_id] = lane, again
    looked(store, 600)
    assert opened(store) == []


def test_three_numbers_changed_within_an_hour_are_another_programs_until_a_person_says_otherwise(store: World) -> None:
    stall = Stall().open(store, listings=4)
    rows = store.counters(stall.channel_id)

    def edit(*which: int) -> None:
        for n in which:
            stall.counters[rows[n].external_id] += 1
            store.database.run(counters.change, store.counters(stall.channel_id)[n], rebase_at=chance.now())
        store.run_for(120)

    edit(0, 1)
    assert opened(store, "urgent") == []
    assert opened(store) == ["hand_edit", "hand_edit"]
    edit(2)
    assert opened(store, "urgent") == ["second_writer"]
    (row,) = store.database.look(exceptions.page, None, 50, open=True, cause_="second_writer")
    assert (row["subject"], row["facts"]) == (stall.channel_id, {"counters": 3})
    store.database.run(exceptions.resolve, row["id"], "It was me.", cause=CAUSE)
    store.run_for(60)
    edit(3)
    assert opened(store, "urgent") == []  # it was answered for the first three
    edit(0, 1)
    assert opened(store, "urgent") == ["second_writer"]


def test_a_number_that_was_changed_by_hand_is_found_with_the_next_list_of_what_is_on_sale(store: World) -> None:
    stall = Stall().open(store)
    counter = store.counter(stall.channel_id)
    before = stall.counters[counter.external_id]
    stall.counters[counter.external_id] += 5
    store.run_for(120)
    assert (opened(store), stall.counters[counter.external_id]) == ([], before + 5)
    store.database.run(channels.change_lane, stall.channel_id, listings_due_at=chance.now())
    store.run_for(120)
    assert (opened(store), stall.counters[counter.external_id]) == (["hand_edit"], before)


@on_one
def test_a_number_that_was_changed_by_hand_and_set_right_again_waits_for_nobody_after_an_hour(store: World) -> None:
    stall = Stall().open(store)
    counter = store.counter(stall.channel_id)
    before = stall.counters[counter.external_id]
    stall.counters[counter.external_id] += 5
    store.database.run(counters.change, counter, rebase_at=chance.now())
    looked(store, 600)
    assert stall.counters[counter.external_id] == before
    assert opened(store) == ["hand_edit"]
    looked(store, HOUR)
    assert opened(store) == []


@on_one
def test_a_change_without_an_answer_is_a_warning_until_its_number_was_read_again(store: World) -> None:
    stall = Stall(ABSOLUTE).open(store)
    stall.fate = ["lost"]
    store.receive("MUG", 40)
    looked(store, 300, every=30)
    assert (opened(store, "warning"), opened(store, "urgent")) == (["write_unanswered"], [])
    looked(store, 3 * ABSOLUTE.late_write_s)
    assert opened(store) == []


def test_what_was_missed_while_we_were_away_is_over_when_every_live_shop_was_read(store: World) -> None:
    stall = Stall().open(store)
    lane, again = store.lanes.pop(stall.channel_id), store.again.pop(stall.channel_id)
    store.skip(2 * HOUR)
    store.database.run(watch.was_down, "run", chance.now() - timedelta(hours=2))
    looked(store, 60)
    assert "was_down" in opened(store, "urgent")
    store.lanes[stall.channel_id], store.again[stall.channel_id] = lane, again
    looked(store, 300)
    assert opened(store) == []
    assert store.database.look(channels.lane, stall.channel_id)["unheard_since"] is None
