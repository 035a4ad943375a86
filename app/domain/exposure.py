"""Exposure: how many units could be sold twice right now, number by number and by cause.

For each counter, in units of its SKU:

- what it has on offer beyond its allotment (`Counter.excess`): as far as it may show that much without cover it is `by_choice`; the rest is
  named after its cause (`hand_edit`, `put_back`, `taken`, `channel`, `restored`, `connected`: its channel isn't live yet);
- `in_flight`: an absolute write without cover is under way. What it may offer at worst, when everything that is shown is bought before it
  lands, beyond what lies behind it, the guard included;
- `counted_late`: orders that the channel hasn't counted down yet (`held`): until it does, it shows them to others;
- `short`: of orders that the counter sold, what is promised and isn't there. These are sold twice already.

Two causes have no bound, so that their units are null: `sells_below_zero`: the channel sells what it hasn't got, at least in some of its
ways, so nothing that Tallystick does keeps it from selling more than it shows; and `unknown`: the number there wasn't read yet, and isn't
covered by what was believed of it.

Short lines of orders that no counter sold (your own shop or script) are in the totals alone.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import CompoundSelect, Row, func, select, union

from app.database import Session
from app.domain import catalogue, channels, commitments, counters, listings, orders, repayment, writes
from app.domain.capabilities import Refuses
from app.domain.counters import Counter

# Counters that are looked at together.
AT_ONCE = 256

SAID: Mapping[str, str] = {
    **repayment.WHY,
    "by_choice": "It shows more than is set aside for it, because its SKU's policy says so.",
    "in_flight": "A change is under way on a channel that can only be told a number: what is bought before it lands comes on top.",
    "counted_late": "Orders that the channel hasn't counted down yet: until it does, it offers them to others.",
    "short": "Sold already, and there is nothing for it.",
    "sells_below_zero": "The channel sells it when there is none left, at least in some of its ways: unlimited beyond what it shows.",
    "unknown": "The number there wasn't read yet: nobody can say how many it offers.",
}


def view(
    session: Session, after: tuple[int, str] | None, limit: int, *, channel_id: str | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The totals, and the counters behind one that had so many units and this id: largest first, so that those without a bound and with
    nothing else come last."""
    found = sorted(_exposed(session, channel_id), key=_rank)
    begin = 0 if after is None else bisect(found, (-after[0], after[1]), key=_rank)
    return _totals(session, found, channel_id), found[begin : begin + limit]


def _rank(row: Mapping[str, Any]) -> tuple[int, str]:
    return -row["units"], row["counter_id"]


def _exposed(session: Session, channel_id: str | None) -> Iterator[dict[str, Any]]:
    """Counters of which anything could be sold twice."""
    there = {row["id"]: row for row in session.find(channels.channels, columns=["id", "name", "capabilities"])}
    short = _short(session)
    c, sku = counters.counters.c, catalogue.skus.c
    found = (
        select(c.id, c.title, c.channel_id, sku.code)
        .join(channels.channels, channels.channels.c.id == c.channel_id)
        .join(catalogue.skus, sku.id == c.sku_id)
        .order_by(c.id)
    )
    if channel_id is not None:
        found = found.where(c.channel_id == channel_id)
    at_risk = c.id.in_(_may_have_units(short))
    rows = session.execute(found.where(at_risk)).all()
    for begin in range(0, len(rows), AT_ONCE):
        part = rows[begin : begin + AT_ONCE]
        known = {each.id: each for each in counters.of_ids(session, [row.id for row in part])}
        for row in part:
            if causes := list(_causes(known[row.id], there[row.channel_id], short.get(row.id, 0))):
                yield _view(row, there, causes)
    # Of the others it is enough to know that nothing keeps them from being sold below zero: they may be all of a large shop's.
    unbounded = sorted(id for id, row in there.items() if _sells_below_zero(row))
    selling = union(select(c.id).where(counters.UNPROTECTED), select(c.id).where(c.channel_id.in_(unbounded)))
    for row in session.execute(found.where(c.id.in_(selling), c.state != "gone", ~at_risk)):
        yield _view(row, there, [("sells_below_zero", None)])


