"""Stock, movements and orders as files: CSV for spreadsheets, JSON Lines for programs, streamed page by page.

Each page is a read of its own, so an export of any size holds no transaction open and takes no more memory than a page. What changes
while it runs may or may not be in it; what doesn't is in it once.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from app.api.dependencies import Db, Moment, Reader, Text
from app.api.orders import OrderOut
from app.api.problems import documented, everywhere
from app.api.stock import LevelOut, LocationFilter, MovementOut, SkuFilter
from app.database import Session
from app.domain import orders, stock
from app.domain.money import exponent

router = APIRouter(prefix="/exports", tags=["Exports"], responses=everywhere())

FileFormat = Literal["csv", "jsonl"]
MEDIA_TYPES: dict[FileFormat, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Export:
    """What can be had as a file: a keyset page of records, how one is shown, and its rows in a table."""

    page: Callable[..., list[dict[str, Any]]]
    cursor: Callable[[dict[str, Any]], Any]
    model: type[BaseModel]
    columns: Sequence[str]
    rows: Callable[[dict[str, Any]], Iterator[Cells]]
    page_size: int


def part(session: Session, export: Export, format: FileFormat, after: Any, filters: dict[str, Any]) -> tuple[str, Any]:
    """The next page as text, and the cursor behind it; None where that was the last. The first page of a table names its columns."""
    rows = export.page(session, after, export.page_size, **filters)
    if format == "jsonl":
        text = "".join(export.model.model_validate(row).model_dump_json() + "\n" for row in rows)
    else:
        file = io.StringIO()
        table = csv.writer(file)
        if after is None:
            table.writerow(export.columns)
        for row in rows:
            for cells in export.rows(row):
                table.writerow([_cell(cells[column]) for column in export.columns])
        text = file.getvalue()
    return text, export.cursor(rows[-1]) if len(rows) == export.page_size else None


def _cell(value: Any) -> Any:
    """A cell as a spreadsheet may have it: a text that it would take for a formula gets a quote in front, which it doesn't show."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return "'" + value
    return value


def _one(row: dict[str, Any]) -> Iterator[Cells]:
    yield row


_LINE = ("sku", "title", "quantity", "cancelled", "shipped", "committed", "short")
_AMOUNTS = ("gross", "discount", "tax", "total")
_ORDER = ("reference", "status", "sold", "test", "fulfilled_by", "placed_at", "updated_at", "ship_by", "contact_id", "currency")


def _order_lines(order: dict[str, Any]) -> Iterator[Cells]:
    """One row per line; the order's own figures stand in each of them."""

    def amount(minor: int) -> Decimal:
        return Decimal(minor).scaleb(-exponent(order["currency"]))

    for line in order["lines"]:
        yield (
            {"order_id": order["id"], "line_id": line["id"], "sku_id": line["sku_id"], "unit_price": amount(line["unit_price"])}
            | {name: order[name] for name in _ORDER}
            | {name: line[name] for name in _LINE}
            | {f"line_{name}": amount(line[name]) for name in _AMOUNTS}
            | {f"order_{name}": amount(order[name]) for name in ("shipping", "discount", "tax", "total")}
        )


EXPORTS: dict[str, Export] = {
    "stock": Export(
        stock.page_levels,
        lambda row: (row["sku_id"], row["location_id"]),
        LevelOut,
        ("sku", "location", *stock.STATES, "on_hand", "updated_at", "sku_id", "location_id"),
        _one,
        1_000,
    ),
    "movements": Export(
        stock.page_movements,
        lambda row: row["id"],
        MovementOut,
        (
            *("recorded_at", "occurred_at", "sku", "location", "quantity", "source", "target", "reason", "reference", "actor"),
            *("cause_kind", "cause_id", "id", "sku_id", "location_id"),
        ),
        _one,
        1_000,
    ),
    "orders": Export(
        orders.page,
        lambda row: row["id"],
        OrderOut,
        (
            *("order_id", *_ORDER, "line_id", *_LINE, "unit_price", *(f"line_{name}" for name in _AMOUNTS)),
            *("order_shipping", "order_discount", "order_tax", "order_total", "sku_id"),
        ),
        _order_lines,
        200,
    ),
}

Format = Annotated[FileFormat, Query(description="csv: for spreadsheets; jsonl: one JSON object per line, as the API shows it.")]
Since = Annotated[Moment | None, Query(description="Only what changed at this moment or later.")]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {"text/csv": {"schema": {"type": "string"}}, "application/x-ndjson": {"schema": {"type": "string"}}},
    }
}


async def _stream(database: Db, kind: str, format: FileFormat, **filters: Any) -> StreamingResponse:
    """The file. Its first page is read before the answer begins, so that a refusal is still one."""
    first, behind = await database.read(part, EXPORTS[kind], format, None, filters)

    async def parts(text: str, after: Any) -> AsyncIterator[str]:
        yield text
        while after is not None:
            text, after = await database.read(part, EXPORTS[kind], format, after, filters)
            yield text

    name = f'attachment; filename="{kind}.{format}"'
    return StreamingResponse(parts(first, behind), media_type=MEDIA_TYPES[format], headers={"Content-Disposition": name})


@router.get("/stock", responses=documented() | _FILE, response_class=StreamingResponse)
async def export_stock(
    database: Db,
    caller: Reader,
    format: Format = "csv",
    sku: SkuFilter = None,
    location: LocationFilter = None,
    updated_since: Since = None,
) -> StreamingResponse:
    """Levels as a file."""
    return await _stream(database, "stock", format, code=sku, location=location, updated_since=updated_since)


@router.get("/movements", responses=documented() | _FILE, response_class=StreamingResponse)
async def export_movements(
    database: Db,
    caller: Reader,
    format: Format = "csv",
    sku: SkuFilter = None,
    location: LocationFilter = None,
    updated_since: Since = None,
) -> StreamingResponse:
    """The ledger's entries as a file, oldest first."""
    return await _stream(database, "movements", format, code=sku, location=location, recorded_since=updated_since)


@router.get("/orders", responses=documented() | _FILE, response_class=StreamingResponse)
async def export_orders(
    database: Db,
    caller: Reader,
    format: Format = "csv",
    sku: SkuFilter = None,
    location: Annotated[Text | None, Query(max_length=200, description="Only what this location owes or has sent.")] = None,
    status: Annotated[Literal["open", "shipped", "cancelled"] | None, Query()] = None,
    updated_since: Since = None,
) -> StreamingResponse:
    """Orders as a file, newest first: in CSV a row for each line. Of buyers it says the contact's id only."""
    return await _stream(database, "orders", format, code=sku, location=location, status=status, updated_since=updated_since)
