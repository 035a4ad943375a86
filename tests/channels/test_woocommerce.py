"""WooCommerce's messages and answers, word by word."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.channels import woocommerce_api as api
from app.channels.base import BadPayload, BadSignature, Delivery, Entry, Hint, NoUse, Outcome, Reading, Reply, TryLater, WriteRequest
from tests.channels.woo import MemoryVault, Scripted, connected, message, named, payload, refused, signed

SIGNED = "ylQ/SQmx4dDrCkGMUXYRm23TFo02M3emruB3Ltz796g="
DELETED = "Mtk0SUmA3BoWNCS0/2Jv2akYhmc6nJrauKsrWhP5BXg="


# Signatures


def test_oauth_signs_as_the_vector_says() -> None:
    url = api.signed_url(
        "http://shop.example/wp-json/wc/v3/products?per_page=1",
        "GET",
        "ck_demo",
        "cs_demo",
        nonce="0123456789abcdef0123456789abcdef",
        timestamp=1700000000,
    )
    given = httpx.URL(url).params
    assert given["oauth_signature"] == "xDL4FGgqli2cXzfjGokFMvMpQrTpL3KB27ORFdrNYSM="
    assert "oauth_version" not in given


def test_a_message_that_the_secret_signed_is_let_in() -> None:
    shop = connected()
    assert len(payload("signed.json")) == 161
    assert len(shop.verify(signed(payload("signed.json"), SIGNED))) == 64
    assert len(shop.verify(signed(b'{"id":4711}', DELETED))) == 64


def test_a_secret_with_entities_signs_as_php_reads_it() -> None:
    shop = connected(webhook_secret="a&amp;b&#039;c")
    shop.verify(signed(b'{"id":4711}', "SrT3ZjwJNRLIMKzoYrqQWuJ7+NzpKmzdMgmNwLUyjHM="))


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (json.dumps(json.loads(payload("signed.json"))).encode(), SIGNED),
        (json.dumps(json.loads(payload("signed.json"))).encode(), "UV74/lxO6B7UvU3NhDIr59AL5dh8OH52Z/2e2lL9Zbk"),
        (payload("signed.json"), "UV74/lxO6B7UvU3NhDIr59AL5dh8OH52Z/2e2lL9Zbk="),
        (payload("signed.json")[:-1], SIGNED),
        (payload("signed.json") + b"\n", SIGNED),
        (payload("signed.json"), DELETED),
        (payload("signed.json"), SIGNED[:-1]),
        (payload("signed.json"), SIGNED.lower()),
        (payload("signed.json"), ""),
        (payload("signed.json"), "é"),
    ],
)
def test_a_message_that_the_secret_did_not_sign_is_kept_out(body: bytes, signature: str) -> None:
    with pytest.raises(BadSignature):
        connected().verify(signed(body, signature))


def test_without_a_signature_or_a_secret_nothing_is_let_in() -> None:
    with pytest.raises(BadSignature):
        connected().verify(message(b'{"id":4711}'))
    with pytest.raises(BadSignature):
        connected(webhook_secret="").verify(signed(b'{"id":4711}', DELETED))


def test_messages_are_told_apart_by_topic_and_body_whatever_their_delivery_id_says() -> None:
    shop, body = connected(), payload("signed.json")
    same = shop.verify(signed(body, SIGNED, "order.created", x_wc_webhook_delivery_id="a"))
    assert shop.verify(signed(body, SIGNED, "order.created", x_wc_webhook_delivery_id="b")) == same
    assert shop.verify(signed(body, SIGNED, "order.updated", x_wc_webhook_delivery_id="a")) != same


def test_a_second_deletion_of_one_order_is_news() -> None:
    shop = connected()
    first = shop.verify(signed(b'{"id":4711}', DELETED, "order.deleted", x_wc_webhook_delivery_id="a"))
    assert shop.verify(signed(b'{"id":4711}', DELETED, "order.deleted", x_wc_webhook_delivery_id="a")) == first
    assert shop.verify(signed(b'{"id":4711}', DELETED, "order.deleted", x_wc_webhook_delivery_id="b")) != first


# Messages


def ping(body: bytes = b"webhook_id=1", **headers: str) -> Delivery:
    return Delivery("POST", {"content-type": "application/x-www-form-urlencoded"} | named(headers), body)


def test_a_ping_hears_exactly_200() -> None:
    assert connected().answer(ping()) == Reply(200)


@pytest.mark.parametrize(
    "delivery",
    [
        ping(b"webhook_id=1&x=2"),
        ping(b"webhook_id="),
        ping(b"webhook_id=1\n"),
        ping(x_wc_webhook_signature="x"),
        message(b"webhook_id=1"),
        Delivery("GET", {"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=1"),
        signed(b'{"id":4711}', DELETED),
    ],
)
def test_what_only_looks_like_a_ping_has_to_be_signed(delivery: Delivery) -> None:
    assert connected().answer(delivery) is None


@pytest.mark.parametrize(
    ("topic", "name", "hints"),
    [
        ("order.created", "order_updated.json", (Hint("order", "4711"),)),
        ("order.updated", "order_updated.json", (Hint("order", "4711"),)),
        ("order.restored", "order_updated.json", (Hint("order", "4711"),)),
        ("order.deleted", "order_deleted.json", (Hint("order", "4711"),)),
        ("product.updated", "product_updated.json", (Hint("counter", "301"),)),
        ("product.updated", "variation_updated.json", (Hint("counter", "310/311"),)),
        ("product.updated", "variation_of_parent_updated.json", (Hint("counter", "310"),)),
        ("product.created", "product_updated.json", (Hint("listing", "301"),)),
        ("product.created", "variation_updated.json", (Hint("listing", "310"),)),
        ("product.deleted", "order_deleted.json", (Hint("listing", "4711"),)),
        ("order.updated", "error_missing.json", ()),
        ("product.updated", "error_rights.json", (Hint("subscription", "woocommerce_rest_cannot_view"),)),
        ("customer.updated", "order_updated.json", ()),
        ("action.woocommerce_add_to_cart", "order_deleted.json", ()),
        ("", "order_deleted.json", ()),
    ],
)
def test_a_message_says_where_to_look(topic: str, name: str, hints: tuple[Hint, ...]) -> None:
    assert tuple(connected().parse(message(payload(name), topic))) == hints


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"4711", b'{"id":"4711"}', b'{"id":0}', b'{"id":true}', b'{"id":1.5}', b"{}", b"[" * 100_000, b"\xff"]
)
def test_a_signed_message_that_makes_no_sense_is_parked(body: bytes) -> None:
    with pytest.raises(BadPayload):
        connected().parse(message(body))


# Requests


def test_the_secret_goes_along_over_https_and_never_over_http() -> None:
    over_https, over_http = Scripted(httpx.Response(200, json=[])), Scripted(httpx.Response(200, json=[]))
    assert connected(over_https).read_quantities(["301"]) == [Reading("301", None)]
    connected(over_http, url="http://shop.example/store/").read_quantities(["301"])
    assert over_https.asked[0].headers["authorization"] == "Basic Y2tfZGVtbzpjc19kZW1v"
    url = over_http.asked[0].url
    assert (url.path, url.params["oauth_consumer_key"]) == ("/store/wp-json/wc/v3/products", "ck_demo")
    assert "authorization" not in over_http.asked[0].headers
    assert "cs_demo" not in str(url)


@pytest.mark.parametrize(
    ("entered", "url"),
    [
        ("shop.example", "https://shop.example"),
        (" https://Shop.example/ ", "https://shop.example"),
        ("https://shop.example/store/wp-json/wc/v3", "https://shop.example/store"),
        ("https://shop.example/wp-admin/index.php?page=1#x", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_the_address_may_be_entered_as_people_know_it(entered: str, url: str) -> None:
    assert api.shop_url(entered) == url


@pytest.mark.parametrize("entered", ["", "ftp://shop.example", "https://me:secret@shop.example", "https://", "shop.example:port"])
def test_what_is_no_address_is_refused_with_what_to_enter(entered: str) -> None:
    with pytest.raises(NoUse, match=r"https://shop\.example") as refusal:
        api.shop_url(entered)
    assert refusal.value.code == "misconfigured"


HTML = {"html": "<h1>no</h1>"}


@pytest.mark.parametrize(
    ("answer", "failure", "code", "after_s"),
    [
        (refused(401, "woocommerce_rest_cannot_view"), NoUse, "credentials", None),
        (refused(403, "woocommerce_rest_cannot_view"), NoUse, "scope", None),
        (refused(404, "rest_no_route"), NoUse, "misconfigured", None),
        (refused(400, "rest_invalid_param"), NoUse, "forbidden", None),
        (httpx.Response(404, **HTML), NoUse, "misconfigured", None),
        (httpx.Response(301, headers={"location": "https://www.shop.example"}), NoUse, "misconfigured", None),
        (httpx.Response(429, headers={"retry-after": "7"}, **HTML), TryLater, None, 7.0),
        (httpx.Response(403, **HTML), TryLater, None, None),
        (httpx.Response(200, **HTML), TryLater, None, None),
        (httpx.Response(200, content=b"<b>Warning</b>: x in y.php" + b"[]"), TryLater, None, None),
        (httpx.Response(503, headers={"retry-after": "30"}, **HTML), TryLater, None, 30.0),
        (refused(500, "internal_server_error"), TryLater, None, None),
        (httpx.ConnectError("x"), TryLater, None, None),
        (httpx.ReadTimeout("x"), TryLater, None, None),
    ],
)
def test_a_failed_reading_is_for_later_or_for_a_person(
    answer: httpx.Response | Exception, failure: type[TryLater | NoUse], code: str | None, after_s: float | None
) -> None:
    with pytest.raises(failure) as raised:
        list(connected(Scripted(answer)).orders_since(datetime(2026, 3, 1, tzinfo=UTC)))
    assert getattr(raised.value, "code", None) == code
    assert getattr(raised.value, "after_s", None) == after_s
    if isinstance(raised.value, TryLater):
        assert raised.value.limited is (isinstance(answer, httpx.Response) and answer.status_code == 429)


def test_without_a_key_nothing_is_sent() -> None:
    transport = Scripted()
    with pytest.raises(NoUse) as refusal:
        connected(transport, key="").read_quantities(["301"])
    assert (refusal.value.code, transport.asked) == ("credentials", [])


# Writing


def write(*answers: httpx.Response | Exception, counter: str = "301", value: int = 7, **how: Any) -> tuple[Any, Scripted]:
    transport = Scripted(*answers)
    shop = connected(transport, **how)
    body = shop.compose(counter, [Entry(counter, 2, 5, value)], "key-1")
    (result,) = shop.write_quantities([WriteRequest(counter, [Entry(counter, 2, 5, value)], "key-1", body)])
    return result, transport


def stands(quantity: int | None, managed: bool | str = True) -> httpx.Response:
    return httpx.Response(200, json={"id": 301, "manage_stock": managed, "stock_quantity": quantity})


@pytest.mark.parametrize(("counter", "path"), [("301", "products/301"), ("310/311", "products/310/variations/311")])
def test_a_number_is_put_at_the_one_address_that_checks_its_type(counter: str, path: str) -> None:
    result, transport = write(stands(7), counter=counter)
    assert (result.outcome, result.quantities) == (Outcome.DONE, {counter: 7})
    (request,) = transport.asked
    assert (request.method, request.url.path, request.content) == ("PUT", f"/wp-json/wc/v3/{path}", b'{"stock_quantity":7}')


@pytest.mark.parametrize(
    ("answer", "outcome", "code"),
    [
        (stands(-1), Outcome.DONE, ""),
        (stands(None, False), Outcome.REFUSED, "untracked"),
        (stands(9, "parent"), Outcome.REFUSED, "untracked"),
        (refused(400, "rest_invalid_param"), Outcome.REFUSED, "rest_invalid_param"),
        (refused(401, "woocommerce_rest_authentication_error"), Outcome.REFUSED, "credentials"),
        (refused(403, "woocommerce_rest_cannot_edit"), Outcome.REFUSED, "scope"),
        (refused(404, "woocommerce_rest_product_invalid_id"), Outcome.REFUSED, "gone"),
        (refused(404, "rest_no_route"), Outcome.REFUSED, "rest_no_route"),
        (httpx.Response(429, headers={"retry-after": "7"}), Outcome.LIMITED, ""),
        (httpx.Response(503, headers={"retry-after": "7"}, **HTML), Outcome.UNKNOWN, ""),
        (refused(500, "internal_server_error"), Outcome.UNKNOWN, "internal_server_error"),
        (httpx.Response(403, **HTML), Outcome.UNKNOWN, ""),
        (httpx.Response(404, **HTML), Outcome.UNKNOWN, ""),
        (httpx.Response(200, **HTML), Outcome.UNKNOWN, ""),
        (httpx.Response(200, json={"id": 301}), Outcome.UNKNOWN, ""),
        (httpx.Response(301), Outcome.UNKNOWN, ""),
        (httpx.ReadTimeout("x"), Outcome.UNKNOWN, ""),
        (httpx.RemoteProtocolError("x"), Outcome.UNKNOWN, ""),
        (httpx.ConnectError("x"), Outcome.NOT_SENT, ""),
    ],
)
def test_a_write_comes_to_what_its_answer_says_and_no_more(answer: httpx.Response | Exception, outcome: Outcome, code: str) -> None:
    result, transport = write(answer)
    assert (result.outcome, result.code, len(transport.asked)) == (outcome, code, 1)


@pytest.mark.parametrize(
    ("shown", "quantity"),
    [(7, 7), (7.0, 7), (7.9, 7), (-0.5, -1), ("7", 7), ("7.50", 7), (None, None), ("", None), (True, None), ("many", None)],
)
def test_a_number_is_whole_whatever_a_plugin_makes_of_it(shown: Any, quantity: int | None) -> None:
    row = {"id": 301, "manage_stock": True, "stock_quantity": shown}
    [reading] = connected(Scripted(httpx.Response(200, json=[row]))).read_quantities(["301"])
    assert reading.quantity == quantity
    result, _ = write(httpx.Response(200, json=row))
    if quantity is None:
        assert result.outcome is Outcome.UNKNOWN
    else:
        assert (result.outcome, result.quantities) == (Outcome.DONE, {"301": quantity})


@pytest.mark.parametrize(
    ("asked", "after_s"), [("1e9", None), ("9" * 400, 3600.0), ("Fri, 01 Jan 2100 00:00:00 GMT", 3600.0), ("soon", None)]
)
def test_nobody_makes_us_wait_for_ever(asked: str, after_s: float | None) -> None:
    result, _ = write(httpx.Response(429, headers={"retry-after": asked}))
    assert (result.outcome, result.after_s) == (Outcome.LIMITED, after_s)


def test_how_long_to_wait_is_passed_on() -> None:
    assert write(httpx.Response(429, headers={"retry-after": "7"}))[0].after_s == 7.0
    assert write(httpx.Response(503, headers={"retry-after": "8"}))[0].after_s == 8.0


def test_one_bad_write_does_not_keep_the_others_back() -> None:
    transport = Scripted(stands(1), httpx.ReadTimeout("x"), stands(3))
    shop = connected(transport)
    requests = [WriteRequest(unit, [Entry(unit, 0, 0, 1)], unit, {"stock_quantity": 1}) for unit in ("1", "2", "3")]
    assert [result.outcome for result in shop.write_quantities(requests)] == [Outcome.DONE, Outcome.UNKNOWN, Outcome.DONE]


def test_a_lost_lease_stops_a_write_before_it_leaves() -> None:
    def guard() -> None:
        raise PermissionError

    transport = Scripted()
    with pytest.raises(PermissionError):
        connected(transport, guard=guard).write_quantities([WriteRequest("1", [], "k", {"stock_quantity": 1})])
    assert transport.asked == []


@pytest.mark.parametrize(("unit", "counter"), [("../orders", "../orders"), ("301", "302"), ("", "")])
def test_only_a_counter_is_ever_written_to(unit: str, counter: str) -> None:
    with pytest.raises(ValueError, match="counter"):
        connected().compose(unit, [Entry(counter, 1, 0, 1)], "k")


# Reading orders


def row(order_id: int, changed: str, **more: Any) -> dict[str, Any]:
    return {
        "id": order_id,
        "status": "processing",
        "currency": "EUR",
        "total": "0.00",
        "date_modified_gmt": changed,
        "line_items": [],
    } | more


def page(*rows: dict[str, Any], pages: int = 1, at: str = "Mon, 02 Mar 2026 10:00:00 GMT") -> httpx.Response:
    return httpx.Response(200, json=list(rows), headers={"x-wp-totalpages": str(pages), "date": at})


def test_a_poll_asks_in_utc_by_id_and_for_the_trash_apart() -> None:
    transport = Scripted(page(row(1, "2026-03-02T09:00:00")), page(row(2, "2026-03-02T09:00:01", status="trash")))
    found = list(connected(transport).orders_since(datetime(2026, 3, 2, 8, 0, 0, 999_000, tzinfo=UTC)))
    assert [[order.external_id for order in each.orders] for each in found] == [["1"], ["2"]]
    first, second = (dict(request.url.params) for request in transport.asked)
    asked = {
        "modified_after": "2026-03-02T08:00:00",
        "dates_are_gmt": "true",
        "orderby": "id",
        "order": "asc",
        "per_page": "100",
        "page": "1",
    }
    assert (first, second) == (asked | {"status": "any"}, asked | {"status": "trash"})


def test_a_first_poll_asks_for_the_open_orders() -> None:
    transport = Scripted(page())
    assert list(connected(transport).orders_since(None)) == []
    assert transport.asked[0].url.params["status"] == "pending,on-hold,processing"


def test_several_pages_are_read_again_until_a_pass_brings_nothing_new() -> None:
    one, two, three = (row(n, "2026-03-02T09:00:00") for n in (1, 2, 3))
    # The second pass finds an order that had slipped from the second page to the first between the two.
    transport = Scripted(
        page(one, pages=2), page(three, pages=2), page(one, two, pages=2), page(three, pages=2), page(one, two, three), page()
    )
    found = list(connected(transport).orders_since(datetime(2026, 3, 2, tzinfo=UTC)))
    assert [[order.external_id for order in each.orders] for each in found] == [["1"], ["3"], ["2"]]


def test_what_changes_while_a_poll_runs_is_left_to_the_next_one() -> None:
    before, later = row(1, "2026-03-02T09:00:00"), row(2, "2026-03-02T10:00:05")
    transport = Scripted(
        page(before, pages=2), page(later, pages=2), page(before, pages=2), page(row(2, "2026-03-02T10:00:09"), pages=2), page()
    )
    found = list(connected(transport).orders_since(datetime(2026, 3, 2, tzinfo=UTC)))
    assert [each.orders[0].version for each in found][-1] == datetime(2026, 3, 2, 10, 0, 9, tzinfo=UTC)
    # No stamp is later than the beginning of the poll: the watermark must not pass what an earlier page may have missed.
    assert [each.stamp for each in found] == [datetime(2026, 3, 2, 9, tzinfo=UTC)] + [datetime(2026, 3, 2, 10, tzinfo=UTC)] * 2


def test_a_shop_whose_pages_never_settle_is_read_later() -> None:
    pages = [page(row(n, f"2026-03-02T09:00:{n:02}"), pages=2) for n in range(12)]
    with pytest.raises(TryLater):
        list(connected(Scripted(*pages)).orders_since(datetime(2026, 3, 2, tzinfo=UTC)))


def test_an_order_that_cannot_be_read_is_named_and_keeps_back_no_other() -> None:
    bad = row(1, "2026-03-02T09:00:00", line_items=[{"id": 5, "quantity": "many"}])
    transport = Scripted(page(bad, row(2, "2026-03-02T09:00:00")), page())
    (found,) = connected(transport).orders_since(datetime(2026, 3, 2, tzinfo=UTC))
    assert ([order.external_id for order in found.orders], list(found.unreadable)) == (["2"], ["1"])


def test_refunds_are_fetched_where_an_order_names_them() -> None:
    order = json.loads(payload("order_updated.json")) | {"refunds": [{"id": 4720, "reason": "", "total": "-12.50"}]}
    transport = Scripted(httpx.Response(200, json=order), httpx.Response(200, content=payload("refunds.json")))
    (found,) = connected(transport).fetch_orders(["4711"])
    assert [(line.ordered, line.cancelled, line.returned) for line in found.lines] == [(2, 1, 0), (1, 0, 0)]
    assert transport.asked[1].url.path == "/wp-json/wc/v3/orders/4711/refunds"


def test_orders_are_fetched_together_and_what_a_list_leaves_out_by_itself() -> None:
    transport = Scripted(
        page(row(3, "2026-03-02T09:00:00"), row(1, "2026-03-02T09:00:00")),
        httpx.Response(200, json=row(2, "2026-03-02T09:00:00", status="trash")),
        refused(404, "woocommerce_rest_shop_order_invalid_id", headers={"date": "Mon, 02 Mar 2026 10:00:00 GMT"}),
    )
    found = list(connected(transport).fetch_orders(["1", "2", "3", "4"]))
    assert [(order.external_id, order.state.value) for order in found] == [("1", "order"), ("2", "order"), ("3", "order"), ("4", "gone")]
    assert found[3].version == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert transport.asked[0].url.params["include"] == "1,2,3,4"


def test_a_proxy_that_says_404_deletes_no_order() -> None:
    with pytest.raises(NoUse):
        list(connected(Scripted(httpx.Response(404, **HTML))).fetch_orders(["1"]))


def test_the_queue_that_woocommerce_does_not_have_is_empty() -> None:
    shop = connected()
    assert (shop.receive(), shop.processed([])) == ((), [])
    shop.acknowledge([])
    shop.close()


def test_a_secret_is_made_and_kept_before_a_webhook_is() -> None:
    kept = MemoryVault(consumer_key="ck_demo", consumer_secret="cs_demo")
    transport = Scripted(page(), *[httpx.Response(201, json={"id": n}) for n in range(8)])
    connected(transport, vault=kept).subscribe("https://us.example/webhooks/channel-1")
    secrets = {json.loads(request.content)["secret"] for request in transport.asked[1:]}
    assert secrets == {kept.kept["webhook_secret"]}
    assert len(kept.kept["webhook_secret"]) == 64


@pytest.mark.parametrize(("url", "lag"), [("https://shop.example", "1"), ("http://127.0.0.1:8080", "0"), ("http://127.0.0.1:8080", "1.5")])
def test_only_a_sandbox_on_this_machine_says_how_many_whole_seconds_it_lags_behind(url: str, lag: str) -> None:
    with pytest.raises(NoUse) as refusal:
        connected(url=url, order_lag_s=lag)
    assert refusal.value.code == "misconfigured"
