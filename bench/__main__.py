"""`python -m bench`: orders per second over HTTP, on both databases, beside the same server without one; and what shops cost.

The server is one process and shares the machine with the load and with PostgreSQL. All of it runs with the
default durability, so a 201 means that the order is on the disk.
"""

import json
import os
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import psutil  # type: ignore[import-untyped]
import typer
from rich.console import Console
from rich.table import Table

from bench import channels
from bench.driver import Plan, Seen, drive
from bench.orders import open_shop, orders
from tests.servers import OWNER_TOKEN, Server, postgres

WORKLOADS = {
    "echo": "echo: a validated body, no database",
    "many": "orders of two of 1,000 SKUs",
    "hot": "orders that all want one hot SKU",
    "refused": "orders of which 75 % are refused",
}
LIBRARIES = ("fastapi", "starlette", "pydantic", "sqlalchemy", "psycopg", "uvicorn", "uvloop", "httptools")


@dataclass(frozen=True)
class Result:
    """Medians over the rounds; the statuses are added up."""

    per_second: float
    least: float
    most: float
    p50_ms: float
    p99_ms: float
    server_cpu_ms: float
    """Of the server's process, per answer: where the time goes, however busy the machine is otherwise."""
    statuses: dict[str, int]

    @classmethod
    def of(cls, rounds: list[Seen], cpu_ms: list[float]) -> "Result":
        rates = [one.per_second for one in rounds]
        return cls(
            per_second=statistics.median(rates),
            least=min(rates),
            most=max(rates),
            p50_ms=statistics.median(one.p50_ms for one in rounds),
            p99_ms=statistics.median(one.p99_ms for one in rounds),
            server_cpu_ms=statistics.median(cpu_ms),
            statuses=dict(sum((Counter(one.statuses) for one in rounds), Counter())),
        )


@contextmanager
def server_on(database: str, folder: Path) -> Iterator[Server]:
    command = ("-m", "bench.orders")
    if database == "sqlite":
        with Server(folder / database, command=command, log_level="warning") as server:
            yield server
        return
    with postgres(durable=True) as cluster:
        url = cluster.url_for_new_database()
        with Server(folder / database, database_url=url, command=command, log_level="warning") as server:
            yield server


def measure(database: str, folder: Path, *, rounds: int, seconds: float, clients: int, console: Console) -> dict[str, Result]:
    """Every workload in every round, so that what else the machine does falls on all of them alike."""
    seen: dict[str, list[Seen]] = defaultdict(list)
    cpu_ms: dict[str, list[float]] = defaultdict(list)
    with server_on(database, folder) as server:
        open_shop(server)
        process = psutil.Process(server.pid)
        for round in range(rounds):
            for kind, words in WORKLOADS.items():
                with console.status(f"{database}, round {round + 1} of {rounds}: {words}"):
                    path = "/bench/echo" if kind == "echo" else "/v1/orders"
                    plan = Plan(
                        port=server.port,
                        path=path,
                        token=OWNER_TOKEN,
                        run=f"{kind}-{round}",
                        bodies=orders("many" if kind == "echo" else kind, seed=round),
                        clients=clients,
                        seconds=seconds,
                    )
                    before = sum(process.cpu_times()[:2])
                    seen[kind].append(drive(plan))
                    spent = sum(process.cpu_times()[:2]) - before
                    cpu_ms[kind].append(spent * 1000 / seen[kind][-1].answers)
    return {kind: Result.of(those, cpu_ms[kind]) for kind, those in seen.items()}


def machine(folder: Path) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        "durable_write_ms": round(durable_write_ms(folder), 2),
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


def show(console: Console, database: str, results: dict[str, Result]) -> None:
    table = Table(title=f"{database}: answers per second, one server process", title_justify="left")
    table.add_column("")
    for column in ("median", "least–most", "of echo", "p50 ms", "p99 ms", "CPU ms", "201", "409"):
        table.add_column(column, justify="right", no_wrap=True)
    for kind, one in results.items():
        table.add_row(
            WORKLOADS[kind],
            f"{one.per_second:,.0f}",
            f"{one.least:,.0f}–{one.most:,.0f}",
            f"{one.per_second / results['echo'].per_second:.0%}",
            f"{one.p50_ms:.1f}",
            f"{one.p99_ms:.1f}",
            f"{one.server_cpu_ms:.2f}",
            *(f"{one.statuses.get(status, 0):,}" for status in ("201", "409")),
        )
    console.print(table)
    console.print(f"75 % refused against none refused: {refused_ratio(results):.0%}\n")


def refused_ratio(results: dict[str, Result]) -> float:
    return results["refused"].per_second / results["many"].per_second


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each workload is measured.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each time.")] = 4,
    clients: Annotated[int, typer.Option(min=1, help="Keep-alive connections, one request at a time on each.")] = 16,
    only: Annotated[str, typer.Option(help="sqlite or postgresql; both unless given.")] = "",
    report: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """Orders per second over HTTP, beside the same server answering a validated body without a database."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)  # a log has no width of its own
    databases = [only] if only else ["sqlite", "postgresql"]
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as name:
        folder = Path(name)
        facts = machine(folder)
        console.print(", ".join(f"{key} {value}" for key, value in facts.items()), highlight=False)
        console.print(f"{rounds} rounds of {seconds:g} s, {clients} clients, orders of 2 lines, each with a key\n")
        figures: dict[str, Any] = {}
        for database in databases:
            results = measure(database, folder, rounds=rounds, seconds=seconds, clients=clients, console=console)
            show(console, database, results)
            figures[database] = {
                **{kind: vars(one) for kind, one in results.items()},
                "refused_to_accepted": refused_ratio(results),
                "channels": channels.measure(console, database, orders=1_000 if database == databases[0] else 0),
            }
            if unexpected := {status for one in results.values() for status in one.statuses} - {"201", "409"}:
                console.print(f"[bold red]{database}: answers that nobody asked for: {', '.join(sorted(unexpected))}")
                sys.exit(1)
        if report is not None:
            report.write_text(json.dumps({"machine": facts, "rounds": rounds, "seconds": seconds, **figures}, indent=2))


if __name__ == "__main__":
    if sys.argv[1:2] == ["imports"]:
        from bench import imports

        del sys.argv[1]
        typer.run(imports.main)
    elif sys.argv[1:2] == ["intake"]:
        from bench import intake

        del sys.argv[1]
        typer.run(intake.main)
    elif sys.argv[1:2] == ["processes"]:
        from bench import processes

        del sys.argv[1]
        typer.run(processes.main)
    elif sys.argv[1:2] == ["reconcile"]:
        from bench import reconcile

        del sys.argv[1]
        typer.run(reconcile.main)
    elif sys.argv[1:2] == ["stream"]:
        from bench import stream

        del sys.argv[1]
        typer.run(stream.main)
    elif sys.argv[1:2] == ["channels"]:
        del sys.argv[1]
        typer.run(channels.main)
    else:
        typer.run(main)
