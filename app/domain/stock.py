"""The ledger: every unit is in exactly one place.

A level is one row per SKU and location with one column per state, and the database refuses to let any of them fall below zero.
A movement is an immutable entry that says how many units went from one state to another. `move_many` is the only code that changes
a level, and it posts a movement for whatever it changes, so a level always equals the sum of its movements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app import chance
from app.database import Id, Session, Statement, Utc, metadata
from app.domain import events, recent
from app.domain.catalogue import id_of, skus
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.errors import ForbiddenMove, InsufficientStock
from app.domain.locations import id_of as id_of_place
from app.domain.locations import locations
from app.statements import Prepared, one_of, padded

STATES = ("available", "allotted", "reserved", "committed", "quality_control", "damaged")
OUTSIDE = ("supplier", "customer", "adjustment", "transit")

# The closed table of DESIGN section 3: what isn't in it is refused.
ALLOWED: frozenset[tuple[str, str]] = frozenset(
    {
        ("supplier", "available"),
        ("supplier", "quality_control"),
        ("available", "supplier"),
        ("damaged", "supplier"),
        ("quality_control", "available"),
        ("quality_control", "damaged"),
        ("available", "reserved"),
        ("reserved", "available"),
        ("reserved", "committed"),
        ("available", "committed"),
        ("available", "allotted"),
        ("allotted", "available"),
        ("allotted", "committed"),
        ("allotted", "reserved"),
        ("committed", "customer"),
        ("committed", "available"),
        ("reserved", "allotted"),
        ("committed", "allotted"),
        ("customer", "available"),
        ("customer", "quality_control"),
        ("customer", "damaged"),
        ("available", "damaged"),
        ("allotted", "damaged"),
        ("committed", "damaged"),
        ("damaged", "available"),
        ("available", "adjustment"),
        ("damaged", "adjustment"),
        ("committed", "adjustment"),
        ("allotted", "adjustment"),
        ("adjustment", "available"),
        ("adjustment", "damaged"),
        ("adjustment", "committed"),
        ("adjustment", "allotted"),
        ("customer", "adjustment"),
        ("available", "transit"),
        ("transit", "available"),
        ("transit", "adjustment"),
    }
)

stock_levels = Table(
    "stock_levels",
    metadata,
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    Column("location_id", Id(), ForeignKey("locations.id"), primary_key=True),
    *(Column(state, BigInteger, nullable=False, server_default="0") for state in STATES),
    *(CheckConstraint(f"{state} >= 0", name=f"{state}_not_negative") for state in STATES),
    Column("updated_at", Utc, nullable=False),
    Index(None, "location_id", "sku_id"),
)

on_hand = sum((stock_levels.c[state] for state in STATES[1:]), stock_levels.c[STATES[0]])
"""What you would count with your hands."""

stock_movements = Table(
    "stock_movements",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=False),
    Column("location_id", Id(), ForeignKey("locations.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    Column("source", String(16), nullable=False),
    Column("target", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("reference", String(200), nullable=True),
    Column("actor", String(120), nullable=False),
    Column("cause_kind", String(32), nullable=True),
    Column("cause_id", Id(), nullable=True),
    # When it happened in the world, and when we heard of it.
    Column("occurred_at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Index(None, "sku_id", "location_id", "occurred_at"),
    Index(None, "location_id", "id"),
    Index(None, "cause_id"),
)


@dataclass(frozen=True, slots=True)
class Move:
    """Units of one SKU at one location, from one state to another."""

    sku_id: str
    location_id: str
    quantity: int
    source: str
    target: str
    reason: str
    reference: str | None = None


def move_many(session: Session, moves: Sequence[Move], *, cause: Cause, occurred_at: datetime | None = None) -> list[dict[str, Any]]:
    """Take units out of one state and put them into another: all of the moves, or none.

    Returns: the movements, in the order of the levels they touched.
    Raises: ForbiddenMove when the ledger's table has no such pair; InsufficientStock when a source holds fewer units than asked;
            ValueError for a quantity that isn't positive.
    """
    moves = sorted((move for move in moves), key=lambda move: (move.sku_id, move.location_id))  # one lock order: no deadlocks
    now = chance.now()
    rows = []
    for move in moves:
        if (move.source, move.target) not in ALLOWED:
            raise ForbiddenMove(move.source, move.target, "The ledger has no such move.")
        if move.quantity <= 0:
            raise ValueError("a move needs a positive quantity")
        rows.append(
            {
                "id": chance.new_id(),
                "sku_id": move.sku_id,
                "location_id": move.location_id,
                "quantity": move.quantity,
                "source": move.source,
                "target": move.target,
                "reason": move.reason,
                "reference": move.reference,
                "actor": cause.actor,
                "cause_kind": cause.kind,
                "cause_id": cause.id,
                "occurred_at": occurred_at or now,
                "recorded_at": now,
            }
        )
    if not rows:
        return rows
    session.later(_insert_movements, rows)
    # The levels last: on PostgreSQL a hot row is then locked for as short a time as can be.
    touching = [move for move in moves if move.source in STATES or move.target in STATES]
    if _only_come_in(touching):
        session.later(_into(session.dialect, touching[0].target), [_arrival(move, now) for move in touching])
    else:
        changed = session.run_each([_level_change(session, move, now) for move in touching])
        for move, rows_changed in zip(touching, changed, strict=True):
            if not rows_changed:
                raise InsufficientStock([_shortage(session, move)])
    touched(session).update(move.sku_id for move in touching if _concerns_plans(move))
    freed(session).update(move.sku_id for move in touching if move.target == "available")
    events.append(
        session,
        "stock.moved",
        moves[0].sku_id if len({move.sku_id for move in moves}) == 1 else None,
        {"moves": [{key: row[key] for key in ("id", "sku_id", "location_id", "quantity", "source", "target", "reason")} for row in rows]},
        cause=cause,
    )
    return rows


def freed(session: Session) -> set[str]:
    """The SKUs of which units became free in this transaction: what they repay first is settled at its end."""
    found: set[str] = session.info.setdefault("freed", set())
    return found


def touched(session: Session) -> set[str]:
    """The SKUs of which anything changed in this transaction: they are planned anew."""
    found: set[str] = session.info.setdefault("touched", set())
    return found


def in_no_hurry(session: Session) -> set[str]:
    """Of the SKUs that were touched, those whose plan can wait a little: something was sold of what there is plenty of."""
    found: set[str] = session.info.setdefault("in_no_hurry", set())
    return found


def _concerns_plans(move: Move) -> bool:
    """Whether it changes what there is to share out, or is a sale of our own, which plans count: what is promised already is on its way
    to the buyer, and nobody's share is another for that."""
    return not {"available", "allotted"}.isdisjoint((move.source, move.target)) or (move.target == "committed" and move.reason == "ordered")


