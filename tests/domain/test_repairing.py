"""Books that somebody tampered with: whatever `check` can find is found, brought back by new entries, and balances afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.channels.memory import EXACT, Shop
from app.database import Database, Session
from app.domain import catalogue, checking, counters, entries, events, repairing, stock
from app.domain.capabilities import CountsDown
from app.domain.causes import Cause
from app.domain.entries import counter_entries
from tests import shop as store
from tests.telling import Scratch
from tests.world import World, world

BY = Cause("command")


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[World]:
    """A morning's trade: mugs at two places, some sold by a shop, paid or not, some on the own API, sent in part, held and under way."""
    with world(database, tmp_path) as made:
        made.stocked("MUG", 20)
        made.stocked("CUP", 0)
        shop = Shop(can=replace(EXACT, counts_down_at=CountsDown.PAID))
        shop.offer("mug", "MUG", 6)
        shop.offer("cup", "CUP", 0)
        made.connect(shop, name="bowls")
        made.run_for(400)
        shop.buy("mug", 2)
        shop.buy("mug", 1, paid=False)
        made.run_for(400)
        made.receive("MUG", 12)
        store.place_to_stock(database, "STALL")
        store.send(database, ("MUG", 2))
        order = store.place(database, ("MUG", 3), reference="WEB-1")
        store.ship(database, order, 1)
        store.hold(database, ("MUG", 1), minutes=60)
        store.place(database, ("CUP", 2), sold=True, reference="WEB-2")
        yield made


OF_MUG = "sku_id = (SELECT id FROM skus WHERE code = 'MUG')"
FIRST_MOVE = f"(SELECT id FROM stock_movements WHERE {OF_MUG} AND source = 'supplier' AND quantity = 20)"
WEB_1 = "(SELECT id FROM orders WHERE reference = 'WEB-1')"
COUNTER = "(SELECT id FROM counters WHERE title = 'MUG')"

# What somebody did to the books, and what is found then.
TAMPERED: dict[str, tuple[Sequence[str], set[str]]] = {
    "a level was raised": ([f"UPDATE stock_levels SET available = available + 2 WHERE {OF_MUG}"], {"level"}),
    "a level was lowered": ([f"UPDATE stock_levels SET damaged = 1, available = available - 3 WHERE {OF_MUG}"], {"level"}),
    "an entry is gone": ([f"DELETE FROM stock_movements WHERE id = {FIRST_MOVE}"], {"level"}),
    "an entry has another quantity": ([f"UPDATE stock_movements SET quantity = 7 WHERE id = {FIRST_MOVE}"], {"level"}),
    "what is on its way was never sent": ([f"DELETE FROM stock_movements WHERE target = 'transit' AND {OF_MUG}"], {"level", "in transit"}),
    "more was received": ([f"UPDATE transfer_lines SET received = 1 WHERE {OF_MUG}"], {"in transit"}),
    "more is promised": ([f"UPDATE commitments SET quantity = quantity + 2 WHERE order_id = {WEB_1}"], {"committed", "owed to line"}),
    "less is promised": ([f"UPDATE commitments SET quantity = quantity - 1 WHERE order_id = {WEB_1}"], {"committed", "owed to line"}),
    "promises are gone": ([f"DELETE FROM commitments WHERE order_id = {WEB_1}"], {"committed", "owed to line", "shipped of line"}),
    "more was cancelled": ([f"UPDATE order_lines SET cancelled = 1 WHERE order_id = {WEB_1}"], {"owed to line"}),
    "more has left": ([f"UPDATE order_lines SET shipped = 2 WHERE order_id = {WEB_1}"], {"owed to line", "shipped of line"}),
    "nothing has left": ([f"UPDATE order_lines SET shipped = 0 WHERE order_id = {WEB_1}"], {"owed to line", "shipped of line"}),
    "more left by the promises": ([f"UPDATE commitments SET shipped = 3 WHERE order_id = {WEB_1}"], {"shipped of line"}),
    "no unit is committed": (
        [f"UPDATE stock_levels SET available = available + committed, committed = 0 WHERE {OF_MUG}"],
        {"level", "committed"},
    ),
    "no unit is there": (
        [f"UPDATE stock_levels SET available = 0, allotted = 0, reserved = 0, committed = 0 WHERE {OF_MUG}"],
        {"level", "committed", "reserved", "allotted"},
    ),
    "a cart holds more": ([f"UPDATE reservation_lines SET quantity = 40 WHERE {OF_MUG}"], {"reserved"}),
    "a cart holds nothing": ([f"UPDATE reservation_lines SET quantity = 0 WHERE {OF_MUG}"], {"reserved"}),
    "a number was given more": ([f"UPDATE allotments SET quantity = quantity + 90 WHERE {OF_MUG}"], {"allotted"}),
    "a number was given less": ([f"UPDATE allotments SET quantity = quantity - 1 WHERE {OF_MUG}"], {"allotted"}),
    "a number holds nothing back": ([f"UPDATE counters SET held = 0 WHERE id = {COUNTER}"], {"held back on counter"}),
    "a number shows more": ([f"UPDATE counters SET shown = shown + 2, below = 1 WHERE id = {COUNTER}"],
                            {"shown on counter", "below zero on counter"}),
    "a number has lost its last entry": (
        [f"DELETE FROM counter_entries WHERE counter_id = {COUNTER} AND number = (SELECT entries FROM counters WHERE id = {COUNTER})"],
        {"last entry of counter"},
    ),
    "an order isn't served": (
        ["UPDATE stock_levels SET available = 3 WHERE sku_id = (SELECT id FROM skus WHERE code = 'CUP')",
         ("INSERT INTO stock_levels (sku_id, location_id, available, updated_at) SELECT skus.id, locations.id, 3, locations.created_at "
          "FROM skus, locations WHERE skus.code = 'CUP' AND locations.code = 'STUDIO'")],
        {"level", "free beside a short line"},
    ),
}  # fmt: skip


