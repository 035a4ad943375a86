"""The scripts of `examples/`, each as its docstring says to run it, against a real server, and then once more."""

import csv
import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.servers import OWNER_TOKEN, Server, free_port, until
from tests.trade import order, stock

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("store") / "data", log_level="warning", allow_private_webhooks="true") as running:
        stock(running, 20, "MUG")
        stock(running, 5, "BOWL")
        stock(running, 2, "VASE")
        yield running


class Example:
    """One of the scripts, in a folder of its own."""

    def __init__(self, server: Server, folder: Path, name: str, *arguments: str, **environment: str) -> None:
        self._command = [sys.executable, str(EXAMPLES / name), *arguments]
        self._folder = folder
        self._environment = os.environ | {"TALLYSTICK_URL": server.url, "TALLYSTICK_TOKEN": OWNER_TOKEN} | environment

    def run(self, *, leaves: int = 0) -> str:
        """What it says."""
        done = subprocess.run(
            self._command, check=False, capture_output=True, text=True, cwd=self._folder, env=self._environment, timeout=60
        )
        assert done.returncode == leaves, done.stdout + done.stderr
        return done.stdout.strip()

    @contextmanager
    def running(self) -> Iterator[list[str]]:
        """The lines that it says while it runs."""
        said: list[str] = []
        with subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, cwd=self._folder, env=self._environment) as process:
            assert process.stdout is not None
            lines = process.stdout
            listener = threading.Thread(target=lambda: said.extend(iter(lines.readline, "")))
            said.append(lines.readline())
            listener.start()
            try:
                yield said
            finally:
                process.terminate()
                listener.join()


def placed(server: Server, *codes: str, quantity: int = 1) -> str:
    with server.client() as client:
        made = client.post("/v1/orders", json=order(*codes, quantity=quantity))
        assert made.status_code == 201, made.text
        id: str = made.json()["id"]
        return id


def records(server: Server, path: str) -> list[dict[str, Any]]:
    with server.client() as client:
        items: list[dict[str, Any]] = client.get(path, params={"limit": 200}).json()["items"]
        return items


def test_the_stock_of_tonight_is_a_file_for_a_spreadsheet(server: Server, tmp_path: Path) -> None:
    nightly = Example(server, tmp_path, "nightly_stock_csv.py")
    for _ in range(2):
        assert nightly.run().endswith("3 rows")
        (file,) = tmp_path.iterdir()
        with file.open(newline="") as lines:
            shown = {row["sku"]: int(row["on_hand"]) for row in csv.DictReader(lines)}
        assert shown == {level["sku"]: level["on_hand"] for level in records(server, "/v1/stock")}


def test_a_chat_hears_of_low_stock_once_and_again_after_it_recovered(server: Server, tmp_path: Path) -> None:
    heard: list[str] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    chat = HTTPServer(("127.0.0.1", 0), Chat)
    threading.Thread(target=chat.serve_forever, daemon=True).start()
    watch = Example(server, tmp_path, "low_stock_to_chat.py", CHAT_URL=f"http://127.0.0.1:{chat.server_port}/", LOW="3")
    vase = "Running low: VASE (2 left)"
    assert [watch.run(), watch.run()] == [vase, ""]
    placed(server, "BOWL", quantity=3)
    placed(server, "VASE")
    bowl = "Running low: BOWL (2 left)"
    assert [watch.run(), watch.run()] == [bowl, ""]
    receipt = {"location": "STUDIO", "quantity": 5, "source": "supplier", "target": "available", "reason": "received"}
    with server.client() as client:
        assert client.post("/v1/stock/movements", json=receipt | {"sku": "BOWL"}).status_code == 201
    assert watch.run() == ""
    placed(server, "BOWL", quantity=6)
    # Away for longer than events are kept: it looks at everything, and still tells only what is news.
    state = tmp_path / "low_stock.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"cursor": "4611686018427387904"}))
    again = "Running low: BOWL (1 left)"
    assert [watch.run(), watch.run()] == [again, ""]
    assert heard == [vase, bowl, again]
    chat.shutdown()
    chat.server_close()


