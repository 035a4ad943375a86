"""Holds with an expiry: a cart, a quote. A lapsed hold is nothing; whoever still wants the units asks the stock again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Table,
    insert,
    select,
    text,
    update,
)

from app import chance
from app.database import Contended, Id, Session, Utc, metadata
from app.domain import catalogue, events, locations, recovery, signals, stock
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock, InvalidDraft, NotFound, WrongState
from app.domain.stock import Move, Want

reservations = Table(
    "reservations",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("status", String(16), nullable=False),  # held, used, released, lapsed
    Column("reference", String(200), nullable=True),
    Column("expires_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Index(None, "status", "id"),
    Index("ix_reservations_held", "expires_at", postgresql_where=text("status = 'held'"), sqlite_where=text("status = 'held'")),
)

reservation_lines = Table(
    "reservation_lines",
    metadata,
    Column("reservation_id", Id(), ForeignKey("reservations.id"), primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    Column("location_id", Id(), ForeignKey("locations.id"), primary_key=True),
    # What is still held; 0 once it was used, released, lapsed or lost to a fact.
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    Index(None, "sku_id", "reservation_id"),
    Index(
        "ix_reservation_lines_held",
        "sku_id",
        "location_id",
        postgresql_where=text("quantity > 0"),
        sqlite_where=text("quantity > 0"),
    ),
)


def hold(
    session: Session,
    wants: Sequence[tuple[str, int]],
    *,
    expires_in: timedelta,
    location_codes: Sequence[str] | None = None,
    reference: str | None = None,
    cause: Cause,
) -> dict[str, Any]:
    """Set units aside for a while: all that is asked for, or nothing. `wants` are (SKU code, quantity).

    Raises: UnknownSku, UnknownLocation, InsufficientStock; InvalidDraft for an untracked SKU, which needs no hold.
    """
    known = catalogue.by_codes(session, [code for code, _ in wants])
    catalogue.refuse_archived(known)
    recovery.refuse_unread(session, known, wants)
    for code, sku in known.items():
        if not sku["tracked"]:
            raise InvalidDraft("lines", f"{code!r} isn't tracked: it is never short and needs no hold.")
    allowed = locations.ids_of(session, location_codes) if location_codes else None
    found = stock.find_available(session, [Want(known[code]["id"], known[code]["code"], quantity) for code, quantity in wants], allowed)
    if found.short:
        raise InsufficientStock(found.short)
    now = chance.now()
    row: dict[str, Any] = {
        "id": chance.new_id(),
        "status": "held",
        "reference": reference,
        "expires_at": now + expires_in,
        "created_at": now,
    }
    held: dict[tuple[str, str], int] = {}
    for (code, _), parts in zip(wants, found.parts, strict=True):
        for location_id, units in parts:
            key = (known[code]["id"], location_id)
            held[key] = held.get(key, 0) + units
    session.execute(insert(reservations), row)
    session.execute(
        insert(reservation_lines),
        [
            {"reservation_id": row["id"], "sku_id": sku_id, "location_id": location_id, "quantity": units}
            for (sku_id, location_id), units in held.items()
        ],
    )
    try:
        stock.move_many(
            session,
            [Move(sku_id, at, units, "available", "reserved", "held") for (sku_id, at), units in held.items()],
            cause=cause.by("reservation", row["id"]),
        )
    except InsufficientStock:
        if session.contended:
            raise
        raise Contended from None  # somebody was faster: plan again, with locks
    events.append(session, "reservation.held", row["id"], {"expires_at": row["expires_at"].isoformat()}, cause=cause)
    return view(session, row["id"])


def get(session: Session, reservation_id: str, *, lock: bool = False) -> dict[str, Any]:
    """The reservation's own row. Raises: NotFound."""
    query = select(reservations).where(reservations.c.id == reservation_id)
    if lock:
        query = query.with_for_update()
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No reservation has the id {reservation_id}.")
    return dict(row)


def view(session: Session, reservation_id: str) -> dict[str, Any]:
    """A reservation with what it holds. Raises: NotFound."""
    row = get(session, reservation_id)
    query = (
        select(
            reservation_lines.c.sku_id,
            catalogue.skus.c.code.label("sku"),
            locations.locations.c.code.label("location"),
            reservation_lines.c.quantity,
        )
        .join(catalogue.skus, catalogue.skus.c.id == reservation_lines.c.sku_id)
        .join(locations.locations, locations.locations.c.id == reservation_lines.c.location_id)
        .where(reservation_lines.c.reservation_id == reservation_id)
        .order_by(catalogue.skus.c.code, locations.locations.c.rank)
    )
    return row | {"lines": [dict(line) for line in session.execute(query).mappings()]}


