"""The eBay adapter by itself: what its messages, its numbers and its refusals mean. What every channel promises is in the suite."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app import chance
from app.channels import ebay_orders
from app.channels.base import (
    BadPayload,
    BadSignature,
    Connection,
    Delivery,
    Entry,
    Hint,
    NoUse,
    Outcome,
    Parcel,
    ShipLine,
    TryLater,
    UnknownKey,
    WriteRequest,
    Zero,
)
from app.channels.ebay import EBay
from app.channels.ebay_inventory import unit_of
from app.channels.ebay_signature import challenge_response
from app.domain.money import Money
from app.domain.snapshots import ABSENT, WITHHELD, LineSnapshot, OrderSnapshot
from app.sandbox.ebay import EbayShop
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.shop import Variant
from tests.channels.ebays import KEY, KID, credentials, joined, message, payload, settings, verified
from tests.channels.woo import MemoryVault, Scripted

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN, ENDPOINT = "sample_verification_token_0123456789_AB", "https://store.example.com/webhooks/ebay"


@pytest.fixture
def source() -> Iterator[chance.Seeded]:
    with chance.installed(chance.Seeded(7, START)) as seeded:
        assert isinstance(seeded, chance.Seeded)
        yield seeded


@pytest.fixture
def shop(source: chance.Seeded) -> EbayShop:
    made = EbayShop()
    made.public_keys[KID] = KEY
    return made


def request(shop: EbayShop, *wanted: tuple[Variant, int], key: str = "k") -> WriteRequest:
    """A write of one SKU's offers."""
    entries = [Entry(each.counter, value - shop.counters[each.counter], shop.counters[each.counter], value) for each, value in wanted]
    offer = shop.offers[wanted[0][0].counter]
    unit = unit_of(offer.sku, offer.group)
    return WriteRequest(unit, entries, key, joined(shop).compose(unit, entries, key))


def put(shop: EbayShop, *wanted: tuple[Variant, int], channel: EBay | None = None) -> Any:
    (result,) = (channel or joined(shop)).write_quantities([request(shop, *wanted)])
    return result


# Whose a message is


def test_the_challenge_is_answered_as_ebays_documentation_works_it_out(shop: EbayShop) -> None:
    expected = "c16fe0e62d1753ee97c260bbcf59e8b941e1d32414f69b90f5180b8c33e129ff"
    code = "a8628072-53fb-4a13-9f2e-6c1d9d6f0b11"
    assert challenge_response(code, TOKEN, ENDPOINT) == expected
    channel = joined(shop, kept={"verification_token": TOKEN, "endpoint": ENDPOINT})
    reply = channel.answer(Delivery("GET", {}, b"", {"challenge_code": code}))
    assert reply is not None
    assert (reply.status, reply.content_type, json.loads(reply.body)) == (200, "application/json", {"challengeResponse": expected})
    assert channel.answer(Delivery("GET", {}, b"")) is None
    assert joined(shop).answer(Delivery("GET", {}, b"", {"challenge_code": code})) is None


def test_a_key_is_fetched_once_and_again_when_its_hour_is_over(shop: EbayShop, source: chance.Seeded) -> None:
    channel, genuine = joined(shop), message(payload("order_confirmation.json"))
    with pytest.raises(UnknownKey) as unknown:
        channel.verify(genuine)
    assert unknown.value.status == 412
    asked = ("notification", shop.today())
    assert verified(channel, genuine) == "7f2b3c1e-0d6a-4d58-9f7b-2c8a5e1f0a01_5d0c4a1b-6a0e-4a6f-8d35-19b6f0c2d7e4"
    for _ in range(3):
        assert channel.verify(genuine)
    assert shop.calls[asked] == 1
    source.advance(timedelta(minutes=61))
    assert verified(channel, genuine)
    assert shop.calls[asked] == 2


