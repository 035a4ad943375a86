"""Etsy in the suite that every channel passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx

from app.channels.base import Consent, Delivery
from app.sandbox.etsy import EtsyShop
from app.sandbox.shop import Variant
from tests.channels.conformance import OURS, Conformance, Fixtures, Recorded, Stand, Vector
from tests.channels.etsy import SECOND_SECRET, SECOND_SIGNED, SECRET, SENT_AT, SIGNED, payload, signed

_BY_HAND = "Etsy's messages are set up by hand in its portal; there is no request for it."


class EtsyFixtures(Fixtures):
    kind, dialect = "etsy", "keeps"
    signatures, secrets = ("webhook-signature", "webhook-id"), ("webhook_secret",)
    renews = True
    exempt: ClassVar[Mapping[str, str]] = {
        "test_a_cancellation_says_whether_units_are_back_on_sale": "Etsy doesn't say it: they are taken to be, and the listing is read.",
        "test_a_sale_between_reading_and_writing_makes_a_compare_and_set_stale": "Its API has no condition; the adapter looks for itself.",
        "test_a_key_has_at_most_one_effect": "Its API has no keys: what is written again takes effect again.",
        "test_subscribing_twice_changes_nothing_and_what_was_lost_is_put_back": _BY_HAND,
    }

    def shop(self, currency: str = "EUR") -> EtsyShop:
        shop = EtsyShop(name="mugs", currency=currency)
        shop.per_second, shop.per_day = 10_000, 100_000
        return shop

    def settings(self, shop: EtsyShop) -> Mapping[str, str]:
        return {}

    def credentials(self, shop: EtsyShop) -> Mapping[str, str]:
        return shop.credentials()

    def is_write(self, request: httpx.Request) -> bool:
        return request.method in ("PUT", "PATCH")

    def recorded(self) -> Mapping[str, Recorded]:
        return {
            "order_paid.json": Recorded(signed(payload("order_paid.json")), [("order", "3456789012")]),
            "order_canceled.json": Recorded(signed(payload("order_canceled.json")), [("order", "3456789012")]),
            "another_shop.json": Recorded(signed(payload("another_shop.json")), [("order", "3456789012")]),
            "receipt.json": Recorded(signed(payload("receipt.json")), None),
        }

    def vectors(self) -> Iterable[Vector]:
        sent_at = datetime.fromtimestamp(SENT_AT, UTC)
        yield Vector(signed(payload("order_paid.json")), {"webhook_secret": SECRET}, sent_at)
        for secret in (SECRET, SECOND_SECRET):
            both = signed(payload("order_paid.json"), f"{SECOND_SIGNED} {SIGNED}")
            yield Vector(both, {"webhook_secret": secret + "\n"}, sent_at + timedelta(seconds=299))

    def forgeries(self, here: Stand, genuine: Delivery) -> Iterable[Delivery]:
        second = genuine.headers["webhook-timestamp"]
        for wrong in ("", "0", str(int(second) - 1), f"0{second}", f"{second}.0", second[::-1], "x" * 100):
            yield replace(genuine, headers={**genuine.headers, "webhook-timestamp": wrong})

    def siblings(self, shop: EtsyShop) -> tuple[Variant, Variant]:
        tee = shop.add_listing("Tee", along=True)
        return shop.add("TEE-S", 5, parent=tee.id, option="Small"), shop.add("TEE-M", 5, parent=tee.id, option="Medium")

    def expire(self, shop: EtsyShop) -> None:
        shop.expire()

    def subscribe(self, here: Stand) -> None:
        here.shop.add_endpoint(OURS)

    def subscriptions(self, shop: EtsyShop) -> Sequence[Any]:
        return list(shop.endpoints)

    def consents(self, here: Stand, consent: Consent) -> tuple[Delivery, Delivery]:
        yes = here.shop.agree(consent.url)
        return Delivery("GET", {}, b"", yes), Delivery("GET", {}, b"", {"error": "access_denied", "state": yes["state"]})

    def shared(self, shop: EtsyShop, title: str, quantity: int) -> Mapping[str, Any]:
        return {"parent": shop.add_listing(title).id}


class TestEtsy(Conformance):
    fixtures = EtsyFixtures()