def page(session: Session, after: str | None, limit: int, *, status: str | None = None, code: str | None = None) -> list[dict[str, Any]]:
    """Reservations, newest first. `code` is of a SKU that was held."""
    query = select(reservations.c.id).order_by(reservations.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(reservations.c.id < after)
    if status is not None:
        query = query.where(reservations.c.status == status)
    if code is not None:
        line = reservation_lines.c
        query = query.where(reservations.c.id.in_(select(line.reservation_id).where(line.sku_id == catalogue.id_of(code))))
    return [view(session, found) for found in session.execute(query).scalars().all()]


def release(session: Session, reservation_id: str, *, cause: Cause) -> dict[str, Any]:
    """Give the units back before the hold lapses. Raises: NotFound; WrongState when it holds nothing any more."""
    row = get(session, reservation_id, lock=True)
    if row["status"] != "held":
        raise WrongState(f"The reservation was {row['status']} already.", status=row["status"])
    _end(session, row, "released", cause=cause)
    return view(session, reservation_id)


def lapse_due(session: Session, limit: int = 100, *, cause: Cause) -> int:
    """Let holds lapse whose time has come, the oldest first; none while nobody knows what time it is. Returns how many lapsed."""
    query = (
        select(reservations)
        .where(reservations.c.status == "held", reservations.c.expires_at <= chance.now())
        .order_by(reservations.c.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    due = session.execute(query).mappings().all()
    if due and signals.clock_is_off(session):
        return 0
    if due:
        stock.lock(session, _held_skus([row["id"] for row in due]))
    for row in due:
        _end(session, dict(row), "lapsed", cause=cause)
    return len(due)


def use(session: Session, reservation_id: str, *, cause: Cause) -> dict[str, dict[str, int]]:
    """What an order may take from the hold instead of from `available`; from here on the hold is over.

    A hold that has lapsed gives nothing: its units are free again, and the order has to ask the stock.

    Returns: units by SKU id and location id. The caller commits what it needs of them and gives the rest back.
    Raises: NotFound; WrongState when another order used the hold.
    """
    row = get(session, reservation_id, lock=True)
    if row["status"] == "used":
        raise WrongState("The reservation became an order already.", status="used")
    if row["status"] != "held":
        return {}
    if row["expires_at"] <= chance.now() and not signals.clock_is_off(session):
        _end(session, row, "lapsed", cause=cause)
        return {}
    held: dict[str, dict[str, int]] = {}
    for sku_id, location_id, units in _held_lines(session, reservation_id):
        held.setdefault(sku_id, {})[location_id] = units
    session.execute(update(reservation_lines).where(reservation_lines.c.reservation_id == reservation_id).values(quantity=0))
    session.execute(update(reservations).where(reservations.c.id == reservation_id).values(status="used"))
    events.append(session, "reservation.used", reservation_id, {}, cause=cause)
    return held


def give_up_latest(session: Session, sku_id: str, location_id: str, units: int, *, cause: Cause) -> int:
    """A fact needs units that are only held: the latest holds lose them, and they become available.

    Returns: how many were found. Raises: Contended when a hold changed meanwhile.
    """
    query = (
        select(reservation_lines.c.reservation_id, reservation_lines.c.quantity)
        .where(
            reservation_lines.c.sku_id == sku_id,
            reservation_lines.c.location_id == location_id,
            reservation_lines.c.quantity > 0,
        )
        .order_by(reservation_lines.c.reservation_id.desc())
    )
    found_units = 0
    for row in session.execute(query).all():
        reservation_id, taken = row.reservation_id, min(units - found_units, row.quantity)
        if not taken:
            break
        found = session.execute(
            update(reservation_lines)
            .where(
                reservation_lines.c.reservation_id == reservation_id,
                reservation_lines.c.sku_id == sku_id,
                reservation_lines.c.location_id == location_id,
                reservation_lines.c.quantity >= taken,
            )
            .values(quantity=reservation_lines.c.quantity - taken)
        )
        if found.rowcount == 0:
            raise Contended("the holds changed at the same time")
        move = Move(sku_id, location_id, taken, "reserved", "available", "hold_lost")
        stock.move_many(session, [move], cause=cause.by("reservation", reservation_id))
        events.append(session, "reservation.reduced", reservation_id, {"sku_id": sku_id, "quantity": taken}, cause=cause)
        found_units += taken
    return found_units


def _held_skus(reservation_ids: Sequence[str]) -> Select[Any]:
    line = reservation_lines.c
    return select(line.sku_id).where(line.reservation_id.in_(reservation_ids), line.quantity > 0)


def _held_lines(session: Session, reservation_id: str) -> list[tuple[str, str, int]]:
    """What is still held. Its levels are locked first: a fact that takes some of it at the same time comes before us or after us."""
    stock.lock(session, _held_skus([reservation_id]))
    query = select(reservation_lines.c.sku_id, reservation_lines.c.location_id, reservation_lines.c.quantity).where(
        reservation_lines.c.reservation_id == reservation_id, reservation_lines.c.quantity > 0
    )
    return [(row.sku_id, row.location_id, row.quantity) for row in session.execute(query)]


def _end(session: Session, row: dict[str, Any], status: str, *, cause: Cause) -> None:
    lines = _held_lines(session, row["id"])
    session.execute(update(reservation_lines).where(reservation_lines.c.reservation_id == row["id"]).values(quantity=0))
    session.execute(update(reservations).where(reservations.c.id == row["id"]).values(status=status))
    stock.move_many(
        session,
        [Move(sku_id, at, units, "reserved", "available", status) for sku_id, at, units in lines],
        cause=cause.by("reservation", row["id"]),
    )
    events.append(session, f"reservation.{status}", row["id"], {}, cause=cause)
