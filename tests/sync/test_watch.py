"""What nobody reports is looked for: shops that fall silent, polls that don't end, numbers that stay as they are, a second program,
consents that run out, subscriptions that are gone, a clock that is wrong."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import chance, worker
from app.channels import registry
from app.channels.base import Budget, Outcome, WriteMode, WriteResult
from app.channels.clock import Clock
from app.channels.http import Client
from app.channels.memory import EXACT, Shop
from app.database import Database
from app.domain import channels, counters, exceptions, health, reservations, signals, watch, writes
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.server import served
from app.sandbox.woocommerce import WooCommerceShop
from app.simulation import shops
from tests.shop import hold, stocked
from tests.world import CAUSE, START, World, world

HOUR = 3_600.0
ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, keyed=False, key_life_s=0.0)
# Where a database has no part in it, one will do.
on_one = pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)


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


# Numbers that stay as they are


def every(store: World, cause: str) -> list[dict[str, Any]]:
    """All that were ever opened of one cause, oldest first."""
    return store.database.look(exceptions.page, None, 50, cause_=cause)[::-1]


def test_a_number_that_the_shop_refuses_for_longer_than_its_rhythm_is_told_once_with_its_words_and_is_over_when_it_takes_it(
    store: World,
) -> None:
    stall = Stall().open(store)
    rhythm = watch.write_patience(EXACT, None).total_seconds()
    stall.refuses["MUG"] = WriteResult(Outcome.REFUSED, code="forbidden", detail="Not on a Monday.", after_s=100.0)
    store.receive("MUG", 40)
    began = chance.now()
    looked(store, rhythm - 120)
    assert opened(store) == []
    looked(store, 900)
    (row,) = every(store, "write_stuck")
    assert (row["severity"], row["channel_id"], row["facts"]["numbers"], row["times"]) == ("urgent", stall.channel_id, 1, 1)
    assert 0 <= (datetime.fromisoformat(row["facts"]["since"]) - began).total_seconds() < 60
    assert "Not on a Monday." in row["advice"]
    stall.refuses.clear()
    looked(store, 1_200)
    assert (opened(store), len(every(store, "write_stuck"))) == ([], 1)


@on_one
def test_one_number_that_is_refused_among_others_that_change_is_a_warning(store: World) -> None:
    stall = Stall().open(store, listings=2)
    stall.refuses["MUG"] = WriteResult(Outcome.REFUSED, code="forbidden", detail="No.", after_s=100.0)
    store.receive("MUG", 40)
    for _ in range(8):
        store.receive("MUG-1", 9)
        looked(store, 300)
    assert (opened(store, "warning"), opened(store, "urgent")) == (["write_stuck"], [])


@on_one
def test_numbers_that_wait_behind_a_long_queue_are_no_alarm_and_those_of_a_lane_that_stands_still_are(store: World) -> None:
    stall = Stall(replace(EXACT, budgets=(Budget("writes", 1_000, 3600.0),))).open(store)
    counter, late = store.counter(stall.channel_id), watch.write_patience(EXACT, None)
    del store.lanes[stall.channel_id], store.again[stall.channel_id]  # nobody works for it
    now = chance.now()
    store.database.run(counters.change, counter, due_at=now - late, target=counter.on_offer + 1)
    fresh = {"written_at": now, "settled_at": now}
    store.database.run(channels.change_lane, stall.channel_id, **fresh)
    looked(store)
    assert opened(store) == []
    store.database.run(channels.change_lane, stall.channel_id, written_at=now - late)
    looked(store)
    assert opened(store) == ["write_stuck"]


def spent(store: World, times: int) -> None:
    """So many requests were made of the first write."""
    row = next(each for each in store.database.look(writes.page, None, 50) if (each["unit"], each["sends"] > 0) == ("MUG", True))
    store.database.run(writes.change, row["id"], sends=times)
    looked(store, 60)


def test_a_write_budget_is_told_at_four_fifths_and_over_below_three_and_what_waits_for_it_is_nothing_else(store: World) -> None:
    stall = Stall(replace(EXACT, budgets=(Budget("writes", 10, 7200.0),))).open(store)
    spent(store, 7)
    assert opened(store) == []
    spent(store, 8)
    assert opened(store) == ["budget_low"]
    store.receive("MUG", 40)  # it waits: the rest is kept for what has to go down
    looked(store, 2_400)
    assert store.counter(stall.channel_id).on_offer < 20
    (row,) = store.database.look(exceptions.page, None, 50, open=True)
    assert (row["cause"], row["severity"], row["subject"]) == ("budget_low", "warning", stall.channel_id)
    assert row["facts"] == {"used_percent": 80, "allowed": 10, "in_s": 7200.0, "listing": None}
    spent(store, 4)
    assert (opened(store), len(every(store, "budget_low"))) == ([], 1)


@on_one
def test_of_a_listing_whose_changes_are_nearly_used_up_the_name_is_told(store: World) -> None:
    stall = Stall(replace(EXACT, budgets=(Budget("writes of a listing", 5, 86_400.0),))).open(store, listings=2)
    spent(store, 4)
    (row,) = every(store, "budget_low")
    assert (row["subject"], row["facts"]["listing"]) == (f"{stall.channel_id}:MUG", "MUG")
    assert "listing MUG of North" in row["title"]


# Consents and subscriptions


def test_a_consent_that_ends_is_a_warning_two_weeks_before_urgent_three_days_before_and_over_when_it_is_renewed(store: World) -> None:
    ends = chance.now() + timedelta(days=15)
    stall = Stall(replace(EXACT, credentials_until=ends)).open(store)
    looked(store)
    assert opened(store) == []
    looked(store, 30 * HOUR, every=6 * HOUR)
    assert opened(store, "warning") == ["credentials_expiring"]
    looked(store, 11 * 24 * HOUR, every=12 * HOUR)
    (row,) = every(store, "credentials_expiring")
    assert (row["severity"], row["times"], row["facts"]["until"]) == ("urgent", 2, ends.isoformat())
    assert row["facts"]["call"] == {"method": "POST", "path": f"/v1/channels/{stall.channel_id}/consent", "body": None}
    stall.can = replace(stall.can, credentials_until=ends + timedelta(days=90))
    looked(store, 26 * HOUR, every=HOUR)
    assert (opened(store), len(every(store, "credentials_expiring"))) == ([], 1)


@pytest.mark.parametrize(("kind", "days"), [("etsy", 90), ("ebay", 547.5), ("shopify", None), ("woocommerce", None)])
@on_one
def test_shops_say_until_when_what_opens_them_is_good(store: World, kind: str, days: float | None) -> None:
    shop, connection = shops.made("quay", kind)
    connection["credentials"].pop("access_token", None)
    if kind == "ebay":
        connection["credentials"] |= _let_into(shop)
    channel_id = store.connect(ShopTransport(shop), kind=kind, live=False, **connection)
    store.run_for(120)
    until = store.database.look(health.of_channel, channel_id)["credentials_until"]
    assert (until and (until - START) / timedelta(days=1)) == (days and pytest.approx(days, abs=0.1))


def _let_into(shop: Any) -> dict[str, str]:
    """What eBay gives for its owner's consent."""
    from app.channels.base import Connection, Delivery
    from app.channels.ebay import EBay

    kept = {"client_id": shop.client_id, "client_secret": shop.secret}
    settings = {"ru_name": shop.ru_name, "base_url": ""}
    adapter = EBay(Connection("1", settings, _Vault(kept), ShopTransport(shop)))
    asked = adapter.consent("https://tally.example/callback", "https://tally.example/done", "state")
    answer = shop.agrees(asked.url)
    return dict(adapter.let_in(Delivery("GET", {}, b"", answer), asked.keep, "https://tally.example/callback"))


