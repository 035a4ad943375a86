"""From nothing to selling over HTTP: a shop is tried, mapped, counted and previewed, goes live, and leaves again."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.channels import registry
from app.channels.base import Connection, NoUse
from app.channels.memory import EXACT, Memory, Shop
from app.settings import Settings
from tests.api.client import Client, problem, serving
from tests.api.test_access import token
from tests.servers import OWNER_TOKEN, until

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
SECRET = "whispered to the fair and to nobody else"
QUICK = replace(EXACT, feed_lag_s=0.05, feed_overlap_s=1.0, shop_name="The fair", locations={"L1": "Booth", "L2": "Cart"})
SHOPS: dict[str, Shop] = {}
_numbers = itertools.count(1)


class Fair(Memory):
    """Shops in memory that a running server reaches by their names."""

    kind: ClassVar[str] = "fair"
    settings: ClassVar[dict[str, str]] = {"shop": "Its name", "place": "Which of its places"}

    def __init__(self, connection: Connection) -> None:
        super().__init__(replace(connection, transport=SHOPS[connection.settings["shop"]]))

    def capabilities(self) -> Any:
        if self._secret != SECRET:
            raise NoUse("credentials", "The fair doesn't know this secret. Ask at the gate for another one.")
        return super().capabilities()


registry.register("fair", Fair)


def opened(**facts: Any) -> tuple[str, Shop]:
    """A shop that can be connected; nothing is on sale there yet."""
    name = f"fair-{next(_numbers)}"
    SHOPS[name] = Shop(can=replace(QUICK, account=name, **facts))
    return name, SHOPS[name]


def connect(client: Client, shop: str, **fields: Any) -> str:
    draft = {"kind": "fair", "name": f"At {shop}", "settings": {"shop": shop, "place": "L2"}, "credentials": {"secret": SECRET}}
    return str(client.made("/v1/channels", draft | {"locations": ["STUDIO"]} | fields)["id"])


def lane(client: Client, channel_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/channels/{channel_id}").json()["lane"]
    return found


def ready(client: Client, *channel_ids: str) -> bool:
    summary = client.get("/v1/go-live", params={"channel": list(channel_ids)}).json()["summary"]
    return all(each["ready"] for each in summary["channels"])


def warned(client: Client, *channel_ids: str) -> dict[str, int]:
    summary = client.get("/v1/go-live", params={"channel": list(channel_ids)}).json()["summary"]
    return {each["code"]: each["count"] for each in summary["warnings"]}


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    return tmp_path


# Trying a connection


def test_a_connection_is_tried_and_says_who_it_is_and_how_we_hear_of_sales(client: Client) -> None:
    shop, _ = opened(warnings=("It rains.",))
    channel_id = connect(client, shop)
    found = client.made(f"/v1/channels/{channel_id}/test", token=token(client, "write"))
    assert (found["ok"], found["code"], found["shop_name"], found["account"]) == (True, None, "The fair", shop)
    assert found["locations"] == [{"id": "L1", "name": "Booth", "used": False}, {"id": "L2", "name": "Cart", "used": True}]
    assert (found["currency"], found["currency_is_the_stores"], found["warnings"]) == ("EUR", True, ["It rains."])
    assert (found["orders"]["how"], found["orders"]["every_s"]) == ("polling", 300.0)
    assert "up to 300 s" in found["orders"]["text"] and "288 requests a day" in found["orders"]["text"]
    assert "TALLYSTICK_PUBLIC_URL" in found["orders"]["text"]
    assert client.post(f"/v1/channels/{channel_id}/test", token=token(client, "read")).status_code == 403


def test_with_a_public_address_orders_are_heard_of_at_once(folder: Path) -> None:
    settings = Settings(data_dir=folder, owner_token=OWNER_TOKEN, log_level="error", public_url="https://a.example/")
    with serving(settings) as client:
        found = client.made(f"/v1/channels/{connect(client, opened()[0])}/test")
        assert (found["orders"]["how"], "at once" in found["orders"]["text"]) == ("webhooks", True)


def test_what_fails_is_said_with_what_to_do_and_without_any_secret(client: Client) -> None:
    name, shop = opened()
    channel_id = connect(client, name, credentials={"secret": "another one"})
    path = f"/v1/channels/{channel_id}/test"
    found = client.made(path)
    assert (found["ok"], found["code"]) == (False, "credentials")
    assert "Ask at the gate" in found["detail"] and "another one" not in str(found["detail"]).replace("for another one.", "")
    client.send("PATCH", f"/v1/channels/{channel_id}", json={"credentials": {"secret": SECRET}}, headers={"If-Match": "*"})
    shop.down = True
    assert client.made(path)["code"] == "unreachable"
    shop.down = False
    shop.can = replace(shop.can, missing_scopes=("write_inventory",))
    found = client.made(path)
    assert (found["ok"], found["code"], found["missing_scopes"]) == (False, "scope", ["write_inventory"])
    problem(client.post(f"/v1/channels/{ID}/test"), 404, "not_found")
    client.made(f"/v1/channels/{channel_id}/disconnect")
    problem(client.post(path), 409, "wrong_state")


def test_a_second_connection_to_the_same_shop_is_refused_and_names_the_first(client: Client) -> None:
    shop, _ = opened()
    first = connect(client, shop, name="The first")
    assert client.made(f"/v1/channels/{first}/test")["ok"]
    second = connect(client, shop, name="The second")
    found = client.made(f"/v1/channels/{second}/test")
    assert (found["ok"], found["code"], "'The first'" in found["detail"]) == (False, "shop_connected_already", True)
    until(lambda: lane(client, second)["refused"] == "shop_connected_already", within_s=10, what="its lane says so too")
    assert "'The first'" in lane(client, second)["last_error"]
    client.made(f"/v1/channels/{second}/disconnect")


# The whole way


def test_a_shop_without_a_catalogue_goes_live_and_leaves_again(client: Client) -> None:
    name, shop = opened()
    known, near = client.sku(), client.sku()
    bowl, dish = f"BOWL-{next(_numbers)}", f"DISH-{next(_numbers)}"
    shop.offer("a", bowl, 6)
    shop.offer("b", dish, 0)
    shop.offer("c", near.replace("-", "_").lower(), 3)
    shop.offer("d", known, 2)
    shop.offer("e", None, 9)
    order = shop.buy("a", 2)
    channel_id = connect(client, name)
    until(lambda: ready(client, channel_id), within_s=20, what="everything is known of it")
    path = f"/v1/channels/{channel_id}"

    proposed = {each["external_id"]: each for each in client.everything(f"{path}/proposals", limit=2)}
    assert set(proposed) == {"a", "b", "c", "e"}
    assert [each["sku"] for each in proposed["c"]["proposals"]] == [near]
    body = {
        "listings": [{"listing": proposed["c"]["id"], "components": [{"sku": near}]}, {"listing": proposed["e"]["id"], "ignored": True}]
    }
    rows = client.made(f"{path}/mappings", body)["items"]
    assert {each["external_id"]: each["mapping"] for each in rows} == {"c": "mapped", "e": "ignored"}
    problem(client.post(f"{path}/mappings", {"listings": [{"listing": ID, "ignored": True}]}), 404, "not_found")
    problem(client.post(f"{path}/mappings", {"listings": []}), 422, "invalid_request")
    made = client.made(f"{path}/skus", {})
    assert (sorted(each["sku"] for each in made["made"]), made["mapped"], made["next"]) == ([bowl, dish], [], None)
    assert client.made(f"{path}/skus", {})["made"] == []
    until(lambda: ready(client, channel_id), within_s=20, what="the new counters were read")

    waiting = {each["sku"]: each["channels"] for each in client.everything("/v1/opening-stock", limit=1)}
    assert {sku: [each["units"] for each in waiting[sku]] for sku in (bowl, dish, known, near)} == {
        bowl: [6],
        dish: [0],
        known: [2],
        near: [3],
    }
    assert waiting[bowl][0]["counters"][0]["open_units"] == 2
    assert warned(client, channel_id) == {"no_opening_stock": 3, "goes_dark": 3}
    entered = client.made("/v1/opening-stock", {"channel": channel_id, "location": "studio", "skus": [bowl, known]})
    assert ({each["sku"]: each["units"] for each in entered["taken"]}, entered["skipped"]) == ({bowl: 6, known: 2}, [])
    entered = client.made("/v1/opening-stock", {"channel": channel_id, "location": "STUDIO"})
    assert entered["taken"] == [{"sku": near, "units": 3}] and [each["sku"] for each in entered["skipped"]] == [dish]
    assert client.level(bowl) == {"available": 4, "committed": 2}

    preview = client.get("/v1/go-live", params={"channel": channel_id, "limit": 200}).json()
    shown = {item["sku"]: item["counters"][0] for item in preview["items"]}
    assert {sku: (each["shows"], each["raised_to"]) for sku, each in shown.items()}[dish] == (0, 0)
    assert preview["summary"]["skus"] == 4 and preview["summary"]["warnings"] == []
    later = client.get("/v1/go-live", params={"channel": channel_id, "limit": 1}).json()
    assert client.get("/v1/go-live", params={"channel": channel_id, "limit": 1, "after": later["next"]}).json()["summary"] is None
    key = {"Idempotency-Key": f"live-{channel_id}"}
    for _ in range(2):
        answer = client.post("/v1/go-live", {"channels": [channel_id]}, headers=key)
        assert [each["status"] for each in answer.json()["channels"]] == ["live"], answer.text
    until(lambda: shop.counters["a"] == shown[bowl]["raised_to"], within_s=20, what="it shows what the preview said")
    assert order is not None

    problem(client.post(f"{path}/disconnect"), 409, "say_what_is_shown")
    assert client.made(f"{path}/disconnect", {"shown": "zero"})["status"] == "leaving"
    until(lambda: client.get(path).json()["status"] == "disconnected", within_s=20, what="it has left")
    assert {shop.counters[each] for each in "abcd"} == {0} and client.get(path).json()["set_aside"] == 0
    assert client.level(bowl) == {"available": 4, "committed": 2}


def test_going_live_does_nothing_that_nobody_has_agreed_to(client: Client) -> None:
    name, shop = opened()
    code = client.sku()
    shop.offer("a", code, 4)
    shop.offer("b", None, 1)
    channel_id = connect(client, name)
    until(lambda: ready(client, channel_id), within_s=20, what="everything is known of it")
    found = problem(client.post("/v1/go-live", {"channels": [channel_id]}), 409, "not_accepted")
    assert {each["code"] for each in found["warnings"]} == {"no_opening_stock", "goes_dark", "unmapped_listings"}
    assert "'no_opening_stock'" in found["detail"]
    problem(client.post(f"/v1/channels/{channel_id}/start", {"accept": ["goes_dark"]}), 409, "not_accepted")
    assert client.get(f"/v1/channels/{channel_id}").json()["status"] == "connected"
    problem(client.post("/v1/go-live", {"accept": ["anything"]}), 422, "invalid_request")
    entered = client.made("/v1/opening-stock", {"counts": [{"sku": code, "location": "STUDIO", "quantity": 4}]})
    assert entered["taken"] == [{"sku": code, "units": 4}]
    started = client.made(f"/v1/channels/{channel_id}/start", {"accept": ["unmapped_listings"]})
    assert started["status"] == "live"
    assert shop.counters["b"] == 1, "what nobody has mapped is left alone"
    gone = client.made(f"/v1/channels/{channel_id}/pause")
    assert gone["set_aside"] is not None
    over = {"shown": "gone"}  # refused while a change that had begun before the pause is under way
    until(lambda: client.post(f"/v1/channels/{channel_id}/disconnect", over).is_success, within_s=20, what="its last change is over")
    assert client.get(f"/v1/channels/{channel_id}").json()["status"] == "disconnected"
    assert client.level(code) == {"available": 4}


def test_a_shop_that_does_not_answer_keeps_everything_from_going_live(client: Client) -> None:
    name, shop = opened()
    shop.down = True
    channel_id = connect(client, name)
    found = problem(client.post("/v1/go-live", {"channels": [channel_id]}), 409, "not_ready")
    assert [each["code"] for each in found["channels"][0]["missing"]] == ["unreachable"]
    problem(client.post("/v1/go-live", {"channels": [ID]}), 404, "not_found")
    problem(client.get("/v1/go-live", params={"channel": ID}), 404, "not_found")
    client.made(f"/v1/channels/{channel_id}/disconnect")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"channel": ID}, 422, "invalid_request"),
        ({"channel": ID, "location": "STUDIO", "counts": [{"sku": "A", "location": "STUDIO", "quantity": 1}]}, 422, "invalid_request"),
        ({"channel": ID, "location": "MOON"}, 404, "unknown_location"),
        ({"channel": ID, "location": "STUDIO"}, 404, "not_found"),
        ({"counts": [{"sku": "NOBODY-HAS-THIS", "location": "STUDIO", "quantity": 1}]}, 404, "unknown_sku"),
    ],
)
def test_opening_stock_that_says_nothing_is_refused(client: Client, body: dict[str, Any], status: int, code: str) -> None:
    problem(client.post("/v1/opening-stock", body), status, code)
