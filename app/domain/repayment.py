"""Repay before anything is free.

Every transaction that frees units, leaves a line short or changes what a counter offers ends with this, before anybody else may see
`available`: free units go to overdrawn counters first, then to short lines, oldest promise first. Only the rest may be promised anew.
"""

from __future__ import annotations

from functools import cache

from sqlalchemy import select

from app.database import Contended, Session
from app.domain import commitments, counters, events, exceptions, plans, stock
from app.domain.catalogue import skus
from app.domain.causes import Cause
from app.domain.counters import Counter
from app.domain.errors import InsufficientStock
from app.domain.locations import locations
from app.domain.stock import Move
from app.statements import Prepared, one_of, padded

WHY = {
    "connected": "The shop showed this number when it was connected; nothing was set aside for it yet.",
    "restored": "This store went back in time: what was set aside for it since then is unknown here.",
    "hand_edit": "Somebody changed the number on the channel by hand.",
    "put_back": "The channel put units back on sale that haven't come back to us.",
    "taken": "Units that were set aside for it had to go elsewhere: an order, a loss, a count.",
    "channel": "The channel sold more than it was shown.",
    "exposed": "It may show more than it was given, because its policy says so.",
}


def repay(session: Session, *, cause: Cause) -> None:
    """Settle what this transaction left open. Raises: Contended when somebody else took units that the plan rested on."""
    seen: dict[str, Counter] = {}
    while sku_ids := sorted(stock.freed(session)):
        stock.freed(session).clear()
        stock.touched(session).update(sku_ids)
        stock.in_no_hurry(session).difference_update(sku_ids)
        # Whoever frees units and whoever leaves a line short at the same time take turns here: the later one sees what the other did.
        if session.dialect == "postgresql":  # SQLite's one writer is alone
            size, named = padded("sku", sku_ids)
            session.later(_in_turn(size), named)
        rivals = counters.of_skus(session, sku_ids) if _sold_elsewhere(session, sku_ids) else []
        seen.update({each.id: each for each in rivals})
        try:
            for counter in rivals:
                if counter.deficit:
                    _cover(session, counter, rivals, cause=cause)
            for row in commitments.short_of(session, sku_ids):
                _serve(session, row, [each for each in rivals if each.sku_id == row["sku_id"]], cause=cause)
        except InsufficientStock:
            raise Contended from None
    for counter in seen.values():
        _say_excess(session, counter, cause=cause)
    if touched := stock.touched(session):
        unhurried = touched & stock.in_no_hurry(session)
        plans.mark(session, touched - unhurried)
        plans.mark(session, unhurried, later=True)
        touched.clear()


@cache
def _in_turn(size: int) -> Prepared:
    query = select(skus.c.id).where(one_of(skus.c.id, "sku", size)).order_by(skus.c.id)
    return Prepared(query.with_for_update(key_share=True))


def _sold_elsewhere(session: Session, sku_ids: list[str]) -> bool:
    return bool(session.find(plans.sku_plans, columns=["sku_id"], among=("sku_id", sku_ids)))


def _cover(session: Session, counter: Counter, rivals: list[Counter], *, cause: Cause) -> None:
    """Give an overdrawn counter what is free, and what others were given and don't offer."""
    parts = counters.free_for(session, counter, counter.deficit)
    if parts:
        counters.give(session, counter, parts, "repaid", cause=cause)
    for other in sorted(rivals, key=lambda each: (-each.spare, each.id)):
        wanted = min(counter.deficit, other.spare)
        if other is counter or other.sku_id != counter.sku_id or not wanted:
            continue
        if not set(other.allotted) & set(counter.location_ids):
            continue
        counters.recall(session, other, wanted, "repaid", cause=cause)
        parts = counters.free_for(session, counter, wanted)
        if parts:
            counters.give(session, counter, parts, "repaid", cause=cause)


def _serve(session: Session, row: dict[str, object], rivals: list[Counter], *, cause: Cause) -> None:
    """Commit what is free, or lies spare in an allotment, to a short line."""
    sku_id, quantity = str(row["sku_id"]), int(str(row["quantity"]))
    allowed = row["location_ids"]
    places = [str(place) for place in allowed] if isinstance(allowed, list) else _places(session, sku_id)
    by_place: dict[str, list[counters.Drawn]] = {}
    for drawn in counters.draw(session, rivals, sku_id, quantity, places, last=False):
        by_place.setdefault(drawn.location_id, []).append(drawn)
    for place, parts in by_place.items():
        units = sum(part.units for part in parts)
        commitments.reduce(session, row, units, cause=cause)
        commitments.owe(session, row, place, units)
        moves = [Move(sku_id, place, part.units, part.source, str(row["state"]), "short_filled") for part in parts]
        stock.move_many(session, moves, cause=cause.by("order", str(row["order_id"])))
        data = {"line_id": row["line_id"], "sku_id": sku_id, "quantity": units}
        events.append(session, "order.line_filled", str(row["order_id"]), data, cause=cause)


def _places(session: Session, sku_id: str) -> list[str]:
    query = (
        select(locations.c.id)
        .join(stock.stock_levels, stock.stock_levels.c.location_id == locations.c.id)
        .where(stock.stock_levels.c.sku_id == sku_id)
        .order_by(locations.c.rank)
    )
    return list(session.execute(query).scalars())


def _say_excess(session: Session, counter: Counter, *, cause: Cause) -> None:
    """An overdrawn counter always has a named cause and an exception; one that isn't any more has neither."""
    named = session.info.get("excess", {}).get(counter.id)
    if not counter.excess:
        if counter.excess_cause is not None:
            counters.change(session, counter, excess_cause=None)
            exceptions.clear(session, "excess", counter.id, cause=cause)
        return
    before_it_is_live = counter.channel_status == "connected"
    why = named or counter.excess_cause or ("exposed" if not counter.deficit else "taken")
    if before_it_is_live:
        why = "connected"
    elif not counter.deficit:
        why = "exposed"
    if counter.excess_cause != why:
        counters.change(session, counter, excess_cause=why)
    if before_it_is_live:
        return  # the preview of going live shows it; nobody is woken for what is as it should be
    if why == "exposed":
        exceptions.clear(session, "excess", counter.id, cause=cause)  # a choice, and no news
        return
    exceptions.raise_(
        session,
        "excess",
        counter.id,
        severity="warning" if why == "connected" else "urgent",  # she went live knowing it, and it is being lowered
        title=f"{counter.title!r} offers {counter.excess} more than is set aside for it",
        advice=f"{WHY[why]} {_then(counter)} Until it is, these units could be sold twice: GET /v1/counters/{counter.id}.",
        facts={"cause": why, "on_offer": counter.on_offer, "allotment": counter.allotment, "excess": counter.excess},
        channel_id=counter.channel_id,
        cause=cause,
    )


def _then(counter: Counter) -> str:
    return "`tallystick resume` takes it back." if counter.channel_status == "recovering" else "It is being taken back."