def _only_come_in(moves: Sequence[Move]) -> bool:
    """Whether nothing is taken from anywhere, and every level is named once: then they are changed together."""
    levels = {(move.sku_id, move.location_id) for move in moves}
    return 1 < len(levels) == len(moves) and len({move.target for move in moves}) == 1 and not any(move.source in STATES for move in moves)


def _level_change(session: Session, move: Move, now: datetime) -> Statement:
    if move.source in STATES:
        return _guarded(move.source, move.target), {"sku": move.sku_id, "location": move.location_id, "units": move.quantity, "now": now}
    return _into(session.dialect, move.target), _arrival(move, now)


def _arrival(move: Move, now: datetime) -> dict[str, Any]:
    return {"sku_id": move.sku_id, "location_id": move.location_id, move.target: move.quantity, "updated_at": now}


@cache
def _guarded(source: str, target: str) -> Prepared:
    column = stock_levels.c[source]
    units = bindparam("units", type_=BigInteger)
    changes: dict[str, Any] = {source: column - units, "updated_at": bindparam("now", type_=Utc)}
    if target in STATES:
        changes[target] = stock_levels.c[target] + units
    return Prepared(
        update(stock_levels)
        .where(
            stock_levels.c.sku_id == bindparam("sku", type_=Id()),
            stock_levels.c.location_id == bindparam("location", type_=Id()),
            column >= units,
        )
        .values(changes)
    )


@cache
def _into(dialect: str, target: str) -> Prepared:
    # Both dialects speak the same words here; SQLAlchemy only keeps them in two places.
    insertion = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(stock_levels)
    changes = {target: stock_levels.c[target] + insertion.excluded[target], "updated_at": insertion.excluded.updated_at}
    upsert = insertion.on_conflict_do_update(index_elements=["sku_id", "location_id"], set_=changes)
    return Prepared(upsert, ["sku_id", "location_id", target, "updated_at"], together=True)


