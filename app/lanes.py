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
# No thread begins its next step sooner: what comes meanwhile is dealt with together, and a step costs for twenty hardly more than for one.
PACE_SECONDS = 0.03


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
        self._newcomer = threading.Event()
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
            if name not in self._wakes:  # nobody works for it yet: the planner looks for it
                self._newcomer.set()
                name = PLANNER
            self._wakes[name].set()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Let each finish the step that it is at, and hand its lease over."""
        self._stop.set()
        for event in list(self._wakes.values()):
            event.set()
        for thread in list(self._threads.values()):
            thread.join(timeout_s)

    def _plan(self) -> None:
        event, looked_at = self._wakes[PLANNER], -LOOK_SECONDS
        while not self._stop.is_set():
            began, planned = chance.monotonic(), 0
            event.clear()
            try:
                if self._newcomer.is_set() or began - looked_at >= LOOK_SECONDS:
                    self._newcomer.clear()
                    self._look_for_channels()
                    looked_at = began
                planned = plan.run(self._database)
            except DatabaseUnavailable as error:
                log.warning("planning waits for the database", reason=str(error))
                self._stop.wait(LOOK_SECONDS)
            except Exception as error:
                log.error("planning failed; it goes on", exc_info=error)
                self._stop.wait(AFTER_FAILURE_SECONDS)
            if planned < plan.AT_ONCE:
                event.wait(LOOK_SECONDS)
            self._keep_pace(began)

    def _keep_pace(self, began: float) -> None:
        self._stop.wait(max(0.0, began + PACE_SECONDS - chance.monotonic()))

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
            began = chance.monotonic()
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
            self._keep_pace(began)
        try:
            lane.hand_over()
        except DatabaseUnavailable as error:
            log.warning("a lease couldn't be handed over; it runs out by itself", channel=channel_id, reason=str(error))
        self._threads.pop(channel_id, None)
