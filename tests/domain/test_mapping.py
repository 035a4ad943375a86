"""From listings to SKUs: what is proposed and never taken, many answers at once, and a shop that is all the catalogue there is."""

import time
from typing import Any

import pytest

from app import chance
from app.database import Database, Session
from app.domain import catalogue, channels, counters, listings, mapping, opening, recording, stock
from app.domain.catalogue import ProductDraft, SkuDraft
from app.domain.errors import InvalidDraft, UnknownSku
from app.domain.snapshots import LineSnapshot, OrderSnapshot
from tests import shop
from tests.shop import CAUSE


def connect(session: Session, name: str = "Our shop") -> str:
    return str(
        channels.connect(
            session, id=chance.new_id(), kind="memory", name=name, settings={}, credentials="", location_codes=["STUDIO"], cause=CAUSE
        )["id"]
    )


def listed(
    session: Session, channel_id: str, title: str, code: str | None = None, *, counter: str | None = None, shown: int | None = None
) -> str:
    """A listing with a counter, as the channel's lane notes it; `shown`: it was read."""
    external_id = f"{title}-{code}"
    row = listings.note(session, channel_id, external_id, sku_code=code, title=title, cause=CAUSE)
    made = counters.note(session, channel_id, counter or external_id, unit=counter or external_id, title=title, protected=True)
    listings.count_with(session, row["id"], made["id"])
    recording.assign(session, made["id"], cause=CAUSE)
    if shown is not None:
        counters.change(session, made["id"], shown=shown, known=True)
    return str(row["id"])


def sku(database: Database, title: str, code: str) -> None:
    database.run(catalogue.create_product, ProductDraft(title, [SkuDraft(code)]), cause=CAUSE)


def proposed(database: Database, channel_id: str) -> dict[str, list[tuple[str, str]]]:
    found = database.look(mapping.proposals, channel_id, None, 100)
    return {row["title"]: [(each.sku, each.why.split()[1]) for each in row["proposals"]] for row in found}


# Proposals


def test_near_misses_are_proposed_and_none_of_them_is_taken(database: Database) -> None:
    for title, code in (("Mug, blue", "MUG-BLUE"), ("Bowl no. 7", "BOWL-007"), ("Vase, tall", "4711"), ("Large serving bowl", "BIG-1")):
        sku(database, title, code)
    channel_id = database.run(connect)
    for title, code in (
        ("A", "mug_blue"),
        ("B", "BOWL-7"),
        ("C", "0004711"),
        ("Serving bowl, large", "XY"),
        ("Something else", "MUG-BLEU"),
        ("Mug, blue!", None),
    ):
        database.run(listed, channel_id, title, code)
    assert proposed(database, channel_id) == {
        "A": [("MUG-BLUE", "code")],
        "B": [("BOWL-007", "code")],
        "C": [("4711", "code")],
        "Serving bowl, large": [("BIG-1", "titles")],
        "Something else": [],
        "Mug, blue!": [("MUG-BLUE", "titles")],
    }
    assert {row["mapping"] for row in database.look(listings.page, None, 100)} == {"open"}
    first, *_ = database.look(mapping.proposals, channel_id, None, 1)
    assert [(each.score, each.why) for each in first["proposals"]] == [(0.99, "The code is the same but for capitals and separators.")]


def test_three_at_the_most_are_proposed_the_likeliest_first(database: Database) -> None:
    for number in range(6):
        sku(database, f"Teapot, round {number}", f"POT-{number}")
    channel_id = database.run(connect)
    database.run(listed, channel_id, "Teapot, round 4", "pot 04")
    ((_, found),) = proposed(database, channel_id).items()
    assert len(found) == 3 and found[0] == ("POT-4", "code")


def test_a_page_is_quick_however_large_the_catalogue(database: Database) -> None:
    def fill(session: Session, begin: int) -> None:
        rows = [catalogue.new_product(ProductDraft(f"Glazed mug number {n} in blue"), chance.now()) for n in range(begin, begin + 1000)]
        catalogue.insert_products(session, rows, cause=CAUSE)
        made = [catalogue.new_sku(row["id"], SkuDraft(f"MUG-{begin + n:05}"), chance.now()) for n, row in enumerate(rows)]
        catalogue.insert_skus(session, made, cause=CAUSE)

    def offer(session: Session, channel_id: str) -> None:
        for n in range(0, 2000, 40):
            listings.note(session, channel_id, str(n), sku_code=f"mug {n}", title=f"Mug number {n}, glazed in blue", cause=CAUSE)

    for begin in range(0, 2000, 1000):
        database.run(fill, begin)
    channel_id = database.run(connect)
    database.run(offer, channel_id)
    began = time.monotonic()
    rows = database.look(mapping.proposals, channel_id, None, 50)
    took = time.monotonic() - began
    assert [row["proposals"][0].sku for row in rows] == [f"MUG-{n:05}" for n in range(0, 2000, 40)]
    assert took < 1.0, took