@pytest.mark.parametrize("kid", ["../../order", "", "a b", "é", "x" * 65, 7, None])
def test_what_isn_t_a_keys_name_never_comes_near_an_address(shop: EbayShop, kid: Any) -> None:
    header = base64.b64encode(json.dumps({"kid": kid, "signature": "AAAA"}).encode()).decode()
    with pytest.raises(BadSignature) as refused:
        joined(shop).verify(message(payload("order_confirmation.json"), header))
    assert not isinstance(refused.value, UnknownKey)
    assert refused.value.status == 412


def test_strangers_can_t_have_us_fetch_without_end_and_don_t_shut_the_real_key_out(shop: EbayShop, source: chance.Seeded) -> None:
    channel, genuine = joined(shop), message(payload("order_confirmation.json"))
    assert verified(channel, genuine)
    came: list[type[Exception]] = []
    source.advance(timedelta(minutes=61))
    for n in range(20):
        header = base64.b64encode(json.dumps({"kid": f"made-up-{n}", "signature": "AAAA"}).encode()).decode()
        with pytest.raises((BadSignature, TryLater)) as refused:
            verified(channel, message(b"{}", header))
        came.append(type(refused.value))
    assert came == [BadSignature] * 3 + [TryLater] * 17
    assert shop.calls["notification", shop.today()] == 1 + 3
    assert verified(channel, genuine)


def test_the_key_says_with_which_digest_and_no_other_kind_of_key_will_do(shop: EbayShop) -> None:
    ours, body = ec.derive_private_key(7, ec.SECP256R1()), b'{"notification":{"notificationId":"n-1"}}'
    pem = ours.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def answers(**key: str) -> EBay:
        told = {"key": pem.replace("\n", ""), "algorithm": "ECDSA", "digest": "SHA1"} | key
        token = {"access_token": "t", "expires_in": 7200, "token_type": "Application Access Token"}
        answers = Scripted(httpx.Response(200, json=token), httpx.Response(200, json=told))
        return EBay(Connection("channel-1", {}, MemoryVault(client_id="a", client_secret="b"), answers))

    def signed(digest: hashes.HashAlgorithm) -> Delivery:
        said = {"alg": "ecdsa", "kid": "k-1", "signature": base64.b64encode(ours.sign(body, ec.ECDSA(digest))).decode(), "digest": "SHA1"}
        return message(body, base64.b64encode(json.dumps(said).encode()).decode())

    assert verified(answers(), signed(hashes.SHA1())) == "n-1"
    assert verified(answers(digest="SHA256"), signed(hashes.SHA256())) == "n-1"
    with pytest.raises(BadSignature):
        verified(answers(), signed(hashes.SHA256()))
    other = ec.derive_private_key(7, ec.SECP384R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    for wrong in (
        {"key": "-----BEGIN PUBLIC KEY-----AAAA-----END PUBLIC KEY-----"},
        {"digest": "MD5"},
        {"algorithm": "RSA"},
        {"key": other},
    ):
        with pytest.raises(TryLater):
            verified(answers(**wrong), signed(hashes.SHA1()))


def test_another_sellers_message_is_no_news(shop: EbayShop) -> None:
    channel = joined(shop, kept={"user_id": "TSTuSeR0001"})
    assert channel.parse(message(payload("order_confirmation.json"))) == [Hint("order", "11-11111-11111")]
    assert channel.parse(message(payload("order_confirmation_of_another_seller.json"))) == ()
    assert channel.parse(message(payload("order_confirmation_two_lines.json"))) == [Hint("order", "22-22222-22222")]  # it names nobody
    assert [each.kind for each in channel.parse(message(payload("account_deletion.json")))] == ["contact_erasure"] * 2  # type: ignore[union-attr]
    with pytest.raises(BadPayload):
        channel.parse(message(payload("order_confirmation_without_order.json")))


# Being let in


def test_a_refresh_asks_for_what_was_agreed_to_and_one_at_a_time(shop: EbayShop, source: chance.Seeded) -> None:
    shop.scopes.discard("https://api.ebay.com/oauth/api_scope/commerce.identity.readonly")
    vault = MemoryVault(**credentials(shop))
    channel = EBay(Connection("channel-1", settings(shop), vault, ShopTransport(shop)))
    list(channel.listings())
    token = vault.kept["access_token"]
    assert joined(shop, kept=vault.kept).read_quantities([]) == []
    list(joined(shop, kept=vault.kept).listings())
    assert shop.calls["token", shop.today()] == 1, "another process takes the one that is kept"
    source.advance(timedelta(hours=2))
    list(channel.listings())
    assert vault.kept["access_token"] != token
    assert shop.calls["token", shop.today()] == 2
    with pytest.raises(NoUse) as refused:
        channel.capabilities()
    assert refused.value.code == "scope"


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (httpx.Response(401, json={"error": "invalid_client"}), NoUse, "credentials"),
        (httpx.Response(400, json={"error": "invalid_grant"}), NoUse, "credentials"),
        (httpx.Response(400, json={"error": "invalid_scope"}), NoUse, "scope"),
        (httpx.Response(500, html="<h1>Sorry</h1>"), TryLater, None),
        (httpx.ReadTimeout("x"), TryLater, None),
    ],
)
def test_without_a_token_a_write_is_known_not_to_have_left(answer: Any, error: type[Exception], code: str | None) -> None:
    def made() -> EBay:
        vault = MemoryVault(client_id="a", client_secret="b", refresh_token="c")
        return EBay(Connection("channel-1", {}, vault, Scripted(answer)))

    with pytest.raises(error):
        list(made().listings())
    entry = Entry("1001", -1, 5, 4)
    (result,) = made().write_quantities([WriteRequest("A#A", [entry], "k", made().compose("A#A", [entry], "k"))])
    assert (result.outcome, result.code) == ((Outcome.REFUSED, code) if code else (Outcome.NOT_SENT, ""))


