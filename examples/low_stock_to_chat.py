"""Tell a chat which SKUs are running low: each once, and again only after there was enough of it in between.

    TALLYSTICK_URL=http://127.0.0.1:8000 TALLYSTICK_TOKEN=tally_… \
    CHAT_URL=https://chat.example.org/hooks/abc LOW=3 python low_stock_to_chat.py

CHAT_URL is an "incoming webhook" of Slack, Mattermost or the like: it is sent {"text": "…"}. LOW is the number below which you want to
hear of a SKU. Run it every few minutes; what it knows lies in low_stock.json. A token with the scope `read` will do.
"""

import json
import os
from collections import Counter
from pathlib import Path

import httpx

LOW = int(os.environ.get("LOW", "3"))
FILE = Path("low_stock.json")

tallystick = httpx.Client(
    base_url=os.environ["TALLYSTICK_URL"], headers={"Authorization": f"Bearer {os.environ['TALLYSTICK_TOKEN']}"}, timeout=30
)


def get(path: str, **query: object) -> dict:
    return tallystick.get(path, params=query).raise_for_status().json()


def changed_since(cursor: str) -> tuple[set[str] | None, str]:
    """The ids of SKUs whose units moved, and the next cursor. None: we were away for too long, any may have changed."""
    found: set[str] = set()
    while True:
        answer = tallystick.get("/v1/events", params={"after": cursor, "type": "stock.moved", "limit": 200})
        if answer.status_code == 410:  # cursor_expired
            return None, answer.json()["latest"]
        page = answer.raise_for_status().json()
        found |= {move["sku_id"] for event in page["items"] for move in event["data"]["moves"]}
        cursor = page["next"]
        if not page["items"]:
            return found, cursor


def units(**query: object) -> Counter[str]:
    """How many can still be sold, by the SKU's code: those that are free, and those that are set aside for a shop."""
    found: Counter[str] = Counter()
    page = get("/v1/stock", limit=200, **query)
    while True:
        for level in page["items"]:
            found[level["sku"]] += level["available"] + level["allotted"]
        if not page["next"]:
            return found
        page = get("/v1/stock", limit=200, after=page["next"], **query)


known = json.loads(FILE.read_text()) if FILE.exists() else None
if known is None:  # the first time: take the cursor first and look at everything then, so that nothing falls between
    known = {"cursor": get("/v1/events", after="latest")["next"], "told": []}
    ids = None
else:
    ids, known["cursor"] = changed_since(known["cursor"])

now = units() if ids is None else Counter()
for id in ids or ():
    now |= units(sku=get(f"/v1/skus/{id}")["code"])

low = {code: left for code, left in now.items() if left < LOW}
news = sorted(set(low) - set(known["told"]))
if news:
    text = "Running low: " + ", ".join(f"{code} ({low[code]} left)" for code in news)
    httpx.post(os.environ["CHAT_URL"], json={"text": text}, timeout=30).raise_for_status()
    print(text)

# Written last: if the chat was away, the next run tells it.
known["told"] = sorted((set(known["told"]) - set(now)) | set(low))
FILE.write_text(json.dumps(known))