class _Vault(dict[str, str]):
    def keep(self, changes: dict[str, str]) -> None:
        self.update(changes)


def woo(store: World) -> tuple[WooCommerceShop, Faults, str]:
    shop, connection = shops.made("east", "woocommerce")
    assert isinstance(shop, WooCommerceShop)
    faults = Faults()
    channel_id = store.connect(ShopTransport(shop, faults), kind="woocommerce", name="East", **connection)
    store.run_for(120)
    return shop, faults, channel_id


def test_webhooks_that_had_to_be_put_back_are_a_warning_until_they_stay_and_urgent_the_third_time_within_a_day(store: World) -> None:
    shop, _, channel_id = woo(store)
    looked(store, 3 * HOUR, every=HOUR)
    assert every(store, "subscription_gone") == []  # setting them up isn't finding them gone
    for severity in ("warning", "warning", "urgent"):
        shop.webhooks.clear()
        looked(store, HOUR, every=HOUR)
        assert opened(store, severity) == ["subscription_gone"]
        assert len(shop.webhooks) > 3
        looked(store, HOUR, every=HOUR)
        assert opened(store) == []
    assert [row["subject"] for row in every(store, "subscription_gone")] == [channel_id] * 3
    store.skip(25 * HOUR)
    shop.webhooks.clear()
    looked(store, HOUR, every=HOUR)
    assert opened(store, "warning") == ["subscription_gone"]  # a day later it counts from one


