"""`python -m bench growth`: the same work on a small store and on one a hundred times as large. What each of them costs, and the ratio.

Both are made by `bench.grown`, so they differ in nothing but size. Every round does all of it on the one and then on the other; what the
machine does beside it falls on both alike.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import psutil  # type: ignore[import-untyped]
import typer
from prometheus_client import CollectorRegistry
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text

from app import chance, migrations
from app.api import operations
from app.chance import Seeded
from app.database import Database, Session, metadata
from app.domain import catalogue, checking, deliveries, orders, reservations, watch
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock
from app.domain.pricing import LineDraft, OrderDraft
from app.domain.store import RETENTION
from app.domain.store import get as settings_of
from app.main import create_app
from app.security import Caller
from app.settings import Settings
from app.sync import plan
from app.worker import TIDYING
from bench import grown
from bench.report import Figure, Rows, Scope
from tests.servers import Postgres, postgres
from tests.world import World

CAUSE = Cause("bench")
FLAT = 1.5
SMALL, LARGE = (1_000, 5_000), (100_000, 500_000)
BODY = "x" * 8_000

# What a filter is given, where the contract names no values; {…} is filled in by what the store has.
GIVEN = {
    "sku": "{code}",
    "code": "{code}",
    "location": "STALL",
    "reference": "{reference}",
    "channel": "{channel}",
    "counter": "{counter}",
    "cause": "{order}",
    "updated_since": "{yesterday}",
    "before": "{movement_id}",
    "q": "{word}",
    "topic": "order",
    "type": "order.placed",
    "archived": "true",
    "open": "true",
    "overdrawn": "true",
}
# The same word for something else.
GIVEN_AT = {
    ("/v1/differences", "cause"): "hand_edit",
    ("/v1/exceptions", "cause"): "hand_edit",
    ("/v1/counters/{counter_id}/explain", "before"): "3",
}
# Whatever is asked of a record is asked of one in the middle of its table.
RECORDS = {
    "order_id": "orders",
    "location_id": "locations",
    "count_id": "stock_counts",
    "transfer_id": "transfers",
    "reservation_id": "reservations",
    "product_id": "products",
    "sku_id": "skus",
    "contact_id": "contacts",
    "channel_id": "channels",
    "listing_id": "listings",
    "counter_id": "counters",
    "difference_id": "differences",
    "delivery_id": "deliveries",
    "exception_id": "exceptions",
    "endpoint_id": "webhook_endpoints",
}
# Streams and files for people and browsers; what is one row or none.
UNASKED = ("/webhooks/", "/v1/events/stream", "/v1/exports/", "/v1/imports/", "/v1/deliveries/{delivery_id}/content", "/metrics")


# What is asked


class Api:
    """The API in this process, on a store that is open already, and how long the database's part of each answer took."""

    def __init__(self, database: Database, folder: Path) -> None:
        settings = Settings(data_dir=folder, log_level="error")
        self.app = create_app(settings)
        self.database = database
        self.spent_ms = self.cpu_ms = 0.0
        self.app.state.database = self.app.state.gate = self
        self.app.state.figures = operations.ChannelFigures(database, self.app.version)
        self.app.state.registry = CollectorRegistry()
        self.app.state.recovering = None
        self.app.state.settings = settings
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://bench", timeout=60, verify=False)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.database, name)

    async def caller(self, token: str, peer: str | None) -> Caller:
        return Caller(chance.new_id(), "bench", "admin")

    async def read(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            return self.database.look(function, *args, **kwargs)
        finally:
            self.spent_ms += (time.perf_counter() - wall) * 1000
            self.cpu_ms += (time.thread_time() - cpu) * 1000

    async def get(self, path: str) -> httpx.Response:
        self.spent_ms = self.cpu_ms = 0.0
        return await self._client.get(path, headers={"authorization": "Bearer bench"})

    def pages(self, limit: int = 50) -> list[str]:
        """Everything that can be asked for: each route as it stands, with each of its filters, and where it has pages, one further on."""
        known = self.database.look(_sample)
        found = []
        for path, methods in self.app.openapi()["paths"].items():
            if "get" not in methods or path.startswith(UNASKED):
                continue
            place = path.format(**{name: known[name] for name in RECORDS if f"{{{name}}}" in path})
            parameters = {each["name"]: each["schema"] for each in methods["get"].get("parameters", ()) if each["in"] == "query"}
            always = {name: _given(path, name, known) for name in ("sku",) if path == "/v1/stock/explain"}
            always |= {"limit": str(limit)} if "limit" in parameters and limit != 50 else {}
            asked = [always]
            for name, schema in parameters.items():
                if name not in ("after", "limit", "format", *always):
                    asked += [always | {name: value} for value in _enum(schema) or [_given(path, name, known)]]
            found += [f"{place}?{urlencode(each)}" if each else place for each in asked]
            if "after" in parameters and (cursor := _cursor(path, known)) is not None:
                found.append(f"{place}?{urlencode(always | {'after': cursor})}")
        return found


def _enum(schema: Mapping[str, Any]) -> list[str]:
    """The values that the contract names, if it names any."""
    for part in (schema, *schema.get("anyOf", ())):
        if "enum" in part:
            return list(part["enum"])
    return []


def _given(path: str, name: str, known: Mapping[str, str]) -> str:
    return GIVEN_AT.get((path, name), GIVEN[name]).format(**known)


def _cursor(path: str, known: Mapping[str, str]) -> str | None:
    """As the page before would have it, half way through."""
    if path == "/v1/events":
        return known["seq"]
    keys = {
        "/v1/orders": ("order_id",),
        "/v1/stock": ("sku_id", "location_id"),
        "/v1/stock/movements": ("movement_id",),
        "/v1/products": ("product_id",),
        "/v1/skus": ("sku_id",),
        "/v1/writes": ("write_id",),
        "/v1/differences": ("difference_id",),
        "/v1/exceptions": ("exception_id",),
        "/v1/deliveries": ("delivery_id",),
        "/v1/channels/{channel_id}/listings": ("listing_id",),
        "/v1/channels/{channel_id}/counters": ("counter_id",),
        "/v1/counters": ("counter_id",),
    }.get(path)
    return urlsafe_b64encode(json.dumps([known[key] for key in keys]).encode()).decode().rstrip("=") if keys else None


def _sample(session: Session) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, table in (RECORDS | {"movement_id": "stock_movements", "write_id": "writes"}).items():
        column = metadata.tables[table].c.id
        count = session.scalar(select(func.count()).select_from(metadata.tables[table]))
        found[name] = str(session.scalar(select(column).order_by(column).offset(count // 2).limit(1)))
    sku = session.execute(select(catalogue.skus).where(catalogue.skus.c.id == found["sku_id"])).mappings().one()
    order = session.execute(select(orders.orders).where(orders.orders.c.id == found["order_id"])).mappings().one()
    events = metadata.tables["events"]
    found |= {"code": sku["code"], "word": sku["code"].rpartition("-")[2], "reference": order["reference"], "order": order["id"]}
    found |= {"channel": found["channel_id"], "counter": found["counter_id"]}
    count = session.scalar(select(func.count()).select_from(events))
    found["seq"] = str(session.scalar(select(events.c.seq).order_by(events.c.seq).offset(count // 2).limit(1)))
    return found | {"yesterday": (chance.now() - timedelta(days=1)).isoformat()}


# What is done


@dataclass
class Store:
    """One of the two: what is measured on it, and with what."""

    world: World
    api: Api
    codes: list[str]
    size: tuple[int, int]
    dice: random.Random = field(default_factory=lambda: random.Random(3))
    serial: int = 0

    @property
    def database(self) -> Database:
        return self.world.database

    def number(self) -> int:
        self.serial += 1
        return self.serial

    def sku_id(self) -> str:
        return str(self.database.look(catalogue.by_code, self.dice.choice(self.codes))["id"])


Work = Callable[[Store, int], Iterator[Callable[[], Any]]]
"""What is to be timed, one after another; what is done between them isn't."""


def place(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    def one() -> None:
        lines = [LineDraft(code, 1) for code in store.dice.sample(store.codes, 2)]
        with suppress(InsufficientStock):  # as real a case as any other, and rare
            store.database.run(orders.place, OrderDraft(lines, f"bench-{store.number()}"), cause=CAUSE)

    yield from (one for _ in range(times))


def take_in(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    (channel_id, *_) = store.world.lanes

    def one() -> None:
        kept = partial(deliveries.keep, topic="order", sealed=BODY, size=len(BODY), received_at=chance.now())
        store.database.run(kept, channel_id, f"bench-{store.number()}")

    yield from (one for _ in range(times))
    store.database.run(_unsend, channel_id)


def _unsend(session: Session, channel_id: str) -> None:
    """Nobody can open what was stored here: the lanes shall not try."""
    d = deliveries.deliveries.c
    session.execute(deliveries.deliveries.update().where(d.channel_id == channel_id, d.state == "waiting").values(state="ignored"))


def record(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    """From the inbox into the ledger, as a lane does it."""
    channel_id, lane = store.dice.choice(list(store.world.lanes.items()))
    shop = lane._transport
    for _ in range(times):
        order = shop.buy(store.dice.choice(list(shop.listings)))
        if order is not None:
            store.world.deliver(channel_id, shop.message(order))
            yield lane.step


def share_out(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    for _ in range(times):
        sku_id = store.sku_id()
        yield partial(store.database.run, plan.plan, sku_id)


def push(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    """A number is changed on a channel: stored, sent, settled."""
    for _ in range(times):
        code = store.dice.choice(store.codes)
        store.world.receive(code, 500)
        store.database.run(plan.plan, store.database.look(catalogue.by_code, code)["id"])
        yield store.world.lanes[store.dice.choice(list(store.world.lanes))].step
        store.world.planning = False
        store.world.quiet()


def keep_house(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    def one() -> None:
        settings = store.database.look(settings_of)
        store.database.run(reservations.lapse_due, cause=CAUSE)
        for kind, forget in TIDYING:
            store.database.run(forget, chance.now() - timedelta(days=settings[f"{kind}_days"]))

    yield from (one for _ in range(times))


def look_around(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    yield from ((lambda: store.database.run(watch.look, listens=True, since=chance.now())) for _ in range(times))


def check_one(store: Store, times: int) -> Iterator[Callable[[], Any]]:
    for _ in range(times):
        sku_id = store.sku_id()
        yield partial(store.database.look, checking.check, sku_id)


WORK: Mapping[str, tuple[Work, int]] = {
    "an order of ours, two lines": (place, 40),
    "a shop's message is taken in": (take_in, 40),
    "a shop's order, inbox to ledger": (record, 20),
    "a SKU is planned": (share_out, 20),
    "a number is changed on a channel": (push, 10),
    "the housekeeping, nothing to drop": (keep_house, 5),
    "the watch": (look_around, 5),
    "the books of one SKU are checked": (check_one, 10),
}


# What is kept no longer


def let_go(store: Store, orders: int = 400) -> dict[str, float]:
    """A long backlog is dropped while orders come in, one after another: what they take meanwhile, and how long each part of it does."""
    alone = [_took(act) for act in place(store, orders)]
    parts: list[float] = []
    dropped: list[int] = []
    over = threading.Event()

    def drop(session: Session, forget: Callable[[Session, datetime], int], before: datetime) -> int:
        parts.append(0.0)
        began = time.perf_counter()
        found = forget(session, before)
        parts[-1] = (time.perf_counter() - began) * 1000
        return found

    def sweep() -> None:
        for kind, forget in TIDYING:
            before = chance.now() - timedelta(days=RETENTION[kind][0])
            while not over.is_set() and (found := store.database.run(drop, forget, before)):
                dropped.append(found)

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    meanwhile = []
    for act in place(store, orders * 10):
        if not sweeping.is_alive():
            break
        meanwhile.append(_took(act))
    over.set()
    sweeping.join()
    return {
        "rows dropped": sum(dropped),
        "ms for a part of them, at the most": max(parts),
        "ms for an order alone, p99": _p99(alone),
        "ms for an order meanwhile, p99": _p99(meanwhile or alone),
    }


def _took(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def _p99(of: list[float]) -> float:
    return sorted(of)[int(len(of) * 0.99)]


# Both, side by side


@dataclass
class Seen:
    """What one thing took on one store."""

    wall_ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0

    @property
    def cpu(self) -> float:
        return self.cpu_ms / max(1, len(self.wall_ms))

    @property
    def wall(self) -> float:
        return statistics.median(self.wall_ms)


def cpu_seconds(cluster: Postgres | None) -> float:
    """Of this process, and of the database's own."""
    spent = time.process_time()
    if cluster is not None:
        assert cluster._process is not None
        for each in psutil.Process(cluster._process.pid).children():
            with suppress(psutil.NoSuchProcess):  # helpers come and go
                spent += sum(each.cpu_times()[:2])
    return spent


@contextmanager
def store_of(
    made: grown.Season, where: Path, size: tuple[int, int], source: Seeded, cluster: Postgres | None, console: Console
) -> Iterator[Store]:
    skus, _ = size
    url = cluster.url_for_new_database() if cluster else f"sqlite:///{where / f'{skus}.sqlite'}"
    migrations.upgrade(url)
    copies = skus // grown.SKUS
    with console.status(f"a store of {skus:,} SKUs") as status:
        grown.fill(made, url, copies=copies, told=lambda what, done, of: status.update(f"{skus:,} SKUs: {what}, {done:,} of {of:,}"))
    codes = [f"{grown.code(n)}{copy:08x}" for copy in range(0, copies, max(1, copies // 25)) for n in range(grown.SKUS)]
    with grown.opened(deepcopy(made), url, source, codes) as world:
        world.planning = False
        yield Store(world, Api(world.database, where), codes, size)
    if cluster:
        cluster.drop(url)


def measure(
    console: Console, database: str, *, small: tuple[int, int] = SMALL, large: tuple[int, int] = LARGE, rounds: int = 5, pages: bool = True
) -> dict[str, Any]:
    """Everything on one database: by what was done or asked, what it took on the small and on the large store."""
    with ExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tallystick-bench-")))
        cluster = stack.enter_context(postgres(durable=True)) if database == "postgresql" else None
        with console.status("a small store trades"):
            made = grown.season(where, orders=small[1] * grown.SKUS // small[0])
        source = Seeded(2, made.ended)
        stack.enter_context(chance.installed(source))
        stores = [stack.enter_context(store_of(made, where, size, source, cluster, console)) for size in (small, large)]
        seen: dict[str, list[Seen]] = defaultdict(lambda: [Seen(), Seen()])
        for number in range(rounds):
            with console.status(f"{database}, round {number + 1} of {rounds}"):
                for words, (work, times) in WORK.items():
                    for index, each in enumerate(stores):
                        _time(seen[words][index], work(each, times), cluster)
        asked = _ask(console, stores, rounds) if pages else {}
        aside = {}
        with console.status("the books are checked"):
            for each in stores:
                began = time.perf_counter()
                assert each.database.look(checking.check) == []
                aside[f"seconds to check all books, {each.size[0]:,} SKUs"] = time.perf_counter() - began
                aside[f"bytes of database per order, {each.size[0]:,} SKUs"] = each.database.look(_bytes) / each.size[1]
        with console.status("what is old is dropped"):
            aside |= let_go(stores[1])
        return {
            "small": list(small),
            "large": list(large),
            "work": {words: _figures(two, "cpu") for words, two in seen.items()},
            "pages": {words: _figures(two, "cpu" if cluster is None else "wall") for words, two in asked.items()},
            "aside": aside,
        }


def _time(seen: Seen, work: Iterator[Callable[[], Any]], cluster: Postgres | None) -> None:
    for act in work:
        cpu, wall = cpu_seconds(cluster), time.perf_counter()
        act()
        seen.wall_ms.append((time.perf_counter() - wall) * 1000)
        seen.cpu_ms += (cpu_seconds(cluster) - cpu) * 1000


def _ask(console: Console, stores: list[Store], rounds: int) -> dict[str, list[Seen]]:
    """Every page; what the database did for it, without the HTTP around it, which is the same for both."""
    paths = [each.api.pages() for each in stores]
    seen: dict[str, list[Seen]] = {}

    async def ask() -> None:
        for number in range(rounds + 1):
            with console.status(f"pages, round {number} of {rounds}"):
                for two in zip(*paths, strict=True):
                    for index, (store, path) in enumerate(zip(stores, two, strict=True)):
                        answer = await store.api.get(path)
                        if answer.status_code != 200:
                            raise AssertionError(f"{path}: {answer.status_code} {answer.text}")
                        if number:  # the first one compiles what the others find compiled
                            found = seen.setdefault(_named(two[0]), [Seen(), Seen()])[index]
                            found.wall_ms.append(store.api.spent_ms)
                            found.cpu_ms += store.api.cpu_ms

    asyncio.run(ask())
    return seen


def _named(path: str) -> str:
    """What was asked, without what it was asked of."""
    place, _, query = path.partition("?")
    place = "/".join("…" if len(part) == 36 and part.count("-") == 4 else part for part in place.split("/"))
    name, _, value = query.partition("=")
    return f"{place}?{name}={value if value.isalpha() or '_' in value else '…'}" if query else place


def _figures(two: list[Seen], by: str) -> dict[str, float]:
    small, large = (getattr(each, by) for each in two)
    more = {"small_wall_ms": two[0].wall, "large_wall_ms": two[1].wall}
    return {"small_ms": small, "large_ms": large, "ratio": large / small if small else 1.0} | more


def _bytes(session: Session) -> float:
    if session.dialect == "sqlite":
        return float(session.scalar(text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")))
    return float(session.scalar(text("SELECT pg_database_size(current_database())")))


def over(found: Mapping[str, Any]) -> list[str]:
    """What costs more than half as much again on the large store, and is more than noise."""
    every = found["work"] | found["pages"]
    return [words for words, each in every.items() if each["ratio"] > FLAT and each["large_ms"] - each["small_ms"] > 0.5]


def show(console: Console, database: str, found: Mapping[str, Any]) -> None:
    skus = [f"{found[which][0]:,} SKUs" for which in ("small", "large")]
    for title, part in (("done", found["work"]), ("asked", found["pages"])):
        if not part:
            continue
        table = Table(title=f"{database}: what is {title}, in ms", title_justify="left")
        for column in ("", *skus, "ratio"):
            table.add_column(column, justify="right" if column else "left", no_wrap=bool(column))
        for words, each in part.items():
            if title == "done" or words in over(found):
                table.add_row(words, f"{each['small_ms']:.2f}", f"{each['large_ms']:.2f}", f"{each['ratio']:.2f}")
        console.print(table)
    ratios = [each["ratio"] for each in found["pages"].values()]
    if ratios:
        console.print(f"{len(ratios)} pages asked for; median ratio {statistics.median(ratios):.2f}, those over {FLAT} above")
    for words, figure in found["aside"].items():
        console.print(f"{words}: {figure:,.1f}")


def rows(scope: Scope) -> Rows:
    """For the report: as many times what it takes on the small store, and of the pages the worst."""
    large = (10_000, 50_000) if scope.quick else LARGE
    found = measure(Console(quiet=True), scope.database, large=large, rounds=scope.rounds)

    def times(each: Mapping[str, float], aim: str = f"<= {FLAT}") -> Figure:
        return Figure(each["ratio"], "×", aim, beside=f"{each['large_ms']:.2f} ms, {each['small_ms']:.2f} on the small store")

    made = {words: times(each) for words, each in found["work"].items()}
    if found["pages"]:
        slow = len([words for words in over(found) if words in found["pages"]])
        made[f"pages of the API, of {len(found['pages'])}, that take more than {FLAT} times as long"] = Figure(slow, "", "<= 0")
        made |= {f"GET {words}": times(found["pages"][words], "") for words in over(found) if words in found["pages"]}
    return made | {words: Figure(figure, "") for words, figure in found["aside"].items()}


def main(
    skus: Annotated[int, typer.Option(min=grown.SKUS, help="SKUs of the large store, three counters each.")] = LARGE[0],
    orders: Annotated[int, typer.Option(min=100, help="Its orders.")] = LARGE[1],
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is done on both.")] = 5,
    only: Annotated[str, typer.Option(help="sqlite or postgresql; both unless given.")] = "",
    report: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """What the same work costs on a store of 1,000 SKUs and on a large one."""
    console = Console(highlight=False)
    figures = {}
    for name in [only] if only else ["sqlite", "postgresql"]:
        figures[name] = measure(console, name, large=(skus, orders), rounds=rounds)
        show(console, name, figures[name])
    if report is not None:
        report.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    typer.run(main)
