"""The fenced write: how a channel's number changes so that no unit is sold twice.

Each function is one transaction of the protocol, named after what has just happened; `sync.push` calls them around its requests. What
leaves here leaves by the arithmetic of `Counter.on_offer`: the units behind a raise are moved before its request may leave, and the
units behind a lower are released only when the channel can't sell them any more.

A write is open from `raise_or_lower` (or `rebase`) until it is closed, and at most one per write unit:

    intent ──answer──▶ closed, or reading ──read──▶ settling ──settled──▶ closed
       └─ no answer ─▶ unknown ─┬─ keyed: the same body with the same key, again ──▶ answer
                                └─ otherwise, when no request can take effect any more ──▶ reading

Only `settled` assigns `shown`; everything else changes it by differences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app import chance
from app.database import Session
from app.domain import channels, counters, events, exceptions, naming, recovery, stock, writes
from app.domain import entries as journal
from app.domain.capabilities import Capabilities, CountsDown, WriteMode
from app.domain.causes import Cause
from app.domain.counters import Counter

# A raise without cover goes by way of zero, which is dark until it has settled: only where so many times as much is wanted as is shown.
WORTH_DARKNESS = 4
# What was read while orders came in may be taken for too high: it is read again after this time, when it is quieter.
READ_AGAIN_S = 60.0
# What is parked is tried again: after this time at first, then less and less often.
PARKED, PARKED_MOST = timedelta(minutes=15), timedelta(days=1)


class LeaseLost(Exception):
    """Another worker has this lane now: whatever we were about to do for it isn't ours to do."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Who writes: a channel's lane, with the number that fences off whoever held it before, and what the channel can do."""

    channel_id: str
    fence: int
    epoch: int
    can: Capabilities

    @property
    def cause(self) -> Cause:
        return Cause(f"channel:{self.channel_id}")


@dataclass(frozen=True, slots=True)
class Want:
    """What a counter shall offer. Guard: units that lie beside an absolute write that has no cover."""

    on_offer: int
    guard: int = 0


# What is asked of a lane while it is held. Nearly every transaction of a lane begins with that, so the rest of the row isn't read.
_HELD = (
    *("channel_id", "holder", "fence", "lease_until", "write_ms", "watermark", "settled_at"),
    *("polled_at", "poll_due_at", "reconcile_due_at", "reconciling", "reconciled"),
)


def hold(session: Session, pen: Pen, *, for_s: float = 0.0) -> dict[str, Any]:
    """How the lane stands, ours for this transaction; and the lease is ours for so many seconds yet. Raises: LeaseLost."""
    held: dict[str, dict[str, Any]] = session.info.setdefault("lanes held", {})
    if pen.channel_id not in held:
        (held[pen.channel_id],) = session.find(channels.lanes, columns=_HELD, channel_id=pen.channel_id, lock=True)
    row = held[pen.channel_id]
    if row["fence"] != pen.fence:
        raise LeaseLost(f"lane {pen.channel_id} belongs to {row['holder']} now")
    if for_s and (row["lease_until"] is None or row["lease_until"] < chance.now() + timedelta(seconds=for_s)):
        raise LeaseLost(f"the lease of lane {pen.channel_id} ends before a request would")
    return row


# tx 1: the intent


def raise_or_lower(
    session: Session,
    pen: Pen,
    unit: str,
    wants: Mapping[str, Want],
    compose: Callable[[Sequence[dict[str, Any]], str], Any],
    *,
    for_s: float,
) -> dict[str, Any] | None:
    """Store a change of one write unit, with the units behind it, before anything is sent.

    `wants` by counter id; counters of the unit without one stay as they are. `compose` makes the request's body out of the entries
    and the key. As much is raised as there are units for. `for_s`: how long a request may take; the lease must last as long.

    Returns: the write, or None where there is nothing to do, or nothing that could be done now. Raises: LeaseLost.
    """
    hold(session, pen, for_s=for_s)
    if writes.open_of_unit(session, pen.channel_id, unit) is not None:
        return None
    everybody = counters.of_unit(session, pen.channel_id, unit)
    mine = [each for each in everybody if each.channel_id == pen.channel_id and each.unit == unit and each.state == "active"]
    if not mine or not any(each.id in wants for each in mine):
        return None
    if not all(each.known and (each.shown >= 0 or each.shown == each.reading) for each in mine):
        return _start_rebase(session, pen, unit, mine)
    rivals = [each for each in everybody if each not in mine]
    if pen.can.write_mode is WriteMode.ABSOLUTE:
        entries = _absolute(session, pen, mine, wants, rivals)
    else:
        entries = _relative(session, pen, mine, wants)
    if entries is None:
        for each in mine:
            counters.release(session, each, cause=pen.cause)
        return None
    # A copy of this ledger has another epoch, so never our keys.
    key = f"{pen.epoch}-{chance.new_id()}"
    named = [entry | {"external_id": each.external_id} for entry in entries for each in mine if each.id == entry["counter_id"]]
    if all(each.due_at is None for each in rivals) and len({place for each in everybody for place in each.location_ids}) == 1:
        # What is set aside for it is what the plan foresaw. Where others wait for units, too, or these may have come from a place other
        # than it thought, it is looked at once more.
        stock.touched(session).difference_update(each.sku_id for each in mine)
    for each in mine:
        if each.exposed:  # what it will offer beyond what it was given has a name from now on
            counters.changed(session, each)
    opened = _open(session, pen, unit, str(pen.can.write_mode), entries, key, compose(named, key))
    return opened | {"names": {entry["counter_id"]: entry["external_id"] for entry in named}}


def _relative(session: Session, pen: Pen, mine: Sequence[Counter], wants: Mapping[str, Want]) -> list[dict[str, Any]] | None:
    """Compare-and-set and delta: by k from what is shown. A raise takes its units along; a lower frees none yet."""
    (counter,) = mine
    resting = counter.shown + counter.below - counter.held
    change = max(wants[counter.id].on_offer - resting, -counter.shown)
    if counter.overheld:
        change = min(change, 0)
    if change > 0:
        lacking = (resting + change - counter.exposed) * counter.per - counter.allotment
        parts = _whole(counters.free_for(session, counter, lacking), lacking, counter.per, counter.allotment)
        change = min(change, counter.exposed - resting + (counter.allotment + sum(units for _, units in parts)) // counter.per)
        if change <= 0:
            return None
        counters.give(session, counter, parts, "allotted", cause=pen.cause)
    if not change:
        return None
    return [_entry(counter, change, counter.shown, counter.shown + change)]


def _whole(parts: list[tuple[str, int]], wanted: int, per: int, given: int) -> list[tuple[str, int]]:
    """As much of what was found as makes whole counter units together with what was given already."""
    left = (given + min(wanted, sum(units for _, units in parts))) // per * per - given
    kept = []
    for place, units in parts:
        if taken := min(units, left):
            kept.append((place, taken))
            left -= taken
    return kept


def _absolute(
    session: Session, pen: Pen, mine: Sequence[Counter], wants: Mapping[str, Want], rivals: Sequence[Counter]
) -> list[dict[str, Any]] | None:
    """Absolute: covered by v + what is shown while it is in flight; else by way of zero; else with an accepted risk, one at a time for
    each SKU."""
    risky = {each.sku_id for each in rivals if each.flight is not None and each.flight.guard is not None}
    entries = []
    for counter in mine:
        if counter.held > max(0, counter.shown):
            return None  # what is held beyond what is shown: the truth about it comes first
        want = wants.get(counter.id)
        value = counter.shown if want is None else want.on_offer + counter.held
        if len(mine) == 1 and value == counter.shown and not counter.below:
            return None
        plan = _covered(session, pen, counter, value, want.guard if want else 0)
        if plan is None:
            return None
        value, guard, parts = plan
        if guard is not None and counter.sku_id in risky:
            return None
        counters.give(session, counter, parts, "allotted", cause=pen.cause)
        entries.append(_entry(counter, value - counter.shown, counter.shown, value, guard))
    return entries if any(entry["change"] for entry in entries) else None


def _covered(session: Session, pen: Pen, counter: Counter, value: int, guard: int) -> tuple[int, int | None, list[tuple[str, int]]] | None:
    """How `value` can be written: the value, the guard (None: covered), and the units to set aside first."""
    at_risk = max(0, counter.shown - counter.held)
    lacking = (value + at_risk - counter.exposed) * counter.per - counter.allotment
    parts = counters.free_for(session, counter, lacking)
    found = sum(units for _, units in parts)
    if found >= lacking:
        return value, None, parts
    # As much as there is cover for: from zero that is all there is.
    covered = (counter.allotment + found) // counter.per + counter.exposed - at_risk
    if value > counter.shown and covered > counter.shown:
        return covered, None, _whole(parts, found, counter.per, counter.allotment)
    if not at_risk or (pen.can.drains and counter.shown < value < WORTH_DARKNESS * at_risk):
        return None  # what it shows will do until it is sold, or until there is cover
    if value == 0 or pen.can.drains:
        return 0, None, []  # zero is always permitted; what is wanted follows from there
    lacking = (max(at_risk, value + guard) - counter.exposed) * counter.per - counter.allotment
    parts = counters.free_for(session, counter, lacking)
    found = sum(units for _, units in parts)
    if found < lacking:
        wanted, value = value, min(value, (counter.allotment + found) // counter.per + counter.exposed - guard)
        if value < 0 and wanted < counter.shown:
            return 0, None, []  # it has to be lowered, and there is nothing to keep beside it
        if value < 0 or value == counter.shown:
            return None
    return value, guard, parts


def _entry(counter: Counter, change: int, expected: int, value: int, guard: int | None = None) -> dict[str, Any]:
    return {
        "counter_id": counter.id,
        "change": change,
        "expected": expected,
        "value": value,
        "guard": guard,
        "put_back_since": 0,
        "learned_since": 0,
        "reading": None,
    }


def _open(
    session: Session, pen: Pen, unit: str, mode: str, entries: Sequence[dict[str, Any]], key: str, body: Any, state: str = "intent"
) -> dict[str, Any]:
    now = chance.now()
    row = {
        "id": chance.new_id(),
        "channel_id": pen.channel_id,
        "unit": unit,
        "mode": mode,
        "state": state,
        "key": key,
        "epoch": pen.epoch,
        "fence": pen.fence,
        "body": body,
        # An intent counts as sent from here on: nothing is stored between this and the answer.
        "sends": 1 if state == "intent" else 0,
        "repeatable": True,
        # What is read may lag behind what was written and sold: whatever is known by now must be in it.
        "due_at": now + timedelta(seconds=pen.can.read_lag_s) if state != "intent" else None,
        "sent_at": now if state == "intent" else None,
        "created_at": now,
    }
    kept = [entry | {"write_id": row["id"]} for entry in entries]
    writes.add(session, row, kept)
    for entry in entries:
        counters.change(session, entry["counter_id"], due_at=None)
    (opened,) = session.find(writes.writes, id=row["id"])  # its body as it is kept: each repetition sends the same
    return opened | {"entries": sorted(kept, key=lambda entry: str(entry["counter_id"]))}


# A new holder


def adopted(session: Session, pen: Pen, *, since: datetime) -> int:
    """This lane has a new holder: whatever its predecessor had stored may have been sent, and no answer will come.

    `since`: the latest moment at which a request of theirs may have left. Returns how many writes became unknown.
    """
    hold(session, pen)
    found = 0
    for opened in writes.open_of_channel(session, pen.channel_id):
        if opened["fence"] == pen.fence:
            continue
        row = writes.get(session, opened["id"])
        changes: dict[str, Any] = {"fence": pen.fence}
        if row["state"] == "intent" or _is_out(row):
            found += 1
            changes |= _unknown(pen, row, since, "the worker that sent it is gone")
        writes.change(session, row["id"], **changes)
    return found


def interrupted(session: Session, pen: Pen, write_id: str) -> None:
    """A request of ours looks as if it were out, and whoever sent it isn't waiting for it any more: it may have been sent until now."""
    hold(session, pen)
    row = writes.get(session, write_id)
    if _is_out(row):
        writes.change(session, write_id, **_unknown(pen, row, chance.now(), "its answer was never recorded"))


