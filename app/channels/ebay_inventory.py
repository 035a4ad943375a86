"""What is on sale on eBay, and how its numbers are read and written.

Three records make a listing: the inventory item of a SKU with its ship-to-home quantity, an offer for each of eBay's sites with a quantity
of its own, and the listing itself, which comes and goes. Buyers see the smaller of the two quantities, so that is the counter, and its id
is the offer's: that stays when a listing ends and is published under a new number.

Offers of one SKU on two sites are two counters, because a sale lowers its own offer and maybe nothing else: shown as one they would sell
each unit twice. But the item's quantity caps them all, so they are one write unit, written together, every offer with its own number and
the item with their sum: then no offer's cap is ever its sibling's sale, and none is raised by a write that was meant for the other.

Zero. With out-of-stock control it is a number like any other. Without it eBay refuses 0, so the listing is ended (the offer stays) and
the item is set to 0: "ended, and nothing left" is how we know our own zero from a listing that a person ended. It comes back when the item
shows at most what is wanted, the offer is published, and both numbers are written; in that order, because an offer comes back with the
number that it had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import httpx

from app.channels import ebay_orders
from app.channels.base import Entry, ListingSnapshot, NoUse, Outcome, Reading, TryLater, WriteRequest, WriteResult
from app.channels.ebay_api import Answer, Api, said

BASE: Final = "/sell/inventory/v1"
BATCH: Final = 25  # SKUs in one request, to read and to write

_PAGE: Final = 200
_PASSES: Final = 3
_NO_OFFER: Final = ("25713", "25710", "25702", "API_INVENTORY")
_ZERO_REFUSED: Final = "25004"
_NOT_PUBLISHED: Final = "25713"
_CONCURRENT: Final = "25025"
_ENDED: Final = frozenset({"ENDED", "EBAY_ENDED", "NOT_LISTED"})
# What of an offer can't be written, and stays.
_FIXED: Final = frozenset({"offerId", "sku", "marketplaceId", "format", "status", "listing"})
_WHY: Final = {
    "AUCTION": "It is an auction: its number isn't Tallystick's to change.",
    "ended": "The listing has ended. Publish it again on eBay, with its quantity, and Tallystick takes it up.",
    "none": "eBay keeps no quantity for this offer.",
}


def unit_of(sku: str, group: str | None) -> str:
    """The write unit: what stands before # is the listing that eBay counts revisions of; variations share one."""
    return f"{(group or sku).replace('%', '%25').replace('#', '%23')}#{sku}"


def sku_of(unit: str) -> str:
    return unit.partition("#")[2]


