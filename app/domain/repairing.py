"""Repairs: what `tallystick check` found is brought back into balance by new entries with the reason "repair".

Nothing that was recorded is changed. Three rules say which of two figures stands:

- A level is what units were promised on, so it stands: the entry that is missing to it is added, and moves nothing.
- A promise (to an order, a cart, a counter) is what somebody was told, so it stands: units move between states until the level holds it.
  Units that aren't there can't be promised: that part of the promise becomes short, or is withdrawn, as when a count finds too little.
- An order's line is what the buyer bought, so it stands: the commitments follow it.

Where a shop's number is concerned, the shop knows better than any entry: it is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from app import chance
from app.database import Session
from app.domain import catalogue, checking, commitments, counters, entries, events, orders, repayment, reservations, shipments, stock
from app.domain import locations as places
from app.domain.causes import Cause
from app.domain.checking import Finding
from app.domain.stock import Move

REASON = "repair"
COUNT = "Count the shelf when you can: POST /v1/stock/counts."


class _Rehearsed(Exception):
    """What would be done is known, and nothing of it shall be."""


def skus_of(session: Session, findings: Sequence[Finding]) -> list[str | None]:
    """The SKUs that findings are about, each once; None stands for counters that nobody has said a SKU for."""
    by_table = {"line": orders.order_lines, "counter": counters.counters}
    found: dict[str | None, None] = {}
    for finding in findings:
        table = next((by_table[word] for word in by_table if finding.what.endswith(word)), None)
        found[finding.key[0] if table is None else session.find(table, columns=["sku_id"], id=finding.key[0])[0]["sku_id"]] = None
    return list(found)


def rehearse(session: Session, sku_id: str | None, *, cause: Cause) -> list[str]:
    """What `repair` would do, in words. Nothing of it is done."""
    said: list[str] = []
    try:
        with session.savepoint():
            said += repair(session, sku_id, cause=cause)
            raise _Rehearsed
    except _Rehearsed:
        return said


def repair(session: Session, sku_id: str | None, *, cause: Cause) -> list[str]:
    """Bring the books of one SKU back into balance (None: those of counters without one). Returns what was done, in words, and what
    couldn't be, with what to do about it."""
    if sku_id is not None:
        orders_held = (
            select(orders.orders.c.id).where(orders.orders.c.id.in_(_orders_in_doubt(session, sku_id))).order_by(orders.orders.c.id)
        )
        session.execute(orders_held.with_for_update(key_share=True)).all()
        counters.of_skus(session, [sku_id])  # holds the levels, then the counters
    words = _Words(session)
    said: list[str] = []
    for stage in _STAGES:
        # Each of them stands on what the one before it has mended.
        said += stage(session, words, _findings(session, sku_id), cause)
    repayment.repay(session, cause=cause)
    if said:
        events.append(session, "books.repaired", sku_id, {"said": said}, cause=cause)
    return said + [f"This can't be repaired by an entry: {left}. {_ELSE}" for left in _findings(session, sku_id)]


_ELSE = "Restore a backup from before it went wrong into another directory, compare, and tell us how it came about."


def _findings(session: Session, sku_id: str | None) -> list[Finding]:
    found = checking.check(session, sku_id)
    return found if sku_id is not None else [each for each in found if skus_of(session, [each]) == [None]]


def _orders_in_doubt(session: Session, sku_id: str) -> list[str]:
    lines = [each.key[0] for each in checking.check(session, sku_id) if each.what.endswith("line")]
    return [row["order_id"] for row in session.find(orders.order_lines, columns=["order_id"], among=("id", lines))]


class _Words:
    """Codes and numbers instead of ids, for people."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def sku(self, sku_id: str) -> str:
        return str(self._session.find(catalogue.skus, columns=["code"], id=sku_id)[0]["code"])

    def place(self, location_id: str) -> str:
        return str(self._session.find(places.locations, columns=["code"], id=location_id)[0]["code"])

    def counter(self, counter_id: str) -> str:
        return str(self._session.find(counters.counters, columns=["title"], id=counter_id)[0]["title"])

    def line(self, line: Mapping[str, Any]) -> str:
        (order,) = self._session.find(orders.orders, columns=["reference", "id"], id=line["order_id"])
        return f"Order {order['reference'] or order['id']}, {self.sku(line['sku_id'])}"


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number} units"


# Levels and what is on its way: the entry that is missing


def _levels(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said: list[str] = []
    off: dict[tuple[str, str], dict[str, int]] = {}
    for each in findings:
        if each.what == "level":
            off.setdefault((each.key[0], each.key[1]), {})[each.key[2]] = each.kept - each.worked_out
    for (sku_id, place), states in off.items():
        parts = _paired(states)
        _enter(session, sku_id, place, parts, cause)
        listed = ", ".join(f"{_units(units)} from {source} to {target}" for source, target, units in parts)
        said.append(
            f"{words.sku(sku_id)} at {words.place(place)}: its entries don't add up to what is there by the books, on which everything was "
            f"promised. The missing entries are added: {listed}. {COUNT}"
        )
    return said


def _paired(states: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Entries (source, target, units) that explain by how much each state is off; what no other state lost came from adjustment."""
    gained = [(state, units) for state, units in states.items() if units > 0]
    lost = [(state, -units) for state, units in states.items() if units < 0]
    rest = sum(states.values())
    (lost if rest > 0 else gained).append(("adjustment", abs(rest)))
    parts = []
    while gained and lost:
        (target, more), (source, less) = gained.pop(0), lost.pop(0)
        if units := min(more, less):
            parts.append((source, target, units))
        gained = [(target, more - units), *gained] if more > units else gained
        lost = [(source, less - units), *lost] if less > units else lost
    return parts


