"""An eBay adapter for the tests: connected to something that answers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.channels.base import Channel, Connection, Delivery, UnknownKey
from app.channels.ebay import EBay
from app.sandbox.ebay import EbayShop
from app.sandbox.faults import Faults, ShopTransport
from tests.channels.woo import MemoryVault

KID = "11111111-2222-3333-4444-555555555555"
KEY = (
    "-----BEGIN PUBLIC KEY-----MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7wxbOmG9McVcSAzmwcltNlYzh0BAMz6w05y7Uh0d6tpZXG+WLC58Jco9bX4RBBmyqwMHnsGa"
    "NPuhp8DBVtLVgQ==-----END PUBLIC KEY-----"
)
SIGNATURE = (
    "eyJhbGciOiJlY2RzYSIsImtpZCI6IjExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NSIsInNpZ25hdHVyZSI6Ik1FVUNJUURqTmw1WXZqTTZSdGs4WHlSMmtV"
    "eE5uRGVGUVhaaVZUZk1xbThlSXI3Y09BSWdQZmxFKzNsQXpZd1ZZNzNxUC9neHFxVTdMNTZWQ2czYStqQUhyNDhGSEVFPSIsImRpZ2VzdCI6IlNIQTEifQ=="
)
PAYLOADS = Path(__file__).parent / "payloads" / "ebay"


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


def message(body: bytes, signature: str = SIGNATURE) -> Delivery:
    return Delivery("POST", {"content-type": "application/json", "x-ebay-signature": signature}, body)


def settings(shop: EbayShop) -> dict[str, str]:
    return {"ru_name": shop.ru_name, "out_of_stock_control": "yes" if shop.keeps_at_zero else "no", "alert_email": "us@example.com"}


def credentials(shop: EbayShop) -> dict[str, str]:
    scopes = " ".join(sorted(shop.scopes))
    return {"client_id": shop.client_id, "client_secret": shop.secret, "refresh_token": shop.refresh_token, "scopes": scopes}


def joined(shop: EbayShop, faults: Faults | None = None, *, kept: Mapping[str, str] | None = None, **more: Any) -> EBay:
    vault = MemoryVault(**{**credentials(shop), **(kept or {})})
    return EBay(Connection("channel-1", settings(shop) | more, vault, ShopTransport(shop, faults)))


def verified(channel: Channel, delivery: Delivery) -> str:
    """As the intake does it: the key is fetched once."""
    try:
        return channel.verify(delivery)
    except UnknownKey as unknown:
        unknown.learn()
    return channel.verify(delivery)
