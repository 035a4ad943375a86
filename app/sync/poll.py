"""Polling: webhooks are hints, and some never come. What changed is read from the channel's own stamps, with overlap, to the end.

A poll that was read to its end, and of which everything was recorded, settles: every order that the channel counted before it began,
less the feed's lag, is known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

import structlog
from sqlalchemy import func, or_, select

from app import chance
from app.channels.base import BadPayload, Channel, ListingSnapshot
from app.database import Database, DatabaseUnavailable, Session
from app.domain import channels, commitments, counters, differences, exceptions, fence, listings, naming, recording, writes
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause
from app.domain.errors import Refusal
from app.domain.fence import Pen
from app.domain.snapshots import OrderSnapshot
from app.statements import Prepared, given

log = structlog.get_logger()

AT_ONCE = 50
# Orders that are recorded without waiting for each other: so many that they share what a commit costs, and others hardly wait for them.
TOGETHER = 16


def record(
    database: Database, channel_id: str, snapshots: Sequence[tuple[OrderSnapshot, Cause]], *, reread: bool = False
) -> list[tuple[OrderSnapshot, bool]]:
    """Record orders, each with its cause; what can't be recorded is parked, visible, and in nobody's way. Returns of each whether it was
    recorded, now or before.

    Raises: DatabaseUnavailable, which is nobody's fault and passes.
    """
    # Most of what an overlapping poll brings is recorded already: one look at all of it instead of a transaction for each.
    asked = [] if reread else [snapshot for snapshot, _ in snapshots]
    is_news = database.look(recording.news, channel_id, asked) if asked else [True] * len(snapshots)
    found = [(snapshot, True) for (snapshot, _), new in zip(snapshots, is_news, strict=True) if not new]
    news = [each for each, new in zip(snapshots, is_news, strict=True) if new]
    for start in range(0, len(news), TOGETHER):
        batch = news[start : start + TOGETHER]
        calls = [partial(recording.record, channel_id=channel_id, snapshot=each, reread=reread, cause=cause) for each, cause in batch]
        for (snapshot, cause), recorded in zip(batch, database.run_each(calls), strict=True):
            error = recorded.exception()
            if isinstance(error, DatabaseUnavailable):
                raise error
            if error is not None:
                log.error("an order can't be recorded", channel=channel_id, order=snapshot.external_id, exc_info=error)
                database.run(_park, channel_id, snapshot.external_id, _said(error), cause=cause)
            found.append((snapshot, error is None))
    return found


def _said(error: BaseException) -> str:
    return error.detail if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"


def _park(session: Session, channel_id: str, external_id: str, reason: str, *, cause: Cause) -> None:
    exceptions.raise_(
        session,
        "order_parked",
        f"{channel_id}:{external_id}",
        severity="urgent",
        title=f"Order {external_id} couldn't be taken in",
        advice="Until it is, numbers of this channel that need certainty aren't changed. It is tried again with every poll; if it stays, "
        f"report it with this text: {reason[:500]}",
        facts={"external_id": external_id, "reason": reason[:500]},
        channel_id=channel_id,
        cause=cause,
    )


def poll(database: Database, channel: Channel, pen: Pen) -> int:
    """Read every order that changed since the watermark, and record it. Returns how many were read.

    Raises: TryLater, NoUse: then nothing is settled by it, and what was recorded stays.
    """
    lane = database.look(_where, pen.channel_id)
    began = chance.now()
    if lane["watermark"] is not None:
        since = lane["watermark"] - timedelta(seconds=pen.can.feed_overlap_s)
    elif lane["polled_at"] is not None:
        since = lane["created_at"] - timedelta(days=1)
    else:
        since = None
    stamp: datetime | None = None
    whole, seen = True, 0
    recorded: list[str] = []
    for page in channel.orders_since(since):
        seen += len(page.orders)
        for snapshot, done in record(database, pen.channel_id, [(each, pen.cause) for each in page.orders]):
            if done:
                recorded.append(snapshot.external_id)
            else:
                whole = False
        for external_id, reason in page.unreadable.items():
            whole = False
            database.run(_park, pen.channel_id, external_id, reason, cause=pen.cause)
        if page.stamp is not None and (stamp is None or page.stamp > stamp):
            stamp = page.stamp
    database.run(_polled, pen, began, stamp, whole, recorded)
    return seen


_lane, _channel = channels.lanes.c, channels.channels.c
_read_so_far = Prepared(
    select(_lane.watermark, _lane.polled_at, _channel.created_at)
    .join(channels.channels, _channel.id == _lane.channel_id)
    .where(_lane.channel_id == given(_lane.channel_id))
)


def _where(session: Session, channel_id: str) -> dict[str, Any]:
    """How far the channel was read, and since when it is connected."""
    (lane,) = session.rows(_read_so_far, {"channel_id": channel_id})
    return lane


def _polled(session: Session, pen: Pen, began: datetime, stamp: datetime | None, whole: bool, recorded: Iterable[str]) -> None:
    lane = fence.hold(session, pen)
    next_at = chance.now() + timedelta(seconds=pen.can.poll_every_s)
    if not whole or _unpark(session, pen, recorded):
        channels.change_lane(session, pen.channel_id, poll_due_at=next_at, polled_at=began)
        return
    channels.polled(session, lane, began=began, stamp=stamp, feed_lag_s=pen.can.feed_lag_s, next_at=next_at)
    _tell_short(session, cause=pen.cause)


def _unpark(session: Session, pen: Pen, recorded: Iterable[str]) -> bool:
    """What was recorded isn't parked any more. Returns whether another order still is."""
    parked = {row["subject"] for row in session.rows(_parked, {"channel_id": pen.channel_id})}
    done = parked & {f"{pen.channel_id}:{external_id}" for external_id in recorded}
    for subject in sorted(done):
        exceptions.clear(session, "order_parked", subject, cause=pen.cause)
    return bool(parked - done)


