"""Planning: what each counter of a SKU shall offer.

Level-triggered: it looks at how things stand and never at what happened, so a crash anywhere loses nothing but time. It changes no
number itself. It says what a counter shall offer and marks it due where that is worth a write; the counter's lane computes the write
when it sends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

from sqlalchemy import func, select

from app import chance
from app.database import Database, Session
from app.domain import channels, counters, plans, stock, store
from app.domain.allotment import Seller, Share, apportion
from app.domain.capabilities import Capabilities, WriteMode, Zero
from app.domain.counters import Counter

AT_ONCE = 16
LOOK_AGAIN = timedelta(minutes=10)
# What is dark changes at most so often per listing: search engines and buyers both notice.
SWITCH_EVERY = timedelta(hours=1)
# What an untracked SKU shows: always something, and refilled below half of it.
UNLIMITED = 1_000
_COSTS = {Zero.HARMLESS: 0, Zero.DARK: 1, Zero.ENDS: 2}


def run(database: Database) -> int:
    """Plan what is due, one transaction for each SKU. Returns how many there were; call again while there are."""
    due = database.run(plans.due, AT_ONCE, planned_before=chance.now() - LOOK_AGAIN)
    for sku_id in due:
        database.run(plan, sku_id)
    return len(due)


def plan(session: Session, sku_id: str) -> None:
    """Work out what each counter of a SKU shall offer, and mark those due for which a write is worth it."""
    rivals = counters.of_skus(session, [sku_id])
    row = plans.get(session, sku_id)
    own_rate = _own_rate(session, row)
    plans.planned(session, sku_id, own_rate)
    sellers = {each.id: each for each in rivals if each.channel_status == "live" and each.state == "active" and each.known}
    if not sellers:
        return
    shops = {each["id"]: each for each in channels.active(session)}
    if not row["tracked"]:
        _unlimited(session, list(sellers.values()))
        return
    free = _free(session, sku_id)
    pool = _pool(free, list(sellers.values()), row["safety_stock"] if not row["archived"] else None)
    shares = apportion(pool, [*_sellers(list(sellers.values()), shops), _own(row, own_rate, pool)])
    exposing = (row["policy"] or store.get(session)["default_policy"]) == "expose" and sum(pool.values()) > 0
    wants = {each.id: _target(each, shares[each.id], row["expose_limit"] if exposing else 0) for each in sellers.values()}
    _keep_lit(list(sellers.values()), wants)
    # What more is on offer than may be sold at all: the SKU was archived, or its safety stock raised.
    over = max(0, sum(each.on_offer * each.per for each in sellers.values()) - sum(pool.values()))
    _mark(session, list(sellers.values()), wants, shares, sum(free.values()) - over, shops)


def _own_rate(session: Session, row: Any) -> float:
    """What our own API sold of it since the last plan, worked into its rate."""
    m = stock.stock_movements.c
    since = row["planned_at"]
    query = select(func.coalesce(func.sum(m.quantity), 0)).where(
        m.sku_id == row["sku_id"], m.occurred_at > (since or chance.now()), m.target == "committed", m.reason == "ordered"
    )
    sold = int(session.scalar(query)) if since is not None else 0
    return counters.faded(row["own_rate"], since, sold, chance.now())


def _free(session: Session, sku_id: str) -> dict[str, int]:
    level = stock.stock_levels.c
    query = select(level.location_id, level.available).where(level.sku_id == sku_id, level.available > 0)
    return {found.location_id: found.available for found in session.execute(query)}


def _pool(free: dict[str, int], sellers: Sequence[Counter], safety: int | None) -> dict[str, int]:
    """What may be shared out, by location: what is free and what these counters have, less the safety stock."""
    pool = dict(free)
    for each in sellers:
        for place, units in each.allotted.items():
            pool[place] = pool.get(place, 0) + units
    if safety is None:  # archived: nothing is for sale any more
        return {}
    for place in sorted(pool, key=lambda place: -pool[place]):
        kept = min(safety, pool[place])
        pool[place] -= kept
        safety -= kept
    return pool


def _sellers(found: Sequence[Counter], shops: dict[str, dict[str, Any]]) -> list[Seller]:
    made = []
    for each in found:
        shop = shops[each.channel_id]
        can = Capabilities.from_json(shop["capabilities"])
        made.append(
            Seller(
                id=each.id,
                rate=counters.faded(each.rate, each.rate_at, 0, chance.now()) * each.per,
                location_ids=each.location_ids,
                weight=shop["weight"],
                per=each.per,
                lot=shop["lot"],
                min_share=shop["min_share"],
                zero=_COSTS[can.zero],
                lit=each.on_offer > 0,
            )
        )
    return made


def _own(row: Any, rate: float, pool: dict[str, int]) -> Seller:
    return Seller(id=None, rate=rate, location_ids=list(pool), weight=row["own_weight"], min_share=row["own_min"])


def _target(counter: Counter, share: Share, expose: int) -> int:
    given = share.units // counter.per
    return max(given, expose)


def _keep_lit(found: Sequence[Counter], wants: dict[str, int]) -> None:
    """The last unit isn't taken from a counter that came on sale within the hour; others wait for it."""
    now = chance.now()
    for each in found:
        lately = each.switched_at is not None and now - each.switched_at < SWITCH_EVERY
        if lately and wants[each.id] == 0 and each.on_offer and not each.deficit:
            wants[each.id] = 1


