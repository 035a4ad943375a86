"""Servers die. What was answered with 201 is there afterwards, once; what wasn't may be asked for again."""

import asyncio
import os
import random
import secrets
from pathlib import Path

import pytest

from tests.servers import Server
from tests.trade import Trade, assert_books_agree, assert_check_is_clean, stock

KILLS, PLENTY = 20, 100_000


async def trade_through_kills(server: Server, dice: random.Random) -> Trade:
    async with Trade.going_on(server) as trade:
        for _ in range(KILLS):
            await asyncio.sleep(dice.uniform(0.1, 0.5))
            server.kill()
            await asyncio.to_thread(server.start)
    return trade


@pytest.mark.timeout(300)  # it starts a server twenty times
def test_twenty_kills_in_mid_load_lose_no_acknowledged_order_and_double_none(tmp_path: Path, database_url: str) -> None:
    seed = int(os.environ.get("TALLYSTICK_TEST_SEED") or secrets.randbelow(1_000_000))
    print(f"TALLYSTICK_TEST_SEED={seed} chooses the same moments again")
    with Server(tmp_path / "shop", database_url=database_url) as server:
        stock(server, PLENTY, "CUP", "JUG")
        trade = asyncio.run(trade_through_kills(server, random.Random(seed)))

        assert trade.broken >= KILLS
        assert len(trade.accepted) > 10 * KILLS
        assert_books_agree(server, trade, received=PLENTY)
        server.stop()
        assert_check_is_clean(server)
