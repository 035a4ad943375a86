"""What was changed since a moment, for pages in another order than that of changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Table, select

from app.database import Session

# So many are named one by one.
FEW = 500


def changed(session: Session, table: Table, since: datetime) -> ColumnElement[bool]:
    """That a row of this table was changed then or later. Where few were, the index of that moment names them; where many were, whoever
    walks through all of them comes upon some soon."""
    found = list(session.execute(select(table.c.id).where(table.c.updated_at >= since).limit(FEW + 1)).scalars())
    return table.c.id.in_(found) if len(found) <= FEW else table.c.updated_at >= since
