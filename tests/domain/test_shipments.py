"""Parcels: what left, from where."""

from datetime import timedelta

import pytest

from app.chance import Seeded
from app.database import Database
from app.domain import shipments
from app.domain.errors import NotFound, UnknownLocation, WrongState
from tests.shop import CAUSE, Level, event_types, figures, level, movements, place, post, promised_at, refused, seen, ship, sku, stocked

NOBODY = "00000000-0000-7000-8000-000000000000"


def test_a_parcel_takes_promised_units_out_of_the_store(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 2))
    parcel = ship(database, order, carrier="DHL", tracking_number="JD01", tracking_url="https://example.org/JD01")
    assert (parcel["order_id"], parcel["carrier"], parcel["tracking_number"]) == (order["id"], "DHL", "JD01")
    assert [(line["sku"], line["location"], line["quantity"], line["line"]) for line in parcel["lines"]] == [
        ("BOWL", "STUDIO", 2, order["lines"][0]["id"])
    ]
    assert (seen(database, order)["status"], figures(seen(database, order))) == ("shipped", [(0, 0, 2, 0)])
    assert level(database, "BOWL") == Level(available=3)
    assert movements(database, "BOWL")[-1] == (2, "committed", "customer", "shipped")
    assert event_types(database)[-1] == "order.shipped"


def test_an_order_is_open_until_its_last_unit_has_left(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 5)
    stocked(database, "CUP", 5)
    order = place(database, ("BOWL", 3), ("CUP", 2))
    first = ship(database, order, 1, 2)
    assert (seen(database, order)["status"], figures(seen(database, order))) == ("open", [(2, 0, 1, 0), (0, 0, 2, 0)])
    clock.advance(timedelta(days=1))
    second = ship(database, order)
    assert (seen(database, order)["status"], figures(seen(database, order))) == ("shipped", [(0, 0, 3, 0), (0, 0, 2, 0)])
    assert [[(line["sku"], line["quantity"]) for line in parcel["lines"]] for parcel in database.look(shipments.of_order, order["id"])] == [
        [(line["sku"], line["quantity"]) for line in parcel["lines"]] for parcel in (first, second)
    ]
    assert [(line["sku"], line["quantity"]) for line in second["lines"]] == [("BOWL", 2)]


def test_no_more_is_shipped_than_is_ready(database: Database) -> None:
    stocked(database, "BOWL", 2)
    order = place(database, ("BOWL", 3), sold=True)
    line = order["lines"][0]["id"]
    with refused(database, WrongState, line=line, left=2):
        ship(database, order, 3)
    with refused(database, WrongState, left=2):
        database.run(shipments.ship, order["id"], [(line, 1), (line, 2)], cause=CAUSE)
    with refused(database, NotFound):
        database.run(shipments.ship, order["id"], [(NOBODY, 1)], cause=CAUSE)
    with refused(database, NotFound):
        database.run(shipments.ship, NOBODY, cause=CAUSE)
    ship(database, order)
    with refused(database, WrongState):
        ship(database, order)
    post(database, "BOWL", 1)
    ship(database, order)
    assert (seen(database, order)["status"], figures(seen(database, order))) == ("shipped", [(0, 0, 3, 0)])


def test_with_a_location_only_what_is_promised_there_leaves(database: Database) -> None:
    stocked(database, "BOWL", 2, STALL=3)
    order = place(database, ("BOWL", 5))
    line = order["lines"][0]["id"]
    with refused(database, WrongState, line=line, left=3):
        ship(database, order, 4, location="STALL")
    with refused(database, UnknownLocation, location="MOON"):
        ship(database, order, location="MOON")
    parcel = ship(database, order, location="stall")
    assert [(each["location"], each["quantity"]) for each in parcel["lines"]] == [("STALL", 3)]
    assert (promised_at(seen(database, order)), level(database, "BOWL", "STALL")) == ([{"STUDIO": 2}], Level())


def test_a_parcel_from_two_places_names_both(database: Database) -> None:
    stocked(database, "BOWL", 2, STALL=3)
    order = place(database, ("BOWL", 5))
    parcel = ship(database, order, 4)
    assert sorted((each["location"], each["quantity"]) for each in parcel["lines"]) in (
        [("STALL", 2), ("STUDIO", 2)],
        [("STALL", 3), ("STUDIO", 1)],
    )
    assert level(database, "BOWL").committed + level(database, "BOWL", "STALL").committed == 1


def test_what_is_not_tracked_lies_nowhere_and_leaves_all_the_same(database: Database) -> None:
    sku(database, "PATTERN", tracked=False)
    order = place(database, ("PATTERN", 3))
    parcel = ship(database, order, 2)
    assert [(each["sku"], each["location"], each["quantity"]) for each in parcel["lines"]] == [("PATTERN", None, 2)]
    with refused(database, WrongState, left=1):
        ship(database, order, 2)
    assert movements(database, "PATTERN") == []


def test_parcels_of_what_is_not_there_are_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        database.look(shipments.view, NOBODY)
    with pytest.raises(NotFound):
        database.look(shipments.of_order, NOBODY)
