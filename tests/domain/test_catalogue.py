"""Products and SKUs: codes and their history, search, what people edit, and what was two and is one."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app import backups
from app.database import Database
from app.domain import aliases, catalogue, changes, events, locations, merging, orders, postings, stock
from app.domain.barcodes import barcode_of
from app.domain.catalogue import ProductDraft, SkuDraft
from app.domain.codes import closest, key_of, squashed
from app.domain.errors import CodeTaken, NotFound, Stale, UnknownSku, WrongCurrency, WrongState
from app.domain.money import Money
from app.domain.postings import Posting
from tests.shop import (
    CAUSE,
    PRICE,
    Level,
    at_once,
    cancel,
    drafted,
    hold,
    level,
    movements,
    place,
    place_one,
    place_to_stock,
    post,
    refused,
    send,
    ship,
    sku,
    stocked,
)


def change(database: Database, made: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return database.run(changes.change_sku, made["id"], changed, cause=CAUSE)


def merge(database: Database, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return database.run(merging.merge, old["id"], new["id"], cause=CAUSE)


def by_code(database: Database, code: str) -> dict[str, Any]:
    return database.look(catalogue.by_code, code)


def found(database: Database, q: str) -> list[str]:
    return [row["code"] for row in database.look(catalogue.page_skus, None, 100, q=q)]


def titles(database: Database, q: str) -> list[str]:
    return [row["title"] for row in database.look(catalogue.page_products, None, 100, q=q)]


def last_event(database: Database, type: str) -> dict[str, Any]:
    return database.look(events.after, 0, 1_000, [type])[-1]


# Codes


@pytest.mark.parametrize("spelling", ["mug/grün #1", "  MUG/GRÜN  #1 ", "MUG/GRU\u0308N #1"])
def test_a_code_is_found_however_it_is_spelled(database: Database, spelling: str) -> None:
    made = sku(database, "MUG/GRÜN #1")
    assert by_code(database, spelling)["id"] == made["id"]
    with refused(database, CodeTaken, taken=spelling):
        sku(database, spelling)


def test_near_misses_are_proposed_and_never_taken(database: Database) -> None:
    for code in ("MUG-BLUE", "MUG-BLACK", "PLATE-BLUE", "JUG-BLUE"):
        stocked(database, code, 5)
    for typed, meant in {"MUG-BLEU": "MUG-BLUE", "mugblue": "MUG-BLUE", "MGU-BLUE": "MUG-BLUE", "PLATE BLUE!": "PLATE-BLUE"}.items():
        with pytest.raises(UnknownSku) as caught:
            place(database, (typed, 1))
        assert caught.value.facts["did_you_mean"][0] == meant
        assert f"Did you mean {meant!r}" in caught.value.detail
    with refused(database, UnknownSku, skus=["TEAPOT"], did_you_mean=[]):
        place(database, ("TEAPOT", 1))


def test_a_slip_is_recognised_among_thousands_of_codes_from_a_hundred_of_them(database: Database) -> None:
    drafts = [SkuDraft(f"SKU-{number:05d}") for number in range(3_000)]
    for begin in range(0, len(drafts), 200):
        database.run(catalogue.create_product, ProductDraft("Many", drafts[begin : begin + 200]), cause=CAUSE)
    assert "SKU-01234" in database.look(catalogue.near, "SKU-O1234")
    assert database.look(catalogue.near, "SKU01234")[0] == "SKU-01234"
    assert "SKU-02999" in database.look(catalogue.near, "SKU-029999")


def test_the_closest_codes_come_first() -> None:
    assert closest("MUG-BLEU", ["MUG-BLUES", "MUG-BLUE", "PLATE"]) == ["MUG-BLUE", "MUG-BLUES"]
    assert (squashed("Mug_Blüe/2"), key_of(" ẞ ")) == ("mugblue2", "ss")


def test_a_renamed_sku_is_still_found_by_its_former_codes(database: Database) -> None:
    made = stocked(database, "OLD", 3)
    change(database, made, code="NEWER")
    renamed = change(database, made, code="NEWEST")
    assert (renamed["code"], renamed["aliases"], renamed["id"]) == ("NEWEST", ["OLD", "NEWER"], made["id"])
    for code in ("old", "Newer", "NEWEST"):
        assert by_code(database, code)["id"] == made["id"]
        assert place_one(database, code)
        assert len(database.look(stock.page_levels, None, 10, code=code)) == 1
    assert level(database, "old") == Level(committed=3)
    assert {code for q in ("old", "newer", "newest") for code in found(database, q)} == {"NEWEST"}


def test_a_former_code_is_kept_from_others_until_it_is_dropped(database: Database) -> None:
    (made,) = database.run(catalogue.create_product, ProductDraft("Thing", [SkuDraft("OLD")]), cause=CAUSE)["skus"]
    other = sku(database, "OTHER")
    change(database, made, code="NEW")
    assert found(database, "old") == ["NEW"]
    with refused(database, CodeTaken, taken="old", alias_of="NEW"):
        sku(database, "old")
    with refused(database, CodeTaken, taken="OLD", alias_of="NEW"):
        change(database, other, code="OLD")
    database.run(changes.drop_alias, made["id"], " old ", cause=CAUSE)
    assert found(database, "old") == []
    assert change(database, other, code="OLD")["code"] == "OLD"
    with refused(database, NotFound, alias="OLD"):
        database.run(changes.drop_alias, made["id"], "OLD", cause=CAUSE)


def test_a_sku_may_have_its_own_former_code_back_and_respell_its_code(database: Database) -> None:
    made = sku(database, "FIRST")
    change(database, made, code="SECOND")
    assert change(database, made, code="FIRST")["aliases"] == ["SECOND"]
    assert change(database, made, code="First")["aliases"] == ["SECOND"]


def test_of_buyers_of_one_free_code_at_the_same_time_exactly_one_gets_it(database: Database) -> None:
    made = [sku(database, f"SKU-{number}") for number in range(6)]

    def rename(number: int) -> bool:
        try:
            if number == 0:
                sku(database, "WANTED")
            else:
                change(database, made[number], code="WANTED")
        except CodeTaken:
            return False
        return True

    assert at_once(6, rename).count(True) == 1


# What people edit


def test_a_change_leaves_what_it_does_not_name_and_null_clears(database: Database) -> None:
    made = sku(database, "MUG", cost=Money(300, "EUR"), barcode="4006381333931", weight_g=340, options={"size": "L", "colour": "blue"})
    changed = change(database, made, cost=None, options={"size": None, "glaze": "matt"}, safety_stock=2)
    assert (changed["cost"], changed["cost_currency"], changed["price"], changed["barcode"]) == (None, None, 1250, "4006381333931")
    assert (changed["options"], changed["safety_stock"], changed["version"]) == ({"colour": "blue", "glaze": "matt"}, 2, 2)
    assert change(database, made, options=None)["options"] == {}
    event = last_event(database, "sku.changed")
    assert (event["subject"], event["data"]["changes"]) == (
        made["id"],
        {"options": {"old": {"colour": "blue", "glaze": "matt"}, "new": {}}},
    )


def test_an_event_names_old_and_new_of_what_changed(database: Database) -> None:
    made = sku(database, "MUG")
    change(database, made, code="CUP", price=Money(1400, "EUR"))
    euros = {"old": {"amount": 1250, "currency": "EUR"}, "new": {"amount": 1400, "currency": "EUR"}}
    assert last_event(database, "sku.changed")["data"]["changes"] == {"code": {"old": "MUG", "new": "CUP"}, "price": euros}


def test_a_change_that_changes_nothing_is_no_new_version_and_no_event(database: Database) -> None:
    made = sku(database, "MUG")
    with_events = database.look(events.after, 0, 1_000)
    assert change(database, made, price=PRICE, code="MUG", archived=False)["version"] == 1
    assert database.look(events.after, 0, 1_000) == with_events


def test_nobody_overwrites_what_they_have_not_seen(database: Database) -> None:
    made = sku(database, "MUG")
    change(database, made, weight_g=1)
    with refused(database, Stale, version=2):
        database.run(changes.change_sku, made["id"], {"weight_g": 2}, seen={1}, cause=CAUSE)
    with refused(database, Stale):
        database.run(changes.change_product, made["product_id"], {"title": "Cup"}, seen={1}, cause=CAUSE)  # its SKU has changed
    assert database.run(changes.change_sku, made["id"], {"weight_g": 2}, seen={1, 2}, cause=CAUSE)["weight_g"] == 2


def test_a_price_in_another_currency_is_refused(database: Database) -> None:
    made = sku(database, "MUG")
    with refused(database, WrongCurrency, given="USD", expected="EUR"):
        change(database, made, price=Money(1, "USD"))


def test_a_product_is_changed_and_found_by_its_new_title(database: Database) -> None:
    made = sku(database, "MUG-1")
    edit = {"title": "Becher, grün", "description": "Hand thrown", "images": ["https://example.org/1.jpg"]}
    product = database.run(changes.change_product, made["product_id"], edit, cause=CAUSE)
    assert {name: product[name] for name in edit} == edit
    assert (product["version"], product["handle"]) == (2, "becher, grün")
    assert (titles(database, "becher grun"), titles(database, "mug 1"), found(database, "grun")) == (
        [product["title"]],
        [product["title"]],
        ["MUG-1"],
    )


def test_what_is_archived_is_sent_and_returned_and_not_promised_anew(database: Database) -> None:
    made = stocked(database, "MUG", 5)
    order = place(database, ("MUG", 1))
    change(database, made, archived=True)
    with refused(database, WrongState, archived=["MUG"]):
        place(database, ("MUG", 1))
    with refused(database, WrongState, archived=["MUG"]):
        hold(database, ("MUG", 1))
    ship(database, order)
    post(database, "MUG", 1, "customer", "available")
    assert place(database, ("MUG", 1), sold=True)["lines"][0]["committed"] == 1
    change(database, made, archived=False)
    assert place_one(database, "MUG")


def test_archiving_a_product_archives_its_skus_and_they_come_back_one_by_one(database: Database) -> None:
    draft = ProductDraft("Mug", [SkuDraft("MUG-1"), SkuDraft("MUG-2")])
    product = database.run(catalogue.create_product, draft, cause=CAUSE)
    gone = database.run(changes.change_product, product["id"], {"archived": True}, cause=CAUSE)
    assert [each["archived"] for each in gone["skus"]] == [True, True]
    with refused(database, WrongState):
        change(database, product["skus"][0], archived=False)
    with refused(database, WrongState):
        database.run(catalogue.add_sku, product["id"], SkuDraft("MUG-3"), cause=CAUSE)
    back = database.run(changes.change_product, product["id"], {"archived": False}, cause=CAUSE)
    assert [each["archived"] for each in back["skus"]] == [True, True]
    assert change(database, product["skus"][0], archived=False)["archived"] is False


def test_whether_a_sku_is_tracked_changes_only_while_there_is_nothing_of_it(database: Database) -> None:
    made = stocked(database, "MUG", 2)
    with refused(database, WrongState, obstacles=["stock"]):
        change(database, made, tracked=False)
    post(database, "MUG", 2, "available", "supplier")
    order = place(database, ("MUG", 1), sold=True)
    with refused(database, WrongState, obstacles=["open order lines"]):
        change(database, made, tracked=False)
    cancel(database, order)
    assert change(database, made, tracked=False)["tracked"] is False
    sent = place(database, ("MUG", 7))
    with refused(database, WrongState, obstacles=["open order lines"]):
        change(database, made, tracked=True)
    ship(database, sent)
    assert change(database, made, tracked=True)["tracked"] is True


def test_a_location_moves_in_the_order_and_the_others_make_room(database: Database) -> None:
    for code in ("STALL", "HUB"):
        place_to_stock(database, code)
    hub = next(each for each in database.look(locations.page, None, 10) if each["code"] == "HUB")
    changed = database.run(locations.change, hub["id"], {"rank": 1, "name": "Depot", "code": "DEPOT"}, seen={1}, cause=CAUSE)
    assert (changed["code"], changed["name"], changed["rank"], changed["version"]) == ("DEPOT", "Depot", 1, 2)
    ranks = {each["code"]: (each["rank"], each["version"]) for each in database.look(locations.page, None, 10)}
    assert ranks == {"DEPOT": (1, 2), "STUDIO": (2, 2), "STALL": (3, 2)}
    with refused(database, CodeTaken, taken="studio"):
        database.run(locations.change, hub["id"], {"code": "studio"}, cause=CAUSE)
    with refused(database, Stale):
        database.run(locations.change, hub["id"], {"name": "Hub"}, seen={1}, cause=CAUSE)


# Barcodes and search


@pytest.mark.parametrize("written", ["4006381333931", " 400-6381 333931", "96385074", "036000291452", "10614141000415"])
def test_a_barcode_with_the_right_check_digit_is_kept_as_digits(written: str) -> None:
    assert barcode_of(written) == "".join(filter(str.isdigit, written))


def test_digits_of_a_gtins_length_must_have_its_check_digit_and_anything_else_is_a_text() -> None:
    for wrong in ("4006381333932", "96385075"):
        with pytest.raises(ValueError, match=r"ends in \d"):
            barcode_of(wrong)
    assert [barcode_of(text) for text in ("12345", "SHELF 7", "X0012345678901")] == ["12345", "SHELF 7", "X0012345678901"]


def test_a_search_finds_what_begins_with_every_word_by_title_code_and_barcode(database: Database) -> None:
    draft = ProductDraft("Große Schüssel", [SkuDraft("BOWL/L-01", barcode="036000291452"), SkuDraft("BOWL/S-01")])
    database.run(catalogue.create_product, draft, cause=CAUSE)
    sku(database, "MUG-BLUE")
    assert found(database, "schus") == found(database, "GROSSE bowl") == ["BOWL/L-01", "BOWL/S-01"]
    assert found(database, "bowl l") == found(database, "BOWL/L-01") == found(database, "bowll01") == ["BOWL/L-01"]
    assert found(database, "036000291452") == found(database, "0036000291452") == ["BOWL/L-01"]
    assert titles(database, "bowl s") == ["Große Schüssel"]
    assert found(database, "schussel blue") == found(database, "#") == found(database, "üssel") == []


def test_a_search_is_answered_from_ranges_of_an_index(database: Database) -> None:
    from sqlalchemy import select

    from app.domain import search

    sku(database, "MUG-BLUE")
    query = select(catalogue.skus.c.id).where(*search.finds_sku(catalogue.skus, "mug"))
    compiled = query.compile(database.engine, compile_kwargs={"literal_binds": True})
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execute(text("SET enable_seqscan = off"))
            plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {compiled}"))
        assert "pk_sku_words" in plan and "pk_product_words" in plan
        return
    with database.engine.connect() as connection:
        plan = "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}"))
    assert "SEARCH sku_words USING PRIMARY KEY (word>? AND word<?)" in plan
    assert "SEARCH product_words USING PRIMARY KEY (word>? AND word<?)" in plan


# Merging


def test_a_merged_sku_goes_along_with_its_stock_and_its_codes(database: Database) -> None:
    old, new = stocked(database, "MUG-BLU", 5, STALL=2), stocked(database, "MUG-BLUE", 10)
    post(database, "MUG-BLU", 1, "available", "damaged")
    post(database, "MUG-BLU", 3, "supplier", "quality_control")
    change(database, old, code="MUG-BL")
    left = merge(database, old, new)
    assert (left["id"], left["code"], sorted(left["aliases"])) == (new["id"], "MUG-BLUE", ["MUG-BL", "MUG-BLU"])
    assert level(database, "MUG-BLUE") == Level(available=14, damaged=1, quality_control=3)
    assert level(database, "mug-blu", "STALL") == Level(available=2)
    assert movements(database, "MUG-BLUE")[1:] == [
        (4, "adjustment", "available", "merged"),
        (1, "adjustment", "damaged", "merged"),
        (3, "supplier", "quality_control", "merged"),
        (2, "adjustment", "available", "merged"),
    ]
    gone = database.look(catalogue.sku, old["id"])
    assert (gone["archived"], gone["merged_into"], gone["code"], gone["aliases"]) == (True, new["id"], "MUG-BL", [])
    assert found(database, "mug bl") == ["MUG-BLUE"]
    assert place_one(database, "MUG-BL", 14)
    event = last_event(database, "sku.merged")
    assert (event["subject"], event["data"]) == (old["id"], {"code": "MUG-BL", "into": new["id"], "into_code": "MUG-BLUE"})


def test_what_is_promised_held_or_on_its_way_stands_in_the_way_of_a_merge(database: Database) -> None:
    old, new = stocked(database, "OLD", 10, STALL=0), sku(database, "NEW")
    order = place(database, ("OLD", 1))
    held = hold(database, ("OLD", 2))
    sent = send(database, ("OLD", 3))
    with refused(database, WrongState, obstacles=["commitments", "holds", "transit"]):
        merge(database, old, new)
    from app.domain import reservations, transfers

    ship(database, order)
    database.run(reservations.release, held["id"], cause=CAUSE)
    database.run(transfers.receive, sent["id"], cause=CAUSE)
    merge(database, old, new)
    assert (level(database, "OLD"), level(database, "OLD", "STALL")) == (Level(available=6), Level(available=3))


def test_a_short_line_stands_in_the_way_of_a_merge(database: Database) -> None:
    old, new = sku(database, "OLD"), sku(database, "NEW")
    place(database, ("OLD", 1), sold=True)
    with refused(database, WrongState, obstacles=["commitments"]):
        merge(database, old, new)


def test_what_cannot_be_one_is_not_merged(database: Database) -> None:
    old, new = sku(database, "OLD"), sku(database, "NEW")
    digital = sku(database, "EBOOK", tracked=False)
    with refused(database, WrongState):
        merge(database, old, old)
    with refused(database, WrongState):
        merge(database, old, digital)
    merge(database, old, new)
    with refused(database, WrongState, merged_into=new["id"]):
        merge(database, old, digital)
    with refused(database, WrongState, merged_into=new["id"]):
        change(database, old, archived=False)
    with refused(database, WrongState):
        merge(database, new, old)


def test_what_was_merged_before_goes_along_to_the_last(database: Database) -> None:
    first, second, third = (sku(database, code) for code in ("FIRST", "SECOND", "THIRD"))
    merge(database, first, second)
    merge(database, second, third)
    assert {by_code(database, code)["id"] for code in ("FIRST", "SECOND", "THIRD")} == {third["id"]}
    assert database.look(catalogue.sku, first["id"])["merged_into"] == third["id"]
    assert database.look(aliases.of_skus, [third["id"]])[third["id"]] == ["FIRST", "SECOND"]


def test_the_merged_codes_may_become_the_code(database: Database) -> None:
    old, new = sku(database, "MUG-BLUE"), sku(database, "temp-17")
    merge(database, old, new)
    assert change(database, new, code="MUG-BLUE")["aliases"] == ["temp-17"]


def test_buyers_and_a_merge_at_the_same_time_lose_no_unit(database: Database) -> None:
    old, new = stocked(database, "OLD", 20), stocked(database, "NEW", 0)

    def act(number: int) -> bool:
        if number == 0:
            try:
                merge(database, old, new)
            except WrongState:
                return False
            return True
        try:
            database.run(orders.place, drafted(("OLD", 1)), cause=CAUSE)
        except Exception:
            return False
        return True

    at_once(8, act)
    total = sum(row["on_hand"] for row in database.look(stock.page_levels, None, 100))
    assert total == 20


def test_an_alias_and_a_code_of_one_sku_are_one_sku_in_a_posting(database: Database) -> None:
    made = stocked(database, "OLD", 3)
    change(database, made, code="NEW")
    row = database.run(postings.post, Posting("OLD", "STUDIO", 1, "supplier", "available", "test"), cause=CAUSE)
    assert (row["sku"], row["sku_id"]) == ("NEW", made["id"])


def test_a_backup_with_merged_skus_is_restored_whole(database: Database, database_url: str, tmp_path: Path) -> None:
    old, new = sku(database, "OLDER"), sku(database, "YOUNGER")
    merge(database, old, new)
    backups.back_up(database_url, tmp_path / "backup.sqlite")
    backups.restore(tmp_path / "backup.sqlite", f"sqlite:///{tmp_path / 'restored.sqlite'}")
    if not database.is_sqlite:
        # The way back into PostgreSQL writes every row anew.
        with create_engine(database_url).begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        backups.restore(tmp_path / "backup.sqlite", database_url)
    restored = Database(database_url if not database.is_sqlite else f"sqlite:///{tmp_path / 'restored.sqlite'}")
    try:
        assert restored.look(catalogue.by_code, "OLDER")["id"] == new["id"]
    finally:
        restored.close()
