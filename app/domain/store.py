"""The store itself: one row that says which store this database is, and what it counts in."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, CheckConstraint, Column, Integer, String, Table, exists, insert, or_, select, text, true, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events, money
from app.domain.causes import Cause
from app.domain.errors import InvalidDraft, Stale, WrongState

# How many days each kind of record is kept: the least, the most, and what a new store does.
RETENTION = {
    "deliveries": (1, 365, 30),
    "writes": (30, 3650, 400),
    "events": (1, 3650, 90),
    "answers": (1, 90, 7),
    "webhook_messages": (1, 365, 30),
}

store = Table(
    "store",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    CheckConstraint("id = 1", name="one_row"),
    # Which store this is. A copy of the database has the same; the epoch tells the copies apart.
    Column("instance_id", Id(), nullable=False),
    # Rises whenever the database may have gone back in time (a restored backup). Keys of writes to channels contain it.
    Column("epoch", Integer, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("name", String(200), nullable=False, server_default="My store"),
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    # What a new SKU does where units are scarcer than the counters that could show them.
    Column("default_policy", String(16), nullable=False, server_default="strict"),
    # Whether it takes orders beside its shops too, on this API: then a part of each SKU is kept back from the shops.
    Column("own_orders", Boolean, nullable=False, server_default=true()),
    # What becomes of a quantity that somebody typed in at a marketplace.
    Column("on_hand_edit", String(16), nullable=False, server_default="ask"),
    *(Column(f"{kind}_days", Integer, nullable=False, server_default=str(days)) for kind, (_, _, days) in RETENTION.items()),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    Column("probed_at", Utc, nullable=True),
    # While nothing may be written to shops, because this ledger may be older than they are: since when, why (domain.recovery), and up
    # to when it knows what happened.
    Column("recovering_since", Utc, nullable=True),
    Column("recovering_why", String(32), nullable=True),
    Column("knows_until", Utc, nullable=True),
    # Which database of which PostgreSQL this is; a copy finds itself in another one. Null on SQLite, where a file tells (app.mark).
    Column("place", String(200), nullable=True),
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
    (row,) = session.find(store, id=1)
    return row


def in_turn(session: Session) -> dict[str, Any]:
    """The store's row, held: those who add records with codes take turns, so that two can't find the same code free."""
    return dict(session.execute(select(store).with_for_update(key_share=True)).mappings().one())


def change(session: Session, changes: Mapping[str, Any], *, seen: Container[int] | None = None, cause: Cause) -> dict[str, Any]:
    """Change the store's settings: columns and their new values. The currency only while no money has been recorded.

    Raises: Stale, WrongState; InvalidDraft for a time zone that doesn't exist; ValueError for an unknown currency.
    """
    if session.dialect == "postgresql" and "currency" in changes:
        # Whoever compares an amount with the store's currency has read this table: wait for them, and let no one else read it yet.
        session.execute(text("LOCK TABLE store IN ACCESS EXCLUSIVE MODE"))
    row = dict(session.execute(select(store).with_for_update()).mappings().one())
    Stale.unless(seen, row["version"])
    changes = {column: value for column, value in changes.items() if row[column] != value}
    if not changes:
        return row
    if "time_zone" in changes and not _is_time_zone(changes["time_zone"]):
        raise InvalidDraft("time_zone", f"{changes['time_zone']!r} isn't a time zone; send an IANA name, such as Europe/Berlin.")
    if "currency" in changes:
        money.exponent(changes["currency"])
        _no_money_yet(session, row["currency"])
    session.execute(update(store).values(**changes, version=store.c.version + 1))
    if changes.keys() & {"default_policy", "own_orders"}:
        session.execute(update(metadata.tables["sku_plans"]).values(due_at=chance.now()))
    events.append(session, "store.changed", None, {"changes": dict(changes)}, cause=cause)
    return get(session)


def _no_money_yet(session: Session, currency: str) -> None:
    orders, skus = metadata.tables["orders"], metadata.tables["skus"]
    ordered = session.scalar(select(exists(select(orders.c.id))))
    if ordered or session.scalar(select(exists(select(skus.c.id).where(or_(skus.c.price.is_not(None), skus.c.cost.is_not(None)))))):
        found = "orders" if ordered else "SKUs with a price or a cost"
        raise WrongState(
            f"There are {found} in {currency} already, and amounts can't be turned into another currency. Start a new store for it.",
            currency=currency,
        )


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True


def raise_epoch(session: Session) -> int:
    """Say that this database may have gone back in time. Returns the new epoch."""
    session.execute(update(store).values(epoch=store.c.epoch + 1))
    return int(session.scalar(select(store.c.epoch)))


def probe(session: Session) -> None:
    """Write something small: the only honest answer to "can you still write?"."""
    session.execute(update(store).values(probed_at=chance.now()))


currency_of_books = select(store.c.currency).scalar_subquery()
"""For statements that need the store's currency beside what they read anyway."""

is_recovering = select(store.c.id).where(store.c.recovering_since.is_not(None)).exists()
"""For statements: whether this ledger may have gone back in time."""
