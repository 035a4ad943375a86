"""The housekeeping: what falls due by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import structlog

from app import chance
from app.api import idempotency
from app.database import Database, DatabaseUnavailable, Session
from app.domain import deliveries, differences, endpoints, entries, events, imports, reservations, signals, store, writes
from app.domain.causes import Cause
from app.importing import spool
from app.security import Gate

log = structlog.get_logger()

HOUSEKEEPING = Cause("housekeeping")
EVERY_SECONDS = 1.0
TIDY_EVERY_SECONDS = 60.0

# Each drops a few of what is from before a moment, and returns how many.
TIDYING: Sequence[tuple[str, Callable[[Session, datetime], int]]] = (
    ("answers", idempotency.forget_old),
    ("deliveries", deliveries.forget_old),
    ("events", events.forget_old),
    ("writes", writes.forget_old),
    ("writes", entries.Sweep()),
    ("writes", differences.forget_old),
    ("writes", imports.forget_old),
    ("webhook_messages", endpoints.forget_old),
)


async def keep_house(database: Database, gate: Gate, renew_mark: Callable[[], None] = lambda: None, *, works: bool = True) -> None:
    """Let holds lapse when their time has come, note which tokens are used and how far the ledger is, and drop what is kept no longer.

    Runs until cancelled. Each transaction takes a few at a time, so that trading is never held up. `works`: off where another process
    does what isn't about this process itself.
    """
    tidied_at = -TIDY_EVERY_SECONDS
    clock = signals.OwnClock()
    while True:
        try:
            if works:
                if (by := clock.jumped()) is not None:  # before anything lapses by it
                    log.warning("the clock of this machine jumped", seconds=round(by.total_seconds()))
                    await database.write(signals.clock_jumped, by)
                while await database.write(reservations.lapse_due, cause=HOUSEKEEPING):
                    pass
            await gate.note_use()
            if chance.monotonic() - tidied_at >= TIDY_EVERY_SECONDS:
                if works:
                    await tidy(database)
                await asyncio.to_thread(renew_mark)
                tidied_at = chance.monotonic()
        except DatabaseUnavailable as error:
            log.warning("housekeeping waits for the database", reason=str(error))
        except Exception as error:
            log.error("housekeeping failed; it goes on", exc_info=error)
        await asyncio.sleep(EVERY_SECONDS)


async def take_in_files(database: Database, where: Path, wake: asyncio.Event) -> None:
    """Take in the files that wait in a folder, as soon as they come and wherever they were left. Runs until cancelled."""
    stop = Event()
    await asyncio.to_thread(spool.sweep, database, where)
    while True:
        wake.clear()
        work = asyncio.ensure_future(asyncio.to_thread(spool.run_due, database, where, stop))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            stop.set()  # it ends with the chunk that it is at
            with suppress(Exception):
                await work
            raise
        except DatabaseUnavailable as error:
            log.warning("imports wait for the database", reason=str(error))
        except Exception as error:
            log.error("imports failed; they go on", exc_info=error)
        with suppress(TimeoutError):
            await asyncio.wait_for(wake.wait(), EVERY_SECONDS)


async def tidy(database: Database) -> None:
    """Drop what is older than the store's settings keep it."""
    settings = await database.read(store.get)
    for kind, forget in TIDYING:
        before = chance.now() - timedelta(days=settings[f"{kind}_days"])
        while await database.write(forget, before):
            pass
