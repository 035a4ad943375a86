"""Carrying messages to webhook endpoints: which are due, who carries them, and what follows from what the receiver said.

A step moves an endpoint's cursor forward and adds a message for each event that the endpoint wants, in one transaction, so a message is
neither lost nor made twice, whoever is killed when. It is carried at least once, and its id stays the same for good: by it a receiver
knows a repetition.

Each message has its own pauses between attempts, over three days. An endpoint that fails again and again isn't sent its backlog: one
message at a time finds out whether it is back, and when it is, everything is due at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update

from app import chance
from app.database import Session
from app.domain import endpoints, event_types, events, exceptions, store
from app.domain.endpoints import CARRIER, host_of, webhook_endpoints, webhook_messages

GIVE_UP_AFTER = timedelta(days=3)
PAUSES = [timedelta(seconds=seconds) for seconds in (5, 60, 300, 1_800, 7_200, 18_000, 36_000, 43_200)]
# Who is back is noticed so soon, if there is anything to send.
LONGEST_PROBE = timedelta(minutes=30)
WARN_AFTER = timedelta(hours=1)
# What is left of the three days isn't worth another attempt.
NEARLY = timedelta(minutes=5)
# One step through the feed; and so many messages may wait for one endpoint before its cursor does.
BATCH, BACKLOG = 200, 1_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way: what it says, and where it goes."""

    id: str
    endpoint_id: str
    attempt: int
    type: str
    made_at: datetime
    event: Mapping[str, Any] | None
    """As the feed shows it; None: a ping."""
    url: str
    secrets: str
    former_until: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt. `status` is None where there was no answer, and then `error` says why."""

    status: int | None
    took_ms: int
    answer: str = ""
    error: str | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What there is to do for an endpoint: from where to where its cursor moves, and which events it wants of those between."""

    endpoint_id: str
    cursor: int
    upto: int
    wanted: Sequence[tuple[int, str]]
    lost: bool


_e, _m = webhook_endpoints.c, webhook_messages.c
_whole = select(webhook_endpoints)


# Through the feed


def on(session: Session) -> list[str]:
    """The endpoints that messages are carried to. None while this ledger may be an older one, or a copy: then it isn't the one to tell."""
    return list(session.execute(select(_e.id).where(endpoints.is_on, ~store.is_recovering).order_by(_e.id)).scalars())


def look(session: Session, endpoint_id: str) -> Step | None:
    """What there is to do for an endpoint. None: nothing, for now. Changes nothing, so it may look as often as it likes."""
    found = session.execute(_whole.where(_e.id == endpoint_id, endpoints.is_on)).mappings().all()
    if not found:
        return None
    row = dict(found[0])
    now, lost, news = chance.now(), False, list[dict[str, Any]]()
    waiting = select(_m.id).where(_m.endpoint_id == endpoint_id, endpoints.is_open).limit(BACKLOG).subquery()
    if session.scalar(select(func.count()).select_from(waiting)) < BACKLOG:
        try:
            news = events.after(session, row["cursor"], BATCH)
        except events.CursorExpired:
            lost, news = True, events.after(session, 0, BATCH)
    may_send = row["retry_at"] is None or row["retry_at"] <= now
    if not news and not (may_send and session.scalar(_due(endpoint_id, now).limit(1)) is not None):
        return None
    wanted = [(each["seq"], each["type"]) for each in news if not row["types"] or event_types.matches(row["types"], each["type"])]
    return Step(endpoint_id, row["cursor"], news[-1]["seq"] if news else row["cursor"], wanted, lost)


def _due(endpoint_id: str, now: datetime) -> Select[Any]:
    return select(_m.id).where(_m.endpoint_id == endpoint_id, endpoints.is_open, _m.due_at <= now).order_by(_m.due_at, _m.event_seq)


def take(session: Session, step: Step) -> list[Message] | None:
    """Take the step, and take what is to be sent now: nobody else sends it meanwhile. None: somebody else is at it."""
    query = _whole.where(_e.id == step.endpoint_id, endpoints.is_on).with_for_update(skip_locked=True)
    found = session.execute(query).mappings().all()
    if not found:
        return None
    row = dict(found[0])
    if row["cursor"] == step.cursor != step.upto:
        _fan_out(session, row, step)
    return _claim(session, row)


