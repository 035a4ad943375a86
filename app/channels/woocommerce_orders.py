"""How a WooCommerce order reads: its JSON, and its refunds', as a snapshot. Pure, and tolerant of whatever plugins put there.

WooCommerce writes down per line what it has subtracted: `_reduced_stock`. It is what stands subtracted now, so after a restocking refund
it has shrunk by `_restock_refunded_items`; and it vanishes when everything was given back. So where it is gone from an order that ended,
everything was given back or nothing was ever taken, and both come to the same: counted down and put back alike.

The shop's pages have no word for "left": a completed order has left whole. A refund from before that is a cancellation, a later one a
return. Refunds that name no lines give money back and say nothing about units, unless the whole order ends as refunded before it left.
"""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

from app.channels.base import BadPayload
from app.domain.money import Money
from app.domain.snapshots import ABSENT, Contact, LineSnapshot, Missing, OrderSnapshot, OrderState

# Nobody finished this checkout, or this page of the admin.
NOT_YET = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
_PAID = frozenset({"processing", "completed"})
_UNPAID = frozenset({"pending", "on-hold"})
_UNWANTED = frozenset({"cancelled", "failed", "trash"})
# Whoever enters one of these gets back what was taken, or it was never taken: nothing is subtracted once the mark is gone.
_GIVEN_BACK = frozenset({"cancelled", "trash"})
_REMEMBERED = 64  # orders: about what two polls have in common


def names_refunds(order: Mapping[str, Any]) -> bool:
    """Whether the order has refunds, whose lines stand elsewhere."""
    return bool(order.get("refunds"))


def snapshot(order: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]] = ()) -> OrderSnapshot:
    """The order as it stands. `refunds`: those that it names, from `orders/{id}/refunds`. Raises: BadPayload."""
    try:
        return _snapshot(order, refunds)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise BadPayload(f"order {order.get('id')}: {type(error).__name__} {error}") from error


class Lately:
    """The orders that were read last, each as it was written: polls overlap, and one that is written the same reads the same."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[tuple[Any, Any], OrderSnapshot]] = OrderedDict()

    def snapshot(self, order: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]]) -> OrderSnapshot:
        """As `snapshot`."""
        order_id, written = str(order.get("id")), (order, refunds)
        known = self._known.get(order_id)
        if known is not None and known[0] == written:
            found = known[1]
        else:
            found = snapshot(order, refunds)
            self._known[order_id] = written, found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        self._known.move_to_end(order_id)
        return found


def gone(order_id: str, at: datetime) -> OrderSnapshot:
    """An order that was deleted for good: nothing of it can be read any more. `at`: the shop's clock when it said so."""
    return OrderSnapshot(order_id, at, state=OrderState.GONE)


def stamp(order: Mapping[str, Any]) -> datetime | None:
    """When the order changed, by the shop's clock."""
    return moment(order.get("date_modified_gmt")) or moment(order.get("date_created_gmt"))


def moment(text: Any) -> datetime | None:
    """A `_gmt` field: UTC without saying so, whole seconds."""
    if not isinstance(text, str) or not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def _snapshot(order: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]]) -> OrderSnapshot:
    version = stamp(order)
    if version is None:
        raise ValueError("no date_modified_gmt")
    status = str(order["status"])
    named = {refund.get("id") for refund in order.get("refunds") or ()}
    returned, withdrawn = _refunded(order, [refund for refund in refunds if refund.get("id") in named])
    money = _Amounts(str(order.get("currency") or ""))
    lines = [_line(line, status, order, withdrawn, returned, money) for line in order.get("line_items") or ()]
    notes = {name: str(order[name]) for name in ("status", "created_via", "payment_method") if order.get(name)}
    return OrderSnapshot(
        external_id=str(order["id"]),
        version=version,
        state=OrderState.NOT_YET if status in NOT_YET else OrderState.ORDER,
        paid=_is_paid(status, order),
        lines=lines,
        number=str(order.get("number") or order["id"]),
        placed_at=moment(order.get("date_created_gmt")),
        updated_at=version,
        # It has no stamp of its own: the last change is the best that is known.
        cancelled_at=version if status in _UNWANTED else None,
        cancel_reason=status if status in _UNWANTED else None,
        buyer=_contact(order.get("billing")) or ABSENT,
        ship_to=_contact(order.get("shipping")) or _contact(order.get("billing")),
        amounts=_amounts(order, money),
        notes=notes,
    )


def _is_paid(status: str, order: Mapping[str, Any]) -> bool:
    """By the status where it says so: a payment date stays behind when an order is set back to waiting."""
    if status in _PAID:
        return True
    return status not in _UNPAID and bool(order.get("date_paid_gmt"))


