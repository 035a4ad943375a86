"""The simulator's world, with what tests say about it in a few words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from app import chance
from app.chance import Seeded
from app.channels.base import WriteMode, WriteRequest
from app.channels.memory import Shop
from app.database import Database
from app.domain import checking
from app.domain.causes import Cause
from app.simulation.world import PUBLIC_URL, START, broken_books
from app.simulation.world import World as Driven
from tests import shop

__all__ = ["CAUSE", "PUBLIC_URL", "START", "World", "broken_books", "sellable", "wanted", "world"]

CAUSE = Cause("test")


class World(Driven):
    """One store. Time passes only in `run_for`."""

    # The store

    def stocked(self, code: str, quantity: int, *, location: str = "STUDIO") -> None:
        """A product with one SKU, and units of it on the shelf."""
        shop.stocked(self.database, code, 0)
        if quantity:
            self.receive(code, quantity, location=location)

    def receive(self, code: str, quantity: int, *, location: str = "STUDIO") -> None:
        shop.post(self.database, code, quantity, at=location)

    def level(self, code: str, location: str = "STUDIO") -> dict[str, int]:
        """The states that hold units."""
        return {state: units for state, units in asdict(shop.level(self.database, code, location)).items() if units}

    def check(self) -> None:
        """The books balance, and no more is on offer than there is."""
        findings = self.database.look(checking.check)
        assert not findings, [str(finding) for finding in findings]


@contextmanager
def world(database: Database, tmp_path: Path, seed: int = 1) -> Iterator[World]:
    """A world with a clock of its own."""
    source = Seeded(seed, START)
    with chance.installed(source):
        yield World(database, source, tmp_path / "key")


def wanted(shop: Shop) -> int:
    """Units that the shop's buyers are to get, or have got."""
    return sum(line.ordered - line.cancelled for order in shop.orders.values() for line in order.lines.values())


def sellable(shop: Shop, under_way: Sequence[WriteRequest] = ()) -> int:
    """The most that the shop could still sell if everybody bought now and whatever is under way to it landed at the worst moment."""
    found = 0
    for counter, quantity in shop.counters.items():
        promised = [
            line.ordered - line.cancelled - line.counted_down
            for order in shop.orders.values()
            for line in order.lines.values()
            if line.listing is not None and shop.listings[line.listing].counter == counter
        ]
        found += max(0, quantity - sum(max(0, each) for each in promised))
    for request in under_way:
        if shop.can.keyed and request.key in shop.keys:
            continue
        for entry in request.entries:
            by_mode = {WriteMode.ABSOLUTE: entry.value, WriteMode.DELTA: entry.change}
            found += max(0, by_mode.get(shop.can.write_mode, entry.value - entry.expected))
    return found
