"""The demo, as anybody runs it; and that its score would say so if we sold a unit twice."""

import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from app import chance, domain, migrations
from app.cli import app
from app.database import Database
from app.demo import MARK, view
from app.demo.shelf import CODES, KINDS, NAMES, Stand
from app.domain import channels
from app.domain.causes import Cause
from app.main import open_store
from app.sandbox.faults import Faults
from app.sandbox.score import Score, Sells
from app.sandbox.server import Site, served
from app.sandbox.shop import Shop, Variant
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from tests.servers import free_port, until

_ROOM = Path(__file__).resolve().parent.parent


def started(tmp_path: Path, *options: str | Path) -> subprocess.Popen[str]:
    """`tallystick demo`, with its temporary directories where we see them."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    (tmp_path / "tmp").mkdir(exist_ok=True)
    command = [sys.executable, "-u", "-m", "app.cli", "demo", "--plain", "--port", str(free_port()), *map(str, options)]
    environment = given | {"TMPDIR": str(tmp_path / "tmp")}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=_ROOM, env=environment)


def check(data_dir: Path) -> str:
    environment = os.environ | {"TALLYSTICK_DATA_DIR": str(data_dir)}
    command = [sys.executable, "-m", "app.cli", "check"]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=_ROOM, env=environment, timeout=60).stdout


# As anybody runs it


def test_shops_of_four_kinds_trade_with_faults_and_no_unit_is_sold_twice_by_us(tmp_path: Path) -> None:
    kinds = ["shopify", "etsy", "ebay", "woocommerce"]
    busy = ("--seconds", "80", "--speed", "10", "--faults", "0.1")
    process = started(tmp_path, "--shops", ",".join(kinds), *busy, "--data-dir", tmp_path / "demo")
    assert process.stdout is not None
    lines: list[str] = []
    # Until all have sold something that was written there: at first they show nothing.
    while not re.search(r"orders [1-9]\d+\b.*" + r" [1-9]\d*/[1-9]\d*\b.*" * len(kinds), (lines or [""])[-1]):
        line = process.stdout.readline()
        assert line, lines
        lines.append(line)
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=30)
    printed = "".join(lines) + printed
    assert process.returncode == 0, printed
    found = re.search(r"(\d+) orders came in, (\d+) changes went out, (\d+) units were sold", printed)
    assert found is not None, printed
    orders, changes, units = map(int, found.groups())
    assert orders >= 10 and changes > 20 and units >= orders
    assert "Oversold: 0 by us" in printed
    assert check(tmp_path / "demo") == "The books balance.\n"
    with sqlite3.connect(tmp_path / "demo" / "tallystick.sqlite") as store:
        sold_by = store.execute("SELECT DISTINCT kind FROM orders JOIN channels ON channels.id = channel_id").fetchall()
    store.close()
    assert {kind for (kind,) in sold_by} == set(kinds)


def test_soon_a_sale_comes_by_message_and_every_shop_is_written_to_and_ctrl_c_leaves_nothing_behind(tmp_path: Path) -> None:
    process = started(tmp_path)
    assert process.stdout is not None
    lines: list[str] = []
    while not re.search(r"Harbour [1-9]", (lines or [""])[-1]):
        line = process.stdout.readline()
        assert line, lines
        lines.append(line)
    address = re.search(r"http://\S+:\d+", "".join(lines))
    token = re.search(r"token (\S+)", "".join(lines))
    assert address is not None and token is not None

    def listed(path: str, **query: str | int) -> list[dict[str, Any]]:
        answer = httpx.get(f"{address[0]}/v1/{path}", params=query, headers={"Authorization": f"Bearer {token[1]}"}, timeout=30)
        found: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
        return found

    shops = listed("channels")
    assert [(shop["name"], shop["kind"], shop["status"]) for shop in shops] == [
        ("Harbour", "shopify", "live"),
        ("Orchard", "woocommerce", "live"),
        ("Meadow", "shopify", "live"),
    ]
    # It is polled every five minutes: what is known of it so early, a signed message told.
    sold_by = shops[0]["id"]
    first = next(event for event in listed("events", type="order.placed") if event["data"]["channel_id"] == sold_by)
    told = min(
        message["received_at"]
        for message in listed("deliveries", limit=200)
        if (message["channel_id"], message["state"]) == (sold_by, "done") and message["topic"].startswith("orders/")
    )
    assert told <= first["at"]
    sent = [(w["channel_id"], w["sent_at"]) for w in listed("writes", limit=200) if w["mode"] != "rebase" and w["sent_at"]]
    wrote = [min(at for channel, at in sent if channel == shop["id"]) for shop in shops]
    # A real shop's lag alone would take longer, before anything can be written there.
    soon = datetime.fromisoformat(shops[-1]["created_at"]) + timedelta(seconds=15)
    assert all(datetime.fromisoformat(moment) < soon for moment in (first["at"], *wrote))
    assert any((tmp_path / "tmp").iterdir())
    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=15)
    assert process.returncode == 0, printed
    assert "Oversold: 0 by us" in printed and "Traceback" not in printed
    assert not any((tmp_path / "tmp").iterdir())
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address[0]}/healthz")


# What it refuses


def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *options: str | Path, **environment: str) -> str:
    """What it says before anything was started. Nothing is left behind."""
    for name in os.environ:
        if name.startswith("TALLYSTICK_"):
            monkeypatch.delenv(name)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    umask = os.umask(0o022)
    try:
        result = CliRunner().invoke(app, ["demo", "--plain", *map(str, options)], env=environment | {"COLUMNS": "200"})
    finally:
        os.umask(umask)
    assert result.exit_code == 1, result.output
    assert not any((tmp_path / "tmp").iterdir())
    return result.stderr


@pytest.mark.parametrize("marked", [False, True])
def test_a_directory_with_a_real_shop_is_refused_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marked: bool) -> None:
    """Even one that the demo made, if somebody connected a real shop there."""
    home = tmp_path / "data"
    home.mkdir()
    store = Database(f"sqlite:///{home / 'tallystick.sqlite'}", finish=domain.finish)
    migrations.upgrade(f"sqlite:///{home / 'tallystick.sqlite'}")
    store.run(open_store, "EUR")
    facts = {"settings": {"url": "https://shop.example"}, "credentials": "", "location_codes": ["STUDIO"], "cause": Cause("test")}
    store.run(channels.connect, id=chance.new_id(), kind="woocommerce", name="Our own shop", **facts)
    store.close()
    if marked:
        (home / MARK).touch()
    before = (home / "tallystick.sqlite").read_bytes()
    said = refused(tmp_path, monkeypatch, "--data-dir", home)
    assert said == f"{home} isn't the demo's: it may hold a real store. Name a directory that doesn't exist yet, or leave it out.\n"
    assert (home / "tallystick.sqlite").read_bytes() == before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_database_with_anything_in_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    said = refused(tmp_path, monkeypatch, TALLYSTICK_DATABASE_URL=database_url)
    assert said == "There is something in that database already: it may be a real store. Make an empty one for the demo.\n"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("shopify,amazon", "There is no kind of shop called 'amazon'; there are shopify, woocommerce, etsy, ebay."),
        ("7", "The demo has 1 to 6 shops: say how many, or name them, as in shopify,etsy,ebay,woocommerce."),
    ],
)
def test_shops_that_it_has_not_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, said: str) -> None:
    assert refused(tmp_path, monkeypatch, "--shops", asked) == f"{said}\n"


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(ShopifyShop()) as taken:
        port = int(taken.rpartition(":")[2])
        said = refused(tmp_path, monkeypatch, "--port", str(port))
    assert said == f"Port {port} is taken. Stop what listens there, or choose another one: --port {port + 1}.\n"


# Who oversold


@pytest.fixture
def score() -> Score:
    return Score()


def watched(score: Score, *shops: Shop, per: int = 1) -> list[Variant]:
    """A jar on sale in each shop, which shows none yet."""
    jars = [shop.add("JAR") for shop in shops]
    for shop, jar in zip(shops, jars, strict=True):
        score.watch(shop, {jar.counter: Sells("JAR", per)})
    return jars


def told(score: Score) -> tuple[int, int, int]:
    score.look()
    return score.us, score.shops, score.people


def test_a_unit_that_we_put_on_offer_twice_and_that_sells_twice_is_ours(score: Score) -> None:
    here, there = ShopifyShop(name="here"), ShopifyShop(name="there")
    first, second = watched(score, here, there)
    score.delivered("JAR", 1)
    here.write(first.counter, 1)
    there.write(second.counter, 1)
    assert here.buy({first.id: 1}) is not None and told(score) == (0, 0, 0)
    assert there.buy({second.id: 1}) is not None and told(score) == (1, 0, 0)


def test_a_set_takes_all_of_its_units(score: Score) -> None:
    shop = ShopifyShop()
    (jar,) = watched(score, shop, per=4)
    score.delivered("JAR", 7)
    shop.write(jar.counter, 2)
    shop.buy({jar.id: 2})
    assert told(score) == (1, 0, 0)


def test_what_a_cancelled_order_gives_back_is_sold_again_rightly(score: Score) -> None:
    shop = WooCommerceShop()
    (jar,) = watched(score, shop)
    score.delivered("JAR", 1)
    shop.write(jar.counter, 1)
    for _ in range(3):
        order = shop.buy({jar.id: 1}, paid=False)
        assert order is not None
        shop.cancel(order)
    assert shop.buy({jar.id: 1}) is not None
    assert told(score) == (0, 0, 0)


def test_a_number_typed_by_hand_is_the_persons_who_typed_it(score: Score) -> None:
    shop = ShopifyShop()
    (jar,) = watched(score, shop)
    score.delivered("JAR", 1)
    shop.write(jar.counter, 1)
    shop.hand_edit(jar.id, 3)
    shop.buy({jar.id: 2})
    assert told(score) == (0, 0, 1)


def test_a_unit_that_a_person_made_up_stays_theirs_when_its_order_is_cancelled_and_it_is_sold_again(score: Score) -> None:
    shop = ShopifyShop()
    (jar,) = watched(score, shop)
    shop.hand_edit(jar.id, 1)
    order = shop.buy({jar.id: 1})
    assert order is not None
    shop.cancel(order)
    shop.buy({jar.id: 1})
    assert told(score) == (0, 0, 2)


def test_an_order_entered_by_hand_is_the_persons_who_entered_it(score: Score) -> None:
    shop = ShopifyShop()
    (jar,) = watched(score, shop)
    shop.buy({jar.id: 1}, force=True)
    assert told(score) == (0, 0, 1)


def test_a_number_typed_by_hand_and_taken_back_in_time_excuses_nobody(score: Score) -> None:
    here, there = ShopifyShop(name="here"), ShopifyShop(name="there")
    first, second = watched(score, here, there)
    score.delivered("JAR", 1)
    here.hand_edit(first.id, 1)
    here.write(first.counter, 0)
    for shop, jar in ((here, first), (there, second)):
        shop.write(jar.counter, 1)
        shop.buy({jar.id: 1})
    assert told(score) == (1, 0, 0)


def test_a_last_unit_that_a_checkout_sells_twice_is_the_shops(score: Score) -> None:
    shop = WooCommerceShop()
    shop.races = 1.0
    (jar,) = watched(score, shop)
    score.delivered("JAR", 1)
    shop.write(jar.counter, 1)
    assert all(shop.buy({jar.id: 1}) for _ in range(2))
    assert told(score) == (0, 1, 0)


def test_what_a_shop_sold_twice_may_be_missed_elsewhere(score: Score) -> None:
    """It sold its own unit twice while there was another; the other shop's buyer comes too late."""
    here, there = WooCommerceShop(), ShopifyShop()
    here.races = 1.0
    first, second = watched(score, here, there)
    score.delivered("JAR", 2)
    here.write(first.counter, 1)
    there.write(second.counter, 1)
    assert all(here.buy({first.id: 1}) for _ in range(2)) and told(score) == (0, 0, 0)
    assert there.buy({second.id: 1}) and told(score) == (0, 1, 0)


