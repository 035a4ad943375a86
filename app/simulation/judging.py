"""What became of everything that a drill does to its shops: whether it was found, what it was called, who was told, and when that ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app import chance
from app.channels.base import Capabilities
from app.database import Session
from app.domain import channels, counters, differences, exceptions, listings, orders, writes
from app.domain.differences import HEALS
from app.sandbox.shop import Kind
from app.simulation.injections import OF_LISTINGS, Injected, Script
from app.simulation.run import Run
from app.simulation.shops import Stand
from app.simulation.world import START

NAMED_WITHIN_S = 2_400.0
CLOSED_WITHIN_S = 9_000.0
UNSEEN = "undetermined"
OURS = ("in_flight", "outcome_unknown")
BY_OTHERS = ("hand_edit", "second_writer", "echo", "channel_restock")


@dataclass
class Drilled:
    """What came of one seed. `judged`: kind, what it was called (None: not found), and where; `strangers`: what nobody injected."""

    seed: int
    judged: list[tuple[str, str | None, str]] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    strangers: Counter[str] = field(default_factory=Counter)
    misnamed: list[str] = field(default_factory=list)
    harm: list[str] = field(default_factory=list)  # told twice, or still told when it was over
    exact: bool = True
    dropped: Counter[str] = field(default_factory=Counter)
    orders: int = 0
    us: int = 0
    virtual_hours: float = 0.0
    cpu_s: float = 0.0
    failure: str | None = None


class Judging(Run):
    """A run whose differences are looked for in the books, as people would find them there."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self.injected: list[Injected] = []
        self.done = Drilled(self.seed)
        self._since = START
        self._claims: dict[str, Injected] = {}  # by channel

    def ask(self, stand: Stand) -> datetime:
        """Somebody wants a run, also through what is on sale. Returns when."""
        self.database.run(channels.ask_to_reconcile, stand.channel_id, whole=True)
        self._due[stand.channel_id] = chance.now()
        return chance.now()

    def is_free(self, stand: Stand) -> bool:
        """Nobody waits for a certain moment of its runs, which another one would spoil."""
        return stand.channel_id not in self._claims

    # What scripts wait for

    def lane(self, stand: Stand) -> dict[str, Any]:
        return self.database.look(channels.lane, stand.channel_id)

    def can(self, stand: Stand) -> Capabilities:
        return Capabilities.from_json(self.database.look(channels.get, stand.channel_id)["capabilities"])

    def knows(self, stand: Stand, order: str) -> bool:
        return bool(self.database.look(_order, stand.channel_id, order))

    def knows_cancelled(self, stand: Stand, order: str) -> bool:
        return self.database.look(_order, stand.channel_id, order) == "cancelled"

    def is_behind(self, stand: Stand, moment: datetime, overlap_s: float) -> bool:
        """No poll asks for what changed then any more."""
        mark = self.lane(stand)["watermark"]
        return mark is not None and mark - timedelta(seconds=overlap_s) > moment

    def reads_counters_next(self, stand: Stand) -> bool:
        run = self.lane(stand)["reconciling"]
        return run is not None and run["stage"] == "counters" and run["counters_after"] is None

    def counter(self, stand: Stand, external_id: str) -> counters.Counter:
        return next(each for each in self.world.counters(stand.channel_id) if each.external_id == external_id)

    def changes(self, stand: Stand, external_id: str) -> str | None:
        """How a change of ours that is open stands."""
        flight = self.counter(stand, external_id).flight
        return str(flight.state) if flight is not None and flight.mode != "rebase" else None

    def rests(self, stand: Stand, external_id: str) -> bool:
        """Nothing is done about it, nothing is to be done, and both say the same."""
        row, flight = self.database.look(_counter, stand.channel_id, external_id), self.counter(stand, external_id).flight
        return flight is None and row["due_at"] is None and row["rebase_at"] is None and row["shown"] == stand.shop.counters[external_id]

    def changes_visibly(self, stand: Stand, external_id: str) -> bool:
        """A change of ours is open, and there already."""
        return self.changes(stand, external_id) is not None and stand.shop.counters[external_id] != self.counter(stand, external_id).shown

    def is_unknown(self, stand: Stand, external_id: str) -> bool:
        return self.changes(stand, external_id) == "unknown" and self.changes_visibly(stand, external_id)

    def written(self, stand: Stand, external_id: str) -> int:
        """What the change that is open sets."""
        flight = self.counter(stand, external_id).flight
        assert flight is not None
        return int(flight.value)

    def made_at(self, stand: Stand, external_id: str) -> datetime:
        """When the change that is open was begun."""
        flight = self.counter(stand, external_id).flight
        assert flight is not None
        at: datetime = self.database.look(writes.get, flight.write_id)["created_at"]
        return at

    def attempts(self, stand: Stand, external_id: str) -> int:
        return int(self.counter(stand, external_id).attempts)

    # Judging

    def begins(self, each: Injected, at: datetime | None = None) -> None:
        each.at = at or chance.now()

    def drop(self, each: Injected) -> None:
        """It couldn't be done here: there was nothing to buy, or no change to be had."""
        each.dropped = True
        self.done.dropped[each.kind] += 1

    def seen_early(self, each: Injected) -> str | None:
        """What it is called while the lag hasn't passed yet."""
        can = self.can(each.stand)
        early = each.at is not None and chance.now() < each.at + timedelta(seconds=can.feed_lag_s)
        return next((row["cause"] for row in self.rows(each)), None) if early else None

    def judged(self, each: Injected, *, lag: bool = True, ask: bool = True) -> Script:
        """The next run after the declared lag is over: was it found, and what is it called?"""
        stand, can = each.stand, self.can(each.stand)
        if lag:
            yield can.feed_lag_s + can.read_lag_s
        if ask:
            yield from self.until(lambda: self.is_free(stand), 3_600.0)
        asked = self.ask(stand) if ask else self._began(stand)
        yield from self.until(lambda: self._has_run(stand, asked), 3_600.0, each, "no run came")
        # What was read may have been from before; then the number is read once more, and settled.
        yield from self.until(lambda: self._is_found(each), 300.0 + 2 * (can.feed_lag_s + can.read_lag_s))
        if not self._is_found(each):
            if self._is_overtaken(each):
                self.drop(each)  # our own change took its place before anybody read it: there is nothing left to find
            else:
                each.trouble.append("missed")
            return
        if self._is_overtaken(each):
            self.drop(each)  # what was seen is our own change, and nothing else was there any more
            return
        each.found = True
        yield from self.until(lambda: self._is_named(each), NAMED_WITHIN_S, each, "it stays undetermined")
        each.named = self._name(each)

    def closed(self, each: Injected) -> Script:
        """It was put right, or is by itself: then nobody is told of it any more."""
        yield from self.until(lambda: not self._still_open(each), CLOSED_WITHIN_S, each, "it stays open")
        if self._still_open(each):
            each.trouble[-1] += f": {self._still_open(each)}"
        # One of `excess` says besides what brought it about: trade may do that, too, a minute later.
        times = Counter((row["cause"], row["subject"], row["facts"].get("cause", "")) for row in self._exceptions(each))
        each.trouble += [f"told {count} times: {cause} {why}".rstrip() for (cause, _, why), count in sorted(times.items()) if count > 1]

    def until(self, condition: Callable[[], bool], seconds: float, each: Injected | None = None, else_: str = "") -> Script:
        """Looks now and then, for so long at the most; `else_` is what is said of it then."""
        over = chance.now() + timedelta(seconds=seconds)
        while not condition():
            if chance.now() >= over:
                if each is not None:
                    each.trouble.append(else_)
                return
            yield 20.0

    def soon(self, condition: Callable[[], bool]) -> Callable[[], bool]:
        """The moment when it comes true, or half an hour from now."""
        over = chance.now() + timedelta(minutes=30)
        return lambda: condition() or chance.now() >= over

    def _began(self, stand: Stand) -> datetime:
        """When the run began that is under way, or was last."""
        lane = self.lane(stand)
        return datetime.fromisoformat((lane["reconciling"] or lane["reconciled"])["began_at"])

    def _has_run(self, stand: Stand, asked: datetime) -> bool:
        lane = self.lane(stand)
        began = (lane["reconciled"] or {}).get("began_at")
        return began is not None and datetime.fromisoformat(began) >= asked and lane["listed_at"] is not None and lane["listed_at"] >= asked

    def rows(self, each: Injected) -> list[dict[str, Any]]:
        return self.database.look(_differences, each.stand.channel_id, each.at or START, each.subjects)

    def _is_found(self, each: Injected) -> bool:
        subjects = {row["subject"] for row in self.rows(each)}
        wanted = {subject for _, subject in each.subjects}
        return wanted <= subjects if each.kind == "second_writer" else bool(wanted & subjects)

    def _is_overtaken(self, each: Injected) -> bool:
        """Whether a change of ours has set a number anew that somebody else had set, before anybody read that: what is seen then, if
        anything, is our change."""
        if each.at is None or each.kind not in BY_OTHERS:
            return False
        rows = self.rows(each)
        unread = {name for _, name in each.subjects} - {row["subject"] for row in rows if row["cause"] not in OURS}
        seen_at = {row["subject"]: row["opened_at"] for row in reversed(rows)}
        theirs = Kind.RESTOCK if each.kind == "channel_restock" else Kind.HAND
        last: dict[str, Kind] = {}
        for entry in each.stand.shop.log:
            if each.at <= entry.at <= seen_at.get(entry.counter, entry.at) and entry.kind in (theirs, Kind.GRANTED):
                last[entry.counter] = entry.kind
        return bool(unread) and all(last.get(name) is Kind.GRANTED for name in unread)

    def _is_named(self, each: Injected) -> bool:
        return all(row["cause"] != UNSEEN for row in self.rows(each))

    def _name(self, each: Injected) -> str:
        """What it is called, at last: trade may make differences of the same things besides. Where one of several is called something
        else, that."""
        names: dict[str, set[str]] = {}
        for row in self.rows(each):
            names.setdefault(row["subject"], set()).add(row["cause"])
        if each.kind == "second_writer" and any("second_writer" in those for those in names.values()):
            for those in names.values():  # the first of them are a person's, for all that anybody can tell
                those.update({each.kind} if "hand_edit" in those else ())
        others = [those for those in names.values() if each.kind not in those]
        if each.kind in OF_LISTINGS and len(others) < len(names):
            others = [those for those in others if those - {"in_flight"}]  # a change of what came in its place
        return min(others[0] - {"in_flight"} or others[0]) if others else each.kind

    def _still_open(self, each: Injected) -> list[str]:
        found = [f"difference {row['cause']} {row['outcome']}" for row in self.rows(each) if row["closed_at"] is None]
        return found + [f"exception {row['cause']}" for row in self._exceptions(each) if row["closed_at"] is None]

    def _exceptions(self, each: Injected) -> list[dict[str, Any]]:
        return self.database.look(_told, each.stand.channel_id, each.at or START, each.subjects)

    # The end

    def _unexplained(self) -> Iterator[tuple[str, str]]:
        for row in self.database.look(exceptions.page, None, 200, open=True):
            if row["cause"] != "shop_setup":
                yield "", f"an exception stays open: {row['cause']}: {row['title']}"
        for row in self.database.look(differences.page, None, 200, open=True):
            yield "", f"a difference stays open: {row['cause']}: {row['title']}"

    def settle(self) -> Drilled:
        """What came of it all."""
        done = self.done
        for each in self.injected:
            if each.dropped:
                continue
            where = f"seed {self.seed}, {each.kind} at {each.stand.kind}"
            done.judged.append((each.kind, each.named if each.found else None, each.stand.kind))
            if each.before is not None:
                done.before.append(each.before)
            if each.named != each.kind:
                facts = [f"{row['cause']} of {row['expected']} seen {row['seen']}" for row in self.rows(each)]
                done.misnamed.append(f"{where}: called {each.named}: {facts}")
            done.harm += [f"{where}: {what}" for what in each.trouble]
        mine = {id for each in self.injected if each.at is not None for id in (row["id"] for row in self.rows(each))}
        for row in self.database.look(differences.page, None, 100_000):
            if row["id"] not in mine and row["opened_at"] >= self._since:
                done.strangers[row["cause"]] += 1
                if row["cause"] not in HEALS | {UNSEEN}:
                    done.harm.append(f"seed {self.seed}: nobody did it: {row['cause']}: {row['title']} {row['expected']} {row['seen']}")
        done.orders, done.us, done.exact = self.orders, self.score.us, self.exact
        done.virtual_hours = (chance.now() - START).total_seconds() / 3600
        return done


