"""What shops cost us: a day of orders, an inbox full of them, and a day in which nobody listened.

The shops are in memory and answer at once, so the figures are ours alone. How fast a sale goes round is measured over HTTP: see
`round_trip`; what platforms allow: see `quotas`.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, or_, select

from app import chance, domain, migrations
from app.channels import registry
from app.channels.base import Connection
from app.channels.memory import EXACT, Memory, Shop
from app.database import Database, Session
from app.domain import catalogue, channels, counters, deliveries, orders, plans, writes
from app.domain import store as settings
from app.lanes import Lanes
from app.main import open_store
from app.sync import inbox, plan
from bench.report import Figure, Rows, Scope
from tests.servers import postgres, until
from tests.world import PUBLIC_URL, World, broken_books, world

# How unevenly the shops sell, best first.
POPULAR = (50, 25, 15, 7, 3)
SKUS = 20
PLENTY = 400
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


def open_shops(store: World, skus: int = SKUS, units: int = PLENTY) -> dict[str, Shop]:
    """Five shops that sell the same things, by their channels' ids; everything is read, planned and on sale."""
    for number in range(skus):
        store.stocked(f"MUG-{number}", units)
    shops = {}
    for place, _ in enumerate(POPULAR):
        shop = Shop(EXACT, secret=f"of shop {place}")
        for number in range(skus):
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


def a_day(store: World, shops: dict[str, Shop], orders: int) -> dict[str, int]:
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
    return {"orders": taken, "sent away": orders - taken} | asked


def a_day_of_orders(scope: Scope) -> Rows:
    """What is asked of shops in a day: five in memory, with plenty of stock."""
    count = 150 if scope.quick else 1_000
    scope.says(f"{count} orders in a day")
    with database_on(scope.database, scope.folder) as database, world(database, scope.folder) as store:
        shops = open_shops(store)
        found = a_day(store, shops, count)
    every = len(shops) - 1
    return {
        "quantity writes for an order, five counters, plenty of stock": Figure(
            found["quantity writes"] / found["orders"], "", "<= 0.2", every, "every other shop corrected after each sale"
        ),
        "buyers sent away by one shop while others had it": Figure(100 * found["sent away"] / count, "%"),
        "reads of quantities, a shop and day": Figure(found["reads of quantities"] / len(shops), ""),
        "polls, a shop and day": Figure(found["polls"] / len(shops), ""),
    }


# From the inbox into the ledger


def rates(store: World, shops: dict[str, Shop], orders: int) -> dict[str, float]:
    """Orders a second from the inbox into the ledger, one lane at a time, beside empty transactions; and milliseconds to plan a SKU."""
    dice, database = random.Random(2), store.database
    store.planning = False
    _fill(store, shops, orders, dice)
    begin, spent = time.perf_counter(), time.process_time()
    for channel_id, lane in store.lanes.items():
        while database.look(deliveries.waiting, channel_id, chance.now(), 1):
            lane.step()
    took, cpu_s = time.perf_counter() - begin, time.process_time() - spent
    planned: list[float] = []
    bare: list[float] = []
    for number in range(SKUS):
        sku_id = database.look(catalogue.by_code, f"MUG-{number}")["id"]
        planned.append(_seconds(lambda sku_id=sku_id: database.run(plan.plan, sku_id)))  # type: ignore[misc]
        bare.append(_seconds(lambda: database.run(settings.probe)))
    return {
        "orders a second, inbox to committed": orders / took,
        "ms for each of them": took / orders * 1000,
        "CPU ms for each of them": cpu_s / orders * 1000,
        "ms to plan a SKU": statistics.median(planned) * 1000,
        "ms for a transaction that writes one row": statistics.median(bare) * 1000,
    }


def _seconds(do: Callable[[], object]) -> float:
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


def _fill(store: World, shops: Mapping[str, Shop], count: int, dice: random.Random) -> int:
    """So many orders more, each with a message that waits in the inbox; all of them come with one commit. Returns how many were taken."""
    rows = []
    numbers = len(next(iter(shops.values())).listings)
    for _ in range(count):
        (channel_id,) = dice.choices(list(shops), POPULAR)
        order = shops[channel_id].buy(f"MUG-{dice.randrange(numbers)}")
        if order is not None:
            rows.append((channel_id, inbox.sealed(store.keys, store.channel(channel_id), shops[channel_id].message(order))))

    def keep(session: Session) -> None:
        for channel_id, row in rows:
            deliveries.keep(session, channel_id, **row)

    store.database.run(keep)
    return len(rows)


class Known(Memory):
    """A shop in memory that a worker's own lanes find, by the secret that they share."""

    shops: Mapping[str, Shop] = {}

    def __init__(self, connection: Connection) -> None:
        super().__init__(replace(connection, transport=connection.transport or self.shops[connection.vault.get("secret") or ""]))


class Running(chance.Real):
    """Real time from some moment on."""

    def __init__(self, start: datetime) -> None:
        super().__init__()
        self._ahead = start - super().now()

    def now(self) -> datetime:
        return super().now() + self._ahead


@contextmanager
def working(store: World, shops: Mapping[str, Shop]) -> Iterator[Lanes]:
    """The lanes and the planner of a real process, in real time from where the virtual one stands."""
    Known.shops = {shop.secret: shop for shop in shops.values()}
    registry.register("memory", Known)
    lanes = Lanes(store.database, store.keys, public_url=PUBLIC_URL, exclusive=True)
    before = list(store.database.listeners)
    try:
        with chance.installed(Running(chance.now())):
            lanes.start()
            yield lanes
            lanes.stop()
            passed = chance.now()
        store.source.advance(max(passed - chance.now(), timedelta()))
    finally:
        store.database.listeners[:] = before
        registry.register("memory", Memory)


