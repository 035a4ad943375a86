"""The model check's steps: all that may happen next in a state, and what must be true in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product
from typing import Any

from app import chance
from app.domain import fence
from app.domain.capabilities import CountsDown, WriteMode
from app.domain.fence import Pen
from app.simulation.model_books import Bare, Books, counter_of, effect, figures_of, find_one, lose_one, planned, signed, stages
from app.simulation.model_states import (
    ANYTIME,
    CANCELLATIONS,
    CHANGES,
    COUNTED,
    COUNTS,
    DROPPED,
    EDITS,
    FAULTS,
    FREE,
    KEPT,
    NONE,
    PUT_BACK,
    READINGS,
    RETURNED,
    UNPAID,
    WANTED,
    Unit,
    World,
)

# What may happen next

Step = tuple[int, tuple[Any, ...], tuple[int, ...]]  # what it costs, what it is, and what comes of it


class Model:
    """A world, its states, and what leads from one to another."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.modes = [world.mode(name) for name, _ in world.shops]
        self.listing = figures_of(world.rules)
        self.blocks: list[tuple[Any, ...]] = []
        self._ids: dict[tuple[Any, ...], int] = {}
        self._local: list[list[tuple[int, tuple[Any, ...], int, int]] | None] = []
        self._intents: dict[tuple[Any, ...], Any] = {}
        self._weights: dict[int, tuple[int, int, int, int]] = {}
        self._calm: dict[int, bool] = {}
        self._repeats: dict[tuple[Any, ...], bool] = {}
        self._dues: dict[int, list[tuple[Any, ...]]] = {}
        self._wants: dict[tuple[Any, ...], list[tuple[tuple[int, ...], bool]]] = {}
        self._results: dict[tuple[Any, ...], tuple[int, int, int]] = {}
        self._orders = list(permutations(range(len(self.modes))))

    def block(self, frozen: tuple[Any, ...]) -> int:
        found = self._ids.get(frozen)
        if found is None:
            found = self._ids[frozen] = len(self.blocks)
            self.blocks.append(frozen)
            self._local.append(None)
        return found

    @staticmethod
    def canonical(core: tuple[int, ...]) -> tuple[int, ...]:
        """Equal shops may be swapped."""
        return (*core[:4], *sorted(core[4:])) if core[4:] != () else core

    def starts(self) -> Iterator[tuple[int, ...]]:
        """Every way in which the units may be set aside and shown at first."""
        seen = set()
        for shown in product(range(self.world.units + 1), repeat=sum(count for _, count in self.world.shops)):
            if sum(shown) > self.world.units:
                continue
            core = self.start(shown)
            if self.canonical(core) not in seen:
                seen.add(self.canonical(core))
                yield core

    def start(self, shown: Sequence[int]) -> tuple[int, ...]:
        """All counters known, each with as many units as it shows."""
        rest, ids = list(shown), []
        for index, (_, size) in enumerate(self.world.shops):
            listings = tuple([(units, units, 0, 0, units, NONE, NONE, 0, (), ()) for units in rest[:size]])
            del rest[:size]
            # Equal shops have equal modes.
            mode = next(n for n, each in enumerate(self.modes) if each == self.modes[index])
            ids.append(self.block((mode, "", "", 0, 0, (), 0, (), (), listings)))
        return (self.world.units, self.world.units - sum(shown), 0, 0, *ids)

    def intent(self, at: int, figures: Sequence[tuple[int, ...]], wants: Sequence[int], available: int, risky: bool) -> Any:
        key = (at, tuple(figures), tuple(wants), available, risky)
        if key not in self._intents:
            mode = self.modes[at]
            found = planned(mode.can, figures, wants, mode.guard, available, risky)
            if mode.can.write_mode is WriteMode.ABSOLUTE:
                found = self._sabotaged(found, figures, wants, available)
            self._intents[key] = found
        return self._intents[key]

    def may_be_repeated(self, at: int, repeatable: bool, kind: str, zero: bool) -> bool:
        """Whether a request may leave again: the domain's own answer."""
        key = (at, repeatable, kind, zero)
        if key not in self._repeats:
            now = chance.now()
            row = {"repeatable": repeatable, "created_at": now, "mode": kind, "entries": [{"value": 0 if zero else 1}]}
            self._repeats[key] = fence._may_be_repeated(Pen("shop", 1, 1, self.modes[at].can), row, now)
        return self._repeats[key]

    def _sabotaged(self, found: Any, figures: Sequence[tuple[int, ...]], wants: Sequence[int], available: int) -> Any:
        """An absolute number as it would be without its rules; of a unit with one counter."""
        rules = self.world.rules
        shown, _, held, allotment = figures[0]
        value = wants[0] + held
        if found is not None and not rules.guard_kept:
            entries = [entry | {"guard": entry["guard"] and 0} for entry in found[0]]
            return entries, [max(0, units - (entry["guard"] or 0)) for entry, units in zip(found[0], found[1], strict=True)]
        if rules.cover and rules.held_in_number:
            return found
        # As if units for the number itself were enough; or as if held units weren't in it.
        lacking = max(0, (value if not rules.cover else wants[0] + max(0, shown - held)) - allotment)
        if lacking > available or value == shown:
            return found
        return [fence._entry(counter_of("0", figures[0]), value - shown, shown, value)], [lacking]

    # Steps

    def steps(self, core: tuple[int, ...]) -> list[Step]:
        """All that may happen next. What comes of it isn't canonical: shops keep their places."""
        found: list[Step] = []
        total, available, own, allowed, *ids = core
        calm = [self.is_calm(block) for block in ids]
        for place, block in enumerate(ids):
            before, behind = core[4 : 4 + place], core[5 + place :]
            local = self._local[block]
            if local is None:
                local = self._local[block] = list(self._at_the_shop(block))
            for cost, what, after, more in local:
                found.append((cost, (what[0], place, *what[1:]), (total, available, own, allowed + more, *before, after, *behind)))
            alone = all(calm[:place]) and all(calm[place + 1 :])
            for what in self._due(block):
                found += [(FREE, self._called(block, place, what), then) for then in self.take(core, place, what, alone)]
            if not self.blocks[block][1] and self.world.changes:
                found += self._plans(core, place, alone)
        found += self._elsewhere(core)
        return found

    def is_calm(self, block: int) -> bool:
        """Nothing is owed to it: no counter of it is overdrawn, no line short."""
        found = self._calm.get(block)
        if found is None:
            listings = Unit(self.blocks[block], self.listing).listings
            found = not any(each.deficit or any(order[2] for order in each.orders) for each in listings)
            self._calm[block] = found
        return found

    def _due(self, block: int) -> list[tuple[Any, ...]]:
        """The transactions that may come next for a unit, planning aside."""
        found = self._dues.get(block)
        if found is None:
            frozen = self.blocks[block]
            found = []
            for n, listing in enumerate(frozen[9]):
                orders = listing[9]
                for at, order in enumerate(orders):
                    if not at or orders[at - 1] != order:
                        found += [("hear", n, at, stage) for stage in stages(order[0], order[1], self.modes[frozen[0]])]
            if frozen[5]:
                found.append(("answer",))
            elif frozen[2] == "settling" and not any(order[3] for listing in frozen[9] for order in listing[9]):
                found.append(("settled",))
            self._dues[block] = found
        return found

    def _called(self, block: int, place: int, what: tuple[Any, ...]) -> tuple[Any, ...]:
        frozen = self.blocks[block]
        if what[0] == "hear":
            return ("hear", place, *what[1:], frozen[9][what[1]][9][what[2]][0])
        return (what[0], place, *frozen[5])

    def take(self, core: tuple[int, ...], place: int, what: tuple[Any, ...], alone: bool) -> list[tuple[int, ...]]:
        """What comes of a transaction of one unit. `alone`: nothing is owed to any other, so unless units are lacking none is touched."""
        block = core[4 + place]
        if alone:
            # What it takes from what is free is the same however much there is, as long as there is enough; a plan asks how much.
            planned = what[0] == "plan"
            key = (block, what, core[1]) if planned else (block, what)
            found = self._results.get(key)
            if found is None:
                free = core[1] if planned else ANYTIME
                books = Books(self, (0, free, 0, 0, block))
                books.do(books.units[0], what)
                found = self._results[key] = (self.block(books.units[0].frozen()), books.available - free, free - books.low)
            after, more, lacking = found
            if core[1] >= lacking:
                return [(core[0], core[1] + more, *core[2 : 4 + place], after, *core[5 + place :])]
        return self._ways(core, lambda books: books.do(books.units[place], what))

    def _ways(self, core: tuple[int, ...], what: Callable[[Books], object]) -> list[tuple[int, ...]]:
        books = Books(self, core)
        what(books)
        found = [books.core()]
        if books.tied:
            # Among equals ids decide, and which is first is anybody's guess: every order of the shops is tried.
            for order in self._orders[1:]:
                turned = Books(self, core)
                turned.rivals = [each for place in order for each in turned.units[place].listings]
                what(turned)
                found.append(turned.core())
        return found

    def _at_the_shop(self, block: int) -> Iterator[tuple[int, tuple[Any, ...], int, int]]:
        """What concerns one unit alone and leaves nothing to repay: cost, what, the unit after it, and what may be oversold by it."""
        world, rules = self.world, self.world.rules
        frozen = self.blocks[block]
        mode = self.modes[frozen[0]]
        at_once = mode.can.counts_down_at is CountsDown.PLACED

        def unit() -> Unit:
            return Unit(frozen, self.listing)

        def to(cost: int, what: tuple[Any, ...], after: Unit, allowed: int = 0) -> tuple[int, tuple[Any, ...], int, int]:
            return cost, what, self.block(after.frozen()), allowed

        seen = unit()
        for n, each in enumerate(seen.listings):
            unpaid = sum(1 for order in each.orders if order[0] == UNPAID)
            part = each.flight
            # Between the look before a number without cover and its landing, only so many are counted down.
            in_gap = part is not None and part.guard is not None and bool(seen.awaited or seen.abandoned)
            counts = part is None or not in_gap or part.gap < mode.gap
            if each.counter - unpaid > 0 and (counts or not at_once):
                after = unit()
                mine = after.listings[n]
                mine.orders.append((COUNTED if at_once else UNPAID, 0, 0, 0))
                mine.counter -= 1 if at_once else 0
                if at_once and in_gap and mine.flight is not None:
                    mine.flight.gap += 1
                yield to(FREE, ("sale", n), after)
            for at, (stands, *rest) in enumerate(each.orders):
                if at and each.orders[at - 1] == each.orders[at]:
                    continue
                ways = {UNPAID: (DROPPED,), COUNTED: (PUT_BACK, KEPT)}.get(stands, ()) if world.cancellations else ()
                for way in ways:
                    after = unit()
                    mine = after.listings[n]
                    mine.orders[at] = (way, *rest)
                    mine.counter += RETURNED[way]
                    yield to(CANCELLATIONS, ("cancel", n, at, way), after)
                if stands == UNPAID and counts:
                    after = unit()
                    mine = after.listings[n]
                    mine.orders[at] = (COUNTED, *rest)
                    mine.counter -= 1
                    if in_gap and mine.flight is not None:
                        mine.flight.gap += 1
                    yield to(FREE, ("pay", n, at), after)
            if world.edits:
                for change in (1, -1):
                    if each.counter + change >= 0:
                        after = unit()
                        after.listings[n].counter += change
                        yield to(EDITS, ("edit", n, change), after, max(0, change))
        # The network
        books = Bare(self)
        for awaited in [True] * seen.awaited + [False] * min(1, seen.abandoned):
            again = bool(seen.key and mode.can.keyed)
            replays = {"both": (False, True), "kept": (False,), "fresh": (True,)}[mode.replays] if again and awaited else (False,)
            for fresh in replays:
                after = unit()
                books.land(after, awaited=awaited, fresh=fresh)
                yield to(FREE, ("land", awaited, fresh), after)
        if seen.abandoned:
            after = unit()
            after.abandoned -= 1
            yield to(FREE, ("lose",), after)
        for at, stray in enumerate(seen.strays):
            if at and seen.strays[at - 1] == stray:
                continue
            for lands in (True, False):
                after = unit()
                after.strays = (*seen.strays[:at], *seen.strays[at + 1 :])
                if lands:
                    effect(after, stray, mode.can)
                yield to(FREE, ("stray", lands), after)
        if seen.waits and world.faults:
            after = unit()
            books.silence(after)
            yield to(FAULTS, ("silence",), after)
        # Our side
        if seen.state == "unknown" and not seen.waits:
            after = unit()
            if books.again(after):
                yield to(FREE, ("again", bool(after.awaited)), after)
            if mode.expires and seen.repeatable and mode.can.keyed:
                after = unit()
                after.repeatable = 0
                yield to(FREE, ("expire",), after)
        if seen.state == "reading":
            after = unit()
            books.read(after)
            yield to(FREE, ("read",), after)
        if not seen.kind:
            due = any(each.due for each in seen.listings)
            if due or world.readings:
                after = unit()
                books.rebase(after)
                yield to(FREE if due else READINGS, ("rebase", due), after)
        if not rules.intent_first and not seen.kind and world.faults:
            for want in range(world.units + 1):
                if want > seen.listings[0].shown:
                    after = unit()
                    shown = after.listings[0].shown
                    after.strays = tuple(sorted((*after.strays, (mode.can.write_mode.value, ((want - shown, shown, want),)))))
                    yield to(FAULTS, ("unstored", 0, want), after)

    def _elsewhere(self, core: tuple[int, ...]) -> Iterator[Step]:
        """What concerns no unit alone."""
        world = self.world
        total, available, own, allowed, *ids = core
        if world.faults and sum(1 for block in ids if self.blocks[block][4] or self.blocks[block][5]) > 1:
            books = Books(self, core)
            for unit in books.units:
                if unit.waits:
                    books.silence(unit)
            yield FAULTS, ("crash",), books.core()
        if available and world.own:
            yield FREE, ("own",), (total, available - 1, own + 1, allowed, *ids)
        if world.counts:
            for after in self._ways(core, find_one):
                yield COUNTS, ("found",), after
            if available or any(listing[4] for block in ids for listing in self.blocks[block][9]):
                for after in self._ways(core, lose_one):
                    yield COUNTS, ("missing",), after

    def _plans(self, core: tuple[int, ...], place: int, alone: bool) -> Iterator[Step]:
        """What may be written to a unit next."""
        frozen = self.blocks[core[4 + place]]
        mode, listings = self.modes[frozen[0]], frozen[9]

        def reading() -> tuple[int, ...]:
            books = Books(self, core)
            books.rebase(books.units[place])
            return books.core()

        if any(each[1] < 0 and each[1] != each[6] for each in listings):
            if self.world.rules.read_if_negative:
                yield FREE, ("rebase", place, True), reading()
            return  # it isn't written before it was read
        absolute = mode.can.write_mode is WriteMode.ABSOLUTE
        if absolute and not mode.can.drains and self.world.rules.look_first and any(each[0] != each[1] for each in listings):
            yield CHANGES, ("look", place), reading()
            return
        risky = absolute and any(
            listing[8] and listing[8][3] != NONE
            for other, block in enumerate(core[4:])
            if other != place and self.blocks[block][1] == "absolute"
            for listing in self.blocks[block][9]
        )
        key = (core[4 + place], core[1], risky)
        wanted = self._wants.get(key)
        if wanted is None:
            wanted = self._wants[key] = list(self._different(frozen[0], [each[1:5] for each in listings], core[1], risky))
        for wants, writes in wanted:
            for after in self.take(core, place, ("plan", wants, risky), alone):
                if after != core:
                    yield (CHANGES if writes else FREE), ("plan" if writes else "release", place, wants), after

    def _different(
        self, mode: int, figures: Sequence[tuple[int, ...]], available: int, risky: bool
    ) -> Iterator[tuple[tuple[int, ...], bool]]:
        """What counters may be wanted to offer, as far as different writes come of it."""
        every = range(self.world.units + 1)
        seen: list[Any] = []
        for wants in [(want,) for want in every] if len(figures) == 1 else product((NONE, *every), repeat=len(figures)):
            plan = self.intent(mode, figures, wants, available, risky)
            if plan not in seen and any(want != NONE for want in wants):
                seen.append(plan)
                yield wants, plan is not None

    # What must be true

    def wrong(self, core: tuple[int, ...]) -> str | None:
        """What is wrong in a state by itself."""
        total, available, own, allowed, *ids = core
        wanted = short = given = signed = 0
        for block in ids:
            a, b, c, d = self.weighed(block)
            wanted, short, given, signed = wanted + a, short + b, given + c, signed + d
        if wanted + own > total + allowed:
            return "oversold"
        if available < 0 or given < 0:
            return "units out of nothing"
        # A reading during which something was learned may be too high, in the books alone, until it is repeated.
        if not self.world.sales_only and signed > available + given - short + allowed and not any(self._is_unsure(block) for block in ids):
            return "more on offer than there is"
        return None

    def unrest(self, core: tuple[int, ...]) -> str | None:
        """What is wrong with a state at rest, in which everything is known and nothing is open."""
        total, available, own, allowed, *ids = core
        wanted = short = 0
        units = [Unit(self.blocks[block], self.listing) for block in ids]
        listings = [each for unit in units for each in unit.listings]
        for block in ids:
            wanted, short = wanted + self.weighed(block)[0], short + self.weighed(block)[1]
        # What a person put on offer is withdrawn by the plan, and then serves who is short.
        if short > max(0, wanted + own - total) + allowed:
            return "short at rest"
        if any(each.deficit for each in listings) and not allowed:
            return "overdrawn at rest"
        if available + sum(each.allotment for each in listings) + wanted - short + own != total:
            return "units lost"
        # What a delta's reply said to be below zero is found to be back by the next write.
        if any(each.on_offer > max(0, each.counter) + (each.below if self.world.below_waits else 0) for each in listings):
            return "units that nobody can buy"
        return None

    def _is_unsure(self, block: int) -> bool:
        frozen = self.blocks[block]
        return frozen[1] == "rebase" or any(listing[7] for listing in frozen[9])

    def weighed(self, block: int) -> tuple[int, int, int, int]:
        """Of one unit: what buyers are to get, what of that is short by our books, what it was given, what it may sell by our books."""
        found = self._weights.get(block)
        if found is None:
            unit = Unit(self.blocks[block], self.listing)
            orders = [order for each in unit.listings for order in each.orders]
            found = self._weights[block] = (
                sum(WANTED[order[0]] for order in orders),
                sum(1 for order in orders if order[2]),
                sum(each.allotment for each in unit.listings),
                sum(signed(each) for each in unit.listings),
            )
        return found