def _order(session: Session, channel_id: str, external_id: str) -> str | None:
    o = orders.orders.c
    status: str | None = session.scalar(select(o.status).where(o.channel_id == channel_id, o.external_id == external_id))
    return status


def _counter(session: Session, channel_id: str, external_id: str) -> dict[str, Any]:
    (row,) = session.find(counters.counters, channel_id=channel_id, external_id=external_id)
    return row


def _differences(session: Session, channel_id: str, since: datetime, subjects: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    d = differences.differences.c
    query = select(differences.differences).where(d.channel_id == channel_id, d.opened_at >= since).order_by(d.id)
    return [dict(row) for row in session.execute(query).mappings() if (row["kind"], row["subject"]) in subjects]


def _told(session: Session, channel_id: str, since: datetime, subjects: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Exceptions since then about these things, or about the whole shop because of them."""
    ours = {channel_id, *(external_id for _, external_id in subjects), *(f"{channel_id}:{external_id}" for _, external_id in subjects)}
    names = [external_id for _, external_id in subjects]
    for table in (counters.counters, listings.listings):
        query = select(table.c.id).where(table.c.channel_id == channel_id, table.c.external_id.in_(names))
        ours.update(session.execute(query).scalars())
    ours.update(row["id"] for row in _differences(session, channel_id, since, subjects))
    e = exceptions.exceptions.c
    found = session.execute(select(exceptions.exceptions).where(e.opened_at >= since, e.subject.in_(sorted(ours)))).mappings()
    return [dict(row) for row in found if row["subject"] != channel_id or row["cause"] in ("second_writer", "overselling_on")]
