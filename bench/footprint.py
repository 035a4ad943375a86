"""How much room the service takes: memory, and the database for each order; and how soon it is at work again after it was killed.

The service is started as people start it, by a new Python of its own, because the memory of the tests' servers is partly that of the
process that they are forked from.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
import psutil  # type: ignore[import-untyped]
from sqlalchemy import insert, text

from app import chance
from app.api.idempotency import stored_answers
from app.channels.base import Delivery
from app.database import Database, Session
from app.domain import carrying, endpoints, orders, shipments
from app.domain.causes import Cause
from app.domain.pricing import LineDraft, OrderDraft
from app.sandbox.faults import ShopTransport
from app.sandbox.server import served
from app.sandbox.shop import Outgoing, Shop
from app.simulation.shops import made
from app.worker import tidy
from bench import intake, round_trip
from bench.channels import database_on
from bench.driver import Plan, drive
from bench.orders import open_shop
from bench.orders import orders as own_orders
from bench.report import Figure, Rows, Scope
from tests.servers import OWNER_TOKEN, Server, postgres, until
from tests.world import World, broken_books, world

IDLE_MB, BUSY_MB, SMALL_MB = 150, 300, 512
CAUSE = Cause("bench")


class Alone(subprocess.Popen[bytes]):
    """A process with the words that the tests' servers use."""

    @property
    def exitcode(self) -> int | None:
        return self.poll()

    def join(self, timeout: float | None = None) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(timeout)


class Service(Server):
    """`tallystick serve`, started by a Python that has read nothing yet. `small`: on one core, and with little memory."""

    small = False

    def start(self, *, wait: bool = True) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, *self._arguments]
        with self.log.open("ab") as log:
            limits = _limits if self.small else None
            self._process = Alone(command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=limits)
        if wait:
            until(self.is_ready, within_s=60, what="the service is ready")

    @property
    def memory_mb(self) -> float:
        return float(psutil.Process(self.pid).memory_info().rss / 2**20)


