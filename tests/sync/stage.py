"""A stage for the fenced write: shops in memory, a store, and every step in the hands of the test.

Nothing is planned by itself: a test says what a counter shall offer, which messages arrive and when, and what a request comes to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app import chance
from app.channels.base import Capabilities, Entry, WriteRequest, WriteResult
from app.channels.memory import EXACT, Shop
from app.domain import channels, connections, counters, fence, recording, store, writes
from app.domain.causes import Cause
from app.domain.fence import Pen, Want
from app.domain.snapshots import OrderSnapshot
from app.sync.push import DEADLINE_S
from tests import shop
from tests.world import CAUSE, World, broken_books, sellable, wanted

# Nothing is polled but what has to settle.
CAS = replace(EXACT, poll_every_s=7200.0)


class Crash(BaseException):
    """The worker is gone, in the middle of whatever it did."""


@dataclass
class Stall(Shop):
    """A shop whose requests can be watched as they arrive and as they are answered."""

    before: list[Callable[[], object]] = field(default_factory=list)
    after: list[Callable[[], object]] = field(default_factory=list)
    waiting: list[WriteRequest] = field(default_factory=list)  # what `under_way` will do

    def take(self, request: WriteRequest) -> WriteResult:
        if self.before:
            self.before.pop(0)()
        if self.fate[:1] == ["late"]:
            self.waiting.append(request)
        result = super().take(request)
        if self.after:
            self.after.pop(0)()
        return result

    def land(self) -> list[WriteResult]:
        self.waiting = []
        return super().land()


@dataclass
class Place:
    """A shop, our channel for it, and its counter."""

    name: str
    shop: Stall
    channel_id: str
    external_id: str


class Stage:
    """One SKU, some units of it, and the shops that sell it."""

    def __init__(self, world: World, units: int, code: str = "BOWL") -> None:
        self.world, self.code, self.units = world, code, units
        self.places: list[Place] = []
        self.own_sales = 0
        self.workers = 1
        world.planning = False
        world.stocked(code, units)

    def place(self, can: Capabilities = CAS, shown: int = 0, *, kind: str = "memory") -> Place:
        """A shop that shows so many, all of them set aside for it and known. It is written only when the test says so."""
        stall = Stall(can)
        name = f"{self.code}-{len(self.places) + 1}"
        stall.offer(name, self.code, shown)
        channel_id = self.world.connect(stall, name=name, kind=kind, live=False)
        self.world.run_for(can.feed_lag_s + can.read_lag_s + 2)
        self.world.database.run(connections.start, channel_id, cause=CAUSE)
        made = Place(name, stall, channel_id, name)
        self.places.append(made)
        seen = self.counter(made)
        assert seen.known and seen.shown == shown and seen.allotment == shown, seen
        return made

    # What is decided

    def aim(self, at: Place, on_offer: int) -> None:
        """It shall offer so many from now on; the lane does one step."""
        due = {"target": on_offer, "due_at": chance.now()}
        self.world.database.run(counters.change, self.counter(at).id, **due)
        self.step(at)

    def step(self, at: Place) -> None:
        """One step of the lane. A worker that dies in it is followed by another one."""
        try:
            self.world.again[at.channel_id] = self.world.lanes[at.channel_id].step() or datetime.max.replace(tzinfo=UTC)
        except Crash:
            self.succeed(at)

    def succeed(self, at: Place) -> None:
        """Another worker takes the lane over."""
        self.workers += 1
        self.world.open(at.channel_id, at.shop, holder=f"worker-{self.workers}")

    def pen(self, at: Place) -> Pen:
        """Who writes for the shop now, for a test that does a step by hand."""
        lane = self.world.database.look(channels.lane, at.channel_id)
        row = self.world.database.look(channels.get, at.channel_id)
        epoch = self.world.database.look(store.get)["epoch"]
        return Pen(at.channel_id, lane["fence"], epoch, Capabilities.from_json(row["capabilities"]))

    def intend(self, at: Place, on_offer: int) -> WriteRequest | None:
        """Only the first transaction of a write: the request as it is stored, or None."""

        def compose(entries: object, key: str) -> object:
            return {"key": key}

        mine = self.counter(at)
        row = self.world.database.run(fence.raise_or_lower, self.pen(at), mine.unit, {mine.id: Want(on_offer)}, compose, for_s=DEADLINE_S)
        if row is None or row["state"] != "intent":
            return None
        entries = [Entry(at.external_id, each["change"], each["expected"], each["value"]) for each in row["entries"]]
        return WriteRequest(mine.unit, entries, row["key"], row["body"])

    # What happens

    def buy(self, at: Place, quantity: int = 1, **more: object) -> str:
        order = at.shop.buy(at.name, quantity, **more)  # type: ignore[arg-type]
        assert order is not None, "the shop refuses"
        return order

    def hear(self, at: Place, said: str | OrderSnapshot) -> None:
        """A message about an order arrives and is recorded: how the order stands now, or how it once stood."""
        snapshot = at.shop.snapshot(said) if isinstance(said, str) else said
        self.world.database.run(recording.record, at.channel_id, snapshot, cause=Cause("test", "delivery", chance.new_id()))

    def own(self, buyers: int) -> int:
        """Buyers on our own API, one unit each. Returns how many of them were served."""
        served = 0
        while served < buyers and shop.place_one(self.world.database, self.code):
            served += 1
        self.own_sales += served
        return served

    def pass_(self, seconds: float) -> None:
        """Time passes, and nobody works."""
        self.world.source.advance(timedelta(seconds=seconds))

    def let(self, seconds: float) -> None:
        """The lanes do what falls due; nothing new is decided."""
        self.world.run_for(seconds)

    # How it stands

    def counter(self, at: Place) -> counters.Counter:
        return self.world.counter(at.channel_id)

    def shown(self, at: Place) -> int:
        return at.shop.counters[at.external_id]

    def open_writes(self) -> int:
        return sum(len(self.world.database.look(writes.open_of_channel, each.channel_id)) for each in self.places)

    def outcomes(self, at: Place) -> list[str]:
        """What came of each write, oldest first; readings aside."""
        rows = self.world.database.look(writes.page, None, 100, channel_id=at.channel_id)
        return [str(row["outcome"]) for row in reversed(rows) if row["mode"] != "rebase"]

    @property
    def sold(self) -> int:
        """Units that buyers everywhere are to get."""
        return self.own_sales + sum(wanted(each.shop) for each in self.places)

    @property
    def free(self) -> int:
        return self.world.level(self.code).get("available", 0)

    def promised(self) -> int:
        """The most that may be sold in all, if everybody bought now and whatever is under way landed at the worst moment."""
        return self.sold + self.free + sum(sellable(each.shop, each.shop.waiting) for each in self.places)

    def everybody_buys(self) -> None:
        """All that is on offer anywhere is bought."""
        for each in self.places:
            while each.shop.buy(each.name) is not None:
                pass
        self.own(1_000)

    @property
    def oversold(self) -> int:
        return max(0, self.sold - self.units)

    def short(self) -> int:
        return shop.short_total(self.world.database)

    def books(self, *, lost: int = 0) -> list[str]:
        return self.world.database.look(broken_books, lost=lost)

    # The end

    def calm(self) -> None:
        """Faults stop, what is under way lands, everything is heard of, and time passes until nothing changes any more."""
        for each in self.places:
            each.shop.fate, each.shop.before, each.shop.after = [], [], []
            each.shop.land()
            self.world.database.run(channels.change_lane, each.channel_id, poll_due_at=chance.now())
        self.world.planning = True
        # Late writes can't land any more; then readings that may have been too high are made again.
        for seconds in (1.0, 910.0, 10.0, 7200.0, 10.0):
            self.world.skip(seconds)

    def assert_sound(self) -> None:
        """What buyers see is what we believe, it is covered, nothing is open, and nobody is owed what isn't there."""
        assert self.books() == []
        for each in self.places:
            mine = self.counter(each)
            assert (mine.shown, mine.below, mine.excess) == (self.shown(each), 0, 0), (
                mine,
                self.shown(each),
                self.world.level(self.code),
                self.sold,
            )
        assert self.open_writes() == 0
        assert self.short() == 0

    def sell_out(self) -> None:
        """Every unit finds its buyer in the end, and no unit finds two."""
        for _ in range(6):
            self.everybody_buys()
            assert self.oversold == 0
            self.calm()
            self.assert_sound()
            if self.sold == self.units:
                return
        raise AssertionError(f"{self.sold} of {self.units} units could be sold: {[self.counter(each) for each in self.places]}")


def dies() -> None:
    """For `before` and `after`: the worker is gone at this point."""
    raise Crash


def declares(**facts: object) -> Callable[[object], Capabilities]:
    """For `Memory.capabilities`: a shop that says other things of itself than are true."""
    return lambda adapter: replace(adapter._shop.can, **facts)  # type: ignore[attr-defined]
