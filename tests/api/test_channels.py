"""Channels over HTTP: connecting, changing and ending, without ever showing what opens a shop; listings, counters and writes."""

import json
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.channels import registry
from app.database import Session
from app.domain import channels, connections, counters, listings, writes
from app.domain.causes import Cause
from app.domain.listings import listings as listings_table
from app.settings import Settings
from tests.api.bazaar import SECRET, connected, message, signed
from tests.api.client import Client, problem, serving
from tests.api.test_access import token
from tests.servers import OWNER_TOKEN

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
CAUSE = Cause("test")


def patch(client: Client, path: str, body: dict[str, Any], seen: str = "*", **request: Any) -> Any:
    return client.send("PATCH", path, json=body, headers={"If-Match": seen}, **request)


def on_sale(session: Session, channel_id: str, title: str, sku_code: str | None = None) -> tuple[str, str]:
    """A listing with a counter of its own, as the channel's lane would note them. Returns their ids."""
    external_id = chance.new_id()
    listing = listings.note(session, channel_id, external_id, sku_code=sku_code, title=title, cause=CAUSE)
    counter = counters.note(session, channel_id, external_id, unit=external_id, title=title, protected=True)
    session.execute(listings_table.update().where(listings_table.c.id == listing["id"]).values(counter_id=counter["id"]))
    return listing["id"], counter["id"]


def shows(session: Session, counter_id: str, shown: int) -> None:
    """The counter shows so much; what is free is set aside for it when the transaction ends, and what it doesn't offer is given back."""
    sku_id = counters.by_id(session, counter_id)["sku_id"]
    (counter,) = [each for each in counters.of_skus(session, [sku_id]) if each.id == counter_id]
    counters.change(session, counter, shown=shown, known=True)
    counters.release(session, counter, cause=CAUSE)
    counters.overdrawn(session, counter, "connected")


def live(client: Client, **fields: Any) -> dict[str, Any]:
    """A channel that has gone live; the bazaar itself lets nobody in."""
    shop = connected(client, **fields)
    client.app.state.database.run(connections.start, shop["id"], cause=CAUSE)
    return shop


# What connecting takes


def test_each_kind_says_what_it_needs(client: Client) -> None:
    kinds = {each["kind"]: each for each in client.get("/v1/channel-kinds").json()["items"]}
    assert {"shopify", "woocommerce", "bazaar"} <= set(kinds)
    assert kinds["bazaar"]["settings"] == [
        {"name": "shop", "what": "The shop's name"},
        {"name": "stall", "what": "Where it stands"},
    ]
    for kind in registry.KINDS:
        assert all(field["what"] for part in ("settings", "credentials") for field in kinds[kind][part])
        assert kinds[kind]["credentials"]


def test_a_connected_channel_is_listened_to_and_shows_what_it_is(client: Client) -> None:
    made = connected(client, name="Our stall", locations=["studio"], weight=150, min_share=2, lot=3)
    expected = {"kind": "bazaar", "name": "Our stall", "status": "connected", "settings": {"shop": "ours"}, "locations": ["STUDIO"]}
    expected |= {"weight": 150, "min_share": 2, "lot": 3, "account": None, "capabilities": None, "webhook_url": None, "version": 1}
    assert {name: made[name] for name in expected} == expected
    answer = client.get(f"/v1/channels/{made['id']}")
    assert (answer.headers["etag"], answer.json()["name"]) == ('"1"', "Our stall")
    assert made["id"] in [each["id"] for each in client.everything("/v1/channels")]
    assert client.send("POST", f"/webhooks/{made['id']}", token=None, **signed(message())).status_code == 200


def test_with_a_public_address_the_channel_says_where_its_messages_go(tmp_path: Path, migrated_sqlite: Path) -> None:
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="error", public_url="https://a.example/")
    with serving(settings) as client:
        made = connected(client)
        assert made["webhook_url"] == f"https://a.example/webhooks/{made['id']}"
        assert client.get(f"/v1/channels/{made['id']}").json()["webhook_url"] == made["webhook_url"]


def test_what_opens_a_shop_is_shown_nowhere(client: Client) -> None:
    shop = connected(client, credentials={"secret": SECRET, "key": "another secret key"})
    key = {"Idempotency-Key": "connect"}
    draft = {"kind": "bazaar", "name": "Twice", "settings": {"shop": "ours"}, "credentials": {"secret": SECRET}, "locations": ["STUDIO"]}
    answers = [client.post("/v1/channels", draft, headers=key) for _ in range(2)]
    assert answers[0].json() == answers[1].json() and answers[1].headers["idempotent-replayed"] == "true"
    path = f"/v1/channels/{shop['id']}"
    answers += [patch(client, path, {"credentials": {"key": "yet another secret"}}), client.get(path), client.get("/v1/channels")]
    answers.append(client.post(f"{path}/test"))
    client.app.state.database.run(connections.start, shop["id"], cause=CAUSE)
    answers += [client.post(f"{path}/{turn}") for turn in ("start", "pause", "disconnect")]
    events = client.get("/v1/events", params={"type": ["channel.connected", "channel.changed"], "limit": 200})
    for answer in (*answers, events):
        assert answer.is_success, answer.text
        assert SECRET not in answer.text and "secret key" not in answer.text and "credentials" not in answer.json()


