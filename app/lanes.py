"""The lanes of a running service: one thread for each channel, and one that plans.

They sleep until something is due or somebody wakes them. Whoever commits a change that concerns them does: see `Database.listeners`.
Where several processes work for one database, each has its share of the channels (see `domain/workers`), and all of them plan.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import structlog

from app import chance
from app.bell import EVERYBODY
from app.database import Database, DatabaseUnavailable
from app.directory import SignOfLife, has_died
from app.domain import channels, workers
from app.domain.plans import PLANNER
from app.sync import plan
from app.sync.lane import Lane, died
from app.vault import Vault

log = structlog.get_logger()

# How often it is looked for channels that were added elsewhere, and for what nobody woke us for.
LOOK_SECONDS = 1.0
AFTER_FAILURE_SECONDS = 5.0
# No thread begins its next step sooner: what comes meanwhile is dealt with together, and a step costs for twenty hardly more than for one.
PACE_SECONDS = 0.005


class Lanes:
    """Runs the channels' lanes until it is stopped.

    `exclusive`: nobody else can work on this database (SQLite), so all of them are ours. `directory`: where those that work for it on this
    machine leave their signs of life, so that the next one needn't wait for one that was killed.
    """

    def __init__(self, database: Database, keys: Vault, *, public_url: str | None, exclusive: bool, directory: Path | None = None) -> None:
        self._database = database
        self._keys = keys
        self._public_url = public_url
        self._exclusive = exclusive
        # Who we are, for the leases: unique to this run.
        self.holder = f"{socket.gethostname()[:24]}:{os.getpid()}:{chance.new_id()[-12:]}"[:64]
        self._directory = None if exclusive else directory
        self._sign = SignOfLife(self._directory, self.holder) if self._directory is not None else None
        self._stop = threading.Event()
        self._newcomer = threading.Event()
        self._wakes: dict[str, threading.Event] = {PLANNER: threading.Event()}
        self._threads: dict[str, threading.Thread] = {}
        # Those that work for this database, ourselves among them, and the channels that are ours.
        self._living: list[str] = [self.holder] if exclusive else []
        self._beat_at = -workers.BEAT.total_seconds()
        self._known: Collection[str] = ()
        self._ours: Collection[str] = ()

    def start(self) -> None:
        self._database.listeners.append(self.wake)
        planner = threading.Thread(target=self._plan, name="planner", daemon=True)
        self._threads[PLANNER] = planner
        planner.start()

    def wake(self, whom: frozenset[str]) -> None:
        """There is something to do for the planner, or for these channels. Quick: it is called between two commits."""
        for name in list(self._wakes) if EVERYBODY in whom else whom:
            if name not in self._wakes:
                if name in self._known:  # others work for it
                    continue
                self._newcomer.set()  # nobody works for it yet: the planner looks for it
                name = PLANNER
            self._wakes[name].set()

    def stop(self, timeout_s: float = 30.0) -> None:
        """Let each finish the step that it is at, and hand its lease over."""
        self._stop.set()
        for event in list(self._wakes.values()):
            event.set()
        for thread in list(self._threads.values()):
            thread.join(timeout_s)
        if not self._exclusive:
            try:
                self._database.run(workers.leave, self.holder)
            except DatabaseUnavailable as error:
                log.warning("the other workers can't be told that this one stops; they will notice", reason=str(error))
        if self._sign is not None and not any(thread.is_alive() for thread in list(self._threads.values())):
            self._sign.end()

    def _plan(self) -> None:
        event, looked_at = self._wakes[PLANNER], -LOOK_SECONDS
        while not self._stop.is_set():
            began, planned = chance.monotonic(), 0
            event.clear()
            try:
                if self._newcomer.is_set() or began - looked_at >= LOOK_SECONDS:
                    self._newcomer.clear()
                    self._share_out()
                    looked_at = began
                planned = self._plan_due()
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

    def _plan_due(self) -> int:
        """Our part of what is to be planned; whoever isn't counted in takes all there is. Returns how many SKUs that was."""
        if self.holder not in self._living:
            return plan.run(self._database)
        return plan.run(self._database, place=self._living.index(self.holder), of=len(self._living))

    def _share_out(self) -> None:
        """Begin to work for the channels that are ours by now, and let go of those that aren't any more."""
        if not self._exclusive and chance.monotonic() - self._beat_at >= workers.BEAT.total_seconds():
            self._give_sign_of_life()
        found = {row["id"]: row["name"] for row in self._database.look(channels.active)}
        self._known, self._ours = found.keys(), workers.share(self.holder, self._living, found)
        for channel_id in self._threads.keys() & found.keys() - self._ours:
            self._wakes[channel_id].set()
        for channel_id in self._ours - self._threads.keys():
            self._wakes[channel_id] = threading.Event()
            thread = threading.Thread(target=self._run, args=(channel_id,), name=f"lane {found[channel_id]}", daemon=True)
            self._threads[channel_id] = thread
            thread.start()

    def _give_sign_of_life(self) -> None:
        self._beat_at = chance.monotonic()
        apart = self._database.look(workers.clock_ahead)
        if abs(apart) > workers.CLOCKS_APART:
            self._living = []
            seconds = round(apart.total_seconds(), 1)
            log.error("this machine's clock isn't the database's, so it works for no shop until it is right", seconds_ahead=seconds)
            return
        if self._directory is not None:
            self._notice_deaths(self._directory)
        self._living = self._database.run(workers.beat, self.holder)
        for gone in self._database.run(workers.bury):
            log.warning("a worker ended without a goodbye; others do its work", worker=gone)

    def _notice_deaths(self, directory: Path) -> None:
        here = self.holder.partition(":")[0]
        for each in self._database.look(workers.everyone):
            if each["id"] != self.holder and each["id"].partition(":")[0] == here and has_died(directory, each["id"]):
                self._database.run(died, each["id"])
                log.warning("a worker was killed; its shops aren't kept waiting", worker=each["id"])

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
        while not self._stop.is_set() and channel_id in self._ours:
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
