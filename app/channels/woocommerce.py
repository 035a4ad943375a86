"""WooCommerce: orders in, stock out, for one shop. Tested against what WooCommerce 10.0 does; version 3.5 has the same API.

How a number is written here: absolute. `inventory_delta` adds in PHP and saves the sum: 30 of them at once took 20 off, and with orders
running beside them units came back to life, so it protects nothing that an absolute write doesn't, and after a lost answer nobody can say
whether it was added. A zero costs nothing on this platform, may be repeated freely, and from zero a number can be written without cover:
hence `drains`. There is no key and no condition anywhere in the API.

When it counts down: on hold, processing and completed take units off; a pending order doesn't, but the checkout keeps its units from
other buyers, invisibly to the API. So: when paid, and unpaid orders are held. An order on hold is unpaid and has counted; its lines say so.
The checkout is the only thing that looks at the counter, and lets the last unit go twice now and then: it refuses at the storefront.

Messages are hints, though they carry the whole order. Stamps are whole seconds, so of two messages with one stamp nobody knows which is
newer, and an old one can be sent again by whoever caught it; what the shop says when asked is never older than what it said before.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

import httpx

from app import chance
from app.channels import woocommerce_orders as orders
from app.channels import woocommerce_shop as shop
from app.channels.base import (
    BadPayload,
    BadSignature,
    Capabilities,
    Connection,
    Consent,
    Delivery,
    Entry,
    Hint,
    ListingSnapshot,
    NoUse,
    OrderPage,
    Outcome,
    Parcel,
    Reading,
    Reply,
    Subscriptions,
    TryLater,
    WriteRequest,
    WriteResult,
)
from app.channels.http import parsed
from app.channels.woocommerce_api import PAGE, Answer, Api
from app.channels.woocommerce_shipping import Shipping
from app.domain.snapshots import OrderSnapshot

_PING = re.compile(rb"webhook_id=\d+")
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#039;": "'"}
_ENTITY = re.compile("|".join(_ENTITIES))
_COUNTER = re.compile(r"[0-9]+(/[0-9]+)?")

# Orders that can still change what we owe. Statuses that plugins add can't be asked for by name; a poll by time finds them.
_OPEN = "pending,on-hold,processing"
_TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
)
_PASSES = 6


def _sent(delivery: Delivery) -> Mapping[str, Any]:
    """Keys as the shop sends them: a JSON object."""
    try:
        found = json.loads(delivery.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass
class _Began:
    """When a poll began, by the shop's clock; None where its answers carry no date."""

    at: datetime | None = None

    def covers(self, changed: datetime | None) -> bool:
        return self.at is None or changed is None or changed <= self.at


