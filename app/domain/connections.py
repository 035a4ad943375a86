"""Starting, pausing, and the end of a connection.

Pausing keeps what was set aside for a channel's counters. Ending asks first, because what a shop shows can still be sold there: it is
lowered to zero, kept for it, or a person says that it is gone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from app import chance
from app.database import Session
from app.domain import channels, entries, plans, recovery, stock, writes
from app.domain.causes import Cause
from app.domain.counters import allotments, changed, counters, of_skus, release
from app.domain.errors import AskFirst, WrongState

# SKUs that are dealt with in one transaction.
AT_ONCE = 50


def start(session: Session, channel_id: str, *, cause: Cause) -> dict[str, Any]:
    """Write to the channel from now on; its SKUs are planned anew. What was to end goes on.

    Whether it is known well enough for that is `going_live`'s business. Raises: NotFound; WrongState once it is disconnected, and while
    the store recovers.
    """
    recovery.refuse(session)
    before = channels.get(session, channel_id, lock=True)["status"]
    row = channels.change(session, channel_id, {"status": "live", "leaving_at": None}, cause=cause)
    if before in ("connected", "leaving"):
        cover(session, channel_id)
    replan(session, channel_id)
    return row


def pause(session: Session, channel_id: str, *, cause: Cause) -> dict[str, Any]:
    """Write nothing to it any more; it is listened to, and keeps what was set aside for it.

    Raises: NotFound; WrongState unless it is live.
    """
    row = channels.get(session, channel_id, lock=True)
    if row["status"] == "leaving":
        raise WrongState("This channel is on its way out: `start` calls that off.", status="leaving")
    if row["status"] not in ("live", "paused", "recovering"):
        raise WrongState(f"This channel is {row['status']}: nothing is written to it anyway.", status=row["status"])
    changed = channels.change(session, channel_id, {"status": "paused"}, cause=cause)
    replan(session, channel_id)
    return changed


def disconnect(session: Session, channel_id: str, shown: str | None = None, *, cause: Cause) -> dict[str, Any]:
    """End the connection: it is neither listened to nor written any more. Its orders stay.

    What it shows can still be sold there, so somebody says what becomes of it. `zero`: its numbers are lowered first, and it ends by
    itself once every order from before that is known. `set_aside`: it ends now, and what it shows is offered to nobody else. `gone`:
    nothing is on sale there any more; the units are free, a chunk at a time: call `free` until nothing is left.

    Raises: NotFound; AskFirst where it shows something and nobody says; WrongState while a change to it is under way (not for `zero`),
            and once it is over.
    """
    row = channels.get(session, channel_id, lock=True)
    if row["status"] == "disconnected":
        if shown != "gone" or not set_aside(session, channel_id):
            raise WrongState("This channel was disconnected. Connect the shop anew.", status="disconnected")
        free(session, channel_id, cause=cause)
        return channels.view(session, channel_id)
    showing = on_show(session, channel_id)
    if showing and shown is None:
        raise AskFirst(
            f"{row['name']} may still show {showing}, and buyers can buy them. Say what becomes of them, as `shown`: `zero`: Tallystick "
            "lowers everything there to 0, waits for the last orders, frees the units, and then it is disconnected by itself. "
            "`set_aside`: it ends now, and what it shows is kept for it until you say `gone`. `gone`: you have seen that nothing is on "
            "sale there any more; the units are free at once.",
            counters=showing,
        )
    if showing and shown == "zero":
        changed = channels.change(session, channel_id, {"status": "leaving", "leaving_at": chance.now()}, cause=cause)
        if row["status"] == "connected":
            cover(session, channel_id)
        replan(session, channel_id)
        plans.wake(session, channel_id)
        return changed
    # Held until the end: whoever would set units aside for one of them waits here.
    theirs = select(counters.c.id).where(counters.c.channel_id == channel_id).order_by(counters.c.id)
    session.execute(theirs.with_for_update()).scalars().all()
    if waiting := len(writes.open_of_channel(session, channel_id)):
        raise WrongState("A change to it is still under way, and nobody can say yet what came of it. Try again shortly.", writes=waiting)
    channels.change(session, channel_id, {"status": "disconnected", "leaving_at": None}, cause=cause)
    if shown == "gone":
        free(session, channel_id, cause=cause)
    elif row["status"] == "connected":
        cover(session, channel_id)
    replan(session, channel_id)
    return channels.view(session, channel_id)


def on_show(session: Session, channel_id: str) -> str:
    """What buyers may find on the channel, in words; nothing where it never showed anything."""
    c = counters.c
    query = select(func.count(), func.coalesce(func.sum(c.shown * c.per), 0)).where(
        c.channel_id == channel_id, c.sku_id.is_not(None), c.state != "gone", (c.shown + c.below > 0) | ~c.known
    )
    numbers, units = (int(each) for each in session.execute(query).one())
    kept = set_aside(session, channel_id)
    if not numbers and not kept:
        return ""
    shows = "1 unit" if max(units, kept) == 1 else f"{max(units, kept)} units"
    return f"{shows} under {numbers} numbers" if numbers > 1 else shows


def set_aside(session: Session, channel_id: str) -> int:
    """Units that only this channel may sell."""
    a = allotments.c
    query = select(func.coalesce(func.sum(a.quantity), 0)).join(counters, counters.c.id == a.counter_id)
    return int(session.scalar(query.where(counters.c.channel_id == channel_id)))


def cover(session: Session, channel_id: str) -> None:
    """What it shows is set aside for it from now on, as far as there are units: of a few SKUs at once, of many one after another by
    the planning, which looks for that first."""
    theirs = select(counters.c.sku_id).where(counters.c.channel_id == channel_id, counters.c.sku_id.is_not(None)).distinct()
    found = list(session.execute(theirs.limit(AT_ONCE + 1)).scalars())
    if len(found) <= AT_ONCE:
        stock.freed(session).update(found)


def free(session: Session, channel_id: str, *, cause: Cause) -> bool:
    """A person says that nothing is on sale there: some of what was set aside for it is free. Returns whether there is more.

    Raises: WrongState unless the channel is over.
    """
    row = channels.get(session, channel_id, lock=True)
    if row["status"] != "disconnected":
        raise WrongState("Disconnect this channel first.", status=row["status"])
    c = counters.c
    shows = (c.channel_id == channel_id, c.sku_id.is_not(None), c.state != "gone")
    sku_ids = sorted(session.execute(select(c.sku_id).where(*shows).distinct().order_by(c.sku_id).limit(AT_ONCE)).scalars())
    for counter in of_skus(session, sku_ids):
        if counter.channel_id == channel_id and counter.state != "gone":
            nothing: dict[str, Any] = {
                "shown": 0,
                "below": 0,
                "exposed": 0,
                "known": False,
                "state": "gone",
                "target": None,
                "due_at": None,
            }
            entries.change(session, counter, "freed", None, cause=cause, **nothing, rebase_at=None)
            release(session, counter, cause=cause)
            changed(session, counter)
    plans.mark(session, sku_ids)
    return bool(session.scalar(select(c.id).where(*shows).limit(1)))


def left(session: Session, channel_id: str, *, cause: Cause) -> bool:
    """End a leaving channel, if that can be done: nothing is on offer there, nothing is under way, and every order that it took until
    then is known. Returns whether it is over."""
    row = channels.get(session, channel_id, lock=True)
    if row["status"] != "leaving" or on_show(session, channel_id) or writes.open_of_channel(session, channel_id):
        return False
    lane = channels.lane(session, channel_id)
    last = select(func.max(writes.writes.c.closed_at)).where(writes.writes.c.channel_id == channel_id, writes.writes.c.mode != "rebase")
    written_at = session.scalar(last)
    since = max(row["leaving_at"], written_at) if written_at is not None else row["leaving_at"]
    if lane["settled_at"] is None or lane["settled_at"] < since:
        # The poll that tells has to begin this late; one that did, and still left something open, is repeated at the channel's own pace.
        tells = since + timedelta(seconds=(row["capabilities"] or {}).get("feed_lag_s", 0.0))
        due = max(tells, chance.now())
        if (lane["polled_at"] is None or lane["polled_at"] < tells) and (lane["poll_due_at"] is None or lane["poll_due_at"] > due):
            channels.change_lane(session, channel_id, poll_due_at=due)
        return False
    channels.change(session, channel_id, {"status": "disconnected", "leaving_at": None}, cause=cause)
    return True


def replan(session: Session, channel_id: str) -> None:
    """Something about the channel changed that its counters' shares depend on."""
    theirs = select(counters.c.sku_id).where(counters.c.channel_id == channel_id, counters.c.sku_id.is_not(None))
    session.execute(update(plans.sku_plans).where(plans.sku_plans.c.sku_id.in_(theirs)).values(due_at=plans.due_by(chance.now())))
    plans.wake(session, plans.PLANNER)
