"""The model check's states: a small world, how its shops are written, and what shops and our books say of one SKU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from app.channels.memory import EXACT
from app.domain.capabilities import Capabilities, CountsDown, WriteMode
from app.domain.counters import Counter

NONE = -99  # instead of None, so that states can be sorted
ANYTIME = 10_000

# An order, as far as units go: placed but not counted down, counted down, and the ways in which it is cancelled.
UNPAID, COUNTED, DROPPED, PUT_BACK, KEPT = 1, 2, 3, 4, 5
WANTED = (0, 1, 1, 0, 0, 0)
TAKEN = (0, 0, 1, 0, 1, 1)
RETURNED = (0, 0, 0, 0, 1, 0)
HELD = (0, 1, 0, 0, 0, 0)

# What may happen only so often in a world.
FAULTS, CANCELLATIONS, CHANGES, READINGS, EDITS, COUNTS = range(6)
FREE = -1
LIMITED = ("faults", "cancellations", "changes", "readings", "edits", "counts")


@dataclass(frozen=True)
class Rules:
    """The rules of the protocol. Taking one out must do harm, or it was a habit."""

    intent_first: bool = True  # a request leaves after its intent was committed, with its units
    same_key: bool = True  # what is sent again is sent under the same key
    late_write: bool = True  # nothing is concluded while a request may still land
    never_twice: bool = True  # a number other than zero isn't sent again without a key
    failures_kept: bool = True  # where the channel forgets failures, "stale" after a repeat proves nothing
    settle: bool = True  # a reading, a drain and a reply without certainty wait until orders before them are recorded
    put_backs: bool = True  # what was put back since is added to a reading
    reply: bool = True  # a delta's reply below zero says what wasn't taken back
    below: bool = True  # what is below zero counts as on offer
    below_stays: bool = True  # a restock doesn't lower it
    differences: bool = True  # `shown` changes by what the write changed, and isn't assigned at the answer
    lower_first: bool = True  # units of a lower stay until its answer
    raise_counts: bool = True  # units of a raise count as on offer while it is in flight
    repay: bool = True  # what becomes free serves short lines first
    repay_open: bool = True  # an overdrawn counter is repaid also while a write is open on it
    cover: bool = True  # an absolute number needs units for what may sell before it lands
    guard_kept: bool = True  # the guard lies in the allotment
    read_after: bool = True  # an absolute number is read and settled before anything is released
    held_counts: bool = True  # a lower settles where orders are counted down later than placed
    held_in_number: bool = True  # an absolute number contains what is held
    look_first: bool = True  # an absolute number is written only over what we believe is there
    # Habits, as FENCED-WRITE section 9 has it
    draw_on_others: bool = True  # a sale may take units from other counters' allotments
    restock_home: bool = True  # a restocked unit goes back to its own counter
    read_again: bool = True  # a reading during which something was learned is repeated
    read_if_negative: bool = True  # a counter that sold more than it showed is read
    read_if_stale: bool = True  # a compare-and-set that is stale twice leads to a reading


@dataclass(frozen=True)
class Mode:
    """How a shop is written: what it says of itself, and what beside that makes a difference."""

    name: str
    can: Capabilities
    guard: int = 0
    gap: int = ANYTIME  # sales between the look before an absolute write without cover and its landing
    replays: str = "both"  # the reply to a repeated delta: as at the landing ("kept"), as it is now ("fresh"), or either
    expires: bool = False  # its keys may grow too old to be used again


_DELTA = replace(EXACT, write_mode=WriteMode.DELTA)
_UNKEYED: dict[str, Any] = {"keyed": False, "remembers_failures": False}
_ABSOLUTE = replace(EXACT, write_mode=WriteMode.ABSOLUTE, replies_quantity=False, **_UNKEYED)
_PAID: dict[str, Any] = {"counts_down_at": CountsDown.PAID}

MODES = {
    each.name: each
    for each in (
        Mode("compare-and-set, keyed", EXACT),
        Mode("compare-and-set, failures forgotten", replace(EXACT, remembers_failures=False)),
        Mode("compare-and-set, unkeyed", replace(EXACT, **_UNKEYED)),
        Mode("delta, keyed", _DELTA),
        Mode("delta, keyed, silent", replace(_DELTA, replies_quantity=False)),
        Mode("delta, unkeyed", replace(_DELTA, **_UNKEYED)),
        Mode("drain", replace(_ABSOLUTE, drains=True)),
        Mode("absolute, covered", _ABSOLUTE, gap=0),
        Mode("absolute, guard 1", _ABSOLUTE, guard=1, gap=1),
        Mode("absolute, no guard", _ABSOLUTE, guard=0, gap=1),
        Mode("compare-and-set, paid", replace(EXACT, **_PAID)),
        Mode("delta, paid", replace(_DELTA, **_PAID)),
        Mode("delta, paid, unkeyed", replace(_DELTA, **_PAID, **_UNKEYED)),
        Mode("drain, paid", replace(_ABSOLUTE, drains=True, **_PAID)),
        Mode("absolute, paid", replace(_ABSOLUTE, **_PAID), gap=0),
        Mode("compare-and-set, keys expire", EXACT, expires=True),
        Mode("delta, keys expire", _DELTA, expires=True),
    )
}


@dataclass(frozen=True)
class World:
    """So many units, shops with so many counters in a write unit each, and how often what is limited may happen."""

    name: str
    units: int
    shops: tuple[tuple[str, int], ...]
    faults: int = 1
    cancellations: int = 1
    changes: int = 2
    readings: int = 0
    edits: int = 0
    counts: int = 0
    depth: int = ANYTIME
    reconciles: bool = False  # at rest counters that show something else are read, as a reconciler would
    own: bool = True  # our own API sells too
    sales_only: bool = False  # nothing is looked for but a unit that is sold twice
    below_waits: bool = True  # what a reply said to be below zero may stay unsold until the counter is written again
    rules: Rules = field(default_factory=Rules)

    @property
    def budget(self) -> tuple[int, ...]:
        return tuple(getattr(self, each) for each in LIMITED)

    def mode(self, name: str) -> Mode:
        return MODES[name]


class Part:
    """A counter's part in the open write of its unit: the domain's Flight, and how many sold since it was looked at."""

    __slots__ = ("change", "expected", "gap", "guard", "learned_since", "mode", "put_back_since", "reading", "state", "value")

    def __init__(self, mode: str, state: str, figures: Sequence[int]) -> None:
        self.mode, self.state = mode, state
        self.change, self.expected, self.value, guard, self.put_back_since, self.learned_since, reading, self.gap = figures
        self.guard = None if guard == NONE else guard
        self.reading = None if reading == NONE else reading

    def frozen(self) -> tuple[int, ...]:
        guard = NONE if self.guard is None else self.guard
        reading = NONE if self.reading is None else self.reading
        return (self.change, self.expected, self.value, guard, self.put_back_since, self.learned_since, reading, self.gap)


class Listing:
    """One counter: what buyers see, what we believe, and its orders as (stands, heard of, rank while short, to be heard of first)."""

    __slots__ = ("allotment", "below", "counter", "due", "flight", "held", "orders", "reading", "shown", "stale")
    counter: int
    shown: int
    below: int
    held: int
    allotment: int
    stale: int
    reading: int
    due: int

    def __init__(self, frozen: Sequence[Any], mode: str, state: str) -> None:
        self.counter, self.shown, self.below, self.held, self.allotment, self.stale, self.reading, self.due, part, orders = frozen
        self.flight = Part(mode, state, part) if part else None
        self.orders = list(orders)

    per, exposed, channel_status = 1, 0, "live"
    if TYPE_CHECKING:

        @property
        def on_offer(self) -> int: ...
        @property
        def deficit(self) -> int: ...
        @property
        def spare(self) -> int: ...

    else:  # the very figures of the domain
        on_offer, deficit, spare = Counter.on_offer, Counter.deficit, Counter.spare

    def frozen(self) -> tuple[Any, ...]:
        part = self.flight.frozen() if self.flight is not None else ()
        orders = tuple(sorted(self.orders))
        # What it read matters only while it is below zero.
        reading = self.reading if self.reading < 0 else NONE
        return (*(self.counter, self.shown, self.below, self.held, self.allotment, self.stale, reading, self.due, part, orders),)


class Unit:
    """What one request replaces: its counters, the write that is open on it, and what is under way to and from the shop."""

    __slots__ = ("abandoned", "answer", "awaited", "key", "kind", "listings", "mode", "repeatable", "state", "strays")

    def __init__(self, frozen: Sequence[Any], make: type[Listing]) -> None:
        self.mode, self.kind, self.state, self.repeatable, self.awaited, self.answer, self.abandoned, self.key, self.strays, listings = (
            frozen
        )
        self.listings = [make(each, self.kind, self.state) for each in listings]

    def frozen(self) -> tuple[Any, ...]:
        return (
            *(self.mode, self.kind, self.state, self.repeatable, self.awaited, self.answer, self.abandoned, self.key, self.strays),
            tuple([each.frozen() for each in self.listings]),
        )

    @property
    def waits(self) -> bool:
        """For an answer, as far as we know."""
        return bool(self.awaited or self.answer)

    @property
    def is_zero(self) -> bool:
        return self.kind == "absolute" and all(each.flight.value == 0 for each in self.listings if each.flight)

    def enter(self, state: str) -> None:
        self.state = state
        for each in self.listings:
            if each.flight is not None:
                each.flight.state = state

    def request(self) -> tuple[Any, ...]:
        return (self.kind, tuple([(p.change, p.expected, p.value) for p in [each.flight for each in self.listings] if p is not None]))
