"""The sandbox's Etsy shop against what is documented of it, and the adapter and the lanes against the shop."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from app import chance
from app.api import consents
from app.channels.base import Connection, Delivery, Entry, NoUse, Outcome, TryLater, WriteRequest
from app.channels.etsy import Etsy
from app.database import Database
from app.domain import channels, exceptions
from app.sandbox.etsy import EtsyShop
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.server import served
from app.sandbox.shop import Variant
from app.sync import preview
from tests.channels.etsy import connected
from tests.channels.woo import MemoryVault
from tests.world import World, world

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
OURS = "https://us.example/webhooks/channel-1"


@pytest.fixture
def source() -> Iterator[chance.Seeded]:
    with chance.installed(chance.Seeded(7, START)) as seeded:
        assert isinstance(seeded, chance.Seeded)
        yield seeded


@pytest.fixture
def shop(source: chance.Seeded) -> EtsyShop:
    return EtsyShop(name="mugs", currency="USD")


def joined(shop: EtsyShop, faults: Faults | None = None) -> Etsy:
    return connected(ShopTransport(shop, faults), vault=MemoryVault(**shop.credentials()))


def tees(shop: EtsyShop, *quantities: int) -> list[Variant]:
    tee = shop.add_listing("Tee", along=True)
    return [shop.add(f"TEE-{n}", quantity, parent=tee.id, option=f"Size {n}") for n, quantity in enumerate(quantities)]


def asked(shop: EtsyShop, method: str, path: str, **more: Any) -> httpx.Response:
    kept = shop.credentials()
    headers = {"x-api-key": f"{shop.keystring}:{shop.shared_secret}", "authorization": f"Bearer {kept['access_token']}"}
    return shop.handle(httpx.Request(method, f"{shop.url}/v3/application/{path}", headers=headers | more.pop("headers", {}), **more))


def written(of: Mapping[str, Any]) -> dict[str, Any]:
    """An inventory that was read, as a request has it."""
    products = [
        {
            "sku": product["sku"],
            "property_values": [
                {name: each for name, each in value.items() if name != "scale_name"} for value in product["property_values"]
            ],
            "offerings": [
                {
                    "price": each["price"]["amount"] / each["price"]["divisor"],
                    "quantity": each["quantity"],
                    "is_enabled": each["is_enabled"],
                    "readiness_state_id": each["readiness_state_id"],
                }
                for each in product["offerings"]
            ],
        }
        for product in of["products"]
    ]
    return {**of, "products": products}


def write(adapter: Etsy, *changes: tuple[Variant, int, int]) -> Outcome:
    """(variant, expected, value): the numbers of one listing, in one write."""
    unit = changes[0][0].more["parent"]
    entries = [Entry(variant.counter, value - expected, expected, value) for variant, expected, value in changes]
    (result,) = adapter.write_quantities([WriteRequest(unit, entries, "key", adapter.compose(unit, entries, "key"))])
    return result.outcome


# The shop


def spoilt(document: dict[str, Any], **offering: Any) -> dict[str, Any]:
    document["products"][0]["offerings"][0] |= offering
    return document


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda document: {}, "isn't valid"),
        (lambda document: spoilt(document, offering_id=1), "readiness_state_id"),
        (lambda document: spoilt(document, readiness_state_id=None), "needed for physical goods"),
        (lambda document: spoilt(document, price={"amount": 1000, "divisor": 100}), "decimal"),
        (lambda document: spoilt(document, price=11.0), "price_on_property is empty"),
        (lambda document: {**document, "products": [{**document["products"][0], "product_id": 1}]}, "product_id isn't allowed"),
        (lambda document: json.loads(json.dumps(document).replace("Size 0", "Size (0)")), "property value"),
        (lambda document: json.loads(json.dumps(document).replace('"quantity": 5', '"quantity": 0')), "must have quantity greater than 0"),
    ],
)
def test_an_inventory_that_isnt_as_documented_is_refused_whole(shop: EtsyShop, spoil: Any, says: str) -> None:
    small, medium = tees(shop, 5, 5)
    path = f"listings/{small.more['parent']}/inventory"
    answer = asked(shop, "PUT", path, json=spoil(written(asked(shop, "GET", path).json())))
    assert (answer.status_code, says in answer.json()["error"]) == (400, True), answer.json()
    assert [shop.counters[each.counter] for each in (small, medium)] == [5, 5]


def test_a_variant_that_is_left_out_of_an_inventory_is_gone(shop: EtsyShop) -> None:
    small, medium = tees(shop, 5, 5)
    path = f"listings/{small.more['parent']}/inventory"
    document = written(asked(shop, "GET", path).json())
    assert asked(shop, "PUT", path, json={**document, "products": document["products"][1:]}).status_code == 200
    assert (small.id in shop.variants, medium.id in shop.variants, shop.counters[small.counter]) == (False, True, 0)


def test_what_being_dark_and_coming_back_costs_is_counted(shop: EtsyShop) -> None:
    mug = shop.add("MUG", 2)
    listing = f"shops/{shop.shop_id}/listings/{mug.counter}"

    def turned(state: str) -> int:
        return asked(shop, "PATCH", listing, data={"state": state}).status_code

    assert (turned("inactive"), shop.counters[mug.counter], shop.buy({mug.id: 1})) == (200, 0, None)
    assert (turned("active"), shop.counters[mug.counter], dict(shop.fees)) == (200, 2, {})
    shop.buy({mug.id: 1})
    assert dict(shop.fees) == {"auto_renewed": 20}  # there is more of it
    shop.buy({mug.id: 1})
    assert (shop.listings[mug.counter].state, dict(shop.fees)) == ("sold_out", {"auto_renewed": 20})
    assert (turned("active"), shop.counters[mug.counter], dict(shop.fees)) == (200, 1, {"auto_renewed": 20, "renewed": 20})
    assert (shop.darkened, shop.brought_back) == (1, 1)
    truth = shop.truth(mug.counter)
    assert truth.counter == truth.opening + truth.granted - truth.counted == 1


def test_a_cancelled_orders_units_come_back_only_to_a_listing_that_is_on_sale(shop: EtsyShop) -> None:
    mug = shop.add("MUG", 2)
    first, second = shop.buy({mug.id: 1}), shop.buy({mug.id: 1})
    assert first and second
    shop.cancel(first)
    assert (shop.listings[mug.counter].state, shop.counters[mug.counter]) == ("sold_out", 0)
    shop.hand_edit(mug.id, 1)
    shop.cancel(second)
    assert shop.counters[mug.counter] == 2


def test_a_message_is_repeated_under_its_id_until_it_is_taken(shop: EtsyShop, source: chance.Seeded) -> None:
    mug = shop.add("MUG", 5)
    shop.add_endpoint(OURS)
    shop.buy({mug.id: 1})
    found = []
    for waits_s in (0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000):
        source.advance(timedelta(seconds=waits_s))
        (message,) = shop.take_deliveries()
        found.append((message.headers["webhook-id"], message.topic, message.attempt))
        shop.delivered(message, 500)
    assert found == [(found[0][0], "order.paid", attempt) for attempt in range(1, 9)]
    assert shop.next_delivery_at() is None
    shop.buy({mug.id: 1})
    (message,) = shop.take_deliveries()
    shop.delivered(message, 410)
    shop.buy({mug.id: 1})
    assert shop.take_deliveries() == []


def test_quotas_are_enforced_and_counted(shop: EtsyShop, source: chance.Seeded) -> None:
    shop.per_second, shop.per_day = 2, 3
    answers = [asked(shop, "GET", "users/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers.get("x-remaining-this-second") for answer in answers] == ["1", "0", None]
    assert answers[2].headers["retry-after"] == "1"
    source.advance(timedelta(seconds=1))
    answers = [asked(shop, "GET", "users/me") for _ in range(2)]
    assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [(200, None), (429, "86399")]
    assert (shop.requests, shop.limited) == (5, 2)


def test_a_refresh_token_is_good_once(shop: EtsyShop) -> None:
    kept = shop.credentials()

    def renewed(token: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "client_id": shop.keystring, "refresh_token": token}
        return shop.handle(httpx.Request("POST", f"{shop.url}/v3/public/oauth/token", data=form))

    first = renewed(kept["refresh_token"])
    assert (first.status_code, first.json()["expires_in"]) == (200, 3600)
    assert renewed(kept["refresh_token"]).status_code == 400
    assert renewed(first.json()["refresh_token"]).status_code == 200


# The adapter and the shop


def test_a_write_leaves_prices_skus_and_other_variants_as_they_are(shop: EtsyShop) -> None:
    small, medium, large = tees(shop, 5, 4, 3)
    medium.price, large.live = 1234, False
    path = f"listings/{small.more['parent']}/inventory"
    before = asked(shop, "GET", path).json()
    assert write(joined(shop), (small, 5, 2)) is Outcome.DONE
    before["products"][0]["offerings"][0]["quantity"] = 2
    assert asked(shop, "GET", path).json() == before


def test_a_siblings_sale_between_planning_and_writing_is_not_undone(shop: EtsyShop) -> None:
    small, medium = tees(shop, 5, 5)
    adapter = joined(shop)
    entries = [Entry(small.counter, -2, 5, 3), Entry(medium.counter, 0, 5, 5)]
    request = WriteRequest(small.more["parent"], entries, "key", adapter.compose(small.more["parent"], entries, "key"))
    shop.buy({medium.id: 5})
    (result,) = adapter.write_quantities([request])
    assert (result.outcome, shop.counters[small.counter], shop.counters[medium.counter]) == (Outcome.DONE, 3, 0)


def test_one_of_several_goes_to_nothing_and_the_listing_stays(shop: EtsyShop) -> None:
    small, medium = tees(shop, 5, 5)
    assert write(joined(shop), (small, 5, 0)) is Outcome.DONE
    assert (shop.listings[small.more["parent"]].state, shop.darkened) == ("active", 0)
    assert [shop.counters[each.counter] for each in (small, medium)] == [0, 5]


def test_a_listing_goes_dark_and_comes_back_and_never_shows_an_old_number(shop: EtsyShop) -> None:
    small, medium = tees(shop, 5, 5)
    adapter = joined(shop)
    assert write(adapter, (small, 5, 0), (medium, 5, 0)) is Outcome.DONE
    assert [each.quantity for each in adapter.read_quantities([small.counter, medium.counter])] == [0, 0]
    shown: list[int] = []
    shop.on_counter = lambda counter: shown.append(shop.counters[medium.counter])  # type: ignore[method-assign]
    assert write(adapter, (small, 0, 2), (medium, 0, 0)) is Outcome.DONE
    assert [shop.counters[each.counter] for each in (small, medium)] == [2, 0]
    assert (set(shown) <= {0}, shop.darkened, shop.brought_back, dict(shop.fees)) == (True, 1, 1, {})


def test_listings_say_what_may_be_written_and_why_the_others_are_left_alone(shop: EtsyShop) -> None:
    on_sale, sold_out = shop.add("MUG", 5, title="Mug"), shop.add("BOWL", 1)
    off, ours, expired = shop.add("CUP", 3), shop.add("JUG", 2), shop.add("VASE", 4)
    download, draft = shop.add("PDF", tracked=False), shop.add("NEW", 1)
    twice = [shop.add("TWICE", 1), shop.add("TWICE", 1)]
    adapter = joined(shop)
    shop.buy({sold_out.id: 1})
    shop.deactivate(off.counter)
    write(adapter, (ours, 2, 0))
    shop.listings[expired.counter].state, shop.listings[draft.counter].state = "expired", "draft"
    found = {each.external_id: each for each in adapter.listings()}
    assert {name: (each.counter, each.quantity, each.live, each.unique) for name, each in found.items()} == {
        on_sale.id: (on_sale.counter, 5, True, True),
        sold_out.id: (sold_out.counter, 0, False, True),
        off.id: (None, None, False, True),
        ours.id: (ours.counter, 0, False, True),
        expired.id: (None, None, False, True),
        download.id: (None, None, True, True),
        **{each.id: (each.counter, 1, True, False) for each in twice},
    }
    whys = [str(found[each.id].why) for each in (off, expired, download)]
    assert [word in why for word, why in zip(("deactivated", "expired", "download"), whys, strict=True)] == [True] * 3
    assert found[on_sale.id].url == f"https://www.etsy.com/listing/{on_sale.counter}"


def test_a_listing_that_was_interrupted_goes_on_where_it_stopped(shop: EtsyShop, source: chance.Seeded) -> None:
    for number in range(5):
        shop.add(f"MUG-{number}", 1)
    shop.per_second = 6
    adapter = joined(shop)
    with pytest.raises(TryLater):  # who it is, four states, and one inventory
        list(adapter.listings())
    source.advance(timedelta(seconds=1))
    with pytest.raises(TryLater) as again:  # four states, and two more
        list(adapter.listings())
    source.advance(timedelta(seconds=1))
    assert (len(list(adapter.listings())), shop.limited, again.value.limited) == (5, 0, True)


def test_a_right_that_is_missing_is_named(shop: EtsyShop) -> None:
    made = shop.grant(frozenset({"listings_r", "shops_r", "transactions_r"}))
    tokens = {"access_token": made.access, "refresh_token": made.refresh}
    adapter = connected(ShopTransport(shop), vault=MemoryVault(**{**shop.credentials(), **tokens}))
    assert adapter.capabilities().missing_scopes == ("listings_w", "transactions_w")
    shop.may_ship = False
    shop.keystring = "another"
    with pytest.raises(NoUse) as told:
        adapter.capabilities()
    assert told.value.code == "credentials"


# The lanes and the shop


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        yield made


def live(here: World, shop: EtsyShop) -> str:
    shop.per_day = 1500  # so it is asked seldom
    return here.connect(ShopTransport(shop), kind="etsy", name="mugs", credentials=shop.credentials())


def open_causes(here: World) -> list[str]:
    def causes(session: Any) -> list[str]:
        e = exceptions.exceptions.c
        return sorted(row.cause for row in session.execute(exceptions.exceptions.select().where(e.closed_at.is_(None))))

    return here.database.look(causes)


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@on_sqlite
def test_the_owner_lets_it_in_by_her_browser_and_what_the_adapter_keeps_is_kept(here: World) -> None:
    shop = EtsyShop(name="mugs")
    app_of_hers = {"keystring": shop.keystring, "shared_secret": shop.shared_secret}
    channel = here.connect(ShopTransport(shop), kind="etsy", name="mugs", credentials=app_of_hers, live=False)
    here.run_for(60)
    assert open_causes(here) == ["channel_refused"]
    adapter = here.channel(channel)
    asked = adapter.consent("https://us.example/oauth/etsy/callback", "done", "state-1")
    assert asked is not None
    came_back = Delivery("GET", {}, b"", shop.agree(asked.url))
    found = adapter.let_in(came_back, asked.keep, "https://us.example/oauth/etsy/callback")
    here.database.run(consents._keep, here.keys, channel, found)
    here.again[channel] = chance.now()
    here.run_for(60)
    row = here.database.look(channels.get, channel)
    kept = here.keys.open_values(row["credentials"])
    assert (row["capabilities"]["account"], kept["shop_id"], kept["keystring"]) == (shop.shop_id, shop.shop_id, shop.keystring)
    assert open_causes(here) == ["shop_setup"]  # messages are set up by hand
    here.run_for(3600)
    assert here.keys.open_values(here.database.look(channels.get, channel)["credentials"])["refresh_token"] == shop.grants[0].refresh
    assert shop.grants[0].refresh != kept["refresh_token"]


def test_over_real_http_it_asks_no_faster_than_it_may() -> None:
    shop = EtsyShop(name="mugs")
    shop.per_second = 10
    mug = shop.add("MUG", 3)
    with served(shop) as url:
        vault = MemoryVault(**shop.credentials())
        adapter = Etsy(Connection("channel-1", {"base_url": url, "order_lag_s": "1"}, vault))
        shop.expire()
        assert (adapter.capabilities().shop_name, adapter.capabilities().feed_lag_s) == ("mugs", 1.0)
        assert [each.quantity for each in adapter.listings()] == [3]
        assert write(adapter, (mug, 3, 0)) is Outcome.DONE
        adapter.close()
    assert (shop.counters[mug.counter], shop.darkened, shop.requests > 10, shop.limited) == (0, 1, True, 0)


@on_sqlite
def test_a_listing_goes_dark_where_there_is_nothing_and_comes_back_by_itself(here: World) -> None:
    here.stocked("MUG", 0)
    shop = EtsyShop(name="mugs")
    mug = shop.add("MUG", 2)
    channel = live(here, shop)
    here.run_for(900)
    assert (shop.listings[mug.counter].state, shop.counters[mug.counter], shop.darkened) == ("inactive", 0, 1)
    here.receive("MUG", 9)
    here.run_for(7200)
    here.check()
    shown = here.counter(channel).shown
    assert (shop.listings[mug.counter].state, shop.counters[mug.counter]) == ("active", shown)
    assert shown > 0
    assert (shop.brought_back, dict(shop.fees), shop.limited, open_causes(here)) == (1, {}, 0, [])


@on_sqlite
def test_the_preview_says_what_being_dark_means_and_costs(here: World) -> None:
    here.stocked("MUG", 0)
    shop = EtsyShop(name="mugs")
    shop.add("MUG", 2, title="Mug")
    here.connect(ShopTransport(shop), kind="etsy", name="mugs", credentials=shop.credentials(), live=False)
    here.run_for(300)
    costs = "Being deactivated and coming back is free on Etsy; a listing that has sold out is renewed for 0.20 USD."
    (found,) = here.database.look(lambda session: preview.items(session, preview.page(session, None, None, 9)))
    text = "Mug is deactivated there, and loses its place until there are units for it (mugs). " + costs
    assert [(each["consequence"], each["text"]) for each in found["counters"]] == [("is_deactivated", text)]
    warnings = {each["code"]: each["text"] for each in here.database.look(preview.summary, None)["warnings"]}
    assert warnings["is_deactivated"] == "1 listings are deactivated, and lose their place until there are units for them. " + costs


@on_sqlite
def test_a_listing_sells_out_is_renewed_and_gets_back_what_was_cancelled(here: World) -> None:
    here.stocked("MUG", 20)
    shop = EtsyShop(name="mugs")
    mug = shop.add("MUG", 2)
    channel = live(here, shop)
    here.run_for(1800)
    shown = shop.counters[mug.counter]
    assert shown > 2
    order = shop.buy({mug.id: shown})
    assert order is not None
    assert shop.listings[mug.counter].state == "sold_out"
    here.run_for(7200)
    here.check()
    assert (shop.listings[mug.counter].state, shop.fees["renewed"], here.level("MUG")["committed"]) == ("active", 20, shown)
    before = shop.counters[mug.counter]
    assert before > 1
    for restocks in (True, False):
        shop.restocks = restocks
        order = shop.buy({mug.id: 1})
        assert order is not None
        here.run_for(600)
        shop.cancel(order)
        here.run_for(3600)
        here.check()
        assert (shop.counters[mug.counter], here.level("MUG")["committed"]) == (here.counter(channel).shown, shown)
    assert (open_causes(here), shop.limited) == ([], 0)


@on_sqlite
def test_a_listing_that_the_shopkeeper_takes_off_sale_is_never_put_back(here: World) -> None:
    here.stocked("MUG", 9)
    shop = EtsyShop(name="mugs")
    mug = shop.add("MUG", 2)
    live(here, shop)
    here.run_for(1800)
    shop.deactivate(mug.counter)
    here.receive("MUG", 20)
    here.run_for(3600)
    here.check()
    assert (shop.listings[mug.counter].state, shop.brought_back) == ("inactive", 0)
    assert (here.level("MUG"), open_causes(here)) == ({"available": 29}, [])  # others have its units


@on_sqlite
def test_a_siblings_sale_in_the_gap_is_counted_and_sold_to_nobody_else(here: World) -> None:
    here.stocked("TEE-0", 30)
    here.stocked("TEE-1", 3)
    shop = EtsyShop(name="tees")
    _small, medium = tees(shop, 2, 2)
    live(here, shop)
    sold: list[str | None] = []
    handle = shop.handle

    def in_the_gap(request: httpx.Request) -> httpx.Response:
        """Between the look and the whole document somebody buys what the document repeats."""
        if request.method == "PUT" and not sold:
            sold.append(shop.buy({medium.id: 1}))
        return handle(request)

    shop.handle = in_the_gap  # type: ignore[method-assign]
    here.run_for(7200)
    here.check()
    truth = shop.truth(medium.counter)
    assert (len(sold), truth.sold, truth.oversold) == (1, 1, 0)
    level = here.level("TEE-1")
    assert level["committed"] == 1
    assert shop.counters[medium.counter] <= level["allotted"]
