"""What a simulated Shopify writes into files: a query over everything, without points, one at a time, and fetched from another host."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from app import chance
from app.sandbox import shopify_json
from app.sandbox.shopify_graphql import Answer, Field, Node, Refused, connection, parse
from app.sandbox.shopify_json import gid, tail, utc

if TYPE_CHECKING:
    from app.sandbox.shopify import ShopifyShop

FOLDER = "/bulk-operation-outputs/"
_KEPT = timedelta(days=7)


@dataclass
class Operation:
    id: str
    query: str
    at: datetime
    ends_at: datetime
    file: bytes | None = None
    count: int = 0
    # How it ended, where that isn't by the clock: CANCELED, or FAILED for this reason.
    ended: str | None = None
    reason: str | None = None


class Bulk:
    """The operations of one app. `takes_s`: how long one runs; `fails`: with this error code; `address`: where it says that files are."""

    def __init__(self, shop: ShopifyShop) -> None:
        self.shop = shop
        self.operations: list[Operation] = []
        self.takes_s = 20.0
        self.fails: str | None = None
        self.address: str | None = None
        self.pieces = True  # whether a part of a file can be asked for
        self.most_served = 0  # bytes in one answer

    def run(self, query: str) -> Node:
        try:
            operation = parse(query)
        except Refused as refused:
            return _refused("INVALID", str(refused))
        if operation.kind != "query" or [each.name for each in operation.fields] != ["productVariants"]:
            return _refused("INVALID", "This simulated shop writes lists of variants alone.")
        if any(self.status(each) in ("CREATED", "RUNNING") for each in self.operations):
            return _refused("OPERATION_IN_PROGRESS", "A bulk query operation for this app and shop is already in progress.")
        now = chance.now()
        made = Operation(self.shop.new_id(), query, now, now + timedelta(seconds=self.takes_s))
        self.operations.append(made)
        return {"bulkOperation": self.node(made, ""), "userErrors": []}

    def cancel(self, operation_id: str) -> None:
        self._found(operation_id).ended = "CANCELED"

    def status(self, each: Operation) -> str:
        now = chance.now()
        if each.ended is not None:
            return each.ended
        if now < each.ends_at:
            return "CREATED" if now == each.at else "RUNNING"
        if each.file is None and self.fails is not None:
            each.ended, each.reason = "FAILED", self.fails
            return each.ended
        if each.file is None:
            self._write(each)
        return "COMPLETED" if now < each.ends_at + _KEPT else "EXPIRED"

    def node(self, each: Operation, origin: str) -> Node:
        status = self.status(each)
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", each.id),
            "status": status,
            "errorCode": each.reason,
            "createdAt": utc(each.at),
            "completedAt": utc(each.ends_at) if status == "COMPLETED" else None,
            "rootObjectCount": str(each.count),
            "objectCount": str(each.count),
            "query": each.query,
            "url": (self.address or f"{origin}{FOLDER}{each.id}.jsonl?Signature=x") if status == "COMPLETED" and each.file else None,
        }

    def queries(self, origin: str) -> Mapping[str, Any]:
        newest = sorted(self.operations, key=lambda each: (each.at, int(each.id)), reverse=True)
        return {
            "bulkOperation": lambda id: next((self.node(each, origin) for each in newest if each.id == tail(id)), None),
            "bulkOperations": connection(newest, lambda each: self.node(each, origin)),
        }

    def fetch(self, request: httpx.Request) -> httpx.Response:
        """The host of the files: whoever knows the address gets it, and a token is no use there."""
        if "x-shopify-access-token" in request.headers or "authorization" in request.headers:
            return httpx.Response(400, text="InvalidSecurity")
        number = request.url.path.removeprefix(FOLDER).removesuffix(".jsonl")
        found = next((each for each in self.operations if each.id == number and self.status(each) == "COMPLETED"), None)
        if found is None or found.file is None:
            return httpx.Response(404, text="NoSuchKey")
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if asked is None or not self.pieces:
            return httpx.Response(200, content=found.file)
        start, piece = int(asked[1]), found.file[int(asked[1]) : int(asked[2]) + 1]
        if not piece:
            return httpx.Response(416, headers={"content-range": f"bytes */{len(found.file)}"})
        self.most_served = max(self.most_served, len(piece))
        told = f"bytes {start}-{start + len(piece) - 1}/{len(found.file)}"
        return httpx.Response(206, headers={"content-range": told}, content=piece)

    def _found(self, operation_id: str) -> Operation:
        return next(each for each in self.operations if each.id == operation_id)

    def _write(self, each: Operation) -> None:
        fields = _of_each(parse(each.query).fields[0])
        answer = Answer({})
        lines = [json.dumps(answer.of(node, fields)).encode() + b"\n" for node in shopify_json.variant_nodes(self.shop)]
        each.file, each.count = b"".join(lines), len(lines)


def _of_each(asked: Field) -> Sequence[Field]:
    """What is asked for of each: edges { node { … } }."""
    return asked.fields[0].fields[0].fields


def _refused(code: str, message: str) -> Node:
    return {"bulkOperation": None, "userErrors": [{"code": code, "field": ["query"], "message": message}]}
