"""What a seed wants: which shops there are, what they sell, who comes when, what becomes of the order, and what the kiln brings.

All of it is drawn before anything happens, from a source of its own, so the same buyers come whatever anybody does about stock: that is
what makes two policies comparable, and a prefix of a run the same as its beginning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

CODES = ("MUG", "BOWL", "JUG", "PLATE", "CUP", "VASE", "DISH", "TRAY", "LAMP", "TILE", "MOON", "URN")
SET_OF = 4
EXACT_STALLS = ("compare and set", "compare and set, unkeyed", "delta", "delta, silent", "delta, unkeyed", "drained", "drained, read late",
                "delta, counted when paid")  # fmt: skip
BOUNDED_STALLS = ("absolute", "deferred")
OWN = -1


@dataclass(frozen=True)
class Piece:
    """A SKU: what lies on the shelf at first, and when the kiln brings how many."""

    code: str
    units: int
    firings: Sequence[tuple[float, int]]


@dataclass(frozen=True)
class Visit:
    """A buyer comes to a shop (OWN: our own API) and wants all of this, or nothing. Then, seconds later: she pays, or it is cancelled."""

    at_s: float
    shop: int
    wants: Sequence[tuple[str, int]]  # the listing's code, how many
    pays_after_s: float | None = 0.0  # None: never
    cancelled_after_s: float | None = None
    restock: bool = True


@dataclass(frozen=True)
class Demand:
    """A whole run's. `sets`: listings that are several of a SKU."""

    shops: Sequence[str]  # shopify, woocommerce, or the write mode of a stall
    pieces: Sequence[Piece]
    sets: dict[str, str]
    visits: Sequence[Visit]
    horizon_s: float
    guard: int | None = None

    def units(self, listing: str) -> tuple[str, int]:
        """What one of a listing is: the SKU, and how many of it."""
        return (self.sets[listing], SET_OF) if listing in self.sets else (listing, 1)


@dataclass(frozen=True)
class Wish:
    """What a run is to be about. Left out: as the seed has it."""

    orders: int = 100
    shops: Sequence[str] | None = None
    bounded: bool = False  # shops among them that can only be written with an accepted risk
    guard: int | None = None  # units that are kept beside a write with an accepted risk; left out: as a store has it
    calm_buyers: bool = False  # nobody changes her mind, everybody pays, and mostly wants one
    supply: tuple[float, float] = (0.7, 1.1)  # units there are for one that is wanted
    every_s: tuple[float, float] = (4.0, 40.0)  # a buyer
    pieces: tuple[int, int] = (3, 12)
    most_shops: int = 4


