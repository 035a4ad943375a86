"""A channel's order as it stands, put into the books.

What an order does to stock is one formula and not an event handler: per line, the channel's figures say what is owed and what it did to
its own counter; the difference from what is recorded is posted, and only that. So any multiset of doubled, late and reordered messages
ends in the same books.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import orjson
from sqlalchemy import func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from app import chance
from app.database import Contended, Session
from app.domain import (
    catalogue,
    channels,
    commitments,
    contacts,
    counters,
    entries,
    events,
    exceptions,
    listings,
    orders,
    plans,
    shipments,
    signals,
    stock,
    store,
    writes,
)
from app.domain.causes import Cause
from app.domain.counters import Counter
from app.domain.listings import Known
from app.domain.orders import order_lines
from app.domain.pricing import AMOUNTS, LINE_AMOUNTS
from app.domain.snapshots import LineSnapshot, Missing, OrderSnapshot, OrderState
from app.domain.stock import Move
from app.statements import Prepared, finding, given

# By how much a shop's clock may be wrong. Freeing an unpaid order's units before the shop does would sell them twice; later is harmless.
CLOCKS_DIFFER = timedelta(minutes=5)

UNPAID = text("NOT orders.paid AND NOT orders.lapsed AND orders.status = 'open'")
"""That an order waits for its payment, in the words of the index of those."""

_FIGURES = ("ordered", "cancelled", "shipped", "returned", "counted_down", "put_back")


@dataclass(slots=True)
class _Work:
    """One recording: the order, its channel, and what is held for it."""

    order: dict[str, Any]
    channel: Mapping[str, Any]
    rows: list[dict[str, Any]]
    promised: list[dict[str, Any]]
    cause: Cause
    first_seen: bool
    paid: bool
    delivery_id: str | None = None  # the message that told of it, if it was told
    rivals: list[Counter] = field(default_factory=list)
    counted: list[Counter] = field(default_factory=list)  # those of which something was sold or put back
    skus: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    changed: bool = False
    # What is known of the order, and of its lines by their ids, and not written yet; and those lines that aren't written at all.
    unwritten: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)
    new_rows: set[str] = field(default_factory=set)

    @property
    def state(self) -> str:
        return "committed" if self.paid else "reserved"

    @property
    def lapsed(self) -> bool:
        return bool(self.order["lapsed"]) and not self.paid


def record(session: Session, channel_id: str, snapshot: OrderSnapshot, *, reread: bool = False, cause: Cause) -> dict[str, Any] | None:
    """Take over how a channel's order stands. Always recorded; a line that no SKU stands for waits for its mapping.

    `reread`: it was fetched because its hold ran out; if it still isn't paid, its units are free again.

    An order that was deleted there is remembered even if we never saw it: an older message that comes late says what its lines were,
    and what the channel counted down for them; nothing of it is wanted any more.

    Returns: the order's row; None for what isn't an order (yet), and for a snapshot without lines of an order that we don't know:
    fetch it whole.
    """
    if snapshot.state is OrderState.NOT_YET:
        return None
    channel, order = _find(session, channel_id, snapshot.external_id)
    is_new = order is None
    if order is None:
        if snapshot.state is not OrderState.GONE and isinstance(snapshot.lines, Missing):
            return None
        order = _new_order(session, channel, snapshot)
    elif _says_nothing(order, snapshot, reread=reread):
        return order
    gone = order["gone_version"]
    if snapshot.state is OrderState.GONE:
        gone = max(version(snapshot), gone or 0)
    elif gone is not None and version(snapshot) > gone:
        gone = None
    told_by = cause.id if cause.kind == "delivery" else None
    cause = cause.by("order", order["id"])
    rows = [] if is_new else session.rows(orders.lines_of, {"order_id": order["id"]})
    promised = [] if is_new else commitments.of_order(session, order["id"])
    figures = _figures(snapshot, rows, gone=gone is not None)
    first_seen = is_new or (gone is not None and not rows)
    paid = order["paid"] if isinstance(snapshot.paid, Missing) else snapshot.paid
    work = _Work(order, channel, rows, promised, cause, first_seen, paid, told_by)
    added_up = first_seen or all(order[name] == total for name, total in _sums(rows).items())
    _describe(session, work, snapshot, gone=gone, reread=reread)
    if is_new:
        _add(session, work)
    _apply(session, work, figures)
    return _finish(session, work, snapshot, added_up=added_up)


def news(session: Session, channel_id: str, snapshots: Sequence[OrderSnapshot]) -> list[bool]:
    """Of each of these whether `record` has anything to do for it, asked of all of them at once."""
    columns, among = ("external_id", "external_version", "snapshot_hash"), ("external_id", [each.external_id for each in snapshots])
    known = {row["external_id"]: row for row in session.find(orders.orders, columns=columns, channel_id=channel_id, among=among)}
    return [each.external_id not in known or not _says_nothing(known[each.external_id], each) for each in snapshots]


def mapped(session: Session, listing_id: str, *, cause: Cause) -> None:
    """Somebody said what a listing is: its counter stands for that from now on, and lines that waited for it follow at once."""
    listing = listings.get(session, listing_id)
    if listing["counter_id"] is not None:
        assign(session, listing["counter_id"], cause=cause)
    waiting = select(order_lines.c.order_id).where(order_lines.c.listing_id == listing_id, order_lines.c.sku_id.is_(None)).distinct()
    for order_id in list(session.execute(waiting.order_by(order_lines.c.order_id)).scalars()):
        order, rows = orders.locked(session, order_id)
        if order["channel_id"] is None:
            continue
        channel = channels.get(session, order["channel_id"])
        promised = commitments.of_order(session, order_id)
        sender = "nobody" if listing["mapping"] == "ignored" else "us"
        for row in rows:
            if row["listing_id"] == listing_id and row["sku_id"] is None and row["fulfilled_by"] not in ("channel", sender):
                row["fulfilled_by"] = sender
                session.execute(update(order_lines).where(order_lines.c.id == row["id"]).values(fulfilled_by=sender))
        work = _Work(order, channel, rows, promised, cause.by("order", order_id), False, order["paid"])
        _apply(session, work, [_recorded(row) for row in _first_rows(rows) if row["listing_id"] == listing_id], listing_id=listing_id)
        _finish(session, work, None)


def waited_for(session: Session, listing_ids: Sequence[str]) -> list[str]:
    """Those of these listings that lines still wait for: sold before anybody knew what they are."""
    line = order_lines.c
    query = select(line.listing_id).where(line.listing_id.in_(listing_ids), line.sku_id.is_(None)).distinct()
    return sorted(session.execute(query).scalars())


def assign(session: Session, counter_id: str, *, cause: Cause) -> None:
    """Let a counter stand for what its listings consist of: one SKU, so many units each. Where they disagree, or consist of several
    SKUs, it is left alone: it isn't written."""
    row = counters.by_id(session, counter_id)
    mapped_here = session.find(listings.listings, columns=["id"], counter_id=counter_id, mapping="mapped")
    parts = set(listings.components(session, [each["id"] for each in mapped_here]).values())
    why, stands_for = None, None
    if len(parts) == 1 and len(only := next(iter(parts))) == 1:
        stands_for = only[0]
    elif parts:
        why = "Its listings consist of different things." if len(parts) > 1 else "It consists of several SKUs; its number is left alone."
    sku_id, per = stands_for or (None, 1)
    state = "active" if sku_id is not None else "idle"
    held = _held_back(session, counter_id) if sku_id is not None else 0
    if (row["sku_id"], row["per"], row["state"], row["held"]) == (sku_id, per, state, held):
        return
    if (row["sku_id"], row["per"], row["state"]) == (sku_id, per, state):
        counters.of_skus(session, [sku_id] if sku_id is not None else [])
        entries.held(session, counter_id, held, cause=cause)
        stock.freed(session).update([sku_id] if sku_id is not None else [])
        return
    if row["sku_id"] is not None:
        for counter in counters.of_skus(session, [row["sku_id"]]):
            if counter.id == counter_id:
                counters.recall(session, counter, counter.allotment, "unmapped", cause=cause)
    fresh: dict[str, Any] = {"sku_id": sku_id, "per": per, "state": state, "why": why, "known": False, "exposed": 0, "target": None}
    fresh |= {"excess_cause": None, "rebase_at": chance.now() if sku_id is not None else None, "due_at": None}
    entries.held(session, counter_id, held, cause=cause, **fresh)
    exceptions.clear(session, "excess", counter_id, cause=cause)
    if sku_id is not None:
        plans.ensure(session, sku_id)
        stock.freed(session).add(sku_id)


