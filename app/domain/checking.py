"""Whether the books balance: every figure that is kept is worked out once more from the entries that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Select, and_, case, func, not_, or_, select, union_all

from app.database import Session
from app.domain import catalogue, commitments, counters, listings, orders, reservations, stock, transfers
from app.domain.stock import STATES, stock_levels, stock_movements


@dataclass(frozen=True, slots=True)
class Finding:
    """Two figures that should be one."""

    what: str
    where: str
    kept: int
    worked_out: int

    def __str__(self) -> str:
        return f"{self.what} {self.where}: {self.kept} is kept, {self.worked_out} is what the entries make"


def check(session: Session) -> list[Finding]:
    """Everything that doesn't balance; an empty list is what should come out."""
    return [
        *_levels(session),
        *_promises(session),
        *_holds(session),
        *_allotments(session),
        *_held(session),
        *_transit(session),
        *_lines(session),
        *_unpaid(session),
    ]


def _compare(what: str, kept: dict[Any, int], worked_out: dict[Any, int]) -> list[Finding]:
    return [
        Finding(what, " ".join(str(part) for part in key), kept.get(key, 0), worked_out.get(key, 0))
        for key in sorted(kept.keys() | worked_out.keys(), key=str)
        if kept.get(key, 0) != worked_out.get(key, 0)
    ]


def _figures(session: Session, query: Select[Any] | CompoundSelect[Any]) -> dict[Any, int]:
    """The last column by all columns before it."""
    return {tuple(row[:-1]): int(row[-1]) for row in session.execute(query)}


def _levels(session: Session) -> list[Finding]:
    m = stock_movements.c
    gained = select(m.sku_id, m.location_id, m.target.label("state"), m.quantity.label("units")).where(m.target.in_(STATES))
    lost = select(m.sku_id, m.location_id, m.source.label("state"), (-m.quantity).label("units")).where(m.source.in_(STATES))
    entries = union_all(gained, lost).subquery()
    key = (entries.c.sku_id, entries.c.location_id, entries.c.state)
    worked_out = _figures(session, select(*key, func.sum(entries.c.units)).group_by(*key))
    kept = {
        (row["sku_id"], row["location_id"], state): row[state]
        for row in session.execute(select(stock_levels)).mappings()
        for state in STATES
    }
    return _compare("level", kept, worked_out)


def _by_place(session: Session, state: str) -> dict[Any, int]:
    column = stock_levels.c[state]
    return _figures(session, select(stock_levels.c.sku_id, stock_levels.c.location_id, column).where(column > 0))


def _promised(session: Session, state: str) -> dict[Any, int]:
    c = commitments.commitments.c
    query = select(c.sku_id, c.location_id, func.sum(c.quantity)).where(c.location_id.is_not(None), c.quantity > 0, c.state == state)
    return _figures(session, query.group_by(c.sku_id, c.location_id))


def _promises(session: Session) -> list[Finding]:
    return _compare("committed", _by_place(session, "committed"), _promised(session, "committed"))


def _holds(session: Session) -> list[Finding]:
    """What is reserved is held for a cart, or for an order that isn't paid."""
    line = reservations.reservation_lines.c
    query = select(line.sku_id, line.location_id, func.sum(line.quantity)).where(line.quantity > 0)
    held = _figures(session, query.group_by(line.sku_id, line.location_id))
    for place, units in _promised(session, "reserved").items():
        held[place] = held.get(place, 0) + units
    return _compare("reserved", _by_place(session, "reserved"), held)


def _allotments(session: Session) -> list[Finding]:
    a = counters.allotments.c
    query = select(a.sku_id, a.location_id, func.sum(a.quantity)).where(a.quantity > 0).group_by(a.sku_id, a.location_id)
    return _compare("allotted", _by_place(session, "allotted"), _figures(session, query))


def _held(session: Session) -> list[Finding]:
    """What a counter holds back is what its listings' lines are owed and the channel hasn't counted down."""
    line, c = orders.order_lines.c, counters.counters.c
    kept = _figures(session, select(c.id, c.held).where(c.held > 0))
    query = (
        select(listings.listings.c.counter_id, func.sum(line.held))
        .join(listings.listings, listings.listings.c.id == line.listing_id)
        .join(counters.counters, c.id == listings.listings.c.counter_id)
        .where(line.held > 0, c.sku_id.is_not(None))
        .group_by(listings.listings.c.counter_id)
    )
    return _compare("held back on counter", kept, _figures(session, query))


def _transit(session: Session) -> list[Finding]:
    line, m = transfers.transfer_lines.c, stock_movements.c
    kept = select(line.sku_id, func.sum(line.sent - line.received - line.lost)).group_by(line.sku_id)
    outgoing = select(m.sku_id, m.quantity.label("units")).where(m.target == "transit")
    incoming = select(m.sku_id, (-m.quantity).label("units")).where(m.source == "transit")
    entries = union_all(outgoing, incoming).subquery()
    worked_out = select(entries.c.sku_id, func.sum(entries.c.units)).group_by(entries.c.sku_id)
    return _compare("in transit", _figures(session, kept), _figures(session, worked_out))


def _lines(session: Session) -> list[Finding]:
    """What a line is owed lies in its commitments, and what left it left from them."""
    line, order, sku, c = orders.order_lines.c, orders.orders.c, catalogue.skus.c, commitments.commitments.c
    # Nothing is kept for an order that never was paid.
    left_to_send = case((and_(order.lapsed, not_(order.paid)), 0), else_=line.quantity - line.cancelled - line.shipped)
    # A SKU may be tracked otherwise since: what was done before has commitments, or needs none.
    tracked = (
        select(line.id, left_to_send, line.shipped)
        .join(orders.orders, order.id == line.order_id)
        .join(catalogue.skus, sku.id == line.sku_id)
        .where(or_(and_(sku.tracked, left_to_send > 0), line.id.in_(select(c.line_id))), line.fulfilled_by == "us")
        .where(or_(order.channel_id.is_not(None), order.fulfilled_by == "us"))
    )
    promised = select(c.line_id, func.sum(c.quantity), func.sum(c.shipped)).group_by(c.line_id)
    kept = {id: (owed, left) for id, owed, left in map(tuple, session.execute(tracked))}
    worked_out = {id: (int(owed), int(left)) for id, owed, left in map(tuple, session.execute(promised))}
    owed = _compare("owed to line", {(id,): two[0] for id, two in kept.items()}, {(id,): two[0] for id, two in worked_out.items()})
    left = _compare("shipped of line", {(id,): two[1] for id, two in kept.items()}, {(id,): two[1] for id, two in worked_out.items()})
    return owed + left


def _unpaid(session: Session) -> list[Finding]:
    """No unit is free while a line that it could serve is short."""
    c = commitments.commitments.c
    query = select(c.sku_id).where(c.location_id.is_(None), c.quantity > 0).distinct()
    findings = []
    for row in commitments.short_of(session, session.execute(query).scalars()):
        free = stock.find_available(session, [stock.Want(row["sku_id"], "", row["quantity"])], row["location_ids"]).parts[0]
        if free:
            findings.append(Finding("free beside a short line", row["line_id"], sum(units for _, units in free), 0))
    return findings