def _fan_out(session: Session, row: Mapping[str, Any], step: Step) -> None:
    now = chance.now()
    blank = {"endpoint_id": row["id"], "state": "waiting", "attempts": 0, "begun_at": now, "due_at": now, "created_at": now}
    session.add(webhook_messages, [blank | {"id": chance.new_id(), "event_seq": seq, "type": type} for seq, type in step.wanted])
    session.change(webhook_endpoints, {"cursor": step.upto}, id=row["id"])
    if step.lost:
        exceptions.raise_(
            session,
            "webhook_gap",
            row["id"],
            severity="urgent",
            title=f"{host_of(row['url'])} may have missed events",
            advice="It was so long behind that events which it hadn't got yet are kept no longer. It goes on with the oldest that there "
            "are. Have the other system read the records that it mirrors anew (GET /v1/stock, /v1/orders), then say that it is dealt with, "
            "by POST /resolve on this exception. How long events are kept is a setting of the store: events_days.",
            facts={"after": step.cursor, "first": step.upto},
            cause=CARRIER,
        )


def _claim(session: Session, row: Mapping[str, Any]) -> list[Message]:
    now = chance.now()
    if row["retry_at"] is not None and row["retry_at"] > now:
        return []
    under_way = select(func.count()).where(_m.endpoint_id == row["id"], _m.state == "sending", _m.due_at > now)
    room = (1 if row["failures"] >= endpoints.FEW else endpoints.FEW) - session.scalar(under_way)
    if room <= 0:
        return []
    due = _due(row["id"], now).limit(room).with_for_update(skip_locked=True)
    ids = list(session.execute(due).scalars())
    if not ids:
        return []
    changes = {"state": "sending", "attempts": _m.attempts + 1, "due_at": now + endpoints.LEASE, "sent_at": now}
    session.execute(update(webhook_messages).where(_m.id.in_(ids)).values(**changes))
    return _carried(session, ids)


_EVENT = [str(column.name) for column in events.events.c if column.name != "tx"]


def _carried(session: Session, ids: Sequence[str]) -> list[Message]:
    """Messages with what they say. One whose event is kept no longer is given up."""
    query = select(webhook_messages, _e.url, _e.secrets, _e.former_until).join(webhook_endpoints, _e.id == _m.endpoint_id)
    rows = session.execute(query.where(_m.id.in_(ids)).order_by(_m.event_seq)).mappings().all()
    seqs = [row["event_seq"] for row in rows if row["event_seq"] is not None]
    of_them = select(events.events).where(events.events.c.seq.in_(seqs))
    told = {row["seq"]: {name: row[name] for name in _EVENT} for row in session.execute(of_them).mappings()}
    found = []
    for row in rows:
        event = told.get(row["event_seq"])
        if event is None and row["event_seq"] is not None:
            gone = {"state": "failed", "due_at": None, "error": "Its event is kept no longer (events_days), so it can't be sent."}
            session.change(webhook_messages, gone, id=row["id"])
            continue
        made_at = row["created_at"] if event is None else event["at"]
        where = {name: row[name] for name in ("url", "secrets", "former_until")}
        found.append(Message(row["id"], row["endpoint_id"], row["attempts"], row["type"], made_at, event, **where))
    return found


# What came of it


def delivered(session: Session, message: Message, outcome: Outcome) -> None:
    """It was taken. An endpoint that failed works again, so everything that waits for it is due."""
    if session.scalar(select(_e.failures).where(_e.id == message.endpoint_id)):
        failures = session.scalar(select(_e.failures).where(_e.id == message.endpoint_id).with_for_update())
        if failures >= endpoints.FEW:
            endpoints.afresh(session, message.endpoint_id)
        else:  # it refused something else, which has its own pauses
            session.change(webhook_endpoints, {"failures": 0, "failing_since": None, "last_error": None}, id=message.endpoint_id)
            exceptions.clear(session, "webhook_failing", message.endpoint_id, cause=CARRIER)
    session.change(webhook_messages, {"state": "delivered", "due_at": None, **_said(outcome)}, id=message.id)


