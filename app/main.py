"""The server: the only place where its parts are joined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from socket import socket
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from app import domain, logs, migrations
from app.alerts import Alerts
from app.api import alerts as alerts_api
from app.api import (
    batches,
    channels,
    connecting,
    consents,
    contacts,
    contract,
    deliveries,
    differences,
    events,
    exceptions,
    explaining,
    explorer,
    exports,
    going_live,
    health,
    imports,
    middleware,
    operations,
    orders,
    problems,
    products,
    reservations,
    sharing,
    skus,
    stock,
    tokens,
    webhook_endpoints,
    webhooks,
)
from app.api import locations as locations_api
from app.api import recovery as recovery_api
from app.api import store as store_api
from app.bell import Bell
from app.database import Database, DatabaseUnavailable, Session
from app.directory import held
from app.domain import locations, recovery, store
from app.domain.causes import Cause
from app.importing import spool
from app.lanes import Lanes
from app.mark import Mark
from app.outgoing import Outgoing
from app.security import Gate, owner_token
from app.settings import Settings
from app.tail import Tail
from app.vault import open_vault
from app.worker import keep_house, take_in_files

log = structlog.get_logger()

TAGS = [
    {"name": "Catalogue", "description": "Products and their SKUs, the unit that is counted."},
    {"name": "Locations", "description": "Places that hold stock: studio, stall, warehouse."},
    {"name": "Stock", "description": "Where units are and how they got there: levels, movements, stocktakes, transfers."},
    {"name": "Reservations", "description": "Units held until an expiry: a cart, a quote."},
    {"name": "Orders", "description": "What was bought, what of it is promised, and what has left."},
    {"name": "Contacts", "description": "Buyers, kept in one place so that they can be erased in one place."},
    {"name": "Imports", "description": "Files of products: sent whole, taken in behind trading, each bad row reported."},
    {"name": "Exports", "description": "Stock, movements and orders as CSV or JSON Lines."},
    {"name": "Channels", "description": "The shops that sell for you, what is on sale there, and the numbers that they show."},
    {"name": "Webhooks", "description": "Where marketplaces send their messages: signed, and without a token."},
    {"name": "Deliveries", "description": "What marketplaces sent, as it came, and what became of it."},
    {
        "name": "Differences",
        "description": "What channels show and our records don't explain: each with its cause, and what becomes of it.",
    },
    {"name": "Exceptions", "description": "What waits for a person: once for each cause, with what to do."},
    {"name": "Alerts", "description": "Urgent exceptions, told by mail or a signed message to whoever isn't looking."},
    {"name": "Recovery", "description": "After a restored backup, or on a copy: how far the shops were read, and the way on."},
    {"name": "Events", "description": "What happened, in order, for other systems."},
    {"name": "Webhook endpoints", "description": "Where events are sent to, signed, and what became of each message."},
    {"name": "Store", "description": "The store itself: its name, its currency, its habits, and how long it keeps things."},
    {"name": "Tokens", "description": "What programs and people get in with, by scope: read, write, admin."},
    {"name": "Operations", "description": "For whoever runs it."},
]


def open_store(session: Session, currency: str) -> None:
    """The first rows of a new store: itself, and a place to put things."""
    if store.found(session, currency=currency):
        locations.create(session, "STUDIO", "Studio", cause=Cause("store"))


def open_database(settings: Settings) -> Database:
    """The store's database, migrated and with its first rows. Raises: migrations.DatabaseTooNew."""
    migrations.upgrade(settings.database)
    database = Database(settings.database, finish=domain.finish, queue_limit=settings.write_queue)
    try:
        try:
            database.run(open_store, settings.currency)
        except IntegrityError:  # another process opened it at the same moment; now it is there
            database.run(open_store, settings.currency)
    except BaseException:
        database.close()
        raise
    return database


def _wake(database: Database, channel_id: str) -> None:
    """There is something to do for this channel, wherever its lane is."""
    for listener in database.listeners:
        listener(frozenset({channel_id}))


