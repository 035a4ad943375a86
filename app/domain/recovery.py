"""Recovery: a ledger that may have gone back in time writes to no shop until a person says so.

A restored backup, an old file put back and a copy of the data directory have this in common: the shops have moved on, and what was set
aside for them since is unknown. So the epoch rises, and every channel that was live is `recovering`: its orders since then are taken in,
what is on sale is listed and each number is read, while nothing is written to any shop. Then `resume` makes it live.

A reading counts once no request of the ledger that was lost can take effect any more: `late_write_s` after the epoch rose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Table, delete, func, insert, select, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import channels, events, exceptions, plans, store, writes
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause
from app.domain.channels import lanes
from app.domain.counters import Counter, counters
from app.domain.errors import InsufficientStock, NotFound, NotReady, WrongState
from app.domain.listings import listings

# So many differences are shown for each channel, the largest first; the others are counted.
SHOWN = 20

# What may have happened, as a shopkeeper would say it.
WHY = {
    "restored": "it was restored from a backup",
    "no_mark": "its mark is missing, the small file beside the data directory, so this may be a copy of another store's data",
    "unreadable_mark": "its mark can't be read, the small file beside the data directory",
    "other_store": "the mark beside the data directory belongs to another store; each store needs its own (TALLYSTICK_MARK_FILE)",
    "other_epoch": "the mark beside the data directory was made at another time than the database: one of them was exchanged",
    "copied": "its database isn't the file that it was: it was copied here, or put back",
    "older": "its database knows less than it did when it last ran: an older one was put in its place",
    "other_database": "its database isn't the one that it was: it was copied, restored or failed over to another server",
    "moved": "it was moved to PostgreSQL, and that was taken back",
    "rehearsal": "it is a rehearsal of the move to PostgreSQL, copied while the store itself goes on",
}
REHEARSAL = "rehearsal"

# What was to end is ended once more by a person.
_BECOMES = {"live": "recovering", "leaving": "paused"}

recovery_readings = Table(
    "recovery_readings",
    metadata,
    # What a counter showed when it was read after the epoch rose, and how much of that our records can't explain.
    Column("counter_id", Id(), ForeignKey("counters.id"), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("unexplained", Integer, nullable=False),
    Column("read_at", Utc, nullable=False),
)


class BeingRead(InsufficientStock):
    """Fewer units are free than were asked for, as far as anybody can say: shops' numbers are being read."""

    def __init__(self, short: list[dict[str, Any]]) -> None:
        super().__init__(short)
        named = ", ".join(each["sku"] for each in short)
        self.detail = f"{named}: how many a shop shows is being read, so none is promised now. Try again shortly; GET /v1/recovery."


def gone_back(session: Session, why: str, *, cause: Cause) -> int:
    """This ledger may be older than the shops are: from now on nothing is written to any of them. `why` is one of WHY.

    A change that was under way isn't sent again: nobody knows what its key stands for by now. Returns the new epoch.
    """
    epoch = store.raise_epoch(session)
    events.leap(session)
    was = store.get(session)
    now = chance.now()
    found = channels.active(session)
    if not found and why != REHEARSAL:
        return epoch
    everywhere = [row["id"] for row in found]
    # A second look at the same ledger (it was restored, and then its mark was missing) says nothing new; that it is a second one does.
    why = why if why == REHEARSAL else was["recovering_why"] or why
    latest = select(events.events.c.at).order_by(events.events.c.seq.desc()).limit(1)
    knows_until = was["knows_until"] or session.scalar(latest) or was["created_at"]
    said = {"recovering_since": now, "recovering_why": why, "knows_until": knows_until}
    session.execute(update(store.store).values(**said))
    for row in found:
        if row["status"] in _BECOMES:
            channels.change(session, row["id"], {"status": _BECOMES[row["status"]], "leaving_at": None}, cause=cause)
    # What is on sale isn't known before it was listed again, and no number before it was read: until then nobody is given more.
    again = {"poll_due_at": now, "capabilities_due_at": now, "listings_due_at": now, "listed_at": None}
    session.execute(update(lanes).where(lanes.c.channel_id.in_(everywhere)).values(lease_until=None, **again))
    _doubt_writes(session, now)
    theirs = (counters.c.channel_id.in_(everywhere), counters.c.sku_id.is_not(None))
    session.execute(update(counters).where(*theirs).values(known=False, rebase_at=now, due_at=None))
    session.execute(delete(recovery_readings))
    _tell(session, epoch, why, knows_until, cause=cause)
    return epoch


