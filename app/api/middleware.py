"""What every request passes: an id, a size limit, one line in the log, and the figures."""

from __future__ import annotations

import re

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import chance

log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Figures:
    """Requests by route and status, never by SKU or buyer: labels that grow with the store would swamp whoever collects them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter("tallystick_requests", "HTTP requests.", ["method", "route", "status"], registry=registry)
        self.seconds = Histogram(
            "tallystick_request_seconds",
            "Time from a request to its answer.",
            ["method", "route"],
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
            registry=registry,
        )


class Door:
    """The outermost layer: plain ASGI, because it is passed by every request."""

    def __init__(self, app: ASGIApp, *, figures: Figures, max_body_bytes: int) -> None:
        self._app = app
        self._figures = figures
        self._most = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else chance.new_id()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began, status, taken = chance.monotonic(), 500, 0

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most:
                raise HTTPException(413, f"The body is larger than {self._most} bytes; send it in parts.")
            return message

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        try:
            await self._app(scope, measured, answered)
        finally:
            self._note(scope, status, chance.monotonic() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unknown")
        method = scope["method"] if route != "unknown" else "any"
        self._figures.requests.labels(method, route, str(status)).inc()
        self._figures.seconds.labels(method, route).observe(seconds)
        tell = log.error if status >= 500 and status != 503 else log.info if status >= 400 else log.debug
        tell("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))
