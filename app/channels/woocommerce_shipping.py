"""Telling a WooCommerce shop that a parcel left. Most shops have no place for it: a plugin has, or a note tells the buyer.

Nothing here has a key that makes a repetition harmless, so each way looks first whether the parcel is known already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.channels.base import NoUse, Parcel
from app.channels.woocommerce_api import Answer, Api

_PLUGINS = ("/wc-shipment-tracking/v3", "/wc-ast/v3")
_MARK = "_tallystick_parcel"
# Nothing more is expected of an order in one of these, so it isn't set to completed.
_ENDED = frozenset({"completed", "cancelled", "refunded", "failed", "trash"})


class Shipping:
    """The shop's way of keeping tracking numbers, found out with the first parcel."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._absent: set[str] = set()

    def tell(self, parcel: Parcel) -> None:
        """Record the parcel once, and complete the order with its last one. Raises: TryLater, NoUse."""
        path = f"orders/{int(parcel.order)}"
        order = self._api.call("GET", path, {"_fields": "id,status"})
        if order.is_missing:
            raise NoUse("gone", "The shop doesn't have this order any more.")
        if not self._by_plugin(parcel, path) and not self._by_fulfilment(parcel, path):
            self._by_note(parcel, path)
        if parcel.complete and order.json.get("status") not in _ENDED:
            self._api.call("PUT", path, {"_fields": "id,status"}, {"status": "completed"})

    def _by_plugin(self, parcel: Parcel, path: str) -> bool:
        if not parcel.tracking_number:
            return False  # a plugin keeps numbers
        for plugin in _PLUGINS:
            rows = self._list(f"{plugin}/{path}/shipment-trackings", plugin)
            if rows is None:
                continue
            if not any(row.get("tracking_number") == parcel.tracking_number for row in rows):
                made = {"tracking_number": parcel.tracking_number, "date_shipped": parcel.shipped_at.strftime("%Y-%m-%d")}
                carrier = {"custom_tracking_provider": parcel.carrier or "", "custom_tracking_link": parcel.tracking_url or ""}
                self._api.call("POST", f"{plugin}/{path}/shipment-trackings", json=made | carrier)
            return True
        return False

    def _by_fulfilment(self, parcel: Parcel, path: str) -> bool:
        rows = self._list(f"{path}/fulfillments", "fulfillments")
        if rows is None:
            return False
        known = [_meta(row) for row in rows]
        if any(meta.get(_MARK) == parcel.id for meta in known):
            return True
        # The documentation names this key in two ways; a fulfilment that is there says which one this shop reads.
        carrier_key = "_shipping_provider" if any("_shipping_provider" in meta for meta in known) else "_shipment_provider"
        meta = {
            "_items": [{"item_id": int(line.line), "qty": line.quantity} for line in parcel.lines],
            "_tracking_number": parcel.tracking_number,
            "_tracking_url": parcel.tracking_url,
            carrier_key: parcel.carrier.lower() if parcel.carrier else None,
            _MARK: parcel.id,
        }
        rows_of_meta = [{"key": key, "value": value} for key, value in meta.items() if value]
        made = {"status": "fulfilled", "is_fulfilled": True, "meta_data": rows_of_meta}
        self._api.call("POST", f"{path}/fulfillments", {"notify_customer": "true"}, made)
        return True

    def _by_note(self, parcel: Parcel, path: str) -> None:
        """The last parcel without a number needs none: completing the order writes to the buyer."""
        if parcel.complete and not parcel.tracking_number:
            return
        text = _words(parcel)
        rows = self._list(f"{path}/notes", "notes", {"type": "customer"}) or []
        if not any(row.get("note") == text for row in rows):
            self._api.call("POST", f"{path}/notes", json={"note": text, "customer_note": True})

    def _list(self, path: str, way: str, params: Mapping[str, str] | None = None) -> list[Mapping[str, Any]] | None:
        """What is recorded already; None where the shop has no such route, which is remembered."""
        if way in self._absent:
            return None
        answer = self._api.call("GET", path, params, may_lack_route=True)
        if answer.lacks_route:
            self._absent.add(way)
            return None
        return _rows(answer)


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    """A list, or one under a name of its own."""
    rows = answer.json
    if isinstance(rows, dict):
        rows = next((each for each in rows.values() if isinstance(each, list)), [])
    return [row for row in rows if isinstance(row, dict)]


def _meta(row: Mapping[str, Any]) -> dict[str, Any]:
    return {str(each.get("key")): each.get("value") for each in row.get("meta_data") or () if isinstance(each, dict)}


def _words(parcel: Parcel) -> str:
    """For the buyer. It ends with the parcel's own number, so that two parcels never read alike."""
    what = "Your order is on its way" if parcel.complete else "A part of your order is on its way"
    by = f" with {parcel.carrier}" if parcel.carrier else ""
    number = f": {parcel.tracking_number}" if parcel.tracking_number else ""
    link = f" ({parcel.tracking_url})" if parcel.tracking_url else ""
    return f"{what}{by}{number}{link}. Parcel {parcel.id[-8:]}."
