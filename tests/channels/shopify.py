"""A Shopify adapter for the tests: connected to something that answers."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from app.channels.base import Connection, Delivery
from app.channels.shopify import Shopify

SECRET = "shpss_test_0123456789abcdef"
LOCATION = "70000000001"
PAYLOADS = Path(__file__).parent / "payloads" / "shopify"


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
    kept: Mapping[str, str] | None = None,
    guard: Callable[[], None] = lambda: None,
    **settings: str,
) -> Shopify:
    """With the client-credentials grant, unless other credentials are given; to nothing that answers, unless there is a transport."""
    vault = MemoryVault(**(kept if kept is not None else {"client_id": "app", "client_secret": SECRET}))
    return Shopify(Connection("channel-1", {"shop": "mugs", "location_id": LOCATION} | settings, vault, transport or Scripted(), guard))


def permanent(transport: httpx.BaseTransport, **settings: str) -> Shopify:
    """With a token that needn't be asked for: the script holds answers to operations alone."""
    return connected(transport, kept={"access_token": "shpat_old", "api_secret_key": SECRET}, **settings)


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

    @property
    def operations(self) -> list[str]:
        return [json.loads(request.content).get("operationName") for request in self.asked if request.url.path.endswith("graphql.json")]

    def variables(self, index: int = -1) -> dict[str, Any]:
        return dict(json.loads(self.asked[index].content)["variables"])


def token(name: str = "shpat_1", expires_in: int = 86_399) -> httpx.Response:
    return httpx.Response(200, json={"access_token": name, "scope": "read_orders", "expires_in": expires_in})


def data(*errors: Any, cost: tuple[float, float] | None = None, headers: Mapping[str, str] | None = None, **fields: Any) -> httpx.Response:
    """An answer of the GraphQL API. `cost`: what was asked for, and what is left in the bucket of 2,000."""
    body: dict[str, Any] = {"data": fields or None}
    if errors:
        body["errors"] = list(errors)
    if cost is not None:
        status = {"maximumAvailable": 2000.0, "currentlyAvailable": cost[1], "restoreRate": 100.0}
        body["extensions"] = {"cost": {"requestedQueryCost": cost[0], "actualQueryCost": cost[0], "throttleStatus": status}}
    return httpx.Response(200, json=body, headers={"x-shopify-api-version": "2026-10"} | dict(headers or {}))


def error(code: str, message: str = "x", path: list[str | int] | None = None) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code}} | ({"path": path} if path else {})


def payload(name: str) -> bytes:
    return (PAYLOADS / name).read_bytes()


def signed(body: bytes, topic: str, secret: str = SECRET, **headers: str) -> Delivery:
    digest = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return message(body, topic, x_shopify_hmac_sha256=digest, **headers)


def message(body: bytes, topic: str, **headers: str) -> Delivery:
    return Delivery("POST", {"x-shopify-topic": topic} | {name.replace("_", "-"): value for name, value in headers.items()}, body)
