"""The sandbox's eBay: what it refuses and counts; and its seller's shop in a store, from a sale to a buyer who leaves."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app import chance
from app.channels import ebay
from app.channels.base import Delivery, NoUse, TryLater
from app.database import Database
from app.domain import contacts
from app.domain import store as books
from app.sandbox.ebay import CONFIRMATION, DELETION, REVISIONS, EbayShop
from app.sandbox.faults import ShopTransport
from app.sandbox.shop import Outgoing
from tests.channels.conformance import heard
from tests.channels.ebays import credentials, joined, settings, verified
from tests.world import CAUSE, World, world

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
OURS = "https://us.example/webhooks/channel-1"


@pytest.fixture
def source() -> Iterator[chance.Seeded]:
    with chance.installed(chance.Seeded(7, START)) as seeded:
        assert isinstance(seeded, chance.Seeded)
        yield seeded


@pytest.fixture
def shop(source: chance.Seeded) -> EbayShop:
    return EbayShop()


def asked(shop: EbayShop, method: str, path: str, body: Any = None, *, who: str = "user", **headers: str) -> httpx.Response:
    """A request with a token of that kind."""
    token = next((each for each, made in shop.tokens.items() if made[0] == who), None)
    if token is None:
        grant = (
            {"grant_type": "client_credentials"} if who == "app" else {"grant_type": "refresh_token", "refresh_token": shop.refresh_token}
        )
        form = httpx.Request("POST", f"{shop.url}/identity/v1/oauth2/token", data=grant)
        form.headers["authorization"] = httpx.BasicAuth(shop.client_id, shop.secret)._auth_header
        token = shop.handle(form).json()["access_token"]
    headers |= {"authorization": f"Bearer {token}"}
    return shop.handle(httpx.Request(method, shop.url + path, json=body, headers=headers))


def codes(answer: httpx.Response) -> list[int]:
    return [error["errorId"] for error in answer.json()["errors"]]


def taken(shop: EbayShop, source: chance.Seeded, seconds: float = 10) -> list[Outgoing]:
    source.advance(timedelta(seconds=seconds))
    return shop.take_deliveries()


def sold(shop: EbayShop) -> str:
    order = shop.buy({shop.add("MUG", 5).id: 1})
    assert order is not None
    return order


# What it refuses and counts


def test_a_listing_is_revised_250_times_a_day_and_no_more(shop: EbayShop, source: chance.Seeded) -> None:
    mug = shop.add("MUG", 5)

    def revised() -> httpx.Response:
        offers = [{"offerId": mug.counter, "availableQuantity": 3}]
        return asked(shop, "POST", "/sell/inventory/v1/bulk_update_price_quantity", {"requests": [{"sku": "MUG", "offers": offers}]})

    assert {revised().status_code for _ in range(REVISIONS)} == {200}
    assert (revised().status_code, shop.over_limit) == (207, 1)
    source.advance(timedelta(days=1))
    shop.tokens.clear()
    assert revised().status_code == 200


def test_requests_beyond_a_days_budget_are_refused_and_counted(shop: EbayShop) -> None:
    shop.limits["fulfillment"] = 2
    answers = [asked(shop, "GET", "/sell/fulfillment/v1/order") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (codes(answers[-1]), shop.over_limit, shop.calls["fulfillment", shop.today()]) == ([2001], 1, 2)
    with pytest.raises(TryLater) as later:
        joined(shop).capabilities()
    assert later.value.limited


@pytest.mark.parametrize(
    ("method", "path", "body", "who", "status", "code"),
    [
        ("POST", "/sell/inventory/v1/offer/1/publish", None, "user", 411, 2003),
        ("GET", "/sell/inventory/v1/offer", None, "user", 400, 25709),
        ("GET", "/sell/inventory/v1/inventory_item?limit=201", None, "user", 400, 25706),
        ("GET", "/sell/inventory/v1/inventory_item", None, "app", 403, 1100),
        ("GET", "/sell/fulfillment/v1/order?filter=colour:%5Bred%5D", None, "user", 400, 30700),
        ("GET", "/sell/fulfillment/v1/order/77", None, "user", 404, 32100),
        ("POST", "/commerce/notification/v1/destination", {}, "app", 409, 195003),
        ("GET", "/commerce/notification/v1/public_key/x", None, "app", 404, 195001),
        ("GET", "/elsewhere", None, "user", 404, 2002),
    ],
)
def test_it_says_no_in_ebays_words(shop: EbayShop, method: str, path: str, body: Any, who: str, status: int, code: int) -> None:
    answer = asked(shop, method, path, body, who=who)
    assert (answer.status_code, codes(answer)) == (status, [code])


# Messages


def test_a_paid_order_is_told_once_and_three_times_where_nobody_hears(shop: EbayShop, source: chance.Seeded) -> None:
    channel = joined(shop)
    channel.capabilities()
    topics = channel.subscribe(OURS).topics
    assert topics == [DELETION, CONFIRMATION, "AUTHORIZATION_REVOCATION"]
    order = sold(shop)
    attempts: list[Outgoing] = []
    for _ in range(4):
        for message in taken(shop, source, 120):
            assert (message.url, message.topic) == (OURS, CONFIRMATION)
            assert [each.external_id for each in channel.parse(heard(message))] == [order]
            attempts.append(message)
            shop.delivered(message, 500)
    assert [json.loads(each.body)["notification"]["publishAttemptCount"] for each in attempts] == [1, 2, 3]
    assert len({verified(channel, heard(each)) for each in attempts}) == 1


def test_the_deletion_of_an_account_is_told_until_it_is_heard_and_else_the_address_is_marked_down(
    shop: EbayShop, source: chance.Seeded
) -> None:
    channel = joined(shop)
    channel.subscribe(OURS)
    shop.delete_account("sample-buyer", "bUyEr0001")
    attempts = 0
    for _ in range(60):
        for message in taken(shop, source, 1800):
            attempts += 1
            shop.delivered(message, None)
    assert attempts == 48
    assert [each.status for each in shop.destinations.values()] == ["MARKED_DOWN"]
    assert "switched off" in channel.subscribe(OURS).changed[0]
    assert [each.status for each in shop.destinations.values()] == ["ENABLED"]


def test_the_address_proves_itself_with_a_token_that_was_kept_before(shop: EbayShop) -> None:
    channel = joined(shop)

    def asks(address: str) -> bytes | None:
        url = httpx.URL(address)
        assert str(url.copy_with(query=None)) == OURS
        reply = channel.answer(Delivery("GET", {}, b"", dict(url.params)))
        return reply.body if reply else None

    shop.asks = lambda _: b"<h1>Not here</h1>"
    with pytest.raises(TryLater):
        channel.subscribe(OURS)
    shop.asks = asks
    assert channel.subscribe(OURS).topics
    (there,) = shop.destinations.values()
    assert (there.endpoint, len(there.token)) == (OURS, 64)
    assert channel.subscribe(OURS).changed == []


def test_what_stands_in_the_way_of_messages_is_said(shop: EbayShop) -> None:
    for wrong, told in (({"alert_email": ""}, "e-mail"), ({}, "https")):
        with pytest.raises(NoUse, match=told):
            joined(shop, **wrong).subscribe("http://127.0.0.1:8000/webhooks/channel-1")


def test_messages_follow_the_address_and_topics_that_the_keyset_lacks_are_left_out(shop: EbayShop) -> None:
    channel = joined(shop)
    channel.subscribe("https://old.example/webhooks/channel-1")
    shop.subscriptions[max(shop.subscriptions)].status = "DISABLED"
    changed = channel.subscribe(OURS).changed
    assert len(changed) == 2
    assert {each.endpoint for each in shop.destinations.values()} == {OURS}
    assert {each.status for each in shop.subscriptions.values()} == {"ENABLED"}
    del shop.topics[CONFIRMATION]
    assert "found by asking" in channel.subscribe(OURS).changed[-1]


def test_a_consent_that_was_taken_back_is_told_and_no_token_is_good_any_more(shop: EbayShop, source: chance.Seeded) -> None:
    channel = joined(shop)
    user = channel.capabilities().account
    channel.subscribe(OURS)
    shop.revoke()
    (message,) = taken(shop, source)
    assert [(each.kind, each.external_id) for each in channel.parse(heard(message))] == [("uninstalled", user)]
    with pytest.raises(NoUse) as refused:
        channel.capabilities()
    assert refused.value.code == "credentials"


# In a store


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as here:
        yield here


def opened(store: World, shop: EbayShop, units: int) -> str:
    """The shop is connected and live, with so many mugs on the shelf, and nothing is sold elsewhere."""
    store.database.run(books.change, {"own_orders": False}, cause=CAUSE)
    store.stocked("MUG", units)
    return store.connect(ShopTransport(shop), kind="ebay", settings=settings(shop), credentials=credentials(shop))


def carried(store: World, shop: EbayShop, channel_id: str) -> int:
    """Messages arrive, as they would by HTTP."""
    store.run_for(5)
    messages = shop.take_deliveries()
    for message in messages:
        store.deliver(channel_id, heard(message))
        shop.delivered(message, 200)
    store.quiet()
    return len(messages)


def test_a_buyer_who_leaves_ebay_is_erased_with_every_address(store: World) -> None:
    shop = EbayShop()
    mug = shop.add("MUG", 5)
    channel_id = opened(store, shop, 5)
    store.run_for(300)
    leaving, staying = shop.buy({mug.id: 1}), shop.buy({mug.id: 2})
    assert carried(store, shop, channel_id) == 2

    def names() -> list[tuple[str | None, str | None]]:
        rows = store.database.look(
            lambda session: session.execute(select(contacts.contacts).order_by(contacts.contacts.c.id)).mappings().all()
        )
        return sorted(((row["known_as"], row["name"]) for row in rows), key=str)

    there = [(f"ebay:buyer-{order}", name) for order, name in ((leaving, "Mina Sample"), (staying, "Jonas Muster")) for _ in range(2)]
    assert names() == there
    shop.delete_account(f"buyer-{leaving}", "bUyEr0001")
    assert carried(store, shop, channel_id) == 1
    assert names() == [*there[2:], (None, None), (None, None)]
    shop.fulfil(leaving or "")  # it changes once more, and is read again
    store.run_for(300)
    assert names() == [*there[2:], (None, None), (None, None)]
    store.check()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("keeps_at_zero", [True, False])
def test_a_shop_is_filled_sold_empty_and_filled_again_without_a_unit_too_many(store: World, keeps_at_zero: bool) -> None:
    shop = EbayShop(keeps_at_zero=keeps_at_zero)
    mug = shop.add("MUG", 2)
    opened(store, shop, 6)
    numbers, sold = {shop.offers[mug.counter].listing}, 0
    for received in (0, 3):
        if received:
            store.receive("MUG", received)
        for _ in range(3):
            store.run_for(1800)
            numbers.add(shop.offers[mug.counter].listing)
            if shown := shop.counters[mug.counter]:
                assert shop.buy({mug.id: shown}) is not None
                sold += shown
        assert sold == 6 + received, "all of it was on sale, and nothing twice"
    store.check()
    assert shop.truth(mug.counter).oversold == 0
    assert (len(numbers) > 1) is not keeps_at_zero, "only an account without the control gets new listings"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_listing_is_never_written_more_often_than_ebay_allows(store: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its variations share what it may have, also where they are all due at once; and other listings go on."""
    monkeypatch.setattr(ebay, "_REVISIONS", 10.0)
    shop, codes = EbayShop(), [f"TEE-{n}" for n in range(6)]
    store.database.run(books.change, {"own_orders": False}, cause=CAUSE)
    for code in (*codes, "MUG"):
        shop.add(code, 0, group="TEE" if code != "MUG" else None)
        store.stocked(code, 1)
    store.connect(ShopTransport(shop), kind="ebay", settings=settings(shop), credentials=credentials(shop))
    store.run_for(600)
    units = 1
    for _ in range(2):
        units *= 10
        for code in (*codes, "MUG"):
            store.receive(code, units)
        store.run_for(900)
    tees, mugs = (shop.revisions[shop.offers[shop.by_sku(code).counter].listing, shop.today()] for code in ("TEE-0", "MUG"))
    assert (tees, shop.over_limit) == (8, 0), "the last fifth is for what lowers"
    assert mugs >= 3
    store.check()
