"""Formats of files: our own, and how a row of one becomes what the store takes in. Shops' exports are in `shops`."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from rapidfuzz import process

from app.domain.barcodes import barcode_of
from app.domain.bulk import Group, Line, SkuRow
from app.domain.catalogue import handle_of
from app.domain.codes import LONGEST, key_of
from app.domain.imports import NotReadable
from app.importing.reading import Row
from app.importing.values import amount_of, flag_of, grams_of, whole_of

T = TypeVar("T")

Fields = Mapping[str, tuple[Callable[[str], Any], Sequence[str]]]
"""Of each field of a SKU: how to understand it, and under which column it stands."""

MOST_UNITS = 1_000_000
MOST_ROWS = 500  # of one product in one transaction

_HTTPS = re.compile(r"https://[^\s\0]{1,1990}")


@dataclass(frozen=True, slots=True)
class Shop:
    """What cells are read against: the store's currency, its locations by the keys of their codes, and where stock goes by default."""

    currency: str
    places: Mapping[str, str]
    default_place: str


def units_of(text: str) -> int:
    """So many units. Raises ValueError."""
    return whole_of(text, MOST_UNITS)


class Cells:
    """The cells of one row as somebody reads them: what can't be understood is noted on the line, with what would be right.

    Columns are asked for by their folded names; of several spellings the first one that the file has.
    """

    def __init__(self, row: Row, line: Line, *, quoted: bool = False) -> None:
        self.cells, self.spelled = row.cells, row.spelled
        self._line, self._quoted = line, quoted

    def text(self, *columns: str) -> str | None:
        """What stands there; None where nothing does."""
        for column in columns:
            value = self.cells.get(column)
            if value is not None:
                if value[:1] == "'" and (self._quoted or value[1:2] in ("=", "+", "-", "@")):
                    value = value[1:].strip()  # spreadsheets' way of saying: this is a text
                return value or None
        return None

    def named(self, *columns: str) -> str:
        """How the file spells it."""
        return next((self.spelled[column] for column in columns if column in self.spelled), columns[0])

    def read(self, understand: Callable[[str], T], *columns: str) -> T | None:
        """What the cell says; None where it is empty or makes no sense, which is noted."""
        text = self.text(*columns)
        if text is None:
            return None
        try:
            return understand(text)
        except ValueError as error:
            self._line.wrong(self.named(*columns), text, _sentence(str(error)))
            return None

    def sku(self, code: str, fields: Fields) -> SkuRow:
        """A SKU by its code, with the fields that are filled in."""
        if not 0 < len(key_of(code)) <= LONGEST:
            self._line.wrong("code", code, f"A code has 1 to {LONGEST} characters.")
        found = SkuRow(code)
        for name, (understand, columns) in fields.items():
            value = self.read(understand, *columns)
            if value is not None:
                found.fields[name] = value
        return found


def _sentence(message: str) -> str:
    """A message as a sentence of its own; what is quoted from the file keeps its spelling."""
    return message[:1].upper() + message[1:] + ("" if message.endswith(".") else ".")


class Format(ABC):
    """How files of one kind are read: row by row, in order, because some say what they mean on an earlier row."""

    name: ClassVar[str]
    # Where the fields of a SKU stand that are spoken of when a row is wrong, by folded names of columns.
    fields: ClassVar[Mapping[str, Sequence[str]]] = {}

    def __init__(self, shop: Shop, columns: Sequence[str] | None) -> None:
        self.shop = shop
        self.columns = columns
        spelled = {column.casefold(): column for column in columns or ()}
        self.names = {
            field: next((spelled[place] for place in places if place in spelled), places[0]) for field, places in self.fields.items()
        }

    @classmethod
    @abstractmethod
    def recognises(cls, columns: set[str]) -> bool:
        """Whether a file with these columns, in small letters, is of this kind."""

    @abstractmethod
    def understand(self, row: Row, line: Line) -> Group | None:
        """The row's product, with the line in it; None where the row says nothing of any product. Errors are noted on the line."""

    def sku_fields(self, **columns: Sequence[str]) -> Fields:
        """How to understand the fields of a SKU that stand under these columns."""
        known: dict[str, Callable[[str], Any]] = {
            "price": lambda text: amount_of(text, self.shop.currency),
            "cost": lambda text: amount_of(text, self.shop.currency),
            "barcode": barcode_of,
            "weight_g": grams_of,
            "safety_stock": units_of,
            "tracked": flag_of,
            "archived": flag_of,
        }
        return {name: (known[name], where) for name, where in columns.items()}

    def stock_from(self, cells: Cells, sku: SkuRow, *columns: str) -> None:
        """Opening stock at the default location."""
        units = cells.read(units_of, *columns)
        if units is not None:
            sku.stock[self.shop.default_place] = units


def groups(format: Format, rows: Iterable[Row]) -> Iterator[Group]:
    """The file's products in its order: rows that follow one another under one handle are one."""
    current: Group | None = None
    for row in rows:
        line = Line(row.line, row.last_line, format.names)
        found: Group | None = None
        if row.broken:
            line.wrong(None, None, f"The row can't be read: {row.broken}.")
        else:
            found = format.understand(row, line)
        if found is None:
            found = Group(None)
        found.lines.append(line)
        if current is not None and found.handle and found.handle == current.handle:
            rest_of = Group(current.handle, current.given, dict(current.fields), current.otherwise, current.one_title)
            if len(current.lines) >= MOST_ROWS:
                yield current
                current = rest_of
            _join(current, found)
            continue
        if current is not None:
            yield current
        current = found
    if current is not None:
        yield current


