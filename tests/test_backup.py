"""A backup is taken while the shop trades, and a restored shop knows that it is one."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.servers import Postgres, Server
from tests.trade import Trade, assert_check_is_clean, everything, level, stock

PLENTY = 100_000


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """Names an empty database; None is the one in the data directory."""
    if request.param == "sqlite":
        return lambda: None
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.url_for_new_database


def epoch(server: Server, database_url: str | None) -> int:
    engine = create_engine(database_url or f"sqlite:///{server.data_dir / 'tallystick.sqlite'}")
    try:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT epoch FROM store")).scalar_one())
    finally:
        engine.dispose()


async def back_up_while_trading(server: Server, file: Path) -> tuple[set[str], set[str]]:
    """What was acknowledged when the backup began, and what was when the shop closed."""
    async with Trade.going_on(server, buyers=3) as trade:
        await trade.until_accepted(200)
        before = set(trade.accepted)
        done = await asyncio.to_thread(server.run, "backup", file)
        await trade.until_accepted(50)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (trade.refusals, trade.broken) == ([], 0)
    return before, trade.accepted


def test_a_backup_taken_while_trading_is_whole_and_its_restored_copy_has_a_higher_epoch(
    tmp_path: Path, new_database: Callable[[], str | None]
) -> None:
    file = tmp_path / "tallystick.backup"
    url, another_url = new_database(), new_database()
    with Server(tmp_path / "shop", database_url=url) as shop:
        stock(shop, PLENTY, "CUP", "JUG")
        before, after = asyncio.run(back_up_while_trading(shop, file))
        original_epoch = epoch(shop, url)

    elsewhere = Server(tmp_path / "elsewhere", database_url=another_url)
    restored = elsewhere.run("restore", file)
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert_check_is_clean(elsewhere)
    with elsewhere:
        assert epoch(elsewhere, another_url) > original_epoch
        with elsewhere.client() as client:
            stored = everything(client, "/v1/orders")
        references = [one["reference"] for one in stored]
        assert before <= set(references) <= after
        assert len(references) == len(set(references))
        assert_no_gaps(references)
        for code in ("CUP", "JUG"):
            sold = sum(line["committed"] for one in stored for line in one["lines"] if line["sku"] == code)
            expected = {"available": PLENTY - sold, "committed": sold, "reserved": 0, "on_hand": PLENTY}
            assert level(elsewhere, code) == expected


def assert_no_gaps(references: list[str]) -> None:
    """A buyer places an order when the last is acknowledged, so a backup holds the first few of each."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for reference in references:
        buyer, _, number = reference.partition("-")
        numbers[buyer].append(int(number))
    for placed in numbers.values():
        assert sorted(placed) == list(range(len(placed)))


def test_a_restore_over_a_store_that_holds_something_is_refused_and_changes_nothing(
    tmp_path: Path, new_database: Callable[[], str | None]
) -> None:
    file, database_url = tmp_path / "tallystick.backup", new_database()
    with Server(tmp_path / "shop", database_url=database_url) as shop:
        stock(shop, 3, "CUP")
        made = shop.run("backup", file)
        assert made.returncode == 0, made.stdout + made.stderr
        stock(shop, 4, "JUG")
    original_epoch = epoch(shop, database_url)

    refused = shop.run("restore", file)
    assert refused.returncode not in (0, None)
    assert "Traceback" not in refused.stderr
    assert "restore" in (refused.stdout + refused.stderr).lower()
    with shop:
        assert level(shop, "JUG")["on_hand"] == 4
        assert epoch(shop, database_url) == original_epoch
