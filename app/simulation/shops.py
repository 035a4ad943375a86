"""The shops of a run: their truth, their clocks, and the lines to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.chance import Seeded
from app.sandbox import faults as network
from app.sandbox.ebay import EbayShop
from app.sandbox.etsy import EtsyShop
from app.sandbox.faults import ShopTransport
from app.sandbox.shop import Shop
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from app.simulation.stall import MODES, Stall


@dataclass
class Stand:
    """A shop of the run: its truth, what goes wrong on the way to it, and our channel for it."""

    name: str
    kind: str
    shop: Shop
    faults: network.Faults
    transport: Any
    ahead: timedelta
    channel_id: str = ""
    variants: dict[str, str] = field(default_factory=dict)
    dark_since: dict[str, datetime] = field(default_factory=dict)
    sends_at: datetime | None = None
    stale: bool = True  # `sends_at` is to be asked for again


class Clock(Seeded):
    """A virtual clock, and the shops' that are wrong by some."""

    def __init__(self, seed: int, start: datetime) -> None:
        super().__init__(seed, start)
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self._now + self.ahead

    @contextmanager
    def of(self, stand: Stand) -> Iterator[None]:
        before, self.ahead = self.ahead, stand.ahead
        try:
            yield
        finally:
            self.ahead = before


class Line(ShopTransport):
    """The line to a sandbox shop, whose clock may be wrong."""

    def __init__(
        self,
        stand: Stand,
        *,
        there: Callable[[], AbstractContextManager[None]],
        wait: Callable[[float], None],
        later: Callable[[Callable[[], None], float], None],
    ) -> None:
        super().__init__(stand.shop, stand.faults, wait=wait, later=later)
        self._there = there

    def _handle(self, request: Any) -> Any:
        with self._there():
            return self.shop.handle(request)


# With out-of-stock control, and without.
EBAY = {"ebay": "yes", "ebay, ends at zero": "no"}
HOSTED = ("shopify", "etsy", *EBAY)  # their platforms keep the time
KINDS = ("shopify", "woocommerce", "etsy", *EBAY, *MODES)


def kinds_in(text: str) -> tuple[str, ...]:
    """Kinds by commas. Some have a comma in their name, and a blank behind it."""
    return tuple(re.split(",(?! )", text))


def made(name: str, kind: str) -> tuple[Shop, dict[str, Any]]:
    """A shop of this kind, and what a shopkeeper enters to connect it."""
    if kind == "shopify":
        shopify = ShopifyShop(f"https://{name}.myshopify.com", name=name)
        credentials = {"client_id": shopify.client_id, "client_secret": shopify.secrets[-1]}
        return shopify, {"settings": {"shop": name, "location_id": shopify.location}, "credentials": credentials}
    if kind == "woocommerce":
        woo = WooCommerceShop(f"https://{name}.example", name=name)
        credentials = {"consumer_key": woo.key, "consumer_secret": woo.secret, "webhook_secret": "a-secret"}
        return woo, {"settings": {"url": woo.url}, "credentials": credentials}
    if kind == "etsy":
        etsy = EtsyShop(name=name)
        etsy.forgives = True  # a restored backup has a refresh token that was used since; its owner would have to let us in again
        etsy.add_endpoint(f"https://tally.example/{name}")
        return etsy, {"credentials": etsy.credentials()}
    if kind in EBAY:
        ebay = EbayShop(name=name, currency="EUR", site="EBAY_DE", keeps_at_zero=kind == "ebay")
        settings = {"ru_name": ebay.ru_name, "alert_email": "potter@shop.example", "out_of_stock_control": EBAY[kind]}
        credentials = {"client_id": ebay.client_id, "client_secret": ebay.secret, "refresh_token": ebay.refresh_token}
        return ebay, {"settings": settings, "credentials": credentials | {"scopes": " ".join(sorted(ebay.scopes))}}
    stall = Stall(name, MODES[kind])
    return stall, {"credentials": {"secret": stall.secret}}
