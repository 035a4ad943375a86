"""The event stream over real sockets: the connection's own back-pressure, and stopping while somebody listens."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from app import domain, tail
from app.database import Database, Session
from app.domain import events
from app.domain.causes import Cause
from app.main import Server as Uvicorn
from app.main import create_app, open_store
from app.settings import Settings
from tests.servers import OWNER_TOKEN, Server, free_port, until

HEADERS = {"Authorization": f"Bearer {OWNER_TOKEN}"}


@pytest.fixture
def talkative(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """The data directory of a store with some megabytes of events: more than the system keeps for a connection that nobody reads."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())

    def talk(session: Session) -> None:
        for _ in range(300):
            events.append(session, "tested", None, {"said": "x" * 20_000}, cause=Cause("test"))

    database = Database(f"sqlite:///{folder / 'tallystick.sqlite'}", finish=domain.finish)
    database.run(open_store, "EUR")
    database.run(talk)
    database.close()
    return folder


@contextmanager
def taking_nothing(port: int) -> Iterator[None]:
    """A reader who asks for everything, and reads the answer's first bytes alone."""
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.connect(("127.0.0.1", port))
        request = f"GET /v1/events/stream?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {OWNER_TOKEN}\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(17) == b"HTTP/1.1 200 OK\r\n"
        yield


@contextmanager
def listening(url: str) -> Iterator[list[str]]:
    """A reader of what happens from now on; what it has read, line by line, and at last how its answer ended."""
    lines: list[str] = []

    def read() -> None:
        with httpx.stream("GET", f"{url}/v1/events/stream", headers=HEADERS, timeout=30) as answer:
            for line in answer.iter_lines():
                lines.append(line)  # noqa: PERF402 - somebody looks at them meanwhile
            lines.append("whole")  # a stream that was cut off raises

    reader = threading.Thread(target=read)
    reader.start()
    until(lambda: "retry: 3000" in lines, within_s=10, what="it listens")
    yield lines
    reader.join(10)


def test_a_server_that_is_told_to_stop_ends_its_streams_at_once(talkative: Path) -> None:
    server = Server(talkative, log_level="warning")
    with server, listening(server.url) as lines:
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 5, "uvicorn alone would have waited for ten seconds"
    assert lines[-1] == "whole"
    assert "ERROR" not in server.log.read_text() and "error" not in server.log.read_text()


def test_what_waits_for_a_reader_that_takes_nothing_is_bounded_and_holds_up_nobody_nor_the_end(talkative: Path) -> None:
    port = free_port()
    ready = threading.Event()
    settings = Settings(data_dir=talkative, owner_token=OWNER_TOKEN, log_level="error", port=port)
    server = Uvicorn(uvicorn.Config(create_app(settings, on_ready=lambda _: ready.set()), port=port, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    url = f"http://127.0.0.1:{port}"

    def waiting() -> list[Any]:
        return [connection for connection in list(server.server_state.connections) if connection.flow.write_paused]  # type: ignore[union-attr]

    try:
        assert ready.wait(20)
        until(lambda: server.started, within_s=10, what="it listens")
        with taking_nothing(port), listening(url) as lines:
            until(lambda: len(waiting()) == 1, within_s=20, what="the connection is full")
            place = {"code": "STALL", "name": "Stall"}
            assert httpx.post(f"{url}/v1/locations", json=place, headers=HEADERS).status_code == 201
            until(lambda: "event: location.created" in lines, within_s=10, what="others read on")
            (stuck,) = waiting()
            assert stuck.transport.get_write_buffer_size() < 2 * (tail.CHUNK_BYTES + 20_000), "of six million bytes"
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive(), "uvicorn alone would wait for as long as the reader likes"
    finally:
        server.should_exit = server.force_exit = True
        thread.join(20)
