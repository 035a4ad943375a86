"""What one process commits wakes the others, and nothing of it is needed for more than speed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg

from app import domain
from app.bell import EVERYBODY, Bell
from app.database import Database
from app.domain import plans
from app.main import open_store
from tests.servers import Postgres, until


@contextmanager
def bell(url: str, heard: list[frozenset[str]]) -> Iterator[Bell]:
    found = Bell(url, [heard.append])
    found.start()
    try:
        until(lambda: heard[:1] == [frozenset({EVERYBODY})], within_s=10, what="it listens")
        heard.clear()
        yield found
    finally:
        found.stop()


def test_a_commit_in_one_process_wakes_the_others_and_not_itself(postgres: Postgres, migrated_postgresql: str) -> None:
    url = postgres.url_for_new_database(like=migrated_postgresql)
    here: list[frozenset[str]] = []
    there: list[frozenset[str]] = []
    with ExitStack() as stack:
        ours, _ = stack.enter_context(bell(url, here)), stack.enter_context(bell(url, there))
        database = Database(url, finish=domain.finish)
        stack.callback(database.close)
        database.run(open_store, "EUR")
        database.listeners.append(ours.ring)
        database.run(lambda session: plans.wake(session, "one", "another"))
        until(lambda: {"one", "another"} <= frozenset[str]().union(*there), within_s=10, what="it is heard")
        assert not {"one", "another"} & frozenset[str]().union(*here)


def test_more_than_a_notification_holds_is_rung_in_several(postgres: Postgres) -> None:
    url = postgres.url_for_new_database()
    everything = frozenset(f"01a20320-a200-778d-b311-{number:012d}" for number in range(1_000))
    heard: list[frozenset[str]] = []
    with bell(url, []) as ours, bell(url, heard):
        ours.ring(everything)
        until(lambda: everything <= frozenset[str]().union(*heard), within_s=10, what="all of it is heard")


def test_a_bell_whose_connections_break_comes_back_and_then_wakes_everybody(postgres: Postgres) -> None:
    url = postgres.url_for_new_database()
    heard: list[frozenset[str]] = []
    with bell(url, []) as ours, bell(url, heard):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as person:
            others = "datname = current_database() AND pid <> pg_backend_pid()"
            person.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        ours.ring(frozenset({"lost with the connection, or not"}))
        until(lambda: frozenset({EVERYBODY}) in heard, within_s=20, what="it listens again, and everybody looks for himself")
        ours.ring(frozenset({"afterwards"}))
        until(lambda: frozenset({"afterwards"}) <= frozenset[str]().union(*heard), within_s=20, what="it rings again")
