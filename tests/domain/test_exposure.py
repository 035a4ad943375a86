"""How many units could be sold twice: each cause by itself, in totals, and 0 where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from app.channels.memory import EXACT, Shop
from app.database import Database
from app.domain import catalogue, commitments, counters, exposure
from app.domain.capabilities import CountsDown, Refuses
from app.domain.counters import Counter
from app.domain.writes import Flight
from tests import shop as store
from tests.telling import Scratch
from tests.world import World, world

ID = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
# Five are shown, and as many are set aside for it: nothing can be sold twice.
COVERED = Counter(
    id=ID, channel_id=ID, external_id="1", unit="1", sku_id=ID, per=1, title="Mug", shown=5, below=0, held=0, exposed=0, known=True,
    protected=True, state="active", target=5, due_at=None, attempts=0, stale_at=None, excess_cause=None, switched_at=None, reading=5,
    rate=0.0, rate_at=None, location_ids=[ID], channel_status="live", allotted={ID: 5}, flight=None,
)  # fmt: skip
RISKY = Flight(ID, "absolute", "unknown", 3, 5, 8, 1, 0, 0, None)


@pytest.mark.parametrize(
    ("figures", "refuses", "short", "causes"),
    [
        ({}, "always", 0, []),
        ({"shown": 7, "excess_cause": "put_back"}, "always", 0, [("put_back", 2)]),
        ({"shown": 7, "excess_cause": "taken", "per": 2, "allotted": {ID: 10}}, "always", 0, [("taken", 4)]),
        ({"shown": 7, "excess_cause": "exposed", "exposed": 2}, "always", 0, [("by_choice", 2)]),
        ({"shown": 9, "excess_cause": "hand_edit", "exposed": 1}, "always", 0, [("by_choice", 1), ("hand_edit", 3)]),
        ({"shown": 9, "allotted": {}, "channel_status": "connected"}, "always", 0, [("connected", 9)]),
        ({"shown": 5, "held": 2}, "always", 0, [("counted_late", 2)]),
        # A write of 8 with a guard of 1 over the 5 that are shown: 9 lie behind it, 13 could be sold before it has landed.
        ({"flight": RISKY, "allotted": {ID: 9}}, "always", 0, [("in_flight", 4)]),
        ({"flight": replace(RISKY, guard=None), "allotted": {ID: 13}}, "always", 0, []),
        ({}, "always", 3, [("short", 3)]),
        ({}, "storefront", 0, [("sells_below_zero", None)]),
        ({}, "no", 0, [("sells_below_zero", None)]),
        ({"protected": False}, "always", 0, [("sells_below_zero", None)]),
        ({"protected": False, "state": "gone"}, "always", 0, []),
        ({"known": False}, "always", 0, []),  # what was believed of it is covered
        ({"known": False, "shown": 0, "allotted": {}}, "always", 0, [("unknown", None)]),
    ],
)
def test_each_cause_is_counted_by_itself(figures: dict[str, Any], refuses: str, short: int, causes: list[tuple[str, int | None]]) -> None:
    channel = {"capabilities": {"refuses_below_zero": refuses}}
    assert list(exposure._causes(replace(COVERED, **figures), channel, short)) == causes


@pytest.fixture
def here(database: Database, tmp_path: Path) -> Iterator[World]:
    with world(database, tmp_path) as made:
        yield made


def test_a_store_whose_shops_do_as_they_are_told_is_not_exposed(here: World, database: Database) -> None:
    here.stocked("MUG", 9)
    shop = Shop()
    shop.offer("mug", "MUG", 5)
    here.connect(shop)
    here.run_for(400)
    shop.buy("mug", 2)
    here.run_for(400)
    assert database.look(exposure.view, None, 10) == ({"units": 0, "counters": 0, "unlimited": 0, "causes": []}, [])


def test_what_could_be_sold_twice_is_found_added_up_and_paged_largest_first(here: World, database: Database) -> None:
    here.stocked("MUG", 9)
    here.stocked("CUP", 9)
    here.stocked("JUG", 0)
    tidy, late, tricky = (
        Shop(),
        Shop(can=replace(EXACT, counts_down_at=CountsDown.PAID)),
        Shop(can=replace(EXACT, refuses_below_zero=Refuses.NO)),
    )
    tidy.offer("mug", "MUG", 3)
    late.offer("cup", "CUP", 5)
    tricky.offer("jug", "JUG", 0)
    here.connect(tidy, name="tidy")
    here.connect(late, name="late")
    tricky_id = here.connect(tricky, name="tricky")
    here.run_for(400)
    late.buy("cup", 2, paid=False)
    tricky.buy("jug", 4)  # there is none
    here.run_for(60)
    here.run_for(400)
    store.place(database, ("JUG", 3), sold=True)  # nor for a sale on the own API
    (mug,) = [each for each in here.counters() if each.title == "MUG"]
    with Scratch(database) as scratch:
        forged = update(counters.counters).where(counters.counters.c.id == mug.id).values(shown=mug.shown + 5, excess_cause="hand_edit")
        scratch.run(lambda session: session.execute(forged).rowcount)
        totals, rows = scratch.run(exposure.view, None, 10)
        assert [(row["title"], row["units"], row["unlimited"]) for row in rows] == [("MUG", 5, False), ("JUG", 4, True), ("CUP", 2, False)]
        assert [(row["channel"], row["sku"]) for row in rows] == [("tidy", "MUG"), ("tricky", "JUG"), ("late", "CUP")]
        assert {(each["cause"], each["units"], each["counters"]) for each in totals["causes"]} == {
            ("hand_edit", 5, 1), ("short", 7, 1), ("counted_late", 2, 1), ("sells_below_zero", None, 1)}  # fmt: skip
        assert (totals["units"], totals["counters"], totals["unlimited"]) == (14, 3, 1)
        paged = [scratch.run(exposure.view, None, 1)[1]]
        while paged[-1]:
            paged.append(scratch.run(exposure.view, (paged[-1][0]["units"], paged[-1][0]["counter_id"]), 1)[1])
        assert [row for page in paged for row in page] == rows
        # Of one channel: what its own counters sold, and not what was sold elsewhere.
        totals, rows = scratch.run(exposure.view, None, 10, channel_id=tricky_id)
        assert (totals["units"], [row["title"] for row in rows]) == (4, ["JUG"])
    jug = database.look(catalogue.by_code, "JUG")["id"]
    assert sum(row["quantity"] for row in database.look(commitments.short_of, [jug])) == 7
