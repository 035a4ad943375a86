"""Etsy's messages and answers, word by word. What every channel promises is in `test_etsy_conformance.py`."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app import chance
from app.channels import etsy_orders as orders
from app.channels.base import BadPayload, BadSignature, Entry, Hint, NoUse, Outcome, Parcel, ShipLine, TryLater, WriteRequest, Zero
from app.channels.etsy_listings import replaced, stock_of
from app.domain.capabilities import Budget
from app.domain.money import Money
from app.domain.snapshots import WITHHELD, LineSnapshot, OrderSnapshot
from tests.channels.etsy import SENT_AT, SIGNED, connected, payload, signed
from tests.channels.woo import MemoryVault, Scripted

NOW = datetime.fromtimestamp(SENT_AT, UTC)
USD = {"divisor": 100, "currency_code": "USD"}


@pytest.fixture(autouse=True)
def source() -> Iterator[chance.Seeded]:
    with chance.installed(chance.Seeded(7, NOW)) as seeded:
        assert isinstance(seeded, chance.Seeded)
        yield seeded


# Messages


@pytest.mark.parametrize("off_s", [-300, 0, 300])
def test_a_message_is_let_in_within_five_minutes_of_its_time(source: chance.Seeded, off_s: int) -> None:
    source.advance(timedelta(seconds=300))
    now = chance.now() - timedelta(seconds=300) + timedelta(seconds=off_s)
    with chance.installed(chance.Seeded(7, now)):
        assert connected().verify(signed(payload("order_paid.json"))) == "msg_test_0001"
    for further in (-301, 301):
        with chance.installed(chance.Seeded(7, NOW + timedelta(seconds=further))), pytest.raises(BadSignature):
            connected().verify(signed(payload("order_paid.json")))


def test_an_entry_may_come_without_its_version_and_among_others() -> None:
    body, bare = payload("order_paid.json"), SIGNED.removeprefix("v1,")
    for entries in (bare, f"v1a,{bare} {SIGNED}", f"v1,AAAA  {bare} v1,"):
        assert connected().verify(signed(body, entries)) == "msg_test_0001"
    with pytest.raises(BadSignature):
        connected().verify(signed(body, f"v1a,{bare}"))


@pytest.mark.parametrize("secret", ["", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "whsec_", "whsec_é", "whsec_A", "whpk_AAEC"])
def test_what_is_no_signing_secret_lets_nothing_in(secret: str) -> None:
    with pytest.raises(BadSignature):
        connected(webhook_secret=secret).verify(signed(payload("order_paid.json")))


def test_a_message_names_a_receipt_and_nothing_is_asked_where_it_points() -> None:
    transport = Scripted()
    shop = connected(transport)
    elsewhere = payload("order_paid.json").replace(b"openapi.etsy.com", b"169.254.169.254")
    assert shop.parse(signed(elsewhere)) == (Hint("order", "3456789012"),)
    assert shop.parse(signed(payload("order_canceled.json"))) == (Hint("order", "3456789012"),)
    assert shop.parse(signed(payload("another_shop.json"))) == ()
    assert shop.parse(signed(b'{"event_type":"listing.sold","resource_url":"x","shop_id":12345678}')) == ()
    assert shop.topic(signed(payload("order_paid.json"))) == "order.paid"
    with pytest.raises(BadPayload):
        shop.parse(signed(b'{"event_type":"order.paid","resource_url":"https://x/receipts/abc","shop_id":12345678}'))
    assert transport.asked == []


# Receipts


def receipt(**changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload("receipt.json"))
    line = changed.pop("line", {})
    return {**found, "transactions": [{**found["transactions"][0], **line}], **changed}


def test_a_receipt_reads_as_an_order() -> None:
    assert orders.snapshot(receipt()) == OrderSnapshot(
        external_id="3456789012",
        version=datetime.fromtimestamp(1795343990, UTC),
        paid=True,
        lines=[
            LineSnapshot(
                external_id="4001",
                ordered=2,
                counted_down=2,
                listing="1500000001/9000000001",
                sku="MUG-BLUE",
                title="Mug - Blue",
                unit_price=Money(2500, "USD"),
                discount=Money(500, "USD"),
            )
        ],
        number="3456789012",
        placed_at=datetime.fromtimestamp(1795343900, UTC),
        updated_at=datetime.fromtimestamp(1795343990, UTC),
        ship_by=datetime.fromtimestamp(1795608000, UTC),
        buyer={"name": "Ada Example"},
        ship_to={
            "line1": "1 Sample St",
            "city": "Portland",
            "region": "OR",
            "postal_code": "97201",
            "country": "US",
            "name": "Ada Example",
        },
        amounts={
            "gross": Money(5000, "USD"),
            "discount": Money(500, "USD"),
            "tax": Money(390, "USD"),
            "shipping": Money(500, "USD"),
            "total": Money(5390, "USD"),
        },
        notes={"status": "paid", "payment_method": "cc"},
    )


LEFT = {"is_shipped": True, "status": "completed"}


@pytest.mark.parametrize(
    ("changed", "figures"),
    [  # ordered, cancelled, shipped, counted_down, put_back
        ({"status": "payment processing", "is_paid": False}, (2, 0, 0, 2, 0)),
        ({"status": "canceled"}, (2, 2, 0, 2, 2)),
        ({"status": "Canceled", "is_shipped": True}, (2, 0, 2, 2, 0)),
        ({"status": "partially refunded"}, (2, 0, 0, 2, 0)),
        ({"status": "fully refunded"}, (2, 2, 0, 2, 0)),
        ({**LEFT, "status": "fully refunded"}, (2, 0, 2, 2, 0)),
        (LEFT, (2, 0, 2, 2, 0)),
        ({"line": {"shipped_timestamp": 1795400000}}, (2, 0, 2, 2, 0)),
        ({**LEFT, "line": {"is_digital": True}}, (2, 0, 0, 0, 0)),
        ({"status": "canceled", "line": {"is_digital": True}}, (2, 2, 0, 0, 0)),
    ],
)
def test_a_receipt_is_wanted_cancelled_or_sent_as_a_whole(changed: Mapping[str, Any], figures: tuple[int, ...]) -> None:
    (line,) = orders.snapshot(receipt(**changed)).lines  # type: ignore[misc]
    assert (line.ordered, line.cancelled, line.shipped, line.counted_down, line.put_back) == figures


def test_a_receipt_of_which_nearly_everything_is_withheld_is_still_an_order() -> None:
    nothing = dict.fromkeys(("first_line", "second_line", "city", "state", "zip", "country_iso", "name", "buyer_email", "refunds"))
    bare = {"sku": None, "product_id": None, "expected_ship_date": None, "variations": None, "price": None, "title": None}
    found = orders.snapshot(receipt(**nothing, line=bare, discount_amt=None))
    (line,) = found.lines  # type: ignore[misc]
    assert (line.listing, line.sku, line.title, line.unit_price) == ("1500000001", None, None, None)
    assert (found.buyer, found.ship_to, found.ship_by) == (WITHHELD, WITHHELD, None)
    assert orders.snapshot(receipt(line={"listing_id": 0})).lines[0].listing is None  # type: ignore[index]
    (download,) = orders.snapshot(receipt(line={"is_digital": True})).lines  # type: ignore[misc]
    assert (download.ships, download.listing) == (False, "1500000001")


@pytest.mark.parametrize(
    ("found", "reads"),
    [
        ({"amount": 1250, **USD}, Money(1250, "USD")),
        ({"amount": 1250, "divisor": 1, "currency_code": "JPY"}, Money(1250, "JPY")),
        ({"amount": 125000, "divisor": 100, "currency_code": "JPY"}, Money(1250, "JPY")),
        ({"amount": 1250, "divisor": 1000, "currency_code": "KWD"}, Money(1250, "KWD")),
        ({"amount": 125, "divisor": 100, "currency_code": "KWD"}, Money(1250, "KWD")),
        ({"amount": 1250, "divisor": 0, "currency_code": "USD"}, None),
        ({"amount": 1250, "divisor": 100, "currency_code": "???"}, None),
        (None, None),
    ],
)
def test_money_is_worked_out_exactly_whatever_its_divisor(found: Any, reads: Money | None) -> None:
    assert orders.money(found) == reads


# Tokens


def grant(number: int) -> httpx.Response:
    given = {"access_token": f"111.a{number}", "refresh_token": f"r{number}", "token_type": "Bearer", "expires_in": 3600}
    return httpx.Response(200, json=given)


EMPTY = httpx.Response(200, json={"count": 0, "results": []})


class Watched(MemoryVault):
    """Says what the transport had been asked when something was kept. `stored`: what another holder has put there meanwhile."""

    transport: Scripted
    stored: dict[str, str] = {}  # noqa: RUF012

    def keep(self, changes: Mapping[str, str]) -> None:
        if "access_token" in changes:
            self.asked_before = len(self.transport.asked)
        super().keep({**self.stored, **changes})


def watched(*answers: httpx.Response | Exception, stored: Mapping[str, str] | None = None, **kept: str) -> Watched:
    opens = {"keystring": "key", "shared_secret": "shared", "shop_id": "12345678", "refresh_token": "r0", **kept}
    vault = Watched(**opens)
    vault.transport, vault.stored = Scripted(*answers), dict(stored or {})
    return vault


def test_a_new_refresh_token_is_kept_before_anything_is_done_with_it() -> None:
    vault = watched(grant(1), EMPTY, EMPTY)
    list(connected(vault.transport, vault=vault).orders_since(NOW))
    exchanged, first, _ = vault.transport.asked
    assert vault.asked_before == 1
    assert str(exchanged.url) == "https://api.etsy.com/v3/public/oauth/token"
    assert exchanged.content == b"client_id=key&grant_type=refresh_token&refresh_token=r0"
    assert (first.headers["x-api-key"], first.headers["authorization"]) == ("key:shared", "Bearer 111.a1")
    assert (vault.get("refresh_token"), vault.get("token_expires_at")) == ("r1", str(SENT_AT + 3600))


def test_after_a_crash_the_token_that_was_kept_is_used_and_none_is_asked_for() -> None:
    vault = watched(grant(1), httpx.ConnectError("gone"), EMPTY, EMPTY)
    with pytest.raises(TryLater):
        list(connected(vault.transport, vault=vault).orders_since(NOW))
    list(connected(vault.transport, vault=vault).orders_since(NOW))
    assert [request.headers.get("authorization") for request in vault.transport.asked[1:]] == ["Bearer 111.a1"] * 3


def test_a_token_is_renewed_before_it_dies(source: chance.Seeded) -> None:
    vault = watched(EMPTY, EMPTY, grant(2), EMPTY, EMPTY, access_token="111.a1", token_expires_at=str(SENT_AT + 3600))
    shop = connected(vault.transport, vault=vault)
    source.advance(timedelta(seconds=3479))
    list(shop.orders_since(NOW))
    source.advance(timedelta(seconds=1))
    list(shop.orders_since(NOW))
    assert [request.headers.get("authorization", "-")[-2:] for request in vault.transport.asked] == ["a1", "a1", "-", "a2", "a2"]


def test_what_another_holder_has_renewed_meanwhile_is_taken() -> None:
    fresh = {"access_token": "111.b", "refresh_token": "rb", "token_expires_at": str(SENT_AT + 3000)}
    vault = watched(EMPTY, EMPTY, stored=fresh)
    list(connected(vault.transport, vault=vault).orders_since(NOW))
    assert [request.headers["authorization"] for request in vault.transport.asked] == ["Bearer 111.b"] * 2


def test_threads_renew_one_after_the_other_and_only_one_of_them_asks() -> None:
    vault = watched(grant(1), *[httpx.Response(404, json={"error": "no such receipt"}) for _ in range(8)])
    shop = connected(vault.transport, vault=vault)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: list(shop.fetch_orders([str(number)])), range(8)))
    assert [request.method for request in vault.transport.asked].count("POST") == 1


def test_a_refresh_token_that_is_used_up_asks_for_the_owner() -> None:
    refused = httpx.Response(400, json={"error": "invalid_grant", "error_description": "used"})
    vault = watched(refused)
    with pytest.raises(NoUse, match="consent") as told:
        list(connected(vault.transport, vault=vault).orders_since(NOW))
    assert told.value.code == "credentials"


# Being let in


def test_the_page_of_consent_is_asked_with_the_challenge_of_a_verifier() -> None:
    consent = connected().consent("http://127.0.0.1:8000/oauth/etsy/callback", "done", "state-1")
    asked = httpx.URL(consent.url).params
    verifier = consent.keep["verifier"]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert 43 <= len(verifier) <= 128
    assert (asked["code_challenge"], asked["code_challenge_method"], asked["state"]) == (challenge, "S256", "state-1")
    assert asked["redirect_uri"] == "https://127.0.0.1:8000/oauth/etsy/callback"
    assert asked["scope"] == "listings_r listings_w shops_r transactions_r transactions_w address_r email_r"


# The whole document


def value(property_id: int, number: int, text: str) -> dict[str, Any]:
    names = {"property_name": f"P{property_id}", "scale_name": None}
    return {"property_id": property_id, "value_ids": [number], "values": [text], "scale_id": 19, **names}


def product(number: int, colour: int, size: int, quantity: int, **more: Any) -> dict[str, Any]:
    offering = {"offering_id": number + 1, "quantity": quantity, "is_enabled": True, "is_deleted": False, "readiness_state_id": 77}
    offering |= {"price": {"amount": 1999 + number, **USD}} | more.pop("offering", {})
    values = [value(200, colour, f"c{colour}"), value(100, size, f"s{size}")]
    return {"product_id": number, "sku": f"S-{number}", "is_deleted": False, "offerings": [offering], "property_values": values, **more}


COLOURS = {
    "products": [product(1, 1, 1, 4), product(2, 1, 2, 4), product(3, 2, 1, 7), product(4, 2, 2, 7), product(9, 3, 1, 5, is_deleted=True)],
    "price_on_property": [100],
    "quantity_on_property": [200],
    "sku_on_property": [100, 200],
    "readiness_state_on_property": [],
    "listing": {"listing_id": 55, "state": "active"},
}


def test_variants_that_are_alike_where_quantities_differ_share_a_counter() -> None:
    stock = stock_of("55", COLOURS)
    counters = {counter: [each["product_id"] for each in products] for counter, products in stock.groups.items()}
    assert counters == {"55/200-1": [1, 2], "55/200-2": [3, 4]}
    assert [stock.shows(counter) for counter in counters] == [4, 7]
    shared = stock_of("55", {**COLOURS, "quantity_on_property": []})
    assert list(shared.groups) == ["55"]


def test_a_document_is_repeated_as_it_was_read_but_for_the_quantities_asked() -> None:
    def written(number: int, colour: int, size: int, quantity: int) -> dict[str, Any]:
        values = [
            {"property_id": 200, "value_ids": [colour], "scale_id": 19, "property_name": "P200", "values": [f"c{colour}"]},
            {"property_id": 100, "value_ids": [size], "scale_id": 19, "property_name": "P100", "values": [f"s{size}"]},
        ]
        offering = {"price": (1999 + number) / 100, "quantity": quantity, "is_enabled": True, "readiness_state_id": 77}
        return {"sku": f"S-{number}", "property_values": values, "offerings": [offering]}

    assert replaced(COLOURS, "55", {"55/200-2": 3}) == {
        "products": [written(1, 1, 1, 4), written(2, 1, 2, 4), written(3, 2, 1, 3), written(4, 2, 2, 3)],
        "price_on_property": [100],
        "quantity_on_property": [200],
        "sku_on_property": [100, 200],
        "readiness_state_on_property": [],
    }


# Writing


def inventory(*quantities: int, state: str = "active") -> httpx.Response:
    products = [product(number, number, 1, quantity) for number, quantity in enumerate(quantities, 1)]
    return httpx.Response(
        200, json={**COLOURS, "products": products, "listing": {"listing_id": 55, "state": state, "state_timestamp": SENT_AT}}
    )


TURNED = httpx.Response(200, json={"listing_id": 55, "state": "as asked"})
BROKEN = httpx.Response(503, html="<h1>Sorry</h1>")
SLOW_DOWN = httpx.Response(429, json={"error": "Exceeded"}, headers={"retry-after": "7"})


def refused(status: int, error: str) -> httpx.Response:
    return httpx.Response(status, json={"error": error})


def write(*answers: httpx.Response | Exception, taken_down: str = "", **values: tuple[int, int]) -> tuple[Any, Scripted, str | None]:
    """`c1=(5, 3)`: the first colour's counter, from 5 to 3. Returns the result, what was asked, and what is remembered as taken down."""
    transport = Scripted(*answers)
    kept = {"keystring": "k", "shared_secret": "s", "shop_id": "1", "access_token": "1.a", "token_expires_at": "99999999999"}
    vault = MemoryVault(**kept, taken_down=taken_down)
    shop = connected(transport, vault=vault)
    entries = [Entry(f"55/200-{name[1:]}", value - expected, expected, value) for name, (expected, value) in values.items()]
    (result,) = shop.write_quantities([WriteRequest("55", entries, "key", shop.compose("55", entries, "key"))])
    return result, transport, vault.get("taken_down")


