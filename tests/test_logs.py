"""What stands in the log, and what never does: no token and nothing of a buyer, whatever goes wrong."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.api.client import lines, problem, received
from tests.servers import OWNER_TOKEN, Postgres, Server

BUYER = {"name": "Ada Lovelace-Buyer", "company": "Kiln Brothers", "email": "ada.buyer@example.org", "phone": "+44 1782 555123"}
ADDRESS = {"name": "Ada Lovelace-Buyer", "line1": "17 Secret Lane", "line2": "Back door", "city": "Burslem", "postal_code": "ST6 3QJ"}
WRONG_TOKEN = "tally_0000000000000000000000000000000000000000000"
ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"

BREAKING = """
import sys
from sqlalchemy import insert
from app.domain import catalogue, contacts

def broken(session, product_id):
    token, buyer = "{token}", "{name}"
    raise RuntimeError("broken on purpose\\n" + token + buyer)

def half_a_row(session, fields, *, buyer_id=None):
    if fields["company"] == "{company}":
        session.execute(insert(contacts.contacts), dict(fields, id="{id}", created_at=None))
    return whole_row(session, fields, buyer_id=buyer_id)

catalogue.product = broken
whole_row, contacts.add = contacts.add, half_a_row
sys.argv = ["tallystick", "serve"]
from app.cli import app
app()
""".format(token=OWNER_TOKEN, name=BUYER["name"], company="Breaks & Co", id=ID)


class Logged(NamedTuple):
    form: str
    text: str
    answers: dict[str, httpx.Response]


@pytest.fixture(scope="module", params=[("console", "sqlite"), ("json", "postgresql")], ids=lambda each: each[0])
def logged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    """All that a server has written while much went right and more went wrong."""
    form, kind = request.param
    folder: Path = tmp_path_factory.mktemp("logged")
    postgres: Postgres | None = request.getfixturevalue("postgres") if kind == "postgresql" else None
    url = postgres.url_for_new_database() if postgres else None
    server = Server(folder / "data", database_url=url, command=("-c", BREAKING), log_format=form, log_level="debug")
    with server, server.client() as client:
        answers = traffic(client, server.port)
    yield Logged(form, server.log.read_text(), answers)
    if postgres and url:
        postgres.drop(url)


def traffic(client: httpx.Client, port: int) -> dict[str, httpx.Response]:
    """Orders of a buyer whom nobody else has to know of, and every kind of failure. Returns the answers that tests look at."""
    client.post("/v1/products", json={"title": "Mug", "skus": [{"code": "MUG-BLUE", "price": {"amount": 1, "currency": "EUR"}}]})
    client.post("/v1/stock/movements", json=received("MUG-BLUE", 5))
    order: dict[str, Any] = {"lines": lines(("MUG-BLUE", 1)), "buyer": BUYER, "ship_to": ADDRESS}
    placed = client.post("/v1/orders", json=order, headers={"Idempotency-Key": BUYER["email"], "X-Request-Id": "placed-1"})
    assert placed.status_code == 201, placed.text
    contact = placed.json()["contact_id"]
    found = {
        "read": client.get(f"/v1/orders/{placed.json()['id']}", headers={"X-Request-Id": "read-1"}),
        "contact": client.get(f"/v1/contacts/{contact}"),
        "short": client.post("/v1/orders", json=order | {"lines": lines(("MUG-BLUE", 50))}),
        "key": client.post("/v1/orders", json=order | {"reference": "x"}, headers={"Idempotency-Key": BUYER["email"]}),
        "wrong field": client.post("/v1/orders", json=order | {"buyer": {"name": [BUYER["name"]], "mail": BUYER["email"]}}),
        "half of a pair": client.post("/v1/orders", content=json.dumps(order | {"reference": BUYER["name"] + "\ud83d"})),
        "no json": client.post("/v1/orders", content=json.dumps(order)[:-1], headers={"Content-Type": "application/json"}),
        "too much": client.post("/v1/orders", content=BUYER["name"] * 200_000),
        "nowhere": client.get(f"/v1/buyers/{BUYER['email']}?token={OWNER_TOKEN}"),
        "not an id": client.get(f"/v1/contacts/{BUYER['email']}"),
        "a method": client.request("DELETE", f"/v1/orders?token={OWNER_TOKEN}"),
        "wrong token": client.get("/v1/orders", headers={"Authorization": f"Bearer {WRONG_TOKEN}"}),
        "no token": client.get("/v1/orders", headers={"Authorization": f"Basic {WRONG_TOKEN}"}),
        "odd id": client.get("/healthz", headers={"X-Request-Id": f"id of {BUYER['name']}"}),
        "defect": client.get(f"/v1/products/{ID}", headers={"X-Request-Id": "defect-1"}),
        "defect of a row": client.post(
            "/v1/orders", json=order | {"buyer": BUYER | {"company": "Breaks & Co"}}, headers={"X-Request-Id": "defect-2"}
        ),
        "erased": client.post(f"/v1/contacts/{contact}/erase"),
    }
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(f"NONSENSE {BUYER['name']}\r\nAuthorization: Bearer {OWNER_TOKEN}\r\n\r\n".encode())
        raw.recv(1000)
    return found


def test_what_went_wrong_was_answered_as_such(logged: Logged) -> None:
    statuses = {name: answer.status_code for name, answer in logged.answers.items()}
    assert statuses == {
        **dict.fromkeys(("read", "contact", "odd id", "erased"), 200),
        **dict.fromkeys(("key", "wrong field", "half of a pair", "no json", "not an id"), 422),
        **dict.fromkeys(("wrong token", "no token"), 401),
        **dict.fromkeys(("defect", "defect of a row"), 500),
        "short": 409,
        "too much": 413,
        "nowhere": 404,
        "a method": 405,
    }


def test_no_token_stands_in_the_log(logged: Logged) -> None:
    for secret in (OWNER_TOKEN, WRONG_TOKEN, "Authorization", "authorization", "Bearer"):
        assert secret not in logged.text


def test_nothing_of_a_buyer_stands_in_the_log(logged: Logged) -> None:
    for value in {*BUYER.values(), *ADDRESS.values(), "Breaks & Co", "Lovelace", "@example"}:
        assert value not in logged.text


def test_a_defect_is_logged_with_its_place_once_and_answered_without(logged: Logged) -> None:
    for name, request_id in (("defect", "defect-1"), ("defect of a row", "defect-2")):
        answer = logged.answers[name]
        problem(answer, 500, "internal_error")
        assert answer.headers["x-request-id"] == request_id
        assert "Traceback" not in answer.text and "broken" not in answer.text and "sql" not in answer.text.lower()
    assert logged.text.count("RuntimeError: broken on purpose") == 1
    assert logged.text.count("unexpected error") == 2
    assert logged.text.count("sqlalchemy.exc.IntegrityError: ") == 1
    assert "in broken" in logged.text and "app/api/products.py" in logged.text


def test_every_request_has_a_line_with_its_id_and_the_template_of_its_route(logged: Logged) -> None:
    def one(request_id: str, event: str = "request") -> dict[str, Any]:
        (found,) = [line for line in entries(logged) if line.get("request_id") == request_id and line["event"] == event]
        return found

    expected = {"placed-1": ("POST", "/v1/orders", 201), "read-1": ("GET", "/v1/orders/{order_id}", 200)}
    expected |= {"defect-1": ("GET", "/v1/products/{product_id}", 500), "defect-2": ("POST", "/v1/orders", 500)}
    for request_id, (method, route, status) in expected.items():
        line = one(request_id)
        assert (line["method"], line["route"], str(line["status"])) == (method, route, str(status))
        assert float(line["ms"]) > 0
    assert one("defect-1", "unexpected error")["route"] == "/v1/products/{product_id}"
    for name in ("nowhere", "short", "a method", "odd id"):
        line = one(logged.answers[name].headers["x-request-id"])
        assert str(line["status"]) == str(logged.answers[name].status_code)
    assert one(logged.answers["nowhere"].headers["x-request-id"])["route"] == "unknown"
    assert one(logged.answers["a method"].headers["x-request-id"])["route"] == "/v1/orders"


def entries(logged: Logged) -> list[dict[str, Any]]:
    """The log's lines as fields, however they are written."""
    if logged.form == "json":
        return [json.loads(line) for line in logged.text.splitlines() if line.startswith("{")]
    shapes = (re.fullmatch(r"(\S+) \[(\w+) *\] (.+?) {2,}(.*)", line) for line in logged.text.splitlines())
    return [{"at": line[1], "level": line[2], "event": line[3]} | dict(re.findall(r"(\w+)=(\S+)", line[4])) for line in shapes if line]


def test_every_line_of_the_log_has_a_time_and_a_level(logged: Logged) -> None:
    found = entries(logged)
    assert len(found) > 20
    for line in found:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line["at"])
        assert line["level"] in ("debug", "info", "warning", "error")
    if logged.form == "json":  # no line of any library has got out in another shape
        others = [line for line in logged.text.splitlines() if not line.startswith("{")]
        assert len(others) == 3, others  # what serve says to whoever started it