def _doubt_writes(session: Session, now: datetime) -> None:
    """What was sent may land yet and is waited out; what was read, was read too long ago."""
    w, entry = writes.writes.c, writes.write_entries.c
    still_open = w.closed_at.is_(None)
    sent = (still_open, w.state.in_(("intent", "unknown", "accepted")))
    session.execute(update(writes.writes).where(*sent).values(state="unknown", repeatable=False, unknown_since=now, due_at=now))
    read = (still_open, w.state.in_(("reading", "settling")))
    unread = {"reading": None, "put_back_since": 0, "learned_since": 0}
    session.execute(update(writes.write_entries).where(entry.write_id.in_(select(w.id).where(*read))).values(**unread))
    session.execute(update(writes.writes).where(*read).values(state="reading", settle_after=None, due_at=now))


def _tell(session: Session, epoch: int, why: str, knows_until: datetime, *, cause: Cause) -> None:
    events.append(session, "store.recovering", None, {"epoch": epoch, "why": why, "knows_until": knows_until.isoformat()}, cause=cause)
    _tell_no_more(session, cause=cause)
    exceptions.raise_(
        session,
        "recovering",
        str(epoch),
        severity="urgent",
        title="Nothing is written to your shops: this store may be older than they are",
        advice=f"{said(why)} It knows what happened up to {knows_until:%Y-%m-%d %H:%M} UTC. Your shops go on selling by themselves, with "
        "the numbers that they show; their orders since then are being taken in. If this store still runs somewhere else, stop this one. "
        "Otherwise enter what you received, lost or sold outside of them since then, and run `tallystick resume`: it shows what is "
        "different and goes on when you say so. GET /v1/recovery.",
        facts={"epoch": epoch, "why": why, "knows_until": knows_until.isoformat()},
        cause=cause,
    )


def _tell_no_more(session: Session, *, cause: Cause) -> None:
    e = exceptions.exceptions.c
    for subject in list(session.execute(select(e.subject).where(e.cause == "recovering", e.closed_at.is_(None))).scalars()):
        exceptions.clear(session, "recovering", subject, cause=cause)


def said(why: str) -> str:
    """Why it recovers, as a sentence."""
    return f"This store may have gone back in time: {WHY[why]}."


def refuse(session: Session) -> None:
    """Nothing goes live by itself meanwhile. Raises: WrongState."""
    row = store.get(session)
    if row["recovering_since"] is not None:
        raise WrongState(f"{said(row['recovering_why'])} Nothing is written to shops before `tallystick resume`: use resume, not start.")


def refuse_unread(session: Session, known: Mapping[str, Mapping[str, Any]], wants: Iterable[tuple[str, int]]) -> None:
    """What a shop may be showing since then isn't promised to anybody else before its number was read.

    `known`: the SKUs by their codes, as the catalogue finds them; `wants` are (SKU code, quantity). Raises: BeingRead.
    """
    if not any(sku["recovering"] for sku in known.values()):
        return
    ids = sorted({sku["id"] for sku in known.values()})
    unread = (counters.c.sku_id.in_(ids), counters.c.state == "active", ~counters.c.known, channels.channels.c.status != "disconnected")
    waiting = set(session.execute(select(counters.c.sku_id).join(channels.channels).where(*unread)).scalars())
    if short := [{"sku": known[code]["code"], "asked": n, "available": 0} for code, n in wants if known[code]["id"] in waiting]:
        raise BeingRead(short)


