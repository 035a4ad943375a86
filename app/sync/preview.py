"""What going live would do: planned by the same code, on figures in memory, for as long as it takes until nothing is left to do.

Nobody buys meanwhile, nothing is written and nothing is stored. So it may be asked for as often as one likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select

from app.database import Session
from app.domain import channels, counters, going_live, opening, plans, stock, store
from app.domain.capabilities import Capabilities, Zero
from app.domain.catalogue import products, skus
from app.domain.counters import Counter
from app.sync.plan import decide

AT_ONCE = 100
EXAMPLES = 20
# A plan that hasn't come to rest after so many rounds is shown as it stands then.
_ROUNDS = 12

GOES_DARK = {Zero.HARMLESS: "goes_dark", Zero.DARK: "is_deactivated", Zero.ENDS: "ends"}
_SAID = {
    "goes_dark": "is sold out there, and comes back by itself when there are units for it",
    "is_deactivated": "is deactivated there, and loses its place until there are units for it",
    "ends": "ends there; listing it again costs a fee or its history",
}
_WARNINGS = {
    "goes_dark": "{} numbers go to 0: sold out there, and back by themselves when there are units for them.",
    "is_deactivated": "{} listings are deactivated, and lose their place until there are units for them.",
    "ends": "{} listings end; listing them again costs a fee or their history.",
    "no_opening_stock": "Of {} products no stock was entered, so they go to 0 everywhere. Enter it first: POST /v1/opening-stock.",
    "unmapped_listings": "Of {} listings nobody has said what they are: they are left alone, and show what they show.",
    "shown_elsewhere": "{} numbers show the same units on a channel that doesn't go live with these: they can be sold there too.",
}


@dataclass(slots=True)
class Seen:
    """A counter, what it shows now, and what it will show: first lowered to, then raised to. Counter units."""

    counter: Counter
    shows: int
    lowered_to: int
    raised_to: int
    part: bool  # of the plan; else its channel is merely connected


@dataclass(slots=True)
class Preview:
    """One SKU."""

    sku_id: str
    sku: str
    title: str
    tracked: bool
    stocked: bool
    seen: list[Seen] = field(default_factory=list)

    @property
    def is_dark(self) -> list[Seen]:
        """Those that show something now, and nothing in the end."""
        return [each for each in self.seen if each.part and each.shows > 0 and each.raised_to == 0]


def page(session: Session, channel_ids: Sequence[str] | None, after: str | None, limit: int) -> list[Preview]:
    """The SKUs that these channels sell, in the order of their ids, with what becomes of every number of theirs."""
    joining = [row["id"] for row in going_live.joining(session, channel_ids)]
    c = counters.counters.c
    query = select(c.sku_id).where(c.channel_id.in_(joining), c.sku_id.is_not(None)).distinct().order_by(c.sku_id).limit(limit)
    sku_ids = list(session.execute(query if after is None else query.where(c.sku_id > after)).scalars())
    return _previews(session, sku_ids, set(joining)) if sku_ids else []


def every(session: Session, channel_ids: Sequence[str] | None) -> Iterator[Preview]:
    """All of them."""
    after = None
    while found := page(session, channel_ids, after, AT_ONCE):
        yield from found
        after = found[-1].sku_id


def _previews(session: Session, sku_ids: Sequence[str], joining: set[str]) -> list[Preview]:
    named = (
        select(skus.c.id, skus.c.code, skus.c.tracked, products.c.title, opening.never_stocked().label("is_new"))
        .join(products, products.c.id == skus.c.product_id)
        .where(skus.c.id.in_(sku_ids))
    )
    found = {row.id: Preview(row.id, row.code, row.title, row.tracked, not row.is_new) for row in session.execute(named)}
    shared = select(plans.sku_plans, skus.c.safety_stock, skus.c.tracked, skus.c.archived).join(skus, skus.c.id == plans.sku_plans.c.sku_id)
    rows = {row["sku_id"]: dict(row) for row in session.execute(shared.where(skus.c.id.in_(sku_ids))).mappings()}
    level = stock.stock_levels.c
    free: dict[str, dict[str, int]] = {}
    for place in session.execute(select(level.sku_id, level.location_id, level.available).where(level.sku_id.in_(sku_ids))):
        free.setdefault(place.sku_id, {})[place.location_id] = place.available
    ids = select(counters.counters.c.id).where(counters.counters.c.sku_id.in_(sku_ids))
    rivals: dict[str, list[Counter]] = {}
    for each in counters.of_ids(session, list(session.execute(ids).scalars())):
        rivals.setdefault(each.sku_id, []).append(each)
    shops = channels.capable(session, _answering(session))
    books = store.get(session)
    for sku_id in sku_ids:
        if sku_id in rows and sku_id in found:
            mine = [each for each in rivals.get(sku_id, ()) if each.state in ("active", "parked")]
            row = rows[sku_id]
            exposing = (row["policy"] or books["default_policy"]) == "expose"
            own_rate = row["own_rate"] if books["own_orders"] else None
            found[sku_id].seen = _foresee(row, free.get(sku_id, {}), mine, joining, shops, own_rate=own_rate, exposing=exposing)
    return [found[sku_id] for sku_id in sku_ids if sku_id in found]


def _answering(session: Session) -> list[str]:
    channel = channels.channels.c
    return list(session.execute(select(channel.id).where(channel.status != "disconnected", channel.capabilities.is_not(None))).scalars())


def _foresee(
    row: Mapping[str, Any],
    free: Mapping[str, int],
    rivals: Sequence[Counter],
    joining: set[str],
    shops: Mapping[str, tuple[Mapping[str, Any], Capabilities]],
    *,
    own_rate: float | None,
    exposing: bool,
) -> list[Seen]:
    """Let the plan run until nothing is left to do."""
    left = dict(free)
    seen = []
    for each in rivals:
        part = each.channel_id in joining or each.channel_status == "live"
        now = max(0, each.on_offer)
        # As if it rested: what is under way has been answered.
        rests = replace(each, allotted=dict(each.allotted), flight=None, shown=now + each.held, below=0, switched_at=None)
        rests.channel_status = "live" if part else each.channel_status
        seen.append(Seen(rests, now, now, now, part))
    sellers = [
        each.counter
        for each in seen
        if each.part and each.counter.state == "active" and each.counter.known and each.counter.channel_id in shops
    ]
    everybody = [each.counter for each in seen]
    for _ in range(_ROUNDS):
        _cover(everybody, left)
        if not sellers:
            break
        plan = decide(row, left, sellers, shops, own_rate=own_rate, exposing=exposing)
        for wish in plan.wishes:
            wish.counter.exposed = wish.exposed
        due = {each.id: plan.due[each.id] for each in sellers if plan.due.get(each.id, each.on_offer) != each.on_offer}
        lowered = [each for each in sellers if due.get(each.id, each.on_offer) < each.on_offer]
        for each in lowered:
            each.shown += due[each.id] - each.on_offer
            _release(each, left)
        raised = [] if lowered else [_raise(each, due[each.id], left, tracked=row["tracked"]) for each in sellers if each.id in due]
        if not lowered and not any(raised):
            break
        for one in seen:
            one.lowered_to = min(one.lowered_to, one.counter.on_offer)
    for one in seen:
        one.raised_to = one.counter.on_offer
    return seen


def _cover(rivals: Iterable[Counter], left: dict[str, int]) -> None:
    """As `repayment` does it: what is free goes to counters that lack units, then what others were given and don't offer."""
    every = list(rivals)
    for each in every:
        _give(each, each.deficit, left)
        for other in sorted(every, key=lambda one: (-one.spare, one.id)):
            if each.deficit and other is not each and other.spare and set(other.allotted) & set(each.location_ids):
                _release(other, left, min(each.deficit, other.spare))
                _give(each, each.deficit, left)


