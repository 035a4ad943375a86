"""A channel's orders in the books: the golden table from snapshots made by hand, in every order in which they may come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from math import factorial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import chance
from app.chance import Seeded
from app.database import Database, Session
from app.domain import checking, commitments, counters, exceptions, listings, orders, recording, stock
from app.domain.errors import WrongState
from app.domain.money import Money
from app.domain.snapshots import ABSENT, WITHHELD, LineSnapshot, OrderSnapshot, OrderState
from tests import shop
from tests.golden import CASES, Case, Dialect
from tests.telling import CAUSE, ByHand, Run, Scratch, answer, expected, furnished, is_all_told_by_snapshots, ship

DIALECTS: tuple[Dialect, ...] = ("keeps", "rewrites")
TABLE = [pytest.param(case, dialect, id=f"{case}-{dialect}") for case in CASES for dialect in DIALECTS if dialect not in case.not_in]


@pytest.mark.parametrize(("case", "dialect"), TABLE)
def test_the_books_are_as_the_golden_table_says(database: Database, clock: Seeded, case: Case, dialect: Dialect) -> None:
    furnished(database.run, case)
    story = ByHand(database.run, case, dialect, clock)
    story.open()
    assert database.look(checking.check) == []
    for number, step in enumerate(case.steps):
        story.tell(step)
        findings = database.look(checking.check)
        assert not findings, (number, step.what, [str(each) for each in findings])
        if (then := step.books(dialect)) is not None:
            assert (number, step.what, database.look(story.standing, then)) == (number, step.what, expected(case, then, dialect))


# However it comes

ANY_ORDER = [param for param in TABLE if is_all_told_by_snapshots(param.values[0])]  # type: ignore[arg-type]


def told(run: Run, case: Case, dialect: Dialect, clock: Seeded) -> ByHand:
    """The story has happened, and nobody told us."""
    furnished(run, case)
    story = ByHand(run, case, dialect, clock)
    story.open()
    for step in case.steps:
        if step.what not in ("late", "hears"):
            story.tell(step.unheard)
    return story


def as_it_ends(session: Session, story: ByHand) -> dict[str, Any]:
    """The books, without what only those know who heard of every change: lines that were edited away, what a line once asked for, and
    an address that was shown only for a while."""
    then = story.case.steps[-1].books(story.dialect)
    assert then is not None
    found = story.standing(session, then)
    lines = {}
    for name, rows in found.pop("lines").items():
        wanted = [each | {"wanted": each["ordered"] - each["cancelled"]} for each in rows]
        if any(each["wanted"] for each in wanted):
            lines[name] = [{figure: each[figure] for figure in ("wanted", "shipped", "committed", "short")} for each in wanted]
    found["order"].pop("address", None)
    return found | {"lines": lines}


def ends(scratch: Scratch, story: ByHand, deliveries: Sequence[int]) -> dict[str, Any]:
    """How the books end when the snapshots come like this, by their numbers; they balance all the way."""
    with scratch.again():
        for number in deliveries:
            comes(scratch, story, number)
        found: dict[str, Any] = scratch.run(as_it_ends, story)
    return found


def comes(scratch: Scratch, story: ByHand, number: int) -> None:
    story.record(story.history[number])
    assert scratch.run(checking.check) == []


def all_ends(scratch: Scratch, story: ByHand, come: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    """Every order in which the snapshots may come, the orderly one first, and how the books end then; they balance all the way. What two
    of them begin alike is done once."""
    left = [number for number in range(len(story.history)) if number not in come]
    if not left:
        yield come, scratch.run(as_it_ends, story)
    for number in left:
        with scratch.again():
            comes(scratch, story, number)
            yield from all_ends(scratch, story, (*come, number))


@pytest.mark.parametrize(("case", "dialect"), ANY_ORDER)
def test_in_whatever_order_the_snapshots_come_the_books_end_alike(database: Database, clock: Seeded, case: Case, dialect: Dialect) -> None:
    with Scratch(database) as scratch:
        story = told(scratch.run, case, dialect, clock)
        (_, expected_end), *others = all_ends(scratch, story)
        assert len(others) == factorial(len(story.history)) - 1
        for order, end in others:
            assert (order, end) == (order, expected_end)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_doubled_late_and_lost_snapshots_end_as_the_orderly_run(database: Database, clock: Seeded, data: st.DataObject) -> None:
    case, dialect = data.draw(st.sampled_from([param.values for param in ANY_ORDER]))
    with Scratch(database) as scratch:
        story = told(scratch.run, case, dialect, clock)  # type: ignore[arg-type]
        last = len(story.history) - 1
        # Any of them, any number of times, in any order; the last one at least once, and of one that is deleted the one before it too.
        surely = [last] if not story.gone else [last - 1, last]
        orderly = ends(scratch, story, range(last + 1))
        for _ in range(4):
            some = data.draw(st.lists(st.integers(0, last), max_size=2 * last + 2))
            mixed = data.draw(st.permutations([*some, *surely]))
            assert ends(scratch, story, mixed) == orderly


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_orders_that_compete_for_too_few_units_leave_the_same_total_short(database: Database, clock: Seeded, data: st.DataObject) -> None:
    """Three orders of up to four mugs, of which there are six; each is changed once, and what is told of it comes in any order."""
    wanted = data.draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 4)), min_size=3, max_size=3))
    restock = data.draw(st.booleans())
    case = Case("scarce", (), stock={"MUG": 6})

    def snapshot(order: int, version: int) -> OrderSnapshot:
        first, then = wanted[order]
        now = then if version else first
        ordered = max(first, now) if version else first
        line = LineSnapshot(
            "a",
            ordered,
            cancelled=ordered - now,
            counted_down=ordered,
            put_back=(ordered - now) if restock else 0,
            listing="mug",
            sku="MUG",
            unit_price=Money(1000, "EUR"),
        )
        return OrderSnapshot(f"order-{order}", version, paid=True, lines=[line])

    everything = [(order, version) for order in range(3) for version in range(2)]
    # Each message once at least; some doubled.
    mixed = data.draw(st.permutations([*everything, *data.draw(st.lists(st.sampled_from(everything), max_size=4))]))

    def played(deliveries: Sequence[tuple[int, int]]) -> tuple[Any, ...]:
        with Scratch(database) as scratch:
            furnished(scratch.run, case)
            story = ByHand(scratch.run, case, "keeps", clock)
            story.open()
            for order, version in deliveries:
                story.record(snapshot(order, version))
                assert scratch.run(checking.check) == []
            (counter,) = scratch.run(all_counters)
            rows = scratch.run(orders.page, None, 10)
            promised = sum(line["committed"] for row in rows for line in row["lines"])
            short = sum(line["short"] for row in rows for line in row["lines"])
            (level,) = scratch.run(stock.page_levels, None, 10, code="MUG")
            return counter.shown, counter.allotment, promised, short, level["available"], level["committed"]

    assert played(mixed) == played(everything)


def all_counters(session: Session) -> list[counters.Counter]:
    return counters.of_ids(session, [row.id for row in session.execute(counters.counters.select())])


# Many at once


def opened(database: Database, clock: Seeded, units: int) -> ByHand:
    case = Case("many at once", (), stock={"MUG": units})
    furnished(database.run, case)
    story = ByHand(database.run, case, "keeps", clock)
    story.open()
    return story


def of_mugs(order: str, quantity: int, version: int = 1, **line: Any) -> OrderSnapshot:
    figures = {"ordered": quantity, "counted_down": quantity, "listing": "mug", "sku": "MUG"} | line
    return OrderSnapshot(order, version, paid=True, lines=[LineSnapshot("a", **figures)])


def test_two_who_record_the_same_order_at_once_record_it_once(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    for number in range(5):
        shop.at_once(2, lambda _, number=number: story.record(of_mugs(f"order-{number}", 1)))  # type: ignore[misc]
    assert len(database.look(orders.page, None, 100)) == 5
    assert shop.level(database, "MUG") == shop.Level(available=5, committed=5)


def test_two_who_record_different_versions_at_once_leave_the_newer_one(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    cancelled = {"cancelled": 2, "put_back": 2}
    for number in range(5):
        versions = [of_mugs(f"order-{number}", 2), of_mugs(f"order-{number}", 2, 2, **cancelled)]
        shop.at_once(2, lambda one, versions=versions: story.record(versions[one]))  # type: ignore[misc]
    assert {row["status"] for row in database.look(orders.page, None, 100)} == {"cancelled"}
    assert shop.level(database, "MUG") == shop.Level(available=6, allotted=4)


def test_orders_of_one_scarce_sku_that_come_at_once_are_each_served_or_short(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 5)
    shop.at_once(6, lambda number: story.record(of_mugs(f"order-{number}", 2)))
    rows = database.look(orders.page, None, 100)
    assert [sum(line[figure] for row in rows for line in row["lines"]) for figure in ("quantity", "committed", "short")] == [12, 5, 7]
    assert shop.level(database, "MUG") == shop.Level(committed=5)
    (counter,) = database.look(all_counters)
    assert (counter.shown, counter.on_offer, counter.allotment) == (4 - 12, 0, 0)
    shop.post(database, "MUG", 8)
    assert shop.short_total(database) == 0
    assert shop.level(database, "MUG") == shop.Level(available=1, committed=12)


def test_a_sale_there_and_orders_of_our_own_never_promise_a_unit_twice(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 6)  # 4 on offer there, 2 free
    served = shop.at_once(6, lambda number: story.record(of_mugs(f"order-{number}", 1)) if number < 4 else shop.place_one(database, "MUG"))
    assert served[4:] == [True, True]
    assert shop.level(database, "MUG") == shop.Level(committed=6)
    assert shop.short_total(database) == 0


# Small things that the table has no words for


def test_what_is_absent_or_withheld_erases_nothing(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    said = {"gross": Money(2000, "EUR"), "shipping": Money(490, "EUR"), "total": Money(2490, "EUR")}
    first = replace(of_mugs("order-1", 2), number="#1", buyer={"name": "Mina"}, ship_to={"line1": "4 Mill Lane"}, amounts=said)
    story.record(first)
    before = database.look(orders.page, None, 10)[0]
    assert (before["total"], before["shipping"]) == (2490, 490)
    story.record(replace(first, version=2, number=None, buyer=ABSENT, ship_to=WITHHELD, amounts=ABSENT, paid=ABSENT))
    story.record(OrderSnapshot("order-1", 3))
    after = database.look(orders.page, None, 10)[0]
    assert {name for name in after if after[name] != before[name]} <= {"external_version", "snapshot_hash", "updated_at"}


def test_an_order_without_amounts_comes_to_what_its_lines_do(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(of_mugs("order-1", 1, unit_price=Money(1000, "EUR")))
    assert database.look(orders.page, None, 10)[0]["total"] == 1000
    story.record(of_mugs("order-1", 3, 2, unit_price=Money(1000, "EUR")))
    assert database.look(orders.page, None, 10)[0]["total"] == 3000


def test_an_unknown_order_without_lines_is_fetched_and_not_guessed(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    for snapshot in (
        OrderSnapshot("order-1", 1, paid=True),
        replace(of_mugs("order-1", 1), state=OrderState.NOT_YET),
    ):
        assert database.run(recording.record, story.channel_id, snapshot, cause=CAUSE) is None
    assert database.look(orders.page, None, 10) == []


def test_a_deleted_order_that_we_never_saw_is_remembered_for_what_may_come_late(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(OrderSnapshot("order-1", 5, OrderState.GONE))
    assert shop.event_types(database)[-1] != "order.placed"
    story.record(of_mugs("order-1", 2))
    (order,) = database.look(orders.page, None, 10)
    assert (order["status"], shop.figures(order)) == ("cancelled", [(0, 0, 0, 2)])
    assert shop.level(database, "MUG") == shop.Level(available=8, allotted=2)
    # It is there after all: whoever said that it was gone was wrong.
    story.record(of_mugs("order-1", 2, 6))
    assert shop.level(database, "MUG") == shop.Level(available=6, allotted=2, committed=2)


def test_a_decimal_quantity_that_somebody_has_dealt_with_is_not_brought_up_again(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(of_mugs("order-1", 2, decimal_quantity="1.5"))
    (waiting,) = database.look(exceptions.page, None, 10, open=True)
    database.run(exceptions.resolve, waiting["id"], "cut it", cause=CAUSE)
    story.record(of_mugs("order-1", 2, 2, decimal_quantity="1.5", shipped=2))
    assert database.look(exceptions.page, None, 10, open=True) == []


def test_a_listing_that_was_seen_before_it_sold_asks_what_it_is_when_it_sells(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    database.run(listings.note, story.channel_id, "jug", sku_code="JUG", title="Jug", cause=CAUSE)
    assert database.look(exceptions.page, None, 10, open=True) == []
    story.record(of_mugs("order-1", 1, listing="jug", sku="JUG"))
    story.record(of_mugs("order-2", 1, listing="jug", sku="JUG"))
    assert [row["cause"] for row in database.look(exceptions.page, None, 10, open=True)] == ["listing_unmapped"]


def test_what_was_never_stock_can_become_stock_and_what_waited_follows(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    database.run(listings.note, story.channel_id, "jug", sku_code=None, title="Jug", cause=CAUSE)
    database.run(answer, story.channel_id, "jug", {})
    story.record(of_mugs("order-1", 1, listing="jug"))
    assert shop.level(database, "MUG") == shop.Level(available=6, allotted=4)
    database.run(answer, story.channel_id, "jug", {"MUG": 2})
    assert shop.level(database, "MUG") == shop.Level(available=4, allotted=4, committed=2)


def test_a_line_keeps_its_sku_when_its_listing_stands_for_another_one_since(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    shop.stocked(database, "CUP", 10)
    story.record(of_mugs("order-1", 1))
    database.run(answer, story.channel_id, "mug", {"CUP": 1})
    story._read()
    assert shop.level(database, "CUP") == shop.Level(available=6, allotted=4)
    story.record(of_mugs("order-1", 3, 2))
    assert shop.level(database, "MUG") == shop.Level(available=7, committed=3)
    # The shop counted two more off the number that stands for cups now.
    assert shop.level(database, "CUP") == shop.Level(available=8, allotted=2)


def test_a_test_order_leaves_the_rate_of_sale_alone(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(replace(of_mugs("order-1", 2), test=True))
    assert database.look(all_counters)[0].rate == 0
    story.record(of_mugs("order-2", 1))
    assert database.look(all_counters)[0].rate > 0


def test_an_unpaid_order_is_not_ours_to_send(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(replace(of_mugs("order-1", 2), paid=False))
    story.record(of_mugs("order-2", 2))
    with shop.refused(database, WrongState):
        database.run(ship, story.channel_id, "order-1", {})
    story.record(replace(of_mugs("order-1", 2, shipped=2), version=2, paid=False))  # the shopkeeper may all the same
    assert shop.level(database, "MUG") == shop.Level(available=6, committed=2)


def test_an_unpaid_order_is_held_for_as_long_as_a_clock_that_is_behind_makes_of_it(database: Database, clock: Seeded) -> None:
    """It was placed now, and the shop's clock says four minutes ago: the shop still waits for its money when our hour is over."""
    story = opened(database, clock, 10)
    placed = replace(of_mugs("order-1", 2), paid=False, placed_at=chance.now() - timedelta(minutes=4))
    story.record(placed)
    due = []
    for _ in range(2):
        clock.advance(timedelta(minutes=60, seconds=30))
        due.append(database.look(recording.unpaid_due, story.channel_id, 10))
    assert due == [[], ["order-1"]]


