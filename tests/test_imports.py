"""Files of products: what they come to, what is said of rows that are wrong, and that sending them again changes nothing."""

import csv
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.database import Database
from app.domain import catalogue, checking, imports, stock
from app.domain.causes import Cause
from app.domain.money import Money
from app.importing import running
from app.importing.values import amount_of, decimal_of, grams_of, whole_of
from tests.servers import Server, until
from tests.shop import CAUSE, Level, everything, level, movements, place, place_to_stock, sku, stocked

SAMPLES = Path(__file__).parent / "imports"


@pytest.fixture(autouse=True)
def _the_books_balance_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    database: Database | None = request.getfixturevalue("database") if "database" in request.fixturenames else None
    yield
    if database is not None:
        assert database.look(checking.check) == []


class Importer:
    """Takes in files, and remembers what was wrong with the last one."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.wrong: list[tuple[int, str | None, str]] = []

    def file(self, path: Path, location: str | None = None) -> dict[str, Any]:
        import_id = chance.new_id()
        about = {"name": path.name, "location": location, "size_bytes": path.stat().st_size}
        row = self.database.run(imports.create, import_id, **about, cause=CAUSE)
        done = running.run(self.database, row, path)
        self.wrong = [(e["line"], e["column"], e["message"]) for e in self.database.look(imports.page_errors, import_id, 0, 1_000)]
        return done

    def text(self, *lines: str, suffix: str = "csv", **more: Any) -> dict[str, Any]:
        path = self.folder / f"file.{suffix}"
        path.write_text("\n".join(lines) + "\n")
        return self.file(path, **more)


@pytest.fixture
def importer(database: Database, tmp_path: Path) -> Importer:
    return Importer(database, tmp_path)


def counts(done: dict[str, Any]) -> dict[str, int]:
    """The figures of an import that aren't zero."""
    return {name: done[name] for name in imports.COUNTS if done[name]}


def skus_of(database: Database, q: str | None = None) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in database.look(catalogue.page_skus, None, 1_000, q=q)}


def products_of(database: Database) -> dict[str, dict[str, Any]]:
    return {row["title"]: row for row in database.look(catalogue.page_products, None, 1_000)}


# Our own columns


def test_a_file_brings_products_skus_costs_and_opening_stock_by_location(importer: Importer, database: Database) -> None:
    place_to_stock(database, "STALL")
    done = importer.text(
        "product,description,images,code,barcode,price,currency,cost,weight_g,option:colour,tracked,safety_stock,stock:STUDIO,stock:STALL",
        'Mug,"Thrown, glazed",https://example.org/m.jpg,MUG-BLUE,4006381333931,12.50,EUR,4.20,340,blue,yes,2,30,5',
        "Mug,,,MUG/GRÜN #1,shelf 7,12.50,EUR,,,green,,,,",
        "E-book,,,EBOOK,,9,EUR,,,,no,,,",
    )
    assert (done["status"], done["format"], done["line"], done["lines"]) == ("done", "tallystick", 4, 4)
    assert counts(done) == {"rows": 3, "products_created": 2, "skus_created": 3, "units": 35}
    blue, green, book = (skus_of(database)[code] for code in ("MUG-BLUE", "MUG/GRÜN #1", "EBOOK"))
    assert (blue["price"], blue["price_currency"], blue["cost"], blue["weight_g"]) == (1250, "EUR", 420, 340)
    assert (blue["barcode"], blue["options"], blue["safety_stock"], blue["tracked"]) == ("4006381333931", {"colour": "blue"}, 2, True)
    assert (green["product_id"], green["barcode"], green["cost"]) == (blue["product_id"], "shelf 7", None)
    assert (book["tracked"], book["price"]) == (False, 900)
    mug = products_of(database)["Mug"]
    assert (mug["description"], mug["images"]) == ("Thrown, glazed", ["https://example.org/m.jpg"])
    assert (level(database, "MUG-BLUE"), level(database, "MUG-BLUE", "STALL")) == (Level(available=30), Level(available=5))
    assert movements(database, "MUG-BLUE") == [
        (30, "adjustment", "available", "opening_stock"),
        (5, "adjustment", "available", "opening_stock"),
    ]