def _is_out(row: Mapping[str, Any]) -> bool:
    """A request that was about to leave: for the first time, or once more."""
    return row["state"] in ("intent", "unknown") and row["due_at"] is None


def _unknown(pen: Pen, row: Mapping[str, Any], since: datetime, detail: str) -> dict[str, Any]:
    """What becomes of a write whose outcome nobody can say."""
    resend = _may_be_repeated(pen, row, since)
    due = chance.now() if resend else since + timedelta(seconds=pen.can.late_write_s)
    return {"state": "unknown", "unknown_since": since, "due_at": due, "outcome": "unknown", "detail": detail[:500]}


def _may_be_repeated(pen: Pen, row: Mapping[str, Any], now: datetime) -> bool:
    """The same request may leave again: its key makes it one, for half as long as the platform remembers; or it says zero."""
    if not row["repeatable"]:
        return False
    if pen.can.keyed:
        return bool(now < row["created_at"] + timedelta(seconds=pen.can.key_life_s / 2))
    # Where orders are counted down later than placed a number can stand below zero, and there a late zero is a raise.
    return _is_zero(row) and pen.can.counts_down_at is CountsDown.PLACED


def _is_zero(row: Mapping[str, Any]) -> bool:
    return bool(row["mode"] == WriteMode.ABSOLUTE and all(entry["value"] == 0 for entry in row["entries"]))