def sent(transport: Scripted) -> list[tuple[str, str]]:
    return [(request.method, request.url.path.removeprefix("/v3/application/")) for request in transport.asked]


def quantities(request: httpx.Request) -> list[int]:
    return [product["offerings"][0]["quantity"] for product in json.loads(request.content)["products"]]


PUT, PATCH, GET = ("PUT", "listings/55/inventory"), ("PATCH", "shops/1/listings/55"), ("GET", "listings/55/inventory")


def test_a_write_looks_first_and_a_siblings_sale_that_it_finds_stays_sold() -> None:
    result, transport, _ = write(inventory(5, 2), inventory(3, 2), c1=(5, 3), c2=(4, 4))
    assert (result.outcome, sent(transport)) == (Outcome.DONE, [GET, PUT])
    assert quantities(transport.asked[1]) == [3, 2]


def test_a_sale_of_what_is_written_makes_the_write_stale() -> None:
    result, transport, _ = write(inventory(4, 2), c1=(5, 3))
    assert (result.outcome, sent(transport)) == (Outcome.STALE, [GET])


def test_nothing_on_offer_is_a_listing_that_is_not_on_sale() -> None:
    result, transport, taken_down = write(inventory(1, 0), TURNED, c1=(1, 0), c2=(0, 0))
    assert (result.outcome, sent(transport), taken_down) == (Outcome.DONE, [GET, PATCH], "55")
    assert transport.asked[1].content == b"state=inactive"