def _held_back(session: Session, counter_id: str) -> int:
    """Units of open lines that the channel hasn't counted down: also of those that came before anybody knew what the counter stands for."""
    return int(session.rows(_held_of, {"counter_id": counter_id})[0]["held"])


_held_of = Prepared(
    select(func.coalesce(func.sum(order_lines.c.held), 0).label("held"))
    .join(listings.listings, listings.listings.c.id == order_lines.c.listing_id)
    .where(listings.listings.c.counter_id == given(listings.listings.c.counter_id), order_lines.c.held > 0)
)


def unpaid_due(session: Session, channel_id: str, limit: int) -> list[str]:
    """Unpaid orders whose hold has run out, by the channel's ids: to be read again before their units are freed."""
    o = orders.orders.c
    query = (
        select(o.external_id)
        .where(o.channel_id == channel_id, UNPAID, o.hold_until <= chance.now())
        .order_by(o.hold_until, o.id)
        .limit(limit)
    )
    return list(session.execute(query).scalars())


# The order


def version(snapshot: OrderSnapshot) -> int:
    """The channel's own version of an order as a number: of two snapshots the higher one is newer."""
    said = snapshot.version
    return int(said.timestamp() * 1_000_000) if isinstance(said, datetime) else said


def _says_nothing(order: Mapping[str, Any], snapshot: OrderSnapshot, *, reread: bool = False) -> bool:
    """It is older than what is recorded, or the very same: polls overlap, and messages come twice."""
    said, known = version(snapshot), order["external_version"]
    if said > known and snapshot.state is not OrderState.GONE:  # which leaves the order its version
        return False
    return bool(said < known) or (not reread and order["snapshot_hash"] == hashed(snapshot))