class WooCommerce:
    """One WooCommerce shop."""

    kind: ClassVar[str] = "woocommerce"
    settings: ClassVar[Mapping[str, str]] = {
        "url": "The shop's address, such as https://shop.example",
        "order_lag_s": "How many seconds a sandbox on this machine lags behind; a real shop can't say it",
    }
    credentials: ClassVar[Mapping[str, str]] = {
        "consumer_key": "The key of the REST API (ck_…), made under WooCommerce → Settings → Advanced → REST API with Read/Write",
        "consumer_secret": "Its secret (cs_…)",
        "webhook_secret": "What the shop signs its messages with; made for you when left empty",
    }

    def __init__(self, connection: Connection) -> None:
        self._vault = connection.vault
        self._name = f"Tallystick {connection.channel_id}"
        self._api = Api(connection)
        self._lately = orders.Lately()
        self._shipping = Shipping(self._api)

    def capabilities(self) -> Capabilities:
        return shop.capabilities(self._api)

    # Being let in by the owner's browser: the shop makes keys and sends them to us, named by what we call the user

    def consent(self, callback: str, done: str, state: str) -> Consent:
        if not callback.startswith("https://"):
            raise NoUse(
                "misconfigured",
                "WooCommerce sends keys to an https address only: set TALLYSTICK_PUBLIC_URL. Or make the keys by hand under WooCommerce → "
                "Settings → Advanced → REST API, with Read/Write.",
            )
        asks = {"app_name": "Tallystick", "scope": "read_write", "user_id": state, "return_url": done, "callback_url": callback}
        return Consent(f"{self._api.url}/wc-auth/v1/authorize?{urlencode(asks)}")

    def let_in(self, delivery: Delivery, keep: Mapping[str, str], callback: str) -> Mapping[str, str]:
        sent = _sent(delivery)
        if sent.get("key_permissions") != "read_write":
            raise NoUse("scope", "The shop's keys may not write. Begin again, and let Tallystick read and write.")
        found = {name: str(sent.get(name) or "") for name in ("consumer_key", "consumer_secret")}
        if not all(found.values()):
            raise NoUse("credentials", "The shop sent no keys. Begin again.")
        return found

    @staticmethod
    def state_of(delivery: Delivery) -> str | None:
        state = _sent(delivery).get("user_id")
        return state if isinstance(state, str) else None

    # Coming in

    def answer(self, delivery: Delivery) -> Reply | None:
        """WooCommerce pings unsigned, and goes on pinging until it hears exactly 200."""
        form = delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        if delivery.method == "POST" and form and "x-wc-webhook-signature" not in delivery.headers and _PING.fullmatch(delivery.body):
            return Reply(200)
        return None

    def verify(self, delivery: Delivery) -> str:
        """Signed is the body and nothing else. The delivery id is a hash of webhook and second, so it says nothing about what came.

        A message that only names its resource comes again, byte by byte, when that is deleted a second time: there the id of the
        delivery tells them apart. A forger gains nothing by changing it but another fetch.
        """
        secret = self._vault.get("webhook_secret")
        if not secret:
            raise BadSignature("There is no secret to check it with.")
        # PHP decodes these before it signs.
        key = _ENTITY.sub(lambda found: _ENTITIES[found.group()], secret).encode()
        expected = base64.b64encode(hmac.digest(key, delivery.body, "sha256"))
        if not hmac.compare_digest(expected, delivery.headers.get("x-wc-webhook-signature", "").encode("utf-8", "replace")):
            raise BadSignature("The shop's secret didn't sign this.")
        parts = [self.topic(delivery).encode("utf-8", "replace"), delivery.body]
        if len(delivery.body) < 64:
            parts.append(delivery.headers.get("x-wc-webhook-delivery-id", "").encode("utf-8", "replace"))
        return hashlib.sha256(b"\n".join(parts)).hexdigest()

    def topic(self, delivery: Delivery) -> str:
        return delivery.headers.get("x-wc-webhook-topic", "")

    def parse(self, delivery: Delivery) -> Sequence[Hint | OrderSnapshot]:
        """Where to look. The headers aren't signed: a wrong one costs a fetch of something that isn't there."""
        resource, _, event = self.topic(delivery).partition(".")
        if resource not in ("order", "product"):
            return ()
        try:
            body = parsed(delivery.body)
        except (ValueError, RecursionError) as error:
            raise BadPayload("The message isn't JSON.") from error
        if not isinstance(body, dict):
            raise BadPayload("The message isn't an object.")
        if "id" not in body and "code" in body:
            return _about_an_error(body)
        if type(body.get("id")) is not int or body["id"] <= 0:
            raise BadPayload("The message names nothing.")
        if resource == "order":
            return (Hint("order", str(body["id"])),)
        if event == "updated" and (counter := shop.counter_of(body)) is not None:
            return (Hint("counter", counter),)
        return (Hint("listing", str(body.get("parent_id") or body["id"])),)

    def receive(self) -> Sequence[Delivery]:
        return ()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        pass

    def fetch_orders(self, ids: Sequence[str]) -> Iterator[OrderSnapshot]:
        """A list leaves out what is in the trash, so whatever a list doesn't have is asked for by itself. Raises: BadPayload, too."""
        for start in range(0, len(ids), PAGE):
            wanted = list(dict.fromkeys(ids[start : start + PAGE]))
            found: dict[str, Mapping[str, Any]] = {}
            if len(wanted) > 1:
                listed = self._api.call("GET", "orders", {"include": ",".join(wanted), "per_page": PAGE, "status": "any"})
                found = {str(order["id"]): order for order in listed.json if isinstance(order, dict) and "id" in order}
            for order_id in wanted:
                if order_id in found:
                    yield self._snapshot(found[order_id])
                    continue
                answer = self._api.call("GET", f"orders/{int(order_id)}")
                if answer.is_missing:
                    yield orders.gone(order_id, answer.at or chance.now())
                else:
                    yield self._snapshot(answer.json)

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        """What is in the trash comes in a pass of its own. What was deleted for good is in no list: open orders are asked for by id."""
        if since is None:
            yield from self._changed({"status": _OPEN}, _Began())
            return
        # Strictly greater, in whole seconds: cutting off the rest of a second asks for more, never for less.
        after = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        began = _Began()
        for status in ("any", "trash"):
            yield from self._changed({"status": status, "modified_after": after, "dates_are_gmt": "true"}, began)

    def _changed(self, wanted: Mapping[str, str], began: _Began) -> Iterator[OrderPage]:
        """Read a list until a pass brings nothing new: its pages shift while orders come and go, and an order can fall between two.

        One page can't shift. What changed after we began is the next poll's, and no page's stamp is later than that.
        """
        seen: dict[Any, datetime | None] = {}
        for _ in range(_PASSES):
            pages, has_news = 0, False
            for answer in self._api.pages("orders", {**wanted, "orderby": "id", "order": "asc"}):
                pages += 1
                began.at = began.at or answer.at
                stamped = {order.get("id"): (order, orders.stamp(order)) for order in answer.json if isinstance(order, dict)}
                news = {key: each for key, each in stamped.items() if key not in seen or seen[key] != each[1]}
                seen.update((key, changed) for key, (_, changed) in news.items())
                has_news = has_news or any(began.covers(changed) for _, changed in news.values())
                if news:
                    yield self._page([order for order, _ in news.values()], began.at)
            if pages <= 1 or not has_news:
                return
        raise TryLater("Orders change faster than they can be read.")

    def _page(self, found: Sequence[Mapping[str, Any]], began: datetime | None) -> OrderPage:
        read: list[OrderSnapshot] = []
        unreadable: dict[str, str] = {}
        for order in found:
            try:
                read.append(self._snapshot(order))
            except BadPayload as error:
                unreadable[str(order.get("id"))] = str(error)
        stamps = [min(stamp, began) if began else stamp for order in found if (stamp := orders.stamp(order))]
        return OrderPage(read, max(stamps, default=None), unreadable)

    def _snapshot(self, order: Mapping[str, Any]) -> OrderSnapshot:
        refunds: list[Mapping[str, Any]] = []
        if orders.names_refunds(order) and "id" in order:
            for answer in self._api.pages(f"orders/{int(order['id'])}/refunds"):
                refunds += [refund for refund in answer.json if isinstance(refund, dict)]
        return self._lately.snapshot(order, refunds)

    # What is on sale

    def listings(self) -> Iterator[ListingSnapshot]:
        return shop.listings(self._api)

    def read_quantities(self, counters: Sequence[str]) -> Sequence[Reading]:
        return shop.readings(self._api, counters)

    # Going out

    def compose(self, unit: str, entries: Sequence[Entry], key: str, reading: Reading | None = None) -> Any:
        """A null would write 0, and text in a batch as well: only a whole number leaves, to the one address that checks its type."""
        (entry,) = entries
        if not _COUNTER.fullmatch(unit) or entry.counter != unit:
            raise ValueError(f"{unit!r} is no counter of WooCommerce's")
        return {"stock_quantity": int(entry.value)}

    def write_quantities(self, requests: Sequence[WriteRequest]) -> Sequence[WriteResult]:
        """One request each: a batch would say 200 for items that failed and take what isn't a number for 0.

        A guard that raises isn't a result, and goes through: nothing of that request has left.
        """
        return [self._write(request) for request in requests]

    def _write(self, request: WriteRequest) -> WriteResult:
        try:
            answer = self._api.send("PUT", shop.path_of(request.unit), {"_fields": "id,manage_stock,stock_quantity"}, request.body)
        except NoUse as error:
            return WriteResult(Outcome.REFUSED, detail=str(error), code=error.code)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return WriteResult(Outcome.NOT_SENT, detail="The shop can't be reached: nothing was sent.")
        except httpx.TransportError as error:
            return WriteResult(Outcome.UNKNOWN, detail=f"The shop gave no answer ({type(error).__name__}).")
        return _result(request, answer)

    def processed(self, tickets: Sequence[str]) -> Sequence[WriteResult | None]:
        """Nothing is ever deferred here, so there are no tickets to ask about."""
        return [None for _ in tickets]

    def ship(self, parcel: Parcel) -> None:
        self._shipping.tell(parcel)

    def subscribe(self, url: str) -> Subscriptions:
        """One active webhook for each topic. A disabled one is made anew: switched on again, its next failure would disable it."""
        changed: list[str] = []
        if not self._vault.get("webhook_secret"):
            self._vault.keep({"webhook_secret": chance.secret(32).hex()})
            changed.append("a secret was made")
        known = not changed  # the shop never shows a secret, so with a new one every row has to be made anew
        right: dict[str, int] = {}
        for row in self._webhooks():
            topic = str(row.get("topic"))
            if (
                known
                and row.get("delivery_url") == url
                and topic in _TOPICS
                and topic not in right
                and row.get("status") in ("active", "paused")
            ):
                right[topic] = row["id"]
                if row["status"] == "paused":
                    self._api.call("PUT", f"webhooks/{row['id']}", json={"status": "active"})
                    changed.append(f"{topic} was paused and runs again")
                continue
            self._api.call("DELETE", f"webhooks/{row['id']}", {"force": "true"})
            changed.append(f"{topic}: a webhook that was {_wrong(row, url)} was taken away")
        for topic in _TOPICS:
            if topic in right:
                continue
            made = {"name": f"{self._name} {topic}", "topic": topic, "delivery_url": url, "status": "active"}
            self._api.call("POST", "webhooks", json=made | {"secret": self._vault.get("webhook_secret")})
            changed.append(f"{topic} was set up")
        return Subscriptions(_TOPICS, tuple(changed))

    def unsubscribe(self) -> None:
        for row in self._webhooks():
            self._api.call("DELETE", f"webhooks/{row['id']}", {"force": "true"})

    def _webhooks(self) -> list[Mapping[str, Any]]:
        """Ours, known by their name."""
        rows = [row for answer in self._api.pages("webhooks") for row in answer.json]
        return [row for row in rows if isinstance(row, dict) and str(row.get("name", "")).startswith(self._name + " ")]

    def close(self) -> None:
        self._api.close()


