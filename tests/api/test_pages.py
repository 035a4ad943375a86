"""Walking through a list meets every row once, also while others add to it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.client import Client, lines, received


def add_sku(client: Client) -> str:
    code = client.sku(stock=1)
    return str(client.get("/v1/skus", params={"code": code}).json()["items"][0]["id"])


def add_product(client: Client) -> str:
    return str(client.made("/v1/products", {"title": "Mug"})["id"])


def add_movement(client: Client) -> str:
    return str(client.made("/v1/stock/movements", received(SKU, 5))["id"])


def add_count(client: Client) -> str:
    return str(client.made("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": SKU, "counted": 50}]})["id"])


def add_order(client: Client) -> str:
    return str(client.made("/v1/orders", {"lines": lines((SKU, 1)), "sold": True})["id"])


def add_reservation(client: Client) -> str:
    client.made("/v1/stock/movements", received(SKU, 500))
    return str(client.made("/v1/reservations", {"lines": lines((SKU, 1))})["id"])


def add_transfer(client: Client) -> str:
    client.made("/v1/stock/movements", received(SKU, 500))
    return str(client.made("/v1/stock/transfers", {"source": "STUDIO", "target": "STALL", "lines": lines((SKU, 1))})["id"])


def add_location(client: Client) -> str:
    return str(client.made("/v1/locations", {"code": f"L-{client.sku()}", "name": "Stall"})["id"])


SKU = "PAGED"


@pytest.fixture(scope="module", autouse=True)
def furnished(client: Client) -> None:
    client.made("/v1/products", {"title": "Mug", "skus": [{"code": SKU, "price": {"amount": 1, "currency": "EUR"}}]})
    client.made("/v1/locations", {"code": "STALL", "name": "Stall"})


LISTS: list[tuple[str, str, Callable[[Client], str]]] = [
    ("/v1/stock", "sku_id", add_sku),
    ("/v1/skus", "id", add_sku),
    ("/v1/products", "id", add_product),
    ("/v1/stock/movements", "id", add_movement),
    ("/v1/stock/counts", "id", add_count),
    ("/v1/stock/transfers", "id", add_transfer),
    ("/v1/orders", "id", add_order),
    ("/v1/reservations", "id", add_reservation),
    ("/v1/locations", "id", add_location),
]


@pytest.mark.parametrize(("path", "key", "add"), LISTS)
def test_every_row_of_a_list_is_met_once_while_others_are_added(client: Client, path: str, key: str, add: Callable[[Client], str]) -> None:
    for _ in range(7):
        add(client)
    there = [row[key] for row in client.everything(path, limit=200)]
    assert len(there) >= 7
    met: list[str] = []
    parameters: dict[str, Any] = {"limit": 3}
    added = 0
    while True:
        page = client.get(path, params=parameters).json()
        assert len(page["items"]) <= 3
        met += [row[key] for row in page["items"]]
        if page["next"] is None:
            break
        parameters["after"] = page["next"]
        if added < 5:
            add(client)
            added += 1
    assert len(met) == len(set(met))
    assert [id for id in met if id in set(there)] == there


def test_every_event_is_met_once_and_in_order_while_others_are_added(client: Client) -> None:
    for _ in range(4):
        add_order(client)
    there: list[int] = []
    after = "0"
    while (page := client.get("/v1/events", params={"after": after, "limit": 200}).json())["items"]:
        there += [event["seq"] for event in page["items"]]
        after = page["next"]
    met: list[int] = []
    after, added = "0", 0
    while (page := client.get("/v1/events", params={"after": after, "limit": 7}).json())["items"]:
        met += [event["seq"] for event in page["items"]]
        after = page["next"]
        if added < 5:
            add_order(client)
            added += 1
    assert len(met) == len(set(met))
    assert met[: len(there)] == there
    assert len(met) > len(there)


def test_a_list_that_fits_one_page_has_no_next_and_a_full_one_has(client: Client) -> None:
    code = client.sku()
    moved = [client.made("/v1/stock/movements", received(code, n))["id"] for n in (1, 2)]
    assert client.get("/v1/stock/movements", params={"sku": code, "limit": 2}).json()["next"] is None
    first = client.get("/v1/stock/movements", params={"sku": code, "limit": 1}).json()
    second = client.get("/v1/stock/movements", params={"sku": code, "limit": 1, "after": first["next"]}).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == moved
    assert second["next"] is None
