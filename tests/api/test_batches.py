"""Many movements in one request: all of them or none, or each by itself."""

from typing import Any

from tests.api.client import Client, problem, received

BATCH = "/v1/stock/movements:batch"


def broken(code: str, quantity: int) -> dict[str, Any]:
    return received(code, quantity) | {"source": "available", "target": "damaged", "reason": "broken"}


def returned(code: str, quantity: int) -> dict[str, Any]:
    """Back to the supplier: a wish, refused where there are fewer."""
    return received(code, quantity) | {"source": "available", "target": "supplier", "reason": "sent back"}


def posted(client: Client, mode: str, *movements: dict[str, Any], **request: Any) -> dict[str, Any]:
    answer = client.post(BATCH, {"mode": mode, "movements": movements}, **request)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_with_each_one_bad_movement_fails_no_other_and_the_answer_says_which(client: Client) -> None:
    code, other = client.sku(), client.sku()
    found = posted(
        client,
        "each",
        received(code, 5),
        received(code, 0),
        received("NO-SUCH", 1),
        returned(code, 9),
        received(code, 2, location="MOON"),
        received(code, 1) | {"source": "committed"},
        received(other, 3) | {"qty": 3},
        broken(code, 2),
        received(other, 4),
    )
    assert [item["status"] for item in found["items"]] == [201, 422, 404, 409, 404, 409, 422, 201, 201]
    codes = [item["problem"] and item["problem"]["code"] for item in found["items"]]
    missing = "unknown_sku", "insufficient_stock", "unknown_location", "forbidden_move", "invalid_request"
    assert codes == [None, "invalid_request", *missing, None, None]
    assert (found["accepted"], found["refused"]) == (3, 6)
    assert found["items"][1]["problem"]["errors"][0]["field"] == "quantity"
    [short] = found["items"][3]["problem"]["short"]
    assert (short["sku"], short["asked"], short["available"]) == (code, 9, 5)
    assert [item["movement"]["quantity"] for item in found["items"] if item["movement"]] == [5, 2, 4]
    assert (client.level(code), client.level(other)) == ({"available": 3, "damaged": 2}, {"available": 4})


def test_a_batch_of_nothing_but_bad_movements_is_answered_too(client: Client) -> None:
    found = posted(client, "each", received("MUG", 0), received("NO-SUCH", 1))
    assert [item["status"] for item in found["items"]] == [422, 404]
    assert posted(client, "each", received("MUG", 0))["refused"] == 1


def test_movements_of_one_level_happen_in_the_order_in_which_they_were_sent(client: Client) -> None:
    code = client.sku()
    found = posted(client, "each", returned(code, 2), received(code, 3), returned(code, 2), returned(code, 2), received(code, 1))
    assert [item["status"] for item in found["items"]] == [409, 201, 201, 409, 201]
    assert client.level(code) == {"available": 2}


def test_all_or_nothing_is_refused_whole_with_the_place_of_the_bad_one(client: Client) -> None:
    code = client.sku()
    good = [received(code, 1)] * 3
    refused = problem(client.post(BATCH, {"mode": "all_or_nothing", "movements": [*good, returned(code, 9)]}), 409, "insufficient_stock")
    assert refused["item"] == 3
    refused = problem(client.post(BATCH, {"mode": "all_or_nothing", "movements": [*good, received("NO-SUCH", 1)]}), 404, "unknown_sku")
    assert refused["item"] == 3
    refused = problem(client.post(BATCH, {"mode": "all_or_nothing", "movements": [*good, received(code, 0)]}), 422, "invalid_request")
    assert [error["field"] for error in refused["errors"]] == ["movements.3.quantity"]
    assert client.level(code) == {}
    assert client.everything("/v1/stock/movements", sku=code) == []


def test_all_or_nothing_posts_all(client: Client) -> None:
    codes = [client.sku() for _ in range(3)]
    found = posted(client, "all_or_nothing", *(received(code, n + 1) for n, code in enumerate(codes * 2)))
    assert [item["movement"]["sku"] for item in found["items"]] == codes * 2
    assert [client.level(code) for code in codes] == [{"available": 5}, {"available": 7}, {"available": 9}]


def test_five_hundred_are_taken_and_five_hundred_and_one_are_not(client: Client) -> None:
    code = client.sku()
    assert posted(client, "all_or_nothing", *[received(code, 1)] * 500)["accepted"] == 500
    refused = problem(client.post(BATCH, {"mode": "each", "movements": [received(code, 1)] * 501}), 422, "invalid_request")
    assert refused["errors"][0]["field"] == "movements"
    problem(client.post(BATCH, {"mode": "each", "movements": []}), 422, "invalid_request")
    problem(client.post(BATCH, {"mode": "some", "movements": [received(code, 1)]}), 422, "invalid_request")
    assert client.level(code) == {"available": 500}


def test_a_batch_sent_twice_with_its_key_is_posted_once(client: Client) -> None:
    code = client.sku()
    movements = [received(code, 5), returned(code, 9)]
    first = posted(client, "each", *movements, headers={"Idempotency-Key": f"batch-{code}"})
    assert posted(client, "each", *movements, headers={"Idempotency-Key": f"batch-{code}"}) == first
    assert client.level(code) == {"available": 5}


def test_what_a_refused_movement_had_begun_leaves_no_event(client: Client) -> None:
    code = client.sku()
    posted(client, "each", returned(code, 1), received(code, 1))
    [movement] = client.everything("/v1/stock/movements", sku=code)
    told, after = [], "0"
    while items := client.get("/v1/events", params={"type": "stock.moved", "after": after, "limit": 200}).json()["items"]:
        told += [move for event in items for move in event["data"]["moves"] if move["sku_id"] == movement["sku_id"]]
        after = items[-1]["seq"]
    assert [move["id"] for move in told] == [movement["id"]]