def test_a_listing_comes_back_with_its_number_first_and_old_numbers_are_gone() -> None:
    result, transport, taken_down = write(
        inventory(9, 9, state="inactive"), inventory(2, 0), TURNED, taken_down="55,66", c1=(0, 2), c2=(0, 0)
    )
    assert (result.outcome, sent(transport), taken_down) == (Outcome.DONE, [GET, PUT, PATCH], f"55:{SENT_AT + 900},66")
    assert (quantities(transport.asked[1]), transport.asked[2].content) == ([2, 0], b"state=active")


@pytest.mark.parametrize("taken_down", ["", "66", f"55:{SENT_AT - 1}"])
def test_a_listing_that_a_person_took_off_sale_is_left_alone(taken_down: str) -> None:
    result, transport, _ = write(inventory(9, 9, state="inactive"), taken_down=taken_down, c1=(0, 2))
    assert (result.outcome, result.code, sent(transport)) == (Outcome.REFUSED, "gone", [GET])


def test_a_listing_that_a_lost_request_of_ours_took_down_late_comes_back() -> None:
    result, _, _ = write(inventory(9, 9, state="inactive"), inventory(2, 9), TURNED, taken_down=f"55:{SENT_AT}", c1=(0, 2))
    assert result.outcome is Outcome.DONE