def into_the_ledger(scope: Scope) -> Rows:
    """An inbox full of orders is worked off: by all lanes and the planner at once, as a process does it, and by one lane at a time."""
    count, skus = (200, 20) if scope.quick else (1_000, 100)
    dice, together, cpu_ms, bare = random.Random(3), list[float](), list[float](), list[float]()
    scope.says("the shops open")
    with database_on(scope.database, scope.folder) as database, world(database, scope.folder) as store:
        shops = open_shops(store, skus, 10_000)
        apart = [rates(store, shops, count) for _ in range(scope.rounds)]
        with working(store, shops) as lanes:
            until(lambda: database.look(_at_work), within_s=60, what="every lane works")
            for round in range(scope.rounds):
                scope.says(f"round {round + 1} of {scope.rounds}: {count} orders at once")
                taken = _fill(store, shops, count, dice)
                began, spent = time.perf_counter(), _others_s()
                lanes.wake(frozenset(shops))
                while database.look(_waiting):
                    time.sleep(0.03)  # asking costs, too
                together.append(taken / (time.perf_counter() - began))
                cpu_ms.append((_others_s() - spent) * 1000 / taken)
                bare.append(_empty(database, taken))
        assert database.look(broken_books) == []
    beside = f"transactions a second that write one row, from {len(shops)} threads"
    return {
        "orders, all lanes and the planner at once": Figure.of(together, "/s", ">= 800", baseline=statistics.median(bare), beside=beside),
        "our processor time for an order": Figure.of(
            cpu_ms, "ms", baseline=statistics.median(each["CPU ms for each of them"] for each in apart), beside="one lane at a time"
        ),
        "orders, one lane at a time and nobody plans": Figure.of(
            [each["orders a second, inbox to committed"] for each in apart],
            "/s",
            baseline=statistics.median(1000 / each["ms for a transaction that writes one row"] for each in apart),
            beside="transactions a second that write one row, one after another",
        ),
        "to plan a SKU for five counters": Figure.of(
            [each["ms to plan a SKU"] for each in apart],
            "ms",
            baseline=statistics.median(each["ms for a transaction that writes one row"] for each in apart),
            beside="a transaction that writes one row",
        ),
    }


def _others_s() -> float:
    """Processor time of every thread but this one, which only looks on."""
    return time.process_time() - time.thread_time()


def _empty(database: Database, count: int) -> float:
    """Transactions a second that do nothing but write a row, from as many threads as there are lanes."""
    with ThreadPoolExecutor(len(POPULAR)) as threads:
        begin = time.perf_counter()
        for each in [threads.submit(database.run, settings.probe) for _ in range(count)]:
            each.result()
        return count / (time.perf_counter() - begin)


def _at_work(session: Session) -> bool:
    lane = channels.lanes.c
    return not session.scalar(select(func.count()).where(or_(lane.holder.is_(None), lane.holder == "worker-1")))


def _waiting(session: Session) -> int:
    return int(session.scalar(select(func.count()).where(deliveries.deliveries.c.state == "waiting")))


# After a day in the dark


def after_dark(scope: Scope) -> Rows:
    """Nobody worked for the shops for a day, and they sold on. How long until every order is in the books and every shop shows what it
    should: where the messages were kept meanwhile, and where all of them were lost."""
    count = 200 if scope.quick else 2_000
    rows: dict[str, Figure] = {}
    for lost, words in ((True, "every message was lost"), (False, "messages wait in the inbox")):
        place = scope.folder / f"{lost}"
        place.mkdir()
        with database_on(scope.database, place) as database, world(database, place) as store:
            scope.says("the shops open")
            shops = open_shops(store, SKUS if scope.quick else 100, 150)
            scope.says(f"{count} orders come while nobody works; {words}")
            taken = _in_the_dark(store, shops, count, lost=lost)
            scope.says(f"it goes on; {words}")
            with working(store, shops):
                began, spent = time.perf_counter(), time.process_time()
                until(lambda taken=taken: database.look(_recorded) == taken, within_s=600, what="every order is recorded")  # type: ignore[misc]
                recorded = time.perf_counter() - began
                until(lambda: database.look(_at_rest), within_s=600, what="every shop shows what it should")
                took, cpu_s = time.perf_counter() - began, time.process_time() - spent
            assert database.look(broken_books) == []
        rows |= {
            f"until all is right, {words}": Figure(took, "s", "<= 120"),
            f"until every order is in the books, {words}": Figure(recorded, "s"),
            f"our processor time, {words}": Figure(cpu_s, "s"),
        }
    return rows


def _in_the_dark(store: World, shops: Mapping[str, Shop], count: int, *, lost: bool) -> int:
    """Orders of a day that no lane sees. Returns how many there are."""
    dice, taken = random.Random(4), 0
    for _ in range(count):
        store.source.advance(timedelta(seconds=86_400 / count))
        if lost:
            (channel_id,) = dice.choices(list(shops), POPULAR)
            taken += shops[channel_id].buy(f"MUG-{dice.randrange(len(shops[channel_id].listings))}") is not None
        else:
            taken += _fill(store, shops, 1, dice)
    return taken


def _recorded(session: Session) -> int:
    return int(session.scalar(select(func.count()).select_from(orders.orders)))


def _at_rest(session: Session) -> bool:
    """Nothing is left to be planned, read or written."""
    c, due = counters.counters.c, plans.sku_plans.c.due_at
    unread = select(func.count()).where(or_(c.due_at.is_not(None), c.rebase_at.is_not(None)))
    still = (select(func.count()).where(due.is_not(None)), unread, select(func.count()).where(writes.writes.c.closed_at.is_(None)))
    return not any(session.scalar(each) for each in still)
