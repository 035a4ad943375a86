"""What is kept no longer, and what is kept of a buyer who wants to be forgotten: nothing."""

import asyncio
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from app import chance
from app.api import idempotency
from app.api.idempotency import stored_answers
from app.channels.base import Delivery
from app.channels.memory import Shop
from app.database import Database, Session, metadata
from app.domain import contacts as buyers
from app.domain import deliveries, events, orders, store
from app.domain.causes import Cause
from app.domain.contacts import contacts
from app.domain.events import CursorExpired
from app.settings import Settings
from app.sync import inbox
from app.worker import tidy
from tests.api.client import Client, serving
from tests.servers import OWNER_TOKEN, until
from tests.world import world

CAUSE = Cause("test")


def happened(session: Session, days_ago: float, times: int) -> None:
    for _ in range(times):
        events.append(session, "tested", None, {}, cause=CAUSE)
    for each in session.info["events"]:
        each["at"] = chance.now() - timedelta(days=days_ago)


def answered(session: Session, days_ago: float, times: int) -> None:
    row = {"route": "POST /v1/orders", "fingerprint": "0" * 64, "status": 201, "body": b"{}"}
    at = chance.now() - timedelta(days=days_ago)
    session.execute(insert(stored_answers), [row | {"token_id": chance.new_id(), "key": str(n), "stored_at": at} for n in range(times)])


def ages(session: Session, table: Any, moment: str) -> list[int]:
    """How many days old the rows are."""
    return sorted({(chance.now() - at).days for at in session.execute(select(table.c[moment])).scalars()})


def test_what_is_older_than_the_store_keeps_it_is_dropped(database: Database) -> None:
    for days in (100, 91, 89, 8, 6, 0):
        database.run(happened, days, 1)
        database.run(answered, days, 1)
    asyncio.run(tidy(database))
    assert database.look(ages, events.events, "at") == [0, 6, 8, 89, 91], "the last of the old ones is somebody's cursor"
    assert database.look(ages, stored_answers, "stored_at") == [0, 6]
    database.run(store.change, {"events_days": 7, "answers_days": 1}, cause=CAUSE)
    asyncio.run(tidy(database))
    assert database.look(ages, events.events, "at") == [0, 6, 8]
    assert database.look(ages, stored_answers, "stored_at") == [0]


@pytest.mark.parametrize(("fill", "forget", "stay"), [(happened, events.forget_old, 1), (answered, idempotency.forget_old, 0)])
def test_no_transaction_drops_more_than_five_hundred(
    database: Database, fill: Callable[..., None], forget: Callable[..., int], stay: int
) -> None:
    database.run(fill, 400, 1_100)
    database.run(fill, 0, 1)
    dropped = []
    while not dropped or dropped[-1]:
        dropped.append(database.run(forget, chance.now() - timedelta(days=90)))
    assert max(dropped) <= 500
    assert sum(dropped) == 1_100 - stay


def test_a_cursor_behind_the_oldest_event_expires_and_the_newest_never_does(database: Database) -> None:
    database.run(happened, 100, 3)
    query = select(events.events.c.seq).where(events.events.c.type == "tested").order_by(events.events.c.seq)
    first, _, last = database.look(lambda session: list(session.execute(query).scalars()))
    asyncio.run(tidy(database))
    assert database.look(lambda session: list(session.execute(query).scalars())) == [last]
    assert database.look(events.after, last, 10) == []
    with pytest.raises(CursorExpired):
        database.look(events.after, first, 10)
    database.run(happened, 0, 1)  # the first in a hundred days: nobody who had read them all has missed one
    asyncio.run(tidy(database))
    until(lambda: len(database.look(events.after, last, 10)) == 1, within_s=10, what="the event shows")


# A buyer who wants to be forgotten

PERSON = {
    "name": "Wilhelmina Quarrington",
    "company": "Quarrington & Daughters",
    "email": "wilhelmina@example.org",
    "phone": "+44 1632 960123",
}
ADDRESS = PERSON | {"line1": "17 Foxglove Row", "line2": "Back door", "city": "Wetherby", "region": "Yorkshire", "postal_code": "LS22 5XX"}


