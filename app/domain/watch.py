"""What nobody reports: shops that fall silent, numbers that stay as they are, consents that run out, a clock that is wrong. Looked for
now and then.

Each finding is an exception that opens and closes by itself. Where another one already says why, nothing is added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import func, or_, select

from app import chance
from app.database import Session
from app.domain import channels, counters, differences, exceptions, signals, writes
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause
from app.domain.signals import isoformat, span
from app.statements import Prepared, given

WATCH = signals.WATCH

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
QUIET_FOR = timedelta(days=1)
# What says already why a channel isn't read.
_WHY_UNREAD = ("channel_refused", "channel_unreachable", "order_parked")
_WHY_UNWRITTEN = (*_WHY_UNREAD, "channel_unread")

# A number is refused so often before it is more than bad luck.
REFUSED_OFTEN = 3
REFUSED = ("refused", "stale")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# What is left of a consent's life.
WARNING_BEFORE = timedelta(days=14)
URGENT_BEFORE = timedelta(days=3)
# It is asked every hour and again after each failure.
UNSUBSCRIBED_AFTER = timedelta(hours=1)
# The part of a write budget that is used.
NEARLY_SPENT = 0.8
ENOUGH_LEFT = 0.6
# So long it counts that our clock jumped, where no shop says what time it is.
DOUBTED_FOR = timedelta(hours=1)

Findings = Mapping[str, Mapping[str, Any]]
"""By subject: what `exceptions.raise_` is told."""


def look(session: Session, *, listens: bool, since: datetime) -> None:
    """Open what there is to say, and close what is over. `listens`: shops can send us messages; `since`: we have been here so long."""
    now = chance.now()
    known = _known(session)
    live = [row for row in known if row["status"] == "live"]
    _agree(session, "channel_silent", _silent(session, live if listens else [], now))
    _agree(session, "channel_unread", _unread(session, live, since, now))
    _agree(session, "write_unanswered", _unanswered(session, live, now))
    _agree(session, "budget_low", _spent(session, live))
    _agree(session, "write_stuck", _stuck(session, [row for row in known if row["status"] in ("live", "leaving")], now))
    _agree(session, "credentials_expiring", _expiring(session, known, now))
    _agree(session, "clock_off", _clock(session, known, now))
    _not_subscribed(session, known, now)
    for cause in ("signatures_failing", "subscription_gone"):  # where nobody listens any more
        for subject in {row["subject"] for row in exceptions.open_of(session, cause)} - {row["id"] for row in known}:
            exceptions.clear(session, cause, subject, cause=WATCH)
    exceptions.worsen(session, "channel_unreachable", "urgent", opened_before=now - URGENT_AFTER)
    _set_right(session, now)
    _quiet(session, now)
    for row in exceptions.open_of(session, "was_down"):
        if all(_read_since(each, row["opened_at"]) for each in live):
            exceptions.clear(session, "was_down", row["subject"], cause=WATCH)


def was_down(session: Session, run: str, last_seen: datetime) -> None:
    """The run before this one ended without a goodbye, so long ago that somebody should know."""
    now = chance.now()
    away = span(now - last_seen)
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
    """Open what was found, close what wasn't, and say what is open anew where its figures have changed."""
    opened = {row["subject"]: row for row in exceptions.open_of(session, cause_)}
    for subject in sorted(opened.keys() - found.keys()):
        exceptions.clear(session, cause_, subject, cause=WATCH)
    for subject, what in sorted(found.items()):
        there = opened.get(subject)
        if there is None or (there["facts"], there["severity"]) != (what["facts"], what["severity"]):
            exceptions.raise_(session, cause_, subject, **what, cause=WATCH)


_c, _lane = channels.channels.c, channels.lanes.c
_channels = Prepared(
    select(
        *(_c.id, _c.name, _c.status, channels.capabilities_text, _c.created_at, _c.updated_at),
        *(_lane.settled_at, _lane.watermark, _lane.delivered_at, _lane.unheard_since, _lane.unheard_mark, _lane.written_at, _lane.write_ms),
        *(_lane.last_error, _lane.refused, _lane.clock_ahead_s, _lane.clock_at, _lane.subscribed, _lane.budgets),
    )
    .join(channels.lanes, _lane.channel_id == _c.id)
    .where(_c.status != "disconnected")
    .order_by(_c.id)
)


