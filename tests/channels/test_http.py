"""The way out: only to the shop, never twice, never longer than the deadline."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app import chance
from app.channels.http import Client, ForbiddenHost


@contextmanager
def answering(serve: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server on the loopback address that does as it is told with each connection. Gives its address, and what it was sent."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    heard.append(connection.recv(65536))
                    try:
                        serve(connection)
                    except OSError:  # the client has gone
                        continue

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def ok(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), b"connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def local(**how: object) -> Client:
    return Client(frozenset({"127.0.0.1"}), **how)  # type: ignore[arg-type]


def recorded(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer(request)

    return httpx.MockTransport(handle), asked


def test_an_answer_comes_back_whole_and_decoded() -> None:
    packed = gzip.compress(b'{"id":4711}')
    with answering(lambda to: to.sendall(ok(packed, b"content-encoding: gzip", b"x-wp-total: 1"))) as (url, heard):
        answer = local().request("GET", url + "/orders", params={"page": "1"})
    assert (answer.status_code, answer.json(), answer.headers["x-wp-total"]) == (200, {"id": 4711}, "1")
    assert heard[0].startswith(b"GET /orders?page=1 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'\xef\xbb\xbf{"id":4711}', {"id": 4711}),
        (b'{"price":Infinity}', {"price": float("inf")}),
        (b'{"name":"\\ud83d"}', {"name": "\ud83d"}),
    ],
)
def test_json_is_read_as_shops_write_it(sent: bytes, read: object) -> None:
    transport, _ = recorded(lambda _: httpx.Response(200, content=sent))
    assert Client(frozenset({"shop.example"}), transport).request("GET", "https://shop.example/orders").json() == read


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/orders",
        "https://shop.example.elsewhere.example/orders",
        "https://shop.example@elsewhere.example/orders",
        "https://someone:secret@shop.example/orders",
        "https://shop.example:8443/orders",
        "http://shop.example/orders",
        "ftp://shop.example/orders",
        "file:///etc/passwd",
        "//shop.example/orders",
        "orders",
        "https://[shop.example/orders",
    ],
)
def test_nothing_leaves_for_any_place_but_the_shop_by_https(url: str) -> None:
    asked: list[str] = []
    client = Client(frozenset({"shop.example"}), guard=lambda: asked.append("about to leave"))
    with pytest.raises(ForbiddenHost):
        client.request("GET", url)
    assert asked == []


def test_a_shop_on_a_port_of_its_own_is_reached_at_that_port_only() -> None:
    transport, asked = recorded(lambda _: httpx.Response(200))
    client = Client(frozenset({"shop.example:8443"}), transport)
    client.request("GET", "https://SHOP.example:8443/orders")
    with pytest.raises(ForbiddenHost):
        client.request("GET", "https://shop.example/orders")
    assert [str(request.url) for request in asked] == ["https://shop.example:8443/orders"]


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    transport, asked = recorded(lambda _: httpx.Response(302, headers={"location": "https://shop.example/elsewhere"}))
    answer = Client(frozenset({"shop.example"}), transport).request("GET", "https://shop.example/orders")
    assert (answer.status_code, len(asked)) == (302, 1)


def test_a_failure_is_not_repeated() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    transport, asked = recorded(refuse)
    with pytest.raises(httpx.TransportError):
        Client(frozenset({"shop.example"}), transport).request("GET", "https://shop.example/orders")
    assert len(asked) == 1


def test_cookies_are_not_kept() -> None:
    transport, asked = recorded(lambda _: httpx.Response(200, headers={"set-cookie": "session=1; Path=/"}))
    client = Client(frozenset({"shop.example"}), transport)
    client.request("GET", "https://shop.example/orders")
    client.request("GET", "https://shop.example/orders")
    assert ["cookie" in request.headers for request in asked] == [False, False]


def test_the_guard_is_asked_before_each_request_and_can_stop_it() -> None:
    transport, asked = recorded(lambda _: httpx.Response(200))
    leases = iter([True, False])

    def guard() -> None:
        if not next(leases):
            raise PermissionError("the lease is lost")

    client = Client(frozenset({"shop.example"}), transport, guard=guard)
    client.request("PUT", "https://shop.example/products/1", json={"stock_quantity": 1})
    with pytest.raises(PermissionError):
        client.request("PUT", "https://shop.example/products/1", json={"stock_quantity": 2})
    assert [request.content for request in asked] == [b'{"stock_quantity":1}']


@pytest.mark.parametrize("drips", ["headers", "body"])
def test_a_server_that_drips_is_left_at_the_deadline(drips: str) -> None:
    def drip(to: socket.socket) -> None:
        if drips == "body":
            to.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        else:
            to.sendall(b"HTTP/1.1 200 OK\r\nx-long: ")
        for _ in range(100):
            to.sendall(b"a")
            time.sleep(0.05)

    with answering(drip) as (url, _):
        began = time.monotonic()
        with pytest.raises(httpx.TimeoutException):
            local(timeout_s=0.3).request("GET", url)
        assert 0.25 < time.monotonic() - began < 2


def test_a_server_that_says_nothing_is_left_at_the_deadline() -> None:
    done = threading.Event()
    with answering(lambda _: bool(done.wait(10)) and None) as (url, _):
        with pytest.raises(httpx.ReadTimeout):
            local(timeout_s=0.2).request("GET", url)
        done.set()


def test_silence_after_a_slow_start_gets_only_what_is_left_of_the_time() -> None:
    done = threading.Event()

    def begin(to: socket.socket) -> None:
        time.sleep(0.8)
        to.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n1")
        done.wait(10)

    with answering(begin) as (url, _):
        began = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            local(timeout_s=1.0).request("GET", url)
        assert time.monotonic() - began < 1.6
        done.set()


def test_an_answer_that_came_too_late_on_the_virtual_clock_is_a_timeout() -> None:
    source = chance.Seeded(1, datetime(2026, 11, 1, tzinfo=UTC))

    def slow(_: httpx.Request) -> httpx.Response:
        source.advance(timedelta(seconds=21))
        return httpx.Response(200)

    with chance.installed(source), pytest.raises(httpx.ReadTimeout):
        Client(frozenset({"shop.example"}), httpx.MockTransport(slow)).request("GET", "https://shop.example/orders")


def test_an_answer_that_is_too_large_or_broken_is_no_answer() -> None:
    bomb = gzip.compress(b"0" * 1_000_000)
    with answering(lambda to: to.sendall(ok(bomb, b"content-encoding: gzip"))) as (url, _), pytest.raises(httpx.TransportError):
        local(max_bytes=100_000).request("GET", url)
    with answering(lambda to: to.sendall(ok(b"no gzip", b"content-encoding: gzip"))) as (url, _), pytest.raises(httpx.TransportError):
        local().request("GET", url)
    with answering(lambda to: to.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort")) as (url, _):  # noqa: SIM117
        with pytest.raises(httpx.TransportError):
            local().request("GET", url)


def test_a_server_that_is_not_there_is_network_trouble() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(httpx.ConnectError):
        local().request("GET", f"http://127.0.0.1:{port}/")


def certificate(folder: Path) -> Path:
    """A certificate for the loopback address that nobody but us knows, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(datetime.now(UTC) - timedelta(days=1)).not_valid_after(datetime.now(UTC) + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    path = folder / "certificate.pem"
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def test_only_a_server_that_proves_who_it_is_hears_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, heard = certificate(tmp_path), list[bytes]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            raw, _ = listener.accept()
            try:
                with context.wrap_socket(raw, server_side=True) as connection:
                    heard.append(connection.recv(65536))
                    connection.sendall(ok(b"{}"))
            except OSError:  # it wasn't believed
                raw.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(httpx.ConnectError, match="certificate"):
            local().request("GET", url)
        assert heard == []
        trusting = ssl.create_default_context(cafile=str(path))
        monkeypatch.setattr(httpx, "create_ssl_context", lambda **_: trusting)
        client = local()
        assert client.request("GET", url).json() == {}
        client.close()
        thread.join(5)
    assert len(heard) == 1
