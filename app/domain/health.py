"""How the store and its channels are, in figures: for a person, for a program that asks now and then, and for Prometheus.

All of it is read in a handful of indexed queries, however many channels there are; nothing of a buyer is among it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, text

from app import chance
from app.database import Session
from app.domain import channels, counters, deliveries, differences, exceptions, exposure, signals, store, watch, workers, writes
from app.domain.capabilities import Capabilities

STATUSES = ("ok", "degraded", "connecting", "down", "refused", "paused", "recovering", "leaving", "disconnected")
# What an exception must be about to say something of the connection, and not of what is sold by it.
ABOUT_THE_LINE = (
    "channel_refused",
    "channel_unreachable",
    "channel_unread",
    "channel_silent",
    "order_parked",
    "write_unanswered",
    "write_stuck",
    "counter_parked",
    "second_writer",
    "subscription_gone",
    "signatures_failing",
    "budget_low",
    "credentials_expiring",
    "shop_setup",
)
_EXCEPTIONS_MOST = 100


def of_channel(session: Session, channel_id: str) -> dict[str, Any]:
    """All of one channel: its figures, what is normal for it, and what is open. Raises: NotFound."""
    channels.get(session, channel_id)
    (row,) = _lines(session, [channel_id])
    found = exceptions.page(session, None, _EXCEPTIONS_MOST, open=True, channel_id=channel_id)
    return row | {"signs": _signs(row), "exceptions": found}


def of_store(session: Session) -> dict[str, Any]:
    """The whole store: each channel that isn't over in a line, and how many things wait for a person."""
    lines, open_ = _lines(session), _open_exceptions(session)
    recovers = store.get(session)["recovering_since"]
    severities = dict.fromkeys(exceptions.SEVERITIES, 0)
    for row in open_:
        severities[row["severity"]] += row["count"]
    clock = exceptions.open_of(session, "clock_off")
    if recovers is not None:
        status = "recovering"
    elif severities["urgent"] or clock or any(row["status"] in ("down", "refused", "degraded") for row in lines):
        status = "degraded"
    else:
        status = "ok"
    return {
        "status": status,
        "at": chance.now(),
        "recovering_since": recovers,
        "clock_is_off": clock[0]["title"] if clock else None,
        "workers": workers.everyone(session),
        "channels": lines,
        "open": severities,
        "exceptions": open_,
    }


def exposed(session: Session) -> dict[str, Any]:
    """How many units could be sold twice right now, in total and by cause. With shops that sell below zero it looks at all they show."""
    return exposure.view(session, None, 0)[0]


# One line for each channel


def _lines(session: Session, ids: Collection[str] | None = None) -> list[dict[str, Any]]:
    """Each channel with its lane and its figures; None: all that aren't over."""
    c, now = channels.channels.c, chance.now()
    query = select(c.id, c.name, c.kind, c.status, c.capabilities, c.created_at, c.updated_at, c.leaving_at).order_by(c.id)
    query = query.where(c.id.in_(ids)) if ids is not None else query.where(c.status != "disconnected")
    rows = [dict(row) for row in session.execute(query).mappings()]
    known = [row["id"] for row in rows]
    lanes = {row["channel_id"]: row for row in session.find(channels.lanes, among=("channel_id", known))} if known else {}
    open_writes = _grouped(session, _open_writes())
    due = _grouped(session, _due(known, now))
    states = _states(session, known)
    waiting = _grouped(session, _waiting(known))
    found = _grouped(session, _differences())
    about = _grouped(session, _exceptions())
    made = []
    for row in rows:
        id, lane = row["id"], lanes[row["id"]]
        can = Capabilities.from_json(row["capabilities"]) if row["capabilities"] is not None else None
        told = {each["cause"]: each["since"] for each in about.get(id, ()) if each["cause"] in ABOUT_THE_LINE}
        status, since = _status(row, lane, told)
        by_state = open_writes.get(id, ())
        (late,) = due.get(id, ({"count": 0, "since": None},))
        (unread,) = waiting.get(id, ({"count": 0, "since": None},))
        made.append(
            {
                "id": id,
                "name": row["name"],
                "kind": row["kind"],
                "status": status,
                "since": since,
                "channel_status": row["status"],
                "wrong": sorted(told),
                "lane": lane,
                "can": can,
                "last_error": lane["last_error"],
                "message_at": lane["delivered_at"],
                "polled_at": lane["polled_at"],
                "settled_at": lane["settled_at"],
                "written_at": lane["written_at"],
                "reconciled_at": lane["reconciled_at"],
                "listed_at": lane["listed_at"],
                "writes_open": {each["state"]: each["count"] for each in by_state},
                "oldest_write_at": min((each["since"] for each in by_state), default=None),
                "write_ms": lane["write_ms"],
                "counters_due": late["count"],
                "due_since": late["since"],
                "counters": {each["state"]: each["count"] for each in states.get(id, ())},
                "messages_waiting": unread["count"],
                "oldest_message_at": unread["since"],
                "budgets": signals.budgets_of(lane),
                "credentials_until": can.credentials_until if can is not None else None,
                "clock_ahead_s": lane["clock_ahead_s"],
                "differences": {each["cause"]: each["count"] for each in found.get(id, ())},
                "exceptions_open": _severities(about.get(id, ())),
            }
        )
    return made


