"""Counters: the numbers on channels that sales lower, what we believe they show, and the units that each alone may sell.

`shown` changes by differences: by what a write changed, by what a recorded order took or put back. Only a rebase assigns it. The units
behind a counter lie in `allotments`, and over all counters they are the `allotted` column of each level.

Who changes a counter or an allotment holds the SKU's levels first: `of_skus` does, and everything here works on what it returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from math import exp
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    and_,
    select,
    text,
    update,
)

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import catalogue, stock
from app.domain.causes import Cause
from app.domain.channels import channels
from app.domain.errors import NotFound
from app.domain.locations import locations
from app.domain.stock import Move, Want
from app.domain.writes import Flight, write_entries, writes
from app.statements import Prepared, given, one_of, padded

# What may have units on offer that nothing lies behind, and what its channel sells below zero: in the words of their indexes.
AT_RISK, UNPROTECTED = text("excess_cause IS NOT NULL OR exposed > 0 OR held > 0 OR NOT known"), text("NOT protected")

counters = Table(
    "counters",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("unit", String(200), nullable=False),  # what one request to the channel replaces
    # One of it is so many units of this SKU. Null: not mapped, or its listings say different things; then it isn't written.
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=True),
    Column("per", Integer, nullable=False),
    CheckConstraint("per > 0", name="per_positive"),
    Column("title", String(500), nullable=False),
    # FENCED-WRITE section 1; counter units. Known: it was read once, and orders counted before that were awaited.
    Column("shown", Integer, nullable=False),
    Column("below", Integer, nullable=False),
    CheckConstraint("below >= 0", name="below_not_negative"),
    Column("held", Integer, nullable=False),
    CheckConstraint("held >= 0", name="held_not_negative"),
    Column("exposed", Integer, nullable=False),  # on offer without cover, by choice
    Column("known", Boolean, nullable=False),
    Column("protected", Boolean, nullable=False),  # the channel refuses to sell below zero, as far as it ever does
    # active; idle: not mapped, or untracked there; gone: not on the channel any more; parked: it waits for a person.
    Column("state", String(16), nullable=False),
    Column("why", String(500), nullable=True),
    # What the plan wants on offer, and since when something is to be done about it.
    Column("target", Integer, nullable=True),
    Column("due_at", Utc, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("rebase_at", Utc, nullable=True),
    # The last compare-and-set that found another number: if `shown` is still this after a settle, the counter is read.
    Column("stale_at", Integer, nullable=True),
    Column("excess_cause", String(16), nullable=True),
    Column("switched_at", Utc, nullable=True),  # when it last came on sale
    Column("reading", Integer, nullable=True),
    Column("read_at", Utc, nullable=True),
    # Counter units that sell in a day, as a memory that fades with a week; and when it was last brought up to date.
    Column("rate", Float, nullable=False, server_default="0"),
    Column("rate_at", Utc, nullable=True),
    Column("entries", Integer, nullable=False, server_default="0"),  # the number of its last entry in the journal (see entries)
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("channel_id", "external_id"),
    Index(None, "sku_id"),
    Index(None, "channel_id", "unit"),
    Index(None, "channel_id", "id"),
    Index(
        "ix_counters_inactive",
        "channel_id",
        "state",
        postgresql_where=text("state <> 'active'"),
        sqlite_where=text("state <> 'active'"),
    ),
    Index("ix_counters_exposed", "id", postgresql_where=AT_RISK, sqlite_where=AT_RISK),
    Index("ix_counters_unprotected", "id", postgresql_where=UNPROTECTED, sqlite_where=UNPROTECTED),
    Index(
        "ix_counters_overdrawn",
        "id",
        postgresql_where=text("excess_cause IS NOT NULL"),
        sqlite_where=text("excess_cause IS NOT NULL"),
    ),
    Index("ix_counters_due", "channel_id", "due_at", postgresql_where=text("due_at IS NOT NULL"), sqlite_where=text("due_at IS NOT NULL")),
    Index(
        "ix_counters_rebase",
        "channel_id",
        "rebase_at",
        postgresql_where=text("rebase_at IS NOT NULL"),
        sqlite_where=text("rebase_at IS NOT NULL"),
    ),
)

allotments = Table(
    "allotments",
    metadata,
    Column("counter_id", Id(), ForeignKey("counters.id"), primary_key=True),
    Column("location_id", Id(), ForeignKey("locations.id"), primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    Index(None, "sku_id", "location_id"),
)

# So many left are few, however slowly it sells.
FEW = 25
# Why a counter has more on offer than it was given.
EXCESS = ("connected", "restored", "hand_edit", "put_back", "taken", "channel", "exposed")


@dataclass(slots=True)
class Counter:
    """A counter, the units behind it, and its part in the write that is open. Counter units, except the allotment: units of the SKU."""

    id: str
    channel_id: str
    external_id: str
    unit: str
    sku_id: str
    per: int
    title: str
    shown: int
    below: int
    held: int
    exposed: int
    known: bool
    protected: bool
    state: str
    target: int | None
    due_at: datetime | None
    attempts: int
    stale_at: int | None
    excess_cause: str | None
    switched_at: datetime | None
    reading: int | None
    rate: float
    rate_at: datetime | None
    location_ids: Sequence[str]  # the channel's, in order
    channel_status: str
    allotted: dict[str, int]  # by location
    flight: Flight | None
    entries: int = 0  # in its journal

    @property
    def on_offer(self) -> int:
        """The most that the channel may still sell of it without our having recorded it (FENCED-WRITE section 1)."""
        resting = self.shown + self.below - self.held
        flight = self.flight
        if flight is None or flight.mode == "rebase":
            return max(0, resting)
        if flight.mode != "absolute":
            counted = flight.state == "settling" and flight.reading is None  # answered, and in `shown` already
            return max(0, resting if counted else resting + max(0, flight.change))
        if flight.guard is not None:
            return max(0, self.shown - self.held, flight.value + flight.guard + flight.put_back_since)
        # Over a number below zero it is a raise from there: what is put back afterwards comes on top.
        return flight.value + max(0, self.shown - min(0, flight.expected) - self.held)

    @property
    def allotment(self) -> int:
        return sum(self.allotted.values())

    @property
    def deficit(self) -> int:
        """Units that it lacks: on offer, not given, and not exposed by choice. Before its channel goes live nothing is set aside for
        it: what it shows can't be lowered yet, and is in nobody's way."""
        if self.channel_status == "connected":
            return 0
        return max(0, (self.on_offer - self.exposed) * self.per - self.allotment)

    @property
    def excess(self) -> int:
        """Units on offer beyond what it was given, whatever the cause."""
        return max(0, self.on_offer * self.per - self.allotment)

    @property
    def overheld(self) -> bool:
        """More is held of it than we know to be there: an order that was dropped, and that we haven't heard of yet. Until then it isn't
        raised."""
        return self.held > max(0, self.shown + self.below)

    @property
    def has_plenty(self) -> bool:
        """It offers more than a few, and most of what it shall: what it sells now is no reason to look at once at who gets how many."""
        return self.target is not None and self.flight is None and self.on_offer > max(FEW, self.target // 2)

    @property
    def spare(self) -> int:
        """Units that it was given and doesn't offer."""
        return max(0, self.allotment - self.on_offer * self.per)


