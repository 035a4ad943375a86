"""What buyers see of what there is: how long a shop shows nothing while there is enough for all, how soon a delivery is on sale everywhere,
and how much lies where nobody can buy it.

The simulator's stores trade for some hours of a virtual clock, with shops of every kind: on days when nothing goes wrong, and beside
them on a network that can't be relied on. What it measures is decided by the platforms' own pace, by what is polled and settled and how
often, and by faults; this machine has no part in it, so the same seeds give the same figures everywhere.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product
from logging import CRITICAL
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog

from app import chance
from app.simulation.demand import Wish, drawn
from app.simulation.run import NETWORK, NONE, Run
from app.simulation.shops import Clock, Stand
from app.simulation.store import Store
from app.simulation.story import Story
from app.simulation.world import START
from bench.report import Figure, Rows, Scope

# Three shops in each, so that every way to write a number trades beside others.
MIXES = (
    ("shopify", "woocommerce", "etsy"),
    ("ebay", "shopify", "delta"),
    ("drained", "absolute", "woocommerce"),
)
NAMES = {
    "shopify": "Shopify (compare and set)",
    "woocommerce": "WooCommerce (absolute, drained)",
    "etsy": "Etsy (absolute, whole listing)",
    "ebay": "eBay (absolute, drained)",
    "delta": "keyed delta",
    "drained": "absolute, drained, read at once",
    "absolute": "absolute, never drained",
}
WISH = Wish(orders=150, calm_buyers=True, supply=(0.5, 0.8), every_s=(30.0, 90.0), pieces=(2, 3))
SAMPLED_EVERY_S = 60.0
SEEDS = 3
# What each was when it was first measured, on 23 November 2026: half of that is the aim, or a reason why not.
FIRST = {
    "a shop shows 0 while there is enough for all, p95, nothing goes wrong": 77.7,
    "a shop shows 0 while there is enough for all, p95, on a poor network": 930.0,
    "from a delivery until all shops that had none sell it, p95, nothing goes wrong": 0.278,
    "from a delivery until all shops that had none sell it, p95, on a poor network": 25.7,
    "units that nobody can buy, nothing goes wrong": 1.97,
    "units that nobody can buy, on a poor network": 7.39,
}


@dataclass
class Showed:
    """What was seen of one seed. Seconds by kind of shop: with enough for every shop, and with any unit at all."""

    dark: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    dark_scarce: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    delivered: list[float] = field(default_factory=list)  # until it was on sale at every shop that had none
    left: int = 0  # units, added up over all moments that were looked at
    own: int = 0  # of them those that only our own API sells
    idle: int = 0  # and those that nobody can buy


class Watching(Run):
    """A run whose shops are looked at after everything that happens."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.showed = Showed()
        self._trading = False
        self._since: dict[tuple[str, str, bool], datetime] = {}
        self._delivered: dict[str, datetime] = {}

    def trade(self) -> None:
        self._trading = True
        self._after(SAMPLED_EVERY_S, self._sample)
        super().trade()
        for stand, code, enough in product(self.stands, self._codes, (True, False)):
            self._lights(stand, code, enough)

    def _receive(self, code: str, units: int) -> None:
        super()._receive(code, units)
        if self._trading and self._is_enough(code) and any(self._shows(stand, code) <= 0 for stand in self.stands):
            self._delivered.setdefault(code, chance.now())

    def _is_enough(self, code: str) -> bool:
        """For each listing of each shop, sets among them, and for our own API."""
        per = sum(self.demand.units(listing)[1] for listing in (*self._codes, *self.demand.sets) if self.demand.units(listing)[0] == code)
        return self.score.left(code) > len(self.stands) * per

    def _shows(self, stand: Stand, code: str) -> int:
        return stand.shop.counters[stand.shop.variants[stand.variants[code]].counter]

    def _darkness(self, code: str) -> None:
        super()._darkness(code)
        if not self._trading:
            return
        is_enough, any_left = self._is_enough(code), self.score.left(code) > 0
        for stand in self.stands:
            dark = self._shows(stand, code) <= 0
            for enough, holds in ((True, dark and is_enough), (False, dark and any_left)):
                if holds:
                    self._since.setdefault((stand.name, code, enough), chance.now())
                else:
                    self._lights(stand, code, enough)
        if code in self._delivered and not is_enough:
            del self._delivered[code]  # it is sold out, or nearly, before it was everywhere
        elif code in self._delivered and all(self._shows(stand, code) > 0 for stand in self.stands):
            self.showed.delivered.append((chance.now() - self._delivered.pop(code)).total_seconds())

    def _lights(self, stand: Stand, code: str, enough: bool) -> None:
        """It isn't dark, or not any more."""
        since = self._since.pop((stand.name, code, enough), None)
        if since is not None:
            spells = self.showed.dark if enough else self.showed.dark_scarce
            spells[stand.kind].append((chance.now() - since).total_seconds())

    def _sample(self) -> None:
        for code in self._codes:
            left = self.score.left(code)
            if left > 0:
                own = min(left, self._on_hand(code).get("available", 0))
                self.showed.left += left
                self.showed.own += own
                self.showed.idle += max(0, left - own - self.score.offered(code))
        self._after(SAMPLED_EVERY_S, self._sample)