ZERO = refused(400, "One offering must have quantity greater than 0")


@pytest.mark.parametrize(
    ("answers", "outcome", "code", "requests"),
    [
        ([SLOW_DOWN], Outcome.NOT_SENT, "", 1),
        ([BROKEN], Outcome.NOT_SENT, "", 1),
        ([httpx.ReadTimeout("x")], Outcome.NOT_SENT, "", 1),
        ([refused(404, "no such listing")], Outcome.REFUSED, "gone", 1),
        ([refused(403, "token has been revoked")], Outcome.REFUSED, "credentials", 1),
        ([inventory(0, state="inactive"), ZERO], Outcome.REFUSED, "invalid", 2),
        ([inventory(0, state="inactive"), refused(403, "insufficient_scope")], Outcome.REFUSED, "scope", 2),
        ([inventory(0, state="inactive"), SLOW_DOWN], Outcome.LIMITED, "", 2),
        ([inventory(0, state="inactive"), httpx.ReadTimeout("x")], Outcome.UNKNOWN, "", 2),
        ([inventory(0, state="inactive"), httpx.ConnectError("x")], Outcome.NOT_SENT, "", 2),
        ([inventory(0, state="inactive"), BROKEN], Outcome.UNKNOWN, "", 2),
        ([inventory(0, state="inactive"), inventory(2), refused(400, "it needs an image")], Outcome.REFUSED, "invalid", 3),
        ([inventory(0, state="inactive"), inventory(2), httpx.ReadTimeout("x")], Outcome.UNKNOWN, "", 3),
        ([inventory(0, state="inactive"), inventory(2), SLOW_DOWN], Outcome.LIMITED, "", 3),
        ([inventory(0, state="inactive"), inventory(2), httpx.ConnectError("x")], Outcome.NOT_SENT, "", 3),
    ],
)
def test_a_listing_that_comes_back_in_part_comes_to_what_its_last_answer_says(
    answers: list[httpx.Response | Exception], outcome: Outcome, code: str, requests: int
) -> None:
    result, transport, taken_down = write(*answers, taken_down="55", c1=(0, 2))
    assert (result.outcome, result.code, len(transport.asked), taken_down) == (outcome, code, requests, "55")
    assert result.detail


