"""Statements for hot paths: written like any other, compiled once, and handed to the driver itself.

What SQLAlchemy Core does anew at each execution costs more than SQLite needs for the statement: 42 us against 8 us for a guarded
update, measured when this was written, and ten times that where the statement is built anew as well.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from itertools import chain
from sys import intern
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BindParameter,
    Boolean,
    ClauseElement,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    Insert,
    Integer,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    Uuid,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

ROWS_TOGETHER = 64
# More values than this are one value on PostgreSQL: every number of rows then has the same text.
FEW = 50

Parameters = dict[str, Any] | Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Compiled:
    text: str
    bind: Callable[[Mapping[str, Any]], list[Any]]
    # What the driver answered, as rows: SQLite's cursor, PostgreSQL's result.
    read: Callable[[Any], list[dict[str, Any]]]
    names: Sequence[str]
    # Of an insert: what stands before the values, the values of one row, and what stands behind them; so rows can go in together.
    parts: tuple[str, str, str] | None
    # The same on PostgreSQL for many rows: one short text, and all of the rows as one value.
    many: str | None

    def statements(self, parameters: Parameters) -> list[tuple[str, list[Any]]]:
        """What the driver is to run. Rows go in together, by powers of two, so that a few texts serve every number of them."""
        if isinstance(parameters, dict):
            return [(self.text, self.bind(parameters))]
        rows = [self.bind(each) for each in parameters]
        if self.many is not None and len(rows) * len(self.names) > FEW:
            return [(self.many, [orjson.dumps([dict(zip(self.names, row, strict=True)) for row in rows], default=_as_text).decode()])]
        if self.parts is None or len(rows) == 1:
            return [(self.text, row) for row in rows]
        found, begin = [], 0
        while begin < len(rows):
            size = min(1 << (len(rows) - begin).bit_length() - 1, ROWS_TOGETHER)
            text = self.text if size == 1 else _of_rows(self.parts, size)
            found.append((text, list(chain.from_iterable(rows[begin : begin + size]))))
            begin += size
        return found


@lru_cache(1024)
def _of_rows(parts: tuple[str, str, str], size: int) -> str:
    before, values, behind = parts
    return f"{before}{', '.join([values] * size)}{behind}"


@lru_cache(1024)
def _dashed(kept: str) -> str:
    """An id as SQLite keeps it, in its canonical form; as SQLAlchemy reads it, without the detour over a UUID object."""
    return f"{kept[:8]}-{kept[8:12]}-{kept[12:16]}-{kept[16:20]}-{kept[20:]}"


def _utc(kept: str) -> datetime:
    return datetime.fromisoformat(kept + "+00:00")


def loaded(kept: Any) -> Any:
    """JSON, as SQLite keeps it."""
    return orjson.loads(kept) if isinstance(kept, str) else kept  # a number by itself SQLite keeps as one


# What turns a value of SQLite's driver into one of ours, where SQLAlchemy does more than is needed for it; None: it is one.
_FROM_SQLITE: Mapping[type[TypeEngine[Any]], Callable[[Any], Any] | None] = {
    Uuid: _dashed,
    DateTime: _utc,
    JSON: loaded,
    Float: None,  # asked for a converter, SQLAlchemy wants to know what came first
}


def _reader(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    kind = _kind(type_)
    for each, reads in _FROM_SQLITE.items():
        if isinstance(kind, each):
            return reads
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _kind(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    return type_.impl_instance if isinstance(type_, TypeDecorator) else type_


def _moment(text: bytes) -> datetime:
    return datetime.fromisoformat(text.decode())  # the connection's time zone is UTC


def _bytes(text: bytes) -> bytes:
    return bytes.fromhex(text[2:].decode())


_FROM_TEXT: Mapping[type[TypeEngine[Any]], Callable[[bytes], Any]] = {
    Integer: int,
    Uuid: bytes.decode,
    String: bytes.decode,
    DateTime: _moment,
    Boolean: b"t".__eq__,
    JSON: orjson.loads,
    Float: float,
    LargeBinary: _bytes,
}


def _from_text(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[bytes], Any]:
    """What reads a value that PostgreSQL wrote as text. Raises: TypeError for a type that nobody has needed yet."""
    kind = _kind(type_)
    for each, reads in _FROM_TEXT.items():
        if isinstance(kind, each):
            return reads
    raise TypeError(f"say in _FROM_TEXT how {type_!r} is read")


def _rows_of_cursor(names: Sequence[str], types: Sequence[TypeEngine[Any]], dialect: Dialect) -> Callable[[Any], list[dict[str, Any]]]:
    readers = [(name, _reader(type_, dialect)) for name, type_ in zip(names, types, strict=True)]
    converted = [(name, convert) for name, convert in readers if convert is not None]

    def read(cursor: Any) -> list[dict[str, Any]]:
        found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        for each in found:
            for name, convert in converted:
                if (value := each[name]) is not None:
                    each[name] = convert(value)
        return found

    return read


def _rows_of_result(names: Sequence[str], types: Sequence[TypeEngine[Any]], dialect: Dialect) -> Callable[[Any], list[dict[str, Any]]]:
    columns = [(at, name, _from_text(type_, dialect)) for at, (name, type_) in enumerate(zip(names, types, strict=True))]

    def read(result: Any) -> list[dict[str, Any]]:
        text_at, rows = result.get_value, range(result.ntuples)
        return [{name: None if (text := text_at(row, at)) is None else reads(text) for at, name, reads in columns} for row in rows]

    return read


class Prepared:
    """A statement of SQLAlchemy Core that is compiled once per database and then handed to the driver itself.

    No expanding parameters: see `padded`. `keys` are the columns that an insert gets; it may then be given rows. One that says what to
    do on a conflict takes each of them by itself, unless its caller sees to it that no two of them conflict: `together`.
    """

    def __init__(self, statement: ClauseElement, keys: Sequence[str] | None = None, *, together: bool = False) -> None:
        self._statement = statement.inline() if isinstance(statement, Insert) else statement
        self._keys = keys
        self._rows = keys is not None and (together or getattr(statement, "_post_values_clause", None) is None)
        self._compiled: dict[str, _Compiled] = {}

    def on(self, dialect: Dialect) -> _Compiled:
        """The statement as this database's driver takes it."""
        found = self._compiled.get(dialect.name)
        if found is None:
            found = self._compiled[dialect.name] = self._compile(dialect)
        return found

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._statement.compile(dialect=dialect, column_keys=list(self._keys) if self._keys is not None else None)
        assert isinstance(compiled, SQLCompiler)
        types = {compiled.bind_names[parameter]: parameter for parameter in compiled.bind_names}
        fixed = {name: parameter.value for name, parameter in types.items() if not parameter.required}
        places = [intern(str(name)) for name in compiled.positiontup or ()]
        # What goes to PostgreSQL as text needs no detour over the driver's own kinds of ids and bytes.
        as_it_is = (Uuid, LargeBinary) if dialect.name == "postgresql" else ()
        processors = [
            (at, None if isinstance(types[name].type, as_it_is) else types[name].type.dialect_impl(dialect).bind_processor(dialect))
            for at, name in enumerate(places)
        ]
        to_convert = [(at, convert) for at, convert in processors if convert is not None]

        def bind(given: Mapping[str, Any]) -> list[Any]:
            if fixed:
                given = {**fixed, **given}
            values = list(map(given.__getitem__, places))
            for at, convert in to_convert:
                values[at] = convert(values[at])
            return values

        # Plain ones (SQLAlchemy's are a kind of their own), and the same objects as in the code that asks for them: found twice as fast.
        names = [intern(str(column.keyname)) for column in compiled._result_columns]
        rows_of = _rows_of_result if dialect.name == "postgresql" else _rows_of_cursor
        read = rows_of(names, [column.type for column in compiled._result_columns], dialect)
        parts = many = None
        if self._rows:
            before, _, rest = compiled.string.partition(" VALUES ")
            values, conflict, behind = rest.partition(" ON CONFLICT ")
            parts = f"{before} VALUES ", values, conflict + behind
            if dialect.name == "postgresql":
                columns = iter(places)
                cells = re.sub("%s", lambda _: f'"{next(columns)}"', values[1:-1])
                typed = ", ".join(f'"{name}" {_declared(types[name].type, dialect)}' for name in places)
                many = f"{before} SELECT {cells} FROM json_to_recordset(%s::json) AS given ({typed}){conflict}{behind}"  # noqa: S608
        return _Compiled(compiled.string, bind, read, places, parts, many)