# What one sees


@pytest.mark.parametrize(("shops", "width", "height"), [(3, 80, 24), (6, 120, 40), (6, 80, 24)])
def test_the_screen_fits_the_terminal(shops: int, width: int, height: int) -> None:
    stands = [Stand(index, KINDS[index % len(KINDS)]) for index in range(shops)]
    pages: dict[str, list[dict[str, Any]]] = {
        "/v1/stock": [{"sku": code, "on_hand": 123, "available": 12, "allotted": 100} for code in CODES],
        "/v1/counters": [
            {"channel_id": stand.name, "external_id": counter, "known": True, "on_offer": 12}
            for stand in stands
            for counter in stand.counters.values()
        ],
        "/v1/channels": [{"id": stand.name, "status": "live", "lane": {"refused": None, "failures": 3}} for stand in stands],
        "/v1/exceptions": [{"severity": "urgent"}],
        "/v1/orders": [{"id": "1", "channel_id": "Harbour"}, {"id": "2", "channel_id": "Harbour"}],
        "/v1/deliveries": [{"id": "1", "channel_id": "Harbour"}],
        "/v1/writes": [{"id": "1", "channel_id": "Harbour", "mode": "rebase"}, {"id": "2", "channel_id": "Harbour", "mode": "absolute"}],
    }
    service: Any = SimpleNamespace(all=lambda path, **_: pages[path], get=lambda path, **_: {"items": pages[path], "next": None})
    for stand in stands:
        stand.channel_id = stand.name
    figures = view.Figures(service, stands, Score())
    figures.look()
    console = Console(width=width, height=height, record=True, force_terminal=True, file=io.StringIO())
    frame = view.Frame("http://127.0.0.1:8000", "demo-" + "0" * 32, 1.0, 0.1)
    console.print(view.screen(figures, frame, 65.0, height))
    lines = console.export_text().rstrip("\n").split("\n")
    assert len(lines) <= height and max(map(len, lines)) <= width
    assert "http://127.0.0.1:8000/docs" in lines[1] and "demo-" + "0" * 32 in lines[1]
    assert [line.split() for line in lines if line.startswith("Harbour")] == [["Harbour", "shopify", "2", "1", "1", "unreachable"]]
    assert [line.split()[:7] for line in lines if line.startswith("MUG-SAGE")] == [["MUG-SAGE", "123", "12", "100", *["0·12"] * 3]]
    assert all(name in "".join(lines) for name in NAMES[:shops])
    assert any(line.startswith("Oversold 0 by us, 0 by a shop's own counter, 0 by a person") for line in lines)
    assert any(line.startswith("No promise for Etsy") for line in lines)
    assert "Exceptions open 1, of them urgent 1" in "".join(lines)


