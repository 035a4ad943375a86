"""Shopify's messages and answers, word by word."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app import chance
from app.channels import shopify_orders
from app.channels.base import (
    BadPayload,
    BadSignature,
    Connection,
    CountsDown,
    Delivery,
    Entry,
    Hint,
    NoUse,
    Outcome,
    Refuses,
    TryLater,
    WriteMode,
    WriteRequest,
    WriteResult,
)
from app.channels.shopify import Shopify
from app.channels.shopify_graphql import OPERATIONS
from app.domain.money import Money
from app.domain.snapshots import ABSENT, WITHHELD, LineSnapshot, OrderSnapshot
from tests.channels.shopify import (
    LOCATION,
    SECRET,
    MemoryVault,
    Scripted,
    connected,
    data,
    error,
    message,
    payload,
    permanent,
    signed,
    token,
)

VECTOR = b'{"id":6001234567890,"name":"#1042","updated_at":"2026-11-22T10:15:00-05:00"}'
SIGNATURE = "VBIhYIqOyenV/mNSv4GfvJXZcgk1HmZxpwq2/X/YAG4="
ORDER = "6100000000042"
BOWL = "15042000000001"
ITEM = f"51000000000101@{LOCATION}"


# Signatures


def test_the_vector_is_let_in() -> None:
    assert len(VECTOR) == 76
    assert len(connected().verify(message(VECTOR, "orders/updated", x_shopify_hmac_sha256=SIGNATURE))) == 64


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (VECTOR + b"\n", SIGNATURE),
        (VECTOR[:-1], SIGNATURE),
        (VECTOR.replace(b"1042", b"1043"), SIGNATURE),
        (json.dumps(json.loads(VECTOR)).encode(), SIGNATURE),
        (VECTOR, SIGNATURE[:-1]),
        (VECTOR, SIGNATURE.lower()),
        (VECTOR, ""),
        (VECTOR, "é"),
    ],
)
def test_a_forgery_is_turned_away(body: bytes, signature: str) -> None:
    with pytest.raises(BadSignature):
        connected().verify(message(body, "orders/updated", x_shopify_hmac_sha256=signature))


def test_a_message_without_a_signature_is_turned_away() -> None:
    with pytest.raises(BadSignature):
        connected().verify(message(VECTOR, "orders/updated"))


def test_without_any_secret_nothing_is_let_in() -> None:
    with pytest.raises(BadSignature):
        connected(kept={}).verify(signed(VECTOR, "orders/updated", secret=""))


@pytest.mark.parametrize("name", ["client_secret", "client_secret_previous", "api_secret_key"])
def test_every_secret_that_may_still_sign_is_tried(name: str) -> None:
    shop = connected(kept={"client_secret": "shpss_new", "api_secret_key": "shpss_newer"} | {name: SECRET})
    shop.verify(message(VECTOR, "orders/updated", x_shopify_hmac_sha256=SIGNATURE))


def test_a_message_about_another_shop_of_the_same_app_is_turned_away() -> None:
    shop = connected()
    shop.verify(signed(VECTOR, "orders/updated", x_shopify_shop_domain="Mugs.myshopify.com"))
    with pytest.raises(BadSignature, match="another shop"):
        shop.verify(signed(VECTOR, "orders/updated", x_shopify_shop_domain="bowls.myshopify.com"))


def test_unsigned_headers_make_no_new_delivery() -> None:
    shop = connected()
    first = shop.verify(signed(VECTOR, "orders/updated", x_shopify_webhook_id="1"))
    assert shop.verify(signed(VECTOR, "orders/updated", x_shopify_webhook_id="2")) == first
    assert shop.verify(signed(VECTOR, "made/up")) == shop.verify(signed(VECTOR, "made/up/too"))
    assert shop.verify(signed(VECTOR, "orders/create")) != first


def test_what_happens_twice_in_the_same_words_is_two_deliveries() -> None:
    shop = connected()
    bare = b'{"inventory_item_id":51000000000101,"location_id":70000000001}'

    def identity(webhook_id: str) -> str:
        return shop.verify(signed(bare, "inventory_levels/disconnect", x_shopify_webhook_id=webhook_id))

    assert identity("1") == identity("1") != identity("2")


def test_a_message_in_a_later_version_than_ours_is_a_pointer() -> None:
    told = payload("order.json")
    for version in ("2026-07", "2026-10"):
        [found] = connected().parse(message(told, "orders/updated", x_shopify_api_version=version))
        assert isinstance(found, OrderSnapshot)
    for version in ("2027-01", "unstable"):
        assert connected().parse(message(told, "orders/updated", x_shopify_api_version=version)) == [Hint("order", ORDER)]
    with pytest.raises(BadPayload):
        connected().parse(message(b"{}", "orders/updated", x_shopify_api_version="2027-01"))


def test_there_are_no_handshakes() -> None:
    assert connected().answer(Delivery("GET", {}, b"", {"challenge": "x"})) is None


# Hints


@pytest.mark.parametrize(
    ("topic", "body", "expected"),
    [
        ("orders/edited", payload("order_edit.json"), [Hint("order", ORDER)]),
        ("refunds/create", payload("refund.json"), [Hint("order", ORDER)]),
        ("orders/delete", b'{"id":6100000000042}', [Hint("order", ORDER)]),
        ("inventory_levels/update", payload("inventory_level.json"), [Hint("counter", ITEM)]),
        ("inventory_levels/disconnect", b'{"inventory_item_id":51000000000101,"location_id":70000000001}', [Hint("counter", ITEM)]),
        ("inventory_levels/update", b'{"inventory_item_id":51000000000101,"location_id":70000000002,"available":1}', []),
        ("inventory_items/update", b'{"id":51000000000101,"sku":"BOWL-GRN","tracked":false}', [Hint("counter", ITEM)]),
        ("products/update", payload("product.json"), [Hint("listing", "44000000000101"), Hint("listing", "44000000000102")]),
        ("products/delete", b'{"id":8000000000101}', [Hint("listing", "8000000000101")]),
        ("app/uninstalled", b'{"id":1,"domain":"mugs.myshopify.com"}', [Hint("uninstalled", "mugs.myshopify.com")]),
        ("app/scopes_update", b'{"previous":["read_orders"],"current":[]}', [Hint("subscription", "mugs.myshopify.com")]),
        ("themes/publish", b'{"id":1}', []),
    ],
)
def test_what_isnt_a_whole_order_is_a_hint(topic: str, body: bytes, expected: list[Hint]) -> None:
    assert connected().parse(message(body, topic)) == expected


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("orders/create", b"{"),
        ("orders/create", b"[]"),
        ("orders/create", b"null"),
        ("orders/create", b'{"id":1}'),
        ("orders/create", b"[" * 100_000),
        ("orders/create", b'{"id":' + b"9" * 5_000 + b"}"),
        ("orders/create", payload("order.json").replace(b'"quantity": 2', b'"quantity": 1.5')),
        ("orders/create", payload("order.json").replace(b'"quantity": 2', b'"quantity": -2')),
        ("orders/create", payload("order.json").replace(b'"quantity": 2', b'"quantity": NaN')),
        ("orders/create", payload("order.json").replace(b'"2026-11-23T09:14:33-05:00"', b'"yesterday"')),
        ("orders/create", payload("order.json").replace(b'"2026-11-23T09:14:33-05:00"', b'"2026-11-23T09:14:33"')),
        ("orders/create", payload("inventory_level.json")),
        ("orders/edited", b'{"id":1}'),
        ("refunds/create", b"{}"),
        ("inventory_levels/update", b'{"available":1}'),
        ("products/update", b'{"id":1}'),
    ],
    ids=lambda each: each[:30] if isinstance(each, str) else "",
)
def test_what_cant_be_understood_is_parked(topic: str, body: bytes) -> None:
    with pytest.raises(BadPayload):
        connected().parse(message(body, topic))


# An order in a webhook


def body(**changes: Any) -> dict[str, Any]:
    return json.loads(payload("order.json")) | changes


def heard(given: dict[str, Any], topic: str = "orders/updated") -> OrderSnapshot:
    [found] = connected().parse(message(json.dumps(given).encode(), topic))
    assert isinstance(found, OrderSnapshot)
    return found


def bowl(given: dict[str, Any]) -> LineSnapshot:
    found = heard(given).lines
    assert isinstance(found, list)
    return found[0]


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/paid", "orders/updated", "orders/cancelled", "orders/fulfilled", "orders/partially_fulfilled"]
)
def test_a_body_says_it_all(topic: str) -> None:
    found = heard(body(), topic)
    assert found == OrderSnapshot(
        external_id=ORDER,
        version=datetime(2026, 11, 23, 14, 14, 33, tzinfo=UTC),
        paid=True,
        number="#2042",
        placed_at=datetime(2026, 11, 23, 14, 14, 31, tzinfo=UTC),
        updated_at=datetime(2026, 11, 23, 14, 14, 33, tzinfo=UTC),
        lines=[
            LineSnapshot(
                external_id=BOWL,
                ordered=2,
                counted_down=2,
                listing="44000000000101",
                sku="BOWL-GRN",
                title="Bowl - Green",
                unit_price=Money(1250, "USD"),
                discount=Money(250, "USD"),
                tax=Money(180, "USD"),
            ),
            LineSnapshot(
                external_id="15042000000002",
                ordered=1,
                counted_down=1,
                listing="44000000000107",
                sku="PRINT-A3",
                title="Print - A3",
                unit_price=Money(1800, "USD"),
                discount=Money(0, "USD"),
                tax=Money(144, "USD"),
            ),
        ],
        buyer={"name": "Ines Kramer", "company": None, "email": "ines.kramer@shopper.example", "phone": None},
        ship_to={
            "name": "Ines Kramer",
            "company": None,
            "phone": "+1 802 555 0142",
            "line1": "7 Kiln Lane",
            "line2": "Flat 2",
            "city": "Burlington",
            "region": "VT",
            "postal_code": "05401",
            "country": "US",
        },
        amounts={
            "gross": Money(4300, "USD"),
            "discount": Money(250, "USD"),
            "tax": Money(324, "USD"),
            "shipping": Money(490, "USD"),
            "total": Money(4864, "USD"),
        },
        notes={"financial_status": "paid", "source": "web"},
    )


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("paid", True),
        ("authorized", True),
        ("partially_refunded", True),
        ("refunded", True),
        ("pending", False),
        ("partially_paid", False),
        ("voided", False),
        ("expired", False),
        (None, ABSENT),
    ],
)
def test_what_counts_as_paid(status: str | None, paid: Any) -> None:
    assert heard(body(financial_status=status)).paid is paid


def test_no_address_isnt_a_withheld_one() -> None:
    assert heard(body(shipping_address=None)).ship_to is None
    given = body()
    for key in ("shipping_address", "billing_address", "email", "contact_email", "phone"):
        del given[key]
    assert (heard(given).ship_to, heard(given).buyer) == (WITHHELD, WITHHELD)


def test_a_field_that_is_withheld_alone_is_left_out() -> None:
    given = body()
    del given["email"], given["contact_email"]
    assert heard(given).buyer == {"name": "Ines Kramer", "company": None, "phone": None}


def test_an_order_without_a_customer_is_an_order() -> None:
    given = body(customer=None, email=None, contact_email=None, phone=None, billing_address=None, shipping_address=None)
    found = heard(given)
    assert found.buyer == {"name": None, "company": None, "email": None, "phone": None}
    assert found.ship_to is None
    assert isinstance(found.lines, list) and len(found.lines) == 2


def test_words_and_fields_that_we_dont_know_change_nothing() -> None:
    given = body(brand_new={"a": [1]}, fulfillment_status="teleported", cancel_reason="BOREDOM")
    given["line_items"][0] |= {"brand_new": None}
    found = heard(given)
    assert found.cancel_reason == "boredom"
    assert (found.lines, found.paid, found.cancelled_at) == (heard(body()).lines, True, None)
    assert heard(body(financial_status="in_dispute")).paid is False  # goods don't leave for a promise that we don't understand


@pytest.mark.parametrize(
    ("currency", "price", "expected"),
    [
        ("USD", "12.50", 1250),
        ("USD", 12.5, 1250),
        ("USD", 12, 1200),
        ("USD", "12.5", 1250),
        ("USD", "-12.50", -1250),
        ("JPY", "1250", 1250),
        ("JPY", "1250.0", 1250),
        ("JPY", 1250, 1250),
        ("KWD", "1.250", 1250),
        ("KWD", 1.25, 1250),
        ("USD", "0.125", 12),
    ],
)
def test_an_amount_however_it_is_written(currency: str, price: Any, expected: int) -> None:
    given = body(currency=currency)
    given["line_items"][0]["price"] = price
    assert bowl(given).unit_price == Money(expected, currency)


@pytest.mark.parametrize("price", ["1e999999", "1e300", "99999999999999999999", "free", "", {}, []])
def test_a_price_that_cant_be_doesnt_hide_its_line(price: Any) -> None:
    given = body(total_price=price)
    given["line_items"][0]["price"] = price
    assert (bowl(given).ordered, bowl(given).unit_price) == (2, None)


def test_a_test_order_is_one() -> None:
    assert heard(body(test=True)).test


def test_an_unreadable_price_doesnt_hide_the_order() -> None:
    given = body(total_price="a lot", currency="XXX")
    found = heard(given)
    assert found.amounts is ABSENT
    assert [line.ordered for line in found.lines] == [2, 1]  # type: ignore[union-attr]


def test_amounts_are_the_shops_whatever_the_buyer_saw() -> None:
    found = heard(body(presentment_currency="EUR"))
    assert found.amounts["total"] == Money(4864, "USD")  # type: ignore[index]
    assert found.notes["presentment_currency"] == "EUR"


# What an order's line comes to


def line(*, refunds: list[tuple[str, int]] = [], sent: int = 0, **changes: Any) -> LineSnapshot:  # noqa: B006
    """The bowl's line, of which 3 were ordered. `refunds`: how many, and how they were restocked."""
    given = body(cancelled_at=changes.pop("cancelled_at", None), confirmed=changes.pop("confirmed", True))
    place = changes.pop("location_id", int(LOCATION))
    told = sum(quantity for _, quantity in refunds)
    given["line_items"][0] |= {"quantity": 3, "current_quantity": 3 - told, "fulfillable_quantity": 3 - sent} | changes
    given["refunds"] = [
        {"refund_line_items": [{"line_item_id": int(BOWL), "quantity": quantity, "restock_type": kind, "location_id": place}]}
        for kind, quantity in refunds
    ]
    if sent:
        given["fulfillments"] = [{"id": 1, "status": "success", "line_items": [{"id": int(BOWL), "quantity": sent}]}]
    return bowl(given)


