"""Facts that take units away: breakage, loss, a count that finds too little. They are never refused for lack of `available`."""

from __future__ import annotations

from datetime import datetime

from app.database import Session
from app.domain import commitments, reservations, stock
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock
from app.domain.stock import Move


def take(
    session: Session,
    sku: dict[str, object],
    location_id: str,
    quantity: int,
    target: str,
    reason: str,
    *,
    reference: str | None = None,
    cause: Cause,
    occurred_at: datetime | None = None,
) -> list[dict[str, object]]:
    """Write units off at a location: to `damaged` (they broke) or to `adjustment` (they aren't there).

    What is free goes first, then what is only held, then what waits for a check or is damaged (where it is missing), and last what
    is promised: the lines promised latest become short.

    Returns: the movements that ended in the target.
    Raises: InsufficientStock when the location has fewer units than that by our own books.
    """
    sku_id = str(sku["id"])
    stock.lock(session, [sku_id])  # everywhere: what is promised here may be served from elsewhere
    at = stock.level(session, sku_id, location_id)
    sources = ["available", "reserved", "committed"]
    if target == "adjustment":
        sources[2:2] = ["quality_control", "damaged"]
    else:
        sources[2:2] = ["quality_control"]
    here = sum(at[source] for source in sources)
    if quantity > here:
        raise InsufficientStock([{"sku": sku["code"], "asked": quantity, "available": here}])
    rows: list[dict[str, object]] = []

    def move(units: int, source: str, to: str) -> list[dict[str, object]]:
        each = Move(sku_id, location_id, units, source, to, reason, reference)
        return stock.move_many(session, [each], cause=cause, occurred_at=occurred_at)

    for source in sources:
        units = min(quantity, at[source])
        if not units:
            continue
        quantity -= units
        if source == "reserved":
            reservations.give_up_latest(session, sku_id, location_id, units, cause=cause)
            source = "available"
        elif source == "committed":
            commitments.uncommit_latest(session, sku_id, location_id, units, cause=cause)
        elif source == "quality_control" and target == "adjustment":
            move(units, source, "damaged")
            source = "damaged"
        rows += move(units, source, target)
    return rows
