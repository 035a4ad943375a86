"""Planning: what each counter of a SKU shall offer.

Level-triggered: it looks at how things stand and never at what happened, so a crash anywhere loses nothing but time. It changes no
number itself. It says what a counter shall offer and marks it due where that is worth a write; the counter's lane computes the write
when it sends it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

import structlog
from sqlalchemy import func, select

from app import chance
from app.database import Database, DatabaseUnavailable, Session
from app.domain import channels, counters, exceptions, naming, plans, stock, store
from app.domain.allotment import Seller, apportion
from app.domain.capabilities import Capabilities, WriteMode, Zero
from app.domain.causes import Cause
from app.domain.counters import Counter
from app.statements import Prepared, finding, given

log = structlog.get_logger()

PLANNING = Cause("planning")
AT_ONCE = 16
# What can't be planned is tried again after this time, with the next change, and when the store is started.
PARKED = timedelta(minutes=15)
LOOK_AGAIN = timedelta(hours=6)
# What is dark changes at most so often per listing: search engines and buyers both notice.
SWITCH_EVERY = timedelta(hours=1)
# While a shop that was just connected is being read, it is looked again so often.
WHILE_READING = timedelta(seconds=30)
# What an untracked SKU shows: always something, and refilled below half of it.
UNLIMITED = 1_000
# What passes between a sale and the request that follows it, beside what the channel itself takes.
REACTION_S = 2.0
_COSTS = {Zero.HARMLESS: 0, Zero.DARK: 1, Zero.ENDS: 2}


@dataclass(slots=True)
class Wish:
    """What a counter shall offer (counter units), and how much of that without a unit behind it, by choice."""

    counter: Counter
    shop: Mapping[str, Any]
    can: Capabilities
    want: int = 0
    exposed: int = 0
    asked: bool = False  # somebody changed its number by hand, and a person is asked which is right: it isn't raised meanwhile
    rate: float = field(init=False)  # counter units that it sells a day

    def __post_init__(self) -> None:
        self.rate = counters.faded(self.counter.rate, self.counter.rate_at, 0, chance.now())

    @property
    def surplus(self) -> int:
        return self.counter.on_offer - self.want

    @property
    def lacking(self) -> int:
        """Units of the SKU that it needs for what it shall offer."""
        return max(0, (self.want - self.exposed) * self.counter.per - self.counter.allotment)

    def is_worth_raising(self, to: int) -> bool:
        has = self.counter.on_offer
        return to > has and (_is_far_below(has, to, self.rate) or has < self._low_water)

    @property
    def _low_water(self) -> int:
        """What it is expected to sell, twice over, before a write that starts now takes effect."""
        settles = self.can.feed_lag_s + self.can.read_lag_s if self.can.write_mode is WriteMode.ABSOLUTE else 0.0
        return ceil(2 * self.rate / 86_400 * (REACTION_S + (self.shop["write_ms"] or 0) / 1000 + settles))


def _is_far_below(has: int, share: int, a_day: float) -> bool:
    """Whether a share is missed by so much that it matters: it has less than a quarter of it; or less than half, and that is few, or
    won't last a week. One sale moves shares by less than that, and so does a stock that shrinks evenly."""
    return share >= max(1, 4 * has) or (share >= 2 * has > 0 and has < max(counters.FEW, counters.MEMORY_DAYS * a_day))


def run(database: Database, *, place: int = 0, of: int = 1) -> int:
    """Plan what is due, one transaction for each SKU. Returns how many there were; call again while there are.

    Where `of` processes plan, the one at `place` leaves to the others what is theirs, unless they leave it lying.
    """
    due, parked = database.look(_due_now, place=place, of=of)
    for sku_id, planned in zip(list(due), database.run_each([partial(plan, sku_id=each) for each in due]), strict=True):
        error = planned.exception()
        if error is None:
            continue
        if isinstance(error, DatabaseUnavailable) or not isinstance(error, Exception):
            raise error
        log.error("a SKU can't be planned", sku=sku_id, exc_info=error)
        database.run(_park, sku_id, f"{type(error).__name__}: {error}")
        due.remove(sku_id)
    if again := parked & set(due):
        database.run(_unpark, sorted(again))
    return len(due)


_e = exceptions.exceptions.c
_parked = Prepared(select(_e.subject).where(_e.cause == "sku_parked", _e.closed_at.is_(None)))


