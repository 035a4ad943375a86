"""A store and its shops on a virtual clock: the real lanes and the real planning, driven one step after another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app import chance
from app.chance import Seeded
from app.channels import registry
from app.channels.base import Channel
from app.channels.memory import Memory
from app.database import Database, Session
from app.domain import channels, checking, commitments, connections, counters, deliveries, plans, stock
from app.domain.causes import Cause
from app.statements import Prepared
from app.sync import inbox, plan
from app.sync.lane import Lane
from app.vault import Vault

registry.register("memory", Memory)

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
CAUSE = Cause("simulation")
PUBLIC_URL = "https://tally.example"


class Restless(AssertionError):
    """There is always something more to do at once."""


class World:
    """One store. Time passes only in `run_for`."""

    def __init__(self, database: Database, source: Seeded, keys: Path) -> None:
        self.database = database
        self.source = source
        self.keys = Vault(keys)
        self.lanes: dict[str, Lane] = {}
        self.again: dict[str, datetime] = {}
        self.worker = "worker-1"
        self.planning = True
        # Whom commits have woken: at first everybody.
        self._woken: set[str] = {plans.PLANNER}
        database.listeners.append(self._woken.update)

    # Channels

    def connect(
        self, other: Any, *, kind: str = "memory", name: str | None = None, live: bool = True, paused: bool = False, **facts: Any
    ) -> str:
        """Connect a shop; it is listened to, and written once it is live. `paused`: it keeps what is set aside for it, unwritten."""
        channel_id = chance.new_id()
        credentials = facts.pop("credentials", {"secret": getattr(other, "secret", "")})
        sealed = self.keys.seal_values(credentials)
        facts = {"settings": {}, "location_codes": ["STUDIO"]} | facts
        self.database.run(
            channels.connect, id=channel_id, kind=kind, name=name or f"shop {len(self.lanes) + 1}", credentials=sealed, cause=CAUSE, **facts
        )
        if paused:
            self.database.run(channels.change, channel_id, {"status": "paused"}, cause=CAUSE)
        elif live:
            self.database.run(connections.start, channel_id, cause=CAUSE)
        self.open(channel_id, other)
        return channel_id

    def open(self, channel_id: str, transport: Any, *, holder: str | None = None) -> Lane:
        """A lane, as a worker that has just started would hold it."""
        lane = Lane(
            self.database, self.keys, channel_id, holder=holder or self.worker, exclusive=True, public_url=PUBLIC_URL, transport=transport
        )
        self.lanes[channel_id] = lane
        self.again[channel_id] = chance.now()
        return lane

    def channel(self, channel_id: str) -> Channel:
        """The adapter, as the webhook endpoint would have it: it doesn't look at the channel's row for each message either."""
        lane = self.lanes[channel_id]
        return lane._channel or lane._open(self.database.look(channels.get, channel_id)["version"])

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
            if self.planning and plans.PLANNER in self._woken:
                self._woken.discard(plans.PLANNER)
                while plan.run(self.database) >= plan.AT_ONCE:
                    pass
            now = chance.now()
            due = [each for each, at in self.again.items() if at <= now or each in self._woken]
            if not due:
                return
            for channel_id in due:
                self._woken.discard(channel_id)
                at = self.lanes[channel_id].step()
                self.again[channel_id] = at if at is not None else datetime.max.replace(tzinfo=UTC)
        raise Restless("it doesn't come to rest")

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
        self._woken.add(plans.PLANNER)  # it looks by itself now and then
        self.quiet()

    def skip(self, seconds: float) -> None:
        """Let time pass in which nobody works, and then everything be done that fell due."""
        self.source.advance(timedelta(seconds=seconds))
        self.again = dict.fromkeys(self.again, chance.now())
        self._woken.add(plans.PLANNER)
        self.quiet()


def _counter_ids(session: Session, channel_id: str | None) -> list[str]:
    where: dict[str, Any] = {} if channel_id is None else {"channel_id": channel_id}
    return sorted(row["id"] for row in session.find(counters.counters, columns=("id",), **where))


# What must be true at any moment


def broken_books(session: Session, *, lost: int = 0) -> list[str]:
    """What the books alone must hold (FENCED-WRITE, section 1); an empty list is what should come out.

    `lost`: units that a fact took although they were on offer, or that somebody put on offer by hand; only so many may the sum be over.
    """
    found = [str(finding) for finding in checking.check(session)]
    every = counters.of_ids(session, _counter_ids(session, None))
    found += [
        f"{each.title} offers {each.on_offer} × {each.per} of {each.allotment}, and nobody says why"
        for each in every
        if each.on_offer * each.per > each.allotment and each.excess_cause is None
    ]
    units_there, units_missing = ({row["sku_id"]: row["units"] for row in session.rows(each, {})} for each in (_there, _missing))
    for sku_id in {each.sku_id for each in every}:
        there, missing = units_there.get(sku_id, 0), units_missing.get(sku_id, 0)
        on_offer = sum(_signed(each) * each.per for each in every if each.sku_id == sku_id)
        if on_offer > there - missing + lost:
            found.append(f"{on_offer} are on offer, {there} are there for it, {missing} are missing already, {lost} were lost")
    return found


_level, _line = stock.stock_levels.c, commitments.commitments.c
_there = Prepared(select(_level.sku_id, func.sum(_level.available + _level.allotted).label("units")).group_by(_level.sku_id))
_missing = Prepared(select(_line.sku_id, func.sum(_line.quantity).label("units")).where(_line.location_id.is_(None)).group_by(_line.sku_id))


def _signed(counter: counters.Counter) -> int:
    """What a counter may still sell by the books, and where it sold more than it showed, how many of them."""
    if not counter.known:
        return 0
    resting = counter.shown + counter.below - counter.held
    flight = counter.flight
    if flight is None or flight.mode == "rebase" or (flight.mode != "absolute" and flight.state == "settling" and flight.reading is None):
        return resting
    if flight.mode != "absolute":
        return resting + max(0, flight.change)
    if flight.guard is not None:
        return resting + max(0, flight.value + flight.guard - flight.expected)
    return flight.value + resting - min(0, flight.expected)
