"""A store moves from SQLite to PostgreSQL while its shops go on selling, and at no moment are there two of it."""

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock, Timeout
from sqlalchemy import Connection, create_engine, text, update
from typer.testing import CliRunner

from app import backups, chance, cli, copying, domain, main, mark, migrations
from app.copying import Copied, NotCopied
from app.database import Database, Session
from app.directory import DirectoryHeld, held
from app.domain import channels, checking, events, exceptions, recovery, store
from app.mark import Mark, Moved, Rehearsal
from app.sandbox.server import served
from app.sandbox.shopify import ShopifyShop
from app.settings import Settings
from tests import test_kill_lanes as selling
from tests.landed import make
from tests.servers import Postgres, Server, until
from tests.shop import CAUSE, everything

NEWEST = max(path.stem for path in make.HERE.glob("*.sql"))


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of this release with something in almost every table, and a shop that it writes to."""
    path = tmp_path_factory.mktemp("landed") / "tallystick.sqlite"
    with sqlite3.connect(path) as raw:
        raw.executescript((make.HERE / f"{NEWEST}.sql").read_text())
    raw.close()
    migrations.upgrade(f"sqlite:///{path}")
    with opened(f"sqlite:///{path}") as database:
        live = {"recovering_since": None, "recovering_why": None, "knows_until": None}
        database.run(lambda session: session.execute(update(store.store).values(**live)))
        database.run(lambda session: session.execute(update(channels.channels).values(status="live")))
        later = chance.now() + timedelta(hours=1)
        database.run(lambda session: session.execute(update(channels.lanes).values(holder="killed", lease_until=later)))
    return path


@pytest.fixture
def here(landed: Path, tmp_path: Path) -> Settings:
    """The store's directory, with its key beside it."""
    settings = Settings(data_dir=tmp_path / "data", database_url="")
    settings.data_dir.mkdir()
    (settings.data_dir / "tallystick.sqlite").write_bytes(landed.read_bytes())
    settings.key.write_text(json.loads((make.HERE / f"{NEWEST}.json").read_text())["key"])
    with opened(settings.database) as database:
        Mark(database, settings).renew()
    return settings


@pytest.fixture
def there(postgres: Postgres, migrated_postgresql: str) -> Iterator[str]:
    """An empty database, as a copy that was broken off leaves it."""
    url = postgres.url_for_new_database(like=migrated_postgresql)
    yield url
    postgres.drop(url)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url, finish=domain.finish, writers=1, readers=1)
    try:
        yield database
    finally:
        database.close()


def rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what says where it lies and which transaction appended it."""
    with opened(url) as database:
        found = database.look(everything)
    seq, tx = (events.events.c.keys().index(name) for name in ("seq", "tx"))
    found["events"] = sorted((row[:tx] + row[tx + 1 :] for row in found["events"]), key=lambda row: row[seq])
    place = store.store.c.keys().index("place")
    found["store"] = [row[:place] + row[place + 1 :] for row in found["store"]]
    return found


def quiet(what: str, done: int, total: int) -> None:
    pass


def state(url: str) -> tuple[int, str | None, set[str]]:
    """The epoch, why it recovers, and how its channels stand."""
    with opened(url) as database:
        found = database.look(recovery.view)
        return found["epoch"], found["why"], {row["status"] for row in database.look(channels.active)}


def starts(settings: Settings, url: str, *, data_dir: Path | None = None) -> None:
    """What a process does first of all with a database. Raises: Moved, Rehearsal."""
    elsewhere = Settings(data_dir=data_dir or settings.data_dir, database_url=url)
    with opened(elsewhere.database) as database:
        Mark(database, elsewhere).compare()


def test_a_move_brings_every_row_goes_on_live_and_leaves_nothing_that_could_be_started(here: Settings, there: str, tmp_path: Path) -> None:
    before = rows(here.database)
    told: set[str] = set()

    def progress(what: str, done: int, total: int) -> None:
        told.add(what)
        with pytest.raises(Timeout):  # nobody gives the store another key meanwhile
            FileLock(f"{here.key}.lock").acquire(timeout=0)

    assert copying.copy(here, there, progress, move=True) == Copied(sum(map(len, before.values())), mark_of(there))
    assert told == {*before, "compared"}
    # A worker that was killed holds nothing any more; apart from that, not a letter differs.
    after = rows(there)
    holder, until_ = (channels.lanes.c.keys().index(name) for name in ("holder", "lease_until"))
    (lane,), (was,) = after.pop("lanes"), before.pop("lanes")
    assert (lane[holder], lane[until_] <= chance.now(), was[until_] > chance.now()) == (None, True, True)
    assert after == before

    starts(here, there)
    assert state(there) == (state(here.database)[0], None, {"live"})
    with opened(there) as database:
        assert database.look(checking.check) == []
        database.run(lambda session: events.append(session, "tested", None, {}, cause=CAUSE))
        last = database.look(lambda session: session.scalar(text("SELECT max(seq) FROM events")))
    assert last == before["events"][-1][0] + 1

    with pytest.raises(Moved, match=r"TALLYSTICK_DATABASE_URL.*--undo"):
        starts(here, here.database)
    with pytest.raises(Moved):
        backups.back_up(here.database, tmp_path / "tonight.backup")
    refused = CliRunner().invoke(cli.app, ["key", "rotate"], env={"TALLYSTICK_DATA_DIR": str(here.data_dir)})
    assert (refused.exit_code, "was moved to" in refused.stderr) == (1, True)
    with pytest.raises(Moved):
        copying.copy(here, there, quiet, move=False)
    assert copying.copy(here, there, quiet, move=True).rows == 0  # whoever isn't sure may ask again


def mark_of(url: str) -> str:
    where, _, name = url.rpartition("@")[2].partition("/")
    return f"{name} at {where}"


def test_a_rehearsal_writes_to_no_shop_may_be_repeated_and_doesnt_touch_the_stores_own_files(
    here: Settings, there: str, tmp_path: Path
) -> None:
    before, marked = rows(here.database), here.mark.read_text()
    with held(here.data_dir):  # it is being served
        assert copying.copy(here, there, quiet, move=False).rows > 300
        assert copying.copy(here, there, quiet, move=False).rows > 300
        with pytest.raises(DirectoryHeld):
            copying.copy(here, there, quiet, move=True)
    assert (rows(here.database), state(here.database)[1]) == (before, None)
    assert state(there) == (state(here.database)[0] + 1, "rehearsal", {"recovering"})
    with opened(there) as database:
        assert database.look(checking.check) == []
        (told,) = database.look(exceptions.page, None, 10, open=True, cause_="recovering")
        assert (told["severity"], "rehearsal" in told["advice"]) == ("urgent", True)
        with pytest.raises(NotCopied, match="Somebody is connected"):
            copying.copy(here, there, quiet, move=False)
    with pytest.raises(Rehearsal, match="TALLYSTICK_DATA_DIR"):
        starts(here, there)
    starts(here, there, data_dir=tmp_path / "rehearsal")
    assert (state(there)[0], here.mark.read_text()) == (state(here.database)[0] + 1, marked)


def test_a_store_without_shops_is_rehearsed_and_moved_too(tmp_path: Path, migrated_sqlite: Path, there: str) -> None:
    settings = Settings(data_dir=tmp_path, database_url="")
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    with opened(settings.database) as database:
        database.run(main.open_store, "EUR")
    copying.copy(settings, there, quiet, move=False)
    assert state(there) == (2, "rehearsal", set())
    copying.copy(settings, there, quiet, move=True)
    assert state(there) == (1, None, set())


def test_a_move_that_is_taken_back_makes_the_old_store_recover(here: Settings, there: str) -> None:
    with pytest.raises(NotCopied, match="wasn't moved"):
        copying.undo(here)
    epoch = state(here.database)[0]
    copying.copy(here, there, quiet, move=True)
    assert copying.undo(here) == mark_of(there)
    starts(here, here.database)
    # Once as it was taken back, and once because the mark beside it knows nothing of that.
    assert state(here.database) == (epoch + 2, "moved", {"recovering"})
    with pytest.raises(NotCopied, match="not as a rehearsal"):
        copying.copy(here, there, quiet, move=True)


def test_what_arrives_differently_isnt_kept(here: Settings, there: str) -> None:
    told(there, "CREATE FUNCTION meddle() RETURNS trigger AS 'BEGIN NEW.phone := 1; RETURN NEW; END' LANGUAGE plpgsql")
    told(there, "CREATE TRIGGER meddle BEFORE INSERT ON contacts FOR EACH ROW EXECUTE FUNCTION meddle()")
    with pytest.raises(NotCopied, match="contacts"):
        copying.copy(here, there, quiet, move=True)
    assert told(there, "SELECT count(*) FROM store") == 0
    starts(here, here.database)


def test_books_that_dont_balance_are_mended_before_they_are_copied(here: Settings, there: str) -> None:
    with opened(here.database) as database:
        database.run(lambda session: session.execute(text("UPDATE stock_levels SET available = available + 1")).rowcount)
    with pytest.raises(NotCopied, match="check --repair"):
        copying.copy(here, there, quiet, move=True)
    assert told(there, "SELECT count(*) FROM store") == 0


def test_where_a_store_cant_go_is_said_with_what_to_do(here: Settings, postgres: Postgres, there: str, tmp_path: Path) -> None:
    def refused(to: str, settings: Settings = here) -> str:
        with pytest.raises(NotCopied) as caught:
            copying.copy(settings, to, quiet, move=True)
        return str(caught.value)

    server, _, _ = there.rpartition("/")
    assert "postgresql://tallystick@localhost/tallystick" in refused("shop") and "PostgreSQL only" in refused("sqlite:///shop")
    assert "names no database" in refused(server)
    assert "can't be reached" in refused("postgresql://me:geheim@127.0.0.1:1/shop") and "geheim" not in refused(
        "postgresql://:geheim@127.0.0.1:1/a"
    )
    assert f"createdb --host=127.0.0.1 --port={postgres.port} --username=tallystick --encoding=UTF8" in refused(f"{server}/nowhere")
    postgres._administer("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    assert "SQL_ASCII" in refused(f"{server}/ascii")
    strange = postgres.url_for_new_database()
    told(strange, "CREATE TABLE recipes (id int)")
    assert "aren't Tallystick's" in refused(strange)
    told(there, "CREATE ROLE visitor LOGIN")
    guest = postgres.url_for_new_database()
    assert 'OWNER TO "visitor"' in refused(guest.replace("tallystick@", "visitor@"))
    with opened(there) as database:
        database.run(main.open_store, "EUR")
    assert "holds another store" in refused(there)
    assert "PostgreSQL already" in refused(there, Settings(data_dir=here.data_dir, database_url=there))
    assert "There is no store at" in refused(there, Settings(data_dir=tmp_path / "nowhere", database_url=""))
    assert state(here.database)[2] == {"live"}
    starts(here, here.database)


def told(url: str, statement: str) -> Any:
    engine = create_engine(url)

    def first(connection: Connection) -> Any:
        found = connection.execute(text(statement))
        return found.scalar() if found.returns_rows else None

    try:
        with engine.begin() as connection:
            return first(connection)
    finally:
        engine.dispose()


# Broken off

_STOPPED = """
import sys
from app import copying, main
from app.settings import Settings
def stop(*_, **__):
    print("here", flush=True)
    sys.stdin.read()
