"""What is on sale on Etsy: listings with their variants, the numbers that these share, and the whole document that a write replaces.

A listing's inventory has a product for each variant. The quantity may differ along the properties that `quantity_on_property` names and
no others: variants that are alike in those share one number, and that is our counter. Its id is made of those values and not of product
ids, which change when somebody edits the listing on the web.

A listing that isn't on sale shows nothing, whatever its document says. One that Tallystick took down itself comes back by itself; one that
a person deactivated, let expire or never published is the person's, and has no counter until it is on sale again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from app import chance
from app.channels.base import ListingSnapshot, Reading, TryLater
from app.channels.etsy_api import Api

_STATES: Final = ("active", "inactive", "sold_out", "expired")
_ASKS: Final = {"includes": "Listing", "legacy": "false"}
_FRESH_S: Final = 6 * 3600.0  # Etsy's terms: content of listings isn't kept for longer
_KEEP: Final = 0.3  # of a day's quota, for orders and writes
_PASSES: Final = 3
_OFF: Final = "It is deactivated in your shop. Activate it on Etsy, and Tallystick looks after its number again."
_WHY: Final = {
    "inactive": _OFF,
    "edit": _OFF,
    "expired": "It has expired. Renew it on Etsy (that costs Etsy's listing fee), and Tallystick looks after its number again.",
}
_DIGITAL: Final = "It is a download: there is nothing to count, and Tallystick leaves it alone."
_HIDDEN: Final = "This variant is switched off on Etsy, so nobody can buy it."


class Misread(Exception):
    """Etsy's document of a listing isn't what we know."""


# One listing


@dataclass(frozen=True, slots=True)
class Stock:
    """A listing's inventory as it was read: what of it is on sale, and the document that a write has to repeat."""

    listing_id: str
    state: str
    since: int  # when it came into that state, by Etsy's clock; 0 where Etsy doesn't say it
    document: Mapping[str, Any]
    groups: Mapping[str, Sequence[Mapping[str, Any]]]  # variants by counter

    def switched_on(self, counter: str) -> bool:
        return any(offering["is_enabled"] for product in self.groups.get(counter, ()) for offering in offerings(product))

    def noted(self, counter: str) -> int:
        """What the document says, on sale or not."""
        return max(int(each["quantity"]) for product in self.groups[counter] for each in offerings(product) if each["is_enabled"])

    def shows(self, counter: str) -> int | None:
        """What buyers can buy; None: there is no such number."""
        if counter not in self.groups:
            return None
        return self.noted(counter) if self.state == "active" and self.switched_on(counter) else 0

    def is_business_of_ours(self, counter: str, *, ours: bool) -> bool:
        """Whether its number may be raised. `ours`: we took the listing down ourselves."""
        return self.switched_on(counter) and (self.state in ("active", "sold_out") or (ours and self.state in ("inactive", "edit")))


def stock_of(listing_id: str, found: Mapping[str, Any], state: str | None = None) -> Stock:
    """An inventory answer. Raises: Misread."""
    try:
        listing = found.get("listing") or {}
        products = [product for product in found["products"] if product.get("is_deleted") is not True]
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for product in products:
            if not all(isinstance(each, Mapping) for each in product.get("property_values") or ()):
                raise Misread("a property says nothing")
            if not offerings(product):
                continue
            groups.setdefault(counter_of(listing_id, product, found.get("quantity_on_property")), []).append(product)
        stands = state or listing.get("state")
        if not isinstance(stands, str) or not groups:
            raise Misread("it says neither what is on sale nor how")
        since = listing.get("state_timestamp")
        return Stock(listing_id, stands, since if isinstance(since, int) else 0, found, groups)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Misread(f"{type(error).__name__} {error}") from error


