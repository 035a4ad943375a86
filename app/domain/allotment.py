"""How many each counter gets: apportionment by Sainte-Laguë's highest averages, in proportion to what sells.

Pure arithmetic. Where units are scarcer than counters, the last ones go where showing nothing costs most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from math import ceil

# What a seller counts as beside what it sells, in units a day: enough for a start, little beside one that sells, and so much that one
# sale doesn't turn the shares over.
PRIOR_A_DAY = 0.25
# Beyond so many steps a share is exact enough: the steps grow instead.
STEPS = 128


@dataclass(frozen=True, slots=True)
class Seller:
    """A counter, or (id None) our own API, whose share stays in `available`. `per` units of the SKU are one of the counter."""

    id: str | None
    rate: float  # what it sells, in units of the SKU a day
    location_ids: Sequence[str]
    weight: int = 100
    per: int = 1
    lot: int = 1  # the least useful quantity, in counter units: it gets 0, a lot, two …
    min_share: int = 0  # counter units
    zero: int = 0  # what showing nothing costs: 0 nothing, 1 its place, 2 the listing
    lit: bool = False  # it offers something now

    @property
    def claim(self) -> float:
        return self.weight * (self.rate + PRIOR_A_DAY)

    @property
    def step(self) -> int:
        return self.per * max(1, self.lot)


def apportion(pool: Mapping[str, int], sellers: Sequence[Seller]) -> dict[str | None, int]:
    """Share out what each location holds: units of the SKU by seller. Nobody gets units from a location that it doesn't sell from.

    First everybody's `min_share`, as far as it goes, then one lot each in the order of what zero costs, then by highest averages.
    """
    left = {place: units for place, units in pool.items() if units > 0}
    shares = {seller.id: 0 for seller in sellers}

    def give(seller: Seller, units: int) -> bool:
        reach = 0
        for place in seller.location_ids:
            reach += left.get(place, 0)
            if reach >= units:
                break
        else:
            return False
        shares[seller.id] += units
        for place in seller.location_ids:
            if there := left.get(place):
                taken = min(units, there)
                left[place] = there - taken
                units -= taken
                if not units:
                    break
        return True

    # The dearest to leave dark first; then the one that sells most; one that is on sale keeps its place against an equal.
    ranked = sorted(sellers, key=lambda each: (-each.zero, -each.claim, not each.lit, each.id is None, each.id or ""))
    for seller in ranked:
        steps = ceil(seller.min_share / max(1, seller.lot))
        reach = sum(left.get(place, 0) for place in seller.location_ids)
        give(seller, min(steps, reach // seller.step) * seller.step)
    for seller in ranked:
        if seller.weight > 0 and not shares[seller.id] and (seller.id is not None or seller.rate > 0):
            give(seller, seller.step)
    coarse = sum(left.values()) // STEPS
    sizes = {seller.id: max(1, coarse // seller.step) * seller.step for seller in sellers}

    claims = {seller.id: seller.claim for seller in sellers}

    def turn(rank: int, seller: Seller) -> tuple[float, int, Seller]:
        return (-claims[seller.id] / (2 * shares[seller.id] + sizes[seller.id]), rank, seller)

    heap = [turn(rank, seller) for rank, seller in enumerate(ranked) if seller.weight > 0]
    heapify(heap)
    while heap:
        _, rank, seller = heap[0]
        if give(seller, sizes[seller.id]) or give(seller, seller.step):
            heapreplace(heap, turn(rank, seller))
        else:
            heappop(heap)
    return shares
