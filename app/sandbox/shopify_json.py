"""What a simulated Shopify says about itself: bodies of webhooks in the words of the old REST API, nodes of its GraphQL API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.domain.money import exponent
from app.sandbox.shop import Line, Order, Variant
from app.sandbox.shopify_graphql import Denied, Node, connection

if TYPE_CHECKING:
    from app.sandbox.shopify import FulfilmentOrder, ShopifyShop, Subscription

_EASTERN = timezone(timedelta(hours=-5))  # webhooks carry the shop's own offset; the GraphQL API speaks UTC


def rest_time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(_EASTERN).replace(microsecond=0).isoformat()


def utc(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC).isoformat()[:19]}Z"


def gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def tail(gid_: str) -> str:
    return gid_.rpartition("/")[2]


@lru_cache(1024)
def amount(minor: int, currency: str) -> str:
    digits = exponent(currency)
    return f"{minor / 10**digits:.{digits}f}"


def current(order: Order, line: Line) -> int:
    """What is still wanted: without what was edited away, refunded or cancelled."""
    return max(0, line.current - line.refunded - cancelled(order, line))


def cancelled(order: Order, line: Line) -> int:
    return int(order.more["cancelled"].get(line.id, 0))


def unsent(order: Order, line: Line) -> int:
    """What the fulfilment orders still ask for."""
    return sum(each.lines[line.id].remaining for each in order.more["to_send"] if line.id in each.lines)


def paid_how(order: Order) -> str:
    if not order.paid:
        return "voided" if order.cancelled_at else "pending"
    back = sum(line.price * (line.refunded + cancelled(order, line)) for line in order.lines)
    return "paid" if not back else "refunded" if back >= sum(line.price * line.current for line in order.lines) else "partially_refunded"


def total(order: Order) -> int:
    """As it was placed and added to: what is refunded or edited away leaves it alone."""
    return order.shipping + sum(line.price * line.quantity for line in order.lines)


# REST


def order_body(shop: ShopifyShop, order: Order) -> dict[str, Any]:
    address = _address(order)
    body = {
        "id": int(order.id),
        "admin_graphql_api_id": gid("Order", order.id),
        "name": f"#{order.number}",
        "order_number": int(order.number),
        "created_at": rest_time(order.placed_at),
        "processed_at": rest_time(order.placed_at),
        "updated_at": rest_time(order.updated_at),
        "cancelled_at": rest_time(order.cancelled_at),
        "cancel_reason": order.more.get("reason"),
        "closed_at": None,
        "confirmed": True,
        "test": order.test,
        "source_name": "web",
        "currency": shop.currency,
        "presentment_currency": shop.currency,
        "email": order.buyer["email"],
        "contact_email": order.buyer["email"],
        "phone": None,
        "financial_status": paid_how(order),
        "fulfillment_status": _sent_how(order),
        "taxes_included": False,
        "total_discounts": amount(0, shop.currency),
        "total_tax": amount(0, shop.currency),
        "total_price": amount(total(order), shop.currency),
        "total_shipping_price_set": {"shop_money": {"amount": amount(order.shipping, shop.currency), "currency_code": shop.currency}},
        "shipping_lines": [{"id": int(f"52{order.id}"), "title": "Standard", "price": amount(order.shipping, shop.currency)}],
        "shipping_address": address,
        "billing_address": address,
        "line_items": [_item_body(shop, order, line) for line in order.lines],
        "refunds": [refund_body(order, refund) for refund in order.more["refunds"]],
        "fulfillments": [
            {
                "id": int(each.id),
                "status": order.more["statuses"].get(each.id, "success"),
                "tracking_number": each.tracking_number,
                "line_items": [{"id": int(line), "quantity": quantity} for line, quantity in each.lines.items()],
            }
            for each in order.fulfilments
        ],
    }
    if shop.withholds:
        for key in ("email", "contact_email", "phone", "shipping_address", "billing_address"):
            del body[key]
    return body


def _item_body(shop: ShopifyShop, order: Order, line: Line) -> dict[str, Any]:
    variant = shop.variants.get(line.variant or "")
    price = amount(line.price, shop.currency)
    return {
        "id": int(line.id),
        "variant_id": int(variant.id) if variant else None,
        "product_exists": variant is not None,
        "sku": line.sku,
        "title": line.title,
        "variant_title": None,
        "name": line.title,
        "quantity": line.quantity,
        "current_quantity": current(order, line),
        "fulfillable_quantity": unsent(order, line),
        "price": price,
        "price_set": {"shop_money": {"amount": price, "currency_code": shop.currency}},
        "discount_allocations": [],
        "tax_lines": [],
        "requires_shipping": variant is None or variant.more.get("ships", True),
        "gift_card": False,
        "variant_inventory_management": "shopify" if variant and variant.tracked else None,
        "fulfillment_service": "manual",
    }


def refund_body(order: Order, refund: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": int(refund["id"]),
        "admin_graphql_api_id": gid("Refund", refund["id"]),
        "order_id": int(order.id),
        "created_at": rest_time(refund["at"]),
        "restock": any(kind != "no_restock" for _, _, kind in refund["lines"]),
        "refund_line_items": [
            {
                "id": int(f"62{refund['id']}{index}"),
                "line_item_id": int(line),
                "quantity": quantity,
                "restock_type": kind,
                "location_id": None if kind == "no_restock" else int(refund["location"]),
                "subtotal": order.line(line).price * quantity / 100,
                "total_tax": 0.0,
            }
            for index, (line, quantity, kind) in enumerate(refund["lines"])
        ],
        "transactions": [],
    }


def _address(order: Order) -> dict[str, Any] | None:
    if not order.more["ships"]:
        return None
    buyer = order.buyer
    return {
        "name": buyer["name"],
        "company": None,
        "address1": buyer["line1"],
        "address2": None,
        "city": buyer["city"],
        "province": None,
        "province_code": None,
        "zip": buyer["postal_code"],
        "country_code": buyer["country"],
        "phone": buyer["phone"],
    }


def _sent_how(order: Order) -> str | None:
    if not any(line.shipped for line in order.lines):
        return None
    return "partial" if any(unsent(order, line) for line in order.lines) else "fulfilled"


# GraphQL


def order_node(shop: ShopifyShop, order: Order) -> Node:
    """A list asks for next to nothing of this: what takes time is worked out when it is asked for."""
    personal = _withheld if shop.withholds else _given
    return {
        "__typename": "Order",
        "id": gid("Order", order.id),
        "legacyResourceId": order.id,
        "name": f"#{order.number}",
        "createdAt": lambda: utc(order.placed_at),
        "updatedAt": utc(order.updated_at),
        "cancelledAt": lambda: utc(order.cancelled_at),
        "cancelReason": order.more["reason"].upper() if order.cancelled_at else None,
        "confirmed": True,
        "test": order.test,
        "sourceName": "web",
        "displayFinancialStatus": lambda: paid_how(order).upper(),
        "currencyCode": shop.currency,
        "presentmentCurrencyCode": shop.currency,
        "taxesIncluded": False,
        "totalShippingPriceSet": lambda: _bag(order.shipping, shop.currency),
        "totalTaxSet": lambda: _bag(0, shop.currency),
        "totalDiscountsSet": lambda: _bag(0, shop.currency),
        "totalPriceSet": lambda: _bag(total(order), shop.currency),
        "email": personal("email", lambda: order.buyer["email"]),
        "phone": personal("phone", lambda: None),
        "billingAddress": personal("billingAddress", lambda: _address_node(_address(order))),
        "shippingAddress": personal("shippingAddress", lambda: _address_node(_address(order))),
        "lineItems": connection(order.lines, lambda line: _line_node(shop, order, line)),
        "refunds": lambda first: [refund_node(shop, order, refund) for refund in order.more["refunds"][:first]],
        "fulfillments": lambda first: [fulfillment_node(order, each.id) for each in order.fulfilments[:first]],
        "fulfillmentOrders": shop.needing(
            "read_merchant_managed_fulfillment_orders",
            "fulfillmentOrders",
            connection(order.more["to_send"], lambda each: fulfillment_order_node(shop, each)),
        ),
    }


def _line_node(shop: ShopifyShop, order: Order, line: Line) -> Node:
    variant = shop.variants.get(line.variant or "")
    return {
        "__typename": "LineItem",
        "id": gid("LineItem", line.id),
        "sku": line.sku,
        "title": line.title,
        "variantTitle": None,
        "quantity": line.quantity,
        "currentQuantity": current(order, line),
        "unfulfilledQuantity": unsent(order, line),
        "requiresShipping": variant is None or variant.more.get("ships", True),
        "variant": variant and {"legacyResourceId": variant.id, "inventoryItem": {"tracked": variant.tracked}},
        "originalUnitPriceSet": _bag(line.price, shop.currency),
        "discountAllocations": [],
        "taxLines": [],
    }


def refund_node(shop: ShopifyShop, order: Order, refund: Mapping[str, Any]) -> Node:
    def line(told: tuple[str, int, str]) -> Node:
        line_id, quantity, kind = told
        where = None if kind == "no_restock" else {"id": gid("Location", refund["location"])}
        return {"quantity": quantity, "restockType": kind.upper(), "location": where, "lineItem": {"id": gid("LineItem", line_id)}}

    return {"__typename": "Refund", "id": gid("Refund", refund["id"]), "refundLineItems": connection(refund["lines"], line)}


def fulfillment_node(order: Order, fulfilment_id: str) -> Node:
    found = next(each for each in order.fulfilments if each.id == fulfilment_id)
    tracking = {"company": found.carrier, "number": found.tracking_number, "url": found.tracking_url}
    return {
        "__typename": "Fulfillment",
        "id": gid("Fulfillment", found.id),
        "status": order.more["statuses"].get(found.id, "success").upper(),
        "trackingInfo": lambda first: [tracking][:first] if any(tracking.values()) else [],
        "fulfillmentLineItems": connection(
            list(found.lines.items()), lambda each: {"quantity": each[1], "lineItem": {"id": gid("LineItem", each[0])}}
        ),
    }


def fulfillment_order_node(shop: ShopifyShop, each: FulfilmentOrder) -> Node:
    return {
        "__typename": "FulfillmentOrder",
        "id": gid("FulfillmentOrder", each.id),
        "status": each.status,
        "assignedLocation": {"location": {"id": gid("Location", each.location)}},
        "lineItems": connection(
            list(each.lines.values()),
            lambda line: {
                "id": gid("FulfillmentOrderLineItem", line.id),
                "remainingQuantity": line.remaining,
                "totalQuantity": line.total,
                "lineItem": {"id": gid("LineItem", line.line)},
            },
        ),
    }


def variant_nodes(shop: ShopifyShop) -> Sequence[Node]:
    """All of them, as Shopify numbers them."""
    twins = Counter(each.sku for each in shop.variants.values())
    return [_variant_node(shop, each, twins) for each in sorted(shop.variants.values(), key=lambda each: int(each.id))]


def _variant_node(shop: ShopifyShop, variant: Variant, twins: Mapping[str | None, int]) -> Node:
    item = variant.counter.partition("@")[0]
    product = str(variant.more.get("product") or f"80{variant.id}")
    return {
        "__typename": "ProductVariant",
        "id": gid("ProductVariant", variant.id),
        "legacyResourceId": variant.id,
        "sku": variant.sku or "",
        "title": "Default Title",
        "inventoryPolicy": "CONTINUE" if variant.sells_below_zero else "DENY",
        "requiresComponents": bool(variant.more.get("bundle")),
        "product": {"legacyResourceId": product, "title": variant.title, "status": "ACTIVE" if variant.live else "DRAFT"},
        "inventoryItem": {
            "legacyResourceId": item,
            "tracked": variant.tracked,
            "duplicateSkuCount": twins[variant.sku] - 1 if variant.sku else 0,
            "inventoryLevel": lambda **asked: level_node(shop, item, asked["locationId"]),
        },
    }


def item_nodes(shop: ShopifyShop, items: Sequence[str]) -> list[Node | None]:
    variants: dict[str, list[Variant]] = {item: [] for item in items}
    for each in shop.variants.values():
        if (those := variants.get(each.counter.partition("@")[0])) is not None:
            those.append(each)
    return [_item_node(shop, item, variants[item]) for item in items]


def _item_node(shop: ShopifyShop, item: str, variants: Sequence[Variant]) -> Node | None:
    if not variants:
        return None
    return {
        "__typename": "InventoryItem",
        "tracked": variants[0].tracked,
        "variants": connection(variants, lambda each: {"inventoryPolicy": "CONTINUE" if each.sells_below_zero else "DENY"}),
        "inventoryLevel": lambda **asked: level_node(shop, item, asked["locationId"]),
    }


def level_node(shop: ShopifyShop, item: str, location: str) -> Node | None:
    counter = f"{item}@{location.rpartition('/')[2]}"
    if counter not in shop.counters:
        return None
    available = shop.counters[counter]
    return {
        "isActive": True,
        "quantities": lambda names: [{"name": "available", "quantity": available}] if "available" in names else [],
    }


def subscription_node(each: Subscription) -> Node:
    return {
        "__typename": "WebhookSubscription",
        "id": gid("WebhookSubscription", each.id),
        "topic": each.topic,
        "uri": each.uri,
        "name": each.name,
        "format": each.format,
        "filter": each.filter,
        "includeFields": list(each.include_fields),
    }


def _bag(minor: int, currency: str) -> Node:
    return {"shopMoney": {"amount": amount(minor, currency), "currencyCode": currency}}


def _address_node(address: Mapping[str, Any] | None) -> Node | None:
    names = {"province_code": "provinceCode", "country_code": "countryCodeV2"}
    return address and {names.get(name, name): value for name, value in address.items()}


def _given(_: str, value: Any) -> Any:
    return value


def _withheld(name: str, _: Any) -> Any:
    def denied() -> Any:
        raise Denied(f"This app is not approved to access the {name} field.")

    return denied