def hashed(snapshot: OrderSnapshot) -> int:
    """A snapshot in 64 bits, with everything that it says."""
    said = orjson.dumps(snapshot, option=orjson.OPT_SORT_KEYS, default=dict)
    return int.from_bytes(blake2b(said, digest_size=8).digest(), signed=True)


_channel = finding(channels.channels, ("id",), ("id", "capabilities", "location_ids", "created_at"), None, None)
_order = finding(orders.orders, ("channel_id", "external_id"), (), None, False)


def _find(session: Session, channel_id: str, external_id: str) -> tuple[dict[str, Any], dict[str, Any] | None]:
    order = {"channel_id": channel_id, "external_id": external_id}
    (channel,), found = session.rows_each([(_channel, {"id": channel_id}), (_order, order)])
    return channel, found[0] if found else None


_NOTHING: dict[str, Any] = dict.fromkeys(column.key for column in orders.orders.c)


def _new_order(session: Session, channel: Mapping[str, Any], snapshot: OrderSnapshot) -> dict[str, Any]:
    """The row of an order that we hear of for the first time, before anything is said of it."""
    now = chance.now()
    can = channel["capabilities"] or {}
    return _NOTHING | {
        "id": chance.new_id(),
        "channel_id": channel["id"],
        "external_id": snapshot.external_id,
        "external_version": 0 if snapshot.state is OrderState.GONE else version(snapshot),
        "reference": (snapshot.number or snapshot.external_id)[:200],
        "status": "open",
        "sold": True,
        "test": snapshot.test,
        "fulfilled_by": "us",
        "location_ids": channel["location_ids"],
        "currency": _currency(session, snapshot, can),
        **dict.fromkeys(AMOUNTS, 0),
        "rounding": 0,
        "prices_include_tax": snapshot.prices_include_tax,
        "paid": snapshot.paid is not False,
        "hold_until": snapshot.hold_until or (snapshot.placed_at or now) + timedelta(seconds=can.get("hold_s", 3600.0)) + CLOCKS_DIFFER,
        "lapsed": False,
        "placed_at": snapshot.placed_at or now,
        "updated_at": now,
    }


def _add(session: Session, work: _Work) -> None:
    """Write a new order, as far as it is known. Raises: Contended when somebody else was faster."""
    row = {name: value for name, value in work.order.items() if name != "notes" or value}  # of nothing JSON would make its own null
    if not session.run(_make(session.dialect, tuple(row)), row):
        raise Contended("somebody else records the same order")
    work.unwritten = {}


@cache
def _make(dialect: str, columns: tuple[str, ...]) -> Prepared:
    """A new order, unless it is there."""
    upsert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    there = orders.orders.c.channel_id.is_not(None)
    insertion = upsert(orders.orders).on_conflict_do_nothing(index_elements=["channel_id", "external_id"], index_where=there)
    return Prepared(insertion, columns)


def _currency(session: Session, snapshot: OrderSnapshot, can: Mapping[str, Any]) -> str:
    """The order's own: amounts are never converted."""
    if not isinstance(snapshot.amounts, Missing) and snapshot.amounts:
        return next(iter(snapshot.amounts.values())).currency
    lines = [] if isinstance(snapshot.lines, Missing) else snapshot.lines
    named = next((line.unit_price.currency for line in lines if line.unit_price is not None), None)
    return str(named or can.get("currency") or store.get(session)["currency"])


def _describe(session: Session, work: _Work, snapshot: OrderSnapshot, *, gone: int | None, reread: bool) -> None:
    """Everything of the order that isn't units: who, when, how much, paid or not. What is absent or withheld erases nothing."""
    order = work.order
    changes: dict[str, Any] = {"gone_version": gone, "paid": work.paid, "snapshot_hash": hashed(snapshot)}
    if snapshot.state is not OrderState.GONE:
        changes["external_version"] = version(snapshot)
    if not isinstance(snapshot.lines, Missing):
        changes["test"] = snapshot.test
    if work.first_seen and snapshot.placed_at is not None:
        changes["placed_at"] = snapshot.placed_at
    if snapshot.number:
        changes["reference"] = snapshot.number[:200]
    if snapshot.notes:
        changes["notes"] = dict(snapshot.notes)
    if snapshot.ship_by is not None:
        changes["ship_by"] = snapshot.ship_by
    if snapshot.hold_until is not None:
        changes["hold_until"] = snapshot.hold_until
    if work.paid:
        changes["lapsed"] = False
    elif reread and (changes.get("hold_until") or order["hold_until"]) <= chance.now() and not signals.clock_is_off(session):
        changes["lapsed"] = True
    if snapshot.cancelled_at is not None:
        changes |= {"cancelled_at": snapshot.cancelled_at, "cancel_reason": (snapshot.cancel_reason or "")[:200] or None}
    for column, said, owner in (("contact_id", snapshot.buyer, None), ("ship_to_id", snapshot.ship_to, order["contact_id"])):
        if isinstance(said, Missing) or not said:
            continue
        if order[column] is None:
            changes[column] = contacts.add(session, said, buyer_id=owner or changes.get("contact_id"))
        else:
            contacts.renew(session, order[column], said)
    if not isinstance(snapshot.amounts, Missing):
        changes |= {name: money.amount for name, money in snapshot.amounts.items() if name in AMOUNTS}
    work.unwritten = _differing(order, changes)
    order |= changes