@pytest.mark.parametrize(
    "wrong", [{"environment": "moon"}, {"base_url": "https://elsewhere.example"}, {"base_url": "x"}, {"order_lag_s": "5"}]
)
def test_settings_that_can_t_be_used_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(NoUse):
        EBay(Connection("channel-1", wrong, MemoryVault()))


def test_it_says_what_the_account_costs_at_zero(shop: EbayShop) -> None:
    kept = joined(shop).capabilities()
    assert (kept.zero, kept.drains, kept.currency, kept.account, kept.warnings) == (Zero.HARMLESS, True, "USD", shop.user_id, ())
    shop.keeps_at_zero = False
    ends = joined(shop).capabilities()
    assert (ends.zero, ends.drains, len(ends.warnings)) == (Zero.ENDS, False, 1)
    assert {budget.name: budget.amount for budget in ends.budgets}["writes of a listing"] <= 250


# Orders


def order(**changed: Any) -> dict[str, Any]:
    return json.loads(payload("order.json")) | changed


def line_of(found: OrderSnapshot) -> LineSnapshot:
    (line,) = found.lines  # type: ignore[misc]
    return line


def test_an_order_reads_as_the_fact_sheet_has_it(source: chance.Seeded) -> None:
    found = ebay_orders.snapshot(order())
    line = line_of(found)
    assert (found.external_id, found.paid, found.version) == ("11-11111-11111", True, datetime(2026, 11, 22, 10, 16, 58, tzinfo=UTC))
    assert found.ship_by == datetime(2026, 11, 25, 7, 59, 59, tzinfo=UTC)
    assert (line.external_id, line.listing, line.sku, line.ordered, line.counted_down) == (
        "10000000000001", "MUG-BLUE@EBAY_US", "MUG-BLUE", 2, 2,
    )  # fmt: skip
    assert (line.unit_price, line.discount) == (Money(2500, "USD"), Money(500, "USD"))
    assert {name: amount.amount for name, amount in found.amounts.items()} == {  # type: ignore[union-attr]
        "gross": 5000, "discount": 500, "tax": 0, "shipping": 450, "total": 4950,
    }  # fmt: skip
    assert found.buyer == {
        "name": "Ada Example", "line1": "1 Sample St", "city": "Portland", "country": "US",
        "email": "0123abc@members.ebay.com", "known_as": "ebay:sample-buyer",
    }  # fmt: skip
    assert found.ship_to["phone"] == "5035550100"  # type: ignore[index, call-overload]


