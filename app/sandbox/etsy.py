"""An Etsy shop, as its documentation and those who integrate it describe it, oddities included.

A listing is on sale as a whole or not at all. What isn't on sale has nothing on its counters, whatever its inventory says: that number is
`noted`, and is on sale again with the listing. What being dark costs is counted: `darkened`, `brought_back`, and `fees` in US cents.
What it does over HTTP stands in `etsy_rest`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import httpx

from app import chance
from app.sandbox import etsy_rest as rest
from app.sandbox.shop import Fulfilment, Kind, Line, Order, Outgoing, Refund, Shop, Variant, Waiting

FEE = 20  # US cents, for a listing of four months
SIZE = 513  # the property along which variants differ
TOKEN_LIFE = timedelta(seconds=3600)
REFRESH_LIFE = timedelta(days=90)
SCOPES = frozenset({"listings_r", "listings_w", "shops_r", "transactions_r", "transactions_w", "address_r", "email_r"})
_AGAIN_S = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
_TOPICS = {"paid": "order.paid", "cancelled": "order.canceled", "fulfilled": "order.shipped", "delivered": "order.delivered"}


@dataclass
class Listing:
    """`along`: the quantity differs between variants; otherwise they share one number."""

    id: str
    title: str
    along: bool = False
    state: str = "active"
    digital: bool = False
    modified_at: datetime = field(default_factory=chance.now)
    noted: dict[str, int] = field(default_factory=dict)  # by counter, while it isn't on sale
    state_at: datetime = field(default_factory=chance.now)


@dataclass
class Grant:
    """What the owner agreed to: a chain of tokens, of which the newest refresh token alone is good."""

    scopes: frozenset[str]
    access: str
    refresh: str
    access_until: datetime
    refresh_until: datetime
    former: list[str] = field(default_factory=list)


@dataclass
class Endpoint:
    """Where messages go: set up by hand in the portal."""

    id: str
    url: str
    secret: str
    enabled: bool = True


class EtsyShop(Shop):
    """One shop. The quotas are enforced: `per_second` and `per_day`; `limited` counts what they refused."""

    kind: ClassVar[str] = "etsy"

    def __init__(self, url: str = "https://openapi.etsy.com", *, name: str = "Etsy", currency: str = "EUR") -> None:
        super().__init__(url, name=name, currency=currency)
        self.shop_id = str(10_000_000 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:3]))
        self.user_id = f"9{self.shop_id}"
        self.keystring, self.shared_secret = "k" * 24, "s" * 10
        self.listings: dict[str, Listing] = {}
        self.grants: list[Grant] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.forgives = False  # a refresh token that was used before, as nobody knows whether Etsy does
        self.vacation = False
        self.per_second, self.per_day = 150, 10_000
        self.limited = 0
        self.requests = 0
        self.lag_s = 0.0  # so long a receipt isn't in the list yet
        self.restocks = True  # a cancelled order's units come back to a listing that is on sale
        self.withholds = False  # the address, as it does for new apps in some countries
        self.tells_email = False
        self.may_ship = True
        self.darkened = 0
        self.brought_back = 0
        self.fees: Counter[str] = Counter()
        self.asked_at: deque[datetime] = deque()

    def handle(self, request: httpx.Request) -> httpx.Response:
        return rest.handle(self, request)

    # Who may come in

    def grant(self, scopes: frozenset[str] = SCOPES) -> Grant:
        """The owner has agreed."""
        made = Grant(scopes, self._token(), chance.secret(16).hex(), chance.now() + TOKEN_LIFE, chance.now() + REFRESH_LIFE)
        self.grants.append(made)
        return made

    def renew(self, grant: Grant) -> None:
        """The refresh token that was used is good no more; the access token lives on until its time is over."""
        grant.former.append(grant.refresh)
        grant.access, grant.refresh = self._token(), chance.secret(16).hex()
        grant.access_until, grant.refresh_until = chance.now() + TOKEN_LIFE, chance.now() + REFRESH_LIFE

    def _token(self) -> str:
        return f"{self.user_id}.{chance.secret(16).hex()}"

    def expire(self) -> None:
        """No access token is good any more."""
        for each in self.grants:
            each.access_until = chance.now()

    def credentials(self) -> dict[str, str]:
        """What a channel's vault holds once its owner has let us in and set up the messages."""
        made = self.grant()
        secret = next((each.secret for each in self.endpoints.values()), self.signing_secret)
        return {
            "keystring": self.keystring,
            "shared_secret": self.shared_secret,
            "webhook_secret": secret,
            "access_token": made.access,
            "refresh_token": made.refresh,
            "token_expires_at": str(int(made.access_until.timestamp())),
        }

    def agree(self, url: str) -> dict[str, str]:
        """The owner opens the page of consent and says yes: the query that her browser comes back with."""
        asked = dict(parse_qsl(urlsplit(url).query))
        if asked.get("client_id") != self.keystring or asked.get("code_challenge_method") != "S256" or not asked.get("redirect_uri"):
            raise ValueError("Etsy doesn't know this app")
        code = chance.secret(12).hex()
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    # The catalogue

    def add(self, sku: str | None, quantity: int = 0, **how: Any) -> Variant:
        """A listing of its own, or one more variant of the listing `parent`. `tracked=False`: a download."""
        listing = how.pop("parent", None) or (str(how["shares"]).partition("/")[0] if how.get("shares") else None)
        if listing is None:
            listing = self.add_listing(str(how.get("title") or sku or "Untitled")).id
            self.listings[listing].digital = not how.get("tracked", True)
        made = super().add(sku, quantity, parent=listing, **how)
        self._stands(self.listings[listing])
        return made

    def add_listing(self, title: str, *, along: bool = False) -> Listing:
        """A listing without variants yet: `along` True, each of them will have a number of its own."""
        made = Listing(self.new_id(), title, along)
        self.listings[made.id] = made
        return made

    def variant_id(self, new: str, more: Mapping[str, Any]) -> str:
        listing = self.listings[more["parent"]]
        return listing.id if listing.digital else f"{listing.id}/{new}"

    def counter_id(self, new: str, more: Mapping[str, Any]) -> str:
        listing = self.listings[more["parent"]]
        return f"{listing.id}/{SIZE}-{new}" if listing.along else listing.id

    def of_listing(self, listing: str) -> list[Variant]:
        return [variant for variant in self.variants.values() if variant.more["parent"] == listing]

    def listing_of(self, variant: Variant) -> Listing:
        return self.listings[variant.more["parent"]]

    def counters_of(self, listing: Listing) -> list[str]:
        return list(dict.fromkeys(variant.counter for variant in self.of_listing(listing.id) if variant.tracked))

    # On sale or not

    def deactivate(self, listing: str) -> None:
        """The shopkeeper takes it off sale."""
        self.take_off(self.listings[listing], "inactive", Kind.HAND)

    def take_off_sale(self, variant: str) -> None:
        self.deactivate(self.variants[variant].more["parent"])

    def put_on_sale(self, variant: str) -> None:
        self.put_on(self.listing_of(self.variants[variant]), Kind.HAND)

    def remove(self, variant: str) -> Variant:
        """With its last variant a listing goes."""
        made = super().remove(variant)
        if not self.of_listing(made.more["parent"]):
            made.more["listing"] = self.listings.pop(made.more["parent"])
        return made

    def bring_back(self, made: Variant, quantity: int = 0) -> None:
        if (listing := made.more.pop("listing", None)) is not None:
            self.listings[listing.id] = listing
        super().bring_back(made, quantity)
        self._stands(self.listing_of(made))

    def take_off(self, listing: Listing, state: str, kind: Kind) -> None:
        if listing.state == "active":
            for counter in self.counters_of(listing):
                listing.noted[counter] = self.counters[counter]
                self._change(counter, -self.counters[counter], kind)
        listing.state, listing.state_at, listing.modified_at = state, chance.now(), chance.now()

    def put_on(self, listing: Listing, kind: Kind) -> None:
        """On sale with what is noted. A listing that was sold out or has expired is renewed, and that costs."""
        if listing.state in ("sold_out", "expired", "draft"):
            self.fees["renewed"] += FEE
            counters = self.counters_of(listing)
            if len(counters) == 1 or not any(listing.noted.values()):
                listing.noted = dict.fromkeys(counters, 0) | {counters[0]: 1}  # as documented, whatever was written before
        listing.state, listing.state_at, listing.modified_at = "active", chance.now(), chance.now()
        for counter in self.counters_of(listing):
            self._change(counter, listing.noted.get(counter, 0) - self.counters[counter], kind)
        listing.noted.clear()

    def hand_edit(self, variant: str, quantity: int) -> None:
        """The shopkeeper types a number; what wasn't on sale is, by that."""
        here = self.variants[variant]
        listing = self.listing_of(here)
        if listing.state != "active":
            listing.noted[here.counter] = quantity
            listing.state = "inactive"  # the shop's own pages ask for the fee and know what was typed
            self.put_on(listing, Kind.HAND)
        else:
            super().hand_edit(variant, quantity)

    def on_counter(self, counter: str) -> None:
        if (listing := self.listings.get(counter.partition("/")[0])) is not None:
            self._stands(listing)

    def _stands(self, listing: Listing) -> None:
        """With nothing left it is sold out, and isn't on sale."""
        listing.modified_at, counters = chance.now(), self.counters_of(listing)
        if listing.state == "active" and counters and not any(self.counters[each] > 0 for each in counters):
            listing.state, listing.state_at, listing.noted = "sold_out", chance.now(), dict.fromkeys(counters, 0)

    # Orders

    def buy(self, lines: Mapping[str, int] | Sequence[tuple[str, int]], *, force: bool = False, **how: Any) -> str | None:
        """Everybody goes through the checkout: no order is made by hand, so nothing is ever sold that isn't there."""
        return super().buy(lines, **how)

    def edit(self, order_id: str, line_id: str, quantity: int) -> None:
        """An order can't be changed: it stays as it is."""

    def count_down(self, order: Order) -> None:
        before = [line.counted_down for line in order.lines]
        super().count_down(order)
        for line, counted in zip(order.lines, before, strict=True):
            variant = self.variants.get(line.variant or "")
            if variant is not None and self.listing_of(variant).state == "active":
                self.fees["auto_renewed"] += FEE * (line.counted_down - counted)  # a listing with more of it, for each that was sold

    def cancel(self, order_id: str, restock: bool = True) -> None:
        super().cancel(order_id, restock and self.restocks)

    def put_back(self, order: Order, line: Line, units: int) -> None:
        """Never to a listing that is sold out or not on sale."""
        variant = self.variants.get(line.variant or "")
        if variant is not None and self.listing_of(variant).state == "active":
            super().put_back(order, line, units)

    def refund(self, order_id: str, line_id: str, quantity: int, restock: bool = True) -> None:
        """Money, and no word about units; an order that was refunded in full before it left isn't wanted any more."""
        order = self.orders[order_id]
        order.refunds.append(Refund(self.new_id(), chance.now(), line_id, quantity, restock=False))
        if self.is_refunded(order):
            for line in order.lines:
                unsent = line.unsent
                self.unwanted(order, line, unsent)
                line.refunded += unsent
        self.changed(order, "refunded")

    def is_refunded(self, order: Order) -> bool:
        """In full."""
        return sum(each.quantity for each in order.refunds) >= sum(line.current for line in order.lines)

    def fulfil(self, order_id: str, lines: Mapping[str, int] | None = None, **tracking: Any) -> Fulfilment:
        """Whole orders alone; a further parcel of one that has left is a parcel without units."""
        return super().fulfil(order_id, None, **tracking)

    def arrive(self, order_id: str) -> None:
        """The parcel is at the buyer's."""
        self.changed(self.orders[order_id], "delivered")

    # Messages

    @property
    def signing_secret(self) -> str:
        """Of the first endpoint in the portal, if there is one yet or not."""
        return "whsec_" + base64.b64encode(hashlib.sha256(self.shop_id.encode()).digest()).decode()

    def add_endpoint(self, url: str) -> Endpoint:
        """The shopkeeper adds an endpoint in the portal, and copies its secret."""
        secret = self.signing_secret if not self.endpoints else "whsec_" + base64.b64encode(chance.secret(32)).decode()
        made = Endpoint(self.new_id(), url, secret)
        self.endpoints[made.id] = made
        return made

    def on_order(self, order: Order, what: str) -> None:
        topic = _TOPICS.get("paid" if what == "created" and order.paid else what)
        if topic is None:
            return
        url = f"https://openapi.etsy.com/v3/application/shops/{self.shop_id}/receipts/{order.id}"
        body = json.dumps({"event_type": topic, "resource_url": url, "shop_id": int(self.shop_id)}, separators=(",", ":")).encode()
        for endpoint in self.endpoints.values():
            self.queue(Waiting(chance.now(), topic, f"{endpoint.id}:msg_{self.new_id()}", order.id, body))

    def message(self, waiting: Waiting) -> Outgoing | None:
        endpoint_id, _, message_id = waiting.subscription.partition(":")
        endpoint = self.endpoints.get(endpoint_id)
        if endpoint is None or not endpoint.enabled or waiting.body is None:
            return None
        second = str(int(chance.now().timestamp()))
        key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
        signed = hmac.digest(key, f"{message_id}.{second}.".encode() + waiting.body, "sha256")
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": second,
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }
        return Outgoing(endpoint.url, headers, waiting.body, waiting.topic, waiting.subscription, waiting.resource, waiting.attempt)

    def delivered(self, outgoing: Outgoing, status: int | None) -> None:
        """Seven more attempts under the same id, the last a day later; 410 switches the endpoint off."""
        endpoint = self.endpoints.get(outgoing.subscription.partition(":")[0])
        if endpoint is None or (status is not None and 200 <= status < 300):
            return
        endpoint.enabled = endpoint.enabled and status != 410
        if endpoint.enabled and outgoing.attempt <= len(_AGAIN_S):
            due_at = chance.now() + timedelta(seconds=_AGAIN_S[outgoing.attempt - 1])
            again = (outgoing.topic, outgoing.subscription, outgoing.resource, outgoing.body, outgoing.attempt + 1)
            self.queue(Waiting(due_at, *again))
