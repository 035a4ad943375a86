"""The disk fills up or the database goes away, and comes back. Nothing is half done and nothing restarted."""

import asyncio
import errno
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.servers import Server, postgres
from tests.trade import Trade, assert_books_agree, assert_check_is_clean, stock

PLENTY = 100_000


class Outage(NamedTuple):
    """A server, and how to take the ground from under its database and give it back."""

    server: Server
    begin: Callable[[], None]
    end: Callable[[], None]


@contextmanager
def small_disk(tmp_path: Path) -> Iterator[Outage]:
    """The data directory lies on a disk of 16 MB, which something else fills to the last byte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tallystick-test", str(disk)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"no right to mount a disk ({mounted.stderr.strip()}); the test with the file limit stands in")
    ballast = disk / "ballast"

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            for size in (65536, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    try:
        with Server(disk) as server:
            yield Outage(server, fill, ballast.unlink)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@contextmanager
def file_limit(tmp_path: Path) -> Iterator[Outage]:
    """No file may be written beyond the database's present size. Fails as a quota does; needs no rights."""
    with Server(tmp_path / "shop") as server:
        pid = server.pid
        soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)

        def limit() -> None:
            size = (server.data_dir / "tallystick.sqlite").stat().st_size
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

        def lift() -> None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))

        yield Outage(server, limit, lift)


@contextmanager
def database_gone(tmp_path: Path) -> Iterator[Outage]:
    """PostgreSQL stops, and is started again."""
    with postgres() as own, Server(tmp_path / "shop", database_url=own.url_for_new_database()) as server:
        yield Outage(server, own.stop, own.start)


@pytest.fixture(params=[small_disk, file_limit, database_gone], ids=lambda kind: kind.__name__)
def outage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Outage]:
    with request.param(tmp_path) as made:
        yield made


async def trade_through(outage: Outage) -> Trade:
    server = outage.server
    async with Trade.going_on(server) as trade:
        await trade.until_accepted(50)
        await asyncio.to_thread(outage.begin)
        await trade.until(lambda: len(trade.refusals) >= 20)
        await trade.until_readiness_is(503)
        await asyncio.to_thread(outage.end)
        await trade.until_readiness_is(200)
        await trade.until_accepted(50)
    return trade


def test_an_outage_is_answered_with_503_and_leaves_nothing_half_done_and_needs_no_restart(
    outage: Outage,
) -> None:
    server, pid = outage.server, outage.server.pid
    stock(server, PLENTY, "CUP", "JUG")
    trade = asyncio.run(trade_through(outage))

    for answer in trade.refusals:
        assert (answer.status, answer.header("content-type")) == (503, "application/problem+json"), answer
        assert int(answer.header("retry-after") or 0) > 0, answer
    assert (server.pid, trade.broken) == (pid, 0)
    assert_books_agree(server, trade, received=PLENTY)
    server.stop()
    assert_check_is_clean(server)