def test_sending_the_same_file_again_changes_not_one_row_of_the_store(importer: Importer, database: Database) -> None:
    lines = ("product,code,price,option:size,stock:STUDIO", "Mug,MUG-S,12.50,S,4", "Mug,MUG-L,14.00,L,", "Plate,PLATE,20,,2")
    importer.text(*lines)

    def kept() -> dict[str, Any]:
        return {name: rows for name, rows in database.look(everything).items() if name not in ("imports", "events")}

    before = kept()
    assert counts(importer.text(*lines)) == {"rows": 3, "skus_unchanged": 3}
    assert kept() == before


def test_rows_that_differ_change_what_they_name_and_nothing_else(importer: Importer, database: Database) -> None:
    importer.text("product,code,price,cost,option:size,barcode", "Mug,MUG-S,12.50,4,S,7-up")
    done = importer.text("code,price,option:colour,barcode,cost", "mug-s,13.00,blue,,")
    assert counts(done) == {"rows": 1, "skus_changed": 1}
    found = skus_of(database)["MUG-S"]
    assert (found["price"], found["cost"], found["barcode"]) == (1300, 400, "7-up")
    assert found["options"] == {"size": "S", "colour": "blue"}


def test_opening_stock_is_entered_once_however_much_was_sold_since(importer: Importer, database: Database) -> None:
    lines = ("product,code,price,stock:STUDIO", "Mug,MUG,12.50,5")
    importer.text(*lines)
    place(database, ("MUG", 2))
    assert counts(importer.text("product,code,price,stock:STUDIO", "Mug,MUG,12.50,50")) == {"rows": 1, "skus_unchanged": 1}
    assert level(database, "MUG") == Level(available=3, committed=2)


def test_every_bad_cell_is_named_with_what_would_be_right_and_nothing_of_its_row_is_applied(importer: Importer, database: Database) -> None:
    stocked(database, "TAKEN", 1)
    done = importer.text(
        "product,code,barcode,price,currency,cost,weight_g,tracked,safety_stock,stock:STUDIO",
        "Mug,MUG-1,4006381333932,12.505,EUR,-1,heavy,perhaps,1.5,-3",
        "Mug,,,,USD,,,,,",
        "Mug,MUG-2,,12.50,EUR,,,,,1",
        "Plate,mug-2,,1,,,,,,",
        ",TAKNE,,1,,,,,,",
        "Mug,MUG-4,,,,,,no,,7",
        "Mug,MUG-5,,1,,,,,,,surplus",
        'Mug,"MUG"6,,1,,,,,,',
    )
    assert counts(done) == {"rows": 8, "bad_rows": 7, "products_created": 1, "skus_created": 1, "units": 1}
    assert sorted(skus_of(database)) == ["MUG-2", "TAKEN"]
    said = {(line, column): message for line, column, message in importer.wrong}
    assert said == {
        (2, "barcode"): "4006381333932 has a slip: a barcode that begins 400638133393 ends in 1. Scan it or type it again.",
        (2, "price"): "'12.505' is finer than EUR has coins: write it with 2 decimals.",
        (2, "cost"): "'-1' should be 0 or more.",
        (2, "weight_g"): "'heavy' isn't a number; write it like 12.50, without a sign of a currency.",
        (2, "tracked"): "'perhaps' is neither yes nor no; write true or false.",
        (2, "safety_stock"): "'1.5' should be a whole number, such as 2.",
        (2, "stock:STUDIO"): "'-3' is below zero; write 0 or leave it empty.",
        (3, "currency"): "This store counts in EUR; write its amounts in EUR.",
        (3, "code"): "The code is missing; every SKU needs one of its own, such as MUG-BLUE.",
        (5, "code"): "This code stands in line 4 already; every SKU has one row.",
        (6, "code"): "There is no such SKU yet, and a new one needs its product's title. Did you mean 'TAKEN'?",
        (7, "stock"): "What isn't tracked has no stock; leave it empty, or write true under tracked.",
        (8, None): "The row can't be read: it has 11 cells, but the first line names 10 columns; put a text that contains ',' "
        "into quotation marks.",
        (9, None): "The row can't be read: a quotation mark in it isn't closed, or stands inside a text; write it twice there.",
    }


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), "The file is empty"),
        (("product,prize", "Mug,1"), "names no column `code`"),
        (("product,code,prize", "Mug,M,1"), "There is no column 'prize'. Did you mean 'price'?"),
        (("product,code,stock:ATTIC", "Mug,M,1"), "there is no location with the code 'ATTIC'. Add it first"),
        (("product,code,Code", "Mug,M,N"), "The column 'code' stands in the first line twice"),
    ],
)
def test_a_file_that_nobody_can_understand_fails_as_a_whole_and_says_why(importer: Importer, lines: tuple[str, ...], reason: str) -> None:
    done = importer.text(*lines)
    assert (done["status"], counts(done)) == ("failed", {})
    assert reason in done["reason"]


