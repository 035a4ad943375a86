"""How an eBay order reads: its JSON, and its shipments', as a snapshot. Pure, and tolerant of what sellers' tools leave out.

eBay takes an order off the offer when it is placed, paid or not, and puts nothing back when it is cancelled. It says neither per line:
so every line has counted down what was ordered. A line is called fulfilled at the first unit that left; how many did is in the shipments.
Refunds name amounts, no units: only an order or line that was paid back whole before anything of it left isn't wanted any more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from app import chance
from app.channels.base import BadPayload
from app.domain.money import Money
from app.domain.snapshots import ABSENT, WITHHELD, Contact, LineSnapshot, Missing, OrderSnapshot, OrderState

# After this eBay names no e-mail address any more, and later no name and no street: what we were told before is kept.
_FORGETS = timedelta(days=14)
_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})


def has_left(order: Mapping[str, Any]) -> bool:
    """Whether something of it left: then its shipments say what."""
    return order.get("orderFulfillmentStatus") not in ("NOT_STARTED", None)


def may_be_cancelled(order: Mapping[str, Any]) -> bool:
    """Whether there is something about a cancellation that a list of orders leaves out."""
    return str((order.get("cancelStatus") or {}).get("cancelState") or "NONE_REQUESTED") != "NONE_REQUESTED"


def snapshot(order: Mapping[str, Any], shipments: Sequence[Mapping[str, Any]] = ()) -> OrderSnapshot:
    """The order as it stands. `shipments`: from `shipping_fulfillment`, where something has left. Raises: BadPayload."""
    try:
        return _snapshot(order, shipments)
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise BadPayload(f"order {order.get('orderId')}: {type(error).__name__} {error}") from error


def gone(order_id: str, at: datetime) -> OrderSnapshot:
    """An order that eBay doesn't know any more: buyers can have unpaid ones put together into a new one."""
    return OrderSnapshot(order_id, at, state=OrderState.GONE)


def stamp(order: Mapping[str, Any]) -> datetime | None:
    """When the order changed, by eBay's clock."""
    return moment(order.get("lastModifiedDate")) or moment(order.get("creationDate"))


