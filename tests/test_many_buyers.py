"""The launch of a small batch: far more buyers than units, all in the same moment, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import Server
from tests.trade import Answer, Connection, everything, level, order, request, stock

BUYERS, UNITS = 200, 50


@pytest.fixture
def shops(tmp_path: Path, database_url: str) -> Iterator[list[Server]]:
    """One process on SQLite, two on one PostgreSQL."""
    with ExitStack() as running:
        names = ["left", "right"] if database_url.startswith("postgresql") else ["only"]
        yield [running.enter_context(Server(tmp_path / name, database_url=database_url)) for name in names]


async def at_once(shops: Sequence[Server], requests: Sequence[bytes]) -> list[Answer]:
    """Each request on a connection of its own, all of them open before the first is used."""
    ports = [shops[n % len(shops)].port for n in range(len(requests))]
    connections = await asyncio.gather(*(Connection.open(port) for port in ports))
    try:
        pairs = zip(connections, requests, strict=True)
        return await asyncio.gather(*(connection.send(asked) for connection, asked in pairs))
    finally:
        for connection in connections:
            connection.close()


def test_two_hundred_buyers_of_fifty_units_make_exactly_fifty_orders(shops: list[Server]) -> None:
    stock(shops[0], UNITS, "BOWL")
    orders = [order("BOWL", reference=f"buyer-{n}") for n in range(BUYERS)]
    answers = asyncio.run(at_once(shops, [request("POST", "/v1/orders", body, key=body["reference"]) for body in orders]))

    assert Counter(answer.status for answer in answers) == {201: UNITS, 409: BUYERS - UNITS}
    refusals = [answer.json() for answer in answers if answer.status == 409]
    assert {refusal["code"] for refusal in refusals} == {"insufficient_stock"}
    accepted = {answer.json()["reference"] for answer in answers if answer.status == 201}
    with shops[-1].client() as client:
        stored = everything(client, "/v1/orders")
    assert sorted(one["reference"] for one in stored) == sorted(accepted)
    assert sum(line["committed"] for one in stored for line in one["lines"]) == UNITS
    assert level(shops[0], "BOWL") == {"available": 0, "committed": UNITS, "reserved": 0, "on_hand": UNITS}


def test_one_idempotency_key_used_twice_at_once_makes_one_order_and_gives_both_the_same_answer(
    shops: list[Server],
) -> None:
    stock(shops[0], UNITS, "BOWL")
    for round in range(10):
        asked = request("POST", "/v1/orders", order("BOWL", reference=f"order-{round}"), key=f"key-{round}")
        first, second = asyncio.run(at_once(shops, [asked, asked]))
        assert (first.status, second.status) == (201, 201)
        assert first.json() == second.json()

    assert level(shops[0], "BOWL") == {
        "available": UNITS - 10,
        "committed": 10,
        "reserved": 0,
        "on_hand": UNITS,
    }
    with shops[-1].client() as client:
        references = [one["reference"] for one in everything(client, "/v1/orders")]
    assert sorted(references) == sorted(f"order-{round}" for round in range(10))
