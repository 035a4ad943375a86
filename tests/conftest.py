"""What tests share: a store on each database, and how long each suite took."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app import domain, migrations
from app.database import Database, metadata
from app.main import open_store
from tests import servers


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    """One PostgreSQL for the whole run; each test gets databases of its own on it."""
    with servers.postgres() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema of the migrations, to copy from."""
    path = tmp_path_factory.mktemp("template") / "store.sqlite"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgres: servers.Postgres) -> str:
    """A PostgreSQL database with the schema of the migrations, to copy from."""
    url = postgres.url_for_new_database()
    migrations.upgrade(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite"
        path.write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        yield f"sqlite:///{path}"
        return
    postgres: servers.Postgres = request.getfixturevalue("postgres")
    url = postgres.url_for_new_database(like=request.getfixturevalue("migrated_postgresql"))
    yield url
    postgres.drop(url)


@pytest.fixture(scope="session")
def one_postgresql(postgres: servers.Postgres, migrated_postgresql: str) -> Iterator[str]:
    """A database for many tests, one after another: to empty it takes a fortieth of the time that a new one does."""
    url = postgres.url_for_new_database(like=migrated_postgresql)
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def reused_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """As `database_url`, for tests that let go of the database when they are done."""
    if request.param == "sqlite":
        path = tmp_path / "store.sqlite"
        path.write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("one_postgresql")
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute("SET session_replication_role = replica")  # whatever refers to whatever
        for table in metadata.sorted_tables:
            connection.execute(f'DELETE FROM "{table.name}"')
            if (counted := table.autoincrement_column) is not None:
                connection.execute(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counted.name}'), 1, false)")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new store, with the location STUDIO, on SQLite and on PostgreSQL."""
    opened = Database(database_url, finish=domain.finish)
    opened.run(open_store, "EUR")
    yield opened
    opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Each suite says what it cost; the channels' one, how many calls were held against the platforms' own documents."""
    seconds: dict[str, float] = defaultdict(float)
    calls: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid.partition("::")[0]] += report.duration
                for kind, *counted in [value for name, value in report.user_properties if name == "contract" and report.when == "teardown"]:
                    calls[kind] = [before + more for before, more in zip(calls[kind], counted, strict=True)]
    calls = {kind: counted for kind, counted in calls.items() if counted[0]}
    if calls:
        terminalreporter.section("calls of channels")
    for kind, (made, validated) in sorted(calls.items()):
        held = f"{validated} calls validated" if validated else "none validated: there is no published document, or not here"
        terminalreporter.write_line(f"{kind}: {made} calls made, {held}")
    terminalreporter.section("seconds per suite")
    for suite, spent in sorted(seconds.items(), key=lambda each: -each[1]):
        terminalreporter.write_line(f"{spent:7.1f}  {suite}")
