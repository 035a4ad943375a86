"""Alerts: urgent exceptions, told to somebody who isn't looking. Each once, all that wait in one message, grouped by cause.

What was told and how it got there are rows, so nothing is forgotten over a restart, and of several processes one tells. A message is
carried at least once by each transport that is set up, and each by itself: one that fails holds no other up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, and_, func, insert, or_, select, text, update

from app import chance
from app.database import Id, Json, Session, Utc, metadata
from app.domain import channels, exceptions, store
from app.domain.causes import Cause
from app.domain.errors import NotFound

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("kind", String(16), nullable=False),  # urgent, test
    Column("title", String(300), nullable=False),
    Column("text", Text, nullable=False),
    Column("data", Json, nullable=False),
    Column("made_at", Utc, nullable=False),
    Index(None, "made_at"),
)

alert_sends = Table(
    "alert_sends",
    metadata,
    Column("alert_id", Id(), ForeignKey("alerts.id"), primary_key=True),
    Column("transport", String(16), primary_key=True),
    Column("state", String(16), nullable=False),  # waiting, sent, failed: given up
    Column("attempts", Integer, nullable=False),
    Column("due_at", Utc, nullable=True),  # while it is being sent: when another may try
    Column("sent_at", Utc, nullable=True),
    Column("last_error", String(500), nullable=True),
    Index("ix_alert_sends_waiting", "due_at", postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
)

# Which exceptions were told, each once: the key keeps two processes from telling the same.
alert_exceptions = Table(
    "alert_exceptions",
    metadata,
    Column("exception_id", Id(), ForeignKey("exceptions.id"), primary_key=True),
    Column("alert_id", Id(), ForeignKey("alerts.id"), nullable=False),
    Column("over_told", Boolean, nullable=False),
    Index(None, "alert_id"),
)

# A burst becomes one message, and what opens and closes within seconds while the store trades wakes nobody up.
PATIENCE = timedelta(seconds=4)
PATIENCE_FOR = {"excess": timedelta(seconds=30), "was_down": timedelta(), "clock_off": timedelta(seconds=60)}
BETWEEN = timedelta(seconds=15)
# What comes and goes is told at most so often.
AGAIN_AFTER = timedelta(hours=1)
# How long one attempt may take, and how long it is tried at all.
ATTEMPT = timedelta(seconds=60)
GIVE_UP_AFTER = timedelta(days=3)
MOST = 1_000
# Of each cause so many are named; the rest is a number.
FEW = 3

HAPPENED = {
    "cant_write": "Tallystick couldn't write",
    "channel_refused": "A shop refuses to talk to us",
    "channel_silent": "A shop sends no messages any more",
    "channel_unreachable": "A shop can't be reached",
    "channel_unread": "A shop's orders can't be read",
    "clock_off": "The clock is wrong",
    "credentials_expiring": "A shop's consent ends soon",
    "excess": "More is on sale than is set aside for it",
    "line_short": "Sold, and not there",
    "order_parked": "An order can't be taken in",
    "overselling_on": "A shop sells what isn't there",
    "recovering": "The books went back in time",
    "second_writer": "Another program sets stock",
    "sku_parked": "A product can't be shared out",
    "signatures_failing": "Messages have a wrong signature",
    "subscription_gone": "A shop forgets to send messages",
    "was_down": "Tallystick was away",
    "webhook_gap": "Another system may have missed events",
    "webhook_off": "Another system is told nothing any more",
    "write_stuck": "A shop's numbers can't be changed",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody is told: whole, so that it can be sent again as it was."""

    id: str
    kind: str
    title: str
    text: str
    data: Mapping[str, Any]
    made_at: datetime


# What there is to tell


