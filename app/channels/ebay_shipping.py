"""Telling eBay that a parcel left: one shipment for each, and never twice, though nothing here has a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.channels import ebay_orders
from app.channels.base import NoUse, Parcel
from app.channels.ebay_api import Api


def shipments(api: Api, order: str) -> list[Mapping[str, Any]]:
    """What eBay knows to have left. Raises: TryLater, NoUse."""
    answer = api.call("GET", f"/sell/fulfillment/v1/order/{order}/shipping_fulfillment")
    found = answer.json.get("fulfillments") if isinstance(answer.json, dict) else None
    return [each for each in found or () if isinstance(each, dict)]


def tell(api: Api, parcel: Parcel) -> None:
    """Record the parcel once. Raises: TryLater, NoUse."""
    if re.fullmatch(r"[A-Za-z0-9-]{1,64}", parcel.order) is None:
        raise NoUse("gone", "This isn't the number of an order on eBay.")
    # Letters and digits are all that eBay takes, and number and carrier only together.
    number = _plain(parcel.tracking_number)
    carrier = (_plain(parcel.carrier) or "Other") if number else None
    if any(_is_known(shipment, parcel, number) for shipment in shipments(api, parcel.order)):
        return
    made: dict[str, Any] = {
        "lineItems": [{"lineItemId": line.line, "quantity": line.quantity} for line in parcel.lines],
        "shippedDate": parcel.shipped_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    if number:
        made |= {"shippingCarrierCode": carrier, "trackingNumber": number}
    api.call("POST", f"/sell/fulfillment/v1/order/{parcel.order}/shipping_fulfillment", json=made)


def _is_known(shipment: Mapping[str, Any], parcel: Parcel, number: str) -> bool:
    """By its number; a parcel without one by what is in it and the second in which it left."""
    if number:
        return number in (_plain(shipment.get("shipmentTrackingNumber")), _plain(shipment.get("fulfillmentId")))
    lines = {str(each.get("lineItemId")): each.get("quantity") for each in shipment.get("lineItems") or ()}
    shipped_at = ebay_orders.moment(shipment.get("shippedDate"))
    return (
        not shipment.get("shipmentTrackingNumber")
        and lines == {line.line: line.quantity for line in parcel.lines}
        and (shipped_at is not None and shipped_at == parcel.shipped_at.replace(microsecond=0))
    )


def _plain(text: Any) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", str(text or ""))