def test_a_spreadsheet_of_orders_is_placed_once_and_its_bad_rows_are_kept(server: Server, tmp_path: Path) -> None:
    heading = "reference,sku,quantity,price,name,email,street,city,postal_code,country"
    rows = [
        "FAIR-Ä1,MUG,2,12.50,A. Buyer,buyer@example.org,1 Kiln Lane,Stoke,ST1 1AA,GB",
        "FAIR-2,MUG,1,12.50,B. Buyer,,,,,",
        "FAIR-3,MUGG,1,12.50,C. Buyer,,,,,",
        "FAIR-4,MUG,two,12.50,D. Buyer,,,,,",
        "FAIR-5,MUG,1,12.50,E. Buyer,,,,,",
        "FAIR-5,MUG,1,12.50,F. Buyer,,,,,",
    ]
    (tmp_path / "fair.csv").write_text("\n".join([heading, *rows]), encoding="utf-8-sig")
    place = Example(server, tmp_path, "orders_from_spreadsheet.py", "fair.csv")
    before = len(records(server, "/v1/orders"))
    for _ in range(2):
        assert place.run(leaves=1) == "2 placed, 4 kept in fair.rejected.csv"
        assert len(records(server, "/v1/orders")) == before + 2
    kept = tmp_path / "fair.rejected.csv"
    with kept.open(newline="", encoding="utf-8") as lines:
        why = {row["name"]: row["why"] for row in csv.DictReader(lines)}
    assert "MUGG" in why["C. Buyer"] and "two" in why["D. Buyer"]
    assert why["E. Buyer"] == why["F. Buyer"] == "another row has this reference, too"
    mended = kept.read_text(encoding="utf-8").replace("MUGG", "MUG").replace("two", "2").replace("FAIR-5", "FAIR-6", 1)
    kept.write_text(mended, encoding="utf-8")
    assert Example(server, tmp_path, "orders_from_spreadsheet.py", "fair.rejected.csv").run() == "4 placed"
    references = [each["reference"] for each in records(server, "/v1/orders") if each["reference"]]
    assert sorted(references) == ["FAIR-2", "FAIR-3", "FAIR-4", "FAIR-5", "FAIR-6", "FAIR-Ä1"]
    assert not kept.exists()


def test_a_mirror_follows_orders_and_stock_even_after_it_was_away_for_too_long(server: Server, tmp_path: Path) -> None:
    mirror = Example(server, tmp_path, "mirror_events.py", "mirror.sqlite")
    copy = sqlite3.connect(tmp_path / "mirror.sqlite")

    def agrees() -> None:
        for path, table in (("/v1/orders", "orders"), ("/v1/stock", "stock")):
            mirrored = [json.loads(whole) for (whole,) in copy.execute(f"SELECT whole FROM {table}")]
            assert sorted(mirrored, key=str) == sorted(records(server, path), key=str)

    first = placed(server, "MUG")
    mirror.run()
    agrees()
    with server.client() as client:
        assert client.post(f"/v1/orders/{first}/cancel", json={}).is_success
    placed(server, "MUG")
    mirror.run()
    agrees()
    copy.execute("UPDATE place SET cursor = '4611686018427387904'")
    copy.commit()
    placed(server, "MUG")
    for _ in range(2):
        mirror.run()
        agrees()
    copy.close()


def test_a_receiver_takes_what_tallystick_signed_once_and_nothing_else(server: Server, tmp_path: Path) -> None:
    port = free_port()
    with server.client() as client:
        made = client.post("/v1/webhook-endpoints", json={"url": f"http://127.0.0.1:{port}/", "types": ["order.placed"]})
        assert made.status_code == 201, made.text
        secret = made.json()["secret"]
    receiver = Example(server, tmp_path, "receive_webhooks.py", WEBHOOK_SECRET=secret, PORT=str(port))
    at = datetime.now(UTC)
    body = json.dumps({"type": "order.placed", "timestamp": at.isoformat(), "data": {"subject": "again"}})
    signature = Webhook(secret).sign("msg_1", at, body)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}
    for _ in range(2):
        with receiver.running() as said:
            id = placed(server, "MUG")
            until(lambda said=said, id=id: id in "".join(said), within_s=20, what="the message of the order")  # type: ignore[misc]
            answers = [httpx.post(f"http://127.0.0.1:{port}/", content=body, headers=headers).status_code for _ in range(2)]
            forged = httpx.post(f"http://127.0.0.1:{port}/", content=body.replace("again", "forged"), headers=headers)
            assert (answers, forged.status_code) == ([204, 204], 401)
        assert ["again" in line for line in said].count(True) == 1
        assert "forged" not in "".join(said)
