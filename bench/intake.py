"""`python -m bench intake`: messages from a marketplace per second, beside the same server only reading them, and in a flood of forgeries.

The shop is Shopify's by its own adapter; its messages are orders of 6 to 10 kB, each a new one, signed. Nobody handles them meanwhile:
the shop that they come from can't be reached.
"""

import asyncio
import base64
import gc
import hmac
import itertools
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import psutil  # type: ignore[import-untyped]
import typer
import uvloop
from fastapi import FastAPI, Request, Response
from rich.console import Console
from rich.table import Table

from bench.driver import Client
from tests.servers import Server, postgres

SECRET = "shpss_for_the_bench_and_for_nothing_else"
WORKLOADS = {
    "echo": "echo: the body is read, no signature, no database",
    "kept": "signed messages, each kept",
    "full": "the same, in a flood of forgeries",
    "steady": "signed messages at a steady pace",
    "flood": "the same, in a flood of forgeries",
    "repeated": "signed messages that came before",
}


def serve() -> None:
    """`tallystick serve`, where `POST /bench/echo` also reads a body and does nothing; behind the same middleware."""
    import app.main
    from app.cli import app as commands

    create_app = app.main.create_app

    def with_echo(*args: Any, **kwargs: Any) -> FastAPI:
        application = create_app(*args, **kwargs)

        @application.post("/bench/echo")
        async def echo(request: Request) -> Response:
            await request.body()
            return Response()

        application.router.routes.insert(0, application.router.routes.pop())
        return application

    app.main.create_app = with_echo
    commands(["serve"])


# The load: a process of its own


@dataclass(frozen=True)
class Plan:
    """Who sends what. `first` is the number of the first message; a number is a message. Per second: `pace` of the signed messages
    (0: as many as are answered) and `flood`, the forgeries beside."""

    port: int
    path: str
    channel: str
    first: int
    clients: int
    seconds: float
    pace: float = 0.0
    flood: float = 0.0
    forgers: int = 8
    warm_up_s: float = 0.5


@dataclass(frozen=True)
class Seen:
    """What came back within the measured seconds; `answers` counts those of the warm-up too."""

    answers: int
    per_second: float
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float
    forged_per_second: float
    forged_statuses: dict[str, int]


def orders() -> list[bytes]:
    """Orders of 6 to 10 kB without the number that they begin with."""
    dice = random.Random(1)
    line = {"id": 866550311766439020, "name": "Mug, blue", "price": "12.50", "quantity": 1, "sku": "MUG-BLUE", "taxable": True}
    line |= {"price_set": {each: {"amount": "12.50", "currency_code": "EUR"} for each in ("shop_money", "presentment_money")}}
    line |= {"tax_lines": [{"price": "2.00", "rate": 0.19, "title": "VAT"}], "discount_allocations": [], "properties": []}
    made = []
    for _ in range(50):
        order: dict[str, Any] = {"currency": "EUR", "financial_status": "paid", "email": "buyer@example.org", "line_items": []}
        size = dice.randint(6_000, 10_000)
        while len(json.dumps(order)) < size:
            order["line_items"].append(line | {"id": dice.randrange(10**15), "title": f"Mug no. {dice.randrange(10**6)}"})
        made.append(json.dumps(order).encode()[1:])
    return made


def messages(plan: Plan, rests: list[bytes], secret: str, first: int, step: int = 1) -> Iterator[bytes]:
    """Endless; each signed as it is sent."""
    head = f"POST {plan.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Shopify-Topic: orders/create\r\n".encode()
    for number in itertools.count(first, step):
        body = b'{"id": %d, %b' % (number, rests[number % len(rests)])
        signed = base64.b64encode(hmac.digest(secret.encode(), body, "sha256"))
        yield b"%bX-Shopify-Hmac-Sha256: %b\r\nContent-Length: %d\r\n\r\n%b" % (head, signed, len(body), body)


