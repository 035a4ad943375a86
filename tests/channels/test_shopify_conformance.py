"""Shopify in the suite that every channel passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import httpx

from app.channels.base import Delivery
from app.sandbox.shop import Variant
from app.sandbox.shopify import ShopifyShop
from tests.channels.conformance import Conformance, Fixtures, Recorded, Stand, Vector
from tests.channels.shopify import SECRET, message, payload, signed


class ShopifyFixtures(Fixtures):
    kind, dialect = "shopify", "keeps"
    signatures, secrets = ("x-shopify-hmac-sha256",), ("client_secret",)
    renews, played = True, ("told", "polled")
    no_counter = "999999999@70000000001"
    exempt: ClassVar[Mapping[str, str]] = {
        "test_the_owner_lets_it_in_by_her_browser_or_says_no": "An app of one's own is let in when it is installed on the shop.",
    }

    def shop(self, currency: str = "EUR") -> ShopifyShop:
        shop = ShopifyShop("https://mugs.myshopify.com", name="mugs", currency=currency)
        shop.doubled, shop.delay_s = 0.0, (0.0, 0.0)
        shop.admin.maximum = shop.admin.left = 2_000_000.0
        return shop

    def settings(self, shop: ShopifyShop) -> Mapping[str, str]:
        return {"shop": "mugs", "location_id": shop.location}

    def credentials(self, shop: ShopifyShop) -> Mapping[str, str]:
        return {"client_id": shop.client_id, "client_secret": shop.secrets[-1]}

    def is_write(self, request: httpx.Request) -> bool:
        return b'"SetAvailable"' in request.content

    def recorded(self) -> Mapping[str, Recorded]:
        def told(name: str, topic: str, *reads: tuple[str, str]) -> tuple[str, Recorded]:
            return name, Recorded(message(payload(name), topic), reads)

        order = "6100000000042"
        variants = [("listing", "44000000000101"), ("listing", "44000000000102")]
        return dict(
            [
                told("inventory_level.json", "inventory_levels/update", ("counter", "51000000000101@70000000001")),
                told("order.json", "orders/create", ("snapshot", order)),
                told("order_edit.json", "orders/edited", ("order", order)),
                told("product.json", "products/update", *variants),
                told("refund.json", "refunds/create", ("order", order)),
                ("order_core.json", Recorded(message(payload("order_core.json"), "orders/create"), None)),
            ]
        )

    def vectors(self) -> Iterable[Vector]:
        body = b'{"id":6001234567890,"name":"#1042","updated_at":"2026-11-22T10:15:00-05:00"}'
        signature = "VBIhYIqOyenV/mNSv4GfvJXZcgk1HmZxpwq2/X/YAG4="
        yield Vector(message(body, "orders/updated", x_shopify_hmac_sha256=signature), {"client_secret": SECRET})

    def forgeries(self, here: Stand, genuine: Delivery) -> Iterable[Delivery]:
        """Signed by the app's secret, for another shop that has the app."""
        yield signed(genuine.body, "orders/updated", here.shop.secrets[-1], x_shopify_shop_domain="bowls.myshopify.com")

    def refusals(self) -> Mapping[str, Callable[[Stand, Variant], None]]:
        return {
            **super().refusals(),
            "the app may not write": lambda here, _: here.shop.scopes.discard("write_inventory"),
            "the place is closed": lambda here, _: here.shop.locations.clear(),
        }

    def expire(self, shop: ShopifyShop) -> None:
        shop.admin.tokens.clear()

    def subscriptions(self, shop: ShopifyShop) -> Sequence[Any]:
        return list(shop.subscriptions.values())

    def lose_subscription(self, shop: ShopifyShop) -> None:
        del shop.subscriptions[next(iter(shop.subscriptions))]

    def take_parcel_back(self, shop: ShopifyShop, order_id: str) -> None:
        shop.cancel_fulfilment(order_id, shop.orders[order_id].fulfilments[-1].id)

    def delete_order(self, shop: ShopifyShop, order_id: str) -> None:
        shop.delete(order_id)


class TestShopify(Conformance):
    fixtures = ShopifyFixtures()
