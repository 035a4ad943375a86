"""The lanes of a running service: one thread for each channel, and one that plans.

They sleep until something is due or somebody wakes them. Whoever commits a change that concerns them does: see `Database.listeners`.
"""

from __future__ import annotations

import os
import socket
import threading
from datetime import datetime

import structlog

from app import chance
from app.database import Database, DatabaseUnavailable
from app.domain import channels
from app.domain.plans import PLANNER
from app.sync import plan
from app.sync.lane import Lane
from app.vault import Vault

log = structlog.get_logger()

# How often it is looked for channels that were added elsewhere, and for what nobody woke us for.
LOOK_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 5.0


class Lanes:
    """Runs every channel's lane until it is stopped."""

    def __init__(self, database: Database, keys: Vault, *, public_url: str | None, exclusive: bool) -> None:
        self._database = database
        self._keys = keys
        self._public_url = public_url
        self._exclusive = exclusive
        # Who we are, for the leases: unique to this run.
        self.holder = f"{socket.gethostname()[:24]}:{os.getpid()}:{chance.new_id()[-12:]}"[:64]
        self._stop = threading.Event()
        self._wakes: dict[str, threading.Event] = {PLANNER: threading.Event()}
        self._threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        self._database.listeners.append(self.wake)
        planner = threading.Thread(target=self._plan, name="planner", daemon=True)
        self._threads[PLANNER] = planner
        planner.start()

    def wake(self, whom: frozenset[str]) -> None:
        """There is something to do for the planner, or for these channels. Quick: it is called between two commits."""
        for name in whom:
            if (event := self._wakes.get(name)) is not None:
                event.set()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Let each finish the step that it is at, and hand its lease over."""
        self._stop.set()
        for event in list(self._wakes.values()):
            event.set()
        for thread in list(self._threads.values()):
            thread.join(timeout_s)

    def _plan(self) -> None:
        event = self._wakes[PLANNER]
        while not self._stop.is_set():
            event.clear()
            try:
                self._look_for_channels()
                while not self._stop.is_set() and plan.run(self._database):
                    pass
            except DatabaseUnavailable as error:
                log.warning("planning waits for the database", reason=str(error))
                self._stop.wait(LOOK_SECONDS)
            except Exception as error:
                log.error("planning failed; it goes on", exc_info=error)
                self._stop.wait(AFTER_FAILURE_SECONDS)
            event.wait(LOOK_SECONDS)

    def _look_for_channels(self) -> None:
        for row in self._database.look(channels.active):
            if row["id"] not in self._threads:
                self._wakes[row["id"]] = threading.Event()
                thread = threading.Thread(target=self._run, args=(row["id"],), name=f"lane {row['name']}", daemon=True)
                self._threads[row["id"]] = thread
                thread.start()

    def _run(self, channel_id: str) -> None:
        lane = Lane(
            self._database,
            self._keys,
            channel_id,
            holder=self.holder,
            exclusive=self._exclusive,
            public_url=self._public_url,
        )
        event = self._wakes[channel_id]
        while not self._stop.is_set():
            event.clear()
            again: datetime | None
            try:
                again = lane.step()
                if again is None:
                    break
                wait = (again - chance.now()).total_seconds()
            except DatabaseUnavailable as error:
                log.warning("a lane waits for the database", channel=channel_id, reason=str(error))
                wait = LOOK_SECONDS
            except Exception as error:
                log.error("a lane failed; it goes on", channel=channel_id, exc_info=error)
                wait = AFTER_FAILURE_SECONDS
            if wait > 0 and not self._stop.is_set():
                event.wait(wait)
        try:
            lane.hand_over()
        except DatabaseUnavailable as error:
            log.warning("a lease couldn't be handed over; it runs out by itself", channel=channel_id, reason=str(error))
        self._threads.pop(channel_id, None)
