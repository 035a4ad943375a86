"""Orders: what somebody bought, what of it is promised to them, and what it came to.

An order on our own API is a wish: all of it, or nothing. One that says `sold` is a fact, a sale that has already happened: it is
recorded whatever the stock says, and what can't be found is short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    false,
    insert,
    select,
    text,
    true,
    update,
)

from app import chance
from app.database import Contended, Id, Json, Session, Utc, metadata
from app.domain import catalogue, commitments, contacts, events, exceptions, locations, recent, recovery, repayment, reservations, stock
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock, NotFound, WrongState
from app.domain.pricing import AMOUNTS, LINE_AMOUNTS, OrderDraft, priced
from app.domain.stock import Move, Want
from app.statements import Prepared, finding, given

orders = Table(
    "orders",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("reference", String(200), nullable=True),
    Column("status", String(16), nullable=False),  # open, shipped, cancelled
    # A sale that had already happened when we heard of it.
    Column("sold", Boolean, nullable=False),
    # Moves stock, and stays out of every number.
    Column("test", Boolean, nullable=False),
    Column("fulfilled_by", String(16), nullable=False),  # us, channel
    Column("contact_id", Id(), ForeignKey("contacts.id"), nullable=True),
    Column("ship_to_id", Id(), ForeignKey("contacts.id"), nullable=True),
    Column("reservation_id", Id(), ForeignKey("reservations.id"), nullable=True),
    # The locations it may be served from, in order; null: all of them.
    Column("location_ids", Json, nullable=True),
    # Minor units, in the store's currency and as the buyer saw it.
    Column("currency", String(3), nullable=False),
    *(Column(amount, BigInteger, nullable=False) for amount in AMOUNTS),
    # What was paid, less what the parts come to: cash is rounded, and so are converted prices.
    Column("rounding", BigInteger, nullable=False),
    Column("prices_include_tax", Boolean, nullable=False),
    Column("presentment_currency", String(3), nullable=True),
    *(Column(f"presentment_{amount}", BigInteger, nullable=True) for amount in AMOUNTS),
    Column("ship_by", Utc, nullable=True),
    Column("placed_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("cancelled_at", Utc, nullable=True),
    Column("cancel_reason", String(200), nullable=True),
    # A channel's order: which, its id there, and the version of the snapshot that was recorded last (microseconds, or a number).
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=True),
    Column("external_id", String(200), nullable=True),
    Column("external_version", BigInteger, nullable=True),
    Column("paid", Boolean, nullable=False, server_default=true()),
    # Until when an unpaid order's units are held; lapsed: it was read again after that, and still wasn't paid.
    Column("hold_until", Utc, nullable=True),
    Column("lapsed", Boolean, nullable=False, server_default=false()),
    # It was deleted there: the version that says so. What is older than that tells what the lines were, and nothing of it is wanted.
    Column("gone_version", BigInteger, nullable=True),
    # A hash of the snapshot that was recorded last: the same once more changes nothing.
    Column("snapshot_hash", BigInteger, nullable=True),
    # We want it cancelled; nothing is free until the channel says that it is.
    Column("cancel_requested_at", Utc, nullable=True),
    Column("notes", Json, nullable=True),
    Index(
        "uq_orders_external",
        "channel_id",
        "external_id",
        unique=True,
        postgresql_where=text("channel_id IS NOT NULL"),
        sqlite_where=text("channel_id IS NOT NULL"),
    ),
    Index(
        "ix_orders_unpaid",
        "channel_id",
        "hold_until",
        postgresql_where=text("NOT paid AND NOT lapsed AND status = 'open'"),
        sqlite_where=text("NOT paid AND NOT lapsed AND status = 'open'"),
    ),
    Index(None, "status", "id"),
    Index(None, "updated_at"),
    Index(
        "ix_orders_channel",
        "channel_id",
        "id",
        postgresql_where=text("channel_id IS NOT NULL"),
        sqlite_where=text("channel_id IS NOT NULL"),
    ),
    Index(
        "ix_orders_reference",
        "reference",
        postgresql_where=text("reference IS NOT NULL"),
        sqlite_where=text("reference IS NOT NULL"),
    ),
)

order_lines = Table(
    "order_lines",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("order_id", Id(), ForeignKey("orders.id"), nullable=False),
    Column("position", Integer, nullable=False),
    # Null: of a channel's product that nobody has said yet what it is.
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=True),
    Column("title", String(500), nullable=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    Column("cancelled", Integer, nullable=False),
    CheckConstraint("cancelled >= 0", name="cancelled_not_negative"),
    Column("shipped", Integer, nullable=False),
    CheckConstraint("shipped >= 0", name="shipped_not_negative"),
    Column("unit_price", BigInteger, nullable=False),
    *(Column(amount, BigInteger, nullable=False) for amount in LINE_AMOUNTS),
    *(Column(f"presentment_{amount}", BigInteger, nullable=True) for amount in LINE_AMOUNTS),
    # A line never shrinks below what was shipped.
    CheckConstraint("cancelled + shipped <= quantity", name="no_more_than_ordered"),
    # A channel's line. Several rows may have one external id: the parts of a bundle. `per`: units of the SKU in one of what was sold;
    # the figures behind it are the channel's own, totals, in what was sold.
    Column("external_id", String(200), nullable=True),
    Column("listing_id", Id(), ForeignKey("listings.id"), nullable=True),
    Column("per", Integer, nullable=False, server_default="1"),
    Column("fulfilled_by", String(16), nullable=False, server_default="us"),  # us, channel, nobody (a tip, a download)
    Column("ordered_there", Integer, nullable=False, server_default="0"),
    Column("cancelled_there", Integer, nullable=False, server_default="0"),
    Column("shipped_there", Integer, nullable=False, server_default="0"),
    Column("returned", Integer, nullable=False, server_default="0"),
    Column("counted_down", Integer, nullable=False, server_default="0"),
    Column("put_back", Integer, nullable=False, server_default="0"),
    Column("held", Integer, nullable=False, server_default="0"),  # owed, and not counted down by the channel yet
    Column("decimal_quantity", String(32), nullable=True),
    Index(None, "order_id"),
    Index(None, "sku_id", "order_id"),
    Index(
        "ix_order_lines_listing",
        "listing_id",
        postgresql_where=text("listing_id IS NOT NULL"),
        sqlite_where=text("listing_id IS NOT NULL"),
    ),
)

# What only a channel's orders have: the defaults are for our own.
_THERE: dict[str, Any] = {
    "channel_id": None,
    "external_id": None,
    "external_version": None,
    "gone_version": None,
    "snapshot_hash": None,
    "paid": True,
    "hold_until": None,
    "lapsed": False,
    "cancel_requested_at": None,
    "notes": None,
}
LINE_THERE: dict[str, Any] = {
    "external_id": None,
    "listing_id": None,
    "per": 1,
    "fulfilled_by": "us",
    "decimal_quantity": None,
} | dict.fromkeys(("ordered_there", "cancelled_there", "shipped_there", "returned", "counted_down", "put_back", "held"), 0)

_insert_order = Prepared(insert(orders), [column.key for column in orders.c if column.key not in _THERE])
_insert_lines = Prepared(insert(order_lines), [column.key for column in order_lines.c if column.key not in LINE_THERE])


def place(session: Session, draft: OrderDraft, *, cause: Cause) -> dict[str, Any]:
    """Take in an order on our own API and promise its units: all of it, or nothing. A sale that has happened is always taken in.

    Returns: the order as `view` shows it.
    Raises: InsufficientStock, UnknownSku, UnknownLocation, WrongCurrency, InvalidDraft; NotFound for a contact or reservation that
            isn't there; WrongState for a reservation that became another order.
    """
    known = catalogue.by_codes(session, [line.sku for line in draft.lines])
    if not draft.sold:
        catalogue.refuse_archived(known)
        recovery.refuse_unread(session, known, [(line.sku, line.quantity) for line in draft.lines])
    allowed = locations.ids_of(session, draft.locations) if draft.locations else None
    order_id = chance.new_id()
    cause = cause.by("order", order_id)
    order, lines = priced(order_id, draft, known)
    order["location_ids"] = allowed
    order["contact_id"], order["ship_to_id"] = _people(session, draft)

    held = reservations.use(session, draft.reservation_id, cause=cause) if draft.reservation_id else {}
    if draft.reservation_id:
        repayment.repay(session, cause=cause)  # a lapsed hold freed units: those who waited longer come first
    promised, sources, codes = _promise(session, draft, known, lines, held, allowed)

    session.later(_insert_order, order)
    session.later(_insert_lines, lines)
    commitments.add(session, promised)
    reason = "sold" if draft.sold else "ordered"
    moves = [
        Move(row["sku_id"], row["location_id"], units, source, "committed", reason)
        for row, taken in zip(promised, sources, strict=True)
        for source, units in taken.items()
    ]
    moves += [Move(sku_id, at, units, "reserved", "available", "hold_left_over") for sku_id, at, units in _rest(held)]
    try:
        stock.move_many(session, moves, cause=cause)
    except InsufficientStock:
        if session.contended:
            raise
        raise Contended from None  # somebody was faster: plan again, with locks
    short = [row for row in promised if row["location_id"] is None]
    for row in short:
        commitments.say_short(session, row, row["quantity"], cause=cause)
    events.append(
        session,
        "order.placed",
        order_id,
        {
            "reference": draft.reference,
            "lines": [{"line_id": line["id"], "sku_id": line["sku_id"], "quantity": line["quantity"]} for line in lines],
            "total": {"amount": order["total"], "currency": order["currency"]},
            "contact_id": order["contact_id"],
            "sold": draft.sold,
            "test": draft.test,
        },
        cause=cause,
    )
    if short:
        stock.freed(session).update(row["sku_id"] for row in short)  # units may have come since we looked
        repayment.repay(session, cause=cause)
        return view(session, order_id)
    for line, wanted in zip(lines, draft.lines, strict=True):
        line["sku"] = known[wanted.sku]["code"]
        line["tracked"] = known[wanted.sku]["tracked"]
    for row in promised:
        row["location"] = codes.get(row["location_id"])
    return _shown(order, lines, promised)


def _people(session: Session, draft: OrderDraft) -> tuple[str | None, str | None]:
    """The ids of the buyer and of the address, kept where personal data is kept."""
    buyer_id = draft.contact_id
    if buyer_id is not None:
        contacts.get(session, buyer_id)
    elif draft.buyer:
        buyer_id = contacts.add(session, draft.buyer)
    ship_to_id = contacts.add(session, draft.ship_to, buyer_id=buyer_id) if draft.ship_to else None
    return buyer_id, ship_to_id


def _promise(
    session: Session,
    draft: OrderDraft,
    known: Mapping[str, Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
    held: dict[str, dict[str, int]],
    allowed: Sequence[str] | None,
) -> tuple[list[dict[str, Any]], list[dict[str, int]], dict[str, str]]:
    """Commitments for the lines: from the hold first, then from what is available; `held` is left with what wasn't needed.

    Returns: the commitments' rows; for each the units by the state they are taken from; the codes of their locations.
    Raises: InsufficientStock, unless the sale is a fact.
    """
    if draft.fulfilled_by != "us":
        return [], [], {}
    tracked = [(line, known[wanted.sku]) for line, wanted in zip(lines, draft.lines, strict=True) if known[wanted.sku]["tracked"]]
    from_hold = [_draw(held.get(sku["id"], {}), line["quantity"]) for line, sku in tracked]
    wants = [
        Want(sku["id"], sku["code"], line["quantity"] - sum(drawn.values())) for (line, sku), drawn in zip(tracked, from_hold, strict=True)
    ]
    found = stock.find_available(session, wants, allowed) if any(want.quantity for want in wants) else None
    if found and found.short and not draft.sold:
        raise InsufficientStock(found.short)
    now = chance.now()
    promised: list[dict[str, Any]] = []
    sources: list[dict[str, int]] = []
    for index, (line, sku) in enumerate(tracked):
        by_place: dict[str | None, dict[str, int]] = {}
        for at, units in from_hold[index].items():
            by_place[at] = {"reserved": units}
        for at, units in found.parts[index] if found else ():
            by_place.setdefault(at, {})["available"] = units
        missing = line["quantity"] - sum(units for parts in by_place.values() for units in parts.values())
        if missing:
            by_place[None] = {}
        for place, parts in by_place.items():
            sources.append(parts)
            promised.append(
                {
                    "id": chance.new_id(),
                    "order_id": line["order_id"],
                    "line_id": line["id"],
                    "sku_id": sku["id"],
                    "location_id": place,
                    "quantity": missing if place is None else sum(parts.values()),
                    "shipped": 0,
                    "state": "committed",
                    "location_ids": allowed,
                    "unit_cost": sku["cost"],
                    "unit_cost_currency": sku["cost_currency"],
                    "promised_at": now,
                }
            )
    codes = dict(found.codes) if found else {}
    if unnamed := {row["location_id"] for row in promised} - set(codes) - {None}:
        query = select(locations.locations.c.id, locations.locations.c.code).where(locations.locations.c.id.in_(unnamed))
        codes |= {row.id: row.code for row in session.execute(query)}
    return promised, sources, codes


def _draw(held: dict[str, int], quantity: int) -> dict[str, int]:
    """Take up to this quantity out of what is held, by location."""
    drawn = {}
    for at, units in held.items():
        if taken := min(units, quantity):
            drawn[at] = taken
            held[at] -= taken
            quantity -= taken
    return drawn


def _rest(held: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str, int]]:
    return [(sku_id, at, units) for sku_id, places in held.items() for at, units in places.items() if units]


# Changing an order


def cancel(
    session: Session,
    order_id: str,
    wanted: Sequence[tuple[str, int]] | None = None,
    *,
    reason: str | None = None,
    cause: Cause,
) -> dict[str, Any]:
    """Cancel what hasn't left yet: the named (line id, quantity), or without them everything. Its units become free again.

    Raises: NotFound; WrongState where less than that is left to cancel.
    """
    row, lines = locked(session, order_id)
    left = {line["id"]: line["quantity"] - line["cancelled"] - line["shipped"] for line in lines}
    units = chosen(wanted, left, "left to cancel")
    if row["channel_id"] is not None:
        return _ask_to_cancel(session, row, units, reason, cause=cause)
    promised = commitments.of_order(session, order_id)
    cause = cause.by("order", order_id)
    moves = []
    _add_to(session, lines, "cancelled", units)
    for line_id, quantity in units.items():
        mine = [each for each in promised if each["line_id"] == line_id and each["quantity"]]
        for each in sorted(mine, key=lambda each: each["location_id"] is not None):  # what was never found is given up first
            taken = min(quantity, each["quantity"])
            if not taken:
                continue
            commitments.reduce(session, each, taken, cause=cause)
            quantity -= taken
            if each["location_id"] is not None:
                moves.append(Move(each["sku_id"], each["location_id"], taken, "committed", "available", "cancelled"))
    stock.move_many(session, moves, cause=cause)
    changes: dict[str, Any] = {"cancel_reason": reason} if reason else {}
    _set_status(session, row, lines, changes)
    data = {"reason": reason, "lines": [{"line_id": line_id, "quantity": quantity} for line_id, quantity in units.items()]}
    events.append(session, "order.cancelled", order_id, data, cause=cause)
    repayment.repay(session, cause=cause)
    return view(session, order_id)


def _ask_to_cancel(
    session: Session, row: Mapping[str, Any], units: Mapping[str, int], reason: str | None, *, cause: Cause
) -> dict[str, Any]:
    """A channel's order is cancelled on the channel. Nothing is free until it says so, and whether it put the units back on sale."""
    number = row["reference"] or row["external_id"]
    session.execute(update(orders).where(orders.c.id == row["id"]).values(cancel_requested_at=chance.now(), updated_at=chance.now()))
    exceptions.raise_(
        session,
        "cancel_requested",
        row["id"],
        severity="warning",
        title=f"Cancel order {number} on its channel",
        advice="Cancel or refund it in the shop's own pages, with or without restocking. Tallystick takes over what the shop then "
        "says, and frees nothing before that.",
        facts={"reason": reason, "lines": dict(units)},
        channel_id=row["channel_id"],
        cause=cause,
    )
    events.append(session, "order.cancel_requested", row["id"], {"reason": reason}, cause=cause.by("order", row["id"]))
    return view(session, row["id"])


