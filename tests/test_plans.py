"""Every query on a path that grows has an index that serves it: how much of a store the program looks at, statement by statement.

A store with some history (`bench.grown`) trades, keeps house and is asked for everything that the API has. Each statement that the database
is given meanwhile is run once more, and what it looks at is counted: by SQLite's own machine in its steps, by PostgreSQL in rows. Whatever
looks through a table that grows, or sorts it, is far above the rest. On SQLite there are no statistics, as in any store of ours; on
PostgreSQL there are, and reading a whole table is forbidden where there is another way, because a small one is soon read.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from app import chance, migrations, wire
from app.chance import Seeded
from app.database import Database
from app.domain import catalogue, channels, counters, listings, orders, store, watch
from app.domain.pricing import LineDraft, OrderDraft
from app.sync import plan
from app.worker import tidy
from bench import grown
from bench.growth import Api
from tests import servers
from tests.world import CAUSE, World

COPIES = 40
# A page of ten takes less by far, and looking through a table that grows more.
MOST_STEPS = 4_000
MOST_ROWS = 700

# Whatever looks at more, and why it may. Parts of the statement, without its values.
KNOWN = {
    "NOT (EXISTS (SELECT stock_movements.id": "the opening stock is entered once, when there is no history yet",
    "SELECT listings.counter_id, sum(CASE": "the same, of the orders that are open",
    "SELECT counters.channel_id, count(*)": "a channel's health says how many counters it has: they are counted in an index",
    "WHERE listings.channel_id = ? AND listings.live": "a channel was listed as a whole, and what it didn't show is looked for",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> grown.Season:
    return grown.season(tmp_path_factory.mktemp("season"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, made: grown.Season, tmp_path: Path) -> Iterator[str]:
    """A store of 800 SKUs and 4,000 orders."""
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path / 'grown.sqlite'}"
        migrations.upgrade(found)
        grown.fill(made, found, copies=COPIES, days=80)
        yield found
        return
    postgres: servers.Postgres = request.getfixturevalue("postgres")
    found = postgres.url_for_new_database(like=request.getfixturevalue("migrated_postgresql"))
    grown.fill(made, found, copies=COPIES, days=80)
    yield found
    postgres.drop(found)


# What the database is given


@contextmanager
def listening(database: Database) -> Iterator[dict[str, str]]:
    """The statements that a database is given, each with its values, by what they are without them."""
    heard: dict[str, str] = {}

    def hear(statement: str) -> None:
        if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement):
            heard.setdefault(_without_values(statement), statement)

    def listen(raw: Any, _: Any) -> None:
        if database.is_sqlite:
            raw.set_trace_callback(hear)
        else:
            raw.cursor_factory = _cursor(hear)

    run = wire.run

    def heard_run(connection: Any, known: Any, statements: Any, **how: Any) -> Any:
        for text, values in statements:
            hear(psycopg.ClientCursor(connection).mogrify(text, values) if values else text)
        return run(connection, known, statements, **how)

    engines = {database.engine, getattr(database._snapshots, "engine", database._snapshots)}
    for engine in engines:
        engine.dispose()
        event.listen(engine, "connect", listen)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(wire, "run", heard_run)
        yield heard


def _cursor(hear: Callable[[str], None]) -> type[psycopg.Cursor[Any]]:
    class Heard(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **how: Any) -> Any:
            said = query if isinstance(query, str) else query.decode() if isinstance(query, bytes) else query.as_string(self)
            hear(psycopg.ClientCursor(self.connection).mogrify(said, params) if params else said)
            return super().execute(query, params, **how)

        def executemany(self, query: Any, params_seq: Any, **how: Any) -> None:
            for params in (given := list(params_seq))[:1]:
                hear(psycopg.ClientCursor(self.connection).mogrify(query, params))
            super().executemany(query, given, **how)

    return Heard


def _without_values(statement: str) -> str:
    plain = re.sub(r"'(?:[^']|'')*'(::\w+)?|\b\d+(\.\d+)?\b|\bNULL\b", "?", statement)
    return re.sub(r"\s+", " ", re.sub(r"\((\?(, )?)+\)(, )?", "(?)", plain)).strip()


# What it looks at


def steps(url: str, heard: dict[str, str]) -> dict[str, tuple[int, str]]:
    """On SQLite: of each statement how many steps it takes, and its plan."""
    found = {}
    with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as raw:
        for plain, statement in heard.items():
            taken = [0]

            def count(taken: list[int] = taken) -> None:
                taken[0] += 100

            raw.execute("BEGIN")
            raw.set_progress_handler(count, 100)
            with suppress(sqlite3.IntegrityError):  # it is there since
                raw.execute(statement).fetchall()
            raw.set_progress_handler(None, 0)
            raw.execute("ROLLBACK")
            plan_ = "; ".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}"))
            found[plain] = taken[0], plan_
    return found


def rows(url: str, heard: dict[str, str]) -> dict[str, tuple[int, str]]:
    """On PostgreSQL: of each statement how many rows its plan looks at or sorts, and what looks at most of them."""
    found = {}
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as raw:
        for way in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"):
            raw.execute(f"SET {way} = off")
        for plain, statement in heard.items():
            with raw.transaction(force_rollback=True):
                try:
                    (said,) = raw.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}").fetchone() or ()
                except psycopg.errors.IntegrityError:
                    continue
            found[plain] = max(_looked_at(said[0]["Plan"]), default=(0, ""))
    return found


def _looked_at(node: dict[str, Any]) -> Iterator[tuple[int, str]]:
    each = node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    yield int(each * node.get("Actual Loops", 1)), f"{node['Node Type']} {node.get('Relation Name', '')} {node.get('Index Name', '')}"
    for part in node.get("Plans", ()):
        yield from _looked_at(part)


# What it does


def trades(world: World) -> None:
    """What a store does all day: it sells, is told of sales, plans, writes, polls, reconciles, keeps house and looks around."""
    database = world.database
    codes = [f"{grown.code(number)}{COPIES // 2:08x}" for number in range(grown.SKUS)]
    database.run(orders.place, OrderDraft([LineDraft(code, 1) for code in codes[:2]], "growing"), cause=CAUSE)
    for channel_id, lane in world.lanes.items():
        shop = lane._transport
        world.deliver(channel_id, shop.message(shop.buy(next(name for name, each in shop.listings.items() if each.sku == codes[0]))))
    channel_id, lane = next(iter(world.lanes.items()))
    bowl = next(each for each in lane._transport.listings.values() if each.sku == codes[0])
    database.run(channels.ask_to_reconcile, channel_id)
    world.receive(codes[1], 500)
    sku_id = database.look(catalogue.by_code, codes[1])["id"]
    database.run(plan.plan, sku_id)
    world.run_for(600)
    database.run(watch.look, listens=True, since=chance.now() - timedelta(hours=1))
    database.run(listings.note, channel_id, bowl.external_id, sku_code=codes[0], title="Bowl", cause=CAUSE)
    database.run(listings.gone, channel_id, chance.now() - timedelta(days=900))
    database.run(counters.note, channel_id, str(bowl.counter), unit="bowl", title="Bowl", protected=True)
    shorter = {f"{kind}_days": least for kind, (least, _, _) in store.RETENTION.items()}
    database.run(store.change, shorter, cause=CAUSE)  # some of everything is older
    asyncio.run(tidy(database))


def is_asked(api: Api, pages: list[str]) -> None:
    """Everything that the API has, and every filter."""

    async def ask() -> None:
        for path in pages:
            answer = await api.get(path)
            assert answer.status_code == 200, f"{path}: {answer.text}"

    asyncio.run(ask())


def test_no_statement_looks_through_a_table_that_grows(url: str, made: grown.Season, tmp_path: Path) -> None:
    source = Seeded(2, made.ended)
    with chance.installed(source), grown.opened(made, url, source) as world:
        api = Api(world.database, tmp_path)
        pages = api.pages(limit=10)
        with listening(world.database) as heard:
            is_asked(api, pages)
            trades(world)
        assert len(heard) > 300
    measure, most = (steps, MOST_STEPS) if url.startswith("sqlite") else (rows, MOST_ROWS)
    looked_at = measure(url, heard)
    far = {plain: found for plain, found in looked_at.items() if found[0] > most and not any(part in plain for part in KNOWN)}
    said = "\n\n".join(f"{count}: {how}\n{plain[:1500]}" for plain, (count, how) in sorted(far.items(), key=lambda each: -each[1][0]))
    assert not far, f"{len(far)} statements look at too much:\n{said}"