_COLUMNS = tuple(each.name for each in fields(Counter) if each.name in counters.c)


def of_skus(session: Session, sku_ids: Iterable[str]) -> list[Counter]:
    """All counters of these SKUs, by id, held against other writers; their levels are held before them."""
    wanted = sorted(set(sku_ids))
    stock.lock(session, wanted)
    return _load(session, "sku_id", wanted, lock=True)


def of_unit(session: Session, channel_id: str, unit: str) -> list[Counter]:
    """All counters of the SKUs that one write unit stands for: those of the unit and their rivals, held."""
    found = session.find(counters, columns=["sku_id"], channel_id=channel_id, unit=unit)
    return of_skus(session, [row["sku_id"] for row in found if row["sku_id"] is not None])


@cache
def _with_channels(column: str, size: int, *, lock: bool) -> Prepared:
    query = (
        select(*(counters.c[name] for name in _COLUMNS), channels.c.location_ids, channels.c.status.label("channel_status"))
        .join(channels, channels.c.id == counters.c.channel_id)
        .where(one_of(counters.c[column], column, size), counters.c.sku_id.is_not(None))
    )
    return Prepared(query.order_by(counters.c.id).with_for_update(of=counters) if lock else query)


@cache
def _allotted(column: str, size: int) -> Prepared:
    names = ("counter_id", "location_id", "quantity")
    query = select(*(allotments.c[name] for name in names)).join(counters, counters.c.id == allotments.c.counter_id)
    return Prepared(query.where(one_of(counters.c[column], column, size), allotments.c.quantity > 0))


