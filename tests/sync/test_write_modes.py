"""Every write mode survives every fate of a write, and a worker that dies between any two steps.

A world is wound up, one write is begun, something goes wrong, and time passes. Then the counter shows what the plan says, the books
balance, and exactly the units that there are can be sold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from app import chance
from app.channels.base import Capabilities, Reading
from app.channels.memory import EXACT, Memory
from app.database import Database
from app.domain import counters, recording, writes
from app.domain.capabilities import CountsDown, WriteMode
from app.domain.counters import Counter
from tests.sync.stage import Crash, Stall
from tests.telling import answer
from tests.world import World, broken_books, wanted, world

DELTA = replace(EXACT, write_mode=WriteMode.DELTA)
UNKEYED = {"keyed": False, "remembers_failures": False}
ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, replies_quantity=False, **UNKEYED)

MODES: dict[str, Capabilities] = {
    "compare and set, keyed": EXACT,
    "compare and set, keyed, failures forgotten": replace(EXACT, remembers_failures=False),
    "compare and set, unkeyed": replace(EXACT, **UNKEYED),
    "delta, keyed, with a reply": DELTA,
    "delta, keyed, without a reply": replace(DELTA, replies_quantity=False),
    "delta, unkeyed": replace(DELTA, **UNKEYED),
    "absolute": ABSOLUTE,
    "absolute, read late": replace(ABSOLUTE, read_lag_s=20.0),
    "absolute, drained": replace(ABSOLUTE, drains=True),
    "absolute, processed later": replace(ABSOLUTE, deferred=True),
    "absolute, two counters in a unit": ABSOLUTE,
    "absolute, drained, two counters in a unit": replace(ABSOLUTE, drains=True),
    "compare and set, counted down when paid": replace(EXACT, counts_down_at=CountsDown.PAID),
    "delta, counted down when paid": replace(DELTA, counts_down_at=CountsDown.PAID),
    "absolute, counted down when paid": replace(ABSOLUTE, counts_down_at=CountsDown.PAID),
}

UNITS = 20
BEFORE, MORE, LESS = 5, 9, 2


class Bowls:
    """Some bowls in one shop, and a plan that says how many each counter shall offer: so many, until it does."""

    def __init__(self, found: World, mode: str) -> None:
        self.world, self.codes = found, ["BOWL", "LID"] if "two" in mode else ["BOWL"]
        self.shop = Stall(MODES[mode])
        self.goal = BEFORE
        self.workers = 1
        found.planning = False
        for each in self.codes:
            found.stocked(each, UNITS)
            self.shop.offer(each, each, BEFORE, unit="BOWL")
        self.channel_id = found.connect(self.shop, name="bowls")
        self.calm()
        self.assert_sound()

    def counters(self) -> list[Counter]:
        return self.world.counters(self.channel_id)

    def on_sale(self) -> list[int]:
        return [self.shop.counters[each] for each in self.codes]

    def plan(self) -> None:
        for each in self.counters():
            if each.known and each.flight is None and each.on_offer != self.goal:
                self.world.database.run(counters.change, each.id, target=self.goal, due_at=chance.now())

    def work(self) -> None:
        """Plan, and let the lane do what is due; when its worker dies, another one follows."""
        self.plan()
        try:
            self.world.skip(0)
        except Crash:
            self.workers += 1
            self.world.open(self.channel_id, self.shop, holder=f"worker-{self.workers}")
            self.work()

    def pass_(self, *seconds: float) -> None:
        for each in seconds:
            self.world.source.advance(timedelta(seconds=each))
            self.work()

    def calm(self) -> None:
        """Time passes until there is nothing left to do: soon where a key says all, beyond `late_write_s` where nothing does."""
        for seconds in (1, 6, 30, 30, *(910, 30, 30, 310) * 3):
            self.pass_(seconds)
            if not self.world.database.look(writes.open_of_channel, self.channel_id) and self.on_sale() == [self.goal] * len(self.codes):
                return

    def assert_sound(self) -> None:
        """The counter is where the plan says, everything that was under way is over, and no unit was lost or doubled."""
        assert self.world.database.look(broken_books) == []
        assert (left := self.world.database.look(writes.open_of_channel, self.channel_id)) == [], left
        for each in self.counters():
            assert (each.shown, each.below, each.on_offer, each.allotment) == (self.goal, 0, self.goal, self.goal), each
        assert self.on_sale() == [self.goal] * len(self.codes)
        for code in self.codes:
            assert sum(self.world.level(code).values()) == UNITS


@contextmanager
def bowls(database: Database, tmp_path: Path, mode: str) -> Iterator[Bowls]:
    with world(database, tmp_path) as found:
        yield Bowls(found, mode)


sqlite = pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)
in_every_mode = pytest.mark.parametrize("mode", MODES)


@sqlite
@in_every_mode
def test_a_write_without_an_answer_ends_where_the_plan_says(database: Database, tmp_path: Path, mode: str) -> None:
    with bowls(database, tmp_path, mode) as shop:
        for fate, goal in product(("lost", "vain", "late"), (MORE, LESS)):
            shop.goal = goal
            shop.shop.fate = [fate]
            shop.work()
            assert shop.shop.fate == []
            assert shop.world.database.look(broken_books) == []
            shop.pass_(5, 400)
            shop.shop.land()  # late, and where there is a key, after it was sent again
            shop.calm()
            shop.assert_sound()


@sqlite
@in_every_mode
def test_sales_while_nobody_knows_what_came_of_a_write_are_neither_lost_nor_doubled(database: Database, tmp_path: Path, mode: str) -> None:
    with bowls(database, tmp_path, mode) as shop:
        for times, goal in enumerate((MORE, LESS), 1):
            shop.goal = goal
            shop.shop.fate = ["late", "vain"]
            shop.shop.before = [lambda: shop.shop.buy("BOWL")]
            shop.work()
            bought = [shop.shop.buy("BOWL") for _ in range(2)]
            assert shop.shop.waiting and all(bought)
            last = str(bought[-1])
            shop.world.deliver(shop.channel_id, shop.shop.message(last))
            shop.pass_(3, 30)
            shop.shop.cancel(last)
            shop.shop.land()
            shop.pass_(1000, 310, 310)
            shop.calm()
            shop.assert_sound()
            assert shop.world.level("BOWL")["committed"] == wanted(shop.shop) == 2 * times


# Where a worker may die: before or after a transaction, or the shop's doing, by its name.
POINTS = [
    (name, moment)
    for name in ("raise_or_lower", "take", "again", "done", "accepted", "rebase", "read", "settled", "unanswered", "polled")
    for moment in ("before", "after")
]


@contextmanager
def dying(shop: Bowls, name: str, moment: str) -> Iterator[list[str]]:
    """The next worker to come to this point dies there, once."""
    died: list[str] = []
    run, take = shop.world.database.run, Stall.take

    def mortal(function: Callable[..., object], *args: object, **kwargs: object) -> object:
        hit = function.__name__.lstrip("_") == name and not died
        if hit and moment == "before":
            died.append(name)
            raise Crash
        result = run(function, *args, **kwargs)
        if hit:
            died.append(name)
            raise Crash
        return result

    def die() -> None:
        died.append(name)
        raise Crash

    shop.world.database.run = mortal  # type: ignore[assignment]
    if name == "take":
        getattr(shop.shop, moment).append(die)
    assert Stall.take is take
    try:
        yield died
    finally:
        shop.world.database.run = run  # type: ignore[method-assign]
        shop.shop.before, shop.shop.after = [], []


@sqlite
@pytest.mark.parametrize(
    ("mode", "fate"),
    [
        ("compare and set, keyed", ""),
        ("compare and set, keyed", "vain"),
        ("compare and set, unkeyed", "vain"),
        ("delta, keyed, with a reply", "vain"),
        ("delta, unkeyed", ""),
        ("absolute", ""),
        ("absolute, drained", ""),
        ("absolute, drained", "vain"),
        ("absolute, processed later", ""),
        ("absolute, two counters in a unit", ""),
        ("delta, counted down when paid", ""),
    ],
)
def test_a_worker_that_dies_between_any_two_steps_loses_and_doubles_nothing(
    database: Database, tmp_path: Path, mode: str, fate: str
) -> None:
    with bowls(database, tmp_path, mode) as shop:
        deaths = []
        for name, moment in POINTS:
            shop.goal = LESS if shop.goal == MORE else MORE
            shop.shop.fate = [fate] if fate else []
            with dying(shop, name, moment) as died:
                shop.work()
                if fate and name == "take" and died and moment == "before":
                    shop.shop.fate = []
                assert shop.world.database.look(broken_books) == []
                shop.calm()
            shop.shop.fate = []
            shop.assert_sound()
            deaths += died
        assert {"raise_or_lower", "take", "unanswered" if fate else "accepted" if MODES[mode].deferred else "done"} <= set(deaths)


@sqlite
@pytest.mark.parametrize("mode", ["compare and set, keyed", "delta, unkeyed", "absolute, drained"])
def test_a_worker_whose_database_fails_at_the_answer_goes_on_by_itself(database: Database, tmp_path: Path, mode: str) -> None:
    with bowls(database, tmp_path, mode) as shop:
        shop.goal = MORE
        shop.plan()
        with dying(shop, "done", "before") as failed, pytest.raises(Crash):
            shop.world.skip(0)
        assert failed == ["done"]
        shop.pass_(*[30.0] * 36)  # its lease never runs out
        shop.assert_sound()
        assert shop.workers == 1


@sqlite
def test_a_restock_that_a_cache_does_not_show_yet_is_in_the_next_reading(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bowls(database, tmp_path, "absolute, read late") as shop:
        order = str(shop.shop.buy("BOWL"))
        shop.world.deliver(shop.channel_id, shop.shop.message(order))
        shop.world.skip(1)
        now, cached, since = Memory.read_quantities, [Reading("BOWL", shop.shop.counters["BOWL"])], chance.now()

        def read(self: Memory, names: Sequence[str]) -> Sequence[Reading]:
            return cached if (chance.now() - since).total_seconds() < 20 else now(self, names)

        monkeypatch.setattr(Memory, "read_quantities", read)
        shop.shop.cancel(order)
        shop.world.deliver(shop.channel_id, shop.shop.message(order))
        shop.world.skip(1)
        shop.world.database.run(counters.change, shop.counters()[0].id, rebase_at=chance.now())
        for seconds in (0, 10, 11, 6, 6):
            shop.world.skip(seconds)  # nothing is to be written
        assert shop.on_sale() == [BEFORE]
        shop.assert_sound()


@sqlite
def test_an_order_that_cannot_be_recorded_keeps_numbers_as_they_are_and_nobody_busy(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bowls(database, tmp_path, "absolute, drained") as shop:
        record = recording.record

        def fails(*args: object, **more: object) -> object:
            raise ValueError("nobody has thought of this")

        monkeypatch.setattr(recording, "record", fails)
        shop.shop.buy("BOWL")
        shop.goal = 0
        shop.pass_(0, 6)
        polls = shop.shop.requests["orders_since"]
        shop.pass_(30, 30, 30)
        assert shop.shop.requests["orders_since"] == polls
        assert shop.world.level("BOWL") == {"available": UNITS - BEFORE, "allotted": BEFORE}
        monkeypatch.setattr(recording, "record", record)
        shop.pass_(310, 10)
        shop.assert_sound()


@sqlite
@in_every_mode
def test_what_is_no_stock_any_more_drops_out_of_a_write_that_is_open(database: Database, tmp_path: Path, mode: str) -> None:
    """Somebody says that a listing is none of ours while its number travels: the lane goes on, and closes the write."""
    with bowls(database, tmp_path, mode) as shop:
        shop.goal = MORE
        shop.shop.fate = ["vain"]
        shop.work()
        for code in shop.codes:
            shop.world.database.run(answer, shop.channel_id, code, {})
        for seconds in (1, 6, 30, 30, *(910, 30, 30, 310) * 2):
            shop.world.source.advance(timedelta(seconds=seconds))
            shop.world.skip(0)
        assert shop.world.database.look(writes.open_of_channel, shop.channel_id) == []
        assert shop.counters() == []
        assert shop.world.database.look(broken_books) == []
