"""Signals: what is noted of a channel while it is worked for, so that somebody who looks can tell that something is wrong.

How far our clock is from the shops', whether their subscriptions stay, whether messages are signed, how much of a budget is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from app import chance
from app.database import Session
from app.domain import channels, exceptions, writes
from app.domain.capabilities import Budget, Capabilities
from app.domain.causes import Cause

WATCH = Cause("watch")

# Our clock

OFF_BY = timedelta(minutes=2)
MOVED = timedelta(seconds=30)
CLOCK = "clock"  # the subject of its exception: there is one
_MOST_S = 10**9


def clock_moved(lane: dict[str, Any], ahead: timedelta) -> bool:
    """Whether what was measured is worth writing down."""
    return lane["clock_ahead_s"] is None or abs(ahead.total_seconds() - lane["clock_ahead_s"]) > MOVED.total_seconds()


def note_clock(session: Session, channel_id: str, ahead: timedelta) -> None:
    """Our clock is so far ahead of this shop's."""
    seconds = max(-_MOST_S, min(_MOST_S, round(ahead.total_seconds())))
    channels.change_lane(session, channel_id, clock_ahead_s=seconds, clock_at=chance.now())


def clock_jumped(session: Session, by: timedelta) -> None:
    """Our own clock was set while we ran, or the machine slept: what was measured with it is off by as much, until it is once more.

    Whether it is right now nobody has said yet, so it counts as wrong until somebody does: see `watch`.
    """
    lane = channels.lanes.c
    seconds = max(-_MOST_S, min(_MOST_S, round(by.total_seconds())))
    session.execute(update(channels.lanes).where(lane.clock_ahead_s.is_not(None)).values(clock_ahead_s=lane.clock_ahead_s + seconds))
    before = sum(row["facts"].get("jumped_s", 0) for row in exceptions.open_of(session, "clock_off"))
    jumped = timedelta(seconds=before + seconds)
    if abs(jumped) <= OFF_BY:  # it was set back
        exceptions.clear(session, "clock_off", CLOCK, cause=WATCH)
        return
    which = "ahead" if jumped > timedelta() else "back"
    exceptions.raise_(
        session,
        "clock_off",
        CLOCK,
        severity="urgent",
        title=f"Tallystick's clock jumped {which} by {span(abs(jumped))}",
        advice=CLOCK_ADVICE,
        facts={"jumped_s": round(jumped.total_seconds())},
        cause=WATCH,
    )


CLOCK_ADVICE = (
    "Set the clock of the machine that Tallystick runs on, and let it be kept by a time server (timedatectl set-ntp true). Until it is "
    "right no hold lapses: units of carts and unpaid orders stay set aside. If the machine only slept, there is nothing to do: it is over "
    "as soon as a shop says that the time is right."
)


def clock_is_off(session: Session) -> bool:
    """Nobody knows what time it is: whatever would lapse waits."""
    return bool(exceptions.open_of(session, "clock_off"))


class OwnClock:
    """Our clock beside the one that never jumps. One of each running process."""

    def __init__(self) -> None:
        self._apart_s = self._now()

    def _now(self) -> float:
        return chance.now().timestamp() - chance.monotonic()

    def jumped(self) -> timedelta | None:
        """By how much it jumped since it was last asked; None: by less than matters."""
        by = timedelta(seconds=self._now() - self._apart_s)
        if abs(by) <= OFF_BY:
            return None
        self._apart_s += by.total_seconds()
        return by


# Subscriptions

PUT_BACK_OFTEN = 3


def subscribed(session: Session, channel: dict[str, Any], url: str, topics: Sequence[str], changed: Sequence[str]) -> None:
    """Its subscriptions were looked at. `changed`: what had to be put right; where we ask for the same as before, it was gone."""
    now = chance.now()
    before = channels.lane(session, channel["id"])["subscribed"] or {}
    asked = {"url": url, "topics": sorted(topics), "version": channel["version"]}
    same = {name: before.get(name) for name in asked} == asked
    day_ago = (now - timedelta(days=1)).isoformat()
    put_back = [at for at in before.get("put_back", ()) if at > day_ago]
    if changed and same:
        put_back.append(now.isoformat())
        often = len(put_back) >= PUT_BACK_OFTEN
        times = "again" if len(put_back) == 1 else f"{len(put_back)} times within a day"
        exceptions.raise_(
            session,
            "subscription_gone",
            channel["id"],
            severity="urgent" if often else "warning",
            title=f"{channel['name']} had forgotten to send us messages, and was asked {times}",
            advice="Somebody or something takes Tallystick's webhooks away there: another app, a plugin, or the shop itself after "
            "deliveries that failed. They were put back, and orders are asked for meanwhile, so nothing is lost. If it happens again and "
            "again, look at the shop's list of webhooks, and see whether the public address of this service can be reached from outside.",
            facts={"changed": list(changed)[:20], "put_back": put_back},
            channel_id=channel["id"],
            cause=WATCH,
        )
    else:
        exceptions.clear(session, "subscription_gone", channel["id"], cause=WATCH)
    stands = asked | {"put_back": put_back[-20:]}
    if before != stands:
        channels.change_lane(session, channel["id"], subscribed=stands)


