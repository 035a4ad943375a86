"""The model check itself: every state of a world is looked at, nearest first; and the way to what is wrong is told in words."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app import chance
from app.simulation.model_books import Bare, Books, effect
from app.simulation.model_states import (
    COUNTED,
    DROPPED,
    FREE,
    KEPT,
    PUT_BACK,
    UNPAID,
    Unit,
    World,
)
from app.simulation.model_steps import Model

# Looking at everything


@dataclass(frozen=True)
class Found:
    """What looking at a world came to. Path: the states to where it went wrong; `what`: how."""

    world: World
    states: int
    distinct: int  # without what may still happen how often
    depth: int
    exhausted: bool
    seconds: float
    what: str | None = None
    story: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """How many steps lead to what is wrong."""
        return max(0, len(self.story) - 2)

    @property
    def verdict(self) -> str:
        if self.what is not None:
            return f"{self.what}, in {self.steps} steps"
        return "safe and live, all" if self.exhausted else f"safe and live, to depth {self.depth}"


def explore(world: World, *, progress: Callable[[str], None] | None = None) -> Found:
    """Go through every state of a world, nearest first, until something is wrong or nothing is left.

    A state in which the same may still happen at least as often as in one that was met already isn't gone through again.
    """
    model = Model(world)
    began = chance.monotonic()
    cores: list[tuple[int, ...]] = []
    ids: dict[tuple[int, ...], int] = {}
    nexts: list[list[tuple[int, int]] | None] = []
    met: list[list[tuple[int, ...]]] = []
    rest = None if world.sales_only else _Rest(model)

    def known(core: tuple[int, ...]) -> int:
        found = ids.get(core)
        if found is None:
            found = ids[core] = len(cores)
            cores.append(core)
            nexts.append(None)
            met.append([])
        return found

    nodes, parents, budgets = array("l"), array("l"), []

    def meet(core: int, budget: tuple[int, ...], parent: int) -> bool:
        """Whether it is new."""
        there = met[core]
        if any(all(a >= b for a, b in zip(each, budget, strict=True)) for each in there):
            return False
        there.append(budget)
        nodes.append(core)
        parents.append(parent)
        budgets.append(budget)
        return True

    def ended(node: int, what: str, depth: int) -> Found:
        path = []
        while node >= 0:
            path.append(cores[nodes[node]])
            node = parents[node]
        story = tuple(told(model, path[::-1], what))
        return Found(world, len(nodes), sum(map(bool, met)), depth, False, chance.monotonic() - began, what, story)

    for start in model.starts():
        meet(known(model.canonical(start)), world.budget, -1)
    depth, node = 0, 0
    while node < len(nodes) and depth <= world.depth:
        until = len(nodes)
        while node < until:
            core = nodes[node]
            found = nexts[core]
            if found is None:
                wrong = model.wrong(cores[core]) or (rest.wrong(cores[core]) if rest is not None else None)
                if wrong is not None:
                    return ended(node, wrong, depth)
                after = dict.fromkeys((cost, model.canonical(state)) for cost, _, state in model.steps(cores[core]))
                found = nexts[core] = [(cost, known(state)) for cost, state in after]
            budget = budgets[node]
            for cost, state in found:
                if cost == FREE:
                    meet(state, budget, node)
                elif budget[cost]:
                    meet(state, (*budget[:cost], budget[cost] - 1, *budget[cost + 1 :]), node)
            node += 1
        depth += 1
        if progress is not None:
            progress(f"depth {depth}: {len(nodes):,} states, {chance.monotonic() - began:.0f} s")
    return Found(world, len(nodes), sum(map(bool, met)), depth - 1, node >= len(nodes), chance.monotonic() - began)


class _Rest:
    """Whether it comes to rest from a state when faults stop: everything lands or is lost, all is heard of, what is open goes on."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._good: set[tuple[int, ...]] = set()
        self._steps: dict[tuple[int, bool], tuple[Any, ...] | list[int] | str] = {}

    def wrong(self, core: tuple[int, ...]) -> str | None:
        """What is wrong with where it comes to rest, or that it doesn't."""
        path: list[tuple[tuple[int, ...], list[tuple[int, ...]]]] = []
        open_: set[tuple[int, ...]] = set()

        def enter(state: tuple[int, ...]) -> str | None:
            if state in self._good:
                return None
            if state in open_:
                return "never comes to rest"
            after = self._next(state)
            if isinstance(after, str):
                return after
            open_.add(state)
            path.append((state, after))
            return None

        wrong = enter(self.model.canonical(core))
        while wrong is None and path:
            state, after = path[-1]
            if after:
                wrong = enter(self.model.canonical(after.pop()))
            else:
                path.pop()
                open_.discard(state)
                self._good.add(state)
        return wrong

    def _next(self, core: tuple[int, ...]) -> list[tuple[int, ...]] | str:
        """The next step towards rest, in each way it may go; none where it rests as it should; else what is wrong."""
        model, ids = self.model, core[4:]
        for last in (False, True):
            for place, block in enumerate(ids):
                found = self._steps.get((block, last))
                if found is None:
                    found = self._steps[block, last] = self._step(block, last)
                if isinstance(found, str):
                    return found
                if isinstance(found, list):
                    return [(*core[: 4 + place], after, *core[5 + place :]) for after in found]
                if found:
                    alone = all(model.is_calm(each) for other, each in enumerate(ids) if other != place)
                    return model.take(core, place, found, alone)
        return model.unrest(core) or []

    def _step(self, block: int, last: bool) -> tuple[Any, ...] | list[int] | str:
        """What a unit does next: units that it may become, or a transaction, or nothing; `last`: when all is heard of everywhere."""
        model, frozen = self.model, self.model.blocks[block]
        books = Bare(model)

        def each(*ways: Callable[[Unit], object]) -> list[int]:
            found = []
            for way in ways:
                unit = Unit(frozen, model.listing)
                way(unit)
                found.append(model.block(unit.frozen()))
            return found

        unit = Unit(frozen, model.listing)
        mode = model.modes[unit.mode]
        if not last:
            if unit.strays:
                return each(lambda unit: _lands(books, unit), lambda unit: setattr(unit, "strays", unit.strays[1:]))
            if unit.abandoned:
                return each(lambda unit: books.land(unit, awaited=False), lambda unit: setattr(unit, "abandoned", unit.abandoned - 1))
            if unit.awaited:
                return each(lambda unit: books.land(unit, awaited=True, fresh=mode.replays == "fresh"))
            if unit.answer:
                return ("answer",)
            for n, listing in enumerate(unit.listings):
                for at, (stands, heard, *_) in enumerate(listing.orders):
                    if stands != heard:
                        return ("hear", n, at, stands)
            return ()
        if unit.state == "settling":
            return ("settled",)
        if unit.state == "unknown":
            return each(books.again)
        if unit.state == "reading":
            return each(books.read)
        if any(listing.due for listing in unit.listings):
            return each(books.rebase)
        if any(listing.counter != listing.shown for listing in unit.listings):
            return each(books.rebase) if model.world.reconciles else "a number that nobody looks at"
        return ()


