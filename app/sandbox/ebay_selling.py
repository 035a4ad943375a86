"""What the sandbox's eBay does with items, offers and orders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from app import chance
from app.sandbox import ebay_json as js
from app.sandbox.ebay_asked import Asked, Refusal, error
from app.sandbox.ebay_records import Offer
from app.sandbox.shop import Order

if TYPE_CHECKING:
    from app.sandbox.ebay import EbayShop

# Items and offers


def items(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    """`offset` is the number of the page."""
    limit, page = asked.page(200, 25)
    skus = sorted(shop.items)
    rows = [js.item(shop, sku) for sku in skus[page * limit : (page + 1) * limit]]
    href = f"/sell/inventory/v1/inventory_item?limit={limit}&offset={page}"
    return 200, {"href": href, "inventoryItems": rows, "limit": limit, "size": len(rows), "total": len(skus)}


def some_items(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    skus = [str(row.get("sku")) for row in (asked.body or {}).get("requests", ())]
    if not 1 <= len(skus) <= 25:
        raise Refusal(400, 25727, "The number of InventoryItems in the request cannot exceed 25.")
    if len(set(skus)) < len(skus):
        raise Refusal(400, 25734, "SKU should be unique in the request.")
    rows: list[dict[str, Any]] = []
    for sku in skus:
        if sku in shop.items:
            rows.append({"sku": sku, "statusCode": 200, "inventoryItem": js.item(shop, sku), "errors": [], "warnings": []})
        else:
            missing = error(25702, f"SKU {sku} is not available in the system")
            rows.append({"sku": sku, "statusCode": 404, "inventoryItem": {"locale": "en_US"}, "errors": [missing], "warnings": []})
    return 200 if all(row["statusCode"] == 200 for row in rows) else 207, {"responses": rows}


def offers(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    limit, _ = asked.page(100, 25)
    sku = asked.query.get("sku")
    if not sku:
        raise Refusal(400, 25709, "Invalid value for sku.")
    found = shop.of_sku(sku)
    if not found:
        raise Refusal(404, 25713, "This Offer is not available.")
    rows = [js.offer(shop, offer) for offer in found[:limit]]
    return 200, {"href": f"/sell/inventory/v1/offer?sku={sku}", "limit": limit, "offers": rows, "size": len(rows), "total": len(found)}


def offer(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    """PUT replaces all of it: what isn't said is gone."""
    offer = _named(shop, asked)
    if asked.method == "PUT":
        if "pricingSummary" not in asked.body or "listingPolicies" not in asked.body:
            raise Refusal(400, 25709, "Invalid value for pricingSummary or listingPolicies.")
        shop.set_numbers(offer.sku, None, {offer.id: int(asked.body.get("availableQuantity") or 0)})
        return 200, {"offerId": offer.id, "warnings": []}
    return 200, js.offer(shop, offer)


def _named(shop: EbayShop, asked: Asked) -> Offer:
    offer = shop.offers.get(asked.path[0])
    if offer is None:
        raise Refusal(404, 25713, "This Offer is not available.")
    return offer


