"""Keep a copy of orders and stock in a SQLite file of your own, for reports in whatever you like to write them in.

    TALLYSTICK_URL=http://127.0.0.1:8000 TALLYSTICK_TOKEN=tally_… python mirror_events.py mirror.sqlite

Run it every few minutes: it goes on where it stopped, and may be stopped at any moment. Events say which records to read; what is written
is how the record stands then. So an event that comes twice, or late, does no harm. A token with the scope `read` will do.
"""

import json
import os
import sqlite3
import sys
from collections.abc import Iterator

import httpx

tallystick = httpx.Client(
    base_url=os.environ["TALLYSTICK_URL"], headers={"Authorization": f"Bearer {os.environ['TALLYSTICK_TOKEN']}"}, timeout=30
)
mirror = sqlite3.connect(sys.argv[1])
mirror.executescript("""
    CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, status TEXT, placed_at TEXT, cents INTEGER, whole TEXT);
    CREATE TABLE IF NOT EXISTS stock (sku_id TEXT, location_id TEXT, sku TEXT, on_hand INTEGER, whole TEXT,
                                      PRIMARY KEY (sku_id, location_id));
    CREATE TABLE IF NOT EXISTS place (cursor TEXT);
""")


def get(path: str, **query: object) -> dict:
    return tallystick.get(path, params=query).raise_for_status().json()


def all_of(path: str, **query: object) -> Iterator[dict]:
    """Every record of a list, page by page."""
    page = get(path, limit=200, **query)
    yield from page["items"]
    while page["next"]:
        page = get(path, limit=200, after=page["next"], **query)
        yield from page["items"]


def keep_order(order: dict) -> None:
    row = (order["id"], order["status"], order["placed_at"], order["total"]["amount"], json.dumps(order))
    mirror.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?)", row)


def keep_levels(**query: object) -> None:
    for level in all_of("/v1/stock", **query):
        row = (level["sku_id"], level["location_id"], level["sku"], level["on_hand"], json.dumps(level))
        mirror.execute("INSERT OR REPLACE INTO stock VALUES (?, ?, ?, ?, ?)", row)


def begin() -> None:
    for order in all_of("/v1/orders"):
        keep_order(order)
    keep_levels()


found = mirror.execute("SELECT cursor FROM place").fetchone()
cursor, more = found[0] if found else None, True
while more:
    query = {"after": cursor or "latest", "type": ["order.*", "stock.moved", "sku.changed"], "limit": 200}
    answer = tallystick.get("/v1/events", params=query)
    if cursor is None or answer.status_code == 410:  # the first time, or we were away for longer than events are kept
        # The cursor comes first, the reading after it: so what happens meanwhile is behind the cursor.
        cursor = answer.json()["next" if cursor is None else "latest"]
        begin()
    else:
        page = answer.raise_for_status().json()
        cursor, events, more = page["next"], page["items"], bool(page["items"])
        for id in {event["subject"] for event in events if event["type"].startswith("order.")}:
            keep_order(get(f"/v1/orders/{id}"))
        skus = {move["sku_id"] for event in events for move in event["data"].get("moves", [])}
        for id in skus | {event["subject"] for event in events if event["type"] == "sku.changed"}:
            keep_levels(sku=get(f"/v1/skus/{id}")["code"])
    mirror.execute("DELETE FROM place")
    mirror.execute("INSERT INTO place VALUES (?)", (cursor,))
    mirror.commit()  # records and cursor together, or neither
print(mirror.execute("SELECT (SELECT count(*) FROM orders) || ' orders, ' || (SELECT count(*) FROM stock) || ' levels'").fetchone()[0])
