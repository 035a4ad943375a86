"""`tallystick simulate`: runs from many seeds, what came of them, and why one failed."""

from __future__ import annotations

import gc
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, replace
from logging import CRITICAL
from pathlib import Path
from statistics import mean, median

import orjson
import structlog
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from app.simulation import drill_report, policies, report, store
from app.simulation.demand import Wish
from app.simulation.judging import Drilled
from app.simulation.policies import Compared
from app.simulation.run import Outcome, Troubles, daily, scaled, simulate
from app.simulation.shrink import shortest
from app.simulation.stall import BOUNDED
from app.simulation.story import Story

LINES = 60


@dataclass(frozen=True)
class Options:
    """What is asked for. `events`: how much of a run happens; `story`: the SKU whose story is told."""

    seed: int = 1
    seeds: int = 20
    orders: int = 100
    events: int | None = None
    story: str | None = None
    append: Path | None = None
    jobs: int = 2
    bounded: bool = False
    faults: float = 1.0
    compare: bool = False
    docs: Path | None = None
    small: bool = False
    shops: Sequence[str] | None = None
    days: float | None = None
    guard: int | None = None
    drill: bool = False

    @property
    def wish(self) -> Wish:
        wish = Wish(orders=self.orders, shops=self.shops, bounded=self.bounded, guard=self.guard)
        if self.days is not None:
            wish = replace(wish, every_s=(86_400 * self.days / self.orders,) * 2)
        return replace(wish, pieces=(2, 4), most_shops=3) if self.small else wish

    @property
    def troubles(self) -> Troubles:
        return scaled(self.faults) if self.days is None else daily(scaled(self.faults))


def one(seed: int, options: Options, events: int | None = None) -> Outcome:
    """One seed. In a process of its own nobody wants to read what the service would log."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    return simulate(seed, troubles=options.troubles, wish=options.wish, events=events if events is not None else options.events)


def run(options: Options, console: Console) -> bool:
    """Do what was asked. Returns whether everything held."""
    if options.compare:
        return _compare(options, console)
    if options.drill:
        return _drill(options, console)
    if options.story is not None:
        return _tell(options, console)
    found: list[Outcome] = []
    with processes(options.jobs) as pool, _bar(console) as progress:
        task = progress.add_task("seeds", total=options.seeds)
        waiting = [pool.submit(one, seed, options) for seed in range(options.seed, options.seed + options.seeds)]
        for each in as_completed(waiting):
            found.append(each.result())
            progress.advance(task)
            if options.append is not None:
                _append(options.append, found[-1], options)
            if found[-1].failure is not None:
                console.print(f"[red]seed {found[-1].seed} failed[/red] after {found[-1].failed_at} events: {found[-1].failure}")
    found.sort(key=lambda each: each.seed)
    _table(found, console)
    failed = [each for each in found if each.failure is not None]
    if failed:
        _shrink(failed[0], options, console)
    if options.append is not None:
        _total(options.append, console)
    return not failed


def processes(jobs: int) -> ProcessPoolExecutor:
    """Processes for many runs; they share what an empty store is."""
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"), initializer=_begin, initargs=(store.template(),))


def _begin(template: bytes) -> None:
    """What a process needs for many runs. The program itself is never garbage, and looking through it took a twelfth of the time."""
    store.take(template)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _bar(console: Console) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)


def _append(path: Path, outcome: Outcome, options: Options) -> None:
    line = asdict(outcome) | {
        "faults": options.faults,
        "bounded": any(kind in BOUNDED for kind in outcome.kinds),
        "guard": options.guard,
        "small": options.small,
        "days": options.days,
    }
    with path.open("ab") as file:
        file.write(orjson.dumps(line) + b"\n")


def _table(found: Sequence[Outcome], console: Console) -> None:
    units, cpu = sum(each.sold for each in found), sum(each.cpu_s for each in found)
    taken, table = sum(each.orders for each in found), Table(box=None, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    ratio = [each.sold / each.ideal for each in found if each.ideal]
    for figure, what in (
        (f"{len(found)}", f"seeds, {sum(each.virtual_hours for each in found):.0f} hours of trading"),
        (f"{taken}", f"orders, {units} units; {taken / cpu if cpu else 0:.0f} orders a second of processor time"),
        (f"{sum(each.us for each in found)}", "units oversold by us"),
        (f"{sum(each.shops for each in found)}", "by shops' own counters"),
        (f"{sum(each.people for each in found)}", "by persons"),
        (f"{sum(each.crashes for each in found)}", f"crashes, and {sum(each.restored for each in found)} restored backups"),
        (f"{sum(each.writes for each in found) / taken if taken else 0:.2f}", "quantity writes for each order"),
        (f"{median(ratio) if ratio else 1:.1%}", "of what one instant shared counter sells, at the median"),
        (f"{sum(each.over_budget for each in found)}", "requests and revisions beyond what a shop allows"),
        (
            f"{sum(each.went_dark for each in found)}",
            f"listings taken off at zero, {sum(each.came_back for each in found)} of them put back",
        ),
        (f"{sum(each.fees_cents for each in found) / 100:.2f}", "USD of fees for what is put on sale again after it was sold out"),
        (f"{sum(each.failure is not None for each in found)}", "failed"),
    ):
        table.add_row(figure, what)
    console.print(table)


def _shrink(failed: Outcome, options: Options, console: Console) -> None:
    """The least of it that still fails, and its story."""
    with console.status(f"seed {failed.seed}: looking for the shortest run that still fails"):
        least = shortest(failed, lambda events: one(failed.seed, options, events))
    sku = least.skus[0] if least.skus else None
    same = f"--orders {options.orders}{' --bounded' if options.bounded else ''}{' --small' if options.small else ''}"
    same += f" --faults {options.faults:g}" if options.faults != 1 else ""
    same += f" --shops '{','.join(options.shops)}'" if options.shops else ""
    same += f" --days {options.days:g}" if options.days is not None else ""
    same += f" --guard {options.guard}" if options.guard is not None else ""
    console.print(f"\nSeed {failed.seed} still fails with its first {least.failed_at} events: {least.failure}")
    console.print(f"Replay it: tallystick simulate --seed {failed.seed} {same} --events {least.failed_at} --story {sku or 'all'}\n")
    _tell(replace(options, seed=failed.seed, events=least.failed_at, story=sku or "all"), console)


def _tell(options: Options, console: Console) -> bool:
    """One seed's story, for one SKU or all of them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    story = Story(wanted=True)
    found = simulate(options.seed, troubles=options.troubles, wish=options.wish, events=options.events, story=story)
    lines = story.of(None if options.story == "all" else options.story)
    if len(lines) > LINES and console.is_terminal:
        console.print(f"… the last {LINES} of {len(lines)} lines; into a file or a pipe it says all of them.")
        lines = lines[-LINES:]
    for line in lines:
        console.print(str(line), soft_wrap=True, markup=False)
    console.print(f"\n{'Everything held.' if found.failure is None else found.failure}", soft_wrap=True, markup=False)
    return found.failure is None


