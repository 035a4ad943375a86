"""Going out: plan, send, settle, one write unit at a time.

Each step is a transaction of `domain.fence` or one request; nothing is held between them but what is stored. A crash anywhere finds
the write as it was, and goes on from there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Integer, bindparam, func, select

from app import chance
from app.channels.base import Channel, ChannelError, Entry, NoUse, Outcome, Reading, TryLater, WriteRequest, WriteResult
from app.database import Database, DatabaseUnavailable, Session
from app.domain import channels, counters, fence, plans, writes
from app.domain.capabilities import Budget, WriteMode
from app.domain.counters import counters as table
from app.domain.fence import LeaseLost, Pen
from app.statements import Prepared, given

log = structlog.get_logger()

AT_ONCE = 50
READ_AT_ONCE = 100
# A request and what surrounds it: the lease must last as long.
DEADLINE_S = 30.0
# So long a lane writes before it looks again whether the shop has said something meanwhile: what was sold comes before what is raised.
AT_A_STRETCH_S = 0.025
# Below this part of a write budget only what lowers a number is written.
RESERVE = 0.2
# And what waits for the budget is looked at again after this.
SPENT_WAITS = timedelta(minutes=1)


class Pushing:
    """What a lane needs to write: the channel, who writes, and the database."""

    def __init__(self, database: Database, channel: Channel, pen: Pen, *, live: bool) -> None:
        self.database = database
        self.channel = channel
        self.pen = pen
        self.live = live
        self.failed: ChannelError | None = None  # what the last request came to, for the circuit
        self.requests = 0

    def step(self, due: Collection[str]) -> bool:
        """Do what is due, or some of it: open writes first, then new ones. Returns whether anything was done.

        `due`: which of "write", "read" and "change" are.
        """
        now, until = chance.now(), chance.monotonic() + AT_A_STRETCH_S
        did = False
        reading = []
        for row in self.database.look(_writes_due, self.pen.channel_id, now) if "write" in due else ():
            did = True
            if row["state"] == "reading":
                reading.append(row)
            else:
                with self._unharmed(row["unit"]):
                    self._go_on(row, now)
            if self._has_failed():
                return did
        self._read(reading)
        for unit in self.database.look(_units_to_read, self.pen.channel_id, now, AT_ONCE) if "read" in due else ():
            did = True
            with self._unharmed(unit):
                self.database.run(fence.rebase, self.pen, unit)
        if not self.live or self._has_failed() or "change" not in due:
            return did
        wanted, waiting = self.database.look(_units_due, self.pen, now, AT_ONCE)
        if waiting:
            self.database.run(_put_off, waiting, now + SPENT_WAITS)
        for unit, wants in wanted:
            did = True
            with self._unharmed(unit):
                self._change(unit, wants)
            if self._has_failed() or chance.monotonic() >= until:
                break
        return did

    def _go_on(self, row: Mapping[str, Any], now: datetime) -> None:
        """The next step of an open write."""
        if row["state"] == "settling":
            self.database.run(fence.settled, self.pen, row["id"])
        elif row["state"] == "accepted":
            self._ask(row)
        elif row["due_at"] is None:
            # At the beginning of a step nothing is under way: a step before this one ended in the middle.
            self.database.run(fence.interrupted, self.pen, row["id"])
        elif row["state"] == "unknown" and self.database.look(_is_spent, self.pen, row["id"], row["unit"]):
            self.database.run(_later, row["id"], now + SPENT_WAITS)
        else:
            again = self.database.run(fence.again, self.pen, row["id"], for_s=DEADLINE_S)
            if again is not None:
                self._send(again)

    @contextmanager
    def _unharmed(self, unit: str) -> Iterator[None]:
        """What can't be worked with is parked, visible, and in nobody's way."""
        try:
            yield
        except (ChannelError, DatabaseUnavailable, LeaseLost):
            raise
        except Exception as error:
            log.error("a write unit is parked", channel=self.pen.channel_id, unit=unit, exc_info=error)
            self.database.run(fence.poisoned, self.pen, unit, f"{type(error).__name__}: {error}")

    def _has_failed(self) -> bool:
        return self.failed is not None

    # One change

    def _change(self, unit: str, wants: Mapping[str, fence.Want]) -> None:
        reading = None
        if self.pen.can.write_mode is WriteMode.ABSOLUTE and not self.pen.can.drains:
            reading = self._look_first(unit)
            if reading is None:
                return

        def compose(entries: Sequence[dict[str, Any]], key: str) -> Any:
            return self.channel.compose(unit, [_entry(each) for each in entries], key, reading)

        row = self.database.run(fence.raise_or_lower, self.pen, unit, wants, compose, for_s=DEADLINE_S)
        if row is None:
            self.database.run(_not_now, self.pen.channel_id, unit)
        elif row["state"] == "intent":
            self._send(row)

    def _look_first(self, unit: str) -> Reading | None:
        """Before an absolute write without a drain: the unit as it stands. None: it isn't what we believe, and is read in full."""
        known = self.database.look(_of_unit, self.pen.channel_id, unit)
        try:
            found = self.channel.read_quantities([row["external_id"] for row in known])
            self.requests += 1
        except ChannelError as error:
            self.failed = error
            return None
        if any(reading.quantity != row["shown"] for reading, row in zip(found, known, strict=True)):
            self.database.run(fence.rebase, self.pen, unit)
            return None
        return found[0]

    def _send(self, row: Mapping[str, Any]) -> None:
        names = row.get("names") or self.database.look(_external_ids, [entry["counter_id"] for entry in row["entries"]])
        entries = [_entry(entry | {"external_id": names[entry["counter_id"]]}) for entry in row["entries"]]
        request = WriteRequest(unit=row["unit"], entries=entries, key=row["key"], body=row["body"])
        started = chance.monotonic()
        (result,) = self.channel.write_quantities([request])
        self.requests += 1
        by_id = {counter_id: result.quantities[name] for counter_id, name in names.items() if name in result.quantities}
        self._answer(row["id"], result, by_id, round((chance.monotonic() - started) * 1000))

    def _answer(self, write_id: str, result: WriteResult, quantities: Mapping[str, int], took_ms: int) -> None:
        run, pen = self.database.run, self.pen

        def later() -> datetime:
            return chance.now() + _wait(result, self.database.look(_attempts, write_id))

        match result.outcome:
            case Outcome.DONE:
                run(_done, pen, write_id, quantities, took_ms)
            case Outcome.ACCEPTED:
                run(fence.accepted, pen, write_id, result.ticket)
            case Outcome.STALE:
                run(fence.stale, pen, write_id, result.detail)
            case Outcome.FAILED_BEFORE:
                run(fence.stale, pen, write_id, result.detail, failed_before=True)
            case Outcome.REFUSED:
                run(fence.refused, pen, write_id, result.code, result.detail, retry_at=later())
                if result.code in ("credentials", "scope"):
                    self.failed = NoUse(result.code, result.detail)
            case Outcome.NOT_SENT:
                run(fence.not_sent, pen, write_id, retry_at=later())
                self.failed = TryLater(result.detail, after_s=result.after_s)
            case Outcome.LIMITED if not pen.can.keyed and pen.can.limited_has_no_effect:
                run(fence.not_sent, pen, write_id, retry_at=later())
                self.failed = TryLater(result.detail, after_s=result.after_s, limited=True)
            case Outcome.LIMITED:
                run(fence.unanswered, pen, write_id, result.detail, retry_at=later())
                self.failed = TryLater(result.detail, after_s=result.after_s, limited=True)
            case Outcome.BUSY:
                run(fence.unanswered, pen, write_id, result.detail, retry_at=later())
            case Outcome.UNKNOWN:
                run(fence.unanswered, pen, write_id, result.detail, retry_at=later())
                self.failed = TryLater(result.detail, after_s=result.after_s)

    def _ask(self, row: Mapping[str, Any]) -> None:
        """What became of a write that was accepted for later."""
        try:
            (result,) = self.channel.processed([row["ticket"]])
        except ChannelError as error:
            self.failed = error
            return
        if result is None:
            over = row["unknown_since"] + timedelta(seconds=self.pen.can.late_write_s)
            if chance.now() >= over:
                self.database.run(fence.unanswered, self.pen, row["id"], "no report came", retry_at=over)
            else:
                self.database.run(_later, row["id"], chance.now() + timedelta(seconds=30))
            return
        self._answer(row["id"], result, {}, 0)

    # Reading

    def _read(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(rows), READ_AT_ONCE):
            batch = rows[start : start + READ_AT_ONCE]
            named = {row["id"]: self.database.look(_named, row["id"]) for row in batch}
            wanted = [name for names in named.values() for name in names.values()]
            try:
                found = {reading.counter: reading.quantity for reading in self.channel.read_quantities(wanted)}
                self.requests += 1
            except ChannelError as error:
                self.failed = error
                return
            except (DatabaseUnavailable, LeaseLost):
                raise
            except Exception:
                if len(batch) == 1:
                    with self._unharmed(batch[0]["unit"]):
                        raise
                else:
                    for row in batch:  # one of them can't be understood: it isn't to hold the others up
                        self._read([row])
                continue
            answered_at = chance.now()
            units = {row["id"]: row["unit"] for row in batch}
            for write_id, names in named.items():
                readings = {counter_id: found.get(name) for counter_id, name in names.items()}
                with self._unharmed(units[write_id]):
                    self.database.run(fence.read, self.pen, write_id, readings, answered_at=answered_at)