def noted(session: Session, counter: Counter, shown: int, *, read_at: datetime) -> datetime | None:
    """A counter was read and every order before that recorded; `counter.shown` is what we made of it so far.

    Returns: since when the store recovers, which explains any difference; None where it doesn't.
    """
    row = store.get(session)
    since: datetime | None = row["recovering_since"]
    if since is None:
        return None
    mine = recovery_readings.c.counter_id == counter.id
    before = session.execute(select(recovery_readings).where(mine)).mappings().one_or_none()
    unexplained = shown - counter.shown + (before["unexplained"] if before is not None else 0)
    session.execute(delete(recovery_readings).where(mine))
    reading = {"epoch": row["epoch"], "shown": shown, "unexplained": unexplained, "read_at": read_at}
    session.execute(insert(recovery_readings), {"counter_id": counter.id} | reading)
    return since


# How far it is


def view(session: Session) -> dict[str, Any]:
    """Whether the store recovers, why, and how far each shop is."""
    row = store.get(session)
    since = row["recovering_since"]
    found = {"recovering": since is not None, "epoch": row["epoch"], "since": since, "knows_until": None, "why": None, "said": None}
    if since is None:
        return found | {"channels": []}
    found |= {"knows_until": row["knows_until"], "why": row["recovering_why"], "said": said(row["recovering_why"])}
    return found | {"channels": [_progress(session, each, since) for each in channels.active(session)]}


def _progress(session: Session, channel: Mapping[str, Any], since: datetime) -> dict[str, Any]:
    """How far one shop is, and what is missing before it may be written again."""
    id, lane = channel["id"], channels.lane(session, channel["id"])
    asked = channel["capabilities"] is not None
    quiet_at = since + timedelta(seconds=Capabilities.from_json(channel["capabilities"]).late_write_s if asked else 0.0)
    reading, orders, w = recovery_readings.c, metadata.tables["orders"], writes.writes.c
    mine = (counters.c.channel_id == id, counters.c.sku_id.is_not(None), counters.c.state.in_(("active", "parked")))
    joined = counters.outerjoin(recovery_readings, reading.counter_id == counters.c.id)
    figures = (func.count(), func.count(reading.read_at), func.count().filter(reading.read_at >= quiet_at))
    in_all, read, final = tuple(session.execute(select(*figures).select_from(joined).where(*mine)).one())
    unsure = (w.channel_id == id, w.closed_at.is_(None), w.mode != "rebase", w.state.in_(("intent", "unknown", "accepted")))
    differs = (*mine, reading.unexplained != 0)
    facts = {
        "channel_id": id,
        "name": channel["name"],
        "kind": channel["kind"],
        "status": channel["status"],
        "listed": lane["listed_at"] is not None,
        "polled": lane["settled_at"] is not None and lane["settled_at"] >= since,
        "counters": in_all,
        "counters_read": read,
        "counters_final": final,
        "final_from": quiet_at,
        "writes_unknown": session.scalar(select(func.count()).select_from(writes.writes).where(*unsure)),
        "orders": session.scalar(
            select(func.count()).select_from(orders).where(orders.c.channel_id == id, orders.c.id >= chance.first_id(since))
        ),
        "listings_open": session.scalar(
            select(func.count()).select_from(listings).where(listings.c.channel_id == id, listings.c.mapping == "open")
        ),
        "differences": session.scalar(select(func.count()).select_from(joined).where(*differs)),
        "largest": _largest(session, joined, differs),
    }
    missing = _missing(facts, lane, asked)
    return facts | {"missing": missing, "ready": not missing}


def _largest(session: Session, joined: Any, differs: Sequence[Any]) -> list[dict[str, Any]]:
    reading, skus = recovery_readings.c, metadata.tables["skus"]
    query = (
        select(counters.c.id, counters.c.title, skus.c.code, reading.shown, reading.unexplained)
        .select_from(joined.join(skus, skus.c.id == counters.c.sku_id))
        .where(*differs)
        .order_by(func.abs(reading.unexplained).desc(), counters.c.id)
        .limit(SHOWN)
    )
    return [
        {"counter_id": row.id, "title": row.title, "sku": row.code, "believed": row.shown - row.unexplained, "shown": row.shown}
        for row in session.execute(query)
    ]


