"""`python -m bench`: what a store lives on, measured on both databases, and the report that is made of it.

With no part named everything is measured and docs/benchmarks.md is written; with some they are only shown. What has sizes of its own to
choose is a command by itself: `python -m bench.imports --help`, `python -m bench stream --help`.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from logging import ERROR
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.report import DATA, DATABASES, NOTES, PAGE, Figure, Measured, Report, Rows, Scope, machine, notes, show, written


@dataclass(frozen=True)
class Part:
    """A part of the report: a function of a module of ours that is given a Scope. `once`: it comes to the same on both databases."""

    title: str
    where: str
    function: str = "rows"
    once: bool = False

    def called(self) -> Callable[[Scope], Rows]:
        found: Callable[[Scope], Rows] = getattr(import_module(self.where), self.function)
        return found

    def run(self, scope: Scope) -> Rows:
        rows: dict[str, Any] = dict(self.called()(scope))
        return {words: row if isinstance(row, Figure) else Figure(**row) for words, row in rows.items()}


PARTS = {
    "orders": Part("Orders over HTTP, 16 clients, two lines, one process", "bench.orders"),
    "intake": Part("Messages from marketplaces, 6 to 10 kB each, kept", "bench.intake"),
    "busy": Part("Messages while other things go on", "bench.intake", "beside"),
    "inbox": Part("From the inbox into the ledger", "bench.channels", "into_the_ledger"),
    "round-trip": Part("From a shop's message to the write at another", "bench.round_trip"),
    "day": Part("A day of orders: what is asked of shops", "bench.channels", "a_day_of_orders", once=True),
    "quotas": Part("What is asked of platforms in a day, beside what they allow", "bench.quotas", once=True),
    "catch-up": Part("After a day in the dark", "bench.channels", "after_dark"),
    "showing": Part("What buyers see of what there is", "bench.showing", once=True),
    "growth": Part("A store that has grown a hundredfold", "bench.growth"),
    "imports": Part("A file of products", "bench.imports"),
    "footprint": Part("Memory, size, and starting again", "bench.footprint"),
}
# What isn't in the report: studies with options of their own.
ASIDE = ("processes", "reconcile", "stream")


def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"{', '.join(PARTS)}; all unless given, and then the page is written.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often what can be repeated is measured.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each time.")] = 4,
    clients: Annotated[int, typer.Option(min=1, help="Keep-alive connections, one request at a time on each.")] = 16,
    only: Annotated[str, typer.Option(help="sqlite or postgresql; both unless given.")] = "",
    quick: Annotated[
        bool, typer.Option("--quick", help="One short round and small sizes: a look in passing. Writes no page by itself.")
    ] = False,
    data: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write these parts into the page, and leave the others as they are.")] = False,
    page: Annotated[bool, typer.Option("--page", help="Measure nothing: write the page anew from its figures and bench/notes.md.")] = False,
) -> None:
    """Measure what a store lives on."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)  # a log has no width of its own
    if page:
        _write(Report.from_json(DATA.read_text()))
        return
    for name in {*(parts or ()), *([only] if only else ())} - PARTS.keys() - DATABASES.keys():
        raise typer.BadParameter(f"There is no {name!r}. Parts: {', '.join(PARTS)}; databases: {', '.join(DATABASES)}.")
    how = {"rounds": 1, "seconds": min(seconds, 1.0)} if quick else {"rounds": rounds, "seconds": seconds}
    report = run(parts or list(PARTS), [only] if only else list(DATABASES), console, clients=clients, quick=quick, **how)
    if data is not None:
        data.write_text(report.as_json())
    if write and DATA.exists():
        report = report.over(Report.from_json(DATA.read_text()), list(PARTS))
    if write or not (parts or only or quick):
        _write(report)
        console.print(f"Wrote {PAGE} and {DATA}.")
    if any(part.failed for part in report.parts):
        raise typer.Exit(1)


def _write(report: Report) -> None:
    DATA.write_text(report.as_json())
    PAGE.write_text(written(report, notes(NOTES.read_text())))


def run(names: list[str], databases: list[str], console: Console, **how: Any) -> Report:
    """Measure these parts, one after another. One that fails is noted, and the others go on."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(ERROR))
    began, found = time.monotonic(), []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="tallystick-bench-") as folder,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        facts = machine(Path(folder))
        console.print(", ".join(f"{key} {value}" for key, value in facts.items()), highlight=False)
        turns = [(name, database) for name in names for database in (databases[:1] if PARTS[name].once else databases)]
        task = progress.add_task("", total=len(turns))
        for name in names:
            measured = Measured(name, PARTS[name].title)
            found.append(measured)
            for database in (each for turn, each in turns if turn == name):
                says = _saying(progress, task, f"{name}, {DATABASES[database]}")
                place = Path(folder, f"{name}-{database}")
                place.mkdir()
                try:
                    measured.rows[database] = PARTS[name].run(Scope(database, place, says, **how))
                except Exception as error:
                    measured.failed[database] = f"{type(error).__name__}: {error}".splitlines()[0][:300]
                    console.print_exception(max_frames=6)
                else:
                    show(console, f"{measured.title}, {DATABASES[database]}", measured.rows[database])
                progress.advance(task)
    took = {"day": f"{datetime.now(UTC):%d %B %Y}".lstrip("0"), "minutes": round((time.monotonic() - began) / 60, 1)}
    return Report(facts, how | took, found)


def _saying(progress: Progress, task: Any, where: str) -> Callable[[str], None]:
    progress.update(task, description=where)
    return lambda what: progress.update(task, description=f"{where}: {what}")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in ASIDE:
        typer.run(import_module(f"bench.{sys.argv.pop(1)}").main)
    else:
        typer.run(main)