# tx 2: the answer


def done(session: Session, pen: Pen, write_id: str, quantities: Mapping[str, int]) -> None:
    """It took effect. `quantities` by counter id, where the answer says them (a delta's reply: the counter at or after the landing)."""
    hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is not None:
        return
    mine = _of(session, pen, row)
    if row["mode"] == WriteMode.ABSOLUTE:
        _landed(session, pen, row, mine)
        return
    if not mine:
        _close(session, pen, row, mine, "done")
        return
    entry = row["entries"][0]
    counter = mine[entry["counter_id"]]
    change, lowered = entry["change"], max(0, -entry["change"])
    quantity = quantities.get(counter.id)
    below, settle = counter.below, False
    if row["mode"] == WriteMode.DELTA:
        below = max(0, -quantity) if quantity is not None else lowered or counter.below
        settle = bool(lowered) if quantity is None else quantity < 0 and not pen.can.keyed
    if lowered and pen.can.counts_down_at is not CountsDown.PLACED:
        # A counter that is above zero says nothing about orders that it hasn't counted yet and we haven't seen.
        below, settle = max(below, lowered), True
    # By the difference, never `= value`: orders may have been recorded meanwhile.
    figures = {"shown": counter.shown + change, "below": below}
    journal.change(session, counter, "write", write_id, cause=pen.cause, **figures, stale_at=None, attempts=0)
    if settle:
        writes.change(session, write_id, state="settling", settle_after=chance.now(), due_at=None, outcome="done")
    else:
        _close(session, pen, row, mine, "done")


