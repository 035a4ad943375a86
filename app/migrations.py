"""The one migrator: brings a database to the shape that this code expects, and refuses one that a newer release has changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from app import chance
from app.database import LOCK_TIMEOUT_MS, engine_for

# Any two programs that migrate must agree on this number, so it never changes.
_ADVISORY_LOCK = 7_455_101_118

# While we wait for a table everybody else waits behind us: for less than a statement of theirs waits for a lock.
GIVES_WAY_AFTER_MS = LOCK_TIMEOUT_MS // 4
PATIENCE_S = 120.0


class DatabaseTooNew(Exception):
    """The database was changed by a newer release; this one would misread it."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"The database is at version {found}, but this release only knows versions up to {known}. "
            "Start the newer release again, or restore a backup that this release made."
        )


def config() -> Config:
    """Alembic's settings: the scripts lie at the top of the repository, and inside the package once it is a wheel."""
    here = Path(__file__).parent
    scripts = here / "alembic" if (here / "alembic").is_dir() else here.parent / "alembic"
    found = Config()
    found.set_main_option("script_location", str(scripts))
    found.set_main_option("path_separator", "os")
    return found


def head() -> str:
    """The newest version that this code knows."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def current(connection: Connection) -> str | None:
    """The version that a database is at; None where it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(url: str, to: str = "head") -> tuple[str | None, str]:
    """Bring the database to this release's version: all of it or nothing, one migrator at a time.

    SQLite backs itself up first, beside the database file. On PostgreSQL others may serve all the while: no table is waited for so long
    that theirs would fail behind us; we let go and try again. Returns the versions before and after.
    Raises: DatabaseTooNew; OperationalError where the tables were never free.
    """
    scripts = ScriptDirectory.from_config(config())
    known = {script.revision for script in scripts.walk_revisions()}
    target = head() if to == "head" else to
    engine = engine_for(url, pool_size=1)
    try:
        with engine.connect() as connection:
            before = current(connection)
            connection.rollback()
            if before is not None and before not in known:
                raise DatabaseTooNew(before, head())
            if before == target:
                return before, target
            if engine.dialect.name == "sqlite" and before is not None:
                _back_up(url, before)
            for attempt in Retrying(
                retry=retry_if_exception(_gave_way), stop=stop_after_delay(PATIENCE_S), wait=wait_random(0.2, 2.0), reraise=True
            ):
                with attempt, connection.begin():
                    _migrate(connection, to)
            return before, target
    finally:
        engine.dispose()


def _migrate(connection: Connection, to: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        connection.execute(text("SELECT set_config('lock_timeout', :most, true)"), {"most": f"{GIVES_WAY_AFTER_MS}ms"})
    settings = config()
    settings.attributes["connection"] = connection
    command.upgrade(settings, to)


def _gave_way(error: BaseException) -> bool:
    """Somebody else held a table for too long, or waited for us as we did for them. Nothing of ours has happened."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in ("55P03", "40P01")


def _back_up(url: str, version: str) -> None:
    path = Path(make_url(url).database or "")
    copy = path.with_name(f"{path.stem}-before-leaving-{version}-{chance.now():%Y%m%dT%H%M%SZ}.sqlite")
    copy.touch(mode=0o600)  # it holds what the store holds
    with sqlite3.connect(path) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
