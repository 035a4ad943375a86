"""Webhook endpoints over HTTP: made, changed, tried out and sent to, by whoever may; and every message as the contract says it."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app import chance
from app.domain.event_types import EVENT_TYPES
from app.settings import Settings
from tests.api.client import Client, eur, lines, problem, serving
from tests.domain.test_endpoints import strictly
from tests.receiver import Receiver, receiving
from tests.servers import OWNER_TOKEN, free_port, until

PATH = "/v1/webhook-endpoints"
FAR = "https://93.184.215.14/hook"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def inside(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Client]:
    """A new store that may send to this machine."""
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    with serving(Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="error", allow_private_webhooks=True)) as made:
        yield made


def to(client: Client, receiver: Receiver, *types: str, **more: str) -> str:
    made = client.made(PATH, {"url": receiver.url, "types": types, **more})
    receiver.secret = made["secret"]
    return str(made["id"])


def test_the_secret_is_shown_when_it_is_made_and_never_again(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    asked = {"headers": {"Idempotency-Key": "endpoint-1"}}
    made = client.made(PATH, {"url": FAR, "description": "Bookkeeping", "types": ["order.*"]}, **asked)
    assert made["secret"].startswith("whsec_") and len(made["secret"]) == 50
    problem(client.post(PATH, {"url": FAR, "description": "Bookkeeping", "types": ["order.*"]}, **asked), 409, "secret_shown_once")
    rotated = client.made(f"{PATH}/{made['id']}/rotate-secret", {"overlap_hours": 1})
    assert rotated["secret"] != made["secret"]
    assert datetime.fromisoformat(rotated["former_until"]) - datetime.now(UTC) < timedelta(hours=1)
    shown = [client.get(f"{PATH}/{made['id']}").text, client.get(PATH).text, client.get("/v1/events?type=webhook_endpoint.*").text]
    shown += [client.send("PATCH", f"{PATH}/{made['id']}", json={"types": []}, headers={"If-Match": "*"}).text, caplog.text]
    for each in (made["secret"], rotated["secret"]):
        assert not any(each in text or each.removeprefix("whsec_") in text for text in shown)


def test_it_is_changed_by_whoever_has_seen_it_and_deleted_for_good(client: Client) -> None:
    made = client.made(PATH, {"url": FAR, "types": ["order.*"]})
    path = f"{PATH}/{made['id']}"
    first = client.get(path)
    assert (first.headers["etag"], first.json()) == ('"1"', {name: value for name, value in made.items() if name != "secret"})
    changed = client.send("PATCH", path, json={"description": "Till"}, headers={"If-Match": '"1"'})
    assert (changed.headers["etag"], changed.json()["description"], changed.json()["types"]) == ('"2"', "Till", ["order.*"])
    problem(client.send("PATCH", path, json={"description": "Shop"}, headers={"If-Match": '"1"'}), 412, "stale")
    problem(client.send("PATCH", path, json={"description": "Shop"}), 428, "if_match_required")
    problem(client.send("DELETE", path, headers={"If-Match": '"1"'}), 412, "stale")
    assert [client.made(f"{path}/{what}")["status"] for what in ("disable", "disable", "enable")] == ["off", "off", "on"]
    assert client.send("DELETE", path, headers={"If-Match": "*"}).status_code == 204
    assert made["id"] not in [each["id"] for each in client.everything(PATH)]
    for method, there in (("GET", path), ("GET", f"{path}/messages"), ("POST", f"{path}/enable"), ("POST", f"{path}/ping")):
        problem(client.send(method, there), 404, "not_found")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://93.184.215.14/hook", "Needs https"),
        ("https://127.0.0.1/hook", "is no public address"),
        ("https://[::ffff:10.0.0.1]/hook", "is no public address"),
        ("https://2130706433/hook", "2130706433 leads to 127.0.0.1, which is no public address"),
        ("https://inside.example/hook", "inside.example leads to 10.0.0.1, which is no public address"),
        ("https://me:hunter2@hooks.example/hook", "Leave the user and password out"),
        ("hooks.example.org", "isn't an address"),
        ("ftp://hooks.example.org", "isn't an address"),
        ("https://", "isn't an address"),
        ("https://hooks.example:0/", "isn't an address"),
        ("https://[hooks.example/", "isn't an address"),
        (f"https://{'a' * 70}.example/hook", None),
    ],
)
def test_an_address_that_is_none_or_lies_inside_is_refused_and_the_field_named(
    client: Client, monkeypatch: pytest.MonkeyPatch, url: str, says: str | None
) -> None:
    real = socket.getaddrinfo

    def known(host: str, port: Any, *rest: Any, **more: Any) -> Any:
        return real("10.0.0.1" if host == "inside.example" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    answer = client.post(PATH, {"url": url})
    if says is None:
        assert answer.status_code in (201, 422)
        return
    (error,) = problem(answer, 422, "invalid_request")["errors"]
    assert error["field"] == "url" and says in error["message"]
    made = client.made(PATH, {"url": FAR})
    problem(client.send("PATCH", f"{PATH}/{made['id']}", json={"url": url}, headers={"If-Match": "*"}), 422, "invalid_request")
    client.send("DELETE", f"{PATH}/{made['id']}", headers={"If-Match": "*"})


def test_only_an_admin_sees_them_and_what_cannot_be_sent_is_refused(client: Client) -> None:
    token = client.made("/v1/tokens", {"name": "a program", "scope": "write"})["token"]
    for method, path in (("GET", PATH), ("POST", PATH)):
        problem(client.send(method, path, token=token, **({"json": {"url": FAR}} if method == "POST" else {})), 403, "forbidden")
    problem(client.post(PATH, {"url": FAR, "types": ["order.plcaed"]}), 422, "invalid_request")
    problem(client.post(PATH, {"url": FAR, "from": "yesterday"}), 422, "invalid_request")
    problem(client.post(PATH, {"url": FAR, "from": "999999999"}), 410, "cursor_expired")


def test_a_ping_says_at_once_what_the_receiver_says_even_if_it_is_off(inside: Client, receiver: Receiver) -> None:
    found = to(inside, receiver, "order.*")
    receiver.says(200, b"pong")
    asked = {"headers": {"Idempotency-Key": "ping-1"}}
    said = inside.made(f"{PATH}/{found}/ping", **asked)
    assert (said["state"], said["status"], said["answer"], said["event_seq"], said["type"]) == ("delivered", 200, "pong", None, "ping")
    assert said["took_ms"] >= 0
    assert [(id, message["data"]) for id, message in receiver.taken] == [(said["id"], {"endpoint_id": found})]
    assert inside.made(f"{PATH}/{found}/ping", **asked)["id"] == said["id"]
    receiver.stop()
    inside.made(f"{PATH}/{found}/disable")
    said = inside.made(f"{PATH}/{found}/ping")
    assert (said["state"], said["status"], receiver.asked) == ("failed", None, 1)
    assert "can't be reached" in said["error"]
    assert inside.get(f"{PATH}/{found}").json()["status"] == "off"


def test_the_receiver_of_the_docs_takes_what_is_sent(inside: Client, tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", Path("docs/outgoing.md").read_text(), re.DOTALL)
    port = free_port()
    (tmp_path / "receiver.py").write_text(code.replace("9000", str(port)))
    made = inside.made(PATH, {"url": f"http://127.0.0.1:{port}/"})
    command = [sys.executable, str(tmp_path / "receiver.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"SECRET": made["secret"]}, text=True) as running:
        try:
            ping = partial(inside.made, f"{PATH}/{made['id']}/ping")
            until(lambda: ping()["status"] == 204, within_s=20, what="it takes a ping")
            assert running.stdout is not None and running.stdout.readline() == f"ping {{'endpoint_id': '{made['id']}'}}\n"
            rotated = inside.made(f"{PATH}/{made['id']}/rotate-secret", {"overlap_hours": 0})
            assert (rotated["former_until"], ping()["status"]) == (None, 401)
        finally:
            running.kill()


def test_messages_are_listed_with_what_became_of_them_replayed_and_counted(inside: Client, receiver: Receiver) -> None:
    found = to(inside, receiver, "sku.created")
    for _ in range(3):
        inside.sku()
    until(lambda: len(receiver.taken) == 3, within_s=20, what="three SKUs")
    path = f"{PATH}/{found}/messages"
    until(lambda: len(inside.everything(path, state="delivered")) == 3, within_s=20, what="that is noted")
    log = inside.everything(path, limit=2)
    assert [(row["status"], row["attempts"], row["type"]) for row in log] == [(204, 1, "sku.created")] * 3
    again = inside.made(f"{path}/{log[0]['id']}/replay")
    assert (again["id"], again["state"], again["attempts"]) == (log[0]["id"], "waiting", 0)
    assert inside.made(f"{PATH}/{found}/replay", {"since": "2020-01-01T00:00:00Z", "only_failed": False}) == {"replayed": 2}
    until(lambda: len(receiver.taken) == 6, within_s=20, what="all of them once more")
    assert sorted(id for id, _ in receiver.taken[3:]) == sorted(row["id"] for row in log)
    assert inside.made(f"{PATH}/{found}/replay", {"since": "2020-01-01T00:00:00Z"}) == {"replayed": 0}
    problem(inside.post(f"{path}/{chance.new_id()}/replay"), 404, "not_found")
    figures = inside.get("/metrics").text
    assert f'tallystick_webhook_messages{{endpoint="{found}",host="127.0.0.1:{receiver.port}",state="failed"}} 0.0' in figures


def test_every_message_is_as_the_contract_says_it(inside: Client, receiver: Receiver) -> None:
    contract = {
        name: strictly(item["post"]["requestBody"]["content"]["application/json"]["schema"])
        for name, item in inside.document["webhooks"].items()
    }
    assert contract.keys() == EVENT_TYPES.keys() | {"ping"}
    for name, item in inside.document["webhooks"].items():
        for example in item["post"]["requestBody"]["content"]["application/json"]["examples"].values():
            jsonschema.validate(example["value"], contract[name])
    found = to(inside, receiver, **{"from": "oldest"})
    happened = _live(inside)
    inside.made(f"{PATH}/{found}/ping")
    until(lambda: happened <= {said["type"] for _, said in receiver.taken}, within_s=30, what="all of it is told")
    for _, said in receiver.taken:
        jsonschema.validate(said, contract[said["type"]])
    told = {said["data"]["seq"]: said["data"] for _, said in receiver.taken if said["type"] != "ping"}
    feed = {each["seq"]: each for each in inside.get("/v1/events?limit=200").json()["items"]}
    assert told.items() <= feed.items()
    assert "Mina" not in str(receiver.taken), "of a buyer nobody is told"


def _live(client: Client) -> set[str]:
    """A bit of a store's life. Returns the types of events that it has."""
    mug, old = client.sku(stock=20), client.sku()
    ids = {each["code"]: each["id"] for each in client.everything("/v1/skus")}
    client.made("/v1/locations", {"code": "STALL", "name": "Market stall"})
    order = client.made("/v1/orders", {"lines": lines((mug, 2)), "buyer": {"name": "Mina Sample"}})
    client.made(f"/v1/orders/{order['id']}/shipments", {})
    client.made(f"/v1/orders/{client.made('/v1/orders', {'lines': lines((mug, 1))})['id']}/cancel", {})
    held = [client.made("/v1/reservations", {"lines": lines((mug, 1)), "expires_in_s": n})["id"] for n in (600, 600, 1)]
    client.made(f"/v1/reservations/{held[0]}/release")
    client.made("/v1/orders", {"lines": lines((mug, 1)), "reservation_id": held[1]})
    sent = client.made("/v1/stock/transfers", {"source": "STUDIO", "target": "STALL", "lines": lines((mug, 2))})
    client.made(f"/v1/stock/transfers/{sent['id']}/receive", {"lines": lines((mug, 1))})
    client.made(f"/v1/stock/transfers/{sent['id']}/lose", {"lines": lines((mug, 1))})
    client.made("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": mug, "counted": 9}]})
    client.send("PATCH", "/v1/store", json={"name": "Kiln Lane"}, headers={"If-Match": "*"})
    client.send("PATCH", f"/v1/skus/{ids[mug]}", json={"price": eur(1400)}, headers={"If-Match": "*"})
    client.made(f"/v1/tokens/{client.made('/v1/tokens', {'name': 'till'})['id']}/revoke")
    client.made(f"/v1/skus/{ids[old]}/merge", {"into": ids[mug]})
    for rows in (b"code,product,price\nJUG,Jug,12.50\n", b"nothing"):
        client.made("/v1/imports", content=rows, headers={"Content-Type": "text/csv"})
    found = {"order.placed", "order.shipped", "order.cancelled", "reservation.held", "reservation.released", "reservation.used"}
    found |= {"reservation.lapsed", "transfer.sent", "transfer.received", "transfer.lost", "stock.counted", "store.changed"}
    return found | {"sku.created", "sku.changed", "sku.merged", "token.created", "token.revoked", "import.done", "import.failed", "ping"}
