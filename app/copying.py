"""`tallystick copy`: a store moves from SQLite to PostgreSQL; while it trades, such a move is rehearsed.

One snapshot of the source goes into one transaction of the target. There it is held against the source, row by row, and its books are
checked, before it is committed: whoever looks sees an empty database or a whole store that was proven to be the same. So a copy that is
broken off, however hard, left nothing.

A move seals the store that it leaves behind before what arrived is committed (see `mark`). At no moment are there two that would write to
shops; should it be broken off in between, there is none until the same command was run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
import psycopg
from sqlalchemy import Connection, Engine, Table, func, inspect, select, text, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from app import chance, domain, mark, migrations, vault
from app.database import Database, Session, engine_for, metadata
from app.directory import held
from app.domain import channels, checking, recovery, store
from app.domain.causes import Cause
from app.domain.events import events
from app.settings import Settings

CHUNK = 1_000
# The first with numbers of transactions that never begin anew, which the event feed rests on.
OLDEST_SERVER = 13

_CAUSE = Cause("copy")
_UNHARMED = "Nothing was changed; the store goes on where it is."

Progress = Callable[[str, int, int], None]
"""Told how far a copy has got: what is copied, rows done, rows in all."""


class NotCopied(Exception):
    """The store can't be copied there, and what can be done about it."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy came to. `rows` 0: it had been moved there before."""

    rows: int
    where: str


def copy(settings: Settings, to: str, progress: Progress, *, move: bool) -> Copied:
    """Copy the store from SQLite to the empty PostgreSQL database `to`: a rehearsal, which writes to no shop, or the move itself.

    A rehearsal disturbs nobody; for a move nothing else may run. Raises: NotCopied, mark.Moved, DirectoryHeld, DatabaseTooNew.
    """
    place, target_url = _source_of(settings), _target_of(to)
    # A rotation of the key would leave us with texts that no key opens any more.
    key = vault.alone_with(settings.key) if settings.key.exists() else nullcontext()
    source_engine = engine_for(f"sqlite:///{place}", pool_size=1, read_only=not move)
    # So that we can ask a database in another encoding, too, which it is in.
    target_engine = engine_for(_said(target_url.update_query_dict({"client_encoding": "utf8"})), pool_size=1)
    try:
        # To move, the source is locked for writing too: nothing may change between what was copied and the seal.
        with held(settings.data_dir) if move else nullcontext(), key, source_engine.connect() as source, source.begin() as leaving:
            _refuse_strange(source)
            with _clearly(target_url), _reached(target_engine, target_url) as target:
                where, there = _look_at(target, Session(source), target_url)
                kept = mark.moved_to(Session(source))
                if kept is not None and move and there == "moved":
                    return Copied(0, where)
                if kept is not None and not (move and kept == where):
                    raise mark.Moved(kept)
                _refuse_occupied(there, target, target_url)
                if checking.check(Session(source)):
                    raise NotCopied(f"The books don't balance. `tallystick check --repair` says what can be done; then copy. {_UNHARMED}")
                target.rollback()
                migrations.upgrade(_said(target_url))
                with target.begin() as arriving:
                    target.execute(LOCKED)
                    _refuse_occupied(_look_at(target, Session(source), target_url)[1], target, target_url)
                    rows = fill(source, target, progress)
                    _prove(source, target, progress)
                    _arrive(target, move=move)
                    if move:
                        mark.seal(Session(source), where)
                        leaving.commit()
                        with _to_be_finished(where):
                            arriving.commit()
                return Copied(rows, where)
    finally:
        source_engine.dispose()
        target_engine.dispose()


def undo(settings: Settings) -> str:
    """Take a move back: the store in the data directory is the one again, as old as it is. Returns where it had been moved to.

    Shops may have traded with the other one since, so nothing is written to them before `resume`. Raises: NotCopied, DirectoryHeld.
    """
    place = _source_of(settings)
    with held(settings.data_dir):
        database = Database(f"sqlite:///{place}", finish=domain.finish, writers=1, readers=1)
        try:
            where = database.look(mark.moved_to)
            if where is None:
                raise NotCopied("This store wasn't moved, so there is nothing to take back.")
            database.run(_take_back)
            return where
        finally:
            database.close()


def _take_back(session: Session) -> None:
    mark.unseal(session)
    recovery.gone_back(session, "moved", cause=_CAUSE)


# From one to the other


LOCKED = text("LOCK TABLE store IN ACCESS EXCLUSIVE MODE")
"""Before it is asked whether a database is empty: nobody can found a store in it while we fill it."""


