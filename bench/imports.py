"""A large file is taken in: alone, and while orders go on, and what either of them feels of the other."""

import asyncio
import csv
import itertools
import random
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

from app import chance
from app.database import Session
from app.domain import locations, stock
from app.domain.catalogue import ProductDraft, SkuDraft, new_product, new_sku, products, skus
from app.domain.money import Money
from bench.channels import database_on
from bench.orders import MANY, open_shop, server_on
from bench.report import Figure, Rows, Scope
from tests.servers import OWNER_TOKEN, Server
from tests.trade import Connection, order, request

SIZES = ("S", "M", "L", "XL")
# A second, while a file comes in.
ORDERS = 50.0


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


def rows(scope: Scope) -> Rows:
    """Alone, beside a store that is given the same records and does nothing else with them; and while 50 orders come a second."""
    many, fewer = (4_000, 2_000) if scope.quick else (100_000, 20_000)
    scope.says(f"{many:,} SKUs, and nothing but their records")
    bare = _bare(scope, many)
    scope.says(f"{many:,} SKUs come in")
    alone, cpu_s = _run(scope, "alone", many, 0.0)
    scope.says(f"{fewer:,} SKUs come in beside {ORDERS:g} orders a second")
    beside, _ = _run(scope, "beside", fewer, ORDERS)
    memory = alone.memory_mb[len(alone.memory_mb) // 10 :]
    quarter = max(len(memory) // 4, 1)
    first, last = statistics.mean(memory[:quarter]), statistics.mean(memory[-quarter:])
    what = "the same records put into their tables, and nothing else"
    return {
        f"{many:,} SKUs with opening stock": Figure(alone.seconds, "s", f"<= {60 * many / 100_000:g}", bare, what),
        "SKUs a second": Figure(many / alone.seconds, "/s", baseline=many / bare, beside=what),
        "our processor time for a thousand": Figure(cpu_s * 1e6 / many, "ms"),
        "memory, last quarter of the time": Figure(last, "MB", f"<= {first * 1.1:.0f}", first, "in its first"),
        "a page of the stock meanwhile, p99": Figure(share(alone.pages_ms, 0.99), "ms"),
        f"SKUs a second beside {ORDERS:g} orders a second": Figure(fewer / beside.seconds, "/s"),
        "p50 of these orders": Figure(share(beside.orders_ms, 0.5), "ms"),
        "p99 of these orders": Figure(share(beside.orders_ms, 0.99), "ms", "<= 500"),
    }


def _run(scope: Scope, name: str, count: int, orders: float) -> tuple[Seen, float]:
    """What was seen, and the server's processor time in seconds."""
    path = scope.folder / f"{name}.csv"
    write_file(path, count)
    with server_on(scope.database, scope.folder / name, ("-m", "app.cli", "serve")) as server:
        open_shop(server)
        process = psutil.Process(server.pid)
        before = sum(process.cpu_times()[:2])
        seen = asyncio.run(measure(server, path.read_bytes(), orders, scope.clients))
        cpu_s = sum(process.cpu_times()[:2]) - before
    assert seen.figures["skus_created"] == count, seen.figures
    assert not set(seen.statuses) - {201, 409}, seen.statuses
    return seen, cpu_s


def _bare(scope: Scope, count: int) -> float:
    """Seconds for products, SKUs, movements and levels of so many SKUs, 400 in a transaction."""
    place = scope.folder / "bare"
    place.mkdir()
    with database_on(scope.database, place) as database:
        began = time.perf_counter()
        for begin in range(0, count, 400):
            database.run(_put, range(begin, min(begin + 400, count)))
        return time.perf_counter() - began


def _put(session: Session, numbers: range) -> None:
    now, at = chance.now(), locations.first(session)["id"]
    price, cost = Money(4900, "EUR"), Money(1850, "EUR")
    made: dict[str, list[dict[str, Any]]] = {"products": [], "skus": [], "movements": [], "levels": []}
    for number in numbers:
        product, size = divmod(number, len(SIZES))
        if size == 0:
            made["products"].append(new_product(ProductDraft(f"Linen apron no. {product}"), now))
        draft = SkuDraft(f"APR-{product:05d}-{SIZES[size]}", price, cost, True, 0, f"shelf {number}", 310, {"size": SIZES[size]})
        sku = new_sku(made["products"][-1]["id"], draft, now)
        move = {"id": chance.new_id(), "sku_id": sku["id"], "location_id": at, "quantity": number % 90 + 1, "source": "adjustment"}
        move |= {"target": "available", "reason": "opening_stock", "actor": "bench", "occurred_at": now, "recorded_at": now}
        made["skus"].append(sku)
        made["movements"].append(move)
        made["levels"].append({"sku_id": sku["id"], "location_id": at, "available": move["quantity"], "updated_at": now})
    for table, rows in zip((products, skus, stock.stock_movements, stock.stock_levels), made.values(), strict=True):
        session.add(table, rows)