@cache
def _flying(column: str, size: int) -> Prepared:
    """The parts of these counters in open writes, found by their units: there are few of those, and many writes in the past."""
    entry, write = write_entries.c, writes.c
    names = ("counter_id", "write_id", "change", "expected", "value", "guard", "put_back_since", "learned_since", "reading")
    query = (
        select(*(entry[name] for name in names), write.mode, write.state)
        .select_from(counters)
        .join(writes, and_(write.channel_id == counters.c.channel_id, write.unit == counters.c.unit, write.closed_at.is_(None)))
        .join(write_entries, and_(entry.write_id == write.id, entry.counter_id == counters.c.id))
    )
    return Prepared(query.where(one_of(counters.c[column], column, size)))


def _load(session: Session, column: str, values: Sequence[str], *, lock: bool = False) -> list[Counter]:
    """The counters that stand for a SKU and have one of these values in a column."""
    if not values:
        return []
    size, named = padded(column, values)
    # The counters are held before the rest is read; SQLite's one writer is alone.
    lock = lock and session.dialect == "postgresql"
    queries = _with_channels(column, size, lock=lock), _allotted(column, size), _flying(column, size)
    rows, parts, flights = session.rows_each([(query, named) for query in queries])
    given: dict[str, dict[str, int]] = {}
    for part in parts:
        given.setdefault(part["counter_id"], {})[part["location_id"]] = part["quantity"]
    flying = {flight.pop("counter_id"): Flight(**flight) for flight in flights}
    found = []
    for row in sorted(rows, key=itemgetter("id")):
        at = given.get(row["id"], {})
        allotted = {place: at.pop(place) for place in row["location_ids"] if place in at} | at
        found.append(Counter(**row, allotted=allotted, flight=flying.get(row["id"])))
    return found


def change(session: Session, counter: Counter | str, **changes: Any) -> None:
    """Change a counter's columns; a Counter in hand follows."""
    counter_id = counter if isinstance(counter, str) else counter.id
    session.change(counters, changes | {"updated_at": chance.now()}, id=counter_id)
    if isinstance(counter, Counter):
        for name, value in changes.items():
            if name in _COLUMNS:
                setattr(counter, name, value)


def changed(session: Session, counter: Counter) -> None:
    """What it offers or was given changed: the transaction ends with repaying and marks the SKU for planning."""
    stock.freed(session).add(counter.sku_id)


def done_with(session: Session, counter: Counter, rivals: Iterable[Counter] = (), *, as_planned: bool = False) -> None:
    """As `changed`, when nothing more becomes of it here: where it offers just what it was given, and so do these, nothing is to be
    repaid. `as_planned`: only what the last plan wanted has happened to it; where all of that has, there is nothing to be planned."""
    if any(each.excess or each.spare or each.excess_cause is not None for each in (counter, *rivals)):
        changed(session, counter)
    elif not as_planned or counter.on_offer != counter.target:
        stock.touched(session).add(counter.sku_id)


# Units: to a counter and back


def give(session: Session, counter: Counter, parts: Iterable[tuple[str, int]], reason: str, *, cause: Cause) -> None:
    """Set units aside for a counter: available → allotted. `parts` are (location id, units). Raises: InsufficientStock."""
    parts = [part for part in parts if part[1]]
    moves = [Move(counter.sku_id, place, units, "available", "allotted", reason) for place, units in parts]
    stock.move_many(session, moves, cause=cause.by("counter", counter.id))
    for place, units in parts:
        _adjust(session, counter, place, units)


