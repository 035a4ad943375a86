"""The demo: the whole service, sandbox shops on real loopback HTTP, and buyers; in one process that leaves nothing behind.

`shelf` is what is on sale and where, `market` what goes on, `service` the server and its REST, `view` the screen.
"""

from __future__ import annotations

import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr
from rich.console import Console
from rich.live import Live
from sqlalchemy import inspect
from sqlalchemy.engine import make_url

from app import chance
from app.database import engine_for
from app.demo import shelf, view
from app.demo.market import Market
from app.demo.service import NotStarted, Service
from app.directory import held
from app.sandbox.etsy import EtsyShop
from app.sandbox.score import Score
from app.settings import Settings

__all__ = ["NotStarted", "Options", "run"]

T = TypeVar("T")

HOST = "127.0.0.1"
CONNECTED_WITHIN_S = 30.0
LOOK_S = 1.0
SAY_EVERY_S = 3.0
# In a directory that we made, and may empty.
MARK = "made-by-the-demo"


@dataclass(frozen=True)
class Options:
    data_dir: Path | None  # None: a temporary one
    database_url: str
    port: int
    shops: str  # as `shelf.kinds` takes them
    speed: float
    faults: float
    seconds: float | None
    plain: bool


def run(options: Options, console: Console) -> bool:
    """Run until it is over or somebody ends it. Returns whether we oversold nothing.

    Raises: NotStarted, DirectoryHeld, OSError; RuntimeError when it broke down.
    """
    try:
        kinds = shelf.kinds(options.shops)
    except ValueError as error:
        raise NotStarted(str(error)) from None
    with ExitStack() as stack:
        over = stack.enter_context(_ending())
        home = stack.enter_context(_home(options))
        token = f"demo-{chance.secret(16).hex()}"
        settings = Settings(
            data_dir=home,
            key_file=home.parent / f"{home.name}.key",
            mark_file=home.parent / f"{home.name}.mark",
            database_url=options.database_url,
            host=HOST,
            port=options.port,
            public_url=f"http://{HOST}:{options.port}",
            owner_token=SecretStr(token),
            currency=shelf.CURRENCY,
            webhooks_per_minute=1_000_000,
            alert_url=None,  # nobody's telephone shall ring for a shop that isn't
            alert_secret=None,
            alert_mail="",
            smtp_url=None,
        )
        console.print("Starting the service, and shops …")
        service = stack.enter_context(Service(settings, home / "demo.log"))
        score, stands = Score(), [shelf.Stand(index, kind) for index, kind in enumerate(kinds)]
        for stand in stands:
            stand.site.open()
            stack.callback(stand.site.close)  # before the service ends: nobody waits for a shop that doesn't answer
            score.watch(stand.shop, stand.sells(), absolute=stand.shop.kind != "shopify")
        market = Market(service, stands, score, speed=options.speed, faults=options.faults)
        stack.callback(market.stop)
        market.start()
        _open_shop(service, stands, market, over, console)
        _wait(lambda: all(any(stand.shows(code) > 0 for code in shelf.CODES) for stand in stands), over, "A shop shows nothing.")
        market.trade()
        figures = view.Figures(service, stands, score)
        frame = view.Frame(service.url, token, options.speed, options.faults)
        _watch(figures, frame, options, console, over, lambda: _broken(service, market))
        market.stop()
        _look(figures)
    _sum_up(figures, options, console)
    return score.us == 0


# Before and after


@contextmanager
def _ending() -> Iterator[threading.Event]:
    """Set when somebody ends us. Who insists gets it the hard way."""
    over = threading.Event()
    signals = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {each: signal.getsignal(each) for each in signals}

    def end(number: int, _: Any) -> None:
        over.set()
        signal.signal(number, before[signal.Signals(number)])

    for each in signals:
        signal.signal(each, end)
    try:
        yield over
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _home(options: Options) -> Iterator[Path]:
    """The data directory: one that nobody needs, or one of the demo's own, emptied. Raises: NotStarted, DirectoryHeld."""
    if options.database_url and make_url(options.database_url).get_backend_name() == "postgresql":
        _must_be_empty(options.database_url)
    elif options.database_url:
        raise NotStarted("The demo makes its own SQLite store. Unset TALLYSTICK_DATABASE_URL, or name an empty PostgreSQL database.")
    if options.data_dir is None:
        room = Path(tempfile.mkdtemp(prefix="tallystick-demo-"))
        try:
            home = room / "data"
            home.mkdir(mode=0o700)
            yield home
        finally:
            shutil.rmtree(room, ignore_errors=True)
        return
    home = options.data_dir.resolve()
    if home.exists() and (not home.is_dir() or (any(home.iterdir()) and not _is_ours(home))):
        raise NotStarted(f"{home} isn't the demo's: it may hold a real store. Name a directory that doesn't exist yet, or leave it out.")
    with held(home):
        for each in home.iterdir():
            if each.name not in ("lock", "holder", MARK):
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        (home / MARK).touch()
    yield home


def _is_ours(home: Path) -> bool:
    """Made by the demo, and no shop but its own was ever connected there."""
    if not (home / MARK).exists():
        return False
    store = home / "tallystick.sqlite"
    if not store.exists():
        return True
    engine = engine_for(f"sqlite:///{store}", pool_size=1, read_only=True)
    try:
        with engine.connect() as connection:
            settings = connection.exec_driver_sql("SELECT settings FROM channels").scalars().all()
    finally:
        engine.dispose()
    return all(f"http://{HOST}:" in str(each) for each in settings)


