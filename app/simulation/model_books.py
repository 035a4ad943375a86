"""The model check's transactions: what the domain does to the books of one SKU, told on plain numbers, and what requests do at a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from app.domain import fence
from app.domain.capabilities import Capabilities, CountsDown, WriteMode
from app.domain.counters import Counter
from app.domain.fence import Pen, Want
from app.simulation.model_states import (
    ANYTIME,
    COUNTED,
    DROPPED,
    HELD,
    NONE,
    RETURNED,
    TAKEN,
    UNPAID,
    WANTED,
    Listing,
    Mode,
    Part,
    Rules,
    Unit,
)

if TYPE_CHECKING:
    from app.simulation.model_steps import Model


# The domain's own planning of a write, asked with plain figures


class Ledger:
    """As much of a session as the domain asks for while it plans a write: so many units are free, and moves succeed."""

    contended, dialect = False, "sqlite"

    def __init__(self, available: int) -> None:
        self.available = available
        self.info: dict[str, Any] = {}

    def rows(self, prepared: Any, parameters: Any) -> list[dict[str, Any]]:
        return [{"sku_id": "sku", "location_id": "here", "code": "HERE", "available": self.available}] if self.available else []

    def later(self, prepared: Any, parameters: Any) -> None:
        """Movements: nobody reads them here."""

    def run_each(self, statements: Sequence[tuple[Any, dict[str, Any]]]) -> list[int]:
        self.available -= sum(parameters["units"] for _, parameters in statements)
        return [1] * len(statements)

    def run(self, prepared: Any, parameters: Any) -> int:
        return 1


def counter_of(id: str, figures: Sequence[int]) -> Counter:
    empty = ("target", "due_at", "stale_at", "excess_cause", "switched_at", "reading", "rate_at", "flight")
    facts: dict[str, Any] = dict.fromkeys(("id", "external_id", "title"), id) | dict.fromkeys(empty)
    facts |= {"channel_id": "shop", "unit": "unit", "sku_id": "sku", "per": 1, "exposed": 0, "attempts": 0, "rate": 0.0}
    facts |= {"known": True, "protected": True, "state": "active", "location_ids": ("here",), "channel_status": "live"}
    shown, below, held, allotment = figures
    return Counter(shown=shown, below=below, held=held, allotted={"here": allotment} if allotment else {}, **facts)


def planned(
    can: Capabilities, figures: Sequence[Sequence[int]], wants: Sequence[int], guard: int, available: int, risky: bool
) -> tuple[list[dict[str, Any]], list[int]] | None:
    """What `fence.raise_or_lower` would store, and the units that it would set aside for each counter. A want of NONE: it stays."""
    ledger: Any = Ledger(available)
    mine = [counter_of(str(n), each) for n, each in enumerate(figures)]
    pen = Pen("shop", 1, 1, can)
    asked = {each.id: Want(want, guard) for each, want in zip(mine, wants, strict=True) if want != NONE}
    if can.write_mode is WriteMode.ABSOLUTE:
        rival = counter_of("rival", (0, 0, 0, 0))
        rival.flight = Part("absolute", "intent", (0, 0, 0, 0, 0, 0, NONE, 0))  # type: ignore[assignment]
        entries = fence._absolute(ledger, pen, mine, asked, [rival] if risky else [])
    else:
        entries = fence._relative(ledger, pen, mine, asked)
    if entries is None:
        return None
    return entries, [each.allotment - before[3] for each, before in zip(mine, figures, strict=True)]


# Transactions on plain numbers


class Books:
    """One state in hand, to be changed by one step."""

    def __init__(self, model: Model, core: Sequence[int]) -> None:
        self.model, self.rules = model, model.world.rules
        self.total, self.available, self.own, self.allowed, *ids = core
        self.low = self.available  # the fewest units that were free at any time
        self.units = [Unit(model.blocks[each], model.listing) for each in ids]
        self.rivals = [each for unit in self.units for each in unit.listings]
        self.tied = False

    def core(self) -> tuple[int, ...]:
        return (self.total, self.available, self.own, self.allowed, *[self.model.block(each.frozen()) for each in self.units])

    # Repay, release, draw: `domain.repayment`, `domain.counters`

    def finish(self) -> None:
        """What ends every transaction."""
        short = False
        open_too = self.rules.repay_open
        needy = [each for each in self.rivals if each.deficit and (open_too or each.flight is None)]
        if len(needy) > 1:
            self.tied = True
        for each in needy:
            given = min(each.deficit, self.available)
            each.allotment += given
            self.available -= given
            self.low = min(self.low, self.available)
            while each.deficit:
                other = self._most(lambda other: other.spare, but=each)
                if other is None:
                    break
                given = min(each.deficit, other.spare)
                other.allotment -= given
                each.allotment += given
        for each in self.rivals:
            for order in each.orders:
                short = short or order[2] > 0
        if short:
            self._serve()

    def _serve(self) -> None:
        """Short lines, oldest promise first; and their ranks begin at one again."""
        ranked = sorted((order[2], n, at) for n, each in enumerate(self.rivals) for at, order in enumerate(each.orders) if order[2])
        rank = 0
        for _, n, at in ranked:
            each = self.rivals[n]
            stands, heard, _, needed = each.orders[at]
            if self.rules.repay and self.draw(None, last=False):
                each.orders[at] = (stands, heard, 0, needed)
            else:
                rank += 1
                each.orders[at] = (stands, heard, rank, needed)

    def _most(self, figure: Callable[[Listing], int], *, but: Listing | None) -> Listing | None:
        """The counter with most of something. Where several have as much, ids decide, and so here: either may be."""
        found, most = None, 0
        for each in self.rivals:
            if each is but:
                continue
            much = figure(each)
            if much > most:
                found, most = each, much
            elif much == most and found is not None:
                self.tied = True
        return found

    def draw(self, own: Listing | None, *, last: bool = True) -> bool:
        """A fact takes a unit: from its own counter, what is free, what others don't offer, and last from what they offer."""
        if own is not None and own.allotment:
            own.allotment -= 1
            return True
        if self.available:
            self.available -= 1
            self.low = min(self.low, self.available)
            return True
        if last and not self.rules.draw_on_others:
            return False
        other = self._most(lambda each: each.spare, but=own)
        if other is None and last:
            other = self._most(lambda each: each.allotment, but=own)
        if other is None:
            return False
        other.allotment -= 1
        return True

    def release(self, each: Listing) -> None:
        if spare := each.spare:
            each.allotment -= spare
            self.available += spare

    # `domain.recording.record`

    def hear(self, each: Listing, at: int, stage: int) -> None:
        """A message about an order is recorded: how it stands, or how it once stood."""
        stands, heard, rank, needed = each.orders[at]
        before = [rival.spare for rival in self.rivals]
        net = TAKEN[stage] - RETURNED[stage] - TAKEN[heard] + RETURNED[heard]
        put_back = max(0, RETURNED[stage] - RETURNED[heard], -net)
        held = HELD[stage] - HELD[heard]
        if net or put_back or held:
            each.shown -= net
            each.held = max(0, each.held + held)
            self._learn(each, net, put_back)
            if each.shown < 0 and self.rules.read_if_negative:
                each.due = 1
        more = WANTED[stage] - WANTED[heard]
        if more > 0:
            rank = 0 if self.draw(each) else ANYTIME
        elif more < 0:
            if not rank:
                if self.rules.restock_home and each.deficit:
                    each.allotment += 1
                else:
                    self.available += 1
            rank = 0
        for rival, was in zip(self.rivals, before, strict=True):
            if (spare := rival.spare - was) > 0:
                rival.allotment -= spare
                self.available += spare
        each.orders[at] = (stands, stage, rank, 0 if stage >= needed else needed)
        if not WANTED[stage] and stage == stands:
            del each.orders[at]  # nothing of it can matter any more
        self.finish()

    def _learn(self, each: Listing, net: int, put_back: int) -> None:
        if put_back and not self.rules.below_stays:
            each.below = max(0, each.below - put_back)
        part = each.flight
        if part is None or not (net or put_back):
            return
        # Until step 1 of a rebase clears it, only a guard's and a drain's are looked at; a settle without a reading looks at none.
        if (
            part.state == "reading"
            or (part.state == "settling" and part.reading is not None)
            or (part.mode == "absolute" and (part.guard is not None or part.value == 0))
        ):
            part.put_back_since += put_back
            part.learned_since = min(1, part.learned_since + abs(net) + put_back)

    # `domain.fence`

    def intend(self, unit: Unit, wants: Sequence[int], *, risky: bool) -> None:
        """tx1."""
        plan = self.model.intent(unit.mode, [(each.shown, each.below, each.held, each.allotment) for each in unit.listings], wants,
                                 self.available, risky)  # fmt: skip
        if plan is None:
            for each in unit.listings:
                self.release(each)
            self.finish()
            return
        entries, given = plan
        unit.kind, unit.repeatable, unit.awaited = self.model.modes[unit.mode].can.write_mode.value, 1, 1
        for each, entry, units in zip(unit.listings, entries, given, strict=True):
            each.allotment += units
            self.available -= units
            guard = NONE if entry["guard"] is None else entry["guard"]
            figures = (entry["change"], entry["expected"], entry["value"], guard, 0, 0, NONE, 0)
            each.flight = Part(unit.kind, "intent", figures)
        unit.enter("intent")
        if not self.rules.lower_first:
            for each in unit.listings:
                self.release(each)
        self.finish()

    def do(self, unit: Unit, what: tuple[Any, ...]) -> None:
        """A step that is a transaction."""
        verb, *about = what
        if verb == "hear":
            n, at, stage = about
            self.hear(unit.listings[n], at, stage)
        elif verb == "answer":
            self.answered(unit)
        elif verb == "settled":
            self.settled(unit)
        else:
            wants, risky = about
            self.intend(unit, wants, risky=risky)

    def rebase(self, unit: Unit) -> None:
        unit.kind, unit.repeatable = "rebase", 1
        for each in unit.listings:
            each.due = 0
            each.flight = Part("rebase", "reading", (0, 0, 0, NONE, 0, 0, NONE, 0))
        unit.enter("reading")

    def silence(self, unit: Unit) -> None:
        """No answer comes, or whoever waited for it is gone."""
        unit.abandoned += unit.awaited
        unit.awaited, unit.answer = 0, ()
        unit.enter("unknown")

    def may_be_repeated(self, unit: Unit) -> bool:
        if not self.rules.never_twice and unit.repeatable:
            return True
        return self.model.may_be_repeated(unit.mode, bool(unit.repeatable), unit.kind, unit.is_zero)

    def again(self, unit: Unit) -> bool:
        """Its time has come: sent again as it stands, or read instead. False: it has to wait."""
        if self.may_be_repeated(unit):
            if not self.rules.same_key:
                unit.strays = tuple(sorted((*unit.strays, *[unit.request()] * unit.abandoned)))
                unit.abandoned, unit.key = 0, ()
            unit.awaited = 1
            return True
        if unit.abandoned and self.rules.late_write:
            return False
        self._to_reading(unit)
        return True

    def _to_reading(self, unit: Unit) -> None:
        for each in unit.listings:
            if each.flight is not None and each.flight.guard is None:
                each.flight.put_back_since = each.flight.learned_since = 0
        unit.enter("reading")

    def read(self, unit: Unit) -> None:
        for each in unit.listings:
            if each.flight is not None:
                each.flight.reading = each.reading = each.counter
        self._settle(unit)

    def _settle(self, unit: Unit) -> None:
        """From here on it waits until everything that has happened by now is recorded."""
        unit.enter("settling")
        if self.rules.settle:
            for each in unit.listings:
                each.orders = [(stands, heard, rank, stands if stands > heard else 0) for stands, heard, rank, _ in each.orders]

    def settled(self, unit: Unit) -> None:
        for each in unit.listings:
            part = each.flight
            if part is None:
                continue
            if part.reading is None:
                each.below = 0
                continue
            each.shown = part.reading + (part.put_back_since if self.rules.put_backs else 0)
            each.below, each.stale = 0, NONE
            if part.learned_since and self.rules.read_again:
                each.due = 1
        self._close(unit)

    def answered(self, unit: Unit) -> None:
        """tx2."""
        code, quantity = unit.answer
        unit.answer = ()
        if code == "stale":
            self._stale(unit)
        elif unit.kind == "absolute":
            self._landed(unit)
        else:
            self._done(unit, quantity)

    def _done(self, unit: Unit, quantity: int) -> None:
        (each,) = unit.listings
        part, can = each.flight, self.model.modes[unit.mode].can
        assert part is not None
        below, settle, lowered = each.below, False, max(0, -part.change)
        if unit.kind == "delta":
            if quantity == NONE:
                below, settle = lowered or each.below, bool(lowered)
            else:
                below, settle = max(0, -quantity), quantity < 0 and not can.keyed
            if not self.rules.reply:
                below, settle = 0, False
        if lowered and can.counts_down_at is not CountsDown.PLACED and self.rules.held_counts:
            below, settle = max(below, lowered), True
        each.shown = each.shown + part.change if self.rules.differences else part.value
        each.below, each.stale = below, NONE
        if settle:
            self._settle(unit)
        else:
            self._close(unit)

    def _landed(self, unit: Unit) -> None:
        if not self.rules.read_after:
            for each in unit.listings:
                if each.flight is not None:
                    each.shown, each.below = each.flight.value, 0
            self._close(unit)
        elif unit.is_zero:
            for each in unit.listings:
                if each.flight is not None:
                    each.flight.reading = 0
            self._settle(unit)
        else:
            self._to_reading(unit)

    def _stale(self, unit: Unit) -> None:
        if unit.state == "unknown" and not self.model.modes[unit.mode].can.remembers_failures and self.rules.failures_kept:
            unit.repeatable = 0
            return
        for each in unit.listings:
            if each.stale == each.shown and self.rules.read_if_stale:
                each.due = 1
            each.stale = each.shown
        self._close(unit)

    def _close(self, unit: Unit) -> None:
        if unit.abandoned:
            # Late copies of a key that the channel remembers have no effect any more; others may have.
            if not (unit.key and self.model.modes[unit.mode].can.keyed):
                unit.strays = tuple(sorted((*unit.strays, *[unit.request()] * unit.abandoned)))
            unit.abandoned = 0
        unit.kind, unit.state, unit.repeatable, unit.key = "", "", 0, ()
        for each in unit.listings:
            each.flight = None
            self.release(each)
        self.finish()

    # What requests do at the shop

    def land(self, unit: Unit, *, awaited: bool, fresh: bool = False) -> None:
        """A request of the open write takes effect, or is known by its key. `fresh`: a reply that is made anew from how it is now."""
        can = self.model.modes[unit.mode].can
        if can.keyed and unit.key:
            code, quantity = unit.key
            if quantity != NONE and fresh:
                quantity = unit.listings[0].counter
            result = (code, quantity)
        else:
            result = effect(unit, unit.request(), can)
            if can.keyed and (result[0] == "done" or can.remembers_failures):
                unit.key = result
        if awaited:
            unit.awaited, unit.answer = 0, result
        else:
            unit.abandoned -= 1


