"""Stocktakes: what was counted, against the ledger as it stood then."""

from datetime import timedelta

import pytest

from app.chance import Seeded
from app.database import Database
from app.domain import counts
from app.domain.errors import InsufficientStock, InvalidDraft, NotFound, UnknownLocation, UnknownSku
from tests.shop import Level, count, figures, hold, level, movements, place, post, refused, seen, send, ship, sku, stocked


def compared(taken: dict[str, object]) -> list[tuple[str, int, int, int]]:
    """Of each line: SKU, counted, expected, difference."""
    return [(line["sku"], line["counted"], line["expected"], line["difference"]) for line in taken["lines"]]  # type: ignore[attr-defined]


def test_a_count_that_agrees_changes_nothing(database: Database) -> None:
    stocked(database, "BOWL", 5)
    place(database, ("BOWL", 2))
    assert compared(count(database, ("BOWL", 5))) == [("BOWL", 5, 5, 0)]
    assert level(database, "BOWL") == Level(available=3, committed=2)
    assert len(movements(database, "BOWL")) == 2


def test_what_a_count_finds_too_much_becomes_available(database: Database) -> None:
    stocked(database, "BOWL", 5)
    assert compared(count(database, ("bowl", 8), reference="June")) == [("BOWL", 8, 5, 3)]
    assert level(database, "BOWL") == Level(available=8)
    assert movements(database, "BOWL")[-1] == (3, "adjustment", "available", "stocktake")


def test_what_was_never_here_can_be_counted(database: Database) -> None:
    stocked(database, "BOWL")
    stocked(database, "CUP")
    assert compared(count(database, ("CUP", 0), ("BOWL", 4))) == [("BOWL", 4, 0, 4), ("CUP", 0, 0, 0)]
    assert (level(database, "BOWL"), level(database, "CUP")) == (Level(available=4), Level())


def test_a_count_is_compared_with_the_ledger_as_it_stood_when_it_was_counted(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 10, STALL=0)
    clock.advance(timedelta(hours=1))
    counted_at = clock.now()
    clock.advance(timedelta(hours=1))
    ship(database, place(database, ("BOWL", 3)))
    post(database, "BOWL", 5)
    send(database, ("BOWL", 4))
    post(database, "BOWL", 2, "available", "damaged")
    place(database, ("BOWL", 1))
    assert compared(count(database, ("BOWL", 9), counted_at=counted_at)) == [("BOWL", 9, 10, -1)]
    # 10 - 3 sent off + 5 received - 4 under way - 1 that was missing at the count
    assert level(database, "BOWL") == Level(available=4, committed=1, damaged=2)
    assert compared(count(database, ("BOWL", 9), counted_at=counted_at)) == [("BOWL", 9, 9, 0)]
    assert compared(count(database, ("BOWL", 7))) == [("BOWL", 7, 7, 0)]


def test_what_a_later_count_has_settled_is_not_taken_off_twice(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 10, STALL=10)
    earlier = clock.now()
    clock.advance(timedelta(hours=1))
    count(database, ("BOWL", 8))
    with refused(database, InvalidDraft):
        count(database, ("BOWL", 8), counted_at=earlier)
    assert compared(count(database, ("BOWL", 9), at="STALL", counted_at=earlier)) == [("BOWL", 9, 10, -1)]
    assert level(database, "BOWL") == Level(available=8)


def test_what_is_missing_is_free_first_then_held_then_unfit_and_promised_last(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 6)
    post(database, "BOWL", 2, target="quality_control")
    post(database, "BOWL", 2, "adjustment", "damaged")
    order = place(database, ("BOWL", 2))
    hold(database, ("BOWL", 2))
    steps = [
        (8, Level(0, 0, 2, 2, 2, 2)),
        (7, Level(0, 0, 1, 2, 2, 2)),
        (5, Level(0, 0, 0, 2, 1, 2)),
        (3, Level(0, 0, 0, 2, 0, 1)),
        (2, Level(0, 0, 0, 2, 0, 0)),
        (1, Level(0, 0, 0, 1, 0, 0)),
        (0, Level(0, 0, 0, 0, 0, 0)),
    ]
    assert level(database, "BOWL") == Level(2, 0, 2, 2, 2, 2)
    for counted, left in steps:
        clock.advance(timedelta(minutes=1))
        count(database, ("BOWL", counted))
        assert level(database, "BOWL") == left
    assert figures(seen(database, order)) == [(0, 2, 0, 0)]


def test_a_count_that_finds_too_little_leaves_the_lines_promised_latest_short(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 6)
    waiting = []
    for units in (1, 2, 3):
        clock.advance(timedelta(minutes=1))
        waiting.append(place(database, ("BOWL", units)))
    count(database, ("BOWL", 2))
    assert [figures(seen(database, order))[0][:2] for order in waiting] == [(1, 0), (1, 1), (0, 3)]
    assert level(database, "BOWL") == Level(committed=2)
    count(database, ("BOWL", 5))
    assert [figures(seen(database, order))[0][:2] for order in waiting] == [(1, 0), (2, 0), (2, 1)]


def test_lines_that_a_count_leaves_short_are_served_from_elsewhere_at_once(database: Database) -> None:
    stocked(database, "BOWL", 3, STALL=2)
    order = place(database, ("BOWL", 3))
    count(database, ("BOWL", 0))
    assert figures(seen(database, order)) == [(2, 1, 0, 0)]
    assert (level(database, "BOWL"), level(database, "BOWL", "STALL")) == (Level(), Level(committed=2))


def test_more_than_there_is_by_now_can_not_have_gone_missing(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5)
    counted_at = clock.now()
    clock.advance(timedelta(hours=1))
    ship(database, place(database, ("BOWL", 4)))
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 3, "available": 1}]):
        count(database, ("BOWL", 2), counted_at=counted_at)


def test_a_count_is_taken_in_whole_or_not_at_all(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5)
    sku(database, "PATTERN", tracked=False)
    with refused(database, InvalidDraft):
        count(database, ("BOWL", 4), ("PATTERN", 1))
    with refused(database, InvalidDraft):
        count(database, ("BOWL", 4), (" bowl", 4))
    with refused(database, InvalidDraft):
        count(database, ("BOWL", 4), counted_at=clock.now() + timedelta(seconds=1))
    with refused(database, UnknownSku, skus=["JUG"]):
        count(database, ("BOWL", 4), ("JUG", 1))
    with refused(database, UnknownLocation, location="MOON"):
        count(database, ("BOWL", 4), at="MOON")


def test_counts_are_kept_with_what_was_expected_and_listed_newest_first(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5)
    first = count(database, ("BOWL", 4))
    clock.advance(timedelta(minutes=1))
    second = count(database, ("BOWL", 4))
    assert [compared(each) for each in database.look(counts.page, None, 10)] == [[("BOWL", 4, 4, 0)], [("BOWL", 4, 5, -1)]]
    assert [each["id"] for each in database.look(counts.page, second["id"], 10)] == [first["id"]]
    assert (first["location"], first["actor"], first["counted_at"]) == ("STUDIO", "test", first["recorded_at"])
    with pytest.raises(NotFound):
        database.look(counts.view, "00000000-0000-7000-8000-000000000000")