def _join(group: Group, more: Group) -> None:
    images = list(dict.fromkeys((*group.fields.get("images", ()), *more.fields.get("images", ()))))
    group.fields = {**more.fields, **group.fields} | ({"images": images[:50]} if images else {})
    group.otherwise = group.otherwise or more.otherwise
    group.lines += more.lines


class Tallystick(Format):
    """Our own columns: docs/import.md says what each means."""

    name = "tallystick"

    OF_SKUS = ("barcode", "price", "cost", "weight_g", "tracked", "safety_stock", "archived")
    COLUMNS = ("product", "handle", "description", "images", "code", "currency", *OF_SKUS)

    def __init__(self, shop: Shop, columns: Sequence[str] | None) -> None:
        super().__init__(shop, columns)
        for column in columns or ():
            if column and (wrong := self._wrong_name(column)):
                raise NotReadable(wrong)
        self._named = _by_column({column.casefold(): column for column in columns}) if columns is not None else None
        self._fields = self.sku_fields(**{name: [name] for name in self.OF_SKUS})

    @classmethod
    def recognises(cls, columns: set[str]) -> bool:
        return "code" in columns

    def _wrong_name(self, column: str) -> str | None:
        kind, colon, name = column.partition(":")
        kind = kind.strip().casefold()
        if colon and kind == "option" and 1 <= len(name.strip()) <= 50:
            return None
        if colon and kind == "stock":
            if key_of(name) in self.shop.places:
                return None
            return (
                f"{column!r}: there is no location with the code {name.strip()!r}. Add it first (POST /v1/locations), or mend its spelling."
            )
        if not colon and kind in self.COLUMNS:
            return None
        near = process.extractOne(kind, self.COLUMNS, score_cutoff=60)
        meant = f"Did you mean {near[0]!r}?" if near else f"Columns are {', '.join(self.COLUMNS)}, option:NAME and stock:LOCATION."
        return f"There is no column {column!r}. {meant}"

    def understand(self, row: Row, line: Line) -> Group | None:
        cells = Cells(row, line)
        named = self._named
        if named is None:
            named = _by_column(row.spelled)
            for column in row.spelled.values():
                if wrong := self._wrong_name(column):
                    line.wrong(column, None, wrong)
        fields: dict[str, Any] = {}
        title, handle = cells.text("product"), cells.text("handle")
        if title is not None:
            fields["title"] = title
            if len(title) > 500:
                line.wrong("product", title, f"A title has at most 500 characters; this one has {len(title)}.")
        if description := cells.text("description"):
            fields["description"] = description
            if len(description) > 100_000:
                line.wrong("description", description, "A description has at most 100,000 characters.")
        if images := cells.read(_images, "images"):
            fields["images"] = images
        if (currency := cells.text("currency")) is not None and currency.upper() != self.shop.currency:
            line.wrong("currency", currency, f"This store counts in {self.shop.currency}; write its amounts in {self.shop.currency}.")
        code = cells.text("code")
        if code is None:
            line.wrong("code", None, "The code is missing; every SKU needs one of its own, such as MUG-BLUE.")
        else:
            sku = cells.sku(code, self._fields)
            for kind, column, name in named:
                self._named_by_column(cells, line, sku, kind, column, name)
            line.skus.append(sku)
        called = handle or title
        return Group(handle_of(called) if called else None, handle is not None, fields, one_title=True)

    def _named_by_column(self, cells: Cells, line: Line, sku: SkuRow, kind: str, column: str, name: str) -> None:
        """An option, or opening stock: each has a column of its own."""
        if kind == "option" and (value := cells.text(column)):
            if len(value) > 200:
                line.wrong(cells.named(column), value, "An option has at most 200 characters.")
            sku.fields.setdefault("options", {})[name] = value
        elif kind == "stock" and (place := self.shop.places.get(key_of(name))) is not None:
            units = cells.read(units_of, column)
            if units is not None:
                sku.stock[place] = units


def _by_column(spelled: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """The columns that are named after what stands in them: kind, folded column, name."""
    found = ((folded, *column.partition(":")) for folded, column in spelled.items())
    return [(kind.strip().casefold(), folded, name.strip()) for folded, kind, colon, name in found if colon]


def _images(text: str) -> list[str]:
    """Addresses, separated by spaces or line breaks."""
    found = text.split()
    if wrong := next((each for each in found if not _HTTPS.fullmatch(each)), None):
        raise ValueError(f"{wrong!r} isn't the address of a picture; addresses begin with https://")
    if len(found) > 50:
        raise ValueError("a product has at most 50 pictures")
    return found


def pictures(*texts: str | None) -> list[str]:
    """The addresses in a shop's export that can be kept: those that begin with https://."""
    found = (each.strip() for text in texts for each in (text or "").split(","))
    return [each for each in dict.fromkeys(found) if _HTTPS.fullmatch(each)]
