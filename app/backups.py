"""Backups: a consistent copy while the store trades, and the way back.

A backup is one SQLite file, whatever the store runs on, so it can be restored to either database and looked into with common tools.
A restored backup is a ledger that has gone back in time: the epoch rises, and nothing is written to a shop until a person says so.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.engine import make_url

from app import domain, mark, migrations
from app.copying import LOCKED, Progress, fill
from app.database import Database, Session, engine_for, metadata
from app.domain import recovery, store
from app.domain.causes import Cause
from app.domain.events import events

CHUNK = 1_000


class NotABackup(Exception):
    """The file isn't a backup of a store, or is damaged."""


class StoreNotEmpty(Exception):
    """There is a store here already; restoring would bury it."""


def _quiet(what: str, done: int, total: int) -> None:
    pass


def back_up(url: str, path: Path, progress: Progress = _quiet) -> None:
    """Write a copy of the store, as of one moment, to a new file. Trading goes on meanwhile.

    Raises: FileExistsError, FileNotFoundError; NotABackup when there is no store to copy; mark.Moved.
    """
    if path.exists():
        raise FileExistsError(f"{path} exists already; choose another name.")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {path.parent}; make it first.")
    place = make_url(url)
    if place.get_backend_name() == "sqlite" and not Path(place.database or "").exists():
        raise NotABackup(f"There is no store at {place.database} yet; `tallystick serve` makes one.")
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    engine = engine_for(url, pool_size=1, read_only=True)
    try:
        with engine.connect() as source:
            if migrations.current(source) != migrations.head():
                raise NotABackup("There is no store of this release here: start `tallystick serve` once, it migrates what it finds.")
            mark.refuse_moved(Session(source))
            source.rollback()
            if engine.dialect.name == "sqlite":
                raw: Any = source.connection.dbapi_connection
                copy = sqlite3.connect(part)
                try:
                    # In one step: a copy in many steps starts over whenever somebody writes in between.
                    raw.backup(copy)
                    copy.execute("PRAGMA journal_mode=DELETE")
                finally:
                    copy.close()
            else:
                source = source.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                migrations.upgrade(f"sqlite:///{part}")
                with source.begin():
                    source.execute(text("SET LOCAL statement_timeout = 0"))
                    _copy_into(f"sqlite:///{part}", source, progress)
                with sqlite3.connect(part) as copy:
                    copy.execute("PRAGMA journal_mode=DELETE")
                copy.close()
        part.chmod(0o600)
        part.rename(path)
    finally:
        engine.dispose()
        for left in (part, part.with_name(part.name + "-wal"), part.with_name(part.name + "-shm")):
            left.unlink(missing_ok=True)


def restore(path: Path, url: str, progress: Progress = _quiet) -> int:
    """Bring a backup back to an empty place, migrate it to this release, and raise the epoch. Returns the new epoch.

    Raises: NotABackup, StoreNotEmpty, migrations.DatabaseTooNew.
    """
    _verify(path)
    where = make_url(url)
    if where.get_backend_name() == "sqlite":
        place = Path(where.database or "")
        if place.exists():
            raise StoreNotEmpty(f"There is a store at {place} already. Restore to another data directory, or move that file away first.")
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = place.with_name(place.name + ".part")
        shutil.copyfile(path, part)
        part.chmod(0o600)
        migrations.upgrade(f"sqlite:///{part}")
        epoch = _raise_epoch(f"sqlite:///{part}")
        part.rename(place)
        return epoch
    migrations.upgrade(url)
    current = path.with_name(path.name + ".migrated")
    shutil.copyfile(path, current)
    try:
        migrations.upgrade(f"sqlite:///{current}")
        source_engine, target_engine = engine_for(f"sqlite:///{current}", pool_size=1, read_only=True), engine_for(url, pool_size=1)
        try:
            with source_engine.connect() as source, source.begin(), target_engine.begin() as target:
                target.execute(LOCKED)
                if target.scalar(select(store.store.c.id)) is not None:
                    raise StoreNotEmpty("There is a store in that database already. Restore to an empty one.")
                fill(source, target, progress)
        finally:
            source_engine.dispose()
            target_engine.dispose()
    finally:
        for left in path.parent.glob(current.name + "*"):
            left.unlink()
    return _raise_epoch(url)


def _verify(path: Path) -> None:
    if not path.is_file():
        raise NotABackup(f"There is no file {path}.")
    try:
        source = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            whole = source.execute("PRAGMA quick_check").fetchone() == ("ok",)
            stores = source.execute("SELECT count(*) FROM store").fetchone()[0]
        finally:
            source.close()
    except sqlite3.DatabaseError as error:
        raise NotABackup(f"{path} isn't a backup of a store: {error}.") from None
    if not whole or stores != 1:
        raise NotABackup(f"{path} is damaged, or holds no store.")


def _copy_into(url: str, source: Connection, progress: Progress) -> None:
    """All rows of all tables of PostgreSQL into SQLite, parents before children, in one transaction."""
    engine = engine_for(url, pool_size=1)
    try:
        with engine.begin() as target:
            for table in metadata.sorted_tables:
                total, done = source.scalar(select(func.count()).select_from(table)) or 0, 0
                progress(table.name, done, total)
                rows = source.execution_options(yield_per=CHUNK).execute(select(table).order_by(*table.primary_key)).mappings()
                for chunk in rows.partitions(CHUNK):
                    # Transaction numbers mean something in one PostgreSQL only; copied events are older than any new one.
                    copied = [dict(row) | ({"tx": 0} if table is events else {}) for row in chunk]
                    target.execute(insert(table), copied)
                    done += len(copied)
                    progress(table.name, done, total)
    finally:
        engine.dispose()


def _raise_epoch(url: str) -> int:
    database = Database(url, finish=domain.finish, writers=1, readers=1)
    try:
        return database.run(_restored)
    finally:
        database.close()


def _restored(session: Session) -> int:
    mark.unseal(session)
    return recovery.gone_back(session, "restored", cause=Cause("restore"))