def _give(counter: Counter, units: int, left: dict[str, int]) -> int:
    given = 0
    for place in counter.location_ids:
        if taken := min(units - given, max(0, left.get(place, 0))):
            left[place] -= taken
            counter.allotted[place] = counter.allotted.get(place, 0) + taken
            given += taken
    return given


def _release(counter: Counter, left: dict[str, int], most: int | None = None) -> None:
    units = counter.spare if most is None else most
    for place in reversed(list(counter.allotted)):
        if taken := min(units, counter.allotted[place]):
            counter.allotted[place] -= taken
            left[place] = left.get(place, 0) + taken
            units -= taken


def _raise(counter: Counter, to: int, left: dict[str, int], *, tracked: bool) -> bool:
    if not tracked:
        counter.shown += to - counter.on_offer
        return True
    _give(counter, max(0, (to - counter.exposed) * counter.per - counter.allotment), left)
    reached = min(to, counter.exposed + counter.allotment // counter.per)
    if reached <= counter.on_offer:
        return False
    counter.shown += reached - counter.on_offer
    _release(counter, left)
    return True


# For people


def items(session: Session, found: Sequence[Preview]) -> list[dict[str, Any]]:
    """Previews as they are shown: figures, and in words what a buyer will notice."""
    names, zero, costs = _shops(session)
    return [_item(each, names, zero, costs) for each in found]


def _shops(session: Session) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Names of channels, what showing nothing means there, and what it costs in money, where it does."""
    channel = channels.channels.c
    rows = session.execute(select(channel.id, channel.name, channel.capabilities)).all()
    asked = [row for row in rows if row.capabilities is not None]
    zero = {row.id: GOES_DARK[Zero(row.capabilities["zero"])] for row in asked}
    return {row.id: row.name for row in rows}, zero, {row.id: row.capabilities.get("zero_costs") or "" for row in asked}


def _item(each: Preview, names: Mapping[str, str], zero: Mapping[str, str], costs: Mapping[str, str]) -> dict[str, Any]:
    dark = {id(one) for one in each.is_dark}
    shown = []
    for one in each.seen:
        consequence = zero.get(one.counter.channel_id, "goes_dark") if id(one) in dark else None
        where = names[one.counter.channel_id]
        shown.append(
            {
                "counter_id": one.counter.id,
                "channel_id": one.counter.channel_id,
                "channel": where,
                "title": one.counter.title,
                "per": one.counter.per,
                "in_plan": one.part,
                "shows": one.shows,
                "lowered_to": one.lowered_to,
                "raised_to": one.raised_to,
                "consequence": consequence,
                "text": f"{one.counter.title} {_SAID[consequence]} ({where}). {costs[one.counter.channel_id]}".rstrip()
                if consequence
                else None,
            }
        )
    return {
        "sku_id": each.sku_id,
        "sku": each.sku,
        "title": each.title,
        "tracked": each.tracked,
        "stock_entered": each.stocked,
        "counters": shown,
        "text": _in_words(each, names),
    }


def _in_words(each: Preview, names: Mapping[str, str]) -> str | None:
    """What strict sharing hides, in a shopkeeper's words."""
    if not each.tracked:
        return f"{each.title} isn't counted: it is always on sale."
    if not each.is_dark:
        return None
    lit = list(dict.fromkeys(names[one.counter.channel_id] for one in each.seen if one.part and one.raised_to > 0))
    if lit:
        return f"{each.title} will be on sale on {' and '.join(lit)} only."
    why = "there is nothing of it" if each.stocked else "no stock of it was entered"
    return f"{each.title} will be on sale nowhere: {why}."


def summary(session: Session, channel_ids: Sequence[str] | None) -> dict[str, Any]:
    """The plan as a whole: whether each channel is ready, how many numbers are lowered and raised, and what to agree to first."""
    rows = going_live.joining(session, channel_ids)
    ready = going_live.readiness(session, rows)
    names, zero, costs = _shops(session)
    counts = {"skus": 0, "lowered": 0, "raised": 0, "unchanged": 0, "untracked": 0}
    warned: dict[str, list[str]] = {code: [] for code in _WARNINGS}
    priced: dict[str, set[str]] = {}
    for each in every(session, channel_ids):
        counts["skus"] += 1
        counts["untracked"] += not each.tracked
        for one in each.seen:
            counts["lowered"] += one.lowered_to < one.shows
            counts["raised"] += one.raised_to > one.lowered_to
            counts["unchanged"] += one.raised_to == one.shows == one.lowered_to
            if not one.part and one.shows > 0 and each.tracked:
                warned["shown_elsewhere"].append(f"{one.counter.title} ({names[one.counter.channel_id]})")
        if each.is_dark and not each.stocked and each.tracked:
            warned["no_opening_stock"].append(each.title)
        for one in each.is_dark:
            where = names[one.counter.channel_id]
            code = zero.get(one.counter.channel_id, "goes_dark")
            warned[code].append(f"{one.counter.title} ({where})")
            priced.setdefault(code, set()).add(costs.get(one.counter.channel_id, ""))
    unmapped = {each["name"]: each["unmapped"] for each in ready if each["unmapped"]}
    warnings = [_warning(code, len(found), found[:EXAMPLES], priced.get(code, ())) for code, found in warned.items() if found]
    if unmapped:
        warnings.append(_warning("unmapped_listings", sum(unmapped.values()), [f"{name}: {units}" for name, units in unmapped.items()]))
    return counts | {"ready": bool(ready) and all(each["ready"] for each in ready), "channels": ready, "warnings": warnings}


def _warning(code: str, count: int, examples: Sequence[str], costs: Iterable[str] = ()) -> dict[str, Any]:
    text = " ".join(filter(None, [_WARNINGS[code].format(count), *sorted(costs)]))
    return {"code": code, "count": count, "text": text, "examples": list(examples)}
