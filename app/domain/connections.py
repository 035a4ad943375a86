"""Going live, pausing, and the end of a connection.

Pausing keeps what was set aside for a channel's counters. Ending it doesn't: so it is refused while units are set aside, or while
nobody can say what a change that is under way came to.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update

from app import chance
from app.database import Session
from app.domain import channels, plans, store, writes
from app.domain.causes import Cause
from app.domain.counters import allotments, counters
from app.domain.errors import WrongState


def start(session: Session, channel_id: str, *, cause: Cause) -> dict[str, Any]:
    """Write to the channel from now on; its SKUs are planned anew. Raises: NotFound; WrongState once it is disconnected."""
    row = channels.change(session, channel_id, {"status": "live"}, cause=cause)
    replan(session, channel_id)
    return row


def pause(session: Session, channel_id: str, *, cause: Cause) -> dict[str, Any]:
    """Write nothing to it any more; it is listened to, and keeps what was set aside for it.

    Raises: NotFound; WrongState unless it is live.
    """
    row = channels.get(session, channel_id, lock=True)
    if row["status"] not in ("live", "paused"):
        raise WrongState(f"This channel is {row['status']}: nothing is written to it anyway.", status=row["status"])
    changed = channels.change(session, channel_id, {"status": "paused"}, cause=cause)
    replan(session, channel_id)
    return changed


def disconnect(session: Session, channel_id: str, *, cause: Cause) -> dict[str, Any]:
    """End the connection: it is neither listened to nor written any more. Its orders stay.

    Raises: NotFound; WrongState while something is set aside for it or under way, and once it is over.
    """
    channels.get(session, channel_id, lock=True)
    # Held until the end: whoever would set units aside for one of them waits here.
    theirs = select(counters.c.id).where(counters.c.channel_id == channel_id).order_by(counters.c.id)
    ids = list(session.execute(theirs.with_for_update()).scalars())
    given = int(session.scalar(select(func.coalesce(func.sum(allotments.c.quantity), 0)).where(allotments.c.counter_id.in_(ids))))
    if given:
        units = "1 unit is" if given == 1 else f"{given} units are"
        raise WrongState(f"{units} still set aside for what it shows. Pause it and set its counters to zero first.", allotted=given)
    if waiting := len(writes.open_of_channel(session, channel_id)):
        raise WrongState("A change to it is still under way, and nobody can say yet what came of it. Try again shortly.", writes=waiting)
    return channels.change(session, channel_id, {"status": "disconnected"}, cause=cause)


def replan(session: Session, channel_id: str) -> None:
    """Something about the channel changed that its counters' shares depend on."""
    theirs = select(counters.c.sku_id).where(counters.c.channel_id == channel_id, counters.c.sku_id.is_not(None)).distinct()
    plans.mark(session, session.execute(theirs).scalars())


def gone_back(session: Session) -> int:
    """This ledger comes from a backup: what happened since is unknown to it. Nothing is written until a person starts each channel.

    Orders are taken in meanwhile and counters are read. A change that was under way when the backup was made isn't sent again: nobody
    knows what its key stands for by now. Returns the new epoch.
    """
    now = chance.now()
    session.execute(update(channels.channels).where(channels.channels.c.status == "live").values(status="paused", updated_at=now))
    session.execute(update(channels.lanes).values(lease_until=None, poll_due_at=now, capabilities_due_at=now, listings_due_at=now))
    w = writes.writes.c
    left = (w.closed_at.is_(None), w.state.in_(("intent", "unknown", "accepted")), w.mode != "rebase")
    session.execute(update(writes.writes).where(*left).values(state="unknown", repeatable=False, unknown_since=now, due_at=now))
    session.execute(update(counters).where(counters.c.sku_id.is_not(None)).values(rebase_at=now, due_at=None))
    return store.raise_epoch(session)