def offerings(product: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The offerings of a variant that are there; each with a quantity. Raises: KeyError, TypeError, ValueError."""
    found = [each for each in product["offerings"] if each.get("is_deleted") is not True]
    for each in found:
        if isinstance(each["quantity"], bool) or not isinstance(each["quantity"], int) or not isinstance(each["is_enabled"], bool):
            raise ValueError("an offering without a quantity")
    return found


def counter_of(listing_id: str, product: Mapping[str, Any], along: Sequence[int] | None) -> str:
    """The number that a sale of this variant lowers."""
    if not along:
        return listing_id
    values = {int(each["property_id"]): each for each in product.get("property_values") or ()}
    return listing_id + "/" + ",".join(f"{int(each)}-{_value(values.get(int(each)))}" for each in sorted(along))


def _value(found: Mapping[str, Any] | None) -> str:
    """A property's value, shortly: Etsy's ids of it, or what it says."""
    if found is None:
        return ""
    if ids := found.get("value_ids"):
        return ".".join(str(int(each)) for each in ids)
    return hashlib.sha256("\0".join(map(str, found.get("values") or ())).encode()).hexdigest()[:16]


def replaced(document: Mapping[str, Any], listing_id: str, quantities: Mapping[str, int]) -> dict[str, Any]:
    """The whole document as a write takes it: as it was read, but for these counters' quantities. Raises: Misread."""
    try:
        along = document.get("quantity_on_property")
        products = []
        for product in document["products"]:
            if product.get("is_deleted") is True or not (there := offerings(product)):
                continue
            quantity = quantities.get(counter_of(listing_id, product, along))
            products.append(
                {
                    "sku": product.get("sku"),
                    "property_values": [_property(each) for each in product.get("property_values") or ()],
                    "offerings": [
                        {
                            "price": _decimal(each["price"]),
                            "quantity": each["quantity"] if quantity is None else quantity,
                            "is_enabled": each["is_enabled"],
                            "readiness_state_id": each.get("readiness_state_id"),
                        }
                        for each in there
                    ],
                }
            )
        made: dict[str, Any] = {"products": products}
        for name in ("price_on_property", "quantity_on_property", "sku_on_property", "readiness_state_on_property"):
            if document.get(name) is not None:
                made[name] = list(document[name])
        return made
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError) as error:
        raise Misread(f"{type(error).__name__} {error}") from error


def _property(found: Mapping[str, Any]) -> dict[str, Any]:
    made = {"property_id": found["property_id"], "value_ids": list(found.get("value_ids") or ()), "scale_id": found.get("scale_id")}
    if found.get("property_name") is not None:
        made["property_name"] = found["property_name"]
    return made | {"values": list(found.get("values") or ())}


def _decimal(price: Mapping[str, Any]) -> float:
    return float(Decimal(int(price["amount"])) / Decimal(int(price["divisor"])))


def is_empty(document: Mapping[str, Any]) -> bool:
    """Whether nothing of a document to be written can be bought: Etsy refuses it."""
    return not any(each["quantity"] > 0 and each["is_enabled"] for product in document["products"] for each in product["offerings"])


# Many listings


