"""Whether the books balance: every figure that is kept is worked out once more from the entries that made it.

What doesn't balance can be repaired by `domain.repairing`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, Select, and_, case, func, not_, or_, select, union_all

from app.database import Session
from app.domain import catalogue, commitments, counters, entries, listings, orders, reservations, stock, transfers
from app.domain.stock import STATES, stock_levels, stock_movements
from app.statements import Prepared, given


@dataclass(frozen=True, slots=True)
class Finding:
    """Two figures that should be one. `key`: the ids of what they are of, and the state where it is a level."""

    what: str
    key: tuple[str, ...]
    kept: int
    worked_out: int

    def __str__(self) -> str:
        return f"{self.what} {' '.join(self.key)}: {self.kept} is kept, {self.worked_out} is what the entries make"


def check(session: Session, sku_id: str | None = None) -> list[Finding]:
    """Everything that doesn't balance, of one SKU or of all; an empty list is what should come out."""
    return [
        *_levels(session, sku_id),
        *_promises(session, sku_id),
        *_holds(session, sku_id),
        *_allotments(session, sku_id),
        *_held(session, sku_id),
        *_shown(session, sku_id),
        *_transit(session, sku_id),
        *_lines(session, sku_id),
        *_unpaid(session, sku_id),
    ]


def _compare(what: str, kept: dict[Any, int], worked_out: dict[Any, int]) -> list[Finding]:
    return [
        Finding(what, tuple(str(part) for part in key), kept.get(key, 0), worked_out.get(key, 0))
        for key in sorted(kept.keys() | worked_out.keys(), key=str)
        if kept.get(key, 0) != worked_out.get(key, 0)
    ]


def _of(query: Select[Any], column: Column[Any], one: bool) -> Select[Any]:
    """A query about every SKU, or about the one that is given."""
    return query.where(column == given(column, "sku")) if one else query


def _rows(session: Session, query: Callable[[bool], Prepared], sku_id: str | None) -> list[dict[str, Any]]:
    return session.rows(query(sku_id is not None), {"sku": sku_id} if sku_id is not None else {})


def _figures(session: Session, query: Callable[[bool], Prepared], sku_id: str | None) -> dict[Any, int]:
    """The last column by all columns before it."""
    return {tuple(key): int(units) for *key, units in (row.values() for row in _rows(session, query, sku_id))}


_move, _level, _owed = stock_movements.c, stock_levels.c, commitments.commitments.c
_cart, _share, _sent = reservations.reservation_lines.c, counters.allotments.c, transfers.transfer_lines.c
_line, _order, _counter, _listing = orders.order_lines.c, orders.orders.c, counters.counters.c, listings.listings.c
_entry = entries.counter_entries.c


@cache
def _levels_kept(one: bool) -> Prepared:
    return Prepared(_of(select(stock_levels), _level.sku_id, one))


@cache
def _levels_worked_out(one: bool) -> Prepared:
    gained = select(_move.sku_id, _move.location_id, _move.target.label("state"), _move.quantity.label("units"))
    lost = select(_move.sku_id, _move.location_id, _move.source.label("state"), (-_move.quantity).label("units"))
    both = union_all(
        _of(gained.where(or_(*(_move.target == state for state in STATES))), _move.sku_id, one),
        _of(lost.where(or_(*(_move.source == state for state in STATES))), _move.sku_id, one),
    ).subquery()
    key = (both.c.sku_id, both.c.location_id, both.c.state)
    return Prepared(select(*key, func.sum(both.c.units)).group_by(*key))


def _levels(session: Session, sku_id: str | None) -> list[Finding]:
    kept = {(row["sku_id"], row["location_id"], state): row[state] for row in _rows(session, _levels_kept, sku_id) for state in STATES}
    return _compare("level", kept, _figures(session, _levels_worked_out, sku_id))


def _in_state(state: str) -> Callable[[bool], Prepared]:
    @cache
    def query(one: bool) -> Prepared:
        return Prepared(_of(select(_level.sku_id, _level.location_id, _level[state]).where(_level[state] > 0), _level.sku_id, one))

    return query