def _entry(entry: Mapping[str, Any]) -> Entry:
    return Entry(entry["external_id"], entry["change"], entry["expected"], entry["value"])


def _wait(result: WriteResult, attempts: int) -> timedelta:
    """When to try again: as the channel asks, else longer each time, with jitter so that many don't return at once."""
    if result.after_s is not None:
        return timedelta(seconds=result.after_s * (1 + 0.1 * chance.random().random()))
    return timedelta(seconds=min(300.0, 2.0**attempts) * (0.5 + chance.random().random()))


def _of_unit(session: Session, channel_id: str, unit: str) -> list[dict[str, Any]]:
    rows = session.find(table, columns=["id", "external_id", "shown"], channel_id=channel_id, unit=unit)
    return sorted(rows, key=lambda row: str(row["id"]))


def _external_ids(session: Session, counter_ids: Sequence[str]) -> dict[str, str]:
    return {row["id"]: row["external_id"] for row in session.find(table, columns=["id", "external_id"], among=("id", counter_ids))}


def _named(session: Session, write_id: str) -> dict[str, str]:
    return _external_ids(session, [entry["counter_id"] for entry in writes.entries_of(session, write_id)])


def _writes_due(session: Session, channel_id: str, now: datetime) -> list[dict[str, Any]]:
    return writes.due(session, channel_id, now, channels.lane(session, channel_id)["settled_at"], AT_ONCE)


