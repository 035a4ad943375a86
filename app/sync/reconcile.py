"""The reconciler: what a channel shows, held against what our records make of it.

A run goes through a channel in small steps between everything else that its lane does: first what changed is polled, with overlap; then
open orders are read once more, one by one; then every counter is read and compared. What differs gets a `Difference`, and its number is
read again and settled: only then, with the feed's lag behind us, it gets its name (`domain.naming`). Where a run stands is a row, so one
that was interrupted goes on.

A run takes a tenth of what the channel lets us ask, so a large shop is gone through less often; and it never takes more than half of it
at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import structlog
from sqlalchemy import Integer, bindparam, func, select

from app import chance
from app.channels.base import Channel, ChannelError, Reading
from app.database import Database, DatabaseUnavailable, Session
from app.domain import channels, counters, differences, events, exceptions, fence, naming, orders, writes
from app.domain.capabilities import Capabilities, Refuses
from app.domain.counters import counters as table
from app.domain.fence import LeaseLost, Pen
from app.statements import Prepared, given
from app.sync import poll

log = structlog.get_logger()

EVERY = timedelta(hours=1)
# The parts of a channel's request budgets that all runs together, and one run while it lasts, may take.
SHARE, MOST = 0.1, 0.5
# Open orders that a scheduled run reads once more; the next one goes on behind them.
ORDERS_A_RUN = 100
ORDERS_AT_ONCE = 50
COUNTERS_AT_ONCE = 100
FEW = 5
# When it is looked again whether the poll that a run begins with is over.
POLLED = timedelta(seconds=5)
_WRITES = "writes"


def due_at(lane: Mapping[str, Any]) -> datetime | None:
    """When there is something to do for a run: its next step, or its beginning; the first one an hour after the shop is known."""
    if (run := lane["reconciling"]) is not None:
        return datetime.fromisoformat(run["next_at"])
    due: datetime | None = lane["reconcile_due_at"]
    return lane["listed_at"] + EVERY if due is None and lane["listed_at"] is not None else due


def step(database: Database, channel: Channel, pen: Pen) -> None:
    """The next step of a run that is due: at most some requests, and a transaction.

    Raises: TryLater, NoUse: it goes on where it stood once the channel answers again.
    """
    run = database.run(_begun, pen)
    if run is None:
        return
    if run["stage"] == "orders":
        _read_orders(database, channel, pen, run)
    else:
        _read_counters(database, channel, pen, run)


def _begun(session: Session, pen: Pen) -> dict[str, Any] | None:
    """The run as it stands, begun if it wasn't; None: the poll that it begins with has yet to come."""
    lane = fence.hold(session, pen)
    now = chance.now()
    run: dict[str, Any] | None = lane["reconciling"]
    if run is None:
        last = lane["reconciled"] or {}
        run = {
            "began_at": now.isoformat(),
            "next_at": now.isoformat(),
            "stage": "orders",
            "whole": bool(last.get("asked")),  # somebody asked: every open order is read
            "orders_after": last.get("orders_after"),
            "counters_after": None,
            "orders": 0,
            "counters": 0,
            "found": 0,
        }
        if run["whole"]:
            run["orders_after"] = None
        channels.change_lane(session, pen.channel_id, reconciling=run, poll_due_at=now)
        return None
    if lane["polled_at"] is None or lane["polled_at"] < datetime.fromisoformat(run["began_at"]):
        # The lane polls before it comes here, so this is rare.
        channels.change_lane(session, pen.channel_id, poll_due_at=now, reconciling=run | {"next_at": (now + POLLED).isoformat()})
        return None
    return run


def _later(pen: Pen, run: dict[str, Any], requests: float) -> dict[str, Any]:
    """Its next step, so late that the run takes no more of the channel's budgets than it may."""
    spent = run.get("spent", 0.0) + requests
    reads = [budget for budget in pen.can.budgets if not budget.name.startswith(_WRITES)]
    wait = max((pace(budget.amount, budget.per_s, requests, spent) for budget in reads), default=0.0)
    return run | {"next_at": (chance.now() + timedelta(seconds=wait)).isoformat(), "spent": spent}


