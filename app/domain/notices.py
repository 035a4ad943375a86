"""Notices: shipments that a channel has yet to be told of. Stored with the shipment, so that none is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, bindparam, select, text, update

from app import chance
from app.database import Id, Json, Session, Utc, metadata
from app.domain import exceptions, plans
from app.domain.causes import Cause
from app.statements import Prepared, given

notices = Table(
    "notices",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    Column("shipment_id", Id(), ForeignKey("shipments.id"), nullable=False),
    Column("order_id", Id(), ForeignKey("orders.id"), nullable=False),
    # The order there, its lines there with units of what was sold, carrier, tracking, when, and whether nothing more will follow.
    Column("parcel", Json, nullable=False),
    Column("state", String(16), nullable=False),  # waiting, done, parked
    Column("attempts", Integer, nullable=False),
    Column("due_at", Utc, nullable=True),
    Column("error", String(500), nullable=True),
    Column("created_at", Utc, nullable=False),
    Column("done_at", Utc, nullable=True),
    UniqueConstraint("shipment_id"),
    Index("ix_notices_waiting", "channel_id", "due_at", postgresql_where=text("state = 'waiting'"), sqlite_where=text("state = 'waiting'")),
)


def add(
    session: Session,
    order: Mapping[str, Any],
    shipment: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]],
    sent: Mapping[str, int],
) -> None:
    """A channel's order was shipped by us: tell the channel. `sent`: units of SKUs by line id; `lines` as they stand after it.

    The channel counts what was sold (sets, not mugs): what left so far in whole ones, less what left before this.
    """
    whole: dict[str, tuple[int, int]] = {}
    for line in lines:
        if line["external_id"] is None or line["fulfilled_by"] != "us":
            continue
        after = line["shipped"] // line["per"]
        before = (line["shipped"] - sent.get(line["id"], 0)) // line["per"]
        had = whole.get(line["external_id"])
        # A bundle has left when the slowest of its parts has.
        whole[line["external_id"]] = (after, before) if had is None else (min(had[0], after), min(had[1], before))
    parcel = {
        "id": shipment["id"],
        "order": order["external_id"],
        "lines": [{"line": name, "quantity": after - before} for name, (after, before) in whole.items() if after > before],
        "carrier": shipment["carrier"],
        "tracking_number": shipment["tracking_number"],
        "tracking_url": shipment["tracking_url"],
        "shipped_at": shipment["shipped_at"].isoformat(),
        "complete": all(line["quantity"] - line["cancelled"] == line["shipped"] for line in lines if line["fulfilled_by"] == "us"),
    }
    if not parcel["lines"]:
        return
    now = chance.now()
    row = {
        "id": chance.new_id(),
        "channel_id": order["channel_id"],
        "shipment_id": shipment["id"],
        "order_id": order["id"],
        "parcel": parcel,
        "state": "waiting",
        "attempts": 0,
        "due_at": now,
        "created_at": now,
    }
    session.add(notices, row)
    plans.wake(session, order["channel_id"])


_n = notices.c
_due = Prepared(
    select(notices)
    .where(_n.channel_id == given(_n.channel_id), text("notices.state = 'waiting'"), _n.due_at <= given(_n.due_at, "now"))
    .order_by(_n.id)
    .limit(bindparam("limit", type_=Integer))
)


def due(session: Session, channel_id: str, limit: int) -> list[dict[str, Any]]:
    """What a channel is to be told of now, oldest first."""
    return session.rows(_due, {"channel_id": channel_id, "now": chance.now(), "limit": limit})


def done(session: Session, notice_id: str, *, cause: Cause) -> None:
    session.change(notices, {"state": "done", "done_at": chance.now(), "due_at": None, "error": None}, id=notice_id)
    exceptions.clear(session, "shipment_untold", notice_id, cause=cause)


def put_off(session: Session, notice_id: str, error: str, due_at: datetime) -> None:
    changes = {"attempts": notices.c.attempts + 1, "error": error[:500], "due_at": due_at}
    session.execute(update(notices).where(notices.c.id == notice_id).values(changes))


def park(session: Session, row: Mapping[str, Any], error: str, *, cause: Cause) -> None:
    """The channel won't take it: a person has to enter the tracking there."""
    session.execute(update(notices).where(notices.c.id == row["id"]).values(state="parked", due_at=None, error=error[:500]))
    parcel = row["parcel"]
    exceptions.raise_(
        session,
        "shipment_untold",
        row["id"],
        severity="warning",
        title=f"The channel wasn't told that order {parcel['order']} was shipped",
        advice=f"Enter it in the shop's own pages: {parcel['carrier'] or 'no carrier'}, "
        f"{parcel['tracking_number'] or 'no tracking number'}. "
        f"The channel says: {error[:300]}",
        facts={"order_id": row["order_id"], "shipment_id": row["shipment_id"]},
        channel_id=row["channel_id"],
        cause=cause,
    )
