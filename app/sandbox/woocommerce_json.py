"""WooCommerce's JSON, as PHP writes it: two dates for everything, money as text, slashes and letters escaped."""

from __future__ import annotations

import codecs
import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.money import exponent
from app.sandbox.shop import Line, Order, Refund, Variant

if TYPE_CHECKING:
    from app.sandbox.woocommerce import Parent, WooCommerceShop


def _escaped(found: UnicodeError) -> tuple[str, int]:
    assert isinstance(found, UnicodeEncodeError)
    return json.dumps(found.object[found.start : found.end])[1:-1], found.end


codecs.register_error("php", _escaped)


def dumped(value: Any) -> bytes:
    """No blanks, and in ASCII."""
    return orjson.dumps(value).decode().encode("ascii", "php").replace(b"/", b"\\/")


def stamp(moment: datetime | None) -> str | None:
    """Whole seconds, and no word about the zone."""
    return moment.isoformat()[:19] if moment else None


@lru_cache(1024)
def amount(minor: int, currency: str) -> str:
    digits = exponent(currency)
    return f"{minor / 10**digits:.{digits}f}"


def order(shop: WooCommerceShop, of: Order) -> dict[str, Any]:
    buyer, status = of.buyer, of.status
    first, last = buyer["name"].split(" ", 1)
    address = {
        "first_name": first,
        "last_name": last,
        "company": "",
        "address_1": buyer["line1"],
        "address_2": "",
        "city": buyer["city"],
        "state": "",
        "postcode": buyer["postal_code"],
        "country": buyer["country"],
    }
    nothing, placed_at, updated_at = amount(0, shop.currency), stamp(of.placed_at), stamp(of.updated_at)
    completed_at, paid_at = stamp(of.more.get("completed_at")), stamp(of.paid_at)
    url = f"{shop.url}/checkout/order-pay/{of.id}/?pay_for_order=true&key=wc_order_demo"
    return {
        "id": int(of.id),
        "parent_id": 0,
        "status": status,
        "currency": shop.currency,
        "version": "10.0.2",
        "prices_include_tax": False,
        "date_created": placed_at,
        "date_modified": updated_at,
        "discount_total": nothing,
        "discount_tax": nothing,
        "shipping_total": amount(of.shipping, shop.currency),
        "shipping_tax": nothing,
        "cart_tax": nothing,
        "total": amount(of.total, shop.currency),
        "total_tax": nothing,
        "customer_id": 0,
        "order_key": "wc_order_demo",
        "billing": {**address, "email": buyer["email"], "phone": buyer["phone"]},
        "shipping": {**address, "phone": ""},
        "payment_method": "bacs" if status == "on-hold" else "stripe",
        "payment_method_title": "",
        "transaction_id": "",
        "created_via": "store-api",
        "customer_note": "",
        "date_completed": completed_at,
        "date_paid": paid_at,
        "number": of.number,
        "meta_data": [],
        "line_items": [_line(shop, of, line) for line in of.lines],
        "tax_lines": [],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [{"id": int(each.id), "reason": "", "total": f"-{_refunded(shop, of, each)}"} for each in of.refunds],
        "payment_url": url,
        "date_created_gmt": placed_at,
        "date_modified_gmt": updated_at,
        "date_completed_gmt": completed_at,
        "date_paid_gmt": paid_at,
        "currency_symbol": "£" if shop.currency == "GBP" else "€",
    }