def test_a_picture_saved_as_csv_is_refused(importer: Importer, tmp_path: Path) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\xff\xfe")
    done = importer.file(tmp_path / "picture.csv")
    assert done["status"] == "failed" and "saved as CSV" in done["reason"]


def test_a_german_spreadsheet_is_read_as_it_was_meant(importer: Importer, database: Database) -> None:
    done = importer.file(SAMPLES / "german.csv")
    assert counts(done) == {"rows": 2, "products_created": 1, "skus_created": 2, "units": 7}, importer.wrong
    found = skus_of(database)
    assert (found["TASSE-GRÜN"]["price"], found["TASSE-GRÜN"]["options"]) == (1250, {"Größe": "groß"})
    assert found["TASSE-BLAU"]["price"] == 123450


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_mark_in_front_of_a_file_is_no_part_of_its_first_column(importer: Importer, database: Database, encoding: str) -> None:
    path = importer.folder / "marked.csv"
    path.write_text("code\tproduct\tprice\r\nTASSE-GRÜN\tTasse\t1\r\n", encoding=encoding)
    assert counts(importer.file(path)) == {"rows": 1, "products_created": 1, "skus_created": 1}
    assert "TASSE-GRÜN" in skus_of(database)


def test_json_lines_say_the_same_as_columns(importer: Importer, database: Database) -> None:
    place_to_stock(database, "STALL")
    done = importer.file(SAMPLES / "own.jsonl")
    assert counts(done) == {"rows": 4, "bad_rows": 2, "products_created": 1, "skus_created": 2, "units": 32}
    found = skus_of(database)
    assert (found["MUG-BLUE"]["cost"], found["MUG-BLUE"]["options"], found["MUG-RED"]["price"]) == (420, {"colour": "blue"}, 1250)
    assert level(database, "MUG-RED", "STALL") == Level(available=2)
    assert [(line, column) for line, column, _ in importer.wrong] == [(4, "prize"), (5, None)]


def test_a_code_that_was_renamed_or_is_archived_is_still_the_same_sku(importer: Importer, database: Database) -> None:
    from app.domain import changes

    made = sku(database, "OLD")
    database.run(changes.change_sku, made["id"], {"code": "NEW"}, cause=CAUSE)
    assert counts(importer.text("code,price", "OLD,99")) == {"rows": 1, "skus_changed": 1}
    assert (skus_of(database)["NEW"]["id"], skus_of(database)["NEW"]["price"]) == (made["id"], 9900)


def test_new_skus_join_the_product_with_the_title_that_they_name(importer: Importer, database: Database) -> None:
    importer.text("product,code", "Mug,MUG-1", "Plate,PLATE-1", "mug,MUG-2")
    assert counts(importer.text("product,code", "MUG,MUG-3")) == {"rows": 1, "skus_created": 1}
    assert [each["code"] for each in products_of(database)["Mug"]["skus"]] == ["MUG-1", "MUG-2", "MUG-3"]


def test_the_row_of_the_first_sku_names_the_product_and_others_must_agree(importer: Importer, database: Database) -> None:
    importer.text("product,code", "Mug,MUG-1", "Mug,MUG-2")
    lines = ("product,code", "Cup,MUG-1", "Mug,MUG-2")
    assert counts(importer.text(*lines)) == {"rows": 2, "products_changed": 1, "skus_unchanged": 1, "bad_rows": 1}
    assert importer.wrong[0][:2] == (3, "product") and "is called 'Cup'" in importer.wrong[0][2]
    assert counts(importer.text(*lines)) == {"rows": 2, "skus_unchanged": 1, "bad_rows": 1}
    assert counts(importer.text("product,code", "Beaker,MUG-1", "Beaker,MUG-2"))["products_changed"] == 1
    assert [each["code"] for each in products_of(database)["Beaker"]["skus"]] == ["MUG-1", "MUG-2"]


