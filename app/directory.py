"""The data directory: the one process that holds it, and the workers that have their sign of life in it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app import chance


class DirectoryHeld(Exception):
    """Another process writes to this data directory; two writers would tell two stories."""

    def __init__(self, directory: Path, holder: str) -> None:
        super().__init__(
            f"The data directory {directory} is held by {holder}. Stop that process first, or set TALLYSTICK_DATA_DIR to another."
        )


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold the data directory until the block ends, making it if it isn't there. Raises: DirectoryHeld, saying who holds it.

    The operating system lets go of the lock when a process dies, however it dies.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock, note = FileLock(directory / "lock"), directory / "holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        holder = note.read_text().strip() if note.exists() else "another process"
        raise DirectoryHeld(directory, holder) from None
    try:
        note.write_text(f"process {os.getpid()} on {socket.gethostname()} since {chance.now():%Y-%m-%d %H:%M:%S} UTC\n")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()


class SignOfLife:
    """What a worker that shares its database with others leaves in its data directory for as long as it lives.

    It is a lock, which the operating system takes back when the process dies, however it dies. So whoever starts here next knows at once
    that nobody works under that name any more, and doesn't have to wait for it.
    """

    def __init__(self, directory: Path, worker: str) -> None:
        self._place = _sign(directory, worker)
        self._place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = FileLock(self._place)
        self._lock.acquire(timeout=0)

    def end(self) -> None:
        self._place.unlink(missing_ok=True)
        self._lock.release()


def has_died(directory: Path, worker: str) -> bool:
    """Whether a worker had its sign of life here, and its process is gone. False also where nobody can say."""
    place = _sign(directory, worker)
    if not place.exists():
        return False
    lock = FileLock(place)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    place.unlink(missing_ok=True)
    lock.release()
    return True


def _sign(directory: Path, worker: str) -> Path:
    return directory / "workers" / f"{worker.replace(':', '-')}.lives"
