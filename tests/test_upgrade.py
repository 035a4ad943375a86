"""A store that an earlier release has filled means the same to this one. tests/landed/make.py has made them."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, MetaData, Table, create_engine, insert, text
from sqlalchemy.types import DateTime, TypeEngine, Uuid

from app import chance, migrations
from app.database import Database
from app.domain import checking
from app.settings import Settings
from tests.api.client import Client
from tests.landed import make
from tests.servers import OWNER_TOKEN, Postgres

VERSIONS = sorted(path.stem for path in make.HERE.glob("*.sql"))


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, version: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database that holds what was landed at this version."""
    path = tmp_path / "tallystick.sqlite"
    with sqlite3.connect(path) as store:
        store.executescript((make.HERE / f"{version}.sql").read_text())
    store.close()
    if request.param == "sqlite":
        yield f"sqlite:///{path}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    address = postgres.url_for_new_database()
    migrations.upgrade(address, version)
    copy(path, address)
    yield address
    postgres.drop(address)


def copy(path: Path, address: str) -> None:
    """Every row of a SQLite file into a PostgreSQL database that has the same tables; neither asks today's code what they are."""
    source, engine = sqlite3.connect(path), create_engine(address)
    source.row_factory = sqlite3.Row
    tables = MetaData()
    with engine.begin() as target:
        tables.reflect(target)
        for table in tables.sorted_tables:
            rows = [converted(row, table) for row in source.execute(f'SELECT * FROM "{table.name}"')]
            if rows and table.name != "alembic_version":
                target.execute(insert(table), rows)
        count_on(target)
    source.close()
    engine.dispose()


def count_on(target: Connection) -> None:
    """Rows that come get numbers behind those that are there."""
    target.execute(text("SELECT setval(pg_get_serial_sequence('events', 'seq'), (SELECT max(seq) FROM events))"))


def converted(row: sqlite3.Row, table: Table) -> dict[str, Any]:
    """SQLite has no types for ids, moments, truth and JSON."""
    return {name: as_type(row[name], table.c[name].type) for name in row.keys()}  # noqa: SIM118  (a Row iterates over its values)


def as_type(value: Any, kind: TypeEngine[Any]) -> Any:
    if value is None:
        return None
    if isinstance(kind, Uuid):
        return UUID(value)
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if kind.python_type is bool:
        return bool(value)
    return json.loads(value) if kind.__visit_name__ in ("JSON", "JSONB") else value


@pytest.fixture
def landed(version: str) -> dict[str, Any]:
    """What the API said of it then, and the moment at which it did."""
    found: dict[str, Any] = json.loads((make.HERE / f"{version}.json").read_text())
    return found


def test_a_landed_store_has_something_in_every_table(version: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.sqlite") as store:
        store.executescript((make.HERE / f"{version}.sql").read_text())
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
        empty = [name for name in tables if not store.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]]
    store.close()
    assert (len(tables) > 15, empty) == (True, [])


def test_a_landed_store_migrates_balances_and_answers_as_it_did(url: str, version: str, landed: dict[str, Any], tmp_path: Path) -> None:
    assert migrations.upgrade(url) == (version, migrations.head())
    database = Database(url)
    assert database.look(checking.check) == []
    database.close()

    settings = Settings(data_dir=tmp_path, database_url=url, owner_token=OWNER_TOKEN, log_level="warning")
    if "key" in landed:
        settings.key.write_text(landed["key"])
    with chance.installed(chance.Seeded(2, datetime.fromisoformat(landed["at"]))), Client(settings) as client:
        now = make.answers(client)
        assert [change for path, then in landed["answers"].items() for change in changes(then, now[path], path)] == []

        path, body, key = make.REPEATED
        again = client.post(path, body, headers={"Idempotency-Key": key})
        assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
        assert changes(landed["answers"]["/v1/orders"][0], again.json(), "the stored answer") == []

        # And trading goes on.
        client.made("/v1/stock/movements", {"sku": "becher grün #2", "location": "studio", "quantity": 9} | RECEIVED)
        sold = next(order for order in client.everything("/v1/orders", status="open") if order["reference"] == "stall, cash")
        assert [line["short"] for line in sold["lines"]] == [0, 0]
        client.made(f"/v1/orders/{sold['id']}/shipments")
        assert client.app.state.database.look(checking.check) == []


RECEIVED = {"source": "supplier", "target": "available", "reason": "received"}


def changes(then: Any, now: Any, place: str) -> list[str]:
    """What was said then and isn't now; what is said in addition is no change."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [change for name in then for change in changes(then[name], now.get(name), f"{place} {name}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [change for n, each in enumerate(then) for change in changes(each, now[n], f"{place}[{n}]")]
    return [] if then == now else [f"{place}: {then!r} became {now!r}"]