def failed(session: Session, message: Message, outcome: Outcome) -> None:
    """It wasn't taken. It is tried again later, unless it has been for three days; so is the endpoint as a whole."""
    locked = session.execute(_whole.where(_e.id == message.endpoint_id).with_for_update()).mappings().all()
    found = session.find(webhook_messages, id=message.id, state="sending", attempts=message.attempt)
    if not locked or not found:  # it took too long, and somebody else has taken it over, or nobody is there any more
        return
    now, row, (sent,) = chance.now(), dict(locked[0]), found
    said = _said(outcome)
    is_on = row["off_since"] is None and row["deleted_at"] is None
    if outcome.status == 410 and is_on:
        _gone(session, row)
    if sent["event_seq"] is None:
        session.change(webhook_messages, {"state": "failed", "due_at": None, **said}, id=message.id)
        return
    if not is_on or outcome.status == 410:
        session.change(webhook_messages, {"state": "waiting", "due_at": now, **said}, id=message.id)
        return
    since = row["failing_since"] or now
    end = since + GIVE_UP_AFTER
    if now >= end - NEARLY:
        session.change(webhook_messages, {"state": "waiting", "due_at": now, **said}, id=message.id)
        _given_up(session, row, since, said["error"])
        return
    paused_until = row["retry_at"] or now
    # What was under way with others when the pause began says nothing new.
    failures = row["failures"] + (paused_until <= now)
    pause = min(_pause(failures - endpoints.FEW), LONGEST_PROBE) if failures >= endpoints.FEW else timedelta()
    if outcome.retry_after is not None:
        pause = max(pause, min(max(outcome.retry_after, PAUSES[0]), PAUSES[-1]))
    retry_at = max(paused_until, min(now + pause, end))
    how = {"failures": failures, "failing_since": since, "retry_at": retry_at, "last_error": said["error"]}
    session.change(webhook_endpoints, how, id=row["id"])
    if now - since >= WARN_AFTER:
        _warn(session, row, since, said["error"])
    last = sent["begun_at"] + GIVE_UP_AFTER
    if now >= last - NEARLY:
        session.change(webhook_messages, {"state": "failed", "due_at": None, **said}, id=message.id)
        _say_given_up(session, row)
        return
    again = {"state": "waiting", "due_at": min(now + _pause(sent["attempts"] - 1), last)}
    session.change(webhook_messages, {**again, **said}, id=message.id)


def _said(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "took_ms": outcome.took_ms,
        "answer": outcome.answer[:500] or None,
        "error": outcome.error and outcome.error[:500],
    }


def _pause(failures: int) -> timedelta:
    """Longer each time, and never the same for two: a receiver that comes back isn't called by all at once."""
    return PAUSES[min(failures, len(PAUSES) - 1)] * (1 + 0.1 * chance.random().random())


def _gone(session: Session, row: Mapping[str, Any]) -> None:
    endpoints.switch_off(session, row, "gone", cause=CARRIER)
    exceptions.raise_(
        session,
        "webhook_off",
        row["id"],
        severity="warning",
        title=f"{host_of(row['url'])} wants no more messages",
        advice="It answered 410, which means: never again. So its webhook endpoint was switched off. If the other system is out of use, "
        "delete the endpoint; if its address has changed, change it here, and then enable the endpoint: it goes on where it was left off.",
        facts=_way_back(row),
        cause=CARRIER,
    )


def _given_up(session: Session, row: Mapping[str, Any], since: datetime, error: str | None) -> None:
    endpoints.switch_off(session, row, "failing", cause=CARRIER)
    exceptions.raise_(
        session,
        "webhook_off",
        row["id"],
        severity="urgent",
        title=f"Nothing is sent to {host_of(row['url'])} any more",
        advice="It has taken no message for three days, so its webhook endpoint was switched off. Put the other system right, send it a "
        f"ping (POST /v1/webhook-endpoints/{row['id']}/ping), and enable the endpoint: it gets everything that it has missed, as far as "
        f"events are kept. What went wrong last: {error or 'it gave no answer'}",
        facts={"failing_since": since.isoformat()} | _way_back(row),
        cause=CARRIER,
    )


def _way_back(row: Mapping[str, Any]) -> dict[str, Any]:
    call = {"method": "POST", "path": f"/v1/webhook-endpoints/{row['id']}/enable", "body": None}
    return {"proposed": "Enable the endpoint", "call": call}


def _warn(session: Session, row: Mapping[str, Any], since: datetime, error: str | None) -> None:
    exceptions.raise_(
        session,
        "webhook_failing",
        row["id"],
        severity="warning",
        title=f"{host_of(row['url'])} takes no messages",
        advice="It is tried again and again for three days, and then switched off. When it is back it gets everything, and this is over by "
        f"itself. What went wrong is in GET /v1/webhook-endpoints/{row['id']}/messages.",
        facts={"failing_since": since.isoformat(), "error": error},
        cause=CARRIER,
    )


def _say_given_up(session: Session, row: Mapping[str, Any]) -> None:
    path = f"/v1/webhook-endpoints/{row['id']}"
    since = session.scalar(select(func.min(_m.created_at)).where(_m.endpoint_id == row["id"], endpoints.FAILED))
    exceptions.raise_(
        session,
        "webhook_given_up",
        row["id"],
        severity="warning",
        title=f"{host_of(row['url'])} refuses some messages",
        advice="It took others, and these not, for three days: look at what it answers, in "
        f"GET {path}/messages?state=failed. When the other system was put right, have them sent again.",
        facts={
            "proposed": "Send them again",
            "call": {"method": "POST", "path": f"{path}/replay", "body": {"since": since.isoformat(), "only_failed": True}},
        },
        cause=CARRIER,
    )


def under_way(session: Session, message_id: str) -> Message:
    """A message that the caller has claimed."""
    (found,) = _carried(session, [message_id])
    return found
