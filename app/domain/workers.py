"""Workers: the processes that work for the shops of one PostgreSQL database, each of them known by a sign of life.

They share the shops out among themselves without talking to each other: whoever sees the same workers and the same shops comes to the
same answer. That is a question of speed alone. What keeps two of them from working for one shop at once is its lease.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, String, Table, delete, func, select, text

from app import chance
from app.database import Session, Utc, metadata

BEAT = timedelta(seconds=5)
# Who gave no sign of life for so long is counted in no more. A machine under load may well be late by some seconds.
GONE = timedelta(seconds=20)
# What two machines' clocks may be apart. Whoever is further off works for no shop: leases are told by the clock.
CLOCKS_APART = timedelta(seconds=5)

workers = Table(
    "workers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
)


def beat(session: Session, worker: str) -> list[str]:
    """A sign of life. Returns the workers that live, those that came first before the others."""
    now = chance.now()
    if session.find(workers, columns=["id"], id=worker):
        session.change(workers, {"seen_at": now}, id=worker)
    else:
        session.add(workers, {"id": worker, "started_at": now, "seen_at": now})
    w = workers.c
    living = select(w.id).where(w.seen_at > now - GONE).order_by(w.started_at, w.id)
    return list(session.execute(living).scalars())


def everyone(session: Session) -> list[dict[str, Any]]:
    """All of them, those that came first before the others; `alive`: whether the others count it in."""
    alive_since = chance.now() - GONE
    rows = session.execute(select(workers).order_by(workers.c.started_at, workers.c.id)).mappings()
    return [dict(row) | {"alive": row["seen_at"] > alive_since} for row in rows]


def leave(session: Session, worker: str) -> None:
    """A clean stop: the others take over at once."""
    session.execute(delete(workers).where(workers.c.id == worker))


def last_seen(session: Session) -> datetime | None:
    """When one of them was seen last. None: there is none, and the last one stopped as it should."""
    found: datetime | None = session.scalar(select(func.max(workers.c.seen_at)))
    return found


def bury(session: Session) -> list[str]:
    """Forget those that gave no sign of life for so long that nobody else works for their shops either. Returns who that was."""
    long_ago = chance.now() - 6 * GONE
    found = list(session.execute(select(workers.c.id).where(workers.c.seen_at < long_ago)).scalars())
    session.execute(delete(workers).where(workers.c.id.in_(found)))
    return found


def share(worker: str, living: Sequence[str], shops: Collection[str]) -> set[str]:
    """Those of these shops that this worker works for: every n-th. What nobody could count in has none."""
    if worker not in living:
        return set()
    place = living.index(worker)
    return {shop for number, shop in enumerate(sorted(shops)) if number % len(living) == place}


def clock_ahead(session: Session) -> timedelta:
    """How far our clock is ahead of the database's, which all workers share."""
    theirs: datetime = session.scalar(text("SELECT clock_timestamp()"))
    return chance.now() - theirs