def drawn(seed: int, wish: Wish) -> Demand:
    """The demand of a seed."""
    random = Random(f"demand {seed}")  # noqa: S311  (to be replayed)
    shops = list(wish.shops) if wish.shops is not None else _shops(random, wish.bounded, wish.most_shops)
    codes = list(CODES[: random.randint(*wish.pieces)])
    popular = [random.uniform(0.3, 3.0) for _ in codes]
    sets = {"SET": codes[0]} if random.random() < 0.6 else {}
    every_s = _log_uniform(random, *wish.every_s)
    horizon_s = wish.orders * every_s
    reach = [random.uniform(0.3, 1.0) for _ in shops] + [0.15]
    visits = []
    at = 0.0
    while at < horizon_s:
        at += random.expovariate(1 / every_s)
        visits.append(_visit(random, at, random.choices([*range(len(shops)), OWN], reach)[0], codes, popular, sets, wish))
    for _ in range(random.choice((0, 0, 1))):  # a video goes viral: everybody wants the same, within minutes
        begins, code, crowd = random.uniform(0, horizon_s), random.choice(codes), random.randint(5, max(6, wish.orders // 6))
        visits += [Visit(begins + random.expovariate(1 / 60), random.randrange(len(shops)), ((code, 1),)) for _ in range(crowd)]
    visits.sort(key=lambda visit: visit.at_s)
    demand = Demand(shops, [], sets, visits, horizon_s)
    wanted: Counter[str] = Counter()
    for visit in visits:
        for listing, quantity in visit.wants:
            code, per = demand.units(listing)
            wanted[code] += quantity * per
    pieces = [_piece(random, code, wanted[code], horizon_s, wish) for code in codes]
    return Demand(shops, pieces, sets, visits, horizon_s, wish.guard)


def _shops(random: Random, bounded: bool, most: int) -> list[str]:
    found = ["shopify", "woocommerce", *random.sample(EXACT_STALLS, 2), "shopify", "woocommerce"]
    random.shuffle(found)
    found = found[: random.randint(2, most)]
    return [random.choice(BOUNDED_STALLS), *found[1:]] if bounded else found


def _visit(random: Random, at: float, shop: int, codes: Sequence[str], popular: Sequence[float], sets: dict[str, str], wish: Wish) -> Visit:
    wants: dict[str, int] = {}
    few = 6 if wish.calm_buyers else 1
    for _ in range(random.choices((1, 2, 3), (8 * few, 2, 1))[0]):
        if sets and shop != OWN and random.random() < 0.08:
            wants["SET"] = 1
        else:
            wants[random.choices(codes, popular)[0]] = random.choices((1, 2, 4), (10 * few, 2, 1))[0]
    pays, cancelled = 0.0, None
    if not wish.calm_buyers:
        drawn = random.random()
        if drawn < 0.06:
            cancelled = _log_uniform(random, 5, 7200)
        elif drawn < 0.12 and shop != OWN:
            pays = _log_uniform(random, 20, 3000)
        elif drawn < 0.14 and shop != OWN:
            return Visit(at, shop, tuple(wants.items()), None, 3600.0, True)  # never paid: the shop ends it
        elif drawn < 0.15 and shop != OWN:
            return Visit(at, shop, tuple(wants.items()), random.uniform(3700, 5000), 3600.0, True)  # paid too late
    return Visit(at, shop, tuple(wants.items()), pays, cancelled, random.random() < 0.85)


def _piece(random: Random, code: str, wanted: int, horizon_s: float, wish: Wish) -> Piece:
    supply = max(1, round(wanted * random.uniform(*wish.supply)))
    if random.random() < 0.2:
        return Piece(code, 1 if random.random() < 0.5 else min(supply, random.randint(2, 5)), ())
    first = max(1, round(supply * random.uniform(0.15, 0.6)))
    firings, left = [], supply - first
    while left > 0:
        units = min(left, max(1, round(supply * random.uniform(0.05, 0.25))))
        firings.append((random.uniform(0, horizon_s * (0.5 if wish.calm_buyers else 0.9)), units))
        left -= units
    return Piece(code, first, tuple(sorted(firings)))


def _log_uniform(random: Random, low: float, high: float) -> float:
    return float(low * (high / low) ** random.random())


# What one instant shared counter would sell


def ideal(demand: Demand) -> int:
    """Units sold where every shop and our own API sell from one counter that everybody sees at once."""
    happens: list[tuple[float, int, Visit | tuple[str, int]]] = []
    happens += [(visit.at_s, 1, visit) for visit in demand.visits]
    happens += [(at, 0, (piece.code, units)) for piece in demand.pieces for at, units in piece.firings]
    left: Counter[str] = Counter({piece.code: piece.units for piece in demand.pieces})
    back: list[tuple[float, str, int]] = []
    sold = 0
    for at, _, what in sorted(happens, key=lambda each: each[:2]):
        for each in [each for each in back if each[0] <= at]:
            back.remove(each)
            left[each[1]] += each[2]
        if isinstance(what, tuple):
            left[what[0]] += what[1]
            continue
        wants: Counter[str] = Counter()
        for listing, quantity in what.wants:
            code, per = demand.units(listing)
            wants[code] += quantity * per
        if all(left[code] >= units for code, units in wants.items()):
            sold += wants.total()
            left -= wants
            left = Counter({code: units for code, units in left.items() if units})
            if what.cancelled_after_s is not None and (what.restock or what.shop == OWN):
                back += [(at + what.cancelled_after_s, code, units) for code, units in wants.items()]
    return sold