def _differing(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if row[name] != value}


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in LINE_AMOUNTS}


def _finish(session: Session, work: _Work, snapshot: OrderSnapshot | None, *, added_up: bool = False) -> dict[str, Any]:
    """What follows from the lines. `added_up`: what the order comes to was the sum of its lines, and not said by the channel."""
    order = work.order
    goods = [row for row in work.rows if row["fulfilled_by"] != "nobody"]
    owed = sum(row["quantity"] - row["cancelled"] - row["shipped"] for row in goods)
    shipped = any(row["shipped"] for row in goods) or any(row["cancelled"] < row["quantity"] for row in work.rows if row not in goods)
    status = "open" if owed else "shipped" if shipped else "cancelled"
    theirs = work.rows and all(row["fulfilled_by"] == "channel" for row in work.rows)
    changes: dict[str, Any] = {"status": status, "fulfilled_by": "channel" if theirs else "us", "updated_at": chance.now()}
    if status == "cancelled" and order["cancelled_at"] is None:
        changes["cancelled_at"] = chance.now()
    elif status != "cancelled" and snapshot is not None and snapshot.cancelled_at is None and not isinstance(snapshot.lines, Missing):
        changes |= {"cancelled_at": None, "cancel_reason": None}  # a person brought it back
    if status != "open" and order["cancel_requested_at"] is not None:
        exceptions.clear(session, "cancel_requested", order["id"], cause=work.cause)
    final = order | changes
    if snapshot is not None:
        said = {} if isinstance(snapshot.amounts, Missing) else snapshot.amounts
        sums = _sums(work.rows)
        changes |= {name: total for name, total in sums.items() if added_up and name not in said}
        final |= changes
        changes["rounding"] = final["total"] - sums["total"] - final["shipping"]
    if unwritten := work.unwritten | _differing(order, changes):
        session.change(orders.orders, unwritten, id=order["id"])
    is_news = work.first_seen or work.changed or status != order["status"]
    if is_news and (work.rows or order["gone_version"] is None):
        data = {
            "channel_id": order["channel_id"],
            "external_id": order["external_id"],
            "reference": order["reference"],
            "status": status,
            "paid": work.paid,
            "test": final["test"],
            "contact_id": final["contact_id"],
            "lines": [{name: row[name] for name in ("id", "sku_id", "quantity", "cancelled", "shipped")} for row in work.rows],
        }
        if work.delivery_id is not None:
            data["delivery_id"] = work.delivery_id
        events.append(session, "order.placed" if work.first_seen else "order.changed", order["id"], data, cause=work.cause)
    return final


# Its lines


def _figures(snapshot: OrderSnapshot, rows: Sequence[Mapping[str, Any]], *, gone: bool) -> list[LineSnapshot]:
    """The lines as they stand: those of the snapshot, and those that it doesn't show any more.

    A line that was edited away isn't wanted any more, and the channel put back what it had taken for it. Of an order that was deleted
    nothing is wanted any more either, and nothing was put back as far as we know.
    """
    recorded = {row["external_id"]: _recorded(row) for row in _first_rows(rows)}
    lines = list(recorded.values()) if isinstance(snapshot.lines, Missing) else list(snapshot.lines)
    shown = {line.external_id for line in lines}
    vanished = [_unwanted(line, put_back=line.counted_down) for each, line in recorded.items() if each not in shown]
    if gone:
        lines = [_unwanted(line, put_back=line.put_back) for line in lines]
    return [*lines, *vanished]


