"""The store's own settings over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.api import etags
from app.api.dependencies import Admin, Db, Input, Label, Output, Reader, Whole, example, unset
from app.api.etags import IfMatchMissing, Seen
from app.api.problems import described, documented
from app.domain import store
from app.domain.errors import Stale, WrongState
from app.domain.money import exponent
from app.domain.store import RETENTION

router = APIRouter(prefix="/store", tags=["Store"], responses=described())

Policy = Literal["strict", "expose"]
HandEdit = Literal["overwrite", "adopt", "ask"]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(lambda code: (exponent(code), code)[1])]


def _days(kind: str) -> Any:
    least, most, _ = RETENTION[kind]
    return Field(ge=least, le=most)


class RetentionIn(Input):
    """How long records are kept. Orders and movements are kept for ever."""

    deliveries_days: Annotated[int, _days("deliveries"), Whole] = Field(default_factory=unset)
    writes_days: Annotated[int, _days("writes"), Whole] = Field(default_factory=unset)
    events_days: Annotated[int, _days("events"), Whole] = Field(default_factory=unset)
    answers_days: Annotated[int, _days("answers"), Whole] = Field(default_factory=unset)
    webhook_messages_days: Annotated[int, _days("webhook_messages"), Whole] = Field(default_factory=unset)


class StoreChange(Input):
    """What to change; what is left out stays as it is."""

    model_config = example({"name": "Kiln Lane Pottery", "time_zone": "Europe/London", "retention": {"events_days": 120}})

    name: Label = Field(default_factory=unset, examples=["Kiln Lane Pottery"])
    currency: Currency = Field(default_factory=unset, description="ISO 4217. Only while there are no orders and no prices.")
    time_zone: Annotated[str, StringConstraints(min_length=1, max_length=64)] = Field(
        default_factory=unset, description="An IANA name.", examples=["Europe/London"]
    )
    default_policy: Policy = Field(default_factory=unset)
    own_orders: bool = Field(default_factory=unset)
    on_hand_edit: HandEdit = Field(default_factory=unset)
    retention: RetentionIn = Field(default_factory=unset)

    def columns(self) -> dict[str, Any]:
        sent: dict[str, Any] = self.model_dump(exclude_unset=True)
        days: dict[str, int] = sent.pop("retention", {})
        return sent | days


class RetentionOut(Output):
    """How many days records are kept. Orders and movements are kept for ever."""

    deliveries_days: int = Field(description="What marketplaces sent us, as it came.")
    writes_days: int = Field(description="What we wrote to marketplaces, differences that are over, and what imports refused.")
    events_days: int = Field(description="The feed of events.")
    answers_days: int = Field(description="Answers to requests with an Idempotency-Key.")
    webhook_messages_days: int = Field(description="What was sent to your webhook endpoints, and what they said.")


class StoreOut(Output):
    """The store and how it works."""

    name: str
    currency: str = Field(description="What the books are kept in: ISO 4217.")
    time_zone: str = Field(description="Where its days begin: an IANA name. Moments in this API are always in UTC.")
    default_policy: Policy = Field(
        description="Where units are scarcer than the places that could show them. `strict`: never show more than there are. "
        "`expose`: show some in several places at once, and take the risk."
    )
    own_orders: bool = Field(
        description="Whether you take orders beside your shops, too: on this API, at a market. Then a part of each SKU is kept back for "
        "them. If not, the shops show all of it, but for each SKU's `own_min`."
    )
    on_hand_edit: HandEdit = Field(
        description="When somebody types a quantity at a marketplace. `overwrite`: ours stands. `adopt`: theirs does. `ask`: "
        "a person decides."
    )
    retention: RetentionOut
    instance_id: str = Field(description="Which store this is; copies of its database share it.")
    epoch: int = Field(description="Rises when a backup is restored.")
    version: int = Field(description="Rises with every change; in quotation marks it is the ETag.")
    created_at: datetime

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        return dict(row) | {"retention": row}


@router.get("")
async def get_store(database: Db, caller: Reader, response: Response) -> StoreOut:
    """The store's settings. Its ETag is needed to change them."""
    row = await database.read(store.get)
    etags.put(response, row["version"])
    return StoreOut.model_validate(row)


@router.patch("", responses=documented(WrongState, Stale, IfMatchMissing))
async def change_store(body: StoreChange, database: Db, caller: Admin, seen: Seen, response: Response) -> StoreOut:
    """Change the store's settings. What is left out stays as it is."""
    row = await database.write(store.change, body.columns(), seen=seen, cause=caller.cause)
    etags.put(response, row["version"])
    return StoreOut.model_validate(row)
