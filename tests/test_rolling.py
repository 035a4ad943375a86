"""A new release comes in while the old one serves, on PostgreSQL. How processes are replaced one by one is part of tests/test_chaos.py."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from app import migrations
from app.database import engine_for
from tests.servers import Postgres, Server
from tests.test_migrations import one_more
from tests.trade import Trade, assert_books_agree, stock

PLENTY = 10_000


def test_a_migration_runs_while_the_old_release_serves_and_waits_for_nobody_s_long_look(
    postgres: Postgres,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one_more(tmp_path, monkeypatch, "op.add_column('orders', sa.Column('gifts', sa.Integer(), nullable=False, server_default='0'))")
    url = postgres.url_for_new_database()
    looking, looked = threading.Event(), threading.Event()

    def look_for_long() -> None:
        """A report that somebody runs: it holds the table as long as it reads."""
        with psycopg.connect(url.replace("+psycopg", "")) as report:
            report.execute("SELECT count(*) FROM orders").fetchone()
            looking.set()
            looked.wait(60)

    async def upgrade_amid_trade() -> Trade:
        async with Trade.going_on(server) as trade:
            await trade.until_accepted(20)
            report = asyncio.create_task(asyncio.to_thread(look_for_long))
            await asyncio.to_thread(looking.wait, 10)
            migration = asyncio.create_task(asyncio.to_thread(migrations.upgrade, url))
            await trade.until_accepted(200)  # they go on although it can't
            assert not migration.done()
            looked.set()
            await migration
            await report
            await trade.until_accepted(20)
        return trade

    with Server(tmp_path / "shop", database_url=url) as server:
        stock(server, PLENTY, "CUP", "JUG")
        trade = asyncio.run(upgrade_amid_trade())
        assert (trade.broken, trade.refusals) == (0, [])
        assert_books_agree(server, trade, received=PLENTY)
    assert "gifts" in columns(url)["orders"]


# From here on a release may be serving while the next one's migrations run. What came before never had to bear that.
SINCE = "0014"


def test_every_migration_leaves_the_release_before_it_able_to_go_on(postgres: Postgres) -> None:
    """It adds what the old one needn't know of, and takes nothing away: that comes a release later."""
    scripts = ScriptDirectory.from_config(migrations.config())
    versions = [script.revision for script in scripts.walk_revisions() if script.revision >= SINCE][::-1]
    url = postgres.url_for_new_database()
    before: dict[str, dict[str, Any]] = {}
    for version in versions:
        migrations.upgrade(url, version)
        after = columns(url)
        for table, known in before.items():
            assert known.keys() <= after.get(table, {}).keys(), f"{version} takes something away from {table}"
            for name, now in after[table].items():
                was = known.get(name)
                needless = now["nullable"] or now["default"] is not None
                assert (was is not None and was["nullable"] == now["nullable"]) or needless, f"{version}: nobody fills {name}"
                assert was is None or str(was["type"]) == str(now["type"]), f"{version}: {name} becomes another kind"
        before = after


def columns(url: str) -> dict[str, dict[str, Any]]:
    engine = engine_for(url, pool_size=1)
    try:
        found = inspect(engine)
        return {table: {column["name"]: column for column in found.get_columns(table)} for table in found.get_table_names()}
    finally:
        engine.dispose()