class Server(uvicorn.Server):
    """Uvicorn, which waits for answers to end before it stops. Those of GET /v1/events/stream never would."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        tail: Tail | None = getattr(self.config.app.state, "tail", None)  # type: ignore[union-attr]
        if tail is not None:
            await tail.close(within_s=1.0)
        for connection in self.server_state.connections:  # whose readers take nothing, not even the end
            if (getattr(connection, "scope", None) or {}).get("path") == events.STREAM:
                connection.transport.abort()
        await super().shutdown(sockets)


def create_app(settings: Settings | None = None, *, serves: bool = True, on_ready: Callable[[Path | None], None] | None = None) -> FastAPI:
    """The server, ready to be run by an ASGI server.

    It serves the API and works for the shops; where others work for them, `settings.work` is off, and a process that does nothing else
    doesn't serve (`serves`): it answers only what whoever runs it asks. `on_ready` is called once it can take requests, with the path of
    the file that holds the owner's token (None: it was given).
    """
    settings = settings or Settings()
    works = settings.work or not serves
    logs.configure(settings.log_format, settings.log_level)
    registry = CollectorRegistry()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            embedded = make_url(settings.database).get_backend_name() == "sqlite"
            stack.enter_context(held(settings.data_dir) if embedded else nullcontext())
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            database = await asyncio.to_thread(open_database, settings)
            stack.callback(database.close)
            mark = await asyncio.to_thread(Mark, database, settings)
            await asyncio.to_thread(mark.compare)
            stack.callback(mark.renew)  # when the lanes have stopped
            app.state.recovering = (await database.read(recovery.view))["said"]
            if app.state.recovering is not None:
                log.error("NOTHING IS WRITTEN TO YOUR SHOPS", why=app.state.recovering, then="tallystick resume")
            given = settings.owner_token.get_secret_value() if settings.owner_token else None
            token_file = await asyncio.to_thread(owner_token, database, settings.data_dir, given)
            app.state.database = database
            app.state.gate = Gate(database)
            app.state.settings = settings
            app.state.vault = await asyncio.to_thread(open_vault, settings.key, database)
            app.state.intake = webhooks.Intake(database, app.state.vault, registry, settings.webhooks_per_minute)
            stack.callback(app.state.intake.close)
            registry.register(operations.DatabaseFigures(database))
            app.state.figures = operations.ChannelFigures(database, app.version)
            registry.register(app.state.figures)
            app.state.alerts = Alerts(database, settings, registry)
            stack.callback(app.state.alerts.goodbye)
            app.state.outgoing = Outgoing(database, app.state.vault, settings)
            work: list[Coroutine[Any, Any, None]] = [
                keep_house(database, app.state.gate, mark.renew, works=works),
                app.state.alerts.run(),
            ]
            hear: list[Callable[[frozenset[str]], None]] = []
            if works:
                with suppress(DatabaseUnavailable):
                    await app.state.alerts.greet()
                lanes = Lanes(database, app.state.vault, public_url=settings.public_url, exclusive=embedded, directory=settings.data_dir)
                hear.append(lanes.wake)
                lanes.start()
                stack.callback(lanes.stop)
                work.append(app.state.outgoing.run())
            if serves:
                app.state.tail = tail = Tail(database, registry)
                database.after_commit.append(tail.wake)
                hear.append(tail.wake)
                work.append(tail.run())
                # Whoever takes a file in has it.
                app.state.imports_wake = asyncio.Event()
                work.append(take_in_files(database, spool.folder(settings.data_dir), app.state.imports_wake))
            if not embedded:
                bell = Bell(settings.database, hear)
                database.listeners.append(bell.ring)
                bell.start()
                stack.callback(bell.stop)
            app.state.wake = partial(_wake, database)
            tasks = [asyncio.create_task(each) for each in work]
            if on_ready is not None:
                on_ready(token_file)
            yield
            if serves:
                await app.state.tail.close(within_s=1.0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    app = FastAPI(
        title="Tallystick",
        version=version("tallystick"),
        summary="The one record of your products, stock and orders, so that no unit is sold twice.",
        lifespan=lifespan,
        openapi_tags=TAGS,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
    )
    app.state.registry = registry
    problems.install(app)
    if serves:
        _open_doors(app, settings)
    app.include_router(operations.router)
    figures = middleware.Figures(registry)
    app.add_middleware(middleware.Door, figures=figures, max_body_bytes=settings.max_body_bytes, exempt={"/v1/imports"})
    return app


def _open_doors(app: FastAPI, settings: Settings) -> None:
    """Everything that others may ask for."""
    app.include_router(webhooks.router)  # the first to be matched: it is asked most often, and by those who don't wait long
    goods = (orders, locations_api, stock, batches, reservations, products, skus, contacts)
    shops = (channels, differences, health, connecting, consents, going_live, sharing, deliveries, exceptions, alerts_api, recovery_api)
    for noun in (*goods, *shops, explaining, events, webhook_endpoints, imports, exports, store_api, tokens):
        app.include_router(noun.router, prefix="/v1")
    app.include_router(consents.callbacks)
    explorer.install(app)
    contract.install(app, webhook_endpoints.described())
    if settings.cors_origins:
        middleware.allow_browsers(app, settings.cors_origins)
