"""Products of the first release are found by search, by imports and by near misses once the store has migrated."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app import chance, domain, migrations
from app.database import Database
from app.domain import catalogue
from app.main import open_store
from tests.servers import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def first_release(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with the schema of 0001 and a product in it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.url_for_new_database()
    migrations.upgrade(url, "0001")
    engine = create_engine(url)
    product, sku = (chance.new_id().replace("-", "") for _ in range(2))
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO products (id, title, created_at, updated_at) VALUES (:id, 'Becher  Grün', :at, :at)"),
            {"id": product, "at": "2026-03-01 10:00:00"},
        )
        connection.execute(
            text(
                "INSERT INTO skus (id, product_id, code, code_key, tracked, safety_stock, created_at, updated_at) "
                "VALUES (:id, :product, 'MUG/GRÜN-01', 'mug/grün-01', true, 0, :at, :at)"
            ),
            {"id": sku, "product": product, "at": "2026-03-01 10:00:00"},
        )
    engine.dispose()
    yield url
    if request.param == "postgresql":
        postgres.drop(url)


def test_what_an_earlier_release_has_stored_is_found_as_if_it_were_new(first_release: str) -> None:
    migrations.upgrade(first_release)
    database = Database(first_release, finish=domain.finish)
    try:
        database.run(open_store, "EUR")
        for q in ("becher", "GRUN", "mug 01", "muggrun01"):
            assert [row["code"] for row in database.look(catalogue.page_skus, None, 10, q=q)] == ["MUG/GRÜN-01"], q
        (product,) = database.look(catalogue.page_products, None, 10, q="becher mug")
        assert (product["handle"], product["images"], product["version"], product["archived"]) == ("becher grün", [], 1, False)
        (sku,) = product["skus"]
        assert (sku["options"], sku["barcode"], sku["weight_g"], sku["merged_into"], sku["aliases"]) == ({}, None, None, None, [])
        assert database.look(catalogue.near, "MUG GRUN 01") == ["MUG/GRÜN-01"]
    finally:
        database.close()