def _keep(session: Session, pen: Pen, run: Mapping[str, Any], **changes: Any) -> bool:
    """Where it stands. False: somebody asked for a whole run during this step, and that one begins anew."""
    standing = fence.hold(session, pen)["reconciling"]
    if standing is None or standing["began_at"] != run["began_at"]:
        return False
    channels.change_lane(session, pen.channel_id, **{"reconciling": run} | changes)
    return True


def pace(amount: float, per_s: float, cost: float, spent: float) -> float:
    """Seconds until something may cost as much again, without taking more than half of a budget; the first tenth of it waits for nothing.
    `spent`: by the run so far."""
    return cost * per_s / (amount * MOST) if spent > amount * SHARE else 0.0


# Orders


_open_orders = Prepared(
    select(orders.orders.c.id, orders.orders.c.external_id, orders.orders.c.reference, orders.orders.c.snapshot_hash)
    .where(orders.orders.c.channel_id == given(orders.orders.c.channel_id), orders.orders.c.status == "open")
    .where(orders.orders.c.id > given(orders.orders.c.id, "after"))
    .order_by(orders.orders.c.id)
    .limit(bindparam("limit", type_=Integer))
)
_FIRST = "0" * 32


def _next_orders(session: Session, channel_id: str, after: str | None, limit: int) -> list[dict[str, Any]]:
    return session.rows(_open_orders, {"channel_id": channel_id, "after": after or _FIRST, "limit": limit})


def _read_orders(database: Database, channel: Channel, pen: Pen, run: dict[str, Any]) -> None:
    room = ORDERS_AT_ONCE if run["whole"] else min(ORDERS_AT_ONCE, ORDERS_A_RUN - run["orders"])
    rows = database.look(_next_orders, pen.channel_id, run["orders_after"], room) if room > 0 else []
    read: set[str] = set()
    try:
        if rows:
            read.update(poll.fetched(database, channel, pen, [row["external_id"] for row in rows], together=poll.TOGETHER))
    except ChannelError:
        # It goes on with the first that wasn't read; what was recorded behind that one won't have changed any more then.
        database.run(_broken_off, pen, run, rows, len(list(takewhile(lambda row: row["external_id"] in read, rows))))
        raise
    database.run(_orders_read, pen, run, rows, room)


def _changed(session: Session, pen: Pen, rows: Sequence[Mapping[str, Any]]) -> int:
    """How many of these orders aren't what they were before they were read: each is a difference, and recorded."""
    fence.hold(session, pen)
    read_before = {row["id"]: row for row in rows}
    changed = 0
    for row in session.find(orders.orders, columns=["id", "snapshot_hash"], among=("id", list(read_before))) if rows else []:
        before = read_before[row["id"]]
        if before["snapshot_hash"] is not None and row["snapshot_hash"] != before["snapshot_hash"]:
            changed += 1
            found = differences.note(
                session,
                pen.channel_id,
                "order",
                before["external_id"],
                "order_changed",
                title=f"Order {before['reference'] or before['external_id']}",
                facts={"order_id": row["id"]},
                cause=pen.cause,
            )
            differences.close(session, found, "healed", cause=pen.cause)
    return changed


def _broken_off(session: Session, pen: Pen, run: dict[str, Any], rows: Sequence[Mapping[str, Any]], read: int) -> None:
    """Only the first of these orders were read."""
    after = rows[read - 1]["id"] if read else run["orders_after"]
    found = run["found"] + _changed(session, pen, rows)
    _keep(session, pen, run | {"orders": run["orders"] + read, "orders_after": after, "found": found})


def _orders_read(session: Session, pen: Pen, run: dict[str, Any], rows: Sequence[Mapping[str, Any]], room: int) -> None:
    changed = _changed(session, pen, rows)
    over = len(rows) < room
    after = None if over else rows[-1]["id"] if rows else run["orders_after"]
    run = run | {"orders": run["orders"] + len(rows), "orders_after": after, "found": run["found"] + changed}
    if over or (not run["whole"] and run["orders"] >= ORDERS_A_RUN):
        run["stage"] = "counters"
    _keep(session, pen, _later(pen, run, float(len(rows))))


# Counters