def _landed(session: Session, pen: Pen, row: Mapping[str, Any], mine: Mapping[str, Counter]) -> None:
    """An absolute write was answered: what it left behind is known only when the counter was read and settled."""
    now = chance.now()
    if all(entry["value"] == 0 for entry in row["entries"]) and not pen.can.deferred:
        # Our own zero is the reading; what was put back on it since the intent comes on top.
        for entry in row["entries"]:
            writes.change_entry(session, row["id"], entry["counter_id"], reading=0)
        writes.change(session, row["id"], state="settling", settle_after=now, due_at=None, outcome="done")
        return
    _to_reading(session, pen, row, "done")


def accepted(session: Session, pen: Pen, write_id: str, ticket: str | None) -> None:
    """The channel will process it later; its report is the answer."""
    hold(session, pen)
    now = chance.now()
    writes.change(
        session,
        write_id,
        state="accepted",
        ticket=ticket,
        unknown_since=now,
        due_at=now + timedelta(seconds=30),
        outcome="accepted",
    )


def refused(session: Session, pen: Pen, write_id: str, code: str, detail: str, *, retry_at: datetime) -> None:
    """The channel says no. On the first send that is definite: nothing happened. On a repeat it says nothing about the first."""
    hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is not None:
        return
    if row["sends"] > 1 or row["unknown_since"] is not None:
        _wait_out(session, pen, row, detail)
        return
    mine = _of(session, pen, row)
    for counter in mine.values():
        attempts = counter.attempts + 1
        patience = chance.now() + timedelta(seconds=min(PARKED.total_seconds(), 2.0 ** min(attempts, 10)))
        counters.change(session, counter, attempts=attempts, due_at=max(retry_at, patience))
        if code in ("invalid", "gone"):
            _park(session, pen, counter, code, detail)
        wanted = next(entry["value"] for entry in row["entries"] if entry["counter_id"] == counter.id)
        naming.refused(session, counter, wanted, detail, cause=pen.cause)
    _close(session, pen, row, mine, "refused", detail)


