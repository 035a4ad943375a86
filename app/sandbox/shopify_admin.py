"""What a simulated Shopify does over HTTP: tokens, and the operations of its Admin GraphQL API, for points out of a bucket."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import orjson

from app import chance
from app.sandbox import shopify_json
from app.sandbox.answers import Answered, http_date
from app.sandbox.shopify_bulk import FOLDER, Bulk
from app.sandbox.shopify_graphql import Answer, Node, Operation, Refused, connection, parse, price
from app.sandbox.shopify_json import gid, tail, utc

if TYPE_CHECKING:
    from app.sandbox.shop import Order
    from app.sandbox.shopify import FulfilmentOrder, ShopifyShop

VERSIONS = ("2026-01", "2026-04", "2026-07", "2026-10")
_MOVEMENTS = ("movement_created", "movement_updated", "movement_received", "movement_canceled")
_RESERVATIONS = ("reservation_created", "reservation_updated", "reservation_deleted")
_OTHERS = ("correction", "cycle_count_available", "damaged", "other", "promotion", "quality_control", "received", "restock", "shrinkage")
REASONS = frozenset({*_MOVEMENTS, *_RESERVATIONS, *_OTHERS, "safety_stock"})
KEY_LIFE = timedelta(hours=24)
_MOST = 1_000  # points for one query
_SINCE = "updated_at:>="


@dataclass
class Remembered:
    """What was done under a key. `group` None: it failed."""

    at: datetime
    asked: str
    group: Mapping[str, Any] | None


class Admin:
    """The API of one shop. `throttled` counts the queries that the bucket didn't cover, `points` what the others cost."""

    def __init__(self, shop: ShopifyShop) -> None:
        self.shop = shop
        self.tokens: dict[str, datetime] = {}
        self.maximum, self.restores_per_s = 2_000.0, 100.0
        self.throttled = self.points = 0
        self.asked: Counter[str] = Counter()
        self.keys: dict[str, Remembered] = {}
        self.left, self._at = self.maximum, chance.now()
        self.bulk = Bulk(shop)
        self._origin = ""

    def handle(self, request: httpx.Request) -> httpx.Response:
        path, loopback = request.url.path, request.url.host == "127.0.0.1"
        self._origin = f"{request.url.scheme}://{request.url.netloc.decode()}" if loopback else "https://storage.googleapis.com"
        if request.method == "GET" and path.startswith(FOLDER):
            return self.bulk.fetch(request)
        headers = {"date": http_date(chance.now())}
        if request.method == "POST" and path == "/admin/oauth/access_token":
            return self._token(request, headers)
        parts = path.strip("/").split("/")
        if request.method != "POST" or len(parts) != 4 or parts[:2] != ["admin", "api"] or parts[3] != "graphql.json":
            return _told(404, headers, {"errors": "Not Found"})
        headers["x-shopify-api-version"] = parts[2] if parts[2] in VERSIONS else VERSIONS[0]  # what is retired gets the oldest
        expires_at = self.tokens.get(request.headers.get("x-shopify-access-token", ""))
        if expires_at is None or expires_at <= chance.now():
            told = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return _told(401, headers, {"errors": told})
        try:
            body = orjson.loads(request.content)
            operation, variables = parse(body["query"]), body.get("variables") or {}
        except (ValueError, KeyError, TypeError):
            return _told(400, headers, {"errors": {"query": "Required parameter missing or invalid"}})
        except Refused as refused:
            return _told(200, headers, {"errors": [_error(refused)]})
        return _told(200, headers, self._answer(operation, variables))

    def give_token(self, token: str) -> str:
        """A permanent token, as apps had that were made in the shop's own pages."""
        self.tokens[token] = chance.now() + timedelta(days=36_500)
        return token

    def _token(self, request: httpx.Request, headers: Mapping[str, str]) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        if form.get("grant_type") != "client_credentials" or form.get("client_id") != self.shop.client_id:
            return _told(400, headers, {"error": "invalid_request"})
        if form.get("client_secret") not in self.shop.secrets:
            return _told(401, headers, {"error": "invalid_client"})
        if not self.shop.installed:
            return _told(400, headers, {"error": "app_not_installed", "error_description": "Not installed."})
        token = f"shpat_{chance.new_id()}"
        self.tokens[token] = chance.now() + timedelta(seconds=86_399)
        return _told(200, headers, {"access_token": token, "scope": ",".join(sorted(self.shop.scopes)), "expires_in": 86_399})

    # Points

    def _answer(self, operation: Operation, variables: Mapping[str, Any]) -> dict[str, Any]:
        base = 10 if operation.kind == "mutation" else 0
        most = base + price(operation.fields, variables)
        now = chance.now()
        passed = (now - self._at).total_seconds()
        self.left, self._at = min(self.maximum, self.left + passed * self.restores_per_s), now
        if most > _MOST:
            return {"errors": [_error(Refused("MAX_COST_EXCEEDED", f"Query cost is {most}, which exceeds the max cost of {_MOST}"))]}
        if most > self.left:
            self.throttled += 1
            return {"errors": [_error(Refused("THROTTLED", "Throttled"))], "extensions": self._cost(most, None)}
        self.asked[operation.name] += 1
        answer = Answer(variables)
        try:
            data = answer.of(self._mutations() if operation.kind == "mutation" else self._queries(), operation.fields)
        except Refused as refused:
            return {"errors": [_error(refused)]}
        spent = min(most, base + answer.objects)
        self.left -= spent
        self.points += spent
        return {"data": data} | ({"errors": answer.errors} if answer.errors else {}) | {"extensions": self._cost(most, spent)}

    def _cost(self, most: int, spent: int | None) -> dict[str, Any]:
        status = {"maximumAvailable": self.maximum, "currentlyAvailable": int(self.left), "restoreRate": self.restores_per_s}
        return {"cost": {"requestedQueryCost": most, "actualQueryCost": spent, "throttleStatus": status}}

    # Queries

    def _queries(self) -> Node:
        shop = self.shop
        identity = {"id": gid("Shop", shop.id), "name": shop.name, "myshopifyDomain": shop.domain, "currencyCode": shop.currency}
        orders = shop.needing("read_orders", "orders", self._orders)
        return {
            "shop": identity,
            "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in sorted(shop.scopes)]},
            "locations": shop.needing("read_locations", "locations", self._locations),
            "orders": orders,
            "order": shop.needing("read_orders", "order", self._order),
            "refund": shop.needing("read_orders", "refund", self._refund),
            "fulfillment": shop.needing("read_orders", "fulfillment", self._fulfillment),
            "fulfillmentOrder": shop.needing("read_merchant_managed_fulfillment_orders", "fulfillmentOrder", self._fulfillment_order),
            "productVariants": shop.needing("read_products", "productVariants", self._variants),
            "productVariantsCount": shop.needing("read_products", "productVariantsCount", self._count),
            **self.bulk.queries(self._origin),
            "nodes": shop.needing("read_inventory", "nodes", self._items),
            "webhookSubscriptions": connection(list(shop.subscriptions.values()), shopify_json.subscription_node),
        }

    def _locations(self, **asked: Any) -> Node:
        places = [(number, place) for number, place in self.shop.locations.items() if place.active]

        def node(each: tuple[str, Any]) -> Node:
            number, place = each
            return {"id": gid("Location", number), "name": place.name, "isActive": place.active, "fulfillsOnlineOrders": place.online}

        return connection(places, node)(**asked)

    def _orders(self, first: int, after: str | None = None, query: str = "", **asked: Any) -> Node:
        """Paged by a key and not by position: an order that changes meanwhile moves to the end."""
        since = datetime.fromisoformat(query.removeprefix(_SINCE).strip("'")) if query.startswith(_SINCE) else None
        keys: dict[tuple[str, int], Order] = {}
        for order in self.shop.orders.values():
            if since is not None and order.updated_at < since:  # what the search takes for its last change is no later
                continue
            stamp = self.shop.indexed_at(order)
            if stamp is not None and _found(order, stamp, since, query) and self.shop.visible(order.id) is not None:
                keys[(utc(stamp) or "") if asked.get("sortKey") == "UPDATED_AT" else "", int(order.id)] = order
        start = (after.partition("|")[0], int(after.partition("|")[2])) if after else ("", -1)
        left = sorted(key for key in keys if key > start)
        page = left[:first]
        return {
            "pageInfo": {"hasNextPage": len(left) > first, "endCursor": f"{page[-1][0]}|{page[-1][1]}" if page else None},
            "nodes": [shopify_json.order_node(self.shop, keys[key]) for key in page],
        }

    def _order(self, id: str) -> Node | None:
        order = self.shop.visible(tail(id))
        return None if order is None else shopify_json.order_node(self.shop, order)

    def _refund(self, id: str) -> Node | None:
        number = tail(id)
        for order in self.shop.orders.values():
            for refund in order.more["refunds"]:
                if refund["id"] == number:
                    return shopify_json.refund_node(self.shop, order, refund)
        return None

    def _fulfillment(self, id: str) -> Node | None:
        number = tail(id)
        for order in self.shop.orders.values():
            if any(each.id == number for each in order.fulfilments):
                return shopify_json.fulfillment_node(order, number)
        return None

    def _fulfillment_order(self, id: str) -> Node | None:
        found = self._to_send(id)
        return None if found is None else shopify_json.fulfillment_order_node(self.shop, found)

    def _to_send(self, gid_: str) -> FulfilmentOrder | None:
        number = tail(gid_)
        latest_first = reversed(self.shop.orders.values())
        return next((each for order in latest_first for each in order.more["to_send"] if each.id == number), None)

    def _variants(self, **asked: Any) -> Node:
        return connection(shopify_json.variant_nodes(self.shop), lambda each: each)(**asked)

    def _count(self, limit: int) -> Node:
        return {"count": min(limit, len(self.shop.variants)), "precision": "AT_LEAST" if len(self.shop.variants) > limit else "EXACT"}

    def _items(self, ids: Sequence[str]) -> list[Node | None]:
        return shopify_json.item_nodes(self.shop, [tail(each) for each in ids])

    # Mutations

    def _mutations(self) -> Node:
        shop = self.shop
        ships = shop.needing("write_merchant_managed_fulfillment_orders", "fulfillmentCreate", self._ship)
        return {
            "inventorySetQuantities": shop.needing("write_inventory", "inventorySetQuantities", self._set),
            "fulfillmentCreate": ships,
            "bulkOperationRunQuery": self.bulk.run,
            "webhookSubscriptionCreate": self._subscribe,
            "webhookSubscriptionDelete": self._unsubscribe,
        }

    def _set(self, input: Mapping[str, Any], idempotent: Mapping[str, Any] | None = None) -> Node:
        if not idempotent or not idempotent.get("key"):
            raise Refused("BAD_REQUEST", "The @idempotent directive is required for this mutation.")
        if any("changeFromQuantity" not in entry for entry in input["quantities"]):
            raise Refused("INVALID_VARIABLE", "changeFromQuantity is required; pass null to opt out of the check.")
        key, asked = str(idempotent["key"]), json.dumps(input, sort_keys=True)
        before = self.keys.get(key)
        if before is not None and before.at > chance.now() - KEY_LIFE:
            if before.asked != asked:
                return _refusal("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", "The same key can't be used with different parameters.")
            if before.group is None:
                return _refusal("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "A previous request with this key failed.")
            return {"inventoryAdjustmentGroup": self._group(before.group, input), "userErrors": []}
        errors = [error for index, entry in enumerate(input["quantities"]) for error in self._wrong(index, entry, input)]
        if errors:  # all of them, or none
            if self.shop.remembers_failures:
                self.keys[key] = Remembered(chance.now(), asked, None)
            return {"inventoryAdjustmentGroup": None, "userErrors": errors}
        deltas = {}
        for entry in input["quantities"]:
            counter = _counter(entry)
            if counter not in self.shop.counters:
                self.shop.open_counter(counter, 0)  # a place where it isn't stocked is taken since 2026-10
            deltas[counter] = entry["quantity"] - self.shop.counters[counter]
            self.shop.write(counter, entry["quantity"])
        group = {"id": chance.new_id(), "at": chance.now(), "deltas": deltas}
        self.keys[key] = Remembered(chance.now(), asked, group)
        return {"inventoryAdjustmentGroup": self._group(group, input), "userErrors": []}

    def _group(self, group: Mapping[str, Any], asked: Mapping[str, Any]) -> Node:
        """Rebuilt from how it stands now, as a replay's answer is."""
        changes = []
        for counter, delta in group["deltas"].items():
            item, _, location = counter.partition("@")
            named = {"item": {"id": gid("InventoryItem", item)}, "location": {"id": gid("Location", location)}}
            after = {"available": self.shop.counters[counter], "on_hand": None}
            changes += [{"name": name, "delta": delta, "quantityAfterChange": after[name], **named} for name in after]
        return {
            "id": gid("InventoryAdjustmentGroup", group["id"]),
            "createdAt": utc(group["at"]),
            "reason": asked["reason"],
            "referenceDocumentUri": asked.get("referenceDocumentUri"),
            "changes": changes,
        }

    def _wrong(self, index: int, entry: Mapping[str, Any], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        counter, quantity, expected = _counter(entry), entry["quantity"], entry["changeFromQuantity"]
        item, _, location = counter.partition("@")
        variants = [each for each in self.shop.variants.values() if each.counter.partition("@")[0] == item]

        def told(code: str, field: str) -> list[dict[str, Any]]:
            return [{"code": code, "field": ["input", "quantities", str(index), field], "message": code.capitalize().replace("_", " ")}]

        if asked["name"] not in ("available", "on_hand"):
            return told("INVALID_NAME", "name")
        if asked["reason"] not in REASONS:
            return told("INVALID_REASON", "reason")
        if location not in self.shop.locations:
            return told("INVALID_LOCATION", "locationId")
        if not variants:
            return told("INVALID_INVENTORY_ITEM", "inventoryItemId")
        if any(each.more.get("bundle") for each in variants):
            return told("NON_MUTABLE_INVENTORY_ITEM", "inventoryItemId")
        if quantity < 0:
            return told("INVALID_QUANTITY_NEGATIVE", "quantity")
        if quantity > 1_000_000_000:
            return told("INVALID_QUANTITY_TOO_HIGH", "quantity")
        if expected is not None and expected != self.shop.counters.get(counter, 0):
            return told("CHANGE_FROM_QUANTITY_STALE", "changeFromQuantity")
        return []

    def _ship(self, fulfillment: Mapping[str, Any]) -> Node:
        parts: list[tuple[FulfilmentOrder, str, int]] = []
        for asked in fulfillment["lineItemsByFulfillmentOrder"]:
            each = self._to_send(asked["fulfillmentOrderId"])
            if each is None:
                return _no_fulfillment("Fulfillment order does not exist.")
            if each.status not in ("OPEN", "IN_PROGRESS"):
                return _no_fulfillment(f"Fulfillment order {each.id} has an unfulfillable status= {each.status.lower()}.")
            by_id = {line.id: line for line in each.lines.values()}
            for wanted in asked["fulfillmentOrderLineItems"]:
                line = by_id.get(tail(wanted["id"]))
                if line is None or wanted["quantity"] > line.remaining:
                    return _no_fulfillment("Invalid fulfillment order line item quantity requested.")
                parts.append((each, line.line, wanted["quantity"]))
        if not parts or len({(each.order, each.location) for each, _, _ in parts}) != 1:
            return _no_fulfillment("All fulfillment orders must belong to one order and one location.")
        made = self.shop.ship(parts, fulfillment.get("trackingInfo") or {})
        order = self.shop.orders[parts[0][0].order]
        return {"fulfillment": shopify_json.fulfillment_node(order, made.id), "userErrors": []}

    def _subscribe(self, topic: str, webhookSubscription: Mapping[str, Any]) -> Node:  # noqa: N803
        sub, uri = webhookSubscription, str(webhookSubscription["uri"])
        if urlsplit(uri).scheme != "https" and urlsplit(uri).hostname != "127.0.0.1":
            return {"webhookSubscription": None, "userErrors": [{"field": ["webhookSubscription", "uri"], "message": "Address is invalid"}]}
        if any((each.topic, each.uri) == (topic, uri) for each in self.shop.subscriptions.values()):
            taken = [{"field": ["webhookSubscription", "uri"], "message": "Address for this topic has already been taken"}]
            return {"webhookSubscription": None, "userErrors": taken}
        made = self.shop.subscribe(topic, uri, sub.get("name"), sub.get("format") or "JSON")
        return {"webhookSubscription": shopify_json.subscription_node(made), "userErrors": []}

    def _unsubscribe(self, id: str) -> Node:
        if self.shop.subscriptions.pop(tail(id), None) is None:
            return {"deletedWebhookSubscriptionId": None, "userErrors": [{"field": ["id"], "message": "Webhook subscription not found"}]}
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}


def _told(status: int, headers: Mapping[str, str], body: Any) -> httpx.Response:
    return Answered(status, {**headers, "content-type": "application/json"}, orjson.dumps(body))


def _found(order: Order, stamp: datetime, since: datetime | None, query: str) -> bool:
    if since is not None:
        return stamp >= since
    if query == "status:open":
        return order.cancelled_at is None and any(shopify_json.unsent(order, line) for line in order.lines)
    return not query


def _counter(entry: Mapping[str, Any]) -> str:
    return f"{tail(entry['inventoryItemId'])}@{tail(entry['locationId'])}"


def _refusal(code: str, message: str) -> Node:
    return {"inventoryAdjustmentGroup": None, "userErrors": [{"code": code, "field": None, "message": message}]}


def _no_fulfillment(message: str) -> Node:
    return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": message}]}


def _error(refused: Refused) -> dict[str, Any]:
    return {"message": str(refused), "extensions": {"code": refused.code}}
