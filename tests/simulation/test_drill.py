"""A short drill: differences of every kind are made among trading, found, and called by their names."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from app.simulation import drill_report
from app.simulation.command import processes
from app.simulation.drill import drill
from app.simulation.injections import KINDS
from app.simulation.judging import Drilled

SEEDS = (3, 4)
ROUNDS = 2


@pytest.fixture(scope="module")
def drilled() -> list[Drilled]:
    with processes(2) as pool:
        return list(pool.map(partial(drill, rounds=ROUNDS), SEEDS))


@pytest.mark.timeout(600)
def test_every_difference_is_found_and_called_by_its_name_and_nobody_is_told_twice_or_in_vain(drilled: list[Drilled]) -> None:
    assert drill_report.wrong(drilled) == []
    judged = [each for one in drilled for each in one.judged]
    assert {kind for kind, _, _ in judged} == set(KINDS)
    assert len(judged) >= 0.9 * len(KINDS) * ROUNDS * len(SEEDS)
    assert sum(one.orders for one in drilled) > 100
    assert {name for one in drilled for name in one.before} <= {"undetermined"}


def test_what_doesnt_hold_is_said_and_the_table_lies_between_its_marks(tmp_path: Path) -> None:
    found = [
        Drilled(
            1,
            judged=[
                ("hand_edit", "hand_edit", "etsy"),
                ("hand_edit", "echo", "ebay"),
                ("echo", "hand_edit", "ebay"),
                ("unmapped", None, "etsy"),
            ],
            before=["undetermined"],
            harm=["told 2 times"],
        )
    ]
    assert drill_report.wrong(found) == [
        "unmapped at etsy was missed",
        "hand_edit at ebay was called echo, which heals by itself",
        "fewer than 95% have the right name",
        "told 2 times",
    ]
    page = tmp_path / "reconciling.md"
    page.write_text(f"Before.\n{drill_report.BEGINS}\nold\n{drill_report.ENDS}\nAfter.\n")
    drill_report.write(page, found)
    text = page.read_text()
    assert text.startswith(f"Before.\n{drill_report.BEGINS}\n")
    assert text.endswith(f"\n{drill_report.ENDS}\nAfter.\n")
    assert "| hand_edit | 2 | 2 | 1 | echo 1 |" in text
    assert "| unmapped | 1 | 0 | 0 |  |" in text
    assert "old" not in text
    console = Console(record=True, width=120)
    drill_report.show(found, console)
    assert "unmapped at etsy was missed" in console.export_text()
