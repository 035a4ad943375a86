"""The database: one engine, `read` and `write`, and the column types that every table uses.

A transaction is a function call. Domain functions are plain and synchronous, take a `Session`, never commit and never touch the
network; `write` runs them in a writer thread and answers after the commit, so whatever the caller tells the world is already durable.
Transactions, group commit and retries live here, once.

SQLite has one writer thread: functions that wait are run one after another, each in a SAVEPOINT, and share one commit. A refusal rolls
back its own savepoint only. PostgreSQL has a few writer threads, each function its own transaction, repeated where the database says
that repeating is safe.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from itertools import chain
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Connection,
    CursorResult,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from app import chance, statements, wire
from app.statements import Parameters, Prepared, padded

P = ParamSpec("P")
T = TypeVar("T")

# No transaction holds others up for longer than this; what waits beyond it goes into the next shared commit.
BATCH_SECONDS = 0.03
BATCH_MOST = 64
ATTEMPTS = 8
STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 4_000
# Each connection to SQLite keeps its parsed statements. There are some 250 in use, and the driver's own 128 were parsed again and again.
STATEMENTS_KEPT = 1024

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


# Column types


class Utc(TypeDecorator[datetime]):
    """A moment: timezone-aware and in UTC on both sides. A naive datetime is refused, because nobody can say what it means."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _as_text if dialect.name == "sqlite" else _in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


@lru_cache(64)  # one transaction writes the same moment into many rows
def _as_text(moment: datetime | None) -> str | None:
    utc = _in_utc(moment)
    return None if utc is None else utc.isoformat(" ", "microseconds").removesuffix("+00:00")


Id = partial(Uuid, as_uuid=False)
"""A UUIDv7 from `chance.new_id`: text in Python, native on PostgreSQL."""

