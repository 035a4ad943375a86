"""A store that isn't the one it was notices it by its mark, writes to no shop, says why, and goes on when a person says so."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.database import Database
from app.domain import channels, exceptions, recovery, store
from app.main import open_database
from app.mark import Mark, NoMark
from app.sandbox.server import served
from app.sandbox.shop import Kind
from app.sandbox.shopify import ShopifyShop
from app.settings import Settings
from tests.servers import Postgres, Server, until
from tests.shop import CAUSE
from tests.test_kill_lanes import _made, _receive

# The mark


@contextmanager
def opened(data_dir: Path, *, url: str = "", mark: Path | None = None) -> Iterator[tuple[Database, Mark]]:
    """The store that lies there, as a process that starts finds it."""
    data_dir.mkdir(exist_ok=True)
    settings = Settings(data_dir=data_dir, database_url=url, mark_file=mark)
    database = open_database(settings)
    try:
        yield database, Mark(database, settings)
    finally:
        database.close()


def connected(database: Database) -> str:
    """A live channel; nobody works for it."""
    id = chance.new_id()
    facts = {"settings": {}, "credentials": "", "location_codes": ["STUDIO"]}
    database.run(channels.connect, id=id, kind="woocommerce", name="Our shop", cause=CAUSE, **facts)
    database.run(channels.change, id, {"status": "live"}, cause=CAUSE)
    return id


def state(database: Database) -> tuple[int, str | None]:
    """The epoch, and why it recovers."""
    found = database.look(recovery.view)
    return found["epoch"], found["why"]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The data directory of a store with a shop, which was stopped as it should be."""
    with opened(tmp_path / "data") as (database, mark):
        mark.compare()
        connected(database)
        mark.renew()
    assert (tmp_path / "data.mark").stat().st_mode & 0o777 == 0o600
    return tmp_path / "data"


def started(data_dir: Path, **more: Any) -> tuple[int, str | None]:
    with opened(data_dir, **more) as (database, mark):
        mark.compare()
        found = state(database)
        statuses = {row["status"] for row in database.look(channels.active)}
        assert statuses == {"live" if found[1] is None else "recovering"}
        return found


def test_a_store_that_was_stopped_or_moved_with_its_mark_goes_on(kept: Path, tmp_path: Path) -> None:
    assert started(kept) == (1, None)
    (tmp_path / "new").mkdir()
    moved = kept.rename(tmp_path / "new" / "shop")
    (tmp_path / "data.mark").rename(tmp_path / "new" / "shop.mark")
    assert started(moved) == (1, None)


