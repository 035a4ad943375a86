"""Opening stock: how much of a SKU there is when its first shop is connected, entered once.

Either somebody counts, or one shop's number is taken for true: what its counter shows, and the units of open orders that it has
counted down already. Other shops' numbers stand beside it and are never added: they are the same units, shown twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, select

from app.database import Session
from app.domain import catalogue, channels, counters, locations, orders
from app.domain.catalogue import products, skus
from app.domain.causes import Cause
from app.domain.errors import InvalidDraft
from app.domain.listings import listings
from app.domain.stock import OUTSIDE, STATES, Move, move_many, stock_movements

# SKUs that are dealt with in one transaction.
AT_ONCE = 50


def never_stocked() -> ColumnElement[bool]:
    """Of `skus`: nothing of it ever came in. What a shop sent before we knew of any doesn't count."""
    m = stock_movements.c
    return ~exists(select(m.id).where(m.sku_id == skus.c.id, m.source.in_(OUTSIDE), m.target.in_(STATES), m.reason != "shipped_unseen"))


def _sold_somewhere(channel_id: str | None = None) -> ColumnElement[bool]:
    c, channel = counters.counters.c, channels.channels.c
    query = select(c.sku_id).join(channels.channels, channel.id == c.channel_id)
    query = query.where(channel.status != "disconnected", c.state != "gone", c.sku_id.is_not(None))
    return skus.c.id.in_(query if channel_id is None else query.where(channel.id == channel_id))


def waiting(session: Session, after: str | None, limit: int, *, channel_id: str | None = None) -> list[str]:
    """SKUs that some shop sells and of which nothing ever came in, in the order of their ids."""
    query = select(skus.c.id).where(_sold_somewhere(channel_id), skus.c.tracked, never_stocked()).order_by(skus.c.id).limit(limit)
    return list(session.execute(query if after is None else query.where(skus.c.id > after)).scalars())


