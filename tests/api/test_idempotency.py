"""A request that is sent twice with one Idempotency-Key happens once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app import security
from tests.api.client import Client, lines, problem, received


def keyed(client: Client, key: str, path: str, body: Any = None, **request: Any) -> httpx.Response:
    return client.post(path, body, headers={"Idempotency-Key": key}, **request)


def replayed(answer: httpx.Response) -> bool:
    return answer.headers.get("idempotent-replayed") == "true"


def movements(client: Client, code: str) -> int:
    return len(client.everything("/v1/stock/movements", sku=code))


def test_the_same_key_and_body_get_the_same_bytes_and_happen_once(client: Client) -> None:
    code = client.sku(stock=10)
    requests: list[tuple[str, Any]] = [
        ("/v1/orders", {"lines": lines((code, 2)), "buyer": {"name": "Ada"}}),
        ("/v1/reservations", {"lines": lines((code, 1))}),
        ("/v1/stock/movements", received(code, 3)),
        ("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": code, "counted": 9}]}),
        ("/v1/products", {"title": "Mug", "skus": [{"code": f"{code}-B"}]}),
        ("/v1/locations", {"code": f"L-{code}", "name": "Stall"}),
    ]
    for path, body in requests:
        first = keyed(client, "once", path, body)
        level, count = client.level(code), movements(client, code)
        again = keyed(client, "once", path, body)
        assert (first.status_code, replayed(first)) == (201, False)
        assert (again.status_code, replayed(again), again.content) == (201, True, first.content)
        assert again.headers["content-type"] == "application/json"
        assert (client.level(code), movements(client, code)) == (level, count)


def test_an_action_without_a_body_happens_once_too(client: Client) -> None:
    code = client.sku(stock=5)
    order = client.made("/v1/orders", {"lines": lines((code, 2))})
    other = client.made("/v1/orders", {"lines": lines((code, 1))})
    first = keyed(client, "ship", f"/v1/orders/{order['id']}/shipments")
    again = keyed(client, "ship", f"/v1/orders/{order['id']}/shipments")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    another = keyed(client, "ship", f"/v1/orders/{other['id']}/shipments")  # the key belongs to the route with its id
    assert (another.status_code, replayed(another), another.json()["order_id"]) == (201, False, other["id"])
    assert client.level(code) == {"available": 2}


def test_the_same_key_with_another_body_is_refused(client: Client) -> None:
    code = client.sku(stock=10)
    assert keyed(client, "mine", "/v1/orders", {"lines": lines((code, 2))}).status_code == 201
    for body in ({"lines": lines((code, 3))}, {"lines": lines((code, 2)), "reference": "x"}):
        found = problem(keyed(client, "mine", "/v1/orders", body), 422, "idempotency_key_reused")
        assert "very same request" in found["detail"]
    assert client.level(code) == {"available": 8, "committed": 2}


def test_a_refusal_is_decided_anew(client: Client) -> None:
    code = client.sku(stock=1)
    order = {"lines": lines((code, 2))}
    for _ in range(2):
        problem(keyed(client, "again", "/v1/orders", order), 409, "insufficient_stock")
    problem(keyed(client, "again", "/v1/orders", {"lines": []}), 422, "invalid_request")
    client.made("/v1/stock/movements", received(code, 1))
    accepted = keyed(client, "again", "/v1/orders", order)
    assert (accepted.status_code, replayed(accepted)) == (201, False)
    assert keyed(client, "again", "/v1/orders", order).content == accepted.content
    assert client.level(code) == {"committed": 2}


def test_a_key_belongs_to_a_token_and_a_route(client: Client) -> None:
    code = client.sku(stock=10)
    another = f"another-token-of-somebody-elses-{code}"
    client.app.state.database.run(security.add_token, "another", "write", another)
    body = {"lines": lines((code, 1))}
    answers = [
        keyed(client, "shared", "/v1/orders", body),
        keyed(client, "shared", "/v1/orders", body, token=another),
        keyed(client, "shared", "/v1/reservations", body),
    ]
    assert [(answer.status_code, replayed(answer)) for answer in answers] == [(201, False)] * 3
    assert client.level(code) == {"available": 7, "committed": 2, "reserved": 1}
    assert keyed(client, "shared", "/v1/orders", body, token=another).content == answers[1].content


@pytest.mark.parametrize("quantity", [1, 100], ids=["accepted", "refused"])
def test_of_many_at_the_same_time_with_one_key_one_happens_and_all_hear_of_it(client: Client, quantity: int) -> None:
    code = client.sku(stock=50)
    body = {"lines": lines((code, quantity))}
    send: Callable[[int], httpx.Response] = lambda _: keyed(client, f"all-{code}", "/v1/orders", body)  # noqa: E731
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(16)))
    if quantity > 50:
        assert {answer.status_code for answer in answers} == {409}
        assert client.level(code) == {"available": 50}
        return
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sorted(map(replayed, answers)) == [False] + [True] * 15
    assert client.level(code) == {"available": 49, "committed": 1}


@pytest.mark.parametrize("key", ["", "k" * 201])
def test_a_key_that_is_too_short_or_too_long_is_refused(client: Client, key: str) -> None:
    found = problem(keyed(client, key, "/v1/products", {"title": "Mug"}), 422, "invalid_request")
    assert found["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("key", [b"\xff\xfe", b"a\x00b", b"\xf0\x9f\x8f\xba"])
def test_a_key_of_odd_bytes_is_no_trouble(client: Client, key: bytes) -> None:
    answers = [client.post("/v1/products", {"title": "Mug"}, headers={"Idempotency-Key": key}) for _ in range(2)]
    assert [answer.status_code for answer in answers] in ([201, 201], [422, 422])
    assert answers[0].status_code == 422 or answers[0].content == answers[1].content


def test_without_a_key_the_same_request_happens_each_time(client: Client) -> None:
    code = client.sku(stock=5)
    ids = {client.made("/v1/orders", {"lines": lines((code, 1))})["id"] for _ in range(2)}
    assert len(ids) == 2
    assert client.level(code) == {"available": 3, "committed": 2}
