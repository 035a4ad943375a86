"""Webhook endpoints: where what happened is sent to, signed, and what became of each message. How a message gets there is `carrying`'s."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
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
    and_,
    delete,
    func,
    insert,
    select,
    text,
    update,
)

from app import chance
from app.database import Id, Json, Sequence_, Session, Utc, metadata
from app.domain import event_types, events, exceptions
from app.domain.causes import Cause
from app.domain.errors import NotFound, Stale, WrongState

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("url", String(1000), nullable=False),
    Column("description", String(200), nullable=False),
    Column("types", Json, nullable=False),  # none: all
    # Encrypted: the secret that messages are signed with and, until `former_until`, the one before it. Empty once it is deleted.
    Column("secrets", Text, nullable=False),
    Column("former_until", Utc, nullable=True),
    Column("cursor", Sequence_, nullable=False),  # the last event that there are messages for, where they were wanted
    Column("off_since", Utc, nullable=True),
    Column("off_why", String(16), nullable=True),  # person; failing: for three days; gone: the receiver said so
    Column("failures", Integer, nullable=False),  # in a row
    Column("failing_since", Utc, nullable=True),
    Column("retry_at", Utc, nullable=True),  # nothing is sent before
    Column("last_error", String(500), nullable=True),
    Column("version", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("deleted_at", Utc, nullable=True),  # its messages go little by little, then it does
)

STATES = ("waiting", "sending", "delivered", "failed")
OPEN, OF_FAILED = text("state IN ('waiting', 'sending')"), text("state = 'failed'")
FAILED = text("state = 'failed' AND coalesce(event_seq, 0) > 0")  # a ping is no loss

webhook_messages = Table(
    "webhook_messages",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("endpoint_id", Id(), ForeignKey("webhook_endpoints.id"), nullable=False),
    Column("event_seq", Sequence_, nullable=True),  # null: a ping
    Column("type", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("begun_at", Utc, nullable=False),  # so long it has been tried: since it was made, or since it was replayed
    Column("due_at", Utc, nullable=True),  # while it is being sent: when another may try
    Column("sent_at", Utc, nullable=True),
    Column("took_ms", Integer, nullable=True),
    Column("status", Integer, nullable=True),
    Column("answer", String(500), nullable=True),
    Column("error", String(500), nullable=True),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("endpoint_id", "event_seq"),
    Index(None, "endpoint_id", "id"),
    Index("ix_webhook_messages_open", "endpoint_id", "due_at", "event_seq", postgresql_where=OPEN, sqlite_where=OPEN),
    Index("ix_webhook_messages_failed", "endpoint_id", "id", postgresql_where=OF_FAILED, sqlite_where=OF_FAILED),
)

PING = "ping"
CARRIER = Cause("webhooks")
MOST = 50
# So many messages are on their way to one endpoint at the same time, and so many failures in a row make it one that fails.
FEW = 4
# An attempt is over long before another process may try.
LEASE = timedelta(seconds=30)

_e, _m = webhook_endpoints.c, webhook_messages.c
is_on = and_(_e.off_since.is_(None), _e.deleted_at.is_(None))
is_open = _m.state.in_(("waiting", "sending"))


# Endpoints


def create(
    session: Session, *, url: str, description: str, types: Sequence[str], secrets: str, after: int | None = None, cause: Cause
) -> dict[str, Any]:
    """Send what happens to an address from now on, or from behind the event `after` (0: the oldest that is kept).

    Raises: InvalidDraft for a type that there is none of; CursorExpired; WrongState where there are too many endpoints.
    """
    event_types.check(types)
    if session.scalar(select(func.count()).select_from(webhook_endpoints).where(_e.deleted_at.is_(None))) >= MOST:
        raise WrongState(f"There are {MOST} webhook endpoints already, and more can't be had. Delete one that isn't needed any more.")
    if after is not None:
        events.place_of(session, after)
    now = chance.now()
    row: dict[str, Any] = {
        "id": chance.new_id(),
        "url": url,
        "description": description,
        "types": list(types),
        "secrets": secrets,
        "cursor": events.latest(session).seq if after is None else after,
        "failures": 0,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }
    session.execute(insert(webhook_endpoints), row)
    events.append(session, "webhook_endpoint.created", row["id"], {"types": list(types)}, cause=cause)
    return view(session, row["id"])


def get(session: Session, endpoint_id: str, *, lock: bool = False) -> dict[str, Any]:
    """The endpoint with this id. Raises: NotFound."""
    query = select(webhook_endpoints).where(_e.id == endpoint_id, _e.deleted_at.is_(None))
    row = session.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No webhook endpoint has the id {endpoint_id}.")
    return dict(row)


def view(session: Session, endpoint_id: str) -> dict[str, Any]:
    """An endpoint as it is shown: never its secret. Raises: NotFound."""
    return _shown(session, [get(session, endpoint_id)])[0]


def page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Endpoints, oldest first."""
    query = select(webhook_endpoints).where(_e.deleted_at.is_(None)).order_by(_e.id).limit(limit)
    if after is not None:
        query = query.where(_e.id > after)
    return _shown(session, [dict(row) for row in session.execute(query).mappings()])


