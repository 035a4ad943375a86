"""Places that hold stock: studio, stall, hub, warehouse."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Integer, ScalarSelect, String, Table, UniqueConstraint, func, insert, select, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events, store
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.errors import CodeTaken, NotFound, Stale, UnknownLocation

locations = Table(
    "locations",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("code", String(64), nullable=False),
    Column("code_key", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    # Where an order doesn't say from which locations it may be served, the lowest rank is asked first.
    Column("rank", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("code_key"),
)


def create(session: Session, code: str, name: str, *, cause: Cause) -> dict[str, Any]:
    """Add a place, last in the order in which places are asked. Raises: CodeTaken."""
    store.in_turn(session)
    if session.scalar(select(locations.c.id).where(locations.c.code_key == key_of(code))) is not None:
        raise CodeTaken(code)
    row = {
        "id": chance.new_id(),
        "code": code.strip(),
        "code_key": key_of(code),
        "name": name,
        "rank": session.scalar(select(func.coalesce(func.max(locations.c.rank), 0))) + 1,
        "version": 1,
        "created_at": chance.now(),
    }
    session.execute(insert(locations), row)
    events.append(session, "location.created", row["id"], {"code": row["code"], "name": name}, cause=cause)
    return row


def by_code(session: Session, code: str) -> dict[str, Any]:
    """The location with this code. Raises: UnknownLocation."""
    rows = session.find(locations, code_key=key_of(code))
    if not rows:
        raise UnknownLocation(code)
    return rows[0]


def id_of(code: str) -> ScalarSelect[Any]:
    """For statements that need the id of the location with this code; null where there is none."""
    return select(locations.c.id).where(locations.c.code_key == key_of(code)).scalar_subquery()


def first(session: Session) -> dict[str, Any]:
    """The location that is asked first."""
    return dict(session.execute(select(locations).order_by(locations.c.rank, locations.c.id).limit(1)).mappings().one())


def get(session: Session, location_id: str) -> dict[str, Any]:
    """The location with this id. Raises: NotFound."""
    row = session.execute(select(locations).where(locations.c.id == location_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No location has the id {location_id}.")
    return dict(row)


def change(
    session: Session, location_id: str, changes: Mapping[str, Any], *, seen: Container[int] | None = None, cause: Cause
) -> dict[str, Any]:
    """Change a location's code, name or rank. A rank moves it to that place in the order; the others make room.

    Raises: NotFound, Stale, CodeTaken.
    """
    store.in_turn(session)
    rows = session.execute(select(locations).order_by(locations.c.rank, locations.c.id).with_for_update()).mappings().all()
    row = next((dict(each) for each in rows if each["id"] == location_id), None)
    if row is None:
        raise NotFound(f"No location has the id {location_id}.")
    Stale.unless(seen, row["version"])
    new: dict[str, Any] = {name: value for name, value in changes.items() if name in ("code", "name") and value != row[name]}
    if "code" in new:
        new["code_key"] = key_of(new["code"])
        if any(each["code_key"] == new["code_key"] for each in rows if each["id"] != location_id):
            raise CodeTaken(new["code"])
    order = [each["id"] for each in rows]
    if "rank" in changes:
        order.remove(location_id)
        order.insert(changes["rank"] - 1, location_id)
    ranks = {each: rank for rank, each in enumerate(order, 1)} if "rank" in changes else {}
    for each in rows:
        theirs = new if each["id"] == location_id else {}
        if ranks.get(each["id"], each["rank"]) != each["rank"]:
            theirs = theirs | {"rank": ranks[each["id"]]}
        if theirs:
            session.execute(update(locations).where(locations.c.id == each["id"]).values(**theirs, version=locations.c.version + 1))
            said = {name: {"old": each[name], "new": value} for name, value in theirs.items() if name != "code_key"}
            events.append(session, "location.changed", each["id"], {"changes": said}, cause=cause)
    return get(session, location_id)


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
