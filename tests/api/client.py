"""The server inside the test's own process: real requests through the whole application, without a socket."""

import asyncio
import itertools
import re
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx

from app.main import create_app
from app.settings import Settings
from tests.servers import OWNER_TOKEN

T = TypeVar("T")

_numbers = itertools.count(1)


class Client:
    """Sends requests with the owner's token, from this machine, and remembers which status each operation has answered."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self._loop = asyncio.new_event_loop()
        self._lifespan = self.app.router.lifespan_context(self.app)
        self.document: dict[str, Any] = self.app.openapi()
        self._templates = [
            (template, re.compile(re.sub(r"{\w+}", "[^/]+", template))) for template in sorted(self.document["paths"], key=_literal_first)
        ]
        self._peers: dict[str, httpx.AsyncClient] = {}
        self.seen: set[tuple[str, str, int]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="server")

    def send(self, method: str, path: str, *, token: str | None = OWNER_TOKEN, peer: str = "127.0.0.1", **request: Any) -> httpx.Response:
        """One request; `request` as httpx takes it. Several threads may send at once."""
        headers = [(b"authorization", b"Bearer " + token.encode())] if token is not None else []
        given = request.pop("headers", {})
        headers += [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in given.items()]

        if peer not in self._peers:
            transport = httpx.ASGITransport(self.app, client=(peer, 50_000))
            self._peers[peer] = httpx.AsyncClient(transport=transport, base_url="http://test", timeout=30, verify=False)
        answer = self.run(self._peers[peer].request(method, path, headers=headers, **request))
        assert answer.headers["x-request-id"], "every answer names its request"
        if template := self.operation(answer.request.url.path):
            self.seen.add((method.lower(), template, answer.status_code))
        return answer

    def get(self, path: str, **request: Any) -> httpx.Response:
        return self.send("GET", path, **request)

    def post(self, path: str, json: Any = None, **request: Any) -> httpx.Response:
        return self.send("POST", path, **({"json": json} if json is not None else {}), **request)

    def made(self, path: str, json: Any = None, **request: Any) -> Any:
        """What a POST that must succeed has answered."""
        answer = self.post(path, json, **request)
        assert answer.is_success, answer.text
        return answer.json()

    def everything(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """Every page of a list."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.get(path, params=parameters).json()
            items += page["items"]
            if page["next"] is None:
                return items
            parameters["after"] = page["next"]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(60)

    def operation(self, path: str) -> str | None:
        """The template in the OpenAPI document that this path belongs to."""
        return next((template for template, pattern in self._templates if pattern.fullmatch(path)), None)

    def undocumented(self) -> list[tuple[str, str, int]]:
        """What was answered although the OpenAPI document doesn't say that it may be."""
        paths = self.document["paths"]
        return sorted(
            (method, template, status)
            for method, template, status in self.seen
            if method in paths[template] and str(status) not in paths[template][method]["responses"]
        )

    # What tests need to begin with

    def sku(self, *, stock: int = 0, **fields: Any) -> str:
        """The code of a new SKU for 12.50 EUR, with that many units at STUDIO."""
        code = f"SKU-{next(_numbers)}"
        self.made("/v1/products", {"title": "Mug", "skus": [{"code": code, "price": eur(1250)} | fields]})
        if stock:
            self.made("/v1/stock/movements", received(code, stock))
        return code

    def level(self, code: str) -> dict[str, int]:
        """The SKU's units by state, over all locations; states without units are left out."""
        levels = self.everything("/v1/stock", sku=code)
        states = ("available", "allotted", "reserved", "committed", "quality_control", "damaged")
        return {state: units for state in states if (units := sum(level[state] for level in levels))}

    def __enter__(self) -> "Client":
        self._thread.start()
        self.run(self._lifespan.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._lifespan.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _literal_first(template: str) -> list[tuple[bool, str]]:
    return [(part.startswith("{"), part) for part in template.split("/")]


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def received(code: str, quantity: int, location: str = "STUDIO") -> dict[str, Any]:
    """A movement: that many units came in."""
    pair = {"source": "supplier", "target": "available", "reason": "received"}
    return {"sku": code, "location": location, "quantity": quantity} | pair


def lines(*wanted: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"sku": code, "quantity": quantity} for code, quantity in wanted]


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The refusal's facts, after a look at whether it is one as RFC 9457 has it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    found: dict[str, Any] = answer.json()
    assert (found["type"], found["status"], found["code"]) == (f"urn:tallystick:problem:{code}", status, code)
    assert found["title"] and found["detail"]
    return found


@contextmanager
def serving(settings: Settings) -> Iterator[Client]:
    """A client of a server with these settings. At the end, what it answered must stand in its OpenAPI document."""
    with Client(settings) as client:
        yield client
    assert client.undocumented() == []
