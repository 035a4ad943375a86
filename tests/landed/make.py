"""Makes a small but complete store with the code as it stands, and writes down what it is and what it answers.

Run it when a schema has landed, so that later code can prove that it still understands what this code has stored:

    python -m tests.landed.make

It writes <version>.sql (the SQLite database as text, every table filled) and <version>.json (the answers of the API over it). Both
are never changed afterwards. Time, ids and randomness come from one seed, so the same code writes the same files, but for what is
encrypted in them.
"""

import json
import sqlite3
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

from sqlalchemy import update

from app import chance, main, migrations, security
from app.channels.memory import Shop
from app.database import Database
from app.domain import alerts, channels, consents, endpoints, recovery, reservations, watch, workers
from app.domain.causes import Cause
from app.domain.postings import OPEN
from app.importing import spool
from app.settings import Settings
from tests.api.client import Client, eur, lines
from tests.servers import OWNER_TOKEN
from tests.world import World

HERE = Path(__file__).resolve().parent
START = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)

LISTS = (
    *("/v1/products", "/v1/skus", "/v1/locations", "/v1/stock", "/v1/stock/movements", "/v1/stock/counts", "/v1/stock/transfers"),
    *("/v1/reservations", "/v1/orders", "/v1/events"),
)

REPEATED = ("/v1/orders", {"lines": lines(("MUG-BLUE", 1)), "reference": "WEB-1001"}, "the-web-shops-first-order")
"""Sent with its key: whoever sends it again, to whatever release, gets the same answer."""

FILE = "product,code,price,cost,stock:STUDIO\nVase,VASE-TALL,42.00,11.50,3\nVase,VASE-LOW,dear,9.00,2\n"
"""Its second row has no price that anybody could read."""

BUYER = {"name": "Ada Buyer", "company": "Kiln & Co", "email": "ada@example.org", "phone": "+44 1782 000000"}
ADDRESS = {"name": "Ada Buyer", "line1": "1 Kiln Lane", "line2": "Yard", "city": "Stoke", "postal_code": "ST1 1AA", "country": "GB"}


