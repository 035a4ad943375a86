"""The feed: what happened, in order, once."""

import pytest

from app.database import Database
from app.domain import events
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


def test_what_is_refused_happened_to_nobody(database: Database) -> None:
    stocked(database, "BOWL", 2)
    before = event_types(database)
    with refused(database, InsufficientStock):
        place(database, ("BOWL", 3))
    assert event_types(database) == before


def test_a_cursor_that_points_nowhere_is_refused(database: Database) -> None:
    sku(database, "BOWL")
    with pytest.raises(events.CursorExpired) as refusal:
        database.look(events.after, 99, 10)
    assert refusal.value.facts == {"after": 99}


def test_a_cause_acts_through_its_record() -> None:
    assert CAUSE.by("order", "1") == Cause("test", "order", "1")
