"""The names of differences between a counter and our records, and what each is followed by.

A name is given once the counter was read and every order that it counted before is recorded: what is left then isn't an order's. The
first of these that fits is its name; in doubt it is somebody's hand, because what a person is told of does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select

from app import chance
from app.database import Session
from app.domain import catalogue, channels, counters, differences, exceptions, listings, orders, plans, stock, watch, writes
from app.domain.capabilities import Capabilities, Zero
from app.domain.causes import Cause
from app.domain.counters import Counter
from app.domain.errors import WrongState
from app.domain.stock import Move
from app.statements import Prepared, given

# What a channel puts back by itself it puts back with the cancellation, or soon after.
RESTOCK_WITHIN = timedelta(hours=2)
# How long after an answer that never came its request may have taken effect, beside what the channel declares, and be found.
FOUND_WITHIN = timedelta(hours=2)
# A number that somebody typed is taken for a count up to so many units, or as many as there are; beyond that it may be a slip.
ADOPT_MOST = 20
# What isn't there any more is believed to be gone when it wasn't there for so long.
GONE_AFTER = timedelta(minutes=15)
_BY_HAND = ("hand_edit", "second_writer")

_d = differences.differences.c
_open = Prepared(
    select(differences.differences)
    .where(_d.channel_id == given(_d.channel_id), _d.kind == "counter", _d.closed_at.is_(None))
    .order_by(_d.id)
)


def open_of_counters(session: Session, channel_id: str) -> list[dict[str, Any]]:
    """The differences that are open for a channel's counters."""
    return session.rows(_open, {"channel_id": channel_id})


def _of(session: Session, counter: Counter) -> dict[str, Any] | None:
    return differences.open_of(session, counter.channel_id, "counter", counter.external_id)


def _note(
    session: Session, counter: Counter, why: str, seen: int | None, *, expected: int | None = None, cause: Cause, **facts: Any
) -> dict[str, Any]:
    return differences.note(
        session,
        counter.channel_id,
        "counter",
        counter.external_id,
        why,
        title=counter.title,
        counter_id=counter.id,
        expected=counter.shown if expected is None else expected,
        seen=seen,
        facts=facts,
        cause=cause,
    )


def differs(
    session: Session, channel_id: str, row: Mapping[str, Any], why: str, *, seen: int | None, facts: Mapping[str, Any], cause: Cause
) -> None:
    """A reading isn't what our records make of it, and more isn't known yet. `row` is the counter's."""
    differences.note(
        session,
        channel_id,
        "counter",
        row["external_id"],
        why,
        title=row["title"],
        counter_id=row["id"],
        expected=row["shown"],
        seen=seen,
        facts=facts,
        cause=cause,
    )


def agrees(session: Session, row: Mapping[str, Any], difference: Mapping[str, Any], *, cause: Cause) -> None:
    """A counter shows what our records make of it, with nothing under way: whatever was open for it is over, unless a person is asked."""
    if row["rebase_at"] is not None or row["due_at"] is not None or difference["facts"].get("asks"):
        return
    _over(session, difference, row["id"], cause=cause)


def _over(session: Session, difference: Mapping[str, Any], counter_id: str, *, cause: Cause) -> None:
    outcome = {"undetermined": "explained", "hand_edit": "overwritten", "second_writer": "overwritten"}.get(difference["cause"], "healed")
    differences.close(session, difference, outcome, cause=cause)
    if difference["cause"] == "write_failed":
        exceptions.clear(session, "counter_parked", counter_id, cause=cause)
    exceptions.clear(session, "channel_restock", counter_id, cause=cause)


# A counter was read, and every order that it counted before is recorded


