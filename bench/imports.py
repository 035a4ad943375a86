"""`python -m bench imports`: a large file is taken in while orders go on, and what either of them feels of the other."""

import asyncio
import csv
import itertools
import json
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import psutil  # type: ignore[import-untyped]
import typer
from rich.console import Console
from rich.table import Table

from bench.orders import MANY, open_shop
from tests.servers import OWNER_TOKEN, Server, postgres
from tests.trade import Connection, order, request

SIZES = ("S", "M", "L", "XL")


def write_file(path: Path, skus: int) -> None:
    """Products of four sizes each, with prices, costs, weights, barcodes and opening stock."""
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("product", "code", "barcode", "price", "cost", "weight_g", "option:size", "stock:STUDIO"))
        for number in range(skus):
            product, size = divmod(number, len(SIZES))
            code = f"APR-{product:05d}-{SIZES[size]}"
            table.writerow((f"Linen apron no. {product}", code, f"shelf {number}", "49.00", "18.50", "310", SIZES[size], number % 90 + 1))


@dataclass
class Seen:
    """What the buyers, the lookers-on and the file itself saw."""

    orders_ms: list[float] = field(default_factory=list)
    pages_ms: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict)


async def buy(server: Server, seen: Seen, over: asyncio.Event, per_second: float, buyers: int) -> None:
    """Orders at a steady rate, whether the last ones were answered or not: a slow answer doesn't spare the server the next one."""
    dice, idle = random.Random(1), asyncio.Queue[Connection]()
    for _ in range(buyers):
        idle.put_nowait(await Connection.open(server.port))

    async def one(number: int, due: float) -> None:
        connection = await idle.get()
        answer = await connection.send(request("POST", "/v1/orders", order(*dice.sample(MANY, 2)), key=f"bench-{number}"))
        idle.put_nowait(connection)
        seen.orders_ms.append((time.perf_counter() - due) * 1000)
        seen.statuses[answer.status] = seen.statuses.get(answer.status, 0) + 1

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for number in itertools.count():
            due = begun + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if over.is_set():
                break
            group.create_task(one(number, due))


async def look(server: Server, seen: Seen, over: asyncio.Event) -> None:
    """Somebody reads through the stock, page by page."""
    connection, after = await Connection.open(server.port), ""
    while not over.is_set():
        begun = time.perf_counter()
        answer = await connection.send(request("GET", f"/v1/stock?limit=50{after}"))
        seen.pages_ms.append((time.perf_counter() - begun) * 1000)
        cursor = answer.json()["next"]
        after = f"&after={cursor}" if cursor else ""
        await asyncio.sleep(0.1)


async def take_in(server: Server, body: bytes, seen: Seen, over: asyncio.Event) -> None:
    """Send the file, and wait for it."""
    connection, process = await Connection.open(server.port), psutil.Process(server.pid)
    head = ["POST /v1/imports?name=products.csv HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {OWNER_TOKEN}"]
    head += ["Content-Type: text/csv", f"Content-Length: {len(body)}", "", ""]
    begun = time.perf_counter()
    answer = await connection.send("\r\n".join(head).encode() + body)
    row = answer.json()
    while row["status"] in ("waiting", "running"):
        await asyncio.sleep(0.25)
        seen.memory_mb.append(process.memory_info().rss / 2**20)
        row = (await connection.send(request("GET", f"/v1/imports/{row['id']}"))).json()
    seen.seconds, seen.figures = time.perf_counter() - begun, row
    over.set()


async def measure(server: Server, body: bytes, per_second: float, buyers: int) -> Seen:
    seen, over = Seen(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(take_in(server, body, seen, over))
        group.create_task(look(server, seen, over))
        if per_second:
            group.create_task(buy(server, seen, over, per_second, buyers))
    return seen


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(int(len(values) * part), len(values) - 1)] if values else 0.0


def main(
    skus: Annotated[int, typer.Option(help="SKUs in the file.")] = 100_000,
    orders: Annotated[float, typer.Option(help="Orders per second meanwhile.")] = 50,
    buyers: Annotated[int, typer.Option(help="Connections that orders come by.")] = 16,
    database: Annotated[str, typer.Option(help="sqlite or postgresql.")] = "sqlite",
    report: Annotated[Path | None, typer.Option(help="Write the figures here, as JSON.")] = None,
) -> None:
    """Take a large file in while orders go on."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as name:
        folder = Path(name)
        path = folder / "products.csv"
        write_file(path, skus)

        def run(url: str | None) -> Seen:
            with Server(folder / "store", database_url=url, log_level="warning") as server:
                open_shop(server)
                with console.status(f"{database}: {skus:,} SKUs come in beside {orders:g} orders/s"):
                    return asyncio.run(measure(server, path.read_bytes(), orders, buyers))

        if database == "sqlite":
            seen = run(None)
        else:
            with postgres(durable=True) as cluster:
                seen = run(cluster.url_for_new_database())
    table = Table("", database, title=f"{skus:,} SKUs with opening stock beside {orders:g} orders/s")
    memory = seen.memory_mb or [0.0]
    quarter = max(len(memory) // 4, 1)
    figures = {
        "seconds": round(seen.seconds, 1),
        "SKUs per second": round(skus / seen.seconds),
        "orders p50 ms": round(share(seen.orders_ms, 0.5), 1),
        "orders p99 ms": round(share(seen.orders_ms, 0.99), 1),
        "orders slowest ms": round(max(seen.orders_ms, default=0.0), 1),
        "orders": dict(sorted(seen.statuses.items())),
        "stock page median ms": round(statistics.median(seen.pages_ms or [0.0]), 1),
        "stock page p99 ms": round(share(seen.pages_ms, 0.99), 1),
        "memory MB, first quarter": round(statistics.mean(memory[:quarter])),
        "memory MB, last quarter": round(statistics.mean(memory[-quarter:])),
        "import": {name: seen.figures.get(name) for name in ("status", "rows", "bad_rows", "skus_created", "units", "reason")},
    }
    for words, figure in figures.items():
        table.add_row(words, str(figure))
    console.print(table)
    if report is not None:
        report.write_text(json.dumps(figures, indent=2))
    if seen.figures.get("skus_created") != skus or set(seen.statuses) - {201, 409}:
        console.print("[bold red]not everything came in, or an order was answered as nobody asked for")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