def locked(session: Session, order_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The order and its lines, held against other writers: the order first, levels after it. Raises: NotFound."""
    rows, lines = session.rows_each([(_held, {"id": order_id}), (lines_of, {"order_id": order_id})])
    if not rows:
        raise NotFound(f"No order has the id {order_id}.")
    stock.lock(session, (line["sku_id"] for line in lines if line["sku_id"] is not None))
    return rows[0], lines


_held = finding(orders, ("id",), (), None, False)  # new commitments may refer to it meanwhile
lines_of = Prepared(select(order_lines).where(order_lines.c.order_id == given(order_lines.c.order_id)).order_by(order_lines.c.position))


def chosen(wanted: Sequence[tuple[str, int]] | None, left: Mapping[str, int], what: str) -> dict[str, int]:
    """Units by line id: the wanted ones, or without a wish all that are left. Raises: NotFound, WrongState."""
    if wanted is None:
        units = {line_id: quantity for line_id, quantity in left.items() if quantity}
        if not units:
            raise WrongState(f"Nothing of this order is {what}.")
        return units
    units = {}
    for line_id, quantity in wanted:
        if line_id not in left:
            raise NotFound(f"The order has no line {line_id}.")
        units[line_id] = units.get(line_id, 0) + quantity
        if units[line_id] > left[line_id]:
            raise WrongState(f"Only {left[line_id]} of line {line_id} are {what}.", line=line_id, left=left[line_id])
    return units


def ship_lines(session: Session, row: Mapping[str, Any], lines: Sequence[dict[str, Any]], units: Mapping[str, int]) -> None:
    """Note that units of lines have left, in the lines in hand too; the caller has moved them."""
    _add_to(session, lines, "shipped", units)
    _set_status(session, row, lines, {})


def _add_to(session: Session, lines: Sequence[dict[str, Any]], column: str, units: Mapping[str, int]) -> None:
    for line in lines:
        if line["id"] in units:
            line[column] += units[line["id"]]
            session.change(order_lines, {column: line[column]}, id=line["id"])


def _set_status(session: Session, row: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], changes: dict[str, Any]) -> None:
    goods = [line for line in lines if line["fulfilled_by"] != "nobody"]
    owed = any(line["quantity"] > line["cancelled"] + line["shipped"] for line in goods)
    shipped = any(line["shipped"] for line in goods)
    now = chance.now()
    status = "open" if owed else "shipped" if shipped else "cancelled"
    if status == "cancelled":
        changes["cancelled_at"] = now
    session.change(orders, {**changes, "status": status, "updated_at": now}, id=row["id"])


# Reading


def view(session: Session, order_id: str) -> dict[str, Any]:
    """An order with its lines, what is committed to them and from where, and what is short. Raises: NotFound."""
    rows = _views(session, [order_id])
    if not rows:
        raise NotFound(f"No order has the id {order_id}.")
    return rows[0]


def page(
    session: Session,
    after: str | None,
    limit: int,
    *,
    status: str | None = None,
    reference: str | None = None,
    updated_since: datetime | None = None,
    code: str | None = None,
    location: str | None = None,
    channel_id: str | None = None,
) -> list[dict[str, Any]]:
    """Orders, newest first. `code` is of a SKU that was ordered, `location` of one that owes it something or has sent something."""
    # By an index of what the fewest orders have in common, in the order of their ids.
    line, promised = order_lines.c, commitments.commitments.c
    if code is not None:
        order_id = line.order_id
        query = select(order_id).distinct().where(line.sku_id == catalogue.id_of(code))
    elif location is not None:
        order_id = promised.order_id
        query = select(order_id).distinct().where(promised.location_id == locations.id_of(location))
    else:
        order_id = orders.c.id
        query = select(order_id)
    if order_id is not orders.c.id and any(each is not None for each in (status, reference, updated_since, channel_id)):
        query = query.join(orders, orders.c.id == order_id)
    query = query.order_by(order_id.desc()).limit(limit)
    if after is not None:
        query = query.where(order_id < after)
    if status is not None:
        query = query.where(orders.c.status == status)
    if reference is not None:
        query = query.where(orders.c.reference == reference)
    if updated_since is not None:
        query = query.where(recent.changed(session, orders, updated_since))
    if channel_id is not None:
        query = query.where(orders.c.channel_id == channel_id)
    if code is not None and location is not None:
        there = select(promised.id).where(promised.order_id == order_id, promised.location_id == locations.id_of(location))
        query = query.where(there.exists())
    return _views(session, list(session.execute(query).scalars()))


def _views(session: Session, ids: Sequence[str]) -> list[dict[str, Any]]:
    found = session.execute(select(orders).where(orders.c.id.in_(ids)).order_by(orders.c.id.desc())).mappings().all()
    lines: dict[str, list[dict[str, Any]]] = {}
    query = (
        select(order_lines, catalogue.skus.c.code.label("sku"), catalogue.skus.c.tracked)
        .outerjoin(catalogue.skus, catalogue.skus.c.id == order_lines.c.sku_id)
        .where(order_lines.c.order_id.in_(ids))
        .order_by(order_lines.c.position)
    )
    for line in session.execute(query).mappings():
        lines.setdefault(line["order_id"], []).append(dict(line))
    promised: dict[str, list[dict[str, Any]]] = {}
    query = (
        select(commitments.commitments, locations.locations.c.code.label("location"))
        .outerjoin(locations.locations, locations.locations.c.id == commitments.commitments.c.location_id)
        .where(commitments.commitments.c.order_id.in_(ids))
        .order_by(commitments.commitments.c.id)
    )
    for row in session.execute(query).mappings():
        promised.setdefault(row["order_id"], []).append(dict(row))
    return [_shown(dict(row), lines.get(row["id"], []), promised.get(row["id"], [])) for row in found]


def _shown(row: dict[str, Any], lines: list[dict[str, Any]], promised: list[dict[str, Any]]) -> dict[str, Any]:
    for line in lines:
        mine = [each for each in promised if each["line_id"] == line["id"]]
        line["committed"] = sum(each["quantity"] for each in mine if each["location_id"] is not None)
        line["short"] = sum(each["quantity"] for each in mine if each["location_id"] is None)
        line["commitments"] = [each for each in mine if each["location_id"] is not None]
    return _THERE | row | {"lines": [LINE_THERE | line for line in lines]}