def _transit(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said = []
    for each in findings:
        if each.what != "in transit":
            continue
        (sku_id,), missing = each.key, each.kept - each.worked_out
        there = select(stock.stock_levels.c.location_id).where(stock.stock_levels.c.sku_id == sku_id).limit(1)
        place = session.scalar(there) or session.scalar(select(places.locations.c.id).order_by(places.locations.c.rank).limit(1))
        source, target = ("adjustment", "transit") if missing > 0 else ("transit", "adjustment")
        _enter(session, sku_id, place, [(source, target, abs(missing))], cause)
        said.append(
            f"{words.sku(sku_id)}: transfers have {_units(each.kept)} on the way, their entries make {each.worked_out}. The missing "
            f"entry is added: {_units(abs(missing))} from {source} to {target}."
        )
    return said


def _enter(session: Session, sku_id: str, place: str, parts: Sequence[tuple[str, str, int]], cause: Cause) -> None:
    """Add entries to the ledger that were missing: no level changes, because it has changed already."""
    now = chance.now()
    rows = [
        {
            "id": chance.new_id(),
            "sku_id": sku_id,
            "location_id": place,
            "quantity": units,
            "source": source,
            "target": target,
            "reason": REASON,
            "actor": cause.actor,
            "occurred_at": now,
            "recorded_at": now,
        }
        for source, target, units in parts
    ]
    session.add(stock.stock_movements, rows)


# Lines of orders: the commitments follow


def _shipped(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said = []
    for each in findings:
        if each.what != "shipped of line":
            continue
        (line,) = session.find(orders.order_lines, id=each.key[0])
        left = max(shipments.sent(session, line["id"]), line["shipped_there"] * line["per"])
        stands = left if left in (each.kept, each.worked_out) else max(each.kept, each.worked_out)
        if stands > line["quantity"] - line["cancelled"]:
            stands = each.kept
        if stands != each.kept:
            session.change(orders.order_lines, {"shipped": stands}, id=line["id"])
        else:
            _commit_shipped(session, line, stands - each.worked_out)
        said.append(
            f"{words.line(line)}: the line says that {each.kept} left, its commitments say {each.worked_out}. {stands} it is, as the "
            f"parcels say: {'the line' if stands != each.kept else 'the commitments'} will say so too."
        )
    return said


def _commit_shipped(session: Session, line: Mapping[str, Any], more: int) -> None:
    mine = [row for row in commitments.of_order(session, line["order_id"]) if row["line_id"] == line["id"]]
    if more > 0:
        commitments.add(session, [_commitment(session, line, mine, None, 0, more)])
        return
    for row in mine:
        taken = min(-more, row["shipped"])
        session.change(commitments.commitments, {"shipped": row["shipped"] - taken}, id=row["id"])
        more += taken


def _owed(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said = []
    for each in findings:
        if each.what != "owed to line":
            continue
        (line,) = session.find(orders.order_lines, id=each.key[0])
        mine = [row for row in commitments.of_order(session, line["order_id"]) if row["line_id"] == line["id"]]
        missing = each.kept - each.worked_out
        what = f"{words.line(line)}: {_units(each.kept)} {'is' if each.kept == 1 else 'are'} owed, and {each.worked_out} promised. "
        if missing > 0:
            short = _commitment(session, line, mine, None, missing, 0)
            commitments.add(session, [short])
            commitments.say_short(session, short, missing, cause=cause)
            stock.freed(session).add(line["sku_id"])
            said.append(f"{what}{_units(missing)} more will be promised, from what is free; the line is short while nothing is.")
            continue
        # What was never found is given up first. The units behind the others move with the states, below.
        for row in sorted(mine, key=lambda row: (row["location_id"] is not None, row["id"])):
            if taken := min(-missing, row["quantity"]):
                commitments.reduce(session, row, taken, cause=cause)
                missing += taken
        said.append(f"{what}{_units(each.worked_out - each.kept)} fewer will be promised; what nobody is owed is free.")
    return said


def _commitment(
    session: Session, line: Mapping[str, Any], like: Sequence[Mapping[str, Any]], place: str | None, units: int, shipped: int
) -> dict[str, Any]:
    (order,) = session.find(orders.orders, columns=["paid", "location_ids"], id=line["order_id"])
    return {
        "id": chance.new_id(),
        "order_id": line["order_id"],
        "line_id": line["id"],
        "sku_id": line["sku_id"],
        "location_id": place,
        "quantity": units,
        "shipped": shipped,
        "state": "committed" if order["paid"] else "reserved",
        "location_ids": order["location_ids"],
        "unit_cost": like[0]["unit_cost"] if like else None,
        "unit_cost_currency": like[0]["unit_cost_currency"] if like else None,
        "promised_at": min((row["promised_at"] for row in like), default=chance.now()),
    }


# States: units move until they hold what was promised


_PROMISED = {"committed": "orders", "reserved": "carts and unpaid orders", "allotted": "shops' numbers"}


def _states(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said = []
    # What has too many gives first.
    for each in sorted((each for each in findings if each.what in _PROMISED), key=lambda each: each.worked_out - each.kept):
        (sku_id, place), state = each.key, each.what
        what = f"{words.sku(sku_id)} at {words.place(place)}: {each.kept} {state}, and {each.worked_out} promised to {_PROMISED[state]}. "
        missing = each.worked_out - each.kept
        if missing < 0:
            stock.move_many(session, [Move(sku_id, place, -missing, state, "available", REASON)], cause=cause)
            said.append(f"{what}{_units(-missing)} go{'es' if missing == -1 else ''} to available. {COUNT}")
            continue
        if moved := min(missing, stock.level(session, sku_id, place)["available"]):
            stock.move_many(session, [Move(sku_id, place, moved, "available", state, REASON)], cause=cause)
            said.append(f"{what}{_units(moved)} go{'es' if moved == 1 else ''} from available to {state}. {COUNT}")
        if rest := missing - moved:
            _withdraw[state](session, sku_id, place, rest, cause)
            becomes = "short" if state == "committed" else "withdrawn"
            said.append(f"{what}For {rest} of them nothing is left there: so much of the promise becomes {becomes}. {COUNT}")
    return said


def _from_orders(session: Session, sku_id: str, place: str, units: int, cause: Cause) -> None:
    commitments.uncommit_latest(session, sku_id, place, units, cause=cause)


def _from_holds(session: Session, sku_id: str, place: str, units: int, cause: Cause) -> None:
    """Carts first, those made last before others: they only hold; then orders that aren't paid."""
    held = reservations.reservation_lines
    query = select(held).where(held.c.sku_id == sku_id, held.c.location_id == place, held.c.quantity > 0)
    for row in session.execute(query.order_by(held.c.reservation_id.desc())).mappings().all():
        if taken := min(units, row["quantity"]):
            mine = (held.c.reservation_id == row["reservation_id"], held.c.sku_id == sku_id, held.c.location_id == place)
            session.execute(update(held).where(*mine).values(quantity=row["quantity"] - taken))
            data = {"sku_id": sku_id, "quantity": taken}
            events.append(session, "reservation.reduced", row["reservation_id"], data, cause=cause)
            units -= taken
    if units:
        commitments.uncommit_latest(session, sku_id, place, units, state="reserved", cause=cause)


def _from_counters(session: Session, sku_id: str, place: str, units: int, cause: Cause) -> None:
    mine = [each for each in counters.of_skus(session, [sku_id]) if place in each.allotted]
    for counter in sorted(mine, key=lambda each: (-each.spare, -each.allotment, each.id)):
        if taken := min(units, counter.allotted[place]):
            counters.spend(session, counter, place, taken)
            counters.overdrawn(session, counter, "taken")
            units -= taken


_withdraw: Mapping[str, Callable[[Session, str, str, int, Cause], None]] = {
    "committed": _from_orders,
    "reserved": _from_holds,
    "allotted": _from_counters,
}


# Shops' numbers


def _held_back(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said = []
    for each in findings:
        if each.what != "held back on counter":
            continue
        entries.held(session, each.key[0], each.worked_out, REASON, cause=cause)
        if (sku_id := counters.by_id(session, each.key[0])["sku_id"]) is not None:
            stock.freed(session).add(sku_id)
        said.append(
            f"{words.counter(each.key[0])!r} holds back {each.kept}; by the orders that the shop hasn't counted down it is "
            f"{each.worked_out}. An entry says so."
        )
    return said


def _entries(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    found = {each.key[0] for each in findings if each.what in ("shown on counter", "below zero on counter", "last entry of counter")}
    for counter_id in sorted(found):
        entries.mend(session, counter_id, cause=cause)
    return [
        f"{words.counter(counter_id)!r}: we believe that it shows {counters.by_id(session, counter_id)['shown']}, and its entries don't "
        "lead there. The missing entry is added, and the shop's own number will be read."
        for counter_id in sorted(found)
    ]


def _free(session: Session, words: _Words, findings: Sequence[Finding], cause: Cause) -> list[str]:
    said = []
    for each in findings:
        if each.what == "free beside a short line":
            (line,) = session.find(orders.order_lines, id=each.key[0])
            stock.freed(session).add(line["sku_id"])
            said.append(f"{words.line(line)} is short although {_units(each.kept)} would be free for it: promised to it.")
    return said


_STAGES = (_levels, _transit, _shipped, _owed, _states, _entries, _held_back, _free)