# Quotas


def quota(left_now: int, left_today: int) -> dict[str, str]:
    limits = {"x-limit-per-second": "5", "x-limit-per-day": "5000"}
    return limits | {"x-remaining-this-second": str(left_now), "x-remaining-today": str(left_today)}


def test_what_etsy_lets_us_ask_is_read_and_spent_where_the_risk_is(source: chance.Seeded) -> None:
    shop, me = {"shop_id": 12345678, "shop_name": "Mugs", "currency_code": "USD"}, {"user_id": 111, "shop_id": 12345678}
    scopes = {"scopes": ["listings_r", "listings_w", "shops_r", "transactions_r"]}
    transport = Scripted(*[httpx.Response(200, json=body, headers=quota(4, 1501)) for body in (me, shop, scopes)])
    can = connected(transport).capabilities()
    assert can.budgets == (Budget("writes", 500.0, 86_400.0), Budget("requests", 5000.0, 86_400.0), Budget("requests at once", 5.0, 1.0))
    assert (can.poll_every_s, can.zero, can.subscribes, can.missing_scopes) == (172.8, Zero.DARK, False, ("transactions_w",))
    page = {"count": 0, "results": []}
    low = [httpx.Response(200, json=page, headers=quota(4, 1500)), *[httpx.Response(200, json=page, headers=quota(0, 1499))] * 2]
    shop = connected(Scripted(*low))
    list(shop.orders_since(None))
    with pytest.raises(TryLater) as listing:  # the last 30 % of a day are for orders and writes
        list(shop.listings())
    list(shop.orders_since(None))
    with pytest.raises(TryLater) as poll:
        list(shop.orders_since(None))
    source.advance(timedelta(seconds=1))
    list(shop.orders_since(None))
    assert (listing.value.limited, listing.value.after_s, poll.value.limited, poll.value.after_s) == (True, 900.0, True, 1.0)


