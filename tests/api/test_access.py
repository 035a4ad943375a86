"""Who gets in, with which scope; request ids, figures, and what is said when it is our fault or the database's."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from app import chance, security
from app.domain import catalogue
from tests.api.client import Client, lines, problem

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"


def token(client: Client, scope: str, expires_in: timedelta | None = None) -> str:
    made = security.new_token()
    client.app.state.database.run(security.add_token, scope, scope, made, expires_in)
    return made


def operations(client: Client) -> Iterator[tuple[str, str]]:
    for template, path in client.document["paths"].items():
        if template.startswith("/v1/"):
            for method in path:
                yield method.upper(), template


def test_no_route_under_v1_answers_without_a_token(client: Client) -> None:
    for method, template in operations(client):
        for headers in ({}, {"Authorization": ""}, {"Authorization": "Basic b3duZXI6"}, {"Authorization": "Bearer"}):
            answer = client.send(method, template.format_map(Ids()), token=None, headers=headers)
            assert "`Authorization: Bearer <token>`" in problem(answer, 401, "unauthorized")["detail"]
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_that_is_not_good_any_more_says_why(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security.Gate, "BELIEVED_SECONDS", 0)
    expired = token(client, "admin", timedelta(microseconds=1))
    assert "expired" in problem(client.get("/v1/stock", token=expired, peer="192.0.2.1"), 401, "unauthorized")["detail"]
    revoked = token(client, "admin")
    assert client.get("/v1/stock", token=revoked).status_code == 200
    by_hash = security.tokens.c.hash == security._hashed(revoked)
    client.app.state.database.run(
        lambda session: session.execute(update(security.tokens).where(by_hash).values(revoked_at=chance.now())).rowcount
    )
    assert "revoked" in problem(client.get("/v1/stock", token=revoked, peer="192.0.2.1"), 401, "unauthorized")["detail"]
    for strange in ("x", "tally_", "ü" * 40, "a" * 10_000):
        assert "mistyped" in problem(client.get("/v1/stock", token=strange, peer="192.0.2.2"), 401, "unauthorized")["detail"]


def test_a_token_for_reading_changes_nothing(client: Client) -> None:
    reader, writer = token(client, "read"), token(client, "write")
    code = client.sku(stock=1)
    for method, template in operations(client):
        path = template.format_map(Ids())
        if method != "GET":
            found = problem(client.send(method, path, token=reader), 403, "forbidden")
            assert (found["has"], found["needs"] in ("write", "admin")) == ("read", True)
    assert client.get("/v1/stock", token=reader).status_code == 200
    assert client.post("/v1/orders", {"lines": lines((code, 1))}, token=writer).status_code == 201


class Ids(dict[str, str]):
    """Any parameter of an address is the same id."""

    def __missing__(self, name: str) -> str:
        return ID


def test_the_figures_are_for_this_machine_or_a_token(client: Client) -> None:
    assert client.get("/metrics", token=None).status_code == 200
    assert client.get("/metrics", token=None, peer="::1").status_code == 200
    problem(client.get("/metrics", token=None, peer="203.0.113.7"), 401, "unauthorized")
    problem(client.get("/metrics", token=None, headers={"X-Forwarded-For": "203.0.113.7"}), 401, "unauthorized")
    problem(client.get("/metrics", token="not one", peer="203.0.113.7"), 401, "unauthorized")
    assert client.get("/metrics", token=token(client, "read"), peer="203.0.113.7").status_code == 200


def test_figures_are_by_route_and_name_no_sku_and_no_id(client: Client) -> None:
    code = client.sku(stock=3)
    order = client.made("/v1/orders", {"lines": lines((code, 1))})
    client.get(f"/v1/orders/{order['id']}")
    client.get("/v1/orders/x")
    client.get(f"/v1/{code}")
    client.send("DELETE", f"/v1/orders/{order['id']}")
    shown = client.get("/metrics").text
    assert code not in shown and order["id"] not in shown
    assert 'tallystick_requests_total{method="GET",route="/v1/orders/{order_id}",status="200"}' in shown
    assert 'tallystick_requests_total{method="GET",route="/v1/orders/{order_id}",status="422"}' in shown
    assert 'tallystick_requests_total{method="any",route="unknown",status="404"}' in shown
    assert "tallystick_database_commits_total" in shown
    known = set(client.document["paths"]) | {"unknown", "/docs", "/openapi.json", "/"}
    routes = {line.partition('route="')[2].partition('"')[0] for line in shown.splitlines() if 'route="' in line}
    assert routes <= known


@pytest.mark.parametrize("given", ["abc", "0190-X.y_z", "a" * 64])
def test_a_sensible_request_id_is_taken_over(client: Client, given: str) -> None:
    for answer in (client.get("/healthz", headers={"X-Request-Id": given}), client.get("/nowhere", headers={"X-Request-Id": given})):
        assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a" * 65, "two words", "line\\nbreak", "<script>", "ü"])
def test_another_request_id_is_replaced(client: Client, given: str) -> None:
    ids = [client.get("/healthz", headers={"X-Request-Id": given}).headers["x-request-id"] for _ in range(2)]
    assert ids[0] != ids[1]
    assert all(len(id) == 36 for id in ids)


def test_a_defect_of_ours_is_a_problem_without_its_inside(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(catalogue, "product", broken)
    answer = client.get(f"/v1/products/{ID}", headers={"X-Request-Id": "mine"})
    found = problem(answer, 500, "internal_error")
    client.seen.discard(("get", "/v1/products/{product_id}", 500))
    assert "X-Request-Id" in found["detail"] and answer.headers["x-request-id"] == "mine"
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert client.get("/v1/products").status_code == 200


def test_a_database_that_is_overloaded_is_a_503_that_says_when_to_come_back(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    code = client.sku(stock=1)
    monkeypatch.setattr(client.app.state.database, "_limit", 0)
    for answer in (
        client.post("/v1/orders", {"lines": lines((code, 1))}),
        client.post("/v1/orders", {"lines": lines((code, 1))}, headers={"Idempotency-Key": "busy"}),
        client.get("/v1/stock"),
        client.get("/readyz", token=None),
    ):
        assert int(answer.headers["retry-after"]) > 0
        problem(answer, 503, "overloaded")
    assert client.get("/healthz").status_code == 200
    monkeypatch.undo()
    assert client.post("/v1/orders", {"lines": lines((code, 1))}, headers={"Idempotency-Key": "busy"}).status_code == 201
    assert client.level(code) == {"committed": 1}


def test_two_who_take_the_same_code_at_the_same_time_are_told_apart(client: Client) -> None:
    """Neither sees the other's row before it is committed; the database's own key decides, and the answer is the shop's."""
    import threading
    from concurrent.futures import ThreadPoolExecutor

    start = threading.Barrier(4)

    def take(n: int) -> int:
        start.wait(10)
        return client.post("/v1/locations", {"code": "CONTESTED", "name": f"Stall {n}"}).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == [201, 409, 409, 409]
