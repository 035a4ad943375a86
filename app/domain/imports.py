"""Imports: which file was taken in, how far it has got, what it changed, and every row that was wrong.

The record moves on in the transaction of each chunk, so an import that died goes on behind the last row that was applied, and no row
is applied twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    text,
    update,
)

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events, locations
from app.domain.causes import Cause
from app.domain.errors import NotFound, Refusal
from app.statements import Prepared

COUNTS = ("rows", "bad_rows", "products_created", "products_changed", "skus_created", "skus_changed", "skus_unchanged", "units")
OPEN = ("waiting", "running")

# A file of rubbish shouldn't fill the disk: beyond this many, bad cells are counted and not listed.
MOST_ERRORS = 100_000

imports = Table(
    "imports",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("status", String(16), nullable=False),  # waiting, running, done, failed
    Column("name", String(200), nullable=True),
    Column("format", String(32), nullable=True),  # tallystick, shopify, woocommerce, etsy; null until it was opened
    # Where stock goes that a shop's export names no place for.
    Column("location_id", Id(), ForeignKey("locations.id"), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    # Lines of the file, known once it was opened, and the last one that was applied.
    Column("lines", Integer, nullable=True),
    Column("line", Integer, nullable=False),
    *(Column(count, BigInteger, nullable=False) for count in COUNTS),
    Column("errors", Integer, nullable=False),
    # Why it failed, for people.
    Column("reason", String(1000), nullable=True),
    Column("actor", String(120), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Column("finished_at", Utc, nullable=True),
    Index(
        "ix_imports_open",
        "id",
        postgresql_where=text("status IN ('waiting', 'running')"),
        sqlite_where=text("status IN ('waiting', 'running')"),
    ),
)

import_errors = Table(
    "import_errors",
    metadata,
    Column("import_id", Id(), ForeignKey("imports.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("column", String(200), nullable=True),
    Column("value", String(200), nullable=True),
    Column("message", String(1000), nullable=False),
)


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong with a row: where it stands, what stands there, and what would be right."""

    line: int
    column: str | None
    value: str | None
    message: str


@dataclass(slots=True)
class Outcome:
    """What a chunk did: figures by COUNTS, and the rows that were wrong."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    errors: list[RowError] = field(default_factory=list)


class Overtaken(Exception):
    """Another process went on with this import."""


def create(
    session: Session, import_id: str, *, name: str | None, location: str | None, size_bytes: int, cause: Cause
) -> dict[str, Any]:  # fmt: skip
    """Note a file that is to be taken in; it lies ready where the worker looks. `location` is a code; without one the first is meant.

    Raises: UnknownLocation.
    """
    place = locations.by_code(session, location) if location is not None else locations.first(session)
    now = chance.now()
    row: dict[str, Any] = {
        "id": import_id,
        "status": "waiting",
        "name": name,
        "location_id": place["id"],
        "size_bytes": size_bytes,
        "line": 0,
        **dict.fromkeys(COUNTS, 0),
        "errors": 0,
        "actor": cause.actor,
        "created_at": now,
        "updated_at": now,
    }
    session.execute(insert(imports), row)
    return get(session, import_id)


def get(session: Session, import_id: str) -> dict[str, Any]:
    """An import as it stands. Raises: NotFound."""
    row = session.execute(_with_place.where(imports.c.id == import_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No import has the id {import_id}.")
    return dict(row)


def page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Imports, newest first."""
    query = _with_place.order_by(imports.c.id.desc()).limit(limit)
    if after is not None:
        query = query.where(imports.c.id < after)
    return [dict(row) for row in session.execute(query).mappings()]


def waiting(session: Session) -> list[dict[str, Any]]:
    """Those that aren't finished, oldest first."""
    query = _with_place.where(imports.c.status.in_(OPEN)).order_by(imports.c.id)
    return [dict(row) for row in session.execute(query).mappings()]


