"""What is asked for wrongly is refused with a problem that says which field, what was wrong and what would be right. Never a 5xx."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.client import Client, eur, lines, problem, received

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
MOVE = received("MUG", 1)
HALF, NUL = "\ud83d", "a\x00b"

# What to send, which field is named, and words that say what would be right.
WRONG_BODIES: list[tuple[str, Any, str, str]] = [
    ("/v1/products", {}, "title", "required"),
    ("/v1/products", {"title": ""}, "title", "empty"),
    ("/v1/products", {"title": "Mug", "colour": "blue"}, "colour", "misspelt"),
    ("/v1/products", {"title": NUL}, "title", "leave it out"),
    ("/v1/products", {"title": HALF}, "title", "valid"),
    ("/v1/products", {HALF: 1, "title": "Mug"}, "body", "valid"),
    ("/v1/products", {"title": 7}, "title", "text"),
    ("/v1/products", {"title": "M" * 501}, "title", "500 characters"),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "A", "price": "12.50"}]}, "skus.0.price", "amount"),
    (
        "/v1/products",
        {"title": "Mug", "skus": [{"code": "A", "price": eur(0) | {"amount": "1250"}}]},
        "skus.0.price.amount",
        "whole number",
    ),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "A", "price": eur(0) | {"amount": 12.5}}]}, "skus.0.price.amount", "whole number"),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "A", "price": eur(-1)}]}, "skus.0.price.amount", "0 or more"),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "A", "price": eur(10**30)}]}, "skus.0.price.amount", "or less"),
    (
        "/v1/products",
        {"title": "Mug", "skus": [{"code": "A", "price": eur(1) | {"currency": "EURO"}}]},
        "skus.0.price.currency",
        "such as EUR",
    ),
    (
        "/v1/products",
        {"title": "Mug", "skus": [{"code": "A", "price": eur(1) | {"currency": "XXQ"}}]},
        "skus.0.price.currency",
        "such as EUR",
    ),
    ("/v1/products", {"title": "Mug", "skus": [{"code": " "}]}, "skus.0.code", "empty"),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "ß" * 150}]}, "skus.0.code", "shorter"),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "A", "safety_stock": -1}]}, "skus.0.safety_stock", "0 or more"),
    ("/v1/products", {"title": "Mug", "skus": [{"code": "A", "tracked": "perhaps"}]}, "skus.0.tracked", "true or false"),
    (f"/v1/products/{ID}/skus", {"code": NUL}, "code", "leave it out"),
    ("/v1/locations", {"code": "ß" * 40, "name": "Stall"}, "code", "shorter"),
    ("/v1/locations", {"code": "STALL", "name": None}, "name", "text"),
    ("/v1/stock/movements", MOVE | {"quantity": 0}, "quantity", "1 or more"),
    ("/v1/stock/movements", MOVE | {"quantity": -1}, "quantity", "1 or more"),
    ("/v1/stock/movements", MOVE | {"quantity": 1.5}, "quantity", "whole number"),
    ("/v1/stock/movements", MOVE | {"quantity": "3"}, "quantity", "without quotation marks"),
    ("/v1/stock/movements", MOVE | {"quantity": True}, "quantity", "whole number"),
    ("/v1/stock/movements", MOVE | {"quantity": 10**40}, "quantity", "1000000 or less"),
    ("/v1/stock/movements", MOVE | {"quantity": None}, "quantity", "whole number"),
    ("/v1/stock/movements", MOVE | {"source": "the moon"}, "source", "'supplier'"),
    ("/v1/stock/movements", MOVE | {"occurred_at": "2026-01-01T10:00:00"}, "occurred_at", "time zone"),
    ("/v1/stock/movements", MOVE | {"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at", "2026-11-22T10:00:00Z"),
    ("/v1/stock/movements", MOVE | {"occurred_at": "yesterday"}, "occurred_at", "2026-11-22T10:00:00Z"),
    ("/v1/stock/movements", [MOVE], "body", "object"),
    ("/v1/stock/movements", "MUG", "body", "object"),
    ("/v1/stock/counts", {"location": "STUDIO", "lines": []}, "lines", "1"),
    ("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": "A", "counted": -1}]}, "lines.0.counted", "0 or more"),
    ("/v1/stock/transfers", {"source": "STUDIO", "lines": lines(("A", 1))}, "target", "required"),
    (f"/v1/stock/transfers/{ID}/receive", {"lines": lines(("A", 0))}, "lines.0.quantity", "1 or more"),
    ("/v1/reservations", {"lines": lines(("A", 1)), "expires_in_s": 0}, "expires_in_s", "1 or more"),
    ("/v1/reservations", {"lines": lines(("A", 1)), "expires_in_s": 10**12}, "expires_in_s", "or less"),
    ("/v1/orders", {"lines": lines(*[("A", 1)] * 201)}, "lines", "200"),
    ("/v1/orders", {"lines": lines(("A", 1)), "contact_id": "me"}, "contact_id", "ids look like"),
    ("/v1/orders", {"lines": lines(("A", 1)), "contact_id": ID, "buyer": {}}, "body", "not both"),
    ("/v1/orders", {"lines": lines(("A", 1)), "ship_to": {"country": "England"}}, "ship_to.country", "such as GB"),
    ("/v1/orders", {"lines": lines(("A", 1)), "buyer": {"name": HALF}}, "buyer.name", "valid"),
    (f"/v1/orders/{ID}/cancel", {"lines": [{"line": "first", "quantity": 1}]}, "lines.0.line", "ids look like"),
    (f"/v1/orders/{ID}/shipments", {"tracking_url": "javascript:alert(1)"}, "tracking_url", "https://"),
]


@pytest.mark.parametrize(("path", "body", "field", "hint"), WRONG_BODIES)
def test_a_wrong_field_is_named_with_what_would_be_right(client: Client, path: str, body: Any, field: str, hint: str) -> None:
    # Not through httpx, which refuses to send half of a pair.
    content = json.dumps(body).encode()
    found = problem(client.post(path, content=content, headers={"content-type": "application/json"}), 422, "invalid_request")
    assert field in [each["field"] for each in found["errors"]]
    assert hint in next(each["message"] for each in found["errors"] if each["field"] == field)
    assert hint in found["detail"]


WRONG_ADDRESSES = [
    ("/v1/orders/WEB-1001", "order_id", "ids look like"),
    ("/v1/orders/%00", "order_id", "ids look like"),
    ("/v1/skus/MUG", "sku_id", "ids look like"),
    ("/v1/contacts/0", "contact_id", "ids look like"),
    ("/v1/stock?limit=0", "limit", "1 or more"),
    ("/v1/stock?limit=201", "limit", "200 or less"),
    ("/v1/stock?limit=all", "limit", "whole number"),
    ("/v1/stock?sku=a%00b", "sku", "leave it out"),
    ("/v1/stock?updated_since=2026-01-01T00:00:00", "updated_since", "time zone"),
    ("/v1/stock?updated_since=9999-12-31T23:59:59-14:00", "updated_since", "2026-11-22T10:00:00Z"),
    ("/v1/stock/movements?cause=PO-1", "cause", "ids look like"),
    ("/v1/orders?status=lost", "status", "'open'"),
    ("/v1/skus?code=%00", "code", "leave it out"),
    ("/v1/events?after=-1", "after", "0 or more"),
    ("/v1/events?after=99999999999999999999999", "after", "or less"),
    ("/v1/events?after=first", "after", "whole number"),
]


@pytest.mark.parametrize(("path", "field", "hint"), WRONG_ADDRESSES)
def test_a_wrong_part_of_an_address_is_named_with_what_would_be_right(client: Client, path: str, field: str, hint: str) -> None:
    found = problem(client.get(path), 422, "invalid_request")
    assert [each["field"] for each in found["errors"]] == [field]
    assert hint in found["errors"][0]["message"]


CURSORS = [
    "1",
    "x",
    "%00",
    "é",
    "e30",
    "WzFd",
    "W251bGxd",
    "W10",
    "IiI",
    "W1tdXQ",
    "WyJhIl0",
    "WyIwMTk2NGYwZS03YzNhLTdkMjAtOWQ2Yy0wYTNjNmYxYjJlNGQiLCAieCJd",
]


@pytest.mark.parametrize("path", ["/v1/products", "/v1/skus", "/v1/locations", "/v1/stock", "/v1/stock/movements", "/v1/stock/counts"])
def test_a_cursor_that_no_page_gave_is_refused(client: Client, path: str) -> None:
    for cursor in CURSORS:
        assert "leave it out" in problem(client.get(f"{path}?after={cursor}"), 422, "bad_cursor")["detail"]


@pytest.mark.parametrize("path", ["/v1/stock/transfers", "/v1/reservations", "/v1/orders"])
def test_a_cursor_of_another_list_is_refused(client: Client, path: str) -> None:
    of_stock = "WyIwMTk2NGYwZS03YzNhLTdkMjAtOWQ2Yy0wYTNjNmYxYjJlNGQiLCIwMTk2NGYwZS03YzNhLTdkMjAtOWQ2Yy0wYTNjNmYxYjJlNGQiXQ"
    problem(client.get(f"{path}?after={of_stock}"), 422, "bad_cursor")


def test_a_cursor_behind_the_last_event_says_how_to_begin_anew(client: Client) -> None:
    found = problem(client.get("/v1/events?after=4611686018427387904"), 410, "cursor_expired")
    assert f"after={found['latest']}." in found["detail"] and found["after"] == 4611686018427387904


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half a body"),
        pytest.param(b"not json", id="no json"),
        pytest.param(b"\xff\xfe", id="no utf-8"),
        pytest.param(b'{"title": "\xff"}', id="no utf-8 in a text"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="too deep"),
        pytest.param(b'{"title": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}", id="too deep in a field"),
        pytest.param(b'{"title": ' + b"9" * 10_000 + b"}", id="a number of 10,000 digits"),
        pytest.param(b'{"title": NaN}', id="not a number"),
        pytest.param(b'{"title": 1e999}', id="infinite"),
        pytest.param(b'{"title": "a", "title": 1}', id="a field twice"),
        pytest.param(b"null", id="null"),
        pytest.param(b'{"":{"":{"":""}}}', id="empty names"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(client: Client, content: bytes) -> None:
    found = problem(client.post("/v1/products", content=content, headers={"content-type": "application/json"}), 422, "invalid_request")
    assert found["errors"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png", ""])
def test_a_body_of_another_kind_is_refused_with_the_kind_that_is_right(client: Client, kind: str) -> None:
    answer = client.post("/v1/products", content=b'{"title": "Mug"}', headers={"content-type": kind})
    assert "application/json" in problem(answer, 422, "invalid_request")["detail"]


def chunks(size: int) -> Iterator[bytes]:
    for _ in range(0, size, 65_536):
        yield b" " * 65_536


@pytest.mark.parametrize("path", ["/v1/products", f"/v1/orders/{ID}/cancel", f"/v1/reservations/{ID}/release"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_body_of_more_than_two_megabytes_is_refused(client: Client, path: str, chunked: bool) -> None:
    body = b"".join(chunks(2_100_000))

    async def streamed() -> Any:
        for chunk in chunks(2_100_000):
            yield chunk

    answer = client.post(
        path, content=streamed() if chunked else body, headers={"content-type": "application/json", "idempotency-key": "big"}
    )
    assert "2000000" in problem(answer, 413, "too_large")["detail"]


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/v1/orders"), ("PUT", "/v1/products"), ("PATCH", f"/v1/orders/{ID}"), ("POST", "/healthz")]
)
def test_a_method_that_a_route_does_not_have_is_refused(client: Client, method: str, path: str) -> None:
    answer = client.send(method, path)
    assert answer.headers["allow"]
    assert answer.headers["allow"] in problem(answer, 405, "method_not_allowed")["detail"]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/order", "/v2/orders", "/v1/orders/x/y/z", "/v1/%00", "/%2e%2e/etc/passwd"])
def test_an_address_that_leads_nowhere_is_refused_with_the_way_to_those_that_do(client: Client, path: str) -> None:
    assert "/docs" in problem(client.get(path), 404, "not_found")["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v1/products/{ID}"),
        ("GET", f"/v1/orders/{ID}"),
        ("GET", f"/v1/orders/{ID}/shipments"),
        ("GET", f"/v1/reservations/{ID}"),
        ("GET", f"/v1/contacts/{ID}"),
        ("GET", f"/v1/stock/counts/{ID}"),
        ("GET", f"/v1/stock/transfers/{ID}"),
        ("POST", f"/v1/orders/{ID}/cancel"),
        ("POST", f"/v1/orders/{ID}/shipments"),
        ("POST", f"/v1/reservations/{ID}/release"),
        ("POST", f"/v1/contacts/{ID}/erase"),
        ("POST", f"/v1/stock/transfers/{ID}/receive"),
        ("POST", f"/v1/stock/transfers/{ID}/lose"),
    ],
)
def test_a_record_that_is_not_there_is_named(client: Client, method: str, path: str) -> None:
    assert ID in problem(client.send(method, path), 404, "not_found")["detail"]


def test_an_unknown_sku_or_location_is_named(client: Client) -> None:
    code = client.sku(stock=1)
    problem(client.get(f"/v1/skus/{ID}"), 404, "unknown_sku")
    for path, body in (
        ("/v1/orders", {"lines": lines((code, 1), ("NO-1", 1), ("NO-2", 1))}),
        ("/v1/reservations", {"lines": lines(("NO-1", 1), (code, 1), ("NO-2", 1))}),
    ):
        found = problem(client.post(path, body), 404, "unknown_sku")
        assert found["skus"] == ["NO-1", "NO-2"]
        assert "GET /v1/skus" in found["detail"]
    problem(client.post("/v1/stock/movements", received("NO-1", 1)), 404, "unknown_sku")
    assert problem(client.post("/v1/stock/movements", received(code, 1, "ATTIC")), 404, "unknown_location")["location"] == "ATTIC"
    order = {"lines": lines((code, 1)), "locations": ["STUDIO", "ATTIC"]}
    assert problem(client.post("/v1/orders", order), 404, "unknown_location")["location"] == "ATTIC"
    assert client.level(code) == {"available": 1}


def test_more_than_there_is_is_refused_with_the_figures_and_nothing_of_it_happens(client: Client) -> None:
    code, other = client.sku(stock=2), client.sku(stock=5)
    short = [{"sku": code, "asked": 3, "available": 2}]
    for path in ("/v1/orders", "/v1/reservations"):
        found = problem(client.post(path, {"lines": lines((other, 1), (code, 3))}), 409, "insufficient_stock")
        assert found["short"] == short
        assert found["detail"] == f"{code}: 3 asked for, 2 available"
    client.made("/v1/locations", {"code": f"FOR-{code}", "name": "Stall"})
    transfer = {"source": "STUDIO", "target": f"FOR-{code}", "lines": lines((other, 1), (code, 3))}
    assert problem(client.post("/v1/stock/transfers", transfer), 409, "insufficient_stock")["short"] == short
    broken = received(code, 3) | {"source": "available", "target": "damaged", "reason": "broken"}
    assert problem(client.post("/v1/stock/movements", broken), 409, "insufficient_stock")["short"] == short
    assert (client.level(code), client.level(other)) == ({"available": 2}, {"available": 5})


def test_what_does_not_fit_together_is_refused_with_what_would(client: Client) -> None:
    code, digital = client.sku(stock=2), client.sku(tracked=False)
    dollars = {"amount": 1, "currency": "USD"}
    wrong_currency = [
        ("/v1/orders", {"lines": [lines((code, 1))[0] | {"unit_price": dollars}]}),
        ("/v1/orders", {"lines": lines((code, 1)), "shipping": dollars}),
        ("/v1/products", {"title": "Mug", "skus": [{"code": "D", "price": dollars}]}),
    ]
    for path, body in wrong_currency:
        found = problem(client.post(path, body), 422, "wrong_currency")
        assert (found["given"], found["expected"]) == ("USD", "EUR")
        assert "Send EUR" in found["detail"]
    misfits = [
        ("/v1/orders", {"lines": lines((code, 1)), "total": eur(5)}, "total"),
        ("/v1/orders", {"lines": lines((client.sku(price=None), 1))}, "lines.0.unit_price"),
        ("/v1/stock/transfers", {"source": "STUDIO", "target": "studio", "lines": lines((code, 1))}, "target"),
        ("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": code, "counted": 1}, {"sku": code.lower(), "counted": 1}]}, "lines"),
        ("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": digital, "counted": 1}]}, "lines"),
        (
            "/v1/stock/counts",
            {"location": "STUDIO", "counted_at": "2999-01-01T00:00:00Z", "lines": [{"sku": code, "counted": 1}]},
            "counted_at",
        ),
        ("/v1/stock/movements", received(digital, 1), "sku"),
        ("/v1/stock/movements", received(code, 1) | {"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        ("/v1/reservations", {"lines": lines((digital, 1))}, "lines"),
    ]
    for path, body, field in misfits:
        found = problem(client.post(path, body), 422, "invalid_request")
        assert [each["field"] for each in found["errors"]] == [field], found
    assert client.level(code) == {"available": 2}


def test_a_code_that_is_taken_is_refused_however_it_is_spelt(client: Client) -> None:
    code = client.sku()
    product = client.made("/v1/products", {"title": "Another"})
    for spelling in (code, code.lower(), f" {code} "):
        assert problem(client.post("/v1/products", {"title": "Mug", "skus": [{"code": spelling}]}), 409, "code_taken")["taken"]
        problem(client.post(f"/v1/products/{product['id']}/skus", {"code": spelling}), 409, "code_taken")
    problem(client.post("/v1/products", {"title": "Mug", "skus": [{"code": "twice-1"}, {"code": "TWICE-1"}]}), 409, "code_taken")
    problem(client.post("/v1/locations", {"code": "studio", "name": "Another"}), 409, "code_taken")
    assert client.get("/v1/skus", params={"code": "twice-1"}).json()["items"] == []


def test_a_move_that_is_not_a_persons_to_make_is_refused_with_the_right_door(client: Client) -> None:
    code = client.sku(stock=2)
    for source, target, hint in (
        ("available", "committed", "POST /v1/orders"),
        ("available", "reserved", "POST /v1/reservations"),
        ("available", "transit", "POST /v1/stock/transfers"),
        ("supplier", "customer", "no such move"),
        ("available", "available", "no such move"),
    ):
        found = problem(client.post("/v1/stock/movements", received(code, 1) | {"source": source, "target": target}), 409, "forbidden_move")
        assert hint in found["detail"]
    assert client.level(code) == {"available": 2}


def test_what_is_over_cannot_be_done_again(client: Client) -> None:
    code = client.sku(stock=4)
    order = client.made("/v1/orders", {"lines": lines((code, 1))})
    line = order["lines"][0]["id"]
    two = {"lines": [{"line": line, "quantity": 2}]}
    for action in ("cancel", "shipments"):
        assert problem(client.post(f"/v1/orders/{order['id']}/{action}", two), 409, "wrong_state")["left"] == 1
        problem(client.post(f"/v1/orders/{order['id']}/{action}", {"lines": [{"line": ID, "quantity": 1}]}), 404, "not_found")
    client.made(f"/v1/orders/{order['id']}/shipments")
    for action in ("cancel", "shipments"):
        problem(client.post(f"/v1/orders/{order['id']}/{action}"), 409, "wrong_state")
    hold = client.made("/v1/reservations", {"lines": lines((code, 1))})
    client.made(f"/v1/reservations/{hold['id']}/release")
    assert problem(client.post(f"/v1/reservations/{hold['id']}/release"), 409, "wrong_state")["status"] == 409
    used = client.made("/v1/reservations", {"lines": lines((code, 1))})
    draft = {"lines": lines((code, 1)), "reservation_id": used["id"]}
    client.made("/v1/orders", draft)
    problem(client.post("/v1/orders", draft), 409, "wrong_state")
    problem(client.post("/v1/orders", {"lines": lines((code, 1)), "reservation_id": ID}), 404, "not_found")
    problem(client.post("/v1/orders", {"lines": lines((code, 1)), "contact_id": ID}), 404, "not_found")


def test_the_largest_order_that_can_be_written_down_is_either_taken_or_refused(client: Client) -> None:
    code = client.sku(tracked=False)
    most = client.document["components"]["schemas"]["Price"]["properties"]["amount"]["maximum"]
    line = {"sku": code, "quantity": 1_000_000, "unit_price": eur(most)}
    order = client.made("/v1/orders", {"lines": [line] * 200})
    assert order["total"]["amount"] == 200 * 1_000_000 * most
    assert client.get(f"/v1/orders/{order['id']}").json() == order
