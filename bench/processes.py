"""`python -m bench processes`: what more processes buy on PostgreSQL, on this machine: orders taken in by 1, 2 and 4 that serve, and how
fast a sale goes round where one process does everything and where others work for the shops.

The load, the shops and PostgreSQL share the machine with them, so beyond its cores nothing can be won; what each order costs of the
processor says where it goes.
"""

from __future__ import annotations

import statistics
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import psutil  # type: ignore[import-untyped]
import typer
from rich.console import Console
from rich.table import Table

from bench import round_trip
from bench.driver import Plan, drive
from bench.orders import open_shop, orders
from tests.servers import OWNER_TOKEN, Server, postgres

SERVING = (1, 2, 4)
WORKING = (0, 1, 2)


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each is measured.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each time.")] = 5,
    clients: Annotated[int, typer.Option(min=4, help="Keep-alive connections, shared out among the processes.")] = 16,
    pace: Annotated[int, typer.Option(min=1, help="Sales a second that go round.")] = 25,
) -> None:
    """Orders a second by 1, 2 and 4 processes, and how fast a sale goes round with 0, 1 and 2 workers; on PostgreSQL."""
    console = Console(width=120)
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as name:
        folder = Path(name)
        _show_orders(console, folder, rounds, seconds, clients)
        _show_round_trips(console, folder, rounds, pace)


def _show_orders(console: Console, folder: Path, rounds: int, seconds: float, clients: int) -> None:
    rates: dict[int, list[float]] = defaultdict(list)
    slowest: dict[int, list[float]] = defaultdict(list)
    spent: dict[int, list[float]] = defaultdict(list)
    with ExitStack() as stack:
        url = stack.enter_context(postgres(durable=True)).url_for_new_database()
        servers = [
            stack.enter_context(Server(folder / f"{number}", database_url=url, log_level="warning", key_file=str(folder / "key")))
            for number in range(max(SERVING))
        ]
        open_shop(servers[0])
        for round in range(rounds):
            for count in SERVING:
                plans = [
                    Plan(
                        port=server.port,
                        path="/v1/orders",
                        token=OWNER_TOKEN,
                        run=f"{count}-{round}-{number}",
                        bodies=orders("many", seed=10 * round + number),
                        clients=clients // count,
                        seconds=seconds,
                    )
                    for number, server in enumerate(servers[:count])
                ]
                before = _cpu_s(servers)
                with ThreadPoolExecutor(count) as at_once:
                    seen = list(at_once.map(drive, plans))
                spent[count].append((_cpu_s(servers) - before) * 1000 / sum(each.answers for each in seen))
                rates[count].append(sum(each.per_second for each in seen))
                slowest[count].append(max(each.p99_ms for each in seen))
    table = Table(title="Orders of two lines over HTTP, PostgreSQL", title_justify="left")
    for column in ("processes that serve", "orders a second", "beside one", "p99 ms", "CPU ms an order"):
        table.add_column(column, justify="right")
    one = statistics.median(rates[1])
    for count in SERVING:
        rate = statistics.median(rates[count])
        figures = (
            f"{rate:,.0f}",
            f"{rate / one:.2f}",
            f"{statistics.median(slowest[count]):.0f}",
            f"{statistics.median(spent[count]):.2f}",
        )
        table.add_row(str(count), *figures)
    console.print(table)


def _cpu_s(servers: list[Server]) -> float:
    return sum(sum(psutil.Process(each.pid).cpu_times()[:2]) for each in servers)


def _show_round_trips(console: Console, folder: Path, rounds: int, pace: int) -> None:
    took: dict[int, list[dict[str, float]]] = defaultdict(list)
    for round in range(rounds):
        for workers in WORKING:
            room = folder / f"trip-{round}-{workers}"
            room.mkdir()
            took[workers].append(round_trip.measure("postgresql", room, per_second=pace, seconds=12, workers=workers))
    table = Table(title=f"{round_trip.TITLE}, {pace} orders a second, PostgreSQL", title_justify="left")
    for column in ("processes", "p50 ms", "p99 ms"):
        table.add_column(column, justify="right")
    for workers, seen in took.items():
        named = "one that does it all" if not workers else f"one that serves, {workers} that work"
        table.add_row(named, *(f"{statistics.median(each[figure] for each in seen):.0f}" for figure in ("p50 ms", "p99 ms")))
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
