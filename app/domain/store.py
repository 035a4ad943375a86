"""The store itself: one row that says which store this database is, and what it counts in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, insert, select, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import money

store = Table(
    "store",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_row"), primary_key=True, autoincrement=False),
    # Which store this is. A copy of the database has the same; the epoch tells the copies apart.
    Column("instance_id", Id(), nullable=False),
    # Rises whenever the database may have gone back in time (a restored backup). Keys of writes to channels contain it.
    Column("epoch", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("probed_at", Utc, nullable=True),
)


def found(session: Session, *, currency: str) -> bool:
    """Make the store's row if this database is new. Returns whether it was. Raises ValueError for an unknown currency."""
    money.exponent(currency)
    if session.scalar(select(store.c.id)) is not None:
        return False
    session.execute(
        insert(store),
        {"id": 1, "instance_id": chance.new_id(), "epoch": 1, "currency": currency, "created_at": chance.now()},
    )
    return True


def get(session: Session) -> dict[str, Any]:
    """The store's row."""
    return dict(session.execute(select(store)).mappings().one())


def raise_epoch(session: Session) -> int:
    """Say that this database may have gone back in time. Returns the new epoch."""
    session.execute(update(store).values(epoch=store.c.epoch + 1))
    return int(session.scalar(select(store.c.epoch)))


def probe(session: Session) -> None:
    """Write something small: the only honest answer to "can you still write?"."""
    session.execute(update(store).values(probed_at=chance.now()))


currency_of_books = select(store.c.currency).scalar_subquery()
"""For statements that need the store's currency beside what they read anyway."""