def stale(session: Session, pen: Pen, write_id: str, detail: str, *, failed_before: bool = False) -> None:
    """Compare-and-set: the counter wasn't what we expected. A sale, a restock or a hand edit that we haven't seen."""
    lane = hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is not None:
        return
    repeated = row["sends"] > 1 or row["unknown_since"] is not None
    if repeated and not (pen.can.remembers_failures or failed_before):
        _wait_out(session, pen, row, detail)
        return
    mine = _of(session, pen, row)
    for counter in mine.values():
        again = counter.stale_at == counter.shown
        counters.change(session, counter, stale_at=counter.shown, attempts=counter.attempts + 1)
        if again:  # nothing that we learned since explains it
            counters.change(session, counter, rebase_at=chance.now())
        else:
            counters.change(session, counter, due_at=chance.now() + timedelta(seconds=1))
    if lane["poll_due_at"] is None or lane["poll_due_at"] > chance.now():
        channels.change_lane(session, pen.channel_id, poll_due_at=chance.now())
    _close(session, pen, row, mine, "stale", detail)


def unanswered(session: Session, pen: Pen, write_id: str, detail: str, *, retry_at: datetime) -> None:
    """Nobody can say whether it took effect."""
    hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is not None:
        return
    now = chance.now()
    changes = _unknown(pen, row, now, detail)
    if _may_be_repeated(pen, row, now):
        changes["due_at"] = retry_at
    writes.change(session, write_id, **changes)


def not_sent(session: Session, pen: Pen, write_id: str, *, retry_at: datetime) -> None:
    """The platform says that it didn't look at the request (throttled, or it never left): as if it had not been sent."""
    hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is None:
        writes.change(session, write_id, sends=max(0, row["sends"] - 1), due_at=retry_at, outcome="limited")


def again(session: Session, pen: Pen, write_id: str, *, for_s: float) -> dict[str, Any] | None:
    """A stored write's time has come: the write, to be sent as it stands; or None, because it has to wait, or because no request of
    ours can take effect any more, and from here on the counter is read instead. Raises: LeaseLost."""
    hold(session, pen, for_s=for_s)
    row = writes.get(session, write_id)
    if row["state"] not in ("intent", "unknown"):
        return None
    if row["state"] == "intent" or _may_be_repeated(pen, row, chance.now()):
        writes.change(session, write_id, sends=row["sends"] + 1, sent_at=chance.now(), due_at=None)
        return row | {"sends": row["sends"] + 1}
    over = row["unknown_since"] + timedelta(seconds=pen.can.late_write_s)
    if chance.now() < over:
        writes.change(session, write_id, due_at=over)
    else:
        _to_reading(session, pen, row, "unknown")
    return None


def _wait_out(session: Session, pen: Pen, row: Mapping[str, Any], detail: str) -> None:
    since = chance.now()
    changes = _unknown(pen, {**row, "repeatable": False}, since, detail)
    writes.change(session, row["id"], **changes, repeatable=False)


# Rebase: read, settle, assign


def rebase(session: Session, pen: Pen, unit: str) -> dict[str, Any] | None:
    """Begin to read a write unit anew; None where a write is open on it. Raises: LeaseLost."""
    hold(session, pen)
    if writes.open_of_unit(session, pen.channel_id, unit) is not None:
        return None
    everybody = counters.of_unit(session, pen.channel_id, unit)
    return _start_rebase(session, pen, unit, [each for each in everybody if each.channel_id == pen.channel_id and each.unit == unit])


