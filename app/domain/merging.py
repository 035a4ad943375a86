"""Two SKUs that are one thing: one is merged into the other, with its stock and its codes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_, select, update

from app import chance
from app.database import Contended, Session
from app.domain import aliases, catalogue, changes, events, search, stock, store
from app.domain.catalogue import skus
from app.domain.causes import Cause
from app.domain.commitments import commitments
from app.domain.errors import InsufficientStock, WrongState
from app.domain.listings import listing_components
from app.domain.orders import order_lines
from app.domain.stock import Move, stock_levels
from app.domain.transfers import transfer_lines

# By which ways of the ledger's table units leave one SKU and enter the other, state by state. Nothing enters quality_control but
# goods that came in: so what waits for a check is sent back under one name and received under the other, and still waits.
_WAYS = {
    "available": ([("available", "adjustment")], ("adjustment", "available")),
    "damaged": ([("damaged", "adjustment")], ("adjustment", "damaged")),
    "quality_control": ([("quality_control", "available"), ("available", "supplier")], ("supplier", "quality_control")),
}


def merge(session: Session, sku_id: str, into: str, *, cause: Cause) -> dict[str, Any]:
    """Let one SKU become part of another: its stock by movements, its code and its aliases as aliases. It is archived for good.

    What was ordered, counted or moved under the old one keeps its id.

    Returns: the SKU that is left.
    Raises: UnknownSku; WrongState where they can't be one, or while something is promised of, held of, or on its way under the old one.
    """
    store.in_turn(session)
    for each in sorted({sku_id, into}):  # one lock order
        changes.locked(session, each)
    stock.lock(session, [sku_id])
    old, new = (dict(session.execute(select(skus).where(skus.c.id == each)).mappings().one()) for each in (sku_id, into))
    _may_be_one(session, old, new)
    cause = cause.by("merge", sku_id)
    _move_stock(session, old, new, cause=cause)

    words = changes.found_by(session, old), changes.found_by(session, new)
    aliases.hand_over(session, sku_id, into)
    session.execute(update(skus).where(skus.c.merged_into == sku_id).values(merged_into=into))
    now = chance.now()
    session.execute(
        update(skus)
        .where(skus.c.id == sku_id)
        # A key that no code has: no key begins with a space. So the code itself is free to become an alias.
        .values(code_key=f" {sku_id}", code_mirror=None, archived=True, merged_into=into, version=skus.c.version + 1, updated_at=now)
    )
    aliases.add(session, into, old["code"])
    session.execute(update(skus).where(skus.c.id == into).values(version=skus.c.version + 1, updated_at=now))
    search.index(session, search.sku_words, [(sku_id, words[0], set()), (into, words[1], changes.found_by(session, new))])
    catalogue.touch(session, [old["product_id"], new["product_id"]])
    events.append(session, "sku.merged", sku_id, {"code": old["code"], "into": into, "into_code": new["code"]}, cause=cause)
    return catalogue.sku(session, into)


def _may_be_one(session: Session, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Raises WrongState, saying all that stands in the way."""
    if old["id"] == new["id"]:
        raise WrongState("A SKU can't be merged into itself.")
    if old["merged_into"] is not None:
        raise WrongState(f"{old['code']!r} was merged already.", merged_into=old["merged_into"])
    if new["archived"]:
        raise WrongState(f"{new['code']!r} is archived; bring it back first, or merge the other way round.")
    if old["tracked"] != new["tracked"]:
        raise WrongState("One of the two is tracked and the other isn't; make them alike first: PATCH /v1/skus/{id} with tracked.")
    level, promise, line, way = stock_levels.c, commitments.c, order_lines.c, transfer_lines.c
    mine = level.sku_id == old["id"]
    obstacles = {
        "commitments": or_(
            exists().where(mine, level.committed > 0),
            exists().where(promise.sku_id == old["id"], promise.quantity > 0),
            exists().where(line.sku_id == old["id"], line.quantity > line.cancelled + line.shipped),
        ),
        "holds": exists().where(mine, level.reserved > 0),
        "allotments": exists().where(mine, level.allotted > 0),
        "listings": exists().where(listing_components.c.sku_id == old["id"]),
        "transit": exists().where(way.sku_id == old["id"], way.sent > way.received + way.lost),
    }
    if found := [name for name, obstacle in obstacles.items() if session.scalar(select(obstacle))]:
        raise WrongState(
            f"{old['code']!r} has {', '.join(found)}. Ship or cancel its orders, release its holds, say that its listings consist of "
            "the other one (PATCH /v1/listings/{id}) and receive its transfers; then merge it.",
            obstacles=found,
        )


def _move_stock(session: Session, old: dict[str, Any], new: dict[str, Any], *, cause: Cause) -> None:
    query = select(stock_levels).where(stock_levels.c.sku_id == old["id"]).order_by(stock_levels.c.location_id)
    for level in session.execute(query).mappings().all():
        for state, (out, enter) in _WAYS.items():
            if not level[state]:
                continue
            moves = [Move(old["id"], level["location_id"], level[state], source, target, "merged") for source, target in out]
            try:
                for move in moves:
                    stock.move_many(session, [move], cause=cause)
            except InsufficientStock:
                raise Contended from None  # somebody took some meanwhile: look again
            source, target = enter
            stock.move_many(session, [Move(new["id"], level["location_id"], level[state], source, target, "merged")], cause=cause)
