"""Telling Shopify that units left. An order is sent by fulfilment orders, one or more for each of Shopify's locations, and the request
that ships has no idempotency key: so we look first whether a parcel is known, by its tracking number or, where it has none, by our id."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.channels.base import NoUse, Parcel, TryLater
from app.channels.shopify_admin import Admin
from app.channels.shopify_graphql import gid, tail

_SHIPS: Final = ("OPEN", "IN_PROGRESS")
_WAITS: Final = ("ON_HOLD", "SCHEDULED")
_NOT_SENT: Final = ("CANCELLED", "ERROR", "FAILURE")


def ship(admin: Admin, parcel: Parcel, location: str, *, notify: bool) -> None:
    """Raises: TryLater, NoUse."""
    mark = parcel.tracking_number or parcel.id
    left = Counter({line.line: line.quantity for line in parcel.lines})
    left -= _told(admin, parcel.order, mark)
    if not left:
        return
    expected = list(_expected(admin, parcel.order))
    expected.sort(key=lambda each: each["location"] != location)  # ours first
    # One request for each place: Shopify takes several fulfilment orders together only where they belong to one.
    requests: dict[str, list[dict[str, Any]]] = defaultdict(list)
    done: Counter[str] = Counter()
    waits: set[str] = set()
    for each in expected:
        taken = []
        for item in each["lines"]:
            line = tail(item["lineItem"]["id"])
            done[line] += item["totalQuantity"] - item["remainingQuantity"]
            units = min(left[line], item["remainingQuantity"])
            if units > 0 and each["status"] in _SHIPS:
                taken.append({"id": item["id"], "quantity": units})
                left[line] -= units
            elif units > 0 and each["status"] in _WAITS:
                waits.add(line)
        if taken:
            requests[each["location"]].append({"fulfillmentOrderId": each["id"], "fulfillmentOrderLineItems": taken})
    tracking = {"company": parcel.carrier, "number": mark, "url": parcel.tracking_url}
    for parts in requests.values():
        fulfillment = {
            "lineItemsByFulfillmentOrder": parts,
            "notifyCustomer": notify,
            "trackingInfo": {name: value for name, value in tracking.items() if value},
        }
        answer = admin.ask("ShipFulfillmentOrder", {"fulfillment": fulfillment}).data["fulfillmentCreate"]
        if answer["userErrors"]:
            raise NoUse("forbidden", f"Shopify refuses the parcel: {'; '.join(error['message'] for error in answer['userErrors'])}")
    missing = {line: units for line, units in left.items() if units > 0}
    if waits & missing.keys():
        raise NoUse("forbidden", "Shopify holds this order back. Release the hold in Shopify, then send the parcel again.")
    # What somebody has marked as sent in Shopify itself needs no telling. What isn't expected and wasn't sent does.
    if any(units > done[line] for line, units in missing.items()):
        raise NoUse("forbidden", "Shopify expects fewer units of this order than were sent. Compare the order in Shopify with the parcel.")


def _told(admin: Admin, order: str, mark: str) -> Counter[str]:
    """Units by line that Shopify knows to be in this parcel."""
    found = admin.ask("OrderFulfillments", {"id": gid("Order", order)}).data["order"]
    if found is None:
        raise NoUse("gone", "This order isn't in Shopify any more, or too old for the app to see.")
    told: Counter[str] = Counter()
    for fulfillment in found["fulfillments"]:
        if fulfillment["status"] not in _NOT_SENT and mark in {info["number"] for info in fulfillment["trackingInfo"]}:
            for line in _pages(admin, "FulfillmentLines", ("fulfillment", "fulfillmentLineItems"), fulfillment["id"]):
                told[tail(line["lineItem"]["id"])] += line["quantity"]
    return told


def _expected(admin: Admin, order: str) -> Iterator[Mapping[str, Any]]:
    """The fulfilment orders, whole."""
    for found in _pages(admin, "OrderFulfillmentState", ("order", "fulfillmentOrders"), gid("Order", order)):
        page, place = found["lineItems"], found["assignedLocation"]["location"]
        lines = list(page["nodes"])
        if page["pageInfo"]["hasNextPage"]:
            lines = list(_pages(admin, "FulfillmentOrderLines", ("fulfillmentOrder", "lineItems"), found["id"]))
        yield {"id": found["id"], "status": found["status"], "location": tail(place["id"]) if place else "", "lines": lines}


def _pages(admin: Admin, operation: str, path: tuple[str, str], node: str) -> Iterator[Mapping[str, Any]]:
    after: str | None = None
    while True:
        found = admin.ask(operation, {"id": node, "after": after}).data[path[0]]
        if found is None:
            raise TryLater("An order on Shopify changed while it was read.")
        page = found[path[1]]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
