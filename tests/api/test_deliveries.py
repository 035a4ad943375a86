"""What came in, over HTTP: its state for everybody, what it holds for an admin, and a second look."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import chance
from app.database import Database, Session
from app.domain import channels, deliveries
from app.domain.causes import Cause
from tests.api.bazaar import address, came_in, connected, message, signed
from tests.api.client import Client, problem
from tests.api.test_access import token

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
CAUSE = Cause("test")


@pytest.fixture
def came(client: Client) -> tuple[dict[str, Any], list[str]]:
    """A channel and its four deliveries, oldest first: waiting, done, ignored and parked."""
    shop, database = connected(client), client.app.state.database
    for topic in ("orders/create", "orders/paid", "shop/update", "orders/create"):
        client.send("POST", address(shop), token=None, **signed(message(buyer="Ada Lovelace"), topic=topic))
    ids = [each["id"] for each in reversed(came_in(client, shop))]
    database.run(deliveries.done, [ids[1]])
    database.run(deliveries.done, [ids[2]], used=False)
    database.run(deliveries.park, ids[3], "It makes no sense.")
    return shop, ids


def test_deliveries_are_listed_newest_first_by_channel_state_and_topic(client: Client, came: tuple[Any, list[str]]) -> None:
    shop, ids = came
    assert [each["id"] for each in client.everything("/v1/deliveries", channel=shop["id"], limit=1)] == ids[::-1]
    states = ("waiting", "done", "ignored", "parked")
    assert [client.everything("/v1/deliveries", channel=shop["id"], state=state)[0]["id"] for state in states] == ids
    assert [each["id"] for each in client.everything("/v1/deliveries", channel=shop["id"], topic="orders/create")] == [ids[3], ids[0]]
    parked = client.get(f"/v1/deliveries/{ids[3]}").json()
    assert (parked["error"], parked["attempts"], parked["handled_at"] is not None) == ("It makes no sense.", 1, True)


def test_what_a_delivery_holds_is_shown_to_an_admin_and_in_no_list(client: Client, came: tuple[Any, list[str]]) -> None:
    shop, ids = came
    reader, writer = token(client, "read"), token(client, "write")
    for path in ("/v1/deliveries", f"/v1/deliveries/{ids[0]}"):
        answer = client.get(path, params={"channel": shop["id"]} if path.endswith("s") else {}, token=reader)
        assert answer.status_code == 200 and "Ada" not in answer.text and "sealed" not in answer.text
    for scope in (reader, writer):
        problem(client.get(f"/v1/deliveries/{ids[0]}/content", token=scope), 403, "forbidden")
    content = client.get(f"/v1/deliveries/{ids[0]}/content").json()
    assert (content["method"], "Ada Lovelace" in content["body"], content["headers"]["x-bazaar-topic"]) == ("POST", True, "orders/create")


def test_what_is_no_text_is_shown_as_far_as_it_is(client: Client) -> None:
    shop = connected(client)
    client.send("POST", address(shop), token=None, **signed(b"\xff\x00 text"))
    (kept,) = came_in(client, shop)
    assert client.get(f"/v1/deliveries/{kept['id']}/content").json()["body"] == "\ufffd\x00 text"


def test_without_its_key_a_delivery_stays_closed(client: Client, came: tuple[Any, list[str]]) -> None:
    path = client.app.state.vault.path
    kept = path.read_text()
    path.write_text("A" * 43 + "=\n")
    try:
        problem(client.get(f"/v1/deliveries/{came[1][0]}/content"), 409, "vault_closed")
        assert client.get(f"/v1/deliveries/{came[1][0]}").status_code == 200
    finally:
        path.write_text(kept)


def test_a_replayed_delivery_waits_again_and_says_who_wanted_it(client: Client, came: tuple[Any, list[str]]) -> None:
    shop, ids = came
    for number, was in ((1, "done"), (2, "ignored"), (3, "parked")):
        again = client.made(f"/v1/deliveries/{ids[number]}/replay")
        assert (again["state"], again["attempts"], again["error"], again["handled_at"]) == ("waiting", 0, None, None)
        event = client.get("/v1/events", params={"type": "delivery.replayed", "limit": 200}).json()["items"][-1]
        expected = {"channel_id": shop["id"], "topic": again["topic"], "was": was}
        assert (event["subject"], event["data"], event["actor"]) == (ids[number], expected, "token:owner")
    before = client.get(f"/v1/deliveries/{ids[0]}").json()
    assert client.made(f"/v1/deliveries/{ids[0]}/replay") == before  # it waits anyway
    problem(client.post(f"/v1/deliveries/{ID}/replay"), 404, "not_found")
    problem(client.get(f"/v1/deliveries/{ID}"), 404, "not_found")
    problem(client.get(f"/v1/deliveries/{ID}/content"), 404, "not_found")


def test_a_channel_that_is_over_looks_at_nothing_again(client: Client, came: tuple[Any, list[str]]) -> None:
    shop, ids = came
    client.made(f"/v1/channels/{shop['id']}/disconnect")
    problem(client.post(f"/v1/deliveries/{ids[1]}/replay"), 409, "wrong_state")
    assert client.get(f"/v1/deliveries/{ids[1]}").json()["state"] == "done"


# The noun itself


@pytest.fixture
def channel_id(database: Database) -> str:
    facts: dict[str, Any] = {"id": chance.new_id(), "kind": "bazaar", "name": "B", "settings": {}, "credentials": "", "cause": CAUSE}
    made: dict[str, Any] = database.run(channels.connect, location_codes=["STUDIO"], **facts)
    return str(made["id"])


def kept(session: Session, channel_id: str, identity: str, **facts: Any) -> bool:
    row = {"topic": "t", "sealed": "s", "size": 1, "received_at": chance.now()} | facts
    return deliveries.keep(session, channel_id, identity, **row)


def test_a_lane_is_given_what_is_due_first_and_what_was_put_off_later(database: Database, channel_id: str) -> None:
    now = chance.now()
    for number in range(4):
        assert database.run(kept, channel_id, f"d-{number}", received_at=now + timedelta(seconds=number))
    due = lambda seconds, limit=10: [  # noqa: E731
        each["identity"] for each in database.look(deliveries.waiting, channel_id, now + timedelta(seconds=seconds), limit)
    ]
    assert (due(-1), due(0), due(9), due(9, 2)) == ([], ["d-0"], ["d-0", "d-1", "d-2", "d-3"], ["d-0", "d-1"])
    first, second, *_ = (each["id"] for each in database.look(deliveries.waiting, channel_id, now + timedelta(seconds=9), 10))
    database.run(deliveries.put_off, [first], "later", now + timedelta(seconds=5))
    database.run(deliveries.park, second, "never")
    assert due(9) == ["d-2", "d-3", "d-0"]
    assert database.look(deliveries.next_due, channel_id) == now + timedelta(seconds=2)
    database.run(deliveries.done, [each["id"] for each in database.look(deliveries.waiting, channel_id, now + timedelta(seconds=9), 10)])
    assert (due(99), database.look(deliveries.next_due, channel_id)) == ([], None)


def test_what_has_had_its_time_is_dropped_whatever_became_of_it(database: Database, channel_id: str) -> None:
    now = chance.now()
    for number, days in enumerate((40, 40, 31, 29, 0)):
        database.run(kept, channel_id, f"d-{number}", received_at=now - timedelta(days=days))
    oldest = [each["id"] for each in database.look(deliveries.waiting, channel_id, now, 1)]
    database.run(deliveries.done, oldest)
    dropped = [database.run(deliveries.forget_old, now - timedelta(days=30), 2) for _ in range(3)]
    assert dropped == [2, 1, 0]
    left = select(deliveries.deliveries.c.identity).order_by(deliveries.deliveries.c.identity)
    assert database.look(lambda session: list(session.execute(left).scalars())) == ["d-3", "d-4"]


def test_many_who_bring_the_same_message_at_once_leave_one(database: Database, channel_id: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda n: database.run(kept, channel_id, f"d-{n % 2}"), range(40)))
    assert new.count(True) == 2
    rows = database.look(deliveries.page, None, 10, channel_id=channel_id)
    assert [each["repeats"] for each in rows] == [19, 19]
