"""The feed: what happened, in order, once."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.database import Database
from app.domain import events, recovery
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock
from tests.servers import until
from tests.shop import CAUSE, event_types, place, refused, sku, stocked


def feed(database: Database, after: int = 0, limit: int = 100, *, enough: int = 1, types: tuple[str, ...] = ()) -> list[dict[str, object]]:
    """The events behind a cursor, once there are so many: PostgreSQL's housekeeping may hold the newest back for a moment."""
    until(lambda: len(database.look(events.after, after, limit, types)) >= enough, within_s=10, what=f"{enough} events behind {after}")
    return database.look(events.after, after, limit, types)


def test_a_cursor_goes_through_all_events_in_the_order_they_happened(database: Database) -> None:
    stocked(database, "BOWL", 2)
    place(database, ("BOWL", 1))
    everything = event_types(database)
    assert (len(everything), everything[0], everything[3:]) == (6, "location.created", ["stock.moved", "stock.moved", "order.placed"])
    whole = feed(database, enough=6)
    assert [event["type"] for event in whole] == everything
    read: list[dict[str, object]] = []
    while len(read) < 6:
        page = feed(database, int(str(read[-1]["seq"])) if read else 0, 2)
        assert len(page) == 2
        read += page
    assert read == whole
    assert database.look(events.after, int(str(read[-1]["seq"])), 100) == []


def test_an_event_names_its_actor_its_cause_and_its_subject(database: Database) -> None:
    stocked(database, "BOWL", 2)
    order = place(database, ("BOWL", 1))
    moved, placed = feed(database, enough=6)[-2:]
    assert (placed["type"], placed["subject"], placed["actor"], placed["cause_kind"], placed["cause_id"]) == (
        "order.placed",
        order["id"],
        "test",
        "order",
        order["id"],
    )
    assert (moved["type"], moved["cause_id"], moved["at"] is not None) == ("stock.moved", order["id"], True)


def test_a_reader_may_ask_for_some_types_only(database: Database) -> None:
    stocked(database, "BOWL", 2)
    assert [event["type"] for event in feed(database, enough=2, types=("stock.moved", "sku.created"))] == ["sku.created", "stock.moved"]
    assert [event["type"] for event in feed(database, enough=2, types=("stock.*", "product.created"))] == ["product.created", "stock.moved"]
    assert database.look(events.after, 0, 100, ("stoc.*", "stock*", "stock", "*", "STOCK.*")) == []


def test_going_on_from_a_cursor_reads_nothing_of_what_lies_before_it(tmp_path: Path, migrated_sqlite: Path) -> None:
    (tmp_path / "store.sqlite").write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{tmp_path / 'store.sqlite'}")
    for types in ((), ("order.*",)):
        question = events._behind("sqlite", types).on(database.engine.dialect).text.replace("?", "1")
        plan = database.look(lambda session, asked=question: session.execute(text(f"EXPLAIN QUERY PLAN {asked}")).all())
        assert [step.detail for step in plan] == ["SEARCH events USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"]
    database.close()


def test_what_is_refused_happened_to_nobody(database: Database) -> None:
    stocked(database, "BOWL", 2)
    before = event_types(database)
    with refused(database, InsufficientStock):
        place(database, ("BOWL", 3))
    assert event_types(database) == before


def test_a_cursor_that_points_nowhere_is_refused(database: Database) -> None:
    sku(database, "BOWL")
    newest = feed(database, enough=3)[-1]["seq"]
    with pytest.raises(events.CursorExpired) as refusal:
        database.look(events.after, 99, 10)
    assert refusal.value.facts == {"after": 99, "latest": str(newest)}


def test_a_cursor_from_a_time_that_was_lost_never_becomes_that_of_another_event(database: Database) -> None:
    sku(database, "BOWL")
    last = int(str(feed(database, enough=3)[-1]["seq"]))
    database.run(recovery.gone_back, "restored", cause=CAUSE)  # what was read behind `last` elsewhere is unknown here
    sku(database, "VASE")
    until(lambda: len(database.look(events.after, last, 10)) == 2, within_s=10, what="both events show")
    assert min(event["seq"] for event in database.look(events.after, last, 10)) > last + events.LEAP
    with pytest.raises(events.CursorExpired):
        database.look(events.after, last + 1, 10)


def test_a_cause_acts_through_its_record() -> None:
    assert CAUSE.by("order", "1") == Cause("test", "order", "1")