def _wrong(row: Mapping[str, Any], url: str) -> str:
    if row.get("status") == "disabled":
        return "disabled after failures"
    return "in the way" if row.get("delivery_url") == url else "for another address"


def _about_an_error(body: Mapping[str, Any]) -> Sequence[Hint]:
    """A signed body can be an error of the shop's own API: it looked the thing up when it sent the message.

    It doesn't say which thing, and no header does. Gone: nothing to point at; whoever holds open orders asks for them by id. Anything
    else: the webhook's user lost their rights, and the subscriptions need a look.
    """
    if str(body["code"]).endswith("_id"):
        return ()
    return (Hint("subscription", str(body["code"])),)


def _result(request: WriteRequest, answer: Answer) -> WriteResult:
    if answer.status == 429:
        return WriteResult(Outcome.LIMITED, after_s=answer.after_s, detail="The shop's host asks us to slow down.", code=answer.code)
    if answer.ok and isinstance(answer.json, dict):
        quantity, managed = shop.units_shown(answer.json), answer.json.get("manage_stock")
        if quantity is not None:
            return WriteResult(Outcome.DONE, {request.unit: quantity})
        if managed in (False, "parent"):
            return WriteResult(Outcome.REFUSED, detail=shop.why_untracked(managed), code="untracked")
        return WriteResult(Outcome.UNKNOWN, detail="The shop's answer doesn't say what it did.")
    if answer.json is not None and 400 <= answer.status < 500 and answer.status not in (408, 425):
        code = "gone" if answer.is_missing else {401: "credentials", 403: "scope"}.get(answer.status, answer.code)
        return WriteResult(Outcome.REFUSED, detail=f"The shop refused the number: {answer.code}.", code=code)
    return WriteResult(Outcome.UNKNOWN, after_s=answer.after_s, detail=f"The shop's answer was broken ({answer.status}).", code=answer.code)
