"""Units on their way from one location to another. A transfer is a record: in transit = sent - received - lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, insert, select, text, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import catalogue, events, locations, stock
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock, InvalidDraft, NotFound, WrongState
from app.domain.stock import Move

UNDER_WAY = text("sent > received + lost")

transfers = Table(
    "transfers",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("source_id", Id(), ForeignKey("locations.id"), nullable=False),
    Column("target_id", Id(), ForeignKey("locations.id"), nullable=False),
    Column("reference", String(200), nullable=True),
    Column("sent_at", Utc, nullable=False),
    CheckConstraint("source_id <> target_id", name="two_places"),
)

transfer_lines = Table(
    "transfer_lines",
    metadata,
    Column("transfer_id", Id(), ForeignKey("transfers.id"), primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    Column("sent", Integer, nullable=False),
    CheckConstraint("sent > 0", name="sent_positive"),
    Column("received", Integer, nullable=False),
    CheckConstraint("received >= 0", name="received_not_negative"),
    Column("lost", Integer, nullable=False),
    CheckConstraint("lost >= 0", name="lost_not_negative"),
    CheckConstraint("received + lost <= sent", name="no_more_than_sent"),
    Index(None, "sku_id", "transfer_id"),
    Index("ix_transfer_lines_under_way", "transfer_id", postgresql_where=UNDER_WAY, sqlite_where=UNDER_WAY),
)


def send(
    session: Session,
    source_code: str,
    target_code: str,
    lines: Sequence[tuple[str, int]],
    *,
    reference: str | None = None,
    cause: Cause,
) -> dict[str, Any]:
    """Take units out of one location's `available` and put them on their way: all, or nothing. `lines` are (SKU code, quantity).

    Raises: UnknownLocation, UnknownSku, InsufficientStock, InvalidDraft.
    """
    source, target = (locations.by_code(session, code) for code in (source_code, target_code))
    if source["id"] == target["id"]:
        raise InvalidDraft("target", "A transfer needs two different locations.")
    known = catalogue.by_codes(session, [code for code, _ in lines])
    if len({sku["id"] for sku in known.values()}) < len(lines):
        raise InvalidDraft("lines", "A SKU stands in the transfer twice; send one quantity for each.")
    if untracked := [sku["code"] for sku in known.values() if not sku["tracked"]]:
        raise InvalidDraft("lines", f"{untracked[0]!r} isn't tracked, so it has no stock to move.")
    wants = [stock.Want(known[code]["id"], known[code]["code"], quantity) for code, quantity in lines]
    if short := stock.find_available(session, wants, [source["id"]]).short:
        raise InsufficientStock(short)
    row = {
        "id": chance.new_id(),
        "source_id": source["id"],
        "target_id": target["id"],
        "reference": reference,
        "sent_at": chance.now(),
    }
    session.execute(insert(transfers), row)
    session.execute(
        insert(transfer_lines),
        [{"transfer_id": row["id"], "sku_id": want.sku_id, "sent": want.quantity, "received": 0, "lost": 0} for want in wants],
    )
    cause = cause.by("transfer", row["id"])
    moves = [Move(want.sku_id, source["id"], want.quantity, "available", "transit", "sent", reference) for want in wants]
    stock.move_many(session, moves, cause=cause)
    events.append(session, "transfer.sent", row["id"], {"source_id": source["id"], "target_id": target["id"]}, cause=cause)
    return view(session, row["id"])


def receive(session: Session, transfer_id: str, lines: Sequence[tuple[str, int]] | None = None, *, cause: Cause) -> dict[str, Any]:
    """Units arrived at the target: those named, or without lines all that are still on their way. Raises: as `lose`."""
    return _arrive(session, transfer_id, lines, "received", cause=cause)


def lose(session: Session, transfer_id: str, lines: Sequence[tuple[str, int]] | None = None, *, cause: Cause) -> dict[str, Any]:
    """Units will never arrive: those named, or without lines all that are still on their way.

    Raises: NotFound, UnknownSku; WrongState where fewer than that are on their way.
    """
    return _arrive(session, transfer_id, lines, "lost", cause=cause)


def _arrive(session: Session, transfer_id: str, lines: Sequence[tuple[str, int]] | None, column: str, *, cause: Cause) -> dict[str, Any]:
    query = select(transfers).where(transfers.c.id == transfer_id).with_for_update()
    transfer = session.execute(query).mappings().one_or_none()
    if transfer is None:
        raise NotFound(f"No transfer has the id {transfer_id}.")
    under_way = {
        row.sku_id: row.sent - row.received - row.lost
        for row in session.execute(select(transfer_lines).where(transfer_lines.c.transfer_id == transfer_id))
    }
    if lines is None:
        units = {sku_id: quantity for sku_id, quantity in under_way.items() if quantity}
        if not units:
            raise WrongState("Nothing of this transfer is on its way any more.", in_transit=0)
    else:
        known = catalogue.by_codes(session, [code for code, _ in lines])
        units = {}
        for code, quantity in lines:
            units[known[code]["id"]] = units.get(known[code]["id"], 0) + quantity
            left = under_way.get(known[code]["id"], 0)
            if units[known[code]["id"]] > left:
                raise WrongState(f"{known[code]['code']}: only {left} are on their way.", sku=known[code]["code"], in_transit=left)
    for sku_id, quantity in units.items():
        session.execute(
            update(transfer_lines)
            .where(transfer_lines.c.transfer_id == transfer_id, transfer_lines.c.sku_id == sku_id)
            .values({column: transfer_lines.c[column] + quantity})
        )
    cause = cause.by("transfer", transfer_id)
    to = "available" if column == "received" else "adjustment"
    moves = [Move(sku_id, transfer["target_id"], quantity, "transit", to, column) for sku_id, quantity in units.items()]
    stock.move_many(session, moves, cause=cause)
    events.append(session, f"transfer.{column}", transfer_id, {"units": sum(units.values())}, cause=cause)
    return view(session, transfer_id)


def view(session: Session, transfer_id: str) -> dict[str, Any]:
    """A transfer with its lines and what is still on its way. Raises: NotFound."""
    source, target = locations.locations.alias("source"), locations.locations.alias("target")
    query = (
        select(transfers, source.c.code.label("source"), target.c.code.label("target"))
        .join(source, source.c.id == transfers.c.source_id)
        .join(target, target.c.id == transfers.c.target_id)
        .where(transfers.c.id == transfer_id)
    )
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No transfer has the id {transfer_id}.")
    t = transfer_lines
    lines = (
        select(
            catalogue.skus.c.code.label("sku"),
            t.c.sku_id,
            t.c.sent,
            t.c.received,
            t.c.lost,
            (t.c.sent - t.c.received - t.c.lost).label("in_transit"),
        )
        .join(catalogue.skus, catalogue.skus.c.id == t.c.sku_id)
        .where(t.c.transfer_id == transfer_id)
        .order_by(catalogue.skus.c.code)
    )
    found = [dict(line) for line in session.execute(lines).mappings()]
    return dict(row) | {"lines": found, "in_transit": sum(line["in_transit"] for line in found)}


def page(
    session: Session,
    after: str | None,
    limit: int,
    *,
    code: str | None = None,
    location: str | None = None,
    under_way: bool | None = None,
) -> list[dict[str, Any]]:
    """Transfers, newest first. `code` is of a SKU that was sent, `location` of either end."""
    query = select(transfers.c.id).order_by(transfers.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(transfers.c.id < after)
    line = transfer_lines.c
    if code is not None:
        query = query.where(transfers.c.id.in_(select(line.transfer_id).where(line.sku_id == catalogue.id_of(code))))
    if location is not None:
        query = query.where(locations.id_of(location).in_((transfers.c.source_id, transfers.c.target_id)))
    if under_way is not None:
        # Few are; in the words of their index.
        open_ones = list(session.execute(select(line.transfer_id).distinct().where(UNDER_WAY)).scalars())
        query = query.where(transfers.c.id.in_(open_ones) if under_way else transfers.c.id.not_in(open_ones))
    return [view(session, found) for found in session.execute(query).scalars().all()]
