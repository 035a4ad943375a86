"""Twelve safeguards, each taken away by a patch: the simulator has to notice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from logging import CRITICAL
from typing import Any
from unittest.mock import patch

import structlog

from app import chance
from app.domain import capabilities, channels, counters, fence, recording
from app.domain.capabilities import Capabilities
from app.domain.counters import Counter
from app.simulation.demand import Wish
from app.simulation.run import Outcome, Troubles, simulate
from app.sync import plan, poll, reconcile

SEEDS = range(1, 13)
Patches = Sequence[AbstractContextManager[Any]]

# Little of everything, and more than enough goes wrong.
WISH = Wish(orders=50, pieces=(1, 2), most_shops=3, every_s=(1.5, 5.0), supply=(0.3, 0.6))
TROUBLES = replace(
    Troubles(),
    fail_before=0.03,
    fail_after=0.06,
    land_late=0.06,
    slow=0.3,
    limited=0.0,
    broken=0.03,
    crashes=0.004,
    restores=0.0,
    hand_edits_per_hour=0.0,
    mistakes_per_hour=0.0,
    breakages_per_hour=0.0,
    stocktakes_per_hour=0.0,
    market_per_hour=0.0,
    races=0.0,
)


@dataclass(frozen=True)
class Mutation:
    """What is taken away, how, and which shops need it."""

    what: str
    patches: Callable[[], Patches]
    shops: Sequence[str] = ()
    unreconciled: bool = False  # the reconciler, which sets right what is shown, doesn't come
    first: int = 1  # the seed that noticed when this was written; where it doesn't any more, another one will


def caught(mutation: Mutation, seeds: range) -> Outcome | None:
    """The first seed that notices; a program that falls over has been noticed, too."""
    for seed in (mutation.first, *(seed for seed in seeds if seed != mutation.first)):
        wish = replace(WISH, shops=mutation.shops) if mutation.shops else WISH
        with ExitStack() as stack:
            for each in mutation.patches():
                stack.enter_context(each)
            if mutation.unreconciled:
                stack.enter_context(patch.object(reconcile, "due_at", lambda lane: None))
            found = simulate(seed, wish=wish, troubles=TROUBLES)
        if found.failure is not None:
            return found
    return None


def noticed(number: int) -> str | None:
    """What the simulator said without this safeguard. For a process of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    found = caught(MUTATIONS[number], SEEDS)
    return found and f"seed {found.seed}: {found.failure}"


def _on_offer(work_out: Callable[[Counter], int]) -> Patches:
    return [patch.object(Counter, "on_offer", property(work_out))]


def _rests(counter: Counter) -> int:
    return max(0, counter.shown + counter.below - counter.held)


def _drawn_on() -> Patches:
    """Whoever plans takes what a raise in flight was given."""
    before = plan.plan

    def planned(session: Any, sku_id: str) -> None:
        for counter in counters.of_skus(session, [sku_id]):
            counters.release(session, counter, cause=counters.Cause("plan"))
        before(session, sku_id)

    return [*_on_offer(_rests), patch.object(plan, "plan", planned)]


def _units_stay(session: Any, counter: Counter, parts: Any, reason: str, *, cause: Any) -> None:
    """A raise leaves the units where they are: the books only say that they were given."""


def _new_keys() -> Patches:
    before = fence.again

    def again(session: Any, pen: Any, write_id: str, *, for_s: float) -> Any:
        row = before(session, pen, write_id, for_s=for_s)
        return row and row | {"key": f"{pen.epoch}-{chance.new_id()}"}

    return [patch.object(fence, "again", again)]


def _impatient() -> Patches:
    """A request that wasn't answered is taken not to land any more."""
    before = Capabilities.from_json.__func__  # type: ignore[attr-defined]
    return [
        patch.object(Capabilities, "from_json", classmethod(lambda cls, kept: replace(before(cls, kept), late_write_s=0.0))),
        # Nothing is remembered from before, nor for whoever comes after.
        patch.object(capabilities, "_of_text", capabilities._of_text.__wrapped__),
    ]