def test_a_line_without_a_sku_is_known_by_its_listing_and_variation(source: chance.Seeded) -> None:
    bare = {name: value for name, value in order()["lineItems"][0].items() if name != "sku"}
    assert line_of(ebay_orders.snapshot(order(lineItems=[bare]))).listing == "110000000001"
    varied = ebay_orders.snapshot(order(lineItems=[bare | {"legacyVariationId": "42"}]))
    assert line_of(varied).listing == "110000000001/42"


def test_how_much_of_a_line_left_is_what_its_shipments_say(source: chance.Seeded) -> None:
    begun = order(orderFulfillmentStatus="IN_PROGRESS")
    begun["lineItems"][0]["lineItemFulfillmentStatus"] = "FULFILLED"
    one = {"fulfillmentId": "F1", "lineItems": [{"lineItemId": "10000000000001", "quantity": 1}]}
    assert line_of(ebay_orders.snapshot(begun, [one])).shipped == 1
    assert line_of(ebay_orders.snapshot(begun, [one, one, one])).shipped == 2
    assert line_of(ebay_orders.snapshot(begun, [])).shipped == 2  # marked as sent, and nobody said how much


def test_money_alone_takes_no_unit_back_unless_all_of_it_was_given_back(source: chance.Seeded) -> None:
    def refunded(value: str, **more: Any) -> int:
        given = order(**more)
        given["lineItems"][0]["refunds"] = [{"amount": {"value": value, "currency": "USD"}, "refundId": "1"}]
        return line_of(ebay_orders.snapshot(given)).cancelled

    assert (refunded("20.0"), refunded("45.0")) == (0, 2)
    assert refunded("1.0", orderPaymentStatus="FULLY_REFUNDED") == 2
    assert refunded("1.0", orderPaymentStatus="FULLY_REFUNDED", orderFulfillmentStatus="FULFILLED") == 0


def test_people_whom_ebay_has_forgotten_stay_known_to_us(source: chance.Seeded) -> None:
    def without(*names: str) -> dict[str, Any]:
        found = order()
        ship_to = found["fulfillmentStartInstructions"][0]["shippingStep"]["shipTo"]
        for contact in (ship_to, found["buyer"]["buyerRegistrationAddress"]):
            for name in names:
                contact.pop(name, None)
        return found

    assert ebay_orders.snapshot(without("email")).buyer["name"] == "Ada Example"  # type: ignore[index, call-overload]
    source.advance(timedelta(days=20))
    assert ebay_orders.snapshot(without("email")).buyer is WITHHELD
    assert ebay_orders.snapshot(without("email")).ship_to["line1"] == "1 Sample St"  # type: ignore[index, call-overload]
    source.advance(timedelta(days=80))
    forgotten = ebay_orders.snapshot(without("email", "fullName", "contactAddress", "primaryPhone"))
    assert (forgotten.buyer, forgotten.ship_to) == (WITHHELD, WITHHELD)
    assert ebay_orders.snapshot(order(pricingSummary={"total": {"value": "1.0", "currency": "ZZZ"}})).amounts is ABSENT


def test_what_was_asked_about_a_cancellation_is_fetched_by_itself(shop: EbayShop) -> None:
    mug = shop.add("MUG", 5)
    bought = shop.buy({mug.id: 2})
    assert bought is not None
    shop.cancel(bought)
    (page,) = joined(shop).orders_since(START - timedelta(minutes=10))
    (found,) = page.orders
    assert (found.cancel_reason, found.notes["cancelState"]) == ("buyer_asked_cancel", "CANCELED")
    assert (line_of(found).cancelled, line_of(found).put_back, shop.counters[mug.counter]) == (2, 0, 3)