def _missing(facts: Mapping[str, Any], lane: Mapping[str, Any], asked: bool) -> list[dict[str, Any]]:
    """What is to be waited for."""
    found: list[dict[str, Any]] = []

    def say(code: str, text: str, count: int | None = None) -> None:
        found.append({"code": code, "text": text, "count": count})

    if lane["last_error"] is not None and (lane["refused"] is not None or lane["failures"]):
        say(lane["refused"] or "unreachable", f"It can't be reached: {lane['last_error'][:200]}")
    if not asked:
        say("unasked", "It hasn't said yet what it can do.")
    if not facts["listed"]:
        say("listings_unread", "What is on sale there is being listed.")
    if not facts["polled"]:
        say("orders_unread", "Its orders are being read. If that doesn't end, GET /v1/exceptions?open=true says which can't be taken in.")
    if several := facts["writes_unknown"]:
        say("writes_unknown", f"{several} changes were under way and may arrive until {facts['final_from']:%H:%M} UTC.", several)
    if left := facts["counters"] - facts["counters_read"]:
        say("counters_unread", f"{left} of {facts['counters']} numbers are to be read.", left)
    elif left := facts["counters"] - facts["counters_final"]:
        say(
            "counters_unsettled",
            f"{left} of {facts['counters']} numbers are read again from {facts['final_from']:%H:%M} UTC on, when nothing that was sent "
            "before can arrive there any more.",
            left,
        )
    return found


# The way out


def resume(session: Session, channel_ids: Sequence[str] | None = None, *, cause: Cause) -> dict[str, Any]:
    """Go live again with these channels, or with all of them: all that were named, or none. With the last one the recovery is over.

    Raises: NotFound; NotReady with what is still missing.
    """
    session.execute(select(store.store.c.id).where(store.store.c.id == 1).with_for_update())
    now = view(session)
    if not now["recovering"]:
        return now
    known = {each["channel_id"]: each for each in now["channels"]}
    if unknown := [each for each in channel_ids or () if each not in known]:
        raise NotFound(f"No connected channel has the id {unknown[0]}.")
    recovering = [each for each in now["channels"] if each["status"] == "recovering"]
    wanted = [each for each in recovering if channel_ids is None or each["channel_id"] in channel_ids]
    if late := [each for each in wanted if not each["ready"]]:
        named = "; ".join(f"{each['name']}: {' '.join(what['text'] for what in each['missing'])}" for each in late)
        raise NotReady(
            f"{named} Wait for it, or name those that are ready. One that can't be reached may be paused.",
            channels=[{"channel_id": each["channel_id"], "name": each["name"], "missing": each["missing"]} for each in late],
        )
    for each in wanted:
        channels.change(session, each["channel_id"], {"status": "live"}, cause=cause)
        channels.change_lane(session, each["channel_id"], subscriptions_due_at=chance.now())
        theirs = select(counters.c.sku_id).where(counters.c.channel_id == each["channel_id"], counters.c.sku_id.is_not(None))
        session.execute(update(plans.sku_plans).where(plans.sku_plans.c.sku_id.in_(theirs)).values(due_at=chance.now()))
    for name in (plans.PLANNER, *known):
        plans.wake(session, name)
    if len(wanted) == len(recovering):
        session.execute(update(store.store).values(recovering_since=None, recovering_why=None, knows_until=None))
        session.execute(update(lanes).where(lanes.c.channel_id.in_(sorted(known))).values(subscriptions_due_at=chance.now()))
        session.execute(delete(recovery_readings))
        _tell_no_more(session, cause=cause)
        events.append(session, "store.resumed", None, {"epoch": now["epoch"]}, cause=cause)
    return view(session)
