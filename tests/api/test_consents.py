"""Being let in by the owner's browser: the question, the shop's answer, and what isn't believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sqlalchemy import update

from app import chance
from app.channels import registry
from app.channels.base import Connection
from app.channels.memory import Memory, Shop
from app.domain import channels
from app.domain.consents import consents
from app.settings import Settings
from tests.api.client import Client, problem, serving
from tests.servers import OWNER_TOKEN

SHOP = Shop()


class Coded(Memory):
    """The reference channel, as a running service opens it by itself."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(replace(connection, transport=SHOP))


registry.register("coded", Coded)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Client]:
    """A service that can be reached from outside."""
    folder = tmp_path_factory.mktemp("public")
    (folder / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    outside = "https://stock.example.org"
    with serving(Settings(data_dir=folder, owner_token=OWNER_TOKEN, public_url=outside, log_level="error")) as made:
        yield made


def connected(client: Client, kind: str, **settings: str) -> str:
    draft = {"kind": kind, "name": f"A shop with {kind}", "settings": settings, "locations": ["STUDIO"]}
    return str(client.made("/v1/channels", draft)["id"])


def asked(client: Client, channel_id: str) -> dict[str, str]:
    """What the page is told that the owner is sent to."""
    page = client.made(f"/v1/channels/{channel_id}/consent")["url"]
    return {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}


def let_in(client: Client, channel_id: str) -> dict[str, str]:
    """The credentials that are kept."""
    state = client.app.state
    return dict(state.vault.open_values(state.database.look(channels.get, channel_id)["credentials"]))


def agreed(question: dict[str, str], client: Client, channel_id: str) -> dict[str, str]:
    """What a marketplace adds to the address that it sends the browser back to."""
    state = client.app.state
    kept = state.database.look(lambda session: session.find(consents, channel_id=channel_id))[0]["kept"]
    verifier = state.vault.open_values(kept)["verifier"]
    assert question["code_challenge"] == sha256(verifier.encode()).hexdigest()
    return {"state": question["state"], "code": sha256(verifier.encode()).hexdigest()}


def test_the_shops_answer_brings_what_opens_it_and_is_good_once(client: Client) -> None:
    channel_id = connected(client, "coded")
    question = asked(client, channel_id)
    assert question["redirect_uri"] == "http://127.0.0.1:8000/oauth/coded/callback"
    answer = agreed(question, client, channel_id)
    page = client.get("/oauth/coded/callback", params=answer, token=None)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer["code"] not in page.text
    assert let_in(client, channel_id) == {"secret": "let in"}
    problem(client.get("/oauth/coded/callback", params=answer, token=None), 409, "consent_unknown")


def test_the_address_that_the_browser_ended_on_can_be_pasted(client: Client) -> None:
    channel_id, other = connected(client, "coded"), connected(client, "coded")
    question = asked(client, channel_id)
    address = f"http://127.0.0.1:8000/oauth/coded/callback?{urlencode(agreed(question, client, channel_id))}"
    shown = client.post(f"/v1/channels/{channel_id}/consent/answer", {"address": address})
    assert shown.status_code == 200, shown.text
    assert (shown.json()["id"], let_in(client, channel_id)) == (channel_id, {"secret": "let in"})
    problem(client.post(f"/v1/channels/{other}/consent/answer", {"address": address}), 409, "consent_unknown")


def test_an_answer_to_no_question_of_ours_changes_nothing(client: Client) -> None:
    channel_id = connected(client, "coded")
    first, second = asked(client, channel_id), asked(client, channel_id)
    answer = agreed(second, client, channel_id)
    for wrong in ({}, {"state": "guessed", "code": answer["code"]}, answer | {"state": first["state"]}):
        problem(client.get("/oauth/coded/callback", params=wrong, token=None), 409, "consent_unknown")
    problem(client.get("/oauth/nothing/callback", params=answer, token=None), 404, "not_found")
    client.app.state.database.run(lambda session: session.execute(update(consents).values(expires_at=chance.now() - timedelta(seconds=1))))
    problem(client.get("/oauth/coded/callback", params=answer, token=None), 409, "consent_unknown")
    assert let_in(client, channel_id) == {}


def test_an_owner_who_says_no_is_heard(client: Client) -> None:
    channel_id = connected(client, "coded")
    no = {"state": asked(client, channel_id)["state"], "error": "access_denied"}
    refused: Any = problem(client.get("/oauth/coded/callback", params=no, token=None), 409, "consent_failed")
    assert refused["detail"] == "The shop's owner said no."
    assert let_in(client, channel_id) == {}


def test_woocommerce_sends_its_keys_to_us_by_itself(public: Client) -> None:
    channel_id = connected(public, "woocommerce", url="https://127.0.0.1:9")
    question = asked(public, channel_id)
    assert question == {
        "app_name": "Tallystick",
        "scope": "read_write",
        "user_id": question["user_id"],
        "return_url": "https://stock.example.org/oauth/woocommerce/done",
        "callback_url": "https://stock.example.org/oauth/woocommerce/callback",
    }
    keys = {"key_id": 1, "user_id": question["user_id"], "consumer_key": "ck_1", "consumer_secret": "cs_1", "key_permissions": "read_write"}
    for useless in ({}, keys | {"user_id": "guessed"}, keys | {"user_id": 7}, []):
        problem(public.post("/oauth/woocommerce/callback", useless, token=None), 409, "consent_unknown")
    assert public.post("/oauth/woocommerce/callback", keys, token=None).status_code == 200
    assert let_in(public, channel_id) == {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
    assert "Thank you" in public.get("/oauth/woocommerce/done", params={"success": "1"}, token=None).text
    assert "didn't let" in public.get("/oauth/woocommerce/done", params={"success": "0"}, token=None).text
    problem(public.post("/oauth/woocommerce/callback", keys | {"note": "x" * 30_000}, token=None), 413, "too_large")


def test_where_a_browser_is_of_no_use_it_is_said_what_is(client: Client) -> None:
    shopify = connected(client, "shopify", shop="mugs", base_url="http://127.0.0.1:9")
    said: Any = problem(client.post(f"/v1/channels/{shopify}/consent"), 409, "consent_failed")
    assert "PATCH" in said["detail"]
    woo = connected(client, "woocommerce", url="https://127.0.0.1:9")
    said = problem(client.post(f"/v1/channels/{woo}/consent"), 409, "consent_failed")
    assert "TALLYSTICK_PUBLIC_URL" in said["detail"]
