"""How a SKU's units are shared out, over HTTP."""

from app.domain import catalogue, plans
from tests.api.client import Client


def test_sharing_can_be_changed_once_a_channel_sells_the_sku(client: Client) -> None:
    code = client.sku(stock=4)
    (sku,) = client.everything("/v1/skus", code=code)
    path = f"/v1/skus/{sku['id']}/sharing"
    refused = client.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    client.app.state.database.run(lambda session: plans.ensure(session, catalogue.by_code(session, code)["id"]))
    assert client.get(path).json() == {
        "sku": code,
        "sku_id": sku["id"],
        "policy": None,
        "expose_limit": 1,
        "own_weight": 100,
        "own_min": 0,
        "guard": None,
        "safety_stock": 0,
    }
    changed = client.send("PATCH", path, json={"policy": "expose", "own_min": 2})
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in ("policy", "expose_limit", "own_min")} == {
        "policy": "expose",
        "expose_limit": 1,
        "own_min": 2,
    }
    assert client.get(path).json() == changed.json()


def test_a_wrong_policy_or_a_negative_share_changes_nothing(client: Client) -> None:
    code = client.sku()
    (sku,) = client.everything("/v1/skus", code=code)
    client.app.state.database.run(lambda session: plans.ensure(session, sku["id"]))
    path = f"/v1/skus/{sku['id']}/sharing"
    before = client.get(path).json()
    for body, field in (({"policy": "yolo"}, "policy"), ({"own_min": -1}, "own_min"), ({"expose_limit": True}, "expose_limit")):
        answer = client.send("PATCH", path, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert client.get(path).json() == before
