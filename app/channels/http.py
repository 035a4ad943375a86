"""The one way out to a marketplace: HTTP that goes where it may, ends when it has to, and is never repeated by itself.

httpx's time-outs are per operation, so a server that drips a byte now and then holds a request for ever. The fenced write needs to know
when a request can have left at the latest, so here one deadline covers everything from connecting to the last byte. It is kept below
httpx, at the socket: each wait is given what is left of it, and nothing is written once it has passed.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore
import httpx
import orjson

from app import chance
from app.channels.base import ChannelError
from app.channels.clock import Clock, time_of


class ForbiddenHost(ChannelError):
    """A request to a place that isn't the connected shop's. Nothing was sent."""


class PrivateAddress(ForbiddenHost):
    """A name or an address of this machine, or of a network that only insiders reach. Nothing was sent."""


@dataclass(slots=True)
class Response:
    """An answer as a whole, decoded. `at`: when it was given, by the clock of who gave it, if it says so."""

    status_code: int
    headers: httpx.Headers
    content: bytes
    at: datetime | None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    @property
    def is_redirect(self) -> bool:
        return 300 <= self.status_code < 400

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Raises: ValueError, RecursionError."""
        return parsed(self.content)


def parsed(content: bytes) -> Any:
    """What a shop wrote as JSON. Raises: ValueError, RecursionError."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:  # some shops begin with a byte order mark, or say NaN: the slower parser takes that
        return json.loads(content)


class Client:
    """HTTP to the hosts of one connected shop.

    `hosts`: names with an optional port (`shop.example`, `shop.example:8443`); without one, the scheme's own port, and on the loopback
    address any. `guard` is called immediately before each request leaves, and may raise. Plain HTTP is only spoken to the loopback
    address, through a given transport, or where the adapter says that it signs its requests (`plain_http_ok`).

    `public_only`: it connects to addresses that anybody can reach, and to no other, whatever a name says. `cut`: of an answer that is
    larger than `max_bytes` the rest isn't read, and it isn't decoded; without it such an answer is broken.
    """

    def __init__(
        self,
        hosts: frozenset[str],
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = 20.0,
        guard: Callable[[], None] = lambda: None,
        max_bytes: int = 20_000_000,
        *,
        plain_http_ok: bool = False,
        clock: Clock | None = None,
        public_only: bool = False,
        cut: bool = False,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._guard, self._timeout_s, self._max_bytes = guard, timeout_s, max_bytes
        self._plain_http_ok = plain_http_ok or transport is not None
        self._clock = clock
        self._cut = cut
        # Not httpx's own client: of what that does with each request, cookies, redirects and credentials in addresses are none of ours.
        self._transport = transport or _Network(_PublicBackend() if public_only else _Backend())
        self._extensions = {"timeout": httpx.Timeout(timeout_s).as_dict()}

    def request(
        self,
        method: str,
        url: str | httpx.URL,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
        json: Any = None,
    ) -> Response:
        """Send it once and read the whole answer, whatever its status.

        Raises: ForbiddenHost, whatever `guard` raises, httpx.TimeoutException when the deadline passed, and other kinds of
        httpx.TransportError for a network that fails or an answer that is broken or too large.
        """
        request = self._written(method, self._allowed(url), headers or {}, params, content, json)
        self._guard()
        sent_at = chance.now()
        deadline = chance.monotonic() + self._timeout_s
        _deadline.at = deadline
        try:
            answer = self._transport.handle_request(request)
            try:
                at = time_of(answer.headers.get("date"))
                if self._clock is not None and "age" not in answer.headers:  # a cache's answer says when it was fetched
                    self._clock.heard(at, sent_at)
                body = self._read(answer, request, deadline)
            finally:
                answer.close()
        except httpx.DecodingError as error:
            raise httpx.RemoteProtocolError("the answer can't be decoded", request=request) from error
        finally:
            _deadline.at = None
        return Response(answer.status_code, answer.headers, body, at)

    def close(self) -> None:
        self._transport.close()

    def _allowed(self, url: str | httpx.URL) -> httpx.URL:
        try:
            address = _address(url)
        except httpx.InvalidURL as error:
            raise ForbiddenHost(f"{str(url)[:200]!r} is not an address.") from error
        host, port = address.host.lower(), address.port
        known = (host in self._hosts and (port is None or is_loopback(host))) or f"{host}:{port}" in self._hosts
        if not known or address.userinfo:
            raise ForbiddenHost(f"{host or 'This address'} doesn't belong to the connected shop, so nothing was sent there.")
        if address.scheme != "https" and not (address.scheme == "http" and (self._plain_http_ok or is_loopback(host))):
            raise ForbiddenHost(f"{host} may only be reached by https, so nothing was sent there.")
        return address

    def _written(
        self,
        method: str,
        address: httpx.URL,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None,
        content: bytes | None,
        json: Any,
    ) -> httpx.Request:
        """With all its headers: httpx works out those that are missing, and takes three times as long for it."""
        if params is not None:
            address = address.copy_with(params=params)
        sent = {"host": address.netloc.decode(), **_HEADERS}
        if content is None and json is not None:
            content, sent["content-type"] = orjson.dumps(json), "application/json"
        if content or method in ("POST", "PUT", "PATCH"):
            sent["content-length"] = str(len(content or b""))
        for name, value in headers.items():
            sent[name.lower()] = value
        request = httpx.Request(method, address, headers=sent, stream=httpx.ByteStream(content or b""), extensions=self._extensions)
        request.read()
        return request

    def _read(self, answer: httpx.Response, request: httpx.Request, deadline: float) -> bytes:
        chunks, size = [], 0
        is_packed = "content-encoding" in answer.headers and not self._cut
        for chunk in answer.iter_bytes() if is_packed else typing.cast("httpx.SyncByteStream", answer.stream):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_bytes:
                if self._cut:
                    return b"".join(chunks)[: self._max_bytes]
                raise httpx.RemoteProtocolError(f"the answer is larger than {self._max_bytes} bytes", request=request)
            _still_time(deadline, request)
        _still_time(deadline, request)
        return b"".join(chunks)


_address = lru_cache(256)(httpx.URL)  # a shop is asked at the same few addresses again and again
_HEADERS = {"accept": "application/json", "accept-encoding": "gzip, deflate", "connection": "keep-alive", "user-agent": "Tallystick"}


def _still_time(deadline: float, request: httpx.Request) -> None:
    if chance.monotonic() > deadline:
        raise httpx.ReadTimeout("the answer wasn't complete in time", request=request)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


# Addresses that anybody can reach

# A translator's own prefix: what it leads to stands in the last four bytes.
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an address lies where anybody can reach it. One that only carries another address in it is as public as that one, and those
    that no honest receiver has any more (6to4, Teredo, IPv4 written as IPv6) aren't."""
    found: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(found, IPv6Address):
        if found in _NAT64:
            found = IPv4Address(int(found) & 0xFFFFFFFF)
        elif found.ipv4_mapped or found.sixtofour or found.teredo or found.is_site_local:
            return False
    inside = found.is_private or found.is_loopback or found.is_link_local or found.is_reserved or found.is_unspecified
    return found.is_global and not found.is_multicast and not inside


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of a name, asked for once. Raises: PrivateAddress where any of them isn't public; OSError where there is none."""
    found = list(dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    for address in found:
        if not is_public(address):
            leads = "" if address == host else f" leads to {address}, which"
            raise PrivateAddress(f"{host}{leads} is no public address, so nothing was sent there.")
    return found


# The network with a deadline


class _Deadline(threading.local):
    """When the request of this thread has to be over; None between requests, when connections are only closed."""

    at: float | None = None

    def left(self, timeout: float | None, too_late: type[httpcore.TimeoutException]) -> float | None:
        if self.at is None:
            return timeout
        left = self.at - chance.monotonic()
        if left <= 0:
            raise too_late("the request's time is over")
        return left if timeout is None else min(timeout, left)


_deadline = _Deadline()


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _deadline.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _deadline.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _deadline.left(timeout, httpcore.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _deadline.left(timeout, httpcore.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


# Of several addresses one that doesn't answer leaves time for the next.
NEXT_ADDRESS_S = 4.0


class _PublicBackend(_Backend):
    """It connects to the very address that it has checked: a name that leads elsewhere a moment later leads nowhere. The certificate is
    still that of the name."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = public_addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} can't be found") from error
        while True:
            address = addresses.pop(0)
            patience = NEXT_ADDRESS_S if addresses and timeout is not None else timeout
            try:
                return super().connect_tcp(address, port, patience, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not addresses:
                    raise


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx():
            yield from self._stream

    def close(self) -> None:
        if hasattr(self._stream, "close"):
            self._stream.close()


class _Network(httpx.BaseTransport):
    """httpx over httpcore, as it comes, but for the network below it: httpx's own transport takes none."""

    def __init__(self, backend: _Backend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), max_connections=4, keepalive_expiry=30.0, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        sent = httpcore.Request(
            request.method,
            httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port, target=request.url.raw_path),
            headers=request.headers.raw,
            content=typing.cast("httpx.SyncByteStream", request.stream),
            extensions=request.extensions,
        )
        with _as_httpx():
            got = self._pool.handle_request(sent)
        return httpx.Response(got.status, headers=got.headers, stream=_Body(typing.cast("Iterable[bytes]", got.stream)))

    def close(self) -> None:
        self._pool.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """The same failures under httpx's names: both libraries have the same list of them."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
