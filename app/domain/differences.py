"""Differences: what a channel shows and our records don't explain. Each gets a cause, and each cause has its remedy.

One is open at most for each thing that differs. It is opened by whoever compares (`sync.reconcile`), named by whoever finds out why
(`domain.fence` once a counter was read and settled), and closed when the two halves of the stick agree again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, delete, insert, select, text

from app import chance
from app.database import Id, Json, Session, Utc, metadata
from app.domain import events
from app.domain.causes import Cause
from app.domain.errors import NotFound
from app.statements import Prepared, given

differences = Table(
    "differences",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    Column("kind", String(16), nullable=False),  # counter, order, listing, channel
    Column("subject", String(200), nullable=False),  # its id on the channel
    Column("counter_id", Id(), ForeignKey("counters.id"), nullable=True),
    Column("title", String(300), nullable=False),
    Column("cause", String(24), nullable=False),
    # Of a counter: what our records made of it, and what was read; counter units.
    Column("expected", Integer, nullable=True),
    Column("seen", Integer, nullable=True),
    Column("facts", Json, nullable=False),
    Column("times", Integer, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("named_at", Utc, nullable=True),  # null while it is undetermined
    Column("outcome", String(16), nullable=True),
    Column("closed_at", Utc, nullable=True),
    Column("closed_by", String(120), nullable=True),
    Index(
        "uq_differences_open",
        "channel_id",
        "kind",
        "subject",
        unique=True,
        postgresql_where=text("closed_at IS NULL"),
        sqlite_where=text("closed_at IS NULL"),
    ),
    Index(None, "channel_id", "id"),
    Index(None, "cause", "id"),
    Index(None, "counter_id"),
    Index(None, "closed_at"),
)

# What each cause means, for people, and what is done about it by itself.
CAUSES: Mapping[str, str] = {
    "undetermined": "The number isn't what our records make of it. It is read again, and every order that was counted before is awaited: "
    "then it gets a name.",
    "order_unseen": "An order that we hadn't heard of yet. It is recorded now.",
    "in_flight": "A change of ours was under way while it was read.",
    "outcome_unknown": "A change of ours had no answer, and nobody knew whether it took effect. It is being read.",
    "write_failed": "Our change can't be made: the channel refuses it, or it can't be understood. It is tried again, less and less often.",
    "echo": "A number that we set ourselves before: a late copy of our own change took effect. It is set right.",
    "hand_edit": "Somebody changed the number there by hand.",
    "second_writer": "Several numbers were changed within an hour, by nobody that we know: another program sets them.",
    "channel_restock": "The channel put units of cancelled or returned orders back on sale by itself.",
    "listing_gone": "It isn't on the channel any more.",
    "listing_ended": "It is there, and not on sale any more.",
    "relisted": "It is on sale anew under another id, with the same code.",
    "unmapped": "It is on sale, and nobody has said which SKU it is.",
    "overselling_on": "The channel sells it although there is none left: somebody switched that on there.",
    "order_changed": "An order was changed there, and no message and no poll had told of it. It is recorded now.",
}
HEALS = frozenset({"order_unseen", "order_changed", "in_flight", "outcome_unknown", "echo", "relisted"})
"""What is set right without a person hearing of it."""

# Names that a later one takes the place of: something of ours was open when it was seen.
_UNDER_WAY = ("in_flight", "outcome_unknown")
OUTCOMES = ("healed", "overwritten", "adopted", "explained", "answered", "gone")


_open_of = Prepared(
    select(differences).where(
        differences.c.channel_id == given(differences.c.channel_id),
        differences.c.kind == given(differences.c.kind),
        differences.c.subject == given(differences.c.subject),
        differences.c.closed_at.is_(None),
    )
)


def open_of(session: Session, channel_id: str, kind: str, subject: str) -> dict[str, Any] | None:
    """The difference that is open for this thing."""
    rows = session.rows(_open_of, {"channel_id": channel_id, "kind": kind, "subject": subject})
    return rows[0] if rows else None


def note(
    session: Session,
    channel_id: str,
    kind: str,
    subject: str,
    cause_: str,
    *,
    title: str,
    counter_id: str | None = None,
    expected: int | None = None,
    seen: int | None = None,
    facts: Mapping[str, Any] | None = None,
    cause: Cause,
) -> dict[str, Any]:
    """It differs, and why, as far as is known: opened, or what was open gets this name and these figures.

    A name is never taken back to `undetermined`, nor to a change of ours that is under way: that may be what sets it right.
    """
    now = chance.now()
    row = open_of(session, channel_id, kind, subject)
    named = None if cause_ == "undetermined" else now
    if row is not None:
        changes: dict[str, Any] = {"times": row["times"] + 1, "seen_at": now}
        if seen is not None:
            changes["seen"] = seen
        if facts:
            changes["facts"] = row["facts"] | dict(facts)
        under_way = cause_ in _UNDER_WAY and row["named_at"] is not None and row["cause"] not in _UNDER_WAY
        if cause_ not in ("undetermined", row["cause"]) and not under_way:
            changes |= {"cause": cause_, "named_at": now}
            if expected is not None:
                changes["expected"] = expected
            events.append(session, "difference.named", row["id"], {"channel_id": channel_id, "cause": cause_}, cause=cause)
        session.change(differences, changes, id=row["id"])
        return row | changes
    made = {
        "id": chance.new_id(),
        "channel_id": channel_id,
        "kind": kind,
        "subject": subject[:200],
        "counter_id": counter_id,
        "title": title[:300],
        "cause": cause_,
        "expected": expected,
        "seen": seen,
        "facts": dict(facts or {}),
        "times": 1,
        "opened_at": now,
        "seen_at": now,
        "named_at": named,
    }
    session.execute(insert(differences), made)
    data = {"channel_id": channel_id, "kind": kind, "cause": cause_, "expected": expected, "seen": seen}
    events.append(session, "difference.found", str(made["id"]), data, cause=cause)
    return made | {"outcome": None, "closed_at": None, "closed_by": None}


def close(session: Session, row: Mapping[str, Any], outcome: str, *, by: str | None = None, cause: Cause) -> None:
    """The two agree again, or a person has answered (`by`)."""
    session.change(differences, {"outcome": outcome, "closed_at": chance.now(), "closed_by": by}, id=row["id"])
    events.append(session, "difference.closed", str(row["id"]), {"cause": row["cause"], "outcome": outcome}, cause=cause)


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop what was over before a moment, a few at a time. Returns how many."""
    d = differences.c
    old = list(session.execute(select(d.id).where(d.closed_at < before).order_by(d.closed_at).limit(limit)).scalars())
    if old:
        session.execute(delete(differences).where(d.id.in_(old)))
    return len(old)


def get(session: Session, difference_id: str) -> dict[str, Any]:
    """The difference with this id. Raises: NotFound."""
    rows = session.find(differences, id=difference_id)
    if not rows:
        raise NotFound(f"No difference has the id {difference_id}.")
    return rows[0]


def page(
    session: Session,
    after: str | None,
    limit: int,
    *,
    open: bool | None = None,
    channel_id: str | None = None,
    counter_id: str | None = None,
    cause_: str | None = None,
) -> list[dict[str, Any]]:
    """Differences, newest first."""
    d = differences.c
    query = select(differences).order_by(d.id.desc()).limit(limit)
    if after is not None:
        query = query.where(d.id < after)
    if open is not None:
        query = query.where(d.closed_at.is_(None) if open else d.closed_at.is_not(None))
    if channel_id is not None:
        query = query.where(d.channel_id == channel_id)
    if counter_id is not None:
        query = query.where(d.counter_id == counter_id)
    if cause_ is not None:
        query = query.where(d.cause == cause_)
    return [dict(row) for row in session.execute(query).mappings()]