def read_and_settled(
    session: Session, can: Capabilities, counter: Counter, shown: int, entry: Mapping[str, Any], *, recovers: bool, cause: Cause
) -> None:
    """It shows `shown`, and `counter.shown` is what our records make of it: name the cause of what is left between them."""
    difference = _of(session, counter)
    if recovers or not counter.known:
        counters.overdrawn(session, counter, "restored" if recovers else "connected")
        if difference is not None and difference["cause"] == "listing_gone":  # it is back
            differences.close(session, difference, "healed", cause=cause)
        return
    # What earlier readings left unexplained, because orders came in meanwhile: `shown` was assigned from them, and this one is beside that.
    unexplained = difference["facts"].get("unexplained", 0) if difference is not None else 0
    expected = counter.shown - unexplained
    if shown == expected:
        if difference is not None and difference["cause"] == "undetermined":
            moved = unexplained or difference["expected"] != counter.shown or entry["learned_since"]
            # What was read was a number of before: a late copy, or a reading that lags.
            if moved or not difference["facts"].get("early"):
                _healed(session, counter, "order_unseen" if moved else "echo", shown, cause=cause)
            else:
                _over(session, difference, counter.id, cause=cause)
        elif difference is not None and difference["cause"] in ("in_flight", "outcome_unknown", "listing_gone"):
            differences.close(session, difference, "healed", cause=cause)
        return
    if entry["learned_since"]:  # it may be too high by what we learned meanwhile; it is read again when it is quieter
        _note(session, counter, "undetermined", shown, cause=cause, unexplained=shown - expected)
        return
    # It was read while orders came in, and taken for too high: now we know. And units of cancelled orders that the channel hasn't put back,
    # as now turns out.
    known = 0 if unexplained else writes.learned_at_last(session, counter.id)
    known += 0 if can.tells_put_back else _taken_for_back(session, counter)
    if 0 < expected - shown <= known:
        if difference is not None:
            _healed(session, counter, "order_unseen", shown, cause=cause)
        return
    _name(session, can, counter, shown, expected, cause=cause)


def _name(session: Session, can: Capabilities, counter: Counter, shown: int, expected: int, *, cause: Cause) -> None:
    """It shows `shown` instead of `expected`, and no order explains it."""
    if shown > expected and _was_restocked(session, counter, shown - expected):
        counters.overdrawn(session, counter, "put_back")
        _note(session, counter, "channel_restock", shown, expected=expected, cause=cause, unexplained=0)
        _say_restock(session, counter, shown, expected, cause=cause)
    elif _is_echo(session, can, counter, shown):
        counters.overdrawn(session, counter, "hand_edit")
        _note(session, counter, "echo", shown, expected=expected, cause=cause, unexplained=0)
    else:
        _by_hand(session, counter, shown, expected, cause=cause)


def _healed(session: Session, counter: Counter, why: str, seen: int, *, cause: Cause) -> None:
    differences.close(session, _note(session, counter, why, seen, cause=cause), "healed", cause=cause)


def _taken_for_back(session: Session, counter: Counter) -> int:
    """Units of orders that changed within a day and are said to be back on a counter, by a channel that doesn't really say it."""
    line, listing, order = orders.order_lines.c, listings.listings.c, orders.orders.c
    query = (
        select(func.coalesce(func.sum(line.put_back), 0))
        .join(listings.listings, listing.id == line.listing_id)
        .join(orders.orders, order.id == line.order_id)
        .where(listing.counter_id == counter.id, line.put_back > 0, order.updated_at >= chance.now() - timedelta(days=1))
    )
    return int(session.scalar(query))


def _is_echo(session: Session, can: Capabilities, counter: Counter, shown: int) -> bool:
    """Whether the number is one that we set ourselves, by a request that may have taken effect late: no answer came to it."""
    if can.keyed:
        return False
    w, entry = writes.writes.c, writes.write_entries.c
    since = chance.now() - timedelta(seconds=can.late_write_s) - FOUND_WITHIN
    not_landed = or_(entry.reading.is_(None), entry.reading != entry.value)  # one that was seen to have taken effect won't do so again
    query = (
        select(w.id)
        .join(writes.write_entries, entry.write_id == w.id)
        .where(entry.counter_id == counter.id, w.mode == "absolute", w.id >= chance.first_id(since), entry.value == shown)
        .where(or_(w.sends > 1, w.unknown_since.is_not(None) & not_landed))
        .limit(1)
    )
    return session.execute(query).first() is not None


def _was_restocked(session: Session, counter: Counter, units: int) -> bool:
    """Whether these are the units of an order that was cancelled or came back lately, and that the channel didn't say were put back."""
    line, listing, order = orders.order_lines.c, listings.listings.c, orders.orders.c
    back = line.cancelled_there + line.returned
    query = (
        select(line.counted_down, line.put_back, back.label("back"))
        .join(listings.listings, listing.id == line.listing_id)
        .join(orders.orders, order.id == line.order_id)
        .where(listing.counter_id == counter.id, line.counted_down > line.put_back, back > line.put_back)
        .where(order.updated_at >= chance.now() - RESTOCK_WITHIN)
    )
    found = [min(row.counted_down, row.back) - row.put_back for row in session.execute(query)]
    return units in found or (bool(found) and units == sum(found))


def _say_restock(session: Session, counter: Counter, shown: int, expected: int, *, cause: Cause) -> None:
    exceptions.raise_(
        session,
        "channel_restock",
        counter.id,
        severity="note",
        title=f"{counter.title!r} shows {shown - expected} more: cancelled or returned units were put back on sale there",
        advice="The channel did that without saying so in the order. Tallystick covers them with units that are free, or lowers it. If "
        "they aren't on the shelf, count it: POST /v1/stock/counts.",
        facts={"shown": shown, "recorded": expected},
        channel_id=counter.channel_id,
        cause=cause,
    )


