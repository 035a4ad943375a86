"""What happened, in order: the feed that everything outside the transaction reads.

An event is appended in the transaction of its change. A cursor is the `seq` of the last event that was read. SQLite has one writer, so
`seq` is the order of commits. PostgreSQL hands out numbers before the commit, so a later number may become visible first: there the
feed is ordered by the transaction's own number, and only what is older than every open transaction is shown.

So whoever takes the `latest` cursor first and reads records afterwards has in them all that happened up to the cursor, and finds behind
it all that may not be in them. That is how a mirror begins, and how it begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
)

from app import chance
from app.database import Id, Json, Sequence_, Session, Utc, metadata
from app.domain.causes import Cause
from app.domain.errors import Refusal
from app.statements import Prepared, given

OF_ORDERS = text("substr(type, 1, 6) = 'order.'")
"""The events of orders, in the words of their index. What is less than what is a matter of the database's language."""

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


class Place(NamedTuple):
    """Where a reader is: behind this event, in the order of the feed."""

    tx: int
    seq: int


START = Place(0, 0)
"""Before the oldest event that is kept. Its cursor is 0."""


class CursorExpired(Refusal):
    """The cursor points at an event that is no longer kept, or at none."""

    code = "cursor_expired"

    def __init__(self, cursor: int, latest: int) -> None:
        super().__init__(
            f"There is no event {cursor} any more. Keep {latest} as your new cursor, then read the records that you mirror anew"
            f" (GET /v1/stock, GET /v1/orders), then go on with after={latest}.",
            after=cursor,
            latest=str(latest),
        )


# SQLite has one transaction number, and would read all of its events to come to a place among them.
_ORDER = {"postgresql": (events.c.tx, events.c.seq), "sqlite": (events.c.seq,)}


def after(session: Session, cursor: int, limit: int, types: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The events behind the cursor, oldest first, at most `limit`. A cursor of 0 starts at the oldest that is kept.

    `types`: only these; `order.*` stands for all that begin with `order.`. Raises: CursorExpired.
    """
    return behind(session, place_of(session, cursor), limit, types)


def page(session: Session, cursor: int | None, limit: int, types: Sequence[str] = ()) -> tuple[list[dict[str, Any]], int]:
    """The events behind the cursor, and the cursor behind all that was looked through for them: that of a reader of rare types moves on.

    None: no events, the latest cursor. Raises: CursorExpired.
    """
    if cursor is None:
        return [], latest(session).seq
    place = place_of(session, cursor)
    rows = behind(session, place, limit, types)
    if types and len(rows) < limit:
        return rows, max(place, latest(session)).seq
    return rows, rows[-1]["seq"] if rows else cursor


def place_of(session: Session, cursor: int) -> Place:
    """Raises: CursorExpired."""
    if cursor == START.seq:
        return START
    tx = session.scalar(select(events.c.tx).where(events.c.seq == cursor))
    if tx is None:
        raise CursorExpired(cursor, latest(session).seq)
    return Place(tx, cursor)


def latest(session: Session) -> Place:
    """The end of the feed: behind everything that is shown of it."""
    query = select(events.c.tx, events.c.seq).order_by(*(column.desc() for column in _ORDER[session.dialect])).limit(1)
    row = session.execute(_shown(session.dialect, query)).one_or_none()
    return Place(row.tx, row.seq) if row is not None else START


def behind(session: Session, place: Place, limit: int, types: Sequence[str] = (), upto: Place | None = None) -> list[dict[str, Any]]:
    """As `after`, from a place in the feed and no further than another one."""
    to = upto or Place(2**62, 2**62)
    parameters = {"limit": limit, "tx": place.tx, "seq": place.seq, "to_tx": to.tx, "to_seq": to.seq}
    return session.rows(_behind(session.dialect, tuple(types)), parameters)


@lru_cache(256)
def _behind(dialect: str, types: tuple[str, ...]) -> Prepared:
    order = _ORDER[dialect]
    beyond = tuple_(*order) > tuple_(*map(given, order))
    within = tuple_(*order) <= tuple_(*(given(column, f"to_{column.name}") for column in order))
    query = select(events).where(beyond, within).order_by(*order).limit(bindparam("limit", type_=Integer))
    return Prepared(_shown(dialect, query.where(or_(*map(_is, types))) if types else query))


def _is(type: str) -> ColumnElement[bool]:
    begin = type.removesuffix("*")
    return func.substr(events.c.type, 1, len(begin)) == begin if type.endswith(".*") else events.c.type == type


def _shown(dialect: str, query: Select[Any]) -> Select[Any]:
    """Without what an older transaction may still slip in front of."""
    if dialect == "postgresql":
        return query.where(events.c.tx < text("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return query


LEAP = 1_000_000


def leap(session: Session) -> None:
    """Leave a gap in the numbers, where events may have been lost that somebody has read. Their numbers shall never be those of others:
    a cursor from the lost time is refused, and its reader begins anew."""
    if session.dialect == "postgresql":
        sequence = "pg_get_serial_sequence('events', 'seq')"
        session.execute(text(f"SELECT setval({sequence}, nextval({sequence}) + {LEAP})"))
    else:
        session.execute(text(f"UPDATE sqlite_sequence SET seq = seq + {LEAP} WHERE name = 'events'"))  # noqa: S608


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop events from before a moment, the oldest first, a few at a time. Returns how many.

    The last of them stays: it is the cursor of whoever has read them all, however long nothing happened since.
    """
    oldest = session.execute(select(events.c.seq, events.c.at).order_by(events.c.tx, events.c.seq).limit(limit))
    old = [row.seq for row in oldest if row.at < before][:-1]
    if old:
        session.execute(delete(events).where(events.c.seq.in_(old)))
    return len(old)