_e = exceptions.exceptions.c
_parked = Prepared(select(_e.subject).where(_e.cause == "order_parked", _e.channel_id == given(_e.channel_id), _e.closed_at.is_(None)))

_settled = Prepared(
    select(func.min(_lane.settled_at).label("at"), func.count().label("lanes"), func.count(_lane.settled_at).label("settled"))
    .join(channels.channels, _channel.id == _lane.channel_id)
    .where(or_(_channel.status == "live", _channel.status == "recovering"))
)


def _tell_short(session: Session, *, cause: Cause) -> None:
    """A line that was short before every channel had settled, and still is: now it is a person's business."""
    (found,) = session.rows(_settled, {})
    if found["at"] is None or found["settled"] < found["lanes"]:
        return
    for row in commitments.short_before(session, found["at"], limit=AT_ONCE):
        exceptions.raise_(
            session,
            "line_short",
            row["line_id"],
            severity="urgent",
            title=f"{row['quantity']} of {row['sku']} are missing for order {row['reference']}",
            advice="They were sold and aren't there. Receive or find units (they go to this order by themselves), or cancel the line with "
            f"the buyer: GET /v1/orders/{row['order_id']}.",
            facts={"order_id": row["order_id"], "sku": row["sku"], "quantity": row["quantity"]},
            channel_id=row["channel_id"],
            cause=cause,
        )


def fetch(database: Database, channel: Channel, pen: Pen, ids: Sequence[str], *, reread: bool = False) -> None:
    """Read these orders and record them; one that can't be understood is parked, and in nobody's way. Raises: TryLater, NoUse."""
    for _ in fetched(database, channel, pen, ids, reread=reread):
        pass


def fetched(
    database: Database, channel: Channel, pen: Pen, ids: Sequence[str], *, reread: bool = False, together: int = 1
) -> Iterator[str]:
    """`fetch`, which says of each order when it is done. `together`: so many are read before they are recorded; where they can't all be
    read, those that were."""
    try:
        for batch in _gathered(channel.fetch_orders(ids), together):
            record(database, pen.channel_id, [(snapshot, pen.cause) for snapshot in batch], reread=reread)
            yield from (snapshot.external_id for snapshot in batch)
    except BadPayload as error:
        if len(ids) == 1:
            database.run(_park, pen.channel_id, ids[0], str(error), cause=pen.cause)
            yield ids[0]
            return
        for external_id in ids:
            yield from fetched(database, channel, pen, [external_id], reread=reread)


def _gathered(found: Iterable[OrderSnapshot], most: int) -> Iterator[list[OrderSnapshot]]:
    """So many at a time; and before what went wrong is raised, those that had come by then."""
    batch: list[OrderSnapshot] = []
    wrong: Exception | None = None
    try:
        for each in found:
            batch.append(each)
            if len(batch) == most:
                yield batch
                batch = []
    except Exception as error:
        wrong = error
    if batch:
        yield batch
    if wrong is not None:
        raise wrong


def reread_unpaid(database: Database, channel: Channel, pen: Pen) -> int:
    """Unpaid orders whose hold ran out: read once more; those that still aren't paid free their units. Returns how many."""
    ids = database.look(recording.unpaid_due, pen.channel_id, AT_ONCE)
    if ids:
        fetch(database, channel, pen, ids, reread=True)
    return len(ids)


