"""A request that eBay let in, and how it says no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HERE = ("localhost", "127.0.0.1", "::1")
SCOPE = "https://api.ebay.com/oauth/api_scope"


class Refusal(Exception):
    """What eBay says no with."""

    def __init__(self, status: int, code: int, message: str, domain: str = "API_INVENTORY") -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.domain = status, code, message, domain


def error(code: int, message: str, domain: str = "API_INVENTORY") -> dict[str, Any]:
    category = "APPLICATION" if code in (25001, 25025, 30500) else "REQUEST"
    return {
        "errorId": code,
        "domain": domain,
        "category": category,
        "message": message,
        "longMessage": message,
        "inputRefIds": [],
        "outputRefIds": [],
        "parameters": [],
    }


@dataclass
class Asked:
    """A request that was let in, and whose token came with it."""

    method: str
    query: Mapping[str, str]
    body: Any
    who: str
    here: bool  # on this machine: then it may be written to on this machine, too
    path: Sequence[str] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def page(self, most: int, usual: int) -> tuple[int, int]:
        """`limit` and `offset`. Raises: Refusal."""
        limit, offset = self.query.get("limit", str(usual)), self.query.get("offset", "0")
        if not (limit.isdecimal() and 1 <= int(limit) <= most):
            raise Refusal(400, 25706, f"Invalid limit: {limit}")
        if not offset.isdecimal():
            raise Refusal(400, 25706, f"Invalid offset: {offset}")
        return int(limit), int(offset)