def tamper(session: Session, statements: Sequence[str]) -> None:
    for each in statements:
        session.execute(text(each))


def kept(session: Session) -> dict[str, Any]:
    """Every entry that was made so far, by its id."""
    moved = {row["id"]: dict(row) for row in session.execute(select(stock.stock_movements)).mappings()}
    noted = {(row["counter_id"], row["number"]): dict(row) for row in session.execute(select(counter_entries)).mappings()}
    return moved | noted  # type: ignore[operator]


def test_whatever_check_finds_is_repaired_by_entries_that_are_added_and_none_that_is_changed(here: World, database: Database) -> None:
    seen = set()
    with Scratch(database) as scratch:
        for what, (statements, expected) in TAMPERED.items():
            with scratch.again():
                scratch.run(tamper, statements)
                findings = scratch.run(checking.check)
                assert (what, {each.what for each in findings}) == (what, expected)
                seen |= expected
                before = scratch.run(kept)
                for sku_id in scratch.run(repairing.skus_of, findings):
                    rehearsed = scratch.run(repairing.rehearse, sku_id, cause=BY)
                    assert (what, scratch.run(checking.check), scratch.run(kept)) == (what, findings, before), "a rehearsal changes nothing"
                    assert (what, scratch.run(repairing.repair, sku_id, cause=BY)) == (what, rehearsed)
                assert (what, [str(each) for each in scratch.run(checking.check)]) == (what, [])
                after = scratch.run(kept)
                assert (what, {key: after[key] for key in before}) == (what, before)
                assert (
                    what,
                    scratch.run(lambda session: session.scalar(select(func.count()).where(events.events.c.type == "books.repaired"))),
                ) == (what, 1)
    kinds = {"level", "in transit", "committed", "reserved", "allotted", "owed to line", "shipped of line", "held back on counter"}
    assert seen == kinds | {"shown on counter", "below zero on counter", "last entry of counter", "free beside a short line"}


def test_the_figure_on_which_units_were_promised_stands_and_its_missing_entry_is_added(here: World, database: Database) -> None:
    level = store.level(database, "MUG")
    with Scratch(database) as scratch:
        scratch.run(tamper, [f"UPDATE stock_levels SET damaged = 1, available = available - 3 WHERE {OF_MUG}"])
        mug = scratch.run(catalogue.by_code, "MUG")["id"]
        (said,) = scratch.run(repairing.repair, mug, cause=BY)
        assert said == (
            "MUG at STUDIO: its entries don't add up to what is there by the books, on which everything was promised. The missing entries "
            "are added: 1 unit from available to damaged, 2 units from available to adjustment. Count the shelf when you can: "
            "POST /v1/stock/counts."
        )
        added = [row for row in scratch.run(stock.page_movements, None, 200, code="MUG") if row["reason"] == "repair"]
        assert sorted((row["quantity"], row["source"], row["target"], row["actor"]) for row in added) == [
            (1, "available", "damaged", "command"), (2, "available", "adjustment", "command")]  # fmt: skip
        (now,) = scratch.run(stock.page_levels, None, 1, code="MUG", location="STUDIO")
        assert (now["available"], now["damaged"]) == (level.available - 3, 1)


def test_a_number_whose_entries_do_not_lead_to_it_is_read_again(here: World, database: Database) -> None:
    (counter,) = [each for each in here.counters() if each.title == "MUG"]
    with Scratch(database) as scratch:
        scratch.run(tamper, [f"UPDATE counters SET shown = shown + 2 WHERE id = {COUNTER}"])
        scratch.run(repairing.repair, counter.sku_id, cause=BY)
        row = scratch.run(counters.by_id, counter.id)
        last = scratch.run(lambda session: session.find(counter_entries, counter_id=counter.id, number=counter.entries + 1))[0]
        assert (row["shown"], row["entries"], row["rebase_at"] is not None) == (counter.shown + 2, counter.entries + 1, True)
        assert (last["what"], last["change"], last["shown"]) == ("repair", 2, counter.shown + 2)


def test_a_counter_without_a_sku_is_repaired_too(here: World, database: Database) -> None:
    with Scratch(database) as scratch:
        (cup,) = [each for each in here.counters() if each.title == "CUP"]
        scratch.run(entries.held, cup.id, 2, cause=BY, sku_id=None)
        stored = cup.id if database.engine.dialect.name == "postgresql" else cup.id.replace("-", "")
        scratch.run(tamper, [f"UPDATE counters SET below = 1 WHERE id = '{stored}'"])
        findings = scratch.run(checking.check)
        assert {each.what for each in findings} == {"below zero on counter", "held back on counter"}
        assert scratch.run(repairing.skus_of, findings) == [None]
        assert len(scratch.run(repairing.repair, None, cause=BY)) == 2
        assert scratch.run(checking.check) == []