@pytest.mark.parametrize(
    ("given", "cancelled", "returned", "put_back"),
    [
        ({"refunds": [("cancel", 2)]}, 2, 0, 2),
        ({"refunds": [("no_restock", 2)]}, 2, 0, 0),
        ({"refunds": [("return", 2)], "sent": 3}, 0, 2, 2),
        ({"refunds": [("no_restock", 2)], "sent": 3}, 0, 0, 0),
        ({"refunds": [("legacy_restock", 2)]}, 2, 0, 2),
        ({"refunds": [("legacy_restock", 2)], "sent": 3}, 0, 2, 2),
        ({"refunds": [("return", 2)]}, 2, 0, 2),
        ({"refunds": [("return", 2)], "sent": 1, "fulfillable_quantity": 1}, 1, 1, 2),
        # One of three was sent, and one is refunded: what is still expected tells which.
        ({"refunds": [("no_restock", 1)], "sent": 1, "fulfillable_quantity": 2}, 0, 0, 0),
        ({"refunds": [("no_restock", 1)], "sent": 1, "fulfillable_quantity": 1}, 1, 0, 0),
        ({"refunds": [("cancel", 1), ("no_restock", 1)], "sent": 1, "fulfillable_quantity": 1}, 1, 0, 1),
        ({"refunds": [("cancel", 1), ("return", 1)], "sent": 2, "fulfillable_quantity": 0}, 1, 1, 2),
        ({"refunds": [("cancel", 2)], "location_id": 70000000002}, 2, 0, 0),
        ({"refunds": [("cancel", 2)], "location_id": None}, 2, 0, 2),
        # A type that we don't know: if it wasn't put back after all, the next write finds that out.
        ({"refunds": [("reshelve", 2)]}, 2, 0, 2),
        ({"refunds": [(None, 2)]}, 2, 0, 2),
        ({"current_quantity": 1}, 2, 0, 2),
        ({"current_quantity": 0, "refunds": [("no_restock", 1)]}, 3, 0, 2),
        ({"current_quantity": 0, "cancelled_at": "2026-11-23T10:00:00-05:00"}, 3, 0, 3),
        ({"cancelled_at": "2026-11-23T10:00:00-05:00"}, 3, 0, 0),
        ({"refunds": [("cancel", 3)], "cancelled_at": "2026-11-23T10:00:00-05:00"}, 3, 0, 3),
        ({"refunds": [("no_restock", 3)], "cancelled_at": "2026-11-23T10:00:00-05:00"}, 3, 0, 0),
        ({"refunds": [("cancel", 1)], "sent": 2, "cancelled_at": "2026-11-23T10:00:00-05:00"}, 1, 0, 1),
        ({"sent": 2}, 0, 0, 0),
        ({}, 0, 0, 0),
    ],
)
def test_the_figures_of_a_line(given: dict[str, Any], cancelled: int, returned: int, put_back: int) -> None:
    found = line(**given)
    assert (found.ordered, found.counted_down, found.shipped) == (3, 3, given.get("sent", 0))
    assert (found.cancelled, found.returned, found.put_back) == (cancelled, returned, put_back)