def test_what_has_stock_cannot_become_untracked_by_a_file(importer: Importer, database: Database) -> None:
    importer.text("product,code,stock:STUDIO", "Mug,MUG,3")
    assert counts(importer.text("code,tracked", "MUG,no")) == {"rows": 1, "bad_rows": 1}
    assert importer.wrong[0][1] == "tracked" and "has stock" in importer.wrong[0][2]


def test_a_file_is_taken_in_from_where_it_was_left(importer: Importer, database: Database) -> None:
    path = importer.folder / "long.csv"
    path.write_text("product,code,stock:STUDIO\n" + "".join(f"Mug {n},MUG-{n},1\n" for n in range(300)))
    row = database.run(imports.create, chance.new_id(), name=None, location=None, size_bytes=1, cause=CAUSE)

    class Died(Exception):
        pass

    def die_after_a_while(told: Any) -> None:
        if told["rows"] > 100:
            raise Died

    with pytest.raises(Died):
        running.run(database, row, path, tell=die_after_a_while)
    left = database.look(imports.get, row["id"])
    assert left["status"] == "running" and 100 < left["rows"] < 300
    done = running.run(database, left, path)
    assert counts(done) == {"rows": 300, "products_created": 300, "skus_created": 300, "units": 300}
    assert counts(running.run(database, left, path)) == counts(done)
    with pytest.raises(imports.Overtaken):
        database.run(imports.advance, left, 300, imports.Outcome())


def test_chunks_are_cut_by_what_they_cost_and_stay_short(importer: Importer, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, float]] = []
    apply = running._apply

    def measured(session: Any, row: Any, chunk: Any, cause: Cause) -> Any:
        found = apply(session, row, chunk, cause)
        sizes.append((sum(len(group.lines) for group in chunk), found[1]))
        return found

    monkeypatch.setattr(running, "_apply", measured)
    importer.text("product,code,stock:STUDIO", *(f"Mug {n},MUG-{n},1" for n in range(1_500)))
    rows, seconds = zip(*sizes, strict=True)
    assert rows[0] == 20 and max(rows) > 20
    assert sorted(seconds)[len(seconds) // 2] < 0.1


# Values


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("12.50", 1250),
        ("12,50", 1250),
        ("1.234,50", 123450),
        ("1,234.50", 123450),
        ("1 234,50", 123450),
        ("12.50 EUR", 1250),
        ("EUR 3", 300),
    ],
)
def test_an_amount_may_be_written_as_people_write_it(text: str, minor: int) -> None:
    assert amount_of(text, "EUR") == minor


@pytest.mark.parametrize("text", ["1,234", "12.505", "12.50 USD", "€12", "1e3", "NaN", "-1", "twelve", "1.2.3"])
def test_an_amount_that_may_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        amount_of(text, "EUR")


def test_amounts_have_as_many_decimals_as_the_currency() -> None:
    assert (amount_of("1250", "JPY"), amount_of("1.250", "KWD"), amount_of("12.50", "EUR")) == (1250, 1250, 1250)
    with pytest.raises(ValueError, match="no decimals"):
        amount_of("12.5", "JPY")


def test_weights_and_whole_numbers_come_from_spreadsheets() -> None:
    assert (grams_of("0,34", "kg"), grams_of("310.0"), grams_of("2", "lbs"), whole_of("5.0", 10)) == (340, 310, 907, 5)
    assert decimal_of("1'234.5") == decimal_of("1234,5")


# Shops' exports


def test_shopifys_export_is_recognised_and_its_variants_become_skus(importer: Importer, database: Database) -> None:
    place_to_stock(database, "SHOP")
    done = importer.file(SAMPLES / "shopify.csv", "SHOP")
    assert done["format"] == "shopify"
    assert counts(done) == {"rows": 6, "bad_rows": 2, "products_created": 2, "skus_created": 3, "units": 4}
    small, large, course = (skus_of(database)[code] for code in ("APR-SAND-S", "APR-SAND-L", "COURSE-1"))
    assert (small["price"], small["cost"], small["weight_g"], small["barcode"]) == (4900, 1850, 310, "4006381333931")
    assert (small["options"], large["options"]) == ({"Colour": "Sand", "Size": "S"}, {"Colour": "Sand", "Size": "L"})
    assert (course["tracked"], course["options"], course["archived"]) == (False, {}, True)
    apron = products_of(database)["Linen apron"]
    assert apron["handle"] == "linen-apron" and apron["description"].endswith("made to last.</p>")
    assert apron["images"] == [f"https://cdn.example.com/apron-{n}.jpg" for n in (1, 2, 3)]
    assert level(database, "APR-SAND-S", "SHOP") == Level(available=4)
    assert [(line, column) for line, column, _ in importer.wrong] == [(5, "Variant SKU"), (8, "Variant Inventory Qty")]