def fill(source: Connection, target: Connection, progress: Progress) -> int:
    """Put every row of a SQLite store into a PostgreSQL database of the same version, in its open transaction, instead of what it holds.

    Returns how many rows that were.
    """
    for setting in ("statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "synchronous_commit = on"):
        target.execute(text(f"SET LOCAL {setting}"))
    tables = metadata.sorted_tables
    target.execute(text(f"TRUNCATE {', '.join(table.name for table in tables)}"))
    rows = 0
    for table in tables:
        rows += _pour(source, target, table, progress)
        if (counted := table.autoincrement_column) is not None:  # numbers go on behind those that came
            last, sequence = target.scalar(select(func.max(counted))) or 0, func.pg_get_serial_sequence(table.name, counted.name)
            target.execute(select(func.setval(sequence, last + 1, False)))
    # Nobody has counted yet what arrived, and the first queries would be planned as if it were nothing.
    target.execute(text("ANALYZE"))
    return rows


def _pour(source: Connection, target: Connection, table: Table, progress: Progress) -> int:
    """SQLite's own text for a moment, an id or JSON is one that PostgreSQL reads, so nothing is taken apart on the way."""
    columns = ", ".join(f'"{column.name}"' for column in table.c)
    total = int(source.scalar(select(func.count()).select_from(table)) or 0)
    progress(table.name, 0, total)
    raw: Any = source.connection.dbapi_connection
    driver: Any = target.connection.dbapi_connection
    # Numbers of transactions mean something in one PostgreSQL only; what was copied is older than any new one.
    shown = columns.replace('"tx"', "0") if table is events else columns
    with driver.cursor() as cursor, cursor.copy(f'COPY "{table.name}" ({columns}) FROM STDIN') as into:
        for done, row in enumerate(raw.execute(f'SELECT {shown} FROM "{table.name}"'), 1):  # noqa: S608  (names of our own)
            into.write_row(row)
            if done % CHUNK == 0:
                progress(table.name, done, total)
    progress(table.name, total, total)
    return total


def _prove(source: Connection, target: Connection, progress: Progress) -> None:
    """What arrived is what was sent, as the program reads both, and its books balance too. Raises: NotCopied."""
    tables = metadata.sorted_tables
    for done, table in enumerate(tables, 1):
        if _fingerprint(source, table) != _fingerprint(target, table):
            raise NotCopied(f"What arrived in {table.name} isn't what was sent. That is a defect of ours. {_UNHARMED}")
        progress("compared", done, len(tables))
    if found := checking.check(Session(target)):
        raise NotCopied(f"The books of the copy don't balance: {found[0]}. That is a defect of ours. {_UNHARMED}")


def _fingerprint(connection: Connection, table: Table) -> tuple[int, int]:
    """How many rows there are, and a sum over what the program reads in each: the same wherever they lie, in whatever order."""
    count = total = 0
    query = select(*(column for column in table.c if column is not events.c.tx))
    for row in connection.execute(query, execution_options={"yield_per": CHUNK}):
        said = orjson.dumps(tuple(row), default=bytes.hex, option=orjson.OPT_SORT_KEYS)
        count, total = count + 1, total + int.from_bytes(blake2b(said, digest_size=16).digest())
    return count, total


def _arrive(target: Connection, *, move: bool) -> None:
    """The copy knows where it is, and whether it is the store from now on, or a rehearsal that writes to nobody."""
    session = Session(target)
    session.execute(update(store.store).values(place=mark.place(session)))
    if move:
        # A worker that was killed hands nothing over; it is gone, as the lock on its directory says.
        now, lanes = chance.now(), channels.lanes
        session.execute(update(lanes).values(holder=None))
        session.execute(update(lanes).where(lanes.c.lease_until > now).values(lease_until=now))
    else:
        recovery.gone_back(session, recovery.REHEARSAL, cause=_CAUSE)
    domain.finish(session)
    session.send()


# What may be copied


def _source_of(settings: Settings) -> Path:
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite":
        raise NotCopied(
            "This store is on PostgreSQL already: TALLYSTICK_DATABASE_URL says so. To another PostgreSQL it goes with `tallystick backup` "
            "and `tallystick restore`."
        )
    place = Path(url.database or "")
    if not place.exists():
        raise NotCopied(f"There is no store at {place}. TALLYSTICK_DATA_DIR says where yours lies.")
    return place


def _refuse_strange(source: Connection) -> None:
    found, known = migrations.current(source), migrations.head()
    if found != known:
        raise NotCopied(f"The store is at version {found}, this release at {known}; `tallystick serve` brings it there. Then copy.")
    if strange := set(inspect(source).get_table_names()) - set(metadata.tables) - {"alembic_version"}:
        raise NotCopied(f"The store holds tables that this release doesn't know: {', '.join(sorted(strange))}.")


# Where it may go


def _target_of(to: str) -> URL:
    example = "an example: postgresql://tallystick@localhost/tallystick"
    try:
        url = make_url(to)
    except (ArgumentError, ValueError):
        raise NotCopied(f"That isn't the address of a database; {example}") from None
    if url.get_backend_name() != "postgresql":
        raise NotCopied(f"A store is copied to PostgreSQL only; {example}")
    if not url.database:
        raise NotCopied(f"The address names no database; {example}")
    return url


def _said(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@contextmanager
def _reached(engine: Engine, url: URL) -> Iterator[Connection]:
    try:
        target = engine.connect()
    except DBAPIError as error:
        raise NotCopied(f"{_why_not(error, url)} {_UNHARMED}") from None
    with target:
        yield target


def _why_not(error: DBAPIError, url: URL) -> str:
    """Why nobody lets us in. The server says it in its own language, so we find out by other means."""
    reason = str(error.orig).strip().splitlines()[0]
    beside = engine_for(_said(url.set(database="postgres")), pool_size=1)
    try:
        with beside.connect() as connection:
            if not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname = :name"), {"name": url.database}):
                return f"There is no database {url.database} there. Make it: `{_createdb(url)}`."
    except DBAPIError:
        pass
    finally:
        beside.dispose()
    asked: Any = getattr(error.orig, "pgconn", None)
    if asked is not None and asked.needs_password:
        return f"PostgreSQL wants a password for {url.username or 'this user'}: put it into PGPASSWORD, or into ~/.pgpass."
    if asked is not None and asked.used_password:
        return f"PostgreSQL didn't let {url.username or 'this user'} in with this password: {reason}."
    return f"PostgreSQL can't be reached: {reason}. Does it run, and are host and port right?"


def _createdb(url: URL) -> str:
    at = "".join(f" --{name}={value}" for name, value in (("host", url.host), ("port", url.port), ("username", url.username)) if value)
    return f"createdb{at} --encoding=UTF8 --template=template0 {url.database}"


def _look_at(target: Connection, source: Session, url: URL) -> tuple[str, str]:
    """Where that is, and what is there: nothing, strangers, another store, an earlier release's, ours as a rehearsal, or ours moved."""
    major = int(target.scalar(text("SHOW server_version_num")) or 0) // 10_000
    if major < OLDEST_SERVER:
        raise NotCopied(f"That server is PostgreSQL {major}; Tallystick needs {OLDEST_SERVER} or newer. {_UNHARMED}")
    if (encoding := target.scalar(text("SHOW server_encoding"))) != "UTF8":
        raise NotCopied(f"The database {url.database} is in {encoding}, and loses letters. Drop it, and: `{_createdb(url)}`. {_UNHARMED}")
    driver: Any = target.connection.dbapi_connection
    where = f"{driver.info.dbname} at {driver.info.host}:{driver.info.port}"
    tables = inspect(target).get_table_names()
    if "alembic_version" not in tables:
        return where, "strangers" if tables else "nothing"
    version = migrations.current(target)
    if "store" not in tables or (instance := target.scalar(text("SELECT instance_id FROM store"))) is None:
        return where, "nothing"
    if str(instance) != source.scalar(select(store.store.c.instance_id)):
        return where, "another"
    if version != migrations.head():
        return where, "earlier"
    return where, "rehearsal" if target.scalar(select(store.store.c.recovering_why)) == recovery.REHEARSAL else "moved"


_OCCUPIED = {
    "strangers": "holds tables that aren't Tallystick's",
    "another": "holds another store",
    "earlier": "holds this store as an earlier release left it",
    "moved": "holds this store already, and not as a rehearsal",
}


def _refuse_occupied(there: str, target: Connection, url: URL) -> None:
    """Only a rehearsal is written over, and not while somebody looks at it."""
    if there in _OCCUPIED:
        raise NotCopied(
            f"The database {url.database} {_OCCUPIED[there]}. A copy needs an empty one: make one with another name, `createdb`, or drop "
            f"this one if nobody misses it. {_UNHARMED}"
        )
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()"
    )
    if there == "rehearsal" and target.scalar(others):
        raise NotCopied(f"Somebody is connected to the rehearsal in {url.database}: stop what serves it or looks at it. {_UNHARMED}")


# What went wrong there


@contextmanager
def _clearly(url: URL) -> Iterator[None]:
    """What PostgreSQL refuses, in words that help."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, psycopg.Error):
            raise
        said = cause.diag.message_primary or (str(cause).strip().splitlines() or [type(cause).__name__])[0]
        if cause.sqlstate == "42501":
            owner = f'`ALTER DATABASE "{url.database}" OWNER TO "{url.username}"`, as somebody who may, helps'
            raise NotCopied(f"The user {url.username} isn't allowed to: {said}. {owner}. {_UNHARMED}") from None
        if cause.sqlstate == "55P03":
            raise NotCopied(f"Somebody works in the database {url.database}: stop what is connected to it. {_UNHARMED}") from None
        # Where in the data, without the data itself.
        place = f" ({context.partition(':')[0]})" if (context := cause.diag.context) else ""
        raise NotCopied(f"PostgreSQL refused: {said}{place}. {_UNHARMED}") from None


@contextmanager
def _to_be_finished(where: str) -> Iterator[None]:
    try:
        yield
    except DBAPIError:
        raise NotCopied(
            f"The connection broke just when the move to {where} was being finished; nobody can say whether it was. Run the same command "
            "again: it finds out. Until then the store here doesn't start, so that there are never two."
        ) from None
