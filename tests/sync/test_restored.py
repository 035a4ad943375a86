"""A ledger that comes from a backup writes nothing until a person says so, and then sells nothing twice."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app import backups, domain
from app.channels.base import WriteMode
from app.channels.memory import EXACT, Shop
from app.database import Database
from app.domain import connections, exceptions, recovery, store
from app.domain.errors import NotReady, WrongState
from app.domain.recovery import BeingRead
from tests.shop import place, place_one, refused
from tests.world import CAUSE, World, sellable, wanted, world

LATE_WRITE_S = 900.0


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], str]:
    """Names an empty database of the same kind."""
    if database_url.startswith("sqlite"):
        return lambda: f"sqlite:///{tmp_path / 'restored' / 'store.sqlite'}"
    return lambda: str(request.getfixturevalue("postgres").url_for_new_database())


@contextmanager
def restored(of: World, file: Path, url: str) -> Iterator[World]:
    """The store as the backup has it, with the lanes of a worker that has just started; time and the shops have gone on."""
    backups.restore(file, url)
    database = Database(url, finish=domain.finish)
    try:
        found = World(database, of.source, of.keys.path)
        for channel_id, lane in of.lanes.items():
            found.open(channel_id, lane._transport, holder="after the restore")
        yield found
    finally:
        database.close()


def test_nothing_is_written_while_orders_are_taken_in_and_numbers_read_and_then_a_person_goes_on(
    database: Database, tmp_path: Path
) -> None:
    with world(database, tmp_path) as store_:
        store_.stocked("MUG", 10)
        shop = Shop()
        shop.offer("A1", "MUG", 0)
        channel = store_.connect(shop)
        store_.run_for(60)
        shown = shop.counters["A1"]
        # The backup was made with a raise under way; since then two were sold.
        shop.fate = ["lost"]
        store_.receive("MUG", 30)
        store_.quiet()
        epoch = database.run(recovery.gone_back, "restored", cause=CAUSE)
        shop.buy("A1", 2)
        asked = dict(shop.requests)
        store_.open(channel, shop, holder="after the restore")
        with refused(database, BeingRead):
            place(database, ("MUG", 1))
        store_.run_for(60)
        shop.counters["A1"] += 3  # something that was sent after the backup arrives only now
        with refused(database, NotReady):
            database.run(recovery.resume, cause=CAUSE)
        with refused(database, WrongState):
            database.run(connections.start, channel, cause=CAUSE)

        (opened,) = database.look(exceptions.page, None, 10, open=True, cause_="recovering")
        assert (opened["severity"], opened["subject"]) == ("urgent", str(epoch))
        store_.run_for(LATE_WRITE_S + 600)
        found = database.look(recovery.view)["channels"][0]
        assert (found["ready"], found["missing"], found["orders"], found["differences"]) == (True, [], 1, 1)
        assert [(each["sku"], each["believed"], each["shown"]) for each in found["largest"]] == [("MUG", shown - 2, shown + 1)]
        assert place_one(database, "MUG")

        assert {what: shop.requests.get(what) for what in ("write_quantities", "subscribe", "ship")} == {
            what: asked.get(what) for what in ("write_quantities", "subscribe", "ship")
        }
        assert shop.counters["A1"] == shown + 1 == store_.counter(channel).shown
        assert store_.level("MUG")["committed"] == 3
        store_.check()
        assert database.run(recovery.resume, cause=CAUSE)["recovering"] is False
        store_.run_for(60)
        assert shop.counters["A1"] > shown + 1
        assert {key.partition("-")[0] for key in list(shop.keys)[-1:]} == {str(epoch)}
        assert database.look(exceptions.page, None, 10, open=True, cause_="recovering") == []
        assert database.look(store.get)["recovering_since"] is None
        store_.check()


@pytest.mark.timeout(120)
def test_twenty_sold_since_the_backup_and_more_during_recovery_and_resume_are_sold_once(
    database: Database, database_url: str, tmp_path: Path, elsewhere: Callable[[], str]
) -> None:
    units, file = 60, tmp_path / "monday.backup"
    shops = [Shop(), Shop(can=replace(EXACT, write_mode=WriteMode.ABSOLUTE, keyed=False, drains=True))]
    with world(database, tmp_path) as before:
        before.stocked("BOWL", units)
        for shop in shops:
            shop.offer("A1", "BOWL", 0)
        channels = [before.connect(shop) for shop in shops]
        before.run_for(240)
        backups.back_up(database_url, file)

        def buys(store: World, buyers: int, every_s: float) -> None:
            """One buyer after another, three in four with the first: units are set aside there anew, and the backup doesn't know of it.
            Every other message is lost."""
            for n in range(buyers):
                shop, channel = (shops[1], channels[1]) if n % 4 == 3 else (shops[0], channels[0])
                order = shop.buy("A1")
                if order is not None and n % 2:
                    store.deliver(channel, shop.message(order))
                store.run_for(every_s)

        buys(before, 20, 60)
        assert sum(map(wanted, shops)) == 20
        assert shops[0].granted > before.counter(channels[0]).allotment  # more than once
        with restored(before, file, elsewhere()) as after:
            written = [shop.requests["write_quantities"] for shop in shops]
            buys(after, 10, 150)
            assert [shop.requests["write_quantities"] for shop in shops] == written
            state = after.database.look(recovery.view)
            assert [each["missing"] for each in state["channels"]] == [[], []]
            assert sum(each["orders"] for each in state["channels"]) == sum(map(wanted, shops)) == 30
            assert state["why"] == "restored"
            after.check()
            after.database.run(recovery.resume, cause=CAUSE)
            buys(after, 60, 30)
            after.run_for(600)
            assert sum(map(wanted, shops)) + sum(map(sellable, shops)) <= units
            assert sum(map(wanted, shops)) > 50
            assert after.level("BOWL")["committed"] == sum(map(wanted, shops))
            after.check()


def test_a_shop_that_stays_away_keeps_nobody_else_from_going_on_and_is_paused(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store_:
        store_.stocked("MUG", 9)
        shops = [Shop(), Shop()]
        for shop in shops:
            shop.offer("A1", "MUG", 0)
        near, far = (store_.connect(shop) for shop in shops)
        store_.run_for(60)
        shops[1].down = True
        database.run(recovery.gone_back, "copied", cause=CAUSE)
        for channel, shop in zip((near, far), shops, strict=True):
            store_.open(channel, shop, holder="after the restore")
        store_.run_for(LATE_WRITE_S + 600)
        state = {each["channel_id"]: each for each in database.look(recovery.view)["channels"]}
        assert (state[near]["ready"], state[far]["ready"]) == (True, False)
        assert state[far]["missing"][0]["text"] == "It can't be reached: The shop can't be reached."
        with refused(database, NotReady):
            database.run(recovery.resume, [near, far], cause=CAUSE)
        assert database.run(recovery.resume, [near], cause=CAUSE)["recovering"] is True
        # What the other may be showing is given to nobody.
        shown = shops[0].counters["A1"]
        store_.receive("MUG", 20)
        store_.run_for(120)
        assert shops[0].counters["A1"] == shown
        database.run(connections.pause, far, cause=CAUSE)
        assert database.run(recovery.resume, cause=CAUSE)["recovering"] is False
        shops[1].down = False
        store_.run_for(600)
        assert shops[0].counters["A1"] > shown
        database.run(connections.start, far, cause=CAUSE)
        store_.run_for(600)
        assert shops[1].counters["A1"] == store_.counter(far).shown
        store_.check()


def test_a_store_without_channels_has_nothing_to_recover(database: Database) -> None:
    assert database.run(recovery.gone_back, "restored", cause=CAUSE) == 2
    assert database.look(recovery.view) == {
        "recovering": False,
        "epoch": 2,
        "since": None,
        "knows_until": None,
        "why": None,
        "said": None,
        "channels": [],
    }
    assert database.look(exceptions.page, None, 10, open=True) == []
