"""A Shopify shop: its stock by compare-and-set under a key, orders that are counted down when they are placed, fulfilment orders, and
webhooks that come doubled, late and out of order.

What it does over HTTP stands in `shopify_admin`.
"""

from __future__ import annotations

import base64
import hmac
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
import orjson

from app import chance
from app.sandbox import shopify_admin, shopify_json
from app.sandbox.shop import Fulfilment, Line, Order, Outgoing, Shop, Waiting
from app.sandbox.shopify_graphql import Denied

SCOPES = (
    "read_all_orders",
    "read_orders",
    "read_products",
    "write_inventory",
    "read_locations",
    "write_merchant_managed_fulfillment_orders",
    "read_merchant_managed_fulfillment_orders",
)
_RETRY_AFTER_S = (10, 60, 300, 900, 1800, 2700, 3600, 5040)  # 8 retries in some 4 hours
_FAILURES = 8


@dataclass
class Place:
    name: str
    active: bool = True
    online: bool = True


@dataclass
class Subscription:
    id: str
    topic: str  # ORDERS_CREATE
    uri: str
    name: str | None = None
    format: str = "JSON"
    filter: str | None = None
    include_fields: Sequence[str] = ()
    failures: int = 0  # deliveries that failed, one after another


@dataclass
class ToSend:
    """Units of an order's line in one fulfilment order."""

    id: str
    line: str
    total: int
    remaining: int


@dataclass
class FulfilmentOrder:
    id: str
    order: str
    location: str
    lines: dict[str, ToSend] = field(default_factory=dict)  # by the order's line
    status: str = "OPEN"


@dataclass(frozen=True)
class Message(Waiting):
    """A webhook as it was written when it happened: every attempt carries the same."""

    id: str = ""
    event: str = ""
    triggered_at: str = ""


