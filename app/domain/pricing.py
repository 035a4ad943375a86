"""What an order comes to: as somebody wants it, and worked out to the last cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import chance
from app.domain.errors import InvalidDraft, WrongCurrency
from app.domain.money import Money, exponent

AMOUNTS = ("gross", "discount", "tax", "shipping", "total")
LINE_AMOUNTS = ("gross", "discount", "tax", "total")


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line as somebody wants it. Discount and tax are for the whole line."""

    sku: str
    quantity: int
    unit_price: Money | None = None
    discount: Money | None = None
    tax: Money | None = None
    title: str | None = None
    presentment: Mapping[str, Money] | None = None


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order as somebody wants it. `presentment` holds AMOUNTS as the buyer saw them."""

    lines: Sequence[LineDraft]
    reference: str | None = None
    buyer: Mapping[str, str | None] | None = None
    contact_id: str | None = None
    ship_to: Mapping[str, str | None] | None = None
    reservation_id: str | None = None
    locations: Sequence[str] | None = None
    sold: bool = False
    test: bool = False
    fulfilled_by: str = "us"
    prices_include_tax: bool = False
    discount: Money | None = None
    shipping: Money | None = None
    total: Money | None = None
    presentment: Mapping[str, Money] | None = None
    ship_by: datetime | None = None


def priced(order_id: str, draft: OrderDraft, known: Mapping[str, Mapping[str, Any]]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The order's row and its lines' rows, with every amount worked out; the contacts are the caller's to add.

    Minor units, in the store's currency. `known` are the SKUs by the codes that the draft names.
    Raises: WrongCurrency, InvalidDraft.
    """
    currency = next(iter(known.values()))["books"]

    def minor(money: Money | None) -> int:
        if money is None:
            return 0
        if money.currency != currency:
            raise WrongCurrency(money.currency, currency)
        return money.amount

    lines = []
    for position, wanted in enumerate(draft.lines):
        sku = known[wanted.sku]
        if wanted.unit_price is None and sku["price"] is None:
            raise InvalidDraft(f"lines.{position}.unit_price", f"{sku['code']!r} has no price of its own, so the line needs a unit_price.")
        unit_price = sku["price"] if wanted.unit_price is None else minor(wanted.unit_price)
        gross, discount, tax = unit_price * wanted.quantity, minor(wanted.discount), minor(wanted.tax)
        if discount > gross:
            raise InvalidDraft(f"lines.{position}.discount", f"The discount is more than the line's {Money(gross, currency)}.")
        lines.append(
            {
                "id": chance.new_id(),
                "order_id": order_id,
                "position": position,
                "sku_id": sku["id"],
                "title": wanted.title,
                "quantity": wanted.quantity,
                "cancelled": 0,
                "shipped": 0,
                "unit_price": unit_price,
                "gross": gross,
                "discount": discount,
                "tax": tax,
                "total": gross - discount + (0 if draft.prices_include_tax else tax),
            }
            | _presented(wanted.presentment, LINE_AMOUNTS, draft.presentment, f"lines.{position}.presentment")
        )
    shipping, discount = minor(draft.shipping), minor(draft.discount)
    parts = sum(line["total"] for line in lines) - discount + shipping
    if parts < 0:
        raise InvalidDraft("discount", f"The discount is more than the lines and shipping, {Money(parts + discount, currency)}.")
    total = parts if draft.total is None else minor(draft.total)
    if abs(total - parts) >= max(10 ** exponent(currency), 10):
        raise InvalidDraft(
            "total",
            f"The total is {Money(total, currency)}, but the lines, discount and shipping come to {Money(parts, currency)}. "
            "Only a rounding difference may lie between them; send what is missing as shipping, discount or tax.",
        )
    now = chance.now()
    order = {
        "id": order_id,
        "reference": draft.reference,
        "status": "open",
        "sold": draft.sold,
        "test": draft.test,
        "fulfilled_by": draft.fulfilled_by,
        "reservation_id": draft.reservation_id,
        "currency": currency,
        "gross": sum(line["gross"] for line in lines),
        "discount": sum(line["discount"] for line in lines) + discount,
        "tax": sum(line["tax"] for line in lines),
        "shipping": shipping,
        "rounding": total - parts,
        "total": total,
        "prices_include_tax": draft.prices_include_tax,
        "presentment_currency": draft.presentment["total"].currency if draft.presentment else None,
        "ship_by": draft.ship_by,
        "placed_at": now,
        "updated_at": now,
        "cancelled_at": None,
        "cancel_reason": None,
    }
    return order | _presented(draft.presentment, AMOUNTS, draft.presentment, "presentment"), lines


def _presented(
    given: Mapping[str, Money] | None, amounts: Sequence[str], whole: Mapping[str, Money] | None, field: str
) -> dict[str, int | None]:
    if given is None:
        return {f"presentment_{amount}": None for amount in amounts}
    if whole is None:
        raise InvalidDraft(field, "Amounts as the buyer saw them need the order's own `presentment` too.")
    currency = whole["total"].currency
    if other := next((money for money in given.values() if money.currency != currency), None):
        raise InvalidDraft(field, f"The buyer saw one currency: {currency}, not {other.currency} as well.")
    return {f"presentment_{amount}": given[amount].amount for amount in amounts}
