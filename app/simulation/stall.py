"""A shop of the reference channel that keeps the truth like the sandbox's others, for the write modes that those don't have.

`Desk` is what its adapter talks to: where requests fail, come late, and see orders only when the feed shows them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
import orjson

from app import chance
from app.channels.base import Capabilities, CountsDown, ListingSnapshot, NoUse, Outcome, Parcel, WriteMode, WriteRequest, WriteResult
from app.channels.memory import EXACT
from app.domain.money import Money
from app.domain.snapshots import LineSnapshot, OrderSnapshot, OrderState
from app.sandbox.faults import Faults
from app.sandbox.shop import CHANGES, Line, Order, Outgoing, Shop, Waiting

_DELTA = replace(EXACT, write_mode=WriteMode.DELTA)
_ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, replies_quantity=False, keyed=False, remembers_failures=False)

# How its number can be written.
MODES: Mapping[str, Capabilities] = {
    "compare and set": EXACT,
    "compare and set, unkeyed": replace(EXACT, keyed=False, remembers_failures=False),
    "delta": _DELTA,
    "delta, silent": replace(_DELTA, replies_quantity=False),
    "delta, unkeyed": replace(_DELTA, keyed=False, remembers_failures=False),
    "drained": replace(_ABSOLUTE, drains=True),
    "drained, read late": replace(_ABSOLUTE, drains=True, read_lag_s=20.0),
    "delta, counted when paid": replace(_DELTA, counts_down_at=CountsDown.PAID),
    "absolute": _ABSOLUTE,
    "deferred": replace(_ABSOLUTE, deferred=True),
}
# Where units are too scarce for cover, these accept that what sells between a reading and a landing may be sold twice.
BOUNDED = ("absolute", "deferred", "etsy", "ebay, ends at zero")


class Stall(Shop):
    """One shop, with the write mode that it is given."""

    kind: ClassVar[str] = "memory"

    def __init__(self, name: str, can: Capabilities) -> None:
        super().__init__(f"https://{name}.example", name=name)
        self.can = can
        self.secret = f"secret of {name}"
        self.delay_s = (0.2, 5.0)
        self.doubled = 0.05
        self.listens: Callable[[], bool] = lambda: False

    def handle(self, request: httpx.Request) -> httpx.Response:
        raise httpx.UnsupportedProtocol("A stall is spoken to at its desk: it has no HTTP.", request=request)

    def counts_when_placed(self, order: Order) -> bool:
        return order.paid or self.can.counts_down_at is CountsDown.PLACED

    def held(self, counter: str) -> int:
        """What isn't counted down yet is kept from other buyers."""
        if self.can.counts_down_at is CountsDown.PLACED:
            return 0
        waiting = [order for order in self.orders.values() if order.paid_at is None and order.cancelled_at is None]
        lines = [line for order in waiting for line in order.lines if self._counter(line) == counter]
        return sum(line.current - line.taken for line in lines)

    def on_order(self, order: Order, what: str) -> None:
        if not self.listens():
            return
        body = orjson.dumps({"order": order.id, "version": order.version, "whole": order.version % 2 == 0})
        for _ in range(2 if chance.random().random() < self.doubled else 1):
            due_at = chance.now() + timedelta(seconds=chance.random().uniform(*self.delay_s))
            self.queue(Waiting(due_at, "order", "1", order.id, body))

    def message(self, waiting: Waiting) -> Outgoing | None:
        if waiting.body is None or not self.listens():
            return None
        signature = hmac.new(self.secret.encode(), waiting.body, hashlib.sha256).hexdigest()
        return Outgoing(self.url, {"x-signature": signature}, waiting.body, waiting.topic, waiting.subscription, waiting.resource)

    def snapshot(self, order: Order) -> OrderSnapshot:
        return OrderSnapshot(
            external_id=order.id,
            version=order.version,
            paid=order.paid,
            lines=[self._snapshot(order, line) for line in order.lines],
            number=order.number,
            test=order.test,
            placed_at=order.placed_at,
            updated_at=order.updated_at,
            cancelled_at=order.cancelled_at,
        )

    def _snapshot(self, order: Order, line: Line) -> LineSnapshot:
        return LineSnapshot(
            external_id=line.id,
            ordered=line.quantity,
            cancelled=line.quantity - line.shipped
            if order.cancelled_at
            else line.removed + min(line.refunded, max(0, line.current - line.shipped)),
            shipped=line.shipped,
            counted_down=line.counted_down,
            put_back=line.put_back,
            listing=line.variant,
            sku=line.sku,
            title=line.title,
            ships=self.variants[line.variant].more.get("ships", True) if line.variant in self.variants else True,
            unit_price=Money(line.price, self.currency),
        )


