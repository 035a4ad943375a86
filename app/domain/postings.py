"""Movements that a person posts: goods in, goods back, checks, breakage, repair, loss, finds, returns.

Only pairs that no record stands behind are open here. Units that are promised, held, allotted or under way move with their order,
reservation, counter or transfer, else the record and the ledger would tell two stories.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from app import chance
from app.database import Session
from app.domain import catalogue, locations, losses, stock
from app.domain.causes import Cause
from app.domain.errors import ForbiddenMove, InvalidDraft, Refusal, UnknownSku
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

    @property
    def pair(self) -> tuple[str, str]:
        return self.source, self.target

    @property
    def is_fact(self) -> bool:
        return self.pair in FACTS


@dataclass(frozen=True, slots=True)
class _Checked:
    """A movement that a person may post, with the records behind its codes."""

    item: int
    posting: Posting
    sku: dict[str, Any]
    location: dict[str, Any]

    @property
    def level(self) -> tuple[str, str]:
        return self.sku["id"], self.location["id"]

    def move(self) -> Move:
        posting = self.posting
        return Move(*self.level, posting.quantity, posting.source, posting.target, posting.reason, posting.reference)


def post(session: Session, posting: Posting, *, cause: Cause) -> dict[str, Any]:
    """Post one movement.

    Breakage and loss are facts: where fewer are `available`, held and promised units go too, and the answer is the movement out of
    `available` or, where there was none, the first one posted.

    Returns: the movement, with the SKU's and the location's codes.
    Raises: ForbiddenMove, UnknownSku, UnknownLocation, InsufficientStock, InvalidDraft.
    """
    sku, location = _or_refusal(catalogue.by_code, session, posting.sku), _or_refusal(locations.by_code, session, posting.location)
    return _moved(session, [_checked(0, posting, sku, location)], cause=cause)[0]


def post_many(session: Session, postings: Sequence[Posting], *, each: bool = False, cause: Cause) -> list[dict[str, Any] | Refusal]:
    """Post movements: all of them or none, or with `each` every one by itself, so that one that is refused fails no other.

    Returns: for each, in the order given, the movement or with `each` its refusal.
    Raises: without `each` as `post`, with the place of the refused one as the fact `item`.
    """
    outcomes: dict[int, dict[str, Any] | Refusal] = {}

    def refused(item: int, refusal: Refusal) -> None:
        if not each:
            refusal.facts["item"] = item
            raise refusal
        outcomes[item] = refusal

    def move(run: Sequence[_Checked]) -> None:
        """Together, because that is quick; where one is refused, in halves until it is found."""
        try:
            with session.savepoint():
                rows = _moved(session, run, cause=cause)
        except Refusal as refusal:
            if len(run) == 1:
                refused(run[0].item, refusal)
                return
            move(run[: len(run) // 2])
            move(run[len(run) // 2 :])
        else:
            outcomes.update((each.item, row) for each, row in zip(run, rows, strict=True))

    skus, places = _skus(session, {posting.sku for posting in postings}), _places(session, {posting.location for posting in postings})
    ready: list[_Checked] = []
    for item, posting in enumerate(postings):
        try:
            ready.append(_checked(item, posting, skus[posting.sku], places[posting.location]))
        except Refusal as refusal:
            refused(item, refusal)
    # One lock order, as everywhere; those of one level stay in the order given.
    ready.sort(key=attrgetter("level"))
    for _, alike in groupby(ready, key=lambda one: one.item if one.posting.is_fact else one.posting.occurred_at):
        run = list(alike)
        for begin in range(0, len(run), 50):
            move(run[begin : begin + 50])
    return [outcomes[item] for item in range(len(postings))]


Found = dict[str, Any] | Refusal


def _skus(session: Session, codes: set[str]) -> dict[str, Found]:
    if not codes:
        return {}
    try:
        return dict(catalogue.by_codes(session, sorted(codes)))
    except UnknownSku as unknown:
        missing = set(unknown.facts["skus"])
        return _skus(session, codes - missing) | {code: _or_refusal(catalogue.by_code, session, code) for code in missing}


def _places(session: Session, codes: set[str]) -> dict[str, Found]:
    return {code: _or_refusal(locations.by_code, session, code) for code in codes}


def _or_refusal(find: Callable[[Session, str], dict[str, Any]], session: Session, code: str) -> Found:
    try:
        return find(session, code)
    except Refusal as refusal:
        return refusal


def _checked(item: int, posting: Posting, sku: Found, location: Found) -> _Checked:
    """The movement, if a person may post it. Raises: as `post`."""
    if posting.pair not in OPEN:
        instead = _INSTEAD.get(posting.target) or _INSTEAD.get(posting.source) or "The ledger has no such move."
        raise ForbiddenMove(posting.source, posting.target, instead if posting.pair in stock.ALLOWED else "The ledger has no such move.")
    if posting.occurred_at is not None and posting.occurred_at > chance.now():
        raise InvalidDraft("occurred_at", "A movement can't have happened in the future.")
    if isinstance(sku, Refusal):
        raise sku
    if not sku["tracked"]:
        raise InvalidDraft("sku", f"{sku['code']!r} isn't tracked, so it has no stock to move.")
    if isinstance(location, Refusal):
        raise location
    return _Checked(item, posting, sku, location)


def _moved(session: Session, run: Sequence[_Checked], *, cause: Cause) -> list[dict[str, Any]]:
    """Post movements that happened at one time; a fact comes alone."""
    occurred_at = run[0].posting.occurred_at
    if run[0].posting.is_fact:
        [one] = run
        posting = one.posting
        taken = losses.take(
            session,
            one.sku,
            one.location["id"],
            posting.quantity,
            posting.target,
            posting.reason,
            reference=posting.reference,
            cause=cause,
            occurred_at=occurred_at,
        )
        rows = taken[:1]
    else:
        rows = stock.move_many(session, [one.move() for one in run], cause=cause, occurred_at=occurred_at)
    return [row | {"sku": one.sku["code"], "location": one.location["code"]} for one, row in zip(run, rows, strict=True)]