@pytest.mark.parametrize(
    ("changes", "counted_down", "put_back"),
    [
        ({"variant_inventory_management": None}, 0, 0),
        ({"variant_inventory_management": "a-fulfilment-service"}, 3, 2),
        ({"confirmed": False}, 0, 0),
        ({"variant_id": None, "variant_inventory_management": None}, 3, 2),
    ],
)
def test_what_wasnt_counted_down_isnt_put_back(changes: dict[str, Any], counted_down: int, put_back: int) -> None:
    found = line(refunds=[("cancel", 2)], **changes)
    assert (found.counted_down, found.put_back) == (counted_down, put_back)


def test_a_line_that_grew_was_counted_down_once_more() -> None:
    found = line(quantity=5, current_quantity=5)
    assert (found.ordered, found.counted_down, found.cancelled) == (5, 5, 0)


@pytest.mark.parametrize("status", ["cancelled", "error", "failure"])
def test_a_parcel_that_never_left_counts_nothing(status: str) -> None:
    given = body(fulfillments=[{"id": 1, "status": status, "line_items": [{"id": int(BOWL), "quantity": 2}]}])
    assert bowl(given).shipped == 0


def test_a_line_of_free_text_has_no_listing() -> None:
    given = body()
    given["line_items"][0] |= {"variant_id": None, "sku": "", "variant_title": None, "requires_shipping": False}
    found = bowl(given)
    assert (found.listing, found.sku, found.title, found.ships) == (None, None, "Bowl", False)


