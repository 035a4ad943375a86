"""How many each counter gets: apportionment by Sainte-Laguë's highest averages, in proportion to what sells.

Pure arithmetic. Where units are scarcer than counters, the last ones go where showing nothing costs most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from math import ceil

# What a seller that has never sold counts as, in units a day: enough for a start, nothing beside one that sells.
PRIOR_A_DAY = 0.1
# Beyond so many steps a share is exact enough: the steps grow instead.
STEPS = 256


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
    most: int | None = None  # no more than this, in counter units
    zero: int = 0  # what showing nothing costs: 0 nothing, 1 its place, 2 the listing
    lit: bool = False  # it offers something now

    @property
    def claim(self) -> float:
        return self.weight * (self.rate + PRIOR_A_DAY)

    @property
    def step(self) -> int:
        return self.per * max(1, self.lot)


@dataclass(slots=True)
class Share:
    """What a seller gets, in units of the SKU."""

    units: int = 0
    places: dict[str, int] = field(default_factory=dict)


def apportion(pool: Mapping[str, int], sellers: Sequence[Seller]) -> dict[str | None, Share]:
    """Share out what each location holds. Nobody gets units from a location that it doesn't sell from.

    First everybody's `min_share`, then one lot each in the order of what zero costs, then by highest averages.
    """
    left = {place: units for place, units in pool.items() if units > 0}
    shares = {seller.id: Share() for seller in sellers}

    def give(seller: Seller, units: int) -> bool:
        if units <= 0 or sum(left.get(place, 0) for place in seller.location_ids) < units:
            return False
        if seller.most is not None and shares[seller.id].units + units > seller.most * seller.per:
            return False
        share = shares[seller.id]
        share.units += units
        for place in seller.location_ids:
            taken = min(units, left.get(place, 0))
            if taken:
                left[place] -= taken
                share.places[place] = share.places.get(place, 0) + taken
                units -= taken
        return True

    # The dearest to leave dark first; then the one that sells most; one that is on sale keeps its place against an equal.
    ranked = sorted(sellers, key=lambda each: (-each.zero, -each.claim, not each.lit, each.id is None, each.id or ""))
    for seller in ranked:
        give(seller, ceil(seller.min_share / max(1, seller.lot)) * seller.step)
    for seller in ranked:
        if seller.weight > 0 and not shares[seller.id].units and (seller.id is not None or seller.rate > 0):
            give(seller, seller.step)
    total = sum(left.values())
    heap = [(-each.claim / (2 * shares[each.id].units + 1), rank, each) for rank, each in enumerate(ranked) if each.weight > 0]
    heapify(heap)
    coarse = max(1, total // STEPS)
    while heap:
        _, rank, seller = heap[0]
        size = max(1, coarse // seller.step) * seller.step
        if give(seller, size) or (size > seller.step and give(seller, seller.step)):
            heapreplace(heap, (-seller.claim / (2 * shares[seller.id].units + 1), rank, seller))
        else:
            heap.remove(heap[0])
            heapify(heap)
    return shares