def _later(session: Session, write_id: str, due_at: datetime) -> None:
    writes.change(session, write_id, due_at=due_at)


def _attempts(session: Session, write_id: str) -> int:
    rows = session.find(writes.writes, columns=["sends"], id=write_id)
    return int(rows[0]["sends"]) if rows else 1


def _done(session: Session, pen: Pen, write_id: str, quantities: Mapping[str, int], took_ms: int) -> None:
    before = fence.hold(session, pen)["write_ms"]
    smoothed = took_ms if before is None else round(before * 0.8 + took_ms * 0.2)
    channels.change_lane(session, pen.channel_id, written_at=chance.now(), write_ms=smoothed)
    fence.done(session, pen, write_id, quantities)


def _not_now(session: Session, channel_id: str, unit: str) -> None:
    """Nothing could be done for it: whatever would change that marks its SKU due."""
    for row in _of_unit(session, channel_id, unit):
        counters.change(session, row["id"], due_at=None)


def _units_to_read(session: Session, channel_id: str, now: datetime, limit: int) -> list[str]:
    return [row["unit"] for row in session.rows(_to_read, {"channel_id": channel_id, "now": now, "limit": limit})]


def has_open_write() -> Any:
    """Whether a write is open on a counter's unit, as a condition."""
    w = writes.writes.c
    return select(w.id).where(w.channel_id == table.c.channel_id, w.unit == table.c.unit, w.closed_at.is_(None)).exists()


_to_read = Prepared(
    select(table.c.unit)
    .where(table.c.channel_id == given(table.c.channel_id), table.c.rebase_at <= given(table.c.rebase_at, "now"))
    .where(table.c.sku_id.is_not(None), ~has_open_write())
    .group_by(table.c.unit)
    .order_by(func.min(table.c.rebase_at), table.c.unit)
    .limit(bindparam("limit", type_=Integer))
)
_due = Prepared(
    select(table.c.id, table.c.unit)
    .where(table.c.channel_id == given(table.c.channel_id), table.c.due_at <= given(table.c.due_at, "now"))
    .where(table.c.state == "active", table.c.target.is_not(None), ~has_open_write())
    .order_by(table.c.due_at, table.c.id)
    .limit(bindparam("limit", type_=Integer))
)


