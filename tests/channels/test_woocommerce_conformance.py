"""WooCommerce in the suite that every channel passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import httpx

from app.channels.base import Consent, Delivery
from app.sandbox.shop import Variant
from app.sandbox.woocommerce import WooCommerceShop
from tests.channels.conformance import Conformance, Fixtures, Recorded, Stand, Vector
from tests.channels.woo import SECRET, message, payload, signed

_NO_DOCUMENT = "WooCommerce publishes no document of its API: each shop describes its own, plugins included."


class WooCommerceFixtures(Fixtures):
    kind, dialect = "woocommerce", "rewrites"
    signatures, secrets = ("x-wc-webhook-signature",), ("webhook_secret",)
    played = ("told", "polled")
    exempt: ClassVar[Mapping[str, str]] = {
        "test_every_call_is_held_against_the_platforms_own_document": _NO_DOCUMENT,
        "test_a_sale_between_reading_and_writing_makes_a_compare_and_set_stale": "Its API has no condition: a number is written as it is.",
        "test_a_key_has_at_most_one_effect": "Its API has no keys: what is written again takes effect again.",
    }

    def shop(self, currency: str = "EUR") -> WooCommerceShop:
        shop = WooCommerceShop("https://mugs.example", name="mugs", currency=currency)
        shop.cron_s = (1.0, 1.0)
        return shop

    def settings(self, shop: WooCommerceShop) -> Mapping[str, str]:
        return {"url": shop.url}

    def credentials(self, shop: WooCommerceShop) -> Mapping[str, str]:
        return {"consumer_key": shop.key, "consumer_secret": shop.secret, "webhook_secret": SECRET}

    def is_write(self, request: httpx.Request) -> bool:
        return request.method == "PUT" and "/products/" in request.url.path

    def recorded(self) -> Mapping[str, Recorded]:
        def told(name: str, topic: str, *reads: tuple[str, str]) -> tuple[str, Recorded]:
            return name, Recorded(message(payload(name), topic), reads)

        return dict(
            [
                told("error_missing.json", "order.updated"),
                told("error_rights.json", "order.updated", ("subscription", "woocommerce_rest_cannot_view")),
                told("order_deleted.json", "order.deleted", ("order", "4711")),
                told("order_updated.json", "order.updated", ("order", "4711")),
                told("product_updated.json", "product.updated", ("counter", "301")),
                told("signed.json", "order.created", ("order", "4711")),
                told("variation_of_parent_updated.json", "product.updated", ("counter", "310")),
                told("variation_updated.json", "product.updated", ("counter", "310/311")),
                ("refunds.json", Recorded(message(payload("refunds.json")), None)),
            ]
        )

    def vectors(self) -> Iterable[Vector]:
        ours = {"webhook_secret": SECRET}
        yield Vector(signed(payload("signed.json"), "ylQ/SQmx4dDrCkGMUXYRm23TFo02M3emruB3Ltz796g="), ours)
        yield Vector(signed(b'{"id":4711}', "Mtk0SUmA3BoWNCS0/2Jv2akYhmc6nJrauKsrWhP5BXg="), ours)
        entities = {"webhook_secret": "a&amp;b&#039;c"}
        yield Vector(signed(b'{"id":4711}', "SrT3ZjwJNRLIMKzoYrqQWuJ7+NzpKmzdMgmNwLUyjHM="), entities)

    def siblings(self, shop: WooCommerceShop) -> tuple[Variant, Variant]:
        tee = shop.add_variable("Tee")
        return shop.add("TEE-S", 5, parent=tee.id), shop.add("TEE-M", 5, parent=tee.id)

    def refusals(self) -> Mapping[str, Callable[[Stand, Variant], None]]:
        return {
            **super().refusals(),
            "the key may only read": lambda here, _: setattr(here.shop, "permission", "read"),
            "its user may do nothing": lambda here, _: setattr(here.shop, "user_may", False),
            "the key is taken back": lambda here, _: self.expire(here.shop),
        }

    def expire(self, shop: WooCommerceShop) -> None:
        shop.key = "ck_another"

    def subscriptions(self, shop: WooCommerceShop) -> Sequence[Any]:
        return list(shop.webhooks.values())

    def lose_subscription(self, shop: WooCommerceShop) -> None:
        del shop.webhooks[next(iter(shop.webhooks))]

    def shift(self, shop: WooCommerceShop, order_id: str) -> None:
        """Lists are read by id: an order that is put into the trash leaves a gap."""
        shop.trash(order_id)

    def parcels(self, shop: WooCommerceShop, order_id: str) -> int:
        """The shop has no place for parcels: a note tells the buyer."""
        return len(shop.notes.get(order_id, []))

    def consents(self, here: Stand, consent: Consent) -> tuple[Delivery, Delivery]:
        """The shop sends its keys by itself, and says nothing where she says no."""
        keys = {"consumer_key": here.shop.key, "consumer_secret": here.shop.secret, "user_id": httpx.URL(consent.url).params["user_id"]}
        sent = [json.dumps({**keys, "key_permissions": may}).encode() for may in ("read_write", "read")]
        yes, no = (Delivery("POST", {"content-type": "application/json"}, body) for body in sent)
        return yes, no

    def shared(self, shop: WooCommerceShop, title: str, quantity: int) -> Mapping[str, Any]:
        return dict.fromkeys(("parent", "shares"), shop.add_variable(title, quantity).id)

    def remove_line(self, shop: WooCommerceShop, order_id: str, line_id: str) -> None:
        """What is taken out of an order there is in it no more."""
        shop.edit(order_id, line_id, 0)
        shop.orders[order_id].lines.remove(shop.orders[order_id].line(line_id))

    def take_parcel_back(self, shop: WooCommerceShop, order_id: str) -> None:
        for line in shop.orders[order_id].lines:
            line.shipped = 0
        shop.set_status(order_id, "processing")

    def delete_order(self, shop: WooCommerceShop, order_id: str) -> None:
        shop.trash(order_id)


class TestWooCommerce(Conformance):
    fixtures = WooCommerceFixtures()
