"""When a shop can't be asked: what it tells us is taken in all the same, and a single failure among answers isn't the end of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.database import Database
from app.domain import channels, exceptions, orders
from tests.market import Market
from tests.world import World, world


@pytest.fixture
def store(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        yield made


def lane(store: World, channel_id: str) -> dict[str, object]:
    return store.database.look(channels.lane, channel_id)


def test_an_order_that_a_message_says_whole_is_recorded_while_the_shop_cant_be_reached(store: World) -> None:
    store.stocked("MUG", 4)
    market = Market(store, "MUG")
    stand = market.shopify("north")
    market.run_for(180)
    assert stand.shows == 2
    stand.faults.down = True
    market.run_for(400)
    assert lane(store, stand.channel_id)["failures"] == 7
    stand.shop.buy({stand.variant: 1})
    market.run_for(10)
    assert lane(store, stand.channel_id)["failures"] == 7  # nobody asked
    assert [order["external_id"] for order in store.database.look(orders.page, None, 10)] == [next(iter(stand.shop.orders))]
    assert store.level("MUG") == {"available": 2, "allotted": 1, "committed": 1}


def test_a_failure_between_answers_isnt_counted_with_those_before_it(store: World) -> None:
    store.stocked("MUG", 40)
    market = Market(store, "MUG")
    stand = market.shopify("north")
    market.run_for(180)
    # Every poll gets its list, and fails at the first order of it.
    stand.faults.fail_before = 1.0
    stand.faults.only = lambda request: b"OrderCore" in request.content
    market.lost = 1.0
    stand.shop.buy({stand.variant: 1})
    market.run_for(600)
    assert lane(store, stand.channel_id)["failures"] == 1
    stand.faults.fail_before = 0.0
    market.run_for(60)
    assert (lane(store, stand.channel_id)["failures"], store.level("MUG")["committed"]) == (0, 1)


def test_an_order_that_came_in_while_a_counter_was_first_read_is_no_hand_edit(store: World) -> None:
    """It was read before the sale and settled after it: by one too high, as it may be. The next reading says so, and nobody is blamed."""
    store.stocked("MUG", 9)
    market = Market(store, "MUG")
    stand = market.shopify("north", 4)
    market.run_for(2)
    stand.shop.buy({stand.variant: 1})
    market.run_for(1200)
    assert store.counter(stand.channel_id).shown == stand.shows
    assert store.database.look(exceptions.page, None, 10) == []


def test_a_shop_that_answers_nothing_is_asked_less_and_less(store: World) -> None:
    store.stocked("MUG", 4)
    market = Market(store, "MUG")
    stand = market.shopify("north")
    market.run_for(180)
    asked: list[httpx.Request] = []
    stand.faults.fail_before = 1.0
    stand.faults.only = lambda request: not asked.append(request)  # type: ignore[func-returns-value]
    market.run_for(1200)
    assert len(asked) < 15
