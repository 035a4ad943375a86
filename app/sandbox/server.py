"""Simulated shops over real HTTP, on the loopback address: the same `handle`, with sockets in between, and what goes wrong there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app import chance
from app.sandbox.faults import Faults
from app.sandbox.shop import Shop

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class _BrokenOff(Response):
    """An answer that promises more than comes: the connection is closed in the middle of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})


def application(shop: Shop, faults: Faults | None = None) -> Starlette:
    """The shop as an ASGI application. Whoever else uses the shop meanwhile holds its `lock`."""
    wrong = faults or Faults()
    late: set[asyncio.TimerHandle] = set()

    def handle(request: httpx.Request) -> httpx.Response:
        with shop.lock:
            return shop.handle(request)

    async def handled(request: httpx.Request) -> Response:
        answered = await run_in_threadpool(handle, request)
        return Response(answered.content, answered.status_code, headers=dict(answered.headers))

    async def no_answer(request: Request) -> Response:
        """Nothing is heard until the caller gives up or the connection breaks."""
        with suppress(TimeoutError):
            async with asyncio.timeout(chance.random().uniform(*wrong.hangs_s)):
                await request.receive()  # the body was read: what comes next is that the caller is gone
        return _BrokenOff()

    async def answer(request: Request) -> Response:
        asked = httpx.Request(request.method, str(request.url), headers=request.headers.raw, content=await request.body())
        match wrong.draw(asked):
            case "fail_before":
                return await no_answer(request)
            case "fail_after":
                await handled(asked)
                return await no_answer(request)
            case "land_late":
                loop = asyncio.get_running_loop()
                late.add(loop.call_later(chance.random().uniform(*wrong.late_s), loop.run_in_executor, None, handle, asked))
                return await no_answer(request)
            case "limited":
                return Response("<h1>Too many requests</h1>", 429, {"retry-after": f"{wrong.retry_after_s:g}"}, "text/html")
            case "broken":
                if chance.random().random() < 0.5:
                    await handled(asked)
                return Response("<h1>Service unavailable</h1>", 503, media_type="text/html")
            case "slow":
                await asyncio.sleep(chance.random().uniform(*wrong.slow_s))
                answered = await handled(asked)
                await asyncio.sleep(chance.random().uniform(*wrong.slow_s))
                return answered
        return await handled(asked)

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self.ready.set()


class Site:
    """A shop's own web server: it may go down and come up again, under the same address."""

    def __init__(self, shop: Shop, *, port: int = 0, faults: Faults | None = None) -> None:
        self.shop, self.port, self.faults = shop, port, faults or Faults()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_up(self) -> bool:
        return self._server is not None

    def open(self) -> None:
        """Listen, and return when it does. Raises: RuntimeError."""
        config = uvicorn.Config(
            application(self.shop, self.faults),
            host="127.0.0.1",
            port=self.port,
            log_config=None,
            access_log=False,
            date_header=False,  # the shop says the time of its own clock
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        self._thread = threading.Thread(target=server.run, name=f"sandbox {self.shop.name}", daemon=True)
        self._thread.start()
        if not server.ready.wait(10) or not server.servers:
            server.should_exit = True
            raise RuntimeError(f"the sandbox shop {self.shop.name} didn't start")
        self.port = server.servers[0].sockets[0].getsockname()[1]
        self._server = server

    def close(self) -> None:
        """Nobody listens any more; who is being answered has a second."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.should_exit = True
            self._thread.join(10)


@contextmanager
def served(shop: Shop, *, port: int = 0, faults: Faults | None = None) -> Iterator[str]:
    """Serve the shop until the block ends. Gives its address."""
    site = Site(shop, port=port, faults=faults)
    site.open()
    try:
        yield site.url
    finally:
        site.close()
