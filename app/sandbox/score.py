"""Who sold what wasn't there: us, a shop's own counter, or a person.

It knows what no program can: every unit that was delivered, and the truth of every shop. A sale is held against them in the order in which
things happened. Units sold while none was left are oversold. They are the shop's doing or a person's as far as one of those put units on
offer, or sold some, without a unit behind it; whatever is left is ours, and must be none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from app import chance
from app.sandbox.shop import Entry, Kind, Shop

log = structlog.get_logger()


@dataclass(frozen=True)
class Sells:
    """What a counter stands for."""

    sku: str
    per: int


@dataclass
class Watched:
    """A shop, how far its history was read, and what of its numbers a person put there."""

    shop: Shop
    sells: Mapping[str, Sells]  # by counter
    absolute: bool  # a write of ours leaves nothing of what stood there
    ahead: timedelta = timedelta()  # its clock runs ahead of ours
    read: int = 0
    extra: Counter[str] = field(default_factory=Counter)
    unfound: set[str] = field(default_factory=set)  # counters where we can't know yet what a person typed
    # Sold and not counted down yet, by counter and order.
    waiting: dict[str, Counter[str | None]] = field(default_factory=lambda: defaultdict(Counter))
    # Units that a person had put there and an order took, by order.
    taken: Counter[str | None] = field(default_factory=Counter)


class Score:
    """Reads what happened since it last looked. Not safe to be used by two threads at once."""

    def __init__(self, *, tells: bool = False) -> None:
        """`tells`: somebody says by `found` when we know what a person typed; else we are taken to know it at once."""
        self._tells = tells
        self.us = self.shops = self.people = 0
        self.sold = self.refused = 0
        self.watched: list[Watched] = []
        self._delivered: list[tuple[datetime, str, int]] = []
        self._left: Counter[str] = Counter()  # units less wanted ones, by SKU: below zero is promised and not there
        # Units that somebody else sold or offered for nothing, and that nobody has missed yet.
        self._by_shops: Counter[str] = Counter()
        self._by_people: Counter[str] = Counter()
        self._unheard: Counter[str] = Counter()

    def watch(self, shop: Shop, sells: Mapping[str, Sells], *, absolute: bool | None = None, ahead: timedelta = timedelta()) -> None:
        absolute = shop.kind == "woocommerce" if absolute is None else absolute
        self.watched.append(Watched(shop, sells, absolute, ahead))

    def delivered(self, sku: str, units: int) -> None:
        """Units arrive. To be said before anybody can be told of them."""
        self._delivered.append((chance.now(), sku, units))

    def sold_here(self, sku: str, units: int) -> None:
        """Our own API sold units that were free: it is told so by the books, so whatever isn't there is ours."""
        self.sold += units
        self._left[sku] -= units
        self._miss(sku, units, "our own API")

    def taken(self, sku: str, units: int, on_offer: int, *, sold: bool = False) -> None:
        """A fact: units broke, went missing, or were handed to somebody at a market, while shops offered up to so many units."""
        self.sold += units if sold else 0
        self._left[sku] -= units
        short = min(units, max(0, -self._left[sku])) if sold else 0
        self.people += short
        self._by_people[sku] = max(self._by_people[sku], on_offer - max(0, self._left[sku]))

    def found(self, shop: Shop, counter: str) -> None:
        """From now on our books know what a person typed there, and whatever we take away is the person's first."""
        where = next(each for each in self.watched if each.shop is shop)
        where.unfound.discard(counter)
        where.extra[counter] = max(0, where.extra[counter])

    def left(self, sku: str) -> int:
        """Units that nobody was promised; below zero: promised and not there."""
        return self._left[sku]

    def offered(self, sku: str) -> int:
        """Units that buyers can find, but for what a person put there."""
        return sum(
            max(0, where.shop.counters[counter] - self._promised(where, counter) - max(0, where.extra[counter])) * sells.per
            for where in self.watched
            for counter, sells in where.sells.items()
            if sells.sku == sku
        )

    def by_hand(self, sku: str) -> int:
        """How far numbers are from what we made of them, because persons typed."""
        return sum(abs(where.extra[counter]) for where in self.watched for counter, sells in where.sells.items() if sells.sku == sku)

    def excused(self, sku: str) -> int:
        """Units on offer beyond what is left that a shop or a person has to answer for: also of those that were sold, and missed, while
        the books haven't heard of it."""
        return self._by_shops[sku] + self._by_people[sku] + self._unheard[sku]

    def settle(self, sku: str, *, heard: bool) -> None:
        """Nothing is under way any more, and no more is on offer than there is: nobody has anything to answer for. `heard`: the books know
        of every sale; until then we may still give away what a shop or a person sold beyond its share."""
        if heard and self.offered(sku) <= max(0, self._left[sku]):
            self._by_shops[sku] = self._by_people[sku] = self._unheard[sku] = 0

    def look(self) -> None:
        """Bring the score up to now."""
        if not self._delivered and all(each.read == len(each.shop.log) for each in self.watched):
            return
        now = chance.now()
        happened: list[tuple[datetime, int, Watched | None, Entry | tuple[str, int]]] = []
        for each in self.watched:
            with each.shop.lock:
                found = each.shop.log[each.read :]
            found = [entry for entry in found if entry.at - each.ahead <= now]
            each.read += len(found)
            happened += [(entry.at - each.ahead, 1, each, entry) for entry in found]
        late = [given for given in self._delivered if given[0] > now]
        happened += [(at, 0, None, (sku, units)) for at, sku, units in self._delivered if at <= now]
        self._delivered = late
        for _, _, where, what in sorted(happened, key=lambda each: each[:2]):
            if isinstance(what, tuple):
                self._left[what[0]] += what[1]
            elif where is not None and what.counter in where.sells:
                self._take_in(where, what)

    def _take_in(self, where: Watched, entry: Entry) -> None:
        counter, units = entry.counter, entry.units
        sells, waiting = where.sells[counter], where.waiting[counter]
        match entry.kind:
            case Kind.HAND | Kind.OPENING:  # what a shop showed before us, somebody typed in
                where.extra[counter] += units
                if self._tells and entry.kind is Kind.HAND:
                    where.unfound.add(counter)
            case Kind.GRANTED if counter in where.unfound and not where.absolute:
                ours = entry.after - units - self._promised(where, counter) - max(0, where.extra[counter])
                where.extra[counter] -= max(0, min(where.extra[counter], -units - max(0, ours)))
            case Kind.GRANTED if where.absolute:
                where.extra[counter] = 0
            case Kind.GRANTED:
                extra = where.extra[counter]
                # What we take away was the person's first; what we give makes up for what a person took.
                where.extra[counter] = max(0, extra + units) if extra > 0 > units else min(0, extra + units) if extra < 0 < units else extra
            case Kind.COUNTED:
                waiting[entry.order] += units  # negative
            case Kind.RESTOCK:
                waiting[entry.order] += units
                back = min(units, where.taken[entry.order])
                where.taken[entry.order] -= back
                where.extra[counter] += back
                self._offered_again(sells, units - back)
            case Kind.UNWANTED:
                held = max(0, min(units, waiting[entry.order]))  # it kept them from others, and its counter never went down
                waiting[entry.order] -= units
                self._left[sells.sku] += units * sells.per
                self._offered_again(sells, held)
            case Kind.REFUSED:
                self.refused += 1
            case Kind.SOLD:
                self._sell(where, entry, sells)
                waiting[entry.order] += units

    def _offered_again(self, sells: Sells, units: int) -> None:
        """A shop lets others buy what somebody doesn't want any more. What of that is owed elsewhere, it has to answer for: nobody asked
        us."""
        self._by_shops[sells.sku] += max(0, units * sells.per - max(0, self._left[sells.sku]))

    def _sell(self, where: Watched, entry: Entry, sells: Sells) -> None:
        counter, units = entry.counter, entry.units
        self.sold += units * sells.per
        promised = self._promised(where, counter)
        extra = max(0, where.extra[counter])
        ours = max(0, entry.after - promised - extra)
        persons = min(extra, max(0, units - ours - entry.oversold))
        where.extra[counter] -= persons
        where.taken[entry.order] += persons
        if entry.forced:
            persons += entry.oversold
        else:
            self._by_shops[sells.sku] += entry.oversold * sells.per
        self._by_people[sells.sku] += persons * sells.per
        self._left[sells.sku] -= units * sells.per
        self._miss(sells.sku, units * sells.per, where.shop.name, order=entry.order)

    @staticmethod
    def _promised(where: Watched, counter: str) -> int:
        """Sold there and still standing on the counter."""
        waiting = where.waiting[counter]
        for order in [order for order, units in waiting.items() if not units]:
            del waiting[order]
        return sum(max(0, units) for units in waiting.values())

    def _miss(self, sku: str, units: int, shop: str, order: str | None = None) -> None:
        """So many were sold now: how many of them weren't there, and whose doing that was."""
        missing = min(units, max(0, -self._left[sku]))
        missing -= (by_shop := min(missing, self._by_shops[sku]))
        missing -= (by_person := min(missing, self._by_people[sku]))
        self._by_shops[sku] -= by_shop
        self._by_people[sku] -= by_person
        self._unheard[sku] += by_shop + by_person
        self.shops += by_shop
        self.people += by_person
        self.us += missing
        if missing:
            log.error("we sold what wasn't there", sku=sku, units=missing, shop=shop, order=order, at=chance.now())