def _lands(books: Books, unit: Unit) -> None:
    stray, *unit.strays = unit.strays
    unit.strays = tuple(unit.strays)
    effect(unit, stray, books.model.modes[unit.mode].can)


# In words

NAMES = "ABCDEF"


def told(model: Model, path: Sequence[tuple[int, ...]], what: str) -> Iterator[str]:
    """The way to a state, step by step, as it happens to shops that keep their names."""
    core = next(each for each in model.starts() if model.canonical(each) == path[0])
    names = iter(NAMES)
    called = [[next(names) for _ in range(count)] for _, count in model.world.shops]
    shows = [
        f"{name} shows {listing[0]}"
        for place, block in enumerate(core[4:])
        for name, listing in zip(called[place], model.blocks[block][9], strict=True)
    ]
    yield f"{core[0]} {'unit' if core[0] == 1 else 'units'}: {', '.join(shows)}, {core[1]} free."
    for goal in path[1:]:
        for _, step, after in model.steps(core):
            if model.canonical(after) == goal:
                yield _words(model, core, step, after, called)
                core = after
                break
        else:  # pragma: no cover
            raise AssertionError("the way back is another one")
    if what == "oversold":
        orders = sum(model.weighed(block)[0] for block in core[4:])
        yield f"Oversold: {orders + core[2]} units are promised, {core[0]} exist{f', {core[3]} by a person' if core[3] else ''}."
    else:
        yield f"Wrong: {what}."


