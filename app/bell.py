"""The bell: what one process has committed wakes the others, on PostgreSQL (`LISTEN`, `NOTIFY`).

Nothing depends on it but speed: whoever waits for something looks for itself now and then. So it is rung after the commit, by a
connection of its own; `NOTIFY` inside the transactions would make their commits queue up behind each other. Many rings within a moment
become one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import psycopg
import structlog
from sqlalchemy.engine import make_url

log = structlog.get_logger()

TOPIC = "tallystick"
# What is rung within this time is rung together.
TOGETHER_SECONDS = 0.02
AGAIN_SECONDS = 2.0
STOP_SECONDS = 0.5
EVERYBODY = "*"
# A notification holds less than 8,000 bytes.
_NAMES_MOST = 150


class Bell:
    """Rings for the other processes of one database, and hears them. `listeners` are told whom to wake, in a thread of ours."""

    def __init__(self, url: str, listeners: Sequence[Callable[[frozenset[str]], None]]) -> None:
        self._address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._listeners = listeners
        self._stop = threading.Event()
        self._rung = threading.Event()
        self._lock = threading.Lock()
        self._names: set[str] = set()
        # The server's process that rings for us: what comes from there we know.
        self._us: int | None = None
        self._threads = [
            threading.Thread(target=self._always, args=(work,), name=name, daemon=True)
            for name, work in (("bell", self._ring_on), ("bell's ear", self._listen_on))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def ring(self, whom: frozenset[str]) -> None:
        """Wake these in the other processes, soon. Quick, and never fails: a listener of the database."""
        with self._lock:
            self._names |= whom
        self._rung.set()

    def stop(self) -> None:
        """What was rung is rung before."""
        self._stop.set()
        self._rung.set()
        for thread in self._threads:
            thread.join(5.0)

    def _always(self, work: Callable[[psycopg.Connection], None]) -> None:
        quiet = False
        while not self._stop.is_set():
            try:
                with psycopg.connect(self._address, autocommit=True, connect_timeout=5) as connection:
                    quiet = False
                    work(connection)
            except psycopg.Error as error:
                if not quiet:
                    log.warning("other processes can't be woken; all look for themselves meanwhile", reason=str(error).partition("\n")[0])
                quiet = True
                self._stop.wait(AGAIN_SECONDS)

    def _ring_on(self, connection: psycopg.Connection) -> None:
        self._us = connection.info.backend_pid
        while not (self._stop.is_set() and not self._names):
            self._rung.wait()
            self._stop.wait(TOGETHER_SECONDS)
            self._rung.clear()
            with self._lock:
                names, self._names = sorted(self._names), set()
            try:
                for first in range(0, len(names), _NAMES_MOST):
                    connection.execute("SELECT pg_notify(%s, %s)", (TOPIC, ",".join(names[first : first + _NAMES_MOST])))
            except psycopg.Error:
                self.ring(frozenset(names))
                raise

    def _listen_on(self, connection: psycopg.Connection) -> None:
        connection.execute(f"LISTEN {TOPIC}")
        self._hear(frozenset({EVERYBODY}))  # who knows what was rung before
        while not self._stop.is_set():
            for heard in connection.notifies(timeout=STOP_SECONDS):
                if heard.pid != self._us:
                    self._hear(frozenset(heard.payload.split(",")))

    def _hear(self, whom: frozenset[str]) -> None:
        for listener in self._listeners:
            listener(whom)
