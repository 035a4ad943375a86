"""The model check: the fenced write for one SKU in a small world, every interleaving of what may happen, to the end.

A state is what the shops know (their numbers, their buyers' orders, requests and answers under way) and what our books say. From each
state everything is tried that could happen next: a buyer, a message that is late or old, a write, a lost answer, a crash, a reading.
States that were met before, up to swapping equal shops, aren't gone through again; so where the worlds are small, all there is has
been looked at. In every state no more may be sold than there is, the books must balance as FENCED-WRITE section 1 says, and it must come
to rest when faults stop.

It is the protocol as built: what is on offer, what it lacks and what it could spare are `domain.counters.Counter`'s own figures, and
what is written, and with which units behind it, is decided by `domain.fence`'s own functions. The rest is told again here on plain
numbers, and a test walks the real domain and the model through the same steps and compares.

    python -m app.simulation.model --list
    python -m app.simulation.model --world "delta, keyed: 3 units"
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from app.simulation.model_search import Found, explore
from app.simulation.model_states import (
    ANYTIME,
    Rules,
    World,
)

# Worlds


def _world(name: str, mode: str, units: int, counters: int, limits: str, **more: Any) -> World:
    """Limits: faults/cancellations/changes, as FENCED-WRITE section 9 writes them."""
    faults, cancellations, changes = (int(each) for each in limits.split("/"))
    return World(name, units, ((mode, 1),) * counters, faults, cancellations, changes, **more)


def _worlds() -> Iterator[World]:
    """Those of FENCED-WRITE section 9, as the protocol was built, and what it left out. The small ones are run with every change."""
    exact = (
        "compare-and-set, keyed",
        "compare-and-set, failures forgotten",
        "compare-and-set, unkeyed",
        "delta, keyed",
        "delta, keyed, silent",
        "delta, unkeyed",
    )
    absolute = ("drain", "absolute, covered", "absolute, guard 1")
    paid = ("compare-and-set, paid", "delta, paid", "delta, paid, unkeyed", "drain, paid", "absolute, paid")
    for mode in (*exact, *absolute, *paid):
        more: dict[str, Any] = {"reconciles": mode not in exact}
        yield _world(f"{mode}: small", mode, 1, 2, "1/1/2", **more)
        yield _world(f"{mode}: 2 units", mode, 2, 2, "1/1/2", **more)
        yield _world(f"{mode}: 2 units, longer", mode, 2, 2, "1/2/3", **more)
        yield _world(f"{mode}: 3 units", mode, 3, 2, "2/1/3", **more)
        yield _world(f"{mode}: 2 units, 3 counters", mode, 2, 3, "1/1/2", **more)
        yield _world(f"{mode}: read at any time", mode, 1, 2, "1/1/2", readings=1, **more)
        yield _world(f"{mode}: hand edits", mode, 1, 2, "1/0/1", edits=1, readings=1, reconciles=True)
        yield _world(f"{mode}: hand edits, longer", mode, 1, 2, "1/1/2", edits=1, readings=1, reconciles=True)
        yield _world(f"{mode}: hand edits, 2 units", mode, 2, 2, "1/1/1", edits=1, reconciles=True)
        yield _world(f"{mode}: stocktakes", mode, 1, 2, "1/0/1", counts=2, **more)
    blind = Rules(settle=False, read_if_negative=False, read_if_stale=False)
    for mode in ("compare-and-set, keyed", "delta, keyed"):
        yield _world(f"{mode}: never read, feeds lag for ever", mode, 2, 2, "1/2/2", rules=blind)
    for mode in ("compare-and-set, keys expire", "delta, keys expire"):
        yield _world(f"{mode}: 2 units", mode, 2, 2, "2/1/2")
    yield _world("absolute, covered: 4 units", "absolute, covered", 4, 2, "1/1/2", reconciles=True)
    yield _world("absolute, guard 1: 4 units", "absolute, guard 1", 4, 2, "1/1/2", reconciles=True)
    yield _world("absolute, no guard", "absolute, no guard", 3, 2, "0/0/2", sales_only=True)
    for mode in ("drain", "absolute, covered"):
        yield World(f"{mode}: two counters in a unit", 2, ((mode, 2),), 1, 1, 2, reconciles=True)
        yield World(
            f"{mode}: two counters in a unit and another shop", 2, ((mode, 2), ("compare-and-set, keyed", 1)), 1, 1, 2, reconciles=True
        )
    for one, other in (("compare-and-set, keyed", "drain"), ("delta, keyed", "delta, unkeyed"), ("compare-and-set, keyed", "drain, paid")):
        yield World(f"{one} beside {other}", 2, ((one, 1), (other, 1)), 1, 1, 2, reconciles=True)


# For each rule the smallest world in which a unit is sold twice without it.
COUNTEREXAMPLES: dict[str, tuple[str, int, int, str]] = {
    "intent_first": ("compare-and-set, keyed", 1, 1, "1/0/1"),
    "same_key": ("delta, keyed", 2, 1, "1/0/1"),
    "late_write": ("delta, unkeyed", 2, 1, "1/0/1"),
    "never_twice": ("absolute, covered", 2, 1, "1/0/1"),
    "failures_kept": ("compare-and-set, failures forgotten", 2, 1, "1/1/1"),
    "settle": ("delta, unkeyed", 2, 1, "1/0/1"),
    "put_backs": ("drain", 2, 1, "0/1/1"),
    "reply": ("delta, keyed", 1, 1, "0/0/1"),
    "below": ("delta, keyed", 2, 1, "0/0/1"),
    "below_stays": ("delta, keyed", 2, 1, "0/1/1"),
    "differences": ("compare-and-set, keyed", 2, 1, "0/1/1"),
    "lower_first": ("compare-and-set, keyed", 1, 1, "0/0/1"),
    "raise_counts": ("compare-and-set, keyed", 2, 2, "0/1/1"),
    "repay": ("compare-and-set, keyed", 2, 1, "0/1/0"),
    "repay_open": ("delta, unkeyed", 2, 3, "1/1/1"),
    "cover": ("absolute, covered", 2, 1, "0/0/1"),
    "guard_kept": ("absolute, guard 1", 4, 1, "0/0/1"),
    "read_after": ("absolute, covered", 3, 1, "0/0/1"),
    "held_counts": ("delta, paid", 2, 1, "0/0/1"),
    "held_in_number": ("absolute, paid", 2, 1, "0/0/1"),
    "look_first": ("absolute, guard 1", 2, 1, "0/0/2"),
}


def counterexample(rule: str) -> World:
    mode, units, counters, limits = COUNTEREXAMPLES[rule]
    return _world(f"{mode}, without {rule}", mode, units, counters, limits, rules=replace(Rules(), **{rule: False}), sales_only=True)


WORLDS: dict[str, World] = {each.name: each for each in _worlds()}


def run(world: World | str, *, without: Iterable[str] = (), say: Callable[[str], None] | None = None) -> Found:
    """Look at a world, with rules taken out of the protocol as asked."""
    found = WORLDS[world] if isinstance(world, str) else world
    return explore(replace(found, rules=replace(found.rules, **dict.fromkeys(without, False))), progress=say)


def row(found: Found) -> str:
    """A row of the table in docs/model.md."""
    world = found.world
    limits = "/".join(str(each) for each in world.budget)
    return f"| {world.name} | {limits} | {found.states:,} | {found.distinct:,} | {found.depth} | {found.seconds:.0f} | {found.verdict} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns: 1 where something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m app.simulation.model", description="Look at every state of a small world.")
    parser.add_argument("--list", action="store_true", help="the worlds and the rules by name")
    parser.add_argument("--world", action="append", default=[], help="a world by its name, or all that have this in their names")
    parser.add_argument("--without", action="append", default=[], choices=[each.name for each in fields(Rules)], help="take a rule out")
    parser.add_argument("--depth", type=int, default=ANYTIME, help="no further than so many steps")
    parser.add_argument("--progress", action="store_true", help="say how far it is")
    asked = parser.parse_args(arguments)
    if asked.list:
        _say("\n".join([*WORLDS, "", "Rules: " + ", ".join(each.name for each in fields(Rules))]))
        return 0
    worlds = [each for name in asked.world for each in ([WORLDS[name]] if name in WORLDS else _named(name))]
    without = asked.without if worlds else []
    worlds = worlds or [counterexample(rule) for rule in asked.without if rule in COUNTEREXAMPLES]
    if not worlds:
        parser.error("there is no such world: --list names them")
    _say("| world | may happen | states | distinct | depth | seconds | result |\n|---|---|---|---|---|---|---|")
    wrong = False
    for world in worlds:
        found = run(replace(world, depth=asked.depth), without=without, say=_say if asked.progress else None)
        wrong = wrong or found.what is not None
        _say("\n".join([row(found), *[f"    {line}" for line in found.story]]))
    return int(wrong)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _named(part: str) -> list[World]:
    return [each for each in WORLDS.values() if part in each.name]


if __name__ == "__main__":
    raise SystemExit(main())
