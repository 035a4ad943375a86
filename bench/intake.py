"""Messages from a marketplace per second, beside the same server only reading them, in a flood of forgeries, and while other things go on.

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
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import uvloop
from fastapi import FastAPI, Request, Response

from bench import imports
from bench.driver import Client
from bench.driver import Plan as Orders
from bench.driver import drive as take_orders
from bench.orders import open_shop, server_on
from bench.orders import orders as own_orders
from bench.report import Figure, Rows, Scope
from tests.servers import OWNER_TOKEN, Server

SECRET = "shpss_for_the_bench_and_for_nothing_else"
WORKLOADS = ("echo", "kept", "full", "steady", "flood", "repeated")
# A second: signed messages where they come at a steady pace; forgeries in a flood; and messages beside other things.
PACE, FLOOD, BESIDE = 50.0, 300.0, 100.0
SLOWEST_MS = 500


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
    (0: as many as are answered) and `flood`, the forgeries beside. `seconds` 0: until standard input ends."""

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
    """Sends at a pace of its own, whether the last answer was slow or not: what took too long is counted from when it was due."""

    def __init__(self, requests: Iterator[bytes], seen: list[tuple[float, float, bytes]], interval: float) -> None:
        super().__init__(requests, seen)
        self._interval = interval
        self._due = time.perf_counter() + random.random() * interval  # they don't all begin at once

    def _send(self) -> None:
        asyncio.get_running_loop().call_later(max(0.0, self._due - time.perf_counter()), self._send_now)

    def _send_now(self) -> None:
        if not self._transport.is_closing():
            self._sent_at, self._due = self._due, self._due + self._interval
            self._transport.write(next(self._requests))


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
    print("warm", flush=True)
    begin = time.perf_counter()
    if plan.seconds:
        await asyncio.sleep(plan.seconds)
    else:
        await loop.run_in_executor(None, sys.stdin.read)
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
    with driving(plan) as seen:
        pass
    return seen()