def _shown(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    counts = _counts(session, [row["id"] for row in rows])
    now = chance.now()
    for row in rows:
        del row["secrets"]
        row["status"] = "off" if row["off_since"] else "failing" if row["failures"] >= FEW else "on"
        for until in ("former_until", "retry_at"):
            row[until] = row[until] if row[until] is not None and row[until] > now else None
        row |= counts[row["id"]]
    return list(rows)


def _counts(session: Session, ids: Sequence[str]) -> dict[str, dict[str, int]]:
    found = {id: {"waiting": 0, "failed": 0} for id in ids}
    # Two queries, so that each can use its index.
    for name, which in (("waiting", OPEN), ("failed", FAILED)):
        query = select(_m.endpoint_id, func.count().label("n")).where(_m.endpoint_id.in_(ids), which).group_by(_m.endpoint_id)
        for row in session.execute(query):
            found[row.endpoint_id][name] = row.n
    return found


def figures(session: Session) -> list[dict[str, Any]]:
    """Of each endpoint how many messages wait and were given up, for metrics."""
    return page(session, None, MOST)


def change(
    session: Session, endpoint_id: str, changes: Mapping[str, Any], *, seen: Container[int] | None = None, cause: Cause
) -> dict[str, Any]:
    """Change its url, description or types. Raises: NotFound, Stale; InvalidDraft for a type that there is none of."""
    row = get(session, endpoint_id, lock=True)
    Stale.unless(seen, row["version"])
    new = {name: value for name, value in changes.items() if row[name] != value}
    if "types" in new:
        event_types.check(new["types"])
    if new:
        _edit(session, endpoint_id, **new)
        if "url" in new:
            afresh(session, endpoint_id)
        events.append(session, "webhook_endpoint.changed", endpoint_id, {"changed": sorted(new)}, cause=cause)
    return view(session, endpoint_id)


def rotate(session: Session, endpoint_id: str, secrets: str, former_until: datetime | None, *, cause: Cause) -> dict[str, Any]:
    """Sign with other secrets from now on. The caller holds the endpoint since it read those before. Raises: NotFound."""
    _edit(session, endpoint_id, secrets=secrets, former_until=former_until)
    data = {"former_until": former_until.isoformat() if former_until else None}
    events.append(session, "webhook_endpoint.secret_rotated", endpoint_id, data, cause=cause)
    return view(session, endpoint_id)


def remove(session: Session, endpoint_id: str, *, seen: Container[int] | None = None, cause: Cause) -> None:
    """Send nothing there any more, and forget its secret. Raises: NotFound, Stale."""
    row = get(session, endpoint_id, lock=True)
    Stale.unless(seen, row["version"])
    _edit(session, endpoint_id, secrets="", former_until=None, deleted_at=chance.now())
    for said in ("webhook_off", "webhook_failing", "webhook_given_up", "webhook_gap"):
        exceptions.clear(session, said, endpoint_id, cause=cause)
    events.append(session, "webhook_endpoint.deleted", endpoint_id, {}, cause=cause)


def enable(session: Session, endpoint_id: str, *, cause: Cause) -> dict[str, Any]:
    """Send to it (again), from where it was left off: everything that waits is due at once. Raises: NotFound."""
    row = get(session, endpoint_id, lock=True)
    if row["off_since"] is not None:
        _edit(session, endpoint_id, off_since=None, off_why=None)
        events.append(session, "webhook_endpoint.switched_on", endpoint_id, {}, cause=cause)
        # Three new days for each: what it missed while it was off is no fault of theirs.
        session.execute(update(webhook_messages).where(_m.endpoint_id == endpoint_id, is_open).values(begun_at=chance.now()))
    afresh(session, endpoint_id)
    exceptions.clear(session, "webhook_off", endpoint_id, cause=cause)
    return view(session, endpoint_id)


def disable(session: Session, endpoint_id: str, *, cause: Cause) -> dict[str, Any]:
    """Send nothing to it until it is enabled; what happens meanwhile waits in the feed. Raises: NotFound."""
    row = get(session, endpoint_id, lock=True)
    if row["off_since"] is None:
        switch_off(session, row, "person", cause=cause)
    return view(session, endpoint_id)


def _edit(session: Session, endpoint_id: str, **changes: Any) -> None:
    """What people see of it changes."""
    values = changes | {"version": _e.version + 1, "updated_at": chance.now()}
    session.execute(update(webhook_endpoints).where(_e.id == endpoint_id).values(**values))


def afresh(session: Session, endpoint_id: str) -> None:
    """It may well work (again): everything that waits is due at once."""
    now = chance.now()
    well = {"failures": 0, "failing_since": None, "retry_at": None, "last_error": None}
    session.execute(update(webhook_endpoints).where(_e.id == endpoint_id).values(**well))
    waiting = (_m.endpoint_id == endpoint_id, _m.state == "waiting", _m.due_at > now)
    session.execute(update(webhook_messages).where(*waiting).values(due_at=now))
    exceptions.clear(session, "webhook_failing", endpoint_id, cause=CARRIER)


def switch_off(session: Session, row: Mapping[str, Any], why: str, *, cause: Cause) -> None:
    _edit(session, row["id"], off_since=chance.now(), off_why=why)
    events.append(session, "webhook_endpoint.switched_off", row["id"], {"why": why}, cause=cause)
    exceptions.clear(session, "webhook_failing", row["id"], cause=cause)


def host_of(url: str) -> str:
    """The address without its path, which may be a secret in itself."""
    return url.split("/")[2]


# The log, and sending again

_NOT_DELIVERED = {"waiting": OPEN, "sending": OPEN, "failed": OF_FAILED}


def messages(session: Session, endpoint_id: str, after: str | None, limit: int, *, state: str | None = None) -> list[dict[str, Any]]:
    """What was sent to an endpoint, newest first. Raises: NotFound."""
    get(session, endpoint_id)
    query = select(webhook_messages).where(_m.endpoint_id == endpoint_id).order_by(_m.id.desc()).limit(limit)
    if after is not None:
        query = query.where(_m.id < after)
    if state is not None:
        query = query.where(_m.state == state)
        if state in _NOT_DELIVERED:  # few are: their index, whose words these are, names them
            theirs = webhook_messages.alias()
            query = query.where(_m.id.in_(select(theirs.c.id).where(theirs.c.endpoint_id == endpoint_id, _NOT_DELIVERED[state])))
    return [dict(row) for row in session.execute(query).mappings()]


def message(session: Session, endpoint_id: str, message_id: str) -> dict[str, Any]:
    """One message to an endpoint. Raises: NotFound."""
    get(session, endpoint_id)
    rows = session.find(webhook_messages, id=message_id, endpoint_id=endpoint_id)
    if not rows:
        raise NotFound(f"This endpoint was sent no message {message_id}; they are kept as long as the store's settings say.")
    return rows[0]


def replay(session: Session, endpoint_id: str, message_id: str, *, cause: Cause) -> dict[str, Any]:
    """Send a message once more, with the same id. Raises: NotFound; WrongState where what it said is kept no longer."""
    row = message(session, endpoint_id, message_id)
    if row["event_seq"] is not None and session.scalar(select(events.events.c.seq).where(events.events.c.seq == row["event_seq"])) is None:
        raise WrongState("Its event is kept no longer (events_days), so it can't be sent again.", event=row["event_seq"])
    _again(session, endpoint_id, [message_id])
    data = {"messages": 1, "since": None, "only_failed": False}
    events.append(session, "webhook_endpoint.replayed", endpoint_id, data, cause=cause)
    return message(session, endpoint_id, message_id)


def replay_since(
    session: Session, endpoint_id: str, since: datetime, *, only_failed: bool, after: str | None, limit: int = 500, cause: Cause
) -> tuple[int, str | None]:
    """`replay` for the messages that were made since a moment, a few at a time: how many, and where to go on; None: that was all.

    Raises: NotFound.
    """
    get(session, endpoint_id)
    over = FAILED if only_failed else _m.state.in_(("delivered", "failed"))
    query = select(_m.id).where(_m.endpoint_id == endpoint_id, over, _m.id >= chance.first_id(since), _m.created_at >= since)
    query = query.where(_m.event_seq.is_not(None)).order_by(_m.id).limit(limit)
    ids = list(session.execute(query.where(_m.id > after) if after is not None else query).scalars())
    if ids:
        _again(session, endpoint_id, ids)
        data = {"messages": len(ids), "since": since.isoformat(), "only_failed": only_failed}
        events.append(session, "webhook_endpoint.replayed", endpoint_id, data, cause=cause)
    return len(ids), ids[-1] if len(ids) == limit else None


def _again(session: Session, endpoint_id: str, ids: Sequence[str]) -> None:
    now = chance.now()
    fresh = {"state": "waiting", "attempts": 0, "begun_at": now, "due_at": now}
    session.execute(update(webhook_messages).where(_m.id.in_(ids)).values(**fresh))
    if session.scalar(select(_m.id).where(_m.endpoint_id == endpoint_id, FAILED).limit(1)) is None:
        exceptions.clear(session, "webhook_given_up", endpoint_id, cause=CARRIER)


def ping(session: Session, endpoint_id: str, *, cause: Cause) -> dict[str, Any]:
    """A message that says nothing, whether or not the endpoint is on. The caller carries it at once. Raises: NotFound."""
    get(session, endpoint_id)
    now = chance.now()
    row: dict[str, Any] = {"id": chance.new_id(), "endpoint_id": endpoint_id, "type": PING, "state": "sending", "attempts": 1}
    session.add(webhook_messages, row | {"begun_at": now, "due_at": now + LEASE, "sent_at": now, "created_at": now})
    return message(session, endpoint_id, row["id"])


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop messages from before a moment whose fate is known, and those of deleted endpoints, a few at a time. Returns how many."""
    old = select(_m.id).where(_m.id < chance.first_id(before), ~is_open).order_by(_m.id).limit(limit)
    ids = list(session.execute(old).scalars())
    if not ids:
        deleted = select(_e.id).where(_e.deleted_at.is_not(None))
        ids = list(session.execute(select(_m.id).where(_m.endpoint_id.in_(deleted)).limit(limit)).scalars())
    if ids:
        session.execute(delete(webhook_messages).where(_m.id.in_(ids)))
    else:
        theirs = select(_m.id).where(_m.endpoint_id == _e.id).exists()
        session.execute(delete(webhook_endpoints).where(_e.deleted_at.is_not(None), ~theirs))
    return len(ids)
