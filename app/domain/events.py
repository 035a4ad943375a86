"""What happened, in order: the feed that everything outside the transaction reads.

An event is appended in the transaction of its change. A cursor is the `seq` of the last event that was read. SQLite has one writer, so
`seq` is the order of commits. PostgreSQL hands out numbers before the commit, so a later number may become visible first: there the
feed is ordered by the transaction's own number, and only what is older than every open transaction is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, String, Table, delete, insert, literal, select, text, tuple_

from app import chance
from app.database import Id, Json, Sequence_, Session, Utc, metadata
from app.domain.causes import Cause
from app.domain.errors import Refusal
from app.statements import Prepared

OF_ORDERS = text("type >= 'order.' AND type < 'order/'")
"""The events of orders, in the words of their index."""

events = Table(
    "events",
    metadata,
    Column("seq", Sequence_, primary_key=True, autoincrement=True),
    # The PostgreSQL transaction that appended it; 0 on SQLite and in restored rows, which are older than any new transaction.
    Column("tx", BigInteger, nullable=False, server_default="0"),
    Column("type", String(64), nullable=False),
    Column("subject", Id(), nullable=True),
    Column("data", Json, nullable=False),
    Column("actor", String(120), nullable=False),
    Column("cause_kind", String(32), nullable=True),
    Column("cause_id", Id(), nullable=True),
    Column("at", Utc, nullable=False),
    Index(None, "tx", "seq"),
    # What happened to one order (see explaining).
    Index("ix_events_order", "subject", postgresql_where=OF_ORDERS, sqlite_where=OF_ORDERS),
    sqlite_autoincrement=True,
)


def append(session: Session, type: str, subject: str | None, data: dict[str, Any], *, cause: Cause) -> None:
    """Say that something happened. Buyer data never goes in here, only the contact's id."""
    session.info.setdefault("events", []).append(
        {
            "type": type,
            "subject": subject,
            "data": data,
            "actor": cause.actor,
            "cause_kind": cause.kind,
            "cause_id": cause.id,
            "at": chance.now(),
        }
    )


_COLUMNS = ["type", "subject", "data", "actor", "cause_kind", "cause_id", "at"]
_append = {
    "postgresql": Prepared(insert(events).values(tx=text("pg_current_xact_id()::text::bigint")), _COLUMNS),
    "sqlite": Prepared(insert(events), _COLUMNS),
}


def flush(session: Session) -> None:
    """Write what was appended. Runs at the end of every transaction, once."""
    if rows := session.info.pop("events", None):
        session.later(_append[session.dialect], rows)


class CursorExpired(Refusal):
    """The cursor points at an event that is no longer kept, or at none."""

    code = "cursor_expired"

    def __init__(self, cursor: int) -> None:
        super().__init__(
            f"There is no event {cursor} any more. Read the records you mirror anew (GET /v1/stock, /v1/orders), then go on with after=0.",
            after=cursor,
        )


def after(session: Session, cursor: int, limit: int, types: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The events behind the cursor, oldest first, at most `limit`. A cursor of 0 starts at the oldest that is kept.

    Raises: CursorExpired.
    """
    query = select(events).order_by(events.c.tx, events.c.seq).limit(limit)
    if cursor:
        tx = session.scalar(select(events.c.tx).where(events.c.seq == cursor))
        if tx is None:
            raise CursorExpired(cursor)
        query = query.where(tuple_(events.c.tx, events.c.seq) > tuple_(literal(tx, BigInteger), literal(cursor, BigInteger)))
    if types:
        query = query.where(events.c.type.in_(types))
    if session.dialect == "postgresql":
        query = query.where(events.c.tx < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return [dict(row) for row in session.execute(query).mappings()]


def forget_old(session: Session, before: datetime, limit: int = 500) -> int:
    """Drop events from before a moment, the oldest first, a few at a time. Returns how many.

    The newest one always stays: it is the cursor of whoever has read them all.
    """
    newest = session.scalar(select(events.c.seq).order_by(events.c.tx.desc(), events.c.seq.desc()).limit(1))
    oldest = session.execute(select(events.c.seq, events.c.at).order_by(events.c.tx, events.c.seq).limit(limit))
    old = [row.seq for row in oldest if row.at < before and row.seq != newest]
    if old:
        session.execute(delete(events).where(events.c.seq.in_(old)))
    return len(old)
