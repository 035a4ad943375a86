"""Going live with several shops at once: what the preview says is what happens, and what is sold meanwhile isn't sold twice by us."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.channels.base import WriteMode, WriteRequest, WriteResult, Zero
from app.channels.memory import EXACT, Shop
from app.database import Database
from app.domain import channels, connections, counters, exceptions, going_live
from app.domain.errors import AskFirst, NotReady, WrongState
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.score import Score, Sells
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from app.sync import preview
from tests import shop as shelf
from tests.world import CAUSE, World, wanted, world

# Written by way of zero, and dear to show nothing.
DRAINED = replace(EXACT, write_mode=WriteMode.ABSOLUTE, keyed=False, key_life_s=0.0, drains=True, zero=Zero.ENDS, replies_quantity=False)


def connected(store: World, *shown: int, sku: str = "BOWL", can: Any = EXACT, sells: bool = True) -> list[tuple[Shop, str]]:
    """Shops that show so many of one SKU each, read whole, and not live."""
    found = []
    for number, quantity in enumerate(shown, 1):
        shop = Shop(can=can)
        shop.offer(f"{sku}-{number}", sku if sells else None, quantity)
        found.append((shop, store.connect(shop, live=False)))
    store.run_for(15)
    return found


def shows(shops: list[tuple[Shop, str]]) -> list[int]:
    return [next(iter(shop.counters.values())) for shop, _ in shops]


def previewed(store: World, channel_ids: list[str] | None = None) -> list[tuple[int, int, int]]:
    """Of each number: what it shows, is lowered to, and raised to."""
    found = store.database.look(lambda session: preview.items(session, preview.page(session, channel_ids, None, 50)))
    by_id = {each["counter_id"]: each for item in found for each in item["counters"]}
    every = (by_id[each.id] for each in store.counters() if each.id in by_id)
    return [(each["shows"], each["lowered_to"], each["raised_to"]) for each in every]


def summed_up(store: World) -> dict[str, Any]:
    return store.database.look(preview.summary, None)


def go_live(store: World, channel_ids: list[str] | None = None) -> None:
    store.database.run(going_live.go_live, channel_ids, cause=CAUSE)


@pytest.mark.parametrize("units", [1, 5])
@pytest.mark.parametrize("can", [EXACT, DRAINED], ids=["exact", "drained"])
def test_when_nobody_buys_every_number_becomes_what_the_preview_said(database: Database, tmp_path: Path, units: int, can: Any) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", units)
        shops = connected(store, units, units, units, can=can)
        assert store.level("BOWL") == {"available": units}, "nothing is set aside before"
        before = store.database.figures.commits
        said = previewed(store)
        assert [each[0] for each in said] == [units] * 3
        assert store.database.figures.commits == before and shows(shops) == [units] * 3
        go_live(store)
        store.run_for(90)
        ids = {channel_id: shown for (_, channel_id), shown in zip(shops, shows(shops), strict=True)}
        assert [ids[each.channel_id] for each in store.counters()] == [each[2] for each in said]
        assert sum(each[2] for each in said) <= units
        store.check()


# Buyers who don't wait for us


@dataclass
class Watched(Shop):
    """A shop that says, whenever a write of ours arrives, how many units are on offer or sold in all shops after it."""

    rivals: list[Shop] = field(default_factory=list)
    seen: list[tuple[bool, int]] = field(default_factory=list)  # raised by it, and the sum

    def take(self, request: WriteRequest) -> WriteResult:
        before = sum(self.counters.values())
        result = super().take(request)
        total = sum(sum(each.counters.values()) + wanted(each) for each in self.rivals)
        self.seen.append((sum(self.counters.values()) > before, total))
        return result


def test_nobody_is_given_units_that_another_shop_still_shows(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path, 7) as store:
        store.stocked("BOWL", 5)
        shops = [Watched(can=can) for can in (EXACT, DRAINED, replace(EXACT, feed_lag_s=40.0, feed_overlap_s=60.0))]
        for number, shop in enumerate(shops):
            shop.offer(f"B{number}", "BOWL", 5)
            shop.rivals.extend(shops)
            store.connect(shop, live=False)
        store.run_for(60)
        said = store.database.look(lambda session: preview.items(session, preview.page(session, None, None, 50)))
        random = chance.random()
        for turn in range(45):
            if turn == 8:
                go_live(store)
            number = random.randrange(3)
            if random.random() < 0.15:
                shops[number].buy(f"B{number}")
            store.run_for(2)
        store.run_for(400)
        dark = [each["channel"] for item in said for each in item["counters"] if each["consequence"]]
        assert dark == [] and said[0]["text"] is None, "five units are enough for three shops"
        raised = [total for shop in shops for was_raised, total in shop.seen if was_raised]
        assert raised and all(total <= 5 for total in raised), "only what is covered was ever added"
        sold = sum(wanted(shop) for shop in shops)
        assert sold + sum(sum(shop.counters.values()) for shop in shops) <= max(5, sold)
        store.check()


def test_what_shops_sold_beyond_the_shelf_before_they_were_lowered_is_a_persons_and_none_of_it_ours(
    database: Database, tmp_path: Path
) -> None:
    with world(database, tmp_path, 3) as store:
        store.stocked("BOWL", 5)
        score, stands = Score(), []
        score.delivered("BOWL", 5)
        for made in (ShopifyShop("https://north.myshopify.com", name="north"), WooCommerceShop("https://west.example", name="west")):
            variant = made.add("BOWL", 5, title=f"Bowl at {made.name}")
            score.watch(made, {variant.counter: Sells("BOWL", 1)})
            stands.append((made, variant))
            if isinstance(made, ShopifyShop):
                settings = {"shop": made.name, "location_id": made.location}
                credentials = {"client_id": made.client_id, "client_secret": made.secrets[-1]}
            else:
                assert isinstance(made, WooCommerceShop)
                settings = {"url": made.url}
                credentials = {"consumer_key": made.key, "consumer_secret": made.secret, "webhook_secret": "demo-secret-1"}
            store.connect(ShopTransport(made, Faults()), kind=made.kind, settings=settings, credentials=credentials, live=False)
        third = Shop()
        third.offer("B3", "BOWL", 5)
        store.connect(third, live=False)
        store.run_for(100)
        for turn in range(24):
            if turn == 12:
                go_live(store)
            shop, variant = stands[turn % 2]
            if turn % 4 < 3 and shop.counters[variant.counter] > 0:
                shop.buy({variant.id: 1})
            store.run_for(4)
            score.look()
        store.run_for(100)
        score.look()
        sold = score.sold + wanted(third)
        assert sold > 5, "they sold more than there was, before they could be lowered"
        assert (score.us, score.shops, score.people) == (0, 0, score.sold - 5)
        assert [shop.counters[variant.counter] for shop, variant in stands] == [0, 0] and third.counters["B3"] == 0
        store.check()


def test_the_preview_names_what_goes_dark_and_where_it_will_still_be_on_sale(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("MOON-JAR", 1)
        shops = connected(store, 1, sku="MOON-JAR") + connected(store, 1, 1, sku="MOON-JAR", can=DRAINED)
        names = {channel_id: store.database.look(channels.get, channel_id)["name"] for _, channel_id in shops}
        (item,) = store.database.look(lambda session: preview.items(session, preview.page(session, None, None, 50)))
        dark = {each["channel"]: each["consequence"] for each in item["counters"] if each["consequence"]}
        (lit,) = {each["channel"] for each in item["counters"]} - dark.keys()
        assert item["text"] == f"Moon-Jar will be on sale on {lit} only."
        assert dark == {name: "goes_dark" if name == names[shops[0][1]] else "ends" for name in names.values() if name != lit}
        assert lit != names[shops[0][1]], "the last one stays where zero would cost most"
        summary = summed_up(store)
        assert {each["code"]: each["count"] for each in summary["warnings"]} == {"goes_dark": 1, "ends": 1}
        assert (summary["ready"], summary["lowered"], summary["raised"], summary["unchanged"]) == (True, 2, 0, 1)
        go_live(store)
        store.run_for(200)
        assert {names[channel_id] for shop, channel_id in shops if sum(shop.counters.values())} == {lit}


def test_before_going_live_what_shops_show_wakes_nobody_and_takes_nothing_from_what_is_sold(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 0)
        (shop, channel_id), _ = connected(store, 5, 5)
        order = shop.buy("BOWL-1", 2)
        assert order is not None
        store.deliver(channel_id, shop.message(order))
        store.run_for(10)
        assert shelf.short_total(database) == 2
        store.receive("BOWL", 3)
        assert store.level("BOWL") == {"available": 1, "committed": 2} and shelf.short_total(database) == 0
        one, other = store.counters()
        assert sorted((each.excess, each.deficit, each.allotment) for each in (one, other)) == [(3, 0, 0), (5, 0, 0)]
        assert store.database.look(exceptions.page, None, 10, open=True) == []
        shop.cancel(order)
        store.deliver(channel_id, shop.message(order))
        store.run_for(10)
        assert store.level("BOWL") == {"available": 3}, "a cancelled unit isn't set aside either"
        store.check()


def test_what_is_missing_keeps_every_channel_from_going_live(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 5)
        connected(store, 5)
        closed = Shop(down=True)
        closed.offer("X", "BOWL", 5)
        channel_id = store.connect(closed, live=False)
        store.quiet()
        with shelf.refused(database, NotReady) as _:
            go_live(store)
        (lacking,) = [each for each in summed_up(store)["channels"] if not each["ready"]]
        assert (lacking["channel_id"], [each["code"] for each in lacking["missing"]]) == (channel_id, ["unreachable"])
        closed.down = False
        store.run_for(60)
        go_live(store)
        assert {row["status"] for row in store.database.look(channels.active)} == {"live"}
        with shelf.refused(database, WrongState):
            go_live(store)
        store.database.run(connections.pause, channel_id, cause=CAUSE)
        with shelf.refused(database, WrongState, status="paused"):
            go_live(store, [channel_id])


# The end of a connection


def sells_all(store: World, *shown: int) -> list[tuple[Shop, str]]:
    """Shops that are live, and show what there is."""
    shops = connected(store, *shown)
    go_live(store)
    store.run_for(30)
    return shops


def status(store: World, channel_id: str) -> str:
    return str(store.database.look(channels.get, channel_id)["status"])


def test_a_channel_is_lowered_to_zero_and_ends_by_itself_although_its_worker_dies(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 8)
        (shop, channel_id), (other, _) = sells_all(store, 4, 4)
        has = shop.counters["BOWL-1"]
        assert has
        with shelf.refused(database, AskFirst):
            store.database.run(connections.disconnect, channel_id, cause=CAUSE)
        shop.fate = ["vain"]  # it takes effect, and the worker that would hear so is gone
        store.database.run(connections.disconnect, channel_id, "zero", cause=CAUSE)
        store.lanes[channel_id].step()
        assert status(store, channel_id) == "leaving"
        with shelf.refused(database, WrongState, status="leaving"):
            store.database.run(connections.pause, channel_id, cause=CAUSE)
        store.open(channel_id, shop, holder="worker-2")
        assert shop.buy("BOWL-1", 1, shown_in_s=3.0) is None or shop.counters["BOWL-1"] >= 0
        store.run_for(60)
        assert (status(store, channel_id), shop.counters["BOWL-1"]) == ("disconnected", 0)
        assert store.database.look(connections.set_aside, channel_id) == 0
        store.run_for(60)
        assert other.counters["BOWL-2"] + sum(store.level("BOWL").get(each, 0) for each in ("available", "committed")) == 8
        store.check()


def test_an_order_that_was_placed_before_the_last_write_is_waited_for(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 4)
        ((shop, channel_id),) = connected(store, 4, can=replace(DRAINED, zero=Zero.HARMLESS))
        go_live(store)
        store.run_for(60)
        assert shop.buy("BOWL-1", 1, shown_in_s=4.0)
        store.database.run(connections.disconnect, channel_id, "zero", cause=CAUSE)
        store.run_for(60)
        assert (status(store, channel_id), store.level("BOWL")) == ("disconnected", {"available": 3, "committed": 1})


def test_a_leaving_channel_doesnt_wait_for_its_next_regular_poll_where_the_telling_one_is_due_already(
    database: Database, tmp_path: Path
) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 4)
        ((_, channel_id),) = connected(store, 4, can=replace(EXACT, poll_every_s=3600.0, feed_lag_s=0.0))
        go_live(store)
        store.run_for(60)
        store.database.run(connections.disconnect, channel_id, "zero", cause=CAUSE)
        store.run_for(60)
        assert status(store, channel_id) == "disconnected"


def test_leaving_can_be_called_off(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 8)
        ((shop, channel_id),) = sells_all(store, 8)
        shop.fate = ["lost"] * 3
        store.database.run(connections.disconnect, channel_id, "zero", cause=CAUSE)
        store.quiet()
        assert status(store, channel_id) == "leaving"
        store.database.run(connections.start, channel_id, cause=CAUSE)
        store.run_for(400)
        assert (status(store, channel_id), shop.counters["BOWL-1"] > 0) == ("live", True)
        store.check()


def test_what_an_ended_channel_shows_stays_set_aside_until_a_person_says_that_it_is_gone(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 8)
        (shop, channel_id), (other, _) = sells_all(store, 4, 4)
        has = shop.counters["BOWL-1"]
        store.database.run(connections.disconnect, channel_id, "set_aside", cause=CAUSE)
        store.run_for(120)
        assert (status(store, channel_id), store.database.look(connections.set_aside, channel_id)) == ("disconnected", has)
        assert other.counters["BOWL-2"] + has <= 8
        with shelf.refused(database, WrongState, status="disconnected"):
            store.database.run(connections.disconnect, channel_id, "zero", cause=CAUSE)
        store.database.run(connections.disconnect, channel_id, "gone", cause=CAUSE)
        assert store.database.look(connections.set_aside, channel_id) == 0
        assert store.database.run(connections.free, channel_id, cause=CAUSE) is False
        store.check()


def test_a_person_may_say_at_once_that_nothing_is_on_sale_there_but_not_while_an_outcome_is_unknown(
    database: Database, tmp_path: Path
) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 4)
        ((shop, channel_id),) = sells_all(store, 4)
        shop.fate = ["lost"]
        store.database.run(counters.change, store.counter(channel_id), target=1, due_at=chance.now())
        store.lanes[channel_id].step()
        for said in ("gone", "set_aside"):
            with shelf.refused(database, WrongState, writes=1):
                store.database.run(connections.disconnect, channel_id, said, cause=CAUSE)
        store.run_for(30)
        store.database.run(connections.disconnect, channel_id, "gone", cause=CAUSE)
        assert (status(store, channel_id), store.level("BOWL")) == ("disconnected", {"available": 4})
        store.check()


def test_a_channel_that_never_went_live_is_asked_for_too_and_one_that_shows_nothing_is_not(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store:
        store.stocked("BOWL", 4)
        (_, shown), (_, empty) = connected(store, 3, 0)
        store.database.run(connections.disconnect, empty, cause=CAUSE)
        assert status(store, empty) == "disconnected"
        with shelf.refused(database, AskFirst):
            store.database.run(connections.disconnect, shown, cause=CAUSE)
        store.database.run(connections.disconnect, shown, "set_aside", cause=CAUSE)
        assert store.level("BOWL") == {"available": 1, "allotted": 3}
