"""Any number leads back to what made it: a counter's to its entries, a level's to its movements, an order to all that happened to it."""

from __future__ import annotations

import asyncio
import hmac
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app import chance, explained
from app.channels.base import WriteMode
from app.channels.memory import EXACT, Shop
from app.database import Database, Session
from app.domain import (
    channels,
    checking,
    connections,
    counters,
    deliveries,
    entries,
    exceptions,
    explaining,
    history,
    listings,
    mapping,
    writes,
)
from app.domain.capabilities import CountsDown
from app.domain.entries import counter_entries
from app.domain.errors import NotFound
from app.sync import inbox
from app.worker import tidy
from tests import shop as store
from tests.world import CAUSE, World, world

DOCUMENT = Path(__file__).parents[2] / "docs" / "explaining.md"


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        yield made


def entries_of(session: Session, counter_id: str) -> list[dict[str, Any]]:
    e = counter_entries
    return [dict(row) for row in session.execute(select(e).where(e.c.counter_id == counter_id).order_by(e.c.number)).mappings()]


def assert_explained(here: World) -> set[str]:
    """Each entry begins where the one before it ended, and what a counter shows is where the last one ends. Returns the kinds seen."""
    seen = set()
    for row in here.database.look(lambda session: session.find(counters.counters)):
        shown, number = 0, 0
        for number, entry in enumerate(here.database.look(entries_of, row["id"]), 1):
            assert (entry["number"], entry["shown"] - entry["change"]) == (number, shown)
            shown = entry["shown"]
            seen.add(entry["what"])
        assert (shown, number) == (row["shown"], row["entries"])
        found = here.database.look(explaining.counter, row["id"])
        assert (found["agrees"], found["makes"]) == (True, row["shown"])
    here.check()
    return seen


@pytest.mark.parametrize("mode", WriteMode)
def test_every_change_of_a_number_has_its_entry_whatever_changes_it(here: World, mode: WriteMode) -> None:
    keyed = mode is not WriteMode.ABSOLUTE
    shop = Shop(can=replace(EXACT, write_mode=mode, keyed=keyed, remembers_failures=keyed, counts_down_at=CountsDown.PAID))
    here.stocked("MUG", 20)
    here.stocked("CUP", 9)
    shop.offer("mug", "MUG", 5)
    channel_id = here.connect(shop, name="bowls")
    here.run_for(1000)
    sold, unpaid = shop.buy("mug", 2), shop.buy("mug", 1, paid=False)
    assert sold is not None and unpaid is not None
    here.run_for(400)
    shop.cancel(sold)
    shop.pay(unpaid)
    here.run_for(400)
    store.count(here.database, ("MUG", 4))  # far fewer than were thought: the number is lowered
    here.run_for(1000)
    assert {"order", "reading"} | ({"write", "settled"} if keyed else set()) == assert_explained(here)
    (row,) = here.database.look(listings.page, None, 10, channel_id=channel_id)
    shop.buy("mug", 1, paid=False)
    here.run_for(400)
    here.database.run(mapping.answer, row["id"], [("CUP", 1), ("MUG", 1)], cause=CAUSE)
    assert "mapping" in assert_explained(here)
    here.database.run(mapping.answer, row["id"], [("CUP", 1)], cause=CAUSE)
    here.run_for(1000)
    here.database.run(connections.disconnect, channel_id, "gone", cause=CAUSE)
    assert {"mapping", "freed"} <= assert_explained(here)
    last = here.database.look(entries_of, row["counter_id"])[-1]
    assert (last["what"], last["shown"], last["actor"]) == ("freed", 0, "test")


def sells(here: World) -> tuple[Shop, counters.Counter]:
    """A mug that is on sale, and was sold once."""
    here.stocked("MUG", 20)
    shop = Shop()
    shop.offer("mug", "MUG", 5)
    channel_id = here.connect(shop, name="Kiln Lane")
    here.run_for(400)
    shop.buy("mug")
    here.run_for(400)
    return shop, here.counter(channel_id)


def test_a_counter_from_before_entries_were_kept_balances_and_begins_with_its_next_change(here: World, database: Database) -> None:
    shop, counter = sells(here)

    def as_before(session: Session) -> None:
        session.execute(delete(counter_entries))
        session.execute(update(counters.counters).values(entries=0))

    database.run(as_before)
    assert database.look(checking.check) == []
    found = database.look(explaining.counter, counter.id)
    assert (found["start"], found["sums"], found["agrees"]) == ({"shown": counter.shown, "at": None, "read": False}, [], True)
    shop.buy("mug", 2)
    here.run_for(400)
    found = database.look(explaining.counter, counter.id)
    assert (found["start"]["shown"], found["start"]["read"]) == (counter.shown, False)
    assert found["entries"][0]["change"] == -2
    assert found["agrees"]


