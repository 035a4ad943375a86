"""The sandbox's `wp-json`: who may ask, and the routes that the adapter and the fact sheet know."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from app import chance
from app.sandbox import woocommerce_json as php
from app.sandbox.answers import Answered, http_date

if TYPE_CHECKING:
    from app.sandbox.woocommerce import Webhook, WooCommerceShop

Body = dict[str, Any] | list[Any]


class Refusal(Exception):
    """A REST error: WordPress's code and status."""

    def __init__(self, code: str, status: int, message: str = "Sorry.", **more: Any) -> None:
        super().__init__(code)
        self.code, self.status, self.message, self.more = code, status, message, more


class Asked:
    """A request that was let in: its query and its body."""

    def __init__(self, request: httpx.Request) -> None:
        self.method = request.method
        self.query = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        self.body: Any = None
        if request.content:
            try:
                self.body = json.loads(request.content)
            except ValueError as error:
                raise Refusal("rest_invalid_json", 400) from error
        self.headers: dict[str, str] = {}

    def page(self, rows: Sequence[Any]) -> Sequence[Any]:
        """The part of a list that was asked for."""
        size, page = int(self.query.get("per_page", "10")), int(self.query.get("page", "1"))
        if not 1 <= size <= 100:
            raise Refusal("rest_invalid_param", 400, params={"per_page": "per_page must be between 1 (inclusive) and 100 (inclusive)"})
        self.headers = {"x-wp-total": str(len(rows)), "x-wp-totalpages": str(-(-len(rows) // size))}
        return rows[(page - 1) * size : page * size]

    def included(self, rows: Sequence[Any]) -> list[Any]:
        wanted = self.query.get("include")
        if wanted is None:
            return list(rows)
        ids = set(wanted.split(","))
        return [row for row in rows if row.id in ids]


def handle(shop: WooCommerceShop, request: httpx.Request) -> httpx.Response:
    headers = {
        "content-type": "application/json; charset=UTF-8",
        "cache-control": "no-store, private",
        "date": http_date(chance.now()),
    }
    status: int = 200
    body: Any
    try:
        asked = Asked(request)
        status, body = _route(shop, request, asked)
        headers |= asked.headers
        if fields := asked.query.get("_fields"):
            body = _cut(body, fields.split(","))
    except Refusal as refusal:
        status, body = refusal.status, php.error(refusal.code, refusal.status, refusal.message, **refusal.more)
    return Answered(status, headers, php.dumped(body))


def _cut(body: Body, fields: Sequence[str]) -> Body:
    if isinstance(body, list):
        return [{name: row[name] for name in fields if name in row} for row in body]
    return {name: body[name] for name in fields if name in body}


# Who may ask


def _authenticate(shop: WooCommerceShop, request: httpx.Request) -> None:
    if request.url.scheme == "https":
        key, secret = _basic(request)
        if key != shop.key:
            raise Refusal("woocommerce_rest_cannot_view", 401)
        if secret != shop.secret:
            raise Refusal("woocommerce_rest_authentication_error", 401, "Consumer secret is invalid.")
    else:
        _oauth(shop, request)
    if shop.permission == "read" and request.method not in ("GET", "HEAD"):
        raise Refusal("woocommerce_rest_authentication_error", 401, "The API key provided does not have write permissions.")


def _basic(request: httpx.Request) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request.url.params.get("consumer_key", ""), request.url.params.get("consumer_secret", "")
    try:
        key, _, secret = base64.b64decode(encoded).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return key, secret


def _oauth(shop: WooCommerceShop, request: httpx.Request) -> None:
    """One-legged OAuth 1.0a over the query; Basic is ignored here, because WordPress doesn't think that this is TLS."""
    given = parse_qsl(request.url.query.decode(), keep_blank_values=True)
    oauth = dict(given)
    if oauth.get("oauth_consumer_key") != shop.key:
        raise Refusal("woocommerce_rest_cannot_view", 401)
    digest = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}.get(oauth.get("oauth_signature_method", ""))
    if digest is None:
        raise Refusal("woocommerce_rest_authentication_error", 401, "Invalid signature - signature method is invalid.")
    signed = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in given if name != "oauth_signature")
    line = "&".join(f"{name}={value}" for name, value in signed)
    address = str(request.url.copy_with(query=None, fragment=None))
    base = "&".join([request.method, quote(address, safe="~"), quote(line, safe="~")])
    expected = base64.b64encode(hmac.new(f"{shop.secret}&".encode(), base.encode(), digest).digest()).decode()
    if not hmac.compare_digest(expected, oauth.get("oauth_signature", "")):
        raise Refusal("woocommerce_rest_authentication_error", 401, "Invalid signature - provided signature does not match.")
    now = chance.now()
    if abs(now.timestamp() - int(oauth.get("oauth_timestamp") or 0)) > 900:
        raise Refusal("woocommerce_rest_authentication_error", 401, "Invalid timestamp.")
    shop.nonces = {nonce: at for nonce, at in shop.nonces.items() if now - at < timedelta(minutes=15)}
    if oauth.get("oauth_nonce", "") in shop.nonces:
        raise Refusal("woocommerce_rest_authentication_error", 401, "Invalid nonce - nonce has already been used.")
    shop.nonces[oauth["oauth_nonce"]] = now


# Routes

Route = Callable[["WooCommerceShop", Asked, Sequence[str]], tuple[int, Any]]


def _route(shop: WooCommerceShop, request: httpx.Request, asked: Asked) -> tuple[int, Any]:
    base = f"{urlsplit(shop.url).path}/wp-json"
    if not request.url.path.startswith(base):
        raise Refusal("rest_no_route", 404)
    path = request.url.path.removeprefix(base).strip("/")
    if not path:
        return 200, {"name": shop.name, "description": "", "url": shop.url, "home": shop.url, "namespaces": ["wc/v3"]}
    plugin, _, rest = path.partition("/v3/")
    _authenticate(shop, request)
    if plugin != "wc" and (plugin != shop.plugin or not rest.endswith("/shipment-trackings")):
        raise Refusal("rest_no_route", 404)
    if not shop.user_may:
        raise Refusal("woocommerce_rest_cannot_view", 403)
    for method, pattern, route in _ROUTES:
        if method == asked.method and (found := pattern.fullmatch(rest)):
            return route(shop, asked, found.groups())
    raise Refusal("rest_no_route", 404)


def _orders(shop: WooCommerceShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    """`any` has the drafts of checkouts and leaves out the trash; `modified_after` is strictly greater."""
    rows = list(shop.orders.values())
    if after := asked.query.get("modified_after"):
        if asked.query.get("dates_are_gmt") != "true":
            raise Refusal("rest_invalid_param", 400, "The sandbox's shop lives in another zone: ask in UTC.")
        begins = datetime.fromisoformat(after).replace(microsecond=0, tzinfo=UTC) + timedelta(seconds=1)  # a stamp is whole seconds
        rows = [order for order in rows if order.updated_at >= begins]
    statuses = asked.query.get("status", "any").split(",")
    rows = [order for order in rows if order.status in statuses or ("any" in statuses and order.status != "trash")]
    rows = sorted(asked.included(rows), key=lambda order: int(order.id), reverse=asked.query.get("order", "desc") == "desc")
    return 200, [php.order(shop, order) for order in asked.page(rows)]


def _order(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    order = shop.orders.get(path[0])
    if order is None:
        raise Refusal("woocommerce_rest_shop_order_invalid_id", 404, "Invalid ID.")
    if asked.method == "PUT" and (status := (asked.body or {}).get("status")):
        shop.set_status(order.id, str(status))
    if asked.method == "DELETE":
        before = php.order(shop, order)
        if asked.query.get("force") == "true":
            shop.delete(order.id)
        else:
            shop.trash(order.id)
        return 200, before
    return 200, php.order(shop, order)


def _refunds(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    _order(shop, asked, path)
    order = shop.orders[path[0]]
    return 200, [php.refund(shop, order, each) for each in asked.page(order.refunds)]


def _kept(name: str, needs: Callable[[WooCommerceShop], bool]) -> Route:
    """A list that hangs on an order: notes, trackings, fulfilments."""

    def route(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
        if not needs(shop):
            raise Refusal("rest_no_route", 404)
        if path[0] not in shop.orders:
            raise Refusal("woocommerce_rest_shop_order_invalid_id", 404, "Invalid ID.")
        rows: list[dict[str, Any]] = getattr(shop, name).setdefault(path[0], [])
        if asked.method == "GET":
            return 200, list(rows)
        rows.append({"id": int(shop.new_id()), **asked.body})
        return 201, rows[-1]

    return route


def _products(shop: WooCommerceShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    """Never variations, but for a search by SKU."""
    simple = [variant for variant in shop.variants.values() if not variant.more.get("parent")]
    rows: list[Any] = [*simple, *shop.parents.values()]
    if sku := asked.query.get("sku"):
        rows = [variant for variant in shop.variants.values() if variant.sku in sku.split(",")]
    rows = sorted(asked.included(rows), key=lambda row: int(row.id), reverse=asked.query.get("order", "desc") == "desc")
    return 200, [_product_json(shop, row.id) for row in asked.page(rows)]


def _product_json(shop: WooCommerceShop, product_id: str) -> dict[str, Any]:
    if product_id in shop.parents:
        return php.parent_product(shop, shop.parents[product_id])
    return php.product(shop, shop.variants[product_id])


def _product(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    """A variation can be read by its own id, and not written."""
    product_id = path[0]
    if product_id not in shop.parents and product_id not in shop.variants:
        raise Refusal("woocommerce_rest_product_invalid_id", 404, "Invalid ID.")
    if asked.method == "PUT":
        if product_id in shop.variants and shop.variants[product_id].more.get("parent"):
            raise Refusal("woocommerce_rest_invalid_product_id", 404)
        _save(shop, product_id, asked.body or {}, checked=True)
    return 200, _product_json(shop, product_id)


def _variations(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    if path[0] not in shop.parents:
        raise Refusal("woocommerce_rest_product_invalid_id", 404, "Invalid ID.")
    rows = sorted(asked.included(shop.variations(path[0])), key=lambda row: int(row.id))
    return 200, [php.product(shop, row) for row in asked.page(rows)]


def _variation(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    parent, variation_id = path
    variation = shop.variants.get(variation_id)
    if variation is None or variation.more.get("parent") != parent:
        raise Refusal("woocommerce_rest_product_variation_invalid_id", 404, "Invalid ID.")
    if asked.method == "PUT":
        _save(shop, variation_id, asked.body or {}, checked=True)
    return 200, php.product(shop, variation)


def _batch(shop: WooCommerceShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    """Always 200, item by item, and nobody looks at types: a word is a 0."""
    items = (asked.body or {}).get("update", [])
    if len(items) > 100:
        raise Refusal("woocommerce_rest_request_entity_too_large", 413)
    done: list[Any] = []
    for item in items:
        product_id = str(item.get("id"))
        variant = shop.variants.get(product_id)
        if (variant is None and product_id not in shop.parents) or (variant is not None and variant.more.get("parent")):
            done.append({"id": item.get("id"), "error": php.error("woocommerce_rest_product_invalid_id", 404, "Invalid ID.")})
            continue
        _save(shop, product_id, item, checked=False)
        done.append(_product_json(shop, product_id))
    return 200, {"update": done} if items else {}


def _save(shop: WooCommerceShop, product_id: str, body: Mapping[str, Any], *, checked: bool) -> None:
    """What a request says of the stock. Saving anything, or nothing, announces the product."""
    variant = shop.variants.get(product_id)
    counter = variant.counter if variant else product_id
    is_own = counter in shop.counters and (variant is None or (variant.tracked and counter != variant.more.get("parent")))
    if checked:
        for field in ("stock_quantity", "inventory_delta"):
            value = body.get(field)
            if value is not None and (isinstance(value, bool) or not re.fullmatch(r"-?[0-9]+", str(value))):
                raise Refusal("rest_invalid_param", 400, params={field: f"{field} is not of type integer."})
    if not is_own:
        shop.touched(counter)
    elif "stock_quantity" in body:
        shop.write(counter, _as_php(body["stock_quantity"]))
    elif "inventory_delta" in body:
        loaded = shop.counters[counter]
        shop.between()
        shop.write(counter, loaded + _as_php(body["inventory_delta"]))
    else:
        shop.touched(counter)


def _as_php(value: Any) -> int:
    """A number; nothing at all and what isn't one are 0."""
    try:
        return int(float(value))
    except (TypeError, ValueError):
        return 0


# Webhooks


def _webhook_json(row: Webhook) -> dict[str, Any]:
    resource, _, event = row.topic.partition(".")
    return {
        "id": int(row.id),
        "name": row.name,
        "status": row.status,
        "topic": row.topic,
        "resource": resource,
        "event": event,
        "hooks": [],
        "delivery_url": row.url,
    }


def _webhooks(shop: WooCommerceShop, asked: Asked, _: Sequence[str]) -> tuple[int, Any]:
    if asked.method == "GET":
        return 200, [_webhook_json(row) for row in asked.page(list(shop.webhooks.values()))]
    for needed in ("topic", "delivery_url"):
        if not asked.body.get(needed):
            raise Refusal("rest_missing_callback_param", 400, params=[needed])
    row = shop.subscribe(
        str(asked.body["topic"]),
        str(asked.body["delivery_url"]),
        str(asked.body.get("secret") or chance.secret(25).hex()),
        name=str(asked.body.get("name", "")),
        status=str(asked.body.get("status", "active")),
    )
    return 201, _webhook_json(row)


def _webhook(shop: WooCommerceShop, asked: Asked, path: Sequence[str]) -> tuple[int, Any]:
    row = shop.webhooks.get(path[0])
    if row is None:
        raise Refusal("woocommerce_rest_shop_webhook_invalid_id", 404, "Invalid ID.")
    if asked.method == "DELETE":
        if asked.query.get("force") != "true":
            raise Refusal("woocommerce_rest_trash_not_supported", 501)
        del shop.webhooks[row.id]
    if asked.method == "PUT":
        row.status = str(asked.body.get("status", row.status))
        row.secret = str(asked.body.get("secret", row.secret))
        if asked.body.get("delivery_url", row.url) != row.url:
            row.url = str(asked.body["delivery_url"])
            shop.ping(row)
    return 200, _webhook_json(row)


def _setting(shop: WooCommerceShop, _: Asked, path: Sequence[str]) -> tuple[int, Any]:
    values = {
        "general/woocommerce_currency": shop.currency,
        "products/woocommerce_manage_stock": "yes" if shop.manage_stock else "no",
        "products/woocommerce_hold_stock_minutes": str(shop.hold_minutes) if shop.hold_minutes else "",
    }
    if path[0] not in values:
        raise Refusal("rest_setting_setting_invalid", 404)
    return 200, {"id": path[0].rpartition("/")[2], "value": values[path[0]]}


_TABLE: tuple[tuple[str, str, Route], ...] = (
    ("GET", r"orders", _orders),
    ("GET PUT DELETE", r"orders/(\d+)", _order),
    ("GET", r"orders/(\d+)/refunds", _refunds),
    ("GET POST", r"orders/(\d+)/notes", _kept("notes", lambda _: True)),
    ("GET POST", r"orders/(\d+)/fulfillments", _kept("core_fulfilments", lambda shop: shop.fulfilments)),
    ("GET POST", r"orders/(\d+)/shipment-trackings", _kept("trackings", lambda shop: shop.plugin is not None)),
    ("GET", r"products", _products),
    ("POST", r"products/batch", _batch),
    ("GET PUT", r"products/(\d+)", _product),
    ("GET", r"products/(\d+)/variations", _variations),
    ("GET PUT", r"products/(\d+)/variations/(\d+)", _variation),
    ("GET POST", r"webhooks", _webhooks),
    ("GET PUT DELETE", r"webhooks/(\d+)", _webhook),
    ("GET", r"settings/([a-z]+/[a-z_]+)", _setting),
)
_ROUTES = tuple((method, re.compile(pattern), route) for methods, pattern, route in _TABLE for method in methods.split())
