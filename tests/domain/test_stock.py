"""The ledger: the closed table, the guard, and the fold."""

from itertools import product

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from app.database import Database, Session
from app.domain import stock
from app.domain.errors import ForbiddenMove, InsufficientStock
from app.domain.stock import Move
from tests.shop import CAUSE, Level, at_once, event_types, level, movements, place_to_stock, post, refused, stocked

INSIDE = ["available", "allotted", "reserved", "committed", "quality_control", "damaged"]
OUTSIDE = ["supplier", "customer", "adjustment", "transit"]

# DESIGN section 3, row by row, as the prose has it.
TABLE = {
    "goods received": ("supplier", ["available", "quality_control"]),
    "sent back to the supplier": ("available damaged", ["supplier"]),
    "quality check passed, failed": ("quality_control", ["available", "damaged"]),
    "a hold": ("available", ["reserved"]),
    "it lapses, it becomes an order": ("reserved", ["available", "committed"]),
    "order on our own API": ("available", ["committed"]),
    "a counter is given units": ("available", ["allotted"]),
    "they are recalled": ("allotted", ["available"]),
    "order taken by a channel": ("allotted", ["committed", "reserved"]),
    "unpaid order is paid": ("reserved", ["committed"]),
    "order shipped": ("committed", ["customer"]),
    "order cancelled": ("committed reserved", ["available", "allotted"]),
    "return arrives": ("customer", ["available", "quality_control", "damaged"]),
    "broken": ("available allotted committed quality_control", ["damaged"]),
    "mended": ("damaged", ["available"]),
    "stocktake too low, lost": ("available damaged committed allotted", ["adjustment"]),
    "stocktake too high, found": ("adjustment", ["available", "damaged", "committed", "allotted"]),
    "lost in the post": ("customer", ["adjustment"]),
    "sent to another location": ("available", ["transit"]),
    "it arrives, it is lost": ("transit", ["available", "adjustment"]),
}
EXPECTED = {(source, target) for sources, targets in TABLE.values() for source in sources.split() for target in targets}


# How seven units come into each state, by ways of the table itself.
WAYS_IN = ["supplier available", "available reserved", "supplier available", "supplier quality_control"]
WAYS_IN += ["adjustment allotted", "adjustment committed", "adjustment damaged"]


def sku_at_shelf(database: Database) -> tuple[str, str]:
    """The ids of a SKU and of a location without stock."""
    return str(stocked(database, "BOWL")["id"]), str(place_to_stock(database, "SHELF")["id"])


class Undone(Exception):
    """Rolls back what was only tried."""


def held(session: Session, sku_id: str, location_id: str) -> Level:
    return Level(**stock.level(session, sku_id, location_id))


def entries(session: Session) -> list[tuple[int, str, str]]:
    m = stock.stock_movements.c
    return [tuple(row) for row in session.execute(select(m.quantity, m.source, m.target).order_by(m.id))]


def fill(session: Session, sku_id: str, location_id: str) -> None:
    """Seven units in every state."""
    for way in WAYS_IN:
        source, target = way.split()
        stock.move_many(session, [Move(sku_id, location_id, 7, source, target, "filled")], cause=CAUSE)


def test_every_pair_of_states_is_in_the_table_of_the_design_or_refused_and_changes_nothing(database: Database) -> None:
    sku, shelf = sku_at_shelf(database)
    allowed = set()

    def try_each(session: Session) -> None:
        fill(session, sku, shelf)
        full, recorded, said = held(session, sku, shelf), entries(session), list(session.info["events"])
        assert full == Level(7, 7, 7, 7, 7, 7)
        for source, target in product(INSIDE + OUTSIDE, repeat=2):
            with session.connection.begin_nested() as attempt:
                move = Move(sku, shelf, 3, source, target, "tried")
                if (source, target) in EXPECTED:
                    stock.move_many(session, [move], cause=CAUSE)
                    expected = {state: 7 - 3 * (state == source) + 3 * (state == target) for state in INSIDE}
                    assert held(session, sku, shelf) == Level(**expected)
                    assert sorted(entries(session)) == sorted([*recorded, (3, source, target)])
                    allowed.add((source, target))
                else:
                    with pytest.raises(ForbiddenMove) as refusal:
                        stock.move_many(session, [move], cause=CAUSE)
                    assert refusal.value.facts == {"source": source, "target": target}
                    assert (held(session, sku, shelf), entries(session)) == (full, recorded)
                    assert session.info["events"] == said
                attempt.rollback()
            session.info["events"] = list(said)
        raise Undone

    with pytest.raises(Undone):
        database.run(try_each)
    assert allowed == EXPECTED
    assert len(EXPECTED) == 37


def test_no_state_gives_more_units_than_it_holds(database: Database) -> None:
    sku, shelf = sku_at_shelf(database)

    def try_each(session: Session) -> None:
        fill(session, sku, shelf)
        full, recorded = held(session, sku, shelf), entries(session)
        for source, target in sorted(EXPECTED):
            if source in INSIDE:
                with session.connection.begin_nested() as attempt:
                    with pytest.raises(InsufficientStock) as refusal:
                        stock.move_many(session, [Move(sku, shelf, 8, source, target, "tried")], cause=CAUSE)
                    attempt.rollback()
                assert refusal.value.facts == {"short": [{"sku": "BOWL", "asked": 8, "available": 7, "state": source}]}
                assert (held(session, sku, shelf), entries(session)) == (full, recorded)
        raise Undone

    with pytest.raises(Undone):
        database.run(try_each)


