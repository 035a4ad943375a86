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
    found = session.find(orders.orders, columns=("id",), channel_id=channel_id, external_id=external_id)
    return found[0]["id"] if found else None


def external_ids(session: Session, channel_id: str) -> list[str]:
    return [row["external_id"] for row in session.find(orders.orders, columns=("external_id",), channel_id=channel_id)]


def sku_id(session: Session, code: str) -> str:
    (found,) = session.find(catalogue.skus, columns=("id",), code=code)
    return str(found["id"])


def readings(session: Session, channel_id: str, external_ids: Sequence[str]) -> list[dict[str, Any]]:
    return [row for row in session.rows(_readings, {"channel_id": channel_id}) if row["external_id"] in external_ids]


_c = counters.counters.c
_readings = Prepared(select(_c.external_id, _c.read_at, has_open_write().label("open")).where(_c.channel_id == given(_c.channel_id)))


def counters_of(session: Session, sku_id: str) -> list[counters.Counter]:
    return counters.of_ids(session, [row["id"] for row in session.find(counters.counters, columns=("id",), sku_id=sku_id)])


def short(session: Session, code: str) -> int:
    return int(session.rows(_short, {"code": code})[0]["units"])


_skus, _line = catalogue.skus.c, commitments.commitments.c
_short = Prepared(
    select(func.coalesce(func.sum(_line.quantity), 0).label("units"))
    .join(catalogue.skus, _skus.id == _line.sku_id)
    .where(_skus.code == given(_skus.code), _line.location_id.is_(None))
)


def sends(session: Session) -> int:
    return int(session.scalar(select(func.coalesce(func.sum(writes.writes.c.sends), 0))))


def level(session: Session, code: str) -> dict[str, int]:
    """Units of a SKU by their state: there is one location."""
    found = session.rows(_levels, {"code": code})
    return found[0] if found else dict.fromkeys(stock.STATES, 0)


_levels = Prepared(
    select(*(stock.stock_levels.c[state] for state in stock.STATES))
    .join(catalogue.skus, _skus.id == stock.stock_levels.c.sku_id)
    .where(_skus.code == given(_skus.code))
)