class Inventory:
    """The seller's items and offers. `keeps_at_zero`: her account has out-of-stock control."""

    def __init__(self, api: Api, *, keeps_at_zero: bool) -> None:
        self._api, self._keeps_at_zero = api, keeps_at_zero

    # Reading

    def listings(self) -> Iterator[ListingSnapshot]:
        """Each offer once. Pages shift when an item goes while they are read: then they are read once more. Raises: TryLater, NoUse."""
        seen: set[str] = set()
        for _ in range(_PASSES):
            totals, page, more = set(), 0, True
            while more:
                # `offset` counts pages here, and rows everywhere else.
                answer = self._api.call("GET", f"{BASE}/inventory_item", {"limit": _PAGE, "offset": page})
                rows = _rows(answer, "inventoryItems")
                totals.add(answer.json.get("total"))
                for item in rows:
                    if item.get("sku") and str(item["sku"]) not in seen:
                        seen.add(str(item["sku"]))
                        yield from self._listings_of(item)
                page += 1
                more = bool(rows) and page * _PAGE < int(answer.json.get("total") or 0)
            if len(totals) == 1:
                return

    def _listings_of(self, item: Mapping[str, Any]) -> Iterator[ListingSnapshot]:
        sku, product = str(item["sku"]), item.get("product") or {}
        answer = self._api.call("GET", f"{BASE}/offer", {"sku": sku, "limit": 100}, but=_NO_OFFER)
        groups = item.get("inventoryItemGroupKeys") or item.get("groupIds") or ()
        unit = unit_of(sku, str(groups[0]) if groups else None)
        for offer in _rows(answer, "offers"):
            shown, why = self._shown(offer, _quantity(item))
            listing = offer.get("listing") or {}
            number = listing.get("listingId")
            yield ListingSnapshot(
                external_id=ebay_orders.listing_of(sku, str(offer.get("marketplaceId"))),
                sku=sku,
                title=str(product.get("title") or sku),
                unit=unit,
                counter=str(offer["offerId"]) if shown is not None else None,
                quantity=shown,
                live=_is_published(offer),
                why=why,
                url=f"https://www.ebay.com/itm/{number}" if number else None,
            )

    def readings(self, counters: Sequence[str]) -> list[Reading]:
        """What these offers show. Offers first: an order that is placed meanwhile can then only make the number too low, or is awaited.
        Raises: TryLater, NoUse."""
        offers: dict[str, Mapping[str, Any]] = {}
        for counter in dict.fromkeys(counters):
            answer = self._api.call("GET", f"{BASE}/offer/{counter}", but=_NO_OFFER)
            if answer.ok and isinstance(answer.json, dict):
                offers[counter] = answer.json
        items = self._items(sorted({str(offer["sku"]) for offer in offers.values()}))
        found = []
        for counter in counters:
            offer = offers.get(counter)
            shown = self._shown(offer, items.get(str(offer["sku"])))[0] if offer is not None else None
            found.append(Reading(counter, shown))
        return found

    def _items(self, skus: Sequence[str]) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        for start in range(0, len(skus), BATCH):
            asked = [{"sku": sku} for sku in skus[start : start + BATCH]]
            answer = self._api.call("POST", f"{BASE}/bulk_get_inventory_item", json={"requests": asked})
            for row in _rows(answer, "responses"):
                if row.get("statusCode") == 200:
                    found[str(row.get("sku"))] = _quantity(row.get("inventoryItem") or {})
                elif int(row.get("statusCode") or 500) >= 500:
                    raise TryLater(f"eBay couldn't read {row.get('sku')}. {said(row.get('errors'))}".strip())
        return found

    def _shown(self, offer: Mapping[str, Any], items: int | None) -> tuple[int | None, str | None]:
        """What buyers see; None where there is no number that we may write, and why."""
        own = offer.get("availableQuantity")
        if offer.get("format") != "FIXED_PRICE":
            return None, _WHY["AUCTION"]
        if own is None or items is None:
            return None, _WHY["none"]
        shown = max(0, min(int(own), items))
        if _is_published(offer) or (shown == 0 and not self._keeps_at_zero):
            return shown, None
        return None, _WHY["ended"]

    # Writing

    @staticmethod
    def composed(unit: str, entries: Sequence[Entry]) -> dict[str, Any]:
        """Both quantities and no price, which stays as it is."""
        sku = sku_of(unit)
        if not sku or not all(each.counter.isdecimal() and each.value >= 0 for each in entries):
            raise ValueError(f"{unit!r} is no offer of eBay's")
        offers = [{"offerId": each.counter, "availableQuantity": int(each.value)} for each in entries]
        return {"sku": sku, "shipToLocationAvailability": {"quantity": sum(int(each.value) for each in entries)}, "offers": offers}

    def write(self, requests: Sequence[WriteRequest]) -> list[WriteResult]:
        """One result each, in order. What may have to be published first goes by itself, the rest 25 at a time."""
        found: dict[int, WriteResult] = {}
        together: list[int] = []
        for n, request in enumerate(requests):
            if self._keeps_at_zero or not any(each.value > 0 and each.expected <= 0 for each in request.entries):
                together.append(n)
            else:
                found[n] = self._come_back(request)
        for start in range(0, len(together), BATCH):
            batch = together[start : start + BATCH]
            found.update(zip(batch, self._set([requests[n] for n in batch]), strict=True))
        return [found[n] for n in range(len(requests))]

    def _set(self, requests: Sequence[WriteRequest]) -> list[WriteResult]:
        answer = self._send("POST", "/bulk_update_price_quantity", {"requests": [request.body for request in requests]})
        if isinstance(answer, WriteResult):
            return [answer] * len(requests)
        if answer.status == 400 and len(requests) > 1:
            return [self._set([request])[0] for request in requests]  # refused as a whole: nobody says which one it was
        rows = _rows(answer, "responses")
        if answer.status == 400 and answer.code == _ZERO_REFUSED:  # sometimes it says so of the whole
            rows = [{"offerId": entry.counter, "statusCode": 400, "errors": answer.errors} for entry in requests[0].entries]
        elif answer.status not in (200, 207) or answer.json is None:
            return [_whole(answer)] * len(requests)
        return [self._made_sure(request, self._result(request, rows)) for request in requests]

    def _result(self, request: WriteRequest, rows: Sequence[Mapping[str, Any]]) -> WriteResult:
        """Of what the entries of one SKU say. An offer's failure is its own; one without an offer is the item's, and everybody's."""
        sku = request.body["sku"]
        by_offer = {str(row["offerId"]): row for row in rows if row.get("offerId")}
        items = [row for row in rows if not row.get("offerId") and row.get("sku") == sku]
        failed, done, unclear = [], 0, False
        for entry in request.entries:
            row = by_offer.get(entry.counter) or next(iter(items), None)
            if row is None:
                unclear = True
            elif _is_done(row):
                done += 1
            else:
                code = _code(row)
                if entry.value == 0 and code in (_ZERO_REFUSED, _NOT_PUBLISHED):
                    ended = self._end(entry.counter)
                    done, unclear = done + (ended.outcome is Outcome.DONE), unclear or ended.outcome is Outcome.UNKNOWN
                    failed += [(ended.code, ended.detail)] if ended.outcome is Outcome.REFUSED else []
                elif int(row.get("statusCode") or 500) >= 500 and code != _CONCURRENT:
                    unclear = True
                else:
                    failed.append((code, said(row.get("errors"))))
        if any(not _is_done(row) for row in items) and not unclear and not failed:
            failed.append((_code(items[0]), said(items[0].get("errors"))))
        zero = all(entry.value == 0 for entry in request.entries)
        if unclear or (failed and done and zero):
            return WriteResult(Outcome.UNKNOWN, detail="eBay couldn't say what became of the number.", code="partial")
        if failed and not done:
            code, words = failed[0]
            detail = f"eBay refused the number: {words or code}"
            return WriteResult(Outcome.REFUSED, detail=detail, code="gone" if code in _NO_OFFER else code)
        return WriteResult(Outcome.DONE)  # in part, maybe: it is read before anything rests on it

    def _made_sure(self, request: WriteRequest, result: WriteResult) -> WriteResult:
        """A 200 isn't always an effect. What is above zero is read again by whoever wrote it; on a zero units are freed, so look."""
        if result.outcome is not Outcome.DONE or any(entry.value for entry in request.entries):
            return result
        try:
            shown = [self._offer(entry.counter) for entry in request.entries]
        except (TryLater, NoUse) as error:
            return WriteResult(Outcome.UNKNOWN, detail=f"eBay took the number and wasn't to be asked about it: {error}")
        if any(offer is not None and _is_published(offer) and offer.get("availableQuantity") != 0 for offer in shown):
            return WriteResult(Outcome.UNKNOWN, detail="eBay said yes to 0 and shows another number.", code="without_effect")
        if any(offer is not None and not _is_published(offer) for offer in shown):
            # Ended: the item says that nothing is left, which is how we know it again.
            marked = self._cap(request, 0)
            if marked.outcome is not Outcome.DONE:
                return WriteResult(Outcome.UNKNOWN, after_s=marked.after_s, detail=marked.detail, code=marked.code)
        return result

    def _end(self, offer: str) -> WriteResult:
        """End its listing: without out-of-stock control there is no other zero. One that has ended is at zero."""
        try:
            found = self._offer(offer)
        except (TryLater, NoUse) as error:
            return WriteResult(Outcome.UNKNOWN, detail=str(error))
        if found is None:
            return WriteResult(Outcome.REFUSED, detail="eBay doesn't have this offer any more.", code="gone")
        return self._called("POST", f"/offer/{offer}/withdraw", {}) if _is_published(found) else WriteResult(Outcome.DONE)

    def _come_back(self, request: WriteRequest) -> WriteResult:
        """Raise what stood at nothing, and publish it first where it had to be ended."""
        try:
            offers = {entry.counter: self._offer(entry.counter) for entry in request.entries}
        except TryLater as error:
            return WriteResult(Outcome.NOT_SENT, after_s=error.after_s, detail=str(error))
        except NoUse as error:
            return WriteResult(Outcome.REFUSED, detail=str(error), code=error.code)
        ended = [entry for entry in request.entries if entry.value > 0 and not ((offer := offers[entry.counter]) and _is_published(offer))]
        if not ended:
            return self._set([request])[0]
        if any(offers[entry.counter] is None or entry.expected > 0 for entry in ended):
            return WriteResult(Outcome.REFUSED, detail=_WHY["ended"], code="gone")
        result = self._published(request, ended, offers)
        if result.outcome is not Outcome.DONE:
            self._cap(request, 0)  # so that it still looks like ours, where it was not published; where it was, it shows nothing
            return result
        result = self._set([request])[0]
        if result.outcome in (Outcome.NOT_SENT, Outcome.LIMITED):  # it is on sale: nobody may take that for no effect
            return WriteResult(Outcome.UNKNOWN, after_s=result.after_s, detail=result.detail)
        return WriteResult(Outcome.DONE, detail=result.detail) if result.outcome is Outcome.REFUSED else result  # it is on sale: read it

    def _published(self, request: WriteRequest, ended: Sequence[Entry], offers: Mapping[str, Mapping[str, Any] | None]) -> WriteResult:
        """First the cap: whatever an offer comes back with, buyers see no more than this."""
        result = self._cap(request, min(entry.value for entry in ended))
        for n, entry in enumerate(ended):
            if result.outcome is Outcome.DONE:
                result = self._publish(entry, offers[entry.counter] or {})
                if result.outcome in (Outcome.REFUSED, Outcome.NOT_SENT, Outcome.LIMITED) and n:
                    return WriteResult(Outcome.UNKNOWN, detail=result.detail, code=result.code)  # the one before is on sale
        return result

    def _publish(self, entry: Entry, offer: Mapping[str, Any]) -> WriteResult:
        """Put an offer on sale again. One that was sold out has 0 of its own, with which eBay may not take it: then it is given its number
        first, by writing back all that was read of it, because that is the only way to change an offer that isn't published."""
        result = self._called("POST", f"/offer/{entry.counter}/publish", {})
        if result.outcome is Outcome.REFUSED and result.code == _ZERO_REFUSED:
            whole = {name: value for name, value in offer.items() if name not in _FIXED} | {"availableQuantity": int(entry.value)}
            result = self._called("PUT", f"/offer/{entry.counter}", whole)
            if result.outcome is Outcome.DONE:
                result = self._called("POST", f"/offer/{entry.counter}/publish", {})
        return result

    def _called(self, method: str, path: str, json: Any) -> WriteResult:
        answer = self._send(method, path, json)
        return answer if isinstance(answer, WriteResult) else WriteResult(Outcome.DONE) if answer.ok else _whole(answer)

    def _cap(self, request: WriteRequest, units: int) -> WriteResult:
        """Set the item's quantity alone."""
        answer = self._send("POST", "/bulk_update_price_quantity", {"requests": [_item_only(request.body, units)]})
        if isinstance(answer, WriteResult):
            return answer
        rows = _rows(answer, "responses")
        if answer.status not in (200, 207) or not rows:
            return _whole(answer)
        if all(_is_done(row) for row in rows):
            return WriteResult(Outcome.DONE)
        definite = int(rows[0].get("statusCode") or 500) < 500 or _code(rows[0]) == _CONCURRENT
        detail = f"eBay refused the number: {said(rows[0].get('errors'))}"
        return WriteResult(Outcome.REFUSED if definite else Outcome.UNKNOWN, detail=detail, code=_code(rows[0]))

    def _offer(self, offer: str) -> Mapping[str, Any] | None:
        answer = self._api.call("GET", f"{BASE}/offer/{offer}", but=_NO_OFFER)
        return answer.json if answer.ok and isinstance(answer.json, dict) else None

    def _send(self, method: str, path: str, json: Any) -> Answer | WriteResult:
        """Send it once: the answer, or what came of it where there is none."""
        try:
            return self._api.send(method, BASE + path, json=json)
        except NoUse as error:
            return WriteResult(Outcome.REFUSED, detail=str(error), code=error.code)
        except TryLater as error:  # without a token nothing leaves
            return WriteResult(Outcome.NOT_SENT, after_s=error.after_s, detail=str(error))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return WriteResult(Outcome.NOT_SENT, detail="eBay can't be reached: nothing was sent.")
        except httpx.TransportError as error:
            return WriteResult(Outcome.UNKNOWN, detail=f"eBay gave no answer ({type(error).__name__}).")