def _promised_in(state: str) -> Callable[[bool], Prepared]:
    @cache
    def query(one: bool) -> Prepared:
        sums = select(_owed.sku_id, _owed.location_id, func.sum(_owed.quantity)).group_by(_owed.sku_id, _owed.location_id)
        return Prepared(_of(sums.where(_owed.location_id.is_not(None), _owed.quantity > 0, _owed.state == state), _owed.sku_id, one))

    return query


_by_place = {state: _in_state(state) for state in ("committed", "reserved", "allotted")}
_promised = {state: _promised_in(state) for state in ("committed", "reserved")}


def _promises(session: Session, sku_id: str | None) -> list[Finding]:
    return _compare("committed", _figures(session, _by_place["committed"], sku_id), _figures(session, _promised["committed"], sku_id))


@cache
def _for_carts(one: bool) -> Prepared:
    sums = select(_cart.sku_id, _cart.location_id, func.sum(_cart.quantity)).group_by(_cart.sku_id, _cart.location_id)
    return Prepared(_of(sums.where(_cart.quantity > 0), _cart.sku_id, one))


def _holds(session: Session, sku_id: str | None) -> list[Finding]:
    """What is reserved is held for a cart, or for an order that isn't paid."""
    held = _figures(session, _for_carts, sku_id)
    for place, units in _figures(session, _promised["reserved"], sku_id).items():
        held[place] = held.get(place, 0) + units
    return _compare("reserved", _figures(session, _by_place["reserved"], sku_id), held)


@cache
def _set_aside(one: bool) -> Prepared:
    sums = select(_share.sku_id, _share.location_id, func.sum(_share.quantity)).group_by(_share.sku_id, _share.location_id)
    return Prepared(_of(sums.where(_share.quantity > 0), _share.sku_id, one))


def _allotments(session: Session, sku_id: str | None) -> list[Finding]:
    return _compare("allotted", _figures(session, _by_place["allotted"], sku_id), _figures(session, _set_aside, sku_id))


@cache
def _held_kept(one: bool) -> Prepared:
    return Prepared(_of(select(_counter.id, _counter.held).where(_counter.held > 0), _counter.sku_id, one))


@cache
def _held_for_lines(one: bool) -> Prepared:
    sums = (
        select(_listing.counter_id, func.sum(_line.held))
        .join(listings.listings, _listing.id == _line.listing_id)
        .join(counters.counters, _counter.id == _listing.counter_id)
        .where(_line.held > 0, _counter.sku_id.is_not(None))
        .group_by(_listing.counter_id)
    )
    return Prepared(_of(sums, _counter.sku_id, one))


def _held(session: Session, sku_id: str | None) -> list[Finding]:
    """What a counter holds back is what its listings' lines are owed and the channel hasn't counted down."""
    return _compare("held back on counter", _figures(session, _held_kept, sku_id), _figures(session, _held_for_lines, sku_id))


@cache
def _off_their_entries(one: bool) -> Prepared:
    last = (_entry.counter_id == _counter.id) & (_entry.number == _counter.entries)
    query = (
        select(
            _counter.id,
            _counter.entries,
            _counter.shown,
            _counter.below,
            _entry.number,
            _entry.shown.label("said"),
            _entry.below.label("said_below"),
        )
        .outerjoin(entries.counter_entries, last)
        .where(_counter.entries > 0, or_(_entry.number.is_(None), _entry.shown != _counter.shown, _entry.below != _counter.below))
        .order_by(_counter.id)
    )
    return Prepared(_of(query, _counter.sku_id, one))


def _shown(session: Session, sku_id: str | None) -> list[Finding]:
    """What a counter is believed to show is what its last entry says; one without entries hasn't changed since they are kept."""
    findings = []
    for row in _rows(session, _off_their_entries, sku_id):
        if row["number"] is None:
            findings.append(Finding("last entry of counter", (row["id"],), row["entries"], 0))
            continue
        findings += _compare("shown on counter", {(row["id"],): row["shown"]}, {(row["id"],): row["said"]})
        findings += _compare("below zero on counter", {(row["id"],): row["below"]}, {(row["id"],): row["said_below"]})
    return findings


