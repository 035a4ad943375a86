"""Recovery over HTTP: how far the shops were read, and the way on."""

from collections.abc import Iterator

import pytest

from app.domain import recovery
from app.domain.causes import Cause
from tests.api.client import Client, problem
from tests.api.test_access import token

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"


@pytest.fixture
def channel(client: Client) -> Iterator[str]:
    """A channel of a store that has gone back in time; nobody answers there."""
    draft = {
        "kind": "woocommerce",
        "name": "Away",
        "settings": {"url": "http://127.0.0.1:9"},
        "credentials": {"consumer_key": "ck_1", "consumer_secret": "cs_1"},
        "locations": ["STUDIO"],
    }
    made = client.made("/v1/channels", draft)["id"]
    database = client.app.state.database
    database.run(lambda session: session.execute(recovery.channels.channels.update().values(status="live")))
    database.run(recovery.gone_back, "copied", cause=Cause("test"))
    yield made
    client.made(f"/v1/channels/{made}/pause")
    client.made("/v1/recovery/resume")
    client.made(f"/v1/channels/{made}/disconnect")


def test_a_store_that_is_what_it_was_has_nothing_to_recover(client: Client) -> None:
    shown = client.get("/v1/recovery", token=token(client, "read")).json()
    assert (shown["recovering"], shown["since"], shown["why"], shown["channels"]) == (False, None, None, [])
    assert client.made("/v1/recovery/resume") == shown
    problem(client.post("/v1/recovery/resume", token=token(client, "write")), 403, "forbidden")


def test_what_is_missing_is_said_in_words_and_resume_waits_for_it(client: Client, channel: str) -> None:
    shown = client.get("/v1/recovery").json()
    assert (shown["recovering"], shown["why"]) == (True, "copied")
    assert shown["said"].startswith("This store may have gone back in time: its database isn't the file that it was")
    (shop,) = shown["channels"]
    assert (shop["channel_id"], shop["status"], shop["ready"], shop["largest"]) == (channel, "recovering", False, [])
    assert {"unasked", "listings_unread", "orders_unread"} <= {each["code"] for each in shop["missing"]}
    refused = problem(client.post("/v1/recovery/resume", {"channels": [channel]}), 409, "not_ready")
    assert refused["channels"][0]["name"] == "Away"
    problem(client.post("/v1/recovery/resume", {"channels": [ID]}), 404, "not_found")
    problem(client.post("/v1/recovery/resume", {"channels": []}), 422, "invalid_request")
    problem(client.post(f"/v1/channels/{channel}/start"), 409, "wrong_state")
    assert client.get("/readyz").status_code == 200
