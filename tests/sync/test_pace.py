"""What a lane does first when there is much to do, and how it finds what is under way."""

from datetime import timedelta
from pathlib import Path

import pytest

from app import chance
from app.channels.memory import Shop
from app.database import Database
from app.domain import channels, counters, fence
from app.domain.fence import Pen, Want
from app.sync import lane, plan, poll, push
from tests.world import CAUSE, world


def test_a_lane_with_much_to_write_looks_in_between_whether_something_was_sold(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "AT_A_STRETCH_S", 0.0)
    with world(database, tmp_path) as store:
        shop = Shop()
        for code in ("BOWL", "CUP", "JUG"):
            store.stocked(code, 10)
            shop.offer(code, code, 0)
        channel_id = store.connect(shop)
        store.run_for(60)
        assert shop.counters == {"BOWL": 5, "CUP": 5, "JUG": 5}  # half of each: the store sells by itself, too
        for code in ("BOWL", "CUP", "JUG"):
            store.receive(code, 100)
        plan.run(database)
        written = shop.requests["write_quantities"]
        sold = shop.buy("JUG")
        assert sold is not None
        store.lanes[channel_id].step()
        store.deliver(channel_id, shop.message(sold))
        store.lanes[channel_id].step()
        assert shop.requests["write_quantities"] == written + 2
        assert store.level("JUG")["committed"] == 1
        store.run_for(60)
        assert (shop.counters["BOWL"], shop.counters["CUP"]) == (55, 55)
        store.check()


def test_a_step_that_did_something_says_whether_there_is_more(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 10)
        shop = Shop()
        shop.offer("BOWL", "BOWL", 0)
        channel_id = store.connect(shop)
        store.run_for(60)
        sold = shop.buy("BOWL")
        assert sold is not None
        database.run(channels.change_lane, channel_id, poll_due_at=chance.now())
        polled = shop.requests["orders_since"]
        again = store.lanes[channel_id].step()  # it reads the sale, and nothing else is due
        assert again is not None and again > chance.now()
        assert (shop.requests["orders_since"], store.level("BOWL")["committed"]) == (polled + 1, 1)
        store.deliver(channel_id, shop.message(sold))
        reads = chance.now()
        database.run(channels.change_lane, channel_id, poll_due_at=reads + timedelta(seconds=7))
        again = store.lanes[channel_id].step()
        assert again == reads + timedelta(seconds=7)
        store.check()


def test_a_counter_keeps_its_write_unit_while_a_write_is_open_on_it(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 10)
        shop = Shop()
        shop.offer("BOWL", "BOWL", 0)
        channel_id = store.connect(shop)
        store.run_for(60)
        (before,) = store.counters(channel_id)
        stand, can, _ = database.look(lane._stand, channel_id)
        assert can is not None
        pen = Pen(channel_id, stand["fence"], stand["epoch"], can)
        opened = database.run(fence.raise_or_lower, pen, before.unit, {before.id: Want(4)}, lambda entries, key: {}, for_s=0.0)
        assert opened is not None
        facts = {"unit": "another", "title": before.title, "protected": before.protected}
        database.run(counters.note, channel_id, before.external_id, **facts)
        (during,) = store.counters(channel_id)
        assert (during.unit, during.flight is not None and during.flight.write_id) == (before.unit, opened["id"])
        database.run(fence.done, pen, opened["id"], {})
        database.run(counters.note, channel_id, before.external_id, **facts)
        (after,) = store.counters(channel_id)
        assert (after.unit, after.shown, after.flight) == ("another", 4, None)


def test_orders_that_are_recorded_already_are_looked_at_once_and_begin_no_transaction(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 10)
        shop = Shop()
        shop.offer("BOWL", "BOWL", 0)
        channel_id = store.connect(shop)
        store.run_for(60)
        first, second, third = (shop.snapshot(shop.buy("BOWL") or "") for _ in range(3))
        for told, begun in (([first, second], 2), ([second, third, first], 1), ([first, second, third], 0)):
            before = database.figures.functions
            found = poll.record(database, channel_id, [(each, CAUSE) for each in told])
            assert {snapshot.external_id: done for snapshot, done in found} == {each.external_id: True for each in told}
            assert database.figures.functions - before == begun
