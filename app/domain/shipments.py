"""Parcels: what of an order left, from where, and how it can be followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    func,
    select,
)

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import catalogue, commitments, events, locations, notices, orders, stock
from app.domain.causes import Cause
from app.domain.errors import NotFound
from app.domain.stock import Move
from app.statements import Prepared, given

shipments = Table(
    "shipments",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("order_id", Id(), ForeignKey("orders.id"), nullable=False),
    Column("carrier", String(100), nullable=True),
    Column("tracking_number", String(200), nullable=True),
    Column("tracking_url", String(2000), nullable=True),
    Column("shipped_at", Utc, nullable=False),
    Index(None, "order_id"),
)

shipment_lines = Table(
    "shipment_lines",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("shipment_id", Id(), ForeignKey("shipments.id"), nullable=False),
    Column("line_id", Id(), ForeignKey("order_lines.id"), nullable=False),
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=False),
    # Null for what isn't tracked and so lies nowhere.
    Column("location_id", Id(), ForeignKey("locations.id"), nullable=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    Index(None, "shipment_id"),
    Index(None, "line_id"),
)


def ship(
    session: Session,
    order_id: str,
    wanted: Sequence[tuple[str, int]] | None = None,
    *,
    location: str | None = None,
    carrier: str | None = None,
    tracking_number: str | None = None,
    tracking_url: str | None = None,
    cause: Cause,
) -> dict[str, Any]:
    """Send units of an order: the named (line id, quantity), or without them everything that is committed.

    With a location only what is committed there goes. What is short can't be sent: first its units have to be there.

    Raises: NotFound, UnknownLocation; WrongState where fewer units than that are ready.
    """
    row, lines = orders.locked(session, order_id)
    at = locations.by_code(session, location)["id"] if location is not None else None
    promised = [
        each
        for each in commitments.of_order(session, order_id)
        # What is only held for an order that isn't paid doesn't leave.
        if each["quantity"] and each["location_id"] is not None and at in (None, each["location_id"]) and each["state"] == "committed"
    ]
    tracked = {line["id"] for line in session.rows(_tracked_lines, {"order_id": order_id})}

    def is_ready(line: Mapping[str, Any]) -> int:
        if line["sku_id"] is None or line["fulfilled_by"] != "us":
            return 0  # a tip; what nobody has said yet what it is; what the channel sends
        if line["id"] in tracked and row["fulfilled_by"] == "us":
            return sum(each["quantity"] for each in promised if each["line_id"] == line["id"])
        return int(line["quantity"] - line["cancelled"] - line["shipped"])

    ready = {line["id"]: is_ready(line) for line in lines}
    units = orders.chosen(wanted, ready, "ready to ship")
    shipment: dict[str, Any] = {
        "id": chance.new_id(),
        "order_id": order_id,
        "carrier": carrier,
        "tracking_number": tracking_number,
        "tracking_url": tracking_url,
        "shipped_at": chance.now(),
    }
    parts: list[dict[str, Any]] = []
    moves = []
    for line in lines:
        left = units.get(line["id"], 0)
        for each in promised:
            taken = min(left, each["quantity"]) if each["line_id"] == line["id"] else 0
            if not taken:
                continue
            commitments.reduce(session, each, taken, shipped=True, cause=cause)
            moves.append(Move(each["sku_id"], each["location_id"], taken, "committed", "customer", "shipped"))
            parts.append({"line_id": line["id"], "sku_id": line["sku_id"], "location_id": each["location_id"], "quantity": taken})
            left -= taken
        if left:
            parts.append({"line_id": line["id"], "sku_id": line["sku_id"], "location_id": None, "quantity": left})
    session.add(shipments, shipment)
    session.add(shipment_lines, [part | {"id": chance.new_id(), "shipment_id": shipment["id"]} for part in parts])
    orders.ship_lines(session, row, lines, units)
    if row["channel_id"] is not None:
        notices.add(session, row, shipment, lines, units)
    stock.move_many(session, moves, cause=cause.by("shipment", shipment["id"]))
    data = {
        "shipment_id": shipment["id"],
        "carrier": carrier,
        "tracking_number": tracking_number,
        "lines": [{"line_id": line_id, "quantity": quantity} for line_id, quantity in units.items()],
    }
    events.append(session, "order.shipped", order_id, data, cause=cause.by("shipment", shipment["id"]))
    return view(session, shipment["id"])


_tracked_lines = Prepared(
    select(orders.order_lines.c.id)
    .join(catalogue.skus, catalogue.skus.c.id == orders.order_lines.c.sku_id)
    .where(orders.order_lines.c.order_id == given(orders.order_lines.c.order_id), catalogue.skus.c.tracked)
)


def sent(session: Session, line_id: str) -> int:
    """Units of a line that we have sent ourselves."""
    query = select(func.coalesce(func.sum(shipment_lines.c.quantity), 0)).where(shipment_lines.c.line_id == line_id)
    return int(session.scalar(query))


def view(session: Session, shipment_id: str) -> dict[str, Any]:
    """A shipment and what was in it. Raises: NotFound."""
    found = _views(session, id=shipment_id)
    if not found:
        raise NotFound(f"No shipment has the id {shipment_id}.")
    return found[0]


def of_order(session: Session, order_id: str) -> list[dict[str, Any]]:
    """An order's shipments, oldest first. Raises: NotFound when there is no such order."""
    if session.scalar(select(orders.orders.c.id).where(orders.orders.c.id == order_id)) is None:
        raise NotFound(f"No order has the id {order_id}.")
    return _views(session, order_id=order_id)


def _views(session: Session, **which: str) -> list[dict[str, Any]]:
    (column,) = which
    rows, parts = session.rows_each([(query, which) for query in _of(column)])
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in parts:
        lines.setdefault(line["shipment_id"], []).append(line | {"line": line["line_id"]})
    return [row | {"lines": lines.get(row["id"], [])} for row in rows]


@cache
def _of(column: str) -> tuple[Prepared, Prepared]:
    """Shipments that have a value in this column, and their lines."""
    there = shipments.c[column] == given(shipments.c[column])
    parts = (
        select(shipment_lines, catalogue.skus.c.code.label("sku"), locations.locations.c.code.label("location"))
        .join(shipments, shipments.c.id == shipment_lines.c.shipment_id)
        .join(catalogue.skus, catalogue.skus.c.id == shipment_lines.c.sku_id)
        .outerjoin(locations.locations, locations.locations.c.id == shipment_lines.c.location_id)
    )
    return Prepared(select(shipments).where(there).order_by(shipments.c.id)), Prepared(parts.where(there).order_by(shipment_lines.c.id))
