"""What every simulated marketplace has in common: what is on sale there, who bought it, and the truth about each counter.

A `Shop` is a plain thing in memory: requests go in by `handle` and answers come out, buyers and the shopkeeper act through methods, and
messages that want to leave wait in a queue until whoever drives the world carries them. It knows the time only from `app.chance`, so one
seed gives one history. It isn't safe to be used by two threads at once: hold `lock` where that can happen.

The truth is what no adapter can see: who put which unit on offer, and what was sold beyond what stood on the counter. The simulator
holds the program's books against it.
"""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import httpx

from app import chance
from app.sandbox.records import CHANGES, Entry, Fulfilment, Kind, Line, Order, Outgoing, Refund, Truth, Variant, Waiting

__all__ = ["CHANGES", "Entry", "Fulfilment", "Kind", "Line", "Order", "Outgoing", "Refund", "Shop", "Truth", "Variant", "Waiting"]

_NAMES = ("Mina Sample", "Jonas Muster", "Ada Example", "Noor Test", "Sam Specimen")


class Shop(ABC):
    """One simulated shop. Subclasses speak their platform's language in `handle`, and say which messages leave and when."""

    kind: ClassVar[str]

    def __init__(self, url: str, *, name: str = "Sandbox", currency: str = "EUR") -> None:
        self.url, self.name, self.currency = url.rstrip("/"), name, currency
        self.variants: dict[str, Variant] = {}
        self.counters: dict[str, int] = {}
        self.orders: dict[str, Order] = {}
        self.log: list[Entry] = []
        self.lock = threading.RLock()
        self._ids = itertools.count(1001)
        self._waiting: list[Waiting] = []
        self._totals: dict[str, Counter[str]] = defaultdict(Counter)

    # What a platform says for itself

    @abstractmethod
    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request as the platform would."""

    @abstractmethod
    def message(self, waiting: Waiting) -> Outgoing | None:
        """The request for a message that is due; None where there is nobody to tell (any more)."""

    def delivered(self, outgoing: Outgoing, status: int | None) -> None:  # noqa: B027  (some platforms don't care)
        """What the receiver answered (None: nothing): the platform's rules for failures run."""

    def on_order(self, order: Order, what: str) -> None:  # noqa: B027
        """An order changed: created, paid, cancelled, refunded, edited, fulfilled. For messages."""

    def on_counter(self, counter: str) -> None:  # noqa: B027
        """A counter changed. For messages."""

    def held(self, counter: str) -> int:
        """Units that unpaid orders keep from other buyers without having been counted down."""
        return 0

    def lets_through(self, counter: str, wanted: int, free: int) -> bool:
        """The platform's own checkout makes a mistake now and then: accepts what isn't there."""
        return False

    def on_placed(self, order: Order) -> None:  # noqa: B027
        """An order was accepted, and nothing was counted yet."""

    def on_line(self, order: Order, line: Line) -> None:  # noqa: B027
        """A line was added to an order that was there."""

    def counts_when_placed(self, order: Order) -> bool:
        """Whether an accepted order is taken off its counters at once."""
        return True

    # The catalogue

    def new_id(self) -> str:
        return str(next(self._ids))

    def add(
        self,
        sku: str | None,
        quantity: int = 0,
        *,
        title: str | None = None,
        price: int = 1000,
        tracked: bool = True,
        sells_below_zero: bool = False,
        shares: str | None = None,
        **more: Any,
    ) -> Variant:
        """Put something on sale. `shares`: the counter of another variant, where one number serves both."""
        new = self.new_id()
        counter = shares or self.counter_id(new, more)
        called = title or sku or f"Article {new}"
        made = Variant(self.variant_id(new, more), sku, called, price, counter, tracked, sells_below_zero, more=more)
        self.variants[made.id] = made
        if tracked and counter not in self.counters:
            self.open_counter(counter, quantity)
        return made

    def open_counter(self, counter: str, quantity: int) -> None:
        self.counters[counter] = 0
        self._change(counter, quantity, Kind.OPENING)

    def variant_id(self, new: str, more: Mapping[str, Any]) -> str:
        return new

    def counter_id(self, new: str, more: Mapping[str, Any]) -> str:
        return new

    def remove(self, variant: str) -> Variant:
        """The shopkeeper deletes it, and the number that only it had. Returns what `bring_back` takes."""
        made = self.variants.pop(variant)
        if all(each.counter != made.counter for each in self.variants.values()):
            self.counters.pop(made.counter, None)
        return made

    def bring_back(self, made: Variant, quantity: int = 0) -> None:
        """Out of the bin, as it was but for its number."""
        self.variants[made.id] = made
        if made.tracked and made.counter not in self.counters:
            self.open_counter(made.counter, quantity)

    def take_off_sale(self, variant: str) -> None:
        """The shopkeeper ends it, or makes a draft of it: it is there, and nobody can buy it."""
        self.variants[variant].live = False

    def put_on_sale(self, variant: str) -> None:
        self.variants[variant].live = True

    def by_sku(self, sku: str) -> Variant:
        return next(variant for variant in self.variants.values() if variant.sku == sku)

    # The counters

    def write(self, counter: str, value: int) -> None:
        """A request of ours sets the counter: units are granted, or taken back."""
        self._change(counter, value - self.counters[counter], Kind.GRANTED)
        self.on_counter(counter)

    def hand_edit(self, variant: str, quantity: int) -> None:
        """The shopkeeper types a number."""
        counter = self.variants[variant].counter
        self._change(counter, quantity - self.counters[counter], Kind.HAND)
        self.on_counter(counter)

    def truth(self, counter: str) -> Truth:
        total = self._totals[counter]
        return Truth(
            self.counters[counter],
            total[Kind.OPENING],
            total[Kind.GRANTED],
            total[Kind.HAND],
            total[Kind.RESTOCK],
            -total[Kind.COUNTED],
            total[Kind.SOLD],
            total[Kind.UNWANTED],
            total[Kind.REFUSED],
            total["oversold"],
            total["forced"],
        )

    # The buyers

    def buy(
        self,
        lines: Mapping[str, int] | Sequence[tuple[str, int]],
        *,
        paid: bool = True,
        test: bool = False,
        hold: bool = False,
        force: bool = False,
        shipping: int = 0,
    ) -> str | None:
        """Somebody buys: variants and how many of each; in pairs where one is to stand in two lines. Returns the order, or None where the
        shop says sold out.

        Not `paid`: the payment is still to come. `hold`: it is promised (a bank transfer), which some platforms count down and others
        don't. `force`: made in the shop's own pages by a person, where nobody looks at the counter.
        """
        wanted: Counter[str] = Counter()
        pairs = list(lines.items()) if isinstance(lines, Mapping) else lines
        for variant_id, quantity in pairs:
            variant = self.variants[variant_id]
            if variant.tracked and not variant.sells_below_zero:
                wanted[variant.counter] += quantity
        missing: dict[str, int] = {}
        for counter, quantity in wanted.items():
            free = self._free(counter)
            if quantity > free:
                missing[counter] = quantity - max(0, free)
                if not force and not self.lets_through(counter, quantity, free):
                    self._note(counter, Kind.REFUSED, quantity)
                    return None
        now = chance.now()
        order_id = self.new_id()
        made = [self._line(self.variants[variant], quantity) for variant, quantity in pairs]
        buyer = _buyer(_NAMES[len(self.orders) % len(_NAMES)], order_id)
        order = Order(order_id, order_id, now, now, made, buyer, test=test, shipping=shipping, paid_at=now if paid else None)
        order.more["hold"] = hold
        self.orders[order_id] = order
        for counter, quantity in self._by_counter(order).items():
            short = missing.get(counter, 0)
            self._note(counter, Kind.SOLD, quantity, order=order_id, oversold=0 if force else short, forced=short if force else 0)
        self.on_placed(order)
        if self.counts_when_placed(order):
            self.count_down(order)
        self.changed(order, "created")
        return order_id

    def pay(self, order_id: str) -> None:
        order = self.orders[order_id]
        order.paid_at = chance.now()
        self.count_down(order)
        self.changed(order, "paid")

    def cancel(self, order_id: str, restock: bool = True) -> None:
        order = self.orders[order_id]
        already, order.cancelled_at = order.cancelled_at, chance.now()
        for line in order.lines:
            if already is None:
                self.unwanted(order, line, line.unsent)
            if restock:
                self.put_back(order, line, max(0, line.taken - line.shipped))
        self.changed(order, "cancelled")

    def restock_unsaid(self, order_id: str) -> None:
        """Units of an order that nobody wants any more go back on sale, and the order doesn't say so: whoever does that asks nobody."""
        for line in self.orders[order_id].lines:
            counter, units = self._counter(line), max(0, line.taken - line.shipped)
            if counter is not None and units:
                self._change(counter, units, Kind.HAND)
                self.on_counter(counter)

    def refund(self, order_id: str, line_id: str, quantity: int, restock: bool = True) -> None:
        order = self.orders[order_id]
        line = order.line(line_id)
        self.unwanted(order, line, min(quantity, line.unsent))
        line.refunded += quantity
        order.refunds.append(Refund(self.new_id(), chance.now(), line_id, quantity, restock))
        if restock:
            self.put_back(order, line, min(quantity, line.taken))
        self.changed(order, "refunded")

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        """The shopkeeper changes what a line says. Nobody looks at the counter."""
        order = self.orders[order_id]
        line = order.line(line_id)
        change = quantity - line.current
        if change > 0:
            counter = self._counter(line)
            short = min(change, max(0, change - self._free(counter))) if counter is not None else 0
            line.quantity += change
            if counter is not None:
                self._note(counter, Kind.SOLD, change, order=order_id, forced=short)
            if line.counted_down:
                self._take(order, line, change)
        else:
            self.unwanted(order, line, min(-change, line.unsent))
            line.removed -= change
            self.put_back(order, line, min(-change, line.taken))
        self.changed(order, "edited")

    def add_line(self, order_id: str, variant: str, quantity: int) -> str:
        """The shopkeeper puts one more thing into an order. Nobody looks at the counter. Returns the line's id."""
        order = self.orders[order_id]
        line = self._line(self.variants[variant], quantity)
        counter = self._counter(line)
        short = min(quantity, max(0, quantity - self._free(counter))) if counter is not None else 0
        order.lines.append(line)
        self.on_line(order, line)
        if counter is not None:
            self._note(counter, Kind.SOLD, quantity, order=order_id, forced=short)
        if order.paid or self.counts_when_placed(order):
            self._take(order, line, quantity)
        self.changed(order, "edited")
        return line.id

    def fulfil(
        self,
        order_id: str,
        lines: Mapping[str, int] | None = None,
        *,
        carrier: str | None = None,
        tracking_number: str | None = None,
        tracking_url: str | None = None,
    ) -> Fulfilment:
        """Units leave: the given ones, or all that haven't."""
        order = self.orders[order_id]
        sent = dict(lines) if lines is not None else {line.id: line.unsent for line in order.lines if line.unsent}
        for line_id, quantity in sent.items():
            order.line(line_id).shipped += quantity
        made = Fulfilment(self.new_id(), chance.now(), sent, carrier, tracking_number, tracking_url)
        order.fulfilments.append(made)
        self.changed(order, "fulfilled")
        return made

    # Messages

    def queue(self, waiting: Waiting) -> None:
        self._waiting.append(waiting)

    def next_delivery_at(self) -> datetime | None:
        """When the next message is due, for whoever drives the world."""
        return min((waiting.due_at for waiting in self._waiting), default=None)

    def take_deliveries(self) -> list[Outgoing]:
        """The messages that are due now, oldest first. They have left: whoever takes them carries or loses them."""
        now = chance.now()
        due = sorted((waiting for waiting in self._waiting if waiting.due_at <= now), key=lambda waiting: waiting.due_at)
        self._waiting = [waiting for waiting in self._waiting if waiting.due_at > now]
        return [outgoing for waiting in due if (outgoing := self.message(waiting)) is not None]

    # What subclasses build their own rules from

    def changed(self, order: Order, what: str) -> None:
        order.updated_at = chance.now()
        order.version += 1
        self.on_order(order, what)

    def count_down(self, order: Order) -> None:
        """Take off the counters whatever of the order isn't yet."""
        for line in order.lines:
            self._take(order, line, line.current - line.refunded - line.taken)

    def put_back(self, order: Order, line: Line, units: int) -> None:
        counter = self._counter(line)
        if counter is not None and units > 0:
            line.put_back += units
            self._change(counter, units, Kind.RESTOCK, order=order.id)
            self.on_counter(counter)

    def _take(self, order: Order, line: Line, units: int) -> None:
        counter = self._counter(line)
        if counter is not None and units > 0:
            line.counted_down += units
            self._change(counter, -units, Kind.COUNTED, order=order.id)
            self.on_counter(counter)

    def _counter(self, line: Line) -> str | None:
        variant = self.variants.get(line.variant or "")
        return variant.counter if variant is not None and variant.tracked else None

    def _by_counter(self, order: Order) -> Counter[str]:
        found: Counter[str] = Counter()
        for line in order.lines:
            if (counter := self._counter(line)) is not None:
                found[counter] += line.current
        return found

    def _line(self, variant: Variant, quantity: int) -> Line:
        return Line(self.new_id(), variant.id, variant.sku, variant.title, variant.price, quantity)

    def unwanted(self, order: Order, line: Line, units: int) -> None:
        counter = self._counter(line)
        if counter is not None and units > 0:
            self._note(counter, Kind.UNWANTED, units, order=order.id)

    def sold_by_hand(self, order: Order) -> None:
        """A person made this order wanted (again): whatever isn't there for it is theirs."""
        for line in order.lines:
            counter = self._counter(line)
            if counter is not None and line.unsent:
                short = min(line.unsent, max(0, line.unsent - line.taken - max(0, self._free(counter))))
                self._note(counter, Kind.SOLD, line.unsent, order=order.id, forced=short)

    def _free(self, counter: str) -> int:
        """What stands on a counter and isn't kept for anybody."""
        return self.counters[counter] - self.held(counter)

    def _change(self, counter: str, units: int, kind: Kind, *, order: str | None = None) -> None:
        self.counters[counter] += units
        if units:
            self._note(counter, kind, units, order=order)

    def _note(self, counter: str, kind: Kind, units: int, *, order: str | None = None, oversold: int = 0, forced: int = 0) -> None:
        self.log.append(Entry(chance.now(), kind, counter, units, self.counters[counter], order, oversold or forced, forced > 0))
        total = self._totals[counter]
        total[kind] += units
        total["oversold"] += oversold
        total["forced"] += forced


def _buyer(name: str, order_id: str) -> Mapping[str, str]:
    first, last = name.split(" ")
    return {
        "name": name,
        "email": f"{first}.{last}.{order_id}@shopper.example".lower(),
        "phone": "0113000000",
        "line1": "4 Mill Lane",
        "city": "Leeds",
        "postal_code": "LS1 1AA",
        "country": "GB",
    }