@on_one
def test_webhooks_that_we_ask_for_otherwise_than_before_were_not_gone_and_those_of_a_channel_that_is_over_are_nobodys(store: World) -> None:
    shop, _, channel_id = woo(store)
    store.database.run(channels.change, channel_id, {"name": "West"}, cause=CAUSE)  # whatever was changed may have been its secret
    shop.webhooks.clear()
    looked(store, HOUR, every=HOUR)
    assert (every(store, "subscription_gone"), len(shop.webhooks) > 3) == ([], True)
    shop.webhooks.clear()
    looked(store, HOUR, every=HOUR)
    assert opened(store) == ["subscription_gone"]
    store.database.run(signals.signatures_failing, channel_id, 10)
    store.database.run(channels.change, channel_id, {"status": "disconnected"}, cause=CAUSE)
    looked(store)
    assert opened(store) == []


@on_one
def test_webhooks_that_cant_be_asked_for_during_an_hour_are_urgent_until_they_can(store: World) -> None:
    shop, faults, _ = woo(store)
    shop.webhooks.clear()
    faults.only, faults.fail_before = lambda request: "webhooks" in request.url.path, 1.0
    looked(store, 100 * 60)
    assert opened(store) == []
    looked(store, 45 * 60)
    (row,) = every(store, "subscription_gone")
    assert (row["severity"], row["closed_at"], row["times"]) == ("urgent", None, 1)
    faults.fail_before = 0.0
    looked(store, 10 * 60)
    assert opened(store) == ["subscription_gone"]  # they had to be put back
    looked(store, HOUR, every=HOUR)
    assert opened(store) == []


# The time


@pytest.fixture
def timed(store: World) -> str:
    """The id of a channel of a platform that keeps the time."""
    return Stall(replace(EXACT, keeps_time=True)).open(store).channel_id


def noted(store: World, channel_id: str, minutes: float) -> None:
    store.database.run(signals.note_clock, channel_id, timedelta(minutes=minutes))
    looked(store)


def test_while_our_clock_is_off_by_more_than_two_minutes_no_hold_lapses(store: World, timed: str) -> None:
    held = hold(store.database, ("MUG", 2), minutes=15)
    noted(store, timed, 2)
    assert opened(store) == []
    noted(store, timed, -12)
    looked(store, 1_200)
    (row,) = every(store, "clock_off")
    assert (row["severity"], row["title"], row["times"]) == ("urgent", "Tallystick's clock is 12 minutes behind, says North", 1)
    lapse = (reservations.lapse_due, CAUSE)
    assert store.database.run(lapse[0], cause=CAUSE) == 0
    assert store.database.look(reservations.view, held["id"])["status"] == "held"
    noted(store, timed, 1)
    assert (opened(store), len(every(store, "clock_off"))) == ([], 1)
    assert store.database.run(lapse[0], cause=CAUSE) == 1