def waiting(session: Session) -> list[dict[str, Any]]:
    """Urgent exceptions that nobody was told of yet, all of them once the first has waited long enough."""
    now = chance.now()
    e, status = exceptions.exceptions.c, channels.channels.c.status
    told = select(alert_exceptions.c.exception_id).where(alert_exceptions.c.exception_id == e.id).exists()
    long_enough = or_(
        e.cause.not_in(PATIENCE_FOR), *(and_(e.cause == each, e.opened_at <= now - wait) for each, wait in PATIENCE_FOR.items())
    )
    # A shop that isn't live shows what it always showed, and nothing of it was set aside yet: going live is what mends that.
    news = (e.closed_at.is_(None), e.severity == "urgent", ~told, long_enough, or_(e.cause != "excess", status == "live"))
    query = (
        select(exceptions.exceptions)
        .outerjoin(channels.channels, channels.channels.c.id == e.channel_id)
        .where(*news)
        .order_by(e.cause, e.opened_at, e.subject)
        .limit(MOST)
    )
    found = [dict(row) for row in session.execute(query).mappings()]
    if not found:
        return []
    latest = session.scalar(select(func.max(alerts.c.made_at)).where(alerts.c.kind == "urgent"))
    if latest is not None and latest > now - BETWEEN:
        return []
    recently = _told_since(session, now - AGAIN_AFTER)
    found = [row for row in found if (row["cause"], row["subject"]) not in recently]
    ripe = any(row["opened_at"] <= now - PATIENCE_FOR.get(row["cause"], PATIENCE) for row in found)
    return found if ripe else []


def _told_since(session: Session, moment: datetime) -> set[tuple[str, str]]:
    e = exceptions.exceptions.c
    query = (
        select(e.cause, e.subject)
        .join(alert_exceptions, alert_exceptions.c.exception_id == e.id)
        .join(alerts, alerts.c.id == alert_exceptions.c.alert_id)
        .where(alerts.c.made_at > moment)
    )
    return {(row.cause, row.subject) for row in session.execute(query)}


def tell(session: Session, *, transports: Sequence[str], address: str) -> str | None:
    """Make one message of all that waits, for each transport to carry. Returns its id; None where there is nothing to tell, or nobody.

    `address`: where people reach this service.
    """
    rows = waiting(session) if transports else []
    if not rows:
        return None
    over = _over(session)
    now = chance.now()
    title, said, data = compose(rows, over, address=address, zone=ZoneInfo(store.get(session)["time_zone"]), now=now)
    alert_id = chance.new_id()
    _keep(session, Message(alert_id, "urgent", title, said, data, now), {each: {"due_at": now} for each in transports})
    # Where another process was faster, these keys are taken, and all of this is repeated and finds nothing to tell.
    session.execute(insert(alert_exceptions), [{"exception_id": row["id"], "alert_id": alert_id, "over_told": False} for row in rows])
    told = alert_exceptions.c
    for row in over:
        session.execute(update(alert_exceptions).where(told.exception_id == row["id"]).values(over_told=True))
    return alert_id


