"""A shop that trades: its stock, its buyers, and the HTTP that a crowd of them needs."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, Self, cast

import httpx

from tests.servers import OWNER_TOKEN, Server, until

# HTTP


class Answer(NamedTuple):
    status: int
    head: bytes
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        for line in self.head.split(b"\r\n")[1:]:
            label, _, value = line.partition(b":")
            if label.strip().lower() == name.lower().encode():
                return value.strip().decode()
        return None


def request(method: str, path: str, body: Any = None, *, key: str | None = None, token: str = OWNER_TOKEN) -> bytes:
    """A whole HTTP/1.1 request, ready to send as often as one likes."""
    content = b"" if body is None else json.dumps(body).encode()
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    head += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    head += [f"Idempotency-Key: {key}"] if key else []
    return "\r\n".join([*head, "", ""]).encode() + content


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time.

    It knows just as much HTTP as our own server speaks (a body has a Content-Length), because a general
    client costs more per request than the server that is to be put under load.
    """

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, port: int) -> Self:
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def send(self, request: bytes) -> Answer:
        """The answer. Raises ConnectionError where none came: the request may have been carried out."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = _content_length(head)
        if len(self._received) < end + 4 + length:
            return
        body = bytes(self._received[end + 4 : end + 4 + length])
        del self._received[: end + 4 + length]
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(Answer(int(head[9:12]), head, body))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the connection broke before the answer"))


def _content_length(head: bytes) -> int:
    found = head.lower().partition(b"\r\ncontent-length:")[2]
    if not found:
        raise ValueError(f"an answer without Content-Length: {head!r}")
    return int(found.partition(b"\r\n")[0])


# A shop and its stock


def stock(server: Server, quantity: int, *codes: str) -> None:
    """SKUs with that many units of each at the first location."""
    with server.client() as client:
        skus = [{"code": code, "price": {"amount": 1250, "currency": "EUR"}} for code in codes]
        made = client.post("/v1/products", json={"title": "Mug", "skus": skus})
        assert made.status_code == 201, made.text
        for code in codes:
            receipt = {"sku": code, "location": "STUDIO", "quantity": quantity, "source": "supplier"}
            receipt |= {"target": "available", "reason": "received", "reference": f"PO-{code}"}
            if quantity:
                received = client.post("/v1/stock/movements", json=receipt)
                assert received.status_code == 201, received.text


def order(*codes: str, quantity: int = 1, reference: str | None = None) -> dict[str, Any]:
    price = {"amount": 1250, "currency": "EUR"}
    lines = [{"sku": code, "quantity": quantity, "unit_price": price} for code in codes]
    return {"lines": lines, **({"reference": reference} if reference else {})}


def level(server: Server, code: str) -> dict[str, int]:
    """The SKU's states, added up over the locations."""
    with server.client() as client:
        items = everything(client, f"/v1/stock?sku={code}")
    states = ("available", "committed", "reserved", "on_hand")
    return {state: sum(item[state] for item in items) for state in states}


def everything(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """Every page of a list."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get(httpx.URL(path).copy_merge_params({"limit": 200} | ({"after": cursor} if cursor else {})))
        page.raise_for_status()
        items += page.json()["items"]
        cursor = page.json()["next"]
        if cursor is None:
            return items


# Buyers who don't give up


class Trade:
    """Buyers who place one order after another, each repeated with its key until it is acknowledged."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = False
        self._news = asyncio.Event()
        self.accepted: set[str] = set()
        self.refusals: list[Answer] = []
        self.broken = 0

    @classmethod
    @asynccontextmanager
    async def going_on(cls, server: Server, *, buyers: int = 8) -> AsyncIterator[Self]:
        """While the block runs; at its end every buyer waits for the acknowledgement of his last order."""
        trade = cls(server)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(trade._buy(buyer)) for buyer in range(buyers)]
            yield trade
            trade._over = True
            _, waiting = await asyncio.wait(tasks, timeout=30)
            if waiting:
                raise TimeoutError(f"{len(waiting)} buyers still wait for an acknowledgement")

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it while the buyers go on; a buyer who fails ends the waiting."""
        async with asyncio.timeout(30):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_readiness_is(self, status: int) -> None:
        told = lambda: self._server.readiness() == status  # noqa: E731
        await asyncio.to_thread(until, told, within_s=30, what=f"/readyz answers {status}")

    async def until_accepted(self, more: int) -> None:
        enough = len(self.accepted) + more
        await self.until(lambda: len(self.accepted) >= enough)

    async def _buy(self, buyer: int) -> None:
        # Two buyers in three want both, in opposite order.
        codes = [("CUP", "JUG"), ("JUG", "CUP"), ("CUP",)][buyer % 3]
        connection: Connection | None = None
        number = 0
        while not self._over:
            reference = f"{buyer}-{number}"
            asked = request("POST", "/v1/orders", order(*codes, reference=reference), key=reference)
            while reference not in self.accepted:
                try:
                    connection = connection or await Connection.open(self._server.port)
                    answer = await connection.send(asked)
                except OSError:  # nobody listens, or nobody knows whether the order was placed
                    connection = None
                    self.broken += 1
                    await asyncio.sleep(0.1)
                    continue
                if answer.status == 201:
                    assert answer.json()["reference"] == reference
                    self.accepted.add(reference)
                else:
                    assert answer.status == 503, answer
                    self.refusals.append(answer)
                    await asyncio.sleep(0.02)
                self._news.set()
            number += 1
        if connection is not None:
            connection.close()


def assert_books_agree(server: Server, trade: Trade, *, received: int) -> None:
    """Every acknowledged order is stored, once; nothing else is; and the stock says the same."""
    with server.client() as client:
        stored = everything(client, "/v1/orders")
    assert sorted(one["reference"] for one in stored) == sorted(trade.accepted)
    for code in ("CUP", "JUG"):
        lines = [line for one in stored for line in one["lines"] if line["sku"] == code]
        sold = len(lines)
        assert sum(line["committed"] for line in lines) == sold
        expected = {"available": received - sold, "committed": sold, "reserved": 0, "on_hand": received}
        assert level(server, code) == expected


def assert_check_is_clean(server: Server) -> None:
    checked = server.run("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
