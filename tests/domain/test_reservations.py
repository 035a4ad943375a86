"""Holds: units set aside for a while, and what becomes of them."""

from datetime import timedelta

import pytest

from app.chance import Seeded
from app.database import Database
from app.domain import reservations
from app.domain.errors import InsufficientStock, InvalidDraft, NotFound, UnknownSku, WrongState
from tests.shop import (
    CAUSE,
    Level,
    event_types,
    figures,
    hold,
    level,
    movements,
    place,
    place_one,
    post,
    promised_at,
    refused,
    seen,
    sku,
    stocked,
)


def release(database: Database, held: dict[str, object]) -> dict[str, object]:
    return database.run(reservations.release, str(held["id"]), cause=CAUSE)


def lapse(database: Database) -> int:
    return database.run(reservations.lapse_due, cause=CAUSE)


def status(database: Database, held: dict[str, object]) -> str:
    return str(database.look(reservations.view, str(held["id"]))["status"])


def holds(database: Database, held: dict[str, object]) -> dict[str, int]:
    """Units by location that a hold of one SKU still holds."""
    return {line["location"]: line["quantity"] for line in database.look(reservations.view, str(held["id"]))["lines"]}


def test_a_hold_sets_units_aside_so_that_nobody_else_gets_them(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 3)
    held = hold(database, ("BOWL", 2), minutes=15, reference="cart-1")
    assert (held["status"], held["reference"], held["expires_at"] - clock.now()) == ("held", "cart-1", timedelta(minutes=15))
    assert holds(database, held) == {"STUDIO": 2}
    assert level(database, "BOWL") == Level(available=1, reserved=2)
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 2, "available": 1}]):
        place(database, ("BOWL", 2))


def test_a_hold_gets_everything_or_nothing(database: Database) -> None:
    stocked(database, "BOWL", 3)
    stocked(database, "CUP", 1)
    with refused(database, InsufficientStock, short=[{"sku": "CUP", "asked": 2, "available": 1}]):
        hold(database, ("BOWL", 1), ("CUP", 1), ("cup", 1))
    with refused(database, UnknownSku, skus=["JUG"]):
        hold(database, ("BOWL", 1), ("JUG", 1))


def test_an_untracked_sku_needs_no_hold(database: Database) -> None:
    sku(database, "PATTERN", tracked=False)
    with refused(database, InvalidDraft):
        hold(database, ("PATTERN", 1))


def test_a_hold_takes_from_the_named_locations_in_their_order(database: Database) -> None:
    stocked(database, "BOWL", 3, STALL=2, HUB=9)
    assert holds(database, hold(database, ("BOWL", 4), location_codes=["STALL", "STUDIO"])) == {"STALL": 2, "STUDIO": 2}
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 1, "available": 0}]):
        hold(database, ("BOWL", 1), location_codes=["STALL"])


def test_a_released_hold_gives_its_units_back_once(database: Database) -> None:
    stocked(database, "BOWL", 3)
    held = hold(database, ("BOWL", 2))
    assert release(database, held)["status"] == "released"
    assert level(database, "BOWL") == Level(available=3)
    with refused(database, WrongState, status="released"):
        release(database, held)
    with refused(database, NotFound):
        database.run(reservations.release, "00000000-0000-7000-8000-000000000000", cause=CAUSE)


def test_holds_lapse_when_their_time_has_come_and_not_before(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 9)
    short, long = hold(database, ("BOWL", 2), minutes=10), hold(database, ("BOWL", 3), minutes=20)
    clock.advance(timedelta(minutes=10, seconds=-1))
    assert lapse(database) == 0
    clock.advance(timedelta(seconds=1))
    assert lapse(database) == 1
    assert (status(database, short), status(database, long)) == ("lapsed", "held")
    assert level(database, "BOWL") == Level(available=6, reserved=3)
    clock.advance(timedelta(days=1))
    assert (lapse(database), lapse(database)) == (1, 0)
    assert level(database, "BOWL") == Level(available=9)


def test_holds_lapse_a_few_at_a_time_the_oldest_first(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 9)
    last, first, middle = (hold(database, ("BOWL", 1), minutes=minutes) for minutes in (3, 1, 2))
    clock.advance(timedelta(hours=1))
    assert database.run(reservations.lapse_due, 2, cause=CAUSE) == 2
    assert [status(database, each) for each in (first, middle, last)] == ["lapsed", "lapsed", "held"]