def _over(session: Session) -> list[dict[str, Any]]:
    """What was told and closed by itself since, and isn't there again."""
    e, told, again = exceptions.exceptions.c, alert_exceptions.c, exceptions.exceptions.alias("again").c
    back = select(again.id).where(again.cause == e.cause, again.subject == e.subject, again.closed_at.is_(None)).exists()
    query = (
        select(exceptions.exceptions)
        .join(alert_exceptions, told.exception_id == e.id)
        .where(~told.over_told, e.closed_at.is_not(None), e.closed_by.is_(None), ~back)
        .order_by(e.closed_at)
        .limit(MOST)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def _keep(session: Session, message: Message, sends: Mapping[str, Mapping[str, Any]]) -> None:
    made = {"id": message.id, "kind": message.kind, "title": message.title, "text": message.text, "data": dict(message.data)}
    session.execute(insert(alerts), made | {"made_at": message.made_at})
    blank = {"alert_id": message.id, "state": "waiting", "attempts": 0, "due_at": None, "sent_at": None, "last_error": None}
    if sends:
        session.execute(insert(alert_sends), [blank | {"transport": each} | dict(how) for each, how in sends.items()])


# The words


def compose(
    rows: Sequence[Mapping[str, Any]], over: Sequence[Mapping[str, Any]], *, address: str, zone: ZoneInfo, now: datetime
) -> tuple[str, str, dict[str, Any]]:
    """A title, a text and the same as data: for each cause what happened, what to do, and where. No word in it is a buyer's.

    `rows` are exceptions in the order of their causes, `over` such that closed since they were told.
    """
    groups = [_group(cause, list(each), address) for cause, each in groupby(rows, key=lambda row: str(row["cause"]))]
    past = [{"id": row["id"], "title": _line(row["title"]), "closed_at": row["closed_at"].isoformat()} for row in over[:FEW]]
    parts = [_paragraph(group) for group in groups]
    if over:
        lines = [f"Over since {_moment(row['closed_at'], zone, now)}: {_line(row['title'])}" for row in over[:FEW]]
        parts.append("\n".join([*lines, *_more(len(over))]))
    parts.append(f"All that waits for you: {address}/v1/exceptions?open=true")
    if len(groups) > 1:
        title = f"{len(rows)} things need you: {', '.join(group['happened'] for group in groups)}"
    elif len(rows) > 1:
        title = f"{groups[0]['happened']}: {len(rows)} times"
    else:
        title = _line(rows[0]["title"])
    return title[:300], "\n\n".join(parts), {"causes": groups, "over": past}


def _group(cause: str, rows: Sequence[Mapping[str, Any]], address: str) -> dict[str, Any]:
    query = f"open=true&severity=urgent&cause={cause}"
    named = [{"id": row["id"], "title": _line(row["title"]), "url": f"{address}/v1/exceptions/{row['id']}"} for row in rows[:FEW]]
    return {
        "cause": cause,
        "happened": HAPPENED.get(cause, cause.replace("_", " ").capitalize()),
        "count": len(rows),
        "advice": _line(rows[0]["advice"], 1_000),
        "url": named[0]["url"] if len(rows) == 1 else f"{address}/v1/exceptions?{query}",
        "exceptions": named,
    }


def _paragraph(group: Mapping[str, Any]) -> str:
    titles = [each["title"] for each in group["exceptions"]]
    if group["count"] == 1:
        return f"{titles[0]}\n{group['advice']}\n{group['url']}"
    listed = [f"- {title}" for title in titles]
    return "\n".join([f"{group['happened']}: {group['count']} times", *listed, *_more(group["count"]), group["advice"], group["url"]])


def _more(count: int) -> list[str]:
    return [f"- and {count - FEW} more"] if count > FEW else []


def _line(said: str, most: int = 300) -> str:
    """One line of it. What a database or a shop says behind its first line may hold rows, and rows hold buyers."""
    return "".join(each if each.isprintable() else " " for each in said.strip().partition("\n")[0])[:most]


def _moment(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%d %b %H:%M}"


# How it gets there


def claim(session: Session, transport: str) -> tuple[Message, int] | None:
    """The message that this transport is to carry next, and which attempt it is: nobody else tries it meanwhile. None: there is none."""
    s, now = alert_sends.c, chance.now()
    query = (
        select(alerts, s.attempts)
        .join(alert_sends, s.alert_id == alerts.c.id)
        .where(s.state == "waiting", s.transport == transport, s.due_at <= now)
        .order_by(s.due_at)
        .limit(1)
        .with_for_update(of=alert_sends, skip_locked=True)
    )
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        return None
    attempt = row["attempts"] + 1
    _change(session, row["id"], transport, attempts=attempt, due_at=now + ATTEMPT)
    return Message(**{field: row[field] for field in Message.__slots__}), attempt


def sent(session: Session, alert_id: str, transport: str) -> None:
    _change(session, alert_id, transport, state="sent", sent_at=chance.now(), due_at=None, last_error=None)


def failed(session: Session, alert_id: str, transport: str, attempt: int, error: str) -> datetime | None:
    """It couldn't be carried. Returns when it is tried again: later each time; None where it is given up, as a test is at once."""
    row = session.execute(select(alerts).where(alerts.c.id == alert_id)).mappings().one()
    now = chance.now()
    wait = min(3_600.0, 5.0 * 2.0 ** min(attempt, 10)) * (1 + 0.1 * chance.random().random())
    due = now + timedelta(seconds=wait)
    if row["kind"] == "test" or due > row["made_at"] + GIVE_UP_AFTER:
        _change(session, alert_id, transport, state="failed", due_at=None, last_error=error[:500])
        return None
    _change(session, alert_id, transport, due_at=due, last_error=error[:500])
    return due


def _change(session: Session, alert_id: str, transport: str, **changes: Any) -> None:
    s = alert_sends.c
    session.execute(update(alert_sends).where(s.alert_id == alert_id, s.transport == transport).values(**changes))


def undelivered(session: Session) -> int:
    """How many messages a transport hasn't carried yet, or has given up."""
    s = alert_sends.c
    query = select(func.count(alerts.c.id.distinct())).join(alert_sends, s.alert_id == alerts.c.id)
    return int(session.scalar(query.where(alerts.c.kind != "test", or_(and_(s.state == "waiting", s.attempts > 0), s.state == "failed"))))


# What doesn't come from an exception


def test(session: Session, *, transports: Sequence[str], address: str, cause: Cause) -> dict[str, Any]:
    """A message that says that messages get through. The caller carries it at once."""
    said = "Alerts from your Tallystick get through to you here. There is nothing to do.\n\n"
    said += f"All that waits for you: {address}/v1/exceptions?open=true"
    message = Message(chance.new_id(), "test", "This is a test", said, {"causes": [], "over": []}, chance.now())
    _keep(session, message, {each: {"attempts": 1, "due_at": chance.now() + ATTEMPT} for each in transports})
    return get(session, message.id)


def outage(reason: str, advice: str, *, address: str) -> Message:
    """What is told while nothing can be written: it can't be a row yet."""
    title = f"Tallystick can't write: {_line(reason)}"[:300]
    group = {"cause": "cant_write", "happened": HAPPENED["cant_write"], "count": 1, "advice": advice, "url": address, "exceptions": []}
    return Message(chance.new_id(), "urgent", title, f"{title}\n{advice}\n{address}", {"causes": [group], "over": []}, chance.now())


def note_outage(session: Session, message: Message, sends: Mapping[str, Mapping[str, Any]], began: datetime, *, cause: Cause) -> None:
    """What couldn't be a row becomes one: the message, how it got there, and the exception behind it, which is over.

    That it is over belongs to the next message.
    """
    _keep(session, message, sends)
    advice = message.data["causes"][0]["advice"]
    facts = {"since": began.isoformat(), "until": chance.now().isoformat()}
    about = {"severity": "urgent", "title": message.title, "advice": advice, "facts": facts}
    found = exceptions.raise_(session, "cant_write", message.id, **about, cause=cause)
    session.execute(insert(alert_exceptions), {"exception_id": found, "alert_id": message.id, "over_told": False})
    exceptions.clear(session, "cant_write", message.id, cause=cause)


# Looking


def get(session: Session, alert_id: str) -> dict[str, Any]:
    """The alert with this id, and how each transport fared with it. Raises: NotFound."""
    found = _views(session, [alert_id])
    if not found:
        raise NotFound(f"No alert has the id {alert_id}.")
    return found[0]


def page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Alerts, newest first."""
    query = select(alerts.c.id).order_by(alerts.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(alerts.c.id < after)
    return _views(session, list(session.execute(query).scalars()))


def _views(session: Session, ids: Sequence[str]) -> list[dict[str, Any]]:
    sends: dict[str, list[dict[str, Any]]] = {each: [] for each in ids}
    query = select(alert_sends).where(alert_sends.c.alert_id.in_(ids)).order_by(alert_sends.c.transport)
    for row in session.execute(query).mappings():
        sends[row["alert_id"]].append(dict(row))
    rows = session.execute(select(alerts).where(alerts.c.id.in_(ids)).order_by(alerts.c.id.desc())).mappings()
    return [dict(row) | {"sends": sends[row["id"]]} for row in rows]