@cache
def _transit_kept(one: bool) -> Prepared:
    sums = select(_sent.sku_id, func.sum(_sent.sent - _sent.received - _sent.lost)).group_by(_sent.sku_id)
    return Prepared(_of(sums, _sent.sku_id, one))


@cache
def _transit_worked_out(one: bool) -> Prepared:
    outgoing = select(_move.sku_id, _move.quantity.label("units")).where(_move.target == "transit")
    incoming = select(_move.sku_id, (-_move.quantity).label("units")).where(_move.source == "transit")
    both = union_all(_of(outgoing, _move.sku_id, one), _of(incoming, _move.sku_id, one)).subquery()
    return Prepared(select(both.c.sku_id, func.sum(both.c.units)).group_by(both.c.sku_id))


def _transit(session: Session, sku_id: str | None) -> list[Finding]:
    return _compare("in transit", _figures(session, _transit_kept, sku_id), _figures(session, _transit_worked_out, sku_id))


@cache
def _lines_kept(one: bool) -> Prepared:
    sku = catalogue.skus.c
    # Nothing is kept for an order that never was paid.
    left_to_send = case((and_(_order.lapsed, not_(_order.paid)), 0), else_=_line.quantity - _line.cancelled - _line.shipped)
    # A SKU may be tracked otherwise since: what was done before has commitments, or needs none.
    promised = select(_owed.id).where(_owed.order_id == _line.order_id, _owed.line_id == _line.id)
    query = (
        select(_line.id, left_to_send, _line.shipped)
        .join(orders.orders, _order.id == _line.order_id)
        .join(catalogue.skus, sku.id == _line.sku_id)
        .where(or_(and_(sku.tracked, left_to_send > 0), promised.exists()), _line.fulfilled_by == "us")
        .where(or_(_order.channel_id.is_not(None), _order.fulfilled_by == "us"))
    )
    return Prepared(_of(query, _line.sku_id, one))


@cache
def _lines_promised(one: bool) -> Prepared:
    sums = select(_owed.line_id, func.sum(_owed.quantity), func.sum(_owed.shipped)).group_by(_owed.line_id)
    if one:  # commitments are found by their order
        sums = sums.where(_owed.order_id.in_(select(_line.order_id).where(_line.sku_id == given(_line.sku_id, "sku"))))
    return Prepared(_of(sums, _owed.sku_id, one))


def _lines(session: Session, sku_id: str | None) -> list[Finding]:
    """What a line is owed lies in its commitments, and what left it left from them."""
    kept, worked_out = (
        {(line_id,): (int(owed), int(left)) for line_id, owed, left in (row.values() for row in _rows(session, query, sku_id))}
        for query in (_lines_kept, _lines_promised)
    )
    return [
        *_compare("owed to line", *({line: two[0] for line, two in each.items()} for each in (kept, worked_out))),
        *_compare("shipped of line", *({line: two[1] for line, two in each.items()} for each in (kept, worked_out))),
    ]


@cache
def _short(one: bool) -> Prepared:
    return Prepared(_of(select(_owed.sku_id).where(_owed.location_id.is_(None), _owed.quantity > 0), _owed.sku_id, one).distinct())


def _unpaid(session: Session, sku_id: str | None) -> list[Finding]:
    """No unit is free while a line that it could serve is short."""
    findings = []
    for row in commitments.short_of(session, [row["sku_id"] for row in _rows(session, _short, sku_id)]):
        free = stock.find_available(session, [stock.Want(row["sku_id"], "", row["quantity"])], row["location_ids"]).parts[0]
        if free:
            findings.append(Finding("free beside a short line", (row["line_id"],), sum(units for _, units in free), 0))
    return findings
