"""The report that `make bench` writes says how things stand, worst first, and keeps what people wrote in it."""

from pathlib import Path

import pytest
from rich.console import Console

from bench import __main__ as bench
from bench.report import LIBRARIES, Figure, Measured, Report, Scope, notes, written

MACHINE = {
    "cores": 2,
    "memory_gb": 8.0,
    "busy_before_percent": 1.0,
    "system": "Linux",
    "python": "CPython 3.11",
    "sqlite": "3.40",
    "durable_write_ms": 0.5,
    "python_loop_ms": 100.0,
    **dict.fromkeys(LIBRARIES, "1"),
}
HOW = {"rounds": 3, "seconds": 4, "day": "1 May 2027", "minutes": 20.0}


def report() -> Report:
    orders = Measured("orders", "Orders")
    orders.rows = {
        "sqlite": {
            "many": Figure.of([1400.0, 1612.0, 1700.0], "/s", ">= 1500", baseline=6000.0, beside="no database"),
            "p99": Figure(9.0, "ms"),
        },
        "postgresql": {"many": Figure(700.0, "/s", ">= 800", baseline=5800.0, beside="no database"), "p99": Figure(20.0, "ms", "<= 10")},
    }
    size = Measured("size", "Size", {"sqlite": {"bytes": Figure(4.0, "kB", "<= 10")}}, {"postgresql": "TimeoutError: not within 5 s"})
    return Report(MACHINE, HOW, [orders, size])


def test_the_page_says_first_what_is_missed_and_by_how_much() -> None:
    page = written(report(), {}).splitlines()
    assert "2 of 4 aims are reached." in page
    missed = page[page.index("## What isn't reached") :]
    assert missed[5:9] == [
        "|---|---|---|---|---|",
        "| [Orders](#orders): p99 | PostgreSQL | 20 ms | ≤ 10 | 2.00 × |",
        "| [Orders](#orders): many | PostgreSQL | 700 /s | ≥ 800 | 1.14 × |",
        "",
    ]
    assert "| many | 1,612 /s (1,400–1,700) | 700 /s **missed** | ≥ 1,500 / ≥ 800 | 6,000 / 5,800: no database |" in page
    assert "It failed on PostgreSQL: TimeoutError: not within 5 s" in page


def test_what_people_wrote_stands_by_its_row_however_often_the_page_is_written() -> None:
    said = notes("# Notes\n\n## orders: many\n\nThe disk is slow.\n\n## size\n\nAfter retention.\n")
    page = written(Report.from_json(report().as_json()), said)
    assert page == written(report(), said)
    assert page.index("**Many.** The disk is slow.") < page.index("## Orders\n") < page.index("After retention.")


def test_an_aim_of_none_at_all_is_missed_by_one() -> None:
    assert [Figure(value, "", "<= 0").reached for value in (0.0, 1.0)] == [True, False]
    assert [Figure(value, "", ">= 2").reached for value in (0.0, 1.9, 2.0)] == [False, False, True]


def test_a_part_measured_again_takes_its_own_place_in_the_report() -> None:
    again = Measured("size", "Size", {"postgresql": {"bytes": Figure(5.0, "kB")}})
    found = Report(MACHINE, HOW, [again]).over(report(), ["orders", "size"])
    assert [part.name for part in found.parts] == ["orders", "size"]
    assert found.parts[0] == report().parts[0]
    assert list(found.parts[1].rows) == ["sqlite", "postgresql"]
    assert found.parts[1].failed == {}


def test_a_part_that_fails_is_noted_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "machine", lambda folder: MACHINE)
    monkeypatch.setattr(bench, "PARTS", {name: bench.Part(name.title(), __name__, name) for name in ("breaks", "works")})
    found = bench.run(["breaks", "works"], ["sqlite"], Console(quiet=True), rounds=1, seconds=0.5, quick=True)
    breaks, works = found.parts
    assert (breaks.rows, breaks.failed) == ({}, {"sqlite": "ZeroDivisionError: division by zero"})
    assert (works.rows, works.failed) == ({"sqlite": {"folders": Figure(1.0, "", "<= 1")}}, {})


def breaks(scope: Scope) -> dict[str, Figure]:
    return {"never": Figure(1 / 0, "")}


def works(scope: Scope) -> dict[str, dict[str, object]]:
    """A part may give plain dicts."""
    return {"folders": {"value": float(Path(scope.folder).is_dir()), "unit": "", "aim": "<= 1"}}


def test_every_part_of_the_report_is_there() -> None:
    for name, part in bench.PARTS.items():
        assert callable(part.called()), name