class Paced(Client):
    """Sends at a pace of its own, and no faster."""

    def __init__(self, requests: Iterator[bytes], seen: list[tuple[float, float, bytes]], interval: float) -> None:
        super().__init__(requests, seen)
        self._interval = interval
        self._sent_at = time.perf_counter() - random.random() * interval  # they don't all begin at once

    def _send(self) -> None:
        asyncio.get_running_loop().call_later(max(0.0, self._sent_at + self._interval - time.perf_counter()), self._send_now)

    def _send_now(self) -> None:
        if not self._transport.is_closing():
            super()._send()


async def load(plan: Plan) -> Seen:
    seen: list[tuple[float, float, bytes]] = []
    forged: list[tuple[float, float, bytes]] = []
    rests, loop = orders(), asyncio.get_running_loop()
    good = messages(plan, rests, SECRET, plan.first, 0 if plan.first < 0 else 1)
    bad = messages(plan, rests, "guessed", 1)
    gc.disable()
    senders: list[Client] = [Paced(good, seen, plan.clients / plan.pace) if plan.pace else Client(good, seen) for _ in range(plan.clients)]
    if plan.flood:
        senders += [Paced(bad, forged, plan.forgers / plan.flood) for _ in range(plan.forgers)]
    transports = [(await loop.create_connection(partial(lambda one: one, each), "127.0.0.1", plan.port))[0] for each in senders]
    await asyncio.sleep(plan.warm_up_s)
    begin = time.perf_counter()
    await asyncio.sleep(plan.seconds)
    end = time.perf_counter()
    counted, refused = ([(took, status) for at, took, status in those if begin <= at < end] for those in (seen, forged))
    for transport in transports:
        transport.abort()
    took = sorted(each for each, _ in counted) or [0.0]
    return Seen(
        answers=len(seen),
        per_second=len(counted) / (end - begin),
        statuses=dict(Counter(status.decode() for _, status in counted)),
        p50_ms=took[len(took) // 2] * 1000,
        p99_ms=took[len(took) * 99 // 100] * 1000,
        forged_per_second=len(refused) / (end - begin),
        forged_statuses=dict(Counter(status.decode() for _, status in refused)),
    )


def drive(plan: Plan) -> Seen:
    """Carry out a plan in a process of its own."""
    command = [sys.executable, "-m", "bench.intake", "load"]
    done = subprocess.run(command, input=json.dumps(asdict(plan)).encode(), stdout=subprocess.PIPE, check=True)
    return Seen(**json.loads(done.stdout))


# What is measured


@contextmanager
def server_on(database: str, folder: Path) -> Iterator[Server]:
    """Every message comes from one address here, so the limit for one address is out of the way."""
    settings = {"log_level": "error", "webhooks_per_minute": "100000000"}
    command = ("-m", "bench.intake", "serve")
    if database == "sqlite":
        with Server(folder / database, command=command, **settings) as server:
            yield server
        return
    with postgres(durable=True) as cluster:
        url = cluster.url_for_new_database()
        with Server(folder / database, database_url=url, command=command, **settings) as server:
            yield server


def connect(server: Server) -> str:
    """A channel whose shop can't be reached: nothing but its signature matters here. Returns its id."""
    draft = {"kind": "shopify", "name": "Bench", "settings": {"shop": "bench", "base_url": "http://127.0.0.1:9"}, "locations": ["STUDIO"]}
    with server.client() as client:
        answer = client.post("/v1/channels", json=draft | {"credentials": {"client_id": "bench", "client_secret": SECRET}})
        answer.raise_for_status()
        return str(answer.json()["id"])


def measure(
    database: str, folder: Path, *, rounds: int, seconds: float, clients: int, pace: float, flood: float, console: Console
) -> dict[str, list[tuple[Seen, float]]]:
    """Every workload in every round, each with the server's CPU time per answer in ms."""
    found: dict[str, list[tuple[Seen, float]]] = {kind: [] for kind in WORKLOADS}
    with server_on(database, folder) as server:
        channel, numbers = connect(server), itertools.count(1)
        process = psutil.Process(server.pid)
        for round in range(rounds):
            for kind, words in WORKLOADS.items():
                with console.status(f"{database}, round {round + 1} of {rounds}: {words}"):
                    plan = Plan(
                        port=server.port,
                        path="/bench/echo" if kind == "echo" else f"/webhooks/{channel}",
                        channel=channel,
                        first=-1 if kind == "repeated" else next(numbers) * 10_000_000,
                        clients=clients,
                        seconds=seconds,
                        pace=pace if kind in ("steady", "flood") else 0.0,
                        flood=flood if kind in ("full", "flood") else 0.0,
                    )
                    before = sum(process.cpu_times()[:2])
                    seen = drive(plan)
                    spent = sum(process.cpu_times()[:2]) - before
                    found[kind].append((seen, spent * 1000 / max(seen.answers, 1)))
    return found


def median(rounds: list[tuple[Seen, float]], figure: str) -> float:
    return statistics.median(float(getattr(seen, figure)) for seen, _ in rounds)


def flood_ratio(found: dict[str, list[tuple[Seen, float]]], figure: str = "per_second") -> float:
    return median(found["flood"], figure) / median(found["steady"], figure)


def show(console: Console, database: str, found: dict[str, list[tuple[Seen, float]]]) -> None:
    table = Table(title=f"{database}: messages per second, one server process", title_justify="left")
    table.add_column("")
    for column in ("median", "of echo", "p50 ms", "p99 ms", "CPU ms", "forged/s", "200", "other"):
        table.add_column(column, justify="right", no_wrap=True)
    for kind, rounds in found.items():
        statuses = sum((Counter(seen.statuses) for seen, _ in rounds), Counter())
        table.add_row(
            WORKLOADS[kind],
            f"{median(rounds, 'per_second'):,.0f}",
            f"{median(rounds, 'per_second') / median(found['echo'], 'per_second'):.0%}",
            f"{median(rounds, 'p50_ms'):.1f}",
            f"{median(rounds, 'p99_ms'):.1f}",
            f"{statistics.median(cpu for _, cpu in rounds):.2f}",
            f"{median(rounds, 'forged_per_second'):,.0f}",
            f"{statuses.pop('200', 0):,}",
            f"{sum(statuses.values()):,}",
        )
    console.print(table)
    shares = f"{flood_ratio(found):.0%} of the messages, p50 {flood_ratio(found, 'p50_ms'):.0%}, p99 {flood_ratio(found, 'p99_ms'):.0%}"
    console.print(f"a steady pace in the flood against without it: {shares}\n")


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each workload is measured.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each time.")] = 4,
    clients: Annotated[int, typer.Option(min=1, help="Keep-alive connections, one message at a time on each.")] = 16,
    pace: Annotated[float, typer.Option(min=1, help="Signed messages per second, where they come at a steady pace.")] = 50,
    flood: Annotated[float, typer.Option(min=1, help="Forgeries per second.")] = 300,
    only: Annotated[str, typer.Option(help="sqlite or postgresql; both unless given.")] = "",
    report: Annotated[Path | None, typer.Option("--json", help="Also write the figures to this file.")] = None,
) -> None:
    """Messages from a marketplace per second, alone and in a flood of forgeries."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    figures: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "clients": clients, "pace": pace, "flood": flood}
    console.print(
        f"{rounds} rounds of {seconds:g} s, {clients} clients, orders of 6 to 10 kB; a steady pace is {pace:g}/s, a flood {flood:g}/s\n"
    )
    wrong = set()
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as name:
        for database in [only] if only else ["sqlite", "postgresql"]:
            found = measure(database, Path(name), rounds=rounds, seconds=seconds, clients=clients, pace=pace, flood=flood, console=console)
            show(console, database, found)
            figures[database] = {kind: [asdict(seen) | {"server_cpu_ms": cpu} for seen, cpu in each] for kind, each in found.items()}
            figures[database]["flood_to_none"] = flood_ratio(found)
            for seen, _ in itertools.chain(*found.values()):
                wrong |= (set(seen.statuses) - {"200"}) | (set(seen.forged_statuses) - {"401"})
    if report is not None:
        report.write_text(json.dumps(figures, indent=2))
    if wrong:
        console.print(f"[bold red]answers that nobody asked for: {', '.join(sorted(wrong))}")
        sys.exit(1)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    elif sys.argv[1:] == ["load"]:
        print(json.dumps(asdict(uvloop.run(load(Plan(**json.load(sys.stdin)))))))
    else:
        typer.run(main)
