"""What people were alerted to, over HTTP, and whether alerts get through."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.alerts import Alerts
from app.api.dependencies import Admin, Db, Output, Page, Part, Reader
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import alerts
from app.domain.errors import WrongState

router = APIRouter(prefix="/alerts", tags=["Alerts"], responses=everywhere())


class SendOut(Output):
    """How one way to a person fared with an alert."""

    transport: Literal["webhook", "mail"]
    state: Literal["waiting", "sent", "failed"] = Field(description="`failed`: it isn't tried any more.")
    attempts: int
    due_at: datetime | None = Field(description="When it is tried again.")
    sent_at: datetime | None
    last_error: str | None = Field(description="What the other side said.")


class AlertOut(Output):
    """A message about all the urgent exceptions that waited when it was made. Each exception is told once."""

    id: str
    kind: Literal["urgent", "test"]
    title: str
    text: str
    data: dict[str, Any] = Field(description="The same for programs: for each cause how many, the first few, what to do and where.")
    made_at: datetime
    sends: list[SendOut]


@router.get("", responses=documented(BadCursor))
async def list_alerts(database: Db, caller: Reader, part: Part) -> Page[AlertOut]:
    """What somebody was told, newest first, and whether it got there."""
    rows = await database.read(alerts.page, part.behind(), part.limit + 1)
    return Page[AlertOut].model_validate(part.page(rows, "id"))


@router.post("/test", status_code=200, response_model=AlertOut, responses=documented(WrongState, KeyReused))
async def test_alerts(request: Request, database: Db, caller: Admin, once: OnceOnly) -> Response | AlertOut:
    """Send a test at once by every way that is set up, and say what came of it."""
    found: Alerts = request.app.state.alerts
    if not found.transports:
        raise WrongState(
            "Nothing is set up. Set TALLYSTICK_ALERT_URL and TALLYSTICK_ALERT_SECRET, or TALLYSTICK_ALERT_MAIL and TALLYSTICK_SMTP_URL, "
            "and start the service again."
        )
    names = [each.name for each in found.transports]
    made = await once(AlertOut, alerts.test, transports=names, address=found.address, status=200)
    alert_id = orjson.loads(bytes(made.body))["id"]
    if "idempotent-replayed" not in made.headers:
        await found.test(alert_id)
    return AlertOut.model_validate(await database.read(alerts.get, alert_id))
