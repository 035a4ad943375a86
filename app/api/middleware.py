"""What every request passes: an id, a size limit, one line in the log, and the figures."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import chance
from app.api import problems

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
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request. The two series of a route are looked up once: finding them costs more than counting."""
        known = self._known.get((method, route, status))
        if known is None:
            known = self.requests.labels(method, route, str(status)), self.seconds.labels(method, route)
            self._known[method, route, status] = known
        known[0].inc()
        known[1].observe(seconds)


class Door:
    """The outermost layer: plain ASGI, because it is passed by every request."""

    def __init__(self, app: ASGIApp, *, figures: Figures, max_body_bytes: int, exempt: Container[str] = ()) -> None:
        """`exempt` are paths whose routes read their bodies as a stream, and bound it themselves."""
        self._app = app
        self._figures = figures
        self._most = max_body_bytes
        self._exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), "")
        request_id = given if _REQUEST_ID.fullmatch(given) else chance.new_id()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began, status, taken, begun = chance.monotonic(), 500, 0, False
        streams_since: float | None = None

        async def measured() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._most and scope["path"] not in self._exempt:
                raise HTTPException(413, f"The body is larger than {self._most} bytes; send it in parts.")
            return message

        async def answered(message: Message) -> None:
            nonlocal status, begun, streams_since
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                if any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message.get("headers", ())):
                    streams_since = chance.monotonic()  # how long somebody listens says nothing about us
                message.setdefault("headers", []).append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, measured, answered)
        except Exception as error:
            # Here rather than in a handler of the framework's, which would answer outside of this layer and raise it once more.
            log.error("unexpected error", route=problems.template_of(scope), exc_info=error)
            if begun:
                raise
            await problems.unexpected()(scope, receive, answered)
        finally:
            self._note(scope, status, (streams_since or chance.monotonic()) - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = problems.template_of(scope)
        method = scope["method"] if route != "unknown" else "any"
        self._figures.note(method, route, status, seconds)
        # What strangers send to the one door without a token is counted in the metrics; a flood of it shall not fill the log.
        refused = log.debug if route.startswith("/webhooks") else log.info
        tell = log.error if status >= 500 and status != 503 else refused if status >= 400 else log.debug
        tell("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def allow_browsers(app: Starlette, origins: Sequence[str]) -> None:
    """Let scripts of these web pages call the API. Without this, browsers keep them all out."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID", "X-Request-Id"],
        expose_headers=["Deprecation", "ETag", "Idempotent-Replayed", "Retry-After", "Sunset", "X-Request-Id"],
    )