_insert_movements = Prepared(insert(stock_movements), [column.key for column in stock_movements.c])


def _shortage(session: Session, move: Move) -> dict[str, Any]:
    row: Any = session.execute(
        select(skus.c.code, stock_levels.c[move.source])
        .select_from(skus)
        .outerjoin(stock_levels, and_(stock_levels.c.sku_id == skus.c.id, stock_levels.c.location_id == move.location_id))
        .where(skus.c.id == move.sku_id)
    ).one()
    return {"sku": row[0], "asked": move.quantity, "available": row[1] or 0, "state": move.source}


# Where units may be taken from


@dataclass(frozen=True, slots=True)
class Want:
    """So many units of a SKU; the code is for telling people."""

    sku_id: str
    code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Found:
    """Where wanted units are."""

    parts: list[list[tuple[str, int]]]  # per want: (location id, units)
    short: list[dict[str, Any]]  # per SKU that can't be had whole: sku, asked, available
    codes: dict[str, str]  # location ids and their codes


@cache
def _available_levels(skus: int) -> Prepared:
    among = [bindparam(f"sku_{n}", type_=Id()) for n in range(skus)]
    return Prepared(
        select(stock_levels.c.sku_id, stock_levels.c.location_id, locations.c.code, stock_levels.c.available)
        .join(locations, locations.c.id == stock_levels.c.location_id)
        .where(stock_levels.c.sku_id.in_(among), stock_levels.c.available > 0)
        .order_by(locations.c.rank)
    )


def find_available(session: Session, wants: Sequence[Want], location_ids: Sequence[str] | None = None) -> Found:
    """Where each wanted quantity can be had: at the named locations in their order, else at all of them by rank.

    The first location that has a want whole is preferred to several that have it together: one parcel instead of two. Nothing is
    taken yet.
    """
    sku_ids = sorted({want.sku_id for want in wants})
    if session.contended:
        lock(session, sku_ids)  # overtaken once: now the rows are held before they are read
    free: dict[str, dict[str, int]] = {sku_id: {} for sku_id in sku_ids}
    codes: dict[str, str] = {}
    size, among = padded("sku", sku_ids)
    for row in session.rows(_available_levels(size), among):
        free[row["sku_id"]][row["location_id"]] = row["available"]
        codes[row["location_id"]] = row["code"]
    if location_ids is not None:
        free = {sku_id: {place: at[place] for place in location_ids if place in at} for sku_id, at in free.items()}
    total = {sku_id: sum(at.values()) for sku_id, at in free.items()}
    asked: dict[str, int] = {}
    parts = []
    for want in wants:
        asked[want.sku_id] = asked.get(want.sku_id, 0) + want.quantity
        parts.append(_divide(free[want.sku_id], want.quantity))
    short = [
        {"sku": next(want.code for want in wants if want.sku_id == sku_id), "asked": units, "available": total[sku_id]}
        for sku_id, units in asked.items()
        if units > total[sku_id]
    ]
    return Found(parts, short, codes)


def _divide(free: dict[str, int], quantity: int) -> list[tuple[str, int]]:
    """Take up to this quantity out of `free`, from one location if one has it all, else from the first ones on."""
    whole = next((location for location, units in free.items() if units >= quantity), None)
    parts: list[tuple[str, int]] = []
    for location in [whole] if whole is not None else list(free):
        units = min(quantity, free[location])
        if units:
            free[location] -= units
            quantity -= units
            parts.append((location, units))
    return parts


# Reading


def lock(session: Session, sku_ids: Iterable[str] | Select[Any]) -> None:
    """Hold the levels of these SKUs against other writers, taken in the one order, before the next statement is run; a select names them
    too."""
    if session.dialect == "sqlite":
        return  # its one writer is alone
    if isinstance(sku_ids, Select):
        session.execute(_locking(stock_levels.c.sku_id.in_(sku_ids)))
    elif wanted := sorted(set(sku_ids)):
        size, named = padded("sku", wanted)
        session.later(_locked(size), named)


