"""What else could be done about the same buyers: models of other tools, and how they compare.

Ours is run, the others are only reckoned: every shop shows everything, and is corrected when a message arrives; the same with units held
back; and a tool that looks at every shop each quarter of an hour. They have it easier than ours: none of their writes is lost, late or
overtaken by a sale, and nothing of theirs ever crashes.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from app.simulation.demand import OWN, Demand, Visit, Wish, drawn, ideal
from app.simulation.run import NETWORK, simulate

# Where everything is the same but for what is done about stock: nobody meddles, and nobody changes her mind.
FAIR = Wish(orders=120, calm_buyers=True, supply=(0.2, 0.4), pieces=(2, 4), most_shops=3, every_s=(6.0, 20.0))
OURS = ("strict", "expose")
BUFFER = 2
BATCH_S = 900.0
WRITE_S = (0.5, 3.0)
POLL_S = 300.0


@dataclass
class Compared:
    """What a policy made of one seed."""

    policy: str
    seed: int
    orders: int = 0
    sold: int = 0
    ideal: int = 0
    us: int = 0
    shops: int = 0
    dark_hours: float = 0.0
    writes: int = 0
    crowd: int = 0  # of shops

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Model:
    """Every shop shows what is left, less a buffer, as far as the tool knows; the tool hears of a sale late, or with its next poll."""

    def __init__(self, seed: int, demand: Demand, *, policy: str, buffer: int = 0, batch: bool = False) -> None:
        self.random = Random(f"{policy} {seed}")  # noqa: S311  (to be replayed)
        self.demand, self.buffer, self.batch = demand, buffer, batch
        self.known: Counter[str] = Counter()  # what the tool believes is left
        self.left: Counter[str] = Counter()  # what is
        self.listings = [*(piece.code for piece in demand.pieces), *sorted(demand.sets)]
        self.shown = [dict.fromkeys(self.listings, 0) for _ in demand.shops]
        self.found = Compared(policy, seed, ideal=ideal(demand), crowd=len(demand.shops))
        self._dark: dict[tuple[int, str], float] = {}
        self._heap: list[tuple[float, int, Callable[[float], None]]] = []
        self._serial = 0

    def run(self) -> Compared:
        for piece in self.demand.pieces:
            self._arrive(piece.code, piece.units)(0.0)
            for at, units in piece.firings:
                self._at(at, self._arrive(piece.code, units))
        self._push(-60.0, set(self.known))
        for visit in self.demand.visits:
            self._at(visit.at_s, self._visiting(visit))
        if self.batch:
            for n in range(1, int(self.demand.horizon_s / BATCH_S) + 1):
                self._at(n * BATCH_S, self._look)
        while self._heap:
            at, _, do = heapq.heappop(self._heap)
            do(at)
            self._see(at)
        return self.found

    def _at(self, at: float, do: Callable[[float], None]) -> None:
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, do))

    def _arrive(self, code: str, units: int) -> Callable[[float], None]:
        def arrive(at: float) -> None:
            self.left[code] += units
            self.known[code] += units
            if at and not self.batch:
                self._push(at, {code})

        return arrive

    def _visiting(self, visit: Visit) -> Callable[[float], None]:
        def come(at: float) -> None:
            wants: Counter[str] = Counter()
            for listing, quantity in visit.wants:
                code, per = self.demand.units(listing)
                wants[code] += quantity * per
            if visit.shop == OWN:
                if any(self.known[code] < units for code, units in wants.items()):
                    return
            elif any(self.shown[visit.shop][listing] < quantity for listing, quantity in visit.wants):
                return
            self.found.orders += 1
            for code, units in wants.items():
                self.found.sold += min(units, max(0, self.left[code]))
                self.found.us += units - min(units, max(0, self.left[code]))
                self.left[code] -= units
            if visit.shop != OWN:
                for listing, quantity in visit.wants:
                    self.shown[visit.shop][listing] -= quantity
            self._hear(at, visit, wants)

        return come

    def _hear(self, at: float, visit: Visit, wants: Counter[str]) -> None:
        def heard(when: float) -> None:
            self.known.subtract(wants)
            if not self.batch:
                self._push(when, set(wants))

        if visit.shop == OWN:
            heard(at)
        elif self.batch:
            self._at((at // BATCH_S + 1) * BATCH_S - 0.5, heard)
        else:
            self._at(at + self._late(at), heard)

    def _late(self, at: float) -> float:
        """How long a message is under way; one that is lost is found by the next poll."""
        drawn, troubles = self.random.random(), NETWORK
        poll = (at // POLL_S + 1) * POLL_S - at
        if drawn < troubles.lost:
            return poll
        if drawn < troubles.lost + troubles.delayed:
            low, high = troubles.delay_s
            return min(poll, float(low * (high / low) ** self.random.random()))
        return self.random.uniform(0.2, 5.0)

    def _look(self, at: float) -> None:
        self._push(at, set(self.known))

    def _push(self, at: float, codes: set[str]) -> None:
        """Every shop is told what is left of it; where it shows that already it isn't."""

        def land(shop: int, listing: str, value: int) -> Callable[[float], None]:
            return lambda _: self.shown[shop].__setitem__(listing, value)

        for listing in self.listings:
            code, per = self.demand.units(listing)
            value = max(0, self.known[code] - self.buffer) // per
            if code not in codes:
                continue
            for shop in range(len(self.shown)):
                if self.shown[shop][listing] != value:
                    self.found.writes += 1
                    self._at(at + self.random.uniform(*WRITE_S), land(shop, listing, value))

    def _see(self, at: float) -> None:
        for shop, shown in enumerate(self.shown):
            for listing, value in shown.items():
                code, _ = self.demand.units(listing)
                dark = value <= 0 and self.left[code] > 0
                began = self._dark.pop((shop, listing), None)
                if dark:
                    self._dark[shop, listing] = at if began is None else began
                elif began is not None:
                    self.found.dark_hours += max(0.0, at - max(0.0, began)) / 3600


MODELS: dict[str, dict[str, Any]] = {
    "by event": {},
    "by event, 2 held back": {"buffer": BUFFER},
    "every 15 minutes": {"batch": True},
}
POLICIES = (*OURS, *MODELS)


def compare(policy: str, seed: int) -> Compared:
    """What one policy makes of one seed."""
    demand = drawn(seed, FAIR)
    if policy in MODELS:
        return Model(seed, demand, policy=policy, **MODELS[policy]).run()
    found = simulate(seed, troubles=NETWORK, wish=FAIR, policy=policy)
    if found.failure is not None:
        raise AssertionError(f"seed {seed} under {policy}: {found.failure}")
    sold = found.sold - found.us - found.shops - found.people
    return Compared(policy, seed, found.orders, sold, found.ideal, found.us, found.shops, found.dark_hours, found.writes, len(demand.shops))
