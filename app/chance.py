"""The one source of time, ids and randomness.

Whatever the program does is a function of its input and of what it draws here, so a simulator that installs a source of its own
can replay a run exactly. Domain and sync import nothing else for these three; an import contract holds them to it.
"""

from __future__ import annotations

import random as _random
import secrets as _secrets
import time as _time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import uuid_utils


class Source(Protocol):
    """Where time, ids and randomness come from."""

    random: _random.Random

    def now(self) -> datetime:
        """The time, timezone-aware and in UTC."""

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean something."""

    def new_id(self) -> str:
        """A new id: a UUIDv7 in its canonical text form, so ids sort by the millisecond they were made in."""

    def secret(self, size: int) -> bytes:
        """Bytes that nobody can guess."""


class Real:
    """The machine's own clock and randomness."""

    def __init__(self) -> None:
        self.random: _random.Random = _random.SystemRandom()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return _time.monotonic()

    def new_id(self) -> str:
        return str(uuid_utils.uuid7())

    def secret(self, size: int) -> bytes:
        return _secrets.token_bytes(size)


class Seeded:
    """A virtual clock and everything drawn from one seed: the same calls give the same answers, in every process."""

    def __init__(self, seed: int, start: datetime) -> None:
        self.random: _random.Random = _random.Random(seed)  # noqa: S311  (reproducible on purpose; never installed in a real server)
        self._start = self._now = start

    def advance(self, by: timedelta) -> None:
        """Let time pass. Raises ValueError where it would run backwards."""
        if by < timedelta():
            raise ValueError("time doesn't run backwards")
        self._now += by

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return (self._now - self._start).total_seconds()

    def new_id(self) -> str:
        milliseconds = int(self.now().timestamp() * 1000)
        drawn = self.random.getrandbits(74)
        value = (milliseconds << 80) | (0x7 << 76) | ((drawn >> 62) << 64) | (0b10 << 62) | (drawn & ((1 << 62) - 1))
        return _canonical(value)

    def secret(self, size: int) -> bytes:
        return self.random.randbytes(size)


_source: Source = Real()


@contextmanager
def installed(source: Source) -> Iterator[Source]:
    """Draw from this source until the block ends. For tests and the simulator; not safe beside a running server."""
    global _source
    before, _source = _source, source
    try:
        yield source
    finally:
        _source = before


def now() -> datetime:
    return _source.now()


def monotonic() -> float:
    return _source.monotonic()


def new_id() -> str:
    return _source.new_id()


def secret(size: int) -> bytes:
    return _source.secret(size)


def first_id(moment: datetime) -> str:
    """The lowest id that was made at a moment or later: ids sort by when they were made, so it bounds what is read."""
    return _canonical(max(int(moment.timestamp() * 1000), 0) << 80)


def _canonical(value: int) -> str:
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def random() -> _random.Random:
    return _source.random