def test_a_credential_that_is_refused_is_not_repeated_in_the_answer(client: Client) -> None:
    draft = {"kind": "bazaar", "name": "B", "settings": {"shop": "ours"}, "locations": ["STUDIO"]}
    for value in (["whispered"], 4711, "whispered" * 200, "whispered\x00"):
        answer = client.post("/v1/channels", draft | {"credentials": {"secret": value}})
        assert problem(answer, 422, "invalid_request")["errors"][0]["field"] == "credentials.secret"
        assert "whispered" not in answer.text and "4711" not in answer.text


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"kind": "souk"}, "kind", "no kind of channel called 'souk'; there are bazaar"),
        ({"settings": {"shop": "ours", "colour": "blue"}}, "settings.colour", "it has shop, stall"),
        ({"settings": {}}, "settings", "which shop"),
        ({"settings": {"shop": ""}}, "settings", "which shop"),
        ({"credentials": {"password": "x"}}, "credentials.password", "it has secret, key"),
        ({"locations": []}, "locations", "1 or more"),
        ({"weight": -1}, "weight", "0 or more"),
        ({"lot": 0}, "lot", "1 or more"),
        ({"name": " "}, "name", "empty"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_connected(client: Client, wrong: dict[str, Any], field: str, words: str) -> None:
    before = len(client.everything("/v1/channels"))
    draft = {"kind": "bazaar", "name": "B", "settings": {"shop": "ours"}, "locations": ["STUDIO"]} | wrong
    found = problem(client.post("/v1/channels", draft), 422, "invalid_request")
    assert (found["errors"][0]["field"], words in found["detail"]) == (field, True), found["detail"]
    assert len(client.everything("/v1/channels")) == before


def test_a_location_that_is_not_there_is_refused(client: Client) -> None:
    draft = {"kind": "bazaar", "name": "B", "settings": {"shop": "ours"}, "locations": ["STUDIO", "MOON"]}
    problem(client.post("/v1/channels", draft), 404, "unknown_location")


def test_only_an_admin_connects_changes_and_disconnects_and_a_writer_may_pause(client: Client) -> None:
    writer, shop = token(client, "write"), connected(client)
    path = f"/v1/channels/{shop['id']}"
    problem(client.post("/v1/channels", {"kind": "bazaar", "name": "B", "locations": ["STUDIO"]}, token=writer), 403, "forbidden")
    problem(patch(client, path, {"name": "Mine"}, token=writer), 403, "forbidden")
    problem(client.post(f"{path}/disconnect", token=writer), 403, "forbidden")
    problem(client.post(f"{path}/start", token=writer), 403, "forbidden")
    problem(client.post("/v1/go-live", {}, token=writer), 403, "forbidden")
    client.app.state.database.run(connections.start, shop["id"], cause=CAUSE)
    assert client.post(f"{path}/pause", token=writer).json()["status"] == "paused"
    assert client.post(f"{path}/start", token=writer).json()["status"] == "live"


# Changing


def test_what_is_left_out_of_a_change_stays_as_it_is(client: Client) -> None:
    shop = connected(client, settings={"shop": "ours", "stall": "7"}, credentials={"secret": SECRET, "key": "k"})
    path, vault = f"/v1/channels/{shop['id']}", client.app.state.vault
    opened = lambda: vault.open_values(client.app.state.database.look(channels.get, shop["id"])["credentials"])  # noqa: E731
    changed = patch(client, path, {"settings": {"stall": "8"}, "credentials": {"key": "new"}, "weight": 0}).json()
    assert (changed["settings"], changed["weight"], changed["name"], changed["version"]) == (
        {"shop": "ours", "stall": "8"},
        0,
        shop["name"],
        2,
    )
    assert opened() == {"secret": SECRET, "key": "new"}
    changed = patch(client, path, {"settings": {"stall": None}, "credentials": {"key": None}}).json()
    assert (changed["settings"], opened()) == ({"shop": "ours"}, {"secret": SECRET})
    assert patch(client, path, {"credentials": {"secret": SECRET}, "name": shop["name"]}).json()["version"] == 3
    found = problem(patch(client, path, {"settings": {"shop": None}}), 422, "invalid_request")
    assert "which shop" in found["detail"]


def test_nobody_overwrites_what_they_have_not_seen(client: Client) -> None:
    shop = connected(client)
    path = f"/v1/channels/{shop['id']}"
    problem(client.send("PATCH", path, json={"name": "A"}), 428, "if_match_required")
    first = patch(client, path, {"name": "A"}, '"1"')
    assert (first.status_code, first.headers["etag"]) == (200, '"2"')
    problem(patch(client, path, {"name": "B", "credentials": {"secret": "x"}}, '"1"'), 412, "stale")
    assert client.get(path).json()["name"] == "A"
    problem(patch(client, f"/v1/channels/{ID}", {"name": "A"}), 404, "not_found")


def test_when_the_key_is_lost_credentials_can_be_sent_anew_and_nothing_else_works(client: Client) -> None:
    shop, vault = connected(client), client.app.state.vault
    path = f"/v1/channels/{shop['id']}"
    kept = vault.path.read_text()
    vault.path.write_text("A" * 43 + "=\n")
    try:
        problem(patch(client, path, {"settings": {"stall": "1"}}), 409, "vault_closed")
        assert patch(client, path, {"credentials": {"secret": "anew"}}).status_code == 200
        assert vault.open_values(client.app.state.database.look(channels.get, shop["id"])["credentials"]) == {"secret": "anew"}
    finally:
        vault.path.write_text(kept)


# Starting, pausing, ending


def test_a_channel_goes_live_pauses_and_ends(client: Client) -> None:
    shop = connected(client)
    path = f"/v1/channels/{shop['id']}"
    assert "connected" in problem(client.post(f"{path}/pause"), 409, "wrong_state")["detail"]
    assert problem(client.post(f"{path}/start"), 409, "not_ready")["channels"][0]["missing"]
    client.app.state.database.run(connections.start, shop["id"], cause=CAUSE)
    assert [client.made(f"{path}/{turn}")["status"] for turn in ("start", "start", "pause", "pause", "start", "disconnect")] == [
        "live",
        "live",
        "paused",
        "paused",
        "live",
        "disconnected",
    ]
    for turn in ("start", "pause", "disconnect"):
        problem(client.post(f"{path}/{turn}"), 409, "wrong_state")
    problem(patch(client, path, {"name": "Again"}), 409, "wrong_state")
    events = client.get("/v1/events", params={"type": "channel.changed", "limit": 200}).json()["items"]
    assert [each["data"]["changes"] for each in events if each["subject"] == shop["id"]] == [
        {"status": status} for status in ("live", "paused", "live", "disconnected")
    ]


def test_a_channel_is_not_ended_while_units_are_set_aside_for_it(client: Client) -> None:
    shop, code = live(client), client.sku(stock=5)
    database = client.app.state.database
    _, counter_id = database.run(on_sale, shop["id"], "Mug", code)
    listing = client.everything(f"/v1/channels/{shop['id']}/listings")[0]
    assert patch(client, f"/v1/listings/{listing['id']}", {"components": [{"sku": code}]}).status_code == 200
    database.run(shows, counter_id, 3)
    assert client.level(code) == {"available": 2, "allotted": 3}
    path = f"/v1/channels/{shop['id']}/disconnect"
    found = problem(client.post(path), 409, "say_what_is_shown")
    assert all(each in found["detail"] for each in ("3 units", "`zero`", "`set_aside`", "`gone`"))
    assert "zero" in problem(client.post(path, {"shown": "none"}), 422, "invalid_request")["detail"]
    database.run(shows, counter_id, 0)
    assert client.level(code) == {"available": 5}
    unit = client.get(f"/v1/counters/{counter_id}").json()["unit"]
    row = {"id": chance.new_id(), "channel_id": shop["id"], "unit": unit, "mode": "absolute", "state": "unknown", "key": "k", "epoch": 1}
    row |= {"fence": 1, "sends": 1, "repeatable": True, "created_at": chance.now()}
    entry = {"write_id": row["id"], "counter_id": counter_id, "change": -3, "expected": 3, "value": 0, "put_back_since": 0}
    database.run(writes.add, row, [entry | {"learned_since": 0}])
    assert problem(client.post(path), 409, "wrong_state")["writes"] == 1
    shown = client.get(f"/v1/counters/{counter_id}").json()
    assert (shown["write_id"], shown["write_state"]) == (row["id"], "unknown")
    (sent,) = client.everything("/v1/writes", counter=counter_id)
    assert (sent["id"], sent["sends"], sent["outcome"]) == (row["id"], 1, None)
    assert sent["entries"] == [{"counter_id": counter_id, "change": -3, "expected": 3, "value": 0, "guard": None, "reading": None}]
    assert [each["id"] for each in client.everything("/v1/writes", channel=shop["id"])] == [row["id"]]
    database.run(writes.change, row["id"], state="closed", closed_at=chance.now())
    assert client.made(path)["status"] == "disconnected"


# Listings and counters


@pytest.fixture
def unmapped(client: Client) -> tuple[dict[str, Any], str, str]:
    """A channel with a listing that nobody has said anything about. Returns it, the listing and its counter."""
    shop = connected(client)
    listing_id, counter_id = client.app.state.database.run(on_sale, shop["id"], "Set of 4 mugs")
    client.app.state.database.run(lambda session: listings.ask(session, listings.get(session, listing_id), cause=CAUSE))
    return shop, listing_id, counter_id


def test_an_answer_is_remembered_the_counter_follows_and_the_question_is_gone(client: Client, unmapped: tuple[Any, str, str]) -> None:
    shop, listing_id, counter_id = unmapped
    code = client.sku()
    (question,) = client.everything("/v1/exceptions", channel=shop["id"], cause="listing_unmapped", open=True)
    assert listing_id in question["advice"]
    answered = patch(client, f"/v1/listings/{listing_id}", {"components": [{"sku": code.lower(), "quantity": 4}]}).json()
    assert (answered["mapping"], [(part["sku"], part["quantity"]) for part in answered["components"]]) == ("mapped", [(code, 4)])
    counter = client.get(f"/v1/counters/{counter_id}").json()
    assert (counter["sku"], counter["per"], counter["state"]) == (code, 4, "active")
    assert client.get(f"/v1/exceptions/{question['id']}").json()["closed_by"] is None
    assert client.everything("/v1/exceptions", channel=shop["id"], cause="listing_unmapped", open=True) == []
    ignored = patch(client, f"/v1/listings/{listing_id}", {"ignored": True}).json()
    assert (ignored["mapping"], ignored["components"]) == ("ignored", [])
    assert client.get(f"/v1/counters/{counter_id}").json()["state"] == "idle"
    assert client.get(f"/v1/listings/{listing_id}").json() == ignored


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({}, 422, "either"),
        ({"components": [{"sku": "A"}], "ignored": True}, 422, "either"),
        ({"ignored": False}, 422, "True"),
        ({"components": []}, 422, "1 or more"),
        ({"components": [{"sku": "NOBODY-HAS-THIS"}]}, 404, "NOBODY-HAS-THIS"),
        ({"components": [{"sku": "A", "quantity": 0}]}, 422, "1 or more"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(
    client: Client, unmapped: tuple[Any, str, str], body: dict[str, Any], status: int, words: str
) -> None:
    answer = patch(client, f"/v1/listings/{unmapped[1]}", body)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    assert client.get(f"/v1/listings/{unmapped[1]}").json()["mapping"] == "open"


def test_listings_and_counters_are_found_by_what_they_are(client: Client) -> None:
    shop, other, code = live(client), live(client), client.sku(stock=2)
    database = client.app.state.database
    made = [database.run(on_sale, each["id"], title) for each in (shop, other) for title in ("Mug", "Voucher")]
    for listing_id, _ in made[::2]:
        patch(client, f"/v1/listings/{listing_id}", {"components": [{"sku": code}]})
    database.run(shows, made[0][1], 5)  # of which two are there
    ids = lambda path, **filters: {each["id"] for each in client.everything(path, limit=1, **filters)}  # noqa: E731
    listed = f"/v1/channels/{shop['id']}/listings"
    assert ids(listed) == {made[0][0], made[1][0]}
    assert (ids(listed, mapping="open"), ids(listed, sku=code), ids(listed, sku="no such")) == ({made[1][0]}, {made[0][0]}, set())
    assert ids(f"/v1/channels/{shop['id']}/counters") == {made[0][1], made[1][1]}
    assert ids("/v1/counters", sku=code) == {made[0][1], made[2][1]}
    assert ids("/v1/counters", sku=code, channel=other["id"]) == {made[2][1]}
    assert ids("/v1/counters", sku=code, overdrawn=True) == {made[0][1]}
    overdrawn = client.get(f"/v1/counters/{made[0][1]}").json()
    assert (overdrawn["on_offer"], overdrawn["allotment"], overdrawn["excess"], overdrawn["excess_cause"]) == (5, 2, 3, "connected")
    assert overdrawn["allotted"] == [{"location": "STUDIO", "quantity": 2}]


def test_what_is_not_there_is_404(client: Client) -> None:
    for path in ("channels/{}", "channels/{}/listings", "channels/{}/counters", "listings/{}", "counters/{}"):
        problem(client.get(f"/v1/{path.format(ID)}"), 404, "not_found")
    for turn in ("start", "pause", "disconnect"):
        problem(client.post(f"/v1/channels/{ID}/{turn}"), 404, "not_found")
    problem(patch(client, f"/v1/listings/{ID}", {"ignored": True}), 404, "not_found")
    assert client.get("/v1/channels/x").status_code == 422
    assert json.loads(client.get("/v1/writes", params={"channel": ID}).text)["items"] == []