# Numbers


def test_what_buyers_see_is_the_smaller_number(shop: EbayShop) -> None:
    mug, cup = shop.add("MUG", 5), shop.add("CUP", 9)
    shop.set_numbers("MUG", 3, {}, kind=next(iter(shop.log)).kind)
    listed = {each.external_id: each for each in joined(shop).listings()}
    assert {name: each.quantity for name, each in listed.items()} == {"MUG@EBAY_US": 3, "CUP@EBAY_US": 9}
    readings = joined(shop).read_quantities([cup.counter, "7", mug.counter])
    assert [each.quantity for each in readings] == [9, None, 3]
    assert put(shop, (mug, 4)).outcome is Outcome.DONE
    assert (shop.items["MUG"], shop.offers[mug.counter].quantity, shop.counters[mug.counter]) == (4, 4, 4)


@pytest.mark.parametrize("item_falls", [True, False])
def test_one_code_on_two_sites_is_two_numbers_written_together(shop: EbayShop, item_falls: bool) -> None:
    """Neither a sale on one of them nor a write raises what the other shows, whatever a sale does to the item that they share."""
    shop.item_falls = item_falls
    us, uk = shop.add("MUG", 5), shop.add("MUG", 5, site="EBAY_GB")
    listed = {each.external_id: each for each in joined(shop).listings()}
    assert {each.unit for each in listed.values()} == {"MUG#MUG"}
    assert [listed[each.id].counter for each in (us, uk)] == [us.counter, uk.counter]
    assert put(shop, (us, 4), (uk, 3)).outcome is Outcome.DONE
    assert (shop.items["MUG"], shop.counters[us.counter], shop.counters[uk.counter]) == (7, 4, 3)
    assert shop.buy({us.id: 4}) is not None
    assert [each.quantity for each in joined(shop).read_quantities([us.counter, uk.counter])] == [0, 3]
    assert shop.buy({us.id: 1}) is None
    assert shop.buy({uk.id: 3}) is not None


def test_variations_are_units_of_their_own_and_one_listing_to_the_limit(shop: EbayShop) -> None:
    small, large = shop.add("TEE-S", 5, group="TEE#1"), shop.add("TEE-L", 5, group="TEE#1")
    units = {each.sku: each.unit for each in joined(shop).listings()}
    assert units == {"TEE-S": "TEE%231#TEE-S", "TEE-L": "TEE%231#TEE-L"}
    assert put(shop, (small, 2)).outcome is put(shop, (large, 1)).outcome is Outcome.DONE
    assert shop.revisions == {(shop.offers[small.counter].listing, shop.today()): 2}


def test_failures_inside_a_success_are_each_its_own(shop: EbayShop) -> None:
    variants = [shop.add(f"SKU-{n}", 5) for n in range(30)]
    requests = [request(shop, (each, 3), key=str(n)) for n, each in enumerate(variants)]
    shop.remove(variants[4].id)
    shop.offers[variants[7].counter].published = False
    before = shop.calls["inventory", shop.today()]
    results = joined(shop).write_quantities(requests)
    assert shop.calls["inventory", shop.today()] - before == 2, "25 and 5"
    wrong = {n: result for n, result in enumerate(results) if result.outcome is not Outcome.DONE}
    assert {n: (result.outcome, result.code) for n, result in wrong.items()} == {
        4: (Outcome.REFUSED, "gone"),
        7: (Outcome.REFUSED, "gone"),
    }


