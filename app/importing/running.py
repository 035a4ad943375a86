"""An import, from its file to the store: chunk after chunk, each a short transaction, so that orders get through in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from app import chance
from app.database import Database, Session
from app.domain import bulk, imports, locations, store
from app.domain.bulk import Group
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.imports import Outcome
from app.importing.formats import Shop, groups
from app.importing.reading import open_file
from app.importing.shops import recognise

# How long a chunk may take, and how many rows it may have whatever it takes. SQLite's one writer is held meanwhile; on PostgreSQL
# nobody waits for it but who adds products too, and there most of the time is the way there and back.
CHUNK_SECONDS = {"sqlite": 0.04, "postgresql": 0.08}
MOST_ROWS = 400

Tell = Callable[[Mapping[str, Any]], None]


class Stopped(Exception):
    """The service is stopping; the import goes on when it starts again."""


def run(
    database: Database, row: Mapping[str, Any], path: Path, *, stop: Event | None = None, tell: Tell = lambda _: None
) -> dict[str, Any]:
    """Take in a file, from where it was left. `row` is the import, `tell` hears how it stands after each chunk.

    Returns: the import as it ended.
    Raises: Stopped; imports.Overtaken where another process took it in; DatabaseUnavailable, then it can be run again.
    """
    cause = Cause(row["actor"]).by("import", row["id"])
    try:
        file = open_file(path)
        format = recognise(file, database.look(_shop, row))
        row = database.run(imports.begin, row["id"], format.name, file.lines)
        tell(row)
        size = _Size(CHUNK_SECONDS[database.engine.dialect.name])
        for chunk in _chunks(_unseen(groups(format, file.rows()), row["line"]), size):
            if stop is not None and stop.is_set():
                raise Stopped
            row, size.took = database.run(_apply, row, chunk, cause)
            tell(row)
    except imports.NotReadable as error:
        return database.run(imports.finish, row["id"], failed=error.detail, cause=cause)
    except (UnicodeDecodeError, OSError) as error:
        return database.run(imports.finish, row["id"], failed=f"The file can't be read any more: {error}.", cause=cause)
    return database.run(imports.finish, row["id"], cause=cause)


def _shop(session: Session, row: Mapping[str, Any]) -> Shop:
    places = {place["code_key"]: place["id"] for place in locations.page(session, None, 10_000)}
    return Shop(store.get(session)["currency"], places, row["location_id"])


def _apply(session: Session, row: Mapping[str, Any], chunk: list[Group], cause: Cause) -> tuple[dict[str, Any], float]:
    """One chunk: what it says, and how far the import has got with it. Returns the import and how long it took."""
    begun = chance.monotonic()
    outcome: Outcome = bulk.apply(session, chunk, cause=cause)
    now = imports.advance(session, row, chunk[-1].last_line, outcome)
    return now, chance.monotonic() - begun


class _Size:
    """How many rows make a chunk: as many as fit into its time, by what the last ones took."""

    def __init__(self, seconds: float) -> None:
        self.rows, self.seconds = 20, seconds
        self.took = 0.0

    def after(self, rows: int) -> None:
        if self.took > 0:
            fitting = rows * self.seconds / self.took
            self.rows = int(max(1, min(MOST_ROWS, fitting, self.rows * 2)))


def _chunks(found: Iterable[Group], size: _Size) -> Iterator[list[Group]]:
    source = iter(found)
    while first := list(islice(source, 1)):
        chunk, rows = first, len(first[0].lines)
        while rows < size.rows and (more := list(islice(source, 1))):
            chunk += more
            rows += len(more[0].lines)
        yield chunk
        size.after(rows)


def _unseen(found: Iterable[Group], line: int) -> Iterator[Group]:
    """Products behind a line of the file, with what doubles a code of an earlier row marked as wrong.

    The codes seen are kept in a database of their own that spills to the disk: a file may name more than fits into memory.
    """
    seen = sqlite3.connect("", isolation_level=None)
    try:
        seen.execute("PRAGMA journal_mode=OFF")
        seen.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")
        seen.execute("BEGIN")
        for group in found:
            for each in group.lines:
                for sku in each.skus:
                    key = key_of(sku.code)
                    if seen.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (key, each.line)).rowcount == 0:
                        (earlier,) = seen.execute("SELECT line FROM seen WHERE key = ?", (key,)).fetchone()
                        where = f"in line {earlier}" if earlier != each.line else "in this row"
                        each.wrong("code", sku.code, f"This code stands {where} already; every SKU has one row.")
            if group.last_line > line:
                yield group
    finally:
        seen.close()
