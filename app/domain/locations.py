"""Places that hold stock: studio, stall, hub, warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint, func, insert, select

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.errors import CodeTaken, UnknownLocation

locations = Table(
    "locations",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("code", String(64), nullable=False),
    Column("code_key", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    # Where an order doesn't say from which locations it may be served, the lowest rank is asked first.
    Column("rank", Integer, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("code_key"),
)


def create(session: Session, code: str, name: str, *, cause: Cause) -> dict[str, Any]:
    """Add a place, last in the order in which places are asked. Raises: CodeTaken."""
    if session.scalar(select(locations.c.id).where(locations.c.code_key == key_of(code))) is not None:
        raise CodeTaken(code)
    row = {
        "id": chance.new_id(),
        "code": code.strip(),
        "code_key": key_of(code),
        "name": name,
        "rank": session.scalar(select(func.coalesce(func.max(locations.c.rank), 0))) + 1,
        "created_at": chance.now(),
    }
    session.execute(insert(locations), row)
    events.append(session, "location.created", row["id"], {"code": row["code"], "name": name}, cause=cause)
    return row


def by_code(session: Session, code: str) -> dict[str, Any]:
    """The location with this code. Raises: UnknownLocation."""
    row = session.execute(select(locations).where(locations.c.code_key == key_of(code))).mappings().one_or_none()
    if row is None:
        raise UnknownLocation(code)
    return dict(row)


def ids_of(session: Session, codes: Sequence[str]) -> list[str]:
    """The ids behind the codes, in their order. Raises: UnknownLocation."""
    keys = [key_of(code) for code in codes]
    query = select(locations.c.code_key, locations.c.id).where(locations.c.code_key.in_(keys))
    known: dict[str, str] = {row.code_key: row.id for row in session.execute(query)}
    for code, key in zip(codes, keys, strict=True):
        if key not in known:
            raise UnknownLocation(code)
    return list(dict.fromkeys(known[key] for key in keys))


def page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Locations in the order of their ids."""
    query = select(locations).order_by(locations.c.id).limit(limit)
    if after is not None:
        query = query.where(locations.c.id > after)
    return [dict(row) for row in session.execute(query).mappings()]
