"""Every write mode survives every fate of a write, and a worker that dies between any two steps.

A world is wound up, one write is begun, something goes wrong, and time passes. Then the counter shows what the plan says, the books
balance, and exactly the units that there are can be sold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.channels.base import Capabilities
from app.channels.memory import EXACT
from app.database import Database
from app.domain import changes, plans, writes
from app.domain.capabilities import CountsDown, WriteMode
from app.sync.plan import _differs
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
    "absolute, two counters in a unit": ABSOLUTE,
    "absolute, drained, two counters in a unit": replace(ABSOLUTE, drains=True),
    "compare and set, counted down when paid": replace(EXACT, counts_down_at=CountsDown.PAID),
    "delta, counted down when paid": replace(DELTA, counts_down_at=CountsDown.PAID),
    "absolute, counted down when paid": replace(ABSOLUTE, counts_down_at=CountsDown.PAID),
}

UNITS = 20


class Bowls:
    """Some bowls in one shop: enough of them that the plan wants another number, up or down."""

    def __init__(self, found: World, mode: str) -> None:
        code = "BOWL"
        self.world, self.codes = found, [code, "LID"] if "two" in mode else [code]
        self.shop = Stall(MODES[mode])
        for each in self.codes:
            found.stocked(each, UNITS)
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
        """Nothing is kept back: the counters are to be raised."""
        self._keep_back(0)

    def wants_less(self) -> None:
        """Most of it is kept back: the counters are to be lowered."""
        self._keep_back(18)

    def _keep_back(self, units: int) -> None:
        for each in self.world.counters(self.channel_id):
            self.world.database.run(changes.change_sku, each.sku_id, {"safety_stock": units}, cause=CAUSE)
            self.world.database.run(plans.mark, [each.sku_id])

    def work(self) -> None:
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

    def assert_sound(self, *, worth_a_write: bool = False) -> None:
        """The counter is where the plan says, everything that is under way is over, and no unit was lost or doubled."""
        assert self.world.database.look(broken_books) == []
        assert self.world.database.look(writes.open_of_channel, self.channel_id) == []
        for each in self.world.counters(self.channel_id):
            assert (each.shown, each.below) == (self.shop.counters[each.external_id], 0), each
            assert each.allotment == each.on_offer
            assert each.target is not None
            assert each.on_offer == each.target or (worth_a_write and not _differs(each.on_offer, each.target)), each
        for code in self.codes:
            assert sum(self.world.level(code).values()) == UNITS
        assert wanted(self.shop) + sellable(self.shop) <= UNITS * len(self.codes)


@contextmanager
def bowls(database: Database, tmp_path: Path, mode: str) -> Iterator[Bowls]:
    with world(database, tmp_path) as found:
        yield Bowls(found, mode)


def up(shop: Bowls) -> None:
    shop.wants_less()
    shop.calm()
    shop.wants_more()


def down(shop: Bowls) -> None:
    shop.wants_less()


sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
in_every_mode = pytest.mark.parametrize("mode", MODES)
both_ways = pytest.mark.parametrize("way", [up, down])


@sqlite
@in_every_mode
@both_ways
@pytest.mark.parametrize("fate", ["lost", "vain", "late"])
def test_a_write_without_an_answer_ends_where_the_plan_says(
    database: Database, tmp_path: Path, mode: str, way: Callable[[Bowls], None], fate: str
) -> None:
    with bowls(database, tmp_path, mode) as shop:
        way(shop)
        before = shop.on_sale()
        shop.shop.fate = [fate]
        shop.work()
        assert shop.shop.fate == []
        assert shop.world.database.look(broken_books) == []
        shop.pass_(5, 60, 400)
        shop.shop.land()  # late, and where there is a key, after it was sent again
        shop.pass_(10)
        shop.calm()
        shop.assert_sound()
        assert all(now > then if way is up else now < then for now, then in zip(shop.on_sale(), before, strict=True))


@sqlite
@in_every_mode
@both_ways
def test_sales_while_nobody_knows_what_came_of_a_write_are_neither_lost_nor_doubled(
    database: Database, tmp_path: Path, mode: str, way: Callable[[Bowls], None]
) -> None:
    with bowls(database, tmp_path, mode) as shop:
        shop.calm()
        way(shop)
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
        shop.pass_(100)
        shop.shop.fate = []
        shop.calm()
        shop.assert_sound(worth_a_write=True)
        assert shop.world.level("BOWL")["committed"] == wanted(shop.shop) == 2


# Where a worker may die: before or after a transaction, or the shop's doing, by its name.
POINTS = [
    (name, moment)
    for name in ("raise_or_lower", "take", "again", "done", "accepted", "rebase", "read", "settled", "unanswered", "_polled")
    for moment in ("before", "after")
]


@contextmanager
def dying(shop: Bowls, name: str, moment: str) -> Iterator[list[str]]:
    """The next worker to come to this point dies there, once."""
    died: list[str] = []
    run, take = shop.world.database.run, Stall.take

    def mortal(function: Callable[..., object], *args: object, **kwargs: object) -> object:
        hit = function.__name__ == name and not died
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
@in_every_mode
@pytest.mark.parametrize("fate", ["", "lost", "vain"])
def test_a_worker_that_dies_between_any_two_steps_loses_and_doubles_nothing(
    database: Database, tmp_path: Path, mode: str, fate: str
) -> None:
    with bowls(database, tmp_path, mode) as shop:
        deaths = []
        ways = [down, Bowls.wants_more]
        for name, moment in POINTS:
            ways.reverse()
            ways[-1](shop)
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
        assert {"raise_or_lower", "take"} <= set(deaths)
