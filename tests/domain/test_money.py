"""Money: minor units with a currency, of whatever exponent."""

from collections.abc import Iterator

import pytest

from app import domain
from app.database import Database
from app.domain import catalogue, orders, store
from app.domain.errors import InvalidDraft, WrongCurrency
from app.domain.money import Money, exponent
from app.domain.pricing import LineDraft, OrderDraft
from app.main import open_store
from tests.shop import CAUSE, refused, sku


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("USD", 2), ("JPY", 0), ("ISK", 0), ("KWD", 3), ("BHD", 3)])
def test_a_currency_has_as_many_decimals_as_iso_4217_says(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize("nonsense", ["", "EURO", "XYZ", "eur", "€", "XAU"])
def test_what_is_not_a_currency_in_circulation_is_not_money(nonsense: str) -> None:
    with pytest.raises(ValueError, match="not an ISO 4217 currency"):
        Money(1, nonsense)


@pytest.mark.parametrize(
    ("money", "shown"),
    [
        (Money(1250, "EUR"), "12.50 EUR"),
        (Money(5, "EUR"), "0.05 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(-1250, "EUR"), "-12.50 EUR"),
        (Money(0, "EUR"), "0.00 EUR"),
        (Money(1250, "JPY"), "1250 JPY"),
        (Money(-1, "JPY"), "-1 JPY"),
        (Money(1250, "KWD"), "1.250 KWD"),
        (Money(7, "KWD"), "0.007 KWD"),
    ],
)
def test_an_amount_is_shown_with_the_decimals_of_its_currency(money: Money, shown: str) -> None:
    assert str(money) == shown


@pytest.fixture
def store_in(database_url: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    opened = Database(database_url, finish=domain.finish)
    opened.run(open_store, request.param)
    yield opened
    opened.close()


# What a currency's smallest coin makes of "only rounding": less than one whole unit, and less than ten of what has no smaller one.
@pytest.mark.parametrize(("store_in", "largest"), [("EUR", 99), ("JPY", 9), ("KWD", 999)], indirect=["store_in"])
def test_a_store_keeps_its_books_in_its_own_currency(store_in: Database, largest: int) -> None:
    currency = store_in.look(store.get)["currency"]
    sku(store_in, "BOWL", price=Money(1999, currency), cost=Money(700, currency), tracked=False)

    def order(**more: Money) -> dict[str, object]:
        return store_in.run(orders.place, OrderDraft([LineDraft("BOWL", 3)], **more), cause=CAUSE)  # type: ignore[arg-type]

    placed = order()
    assert (placed["currency"], placed["gross"], placed["total"], placed["rounding"]) == (currency, 5997, 5997, 0)
    assert order(total=Money(5997 - largest, currency))["rounding"] == -largest
    with refused(store_in, InvalidDraft):
        order(total=Money(5997 + largest + 1, currency))
    with refused(store_in, WrongCurrency, given="GBP", expected=currency):
        order(total=Money(5997, "GBP"))
    with refused(store_in, WrongCurrency, given="GBP", expected=currency):
        made = catalogue.ProductDraft("Cup", [catalogue.SkuDraft("CUP", Money(1, "GBP"))])
        store_in.run(catalogue.create_product, made, cause=CAUSE)
