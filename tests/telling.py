"""Telling the stories of the golden table: by hand, as snapshots; and what the books say afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from app import chance
from app.chance import Seeded
from app.channels.memory import EXACT
from app.database import Database, Session
from app.domain import (
    catalogue,
    channels,
    counters,
    entries,
    exceptions,
    listings,
    locations,
    orders,
    postings,
    recording,
    shipments,
    stock,
)
from app.domain.causes import Cause
from app.domain.money import Money
from app.domain.postings import Posting
from app.domain.snapshots import WITHHELD, LineSnapshot, Missing, OrderSnapshot, OrderState
from tests.golden import PRICE, Article, Books, Case, Dialect, Step

CAUSE = Cause("test")
Run = Callable[..., Any]
ADDRESS = {"name": "Mina Sample", "line1": "4 Mill Lane", "city": "Leeds", "postal_code": "LS1 1AA", "country": "GB"}

# What we do, whichever way the story is told


def furnished(run: Run, case: Case) -> None:
    """The shelves of a case, and what we call what lies on them."""
    for place in case.places:
        if place != "STUDIO":
            run(locations.create, place, place.title(), cause=CAUSE)
    untracked = {article.sku for article in case.articles if not article.tracked}
    for code in sorted({name.partition("@")[0] for name in case.stock}):
        draft = catalogue.SkuDraft(code, Money(PRICE, "EUR"), tracked=code not in untracked)
        run(catalogue.create_product, catalogue.ProductDraft(code.title(), [draft]), cause=CAUSE)
    for name, units in case.stock.items():
        code, _, place = name.partition("@")
        if units:
            receive(run, code, units, at=place or "STUDIO")


def receive(run: Run, code: str, units: int, *, source: str = "supplier", at: str = "STUDIO") -> None:
    run(postings.post, Posting(code, at, units, source, "available", "test"), cause=CAUSE)


def answer(session: Session, channel_id: str, external_id: str, parts: Mapping[str, int]) -> None:
    """A person says what a listing consists of; nothing: it is never stock."""
    (known,) = listings.known(session, channel_id, [external_id]).values()
    listings.answer(session, known.id, list(parts.items()) or None, cause=CAUSE)
    recording.mapped(session, known.id, cause=CAUSE)


def ship(session: Session, channel_id: str, external_id: str, units: Mapping[str, int], **parcel: str) -> dict[str, Any]:
    """We send units of lines, by the channel's ids; without figures everything that is ready."""
    order = _order(session, channel_id, external_id)
    wanted = [(line["id"], units[line["external_id"]]) for line in order["lines"] if line["external_id"] in units]
    return shipments.ship(session, order["id"], wanted or None, **parcel, cause=CAUSE)  # type: ignore[arg-type]


def cancel(session: Session, channel_id: str, external_id: str) -> None:
    orders.cancel(session, _order(session, channel_id, external_id)["id"], cause=CAUSE)


# What the books say


def _order(session: Session, channel_id: str, external_id: str) -> dict[str, Any]:
    table = orders.orders
    query = table.select().where(table.c.channel_id == channel_id, table.c.external_id == external_id)
    return orders.view(session, session.execute(query).mappings().one()["id"])


def expected(case: Case, books: Books, dialect: Dialect) -> dict[str, Any]:
    """The books of the table, as `standing` says them."""
    assert {name.partition("@")[0] for name in books.levels} == {name.partition("@")[0] for name in case.stock}, "each SKU has its figures"
    return {
        "status": books.status,
        "total": books.total,
        "lines": {
            name: [asdict(each) for each in (figure if isinstance(figure, tuple) else (figure,))] for name, figure in books.lines.items()
        },
        "levels": {name: asdict(figure) for name, figure in books.levels.items()},
        "offers": {
            name: dict(zip(("shown", "held"), figure.showing(dialect), strict=True))
            | {"on_offer": figure.on_offer, "allotment": figure.allotment}
            for name, figure in books.offers.items()
        },
        "open": sorted(books.open),
        "order": dict(books.order),
    }


