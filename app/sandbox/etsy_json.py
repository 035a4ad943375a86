"""Etsy's JSON: unix seconds, money as amount and divisor, and null nearly everywhere."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.domain.money import exponent
from app.sandbox.shop import Fulfilment, Line, Order, Variant

if TYPE_CHECKING:
    from app.sandbox.etsy import EtsyShop, Listing

PROFILE = 123_456  # how long it takes until something is sent: needed of whatever is
_SIZE = 513


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def money(shop: EtsyShop, minor: int) -> dict[str, Any]:
    return {"amount": minor, "divisor": 10 ** exponent(shop.currency), "currency_code": shop.currency}


def self_(shop: EtsyShop) -> dict[str, Any]:
    return {"user_id": int(shop.user_id), "shop_id": int(shop.shop_id)}


def shop(of: EtsyShop) -> dict[str, Any]:
    return {
        "shop_id": int(of.shop_id),
        "user_id": int(of.user_id),
        "shop_name": of.name,
        "title": None,
        "currency_code": of.currency,
        "is_vacation": of.vacation,
        "url": f"https://www.etsy.com/shop/{of.shop_id}",
        "listing_active_count": sum(each.state == "active" for each in of.listings.values()),
    }


# Listings


def listing(shop: EtsyShop, of: Listing) -> dict[str, Any]:
    variants, changed = shop.of_listing(of.id), seconds(of.modified_at)
    return {
        "listing_id": int(of.id),
        "user_id": int(shop.user_id),
        "shop_id": int(shop.shop_id),
        "title": of.title,
        "description": "",
        "state": of.state,
        "quantity": sum(noted(shop, of, counter) for counter in shop.counters_of(of)) if not of.digital else 999,
        "url": f"https://www.etsy.com/listing/{of.id}",
        "listing_type": "download" if of.digital else "physical",
        "last_modified_timestamp": changed,
        "updated_timestamp": changed,
        "state_timestamp": seconds(of.state_at),
        "has_variations": len(variants) > 1,
        "should_auto_renew": True,
        "price": money(shop, min((each.price for each in variants), default=0)),
        "readiness_state_id": None if of.digital else PROFILE,
    }


def noted(shop: EtsyShop, of: Listing, counter: str) -> int:
    return shop.counters[counter] if of.state == "active" else of.noted.get(counter, 0)


def inventory(shop: EtsyShop, of: Listing) -> dict[str, Any]:
    variants = shop.of_listing(of.id)
    return {
        "products": [product(shop, of, each, alone=len(variants) == 1 and not of.along) for each in variants],
        "price_on_property": [_SIZE] if len({each.price for each in variants}) > 1 else [],
        "quantity_on_property": [_SIZE] if of.along else [],
        "sku_on_property": [_SIZE] if len({each.sku for each in variants}) > 1 else [],
        "readiness_state_on_property": [],
    }


def product(shop: EtsyShop, listing: Listing, of: Variant, *, alone: bool) -> dict[str, Any]:
    number = product_id(of)
    offering = {
        "offering_id": number + 5_000_000,
        "quantity": noted(shop, listing, of.counter) if of.tracked else 999,
        "is_enabled": of.live,
        "is_deleted": False,
        "price": money(shop, of.price),
        "readiness_state_id": None if listing.digital else PROFILE,
    }
    return {
        "product_id": number,
        "sku": of.sku or "",
        "is_deleted": False,
        "offerings": [offering],
        "property_values": [] if alone else [property_value(of)],
    }


def property_value(of: Variant) -> dict[str, Any]:
    return {
        "property_id": _SIZE,
        "property_name": "Size",
        "scale_id": None,
        "scale_name": None,
        "value_ids": [product_id(of)],
        "values": [str(of.more.get("option") or of.sku or of.title)],
    }


def product_id(of: Variant) -> int:
    return int(of.id.rpartition("/")[2])


# Receipts


def status(shop: EtsyShop, of: Order) -> str:
    if of.cancelled_at is not None:
        return "canceled"
    if of.refunds:
        return "fully refunded" if shop.is_refunded(of) else "partially refunded"
    if not of.paid:
        return "payment processing" if of.more.get("hold") else "open"
    return "completed" if of.fulfilments else "paid"


def receipt(shop: EtsyShop, of: Order) -> dict[str, Any]:
    buyer, goods = of.buyer, sum(line.price * line.current for line in of.lines)
    created, updated, nothing = seconds(of.placed_at), seconds(of.updated_at), money(shop, 0)
    address = {
        "first_line": buyer["line1"],
        "second_line": None,
        "city": buyer["city"],
        "state": None,
        "zip": buyer["postal_code"],
        "country_iso": buyer["country"],
        "formatted_address": f"{buyer['name']}\n{buyer['line1']}\n{buyer['city']}",
    }
    return {
        "receipt_id": int(of.id),
        "receipt_type": 0,
        "seller_user_id": int(shop.user_id),
        "seller_email": None,
        "buyer_user_id": 222,
        "buyer_email": buyer["email"] if shop.tells_email else None,
        "name": buyer["name"],
        **(dict.fromkeys(address) if shop.withholds else address),
        "status": status(shop, of),
        "payment_method": "cc",
        "payment_email": None,
        "message_from_seller": None,
        "message_from_buyer": None,
        "message_from_payment": None,
        "is_paid": of.paid,
        "is_shipped": bool(of.fulfilments),
        "create_timestamp": created,
        "created_timestamp": created,
        "update_timestamp": updated,
        "updated_timestamp": updated,
        "is_gift": False,
        "gift_message": "",
        "gift_sender": "",
        "grandtotal": money(shop, of.total),
        "subtotal": money(shop, goods),
        "total_price": money(shop, goods),
        "total_shipping_cost": money(shop, of.shipping),
        "total_tax_cost": nothing,
        "total_vat_cost": nothing,
        "discount_amt": nothing,
        "gift_wrap_price": nothing,
        "shipments": [_shipment(each) for each in of.fulfilments],
        "transactions": [_transaction(shop, of, line) for line in of.lines],
        "refunds": [
            {
                "amount": money(shop, of.line(each.line).price * each.quantity),
                "created_timestamp": seconds(each.at),
                "reason": None,
                "note_from_issuer": None,
                "status": "processed",
            }
            for each in of.refunds
        ],
    }


def _shipment(of: Fulfilment) -> dict[str, Any]:
    return {
        "receipt_shipping_id": int(of.id),
        "shipment_notification_timestamp": seconds(of.at),
        "carrier_name": of.carrier or "",
        "tracking_code": of.tracking_number or "",
    }


def _transaction(shop: EtsyShop, of: Order, line: Line) -> dict[str, Any]:
    variant = shop.variants.get(line.variant or "")
    listing, _, product = (line.variant or "").partition("/")
    digital = variant is not None and not variant.tracked
    left = of.fulfilments[0].at if of.fulfilments else None
    made = seconds(of.placed_at)
    varies = variant is not None and len(shop.of_listing(listing)) > 1
    return {
        "transaction_id": int(line.id),
        "title": line.title,
        "description": None,
        "seller_user_id": int(shop.user_id),
        "buyer_user_id": 222,
        "create_timestamp": made,
        "created_timestamp": made,
        "paid_timestamp": seconds(of.paid_at) if of.paid_at else None,
        "shipped_timestamp": seconds(left) if left and not digital else None,
        "quantity": line.current,
        "receipt_id": int(of.id),
        "is_digital": digital,
        "file_data": "",
        "listing_id": int(listing) if listing else None,
        "transaction_type": "listing",
        "product_id": int(product) if product else None,
        "sku": line.sku,
        "price": money(shop, line.price),
        "shipping_cost": money(shop, of.shipping if line is of.lines[0] else 0),
        "variations": [],
        "product_data": [property_value(variant)] if variant is not None and varies and not digital else [],
        "shipping_profile_id": None,
        "min_processing_days": 1,
        "max_processing_days": 3,
        "shipping_method": None,
        "shipping_upgrade": None,
        "expected_ship_date": None if digital else made + 3 * 86_400,
        "buyer_coupon": 0.0,
        "shop_coupon": 0.0,
    }