class ShopifyShop(Shop):
    """One shop. `secrets`: the app's client secrets that aren't revoked, oldest first; webhooks are signed with the oldest."""

    kind: ClassVar[str] = "shopify"

    def __init__(
        self,
        url: str = "https://sandbox.myshopify.com",
        *,
        name: str = "sandbox",
        currency: str = "EUR",
        client_id: str = "5f0000000000000000000000000000a1",
        client_secret: str = "shpss_5f0000000000000000000000000000a2",  # noqa: S107  (of a made-up shop)
    ) -> None:
        super().__init__(url, name=name, currency=currency)
        self.client_id, self.secrets = client_id, [client_secret]
        self.domain = f"{name.lower()}.myshopify.com"
        self.id = str(zlib.crc32(self.domain.encode()))
        self.location = "70000000001"
        self.locations = {self.location: Place("Studio")}
        self.scopes = set(SCOPES)
        self.withholds = False  # no permission for level-2 customer data
        self.installed = True
        self.edits_leave_refunds = False  # whether removing units by an edit leaves a refund's line behind
        self.remembers_failures = False  # under a key
        self.index_lag_s = 5.0  # of the search behind the order feed
        self.delay_s = (0.2, 5.0)  # of webhooks
        self.doubled = 0.05
        self.subscriptions: dict[str, Subscription] = {}
        self.admin = shopify_admin.Admin(self)

    def handle(self, request: httpx.Request) -> httpx.Response:
        return self.admin.handle(request)

    def needing(self, scope: str, name: str, value: Any) -> Any:
        """A field that only an app with the scope may see."""
        if scope in self.scopes or scope.replace("read_", "write_") in self.scopes:
            return value

        def denied(**_: Any) -> Any:
            raise Denied(f"Access denied for {name} field. Required access: `{scope}` access scope.")

        return denied

    # The catalogue

    def variant_id(self, new: str, more: Mapping[str, Any]) -> str:
        return f"44{new}"

    def counter_id(self, new: str, more: Mapping[str, Any]) -> str:
        return f"51{new}@{self.location}"

    def visible(self, order_id: str) -> Order | None:
        """An order as far as the app may look back."""
        order = self.orders.get(order_id)
        if order is None or "read_all_orders" in self.scopes or order.placed_at > chance.now() - timedelta(days=60):
            return order
        return None

    # Orders

    def on_placed(self, order: Order) -> None:
        order.more |= {"refunds": [], "cancelled": {}, "statuses": {}, "to_send": [], "ships": True, "stamps": []}
        order.more["to_send"].append(FulfilmentOrder(self.new_id(), order.id, self.location))
        for line in order.lines:
            self._to_send(order, line, line.quantity)

    def cancel(self, order_id: str, restock: bool = True) -> None:
        order = self.orders[order_id]
        order.cancelled_at, order.more["reason"] = chance.now(), "customer"
        told = []
        for line in order.lines:
            if units := shopify_json.unsent(order, line):
                told.append((line.id, units, "cancel" if restock else "no_restock"))
                self.unwanted(order, line, units)
                order.more["cancelled"][line.id] = units
                self._drop(order, line.id, units)
                if restock:
                    self.put_back(order, line, min(units, line.taken))
        self._refunded(order, told)
        self.changed(order, "cancelled")

    def refund(self, order_id: str, line_id: str, quantity: int, restock: bool = True) -> None:
        """Units that weren't sent come first."""
        order = self.orders[order_id]
        line = order.line(line_id)
        unsent = min(quantity, shopify_json.unsent(order, line))
        parts = (unsent, "cancel"), (quantity - unsent, "return")
        self._refunded(order, [(line_id, units, kind if restock else "no_restock") for units, kind in parts if units])
        self._drop(order, line_id, unsent)
        self.unwanted(order, line, unsent)
        line.refunded += quantity
        if restock:
            self.put_back(order, line, min(quantity, line.taken))
        self.changed(order, "refunded")

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        order = self.orders[order_id]
        line = order.line(line_id)
        change = quantity - line.current
        if change > 0:
            self._to_send(order, line, change)
        else:
            self._drop(order, line_id, -change)
            if self.edits_leave_refunds:
                self._refunded(order, [(line_id, -change, "cancel")])
        super().edit(order_id, line_id, quantity)

    def on_line(self, order: Order, line: Line) -> None:
        self._to_send(order, line, line.quantity)

    def fulfil(
        self,
        order_id: str,
        lines: Mapping[str, int] | None = None,
        *,
        carrier: str | None = None,
        tracking_number: str | None = None,
        tracking_url: str | None = None,
    ) -> Fulfilment:
        order = self.orders[order_id]
        sent = dict(lines) if lines is not None else {line.id: units for line in order.lines if (units := shopify_json.unsent(order, line))}
        for line_id, units in sent.items():
            self._take_from(order, line_id, units)
        return super().fulfil(order_id, sent, carrier=carrier, tracking_number=tracking_number, tracking_url=tracking_url)

    def ship(self, parts: Sequence[tuple[FulfilmentOrder, str, int]], tracking: Mapping[str, Any]) -> Fulfilment:
        """The app ships: units of lines, out of the fulfilment orders that it names."""
        sent: Counter[str] = Counter()
        for each, line_id, units in parts:
            each.lines[line_id].remaining -= units
            each.status = "IN_PROGRESS" if any(line.remaining for line in each.lines.values()) else "CLOSED"
            sent[line_id] += units
        told = {"carrier": tracking.get("company"), "tracking_number": tracking.get("number"), "tracking_url": tracking.get("url")}
        return super().fulfil(parts[0][0].order, sent, **told)

    def cancel_fulfilment(self, order_id: str, fulfilment_id: str) -> None:
        """The parcel didn't leave after all: its units are to be sent again."""
        order = self.orders[order_id]
        order.more["statuses"][fulfilment_id] = "cancelled"
        for line_id, units in next(each for each in order.fulfilments if each.id == fulfilment_id).lines.items():
            line = order.line(line_id)
            line.shipped -= units
            self._to_send(order, line, units)
        self.changed(order, "updated")

    def delete(self, order_id: str) -> None:
        order = self.orders.pop(order_id)
        for line in order.lines:
            self.unwanted(order, line, shopify_json.unsent(order, line))
        self._announce("orders/delete", order_id, {"id": int(order_id)})

    def split(self, order_id: str, lines: Mapping[str, int], location: str) -> FulfilmentOrder:
        """Some units of an order are to be sent from another place."""
        order = self.orders[order_id]
        made = FulfilmentOrder(self.new_id(), order_id, location)
        for line_id, units in lines.items():
            self._drop(order, line_id, units)
            made.lines[line_id] = ToSend(self.new_id(), line_id, units, units)
        order.more["to_send"].append(made)
        return made

    def hold(self, order_id: str, held: bool = True) -> None:
        for each in self.orders[order_id].more["to_send"]:
            if each.status in ("OPEN", "ON_HOLD"):
                each.status = "ON_HOLD" if held else "OPEN"

    def _refunded(self, order: Order, told: Sequence[tuple[str, int, str]]) -> None:
        order.more["refunds"].append({"id": self.new_id(), "at": chance.now(), "location": self.location, "lines": list(told)})

    def _to_send(self, order: Order, line: Line, units: int) -> None:
        made: FulfilmentOrder = order.more["to_send"][0]
        there = made.lines.setdefault(line.id, ToSend(self.new_id(), line.id, 0, 0))
        there.total += units
        there.remaining += units
        made.status = "OPEN" if made.status == "CLOSED" else made.status

    def _drop(self, order: Order, line_id: str, units: int) -> None:
        """Units needn't be sent any more."""
        for each, taken in self._take_from(order, line_id, units):
            each.total -= taken

    def _take_from(self, order: Order, line_id: str, units: int) -> list[tuple[ToSend, int]]:
        found = []
        for each in order.more["to_send"]:
            if (there := each.lines.get(line_id)) is not None and (taken := min(units, there.remaining)):
                there.remaining -= taken
                units -= taken
                found.append((there, taken))
                each.status = "CLOSED" if not any(line.remaining for line in each.lines.values()) else each.status
        return found

    def changed(self, order: Order, what: str) -> None:
        order.more["stamps"].append(chance.now())
        super().changed(order, what)

    def indexed_at(self, order: Order) -> datetime | None:
        """What the search takes for the time of the order's last change; None: it hasn't heard of it yet."""
        seen = chance.now() - timedelta(seconds=self.index_lag_s)
        stamp = next((each for each in reversed(order.more["stamps"]) if each <= seen), None)
        return stamp and stamp.replace(microsecond=0)

    # Messages

    def on_order(self, order: Order, what: str) -> None:
        body = shopify_json.order_body(self, order)
        topics = {
            "created": ["orders/create", *(["orders/paid"] if order.paid else [])],
            "paid": ["orders/paid"],
            "cancelled": ["orders/cancelled"],
            "fulfilled": ["orders/fulfilled" if body["fulfillment_status"] == "fulfilled" else "orders/partially_fulfilled"],
        }
        for topic in [*topics.get(what, []), "orders/updated"]:
            self._announce(topic, order.id, body)
        if what == "edited":
            envelope = {"order_edit": {"id": int(self.new_id()), "order_id": int(order.id), "created_at": body["updated_at"]}}
            self._announce("orders/edited", order.id, envelope)
        if what in ("refunded", "cancelled"):
            self._announce("refunds/create", order.id, shopify_json.refund_body(order, order.more["refunds"][-1]))

    def on_counter(self, counter: str) -> None:
        item, _, location = counter.partition("@")
        body = {
            "inventory_item_id": int(item),
            "location_id": int(location),
            "available": self.counters[counter],
            "updated_at": shopify_json.rest_time(chance.now()),
            "admin_graphql_api_id": f"gid://shopify/InventoryLevel/12{item}?inventory_item_id={item}",
        }
        self._announce("inventory_levels/update", counter, body)

    def subscribe(self, topic: str, uri: str, name: str | None = None, written: str = "JSON") -> Subscription:
        made = Subscription(self.new_id(), topic, uri, name, written)
        self.subscriptions[made.id] = made
        return made

    def uninstall(self) -> None:
        """The shopkeeper removes the app: its tokens are dead before the message about it leaves."""
        self._announce("app/uninstalled", self.domain, {"id": 1, "domain": self.domain, "updated_at": shopify_json.rest_time(chance.now())})
        self.installed = False
        self.admin.tokens.clear()

    def _announce(self, topic: str, resource: str, body: Mapping[str, Any]) -> None:
        enum = topic.upper().replace("/", "_")
        for each in [each for each in self.subscriptions.values() if each.topic == enum]:
            raw, message_id, event, now = orjson.dumps(body), chance.new_id(), chance.new_id(), chance.now()
            for _ in range(2 if chance.random().random() < self.doubled else 1):
                due_at = now + timedelta(seconds=chance.random().uniform(*self.delay_s))
                self.queue(Message(due_at, topic, each.id, resource, raw, 1, message_id, event, now.isoformat()))

    def message(self, waiting: Waiting) -> Outgoing | None:
        each = self.subscriptions.get(waiting.subscription)
        if each is None or not isinstance(waiting, Message) or waiting.body is None:
            return None
        signature = hmac.digest(self.secrets[0].encode(), waiting.body, "sha256")
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": waiting.topic,
            "X-Shopify-Hmac-SHA256": base64.b64encode(signature).decode(),
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-API-Version": "2026-10",
            "X-Shopify-Webhook-Id": waiting.id,
            "X-Shopify-Event-Id": waiting.event,
            "X-Shopify-Triggered-At": waiting.triggered_at,
        } | ({"X-Shopify-Name": each.name} if each.name else {})
        return Outgoing(each.uri, headers, waiting.body, waiting.topic, each.id, waiting.resource, waiting.attempt)

    def delivered(self, outgoing: Outgoing, status: int | None) -> None:
        each = self.subscriptions.get(outgoing.subscription)
        if each is None:
            return
        if status is not None and 200 <= status < 300:
            each.failures = 0
            return
        each.failures += 1
        if each.failures >= _FAILURES:
            del self.subscriptions[each.id]
        elif outgoing.attempt <= len(_RETRY_AFTER_S):
            again = chance.now() + timedelta(seconds=_RETRY_AFTER_S[outgoing.attempt - 1])
            head = [outgoing.headers[f"X-Shopify-{name}"] for name in ("Webhook-Id", "Event-Id", "Triggered-At")]
            self.queue(Message(again, outgoing.topic, each.id, outgoing.resource, outgoing.body, outgoing.attempt + 1, *head))
