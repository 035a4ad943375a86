"""The counterexamples of FENCED-WRITE, section 8: each is survived, and each does its harm as soon as its rule is taken out.

A trace is a short play on a stage. It is played twice: as the protocol is built, and with the one function or figure that embodies its
rule replaced. The second time somebody must be promised a unit that isn't there, or the first time proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app import chance
from app.channels import registry
from app.channels.base import OrderPage, WriteRequest
from app.channels.memory import Memory
from app.database import Database, Session
from app.domain import channels, commitments, counters, fence, plans, recording, repayment, writes
from app.domain.capabilities import CountsDown, WriteMode
from app.domain.counters import Counter
from app.domain.fence import Pen
from app.sync import poll, push
from tests.sync.stage import CAS, Place, Stage, declares, dies
from tests.world import CAUSE, START, world

DELTA_KEYED = replace(CAS, write_mode=WriteMode.DELTA)
DELTA = replace(DELTA_KEYED, keyed=False, remembers_failures=False)
CAS_UNKEYED = replace(CAS, keyed=False, remembers_failures=False)
FORGETFUL = replace(CAS, remembers_failures=False)
ABSOLUTE = replace(CAS, write_mode=WriteMode.ABSOLUTE, keyed=False, remembers_failures=False, replies_quantity=False)
DRAIN = replace(ABSOLUTE, drains=True)
PAID_DELTA = replace(DELTA_KEYED, counts_down_at=CountsDown.PAID)
PAID_ABSOLUTE = replace(ABSOLUTE, counts_down_at=CountsDown.PAID)
# A shop whose "add k" loads, adds and saves: it is written absolutely.
TORN = ABSOLUTE

Sabotage = Callable[[pytest.MonkeyPatch], None]


class StrictMemory(Memory):
    """A feed with whole-second stamps and a filter that is strictly greater."""

    kind = "strict"

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        for page in super().orders_since(None):
            assert page.stamp is not None
            stamp = page.stamp.replace(microsecond=0)
            if since is None or stamp > since:
                yield replace(page, stamp=stamp)


registry.register("strict", StrictMemory)


# Ways to take a rule out


def declare(**facts: Any) -> Sabotage:
    return lambda patch: patch.setattr(Memory, "capabilities", declares(**facts))


def settle_nothing(patch: pytest.MonkeyPatch) -> None:
    """What should wait for a settle goes on as if there had been one."""
    change = writes.change

    def changed(session: Session, write_id: str, **changes: Any) -> None:
        if changes.get("state") == "settling":
            changes["settle_after"] = START - timedelta(days=1)
        change(session, write_id, **changes)

    patch.setattr(writes, "change", changed)


def ignore_put_backs(patch: pytest.MonkeyPatch) -> None:
    change = writes.change_entry

    def changed(session: Session, write_id: str, counter_id: str, **changes: Any) -> None:
        changes.pop("put_back_since", None)
        if changes:
            change(session, write_id, counter_id, **changes)

    patch.setattr(writes, "change_entry", changed)


def repeat_anything(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fence, "_may_be_repeated", lambda pen, row, now: True)


def offer(patch: pytest.MonkeyPatch, figure: Callable[[Counter], int]) -> None:
    patch.setattr(Counter, "on_offer", property(figure))


def after_closing_show(figure: Callable[[Mapping[str, Any]], int]) -> Sabotage:
    """`shown` is assigned at the answer."""

    def sabotage(patch: pytest.MonkeyPatch) -> None:
        close = fence._close

        def closed(session: Session, pen: Pen, row: Any, mine: Mapping[str, Counter], outcome: str, detail: str = "") -> None:
            for entry in row["entries"]:
                if outcome == "done":
                    counters.change(session, mine[entry["counter_id"]], shown=figure(entry))
            close(session, pen, row, mine, outcome, detail)

        patch.setattr(fence, "_close", closed)

    return sabotage


# 1


def a_new_key_after_a_crash(stage: Stage) -> None:
    a = stage.place(DELTA_KEYED, 1)
    a.shop.after = [dies]
    stage.aim(a, 2)
    stage.let(5)


def send_with_a_new_key(patch: pytest.MonkeyPatch) -> None:
    again = fence.again

    def anew(*args: Any, **kwargs: Any) -> dict[str, Any] | None:
        row = again(*args, **kwargs)
        return row and row | {"key": chance.new_id()}

    patch.setattr(fence, "again", anew)


# 2


def a_late_raise_that_is_read_too_early(stage: Stage) -> None:
    a = stage.place(DELTA, 1)
    a.shop.fate = ["late"]
    stage.aim(a, 2)
    stage.let(60)
    stage.own(1)
    a.shop.land()


def a_late_compare_and_set_that_is_read_too_early(stage: Stage) -> None:
    a = stage.place(CAS_UNKEYED, 1)
    a.shop.fate = ["late"]
    stage.aim(a, 2)
    stage.let(60)
    stage.own(1)
    a.shop.land()


# 3


def an_absolute_number_sent_twice(stage: Stage) -> None:
    a = stage.place(ABSOLUTE, 0)
    a.shop.fate = ["vain"]
    stage.aim(a, 2)
    stage.buy(a)
    stage.let(30)


def a_compare_and_set_without_a_key_sent_twice(stage: Stage) -> None:
    a = stage.place(CAS_UNKEYED, 1)
    a.shop.fate = ["vain"]
    stage.aim(a, 2)
    stage.buy(a)
    stage.let(30)


# 4


def a_reading_and_a_feed_that_lags(stage: Stage) -> None:
    a = stage.place(DELTA, 2)
    a.shop.fate = ["lost"]
    stage.aim(a, 1)
    stage.pass_(899)
    stage.buy(a, shown_in_s=4.5)
    stage.let(3)
    stage.own(1)


# 5


def a_restock_between_the_reading_and_the_settle(stage: Stage) -> None:
    a = stage.place(DELTA, 2)
    a.shop.fate = ["lost"]
    stage.aim(a, 1)
    order = stage.buy(a)
    stage.hear(a, order)
    stage.pass_(899)
    stage.let(2)
    a.shop.cancel(order)
    stage.hear(a, order)
    stage.let(10)
    stage.own(1)


# 6


def a_reply_below_zero(stage: Stage) -> None:
    a = stage.place(DELTA_KEYED, 2)
    stage.buy(a)
    stage.buy(a)
    stage.aim(a, 1)
    stage.own(1)


def take_every_reply_for_zero(patch: pytest.MonkeyPatch) -> None:
    done = fence.done

    def confirmed(session: Session, pen: Pen, write_id: str, quantities: Mapping[str, int]) -> None:
        done(session, pen, write_id, {each: max(0, units) for each, units in quantities.items()})

    patch.setattr(fence, "done", confirmed)


# 7


def a_unit_drawn_from_a_counter_that_still_owes_it(stage: Stage) -> None:
    a = stage.place(DELTA_KEYED, 2)
    b = stage.place(CAS, 1)
    first = stage.buy(b)
    stage.hear(b, first)
    b.shop.cancel(first)
    second = stage.buy(b)
    stage.buy(a)
    stage.buy(a)
    stage.aim(a, 1)
    stage.hear(b, second)
    stage.hear(b, first)
    stage.own(1)


def forget_what_is_below(patch: pytest.MonkeyPatch) -> None:
    """Nothing is released at the answer; but nobody knows any more why not."""
    patch.setattr(counters, "release", lambda session, counter, cause: None)
    offer(patch, lambda counter: max(0, counter.shown - counter.held))


# 8


def a_restock_notice_while_the_counter_is_below(stage: Stage) -> None:
    a = stage.place(DELTA_KEYED, 2)
    first = stage.buy(a)
    as_it_was = a.shop.snapshot(first)
    stage.buy(a)
    a.shop.cancel(first)
    stage.buy(a)
    stage.hear(a, as_it_was)
    stage.aim(a, 0)
    stage.hear(a, first)
    stage.own(1)


def lower_below_by_restocks(patch: pytest.MonkeyPatch) -> None:
    count = recording._count

    def counted(session: Session, work: Any, line: Any, here: Any, counter: Counter | None) -> None:
        before = counter.shown if counter is not None else 0
        count(session, work, line, here, counter)
        if counter is not None and counter.shown > before:
            counters.change(session, counter, below=max(0, counter.below - (counter.shown - before)))

    patch.setattr(recording, "_count", counted)


# 9


def a_restock_before_the_answer(stage: Stage) -> None:
    a = stage.place(CAS, 2)
    order = stage.buy(a)
    stage.hear(a, order)

    def restock() -> None:
        a.shop.cancel(order)
        stage.hear(a, order)

    a.shop.after = [restock]
    stage.aim(a, 0)
    stage.own(2)


# 10


def a_failed_key_that_the_channel_forgot(stage: Stage) -> None:
    a = stage.place(FORGETFUL, 1)
    a.shop.fate = ["late"]
    stage.aim(a, 2)
    order = stage.buy(a)
    while a.shop.requests["write_quantities"] < 2:
        stage.let(0.2)
    stage.own(1)
    a.shop.cancel(order)
    a.shop.land()


# 11


def a_unit_that_is_sold_before_the_channel_hears_of_the_lower(stage: Stage) -> None:
    a = stage.place(CAS, 1)

    def meanwhile() -> None:
        stage.own(1)
        stage.buy(a)

    a.shop.before = [meanwhile]
    stage.aim(a, 0)


def release_at_the_decision(patch: pytest.MonkeyPatch) -> None:
    offer(patch, lambda counter: max(0, counter.shown + (counter.flight.change if counter.flight else 0)))
    lower = fence.raise_or_lower

    def decided(session: Session, pen: Pen, unit: str, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        row = lower(session, pen, unit, *args, **kwargs)
        for counter in counters.of_unit(session, pen.channel_id, unit):
            counters.release(session, counter, cause=CAUSE)
        return row

    patch.setattr(fence, "raise_or_lower", decided)


# 12


def a_crash_after_a_raise_was_sent(stage: Stage) -> None:
    a = stage.place(CAS, 0)
    a.shop.after = [dies]
    stage.aim(a, 1)
    stage.own(1)


def send_first_and_store_later(patch: pytest.MonkeyPatch) -> None:
    change = push.Pushing._change

    def sent_first(self: push.Pushing, unit: str, wants: Mapping[str, fence.Want]) -> None:
        ((counter_id, want),) = wants.items()
        external_id = self.database.look(push._external_ids, [counter_id])[counter_id]
        entry = push.Entry(external_id, want.on_offer, 0, want.on_offer)
        self.channel.write_quantities([WriteRequest(unit, [entry], chance.new_id(), {})])
        change(self, unit, wants)

    patch.setattr(push.Pushing, "_change", sent_first)


# 13


def a_raise_in_flight_whose_units_look_spare(stage: Stage) -> None:
    a = stage.place(CAS, 1)
    b = stage.place(CAS, 1)
    first = stage.buy(b)
    stage.hear(b, first)
    b.shop.cancel(first)
    a.shop.fate = ["vain"]
    stage.aim(a, 2)
    second = stage.buy(b)
    stage.hear(b, second)
    stage.hear(b, first)
    stage.own(1)


def offer_nothing_in_flight(patch: pytest.MonkeyPatch) -> None:
    offer(patch, lambda counter: max(0, counter.shown + counter.below - counter.held))


# 14


def a_unit_that_comes_back_while_a_line_is_short(stage: Stage) -> None:
    a = stage.place(CAS, 2)
    first = stage.buy(a)
    as_it_was = a.shop.snapshot(first)
    second = stage.buy(a)
    a.shop.cancel(first)
    third = stage.buy(a)
    stage.hear(a, as_it_was)
    stage.hear(a, second)
    stage.hear(a, third)
    stage.hear(a, first)
    stage.own(1)


# 15


def a_counter_that_is_overdrawn_while_it_settles(stage: Stage) -> None:
    a = stage.place(DELTA, 2)
    b = stage.place(CAS, 1)
    c = stage.place(CAS, 1)
    a.shop.fate = ["lost"]
    stage.aim(a, 1)
    first = stage.buy(b)
    stage.hear(b, first)
    b.shop.cancel(first)
    second = stage.buy(b)
    stage.hear(b, second)
    stage.aim(c, 0)
    stage.own(1)
    stage.hear(b, first)
    stage.own(1)


def keep_what_it_has_while_something_is_open(patch: pytest.MonkeyPatch) -> None:
    deficit = Counter.deficit.fget
    assert deficit is not None
    patch.setattr(Counter, "deficit", property(lambda counter: 0 if counter.flight is not None else deficit(counter)))


# 16


def a_drain_over_sales_that_we_have_not_seen(stage: Stage) -> None:
    a = stage.place(DRAIN, 2)
    stage.buy(a)
    stage.buy(a)
    stage.aim(a, 0)
    stage.let(1)
    stage.own(2)


# 17


def a_restock_after_a_drain(stage: Stage) -> None:
    a = stage.place(DRAIN, 2)
    first = stage.buy(a)
    stage.buy(a)
    stage.aim(a, 0)
    a.shop.cancel(first)
    stage.let(10)
    stage.own(1)


# 18


def a_sale_in_the_gap_of_an_absolute_write(stage: Stage) -> None:
    a = stage.place(ABSOLUTE, 1)
    a.shop.before = [lambda: stage.buy(a)]
    stage.aim(a, 2)
    stage.own(1)


def cover_only_the_number_itself(patch: pytest.MonkeyPatch) -> None:
    def covered(session: Session, pen: Pen, counter: Counter, value: int, guard: int) -> Any:
        return value, None, counters.free_for(session, counter, value - counter.allotment)

    patch.setattr(fence, "_covered", covered)


# 19


def a_guard_unit_that_our_own_buyers_want(stage: Stage) -> None:
    a = stage.place(ABSOLUTE, 2)
    stage.world.database.run(plans.change, stage.counter(a).sku_id, {"guard": 1}, cause=CAUSE)
    a.shop.before = [lambda: stage.buy(a)]
    stage.aim(a, 3)
    stage.own(1)


def leave_the_guard_where_it_is(patch: pytest.MonkeyPatch) -> None:
    covered = fence._covered
    patch.setattr(fence, "_covered", lambda session, pen, counter, value, guard: covered(session, pen, counter, value, 0))


# 20


def an_answer_to_an_absolute_write(stage: Stage) -> None:
    a = stage.place(ABSOLUTE, 1)
    a.shop.before = [lambda: stage.buy(a)]
    stage.aim(a, 2)
    stage.own(1)


def believe_the_answer_of_an_absolute_write(patch: pytest.MonkeyPatch) -> None:
    def landed(session: Session, pen: Pen, row: Mapping[str, Any], mine: Mapping[str, Counter]) -> None:
        for entry in row["entries"]:
            counters.change(session, mine[entry["counter_id"]], shown=entry["value"])
        fence._close(session, pen, row, mine, "done")

    patch.setattr(fence, "_landed", landed)


# 21


def two_absolute_writes_at_once(stage: Stage) -> None:
    a = stage.place(ABSOLUTE, 2)
    database, memory = stage.world.database, stage.world.channel(a.channel_id)

    def the_other_one() -> None:
        request = stage.intend(a, 3)
        if request is None:
            return
        pen = stage.pen(a)
        (mine,) = [row for row in database.look(writes.open_of_channel, a.channel_id) if row["key"] == request.key]
        a.shop._write(request)
        database.run(fence.done, pen, mine["id"], {})
        readings = {stage.counter(a).id: stage.shown(a)}
        database.run(fence.read, pen, mine["id"], readings, answered_at=chance.now())
        stage.pass_(6)
        poll.poll(database, memory, pen)
        assert database.run(fence.settled, pen, mine["id"])

    a.shop.after = [the_other_one]
    stage.aim(a, 0)
    stage.let(10)
    stage.own(3)


def allow_two_open_writes(patch: pytest.MonkeyPatch) -> None:
    """The rule stands in the database itself: its index goes too."""
    patch.setattr(writes, "open_of_unit", lambda session, channel_id, unit: None)
    connect = channels.connect

    def connected(session: Session, **facts: Any) -> dict[str, Any]:
        session.execute(text("DROP INDEX IF EXISTS uq_writes_open"))
        return connect(session, **facts)

    patch.setattr(channels, "connect", connected)


# 22


def a_delta_that_loads_adds_and_saves(stage: Stage) -> None:
    a = stage.place(TORN, 2)

    def torn() -> None:
        loaded = stage.shown(a)
        stage.buy(a)
        a.shop.counters[a.external_id] = loaded

    a.shop.before = [torn]
    stage.aim(a, 1)
    stage.own(2)


def take_a_torn_delta_for_a_whole_one(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(globals(), "TORN", DELTA)


# 23


def a_lower_over_orders_that_nobody_has_paid(stage: Stage) -> None:
    a = stage.place(PAID_DELTA, 2)
    unpaid = [stage.buy(a, paid=False) for _ in range(2)]
    stage.aim(a, 1)
    stage.own(1)
    for order in unpaid:
        a.shop.pay(order)


# 24


def two_orders_in_one_second(stage: Stage) -> None:
    a = stage.place(DRAIN, 2, kind="strict")
    stage.pass_((1_000_000 - chance.now().microsecond) / 1e6)
    stage.buy(a)
    poll.poll(stage.world.database, stage.world.channel(a.channel_id), stage.pen(a))
    stage.pass_(0.5)
    stage.buy(a)
    stage.aim(a, 0)
    stage.let(30)
    stage.own(1)


def an_order_before_the_one_that_a_webhook_told_of(stage: Stage) -> None:
    a = stage.place(DRAIN, 2)
    stage.buy(a)
    stage.pass_(30)
    stage.hear(a, stage.buy(a))
    stage.aim(a, 0)
    stage.let(30)
    stage.own(1)


def move_the_watermark_by_webhooks(patch: pytest.MonkeyPatch) -> None:
    record = recording.record

    def recorded(session: Session, channel_id: str, snapshot: Any, *, cause: Any, **more: Any) -> dict[str, Any] | None:
        if cause.kind == "delivery":
            channels.change_lane(session, channel_id, watermark=snapshot.updated_at)
        return record(session, channel_id, snapshot, cause=cause, **more)

    patch.setattr(recording, "record", recorded)


# 27


def a_held_unit_that_is_paid_for_in_the_gap(stage: Stage) -> None:
    a = stage.place(PAID_ABSOLUTE, 1)
    order = stage.buy(a, paid=False)
    stage.hear(a, order)
    a.shop.before = [lambda: a.shop.pay(order)]
    stage.aim(a, 1)
    if a.shop.before:
        a.shop.pay(order)


def subtract_what_is_held_from_the_number(patch: pytest.MonkeyPatch) -> None:
    covered = fence._covered

    def without(session: Session, pen: Pen, counter: Counter, value: int, guard: int) -> Any:
        found = covered(session, pen, counter, value - counter.held, guard)
        return found and (value, *found[1:])

    patch.setattr(fence, "_covered", without)


@dataclass(frozen=True)
class Trace:
    number: int
    units: int
    play: Callable[[Stage], None]
    sabotage: Sabotage

    def __str__(self) -> str:
        return f"{self.number}: {self.play.__name__.replace('_', ' ')}"


TRACES = [
    Trace(1, 2, a_new_key_after_a_crash, send_with_a_new_key),
    Trace(2, 2, a_late_raise_that_is_read_too_early, declare(late_write_s=0.0)),
    Trace(2, 2, a_late_compare_and_set_that_is_read_too_early, declare(late_write_s=0.0)),
    Trace(3, 2, an_absolute_number_sent_twice, repeat_anything),
    Trace(3, 2, a_compare_and_set_without_a_key_sent_twice, repeat_anything),
    Trace(4, 2, a_reading_and_a_feed_that_lags, declare(feed_lag_s=0.0)),
    Trace(4, 2, a_reading_and_a_feed_that_lags, settle_nothing),
    Trace(5, 2, a_restock_between_the_reading_and_the_settle, ignore_put_backs),
    Trace(6, 2, a_reply_below_zero, take_every_reply_for_zero),
    Trace(7, 3, a_unit_drawn_from_a_counter_that_still_owes_it, forget_what_is_below),
    Trace(8, 2, a_restock_notice_while_the_counter_is_below, lower_below_by_restocks),
    Trace(9, 2, a_restock_before_the_answer, after_closing_show(lambda entry: int(entry["value"]))),
    Trace(10, 2, a_failed_key_that_the_channel_forgot, declare(remembers_failures=True)),
    Trace(11, 1, a_unit_that_is_sold_before_the_channel_hears_of_the_lower, release_at_the_decision),
    Trace(12, 1, a_crash_after_a_raise_was_sent, send_first_and_store_later),
    Trace(13, 3, a_raise_in_flight_whose_units_look_spare, offer_nothing_in_flight),
    Trace(
        14,
        2,
        a_unit_that_comes_back_while_a_line_is_short,
        lambda patch: patch.setattr(repayment, "_serve", lambda session, row, rivals, cause: None),
    ),
    Trace(15, 4, a_counter_that_is_overdrawn_while_it_settles, keep_what_it_has_while_something_is_open),
    Trace(16, 2, a_drain_over_sales_that_we_have_not_seen, settle_nothing),
    Trace(17, 2, a_restock_after_a_drain, ignore_put_backs),
    Trace(18, 3, a_sale_in_the_gap_of_an_absolute_write, cover_only_the_number_itself),
    Trace(19, 4, a_guard_unit_that_our_own_buyers_want, leave_the_guard_where_it_is),
    Trace(20, 3, an_answer_to_an_absolute_write, believe_the_answer_of_an_absolute_write),
    Trace(21, 3, two_absolute_writes_at_once, allow_two_open_writes),
    Trace(22, 3, a_delta_that_loads_adds_and_saves, take_a_torn_delta_for_a_whole_one),
    Trace(23, 2, a_lower_over_orders_that_nobody_has_paid, declare(counts_down_at=CountsDown.PLACED)),
    Trace(24, 2, two_orders_in_one_second, declare(feed_overlap_s=0.0)),
    Trace(24, 2, an_order_before_the_one_that_a_webhook_told_of, move_the_watermark_by_webhooks),
    Trace(27, 2, a_held_unit_that_is_paid_for_in_the_gap, subtract_what_is_held_from_the_number),
]


@contextmanager
def staged(database: Database, tmp_path: Path, units: int) -> Iterator[Stage]:
    with world(database, tmp_path) as found:
        yield Stage(found, units)


@pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_no_unit_is_promised_twice_and_every_unit_is_sold_in_trace(database: Database, tmp_path: Path, trace: Trace) -> None:
    with staged(database, tmp_path, trace.units) as stage:
        trace.play(stage)
        assert stage.promised() <= trace.units
        assert stage.books() == []
        stage.sell_out()


@pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_without_its_rule_a_unit_is_promised_twice_in_trace(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trace: Trace
) -> None:
    trace.sabotage(monkeypatch)
    with staged(database, tmp_path, trace.units) as stage:
        trace.play(stage)
        stage.everybody_buys()
        assert stage.oversold > 0


# 25


def a_sale_before_the_answer(stage: Stage, a: Place) -> None:
    a.shop.after = [lambda: stage.hear(a, stage.buy(a))]
    stage.aim(a, 2)


def test_a_sale_before_the_answer_leaves_the_next_write_as_good_as_any(database: Database, tmp_path: Path) -> None:
    with staged(database, tmp_path, 4) as stage:
        a = stage.place(CAS, 1)
        a_sale_before_the_answer(stage, a)
        assert stage.counter(a).shown == stage.shown(a) == 1
        stage.aim(a, 3)
        assert stage.outcomes(a) == ["done", "done"]
        assert stage.counter(a).shown == stage.shown(a) == 3


def test_with_the_number_assigned_at_the_answer_every_later_write_is_stale_for_ever(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_closing_show(lambda entry: int(entry["value"]))(monkeypatch)
    with staged(database, tmp_path, 4) as stage:
        a = stage.place(CAS, 1)
        mine = stage.counter(a).id
        # Reading the counter would heal it, each time anew.
        monkeypatch.setattr(fence, "rebase", lambda session, pen, unit: counters.change(session, mine, rebase_at=None))
        a_sale_before_the_answer(stage, a)
        for _ in range(5):
            stage.aim(a, 3)
            stage.let(30)
        assert stage.outcomes(a)[:6] == ["done", *["stale"] * 5]
        assert (stage.counter(a).shown, stage.shown(a)) == (2, 1)


# 26


def a_notice_that_comes_twice(stage: Stage) -> None:
    a = stage.place(CAS, 2)
    order = stage.buy(a)
    stage.hear(a, order)
    stage.hear(a, order)


def test_a_notice_that_comes_twice_commits_one_unit(database: Database, tmp_path: Path) -> None:
    with staged(database, tmp_path, 3) as stage:
        a_notice_that_comes_twice(stage)
        assert stage.world.level(stage.code) == {"available": 1, "allotted": 1, "committed": 1}
        assert stage.books() == []


def test_a_notice_that_is_counted_twice_is_caught_by_the_books(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitments, "of_order", lambda session, order_id: [])
    numbers = count()
    monkeypatch.setattr(recording, "hashed", lambda snapshot: next(numbers))  # and nobody sees that it is the same once more
    with staged(database, tmp_path, 3) as stage:
        a_notice_that_comes_twice(stage)
        assert stage.world.level(stage.code) == {"allotted": 1, "committed": 2}
        assert [each.split()[:3] for each in stage.books()] == [["owed", "to", "line"]]
