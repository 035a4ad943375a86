"""Files that wait to be taken in: each lies in the data directory under the id of its import, until that is over.

So a server that died goes on where it was. Whoever takes a file in holds its lock, which the operating system lets go of however that
process ends; so two processes on one directory don't do the same work.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event

import structlog
from filelock import FileLock, Timeout

from app import chance
from app.database import Database, DatabaseUnavailable
from app.domain import imports
from app.domain.causes import Cause
from app.domain.errors import NotFound
from app.importing import running

log = structlog.get_logger()

# How long a file that lies elsewhere may be idle before nobody is believed to have it.
PATIENCE = timedelta(hours=1)

_AT_ONCE = 1 << 20
_WORKER = Cause("worker")


class NoRoom(DatabaseUnavailable):
    """The disk can't take the file now."""


class TooLarge(Exception):
    """The file is larger than this service takes in."""


def folder(data_dir: Path) -> Path:
    """Where the files lie."""
    return data_dir / "imports"


def path_of(where: Path, import_id: str) -> Path:
    return where / f"{import_id}.upload"


async def keep(where: Path, import_id: str, parts: AsyncIterator[bytes], most: int) -> tuple[int, str]:
    """Write a file down as it arrives, so that it survives us. Returns its size and its hash. Raises: TooLarge, NoRoom."""
    path, size, hashed = path_of(where, import_id), 0, sha256()
    try:
        await asyncio.to_thread(where.mkdir, parents=True, exist_ok=True, mode=0o700)
        held = bytearray()
        async for part in parts:
            size += len(part)
            if size > most:
                raise TooLarge
            hashed.update(part)
            held += part
            if len(held) >= _AT_ONCE:
                await asyncio.to_thread(_append, path, bytes(held))
                held.clear()
        await asyncio.to_thread(_append, path, bytes(held))
    except OSError as error:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        raise NoRoom(f"the file can't be kept: {error.strerror}") from error
    except BaseException:
        path.unlink(missing_ok=True)  # at once: whoever cancelled us doesn't wait
        raise
    return size, hashed.hexdigest()


def _append(path: Path, part: bytes) -> None:
    """Onto the disk, in portions that don't hold up the database's own writing."""
    with path.open("ab") as file:
        file.write(part)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Whether we are the one process that takes the file in."""
    lock = FileLock(path.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        if not path.exists():
            path.with_suffix(".lock").unlink(missing_ok=True)
        lock.release()


def run_due(database: Database, where: Path, stop: Event) -> None:
    """Take in every file that waits here, the oldest first. Raises: DatabaseUnavailable, running.Stopped; then it is called again."""
    for row in database.look(imports.waiting):
        path = path_of(where, row["id"])
        if not path.exists():
            if database.is_sqlite or chance.now() - row["updated_at"] > PATIENCE:
                database.run(imports.finish, row["id"], failed="The file is gone. Send it again: what is in already stays.", cause=_WORKER)
            continue
        with locked(path) as ours:
            if not ours:
                continue
            try:
                done = running.run(database, row, path, stop=stop)
                log.info("import finished", id=row["id"], status=done["status"], rows=done["rows"], bad_rows=done["bad_rows"])
            except imports.Overtaken:
                continue
            except (DatabaseUnavailable, running.Stopped):
                raise
            except Exception as error:
                log.error("import failed", id=row["id"], exc_info=error)
                reason = "Something went wrong on our side; it was logged. What was applied before stays, and the file may be sent again."
                database.run(imports.finish, row["id"], failed=reason, cause=_WORKER)
            path.unlink(missing_ok=True)


def sweep(database: Database, where: Path) -> None:
    """Remove files that no import waits for: their upload broke, or the server died between an import's end and this."""
    if not where.exists():
        return
    for path in where.glob("*.upload"):
        if chance.now().timestamp() - path.stat().st_mtime < PATIENCE.total_seconds():
            continue  # it may be arriving right now
        try:
            over = database.look(imports.get, path.stem)["status"] not in imports.OPEN
        except NotFound:
            over = True
        if over:
            path.unlink(missing_ok=True)
            path.with_suffix(".lock").unlink(missing_ok=True)
