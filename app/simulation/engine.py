"""Time in a run: a heap of events on a virtual clock, between which the real planner and the real lanes take their steps.

While a request is under way the world goes on: buyers come, messages arrive, other lanes work. Our process may die at any commit and is
started again on what was committed.
"""

from __future__ import annotations

import heapq
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import chance
from app.channels.base import ChannelError, Delivery
from app.domain import deliveries, plans
from app.domain.fence import LeaseLost
from app.sandbox.score import Score
from app.sandbox.shop import Outgoing
from app.simulation import books
from app.simulation.demand import Demand
from app.simulation.shops import Clock, Stand
from app.simulation.stall import BOUNDED
from app.simulation.store import Backup, Crash, Store
from app.simulation.story import Story
from app.simulation.troubles import Broken, Troubles
from app.simulation.world import World
from app.sync import inbox, plan

_NEVER = datetime.max.replace(tzinfo=UTC)
_NO_TIME = timedelta()


class Engine(ABC):
    """What drives a run. What happens in it, and what must hold, is said by those who build on it."""

    def __init__(
        self,
        seed: int,
        database: Store,
        clock: Clock,
        keys: Path,
        *,
        troubles: Troubles,
        demand: Demand,
        story: Story,
        policy: str = "strict",
        events: int | None = None,
    ) -> None:
        self.seed, self.database, self.clock = seed, database, clock
        self.troubles, self.demand, self.story, self.policy, self.most = troubles, demand, story, policy, events
        self.random = clock.random
        self.world = World(database, clock, keys)
        database.listeners.clear()
        database.listeners.append(self._wake)
        self.score = Score(tells=True)
        self.stands: list[Stand] = []
        self.events = self.orders = self.crashes = self.restored = 0
        self.late = 0  # requests of ours that are still to land
        self.dark = timedelta()
        self.failing = True  # faults are on
        self.exact = policy == "strict" and not any(kind in BOUNDED for kind in demand.shops)
        self._heap: list[tuple[datetime, int, Callable[[], None], bool]] = []
        self._serial = self._drawn = 0  # the last of what was drawn beforehand
        self._due: dict[str, datetime] = {}
        self._busy: set[str] = set()
        self._workers = 1
        self._mortal = False
        self._away_until = chance.now()
        self._steps = 0
        self._touched: set[str] = set()
        self._backup: Backup | None = None
        self._since_backup: list[Callable[[], object]] = []
        self._hands: set[tuple[str, str]] = set()  # counters where somebody typed
        self._unfound: dict[tuple[str, str], datetime] = {}  # what somebody typed, and we haven't read yet
        self._packed: set[tuple[str, str]] = set()  # orders that nobody takes back any more
        self._still = (chance.now(), 0)
        self._codes = [piece.code for piece in demand.pieces]
        database.crash = self._maybe_crash

    @abstractmethod
    def look(self) -> None:
        """After every event and step: what must hold, holds. Raises: Broken."""

    # Time

    def _after(self, seconds: float, do: Callable[[], None], *, counts: bool = False) -> None:
        """Something happens then. `counts`: it is an event of the run, and beyond the last one that was asked for nothing happens but
        what became of those before it."""
        self._serial += 1
        heapq.heappush(self._heap, (chance.now() + timedelta(seconds=seconds), self._serial, do, counts))

    def _later(self, stand: Stand) -> Callable[[Callable[[], None], float], None]:
        def later(do: Callable[[], None], seconds: float) -> None:
            self.late += 1

            def land() -> None:
                self.late -= 1
                self.story.say(None, f"a request to {stand.name} that nobody waits for any more lands")
                do()

            self._after(seconds, land)

        return later

    def _wait(self, seconds: float) -> None:
        """A request is under way; the world goes on."""
        mortal, self._mortal = self._mortal, False
        ahead, self.clock.ahead = self.clock.ahead, timedelta()
        try:
            self.run_for(seconds)
        finally:
            self._mortal, self.clock.ahead = mortal, ahead

    def run_for(self, seconds: float) -> None:
        until = chance.now() + timedelta(seconds=seconds)
        while True:
            at, do = self._next(until)
            if (ahead := at - chance.now()) > _NO_TIME:
                self._still = (at, 0)
                self.clock.advance(ahead)
            elif self._still[1] > 2_000:
                raise Broken("it doesn't come to rest: there is always something more to do at once")
            else:
                self._still = (self._still[0], self._still[1] + 1)
            if do is None:
                return
            do()
            self.look()

    def _next(self, until: datetime) -> tuple[datetime, Callable[[], None] | None]:
        """What happens next, and when: an event, messages that leave, or a step of ours."""
        at, do = until, None
        if self._heap and self._heap[0][0] < at:
            at, do = self._heap[0][0], self._event
        for stand in self.stands:
            if stand.stale:
                with self.clock.of(stand):
                    sends = stand.shop.next_delivery_at()
                stand.sends_at, stand.stale = sends and sends - stand.ahead, False
            if stand.sends_at is not None and stand.sends_at < at:
                at, do = stand.sends_at, self._collecting(stand)
        for name, due in self._due.items():
            due = max(due, self._away_until)
            if name not in self._busy and due < at:
                at, do = due, self._stepping(name)
        return max(at, chance.now()), do

    def _event(self) -> None:
        _, serial, do, counts = heapq.heappop(self._heap)
        if counts:
            if self.most is not None and self.events >= self.most and serial <= self._drawn:
                return
            self.events += 1
        do()

    def _stepping(self, name: str) -> Callable[[], None]:
        def step() -> None:
            outermost, mortal = not self._busy, self._mortal
            self._busy.add(name)
            self._due[name] = _NEVER
            self._mortal = self.failing
            try:
                if name == plans.PLANNER:
                    while plan.run(self.database) >= plan.AT_ONCE:
                        pass
                else:
                    again = self.world.lanes[name].step()
                    if again is not None:
                        self._due[name] = min(self._due[name], max(again, chance.now()))
                    self._find_typed(name)
                self._busy.discard(name)
            except Crash:
                if not outermost:
                    raise  # others were in the middle of a request; all of it is gone
                self._start_again()
            finally:
                self._mortal = mortal
            self._steps += 1

        return step

    def _find_typed(self, channel_id: str) -> None:
        """What somebody typed is known once the counter was read and settled after it."""
        typed = {counter: at for (channel, counter), at in self._unfound.items() if channel == channel_id}
        if not typed:
            return
        stand = next(each for each in self.stands if each.channel_id == channel_id)
        for row in self.database.look(books.readings, channel_id, sorted(typed)):
            if row["read_at"] is not None and row["read_at"] >= typed[row["external_id"]] and not row["open"]:
                self.score.look()
                self.score.found(stand.shop, row["external_id"])
                del self._unfound[channel_id, row["external_id"]]

    def _start_again(self) -> None:
        """The process died, and is started anew on what was committed."""
        self._busy.clear()
        self._workers += 1
        self._away_until = chance.now() + timedelta(seconds=self.random.uniform(0.5, 90.0))
        for stand in self.stands:
            if stand.channel_id:
                self.world.open(stand.channel_id, stand.transport, holder=f"worker-{self._workers}")
                self._due[stand.channel_id] = self._away_until
        self._due[plans.PLANNER] = self._away_until

    def _maybe_crash(self) -> None:
        if self._mortal and self.random.random() < self.troubles.crashes:
            self.crashes += 1
            self.story.say(None, "our process dies")
            raise Crash

    def _wake(self, whom: frozenset[str]) -> None:
        """Somebody has something to do now, and does it when he comes to it."""
        for name in sorted(whom):
            drawn = self.random.random()
            after = timedelta(seconds=0.05 + drawn if drawn < 0.9 else drawn * 6)
            at = chance.now() + after
            if name not in self._due or at < self._due[name]:
                self._due[name] = at

    # Messages

    def _collecting(self, stand: Stand) -> Callable[[], None]:
        def collect() -> None:
            with self._at(stand):
                leaving = stand.shop.take_deliveries()
            for message in leaving:
                drawn, after = self.random.random(), 0.0
                if self.failing and drawn < self.troubles.lost:
                    with self._at(stand):
                        stand.shop.delivered(message, 200)  # swallowed on the way, where nobody notices
                    continue
                if self.failing and drawn < self.troubles.lost + self.troubles.delayed:
                    low, high = self.troubles.delay_s
                    after = low * (high / low) ** self.random.random()
                self._after(after, self._arriving(stand, message))

        return collect

    def _arriving(self, stand: Stand, message: Outgoing) -> Callable[[], None]:
        def arrive() -> None:
            status: int | None = None
            if chance.now() >= self._away_until:
                delivery = Delivery("POST", {name.lower(): value for name, value in message.headers.items()}, message.body)
                # A key that can't be had now, or that the lane's adapter may not ask for: it wasn't taken in, and comes again.
                with suppress(ChannelError, LeaseLost):
                    channel = self.world.channel(stand.channel_id)
                    reply = channel.answer(delivery)
                    if reply is None:
                        row = inbox.sealed(self.world.keys, channel, delivery)
                        self.database.run(deliveries.keep, stand.channel_id, **row)
                        self._wake(frozenset({stand.channel_id}))
                    status = 200 if reply is None else reply.status
            with self._at(stand):
                stand.shop.delivered(message, status)

        return arrive

    def _at(self, stand: Stand) -> AbstractContextManager[None]:
        """Something happens at a shop, by its own clock."""
        stand.stale = True
        return self.clock.of(stand)
