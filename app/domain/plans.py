"""What is to be planned anew, and how a SKU's units are shared out.

A SKU that some counter stands for has a row here. The transaction that changes its stock only marks it due; the planning has a
transaction of its own, so a crash between the two loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    case,
    or_,
    select,
    text,
    update,
)

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events
from app.domain.catalogue import skus
from app.domain.causes import Cause
from app.domain.errors import NotFound
from app.statements import Prepared, finding, given

sku_plans = Table(
    "sku_plans",
    metadata,
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    Column("due_at", Utc, nullable=True),
    Column("planned_at", Utc, nullable=True),
    # strict: nobody is shown a unit that isn't theirs. expose: where units are scarcer than counters, each may show up to so many more.
    Column("policy", String(16), nullable=True),  # null: as the store
    Column("expose_limit", Integer, nullable=False, server_default="1"),
    CheckConstraint("expose_limit >= 0", name="expose_limit_not_negative"),
    # The store's own API sells too: its weight beside 100, and the least that stays free for it.
    Column("own_weight", Integer, nullable=False, server_default="100"),
    Column("own_min", Integer, nullable=False, server_default="0"),
    Column("own_rate", Float, nullable=False, server_default="0"),  # as counters.rate
    # Units that lie in an allotment while an absolute write is in flight; null: worked out from what sells.
    Column("guard", Integer, nullable=True),
    Index("ix_sku_plans_due", "due_at", postgresql_where=text("due_at IS NOT NULL"), sqlite_where=text("due_at IS NOT NULL")),
    Index(None, "planned_at"),
)

POLICIES = ("strict", "expose")

PLANNER = "plan"
# What another process should have planned is anybody's after this time.
LEFT_LYING = timedelta(seconds=10)
# A sale of what there is plenty of moves shares by next to nothing: several of them are planned for together.
NO_HURRY = timedelta(seconds=5)


def wake(session: Session, *whom: str) -> None:
    """Once this is committed there is something to do: for the planner, or for the lanes of these channels."""
    session.info.setdefault("wakes", set()).update(whom)


def due_by(at: Any) -> Any:
    """What `due_at` becomes: due at this moment at the latest.

    The row is written even where it is due already: whoever is planning it holds it, and clears the mark at the end, so that
    one has to be waited for.
    """
    due_at = sku_plans.c.due_at
    return case((or_(due_at.is_(None), due_at > at), at), else_=due_at)


_mark = Prepared(
    update(sku_plans).where(sku_plans.c.sku_id == bindparam("sku", type_=skus.c.id.type)).values(due_at=due_by(bindparam("at", type_=Utc)))
)


def mark(session: Session, sku_ids: Iterable[str], *, later: bool = False) -> None:
    """Plan these SKUs anew: at once, or when there is time for it. Those that no counter stands for have no row, and nothing happens."""
    at = chance.now() + NO_HURRY if later else chance.now()
    for sku_id in sorted(sku_ids):
        session.later(_mark, {"sku": sku_id, "at": at})
        if not later:
            wake(session, PLANNER)


def ensure(session: Session, sku_id: str) -> None:
    """A counter stands for this SKU from now on."""
    if not session.find(sku_plans, columns=["sku_id"], sku_id=sku_id):
        session.add(sku_plans, {"sku_id": sku_id, "due_at": chance.now()})


def _before(moment: Column[datetime]) -> Prepared:
    query = select(sku_plans.c.sku_id, moment.label("since")).where(moment <= given(moment, "before"))
    return Prepared(query.order_by(moment, sku_plans.c.sku_id).limit(bindparam("limit", type_=Integer)))


_marked, _stale = _before(sku_plans.c.due_at), _before(sku_plans.c.planned_at)


def due(session: Session, limit: int, *, planned_before: datetime, place: int = 0, of: int = 1) -> list[str]:
    """SKUs to plan: marked ones, oldest first; then those that nobody has looked at for long.

    Every `of`-th is ours, and whatever has been due for so long that the others don't seem to come to it. Two that plan the same SKU do
    no harm; they wait for each other.
    """

    before = chance.now(), planned_before
    queries = [(query, {"before": moment, "limit": limit * of}) for query, moment in zip((_marked, _stale), before, strict=True)]
    found: dict[str, None] = {}
    for rows, moment in zip(session.rows_each(queries), before, strict=True):
        late = moment - LEFT_LYING
        found |= {row["sku_id"]: None for row in rows if int(row["sku_id"][-6:], 16) % of == place or row["since"] < late}
    return list(found)[:limit]


def hold(session: Session, sku_id: str) -> None:
    """Whoever marks it from here on waits until it is planned. Before anything is read that the plan rests on; behind its levels."""
    if session.dialect == "postgresql":  # SQLite's one writer is alone
        session.later(finding(sku_plans, ("sku_id",), ("sku_id",), None, True), {"sku_id": sku_id})


def planned(session: Session, sku_id: str, own_rate: float) -> None:
    """It is planned now; nothing is due for it until it is marked again, or `again` says when."""
    session.change(sku_plans, {"due_at": None, "planned_at": chance.now(), "own_rate": own_rate}, sku_id=sku_id)


def again(session: Session, sku_id: str, at: datetime) -> None:
    """Something of it can only be done later: plan it then."""
    session.change(sku_plans, {"due_at": at}, sku_id=sku_id)


one = Prepared(
    select(sku_plans, skus.c.safety_stock, skus.c.tracked, skus.c.archived, skus.c.code.label("sku"))
    .join(skus, skus.c.id == sku_plans.c.sku_id)
    .where(sku_plans.c.sku_id == given(sku_plans.c.sku_id))
)


def get(session: Session, sku_id: str) -> dict[str, Any]:
    """How a SKU's units are shared out. Raises: NotFound where no counter stands for it."""
    return the_one(session.rows(one, {"sku_id": sku_id}))


def the_one(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What `one` found. Raises: NotFound."""
    if not rows:
        raise NotFound("No channel sells this SKU yet, so there is nothing to share out.")
    return rows[0]


def change(session: Session, sku_id: str, changes: Mapping[str, Any], *, cause: Cause) -> dict[str, Any]:
    """Change how a SKU's units are shared out; it is planned anew at once. Raises: NotFound."""
    row = get(session, sku_id)
    new = {name: value for name, value in changes.items() if row[name] != value}
    if new:
        session.execute(update(sku_plans).where(sku_plans.c.sku_id == sku_id).values(**new, due_at=chance.now()))
        events.append(session, "plan.changed", sku_id, {"changes": new}, cause=cause)
    return get(session, sku_id)