def _line(shop: WooCommerceShop, of: Order, line: Line) -> dict[str, Any]:
    variant = shop.variants.get(line.variant or "")
    parent = variant.more.get("parent") if variant else None
    meta: list[tuple[str, str]] = []
    if line.taken > 0:
        meta.append(("_reduced_stock", str(line.taken)))
    if restocked := sum(each.quantity for each in of.refunds if each.line == line.id and each.restock):
        meta.append(("_restock_refunded_items", str(restocked)))
    total, nothing = amount(line.price * line.current, shop.currency), amount(0, shop.currency)
    price = line.price / 10 ** exponent(shop.currency)
    product = int(parent or (variant.id if variant else 0))
    return {
        "id": int(line.id),
        "name": line.title,
        "product_id": product,
        "variation_id": int(variant.id) if variant and parent else 0,
        "quantity": line.current,
        "tax_class": "",
        "subtotal": total,
        "subtotal_tax": nothing,
        "total": total,
        "total_tax": nothing,
        "taxes": [],
        "meta_data": [
            {"id": int(line.id) * 10 + n, "key": key, "value": value, "display_key": key, "display_value": value}
            for n, (key, value) in enumerate(meta)
        ],
        "sku": line.sku,
        "price": int(price) if price == int(price) else price,
        "image": {"id": "", "src": ""},
        "parent_name": shop.parents[parent].title if parent in shop.parents else None,
    }


def _refunded(shop: WooCommerceShop, of: Order, refund: Refund) -> str:
    return amount(of.line(refund.line).price * refund.quantity, shop.currency)


def refund(shop: WooCommerceShop, of: Order, made: Refund) -> dict[str, Any]:
    line = _line(shop, of, of.line(made.line))
    back = f"-{_refunded(shop, of, made)}"
    origin = {"id": int(made.id) * 10, "key": "_refunded_item_id", "value": made.line}
    line |= {"id": int(made.id) + 1_000_000, "quantity": -made.quantity, "subtotal": back, "total": back, "meta_data": [origin]}
    return {
        "id": int(made.id),
        "date_created": stamp(made.at),
        "date_created_gmt": stamp(made.at),
        "amount": back.removeprefix("-"),
        "reason": "",
        "line_items": [line],
    }


def product(shop: WooCommerceShop, of: Variant) -> dict[str, Any]:
    """A simple product or a variation. The quantity of a variation that leaves counting to its parent is its parent's."""
    parent = of.more.get("parent")
    shares = parent is not None and of.counter == parent
    quantity = shop.counters.get(of.counter) if of.tracked else None
    return _product(shop, of.id, of.counter) | {
        "name": of.title,
        "type": "variation" if parent else "simple",
        "parent_id": int(parent or 0),
        "sku": of.sku or "",
        "status": "publish" if of.live else "private" if parent else "draft",
        "price": amount(of.price, shop.currency),
        "regular_price": amount(of.price, shop.currency),
        "manage_stock": "parent" if shares else of.tracked,
        "stock_quantity": quantity,
        "stock_status": "instock" if quantity is None or quantity > 0 else "onbackorder" if of.sells_below_zero else "outofstock",
        "backorders": "yes" if of.sells_below_zero else "no",
        "attributes": [{"id": 0, "name": "Size", "option": of.more["option"]}] if of.more.get("option") else [],
        "variations": [],
    }


def parent_product(shop: WooCommerceShop, of: Parent) -> dict[str, Any]:
    quantity = shop.counters.get(of.id)
    return _product(shop, of.id, of.id) | {
        "name": of.title,
        "type": "variable",
        "parent_id": 0,
        "sku": "",
        "status": "publish",
        "price": "",
        "regular_price": "",
        "manage_stock": quantity is not None,
        "stock_quantity": quantity,
        "stock_status": "instock" if quantity is None or quantity > 0 else "outofstock",
        "backorders": "no",
        "attributes": [],
        "variations": [int(each.id) for each in shop.variations(of.id)],
    }


def _product(shop: WooCommerceShop, product_id: str, counter: str) -> dict[str, Any]:
    modified = stamp(shop.modified.get(counter))
    return {
        "id": int(product_id),
        "permalink": f"{shop.url}/product/{product_id}/",
        "date_modified": modified,
        "date_modified_gmt": modified,
    }


def error(code: str, status: int, message: str = "Sorry.", **more: Any) -> Mapping[str, Any]:
    return {"code": code, "message": message, "data": {"status": status, **more}}