def effect(unit: Unit, request: tuple[Any, ...], can: Capabilities) -> tuple[str, int]:
    kind, entries = request
    for each, (change, expected, value) in zip(unit.listings, entries, strict=True):
        if kind == "compare_and_set" and each.counter != expected:
            return ("stale", NONE)
        each.counter = each.counter + change if kind == "delta" else value
    return ("done", unit.listings[0].counter if kind == "delta" and can.replies_quantity else NONE)


def figures_of(rules: Rules) -> type[Listing]:
    """A counter whose figures are the domain's, unless a rule about them is taken out."""
    if rules.below and rules.lower_first and rules.raise_counts:
        return Listing

    offer: Callable[[Any], int] = Counter.on_offer.fget  # type: ignore[attr-defined]

    class Other(Listing):
        __slots__ = ()

        @property
        def on_offer(self) -> int:
            flight, below = self.flight, self.below if rules.below else 0
            resting = self.shown + below - self.held
            if flight is not None and not rules.lower_first and flight.state in ("intent", "unknown"):
                return max(0, resting + flight.change)
            if flight is None or not rules.raise_counts:
                return max(0, resting)
            self.below, kept = below, self.below
            try:
                return offer(self)
            finally:
                self.below = kept

    return Other


class Bare(Books):
    """For steps of one unit alone."""

    def __init__(self, model: Model) -> None:
        self.model, self.rules, self.units, self.rivals, self.tied = model, model.world.rules, [], [], False


