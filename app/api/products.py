"""What is sold: products and SKUs over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, model_validator

from app.api.dependencies import (
    Code,
    Count,
    Db,
    Input,
    MoneyModel,
    Output,
    Page,
    Part,
    Price,
    Reader,
    RecordId,
    Text,
    money_of,
    worth,
)
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import catalogue
from app.domain.catalogue import ProductDraft, SkuDraft
from app.domain.errors import CodeTaken, NotFound, UnknownSku, WrongCurrency

router = APIRouter(tags=["Catalogue"], responses=everywhere())


class SkuIn(Input):
    """A SKU to add: the unit that is counted."""

    code: Annotated[Code, Field(description="Your own code for it; capitals make no difference.", examples=["MUG-BLUE"])]
    price: Price | None = Field(default=None, description="In the store's currency.", examples=[{"amount": 1250, "currency": "EUR"}])
    cost: Price | None = Field(default=None, description="What a unit costs you.")
    tracked: bool = Field(default=True, description="False for what is digital or unlimited: it has no stock.")
    safety_stock: Count = Field(default=0, description="Units that are never offered on a channel.")

    def draft(self) -> SkuDraft:
        return SkuDraft(self.code, worth(self.price), worth(self.cost), self.tracked, self.safety_stock)


class ProductIn(Input):
    """A product to add, with its SKUs."""

    title: Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), Field(examples=["Mug"])]
    skus: list[SkuIn] = Field(default_factory=list, max_length=200)

    def draft(self) -> ProductDraft:
        return ProductDraft(self.title, [sku.draft() for sku in self.skus])


class SkuOut(Output):
    """A SKU."""

    id: str
    product_id: str
    code: str
    price: MoneyModel | None
    cost: MoneyModel | None
    tracked: bool
    safety_stock: int
    created_at: datetime
    updated_at: datetime

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        return dict(row) | money_of(row, ["price"], row["price_currency"]) | money_of(row, ["cost"], row["cost_currency"])


class ProductOut(Output):
    """A product and its SKUs."""

    id: str
    title: str
    skus: list[SkuOut]
    created_at: datetime
    updated_at: datetime


@router.post("/products", status_code=201, response_model=ProductOut, responses=documented(CodeTaken, WrongCurrency, KeyReused))
async def create_product(body: ProductIn, once: OnceOnly) -> Response:
    """Add a product with its SKUs: all of it, or nothing."""
    return await once(ProductOut, catalogue.create_product, body.draft())


@router.get("/products", responses=documented(BadCursor))
async def list_products(database: Db, caller: Reader, part: Part) -> Page[ProductOut]:
    """Products, oldest first."""
    rows = await database.read(catalogue.page_products, part.behind(), part.limit + 1)
    return Page[ProductOut].model_validate(part.page(rows, "id"))


@router.get("/products/{product_id}", responses=documented(NotFound))
async def get_product(product_id: RecordId, database: Db, caller: Reader) -> ProductOut:
    """One product and its SKUs."""
    return ProductOut.model_validate(await database.read(catalogue.product, product_id))


@router.post(
    "/products/{product_id}/skus",
    status_code=201,
    response_model=SkuOut,
    responses=documented(NotFound, CodeTaken, WrongCurrency, KeyReused),
)
async def add_sku(product_id: RecordId, body: SkuIn, once: OnceOnly) -> Response:
    """Add a SKU to a product."""
    return await once(SkuOut, catalogue.add_sku, product_id, body.draft())


@router.get("/skus", responses=documented(BadCursor))
async def list_skus(
    database: Db,
    caller: Reader,
    part: Part,
    code: Annotated[Text | None, Query(description="Only the SKU with this code.")] = None,
) -> Page[SkuOut]:
    """SKUs, oldest first."""
    rows = await database.read(catalogue.page_skus, part.behind(), part.limit + 1, code)
    return Page[SkuOut].model_validate(part.page(rows, "id"))


@router.get("/skus/{sku_id}", responses=documented(UnknownSku))
async def get_sku(sku_id: RecordId, database: Db, caller: Reader) -> SkuOut:
    """One SKU."""
    return SkuOut.model_validate(await database.read(catalogue.sku, sku_id))
