"""Buyers over HTTP."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from app.api.dependencies import Db, Input, Output, Reader, RecordId, Text
from app.api.idempotency import OnceOnly
from app.api.problems import KeyReused, documented, everywhere
from app.domain import contacts
from app.domain.errors import NotFound
from app.sync import inbox

router = APIRouter(prefix="/contacts", tags=["Contacts"], responses=everywhere())

Line = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=320)]


class BuyerIn(Input):
    """Who bought. It is kept in one place, so that it can be erased in one place."""

    name: Line | None = Field(default=None, examples=["A. Buyer"])
    company: Line | None = None
    email: Line | None = Field(default=None, examples=["buyer@example.org"])
    phone: Line | None = None


class AddressIn(BuyerIn):
    """Where a parcel goes."""

    line1: Line | None = Field(default=None, examples=["1 Kiln Lane"])
    line2: Line | None = None
    city: Line | None = Field(default=None, examples=["Stoke"])
    region: Line | None = None
    postal_code: Line | None = Field(default=None, examples=["ST1 1AA"])
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] | None = Field(
        default=None, description="ISO 3166-1, two letters.", examples=["GB"]
    )


class ContactOut(Output):
    """A buyer or one of their addresses; after an erasure all of it is null."""

    id: str
    buyer_id: str | None = Field(description="Whose address this is.")
    name: str | None
    company: str | None
    email: str | None
    phone: str | None
    line1: str | None
    line2: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    created_at: datetime
    erased_at: datetime | None


@router.get("/{contact_id}", responses=documented(NotFound))
async def get_contact(contact_id: RecordId, database: Db, caller: Reader) -> ContactOut:
    """What is known of a buyer."""
    return ContactOut.model_validate(await database.read(contacts.get, contact_id))


@router.post("/{contact_id}/erase", status_code=200, response_model=ContactOut, responses=documented(NotFound, KeyReused))
async def erase_contact(contact_id: RecordId, once: OnceOnly, database: Db, request: Request) -> Response:
    """Blank a buyer and every address of theirs, and drop what shops sent about their orders. Their orders stay, without them."""
    held = await asyncio.to_thread(inbox.about, database, request.app.state.vault, contact_id)
    return await once(ContactOut, inbox.erase, contact_id, held, status=200)