def _status(row: Mapping[str, Any], lane: Mapping[str, Any], told: Mapping[str, datetime]) -> tuple[str, datetime | None]:
    """How it is, in a word, and since when; None: nobody wrote it down, or it is as it should be."""
    if row["status"] == "disconnected":
        return "disconnected", row["updated_at"]
    if lane["refused"] is not None:
        return "refused", told.get("channel_refused")
    if "channel_unreachable" in told:
        return "down", told["channel_unreachable"]
    if row["status"] in ("recovering", "paused"):
        return row["status"], row["updated_at"]
    if row["status"] == "leaving":
        return "leaving", row["leaving_at"]
    if row["capabilities"] is None or row["status"] == "connected":
        return "connecting", row["created_at"]
    return ("degraded", min(told.values())) if told else ("ok", None)


def _severities(rows: Collection[Mapping[str, Any]]) -> dict[str, int]:
    found = dict.fromkeys(exceptions.SEVERITIES, 0)
    for row in rows:
        found[row["severity"]] += row["count"]
    return found


def _grouped(session: Session, query: Select[Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(query).mappings():
        found.setdefault(row["channel_id"], []).append(dict(row))
    return found


def _open_writes() -> Select[Any]:
    """Of all channels: that is little, and by the channel all that it ever wrote would be looked through."""
    w = writes.writes.c
    mine = (w.closed_at.is_(None),)
    return (
        select(w.channel_id, w.state, func.count().label("count"), func.min(w.created_at).label("since"))
        .where(*mine)
        .group_by(w.channel_id, w.state)
    )


def _due(ids: Collection[str], now: datetime) -> Select[Any]:
    c = counters.counters.c
    mine = (c.channel_id.in_(ids), c.due_at <= now, c.state == "active", c.target.is_not(None))
    return select(c.channel_id, func.count().label("count"), func.min(c.due_at).label("since")).where(*mine).group_by(c.channel_id)


def _states(session: Session, ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """How many counters are in each state. Nearly all are active, so the others are counted, and all of them."""
    c = counters.counters.c
    others = select(c.channel_id, c.state, func.count().label("count")).where(c.channel_id.in_(ids), text("state <> 'active'"))
    found = _grouped(session, others.group_by(c.channel_id, c.state))
    for row in session.execute(select(c.channel_id, func.count().label("count_")).where(c.channel_id.in_(ids)).group_by(c.channel_id)):
        if active := row.count_ - sum(each["count"] for each in found.get(row.channel_id, ())):
            found.setdefault(row.channel_id, []).append({"state": "active", "count": active})
    return found


def _waiting(ids: Collection[str]) -> Select[Any]:
    d = deliveries.deliveries.c
    mine = (d.channel_id.in_(ids), d.state == "waiting")
    return select(d.channel_id, func.count().label("count"), func.min(d.received_at).label("since")).where(*mine).group_by(d.channel_id)


def _differences() -> Select[Any]:
    """Of all channels, as with writes; so are exceptions."""
    d = differences.differences.c
    return select(d.channel_id, d.cause, func.count().label("count")).where(d.closed_at.is_(None)).group_by(d.channel_id, d.cause)


def _exceptions() -> Select[Any]:
    e = exceptions.exceptions.c
    mine = (e.closed_at.is_(None), e.channel_id.is_not(None))
    figures = (func.count().label("count"), func.min(e.opened_at).label("since"))
    return select(e.channel_id, e.cause, e.severity, *figures).where(*mine).group_by(e.channel_id, e.cause, e.severity)


def _open_exceptions(session: Session) -> list[dict[str, Any]]:
    """How many are open, by cause and severity."""
    e = exceptions.exceptions.c
    query = select(e.cause, e.severity, func.count().label("count")).where(e.closed_at.is_(None)).group_by(e.cause, e.severity)
    return [dict(row) for row in session.execute(query.order_by(e.cause, e.severity)).mappings()]


# What is normal for it


def _signs(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What tells whether it works: when it last happened, how often it is to be expected, and whether something is said to be wrong."""
    can: Capabilities | None = row["can"]
    poll_s = can.poll_every_s if can is not None else None
    patience = watch.write_patience(can, row["write_ms"]).total_seconds() if can is not None else None
    day = timedelta(days=1).total_seconds()
    return [
        _sign(row, "message", row["message_at"], None, "With every order, where it was asked for.", "channel_silent", "signatures_failing"),
        _sign(row, "poll", row["polled_at"], poll_s, "It is asked for changed orders.", "channel_unread"),
        _sign(
            row,
            "settled",
            row["settled_at"],
            poll_s + can.feed_lag_s if poll_s is not None and can is not None else None,
            "Every order that it counted before that is known.",
            "channel_unread",
            "order_parked",
        ),
        _sign(row, "write", row["written_at"], None, "When there is something to change.", "write_stuck", "write_unanswered", "budget_low"),
        _sign(row, "due", row["due_since"], patience, "The number that has waited longest to be changed.", "write_stuck"),
        _sign(row, "reconciliation", row["reconciled_at"], None, "All of its numbers and orders are compared.", "second_writer"),
        _sign(row, "listing", row["listed_at"], day, "What is on sale there is listed.", "counter_parked"),
        _sign(row, "subscription", None, None, "It is looked at every hour.", "subscription_gone"),
        _sign(row, "credentials", None, None, "What opens it.", "credentials_expiring", "channel_refused", "shop_setup"),
    ]


def _sign(row: Mapping[str, Any], name: str, at: datetime | None, normal_s: float | None, says: str, *causes: str) -> dict[str, Any]:
    wrong = sorted(set(causes) & set(row["wrong"]))
    age_s = round((chance.now() - at).total_seconds(), 1) if at is not None else None
    return {"name": name, "at": at, "age_s": age_s, "normal_s": normal_s, "says": says, "ok": not wrong, "wrong": wrong}
