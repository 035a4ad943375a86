"""The sandbox's Open API v3: who may ask and how often, and the routes that the adapter and the fact sheet know."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import httpx
import orjson

from app import chance
from app.domain.money import exponent
from app.sandbox import etsy_json as as_json
from app.sandbox.answers import Answered, http_date
from app.sandbox.shop import Kind, Order, Variant

if TYPE_CHECKING:
    from app.sandbox.etsy import EtsyShop, Grant, Listing

_API, _TOKEN = "/v3/application/", "/v3/public/oauth/token"
_EARLIEST = 946_684_800
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


class Refusal(Exception):
    """An error of Etsy's: a status and a sentence."""

    def __init__(self, status: int, error: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status, self.headers, self.body = status, dict(headers or {}), {"error": error}


class Asked:
    """A request: its query, and its body as JSON or a form."""

    def __init__(self, request: httpx.Request) -> None:
        self.method = request.method
        self.query = dict(request.url.params)
        self.is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        self.body: Any = {}
        if self.is_form:
            self.body = dict(parse_qsl(request.content.decode()))
        elif request.content:
            try:
                self.body = json.loads(request.content)
            except ValueError as error:
                raise Refusal(400, "The request body isn't JSON.") from error

    def form(self) -> dict[str, str]:
        if not self.is_form:
            raise Refusal(400, "Send a form.")
        return dict(self.body)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.query.get(name, str(default))
        if not re.fullmatch("[0-9]{1,12}", text) or not least <= int(text) <= most:
            raise Refusal(400, f"Invalid value for {name}.")
        return int(text)

    def flag(self, name: str) -> bool | None:
        return {"true": True, "false": False}.get(self.query.get(name, ""))

    def page(self, rows: Sequence[Any]) -> tuple[int, Sequence[Any]]:
        limit, offset = self.number("limit", 25, 1, 100), self.number("offset", 0, 0, 12_000)
        return len(rows), rows[offset : offset + limit]


def handle(shop: EtsyShop, request: httpx.Request) -> httpx.Response:
    headers = {"content-type": "application/json", "date": http_date(chance.now())}
    try:
        if request.url.path == _TOKEN:
            status, body = _token(shop, Asked(request))
        else:
            headers |= _within_quotas(shop)
            status, body = _route(shop, request)
    except Refusal as refusal:
        status, body = refusal.status, refusal.body
        headers |= refusal.headers
    return Answered(status, headers, orjson.dumps(body))


def _within_quotas(shop: EtsyShop) -> dict[str, str]:
    """Both are counted per key over the time that has just passed: what is refused isn't."""
    now, asked = chance.now(), shop.asked_at
    shop.requests += 1
    while asked and asked[0] <= now - _DAY:
        asked.popleft()
    lately = 0
    for at in reversed(asked):
        if at <= now - _SECOND:
            break
        lately += 1
    headers = {"x-limit-per-second": str(shop.per_second), "x-limit-per-day": str(shop.per_day)}
    if lately >= shop.per_second or len(asked) >= shop.per_day:
        shop.limited += 1
        wait_s = 1 if lately >= shop.per_second else ceil((asked[0] + _DAY - now).total_seconds())
        raise Refusal(429, "Exceeded quota.", headers={**headers, "retry-after": str(max(1, wait_s))})
    asked.append(now)
    return headers | {
        "x-remaining-this-second": str(shop.per_second - lately - 1),
        "x-remaining-today": str(shop.per_day - len(asked)),
    }


# Who may ask


def _token(shop: EtsyShop, asked: Asked) -> tuple[int, Any]:
    form = asked.form()
    if form.get("client_id") != shop.keystring:
        raise Refusal(401, "invalid_client: Unknown client_id.")
    if form.get("grant_type") == "authorization_code":
        question = shop.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if question is None or question["code_challenge"] != challenge or question["redirect_uri"] != form.get("redirect_uri"):
            raise Refusal(400, "invalid_grant: The code isn't for this question.")
        found = shop.grant(frozenset(question["scope"].split()))
    else:
        given = form.get("refresh_token", "")
        grants = [
            each
            for each in shop.grants
            if each.refresh_until > chance.now() and (each.refresh == given or (shop.forgives and given in each.former))
        ]
        if form.get("grant_type") != "refresh_token" or not grants:
            raise Refusal(400, "invalid_grant: The refresh token was used, or it is too old.")
        (found,) = grants
        shop.renew(found)
    life_s = int((found.access_until - chance.now()).total_seconds())
    return 200, {"access_token": found.access, "token_type": "Bearer", "expires_in": life_s, "refresh_token": found.refresh}


def _granted(shop: EtsyShop, request: httpx.Request) -> Grant:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    found = next((each for each in shop.grants if scheme == "Bearer" and each.access == token and each.access_until > chance.now()), None)
    if found is None:
        raise Refusal(401, "invalid_token: access token is expired or unknown")
    return found


# Routes

Route = Callable[["EtsyShop", Asked, Sequence[str]], tuple[int, Any]]


def _route(shop: EtsyShop, request: httpx.Request) -> tuple[int, Any]:
    if request.headers.get("x-api-key") != f"{shop.keystring}:{shop.shared_secret}":
        raise Refusal(401, "Invalid API key.")
    asked, path = Asked(request), request.url.path.removeprefix(_API)
    for method, pattern, scope, route in _ROUTES:
        if method != asked.method or not (found := pattern.fullmatch(path)):
            continue
        if scope is not None and scope not in _granted(shop, request).scopes:
            raise Refusal(403, f"insufficient_scope: this needs {scope}")
        if path.startswith("shops/") and found.groups()[0] != shop.shop_id:
            raise Refusal(404, "Could not find a shop with that id.")
        return route(shop, asked, found.groups())
    raise Refusal(404, "Resource not found.")


def _me(shop: EtsyShop, _: Asked, __: Sequence[str]) -> tuple[int, Any]:
    return 200, as_json.self_(shop)


def _scopes(shop: EtsyShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    found = next((each for each in shop.grants if each.access == asked.form().get("token")), None)
    if found is None:
        raise Refusal(401, "invalid_token")
    return 200, {"scopes": sorted(found.scopes)}


def _shop(shop: EtsyShop, _: Asked, __: Sequence[str]) -> tuple[int, Any]:
    return 200, as_json.shop(shop)


def _listings(shop: EtsyShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    state = asked.query.get("state", "active")
    rows = [each for each in shop.listings.values() if each.state == state and shop.of_listing(each.id)]
    count, found = asked.page(sorted(rows, key=lambda each: -int(each.id)))
    return 200, {"count": count, "results": [as_json.listing(shop, each) for each in found]}


def _found(shop: EtsyShop, listing_id: str) -> Listing:
    if listing_id not in shop.listings or not shop.of_listing(listing_id):
        raise Refusal(404, "Could not find a Listing with that listing_id.")
    return shop.listings[listing_id]


def _listing(shop: EtsyShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    return 200, as_json.listing(shop, _found(shop, path[0]))


def _inventory(shop: EtsyShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    listing = _found(shop, path[0])
    if asked.method == "PUT":
        _replace(shop, listing, asked.body)
        return 200, as_json.inventory(shop, listing)
    beside = {"listing": as_json.listing(shop, listing)} if asked.query.get("includes") == "Listing" else {}
    return 200, as_json.inventory(shop, listing) | beside


def _turn(shop: EtsyShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    """On sale or not, alone. What a document says is sold with it."""
    listing, state = _found(shop, path[1]), asked.form().get("state")
    if state == "inactive":
        shop.darkened += listing.state == "active"
        shop.take_off(listing, "inactive", Kind.GRANTED)
    elif state == "active" and listing.state != "active":
        if listing.state == "inactive" and not any(listing.noted.values()):
            raise Refusal(400, "Quantity must be greater than 0.")
        shop.brought_back += listing.state == "inactive"
        shop.put_on(listing, Kind.GRANTED)
    elif state not in (None, "active"):
        raise Refusal(400, "Invalid state.")
    return 200, as_json.listing(shop, listing)


# The inventory document


def _replace(shop: EtsyShop, listing: Listing, body: Any) -> None:
    """All of it: a variant that isn't in it is gone. Refused whole, or done whole."""
    try:
        rows = [(_named(shop, listing, product), product, _offered(product, listing)) for product in body["products"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refusal(400, f"The inventory isn't valid: {error}") from error
    if not rows or len({variant.id for variant, _, _ in rows}) < len(rows):
        raise Refusal(400, "Every product once.")
    if not any(offered["quantity"] for _, _, offered in rows):
        raise Refusal(400, "One offering must have quantity greater than 0")
    along = {name: bool(body.get(name)) for name in ("quantity_on_property", "price_on_property", "sku_on_property")}
    values = {
        "quantity_on_property": {offered["quantity"] for _, _, offered in rows},
        "price_on_property": {offered["price"] for _, _, offered in rows},
        "sku_on_property": {product.get("sku") or "" for _, product, _ in rows},
    }
    for name, differs in along.items():
        if not differs and len(values[name]) > 1:
            raise Refusal(400, f"Values differ, but {name} is empty.")
    if along["quantity_on_property"] != listing.along:
        raise Refusal(400, "The sandbox doesn't change along what quantities differ.")
    for variant, product, offered in rows:
        variant.sku = product.get("sku") or None
        variant.price = round(offered["price"] * 10 ** exponent(shop.currency))
        variant.live = offered["is_enabled"]
    quantities = {variant.counter: offered["quantity"] for variant, _, offered in rows}
    for counter, quantity in quantities.items():
        if listing.state != "active":
            listing.noted[counter] = quantity
        elif quantity > shop.counters[counter]:
            shop.write(counter, quantity)
    for counter, quantity in quantities.items():  # what lowers comes last, so that the listing never looks sold out in between
        if listing.state == "active" and quantity < shop.counters[counter]:
            shop.write(counter, quantity)
    for gone in {each.id for each in shop.of_listing(listing.id)} - {variant.id for variant, _, _ in rows}:
        if shop.variants[gone].counter not in quantities:
            shop.write(shop.variants[gone].counter, 0)
        del shop.variants[gone]
    listing.modified_at = chance.now()


def _named(shop: EtsyShop, listing: Listing, product: Mapping[str, Any]) -> Variant:
    for name in ("product_id", "is_deleted"):
        if name in product:
            raise ValueError(f"{name} isn't allowed here")
    for each in product["property_values"]:
        if {"scale_name", "value_pairs"} & each.keys() or any(mark in value for value in each["values"] for mark in "()"):
            raise ValueError("a property value isn't valid")
    variants = shop.of_listing(listing.id)
    if len(variants) == 1 and not product["property_values"]:
        return variants[0]
    ids = [value_id for each in product["property_values"] for value_id in each["value_ids"]]
    return next(variant for variant in variants if ids == [as_json.product_id(variant)])


def _offered(product: Mapping[str, Any], listing: Listing) -> Mapping[str, Any]:
    (offering,) = product["offerings"]
    if set(offering) != {"price", "quantity", "is_enabled", "readiness_state_id"}:
        raise ValueError("an offering has a price, a quantity, is_enabled and readiness_state_id")
    if isinstance(offering["price"], bool) or not isinstance(offering["price"], int | float):
        raise ValueError("a price is a decimal number")
    if isinstance(offering["quantity"], bool) or not isinstance(offering["quantity"], int) or offering["quantity"] < 0:
        raise ValueError("a quantity is a whole number")
    if offering["readiness_state_id"] is None and not listing.digital:
        raise ValueError("readiness_state_id is needed for physical goods")
    return dict(offering)


# Receipts


def _receipts(shop: EtsyShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    wanted = {name: asked.number(name, _EARLIEST, _EARLIEST, 10**11) for name in asked.query if name.startswith(("min_", "max_"))}
    known = chance.now() - timedelta(seconds=shop.lag_s)
    rows = [order for order in shop.orders.values() if order.updated_at <= known and _fits(order, asked, wanted)]
    by: Callable[[Order], tuple[int, int]] = {
        "created": lambda order: (as_json.seconds(order.placed_at), int(order.id)),
        "updated": lambda order: (as_json.seconds(order.updated_at), int(order.id)),
        "receipt_id": lambda order: (int(order.id), 0),
    }[asked.query.get("sort_on", "created")]
    rows.sort(key=by, reverse=asked.query.get("sort_order", "desc") not in ("asc", "ascending", "up"))
    count, found = asked.page(rows)
    return 200, {"count": count, "results": [as_json.receipt(shop, order) for order in found]}


def _fits(order: Order, asked: Asked, wanted: Mapping[str, int]) -> bool:
    times = {"created": as_json.seconds(order.placed_at), "last_modified": as_json.seconds(order.updated_at)}
    for name, at in times.items():
        if not wanted.get(f"min_{name}", 0) <= at <= wanted.get(f"max_{name}", at):
            return False
    flags = {"was_paid": order.paid, "was_shipped": bool(order.fulfilments), "was_canceled": order.cancelled_at is not None}
    return all(asked.flag(name) in (None, value) for name, value in flags.items())


def _order(shop: EtsyShop, receipt_id: str) -> Order:
    if receipt_id not in shop.orders:
        raise Refusal(404, "Could not find a Receipt with that receipt_id.")
    return shop.orders[receipt_id]


def _receipt(shop: EtsyShop, _: Asked, path: Sequence[str]) -> tuple[int, Any]:
    return 200, as_json.receipt(shop, _order(shop, path[1]))


def _tracking(shop: EtsyShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    """Each one writes to the buyer, also the second under the same number."""
    order, body = _order(shop, path[1]), asked.body
    if not shop.may_ship:
        raise Refusal(403, "This endpoint isn't available to your app for shops in this region.")
    if order.cancelled_at is not None:
        raise Refusal(409, "The order was canceled.")
    shop.fulfil(order.id, carrier=body.get("carrier_name"), tracking_number=body.get("tracking_code"))
    return 200, as_json.receipt(shop, order)


_TABLE: tuple[tuple[str, str, str | None, Route], ...] = (
    ("GET", r"users/me", "shops_r", _me),
    ("POST", r"scopes", None, _scopes),
    ("GET", r"shops/(\d+)", None, _shop),
    ("GET", r"shops/(\d+)/listings", "listings_r", _listings),
    ("PATCH", r"shops/(\d+)/listings/(\d+)", "listings_w", _turn),
    ("GET", r"listings/(\d+)", None, _listing),
    ("GET", r"listings/(\d+)/inventory", "listings_r", _inventory),
    ("PUT", r"listings/(\d+)/inventory", "listings_w", _inventory),
    ("GET", r"shops/(\d+)/receipts", "transactions_r", _receipts),
    ("GET", r"shops/(\d+)/receipts/(\d+)", "transactions_r", _receipt),
    ("POST", r"shops/(\d+)/receipts/(\d+)/tracking", "transactions_w", _tracking),
)
_ROUTES = tuple((method, re.compile(pattern), scope, route) for method, pattern, scope, route in _TABLE)
