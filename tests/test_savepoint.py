"""A part of a transaction that can fail by itself."""

from contextlib import suppress

import pytest
from sqlalchemy import insert, select

from app import chance
from app.database import Database, Session
from app.domain import events
from app.domain.causes import Cause
from app.domain.locations import locations
from tests.shop import event_types


class Slip(Exception):
    """Something that the caller goes on from."""


def add(session: Session, code: str) -> None:
    row = {"id": chance.new_id(), "code": code, "code_key": code, "name": code, "rank": 9, "created_at": chance.now()}
    session.execute(insert(locations), row)
    events.append(session, f"added.{code}", row["id"], {}, cause=Cause("test"))


def slip(session: Session, code: str) -> None:
    with session.savepoint():
        add(session, code)
        raise Slip


def codes(database: Database) -> set[str]:
    return set(database.look(lambda session: list(session.execute(select(locations.c.code)).scalars())))


def test_what_failed_is_undone_with_its_events_and_the_rest_is_committed(database: Database) -> None:
    def some(session: Session) -> None:
        add(session, "before")
        with pytest.raises(Slip):
            slip(session, "slipped")
        with session.savepoint():
            add(session, "after")

    database.run(some)
    assert codes(database) == {"STUDIO", "before", "after"}
    assert [kind for kind in event_types(database) if kind.startswith("added.")] == ["added.before", "added.after"]


def test_an_inner_part_fails_alone_and_an_outer_one_with_all_that_is_in_it(database: Database) -> None:
    def nested(session: Session) -> None:
        with session.savepoint():
            add(session, "outer")
            with pytest.raises(Slip):
                slip(session, "inner")
        with suppress(Slip), session.savepoint():
            with session.savepoint():
                add(session, "lost with it")
            raise Slip

    database.run(nested)
    assert codes(database) == {"STUDIO", "outer"}


def test_a_part_that_went_well_goes_with_its_transaction(database: Database) -> None:
    def lost(session: Session) -> None:
        with session.savepoint():
            add(session, "kept for now")
        raise Slip

    with pytest.raises(Slip):
        database.run(lost)
    assert codes(database) == {"STUDIO"}