def test_what_does_not_add_up_is_said(here: World, database: Database) -> None:
    _, counter = sells(here)

    def forge(session: Session, units: int) -> None:
        session.execute(update(counter_entries).where(counter_entries.c.what == "order").values(change=counter_entries.c.change + units))

    database.run(forge, -3)
    found = database.look(explaining.counter, counter.id)
    assert (found["agrees"], found["makes"], found["shown"]) == (False, counter.shown - 3, counter.shown)
    assert f"= {counter.shown - 3}, but {counter.shown}" in explained.counter(found)
    database.run(forge, 3)


def test_older_entries_follow_page_by_page_and_the_first_page_begins_with_the_last_reading(here: World, database: Database) -> None:
    shop, counter = sells(here)
    for _ in range(3):
        shop.buy("mug")
        here.run_for(400)
    numbers = [row["number"] for row in database.look(entries_of, counter.id)]
    first = database.look(explaining.counter, counter.id)
    assert [entry["what"] for entry in first["entries"]][:1] == ["reading"] and first["older"] is None
    paged, before = [], None
    while True:
        found = database.look(explaining.counter, counter.id, before=before, limit=2)
        paged.append([entry["number"] for entry in found["entries"]])
        before = found["older"]
        if before is None:
            break
    assert max(len(page) for page in paged) == 2
    assert [number for page in reversed(paged) for number in page] == numbers


def test_old_entries_are_dropped_with_their_writes_and_the_last_one_of_a_counter_never(here: World, database: Database) -> None:
    shop, counter = sells(here)
    before = database.look(entries_of, counter.id)
    assert [entry["what"] for entry in before] == ["reading", "write", "order"]
    assert database.run(entries.Sweep(), chance.now() - timedelta(days=1)) == 0
    here.source.advance(timedelta(days=399))
    asyncio.run(tidy(database))
    assert database.look(entries_of, counter.id) == before
    here.source.advance(timedelta(days=2))
    assert database.run(entries.Sweep(), chance.now() - timedelta(days=400), 1) == 1
    asyncio.run(tidy(database))
    assert database.look(entries_of, counter.id) == before[-1:]
    assert database.look(writes.page, None, 10) == []
    shop.buy("mug")
    here.run_for(400)
    found = database.look(explaining.counter, counter.id)
    assert (found["agrees"], found["start"]["read"], [entry["number"] for entry in found["entries"]]) == (True, False, [3, 4])


def test_a_sku_is_explained_by_its_movements_and_by_who_holds_its_units(here: World, database: Database) -> None:
    sells(here)
    here.receive("MUG", 6)
    store.place_to_stock(database, "STALL")
    store.send(database, ("MUG", 2))
    store.hold(database, ("MUG", 1), reference="cart 7")
    order = store.place(database, ("MUG", 2), reference="WEB-1")
    store.ship(database, order, 1)
    found = database.look(explaining.of_stock, "mug")
    (level,) = found["levels"]
    states = {state["state"]: state for state in level["states"]}
    assert (found["agrees"], level["location"], set(states)) == (True, "STUDIO", {"available", "allotted", "reserved", "committed"})
    assert (states["committed"]["units"], states["committed"]["makes"]) == (2, 2)
    assert states["committed"]["by"] == [
        {"reason": "ordered", "came": 2, "went": 0, "entries": 1},
        {"reason": "shipped", "came": 0, "went": 1, "entries": 1},
        {"reason": "sold", "came": 1, "went": 0, "entries": 1},
    ]
    assert [(each["title"], each["channel"], each["quantity"]) for each in found["allotments"]] == [
        ("MUG", "Kiln Lane", states["allotted"]["units"])
    ]
    assert [(each["number"], each["location"], each["quantity"]) for each in found["commitments"]] == [
        ("#M1", "STUDIO", 1),
        ("WEB-1", "STUDIO", 1),
    ]
    assert [(each["reference"], each["quantity"]) for each in found["holds"]] == [("cart 7", 1)]
    causes = [entry["cause"] for entry in found["entries"]]
    for said in ("order #M1", "'MUG' on Kiln Lane", "transfer STUDIO → STALL", "hold cart 7", "order WEB-1", "a parcel of order WEB-1"):
        assert said in causes
    assert database.look(explaining.of_stock, "MUG", "STALL")["levels"] == []
    newest = database.look(explaining.of_stock, "MUG", limit=3)
    older = database.look(explaining.of_stock, "MUG", limit=200, before=newest["older"])
    assert [*older["entries"], *newest["entries"]] == found["entries"] and older["older"] is None