@contextmanager
def driving(plan: Plan) -> Iterator[Callable[[], Seen]]:
    """Carry out a plan while something else is done. What came back can be asked for afterwards."""
    command = [sys.executable, "-m", "bench.intake", "load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(asdict(plan)) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "warm\n", "the load didn't get through"
        said: list[str] = []
        yield lambda: Seen(**json.loads(said[0]))
        process.stdin.close()
        said.append(process.stdout.read())


# What is measured

SERVE = ("-m", "bench.intake", "serve")
# Every message comes from one address here, so the limit for one address is out of the way.
UNLIMITED = {"log_level": "error", "webhooks_per_minute": "100000000"}


def connect(server: Server) -> str:
    """A channel whose shop can't be reached: nothing but its signature matters here. Returns its id."""
    draft = {"kind": "shopify", "name": "Bench", "settings": {"shop": "bench", "base_url": "http://127.0.0.1:9"}, "locations": ["STUDIO"]}
    with server.client() as client:
        answer = client.post("/v1/channels", json=draft | {"credentials": {"client_id": "bench", "client_secret": SECRET}})
        answer.raise_for_status()
        return str(answer.json()["id"])


def rows(scope: Scope) -> Rows:
    """Every workload in every round, each with the server's CPU time per answer in ms."""
    found: dict[str, list[Seen]] = defaultdict(list)
    cpu_ms: dict[str, list[float]] = defaultdict(list)
    with server_on(scope.database, scope.folder, SERVE, **UNLIMITED) as server:
        channel, numbers = connect(server), itertools.count(1)
        process = psutil.Process(server.pid)
        for round in range(scope.rounds):
            for kind in WORKLOADS:
                scope.says(f"round {round + 1} of {scope.rounds}: {kind}")
                plan = Plan(
                    port=server.port,
                    path="/bench/echo" if kind == "echo" else f"/webhooks/{channel}",
                    channel=channel,
                    first=-1 if kind == "repeated" else next(numbers) * 10_000_000,
                    clients=scope.clients,
                    seconds=scope.seconds,
                    pace=PACE if kind in ("steady", "flood") else 0.0,
                    flood=FLOOD if kind in ("full", "flood") else 0.0,
                )
                before = sum(process.cpu_times()[:2])
                found[kind].append(drive(plan))
                spent = sum(process.cpu_times()[:2]) - before
                cpu_ms[kind].append(spent * 1000 / max(found[kind][-1].answers, 1))
    _as_expected(itertools.chain(*found.values()))
    rate = {kind: [one.per_second for one in rounds] for kind, rounds in found.items()}
    echo, sqlite = statistics.median(rate["echo"]), scope.database == "sqlite"
    kept = statistics.median(rate["kept"])
    steady = statistics.median(one.p99_ms for one in found["steady"])
    return {
        "signed messages, each a new one": Figure.of(
            rate["kept"], "/s", ">= 2000" if sqlite else ">= 1200", baseline=echo, beside="the same server reads them and does nothing"
        ),
        "the server's processor time for a message": Figure.of(
            cpu_ms["kept"], "ms", baseline=statistics.median(cpu_ms["echo"]), beside="for reading it"
        ),
        f"signed messages beside {FLOOD:g} forgeries a second": Figure.of(rate["full"], "/s", baseline=kept, beside="without them"),
        f"p99 of {PACE:g} a second beside {FLOOD:g} forgeries": Figure.of(
            [one.p99_ms for one in found["flood"]], "ms", baseline=steady, beside="without them"
        ),
        "messages that came before": Figure.of(rate["repeated"], "/s", baseline=kept, beside="new ones"),
    }


def beside(scope: Scope) -> Rows:
    """How long a message waits for its answer while a file comes in, the store is copied, or its books are checked."""
    skus, orders_s = (2_000, 1.0) if scope.quick else (10_000, 10.0)
    path = scope.folder / "products.csv"
    imports.write_file(path, skus)
    found: dict[str, Seen] = {}
    with server_on(scope.database, scope.folder, SERVE, **UNLIMITED) as server:
        open_shop(server)
        channel, numbers = connect(server), itertools.count(1)

        def during(what: str, do: Callable[[], object], *, again: bool = True) -> None:
            scope.says(f"messages and {what}")
            plan = Plan(server.port, f"/webhooks/{channel}", channel, next(numbers) * 10_000_000, scope.clients, 0.0, BESIDE)
            began = time.monotonic()
            with driving(plan) as seen:
                do()
                while again and time.monotonic() - began < scope.seconds:
                    do()
            found[what] = seen()
            assert found[what].statuses, f"no message was answered beside {what}"

        during("nothing else", lambda: time.sleep(2 * scope.seconds), again=False)
        during("an import", lambda: _take_in(server, path.read_bytes()), again=False)
        scope.says("orders, so that there is something to copy and to check")
        take_orders(Orders(server.port, "/v1/orders", OWNER_TOKEN, "before", own_orders("many", seed=1), scope.clients, orders_s))
        copies = itertools.count()
        during("a backup", lambda: _runs(server, "backup", scope.folder / f"copy-{next(copies)}.sqlite"))
        during("a check", lambda: _runs(server, "check"))
    _as_expected(found.values())
    alone = found.pop("nothing else")
    return {
        f"p99 of {BESIDE:g} a second during {what}": Figure(
            seen.p99_ms, "ms", f"<= {SLOWEST_MS}", baseline=alone.p99_ms, beside="with nothing else"
        )
        for what, seen in found.items()
    }


def _as_expected(seen: Iterator[Seen] | Any) -> None:
    wrong = {status for one in seen for status in (set(one.statuses) - {"200"}) | (set(one.forged_statuses) - {"401"})}
    assert not wrong, f"answers that nobody asked for: {', '.join(sorted(wrong))}"


def _take_in(server: Server, body: bytes) -> None:
    """Send the file, and wait until it is in."""
    with server.client() as client:
        row = client.post("/v1/imports?name=products.csv", content=body, headers={"Content-Type": "text/csv"}).raise_for_status().json()
        while row["status"] in ("waiting", "running"):
            time.sleep(0.25)
            row = client.get(f"/v1/imports/{row['id']}").raise_for_status().json()
        assert row["status"] == "done", row


def _runs(server: Server, *command: str | Path) -> None:
    done = server.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        print(json.dumps(asdict(uvloop.run(load(Plan(**json.loads(sys.stdin.readline())))))))