setattr(copying, sys.argv[1], stop)
copying.copy(Settings(data_dir=sys.argv[2], database_url=""), sys.argv[3], lambda *_: None, move=True)
"""


@pytest.mark.parametrize("before", ["_arrive", "_to_be_finished"])
def test_a_move_that_is_killed_leaves_one_store_or_none_until_it_is_run_again(here: Settings, there: str, before: str) -> None:
    command = [sys.executable, "-c", _STOPPED, before, str(here.data_dir), there]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as process:
        assert process.stdout is not None and process.stdout.readline() == b"here\n"
        process.kill()
    assert told(there, "SELECT count(*) FROM store") == 0
    if before == "_arrive":
        starts(here, here.database)
    else:  # what lies here is sealed, and what was to arrive there hasn't
        with pytest.raises(Moved, match="run the same"):
            starts(here, here.database)
    assert copying.copy(here, there, quiet, move=True).rows > 300
    starts(here, there)
    assert state(there)[1:] == (None, {"live"})
    with pytest.raises(Moved):
        starts(here, here.database)


def test_a_connection_that_breaks_as_the_move_is_finished_is_said_and_the_same_command_finishes_it(
    here: Settings, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _, name = there.rpartition("/")
    sealed = mark.seal

    def seal(session: Session, where: str) -> None:
        sealed(session, where)
        told(f"{server}/postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

    with monkeypatch.context() as patch:
        patch.setattr(mark, "seal", seal)
        with pytest.raises(NotCopied, match="Run the same command again"):
            copying.copy(here, there, quiet, move=True)
    with pytest.raises(Moved):
        starts(here, here.database)
    assert copying.copy(here, there, quiet, move=True).rows > 300
    assert state(there)[1:] == (None, {"live"})


# The whole of it: processes, shops over HTTP, and buyers


@pytest.mark.timeout(300)
def test_a_store_is_given_another_key_rehearsed_and_moved_while_its_shops_sell_and_oversells_nothing(
    postgres: Postgres, tmp_path: Path
) -> None:
    url = postgres.url_for_new_database()
    with ExitStack() as stack:
        shops: list[tuple[ShopifyShop, str, str]] = []
        for shop in (ShopifyShop(name="north"), ShopifyShop(name="south")):
            address = stack.enter_context(served(shop))
            shop.url, shop.index_lag_s = address, 0.2
            shops.append((shop, shop.add("BOWL", 0, title="Bowl").id, address))
        server = Server(tmp_path / "data")
        server._environment["TALLYSTICK_PUBLIC_URL"] = server.url
        stack.enter_context(server)
        selling._open(server, shops)
        sold = 0
        received = selling.UNITS

        def trade() -> None:
            nonlocal sold, received
            while not over.is_set():
                sold += sum(selling._buys(*each[:2]) for each in shops)
                selling._carry(shops)
                selling._receive(server, 2)
                received += 2
                over.wait(0.3)

        over, buyers = threading.Event(), threading.Thread(target=trade)
        buyers.start()
        try:
            patient = "from app import vault; vault.GRACE_SECONDS = 1; from app.cli import app; app()"
            rotated = subprocess.run(
                [sys.executable, "-c", patient, "key", "rotate"], env=server._environment, check=False, capture_output=True, text=True
            )
            rehearsed = server.run("copy", url)
        finally:
            over.set()
            buyers.join()
        assert rotated.returncode == 0, rotated.stderr
        assert (rehearsed.returncode, "the books balance here and there" in rehearsed.stdout) == (0, True), rehearsed.stderr
        copy = Server(tmp_path / "rehearsal", database_url=url, key_file=f"{server.data_dir}.key")
        checked = copy.run("check")
        assert (checked.returncode, checked.stdout) == (0, "The books balance.\n"), checked.stderr

        server.stop()
        moved = server.run("copy", url, "--move")
        assert (moved.returncode, "TALLYSTICK_DATABASE_URL" in moved.stdout) == (0, True), moved.stderr
        sold += sum(selling._buys(*each[:2]) for each in shops)  # nobody answers the shops' messages meanwhile
        old = server.run("serve")
        assert (old.returncode, "was moved to" in old.stderr, old.stderr.count("\n")) == (1, True, 1)

        server._environment["TALLYSTICK_DATABASE_URL"] = url
        server.start()
        assert "NOTHING IS WRITTEN" not in server.log.read_text()
        selling._receive(server, 10)
        received += 10
        sold += sum(selling._buys(*each[:2]) for each in shops)
        until(lambda: selling._carry(shops) and selling._recorded(server) == sold, within_s=60, what="every sale is recorded")
        until(lambda: selling._carry(shops) and selling._agrees(server, shops), within_s=60, what="every counter shows what is believed")
        with server.client() as api:
            level = api.get("/v1/stock", params={"sku": "BOWL"}).json()["items"][0]
            assert (level["committed"], level["on_hand"]) == (sold, received)
            orders = api.get("/v1/orders", params={"limit": 200}).json()["items"]
            assert sum(line["short"] for order in orders for line in order["lines"]) == 0
            assert api.get("/v1/recovery").json()["recovering"] is False
        server.stop()
        checked = server.run("check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
