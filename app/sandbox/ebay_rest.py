"""The sandbox's eBay over HTTP: who may ask, how often, and which route it is."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

import httpx
import orjson

from app import chance
from app.sandbox import ebay_selling as selling
from app.sandbox import ebay_setup as setup
from app.sandbox.answers import Answered, http_date
from app.sandbox.ebay_asked import HERE, SCOPE, Asked, Refusal, error

if TYPE_CHECKING:
    from app.sandbox.ebay import EbayShop

_NAMES = ("", "/sell.inventory", "/sell.fulfillment", "/commerce.identity.readonly", "/commerce.notification.subscription")
SCOPES = tuple(SCOPE + name for name in _NAMES)


def handle(shop: EbayShop, request: httpx.Request) -> httpx.Response:
    headers = {"date": http_date(chance.now())}
    body: Any
    try:
        status, body, more = _route(shop, request)
        headers |= more
    except Refusal as refusal:
        status, body = refusal.status, {"errors": [error(refusal.code, refusal.message, refusal.domain)]}
    if body is None:
        return httpx.Response(status, headers=headers)
    headers["content-type"] = "application/json"
    return Answered(status, headers, orjson.dumps(body))


Route = Callable[["EbayShop", Asked], tuple[int, Any]]


def _route(shop: EbayShop, request: httpx.Request) -> tuple[int, Any, dict[str, str]]:
    path = request.url.raw_path.decode().partition("?")[0]
    if path == "/identity/v1/oauth2/token" and request.method == "POST":
        _count(shop, "token")
        return (*_token(shop, request), {})
    for method, pattern, api, scope, who, route in _ROUTES:
        found = pattern.fullmatch(path)
        if found is None or method != request.method:
            continue
        caller, scopes = _caller(shop, request)
        _count(shop, api)
        if who != caller and who != "any":
            raise Refusal(403, 1100, "Insufficient permissions to fulfill the request.", "ACCESS")
        if scope is not None and SCOPE + scope not in scopes:
            raise Refusal(403, 1100, "Insufficient permissions to fulfill the request.", "ACCESS")
        here, parts = request.url.host in HERE, [unquote(part) for part in found.groups()]
        asked = Asked(request.method, dict(request.url.params), _body(request), caller, here, parts)
        return (*route(shop, asked), asked.headers)
    raise Refusal(404, 2002, "Resource not found", "ACCESS")


def _body(request: httpx.Request) -> Any:
    if request.method not in ("POST", "PUT"):
        return None
    if not request.content:
        if re.search(r"/(publish|withdraw)$", request.url.path):
            raise Refusal(411, 2003, "Length required", "ACCESS")
        return None
    try:
        return json.loads(request.content)
    except ValueError:
        raise Refusal(400, 2004, "Invalid request", "ACCESS") from None


def _count(shop: EbayShop, api: str) -> None:
    """Each application has so many requests in a day."""
    key = (api, shop.today())
    if shop.calls[key] >= shop.limits[api]:
        shop.over_limit += 1
        raise Refusal(429, 2001, "Too many requests. The request limit has been reached for the resource.", "ACCESS")
    shop.calls[key] += 1


# Tokens


def _token(shop: EbayShop, request: httpx.Request) -> tuple[int, Any]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        given = ""
    if given != f"{shop.client_id}:{shop.secret}":
        return 401, {"error": "invalid_client", "error_description": "client authentication failed"}
    form = dict(parse_qsl(request.content.decode()))
    asked = frozenset((form.get("scope") or "").split())
    match form.get("grant_type"):
        case "client_credentials":
            return 200, _made(shop, "app", asked or frozenset({SCOPE}))
        case "authorization_code":
            scopes = shop.codes.pop(form.get("code", ""), None)
            if scopes is None or form.get("redirect_uri") != shop.ru_name:
                return 400, {"error": "invalid_grant", "error_description": "the provided authorization grant code is invalid"}
            shop.scopes = set(scopes)
            lasting = {"refresh_token": shop.refresh_token, "refresh_token_expires_in": 47_304_000}
            return 200, _made(shop, "user", scopes) | lasting
        case "refresh_token":
            if not shop.refresh_token or form.get("refresh_token") != shop.refresh_token:
                return 400, {"error": "invalid_grant", "error_description": "the provided authorization refresh token is invalid"}
            if asked - shop.scopes:
                return 400, {"error": "invalid_scope", "error_description": "The requested scope is invalid or exceeds the scope granted"}
            return 200, _made(shop, "user", asked or frozenset(shop.scopes))
    return 400, {"error": "unsupported_grant_type", "error_description": "grant type in request is not supported"}


def _made(shop: EbayShop, who: str, scopes: frozenset[str]) -> dict[str, Any]:
    token = "v^1.1#i^1#" + chance.secret(8).hex()
    shop.tokens[token] = (who, scopes, chance.now() + timedelta(seconds=shop.token_s))
    name = "User Access Token" if who == "user" else "Application Access Token"
    return {"access_token": token, "expires_in": shop.token_s, "token_type": name}


def _caller(shop: EbayShop, request: httpx.Request) -> tuple[str, frozenset[str]]:
    who, scopes, until = shop.tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "), ("", frozenset(), chance.now()))
    if until <= chance.now():
        raise Refusal(401, 1001, "Invalid access token", "OAuth")
    return who, scopes


def _user(shop: EbayShop, _: Asked) -> tuple[int, Any]:
    return 200, {"userId": shop.user_id, "username": shop.name, "accountType": "INDIVIDUAL", "registrationMarketplaceId": shop.site}


_I, _F, _M = "/sell/inventory/v1", "/sell/fulfillment/v1", "/commerce/notification/v1"
_INVENTORY, _FULFILLMENT = "/sell.inventory", "/sell.fulfillment"
_TABLE: tuple[tuple[str, str, str, str | None, str, Route], ...] = (
    ("GET", r"/commerce/identity/v1/user/?", "identity", "/commerce.identity.readonly", "user", _user),
    ("GET", rf"{_I}/inventory_item", "inventory", _INVENTORY, "user", selling.items),
    ("POST", rf"{_I}/bulk_get_inventory_item", "inventory", _INVENTORY, "user", selling.some_items),
    ("POST", rf"{_I}/bulk_update_price_quantity", "inventory", _INVENTORY, "user", selling.set_numbers),
    ("GET", rf"{_I}/offer", "inventory", _INVENTORY, "user", selling.offers),
    ("GET PUT", rf"{_I}/offer/([^/]+)", "inventory", _INVENTORY, "user", selling.offer),
    ("POST", rf"{_I}/offer/([^/]+)/publish", "inventory", _INVENTORY, "user", selling.publish),
    ("POST", rf"{_I}/offer/([^/]+)/withdraw", "inventory", _INVENTORY, "user", selling.withdraw),
    ("GET", rf"{_F}/order", "fulfillment", _FULFILLMENT, "user", selling.orders),
    ("GET", rf"{_F}/order/([^/]+)", "fulfillment", _FULFILLMENT, "user", selling.order),
    ("GET POST", rf"{_F}/order/([^/]+)/shipping_fulfillment", "fulfillment", _FULFILLMENT, "user", selling.shipments),
    ("GET PUT", rf"{_M}/config", "notification", None, "app", setup.config),
    ("GET", rf"{_M}/public_key/([^/]+)", "notification", None, "app", setup.public_key),
    ("GET", rf"{_M}/topic", "notification", None, "app", setup.topics),
    ("GET POST", rf"{_M}/destination", "notification", None, "app", setup.destinations),
    ("GET PUT DELETE", rf"{_M}/destination/([^/]+)", "notification", None, "app", setup.destination),
    ("GET POST", rf"{_M}/subscription", "notification", None, "any", setup.subscriptions),
    ("GET PUT DELETE", rf"{_M}/subscription/([^/]+)", "notification", None, "any", setup.subscription),
    ("POST", rf"{_M}/subscription/([^/]+)/enable", "notification", None, "any", setup.enable),
)
_ROUTES = tuple(
    (method, re.compile(pattern), api, scope, who, route)
    for methods, pattern, api, scope, who, route in _TABLE
    for method in methods.split()
)