def _refunded(order: Mapping[str, Any], refunds: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Units given back per line: after the order had left, and before."""
    left_at = moment(order.get("date_completed_gmt"))
    after: defaultdict[str, int] = defaultdict(int)
    before: defaultdict[str, int] = defaultdict(int)
    for refund in refunds:
        made_at = moment(refund.get("date_created_gmt"))
        has_left = left_at is not None and (made_at is None or made_at >= left_at)
        for line in refund.get("line_items") or ():
            origin = _meta(line).get("_refunded_item_id")
            if origin is not None:
                (after if has_left else before)[str(origin)] += _units(line.get("quantity"), sign=-1)
    return after, before


def _line(
    line: Mapping[str, Any],
    status: str,
    order: Mapping[str, Any],
    withdrawn: Mapping[str, int],
    returned: Mapping[str, int],
    money: _Amounts,
) -> LineSnapshot:
    line_id, meta = str(line["id"]), _meta(line)
    ordered = _units(line["quantity"])
    taken, restocked = _units(meta.get("_reduced_stock")), _units(meta.get("_restock_refunded_items"))
    if status in _GIVEN_BACK and not taken:
        counted_down = put_back = ordered
    else:
        counted_down, put_back = taken + restocked, restocked
    before, after = min(ordered, withdrawn.get(line_id, 0)), returned.get(line_id, 0)
    has_left = status == "completed" or (status == "refunded" and bool(order.get("date_completed_gmt")))
    shipped = ordered - before if has_left else 0
    if status in _UNWANTED or (status == "refunded" and not has_left):
        cancelled = ordered
    elif has_left:
        cancelled = before
    else:
        cancelled = min(ordered, before + after)
    subtotal, total = money.read(line.get("subtotal")), money.read(line.get("total"))
    product = line.get("variation_id") or line.get("product_id")
    return LineSnapshot(
        external_id=line_id,
        ordered=ordered,
        cancelled=cancelled,
        returned=min(shipped, after) if has_left else 0,
        shipped=shipped,
        counted_down=counted_down,
        put_back=put_back,
        listing=str(product) if product else None,
        sku=str(line["sku"]) if line.get("sku") else None,
        title=str(line["name"]) if line.get("name") else None,
        unit_price=money.each(subtotal, line["quantity"]),
        discount=money.minus(subtotal, total),
        tax=money.read(line.get("total_tax")),
        decimal_quantity=None if _number(line["quantity"]) == ordered else str(line["quantity"]),
    )


# Numbers


class _Amounts:
    """Amounts in the order's currency; None where there is none that we know, so a coin of a plugin's own loses no order."""

    def __init__(self, currency: str) -> None:
        self._currency = currency

    def read(self, text: Any) -> Money | None:
        try:
            found = Money.parse(text, self._currency)
        except (ValueError, ArithmeticError):
            return None
        return found if abs(found.amount) < 2**53 else None

    def each(self, whole: Money | None, quantity: Any) -> Money | None:
        number = _number(quantity)
        if whole is None or not number:
            return None
        return Money(int((whole.amount / number).to_integral_value(ROUND_HALF_EVEN)), whole.currency)

    def minus(self, whole: Money | None, rest: Money | None) -> Money | None:
        return None if whole is None or rest is None else Money(whole.amount - rest.amount, whole.currency)

    def sum(self, parts: Iterable[Any]) -> Money | None:
        read = [self.read(part) for part in ["0", *parts]]
        if any(part is None for part in read):
            return None
        return Money(sum(part.amount for part in read if part is not None), self._currency)


def _amounts(order: Mapping[str, Any], money: _Amounts) -> Mapping[str, Money] | Missing:
    """As the buyer pays them. Fees raise what the goods cost, and fees below zero are discounts: plugins make both."""
    lines, fees = order.get("line_items") or (), [fee.get("total") for fee in order.get("fee_lines") or ()]
    # What isn't a number is left to `sum`, which then says nothing.
    cheaper = [str(fee).removeprefix("-") for fee in fees if str(fee).startswith("-")]
    dearer = [fee for fee in fees if not str(fee).startswith("-")]
    found = {
        "gross": money.sum([line.get("subtotal") for line in lines] + dearer),
        "discount": money.sum([order.get("discount_total") or "0", *cheaper]),
        "tax": money.read(order.get("total_tax") or "0"),
        "shipping": money.read(order.get("shipping_total") or "0"),
        "total": money.read(order.get("total")),
    }
    known = {name: amount for name, amount in found.items() if amount is not None}
    return known if len(known) == len(found) else ABSENT


def _number(value: Any) -> Decimal:
    if value is None or value == "" or isinstance(value, bool):
        return Decimal(0)
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number") from error
    if not number.is_finite() or abs(number) > 10**9:
        raise ValueError(f"{value!r} is no number")
    return number


def _units(value: Any, *, sign: int = 1) -> int:
    """Whole units; part of one counts as one, as it does on the shelf."""
    return max(0, math.ceil(_number(value) * sign))


def _meta(line: Mapping[str, Any]) -> dict[str, Any]:
    return {str(each.get("key")): each.get("value") for each in line.get("meta_data") or () if isinstance(each, Mapping)}


# People

_CONTACT = {
    "company": "company",
    "email": "email",
    "phone": "phone",
    "address_1": "line1",
    "address_2": "line2",
    "city": "city",
    "state": "region",
    "postcode": "postal_code",
    "country": "country",
}


def _contact(address: Any) -> Contact | None:
    """A buyer or an address; None where nothing is filled in (a country alone is a form's default)."""
    if not isinstance(address, Mapping):
        return None
    name = " ".join(str(address[part]) for part in ("first_name", "last_name") if address.get(part))
    found = {ours: str(address[theirs]) for theirs, ours in _CONTACT.items() if address.get(theirs)}
    if name:
        found["name"] = name
    return found if found.keys() - {"country", "region"} else None
