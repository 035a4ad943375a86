"""Simulated shops over real HTTP, on the loopback address: the same `handle`, with sockets in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.shop import Shop

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


def application(shop: Shop) -> Starlette:
    """The shop as an ASGI application. Whoever else uses the shop meanwhile holds its `lock`."""

    def handle(request: httpx.Request) -> httpx.Response:
        with shop.lock:
            return shop.handle(request)

    async def answer(request: Request) -> Response:
        asked = httpx.Request(request.method, str(request.url), headers=request.headers.raw, content=await request.body())
        answered = await run_in_threadpool(handle, asked)
        return Response(answered.content, answered.status_code, headers=dict(answered.headers))

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self.ready.set()


@contextmanager
def served(shop: Shop, *, port: int = 0) -> Iterator[str]:
    """Serve the shop until the block ends. Gives its address."""
    server = _Server(uvicorn.Config(application(shop), host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off"))
    thread = threading.Thread(target=server.run, name=f"sandbox {shop.name}", daemon=True)
    thread.start()
    try:
        if not server.ready.wait(10) or not server.servers:
            raise RuntimeError(f"the sandbox shop {shop.name} didn't start")
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
