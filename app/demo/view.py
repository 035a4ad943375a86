"""What one sees: figures that REST gives, and beside them what the shops' buyers see, which nobody can ask a program for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.demo.service import Newest, Service
from app.demo.shelf import BOUNDED, CODES, SET_CODE, SET_PER, Stand
from app.sandbox.score import Score

_STATUS = {"live": "live", "connected": "connecting"}


@dataclass(frozen=True)
class Frame:
    """What doesn't change while it runs."""

    url: str
    token: str
    speed: float
    faults: float


class Figures:
    """The figures, as of the last look. In the comments: where REST gives them."""

    def __init__(self, service: Service, stands: list[Stand], score: Score) -> None:
        self._service, self.stands, self.score = service, stands, score
        self.orders: Counter[str] = Counter()  # by channel: GET /v1/orders
        self.messages: Counter[str] = Counter()  # GET /v1/deliveries
        self.writes: Counter[str] = Counter()  # GET /v1/writes, but for those that only read (mode rebase)
        self.levels: dict[str, dict[str, int]] = {}  # by SKU: GET /v1/stock
        self.on_offer: dict[tuple[str, str], int] = {}  # by channel and the counter's id there: GET /v1/counters
        self.channels: dict[str, str] = {}  # how it stands: GET /v1/channels
        self.exceptions: Counter[str] = Counter()  # by severity: GET /v1/exceptions?open=true
        self._newest = [
            Newest(service, "/v1/orders", lambda row: self.orders.update([row["channel_id"]])),
            Newest(service, "/v1/deliveries", lambda row: self.messages.update([row["channel_id"]])),
            Newest(service, "/v1/writes", lambda row: self.writes.update([row["channel_id"]] if row["mode"] != "rebase" else [])),
        ]

    def look(self) -> None:
        """Raises: httpx.HTTPError."""
        for each in self._newest:
            each.look()
        self.levels = {level["sku"]: level for level in self._service.all("/v1/stock")}
        counters = self._service.all("/v1/counters")
        self.on_offer = {(row["channel_id"], row["external_id"]): row["on_offer"] for row in counters if row["known"]}
        self.channels = {row["id"]: _said(row) for row in self._service.all("/v1/channels")}
        self.exceptions = Counter(row["severity"] for row in self._service.all("/v1/exceptions", open="true"))
        self.score.look()

    def offers(self, stand: Stand, code: str) -> int | None:
        return self.on_offer.get((stand.channel_id, stand.counters[code]))


def _said(channel: dict[str, object]) -> str:
    lane = channel["lane"]
    assert isinstance(lane, dict)
    if lane["refused"]:
        return "refuses us"
    return "unreachable" if lane["failures"] else _STATUS.get(str(channel["status"]), str(channel["status"]))


def oversold(score: Score) -> str:
    return f"{score.us} by us, {score.shops} by a shop's own counter, {score.people} by a person"


def risk(stands: Sequence[Stand]) -> str:
    """Where our 0 is no promise; empty: it is one for all."""
    kinds = sorted({stand.shop.kind.capitalize() for stand in stands if stand.shop.kind in BOUNDED})
    return f"No promise for {' and '.join(kinds)}: what sells there while a number travels may sell twice." if kinds else ""


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"


def line(figures: Figures, passed_s: float) -> str:
    """All of it in a line, for logs and pipes."""
    shops = ", ".join(f"{stand.name} {figures.orders[stand.channel_id]}/{figures.writes[stand.channel_id]}" for stand in figures.stands)
    return (
        f"{clock(passed_s)}  orders {figures.orders.total()}, writes {figures.writes.total()} ({shops})"
        f" · messages {figures.messages.total()} · told “sold out” {figures.score.refused}"
        f" · oversold {oversold(figures.score)} · exceptions {figures.exceptions.total()}"
    )


def screen(figures: Figures, frame: Frame, passed_s: float, height: int) -> RenderableType:
    """As much as a terminal of this height holds; 80 columns hold three shops whole, and a row for each thing on sale."""
    head = Text.assemble(
        ("Tallystick demo", "bold"),
        f"  {clock(passed_s)}  speed {frame.speed:g}  faults {frame.faults:g}",
        ("   Ctrl-C ends it", "dim"),
        "\ntry it ",
        (f"{frame.url}/docs", "bold cyan"),
        "  token ",
        (frame.token, "bold"),
    )
    shops, foot = _shops(figures), _foot(figures)
    goods = _goods(figures, height - 5 - foot.plain.count("\n") - len(figures.stands))
    return Group(head, shops, goods, foot)


def _shops(figures: Figures) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("shop", min_width=9)
    table.add_column("kind")
    for name in ("orders in", "messages in", "writes out"):
        table.add_column(name, justify="right")
    table.add_column("it is")
    for stand in figures.stands:
        state = figures.channels.get(stand.channel_id, "")
        figure = (str(each[stand.channel_id]) for each in (figures.orders, figures.messages, figures.writes))
        table.add_row(stand.name, stand.shop.kind, *figure, Text(state, "" if state == "live" else "yellow"))
    return table


def _goods(figures: Figures, rows: int) -> Table:
    """For each shop: what buyers see there, and behind it what may still be sold there by our books, where that differs."""
    gap = 2 if len(figures.stands) <= 3 else 1
    table = Table(box=None, padding=(0, gap, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("SKU", min_width=10)
    for name in ("on hand", "available", "allotted"):
        table.add_column(name, justify="right", no_wrap=True)
    for stand in figures.stands:
        table.add_column(stand.name, justify="right", min_width=5, no_wrap=True)
    for code in CODES[: max(1, rows)]:
        level = figures.levels.get(code)
        if code == SET_CODE:
            own = [f"set of {SET_PER}", "", ""]
        else:
            own = [str(level[name]) for name in ("on_hand", "available", "allotted")] if level else ["", "", ""]
        table.add_row(code, *own, *(_window(stand.shows(code), figures.offers(stand, code)) for stand in figures.stands))
    return table


def _window(shows: int, offers: int | None) -> Text:
    if offers is None or offers == max(0, shows):
        return Text(str(shows), "dim" if shows <= 0 else "green")
    return Text.assemble((str(shows), "yellow"), (f"·{offers}", "dim"))


def _foot(figures: Figures) -> Text:
    score, waiting = figures.score, figures.exceptions
    return Text.assemble(
        ("Oversold ", "bold"),
        (f"{score.us} by us", "bold green" if not score.us else "bold red"),
        f", {score.shops} by a shop's own counter, {score.people} by a person",
        f"\nExceptions open {waiting.total()}",
        (f", of them urgent {waiting['urgent']}" if waiting["urgent"] else ""),
        f"  ·  units sold {score.sold}  ·  told “sold out” {score.refused}",
        ("\n/v1/stock /counters /orders /writes /deliveries /exceptions say the same;", "dim"),
        ("\n5·4: the shop shows 5, which only its buyers see, and by our books it is 4.", "dim"),
        (f"\n{risk(figures.stands)}" if risk(figures.stands) else "", "dim"),
    )