def _trusting() -> Patches:
    """A poll settles up to when it began, as if the feed didn't lag."""
    before = channels.polled
    return [patch.object(channels, "polled", lambda *args, feed_lag_s, **more: before(*args, feed_lag_s=-60.0, **more))]


def _uncovered() -> Patches:
    return [patch.object(fence, "_covered", lambda session, pen, counter, value, guard: _cover(session, counter, value))]


def _cover(session: Any, counter: Counter, value: int) -> Any:
    """Units for what it shall show, and none for what is sold before it lands."""
    lacking = value * counter.per - counter.allotment
    parts = counters.free_for(session, counter, lacking)
    return (value, None, parts) if sum(units for _, units in parts) >= lacking else None


def _repeated() -> Patches:
    """Whatever has no key is sent again as if it had one."""
    return [patch.object(fence, "_may_be_repeated", lambda pen, row, now: True)]


def _credulous() -> Patches:
    """Compare-and-set: an answer that it wasn't what we expected is taken for done."""
    return [patch.object(fence, "stale", lambda session, pen, write_id, detail, **_: fence.done(session, pen, write_id, {}))]


def _hopeless() -> Patches:
    """What isn't answered is taken not to have happened."""

    def unanswered(session: Any, pen: Any, write_id: str, detail: str, *, retry_at: Any) -> None:
        row = fence.writes.get(session, write_id)
        fence._close(session, pen, row, fence._of(session, pen, row), "refused", detail)

    return [patch.object(fence, "unanswered", unanswered)]


def _deaf() -> Patches:
    """Nothing is asked for: what no message told of is taken not to have happened."""

    def polled(database: Any, channel: Any, pen: Any) -> int:
        database.run(poll._polled, pen, chance.now(), None, True, [])
        return 0

    return [patch.object(poll, "poll", polled)]


def _uncounted() -> Patches:
    """A sale that we hear of leaves `shown` as it is."""
    before = counters.change

    def change(session: Any, counter: Any, **changes: Any) -> None:
        if "held" in changes and "shown" in changes:
            del changes["shown"]
        before(session, counter, **changes)

    return [patch.object(recording.counters, "change", change)]


def _spent_once() -> Patches:
    """A sale takes units out of the level and leaves the allotment as it was."""
    return [patch.object(counters, "spend", lambda session, counter, place, units: None)]


def _never_put_back() -> Patches:
    """What a shop put back on its counter isn't counted."""
    before = recording._count

    def count(session: Any, work: Any, line: Any, here: Any, counter: Any) -> None:
        before(session, work, replace(line, put_back=here[0]["put_back"]), here, counter)

    return [patch.object(recording, "_count", count)]


def _found_anew() -> Patches:
    """An order that is known is taken for a new one."""
    return [patch.object(recording, "_find", lambda session, channel_id, external_id: (channels.get(session, channel_id), None))]


MUTATIONS = (
    Mutation("orders that no message told of aren't asked for", _deaf, first=2),
    Mutation("a request without an answer is taken not to have happened", _hopeless, ("delta", "shopify"), unreconciled=True, first=8),
    Mutation("a compare-and-set that failed is taken for done", _credulous, ("compare and set", "shopify"), unreconciled=True, first=2),
    Mutation("a request is repeated under a new key", _new_keys, ("delta", "delta, silent")),
    Mutation("a lost answer isn't waited out before the counter is read", _impatient, ("delta, unkeyed", "drained"), first=8),
    Mutation("a write without a key is sent twice", _repeated, ("delta, unkeyed", "drained"), first=3),
    Mutation("a poll settles up to its own beginning, though the feed lags", _trusting, ("drained", "woocommerce"), first=2),
    Mutation("an absolute write has no cover for what is sold before it lands", _uncovered, ("drained", "drained"), first=8),
    Mutation("whoever plans takes what a raise in flight was given", _drawn_on, first=7),
    Mutation("a sale that we hear of leaves `shown` as it is", _uncounted, ("delta", "shopify"), unreconciled=True),
    Mutation("a sale takes units out of the level and leaves the allotment as it was", _spent_once),
    Mutation("what a shop put back on its counter isn't counted", _never_put_back, first=2),
    Mutation("an order that is known is taken for a new one", _found_anew),
)
