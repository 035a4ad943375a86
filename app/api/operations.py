"""For whoever runs it: is it alive, can it work, and its figures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app import chance
from app.api import problems
from app.api.dependencies import Db, Output, bearer
from app.api.problems import documented
from app.database import Database, DatabaseUnavailable
from app.domain import endpoints, health, store
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
    figures: ChannelFigures = request.app.state.figures
    await figures.renew()
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


class ChannelFigures(Collector):
    """How the store and its channels are, as metrics: read from the database when somebody asks, at most once in a few seconds."""

    FRESH_SECONDS = 5.0
    PATIENCE_SECONDS = 5.0  # whoever asks gives up after ten
    EXPOSURE_FRESH_SECONDS = 60.0  # it may take a look at every number

    def __init__(self, database: Database, version: str) -> None:
        self._database, self._version = database, version
        self._read: dict[str, Any] | None = None
        self._read_at = -self.FRESH_SECONDS
        self._exposed: dict[str, Any] = {"causes": []}
        self._endpoints: list[dict[str, Any]] = []
        self._exposed_at = -self.EXPOSURE_FRESH_SECONDS
        self._reachable = True
        self._reading = asyncio.Lock()

    async def renew(self) -> None:
        """Read them again, unless that was just done. While the database can't be reached they stay as they were, and say so."""
        async with self._reading:
            if chance.monotonic() - self._read_at < self.FRESH_SECONDS:
                return
            try:
                async with asyncio.timeout(self.PATIENCE_SECONDS):
                    self._read = await self._database.read(health.of_store)
                    self._endpoints = await self._database.read(endpoints.figures)
                    if chance.monotonic() - self._exposed_at >= self.EXPOSURE_FRESH_SECONDS:
                        self._exposed = await self._database.read(health.exposed)
                        self._exposed_at = chance.monotonic()
                self._reachable = True
            except (DatabaseUnavailable, TimeoutError):
                self._reachable = False
            self._read_at = chance.monotonic()

    def collect(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("tallystick_build_info", "Which release this is.", labels=["version"])
        build.add_metric([self._version], 1)
        yield build
        yield GaugeMetricFamily("tallystick_database_up", "1: the database answers.", float(self._reachable))
        found = self._read
        if found is None:
            return
        yield GaugeMetricFamily("tallystick_recovering", "1: nothing is written to shops.", float(found["recovering_since"] is not None))
        yield GaugeMetricFamily("tallystick_clock_is_off", "1: our clock is wrong.", float(found["clock_is_off"] is not None))
        alive = sum(each["alive"] for each in found["workers"])
        yield GaugeMetricFamily("tallystick_workers", "On PostgreSQL: processes that work for the shops.", float(alive))
        open_ = GaugeMetricFamily("tallystick_exceptions_open", "What waits for a person.", labels=["cause", "severity"])
        for row in found["exceptions"]:
            open_.add_metric([row["cause"], row["severity"]], row["count"])
        yield open_
        exposed = GaugeMetricFamily("tallystick_exposed_units", "Units that could be sold twice right now.", labels=["cause"])
        for row in self._exposed["causes"]:
            if row["units"] is not None:
                exposed.add_metric([row["cause"]], row["units"])
        yield exposed
        yield from _of_channels(found["channels"])
        yield from _of_endpoints(self._endpoints)


def _of_endpoints(rows: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    """One series for each webhook endpoint, by its id and where it leads."""
    whose = ["endpoint", "host"]
    up = GaugeMetricFamily("tallystick_webhook_endpoint_up", "1: it takes messages, as far as we know.", labels=whose)
    messages = GaugeMetricFamily("tallystick_webhook_messages", "Messages that aren't there yet.", labels=[*whose, "state"])
    for row in rows:
        labels = [row["id"], endpoints.host_of(row["url"])]
        up.add_metric(labels, float(row["status"] == "on"))
        for state in ("waiting", "failed"):
            messages.add_metric([*labels, state], row[state])
    yield from (up, messages)


_MOMENTS = {
    "last_message": ("message_at", "When it last sent a message."),
    "last_poll": ("polled_at", "When its orders were last asked for."),
    "settled": ("settled_at", "Every order that it counted before is known."),
    "last_write": ("written_at", "When a number was last changed there."),
    "last_reconciliation": ("reconciled_at", "When all of it was last compared."),
    "last_listing": ("listed_at", "When what is on sale there was last listed."),
    "oldest_write": ("oldest_write_at", "When the oldest change that is under way was made."),
    "oldest_due": ("due_since", "Since when the first number waits to be changed."),
    "oldest_message_waiting": ("oldest_message_at", "When the oldest message that wasn't looked at came in."),
    "credentials_expiry": ("credentials_until", "Until when what opens it is good."),
}
_GAUGES = {
    "counters_due": ("counters_due", "Numbers that wait to be changed."),
    "messages_waiting": ("messages_waiting", "Messages that weren't looked at yet."),
    "clock_ahead_seconds": ("clock_ahead_s", "How far our clock is ahead of its."),
}
_PARTS = {
    "writes_open": ("writes_open", "state", "Changes that are under way."),
    "counters": ("counters", "state", "Its numbers."),
    "differences_open": ("differences", "cause", "Differences between it and our records."),
    "exceptions_open": ("exceptions_open", "severity", "What waits for a person."),
}


def _of_channels(lines: Iterable[Mapping[str, Any]]) -> Iterator[Metric]:
    """One series for each channel, by its id and its name."""
    begins, whose = "tallystick_channel_", ["channel", "name"]

    def gauge(name: str, text: str, *more: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(begins + name, text, labels=[*whose, *more])

    rows = [([row["id"], row["name"]], row) for row in lines]
    status, up = gauge("status", "How it is, in a word.", "kind", "status"), gauge("up", "1: it can be reached, and lets us in.")
    failures, poll_s = gauge("failures", "Requests that failed in a row."), gauge("poll_seconds", "How often its orders are asked for.")
    write_s, budget = gauge("write_seconds", "How long a change takes."), gauge("budget_used_ratio", "Of what may be written.", "budget")
    for labels, row in rows:
        status.add_metric([*labels, row["kind"], row["status"]], 1)
        up.add_metric(labels, float(row["status"] not in ("down", "refused")))
        failures.add_metric(labels, row["lane"]["failures"])
        if row["can"] is not None:
            poll_s.add_metric(labels, row["can"].poll_every_s)
        if row["write_ms"] is not None:
            write_s.add_metric(labels, row["write_ms"] / 1_000)
        most: dict[str, float] = {}
        for used in row["budgets"]:  # of listings the one that used most
            most[used.name] = max(most.get(used.name, 0.0), used.part)
        for name, part in sorted(most.items()):
            budget.add_metric([*labels, name], part)
    yield from (status, up, failures, poll_s, write_s, budget)
    for name, (key, text) in _MOMENTS.items():
        family = gauge(f"{name}_timestamp_seconds", text)
        for labels, row in rows:
            moment: datetime | None = row[key]
            if moment is not None:
                family.add_metric(labels, moment.timestamp())
        yield family
    for name, (key, text) in _GAUGES.items():
        family = gauge(name, text)
        for labels, row in rows:
            if row[key] is not None:
                family.add_metric(labels, row[key])
        yield family
    for name, (key, label, text) in _PARTS.items():
        family = gauge(name, text, label)
        for labels, row in rows:
            for part, count in sorted(row[key].items()):
                family.add_metric([*labels, part], count)
        yield family