# Answers


def test_many_answers_are_taken_together_or_not_at_all(database: Database) -> None:
    sku(database, "Mug", "MUG")
    channel_id, other = database.run(connect), database.run(connect, "Another")
    ids = [database.run(listed, channel_id, title) for title in ("One", "Set of four", "Voucher")]
    foreign = database.run(listed, other, "Theirs")
    with shop.refused(database, UnknownSku):
        database.run(mapping.answer_many, channel_id, [(ids[0], [("MUG", 1)]), (ids[1], [("MOG", 4)])], cause=CAUSE)
    with shop.refused(database, InvalidDraft):
        database.run(mapping.answer_many, channel_id, [(foreign, None)], cause=CAUSE)
    with shop.refused(database, InvalidDraft):
        database.run(mapping.answer_many, channel_id, [(ids[0], None), (ids[0], None)], cause=CAUSE)
    answers = [(ids[0], [("MUG", 1)]), (ids[1], [("mug", 4)]), (ids[2], None)]
    rows = database.run(mapping.answer_many, channel_id, answers, cause=CAUSE)
    assert [(row["title"], row["mapping"]) for row in rows] == [("One", "mapped"), ("Set of four", "mapped"), ("Voucher", "ignored")]


# A shop is the catalogue


def test_skus_are_made_of_what_a_shop_sells_and_sending_it_again_makes_nothing_twice(database: Database) -> None:
    sku(database, "Taken before", "BOWL")
    channel_id = database.run(connect)
    database.run(listed, channel_id, "Mug, blue", "MUG-BLUE")
    database.run(listed, channel_id, "Jug", None)
    database.run(listed, channel_id, "Jug", "")
    database.run(listed, channel_id, "Cup, red", "CUP")
    database.run(listed, channel_id, "Cup, green", "cup")
    database.run(listed, channel_id, "Plate, small", "PLATE-S", counter="plates")
    database.run(listed, channel_id, "Plate, at the fair", "PLATE-F", counter="plates")
    found = database.run(mapping.make_skus, channel_id, None, None, cause=CAUSE)
    codes = {row["id"]: row["title"] for row in database.look(listings.page, None, 100)}
    assert [(codes[each["listing"]], each["sku"]) for each in found["made"]] == [
        ("Mug, blue", "MUG-BLUE"),
        ("Jug", "JUG"),
        ("Jug", "JUG-2"),
        ("Cup, red", "CUP"),
        ("Cup, green", "cup-2"),
        ("Plate, small", "PLATE-S"),
    ]
    assert [(codes[each["listing"]], each["sku"]) for each in found["mapped"]] == [("Plate, at the fair", "PLATE-S")]
    assert found["next"] is None
    assert {row["mapping"] for row in database.look(listings.page, None, 100)} == {"mapped"}
    assert database.run(mapping.make_skus, channel_id, None, None, cause=CAUSE) == {"made": [], "mapped": [], "next": None}
    assert database.run(mapping.make_skus, channel_id, list(codes), None, cause=CAUSE)["made"] == []
    with shop.refused(database, InvalidDraft):
        database.run(mapping.make_skus, channel_id, [channel_id], None, cause=CAUSE)


def test_an_order_that_waited_for_its_sku_follows_when_one_is_made(database: Database) -> None:
    channel_id = database.run(connect)
    database.run(listed, channel_id, "Mug", "MUG", shown=7)
    line = LineSnapshot(external_id="1", ordered=2, counted_down=2, listing="Mug-MUG", sku="MUG", title="Mug")
    database.run(recording.record, channel_id, OrderSnapshot("A", version=1, paid=True, lines=(line,)), cause=CAUSE)
    database.run(mapping.make_skus, channel_id, None, None, cause=CAUSE)
    assert shop.short_total(database) == 2


# Opening stock


