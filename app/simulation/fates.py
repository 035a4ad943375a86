"""Lines to shops on which the writes of a single counter come to grief, and nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from app.channels.base import Outcome, WriteRequest, WriteResult
from app.simulation.shops import Line
from app.simulation.stall import Desk


class DrillLine(Line):
    """`fates`: what becomes of writes to a counter: "lost" (no answer, and no effect), "vain" (it takes effect, and the
    answer is lost) or "refused"."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.fates: dict[str, str] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        match next((fate for counter, fate in self.fates.items() if self._sets(request, counter)), None):
            case "lost":
                self._time_out(request)
            case "vain":
                self._handle(request)
                self._time_out(request)
            case "refused":
                return self._no(next(counter for counter in self.fates if self._sets(request, counter)))
        return super().handle_request(request)

    def _sets(self, request: httpx.Request, counter: str) -> bool:
        """Whether it changes this counter's number."""
        said, path = request.content, request.url.path
        match self.shop.kind:
            case "shopify":
                return b"inventorySetQuantities" in said and f'/{counter.partition("@")[0]}"'.encode() in said
            case "ebay":
                return request.method == "POST" and path.endswith("bulk_update_price_quantity") and f'"{counter}"'.encode() in said
            case "woocommerce":
                return request.method == "PUT" and path.endswith(f"products/{counter}")
            case _:
                return request.method == "PUT" and path.endswith(f"/listings/{counter}/inventory")

    def _no(self, counter: str) -> httpx.Response:
        """Not now, and nothing about why that we could mend."""
        match self.shop.kind:
            case "shopify":
                error = {"field": ["input"], "code": "INTERNAL_ERROR", "message": "The inventory is locked."}
                return httpx.Response(
                    200, json={"data": {"inventorySetQuantities": {"inventoryAdjustmentGroup": None, "userErrors": [error]}}}
                )
            case "ebay":
                locked: Mapping[str, Any] = {
                    "errorId": 25002,
                    "domain": "API_INVENTORY",
                    "category": "REQUEST",
                    "message": "Any User error. Locked.",
                }
                row = {"offerId": counter, "sku": None, "statusCode": 400, "errors": [locked], "warnings": []}
                return httpx.Response(200, json={"responses": [row]})
            case "woocommerce":
                return httpx.Response(400, json={"code": "stock_locked", "message": "Stock is locked.", "data": {"status": 400}})
            case _:
                return httpx.Response(409, json={"error": "The listing is locked."})


class DrillDesk(Desk):
    """The same, where a stall's requests arrive."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.fates: dict[str, str] = {}

    def take(self, request: WriteRequest) -> WriteResult:
        match next((self.fates[entry.counter] for entry in request.entries if entry.counter in self.fates), None):
            case "lost" | "vain" as fate:
                if fate == "vain":
                    self._write(request)
                self._wait(20.0)
                return WriteResult(Outcome.UNKNOWN, detail="no answer")
            case "refused":
                return WriteResult(Outcome.REFUSED, detail="The stock is locked.", code="locked")
        return super().take(request)
