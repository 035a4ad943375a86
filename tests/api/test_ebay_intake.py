"""eBay at our door: a consent by browser, a challenge, and messages whose key has to be fetched before they are believed."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from app.sandbox.ebay import EbayShop
from app.sandbox.faults import Faults
from app.sandbox.server import served
from tests.api.client import Client, problem
from tests.channels.ebays import payload

# What is stored is stored like every channel's: one database will do.
pytestmark = pytest.mark.parametrize("client", ["sqlite"], indirect=True, scope="module")

TOKEN, ENDPOINT = "sample_verification_token_0123456789_AB", "https://store.example.com/webhooks/ebay"
BODY = payload("order_confirmation.json")


@pytest.fixture(scope="module")
def faults() -> Faults:
    return Faults()


@pytest.fixture(scope="module")
def shop(faults: Faults) -> Iterator[tuple[EbayShop, str]]:
    shop = EbayShop()
    with served(shop, faults=faults) as url:
        yield shop, url


def joined(client: Client, shop: tuple[EbayShop, str], name: str) -> dict[str, Any]:
    there, url = shop
    draft = {
        "kind": "ebay",
        "name": name,
        "settings": {"ru_name": there.ru_name, "base_url": url},
        "credentials": {"client_id": there.client_id, "client_secret": there.secret, "verification_token": TOKEN, "endpoint": ENDPOINT},
    }
    made: dict[str, Any] = client.made("/v1/channels", draft | {"locations": ["STUDIO"]})
    return made


def told(client: Client, channel: dict[str, Any], body: bytes, signature: str) -> Any:
    headers = {"content-type": "application/json", "x-ebay-signature": signature}
    return client.send("POST", f"/webhooks/{channel['id']}", token=None, content=body, headers=headers)


def test_the_owner_lets_us_in_with_her_browser(client: Client, shop: tuple[EbayShop, str]) -> None:
    channel = joined(client, shop, "eBay, by browser")
    before = len(shop[0].tokens)
    asked = client.post(f"/v1/channels/{channel['id']}/consent").json()
    assert asked["url"].startswith("https://auth.ebay.com/oauth2/authorize?")
    answer = client.send("GET", "/oauth/ebay/callback", token=None, params=shop[0].agrees(asked["url"]))
    assert (answer.status_code, shop[0].codes) == (200, {})
    assert len(shop[0].tokens) > before


def test_the_challenge_is_answered(client: Client, shop: tuple[EbayShop, str]) -> None:
    channel = joined(client, shop, "eBay, challenged")
    answer = client.send("GET", f"/webhooks/{channel['id']}", token=None, params={"challenge_code": "abc"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"challengeResponse": hashlib.sha256(f"abc{TOKEN}{ENDPOINT}".encode()).hexdigest()}


def test_a_signed_message_is_kept_once_its_key_is_there_and_a_forged_one_hears_412(
    client: Client, shop: tuple[EbayShop, str], faults: Faults
) -> None:
    there, _ = shop
    channel, genuine = joined(client, shop, "eBay, told"), there.signature(BODY)
    faults.broken = 1.0
    later = told(client, channel, BODY, genuine)
    faults.broken = 0.0
    problem(later, 503, "channel_not_ready")
    before = there.calls["notification", there.today()]
    assert [told(client, channel, BODY, genuine).status_code for _ in range(3)] == [200, 200, 200]
    assert there.calls["notification", there.today()] - before in (1, 2)  # with its first token the adapter is made anew
    problem(told(client, channel, BODY + b" ", genuine), 412, "bad_signature")
    problem(told(client, channel, BODY, ""), 412, "bad_signature")
    unknown = base64.b64encode(json.dumps({"kid": "nobodys", "signature": "AAAA"}).encode()).decode()
    problem(told(client, channel, BODY, unknown), 412, "bad_signature")
