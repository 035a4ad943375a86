"""How fast a sale goes round: a shop's signed message is sent, and the write that it leads to arrives at the other shop.

All of it over real HTTP: the service is a process of its own, the two simulated shops and their buyers are this one. Most sales leave
plenty behind and need no write anywhere; of a scarce SKU each shop shows two units, one of them sells both, and the other one has to
give one of its own.
"""

from __future__ import annotations

import re
import statistics
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.sandbox.server import served
from app.sandbox.shop import Outgoing
from app.sandbox.shopify import ShopifyShop
from bench.report import Figure, Rows, Scope
from tests.servers import Server, postgres, until

PLENTY, MANY = 20, 4_000
SENDERS = 4
# One sale in so many is of the last units there.
SCARCE_EVERY = 5
TITLE = "How fast a sale goes round, over HTTP: message sent → write arrives at another shop"
PER_SECOND = 50


class Watched(ShopifyShop):
    """A shop that notes when a write of an item first arrives."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name)
        self.delay_s, self.doubled, self.index_lag_s = (0.0, 0.0), 0.0, 0.2
        self.admin.restores_per_s = 1_000.0  # Shopify Plus: the shop's own budget isn't what is measured
        self.arrived: dict[str, float] = {}

    def handle(self, request: httpx.Request) -> httpx.Response:
        if b"inventorySetQuantities" in request.content:
            for item in re.findall(rb"InventoryItem/(\d+)", request.content):
                self.arrived.setdefault(item.decode(), time.perf_counter())
        return super().handle(request)


@contextmanager
def service(database: str, folder: Path, workers: int) -> Iterator[Server]:
    """A service as anybody runs it, that shops can reach; in one process, or with others that work for it."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres(durable=True)).url_for_new_database() if database == "postgresql" else ""
        same: dict[str, Any] = {"database_url": url, "log_level": "error", "key_file": str(folder / "key")}
        server = Server(folder / "shop", **same)
        server.knows(public_url=server.url, **({"work": "false"} if workers else {}))
        stack.enter_context(server)
        for number in range(workers):
            worker = Server(folder / f"worker-{number}", **same)
            worker.knows(public_url=server.url)
            worker.runs("-m", "app.cli", "work", "--port", str(worker.port))
            stack.enter_context(worker)
        yield server


def rows(scope: Scope) -> Rows:
    """One after another, each on a new store, in rounds of at least ten seconds: what piles up does so slowly."""
    found = []
    for round in range(scope.rounds):
        scope.says(f"round {round + 1} of {scope.rounds}: {PER_SECOND} sales a second")
        place = scope.folder / f"{round}"
        place.mkdir()
        found.append(measure(scope.database, place, per_second=PER_SECOND, seconds=3 if scope.quick else max(10, int(scope.seconds))))
    answered, words = statistics.median(each["answered p50 ms"] for each in found), "until the message is answered: it is safe with us"
    slowly = statistics.median(each["answered p99 ms"] for each in found)
    return {
        f"p50 at {PER_SECOND} orders a second": Figure.of(
            [each["p50 ms"] for each in found], "ms", "<= 50", baseline=answered, beside=words
        ),
        f"p99 at {PER_SECOND} orders a second": Figure.of(
            [each["p99 ms"] for each in found], "ms", "<= 500", baseline=slowly, beside=words
        ),
    }


