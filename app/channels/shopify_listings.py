"""What is on sale in a Shopify shop. By pages as long as it isn't much: a page of 100 variants is 500 points, of which a shop may have
100 a second. More is written into a file by Shopify itself, without points, while we ask now and then how far it is.

Both take longer than one call may. What was begun is remembered as long as the adapter lives: the operation's id, or the pages that were
read before the points ran out. After a restart an operation that still runs is found by its text. Whatever is wrong with the file, there
are pages: it is only a faster way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import Any, Final

import httpx

from app import chance
from app.channels.base import Connection, ListingSnapshot, NoUse, TryLater
from app.channels.http import Client, ForbiddenHost
from app.channels.shopify_admin import Admin
from app.channels.shopify_graphql import listing_in_bulk, tail
from app.channels.shopify_orders import called, moment

FEW: Final = 1000  # variants that are read by pages: 50 seconds' points
_AGAIN_S: Final = 5.0
_LONGEST: Final = timedelta(
    hours=1
)  # from its begin until its file is read: Shopify gives an operation ten days; pages take 80 minutes for 100,000 variants
_TRIES: Final = 3
_FORGET_S: Final = 900.0  # pages that nobody went on with: the shop isn't like that any more

_PIECE: Final = 1_000_000
_MOST: Final = 1_000_000_000
_MOST_AT_ONCE: Final = 32_000_000  # of a host that doesn't know of pieces
_LONGEST_LINE: Final = 100_000


class Listings:
    """What one shop sells, variant by variant."""

    def __init__(self, admin: Admin, connection: Connection, base: str, shop: str) -> None:
        self._admin, self._shop = admin, shop
        self._files = _Files(connection, base, shop)
        self._operation: str | None = None
        self._begun_at = 0.0
        self._failures = 0
        self._pages: _Pages | None = None

    def read(self, place: str) -> Iterator[ListingSnapshot]:
        """Everything, from the beginning: variants that a call before this one gave come again. Raises: TryLater, NoUse."""
        if self._pages is not None and self._pages.read_at < chance.monotonic() - _FORGET_S:
            self._pages.close()
            self._pages = None
        if self._pages is None and (finished := self._finished(place)) is not None:
            try:
                yield from self._from_file(finished, place)
            except _Unusable:
                self._operation = None
            else:
                self._operation = None
                return
        yield from self._by_page(place)

    def close(self) -> None:
        self._files.close()
        if self._pages is not None:
            self._pages.close()

    # Pages

    def _by_page(self, place: str) -> Iterator[ListingSnapshot]:
        pages = self._pages = self._pages or _Pages()
        try:
            for node in pages.nodes():
                yield self._listing(node, place)
            while pages.more:
                page = self._admin.ask("VariantListing", {"after": pages.after, "locationId": place}).data["productVariants"]
                pages.keep(page)
                for node in page["nodes"]:
                    yield self._listing(node, place)
        except _Unusable as error:
            pages.read_at -= _FORGET_S  # not to be met again
            raise TryLater("A variant in Shopify's list can't be understood.") from error
        pages.close()
        self._pages = None

    # The file

    def _finished(self, place: str) -> Mapping[str, Any] | None:
        """The operation that has written the file; None: let it be pages. Raises: TryLater while it is being written."""
        if self._begun_at < chance.monotonic() - _LONGEST.total_seconds():
            self._operation = None  # nobody came for its file, and the shop isn't like that any more
        try:
            if self._operation is None:
                counted = self._admin.ask("VariantsCount", {}).data["productVariantsCount"]
                if counted is None or counted["count"] <= FEW:
                    return None
                self._failures, self._begun_at = 0, chance.monotonic()
                self._operation = self._running(place) or self._begun(place)
                if self._operation is None:
                    return None
            found = self._admin.ask("BulkStatus", {"id": self._operation}).data["bulkOperation"]
        except NoUse:
            found = None  # if it isn't about the operation alone, the pages will say so
        if found is not None and found["status"] in _RUNS and moment(found["createdAt"]) > (self._admin.clock or chance.now()) - _LONGEST:
            raise TryLater("Shopify is still writing the list of what is on sale.", after_s=_AGAIN_S, limited=True)
        if found is not None and found["status"] == "COMPLETED" and found["url"]:
            return dict(found)
        self._operation = None  # failed, cancelled, expired, or a state that we don't know
        return None

    def _running(self, place: str) -> str | None:
        """An operation of ours that we don't remember."""
        ours = _words(listing_in_bulk(place))
        listed = self._admin.ask("BulkOperations", {}).data["bulkOperations"]["nodes"]
        return next((str(each["id"]) for each in listed if each["status"] in _RUNS and _words(each["query"]) == ours), None)

    def _begun(self, place: str) -> str | None:
        """None: Shopify has something else to do for this app."""
        answer = self._admin.ask("RunBulk", {"query": listing_in_bulk(place)}).data["bulkOperationRunQuery"]
        made = answer["bulkOperation"]
        return None if answer["userErrors"] or made is None else str(made["id"])

    def _from_file(self, operation: Mapping[str, Any], place: str) -> Iterator[ListingSnapshot]:
        """Raises: _Unusable, and TryLater for a network that may be better soon. What was given before that is right all the same."""
        count = 0
        try:
            for line in self._files.lines(str(operation["url"])):
                yield self._listing(json.loads(line), place)
                count += 1
        except (ValueError, RecursionError) as error:
            raise _Unusable("a line isn't JSON") from error
        except httpx.TransportError as error:
            self._failures += 1
            if self._failures >= _TRIES:
                raise _Unusable("it can't be had") from error
            raise TryLater("Shopify's list of what is on sale can't be fetched.") from error
        # What is missing from a list that seems whole would be taken off sale.
        if str(count) != str(operation["rootObjectCount"]):
            raise _Unusable("it isn't whole")

    # A variant

    def _listing(self, node: Any, place: str) -> ListingSnapshot:
        try:
            return self._snapshot(node, tail(place))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _Unusable(f"a variant lacks {error}") from error

    def _snapshot(self, node: Mapping[str, Any], location: str) -> ListingSnapshot:
        item, product, level = node["inventoryItem"], node["product"], node["inventoryItem"]["inventoryLevel"]
        unit = f"{item['legacyResourceId']}@{location}"
        counter: str | None = unit
        continues = node["inventoryPolicy"] != "DENY"
        why = None
        if node["requiresComponents"]:
            counter, why = None, "A bundle: its components carry the stock, and its number can't be written."
        elif not item["tracked"]:
            counter, why = None, 'Shopify doesn\'t track its quantity and sells it without end. Turn on "Track quantity" in Shopify.'
        elif level is None or not level["isActive"]:
            counter, why = None, "It isn't stocked at the chosen location. Add the location to its inventory in Shopify."
        elif continues:
            why = "It continues selling when out of stock, so Shopify can oversell it. Turn that off in Shopify to protect it."
        elif item["duplicateSkuCount"]:
            why = f"{item['duplicateSkuCount']} other articles in this shop have the same code. Make sure that they are the same thing."
        variant, product_id = str(node["legacyResourceId"]), product["legacyResourceId"]
        return ListingSnapshot(
            external_id=variant,
            sku=node["sku"] or None,
            title=called(product["title"], node["title"]),
            unit=unit,
            counter=counter,
            quantity=None if counter is None else available(level),
            protected=counter is not None and not continues,
            live=product["status"] in ("ACTIVE", "UNLISTED"),
            why=why,
            url=f"https://admin.shopify.com/store/{self._shop}/products/{product_id}/variants/{variant}",
            unique=not item["duplicateSkuCount"],
        )