# The same order by the API


def core(**changes: Any) -> dict[str, Any]:
    return json.loads(payload("order_core.json")) | changes


def fetched(*answers: httpx.Response) -> OrderSnapshot:
    [found] = permanent(Scripted(*answers)).fetch_orders([ORDER])
    return found


def page(*nodes: Any, after: str | None = None) -> dict[str, Any]:
    return {"pageInfo": {"hasNextPage": after is not None, "endCursor": after}, "nodes": list(nodes)}


def test_both_ways_give_the_same_snapshot() -> None:
    assert fetched(data(order=core())) == heard(body())


def test_both_ways_give_the_same_of_refunds_parcels_and_edits() -> None:
    gid = f"gid://shopify/LineItem/{BOWL}"
    place = {"id": f"gid://shopify/Location/{LOCATION}"}
    by_api = core(cancelReason="CUSTOMER", displayFinancialStatus="PARTIALLY_REFUNDED", presentmentCurrencyCode="EUR")
    by_api["lineItems"]["nodes"][0] |= {"quantity": 4, "currentQuantity": 2, "unfulfilledQuantity": 1}
    by_api["refunds"] = [
        {
            "id": "gid://shopify/Refund/1",
            "refundLineItems": page({"quantity": 1, "restockType": "CANCEL", "location": place, "lineItem": {"id": gid}}),
        },
        {"id": "gid://shopify/Refund/2", "refundLineItems": page()},
    ]
    by_api["fulfillments"] = [
        {"id": "gid://shopify/Fulfillment/1", "status": "SUCCESS", "fulfillmentLineItems": page({"quantity": 1, "lineItem": {"id": gid}})},
        {
            "id": "gid://shopify/Fulfillment/2",
            "status": "CANCELLED",
            "fulfillmentLineItems": page({"quantity": 1, "lineItem": {"id": gid}}),
        },
    ]
    told = body(cancel_reason="customer", financial_status="partially_refunded", presentment_currency="EUR")
    told["line_items"][0] |= {"quantity": 4, "current_quantity": 2, "fulfillable_quantity": 1}
    refunded = {"line_item_id": int(BOWL), "quantity": 1, "restock_type": "cancel", "location_id": int(LOCATION), "subtotal": 12.5}
    told["refunds"] = [{"id": 1, "refund_line_items": [refunded]}, {"id": 2, "refund_line_items": []}]
    told["fulfillments"] = [
        {"id": 1, "status": "success", "line_items": [{"id": int(BOWL), "quantity": 1}]},
        {"id": 2, "status": "cancelled", "line_items": [{"id": int(BOWL), "quantity": 1}]},
    ]
    assert fetched(data(order=by_api)) == heard(told)
    found = bowl(told)
    assert (found.ordered, found.cancelled, found.shipped, found.counted_down, found.put_back) == (4, 2, 1, 4, 2)


def test_lines_refunds_and_parcels_that_dont_fit_are_fetched_to_the_last() -> None:
    gid = f"gid://shopify/LineItem/{BOWL}"
    first, second = core()["lineItems"]["nodes"]
    one = {"quantity": 1, "restockType": "NO_RESTOCK", "location": None, "lineItem": {"id": gid}}
    sent = {"quantity": 1, "lineItem": {"id": gid}}
    order = core(lineItems=page(first | {"quantity": 20, "currentQuantity": 11}, after="L1"))
    order["refunds"] = [{"id": f"gid://shopify/Refund/{number}", "refundLineItems": page(one)} for number in range(6)]
    order["fulfillments"] = [
        {"id": f"gid://shopify/Fulfillment/{number}", "status": "SUCCESS", "fulfillmentLineItems": page(sent)} for number in range(5)
    ]
    order["fulfillments"].append({"id": "gid://shopify/Fulfillment/5", "status": "SUCCESS", "fulfillmentLineItems": page(sent, after="F1")})
    same = {"updatedAt": order["updatedAt"]}
    script = Scripted(
        data(order=order),
        data(order=order | {"lineItems": page(second)}),
        data(order=same | {"refunds": [{"id": f"gid://shopify/Refund/{number}"} for number in range(7)]}),
        data(
            order=same
            | {"fulfillments": [{"id": f"gid://shopify/Fulfillment/{n}", "status": "SUCCESS", "trackingInfo": []} for n in range(7)]}
        ),
        data(refund={"refundLineItems": page(one, after="R1")}),
        data(refund={"refundLineItems": page(one, one)}),
        data(fulfillment={"fulfillmentLineItems": page(sent)}),
        data(fulfillment={"fulfillmentLineItems": page(sent)}),
    )
    [found] = permanent(script).fetch_orders([ORDER])
    assert script.operations == [
        *["OrderCore"] * 2,
        "OrderRefunds",
        "OrderFulfillments",
        *["RefundLines"] * 2,
        *["FulfillmentLines"] * 2,
    ]
    assert script.variables(1)["afterLine"] == "L1"
    assert script.variables(5)["after"] == "R1"
    assert (script.variables(6)["id"], script.variables(6)["after"]) == ("gid://shopify/Fulfillment/5", "F1")
    assert isinstance(found.lines, list)
    bowls = found.lines[0]
    assert (len(found.lines), bowls.ordered, bowls.shipped, bowls.counted_down) == (2, 20, 8, 20)


def test_an_order_that_changes_while_it_is_read_is_read_anew() -> None:
    first, second = core()["lineItems"]["nodes"]
    later = core(updatedAt="2026-11-23T14:20:00Z", lineItems=page(second))
    found = fetched(data(order=core(lineItems=page(first, after="L1"))), data(order=later), data(order=later))
    assert found.version == datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


