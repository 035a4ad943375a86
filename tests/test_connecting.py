"""`tallystick channel`: a shop is connected, said to be what it is, and goes live, as a person does it beside a running service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.sandbox.server import served
from app.sandbox.shopify import ShopifyShop
from tests.servers import Server, until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "data", log_level="error") as running:
        yield running


@pytest.fixture
def shop() -> Iterator[ShopifyShop]:
    """A shop that sells what Tallystick knows under this code, under nearly this code, and not at all."""
    shop = ShopifyShop(name="kiln")
    with served(shop) as shop.url:
        shop.index_lag_s = 0.2
        for code, quantity, title in (("BOWL", 7, "Bowl"), ("mug blue", 5, "Blue mug"), ("VASE", 3, "Vase"), ("TIP", 100, "A tip")):
            shop.add(code, quantity, title=title)
        yield shop


def said(server: Server, *command: str, answers: tuple[str, ...] = (), leaves: int = 0) -> str:
    done = server.run("channel", *command, answers="".join(f"{each}\n" for each in answers))
    assert done.returncode == leaves, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_shopkeeper_connects_her_shop_and_goes_live_by_answering_questions(server: Server, shop: ShopifyShop) -> None:
    with server.client() as api:
        for code in ("BOWL", "MUG-BLUE"):
            api.post("/v1/products", json={"title": code.title(), "skus": [{"code": code}]}).raise_for_status()
    sandbox = ("--set", f"base_url={shop.url}", "--set", "order_lag_s=1")
    # Kind, name, address, notify; credentials that open nothing, orders elsewhere too; once more, and credentials that do.
    wrong = ("shopify", "Kiln Lane", "kiln", "", "id-of-nothing", "secret-of-nothing", "", "", "", "y")
    right = ("y", shop.client_id, shop.secrets[-1], "", "", "")
    found = said(server, "connect", *sandbox, answers=(*wrong, *right))
    assert "It didn't work (credentials)" in found
    assert "lets us do what we need" in found
    assert "4 listings are known; 1 of them by their code." in found
    assert shop.secrets[-1] not in found

    # The first proposal, a new SKU, and what is never stock; in whatever order they are asked.
    with server.client() as api:
        channel_id = api.get("/v1/channels").json()["items"][0]["id"]
        asked = [each["title"] for each in api.get(f"/v1/channels/{channel_id}/proposals").json()["items"]]
    answer = {"Blue mug": "1", "Vase": "n", "A tip": "i"}
    said(server, "map", "Kiln Lane", answers=tuple(next(answer[name] for name in answer if name in title) for title in asked))
    with server.client() as api:
        listings = api.get(f"/v1/channels/{channel_id}/listings").json()["items"]
    assert {each["sku_code"]: [part["sku"] for part in each["components"]] or each["mapping"] for each in listings} == {
        "BOWL": ["BOWL"],
        "mug blue": ["MUG-BLUE"],
        "VASE": ["VASE"],
        "TIP": "ignored",
    }

    until(lambda: "│ ?" not in said(server, "opening-stock", answers=("none",)), within_s=30, what="all three numbers are read")
    assert "Nothing was entered." in said(server, "opening-stock", answers=("none",))
    assert "Opening stock of 3 SKUs" in said(server, "opening-stock", "--from", "Kiln Lane", "--yes")
    assert "3 SKUs: 3 lowered first" in said(server, "preview")
    assert "Nothing was changed." in said(server, "go-live", answers=("n",))
    assert "Kiln Lane is live." in said(server, "go-live", "--yes")
    shows = {variant.sku: variant.counter for variant in shop.variants.values()}
    halves = {"BOWL": 4, "mug blue": 3, "VASE": 2, "TIP": 100}  # orders elsewhere have their share
    until(lambda: {code: shop.counters[counter] for code, counter in shows.items()} == halves, within_s=30, what="it shows its share")
    assert "No channel waits to go live." in said(server, "go-live", "--yes", leaves=1)

    said(server, "pause", "Kiln Lane")
    assert "paused" in said(server, "list")
    said(server, "start", "Kiln Lane")
    said(server, "disconnect", "Kiln Lane", answers=("zero",))
    until(lambda: "disconnected" in said(server, "list"), within_s=30, what="it has ended by itself")
    assert sorted(shop.counters.values()) == [0, 0, 0, 100], "what was never stock is left alone"


def test_a_script_connects_a_shop_without_a_question_and_is_told_what_is_wrong(server: Server, shop: ShopifyShop, tmp_path: Path) -> None:
    opens = tmp_path / "opens.json"
    opens.write_text(json.dumps({"client_id": shop.client_id, "client_secret": shop.secrets[-1]}))
    command = ("connect", "--yes", "--kind", "shopify", "--name", "Kiln", "--set", "shop=kiln", "--credentials", str(opens))
    assert "There is no kind of shop called 'etzy'" in said(server, "connect", "--yes", "--kind", "etzy", leaves=1)
    assert "can't be read as JSON" in said(server, *command[:-1], str(tmp_path / "nothing.json"), leaves=1)
    assert "4 listings are known" in said(server, *command, "--set", f"base_url={shop.url}", "--set", "order_lag_s=1")
    assert "No channel is called 'Kin'. There are: 'Kiln'." in said(server, "test", "Kin", leaves=1)
    assert "4 SKUs were made." in said(server, "map", "Kiln", "--make-skus")
    server.stop()
    assert "Start `tallystick serve` first" in said(server, "list", leaves=1)
    server.start()