def _due_now(session: Session, *, place: int, of: int) -> tuple[list[str], set[str]]:
    """SKUs to plan, and which of all there are parked."""
    due = plans.due(session, AT_ONCE, planned_before=chance.now() - LOOK_AGAIN, place=place, of=of)
    return due, {row["subject"] for row in session.rows(_parked, {})} if due else set()


def _park(session: Session, sku_id: str, reason: str) -> None:
    """Nobody foresaw this: the SKU waits, visible, and in no other's way."""
    row = plans.get(session, sku_id)
    session.change(plans.sku_plans, {"due_at": chance.now() + PARKED, "planned_at": chance.now()}, sku_id=sku_id)
    exceptions.raise_(
        session,
        "sku_parked",
        sku_id,
        severity="urgent",
        title=f"Nobody can work out how many of {row['sku']} each shop gets",
        advice="What the shops show of it stays as it is, and is covered. It is tried again every quarter of an hour; other products "
        f"aren't held up. `tallystick check` may say what is wrong; if it stays, report it with this text: {reason[:500]}",
        facts={"reason": reason[:500]},
        cause=PLANNING,
    )


def _unpark(session: Session, sku_ids: Sequence[str]) -> None:
    for sku_id in sku_ids:
        exceptions.clear(session, "sku_parked", sku_id, cause=PLANNING)


def plan(session: Session, sku_id: str) -> None:
    """Work out what each counter of a SKU shall offer, and mark those due for which a write is worth it."""
    stock.lock(session, [sku_id])
    plans.hold(session, sku_id)
    rivals = counters.of_skus(session, [sku_id])
    row, sold, levels, books = _figures(session, sku_id)
    own_rate = counters.faded(row["own_rate"], row["planned_at"], sold, chance.now())
    plans.planned(session, sku_id, own_rate)
    for each in rivals:
        if each.channel_status == "leaving" and each.state == "active" and each.known and each.on_offer:
            _say(session, each, 0)
    free = {level["location_id"]: level["available"] for level in levels}
    if any(_could_be_covered(each, rivals, free) for each in rivals):
        stock.freed(session).add(sku_id)  # a channel that has just gone live: first what it shows is set aside, then it is looked again
        return
    sellers = [each for each in rivals if each.channel_status == "live" and each.state == "active" and each.known]
    if not sellers:
        return
    shops = channels.capable(session, {each.channel_id for each in sellers})
    exposing = (row["policy"] or books["default_policy"]) == "expose"
    # A shop that was just connected may show these units already: nobody is given more before it was read.
    joining = any(not each.known and each.state == "active" and each.channel_status != "disconnected" for each in rivals)
    joining = joining or books["is_being_read"]
    sells_itself = own_rate if books["own_orders"] else None
    # Of shops whose numbers are asked about when somebody changes them by hand.
    asking = [each.id for each in sellers if shops[each.channel_id][0]["hand_edits"] != "overwrite"]
    asked = naming.asked(session, asking) if asking else ()
    plan = decide(row, free, sellers, shops, own_rate=sells_itself, exposing=exposing, joining=joining, asked=asked)
    if plan.again is not None:
        plans.again(session, sku_id, plan.again)
    for wish in plan.wishes:
        _say(session, wish.counter, plan.due.get(wish.counter.id), want=wish.want, exposed=wish.exposed)


@dataclass(frozen=True, slots=True)
class Plan:
    """What each counter shall offer; what those that are worth a write shall offer for now; when it is to be looked again."""

    wishes: Sequence[Wish]
    due: Mapping[str, int]
    again: datetime | None = None


