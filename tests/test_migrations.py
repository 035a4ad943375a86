"""The one migrator: the schema it makes, whom it refuses, and that nobody gets in its way."""

import itertools
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app import migrations
from app.database import engine_for
from tests.migrations_check import drift
from tests.servers import Postgres

ROOM = Path(__file__).resolve().parent.parent


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives addresses of empty databases."""
    if request.param == "sqlite":
        numbers = itertools.count(1)
        return lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite'}"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url_for_new_database


def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *steps: str) -> str:
    """The migrations with one more behind them, which does these steps. Returns its version."""
    scripts = tmp_path / "next" / "alembic"
    shutil.copytree(ROOM / "alembic", scripts, ignore=shutil.ignore_patterns("__pycache__"))
    (scripts / "versions" / "9999_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f"revision, down_revision = '9999', '{migrations.head()}'\n\n"
        "def upgrade():\n" + "".join(f"    {step}\n" for step in steps)
    )
    before = migrations.config()

    def config() -> Config:
        before.set_main_option("script_location", str(scripts))
        return before

    monkeypatch.setattr(migrations, "config", config)
    return "9999"


@pytest.fixture
def next_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A release whose migration adds a table. Returns its version."""
    return one_more(tmp_path, monkeypatch, "op.create_table('of_tomorrow', sa.Column('id', sa.Integer(), primary_key=True))")


def tables(url: str) -> set[str]:
    engine = engine_for(url, pool_size=1)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_the_migrations_make_the_schema_that_the_code_describes(new_url: Callable[[], str]) -> None:
    assert drift(new_url(), new_url()) == []


def test_there_is_one_head_and_one_line_of_versions_to_it() -> None:
    scripts = ScriptDirectory.from_config(migrations.config())
    assert scripts.get_heads() == [migrations.head()]
    versions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert versions == [f"{number:04}" for number in range(1, len(versions) + 1)]


def test_a_second_upgrade_has_nothing_to_do(new_url: Callable[[], str]) -> None:
    url = new_url()
    assert migrations.upgrade(url) == (None, migrations.head())
    assert migrations.upgrade(url) == (migrations.head(), migrations.head())


def test_a_database_that_a_newer_release_has_changed_is_refused_and_left_alone(new_url: Callable[[], str]) -> None:
    url = new_url()
    migrations.upgrade(url)
    engine = engine_for(url, pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrations.DatabaseTooNew) as refused:
        migrations.upgrade(url)
    assert "9999" in str(refused.value) and migrations.head() in str(refused.value)
    with engine.connect() as connection:
        assert migrations.current(connection) == "9999"
    engine.dispose()


def test_sqlite_backs_itself_up_before_it_is_migrated(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    url, before = f"sqlite:///{folder / 'store.sqlite'}", migrations.head()
    migrations.upgrade(url)
    with sqlite3.connect(folder / "store.sqlite") as store:
        store.execute("INSERT INTO locations (id, code, code_key, name, rank, created_at) VALUES ('1', 'A', 'a', 'A', 1, '2026-01-01')")
    store.close()
    assert [path.name for path in folder.glob("*before*")] == []
    version = request.getfixturevalue("next_release")
    assert migrations.upgrade(url) == (before, version)
    (copy,) = folder.glob(f"store-before-leaving-{before}-*.sqlite")
    assert "of_tomorrow" in tables(url)
    assert copy.stat().st_mode & 0o077 == 0
    with sqlite3.connect(copy) as kept:
        assert kept.execute("SELECT version_num FROM alembic_version").fetchone() == (before,)
        assert kept.execute("SELECT code FROM locations").fetchall() == [("A",)]
        assert kept.execute("SELECT name FROM sqlite_master WHERE name = 'of_tomorrow'").fetchone() is None
    kept.close()


def test_a_migration_that_fails_in_the_middle_leaves_nothing_behind(new_url: Callable[[], str], next_release: str) -> None:
    script = Path(migrations.config().get_main_option("script_location") or "") / "versions" / "9999_next.py"
    script.write_text(script.read_text() + "    op.execute('INSERT INTO nowhere VALUES (1)')\n")
    url = new_url()
    with pytest.raises(Exception, match="nowhere"):
        migrations.upgrade(url)
    assert tables(url) == set()


def test_of_two_migrators_at_once_one_works_and_the_other_waits(postgres: Postgres) -> None:
    url = postgres.url_for_new_database()
    script = "import sys; from app import migrations; input(); print(migrations.upgrade(sys.argv[1])[1])"
    command = [sys.executable, "-c", script, url]
    ready = [
        subprocess.Popen(command, cwd=ROOM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in ready:  # all are started, then all are let go
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60) for process in ready]
    assert [out for out, _ in said] == [f"{migrations.head()}\n"] * 2, said
    assert migrations.upgrade(url) == (migrations.head(), migrations.head())


def test_the_migrations_travel_inside_the_wheel(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=ROOM, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("tallystick-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        packed.extractall(tmp_path / "installed")
    ours = {path.relative_to(ROOM / "alembic") for path in (ROOM / "alembic").rglob("*.py")}
    assert {f"app/alembic/{path.as_posix()}" for path in ours} <= names
    assert not [name for name in names if not name.startswith(("app/", "tallystick-"))]
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    script = "import sys; from app import migrations; print(migrations.__file__, migrations.upgrade(sys.argv[1])[1])"
    command = [sys.executable, "-c", script, url]
    done = subprocess.run(command, cwd=tmp_path / "installed", check=True, capture_output=True, text=True)
    assert done.stdout.split() == [str(tmp_path / "installed" / "app" / "migrations.py"), migrations.head()]
