"""The server: the only place where its parts are joined."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path

import structlog
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
    webhooks,
)
from app.api import locations as locations_api
from app.api import recovery as recovery_api
from app.api import store as store_api
from app.database import Database, Session
from app.directory import held
from app.domain import locations, recovery, store
from app.domain.causes import Cause
from app.importing import spool
from app.lanes import Lanes
from app.mark import Mark
from app.security import Gate, owner_token
from app.settings import Settings
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


def create_app(settings: Settings | None = None, *, on_ready: Callable[[Path | None], None] | None = None) -> FastAPI:
    """The server, ready to be run by an ASGI server.

    `on_ready` is called once it can take requests, with the path of the file that holds the owner's token (None: it was given).
    """
    settings = settings or Settings()
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
            app.state.imports_wake = asyncio.Event()
            registry.register(operations.DatabaseFigures(database))
            app.state.figures = operations.ChannelFigures(database, app.version)
            registry.register(app.state.figures)
            app.state.alerts = Alerts(database, settings, registry)
            stack.callback(app.state.alerts.goodbye)
            lanes = Lanes(database, app.state.vault, public_url=settings.public_url, exclusive=embedded)
            app.state.wake = lambda channel_id: lanes.wake(frozenset({channel_id}))
            lanes.start()
            stack.callback(lanes.stop)
            files = spool.folder(settings.data_dir)
            work = [
                asyncio.create_task(keep_house(database, app.state.gate, mark.renew)),
                asyncio.create_task(take_in_files(database, files, app.state.imports_wake)),
                asyncio.create_task(app.state.alerts.run()),
            ]
            if on_ready is not None:
                on_ready(token_file)
            yield
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)

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
    app.include_router(webhooks.router)  # the first to be matched: it is asked most often, and by those who don't wait long
    goods = (orders, locations_api, stock, batches, reservations, products, skus, contacts)
    shops = (channels, differences, health, connecting, consents, going_live, sharing, deliveries, exceptions, alerts_api, recovery_api)
    for noun in (*goods, *shops, explaining, events, imports, exports, store_api, tokens):
        app.include_router(noun.router, prefix="/v1")
    app.include_router(consents.callbacks)
    app.include_router(operations.router)
    explorer.install(app)
    contract.install(app)
    if settings.cors_origins:
        middleware.allow_browsers(app, settings.cors_origins)
    figures = middleware.Figures(registry)
    app.add_middleware(middleware.Door, figures=figures, max_body_bytes=settings.max_body_bytes, exempt={"/v1/imports"})
    return app
