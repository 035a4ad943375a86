"""Former codes: a SKU that was renamed, or that another was merged into, is still found by them.

A code is one SKU's at a time, as its code or as an alias of it. So an alias keeps its code from everybody else until it is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, delete, insert, select, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain.codes import LONGEST, key_of

sku_aliases = Table(
    "sku_aliases",
    metadata,
    Column("code_key", String(LONGEST), primary_key=True),
    Column("code", String(LONGEST), nullable=False),
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Index(None, "sku_id"),
)


def owners(session: Session, keys: Sequence[str]) -> dict[str, str]:
    """The ids of the SKUs that have these codes as aliases, by the codes' keys."""
    query = select(sku_aliases.c.code_key, sku_aliases.c.sku_id).where(sku_aliases.c.code_key.in_(keys))
    return {row.code_key: row.sku_id for row in session.execute(query)}


def of_skus(session: Session, sku_ids: Sequence[str]) -> Mapping[str, list[str]]:
    """The aliases of these SKUs, oldest first."""
    found: dict[str, list[str]] = {sku_id: [] for sku_id in sku_ids}
    query = select(sku_aliases).where(sku_aliases.c.sku_id.in_(sku_ids)).order_by(sku_aliases.c.created_at, sku_aliases.c.code_key)
    for row in session.execute(query).mappings():
        found[row["sku_id"]].append(row["code"])
    return found


def add(session: Session, sku_id: str, code: str) -> None:
    """Keep a code that the SKU had. The caller has seen to it that nobody else has it."""
    session.execute(insert(sku_aliases), {"code_key": key_of(code), "code": code, "sku_id": sku_id, "created_at": chance.now()})


def remove(session: Session, sku_id: str, code: str) -> bool:
    """Let go of a former code. Returns whether the SKU had it."""
    mine = (sku_aliases.c.sku_id == sku_id, sku_aliases.c.code_key == key_of(code))
    return session.execute(delete(sku_aliases).where(*mine)).rowcount > 0


def hand_over(session: Session, from_id: str, to_id: str) -> None:
    """All aliases of one SKU become another's."""
    changes: dict[str, Any] = {"sku_id": to_id}
    session.execute(update(sku_aliases).where(sku_aliases.c.sku_id == from_id).values(changes))
