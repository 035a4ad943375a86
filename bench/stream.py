"""`python -m bench stream`: what it costs to be followed: orders per second over HTTP with nobody on /v1/events/stream, and with twenty.

A third of the readers are slow: they take a few hundred bytes a second through a small window, as a phone in a tunnel would. Rounds
without and with readers alternate, so that what else the machine does, and what the store has grown to, falls on both alike.

The readers are a process of their own, which does nothing with what it gets. Still it takes processor time that in a shop would be
somebody else's: on a machine of few cores the server and the load have so much less. psutil measures it, and it is taken out: of `cores`
x seconds, the readers used some, and the rate is scaled to what it would have been with the whole. That is right where all cores are
busy, as they are here. The server's own processor time per order is shown beside it: it needs no such reckoning.
"""

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import psutil  # type: ignore[import-untyped]
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from bench.driver import Plan, drive
from bench.orders import open_shop, orders, server_on
from bench.report import machine
from tests.servers import OWNER_TOKEN

SLOW_BYTES = 300


# The readers


class Fast(asyncio.Protocol):
    """Takes whatever comes, and counts it."""

    def __init__(self) -> None:
        self.taken = 0
        self.joined = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.taken += len(data)
        self.joined.set()


async def slowly(port: int, request: bytes) -> None:
    """Takes a little each second, through a window that hides nothing of it from the sender."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.setblocking(False)
        await loop.sock_connect(connection, ("127.0.0.1", port))
        await loop.sock_sendall(connection, request)
        while await loop.sock_recv(connection, SLOW_BYTES):  # noqa: ASYNC110 - slowness is the point
            await asyncio.sleep(1)


async def follow(port: int, fast: int, slow: int) -> None:
    """Until standard input ends. Says when all have joined, and at the end what the fast ones took."""
    loop = asyncio.get_running_loop()
    request = f"GET /v1/events/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {OWNER_TOKEN}\r\n\r\n".encode()
    takers = []
    for _ in range(fast):
        transport, taker = await loop.create_connection(Fast, "127.0.0.1", port)
        transport.write(request)
        takers.append(taker)
    slow_ones = [loop.create_task(slowly(port, request)) for _ in range(slow)]
    for taker in takers:
        await taker.joined.wait()
    print("ready", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"gone": sum(task.done() for task in slow_ones), "taken": [taker.taken for taker in takers]}))
    for task in slow_ones:
        task.cancel()


@contextmanager
def readers(port: int, fast: int, slow: int) -> Iterator[psutil.Process]:
    """So many readers, in a process of their own."""
    command = [sys.executable, "-m", "bench.stream", str(port), str(fast), str(slow)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the readers didn't get in"
        yield psutil.Process(process.pid)
        process.stdin.close()
        said = json.loads(process.stdout.read())
        assert said["gone"] == 0 and len({taken // 100_000 for taken in said["taken"]}) <= 2, f"somebody was left behind: {said}"


# The measurement


def once(port: int, server: psutil.Process, round: str, seconds: float, clients: int, followers: psutil.Process | None) -> dict[str, float]:
    """Orders for some seconds: how many a second, and what each cost the server."""
    plan = Plan(port, "/v1/orders", OWNER_TOKEN, round, orders("many", seed=1), clients, seconds)

    def spent(process: psutil.Process | None) -> float:
        return sum(process.cpu_times()[:2]) if process is not None else 0.0

    before = spent(server), spent(followers)
    seen = drive(plan)
    assert set(seen.statuses) == {"201"}, seen.statuses
    after = spent(server), spent(followers)
    # The load runs a little longer than it counts: both shares are of the whole of it.
    lasted = seconds * seen.answers / (seen.per_second * seconds)
    share = (after[1] - before[1]) / (lasted * (psutil.cpu_count() or 1))
    return {
        "per_second": seen.per_second,
        "p99_ms": seen.p99_ms,
        "server_cpu_ms": (after[0] - before[0]) * 1000 / seen.answers,
        "readers_share": share,
        "own_share_out": seen.per_second / (1 - share),
    }


def measure(database: str, folder: Path, *, rounds: int, seconds: float, clients: int, fast: int, slow: int) -> dict[str, dict[str, float]]:
    """The medians of the rounds without and with readers."""
    found: dict[str, list[dict[str, float]]] = {"nobody": [], "followed": []}
    with server_on(database, folder) as server:
        open_shop(server)
        process = psutil.Process(server.pid)
        once(server.port, process, "warm", seconds, clients, None)
        for round in range(rounds):
            for kind in ("nobody", "followed") if round % 2 else ("followed", "nobody"):
                if kind == "nobody":
                    found[kind].append(once(server.port, process, f"{kind}-{round}", seconds, clients, None))
                    continue
                with readers(server.port, fast, slow) as followers:
                    found[kind].append(once(server.port, process, f"{kind}-{round}", seconds, clients, followers))
    return {kind: {name: statistics.median(each[name] for each in those) for name in those[0]} for kind, those in found.items()}


def show(console: Console, database: str, figures: dict[str, dict[str, float]], fast: int, slow: int) -> None:
    table = Table(title=f"{database}: orders per second over HTTP, medians", title_justify="left")
    for column in ("", "per second", "readers' CPU", "without it", "p99 ms", "server's CPU ms"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for kind, words in (("nobody", "nobody follows"), ("followed", f"{fast + slow} follow, {slow} of them slowly")):
        one = figures[kind]
        table.add_row(
            words,
            f"{one['per_second']:,.0f}",
            f"{one['readers_share']:.1%}",
            f"{one['own_share_out']:,.0f}",
            f"{one['p99_ms']:.1f}",
            f"{one['server_cpu_ms']:.3f}",
        )
    console.print(table)
    for name, words in {"per_second": "as measured", "own_share_out": "readers' share taken out", "server_cpu_ms": "server's CPU"}.items():
        change = figures["followed"][name] / figures["nobody"][name] - 1
        console.print(f"  {words}: {change:+.1%}")


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often it is measured without and with readers.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each time.")] = 4,
    clients: Annotated[int, typer.Option(min=1, help="Keep-alive connections that order.")] = 16,
    fast: Annotated[int, typer.Option(min=0, help="Readers that take what comes.")] = 13,
    slow: Annotated[int, typer.Option(min=0, help="Readers that take a few hundred bytes a second.")] = 7,
    only: Annotated[str, typer.Option(help="sqlite or postgresql; both unless given.")] = "",
    report: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """Orders per second with nobody on /v1/events/stream, and with readers of whom some are slow."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as name:
        folder = Path(name)
        facts = machine(folder)
        console.print(", ".join(f"{key} {value}" for key, value in facts.items()), highlight=False)
        for database in [only] if only else ["sqlite", "postgresql"]:
            figures[database] = measure(database, folder, rounds=rounds, seconds=seconds, clients=clients, fast=fast, slow=slow)
            show(console, database, figures[database], fast, slow)
        if report is not None:
            report.write_text(json.dumps({"machine": facts, **figures}, indent=2))


if __name__ == "__main__":
    uvloop.run(follow(*map(int, sys.argv[1:4])))