_COLUMNS = (
    "id",
    "external_id",
    "unit",
    "title",
    "sku_id",
    "shown",
    "protected",
    "state",
    "due_at",
    "target",
    "attempts",
    "rebase_at",
    "updated_at",
)
_next = Prepared(
    select(*(table.c[name] for name in _COLUMNS))
    .where(table.c.channel_id == given(table.c.channel_id), table.c.id > given(table.c.id, "after"))
    .where(table.c.known, table.c.sku_id.is_not(None), table.c.state != "gone")
    .order_by(table.c.id)
    .limit(bindparam("limit", type_=Integer))
)


def _next_counters(session: Session, channel_id: str, after: str | None, limit: int) -> list[dict[str, Any]]:
    return session.rows(_next, {"channel_id": channel_id, "after": after or _FIRST, "limit": limit})


def at_once(can: Capabilities) -> int:
    """Counters that are read in one step: as many as a request takes, or some requests where one takes few."""
    return max(10, min(COUNTERS_AT_ONCE, can.reads_at_once))


def cost(can: Capabilities, read: int) -> float:
    """What reading so many counters takes of the channel's request budgets."""
    return -(-read // can.reads_at_once) * can.read_cost


def _read_counters(database: Database, channel: Channel, pen: Pen, run: dict[str, Any]) -> None:
    limit = 1 if run.get("one_by_one") else at_once(pen.can)
    rows = database.look(_next_counters, pen.channel_id, run["counters_after"], limit)
    if not rows:
        database.run(_over, pen, run)
        return
    try:
        readings = {each.counter: each for each in channel.read_quantities([row["external_id"] for row in rows])}
    except (ChannelError, DatabaseUnavailable, LeaseLost):
        raise
    except Exception as error:  # one of them can't be understood: it isn't to hold the others up
        log.error("counters can't be read", channel=pen.channel_id, first=rows[0]["external_id"], count=len(rows), exc_info=error)
        database.run(_stumbled, pen, run, rows, f"{type(error).__name__}: {error}")
        return
    database.run(_compare, pen, run, rows, readings)


def _stumbled(session: Session, pen: Pen, run: dict[str, Any], rows: Sequence[Mapping[str, Any]], reason: str) -> None:
    """Go through these one by one; the one by which it is then is parked."""
    run = _later(pen, run, cost(pen.can, len(rows)))
    if len(rows) > 1:
        run |= {"one_by_one": len(rows)}
    else:
        fence.poisoned(session, pen, rows[0]["unit"], reason)
        run |= {"counters_after": rows[0]["id"]} | _one_less(run)
    _keep(session, pen, run)


def _one_less(run: Mapping[str, Any]) -> dict[str, Any]:
    left = int(run.get("one_by_one") or 0)
    return {"one_by_one": left - 1 if left > 1 else None}


def _compare(session: Session, pen: Pen, run: dict[str, Any], rows: Sequence[Mapping[str, Any]], readings: Mapping[str, Reading]) -> None:
    """Hold what was read against what we made of it, when it was asked and now: an order may have been recorded meanwhile."""
    fence.hold(session, pen)
    asked = {row["id"]: row for row in rows}
    now_rows = session.find(table, columns=[*_COLUMNS], among=("id", list(asked)))
    under_way = {row["unit"]: row for row in writes.open_of_channel(session, pen.channel_id)}
    known = {row["subject"]: row for row in naming.open_of_counters(session, pen.channel_id)}
    found = 0
    for row in sorted(now_rows, key=lambda each: str(each["id"])):
        reading = readings.get(row["external_id"])
        quantity = reading.quantity if reading is not None else None
        write = under_way.get(row["unit"])
        difference = known.get(row["external_id"])
        if quantity is not None and quantity in (asked[row["id"]]["shown"], row["shown"]):
            if write is None and difference is not None:
                naming.agrees(session, row, difference, cause=pen.cause)
        else:
            found += difference is None
            _differs(session, pen, row, quantity, write)
        if reading is not None and quantity is not None and pen.can.refuses_below_zero is not Refuses.NO:
            _protection(session, pen, row, reading.protected)
    run = run | {"counters_after": rows[-1]["id"], "counters": run["counters"] + len(rows), "found": run["found"] + found} | _one_less(run)
    _keep(session, pen, _later(pen, run, cost(pen.can, len(rows))))


def _differs(session: Session, pen: Pen, row: Mapping[str, Any], quantity: int | None, write: Mapping[str, Any] | None) -> None:
    if write is not None and write["mode"] != "rebase":
        why, facts = ("outcome_unknown" if write["state"] == "unknown" else "in_flight"), {"write_id": write["id"]}
    else:
        why, facts = "undetermined", {}
        if row["rebase_at"] is None and write is None:
            counters.change(session, row["id"], rebase_at=chance.now())
        if row["updated_at"] > chance.now() - timedelta(seconds=pen.can.read_lag_s):
            facts = {"early": True}  # what was read may be from before that; the second reading waits until it can't be
    naming.differs(session, pen.channel_id, row, why, seen=quantity, facts=facts, cause=pen.cause)


def _protection(session: Session, pen: Pen, row: Mapping[str, Any], protected: bool) -> None:
    """Whether the channel sells it below zero is a setting of its listing, and somebody may switch it on."""
    if row["protected"] != protected:
        counters.change(session, row["id"], protected=protected)
    difference = differences.open_of(session, pen.channel_id, "overselling", row["external_id"])
    if protected and difference is not None:
        differences.close(session, difference, "healed", cause=pen.cause)
    elif not protected and difference is None:
        facts = {"counter_id": row["id"]}
        differences.note(
            session,
            pen.channel_id,
            "overselling",
            row["external_id"],
            "overselling_on",
            title=row["title"],
            counter_id=row["id"],
            facts=facts,
            cause=pen.cause,
        )


def _over(session: Session, pen: Pen, run: Mapping[str, Any]) -> None:
    """Everything was gone through: when next, and what was found."""
    asked_at = fence.hold(session, pen)["reconcile_due_at"]
    now = chance.now()
    _say_overselling(session, pen)
    figures = {name: run[name] for name in ("began_at", "orders", "counters", "found", "orders_after")}
    every = interval(pen.can, run["counters"], run["orders"])
    asked_again = asked_at is not None and asked_at > datetime.fromisoformat(run["began_at"])
    done = {
        "reconciling": None,
        "reconciled_at": now,
        "reconciled": figures | {"every_s": round(every.total_seconds())},
        "reconcile_due_at": asked_at if asked_again else now + every * (0.95 + 0.1 * chance.random().random()),
    }
    if not _keep(session, pen, run, **done):
        return
    said = {name: run[name] for name in ("orders", "counters", "found")}
    events.append(session, "channel.reconciled", pen.channel_id, said, cause=pen.cause)


def interval(can: Capabilities, read: int, fetched: int) -> timedelta:
    """How often a channel is gone through: hourly, or as often as a tenth of its request budgets lets us."""
    total = cost(can, read) + fetched
    needs = [total * budget.per_s / (budget.amount * SHARE) for budget in can.budgets if not budget.name.startswith(_WRITES)]
    return max(EVERY, timedelta(seconds=max(needs, default=0.0)))


def _say_overselling(session: Session, pen: Pen) -> None:
    """One exception for the channel, however many of its listings are sold without any left."""
    d = differences.differences.c
    theirs = (d.channel_id == pen.channel_id, d.kind == "overselling", d.closed_at.is_(None))
    count = int(session.scalar(select(func.count()).where(*theirs)))
    if not count:
        exceptions.clear(session, "overselling_on", pen.channel_id, cause=pen.cause)
        return
    titles = list(session.execute(select(d.title).where(*theirs).order_by(d.id).limit(FEW)).scalars())
    named = ", ".join(repr(each) for each in titles) + (f" and {count - FEW} more" if count > FEW else "")
    row = channels.get(session, pen.channel_id)
    exceptions.raise_(
        session,
        "overselling_on",
        pen.channel_id,
        severity="urgent",
        title=f"{row['name']} sells {'one product' if count == 1 else f'{count} products'} although there may be none left",
        advice=f"Somebody allowed it there for {named}: selling when out of stock, or backorders. Nothing that Tallystick writes can "
        "prevent it from being sold twice then. Switch it off in the shop; this closes with the next look. All of them: "
        f"GET /v1/differences?open=true&cause=overselling_on&channel={pen.channel_id}.",
        facts={"seen": count, "proposed": "Switch it off there, then look again.", "call": _look_again(pen.channel_id)},
        channel_id=pen.channel_id,
        cause=pen.cause,
    )


def _look_again(channel_id: str) -> dict[str, Any]:
    return {"method": "POST", "path": f"/v1/channels/{channel_id}/reconcile", "body": None}