def recall(session: Session, counter: Counter, units: int, reason: str, *, cause: Cause) -> None:
    """Take units back: allotted → available, from its last location first. Never more than its spare units."""
    moves = []
    for place in reversed(list(counter.allotted)):
        if taken := min(units, counter.allotted[place]):
            moves.append(Move(counter.sku_id, place, taken, "allotted", "available", reason))
            _adjust(session, counter, place, -taken)
            units -= taken
    stock.move_many(session, moves, cause=cause.by("counter", counter.id))


def release(session: Session, counter: Counter, *, cause: Cause) -> None:
    """Give back what it was given and doesn't offer. Needs no other condition, and may run in any transaction."""
    if counter.spare:
        recall(session, counter, counter.spare, "released", cause=cause)


def spend(session: Session, counter: Counter, place: str, units: int) -> None:
    """Units leave the allotment for somewhere else; the caller moves them, in the same transaction."""
    _adjust(session, counter, place, -units)


def take_in(session: Session, counter: Counter, place: str, units: int) -> None:
    """Units come into the allotment from somewhere else than `available`; the caller moves them, in the same transaction."""
    _adjust(session, counter, place, units)


_allot = Prepared(
    update(allotments)
    .where(
        allotments.c.counter_id == given(allotments.c.counter_id, "counter"),
        allotments.c.location_id == given(allotments.c.location_id, "place"),
    )
    # The SKU too: the counter may have stood for another one when the row was made.
    .values(
        quantity=allotments.c.quantity + given(allotments.c.quantity, "units"),
        sku_id=given(allotments.c.sku_id, "sku"),
    )
)


def _adjust(session: Session, counter: Counter, place: str, units: int) -> None:
    before = counter.allotted.get(place, 0)
    change = {"counter": counter.id, "place": place, "units": units, "sku": counter.sku_id}
    if before:  # then its row is there
        session.later(_allot, change)
    elif not session.run(_allot, change):
        session.add(allotments, {"counter_id": counter.id, "location_id": place, "sku_id": counter.sku_id, "quantity": units})
    counter.allotted[place] = before + units
    if not counter.allotted[place]:
        del counter.allotted[place]


def free_for(session: Session, counter: Counter, units: int) -> list[tuple[str, int]]:
    """Where up to that many units lie in `available`, among the locations that its channel sells from: (location id, units)."""
    return stock.find_available(session, [Want(counter.sku_id, "", units)], counter.location_ids).parts[0] if units > 0 else []


@dataclass(frozen=True, slots=True)
class Drawn:
    """Units that a fact takes: from where, and whose allotment they were in (None: they were free)."""

    location_id: str
    units: int
    counter: Counter | None

    @property
    def source(self) -> str:
        return "available" if self.counter is None else "allotted"


def draw(
    session: Session,
    among: Sequence[Counter],
    sku_id: str,
    units: int,
    location_ids: Sequence[str],
    *,
    own: Counter | None = None,
    last: bool = True,
) -> list[Drawn]:
    """Where a fact takes its units: from its own counter's allotment, then what is free, then other allotments, those most above their
    own offer first. The allotments follow here; the caller moves the units. What can't be found is simply not in the answer.

    `last` False: other counters give only what they don't offer themselves.
    """
    found: list[Drawn] = []

    def from_counter(counter: Counter, most: int) -> None:
        nonlocal units
        for place in [each for each in (*location_ids, *counter.allotted) if each in counter.allotted]:
            taken = min(units, most, counter.allotted.get(place, 0))
            if taken:
                spend(session, counter, place, taken)
                found.append(Drawn(place, taken, counter))
                units -= taken
                most -= taken

    if own is not None:
        from_counter(own, own.allotment)
    if not units:
        return found
    for place, taken in stock.find_available(session, [Want(sku_id, "", units)], location_ids).parts[0]:
        found.append(Drawn(place, taken, None))
        units -= taken
    others = [each for each in among if each.sku_id == sku_id and each is not own and set(each.allotted) & set(location_ids)]
    for counter in sorted(others, key=lambda each: (-each.spare, each.id)):
        from_counter(counter, counter.spare)
    if last:
        for counter in sorted(others, key=lambda each: (-each.allotment, each.id)):
            if units and counter.allotment:
                from_counter(counter, counter.allotment)
                overdrawn(session, counter, "taken")
    return found