# Shops on real HTTP


def test_a_shop_that_went_down_comes_up_again_under_its_address() -> None:
    site = Site(ShopifyShop())
    site.open()
    url = site.url
    try:
        assert httpx.get(f"{url}/nothing").status_code == 404
        site.close()
        assert not site.is_up
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/nothing")
        site.open()
        assert (site.url, httpx.get(f"{url}/nothing").status_code) == (url, 404)
    finally:
        site.close()


def test_over_http_a_request_goes_wrong_as_it_is_set() -> None:
    shop = WooCommerceShop()
    faults = Faults(hangs_s=(0.0, 0.1), late_s=(0.0, 0.1))
    handled: list[str] = []
    answer = shop.handle

    def counted(request: httpx.Request) -> httpx.Response:
        handled.append(request.url.path)
        return answer(request)

    shop.handle = counted  # type: ignore[method-assign]
    site = Site(shop, faults=faults)
    site.open()
    try:
        faults.fail_before = 1.0
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{site.url}/before")
        faults.fail_before, faults.fail_after = 0.0, 1.0
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{site.url}/after")
        faults.fail_after, faults.land_late = 0.0, 1.0
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{site.url}/late")
        until(lambda: "/late" in handled, within_s=5, what="it lands late")
        faults.land_late, faults.limited = 0.0, 1.0
        limited = httpx.get(f"{site.url}/limited")
        assert (limited.status_code, limited.headers["retry-after"]) == (429, "2")
        faults.limited, faults.broken = 0.0, 1.0
        assert httpx.get(f"{site.url}/broken").status_code == 503
        assert [path for path in handled if path != "/broken"] == ["/after", "/late"]
    finally:
        site.close()