def measure(database: str, folder: Path, *, per_second: int, seconds: int, workers: int = 0) -> dict[str, float]:
    """Milliseconds from a message to the write that it leads to."""
    scarce = per_second * seconds // SCARCE_EVERY
    with ExitStack() as stack:
        server = stack.enter_context(service(database, folder, workers))
        seller, other = Watched("seller"), Watched("other")
        variants: dict[str, str] = {}
        for shop in (seller, other):
            shop.url = stack.enter_context(served(shop))
            for code in _codes(scarce):
                variants[f"{shop.name} {code}"] = shop.add(code, 0, title=code).id
        _open(server, [seller, other], scarce)
        posting = stack.enter_context(ThreadPoolExecutor(SENDERS, initializer=_connect, initargs=(server.port,)))
        other.arrived.clear()
        sent: dict[str, float] = {}
        wanted = set()
        answers = []
        begin = time.perf_counter()
        for number in range(per_second * seconds):
            time.sleep(max(0.0, begin + number / per_second - time.perf_counter()))
            last = number % SCARCE_EVERY == 0
            code = f"LAST-{number // SCARCE_EVERY}" if last else f"MUG-{number % PLENTY}"
            with seller.lock:
                assert seller.buy({variants[f"seller {code}"]: 2 if last else 1}) is not None
                messages = seller.take_deliveries()
            item = other.variants[variants[f"other {code}"]].counter.partition("@")[0] if last else ""
            wanted |= {item} if last else set()
            answers += [posting.submit(_post, message, sent, item) for message in messages]
        answered = sorted(each.result() * 1000 for each in answers)
        until(lambda: other.arrived.keys() >= wanted, within_s=300, what="every sale of last units went round")
    took = sorted((other.arrived[item] - sent[item]) * 1000 for item in wanted)
    return {
        "orders a second": per_second,
        "of them that need a write elsewhere": 1 / SCARCE_EVERY,
        "p50 ms": statistics.median(took),
        "p99 ms": took[len(took) * 99 // 100],
        "answered p50 ms": statistics.median(answered),
        "answered p99 ms": answered[len(answered) * 99 // 100],
    }


def _codes(scarce: int) -> list[str]:
    return [*(f"MUG-{number}" for number in range(PLENTY)), *(f"LAST-{number}" for number in range(scarce))]


def _open(server: Server, shops: list[Watched], scarce: int) -> None:
    """Both shops are live and show what there is: half of it each."""
    with server.client() as api:
        for code in _codes(scarce):
            _made(api, "/v1/products", {"title": code, "skus": [{"code": code, "price": {"amount": 2400, "currency": "EUR"}}]})
        for shop in shops:
            settings = {"shop": shop.name, "location_id": shop.location, "base_url": shop.url, "order_lag_s": "1"}
            credentials = {"client_id": shop.client_id, "client_secret": shop.secrets[-1]}
            draft = {"kind": shop.kind, "name": shop.name, "settings": settings, "credentials": credentials, "locations": ["STUDIO"]}
            _made(api, "/v1/channels", draft)
        until(lambda: _gone_live(api), within_s=120, what="the shops are known")
        for code in _codes(scarce):
            change = api.patch(f"/v1/skus/{_sku(api, code)}/sharing", json={"own_weight": 0}, headers={"If-Match": "*"})
            assert change.is_success, change.text
            received = {"sku": code, "location": "STUDIO", "quantity": 4 if code.startswith("LAST") else MANY}
            _made(api, "/v1/stock/movements", received | {"source": "supplier", "target": "available", "reason": "received"})
    lasts = {code for code in _codes(scarce) if code.startswith("LAST")}

    def shared_out() -> bool:
        return all(
            shop.counters[variant.counter] == (2 if variant.sku in lasts else MANY // 2)
            for shop in shops
            for variant in shop.variants.values()
        )

    until(shared_out, within_s=300, what="both shops show their half")


def _sku(api: httpx.Client, code: str) -> str:
    found: str = api.get("/v1/skus", params={"code": code}).json()["items"][0]["id"]
    return found


def _made(api: httpx.Client, path: str, body: Mapping[str, object]) -> None:
    answer = api.post(path, json=body)
    assert answer.is_success, answer.text


_here = threading.local()


def _connect(port: int) -> None:
    _here.connection = HTTPConnection("127.0.0.1", port, timeout=60)


def _post(message: Outgoing, sent: dict[str, float], item: str) -> float:
    """Send a message, and note when the first one about an item left. Returns how long the answer took."""
    begin = time.perf_counter()
    sent.setdefault(item, begin)
    _here.connection.request("POST", urlsplit(message.url).path, message.body, dict(message.headers))
    answer = _here.connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return time.perf_counter() - begin


def _gone_live(api: httpx.Client) -> bool:
    """Asked once a second: working out what going live would do isn't what is measured."""
    time.sleep(1)
    return api.post("/v1/go-live", json={"accept": ["goes_dark", "no_opening_stock"]}).is_success
