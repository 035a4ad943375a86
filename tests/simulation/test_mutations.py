"""A simulator that lets a broken program pass proves nothing: each safeguard that is taken away is missed within a few seeds."""

from __future__ import annotations

import pytest

from app.simulation.command import processes
from app.simulation.run import simulate
from tests.simulation.mutations import MUTATIONS, SEEDS, TROUBLES, WISH, noticed


@pytest.mark.timeout(900)
def test_every_safeguard_that_is_taken_away_is_missed(capsys: pytest.CaptureFixture[str]) -> None:
    with processes(2) as pool:
        found = [each.result() for each in [pool.submit(noticed, n) for n in range(len(MUTATIONS))]]
    with capsys.disabled():
        print()
        for mutation, said in zip(MUTATIONS, found, strict=True):
            print(f"{mutation.what}: {said}")
    assert [mutation.what for mutation, said in zip(MUTATIONS, found, strict=True) if said is None] == []
    assert len(MUTATIONS) >= 12


def test_with_all_of_them_in_place_the_same_seeds_hold() -> None:
    assert [simulate(seed, wish=WISH, troubles=TROUBLES).failure for seed in SEEDS[:3]] == [None] * 3
