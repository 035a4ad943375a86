"""What the domain's tests share: a clock that only they move, and books that balance when they are done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from app import chance
from app.database import Database, metadata
from app.domain import checking
from tests import servers


@pytest.fixture(scope="session")
def one_postgresql(postgres: servers.Postgres, migrated_postgresql: str) -> Iterator[str]:
    """A database for all of these tests, one after another: to empty it takes a tenth of the time that a new one does."""
    url = postgres.url_for_new_database(like=migrated_postgresql)
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a migrated, empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite"
        path.write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("one_postgresql")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        tables = sql.SQL(", ").join(sql.Identifier(table.name) for table in metadata.sorted_tables)
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(tables))
    return url


@pytest.fixture
def clock() -> Iterator[chance.Seeded]:
    """Monday, 2 March 2026, nine in the morning, until the test lets time pass."""
    source = chance.Seeded(1, datetime(2026, 3, 2, 9, tzinfo=UTC))
    with chance.installed(source):
        yield source


@pytest.fixture(autouse=True)
def _the_books_balance_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    database: Database | None = request.getfixturevalue("database") if "database" in request.fixturenames else None
    yield
    if database is not None:
        assert database.look(checking.check) == []