def _mark(
    session: Session,
    found: Sequence[Counter],
    wants: dict[str, int],
    shares: dict[str | None, Share],
    free: int,
    shops: dict[str, dict[str, Any]],
) -> None:
    """Mark those counters due for which a write is worth it, and let the units follow where no write is needed."""
    now = chance.now()
    raises = [each for each in found if _is_worth_raising(each, wants[each.id], shops)]
    needed = sum(max(0, (wants[each.id] - each.on_offer) * each.per - each.spare) for each in raises)
    wake = set()
    for each in sorted(found, key=lambda each: wants[each.id] - each.on_offer):
        want = wants[each.id]
        exposed = max(0, want - shares[each.id].units // each.per)
        changes: dict[str, Any] = {}
        if exposed != each.exposed:
            changes["exposed"] = exposed
        if want != each.target:
            changes["target"] = want
        surplus = each.on_offer - want
        withdraw = each.excess > 0 and surplus > 0
        # Units are taken from a counter only where another one lacks them, or where it has far more than its share.
        lower = surplus > 0 and (withdraw or (needed > free and (_differs(each.on_offer, want) or free < 0)))
        if each.flight is None and (lower or each in raises):
            changes["due_at"] = now
            if (want == 0) != (each.on_offer == 0):
                changes["switched_at"] = now
            wake.add(each.channel_id)
        if lower:
            needed -= surplus * each.per
        if changes:
            counters.change(session, each, **changes)
    plans.wake(session, *wake)


def _is_worth_raising(counter: Counter, want: int, shops: dict[str, dict[str, Any]]) -> bool:
    if want <= counter.on_offer:
        return False
    return _differs(counter.on_offer, want) or counter.on_offer < _low_water(counter, shops)


def _differs(has: int, want: int) -> bool:
    """Whether the difference is worth a write: half of the larger, so that a stock that shrinks evenly needs none."""
    return abs(want - has) >= max(1, ceil(max(want, has) / 2))


def _low_water(counter: Counter, shops: dict[str, dict[str, Any]]) -> int:
    """What it is expected to sell, twice over, before a write that starts now takes effect."""
    shop = shops[counter.channel_id]
    can = Capabilities.from_json(shop["capabilities"])
    seconds = 2.0 + (can.feed_lag_s + can.read_lag_s if can.write_mode is WriteMode.ABSOLUTE else 0.0)
    rate = counters.faded(counter.rate, counter.rate_at, 0, chance.now()) / 86_400
    return ceil(2 * rate * seconds)


def _unlimited(session: Session, found: Sequence[Counter]) -> None:
    """A SKU that is never short: a fixed quantity is shown, refilled below half, and no unit stands behind it."""
    for each in found:
        changes: dict[str, Any] = {}
        if each.exposed != UNLIMITED:
            changes |= {"exposed": UNLIMITED, "target": UNLIMITED}
        if each.on_offer < UNLIMITED // 2 and each.flight is None:
            changes["due_at"] = chance.now()
            plans.wake(session, each.channel_id)
        if changes:
            counters.change(session, each, **changes)
