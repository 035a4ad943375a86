"""A program that takes signed messages, over real HTTP on the loopback address."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests import servers


class Receiver:
    """A program that takes signed messages, and believes none whose signature is wrong."""

    def __init__(self) -> None:
        self.secret = ""
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.signatures: list[str] = []
        self.asked = 0
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")
        self.gate = threading.Event()
        self.gate.set()
        self._lock = threading.Lock()
        self.port = servers.free_port()
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._server: ThreadingHTTPServer | None = None

    def says(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.answer = lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                if receiver._server is None:  # somebody kept a connection to it
                    raise ConnectionResetError
                status, headers, body = receiver.take(dict(self.headers), self.rfile.read(int(self.headers["content-length"])))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:  # whoever had read enough is gone
                    self.close_connection = True

        class Server(ThreadingHTTPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def take(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        self.gate.wait(30)
        with self._lock:
            self.asked += 1
            try:
                said = Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                return 401, {}, b""
            status, more, answer = self.answer(said)
            if status < 300:
                self.taken.append((headers["webhook-id"], said))
                self.signatures.append(headers["webhook-signature"])
            return status, more, answer

    @property
    def subjects(self) -> list[str]:
        """What the messages that it took are about."""
        return [said["data"]["subject"] for _, said in self.taken]

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@contextmanager
def receiving() -> Iterator[Receiver]:
    made = Receiver()
    made.start()
    yield made
    made.gate.set()
    made.stop()