def moment(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def listing_of(sku: str, marketplace: str) -> str:
    """What is on sale under a code on one of eBay's sites: a listing that ended and was published again is still that."""
    return f"{sku}@{marketplace}"


def _snapshot(order: Mapping[str, Any], shipments: Sequence[Mapping[str, Any]]) -> OrderSnapshot:
    version = stamp(order)
    if version is None:
        raise ValueError("no lastModifiedDate")
    sent: Counter[str] = Counter()
    for shipment in shipments:
        for line in shipment.get("lineItems") or ():
            sent[str(line["lineItemId"])] += int(line.get("quantity") or 0)
    cancel = order.get("cancelStatus") or {}
    cancelled = cancel.get("cancelState") == "CANCELED"
    paid_back = order.get("orderPaymentStatus") == "FULLY_REFUNDED" and not has_left(order)
    steps = [each for each in order.get("fulfillmentStartInstructions") or () if isinstance(each, Mapping)]
    theirs = bool(((order.get("program") or {}).get("fulfillmentProgram") or {}).get("fulfilledBy") == "EBAY")
    digital = bool(steps) and all(each.get("fulfillmentInstructionsType") == "DIGITAL" for each in steps)
    lines = [_line(line, sent, unwanted=cancelled or paid_back, theirs=theirs, ships=not digital) for line in order.get("lineItems") or ()]
    fetched = bool(steps) and not any(each.get("shippingStep") for each in steps)
    said = (steps[0].get("shippingStep") or {}).get("shipTo") if steps else None
    due = [moment((line.get("lineItemFulfillmentInstructions") or {}).get("shipByDate")) for line in order.get("lineItems") or ()]
    notes = {name: str(order[name]) for name in ("orderPaymentStatus", "orderFulfillmentStatus") if order.get(name)}
    if may_be_cancelled(order):
        notes["cancelState"] = str(cancel["cancelState"])
    return OrderSnapshot(
        external_id=str(order["orderId"]),
        version=version,
        paid=order.get("orderPaymentStatus") in _PAID if order.get("orderPaymentStatus") else ABSENT,
        lines=lines,
        number=str(order["orderId"]),
        placed_at=moment(order.get("creationDate")),
        updated_at=version,
        cancelled_at=(moment(cancel.get("cancelledDate")) or version) if cancelled else version if paid_back else None,
        cancel_reason=_reason(cancel) if cancelled else "refunded" if paid_back else None,
        ship_by=min((each for each in due if each is not None), default=None),
        buyer=_buyer(order, said),
        ship_to=None if fetched else _ship_to(order, said),
        amounts=_amounts(order),
        notes=notes,
    )


def _line(line: Mapping[str, Any], sent: Mapping[str, int], *, unwanted: bool, theirs: bool, ships: bool) -> LineSnapshot:
    line_id, ordered = str(line["lineItemId"]), int(line["quantity"])
    if isinstance(line["quantity"], bool) or ordered < 1:
        raise ValueError(f"a quantity of {line['quantity']!r}")
    shipped = min(ordered, sent.get(line_id, 0))
    if not shipped and line.get("lineItemFulfillmentStatus") == "FULFILLED":
        shipped = ordered  # marked as sent, without a shipment that says how much
    cost, reduced = _money(line.get("lineItemCost")), _money(line.get("discountedLineItemCost"))
    if not shipped and not unwanted:
        unwanted = _paid_back(line, reduced or cost)
    sku, listing = line.get("sku"), line.get("legacyItemId")
    if sku and line.get("listingMarketplaceId"):
        listing = listing_of(str(sku), str(line["listingMarketplaceId"]))
    elif listing and line.get("legacyVariationId") not in (None, "", "0"):
        listing = f"{listing}/{line['legacyVariationId']}"
    taxes = [_money(each.get("amount")) for each in line.get("taxes") or () if isinstance(each, Mapping)]
    return LineSnapshot(
        external_id=line_id,
        ordered=ordered,
        cancelled=ordered - shipped if unwanted else 0,
        shipped=shipped,
        counted_down=ordered,
        listing=str(listing) if listing else None,
        sku=str(sku) if sku else None,
        title=str(line["title"]) if line.get("title") else None,
        fulfilled_by_channel=theirs,
        ships=ships,
        unit_price=_each(cost, ordered),
        discount=Money(cost.amount - reduced.amount, cost.currency) if cost and reduced and reduced.currency == cost.currency else None,
        tax=_sum(taxes, cost.currency) if cost else None,
    )


def _paid_back(line: Mapping[str, Any], paid: Money | None) -> bool:
    """Whether all that was paid for the line was given back."""
    back = [_money(each.get("amount")) for each in line.get("refunds") or () if isinstance(each, Mapping)]
    if not back or paid is None or paid.amount <= 0:
        return False
    total = _sum(back, paid.currency)
    return total is not None and total.amount >= paid.amount


def _reason(cancel: Mapping[str, Any]) -> str:
    """Of the request that was carried out; a list of orders has none."""
    requests = [each for each in cancel.get("cancelRequests") or () if isinstance(each, Mapping)]
    done = [each for each in requests if each.get("cancelRequestState") == "COMPLETED"] or requests
    return str((done[-1].get("cancelReason") if done else None) or "cancelled").lower()


# Amounts: text with as many digits as eBay likes, each with its own currency


def _money(amount: Any) -> Money | None:
    """None where there is none, or none that we know: a coin of its own loses no order."""
    if not isinstance(amount, Mapping) or amount.get("value") is None:
        return None
    try:
        found = Money.parse(str(amount["value"]), str(amount.get("currency")))
    except (ValueError, ArithmeticError):
        return None
    return found if abs(found.amount) < 2**53 else None


def _each(whole: Money | None, quantity: int) -> Money | None:
    if whole is None:
        return None
    return Money(int((Decimal(whole.amount) / quantity).to_integral_value(ROUND_HALF_EVEN)), whole.currency)


def _sum(parts: Iterable[Money | None], currency: str) -> Money | None:
    found = list(parts)
    if any(each is None or each.currency != currency for each in found):
        return None
    return Money(sum(each.amount for each in found if each is not None), currency)


def _amounts(order: Mapping[str, Any]) -> Mapping[str, Money] | Missing:
    """As the buyer pays them. A fee or an adjustment raises what the goods cost, or is a discount."""
    said = order.get("pricingSummary") or {}
    total = _money(said.get("total"))
    if total is None:
        return ABSENT
    parts = {name: _money(amount) for name, amount in said.items()}
    if any(part is None or part.currency != total.currency for part in parts.values()):
        return ABSENT
    value = {name: part.amount for name, part in parts.items() if part is not None}
    extra = [value.get("fee", 0), value.get("adjustment", 0)]
    figures = {
        "gross": value.get("priceSubtotal", 0) + sum(each for each in extra if each > 0),
        "discount": abs(value.get("priceDiscount", 0)) - sum(each for each in extra if each < 0),
        "tax": value.get("tax", 0),
        "shipping": value.get("deliveryCost", 0) - abs(value.get("deliveryDiscount", 0)),
        "total": total.amount,
    }
    return {name: Money(figure, total.currency) for name, figure in figures.items()}


def currency_of(orders: Any) -> str | None:
    """What the last order was paid in: a seller who lives elsewhere sells in her site's currency."""
    for order in orders if isinstance(orders, list) else ():
        summary = order.get("pricingSummary") if isinstance(order, Mapping) else None
        total = _money(summary.get("total")) if isinstance(summary, Mapping) else None
        if total is not None:
            return total.currency
    return None


# People

_ADDRESS = {
    "addressLine1": "line1",
    "addressLine2": "line2",
    "city": "city",
    "stateOrProvince": "region",
    "postalCode": "postal_code",
    "countryCode": "country",
}


def known_as(user: str) -> str:
    """What a buyer of eBay's is called in our books, until eBay asks to have them erased."""
    return f"ebay:{user}"


def _buyer(order: Mapping[str, Any], ship_to: Any) -> Contact | Missing:
    buyer = order.get("buyer")
    found = _contact(buyer.get("buyerRegistrationAddress")) if isinstance(buyer, Mapping) else None
    email = (_contact(ship_to) or {}).get("email")
    if email:
        found = {"email": email} | (found or {})
    if _forgotten(order) and not (found or {}).get("email"):
        return WITHHELD
    return found | _named(order) if found else ABSENT


def _ship_to(order: Mapping[str, Any], said: Any) -> Contact | Missing:
    found = _contact(said)
    if _forgotten(order) and not (found and found.get("name") and found.get("line1")):
        return WITHHELD
    return found | _named(order) if found else ABSENT


def _forgotten(order: Mapping[str, Any]) -> bool:
    made_at = moment(order.get("creationDate"))
    return made_at is not None and chance.now() - made_at >= _FORGETS


def _named(order: Mapping[str, Any]) -> dict[str, str]:
    buyer = order.get("buyer")
    user = buyer.get("username") if isinstance(buyer, Mapping) else None
    return {"known_as": known_as(str(user))} if user else {}


def _contact(said: Any) -> dict[str, str] | None:
    """None where nothing is filled in: eBay blanks people after some months (a country alone is what is left)."""
    if not isinstance(said, Mapping):
        return None
    given = said.get("contactAddress")
    address = given if isinstance(given, Mapping) else {}
    found = {ours: str(address[theirs]) for theirs, ours in _ADDRESS.items() if address.get(theirs)}
    phone = said.get("primaryPhone")
    more = {
        "name": said.get("fullName"),
        "company": said.get("companyName"),
        "email": said.get("email"),
        "phone": phone.get("phoneNumber") if isinstance(phone, Mapping) else None,
    }
    found |= {name: str(value) for name, value in more.items() if value}
    return found if found.keys() - {"country", "region"} else None