def _limits() -> None:
    """In the process that is to be the service: one core, and no more memory of its own than a small machine has."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    resource.setrlimit(resource.RLIMIT_DATA, (SMALL_MB << 20, SMALL_MB << 20))


@contextmanager
def service(scope: Scope, name: str, *, small: bool = False, **settings: Any) -> Iterator[Service]:
    with ExitStack() as stack:
        url = stack.enter_context(postgres(durable=True)).url_for_new_database() if scope.database == "postgresql" else ""
        place = scope.folder / name
        made = Service(place / "shop", database_url=url, key_file=str(place / "key"), log_level="error", **settings)
        made.small = small
        made.knows(public_url=made.url)
        yield stack.enter_context(made)


def rows(scope: Scope) -> Rows:
    return {**memory(scope), **starting_again(scope), **size_of_orders(scope)}


# Memory


def memory(scope: Scope) -> Rows:
    """Of the service when nobody asks it anything, and at full load; then all of it again on a small machine."""
    libraries = _memory_of(
        "import alembic, cryptography, fastapi, httpx, orjson, psycopg, pydantic, rich, sqlalchemy, structlog, typer, uvicorn"
    )
    found: dict[str, Figure] = {}
    for small, where in ((False, ""), (True, f", one core and {SMALL_MB} MB")):
        scope.says(f"memory{where}: nobody asks")
        with service(scope, f"memory-{small}", small=small, webhooks_per_minute="100000000") as server:
            time.sleep(3 if scope.quick else 30)
            idle = server.memory_mb
            open_shop(server)
            scope.says(f"memory{where}: full load")
            with _peak(server) as peak:
                rate = _load(server, seconds=2 if scope.quick else 15)
            checked = server.run("check")
            assert checked.returncode == 0, checked.stdout + checked.stderr
        found |= {
            f"memory when idle{where}": Figure(
                idle, "MB", f"<= {IDLE_MB}", libraries, "a Python that has read the libraries and nothing else"
            ),
            f"memory at full load, its peak{where}": Figure(max(peak), "MB", f"<= {SMALL_MB if small else BUSY_MB}"),
            f"orders meanwhile, beside messages and pages{where}": Figure(rate, "/s"),
        }
    return found


def _memory_of(program: str) -> float:
    program += "; import psutil; print(psutil.Process().memory_info().rss)"
    return int(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout) / 2**20


@contextmanager
def _peak(server: Service) -> Iterator[list[float]]:
    """What was seen of its memory, every twentieth of a second."""
    seen, over = [server.memory_mb], threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            seen.append(server.memory_mb)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def _load(server: Service, seconds: float) -> float:
    """Own orders as fast as they are answered, a hundred messages a second, and somebody who pages through it all. Returns orders/s."""
    channel, over, wrong = intake.connect(server), threading.Event(), list[object]()

    def read() -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {"Authorization": f"Bearer {OWNER_TOKEN}"}
        while not over.wait(0.02):
            for path in ("/v1/stock?limit=200", "/v1/orders?limit=200", "/v1/events?limit=200", "/v1/products?q=mug"):
                connection.request("GET", path, headers=headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    wrong.append((path, answer.status))

    reading = threading.Thread(target=read)
    reading.start()
    messages = intake.Plan(server.port, f"/webhooks/{channel}", channel, 1, 8, 0.0, 100.0)
    try:
        with intake.driving(messages) as kept:
            plan = Plan(server.port, "/v1/orders", OWNER_TOKEN, "load", own_orders("many", seed=1), clients=16, seconds=seconds)
            seen = drive(plan)
    finally:
        over.set()
        reading.join()
    wrong += [*(seen.statuses.keys() - {"201"}), *(kept().statuses.keys() - {"200"})]
    assert not wrong, f"answers that nobody asked for: {wrong}"
    return seen.per_second


# Starting again


def starting_again(scope: Scope) -> Rows:
    """Killed while two shops sell, and started again: how long until it answers, and until a shop is written to."""
    ready, written, plain = list[float](), list[float](), list[float]()
    scarce = 150 * scope.rounds
    with ExitStack() as stack:
        scope.says("the shops open")
        server = stack.enter_context(service(scope, "again"))
        seller, other = round_trip.Watched("seller"), round_trip.Watched("other")
        for shop in (seller, other):
            shop.url = stack.enter_context(served(shop))
            for code in round_trip._codes(scarce):
                shop.add(code, 0, title=code)
        last = iter([variant.id for variant in seller.variants.values() if (variant.sku or "").startswith("LAST")])
        round_trip._open(server, [seller, other], scarce)
        for round in range(scope.rounds):
            scope.says(f"killed while it trades, {round + 1} of {scope.rounds}")
            with _selling(server, seller, last) as sold:
                _until_more(sold)
                server.kill()
                _until_more(sold)
                other.arrived.clear()
                began = time.perf_counter()
                server.start()
                ready.append(time.perf_counter() - began)
                until(lambda: bool(other.arrived), within_s=120, what="a shop is written to")
                written.append(min(other.arrived.values()) - began)
        server.stop()
        began = time.perf_counter()
        server.start()
        plain.append(time.perf_counter() - began)
    beside = "the same store, stopped and started in peace"
    return {
        "from the start after kill -9 to the first write to a shop": Figure.of(written, "s", "<= 10"),
        "from the start after kill -9 until it answers": Figure.of(ready, "s", baseline=statistics.median(plain), beside=beside),
    }


@contextmanager
def _selling(server: Service, shop: round_trip.Watched, variants: Iterator[str]) -> Iterator[list[str]]:
    """Ten sales a second of what is scarce. What the shop sends is sent on, and lost where nobody listens."""
    sold, over = list[str](), threading.Event()

    def sell() -> None:
        while not over.wait(0.1):
            with shop.lock:
                variant = next(variants, None)
                if variant is None or shop.buy({variant: 2}) is None:
                    return
                messages = shop.take_deliveries()
            sold.append(variant)
            for message in messages:
                with suppress(OSError, HTTPException):
                    _send(server, message)

    selling = threading.Thread(target=sell)
    selling.start()
    try:
        yield sold
    finally:
        over.set()
        selling.join()


def _until_more(sold: list[str]) -> None:
    enough = len(sold) + 10
    until(lambda: len(sold) >= enough, within_s=60, what="more was sold")


def _send(server: Service, message: Outgoing) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", urlsplit(message.url).path, message.body, dict(message.headers))
        connection.getresponse().read()
    finally:
        connection.close()


# The database


def size_of_orders(scope: Scope) -> Rows:
    """Orders of our own and of two shops, with all that follows from them: how many bytes of the database each is, and where they lie."""
    count = 150 if scope.quick else 600
    with database_on(scope.database, scope.folder) as database, world(database, scope.folder) as store:
        scope.says("the shops open")
        lines = _open(store)
        before = sizes(database, scope.folder)
        scope.says(f"{count} orders")
        shown = _trade(store, lines, count)
        assert database.look(broken_books) == []
        kept = {"on the first day": sizes(database, scope.folder)}
        scope.says("time passes")
        for words, days in {"after a month": 31, "after retention": 401}.items():
            store.source.advance(timedelta(days=days))
            asyncio.run(tidy(database))
            kept[words] = sizes(database, scope.folder)
        assert database.look(broken_books) == []
    # What was there before the orders is let go of too, in time; so no table counts for less than nothing.
    found = {
        words: {name: max(size - before.get(name, 0), 0) / count / 1000 for name, size in by_table.items()}
        for words, by_table in kept.items()
    }
    totals = {words: sum(by_table.values()) for words, by_table in found.items()}
    beside = "the order as the API shows it"
    return {
        f"database for an order, all told, {words}": Figure(
            total, "kB", "<= 10" if words == "after retention" else "", shown / 1000, beside
        )
        for words, total in reversed(totals.items())
    } | {
        f"of it {words}: {name}": Figure(size, "kB")
        for words in ("after retention", "on the first day")
        for name, size in sorted(found[words].items(), key=lambda each: -each[1])
        if size >= 0.02 * totals[words]
    }


class _Line(ShopTransport):
    channel_id = ""
    variants: list[str]


def _open(store: World, skus: int = 50) -> list[_Line]:
    """Two shops, and another system that is told everything."""
    for number in range(skus):
        store.stocked(f"MUG-{number}", 100_000)
    lines = []
    for name in ("here", "there"):
        shop, facts = made(name, "shopify")
        line = _Line(shop)
        line.variants = [shop.add(f"MUG-{number}", 0, title=f"Mug no. {number}").id for number in range(skus)]
        line.channel_id = store.connect(line, kind=shop.kind, name=name, **facts)
        lines.append(line)
    draft: dict[str, Any] = {"url": "https://books.example/hook", "description": "The books", "types": [], "secrets": ""}
    store.database.run(endpoints.create, **draft, cause=CAUSE)
    store.run_for(600)
    return lines


def _trade(store: World, lines: list[_Line], count: int) -> float:
    """A third of the orders each; nine in ten are sent, the tenth is cancelled. Returns the bytes of an order as the API shows it."""
    dice, database, shown = random.Random(6), store.database, list[int]()
    for begin in range(0, count, 6):
        placed = [_buy(store, (None, *lines)[number % 3], dice) for number in range(begin, begin + 6)]
        store.skip(30)
        for number, (source, order_id) in enumerate(placed, begin):
            gone = number % 10 != 0
            if source is None:
                over: Callable[..., object] = shipments.ship if gone else orders.cancel
                database.run(over, order_id, cause=CAUSE)
                shown.append(len(_as_json(database.look(orders.view, order_id))))
            elif gone:
                source.shop.fulfil(order_id, carrier="DHL", tracking_number=f"JD{number:012}")
            else:
                source.shop.cancel(order_id)
        for line in lines:
            _collect(store, line)
        store.skip(30)
        database.run(_told)
    store.run_for(3_600)
    database.run(_told)
    return statistics.mean(shown)


def _buy(store: World, source: _Line | None, dice: random.Random) -> tuple[_Line | None, str]:
    chosen = dice.sample(range(50), dice.choice((1, 2, 2, 3)))
    if source is None:
        row = store.database.run(orders.place, _draft(dice, chosen), cause=CAUSE)
        store.database.run(_answered, row)
        return None, row["id"]
    bought = source.shop.buy({source.variants[each]: 1 for each in chosen})
    assert bought is not None
    _collect(store, source)
    return source, bought


def _draft(dice: random.Random, chosen: list[int]) -> OrderDraft:
    who = {"name": f"Mina Sample {dice.randrange(1000)}", "email": f"mina{dice.randrange(10**6)}@example.org", "phone": "+44 1632 960123"}
    address = who | {"line1": f"{dice.randrange(200)} Mill Lane", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}
    return OrderDraft([LineDraft(f"MUG-{each}", 1) for each in chosen], f"W{dice.randrange(10**9)}", buyer=who, ship_to=address)


def _answered(session: Session, row: Mapping[str, Any]) -> None:
    """The answer that is kept for an order with a key."""
    known = {"token_id": chance.new_id(), "route": "POST /v1/orders", "key": row["id"], "fingerprint": "0" * 64, "status": 201}
    session.execute(insert(stored_answers), known | {"body": _as_json(row), "stored_at": chance.now()})


def _as_json(row: Mapping[str, Any]) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_NON_STR_KEYS)


def _told(session: Session) -> None:
    """The other system has heard of everything."""
    (endpoint_id,) = carrying.on(session)
    while (step := carrying.look(session, endpoint_id)) is not None:
        for message in carrying.take(session, step) or ():
            carrying.delivered(session, message, carrying.Outcome(status=200, took_ms=40))


def _collect(store: World, line: _Line) -> None:
    shop: Shop = line.shop
    for message in shop.take_deliveries():
        delivery = Delivery("POST", {name.lower(): value for name, value in message.headers.items()}, message.body)
        store.deliver(line.channel_id, delivery)


def sizes(database: Database, folder: Path) -> dict[str, int]:
    """Bytes by table, with its indexes, after everything was packed as tightly as the database packs it."""
    if database.is_sqlite:
        copy = folder / f"{chance.new_id()}.sqlite"
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw: Any = connection.connection.dbapi_connection
            raw.execute("COMMIT") if raw.in_transaction else None
            raw.execute(f"VACUUM INTO '{copy}'")
            raw.execute(f"ATTACH '{copy}' AS packed")
            query = "SELECT m.tbl_name, sum(s.pgsize) FROM dbstat('packed') s JOIN packed.sqlite_master m ON m.name = s.name GROUP BY 1"
            found = dict(raw.execute(query).fetchall())
            raw.execute("DETACH packed")
        copy.unlink()
        return found
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("VACUUM FULL"))
        query = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        return {row[0]: int(row[1]) for row in connection.execute(text(query))}
