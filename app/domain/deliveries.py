"""Deliveries: what marketplaces sent us, as it came, until it is handled and for a while after that.

What came in is encrypted: it holds buyers. It is kept so that it can be handled again, and dropped when its time is up, whatever became
of it. A message that comes twice is one delivery, counted: it says how something stands, or that something is worth a look, and either
is as true the second time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import channels, events, exceptions
from app.domain.causes import Cause
from app.domain.errors import NotFound, WrongState
from app.statements import Prepared, given, one_of, padded

# waiting: its lane will look at it; done; ignored: it was about nothing that we use; parked: it failed for good and waits for a person.
STATES = ("waiting", "done", "ignored", "parked")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    # The same for each time that it came: the channel's own id, or a hash of what it says.
    Column("identity", String(200), nullable=False),
    Column("topic", String(100), nullable=False),
    # Encrypted: method, headers, query and body.
    Column("sealed", Text, nullable=False),
    Column("size", Integer, nullable=False),  # of the body, in bytes
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("repeats", Integer, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("error", String(500), nullable=True),
    Column("received_at", Utc, nullable=False),
    Column("handled_at", Utc, nullable=True),
    UniqueConstraint("channel_id", "identity"),
    Index(
        "ix_deliveries_waiting",
        "channel_id",
        "due_at",
        "id",
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    ),
    Index("ix_deliveries_parked", "id", postgresql_where=text("state = 'parked'"), sqlite_where=text("state = 'parked'")),
    Index(None, "received_at"),
    Index(None, "channel_id", "id"),
)

_COLUMNS = [column.key for column in deliveries.c if column.key not in ("error", "handled_at")]
_AGAIN: Any = {"index_elements": ["channel_id", "identity"], "set_": {"repeats": deliveries.c.repeats + 1}}
_keep = {
    "postgresql": Prepared(
        postgresql.insert(deliveries).on_conflict_do_update(**_AGAIN).returning(deliveries.c.id, deliveries.c.repeats), _COLUMNS
    ),
    "sqlite": Prepared(
        sqlite.insert(deliveries).on_conflict_do_update(**_AGAIN).returning(deliveries.c.id, deliveries.c.repeats), _COLUMNS
    ),
}
_note = Prepared(
    update(channels.lanes)
    .where(channels.lanes.c.channel_id == bindparam("channel", type_=channels.lanes.c.channel_id.type))
    .values(delivered_at=bindparam("now", type_=Utc))
)


def keep(
    session: Session, channel_id: str, identity: str, *, topic: str, sealed: str, size: int, received_at: datetime, note: bool = True
) -> bool:
    """Store a message; one that was stored before is only counted. Returns whether it is new.

    `note`: also say that the channel has been heard of. That row is shared by all of its messages, so callers say it now and then.
    """
    row = {
        "id": chance.new_id(),
        "channel_id": channel_id,
        "identity": identity,
        "topic": topic,
        "sealed": sealed,
        "size": size,
        "state": "waiting",
        "attempts": 0,
        "repeats": 0,
        "due_at": received_at,
        "received_at": received_at,
    }
    found = session.rows(_keep[session.dialect], row)[0]
    if note:
        session.later(_note, {"channel": channel_id, "now": received_at})
    return bool(found["id"] == row["id"])


_d = deliveries.c
# In the words of its index: as a value that is given, SQLite would work out anew each time whether that index serves.
_IS_WAITING = text("deliveries.state = 'waiting'")
_due = (
    select(_d.id, _d.identity, _d.topic, _d.sealed)
    .where(_d.channel_id == given(_d.channel_id), _IS_WAITING, _d.due_at <= given(_d.due_at, "now"))
    .order_by(_d.due_at, _d.id)
    .limit(bindparam("limit", type_=Integer))
)
_waiting, _untried = Prepared(_due), Prepared(_due.where(_d.attempts == 0))
first_due = select(func.min(_d.due_at).label("at")).where(_d.channel_id == given(_d.channel_id), _IS_WAITING)
"""When the first one that waits for a channel's lane falls due."""
_next_due = Prepared(first_due)


def waiting(session: Session, channel_id: str, now: datetime, limit: int, *, untried: bool = False) -> list[dict[str, Any]]:
    """What a channel's lane is to look at now, whatever fell due first, still sealed: what it needs of each. `untried`: only what it
    hasn't looked at yet."""
    return session.rows(_untried if untried else _waiting, {"channel_id": channel_id, "now": now, "limit": limit})


def next_due(session: Session, channel_id: str) -> datetime | None:
    """When the next one falls due; None: nothing waits."""
    at: datetime | None = session.rows(_next_due, {"channel_id": channel_id})[0]["at"]
    return at


def done(session: Session, ids: Sequence[str], *, used: bool = True) -> None:
    """These were looked at, and nothing is left to do. `used` False: they were about nothing that we use."""
    _end(session, ids, "done" if used else "ignored", None)


def park(session: Session, delivery_id: str, error: str) -> None:
    """It failed for good: it waits for a person, and is in nobody's way. The error names no buyer."""
    _end(session, [delivery_id], "parked", error[:500])


def _end(session: Session, ids: Sequence[str], state: str, error: str | None) -> None:
    if ids:
        size, named = padded("id", ids)
        session.run(_ending(size), named | {"to_state": state, "to_error": error, "now": chance.now()})


@cache
def _ending(size: int) -> Prepared:
    changes = {"state": given(_d.state, "to_state"), "error": given(_d.error, "to_error"), "handled_at": given(_d.handled_at, "now")}
    return Prepared(update(deliveries).where(one_of(_d.id, "id", size)).values(changes | {"attempts": _d.attempts + 1}))


