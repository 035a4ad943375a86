"""`python -m bench grown`: a large store in minutes. A small one trades for a while, by the real program; then what it left is repeated.

Every row is one that the program has written, so the books of the whole balance as those of the part do, and whatever the tables become,
this follows. What belongs to the store as a whole (its channels, locations, tokens) is there once. Each copy has ids, codes and times of
its own: the while is stretched over a year and more, copies are set off against each other, and what a store of that age keeps no longer is
left out.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import Connection, Table, event, insert, select, text
from sqlalchemy.engine import make_url

from app import chance, domain, migrations
from app.api.idempotency import stored_answers
from app.chance import Seeded
from app.channels.base import ListingSnapshot
from app.channels.memory import EXACT, Shop
from app.database import Database, Session, Utc, engine_for, metadata
from app.domain import (
    carrying,
    catalogue,
    checking,
    counters,
    counts,
    differences,
    endpoints,
    entries,
    events,
    exceptions,
    listings,
    orders,
    reservations,
    shipments,
    store,
    transfers,
    writes,
)
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock
from app.domain.money import Money
from app.domain.pricing import LineDraft, OrderDraft
from app.main import open_store
from app.sync.plan import LOOK_AGAIN
from tests import shop as hands
from tests.world import World

CAUSE = Cause("owner")
CHANNELS = 3
PRODUCTS, SIZES = 5, ("S", "M", "L", "XL")
SKUS = PRODUCTS * len(SIZES)
ROUNDS = 20
ROUND = timedelta(minutes=10)
DAYS = 500
# Copies are set off against each other by so many steps within the time of a round.
STEPS = 16
TOGETHER = 5_000
# The parts of all orders that are sent or cancelled by now, and of those the part that was cancelled.
SETTLED, CANCELLED = 0.95, 0.05

# What is the store's own, and there once.
ONCE = ("store", "channels", "lanes", "locations", "tokens", "workers", "webhook_endpoints")
# What else tells one copy from another, beside its ids.
NAMES = {
    "products": ("title", "handle"),
    "skus": ("code", "code_key"),
    "orders": ("external_id", "reference"),
    "counters": ("external_id", "unit"),
    "listings": ("external_id", "sku_code"),
    "listing_ids": ("external_id",),
    "deliveries": ("identity",),
    "differences": ("subject",),
    "writes": ("unit", "key"),
    "stored_answers": ("key",),
}
# How things stand now: these moments are as long ago as they were when the small store stopped.
PRESENT = {"counters": ("rate_at", "read_at"), "listings": ("seen_at",), "sku_plans": ("planned_at",)}
# By which moment a store lets go of a row, and how long it keeps it.
KEPT = {
    "deliveries": ("received_at", "deliveries_days"),
    "events": ("at", "events_days"),
    "writes": ("closed_at", "writes_days"),
    "counter_entries": ("at", "writes_days"),
    "stored_answers": ("stored_at", "answers_days"),
    "webhook_messages": ("created_at", "webhook_messages_days"),
}

# In what is copied these stand for the copy's number, and for the same back to front.
_OWN, _NWO = "\x01", "\x02"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (as SQLite keeps moments: UTC, and says nothing of it)

Told = Callable[[str, int, int], None]
"""Told how far it has got: what is filled, rows done, rows in all (about)."""


# A small store trades


@dataclass
class Season:
    """A small store and what it was like."""

    place: Path
    keys: Path
    shops: dict[str, Shop]
    began: datetime
    ended: datetime
    orders: int = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.place}"


def season(folder: Path, *, orders: int = 5 * SKUS, seed: int = 1) -> Season:
    """A few SKUs in three shops, and about so many orders, own ones and the shops'. It ends now, and nothing is under way."""
    place, keys = folder / "season.sqlite", folder / "season.key"
    migrations.upgrade(f"sqlite:///{place}")
    source = Seeded(seed, chance.now().replace(microsecond=0) - ROUNDS * ROUND - timedelta(minutes=5))
    database = Database(f"sqlite:///{place}", finish=domain.finish)
    event.listen(database.engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous=OFF"))  # nobody's store
    with closing(database), chance.installed(source):
        database.run(open_store, "EUR")
        small = World(database, source, keys)
        shops = _open(small)
        made = Season(place, keys, shops, chance.now(), chance.now())
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            made.orders += _round(small, shops, orders // ROUNDS, dice)
        database.run(_tell)
        small.run_for(10)
        small.check()
        made.ended = chance.now()
    return made


def code(number: int) -> str:
    product, size = divmod(number, len(SIZES))
    return f"BOWL-{SIZES[size]}-{product}"


def _open(small: World) -> dict[str, Shop]:
    database = small.database
    hands.place_to_stock(database, "STALL")
    price, cost = Money(2400, "EUR"), Money(700, "EUR")
    for product in range(PRODUCTS):
        sizes = [catalogue.SkuDraft(code(product * len(SIZES) + size), price, cost) for size in range(len(SIZES))]
        database.run(catalogue.create_product, catalogue.ProductDraft(f"Stoneware bowl {product}", sizes), cause=CAUSE)
    for number in range(SKUS):
        small.receive(code(number), 60)
        small.receive(code(number), 20, location="STALL")
    shops = {}
    for number in range(CHANNELS):
        shop = Shop(replace(EXACT, feed_overlap_s=0.0))
        for sku in range(SKUS):
            shop.offer(f"{number}-{sku}-", code(sku), 0)
        shops[small.connect(shop, name=f"shop {number + 1}")] = shop
    database.run(endpoints.create, url="https://books.example/hook", description="The books", types=[], secrets="", cause=CAUSE)
    small.run_for(60)
    return shops


def _round(small: World, shops: dict[str, Shop], count: int, dice: random.Random) -> int:
    """Buyers come, to us and to the shops; most of what they bought is sent, little of it is cancelled, something is made anew."""
    database, taken = small.database, 0
    again = code(dice.randrange(SKUS))
    database.run(reservations.hold, [(again, 1)], expires_in=ROUND / 2, cause=CAUSE)
    sent = database.run(transfers.send, "STALL", "STUDIO", [(again, 1)], cause=CAUSE)
    small.receive(again, 60)
    for number in range(count):
        small.source.advance(ROUND / count)
        bought = _buys_there(small, shops, dice) if number % 2 else _buys_here(database, dice)
        taken += bought
    database.run(reservations.lapse_due, cause=CAUSE)
    database.run(transfers.receive, sent["id"], cause=CAUSE)
    there = hands.level(database, again)
    database.run(counts.record, "STUDIO", [(again, sum(vars(there).values()) - 1)], cause=CAUSE)
    database.run(_noticed, again)
    small.quiet()
    return taken


def _buys_there(small: World, shops: dict[str, Shop], dice: random.Random) -> bool:
    number, sku = dice.randrange(CHANNELS), dice.randrange(SKUS)
    channel_id, shop = list(shops.items())[number]
    order = shop.buy(f"{number}-{sku}-", dice.choice((1, 1, 2)))
    if order is None:
        return False
    small.deliver(channel_id, shop.message(order))
    if dice.random() < SETTLED:
        (shop.cancel if dice.random() < CANCELLED else shop.ship)(order)
        small.deliver(channel_id, shop.message(order, whole=False))
    return True


def _buys_here(database: Database, dice: random.Random) -> bool:
    wanted = {code(dice.randrange(SKUS)): dice.choice((1, 1, 2)) for _ in range(dice.choice((1, 1, 2)))}
    who = {"name": f"Buyer {dice.randrange(10**6)}", "email": f"b{dice.randrange(10**6)}@example.org", "city": "Wetherby"}
    draft = OrderDraft([LineDraft(code, units) for code, units in wanted.items()], f"W{dice.randrange(10**9)}-", buyer=who, ship_to=who)
    try:
        row = database.run(orders.place, draft, cause=CAUSE)
    except InsufficientStock:
        return False
    database.run(_answered, row["id"])
    if dice.random() < SETTLED:
        if dice.random() < CANCELLED:
            database.run(orders.cancel, row["id"], cause=CAUSE)
        else:
            database.run(shipments.ship, row["id"], carrier="DHL", cause=CAUSE)
    return True


def _noticed(session: Session, code: str) -> None:
    """A shop showed another number than we believed, and a person was told; it is over."""
    c = counters.counters.c
    row = session.execute(select(counters.counters).where(c.sku_id == catalogue.id_of(code)).order_by(c.id).limit(1)).mappings().one()
    exceptions.raise_(
        session,
        "hand_edit",
        row["id"],
        severity="warning",
        title=f"{code} was changed by hand",
        advice="-",
        channel_id=row["channel_id"],
        cause=CAUSE,
    )
    kind = {"title": code, "counter_id": row["id"], "expected": 7, "seen": 9}
    found = differences.note(session, row["channel_id"], "counter", row["external_id"], "hand_edit", **kind, cause=CAUSE)
    exceptions.clear(session, "hand_edit", row["id"], cause=CAUSE)
    differences.close(session, found, "overwritten", cause=CAUSE)


def _answered(session: Session, order_id: str) -> None:
    """The answer that is stored for an order with a key."""
    row = {"token_id": chance.new_id(), "route": "POST /v1/orders", "key": order_id, "fingerprint": "0" * 64, "status": 201}
    session.execute(insert(stored_answers), row | {"body": b"{" + b" " * 900 + b"}", "stored_at": chance.now()})


def _tell(session: Session) -> None:
    """Everything that happened has reached the other system."""
    (endpoint_id,) = carrying.on(session)
    while (step := carrying.look(session, endpoint_id)) is not None:
        for message in carrying.take(session, step) or ():
            carrying.delivered(session, message, carrying.Outcome(status=200, took_ms=40))


# What it left is repeated


@dataclass
class _Age:
    """When something happened in a store that is as old as this one shall be. Microseconds since 1970 on both sides."""

    began: int
    ended: int
    span: int

    def of(self, moment: int, step: int) -> int:
        """What happened while the small store traded is stretched; what lies before or behind that is as far off as it was."""
        if moment >= self.ended:
            return moment
        if moment <= self.began:
            return self.ended - self.span - (self.began - moment)
        since = (moment - self.began) * self.span // (self.ended - self.began)
        return self.ended - self.span + max(since - step * self.span // (ROUNDS * STEPS), 0)


@dataclass
class _Row:
    """A row as one step of copies has it: values, which of them are the copy's own, and which of them count up."""

    at: int
    step: int
    values: list[Any]
    own: list[int]
    counted: list[int]
    last: bool = False


@dataclass
class _Copier:
    """Turns what the small store left into what many such stores would have left in a longer time."""

    made: Season
    copies: int
    age: _Age
    kept: dict[str, int]
    ids: dict[str, str] = field(default_factory=dict)  # an id as it is kept, and what it becomes
    dropped: set[tuple[str, int]] = field(default_factory=set)  # writes that are kept no longer: id, step
    numbers: dict[tuple[int, int], int] = field(default_factory=dict)  # events that are kept: number and step, and their new number

    def __post_init__(self) -> None:
        self.steps = max(1, min(STEPS, self.copies // 8))
        self.of_step = [[f"{n:08x}" for n in range(step, self.copies, self.steps)] for step in range(self.steps)]
        self.width = max(map(len, self.of_step))

    def learn(self, source: Connection) -> None:
        """Which ids are a copy's own: those of every row that isn't the store's."""
        found = set()
        for table in metadata.sorted_tables:
            if table.name not in ONCE:
                for column in table.primary_key.columns:
                    if column.name == "id":
                        found.update(_raw(source, f'SELECT "{column.name}" FROM "{table.name}"'))
        for number, (kept,) in enumerate(sorted(each for each in found if isinstance(each[0], str) and len(each[0]) == 32)):
            self.ids[kept] = f"{number:07x}"

    def rows(self, source: Connection, table: Table) -> list[_Row]:
        """A table's rows in the order of time, each once for every step that still has it."""
        names = [column.name for column in table.c]
        found: list[_Row] = []
        for raw in _raw(source, f'SELECT {_columns(table)} FROM "{table.name}"'):
            for step in range(self.steps):
                row = self._row(table, dict(zip(names, raw, strict=True)), step)
                if row is not None:
                    found.append(row)
        found.sort(key=lambda row: row.at)
        if table is events.events:
            for number, row in enumerate(found):
                before = row.values[names.index("seq")]
                self.numbers[before, row.step] = row.values[names.index("seq")] = number * self.width + 1
                row.counted = [names.index("seq")]
        return found

    def _row(self, table: Table, raw: dict[str, Any], step: int) -> _Row | None:
        named, present = NAMES.get(table.name, ()), PRESENT.get(table.name, ())
        moments: dict[str, int] = {}
        values: dict[str, Any] = {}
        for column in table.c:
            name, value = column.name, raw[column.name]
            if isinstance(column.type, Utc) and value is not None:
                then = _micros(value)
                if name == "planned_at":  # they are looked at again one after another, not all at once
                    then -= step * int(LOOK_AGAIN.total_seconds() * 1_000_000) // (2 * self.steps)
                moments[name] = then if name in present else self.age.of(then, step)
                value = _said(moments[name])
            elif isinstance(value, str):
                value = self._text(value, step)
                if name in named:
                    value += _OWN
                elif name == "code_mirror":
                    value = _NWO + value
                elif name == "word" and any(char.isdigit() for char in value):
                    value += _OWN
            values[name] = value
        if self._is_gone(table, raw, moments, step):
            return None
        if table is endpoints.webhook_messages and raw["event_seq"] is not None:
            if (raw["event_seq"], step) not in self.numbers:
                return None
            values["event_seq"] = self.numbers[raw["event_seq"], step]
        given = list(values.values())
        own = [n for n, value in enumerate(given) if isinstance(value, str) and (_OWN in value or _NWO in value)]
        counted = [list(values).index("event_seq")] if "event_seq" in values and values["event_seq"] is not None else []
        kept = raw.get("id")
        at = self._made(kept, step) if isinstance(kept, str) else min(moments.values(), default=0)
        return _Row(moments.get("at", at) if table is events.events else at, step, given, own, counted)

    def _is_gone(self, table: Table, raw: dict[str, Any], moments: dict[str, int], step: int) -> bool:
        if table is writes.write_entries:
            return (raw["write_id"], step) in self.dropped
        if table.name not in KEPT:
            return False
        moment, days = KEPT[table.name]
        gone = moment in moments and moments[moment] < self.age.ended - self.kept[days] * 86_400_000_000
        if table is entries.counter_entries:
            return gone and raw["number"] < self.last_entry[raw["counter_id"]]
        if table is writes.writes and gone:
            self.dropped.add((raw["id"], step))
        return gone

    def _made(self, kept: str, step: int) -> int:
        return self.age.of(int(kept[:12], 16) * 1000, step)

    def _new(self, kept: str, step: int) -> str:
        """An id of the same moment in the longer time, which ends with the copy's number."""
        number = self.ids[kept]
        return f"{self._made(kept, step) // 1000:012x}70008{number}{_OWN}"

    def _text(self, value: str, step: int) -> str:
        if len(value) == 32 and value in self.ids:
            return self._new(value, step)

        def other(found: re.Match[str]) -> str:
            kept = found[0].replace("-", "")
            if kept not in self.ids:
                return found[0]
            new = self._new(kept, step)
            return f"{new[:8]}-{new[8:12]}-{new[12:16]}-{new[16:20]}-{new[20:]}"

        return _ID.sub(other, value) if "-7" in value else value

    def copied(self, rows: Sequence[_Row]) -> Iterator[list[Any]]:
        """Every copy of these rows. One that names nothing of a copy's own is the store's, and there once."""
        for row in rows:
            if not row.own and not row.counted:
                if row.step == 0:
                    yield row.values
                continue
            for index, number in enumerate(self.of_step[row.step]):
                values = row.values.copy()
                for place in row.own:
                    text = values[place].replace(_OWN, number)
                    values[place] = text.replace(_NWO, number[::-1]) if _NWO in text else text
                for place in row.counted:
                    values[place] += index
                yield values

    last_entry: dict[str, int] = field(default_factory=dict)


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.c)


def _raw(source: Connection, query: str) -> list[tuple[Any, ...]]:
    driver: Any = source.connection.dbapi_connection
    return list(driver.execute(query))


@lru_cache(50_000)
def _micros(said: str) -> int:
    return (datetime.fromisoformat(said) - _EPOCH) // timedelta(microseconds=1)


@lru_cache(50_000)
def _said(micros: int) -> str:
    """As SQLite keeps it, and PostgreSQL reads it."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(" ", "microseconds")


def fill(made: Season, url: str, *, copies: int, days: int = DAYS, told: Told = lambda what, done, of: None) -> int:
    """Put so many copies of a small store into an empty, migrated database, on SQLite or PostgreSQL. Returns how many rows that were."""
    source_engine, target_engine = engine_for(made.url, pool_size=1, read_only=True), engine_for(url, pool_size=1)
    try:
        with source_engine.connect() as source, source.begin():
            (settings,) = source.execute(select(store.store)).mappings()
            began, ended = (_micros(each.astimezone(UTC).replace(tzinfo=None).isoformat()) for each in (made.began, made.ended))
            age = _Age(began, ended, days * 86_400_000_000)
            copier = _Copier(made, copies, age, {days: settings[days] for _, days in KEPT.values()})
            copier.last_entry = dict(_raw(source, "SELECT id, entries FROM counters"))
            copier.learn(source)
            pour = _into_sqlite if target_engine.dialect.name == "sqlite" else _into_postgresql
            return pour(target_engine, _everything(source, copier), told)
    finally:
        source_engine.dispose()
        target_engine.dispose()


def _everything(source: Connection, copier: _Copier) -> Iterator[tuple[Table, int, Iterator[list[Any]]]]:
    """Every table, about how many rows it gets, and its rows. Events before what refers to them, and writes before their entries."""
    tables = sorted(metadata.sorted_tables, key=lambda table: table is endpoints.webhook_messages)
    for table in tables:
        if table.name in ONCE:
            rows = [list(row) for row in _raw(source, f'SELECT {_columns(table)} FROM "{table.name}"')]
            yield table, len(rows), iter(rows)
            continue
        found = copier.rows(source, table)
        yield table, len(found) * copier.width, copier.copied(found)


def _into_sqlite(engine: Any, tables: Iterator[tuple[Table, int, Iterator[list[Any]]]], told: Told) -> int:
    """Without a journal, and with the indexes made when all is there: what is filled isn't anybody's store yet."""
    done = 0
    raw = engine.raw_connection()
    with closing(raw):
        for setting in ("foreign_keys=OFF", "journal_mode=OFF", "synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            raw.execute(f"PRAGMA {setting}")
        made = [text for (text,) in raw.execute("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")]
        for (name,) in list(raw.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")):
            raw.execute(f'DROP INDEX "{name}"')
        for table, total, rows in tables:
            raw.execute("BEGIN")
            raw.execute(f'DELETE FROM "{table.name}"')
            statement = f'INSERT INTO "{table.name}" ({_columns(table)}) VALUES ({", ".join("?" * len(table.c))})'
            sofar = 0
            while part := list(islice(rows, TOGETHER)):
                raw.executemany(statement, part)
                sofar += len(part)
                told(table.name, sofar, max(total, sofar))
            raw.execute("COMMIT")
            done += sofar
        for number, text in enumerate(made, 1):
            raw.execute(text)
            told("indexes", number, len(made))
        raw.execute("PRAGMA journal_mode=WAL")
    return done


def _into_postgresql(engine: Any, tables: Iterator[tuple[Table, int, Iterator[list[Any]]]], told: Told) -> int:
    done = 0
    with engine.connect() as target, target.begin():
        for setting in ("statement_timeout = 0", "session_replication_role = replica", "maintenance_work_mem = '256MB'"):
            target.execute(text(f"SET LOCAL {setting}"))
        # Not those that a constraint stands on: nothing can do without them.
        query = text(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
            " AND indexname NOT IN (SELECT conname FROM pg_constraint) AND tablename <> 'alembic_version'"
        )
        made = list(target.execute(query))
        for name, _ in made:
            target.execute(text(f'DROP INDEX "{name}"'))
        target.execute(text(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)}"))
        driver: Any = target.connection.dbapi_connection
        for table, total, rows in tables:
            sofar = 0
            with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({_columns(table)}) FROM STDIN') as into:
                for row in rows:
                    into.write_row(row)
                    sofar += 1
                    if sofar % TOGETHER == 0:
                        told(table.name, sofar, max(total, sofar))
            if (counted := table.autoincrement_column) is not None:
                last = target.scalar(text(f'SELECT coalesce(max("{counted.name}"), 0) FROM "{table.name}"'))
                target.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counted.name}'), {last + 1}, false)"))
            done += sofar
        for number, (_, definition) in enumerate(made, 1):
            target.execute(text(definition))
            told("indexes", number, len(made))
    # As the server would by itself a minute later.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as target:
        target.execute(text("SET statement_timeout = 0"))
        target.execute(text("VACUUM (ANALYZE)"))
    return done


# To go on with


@contextmanager
def opened(made: Season, url: str, source: Seeded, codes: Sequence[str] | None = None) -> Iterator[World]:
    """The large store goes on, by a clock of the caller's. `codes`: the SKUs that its shops know; None: all that it sells there."""
    database = Database(url, finish=domain.finish)
    with closing(database):
        grown = World(database, source, made.keys)
        for channel_id, shop in made.shops.items():
            _stock_up(grown, channel_id, shop, codes)
            grown.open(channel_id, shop)
        yield grown


def _stock_up(grown: World, channel_id: str, shop: Shop, codes: Sequence[str] | None) -> None:
    """The shop has on sale what the store believes to be there, with the same numbers."""
    c, listing = counters.counters.c, listings.listings.c
    query = select(listing.external_id, listing.sku_code, listing.title, c.external_id.label("counter"), c.unit, c.shown)
    query = query.join(counters.counters, c.id == listing.counter_id).where(c.channel_id == channel_id)
    if codes is not None:
        query = query.where(listing.sku_code.in_(codes))
    shop.counters, shop.listings, shop.orders = {}, {}, {}
    for row in grown.database.look(lambda session: session.execute(query).all()):
        shop.counters[row.counter] = row.shown
        shop.listings[row.external_id] = ListingSnapshot(row.external_id, row.sku_code, row.title, row.unit, row.counter, row.shown)


@contextmanager
def showing(console: Console) -> Iterator[Told]:
    """A bar for each table."""
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=of)

        yield told


def main(
    to: Annotated[str, typer.Argument(help="A SQLite file that isn't there yet, or the address of an empty PostgreSQL database.")],
    skus: Annotated[int, typer.Option(min=SKUS, help="SKUs, each on three counters.")] = 100_000,
    orders: Annotated[int, typer.Option(min=ROUNDS, help="Orders, half of them the shops'.")] = 500_000,
    seed: Annotated[int, typer.Option(help="Another number is another store.")] = 1,
) -> None:
    """Fill an empty database with a large store."""
    import tempfile

    console = Console()
    url = to if "://" in to else f"sqlite:///{Path(to).resolve()}"
    if make_url(url).get_backend_name() == "sqlite" and Path(str(make_url(url).database)).exists():
        console.print(f"[bold red]{to} is there already")
        raise typer.Exit(1)
    with tempfile.TemporaryDirectory(prefix="tallystick-grown-") as where:
        with console.status("a small store trades"):
            made = season(Path(where), orders=orders * SKUS // skus, seed=seed)
        migrations.upgrade(url)
        with showing(console) as told:
            rows = fill(made, url, copies=skus // SKUS, told=told)
        console.print(f"{rows:,} rows")
        with console.status("the books are checked"), closing(Database(url, finish=domain.finish)) as database:
            found = database.look(checking.check)
        console.print("the books balance" if not found else f"[bold red]{len(found)} findings; {found[0]}")


if __name__ == "__main__":
    typer.run(main)