# Polling


def test_a_poll_asks_by_time_of_change_and_once_more_for_what_was_cancelled() -> None:
    transport = Scripted(EMPTY, EMPTY)
    list(connected(transport).orders_since(NOW + timedelta(seconds=0.9)))
    first, second = [dict(request.url.params) for request in transport.asked]
    by_time = {
        "min_last_modified": str(SENT_AT),
        "sort_on": "updated",
        "sort_order": "asc",
        "limit": "100",
        "offset": "0",
        "legacy": "false",
    }
    assert (first, second) == (by_time, {**by_time, "was_canceled": "true"})


# Shipping


def parcel(number: str | None = "JD01", carrier: str | None = "Royal Mail", *, complete: bool = True) -> Parcel:
    return Parcel("p-1", "3456789012", [ShipLine("4001", 2)], carrier, number, None, NOW, complete)


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (parcel(), {"send_bcc": False, "tracking_code": "JD01", "carrier_name": "royal-mail"}),
        (parcel(carrier="Pigeon"), {"send_bcc": False, "tracking_code": "JD01", "carrier_name": "other"}),
        (parcel(None), {"send_bcc": False}),
    ],
)
def test_a_parcel_is_told_with_a_carrier_that_etsy_knows(given: Parcel, body: Mapping[str, Any]) -> None:
    transport = Scripted(httpx.Response(200, json=receipt()), httpx.Response(200, json=receipt(**LEFT)))
    connected(transport).ship(given)
    assert json.loads(transport.asked[1].content) == body


def test_a_part_of_an_order_is_for_a_person_because_etsy_would_mark_all_of_it_sent() -> None:
    transport = Scripted(*[httpx.Response(200, json=receipt()) for _ in range(2)])
    connected(transport).ship(parcel(None, complete=False))
    with pytest.raises(NoUse, match="JD01") as told:
        connected(transport).ship(parcel(complete=False))
    assert (told.value.code, [request.method for request in transport.asked]) == ("forbidden", ["GET", "GET"])


def test_a_region_whose_shops_apps_may_not_ship_for_is_for_a_person() -> None:
    transport = Scripted(httpx.Response(200, json=receipt()), refused(403, "not available in this region"))
    with pytest.raises(NoUse, match="yourself") as told:
        connected(transport).ship(parcel())
    assert told.value.code == "forbidden"


def test_a_conflict_over_a_parcel_that_is_known_by_now_is_no_failure() -> None:
    known = receipt(**LEFT, shipments=[{"tracking_code": "JD01", "carrier_name": "royal-mail"}])
    connected(Scripted(httpx.Response(200, json=receipt()), refused(409, "conflict"), httpx.Response(200, json=known))).ship(parcel())
