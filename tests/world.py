"""A store and its shops on a virtual clock: the real lanes and the real planning, driven one step after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app import chance
from app.chance import Seeded
from app.channels import registry
from app.channels.base import Channel
from app.channels.memory import Memory
from app.database import Database, Session
from app.domain import channels, checking, connections, counters, deliveries, plans
from app.domain.causes import Cause
from app.sync import inbox, plan
from app.sync.lane import Lane
from app.vault import Vault
from tests import shop

registry.register("memory", Memory)

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAUSE = Cause("test")


class World:
    """One store. Time passes only in `run_for`."""

    def __init__(self, database: Database, source: Seeded, keys: Path) -> None:
        self.database = database
        self.source = source
        self.keys = Vault(keys)
        self.lanes: dict[str, Lane] = {}
        self.again: dict[str, datetime] = {}
        self.worker = "worker-1"

    # The store

    def stocked(self, code: str, quantity: int, *, location: str = "STUDIO") -> None:
        """A product with one SKU, and units of it on the shelf."""
        shop.stocked(self.database, code, 0)
        if quantity:
            self.receive(code, quantity, location=location)

    def receive(self, code: str, quantity: int, *, location: str = "STUDIO") -> None:
        shop.post(self.database, code, quantity, at=location)

    def level(self, code: str, location: str = "STUDIO") -> dict[str, int]:
        """The states that hold units."""
        return {state: units for state, units in asdict(shop.level(self.database, code, location)).items() if units}

    def check(self) -> None:
        """The books balance, and no more is on offer than there is."""
        findings = self.database.look(checking.check)
        assert not findings, [str(finding) for finding in findings]

    # Channels

    def connect(self, other: Any, *, kind: str = "memory", name: str | None = None, live: bool = True, **facts: Any) -> str:
        """Connect a shop; it is listened to, and written once it is live."""
        channel_id = chance.new_id()
        credentials = facts.pop("credentials", {"secret": getattr(other, "secret", "")})
        sealed = self.keys.seal_values(credentials)
        facts = {"settings": {}, "location_codes": ["STUDIO"]} | facts
        self.database.run(
            channels.connect, id=channel_id, kind=kind, name=name or f"shop {len(self.lanes) + 1}", credentials=sealed, cause=CAUSE, **facts
        )
        if live:
            self.database.run(connections.start, channel_id, cause=CAUSE)
        self.open(channel_id, other)
        return channel_id

    def open(self, channel_id: str, transport: Any, *, holder: str | None = None) -> Lane:
        """A lane, as a worker that has just started would hold it."""
        lane = Lane(self.database, self.keys, channel_id, holder=holder or self.worker, exclusive=True, transport=transport)
        self.lanes[channel_id] = lane
        self.again[channel_id] = chance.now()
        return lane

    def channel(self, channel_id: str) -> Channel:
        """The adapter, as the webhook endpoint would have it."""
        row = self.database.look(channels.get, channel_id)
        return self.lanes[channel_id]._open(row)

    def deliver(self, channel_id: str, message: Any) -> None:
        """A webhook arrives."""
        row = inbox.sealed(self.keys, self.channel(channel_id), message)
        self.database.run(deliveries.keep, channel_id, **row)
        self.again[channel_id] = chance.now()

    def counter(self, channel_id: str) -> counters.Counter:
        """The channel's one counter."""
        (found,) = self.counters(channel_id)
        return found

    def counters(self, channel_id: str | None = None) -> list[counters.Counter]:
        ids = self.database.look(_counter_ids, channel_id)
        return self.database.look(counters.of_ids, ids)

    # Time

    def quiet(self, most: int = 200) -> None:
        """Let everything be done that is due now."""
        for _ in range(most):
            while plan.run(self.database):
                pass
            now = chance.now()
            woken = self._woken()
            due = [each for each, at in self.again.items() if at <= now or each in woken]
            if not due:
                return
            for channel_id in due:
                at = self.lanes[channel_id].step()
                self.again[channel_id] = at if at is not None else datetime.max.replace(tzinfo=UTC)
        raise AssertionError("it doesn't come to rest")

    def run_for(self, seconds: float) -> None:
        """Let time pass, and everything happen that falls due in it."""
        until = chance.now() + timedelta(seconds=seconds)
        while True:
            self.quiet()
            step = min([until, *self.again.values()])
            if step >= until:
                break
            self.source.advance(max(step - chance.now(), timedelta(milliseconds=50)))
        self.source.advance(max(until - chance.now(), timedelta()))
        self.quiet()

    def _woken(self) -> set[str]:
        return self.database.look(_due_channels)


@contextmanager
def world(database: Database, tmp_path: Path, seed: int = 1) -> Iterator[World]:
    """A world with a clock of its own."""
    source = Seeded(seed, START)
    with chance.installed(source):
        yield World(database, source, tmp_path / "key")


def _counter_ids(session: Session, channel_id: str | None) -> list[str]:
    query = counters.counters.select().order_by(counters.counters.c.id)
    if channel_id is not None:
        query = query.where(counters.counters.c.channel_id == channel_id)
    return [row.id for row in session.execute(query)]


def _due_channels(session: Session) -> set[str]:
    c = counters.counters.c
    query = counters.counters.select().where(c.due_at <= chance.now(), c.state == "active", c.target.is_not(None))
    return {row.channel_id for row in session.execute(query)} if plans.next_due(session) is None else set()
