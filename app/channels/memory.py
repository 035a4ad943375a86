"""The reference channel: a shop that is an object in memory, and its adapter.

It is the shortest whole adapter there is, the example for writing another one, and the only one that has every write mode: what the
connected shop can do is whatever its `Capabilities` say. A test plays the network: a request may be lost, answered in vain, or land
late, and orders show up in the feed when the test lets them.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson

from app import chance
from app.channels.base import (
    BadPayload,
    BadSignature,
    Capabilities,
    Connection,
    Consent,
    CountsDown,
    Delivery,
    Entry,
    Hint,
    ListingSnapshot,
    NoUse,
    OrderPage,
    Outcome,
    Parcel,
    Reading,
    Refuses,
    Reply,
    Subscriptions,
    TryLater,
    WriteMode,
    WriteRequest,
    WriteResult,
    Zero,
)
from app.domain.money import Money
from app.domain.snapshots import LineSnapshot, OrderSnapshot, OrderState

EXACT = Capabilities(
    write_mode=WriteMode.COMPARE_AND_SET,
    keyed=True,
    key_life_s=86_400.0,
    remembers_failures=True,
    counts_down_at=CountsDown.PLACED,
    refuses_below_zero=Refuses.ALWAYS,
    feed_lag_s=5.0,
    feed_overlap_s=10.0,
    poll_every_s=300.0,
    replies_quantity=True,
    currency="EUR",
    zero=Zero.HARMLESS,
)


@dataclass(slots=True)
class Order:
    """An order as the shop keeps it. Lines by listing: how many, how many of them are cancelled, sent, and back on sale."""

    id: str
    lines: dict[str, LineSnapshot]
    paid: bool
    cancelled: bool = False
    version: int = 1
    changed_at: datetime | None = None
    shown_from: datetime | None = None  # when the feed shows it; None: at once
    test: bool = False
    parcels: list[Parcel] = field(default_factory=list)


@dataclass(slots=True)
class Shop:
    """The truth: what buyers see and do. Counters by id; listings by id, with the counter that their sale lowers."""

    can: Capabilities = EXACT
    secret: str = "reference"  # noqa: S105  (nobody's: a shop in memory)
    counters: dict[str, int] = field(default_factory=dict)
    listings: dict[str, ListingSnapshot] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    keys: dict[str, WriteResult] = field(default_factory=dict)
    tickets: dict[str, WriteResult | None] = field(default_factory=dict)
    # How the next requests fare, first one first: "lost" (never arrives), "vain" (takes effect, the answer is lost), "late" (no answer,
    # and it takes effect when the test calls `land`); else it is done and answered.
    fate: list[str] = field(default_factory=list)
    under_way: list[Callable[[], WriteResult]] = field(default_factory=list)
    refuses: dict[str, WriteResult] = field(default_factory=dict)  # by unit
    down: bool = False
    unheld: int = 0
    oversells: set[str] = field(default_factory=set)  # counters that are sold below zero, because somebody allowed it
    granted: int = 0  # units that our writes put on offer
    requests: dict[str, int] = field(default_factory=dict)
    _serial: int = 0

    # Buyers and the shop's people

    def offer(self, listing: str, sku: str | None, quantity: int, *, counter: str | None = None, unit: str | None = None) -> None:
        """Put something on sale."""
        counter = counter or listing
        self.counters.setdefault(counter, quantity)
        self.listings[listing] = ListingSnapshot(listing, sku, sku or listing, unit or counter, counter, quantity)

    def buy(
        self, listing: str, quantity: int = 1, *, paid: bool = True, test: bool = False, price: int = 1000, shown_in_s: float = 0.0
    ) -> str | None:
        """Buy, if the shop lets it be bought: the order's id."""
        counter = self.listings[listing].counter
        assert counter is not None
        counts = paid or self.can.counts_down_at is CountsDown.PLACED
        if self.can.refuses_below_zero is not Refuses.NO and self.counters[counter] - (0 if counts else self.unheld) < quantity:
            return None
        self._serial += 1
        line = LineSnapshot(
            external_id=f"{self._serial}-1",
            ordered=quantity,
            counted_down=quantity if counts else 0,
            listing=listing,
            sku=self.listings[listing].sku,
            title=self.listings[listing].title,
            unit_price=Money(price, self.can.currency or "EUR"),
        )
        if counts:
            self.counters[counter] -= quantity
        order = Order(f"M{self._serial}", {line.external_id: line}, paid, test=test)
        self.orders[order.id] = order
        self._touch(order, shown_in_s)
        return order.id

    def pay(self, order_id: str) -> None:
        order = self.orders[order_id]
        for line in list(order.lines.values()):
            if not order.paid and line.counted_down < line.ordered - line.cancelled:
                self._move(line, line.counted_down - (line.ordered - line.cancelled))
                order.lines[line.external_id] = replace(line, counted_down=line.ordered - line.cancelled)
        order.paid = True
        self._touch(order)

    def cancel(self, order_id: str, *, restock: bool = True) -> None:
        order = self.orders[order_id]
        order.cancelled = True
        for line in list(order.lines.values()):
            back = line.counted_down - line.put_back - line.shipped if restock else 0
            self._move(line, back)
            order.lines[line.external_id] = replace(line, cancelled=line.ordered - line.shipped, put_back=line.put_back + back)
        self._touch(order)

    def change(self, order_id: str, line_id: str, **figures: int) -> None:
        """Change a line's figures as they stand; the counter follows what was counted down and put back."""
        order = self.orders[order_id]
        before = order.lines[line_id]
        after = replace(before, **figures)  # type: ignore[arg-type]
        self._move(before, (before.counted_down - before.put_back) - (after.counted_down - after.put_back))
        order.lines[line_id] = after
        self._touch(order)

    def ship(self, order_id: str) -> None:
        order = self.orders[order_id]
        for line in list(order.lines.values()):
            order.lines[line.external_id] = replace(line, shipped=line.ordered - line.cancelled)
        self._touch(order)

    def _move(self, line: LineSnapshot, units: int) -> None:
        assert line.listing is not None
        counter = self.listings[line.listing].counter
        assert counter is not None
        self.counters[counter] += units

    def _touch(self, order: Order, shown_in_s: float = 0.0) -> None:
        order.version += 1
        order.changed_at = chance.now()
        order.shown_from = None if not shown_in_s else datetime.fromtimestamp(chance.now().timestamp() + shown_in_s, chance.now().tzinfo)

    def changed_since(self, since: datetime | None) -> list[tuple[datetime, str]]:
        """Orders that the feed shows, and when they changed."""
        now = chance.now()
        return [
            (order.changed_at, order.id)
            for order in self.orders.values()
            if order.changed_at is not None
            and (since is None or order.changed_at >= since)
            and (order.shown_from is None or order.shown_from <= now)
        ]

    def snapshot(self, order_id: str) -> OrderSnapshot:
        """How an order stands, as the shop says it."""
        order = self.orders.get(order_id)
        if order is None:
            return OrderSnapshot(order_id, version=2**40, state=OrderState.GONE)
        return OrderSnapshot(
            external_id=order.id,
            version=order.version,
            paid=order.paid,
            lines=tuple(order.lines.values()),
            number=f"#{order.id}",
            test=order.test,
            placed_at=order.changed_at,
            updated_at=order.changed_at,
            cancelled_at=order.changed_at if order.cancelled else None,
        )

    def message(self, order_id: str, *, whole: bool = True) -> Delivery:
        """A signed webhook about an order; not whole: a pointer."""
        order = self.orders.get(order_id)
        body = orjson.dumps({"order": order_id, "version": order.version if order else 0, "whole": whole})
        return Delivery("POST", {"x-signature": hmac.digest(self.secret.encode(), body, "sha256").hex()}, body)

    def tell(self, parcel: Parcel) -> None:
        """We say that units left; a parcel that is known already isn't counted again. Raises: NoUse."""
        order = self.orders.get(parcel.order)
        if order is None:
            raise NoUse("gone", f"There is no order {parcel.order} any more.")
        if all(known.id != parcel.id for known in order.parcels):
            order.parcels.append(parcel)
            for sent in parcel.lines:
                line = order.lines[sent.line]
                order.lines[sent.line] = replace(line, shipped=min(line.ordered - line.cancelled, line.shipped + sent.quantity))

    # What our requests come to

    def take(self, request: WriteRequest) -> WriteResult:
        """A write arrives, as its fate has it."""
        fate = self.fate.pop(0) if self.fate else ""
        if self.down or fate == "lost":
            return WriteResult(Outcome.UNKNOWN, detail="no answer")
        if fate == "late":
            self.under_way.append(lambda: self._write(request))
            return WriteResult(Outcome.UNKNOWN, detail="no answer")
        result = self._write(request)
        return WriteResult(Outcome.UNKNOWN, detail="no answer") if fate == "vain" else result

    def land(self) -> list[WriteResult]:
        """What was under way takes effect now."""
        landing, self.under_way = self.under_way, []
        return [each() for each in landing]

    def _write(self, request: WriteRequest) -> WriteResult:
        if self.can.keyed and request.key in self.keys:
            return self.keys[request.key]
        result = self.refuses.get(request.unit) or self._effect(request)
        if self.can.keyed and (self.can.remembers_failures or result.outcome is Outcome.DONE):
            self.keys[request.key] = result
        return result

    def _effect(self, request: WriteRequest) -> WriteResult:
        after = {}
        for entry in request.entries:
            now = self.counters[entry.counter]
            if self.can.write_mode is WriteMode.COMPARE_AND_SET and now != entry.expected:
                return WriteResult(Outcome.STALE, detail=f"it is {now}")
            after[entry.counter] = now + entry.change if self.can.write_mode is WriteMode.DELTA else entry.value
        for counter, value in after.items():
            self.granted += value - self.counters[counter]
            self.counters[counter] = value
        if self.can.deferred:
            ticket = f"T{len(self.tickets) + 1}"
            self.tickets[ticket] = WriteResult(Outcome.DONE)
            return WriteResult(Outcome.ACCEPTED, ticket=ticket)
        return WriteResult(Outcome.DONE, quantities=after if self.can.replies_quantity else {})


