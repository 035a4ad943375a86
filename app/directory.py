"""The data directory, and the one process that holds it."""

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