def one(seed: int, shops: tuple[str, ...], orders: int, calm: bool) -> Showed:
    """One seed. In a process of its own nobody wants to read what the service would log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    wish = Wish(**vars(WISH) | {"shops": shops, "orders": orders})
    clock, story = Clock(seed, START), Story()
    with TemporaryDirectory() as where, chance.installed(clock):
        database = Store(None)
        story.follow(database)
        troubles, demand = NONE if calm else NETWORK, drawn(seed, wish)
        run = Watching(seed, database, clock, Path(where) / "key", troubles=troubles, demand=demand, story=story)
        run.open()
        try:
            run.trade()
        finally:
            database.crash = lambda: None
            database.close()
    return run.showed


def rows(scope: Scope) -> Rows:
    seeds, orders = (1, 40) if scope.quick else (SEEDS, WISH.orders)
    found: dict[str, Figure] = {}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        for calm, words in ((True, "nothing goes wrong"), (False, "on a poor network")):
            scope.says(f"{seeds * len(MIXES)} stores of {len(MIXES[0])} shops, {words}")
            every = product(range(1, seeds + 1), MIXES)
            waiting = [processes.submit(one, seed, mix, orders, calm) for seed, mix in every]
            found |= _of([each.result() for each in waiting], words, compared=not scope.quick)
    return found


def _of(showed: list[Showed], words: str, *, compared: bool) -> Rows:
    def row(what: str, value: float, unit: str) -> None:
        first = FIRST.get(f"{what}, {words}") if compared else None
        aim = f"<= {first / 2:.3g}" if first is not None else ""
        made[f"{what}, {words}"] = Figure(value, unit, aim, first, "when it was first measured" if first is not None else "")

    made: dict[str, Figure] = {}
    dark = {kind: [each for one in showed for each in one.dark[kind]] for kind in NAMES}
    row("a shop shows 0 while there is enough for all, p95", _p95([each for spells in dark.values() for each in spells]), "s")
    delivered = [each for one in showed for each in one.delivered]
    row("from a delivery until all shops that had none sell it, median", statistics.median(delivered or [0.0]) / 60, "min")
    row("from a delivery until all shops that had none sell it, p95", _p95(delivered) / 60, "min")
    left = sum(one.left for one in showed)
    row("units that nobody can buy", 100 * sum(one.idle for one in showed) / left, "%")
    row("units that only the store's own API sells", 100 * sum(one.own for one in showed) / left, "%")
    for kind, spells in dark.items():
        made[f"{NAMES[kind]}: p95 of {len(spells)} such times, {words}"] = Figure(_p95(spells), "s")
    scarce = [each for one in showed for spells in one.dark_scarce.values() for each in spells]
    made[f"a shop shows 0 while there is any unit at all, p95, {words}"] = Figure(_p95(scarce), "s")
    return made


def _p95(values: list[float]) -> float:
    return sorted(values)[len(values) * 95 // 100] if values else 0.0