def _first_rows(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        found.setdefault(row["external_id"], row)
    return list(found.values())


def _recorded(row: Mapping[str, Any]) -> LineSnapshot:
    return LineSnapshot(
        external_id=row["external_id"],
        ordered=row["ordered_there"],
        cancelled=row["cancelled_there"],
        shipped=row["shipped_there"],
        returned=row["returned"],
        counted_down=row["counted_down"],
        put_back=row["put_back"],
        title=row["title"],
        ships=row["fulfilled_by"] != "nobody",
        fulfilled_by_channel=row["fulfilled_by"] == "channel",
        decimal_quantity=row["decimal_quantity"],
    )


def _unwanted(line: LineSnapshot, *, put_back: int) -> LineSnapshot:
    return replace(line, cancelled=line.ordered - line.shipped, put_back=put_back)


def _apply(session: Session, work: _Work, lines: Sequence[LineSnapshot], *, listing_id: str | None = None) -> None:
    """Bring each line's books to what the channel's figures say."""
    known = {} if listing_id is not None else _identify(session, work, lines)
    told = listings.components(session, [listing_id]).get(listing_id, ()) if listing_id is not None else ()
    plan: list[tuple[LineSnapshot, list[dict[str, Any]]]] = []
    for line in lines:
        listing = known.get(line.external_id)
        parts = told if listing_id is not None else listing.components if listing is not None else ()
        plan.append((line, _rows_for(session, work, line, listing, parts)))
    counter_ids = _counter_ids(session, [here[0]["listing_id"] for _, here in plan], known.values())
    _hold(session, work, [row for _, here in plan for row in here], counter_ids.values())
    by_id = {each.id: each for each in work.rivals}
    by_listing = {each: by_id.get(str(counter_id)) for each, counter_id in counter_ids.items()}
    before = {each.id: each.spare for each in work.rivals}
    for line, here in plan:
        _count(session, work, line, here, by_listing.get(here[0]["listing_id"]))
    _pay(session, work)
    for line, here in plan:
        for row in here:
            _owe(session, work, line, row, by_listing.get(here[0]["listing_id"]))
    for counter in work.rivals:
        # What it doesn't offer any more and nobody is owed is free, as if we had heard of each change by itself.
        if (spare := counter.spare - before[counter.id]) > 0:
            counters.recall(session, counter, spare, "released", cause=work.cause)
    for counter in work.counted:
        counters.done_with(session, counter)
        if counter.has_plenty:
            stock.in_no_hurry(session).add(counter.sku_id)
    stock.in_no_hurry(session).difference_update(each.sku_id for each in work.counted if not each.has_plenty)


def _identify(session: Session, work: _Work, lines: Sequence[LineSnapshot]) -> dict[str, Known]:
    """What each line was of, by the line's id. A product that we hear of for the first time becomes a listing, and a question.

    What is never sent (a tip, a download) is a question only where the channel counts it, and else stock only where a SKU says so.
    """
    fresh = [line for line in lines if not any(row["external_id"] == line.external_id for row in work.rows)]
    names = {line.external_id: _product(line) for line in fresh}
    known = listings.known(session, work.channel["id"], names.values())
    found = {}
    for line in fresh:
        name = names[line.external_id]
        if line.ships or line.counted_down:
            if name not in known:
                facts: dict[str, Any] = {"sku_code": line.sku, "title": line.title or line.sku or name, "live": False, "seen": False}
                listings.note(session, work.channel["id"], name, **facts, cause=work.cause)
                known |= listings.known(session, work.channel["id"], [name])
            if known[name].mapping == "open":
                listings.ask(session, listings.get(session, known[name].id), cause=work.cause)
            found[line.external_id] = known[name]
        elif name in known and _are_counted(session, [sku_id for sku_id, _ in known[name].components]):
            found[line.external_id] = known[name]
    return found


def _are_counted(session: Session, sku_ids: Sequence[str]) -> bool:
    s = catalogue.skus.c
    return bool(sku_ids) and session.scalar(select(s.id).where(s.id.in_(sku_ids), s.tracked).limit(1)) is not None


def _product(line: LineSnapshot) -> str:
    if line.listing is not None:
        return line.listing[:200]
    return f"sku:{line.sku}"[:200] if line.sku else f"title:{line.title or ''}"[:200]


def _rows_for(
    session: Session, work: _Work, line: LineSnapshot, listing: Known | None, parts: Sequence[tuple[str, int]]
) -> list[dict[str, Any]]:
    """The rows of a line: one for each SKU in it. A row that waited for its mapping becomes the first of them."""
    here = [row for row in work.rows if row["external_id"] == line.external_id]
    if here and (here[0]["sku_id"] is not None or not parts):
        return here
    made = here or [_new_row(work, line, listing)]
    if parts:
        made[0] |= {"sku_id": parts[0][0], "per": parts[0][1]}
    if not here:
        work.rows += made
        work.new_rows.add(made[0]["id"])
    elif parts:  # nothing was posted for it: what has left, and what isn't wanted, follows now, in units of the SKU
        made[0] |= {"quantity": max(1, made[0]["ordered_there"] * made[0]["per"]), "cancelled": 0, "shipped": 0}
        is_now = {name: made[0][name] for name in ("sku_id", "per", "quantity", "cancelled", "shipped")}
        session.change(order_lines, is_now, id=made[0]["id"])
    for sku_id, units in parts[1:]:
        like = {name: made[0][name] for name in ("listing_id", "fulfilled_by")}
        row = _new_row(work, line, listing) | like | {"sku_id": sku_id, "per": units}
        work.rows.append(row)
        work.new_rows.add(row["id"])
        made.append(row)
    return made


def _new_row(work: _Work, line: LineSnapshot, listing: Known | None) -> dict[str, Any]:
    never_stock = listing is None or listing.mapping == "ignored"
    fulfilled_by = "nobody" if never_stock else "channel" if line.fulfilled_by_channel else "us"
    return orders.LINE_THERE | {
        "id": chance.new_id(),
        "order_id": work.order["id"],
        "position": max((row["position"] for row in work.rows), default=-1) + 1,
        "sku_id": None,
        "title": (line.title or line.sku or "")[:500] or None,
        "quantity": max(1, line.ordered),
        "cancelled": 0,
        "shipped": 0,
        "unit_price": 0,
        **dict.fromkeys(LINE_AMOUNTS, 0),
        "external_id": line.external_id,
        "listing_id": listing.id if listing else None,
        "fulfilled_by": fulfilled_by,
    }


def _counter_ids(session: Session, listing_ids: Iterable[str | None], known: Iterable[Known]) -> dict[str, str | None]:
    """The counters of these listings, some of which are known already."""
    found = {each.id: each.counter_id for each in known}
    others = sorted({each for each in listing_ids if each is not None} - found.keys())
    rows = session.find(listings.listings, columns=["id", "counter_id"], among=("id", others))
    return found | {row["id"]: row["counter_id"] for row in rows}


def _hold(session: Session, work: _Work, rows: Sequence[Mapping[str, Any]], counter_ids: Iterable[str | None]) -> None:
    """Hold the levels and counters of every SKU that is touched, in the one order."""
    wanted = {row["sku_id"] for row in rows if row["sku_id"] is not None}
    work.rivals = counters.of_skus(session, wanted)
    # A counter that stands for something else by now, or for nothing.
    named = sorted({each for each in counter_ids if each is not None} - {each.id for each in work.rivals})
    theirs = session.find(counters.counters, columns=["sku_id"], among=("id", named))
    if others := {row["sku_id"] for row in theirs if row["sku_id"] is not None} - wanted:
        wanted |= others
        work.rivals = counters.of_skus(session, wanted)
    columns = ["id", "code", "tracked", "cost", "cost_currency"]
    work.skus = {row["id"]: row for row in session.find(catalogue.skus, columns=columns, among=("id", sorted(wanted)))}


def _count(session: Session, work: _Work, line: LineSnapshot, here: Sequence[dict[str, Any]], counter: Counter | None) -> None:
    """What the channel did to its own counter: `shown` and `held` follow by the differences."""
    row = here[0]
    before = {name: row[name] for name in ("counted_down", "put_back", "held")}
    wanted = max(0, line.ordered - line.cancelled)
    held = 0 if work.lapsed or row["fulfilled_by"] != "us" else max(0, wanted - line.counted_down)
    net = (line.counted_down - line.put_back) - (before["counted_down"] - before["put_back"])
    put_back = max(0, line.put_back - before["put_back"], -net)
    after = {"counted_down": line.counted_down, "put_back": line.put_back, "held": held}
    if after != before:
        work.changed = True
        row |= after
        work.counts[row["id"]] = after
    if counter is None or (not net and not put_back and held == before["held"]):
        return
    changes: dict[str, Any] = {"shown": counter.shown - net, "held": max(0, counter.held + held - before["held"])}
    if net > 0 and not work.order["test"]:
        now = chance.now()
        changes |= {"rate": counters.faded(counter.rate, counter.rate_at, net, now), "rate_at": now}
    if counter.flight is not None and (net or put_back):
        flight = counter.flight
        flight.put_back_since += put_back
        flight.learned_since += abs(net) + put_back
        learned = {"put_back_since": flight.put_back_since, "learned_since": flight.learned_since}
        writes.change_entry(session, flight.write_id, counter.id, **learned)
    entries.change(session, counter, "order", row["id"], cause=work.cause, **changes)
    work.counted.append(counter)
    if counter.known and counter.shown < 0:
        # It sold more than it was ever shown: by itself, or because somebody raised it by hand.
        session.info.setdefault("excess", {}).setdefault(counter.id, "channel")
        counters.change(session, counter, rebase_at=chance.now())
    elif put_back:
        session.info.setdefault("excess", {}).setdefault(counter.id, "put_back")
        if counter.known and not (work.channel["capabilities"] or {}).get("tells_put_back", True):
            counters.change(session, counter, rebase_at=chance.now())


def _pay(session: Session, work: _Work) -> None:
    """An order that is paid now: its units are promised, and no longer only held. Or the other way round: its payment was taken back."""
    others = [row for row in work.promised if row["state"] != work.state]
    if not others:
        return
    # A promise becomes a hold by way of what is free; nobody sees it there.
    way = ("reserved", "committed") if work.paid else ("committed", "available", "reserved")
    moves = [
        Move(row["sku_id"], row["location_id"], row["quantity"], *step, "paid" if work.paid else "unpaid")
        for row in others
        if row["location_id"] is not None and row["quantity"]
        for step in pairwise(way)
    ]
    for row in others:
        row["state"] = work.state
        session.change(commitments.commitments, {"state": work.state}, id=row["id"])
    work.changed = True
    stock.move_many(session, moves, cause=work.cause)


def _owe(session: Session, work: _Work, line: LineSnapshot, row: dict[str, Any], counter: Counter | None) -> None:
    """Bring what is promised to a line, and what has left for it, to what the channel's figures say."""
    per = row["per"]
    if counter is not None and counter.sku_id != row["sku_id"]:
        counter = None  # the listing stands for something else since, or for several things
    wanted = max(0, line.ordered - line.cancelled) * per
    shipped = max(row["shipped"], line.shipped * per)
    if line.shipped < row["shipped_there"]:  # a parcel that didn't leave after all; one that we have sent did
        shipped = max(shipments.sent(session, row["id"]), line.shipped * per)
    quantity = max(row["quantity"], line.ordered * per, shipped)
    ours = row["fulfilled_by"] == "us" and row["sku_id"] is not None and work.skus[row["sku_id"]]["tracked"]
    if row["sku_id"] is None or not ours:
        shipped = min(shipped, quantity)
    left = shipped - row["shipped"]
    changes: dict[str, Any] = {
        "quantity": max(1, quantity),
        "cancelled": max(1, quantity) - max(wanted, shipped),
        "shipped": shipped,
        "ordered_there": line.ordered,
        "cancelled_there": line.cancelled,
        "shipped_there": line.shipped,
        "returned": line.returned,
        "decimal_quantity": line.decimal_quantity,
    }
    changes |= _amounts(work, line, row)
    is_decimal = line.decimal_quantity is not None and line.decimal_quantity != row["decimal_quantity"]
    _write(session, work, row, changes)
    if ours:
        mine = [each for each in work.promised if each["line_id"] == row["id"] and each["sku_id"] == row["sku_id"]]
        if left > 0:
            _leave(session, work, row, mine, left, counter)
        elif left < 0:
            _stay(session, work, row, mine, -left)
        owed = 0 if work.lapsed else max(0, wanted - shipped)
        more = owed - sum(each["quantity"] for each in mine)
        if more > 0:
            _promise(session, work, row, mine, more, counter)
        elif more < 0:
            _give_back(session, work, row, mine, -more, counter)
    if is_decimal:
        exceptions.raise_(
            session,
            "decimal_quantity",
            row["id"],
            severity="warning",
            title=f"{line.decimal_quantity} of {row['title']!r} were sold",
            advice=f"Units are counted whole: {line.ordered} were set aside. Sell it in a smaller whole unit, such as 10 cm, and say what "
            "the listing consists of.",
            facts={"order_id": work.order["id"]},
            channel_id=work.order["channel_id"],
            cause=work.cause,
        )


def _write(session: Session, work: _Work, row: dict[str, Any], changes: Mapping[str, Any]) -> None:
    """A line's row as it is from now on, with what `_count` found; what is new goes in whole, before anything refers to it."""
    unwritten = _differing(row, changes)
    work.changed = work.changed or bool(unwritten)
    row |= unwritten
    unwritten |= work.counts.pop(row["id"], {})
    if row["id"] in work.new_rows:
        session.add(order_lines, row)
    elif unwritten:
        session.change(order_lines, unwritten, id=row["id"])


def _amounts(work: _Work, line: LineSnapshot, row: Mapping[str, Any]) -> dict[str, int]:
    """A line's money, with the first SKU of it; what the channel doesn't say stays."""
    first = next(each for each in work.rows if each["external_id"] == row["external_id"])
    if line.unit_price is None or first["id"] != row["id"]:
        return {}
    gross = line.unit_price.amount * line.ordered
    discount = line.discount.amount if line.discount else 0
    tax = line.tax.amount if line.tax else 0
    total = gross - discount + (0 if work.order["prices_include_tax"] else tax)
    return {"unit_price": line.unit_price.amount // row["per"], "gross": gross, "discount": discount, "tax": tax, "total": total}


def _leave(session: Session, work: _Work, row: Mapping[str, Any], mine: list[dict[str, Any]], units: int, counter: Counter | None) -> None:
    """Units were sent from the channel's side. What the books can't account for was on the shelf all the same, and is found."""
    before_our_time = work.first_seen and work.order["placed_at"] < work.channel["created_at"]
    if before_our_time:
        _note_commitment(session, work, row, mine, None, 0, shipped=units)
        return
    moves: list[Move] = []
    for each in sorted(mine, key=lambda each: each["location_id"] is None):
        taken = min(units, each["quantity"])
        if not taken:
            continue
        commitments.reduce(session, each, taken, shipped=True, cause=work.cause)
        units -= taken
        if each["location_id"] is not None:
            if each["state"] == "reserved":
                moves.append(Move(row["sku_id"], each["location_id"], taken, "reserved", "committed", "shipped_there"))
            moves.append(Move(row["sku_id"], each["location_id"], taken, "committed", "customer", "shipped_there"))
        else:
            moves += _found(session, work, row, taken, counter)
    if units:
        moves += _found(session, work, row, units, counter)
        _note_commitment(session, work, row, mine, work.channel["location_ids"][0], 0, shipped=units)
    stock.move_many(session, moves, cause=work.cause)


def _stay(session: Session, work: _Work, row: Mapping[str, Any], mine: list[dict[str, Any]], units: int) -> None:
    """Units that were said to have left are still here."""
    moves = []
    for each in sorted(mine, key=lambda each: each["location_id"] is None):
        taken = min(units, each["shipped"])
        if not taken:
            continue
        each["shipped"] -= taken
        session.change(commitments.commitments, {"shipped": each["shipped"]}, id=each["id"])
        place = each["location_id"] or work.channel["location_ids"][0]
        moves.append(Move(row["sku_id"], place, taken, "customer", "available", "not_shipped_there"))
        units -= taken
    stock.move_many(session, moves, cause=work.cause)


def _found(session: Session, work: _Work, row: Mapping[str, Any], units: int, counter: Counter | None) -> list[Move]:
    """Moves for units that left without having been promised: out of what there is, and what there wasn't, as found."""
    places = work.channel["location_ids"]
    moves = []
    for drawn in counters.draw(session, work.rivals, row["sku_id"], units, places, own=counter):
        moves.append(Move(row["sku_id"], drawn.location_id, drawn.units, drawn.source, "committed", "shipped_there"))
        moves.append(Move(row["sku_id"], drawn.location_id, drawn.units, "committed", "customer", "shipped_there"))
        units -= drawn.units
    if units:
        moves.append(Move(row["sku_id"], places[0], units, "adjustment", "committed", "shipped_unseen"))
        moves.append(Move(row["sku_id"], places[0], units, "committed", "customer", "shipped_there"))
    return moves


def _promise(
    session: Session, work: _Work, row: Mapping[str, Any], mine: list[dict[str, Any]], units: int, counter: Counter | None
) -> None:
    """A sale that has happened: its units come from its own counter's allotment, then from what is free, then from other allotments."""
    by_place: dict[str, int] = {}
    moves = []
    for drawn in counters.draw(session, work.rivals, row["sku_id"], units, work.channel["location_ids"], own=counter):
        by_place[drawn.location_id] = by_place.get(drawn.location_id, 0) + drawn.units
        moves.append(Move(row["sku_id"], drawn.location_id, drawn.units, drawn.source, work.state, "sold"))
        units -= drawn.units
    for place, taken in by_place.items():
        _note_commitment(session, work, row, mine, place, taken)
    if units:
        short = _note_commitment(session, work, row, mine, None, units)
        commitments.say_short(session, short, units, cause=work.cause)
        stock.freed(session).add(row["sku_id"])  # units may have come since we looked
    if counter is not None:
        work.counted.append(counter)
    stock.move_many(session, moves, cause=work.cause)


def _give_back(
    session: Session, work: _Work, row: Mapping[str, Any], mine: list[dict[str, Any]], units: int, counter: Counter | None
) -> None:
    """Units aren't wanted any more: to the counter while it offers more than it was given, else they are free. What was never found is
    given up first."""
    moves = []
    for each in sorted(mine, key=lambda each: (each["location_id"] is not None, each["id"])):
        taken = min(units, each["quantity"])
        if not taken:
            continue
        commitments.reduce(session, each, taken, cause=work.cause)
        units -= taken
        place = each["location_id"]
        if place is None:
            continue
        back = 0
        if counter is not None and place in counter.location_ids:
            back = min(taken, counter.deficit)
        if back and counter is not None:
            counters.take_in(session, counter, place, back)
            moves.append(Move(row["sku_id"], place, back, each["state"], "allotted", "cancelled"))
        if taken - back:
            moves.append(Move(row["sku_id"], place, taken - back, each["state"], "available", "cancelled"))
    stock.move_many(session, moves, cause=work.cause)


def _note_commitment(
    session: Session,
    work: _Work,
    row: Mapping[str, Any],
    mine: list[dict[str, Any]],
    place: str | None,
    units: int,
    *,
    shipped: int = 0,
) -> dict[str, Any]:
    """Let a location (None: nobody yet) owe the line more units, or have sent them."""
    for each in mine:
        if each["location_id"] == place and each["state"] == work.state:
            changes = {"quantity": each["quantity"] + units, "shipped": each["shipped"] + shipped}
            session.change(commitments.commitments, changes, id=each["id"])
            each |= changes
            return each
    sku = work.skus[row["sku_id"]]
    made = {
        "id": chance.new_id(),
        "order_id": row["order_id"],
        "line_id": row["id"],
        "sku_id": row["sku_id"],
        "location_id": place,
        "quantity": units,
        "shipped": shipped,
        "state": work.state,
        "location_ids": list(work.channel["location_ids"]),
        "unit_cost": sku["cost"],
        "unit_cost_currency": sku["cost_currency"],
        "promised_at": chance.now(),
    }
    commitments.add(session, [made])
    mine.append(made)
    work.promised.append(made)
    return made
