"""A shop that joins may show units that others could be given."""

from dataclasses import replace
from pathlib import Path

from app.channels.memory import EXACT, Shop
from app.database import Database
from tests.world import world


def test_nobody_is_given_units_that_a_shop_which_is_still_being_read_may_show(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("MOON-JAR", 1)
        quick, slow = Shop(), Shop(can=replace(EXACT, feed_lag_s=40.0, feed_overlap_s=60.0))
        quick.offer("Q1", "MOON-JAR", 0)
        slow.offer("S1", "MOON-JAR", 1)
        store.connect(quick)
        store.connect(slow)
        for _ in range(4):
            store.run_for(15)
            assert quick.counters["Q1"] + slow.counters["S1"] <= 1
        assert slow.buy("S1") is not None or quick.buy("Q1") is not None
        assert slow.buy("S1") is None and quick.buy("Q1") is None
        store.run_for(400)
        assert store.level("MOON-JAR") == {"committed": 1}
        store.check()
