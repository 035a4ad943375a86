"""The product lists that shops export, recognised by the names of their columns.

Their products have handles of their own, and their stock is opening stock at one location. Columns that mean nothing here are
passed over. Every variant needs a SKU code: it is what connects a listing with what is counted, so none is made up.
"""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from app.domain.bulk import Group, Line
from app.domain.catalogue import handle_of
from app.domain.imports import NotReadable
from app.importing.formats import Cells, Format, Shop, Tallystick, pictures
from app.importing.reading import File, Row
from app.importing.values import grams_of


def _product(title: str | None, description: str | None, images: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"title": title and title[:500], "description": description and description[:100_000], "images": images[:50]}
    return {name: value for name, value in found.items() if value}


class Shopify(Format):
    """Products → Export. Rows with one handle are one product: the first names it and its options, others are variants or pictures.

    Both spellings of the columns are known: `Variant SKU` of old, and `SKU`.
    """

    name = "shopify"
    fields: ClassVar = {
        "code": ("variant sku", "sku"),
        "stock": ("variant inventory qty", "inventory quantity"),
        "tracked": ("variant inventory tracker", "inventory tracker"),
    }

    def __init__(self, shop: Shop, columns: Sequence[str] | None) -> None:
        super().__init__(shop, columns)
        self._handle: str | None = None
        self._options: list[str | None] = []
        self._archived = False
        self._fields = self.sku_fields(
            barcode=["variant barcode", "barcode"],
            price=["variant price", "price"],
            cost=["cost per item"],
            weight_g=["variant grams", "weight value (grams)"],
        )

    @classmethod
    def recognises(cls, columns: set[str]) -> bool:
        return {"handle", "variant sku"} <= columns or {"url handle", "sku"} <= columns

    def understand(self, row: Row, line: Line) -> Group | None:
        cells = Cells(row, line, quoted=True)
        handle = cells.text("handle", "url handle")
        if handle is None:
            line.wrong(cells.named("handle", "url handle"), None, "The handle is missing: it says which product the row belongs to.")
            return None
        names = [cells.text(f"option{number} name") for number in (1, 2, 3)]
        if handle != self._handle:
            self._handle, self._options, self._archived = handle, [None] * 3, False
        self._options = [name or before for name, before in zip(names, self._options, strict=True)]
        self._archived = (cells.text("status") or "").casefold() == "archived" or self._archived
        values = [cells.text(f"option{number} value") for number in (1, 2, 3)]
        code = cells.text(*self.fields["code"])
        if code is not None or values[0] is not None or cells.text("variant price", "price") is not None:
            self._variant(cells, line, code, values)
        images = pictures(cells.text("image src", "product image url"))
        return Group(handle_of(handle), True, _product(cells.text("title"), cells.text("body (html)", "description"), images))

    def _variant(self, cells: Cells, line: Line, code: str | None, values: list[str | None]) -> None:
        if code is None:
            line.wrong("code", None, "This variant has no SKU: give it one in Shopify (it connects the listing with your stock).")
            return
        sku = cells.sku(code, self._fields)
        options = {name[:50]: value[:200] for name, value in zip(self._options, values, strict=True) if name and value}
        if options and options != {"Title": "Default Title"}:  # Shopify's way of saying: no options
            sku.fields["options"] = options
        if any(column in cells.cells for column in self.fields["tracked"]):
            sku.fields["tracked"] = cells.text(*self.fields["tracked"]) is not None
        if self._archived:
            sku.fields["archived"] = True
        if sku.fields.get("tracked", True):
            self.stock_from(cells, sku, *self.fields["stock"])
        line.skus.append(sku)


