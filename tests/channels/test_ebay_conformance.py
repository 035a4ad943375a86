"""eBay in the suite that every channel passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import httpx

from app.channels.base import Channel, Consent, Delivery
from app.sandbox.ebay import EbayShop
from app.sandbox.shop import Variant
from tests.channels import ebays
from tests.channels.conformance import Conformance, Fixtures, Recorded, Stand, Vector
from tests.channels.ebays import message, payload


class EbayFixtures(Fixtures):
    kind, dialect = "ebay", "keeps"
    signatures, secrets = ("x-ebay-signature",), ()
    renews, page = True, 200
    exempt: ClassVar[Mapping[str, str]] = {
        "test_a_listing_without_a_code_is_there_too": "A listing without a SKU was made by hand: the Inventory API shows none of those.",
        "test_a_sale_between_reading_and_writing_makes_a_compare_and_set_stale": "Its API has no condition: a number is written as it is.",
        "test_a_key_has_at_most_one_effect": "Its API has no keys: what is written again takes effect again.",
    }

    def shop(self, currency: str = "EUR") -> EbayShop:
        shop = EbayShop(name="sample-seller", currency=currency, site="EBAY_DE")
        shop.public_keys[ebays.KID] = ebays.KEY
        return shop

    def settings(self, shop: EbayShop) -> Mapping[str, str]:
        return ebays.settings(shop)

    def credentials(self, shop: EbayShop) -> Mapping[str, str]:
        return ebays.credentials(shop)

    def is_write(self, request: httpx.Request) -> bool:
        return request.url.path.endswith("/bulk_update_price_quantity")

    def verify(self, channel: Channel, delivery: Delivery) -> str:
        return ebays.verified(channel, delivery)

    def recorded(self) -> Mapping[str, Recorded]:
        def told(name: str, *reads: tuple[str, str]) -> tuple[str, Recorded]:
            return name, Recorded(message(payload(name)), reads)

        return dict(
            [
                told("account_deletion.json", ("contact_erasure", "ebay:bUyEr0001"), ("contact_erasure", "ebay:sample-buyer")),
                told("authorization_revocation.json", ("uninstalled", "")),
                ("order.json", Recorded(message(payload("order.json")), None)),
                told("order_confirmation.json", ("order", "11-11111-11111")),
                told("order_confirmation_of_another_seller.json", ("order", "33-33333-33333")),  # whose we are isn't known yet
                told("order_confirmation_two_lines.json", ("order", "22-22222-22222")),
                ("order_confirmation_without_order.json", Recorded(message(payload("order_confirmation_without_order.json")), None)),
            ]
        )

    def vectors(self) -> Iterable[Vector]:
        yield Vector(message(payload("order_confirmation.json")), {})

    def vanish(self, shop: EbayShop, variant: Variant) -> None:
        shop.remove(variant.id)

    def refusals(self) -> Mapping[str, Callable[[Stand, Variant], None]]:
        def ended(here: Stand, variant: Variant) -> None:
            here.shop.withdraw(variant.counter)
            here.shop.counters[variant.counter] = 5  # nothing is to change from here on

        def revised(here: Stand, variant: Variant) -> None:
            here.shop.revisions.update({(here.shop.offers[variant.counter].listing, here.shop.today()): 250})

        return {
            **super().refusals(),
            "its listing was ended": ended,
            "it was revised 250 times today": revised,
            "her consent is taken back": lambda here, _: here.shop.revoke(),
        }

    def expire(self, shop: EbayShop) -> None:
        shop.tokens.clear()

    def subscriptions(self, shop: EbayShop) -> Sequence[Any]:
        return list(shop.subscriptions.values())

    def lose_subscription(self, shop: EbayShop) -> None:
        del shop.subscriptions[next(iter(shop.subscriptions))]

    def consents(self, here: Stand, consent: Consent) -> tuple[Delivery, Delivery]:
        query = here.shop.agrees(consent.url)
        no = {"error": "access_denied", "state": query["state"]}
        return Delivery("GET", {}, b"", query), Delivery("GET", {}, b"", no)

    def delete_order(self, shop: EbayShop, order_id: str) -> None:
        """An unpaid order that the buyer had put together with another one isn't there any more."""
        del shop.orders[order_id]


class TestEbay(Conformance):
    fixtures = EbayFixtures()


class WithoutControl(EbayFixtures):
    """Without out-of-stock control: a listing ends at nothing, and comes back under another number."""

    page = 1  # the feed is the same

    def shop(self, currency: str = "EUR") -> EbayShop:
        shop = super().shop(currency)
        shop.keeps_at_zero = False
        return shop


class TestEbayWithoutOutOfStockControl(Conformance):
    fixtures = WithoutControl()
