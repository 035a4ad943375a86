"""Exceptions: what waits for a person. One for each cause, opened once, closed by itself when its cause is gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, Text, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from app import chance
from app.database import Contended, Id, Json, Session, Utc, metadata
from app.domain import events
from app.domain.causes import Cause
from app.domain.errors import NotFound, WrongState
from app.statements import Prepared, given

SEVERITIES = ("urgent", "warning", "note")

exceptions = Table(
    "exceptions",
    metadata,
    Column("id", Id(), primary_key=True),
    # What it is about, and the record that it hangs on: open at most once for each.
    Column("cause", String(64), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("title", String(300), nullable=False),
    Column("advice", Text, nullable=False),  # what to do, and where
    Column("facts", Json, nullable=False),
    Column("channel_id", Id(), nullable=True),
    Column("times", Integer, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("closed_at", Utc, nullable=True),
    Column("closed_by", String(120), nullable=True),
    Column("note", String(1000), nullable=True),
    Index(
        "uq_exceptions_open",
        "cause",
        "subject",
        unique=True,
        postgresql_where=text("closed_at IS NULL"),
        sqlite_where=text("closed_at IS NULL"),
    ),
    Index(None, "closed_at", "id"),
    Index(None, "cause", "id"),
    Index(None, "cause", "closed_at", "id"),
    Index(None, "severity", "id"),
    Index(None, "channel_id", "id"),
    Index(None, "subject"),
)


def raise_(
    session: Session,
    cause_: str,
    subject: str,
    *,
    severity: str,
    title: str,
    advice: str,
    facts: Mapping[str, Any] | None = None,
    channel_id: str | None = None,
    cause: Cause,
) -> str:
    """Tell a person, once per cause and subject. While it is open, repeating it only renews its facts. Returns its id."""
    row = _open(session, cause_, subject)
    now = chance.now()
    if row is not None:
        renewed = {"times": row["times"] + 1, "seen_at": now, "facts": dict(facts or {}), "severity": severity, "title": title[:300]}
        session.change(exceptions, renewed, id=row["id"])
        return str(row["id"])
    made = {
        "id": chance.new_id(),
        "cause": cause_,
        "subject": subject,
        "severity": severity,
        "title": title[:300],
        "advice": advice,
        "facts": dict(facts or {}),
        "channel_id": channel_id,
        "times": 1,
        "opened_at": now,
        "seen_at": now,
    }
    if not session.run(_make[session.dialect], made):
        raise Contended("somebody else says the same at the same time")
    data = {"cause": cause_, "severity": severity, "title": made["title"], "channel_id": channel_id}
    events.append(session, "exception.opened", str(made["id"]), data, cause=cause)
    return str(made["id"])


def clear(session: Session, cause_: str, subject: str, *, cause: Cause) -> None:
    """Its cause is gone: close it, if it is open."""
    row = _open(session, cause_, subject)
    if row is not None:
        _close(session, row["id"], None, "its cause is gone", cause=cause)


def resolve(session: Session, exception_id: str, note: str | None, *, cause: Cause) -> dict[str, Any]:
    """A person has dealt with it. Raises: NotFound; WrongState when it is closed already."""
    row = get(session, exception_id)
    if row["closed_at"] is not None:
        raise WrongState("This was closed already.", closed_at=row["closed_at"].isoformat())
    _close(session, exception_id, cause.actor, note, cause=cause)
    return get(session, exception_id)


_still_open = Prepared(
    select(exceptions.c.id, exceptions.c.times).where(
        exceptions.c.cause == given(exceptions.c.cause),
        exceptions.c.subject == given(exceptions.c.subject),
        exceptions.c.closed_at.is_(None),
    )
)

_COLUMNS = [column.key for column in exceptions.c if column.key not in ("closed_at", "closed_by", "note")]
_ONE: Any = {"index_elements": ["cause", "subject"], "index_where": exceptions.c.closed_at.is_(None)}
_make = {
    "postgresql": Prepared(postgresql.insert(exceptions).on_conflict_do_nothing(**_ONE), _COLUMNS),
    "sqlite": Prepared(sqlite.insert(exceptions).on_conflict_do_nothing(**_ONE), _COLUMNS),
}

_open_of = Prepared(
    select(exceptions).where(exceptions.c.cause == given(exceptions.c.cause), exceptions.c.closed_at.is_(None)).order_by(exceptions.c.id)
)


_e = exceptions.c
_worsen = Prepared(
    update(exceptions)
    .where(_e.cause == given(_e.cause, "of"), _e.severity != given(_e.severity, "weight"))
    .where(_e.closed_at.is_(None), _e.opened_at <= given(_e.opened_at, "before"))
    .values(severity=given(_e.severity, "weight"))
)


def worsen(session: Session, cause_: str, severity: str, *, opened_before: datetime) -> None:
    """What has lasted so long weighs more."""
    session.later(_worsen, {"of": cause_, "weight": severity, "before": opened_before})


def open_of(session: Session, cause_: str) -> list[dict[str, Any]]:
    """All that is open of one cause."""
    return session.rows(_open_of, {"cause": cause_})


def _open(session: Session, cause_: str, subject: str) -> dict[str, Any] | None:
    rows = session.rows(_still_open, {"cause": cause_, "subject": subject})
    return rows[0] if rows else None


def _close(session: Session, exception_id: str, by: str | None, note: str | None, *, cause: Cause) -> None:
    changes = {"closed_at": chance.now(), "closed_by": by, "note": note}
    session.change(exceptions, changes, id=exception_id)
    events.append(session, "exception.closed", exception_id, {"by": by}, cause=cause)


def get(session: Session, exception_id: str) -> dict[str, Any]:
    """The exception with this id. Raises: NotFound."""
    row = session.execute(select(exceptions).where(exceptions.c.id == exception_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No exception has the id {exception_id}.")
    return dict(row)


def page(
    session: Session,
    after: str | None,
    limit: int,
    *,
    open: bool | None = None,
    severity: str | None = None,
    cause_: str | None = None,
    channel_id: str | None = None,
) -> list[dict[str, Any]]:
    """Exceptions, newest first."""
    e = exceptions.c
    query = select(exceptions).order_by(e.id.desc()).limit(limit)
    if after is not None:
        query = query.where(e.id < after)
    if open is not None:
        query = query.where(e.closed_at.is_(None) if open else e.closed_at.is_not(None))
    if severity is not None:
        query = query.where(e.severity == severity)
    if cause_ is not None:
        query = query.where(e.cause == cause_)
    if channel_id is not None:
        query = query.where(e.channel_id == channel_id)
    return [dict(row) for row in session.execute(query).mappings()]