def _item_only(body: Mapping[str, Any], units: int) -> dict[str, Any]:
    return {"sku": body["sku"], "shipToLocationAvailability": {"quantity": units}}


def _whole(answer: Answer) -> WriteResult:
    """What an answer that is no list of entries means."""
    if answer.status == 429:
        return WriteResult(Outcome.LIMITED, after_s=answer.after_s, detail="eBay's limit for requests is used up.", code=answer.code)
    definite = 400 <= answer.status < 500 and answer.status not in (408, 409, 425) and answer.errors
    if definite or answer.code == _CONCURRENT:
        code = "gone" if answer.code in _NO_OFFER else {401: "credentials", 403: "scope"}.get(answer.status, answer.code)
        return WriteResult(Outcome.REFUSED, detail=f"eBay refused it: {answer.said or answer.code}", code=code)
    detail = f"eBay's answer was broken ({answer.status}). {answer.said}".strip()
    return WriteResult(Outcome.UNKNOWN, after_s=answer.after_s, detail=detail, code=answer.code)


def _rows(answer: Answer, name: str) -> list[Mapping[str, Any]]:
    found = answer.json.get(name) if isinstance(answer.json, dict) else None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _quantity(item: Mapping[str, Any]) -> int | None:
    quantity = ((item.get("availability") or {}).get("shipToLocationAvailability") or {}).get("quantity")
    return int(quantity) if quantity is not None else None


def _is_published(offer: Mapping[str, Any]) -> bool:
    return offer.get("status") == "PUBLISHED" and (offer.get("listing") or {}).get("listingStatus", "ACTIVE") not in _ENDED


def _is_done(row: Mapping[str, Any]) -> bool:
    return 200 <= int(row.get("statusCode") or 0) < 300 and not row.get("errors")


def _code(row: Mapping[str, Any]) -> str:
    errors = [each for each in row.get("errors") or () if isinstance(each, dict)]
    return str(errors[0].get("errorId", "")) if errors else str(row.get("statusCode", ""))
