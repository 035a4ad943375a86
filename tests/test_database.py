"""The engine: what `write` and `read` promise on each database, and what happens when the database doesn't cooperate."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    insert,
    literal_column,
    null,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from app import chance, wire
from app import database as engine
from app.database import Contended, Database, DatabaseUnavailable, Id, Json, Overloaded, Session, Utc
from app.statements import Prepared
from tests import servers

metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String(200), nullable=False))
replies = Table("replies", metadata, Column("id", Integer, primary_key=True), Column("note", Integer, ForeignKey("notes.id")))
values = Table("kinds", metadata, Column("id", Id(), primary_key=True), Column("at", Utc), Column("data", Json))


@contextmanager
def opened(url: str, **settings: Any) -> Iterator[Database]:
    """A database with these tables, empty."""
    database = Database(url, **settings)
    try:
        with database.engine.begin() as connection:
            metadata.drop_all(connection)
            metadata.create_all(connection)
        yield database
    finally:
        database.close()


@pytest.fixture(scope="module")
def postgresql_url(postgres: servers.Postgres) -> Iterator[str]:
    url = postgres.url_for_new_database()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """One writer, so that whoever holds it holds up everybody."""
    with opened(database_url, writers=1) as made:
        yield made


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with opened(f"sqlite:///{tmp_path / 'store.sqlite'}") as made:
        yield made


@pytest.fixture
def postgresql(postgresql_url: str) -> Iterator[Database]:
    with opened(postgresql_url) as made:
        yield made


@pytest.fixture
def several() -> Iterator[ThreadPoolExecutor]:
    """Threads to call from; each call waits for its answer."""
    with ThreadPoolExecutor(16) as pool:
        yield pool


class Holding:
    """A function that takes the writer and keeps it until it is told to let go."""

    def __init__(self, note: int | None = None) -> None:
        self.begun, self.over, self._note = threading.Event(), threading.Event(), note

    def __call__(self, session: Session) -> str:
        if self._note is not None:
            note(session, self._note)
        self.begun.set()
        assert self.over.wait(10)
        return "held"


def note(session: Session, id: int, said: str = "") -> int:
    session.execute(insert(notes), {"id": id, "text": said})
    return id


def noted(session: Session) -> list[int]:
    return list(session.execute(select(notes.c.id).order_by(notes.c.id)).scalars())


class Refused(Exception):
    pass


def note_and_refuse(session: Session, id: int) -> None:
    note(session, id)
    raise Refused(id)


def waiting(database: Database, count: int) -> Callable[[], bool]:
    return lambda: database.waiting == count


# Results, refusals and shared commits


def test_what_a_function_returns_or_raises_reaches_its_caller(database: Database) -> None:
    assert database.run(note, 1) == 1
    with pytest.raises(Refused):
        database.run(note_and_refuse, 2)
    with pytest.raises(ZeroDivisionError):
        database.run(lambda session: 1 // 0)
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(database.write(lambda session: next(iter(()))))
    with pytest.raises(Refused):
        database.look(note_and_refuse_nothing)
    assert database.look(noted) == [1]


def note_and_refuse_nothing(session: Session) -> None:
    raise Refused


def test_a_refusal_rolls_back_its_own_change_and_none_of_those_that_share_its_commit(
    database: Database, several: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BATCH_SECONDS", 60)
    holding = Holding()
    first = several.submit(database.run, holding)
    assert holding.begun.wait(10)
    asked = [several.submit(database.run, note_and_refuse if n % 2 else note, n) for n in range(12)]
    servers.until(waiting(database, 12), within_s=10, what="twelve functions wait")
    holding.over.set()
    assert first.result() == "held"
    assert [future.exception() is not None for future in asked] == [False, True] * 6
    assert all(isinstance(future.exception(), Refused) for future in asked[1::2])
    assert database.look(noted) == [0, 2, 4, 6, 8, 10]
    figures = database.figures
    assert (figures.functions, figures.refused) == (7, 6)
    assert figures.commits == (1 if database.is_sqlite else 7)


def test_nobody_hears_yes_or_sees_anything_before_the_shared_commit(
    sqlite: Database, several: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BATCH_SECONDS", 60)
    first, last = Holding(1), Holding(3)
    asked = [several.submit(sqlite.run, first)]
    assert first.begun.wait(10)
    asked += [several.submit(sqlite.run, note, 2)]
    servers.until(waiting(sqlite, 1), within_s=10, what="the second waits")
    asked += [several.submit(sqlite.run, last)]
    servers.until(waiting(sqlite, 2), within_s=10, what="the third waits")
    first.over.set()
    assert last.begun.wait(10)  # the first two are done, and their commit is still to come
    assert [future.done() for future in asked] == [False, False, False]
    assert sqlite.look(noted) == []
    last.over.set()
    assert [future.result(10) for future in asked] == ["held", 2, "held"]
    assert sqlite.look(noted) == [1, 2, 3]
    assert sqlite.figures.commits == 1


def test_a_change_is_visible_once_its_caller_has_heard_of_it_and_not_before(database: Database, several: ThreadPoolExecutor) -> None:
    holding = Holding(1)
    asked = several.submit(database.run, holding)
    assert holding.begun.wait(10)
    assert database.look(noted) == []
    holding.over.set()
    assert asked.result(10) == "held"
    assert database.look(noted) == [1]


def test_a_commit_that_fails_is_a_no_to_everybody_who_shared_it(
    sqlite: Database, several: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BATCH_SECONDS", 60)

    def spoil(session: Session) -> None:
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
        session.execute(insert(replies), {"id": 1, "note": 404})

    holding = Holding(1)
    asked: list[Future[Any]] = [several.submit(sqlite.run, holding)]
    assert holding.begun.wait(10)
    asked += [several.submit(sqlite.run, spoil)]
    servers.until(waiting(sqlite, 1), within_s=10, what="one waits")
    holding.over.set()
    assert [future.exception(10) is None for future in asked] == [False, False]
    assert sqlite.look(noted) == []
    assert sqlite.run(note, 2) == 2


def test_a_caller_who_went_away_neither_stops_nor_blocks_others(database: Database) -> None:
    async def story() -> list[int]:
        holding = Holding(1)
        gone = asyncio.create_task(database.write(holding))
        assert await asyncio.to_thread(holding.begun.wait, 10)
        also_gone = asyncio.create_task(database.write(note, 2))
        stays = asyncio.create_task(database.write(note, 3))
        await asyncio.sleep(0)
        gone.cancel()
        also_gone.cancel()
        holding.over.set()
        assert await stays == 3
        assert gone.cancelled() or await asyncio.wait([gone, also_gone])
        return await database.read(noted)

    assert asyncio.run(story()) == [1, 2, 3]  # what was begun or queued is done; only nobody is told


def test_a_caller_whose_event_loop_has_closed_is_no_trouble(database: Database) -> None:
    holding = Holding()

    async def leave() -> None:
        task = asyncio.create_task(database.write(holding))
        await asyncio.to_thread(holding.begun.wait, 10)
        task.cancel()

    asyncio.run(leave())
    holding.over.set()
    assert database.run(note, 1) == 1


def test_more_than_may_wait_are_turned_away_at_once(database_url: str, several: ThreadPoolExecutor) -> None:
    with opened(database_url, writers=1, queue_limit=2) as database:
        holding = Holding()
        first = several.submit(database.run, holding)
        assert holding.begun.wait(10)
        queued = [several.submit(database.run, note, n) for n in (1, 2)]
        servers.until(waiting(database, 2), within_s=10, what="two wait")
        with pytest.raises(Overloaded):
            database.run(note, 3)
        with pytest.raises(Overloaded):
            asyncio.run(database.write(note, 4))
        holding.over.set()
        assert (first.result(10), [future.result(10) for future in queued]) == ("held", [1, 2])
        assert database.look(noted) == [1, 2]


def test_more_reads_than_may_wait_are_turned_away_at_once(database_url: str) -> None:
    with opened(database_url, readers=1, queue_limit=2) as database:
        over = threading.Event()

        async def story() -> None:
            slow = [asyncio.create_task(database.read(lambda session: over.wait(10))) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await database.read(noted)
            over.set()
            assert await asyncio.gather(*slow) == [True, True]
            assert await database.read(noted) == []

        asyncio.run(story())


def test_closing_finishes_what_waits_and_turns_away_what_comes_later(database: Database, several: ThreadPoolExecutor) -> None:
    holding = Holding()
    first = several.submit(database.run, holding)
    assert holding.begun.wait(10)
    queued = [several.submit(database.run, note, n) for n in range(5)]
    servers.until(waiting(database, 5), within_s=10, what="five wait")
    closing = several.submit(database.close)
    servers.until(waiting(database, 6), within_s=10, what="the writer is told to end")
    with pytest.raises(DatabaseUnavailable):
        database.run(note, 9)
    with pytest.raises(DatabaseUnavailable):
        asyncio.run(database.read(noted))
    holding.over.set()
    closing.result(10)
    assert (first.result(10), [future.result(10) for future in queued]) == ("held", [0, 1, 2, 3, 4])
    database.close()
    again = Database(str(database.engine.url))
    assert again.look(noted) == [0, 1, 2, 3, 4]
    again.close()


# Repetition


def test_a_plan_that_was_overtaken_is_made_again_with_locks(database: Database) -> None:
    seen: list[bool] = []

    def plan(session: Session) -> str:
        seen.append(session.contended)
        note(session, len(seen))
        if not session.contended:
            raise Contended
        return "second try"

    assert database.run(plan) == "second try"
    assert (seen, database.look(noted)) == ([False, True], [2])


def test_a_plan_that_is_overtaken_again_and_again_ends_as_overload(database: Database) -> None:
    tries = []

    def plan(session: Session) -> None:
        tries.append(session)
        raise Contended("everybody wants it")

    with pytest.raises(Overloaded, match="everybody wants it"):
        database.run(plan)
    assert 2 <= len(tries) <= 1 + engine.ATTEMPTS
    assert database.run(note, 1) == 1


def test_a_deadlock_between_two_functions_is_resolved_by_repeating_one(postgresql: Database, several: ThreadPoolExecutor) -> None:
    for id in (1, 2):
        postgresql.run(note, id)
    both_have_one = threading.Barrier(2)
    tries: list[int] = []

    def change_both(session: Session, first: int, second: int) -> None:
        tries.append(first)
        session.execute(update(notes).where(notes.c.id == first).values(text=f"first of {first}"))
        if tries.count(first) == 1:
            both_have_one.wait(10)
        session.execute(update(notes).where(notes.c.id == second).values(text=f"second of {first}"))

    for future in [several.submit(postgresql.run, change_both, 1, 2), several.submit(postgresql.run, change_both, 2, 1)]:
        future.result(20)
    assert len(tries) > 2
    assert postgresql.figures.retried >= 1
    texts = postgresql.look(lambda session: list(session.execute(select(notes.c.text).order_by(notes.c.id)).scalars()))
    assert texts in (["first of 1", "second of 1"], ["second of 2", "first of 2"])  # one after the other, never mixed


def test_a_function_that_can_never_be_serialized_is_given_up_after_a_few_tries(postgresql: Database) -> None:
    tries = []

    def collide(session: Session) -> None:
        tries.append(session)
        session.execute(text("DO $$ BEGIN RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END $$"))

    began = time.monotonic()
    with pytest.raises(DatabaseUnavailable, match="could not serialize access"):
        postgresql.run(collide)
    assert len(tries) == 1 + engine.ATTEMPTS
    assert time.monotonic() - began < 5


def test_of_two_who_insert_the_same_key_the_second_is_repeated_and_sees_the_first(
    postgresql: Database, several: ThreadPoolExecutor
) -> None:
    neither_is_there = threading.Barrier(2)
    tries = []

    def note_unless_there(session: Session) -> bool:
        tries.append(session)
        if 1 in noted(session):
            return False
        if len(tries) <= 2:
            neither_is_there.wait(10)
        note(session, 1)
        return True

    answers = [several.submit(postgresql.run, note_unless_there) for _ in range(2)]
    assert sorted(future.result(10) for future in answers) == [False, True]


# Reading


def test_a_read_sees_one_moment_whatever_is_written_meanwhile(database: Database, several: ThreadPoolExecutor) -> None:
    database.run(note, 1)

    def twice(session: Session) -> tuple[list[int], list[int]]:
        before = noted(session)
        several.submit(database.run, note, 2).result(10)
        return before, noted(session)

    assert database.look(twice) == ([1], [1])
    assert asyncio.run(database.read(noted)) == [1, 2]


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseUnavailable, DBAPIError)):
        database.look(note, 1)
    assert database.look(noted) == []
    assert database.run(note, 1) == 1  # and the connection it used may be written to again


# A database that doesn't cooperate


def test_a_connection_lost_before_the_commit_is_replaced_and_the_function_repeated(postgresql: Database) -> None:
    lost: list[int] = []

    def interrupted(session: Session) -> int:
        note(session, 1)
        if not lost:
            lost.append(session.scalar(text("SELECT pg_backend_pid()")))
            terminate(postgresql, lost[0])
        return int(session.scalar(select(notes.c.id)))

    assert postgresql.run(interrupted) == 1
    assert postgresql.look(noted) == [1]
    lost.clear()

    def read(session: Session) -> list[int]:
        if not lost:
            lost.append(session.scalar(text("SELECT pg_backend_pid()")))
            terminate(postgresql, lost[0])
        return noted(session)

    assert postgresql.look(read) == [1]


def terminate(database: Database, pid: int) -> None:
    with psycopg.connect(database.engine.url.set(drivername="postgresql").render_as_string(), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


def test_the_pool_recovers_when_the_server_has_been_started_again(postgres: servers.Postgres, postgresql: Database) -> None:
    postgresql.run(note, 1)
    assert asyncio.run(postgresql.read(noted)) == [1]
    postgres.stop()
    try:
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                postgresql.run(note, 2)
            with pytest.raises(DatabaseUnavailable):
                asyncio.run(postgresql.read(noted))
        assert postgresql.figures.last_error
    finally:
        postgres.start()
    assert asyncio.run(postgresql.read(noted)) == [1]
    assert [postgresql.run(note, n) for n in (3, 4, 5, 6, 7)] == [3, 4, 5, 6, 7]
    assert postgresql.figures.last_error is None


def test_a_statement_that_takes_too_long_is_ended(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "STATEMENT_TIMEOUT_MS", 300)
    with opened(postgresql_url) as database:
        with pytest.raises(DatabaseUnavailable, match="statement timeout"):
            database.run(lambda session: session.execute(text("SELECT pg_sleep(20)")))
        with pytest.raises(DatabaseUnavailable, match="statement timeout"):
            database.look(lambda session: session.execute(text("SELECT pg_sleep(20)")))
        assert database.run(note, 1) == 1


def test_a_row_that_somebody_keeps_locked_is_waited_for_within_bounds(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "LOCK_TIMEOUT_MS", 100)
    with opened(postgresql_url) as database:
        database.run(note, 1)
        change = update(notes).where(notes.c.id == 1).values(text="mine")
        with database.engine.connect() as other, other.begin():
            other.execute(change)
            with pytest.raises(DatabaseUnavailable, match="lock timeout"):
                database.run(lambda session: session.execute(change).rowcount)
        assert database.run(lambda session: session.execute(change).rowcount) == 1


@contextmanager
def held_by_another_process(path: str) -> Iterator[subprocess.Popen[str]]:
    """Somebody else has begun to write to the SQLite file, until they are told to stop."""
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('BEGIN IMMEDIATE'); print('held', flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", script, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_write_lock_that_another_process_holds_is_waited_for_and_then_refused(
    tmp_path: Path, several: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "store.sqlite")
    with opened(f"sqlite:///{path}") as database, held_by_another_process(path) as process:
        asked = several.submit(database.run, note, 1)
        servers.until(lambda: database.waiting == 0, within_s=10, what="the writer tries")
        assert not asked.done()
        assert database.look(noted) == []  # reading goes on
        process.kill()
        assert asked.result(10) == 1
    monkeypatch.setattr(engine, "LOCK_TIMEOUT_MS", 200)
    with opened(f"sqlite:///{path}") as database:
        with held_by_another_process(path):
            began = time.monotonic()
            with pytest.raises(DatabaseUnavailable, match="locked"):
                database.run(note, 2)
            assert 0.2 <= time.monotonic() - began < 1
            began = time.monotonic()
            waiting = [several.submit(database.run, note, number) for number in range(10, 20)]
            for refused in waiting:
                with pytest.raises(DatabaseUnavailable, match="locked"):
                    refused.result(10)
            assert time.monotonic() - began < 1  # they were refused together, not one after another
        assert database.run(note, 3) == 3


def test_an_error_in_the_statement_is_no_outage_and_breaks_nothing(database: Database) -> None:
    database.run(note, 1)
    with pytest.raises(IntegrityError):
        database.run(lambda session: session.execute(insert(replies), {"id": 1, "note": 404}))
    assert database.figures.failed == 0
    assert database.run(note, 2) == 2


# Prepared statements: the same promises on the shorter way


prepared_note = Prepared(insert(notes), ["id", "text"])
prepared_reply = Prepared(insert(replies), ["id", "note"])
prepared_value = Prepared(insert(values), ["id", "at", "data"])
prepared_values = Prepared(select(values).order_by(values.c.id))
prepared_notes = Prepared(select(notes.c.id, notes.c.text).where(notes.c.id >= bindparam("least", type_=Integer())).order_by(notes.c.id))
prepared_change = Prepared(update(notes).where(notes.c.id >= bindparam("least", type_=Integer())).values(text=bindparam("said")))


def some(*ids: int) -> list[dict[str, Any]]:
    return [{"id": id, "text": "prepared"} for id in ids]


def test_prepared_statements_say_how_many_rows_they_changed_each(database: Database) -> None:
    def counted(session: Session) -> tuple[int, int, list[int]]:
        one, three = session.run(prepared_note, some(1)[0]), session.run(prepared_note, some(2, 3, 4))
        session.later(prepared_note, some(5)[0])
        session.later(prepared_note, some(6, 7))
        changes = [(prepared_change, {"least": least, "said": f"from {least}"}) for least in (7, 3, 8)]
        return one, three, session.run_each(changes)

    assert database.run(counted) == (1, 3, [1, 5, 0])
    rows = database.look(lambda session: session.rows(prepared_notes, {"least": 2}))
    assert rows == [{"id": 2, "text": "prepared"}] + [{"id": n, "text": "from 3"} for n in range(3, 8)]


def test_rows_that_go_in_together_are_kept_as_each_would_be_by_itself(database: Database) -> None:
    data = [None, {"ä": [1, None, "\\ \" '"]}, [], "text", {"units": 3, "share": 0.1, "paid": True}, 7, 0.25, True, "8"]
    at = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=timezone(timedelta(hours=5)))
    rows = [{"id": chance.new_id(), "at": at if n % 2 else None, "data": data[n % len(data)]} for n in range(100)]

    def put_in(session: Session) -> tuple[int, int]:
        return session.run(prepared_value, rows[:80]), sum(session.run(prepared_value, row) for row in rows[80:])

    assert database.run(put_in) == (80, 20)
    is_null = values.c.data.is_(null()).label("is_null")
    found = database.look(lambda session: list(session.execute(select(values, is_null).order_by(values.c.id)).mappings()))
    assert found == [row | {"is_null": False} for row in rows], "a JSON null is a value"
    assert database.look(lambda session: session.rows(prepared_values, {})) == rows


def test_what_was_put_off_is_done_before_anybody_looks_and_at_the_end_at_the_latest(database: Database) -> None:
    def put_off(session: Session) -> list[list[int]]:
        seen = []
        for id, look in enumerate((noted, lambda session: [row["id"] for row in session.rows(prepared_notes, {"least": 0})])):
            session.later(prepared_note, some(id)[0])
            seen.append(look(session))
        session.later(prepared_note, some(9)[0])
        return seen

    assert database.run(put_off) == [[0], [0, 1]]
    assert database.look(noted) == [0, 1, 9]


def prepared_failure(session: Session) -> None:
    session.run_each([(prepared_note, some(20)[0]), (prepared_reply, {"id": 1, "note": 404}), (prepared_note, some(21)[0])])


def put_off_failure(session: Session) -> None:
    session.later(prepared_note, some(20)[0])
    session.later(prepared_reply, {"id": 1, "note": 404})
    session.later(prepared_note, some(21)[0])


@pytest.mark.parametrize("failure", [prepared_failure, put_off_failure])
def test_a_prepared_statement_that_fails_is_the_same_error_and_undoes_its_function_alone(
    database: Database, failure: Callable[[Session], None]
) -> None:
    database.run(note, 1)
    with pytest.raises(IntegrityError) as caught:
        database.run(failure)
    assert "foreign key" in str(caught.value).lower()
    assert database.figures.failed == 0
    assert [database.run(note, n) for n in (2, 3)] == [2, 3]
    assert database.look(noted) == [1, 2, 3]


def test_a_prepared_statement_on_a_lost_connection_is_repeated_with_its_function(postgresql: Database) -> None:
    lost: list[int] = []

    def interrupted(session: Session, *statements: tuple[Prepared, dict[str, Any]]) -> list[int]:
        note(session, 1)
        if not lost:
            lost.append(session.scalar(text("SELECT pg_backend_pid()")))
            terminate(postgresql, lost[0])
        return session.run_each(statements)

    for first in (10, 20):
        changes = [(prepared_note, each) for each in some(*range(first, first + first // 10))]
        assert postgresql.run(interrupted, *changes) == [1] * len(changes)
        assert postgresql.run(lambda session: session.execute(delete(notes)).rowcount) == 1 + len(changes)
        lost.clear()


def test_a_prepared_statement_in_a_deadlock_is_repeated_with_its_function(postgresql: Database, several: ThreadPoolExecutor) -> None:
    postgresql.run(lambda session: session.run(prepared_note, some(1, 2)))
    both_have_one, tries = threading.Barrier(2), []
    change = Prepared(update(notes).where(notes.c.id == bindparam("which", type_=Integer())).values(text=bindparam("said")))

    def change_both(session: Session, first: int, second: int) -> list[int]:
        tries.append(first)
        session.run(change, {"which": first, "said": str(first)})
        if tries.count(first) == 1:
            both_have_one.wait(10)
        return session.run_each([(change, {"which": second, "said": str(first)}), (change, {"which": first, "said": str(first)})])

    for future in [several.submit(postgresql.run, change_both, 1, 2), several.submit(postgresql.run, change_both, 2, 1)]:
        assert future.result(20) == [1, 1]
    assert len(tries) > 2
    assert len(set(postgresql.look(lambda session: [row["text"] for row in session.rows(prepared_notes, {"least": 0})]))) == 1


def wordings(count: int) -> list[Prepared]:
    """So many statements that are alike but for their text."""
    where = notes.c.id == bindparam("which", type_=Integer())
    return [Prepared(select(notes.c.text.label(f"text_{n}")).where(where)) for n in range(count)]


def prepared_there(database: Database) -> set[str]:
    """What the server has prepared on the one connection that this database writes with."""
    query = text("SELECT name FROM pg_prepared_statements")
    return set(database.run(lambda session: session.execute(query).scalars().all()))


def test_postgresql_prepares_what_comes_again_and_only_so_much_of_it(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MOST", 8)
    with opened(postgresql_url, writers=1) as database:
        database.run(lambda session: session.run(prepared_note, some(1)[0]))
        assert prepared_there(database) == set()

        def ask(session: Session, asked: Sequence[Prepared]) -> list[str]:
            return [row[f"text_{n}"] for n, each in enumerate(asked) for row in session.rows(each, {"which": 1})]

        every = wordings(30)
        for _ in range(3):
            assert database.run(ask, every[:4]) == ["prepared"] * 4
        first = prepared_there(database)
        assert len(first) == 4
        for _ in range(2):
            assert database.run(lambda session: [session.rows(each, {"which": 1}) for each in every for _ in range(2)])
        assert len(prepared_there(database)) == 8
        assert not first & prepared_there(database)


def test_what_was_prepared_outlives_a_rollback_and_what_failed_is_prepared_anew(postgresql_url: str) -> None:
    with opened(postgresql_url, writers=1) as database:
        (one, other) = wordings(2)

        def ask(session: Session) -> list[Any]:
            return [session.rows(each, {"which": 1}) for each in (one, other, one, other)]

        def undone(session: Session) -> None:
            with session.savepoint():
                session.run(prepared_note, some(1)[0])
                raise ValueError("undone")

        def part(session: Session) -> list[Any]:
            with pytest.raises(ValueError, match="undone"):
                undone(session)
            return ask(session)

        assert database.run(part) == [[], [], [], []]
        before = prepared_there(database)
        for _ in range(3):
            with pytest.raises(IntegrityError):
                database.run(prepared_failure)
        assert database.run(ask) == [[], [], [], []]
        assert before < prepared_there(database)
        assert len(prepared_there(database) - before) == 2  # a note's, and a reply's


def test_a_transaction_that_had_failed_is_no_commit(postgresql: Database) -> None:
    def swallows(session: Session) -> None:
        note(session, 1)
        with suppress(IntegrityError):
            prepared_failure(session)

    with pytest.raises(DBAPIError):
        postgresql.run(swallows)
    assert postgresql.look(noted) == []


@pytest.mark.parametrize(("written", "percent"), [("100 % wool, 5%s", "%"), ("naïve ☕", "☕"), ("it's \\ here", "it's")])
def test_any_text_goes_there_and_back(database: Database, written: str, percent: str) -> None:
    like = Prepared(select(notes.c.text, literal_column("'%sale'", String).label("sign")).where(notes.c.text.contains(bindparam("part"))))
    database.run(lambda session: [session.run(prepared_note, {"id": n, "text": written}) for n in range(3)])
    found = database.look(lambda session: [session.rows(like, {"part": percent}) for _ in range(3)])
    assert found == [[{"text": written, "sign": "%sale"}] * 3] * 3


def test_text_that_postgresql_cannot_hold_is_refused_and_not_cut_short(postgresql: Database) -> None:
    with pytest.raises(DBAPIError, match="NUL"):
        postgresql.run(lambda session: session.run(prepared_note, {"id": 1, "text": "cut\0short"}))
    assert postgresql.look(noted) == []


def test_what_cannot_be_given_leaves_nothing_half_prepared(postgresql_url: str) -> None:
    with opened(postgresql_url, writers=1) as database:
        (other,) = wordings(1)

        def both(session: Session, said: str) -> list[int]:
            return session.run_each([(other, {"which": 1}), (prepared_note, {"id": 1, "text": said})])

        assert database.run(both, "whole")[1] == 1
        for _ in range(2):
            with pytest.raises(DBAPIError, match="NUL"):
                database.run(both, "cut\0short")
        assert database.run(lambda session: [session.rows(other, {"which": 1}) for _ in range(3)]) == [[{"text_0": "whole"}]] * 3


# Settings and types


def test_every_connection_to_sqlite_is_durable_and_keeps_foreign_keys(sqlite: Database) -> None:
    for pool, read_only in ((sqlite.engine, 0), (sqlite._snapshots, 1)):
        connections = [pool.raw_connection() for _ in range(4)]
        for connection in connections:
            found = [
                connection.cursor().execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
            assert found == ["wal", 2, 1]  # 2 is FULL
            assert connection.cursor().execute("PRAGMA query_only").fetchone()[0] == read_only
        for connection in connections:
            connection.close()


def test_every_connection_to_postgresql_is_in_utc_and_bounded(postgresql: Database) -> None:
    connections = [postgresql.engine.connect() for _ in range(8)]
    for connection in connections:
        shown = {name: connection.scalar(text(f"SHOW {name}")) for name in ("timezone", "statement_timeout", "lock_timeout")}
        assert shown == {"timezone": "UTC", "statement_timeout": "10s", "lock_timeout": "4s"}
        connection.close()


def test_a_moment_is_in_utc_on_both_sides_and_a_naive_one_is_refused(database: Database) -> None:
    there = datetime(2026, 3, 29, 3, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    id = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
    data = {"lines": [1, "ü", None, {"deep": True}], "big": 2**53}

    def keep_and_show(session: Session) -> Any:
        session.execute(insert(values), {"id": id, "at": there, "data": data})
        return session.execute(select(values).where(values.c.id == id, values.c.at == there)).one()

    shown = database.run(keep_and_show)
    assert shown.at == there and shown.at.tzinfo is UTC and shown.at.hour == 1
    assert (shown.id, shown.data) == (id, data)
    prepared = Prepared(select(values).where(values.c.id == bindparam("wanted", type_=Id())))
    assert database.look(lambda session: session.rows(prepared, {"wanted": id})) == [dict(shown._mapping)]
    other = {"id": id[:-1] + "f", "at": there, "data": data}
    assert database.run(lambda session: (session.run(prepared_value, other), session.rows(prepared, {"wanted": other["id"]}))) == (
        1,
        [other],
    )
    with pytest.raises(ValueError, match="needs a time zone"):
        database.run(lambda session: session.run(prepared_value, {**other, "at": datetime(2026, 3, 29)}))  # noqa: DTZ001
    with pytest.raises(StatementError, match="needs a time zone"):
        database.run(lambda session: session.execute(insert(values), {"id": id[::-1], "at": datetime(2026, 3, 29)}))  # noqa: DTZ001
    empty = database.run(lambda session: session.execute(insert(values).returning(values.c.at), {"id": id[:-1] + "e"}).scalar())
    assert empty is None
