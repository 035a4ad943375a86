"""What drills from many seeds found, as a table: on the screen, and between two marks of docs/reconciling.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from logging import CRITICAL
from pathlib import Path

import structlog
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.domain.differences import HEALS
from app.simulation.drill import drill
from app.simulation.injections import KINDS
from app.simulation.judging import UNSEEN, Drilled

BEGINS, ENDS = "<!-- drill: begins -->", "<!-- drill: ends -->"
RIGHT = 0.95
COLUMNS = ("what was done", "times", "found", "right name", "called instead")


def one(seed: int) -> Drilled:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    return drill(seed)


def rows(found: Sequence[Drilled]) -> list[tuple[str, ...]]:
    """The confusion table: what was done, and what it was called. What isn't said is 0."""
    named: dict[str, Counter[str | None]] = {kind: Counter() for kind in KINDS}
    for each in found:
        for kind, name, _ in each.judged:
            named[kind][name] += 1
    made = [(kind, names.total(), names.total() - names[None], names[kind], names) for kind, names in named.items() if names]
    before = Counter(name for each in found for name in each.before)
    lines = [_row(kind, *figures) for kind, *figures in made]  # type: ignore[arg-type]
    if before:
        lines.append(_row(f"{UNSEEN}: looked at before the lag had passed", before.total(), before.total(), before[UNSEEN], before))
    sums = [sum(each[n] for each in made) for n in (1, 2, 3)]  # type: ignore[misc]
    return [*lines, ("all", f"{sums[0]}", f"{sums[1]}", f"{sums[2]} ({sums[2] / (sums[0] or 1):.1%})", "")]


def _row(kind: str, times: int, found: int, right: int, names: Counter[str | None] | Counter[str]) -> tuple[str, ...]:
    own = kind.partition(":")[0]
    others = ", ".join(f"{name} {count}" for name, count in sorted(names.items(), key=str) if name not in (own, None))
    return kind, f"{times}", f"{found}", f"{right}", others


def wrong(found: Sequence[Drilled]) -> list[str]:
    """What doesn't hold."""
    judged = [each for drilled in found for each in drilled.judged]
    told = [f"seed {each.seed} failed: {each.failure}" for each in found if each.failure is not None]
    told += [f"{kind} at {where} was missed" for kind, name, where in judged if name is None]
    told += [
        f"{kind} at {where} was called {name}, which heals by itself" for kind, name, where in judged if kind not in HEALS and name in HEALS
    ]
    if sum(kind == name for kind, name, _ in judged) < RIGHT * len(judged):
        told.append(f"fewer than {RIGHT:.0%} have the right name")
    if us := sum(each.us for each in found if each.exact):
        told.append(f"{us} units were sold twice, and it was us")
    return told + [each for drilled in found for each in drilled.harm]


def text(found: Sequence[Drilled]) -> str:
    """The same for docs/reconciling.md."""
    found = sorted(found, key=lambda each: each.seed)
    lines = [f"| {' | '.join(COLUMNS)} |", "|---|--:|--:|--:|---|"]
    lines += [f"| {' | '.join(cells)} |" for cells in rows(found)]
    strangers = sum((each.strangers for each in found), Counter[str]())
    nobody = ", ".join(f"{count} {name}" for name, count in sorted(strangers.items())) or "none"
    seeds = f"`tallystick simulate --drill --seed {found[0].seed} --seeds {len(found)}`"
    said = (
        f"{seeds}: {sum(each.virtual_hours for each in found):.0f} hours of trading, {sum(each.orders for each in found)} orders. "
        f"Differences that trading made by itself: {nobody}. What isn't in the last column was called nothing else."
    )
    return "\n".join([said, "", *lines])


def write(path: Path, found: Sequence[Drilled]) -> None:
    """Between the two marks."""
    before, _, rest = path.read_text().partition(BEGINS)
    path.write_text(f"{before}{BEGINS}\n{text(found)}\n{ENDS}{rest.partition(ENDS)[2]}")


def show(found: Sequence[Drilled], console: Console) -> None:
    table = Table(*COLUMNS, box=None)
    for cells in rows(sorted(found, key=lambda each: each.seed)):
        table.add_row(*cells)
    console.print(table)
    for each in sorted(found, key=lambda each: each.seed):
        for said in each.misnamed:
            console.print(said, soft_wrap=True, markup=False)
    for said in wrong(found):
        console.print(f"[red]{escape(said)}[/red]", soft_wrap=True)
