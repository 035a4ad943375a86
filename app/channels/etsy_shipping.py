"""Telling Etsy that an order left. Every success writes to the buyer, so we look first whether the parcel is known.

Etsy knows an order as sent or not sent, whole: its first parcel marks it so. Parts of an order therefore can't be told.
"""

from __future__ import annotations

from typing import Any, Final

from app.channels.base import NoUse, Parcel
from app.channels.etsy_api import Api, refusal

_CARRIERS: Final = frozenset(
    ("usps", "ups", "fedex", "dhl", "royal-mail", "canada-post", "australia-post", "dhl-germany", "hermes", "dpd"),
)


def ship(api: Api, parcel: Parcel) -> None:
    """Raises: TryLater, NoUse."""
    path = f"shops/{api.shop_id()}/receipts/{int(parcel.order)}"
    number = parcel.tracking_number
    if _is_known(api, path, number):
        return
    if not parcel.complete:
        if number is None:
            return  # the last one says it
        raise NoUse(
            "forbidden",
            "Etsy marks a whole order as sent with its first parcel, so it wasn't told of this one. Send the buyer its number in a "
            f"message on Etsy: {number}. The last parcel of the order is told by itself.",
        )
    answer = _told(api, path, parcel)
    if answer.status == 409 and _is_known(api, path, number):
        return
    if answer.status == 403:
        raise NoUse(
            "forbidden",
            "Etsy lets only some apps tell tracking numbers for shops in your country. Mark the order as sent on Etsy yourself"
            f"{f', with this number: {number}' if number else ''}. Etsy says: {answer.error or 'forbidden'}",
        )
    if answer.is_missing:
        raise NoUse("gone", "Etsy doesn't have this order any more.")
    if not answer.ok:
        raise refusal(answer)


def _is_known(api: Api, path: str, number: str | None) -> bool:
    answer = api.call("GET", path, {"legacy": "false"})
    if answer.is_missing:
        raise NoUse("gone", "Etsy doesn't have this order any more.")
    if number is None:
        return answer.json.get("is_shipped") is True
    known = answer.json.get("shipments")
    codes = [each.get("tracking_code") for each in known if isinstance(each, dict)] if isinstance(known, list) else []
    return number in codes


def _told(api: Api, path: str, parcel: Parcel) -> Any:
    body: dict[str, Any] = {"send_bcc": False}
    if parcel.tracking_number:
        named = "-".join((parcel.carrier or "").lower().split())
        body |= {"tracking_code": parcel.tracking_number, "carrier_name": named if named in _CARRIERS else "other"}
        if parcel.tracking_url:
            body["note_to_buyer"] = f"Follow your parcel: {parcel.tracking_url}"
    return api.attempt("POST", f"{path}/tracking", {"legacy": "false"}, json=body)