def standing(
    session: Session, books: Books, channel_id: str, external_id: str, line_names: Mapping[str, str], counter_names: Mapping[str, str]
) -> dict[str, Any]:
    """What the books say, about what the table says something about. The names are those of the table, by the channel's ids."""
    order = _order(session, channel_id, external_id)
    lines: dict[str, list[dict[str, int]]] = {}
    for line in sorted(order["lines"], key=lambda each: each["sku"] or ""):
        figures = {"ordered": line["quantity"], **{name: line[name] for name in ("cancelled", "shipped", "committed", "short")}}
        lines.setdefault(line_names[line["external_id"]], []).append(figures)
    levels = {}
    for name in books.levels:
        code, _, place = name.partition("@")
        found = stock.page_levels(session, None, 1, code=code, location=place or "STUDIO")
        levels[name] = {state: found[0][state] if found else 0 for state in ("available", "allotted", "reserved", "committed")}
    mine = [row.id for row in session.execute(counters.counters.select().where(counters.counters.c.channel_id == channel_id))]
    offers = {
        counter_names[each.external_id]: {name: getattr(each, name) for name in ("shown", "held", "on_offer", "allotment")}
        for each in counters.of_ids(session, mine)
    }
    waiting = exceptions.page(session, None, 100, open=True, channel_id=channel_id)
    facts = order | {"address": order["ship_to_id"] is not None}
    return {
        "status": order["status"],
        "total": order["total"],
        "lines": lines,
        "levels": levels,
        "offers": offers,
        "open": sorted({row["cause"] for row in waiting} - {"shop_setup"}),
        "order": {name: facts[name] for name in books.order},
    }


# By hand


@dataclass
class _Line:
    article: Article
    quantity: float
    ordered: int
    cancelled: int = 0
    shipped: int = 0
    counted_down: int = 0
    put_back: int = 0
    price: int = PRICE

    @property
    def wanted(self) -> int:
        return self.ordered - self.cancelled

    @property
    def taken(self) -> int:
        return self.counted_down - self.put_back


