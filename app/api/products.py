"""Products over HTTP: what a buyer would call one thing, whose SKUs are what is counted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from app.api import etags
from app.api.dependencies import Db, Input, Moment, Output, Page, Part, Reader, RecordId, Text, Writer, example, unset
from app.api.etags import IfMatchMissing, Seen
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.api.skus import SkuIn, SkuOut
from app.domain import catalogue, changes
from app.domain.catalogue import ProductDraft
from app.domain.errors import CodeTaken, NotFound, Stale, WrongCurrency, WrongState

router = APIRouter(prefix="/products", tags=["Catalogue"], responses=everywhere())

Title = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Handle = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Description = Annotated[Text, StringConstraints(max_length=100_000)]
Images = Annotated[
    list[Annotated[Text, StringConstraints(pattern=r"^https://[^\s\x00]+$", max_length=2_000)]],
    Field(
        max_length=50, examples=[["https://example.org/mug.jpg"]], description="Addresses of pictures; they are never fetched from here."
    ),
]
Query_ = Annotated[
    Text | None,
    Query(max_length=200, description="Words, or beginnings of words, of its title, codes or barcodes; all of them must fit."),
]
Since = Annotated[Moment | None, Query(description="Only what changed at this moment or later.")]
Archived = Annotated[bool | None, Query(description="true: only what is archived; false: only what isn't.")]


class ProductIn(Input):
    """A product to add, with its SKUs."""

    model_config = example({"title": "Mug", "skus": [{"code": "MUG-BLUE", "price": {"amount": 1250, "currency": "EUR"}}]})

    title: Annotated[Title, Field(examples=["Mug"])]
    handle: Handle | None = Field(default=None, description="What imports find it by; left out: its title.", examples=["mug"])
    description: Description | None = None
    images: Images = Field(default_factory=list)
    skus: list[SkuIn] = Field(default_factory=list, max_length=200)

    def draft(self) -> ProductDraft:
        return ProductDraft(self.title, [sku.draft() for sku in self.skus], self.handle, self.description, self.images)


class ProductChange(Input):
    """What to change; what is left out stays as it is, null clears."""

    model_config = example({"title": "Mug, blue glaze"})

    title: Title = Field(default_factory=unset)
    handle: Handle | None = Field(default_factory=unset, description="null: its title.")
    description: Description | None = Field(default_factory=unset)
    images: Images | None = Field(default_factory=unset)
    archived: bool = Field(default_factory=unset, strict=True, description="true archives its SKUs too; false brings back it alone.")

    def columns(self) -> dict[str, object]:
        sent: dict[str, object] = self.model_dump(exclude_unset=True)
        return sent | ({"images": sent["images"] or []} if "images" in sent else {})


class ProductOut(Output):
    """A product and its SKUs."""

    id: str
    title: str
    handle: str | None = Field(description="What imports find it by, in small letters.")
    description: str | None
    images: list[str]
    archived: bool
    version: int = Field(description="Rises with every change of it or of its SKUs; in quotation marks it is the ETag.")
    skus: list[SkuOut]
    created_at: datetime
    updated_at: datetime


@router.post("", status_code=201, response_model=ProductOut, responses=documented(CodeTaken, WrongCurrency, KeyReused))
async def create_product(body: ProductIn, once: OnceOnly) -> Response:
    """Add a product with its SKUs: all of it, or nothing."""
    return await once(ProductOut, catalogue.create_product, body.draft())


@router.get("", responses=documented(BadCursor))
async def list_products(
    database: Db, caller: Reader, part: Part, q: Query_ = None, updated_since: Since = None, archived: Archived = None
) -> Page[ProductOut]:
    """Products, oldest first."""
    rows = await database.read(catalogue.page_products, part.behind(), part.limit + 1, q=q, updated_since=updated_since, archived=archived)
    return Page[ProductOut].model_validate(part.page(rows, "id"))


@router.get("/{product_id}", responses=documented(NotFound))
async def get_product(product_id: RecordId, database: Db, caller: Reader, response: Response) -> ProductOut:
    """One product and its SKUs. Its ETag is needed to change it."""
    row = await database.read(catalogue.product, product_id)
    etags.put(response, row["version"])
    return ProductOut.model_validate(row)


@router.patch("/{product_id}", responses=documented(NotFound, Stale, IfMatchMissing))
async def change_product(
    product_id: RecordId, body: ProductChange, database: Db, caller: Writer, seen: Seen, response: Response
) -> ProductOut:
    """Change a product. What is left out stays as it is, null clears (RFC 7396). Its SKUs are changed by themselves."""
    row = await database.write(changes.change_product, product_id, body.columns(), seen=seen, cause=caller.cause)
    etags.put(response, row["version"])
    return ProductOut.model_validate(row)


@router.post(
    "/{product_id}/skus",
    status_code=201,
    response_model=SkuOut,
    responses=documented(NotFound, CodeTaken, WrongState, WrongCurrency, KeyReused),
)
async def add_sku(product_id: RecordId, body: SkuIn, once: OnceOnly) -> Response:
    """Add a SKU to a product."""
    return await once(SkuOut, catalogue.add_sku, product_id, body.draft())
