"""Writes: what we are about to tell a channel, stored whole before it leaves, and what came of it.

At most one is open per write unit. What may happen to it, and when, is `fence.py`'s business; here are its rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, delete, insert, or_, select, text, update

from app.database import Id, Json, Session, Utc, metadata
from app.domain.errors import NotFound

# intent: stored, and perhaps sent; unknown: sent, and nobody can say what came of it; accepted: deferred, processed later;
# reading: no request of ours is out, the counter is to be read; settling: read, and orders counted before that are awaited.
STATES = ("intent", "unknown", "accepted", "reading", "settling", "closed")

writes = Table(
    "writes",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    Column("unit", String(200), nullable=False),
    # compare_and_set, delta, absolute; rebase: a reading, nothing is written.
    Column("mode", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("body", Json, nullable=True),
    Column("sends", Integer, nullable=False),
    Column("repeatable", Boolean, nullable=False),  # false: a repeat would prove nothing any more
    Column("due_at", Utc, nullable=True),  # null while it waits for a settle
    Column("sent_at", Utc, nullable=True),
    # The latest moment at which a request may have left us without an answer.
    Column("unknown_since", Utc, nullable=True),
    Column("settle_after", Utc, nullable=True),
    Column("ticket", String(200), nullable=True),
    Column("outcome", String(32), nullable=True),
    Column("detail", String(500), nullable=True),
    Column("created_at", Utc, nullable=False),
    Column("closed_at", Utc, nullable=True),
    Index(
        "uq_writes_open",
        "channel_id",
        "unit",
        unique=True,
        postgresql_where=text("closed_at IS NULL"),
        sqlite_where=text("closed_at IS NULL"),
    ),
    Index(None, "channel_id", "id"),
    Index(None, "closed_at"),
)

# Counter units: sets, not mugs.
write_entries = Table(
    "write_entries",
    metadata,
    Column("write_id", Id(), ForeignKey("writes.id"), primary_key=True),
    Column("counter_id", Id(), ForeignKey("counters.id"), primary_key=True),
    Column("change", Integer, nullable=False),
    Column("expected", Integer, nullable=False),
    Column("value", Integer, nullable=False),
    # The accepted risk of an absolute write without cover: as many may sell between the reading and the landing. Null: covered.
    Column("guard", Integer, nullable=True),
    Column("put_back_since", Integer, nullable=False),
    Column("learned_since", Integer, nullable=False),  # takings and put-backs: after a rebase, how much it may be too high
    Column("reading", Integer, nullable=True),
    Index(None, "counter_id"),
)


@dataclass(slots=True)
class Flight:
    """A counter's part in the write that is open on its unit."""

    write_id: str
    mode: str
    state: str
    change: int
    expected: int
    value: int
    guard: int | None
    put_back_since: int
    learned_since: int
    reading: int | None


def learned_at_last(session: Session, counter_id: str) -> int:
    """What was learned while a counter was last read: by as much it may have been taken for too high."""
    entry = write_entries.c
    query = (
        select(entry.learned_since)
        .join(writes, writes.c.id == entry.write_id)
        .where(entry.counter_id == counter_id, entry.reading.is_not(None), writes.c.closed_at.is_not(None))
        .order_by(entry.write_id.desc())
        .limit(1)
    )
    return session.scalar(query) or 0


def flights(session: Session, counter_ids: Iterable[str]) -> dict[str, Flight]:
    """The open write of each counter that has one."""
    entry = write_entries.c
    query = (
        select(write_entries, writes.c.mode, writes.c.state)
        .join(writes, writes.c.id == entry.write_id)
        .where(entry.counter_id.in_(sorted(counter_ids)), writes.c.closed_at.is_(None))
    )
    names = ("write_id", "mode", "state", "change", "expected", "value", "guard", "put_back_since", "learned_since", "reading")
    return {row["counter_id"]: Flight(**{name: row[name] for name in names}) for row in session.execute(query).mappings()}


def add(session: Session, row: dict[str, Any], entries: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(writes), row)
    session.execute(insert(write_entries), list(entries))


def change(session: Session, write_id: str, **changes: Any) -> None:
    session.execute(update(writes).where(writes.c.id == write_id).values(**changes))


def change_entry(session: Session, write_id: str, counter_id: str, **changes: Any) -> None:
    entry = write_entries.c
    session.execute(update(write_entries).where(entry.write_id == write_id, entry.counter_id == counter_id).values(**changes))


def get(session: Session, write_id: str) -> dict[str, Any]:
    """A write and its entries. Raises: NotFound."""
    row = session.execute(select(writes).where(writes.c.id == write_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No write has the id {write_id}.")
    return dict(row) | {"entries": entries_of(session, write_id)}


def entries_of(session: Session, write_id: str) -> list[dict[str, Any]]:
    query = select(write_entries).where(write_entries.c.write_id == write_id).order_by(write_entries.c.counter_id)
    return [dict(row) for row in session.execute(query).mappings()]


def open_of_unit(session: Session, channel_id: str, unit: str) -> dict[str, Any] | None:
    """The write that is open on a unit."""
    query = select(writes).where(writes.c.channel_id == channel_id, writes.c.unit == unit, writes.c.closed_at.is_(None))
    row = session.execute(query).mappings().one_or_none()
    return dict(row) if row is not None else None


def open_of_channel(session: Session, channel_id: str) -> list[dict[str, Any]]:
    """A channel's open writes, oldest first."""
    query = select(writes).where(writes.c.channel_id == channel_id, writes.c.closed_at.is_(None)).order_by(writes.c.id)
    return [dict(row) for row in session.execute(query).mappings()]


def due(session: Session, channel_id: str, now: datetime, settled_at: datetime | None, limit: int) -> list[dict[str, Any]]:
    """Open writes with something to do: their time has come, what they waited for is settled, or nobody waits for their answer."""
    ready = [writes.c.due_at <= now, writes.c.state.in_(("intent", "unknown")) & writes.c.due_at.is_(None)]
    if settled_at is not None:
        ready.append((writes.c.state == "settling") & (writes.c.settle_after <= settled_at))
    query = (
        select(writes)
        .where(writes.c.channel_id == channel_id, writes.c.closed_at.is_(None), or_(*ready))
        .order_by(writes.c.due_at, writes.c.id)
        .limit(limit)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def page(
    session: Session, after: str | None, limit: int, *, channel_id: str | None = None, counter_id: str | None = None
) -> list[dict[str, Any]]:
    """Writes, newest first, with their entries."""
    query = select(writes.c.id).order_by(writes.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(writes.c.id < after)
    if channel_id is not None:
        query = query.where(writes.c.channel_id == channel_id)
    if counter_id is not None:
        query = query.where(writes.c.id.in_(select(write_entries.c.write_id).where(write_entries.c.counter_id == counter_id)))
    return [get(session, found) for found in session.execute(query).scalars().all()]


def forget_old(session: Session, before: datetime, limit: int = 500) -> int:
    """Drop closed writes from before a moment, a few at a time. Returns how many."""
    query = select(writes.c.id).where(writes.c.closed_at < before).order_by(writes.c.closed_at).limit(limit)
    old = list(session.execute(query).scalars())
    if old:
        session.execute(delete(write_entries).where(write_entries.c.write_id.in_(old)))
        session.execute(delete(writes).where(writes.c.id.in_(old)))
    return len(old)
