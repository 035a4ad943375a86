"""How an Etsy receipt reads as a snapshot. Pure, and tolerant: nearly every field may be null or missing.

A receipt is whole or nothing: it is cancelled whole, it leaves whole, and a refund is money, which says nothing about units. So a line is
unwanted where its receipt was cancelled, or was refunded in full before it left; a receipt that was refunded later has left all the same.

Etsy counts down by itself when somebody buys, whatever the payment comes to. Whether it puts the units of a cancelled receipt back isn't
said anywhere: here they count as put back, which is never too few to be set aside for, and a reading tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from app.channels.base import BadPayload
from app.domain.money import Money, exponent
from app.domain.snapshots import ABSENT, WITHHELD, Contact, LineSnapshot, Missing, OrderSnapshot, OrderState

_PAID = frozenset({"paid", "completed", "partially refunded", "fully refunded"})
_MOST = 2**53


def snapshot(receipt: Mapping[str, Any]) -> OrderSnapshot:
    """The receipt as it stands. Raises: BadPayload."""
    try:
        return _snapshot(receipt)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise BadPayload(f"receipt {name_of(receipt)}: {type(error).__name__} {error}") from error


def gone(receipt_id: str, at: datetime) -> OrderSnapshot:
    """A receipt that isn't there. `at`: Etsy's clock when it said so."""
    return OrderSnapshot(receipt_id, at, state=OrderState.GONE)


def name_of(receipt: Any) -> str:
    return str(receipt.get("receipt_id")) if isinstance(receipt, Mapping) else "?"


def stamp(receipt: Mapping[str, Any]) -> datetime | None:
    """When the receipt changed, by Etsy's clock: whole seconds."""
    return moment(receipt.get("updated_timestamp")) or moment(receipt.get("update_timestamp"))


def moment(seconds: Any) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 < seconds < 2**34:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _snapshot(receipt: Mapping[str, Any]) -> OrderSnapshot:
    version, receipt_id, status = stamp(receipt), receipt["receipt_id"], str(receipt.get("status") or "").lower()
    if version is None or isinstance(receipt_id, bool) or not isinstance(receipt_id, int):
        raise ValueError("neither an id nor a time of change")
    rows = [row for row in receipt["transactions"] if isinstance(row, Mapping)]
    cancelled = status in ("canceled", "cancelled")
    paid = receipt["is_paid"] if isinstance(receipt.get("is_paid"), bool) else status in _PAID
    ship_by = [each for row in rows if (each := moment(row.get("expected_ship_date")))]
    notes = {"status": status, "payment_method": receipt.get("payment_method"), "gift": "yes" if receipt.get("is_gift") is True else None}
    return OrderSnapshot(
        external_id=str(receipt_id),
        version=version,
        paid=paid,
        lines=[_line(row, receipt, unwanted=cancelled or status == "fully refunded", put_back=cancelled) for row in rows],
        number=str(receipt_id),
        placed_at=moment(receipt.get("created_timestamp")) or moment(receipt.get("create_timestamp")),
        updated_at=version,
        # It has no stamp of its own: the last change is the best that is known.
        cancelled_at=version if cancelled else None,
        cancel_reason=status if cancelled else None,
        ship_by=min(ship_by, default=None),
        buyer=_buyer(receipt),
        ship_to=_address(receipt) if any(row.get("is_digital") is not True for row in rows) else None,
        amounts=_amounts(receipt),
        notes={name: str(each) for name, each in notes.items() if each},
    )


def _line(row: Mapping[str, Any], receipt: Mapping[str, Any], *, unwanted: bool, put_back: bool) -> LineSnapshot:
    ordered, digital = int(row["quantity"]), row.get("is_digital") is True
    if ordered < 0 or row["transaction_id"] is None:
        raise ValueError("a line without an id or a quantity")
    left = receipt.get("is_shipped") is True or moment(row.get("shipped_timestamp")) is not None
    shipped = ordered if left and not digital else 0
    cancelled = ordered - shipped if unwanted else 0
    price = money(row.get("price"))
    return LineSnapshot(
        external_id=str(int(row["transaction_id"])),
        ordered=ordered,
        cancelled=cancelled,
        shipped=shipped,
        counted_down=0 if digital else ordered,
        put_back=cancelled if put_back and not digital else 0,
        listing=_listing(row, digital=digital),
        sku=str(row["sku"]) if row.get("sku") else None,
        title=_title(row),
        ships=not digital,
        unit_price=price,
        discount=_coupons(row, price),
    )


def _listing(row: Mapping[str, Any], *, digital: bool) -> str | None:
    """As `etsy_listings` names variants; what was deleted since, or never had one, is named by its listing alone."""
    listing, product = row.get("listing_id"), row.get("product_id")
    if not listing:
        return None
    return str(int(listing)) if digital or not product else f"{int(listing)}/{int(product)}"


def _title(row: Mapping[str, Any]) -> str | None:
    chosen = [str(each["formatted_value"]) for each in _rows(row.get("variations")) if each.get("formatted_value")]
    title = str(row["title"]) if row.get("title") else ""
    return " - ".join(filter(None, (title, ", ".join(chosen)))) or None


def _rows(found: Any) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in found or () if isinstance(each, Mapping))


# Money


def money(found: Any) -> Money | None:
    """Etsy's amount, divisor and currency; None where they make no amount that we know, so that no coin loses an order."""
    try:
        value = Decimal(int(found["amount"])) / Decimal(int(found["divisor"]))
        return _minor(value, str(found["currency_code"]))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return None


def _minor(value: Decimal, currency: str) -> Money | None:
    amount = int(value.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_EVEN))
    return Money(amount, currency) if abs(amount) < _MOST else None


def _coupons(row: Mapping[str, Any], price: Money | None) -> Money | None:
    """What coupons take off the whole line: decimal numbers in the line's currency."""
    if price is None:
        return None
    try:
        return _minor(sum((Decimal(str(row.get(name) or 0)) for name in ("shop_coupon", "buyer_coupon")), Decimal()), price.currency)
    except (ValueError, ArithmeticError):
        return None


def _amounts(receipt: Mapping[str, Any]) -> Mapping[str, Money] | Missing:
    total = money(receipt.get("grandtotal"))
    if total is None:
        return ABSENT
    parts = {
        "gross": ("total_price", "gift_wrap_price"),
        "discount": ("discount_amt",),
        "tax": ("total_tax_cost", "total_vat_cost"),
        "shipping": ("total_shipping_cost",),
    }
    found = {name: _sum([money(receipt.get(each)) for each in names], total.currency) for name, names in parts.items()}
    return found | {"total": total} if receipt.get("total_price") is not None else {"total": total}


def _sum(parts: Sequence[Money | None], currency: str) -> Money:
    return Money(sum(each.amount for each in parts if each is not None and each.currency == currency), currency)


# People

_ADDRESS = {
    "first_line": "line1",
    "second_line": "line2",
    "city": "city",
    "state": "region",
    "zip": "postal_code",
    "country_iso": "country",
}


def _buyer(receipt: Mapping[str, Any]) -> Contact | Missing:
    found = {"name": receipt.get("name"), "email": receipt.get("buyer_email")}
    return {name: str(each) for name, each in found.items() if each} or WITHHELD


def _address(receipt: Mapping[str, Any]) -> Contact | Missing:
    """Etsy shows it to some apps only, by the seller's country and the app's age."""
    found = {ours: str(receipt[theirs]) for theirs, ours in _ADDRESS.items() if receipt.get(theirs)}
    if not found.keys() - {"country", "region"}:
        return WITHHELD
    return found | ({"name": str(receipt["name"])} if receipt.get("name") else {})
