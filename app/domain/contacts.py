"""Buyers: names and addresses, in this table and nowhere else, so that erasing somebody is one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, insert, or_, select, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events
from app.domain.causes import Cause
from app.domain.errors import NotFound
from app.statements import Prepared, given

FIELDS = ("name", "company", "email", "phone", "line1", "line2", "city", "region", "postal_code", "country")

contacts = Table(
    "contacts",
    metadata,
    Column("id", Id(), primary_key=True),
    # An address that belongs to a buyer is erased with the buyer.
    Column("buyer_id", Id(), ForeignKey("contacts.id"), nullable=True),
    *(Column(field, String(320), nullable=True) for field in FIELDS),
    # The name by which a marketplace asks to have its buyer erased, such as "ebay:" and its user's name there.
    Column("known_as", String(320), nullable=True),
    Column("created_at", Utc, nullable=False),
    Column("erased_at", Utc, nullable=True),
    Index(None, "buyer_id"),
    Index(None, "known_as"),
)


_insert = Prepared(insert(contacts), [column.key for column in contacts.c if column.key != "erased_at"])


_renew = Prepared(
    update(contacts)
    .where(contacts.c.id == given(contacts.c.id, "contact_id"), contacts.c.erased_at.is_(None))
    .values({field: given(contacts.c[field]) for field in FIELDS})
)


def add(session: Session, fields: Mapping[str, str | None], *, buyer_id: str | None = None) -> str:
    """Keep a buyer or one of their addresses. Returns the id by which everything else refers to it."""
    row: dict[str, Any] = {field: fields.get(field) for field in FIELDS}
    row |= {"id": chance.new_id(), "buyer_id": buyer_id, "known_as": fields.get("known_as"), "created_at": chance.now()}
    session.later(_insert, row)
    return str(row["id"])


def renew(session: Session, contact_id: str, fields: Mapping[str, str | None]) -> None:
    """What a channel says of a contact now. One that was erased stays erased."""
    session.later(_renew, {"contact_id": contact_id} | {field: fields.get(field) for field in FIELDS})


def get(session: Session, contact_id: str) -> dict[str, Any]:
    """What is known of a contact. Raises: NotFound."""
    row = session.execute(select(contacts).where(contacts.c.id == contact_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No contact has the id {contact_id}.")
    return dict(row)


def erase(session: Session, contact_id: str, *, cause: Cause) -> dict[str, Any]:
    """Blank a contact and every address that belongs to it. What they bought stays, without them. Raises: NotFound.

    Repeating it blanks the addresses that have come since, and nothing else.
    """
    blank: dict[str, Any] = dict.fromkeys((*FIELDS, "known_as"))
    theirs = or_(contacts.c.id == contact_id, contacts.c.buyer_id == contact_id)
    erased = session.execute(update(contacts).where(theirs, contacts.c.erased_at.is_(None)).values(**blank, erased_at=chance.now()))
    if erased.rowcount:
        events.append(session, "contact.erased", contact_id, {}, cause=cause)
    return get(session, contact_id)


def bought(session: Session, contact_id: str) -> dict[str, set[str]]:
    """The orders in which a contact stands, by their channel: the channels' own ids of them."""
    orders = metadata.tables["orders"]
    theirs = select(contacts.c.id).where(or_(contacts.c.id == contact_id, contacts.c.buyer_id == contact_id))
    query = select(orders.c.channel_id, orders.c.external_id).where(
        or_(orders.c.contact_id.in_(theirs), orders.c.ship_to_id.in_(theirs)), orders.c.channel_id.is_not(None)
    )
    found: dict[str, set[str]] = {}
    for row in session.execute(query):
        found.setdefault(row.channel_id, set()).add(row.external_id)
    return found


def forget(session: Session, known_as: str, *, cause: Cause) -> int:
    """A marketplace's buyer is to be erased, with every order's copy of them. Returns how many contacts that were."""
    found = list(session.execute(select(contacts.c.id).where(contacts.c.known_as == known_as).order_by(contacts.c.id)).scalars())
    for contact_id in found:
        erase(session, contact_id, cause=cause)
    return len(found)
