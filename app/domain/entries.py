"""The counters' journal: one entry for each change of what we believe a channel's number shows, so that any number can be explained.

Entries are numbered for each counter and never changed; `counters.entries` is the number of the last one. A counter is as its last entry
says; one that has none yet hasn't changed since entries are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, Integer, String, Table, delete, literal_column, select, text

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import counters
from app.domain.causes import Cause
from app.domain.counters import Counter
from app.statements import Prepared, given

# order: a recorded order took units, put them back or holds them; write: a change of ours took effect; settled: what a change left below
# zero has turned up; reading: the channel's own number was read and assigned; mapping: it stands for something else; freed: a person said
# that nothing is on sale there any more; repair: `tallystick check --repair`.
WHAT = ("order", "write", "settled", "reading", "mapping", "freed", "repair")

READ: ColumnElement[str] = literal_column("'reading'")
"""The kind of entry that assigns a number, in the words of its index."""

COUNTERS_AT_ONCE = 100
_FIRST = chance.first_id(datetime.fromtimestamp(0, UTC))

counter_entries = Table(
    "counter_entries",
    metadata,
    Column("counter_id", Id(), ForeignKey("counters.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    Column("what", String(16), nullable=False),
    Column("record_id", Id(), nullable=True),  # the order's line, or the write
    # By how much `shown` changed, and what it is since; counter units.
    Column("change", Integer, nullable=False),
    Column("shown", Integer, nullable=False),
    Column("below", Integer, nullable=False),
    Column("held", Integer, nullable=False),
    Column("actor", String(120), nullable=False),
    # The readings among them: from the last one on the others add up.
    Index(
        "ix_counter_entries_reading",
        "counter_id",
        "what",
        "number",
        postgresql_where=text("what = 'reading'"),
        sqlite_where=text("what = 'reading'"),
    ),
    sqlite_with_rowid=False,  # kept in the order in which they are added up
)


def change(session: Session, counter: Counter, what: str, record_id: str | None, *, cause: Cause, **changes: Any) -> None:
    """`counters.change`, with an entry where its figures change, and for each reading. The counter is held, as for any change of it."""
    before = (counter.shown, counter.below, counter.held)
    after = tuple(changes.get(name, getattr(counter, name)) for name in ("shown", "below", "held"))
    if after == before and what != "reading":
        counters.change(session, counter, **changes)
        return
    number = counter.entries + 1
    counters.change(session, counter, **changes, entries=number)
    figures = {"id": counter.id, "shown": counter.shown, "below": counter.below, "held": counter.held}
    _add(session, figures, number, what, counter.shown - before[0], record_id, cause=cause)


def held(session: Session, counter_id: str, units: int, what: str = "mapping", *, cause: Cause, **changes: Any) -> None:
    """So many units of what a counter stands for are held back of it, by whatever it stands for now."""
    row = _held_row(session, counter_id)
    number = row["entries"] + (row["held"] != units)
    counters.change(session, counter_id, **changes, held=units, entries=number)
    if number > row["entries"]:
        _add(session, row | {"held": units}, number, what, 0, cause=cause)


def mend(session: Session, counter_id: str, *, cause: Cause) -> None:
    """Append the entry that is missing between the last one and what the counter says, and have the channel's own number read."""
    row = _held_row(session, counter_id)
    last = session.find(counter_entries, columns=["shown"], counter_id=counter_id, number=row["entries"])
    number = row["entries"] + 1
    counters.change(session, counter_id, entries=number, rebase_at=chance.now())
    _add(session, row, number, "repair", row["shown"] - last[0]["shown"] if last else 0, cause=cause)


def _held_row(session: Session, counter_id: str) -> dict[str, Any]:
    (row,) = session.find(counters.counters, columns=["id", "shown", "below", "held", "entries"], id=counter_id, lock=True)
    return row


def _add(
    session: Session, counter: Mapping[str, Any], number: int, what: str, change: int, record_id: str | None = None, *, cause: Cause
) -> None:
    entry = {
        "counter_id": counter["id"],
        "number": number,
        "at": chance.now(),
        "what": what,
        "record_id": record_id,
        "change": change,
        "shown": counter["shown"],
        "below": counter["below"],
        "held": counter["held"],
        "actor": cause.actor,
    }
    session.add(counter_entries, entry)


_drop = Prepared(
    delete(counter_entries).where(
        counter_entries.c.counter_id == given(counter_entries.c.counter_id), counter_entries.c.number == given(counter_entries.c.number)
    )
)


class Sweep:
    """Drops old entries, a few counters' at a time; never a counter's last one. It goes round: those stay for good, and whoever looked for
    old entries by their moment alone would meet all of them each time."""

    def __init__(self) -> None:
        self._behind = _FIRST

    def __call__(self, session: Session, before: datetime, limit: int = 200) -> int:
        """Returns how many were dropped."""
        e, c = counter_entries.c, counters.counters.c
        ids = self._next(session, self._behind) or self._next(session, _FIRST)
        query = (
            select(e.counter_id, e.number)
            .join(counters.counters, c.id == e.counter_id)
            .where(e.counter_id.in_(ids), e.at < before, e.number < c.entries)
            .limit(limit)
        )
        old = [dict(row) for row in session.execute(query).mappings()]
        if old:
            session.run(_drop, old)
        if ids and len(old) < limit:
            self._behind = ids[-1]
        return len(old)

    @staticmethod
    def _next(session: Session, behind: str) -> list[str]:
        c = counters.counters.c
        return list(session.execute(select(c.id).where(c.id > behind).order_by(c.id).limit(COUNTERS_AT_ONCE)).scalars())