def _start_rebase(session: Session, pen: Pen, unit: str, mine: Sequence[Counter]) -> dict[str, Any] | None:
    if not mine:
        return None
    for counter in mine:
        counters.change(session, counter, rebase_at=None)
    entries = [_entry(counter, 0, counter.shown, counter.shown) for counter in mine]
    return _open(session, pen, unit, "rebase", entries, chance.new_id(), None, state="reading")


def _to_reading(session: Session, pen: Pen, row: Mapping[str, Any], outcome: str) -> None:
    """Step 1 of a rebase: from here on what is put back is counted, so that the result is never too low. What was learned while a write
    was under way, of which the answer is known, may explain what is read."""
    afresh = {"put_back_since": 0} | ({"learned_since": 0} if outcome != "done" else {})
    for entry in row["entries"]:
        if entry["guard"] is None:
            writes.change_entry(session, row["id"], entry["counter_id"], **afresh)
    due = chance.now() + timedelta(seconds=pen.can.read_lag_s)
    writes.change(session, row["id"], state="reading", due_at=due, outcome=outcome)


def read(session: Session, pen: Pen, write_id: str, readings: Mapping[str, int | None], *, answered_at: datetime) -> None:
    """Step 2: what the counters show, by counter id. From here on it waits until orders counted before `answered_at` are recorded."""
    hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is not None or row["state"] != "reading":
        return
    mine = _of(session, pen, row)
    found = 0
    for entry in row["entries"]:
        counter = mine[entry["counter_id"]]
        reading = readings.get(counter.id)
        if reading is None:
            difference = naming.gone(session, counter, cause=pen.cause)
            if difference["opened_at"] > answered_at - naming.GONE_AFTER:
                told = difference["cause"] != "relisted"
                _park(session, pen, counter, "gone", "The channel has no number for it any more.", told=told)
                continue
            reading = 0  # it wasn't there before either: nothing can be sold of it once the orders from before that are known
            counters.change(session, counter, state="gone")
        found += 1
        writes.change_entry(session, write_id, counter.id, reading=reading)
        counters.change(session, counter, reading=reading, read_at=answered_at)
    if found:
        writes.change(session, write_id, state="settling", settle_after=answered_at, due_at=None)
    else:
        _close(session, pen, row, mine, "gone")


# tx 3: settled


def settled(session: Session, pen: Pen, write_id: str) -> bool:
    """Every order that was counted before the reading is recorded: assign what is shown, and close. False: not yet."""
    lane = hold(session, pen)
    row = writes.get(session, write_id)
    if row["closed_at"] is not None or row["state"] != "settling":
        return False
    if lane["settled_at"] is None or lane["settled_at"] < row["settle_after"]:
        return False
    mine = _of(session, pen, row)
    for entry in row["entries"]:
        counter = mine[entry["counter_id"]]
        if entry["reading"] is None:  # a delta's settle: nothing was read, only waited for; or it wasn't there to be read
            if counter.state != "gone":
                journal.change(session, counter, "settled", write_id, cause=pen.cause, below=0)
            continue
        shown = entry["reading"] + entry["put_back_since"]
        if counter.state == "gone":
            over = {"below": 0, "exposed": 0, "target": None, "due_at": None}
            journal.change(session, counter, "reading", write_id, cause=pen.cause, shown=shown, **over)
            naming.buried(session, counter, cause=pen.cause)
            continue
        recovering_since = recovery.noted(session, counter, shown, read_at=row["settle_after"])
        if row["mode"] == "rebase":
            recovers = recovering_since is not None
            naming.read_and_settled(session, pen.can, counter, shown, entry, recovers=recovers, cause=pen.cause)
        changes: dict[str, Any] = {"shown": shown, "below": 0, "known": True, "stale_at": None}
        if counter.state == "parked":  # what it shows can be read: then it is tried again to write it, too
            changes |= {"state": "active", "why": None}
            counters.changed(session, counter)
        else:
            changes["attempts"] = 0
        if entry["learned_since"]:  # it may be too high by what we learned meanwhile: again, when it is quieter
            changes["rebase_at"] = chance.now() + timedelta(seconds=max(READ_AGAIN_S, pen.can.poll_every_s))
        if recovering_since is not None:
            quiet_at = recovering_since + timedelta(seconds=pen.can.late_write_s)
            if row["settle_after"] < quiet_at:  # a request of the ledger that was lost may land yet
                changes["rebase_at"] = quiet_at
        journal.change(session, counter, "reading", write_id, cause=pen.cause, **changes)
    _close(session, pen, row, mine, row["outcome"] or "read")
    return True