def _locking(which: ColumnElement[bool]) -> Select[Any]:
    query = select(stock_levels.c.sku_id).where(which).order_by(stock_levels.c.sku_id, stock_levels.c.location_id)
    return query.with_for_update()


@cache
def _locked(size: int) -> Prepared:
    return Prepared(_locking(one_of(stock_levels.c.sku_id, "sku", size)))


def level(session: Session, sku_id: str, location_id: str) -> Mapping[str, int]:
    """Units by state at one location; zeros where there were never any."""
    query = select(*(stock_levels.c[state] for state in STATES)).where(
        stock_levels.c.sku_id == sku_id, stock_levels.c.location_id == location_id
    )
    row = session.execute(query).mappings().one_or_none()
    return dict(row) if row is not None else dict.fromkeys(STATES, 0)


def page_levels(
    session: Session,
    after: tuple[str, str] | None,
    limit: int,
    *,
    code: str | None = None,
    location: str | None = None,
    updated_since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Levels in the order of SKU and location ids."""
    query = (
        select(stock_levels, on_hand.label("on_hand"), skus.c.code.label("sku"), locations.c.code.label("location"))
        .join(skus, skus.c.id == stock_levels.c.sku_id)
        .join(locations, locations.c.id == stock_levels.c.location_id)
        .order_by(stock_levels.c.sku_id, stock_levels.c.location_id)
        .limit(limit)
    )
    if code is not None:
        query = query.where(stock_levels.c.sku_id == id_of(code))
    if location is not None:
        query = query.where(locations.c.code_key == key_of(location))
    if updated_since is not None:
        query = query.where(stock_levels.c.updated_at >= updated_since)
        if (few := _few_moved(session, updated_since)) is not None:
            query = query.where(stock_levels.c.sku_id.in_(few))
    if after is not None:
        query = query.where(tuple_(stock_levels.c.sku_id, stock_levels.c.location_id) > tuple_(*after, types=[Id(), Id()]))
    return [dict(row) for row in session.execute(query).mappings()]


def _few_moved(session: Session, since: datetime) -> list[str] | None:
    """The SKUs that moved since a moment, if they are few. Nothing else changes a level, and an index of its own moment would have to
    follow every sale."""
    m = stock_movements.c
    found = list(session.execute(select(m.sku_id).where(m.id >= chance.first_id(since)).limit(recent.FEW + 1)).scalars())
    return sorted(set(found)) if len(found) <= recent.FEW else None


def page_movements(
    session: Session,
    after: str | None,
    limit: int,
    *,
    code: str | None = None,
    location: str | None = None,
    cause_id: str | None = None,
    recorded_since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Movements in the order in which they were recorded, oldest first."""
    query = (
        select(stock_movements, skus.c.code.label("sku"), locations.c.code.label("location"))
        .join(skus, skus.c.id == stock_movements.c.sku_id)
        .join(locations, locations.c.id == stock_movements.c.location_id)
        .order_by(stock_movements.c.id)
        .limit(limit)
    )
    if code is not None:
        query = query.where(stock_movements.c.sku_id == id_of(code))
    if location is not None:
        # Of a SKU its own index is the better one; SQLite would walk through all that happened at the place.
        at = stock_movements.c.location_id
        query = query.where((at if code is None else func.coalesce(at, at)) == id_of_place(location))
    if cause_id is not None:
        query = query.where(stock_movements.c.cause_id == cause_id)
    if recorded_since is not None:
        query = query.where(stock_movements.c.id >= chance.first_id(recorded_since), stock_movements.c.recorded_at >= recorded_since)
    if after is not None:
        query = query.where(stock_movements.c.id > after)
    return [dict(row) for row in session.execute(query).mappings()]


def crossed_since(session: Session, sku_id: str, location_id: str, moment: datetime) -> int:
    """By how many units on_hand changed after a moment: what came in through the store's door, less what went out."""
    m = stock_movements
    crossing = select(
        func.coalesce(func.sum(m.c.quantity).filter(m.c.target.in_(STATES), m.c.source.in_(OUTSIDE)), 0)
        - func.coalesce(func.sum(m.c.quantity).filter(m.c.source.in_(STATES), m.c.target.in_(OUTSIDE)), 0)
    ).where(m.c.sku_id == sku_id, m.c.location_id == location_id, m.c.occurred_at > moment)
    return int(session.scalar(crossing))