def test_both_spellings_of_shopifys_columns_mean_the_same(importer: Importer, database: Database) -> None:
    importer.file(SAMPLES / "shopify.csv")
    done = importer.file(SAMPLES / "shopify_new.csv")
    assert done["format"] == "shopify"
    assert counts(done) == {"rows": 2, "products_changed": 1, "skus_changed": 1, "skus_unchanged": 1, "units": 7}, importer.wrong
    assert counts(importer.file(SAMPLES / "shopify_new.csv")) == {"rows": 2, "skus_unchanged": 2}
    assert skus_of(database)["APR-SAND-L"]["price"] == 5200


def test_woocommerces_export_is_recognised_with_its_variations(importer: Importer, database: Database) -> None:
    done = importer.file(SAMPLES / "woocommerce.csv")
    assert done["format"] == "woocommerce"
    assert counts(done) == {"rows": 7, "bad_rows": 1, "products_created": 3, "skus_created": 4, "units": 15}, importer.wrong
    red, blue, beanie, album = (skus_of(database)[code] for code in ("woo-vneck-tee-red", "woo-vneck-tee-blue", "woo-beanie", "woo-album"))
    assert (red["price"], blue["price"], red["weight_g"], beanie["barcode"]) == (2000, 1550, 200, "4006381333931")
    assert (red["options"], blue["options"], beanie["options"]) == ({"Color": "Red"}, {"Color": "Blue"}, {})
    assert (album["tracked"], red["tracked"]) == (False, True)
    tee = products_of(database)["V-Neck T-Shirt"]
    assert {each["code"] for each in tee["skus"]} == {"woo-vneck-tee-red", "woo-vneck-tee-blue"}
    assert tee["images"] == ["https://shop.example.com/vneck-1.jpg"]
    assert (level(database, "woo-vneck-tee-red"), level(database, "woo-beanie")) == (Level(available=6), Level(available=9))
    assert [(line, column) for line, column, _ in importer.wrong] == [(8, "SKU")]
    assert counts(importer.file(SAMPLES / "woocommerce.csv")) == {"rows": 7, "bad_rows": 1, "skus_unchanged": 4}


def test_etsys_export_is_recognised_with_several_skus_in_one_cell(importer: Importer, database: Database) -> None:
    done = importer.file(SAMPLES / "etsy.csv")
    assert done["format"] == "etsy"
    assert counts(done) == {"rows": 4, "bad_rows": 2, "products_created": 2, "skus_created": 3, "units": 5}, importer.wrong
    napkins = products_of(database)['Linen "Sunday" napkins']
    assert [(each["code"], each["options"]) for each in napkins["skus"]] == [
        ("NAP-SAND", {"Colour": "Sand"}),
        ("NAP-INK", {"Colour": "Ink"}),
    ]
    assert products_of(database)["Stoneware mug, hand thrown"]["description"] == "It's made\nto order."
    assert level(database, "ETSY-MUG") == Level(available=5)
    assert [(line, column) for line, column, _ in importer.wrong] == [(5, "CURRENCY_CODE"), (6, "SKU")]
    assert counts(importer.file(SAMPLES / "etsy.csv")) == {"rows": 4, "bad_rows": 2, "skus_unchanged": 3}


# Through the service


def a_long_file(path: Path, skus: int) -> Path:
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(("product", "code", "price", "stock:STUDIO"))
        table.writerows((f"Mug {n}", f"MUG-{n}", "12.50", 3) for n in range(skus))
    return path


