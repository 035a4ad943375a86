"""SKUs over HTTP: the unit that is counted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.api import etags
from app.api.dependencies import (
    Code,
    Count,
    Db,
    Input,
    Label,
    Moment,
    MoneyModel,
    Output,
    Page,
    Part,
    Price,
    Reader,
    RecordId,
    Text,
    Writer,
    example,
    money_of,
    unset,
    worth,
)
from app.api.etags import IfMatchMissing, Seen
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import barcodes, catalogue, changes, merging
from app.domain.catalogue import SkuDraft
from app.domain.errors import CodeTaken, NotFound, Stale, UnknownSku, WrongCurrency, WrongState

router = APIRouter(prefix="/skus", tags=["Catalogue"], responses=everywhere())

Barcode = Annotated[
    Text,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=barcodes.LONGEST),
    AfterValidator(barcodes.barcode_of),
    Field(description="Digits of a GTIN's length must have the right check digit; anything else is a text.", examples=["4006381333931"]),
]
Weight = Annotated[int, Field(strict=True, ge=0, le=100_000_000, description="In grams.", examples=[340])]
Name = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Options = Annotated[dict[Name, Label], Field(max_length=10, examples=[{"size": "L", "colour": "blue"}])]


class SkuIn(Input):
    """A SKU to add: the unit that is counted."""

    model_config = example({"code": "MUG-GREEN", "price": {"amount": 1250, "currency": "EUR"}})

    code: Annotated[Code, Field(description="Your own code for it; capitals make no difference.", examples=["MUG-BLUE"])]
    barcode: Barcode | None = None
    price: Price | None = Field(default=None, description="In the store's currency.", examples=[{"amount": 1250, "currency": "EUR"}])
    cost: Price | None = Field(default=None, description="What a unit costs you.")
    weight_g: Weight | None = None
    options: Options = Field(default_factory=dict)
    tracked: bool = Field(default=True, description="False for what is digital or unlimited: it has no stock.")
    safety_stock: Count = Field(default=0, description="Units that are never offered on a channel.")

    def draft(self) -> SkuDraft:
        return SkuDraft(
            self.code,
            worth(self.price),
            worth(self.cost),
            self.tracked,
            self.safety_stock,
            self.barcode,
            self.weight_g,
            self.options,
        )


class SkuChange(Input):
    """What to change; what is left out stays as it is, null clears."""

    model_config = example({"price": {"amount": 1400, "currency": "EUR"}, "options": {"colour": "blue"}})

    code: Code = Field(default_factory=unset, description="The old one stays as an alias, and still finds it.")
    barcode: Barcode | None = Field(default_factory=unset)
    price: Price | None = Field(default_factory=unset, description="Sent whole.")
    cost: Price | None = Field(default_factory=unset, description="Sent whole.")
    weight_g: Weight | None = Field(default_factory=unset)
    options: Annotated[dict[Name, Label | None], Field(max_length=10)] | None = Field(
        default_factory=unset, description="Merged into those there are: null takes one away. null for all of it takes away all."
    )
    tracked: bool = Field(default_factory=unset, strict=True, description="Only while there is no stock of it and nothing is ordered.")
    safety_stock: Count = Field(default_factory=unset)
    archived: bool = Field(default_factory=unset, strict=True, description="true: what is promised is still sent, nothing new is.")

    def columns(self) -> dict[str, Any]:
        sent = self.model_dump(exclude_unset=True)
        return sent | {name: worth(getattr(self, name)) for name in ("price", "cost") if name in sent}


class MergeIn(Input):
    """Where to."""

    into: RecordId = Field(description="The id of the SKU that is left.")


class SkuOut(Output):
    """A SKU."""

    id: str
    product_id: str
    code: str
    aliases: list[str] = Field(description="Former codes, which still find it.")
    barcode: str | None
    price: MoneyModel | None
    cost: MoneyModel | None
    weight_g: int | None
    options: dict[str, str]
    tracked: bool
    safety_stock: int
    archived: bool = Field(description="Not for sale any more.")
    merged_into: str | None = Field(description="The id of the SKU that it became part of.")
    version: int = Field(description="Rises with every change; in quotation marks it is the ETag.")
    created_at: datetime
    updated_at: datetime

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        return dict(row) | money_of(row, ["price"], row["price_currency"]) | money_of(row, ["cost"], row["cost_currency"])


@router.get("", responses=documented(BadCursor))
async def list_skus(
    database: Db,
    caller: Reader,
    part: Part,
    code: Annotated[Text | None, Query(max_length=200, description="Only the SKU that has this code, or had it.")] = None,
    q: Annotated[
        Text | None, Query(max_length=200, description="Words, or beginnings of words, of its codes, barcode or title; all must fit.")
    ] = None,
    updated_since: Annotated[Moment | None, Query(description="Only what changed at this moment or later.")] = None,
    archived: Annotated[bool | None, Query(description="true: only what is archived; false: only what isn't.")] = None,
) -> Page[SkuOut]:
    """SKUs, oldest first."""
    rows = await database.read(
        catalogue.page_skus, part.behind(), part.limit + 1, code, q=q, updated_since=updated_since, archived=archived
    )
    return Page[SkuOut].model_validate(part.page(rows, "id"))


@router.get("/{sku_id}", responses=documented(UnknownSku))
async def get_sku(sku_id: RecordId, database: Db, caller: Reader, response: Response) -> SkuOut:
    """One SKU. Its ETag is needed to change it."""
    row = await database.read(catalogue.sku, sku_id)
    etags.put(response, row["version"])
    return SkuOut.model_validate(row)


@router.patch("/{sku_id}", responses=documented(UnknownSku, CodeTaken, WrongState, WrongCurrency, Stale, IfMatchMissing))
async def change_sku(sku_id: RecordId, body: SkuChange, database: Db, caller: Writer, seen: Seen, response: Response) -> SkuOut:
    """Change a SKU. What is left out stays as it is, null clears (RFC 7396). A new code leaves the old one as an alias."""
    row = await database.write(changes.change_sku, sku_id, body.columns(), seen=seen, cause=caller.cause)
    etags.put(response, row["version"])
    return SkuOut.model_validate(row)


@router.post("/{sku_id}/merge", status_code=200, response_model=SkuOut, responses=documented(UnknownSku, WrongState, KeyReused))
async def merge_sku(sku_id: RecordId, body: MergeIn, once: OnceOnly) -> Response:
    """Make this SKU part of another: its stock and its codes go along, and it is archived. Answers with the one that is left."""
    return await once(SkuOut, merging.merge, sku_id, body.into, status=200)


@router.delete("/{sku_id}/aliases", responses=documented(UnknownSku, NotFound))
async def drop_alias(
    sku_id: RecordId,
    code: Annotated[Text, Query(min_length=1, max_length=200, description="The former code.")],
    database: Db,
    caller: Writer,
) -> SkuOut:
    """Let go of a former code, so that another SKU may have it. From then on nobody is found by it."""
    return SkuOut.model_validate(await database.write(changes.drop_alias, sku_id, code, cause=caller.cause))
