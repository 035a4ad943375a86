"""eBay's JSON: amounts as text with their currency, stamps with milliseconds, and every field that its documents require."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app.domain.money import exponent
from app.sandbox.ebay_records import Destination, Offer, Subscription
from app.sandbox.shop import Fulfilment, Line, Order

if TYPE_CHECKING:
    from app.sandbox.ebay import EbayShop

_SHIPS_WITHIN = timedelta(days=3)


def stamp(moment: datetime) -> str:
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}Z"


def amount(minor: int, currency: str) -> dict[str, str]:
    """As many digits as it takes, and one at least."""
    digits = exponent(currency)
    text = f"{minor / 10**digits:.{digits}f}" if digits else str(minor)
    return {"value": text[:-1] if digits > 1 and text.endswith("0") else text, "currency": currency}


def listing_number(shop: EbayShop, line: Line) -> str:
    """Under which number the line was bought: remembered, because the listing may have another one by now."""
    variant = shop.variants.get(line.variant or "")
    return str(variant.more.get("listing") or variant.id) if variant else "0"


def order(shop: EbayShop, of: Order, *, whole: bool) -> dict[str, Any]:
    """`whole`: asked for by itself. A list says nothing about requests to cancel."""
    currency, buyer = shop.currency, of.buyer
    goods = sum(line.price * line.current for line in of.lines)
    back = sum(of.line(each.line).price * each.quantity for each in of.refunds)
    address = {
        "addressLine1": buyer["line1"],
        "city": buyer["city"],
        "stateOrProvince": "OR",
        "postalCode": buyer["postal_code"],
        "countryCode": buyer["country"],
    }
    contact = {
        "fullName": buyer["name"],
        "contactAddress": address,
        "primaryPhone": {"phoneNumber": buyer["phone"]},
        "email": buyer["email"],
    }
    paid = "PENDING" if not of.paid else "FULLY_REFUNDED" if 0 < of.total <= back else "PARTIALLY_REFUNDED" if back else "PAID"
    sent, left = sum(line.shipped for line in of.lines), sum(line.unsent for line in of.lines)
    cancel: dict[str, Any] = {"cancelState": "NONE_REQUESTED", "cancelRequests": []}
    if of.cancelled_at is not None:
        cancel = {"cancelState": "CANCELED", "cancelledDate": stamp(of.cancelled_at), "cancelRequests": []}
        if whole:
            cancel["cancelRequests"] = [
                {
                    "cancelRequestId": f"5{of.id}",
                    "cancelRequestState": "COMPLETED",
                    "cancelInitiator": "Buyer",
                    "cancelReason": "BUYER_ASKED_CANCEL",
                    "cancelRequestedDate": stamp(of.cancelled_at),
                    "cancelCompletedDate": stamp(of.cancelled_at),
                }
            ]
    delivery = stamp(of.placed_at + 2 * _SHIPS_WITHIN)
    refunds = [
        {
            "amount": amount(of.line(each.line).price * each.quantity, currency),
            "refundDate": stamp(each.at),
            "refundId": each.id,
            "refundStatus": "REFUNDED",
        }
        for each in of.refunds
    ]
    return {
        "orderId": of.id,
        "creationDate": stamp(of.placed_at),
        "lastModifiedDate": stamp(of.updated_at),
        "orderFulfillmentStatus": "NOT_STARTED" if not sent else "IN_PROGRESS" if left else "FULFILLED",
        "orderPaymentStatus": paid,
        "sellerId": shop.name,
        "buyer": {
            "username": username(of),
            "taxAddress": {"stateOrProvince": "OR", "postalCode": buyer["postal_code"], "countryCode": buyer["country"]},
            "buyerRegistrationAddress": contact,
        },
        "pricingSummary": {
            "priceSubtotal": amount(goods, currency),
            "deliveryCost": amount(of.shipping, currency),
            "total": amount(of.total, currency),
        },
        "cancelStatus": cancel,
        "paymentSummary": {
            "totalDueSeller": amount(of.total - back, currency),
            "refunds": refunds,
            "payments": [
                {
                    "paymentMethod": "EBAY",
                    "paymentReferenceId": f"P{of.id}",
                    "paymentDate": stamp(of.paid_at or of.placed_at),
                    "amount": amount(of.total, currency),
                    "paymentStatus": "PAID" if of.paid else "PENDING",
                }
            ],
        },
        "fulfillmentStartInstructions": [
            {
                "fulfillmentInstructionsType": "SHIP_TO",
                "minEstimatedDeliveryDate": delivery,
                "maxEstimatedDeliveryDate": delivery,
                "ebaySupportedFulfillment": False,
                "shippingStep": {"shipTo": contact, "shippingCarrierCode": "USPS", "shippingServiceCode": "USPSGroundAdvantage"},
            }
        ],
        "fulfillmentHrefs": [
            f"{shop.url}/sell/fulfillment/v1/order/{of.id}/shipping_fulfillment/{fulfilment_id(each)}" for each in of.fulfilments
        ],
        "lineItems": [_line(shop, of, line, delivery) for line in of.lines],
        "ebayCollectAndRemitTax": False,
        "salesRecordReference": of.id,
        "totalFeeBasisAmount": amount(of.total, currency),
        "totalMarketplaceFee": amount(of.total // 10, currency),
    }


def username(of: Order) -> str:
    return f"buyer-{of.id}"


def _line(shop: EbayShop, of: Order, line: Line, delivery: str) -> dict[str, Any]:
    cost, currency = line.price * line.current, shop.currency
    variant = shop.variants.get(line.variant or "")
    site = str(variant.more["site"]) if variant else shop.site
    refunds = [
        {"amount": amount(line.price * each.quantity, currency), "refundDate": stamp(each.at), "refundId": each.id}
        for each in of.refunds
        if each.line == line.id
    ]
    return {
        "lineItemId": line.id,
        "legacyItemId": of.more.setdefault("listings", {}).setdefault(line.id, listing_number(shop, line)),
        **({"sku": line.sku} if line.sku else {}),
        "title": line.title,
        "quantity": line.current,
        "soldFormat": "FIXED_PRICE",
        "listingMarketplaceId": site,
        "purchaseMarketplaceId": site,
        "lineItemCost": amount(cost, currency),
        "deliveryCost": {"shippingCost": amount(0, currency)},
        "total": amount(cost, currency),
        "appliedPromotions": [],
        "taxes": [],
        "refunds": refunds,
        "properties": {"buyerProtection": True},
        # As soon as one unit of it has left.
        "lineItemFulfillmentStatus": "FULFILLED" if line.shipped else "NOT_STARTED",
        "lineItemFulfillmentInstructions": {
            "shipByDate": stamp(of.placed_at + _SHIPS_WITHIN),
            "minEstimatedDeliveryDate": delivery,
            "maxEstimatedDeliveryDate": delivery,
            "guaranteedDelivery": False,
        },
    }


def fulfilment_id(made: Fulfilment) -> str:
    return made.tracking_number or made.id


def shipment(made: Fulfilment) -> dict[str, Any]:
    found: dict[str, Any] = {
        "fulfillmentId": fulfilment_id(made),
        "lineItems": [{"lineItemId": line, "quantity": quantity} for line, quantity in made.lines.items()],
        "shippedDate": stamp(made.at),
    }
    if made.tracking_number:
        found |= {"shipmentTrackingNumber": made.tracking_number, "shippingCarrierCode": made.carrier or "Other"}
    return found


def item(shop: EbayShop, sku: str) -> dict[str, Any]:
    offers = shop.of_sku(sku)
    groups = sorted({offer.group for offer in offers if offer.group})
    title = shop.variant_of(offers[0]).title if offers else sku
    return {
        "sku": sku,
        "locale": "en_US",
        "condition": "NEW",
        "product": {"title": title, "description": title},
        "availability": {"shipToLocationAvailability": {"quantity": shop.items[sku]}},
        **({"inventoryItemGroupKeys": groups} if groups else {}),
    }


def offer(shop: EbayShop, of: Offer) -> dict[str, Any]:
    found: dict[str, Any] = {
        "offerId": of.id,
        "sku": of.sku,
        "marketplaceId": of.site,
        "format": of.form,
        "availableQuantity": of.quantity,
        "pricingSummary": {"price": amount(shop.variant_of(of).price, shop.currency)},
        "listingPolicies": {},
        "listingDuration": "GTC",
        "includeCatalogProductDetails": True,
        "hideBuyerDetails": False,
        "status": "PUBLISHED" if of.published else "UNPUBLISHED",
        "listing": {"listingId": of.listing, "listingStatus": of.status, "soldQuantity": of.sold, "listingOnHold": False},
    }
    return found


def destination(of: Destination) -> dict[str, Any]:
    config = {"endpoint": of.endpoint, "verificationToken": of.token}
    return {"destinationId": of.id, "name": of.name, "status": of.status, "deliveryConfig": config}


def subscription(of: Subscription) -> dict[str, Any]:
    return {
        "subscriptionId": of.id,
        "topicId": of.topic,
        "status": of.status,
        "creationDate": stamp(of.since),
        "destinationId": of.destination,
        "payload": {"format": "JSON", "schemaVersion": "1.0", "deliveryProtocol": "HTTPS"},
    }
