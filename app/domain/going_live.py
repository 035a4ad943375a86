"""Going live: what must be known of a shop before anything is written to it, and the moment from which it is.

All channels go live in one transaction. From then on each SKU's counters are covered as far as there are units, lowered to their
shares, and only what comes back by that is given to others: a unit that another counter still shows uncovered isn't free.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from app import chance
from app.database import Session
from app.domain import channels, connections, listings
from app.domain.causes import Cause
from app.domain.channels import lanes
from app.domain.counters import counters
from app.domain.errors import NotReady, WrongState


def joining(session: Session, channel_ids: Sequence[str] | None) -> list[dict[str, Any]]:
    """The channels that would go live: those that are named, or every one that is connected. Live ones need nothing.

    Raises: NotFound; WrongState for one that is paused or over.
    """
    if channel_ids is None:
        query = select(channels.channels).where(channels.channels.c.status == "connected").order_by(channels.channels.c.id)
        return [dict(row) for row in session.execute(query).mappings()]
    rows = [channels.get(session, each) for each in sorted(set(channel_ids))]
    for row in rows:
        if row["status"] not in ("connected", "live"):
            raise WrongState(
                f"{row['name']} is {row['status']}. Only a connected channel goes live; one that is paused is started again by itself.",
                status=row["status"],
            )
    return [row for row in rows if row["status"] == "connected"]


def readiness(session: Session, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each channel: whether it could go live, what is missing (a code, and what to do), and what is left alone there."""
    return [_ready(session, row) for row in rows]


def _ready(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    lane = dict(session.execute(select(lanes).where(lanes.c.channel_id == row["id"])).mappings().one())
    can = row["capabilities"]
    missing = []
    if lane["refused"] is not None:
        missing.append(_missing(lane["refused"], f"The shop refuses to talk to us: {lane['last_error'] or lane['refused']}"))
    elif can is None:
        said = f" The last answer: {lane['last_error']}" if lane["last_error"] else ""
        missing.append(_missing("unreachable", f"The shop hasn't answered yet.{said}"))
    else:
        if can["missing_scopes"]:
            missing.append(_missing("scope", f"The app lacks permissions: {', '.join(can['missing_scopes'])}.", len(can["missing_scopes"])))
        if lane["listed_at"] is None:
            missing.append(_missing("listings_unread", "What is on sale there is still being read. It goes on by itself."))
        if lane["settled_at"] is None:
            missing.append(
                _missing(
                    "orders_unread",
                    "Its open orders aren't all read yet. It goes on by itself; an order that can't be is in the exceptions.",
                )
            )
        c = counters.c
        query = select(func.count()).where(c.channel_id == row["id"], c.sku_id.is_not(None), c.state == "active", ~c.known)
        if unread := int(session.scalar(query)):
            missing.append(_missing("counters_unread", f"{unread} numbers there weren't read yet. It goes on by itself.", unread))
    found = listings.listings.c
    counts = select(found.mapping, found.counter_id.is_(None).label("uncounted"), func.count().label("times"))
    counts = counts.where(found.channel_id == row["id"], found.live).group_by(found.mapping, found.counter_id.is_(None))
    by_kind = {(each.mapping, bool(each.uncounted)): each.times for each in session.execute(counts)}
    return {
        "channel_id": row["id"],
        "name": row["name"],
        "kind": row["kind"],
        "ready": not missing,
        "missing": missing,
        "unmapped": sum(times for (mapping, _), times in by_kind.items() if mapping == "open"),
        "uncounted": sum(times for (mapping, uncounted), times in by_kind.items() if uncounted and mapping != "ignored"),
    }


def _missing(code: str, text: str, count: int | None = None) -> dict[str, Any]:
    return {"code": code, "text": text, "count": count}


def go_live(session: Session, channel_ids: Sequence[str] | None, *, cause: Cause) -> list[dict[str, Any]]:
    """Write to these channels from now on (None: to every one that is connected), all of them or none. Returns the channels.

    Raises: NotFound; NotReady, with what is missing; WrongState where there is nothing to go live with.
    """
    theirs = select(channels.channels.c.id).order_by(channels.channels.c.id).with_for_update()
    session.execute(theirs).scalars().all()
    rows = joining(session, channel_ids)
    if channel_ids is None and not rows:
        raise WrongState("No channel waits to go live. Connect a shop first: POST /v1/channels.")
    lacking = [each for each in readiness(session, rows) if not each["ready"]]
    if lacking:
        named = " ".join(f"{each['name']}: {each['missing'][0]['text']}" for each in lacking)
        raise NotReady(f"Not everything is known yet. {named}"[:1000], channels=lacking)
    for row in rows:
        connections.start(session, row["id"], cause=cause)
    # What was planned for their SKUs elsewhere rested on these numbers being in nobody's way.
    sold_there = select(counters.c.sku_id).where(counters.c.channel_id.in_([row["id"] for row in rows]), counters.c.sku_id.is_not(None))
    if rows:
        changes: dict[str, Any] = {"due_at": None, "updated_at": chance.now()}
        session.execute(update(counters).where(counters.c.sku_id.in_(sold_there), counters.c.due_at.is_not(None)).values(changes))
    return [channels.view(session, each) for each in (sorted(set(channel_ids)) if channel_ids is not None else [row["id"] for row in rows])]