def test_an_import_goes_on_after_the_server_was_killed(tmp_path: Path, database_url: str) -> None:
    path = a_long_file(tmp_path / "products.csv", 3_000)
    with Server(tmp_path / "shop", database_url=database_url) as server:

        def stands() -> dict[str, Any]:
            with server.client() as client:
                found: dict[str, Any] = client.get(address).json()
            return found

        def is_in(rows: int) -> bool:
            now = stands()
            return now["rows"] >= rows or now["status"] == "done"

        with server.client() as client:
            sent = client.post("/v1/imports", content=path.read_bytes(), headers={"Content-Type": "text/csv"})
        assert sent.status_code == 202, sent.text
        address = f"/v1/imports/{sent.json()['id']}"
        for rows in (100, 900):
            until(partial(is_in, rows), within_s=60, what=f"{rows} rows are in")
            server.kill()
            server.start()
        until(partial(is_in, 3_001), within_s=60, what="the file is in")
        assert counts(stands()) == {"rows": 3_000, "products_created": 3_000, "skus_created": 3_000, "units": 9_000}
        with server.client() as client:
            exported = client.get("/v1/exports/stock?format=jsonl").text.splitlines()
        assert [json.loads(line)["available"] for line in exported] == [3] * 3_000
        until(lambda: not list((server.data_dir / "imports").iterdir()), within_s=10, what="the file is put away")
        server.stop()
        checked = server.run("check")
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_command_takes_a_file_in_by_itself_and_through_the_service_that_holds_the_store(tmp_path: Path, database_url: str) -> None:
    path = tmp_path / "products.csv"
    path.write_text("product,code,price,stock:STUDIO\nMug,MUG-BLUE,12.50,3\nMug,MUG-RED,12.505,3\n")
    with Server(tmp_path / "shop", database_url=database_url) as server:
        through = server.run("import", path)
        assert through.returncode == 1, through.stderr
        assert "MUG-RED" not in through.stdout and "12.505" in through.stdout and "SKUs added" in through.stdout
        server.stop()
    path.write_text("product,code,price,stock:STUDIO\nMug,MUG-BLUE,12.50,3\nMug,MUG-RED,12.50,3\n")
    by_itself = server.run("import", path)
    assert by_itself.returncode == 0, by_itself.stdout + by_itself.stderr
    exported = server.run("export", "stock", "-", "--format", "jsonl")
    assert [json.loads(line)["sku"] for line in exported.stdout.splitlines()] == ["MUG-BLUE", "MUG-RED"]
    assert server.run("export", "movements", tmp_path / "out.csv").returncode == 0
    assert [row["reason"] for row in csv.DictReader((tmp_path / "out.csv").open())] == ["opening_stock", "opening_stock"]
    assert server.run("check").returncode == 0


# Exports


def test_an_export_is_whole_whatever_its_pages_and_no_cell_is_a_formula(database: Database) -> None:
    from dataclasses import replace

    from app.api import exports

    for code in ("=1+1", "+CMD", "-2", "@SUM", "PLAIN", 'Ä;"1"\nline'):
        stocked(database, code, 3)
    place(database, ("PLAIN", 2), reference="=HYPERLINK(1)")
    small = {name: replace(export, page_size=2) for name, export in exports.EXPORTS.items()}

    def whole(kind: str, format: exports.FileFormat) -> str:
        text, after = database.look(exports.part, small[kind], format, None, {})
        while after is not None:
            more, after = database.look(exports.part, small[kind], format, after, {})
            text += more
        return text

    rows = list(csv.DictReader(whole("stock", "csv").splitlines(keepends=True)))
    assert sorted(row["sku"] for row in rows) == sorted(["'=1+1", "'+CMD", "'-2", "'@SUM", "PLAIN", 'Ä;"1"\nline'])
    assert [json.loads(line)["sku"] for line in whole("stock", "jsonl").splitlines()][:2] == ["=1+1", "+CMD"]
    assert len(whole("movements", "jsonl").splitlines()) == len(database.look(stock.page_movements, None, 100))
    (order,) = csv.DictReader(whole("orders", "csv").splitlines(keepends=True))
    assert (order["reference"], order["sku"], order["quantity"], order["unit_price"], order["order_total"]) == (
        "'=HYPERLINK(1)",
        "PLAIN",
        "2",
        "12.50",
        "25.00",
    )


def test_a_price_below_a_shops_currency_is_read_back_as_it_was_exported(importer: Importer, database: Database) -> None:
    importer.text("product,code,price", "'=Mug,'=MUG,12.50")
    assert skus_of(database)["=MUG"]["price"] == Money(1250, "EUR").amount
    assert list(products_of(database)) == ["=Mug"]


def test_the_samples_name_every_import_format() -> None:
    from app.importing.shops import FORMATS

    assert [format.name for format in FORMATS] == ["shopify", "woocommerce", "etsy", "tallystick"]