def _must_be_empty(url: str) -> None:
    engine = engine_for(url, pool_size=1)
    try:
        tables = inspect(engine).get_table_names()
    finally:
        engine.dispose()
    if tables:
        raise NotStarted("There is something in that database already: it may be a real store. Make an empty one for the demo.")


def _open_shop(service: Service, stands: list[shelf.Stand], market: Market, over: threading.Event, console: Console) -> None:
    """Everything that a shopkeeper does to begin, by REST: products, what lies on the shelf, the shops, and what the set consists of.

    Raises: NotStarted when a shop isn't connected in time.
    """
    for piece in shelf.PIECES:
        price = {"amount": piece.price, "currency": shelf.CURRENCY}
        service.post("/v1/products", {"title": piece.title, "skus": [{"code": piece.code, "price": price}]})
        market.receive(piece.code, piece.units)
    for stand in stands:
        _connect(service, stand)
    console.print("Shops are connected. Their numbers are read before anything is written …")
    for stand in stands:
        for listing in _wait(partial(_unmapped, service, stand), over, f"{stand.name} isn't connected.") or ():
            service.patch(f"/v1/listings/{listing['id']}", {"components": [{"sku": shelf.SET_OF, "quantity": shelf.SET_PER}]})
    _wait(partial(_goes_live, service), over, "The shops can't go live.", every_s=0.25)


def _connect(service: Service, stand: shelf.Stand) -> None:
    made = service.post("/v1/channels", stand.connection())
    stand.channel_id, path = made["id"], f"/v1/channels/{made['id']}/consent"
    if stand.asks_its_owner:
        asked = service.post(path)
        service.post(f"{path}/answer", {"address": str(httpx.URL(asked["callback"], params=stand.agree(asked["url"])))})
    if isinstance(stand.shop, EtsyShop):
        with stand.shop.lock:
            stand.shop.add_endpoint(made["webhook_url"])  # by hand, in Etsy's portal


def _goes_live(service: Service) -> bool:
    """All shops together, as soon as everything is known of them."""
    summary = service.get("/v1/go-live", limit=1)["summary"]
    if not summary["ready"]:
        return False
    service.post("/v1/go-live", {"accept": [each["code"] for each in summary["warnings"]]})
    return True


def _unmapped(service: Service, stand: shelf.Stand) -> Sequence[Mapping[str, Any]]:
    """What nobody has said yet what it is: the set."""
    return list(service.all(f"/v1/channels/{stand.channel_id}/listings", mapping="open"))


def _wait(condition: Callable[[], T], over: threading.Event, otherwise: str, *, every_s: float = 0.1) -> T | None:
    """What came at last; None when somebody ended us meanwhile. Raises: NotStarted when it takes too long."""
    patience = chance.monotonic() + CONNECTED_WITHIN_S
    while not (found := condition()):
        if over.wait(every_s):
            return None
        if chance.monotonic() > patience:
            raise NotStarted(f"{otherwise} The log in the data directory (--data-dir keeps it) says more.")
    return found


# While it runs


def _watch(
    figures: view.Figures,
    frame: view.Frame,
    options: Options,
    console: Console,
    over: threading.Event,
    broken: Callable[[], str | None],
) -> None:
    """Look at it until it is over. Raises: RuntimeError when it broke down."""
    started = chance.monotonic()
    until = started + options.seconds if options.seconds is not None else None
    plain = options.plain or not console.is_terminal
    said = -SAY_EVERY_S
    with ExitStack() as stack:
        live = None if plain else stack.enter_context(Live(console=console, screen=True, auto_refresh=False))
        if plain:
            console.print(f"Tallystick demo  try it {frame.url}/docs  token {frame.token}", soft_wrap=True)
        while not over.is_set() and (until is None or chance.monotonic() < until):
            if (reason := broken()) is not None:
                raise RuntimeError(reason)
            _look(figures)
            passed = chance.monotonic() - started
            if live is not None:
                live.update(view.screen(figures, frame, passed, console.height), refresh=True)
            elif passed - said >= SAY_EVERY_S:
                said = passed
                console.print(view.line(figures, passed), soft_wrap=True)
            over.wait(min(LOOK_S, max(0.0, until - chance.monotonic())) if until is not None else LOOK_S)


def _look(figures: view.Figures) -> None:
    try:
        figures.look()
    except httpx.HTTPError:
        figures.score.look()  # it has too much to do to tell us: the figures stay as they were


def _broken(service: Service, market: Market) -> str | None:
    if market.failed is not None:
        return f"The demo broke down: {market.failed!r}"
    return None if service.is_up else "The service has ended by itself."


def _sum_up(figures: view.Figures, options: Options, console: Console) -> None:
    score = figures.score
    console.print(
        f"{figures.orders.total()} orders came in, {figures.writes.total()} changes went out, {score.sold} units were sold. "
        f"Told “sold out”: {score.refused}.",
        soft_wrap=True,
    )
    console.print(f"Oversold: {view.oversold(score)}.", soft_wrap=True)
    if said := view.risk(figures.stands):
        console.print(said, soft_wrap=True)
    if options.data_dir is not None:
        where = options.data_dir.resolve()
        console.print(f"The store stays in {where}; TALLYSTICK_DATA_DIR={where} tallystick check looks at it.", soft_wrap=True)
