"""Opening a file of products, whatever wrote it: CSV with any common separator and encoding, or JSON Lines. Read as a stream."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.domain.imports import NotReadable
from app.domain.money import Money

LONGEST_CELL = 1_000_000

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Row:
    """One record: where it begins and ends, its cells by the folded names of their columns, or what is wrong with all of it.

    `spelled` says how the file writes the names.
    """

    line: int
    last_line: int
    cells: dict[str, str]
    spelled: Mapping[str, str]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A file that can be read: its columns (none named beforehand in JSON Lines), and how many lines it has."""

    path: Path
    encoding: str
    lines: int
    columns: tuple[str, ...] | None
    separator: str

    def rows(self) -> Iterator[Row]:
        """Every record, from the first on. Raises: NotReadable."""
        with self.path.open(encoding=self.encoding, errors="replace" if self.encoding == "cp1252" else "strict", newline="") as file:
            yield from _records(file) if self.columns is None else _table(file, self.separator)


def open_file(path: Path) -> File:
    """Find out how a file is written. Raises: NotReadable."""
    encoding, lines = _looked_through(path)
    with path.open(encoding=encoding, errors="replace" if encoding == "cp1252" else "strict", newline="") as file:
        first = file.readline(LONGEST_CELL)
        while first and not first.strip():
            first = file.readline(LONGEST_CELL)
    if not first.strip():
        raise NotReadable("The file is empty. Its first line should name the columns: product,code,price,stock:STUDIO")
    if first.lstrip().startswith("{"):
        return File(path, encoding, lines, None, "")
    separator = _separator(first)
    with path.open(encoding=encoding, errors="replace" if encoding == "cp1252" else "strict", newline="") as file:
        columns = _header(csv.reader(file, delimiter=separator))
    named = [column.casefold() for column in columns if column]
    if doubled := next((column for column in named if named.count(column) > 1), None):
        raise NotReadable(f"The column {doubled!r} stands in the first line twice; give every column a name of its own.")
    return File(path, encoding, lines, tuple(columns), separator)


def _looked_through(path: Path) -> tuple[str, int]:
    """The encoding and the number of lines. What isn't UTF-8 (or UTF-16 that says so) comes from an old spreadsheet: cp1252."""
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        encoding = next((name for mark, name in _BOMS if start.startswith(mark)), "utf-8")
        decoder = codecs.getincrementaldecoder(encoding)()
        lines, last = 0, "\n"
        try:
            while part := file.read(1 << 20):
                text = decoder.decode(part)
                lines, last = lines + text.count("\n"), text[-1:] or last
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            if encoding != "utf-8":
                raise NotReadable("The file isn't a text, or is damaged. Save it as CSV (UTF-8) and try again.") from None
            file.seek(0)
            encoding, last = "cp1252", "\n"
            parts = iter(lambda: file.read(1 << 20), b"")
            lines = 0
            for part in parts:
                if b"\0" in part:
                    raise NotReadable("The file isn't a text; a spreadsheet has to be saved as CSV (UTF-8) first.") from None
                lines, last = lines + part.count(b"\n"), chr(part[-1])
    return encoding, lines + (last != "\n")


def _separator(first: str) -> str:
    """The separator of the first line: what stands in it most often, outside of quotation marks."""
    outside = "".join(first.split('"')[::2])
    if outside.strip().lower().startswith("sep="):  # spreadsheets say it themselves
        return outside.strip()[4:5] or ","
    return max(",;\t|", key=outside.count)


def _header(reader: Any) -> list[str]:
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not (cells[0].strip().lower().startswith("sep=") and len(cells) <= 2):
                return [cell.strip().lstrip("\ufeff") for cell in cells]
    except csv.Error as error:
        raise NotReadable(f"The first line, which should name the columns, can't be read: {error}.") from None
    raise NotReadable("The file names no columns.")


def _table(file: IO[str], separator: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(file, delimiter=separator, strict=True)
    columns = _header(reader)
    folded = [column.casefold() for column in columns]
    spelled = dict(zip(folded, columns, strict=True))
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            said = "a quotation mark in it isn't closed, or stands inside a text; write it twice there"
            if "field larger" in str(error):
                said = "a cell in it is too long; is a quotation mark not closed?"
            yield Row(line, max(reader.line_num, line), {}, spelled, said)
            continue
        if not any(cells):
            continue
        broken = None
        if len(cells) > len(columns) and any(cells[len(columns) :]):
            broken = (
                f"it has {len(cells)} cells, but the first line names {len(columns)} columns; put a text that contains {separator!r} "
                "into quotation marks"
            )
        elif any("\0" in cell for cell in cells):
            broken = "it contains a character that is no text (NUL); take it out"
        yield Row(line, reader.line_num, dict(zip(folded, map(str.strip, cells), strict=False)), spelled, broken)


def _records(file: IO[str]) -> Iterator[Row]:
    number = 0
    while text := file.readline(LONGEST_CELL + 1):
        number += 1
        if len(text) > LONGEST_CELL:
            while text and not text.endswith("\n"):
                text = file.readline(LONGEST_CELL)
            yield Row(number, number, {}, {}, "it is too long; put one object on each line")
            continue
        if not text.strip():
            continue
        try:
            # A decimal number stays the text that it is: a price is never rounded on its way.
            found = json.loads(text, parse_float=str, parse_constant=str)
            if not isinstance(found, dict):
                raise TypeError
            cells = dict(_flat(found))
            "".join(cells.values()).encode()
        except (ValueError, TypeError, RecursionError):
            yield Row(number, number, {}, {}, 'it should be one object, such as {"product": "Mug", "code": "MUG-BLUE", "price": "12.50"}')
            continue
        broken = "it contains a character that is no text (NUL); take it out" if any("\0" in cell for cell in cells.values()) else None
        yield Row(
            number, number, {name.casefold(): cell for name, cell in cells.items()}, {name.casefold(): name for name in cells}, broken
        )


def _flat(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The object as cells of a table: options and stock become a column for each name."""
    for name, value in found.items():
        if name in ("options", "stock") and isinstance(value, dict):
            prefix = "option:" if name == "options" else "stock:"
            yield from ((prefix + str(key), _cell(each)) for key, each in value.items())
        elif name == "images" and isinstance(value, list):
            yield name, "\n".join(map(_cell, value))
        elif isinstance(value, dict) and value.keys() == {"amount", "currency"}:
            yield name, str(Money(int(value["amount"]), str(value["currency"])))
        else:
            yield name, _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value).strip()
    raise TypeError