def test_a_location_that_never_held_the_sku_gives_nothing(database: Database) -> None:
    sku, shelf = sku_at_shelf(database)
    post(database, "BOWL", 5)
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 1, "available": 0, "state": "available"}]):
        database.run(stock.move_many, [Move(sku, shelf, 1, "available", "supplier", "tried")], cause=CAUSE)


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_move_of_no_or_negative_units_is_an_error_and_changes_nothing(database: Database, quantity: int) -> None:
    sku = stocked(database, "BOWL", 5)
    studio = database.look(stock.page_levels, None, 1)[0]["location_id"]
    with pytest.raises(ValueError, match="positive"):
        database.run(stock.move_many, [Move(sku["id"], studio, quantity, "available", "damaged", "tried")], cause=CAUSE)
    assert level(database, "BOWL") == Level(available=5)
    assert movements(database, "BOWL") == [(5, "supplier", "available", "test")]


def test_of_several_moves_all_happen_or_none(database: Database) -> None:
    bowl, cup = stocked(database, "BOWL", 5), stocked(database, "CUP", 1)
    studio = database.look(stock.page_levels, None, 1)[0]["location_id"]
    moves = [Move(bowl["id"], studio, 2, "available", "damaged", "fell"), Move(cup["id"], studio, 2, "available", "damaged", "fell")]
    with refused(database, InsufficientStock, short=[{"sku": "CUP", "asked": 2, "available": 1, "state": "available"}]):
        database.run(stock.move_many, moves, cause=CAUSE)
    with refused(database, ForbiddenMove):
        database.run(stock.move_many, [moves[0], Move(cup["id"], studio, 1, "available", "customer", "stolen")], cause=CAUSE)
    database.run(stock.move_many, [moves[0], Move(cup["id"], studio, 1, "available", "damaged", "fell")], cause=CAUSE)
    assert (level(database, "BOWL"), level(database, "CUP")) == (Level(available=3, damaged=2), Level(damaged=1))


def test_goods_that_come_in_together_are_added_to_what_is_there_level_by_level(database: Database) -> None:
    codes = [f"BOWL-{number}" for number in range(20)]
    ids = {code: stocked(database, code, number % 2)["id"] for number, code in enumerate(codes)}
    studio = database.look(stock.page_levels, None, 1)[0]["location_id"]
    moves = [Move(ids[code], studio, number + 1, "supplier", "available", "received") for number, code in enumerate(codes)]
    rows = database.run(stock.move_many, moves, cause=CAUSE)
    assert {row["sku_id"]: row["quantity"] for row in rows} == {move.sku_id: move.quantity for move in moves}
    assert [level(database, code).available for code in codes] == [number % 2 + number + 1 for number in range(20)]
    twice = [Move(ids["BOWL-0"], studio, units, "supplier", "damaged", "received") for units in (2, 3)]
    with refused(database, ForbiddenMove):
        database.run(stock.move_many, twice, cause=CAUSE)
    again = [Move(ids["BOWL-0"], studio, units, "adjustment", "damaged", "found") for units in (2, 3)]
    database.run(stock.move_many, again, cause=CAUSE)
    assert level(database, "BOWL-0") == Level(available=1, damaged=5)


def test_a_movement_names_its_actor_its_cause_and_both_times(database: Database) -> None:
    sku = stocked(database, "BOWL", 5)
    row = database.look(stock.page_movements, None, 1)[0]
    assert (row["sku_id"], row["actor"], row["cause_kind"], row["cause_id"]) == (sku["id"], "test", None, None)
    assert row["occurred_at"] == row["recorded_at"]
    assert event_types(database)[-1] == "stock.moved"


def test_the_database_itself_refuses_a_level_below_zero(database: Database) -> None:
    sku = stocked(database, "BOWL")
    shelf = place_to_stock(database, "SHELF")
    row = {"sku_id": sku["id"], "location_id": shelf["id"], "updated_at": shelf["created_at"]}

    def scribble(session: Session, state: str) -> None:
        session.execute(insert(stock.stock_levels), row | {state: -1})

    for state in INSIDE:
        with pytest.raises(IntegrityError, match=f"ck_stock_levels_{state}_not_negative"):
            database.run(scribble, state)


def test_levels_equal_the_fold_of_the_movements_after_a_scramble_of_sixteen_hands(database: Database) -> None:
    sku = stocked(database, "BOWL", 40)
    studio = database.look(stock.page_levels, None, 1)[0]["location_id"]
    ways = [("available", "damaged"), ("damaged", "available"), ("available", "supplier"), ("supplier", "quality_control")]

    def act(number: int) -> None:
        for turn in range(5):
            move = Move(sku["id"], studio, 1 + (number + turn) % 3, *ways[(number + turn) % 4], "scramble")
            try:
                database.run(stock.move_many, [move], cause=CAUSE)
            except InsufficientStock:
                continue

    at_once(16, act)

    def fold(session: Session) -> Level:
        units = dict.fromkeys(INSIDE, 0)
        for row in session.execute(select(stock.stock_movements)).mappings():
            if row["source"] in units:
                units[row["source"]] -= row["quantity"]
            if row["target"] in units:
                units[row["target"]] += row["quantity"]
        return Level(**units)

    assert level(database, "BOWL") == database.look(fold)
