"""The store's settings: what may be changed, when, and by whom."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from tests.api.client import Client, problem, serving
from tests.servers import OWNER_TOKEN

RETENTION = {"deliveries_days": 30, "writes_days": 400, "events_days": 90, "answers_days": 7, "webhook_messages_days": 30}


@pytest.fixture
def new(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Client]:
    """A store of its own, in which nothing has happened."""
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    with serving(Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="warning")) as made:
        yield made


def changed(client: Client, changes: dict[str, object], seen: str | None = "*", token: str = OWNER_TOKEN) -> httpx.Response:
    return client.send("PATCH", "/v1/store", json=changes, headers={"If-Match": seen} if seen else {}, token=token)


def test_a_new_store_has_the_settings_of_the_design(new: Client) -> None:
    answer = new.get("/v1/store")
    assert answer.headers["etag"] == '"1"'
    found = answer.json()
    assert (found["default_policy"], found["on_hand_edit"], found["currency"], found["epoch"]) == ("strict", "ask", "EUR", 1)
    assert found["retention"] == RETENTION


def test_a_change_leaves_what_it_does_not_name(client: Client) -> None:
    before = client.get("/v1/store")
    answer = client.send(
        "PATCH", "/v1/store", json={"name": "Kiln Lane", "retention": {"events_days": 120}}, headers={"If-Match": before.headers["etag"]}
    )
    expected = before.json() | {"name": "Kiln Lane", "version": before.json()["version"] + 1}
    assert answer.json() == expected | {"retention": RETENTION | {"events_days": 120}}
    assert client.get("/v1/store").headers["etag"] == answer.headers["etag"] == f'"{expected["version"]}"'


def test_a_change_that_changes_nothing_keeps_the_version(new: Client) -> None:
    name = new.get("/v1/store").json()["name"]
    assert changed(new, {"name": name}).headers["etag"] == '"1"'


def test_a_change_needs_the_version_that_was_read(client: Client) -> None:
    seen = client.get("/v1/store").headers["etag"]
    problem(changed(client, {"name": "Mine"}, None), 428, "if_match_required")
    assert changed(client, {"name": "Mine"}, seen).status_code == 200
    stale = problem(changed(client, {"name": "Yours"}, seen), 412, "stale")
    assert f'"{stale["version"]}"' == client.get("/v1/store").headers["etag"]
    assert client.get("/v1/store").json()["name"] == "Mine"
    problem(changed(client, {"name": "Yours"}, f"W/{client.get('/v1/store').headers['etag']}"), 412, "stale")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"name": None}, "name"),
        ({"default_policy": "hope"}, "default_policy"),
        ({"retention": {"events_days": 0}}, "retention.events_days"),
        ({"retention": {"answers_days": 91}}, "retention.answers_days"),
        ({"epoch": 7}, "epoch"),
    ],
)
def test_what_makes_no_sense_is_named(client: Client, changes: dict[str, object], field: str) -> None:
    found = problem(changed(client, changes), 422, "invalid_request")
    assert [error["field"] for error in found["errors"]] == [field]


def test_the_currency_may_change_until_money_is_recorded(new: Client) -> None:
    new.made("/v1/products", {"title": "Mug", "skus": [{"code": "MUG"}]})
    assert changed(new, {"currency": "USD"}).json()["currency"] == "USD"
    new.made("/v1/products", {"title": "Bowl", "skus": [{"code": "BOWL", "cost": {"amount": 100, "currency": "USD"}}]})
    refused = problem(changed(new, {"currency": "EUR", "name": "Bowls"}), 409, "wrong_state")
    assert "USD" in refused["detail"]
    found = new.get("/v1/store").json()
    assert (found["currency"], found["name"]) == ("USD", "My store")
    assert changed(new, {"currency": "USD"}).status_code == 200, "what it is already isn't a change"


def test_only_an_admin_may_change_the_store(client: Client) -> None:
    writer = client.made("/v1/tokens", {"name": "web shop"})["token"]
    assert client.get("/v1/store", token=writer).status_code == 200
    problem(changed(client, {"name": "Theirs"}, token=writer), 403, "forbidden")


def test_a_change_is_told_to_whoever_follows_the_events(new: Client) -> None:
    changed(new, {"name": "Kiln Lane"})
    found = new.get("/v1/events?type=store.changed").json()["items"]
    assert [event["data"] for event in found] == [{"changes": {"name": "Kiln Lane"}}]
