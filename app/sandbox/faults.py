"""What goes wrong between us and a shop, on purpose: a transport for in-process use that fails as networks and platforms do.

A fault is drawn once per request, so the order of requests alone decides what happens, and a seed replays it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from app import chance
from app.sandbox.shop import Shop


@dataclass
class Faults:
    """Rates between 0 and 1, together at most 1; they may be changed at any time. Times are ranges in seconds."""

    fail_before: float = 0.0  # no answer, and no effect
    fail_after: float = 0.0  # no answer, though it took effect
    land_late: float = 0.0  # no answer, and it takes effect when nobody waits any more
    limited: float = 0.0  # 429, with Retry-After; no effect
    broken: float = 0.0  # 503 of a proxy, a page of HTML; it took effect in half of the cases
    slow: float = 0.0  # a right answer that takes its time on both ways
    down: bool = False  # nobody listens
    late_s: tuple[float, float] = (1.0, 120.0)
    slow_s: tuple[float, float] = (0.1, 3.0)
    hangs_s: tuple[float, float] = (0.2, 25.0)  # over real HTTP: until the connection breaks, unless the caller gives up before
    retry_after_s: float = 2.0
    # Which requests can fail; None: all of them.
    only: Callable[[httpx.Request], bool] | None = None

    def draw(self, request: httpx.Request) -> str | None:
        """What goes wrong with this request."""
        if self.only is not None and not self.only(request):
            return None
        drawn = chance.random().random()
        for name in ("fail_before", "fail_after", "land_late", "limited", "broken", "slow"):
            drawn -= getattr(self, name)
            if drawn < 0:
                return name
        return None


class ShopTransport(httpx.BaseTransport):
    """Carries requests to a shop in this process.

    `wait(seconds)` lets the world go on while a request is on its way; `later(do, seconds)` has something done after that time, for
    requests that land late. Without them no time passes, and a late request never lands.
    """

    def __init__(
        self,
        shop: Shop,
        faults: Faults | None = None,
        *,
        wait: Callable[[float], None] = lambda _: None,
        later: Callable[[Callable[[], None], float], None] = lambda _do, _seconds: None,
    ) -> None:
        self.shop, self.faults = shop, faults or Faults()
        self._wait, self._later = wait, later

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if self.faults.down:
            raise httpx.ConnectError("nobody listens", request=request)
        match self.faults.draw(request):
            case "fail_before":
                self._time_out(request)
            case "fail_after":
                self._handle(request)
                self._time_out(request)
            case "land_late":
                self._later(lambda: self._land(request), chance.random().uniform(*self.faults.late_s))
                self._time_out(request)
            case "limited":
                return httpx.Response(429, headers={"retry-after": f"{self.faults.retry_after_s:g}"}, html="<h1>Too many requests</h1>")
            case "broken":
                if chance.random().random() < 0.5:
                    self._handle(request)
                return httpx.Response(503, html="<h1>Service unavailable</h1>")
            case "slow":
                self._wait(chance.random().uniform(*self.faults.slow_s))
                answer = self._handle(request)
                self._wait(chance.random().uniform(*self.faults.slow_s))
                return answer
        return self._handle(request)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        with self.shop.lock:
            return self.shop.handle(request)

    def _land(self, request: httpx.Request) -> None:
        self._handle(request)

    def _time_out(self, request: httpx.Request) -> None:
        self._wait(request.extensions.get("timeout", {}).get("read") or 0.0)
        raise httpx.ReadTimeout("no answer", request=request)