def test_a_copy_recovers_with_and_without_the_mark_and_is_told_so_once(kept: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(kept, tmp_path / "copy")
    assert started(copy) == (2, "no_mark")
    assert started(copy) == (2, "no_mark")  # from here on it has a mark, and still waits for a person
    shutil.copytree(kept, tmp_path / "other")
    shutil.copyfile(tmp_path / "data.mark", tmp_path / "other.mark")
    assert started(tmp_path / "other") == (2, "copied")
    assert started(kept) == (1, None)


def test_an_old_file_put_back_in_place_another_stores_mark_and_a_broken_one_are_noticed(kept: Path, tmp_path: Path) -> None:
    file, mark = kept / "tallystick.sqlite", tmp_path / "data.mark"
    old = file.read_bytes()
    with opened(kept) as (database, found):
        found.compare()
        database.run(channels.change, database.look(channels.active)[0]["id"], {"name": "The shop"}, cause=CAUSE)
        found.renew()
    file.write_bytes(old)  # the same file, as far as the disk knows
    assert started(kept) == (2, "older")

    for said, why in ((b"not a mark", "unreadable_mark"), (mark.read_bytes().replace(b'"epoch":2', b'"epoch":1'), "other_epoch")):
        file.write_bytes(old)
        mark.write_bytes(said)
        assert started(kept)[1] == ("older" if why == "other_epoch" else why)
    with opened(tmp_path / "another") as (database, found):
        connected(database)
        found.renew()
    file.write_bytes(old)
    assert started(kept, mark=tmp_path / "another.mark") == (2, "other_store")


def test_a_process_that_dies_between_raising_the_epoch_and_writing_the_mark_loses_nothing(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.with_name("data.mark").unlink()
    with opened(kept) as (database, mark), monkeypatch.context() as patch:
        patch.setattr(mark, "_write", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            mark.compare()
        assert state(database) == (2, "no_mark")
    assert started(kept) == (3, "no_mark")
    with opened(kept) as (database, _):
        assert [row["subject"] for row in database.look(exceptions.page, None, 10, open=True)] == ["3"]


def test_a_store_without_shops_gets_its_mark_and_one_with_shops_doesnt_start_where_none_can_be_written(kept: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "data.mark" / "mark"
    with opened(tmp_path / "fresh", mark=nowhere) as (database, mark):
        mark.compare()
        assert state(database) == (1, None)
    with opened(kept, mark=nowhere) as (database, mark), pytest.raises(NoMark, match="TALLYSTICK_MARK_FILE"):
        mark.compare()
    refused = Server(kept, mark_file=str(nowhere)).run("serve")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "TALLYSTICK_MARK_FILE" in refused.stderr


def test_on_postgresql_another_database_recovers_and_another_process_on_the_same_doesnt(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.url_for_new_database()
    with opened(tmp_path / "one", url=url) as (database, mark):
        mark.compare()
        connected(database)
        mark.compare()
        mark.renew()
        with opened(tmp_path / "two", url=url) as (other, second):
            second.compare()
            assert state(other) == state(database) == (1, None)
    assert started(tmp_path / "three", url=postgres.url_for_new_database(like=url)) == (2, "other_database")
    assert started(tmp_path / "one", url=url) == (1, None)
    with opened(tmp_path / "one", url=url) as (database, mark):
        # A dump of before was put back into it.
        database.run(lambda session: session.execute(recovery.update(store.store).values(epoch=0)))
        mark.compare()
        assert state(database) == (1, "older")
    # It was moved by its own means while the service ran: a standby took over.
    with opened(tmp_path / "two", url=url) as (database, mark):
        database.run(lambda session: session.execute(recovery.update(store.store).values(place="1/2/00000001", recovering_since=None)))
        mark.renew()
        assert state(database)[0] == 2


# The whole service, and a shop over HTTP


@pytest.fixture(scope="module")
def trading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, ShopifyShop, str]]:
    """A store that sells bowls in a shop, and has written its number there."""
    with ExitStack() as stack:
        shop = ShopifyShop(name="north")
        shop.url = stack.enter_context(served(shop))
        shop.index_lag_s = 0.2
        variant = shop.add("BOWL", 0, title="Bowl").id
        server = Server(tmp_path_factory.mktemp("shop") / "data")
        server._environment["TALLYSTICK_PUBLIC_URL"] = server.url
        stack.enter_context(server)
        with server.client() as api:
            _made(api, "/v1/products", {"title": "Bowl", "skus": [{"code": "BOWL", "price": {"amount": 2400, "currency": "EUR"}}]})
            settings = {"shop": shop.name, "location_id": shop.location, "base_url": shop.url, "order_lag_s": "1"}
            credentials = {"client_id": shop.client_id, "client_secret": shop.secrets[-1]}
            draft = {"kind": shop.kind, "name": shop.name, "settings": settings, "credentials": credentials, "locations": ["STUDIO"]}
            channel = _made(api, "/v1/channels", draft)
            until(lambda: _is_read(server), within_s=60, what="the shop was read")
            _made(api, f"/v1/channels/{channel['id']}/start", {})
        _receive(server, 10)
        until(lambda: shop.counters[_counter(shop)] > 0, within_s=60, what="the shop sells")
        yield server, shop, variant


def _counter(shop: ShopifyShop) -> str:
    (counter,) = shop.counters
    return counter


def _is_read(server: Server) -> bool:
    with server.client() as api:
        return any(counter["known"] for counter in api.get("/v1/counters").json()["items"])


def _get(server: Server, path: str, **query: Any) -> Any:
    with server.client() as api:
        return api.get(path, params=query).json()


def _granted(shop: ShopifyShop) -> int:
    with shop.lock:
        return sum(entry.kind is Kind.GRANTED for entry in shop.log)


def _addresses(shop: ShopifyShop) -> list[str]:
    with shop.lock:
        return sorted(each.uri for each in shop.subscriptions.values())


@pytest.mark.timeout(120)
def test_a_copy_started_elsewhere_writes_nothing_and_says_why_while_the_original_goes_on(
    trading: tuple[Server, ShopifyShop, str], tmp_path: Path
) -> None:
    server, shop, _ = trading
    server.stop()
    shutil.copytree(server.data_dir, tmp_path / "copy")
    copy = Server(tmp_path / "copy", key_file=f"{server.data_dir}.key")
    copy._environment["TALLYSTICK_PUBLIC_URL"] = copy.url
    hooks, granted = _addresses(shop), _granted(shop)
    with copy:
        # It would raise the number there, if it were allowed to.
        _receive(copy, 50)
        until(lambda: _get(copy, "/v1/recovery")["channels"][0]["counters_read"] == 1, within_s=60, what="the copy has read the shop")
        found = _get(copy, "/v1/recovery")
        assert (found["recovering"], found["why"], found["epoch"]) == (True, "no_mark", 2)
        (opened,) = _get(copy, "/v1/exceptions", open="true", cause="recovering")["items"]
        assert opened["severity"] == "urgent" and "tallystick resume" in opened["advice"]
        assert copy.log.read_text().count("NOTHING IS WRITTEN TO YOUR SHOPS") == 2  # in the log, and where the address is shown
        assert [row["status"] for row in _get(copy, "/v1/channels")["items"]] == ["recovering"]
        with copy.client() as api:
            refused = api.post(f"/v1/channels/{found['channels'][0]['channel_id']}/start")
            assert (refused.status_code, "resume" in refused.json()["detail"]) == (409, True)
            refused = api.post("/v1/recovery/resume")
            assert (refused.status_code, refused.json()["code"]) == (409, "not_ready")
        assert (_granted(shop), _addresses(shop)) == (granted, hooks)
        server.start()
        assert _get(server, "/v1/recovery")["recovering"] is False
        _receive(server, 50)
        until(lambda: _granted(shop) > granted, within_s=60, what="the original raises the number")


@pytest.mark.timeout(120)
def test_a_store_whose_mark_is_lost_is_resumed_from_the_command_line(trading: tuple[Server, ShopifyShop, str]) -> None:
    server, shop, variant = trading
    server.stop()
    server.data_dir.with_name("data.mark").unlink()
    with shop.lock:
        assert shop.buy({variant: 2}) is not None
    told = server.run("resume", "--yes")
    assert (told.returncode, "Start `tallystick serve` first" in told.stderr) == (1, True)

    server.start()
    with closing(sqlite3.connect(server.data_dir / "tallystick.sqlite")) as raw, raw:
        # A quarter of an hour goes by: nothing that was sent before can arrive any more.
        raw.execute("UPDATE store SET recovering_since = datetime(recovering_since, '-20 minutes')")
    resumed = server.run("resume", "--yes")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert "north is live." in resumed.stdout
    assert _get(server, "/v1/recovery")["recovering"] is False
    found = _get(server, "/v1/orders")["items"]
    assert [line["committed"] for order in found for line in order["lines"]] == [2]
    assert _get(server, "/v1/exceptions", open="true", cause="recovering")["items"] == []