def _known(session: Session) -> list[dict[str, Any]]:
    """Channels that have been asked what they can do and aren't over, with how their lanes stand."""
    rows = session.rows(_channels, {})
    return [row | {"can": Capabilities.from_text(row["capabilities"])} for row in rows if row["capabilities"] is not None]


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
                "facts": {"last_message_at": isoformat(row["delivered_at"])},
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
            "title": f"Orders of {row['name']} couldn't be read to the end for {span(now - begun)}",
            "advice": "It keeps being tried. Until it succeeds, numbers of this shop that need certainty aren't changed, and sales there "
            f"may be heard of late. What was said last stands in GET /v1/channels/{row['id']}, under lane.",
            "facts": {"read_at": isoformat(read_at)},
            "channel_id": row["id"],
        }
    return found


_w = writes.writes.c
_without_answer = Prepared(
    select(_w.channel_id, func.count().label("n"))
    .where(_w.closed_at.is_(None), _w.state == "unknown", _w.mode != "rebase", _w.unknown_since <= given(_w.unknown_since, "before"))
    .group_by(_w.channel_id)
)


def _unanswered(session: Session, live: Sequence[Mapping[str, Any]], now: datetime) -> Findings:
    """Changes of which nobody can say whether the shop took them: their counters stand still until that is known."""
    counts = {row["channel_id"]: row["n"] for row in session.rows(_without_answer, {"before": now - UNANSWERED_AFTER})}
    return {
        row["id"]: {
            "severity": "warning",
            "title": f"{row['name']} didn't answer a change of its numbers",
            "advice": "Nobody can say whether it took it. These numbers stand still until they were read again, for "
            f"{span(timedelta(seconds=row['can'].late_write_s))} at the most; what is set aside for them covers either case. There is "
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
    d = differences.differences.c
    asked = select(d.id).where(d.counter_id == c.id, d.closed_at.is_(None)).exists()
    right = (c.known, c.excess_cause.is_(None), c.rebase_at.is_(None), ~asked)
    query = select(c.id).where(c.id.in_([row["subject"] for row in rows]), *right)
    for counter_id in session.execute(query).scalars().all():
        exceptions.clear(session, "hand_edit", counter_id, cause=WATCH)


def _quiet(session: Session, now: datetime) -> None:
    """Channels in which nobody set a number for a day: the other program is off, or it was a person."""
    e = exceptions.exceptions.c
    for row in exceptions.open_of(session, "second_writer"):
        typed = select(e.id).where(e.cause == "hand_edit", e.channel_id == row["subject"], e.seen_at > now - QUIET_FOR).limit(1)
        if session.execute(typed).first() is None:
            exceptions.clear(session, "second_writer", row["subject"], cause=WATCH)


# Writes that don't get through


def _spent(session: Session, live: Sequence[Mapping[str, Any]]) -> Findings:
    """Write budgets that are nearly used up: at the end of one only what lowers a number is written, and then nothing."""
    opened = {row["subject"] for row in exceptions.open_of(session, "budget_low")}
    found = {}
    for row in live:
        for used in signals.add_up_budgets(session, row, row["can"]):
            subject = row["id"] if used.listing is None else f"{row['id']}:{used.listing}"
            if used.part < (ENOUGH_LEFT if subject in opened else NEARLY_SPENT):
                continue
            whose = row["name"] if used.listing is None else f"listing {used.listing} of {row['name']}"
            found[subject] = {
                "severity": "warning",
                "title": f"The changes that {whose} allows are nearly used up"[:300],
                "advice": f"It allows {used.amount:.0f} in {span(timedelta(seconds=used.per_s))}. What is left is kept for numbers that "
                "have to go down. Until older changes count no more nothing goes up: it may sell less, and sells nothing twice. If it "
                "happens often, see whether another program changes the same numbers back.",
                # In steps, so that not every write is news.
                "facts": {"used_percent": 5 * int(used.part * 20), "allowed": used.amount, "in_s": used.per_s, "listing": used.listing},
                "channel_id": row["id"],
            }
    return found


def _stuck(session: Session, live: Sequence[Mapping[str, Any]], now: datetime) -> Findings:
    """Numbers that should have changed long ago, as fast as this channel is read and written when all is well.

    What waits for a budget isn't due before it may be looked at again, and what has no answer is told by `write_unanswered`.
    """
    known = {row["channel_id"] for cause in _WHY_UNWRITTEN for row in exceptions.open_of(session, cause)}
    found = {}
    for row in live:
        if row["id"] in known:
            continue
        patience = write_patience(row["can"], row["write_ms"])
        late = _late(session, row["id"], now - patience)
        if row["written_at"] is not None and row["written_at"] > now - patience:
            late = [each for each in late if each.refused]  # the others are behind a queue that moves
        if not late:
            continue
        since = min(each.since for each in late)
        silent = row["written_at"] is None or row["written_at"] <= since
        count = len(late)
        what = "A number" if count == 1 else f"{count} numbers"
        words = row["last_error"] or next((each.words for each in late if each.words), "none")
        found[row["id"]] = {
            "severity": "urgent" if silent else "warning",
            "title": f"{what} of {row['name']} couldn't be changed since {since:%d %b %H:%M} UTC",
            "advice": "It keeps being tried, and what is set aside covers what it shows. If the shop refuses the change, put it right "
            f"there; if it says nothing at all, look at its own status page. Its last words: {words[:300]}",
            "facts": {"numbers": count, "since": since.isoformat()},
            "channel_id": row["id"],
        }
    return found


def write_patience(can: Capabilities, write_ms: int | None) -> timedelta:
    """How long a number may take on this channel when all is well: it is polled, read, and written behind some others."""
    return UNREAD_AFTER + timedelta(seconds=2 * can.poll_every_s + can.feed_lag_s + can.read_lag_s + 20 * (write_ms or 1_000) / 1_000)


@dataclass(frozen=True, slots=True)
class _Late:
    """A number that should have changed: since when, whether it was refused again and again, and the channel's words about it."""

    since: datetime
    refused: bool = False
    words: str = ""


_due = counters.counters.c
_open_write = select(_w.id).where(_w.channel_id == _due.channel_id, _w.unit == _due.unit, _w.closed_at.is_(None)).exists()
_overdue = Prepared(
    select(_due.id, _due.due_at, _due.attempts)
    .where(_due.channel_id == given(_due.channel_id), _due.state == "active", _due.target.is_not(None), _due.due_at.is_not(None))
    .where(~_open_write, or_(_due.due_at <= given(_due.due_at, "before"), _due.attempts >= REFUSED_OFTEN))
)
_unsent = Prepared(
    select(_w.created_at).where(
        *(writes.is_open(given(_w.channel_id)), _w.mode != "rebase", _w.state == "intent", _w.created_at <= given(_w.created_at, "before"))
    )
)


def _late(session: Session, channel_id: str, before: datetime) -> list[_Late]:
    """What should have changed before a moment."""
    late_ones, unsent = session.rows_each([(query, {"channel_id": channel_id, "before": before}) for query in (_overdue, _unsent)])
    found = []
    for row in sorted(late_ones, key=itemgetter("id")):  # by the index of what is due, not by that of ids
        since, words = _refused_since(session, row["id"]) if row["attempts"] else (None, "")
        late = _Late(min(row["due_at"], since or row["due_at"]), row["attempts"] >= REFUSED_OFTEN, words)
        if late.since <= before:
            found.append(late)
    return found + [_Late(row["created_at"]) for row in unsent]


def _refused_since(session: Session, counter_id: str) -> tuple[datetime | None, str]:
    """When the first of the changes was made that were refused in a row, and what was said of the last."""
    w, entry = writes.writes.c, writes.write_entries.c
    ours = writes.writes.join(writes.write_entries, entry.write_id == w.id)
    mine = (entry.counter_id == counter_id, w.mode != "rebase", w.closed_at.is_not(None))
    taken = session.scalar(select(w.id).select_from(ours).where(*mine, w.outcome.not_in(REFUSED)).order_by(w.id.desc()).limit(1))
    refused = (*mine, w.outcome.in_(REFUSED), w.id > (taken or chance.first_id(LONG_AGO)))
    since = session.scalar(select(w.created_at).select_from(ours).where(*refused).order_by(w.id).limit(1))
    words = session.scalar(select(w.detail).select_from(ours).where(*refused).order_by(w.id.desc()).limit(1))
    return since, words or ""


# Consents, messages and the time


def _expiring(session: Session, known: Sequence[Mapping[str, Any]], now: datetime) -> Findings:
    """What opens a shop is good for a few days more. Once it is refused, that is said already."""
    refused = {row["subject"] for row in exceptions.open_of(session, "channel_refused")}
    found = {}
    for row in known:
        until = row["can"].credentials_until
        if until is None or until - now > WARNING_BEFORE or row["id"] in refused:
            continue
        path = f"/v1/channels/{row['id']}/consent"
        ends = f"ends on {until:%d %b}" if until > now else f"ended on {until:%d %b}"
        found[row["id"]] = {
            "severity": "urgent" if until - now <= URGENT_BEFORE else "warning",
            "title": f"What lets Tallystick into {row['name']} {ends}",
            "advice": f"Let it in anew before that: POST {path} names a page of the shop's. Open it in a browser in which you are signed "
            "in as its owner, and agree. Nothing stops meanwhile, and nothing has to be set up again.",
            "facts": {
                "until": until.isoformat(),
                "proposed": "Let Tallystick in anew",
                "call": {"method": "POST", "path": path, "body": None},
            },
            "channel_id": row["id"],
        }
    return found


def _not_subscribed(session: Session, known: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Subscriptions that nobody can look at. That they are right again is seen by whoever looks at them."""
    for row in known:
        since = (row["subscribed"] or {}).get("failing_since")
        if since is None or row["refused"] is not None or now - datetime.fromisoformat(since) < UNSUBSCRIBED_AFTER:
            continue
        facts = {"failing_since": since}
        if any(each["facts"] == facts for each in exceptions.open_of(session, "subscription_gone") if each["subject"] == row["id"]):
            continue
        exceptions.raise_(
            session,
            "subscription_gone",
            row["id"],
            severity="urgent",
            title=f"{row['name']} can't be asked to send us messages",
            advice="It keeps being tried. Orders are asked for meanwhile, so nothing is lost, but sales are heard of later. The last "
            f"answer: {row['subscribed'].get('why', '')}",
            facts=facts,
            channel_id=row["id"],
            cause=WATCH,
        )


def _clock(session: Session, known: Sequence[Mapping[str, Any]], now: datetime) -> Findings:
    """Our clock, by the shops that keep the time. Where there is none and our clock has jumped, any shop may say that it is right."""
    said = [row for row in known if row["clock_ahead_s"] is not None and row["refused"] is None]
    keepers = [row for row in said if row["can"].keeps_time]
    limit = signals.OFF_BY.total_seconds()
    off = [row for row in keepers if abs(row["clock_ahead_s"]) > limit]
    if off:
        worst = max(off, key=lambda row: abs(row["clock_ahead_s"]))
        how = "ahead" if worst["clock_ahead_s"] > 0 else "behind"
        title = f"Tallystick's clock is {span(timedelta(seconds=abs(worst['clock_ahead_s'])))} {how}, says {worst['name']}"
        facts: dict[str, Any] = {"ahead_s": {row["name"]: row["clock_ahead_s"] for row in off}}
        return {signals.CLOCK: {"severity": "urgent", "title": title, "advice": signals.CLOCK_ADVICE, "facts": facts}}
    for row in exceptions.open_of(session, "clock_off"):
        vouched = any(each["clock_at"] >= row["seen_at"] and abs(each["clock_ahead_s"]) <= limit for each in said)
        if "jumped_s" in row["facts"] and not keepers and not vouched and now - row["seen_at"] < DOUBTED_FOR:
            return {signals.CLOCK: {name: row[name] for name in ("severity", "title", "advice", "facts")}}
    return {}
