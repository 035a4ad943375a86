"""Orders per second over HTTP, beside the same server validating the body and doing nothing.

The server is one process with one route more, and shares the machine with the load and with PostgreSQL. All of it runs with the default
durability, so a 201 means that the order is on the disk.
"""

import random
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from fastapi import FastAPI

from bench.driver import Plan, Seen, drive
from bench.report import Figure, Rows, Scope
from tests.servers import OWNER_TOKEN, Server, postgres
from tests.trade import order, stock

MANY = [f"MUG-{number:04d}" for number in range(1_000)]
HOT, SOLD_OUT = "HOT", "SOLD-OUT"
PLENTY = 1_000_000
WORKLOADS = {
    "echo": "a validated body, no database",
    "many": "orders of two of 1,000 SKUs",
    "hot": "orders that all want one hot SKU",
    "refused": "orders of which 75 % are refused",
}


def serve() -> None:
    """`tallystick serve`, where `POST /bench/echo` also takes an order, validates it, and does nothing.

    The route lies behind the same middleware in the same process: it says what the HTTP side alone could do.
    """
    import app.main
    from app.api.orders import OrderIn
    from app.cli import app as commands

    create_app = app.main.create_app

    def with_echo(*args: Any, **kwargs: Any) -> FastAPI:
        application = create_app(*args, **kwargs)

        @application.post("/bench/echo", status_code=201)
        async def echo(body: OrderIn) -> dict[str, int]:
            return {"lines": len(body.lines)}

        # The first to be matched, as orders are among the product's own: the ratio isn't about finding the route.
        application.router.routes.insert(0, application.router.routes.pop())
        return application

    app.main.create_app = with_echo
    commands(["serve"])


def open_shop(server: Server) -> None:
    """A thousand SKUs with plenty of each, a hot one, and one that is sold out."""
    for begin in range(0, len(MANY), 100):
        stock(server, PLENTY, *MANY[begin : begin + 100])
    stock(server, PLENTY, HOT)
    stock(server, 0, SOLD_OUT)


def orders(kind: str, *, seed: int, count: int = 2_000) -> list[dict[str, Any]]:
    """`many`: two of a thousand SKUs. `hot`: one, and the hot one. `refused`: three in four ask in vain."""
    dice = random.Random(seed)

    def one(number: int) -> dict[str, Any]:
        if kind == "hot":
            return order(dice.choice(MANY), HOT)
        if kind == "refused" and number % 4:
            return order(dice.choice(MANY), SOLD_OUT)
        return order(*dice.sample(MANY, 2))

    return [one(number) for number in range(count)]


@contextmanager
def server_on(database: str, folder: Path, command: tuple[str, ...] = ("-m", "bench.orders"), **settings: str) -> Iterator[Server]:
    """A server with the routes that are measured, on an empty and durable database."""
    settings = {"log_level": "warning"} | settings
    if database == "sqlite":
        with Server(folder / database, command=command, **settings) as server:
            yield server
        return
    with postgres(durable=True) as cluster:
        url = cluster.url_for_new_database()
        with Server(folder / database, database_url=url, command=command, **settings) as server:
            yield server


def rows(scope: Scope) -> Rows:
    """Every workload in every round, so that what else the machine does falls on all of them alike."""
    seen: dict[str, list[Seen]] = defaultdict(list)
    cpu_ms: dict[str, list[float]] = defaultdict(list)
    with server_on(scope.database, scope.folder) as server:
        open_shop(server)
        process = psutil.Process(server.pid)
        for round in range(scope.rounds):
            for kind, words in WORKLOADS.items():
                scope.says(f"round {round + 1} of {scope.rounds}: {words}")
                plan = Plan(
                    port=server.port,
                    path="/bench/echo" if kind == "echo" else "/v1/orders",
                    token=OWNER_TOKEN,
                    run=f"{kind}-{round}",
                    bodies=orders("many" if kind == "echo" else kind, seed=round),
                    clients=scope.clients,
                    seconds=scope.seconds,
                )
                before = sum(process.cpu_times()[:2])
                seen[kind].append(drive(plan))
                spent = sum(process.cpu_times()[:2]) - before
                cpu_ms[kind].append(spent * 1000 / seen[kind][-1].answers)
    unexpected = {status for rounds in seen.values() for one in rounds for status in one.statuses} - {"201", "409"}
    assert not unexpected, f"answers that nobody asked for: {', '.join(sorted(unexpected))}"
    return _rows(seen, cpu_ms, sqlite=scope.database == "sqlite")


def _rows(seen: dict[str, list[Seen]], cpu_ms: dict[str, list[float]], *, sqlite: bool) -> Rows:
    rate = {kind: [one.per_second for one in rounds] for kind, rounds in seen.items()}

    def beside(kind: str, other: str, aim: str) -> Figure:
        return Figure.of([100 * one / two for one, two in zip(rate[kind], rate[other], strict=True)], "%", aim)

    echo, what = statistics.median(rate["echo"]), "the same server validates the body and does nothing"
    return {
        "orders of two of 1,000 SKUs": Figure.of(rate["many"], "/s", ">= 1500" if sqlite else ">= 800", baseline=echo, beside=what),
        "of what the server does without a database": beside("many", "echo", ">= 25" if sqlite else ""),
        "all want one hot SKU, of orders for many": beside("hot", "many", ">= 70" if sqlite else ">= 60"),
        "75 % are refused, answers of orders for many": beside("refused", "many", ">= 80"),
        "p50": Figure.of([one.p50_ms for one in seen["many"]], "ms"),
        "p99": Figure.of([one.p99_ms for one in seen["many"]], "ms"),
        "the server's processor time for an order": Figure.of(
            cpu_ms["many"], "ms", baseline=statistics.median(cpu_ms["echo"]), beside="for a validated body"
        ),
    }


if __name__ == "__main__":
    serve()
