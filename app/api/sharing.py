"""How a SKU's units are shared out between the shops that sell it, over HTTP."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from app.api.dependencies import Count, Db, Input, Output, Reader, RecordId, Writer, example, unset
from app.api.problems import documented, everywhere
from app.domain import catalogue, plans
from app.domain.errors import NotFound, UnknownSku

router = APIRouter(prefix="/skus", tags=["Channels"], responses=everywhere())

Policy = Literal["strict", "expose"]


class SharingChange(Input):
    """What to change; what is left out stays as it is."""

    model_config = example({"policy": "expose", "expose_limit": 1, "own_min": 2})

    policy: Policy | None = Field(default_factory=unset, description="null: as the store's `default_policy`.")
    expose_limit: Count = Field(default_factory=unset, description="`expose`: how many each shop may show beyond what is its own.")
    own_weight: Count = Field(
        default_factory=unset,
        description="How much stays for orders on this API, beside what it sells: 100 is ordinary. "
        "Without the store's `own_orders` nothing does.",
    )
    own_min: Count = Field(default_factory=unset, description="The least that stays for orders on this API, in units.")
    guard: Count | None = Field(
        default_factory=unset, description="Units kept beside a change that can't be checked while it is made. null: worked out."
    )


class SharingOut(Output):
    """How the units of a SKU are shared out."""

    sku: str
    sku_id: str
    policy: Policy | None = Field(description="null: as the store's `default_policy`.")
    expose_limit: int
    own_weight: int
    own_min: int
    guard: int | None
    safety_stock: int = Field(description="Kept back from every shop: see the SKU.")


@router.get("/{sku_id}/sharing", responses=documented(UnknownSku, NotFound))
async def get_sharing(sku_id: RecordId, database: Db, caller: Reader) -> SharingOut:
    """How a SKU's units are shared out. What came of it: `GET /v1/counters?sku=`."""
    return SharingOut.model_validate(await database.read(_get, sku_id))


@router.patch("/{sku_id}/sharing", responses=documented(UnknownSku, NotFound))
async def change_sharing(sku_id: RecordId, body: SharingChange, database: Db, caller: Writer) -> SharingOut:
    """Change how a SKU's units are shared out; the shops follow at once."""
    changes = body.model_dump(exclude_unset=True)
    return SharingOut.model_validate(await database.write(_change, sku_id, changes, caller.cause))


def _get(session: Any, sku_id: str) -> dict[str, Any]:
    catalogue.sku(session, sku_id)
    return plans.get(session, sku_id)


def _change(session: Any, sku_id: str, changes: dict[str, Any], cause: Any) -> dict[str, Any]:
    catalogue.sku(session, sku_id)
    return plans.change(session, sku_id, changes, cause=cause)
