"""A Shopify order as a snapshot. It reaches us in two dialects, the body of a webhook and the answer of the GraphQL API: the second is
put into the words of the first, so that there is one translation, and both ways give the same snapshot.

What the figures of a line rest on:
- `quantity` never falls: it counts whatever was ever ordered. `current_quantity` is without what was refunded or edited away.
- The record of stock that was put back is the `restock_type` of a refund's line. `cancel` is for units that never left, `return` for
  units that had; `no_restock` may be either, and is told apart by what Shopify still expects to be sent.
- A restock type that we don't know counts as put back, for the same reason as the next.
- Units that disappear without a refund's line don't say where they went. They count as put back: if they weren't, the counter reads
  lower than we think, and the next compare-and-set finds that out before it does anything. The other way round we'd sell them twice.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from app.channels.base import BadPayload
from app.channels.shopify_graphql import tail
from app.domain.money import Money
from app.domain.snapshots import ABSENT, WITHHELD, Contact, LineSnapshot, Missing, OrderSnapshot, OrderState

_PAID: Final = {"paid", "partially_refunded", "refunded", "authorized"}  # authorized: the money is promised to us, and kept for us
_NOT_SENT: Final = {"cancelled", "error", "failure"}


def from_webhook(raw: bytes) -> Any:
    """A body as it came. Amounts keep their digits: some of them are JSON numbers. Raises: BadPayload."""
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadPayload("Shopify's message isn't JSON.") from error


def snapshot(body: Any, location: str) -> OrderSnapshot:
    """How the order stands. `location`: whose counter we write. Raises: BadPayload."""
    try:
        return _snapshot(body, location)
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise BadPayload(f"Shopify's order can't be understood: {type(error).__name__} {error}"[:300]) from error


def gone(order: str, now: datetime) -> OrderSnapshot:
    return OrderSnapshot(order, now, OrderState.GONE)


def _snapshot(body: Mapping[str, Any], location: str) -> OrderSnapshot:
    currency = str(body["currency"])
    updated_at, cancelled_at = _moment(body["updated_at"]), _moment(body.get("cancelled_at"))
    if updated_at is None:
        raise ValueError("no updated_at")
    sent: defaultdict[str, int] = defaultdict(int)
    for fulfillment in body.get("fulfillments") or ():
        if str(fulfillment.get("status") or "success").lower() not in _NOT_SENT:
            for line in fulfillment["line_items"]:
                sent[external_id(line["id"])] += _count(line["quantity"])
    refunded: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for refund in body.get("refunds") or ():
        for line in refund["refund_line_items"]:
            refunded[external_id(line["line_item_id"])].append(line)
    counted, cancelled = body.get("confirmed") is not False, cancelled_at is not None
    lines = [_line(line, sent, refunded, location, currency, counted=counted, cancelled=cancelled) for line in body["line_items"]]
    status = str(body.get("financial_status") or "").lower()
    notes = {"financial_status": status, "source": str(body.get("source_name") or "")}
    if (seen := body.get("presentment_currency")) and seen != currency:
        notes["presentment_currency"] = str(seen)
    return OrderSnapshot(
        external_id=external_id(body["id"]),
        version=updated_at,
        paid=status in _PAID if status else ABSENT,
        lines=lines,
        number=body.get("name") or None,
        test=body.get("test") is True,
        placed_at=_moment(body.get("created_at")),
        updated_at=updated_at,
        cancelled_at=cancelled_at,
        cancel_reason=str(body["cancel_reason"]).lower() if body.get("cancel_reason") else None,
        buyer=_buyer(body),
        ship_to=_ship_to(body),
        amounts=_amounts(body, lines, currency),
        prices_include_tax=body.get("taxes_included") is True,
        notes={name: note for name, note in notes.items() if note},
    )


def _line(
    line: Mapping[str, Any],
    sent: Mapping[str, int],
    refunded: Mapping[str, Sequence[Mapping[str, Any]]],
    location: str,
    currency: str,
    *,
    counted: bool,
    cancelled: bool,
) -> LineSnapshot:
    line_id, ordered, variant = external_id(line["id"]), _count(line["quantity"]), line.get("variant_id")
    shipped = sent.get(line_id, 0)
    # Of a variant that is gone nobody can say any more whether it was counted. What was recorded then stays as it was; a line of free
    # text has no counter that this could touch.
    tracked = variant is None or bool(line.get("variant_inventory_management"))  # "shopify", or the name of a service
    counted_down = ordered if tracked and counted else 0
    figures = _taken_back(line, ordered, shipped, refunded.get(line_id, ()), location, cancelled=cancelled)
    variant_title = line.get("variant_title") or ""
    return LineSnapshot(
        external_id=line_id,
        ordered=ordered,
        cancelled=figures["cancelled"],
        returned=figures["returned"],
        shipped=shipped,
        counted_down=counted_down,
        put_back=min(figures["put_back"], counted_down),
        listing=None if variant is None else external_id(variant),
        sku=line.get("sku") or None,
        title=called(line.get("title") or "", variant_title) or None,
        ships=line.get("requires_shipping") is not False,
        unit_price=_money(line.get("price"), currency),
        discount=_sum((part.get("amount") for part in line.get("discount_allocations") or ()), currency),
        tax=_sum((part.get("price") for part in line.get("tax_lines") or ()), currency),
    )


def _taken_back(
    line: Mapping[str, Any], ordered: int, shipped: int, refunds: Sequence[Mapping[str, Any]], location: str, *, cancelled: bool
) -> Mapping[str, int]:
    kinds: defaultdict[str, int] = defaultdict(int)
    put_back = 0
    for refund in refunds:
        kind, quantity, where = str(refund.get("restock_type")).lower(), _count(refund["quantity"]), refund.get("location_id")
        kinds[kind] += quantity
        if kind != "no_restock" and (where is None or not location or str(where) == location):
            put_back += quantity
    told = sum(kinds.values())
    current = line.get("current_quantity")
    edited = 0 if current is None else max(0, ordered - _count(current) - told)
    put_back += edited
    returned = min(kinds["return"], shipped)
    never_left = edited + kinds["cancel"] + kinds["return"] - returned
    unsent = max(0, ordered - shipped)
    # The rest is refunds that don't say whether the unit had left. Where some have and some haven't, Shopify's own count of what is
    # still to be sent decides.
    either = told - kinds["cancel"] - kinds["return"]
    if shipped and (expected := line.get("fulfillable_quantity")) is not None:
        either = min(either, max(0, unsent - never_left - _count(expected)))
    return {
        "cancelled": unsent if cancelled else min(unsent, never_left + either),
        "returned": min(shipped, returned + max(0, kinds["legacy_restock"] - either)),
        "put_back": put_back,
    }


def called(title: str, variant_title: str | None) -> str:
    """As the shopkeeper knows it. A product with one variant calls that one by this name."""
    return title if variant_title in (None, "", "Default Title") else f"{title} - {variant_title}"


# What a person wrote. A key that a whole order hasn't got is one that we may not see; null means that there is nothing.


def _buyer(body: Mapping[str, Any]) -> Contact | Missing:
    if not {"email", "contact_email", "phone"} & body.keys():
        return WITHHELD
    name = (body.get("billing_address") or {}).get("name") or (body.get("shipping_address") or {}).get("name")
    buyer = {"name": name or None, "company": (body.get("billing_address") or {}).get("company") or None}
    if {"email", "contact_email"} & body.keys():
        buyer["email"] = body.get("email") or body.get("contact_email") or None
    if "phone" in body:
        buyer["phone"] = body["phone"] or None
    return buyer


def _ship_to(body: Mapping[str, Any]) -> Contact | Missing | None:
    if "shipping_address" not in body:
        return WITHHELD
    address = body["shipping_address"]
    if address is None:
        return None
    return {
        "name": address.get("name") or None,
        "company": address.get("company") or None,
        "phone": address.get("phone") or None,
        "line1": address.get("address1") or None,
        "line2": address.get("address2") or None,
        "city": address.get("city") or None,
        "region": address.get("province_code") or address.get("province") or None,
        "postal_code": address.get("zip") or None,
        "country": address.get("country_code") or None,
    }


def _amounts(body: Mapping[str, Any], lines: Sequence[LineSnapshot], currency: str) -> Mapping[str, Money] | Missing:
    """In the shop's currency, as the order was placed: what was refunded since is the lines' affair."""
    whole = (body.get("total_shipping_price_set") or {}).get("shop_money") or {}
    shipping = _money(whole.get("amount"), currency) or _sum((part.get("price") for part in body.get("shipping_lines") or ()), currency)
    found = {
        "gross": _gross(lines, currency),
        "discount": _money(body.get("total_discounts"), currency),
        "tax": _money(body.get("total_tax"), currency),
        "shipping": shipping,
        "total": _money(body.get("total_price"), currency),
    }
    return {name: money for name, money in found.items() if money is not None} or ABSENT


def _gross(lines: Sequence[LineSnapshot], currency: str) -> Money | None:
    prices = [line.unit_price and line.unit_price.amount * line.ordered for line in lines]
    return None if not lines or None in prices else Money(sum(price for price in prices if price), currency)


# From the other dialect


def body_of(
    order: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    refunds: Sequence[Sequence[Mapping[str, Any]]],
    fulfillments: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    denied: Sequence[tuple[str, ...]],
) -> dict[str, Any]:
    """An answer of the GraphQL API in the words of a webhook's body. `denied`: what of the order we may not see.

    `refunds` and `fulfillments` (by their status) are the lines of each. Raises: BadPayload.
    """
    try:
        return _body_of(order, lines, refunds, fulfillments, {path[1] for path in denied if path[0] == "order"})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadPayload(f"Shopify's order can't be understood: {type(error).__name__} {error}"[:300]) from error


def _body_of(
    order: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    refunds: Sequence[Sequence[Mapping[str, Any]]],
    fulfillments: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    denied: set[str],
) -> dict[str, Any]:
    body = {
        "id": order["legacyResourceId"],
        "name": order["name"],
        "created_at": order["createdAt"],
        "updated_at": order["updatedAt"],
        "cancelled_at": order["cancelledAt"],
        "cancel_reason": order["cancelReason"],
        "confirmed": order["confirmed"],
        "test": order["test"],
        "source_name": order["sourceName"],
        "financial_status": order["displayFinancialStatus"],
        "currency": order["currencyCode"],
        "presentment_currency": order["presentmentCurrencyCode"],
        "taxes_included": order["taxesIncluded"],
        "total_shipping_price_set": {"shop_money": {"amount": _amount(order["totalShippingPriceSet"])}},
        "total_tax": _amount(order["totalTaxSet"]),
        "total_discounts": _amount(order["totalDiscountsSet"]),
        "total_price": _amount(order["totalPriceSet"]),
        "line_items": [_item_of(line) for line in lines],
        "refunds": [{"refund_line_items": [_refund_of(line) for line in each]} for each in refunds],
        "fulfillments": [
            {"status": status, "line_items": [{"id": tail(line["lineItem"]["id"]), "quantity": line["quantity"]} for line in each]}
            for status, each in fulfillments
        ],
    }
    for name, key in (("email", "email"), ("phone", "phone"), ("billingAddress", "billing_address")):
        if name not in denied:
            body[key] = order[name]
    if "shippingAddress" not in denied:
        address = order["shippingAddress"]
        body["shipping_address"] = address and {_ADDRESS.get(name, name): value for name, value in address.items()}
    return body


_ADDRESS: Final = {"provinceCode": "province_code", "countryCodeV2": "country_code"}


def _item_of(line: Mapping[str, Any]) -> dict[str, Any]:
    variant = line["variant"]
    return {
        "id": tail(line["id"]),
        "variant_id": variant and variant["legacyResourceId"],
        "variant_inventory_management": "shopify" if variant and variant["inventoryItem"]["tracked"] else None,
        "sku": line["sku"],
        "title": line["title"],
        "variant_title": line["variantTitle"],
        "quantity": line["quantity"],
        "current_quantity": line["currentQuantity"],
        "fulfillable_quantity": line["unfulfilledQuantity"],
        "requires_shipping": line["requiresShipping"],
        "price": _amount(line["originalUnitPriceSet"]),
        "discount_allocations": [{"amount": _amount(part["allocatedAmountSet"])} for part in line["discountAllocations"]],
        "tax_lines": [{"price": _amount(part["priceSet"])} for part in line["taxLines"]],
    }


def _refund_of(line: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "line_item_id": tail(line["lineItem"]["id"]),
        "quantity": line["quantity"],
        "restock_type": line["restockType"],
        "location_id": line["location"] and tail(line["location"]["id"]),
    }


def _amount(bag: Mapping[str, Any] | None) -> str | None:
    return None if bag is None else str(bag["shopMoney"]["amount"])


# Small things


def moment(text: str) -> datetime:
    """Aware and UTC, whatever the offset it was written with."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError("a time without an offset")
    return read.astimezone(UTC)


def _moment(text: Any) -> datetime | None:
    return None if text is None else moment(text)


def external_id(value: Any) -> str:
    written = str(value)
    if type(value) not in (int, str) or not written.isdecimal():
        raise ValueError(f"{value!r} is no id")
    return written


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no quantity")
    return value


def _money(text: Any, currency: str) -> Money | None:
    """None as well where it can't be read: an order matters more than what it cost."""
    try:
        found = None if text is None else Money.parse(text, currency)
    except (ValueError, ArithmeticError):
        return None
    return found if found is not None and abs(found.amount) < 2**53 else None


def _sum(parts: Iterable[Any], currency: str) -> Money | None:
    amounts = [_money(part, currency) for part in parts]
    try:
        return None if None in amounts else Money(sum(money.amount for money in amounts if money), currency)
    except ValueError:
        return None


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")
