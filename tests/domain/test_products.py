"""Products with their SKUs, and the places where they lie."""

import pytest

from app.database import Database
from app.domain import catalogue, locations
from app.domain.errors import CodeTaken, NotFound, UnknownLocation, UnknownSku, WrongCurrency
from app.domain.money import Money
from tests.shop import CAUSE, PRICE, event_types, place, place_to_stock, promised_at, refused, sku, stocked

NOBODY = "00000000-0000-7000-8000-000000000000"


def test_a_product_is_added_with_its_skus(database: Database) -> None:
    drafts = [catalogue.SkuDraft("MUG/BLUE", PRICE, Money(400, "EUR"), safety_stock=2), catalogue.SkuDraft(" PDF ", tracked=False)]
    made = database.run(catalogue.create_product, catalogue.ProductDraft("Mug", drafts), cause=CAUSE)
    read = database.look(catalogue.product, made["id"])
    assert (read["title"], [each["code"] for each in read["skus"]]) == ("Mug", ["MUG/BLUE", "PDF"])
    blue, pdf = read["skus"]
    assert (blue["price"], blue["price_currency"], blue["cost"], blue["tracked"], blue["safety_stock"]) == (1250, "EUR", 400, True, 2)
    assert (pdf["price"], pdf["cost"], pdf["tracked"], pdf["safety_stock"]) == (None, None, False, 0)
    assert sorted(event_types(database)[1:]) == ["product.created", "sku.created", "sku.created"]


def test_every_unknown_code_is_named_at_once(database: Database) -> None:
    sku(database, "BOWL")
    with pytest.raises(UnknownSku) as refusal:
        database.look(catalogue.by_codes, ["JUG", "BOWL", "VASE"])
    assert refusal.value.facts["skus"] == ["JUG", "VASE"]
    for read in (catalogue.sku, catalogue.product):
        with pytest.raises(NotFound):
            database.look(read, NOBODY)


def test_a_code_belongs_to_one_sku(database: Database) -> None:
    sku(database, "BOWL")
    with refused(database, CodeTaken, taken=" bowl"):
        sku(database, " bowl")
    with refused(database, CodeTaken, taken="cup"):
        drafts = [catalogue.SkuDraft("CUP", PRICE), catalogue.SkuDraft("cup", PRICE)]
        database.run(catalogue.create_product, catalogue.ProductDraft("Cups", drafts), cause=CAUSE)


def test_a_sku_joins_a_product_that_is_there(database: Database) -> None:
    made = sku(database, "BOWL")
    database.run(catalogue.add_sku, made["product_id"], catalogue.SkuDraft("BOWL-XL", PRICE), cause=CAUSE)
    assert [each["code"] for each in database.look(catalogue.product, made["product_id"])["skus"]] == ["BOWL", "BOWL-XL"]
    with refused(database, NotFound):
        database.run(catalogue.add_sku, NOBODY, catalogue.SkuDraft("CUP", PRICE), cause=CAUSE)


def test_prices_and_costs_are_in_the_currency_of_the_books(database: Database) -> None:
    for draft in (catalogue.SkuDraft("CUP", Money(1, "JPY")), catalogue.SkuDraft("CUP", PRICE, Money(1, "JPY"))):
        with refused(database, WrongCurrency, given="JPY", expected="EUR"):
            database.run(catalogue.create_product, catalogue.ProductDraft("Cup", [draft]), cause=CAUSE)


def test_a_store_starts_with_one_location_and_new_ones_are_asked_after_it(database: Database) -> None:
    assert [each["code"] for each in database.look(locations.page, None, 10)] == ["STUDIO"]
    stocked(database, "BOWL", 1, STALL=1, HUB=1)
    assert [each["rank"] for each in database.look(locations.page, None, 10)] == [1, 2, 3]
    assert [promised_at(place(database, ("BOWL", 1))) for _ in range(3)] == [[{"STUDIO": 1}], [{"STALL": 1}], [{"HUB": 1}]]


def test_the_code_of_a_location_belongs_to_it_alone(database: Database) -> None:
    with refused(database, CodeTaken, taken="studio "):
        place_to_stock(database, "studio ")
    with pytest.raises(UnknownLocation):
        database.look(locations.by_code, "MOON")


def test_locations_are_named_once_however_often_they_are_given(database: Database) -> None:
    studio, stall = database.look(locations.by_code, "STUDIO")["id"], place_to_stock(database, "STALL")["id"]
    assert database.look(locations.ids_of, ["stall", "STUDIO", "Stall"]) == [stall, studio]
    with pytest.raises(UnknownLocation) as refusal:
        database.look(locations.ids_of, ["STALL", "MOON"])
    assert refusal.value.facts == {"location": "MOON"}
