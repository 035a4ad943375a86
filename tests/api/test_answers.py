"""What each route answers when all is well."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.api.client import Client, eur, lines, received

BUYER = {"name": "Ada Buyer", "email": "ada@example.org", "phone": "+44 1782 000000"}
ADDRESS = {"name": "Ada Buyer", "line1": "1 Kiln Lane", "city": "Stoke", "postal_code": "ST1 1AA", "country": "GB"}


def put(answer: httpx.Response, status: int) -> Any:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json"), answer.text
    return answer.json()


def test_a_product_is_made_with_its_skus_and_found_again_by_id_and_by_code(client: Client) -> None:
    skus = [
        {"code": "PLATE-RED", "price": eur(1800), "cost": eur(400), "safety_stock": 2},
        {"code": "Teller grün/#1", "tracked": False},
    ]
    product = put(client.post("/v1/products", {"title": "Plate", "skus": skus}), 201)
    assert [(sku["code"], sku["price"], sku["cost"], sku["tracked"], sku["safety_stock"]) for sku in product["skus"]] == [
        ("PLATE-RED", eur(1800), eur(400), True, 2),
        ("Teller grün/#1", None, None, False, 0),
    ]
    assert put(client.get(f"/v1/products/{product['id']}"), 200) == product
    assert product in put(client.get("/v1/products"), 200)["items"]
    blue = put(client.post(f"/v1/products/{product['id']}/skus", {"code": " PLATE-BLUE "}), 201)
    assert (blue["code"], blue["product_id"]) == ("PLATE-BLUE", product["id"])
    assert put(client.get(f"/v1/skus/{blue['id']}"), 200) == blue
    for spelling in ("PLATE-BLUE", "plate-blue", " Plate-Blue "):
        assert put(client.get("/v1/skus", params={"code": spelling}), 200) == {"items": [blue], "next": None}
    assert [sku["code"] for sku in client.get("/v1/skus", params={"code": "TELLER GRÜN/#1"}).json()["items"]] == ["Teller grün/#1"]


def test_a_store_begins_with_the_location_studio_and_takes_in_others(client: Client) -> None:
    stall = put(client.post("/v1/locations", {"code": "STALL-A", "name": "Market stall"}), 201)
    studio, *others = put(client.get("/v1/locations"), 200)["items"]
    assert (studio["code"], studio["name"], studio["rank"]) == ("STUDIO", "Studio", 1)
    assert stall in others and stall["rank"] > 1


def test_goods_received_are_in_stock_and_the_ledger_says_why(client: Client) -> None:
    code = client.sku()
    moved = put(client.post("/v1/stock/movements", received(code, 50) | {"reference": "PO-1"}), 201)
    assert moved | {"quantity": 50, "source": "supplier", "target": "available", "reason": "received", "reference": "PO-1"} == moved
    assert (moved["sku"], moved["location"], moved["actor"]) == (code, "STUDIO", "token:owner")
    assert moved["occurred_at"] == moved["recorded_at"] and datetime.fromisoformat(moved["recorded_at"]).utcoffset() is not None
    assert put(client.get("/v1/stock/movements", params={"sku": code}), 200) == {"items": [moved], "next": None}
    (level,) = put(client.get("/v1/stock", params={"sku": code.lower(), "location": "studio"}), 200)["items"]
    assert level | {"sku": code, "location": "STUDIO", "available": 50, "allotted": 0, "committed": 0, "on_hand": 50} == level
    assert put(client.get("/v1/stock", params={"sku": code, "location": "nowhere"}), 200) == {"items": [], "next": None}


def test_a_stocktake_is_compared_with_the_ledger_as_it_stood(client: Client) -> None:
    code = client.sku(stock=10)
    count = put(client.post("/v1/stock/counts", {"location": "STUDIO", "lines": [{"sku": code, "counted": 7}], "reference": "May"}), 201)
    assert [(line["sku"], line["counted"], line["expected"], line["difference"]) for line in count["lines"]] == [(code, 7, 10, -3)]
    assert (count["location"], count["reference"], count["actor"]) == ("STUDIO", "May", "token:owner")
    assert client.level(code) == {"available": 7}
    assert put(client.get(f"/v1/stock/counts/{count['id']}"), 200) == count
    assert count in put(client.get("/v1/stock/counts"), 200)["items"]
    (adjusted,) = client.get("/v1/stock/movements", params={"cause": count["id"]}).json()["items"]
    assert (adjusted["source"], adjusted["target"], adjusted["quantity"]) == ("available", "adjustment", 3)


def test_a_transfer_is_sent_and_received_and_what_is_lost_is_written_off(client: Client) -> None:
    code, other = client.sku(stock=10), client.sku(stock=1)
    client.made("/v1/locations", {"code": "STALL-B", "name": "Stall"})
    sent = put(client.post("/v1/stock/transfers", {"source": "STUDIO", "target": "STALL-B", "lines": lines((code, 6), (other, 1))}), 201)
    assert (sent["source"], sent["target"], sent["in_transit"]) == ("STUDIO", "STALL-B", 7)
    assert client.level(code) == {"available": 4}
    arrived = put(client.post(f"/v1/stock/transfers/{sent['id']}/receive", {"lines": lines((code, 4))}), 200)
    found = {line["sku"]: (line["sent"], line["received"], line["lost"], line["in_transit"]) for line in arrived["lines"]}
    assert found == {code: (6, 4, 0, 2), other: (1, 0, 0, 1)}
    lost = put(client.post(f"/v1/stock/transfers/{sent['id']}/lose", {"lines": lines((code, 2))}), 200)
    assert lost["in_transit"] == 1
    assert put(client.post(f"/v1/stock/transfers/{sent['id']}/receive"), 200)["in_transit"] == 0
    assert (client.level(code), client.level(other)) == ({"available": 8}, {"available": 1})
    assert sorted(line["lost"] for line in put(client.get(f"/v1/stock/transfers/{sent['id']}"), 200)["lines"]) == [0, 2]
    assert sent["id"] in [each["id"] for each in put(client.get("/v1/stock/transfers"), 200)["items"]]


def test_a_hold_sets_units_aside_until_it_is_released(client: Client) -> None:
    code = client.sku(stock=5)
    hold = put(client.post("/v1/reservations", {"lines": lines((code, 3)), "expires_in_s": 60, "reference": "cart"}), 201)
    assert (hold["status"], hold["reference"]) == ("held", "cart")
    assert [(line["sku"], line["location"], line["quantity"]) for line in hold["lines"]] == [(code, "STUDIO", 3)]
    assert client.level(code) == {"available": 2, "reserved": 3}
    assert put(client.get(f"/v1/reservations/{hold['id']}"), 200) == hold
    assert hold in put(client.get("/v1/reservations", params={"status": "held"}), 200)["items"]
    assert put(client.post(f"/v1/reservations/{hold['id']}/release"), 200)["status"] == "released"
    assert client.level(code) == {"available": 5}


def test_an_order_carries_what_was_promised_and_what_it_came_to(client: Client) -> None:
    code = client.sku(stock=5, cost=eur(300))
    wanted = [{"sku": code, "quantity": 2, "unit_price": eur(1200), "discount": eur(100), "tax": eur(230), "title": "Blue mug"}]
    seen = {"gross": 2600, "discount": 110, "tax": 250, "total": 2740}
    usd = {name: {"amount": amount, "currency": "USD"} for name, amount in seen.items()}
    wanted[0]["presentment"] = usd
    draft = {
        "lines": wanted,
        "reference": "WEB-1001",
        "buyer": BUYER,
        "ship_to": ADDRESS,
        "locations": ["STUDIO"],
        "prices_include_tax": False,
        "shipping": eur(490),
        "discount": eur(20),
        "total": eur(3003),
        "presentment": usd | {"shipping": {"amount": 540, "currency": "USD"}, "total": {"amount": 3258, "currency": "USD"}},
        "ship_by": "2030-01-01T12:00:00+01:00",
    }
    order = put(client.post("/v1/orders", draft), 201)
    assert (order["status"], order["reference"], order["sold"], order["test"]) == ("open", "WEB-1001", False, False)
    amounts = {name: order[name]["amount"] for name in ("gross", "discount", "tax", "shipping", "rounding", "total")}
    assert amounts == {"gross": 2400, "discount": 120, "tax": 230, "shipping": 490, "rounding": 3, "total": 3003}
    assert order["presentment"]["total"] == {"amount": 3258, "currency": "USD"}
    assert order["ship_by"] == "2030-01-01T11:00:00Z"
    (line,) = order["lines"]
    assert (line["sku"], line["title"], line["quantity"], line["committed"], line["short"]) == (code, "Blue mug", 2, 2, 0)
    assert line["presentment"] == usd and line["total"] == eur(2530)
    assert line["commitments"] == [{"location": "STUDIO", "quantity": 2, "shipped": 0, "unit_cost": eur(300)}]
    assert put(client.get(f"/v1/orders/{order['id']}"), 200) == order
    assert put(client.get("/v1/orders", params={"reference": "WEB-1001"}), 200)["items"] == [order]
    assert order in client.get("/v1/orders", params={"status": "open", "updated_since": order["updated_at"]}).json()["items"]
    assert client.level(code) == {"available": 3, "committed": 2}


def test_an_order_is_shipped_in_parts_and_the_rest_cancelled(client: Client) -> None:
    code = client.sku(stock=5)
    order = client.made("/v1/orders", {"lines": lines((code, 4))})
    line = order["lines"][0]["id"]
    parcel = {"lines": [{"line": line, "quantity": 1}], "location": "STUDIO", "carrier": "DHL", "tracking_number": "0034"}
    shipment = put(client.post(f"/v1/orders/{order['id']}/shipments", parcel | {"tracking_url": "https://example.org/0034"}), 201)
    assert shipment["lines"] == [{"line": line, "sku": code, "location": "STUDIO", "quantity": 1}]
    assert (shipment["carrier"], shipment["tracking_number"], shipment["order_id"]) == ("DHL", "0034", order["id"])
    cancelled = put(client.post(f"/v1/orders/{order['id']}/cancel", {"lines": [{"line": line, "quantity": 1}], "reason": "too many"}), 200)
    assert (cancelled["status"], cancelled["lines"][0]["cancelled"], cancelled["cancel_reason"]) == ("open", 1, "too many")
    second = put(client.post(f"/v1/orders/{order['id']}/shipments"), 201)
    assert second["lines"][0]["quantity"] == 2
    assert client.get(f"/v1/orders/{order['id']}").json()["status"] == "shipped"
    assert put(client.get(f"/v1/orders/{order['id']}/shipments"), 200) == {"items": [shipment, second], "next": None}
    assert client.level(code) == {"available": 2}


def test_a_sale_that_has_happened_is_taken_in_and_what_is_missing_is_short_until_it_arrives(client: Client) -> None:
    code = client.sku(stock=1)
    order = client.made("/v1/orders", {"lines": lines((code, 3)), "sold": True})
    assert (order["lines"][0]["committed"], order["lines"][0]["short"]) == (1, 2)
    client.made("/v1/stock/movements", received(code, 5))
    (line,) = client.get(f"/v1/orders/{order['id']}").json()["lines"]
    assert (line["committed"], line["short"]) == (3, 0)
    assert client.level(code) == {"available": 3, "committed": 3}


def test_a_hold_becomes_an_order_once(client: Client) -> None:
    code = client.sku(stock=3)
    hold = client.made("/v1/reservations", {"lines": lines((code, 3))})
    order = put(client.post("/v1/orders", {"lines": lines((code, 2)), "reservation_id": hold["id"]}), 201)
    assert order["reservation_id"] == hold["id"]
    assert client.level(code) == {"available": 1, "committed": 2}
    assert client.get(f"/v1/reservations/{hold['id']}").json()["status"] == "used"


def test_a_buyer_is_kept_in_one_place_and_can_be_erased_there(client: Client) -> None:
    code = client.sku(stock=2)
    order = client.made("/v1/orders", {"lines": lines((code, 1)), "buyer": BUYER, "ship_to": ADDRESS})
    buyer = put(client.get(f"/v1/contacts/{order['contact_id']}"), 200)
    assert buyer | BUYER == buyer
    again = client.made("/v1/orders", {"lines": lines((code, 1)), "contact_id": order["contact_id"]})
    assert again["contact_id"] == order["contact_id"]
    erased = put(client.post(f"/v1/contacts/{order['contact_id']}/erase"), 200)
    assert (erased["name"], erased["email"], erased["phone"]) == (None, None, None) and erased["erased_at"]
    address = put(client.get(f"/v1/contacts/{order['ship_to_id']}"), 200)
    assert (address["line1"], address["city"], address["country"]) == (None, None, None)
    assert put(client.post(f"/v1/contacts/{order['contact_id']}/erase"), 200) == erased
    assert client.get(f"/v1/orders/{order['id']}").json()["contact_id"] == order["contact_id"]


def test_events_say_what_happened_in_order_and_name_no_buyer(client: Client) -> None:
    before = int(client.get("/v1/events", params={"limit": 200}).json()["next"])
    while (page := client.get("/v1/events", params={"limit": 200, "after": before}).json())["items"]:
        before = int(page["next"])
    code = client.sku(stock=2)
    order = client.made("/v1/orders", {"lines": lines((code, 1)), "buyer": BUYER, "ship_to": ADDRESS})
    feed = put(client.get("/v1/events", params={"after": before}), 200)
    types = [event["type"] for event in feed["items"]]
    assert {*types[:2]} == {"product.created", "sku.created"}
    assert types[2:] == ["stock.moved", "stock.moved", "order.placed"]
    assert feed["next"] == str(feed["items"][-1]["seq"])
    placed = feed["items"][-1]
    assert (placed["subject"], placed["actor"], placed["cause_kind"]) == (order["id"], "token:owner", "order")
    assert placed["data"]["contact_id"] == order["contact_id"]
    assert not any(value in str(feed) for value in (*BUYER.values(), *ADDRESS.values()) if value != "GB")
    only = client.get("/v1/events", params={"after": before, "type": "order.placed"}).json()
    assert [event["seq"] for event in only["items"]] == [placed["seq"]]
    assert client.get("/v1/events", params={"after": feed["next"]}).json() == {"items": [], "next": feed["next"]}


def test_the_service_says_that_it_is_alive_and_ready_without_a_token(client: Client) -> None:
    assert put(client.get("/healthz", token=None), 200) == {"status": "alive"}
    assert put(client.get("/readyz", token=None), 200) == {"status": "ready"}
    assert client.get("/docs", token=None).status_code == 200
    assert put(client.get("/openapi.json", token=None), 200)["info"]["title"] == "Tallystick"


@pytest.mark.parametrize("path", ["/v1/orders", "/v1/stock", "/v1/products", "/v1/reservations"])
def test_times_are_in_utc_and_say_so(client: Client, path: str) -> None:
    code = client.sku(stock=2)
    client.made("/v1/orders", {"lines": lines((code, 1))})
    client.made("/v1/reservations", {"lines": lines((code, 1))})
    item = client.get(path).json()["items"][0]
    times = [value for name, value in item.items() if name.endswith("_at") and value]
    assert times and all(time.endswith("Z") for time in times)
