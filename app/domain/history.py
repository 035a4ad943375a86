"""Everything about one order in order of time: what came in about it, what was recorded, which units moved, and what was sent.

Movements, parcels and a counter's entries are kept for long; what was recorded and said is kept as long as events are (`events_days`).
Of buyers nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.database import Session
from app.domain import (
    channels,
    counters,
    deliveries,
    events,
    exceptions,
    explaining,
    listings,
    locations,
    notices,
    orders,
    shipments,
    stock,
)
from app.domain.entries import counter_entries

Item = dict[str, Any]

# What happened at the same moment is told in this order.
_KINDS = ("message", "recording", "movement", "number", "shipment", "notice", "exception")


def of_order(session: Session, order_id: str) -> dict[str, Any]:
    """An order and its history, oldest first. Raises: NotFound."""
    order = orders.view(session, order_id)
    channel = channels.get(session, order["channel_id"])["name"] if order["channel_id"] is not None else None
    happened = _events(session, order_id)
    parcels = shipments.of_order(session, order_id)
    lines = session.find(orders.order_lines, columns=["id", "listing_id"], order_id=order_id)
    told = _notices(session, parcels)
    found = [
        *_messages(session, happened),
        *_recordings(happened, order["lines"]),
        *_moved(session, [order_id, *(parcel["id"] for parcel in parcels)]),
        *_numbers(session, order, lines),
        *(_parcel(parcel) for parcel in parcels),
        *told,
        *_waiting(session, [order_id, *(part["id"] for part in (*lines, *told)), f"{order['channel_id']}:{order['external_id']}"]),
    ]
    found.sort(key=lambda item: (item["at"], _KINDS.index(item["kind"])))
    return {
        "order_id": order_id,
        "reference": order["reference"],
        "external_id": order["external_id"],
        "channel": channel,
        "channel_id": order["channel_id"],
        "status": order["status"],
        "actors": explaining.actors(session),
        "complete": any(event["type"] == "order.placed" for event in happened),
        "items": found,
    }


def _item(at: datetime, kind: str, actor: str | None, said: str, id: str | None = None) -> Item:
    return {"at": at, "kind": kind, "actor": actor, "said": said, "id": id}


def _events(session: Session, order_id: str) -> list[dict[str, Any]]:
    e = events.events
    query = select(e).where(e.c.subject == order_id, events.OF_ORDERS).order_by(e.c.tx, e.c.seq)
    return [dict(row) for row in session.execute(query).mappings()]


def _messages(session: Session, happened: Sequence[Mapping[str, Any]]) -> Iterator[Item]:
    d = deliveries.deliveries.c
    ids = {event["data"]["delivery_id"] for event in happened if "delivery_id" in event["data"]}
    query = select(d.id, d.topic, d.state, d.repeats, d.received_at).where(d.id.in_(ids))
    for row in session.execute(query):
        again = f", and again {row.repeats} times" if row.repeats else ""
        yield _item(row.received_at, "message", None, f"The channel sent a message about {row.topic}{again}", row.id)


_FIGURES = ("quantity", "cancelled", "shipped")


def _recordings(happened: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> Iterator[Item]:
    """What each recording changed, by comparing it with the one before."""
    names = {line["id"]: line["sku"] or line["title"] or "a line" for line in lines}
    before: dict[str, dict[str, Any]] = {}
    was: Mapping[str, Any] = {}
    for event in happened:
        data = event["data"]
        if event["type"] in ("order.placed", "order.changed"):
            parts = []
            for line in data["lines"]:
                id = line.get("id") or line["line_id"]
                last = before.get(id)
                if last is None:
                    parts.append(f"{line['quantity']} × {names.get(id, 'a line')}")
                else:
                    changed = [f"{name} {last[name]} → {line[name]}" for name in _FIGURES if last.get(name, 0) != line.get(name, 0)]
                    parts += [f"{names.get(id, 'a line')}: {', '.join(changed)}"] if changed else []
                before[id] = line
            for name, yes, no in (("paid", "paid", "not paid"), ("test", "a test", "no test")):
                if name in data and data[name] != was.get(name, name == "paid"):
                    parts.append(yes if data[name] else no)
            if data.get("status", "open") != was.get("status", "open"):
                parts.append(f"now {data['status']}")
            was = data
            verb = "Placed" if event["type"] == "order.placed" else "Recorded anew"
            yield _item(event["at"], "recording", event["actor"], f"{verb}: {', '.join(parts) or 'nothing that counts units'}")
        elif event["type"] != "order.shipped":  # its parcel tells
            yield _item(event["at"], "recording", event["actor"], _said(event, names))


def _said(event: Mapping[str, Any], names: Mapping[str, str]) -> str:
    data, line = event["data"], names.get(event["data"].get("line_id", ""), "a line")
    if event["type"] == "order.line_short":
        return f"{data['quantity']} × {line} short: promised, and nothing is there for it"
    if event["type"] == "order.line_filled":
        return f"{data['quantity']} × {line} found for what was short"
    if event["type"] == "order.cancelled":
        parts = [f"{part['quantity']} × {names.get(part['line_id'], 'a line')}" for part in data["lines"]]
        return f"Cancelled: {', '.join(parts)}"
    if event["type"] == "order.cancel_requested":
        return "Asked for being cancelled; the channel hasn't said yet that it is"
    return str(event["type"]).removeprefix("order.").replace("_", " ").capitalize()


def _moved(session: Session, causes: Sequence[str]) -> Iterator[Item]:
    m = stock.stock_movements
    codes = {row.id: row.code for row in session.execute(select(locations.locations.c.id, locations.locations.c.code))}
    skus = explaining.sku_codes(session, m.c.cause_id.in_(causes))
    query = select(m).where(m.c.cause_id.in_(causes)).order_by(m.c.id)
    for row in session.execute(query).mappings():
        what = (
            f"{row['quantity']} × {skus[row['sku_id']]} at {codes[row['location_id']]}: {row['source']} → {row['target']} ({row['reason']})"
        )
        yield _item(row["recorded_at"], "movement", row["actor"], what, row["id"])


def _numbers(session: Session, order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> Iterator[Item]:
    """What the channel did to its own number for it."""
    e, listing, c = counter_entries.c, listings.listings.c, counters.counters.c
    sold = {line["listing_id"] for line in lines if line["listing_id"] is not None}
    mine = select(listing.counter_id).where(listing.id.in_(sold), listing.counter_id.is_not(None))
    query = (
        select(e.at, e.change, e.shown, e.held, e.actor, c.title, c.id)
        .join(counters.counters, c.id == e.counter_id)
        .where(e.counter_id.in_(mine), e.record_id.in_([line["id"] for line in lines]), e.what == "order")
        .order_by(e.counter_id, e.number)
    )
    for row in session.execute(query):
        took = f"{row.change:+d}, so that it shows {row.shown}" if row.change else f"{row.held} held back"
        yield _item(row.at, "number", row.actor, f"The number of {row.title!r}: {took}", row.id)


def _parcel(parcel: Mapping[str, Any]) -> Item:
    parts = ", ".join(f"{line['quantity']} × {line['sku']}" for line in parcel["lines"])
    by = " ".join(word for word in (parcel["carrier"], parcel["tracking_number"]) if word)
    return _item(parcel["shipped_at"], "shipment", None, f"Sent: {parts}{f' by {by}' if by else ''}", parcel["id"])


def _notices(session: Session, parcels: Sequence[Mapping[str, Any]]) -> list[Item]:
    n = notices.notices
    found = []
    query = select(n).where(n.c.shipment_id.in_([parcel["id"] for parcel in parcels])).order_by(n.c.id)
    for row in session.execute(query).mappings():
        failed = f" after {row['attempts']} tries that failed: {row['error']}" if row["error"] else ""
        said = {"done": "The channel was told of the parcel", "parked": "The channel couldn't be told of the parcel"}
        what = said.get(row["state"], "The channel is to be told of the parcel")
        found.append(_item(row["done_at"] or row["created_at"], "notice", None, what + failed, row["id"]))
    return found


def _waiting(session: Session, subjects: Sequence[str]) -> Iterator[Item]:
    e = exceptions.exceptions
    query = select(e).where(e.c.subject.in_(subjects)).order_by(e.c.id)
    for row in session.execute(query).mappings():
        yield _item(row["opened_at"], "exception", None, f"For a person ({row['severity']}): {row['title']}", row["id"])
        if row["closed_at"] is not None:
            by = f"closed by {row['closed_by']}" if row["closed_by"] else "gone by itself"
            yield _item(row["closed_at"], "exception", row["closed_by"], f"{row['title']}: {by}", row["id"])
