"""Writes: what we are about to tell a channel, stored whole before it leaves, and what came of it.

At most one is open per write unit. What may happen to it, and when, is `fence.py`'s business; here are its rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
)

from app.database import Id, Json, Session, Utc, metadata
from app.domain.errors import NotFound
from app.statements import Prepared, finding, given

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


def add(session: Session, row: dict[str, Any], entries: Sequence[dict[str, Any]]) -> None:
    session.add(writes, row)
    session.add(write_entries, entries)


def change(session: Session, write_id: str, **changes: Any) -> None:
    session.change(writes, changes, id=write_id)


def change_entry(session: Session, write_id: str, counter_id: str, **changes: Any) -> None:
    session.change(write_entries, changes, write_id=write_id, counter_id=counter_id)


def get(session: Session, write_id: str) -> dict[str, Any]:
    """A write and its entries. Raises: NotFound."""
    rows, entries = session.rows_each([(_one, {"id": write_id}), (_entries, {"write_id": write_id})])
    if not rows:
        raise NotFound(f"No write has the id {write_id}.")
    return rows[0] | {"entries": sorted(entries, key=_by_counter)}


def entries_of(session: Session, write_id: str) -> list[dict[str, Any]]:
    return sorted(session.rows(_entries, {"write_id": write_id}), key=_by_counter)


def _by_counter(entry: Mapping[str, Any]) -> str:
    return str(entry["counter_id"])


_one, _entries = finding(writes, ("id",), (), None, None), finding(write_entries, ("write_id",), (), None, None)


def is_open(channel_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """That a write is open on any unit of a channel. Of every unit, in words: without them SQLite looks through all writes there were."""
    return and_(writes.c.channel_id == channel_id, writes.c.unit > literal_column("''"), writes.c.closed_at.is_(None))


_open = Prepared(
    select(writes).where(
        writes.c.channel_id == given(writes.c.channel_id), writes.c.unit == given(writes.c.unit), writes.c.closed_at.is_(None)
    )
)


def open_of_unit(session: Session, channel_id: str, unit: str) -> dict[str, Any] | None:
    """The write that is open on a unit."""
    rows = session.rows(_open, {"channel_id": channel_id, "unit": unit})
    return rows[0] if rows else None


_open_of_channel = Prepared(select(writes).where(is_open(given(writes.c.channel_id))).order_by(writes.c.id))


def open_of_channel(session: Session, channel_id: str) -> list[dict[str, Any]]:
    """A channel's open writes, oldest first."""
    return session.rows(_open_of_channel, {"channel_id": channel_id})


_due = Prepared(
    select(writes)
    .where(
        is_open(given(writes.c.channel_id)),
        or_(
            writes.c.due_at <= given(writes.c.due_at, "now"),
            or_(writes.c.state == "intent", writes.c.state == "unknown") & writes.c.due_at.is_(None),
            (writes.c.state == "settling") & (writes.c.settle_after <= given(writes.c.settle_after, "settled_at")),
        ),
    )
    .order_by(writes.c.due_at, writes.c.id)
    .limit(bindparam("limit", type_=Integer))
)


def due(session: Session, channel_id: str, now: datetime, settled_at: datetime | None, limit: int) -> list[dict[str, Any]]:
    """Open writes with something to do: their time has come, what they waited for is settled, or nobody waits for their answer."""
    return session.rows(_due, {"channel_id": channel_id, "now": now, "settled_at": settled_at, "limit": limit})


_settles = Prepared(
    select(func.min(writes.c.settle_after).label("at")).where(
        is_open(given(writes.c.channel_id)),
        writes.c.state == "settling",
        writes.c.settle_after > given(writes.c.settle_after, "since"),
    )
)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def settles_after(session: Session, channel_id: str, settled_at: datetime | None) -> datetime | None:
    """The first moment from which orders have to be known before an open write can be settled; of those that aren't settled yet."""
    at: datetime | None = session.rows(_settles, {"channel_id": channel_id, "since": settled_at or _LONG_AGO})[0]["at"]
    return at


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


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop closed writes from before a moment, a few at a time. Returns how many."""
    query = select(writes.c.id).where(writes.c.closed_at < before).order_by(writes.c.closed_at).limit(limit)
    old = list(session.execute(query).scalars())
    if old:
        session.execute(delete(write_entries).where(write_entries.c.write_id.in_(old)))
        session.execute(delete(writes).where(writes.c.id.in_(old)))
    return len(old)