def stages(stands: int, heard: int, mode: Mode) -> Iterable[int]:
    """What may be heard of an order next: how it stands, or how it once stood, if that is news."""
    once = (UNPAID,) if mode.can.counts_down_at is not CountsDown.PLACED else ()
    past = {UNPAID: (), COUNTED: once, DROPPED: (UNPAID,)}.get(stands, (*once, COUNTED))
    return [stage for stage in (*past, stands) if stage > heard]


def signed(each: Listing) -> int:
    """What a counter may still sell by our books; below zero where it sold more than it was shown."""
    resting = each.shown + each.below - each.held
    part = each.flight
    if part is None or part.mode == "rebase" or (part.mode != "absolute" and part.state == "settling" and part.reading is None):
        return resting
    if part.mode != "absolute":
        return resting + max(0, part.change)
    if part.guard is not None:
        return resting + max(0, part.value + part.guard - part.expected)
    # Over a counter below zero a number is a raise from there.
    return part.value + resting - min(0, part.expected)


def find_one(books: Books) -> None:
    """One more comes in."""
    books.total += 1
    books.available += 1
    books.finish()


def lose_one(books: Books) -> None:
    """A count finds one too few."""
    if not books.available:
        books.allowed += 1
    books.total -= 1
    books.draw(None)
    books.finish()
