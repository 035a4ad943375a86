"""What goes on in the demo: buyers come and go, the potter fires and packs, messages travel, and things go wrong."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import structlog

from app import chance
from app.demo.service import Service
from app.demo.shelf import CODES, PIECES, SET_CODE, SET_WANTED, Stand
from app.sandbox.faults import Faults
from app.sandbox.score import Score
from app.sandbox.shop import Outgoing
from app.sandbox.woocommerce import WooCommerceShop

log = structlog.get_logger()

# At speed 1, how many seconds lie between two of them.
BUYER_S, CANCEL_S, FIRING_S, PACKING_S = 2.0, 25.0, 6.0, 4.0
# And where everything goes wrong that can (faults 1).
MEDDLING_S, OUTAGE_S = 20.0, 60.0
DOWN_S = (8.0, 40.0)
LATE_S = (10.0, 60.0)
PAYS_AFTER_S = (3.0, 15.0)
COLLECT_S = 0.1

_WANTED = [SET_WANTED if code == SET_CODE else next(piece.wanted for piece in PIECES if piece.code == code) for code in CODES]


class Market:
    """Runs in threads of its own until it is stopped. `failed`: why it stopped by itself."""

    def __init__(self, service: Service, stands: list[Stand], score: Score, *, speed: float, faults: float) -> None:
        self.failed: BaseException | None = None
        self._service, self._stands, self._score = service, stands, score
        self._speed, self._faults = speed, faults
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="market")
        self._post = httpx.Client(timeout=10.0, trust_env=False)
        self._thread = threading.Thread(target=self._run, name="market", daemon=True)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._turn = threading.Lock()  # around what is due
        self._numbers = itertools.count()
        self._open: list[tuple[Stand, str]] = []  # paid orders that were neither packed nor cancelled

    def start(self) -> None:
        """Messages travel from now on; nobody buys yet."""
        self._after(0.0, self._collect)
        self._thread.start()

    def trade(self) -> None:
        """Open the doors. Somebody waits there already, and buys something."""
        self._after(0.0, self._buy_first)
        self._again_and_again(BUYER_S / self._speed, self._buy)
        self._again_and_again(CANCEL_S / self._speed, self._cancel)
        self._again_and_again(FIRING_S / self._speed, lambda: self._hand_on(self._fire))
        self._again_and_again(PACKING_S / self._speed, self._pack)
        if self._faults:
            for stand in self._stands:
                _disturb(stand.faults, self._faults)
                if isinstance(stand.shop, WooCommerceShop):
                    stand.shop.races = self._faults
            self._again_and_again(MEDDLING_S / self._faults / self._speed, self._meddle)
            self._again_and_again(OUTAGE_S / self._faults, self._go_down)

    def stop(self) -> None:
        """Nothing happens any more, and whoever waits for a shop's answer has it soon."""
        self._stop.set()
        for stand in self._stands:
            _disturb(stand.faults, 0.0)
        self._thread.join(10)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._post.close()

    # Time

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._turn:
                wait = self._due[0][0] - chance.monotonic()
                do = heapq.heappop(self._due)[2] if wait <= 0 else None
            if do is None:
                self._stop.wait(wait)
                continue
            try:
                do()
            except BaseException as error:
                self.failed = error
                return

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        with self._turn:
            heapq.heappush(self._due, (chance.monotonic() + seconds, next(self._numbers), do))

    def _again_and_again(self, mean_s: float, do: Callable[[], None]) -> None:
        def once() -> None:
            do()
            self._after(chance.random().expovariate(1 / mean_s), once)

        self._after(chance.random().expovariate(1 / mean_s), once)

    def _hand_on(self, do: Callable[..., None], *args: Any) -> None:
        """What takes its time is done elsewhere."""

        def done() -> None:
            try:
                with suppress(httpx.HTTPError):  # the service has too much to do: another time
                    do(*args)
            except BaseException as error:
                self.failed = error

        if not self._stop.is_set():
            self._pool.submit(done)

    # Buyers

    def _buy_first(self) -> None:
        stand = self._stands[0]
        most = max(CODES, key=stand.shows)
        with stand.shop.lock:
            order = stand.shop.buy({stand.variants[most]: 1})
        if order is not None:
            self._open.append((stand, order))

    def _buy(self) -> None:
        """Somebody takes one thing or two, mostly one of each. A few pay later, and not all of those do."""
        random = chance.random()
        (stand,) = random.choices(self._stands, [each.popularity for each in self._stands])
        if not stand.site.is_up:
            return
        wanted = dict.fromkeys(random.choices(CODES, _WANTED, k=random.choice((1, 1, 2))), 1)
        lines = {stand.variants[code]: random.choice((1, 1, 1, 2)) for code in wanted}
        paid = random.random() > 0.1
        with stand.shop.lock:
            order = stand.shop.buy(lines, paid=paid)
        if order is not None and paid:
            self._open.append((stand, order))
        elif order is not None:
            self._after(random.uniform(*PAYS_AFTER_S), lambda: self._pay(stand, order))

    def _pay(self, stand: Stand, order: str) -> None:
        with stand.shop.lock:
            if chance.random().random() < 0.8:
                stand.shop.pay(order)
                self._open.append((stand, order))
            else:
                stand.shop.cancel(order)

    def _cancel(self) -> None:
        """Somebody changes their mind before it is packed. Now and then the units aren't put back on the counter."""
        if self._open:
            stand, order = self._open.pop(chance.random().randrange(len(self._open)))
            with stand.shop.lock:
                stand.shop.cancel(order, restock=chance.random().random() < 0.9)

    # The potter, who works with the service as anybody would

    def _fire(self) -> None:
        """What is short or nearly gone comes out of the kiln."""
        levels = {level["sku"]: level for level in self._service.all("/v1/stock")}
        gone = [piece for piece in PIECES if piece.firing and levels[piece.code]["available"] + levels[piece.code]["allotted"] <= 3]
        if gone:
            piece = chance.random().choice(gone)
            self.receive(piece.code, piece.firing)

    def receive(self, code: str, units: int) -> None:
        """Units arrive, and are booked."""
        self._score.delivered(code, units)
        received = {"source": "supplier", "target": "available", "reason": "received"}
        self._service.post("/v1/stock/movements", {"sku": code, "location": "STUDIO", "quantity": units, **received})

    def _pack(self) -> None:
        """The oldest order is packed, unless it came just now."""
        if len(self._open) > 5:
            self._hand_on(self._send_off, *self._open.pop(0))

    def _send_off(self, stand: Stand, order: str) -> None:
        """It leaves if the service has it, and nothing of it is short; else its turn comes again."""
        reference, sent = f"#{order}" if stand.shop.kind == "shopify" else order, False
        try:
            found = self._service.get("/v1/orders", channel=stand.channel_id, reference=reference)["items"]
            if found and found[0]["paid"] and found[0]["status"] == "open" and not any(line["short"] for line in found[0]["lines"]):
                self._service.post(f"/v1/orders/{found[0]['id']}/shipments", {"carrier": "DHL", "tracking_number": f"00{order}"})
                sent = True
        finally:
            if not sent:
                self._open.append((stand, order))

    # Messages

    def _collect(self) -> None:
        """Messages leave the shops. Some are lost, late or doubled."""
        random = chance.random()
        for stand in self._stands:
            with stand.shop.lock:
                leaving = stand.shop.take_deliveries()
            for message in leaving:
                if random.random() < 0.2 * self._faults:
                    with stand.shop.lock:
                        stand.shop.delivered(message, 200)  # swallowed on the way, where nobody notices
                    continue
                late = random.uniform(*LATE_S) if random.random() < 0.2 * self._faults else 0.0
                for _ in range(2 if random.random() < 0.2 * self._faults else 1):
                    self._after(late, lambda stand=stand, message=message: self._hand_on(self._carry, stand, message))  # type: ignore[misc]
        self._after(COLLECT_S, self._collect)

    def _carry(self, stand: Stand, message: Outgoing) -> None:
        status = None
        with suppress(httpx.HTTPError):
            status = self._post.post(message.url, headers=dict(message.headers), content=message.body).status_code
        with stand.shop.lock:
            stand.shop.delivered(message, status)

    # What goes wrong

    def _meddle(self) -> None:
        """A person types a number at a shop as if nobody looked after it, or enters an order without a look at the shelf."""
        random = chance.random()
        stand, code = random.choice(self._stands), random.choice(CODES)
        with stand.shop.lock:
            if random.random() < 0.3:
                if (order := stand.shop.buy({stand.variants[code]: 1}, force=True)) is not None:
                    self._open.append((stand, order))
            else:
                stand.shop.hand_edit(stand.variants[code], max(0, stand.shows(code) + random.choice((-2, -1, 1, 2))))

    def _go_down(self) -> None:
        """A shop can't be reached for a while, and nobody can buy there."""
        up = [stand for stand in self._stands if stand.site.is_up]
        if len(up) == len(self._stands):
            stand = chance.random().choice(up)
            log.info("a sandbox shop goes down", shop=stand.name)
            self._hand_on(stand.site.close)
            self._after(chance.random().uniform(*DOWN_S), lambda: self._hand_on(stand.site.open))


def _disturb(faults: Faults, much: float) -> None:
    """How often requests to a shop go wrong."""
    faults.fail_before = faults.fail_after = 0.02 * much
    faults.land_late = 0.01 * much
    faults.limited = 0.03 * much
    faults.broken = 0.02 * much
    faults.slow = 0.2 * much