def wanted_at(session: Session, channel_id: str, can: Capabilities, lane: Mapping[str, Any]) -> datetime | None:
    """When a lane's next poll is due: by the channel's rhythm, or as soon as it can settle what waits for it."""
    waits = writes.settles_after(session, channel_id, lane["settled_at"])
    due: datetime | None = lane["poll_due_at"]
    if waits is None:
        return due
    settles = waits + timedelta(seconds=can.feed_lag_s)
    if lane["polled_at"] is not None and lane["polled_at"] >= settles:
        return due  # that poll couldn't settle it (an order is parked): the next one may
    return settles if due is None else min(due, settles)


def bring_in_listings(database: Database, channel: Channel, pen: Pen) -> int:
    """Everything on sale on the channel: known ones brought up to date, new ones mapped by their codes. Returns how many."""
    began = chance.now()
    count = 0
    for batch in _batched(channel.listings(), AT_ONCE):
        count += len(batch)
        # Lines that waited for it follow in transactions of their own: an order is locked before any level.
        for listing_id in database.run(_note_listings, pen, batch):
            database.run(recording.mapped, listing_id, cause=pen.cause)
    heirs, is_live = database.run(_listed, pen, began)
    for listing_id in heirs:
        database.run(recording.mapped, listing_id, cause=pen.cause)
    after: str | None = "" if is_live else None
    while after is not None:
        after = database.run(_unmapped, pen, after)
    return count


def _batched(found: Iterable[ListingSnapshot], most: int) -> Iterator[list[ListingSnapshot]]:
    rest = iter(found)
    while batch := list(islice(rest, most)):
        yield batch


def _note_listings(session: Session, pen: Pen, batch: Sequence[ListingSnapshot]) -> list[str]:
    """Returns: the listings that lines wait for, and that their code has mapped now."""
    touched: dict[str, None] = {}
    mapped = []
    names = [each.external_id for each in batch]
    before = session.find(listings.listings, columns=["external_id", "live"], channel_id=pen.channel_id, among=("external_id", names))
    was_live = {row["external_id"]: row["live"] for row in before}
    theirs = session.find(differences.differences, channel_id=pen.channel_id, kind="listing", among=("subject", names))
    differ = {row["subject"]: row for row in theirs if row["closed_at"] is None}
    is_live = channels.get(session, pen.channel_id)["status"] == "live"
    for each in batch:
        row = listings.note(
            session,
            pen.channel_id,
            each.external_id,
            sku_code=each.sku,
            title=each.title,
            live=each.live,
            why=each.why,
            url=each.url,
            by_code=each.unique,
            cause=pen.cause,
        )
        if row["mapping"] == "mapped":
            mapped.append(row["id"])
        counter_id, offers = None, False
        if each.counter is not None:
            made = counters.note(session, pen.channel_id, each.counter, unit=each.unit, title=each.title, protected=each.protected)
            counter_id, offers = made["id"], made["shown"] > 0
            if made["state"] == "gone":  # it is here again: look at it anew
                counters.change(session, counter_id, state="idle", sku_id=made["sku_id"], rebase_at=None)
                exceptions.clear(session, "counter_parked", counter_id, cause=pen.cause)
            elif made["state"] == "parked":
                counters.change(session, counter_id, rebase_at=chance.now())
            if made["known"] and made["rebase_at"] is None and each.quantity not in (None, made["shown"]):
                # Something under way, or a hand edit: a reading tells.
                counters.change(session, counter_id, rebase_at=chance.now())
        elif row["counter_id"] is not None:  # what isn't on sale has no number on some channels
            offers = counters.by_id(session, row["counter_id"])["shown"] > 0
        if row["counter_id"] != counter_id:
            listings.count_with(session, row["id"], counter_id)
            if row["counter_id"] is not None:
                touched[row["counter_id"]] = None
        if counter_id is not None:
            touched[counter_id] = None
        if is_live:
            _name(session, pen, each, row, differ.get(each.external_id), ended=offers and was_live.get(each.external_id, False))
    for counter_id in touched:
        recording.assign(session, counter_id, cause=pen.cause)
    return recording.waited_for(session, mapped)