def set_numbers(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    """Entry by entry: some take, others don't, and the whole is called a success."""
    requests = (asked.body or {}).get("requests") or []
    offers = sum(len(row.get("offers") or ()) for row in requests)
    if not requests or len(requests) > 25 or offers > 25:
        raise Refusal(400, 25002, "Any User error. Up to 25 entries are taken.")
    for row in requests:
        if not isinstance(row.get("sku"), str):
            raise Refusal(400, 25709, "Invalid value for sku.")
        numbers = [each.get("availableQuantity") for each in row.get("offers") or ()]
        numbers += [row["shipToLocationAvailability"].get("quantity")] if row.get("shipToLocationAvailability") else []
        if not all(isinstance(number, int) and not isinstance(number, bool) and number >= 0 for number in numbers):
            raise Refusal(400, 25709, "Invalid value for quantity.")
    rows = [entry for row in requests for entry in _set_one(shop, row)]
    return 200 if all(row["statusCode"] == 200 for row in rows) else 207, {"responses": rows}


def _set_one(shop: EbayShop, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    sku = row["sku"]
    if sku not in shop.items:
        return [_entry(sku, None, 404, error(25702, f"SKU {sku} is not available in the system"))]
    item = (row.get("shipToLocationAvailability") or {}).get("quantity")
    found: list[dict[str, Any]] = []
    takes: dict[str, int] = {}
    for each in row.get("offers") or ():
        offer_id, quantity = str(each.get("offerId")), each.get("availableQuantity")
        status, problem, does = _may(shop, sku, offer_id, quantity)
        found.append(_entry(sku, offer_id, status, problem))
        if does:
            takes[offer_id] = quantity
    # The item's own number counts as well: with the offers', or by itself.
    if item is not None and (takes or not row.get("offers")):
        shop.set_numbers(sku, item, takes)
    elif takes:
        shop.set_numbers(sku, None, takes)
    return found or [_entry(sku, None, 200, None)]


def _may(shop: EbayShop, sku: str, offer_id: str, quantity: int) -> tuple[int, Mapping[str, Any] | None, bool]:
    """What becomes of an entry: its status, the error, and whether it takes effect."""
    offer = shop.offers.get(offer_id)
    if offer is None or offer.sku != sku or not offer.published:
        return 400, error(25713, "This Offer is not available."), False
    if quantity == 0 and not shop.keeps_at_zero:
        return 400, error(25004, "Input data for tag <Item.Quantity> is invalid. Please specify a value greater than 0."), False
    drawn = chance.random().random() if shop.fails_entries or shop.ignores else 1.0
    if drawn < shop.fails_entries:
        if drawn < shop.fails_entries / 2:
            return 500, error(25001, "A system error has occurred."), drawn < shop.fails_entries / 4
        return 500, error(25025, "Concurrent access of the same Inventory object is not allowed. Please try again later."), False
    if not shop.revised(offer):
        return 400, error(25002, "Any User error. The listing was revised too often today; try again on the next calendar day."), False
    return 200, None, drawn >= shop.fails_entries + shop.ignores


def _entry(sku: str, offer: str | None, status: int, problem: Mapping[str, Any] | None) -> dict[str, Any]:
    named = {"offerId": offer} if offer is not None else {}
    return {"sku": sku, **named, "statusCode": status, "errors": [problem] if problem else [], "warnings": []}


def publish(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    offer = _named(shop, asked)
    if offer.published:
        return 200, {"listingId": offer.listing, "warnings": [error(25402, "System warning. The offer is published.")]}
    if not shop.keeps_at_zero and not shop.publishes_zero and min(offer.quantity, shop.items[offer.sku]) < 1:
        raise Refusal(400, 25004, "Input data for tag <Item.Quantity> is invalid. Please specify a value greater than 0.")
    return 200, {"listingId": shop.publish(offer.id), "warnings": []}


def withdraw(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    offer = _named(shop, asked)
    if not offer.published:
        raise Refusal(400, 25002, "Any User error. The offer isn't published.")
    shop.withdraw(offer.id)
    return 200, {"listingId": offer.listing, "warnings": []}


# Orders

_FILTER = re.compile(r"([a-z]+):([\[{])([^\]}]*)[\]}]")


def orders(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    limit, offset = asked.page(200, 50)
    rows = list(shop.orders.values())
    given = asked.query.get("filter", "")
    for name, _, value in _FILTER.findall(given):
        if name == "lastmodifieddate":
            since, _, until = value.partition("..")
            first = _moment(since)
            last = _moment(until) if until else None
            rows = [order for order in rows if order.updated_at >= first and (last is None or order.updated_at <= last)]
        elif name == "orderfulfillmentstatus":
            states = value.split("|")
            rows = [order for order in rows if js.order(shop, order, whole=False)["orderFulfillmentStatus"] in states]
        else:
            raise Refusal(400, 30700, f"Invalid filter name: {name}", "API_FULFILLMENT")
    if not given:
        rows = [order for order in rows if order.placed_at >= chance.now() - timedelta(days=90)]
    rows.sort(key=lambda order: (order.placed_at, int(order.id)), reverse=True)
    page = [js.order(shop, order, whole=False) for order in rows[offset : offset + limit]]
    href = f"/sell/fulfillment/v1/order?limit={limit}&offset={offset}"
    return 200, {"href": href, "total": len(rows), "limit": limit, "offset": offset, "orders": page}


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, 30810, "Invalid date format", "API_FULFILLMENT") from None
    if found > chance.now() + timedelta(minutes=5):
        raise Refusal(400, 30850, "Start and end dates can't be in the future", "API_FULFILLMENT")
    return found


def order(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    return 200, js.order(shop, _found(shop, asked), whole=True)


def _found(shop: EbayShop, asked: Asked) -> Order:
    order = shop.orders.get(asked.path[0])
    if order is None:
        raise Refusal(404, 32100, f"Invalid order ID: {asked.path[0]}", "API_FULFILLMENT")
    return order


def shipments(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    order = _found(shop, asked)
    if asked.method == "GET":
        return 200, {"fulfillments": [js.shipment(each) for each in order.fulfilments], "total": len(order.fulfilments)}
    body = asked.body or {}
    carrier, number = body.get("shippingCarrierCode"), body.get("trackingNumber")
    if bool(carrier) != bool(number) or not re.fullmatch(r"[A-Za-z0-9]*", number or ""):
        raise Refusal(400, 32300, "Invalid shipment tracking number or carrier.", "API_FULFILLMENT")
    lines: dict[str, int] = {}
    for row in body.get("lineItems") or [{"lineItemId": line.id, "quantity": line.unsent} for line in order.lines]:
        line_id = str(row.get("lineItemId"))
        if line_id not in {line.id for line in order.lines}:
            raise Refusal(400, 32200, f"Invalid line item id: {line_id}", "API_FULFILLMENT")
        lines[line_id] = int(row.get("quantity") or 1)
    made = shop.fulfil(order.id, lines, carrier=carrier, tracking_number=number)
    asked.headers["location"] = f"{shop.url}/sell/fulfillment/v1/order/{asked.path[0]}/shipping_fulfillment/{js.fulfilment_id(made)}"
    return 201, {}