Sequence_ = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up."""

Json = JSON().with_variant(JSONB, "postgresql")


# What a caller may get instead of a result


class DatabaseUnavailable(Exception):
    """Nothing of the change happened as far as we know; the same request may be sent again, with its idempotency key."""

    code = "database_unavailable"
    retry_after_s = 5


class Overloaded(DatabaseUnavailable):
    """More changes wait than may wait. Nothing of this one was begun."""

    code = "overloaded"
    retry_after_s = 1


class Contended(Exception):
    """A plan rested on figures that another transaction has changed since. Raised by domain functions; the whole function is repeated.

    On the repetition `session.contended` is true, and the function reads with locks so that its plan can't be overtaken again.
    """


# A transaction


Statement = tuple[Prepared, Parameters]


class Session:
    """One transaction, as a domain function sees it.

    `info` holds what the functions of one transaction tell each other (events to append, SKUs that were touched).
    """

    __slots__ = ("_driver", "_unsent", "connection", "contended", "dialect", "info")

    def __init__(self, connection: Connection, *, contended: bool = False) -> None:
        self.connection = connection
        self.contended = contended
        self.dialect = connection.dialect.name
        self.info: dict[str, Any] = {}
        self._driver: Any = connection.connection.dbapi_connection
        self._unsent: list[Statement] = []  # on PostgreSQL

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement; a list of parameters runs it once for each."""
        self.send()
        return self.connection.execute(statement, parameters)

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row, or None."""
        return self.execute(statement, parameters).scalar()

    def run(self, prepared: Prepared, parameters: Parameters) -> int:
        """Run a prepared statement, once or for each of a list. Returns how many rows it changed."""
        if self.dialect == "postgresql":
            return self.run_each([(prepared, parameters)])[0]
        return sum(cursor.rowcount for cursor in self._at_once(prepared, parameters))

    def rows(self, prepared: Prepared, parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows that a prepared query finds, by column name."""
        if self.dialect == "postgresql":
            return self.rows_each([(prepared, parameters)])[0]
        dialect = self.connection.dialect
        compiled = prepared.on(dialect)
        try:
            return compiled.read(self._driver.execute(compiled.text, compiled.bind(parameters)))
        except dialect.loaded_dbapi.Error as error:
            raise self._translated(error) from error

    def rows_each(self, queries: Sequence[tuple[Prepared, dict[str, Any]]]) -> list[list[dict[str, Any]]]:
        """The rows that each of several prepared queries finds. On PostgreSQL they travel together, with what waits to be sent before them;
        each still sees what was committed until it is run, so one that locks is waited for before the next one looks."""
        if self.dialect == "sqlite":
            return [self.rows(prepared, parameters) for prepared, parameters in queries]
        unsent, self._unsent = self._unsent, []
        found = self._run([*unsent, *queries])[len(unsent) :]
        dialect = self.connection.dialect
        return [prepared.on(dialect).read(answer) for (prepared, _), (answer,) in zip(queries, found, strict=True)]

    def find(
        self,
        table: Table,
        *,
        columns: Sequence[str] = (),
        among: tuple[str, Sequence[Any]] | None = None,
        lock: bool | None = None,
        **equal: Any,
    ) -> list[dict[str, Any]]:
        """The rows in which these columns have these values (not None), and the column `among` has one of several.

        `columns`: those to read, else all. `lock`: True holds the rows, False only their keys.
        """
        if among is None:
            return self.rows(statements.finding(table, tuple(equal), tuple(columns), None, lock), equal)
        name, values = among
        if not values:
            return []
        size, named = padded(name, values)
        return self.rows(statements.finding(table, tuple(equal), tuple(columns), (name, size), lock), equal | named)

    def change(self, table: Table, changes: Mapping[str, Any], **equal: Any) -> None:
        """Set these columns where others have these values, no later than the next statement is run."""
        values = {f"at_{name}": value for name, value in equal.items()} | {f"to_{name}": value for name, value in changes.items()}
        self.later(statements.changing(table, tuple(equal), tuple(changes)), values)

    def add(self, table: Table, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        """New rows; all of them have the columns of the first. They go in no later than the next statement is run."""
        several = [rows] if isinstance(rows, Mapping) else list(rows)
        if several:
            self.later(statements.adding(table, tuple(several[0])), several)

    def later(self, prepared: Prepared, parameters: Parameters) -> None:
        """Run a statement whose result nobody asks for, no later than the next one whose result somebody does.

        On PostgreSQL such statements travel together: one journey instead of one for each.
        """
        if self.dialect == "postgresql":
            self._unsent.append((prepared, parameters))
        else:
            self._at_once(prepared, parameters)

    def run_each(self, statements: Sequence[Statement]) -> list[int]:
        """Run statements together, with what waits to be sent before them. Returns how many rows each changed."""
        if self.dialect == "sqlite":
            return [self.run(prepared, parameters) for prepared, parameters in statements]
        unsent, self._unsent = self._unsent, []
        return [sum(answer.command_tuples or 0 for answer in each) for each in self._run([*unsent, *statements])[len(unsent) :]]

    def send(self) -> None:
        """Run what `later` put off."""
        if self._unsent:
            self.run_each(())

    def commit(self) -> None:
        """Run what `later` put off, and commit, in one journey: on PostgreSQL, where a transaction is one function's."""
        unsent, self._unsent = self._unsent, []
        self._run(unsent, commit=True)

    def _at_once(self, prepared: Prepared, parameters: Parameters) -> list[Any]:
        """SQLite: its cursors, several where the parameters are many."""
        dialect = self.connection.dialect
        try:
            return [self._driver.execute(*text) for text in prepared.on(dialect).statements(parameters)]
        except dialect.loaded_dbapi.Error as error:
            raise self._translated(error) from error

    def _run(self, statements: Sequence[Statement], *, commit: bool = False) -> list[list[Any]]:
        """PostgreSQL: what it answered to each statement, several times where the parameters are many."""
        dialect = self.connection.dialect
        each = [prepared.on(dialect).statements(parameters) for prepared, parameters in statements]
        try:
            known = self.connection.info.setdefault("known", wire.Known())
            answers = iter(wire.run(self._driver, known, list(chain.from_iterable(each)), commit=commit))
            return [[next(answers) for _ in texts] for texts in each]
        except dialect.loaded_dbapi.Error as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> Exception:
        """What the driver raised, as SQLAlchemy would have raised it."""
        dialect = self.connection.dialect
        lost = dialect.is_disconnect(error, self._driver, None)  # type: ignore[arg-type]
        if lost:
            self.connection.invalidate(error)
        return DBAPIError.instance(
            "a prepared statement", None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
        )

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction: what raises in it undoes the part alone, and the caller may catch it and go on.

        What the database itself raises is not for catching: there the whole transaction is lost.
        """
        self.send()
        before = {name: copy(value) for name, value in self.info.items()}
        self.connection.exec_driver_sql("SAVEPOINT part")
        try:
            yield
            self.send()
        except DBAPIError:
            raise
        except Exception:
            self._unsent.clear()
            self.connection.exec_driver_sql("ROLLBACK TO part")
            self.connection.exec_driver_sql("RELEASE part")
            self.info = before
            raise
        self.connection.exec_driver_sql("RELEASE part")


def _nothing(session: Session) -> None:
    pass


@dataclass(slots=True, eq=False)
class _Job:
    call: Callable[[Session], Any]
    future: Future[Any] | asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop | None
    result: Any = None
    error: BaseException | None = None
    wakes: frozenset[str] = frozenset()

    def settle(self) -> None:
        if self.future.done():  # the caller went away; the change stands
            return
        if isinstance(self.error, StopIteration):  # a future takes any error but this one
            self.error = RuntimeError("the function raised StopIteration")
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


@dataclass(slots=True)
class Figures:
    """What the database did since it was opened; read by the metrics."""

    commits: int = 0
    functions: int = 0
    refused: int = 0
    retried: int = 0
    failed: int = 0
    last_error: str | None = field(default=None)


class Database:
    """Read and write, on SQLite or PostgreSQL.

    `finish` runs at the end of every writing function, in the same transaction: what must always follow a change hangs here.
    """

    def __init__(
        self,
        url: str,
        *,
        finish: Callable[[Session], None] = _nothing,
        queue_limit: int = 1_000,
        writers: int = 4,
        readers: int = 4,
    ) -> None:
        self.engine = engine_for(url, pool_size=writers + readers)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.figures = Figures()
        self._finish = finish
        self._limit = queue_limit
        # Called after a commit, by the writer's own thread, with what the functions put into `info["wakes"]`: so be quick.
        self.listeners: list[Callable[[frozenset[str]], None]] = []
        # Called after every commit, likewise.
        self.after_commit: list[Callable[[], None]] = []
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        if self.is_sqlite:
            self._snapshots = engine_for(url, pool_size=readers, read_only=True)
        else:
            self._snapshots = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._reads = 0
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader")
        serve = self._serve_shared if self.is_sqlite else self._serve_alone
        self._writers = [threading.Thread(target=serve, name=f"writer-{n}", daemon=True) for n in range(1 if self.is_sqlite else writers)]
        for thread in self._writers:
            thread.start()

    # What callers use

    async def write(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the function in a transaction and answer after its commit.

        Raises: whatever the function raises (then nothing of it happened); Overloaded; DatabaseUnavailable.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._submit(_Job(lambda session: function(session, *args, **kwargs), future, loop))
        return await future

    async def read(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run the function on a read-only snapshot. Raises: as `write`."""
        if self._closed:
            raise DatabaseUnavailable("the service is stopping")
        if self._reads >= self._limit:
            raise Overloaded("too many reads wait for the database")
        self._reads += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._readers, partial(self.look, function, *args, **kwargs))
        finally:
            self._reads -= 1

    def run(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for callers that are not in an event loop: commands, tests."""
        future: Future[T] = Future()
        self._submit(_Job(lambda session: function(session, *args, **kwargs), future, None))
        return future.result()

    def run_each(self, functions: Sequence[Callable[[Session], T]]) -> list[Future[T]]:
        """`run` for several functions at once, each a transaction by itself: on SQLite they share commits, on PostgreSQL the writers
        work on them side by side. Returns when all are over, with what each of them came to, in their order."""
        futures: list[Future[T]] = []
        for function in functions:
            future: Future[T] = Future()
            futures.append(future)
            try:
                self._submit(_Job(function, future, None))
            except DatabaseUnavailable as error:
                future.set_exception(error)
        wait(futures)
        return futures

    def look(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """`read` for callers that are not in an event loop."""
        try:
            try:
                return self._look(function, *args, **kwargs)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._look(function, *args, **kwargs)  # the pool had kept a connection that was lost meanwhile
        except DBAPIError as error:
            if _is_outage(error):
                raise self._unavailable(error) from error
            raise

    @property
    def waiting(self) -> int:
        """Changes that wait for a writer."""
        return self._jobs.qsize()

    def close(self) -> None:
        """Finish what waits, then let go of the database. Calling it twice does no harm."""
        if self._closed:
            return
        self._closed = True
        for _ in self._writers:
            self._jobs.put(None)
        for thread in self._writers:
            thread.join()
        self._readers.shutdown(wait=True)
        while not self._jobs.empty():  # what was submitted while we closed
            if (job := self._jobs.get()) is not None:
                job.error = DatabaseUnavailable("the service is stopping")
                self._answer([job])
        self.engine.dispose()
        self._snapshots.dispose()

    # How it is done

    def _look(self, function: Callable[Concatenate[Session, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._snapshots.connect() as connection, connection.begin():
            return function(Session(connection), *args, **kwargs)

    def _submit(self, job: _Job) -> None:
        if self._closed:
            raise DatabaseUnavailable("the service is stopping")
        if self._jobs.qsize() >= self._limit:
            raise Overloaded(f"{self._limit} changes already wait for the database")
        self._jobs.put(job)

    def _call(self, connection: Connection, job: _Job, *, contended: bool = False) -> Session:
        session = Session(connection, contended=contended)
        job.result = job.call(session)
        self._finish(session)
        job.wakes = frozenset(session.info.get("wakes", ()))
        return session

    def _serve_shared(self) -> None:
        """SQLite: run what waits, one after another, and commit once for all of it."""
        while (job := self._jobs.get()) is not None:
            done = [job]
            try:
                try:
                    begun = self._begun()
                except Exception:
                    done += self._waiting_now()  # they would meet the same closed door, one after another
                    raise
                with begun as connection:
                    until = chance.monotonic() + BATCH_SECONDS
                    while job is not None:
                        self._in_savepoint(connection, job)
                        if len(done) >= BATCH_MOST or chance.monotonic() > until:
                            break
                        try:
                            job = self._jobs.get_nowait()
                        except queue.Empty:
                            break
                        if job is None:  # closing: this batch is committed, then the loop ends
                            self._jobs.put(None)
                        else:
                            done.append(job)
                    try:
                        connection.commit()
                    except DBAPIError:
                        connection.invalidate()  # SQLite may have kept the transaction open; with its connection it goes away
                        raise
                self.figures.commits += 1
                self.figures.last_error = None
            except Exception as error:
                # The shared commit is gone, and with it every function that it held: none of them may hear yes.
                reason = self._unavailable(error) if _is_outage(error) else error
                for lost in done:
                    lost.result, lost.error = None, lost.error or reason
            self._answer(done)

    def _waiting_now(self) -> list[_Job]:
        found = []
        for _ in range(self._jobs.qsize()):
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
            else:
                found.append(job)
        return found

    def _begun(self) -> Connection:
        """A connection with the write lock taken. A lock that someone else holds is waited for by SQLite itself, within bounds."""
        connection = self.engine.connect()
        try:
            connection.begin()
        except BaseException:
            connection.close()
            raise
        return connection

    def _in_savepoint(self, connection: Connection, job: _Job) -> None:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("SAVEPOINT job")
        try:
            try:
                self._call(connection, job).send()
            except Contended:
                raw.execute("ROLLBACK TO job")
                self._call(connection, job, contended=True).send()
            raw.execute("RELEASE job")
            self.figures.functions += 1
        except BaseException as error:
            if not raw.in_transaction:  # a full disk or the like: SQLite has rolled back everything, neighbours included
                raise
            raw.execute("ROLLBACK TO job")
            raw.execute("RELEASE job")
            job.error = self._unavailable(error) if _is_outage(error) else _overtaken(error) if isinstance(error, Contended) else error
            self.figures.refused += 1

    def _serve_alone(self) -> None:
        """PostgreSQL: one function is one transaction."""
        while (job := self._jobs.get()) is not None:
            try:
                try:
                    self._in_transaction(job)
                except Exception as error:
                    if not _may_be_repeated(error):
                        raise
                    self.figures.retried += 1
                    _repeatedly(partial(self._in_transaction, job, contended=True))
                self.figures.commits += 1
                self.figures.functions += 1
                self.figures.last_error = None
            except Contended as error:
                job.error = _overtaken(error)
            except Exception as error:
                job.error = self._unavailable(error) if _is_outage(error) else error
                self.figures.refused += 1
            self._answer([job])

    def _in_transaction(self, job: _Job, *, contended: bool = False) -> None:
        with self.engine.connect() as connection, connection.begin():
            session = self._call(connection, job, contended=contended)
            try:
                session.commit()
            except DBAPIError as error:
                if error.connection_invalidated:
                    # Nobody can say whether it was committed, so it isn't repeated here; the caller's key makes that safe.
                    raise DatabaseUnavailable("the connection broke during a commit") from error
                raise

    def _unavailable(self, error: BaseException) -> DatabaseUnavailable:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        self.figures.failed += 1
        self.figures.last_error = cause
        return DatabaseUnavailable(f"the database can't take this now: {cause}")

    def _answer(self, jobs: list[_Job]) -> None:
        """Tell the callers; those of one event loop are woken together."""
        if any(job.error is None for job in jobs):
            for hear in self.after_commit:
                hear()
        wakes = frozenset[str]().union(*(job.wakes for job in jobs if job.error is None))
        if wakes:
            for listener in self.listeners:
                listener(wakes)
        by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
        for job in jobs:
            if job.loop is None:
                job.settle()
            else:
                by_loop.setdefault(job.loop, []).append(job)
        for loop, theirs in by_loop.items():

            def settle(these: list[_Job] = theirs) -> None:
                for job in these:
                    job.settle()

            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle)


def _overtaken(error: Contended) -> Overloaded:
    return Overloaded(str(error) or "too many others change the same stock")


def _may_be_repeated(error: BaseException) -> bool:
    """Whether the database promises that nothing happened and that another try may succeed."""
    if isinstance(error, Contended):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:  # lost before the commit was sent
        return True
    cause = error.orig
    # 23505: somebody was faster with the same key; the repetition sees it and says so in the shop's words.
    return getattr(cause, "sqlstate", None) in ("40001", "40P01", "23505") or getattr(cause, "sqlite_errorname", "").startswith(
        ("SQLITE_BUSY", "SQLITE_LOCKED")
    )


def _is_outage(error: BaseException) -> bool:
    """Whether the database, and not the change, is what failed: full, locked, gone, too slow."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        # SQLITE_ERROR, a wrong statement, is our own defect; so is a broken constraint.
        return getattr(cause, "sqlite_errorname", "SQLITE_ERROR").startswith(_SQLITE_OUTAGES)
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        # 08 connection, 25P03/57 shut down or timed out, 53 out of disk, memory or connections, 55P03 lock timeout, 40 gave up repeating
        return state.startswith(("08", "53", "57", "40", "58")) or state in ("55P03", "25P03", "25006")
    return isinstance(error, OperationalError | InterfaceError)  # no connection at all: it has no state to tell


_SQLITE_OUTAGES = tuple(
    f"SQLITE_{name}"
    for name in ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "CORRUPT", "NOTADB", "PROTOCOL", "INTERRUPT", "NOLFS")
)


