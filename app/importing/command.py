"""`tallystick import`: straight into the store, or through the service that holds it."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app import chance
from app.asking import NotAnswered, Service
from app.database import Database
from app.domain import imports
from app.domain.causes import Cause
from app.importing import NotTakenIn, running, spool
from app.settings import Settings

SHOWN = 50
_MEDIA_TYPES = {".jsonl": "application/x-ndjson", ".ndjson": "application/x-ndjson"}

Errors = Callable[[], Iterator[Mapping[str, Any]]]


def directly(
    database: Database, settings: Settings, path: Path, location: str | None, tell: running.Tell
) -> tuple[Mapping[str, Any], Errors]:
    """Take a file in by ourselves. It is copied first: an import that is interrupted is finished by the next `tallystick serve`.

    Returns: the import as it ended, and what was wrong with rows.
    """
    import_id, where = chance.new_id(), spool.folder(settings.data_dir)
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = spool.path_of(where, import_id)
    with spool.locked(kept):
        try:
            shutil.copyfile(path, kept)
            size = kept.stat().st_size
            row = database.run(imports.create, import_id, name=path.name, location=location, size_bytes=size, cause=Cause("command"))
        except BaseException:
            kept.unlink(missing_ok=True)
            raise
        done = running.run(database, row, kept, tell=tell)
        kept.unlink(missing_ok=True)

    def errors() -> Iterator[Mapping[str, Any]]:
        after = 0
        while found := database.look(imports.page_errors, import_id, after, 500):
            yield from found
            after = found[-1]["number"]

    return done, errors


def by_the_service(settings: Settings, path: Path, location: str | None, tell: running.Tell) -> tuple[Mapping[str, Any], Errors]:
    """Hand a file to the service that holds the store, and follow what becomes of it. Raises: NotTakenIn."""
    try:
        service = Service(settings)
        about = {"name": path.name} | ({"location": location} if location is not None else {})
        media = {"Content-Type": _MEDIA_TYPES.get(path.suffix.lower(), "text/csv")}
        row = service.ask("POST", "/imports", params=about, headers=media, content=_parts(path))
        while row["status"] in imports.OPEN:
            tell(row)
            time.sleep(0.3)
            row = service.ask("GET", f"/imports/{row['id']}")
    except NotAnswered as error:
        raise NotTakenIn(f"A service holds the store. {error}") from None
    return row, lambda: service.everything(f"/imports/{row['id']}/errors")


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(1 << 16):
            yield part


class Bar(AbstractContextManager["Bar"]):
    """How far an import has got, for people who watch."""

    def __init__(self) -> None:
        shown = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figures]}"), TimeElapsedColumn())
        self._progress = Progress(*shown, console=Console(stderr=True), transient=True)
        self._task = self._progress.add_task("reading", total=None, figures="")

    def tell(self, row: Mapping[str, Any]) -> None:
        figures = f"{row['rows']:,} rows" + (f", {row['bad_rows']:,} bad" if row["bad_rows"] else "")
        self._progress.update(self._task, description="taking in", total=row["lines"], completed=row["line"], figures=figures)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


_FIGURES = {
    "rows": "rows read",
    "products_created": "products added",
    "products_changed": "products changed",
    "skus_created": "SKUs added",
    "skus_changed": "SKUs changed",
    "skus_unchanged": "SKUs as they were",
    "units": "units of opening stock",
    "bad_rows": "bad rows",
}


def report(console: Console, row: Mapping[str, Any], errors: Errors, written_to: Path | None) -> None:
    """What became of the file: figures, and the rows that were wrong."""
    figures = Table("", "", show_header=False, box=None)
    figures.add_row("recognised as", row["format"] or "nothing")
    for name, words in _FIGURES.items():
        figures.add_row(words, f"{row[name]:,}")
    console.print(figures)
    if row["reason"]:
        console.print(row["reason"], style="bold red", markup=False)
    if not row["errors"]:
        return
    if written_to is not None:
        with written_to.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(("line", "column", "value", "message"))
            table.writerows((each["line"], each["column"], each["value"], each["message"]) for each in errors())
        console.print(f"What was wrong stands in {written_to}.", markup=False)
        return
    wrong = Table("line", "column", "what stands there", "what is wrong")
    for number, each in enumerate(errors()):
        if number == SHOWN:
            break
        cells = (str(each["line"]), each["column"] or "", (each["value"] or "")[:60], each["message"])
        wrong.add_row(*(cell.replace("[", "\\[") for cell in cells))
    console.print(wrong)
    if row["errors"] > SHOWN:
        console.print(f"… and {row['errors'] - SHOWN:,} more: `--errors FILE` writes all of them down.", markup=False)
