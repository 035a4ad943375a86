"""Movements that a person posts: goods in, goods back, checks, breakage, repair, loss, finds, returns.

Only pairs that no record stands behind are open here. Units that are promised, held, allotted or under way move with their order,
reservation, counter or transfer, else the record and the ledger would tell two stories.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import chance
from app.database import Session
from app.domain import catalogue, locations, losses, stock
from app.domain.causes import Cause
from app.domain.errors import ForbiddenMove, InvalidDraft
from app.domain.stock import Move

OPEN = frozenset(
    {
        ("supplier", "available"),
        ("supplier", "quality_control"),
        ("available", "supplier"),
        ("damaged", "supplier"),
        ("quality_control", "available"),
        ("quality_control", "damaged"),
        ("available", "damaged"),
        ("damaged", "available"),
        ("available", "adjustment"),
        ("damaged", "adjustment"),
        ("adjustment", "available"),
        ("adjustment", "damaged"),
        ("customer", "available"),
        ("customer", "quality_control"),
        ("customer", "damaged"),
        ("customer", "adjustment"),
    }
)

# Breakage and loss are facts: they take what is promised where nothing free is left.
FACTS = frozenset({("available", "damaged"), ("available", "adjustment")})

_INSTEAD = {
    "reserved": "Hold units with POST /v1/reservations.",
    "committed": "Promise units with POST /v1/orders, send them with POST /v1/orders/{id}/shipments.",
    "transit": "Move units between locations with POST /v1/stock/transfers.",
    "allotted": "Allotments follow from the plan.",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One movement as somebody reports it; `sku` and `location` are codes."""

    sku: str
    location: str
    quantity: int
    source: str
    target: str
    reason: str
    reference: str | None = None
    occurred_at: datetime | None = None


def post(session: Session, posting: Posting, *, cause: Cause) -> dict[str, Any]:
    """Post one movement.

    Breakage and loss are facts: where fewer are `available`, held and promised units go too, and the answer is the movement out of
    `available` or, where there was none, the first one posted.

    Returns: the movement, with the SKU's and the location's codes.
    Raises: ForbiddenMove, UnknownSku, UnknownLocation, InsufficientStock, InvalidDraft.
    """
    pair = (posting.source, posting.target)
    if pair not in OPEN:
        instead = _INSTEAD.get(posting.target) or _INSTEAD.get(posting.source) or "The ledger has no such move."
        raise ForbiddenMove(posting.source, posting.target, instead if pair in stock.ALLOWED else "The ledger has no such move.")
    if posting.occurred_at is not None and posting.occurred_at > chance.now():
        raise InvalidDraft("occurred_at", "A movement can't have happened in the future.")
    sku = catalogue.by_code(session, posting.sku)
    if not sku["tracked"]:
        raise InvalidDraft("sku", f"{sku['code']!r} isn't tracked, so it has no stock to move.")
    location = locations.by_code(session, posting.location)
    if pair in FACTS:
        rows = losses.take(
            session,
            sku,
            location["id"],
            posting.quantity,
            posting.target,
            posting.reason,
            reference=posting.reference,
            cause=cause,
            occurred_at=posting.occurred_at,
        )
    else:
        move = Move(sku["id"], location["id"], posting.quantity, posting.source, posting.target, posting.reason, posting.reference)
        rows = stock.move_many(session, [move], cause=cause, occurred_at=posting.occurred_at)
    return rows[0] | {"sku": sku["code"], "location": location["code"]}
