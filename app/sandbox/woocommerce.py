"""A WooCommerce shop, as version 10.0 was seen to behave with its default settings, oddities included.

Its webhooks wait for the shop's own cron and are written when they leave. Its checkout keeps units for unpaid orders where the API doesn't
show them, and lets the last unit go twice now and then (`races`). What it does over HTTP stands in `woocommerce_rest`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx

from app import chance
from app.sandbox import woocommerce_json as php
from app.sandbox import woocommerce_rest as rest
from app.sandbox.shop import Order, Outgoing, Shop, Variant, Waiting

TAKES = frozenset({"on-hold", "processing", "completed"})
GIVES_BACK = frozenset({"cancelled", "pending"})
PING = "ping"


@dataclass
class Parent:
    """A variable product: its variations are what is sold, and it may count for them."""

    id: str
    title: str


@dataclass
class Webhook:
    id: str
    name: str
    topic: str
    url: str
    secret: str
    status: str = "active"
    pending: bool = True  # the ping wasn't answered with 200 yet
    failures: int = 0


class WooCommerceShop(Shop):
    """One shop. `permission` and `user_may` are those of the key; `plugin` and `fulfilments` say what it has for tracking numbers."""

    kind: ClassVar[str] = "woocommerce"

    def __init__(
        self,
        url: str = "https://woo.example",
        *,
        name: str = "Woo",
        currency: str = "EUR",
        key: str = "ck_" + "1" * 40,
        secret: str = "cs_" + "2" * 40,
    ) -> None:
        super().__init__(url, name=name, currency=currency)
        self.key, self.secret = key, secret
        self.permission = "read_write"
        self.user_may = True
        self.parents: dict[str, Parent] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.modified: dict[str, datetime] = {}
        self.notes: dict[str, list[dict[str, Any]]] = {}
        self.trackings: dict[str, list[dict[str, Any]]] = {}
        self.core_fulfilments: dict[str, list[dict[str, Any]]] = {}
        self.nonces: dict[str, datetime] = {}
        self.hold_minutes = 60
        self.manage_stock = True
        self.plugin: str | None = None  # wc-shipment-tracking or wc-ast
        self.fulfilments: bool = False
        # How often a buyer gets the last unit too, who comes within `race_s` of somebody who bought it.
        self.races = 0.0
        self.race_s = 2.0
        self.cron = True  # False: nobody visits the site, so nothing is ever sent
        self.cron_s = (31.0, 53.0)
        # Runs between the two halves of an inventory_delta, which PHP adds up in between.
        self.between: Callable[[], None] = lambda: None
        self._pending: set[str] = set()
        self._run_at: datetime | None = None
        self._sold_at: dict[str, datetime] = {}

    def handle(self, request: httpx.Request) -> httpx.Response:
        return rest.handle(self, request)

    # The catalogue

    def add_variable(self, title: str, quantity: int | None = None) -> Parent:
        """A product with variations; with a quantity it counts for those that `shares` it."""
        made = Parent(self.new_id(), title)
        self.parents[made.id] = made
        if quantity is not None:
            self.open_counter(made.id, quantity)
        return made

    def counter_id(self, new: str, more: Mapping[str, Any]) -> str:
        return f"{more['parent']}/{new}" if more.get("parent") else new

    def variations(self, parent: str) -> list[Variant]:
        return [variant for variant in self.variants.values() if variant.more.get("parent") == parent]

    # Orders

    def on_placed(self, order: Order) -> None:
        self._stands(order, "processing" if order.paid else "on-hold" if order.more["hold"] else "pending")
        for line in order.lines:
            if line.variant:
                self._sold_at[self.variants[line.variant].counter] = chance.now()

    def counts_when_placed(self, order: Order) -> bool:
        return order.status in TAKES

    def held(self, counter: str) -> int:
        """The checkout keeps these from other buyers; the API doesn't know of them."""
        since = chance.now() - timedelta(minutes=self.hold_minutes)
        waiting = [order for order_id in self._pending if (order := self.orders[order_id]).placed_at > since]
        lines = [line for order in waiting for line in order.lines if line.variant]
        return sum(line.current - line.taken for line in lines if self._counter(line) == counter)

    def lets_through(self, counter: str, wanted: int, free: int) -> bool:
        """An order that leaves `pending` is held no more and not yet counted down: a buyer in between is let through."""
        last = self._sold_at.get(counter)
        if not self.races or last is None or chance.now() - last > timedelta(seconds=self.race_s):
            return False
        return chance.random().random() < self.races

    def set_status(self, order_id: str, status: str) -> None:
        """As the shopkeeper, a payment or we set it: units are taken once, and given back where this status gives back."""
        order = self.orders[order_id]
        self._stands(order, status)
        if status in TAKES:
            if status != "on-hold":
                order.paid_at = order.paid_at or chance.now()
            self.count_down(order)
        elif status in GIVES_BACK:
            for line in order.lines:
                self.put_back(order, line, line.taken)
        if status == "completed":
            order.more["completed_at"] = chance.now()
        self.changed(order, status)

    def _stands(self, order: Order, status: str) -> None:
        """The order's new status, and what it means to those who wanted the units."""
        order.status = status
        self._pending.discard(order.id)
        if status in ("cancelled", "failed", "trash"):
            if order.cancelled_at is None:
                order.cancelled_at = chance.now()
                for line in order.lines:
                    self.unwanted(order, line, line.unsent)
        elif order.cancelled_at is not None:
            # Brought back by a person: sold once more, and nobody looks at the counter.
            order.cancelled_at = None
            self.sold_by_hand(order)
        if status == "pending":
            self._pending.add(order.id)

    def pay(self, order_id: str) -> None:
        self.set_status(order_id, "processing")

    def cancel(self, order_id: str, restock: bool = True) -> None:
        """A cancelled order always gives back; one whose payment failed never does."""
        self.set_status(order_id, "cancelled" if restock else "failed")

    def refund(self, order_id: str, line_id: str, quantity: int, restock: bool = True) -> None:
        super().refund(order_id, line_id, quantity, restock)
        order = self.orders[order_id]
        if all(line.refunded >= line.current for line in order.lines):
            self.set_status(order_id, "refunded")

    def fulfil(self, order_id: str, lines: Mapping[str, int] | None = None, **tracking: Any) -> Any:
        """The shop's pages know nothing of parcels: only an order that has left whole looks different."""
        made = super().fulfil(order_id, lines, **tracking)
        if not any(line.unsent for line in self.orders[order_id].lines):
            self.set_status(order_id, "completed")
        return made

    def trash(self, order_id: str) -> None:
        """Units stay gone. The message says no more than the id."""
        order = self.orders[order_id]
        order.more["before_trash"] = order.status
        self._stands(order, "trash")
        order.updated_at = chance.now()
        self._announce("order.deleted", order_id)

    def restore(self, order_id: str) -> None:
        order = self.orders[order_id]
        self._stands(order, order.more["before_trash"])
        order.updated_at = chance.now()
        self._announce("order.restored", order_id)

    def delete(self, order_id: str) -> None:
        """For good, and without a word."""
        del self.orders[order_id]
        self._pending.discard(order_id)

    # Messages

    def on_order(self, order: Order, what: str) -> None:
        """A new order is announced twice, and the block checkout has the two in the wrong order."""
        self._announce("order.updated", order.id)
        if what == "created":
            self._announce("order.created", order.id)

    def on_counter(self, counter: str) -> None:
        self.modified[counter] = chance.now()
        self._announce("product.updated", counter.rpartition("/")[2])

    def touched(self, counter: str) -> None:
        """A product was saved over the API: that is announced, even when nothing changed."""
        self.on_counter(counter)

    def _announce(self, topic: str, resource: str) -> None:
        listening = [row for row in self.webhooks.values() if row.topic == topic and row.status == "active"]
        if not listening:
            return
        # The same webhook and resource wait only once: what is sent is written when it leaves.
        waiting = {each.subscription for each in self._waiting if each.resource == resource and each.topic != PING}
        for row in listening:
            if row.id not in waiting:
                self.queue(Waiting(self._next_run(), topic, row.id, resource))

    def _next_run(self) -> datetime:
        if self._run_at is None or self._run_at <= chance.now():
            self._run_at = chance.now() + timedelta(seconds=chance.random().uniform(*self.cron_s))
        return self._run_at

    def subscribe(self, topic: str, url: str, secret: str, *, name: str = "", status: str = "active") -> Webhook:
        """One more webhook, however many there are for this topic and address already."""
        row = Webhook(self.new_id(), name, topic, url, secret, status)
        self.webhooks[row.id] = row
        self.ping(row)
        return row

    def ping(self, row: Webhook) -> None:
        row.pending = True
        self.queue(Waiting(chance.now(), PING, row.id, row.id))

    def next_delivery_at(self) -> datetime | None:
        return min((each.due_at for each in self._waiting if self.cron or each.topic == PING), default=None)

    def take_deliveries(self) -> list[Outgoing]:
        if self.cron:
            return super().take_deliveries()
        kept = [each for each in self._waiting if each.topic != PING]
        self._waiting = [each for each in self._waiting if each.topic == PING]
        left = super().take_deliveries()
        self._waiting += kept
        return left

    def message(self, waiting: Waiting) -> Outgoing | None:
        row = self.webhooks.get(waiting.subscription)
        if row is None or row.status != "active":
            return None
        if waiting.topic == PING:
            form = {"content-type": "application/x-www-form-urlencoded", "user-agent": _AGENT}
            return Outgoing(row.url, form, f"webhook_id={row.id}".encode(), PING, row.id, row.id)
        body = php.dumped(self._payload(waiting))
        resource, _, event = waiting.topic.partition(".")
        second = int(chance.now().timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": _AGENT,
            "connection": "close",
            "x-wc-webhook-source": f"{self.url}/",
            "x-wc-webhook-topic": waiting.topic,
            "x-wc-webhook-resource": resource,
            "x-wc-webhook-event": event,
            "x-wc-webhook-signature": base64.b64encode(hmac.digest(row.secret.encode(), body, "sha256")).decode(),
            "x-wc-webhook-id": row.id,
            # Of the webhook and the second: two events of one second share it.
            "x-wc-webhook-delivery-id": hashlib.md5(f"{row.id}{second}".encode(), usedforsecurity=False).hexdigest(),
        }
        return Outgoing(row.url, headers, body, waiting.topic, row.id, waiting.resource)

    def _payload(self, waiting: Waiting) -> Mapping[str, Any]:
        """How the resource stands now: not how it stood when the event happened."""
        resource, _, event = waiting.topic.partition(".")
        if event == "deleted":
            return {"id": int(waiting.resource)}
        if not self.user_may:
            return php.error("woocommerce_rest_cannot_view", 403)
        if resource == "order":
            if waiting.resource not in self.orders:
                return php.error("woocommerce_rest_shop_order_invalid_id", 404, "Invalid ID.")
            return php.order(self, self.orders[waiting.resource])
        if waiting.resource in self.parents:
            return php.parent_product(self, self.parents[waiting.resource])
        if waiting.resource not in self.variants:
            return php.error("woocommerce_rest_product_invalid_id", 404, "Invalid ID.")
        return php.product(self, self.variants[waiting.resource])

    def delivered(self, outgoing: Outgoing, status: int | None) -> None:
        """No message is ever repeated. 301 and 302 count as success, though nobody follows them. The seventh failure in a row ends it."""
        row = self.webhooks.get(outgoing.subscription)
        if row is None:
            return
        if outgoing.topic == PING:
            row.pending = row.pending and status != 200
        elif status is not None and 200 <= status <= 302:
            row.failures = 0
            if row.pending:
                self.ping(row)
        elif row.failures > 5:
            row.status = "disabled"
        else:
            row.failures += 1


_AGENT = "WooCommerce/10.0.2 Hookshot (WordPress/6.8.3)"