@dataclass
class ByHand:
    """A shop that is only its snapshots. `run` is a transaction of the store's."""

    run: Run
    case: Case
    dialect: Dialect
    clock: Seeded
    channel_id: str = field(default_factory=chance.new_id)
    external_id: str = "1001"
    lines: dict[str, _Line] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    paid: bool = False
    cancelled_at: datetime | None = None
    gone: bool = False
    test: bool = False
    address: str = "given"
    placed_at: datetime | None = None
    history: list[OrderSnapshot] = field(default_factory=list)

    def open(self) -> None:
        """The shop is connected, its listings are known, and its counters were read once."""
        case, run = self.case, self.run
        can = replace(EXACT, hold_s=3600.0).as_json()
        facts = {"kind": "memory", "name": "by hand", "settings": {}, "credentials": "", "location_codes": case.places}
        run(channels.connect, id=self.channel_id, **facts, cause=CAUSE)
        run(channels.change, self.channel_id, {"status": "paused"}, cause=CAUSE)  # it keeps what is set aside, and isn't written
        run(channels.keep_capabilities, self.channel_id, can, None)
        for article in case.articles:
            self.counters.setdefault(article.shares or article.name, article.shows)
            run(_listed, self.channel_id, article)
            if article.parts is not None:
                run(answer, self.channel_id, article.name, article.parts)
        self._read()

    def _read(self) -> None:
        """Counters that were never read are, as a rebase would."""
        self.run(_read, self.channel_id, self.counters)

    def tell(self, step: Step) -> None:
        """Something happens, and unless it isn't heard the books follow."""
        before = len(self.history)
        getattr(self, f"_{step.what}")(**step.details)
        if step.what not in _NOT_THERE:
            self.history.append(self._snapshot())
        if step.heard:
            for snapshot in self.history[before:]:
                self.record(snapshot)

    def record(self, snapshot: OrderSnapshot, *, reread: bool = False) -> None:
        self.run(recording.record, self.channel_id, snapshot, reread=reread, cause=CAUSE)

    def standing(self, session: Session, books: Books) -> dict[str, Any]:
        names = {name: name for name in (*self.lines, *(each.name for each in self.case.articles))}
        every_line = {
            line.external_id: line.external_id for each in self.history if not isinstance(each.lines, Missing) for line in each.lines
        }
        return standing(session, books, self.channel_id, self.external_id, every_line, names)

    def _snapshot(self) -> OrderSnapshot:
        address: Any = {"given": ADDRESS, "withheld": WITHHELD, "none": None}[self.address]
        version = len(self.history) + 1
        if self.gone:
            return OrderSnapshot(self.external_id, version, OrderState.GONE)
        currency = self.case.currency
        total = Money(
            sum(round(line.price * (line.quantity if line.quantity % 1 else line.ordered)) for line in self.lines.values()), currency
        )
        none = Money(0, currency)
        return OrderSnapshot(
            self.external_id,
            version,
            paid=self.paid,
            lines=[self._line(name, line) for name, line in self.lines.items()],
            number=f"#{self.external_id}",
            test=self.test,
            placed_at=self.placed_at,
            cancelled_at=self.cancelled_at,
            ship_to=address,
            amounts={"gross": total, "discount": none, "tax": none, "shipping": none, "total": total},
        )

    def _line(self, name: str, line: _Line) -> LineSnapshot:
        return LineSnapshot(
            name,
            line.ordered,
            cancelled=line.cancelled,
            shipped=line.shipped,
            counted_down=line.counted_down,
            put_back=line.put_back,
            listing=line.article.name,
            sku=line.article.sku or None,
            title=line.article.name,
            fulfilled_by_channel=line.article.fulfilled_by_channel,
            ships=line.article.ships,
            unit_price=Money(line.price, self.case.currency),
            decimal_quantity=str(line.quantity) if line.quantity % 1 else None,
        )

    # What happens there

    def _placed(self, paid: bool, test: bool, address: str, lines: Mapping[str, tuple[float, str]]) -> None:
        self.paid, self.test, self.address, self.placed_at = paid, test, address, chance.now()
        for name, (quantity, article) in lines.items():
            self._add(name, quantity, article)

    def _add(self, name: str, quantity: float, article: str) -> None:
        found = next(each for each in self.case.articles if each.name == article)
        line = self.lines[name] = _Line(found, quantity, ceil(quantity))
        if self.paid or self.dialect == "keeps":
            self._count(line, line.ordered)

    def _count(self, line: _Line, units: int) -> None:
        if line.article.tracked and not line.article.fulfilled_by_channel:
            line.counted_down += units
            self.counters[line.article.shares or line.article.name] -= units

    def _restock(self, line: _Line, units: int) -> None:
        units = min(units, line.taken)
        line.put_back += units
        self.counters[line.article.shares or line.article.name] += units

    def _uncount(self, line: _Line, units: int) -> None:
        """Such a shop writes down what stands counted now."""
        line.counted_down -= units
        self.counters[line.article.shares or line.article.name] += units

    def _pays(self) -> None:
        self.paid, self.cancelled_at = True, None
        for line in self.lines.values():
            line.cancelled = 0
            self._count(line, line.wanted - line.counted_down)

    def _payment_fails(self) -> None:
        self.cancelled_at = chance.now()
        for line in self.lines.values():
            line.cancelled = line.ordered

    def _set_back(self) -> None:
        self.paid = False
        for line in self.lines.values():
            self._uncount(line, line.taken)

    def _cancels(self, restock: bool) -> None:
        self.cancelled_at = chance.now()
        for line in self.lines.values():
            unsent = line.wanted - line.shipped
            line.cancelled += unsent
            if restock:
                self._restock(line, unsent)

    def _refunds(self, restock: bool, units: Mapping[str, int]) -> None:
        for name, quantity in units.items():
            line = self.lines[name]
            line.cancelled += min(quantity, line.wanted - line.shipped)
            if restock:
                self._restock(line, quantity)

    def _edits(self, units: Mapping[str, int]) -> None:
        for name, quantity in units.items():
            line = self.lines[name]
            change = quantity - line.wanted
            if change > 0:
                line.ordered += change
                line.quantity = line.ordered
                if line.counted_down:
                    self._count(line, change)
            elif self.dialect == "keeps":
                line.cancelled -= change
                self._restock(line, -change)
            else:
                line.ordered += change
                line.quantity = line.ordered
                self._uncount(line, min(-change, line.taken))

    def _removes(self, line: str) -> None:
        self._edits({line: 0})
        if self.dialect == "rewrites":
            del self.lines[line]

    def _exchanges(self, line: str, new: Mapping[str, tuple[float, str]]) -> None:
        self._removes(line)
        for name, (quantity, article) in new.items():
            self._add(name, quantity, article)

    def _ships_there(self, units: Mapping[str, int]) -> None:
        for name, line in self.lines.items():
            if not units or name in units:
                line.shipped += units.get(name, line.wanted - line.shipped)

    def _takes_parcel_back(self) -> None:
        for line in self.lines.values():
            line.shipped = 0

    def _deletes(self) -> None:
        self.gone = True

    def _shows_address(self, address: str) -> None:
        self.address = address

    # How it reaches us, and what we do

    def _late(self) -> None:
        self.record(self.history[0])

    def _hears(self) -> None:
        self.record(self.history[-1])

    def _lapses(self) -> None:
        self.clock.advance(timedelta(hours=2))
        assert self.run(recording.unpaid_due, self.channel_id, 10) == [self.external_id]
        self.record(self.history[-1], reread=True)
        assert self.run(recording.unpaid_due, self.channel_id, 10) == []

    def _we_ship(self, units: Mapping[str, int]) -> None:
        self.run(ship, self.channel_id, self.external_id, units)

    def _we_cancel(self) -> None:
        self.run(cancel, self.channel_id, self.external_id)

    def _we_map(self, article: str, parts: Mapping[str, int]) -> None:
        self.run(answer, self.channel_id, article, parts)
        self._read()

    def _we_receive(self, sku: str, units: int, source: str) -> None:
        receive(self.run, sku, units, source=source)


