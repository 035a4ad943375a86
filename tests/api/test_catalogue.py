"""What people edit over HTTP: merge patches under ETags, codes with a history, search, and files in and out."""

import csv
import json
import re
from typing import Any

import pytest

from tests.api.client import Client, eur, lines, problem
from tests.servers import until


def patch(client: Client, path: str, body: Any, tag: str | None) -> Any:
    return client.send("PATCH", path, json=body, headers={"If-Match": tag} if tag is not None else {})


def patched(client: Client, path: str, **body: Any) -> Any:
    answer = patch(client, path, body, client.get(path).headers["etag"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"' == client.get(path).headers["etag"]
    return answer.json()


def sku(client: Client, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/skus", params={"code": client.sku(**fields)}).json()["items"][0]
    return found


@pytest.fixture(params=["products", "skus", "locations"])
def edited(request: pytest.FixtureRequest, client: Client) -> tuple[str, dict[str, Any]]:
    """The address of something that people edit, and a change to it."""
    if request.param == "locations":
        made = client.made("/v1/locations", {"code": f"L{client.sku()}", "name": "Stall"})
        return f"/v1/locations/{made['id']}", {"name": "Market"}
    made = sku(client)
    if request.param == "products":
        return f"/v1/products/{made['product_id']}", {"title": "Cup"}
    return f"/v1/skus/{made['id']}", {"weight_g": 340}


def test_a_change_needs_the_etag_of_what_was_read(client: Client, edited: tuple[str, dict[str, Any]]) -> None:
    path, change = edited
    read = client.get(path)
    tag, before = read.headers["etag"], read.json()
    assert re.fullmatch(r'"\d+"', tag)
    assert "If-Match" in problem(patch(client, path, change, None), 428, "if_match_required")["detail"]
    for stale in ('"999"', f"W/{tag}", "nonsense"):
        assert "Read it again" in problem(patch(client, path, change, stale), 412, "stale")["detail"]
    assert client.get(path).json() == before
    done = patch(client, path, change, f'"999", {tag}')
    assert done.status_code == 200 and done.json() | change == done.json()
    assert done.headers["etag"] != tag
    problem(patch(client, path, change, tag), 412, "stale")
    assert patch(client, path, change, "*").status_code == 200


def test_a_change_leaves_what_it_does_not_name_and_null_clears(client: Client) -> None:
    made = sku(client, cost=eur(300), barcode="400 6381 333931", weight_g=340, options={"size": "L", "colour": "blue"})
    assert made["barcode"] == "4006381333931"
    path = f"/v1/skus/{made['id']}"
    changed = patched(client, path, cost=None, options={"size": None, "glaze": "matt"}, price=eur(1400))
    assert (changed["cost"], changed["price"], changed["options"]) == (None, eur(1400), {"colour": "blue", "glaze": "matt"})
    assert (changed["barcode"], changed["weight_g"]) == (made["barcode"], made["weight_g"])
    product = f"/v1/products/{made['product_id']}"
    assert client.get(product).json()["version"] == 2
    images = ["https://example.org/1.jpg"]
    assert patched(client, product, description="Hand thrown", images=images)["images"] == images
    cleared = patched(client, product, description=None, images=None)
    assert (cleared["description"], cleared["images"], cleared["title"]) == (None, [], "Mug")


@pytest.mark.parametrize(
    ("body", "field", "right"),
    [
        ({"title": None}, "title", "text"),
        ({"images": ["http://example.org/1.jpg"]}, "images.0", "https"),
        ({"archived": "yes"}, "archived", "true or false"),
        ({"skus": []}, "skus", "misspelt"),
    ],
)
def test_a_wrong_change_of_a_product_says_what_would_be_right(client: Client, body: Any, field: str, right: str) -> None:
    answer = patch(client, f"/v1/products/{sku(client)['product_id']}", body, "*")
    errors = {error["field"]: error["message"] for error in problem(answer, 422, "invalid_request")["errors"]}
    assert right in errors[field]


@pytest.mark.parametrize(
    ("body", "field", "right"),
    [
        ({"barcode": "4006381333932"}, "barcode", "ends in 1"),
        ({"code": None}, "code", "text"),
        ({"price": {"amount": 5}}, "price.currency", "required"),
        ({"weight_g": -1}, "weight_g", "0 or more"),
        ({"options": {"size": 7}}, "options.size", "text"),
    ],
)
def test_a_wrong_change_of_a_sku_says_what_would_be_right(client: Client, body: Any, field: str, right: str) -> None:
    answer = patch(client, f"/v1/skus/{sku(client)['id']}", body, "*")
    errors = {error["field"]: error["message"] for error in problem(answer, 422, "invalid_request")["errors"]}
    assert right in errors[field]


def test_a_sku_is_renamed_merged_and_found_by_what_it_was_called(client: Client) -> None:
    old, new = sku(client, stock=4), sku(client, stock=1)
    renamed = patched(client, f"/v1/skus/{old['id']}", code=f"{old['code']}/grün #1")
    assert renamed["aliases"] == [old["code"]]
    taken = problem(client.post("/v1/products", {"title": "Mug", "skus": [{"code": old["code"]}]}), 409, "code_taken")
    assert taken["alias_of"] == renamed["code"]
    left = client.post(f"/v1/skus/{old['id']}/merge", {"into": new["id"]})
    assert (left.status_code, left.json()["aliases"]) == (200, [old["code"], renamed["code"]])
    for code in (old["code"], renamed["code"]):
        assert client.level(code) == {"available": 5}
        assert client.get("/v1/skus", params={"code": code}).json()["items"][0]["id"] == new["id"]
    again = problem(client.post(f"/v1/skus/{old['id']}/merge", {"into": new["id"]}), 409, "wrong_state")
    assert again["merged_into"] == new["id"]
    dropped = client.send("DELETE", f"/v1/skus/{new['id']}/aliases", params={"code": old["code"]})
    assert dropped.json()["aliases"] == [renamed["code"]]
    problem(client.send("DELETE", f"/v1/skus/{new['id']}/aliases", params={"code": old["code"]}), 404, "not_found")
    client.made("/v1/products", {"title": "Mug", "skus": [{"code": old["code"]}]})


def test_a_near_miss_is_proposed(client: Client) -> None:
    client.made("/v1/products", {"title": "Teapot", "skus": [{"code": "TEAPOT-OCHRE"}]})
    missing = problem(client.post("/v1/orders", {"lines": lines(("TEAPOT-OCRE", 1))}), 404, "unknown_sku")
    assert (missing["skus"], missing["did_you_mean"]) == (["TEAPOT-OCRE"], ["TEAPOT-OCHRE"])


def test_lists_are_searched_and_filtered(client: Client) -> None:
    skus = [{"code": "SAUCER-1", "barcode": "96385074"}, {"code": "SAUCER-2"}]
    product = client.made("/v1/products", {"title": "Unterteller, groß", "skus": skus})
    first, second = product["skus"]

    def found(path: str, **parameters: Any) -> list[str]:
        return [each["id"] for each in client.everything(path, **parameters)]

    assert found("/v1/products", q="saucer unter") == [product["id"]]
    assert found("/v1/skus", q="GROSS") == [first["id"], second["id"]]
    assert found("/v1/skus", q="96385074") == [first["id"]]
    changed = patched(client, f"/v1/skus/{second['id']}", archived=True)
    assert found("/v1/skus", q="saucer", archived="true") == [second["id"]]
    assert found("/v1/skus", q="saucer", archived="false") == [first["id"]]
    assert found("/v1/skus", q="saucer", updated_since=changed["updated_at"]) == [second["id"]]
    assert found("/v1/products", q="saucer", updated_since=changed["updated_at"]) == [product["id"]]
    refused = problem(client.post("/v1/orders", {"lines": lines(("SAUCER-2", 1))}), 409, "wrong_state")
    assert refused["archived"] == ["SAUCER-2"]


# Files


def send(client: Client, text: str | bytes, kind: str = "text/csv", **parameters: Any) -> Any:
    content = text.encode() if isinstance(text, str) else text
    headers = {"Content-Type": kind, **parameters.pop("headers", {})}
    return client.post("/v1/imports", content=content, headers=headers, params=parameters)


def taken_in(client: Client, answer: Any) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    path = f"/v1/imports/{answer.json()['id']}"
    until(lambda: client.get(path).json()["status"] in ("done", "failed"), within_s=20, what="the file is in")
    found: dict[str, Any] = client.get(path).json()
    return found


def test_a_file_is_taken_in_behind_its_answer_and_reported_on(client: Client) -> None:
    text = "product,code,price,stock:STUDIO\nFile mug,FILE-1,12.50,3\nFile mug,FILE-2,12.505,\nFile mug,,1,\n"
    answer = send(client, text, name="mugs.csv")
    done = taken_in(client, answer)
    assert (done["status"], done["format"], done["name"], done["location"]) == ("done", "tallystick", "mugs.csv", "STUDIO")
    figures = {name: done[name] for name in ("rows", "bad_rows", "products_created", "skus_created", "units", "errors", "lines", "line")}
    expected = {"rows": 3, "bad_rows": 2, "products_created": 1, "skus_created": 1, "units": 3, "errors": 2, "lines": 4, "line": 4}
    assert figures == expected
    assert client.level("FILE-1") == {"available": 3}
    (first, second) = client.everything(f"/v1/imports/{done['id']}/errors", limit=1)
    assert (first["line"], first["column"], first["value"]) == (3, "price", "12.505") and "2 decimals" in first["message"]
    assert (second["line"], second["column"]) == (4, "code")
    assert done["id"] in [each["id"] for each in client.get("/v1/imports").json()["items"]]
    assert client.get("/v1/stock/movements", params={"cause": done["id"]}).json()["items"][0]["reason"] == "opening_stock"


def test_a_file_that_is_sent_twice_with_one_key_is_one_import(client: Client) -> None:
    first, second = (send(client, "product,code\nKeyed,KEYED\n", headers={"Idempotency-Key": "file-1"}) for _ in range(2))
    assert first.json()["id"] == second.json()["id"] and second.headers["idempotent-replayed"] == "true"
    taken_in(client, first)
    other = send(client, "product,code\nKeyed,KEYED-2\n", headers={"Idempotency-Key": "file-1"})
    problem(other, 422, "idempotency_key_reused")


def test_json_lines_are_taken_in_and_a_shops_stock_goes_where_it_is_told(client: Client) -> None:
    done = taken_in(client, send(client, json.dumps({"product": "Line", "code": "LINE-1"}), "application/x-ndjson"))
    assert done["skus_created"] == 1
    client.made("/v1/locations", {"code": "SHOP-FLOOR", "name": "Shop"})
    etsy = "TITLE,PRICE,CURRENCY_CODE,QUANTITY,SKU\nVase,60,EUR,2,ETSY-V\n"
    assert taken_in(client, send(client, etsy, location="shop-floor"))["format"] == "etsy"
    (level,) = client.get("/v1/stock", params={"sku": "ETSY-V"}).json()["items"]
    assert (level["location"], level["available"]) == ("SHOP-FLOOR", 2)


def test_what_is_no_file_of_products_is_refused(client: Client) -> None:
    assert "text/csv" in problem(send(client, "{}", "application/json"), 415, "unsupported_media_type")["detail"]
    problem(send(client, "code\nA\n", location="nowhere"), 404, "unknown_location")
    failed = taken_in(client, send(client, b"PK\x03\x04\x00\x00\xff\xfe"))
    assert failed["status"] == "failed" and failed["reason"]


def test_a_file_may_be_larger_than_other_bodies_and_has_its_own_bound(client: Client) -> None:
    settings = client.app.state.settings
    told = "x" * (settings.max_body_bytes // 25)
    text = "product,code,description\n" + "".join(f"Big {number},BIG-{number},{told}\n" for number in range(26))
    assert len(text) > settings.max_body_bytes
    answer = send(client, text)
    assert answer.status_code == 202
    settings.max_import_bytes, before = 1_000, settings.max_import_bytes
    try:
        problem(send(client, text), 413, "too_large")
    finally:
        settings.max_import_bytes = before
    problem(client.post("/v1/locations", content=text.encode()), 413, "too_large")
    done = taken_in(client, answer)
    assert (done["skus_created"], done["bad_rows"]) == (26, 0)


def test_stock_movements_and_orders_can_be_had_as_files(client: Client) -> None:
    code = client.sku(stock=5)
    order = client.made("/v1/orders", {"lines": lines((code, 2)), "reference": "=1+1"})
    levels = client.get("/v1/exports/stock", params={"sku": code})
    assert (levels.headers["content-type"], levels.headers["content-disposition"]) == (
        "text/csv; charset=utf-8",
        'attachment; filename="stock.csv"',
    )
    (level,) = csv.DictReader(levels.text.splitlines())
    assert (level["sku"], level["available"], level["committed"]) == (code, "3", "2")
    moved = client.get("/v1/exports/movements", params={"sku": code, "format": "jsonl", "updated_since": order["placed_at"]})
    assert [json.loads(line)["reason"] for line in moved.text.splitlines()] == ["ordered"]
    filters = {"sku": code, "location": "STUDIO", "status": "open"}
    (row,) = csv.DictReader(client.get("/v1/exports/orders", params=filters).text.splitlines())
    assert (row["order_id"], row["reference"], row["quantity"], row["line_total"]) == (order["id"], "'=1+1", "2", "25.00")
    (exported,) = client.get("/v1/exports/orders", params=filters | {"format": "jsonl"}).text.splitlines()
    assert json.loads(exported) == client.get(f"/v1/orders/{order['id']}").json()
    for none in ({"sku": "nobody's"}, {"sku": code, "status": "cancelled"}, {"sku": code, "location": "nowhere"}):
        assert client.get("/v1/exports/orders", params=none | {"format": "jsonl"}).text == ""
