"""An eBay seller's shop, as the documentation has it and integrators saw it in 2026, oddities included.

What buyers see of an offer is the smaller of its own number and its item's, and only while it is published. A sale lowers the offer; a
cancellation puts nothing back. At zero the listing stays where the account has out-of-stock control, and ends where it hasn't; when it
comes back it has another number. What it does over HTTP stands in `ebay_rest`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app import chance
from app.sandbox import ebay_json as js
from app.sandbox import ebay_rest as rest
from app.sandbox.ebay_records import Destination, Offer, Subscription
from app.sandbox.ebay_setup import TOPICS
from app.sandbox.shop import Kind, Line, Order, Outgoing, Refund, Shop, Variant, Waiting

CONFIRMATION = "ORDER_CONFIRMATION"
DELETION = "MARKETPLACE_ACCOUNT_DELETION"
REVOCATION = "AUTHORIZATION_REVOCATION"
REVISIONS = 250  # of a listing in a day
ATTEMPTS = 3
_ACCEPTED = frozenset({200, 201, 202, 204})
_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# Requests in a day, as eBay gives them to an application.
LIMITS = {"inventory": 2_000_000, "fulfillment": 100_000, "notification": 10_000, "identity": 100_000, "token": 50_000}


class EbayShop(Shop):
    """One seller, with an application of hers. `keeps_at_zero` is her account's out-of-stock control."""

    kind: ClassVar[str] = "ebay"

    def __init__(
        self,
        url: str = "https://api.ebay.com",
        *,
        name: str = "sample-seller",
        currency: str = "USD",
        site: str = "EBAY_US",
        keeps_at_zero: bool = True,
    ) -> None:
        super().__init__(url, name=name, currency=currency)
        self.site, self.keeps_at_zero = site, keeps_at_zero
        self.user_id = "U" + chance.secret(5).hex()
        self.client_id, self.secret, self.ru_name = "Sample-App-PRD", "PRD-" + chance.secret(8).hex(), "Sample-RuName"
        self.refresh_token = "v^1.1#r^" + chance.secret(8).hex()
        self.scopes = set(rest.SCOPES)
        self.offers: dict[str, Offer] = {}
        self.items: dict[str, int] = {}
        # Whether a sale lowers the item's number, too: eBay doesn't say.
        self.item_falls = False
        # Whether an offer is published with nothing to sell, as some have seen it.
        self.publishes_zero = False
        self.fails_entries = 0.0  # entries of a bulk request that fail though the others don't
        self.ignores = 0.0  # entries that are answered with 200 and do nothing
        self.limits = dict(LIMITS)
        self.calls: Counter[tuple[str, str]] = Counter()
        self.revisions: Counter[tuple[str, str]] = Counter()
        self.over_limit = 0  # requests and revisions that were refused because there had been too many
        # The store's own tokens, codes of consents, and messages
        self.tokens: dict[str, tuple[str, frozenset[str], datetime]] = {}
        self.codes: dict[str, frozenset[str]] = {}
        self.token_s = 7200
        self.alert_email: str | None = None
        self.destinations: dict[str, Destination] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.topics = dict(TOPICS)
        # Asks an address to prove itself; None: nobody is asked. Gives the body of the answer.
        self.asks: Callable[[str], bytes | None] | None = None
        self._key = ec.derive_private_key(1 + int.from_bytes(chance.secret(32)) % (_P256 - 1), ec.SECP256R1())
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        digest = hashlib.sha256(pem.encode()).hexdigest()
        self.kid = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
        self.public_keys = {self.kid: pem.replace("\n", "")}  # on one line, as eBay writes them

    def handle(self, request: httpx.Request) -> httpx.Response:
        return rest.handle(self, request)

    # The catalogue

    def add(self, sku: str | None, quantity: int = 0, **how: Any) -> Variant:
        """An offer of a SKU on a site (`site`), alone or in a listing with variations (`group`). Without a SKU: a listing made by hand,
        which the Inventory API doesn't show. A SKU is there once on a site: what is added again is more of the same."""
        site, group = how.pop("site", self.site), how.pop("group", None)
        if sku is not None and (known := self.variants.get(f"{sku}@{site}")) is not None:
            self.hand_edit(known.id, self.counters[known.counter] + quantity)
            return known
        listing = next((offer.listing for offer in self.offers.values() if group and (offer.group, offer.site) == (group, site)), None)
        listing = listing or self.new_listing()
        made = super().add(sku, quantity, code=sku, site=site, listing=listing, **how)
        if sku is not None:
            form = "FIXED_PRICE" if made.tracked else "AUCTION"
            self.offers[made.counter] = Offer(made.counter, sku, site, quantity, listing, group=group, form=form)
            self.items[sku] = self.items.get(sku, 0) + quantity
            self._stand(self.offers[made.counter], Kind.OPENING)
        return made

    def remove(self, variant: str) -> Variant:
        """The seller deletes the item, its offers and its listing."""
        made = super().remove(variant)
        if (offer := self.offers.pop(made.counter, None)) is not None:
            made.more["offer"] = offer
            if not self.of_sku(offer.sku):
                del self.items[offer.sku]
        return made

    def bring_back(self, made: Variant, quantity: int = 0) -> None:
        offer: Offer = made.more.pop("offer")
        offer.quantity = quantity
        self.offers[offer.id], self.items[offer.sku] = offer, quantity
        super().bring_back(made, 0)
        self._stand(offer, Kind.OPENING)

    def take_off_sale(self, variant: str) -> None:
        self.withdraw(self.variants[variant].counter, Kind.HAND)

    def put_on_sale(self, variant: str) -> None:
        self.publish(self.variants[variant].counter, Kind.HAND)

    def variant_id(self, new: str, more: Mapping[str, Any]) -> str:
        return f"{more['code']}@{more['site']}" if more.get("code") else str(more["listing"])

    def new_listing(self) -> str:
        return f"11{self.new_id():0>10}"

    def of_sku(self, sku: str) -> list[Offer]:
        return [offer for offer in self.offers.values() if offer.sku == sku]

    def variant_of(self, offer: Offer) -> Variant:
        return next(variant for variant in self.variants.values() if variant.counter == offer.id)

    # The numbers

    def seen(self, offer: Offer) -> int:
        """What buyers see."""
        return max(0, min(offer.quantity, self.items[offer.sku])) if offer.published else 0

    def set_numbers(self, sku: str, item: int | None, offers: Mapping[str, int], kind: Kind = Kind.GRANTED) -> None:
        """A request, or a person, sets them."""
        if item is not None:
            self.items[sku] = item
        for offer_id, quantity in offers.items():
            self.offers[offer_id].quantity = quantity
        for offer in self.of_sku(sku):
            self._stand(offer, kind)

    def withdraw(self, offer_id: str, kind: Kind = Kind.GRANTED) -> None:
        """End its listing; its number stays written down."""
        offer = self.offers[offer_id]
        offer.published, offer.status = False, "ENDED"
        self._stand(offer, kind)

    def publish(self, offer_id: str, kind: Kind = Kind.GRANTED) -> str:
        """On sale again, under another number and with what it had."""
        offer = self.offers[offer_id]
        if not offer.published:
            offer.published, offer.listing, offer.sold = True, self.new_listing(), 0
            offer.status = "ACTIVE"
            self.variant_of(offer).more["listing"] = offer.listing
            if self.seen(offer):
                self._stand(offer, kind)
        return offer.listing

    def _stand(self, offer: Offer, kind: Kind) -> None:
        """Bring the counter to what buyers see now, and end or hide what shows nothing."""
        if offer.id not in self.counters:
            return  # an auction
        if offer.published:
            if self.seen(offer) or self.keeps_at_zero:
                offer.status = "ACTIVE" if self.seen(offer) else "OUT_OF_STOCK"
            else:
                offer.published, offer.status = False, "EBAY_ENDED"
        self._change(offer.id, self.seen(offer) - self.counters[offer.id], kind)

    def on_counter(self, counter: str) -> None:
        """A sale or a person changed what is seen: the numbers behind it follow."""
        offer = self.offers.get(counter)
        if offer is None:
            return
        now = self.counters[counter]
        change = now - self.seen(offer)
        if not offer.published and now > 0:
            self.publish(counter, Kind.HAND)  # she put it on sale again
            offer.quantity = self.items[offer.sku] = now
        else:
            offer.quantity += change
            if self.item_falls or min(offer.quantity, self.items[offer.sku]) != now:
                self.items[offer.sku] = max(0, self.items[offer.sku] + change)
        if self.seen(offer) != now:
            offer.quantity = self.items[offer.sku] = now
        for each in self.of_sku(offer.sku):
            self._stand(each, Kind.HAND)

    def revised(self, offer: Offer) -> bool:
        """One more revision of its listing today; False: there were too many."""
        key = (offer.listing, self.today())
        if self.revisions[key] >= REVISIONS:
            self.over_limit += 1
            return False
        self.revisions[key] += 1
        return True

    def today(self) -> str:
        """Days begin at midnight of the Pacific, as far as anybody knows."""
        return (chance.now() - timedelta(hours=8)).date().isoformat()

    # Orders

    def buy(self, lines: Mapping[str, int] | Sequence[tuple[str, int]], *, force: bool = False, **how: Any) -> str | None:
        """There is no page where a person could make an order that nobody looks at the counter for."""
        return super().buy(lines, **how)

    def on_placed(self, order: Order) -> None:
        for line in order.lines:
            if (offer := self.offers.get(self.variants[line.variant or ""].counter)) is not None:
                offer.sold += line.quantity

    def cancel(self, order_id: str, restock: bool = True) -> None:
        """Nothing is ever put back."""
        super().cancel(order_id, restock=False)

    def refund(self, order_id: str, line_id: str, quantity: int, restock: bool = True) -> None:
        """Money, and no word about units. Who has all of it back before anything left gets nothing any more."""
        order = self.orders[order_id]
        line = order.line(line_id)
        order.refunds.append(Refund(self.new_id(), chance.now(), line_id, quantity, restock=False))
        back = sum(each.quantity for each in order.refunds if each.line == line_id)
        if not line.shipped and back >= line.current:
            self.unwanted(order, line, line.unsent)
            line.refunded = line.current
        self.changed(order, "refunded")

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        """There is no page for that."""

    def offer_of(self, line: Line) -> Offer | None:
        variant = self.variants.get(line.variant or "")
        return self.offers.get(variant.counter) if variant is not None else None

    # The seller, and the buyers' accounts

    def agrees(self, address: str) -> dict[str, str]:
        """The seller agrees to what a consent page asks: the query that her browser brings back."""
        asked = httpx.URL(address).params
        code = chance.secret(8).hex()
        self.codes[code] = frozenset(asked["scope"].split())
        return {"code": code, "state": asked["state"], "expires_in": "299"}

    def revoke(self) -> None:
        """The seller takes her consent back: no token of hers is good any more."""
        self.refresh_token = ""
        self.tokens = {token: made for token, made in self.tokens.items() if made[0] != "user"}
        self._announce(REVOCATION, self.user_id, {"user": {"userId": self.user_id, "username": self.name}})

    def delete_account(self, username: str, user_id: str = "") -> None:
        """A buyer leaves eBay."""
        self._announce(DELETION, username, {"username": username, "userId": user_id or username, "eiasToken": "nY+sHZ2PrBmdj6wVnY=="})

    # Messages

    def on_order(self, order: Order, what: str) -> None:
        """There is one message, when it is paid; nothing is said of what happens after that."""
        if order.paid and not order.more.get("announced"):
            order.more["announced"] = True
            lines = [
                {"orderLineItemId": line.id, "listingId": js.listing_number(self, line), "quantity": line.quantity} for line in order.lines
            ]
            user = {"userId": self.user_id, "username": self.name}
            self._announce(CONFIRMATION, order.id, {"user": user, "order": {"orderId": order.id, "orderLineItems": lines}})

    def _announce(self, topic: str, resource: str, data: Mapping[str, Any]) -> None:
        for row in self.subscriptions.values():
            if row.topic == topic and row.status == "ENABLED":
                said = {"notificationId": f"{chance.secret(16).hex()}_{self.user_id}", "eventDate": js.stamp(chance.now()), "data": data}
                due = chance.now() + timedelta(seconds=chance.random().uniform(0.5, 2.0))
                self.queue(Waiting(due, topic, row.id, resource, json.dumps(said).encode()))

    def message(self, waiting: Waiting) -> Outgoing | None:
        row = self.subscriptions.get(waiting.subscription)
        to = self.destinations.get(row.destination) if row is not None and row.status == "ENABLED" else None
        if to is None or to.status != "ENABLED":
            return None
        said = json.loads(waiting.body or b"{}")
        notification = {
            "notificationId": said["notificationId"],
            "eventDate": said["eventDate"],
            "publishDate": js.stamp(chance.now()),
            "publishAttemptCount": waiting.attempt,
            "data": said["data"],
        }
        metadata = {"topic": waiting.topic, "schemaVersion": "1.0", "deprecated": False}
        body = json.dumps({"metadata": metadata, "notification": notification}, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", "x-ebay-signature": self.signature(body)}
        return Outgoing(to.endpoint, headers, body, waiting.topic, waiting.subscription, waiting.resource, waiting.attempt)

    def signature(self, body: bytes) -> str:
        signed = self._key.sign(body, ec.ECDSA(hashes.SHA1(), deterministic_signing=True))  # noqa: S303  (what eBay signs with)
        said = {"alg": "ecdsa", "kid": self.kid, "signature": base64.b64encode(signed).decode(), "digest": "SHA1"}
        return base64.b64encode(json.dumps(said, separators=(",", ":")).encode()).decode()

    def delivered(self, outgoing: Outgoing, status: int | None) -> None:
        """Three attempts; the deletion of an account is repeated until it is heard, and after a day the address is marked down."""
        if status in _ACCEPTED:
            return
        said = json.loads(outgoing.body)["notification"]
        wait = timedelta(seconds=30 * outgoing.attempt)
        if outgoing.topic == DELETION:
            wait = timedelta(minutes=30)
            if outgoing.attempt * wait >= timedelta(hours=24):
                row = self.subscriptions.get(outgoing.subscription)
                if row is not None and row.destination in self.destinations:
                    self.destinations[row.destination].status = "MARKED_DOWN"
                return
        elif outgoing.attempt >= ATTEMPTS:
            return
        body = json.dumps({name: said[name] for name in ("notificationId", "eventDate", "data")}).encode()
        due = chance.now() + wait
        self.queue(Waiting(due, outgoing.topic, outgoing.subscription, outgoing.resource, body, outgoing.attempt + 1))
