"""A ledger that comes from a backup writes nothing until a person says so."""

from pathlib import Path

from app.channels.memory import Shop
from app.database import Database
from app.domain import connections
from tests.world import CAUSE, world


def test_after_a_restore_orders_are_taken_in_and_nothing_is_written_until_the_channel_is_started(
    database: Database, tmp_path: Path
) -> None:
    with world(database, tmp_path) as store:
        store.stocked("MUG", 10)
        shop = Shop()
        shop.offer("A1", "MUG", 0)
        channel = store.connect(shop)
        store.run_for(60)
        shown = shop.counters["A1"]
        # The backup was made with a raise under way; since then two were sold.
        shop.fate = ["lost"]
        store.receive("MUG", 30)
        store.quiet()
        database.run(connections.gone_back)
        shop.buy("A1", 2)
        writes = shop.requests["write_quantities"]
        store.open(channel, shop, holder="after the restore")
        store.run_for(2000)
        assert shop.requests["write_quantities"] == writes
        assert shop.counters["A1"] == shown - 2 == store.counter(channel).shown
        assert store.level("MUG")["committed"] == 2
        store.check()
        database.run(connections.start, channel, cause=CAUSE)
        store.run_for(60)
        assert shop.counters["A1"] > shown
        store.check()