def overdrawn(session: Session, counter: Counter, why: str) -> None:
    """A fact or a channel left it with more on offer than it was given: name the cause, and let the transaction's end look."""
    session.info.setdefault("excess", {})[counter.id] = why
    changed(session, counter)


MEMORY_DAYS = 7.0


def faded(rate: float, since: datetime | None, sold: int, now: datetime) -> float:
    """Units a day, as an average over the past that forgets within about a week: after `sold` more since then."""
    days = (now - since).total_seconds() / 86_400 if since is not None else 0.0
    return rate * exp(-days / MEMORY_DAYS) + sold / MEMORY_DAYS


# Making and changing counters


def note(session: Session, channel_id: str, external_id: str, *, unit: str, title: str, protected: bool) -> dict[str, Any]:
    """A counter as the channel shows it: made when it is new, idle until its listings say what it stands for."""
    found = session.find(counters, channel_id=channel_id, external_id=external_id)
    now = chance.now()
    facts = {"unit": unit, "title": title[:500], "protected": protected}
    if not found:
        made = facts | {
            "id": chance.new_id(),
            "channel_id": channel_id,
            "external_id": external_id,
            "sku_id": None,
            "per": 1,
            "shown": 0,
            "below": 0,
            "held": 0,
            "exposed": 0,
            "known": False,
            "state": "idle",
            "attempts": 0,
            "created_at": now,
            "updated_at": now,
        }
        session.add(counters, made)
        return made
    (row,) = found
    if row["unit"] != unit and any(each.flight is not None for each in of_ids(session, [row["id"]])):
        facts["unit"] = row["unit"]  # the write that is open is found by it
    if any(row[name] != value for name, value in facts.items()):
        session.change(counters, facts | {"updated_at": now}, id=row["id"])
    return row | facts


def by_id(session: Session, counter_id: str) -> dict[str, Any]:
    """The counter's row. Raises: NotFound."""
    if not (found := session.find(counters, id=counter_id)):
        raise NotFound(f"No counter has the id {counter_id}.")
    return found[0]


def of_ids(session: Session, counter_ids: Sequence[str]) -> list[Counter]:
    """Counters as they stand, not held: for looking."""
    return _load(session, "id", counter_ids)


def page(
    session: Session,
    after: str | None,
    limit: int,
    *,
    channel_id: str | None = None,
    code: str | None = None,
    overdrawn: bool | None = None,
) -> list[dict[str, Any]]:
    """Counters in the order of their ids, with what follows from their figures. `code` is of the SKU they stand for."""
    query = select(counters.c.id).order_by(counters.c.id).limit(limit)
    if after is not None:
        query = query.where(counters.c.id > after)
    if channel_id is not None:
        query = query.where(counters.c.channel_id == channel_id)
    if code is not None:
        query = query.where(counters.c.sku_id == catalogue.id_of(code))
    if overdrawn is not None:
        query = query.where(counters.c.excess_cause.is_not(None) if overdrawn else counters.c.excess_cause.is_(None))
    return views(session, list(session.execute(query).scalars()))


def views(session: Session, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Counters with their SKU's code, what they may still sell, the units behind them, and the write that is open."""
    query = (
        select(counters, catalogue.skus.c.code.label("sku"))
        .outerjoin(catalogue.skus, catalogue.skus.c.id == counters.c.sku_id)
        .where(counters.c.id.in_(ids))
        .order_by(counters.c.id)
    )
    worked_out = {each.id: each for each in of_ids(session, ids)}
    places: Mapping[str, str] = {row.id: row.code for row in session.execute(select(locations.c.id, locations.c.code))}
    found = []
    for row in session.execute(query).mappings():
        each = worked_out.get(row["id"])
        found.append(
            dict(row)
            | {
                "on_offer": each.on_offer if each else 0,
                "allotment": each.allotment if each else 0,
                "excess": each.excess if each else 0,
                "allotted": [{"location": places[place], "quantity": units} for place, units in each.allotted.items()] if each else [],
                "write_id": each.flight.write_id if each and each.flight else None,
                "write_state": each.flight.state if each and each.flight else None,
            }
        )
    return found
