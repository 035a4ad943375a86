"""The load: a process of its own, so that what it costs isn't charged to the server.

It reads a plan from standard input and writes what it saw to standard output, both as JSON. Requests are
built before the clock starts. Each client is one keep-alive connection, which sends its next request when the
answer to the last is in.
"""

import asyncio
import gc
import itertools
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import uvloop


@dataclass(frozen=True)
class Plan:
    """Who is asked for what. `run` keeps the idempotency keys of this run apart from all others."""

    port: int
    path: str
    token: str
    run: str
    bodies: Sequence[dict[str, Any]]
    clients: int
    seconds: float
    warm_up_s: float = 0.5


@dataclass(frozen=True)
class Seen:
    """What came back within the measured seconds; `answers` also counts those of the warm-up."""

    answers: int
    per_second: float
    statuses: dict[str, int]
    p50_ms: float
    p99_ms: float


def drive(plan: Plan) -> Seen:
    """Carry out a plan in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.driver"],
        input=json.dumps(asdict(plan)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Seen(**json.loads(done.stdout))


def requests(plan: Plan) -> Iterator[bytes]:
    """Endless; the bodies in turn, each time with a key of its own."""
    built = []
    for body in plan.bodies:
        content = json.dumps(body).encode()
        head = [f"POST {plan.path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {plan.token}"]
        head += [
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            f"Idempotency-Key: {plan.run}-",
        ]
        built.append(("\r\n".join(head).encode(), b"\r\n\r\n" + content))
    for number, (before, after) in enumerate(itertools.cycle(built)):
        yield b"%b%d%b" % (before, number, after)


class Client(asyncio.Protocol):
    """Sends, waits for the whole answer, notes its status and how long it took, and sends the next."""

    def __init__(self, requests: Iterator[bytes], seen: list[tuple[float, float, bytes]]) -> None:
        self._requests, self._seen = requests, seen
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's isn't a subclass
        self._send()

    def _send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        received = self._received = self._received + data if self._received else data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            return
        at = received.lower().find(b"\r\ncontent-length:", 0, end) + 17
        length = int(received[at : received.find(b"\r\n", at)])
        if len(received) < end + 4 + length:
            return
        now = time.perf_counter()
        self._seen.append((now, now - self._sent_at, received[9:12]))
        self._received = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._seen.append((time.perf_counter(), 0.0, b"broken"))


async def load(plan: Plan) -> Seen:
    seen: list[tuple[float, float, bytes]] = []
    source = requests(plan)
    loop = asyncio.get_running_loop()
    gc.disable()
    transports = [(await loop.create_connection(lambda: Client(source, seen), "127.0.0.1", plan.port))[0] for _ in range(plan.clients)]
    await asyncio.sleep(plan.warm_up_s)
    begin = time.perf_counter()
    await asyncio.sleep(plan.seconds)
    end = time.perf_counter()
    counted = [(latency, status) for at, latency, status in seen if begin <= at < end]
    for transport in transports:
        transport.abort()
    latencies = sorted(latency for latency, _ in counted) or [0.0]
    return Seen(
        answers=len(seen),
        per_second=len(counted) / (end - begin),
        statuses=dict(Counter(status.decode() for _, status in counted)),
        p50_ms=latencies[len(latencies) // 2] * 1000,
        p99_ms=latencies[len(latencies) * 99 // 100] * 1000,
    )


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(load(Plan(**json.load(sys.stdin)))))))