def fill(client: Client, clock: chance.Seeded) -> None:
    """Something of everything that a store can hold."""

    def post(path: str, body: Any = None, **request: Any) -> Any:
        clock.advance(timedelta(minutes=7, microseconds=123_456))
        return client.made(path, body, **request)

    def moved(code: str, quantity: int, source: str, target: str, **more: Any) -> None:
        pair = {"source": source, "target": target, "reason": f"{source} to {target}"}
        post("/v1/stock/movements", {"sku": code, "location": "STUDIO", "quantity": quantity} | pair | more)

    def ordered(*wanted: tuple[str, int], **more: Any) -> Any:
        return post("/v1/orders", {"lines": lines(*wanted)} | more)

    def usd(**amounts: int) -> dict[str, Any]:
        return {name: {"amount": amount, "currency": "USD"} for name, amount in amounts.items()}

    post("/v1/locations", {"code": "Stall/1", "name": "Market stall"})
    mugs = [
        {"code": "MUG-BLUE", "price": eur(1250), "cost": eur(310), "safety_stock": 2},
        {"code": "Becher grün #2", "price": eur(1300)},
    ]
    post("/v1/products", {"title": "Mug", "skus": mugs})
    plate = post("/v1/products", {"title": "Plate"})
    post(f"/v1/products/{plate['id']}/skus", {"code": "PLATE", "price": eur(2000), "cost": eur(700)})
    post("/v1/products", {"title": "Glaze recipes", "skus": [{"code": "PDF", "price": eur(900), "tracked": False}]})

    # Every movement that a person may post.
    for code in ("MUG-BLUE", "PLATE"):
        moved(code, 40, "supplier", "available", reference="PO-1", occurred_at="2026-03-27T16:00:00+01:00")
    moved("MUG-BLUE", 6, "supplier", "quality_control")
    for source, target in sorted(OPEN - {("supplier", "available"), ("supplier", "quality_control")}):
        if source == "damaged":
            moved("MUG-BLUE", 1, "available", "damaged")
        moved("MUG-BLUE", 1, source, target)

    # Counts, before and after which something moved; transfers in every state.
    counted_at = clock.now().isoformat()
    ordered(("PLATE", 3), reference="WEB-1000", locations=["STUDIO"])
    post("/v1/stock/counts", {"location": "STUDIO", "counted_at": counted_at, "lines": [{"sku": "PLATE", "counted": 38}]})
    post("/v1/stock/counts", {"location": "STUDIO", "reference": "spring", "lines": [{"sku": "MUG-BLUE", "counted": 50}]})
    for code, quantity, done in (("PLATE", 5, ("receive",)), ("PLATE", 4, ("receive", "lose")), ("MUG-BLUE", 3, ())):
        sent = post("/v1/stock/transfers", {"source": "STUDIO", "target": "Stall/1", "lines": lines((code, quantity))})
        for action in done:
            units = quantity if done == ("receive",) else quantity // 2
            post(f"/v1/stock/transfers/{sent['id']}/{action}", {"lines": lines((code, units))})

    # Holds in every status.
    holds = {
        name: post("/v1/reservations", {"lines": lines(("MUG-BLUE", 2), ("PLATE", 1)), "expires_in_s": seconds, "reference": name})
        for name, seconds in (("held", 30 * 86_400), ("used", 86_400), ("released", 86_400), ("lapsed", 60))
    }
    post(f"/v1/reservations/{holds['released']['id']}/release")
    clock.advance(timedelta(minutes=5))
    database: Database = client.app.state.database
    assert database.run(reservations.lapse_due, cause=Cause("housekeeping")) == 1

    # Orders: from a hold, with everything money needs, shipped, in part, short, cancelled, in part, sold, a test, not ours to send.
    ordered(("MUG-BLUE", 1), ("PLATE", 1), reservation_id=holds["used"]["id"])
    whole = post(
        "/v1/orders",
        {
            "lines": [
                {"sku": "MUG-BLUE", "quantity": 2, "unit_price": eur(1200), "discount": eur(100), "tax": eur(437), "title": "Blue mug"}
                | {"presentment": usd(gross=2600, discount=110, tax=470, total=2490)},
                {"sku": "PDF", "quantity": 1, "tax": eur(63)} | {"presentment": usd(gross=980, discount=0, tax=69, total=980)},
            ],
            "buyer": BUYER,
            "ship_to": ADDRESS,
            "prices_include_tax": True,
            "discount": eur(50),
            "shipping": eur(490),
            "total": eur(3640 + 2),
            "presentment": usd(gross=3580, discount=165, tax=539, shipping=530, total=3945),
            "ship_by": "2026-04-02T12:00:00+02:00",
        },
    )
    parcel = {"carrier": "DHL", "tracking_number": "00340434161094042557", "tracking_url": "https://example.org/00340434161094042557"}
    post(f"/v1/orders/{whole['id']}/shipments", parcel)
    partly = ordered(("MUG-BLUE", 4), contact_id=whole["contact_id"])
    post(f"/v1/orders/{partly['id']}/shipments", {"lines": [{"line": partly["lines"][0]["id"], "quantity": 1}], "location": "STUDIO"})
    post(f"/v1/orders/{partly['id']}/cancel", {"lines": [{"line": partly["lines"][0]["id"], "quantity": 1}], "reason": "one too many"})
    post(f"/v1/orders/{ordered(('PLATE', 2))['id']}/cancel", {"reason": "changed their mind"})
    ordered(("Becher grün #2", 3), ("PLATE", 1), sold=True, reference="stall, cash")
    moved("Becher grün #2", 1, "supplier", "available")  # fills a part of what is short
    ordered(("MUG-BLUE", 1), test=True)
    ordered(("MUG-BLUE", 9), fulfilled_by="channel")
    erased = ordered(("PDF", 1), buyer=BUYER | {"name": "Somebody Else"}, ship_to=ADDRESS)
    post(f"/v1/contacts/{erased['contact_id']}/erase")

    # A code that was another one before, and a file of products of which a row was wrong.
    pdf = next(sku for sku in client.everything("/v1/skus") if sku["code"] == "PDF")
    etag = client.get(f"/v1/skus/{pdf['id']}").headers["etag"]
    assert client.send("PATCH", f"/v1/skus/{pdf['id']}", json={"code": "RECIPES"}, headers={"If-Match": etag}).status_code == 200
    clock.advance(timedelta(minutes=7))
    post("/v1/imports?name=shelf.csv", content=FILE.encode(), headers={"Content-Type": "text/csv", "Idempotency-Key": "the-shelf"})
    spool.run_due(database, spool.folder(client.app.state.settings.data_dir), Event())

    for name, scope, good_for in (("web shop", "write", None), ("old", "read", timedelta(days=1)), ("lost", "admin", None)):
        database.run(security.add_token, name, scope, f"a token of {name} that nobody needs to know", good_for)
    database.run(
        lambda session: (
            session.execute(update(security.tokens).where(security.tokens.c.name == "lost").values(revoked_at=chance.now())).rowcount
        )
    )
    path, body, key = REPEATED
    post(path, body, headers={"Idempotency-Key": key})

    # Another system that is told, and a worker that ended without a word.
    told = post("/v1/webhook-endpoints", {"url": "http://127.0.0.1:9/", "types": ["order.*"]})
    database.run(endpoints.ping, told["id"], cause=Cause("housekeeping"))
    database.run(workers.beat, "pottery:17:gone")


