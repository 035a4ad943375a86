"""Every write mode survives every fate of a write, and a worker that dies between any two steps.

A world is wound up, one write is begun, something goes wrong, and time passes. Then the counter shows what the plan says, the books
balance, and exactly the units that there are can be sold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.channels.base import Capabilities
from app.channels.memory import EXACT
from app.database import Database
from app.domain import changes, counters, plans, writes
from app.domain.capabilities import CountsDown, WriteMode
from tests.sync.stage import Crash, Stall
from tests.world import CAUSE, World, broken_books, sellable, wanted, world

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
    "compare and set, counted down when paid": replace(EXACT, counts_down_at=CountsDown.PAID),
    "delta, counted down when paid": replace(DELTA, counts_down_at=CountsDown.PAID),
    "absolute, counted down when paid": replace(ABSOLUTE, counts_down_at=CountsDown.PAID),
}

UNITS = 40


class Bowls:
    """Some bowls in one shop: enough of them that the plan wants another number, up or down."""

    def __init__(self, found: World, can: Capabilities, code: str, *, two: bool = False) -> None:
        self.world, self.code, self.codes = found, code, [code, f"{code}-LID"] if two else [code]
        self.shop = Stall(can)
        for each in self.codes:
            found.stocked(each, 20)
            self.shop.offer(each, each, 10, unit=code)
        self.channel_id = found.connect(self.shop, name=code)
        self.workers = 1
        self.calm()
        assert self.targets() == self.on_sale() and all(each > 0 for each in self.on_sale())

    def targets(self) -> list[int | None]:
        return [each.target for each in self.world.counters(self.channel_id)]

    def on_sale(self) -> list[int]:
        return [self.shop.counters[each] for each in self.codes]

    def wants_more(self) -> None:
        """Goods come in: the counters are to be raised."""
        for each in self.codes:
            self.world.receive(each, UNITS - 20)

    def wants_less(self) -> None:
        """Most of it is kept back: the counters are to be lowered."""
        for each in self.world.counters(self.channel_id):
            self.world.database.run(changes.change_sku, each.sku_id, {"safety_stock": 18}, cause=CAUSE)
            self.world.database.run(plans.mark, [each.sku_id])

    def work(self, steps: int = 1) -> None:
        """Let the lane do what is due; whenever its worker dies, another one follows."""
        try:
            self.world.quiet()
        except Crash:
            self.workers += 1
            self.world.open(self.channel_id, self.shop, holder=f"worker-{self.workers}")
            self.work()

    def pass_(self, *seconds: float) -> None:
        for each in seconds:
            try:
                self.world.skip(each)
            except Crash:
                self.work()

    def calm(self) -> None:
        self.pass_(1, 10, 30, 30, 920, 30, 30, 310, 30, 30)

    def assert_sound(self, units: int) -> None:
        """The counter is where the plan says, everything that is under way is over, and no unit was lost or doubled."""
        assert self.world.database.look(broken_books) == []
        assert self.world.database.look(writes.open_of_channel, self.channel_id) == []
        for each in self.world.counters(self.channel_id):
            assert (each.shown, each.below, each.on_offer) == (self.shop.counters[each.external_id], 0, each.target), each
            assert each.allotment == each.on_offer
        for code in self.codes:
            assert sum(self.world.level(code).values()) == units
        assert wanted(self.shop) + sellable(self.shop) <= units * len(self.codes)


@contextmanager
def bowls(database: Database, tmp_path: Path, can: Capabilities, *, two: bool = False) -> Iterator[Bowls]:
    with world(database, tmp_path) as found:
        yield Bowls(found, can, "BOWL", two=two)


def up(shop: Bowls) -> int:
    shop.wants_more()
    return UNITS


def down(shop: Bowls) -> int:
    shop.wants_less()
    return 20


sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
in_every_mode = pytest.mark.parametrize("mode", MODES)
both_ways = pytest.mark.parametrize("way", [up, down])


@sqlite
@in_every_mode
@both_ways
@pytest.mark.parametrize("fate", ["lost", "vain", "late"])
def test_a_write_without_an_answer_ends_where_the_plan_says(
    database: Database, tmp_path: Path, mode: str, way: Callable[[Bowls], int], fate: str
) -> None:
    with bowls(database, tmp_path, MODES[mode]) as shop:
        before = shop.on_sale()
        units = way(shop)
        shop.shop.fate = [fate]
        shop.work()
        assert shop.shop.fate == []
        assert shop.world.database.look(broken_books) == []
        shop.pass_(5, 60, 400)
        shop.shop.land()  # late, and where there is a key, after it was sent again
        shop.pass_(10)
        shop.calm()
        shop.assert_sound(units)
        assert shop.on_sale() > before if way is up else shop.on_sale() < before


@sqlite
@in_every_mode
@both_ways
def test_a_write_that_sells_while_nobody_knows_what_came_of_it_ends_where_the_plan_says(
    database: Database, tmp_path: Path, mode: str, way: Callable[[Bowls], int]
) -> None:
    with bowls(database, tmp_path, MODES[mode]) as shop:
        units = way(shop)
        shop.shop.fate = ["late", "vain"]
        shop.shop.before = [lambda: shop.shop.buy("BOWL")]
        shop.work()
        for _ in range(2):
            order = shop.shop.buy("BOWL")
            assert order is not None
        shop.world.deliver(shop.channel_id, shop.shop.message(order))
        shop.pass_(3, 30)
        shop.shop.cancel(order)
        shop.shop.land()
        shop.pass_(100)
        shop.shop.fate = []
        shop.calm()
        shop.assert_sound(units)
        assert shop.world.level("BOWL")["committed"] == wanted(shop.shop) == 2
