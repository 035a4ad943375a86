"""A channel for the tests of what stands before channels: it signs like Shopify, pings like WooCommerce and shakes hands like eBay."""

import base64
import hashlib
import hmac
import itertools
import json
from typing import Any, ClassVar

from app.channels import registry
from app.channels.base import BadSignature, Capabilities, Connection, Delivery, NoUse, Reply
from tests.api.client import Client

SECRET = "bazaar_secret_that_nobody_may_ever_see"
_numbers = itertools.count(1)


class Bazaar:
    kind: ClassVar[str] = "bazaar"
    settings: ClassVar[dict[str, str]] = {"shop": "The shop's name", "stall": "Where it stands"}
    credentials: ClassVar[dict[str, str]] = {"secret": "What it signs with", "key": "What it is asked with"}

    def __init__(self, connection: Connection) -> None:
        if not connection.settings.get("shop"):
            raise NoUse("misconfigured", "Say which shop it is.")
        self._vault = connection.vault

    def answer(self, delivery: Delivery) -> Reply | None:
        if "challenge" in delivery.query:
            return Reply(200, hashlib.sha256(delivery.query["challenge"].encode()).hexdigest().encode(), "application/json")
        return Reply(200) if delivery.body == b"ping=1" else None

    def verify(self, delivery: Delivery) -> str:
        given = delivery.headers.get("x-bazaar-signature", "")
        if not hmac.compare_digest(signature(delivery.body, self._vault.get("secret") or ""), given):
            raise BadSignature("not ours")
        return delivery.headers.get("x-bazaar-id") or hashlib.sha256(self.topic(delivery).encode() + delivery.body).hexdigest()

    def topic(self, delivery: Delivery) -> str:
        return delivery.headers.get("x-bazaar-topic", "orders/paid")

    def capabilities(self) -> Capabilities:
        """It never lets its lane in, so what comes in stays as it came."""
        raise NoUse("credentials", "The bazaar is closed.")

    def close(self) -> None:
        pass


registry.register("bazaar", Bazaar)  # type: ignore[arg-type]


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def signed(body: bytes, secret: str = SECRET, **headers: str) -> dict[str, Any]:
    """What to send, with the signature in its headers: `client.post(path, **signed(body))`."""
    named = {f"x-bazaar-{name}": value for name, value in headers.items()}
    return {"content": body, "headers": {"content-type": "application/json", "x-bazaar-signature": signature(body, secret), **named}}


def message(**fields: Any) -> bytes:
    """A body that no other message has."""
    return json.dumps({"number": next(_numbers), **fields}).encode()


def connected(client: Client, **fields: Any) -> dict[str, Any]:
    """A new channel."""
    draft = {"kind": "bazaar", "name": f"Bazaar {next(_numbers)}", "settings": {"shop": "ours"}, "credentials": {"secret": SECRET}}
    made: dict[str, Any] = client.made("/v1/channels", draft | {"locations": ["STUDIO"]} | fields)
    return made


def address(channel: dict[str, Any]) -> str:
    return f"/webhooks/{channel['id']}"


def came_in(client: Client, channel: dict[str, Any]) -> list[dict[str, Any]]:
    """The channel's deliveries, newest first."""
    return client.everything("/v1/deliveries", channel=channel["id"])


def counted(client: Client, channel: str, outcome: str) -> int:
    """How often messages to a channel came to this, as /metrics says."""
    begins = "tallystick_webhooks_total{" + f'channel="{channel}"'
    lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith(begins) and f'outcome="{outcome}"' in line]
    return sum(int(float(line.rpartition(" ")[2])) for line in lines)