@pytest.mark.parametrize(
    ("entries", "value", "outcome", "code"),
    [
        ([{"statusCode": 200, "offerId": "1001"}], 3, Outcome.DONE, ""),
        ([{"statusCode": 500, "offerId": "1001", "errors": [{"errorId": 25001}]}], 3, Outcome.UNKNOWN, "partial"),
        ([{"statusCode": 500, "offerId": "1001", "errors": [{"errorId": 25025}]}], 3, Outcome.REFUSED, "25025"),
        ([{"statusCode": 400, "offerId": "1001", "errors": [{"errorId": 25713}]}], 3, Outcome.REFUSED, "gone"),
        ([{"statusCode": 400, "sku": "A", "errors": [{"errorId": 25759, "message": "auction"}]}], 3, Outcome.REFUSED, "25759"),
        ([], 3, Outcome.UNKNOWN, "partial"),
        ([{"statusCode": 200, "offerId": "7"}], 3, Outcome.UNKNOWN, "partial"),
    ],
)
def test_an_entry_of_a_bulk_answer_means_what_it_says(entries: list[Any], value: int, outcome: Outcome, code: str) -> None:
    kept = MemoryVault(access_token=json.dumps({"token": "t", "until": 9e12}))
    channel = EBay(Connection("c", {"out_of_stock_control": "yes"}, kept, Scripted(httpx.Response(207, json={"responses": entries}))))
    entry = Entry("1001", value - 5, 5, value)
    (result,) = channel.write_quantities([WriteRequest("A#A", [entry], "k", channel.compose("A#A", [entry], "k"))])
    assert (result.outcome, result.code) == (outcome, code)


def test_a_batch_that_is_refused_as_a_whole_goes_one_by_one(shop: EbayShop) -> None:
    mug, cup = shop.add("MUG", 5), shop.add("CUP", 5)
    requests = [request(shop, (mug, 3)), request(shop, (cup, 3))]
    requests[1].body["offers"][0]["availableQuantity"] = -1
    results = joined(shop).write_quantities(requests)
    assert [(each.outcome, each.code) for each in results] == [(Outcome.DONE, ""), (Outcome.REFUSED, "25709")]
    assert (shop.counters[mug.counter], shop.counters[cup.counter]) == (3, 5)


def test_a_zero_that_had_no_effect_is_found_out(shop: EbayShop) -> None:
    mug = shop.add("MUG", 5)
    shop.ignores = 1.0
    result = put(shop, (mug, 0))
    assert (result.outcome, result.code, shop.counters[mug.counter]) == (Outcome.UNKNOWN, "without_effect", 5)
    shop.ignores = 0.0
    assert put(shop, (mug, 0)).outcome is Outcome.DONE


# Zero without out-of-stock control


@pytest.fixture
def ending(shop: EbayShop) -> EbayShop:
    shop.keeps_at_zero = False
    return shop


def test_zero_ends_the_listing_and_it_comes_back_under_another_number_with_no_more_than_was_wanted(ending: EbayShop) -> None:
    mug = ending.add("MUG", 5)
    listing, most = ending.offers[mug.counter].listing, 0
    assert put(ending, (mug, 0)).outcome is Outcome.DONE
    assert (ending.offers[mug.counter].published, ending.offers[mug.counter].quantity, ending.items["MUG"]) == (False, 5, 0)
    assert joined(ending).read_quantities([mug.counter])[0].quantity == 0

    class Watched(ShopTransport):
        def handle_request(self, asked: httpx.Request) -> httpx.Response:
            nonlocal most
            answer = super().handle_request(asked)
            most = max(most, ending.counters[mug.counter])
            return answer

    channel = EBay(Connection("channel-1", settings(ending), MemoryVault(**credentials(ending)), Watched(ending)))
    assert put(ending, (mug, 2), channel=channel).outcome is Outcome.DONE
    assert (ending.counters[mug.counter], most) == (2, 2)
    assert ending.offers[mug.counter].listing != listing
    (found,) = joined(ending).listings()
    assert (found.external_id, found.counter, found.quantity) == (mug.id, mug.counter, 2)
    assert found.url == f"https://www.ebay.com/itm/{ending.offers[mug.counter].listing}"