def traces(session: Session) -> list[str]:
    """The tables in which anything of the buyer stands, other than the one for it."""
    said = [value.casefold() for value in {**PERSON, **ADDRESS}.values()]
    found = []
    for table in metadata.sorted_tables:
        for row in session.execute(select(table)).mappings():
            text = " ".join(_text(value) for value in row.values()).casefold()
            if any(value in text for value in said):
                found.append(table.name)
    return sorted(set(found))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def everything_done(client: Client) -> str:
    """All that can happen to a buyer's orders, each request with a key so that its answer is stored. Returns the contact's id."""
    numbers = iter(range(100))

    def post(path: str, body: Any = None) -> Any:
        return client.made(path, body, headers={"Idempotency-Key": f"key-{next(numbers)}"})

    code = client.sku(stock=50)
    lines = [{"sku": code, "quantity": 3}]
    placed = post("/v1/orders", {"lines": lines, "buyer": PERSON, "ship_to": ADDRESS, "reference": "WEB-1"})
    again = post("/v1/orders", {"lines": lines, "contact_id": placed["contact_id"], "ship_to": ADDRESS})
    post(f"/v1/orders/{placed['id']}/shipments", {"lines": [{"line": placed["lines"][0]["id"], "quantity": 1}]})
    post(f"/v1/orders/{placed['id']}/cancel")
    post(f"/v1/orders/{again['id']}/cancel", {"reason": "Changed her mind"})
    post("/v1/orders", {"lines": [{"sku": code, "quantity": 90}], "contact_id": placed["contact_id"], "sold": True})
    assert client.get(f"/v1/contacts/{placed['contact_id']}").json()["name"] == PERSON["name"]
    contact_id: str = placed["contact_id"]
    return contact_id


def test_a_buyer_stands_in_one_table_and_after_the_erasure_in_none(tmp_path: Path, migrated_sqlite: Path) -> None:
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    with serving(Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="warning")) as client:
        contact_id = everything_done(client)
        database: Database = client.app.state.database
        assert database.look(traces) == [contacts.name]
        assert database.look(lambda session: session.scalar(select(func.count()).select_from(stored_answers))) == 6
        erased = client.made(f"/v1/contacts/{contact_id}/erase", headers={"Idempotency-Key": "erase"})
        assert [erased[field] for field in PERSON] == [None] * 4
        assert client.made(f"/v1/contacts/{contact_id}/erase", headers={"Idempotency-Key": "erase"}) == erased
        assert database.look(traces) == []


def test_an_erasure_drops_what_the_shop_sent_about_the_buyers_orders_and_nothing_else(database: Database, tmp_path: Path) -> None:
    with world(database, tmp_path) as store_:
        store_.stocked("MUG", 9)
        shop = Shop()
        shop.offer("A1", "MUG", 5)
        channel = store_.connect(shop)
        store_.run_for(60)
        hers, his = shop.buy("A1"), shop.buy("A1")
        assert hers and his

        def told_of(order: str) -> None:
            store_.deliver(channel, shop.message(order, whole=False))

        told_of(hers)
        told_of(his)
        shop.cancel(hers)
        told_of(hers)
        broken = f"{hers}, but nobody can read it".encode()
        signature = hmac.new(shop.secret.encode(), broken, sha256).hexdigest()
        store_.deliver(channel, Delivery("POST", {"x-signature": signature}, broken))
        store_.run_for(60)
        contact_id = database.run(buyers.add, PERSON)
        theirs = update(orders.orders).where(orders.orders.c.external_id == hers).values(contact_id=contact_id)
        database.run(lambda session: session.execute(theirs).rowcount)
        shop.ship(hers)
        told_of(hers)  # nobody has looked at it yet

        def kept() -> list[tuple[str, bytes]]:
            rows = database.look(lambda session: session.execute(select(deliveries.deliveries)).mappings().all())
            return sorted((row["state"], inbox.opened(store_.keys, row).body) for row in rows)

        def erase() -> None:
            database.run(inbox.erase, contact_id, inbox.about(database, store_.keys, contact_id), cause=CAUSE)

        assert [state for state, _ in kept()] == ["done", "done", "done", "parked", "waiting"]
        erase()
        assert [state for state, _ in kept()] == ["done", "waiting"]
        store_.run_for(60)
        erase()
        assert kept() == [("done", shop.message(his, whole=False).body)]
        told_of(hers)  # what comes again is taken in as if it were new, and brings nobody back
        store_.run_for(60)
        assert database.look(buyers.get, contact_id)["name"] is None
        assert len(kept()) == 2
        store_.check()
