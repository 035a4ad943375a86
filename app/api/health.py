"""How a channel is, and how the whole store is, in one answer each."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field

from app.api.dependencies import Db, Output, Reader, RecordId
from app.api.exceptions import ExceptionOut
from app.api.problems import documented, everywhere
from app.domain import health
from app.domain.errors import NotFound

router = APIRouter(responses=everywhere())

Word = Literal["ok", "degraded", "connecting", "down", "refused", "paused", "recovering", "leaving", "disconnected"]


class SeveritiesOut(Output):
    urgent: int
    warning: int
    note: int


class BudgetOut(Output):
    """So many changes are allowed in so many seconds."""

    name: str
    listing: str | None = Field(description="Whose it is; null: the channel's. Listings are named from half of theirs on.")
    sent: int
    amount: float
    per_s: float
    part: float = Field(description="0 to 1: nearly spent from 0.8 on.")


class LineOut(Output):
    """A channel in a line."""

    id: str
    name: str
    kind: str
    status: Word = Field(
        description="`ok`: all is well. `degraded`: it works, and something is wrong. `connecting`: it isn't live yet. `down`: it can't be "
        "reached. `refused`: it doesn't let us in. The others are what was asked of it."
    )
    since: datetime | None = Field(description="Since when it is so; null where it is `ok`.")
    wrong: list[str] = Field(description="Causes of open exceptions that are about the connection.", examples=[["channel_unreachable"]])
    last_error: str | None = Field(description="The shop's last words, where it failed.")
    message_at: datetime | None
    polled_at: datetime | None
    settled_at: datetime | None = Field(description="Every order that it counted before this is known.")
    written_at: datetime | None
    reconciled_at: datetime | None
    listed_at: datetime | None
    counters_due: int = Field(description="Numbers that wait to be changed.")
    due_since: datetime | None = Field(description="Since when the first of them does.")
    exceptions_open: SeveritiesOut


class SignOut(Output):
    """What tells whether it works."""

    name: Literal["message", "poll", "settled", "write", "due", "reconciliation", "listing", "subscription", "credentials"]
    at: datetime | None = Field(description="When it last happened; null: not yet, or it has no moment.")
    age_s: float | None
    normal_s: float | None = Field(description="How old that is at the most when all is well here; null: it has no rhythm of its own.")
    says: str
    ok: bool
    wrong: list[str] = Field(description="Causes of the open exceptions that say otherwise.")


class ReconciliationOut(Output):
    due_at: datetime | None
    under_way: bool
    last: dict[str, Any] | None = Field(description="What the last one came to.")


class HealthOut(LineOut):
    """All that is known of how a channel is."""

    channel_status: str = Field(description="What was asked of it: see `GET /v1/channels/{channel_id}`.")
    signs: list[SignOut]
    writes_open: dict[str, int] = Field(description="Changes under way, by state.", examples=[{"settling": 2}])
    oldest_write_at: datetime | None
    write_ms: int | None = Field(description="How long a change takes, from its plan to the answer.")
    counters: dict[str, int] = Field(description="Its numbers, by state: `parked` ones wait for a person.", examples=[{"active": 120}])
    messages_waiting: int
    oldest_message_at: datetime | None
    failures: int = Field(description="How many requests failed in a row.")
    open_until: datetime | None = Field(description="Nothing is asked before this, because too many failed.")
    budgets: list[BudgetOut]
    credentials_until: datetime | None = Field(description="Until when what opens it is good; null: for good, or it doesn't say.")
    clock_ahead_s: int | None = Field(description="How far our clock is ahead of its; null: not measured.")
    reconciliation: ReconciliationOut
    differences: dict[str, int] = Field(description="Open differences, by cause.", examples=[{"hand_edit": 1}])
    exceptions: list[ExceptionOut]


class ExceptionCountOut(Output):
    cause: str
    severity: Literal["urgent", "warning", "note"]
    count: int


class DatabaseOut(Output):
    kind: Literal["sqlite", "postgresql"]
    waiting: int = Field(description="Changes that wait for it.")


class WorkerOut(Output):
    id: str = Field(description="Its machine, its process, and a number of its own.")
    started_at: datetime
    seen_at: datetime
    alive: bool = Field(description="Whether it is counted in; false: its shops are taken over by the others.")


class ExposedOut(Output):
    """How much could be sold twice right now: `GET /v1/exposure` says where, and by what cause."""

    units: int
    counters: int = Field(description="Numbers of which anything could be.")
    unlimited: int = Field(description="Of those, how many have no bound: the shop itself sells below zero.")


class StatusOut(Output):
    """The whole store in one answer."""

    status: Literal["ok", "degraded", "recovering"]
    at: datetime
    version: str
    database: DatabaseOut
    recovering_since: datetime | None = Field(description="While it recovers nothing is written to a shop: see `GET /v1/recovery`.")
    clock_is_off: str | None = Field(
        description="What is wrong with this machine's clock; null: nothing. Until it is right no hold lapses."
    )
    workers: list[WorkerOut] = Field(description="On PostgreSQL: the processes that work for the shops.")
    channels: list[LineOut]
    exposure: ExposedOut
    open: SeveritiesOut = Field(description="How many things wait for a person.")
    exceptions: list[ExceptionCountOut] = Field(description="The same by cause.")


@router.get("/channels/{channel_id}/health", tags=["Channels"], responses=documented(NotFound))
async def get_health(channel_id: RecordId, database: Db, caller: Reader) -> HealthOut:
    """How a channel is: when it was last heard, asked and written, what is normal for it, and what is wrong."""
    row = await database.read(health.of_channel, channel_id)
    lane = row["lane"]
    facts = {name: lane[name] for name in ("failures", "open_until")}
    reconciliation = {"due_at": lane["reconcile_due_at"], "under_way": lane["reconciling"] is not None, "last": lane["reconciled"]}
    return HealthOut.model_validate(row | facts | {"reconciliation": reconciliation})


@router.get("/status", tags=["Operations"])
async def get_status(request: Request, database: Db, caller: Reader) -> StatusOut:
    """How the store is: each channel in a line, and what waits for a person. For whoever looks once a day, and for programs."""
    row, exposure = await database.read(health.of_store), await database.read(health.exposed)
    kind = "sqlite" if database.is_sqlite else "postgresql"
    here = {"version": request.app.version, "database": {"kind": kind, "waiting": database.waiting}}
    return StatusOut.model_validate(row | here | {"exposure": exposure})