# Somebody's hand


def _by_hand(session: Session, counter: Counter, shown: int, expected: int, *, cause: Cause) -> None:
    """Nothing that we know of explains it. What becomes of the number is the store's choice: overwrite, adopt, ask."""
    choice = channels.get(session, counter.channel_id)["hand_edits"]
    change = shown - expected
    if choice == "adopt" and _is_plausible(session, counter, change):
        difference = _note(session, counter, "hand_edit", shown, expected=expected, cause=cause)
        _adopt(session, counter, change, cause=cause)
        differences.close(session, difference, "adopted", cause=cause)
        return
    asks = choice != "overwrite"
    facts = {"unexplained": 0} | ({"asks": True} if asks else {})
    difference = _note(session, counter, "hand_edit", shown, expected=expected, cause=cause, **facts)
    counters.overdrawn(session, counter, "hand_edit")
    _say_hand_edit(session, counter, shown, expected, difference["id"], asks=asks, cause=cause)
    watch.many_hands(session, counter.channel_id, cause=cause)
    if any(row["subject"] == counter.channel_id for row in exceptions.open_of(session, "second_writer")):
        for row in open_of_counters(session, counter.channel_id):
            if row["cause"] == "hand_edit":
                differences.note(
                    session,
                    counter.channel_id,
                    "counter",
                    row["subject"],
                    "second_writer",
                    title=row["title"],
                    facts={"asks": False},
                    cause=cause,
                )


def _say_hand_edit(session: Session, counter: Counter, shown: int, expected: int, difference_id: str, *, asks: bool, cause: Cause) -> None:
    follows = (
        "Tallystick leaves it as it is until you say which is right, unless more is on sale than there is."
        if asks
        else "Tallystick sets it right."
    )
    exceptions.raise_(
        session,
        "hand_edit",
        counter.id,
        severity="warning",
        title=f"{counter.title!r} shows {shown}, our records say {expected}",
        advice="Nothing that we know of explains the difference: somebody changed the number on the channel, or another program writes "
        f"to it. {follows} If the number there was the true one, say so: POST /v1/differences/{difference_id}/resolve with "
        '{"answer": "adopt"}, or count the shelf: POST /v1/stock/counts.',
        facts={
            "shown": shown,
            "recorded": expected,
            "seen": f"{shown} on the channel, {expected} by our records",
            "proposed": "Keep our records, and set the number right." if not asks else "Say which is right: overwrite or adopt.",
            "call": {"method": "POST", "path": f"/v1/differences/{difference_id}/resolve", "body": {"answer": "overwrite"}},
        },
        channel_id=counter.channel_id,
        cause=cause,
    )


def _is_plausible(session: Session, counter: Counter, change: int) -> bool:
    """Whether a change by hand may be a count: of a SKU that is counted, and by no more than there is of it, or a few."""
    (sku,) = session.find(catalogue.skus, columns=["tracked"], id=counter.sku_id)
    levels = session.find(stock.stock_levels, columns=list(stock.STATES), sku_id=counter.sku_id)
    there = sum(sum(level.values()) for level in levels)
    return bool(sku["tracked"]) and abs(change) * counter.per <= max(ADOPT_MOST, there)


def _adopt(session: Session, counter: Counter, change: int, *, cause: Cause) -> None:
    """The number there was right: so many units more are there, or fewer. They come to this counter, or leave it."""
    units, by = abs(change) * counter.per, cause.by("counter", counter.id)
    place = counter.location_ids[0]
    if change > 0:
        stock.move_many(session, [Move(counter.sku_id, place, units, "adjustment", "allotted", "hand_edit")], cause=by)
        counters.take_in(session, counter, place, units)
    else:
        drawn = counters.draw(session, [counter], counter.sku_id, units, counter.location_ids, own=counter, last=False)
        moves = [Move(counter.sku_id, part.location_id, part.units, part.source, "adjustment", "hand_edit") for part in drawn]
        stock.move_many(session, moves, cause=by)
    counters.changed(session, counter)


