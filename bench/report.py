"""What the parts of the bench give, and the report that is made of it: docs/benchmarks.md for people, docs/benchmarks.json for programs.

A part is a function that measures on one database, `rows(scope: Scope)`, and returns its rows:
`{"orders for many SKUs": Figure(1612, "/s", aim=">= 1500", baseline=5903, beside="the same server without a database"), …}`.
A plain dict with the same keys does as well: `{"value": 1612, "unit": "/s", "aim": ">= 1500"}`.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from rich.console import Console
from rich.table import Table

LIBRARIES = ("fastapi", "starlette", "pydantic", "sqlalchemy", "psycopg", "uvicorn", "uvloop", "httptools")


@dataclass(frozen=True)
class Scope:
    """What a part is to measure: on which database, how often and for how long. `folder` is its own, and empty. `quick`: a look in
    passing, with small sizes. It `says` what it is at."""

    database: str
    folder: Path
    says: Callable[[str], None] = lambda _: None
    rounds: int = 3
    seconds: float = 4.0
    clients: int = 16
    quick: bool = False


@dataclass(frozen=True)
class Figure:
    """One row of the report. `value` is the median of the rounds, `least` and `most` are their ends. `baseline` was measured in the same
    run, in the same unit; `beside` says what it is, or by itself what else there is to be said. `aim` is ">= 1500" or "<= 60"; left out:
    the figure is only reported."""

    value: float
    unit: str
    aim: str = ""
    baseline: float | None = None
    beside: str = ""
    least: float | None = None
    most: float | None = None

    @classmethod
    def of(cls, rounds: Sequence[float], unit: str, aim: str = "", *, baseline: float | None = None, beside: str = "") -> Figure:
        return cls(statistics.median(rounds), unit, aim, baseline, beside, min(rounds), max(rounds))

    @property
    def aimed(self) -> tuple[bool, float]:
        """Whether more is better, and how much is enough."""
        sign, _, number = self.aim.partition(" ")
        return sign in (">=", "≥"), float(number)

    @property
    def distance(self) -> float:
        """How many times too little or too much; 1 and below is reached."""
        more, enough = self.aimed
        short, long = (self.value, enough) if more else (enough, self.value)
        return long / short if short else float("inf") if long else 0.0

    @property
    def reached(self) -> bool | None:
        return self.distance <= 1 if self.aim else None


Rows = Mapping[str, Figure]


# The machine


def machine(folder: Path) -> dict[str, Any]:
    """What the figures depend on, and how quick the machine was when they were measured."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "busy_before_percent": psutil.cpu_percent(interval=2.0),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "durable_write_ms": round(durable_write_ms(folder), 2),
        "python_loop_ms": round(python_loop_ms(), 1),
        **{name: version(name) for name in LIBRARIES},
    }


def durable_write_ms(folder: Path) -> float:
    """How long the disk takes to promise 4 KB: an order by itself can't be faster, many together can."""
    took = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(50):
            begin = time.perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took.append(time.perf_counter() - begin)
    return statistics.median(took) * 1000


def python_loop_ms() -> float:
    """A million rounds that make small objects and look them up: of all there is, what our own code is most like."""

    def once() -> float:
        begin, kept = time.process_time(), dict[str, tuple[int, str]]()
        for number in range(1_000_000):
            kept[str(number & 1023)] = (number, "MUG")
        return time.process_time() - begin

    return min(once() for _ in range(3)) * 1000


# On the screen


def show(console: Console, title: str, rows: Rows) -> None:
    table = Table(title=title, title_justify="left", min_width=80)
    for column in ("", "measured", "least–most", "aim", "", "beside"):
        table.add_column(column, justify="right" if column in ("measured", "least–most", "aim") else "left")
    for words, one in rows.items():
        reached = {True: "reached", False: "[bold red]missed", None: ""}[one.reached]
        table.add_row(words, _measured(one), _ends(one), _aim(one), reached, _beside(one))
    console.print(table)


def number(value: float) -> str:
    if value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def _measured(one: Figure) -> str:
    return f"{number(one.value)} {one.unit}".rstrip()


def _ends(one: Figure) -> str:
    return "" if one.least is None or one.most is None or one.least == one.most else f"{number(one.least)}–{number(one.most)}"


def _aim(one: Figure) -> str:
    more, enough = one.aimed if one.aim else (True, 0.0)
    return f"{'≥' if more else '≤'} {number(enough)}" if one.aim else ""


def _beside(one: Figure) -> str:
    return one.beside if one.baseline is None else f"{number(one.baseline)}: {one.beside}"


# The report

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
PAGE, DATA, NOTES = Path("docs/benchmarks.md"), Path("docs/benchmarks.json"), Path("bench/notes.md")


@dataclass
class Measured:
    """A part and its rows, by database. Where `failed` says why, there are none."""

    name: str
    title: str
    rows: dict[str, Rows] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """The rows' names, in the order in which they were given."""
        return list(dict.fromkeys(words for rows in self.rows.values() for words in rows))


