"""Numbers explained over HTTP, as JSON and as text; what could be sold twice; and messages that are looked at once more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from app import chance
from app.database import Database, Session
from app.domain import counters, deliveries, entries, exceptions
from app.domain.causes import Cause
from tests.api.bazaar import address, came_in, connected, message, signed
from tests.api.client import Client, problem
from tests.api.test_access import token
from tests.api.test_channels import live, on_sale

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
CAUSE = Cause("test")
PERSON = {"name": "Wilhelmina Quarrington", "email": "wilhelmina@example.org"}


def changes(session: Session, counter_id: str, *units: int) -> None:
    """A counter that sold and was written, as orders and changes would do it."""
    for number in units:
        sku_id = counters.by_id(session, counter_id)["sku_id"]
        (counter,) = [each for each in counters.of_skus(session, [sku_id]) if each.id == counter_id]
        kind = "reading" if not counter.known else "order"
        entries.change(session, counter, kind, None, cause=CAUSE, shown=counter.shown + number, known=True)
        counters.changed(session, counter)


@pytest.fixture
def counter(client: Client) -> dict[str, Any]:
    """A number that was read as 8 and sold 2 and 1 since."""
    code = client.sku(stock=9)
    shop = live(client, name="Bowls & more")
    listing_id, counter_id = client.app.state.database.run(on_sale, shop["id"], "A mug")
    client.send("PATCH", f"/v1/listings/{listing_id}", json={"components": [{"sku": code, "quantity": 1}]})
    client.app.state.database.run(changes, counter_id, 8, -2, -1)
    return {"id": counter_id, "sku": code, "channel": shop["id"]}


def test_a_counter_is_explained_as_json_and_as_text(client: Client, counter: dict[str, Any]) -> None:
    path = f"/v1/counters/{counter['id']}/explain"
    found = client.get(path, token=token(client, "read")).json()
    assert (found["shown"], found["makes"], found["agrees"], found["start"]["shown"], found["start"]["read"]) == (5, 5, True, 8, True)
    assert found["sums"] == [{"what": "order", "entries": 2, "change": -3}]
    assert [(each["number"], each["change"], each["shown"], each["actor"]) for each in found["entries"]] == [
        (1, 8, 8, "test"), (2, -2, 6, "test"), (3, -1, 5, "test")]  # fmt: skip
    assert (found["sku"], found["channel"], found["older"], found["write"], found["exceptions"]) == (
        counter["sku"], "Bowls & more", None, None, [])  # fmt: skip
    page = client.get(path, params={"limit": 2}).json()
    assert ([each["number"] for each in page["entries"]], page["older"]) == ([2, 3], 2)
    assert [each["number"] for each in client.get(path, params={"before": page["older"]}).json()["entries"]] == [1]
    text = client.get(path, headers={"Accept": "text/plain"})
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text == client.get(path, params={"format": "text"}).text
    assert text.text.startswith("A mug on Bowls & more") and "8 (read" in text.text and "-3 (orders, 2) = 5" in text.text
    assert client.get(path, params={"format": "json"}, headers={"Accept": "text/plain"}).json() == client.get(path).json()
    problem(client.get(f"/v1/counters/{ID}/explain"), 404, "not_found")
    problem(client.get(path, params={"before": 0}), 422, "invalid_request")


def test_stock_is_explained_as_json_and_as_text(client: Client, counter: dict[str, Any]) -> None:
    order = client.made("/v1/orders", {"reference": f"WEB-{counter['sku']}", "lines": [{"sku": counter["sku"], "quantity": 2}]})
    found = client.get("/v1/stock/explain", params={"sku": counter["sku"].lower()}).json()
    (level,) = found["levels"]
    assert {state["state"]: state["units"] for state in level["states"]} == {"available": 2, "allotted": 5, "committed": 2}
    assert found["agrees"] and all(state["units"] == state["makes"] for state in level["states"])
    assert [(each["order_id"], each["quantity"]) for each in found["commitments"]] == [(order["id"], 2)]
    assert found["entries"][-1]["cause"] == f"order {order['reference']}"
    text = client.get("/v1/stock/explain", params={"sku": counter["sku"], "location": "studio", "format": "text"}).text
    assert f"promised to order {order['reference']}" in text
    problem(client.get("/v1/stock/explain", params={"sku": "NOBODYS"}), 404, "unknown_sku")
    problem(client.get("/v1/stock/explain", params={"sku": counter["sku"], "location": "NOWHERE"}), 404, "unknown_location")
    problem(client.get("/v1/stock/explain"), 422, "invalid_request")


def test_an_orders_history_says_nothing_about_its_buyer(client: Client) -> None:
    code = client.sku(stock=5)
    draft = {
        "lines": [{"sku": code, "quantity": 3}],
        "buyer": PERSON,
        "ship_to": PERSON | {"line1": "17 Foxglove Row", "city": "Wetherby", "country": "GB"},
    }
    order = client.made("/v1/orders", draft)
    client.made(f"/v1/orders/{order['id']}/shipments", {"lines": [{"line": order["lines"][0]["id"], "quantity": 1}], "carrier": "DHL"})
    client.made(f"/v1/orders/{order['id']}/cancel", {"reason": "Moved to Foxglove Row"})
    answer = client.get(f"/v1/orders/{order['id']}/history")
    found = answer.json()
    # Within a transaction as the clock had it.
    assert {(item["kind"], item["said"]) for item in found["items"][:2]} == {
        ("recording", f"Placed: 3 × {code}"),
        ("movement", f"3 × {code} at STUDIO: available → committed (ordered)"),
    }
    assert {(item["kind"], item["said"]) for item in found["items"][2:]} == {
        ("movement", f"1 × {code} at STUDIO: committed → customer (shipped)"),
        ("shipment", f"Sent: 1 × {code} by DHL"),
        ("recording", f"Cancelled: 2 × {code}"),
        ("movement", f"2 × {code} at STUDIO: committed → available (cancelled)"),
    }
    assert (found["complete"], found["channel"], found["status"]) == (True, None, "shipped")
    text = client.get(f"/v1/orders/{order['id']}/history", headers={"Accept": "text/plain"}).text
    for said in ("Wilhelmina", "Foxglove", "wilhelmina", order["contact_id"]):
        assert said not in answer.text and said not in text
    problem(client.get(f"/v1/orders/{ID}/history"), 404, "not_found")


def test_what_could_be_sold_twice_is_paged_and_a_cursor_of_another_list_is_refused(client: Client, counter: dict[str, Any]) -> None:
    database: Database = client.app.state.database
    assert client.get("/v1/exposure", params={"channel": counter["channel"]}).json() == {
        "units": 0, "counters": 0, "unlimited": 0, "causes": [], "items": [], "next": None}  # fmt: skip
    for title, units in (("Few", 2), ("Many", 7)):
        _, other = database.run(on_sale, counter["channel"], title)
        sku = counters.counters.select().where(counters.counters.c.id == counter["id"])
        sku_id = database.look(lambda session, query=sku: session.execute(query).one().sku_id)
        forged = {"sku_id": sku_id, "shown": units, "known": True, "state": "active", "excess_cause": "hand_edit"}
        database.run(lambda session, id=other, new=forged: session.change(counters.counters, new, id=id))
    first = client.get("/v1/exposure", params={"channel": counter["channel"], "limit": 1}).json()
    assert (first["units"], first["counters"], [item["title"] for item in first["items"]]) == (9, 2, ["Many"])
    said = "Somebody changed the number on the channel by hand."
    assert first["causes"] == [{"cause": "hand_edit", "units": 9, "counters": 2, "said": said}]
    second = client.get("/v1/exposure", params={"channel": counter["channel"], "limit": 1, "after": first["next"]}).json()
    assert ([(item["title"], item["units"]) for item in second["items"]], second["next"]) == ([("Few", 2)], None)
    for wrong in ("x", client.get("/v1/orders", params={"limit": 1}).json()["next"] or "W10"):
        problem(client.get("/v1/exposure", params={"after": wrong}), 422, "bad_cursor")


# Messages


def came(session: Session, channel_id: str, days_ago: float, state: str, times: int, topic: str = "orders/create") -> None:
    at = chance.now() - timedelta(days=days_ago)
    ids = [chance.first_id(at)[:23] + chance.new_id()[23:] for _ in range(times)]
    row = {"channel_id": channel_id, "topic": topic, "sealed": "", "size": 1, "state": state, "attempts": 1, "repeats": 0}
    row |= {"due_at": at, "received_at": at, "error": "It makes no sense.", "handled_at": at}
    session.execute(insert(deliveries.deliveries), [row | {"id": id, "identity": id} for id in ids])


def states(client: Client, channel: dict[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in client.everything("/v1/deliveries", channel=channel["id"], limit=200):
        found[each["state"]] = found.get(each["state"], 0) + 1
    return found


def test_parked_messages_of_a_channel_are_looked_at_again_from_a_moment_on_in_chunks(client: Client) -> None:
    shop, database = connected(client), client.app.state.database
    for days, state, times in ((3, "parked", 2), (1, "parked", 501), (1, "done", 3)):
        database.run(came, shop["id"], days, state, times)
    told = {"severity": "warning", "title": "-", "advice": "-", "channel_id": shop["id"], "cause": CAUSE}
    for topic in ("orders/create", "orders/paid"):
        database.run(exceptions.raise_, "delivery_parked", f"{shop['id']}:{topic}", **told)
    database.run(came, shop["id"], 3, "parked", 1, "orders/paid")
    path, since = f"/v1/channels/{shop['id']}/replay-deliveries", chance.now() - timedelta(days=2)
    assert client.made(path, {"since": since.isoformat()}) == {"replayed": 501}
    assert states(client, shop) == {"waiting": 501, "parked": 3, "done": 3}
    assert client.made(path, {"since": since.isoformat()}) == {"replayed": 0}
    still = client.everything("/v1/exceptions", channel=shop["id"], open=True, cause="delivery_parked")
    assert len(still) == 2, "older ones are parked yet"
    everything = {"since": (since - timedelta(days=9)).isoformat(), "parked_only": False}
    assert client.made(path, everything) == {"replayed": 6}
    assert states(client, shop) == {"waiting": 507}
    assert client.everything("/v1/exceptions", channel=shop["id"], open=True, cause="delivery_parked") == []
    events = client.get("/v1/events", params={"type": "channel.replayed", "limit": 200}).json()["items"]
    assert [each["data"]["deliveries"] for each in events if each["subject"] == shop["id"]] == [500, 1, 6]


def test_messages_of_a_channel_that_is_over_or_not_there_are_not_looked_at(client: Client) -> None:
    shop = connected(client)
    client.send("POST", address(shop), token=None, **signed(message()))
    client.made(f"/v1/channels/{shop['id']}/disconnect", {"shown": "gone"})
    body = {"since": "2026-01-01T00:00:00Z", "parked_only": False}
    problem(client.post(f"/v1/channels/{shop['id']}/replay-deliveries", body), 409, "wrong_state")
    problem(client.post(f"/v1/channels/{ID}/replay-deliveries", body), 404, "not_found")
    problem(client.post(f"/v1/channels/{shop['id']}/replay-deliveries", body | {"parked_only": 0}), 422, "invalid_request")
    reader = token(client, "read")
    problem(client.post(f"/v1/channels/{shop['id']}/replay-deliveries", body, token=reader), 403, "forbidden")
    assert len(came_in(client, shop)) == 1