def answer(session: Session, difference_id: str, said: str, *, cause: Cause) -> dict[str, Any]:
    """A person says what becomes of a difference. `overwrite`: our records are right; `adopt`: the number there was, as a stocktake;
    `dismiss`: it is dealt with; if it is still there with the next look, it comes up again.

    Raises: NotFound; WrongState when it is closed, and where there is no number to adopt.
    """
    row = differences.get(session, difference_id)
    if row["closed_at"] is not None:
        raise WrongState("This difference is closed already.", closed_at=row["closed_at"].isoformat(), outcome=row["outcome"])
    if said != "dismiss" and (row["kind"] != "counter" or row["cause"] not in _BY_HAND):
        raise WrongState(f"Only a number that somebody changed by hand can be answered with {said!r}; `dismiss` closes this one.")
    outcome = {"overwrite": "overwritten", "adopt": "adopted"}.get(said, "answered")
    if row["counter_id"] is not None:
        counter_row = counters.by_id(session, row["counter_id"])
        sku_ids = [counter_row["sku_id"]] if counter_row["sku_id"] is not None else []
        mine = [each for each in counters.of_skus(session, sku_ids) if each.id == row["counter_id"]]
        if said == "adopt":
            if not mine:
                raise WrongState("This number stands for no SKU any more: count the shelf instead, POST /v1/stock/counts.")
            _adopt(session, mine[0], row["seen"] - row["expected"], cause=cause)
        plans.mark(session, sku_ids)
        exceptions.clear(session, "hand_edit", row["counter_id"], cause=cause)
    differences.close(session, row, outcome, by=cause.actor, cause=cause)
    return differences.get(session, difference_id)


def asked(session: Session, counter_ids: Sequence[str]) -> Collection[str]:
    """Those of these counters of whose number a person is asked: it isn't raised until she has answered."""
    query = select(_d.counter_id, _d.facts).where(_d.counter_id.in_(counter_ids), _d.closed_at.is_(None), _d.cause == "hand_edit")
    return {str(row.counter_id) for row in session.execute(query) if row.facts.get("asks")}


# What writes come to


def refused(session: Session, counter: Counter, value: int | None, detail: str, *, cause: Cause) -> None:
    """A change can't be made: what the channel shows isn't what it shall show."""
    _note(session, counter, "write_failed", counter.shown, cause=cause, wanted=value, said=detail[:300])


def closed(session: Session, can: Capabilities, write: Mapping[str, Any], counter: Counter, outcome: str, *, cause: Cause) -> None:
    """A write is over: what was open because of it is too; what it set right is right. And what was read after it has a name."""
    difference = _of(session, counter)
    if difference is not None and not difference["facts"].get("asks"):
        why = difference["cause"]
        if why in ("in_flight", "outcome_unknown"):
            settled = write["mode"] in ("absolute", "rebase") or write["unknown_since"] is not None
            if settled or difference["seen"] == counter.shown:
                differences.close(session, difference, "healed", cause=cause)
            else:  # what was seen isn't what came of it: a reading tells
                counters.change(session, counter, rebase_at=chance.now())
        elif outcome == "done" and write["mode"] != "rebase" and why != "listing_gone":
            _over(session, difference, counter.id, cause=cause)
    if outcome == "done" and write["mode"] == "absolute" and counter.state != "gone" and counter.channel_status != "recovering":
        entry = next(each for each in write["entries"] if each["counter_id"] == counter.id)
        if entry["reading"] is not None:
            _set_and_read(session, can, counter, entry, cause=cause)


def _set_and_read(session: Session, can: Capabilities, counter: Counter, entry: Mapping[str, Any], *, cause: Cause) -> None:
    """A number of ours took effect, whatever stood there, and was read soon after: what the orders of those seconds can't explain has
    come between. Where zero takes a listing off sale, one that comes back may do so with a number of the channel's own."""
    if can.zero is not Zero.HARMLESS and entry["expected"] <= 0:
        return
    value, shown = entry["value"], entry["reading"]
    if abs(shown - value) > entry["learned_since"]:
        _name(session, can, counter, shown, value, cause=cause)


# What isn't there any more


def gone(session: Session, counter: Counter, *, cause: Cause) -> Mapping[str, Any]:
    """The channel has no number for it. Returns the difference: one that was opened `GONE_AFTER` ago was seen twice, and nothing can be
    sold of it any more."""
    difference = _of(session, counter)
    if difference is None or difference["cause"] != "relisted":
        difference = _note(session, counter, "listing_gone", None, cause=cause)
    return difference


def buried(session: Session, counter: Counter, *, cause: Cause) -> None:
    """It is gone for good, and what was set aside for it is free."""
    difference = _of(session, counter)
    sold_below = differences.open_of(session, counter.channel_id, "overselling", counter.external_id)
    for row in (difference, sold_below):
        if row is not None:
            differences.close(session, row, "gone", cause=cause)
    for each in ("counter_parked", "hand_edit", "channel_restock"):
        exceptions.clear(session, each, counter.id, cause=cause)