def _declared(type_: TypeEngine[Any], dialect: Dialect) -> str:
    """How a value of this type is called where it comes in a text of JSON. What is JSON itself comes as the text that it is."""
    return "text" if isinstance(type_, JSON) else type_.compile(dialect=dialect)


def _as_text(value: Any) -> str:
    """What JSON has no words for, as PostgreSQL writes it: bytes, and what psycopg has wrapped because it is JSON itself."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"\\x{bytes(value).hex()}"
    return orjson.dumps(value.obj).decode()


def padded(name: str, values: Sequence[Any]) -> tuple[int, dict[str, Any]]:
    """Values for an IN list of a prepared statement: its size, and parameters `name_0`, `name_1`, …

    The size is the next power of two, filled up with the last value, so that a few statements serve every length.
    """
    size = 1 << max(len(values) - 1, 0).bit_length()
    return size, {f"{name}_{n}": values[min(n, len(values) - 1)] for n in range(size)}


def given(column: Column[Any], name: str | None = None) -> BindParameter[Any]:
    """A value that is given each time, of a column's type and by its name, if no other is said."""
    return bindparam(name or column.name, type_=column.type)


def one_of(column: Column[Any], name: str, size: int) -> ColumnElement[bool]:
    """That a column has one of so many values, which `padded` gives under this name."""
    return column.in_([given(column, f"{name}_{n}") for n in range(size)])


# The plain ones, made once for each shape


@cache
def finding(table: Table, equal: tuple[str, ...], columns: tuple[str, ...], among: tuple[str, int] | None, lock: bool | None) -> Prepared:
    """Rows of a table whose columns `equal` have given values, and whose column `among` has one of so many (`padded`).

    `columns`: those to read; none: all. `lock`: True holds the rows, False only against a change of their keys (PostgreSQL).
    """
    query = select(*(table.c[name] for name in columns)) if columns else select(table)
    query = query.where(*(table.c[name] == given(table.c[name]) for name in equal))
    if among is not None:
        name, size = among
        query = query.where(one_of(table.c[name], name, size))
    if lock is not None:
        query = query.with_for_update(key_share=not lock)
    return Prepared(query)


@cache
def changing(table: Table, equal: tuple[str, ...], changed: tuple[str, ...]) -> Prepared:
    """Set columns of the rows that `finding` would find; the new values are given as `to_…`."""
    there = (table.c[name] == given(table.c[name], f"at_{name}") for name in equal)
    return Prepared(update(table).where(*there).values({name: given(table.c[name], f"to_{name}") for name in changed}))


@cache
def adding(table: Table, columns: tuple[str, ...]) -> Prepared:
    """New rows with these columns."""
    return Prepared(insert(table), columns)