def _repeatedly(function: Callable[[], T]) -> T:
    """Try again after a short, jittered wait, a bounded number of times; the last error is raised as it is."""
    return Retrying(
        retry=retry_if_exception(_may_be_repeated),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.005, max=0.25),
        reraise=True,
    )(function)


# Engines


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def engine_for(url: str, *, pool_size: int = 4, read_only: bool = False) -> Engine:
    """An engine with the settings that the rest of the program relies on.

    SQLite: WAL, synchronous=FULL, foreign keys, and BEGIN IMMEDIATE for writers (a transaction that reads first and locks later can
    fail in the middle). PostgreSQL: through psycopg 3, in UTC, with statement and lock timeouts.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed.set(drivername="sqlite+pysqlite"),
            connect_args={
                "check_same_thread": False,
                "isolation_level": None,
                "timeout": LOCK_TIMEOUT_MS / 1000,
                "cached_statements": STATEMENTS_KEPT,
            },
            pool_size=pool_size,
            max_overflow=0,
            json_serializer=_dumps,
            json_deserializer=statements.loaded,
        )

        @event.listens_for(engine, "connect")
        def _prepare(raw: Any, _: Any) -> None:
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA synchronous=FULL")
            raw.execute("PRAGMA foreign_keys=ON")
            # The indexes of some thousand orders don't fit into SQLite's own 2 MB: placing one took about a seventh longer.
            raw.execute("PRAGMA cache_size=-32000")
            # What a savepoint may have to bring back is kept in memory: as files of its own it took a tenth of an order.
            raw.execute("PRAGMA temp_store=MEMORY")
            if read_only:
                raw.execute("PRAGMA query_only=ON")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

        return engine
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        paramstyle="format",  # by position, as SQLite has it: `Prepared` binds both alike
        connect_args={
            "connect_timeout": 5,
            "options": f"-c timezone=UTC -c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
            " -c idle_in_transaction_session_timeout=30000",
            "prepare_threshold": None,  # what is worth it, `wire` prepares; a driver that does, too, drops all of it after each rollback
        },
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=False,
        json_serializer=_dumps,
        json_deserializer=orjson.loads,
    )
