"""For whoever runs it: is it alive, can it work, and its figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.api import problems
from app.api.dependencies import Db, Output, bearer
from app.api.problems import documented
from app.database import Database, DatabaseUnavailable
from app.domain import store
from app.security import Gate, NoToken

router = APIRouter(tags=["Operations"])

LOOPBACK = {"127.0.0.1", "::1"}


class Health(Output):
    status: Literal["alive", "ready"]


@router.get("/healthz")
async def healthz() -> Health:
    """The process is alive. Whether it can work is `/readyz`."""
    return Health(status="alive")


@router.get("/readyz", response_model=Health, responses=documented(DatabaseUnavailable))
async def readyz(database: Db) -> Health | Response:
    """It can take in an order: something small was just written to the database."""
    try:
        await database.write(store.probe)
    except DatabaseUnavailable as error:
        return problems.answer(503, error.code, str(error), headers={"Retry-After": str(error.retry_after_s)})
    return Health(status="ready")


@router.get("/metrics", responses=documented(NoToken), response_class=Response)
async def metrics(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Response:
    """Figures for Prometheus: without a token from this machine only."""
    here = request.client is not None and request.client.host in LOOPBACK and "x-forwarded-for" not in request.headers
    if not here:
        if given is None:
            raise NoToken
        gate: Gate = request.app.state.gate
        (await gate.caller(given.credentials, request.client.host if request.client else None)).needs("read")
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


class DatabaseFigures(Collector):
    """What the database counts itself, as metrics."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        figures = self._database.figures
        yield GaugeMetricFamily("tallystick_writes_waiting", "Changes that wait for the database.", self._database.waiting)
        for name, text, value in (
            ("commits", "Commits.", figures.commits),
            ("functions", "Changes carried out; several may share a commit.", figures.functions),
            ("refusals", "Changes refused.", figures.refused),
            ("retries", "Changes repeated because others were faster.", figures.retried),
            ("outages", "Changes that the database couldn't take.", figures.failed),
        ):
            yield CounterMetricFamily(f"tallystick_database_{name}", text, value)