def _close(session: Session, pen: Pen, row: Mapping[str, Any], mine: Mapping[str, Counter], outcome: str, detail: str = "") -> None:
    now = chance.now()
    writes.change(session, row["id"], state="closed", closed_at=now, due_at=None, outcome=outcome, detail=detail[:500] or row["detail"])
    for counter in mine.values():
        counter.flight = None
        naming.closed(session, pen.can, row, counter, outcome, cause=pen.cause)
        if counter.channel_status in ("live", "leaving") or (row["mode"] != "rebase" and counter.channel_status != "recovering"):
            counters.release(session, counter, cause=pen.cause)
    for counter in mine.values():
        counters.done_with(session, counter, row["others"] + list(mine.values()), as_planned=outcome == "done")
    data = {
        "channel_id": pen.channel_id,
        "mode": row["mode"],
        "outcome": outcome,
        "counters": [
            {
                "counter_id": entry["counter_id"],
                "change": entry["change"],
                "value": entry["value"],
                "shown": mine[entry["counter_id"]].shown,
            }
            for entry in row["entries"]
        ],
    }
    events.append(session, "counter.written" if row["mode"] != "rebase" else "counter.read", row["id"], data, cause=pen.cause)


def poisoned(session: Session, pen: Pen, unit: str, detail: str) -> None:
    """Something of a write unit can't be worked with, and nobody foresaw it: park it, so that it holds nothing else up. An open write
    stays open, with what covers it, and is looked at again when the unit is."""
    hold(session, pen)
    row = writes.open_of_unit(session, pen.channel_id, unit)
    mine = [each for each in counters.of_unit(session, pen.channel_id, unit) if each.channel_id == pen.channel_id and each.unit == unit]
    for counter in mine:
        counters.change(session, counter, attempts=counter.attempts + 1)
        _park(session, pen, counter, "poisoned", f"Tallystick stumbled over it: {detail}")
        naming.refused(session, counter, counter.target, detail, cause=pen.cause)
    if row is not None:
        tries = max((counter.attempts for counter in mine), default=1)
        writes.change(session, row["id"], due_at=chance.now() + _patience(tries), detail=detail[:500])


def _patience(attempts: int) -> timedelta:
    """How long something that failed for good waits until it is tried again."""
    return min(PARKED_MOST, PARKED * (1 << min(max(0, attempts - 1), 10)))


def _park(session: Session, pen: Pen, counter: Counter, code: str, detail: str, *, told: bool = True) -> None:
    again = chance.now() + (naming.GONE_AFTER if code == "gone" else _patience(counter.attempts))
    state = "gone" if code == "gone" else "parked"
    counters.change(session, counter, state=state, why=detail[:500], due_at=None, rebase_at=again)
    if not told:
        return
    exceptions.raise_(
        session,
        "counter_parked",
        counter.id,
        severity="warning",
        title=f"{counter.title!r} can't be written",
        advice=f"The channel says: {detail[:300]} Put it right there; Tallystick tries again by itself, less and less often, or at once: "
        f"POST /v1/channels/{counter.channel_id}/reconcile. Other products aren't held up.",
        facts={"code": code},
        channel_id=counter.channel_id,
        cause=pen.cause,
    )


def _of(session: Session, pen: Pen, row: dict[str, Any]) -> dict[str, Counter]:
    """The counters of a write, held, with their rivals held too, which are its `others`. What stands for no SKU any more since it was
    opened drops out of it."""
    everybody = {each.id: each for each in counters.of_unit(session, pen.channel_id, row["unit"])}
    row["entries"] = [entry for entry in row["entries"] if entry["counter_id"] in everybody]
    mine = {entry["counter_id"]: everybody.pop(entry["counter_id"]) for entry in row["entries"]}
    row["others"] = list(everybody.values())
    return mine