class WooCommerce(Format):
    """Products → Export, in English. A `variable` row is the product, `variation` rows name it as their parent."""

    name = "woocommerce"
    fields: ClassVar = {"code": ("sku",), "tracked": ("type",)}

    def __init__(self, shop: Shop, columns: Sequence[str] | None) -> None:
        super().__init__(shop, columns)
        self._fields = self.sku_fields(barcode=["gtin, upc, ean, or isbn"], price=["regular price"], cost=["cost of goods", "cost"])
        weighed = (re.fullmatch(r"weight \((kg|g|lbs|oz)\)", column.casefold()) for column in columns or ())
        if unit := next(filter(None, weighed), None):
            self._fields = {**self._fields, "weight_g": (partial(grams_of, unit=unit[1]), [unit[0]])}

    @classmethod
    def recognises(cls, columns: set[str]) -> bool:
        return {"type", "sku", "name", "regular price"} <= columns

    def understand(self, row: Row, line: Line) -> Group | None:
        cells = Cells(row, line)
        kinds = {kind.strip().casefold() for kind in (cells.text("type") or "simple").split(",")}
        if kinds & {"grouped", "external"}:
            return None  # shows other products, or is sold elsewhere: nothing to count
        code, name, number = cells.text("sku"), cells.text("name"), cells.text("id")
        own = code or (f"id:{number}" if number else None)
        product = _product(name, cells.text("description", "short description"), pictures(cells.text("images")))
        if "variable" in kinds:
            if own is None:
                line.wrong("SKU", None, "This product has neither an ID nor a SKU, so its variations can't be told from others.")
                return None
            return Group(handle_of(own), True, product)
        parent = cells.text("parent") if "variation" in kinds else None
        if "variation" in kinds and parent is None:
            line.wrong("Parent", None, "This variation names no parent, so nobody can say which product it belongs to.")
        if code is None:
            line.wrong("code", None, "It has no SKU: give it one in WooCommerce (it connects the listing with your stock).")
            return Group(handle_of(parent)) if parent else None
        sku = cells.sku(code, self._fields)
        if kinds & {"virtual", "downloadable"}:
            sku.fields["tracked"] = False
        else:
            self.stock_from(cells, sku, "stock")
        line.skus.append(sku)
        if parent is None:
            return Group(handle_of(own or code), True, product)
        options = {
            label: value
            for place in range(1, 11)
            if (label := cells.text(f"attribute {place} name")) and (value := cells.text(f"attribute {place} value(s)"))
        }
        if options:
            sku.fields["options"] = {label[:50]: value[:200] for label, value in options.items()}
        return Group(handle_of(parent), True, {}, otherwise=name and name[:500])


class Etsy(Format):
    """Shop Manager → Settings → Options → Download Data: one row per listing, the SKUs of its variations in one cell.

    The quantity is the listing's. It is opening stock where the listing has one SKU; where it has several nobody can say how it
    divides, so those have to be counted.
    """

    name = "etsy"
    fields: ClassVar = {"code": ("sku",), "stock": ("quantity",)}

    def __init__(self, shop: Shop, columns: Sequence[str] | None) -> None:
        super().__init__(shop, columns)
        self._fields = self.sku_fields(price=["price"])

    @classmethod
    def recognises(cls, columns: set[str]) -> bool:
        return {"title", "price", "currency_code", "quantity", "sku"} <= columns

    def understand(self, row: Row, line: Line) -> Group | None:
        cells = Cells(row, line)
        codes = [code.strip() for code in (cells.text("sku") or "").split(",") if code.strip()]
        if not codes:
            line.wrong("code", None, "This listing has no SKU: give it one at Etsy (it connects the listing with your stock).")
            return None
        currency = cells.text("currency_code")
        if currency is not None and currency.upper() != self.shop.currency:
            line.wrong("CURRENCY_CODE", currency, f"The price is in {currency}, but this store counts in {self.shop.currency}.")
        for code, options in zip(codes, self._options(cells, len(codes)), strict=True):
            sku = cells.sku(code, self._fields)
            if options:
                sku.fields["options"] = options
            if len(codes) == 1:
                self.stock_from(cells, sku, "quantity")
            line.skus.append(sku)
        images = pictures(*(cells.text(f"image{number}") for number in range(1, 21)))
        title, description = (html.unescape(cells.text(column) or "") for column in ("title", "description"))
        return Group(handle_of(codes[0]), True, _product(title, description, images))

    def _options(self, cells: Cells, count: int) -> list[dict[str, str]]:
        """What each SKU's options are, where there are as many SKUs as there are ways to choose; else nothing."""
        names, values = [], []
        for place in (1, 2):
            chosen = [html.unescape(value.strip()) for value in (cells.text(f"variation {place} values") or "").split(",") if value.strip()]
            label = cells.text(f"variation {place} name", f"variation {place} type")
            if chosen and label:
                names.append(html.unescape(label)[:50])
                values.append([value[:200] for value in chosen])
        ways = [dict(zip(names, way, strict=True)) for way in itertools.product(*values)] if names else []
        return ways if len(ways) == count else [{} for _ in range(count)]


FORMATS: tuple[type[Format], ...] = (Shopify, WooCommerce, Etsy, Tallystick)


def recognise(file: File, shop: Shop) -> Format:
    """The format of a file. Raises: NotReadable, saying what its first line should name."""
    if file.columns is None:
        return Tallystick(shop, None)
    columns = {column.casefold() for column in file.columns}
    for format in FORMATS:
        if format.recognises(columns):
            return format(shop, file.columns)
    raise NotReadable(
        "Its first line names no column `code`, and it isn't a product list of Shopify, WooCommerce or Etsy. The first line of your own "
        f"file names its columns: {', '.join(Tallystick.COLUMNS)}, option:NAME, stock:LOCATION. Only `code` has to be there."
    )
