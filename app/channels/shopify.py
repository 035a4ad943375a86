"""Shopify: one shop through its Admin GraphQL API, and the webhooks that it sends.

The counter is `available` of an inventory item at the one location that Tallystick writes to; its id is "<item>@<location>". It is set
by compare-and-set under a key. Webhooks of orders hold the whole order, in the words of the old REST API; everything else is a hint.
`shopify_graphql` holds the operations, `shopify_admin` is the wire, `shopify_orders` the translation of orders; `shopify_reading`,
`shopify_listings` and `shopify_shipping` are what takes several queries.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from app.channels import shopify_orders
from app.channels.base import (
    BadPayload,
    BadSignature,
    Budget,
    Capabilities,
    Connection,
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
from app.channels.http import Client
from app.channels.shopify_admin import UNDER_A_KEY, Admin, Failed
from app.channels.shopify_graphql import VERSION, gid, tail
from app.channels.shopify_listings import Listings, available
from app.channels.shopify_orders import external_id
from app.channels.shopify_reading import Orders
from app.channels.shopify_shipping import ship
from app.domain.snapshots import OrderSnapshot

NEEDED_SCOPES: Final = (
    "read_orders",
    "read_products",
    "read_inventory",
    "write_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "write_merchant_managed_fulfillment_orders",
)

# What we are told of, and what the body is: the whole order, a pointer to one (under this key), or something else.
_WHOLE: Final = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/fulfilled", "orders/partially_fulfilled")
_LEVELS: Final = ("inventory_levels/update", "inventory_levels/connect", "inventory_levels/disconnect")
TOPICS: Final = (
    *_WHOLE,
    "orders/edited",
    "orders/delete",
    "refunds/create",
    *_LEVELS,
    "inventory_items/update",
    "products/create",
    "products/update",
    "products/delete",
    "app/uninstalled",
    "app/scopes_update",
)
_NAME: Final = "tallystick-"  # of a subscription, followed by its topic: how ours are known

_BARE: Final = 72  # bytes of a body that can hold two ids, and no time
_BATCH: Final = 50  # counters per read
_BATCH_POINTS: Final = 400.0  # that it takes, about

_STALE: Final = {"CHANGE_FROM_QUANTITY_STALE", "COMPARE_QUANTITY_STALE"}


class Shopify:
    """One connected Shopify shop."""

    kind: ClassVar[str] = "shopify"
    settings: ClassVar[Mapping[str, str]] = {
        "shop": "The shop's address: the part before .myshopify.com",
        "location_id": "The Shopify location whose stock Tallystick looks after (its number)",
        "api_version": f"The version of Shopify's API; {VERSION} if left empty",
        "notify_buyer": "Whether Shopify tells the buyer when a parcel leaves: yes (if left empty) or no",
        "base_url": "Another address to talk to, on this machine only: for a sandbox",
        "order_lag_s": "How many seconds the sandbox's search for orders lags behind; without base_url it can't be said",
    }
    credentials: ClassVar[Mapping[str, str]] = {
        "client_id": "The app's client id, from Shopify's Dev Dashboard",
        "client_secret": "The app's client secret, from the same page",
        "client_secret_previous": "The client secret before it was rotated, until Shopify has revoked it",
        "access_token": "Only for an app that was made in the shop's own admin before 2026: its permanent token (shpat_…)",
        "api_secret_key": "Only for such an app: its API secret key",
    }

    def __init__(self, connection: Connection) -> None:
        """Raises: NoUse where the settings can't be used."""
        settings = connection.settings
        shop = str(settings.get("shop") or "").strip().lower().removeprefix("https://").rstrip("/").removesuffix(".myshopify.com")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", shop):
            raise NoUse("misconfigured", "Enter the shop's address as Shopify gave it: the part before .myshopify.com.")
        self._shop = shop
        self._location = tail(str(settings.get("location_id") or ""))
        self._notify = str(settings.get("notify_buyer") or "yes").lower() not in ("no", "false", "0")
        self._vault = connection.vault
        base = str(settings.get("base_url") or f"https://{shop}.myshopify.com").rstrip("/")
        host = re.fullmatch(r"https?://([^/@]+)", base)
        if host is None or (
            settings.get("base_url") and connection.transport is None and host[1].partition(":")[0] not in ("127.0.0.1", "localhost")
        ):
            raise NoUse("misconfigured", "The address to talk to may only be one of this machine. Leave it empty for a real shop.")
        # Nobody says how far the search index behind Shopify's own feed may lag; integrators keep an overlap of five minutes.
        self._order_lag_s = 120.0
        if given := settings.get("order_lag_s"):
            if not settings.get("base_url") or not re.fullmatch(r"[0-9]{1,3}", str(given)):
                raise NoUse("misconfigured", "Only a sandbox can say in how many seconds its search knows an order. Leave it empty.")
            self._order_lag_s = float(given)
        self._client = Client(frozenset({host[1]}), transport=connection.transport, guard=connection.guard, clock=connection.clock)
        self._version = str(settings.get("api_version") or VERSION)
        self._admin = Admin(self._client, base, shop, self._version, self._vault)
        self._orders = Orders(self._admin, self._location)
        self._listings = Listings(self._admin, connection, base, shop)

    def capabilities(self) -> Capabilities:
        answer = self._admin.ask("ShopIdentity", {})
        shop, warnings = answer.data["shop"], []
        if self._admin.answered_version not in (None, self._version):
            warnings.append(
                f"Shopify answered with version {self._admin.answered_version} of its API, and not {self._version}: update Tallystick soon."
            )
        granted = {scope["handle"] for scope in answer.data["currentAppInstallation"]["accessScopes"]}
        granted |= {f"read_{scope.removeprefix('write_')}" for scope in granted if scope.startswith("write_")}
        missing = tuple(scope for scope in NEEDED_SCOPES if scope not in granted)
        places = [] if "read_locations" in missing else list(self._pages("Locations", "locations", {}))
        locations = {tail(place["id"]): place["name"] for place in places if place["isActive"]}
        online = [place["name"] for place in places if place["isActive"] and place["fulfillsOnlineOrders"]]
        if not self._location:
            warnings.append("Choose the Shopify location whose stock Tallystick looks after; until then it can't read or write any.")
        elif "read_locations" not in missing and self._location not in locations:
            warnings.append("The Shopify location that was chosen is closed or gone. Choose another one.")
        elif len(online) > 1:
            warnings.append(
                f"This shop sends online orders from several locations ({', '.join(online)}), and Tallystick looks after "
                f"{locations.get(self._location, self._location)} alone. Orders that Shopify gives to another location don't lower the "
                "number there. Let one location fulfil online orders, or expect corrections."
            )
        return Capabilities(
            write_mode=WriteMode.COMPARE_AND_SET,
            keyed=True,
            counts_down_at=CountsDown.PLACED,
            refuses_below_zero=Refuses.ALWAYS,
            feed_lag_s=self._order_lag_s,
            feed_overlap_s=600.0,
            poll_every_s=300.0,
            key_life_s=86_400.0,
            # There is an answer for "the first attempt under this key failed", but it isn't said that a stale compare-and-set is such
            # a failure, and not simply tried anew when its delayed first copy arrives. Not proven is no.
            remembers_failures=False,
            limited_has_no_effect=False,  # whether a throttled mutation ran isn't documented
            zero=Zero.HARMLESS,
            hold_s=14 * 86_400.0,  # an unpaid order waits until a person cancels it; after this time it is read again
            reads_at_once=_BATCH,
            read_cost=_BATCH_POINTS,
            budgets=(Budget("points of query cost", self._admin.bucket.restores_per_s, 1.0),),
            currency=shop["currencyCode"],
            account=tail(shop["id"]),
            shop_name=shop["name"],
            locations=locations,
            missing_scopes=missing,
            warnings=tuple(warnings),
            keeps_time=True,
        )

    # An app of one's own is let in when it is installed, and needs no browser after that.

    def consent(self, callback: str, done: str, state: str) -> None:
        return None

    def let_in(self, delivery: Delivery, keep: Mapping[str, str], callback: str) -> Mapping[str, str]:
        raise NoUse("misconfigured", "Shopify lets an app in when it is installed on the shop: enter its client id and secret.")

    @staticmethod
    def state_of(delivery: Delivery) -> str | None:
        return None

    # Coming in

    def answer(self, delivery: Delivery) -> Reply | None:
        return None

    def verify(self, delivery: Delivery) -> str:
        """Signed is the body alone: the delivery's id, its topic and its shop are headers that anybody can change. So the identity is
        made of the body, and of the topic only where it is one that we know: a captured message can't be stored twice by changing them.
        A body of two bare ids comes again when the same happens again (an item leaves a location once more): there the delivery's id
        tells them apart, and whoever changes that gains a look at something and no more.
        """
        given = delivery.headers.get("x-shopify-hmac-sha256", "").encode()
        secrets = [self._vault.get(name) for name in ("client_secret", "client_secret_previous", "api_secret_key")]
        signed = [_signature(secret, delivery.body) for secret in secrets if secret]
        # Every secret is tried, whichever fits: the time says nothing.
        if not sum(hmac.compare_digest(one, given) for one in signed):
            raise BadSignature("Shopify's signature doesn't fit the app's client secret.")
        if delivery.headers.get("x-shopify-shop-domain", self._domain).lower() != self._domain:
            raise BadSignature("This message is about another shop of the same app.")
        topic = self.topic(delivery)
        parts = [(topic if topic in TOPICS else "").encode(), delivery.body]
        if len(delivery.body) < _BARE:
            parts.append(delivery.headers.get("x-shopify-webhook-id", "").encode("utf-8", "replace"))
        return hashlib.sha256(b"\n".join(parts)).hexdigest()

    def topic(self, delivery: Delivery) -> str:
        return delivery.headers.get("x-shopify-topic", "")

    def parse(self, delivery: Delivery) -> Sequence[Hint | OrderSnapshot]:
        topic, body = self.topic(delivery), shopify_orders.from_webhook(delivery.body)
        if not isinstance(body, dict):
            raise BadPayload("Shopify's message isn't an object.")
        try:
            if topic in _WHOLE and delivery.headers.get("x-shopify-api-version", "") > self._version:
                return [Hint("order", external_id(body["id"]))]  # how a version reads that isn't ours yet, nobody knows
            if topic in _WHOLE:
                return [shopify_orders.snapshot(body, self._location)]
            return self._hints(topic, body)
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise BadPayload(f"Shopify's message about {topic} lacks {error}.") from error

    def _hints(self, topic: str, body: Mapping[str, Any]) -> Sequence[Hint]:
        if topic == "orders/edited":
            return [Hint("order", external_id(body["order_edit"]["order_id"]))]
        if topic == "orders/delete":
            return [Hint("order", external_id(body["id"]))]
        if topic == "refunds/create":
            return [Hint("order", external_id(body["order_id"]))]
        if topic in _LEVELS:
            # Every location has its own number, and only one of them is ours.
            here = external_id(body["location_id"]) == self._location
            return [Hint("counter", f"{external_id(body['inventory_item_id'])}@{self._location}")] if here else []
        if topic == "inventory_items/update":
            return [Hint("counter", f"{external_id(body['id'])}@{self._location}")]
        if topic in ("products/create", "products/update"):
            return [Hint("listing", external_id(variant["id"])) for variant in body["variants"]]
        if topic == "products/delete":
            return [Hint("listing", external_id(body["id"]))]  # the product: its variants aren't named any more
        if topic == "app/uninstalled":
            return [Hint("uninstalled", self._domain)]
        if topic == "app/scopes_update":
            return [Hint("subscription", self._domain)]
        return []

    def receive(self) -> Sequence[Delivery]:
        return ()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        return None

    def fetch_orders(self, ids: Sequence[str]) -> Iterator[OrderSnapshot]:
        """Nothing comes of an order that is older than the app may look back. Raises BadPayload too: an order can't be understood."""
        for order_id in ids:
            if (found := self._orders.fetch(order_id)) is not None:
                yield found

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        return self._orders.changed_since(since)

    # What is on sale

    def listings(self) -> Iterator[ListingSnapshot]:
        return self._listings.read(self._place())

    def read_quantities(self, counters: Sequence[str]) -> Sequence[Reading]:
        by_place: dict[str, list[str]] = defaultdict(list)
        for counter in counters:
            item, _, place = counter.partition("@")
            by_place[place].append(item)
        found: dict[str, Reading] = {}
        for place, items in by_place.items():
            for start in range(0, len(items), _BATCH):
                asked = items[start : start + _BATCH]
                ids = [gid("InventoryItem", item) for item in asked]
                answer = self._admin.ask("InventoryForItems", {"ids": ids, "locationId": gid("Location", place)})
                if len(answer.data["nodes"]) != len(asked):
                    raise TryLater("Shopify's answer isn't about what was asked.")
                for item, node in zip(asked, answer.data["nodes"], strict=True):
                    found[f"{item}@{place}"] = _reading(f"{item}@{place}", node)
        return [found[counter] for counter in counters]

    # Going out

    def compose(self, unit: str, entries: Sequence[Entry], key: str, reading: Reading | None = None) -> Any:
        """The operation's text belongs to the release; what Shopify compares under a key are the variables."""
        quantities = []
        for entry in entries:
            item, _, place = entry.counter.partition("@")
            quantities.append(
                {
                    "inventoryItemId": gid("InventoryItem", item),
                    "locationId": gid("Location", place),
                    "quantity": entry.value,
                    "changeFromQuantity": entry.expected,
                }
            )
        change = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"gid://tallystick/Change/{key}",  # shown in the shop's inventory history
            "quantities": quantities,
        }
        return {"operation": "SetAvailable", "variables": {"key": key, "input": change}}

    def write_quantities(self, requests: Sequence[WriteRequest]) -> Sequence[WriteResult]:
        return [self._write(request) for request in requests]

    def _write(self, request: WriteRequest) -> WriteResult:
        try:
            answer = self._admin.send(request.body["operation"], request.body["variables"])
        except Failed as failed:
            return WriteResult(failed.outcome, after_s=failed.after_s, detail=failed.detail, code=failed.code)
        try:
            done = answer.data["inventorySetQuantities"]
            if done["userErrors"]:
                return _refusal(done["userErrors"])
            changes = (done["inventoryAdjustmentGroup"] or {}).get("changes", ())
            quantities = {
                f"{tail(change['item']['id'])}@{tail(change['location']['id'])}": int(change["quantityAfterChange"])
                for change in changes
                if change["name"] == "available" and change["quantityAfterChange"] is not None  # a set moves on_hand with it
            }
        except (KeyError, TypeError, ValueError, AttributeError):
            return WriteResult(Outcome.UNKNOWN, detail="Shopify's answer can't be understood.", code="malformed")
        return WriteResult(Outcome.DONE, quantities)

    def processed(self, tickets: Sequence[str]) -> Sequence[WriteResult | None]:
        """A write is done when it is answered: there are no tickets."""
        return [None for _ in tickets]

    def ship(self, parcel: Parcel) -> None:
        ship(self._admin, parcel, self._location, notify=self._notify)

    def subscribe(self, url: str) -> Subscriptions:
        changed = []
        missing = {topic.upper().replace("/", "_"): topic for topic in TOPICS}
        surplus = []
        for found in self._pages("ListWebhooks", "webhookSubscriptions", {}):
            right = found["uri"] == url and found["format"] == "JSON" and not found["filter"] and not found["includeFields"]
            if right and found["topic"] in missing:
                del missing[found["topic"]]
            elif found["uri"] == url or str(found["name"] or "").startswith(_NAME):
                surplus.append(found)
        # What is wrong goes first: Shopify takes a topic and an address only once.
        for found in surplus:
            self._mutate("DeleteWebhook", "webhookSubscriptionDelete", {"id": found["id"]})
            changed.append(f"{_topic(found['topic'])}: a subscription to {found['uri']} was surplus or wrong, and is taken away")
        for enum, topic in missing.items():
            sub = {"uri": url, "format": "JSON", "name": _NAME + topic.replace("/", "-").replace("_", "-")}
            self._mutate("SubscribeWebhook", "webhookSubscriptionCreate", {"topic": enum, "sub": sub})
            changed.append(f"{topic}: subscribed")
        return Subscriptions(TOPICS, changed)

    def unsubscribe(self) -> None:
        for found in list(self._pages("ListWebhooks", "webhookSubscriptions", {})):
            if str(found["name"] or "").startswith(_NAME):
                self._mutate("DeleteWebhook", "webhookSubscriptionDelete", {"id": found["id"]})

    def close(self) -> None:
        self._listings.close()
        self._client.close()

    # Small things

    @property
    def _domain(self) -> str:
        return f"{self._shop}.myshopify.com"

    def _place(self) -> str:
        if not self._location:
            raise NoUse("misconfigured", "Choose the Shopify location whose stock Tallystick looks after.")
        return gid("Location", self._location)

    def _pages(self, operation: str, connection: str, variables: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        after: str | None = None
        while True:
            page = self._admin.ask(operation, {**variables, "after": after}).data[connection]
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    def _mutate(self, operation: str, field: str, variables: Mapping[str, Any]) -> None:
        done = self._admin.ask(operation, variables).data[field]
        if done["userErrors"]:
            told = "; ".join(error["message"] for error in done["userErrors"])
            raise NoUse("misconfigured", f"Shopify refuses to change what it sends us: {told}")


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))


def _reading(counter: str, node: Mapping[str, Any] | None) -> Reading:
    level = (node or {}).get("inventoryLevel")
    if not node or not node["tracked"] or level is None or not level["isActive"]:
        return Reading(counter, None, protected=False)
    protected = all(variant["inventoryPolicy"] == "DENY" for variant in (node["variants"] or {}).get("nodes", ()))
    return Reading(counter, available(level), protected)


def _refusal(errors: Sequence[Mapping[str, Any]]) -> WriteResult:
    """Nothing was done, except where a key says that something else is going on."""
    code = str(errors[0]["code"] or "")
    detail = "; ".join(str(error["message"]) for error in errors)[:300]
    if code in _STALE:
        return WriteResult(Outcome.STALE, detail=detail, code=code)
    return WriteResult(UNDER_A_KEY.get(code, Outcome.REFUSED), detail=detail, code=code)


def _topic(enum: str) -> str:
    return next((topic for topic in TOPICS if topic.upper().replace("/", "_") == enum), enum)
