"""Stocktakes: what somebody counted, against what the ledger said at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, insert, select

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import catalogue, events, locations, losses, stock
from app.domain.causes import Cause
from app.domain.errors import InvalidDraft, NotFound
from app.domain.stock import Move

stock_counts = Table(
    "stock_counts",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("location_id", Id(), ForeignKey("locations.id"), nullable=False),
    Column("reference", String(200), nullable=True),
    Column("actor", String(120), nullable=False),
    Column("counted_at", Utc, nullable=False),
    Column("recorded_at", Utc, nullable=False),
    Index(None, "location_id", "id"),
)

stock_count_lines = Table(
    "stock_count_lines",
    metadata,
    Column("count_id", Id(), ForeignKey("stock_counts.id"), primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    Column("counted", Integer, nullable=False),
    CheckConstraint("counted >= 0", name="counted_not_negative"),
    # What the ledger said was on hand when it was counted.
    Column("expected", Integer, nullable=False),
    Index(None, "sku_id"),
)


def record(
    session: Session,
    location_code: str,
    lines: Sequence[tuple[str, int]],
    *,
    counted_at: datetime | None = None,
    reference: str | None = None,
    cause: Cause,
) -> dict[str, Any]:
    """Take in a stocktake: `lines` are (SKU code, units counted by hand, in whatever state).

    Each figure is compared with what was on hand at `counted_at`, so sales between the counting and the typing-in don't distort it.
    Too many become available; too few are a fact and may leave the lines promised latest short.

    Raises: UnknownLocation, UnknownSku; InvalidDraft, also for a SKU that a later count has settled already: what was missing then
            would be taken off twice; InsufficientStock where more went missing than is on hand by now.
    """
    now = chance.now()
    counted_at = counted_at or now
    if counted_at > now:
        raise InvalidDraft("counted_at", "A count can't be from the future.")
    location = locations.by_code(session, location_code)
    known = catalogue.by_codes(session, [code for code, _ in lines])
    if len({sku["id"] for sku in known.values()}) < len(lines):
        raise InvalidDraft("lines", "A SKU was counted twice; send one figure for each.")
    count = {
        "id": chance.new_id(),
        "location_id": location["id"],
        "reference": reference,
        "actor": cause.actor,
        "counted_at": counted_at,
        "recorded_at": now,
    }
    session.execute(insert(stock_counts), count)
    cause = cause.by("count", count["id"])
    stock.lock(session, (sku["id"] for sku in known.values()))
    for code, counted in sorted(lines, key=lambda line: str(known[line[0]]["id"])):
        sku = known[code]
        if not sku["tracked"]:
            raise InvalidDraft("lines", f"{sku['code']!r} isn't tracked, so there is nothing to count.")
        if later := _counted_later(session, sku["id"], location["id"], counted_at):
            raise InvalidDraft(
                "counted_at", f"{sku['code']!r} was counted here later, at {later:%Y-%m-%dT%H:%M:%SZ}; that has settled it. Count it again."
            )
        held = stock.level(session, sku["id"], location["id"])
        expected = sum(held.values()) - stock.crossed_since(session, sku["id"], location["id"], counted_at)
        session.execute(
            insert(stock_count_lines),
            {"count_id": count["id"], "sku_id": sku["id"], "counted": counted, "expected": expected},
        )
        if counted > expected:
            found = Move(sku["id"], location["id"], counted - expected, "adjustment", "available", "stocktake", reference)
            stock.move_many(session, [found], cause=cause, occurred_at=counted_at)
        elif counted < expected:
            losses.take(
                session,
                sku,
                location["id"],
                expected - counted,
                "adjustment",
                "stocktake",
                reference=reference,
                cause=cause,
                occurred_at=counted_at,
            )
    events.append(session, "stock.counted", count["id"], {"location_id": location["id"], "lines": len(lines)}, cause=cause)
    return view(session, count["id"])


def _counted_later(session: Session, sku_id: str, location_id: str, counted_at: datetime) -> datetime | None:
    line, count = stock_count_lines.c, stock_counts.c
    query = (
        select(count.counted_at)
        .join(stock_count_lines, line.count_id == count.id)
        .where(line.sku_id == sku_id, count.location_id == location_id, count.counted_at > counted_at)
        .order_by(count.counted_at.desc())
        .limit(1)
    )
    found: datetime | None = session.scalar(query)
    return found


def view(session: Session, count_id: str) -> dict[str, Any]:
    """A stocktake with its lines and differences. Raises: NotFound."""
    query = (
        select(stock_counts, locations.locations.c.code.label("location"))
        .join(locations.locations, locations.locations.c.id == stock_counts.c.location_id)
        .where(stock_counts.c.id == count_id)
    )
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No stocktake has the id {count_id}.")
    lines = (
        select(
            catalogue.skus.c.code.label("sku"),
            stock_count_lines.c.sku_id,
            stock_count_lines.c.counted,
            stock_count_lines.c.expected,
            (stock_count_lines.c.counted - stock_count_lines.c.expected).label("difference"),
        )
        .join(catalogue.skus, catalogue.skus.c.id == stock_count_lines.c.sku_id)
        .where(stock_count_lines.c.count_id == count_id)
        .order_by(catalogue.skus.c.code)
    )
    return dict(row) | {"lines": [dict(line) for line in session.execute(lines).mappings()]}


def page(session: Session, after: str | None, limit: int, *, code: str | None = None, location: str | None = None) -> list[dict[str, Any]]:
    """Stocktakes, newest first. `code` is of a SKU that was counted."""
    query = select(stock_counts.c.id).order_by(stock_counts.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(stock_counts.c.id < after)
    if code is not None:
        line = stock_count_lines.c
        query = query.where(stock_counts.c.id.in_(select(line.count_id).where(line.sku_id == catalogue.id_of(code))))
    if location is not None:
        # Asked for first: PostgreSQL then knows whether there are many of them, or none.
        query = query.where(stock_counts.c.location_id == session.scalar(select(locations.id_of(location))))
    return [view(session, found) for found in session.execute(query).scalars().all()]