@pytest.mark.parametrize("publishes_zero", [True, False])
def test_what_is_bought_out_has_ended_and_comes_back_too(ending: EbayShop, publishes_zero: bool) -> None:
    ending.publishes_zero = publishes_zero
    mug = ending.add("MUG", 1)
    assert ending.buy({mug.id: 1}) is not None
    assert not ending.offers[mug.counter].published
    assert put(ending, (mug, 2)).outcome is Outcome.DONE
    assert ending.counters[mug.counter] == 2


def test_a_listing_that_a_person_ended_is_left_alone(ending: EbayShop) -> None:
    mug = ending.add("MUG", 5)
    ending.withdraw(mug.counter)
    assert joined(ending).read_quantities([mug.counter])[0].quantity is None
    (found,) = joined(ending).listings()
    assert (found.counter, found.live) == (None, False)
    assert found.why
    entry = Entry(mug.counter, -2, 5, 3)
    unit = unit_of("MUG", None)
    (result,) = joined(ending).write_quantities([WriteRequest(unit, [entry], "k", joined(ending).compose(unit, [entry], "k"))])
    assert (result.outcome, result.code, ending.counters[mug.counter]) == (Outcome.REFUSED, "gone", 0)


@pytest.mark.parametrize("where", ["bulk", "publish"])
@pytest.mark.parametrize("fault", ["fail_before", "fail_after"])
def test_coming_back_without_an_answer_is_of_unknown_outcome_and_shows_no_more_than_was_wanted(
    ending: EbayShop, where: str, fault: str
) -> None:
    mug = ending.add("MUG", 5)
    put(ending, (mug, 0))
    left = 1  # one request goes wrong
    faults = Faults(only=lambda asked: where in asked.url.path and left > 0)

    class Once(ShopTransport):
        def handle_request(self, asked: httpx.Request) -> httpx.Response:
            nonlocal left
            try:
                return super().handle_request(asked)
            except httpx.ReadTimeout:
                left -= 1
                raise

    channel = EBay(Connection("channel-1", settings(ending), MemoryVault(**credentials(ending)), Once(ending, faults)))
    setattr(faults, fault, 1.0)
    assert put(ending, (mug, 2), channel=channel).outcome is Outcome.UNKNOWN
    assert channel.read_quantities([mug.counter])[0].quantity == ending.counters[mug.counter] == 0
    assert put(ending, (mug, 2), channel=channel).outcome is Outcome.DONE
    assert ending.counters[mug.counter] == 2


def test_a_zero_whose_answer_was_lost_is_repeated_until_it_is_sure(ending: EbayShop) -> None:
    mug = ending.add("MUG", 5)
    faults = Faults(only=lambda asked: "withdraw" in asked.url.path, fail_after=1.0)
    channel, zero = joined(ending, faults), request(ending, (mug, 0))
    assert channel.write_quantities([zero])[0].outcome is Outcome.UNKNOWN
    assert not ending.offers[mug.counter].published
    assert channel.write_quantities([zero])[0].outcome is Outcome.DONE
    assert channel.read_quantities([mug.counter])[0].quantity == 0


# Parcels


def test_a_parcel_is_told_with_letters_and_digits_alone(shop: EbayShop, source: chance.Seeded) -> None:
    mug = shop.add("MUG", 5)
    bought = shop.buy({mug.id: 3})
    assert bought is not None
    line = shop.orders[bought].lines[0].id

    def sent(n: int, units: int, carrier: str | None, number: str | None) -> None:
        parcel = Parcel(f"parcel-{n}", bought, [ShipLine(line, units)], carrier, number, None, chance.now(), complete=False)
        for _ in range(2):
            joined(shop).ship(parcel)

    sent(1, 1, "Royal Mail", "AB 12-34")
    sent(2, 1, None, None)
    sent(3, 1, None, "777")
    told = [(each.carrier, each.tracking_number) for each in shop.orders[bought].fulfilments]
    assert told == [("RoyalMail", "AB1234"), (None, None), ("Other", "777")]
    (found,) = joined(shop).fetch_orders([bought])
    assert line_of(found).shipped == 3