def _put_off(session: Session, counter_ids: Sequence[str], until: datetime) -> None:
    for counter_id in counter_ids:
        counters.change(session, counter_id, due_at=until)


def _units_due(session: Session, pen: Pen, now: datetime, limit: int) -> tuple[list[tuple[str, dict[str, fence.Want]]], list[str]]:
    """Write units with something to change: what lowers before what raises, scarce before plentiful; while the budget lasts. And the
    counters that wait for the budget."""
    units = {row["id"]: row["unit"] for row in session.rows(_due, {"channel_id": pen.channel_id, "now": now, "limit": limit})}
    left, listings = _budget_left(session, pen), _OfListings(session, pen)
    found: dict[str, dict[str, fence.Want]] = {}
    rank: dict[str, tuple[bool, int]] = {}
    waiting = []
    every = counters.of_ids(session, sorted(units))
    guards = _guards(session, every) if pen.can.write_mode is WriteMode.ABSOLUTE else {}
    for each in every:
        assert each.target is not None
        raises = each.target > each.on_offer
        part = min(left, listings.left(each.unit))
        if part <= 0 or (raises and part < RESERVE):
            waiting.append(each.id)
            continue
        if each.unit not in found:
            listings.plan(each.unit)
        found.setdefault(each.unit, {})[each.id] = fence.Want(each.target, guards.get(each.id, 0))
        rank[each.unit] = min(rank.get(each.unit, (True, each.target)), (raises, each.target))
    return sorted(found.items(), key=lambda item: rank[item[0]]), waiting


def _guards(session: Session, among: Sequence[counters.Counter]) -> dict[str, int]:
    """Units beside each absolute write that has no cover."""
    rows = session.find(plans.sku_plans, columns=["sku_id", "guard"], among=("sku_id", sorted({each.sku_id for each in among})))
    said = {row["sku_id"]: row["guard"] for row in rows}
    return {each.id: _guard(each, said.get(each.sku_id)) for each in among}


def _guard(counter: counters.Counter, said: int | None) -> int:
    """What was said, else none below 10 units, else what sells in a round trip."""
    if said is not None:
        return said
    if (counter.target or 0) < 10:
        return 0
    return -int(-counters.faded(counter.rate, counter.rate_at, 0, chance.now()) * DEADLINE_S // 86_400)


def _budget_left(session: Session, pen: Pen) -> float:
    """The part of the scarcest write budget that is left; 1 where there is none."""
    return min((1.0 - _sent(session, pen, budget) / budget.amount for budget in pen.can.budgets if budget.name == "writes"), default=1.0)


class _OfListings:
    """The same for each listing, where the channel counts its writes; what is planned meanwhile counts, too."""

    def __init__(self, session: Session, pen: Pen) -> None:
        self._session, self._pen = session, pen
        self._budgets = [budget for budget in pen.can.budgets if budget.name == "writes of a listing"]
        self._sent: dict[tuple[str, Budget], int] = {}

    def left(self, unit: str) -> float:
        listing = unit.partition("#")[0]
        return min((1.0 - self._of(listing, budget) / budget.amount for budget in self._budgets), default=1.0)

    def plan(self, unit: str) -> None:
        listing = unit.partition("#")[0]
        for budget in self._budgets:
            self._sent[listing, budget] = self._of(listing, budget) + 1

    def _of(self, listing: str, budget: Budget) -> int:
        if (listing, budget) not in self._sent:
            self._sent[listing, budget] = _sent(self._session, self._pen, budget, listing)
        return self._sent[listing, budget]


def _is_spent(session: Session, pen: Pen, write_id: str, unit: str) -> bool:
    """A zero would go out once more, and its listing may not be written any more today."""
    if _OfListings(session, pen).left(unit) > 0:
        return False
    return all(entry["value"] == 0 for entry in writes.entries_of(session, write_id))


def _sent(session: Session, pen: Pen, budget: Budget, listing: str | None = None) -> int:
    """How many writes left in the budget's time: the channel's, or those of one listing."""
    w = writes.writes.c
    since = chance.first_id(chance.now() - timedelta(seconds=budget.per_s))
    query = select(func.coalesce(func.sum(w.sends), 0)).where(w.channel_id == pen.channel_id, w.id >= since)
    if listing is not None:
        query = query.where((w.unit == listing) | w.unit.startswith(f"{listing}#", autoescape=True))
    return int(session.scalar(query))