def test_an_order_that_never_holds_still_is_tried_later() -> None:
    first, second = core()["lineItems"]["nodes"]
    changed = core(updatedAt="2026-11-23T14:20:00Z", lineItems=page(second))
    with pytest.raises(TryLater):
        fetched(*[data(order=core(lineItems=page(first, after="L1"))), data(order=changed)] * 3)


def test_what_we_may_not_see_is_withheld() -> None:
    denied = [error("ACCESS_DENIED", path=["order", name]) for name in ("email", "phone", "billingAddress", "shippingAddress")]
    blind = core(email=None, phone=None, billingAddress=None, shippingAddress=None)
    found = fetched(data(*denied, order=blind))
    assert (found.buyer, found.ship_to) == (WITHHELD, WITHHELD)
    assert isinstance(found.lines, list) and len(found.lines) == 2
    part = fetched(data(error("ACCESS_DENIED", path=["order", "shippingAddress", "name"]), order=core()))
    assert (part.ship_to, part.buyer) == (WITHHELD, heard(body()).buyer | {"name": "Ines Kramer"})  # type: ignore[operator]


def test_a_variant_that_we_may_not_see_isnt_taken_for_free_text() -> None:
    blind = core()
    blind["lineItems"]["nodes"][0]["variant"] = None
    with pytest.raises(NoUse, match="access scopes") as caught:
        fetched(data(error("ACCESS_DENIED", path=["order", "lineItems", "nodes", 0, "variant"]), order=blind))
    assert caught.value.code == "scope"


def test_an_order_that_cant_be_understood_doesnt_stop_the_others() -> None:
    listed = page(
        {"legacyResourceId": ORDER, "updatedAt": "2026-11-23T14:14:33Z"}, {"legacyResourceId": "7", "updatedAt": "2026-11-23T14:15:00Z"}
    )
    script = Scripted(
        data(orders=listed), data(order=core(displayFinancialStatus="PAID", lineItems=page({}))), data(order=core(legacyResourceId="7"))
    )
    [found] = permanent(script).orders_since(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))
    assert list(found.unreadable) == [ORDER]
    assert [order.external_id for order in found.orders] == ["7"]
    assert found.stamp == datetime(2026, 11, 23, 14, 15, tzinfo=UTC)
    assert script.variables(0) == {"after": None, "search": "updated_at:>='2026-11-23T14:00:00Z'"}


def test_the_feed_is_read_to_its_last_page() -> None:
    script = Scripted(
        data(orders=page({"legacyResourceId": "1", "updatedAt": "2026-11-23T14:14:33Z"}, after="P1")),
        data(order=core(legacyResourceId="1")),
        data(orders=page({"legacyResourceId": "2", "updatedAt": "2026-11-23T14:15:33Z"})),
        data(order=core(legacyResourceId="2")),
    )
    pages = list(permanent(script).orders_since(datetime(2026, 11, 23, 9, 0, tzinfo=UTC).astimezone()))
    assert [[order.external_id for order in each.orders] for each in pages] == [["1"], ["2"]]
    assert script.variables(2)["after"] == "P1"


# Tokens


IDENTITY = {
    "shop": {"id": "gid://shopify/Shop/9", "name": "Mugs", "myshopifyDomain": "mugs.myshopify.com", "currencyCode": "USD"},
    "currentAppInstallation": {"accessScopes": [{"handle": "write_inventory"}, {"handle": "read_orders"}, {"handle": "read_products"}]},
}


def test_the_grant_is_asked_for_once_and_its_token_sent() -> None:
    script = Scripted(token(), data(**IDENTITY), data(**IDENTITY))
    shop = connected(script)
    assert shop.capabilities().missing_scopes == (
        "read_locations",
        "read_merchant_managed_fulfillment_orders",
        "write_merchant_managed_fulfillment_orders",
    )
    shop.capabilities()
    asked, first, second = script.asked
    assert str(asked.url) == "https://mugs.myshopify.com/admin/oauth/access_token"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.content.decode() == f"grant_type=client_credentials&client_id=app&client_secret={SECRET}"
    assert str(first.url) == "https://mugs.myshopify.com/admin/api/2026-10/graphql.json"
    assert first.headers["x-shopify-access-token"] == second.headers["x-shopify-access-token"] == "shpat_1"


def test_a_token_is_renewed_ten_minutes_before_it_dies() -> None:
    with chance.installed(chance.Seeded(1, datetime(2026, 11, 22, tzinfo=UTC))) as clock:
        script = Scripted(token(), data(**IDENTITY), data(**IDENTITY), token("shpat_2"), data(**IDENTITY))
        shop = connected(script)
        shop.capabilities()
        clock.advance(timedelta(seconds=86_399 - 601))
        shop.capabilities()
        clock.advance(timedelta(seconds=1))
        shop.capabilities()
    assert [request.headers.get("x-shopify-access-token") for request in script.asked] == [None, "shpat_1", "shpat_1", None, "shpat_2"]


def test_a_token_that_died_early_is_renewed_once() -> None:
    script = Scripted(token(), httpx.Response(401), token("shpat_2"), data(**IDENTITY))
    assert connected(script).capabilities().shop_name == "Mugs"
    script = Scripted(token(), httpx.Response(401), token("shpat_2"), httpx.Response(401))
    with pytest.raises(NoUse, match="doesn't accept the app's credentials") as caught:
        connected(script).capabilities()
    assert caught.value.code == "credentials"
    assert len(script.asked) == 4


def test_a_token_that_dies_between_two_writes_is_renewed_for_the_second() -> None:
    ok = done(changes=[change("available", 7)])
    script = Scripted(token(), ok, httpx.Response(401), token("shpat_2"), ok, ok)
    shop = connected(script)
    found = shop.write_quantities([request(key=key) for key in "abc"])
    assert [each.outcome for each in found] == [Outcome.DONE] * 3
    sent = [
        (each.headers["x-shopify-access-token"], json.loads(each.content)["variables"]["key"])
        for each in script.asked
        if b"key" in each.content
    ]
    assert sent == [("shpat_1", "a"), ("shpat_1", "b"), ("shpat_2", "b"), ("shpat_2", "c")]
    bodies = [each.content for each in script.asked if b'"key":"b"' in each.content]
    assert bodies[0] == bodies[1]


