"""Files of products over HTTP: sent whole, taken in behind trading, with a report on every row that was wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app import chance
from app.api.dependencies import Db, Output, Page, Part, PlaceCode, Reader, RecordId, Text
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, TooLarge, UnsupportedMediaType, documented, everywhere
from app.domain import imports
from app.domain.errors import NotFound, UnknownLocation
from app.importing import spool

router = APIRouter(prefix="/imports", tags=["Imports"], responses=everywhere())

MEDIA_TYPES = ("text/csv", "application/x-ndjson", "application/jsonl", "text/plain")

_EXAMPLE = "product,code,price,cost,stock:STUDIO\nMug,MUG-BLUE,12.50,4.20,30\nMug,MUG-RED,12.50,4.20,12\n"


class ImportOut(Output):
    """A file and how far it has got."""

    id: str
    status: Literal["waiting", "running", "done", "failed"] = Field(description="`done`: read to its end, bad rows or not.")
    name: str | None
    format: Literal["tallystick", "shopify", "woocommerce", "etsy"] | None = Field(description="As it was recognised.")
    location: str = Field(description="Where opening stock goes that the file names no location for.")
    size_bytes: int
    lines: int | None = Field(description="Lines of the file.")
    line: int = Field(description="The last line that was taken in.")
    rows: int
    bad_rows: int = Field(description="Nothing of these was applied; `/errors` says why.")
    products_created: int
    products_changed: int
    skus_created: int
    skus_changed: int
    skus_unchanged: int = Field(description="The row says what was stored already.")
    units: int = Field(description="Opening stock that was entered.")
    errors: int = Field(description="Things that were wrong; a row may have several.")
    reason: str | None = Field(description="Why it failed. What was applied before stays; the same file may be sent again.")
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class RowErrorOut(Output):
    """One thing that is wrong with a row of a file."""

    line: int
    column: str | None = Field(description="null: the row as a whole.")
    value: str | None = Field(description="What stands there.")
    message: str = Field(description="What is wrong with it, and what would be right.")


@router.post(
    "",
    status_code=202,
    response_model=ImportOut,
    responses=documented(UnknownLocation, UnsupportedMediaType, TooLarge, KeyReused),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}, **({"example": _EXAMPLE} if kind == "text/csv" else {})}
                for kind in MEDIA_TYPES
            },
        }
    },
)
async def start_import(
    request: Request,
    database: Db,
    once: OnceOnly,
    name: Annotated[Text | None, Query(max_length=200, description="The file's name, for people.")] = None,
    location: Annotated[
        PlaceCode | None, Query(description="Where opening stock goes that the file names no location for; left out: the first one.")
    ] = None,
) -> Response:
    """Take in products, SKUs and opening stock from a file: CSV with our columns, JSON Lines, or an export of Shopify, WooCommerce or Etsy.

    The answer comes before the work is done: ask for the import again until its status is `done` or `failed`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in MEDIA_TYPES:
        raise UnsupportedMediaType(
            f"The body is {kind or 'of no named kind'}. Send the file itself, as text/csv or application/x-ndjson, not as a form."
        )
    where, most = spool.folder(request.app.state.settings.data_dir), request.app.state.settings.max_import_bytes
    import_id = chance.new_id()
    try:
        size, fingerprint = await spool.keep(where, import_id, request.stream(), most)
    except spool.TooLarge:
        raise TooLarge(f"The file is larger than {most} bytes; send it in parts, each with the line that names the columns.") from None
    kept = False
    try:
        about: dict[str, Any] = {"name": name, "location": location, "size_bytes": size}
        answer = await once(ImportOut, imports.create, import_id, **about, status=202, fingerprint=fingerprint)
        kept = "Idempotent-Replayed" not in answer.headers
    finally:
        if not kept:
            spool.path_of(where, import_id).unlink(missing_ok=True)
    request.app.state.imports_wake.set()
    return answer


@router.get("", responses=documented(BadCursor))
async def list_imports(database: Db, caller: Reader, part: Part) -> Page[ImportOut]:
    """Imports, newest first."""
    rows = await database.read(imports.page, part.behind(), part.limit + 1)
    return Page[ImportOut].model_validate(part.page(rows, "id"))


@router.get("/{import_id}", responses=documented(NotFound))
async def get_import(import_id: RecordId, database: Db, caller: Reader) -> ImportOut:
    """How an import stands."""
    return ImportOut.model_validate(await database.read(imports.get, import_id))


@router.get("/{import_id}/errors", responses=documented(NotFound))
async def list_import_errors(
    import_id: RecordId,
    database: Db,
    caller: Reader,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="The `next` of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at the most.")] = 50,
) -> Page[RowErrorOut]:
    """What was wrong with rows, in the order of the file; the first 100,000."""
    rows = await database.read(imports.page_errors, import_id, after, limit + 1)
    more = len(rows) > limit
    return Page[RowErrorOut].model_validate({"items": rows[:limit], "next": str(rows[limit - 1]["number"]) if more else None})
