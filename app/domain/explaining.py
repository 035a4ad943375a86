"""From a number to its causes: what made it, in order, with times, actors and the channel's own words.

A counter's number is the last reading that was assigned to it and every entry since then. A level is the sum of its movements. What
doesn't add up is said (`agrees`), and `tallystick check --repair` mends it. Of buyers nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from app import chance
from app.database import Session
from app.domain import (
    catalogue,
    channels,
    commitments,
    counters,
    counts,
    differences,
    entries,
    exceptions,
    locations,
    orders,
    repayment,
    reservations,
    shipments,
    transfers,
    writes,
)
from app.domain.entries import counter_entries
from app.domain.stock import STATES, stock_levels, stock_movements

# So many of who holds units are named; the others are counted.
HOLDERS = 200


# A counter


def counter(session: Session, counter_id: str, *, before: int | None = None, limit: int = 50) -> dict[str, Any]:
    """Why a channel's number is what we believe it is: the figures around it, and its entries in order, the latest ones.

    Without `before` the entries begin with the reading that was assigned last; with it, those before that number, however old.

    Raises: NotFound.
    """
    counters.by_id(session, counter_id)
    (row,) = counters.views(session, [counter_id])
    channel = channels.get(session, row["channel_id"])
    write = writes.get(session, row["write_id"]) if row["write_id"] else None
    added = _added_up(session, row)
    found, older = _entries(session, counter_id, added["from"] if before is None else 0, before, limit)
    mine = (exceptions.exceptions.c.subject == counter_id, exceptions.exceptions.c.closed_at.is_(None))
    waiting = session.execute(select(exceptions.exceptions).where(*mine).order_by(exceptions.exceptions.c.id)).mappings()
    return row | {
        "channel": channel["name"],
        "channel_status": channel["status"],
        "excess_said": repayment.WHY.get(row["excess_cause"] or ""),
        "due_said": _due(row, channel, write),
        "actors": actors(session),
        "start": added["start"],
        "sums": added["sums"],
        "makes": added["makes"],
        "agrees": added["makes"] == row["shown"],
        "entries": found,
        "older": older,
        "write": write,
        "differences": differences.page(session, None, 20, open=True, counter_id=counter_id),
        "exceptions": [dict(each) for each in waiting],
    }


def _added_up(session: Session, row: Mapping[str, Any]) -> dict[str, Any]:
    """Where the sum begins, what it adds by kinds of entries, and what that makes."""
    e = counter_entries.c
    mine = e.counter_id == row["id"]
    # In the words of its index, and by that alone, so that it is found without looking at the others.
    number = session.scalar(select(e.number).where(mine, e.what == entries.READ).order_by(e.number.desc()).limit(1))
    read = number is not None
    begins = select(e.number, e.at, e.shown, e.change).where(mine, e.number >= (number or 0)).order_by(e.number).limit(1)
    if (first := session.execute(begins).one_or_none()) is None:
        return {"from": 0, "start": {"shown": row["shown"], "at": None, "read": False}, "sums": [], "makes": row["shown"]}
    shown = first.shown if read else first.shown - first.change
    since = e.number > first.number if read else e.number >= first.number
    query: Select[Any] = select(e.what, func.count(), func.sum(e.change)).where(mine, since).group_by(e.what).order_by(e.what)
    sums = [{"what": what, "entries": number, "change": int(change)} for what, number, change in map(tuple, session.execute(query))]
    makes = shown + sum(each["change"] for each in sums)
    return {"from": first.number, "start": {"shown": shown, "at": first.at, "read": read}, "sums": sums, "makes": makes}


def _entries(session: Session, counter_id: str, first: int, before: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None]:
    """The latest entries of a counter in order, and the number to send for older ones."""
    e = counter_entries.c
    query = select(counter_entries).where(e.counter_id == counter_id, e.number >= first).order_by(e.number.desc()).limit(limit)
    if before is not None:
        query = query.where(e.number < before)
    found = [dict(row) for row in session.execute(query).mappings()][::-1]
    lines = _lines(session, [row["record_id"] for row in found if row["what"] == "order"])
    sent = _writes(session, counter_id, [row["record_id"] for row in found if row["what"] in ("write", "settled", "reading")])
    for row in found:
        row |= {"order": lines.get(row["record_id"]), "write": sent.get(row["record_id"])}
        row["said"] = _entry_said(row)
    lowest = found[0]["number"] if found else before or 0
    there = select(e.number).where(e.counter_id == counter_id, e.number < lowest).limit(1)
    return found, lowest if session.scalar(there) is not None else None


def _lines(session: Session, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    line, order = orders.order_lines.c, orders.orders.c
    query = (
        select(line.id, line.order_id, line.title, order.reference, order.external_id)
        .join(orders.orders, order.id == line.order_id)
        .where(line.id.in_(set(ids)))
    )
    return {
        row.id: {"order_id": row.order_id, "line_id": row.id, "number": row.reference or row.external_id} for row in session.execute(query)
    }


def _writes(session: Session, counter_id: str, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    w, entry = writes.writes.c, writes.write_entries.c
    query = (
        select(w.id, w.mode, w.state, w.outcome, w.detail, w.sends, w.sent_at, w.closed_at, entry.expected, entry.value, entry.reading)
        .join(writes.write_entries, entry.write_id == w.id)
        .where(w.id.in_(set(ids)), entry.counter_id == counter_id)
    )
    return {row["id"]: dict(row) for row in session.execute(query).mappings()}


def _entry_said(row: Mapping[str, Any]) -> str:
    change, order, write = row["change"], row["order"], row["write"]
    if row["what"] == "order":
        named = f"Order {order['number']}" if order else "An order"
        if change < 0:
            return f"{named} took {-change}"
        if change > 0:
            return f"{named} gave {change} back"
        return f"{named} changed what is held back: {row['held']} now"
    if row["what"] == "write":
        told = "We changed the number" if write is None else f"We changed the number from {write['expected']} to {write['value']}"
        return told + (f"; the shop said: {_words(write)}" if write else "")
    if row["what"] == "settled":
        return "Every order from before our change is known: nothing is below zero any more"
    if row["what"] == "reading":
        against = "" if not change else ", for the first time" if row["number"] == 1 else f", {change:+d} against our records"
        return f"The shop's own number was read: {row['shown']}{against}"
    return {
        "mapping": f"It stands for something else: {row['held']} are held back now",
        "freed": "Somebody said that it isn't on sale there any more",
        "repair": "`tallystick check --repair` added what was missing",
    }[row["what"]]


def _words(write: Mapping[str, Any]) -> str:
    return f"{write['outcome'] or write['state']}{': ' + write['detail'] if write['detail'] else ''}"


def _due(row: Mapping[str, Any], channel: Mapping[str, Any], write: Mapping[str, Any] | None) -> str:
    """Why something is about to be done about the number, or why not."""
    if row["sku_id"] is None:
        return row["why"] or "Nobody has said which SKU it is: PATCH /v1/listings/{listing_id}."
    if row["state"] == "gone":
        return "It isn't on the channel any more."
    if row["state"] != "active":
        return row["why"] or "It isn't written: it waits for a person."
    if write is not None:
        said = f" The shop said: {_words(write)}." if write["outcome"] else ""
        what = "It is being read anew" if write["mode"] == "rebase" else "A change of it is under way"
        return f"{what} since {_at(write['created_at'])} ({write['state']}).{said}"
    if channel["status"] not in ("live", "leaving"):
        return f"Its channel is {channel['status']}: nothing is written there."
    if not row["known"]:
        return "It wasn't read yet: nothing is written before that."
    if row["rebase_at"] is not None:
        return f"It is read anew from {_at(row['rebase_at'])} on."
    if row["target"] is None:
        return "There is no plan for it yet."
    if row["due_at"] is not None:
        if row["due_at"] > chance.now():
            return f"It is to offer {row['target']}; put off until {_at(row['due_at'])} after {row['attempts']} tries."
        return f"It is to offer {row['target']}, as soon as its channel's turn comes; due since {_at(row['due_at'])}."
    if row["on_offer"] == row["target"]:
        return "It offers what it is to offer."
    return (
        f"The last plan has {row['target']} for it. Nothing is due: what would be gained isn't worth a change yet, or there are no units "
        "that could be set aside for it."
    )


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


# Stock


def of_stock(session: Session, code: str, location: str | None = None, *, before: str | None = None, limit: int = 50) -> dict[str, Any]:
    """Why there are so many units of a SKU: each state's figure and the movements that make it, the latest of them in order, and who holds
    what now. Raises: UnknownSku, UnknownLocation."""
    sku = catalogue.by_code(session, code)
    place = locations.by_code(session, location)["id"] if location is not None else None
    codes = {row.id: row.code for row in session.execute(select(locations.locations.c.id, locations.locations.c.code))}
    levels = _levels(session, sku["id"], place, codes)
    found, older = _movements(session, sku["id"], place, codes, before, limit)
    return {
        "sku": sku["code"],
        "sku_id": sku["id"],
        "tracked": sku["tracked"],
        "actors": actors(session),
        "levels": levels,
        "agrees": all(state["agrees"] for level in levels for state in level["states"]),
        "entries": found,
        "older": older,
        **_holders(session, sku["id"], place, codes),
    }


def _levels(session: Session, sku_id: str, place: str | None, codes: Mapping[str, str]) -> list[dict[str, Any]]:
    m, level = stock_movements.c, stock_levels.c
    sums = select(m.location_id, m.source, m.target, m.reason, func.sum(m.quantity).label("units"), func.count().label("entries"))
    sums = sums.where(m.sku_id == sku_id).group_by(m.location_id, m.source, m.target, m.reason)
    kept = select(stock_levels).where(level.sku_id == sku_id)
    if place is not None:
        sums, kept = sums.where(m.location_id == place), kept.where(level.location_id == place)
    made: dict[tuple[str, str], dict[str, list[int]]] = {}
    for row in session.execute(sums.order_by(m.reason)):
        for state, sign in ((row.source, -1), (row.target, 1)):
            by = made.setdefault((row.location_id, state), {}).setdefault(row.reason, [0, 0, 0])
            by[0 if sign > 0 else 1] += int(row.units)
            by[2] += row.entries
    levels = {row["location_id"]: row for row in session.execute(kept).mappings()}
    there = sorted({*levels, *(at for at, state in made if state in STATES)}, key=lambda each: codes[each])
    return [{"location": codes[at], "location_id": at, "states": _states(dict(levels.get(at, {})), at, made)} for at in there]


def _states(level: Mapping[str, Any], at: str, made: Mapping[tuple[str, str], Mapping[str, list[int]]]) -> list[dict[str, Any]]:
    states = []
    for state in STATES:
        by = made.get((at, state), {})
        makes = sum(came - went for came, went, _ in by.values())
        units = int(level.get(state, 0))
        if units or by:
            reasons = [{"reason": reason, "came": came, "went": went, "entries": n} for reason, (came, went, n) in by.items()]
            states.append({"state": state, "units": units, "makes": makes, "agrees": units == makes, "by": reasons})
    return states


def _movements(
    session: Session, sku_id: str, place: str | None, codes: Mapping[str, str], before: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    m = stock_movements.c
    query = select(stock_movements).where(m.sku_id == sku_id).order_by(m.id.desc()).limit(limit + 1)
    if place is not None:  # by the SKU's index: SQLite would walk through all that happened at the place
        query = query.where(func.coalesce(m.location_id, m.location_id) == place)
    if before is not None:
        query = query.where(m.id < before)
    found = [dict(row) for row in session.execute(query).mappings()]
    more = len(found) > limit
    found = found[:limit][::-1]
    return label(session, found, codes), found[0]["id"] if more else None


def label(session: Session, moved: list[dict[str, Any]], codes: Mapping[str, str]) -> list[dict[str, Any]]:
    """Movements with the code of their location, and what caused each as a person knows it: an order's number, a counter's title."""
    ids: dict[str, set[str]] = {}
    for row in moved:
        if row["cause_id"] is not None:
            ids.setdefault(row["cause_kind"], set()).add(row["cause_id"])
    named: dict[str, str] = {}
    o, s, c, ch = orders.orders.c, shipments.shipments.c, counters.counters.c, channels.channels.c
    t, n, r = transfers.transfers.c, counts.stock_counts.c, reservations.reservations.c

    def number(row: Row[Any]) -> str:
        return str(row.reference or row.external_id or row.id)

    if "order" in ids:
        query = select(o.id, o.reference, o.external_id).where(o.id.in_(ids["order"]))
        named |= {row.id: f"order {number(row)}" for row in session.execute(query)}
    if "shipment" in ids:
        sent = select(s.id, o.reference, o.external_id).join(orders.orders, o.id == s.order_id).where(s.id.in_(ids["shipment"]))
        named |= {row.id: f"a parcel of order {number(row)}" for row in session.execute(sent)}
    if "counter" in ids:
        shown = select(c.id, c.title, ch.name).join(channels.channels, ch.id == c.channel_id).where(c.id.in_(ids["counter"]))
        named |= {row.id: f"{row.title!r} on {row.name}" for row in session.execute(shown)}
    if "transfer" in ids:
        moves = select(t.id, t.source_id, t.target_id, t.reference).where(t.id.in_(ids["transfer"]))
        for each in session.execute(moves):
            named[each.id] = f"transfer {each.reference or ''} {codes[each.source_id]} → {codes[each.target_id]}".replace("  ", " ")
    if "count" in ids:
        counted = select(n.id, n.counted_at, n.reference).where(n.id.in_(ids["count"]))
        named |= {
            row.id: f"count {row.reference or ''} of {row.counted_at:%Y-%m-%d}".replace("  ", " ") for row in session.execute(counted)
        }
    if "reservation" in ids:
        held = select(r.id, r.reference).where(r.id.in_(ids["reservation"]))
        named |= {row.id: f"hold {row.reference or ''}".strip() for row in session.execute(held)}
    for row in moved:
        row |= {"location": codes[row["location_id"]], "cause": named.get(row["cause_id"]) or row["reference"]}
    return moved


def actors(session: Session) -> dict[str, str]:
    """What a person calls those who act by themselves."""
    query = select(channels.channels.c.id, channels.channels.c.name)
    return {f"channel:{row.id}": row.name for row in session.execute(query)}


def sku_codes(session: Session, which: ColumnElement[bool]) -> dict[str, str]:
    """The codes of the SKUs of some movements, by their ids."""
    s = catalogue.skus.c
    query = select(s.id, s.code).where(s.id.in_(select(stock_movements.c.sku_id).where(which)))
    return {row.id: row.code for row in session.execute(query)}


def _holders(session: Session, sku_id: str, place: str | None, codes: Mapping[str, str]) -> dict[str, Any]:
    """Who holds units now: counters, orders, carts."""
    a, c, ch = counters.allotments.c, counters.counters.c, channels.channels.c
    owed, o, line, r = commitments.commitments.c, orders.orders.c, reservations.reservation_lines.c, reservations.reservations.c
    given = (
        select(a.counter_id, c.title, ch.name.label("channel"), a.location_id, a.quantity)
        .join(counters.counters, c.id == a.counter_id)
        .join(channels.channels, ch.id == c.channel_id)
        .where(a.sku_id == sku_id, a.quantity > 0)
        .order_by(a.quantity.desc(), a.counter_id)
    )
    promised = (
        select(owed.order_id, func.coalesce(o.reference, o.external_id).label("number"), owed.location_id, owed.quantity, owed.state)
        .join(orders.orders, o.id == owed.order_id)
        .where(owed.sku_id == sku_id, owed.quantity > 0)
        .order_by(owed.promised_at, owed.id)
    )
    held = (
        select(line.reservation_id, r.reference, r.expires_at, line.location_id, line.quantity)
        .join(reservations.reservations, r.id == line.reservation_id)
        .where(line.sku_id == sku_id, line.quantity > 0)
        .order_by(r.expires_at, r.id)
    )
    if place is not None:
        given = given.where(a.location_id == place)
        promised = promised.where(or_(owed.location_id == place, owed.location_id.is_(None)))
        held = held.where(line.location_id == place)
    return {
        name: [dict(row) | {"location": codes.get(row["location_id"])} for row in session.execute(query.limit(HOLDERS)).mappings()]
        for name, query in (("allotments", given), ("commitments", promised), ("holds", held))
    }