@dataclass
class Report:
    """One whole run."""

    machine: dict[str, Any]
    how: dict[str, Any]
    parts: list[Measured]

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, kept: str) -> Report:
        given = json.loads(kept)
        parts = [
            Measured(
                each["name"],
                each["title"],
                {database: {words: Figure(**row) for words, row in rows.items()} for database, rows in each["rows"].items()},
                each["failed"],
            )
            for each in given["parts"]
        ]
        return cls(given["machine"], given["how"], parts)

    def over(self, before: Report, order: Sequence[str]) -> Report:
        """This one, with what an earlier one has besides."""
        parts = {part.name: part for part in before.parts if part.name in order}
        for part in self.parts:
            rows, failed = (parts[part.name].rows, parts[part.name].failed) if part.name in parts else ({}, {})
            failed = {database: why for database, why in failed.items() if database not in part.rows}
            parts[part.name] = Measured(part.name, part.title, {**rows, **part.rows}, {**failed, **part.failed})
        minutes = {"minutes": round(before.how["minutes"] + self.how["minutes"], 1)}
        return Report(self.machine, self.how | minutes, sorted(parts.values(), key=lambda part: order.index(part.name)))

    def missed(self) -> list[tuple[Measured, str, str, Figure]]:
        """What falls short of its aim, the worst first."""
        found = [
            (part, words, database, one)
            for part in self.parts
            for database, rows in part.rows.items()
            for words, one in rows.items()
            if one.reached is False
        ]
        return sorted(found, key=lambda each: -each[3].distance)


def notes(text: str) -> dict[str, str]:
    """What people wrote, by what it is about: `## orders` for a part, `## orders: one hot SKU` for a row of it."""
    sections = re.split(r"^## +(.+?) *$", text, flags=re.MULTILINE)[1:]
    return {name: words.strip() for name, words in zip(sections[::2], sections[1::2], strict=True)}


def written(report: Report, said: Mapping[str, str]) -> str:
    """The page. What was said of a row that fell short stands with it at the top, all the rest with its part."""
    return "\n".join(
        [*_head(report), *_worst_first(report, said), *(line for part in report.parts for line in _of_part(part, report, said))]
    )


def _head(report: Report) -> Iterator[str]:
    facts, how = report.machine, report.how
    every = [one for part in report.parts for rows in part.rows.values() for one in rows.values() if one.aim]
    yield "# Benchmarks\n"
    yield (
        "Written by `make bench`, which measures all of it anew on your machine: `make bench ARGS=--quick` takes a few minutes, "
        '`make bench ARGS="orders intake"` some of the parts. The figures themselves are in [benchmarks.json](benchmarks.json).\n'
    )
    yield (
        f"Measured on {how['day']} in {how['minutes']:g} minutes: {facts['cores']} cores, {facts['memory_gb']} GB, {facts['system']}; "
        f"{facts['python']}, SQLite {facts['sqlite']}, {', '.join(f'{name} {facts[name]}' for name in LIBRARIES)}. Service, load, "
        "PostgreSQL and shops shared the machine"
        + (
            f", which was {facts['busy_before_percent']:.0f} % busy with other things before it began"
            if facts["busy_before_percent"] > 5
            else ""
        )
        + ".\n"
    )
    yield (
        f"To scale them to yours: a durable write of 4 KB took {facts['durable_write_ms']:g} ms, a loop of a million rounds in Python "
        f"{facts['python_loop_ms']:g} ms. Where a figure has its ends in brackets it is the median of {how['rounds']} rounds. What "
        "stands beside it was measured in the same run. Everything is durable: what was answered is on the disk.\n"
    )
    yield f"{sum(one.reached is True for one in every)} of {len(every)} aims are reached.\n"


def _worst_first(report: Report, said: Mapping[str, str]) -> Iterator[str]:
    missed = report.missed()
    if not missed:
        return
    yield "## What isn't reached\n"
    yield "The worst first.\n"
    yield "| what | where | measured | aim | short by |\n|---|---|---|---|---|"
    for part, words, database, one in missed:
        times = "" if one.distance == float("inf") else f"{one.distance:.2f} ×"
        yield f"| [{part.title}](#{_anchor(part.title)}): {words} | {DATABASES[database]} | {_measured(one)} | {_aim(one)} | {times} |"
    yield ""
    for key in dict.fromkeys(f"{part.name}: {words}" for part, words, _, _ in missed):
        if key in said:
            yield f"**{key.partition(': ')[2][:1].upper()}{key.partition(': ')[2][1:]}.** {said[key]}\n"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _of_part(part: Measured, report: Report, said: Mapping[str, str]) -> Iterator[str]:
    databases = [database for database in DATABASES if database in part.rows]
    yield f"## {part.title}\n"
    for database, why in part.failed.items():
        yield f"It failed on {DATABASES[database]}: {why}\n"
    if databases:
        named = [DATABASES[database] for database in databases] if len(databases) > 1 else ["measured"]
        yield f"| | {' | '.join(named)} | aim | beside it |\n|---|{'---|' * len(named)}---|---|"
    for words in part.words:
        found = [part.rows[database].get(words) for database in databases]
        there = [one for one in found if one is not None]
        aims = " / ".join(dict.fromkeys(_aim(one) for one in there if one.aim))
        if any(one.baseline is not None for one in there):
            beside = " / ".join(number(one.baseline) for one in there if one.baseline is not None) + f": {there[0].beside}"
        else:
            beside = " / ".join(one.beside for one in there if one.beside)
        yield f"| {words} | {' | '.join(_cell(one) for one in found)} | {aims} | {beside} |"
    yield ""
    missed = {f"{each.name}: {words}" for each, words, _, _ in report.missed()}
    for key in (part.name, *(f"{part.name}: {words}" for words in part.words)):
        if key in said and key not in missed:
            yield f"{said[key]}\n"


def _cell(one: Figure | None) -> str:
    if one is None:
        return "–"
    ends = f" ({_ends(one)})" if _ends(one) else ""
    return f"{_measured(one)}{ends}{' **missed**' if one.reached is False else ''}"
