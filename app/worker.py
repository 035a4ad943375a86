"""The housekeeping: what falls due by itself."""

from __future__ import annotations

import asyncio

import structlog

from app.api import idempotency
from app.database import Database, DatabaseUnavailable
from app.domain import reservations
from app.domain.causes import Cause

log = structlog.get_logger()

HOUSEKEEPING = Cause("housekeeping")
EVERY_SECONDS = 1.0


async def keep_house(database: Database) -> None:
    """Let holds lapse when their time has come, and drop stored answers that nobody will ask for again. Runs until cancelled.

    Each round takes a few at a time, so that trading is never held up.
    """
    while True:
        try:
            while await database.write(reservations.lapse_due, cause=HOUSEKEEPING):
                pass
            await database.write(idempotency.forget_old)
        except DatabaseUnavailable as error:
            log.warning("housekeeping waits for the database", reason=str(error))
        except Exception as error:
            log.error("housekeeping failed; it goes on", exc_info=error)
        await asyncio.sleep(EVERY_SECONDS)
