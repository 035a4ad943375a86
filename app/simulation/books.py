"""What the simulator asks the books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from app.database import Session
from app.domain import catalogue, commitments, counters, orders, stock, writes
from app.statements import Prepared, given
from app.sync.push import has_open_write


def order_id(session: Session, channel_id: str, external_id: str) -> str | None:
    o = orders.orders.c
    found: str | None = session.scalar(select(o.id).where(o.channel_id == channel_id, o.external_id == external_id))
    return found


def external_ids(session: Session, channel_id: str) -> list[str]:
    return list(session.execute(select(orders.orders.c.external_id).where(orders.orders.c.channel_id == channel_id)).scalars())


def sku_id(session: Session, code: str) -> str:
    return str(session.scalar(select(catalogue.skus.c.id).where(catalogue.skus.c.code == code)))


def readings(session: Session, channel_id: str, external_ids: Sequence[str]) -> list[dict[str, Any]]:
    return [row for row in session.rows(_readings, {"channel_id": channel_id}) if row["external_id"] in external_ids]


_c = counters.counters.c
_readings = Prepared(select(_c.external_id, _c.read_at, has_open_write().label("open")).where(_c.channel_id == given(_c.channel_id)))


def counters_of(session: Session, sku_id: str) -> list[counters.Counter]:
    ids = session.execute(select(counters.counters.c.id).where(counters.counters.c.sku_id == sku_id)).scalars()
    return counters.of_ids(session, list(ids))


def short(session: Session, code: str) -> int:
    c = commitments.commitments.c
    query = select(func.coalesce(func.sum(c.quantity), 0)).join(catalogue.skus, catalogue.skus.c.id == c.sku_id)
    return int(session.scalar(query.where(catalogue.skus.c.code == code, c.location_id.is_(None))))


def sends(session: Session) -> int:
    return int(session.scalar(select(func.coalesce(func.sum(writes.writes.c.sends), 0))))


def level(session: Session, code: str) -> dict[str, int]:
    """Units of a SKU by their state."""
    found = stock.page_levels(session, None, 1, code=code, location="STUDIO")
    return {state: int(found[0][state]) for state in stock.STATES} if found else dict.fromkeys(stock.STATES, 0)
