"""What nobody reports: shops that fall silent, polls that don't end, writes without an answer. Looked for now and then.

Each finding is an exception that opens and closes by itself. Where another one already says why, nothing is added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app import chance
from app.database import Session
from app.domain import channels, counters, exceptions, writes
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause

WATCH = Cause("watch")

# Its orders changed so long after its last message: clocks differ, and messages may be late.
UNHEARD = timedelta(hours=1)
# And so long afterwards they had changed once more, with no message still.
SILENT_AFTER = timedelta(minutes=30)
UNREAD_AFTER = timedelta(minutes=15)
# It is opened after about a minute of failures: ten minutes in all.
URGENT_AFTER = timedelta(minutes=9)
UNANSWERED_AFTER = timedelta(minutes=2)
RIGHT_FOR = timedelta(hours=1)
MANY_HANDS = 3
HANDS_WITHIN = timedelta(hours=1)
# What says already why a channel isn't read.
_WHY_UNREAD = ("channel_refused", "channel_unreachable", "order_parked")

Findings = Mapping[str, Mapping[str, Any]]
"""By subject: what `exceptions.raise_` is told."""


def look(session: Session, *, listens: bool, since: datetime) -> None:
    """Open what there is to say, and close what is over. `listens`: shops can send us messages; `since`: we have been here so long."""
    now = chance.now()
    live = _live(session)
    _agree(session, "channel_silent", _silent(session, live if listens else [], now))
    _agree(session, "channel_unread", _unread(session, live, since, now))
    _agree(session, "write_unanswered", _unanswered(session, live, now))
    exceptions.worsen(session, "channel_unreachable", "urgent", opened_before=now - URGENT_AFTER)
    _set_right(session, now)
    for row in exceptions.open_of(session, "was_down"):
        if all(_read_since(each, row["opened_at"]) for each in live):
            exceptions.clear(session, "was_down", row["subject"], cause=WATCH)


def was_down(session: Session, run: str, last_seen: datetime) -> None:
    """The run before this one ended without a goodbye, so long ago that somebody should know."""
    now = chance.now()
    away = _minutes(now - last_seen)
    exceptions.raise_(
        session,
        "was_down",
        run[:300],
        severity="urgent",
        title=f"Tallystick was away for about {away}, until {now:%d %b %H:%M} UTC",
        advice="It wasn't stopped but ended: a power cut, a crash, or somebody killed it. Nothing is lost: what the shops sold meanwhile "
        "is being read now. If it happens again, look at the end of its log, and at whether the machine has enough memory.",
        facts={"from": last_seen.isoformat(), "until": now.isoformat()},
        cause=WATCH,
    )


def many_hands(session: Session, channel_id: str, *, cause: Cause) -> None:
    """A number was changed there by somebody else. One or two are a person's; several within the hour are a program's."""
    e, now = exceptions.exceptions.c, chance.now()
    answered = session.scalar(select(func.max(e.closed_at)).where(e.cause == "second_writer", e.subject == channel_id))
    after = max(now - HANDS_WITHIN, answered) if answered is not None else now - HANDS_WITHIN
    seen = (e.cause == "hand_edit", e.channel_id == channel_id, e.seen_at > after)
    found = session.scalar(select(func.count(e.subject.distinct())).where(*seen))
    if found < MANY_HANDS:
        return
    row = channels.get(session, channel_id)
    if row["status"] != "live":  # what it shows is only being found out
        return
    exceptions.raise_(
        session,
        "second_writer",
        channel_id,
        severity="urgent",
        title=f"Another program seems to set stock in {row['name']}",
        advice=f"{found} of its numbers were changed within an hour, and not by a sale or by us. Two programs that set the same numbers "
        "undo each other's work, and units are sold twice: switch the other one's stock sync off. If it was you who typed them, there is "
        "no harm. Then say that it is dealt with, by POST /resolve on this exception.",
        facts={"counters": found},
        channel_id=channel_id,
        cause=cause,
    )


def _agree(session: Session, cause_: str, found: Findings) -> None:
    opened = {row["subject"] for row in exceptions.open_of(session, cause_)}
    for subject in opened - found.keys():
        exceptions.clear(session, cause_, subject, cause=WATCH)
    for subject in found.keys() - opened:
        exceptions.raise_(session, cause_, subject, **found[subject], cause=WATCH)


def _live(session: Session) -> list[dict[str, Any]]:
    """Live channels that have been asked what they can do, with how their lanes stand."""
    c, lane = channels.channels.c, channels.lanes.c
    columns = (lane.settled_at, lane.watermark, lane.delivered_at, lane.unheard_since, lane.unheard_mark)
    query = select(c.id, c.name, c.capabilities, c.created_at, c.updated_at, *columns).join(channels.lanes, lane.channel_id == c.id)
    rows = session.execute(query.where(c.status == "live").order_by(c.id)).mappings()
    return [dict(row) | {"can": Capabilities.from_json(row["capabilities"])} for row in rows if row["capabilities"] is not None]


def _read_since(row: Mapping[str, Any], moment: datetime) -> bool:
    """Whether a poll that began then or later was read to its end."""
    return row["settled_at"] is not None and row["settled_at"] + timedelta(seconds=row["can"].feed_lag_s) >= moment


def _silent(session: Session, live: Sequence[Mapping[str, Any]], now: datetime) -> Findings:
    """Webhooks seem dead. A shop's rhythm is that of its changed orders: one that sells once a week is silent for a week.

    A single change that no message told of may have had none to send, so it takes two of them, some while apart.
    """
    found = {}
    for row in live:
        if not row["can"].subscribes:
            continue
        heard = max(row["delivered_at"] or row["created_at"], row["created_at"])
        if row["watermark"] is None or row["watermark"] - heard <= UNHEARD:
            if row["unheard_since"] is not None:
                channels.change_lane(session, row["id"], unheard_since=None, unheard_mark=None)
        elif row["unheard_since"] is None or row["unheard_since"] < heard:
            channels.change_lane(session, row["id"], unheard_since=now, unheard_mark=row["watermark"])
        elif now - row["unheard_since"] >= SILENT_AFTER and row["watermark"] > row["unheard_mark"]:
            found[row["id"]] = {
                "severity": "urgent",
                "title": f"{row['name']} sends no messages any more",
                "advice": "Its orders change, and it tells us nothing: its webhooks are gone or switched off, or they don't reach this "
                "service. Tallystick still asks for orders every few minutes, so nothing is lost, but sales are heard of later. In the "
                "shop's settings look at the webhooks that lead here; from outside, open the public address of this service.",
                "facts": {"last_message_at": row["delivered_at"] and row["delivered_at"].isoformat()},
                "channel_id": row["id"],
            }
    return found


def _unread(session: Session, live: Sequence[Mapping[str, Any]], since: datetime, now: datetime) -> Findings:
    """Live, and not polled to the end for a while."""
    known = {row["channel_id"] for cause in _WHY_UNREAD for row in exceptions.open_of(session, cause)}
    found = {}
    for row in live:
        read_at = row["settled_at"] + timedelta(seconds=row["can"].feed_lag_s) if row["settled_at"] is not None else None
        begun = max(since, row["updated_at"], read_at or row["created_at"])
        if row["id"] in known or now - begun <= UNREAD_AFTER + timedelta(seconds=row["can"].poll_every_s):
            continue
        found[row["id"]] = {
            "severity": "urgent",
            "title": f"Orders of {row['name']} couldn't be read to the end for {_minutes(now - begun)}",
            "advice": "It keeps being tried. Until it succeeds, numbers of this shop that need certainty aren't changed, and sales there "
            f"may be heard of late. What was said last stands in GET /v1/channels/{row['id']}, under lane.",
            "facts": {"read_at": read_at and read_at.isoformat()},
            "channel_id": row["id"],
        }
    return found


def _unanswered(session: Session, live: Sequence[Mapping[str, Any]], now: datetime) -> Findings:
    """Changes of which nobody can say whether the shop took them: their counters stand still until that is known."""
    w = writes.writes.c
    late = (w.closed_at.is_(None), w.state == "unknown", w.mode != "rebase", w.unknown_since <= now - UNANSWERED_AFTER)
    counts = {
        row.channel_id: row.n for row in session.execute(select(w.channel_id, func.count().label("n")).where(*late).group_by(w.channel_id))
    }
    return {
        row["id"]: {
            "severity": "warning",
            "title": f"{row['name']} didn't answer a change of its numbers",
            "advice": "Nobody can say whether it took it. These numbers stand still until they were read again, for "
            f"{_minutes(timedelta(seconds=row['can'].late_write_s))} at the most; what is set aside for them covers either case. There is "
            "nothing to do. If it happens often, the shop answers too slowly: ask whoever hosts it.",
            "facts": {"writes": counts[row["id"]]},
            "channel_id": row["id"],
        }
        for row in live
        if row["id"] in counts
    }


def _set_right(session: Session, now: datetime) -> None:
    """Numbers that somebody changed by hand, that have agreed with our records since, and that offer no more than was set aside."""
    rows = [row for row in exceptions.open_of(session, "hand_edit") if row["seen_at"] <= now - RIGHT_FOR]
    if not rows:
        return
    c = counters.counters.c
    query = select(c.id).where(c.id.in_([row["subject"] for row in rows]), c.known, c.excess_cause.is_(None), c.rebase_at.is_(None))
    for counter_id in session.execute(query).scalars().all():
        exceptions.clear(session, "hand_edit", counter_id, cause=WATCH)


def _minutes(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 120:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{round(minutes / 60)} hours" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"