class Desk:
    """Where the reference adapter's requests arrive: the shop as it is seen from outside."""

    def __init__(
        self,
        shop: Stall,
        faults: Faults,
        *,
        ahead: timedelta,
        there: Callable[[], Any],
        wait: Callable[[float], None],
        later: Callable[[Callable[[], None], float], None],
    ) -> None:
        self.shop, self.faults = shop, faults
        self.secret = shop.secret
        self.requests: dict[str, int] = {}
        self.tickets: dict[str, WriteResult | None] = {}
        self.feed_lag_s = 2.0
        self._ahead = ahead
        self._there, self._wait, self._later = there, wait, later
        self._answers: dict[str, WriteResult] = {}
        self._request = httpx.Request("POST", shop.url)
        self._unsubscribed_at = 0
        shop.listens = self._listens

    @property
    def can(self) -> Capabilities:
        return self.shop.can

    @property
    def down(self) -> bool:
        """Whether this request, whatever it reads, fails."""
        if self.faults.down:
            return True
        match self.faults.draw(self._request):
            case None | "fail_after":
                return False
            case "slow":
                self._wait(chance.random().uniform(*self.faults.slow_s))
                return False
            case _:
                return True

    def changed_since(self, since: datetime | None) -> list[tuple[datetime, str]]:
        """Orders that the feed shows, and when they changed."""
        shown = chance.now() - timedelta(seconds=self.feed_lag_s) + self._ahead  # it lags by the shop's clock
        return [
            (each.updated_at, each.id)
            for each in self.shop.orders.values()
            if (since is None or each.updated_at >= since) and each.updated_at <= shown
        ]

    @property
    def counters(self) -> Mapping[str, int]:
        """What a reading says: as of now, or of a while ago where readings lag."""
        if not self.can.read_lag_s:
            return self.shop.counters
        seen = chance.now() + self._ahead - timedelta(seconds=chance.random().uniform(0, self.can.read_lag_s))
        found = dict(self.shop.counters)
        for entry in reversed(self.shop.log):
            if entry.at <= seen:
                break
            if entry.kind in CHANGES:
                found[entry.counter] -= entry.units
        return found

    @property
    def listings(self) -> Mapping[str, ListingSnapshot]:
        return {
            each.id: ListingSnapshot(
                each.id, each.sku, each.title, each.counter, each.counter, self.shop.counters[each.counter], live=each.live
            )
            if each.tracked
            else ListingSnapshot(each.id, each.sku, each.title, each.counter, None, why="Nobody counts it.")
            for each in self.shop.variants.values()
        }

    @property
    def oversells(self) -> set[str]:
        """Counters that are sold below zero, because somebody switched that on."""
        return {each.counter for each in self.shop.variants.values() if each.sells_below_zero}

    def snapshot(self, order_id: str) -> OrderSnapshot:
        if order_id not in self.shop.orders:
            return OrderSnapshot(order_id, version=2**40, state=OrderState.GONE)
        return self.shop.snapshot(self.shop.orders[order_id])

    def tell(self, parcel: Parcel) -> None:
        """We say that units left, once for each parcel. Raises: NoUse."""
        order = self.shop.orders.get(parcel.order)
        if order is None:
            raise NoUse("gone", f"There is no order {parcel.order} any more.")
        if parcel.id not in order.more.setdefault("parcels", []):
            order.more["parcels"].append(parcel.id)
            left = {each.line: min(each.quantity, order.line(each.line).unsent) for each in parcel.lines}
            self.shop.fulfil(order.id, left, tracking_number=parcel.tracking_number)

    def unsubscribe(self) -> None:
        """Somebody takes our subscription away."""
        self._unsubscribed_at = self.requests.get("subscribe", 0)

    def _listens(self) -> bool:
        return self.requests.get("subscribe", 0) > self._unsubscribed_at

    def take(self, request: WriteRequest) -> WriteResult:
        """A write arrives, as its fate has it."""
        unanswered = WriteResult(Outcome.UNKNOWN, detail="no answer")
        if self.faults.down:
            return WriteResult(Outcome.NOT_SENT, detail="nobody listens")
        match self.faults.draw(self._request):
            case "fail_before":
                self._wait(20.0)
                return unanswered
            case "fail_after":
                self._write(request)
                self._wait(20.0)
                return unanswered
            case "land_late":
                self._later(lambda: self._land(request), chance.random().uniform(*self.faults.late_s))
                self._wait(20.0)
                return unanswered
            case "limited":
                return WriteResult(Outcome.LIMITED, after_s=self.faults.retry_after_s, detail="too many requests")
            case "broken":
                if chance.random().random() < 0.5:
                    self._write(request)
                return unanswered
            case "slow":
                self._wait(chance.random().uniform(*self.faults.slow_s))
                answer = self._write(request)
                self._wait(chance.random().uniform(*self.faults.slow_s))
                return answer
        return self._write(request)

    def _land(self, request: WriteRequest) -> None:
        self._write(request)

    def _write(self, request: WriteRequest) -> WriteResult:
        if self.can.keyed and request.key in self._answers:
            return self._answers[request.key]
        with self._there():
            result = self._effect(request)
        if self.can.keyed and (self.can.remembers_failures or result.outcome is Outcome.DONE):
            self._answers[request.key] = result
        return result

    def _effect(self, request: WriteRequest) -> WriteResult:
        after = {}
        for entry in request.entries:
            if entry.counter not in self.shop.counters:
                return WriteResult(Outcome.REFUSED, detail="there is no such counter", code="gone")
            now = self.shop.counters[entry.counter]
            if self.can.write_mode is WriteMode.COMPARE_AND_SET and now != entry.expected:
                return WriteResult(Outcome.STALE, detail=f"it is {now}")
            after[entry.counter] = now + entry.change if self.can.write_mode is WriteMode.DELTA else entry.value
        for counter, value in after.items():
            self.shop.write(counter, value)
        if self.can.deferred:
            ticket = f"T{len(self.tickets) + 1}"
            self.tickets[ticket] = WriteResult(Outcome.DONE)
            return WriteResult(Outcome.ACCEPTED, ticket=ticket)
        return WriteResult(Outcome.DONE, quantities=after if self.can.replies_quantity else {})
