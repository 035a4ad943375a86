"""Ten things that a newcomer gets wrong with curl. Each answer says what was wrong and what would be right."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import security
from app.database import Database
from tests.servers import OWNER_TOKEN, Server

MUG = {"code": "MUG-BLUE", "price": {"amount": 1250, "currency": "EUR"}}
RECEIVED = {"sku": "MUG-BLUE", "location": "STUDIO", "quantity": 50, "source": "supplier", "target": "available", "reason": "received"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A shop with fifty mugs."""
    with Server(tmp_path_factory.mktemp("store") / "data") as running:
        with running.client() as client:
            client.post("/v1/products", json={"title": "Mug", "skus": [MUG]}).raise_for_status()
            client.post("/v1/stock/movements", json=RECEIVED).raise_for_status()
        yield running


def curl(server: Server, path: str, body: Any = None, *options: str, token: str = OWNER_TOKEN) -> tuple[int, dict[str, Any]]:
    """The status and the problem that curl shows."""
    command = [
        shutil.which("curl") or "curl",
        "-sS",
        "--noproxy",
        "*",
        "-w",
        "\n%{http_code} %{content_type}",
        f"{server.url}{path}",
        *options,
    ]
    command += ["-H", f"Authorization: Bearer {token}"]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "--data-binary", body if isinstance(body, str) else json.dumps(body)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    answer, _, last = said.rpartition("\n")
    status, kind = last.split(" ", 1)
    assert kind == "application/problem+json"
    return int(status), json.loads(answer)


def product(code: str, price: Any) -> dict[str, Any]:
    return {"title": "Bowl", "skus": [{"code": code, "price": price}]}


def order(**line: Any) -> dict[str, Any]:
    return {"lines": [{"sku": "MUG-BLUE", "quantity": 1} | line]}


MISTAKES: dict[str, tuple[str, Any, int, str, str]] = {
    "wrong currency": ("/v1/products", product("BOWL", {"amount": 900, "currency": "USD"}), 422, "wrong_currency", "Send EUR"),
    "currency in small letters": (
        "/v1/products",
        product("BOWL", {"amount": 900, "currency": "eur"}),
        422,
        "invalid_request",
        "three capital letters, such as EUR (given: 'eur')",
    ),
    "decimal quantity": (
        "/v1/stock/movements",
        RECEIVED | {"quantity": 2.5},
        422,
        "invalid_request",
        "quantity: should be a whole number, such as 3 (given: 2.5)",
    ),
    "unknown SKU": ("/v1/orders", order(sku="MUG-BLEU"), 404, "unknown_sku", "Did you mean 'MUG-BLUE'?"),
    "doubled code": ("/v1/products", product("mug-blue ", MUG["price"]), 409, "code_taken", "Choose another"),
    "quantity 0": ("/v1/orders", order(quantity=0), 422, "invalid_request", "lines.0.quantity: should be 1 or more (given: 0)"),
    "price as text": ("/v1/products", product("BOWL", "12.50"), 422, "invalid_request", '{"amount": 1250, "currency": "EUR"}'),
    "amount as text": (
        "/v1/products",
        product("BOWL", {"amount": "12.50", "currency": "EUR"}),
        422,
        "invalid_request",
        "without quotation marks: 12.50 EUR is 1250",
    ),
    "amount with a point": (
        "/v1/orders",
        order(unit_price={"amount": 12.5, "currency": "EUR"}),
        422,
        "invalid_request",
        "lines.0.unit_price.amount: should be a whole number of the smallest coin",
    ),
    "huge body": ("/v1/products", "@HUGE", 413, "too_large", "send it in parts"),
    "bad cursor": ("/v1/orders?after=2", None, 422, "bad_cursor", "Send what an earlier page gave as `next`"),
    "misspelt field": ("/v1/orders", order(qty=2), 422, "invalid_request", "lines.0.qty: isn't a field here; is it misspelt?"),
    "a comma too many": ("/v1/orders", '{"lines": [],}', 422, "invalid_request", "body: isn't JSON; send JSON"),
    "no body": ("/v1/orders", "", 422, "invalid_request", "body: is missing; send JSON"),
    "an order's own number": ("/v1/orders/WEB-1001", None, 422, "invalid_request", "ids look like"),
    "a day for a moment": ("/v1/orders?updated_since=2026-11-22", None, 422, "invalid_request", "such as 2026-11-22T10:00:00Z"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_with_what_would_be_right(server: Server, tmp_path: Path, mistake: str) -> None:
    path, body, status, code, advice = MISTAKES[mistake]
    if body == "@HUGE":
        (tmp_path / "huge").write_text(json.dumps(product("BOWL", MUG["price"]) | {"title": "x" * 3_000_000}))
        body = f"@{tmp_path / 'huge'}"
    found, problem = curl(server, path, body)
    assert (found, problem["code"]) == (status, code)
    assert advice in problem["detail"]


def test_an_expired_token_is_told_so_and_how_to_make_another(server: Server) -> None:
    database = Database(f"sqlite:///{server.data_dir / 'tallystick.sqlite'}")
    token = security.new_token()
    database.run(security.add_token, "last year's", "write", token, timedelta(microseconds=1))
    database.close()
    status, problem = curl(server, "/v1/orders", token=token)
    assert (status, problem["code"]) == (401, "unauthorized")
    assert problem["detail"] == "This token has expired; `tallystick token create` makes a new one."


def test_a_stale_etag_is_told_to_read_again(server: Server) -> None:
    change = ["-X", "PATCH", "-H"]
    with server.client() as client:
        seen = client.get("/v1/store").headers["etag"]
        client.patch("/v1/store", json={"name": "Somebody else's name"}, headers={"If-Match": seen}).raise_for_status()
    status, problem = curl(server, "/v1/store", {"name": "Mine"}, *change, f"If-Match: {seen}")
    assert (status, problem["code"], problem["version"]) == (412, "stale", 2)
    assert "Read it again" in problem["detail"]
    status, problem = curl(server, "/v1/store", {"name": "Mine"}, "-X", "PATCH")
    assert (status, problem["code"]) == (428, "if_match_required")
    assert "`If-Match`" in problem["detail"]