def _view(row: Row[Any], there: Mapping[str, Mapping[str, Any]], causes: Sequence[tuple[str, int | None]]) -> dict[str, Any]:
    return {
        "counter_id": row.id,
        "title": row.title,
        "channel_id": row.channel_id,
        "channel": there[row.channel_id]["name"],
        "sku": row.code,
        "units": sum(units for _, units in causes if units is not None),
        "unlimited": any(units is None for _, units in causes),
        "causes": [{"cause": cause, "units": units, "said": SAID[cause]} for cause, units in causes],
    }


def _causes(counter: Counter, channel: Mapping[str, Any], short: int) -> Iterator[tuple[str, int | None]]:
    """Causes and units; None: without a bound."""
    if counter.excess:
        chosen = min(counter.excess, counter.exposed * counter.per)
        if chosen:
            yield "by_choice", chosen
        if counter.excess > chosen:
            before_it_is_live = counter.channel_status == "connected"
            named = "connected" if before_it_is_live else counter.excess_cause
            yield named if named and named != "exposed" else "taken", counter.excess - chosen
    if counter.flight is not None and counter.flight.guard is not None:
        # Without the guard's leave it counts in full.
        at_worst = replace(counter, flight=replace(counter.flight, guard=None)).excess
        if at_worst > counter.excess:
            yield "in_flight", at_worst - counter.excess
    if late := min(counter.held, max(0, counter.shown)) * counter.per:
        yield "counted_late", late
    if short:
        yield "short", short
    on_sale = counter.state != "gone"
    if on_sale and (not counter.protected or _sells_below_zero(channel)):
        yield "sells_below_zero", None
    if on_sale and not counter.known and not (counter.allotment and not counter.excess):
        yield "unknown", None


def _sells_below_zero(channel: Mapping[str, Any]) -> bool:
    return bool(channel["capabilities"]) and channel["capabilities"]["refuses_below_zero"] != Refuses.ALWAYS


def _may_have_units(short: Mapping[str, int]) -> CompoundSelect[Any]:
    """The ids of the counters that have to be looked at: an excess always has a cause, so that the others needn't be."""
    c, w = counters.counters.c, writes.writes.c
    uncovered = select(writes.write_entries.c.counter_id).join(writes.writes, w.id == writes.write_entries.c.write_id)
    uncovered = uncovered.where(w.closed_at.is_(None), writes.write_entries.c.guard.is_not(None))
    connected = (
        select(c.id).join(channels.channels, channels.channels.c.id == c.channel_id).where(channels.channels.c.status == "connected")
    )
    return union(select(c.id).where(counters.AT_RISK), connected, uncovered, select(c.id).where(c.id.in_(sorted(short))))


def _short(session: Session) -> dict[str, int]:
    """Units that are missing already, by the counter that sold them."""
    owed, line, listing = commitments.commitments.c, orders.order_lines.c, listings.listings.c
    query = (
        select(listing.counter_id, func.sum(owed.quantity))
        .join(orders.order_lines, line.id == owed.line_id)
        .join(listings.listings, listing.id == line.listing_id)
        .where(owed.location_id.is_(None), owed.quantity > 0, listing.counter_id.is_not(None))
        .group_by(listing.counter_id)
    )
    return {counter_id: int(units) for counter_id, units in map(tuple, session.execute(query))}


def _totals(session: Session, found: list[dict[str, Any]], channel_id: str | None) -> dict[str, Any]:
    by: dict[str, dict[str, Any]] = {}
    for counter in found:
        for each in counter["causes"]:
            total = by.setdefault(each["cause"], {"cause": each["cause"], "units": 0, "counters": 0, "said": each["said"]})
            total["counters"] += 1
            total["units"] = None if each["units"] is None else total["units"] + each["units"]
    if channel_id is None:
        owed = commitments.commitments.c
        missing = select(func.coalesce(func.sum(owed.quantity), 0)).where(owed.location_id.is_(None), owed.quantity > 0)
        if units := int(session.scalar(missing)):
            by.setdefault("short", {"cause": "short", "units": 0, "counters": 0, "said": SAID["short"]})["units"] = units
    causes = sorted(by.values(), key=lambda each: (-(each["units"] or 0), each["cause"]))
    return {
        "units": sum(each["units"] or 0 for each in causes),
        "counters": len(found),
        "unlimited": sum(each["unlimited"] for each in found),
        "causes": causes,
    }
