"""What was explained, as text that a person reads: for `tallystick explain` and for whoever asks the API for text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from app.database import Session
from app.domain import catalogue, counters, explaining, history, orders
from app.domain.errors import NotFound

Found = Mapping[str, Any]


def said(session: Session, name: str) -> str:
    """What a person means by a name, explained: a SKU's code (its stock, and each number that shows it), the id of a counter or of an
    order, or an order's reference. Raises: NotFound."""
    id = _as_id(name)
    if id is not None and session.find(counters.counters, columns=["id"], id=id):
        return counter(explaining.counter(session, id))
    if id is not None and session.find(orders.orders, columns=["id"], id=id):
        return order(history.of_order(session, id))
    if (sku_id := session.scalar(select(catalogue.id_of(name)))) is not None:
        mine = session.find(counters.counters, columns=["id"], sku_id=sku_id)
        shown = [counter(explaining.counter(session, row["id"], limit=10)) for row in sorted(mine, key=lambda row: str(row["id"]))]
        return "\n".join([of_stock(explaining.of_stock(session, name)), *shown])
    o = orders.orders.c
    named = select(o.id).where(or_(o.reference == name, o.external_id == name)).order_by(o.id.desc()).limit(10)
    if found := [order(history.of_order(session, each)) for each in session.execute(named).scalars().all()]:
        return "\n".join(found)
    meant = f" Did you mean {', '.join(near)}?" if (near := catalogue.near(session, name)) else ""
    raise NotFound(f"Nothing here is called {name!r}: no SKU's code, no order's number, no id of a counter or of an order.{meant}")


def _as_id(name: str) -> str | None:
    try:
        return str(UUID(name))
    except ValueError:
        return None


_SUMS = {
    "order": "orders",
    "write": "our changes",
    "settled": "settled changes",
    "reading": "readings",
    "mapping": "mappings",
    "freed": "ended",
    "repair": "repairs",
}


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"


def _units(number: int) -> str:
    return "1 unit" if number == 1 else f"{number} units"


def counter(found: Found) -> str:
    """A counter's number and its causes."""
    return _lines(_counter(found))


def _counter(found: Found) -> Iterator[str]:
    sku = f"{found['sku']} × {found['per']}" if found["per"] > 1 else found["sku"] or "no SKU yet"
    yield f"{found['title']} on {found['channel']} ({sku}), counter {found['id']}"
    yield f"  shows        {found['shown']}, as we believe" + ("" if found["known"] else "; it wasn't read yet")
    if found["reading"] is not None:
        yield f"  last read    {found['reading']} at {_at(found['read_at'])}"
    for name, what in (("held", "held back for orders that the shop hasn't counted down"), ("below", "below zero at our last change")):
        if found[name]:
            yield f"  {name:<12} {found[name]}, {what}"
    given = ", ".join(f"{part['quantity']} at {part['location']}" for part in found["allotted"])
    yield f"  may sell     {found['on_offer']}; {_units(found['allotment'])} set aside for it{f' ({given})' if given else ''}"
    if found["excess"]:
        yield f"  too many     {_units(found['excess'])}: {found['excess_said'] or 'the cause is being found out'}"
    yield f"  next         {found['due_said']}"
    for each in found["differences"]:
        yield f"  differs      {each['cause']} since {_at(each['opened_at'])}: expected {each['expected']}, seen {each['seen']}"
    for each in found["exceptions"]:
        yield f"  for you      {each['title']}"
    start = found["start"]
    begun = f"read {_at(start['at'])}" if start["read"] else "where its entries begin"
    parts = [f"{start['shown']} ({begun})"]
    parts += [f"{each['change']:+d} ({_SUMS[each['what']]}, {each['entries']})" for each in found["sums"]]
    yield f"  adds up      {' '.join(parts)} = {found['makes']}" + (
        "" if found["agrees"] else f", but {found['shown']}: run tallystick check"
    )
    yield ""
    if found["older"] is not None:
        yield f"  … older ones: before={found['older']}"
    for each in found["entries"]:
        yield f"  {_at(each['at'])}  {each['change']:+5d} → {each['shown']:<5d} {each['said']}  [{_actor(each, found)}]"
    if not found["entries"]:
        yield "  Nothing has changed it since entries are kept."


def _actor(each: Found, found: Found) -> str:
    """A channel by its name."""
    return str(found["actors"].get(each["actor"], each["actor"]))


def of_stock(found: Found) -> str:
    """A SKU's units and what made them."""
    return _lines(_stock(found))


def _stock(found: Found) -> Iterator[str]:
    yield f"{found['sku']}" + ("" if found["tracked"] else ", which isn't tracked: its units aren't counted")
    for level in found["levels"]:
        yield f"  at {level['location']}"
        for state in level["states"]:
            made = ", ".join(f"{each['reason']} {_sum(each)}" for each in state["by"])
            wrong = "" if state["agrees"] else f", but its entries make {state['makes']}: run tallystick check"
            yield f"    {state['state']:<16} {state['units']:>6}  = {made or 'no entry'}{wrong}"
    if not found["levels"]:
        yield "  There never was any."
    for each in found["allotments"]:
        yield f"  {each['quantity']:>5}  at {each['location']} set aside for {each['title']!r} on {each['channel']}"
    for each in found["commitments"]:
        where = f"at {each['location']} " if each["location"] else "SHORT, "
        what = "held for unpaid order" if each["state"] == "reserved" else "promised to order"
        yield f"  {each['quantity']:>5}  {where}{what} {each['number'] or each['order_id']}"
    for each in found["holds"]:
        yield f"  {each['quantity']:>5}  at {each['location']} held until {_at(each['expires_at'])} for {each['reference'] or 'a cart'}"
    yield ""
    if found["older"] is not None:
        yield f"  … older ones: before={found['older']}"
    for each in found["entries"]:
        why = f"{each['reason']}, {each['cause']}" if each["cause"] else each["reason"]
        moved = f"{each['quantity']:>5}  {each['source']} → {each['target']} at {each['location']}"
        yield f"  {_at(each['recorded_at'])}  {moved}  ({why})  [{_actor(each, found)}]"


def _sum(by: Found) -> str:
    parts = [f"{sign}{units}" for sign, units in (("+", by["came"]), ("-", by["went"])) if units]
    return " ".join(parts)


def order(found: Found) -> str:
    """An order's history."""
    return _lines(_order(found))


def _order(found: Found) -> Iterator[str]:
    named = found["reference"] or found["external_id"] or found["order_id"]
    yield f"Order {named}" + (f" on {found['channel']}" if found["channel"] else "") + f": {found['status']}"
    if not found["complete"]:
        yield "  What was recorded first isn't kept any more; movements and parcels are."
    yield ""
    for each in found["items"]:
        yield f"  {_at(each['at'])}  {each['kind']:<10} {each['said']}" + (f"  [{_actor(each, found)}]" if each["actor"] else "")