def decide(
    row: Mapping[str, Any],
    free: Mapping[str, int],
    sellers: Sequence[Counter],
    shops: Mapping[str, tuple[Mapping[str, Any], Capabilities]],
    *,
    own_rate: float | None,
    exposing: bool,
    joining: bool = False,
    asked: Collection[str] = (),
) -> Plan:
    """The plan for one SKU, and nothing but arithmetic: the preview of going live asks for it too.

    `free` is what is available, by location; `shops` say how a channel's counters share and what it can do. `own_rate`: what our own
    API sells a day; None: it takes no orders, and only its minimum is kept for it. `joining`: nobody is given more for now.
    """
    wishes = [Wish(each, *shops[each.channel_id], asked=each.id in asked) for each in sellers]
    if not row["tracked"]:
        return Plan(wishes, _unlimited(wishes, 0 if row["archived"] else UNLIMITED))
    pool = _pool(row, free, sellers)
    shares = apportion(pool, [*map(_seller, wishes), _own(row, own_rate, pool)])
    for wish in wishes:
        each = wish.counter
        units = shares[each.id] // each.per
        # Never more than there is anywhere: beyond that it isn't a risk but a certainty.
        reach = sum(max(0, pool.get(place, 0)) for place in each.location_ids) // each.per
        wish.exposed = max(0, min(row["expose_limit"], reach) - units) if exposing else 0
        wish.want = units + wish.exposed
        if wish.asked:
            wish.want, wish.exposed = min(each.on_offer, each.allotment // each.per), 0
    again = _keep_lit(wishes, sum(pool.values()))
    if joining:
        for wish in wishes:
            wish.want = min(wish.want, wish.counter.on_offer)
        again = chance.now() + WHILE_READING
    return Plan(wishes, _due(wishes, pool, _Own(shares[None], row["own_min"], own_rate or 0.0)), again)


def _could_be_covered(counter: Counter, rivals: Sequence[Counter], free: Mapping[str, int]) -> bool:
    """Whether it offers more than it was given although there are units for it."""
    return counter.deficit > 0 and (
        any(free.get(place, 0) > 0 for place in counter.location_ids)
        or any(other.spare and other is not counter and not other.allotted.keys().isdisjoint(counter.location_ids) for other in rivals)
    )


_m, _p, _l = stock.stock_movements.c, plans.sku_plans.c, stock.stock_levels.c
_planned_at = select(_p.planned_at).where(_p.sku_id == given(_p.sku_id)).scalar_subquery()
# The index is by location, too: with them it leads to the latest movements alone, however many there were.
_places = select(_l.location_id).where(_l.sku_id == given(_l.sku_id))
_sold = Prepared(
    select(func.coalesce(func.sum(_m.quantity), 0).label("sold"))
    .where(_m.sku_id == given(_m.sku_id), _m.location_id.in_(_places), _m.occurred_at > _planned_at)
    .where(_m.target == "committed", _m.reason == "ordered")
)
_levels = finding(stock.stock_levels, ("sku_id",), ("location_id", "available"), None, None)
_books = Prepared(select(store.store.c.default_policy, store.store.c.own_orders, channels.is_being_read.label("is_being_read")))


def _figures(session: Session, sku_id: str) -> tuple[dict[str, Any], int, list[dict[str, Any]], dict[str, Any]]:
    """How the SKU's units are shared out, how many our own API sold since the last plan, what is free of it, and how the store stands.
    Raises: NotFound."""
    rows, (sold,), levels, (books,) = session.rows_each([(query, {"sku_id": sku_id}) for query in (plans.one, _sold, _levels, _books)])
    return plans.the_one(rows), int(sold["sold"]), levels, books


def _pool(row: Mapping[str, Any], free: Mapping[str, int], sellers: Sequence[Counter]) -> dict[str, int]:
    """What may be shared out, by location: what is free and what these counters have, less the safety stock; of what is archived,
    nothing."""
    pool = dict(free)
    for each in sellers:
        for place, units in each.allotted.items():
            pool[place] = pool.get(place, 0) + units
    safety = sum(pool.values()) if row["archived"] else row["safety_stock"]
    for place in sorted(pool, key=lambda place: (-pool[place], place)):
        kept = min(safety, pool[place])
        pool[place] -= kept
        safety -= kept
    return pool


def _seller(wish: Wish) -> Seller:
    each = wish.counter
    return Seller(
        id=each.id,
        rate=wish.rate * each.per,
        location_ids=each.location_ids,
        weight=wish.shop["weight"],
        per=each.per,
        lot=wish.shop["lot"],
        min_share=wish.shop["min_share"],
        zero=_COSTS[wish.can.zero],
        lit=each.on_offer > 0,
    )


def _own(row: Mapping[str, Any], rate: float | None, pool: Mapping[str, int]) -> Seller:
    weight = row["own_weight"] if rate is not None else 0
    return Seller(id=None, rate=rate or 0.0, location_ids=list(pool), weight=weight, min_share=row["own_min"])


def _keep_lit(wishes: Sequence[Wish], units: int) -> datetime | None:
    """The last unit isn't taken from a counter that came on sale within the hour; others wait for it, and only while there is one to
    sell. Returns until when."""
    now = chance.now()
    until = None
    room = units - sum(min(wish.want, wish.counter.on_offer) * wish.counter.per for wish in wishes)
    for wish in wishes:
        each = wish.counter
        if wish.want or not each.on_offer or each.excess or each.switched_at is None or room < each.per:
            continue
        if (over := each.switched_at + SWITCH_EVERY) > now:
            wish.want = 1
            room -= each.per
            until = over if until is None else min(until, over)
    return until


def _due(wishes: Sequence[Wish], pool: Mapping[str, int], own: _Own) -> dict[str, int]:
    """The counters for which a write is worth it, and what it would make of them now.

    A raise gets what is free now; what it lacks beyond that has to come back from others first, and then it is planned anew. A counter
    is lowered only where somebody lacks units that it could give, those with the most to spare first.
    """
    left = dict(pool)
    for wish in wishes:
        for place, units in wish.counter.allotted.items():
            left[place] -= units
    beyond = {place for place, units in left.items() if units < 0}  # given more there than may be: archived, or kept back since
    everywhere = list(left)
    needs: list[_Need] = []
    reserved = _take(left, everywhere, min(own.share, own.least))
    due: dict[str, int] = {}
    for wish in sorted(wishes, key=lambda wish: (wish.counter.on_offer, wish.counter.id)):
        each = wish.counter
        if not wish.is_worth_raising(wish.want):
            if each.deficit:  # what it offers was given to others: it has to come back
                needs.append(_Need(each.location_ids, wish.lacking))
            continue
        lacking = wish.lacking
        got = _take(left, each.location_ids, lacking)
        reachable = min(wish.want, wish.exposed + (each.allotment + got) // each.per)
        if wish.is_worth_raising(reachable) and not each.overheld:
            due[each.id] = reachable
        if got < lacking:
            needs.append(_Need(each.location_ids, lacking - got))
    free = reserved + sum(units for units in left.values() if units > 0)
    if _is_far_below(free, own.share, own.rate):
        needs.append(_Need(everywhere, own.share - free))
    for wish in sorted(wishes, key=lambda wish: (-wish.surplus * wish.counter.per, wish.counter.id)):
        each = wish.counter
        if wish.surplus <= 0:
            continue
        helps = [need for need in needs if need.units and not each.allotted.keys().isdisjoint(need.location_ids)]
        if helps or each.excess > wish.exposed * each.per or (each.on_offer >= 2 * wish.want and beyond & each.allotted.keys()):
            due[each.id] = wish.want
        units = wish.surplus * each.per
        for need in helps:
            helped = min(units, need.units)
            need.units -= helped
            units -= helped
    return due


@dataclass(frozen=True, slots=True)
class _Own:
    """Our own API's part: its share, the least of that, and what it sells a day."""

    share: int
    least: int
    rate: float


@dataclass(slots=True)
class _Need:
    """Units that somebody lacks, who sells from these locations."""

    location_ids: Sequence[str]
    units: int


def _take(left: dict[str, int], places: Sequence[str], units: int) -> int:
    """Take up to that many units from what is left at these places. Returns how many there were."""
    wanted = units
    for place in places:
        taken = min(units, max(0, left.get(place, 0)))
        if taken:
            left[place] -= taken
            units -= taken
    return wanted - units


def _say(session: Session, each: Counter, to: int | None, *, want: int = 0, exposed: int = 0) -> None:
    """Write down what a counter shall offer, and that it is due; `to`: what a write that is worth it would make of it now."""
    now = chance.now()
    changes: dict[str, Any] = {}
    if each.exposed != exposed:
        changes["exposed"] = exposed
    target = want if to is None else to
    if each.target != target:
        changes["target"] = target
    if to is None or each.flight is not None:
        if each.due_at is not None:  # what was worth a write isn't any more
            changes["due_at"] = None
    else:
        # A write that was put off keeps its time, unless it is to withdraw something and nothing was wrong with it.
        if each.due_at is None or (each.due_at > now and to < each.on_offer and not each.attempts):
            changes["due_at"] = now
            if not each.on_offer:
                changes["switched_at"] = now  # it comes on sale
        plans.wake(session, each.channel_id)
    if changes:
        counters.change(session, each, **changes)


def _unlimited(wishes: Sequence[Wish], shown: int) -> dict[str, int]:
    """A SKU that is never short: a fixed quantity is shown, refilled below half, and no unit stands behind it."""
    for wish in wishes:
        wish.want = wish.exposed = shown
    has = {wish.counter.id: wish.counter.on_offer for wish in wishes}
    return {each: shown for each, units in has.items() if units > shown or units < shown // 2}
