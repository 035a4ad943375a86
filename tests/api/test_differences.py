"""Differences over HTTP: a look that somebody asks for, what it found, and the answer to it."""

from __future__ import annotations

from typing import Any

from tests.api.client import Client, problem
from tests.api.test_access import token
from tests.api.test_going_live import ID, connect, opened, ready
from tests.servers import until


def live(client: Client, **fields: Any) -> tuple[str, Any, str]:
    """A shop that sells ten of a SKU: (channel id, shop, code)."""
    name, shop = opened()
    code = client.sku(stock=10)
    shop.offer("a", code, 0)
    channel_id = connect(client, name, **fields)
    until(lambda: ready(client, channel_id), within_s=20, what="everything is known of it")
    client.made(f"/v1/channels/{channel_id}/start", {"accept": []})

    def written() -> bool:
        (counter,) = client.everything("/v1/counters", channel=channel_id)
        return counter["shown"] == shop.counters["a"] > 0 and counter["write_id"] is None

    until(written, within_s=20, what="it is given some, and that is known")
    return channel_id, shop, code


def looked_at(client: Client, channel_id: str) -> dict[str, Any]:
    asked = client.made(f"/v1/channels/{channel_id}/reconcile")
    assert asked["channel_id"] == channel_id

    def over() -> bool:
        run = client.get(f"/v1/channels/{channel_id}/reconciliation").json()
        return run["began_at"] is None and run["reconciled_at"] is not None and run["due_at"] > run["reconciled_at"]

    until(over, within_s=20, what="it was gone through")
    return dict(client.get(f"/v1/channels/{channel_id}/reconciliation").json())


def test_a_typed_number_is_found_on_demand_asked_about_and_adopted(client: Client) -> None:
    channel_id, shop, code = live(client, hand_edits="ask")
    shows = shop.counters["a"] - 1
    shop.counters["a"] = shows
    run = looked_at(client, channel_id)
    assert (run["counters"], run["found"]) == (1, 1)
    mine = {"channel": channel_id, "open": True}
    until(
        lambda: [row["cause"] for row in client.everything("/v1/differences", **mine)] == ["hand_edit"], within_s=10, what="it has a name"
    )
    (row,) = client.everything("/v1/differences", **mine)
    assert (row["kind"], row["subject"], row["seen"], row["outcome"]) == ("counter", "a", shows, None)
    assert "by hand" in row["meaning"]
    assert client.get(f"/v1/differences/{row['id']}").json() == row
    assert client.everything("/v1/differences", cause="echo", channel=channel_id) == []
    path = f"/v1/differences/{row['id']}/resolve"
    problem(client.post(path, {"answer": "perhaps"}), 422, "invalid_request")
    assert client.post(path, {"answer": "adopt"}, token=token(client, "read")).status_code == 403
    answered = client.made(path, {"answer": "adopt"})
    assert (answered["outcome"], answered["closed_by"] is not None) == ("adopted", True)
    problem(client.post(path, {"answer": "overwrite"}), 409, "wrong_state")
    assert sum(client.level(code).values()) == 9


def test_what_isnt_there_or_isnt_live_is_refused_with_what_to_do(client: Client) -> None:
    problem(client.get(f"/v1/differences/{ID}"), 404, "not_found")
    problem(client.post(f"/v1/differences/{ID}/resolve", {"answer": "dismiss"}), 404, "not_found")
    problem(client.post(f"/v1/channels/{ID}/reconcile"), 404, "not_found")
    problem(client.get(f"/v1/channels/{ID}/reconciliation"), 404, "not_found")
    name, _ = opened()
    channel_id = connect(client, name)
    said = problem(client.post(f"/v1/channels/{channel_id}/reconcile"), 409, "wrong_state")
    assert f"/v1/channels/{channel_id}/start" in said["detail"]
    problem(client.get("/v1/differences", params={"cause": "weather"}), 422, "invalid_request")
    assert (
        client.send("PATCH", f"/v1/channels/{channel_id}", json={"hand_edits": "adopt"}, headers={"If-Match": "*"}).json()["hand_edits"]
        == "adopt"
    )
    answer = client.send("PATCH", f"/v1/channels/{channel_id}", json={"hand_edits": "guess"}, headers={"If-Match": "*"})
    problem(answer, 422, "invalid_request")