def page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Those SKUs, each with what every shop says of it."""
    ids = waiting(session, after, limit)
    query = select(skus.c.id, skus.c.code, products.c.title).join(products, products.c.id == skus.c.product_id)
    named = {row.id: row for row in session.execute(query.where(skus.c.id.in_(ids)))}
    said = _said(session, ids)
    return [
        {"sku_id": sku_id, "sku": named[sku_id].code, "title": named[sku_id].title, "channels": list(said.get(sku_id, {}).values())}
        for sku_id in ids
    ]


def _said(session: Session, sku_ids: Sequence[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """By SKU and channel: its counters there, and how many units that makes (None: not to be said; `why`)."""
    c, channel = counters.counters.c, channels.channels.c
    query = (
        select(c.id, c.sku_id, c.channel_id, c.title, c.per, c.shown, c.known, channel.name)
        .join(channels.channels, channel.id == c.channel_id)
        .where(c.sku_id.in_(sku_ids), c.state != "gone", channel.status != "disconnected")
        .order_by(c.channel_id, c.id)
    )
    rows = session.execute(query).mappings().all()
    counted = _open_units(session, [row["id"] for row in rows])
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        of = found.setdefault(row["sku_id"], {}).setdefault(
            row["channel_id"], {"channel_id": row["channel_id"], "channel": row["name"], "counters": []}
        )
        of["counters"].append(
            {
                "counter_id": row["id"],
                "title": row["title"],
                "per": row["per"],
                "shown": row["shown"] if row["known"] else None,
                "open_units": counted.get(row["id"], 0) * row["per"],
            }
        )
    for by_channel in found.values():
        for of in by_channel.values():
            of["units"], of["why"] = _units(of["counters"])
    return found


def _units(theirs: Sequence[Mapping[str, Any]]) -> tuple[int | None, str | None]:
    if len(theirs) > 1:
        return None, "It has several numbers there, and nobody can say whether they are the same units: count them."
    (one,) = theirs
    if one["shown"] is None:
        return None, "Its number there wasn't read yet."
    return max(0, one["shown"] * one["per"] + one["open_units"]), None


def _open_units(session: Session, counter_ids: Sequence[str]) -> dict[str, int]:
    """By counter: what open orders are still to get of it, and the channel has counted down already. Counter units."""
    line, order, listing = orders.order_lines.c, orders.orders.c, listings.c
    owed = line.ordered_there - line.cancelled_there - line.shipped_there
    taken = line.counted_down - line.put_back - line.shipped_there
    least = case((owed < taken, owed), else_=taken)
    query = (
        select(listing.counter_id, func.sum(least).label("units"))
        .join(listings, listing.id == line.listing_id)
        .join(orders.orders, order.id == line.order_id)
        .where(listing.counter_id.in_(counter_ids), order.status == "open", line.fulfilled_by == "us", owed > 0, taken > 0)
        .group_by(listing.counter_id)
    )
    return {row.counter_id: int(row.units) for row in session.execute(query)}


# Entering it


def of_codes(session: Session, codes: Sequence[str]) -> list[str]:
    """The ids of these SKUs, in order. Raises: UnknownSku."""
    return sorted({row["id"] for row in catalogue.by_codes(session, codes).values()}) if codes else []


def place(session: Session, channel_id: str, code: str) -> str:
    """The id of a location that the channel sells from. Raises: NotFound, UnknownLocation, InvalidDraft."""
    location = locations.by_code(session, code)
    channel = channels.get(session, channel_id)
    if location["id"] not in channel["location_ids"]:
        raise InvalidDraft("location", f"{channel['name']} doesn't sell from {location['code']}: add it to the channel's locations first.")
    return str(location["id"])


def take_from(session: Session, channel_id: str, location_id: str, sku_ids: Sequence[str], *, cause: Cause) -> dict[str, Any]:
    """Enter what one channel says of some SKUs. Returns: `taken` (SKU and units) and `skipped` (SKU and why)."""
    held = _held(session, sku_ids)
    said = _said(session, sku_ids)
    units, refused = {}, {}
    for sku_id in held:
        there = said.get(sku_id, {}).get(channel_id)
        if there is None:
            refused[sku_id] = "This channel doesn't sell it."
        elif there["units"] is None:
            refused[sku_id] = there["why"]
        else:
            units[sku_id] = {location_id: there["units"]}
    return _enter(session, held, units, refused, cause=cause)


def count(session: Session, counted: Mapping[str, Mapping[str, int]], *, cause: Cause) -> dict[str, Any]:
    """Enter what somebody counted: units by SKU and location, by their ids. Returns: as `take_from`."""
    return _enter(session, _held(session, list(counted)), counted, {}, cause=cause)


def _held(session: Session, sku_ids: Sequence[str]) -> dict[str, Any]:
    """The SKUs, and whether anything of them ever came in, held: nobody enters them at the same time, and no order is recorded."""
    counters.of_skus(session, sku_ids)
    session.execute(select(skus.c.id).where(skus.c.id.in_(sku_ids)).order_by(skus.c.id).with_for_update(key_share=True)).all()
    query = (
        select(skus.c.id, skus.c.code, skus.c.tracked, never_stocked().label("is_new")).where(skus.c.id.in_(sku_ids)).order_by(skus.c.id)
    )
    return {row.id: row for row in session.execute(query)}


def _enter(
    session: Session, held: Mapping[str, Any], units: Mapping[str, Mapping[str, int]], refused: Mapping[str, str], *, cause: Cause
) -> dict[str, Any]:
    moves, taken, skipped = [], [], []
    for sku_id, row in held.items():
        given = {where: quantity for where, quantity in units.get(sku_id, {}).items() if quantity}
        if not row.tracked:
            skipped.append({"sku": row.code, "why": "It isn't tracked, so it has no stock."})
        elif not row.is_new:
            skipped.append({"sku": row.code, "why": "Its stock was entered before. Count it: POST /v1/stock/counts."})
        elif sku_id in refused:
            skipped.append({"sku": row.code, "why": refused[sku_id]})
        elif not given:
            skipped.append({"sku": row.code, "why": "There is nothing of it: no units to enter."})
        else:
            moves += [Move(sku_id, where, quantity, "adjustment", "available", "opening_stock") for where, quantity in given.items()]
            taken.append({"sku": row.code, "units": sum(given.values())})
    move_many(session, moves, cause=cause)
    return {"taken": taken, "skipped": skipped}


def by_ids(session: Session, counted: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """(SKU code, location code, units) by their ids. Raises: UnknownSku, UnknownLocation; InvalidDraft for one that is named twice."""
    lines = list(counted)
    found = catalogue.by_codes(session, [sku for sku, _, _ in lines])
    places = {code: locations.by_code(session, code)["id"] for code in {code for _, code, _ in lines}}
    by_sku: dict[str, dict[str, int]] = {}
    for sku, code, quantity in lines:
        at = by_sku.setdefault(found[sku]["id"], {})
        if places[code] in at:
            raise InvalidDraft("counts", f"{sku!r} is named twice at {code}.")
        at[places[code]] = quantity
    return dict(sorted(by_sku.items()))
