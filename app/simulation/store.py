"""The store of a simulation: the real schema and the real transactions, all of them in the thread of whoever asks.

One connection, so nothing overtakes anything and a seed replays the same on both databases. On SQLite the store lies in memory. A crash
is an exception that leaves a transaction at its beginning, or just before or just after its commit; what was committed is what remains.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import Engine, create_engine, event, insert, select, text
from sqlalchemy.pool import NullPool

from app import domain, migrations
from app.database import STATEMENTS_KEPT, Contended, Database, Figures, Session, engine_for, metadata
from app.statements import loaded

P = ParamSpec("P")
T = TypeVar("T")

Backup = bytes | dict[str, list[dict[str, Any]]]


class Crash(BaseException):
    """Our process is gone, in the middle of whatever it did."""


class Store(Database):
    """A store without threads. `crash` is asked before and after each commit, and raises where the process dies there."""

    def __init__(self, url: str | None = None) -> None:
        """`url`: a migrated, empty PostgreSQL database; left out: SQLite in memory."""
        self.engine = engine_for(url, pool_size=1) if url is not None else _in_memory()
        self.is_sqlite = url is None
        self.figures = Figures()
        self.listeners: list[Callable[[frozenset[str]], None]] = []
        self.crash: Callable[[], None] = lambda: None
        self.committed: Callable[[], None] = lambda: None
        self._finish = domain.finish
        self._connection = self.engine.connect()
        if self.is_sqlite:
            self._fill(template())

    @property
    def _raw(self) -> Any:
        return self._connection.connection.dbapi_connection

    def run(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The function in a transaction of its own."""
        try:
            result, session = self._once(False, function, *args, **kwargs)
        except Contended:
            result, session = self._once(True, function, *args, **kwargs)
        self.figures.commits += 1
        wakes = frozenset(session.info.get("wakes", ()))
        for listener in self.listeners if wakes else ():
            listener(wakes)
        self.committed()
        self.crash()
        return result

    def _once(self, contended: bool, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> tuple[T, Session]:
        with self._transaction():
            session = Session(self._connection, contended=contended)
            result = function(session, *args, **kwargs)
            self._finish(session)
            session.send()
            self.crash()
        return result, session

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if not self.is_sqlite:
            with self._connection.begin():
                yield
            return
        # SQLite is told by hand, and SQLAlchemy's own transaction is one in name only: there are some thousand of them in a run.
        self._raw.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise
        else:
            self._raw.execute("COMMIT")
        finally:
            if self._connection.in_transaction():
                self._connection.rollback()

    def run_each(self, functions: Sequence[Callable[[Session], T]]) -> list[Future[T]]:
        """Each a transaction by itself, one after another."""
        futures: list[Future[T]] = []
        for function in functions:
            futures.append(Future())
            try:
                futures[-1].set_result(self.run(function))
            except Exception as error:
                futures[-1].set_exception(error)
        return futures

    def look(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self.is_sqlite:  # there is nobody else, so it is a snapshot
            try:
                return function(Session(self._connection), *args, **kwargs)
            finally:
                if self._connection.in_transaction():
                    self._connection.rollback()
        with self._connection.begin():
            return function(Session(self._connection), *args, **kwargs)

    def close(self) -> None:
        self._connection.close()
        self.engine.dispose()

    def _fill(self, made: bytes) -> None:
        """SQLite: take over a whole database. Page by page: one that was deserialized as it is lies behind a file system of its own, and
        each transaction pays for that."""
        with closing(sqlite3.connect(":memory:")) as source:
            source.deserialize(made)
            source.backup(self._raw)

    # Backups

    def back_up(self) -> Backup:
        """Everything, as of now."""
        if self.is_sqlite:
            return bytes(self._raw.serialize())
        return self.look(lambda session: {table.name: _rows(session, table) for table in metadata.sorted_tables})

    def restore(self, backup: Backup) -> None:
        """Everything, as it was then."""
        if isinstance(backup, bytes):
            self._fill(backup)
            return
        with self._connection.begin():
            names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
            self._connection.execute(text(f"TRUNCATE {names}"))
            for table in metadata.sorted_tables:
                if backup[table.name]:
                    self._connection.execute(insert(table), backup[table.name])


def _rows(session: Session, table: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.execute(select(table)).mappings()]


_template: bytes | None = None


def template() -> bytes:
    """A SQLite database with the schema of the migrations, made once."""
    global _template
    if _template is None:
        _template = _migrated()
    return _template


def take(made: bytes) -> None:
    """The template of the process that started this one: to make it takes seconds."""
    global _template
    _template = made


def _migrated() -> bytes:
    with TemporaryDirectory() as where:
        path = Path(where) / "template.sqlite"
        migrations.upgrade(f"sqlite:///{path}")
        with sqlite3.connect(path) as found:
            found.execute("PRAGMA journal_mode=DELETE")
        found.close()
        return path.read_bytes()


@cache
def _in_memory() -> Engine:
    """One for all stores of a process, so that statements are compiled once for all of them. Each connection is a database of its own."""
    engine = create_engine(
        "sqlite+pysqlite://",
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "isolation_level": None, "cached_statements": STATEMENTS_KEPT},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=loaded,
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _: Any) -> None:
        raw.execute("PRAGMA foreign_keys=ON")

    return engine
