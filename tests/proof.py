"""One market of the proof: the last units of one SKU, three shops, a crowd, and a network that can't be relied on.

Beside it, from the same seed, a model of what other tools do: every shop shows everything, and is corrected when a message arrives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app import chance, domain
from app.database import Database
from app.main import open_store
from tests.market import Market, Stand
from tests.world import world

UNITS = 6
BUYERS_A_MINUTE = 60
HORIZON_S = 300.0
UNREACHABLE_S = 120.0
DELAY_S = (30.0, 60.0)
LOST = 0.05


@dataclass(frozen=True)
class Outcome:
    sold: int
    oversold_by_us: int
    oversold_by_shops: int
    dark_hours: float
    oversold_by_event: int
    sold_by_event: int


def market(seed: int, migrated: Path, where: Path) -> Outcome:
    """One market from one seed."""
    where.mkdir()
    (where / "store.sqlite").write_bytes(migrated.read_bytes())
    database = Database(f"sqlite:///{where / 'store.sqlite'}", finish=domain.finish)
    try:
        database.run(open_store, "EUR")
        with world(database, where, seed) as store:
            store.stocked("BOWL", UNITS)
            found = Market(store, "BOWL")
            found.shopify("north")
            found.shopify("south")
            woo = found.woocommerce("west")
            woo.shop.races = 0.1  # type: ignore[attr-defined]
            found.run_for(180)
            assert sum(stand.shows for stand in found.stands) <= UNITS
            for stand in found.stands:
                stand.dark, stand.dark_since = timedelta(), None
            found.delay_s, found.lost = DELAY_S, LOST
            buyers = _buyers(found.stands)
            for at, index in buyers:
                found.after((at - chance.now()).total_seconds(), _buys(found.stands[index]))
            cut_off = chance.random().choice(found.stands)
            found.after(chance.random().uniform(0, 60), lambda: setattr(cut_off.faults, "down", True))
            found.after(60 + UNREACHABLE_S, lambda: setattr(cut_off.faults, "down", False))
            found.run_for(HORIZON_S)
            found.lost = 0.0
            found.run_for(420)
            store.check()
            sold, by_shops = found.sold(), found.oversold_by_shops()
            dark = sum((stand.dark for stand in found.stands), timedelta())
            by_event = _by_event(buyers, len(found.stands))
            return Outcome(
                sold=min(sold, UNITS),
                oversold_by_us=max(0, sold - by_shops - UNITS),
                oversold_by_shops=by_shops,
                dark_hours=dark.total_seconds() / 3600,
                oversold_by_event=max(0, by_event - UNITS),
                sold_by_event=by_event,
            )
    finally:
        database.close()


def _buyers(stands: list[Stand]) -> list[tuple[datetime, int]]:
    """When buyers come, and to which shop: as popular as the seed has it."""
    random = chance.random()
    weights = [random.uniform(0.2, 1.0) for _ in stands]
    at, end, found = chance.now(), chance.now() + timedelta(seconds=HORIZON_S), []
    while at < end:
        at += timedelta(seconds=random.expovariate(BUYERS_A_MINUTE / 60))
        found.append((at, random.choices(range(len(stands)), weights)[0]))
    return found


def _buys(stand: Stand) -> Callable[[], None]:
    def buy() -> None:
        stand.shop.buy({stand.variant: 1})

    return buy


def _by_event(buyers: list[tuple[datetime, int]], shops: int) -> int:
    """Every shop shows everything; a sale's message arrives late, or only with the next poll, and the others are set to what is left."""
    random = chance.random()
    shown, left, sold = [UNITS] * shops, UNITS, 0
    messages: list[datetime] = []
    for at, index in buyers:
        while messages and messages[0] <= at:
            messages.pop(0)
            left -= 1
            shown = [min(each, max(0, left)) for each in shown]
        if shown[index] > 0:
            shown[index] -= 1
            sold += 1
            late = 300.0 if random.random() < LOST else random.uniform(*DELAY_S)
            messages.append(at + timedelta(seconds=late))
            messages.sort()
    return sold
