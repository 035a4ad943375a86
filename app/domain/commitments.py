"""Units promised to order lines: which, from where, and what couldn't be found yet.

One row per line, SKU and location says how many units that location still owes the line and how many have left from there. A row
without a location is the *short* part: promised, and nothing could be committed to it. Whatever becomes free repays it first.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    insert,
    literal_column,
    select,
    text,
    update,
)

from app import chance
from app.database import Contended, Id, Json, Session, Utc, metadata
from app.domain import events, exceptions, stock
from app.domain.catalogue import skus
from app.domain.causes import Cause
from app.statements import Prepared, given, one_of, padded

commitments = Table(
    "commitments",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("order_id", Id(), ForeignKey("orders.id"), nullable=False),
    Column("line_id", Id(), ForeignKey("order_lines.id"), nullable=False),
    # The SKU, never the stock row: a foreign key to a hot row would lock it.
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=False),
    Column("location_id", Id(), ForeignKey("locations.id"), nullable=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    Column("shipped", Integer, nullable=False),
    CheckConstraint("shipped >= 0", name="shipped_not_negative"),
    # The state that its units are in: committed, or reserved while a channel's order isn't paid.
    Column("state", String(16), nullable=False, server_default="committed"),
    # Where the order may be served from, if it isn't from everywhere: a short part waits for units there.
    Column("location_ids", Json, nullable=True),
    # What a unit cost the store when it was promised.
    Column("unit_cost", BigInteger, nullable=True),
    Column("unit_cost_currency", String(3), nullable=True),
    Column("promised_at", Utc, nullable=False),
    Index(None, "order_id"),
    Index(None, "location_id", "order_id"),
    Index(
        "ix_commitments_owed",
        "sku_id",
        "location_id",
        "promised_at",
        postgresql_where=text("quantity > 0"),
        sqlite_where=text("quantity > 0"),
    ),
)

# In the words of the index: with a value in them SQLite, to find out whether it serves, would parse a statement anew each time.
_is_owed = commitments.c.quantity > literal_column("0")

_insert = Prepared(insert(commitments), [column.key for column in commitments.c])


def add(session: Session, rows: list[dict[str, Any]]) -> None:
    """Write new commitments; their units are moved by the caller, in the same transaction."""
    if rows:
        session.later(_insert, rows)


def of_order(session: Session, order_id: str) -> list[dict[str, Any]]:
    """An order's commitments, oldest first."""
    return sorted(session.find(commitments, order_id=order_id), key=lambda row: str(row["id"]))


_take = Prepared(
    update(commitments)
    .where(commitments.c.id == bindparam("row", type_=commitments.c.id.type), commitments.c.quantity >= bindparam("units", type_=Integer))
    .values(
        quantity=commitments.c.quantity - bindparam("units", type_=Integer),
        shipped=commitments.c.shipped + bindparam("left", type_=Integer),
    )
)


def reduce(session: Session, row: dict[str, Any], units: int, *, cause: Cause, shipped: bool = False) -> None:
    """Owe that many units less, because they left or because they aren't wanted any more. Nobody need look any more for what was never
    found, and isn't owed.

    Raises: Contended when somebody else changed the row meanwhile.
    """
    if not session.run(_take, {"row": row["id"], "units": units, "left": units if shipped else 0}):
        raise Contended("the order was changed at the same time")
    row["quantity"] -= units
    row["shipped"] += units if shipped else 0
    if row["location_id"] is None and not row["quantity"]:
        exceptions.clear(session, "line_short", str(row["line_id"]), cause=cause)


def owe(session: Session, like: dict[str, Any], location_id: str | None, units: int) -> None:
    """Let a location (or nobody yet: None) owe the line more units. `like` is any commitment of the same line and SKU."""
    at = commitments.c.location_id.is_(None) if location_id is None else commitments.c.location_id == location_id
    found = session.execute(
        update(commitments)
        .where(
            commitments.c.order_id == like["order_id"],
            commitments.c.line_id == like["line_id"],
            commitments.c.sku_id == like["sku_id"],
            at,
        )
        .values(quantity=commitments.c.quantity + units)
    )
    if found.rowcount == 0:
        add(session, [like | {"id": chance.new_id(), "location_id": location_id, "quantity": units, "shipped": 0}])


def uncommit_latest(session: Session, sku_id: str, location_id: str, units: int, *, state: str = "committed", cause: Cause) -> None:
    """A fact took units that were promised: the lines promised latest become short. The caller moves the units.

    Raises: Contended when fewer are committed at the location than that.
    """
    query = (
        select(commitments)
        .where(
            commitments.c.sku_id == sku_id,
            commitments.c.location_id == location_id,
            _is_owed,
            commitments.c.state == state,
        )
        .order_by(commitments.c.promised_at.desc(), commitments.c.id.desc())
        .limit(units)
    )
    for found in session.execute(query).mappings().all():
        row = dict(found)
        taken = min(units, row["quantity"])
        reduce(session, row, taken, cause=cause)
        owe(session, row, None, taken)
        say_short(session, row, taken, cause=cause)
        units -= taken
        if not units:
            break
    else:
        raise Contended("the commitments changed at the same time")
    stock.freed(session).add(sku_id)  # the line may be served from elsewhere at once


def say_short(session: Session, row: dict[str, Any], units: int, *, cause: Cause) -> None:
    """Tell the world that part of a line has nothing committed to it."""
    data = {"line_id": row["line_id"], "sku_id": row["sku_id"], "quantity": units}
    events.append(session, "order.line_short", row["order_id"], data, cause=cause)


def short_of(session: Session, sku_ids: Iterable[str]) -> list[dict[str, Any]]:
    """The short parts of lines of these SKUs, oldest promise first."""
    wanted = sorted(sku_ids)
    if not wanted:
        return []
    size, named = padded("sku_id", wanted)
    return session.rows(_short(size), named)


@cache
def _short(size: int) -> Prepared:
    c = commitments.c
    query = select(commitments).where(one_of(c.sku_id, "sku_id", size), c.location_id.is_(None), _is_owed)
    return Prepared(query.order_by(c.promised_at, c.id))


def short_before(session: Session, moment: datetime, *, limit: int) -> list[dict[str, Any]]:
    """Short parts that were promised before a moment, oldest first, with the order's reference and the SKU's code."""
    return session.rows(_short_before(), {"moment": moment, "limit": limit})


@cache
def _short_before() -> Prepared:
    c, orders = commitments.c, metadata.tables["orders"]
    query = (
        select(commitments, orders.c.reference, orders.c.channel_id, skus.c.code.label("sku"))
        .join(orders, orders.c.id == c.order_id)
        .join(skus, skus.c.id == c.sku_id)
        .where(c.location_id.is_(None), _is_owed, c.promised_at < given(c.promised_at, "moment"))
    )
    return Prepared(query.order_by(c.promised_at, c.id).limit(bindparam("limit", type_=Integer)))