@pytest.fixture
def begun(database: Database) -> tuple[Database, str, str]:
    """Two shops that show the same mugs, 5 and 7; two of an open order were counted down in the first, one of them sent already."""
    sku(database, "Mug", "MUG")
    first, second = database.run(connect), database.run(connect, "Another")
    database.run(listed, first, "Mug", "MUG", shown=7)
    database.run(listed, second, "Mug", "MUG", shown=7)
    line = LineSnapshot(external_id="1", ordered=3, shipped=1, counted_down=3, listing="Mug-MUG", sku="MUG", title="Mug")
    database.run(recording.record, first, OrderSnapshot("A", version=1, paid=True, lines=(line,)), cause=CAUSE)
    return database, first, second


def test_what_shops_say_stands_side_by_side_and_is_never_added(begun: tuple[Database, str, str]) -> None:
    database, first, second = begun
    (row,) = database.look(opening.page, None, 10)
    assert (row["sku"], [(each["channel_id"], each["units"], each["why"]) for each in row["channels"]]) == (
        "MUG",
        [(first, 6, None), (second, 7, None)],
    )
    assert [(each["shown"], each["open_units"]) for each in row["channels"][0]["counters"]] == [(4, 2)]


def test_opening_stock_is_taken_from_one_channel_once_and_serves_its_open_orders(begun: tuple[Database, str, str]) -> None:
    database, first, second = begun
    (sku_id,) = database.look(opening.waiting, None, 10)
    place = database.look(opening.place, first, "studio")
    assert shop.short_total(database) == 2
    result = database.run(opening.take_from, first, place, [sku_id], cause=CAUSE)
    assert result == {"taken": [{"sku": "MUG", "units": 6}], "skipped": []}
    assert shop.level(database, "MUG") == shop.Level(available=4, committed=2) and shop.short_total(database) == 0
    assert ("adjustment", "available", "opening_stock") in [move[1:] for move in shop.movements(database, "MUG")]
    assert database.look(opening.waiting, None, 10) == []
    for channel_id in (first, second):
        again = database.run(opening.take_from, channel_id, place, [sku_id], cause=CAUSE)
        assert (again["taken"], [each["sku"] for each in again["skipped"]]) == ([], ["MUG"])
    assert shop.level(database, "MUG").available == 4


def test_opening_stock_by_count_goes_where_it_lies_and_the_untracked_has_none(begun: tuple[Database, str, str]) -> None:
    database, _, _ = begun
    shop.place_to_stock(database, "STALL")
    database.run(catalogue.create_product, ProductDraft("Pattern", [SkuDraft("PDF", tracked=False)]), cause=CAUSE)
    counted = database.look(opening.by_ids, [("mug", "STUDIO", 3), ("MUG", "STALL", 9), ("PDF", "STUDIO", 1)])
    result = database.run(opening.count, counted, cause=CAUSE)
    assert (result["taken"], [each["sku"] for each in result["skipped"]]) == ([{"sku": "MUG", "units": 12}], ["PDF"])
    assert (shop.level(database, "MUG"), shop.level(database, "MUG", "STALL")) == (shop.Level(1, committed=2), shop.Level(9))
    with pytest.raises(InvalidDraft):
        database.look(opening.by_ids, [("mug", "STUDIO", 3), ("MUG", "STUDIO", 9)])


def test_two_who_enter_the_same_stock_at_once_enter_it_once(begun: tuple[Database, str, str]) -> None:
    database, first, _ = begun
    (sku_id,) = database.look(opening.waiting, None, 10)
    place = database.look(opening.place, first, "STUDIO")
    found: list[Any] = shop.at_once(4, lambda _: database.run(opening.take_from, first, place, [sku_id], cause=CAUSE))
    assert sum(len(each["taken"]) for each in found) == 1
    assert sum(database.look(stock.level, sku_id, place).values()) == 6


def test_a_shop_with_two_numbers_for_one_sku_can_not_say_how_much_there_is(database: Database) -> None:
    sku(database, "Mug", "MUG")
    channel_id = database.run(connect)
    for title in ("Mug", "Mug, once more"):
        database.run(listed, channel_id, title, "MUG", shown=5)
    (sku_id,) = database.look(opening.waiting, None, 10)
    place = database.look(opening.place, channel_id, "STUDIO")
    result = database.run(opening.take_from, channel_id, place, [sku_id], cause=CAUSE)
    assert result["taken"] == [] and "several numbers" in result["skipped"][0]["why"]