_HEARD = {
    UNPAID: "that an order was placed and isn't paid",
    COUNTED: "of an order",
    DROPPED: "that an unpaid order was dropped",
    PUT_BACK: "that an order was cancelled and put back on sale",
    KEPT: "that an order was cancelled, its unit not back on sale",
}


def _words(model: Model, core: tuple[int, ...], step: tuple[Any, ...], after: tuple[int, ...], called: Sequence[Sequence[str]]) -> str:
    verb, *about = step
    free = f"{after[1]} free"
    if verb == "own":
        return f"A buyer on our own API takes one: {free}."
    if verb == "found":
        return f"One more comes in: {free}."
    if verb == "missing":
        return f"A count finds one too few: {free}."
    if verb == "crash":
        return "Our worker is gone; another one finds what was under way, and doesn't know what came of it."
    place = about[0]
    names, unit = called[place], Unit(model.blocks[after[4 + place]], model.listing)
    name = names[about[1]] if verb in ("sale", "cancel", "pay", "edit", "hear", "unstored") else " and ".join(names)
    one = unit.listings[about[1]] if len(names) > 1 and verb in ("sale", "cancel", "pay", "edit", "hear") else unit.listings[0]
    books = f"we believe {one.shown}" + (f", {one.below} below zero" if one.below else "") + f", {one.allotment} set aside, {free}"
    shows = f"it shows {one.counter}"
    match verb:
        case "sale":
            return f"{name}: a buyer takes one; {shows}."
        case "pay":
            return f"{name}: an order is paid; {shows}."
        case "cancel":
            way = {PUT_BACK: "is cancelled and put back on sale", KEPT: "is cancelled, not put back", DROPPED: "is dropped unpaid"}[
                about[3]
            ]
            return f"{name}: an order {way}; {shows}."
        case "edit":
            return f"{name}: somebody changes the number by hand; {shows}."
        case "hear":
            old = " as it once stood" if about[3] != about[4] else ""
            return f"{name}: we hear {_HEARD[about[3]]}{old}; {books}."
        case "plan":
            return f"{name}: we are about to write {_request(unit)}; {books}."
        case "unstored":
            return f"{name}: a request leaves, and whoever sent it is gone before it was stored."
        case "release":
            return f"{name}: what it doesn't offer is free; {books}."
        case "look":
            return f"{name}: it isn't what we believe, so it is read."
        case "rebase":
            return f"{name}: it is to be read."
        case "land":
            late = "" if about[1] else " late, and nobody waits for it"
            return f"{name}: the request takes effect{late}; {shows}."
        case "lose":
            return f"{name}: the request never arrives."
        case "stray":
            return f"{name}: an old request takes effect; {shows}." if about[1] else f"{name}: an old request is lost."
        case "silence":
            return f"{name}: no answer comes."
        case "expire":
            return f"{name}: the key is too old to be used again."
        case "again":
            return f"{name}: it is sent again." if about[1] else f"{name}: the request counts as over, and the shop is to be read."
        case "read":
            return f"{name}: it is read: {', '.join(str(each.counter) for each in unit.listings)}."
        case "settled":
            return f"{name}: orders before that are recorded; {books}."
        case _:
            said = {"stale": "it says that the number was another one"}.get(about[1], "it says that it is done")
            return f"{name}: the answer comes: {said}; {books}."


def _request(unit: Unit) -> str:
    parts = [each.flight for each in unit.listings if each.flight is not None]
    said = [
        {"compare_and_set": f"{part.value} if it is {part.expected}", "delta": f"{part.change:+d}"}.get(unit.kind, f"{part.value}")
        for part in parts
    ]
    return ", ".join(said)
