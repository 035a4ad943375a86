"""The service under the demo: the whole of it, in this process, and asked by REST alone."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, redirect_stderr, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn

from app import chance
from app.main import Server, create_app
from app.settings import Settings


class NotStarted(Exception):
    """The demo can't begin. The text is for people: why, and what to do."""


class Service:
    """A running Tallystick. `call` is what any program with its token can do."""

    def __init__(self, settings: Settings, log: Path) -> None:
        assert settings.owner_token is not None
        self.url = f"http://{settings.host}:{settings.port}"
        self.token = settings.owner_token.get_secret_value()
        self._settings, self._log = settings, log
        self._numbers = itertools.count(1)
        self._run = chance.new_id()
        self._stack = ExitStack()
        self._ready = threading.Event()
        self._client = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30.0)

    def __enter__(self) -> Self:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self._settings.host, self._settings.port))
        except OSError:
            listening.close()
            raise NotStarted(
                f"Port {self._settings.port} is taken. Stop what listens there, or choose another one: --port {self._settings.port + 1}."
            ) from None
        self._stack.callback(listening.close)
        log = self._stack.enter_context(self._log.open("a", buffering=1))
        with redirect_stderr(log):  # the screen is the view's
            app = create_app(self._settings, on_ready=lambda _: self._ready.set())
        # A sandbox's server breaks off in the middle of answers, and says so: that is on purpose.
        logging.getLogger("uvicorn.error").addFilter(lambda line: not (line.threadName or "").startswith("sandbox"))
        self._server = Server(uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2))
        self._thread = threading.Thread(target=self._server.run, args=([listening],), name="service", daemon=True)
        self._thread.start()
        while not self._ready.wait(0.1):
            if not self.is_up:
                self.__exit__(None, None, None)
                raise NotStarted(f"The service didn't start; {self._log} says why.")
        return self

    @property
    def is_up(self) -> bool:
        return self._thread.is_alive()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()
        self._server.should_exit = True
        self._thread.join(60)
        self._stack.close()

    def get(self, path: str, **query: Any) -> Any:
        """Raises: httpx.HTTPError."""
        answer = self._client.get(path, params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Raises: httpx.HTTPError; a refusal too, with what it says."""
        return self._sent("POST", path, body, {"Idempotency-Key": f"{self._run}-{next(self._numbers)}"})

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._sent("PATCH", path, body, {})

    def _sent(self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]) -> Any:
        answer = self._client.request(method, path, json=body, headers=headers)
        if answer.is_client_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        answer.raise_for_status()
        return answer.json()

    def all(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every record, page by page."""
        after = None
        while True:
            page = self.get(path, limit=200, **query, **({"after": after} if after else {}))
            yield from page["items"]
            after = page["next"]
            if not after:
                return


class Newest:
    """Counts the records of a list that begins with its newest, without reading all of it again."""

    def __init__(self, service: Service, path: str, note: Callable[[dict[str, Any]], None]) -> None:
        self._service, self._path, self._note = service, path, note
        self._known: set[str] = set()

    def look(self) -> None:
        """Pages are read until one brings nothing new."""
        after = None
        while True:
            page = self._service.get(self._path, limit=50, **({"after": after} if after else {}))
            news = [row for row in page["items"] if row["id"] not in self._known]
            for row in news:
                self._known.add(row["id"])
                with suppress(KeyError):
                    self._note(row)
            after = page["next"]
            if not news or not after:
                return
