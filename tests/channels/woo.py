"""A WooCommerce adapter for the tests: connected to something that answers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from app.channels.base import Connection, Delivery
from app.channels.woocommerce import WooCommerce

SECRET = "demo-secret-1"
PAYLOADS = Path(__file__).parent / "payloads" / "woocommerce"


class MemoryVault:
    def __init__(self, **kept: str) -> None:
        self.kept = kept

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def keep(self, changes: Mapping[str, str]) -> None:
        self.kept.update(changes)


def connected(
    transport: httpx.BaseTransport | None = None,
    *,
    url: str = "https://shop.example",
    key: str = "ck_demo",
    secret: str = "cs_demo",
    webhook_secret: str = SECRET,
    guard: Callable[[], None] = lambda: None,
    vault: MemoryVault | None = None,
    **settings: str,
) -> WooCommerce:
    vault = vault or MemoryVault(consumer_key=key, consumer_secret=secret, webhook_secret=webhook_secret)
    return WooCommerce(Connection("channel-1", {"url": url} | settings, vault, transport, guard))


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


class Scripted(httpx.BaseTransport):
    """Answers in turn, and keeps what was asked. An exception in the list is raised."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers, self.asked = list(answers), list[httpx.Request]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def message(body: bytes, topic: str = "order.updated", **headers: str) -> Delivery:
    return Delivery("POST", {"content-type": "application/json", "x-wc-webhook-topic": topic} | named(headers), body)


def signed(body: bytes, signature: str, topic: str = "order.updated", **headers: str) -> Delivery:
    return message(body, topic, x_wc_webhook_signature=signature, **headers)


def named(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def refused(status: int, code: str, **more: Any) -> httpx.Response:
    return httpx.Response(status, json={"code": code, "message": "x", "data": {"status": status}}, **more)