def page_errors(session: Session, import_id: str, after: int, limit: int) -> list[dict[str, Any]]:
    """What was wrong with rows, in the order of the file. Raises: NotFound."""
    get(session, import_id)
    query = (
        select(import_errors)
        .where(import_errors.c.import_id == import_id, import_errors.c.number > after)
        .order_by(import_errors.c.number)
        .limit(limit)
    )
    return [dict(row) for row in session.execute(query).mappings()]


def begin(session: Session, import_id: str, format: str, lines: int) -> dict[str, Any]:
    """The file was opened and recognised."""
    session.execute(
        update(imports)
        .where(imports.c.id == import_id, imports.c.status.in_(OPEN))
        .values(status="running", format=format, lines=lines, updated_at=chance.now())
    )
    return get(session, import_id)


def advance(session: Session, row: Mapping[str, Any], line: int, outcome: Outcome) -> dict[str, Any]:
    """Note what a chunk did, in its transaction. `row` is the import as it was before; it ends with this line now.

    Returns: the import as it is now.
    Raises: Overtaken where another process has moved it on.
    """
    now: dict[str, Any] = {count: row[count] + number for count, number in outcome.counts.items()}
    now |= {"line": line, "errors": row["errors"] + len(outcome.errors), "updated_at": chance.now()}
    if session.run(_advance, {f"new_{name}": value for name, value in now.items()} | {"row": row["id"], "from_line": row["line"]}) == 0:
        raise Overtaken
    _note(session, row, outcome.errors)
    return {**row, **now}


_advance = Prepared(
    update(imports)
    .where(
        imports.c.id == bindparam("row", type_=Id()),
        imports.c.line == bindparam("from_line", type_=Integer()),
        imports.c.status == literal_column("'running'"),
    )
    .values({name: bindparam(f"new_{name}", type_=imports.c[name].type) for name in (*COUNTS, "line", "errors", "updated_at")})
)
_insert_errors = Prepared(insert(import_errors), [column.key for column in import_errors.c])


def _note(session: Session, row: Mapping[str, Any], errors: Sequence[RowError]) -> None:
    kept = errors[: max(MOST_ERRORS - row["errors"], 0)]
    if kept:
        session.run(
            _insert_errors,
            [
                {
                    "import_id": row["id"],
                    "number": row["errors"] + number,
                    "line": error.line,
                    "column": error.column and error.column[:200],
                    "value": error.value and error.value[:200],
                    "message": error.message[:1000],
                }
                for number, error in enumerate(kept, 1)
            ],
        )


def finish(session: Session, import_id: str, *, failed: str | None = None, cause: Cause) -> dict[str, Any]:
    """The file was read to its end, or can't be: then `failed` says why. What was applied before stays."""
    now = chance.now()
    done = (
        update(imports)
        .where(imports.c.id == import_id, imports.c.status.in_(OPEN))
        .values(status="done" if failed is None else "failed", reason=failed and failed[:1000], updated_at=now, finished_at=now)
    )
    if session.execute(done).rowcount:
        row = get(session, import_id)
        figures = {count: row[count] for count in COUNTS}
        events.append(session, f"import.{row['status']}", import_id, figures, cause=cause.by("import", import_id))
    return get(session, import_id)


class NotReadable(Refusal):
    """The file can't be taken in at all: nothing in it says which column is which, or it isn't a text."""

    code = "not_readable"


_with_place = select(imports, locations.locations.c.code.label("location")).join(
    locations.locations, locations.locations.c.id == imports.c.location_id
)


_drop_errors = Prepared(
    delete(import_errors).where(import_errors.c.import_id == bindparam("import_id"), import_errors.c.number == bindparam("number"))
)


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop what was wrong with files that were taken in before a moment, a few rows at a time; that they were stays. Returns how many."""
    e = import_errors.c
    over = select(imports.c.id).where(imports.c.finished_at < before)
    query = select(e.import_id, e.number).where(e.import_id.in_(over)).limit(limit)
    old = [dict(row) for row in session.execute(query).mappings()]
    return session.run(_drop_errors, old) if old else 0