def _name(
    session: Session, pen: Pen, each: ListingSnapshot, row: Mapping[str, Any], difference: dict[str, Any] | None, *, ended: bool
) -> None:
    """What of a listing our records don't explain. `ended`: it was on sale, with a number above zero of ours."""
    if ended and not each.live and difference is None:
        facts = {"listing_id": row["id"]}
        differences.note(
            session, pen.channel_id, "listing", each.external_id, "listing_ended", title=each.title, facts=facts, cause=pen.cause
        )
        exceptions.raise_(
            session,
            "listing_ended",
            row["id"],
            severity="warning",
            title=f"{each.title!r} isn't on sale any more",
            advice="It is there still, and somebody or the channel itself took it off. What was set aside for it waits until it is back, "
            "or until it is deleted there. Put it on sale again, or delete it; if that is as it should be, say so: POST /resolve here.",
            facts={"seen": "not on sale", "proposed": "Put it on sale again, or delete it there.", "call": None},
            channel_id=pen.channel_id,
            cause=pen.cause,
        )
    elif difference is not None and each.live and difference["cause"] != "unmapped":
        differences.close(session, difference, "healed", cause=pen.cause)
        exceptions.clear(session, "listing_ended", row["id"], cause=pen.cause)


def _gone(session: Session, pen: Pen, listing_id: str) -> str | None:
    """A full listing doesn't show it any more. Returns the listing that goes on for it where lines may wait for that."""
    row = listings.get(session, listing_id)
    heir = listings.heir(session, row)
    why = "listing_gone" if heir is None else "relisted"
    exceptions.clear(session, "listing_ended", listing_id, cause=pen.cause)
    if (open_one := differences.open_of(session, pen.channel_id, "listing", row["external_id"])) is not None:
        differences.close(session, open_one, "gone", cause=pen.cause)
    (counter,) = [counters.by_id(session, row["counter_id"])] if row["counter_id"] is not None else [None]
    others = session.find(listings.listings, columns=["id"], counter_id=row["counter_id"], live=True) if counter is not None else []
    subject = {"title": row["title"], "facts": {"listing_id": listing_id} | ({"heir": heir["external_id"]} if heir is not None else {})}
    known = counter and differences.open_of(session, pen.channel_id, "counter", counter["external_id"])
    if counter is not None and counter["sku_id"] is not None and not others and (known or counter["state"] != "gone"):
        naming.differs(session, pen.channel_id, counter, why, seen=None, facts=subject["facts"], cause=pen.cause)
        if heir is not None:  # nobody needs to see to it
            exceptions.clear(session, "counter_parked", counter["id"], cause=pen.cause)
        if counter["state"] != "gone":
            counters.change(session, counter["id"], rebase_at=chance.now())  # a reading tells whether its number is gone, too
    elif counter is None or not others:
        found = differences.note(session, pen.channel_id, "listing", row["external_id"], why, **subject, cause=pen.cause)
        differences.close(session, found, "gone" if heir is None else "healed", cause=pen.cause)
    if heir is None or not listings.inherit(session, heir["id"], listing_id, cause=pen.cause):
        return None
    if heir["counter_id"] is not None:
        recording.assign(session, heir["counter_id"], cause=pen.cause)
    return str(heir["id"])


def _unmapped(session: Session, pen: Pen, after: str) -> str | None:
    """What is on sale, and nobody has said what it is: some of it, in the order of ids. Returns behind which there may be more."""
    rows = listings.unanswered(session, pen.channel_id, after, AT_ONCE)
    for row in rows:
        if differences.open_of(session, pen.channel_id, "listing", row["external_id"]) is None:
            facts = {"listing_id": row["id"], "code": row["sku_code"]}
            differences.note(
                session, pen.channel_id, "listing", row["external_id"], "unmapped", title=row["title"], facts=facts, cause=pen.cause
            )
    if len(rows) == AT_ONCE:
        return str(rows[-1]["id"])
    listings.say_unmapped(session, pen.channel_id, cause=pen.cause)
    return None


def _listed(session: Session, pen: Pen, began: datetime) -> tuple[list[str], bool]:
    """Everything on sale was seen. Returns listings that lines may have waited for, and whether the channel is live."""
    ids = listings.gone(session, pen.channel_id, began)
    is_live = channels.get(session, pen.channel_id)["status"] == "live"
    heirs = [heir for each in ids if is_live and (heir := _gone(session, pen, each)) is not None]
    due, now = channels.lane(session, pen.channel_id)["listings_due_at"], chance.now()
    channels.change_lane(session, pen.channel_id, listed_at=now)
    if due is None or due <= began:  # else somebody changed a product meanwhile, or asks for another look: it is listed again soon
        channels.change_lane(session, pen.channel_id, listings_due_at=now + timedelta(days=1))
    return recording.waited_for(session, heirs), is_live
