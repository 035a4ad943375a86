"""An Etsy adapter for the tests: connected to something that answers."""

from collections.abc import Callable
from pathlib import Path

import httpx

from app.channels.base import Connection, Delivery
from app.channels.etsy import Etsy
from tests.channels.woo import MemoryVault

PAYLOADS = Path(__file__).parent / "payloads" / "etsy"
# The fact sheet's: made-up secrets, and what they sign.
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
SECOND_SECRET = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
SIGNED = "v1,DY05jWmX97QBGYpqZZfkepkBGCI5J3pKAK8gB+LXdeo="
SECOND_SIGNED = "v1,rjzq0NRN3XD+0MHOQfIZUg6Yf5kxtb/Xw6FP5TksnSs="
SENT_AT = 1_795_344_000


def connected(
    transport: httpx.BaseTransport | None = None, *, guard: Callable[[], None] = lambda: None, vault: MemoryVault | None = None, **kept: str
) -> Etsy:
    opens = {"keystring": "k", "shared_secret": "s", "webhook_secret": SECRET, "shop_id": "12345678"}
    tokens = {"access_token": "111.a", "refresh_token": "r", "token_expires_at": "99999999999"}
    return Etsy(Connection("channel-1", {}, vault or MemoryVault(**{**opens, **tokens, **kept}), transport, guard))


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


def signed(body: bytes, signature: str = SIGNED, *, identity: str = "msg_test_0001", sent_at: str = str(SENT_AT)) -> Delivery:
    headers = {"webhook-id": identity, "webhook-timestamp": sent_at, "webhook-signature": signature}
    return Delivery("POST", {"content-type": "application/json", **headers}, body)