def test_a_hold_becomes_an_order_and_leftover_units_are_given_back(database: Database) -> None:
    stocked(database, "BOWL", 5)
    stocked(database, "CUP", 2)
    held = hold(database, ("BOWL", 4), ("CUP", 2))
    order = place(database, ("BOWL", 3), reservation_id=held["id"])
    assert (order["reservation_id"], figures(order)) == (held["id"], [(3, 0, 0, 0)])
    assert status(database, held) == "used"
    assert level(database, "BOWL") == Level(available=2, committed=3)
    assert level(database, "CUP") == Level(available=2)
    assert sorted(movements(database, "BOWL")[2:]) == [
        (1, "reserved", "available", "hold_left_over"),
        (3, "reserved", "committed", "ordered"),
    ]


def test_an_order_larger_than_its_hold_asks_the_stock_for_the_rest(database: Database) -> None:
    stocked(database, "BOWL", 2, STALL=3)
    held = hold(database, ("BOWL", 2))
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 4, "available": 3}]):
        place(database, ("BOWL", 6), reservation_id=held["id"])
    order = place(database, ("BOWL", 5), reservation_id=held["id"])
    assert promised_at(order) == [{"STUDIO": 2, "STALL": 3}]


def test_a_hold_becomes_one_order_only(database: Database) -> None:
    stocked(database, "BOWL", 5)
    held = hold(database, ("BOWL", 2))
    place(database, ("BOWL", 2), reservation_id=held["id"])
    with refused(database, WrongState, status="used"):
        place(database, ("BOWL", 2), reservation_id=held["id"])
    with refused(database, WrongState, status="used"):
        release(database, held)
    with refused(database, NotFound):
        place(database, ("BOWL", 2), reservation_id="00000000-0000-7000-8000-000000000000")


@pytest.mark.parametrize("housekeeping", [True, False])
def test_a_lapsed_hold_does_not_become_an_order_without_asking_the_stock_again(
    clock: Seeded, database: Database, housekeeping: bool
) -> None:
    stocked(database, "BOWL", 2)
    held = hold(database, ("BOWL", 2), minutes=10)
    clock.advance(timedelta(minutes=10))
    waiting = place(database, ("BOWL", 1), sold=True)
    if housekeeping:
        assert lapse(database) == 1
    # One of the two units is owed to the sale that has waited; the other is free.
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 2, "available": 1}]):
        place(database, ("BOWL", 2), reservation_id=held["id"])
    assert figures(place(database, ("BOWL", 1), reservation_id=held["id"])) == [(1, 0, 0, 0)]
    assert figures(seen(database, waiting)) == [(1, 0, 0, 0)]
    assert status(database, held) == "lapsed"
    assert level(database, "BOWL") == Level(committed=2)
    assert "reservation.used" not in event_types(database)


def test_a_released_hold_gives_an_order_nothing(database: Database) -> None:
    stocked(database, "BOWL", 2)
    held = hold(database, ("BOWL", 2))
    release(database, held)
    assert place_one(database, "BOWL", 2)
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 1, "available": 0}]):
        place(database, ("BOWL", 1), reservation_id=held["id"])


def test_a_fact_takes_held_units_from_the_latest_hold_first(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 6)
    first = hold(database, ("BOWL", 2))
    clock.advance(timedelta(minutes=1))
    second = hold(database, ("BOWL", 3))
    post(database, "BOWL", 5, "available", "damaged")
    assert (holds(database, first), holds(database, second)) == ({"STUDIO": 1}, {"STUDIO": 0})
    assert level(database, "BOWL") == Level(reserved=1, damaged=5)
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 1, "available": 0}]):
        place(database, ("BOWL", 2), reservation_id=first["id"])
    assert figures(place(database, ("BOWL", 1), reservation_id=first["id"])) == [(1, 0, 0, 0)]
    assert release(database, second)["status"] == "released"


def test_holds_are_listed_newest_first_and_by_status(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 6)
    made = []
    for _ in range(3):
        clock.advance(timedelta(seconds=1))
        made.append(hold(database, ("BOWL", 1)))
    release(database, made[1])
    ids = [each["id"] for each in made]
    assert [each["id"] for each in database.look(reservations.page, None, 10)] == ids[::-1]
    assert [each["id"] for each in database.look(reservations.page, None, 10, status="held")] == [ids[2], ids[0]]
    assert [each["id"] for each in database.look(reservations.page, ids[1], 10)] == [ids[0]]
