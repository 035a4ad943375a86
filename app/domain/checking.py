"""Whether the books balance: every figure that is kept is worked out once more from the entries that made it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, not_, or_, select, union_all

from app.database import Session
from app.domain import catalogue, commitments, counters, listings, orders, reservations, stock, transfers
from app.domain.stock import STATES, stock_levels, stock_movements
from app.statements import Prepared


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


def _figures(session: Session, query: Prepared) -> dict[Any, int]:
    """The last column by all columns before it."""
    return {tuple(key): int(units) for *key, units in (row.values() for row in session.rows(query, {}))}


_move, _level, _owed = stock_movements.c, stock_levels.c, commitments.commitments.c
_cart, _share = reservations.reservation_lines.c, counters.allotments.c
_line, _order, _counter, _listing = orders.order_lines.c, orders.orders.c, counters.counters.c, listings.listings.c


def _sums_of_entries() -> Select[Any]:
    gained = select(_move.sku_id, _move.location_id, _move.target.label("state"), _move.quantity.label("units"))
    lost = select(_move.sku_id, _move.location_id, _move.source.label("state"), (-_move.quantity).label("units"))
    entries = union_all(
        gained.where(or_(*(_move.target == state for state in STATES))), lost.where(or_(*(_move.source == state for state in STATES)))
    ).subquery()
    key = (entries.c.sku_id, entries.c.location_id, entries.c.state)
    return select(*key, func.sum(entries.c.units)).group_by(*key)


_levels_kept, _levels_worked_out = Prepared(select(stock_levels)), Prepared(_sums_of_entries())


def _levels(session: Session) -> list[Finding]:
    kept = {(row["sku_id"], row["location_id"], state): row[state] for row in session.rows(_levels_kept, {}) for state in STATES}
    return _compare("level", kept, _figures(session, _levels_worked_out))


_by_place = {
    state: Prepared(select(_level.sku_id, _level.location_id, _level[state]).where(_level[state] > 0))
    for state in ("committed", "reserved", "allotted")
}
_promised = {
    state: Prepared(
        select(_owed.sku_id, _owed.location_id, func.sum(_owed.quantity))
        .where(_owed.location_id.is_not(None), _owed.quantity > 0, _owed.state == state)
        .group_by(_owed.sku_id, _owed.location_id)
    )
    for state in ("committed", "reserved")
}


def _promises(session: Session) -> list[Finding]:
    return _compare("committed", _figures(session, _by_place["committed"]), _figures(session, _promised["committed"]))


_for_carts = Prepared(
    select(_cart.sku_id, _cart.location_id, func.sum(_cart.quantity)).where(_cart.quantity > 0).group_by(_cart.sku_id, _cart.location_id)
)


def _holds(session: Session) -> list[Finding]:
    """What is reserved is held for a cart, or for an order that isn't paid."""
    held = _figures(session, _for_carts)
    for place, units in _figures(session, _promised["reserved"]).items():
        held[place] = held.get(place, 0) + units
    return _compare("reserved", _figures(session, _by_place["reserved"]), held)


_set_aside = Prepared(
    select(_share.sku_id, _share.location_id, func.sum(_share.quantity))
    .where(_share.quantity > 0)
    .group_by(_share.sku_id, _share.location_id)
)


def _allotments(session: Session) -> list[Finding]:
    return _compare("allotted", _figures(session, _by_place["allotted"]), _figures(session, _set_aside))


_held_kept = Prepared(select(_counter.id, _counter.held).where(_counter.held > 0))
_held_for_lines = Prepared(
    select(_listing.counter_id, func.sum(_line.held))
    .join(listings.listings, _listing.id == _line.listing_id)
    .join(counters.counters, _counter.id == _listing.counter_id)
    .where(_line.held > 0, _counter.sku_id.is_not(None))
    .group_by(_listing.counter_id)
)


def _held(session: Session) -> list[Finding]:
    """What a counter holds back is what its listings' lines are owed and the channel hasn't counted down."""
    return _compare("held back on counter", _figures(session, _held_kept), _figures(session, _held_for_lines))


def _sums_of_transit() -> Select[Any]:
    outgoing = select(_move.sku_id, _move.quantity.label("units")).where(_move.target == "transit")
    incoming = select(_move.sku_id, (-_move.quantity).label("units")).where(_move.source == "transit")
    entries = union_all(outgoing, incoming).subquery()
    return select(entries.c.sku_id, func.sum(entries.c.units)).group_by(entries.c.sku_id)


_sent = transfers.transfer_lines.c
_transit_kept = Prepared(select(_sent.sku_id, func.sum(_sent.sent - _sent.received - _sent.lost)).group_by(_sent.sku_id))
_transit_worked_out = Prepared(_sums_of_transit())


def _transit(session: Session) -> list[Finding]:
    return _compare("in transit", _figures(session, _transit_kept), _figures(session, _transit_worked_out))


def _owing_lines() -> Select[Any]:
    sku = catalogue.skus.c
    # Nothing is kept for an order that never was paid.
    left_to_send = case((and_(_order.lapsed, not_(_order.paid)), 0), else_=_line.quantity - _line.cancelled - _line.shipped)
    # A SKU may be tracked otherwise since: what was done before has commitments, or needs none.
    return (
        select(_line.id, left_to_send, _line.shipped)
        .join(orders.orders, _order.id == _line.order_id)
        .join(catalogue.skus, sku.id == _line.sku_id)
        .where(or_(and_(sku.tracked, left_to_send > 0), _line.id.in_(select(_owed.line_id))), _line.fulfilled_by == "us")
        .where(or_(_order.channel_id.is_not(None), _order.fulfilled_by == "us"))
    )


_lines_kept = Prepared(_owing_lines())
_lines_promised = Prepared(select(_owed.line_id, func.sum(_owed.quantity), func.sum(_owed.shipped)).group_by(_owed.line_id))


def _lines(session: Session) -> list[Finding]:
    """What a line is owed lies in its commitments, and what left it left from them."""
    kept, worked_out = (
        {(line_id,): (int(owed), int(left)) for line_id, owed, left in (row.values() for row in session.rows(query, {}))}
        for query in (_lines_kept, _lines_promised)
    )
    return [
        *_compare("owed to line", *({line: two[0] for line, two in each.items()} for each in (kept, worked_out))),
        *_compare("shipped of line", *({line: two[1] for line, two in each.items()} for each in (kept, worked_out))),
    ]


_short = Prepared(select(_owed.sku_id).where(_owed.location_id.is_(None), _owed.quantity > 0).distinct())


def _unpaid(session: Session) -> list[Finding]:
    """No unit is free while a line that it could serve is short."""
    findings = []
    for row in commitments.short_of(session, [row["sku_id"] for row in session.rows(_short, {})]):
        free = stock.find_available(session, [stock.Want(row["sku_id"], "", row["quantity"])], row["location_ids"]).parts[0]
        if free:
            findings.append(Finding("free beside a short line", row["line_id"], sum(units for _, units in free), 0))
    return findings