_RUNS: Final = ("CREATED", "RUNNING")


def available(level: Mapping[str, Any]) -> int | None:
    return next((int(each["quantity"]) for each in level["quantities"] if each["name"] == "available"), None)


def _words(text: Any) -> list[str]:
    """A query however its lines are broken."""
    return str(text).split()


class _Unusable(Exception):
    """What was read can't be what is on sale."""


class _Pages:
    """Pages that were read already, in a file of our own when they are many."""

    def __init__(self) -> None:
        self.after: str | None = None
        self.more = True
        self.read_at = chance.monotonic()
        self._kept = SpooledTemporaryFile(max_size=1_000_000)  # noqa: SIM115  (closed with its listing)

    def keep(self, page: Mapping[str, Any]) -> None:
        for node in page["nodes"]:
            self._kept.write(json.dumps(node).encode() + b"\n")
        self.after, self.more = page["pageInfo"]["endCursor"], bool(page["pageInfo"]["hasNextPage"])
        self.read_at = chance.monotonic()

    def nodes(self) -> Iterator[Any]:
        at = 0
        while True:
            self._kept.seek(at)  # whoever reads may have been interrupted
            line = self._kept.readline()
            if not line:
                return
            at = self._kept.tell()
            yield json.loads(line)

    def close(self) -> None:
        self._kept.close()


class _Files:
    """Files that Shopify wrote for us. Their addresses come in its answers, so they aren't trusted: https alone, from the hosts that keep
    such files, without our token. A file comes in pieces: each is a request with a deadline and a lease of its own, and fits into memory.
    """

    def __init__(self, connection: Connection, base: str, shop: str) -> None:
        self._connection, self._base = connection, httpx.URL(base)
        self._sandbox = bool(connection.settings.get("base_url"))
        hosts = {self._base.netloc.decode()} if self._sandbox else {"storage.googleapis.com", f"{shop}.myshopify.com"}
        self._hosts = frozenset(hosts)
        self._client: Client | None = None

    def lines(self, url: str) -> Iterator[bytes]:
        """Raises: _Unusable, httpx.TransportError."""
        rest, at, total = b"", 0, 1
        while at < total:
            piece, total = self._piece(url, at)
            if not piece or total > _MOST:
                raise _Unusable("it is empty or too large")
            at += len(piece)
            *whole, rest = (rest + piece).split(b"\n")
            yield from (line for line in whole if line.strip())
            if len(rest) > _LONGEST_LINE:
                raise _Unusable("a line has no end")
        if rest.strip():
            yield rest

    def _piece(self, url: str, at: int) -> tuple[bytes, int]:
        """Some bytes from there on, and how many there are in all."""
        wanted = {"range": f"bytes={at}-{at + _PIECE - 1}", "accept-encoding": "identity", "accept": "*/*"}
        if not self._sandbox and not url.lower().startswith("https://"):
            raise _Unusable("its address isn't safe")
        try:
            answer = self._opened().request("GET", url, headers=wanted)
        except ForbiddenHost as error:
            raise _Unusable("its address isn't one of Shopify's") from error
        if answer.status_code == 200 and at == 0:
            return answer.content, len(answer.content)
        range_ = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", answer.headers.get("content-range", ""))
        if answer.status_code == 206 and range_ is not None and int(range_[1]) == at and len(answer.content) <= _PIECE:
            return answer.content, int(range_[2])
        if answer.status_code in (408, 429) or answer.status_code >= 500:
            raise httpx.ReadError(f"HTTP {answer.status_code}")
        raise _Unusable(f"HTTP {answer.status_code}")

    def _opened(self) -> Client:
        if self._client is None:
            self._client = Client(self._hosts, self._connection.transport, guard=self._connection.guard, max_bytes=_MOST_AT_ONCE)
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
