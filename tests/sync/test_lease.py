"""One lane, two workers: whoever lost it changes nothing any more, neither there nor here."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app import chance
from app.database import Database
from app.domain import channels, counters
from app.sync.lane import CLOCKS_APART, LEASE, RENEW_BEFORE, Lane
from tests.sync.stage import Stage
from tests.world import PUBLIC_URL, World, broken_books, world


class Two:
    """A shop with ten bowls, and two workers that both believe it is theirs."""

    def __init__(self, world: World) -> None:
        self.world, self.stage = world, Stage(world, 30)
        self.place = self.stage.place(shown=10)
        self.shop = self.place.shop
        world.lanes[self.place.channel_id].hand_over()
        self.ann, self.zoe = self._lane("ann"), self._lane("zoe")
        self.ann.step()

    def _lane(self, holder: str) -> Lane:
        world, place = self.world, self.place
        return Lane(
            world.database, world.keys, place.channel_id, holder=holder, exclusive=False, public_url=PUBLIC_URL, transport=place.shop
        )

    @property
    def holder(self) -> str | None:
        found: str | None = self.world.database.look(channels.lane, self.place.channel_id)["holder"]
        return found

    def aim(self, on_offer: int) -> None:
        due = {"target": on_offer, "due_at": chance.now()}
        self.world.database.run(counters.change, self.stage.counter(self.place).id, **due)

    def sleep(self) -> None:
        """Ann's process is stopped for longer than her lease, and zoe takes over."""
        self.world.source.advance(LEASE + CLOCKS_APART)
        self.zoe.step()


@pytest.fixture
def two(database: Database, tmp_path: Path) -> Iterator[Two]:
    with world(database, tmp_path) as opened:
        yield Two(opened)
        assert opened.database.look(broken_books) == []


def test_nobody_takes_a_lane_over_before_its_lease_is_over_by_any_clock(two: Two) -> None:
    until = chance.now() + LEASE
    assert two.zoe.step() == chance.now() + RENEW_BEFORE
    two.world.source.advance(LEASE - timedelta(seconds=5))
    assert two.zoe.step() == until + CLOCKS_APART
    two.world.source.advance(until + CLOCKS_APART - chance.now() - timedelta(seconds=1))
    two.zoe.step()
    assert two.holder == "ann"
    two.world.source.advance(timedelta(seconds=1))
    two.zoe.step()
    assert two.holder == "zoe"


def test_a_lane_that_is_handed_over_is_taken_at_once(two: Two) -> None:
    two.ann.hand_over()
    assert two.holder is None
    two.zoe.step()
    assert two.holder == "zoe"


def test_who_wakes_up_before_a_request_has_left_sends_none(two: Two) -> None:
    slept, guard = [], two.ann._guard

    def asleep() -> None:
        if not slept:
            slept.append(True)
            two.sleep()
        guard()

    two.ann._channel, two.ann._guard = None, asleep  # type: ignore[method-assign]
    two.aim(20)
    two.ann.step()
    assert slept
    assert two.holder == "zoe"
    assert two.shop.requests["write_quantities"] == 1  # zoe's, who goes on where ann stood
    assert two.shop.counters[two.place.name] == 20


def test_who_wakes_up_with_an_answer_in_hand_writes_nothing_down(two: Two) -> None:
    taken_over = []

    def asleep() -> None:
        two.sleep()
        taken_over.append(two.stage.counter(two.place))

    two.shop.after = [asleep]
    two.aim(20)
    two.ann.step()
    assert two.shop.counters[two.place.name] == 20  # it took effect
    assert two.stage.counter(two.place) == taken_over[0]  # and who sent it can't say so any more
    for _ in range(40):
        two.world.source.advance(timedelta(seconds=60))
        two.zoe.step()
    found = two.stage.counter(two.place)
    assert (found.shown, found.allotment, found.excess) == (20, 20, 0)
