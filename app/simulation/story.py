"""What happened, in words: the truth of the shops, what people did, and what the books made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from app import chance
from app.database import Session
from app.domain import catalogue, channels, counters, events
from app.sandbox.score import Sells
from app.sandbox.shop import Entry, Kind
from app.simulation.store import Store


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    sku: str | None  # None: it is about all of them
    text: str

    def __str__(self) -> str:
        return f"{self.at:%d %b %H:%M:%S}.{self.at.microsecond // 100_000}  {self.sku or '·':<6} {self.text}"


@dataclass
class Story:
    """Written only where somebody wants to read it."""

    wanted: bool = False
    lines: list[Line] = field(default_factory=list)
    read: dict[str, int] = field(default_factory=dict)  # of each shop's truth
    _database: Store | None = None
    _seen: int = 0  # the last event of the books
    _codes: dict[str, str] = field(default_factory=dict)
    _counters: dict[str, tuple[str | None, str]] = field(default_factory=dict)  # the SKU, and where

    def follow(self, database: Store) -> None:
        """From now on it tells what the books made of it, too."""
        self._database = database
        if self.wanted:
            database.committed = self._books

    def restored(self) -> None:
        """The books know less now than they did."""
        if self._database is not None:
            self._seen = self._database.look(_last)

    def say(self, sku: str | None, text: str) -> None:
        if self.wanted:
            self.lines.append(Line(chance.now(), sku, text))

    def entry(self, shop: str, sells: Sells, entry: Entry) -> None:
        if self.wanted:
            self.say(sells.sku, f"{shop}: {_said(entry)}" + (f" (of {sells.per})" if sells.per > 1 else ""))

    def _books(self) -> None:
        assert self._database is not None
        for row in self._database.look(_after, self._seen):
            self._seen = row["seq"]
            kind, data = row["type"], row["data"]
            if kind == "stock.moved":
                for move in data["moves"]:
                    text = f"{move['quantity']} {move['source']} → {move['target']}, {move['reason']}"
                    self.say(self._code(move["sku_id"]), f"  books: {text}")
            elif kind in ("counter.written", "counter.read"):
                for each in data["counters"]:
                    sku, where = self._counter(each["counter_id"])
                    what = f"{data['mode']} {each['change']:+d}, {data['outcome']}" if kind == "counter.written" else "read"
                    self.say(sku, f"  books: {where} {what}: shown {each['shown']}")
            elif kind in ("exception.opened", "exception.closed"):
                self.say(
                    None, f"  books: {kind.partition('.')[2]} {data.get('cause') or 'an exception'} {data.get('title') or ''}".rstrip()
                )

    def _code(self, sku_id: str) -> str:
        assert self._database is not None
        if sku_id not in self._codes:
            self._codes[sku_id] = self._database.look(_code, sku_id)
        return self._codes[sku_id]

    def _counter(self, counter_id: str) -> tuple[str | None, str]:
        assert self._database is not None
        if counter_id not in self._counters:
            self._counters[counter_id] = self._database.look(_named, counter_id)
        return self._counters[counter_id]

    def of(self, sku: str | None) -> Sequence[Line]:
        return [line for line in self.lines if sku is None or line.sku in (sku, None)]

    def text(self) -> str:
        return "\n".join(map(str, self.lines))

    def digest(self) -> str:
        return sha256(self.text().encode()).hexdigest() if self.wanted else ""


def _said(entry: Entry) -> str:
    units = abs(entry.units)
    match entry.kind:
        case Kind.SOLD:
            more = f", {entry.oversold} of them not there ({'a person' if entry.forced else 'its own checkout'})" if entry.oversold else ""
            return f"{units} sold in order {entry.order}{more}"
        case Kind.COUNTED:
            return f"counts {units} down for order {entry.order}: shows {entry.after}"
        case Kind.RESTOCK:
            return f"puts {units} of order {entry.order} back: shows {entry.after}"
        case Kind.UNWANTED:
            return f"{units} of order {entry.order} aren't wanted any more"
        case Kind.REFUSED:
            return f"tells a buyer of {units} that it is sold out, showing {entry.after}"
        case Kind.GRANTED:
            return f"is written: {entry.units:+d}, shows {entry.after}"
        case Kind.HAND:
            return f"somebody types {entry.after} ({entry.units:+d})"
        case _:
            return f"opens with {entry.after}"


def _last(session: Session) -> int:
    return int(session.scalar(select(func.coalesce(func.max(events.events.c.seq), 0))))


def _after(session: Session, seq: int) -> list[dict[str, Any]]:
    e = events.events
    return [dict(row) for row in session.execute(select(e).where(e.c.seq > seq).order_by(e.c.seq)).mappings()]


def _code(session: Session, sku_id: str) -> str:
    return str(session.scalar(select(catalogue.skus.c.code).where(catalogue.skus.c.id == sku_id)))


def _named(session: Session, counter_id: str) -> tuple[str | None, str]:
    c, sku, channel = counters.counters.c, catalogue.skus.c, channels.channels.c
    query = (
        select(sku.code, channel.name)
        .select_from(counters.counters.join(channels.channels).outerjoin(catalogue.skus, sku.id == c.sku_id))
        .where(c.id == counter_id)
    )
    code, name = tuple(session.execute(query).one())
    return code, name