class Memory:
    """The adapter of a shop in memory. The connection's `transport` is the shop itself."""

    kind: ClassVar[str] = "memory"
    settings: ClassVar[Mapping[str, str]] = {}
    credentials: ClassVar[Mapping[str, str]] = {"secret": "What its messages are signed with."}

    def __init__(self, connection: Connection) -> None:
        self._shop: Shop = connection.transport
        self._secret = connection.vault.get("secret") or ""
        self._guard = connection.guard

    def _ask(self, what: str) -> Shop:
        self._guard()
        self._shop.requests[what] = self._shop.requests.get(what, 0) + 1
        if self._shop.down:
            raise TryLater("The shop can't be reached.")
        return self._shop

    def capabilities(self) -> Capabilities:
        return self._ask("capabilities").can

    def consent(self, callback: str, done: str, state: str) -> Consent:
        """A code for a verifier, as most marketplaces have it."""
        verifier = chance.secret(16).hex()
        asks = {"redirect_uri": callback, "state": state, "code_challenge": sha256(verifier.encode()).hexdigest()}
        return Consent(f"https://memory.example/consent?{urlencode(asks)}", {"verifier": verifier})

    def let_in(self, delivery: Delivery, keep: Mapping[str, str], callback: str) -> Mapping[str, str]:
        if delivery.query.get("error"):
            raise NoUse("credentials", "The shop's owner said no.")
        if delivery.query.get("code") != sha256(keep["verifier"].encode()).hexdigest():
            raise NoUse("credentials", "The code isn't for our question.")
        return {"secret": "let in"}

    @staticmethod
    def state_of(delivery: Delivery) -> str | None:
        return delivery.query.get("state")

    def answer(self, delivery: Delivery) -> Reply | None:
        return Reply(200, b"pong") if delivery.body == b"ping" else None

    def verify(self, delivery: Delivery) -> str:
        expected = hmac.digest(self._secret.encode(), delivery.body, "sha256").hex()
        if not hmac.compare_digest(expected.encode(), delivery.headers.get("x-signature", "").encode()):
            raise BadSignature("The signature isn't this shop's.")
        return sha256(delivery.body).hexdigest()

    def topic(self, delivery: Delivery) -> str:
        return "order"

    def parse(self, delivery: Delivery) -> Sequence[Hint | OrderSnapshot]:
        try:
            said = orjson.loads(delivery.body)
            return [self._shop.snapshot(said["order"]) if said["whole"] else Hint("order", said["order"])]
        except (ValueError, KeyError, TypeError) as error:
            raise BadPayload("It isn't JSON about an order.") from error

    def receive(self) -> Sequence[Delivery]:
        return ()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """It has no queue."""

    def fetch_orders(self, ids: Sequence[str]) -> Iterator[OrderSnapshot]:
        shop = self._ask("fetch_orders")
        for order_id in ids:
            yield shop.snapshot(order_id)

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        shop = self._ask("orders_since")
        if found := sorted(shop.changed_since(since)):
            yield OrderPage([shop.snapshot(order_id) for _, order_id in found], found[-1][0])

    def listings(self) -> Iterator[ListingSnapshot]:
        shop = self._ask("listings")
        for listing in shop.listings.values():
            yield replace(listing, quantity=shop.counters[listing.counter] if listing.counter is not None else None)

    def read_quantities(self, counters: Sequence[str]) -> Sequence[Reading]:
        shop = self._ask("read_quantities")
        return [Reading(counter, shop.counters.get(counter), counter not in shop.oversells) for counter in counters]

    def compose(self, unit: str, entries: Sequence[Entry], key: str, reading: Reading | None = None) -> Any:
        return {"unit": unit, "key": key, "counters": [[each.counter, each.change, each.expected, each.value] for each in entries]}

    def write_quantities(self, requests: Sequence[WriteRequest]) -> Sequence[WriteResult]:
        self._guard()
        self._shop.requests["write_quantities"] = self._shop.requests.get("write_quantities", 0) + len(requests)
        return [self._shop.take(request) for request in requests]

    def processed(self, tickets: Sequence[str]) -> Sequence[WriteResult | None]:
        shop = self._ask("processed")
        return [shop.tickets.get(ticket) for ticket in tickets]

    def ship(self, parcel: Parcel) -> None:
        self._ask("ship").tell(parcel)

    def subscribe(self, url: str) -> Subscriptions:
        self._ask("subscribe")
        return Subscriptions(["order"])

    def unsubscribe(self) -> None:
        self._ask("unsubscribe")

    def close(self) -> None:
        """It holds nothing."""
