"""Movements that a person posts."""

from datetime import timedelta
from itertools import product

import pytest

from app.chance import Seeded
from app.database import Database
from app.domain.errors import ForbiddenMove, InsufficientStock, InvalidDraft, UnknownLocation, UnknownSku
from tests.shop import Level, everything, figures, hold, level, movements, place, post, refused, seen, sku, stocked

STATES = ["available", "allotted", "reserved", "committed", "quality_control", "damaged"]
PLACES = [*STATES, "supplier", "customer", "adjustment", "transit"]
OPEN = {
    *product(["supplier"], ["available", "quality_control"]),
    *product(["available", "damaged"], ["supplier"]),
    *product(["quality_control"], ["available", "damaged"]),
    ("available", "damaged"),
    ("damaged", "available"),
    *product(["available", "damaged"], ["adjustment"]),
    *product(["adjustment"], ["available", "damaged"]),
    *product(["customer"], ["available", "quality_control", "damaged", "adjustment"]),
}


def test_a_person_may_post_what_no_record_stands_behind_and_nothing_else(database: Database) -> None:
    stocked(database, "BOWL", 9)
    post(database, "BOWL", 9, target="quality_control")
    post(database, "BOWL", 9, "adjustment", "damaged")
    assert len(OPEN) == 16
    before = database.look(everything)
    for source, target in {*product(PLACES, repeat=2)} - OPEN:
        with pytest.raises(ForbiddenMove) as refusal:
            post(database, "BOWL", 1, source, target)
        assert refusal.value.facts == {"source": source, "target": target}
    assert database.look(everything) == before

    here = {"available": 9, "quality_control": 9, "damaged": 9}
    for source, target in sorted(OPEN):
        row = post(database, "BOWL", 1, source, target, reference="by hand")
        assert (row["sku"], row["location"], row["quantity"], row["reference"]) == ("BOWL", "STUDIO", 1, "by hand")
        for state, change in ((source, -1), (target, +1)):
            if state in here:
                here[state] += change
        assert level(database, "BOWL") == Level(**here)


def test_what_is_not_there_is_not_sent_back_passed_or_mended(database: Database) -> None:
    stocked(database, "BOWL", 2)
    for source, target, there in (
        ("available", "supplier", 2),
        ("damaged", "supplier", 0),
        ("damaged", "available", 0),
        ("damaged", "adjustment", 0),
        ("quality_control", "available", 0),
    ):
        with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 3, "available": there, "state": source}]):
            post(database, "BOWL", 3, source, target)


def test_promised_units_are_not_sent_back_to_the_supplier(database: Database) -> None:
    stocked(database, "BOWL", 3)
    place(database, ("BOWL", 2))
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 2, "available": 1, "state": "available"}]):
        post(database, "BOWL", 2, "available", "supplier")


def test_breakage_takes_what_is_free_then_held_then_unchecked_and_then_what_was_promised_latest(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 7)
    first = place(database, ("BOWL", 2))
    clock.advance(timedelta(minutes=1))
    second = place(database, ("BOWL", 2))
    hold(database, ("BOWL", 2))
    post(database, "BOWL", 1, target="quality_control")
    assert level(database, "BOWL") == Level(1, 0, 2, 4, 1, 0)

    row = post(database, "BOWL", 7, "available", "damaged")
    assert (row["quantity"], row["source"], row["target"]) == (1, "available", "damaged")
    assert level(database, "BOWL") == Level(committed=1, damaged=7)
    assert [figures(seen(database, order)) for order in (first, second)] == [[(1, 1, 0, 0)], [(0, 2, 0, 0)]]
    assert sorted(each for each in movements(database, "BOWL") if each[2] == "damaged") == [
        (1, "available", "damaged", "test"),
        (1, "quality_control", "damaged", "test"),
        (2, "available", "damaged", "test"),
        (3, "committed", "damaged", "test"),
    ]
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 2, "available": 1}]):
        post(database, "BOWL", 2, "available", "damaged")


def test_a_loss_takes_what_is_damaged_before_what_is_promised(database: Database) -> None:
    stocked(database, "BOWL", 4)
    order = place(database, ("BOWL", 3))
    post(database, "BOWL", 2, "adjustment", "damaged")
    post(database, "BOWL", 1, target="quality_control")
    post(database, "BOWL", 4, "available", "adjustment")
    assert (level(database, "BOWL"), figures(seen(database, order))) == (Level(committed=3), [(3, 0, 0, 0)])
    post(database, "BOWL", 2, "available", "adjustment")
    assert (level(database, "BOWL"), figures(seen(database, order))) == (Level(committed=1), [(1, 2, 0, 0)])
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 2, "available": 1}]):
        post(database, "BOWL", 2, "available", "adjustment")


def test_a_line_that_breakage_left_short_is_served_from_elsewhere_at_once(database: Database) -> None:
    stocked(database, "BOWL", 3, STALL=2)
    order = place(database, ("BOWL", 3))
    post(database, "BOWL", 3, "available", "damaged")
    assert figures(seen(database, order)) == [(2, 1, 0, 0)]
    assert (level(database, "BOWL"), level(database, "BOWL", "STALL")) == (Level(damaged=3), Level(committed=2))
    post(database, "BOWL", 1, "damaged", "available")
    assert figures(seen(database, order)) == [(3, 0, 0, 0)]


def test_what_happened_earlier_keeps_its_own_time(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL")
    earlier = clock.now() - timedelta(days=1)
    row = post(database, "BOWL", 2, occurred_at=earlier)
    assert (row["occurred_at"], row["recorded_at"]) == (earlier, clock.now())
    with refused(database, InvalidDraft):
        post(database, "BOWL", 2, occurred_at=clock.now() + timedelta(seconds=1))


def test_what_has_no_stock_or_no_name_is_not_moved(database: Database) -> None:
    sku(database, "BOWL")
    sku(database, "PATTERN", tracked=False)
    with refused(database, InvalidDraft):
        post(database, "PATTERN", 1)
    with refused(database, UnknownSku, skus=["JUG"]):
        post(database, "JUG", 1)
    with refused(database, UnknownLocation, location="MOON"):
        post(database, "BOWL", 1, at="MOON")


@pytest.mark.parametrize(
    ("source", "target", "instead"),
    [
        ("available", "reserved", "/v1/reservations"),
        ("available", "committed", "/v1/orders"),
        ("committed", "customer", "/v1/orders"),
        ("available", "transit", "/v1/stock/transfers"),
        ("supplier", "customer", "no such move"),
    ],
)
def test_a_refused_movement_says_what_to_do_instead(database: Database, source: str, target: str, instead: str) -> None:
    stocked(database, "BOWL", 1)
    with pytest.raises(ForbiddenMove, match=instead):
        post(database, "BOWL", 1, source, target)