def test_while_our_clock_is_off_an_unpaid_order_keeps_its_units(store: World) -> None:
    stall = Stall(replace(EXACT, keeps_time=True, hold_s=600.0)).open(store)
    assert stall.buy("MUG", paid=False) is not None
    looked(store, 300)
    noted(store, stall.channel_id, 10)
    assert store.level("MUG")["reserved"] == 1
    looked(store, HOUR)
    assert store.level("MUG")["reserved"] == 1
    noted(store, stall.channel_id, 0)
    looked(store, 120)
    assert "reserved" not in store.level("MUG")


@pytest.mark.parametrize("kind", ["etsy", "shopify"])
@on_one
def test_a_lane_measures_our_clock_by_what_its_platform_answers(store: World, kind: str) -> None:
    shop, connection = shops.made("quay", kind)
    there = shops.Clock(1, START)
    there.ahead = timedelta(minutes=-10)

    class Line(ShopTransport):
        def _handle(self, request: httpx.Request) -> httpx.Response:
            there._now = chance.now()
            with chance.installed(there):
                return super()._handle(request)

    channel_id = store.connect(Line(shop), kind=kind, name="Quay", live=False, **connection)
    looked(store, 1_200)
    lane = store.database.look(channels.lane, channel_id)
    assert abs(lane["clock_ahead_s"] - 600) <= 2 and lane["clock_at"] < START + timedelta(minutes=15)
    (row,) = every(store, "clock_off")
    assert (row["closed_at"], row["title"]) == (None, "Tallystick's clock is 10 minutes ahead, says Quay")
    there.ahead = timedelta()
    looked(store, 2_400)
    assert (opened(store, "urgent"), abs(store.database.look(channels.lane, channel_id)["clock_ahead_s"]) <= 2) == ([], True)


@on_one
def test_a_shop_that_anybody_may_host_is_not_believed_that_our_clock_is_wrong(store: World) -> None:
    noted(store, Stall().open(store).channel_id, 30)
    assert opened(store) == []


def test_a_jump_of_our_clock_counts_at_once_until_a_shop_says_that_it_is_right_or_it_is_set_back(store: World) -> None:
    channel_id = Stall().open(store).channel_id
    noted(store, channel_id, 0)
    store.database.run(signals.clock_jumped, timedelta(hours=2))
    looked(store, 600)
    (row,) = every(store, "clock_off")
    assert (row["severity"], row["title"]) == ("urgent", "Tallystick's clock jumped ahead by 2 hours")
    noted(store, channel_id, 120)  # it says no: but it needn't be believed
    assert opened(store) == ["clock_off"]
    noted(store, channel_id, 0)
    assert opened(store) == []
    store.database.run(signals.clock_jumped, timedelta(hours=-2))
    store.database.run(signals.clock_jumped, timedelta(hours=2, seconds=5))
    assert opened(store) == []


@on_one
def test_a_jump_that_no_shop_can_judge_is_doubted_for_an_hour(store: World) -> None:
    store.database.run(signals.clock_jumped, timedelta(minutes=-10))
    looked(store, 54 * 60)
    assert opened(store) == ["clock_off"]
    looked(store, 12 * 60)
    assert opened(store) == []


@on_one
def test_a_jump_moves_what_was_measured_with_the_clock(store: World, timed: str) -> None:
    noted(store, timed, -10)
    store.database.run(signals.clock_jumped, timedelta(minutes=10))  # somebody sets it right
    looked(store)
    assert opened(store) == []
    store.database.run(signals.clock_jumped, timedelta(minutes=10))
    looked(store)
    assert opened(store) == ["clock_off"]