def _total(path: Path, console: Console) -> None:
    """What has been run so far, over all times."""
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line]
    total = {name: sum(line[name] for line in lines) for name in ("orders", "sold", "us", "shops", "people")}
    exact = sum(line["us"] for line in lines if not line["bounded"])
    console.print(
        f"{path.name}: {len(lines)} runs, {total['orders']} orders, {total['sold']} units; oversold by us where it is exact {exact}, where "
        f"it is bounded {total['us'] - exact}, by shops {total['shops']}, by persons {total['people']}; "
        f"{sum(line['failure'] is not None for line in lines)} failed.",
        soft_wrap=True,
    )


def _compare(options: Options, console: Console) -> bool:
    """The same buyers under each policy."""
    found: dict[str, list[Compared]] = {policy: [] for policy in policies.POLICIES}
    with processes(options.jobs) as pool, _bar(console) as progress:
        seeds = range(options.seed, options.seed + options.seeds)
        waiting = [pool.submit(_compared, policy, seed) for policy in policies.POLICIES for seed in seeds]
        task = progress.add_task("comparing", total=len(waiting))
        for each in as_completed(waiting):
            result = each.result()
            found[result.policy].append(result)
            progress.advance(task)
    rows = {policy: summary(each) for policy, each in found.items()}
    table = Table("policy", *report.COLUMNS, box=None)
    for policy, row in rows.items():
        table.add_row(policy, *report.cells(row))
    console.print(table)
    if options.docs is not None:
        options.docs.write_text(report.picture(rows))
        console.print(f"Wrote {options.docs}.")
    return not any(each.us for each in found["strict"])


def _drill(options: Options, console: Console) -> bool:
    """Differences of every kind among trading, and what the reconciler calls them."""
    found: list[Drilled] = []
    with processes(options.jobs) as pool, _bar(console) as progress:
        waiting = [pool.submit(drill_report.one, seed) for seed in range(options.seed, options.seed + options.seeds)]
        task = progress.add_task("drilling", total=len(waiting))
        for each in as_completed(waiting):
            found.append(each.result())
            progress.advance(task)
    drill_report.show(found, console)
    if options.docs is not None:
        drill_report.write(options.docs, found)
        console.print(f"Wrote {options.docs}.")
    return not drill_report.wrong(found)


def _compared(policy: str, seed: int) -> Compared:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    return policies.compare(policy, seed)


def summary(found: Sequence[Compared]) -> Mapping[str, float]:
    """Units oversold for each thousand that were sold, and the rest of what policies differ in."""
    sold, orders = sum(each.sold for each in found) or 1, sum(each.orders for each in found) or 1
    return {
        "us": 1000 * sum(each.us for each in found) / sold,
        "shops": 1000 * sum(each.shops for each in found) / sold,
        "ratio": median(each.sold / each.ideal for each in found if each.ideal),
        "dark_hours": mean(each.dark_hours / each.crowd for each in found),
        "writes": sum(each.writes for each in found) / orders,
    }