def test_a_snapshot_like_the_last_changes_nothing_and_another_of_that_version_does(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    seen = []
    for shipped in (0, 0, 1, 1, 0):
        story.record(of_mugs("order-1", 2, shipped=shipped))
        seen.append(shop.level(database, "MUG").committed)
    assert seen == [2, 2, 1, 1, 2]
    assert database.look(checking.check) == []


@pytest.mark.parametrize("change", ["shipped", "cancelled"])
def test_what_was_missing_and_was_sent_there_or_is_not_wanted_is_no_business_of_a_person_any_more(
    database: Database, clock: Seeded, change: str
) -> None:
    story = opened(database, clock, 1)
    story.record(of_mugs("order-1", 2))
    (short,) = database.look(commitments.short_before, chance.now() + timedelta(seconds=1), limit=9)
    said = {"severity": "urgent", "title": "1 of MUG is missing", "advice": "Find it.", "facts": {}, "cause": CAUSE}
    database.run(exceptions.raise_, "line_short", short["line_id"], **said)
    story.record(of_mugs("order-1", 2, 2, **{change: 2}))
    assert database.look(exceptions.open_of, "line_short") == []
    assert database.look(checking.check) == []


def test_only_what_changes_is_told(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(of_mugs("order-1", 2))
    told = shop.event_types(database)
    for version in (1, 1, 2):
        story.record(of_mugs("order-1", 2, version))
    assert shop.event_types(database) == told


def test_what_is_recorded_just_so_or_newer_is_no_news(database: Database, clock: Seeded) -> None:
    story = opened(database, clock, 10)
    story.record(of_mugs("order-1", 2, 2))
    said = [of_mugs("order-1", 2, 2), of_mugs("order-1", 1, 1), of_mugs("order-1", 1, 2), of_mugs("order-1", 2, 3), of_mugs("order-2", 2)]
    assert database.look(recording.news, story.channel_id, said) == [False, False, True, True, True]
    assert database.look(recording.news, story.channel_id, []) == []


def test_an_order_from_before_the_shop_was_connected_and_sent_since_takes_nothing_off_the_shelf(database: Database, clock: Seeded) -> None:
    before = chance.now() - timedelta(days=1)
    story = opened(database, clock, 10)
    story.record(replace(of_mugs("order-1", 2, shipped=2), placed_at=before))
    assert shop.level(database, "MUG") == shop.Level(available=8, allotted=2)
