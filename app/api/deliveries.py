"""What marketplaces sent us, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from app.api.dependencies import Admin, Db, Output, Page, Part, Reader, RecordId, Text
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import deliveries
from app.domain.errors import NotFound, WrongState
from app.sync import inbox
from app.vault import VaultClosed

router = APIRouter(prefix="/deliveries", tags=["Deliveries"], responses=everywhere())

State = Literal["waiting", "done", "ignored", "parked"]


class DeliveryOut(Output):
    """A message from a marketplace, without what it holds."""

    id: str
    channel_id: str
    topic: str = Field(description="What it said it was about, in the channel's own words.")
    identity: str = Field(description="The same for each time that it came.")
    state: State = Field(
        description="`waiting`: it will be looked at. `done`. `ignored`: it was about nothing that is used here. "
        "`parked`: it failed for good, and waits for a person."
    )
    size: int = Field(description="Of its body, in bytes.")
    repeats: int = Field(description="How often it came again.")
    attempts: int = Field(description="How often it was looked at.")
    error: str | None = Field(description="Why the last look came to nothing.")
    due_at: datetime = Field(description="When it is looked at, if it waits.")
    received_at: datetime
    handled_at: datetime | None


class DeliveryContentOut(Output):
    """A message as it came."""

    method: str
    headers: dict[str, str]
    query: dict[str, str]
    body: str = Field(description="As text; what isn't UTF-8 is replaced.")


@router.get("", responses=documented(BadCursor))
async def list_deliveries(
    database: Db,
    caller: Reader,
    part: Part,
    channel: Annotated[RecordId | None, Query(description="Only this channel's, by its id.")] = None,
    state: Annotated[State | None, Query()] = None,
    topic: Annotated[
        Text | None, Query(max_length=100, description="Only what said it was about this.", examples=["orders/create"])
    ] = None,
) -> Page[DeliveryOut]:
    """What marketplaces sent, newest first. It is kept for as long as the store's settings say."""
    rows = await database.read(deliveries.page, part.behind(), part.limit + 1, channel_id=channel, state=state, topic=topic)
    return Page[DeliveryOut].model_validate(part.page(rows, "id"))


@router.get("/{delivery_id}", responses=documented(NotFound))
async def get_delivery(delivery_id: RecordId, database: Db, caller: Reader) -> DeliveryOut:
    """One message from a marketplace, without what it holds."""
    return DeliveryOut.model_validate(await database.read(deliveries.get, delivery_id))


@router.get("/{delivery_id}/content", responses=documented(NotFound, VaultClosed))
async def get_delivery_content(delivery_id: RecordId, database: Db, caller: Admin, request: Request) -> DeliveryContentOut:
    """What a message holds, as it came: buyers, too."""
    row = await database.read(deliveries.get, delivery_id)
    found = inbox.opened(request.app.state.vault, row)
    shown: dict[str, Any] = {"method": found.method, "headers": found.headers, "query": found.query}
    return DeliveryContentOut.model_validate(shown | {"body": found.body.decode("utf-8", "replace")})


@router.post("/{delivery_id}/replay", status_code=200, response_model=DeliveryOut, responses=documented(NotFound, WrongState, KeyReused))
async def replay_delivery(delivery_id: RecordId, once: OnceOnly, request: Request) -> Response:
    """Have a message looked at once more. What it said before isn't counted twice."""
    answer = await once(DeliveryOut, deliveries.replay, delivery_id, status=200)
    row = await request.app.state.database.read(deliveries.get, delivery_id)
    request.app.state.wake(row["channel_id"])
    return answer