def put_off(session: Session, ids: Sequence[str], error: str, due_at: datetime) -> None:
    """These failed for now: they are due again later."""
    size, named = padded("id", ids)
    session.run(_putting_off(size), named | {"to_error": error[:500], "to_due_at": due_at})


@cache
def _putting_off(size: int) -> Prepared:
    changes = {"error": given(_d.error, "to_error"), "due_at": given(_d.due_at, "to_due_at")}
    return Prepared(update(deliveries).where(one_of(_d.id, "id", size)).values(changes | {"attempts": _d.attempts + 1}))


def replay(session: Session, delivery_id: str, *, cause: Cause) -> dict[str, Any]:
    """Have it looked at once more, as if it had just come in. Raises: NotFound; WrongState for a channel that is over."""
    row = get(session, delivery_id)
    _refuse_unheard(session, row["channel_id"])
    if row["state"] != "waiting" or row["attempts"]:
        changes = {"state": "waiting", "attempts": 0, "error": None, "handled_at": None, "due_at": chance.now()}
        session.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(changes))
        data = {"channel_id": row["channel_id"], "topic": row["topic"], "was": row["state"]}
        events.append(session, "delivery.replayed", delivery_id, data, cause=cause)
        _clear(session, row["channel_id"], [row["topic"]], cause=cause)
    return get(session, delivery_id)


def replay_since(
    session: Session, channel_id: str, since: datetime, *, parked_only: bool, after: str | None, limit: int = 500, cause: Cause
) -> tuple[int, str | None]:
    """`replay` for what a channel sent since a moment, a few at a time: how many, and where to go on; None: that was all.

    Raises: NotFound; WrongState for a channel that is over.
    """
    _refuse_unheard(session, channel_id)
    d = deliveries.c
    query = (
        select(d.id, d.topic)
        .where(d.channel_id == channel_id, d.id >= chance.first_id(since), d.received_at >= since)
        .where(d.state == "parked" if parked_only else d.state != "waiting")
        .order_by(d.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(d.id > after)
    found = session.execute(query).all()
    if not found:
        return 0, None
    changes = {"state": "waiting", "attempts": 0, "error": None, "handled_at": None, "due_at": chance.now()}
    session.execute(update(deliveries).where(d.id.in_([row.id for row in found])).values(changes))
    data = {"deliveries": len(found), "since": since.isoformat(), "parked_only": parked_only}
    events.append(session, "channel.replayed", channel_id, data, cause=cause)
    _clear(session, channel_id, sorted({row.topic for row in found}), cause=cause)
    return len(found), found[-1].id if len(found) == limit else None


def _refuse_unheard(session: Session, channel_id: str) -> None:
    if channels.get(session, channel_id)["status"] == "disconnected":
        raise WrongState("Its channel was disconnected, so nobody would look at it.", status="disconnected")


def _clear(session: Session, channel_id: str, topics: Sequence[str], *, cause: Cause) -> None:
    """Nothing about these is parked any more: if it fails once more, that is said anew."""
    d = deliveries.c
    for topic in topics:
        left = select(d.id).where(d.channel_id == channel_id, d.topic == topic, d.state == "parked").limit(1)
        if session.scalar(left) is None:
            exceptions.clear(session, "delivery_parked", f"{channel_id}:{topic}", cause=cause)


def get(session: Session, delivery_id: str) -> dict[str, Any]:
    """The delivery with this id, still sealed. Raises: NotFound."""
    row = session.execute(select(deliveries).where(deliveries.c.id == delivery_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No delivery has the id {delivery_id}; they are kept as long as the store's settings say.")
    return dict(row)


_plain = [column for column in deliveries.c if column.key != "sealed"]


def page(
    session: Session, after: str | None, limit: int, *, channel_id: str | None = None, state: str | None = None, topic: str | None = None
) -> list[dict[str, Any]]:
    """Deliveries, newest first, without what they hold."""
    d = deliveries.c
    query = select(*_plain).order_by(d.id.desc()).limit(limit)
    if after is not None:
        query = query.where(d.id < after)
    if channel_id is not None:
        query = query.where(d.channel_id == channel_id)
    if state is not None:
        query = query.where(d.state == state)
    if topic is not None:
        query = query.where(d.topic == topic)
    return [dict(row) for row in session.execute(query).mappings()]


def looked_at(session: Session, channel_id: str, after: str | None, limit: int) -> list[dict[str, Any]]:
    """What a channel sent and nobody waits for any more, oldest first, still sealed."""
    d = deliveries.c
    query = select(d.id, d.sealed).where(d.channel_id == channel_id, d.state != "waiting").order_by(d.id).limit(limit)
    if after is not None:
        query = query.where(d.id > after)
    return [dict(row) for row in session.execute(query).mappings()]


def forget(session: Session, ids: Sequence[str]) -> None:
    """Drop these, because they hold somebody who is to be erased."""
    for first in range(0, len(ids), 500):
        session.execute(delete(deliveries).where(deliveries.c.id.in_(ids[first : first + 500])))


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop what came in before a moment, a few at a time, whatever became of it: it holds buyers. Returns how many."""
    query = select(deliveries.c.id).where(deliveries.c.received_at < before).order_by(deliveries.c.received_at).limit(limit)
    old = list(session.execute(query).scalars())
    if old:
        session.execute(delete(deliveries).where(deliveries.c.id.in_(old)))
    return len(old)