def test_a_token_that_cant_be_renewed_ends_that_write_alone() -> None:
    ok = done(changes=[change("available", 7)])
    script = Scripted(token(), httpx.Response(401), httpx.Response(503), token("shpat_2"), ok)
    first, second = connected(script).write_quantities([request(key="a"), request(key="b")])
    assert (first.outcome, second.outcome) == (Outcome.NOT_SENT, Outcome.DONE)


def test_a_newer_token_isnt_thrown_away_for_an_old_ones_death() -> None:
    class Meanwhile(Scripted):
        """Another thread renews while our request is under way."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            answer = super().handle_request(request)
            if answer.status_code == 401:
                shop._admin._token = ("shpat_2", chance.monotonic() + 1000)
            return answer

    script = Meanwhile(token(), httpx.Response(401), data(**IDENTITY))
    shop = connected(script)
    assert shop.capabilities().shop_name == "Mugs"
    assert [each.headers.get("x-shopify-access-token") for each in script.asked] == [None, "shpat_1", "shpat_2"]


def test_a_permanent_token_isnt_renewed() -> None:
    script = Scripted(httpx.Response(401))
    with pytest.raises(NoUse) as caught:
        permanent(script).capabilities()
    assert caught.value.code == "credentials"
    assert [request.headers["x-shopify-access-token"] for request in script.asked] == ["shpat_old"]


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (httpx.Response(400, json={"error": "shop_not_permitted"}), "credentials", "different organisations"),
        (httpx.Response(400, json={"error": "app_not_installed"}), "credentials", "isn't installed"),
        (httpx.Response(400, html="<p>Oauth error app_not_installed</p>"), "credentials", "isn't installed"),
        (httpx.Response(401, json={"error": "invalid_client"}), "credentials", "copy its client id"),
        (httpx.Response(404, html="<h1>Not found</h1>"), "gone", "no shop at mugs.myshopify.com"),
        (httpx.Response(402), "forbidden", "frozen"),
    ],
)
def test_a_grant_that_is_refused_says_what_to_do(answer: httpx.Response, code: str, text: str) -> None:
    with pytest.raises(NoUse, match=text) as caught:
        connected(Scripted(answer)).capabilities()
    assert caught.value.code == code


def test_without_credentials_we_are_told_which() -> None:
    with pytest.raises(NoUse, match="client id and client secret") as caught:
        connected(Scripted(), kept={}).capabilities()
    assert caught.value.code == "credentials"


# What the shop can do


def test_capabilities_are_those_of_the_sheet() -> None:
    places = page({"id": "gid://shopify/Location/70000000001", "name": "Studio", "isActive": True, "fulfillsOnlineOrders": True})
    scopes = ["write_inventory", "read_orders", "read_products", "read_locations", "write_merchant_managed_fulfillment_orders"]
    identity = IDENTITY | {"currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]}}
    can = permanent(Scripted(data(**identity, cost=(4, 1996)), data(locations=places))).capabilities()
    assert (can.write_mode, can.keyed, can.key_life_s, can.remembers_failures) == (WriteMode.COMPARE_AND_SET, True, 86_400, False)
    assert (can.counts_down_at, can.refuses_below_zero) == (CountsDown.PLACED, Refuses.ALWAYS)
    assert can.feed_overlap_s >= 300 and can.feed_overlap_s >= can.feed_lag_s > 0
    assert (can.limited_has_no_effect, can.batch, can.subscribes) == (False, 1, True)
    assert (can.account, can.currency, can.locations, can.missing_scopes, can.warnings) == ("9", "USD", {"70000000001": "Studio"}, (), ())


def test_another_version_than_asked_for_is_a_warning() -> None:
    [warning] = permanent(Scripted(data(**IDENTITY, headers={"x-shopify-api-version": "2027-01"}))).capabilities().warnings
    assert "2027-01" in warning and "2026-10" in warning


def test_without_a_location_one_has_to_be_chosen() -> None:
    shop = permanent(Scripted(data(**IDENTITY)), location_id="")
    assert shop.capabilities().warnings == (
        "Choose the Shopify location whose stock Tallystick looks after; until then it can't read or write any.",
    )
    with pytest.raises(NoUse, match="Choose the Shopify location"):
        list(shop.listings())


@pytest.mark.parametrize("shop", ["", "mugs.example", "mugs/admin", "mugs.myshopify.com.evil.example", "a@b", "-mugs"])
def test_an_address_that_isnt_a_shops_is_refused(shop: str) -> None:
    with pytest.raises(NoUse) as caught:
        connected(shop=shop)
    assert caught.value.code == "misconfigured"


@pytest.mark.parametrize("shop", ["mugs", "Mugs.myshopify.com", "https://mugs.myshopify.com/"])
def test_a_shops_address_may_be_written_in_several_ways(shop: str) -> None:
    script = Scripted(token(), data(**IDENTITY))
    connected(script, shop=shop).capabilities()
    assert {request.url.host for request in script.asked} == {"mugs.myshopify.com"}


@pytest.mark.parametrize(
    "url", ["https://evil.example", "http://10.0.0.1", "http://127.0.0.1@evil.example", "http://localhost.evil.example"]
)
def test_another_address_may_only_be_this_machine(url: str) -> None:
    with pytest.raises(NoUse) as caught:
        Shopify(Connection("channel-1", {"shop": "mugs", "base_url": url}, MemoryVault()))
    assert caught.value.code == "misconfigured"


def test_a_lost_lease_keeps_everything_from_leaving() -> None:
    class Lost(Exception):
        pass

    def guard() -> None:
        raise Lost

    script = Scripted()
    with pytest.raises(Lost):
        connected(script, guard=guard).write_quantities([request()])
    assert script.asked == []


# What a read comes to


@pytest.mark.parametrize(
    ("answer", "limited", "after_s"),
    [
        (httpx.ReadTimeout("x"), False, None),
        (httpx.ConnectError("x"), False, None),
        (httpx.RemoteProtocolError("x"), False, None),
        (httpx.Response(500), False, None),
        (httpx.Response(503, headers={"retry-after": "7"}), False, 7.0),
        (httpx.Response(503, headers={"retry-after": "1e999"}), False, 3600.0),
        (httpx.Response(503, headers={"retry-after": "soon"}), False, None),
        (httpx.Response(429, headers={"retry-after": "nan"}), True, 1.0),
        (httpx.Response(301, headers={"location": "https://evil.example"}), False, None),
        (httpx.Response(200, html="<h1>Maintenance</h1>"), False, None),
        (httpx.Response(200, json=[]), False, None),
        (httpx.Response(200, json={"data": None}), False, None),
        (httpx.Response(200, json={"data": {}}), False, None),
        (data(shop=None), False, None),
        (data(error("INTERNAL_SERVER_ERROR")), False, None),
        (data("nothing like an error"), False, None),
        (data(error("THROTTLED"), cost=(600, 250)), True, 3.5),
        (data(error("THROTTLED"), cost=(260, 250)), True, 1.0),
        (data(error("THROTTLED")), True, 1.0),
        (httpx.Response(429, headers={"retry-after": "2.0"}), True, 2.0),
        (httpx.Response(430), True, 1.0),
    ],
)
def test_what_may_work_later(answer: httpx.Response | Exception, limited: bool, after_s: float | None) -> None:
    with chance.installed(chance.Seeded(1, datetime(2026, 11, 22, tzinfo=UTC))), pytest.raises(TryLater) as caught:
        permanent(Scripted(answer)).capabilities()
    assert (caught.value.limited, caught.value.after_s) == (limited, after_s)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401), "credentials"),
        (httpx.Response(402), "forbidden"),
        (httpx.Response(403), "scope"),
        (httpx.Response(404), "gone"),
        (httpx.Response(423), "forbidden"),
        (httpx.Response(400), "misconfigured"),
        (data(error("ACCESS_DENIED", path=["shop"])), "scope"),
        (data(error("ACCESS_DENIED", path=["shop", "name"]), **IDENTITY), "scope"),
        (data(error("MAX_COST_EXCEEDED")), "misconfigured"),
        (data(error("undefinedField")), "misconfigured"),
        (data(error("SHOP_INACTIVE")), "forbidden"),
    ],
)
def test_what_needs_a_person(answer: httpx.Response, code: str) -> None:
    with pytest.raises(NoUse) as caught:
        permanent(Scripted(answer)).capabilities()
    assert caught.value.code == code


def test_an_empty_bucket_is_remembered_and_fills_up() -> None:
    with chance.installed(chance.Seeded(1, datetime(2026, 11, 22, tzinfo=UTC))) as clock:
        script = Scripted(data(**IDENTITY, cost=(400, 100)), data(**IDENTITY, cost=(400, 1600)))
        shop = permanent(script)
        shop.capabilities()
        with pytest.raises(TryLater) as caught:
            shop.capabilities()
        assert (caught.value.limited, caught.value.after_s) == (True, 13.0)  # for the query, and half a bucket
        assert len(script.asked) == 1
        clock.advance(timedelta(seconds=3.9))
        with pytest.raises(TryLater):
            shop.capabilities()  # a hundred points are left to writes
        clock.advance(timedelta(seconds=0.1))
        shop.capabilities()


# What a write comes to


def request(value: int = 7, expected: int = 9, key: str = "0b9c9b1e-6a5f-4c3e-9a55-5f2f3f1c0a11") -> WriteRequest:
    entries = [Entry(ITEM, value - expected, expected, value)]
    return WriteRequest(ITEM, entries, key, connected().compose(ITEM, entries, key))


def written(*answers: httpx.Response | Exception) -> WriteResult:
    [result] = permanent(Scripted(*answers)).write_quantities([request()])
    return result


def done(*errors: tuple[str | None, str], changes: list[dict[str, Any]] | None = None) -> httpx.Response:
    told = [{"code": code, "field": ["input", "quantities", "0", "quantity"], "message": text} for code, text in errors]
    group = None if changes is None else {"id": "gid://shopify/InventoryAdjustmentGroup/3300000001", "changes": changes}
    return data(inventorySetQuantities={"inventoryAdjustmentGroup": group, "userErrors": told})


def change(name: str, after: int | None) -> dict[str, Any]:
    item, _, place = ITEM.partition("@")
    named = {"item": {"id": f"gid://shopify/InventoryItem/{item}"}, "location": {"id": f"gid://shopify/Location/{place}"}}
    return {"name": name, "quantityAfterChange": after} | named


def test_the_body_is_plain_and_stays_the_same() -> None:
    composed = request().body
    assert composed == {
        "operation": "SetAvailable",
        "variables": {
            "key": "0b9c9b1e-6a5f-4c3e-9a55-5f2f3f1c0a11",
            "input": {
                "name": "available",
                "reason": "correction",
                "referenceDocumentUri": "gid://tallystick/Change/0b9c9b1e-6a5f-4c3e-9a55-5f2f3f1c0a11",
                "quantities": [
                    {
                        "inventoryItemId": "gid://shopify/InventoryItem/51000000000101",
                        "locationId": "gid://shopify/Location/70000000001",
                        "quantity": 7,
                        "changeFromQuantity": 9,
                    }
                ],
            },
        },
    }
    script = Scripted(done(changes=[]), done(changes=[]))
    shop = permanent(script)
    stored = WriteRequest(ITEM, request().entries, request().key, json.loads(json.dumps(composed)))
    shop.write_quantities([request()])
    shop.write_quantities([stored])
    assert script.asked[0].content == script.asked[1].content
    assert json.loads(script.asked[0].content) == {
        "query": OPERATIONS["SetAvailable"],
        "variables": composed["variables"],
        "operationName": "SetAvailable",
    }


def test_a_success_says_what_is_available_now() -> None:
    answer = done(changes=[change("on_hand", 12), change("available", 7)])
    assert written(answer) == WriteResult(Outcome.DONE, {ITEM: 7})
    assert written(done(changes=[change("available", None)])) == WriteResult(Outcome.DONE)
    assert written(done(changes=[])) == WriteResult(Outcome.DONE)


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("CHANGE_FROM_QUANTITY_STALE", Outcome.STALE),
        ("COMPARE_QUANTITY_STALE", Outcome.STALE),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", Outcome.BUSY),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", Outcome.FAILED_BEFORE),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", Outcome.REFUSED),
        ("INVALID_INVENTORY_ITEM", Outcome.REFUSED),
        ("INVALID_LOCATION", Outcome.REFUSED),
        ("INVALID_QUANTITY_NEGATIVE", Outcome.REFUSED),
        ("NON_MUTABLE_INVENTORY_ITEM", Outcome.REFUSED),
        (None, Outcome.REFUSED),
    ],
)
def test_what_the_shop_refuses(code: str | None, outcome: Outcome) -> None:
    assert written(done((code, "No."))) == WriteResult(outcome, detail="No.", code=code or "")


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (httpx.ReadTimeout("x"), Outcome.UNKNOWN, "timeout"),
        (httpx.ConnectTimeout("x"), Outcome.NOT_SENT, "unreachable"),
        (httpx.ConnectError("x"), Outcome.NOT_SENT, "unreachable"),
        (httpx.ReadError("x"), Outcome.UNKNOWN, "unreachable"),
        (httpx.Response(500), Outcome.UNKNOWN, "unreachable"),
        (httpx.Response(502, html="<h1>Bad gateway</h1>"), Outcome.UNKNOWN, "unreachable"),
        (httpx.Response(302, headers={"location": "https://evil.example"}), Outcome.UNKNOWN, "unreachable"),
        (httpx.Response(408), Outcome.UNKNOWN, "timeout"),
        (httpx.Response(200, html="<h1>Maintenance</h1>"), Outcome.UNKNOWN, "malformed"),
        (httpx.Response(200, json={}), Outcome.UNKNOWN, "malformed"),
        (data(inventorySetQuantities=None), Outcome.UNKNOWN, "malformed"),
        (data(inventorySetQuantities={"inventoryAdjustmentGroup": {}}), Outcome.UNKNOWN, "malformed"),
        (data(inventorySetQuantities={"inventoryAdjustmentGroup": {"changes": [{}]}, "userErrors": []}), Outcome.UNKNOWN, "malformed"),
        (data(error("INTERNAL_SERVER_ERROR")), Outcome.UNKNOWN, "INTERNAL_SERVER_ERROR"),
        (data(error("")), Outcome.UNKNOWN, "error"),
        (data(error("NEVER_HEARD_OF")), Outcome.UNKNOWN, "NEVER_HEARD_OF"),
        (data(error("IDEMPOTENCY_CONCURRENT_REQUEST")), Outcome.BUSY, "IDEMPOTENCY_CONCURRENT_REQUEST"),
        (data(error("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")), Outcome.FAILED_BEFORE, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"),
        (data(error("IDEMPOTENCY_KEY_PARAMETER_MISMATCH")), Outcome.REFUSED, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"),
        (data(error("THROTTLED"), cost=(16, 6)), Outcome.LIMITED, "THROTTLED"),
        (httpx.Response(429), Outcome.LIMITED, "limited"),
        (httpx.Response(401), Outcome.REFUSED, "credentials"),
        (httpx.Response(403), Outcome.REFUSED, "scope"),
        (httpx.Response(404), Outcome.REFUSED, "gone"),
        (httpx.Response(400), Outcome.REFUSED, "misconfigured"),
        (data(error("ACCESS_DENIED", path=["inventorySetQuantities"]), inventorySetQuantities=None), Outcome.REFUSED, "scope"),
        (data(error("argumentLiteralsIncompatible")), Outcome.REFUSED, "misconfigured"),
    ],
)
def test_what_became_of_a_write(answer: httpx.Response | Exception, outcome: Outcome, code: str) -> None:
    found = written(answer)
    assert (found.outcome, found.code) == (outcome, code)
    assert found.detail


def test_a_write_is_sent_once_whatever_comes_of_it() -> None:
    script = Scripted(httpx.ReadTimeout("x"), done(changes=[change("available", 7)]))
    shop = permanent(script)
    first, second = request(key="a"), request(key="b")
    assert [each.outcome for each in shop.write_quantities([first, second])] == [Outcome.UNKNOWN, Outcome.DONE]
    assert [each["key"] for each in (script.variables(0), script.variables(1))] == ["a", "b"]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (httpx.ReadTimeout("x"), Outcome.NOT_SENT),
        (httpx.Response(500), Outcome.NOT_SENT),
        (httpx.Response(200, json={}), Outcome.NOT_SENT),
        (httpx.Response(429), Outcome.LIMITED),
        (httpx.Response(400, json={"error": "app_not_installed"}), Outcome.REFUSED),
    ],
)
def test_a_write_that_finds_no_token_isnt_sent(answer: httpx.Response | Exception, outcome: Outcome) -> None:
    script = Scripted(answer)
    [found] = connected(script).write_quantities([request()])
    assert found.outcome is outcome
    assert script.operations == []


def test_a_clock_without_a_zone_is_no_clock() -> None:
    for date in ("Sun, 22 Nov 2026 15:14:30 -0000", "yesterday"):
        assert fetched(data(order=core(), headers={"date": date})).external_id == ORDER


def test_a_write_isnt_held_back_by_what_we_think_of_the_bucket() -> None:
    script = Scripted(data(error("THROTTLED"), cost=(16, 0)), done(changes=[]))
    shop = permanent(script)
    assert [each.outcome for each in shop.write_quantities([request(), request()])] == [Outcome.LIMITED, Outcome.DONE]


# Readings that aren't


def test_an_inactive_level_holds_no_number() -> None:
    level = {"isActive": False, "quantities": [{"name": "available", "quantity": 4}]}
    node = {"tracked": True, "variants": page({"inventoryPolicy": "DENY"}), "inventoryLevel": level}
    [found] = permanent(Scripted(data(nodes=[node]))).read_quantities([ITEM])
    assert (found.quantity, found.protected) == (None, False)


def test_no_counters_ask_nothing() -> None:
    assert permanent(Scripted()).read_quantities([]) == []


def test_there_is_no_queue_and_nothing_deferred() -> None:
    shop = connected()
    assert shop.receive() == ()
    shop.acknowledge([])
    assert shop.processed(["1"]) == [None]
    shop.close()


def test_amounts_in_a_body_keep_their_digits() -> None:
    assert str(shopify_orders.from_webhook(b'{"subtotal": 18.10}')["subtotal"]) == "18.10"


def test_the_vault_is_asked_each_time() -> None:
    vault = MemoryVault(client_secret="wrong")
    shop = connected(kept=vault.kept)
    shop._vault.keep({"client_secret": SECRET})
    shop.verify(message(VECTOR, "orders/updated", x_shopify_hmac_sha256=SIGNATURE))
