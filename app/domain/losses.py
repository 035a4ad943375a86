"""Facts that take units away: breakage, loss, a count that finds too little. They are never refused for lack of `available`."""

from __future__ import annotations

from datetime import datetime

from app.database import Session
from app.domain import commitments, counters, reservations, stock
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

    What is free goes first, then what counters were given (most above their own offer first; one that is left overdrawn is withdrawn
    at once), then what is only held, then what waits for a check or is damaged (where it is missing), and last what is promised: the
    lines promised latest become short.

    Returns: the movements that ended in the target.
    Raises: InsufficientStock when the location has fewer units than that by our own books.
    """
    sku_id = str(sku["id"])
    rivals = counters.of_skus(session, [sku_id])  # held, everywhere: what is promised here may be served from elsewhere
    at = dict(stock.level(session, sku_id, location_id))
    others = ["quality_control", "damaged"] if target == "adjustment" else ["quality_control"]
    sources = ["reserved", *others, "committed"]
    here = sum(at[source] for source in ("available", "allotted", *sources))
    if quantity > here:
        raise InsufficientStock([{"sku": sku["code"], "asked": quantity, "available": here}])
    rows: list[dict[str, object]] = []

    def move(units: int, source: str, to: str) -> list[dict[str, object]]:
        each = Move(sku_id, location_id, units, source, to, reason, reference)
        return stock.move_many(session, [each], cause=cause, occurred_at=occurred_at)

    for drawn in counters.draw(session, rivals, sku_id, quantity, [location_id]):
        quantity -= drawn.units
        rows += move(drawn.units, drawn.source, target)
    for source in sources:
        units = min(quantity, at[source])
        if not units:
            continue
        quantity -= units
        if source == "reserved":
            held = reservations.give_up_latest(session, sku_id, location_id, units, cause=cause)
            if held < units:  # the rest of them belongs to orders that aren't paid
                commitments.uncommit_latest(session, sku_id, location_id, units - held, state="reserved", cause=cause)
                move(units - held, "reserved", "available")
            source = "available"
        elif source == "committed":
            commitments.uncommit_latest(session, sku_id, location_id, units, cause=cause)
        elif source == "quality_control" and target == "adjustment":
            move(units, source, "damaged")
            source = "damaged"
        rows += move(units, source, target)
    return rows