class Listings:
    """What is on sale, and its numbers. `is_ours` says of a listing that isn't on sale whether we took it down ourselves."""

    def __init__(self, api: Api, is_ours: Callable[[Stock], bool]) -> None:
        self._api, self._is_ours = api, is_ours
        # A full listing takes a request for each listing: whoever had to stop goes on from here.
        self._seen: dict[tuple[str, Any], tuple[float, Stock | None]] = {}

    def one(self, listing_id: str) -> Stock | None:
        """How a listing stands; None: it isn't there. Raises: TryLater, NoUse."""
        answer = self._api.call("GET", f"listings/{int(listing_id)}/inventory", _ASKS)
        if answer.is_missing:
            return None
        try:
            if not isinstance(answer.json.get("listing"), dict):  # an association, and those have been taken away before
                listing = self._api.call("GET", f"listings/{int(listing_id)}")
                return None if listing.is_missing else stock_of(listing_id, answer.json, str(listing.json["state"]))
            return stock_of(listing_id, answer.json)
        except (Misread, KeyError) as error:
            raise TryLater(f"Etsy's inventory of listing {listing_id} can't be understood: {error}.") from error

    def readings(self, counters: Sequence[str]) -> Sequence[Reading]:
        """What these counters show: one request for each listing. Raises: TryLater, NoUse."""
        stocks = {listing_id: self.one(listing_id) for listing_id in dict.fromkeys(map(listing_of, counters))}
        found = []
        for counter in counters:
            stock = stocks[listing_of(counter)]
            document = None if stock is None else {"state": stock.state, **stock.document}
            found.append(Reading(counter, None if stock is None else stock.shows(counter), document=document))
        return found

    def all(self) -> Iterator[ListingSnapshot]:
        """Every listing that is or was on sale, by state, then each with its inventory. Drafts were never on sale.

        SKUs may stand on several listings of Etsy's, so which of them say something is known at the end. Raises: TryLater, NoUse.
        """
        now = chance.monotonic()
        self._seen = {key: each for key, each in self._seen.items() if now - each[0] < _FRESH_S}
        rows = list(self._rows())
        stocks = [(row, self._stock(row)) for row in rows]
        counters: dict[str, set[str]] = {}
        for each in [stock for _, stock in stocks if stock is not None]:
            for counter, products in each.groups.items():
                if each.is_business_of_ours(counter, ours=self._is_ours(each)):
                    for product in products:
                        counters.setdefault(str(product.get("sku") or ""), set()).add(counter)
        for row, stock in stocks:
            yield from self._snapshots(row, stock, counters)

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        """Each once. Pages shift while listings come and go, and states change in between: until a pass brings nothing new."""
        seen: set[Any] = set()
        for _ in range(_PASSES):
            pages = news = 0
            for state in _STATES:
                for page in self._api.pages(f"shops/{self._api.shop_id()}/listings", {"state": state, "legacy": "false"}, keep=_KEEP):
                    pages += 1
                    for row in page:
                        listing_id = row.get("listing_id")
                        if isinstance(listing_id, bool) or not isinstance(listing_id, int) or not isinstance(row.get("state"), str):
                            raise TryLater("A listing of Etsy's can't be understood.")
                        if listing_id not in seen:
                            seen.add(listing_id)
                            news += 1
                            yield row
            if pages <= len(_STATES) or not news:
                return

    def _stock(self, row: Mapping[str, Any]) -> Stock | None:
        """None: a download, or an inventory that isn't there."""
        if row.get("listing_type") == "download":
            return None
        now, listing_id = chance.monotonic(), str(row["listing_id"])
        mark = (listing_id, (row["state"], row.get("last_modified_timestamp") or row.get("updated_timestamp"), row.get("quantity")))
        if mark not in self._seen:
            answer = self._api.call("GET", f"listings/{listing_id}/inventory", _ASKS, keep=_KEEP)
            try:
                found = None if answer.is_missing else stock_of(listing_id, answer.json, row["state"])
            except Misread as error:
                raise TryLater(f"Etsy's inventory of listing {listing_id} can't be understood: {error}.") from error
            self._seen[mark] = (now, found)
        return self._seen[mark][1]

    def _snapshots(self, row: Mapping[str, Any], stock: Stock | None, counters: Mapping[str, set[str]]) -> Iterator[ListingSnapshot]:
        listing_id, state = str(row["listing_id"]), str(row["state"])
        title, url = str(row.get("title") or listing_id), str(row["url"]) if row.get("url") else None
        live = state == "active"
        if stock is None:
            digital = row.get("listing_type") == "download"
            why = _DIGITAL if digital else "Etsy has no inventory for it. Save the listing once on Etsy."
            yield ListingSnapshot(listing_id, None, title, listing_id, None, live=live, why=why, url=url)
            return
        for counter, products in stock.groups.items():
            known = stock.is_business_of_ours(counter, ours=self._is_ours(stock))
            for product in products:
                sku = str(product["sku"]) if product.get("sku") else None
                chosen = [str(each) for found in product.get("property_values") or () for each in found.get("values") or ()]
                on = any(each["is_enabled"] for each in offerings(product))
                yield ListingSnapshot(
                    external_id=f"{listing_id}/{product['product_id']}" if product.get("product_id") else listing_id,
                    sku=sku,
                    title=" - ".join(filter(None, (title, ", ".join(chosen)))),
                    unit=listing_id,
                    counter=counter if known and on else None,
                    quantity=stock.shows(counter) if known and on else None,
                    live=live and on,
                    why=None if known and on else _WHY.get(state, _HIDDEN),
                    url=url,
                    unique=sku is None or len(counters.get(sku, ())) < 2,
                )


def listing_of(counter: str) -> str:
    """The listing, which is the write unit, of a counter. Raises: ValueError."""
    listing_id = counter.partition("/")[0]
    if not listing_id.isdecimal():
        raise ValueError(f"{counter!r} is no counter of Etsy's")
    return listing_id
