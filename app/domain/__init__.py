"""What the store is: one file per noun, its tables and the functions that change them."""

from app.database import Session
from app.domain import events, repayment
from app.domain.causes import Cause

_STORE = Cause("store")


def finish(session: Session) -> None:
    """What ends every transaction that changes something, before anybody else may see it: repay, then say what happened."""
    repayment.repay(session, cause=_STORE)
    events.flush(session)
