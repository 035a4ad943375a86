"""`python -m bench channels`: what shops cost. Writes, reads and polls of a day's orders, and how fast a sale goes round.

The day's shops are in memory and answer at once, so the figures are ours alone, and it passes on a virtual clock. How fast a sale goes
round is measured over HTTP: see `round_trip`.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app import chance, domain, migrations
from app.channels.memory import EXACT, Shop
from app.database import Database
from app.domain import catalogue, deliveries
from app.domain import store as settings
from app.main import open_store
from app.sync import inbox, plan
from bench import round_trip
from tests.servers import postgres
from tests.world import World, broken_books, world

# How unevenly the shops sell, best first.
POPULAR = (50, 25, 15, 7, 3)
SKUS = 20
PLENTY = 400
MOST_WRITES = 0.2
DAY, WRITES = "A day of orders, five shops, plenty of stock", "quantity writes per order"

Figures = dict[str, dict[str, float]]
BUSY_S = 6 * 3600.0


@contextmanager
def database_on(name: str, folder: Path) -> Iterator[Database]:
    """A new store, as durable as any."""
    if name == "postgresql":
        with postgres(durable=True) as cluster:
            yield from _opened(cluster.url_for_new_database())
    else:
        yield from _opened(f"sqlite:///{folder / f'{chance.new_id()}.sqlite'}")


def _opened(url: str) -> Iterator[Database]:
    migrations.upgrade(url)
    database = Database(url, finish=domain.finish)
    database.run(open_store, "EUR")
    yield database
    database.close()


def open_shops(store: World) -> dict[str, Shop]:
    """Five shops that sell the same things, by their channels' ids; everything is read, planned and on sale."""
    for number in range(SKUS):
        store.stocked(f"MUG-{number}", PLENTY)
    shops = {}
    for _ in POPULAR:
        shop = Shop(EXACT)
        for number in range(SKUS):
            shop.offer(f"MUG-{number}", f"MUG-{number}", 0)
        shops[store.connect(shop)] = shop
    store.run_for(60)
    return shops


# A day

ASKED = {
    "write_quantities": "quantity writes",
    "read_quantities": "reads of quantities",
    "orders_since": "polls",
    "fetch_orders": "orders fetched",
}


def a_day(store: World, shops: dict[str, Shop], orders: int) -> dict[str, float]:
    """Buyers come in six busy hours, to one shop and for one thing more often than another; each order is heard of at once. The rest of
    the day passes from poll to poll."""
    dice, taken = random.Random(1), 0
    before = {name: sum(shop.requests.get(name, 0) for shop in shops.values()) for name in ASKED}
    for _ in range(orders):
        (channel_id,) = dice.choices(list(shops), POPULAR)
        order = shops[channel_id].buy(f"MUG-{int(dice.triangular(0, SKUS, 0))}", dice.choice((1, 1, 1, 2)))
        if order is not None:
            taken += 1
            store.deliver(channel_id, shops[channel_id].message(order))
        store.run_for(BUSY_S / orders)
    for _ in range(int((86_400 - BUSY_S) / EXACT.poll_every_s)):
        store.skip(EXACT.poll_every_s)
    assert store.database.look(broken_books) == []
    asked = {words: sum(shop.requests.get(name, 0) for shop in shops.values()) - before[name] for name, words in ASKED.items()}
    written = asked.pop("quantity writes")
    return {
        "orders": taken,
        "buyers sent away by one shop while others had it": orders - taken,
        WRITES: written / taken,
        "the same day, every other shop corrected after each sale": len(shops) - 1,
        **{f"{words} per channel": count / len(shops) for words, count in asked.items()},
    }


# Rates


def rates(store: World, shops: dict[str, Shop], orders: int) -> dict[str, float]:
    """Orders a second from the inbox into the ledger, beside empty transactions; and milliseconds to plan a SKU."""
    dice, database = random.Random(2), store.database
    store.planning = False
    for _ in range(orders):
        (channel_id,) = dice.choices(list(shops), POPULAR)
        order = shops[channel_id].buy(f"MUG-{dice.randrange(SKUS)}")
        if order is not None:
            row = inbox.sealed(store.keys, store.channel(channel_id), shops[channel_id].message(order))
            database.run(deliveries.keep, channel_id, **row)
    begin = time.perf_counter()
    for channel_id, lane in store.lanes.items():
        while database.look(deliveries.waiting, channel_id, chance.now(), 1):
            lane.step()
    took = time.perf_counter() - begin
    planned: list[float] = []
    bare: list[float] = []
    for number in range(SKUS):
        sku_id = database.look(catalogue.by_code, f"MUG-{number}")["id"]
        begin = time.perf_counter()
        database.run(plan.plan, sku_id)
        planned.append((time.perf_counter() - begin) * 1000)
        begin = time.perf_counter()
        database.run(settings.probe)
        bare.append((time.perf_counter() - begin) * 1000)
    return {
        "orders a second, inbox to committed": orders / took,
        "ms for each of them": took / orders * 1000,
        "ms to plan a SKU": statistics.median(planned),
        "ms for a transaction that writes one row": statistics.median(bare),
    }


def measure(console: Console, database: str, *, orders: int = 1_000, burst: int = 300, per_second: int = 50, seconds: int = 10) -> Figures:
    """Everything on one database; the day only where orders are given, for it comes to the same on both."""
    found: Figures = {}
    with console.status(f"{database}: sales go round"), tempfile.TemporaryDirectory(prefix="tallystick-bench-") as where:
        found[round_trip.TITLE] = round_trip.measure(database, Path(where), per_second=per_second, seconds=seconds)
    with (
        tempfile.TemporaryDirectory(prefix="tallystick-bench-") as where,
        database_on(database, Path(where)) as opened,
        world(opened, Path(where)) as store,
    ):
        shops = open_shops(store)
        if orders:
            with console.status(f"{database}: {orders} orders in a day"):
                found[DAY] = a_day(store, shops, orders)
        with console.status(f"{database}: {burst} orders at once"):
            found["Orders that wait in the inbox, one lane at a time"] = rates(store, shops, burst)
    show(console, database, found)
    if DAY in found and found[DAY][WRITES] > MOST_WRITES:
        console.print(f"[bold red]more than {MOST_WRITES} writes per order, with plenty of stock")
        raise typer.Exit(1)
    return found


def main(
    orders: Annotated[int, typer.Option(min=1, help="Orders in the day.")] = 1_000,
    burst: Annotated[int, typer.Option(min=1, help="Orders whose way into the ledger is timed.")] = 300,
    per_second: Annotated[int, typer.Option(min=1, help="Sales a second whose way round is timed.")] = 50,
    seconds: Annotated[int, typer.Option(min=1, help="For so long.")] = 10,
    only: Annotated[str, typer.Option(help="sqlite or postgresql; both unless given.")] = "",
    report: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """What shops cost: writes, reads and polls of a day, orders a second from the inbox, and how fast a sale goes round."""
    console = Console(highlight=False)
    names = [only] if only else ["sqlite", "postgresql"]
    figures = {
        name: measure(console, name, orders=orders if name == names[0] else 0, burst=burst, per_second=per_second, seconds=seconds)
        for name in names
    }
    if report is not None:
        report.write_text(json.dumps(figures, indent=2))


def show(console: Console, database: str, found: Figures) -> None:
    for title, figures in found.items():
        table = Table("", database, title=title, title_justify="left", min_width=80)
        for words, figure in figures.items():
            table.add_row(words, f"{figure:,.3g}" if figure < 100 else f"{figure:,.0f}")
        console.print(table)


if __name__ == "__main__":
    typer.run(main)
