"""`python -m bench reconcile`: a whole run through a large shop, held against what it shows. What it takes of our processor and memory, of
the channel's limits and of its time; beside the same readings asked for and thrown away.

The shops are the sandbox's, in this process, with their platforms' own limits; what they work is not ours and is taken off. Their clock is
virtual: it says how long the run takes beside a real one.
"""

import gc
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time
from typing import Annotated, Any

import psutil  # type: ignore[import-untyped]
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, update

from app import chance
from app.channels.base import ChannelError
from app.database import Database, Session, metadata
from app.domain import catalogue, channels, counters, differences, plans
from app.domain.money import Money
from app.lanes import PACE_SECONDS
from app.sandbox.ebay import EbayShop
from app.sandbox.faults import ShopTransport
from app.sandbox.shop import Shop
from app.sandbox.shopify import ShopifyShop
from app.simulation.shops import made
from bench.channels import database_on
from tests.world import CAUSE, World, world

KINDS = ("shopify", "woocommerce", "ebay")
MOST_CPU_S = 60.0
MORE_MB = 30.0
DIFFERENT = 20
TOGETHER = 100
LONGEST = timedelta(days=2)


class Measured(ShopTransport):
    """Carries requests, and knows how many there were and how long the shop worked on them."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.requests, self.cpu_s = 0, 0.0

    def handle_request(self, request: Any) -> Any:
        began = process_time()
        try:
            return super().handle_request(request)
        finally:
            self.requests += 1
            self.cpu_s += process_time() - began


@dataclass
class Before:
    """How things stood when something began."""

    line: Measured
    requests: int = field(init=False)
    cpu_s: float = field(init=False)
    at: Any = field(init=False)

    def __post_init__(self) -> None:
        self.requests, self.cpu_s, self.at = self.line.requests, process_time() - self.line.cpu_s, chance.now()

    def since(self) -> dict[str, float]:
        return {
            "our CPU seconds": process_time() - self.line.cpu_s - self.cpu_s,
            "requests": self.line.requests - self.requests,
            "minutes by the channel's clock": (chance.now() - self.at).total_seconds() / 60,
        }


@contextmanager
def opened(database: Database, where: Path, kind: str, count: int) -> Iterator[tuple[World, str, Shop, Measured]]:
    """A live shop with so many counters, all of them read, none of them with anything on it."""
    with world(database, where) as store:
        for start in range(0, count, TOGETHER):
            database.run(_create, range(start, min(count, start + TOGETHER)))
        shop, facts = made("north", kind)
        for n in range(count):
            shop.add(f"MUG-{n}", 0, title=f"Mug no. {n}")
        line = Measured(shop)
        channel_id = store.connect(line, kind=kind, **facts)
        until = chance.now() + LONGEST
        while database.look(channels.lane, channel_id)["listed_at"] is None and chance.now() < until:
            _step(store, channel_id)
        database.run(_all_read, channel_id)
        store.run_for(600)
        yield store, channel_id, shop, line


def _create(session: Session, numbers: range) -> None:
    for n in numbers:
        draft = catalogue.ProductDraft(f"Mug no. {n}", [catalogue.SkuDraft(f"MUG-{n}", Money(1000, "EUR"))])
        catalogue.create_product(session, draft, cause=CAUSE)


def _all_read(session: Session, channel_id: str) -> None:
    """As when each of them was read and planned after it was connected, which takes longer than what is measured here."""
    c = counters.counters.c
    read = {"known": True, "shown": 0, "reading": 0, "read_at": chance.now(), "rebase_at": None}
    session.execute(update(counters.counters).where(c.channel_id == channel_id).values(**read))
    session.execute(update(plans.sku_plans).values(due_at=None, planned_at=chance.now()))


def _rows(session: Session) -> dict[str, int]:
    return {table.name: int(session.scalar(select(func.count()).select_from(table))) for table in metadata.sorted_tables}


def _differences(session: Session, channel_id: str) -> tuple[int, int]:
    """Found, and closed by now."""
    d = differences.differences.c
    query = select(func.count().label("found"), func.count(d.closed_at).label("closed")).where(d.channel_id == channel_id)
    (row,) = session.execute(query).mappings()
    return int(row["found"]), int(row["closed"])


def limits(shop: Shop) -> int:
    """What the platform refused because there had been too much of it."""
    if isinstance(shop, ShopifyShop):
        return shop.admin.throttled
    return shop.over_limit if isinstance(shop, EbayShop) else 0


def once(kind: str, count: int, folder: Path) -> dict[str, float]:
    """One run through so many counters, of which some show what nobody wrote."""
    where = folder / f"{kind}-{count}"
    where.mkdir()
    with database_on("sqlite", where) as database, opened(database, where, kind, count) as (store, channel_id, shop, line):
        channel, process = store.channel(channel_id), psutil.Process()
        names = [row.external_id for row in store.counters(channel_id)]
        idle = Before(line)
        for start in range(0, count, TOGETHER):
            with suppress(ChannelError):  # the shop's limits: that doesn't matter here
                channel.read_quantities(names[start : start + TOGETHER])
            store.source.advance(timedelta(seconds=10))
        floor = idle.since()
        store.run_for(60)
        for n in (numbers := range(0, count, count // DIFFERENT)):
            shop.hand_edit(shop.by_sku(f"MUG-{n}").id, 1)
        edited = len(numbers)
        rows, refused = database.look(_rows), limits(shop)
        gc.collect()
        memory = peak = process.memory_info().rss / 2**20
        began = Before(line)
        asked = chance.now()
        database.run(channels.ask_to_reconcile, channel_id)
        until = asked + LONGEST
        while not _over(database.look(channels.lane, channel_id), asked) and chance.now() < until:
            _step(store, channel_id)
            peak = max(peak, process.memory_info().rss / 2**20)
        found = began.since()
        lane = database.look(channels.lane, channel_id)
        run, found["minutes by the channel's clock"] = lane["reconciled"], (lane["reconciled_at"] - asked).total_seconds() / 60
        after = database.look(_rows)
        store.run_for(1800)
        differing, closed = database.look(_differences, channel_id)
        assert run["counters"] == count, f"{run['counters']} of {count} counters were read"
        assert differing == closed == edited, f"{edited} numbers were changed, {differing} differences found, {closed} closed"
        return found | {
            "of them refused by its limits": limits(shop) - refused,
            "MB more at the most": peak - memory,
            "rows written": sum(after.values()) - sum(rows.values()),
            "differences found": differing,
            "beside it: the readings alone, CPU seconds": floor["our CPU seconds"],
            "beside it: the readings alone, requests": floor["requests"],
        }


def _step(store: World, channel_id: str) -> None:
    """The lane's next step, when it is due: no sooner than a worker's thread comes to it."""
    again = store.lanes[channel_id].step()
    store.again[channel_id] = again = again or chance.now()
    store.source.advance(max(again - chance.now(), timedelta(seconds=PACE_SECONDS)))


def _over(lane: dict[str, Any], asked: Any) -> bool:
    return (
        lane["reconciling"] is None and lane["reconciled"] is not None and datetime.fromisoformat(lane["reconciled"]["began_at"]) >= asked
    )


def main(
    counters: Annotated[int, typer.Option(min=100, help="Counters in the large shop; the small one has a tenth of them.")] = 10_000,
    only: Annotated[str, typer.Option(help="shopify, woocommerce or ebay; all unless given.")] = "",
    report: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """What a whole reconciliation of a large shop takes, of ours and of the channel's."""
    console = Console(highlight=False)
    found: dict[str, dict[int, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as where:
        for kind in [only] if only else KINDS:
            found[kind] = {}
            for count in (counters // 10, counters):
                with console.status(f"{kind}: {count:,} counters"):
                    found[kind][count] = once(kind, count, Path(where))
            table = Table(kind, *(f"{count:,} counters" for count in found[kind]), min_width=80)
            for words in found[kind][counters]:
                table.add_row(
                    words, *(f"{each[words]:,.3g}" if each[words] < 100 else f"{each[words]:,.0f}" for each in found[kind].values())
                )
            console.print(table)
    if report is not None:
        report.write_text(json.dumps(found, indent=2))
    large = [each[counters] for each in found.values()]
    if any(each["our CPU seconds"] > MOST_CPU_S for each in large):
        console.print(f"[bold red]more than {MOST_CPU_S:g} s of our processor for a run")
        raise typer.Exit(1)
    if any(each[counters]["MB more at the most"] > each[counters // 10]["MB more at the most"] + MORE_MB for each in found.values()):
        console.print("[bold red]memory grows with the counters")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