def test_an_orders_history_tells_everything_in_order_(here: World, database: Database) -> None:
    here.stocked("MUG", 20)
    shop = Shop()
    shop.offer("mug", "MUG", 5)
    channel_id = here.connect(shop, name="Kiln Lane")
    here.run_for(400)
    here.skip(1)
    number = shop.buy("mug", 3)
    assert number is not None
    here.deliver(channel_id, shop.message(number))
    here.run_for(10)
    (line,) = shop.orders[number].lines
    shop.change(number, line, cancelled=1, put_back=1)
    here.run_for(400)
    store.ship(database, {"id": order_id(database, number), "lines": []}, carrier="DHL", tracking_number="77")
    here.run_for(60)
    found = told(database, number)
    assert [item["at"] for item in found] == sorted(item["at"] for item in found)
    assert [(item["kind"], item["said"]) for item in found] == [
        ("message", "The channel sent a message about order"),
        ("recording", "Placed: 3 × MUG"),
        ("movement", "3 × MUG at STUDIO: allotted → committed (sold)"),
        ("number", "The number of 'MUG': -3, so that it shows 7"),
        ("recording", "Recorded anew: MUG: cancelled 0 → 1"),
        ("movement", "1 × MUG at STUDIO: committed → allotted (cancelled)"),
        ("number", "The number of 'MUG': +1, so that it shows 8"),
        ("movement", "2 × MUG at STUDIO: committed → customer (shipped)"),
        ("shipment", "Sent: 2 × MUG by DHL 77"),
        ("notice", "The channel was told of the parcel"),
    ]


def order_id(database: Database, number: str) -> str:
    return str(database.look(lambda session: session.find(history.orders.orders, external_id=number)[0]["id"]))


def told(database: Database, number: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = database.look(history.of_order, order_id(database, number))["items"]
    return found


def test_a_parked_message_is_taken_in_when_it_is_replayed_and_counted_once(here: World, database: Database) -> None:
    shop, counter = sells(here)
    shop.offer("gift", None, 3)  # nobody has said yet what it is
    database.run(channels.change_lane, counter.channel_id, listings_due_at=chance.now())
    here.run_for(400)
    database.run(channels.change_lane, counter.channel_id, poll_due_at=chance.now() + timedelta(days=9))
    began = chance.now()
    number = shop.buy("gift", 2)
    assert number is not None
    message = shop.message(number)
    broken = message.body[:-9]
    signature = hmac.new(shop.secret.encode(), broken, sha256).hexdigest()
    here.deliver(counter.channel_id, replace(message, body=broken, headers={"x-signature": signature}))
    here.run_for(10)
    (parked,) = database.look(deliveries.page, None, 10, state="parked")
    assert [row["cause"] for row in database.look(exceptions.page, None, 9, open=True)].count("delivery_parked") == 1
    sealed = inbox.sealed(here.keys, here.channel(counter.channel_id), message)["sealed"]  # what a newer release makes of it
    database.run(lambda session: session.change(deliveries.deliveries, {"sealed": sealed}, id=parked["id"]))
    (row,) = [row for row in database.look(listings.page, None, 10) if row["external_id"] == "gift"]
    database.run(mapping.answer, row["id"], [("MUG", 2)], cause=CAUSE)
    for _ in range(2):
        for only in (True, False):
            database.run(deliveries.replay_since, counter.channel_id, began, parked_only=only, after=None, cause=CAUSE)
            here.again[counter.channel_id] = chance.now()
            here.run_for(10)
    assert [item["said"] for item in told(database, number) if item["kind"] in ("message", "movement")] == [
        "The channel sent a message about order",
        "4 × MUG at STUDIO: available → committed (sold)",
    ]
    assert "delivery_parked" not in [row["cause"] for row in database.look(exceptions.page, None, 9, open=True)]
    here.check()


def test_a_name_leads_to_what_is_called_so(here: World, database: Database) -> None:
    _, counter = sells(here)
    assert database.look(explained.said, counter.id).startswith("MUG on Kiln Lane (MUG), counter")
    assert database.look(explained.said, "#M1").startswith("Order #M1 on Kiln Lane: open")
    assert database.look(explained.said, order_id(database, "M1")) == database.look(explained.said, "#M1")
    both = database.look(explained.said, "mug")
    assert both.startswith("MUG\n  at STUDIO") and "\nMUG on Kiln Lane" in both
    with pytest.raises(NotFound, match=r"Nothing here is called 'MUGG': .* Did you mean MUG\?"):
        database.look(explained.said, "MUGG")


@pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)  # a document has one text
def test_the_worked_example_is_what_is_said(here: World, database: Database) -> None:
    shop, counter = sells(here)
    shop.cancel("M1")
    here.run_for(400)
    store.count(database, ("MUG", 6))  # four were broken, as a stocktake finds
    here.run_for(100)
    shop.buy("mug", 2)
    here.run_for(400)
    said = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "01a20320-…", database.look(explained.said, counter.id))
    assert said in DOCUMENT.read_text(), said
