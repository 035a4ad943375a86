"""Whatever is done to the ledger, in whatever order, the books balance.

The machine keeps a model of its own, in plain Python: what lies where (a sum of what crossed the store's door, with the moment it did),
and what each order line was told. It doesn't know how the ledger works; where it says that something must be refused, it says so from
the figures that the ledger showed beforehand.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, select

from app import chance
from app.database import Database, Session, metadata
from app.domain import catalogue, checking, commitments, locations, orders, reservations, shipments, stock, transfers
from app.domain.errors import ForbiddenMove, InsufficientStock, InvalidDraft, Refusal, WrongState
from app.main import open_store
from tests.shop import CAUSE, count, hold, place, place_to_stock, post, send, sku

INSIDE = ("available", "allotted", "reserved", "committed", "quality_control", "damaged")

# What a person may report, and what it does to the sum of all states at the location.
REPORTS = {
    ("supplier", "available"): +1,
    ("supplier", "quality_control"): +1,
    ("available", "supplier"): -1,
    ("damaged", "supplier"): -1,
    ("quality_control", "available"): 0,
    ("quality_control", "damaged"): 0,
    ("available", "damaged"): 0,
    ("damaged", "available"): 0,
    ("available", "adjustment"): -1,
    ("damaged", "adjustment"): -1,
    ("adjustment", "available"): +1,
    ("adjustment", "damaged"): +1,
    ("customer", "available"): +1,
    ("customer", "quality_control"): +1,
    ("customer", "damaged"): +1,
    ("customer", "adjustment"): 0,
}
# Facts: what they may take, where nothing is free.
BREAKS = ("available", "reserved", "quality_control", "committed")
LOSES = (*BREAKS, "damaged")

UNITS = st.integers(1, 3)
PICK = st.integers(0, 11)
STEPS: list[st.SearchStrategy[tuple[str, dict[str, Any]]]] = []


def step(**draws: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A step that may come next, as likely as any other.

    Hypothesis' own rules are left out of whole runs, so that hardly an order gets as far as its second parcel.
    """

    def note(function: Callable[..., None]) -> Callable[..., None]:
        STEPS.append(st.tuples(st.just(function.__name__), st.fixed_dictionaries(draws)))
        return function

    return note


@dataclass
class Line:
    """What an order line was told."""

    sku: str
    quantity: int
    counted: bool  # tracked, and ours to send
    shipped: int = 0
    cancelled: int = 0

    @property
    def left(self) -> int:
        return self.quantity - self.shipped - self.cancelled


