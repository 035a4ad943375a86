"""A shop for the domain's tests: its stock and its buyers in a few words, and the means to see that nothing changed."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from sqlalchemy import func, select

from app.database import Database, Session, metadata
from app.domain import catalogue, commitments, counts, events, locations, orders, postings, reservations, shipments, stock, transfers
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock, Refusal
from app.domain.money import Money
from app.domain.postings import Posting
from app.domain.pricing import LineDraft, OrderDraft

P = ParamSpec("P")
T = TypeVar("T")

CAUSE = Cause("test")
PRICE = Money(1250, "EUR")


@dataclass(frozen=True)
class Level:
    """Units by state at one location."""

    available: int = 0
    allotted: int = 0
    reserved: int = 0
    committed: int = 0
    quality_control: int = 0
    damaged: int = 0


# What there is


def sku(database: Database, code: str, *, price: Money | None = PRICE, **draft: Any) -> dict[str, Any]:
    """A new SKU, in a product of its own."""
    made = catalogue.ProductDraft(code.title(), [catalogue.SkuDraft(code, price, **draft)])
    return dict(database.run(catalogue.create_product, made, cause=CAUSE)["skus"][0])


def place_to_stock(database: Database, code: str) -> dict[str, Any]:
    """A new location, asked after those there are."""
    return database.run(locations.create, code, code.title(), cause=CAUSE)


def stocked(database: Database, code: str, available: int = 0, *, cost: Money | None = None, **elsewhere: int) -> dict[str, Any]:
    """A new SKU with so many units at STUDIO, and at the new locations that are named: `stocked(database, "MUG", 2, STALL=3)`."""
    made = sku(database, code, cost=cost)
    known = {place["code"] for place in database.look(locations.page, None, 100)}
    for place, units in {"STUDIO": available, **elsewhere}.items():
        if place not in known:
            place_to_stock(database, place)
        if units:
            post(database, code, units, at=place)
    return made


# What happens to it


def post(database: Database, code: str, quantity: int, source: str = "supplier", target: str = "available", *, at: str = "STUDIO",
         **more: Any) -> dict[str, Any]:  # fmt: skip
    """One movement as a person reports it; without more words, goods that came in."""
    return database.run(postings.post, Posting(code, at, quantity, source, target, "test", **more), cause=CAUSE)


def count(database: Database, *lines: tuple[str, int], at: str = "STUDIO", **more: Any) -> dict[str, Any]:
    return database.run(counts.record, at, lines, cause=CAUSE, **more)


def send(database: Database, *lines: tuple[str, int], source: str = "STUDIO", target: str = "STALL") -> dict[str, Any]:
    return database.run(transfers.send, source, target, lines, cause=CAUSE)


def hold(database: Database, *wants: tuple[str, int], minutes: float = 15, **more: Any) -> dict[str, Any]:
    return database.run(reservations.hold, wants, expires_in=timedelta(minutes=minutes), cause=CAUSE, **more)


def drafted(*lines: tuple[str, int], **more: Any) -> OrderDraft:
    return OrderDraft([LineDraft(code, quantity) for code, quantity in lines], **more)


def place(database: Database, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    """An order for (SKU code, quantity)."""
    return database.run(orders.place, drafted(*lines, **more), cause=CAUSE)


def place_one(database: Database, code: str, quantity: int = 1, **more: Any) -> bool:
    """Whether the buyer got it."""
    try:
        place(database, (code, quantity), **more)
    except InsufficientStock:
        return False
    return True


def cancel(database: Database, order: Mapping[str, Any], *quantities: int, **more: Any) -> dict[str, Any]:
    """Cancel so many of the first, second … line, or without figures everything."""
    return database.run(orders.cancel, order["id"], _by_line(order, quantities), cause=CAUSE, **more)


def ship(database: Database, order: Mapping[str, Any], *quantities: int, **more: Any) -> dict[str, Any]:
    """Send so many of the first, second … line, or without figures everything that is ready."""
    return database.run(shipments.ship, order["id"], _by_line(order, quantities), cause=CAUSE, **more)


def _by_line(order: Mapping[str, Any], quantities: Sequence[int]) -> list[tuple[str, int]] | None:
    by_line = [(line["id"], units) for line, units in zip(order["lines"], quantities, strict=False) if units]
    return by_line or None


# What one sees of it


def level(database: Database, code: str, at: str = "STUDIO") -> Level:
    found = database.look(stock.page_levels, None, 1, code=code, location=at)
    return Level(**{state: found[0][state] for state in stock.STATES}) if found else Level()


def seen(database: Database, order: Mapping[str, Any]) -> dict[str, Any]:
    """The order as it stands now."""
    return database.look(orders.view, order["id"])


def figures(order: Mapping[str, Any]) -> list[tuple[int, int, int, int]]:
    """Of each line: committed, short, shipped, cancelled."""
    return [(line["committed"], line["short"], line["shipped"], line["cancelled"]) for line in order["lines"]]


def movements(database: Database, code: str) -> list[tuple[int, str, str, str]]:
    """Quantity, source, target and reason of every movement of a SKU, oldest first."""
    rows = database.look(stock.page_movements, None, 1_000, code=code)
    return [(row["quantity"], row["source"], row["target"], row["reason"]) for row in rows]


def promised_at(order: Mapping[str, Any]) -> list[dict[str, int]]:
    """Of each line: units by the code of the location that owes them."""
    return [{each["location"]: each["quantity"] for each in line["commitments"] if each["quantity"]} for line in order["lines"]]


def short_total(database: Database) -> int:
    """Units promised that nothing is committed to."""
    row = commitments.commitments.c
    query = select(func.coalesce(func.sum(row.quantity), 0)).where(row.location_id.is_(None))
    return int(database.look(lambda session: session.scalar(query)))


def event_types(database: Database) -> list[str]:
    """What happened, in the order in which it was appended."""

    def read(session: Session) -> list[str]:
        return list(session.execute(select(events.events.c.type).order_by(events.events.c.seq)).scalars())

    return database.look(read)


# Nothing changed


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {table.name: sorted((tuple(row) for row in session.execute(select(table))), key=repr) for table in metadata.sorted_tables}


@contextmanager
def refused(database: Database, refusal: type[Refusal], **facts: Any) -> Iterator[None]:
    """The block is refused for this reason with these facts, and not one row of the database has changed."""
    before = database.look(everything)
    with pytest.raises(refusal) as caught:
        yield
    assert {name: caught.value.facts.get(name) for name in facts} == facts
    assert database.look(everything) == before


# Many at once


def at_once(buyers: int, act: Callable[[int], T]) -> list[T]:
    """What each of so many threads got, all started at the same moment. What one of them raises is raised here."""
    start = threading.Barrier(buyers)
    results: list[Any] = [None] * buyers
    errors: list[BaseException] = []

    def run(number: int) -> None:
        try:
            start.wait()
            results[number] = act(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(buyers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


@contextmanager
def held_open(database: Database, function: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
    """A transaction that has done its work and is committed only when the block ends."""
    with database.engine.connect() as connection, connection.begin():
        session = Session(connection)
        result = function(session, *args, **kwargs)
        database._finish(session)
        session.send()
        yield result