def sell_elsewhere(client: Client, clock: chance.Seeded) -> None:
    """A shop beside it, and whatever its lane leaves behind: what it shows, what was written there, messages, parcels, what went wrong."""
    database: Database = client.app.state.database
    client.made("/v1/products", {"title": "Bowl", "skus": [{"code": "BOWL", "price": eur(4800)}]})
    received = {"source": "supplier", "target": "available", "reason": "fired"}
    client.made("/v1/stock/movements", {"sku": "BOWL", "location": "STUDIO", "quantity": 9} | received)
    world, north = World(database, clock, client.app.state.settings.data_dir / "unused"), Shop()
    world.keys = client.app.state.vault
    north.offer("BOWL", "BOWL", 0)
    channel_id = world.connect(north, name="North")
    world.run_for(120)
    for order in (north.buy("BOWL", 2), north.buy("BOWL")):
        world.deliver(channel_id, north.message(order))
    world.run_for(60)
    (sold, *_) = (order for order in client.everything("/v1/orders") if order["reference"] == "#M1")
    client.made(f"/v1/orders/{sold['id']}/shipments", {"carrier": "DHL", "tracking_number": "00340434161094042558"})
    world.run_for(60)
    north.counters["BOWL"] += 1  # somebody's hand, that is found
    database.run(channels.ask_to_reconcile, channel_id)
    world.run_for(900)
    north.down = True  # and it stays so: there is something to tell
    north.fate.append("lost")
    client.made("/v1/stock/movements", {"sku": "BOWL", "location": "STUDIO", "quantity": 4} | received)
    world.run_for(1800)
    began = clock.now() - timedelta(hours=1)
    database.run(watch.look, listens=True, since=began)
    clock.advance(timedelta(minutes=30))
    database.run(watch.look, listens=True, since=began)
    assert database.run(alerts.tell, transports=["mail"], address="http://127.0.0.1:8000") is not None
    database.run(consents.ask, channel_id, consents.new_state(), world.keys.seal(b"{}"))
    database.run(recovery.gone_back, "restored", cause=Cause("restore"))
    north.down = False
    world.run_for(1800)
    assert client.post(f"/v1/channels/{channel_id}/disconnect", json={"shown": "set_aside"}).status_code == 200  # nobody is there to ask
    world.quiet()


def answers(client: Client) -> dict[str, Any]:
    """What the API says of the store: all lists in whole, and what only stands in a record's own answer."""
    found: dict[str, Any] = {path: client.everything(path, limit=200) for path in LISTS if path != "/v1/events"}
    found["/v1/events"] = client.get("/v1/events", params={"limit": 200}).json()["items"]
    for order in found["/v1/orders"]:
        paths = [f"/v1/orders/{order['id']}/shipments"]
        paths += [f"/v1/contacts/{contact}" for contact in (order["contact_id"], order["ship_to_id"]) if contact is not None]
        found |= {path: client.get(path).json() for path in paths}
    return found


async def _nobody(*_: object, **__: object) -> None:
    """Instead of the housekeeping, of files that wait, of what is sent to others: they would draw from the seed at moments of their own."""


def _make() -> None:
    version = migrations.head()
    clock = chance.Seeded(1, START)
    main.keep_house = main.take_in_files = _nobody
    main.Outgoing.run = _nobody
    main.Lanes.start = lambda self: None  # the world below takes their steps
    with tempfile.TemporaryDirectory() as folder, chance.installed(clock):
        with Client(Settings(data_dir=Path(folder), owner_token=OWNER_TOKEN, log_level="warning", allow_private_webhooks=True)) as client:
            sell_elsewhere(client, clock)
            fill(client, clock)
            said = {"at": clock.now().isoformat(), "answers": answers(client)}
            key = client.app.state.settings.key.read_text()
        with sqlite3.connect(Path(folder) / "tallystick.sqlite") as made:
            (HERE / f"{version}.sql").write_text("\n".join(made.iterdump()) + "\n")
        made.close()
    each = [f"{json.dumps(path)}: {json.dumps(answer, ensure_ascii=False)}" for path, answer in said["answers"].items()]
    (HERE / f"{version}.json").write_text(
        f'{{"at": "{said["at"]}", "key": {json.dumps(key)}, "answers": {{\n' + ",\n".join(each) + "\n}}\n"
    )


if __name__ == "__main__":
    _make()
