"""`make chaos`, in short."""

import os
import secrets
from pathlib import Path

import pytest

from tests.chaos import Chaos
from tests.servers import postgres


@pytest.mark.timeout(400)  # four processes, started again and again
def test_processes_that_are_killed_replaced_and_stopped_while_they_trade_lose_and_double_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("TALLYSTICK_TEST_SEED") or secrets.randbelow(1_000_000))
    print(f"TALLYSTICK_TEST_SEED={seed} chooses the same victims again")
    with postgres(durable=True) as server:
        figures = Chaos(tmp_path, server.url_for_new_database(), seed).run(25.0)
    print(figures)
    assert figures.wrong == []
    assert figures.killed + figures.replaced + figures.stopped >= 3
    assert figures.orders > figures.own_orders > 0
    assert figures.events