def not_subscribed(session: Session, channel: dict[str, Any], why: str, *, again_at: datetime) -> None:
    """Its subscriptions couldn't be looked at: since when is kept, and `watch` says so once that has lasted."""
    before = channels.lane(session, channel["id"])["subscribed"] or {}
    stands = {"failing_since": chance.now().isoformat(), "why": why[:300]} | before
    channels.change_lane(session, channel["id"], subscribed=stands, subscriptions_due_at=again_at)


# Signatures

IN_A_ROW = 10


def signatures_failing(session: Session, channel_id: str, in_a_row: int) -> None:
    """So many messages in a row weren't signed with the channel's secret, and none between them was."""
    row = channels.get(session, channel_id)
    if row["status"] == "disconnected":
        return
    exceptions.raise_(
        session,
        "signatures_failing",
        channel_id,
        severity="urgent",
        title=f"Messages for {row['name']} have a wrong signature",
        advice=f"{in_a_row} in a row, and none of them was believed. Either the signing secret was changed in the shop: enter the new one "
        f"by PATCH /v1/channels/{channel_id} (credentials). Or a stranger who knows the address sends them: then there is nothing to do. "
        "Nothing of them is stored; orders are asked for meanwhile, so sales are heard of a little later.",
        facts={"in_a_row": in_a_row},
        channel_id=channel_id,
        cause=WATCH,
    )


def signed_again(session: Session, channel_id: str) -> None:
    """A message was signed as it should be."""
    exceptions.clear(session, "signatures_failing", channel_id, cause=WATCH)


def listened_to(session: Session) -> tuple[list[dict[str, Any]], set[str]]:
    """The channels that messages may come for, and those of them whose signatures fail."""
    return channels.active(session), {row["subject"] for row in exceptions.open_of(session, "signatures_failing")}


# Budgets

ADDED_UP_EVERY = timedelta(minutes=1)
# Of listings those are named that used such a part of theirs, and so many of them.
MUCH = 0.5
NAMED = 50


@dataclass(frozen=True, slots=True)
class Used:
    """How much of a write budget was used within its time. `listing` None: it is the channel's."""

    name: str
    listing: str | None
    sent: int
    amount: float
    per_s: float

    @property
    def part(self) -> float:
        return self.sent / self.amount


def budgets_of(lane: Mapping[str, Any]) -> list[Used]:
    """What was used when it was last added up."""
    return [Used(**each) for each in (lane["budgets"] or {}).get("used", ())]


def add_up_budgets(session: Session, lane: Mapping[str, Any], can: Capabilities) -> list[Used]:
    """How much of the channel's write budgets is used now, and of those of its listings that used much. It takes a look at all that was
    written in their time, so it is done once a minute at the most. `lane`: its id, and `budgets`."""
    now = chance.now()
    before = lane["budgets"]
    if before is not None and timedelta() <= now - datetime.fromisoformat(before["at"]) < ADDED_UP_EVERY:
        return budgets_of(lane)
    found: list[Used] = []
    for budget in can.budgets:
        if budget.name == "writes":
            found.append(Used(budget.name, None, sum(_sent(session, lane["id"], budget).values()), budget.amount, budget.per_s))
        elif budget.name == "writes of a listing":
            each = [Used(budget.name, name, sent, budget.amount, budget.per_s) for name, sent in _sent(session, lane["id"], budget).items()]
            found += sorted((used for used in each if used.part >= MUCH), key=lambda used: (-used.part, used.listing or ""))[:NAMED]
    if found or (before is not None and before["used"]):
        kept = {"at": now.isoformat(), "used": [asdict(each) for each in found]}
        channels.change_lane(session, lane["id"], budgets=kept)
    return found


def _sent(session: Session, channel_id: str, budget: Budget) -> dict[str, int]:
    """Requests of each listing within the budget's time."""
    w = writes.writes.c
    since = chance.first_id(chance.now() - timedelta(seconds=budget.per_s))
    query = select(w.unit, func.sum(w.sends).label("sends")).where(w.channel_id == channel_id, w.id >= since).group_by(w.unit)
    found: dict[str, int] = {}
    for row in session.execute(query):
        listing = row.unit.partition("#")[0]
        found[listing] = found.get(listing, 0) + int(row.sends)
    return found


# Words


def span(of: timedelta) -> str:
    """A length of time, for people."""
    minutes = max(1, round(of.total_seconds() / 60))
    if minutes < 120:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    return f"{round(minutes / 60)} hours" if minutes < 48 * 60 else f"{round(minutes / 1440)} days"


def isoformat(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