def test_a_clock_that_jumps_past_the_end_of_a_hold_lets_it_not_lapse(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "EVERY_SECONDS", 0.001)
    clock, rounds = shops.Clock(1, START), asyncio.Semaphore(0)

    class Gate:
        async def note_use(self) -> None:  # once in each round
            rounds.release()

    async def told() -> None:
        work = asyncio.create_task(worker.keep_house(database, Gate()))  # type: ignore[arg-type]
        await rounds.acquire()
        clock.ahead = timedelta(hours=1)
        for _ in range(2):
            await rounds.acquire()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    with chance.installed(clock):
        stocked(database, "BOWL", 3)
        held = hold(database, ("BOWL", 2), minutes=15)
        asyncio.run(told())
        assert [row["cause"] for row in database.look(exceptions.page, None, 9, open=True)] == ["clock_off"]
        assert database.look(reservations.view, held["id"])["status"] == "held"
        clock.ahead = timedelta()
        database.run(signals.clock_jumped, timedelta(hours=-1))
        clock.advance(timedelta(minutes=16))
        assert database.run(reservations.lapse_due, cause=CAUSE) == 1


def test_our_own_clock_is_seen_to_jump_once_for_each_time() -> None:
    clock = shops.Clock(1, START)
    with chance.installed(clock):
        own = signals.OwnClock()
        clock.advance(timedelta(days=3))
        assert own.jumped() is None
        clock.ahead = timedelta(minutes=-5)
        assert (own.jumped(), own.jumped()) == (timedelta(minutes=-5), None)
        clock.ahead = timedelta(minutes=-4)
        assert own.jumped() is None
        clock.ahead = timedelta(0)
        assert own.jumped() == timedelta(minutes=5)


def test_answers_say_how_far_our_clock_is_ahead_as_the_median_of_several() -> None:
    source, heard = shops.Clock(1, START), Clock()
    ours: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        source.advance(timedelta(seconds=2))
        return httpx.Response(200, headers=ours.pop(0))

    def dated(minutes: float, **more: str) -> dict[str, str]:
        return {"date": format_datetime(chance.now() - timedelta(minutes=minutes), usegmt=True), **more}

    def ask(*answers: dict[str, str]) -> None:
        for each in answers:
            ours.append(each)
            client.request("GET", "https://shop.example/")

    with chance.installed(source):
        client = Client(frozenset({"shop.example"}), httpx.MockTransport(answer), clock=heard)
        ask(dated(10), dated(500, age="30"), {}, {"date": "soon"}, dated(10))
        assert heard.ahead is None
        ask(dated(0), dated(10), dated(10))
        assert heard.ahead is not None and abs(heard.ahead - timedelta(minutes=10)) < timedelta(seconds=10)
        source.ahead = timedelta(hours=1)
        ask(dated(70), dated(70))
        assert (heard.ahead, heard.anew) == (None, 1)
        ask(dated(70))
        assert heard.ahead is not None and abs(heard.ahead - timedelta(minutes=70)) < timedelta(seconds=10)


@pytest.mark.parametrize("kind", ["shopify", "etsy", "ebay", "woocommerce"])
@on_one
def test_every_kind_of_shop_says_what_time_it_is_and_its_adapter_listens(store: World, kind: str) -> None:
    shop, connection = shops.made("quay", kind)
    there = shops.Clock(1, START)
    there.ahead = timedelta(minutes=4)

    class Line(ShopTransport):
        def _handle(self, request: httpx.Request) -> httpx.Response:
            with chance.installed(there):
                return super()._handle(request)

    channel_id = store.connect(Line(shop), kind=kind, live=False, **connection)
    row, heard = store.database.look(channels.get, channel_id), Clock()
    vault = _Vault(store.keys.open_values(row["credentials"]))
    adapter = registry.open_channel(row, vault, transport=Line(shop), clock=heard)
    can = [adapter.capabilities() for _ in range(3)][-1]
    assert can.keeps_time == (kind != "woocommerce")
    assert heard.ahead is not None and abs(heard.ahead + timedelta(minutes=4)) <= timedelta(seconds=1)


def test_a_sandbox_over_http_says_its_own_time_once() -> None:
    shop, _ = shops.made("quay", "woocommerce")
    with served(shop) as url:
        answer = httpx.get(f"{url}/wp-json/wc/v3/orders")
    assert len(answer.headers.get_list("date", split_commas=False)) == 1