_NOT_THERE = frozenset({"late", "hears", "lapses", "we_ship", "we_cancel", "we_map", "we_receive"})


def is_all_told_by_snapshots(case: Case) -> bool:
    """Nothing but what happens on the channel moves these books."""
    return all(step.what not in _NOT_THERE or step.what in ("late", "hears") for step in case.steps)


def _listed(session: Session, channel_id: str, article: Article) -> None:
    row = listings.note(session, channel_id, article.name, sku_code=article.sku or None, title=article.name, cause=CAUSE)
    if article.tracked and not article.fulfilled_by_channel:
        name = article.shares or article.name
        counter = counters.note(session, channel_id, name, unit=name, title=name, protected=True)
        listings.count_with(session, row["id"], counter["id"])
        recording.assign(session, counter["id"], cause=CAUSE)


def _read(session: Session, channel_id: str, shown: Mapping[str, int]) -> None:
    table = counters.counters
    query = table.select().where(table.c.channel_id == channel_id, table.c.sku_id.is_not(None), ~table.c.known)
    for row in session.execute(query).mappings().all():
        (counter,) = (each for each in counters.of_skus(session, [row["sku_id"]]) if each.id == row["id"])
        entries.change(session, counter, "reading", None, cause=CAUSE, shown=shown[counter.external_id], known=True, rebase_at=None)
        counters.changed(session, counter)


class Scratch:
    """Transactions one after another that leave no trace: what hundreds of stories need of a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._connection = database.engine.connect()
        self._transaction = self._connection.begin()

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, *_: object) -> None:
        self._transaction.rollback()
        self._connection.close()

    @contextmanager
    def again(self) -> Iterator[None]:
        """What happens in the block leaves no trace in what comes after it."""
        point = self._connection.begin_nested()
        yield
        point.rollback()

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        session = Session(self._connection)
        result = function(session, *args, **kwargs)
        self.database._finish(session)
        session.send()
        return result