class Store(RuleBasedStateMachine):
    """Every operation of the ledger, one after another."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.clock = chance.Seeded(7, datetime(2026, 3, 2, 9, tzinfo=UTC))
        self._installed = chance.installed(self.clock)
        self._installed.__enter__()
        database.run(empty)
        database.run(open_store, "EUR")
        self.start = self.clock.now()
        self.tracked = ["BOWL", "CUP", "JUG"]
        self.places = ["STUDIO", "STALL", "HUB"]
        self.door: dict[tuple[str, str], list[tuple[datetime, int]]] = defaultdict(list)
        self.counted_at: dict[tuple[str, str], datetime] = defaultdict(lambda: self.start)
        self.orders: dict[str, dict[str, Line]] = {}
        self.holds: list[str] = []
        self.transit: dict[str, tuple[str, dict[str, int]]] = {}
        self.entries: dict[str, tuple[Any, ...]] = {}

    def teardown(self) -> None:
        self._installed.__exit__(None, None, None)

    @initialize(stock=st.lists(st.integers(2, 9), min_size=6, max_size=6), quantity=UNITS)
    def open(self, stock: list[int], quantity: int) -> None:
        """Some stock, and one of each record that later steps may change."""
        for code in self.tracked:
            sku(self.database, code)
        sku(self.database, "PATTERN", tracked=False)
        for code in self.places[1:]:
            place_to_stock(self.database, code)
        for number, units in enumerate(stock):
            self.receive(number % 3, number // 3, units, False)
        self.hold(0, quantity, 0, 20, False, 0)
        self.order([(1, quantity), (2, 12)], True, False, None, "us")
        self.send(0, 1, 1, 1)

    # The model

    def crossed(self, code: str, at: str, units: int, when: datetime | None = None) -> None:
        self.door[code, at].append((when or self.clock.now(), units))

    def on_hand(self, code: str, at: str, when: datetime | None = None) -> int:
        return sum(units for moment, units in self.door[code, at] if when is None or moment <= when)

    def at(self, code: str, place: str) -> dict[str, int]:
        found = self.database.look(stock.page_levels, None, 1, code=code, location=place)
        return {state: found[0][state] for state in INSIDE} if found else dict.fromkeys(INSIDE, 0)

    def free(self, code: str, places: list[str] | None = None) -> int:
        return sum(self.at(code, place)["available"] for place in places or self.places)

    @contextmanager
    def expected(self, refusal: type[Refusal] | tuple[type[Refusal], ...], when: bool) -> Iterator[None]:
        """Whether the block must be refused."""
        self.clock.advance(timedelta(seconds=1))
        try:
            yield
        except refusal:
            assert when, "refused, though it could be done"
        else:
            assert not when, "done, though it had to be refused"

    @step(minutes=st.integers(1, 90), housekeeping=st.booleans())
    def time_passes(self, minutes: int, housekeeping: bool) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        if housekeeping:
            views = [self.database.look(reservations.view, hold_id) for hold_id in self.holds]
            due = [view["id"] for view in views if view["status"] == "held" and view["expires_at"] <= self.clock.now()]
            assert self.database.run(reservations.lapse_due, cause=CAUSE) == len(due)
            assert not any(self.held(hold_id) for hold_id in due)

    # Reports and counts

    @step(which=PICK, where=PICK, quantity=st.integers(1, 12), quarantined=st.booleans())
    def receive(self, which: int, where: int, quantity: int, quarantined: bool) -> None:
        code, at = pick(self.tracked, which), pick(self.places, where)
        with self.expected(Refusal, when=False):
            post(self.database, code, quantity, target="quality_control" if quarantined else "available", at=at)
        self.crossed(code, at, quantity)

    @step(which=PICK, where=PICK, quantity=UNITS, way=st.sampled_from(sorted(REPORTS)))
    def report(self, which: int, where: int, quantity: int, way: tuple[str, str]) -> None:
        code, at = pick(self.tracked, which), pick(self.places, where)
        source, target = way
        takes_from = BREAKS if way == ("available", "damaged") else LOSES if way == ("available", "adjustment") else (source,)
        here = self.at(code, at)
        too_few = source in INSIDE and sum(here[state] for state in takes_from) < quantity
        with self.expected(InsufficientStock, when=too_few):
            post(self.database, code, quantity, source, target, at=at)
        if not too_few and REPORTS[way]:
            self.crossed(code, at, quantity * REPORTS[way])

    @step(which=PICK, where=PICK, spared=st.integers(0, 2), lost=st.booleans())
    def break_or_lose_what_is_promised(self, which: int, where: int, spared: int, lost: bool) -> None:
        code = pick(self.tracked, which)
        at = pick_live(self.places, where, lambda place: self.at(code, place)["committed"] > 0)
        here = self.at(code, at)
        units = sum(here[state] for state in (LOSES if lost else BREAKS)) - spared
        if units > 0:
            with self.expected(Refusal, when=False):
                post(self.database, code, units, "available", "adjustment" if lost else "damaged", at=at)
            self.crossed(code, at, -units * lost)

    @step(way=st.tuples(st.sampled_from((*INSIDE, "supplier", "customer", "adjustment", "transit")), st.sampled_from(INSIDE)))
    def do_what_must_not_be_done(self, way: tuple[str, str]) -> None:
        if way not in REPORTS:
            with self.expected(ForbiddenMove, when=True):
                post(self.database, "BOWL", 1, *way)
        for act in (count, post, hold):
            with self.expected(InvalidDraft, when=True):
                act(self.database, *((("PATTERN", 1),) if act is not post else ("PATTERN", 1)))

    @step(which=PICK, where=PICK, counted=st.integers(0, 12), minutes_ago=st.integers(0, 30), all_of_them=st.booleans())
    def take_stock(self, which: int, where: int, counted: int, minutes_ago: int, all_of_them: bool) -> None:
        at = pick(self.places, where)
        codes = self.tracked if all_of_them else [pick(self.tracked, which)]
        counted_at = max(self.start, self.clock.now() - timedelta(minutes=minutes_ago))
        expected = {code: self.on_hand(code, at, counted_at) for code in codes}
        if any(self.counted_at[code, at] > counted_at for code in codes):
            with self.expected((InvalidDraft, InsufficientStock), when=True):
                count(self.database, *((code, counted) for code in codes), at=at, counted_at=counted_at)
            return
        gone = any(expected[code] - counted > self.on_hand(code, at) for code in codes)
        with self.expected(InsufficientStock, when=gone):
            taken = count(self.database, *((code, counted) for code in codes), at=at, counted_at=counted_at)
        if not gone:
            assert {line["sku"]: line["expected"] for line in taken["lines"]} == expected
            for code in codes:
                self.counted_at[code, at] = counted_at
                if counted != expected[code]:
                    self.crossed(code, at, counted - expected[code], counted_at)

    # Transfers

    @step(start_at=PICK, end_at=PICK, quantity=UNITS, other=st.integers(0, 3))
    def send(self, start_at: int, end_at: int, quantity: int, other: int) -> None:
        start, end = pick(self.places, start_at), pick(self.places, end_at)
        if start == end:
            return
        lines = [(code, units) for code, units in zip(self.tracked, (quantity, other), strict=False) if units]
        too_few = any(self.at(code, start)["available"] < units for code, units in lines)
        with self.expected(InsufficientStock, when=too_few):
            sent = send(self.database, *lines, source=start, target=end)
        if not too_few:
            self.transit[sent["id"]] = (end, dict(lines))
            for code, units in lines:
                self.crossed(code, start, -units)

    @step(which=PICK, quantity=UNITS, arrives=st.booleans(), all_of_it=st.booleans())
    def arrive(self, which: int, quantity: int, arrives: bool, all_of_it: bool) -> None:
        if not self.transit:
            return
        transfer_id = pick_live(self.transit, which, lambda each: any(self.transit[each][1].values()))
        end, under_way = self.transit[transfer_id]
        code = next(iter(under_way))
        lines = None if all_of_it else [(code, quantity)]
        too_many = not any(under_way.values()) if all_of_it else quantity > under_way[code]
        act = transfers.receive if arrives else transfers.lose
        with self.expected(WrongState, when=too_many):
            self.database.run(act, transfer_id, lines, cause=CAUSE)
        if not too_many:
            for each, units in dict(under_way).items() if all_of_it else [(code, quantity)]:
                under_way[each] -= units
                if arrives and units:
                    self.crossed(each, end, units)

    # Holds

    @step(which=PICK, quantity=UNITS, other=st.integers(0, 3), minutes=st.integers(1, 60), only=st.booleans(), where=PICK)
    def hold(self, which: int, quantity: int, other: int, minutes: int, only: bool, where: int) -> None:
        wants = [(pick(self.tracked, which), quantity), (pick(self.tracked, which + 1), other)][: 2 if other else 1]
        places = [pick(self.places, where)] if only else None
        too_few = any(self.free(code, places) < units for code, units in wants)
        with self.expected(InsufficientStock, when=too_few):
            held = hold(self.database, *wants, minutes=minutes, location_codes=places)
        if not too_few:
            self.holds.append(held["id"])

    @step(which=PICK)
    def release(self, which: int) -> None:
        if not self.holds:
            return
        hold_id = pick_live(self.holds, which, lambda each: bool(self.held(each)))
        over = self.database.look(reservations.view, hold_id)["status"] != "held"
        with self.expected(WrongState, when=over):
            self.database.run(reservations.release, hold_id, cause=CAUSE)
        assert not self.held(hold_id)

    def held(self, hold_id: str) -> dict[str, int]:
        """Units by SKU that a hold still holds."""
        found: dict[str, int] = defaultdict(int)
        for line in self.database.look(reservations.view, hold_id)["lines"]:
            found[line["sku"]] += line["quantity"]
        return {code: units for code, units in found.items() if units}

    # Orders

    @step(
        wanted=st.lists(st.tuples(PICK, st.integers(1, 8)), min_size=1, max_size=3),
        sold=st.booleans(),
        digital=st.booleans(),
        places=st.sampled_from([None, None, ["STALL"], ["STALL", "STUDIO"]]),
        channel=st.sampled_from(["us", "us", "us", "us", "channel"]),
    )
    def order(self, wanted: list[tuple[int, int]], sold: bool, digital: bool, places: list[str] | None, channel: str) -> None:
        lines = [(pick(self.tracked, which), units) for which, units in wanted]
        lines += [("PATTERN", 2)] if digital else []
        asked = total(lines)
        too_few = channel == "us" and not sold and any(self.free(code, places) < asked[code] for code in asked if code in self.tracked)
        with self.expected(InsufficientStock, when=too_few):
            self.placed(place(self.database, *lines, sold=sold, locations=places, fulfilled_by=channel))

    @step(which=PICK, extra=st.integers(-3, 3), sold=st.booleans(), late=st.booleans())
    def order_from_hold(self, which: int, extra: int, sold: bool, late: bool) -> None:
        if not self.holds:
            return
        hold_id = pick_live(self.holds, which, lambda each: bool(self.held(each)))
        row, held = self.database.look(reservations.view, hold_id), self.held(hold_id)
        lines = [(code, units + extra) for code, units in held.items() if units + extra > 0] or [("BOWL", 1)]
        if row["status"] == "used":
            with self.expected(WrongState, when=True):
                place(self.database, *lines, reservation_id=hold_id)
            return
        self.clock.advance(timedelta(hours=1) if late else timedelta(seconds=1))
        alive = row["status"] == "held" and row["expires_at"] > self.clock.now()
        short = {code: asked - held.get(code, 0) * alive - self.free(code) for code, asked in total(lines).items()}
        try:
            self.placed(place(self.database, *lines, reservation_id=hold_id, sold=sold))
        except InsufficientStock:
            assert not sold
            assert any(units > 0 for units in short.values())
        else:
            # What a lapsed hold still held at the moment is free for this order too, unless a short line waited for it.
            lapsed = held if row["status"] == "held" and not alive else {}
            assert sold or all(units <= lapsed.get(code, 0) for code, units in short.items())
            assert not self.held(hold_id)
            after = self.database.look(reservations.view, hold_id)["status"]
            assert after == ("used" if alive else "lapsed" if row["status"] == "held" else row["status"])

    def placed(self, order: dict[str, Any]) -> None:
        lines = {
            line["id"]: Line(line["sku"], line["quantity"], line["sku"] in self.tracked and order["fulfilled_by"] == "us")
            for line in order["lines"]
        }
        self.orders[order["id"]] = lines

    @step(which=PICK, line=PICK, quantity=UNITS, all_of_it=st.booleans())
    def cancel(self, which: int, line: int, quantity: int, all_of_it: bool) -> None:
        if not self.orders:
            return
        order_id = pick_live(self.orders, which, lambda each: any(line.left for line in self.orders[each].values()))
        lines = self.orders[order_id]
        line_id = pick_live(lines, line, lambda each: bool(lines[each].left))
        wanted = {each: lines[each].left for each in lines} if all_of_it else {line_id: quantity}
        too_many = not any(wanted.values()) if all_of_it else quantity > lines[line_id].left
        with self.expected(WrongState, when=too_many):
            self.database.run(orders.cancel, order_id, None if all_of_it else [(line_id, quantity)], cause=CAUSE)
        if not too_many:
            for each, units in wanted.items():
                lines[each].cancelled += units

    @step(which=PICK, line=PICK, quantity=UNITS, all_of_it=st.booleans(), only=st.booleans(), where=PICK)
    def ship(self, which: int, line: int, quantity: int, all_of_it: bool, only: bool, where: int) -> None:
        if not self.orders:
            return
        order_id = pick_live(self.orders, which, lambda each: any(line.left for line in self.orders[each].values()))
        lines = self.orders[order_id]
        place = pick(self.places, where) if only else None
        shown = self.database.look(orders.view, order_id)["lines"]
        ready = {
            each["id"]: sum(part["quantity"] for part in each["commitments"] if place in (None, part["location"]))
            if lines[each["id"]].counted
            else lines[each["id"]].left
            for each in shown
        }
        line_id = pick_live(lines, line, lambda each: bool(ready[each]))
        wanted = dict(ready) if all_of_it else {line_id: quantity}
        too_many = not any(wanted.values()) if all_of_it else quantity > ready[line_id]
        with self.expected(WrongState, when=too_many):
            sent = self.database.run(
                shipments.ship, order_id, None if all_of_it else [(line_id, quantity)], location=place, cause=CAUSE
            )  # fmt: skip
        if not too_many:
            for part in sent["lines"]:
                lines[part["line_id"]].shipped += part["quantity"]
                wanted[part["line_id"]] -= part["quantity"]
                if part["location"] is not None:
                    self.crossed(part["sku"], part["location"], -part["quantity"])
            assert not any(wanted.values())

    @rule(step=st.deferred(lambda: st.one_of(STEPS)))
    def go_on(self, step: tuple[str, dict[str, Any]]) -> None:
        name, drawn = step
        getattr(self, name)(**drawn)

    # What always holds

    @invariant()
    def the_books_balance(self) -> None:
        self.database.look(self.compare)

    def compare(self, session: Session) -> None:
        assert checking.check(session) == []

        levels = {(row["sku_id"], row["location_id"]): row for row in session.execute(select(stock.stock_levels)).mappings()}
        fold: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(INSIDE, 0))
        entries = {}
        for row in session.execute(select(stock.stock_movements)).mappings():
            entries[row["id"]] = tuple(row.values())
            for state, sign in ((row["source"], -1), (row["target"], +1)):
                if state in INSIDE:
                    fold[row["sku_id"], row["location_id"]][state] += sign * row["quantity"]
        assert {id: entries.get(id) for id in self.entries} == self.entries, "a movement was changed or taken back"
        self.entries = entries

        for key, row in levels.items():
            assert all(row[state] >= 0 for state in INSIDE)
            assert fold[key] == {state: row[state] for state in INSIDE}
        assert fold.keys() <= levels.keys() or not any(sum(fold[key].values()) for key in fold.keys() - levels.keys())

        sku_ids = {row.code: row.id for row in session.execute(select(catalogue.skus.c.code, catalogue.skus.c.id))}
        places = {row.code: row.id for row in session.execute(select(locations.locations.c.code, locations.locations.c.id))}
        for code in self.tracked:
            for at in self.places:
                row = levels.get((sku_ids[code], places[at]))
                assert (sum(row[state] for state in INSIDE) if row else 0) == self.on_hand(code, at), f"on hand: {code} at {at}"
        assert sku_ids["PATTERN"] not in {sku_id for sku_id, _ in levels}

        for row in session.execute(select(commitments.commitments)).mappings():
            if row["location_id"] is None and row["quantity"]:
                waits_for = row["location_ids"] or list(places.values())
                assert not any(levels[row["sku_id"], at]["available"] for at in waits_for if (row["sku_id"], at) in levels)

        shown = orders.page(session, None, 200)
        assert {order["id"] for order in shown} == self.orders.keys()
        for order in shown:
            for line in order["lines"]:
                told = self.orders[order["id"]][line["id"]]
                assert (line["sku"], line["quantity"]) == (told.sku, told.quantity)
                assert (line["shipped"], line["cancelled"]) == (told.shipped, told.cancelled)
                owed = line["committed"] + line["short"]
                assert owed == (told.left if told.counted else 0)


def pick(among: list[str], which: int) -> str:
    return among[which % len(among)]


def pick_live(among: Iterable[str], which: int, is_live: Callable[[str], bool]) -> str:
    """One with which something can still be done, where there is one; now and then any."""
    every = list(among)
    return pick((which < 10 and [each for each in every if is_live(each)]) or every, which)


def total(lines: list[tuple[str, int]]) -> dict[str, int]:
    asked: dict[str, int] = defaultdict(int)
    for code, units in lines:
        asked[code] += units
    return asked


def empty(session: Session) -> None:
    """Back to a database with nothing in it."""
    for table in reversed(metadata.sorted_tables):
        session.execute(delete(table))


@pytest.mark.timeout(600)  # a failure is made smaller before it is shown
def test_whatever_is_done_in_whatever_order_no_unit_is_made_lost_or_promised_twice(database: Database) -> None:
    run_state_machine_as_test(
        lambda: Store(database),
        settings=settings(
            max_examples=40 if database.is_sqlite else 12,
            stateful_step_count=25,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
