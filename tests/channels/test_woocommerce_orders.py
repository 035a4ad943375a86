"""How each state of a WooCommerce order reads: the figures that stock follows."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.channels import woocommerce_orders as orders
from app.channels.base import BadPayload
from app.domain.money import Money
from app.domain.snapshots import ABSENT, LineSnapshot, OrderState
from tests.channels.woo import payload


def order(status: str, quantity: Any = 3, reduced: str | None = None, restocked: str | None = None, **more: Any) -> dict[str, Any]:
    """One line of three mugs, as WooCommerce would have it."""
    meta = [{"key": key, "value": value} for key, value in (("_reduced_stock", reduced), ("_restock_refunded_items", restocked)) if value]
    line = {"id": 81, "name": "Mug", "product_id": 301, "variation_id": 0, "quantity": quantity, "sku": "MUG", "meta_data": meta}
    plain = {"id": 4711, "status": status, "date_modified_gmt": "2026-03-02T10:15:06", "date_created_gmt": "2026-03-02T10:00:00"}
    return plain | {"line_items": [line], "refunds": []} | more


def refunded(quantity: int, at: str = "2026-03-03T09:00:00") -> dict[str, Any]:
    line = {"id": 95, "quantity": -quantity, "meta_data": [{"key": "_refunded_item_id", "value": "81"}]}
    return {"id": 4720, "date_created_gmt": at, "line_items": [line]}


BACK = {"refunds": [{"id": 4720, "reason": "", "total": "-12.50"}]}
DONE = {"date_completed_gmt": "2026-03-02T12:00:00"}
BEFORE, AFTER = "2026-03-02T11:00:00", "2026-03-02T13:00:00"


def figures(line: LineSnapshot) -> tuple[int, int, int, int, int, int]:
    return line.ordered, line.cancelled, line.returned, line.shipped, line.counted_down, line.put_back


@pytest.mark.parametrize(
    ("found", "refunds", "paid", "expected"),
    [
        # What is ordered, cancelled, returned, shipped; counted down and put back.
        pytest.param(order("pending"), [], False, (3, 0, 0, 0, 0, 0), id="waiting for payment: held back, not counted"),
        pytest.param(order("on-hold", reduced="3"), [], False, (3, 0, 0, 0, 3, 0), id="bank transfer promised: counted, not paid"),
        pytest.param(order("processing", reduced="3"), [], True, (3, 0, 0, 0, 3, 0), id="paid"),
        pytest.param(order("processing"), [], True, (3, 0, 0, 0, 0, 0), id="paid, and the shop counts nothing for it"),
        pytest.param(order("completed", reduced="3", **DONE), [], True, (3, 0, 0, 3, 3, 0), id="sent"),
        pytest.param(order("completed", reduced="3"), [], True, (3, 0, 0, 3, 3, 0), id="sent, without saying when"),
        pytest.param(order("cancelled"), [], False, (3, 3, 0, 0, 3, 3), id="cancelled: given back, or never taken"),
        pytest.param(order("cancelled", reduced="3"), [], False, (3, 3, 0, 0, 3, 0), id="cancelled, not given back"),
        pytest.param(order("cancelled", date_paid_gmt=BEFORE), [], True, (3, 3, 0, 0, 3, 3), id="cancelled after it was paid"),
        pytest.param(order("failed"), [], False, (3, 3, 0, 0, 0, 0), id="payment failed at once"),
        pytest.param(order("failed", reduced="3"), [], False, (3, 3, 0, 0, 3, 0), id="payment failed later: stays taken"),
        pytest.param(order("trash", reduced="3"), [], False, (3, 3, 0, 0, 3, 0), id="in the trash: units stay gone"),
        pytest.param(order("trash"), [], False, (3, 3, 0, 0, 3, 3), id="in the trash after it was cancelled"),
        pytest.param(order("refunded", reduced="3"), [], False, (3, 3, 0, 0, 3, 0), id="refunded as a whole, nothing restocked"),
        pytest.param(
            order("refunded", restocked="3", date_paid_gmt=BEFORE, **BACK),
            [refunded(3)],
            True,
            (3, 3, 0, 0, 3, 3),
            id="refunded, restocked",
        ),
        pytest.param(
            order("refunded", reduced="3", **DONE, **BACK),
            [refunded(3, AFTER)],
            False,
            (3, 0, 3, 3, 3, 0),
            id="refunded when sent",
        ),
        pytest.param(order("refunded", reduced="3", **DONE), [], False, (3, 0, 0, 3, 3, 0), id="sent, and only the money went back"),
        pytest.param(
            order("processing", reduced="2", restocked="1", **BACK), [refunded(1)], True, (3, 1, 0, 0, 3, 1), id="one refunded, restocked"
        ),
        pytest.param(order("processing", reduced="3", **BACK), [refunded(1)], True, (3, 1, 0, 0, 3, 0), id="one refunded, not restocked"),
        pytest.param(
            order("completed", reduced="2", restocked="1", **DONE, **BACK),
            [refunded(1, BEFORE)],
            True,
            (3, 1, 0, 2, 3, 1),
            id="one refunded, then the rest sent",
        ),
        pytest.param(
            order("completed", reduced="2", restocked="1", **DONE, **BACK),
            [refunded(1, AFTER)],
            True,
            (3, 0, 1, 3, 3, 1),
            id="sent, then one refunded",
        ),
        pytest.param(order("cancelled", restocked="1", **BACK), [refunded(1)], False, (3, 3, 0, 0, 3, 3), id="then cancelled"),
        pytest.param(order("processing", reduced="3", **BACK), [], True, (3, 0, 0, 0, 3, 0), id="money back without naming units"),
        pytest.param(order("processing", reduced="3"), [refunded(1)], True, (3, 0, 0, 0, 3, 0), id="a refund newer than the order read"),
        pytest.param(order("shipped", reduced="3", date_paid_gmt=BEFORE), [], True, (3, 0, 0, 0, 3, 0), id="a status of a plugin's own"),
        pytest.param(order("processing", quantity=0, reduced=None), [], True, (0, 0, 0, 0, 0, 0), id="edited down to nothing"),
        pytest.param(order("processing", quantity=8, reduced="8"), [], True, (8, 0, 0, 0, 8, 0), id="more than was ever there"),
    ],
)
def test_figures_follow_what_the_shop_wrote_down(
    found: dict[str, Any], refunds: list[dict[str, Any]], paid: bool, expected: tuple[int, ...]
) -> None:
    snapshot = orders.snapshot(found, refunds)
    (line,) = snapshot.lines
    assert (snapshot.state, snapshot.paid, figures(line)) == (OrderState.ORDER, paid, expected)


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft", "draft", "new"])
def test_a_checkout_that_nobody_finished_is_no_order(status: str) -> None:
    assert orders.snapshot(order(status)).state is OrderState.NOT_YET


def test_an_order_reads_whole() -> None:
    found = orders.snapshot(json.loads(payload("order_updated.json")))
    placed = datetime(2026, 3, 2, 10, 15, 4, tzinfo=UTC)
    assert (found.external_id, found.number, found.placed_at, found.version) == ("4711", "4711", placed, replace(found).updated_at)
    assert found.version == datetime(2026, 3, 2, 10, 15, 6, tzinfo=UTC)
    assert found.amounts == {
        "gross": Money(4500, "GBP"),
        "discount": Money(0, "GBP"),
        "tax": Money(0, "GBP"),
        "shipping": Money(390, "GBP"),
        "total": Money(4890, "GBP"),
    }
    mug, tee = found.lines
    assert (mug.listing, mug.sku, mug.title, mug.ordered, mug.counted_down) == ("301", "MUG-RED", "Enamel Mug", 2, 2)
    assert (mug.unit_price, mug.discount, mug.tax) == (Money(1250, "GBP"), Money(0, "GBP"), Money(0, "GBP"))
    assert (tee.listing, tee.sku, tee.ordered, tee.counted_down) == ("311", "TEE-S", 1, 1)
    assert found.buyer == {
        "name": "Mina Sample",
        "email": "mina@shopper.example",
        "phone": "0113000000",
        "line1": "4 Mill Lane",
        "city": "Leeds",
        "postal_code": "LS1 1AA",
        "country": "GB",
    }
    assert found.ship_to == {name: value for name, value in found.buyer.items() if name not in ("email", "phone")}
    assert found.notes == {"status": "processing", "created_via": "store-api", "payment_method": "bacs"}


@pytest.mark.parametrize("fee", ["free", "1e999999", "-free", {}, "99999999999999999999"])
def test_a_fee_that_cant_be_doesnt_hide_the_order(fee: Any) -> None:
    found = orders.snapshot(order("processing", currency="GBP", total="1.00", fee_lines=[{"total": fee}]))
    assert found.amounts is ABSENT
    assert isinstance(found.lines, list) and found.lines[0].ordered == 3


def test_an_order_is_read_anew_as_soon_as_it_or_its_refunds_are_written_otherwise() -> None:
    lately = orders.Lately()
    first = lately.snapshot(order("processing", reduced="3"), [])
    assert lately.snapshot(order("processing", reduced="3"), []) is first
    for changed in ((order("processing", reduced="2"), []), (order("processing", reduced="3", **BACK), [refunded(1)])):
        assert lately.snapshot(*changed) == orders.snapshot(*changed) != first
    assert lately.snapshot(order("processing", reduced="3"), []) == first
    for number in range(200):
        assert lately.snapshot(order("processing", id=number), []).external_id == str(number)
    assert lately.snapshot(order("processing", reduced="3"), []) == first


def test_a_quantity_that_cant_be_is_parked() -> None:
    with pytest.raises(BadPayload):
        orders.snapshot(order("processing", quantity="1e999999"))


def test_amounts_add_up_with_fees_and_discounts() -> None:
    more = {"currency": "EUR", "discount_total": "2.00", "total_tax": "1.10", "shipping_total": "4.90", "total": "14.00"}
    fees = {"fee_lines": [{"total": "3.00"}, {"total": "-1.00"}]}
    found = order("processing", 1) | more | fees
    found["line_items"][0] |= {"subtotal": "8.00", "total": "6.00", "total_tax": "1.00"}
    snapshot = orders.snapshot(found)
    assert snapshot.amounts is not ABSENT
    part = {name: money.amount for name, money in snapshot.amounts.items()}
    assert part == {"gross": 1100, "discount": 300, "tax": 110, "shipping": 490, "total": 1400}
    assert part["gross"] - part["discount"] + part["tax"] + part["shipping"] == part["total"]
    (line,) = snapshot.lines
    assert (line.unit_price, line.discount, line.tax) == (Money(800, "EUR"), Money(200, "EUR"), Money(100, "EUR"))


def test_a_currency_that_nobody_knows_loses_the_amounts_and_not_the_order() -> None:
    found = orders.snapshot(order("processing", reduced="3", currency="POINTS", total="12.50"))
    assert (found.amounts, found.lines[0].unit_price, found.lines[0].ordered) == (ABSENT, None, 3)


def test_part_of_a_unit_takes_a_whole_one() -> None:
    found = orders.snapshot(order("processing", 1.5, reduced="1.5"))
    assert (found.lines[0].ordered, found.lines[0].counted_down, found.lines[0].decimal_quantity) == (2, 2, "1.5")
    assert orders.snapshot(order("processing", "3")).lines[0].decimal_quantity is None


def test_a_line_of_a_product_that_was_deleted_names_no_listing() -> None:
    found = order("processing")
    found["line_items"][0] |= {"product_id": 0, "sku": None}
    (line,) = orders.snapshot(found).lines
    assert (line.listing, line.sku, line.title) == (None, None, "Mug")


def test_an_empty_shipping_address_means_the_buyers_own() -> None:
    billing = {"first_name": "Mina", "last_name": "Sample", "address_1": "4 Mill Lane", "country": "GB"}
    found = orders.snapshot(order("processing", billing=billing, shipping={"first_name": "", "country": "GB", "address_1": ""}))
    assert found.ship_to == {"name": "Mina Sample", "line1": "4 Mill Lane", "country": "GB"}
    nobody = orders.snapshot(order("processing", billing={"country": "GB"}, shipping={}))
    assert (nobody.buyer, nobody.ship_to) == (ABSENT, None)


def test_unknown_and_odd_fields_are_no_trouble() -> None:
    found = order("processing", fee_lines=None, coupon_lines="none", new_field={"a": [1]}, billing="")
    found["line_items"][0]["meta_data"] = [None, "x", {"key": "gift", "value": {"a": 1}}, {"key": "_reduced_stock", "value": 3}]
    assert orders.snapshot(found).lines[0].counted_down == 3


@pytest.mark.parametrize(
    "broken",
    [
        order("processing", "many"),
        order("processing", reduced="some"),
        order("processing", float("nan")),
        {"id": 4711},
        order("processing", date_modified_gmt=None, date_created_gmt="soon"),
        order("processing", line_items=[{"id": 5}]),
        order("processing", line_items=7),
    ],
)
def test_an_order_that_makes_no_sense_says_so(broken: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        orders.snapshot(broken)
