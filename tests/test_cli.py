"""The command line: what it says when all is well, and what it tells somebody who has something to mend."""

import asyncio
import os
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from app import domain, migrations, security
from app.cli import app
from app.database import Database
from app.domain import catalogue, postings, stock
from app.domain.catalogue import ProductDraft, SkuDraft
from app.domain.causes import Cause
from app.domain.postings import Posting
from app.main import open_store
from app.security import Gate, NoToken
from tests.servers import OWNER_TOKEN, Server

Run = Callable[..., Result]
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # where the database makes no difference


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command in this process, on a data directory of its own: run("check", DATABASE_URL=…)."""
    for name in os.environ:
        if name.startswith("TALLYSTICK_"):
            monkeypatch.delenv(name)

    def run(*arguments: str | Path, **environment: str) -> Result:
        settings = {"DATA_DIR": str(tmp_path / "data"), **environment}
        env = {f"TALLYSTICK_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=env | {"COLUMNS": "200"})

    return run


@pytest.fixture
def store(database_url: str) -> Iterator[tuple[Database, dict[str, str]]]:
    """A store with a few units in it, and the environment in which commands find it."""
    database = Database(database_url, finish=domain.finish)
    cause = Cause("test")
    database.run(open_store, "EUR")
    database.run(catalogue.create_product, ProductDraft("Mug", [SkuDraft("MUG-BLUE")]), cause=cause)
    database.run(postings.post, Posting("MUG-BLUE", "STUDIO", 5, "supplier", "available", "received"), cause=cause)
    database.run(security.add_token, "owner", "admin", OWNER_TOKEN)
    yield database, {"DATABASE_URL": database_url}
    database.close()


def said(result: Result, code: int) -> str:
    """All that was printed; a person can read it."""
    printed = result.stdout + result.stderr
    assert result.exit_code == code, printed
    assert "Traceback" not in printed
    return printed


# Starting


def test_a_port_that_is_taken_is_said_before_anybody_is_told_that_we_serve(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        printed = said(run("serve", "--port", str(port)), 1)
    assert printed == f"127.0.0.1, port {port}: Address already in use. If something listens there, stop it, or choose another --port.\n"


# Help and settings


def test_help_says_what_each_command_does_and_where_the_store_lies(run: Run) -> None:
    shown = said(run("--help"), 0)
    assert "TALLYSTICK_DATA_DIR" in shown and "./data" in shown
    for name in ("serve", "check", "token", "openapi", "backup", "restore"):
        assert re.search(rf"{name}\s+\w+", shown)
        assert len(said(run(name, "--help"), 0).split()) > 20
    for name in ("create", "list", "revoke"):
        assert re.search(rf"{name}\s+\w+", said(run("token", "--help"), 0))
    assert "read, write" in said(run("token", "create", "--help"), 0).replace("|", ", ")


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    assert "Usage:" in said(run(), 2)


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("PORT", "http", "valid integer"),
        ("PORT", "70000", "65535"),
        ("DATABASE_URL", "mysql://root@localhost/shop", "sqlite:///… and postgresql://…"),
        ("DATABASE_URL", "my database", "postgresql://user:password@localhost/tallystick"),
        ("OWNER_TOKEN", "secret", "at least 32 characters"),
        ("CURRENCY", "EURO", "such as EUR"),
        ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("MAX_BODY_BYTES", "10", "1000"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(run: Run, name: str, value: str, hint: str) -> None:
    for command in ("serve", "check"):
        (line,) = said(run(command, **{name: value}), 2).splitlines()
        assert line.startswith(f"TALLYSTICK_{name}: ") and hint in line
        assert value != "secret" or "secret" not in line


def test_an_unknown_option_is_refused(run: Run) -> None:
    assert "65535" in said(run("serve", "--port", "99999"), 2)


# Serving


def test_the_first_start_makes_a_token_that_only_its_owner_can_read_and_a_second_is_told_who_was_first(tmp_path: Path) -> None:
    with Server(tmp_path / "data", owner_token="") as server:
        file = server.data_dir / "owner-token"
        assert file.stat().st_mode & 0o777 == 0o600
        token = file.read_text().strip()
        printed = server.log.read_text()
        assert f"{server.url}/v1" in printed and f"{server.url}/docs" in printed and str(file) in printed
        assert token not in printed
        assert httpx.get(f"{server.url}/v1/stock", headers={"Authorization": f"Bearer {token}"}).status_code == 200

        with ThreadPoolExecutor(2) as both:
            asked = (
                both.submit(server.run, "serve", "--port", "0"),
                both.submit(Server(tmp_path / "other").run, "serve", "--port", str(server.port)),
            )
        second, elsewhere = (future.result() for future in asked)
        assert (second.returncode, second.stdout) == (1, "")
        (line,) = second.stderr.splitlines()
        assert f"process {server.pid} on " in line and str(server.data_dir) in line
        assert elsewhere.returncode != 0
        assert str(server.port) in elsewhere.stderr and "in use" in elsewhere.stderr and "Traceback" not in elsewhere.stderr


def test_a_token_that_is_given_is_good_and_written_nowhere(tmp_path: Path) -> None:
    with Server(tmp_path / "data", log_format="json") as server:
        with server.client() as client:
            assert client.get("/v1/stock").status_code == 200
        assert not (server.data_dir / "owner-token").exists()
        printed = server.log.read_text()
        assert "as given in TALLYSTICK_OWNER_TOKEN" in printed and OWNER_TOKEN not in printed


@on_sqlite
def test_an_owners_token_of_which_nothing_was_written_is_made_again(database_url: str, tmp_path: Path) -> None:
    database = Database(database_url)
    (tmp_path / "owner-token").touch()
    path = security.owner_token(database, tmp_path, None)
    assert path is not None and len(path.read_text().strip()) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert asyncio.run(Gate(database).caller(path.read_text().strip())).scope == "admin"
    assert security.owner_token(database, tmp_path, None) == path
    database.close()


def test_a_store_of_a_newer_release_is_not_touched(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    database, where = store
    database.run(lambda session: session.execute(text("UPDATE alembic_version SET version_num = '9999'")).rowcount)
    for command in ("serve", "check"):
        (line,) = said(run(command, **where), 1).splitlines()
        assert "9999" in line and migrations.head() in line


@pytest.mark.parametrize("command", ["serve", "check", "token list"])
def test_a_database_that_nobody_answers_for_is_named_in_one_line(run: Run, command: str) -> None:
    (line,) = said(run(*command.split(), DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/shop"), 1).splitlines()
    assert "refused" in line.lower() and "secret" not in line


def test_a_data_directory_that_cannot_be_one_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in said(run("serve", DATA_DIR=str(tmp_path / "file" / "data")), 1)


@pytest.mark.parametrize("command", ["check", "token list", "token create me", "backup a.file"])
def test_a_store_that_is_not_there_yet_is_not_made_by_looking_at_it(run: Run, tmp_path: Path, command: str) -> None:
    assert "tallystick serve" in said(run(*command.split()), 1)
    assert not list(tmp_path.glob("data/*"))


# Checking


@on_sqlite
def test_books_that_balance_are_said_to(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    assert said(run("check", **store[1]), 0) == "The books balance.\n"


def test_a_level_that_somebody_tampered_with_is_named(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    database, where = store
    database.run(lambda session: session.execute(text("UPDATE stock_levels SET available = 6, committed = 2")).rowcount)
    found = said(run("check", **where), 1)
    sku = database.look(catalogue.by_code, "MUG-BLUE")["id"]
    assert re.search(rf"level {sku} \S+ available: 6 is kept, 5 is what the entries make", found)
    assert re.search(rf"committed {sku} \S+: 2 is kept, 0 is what the entries make", found)
    assert "figures don't balance" in found


def test_a_repair_is_proposed_and_done_when_it_is_wanted_and_then_the_books_balance(
    run: Run, store: tuple[Database, dict[str, str]]
) -> None:
    database, where = store
    database.run(lambda session: session.execute(text("UPDATE stock_levels SET available = 6")).rowcount)
    assert "`tallystick check --repair` says what can be done about it." in said(run("check", **where), 1)
    proposed = said(run("check", "--repair", **where), 1)
    assert "Proposed: MUG-BLUE at STUDIO: " in proposed and "1 unit from adjustment to available" in proposed
    assert "`tallystick check --repair --yes` does what was proposed." in proposed
    assert len(database.look(stock.page_movements, None, 10)) == 1
    repaired = said(run("check", "--repair", "--yes", **where), 0)
    assert "Repaired: MUG-BLUE at STUDIO: " in repaired and repaired.endswith("The books balance.\n")
    assert [row["reason"] for row in database.look(stock.page_movements, None, 10)] == ["received", "repair"]
    assert said(run("check", "--repair", **where), 0) == "The books balance.\n"
    assert "--repair" in said(run("check", "--yes", **where), 2)


# Explaining


@on_sqlite
def test_a_name_is_explained_and_one_that_nobody_has_is_said_to_be(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    _, where = store
    shown = said(run("explain", "mug-blue", **where), 0)
    assert "available             5  = received +5" in shown and "supplier → available at STUDIO  (received)  [test]" in shown
    assert "Did you mean MUG-BLUE?" in said(run("explain", "MUG-BLEU", **where), 1)
    assert "MUG-BLUE, a SKU" in said(run("explain", "--help"), 0)


# Tokens


@on_sqlite
def test_a_token_is_made_listed_and_revoked(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    database, where = store
    token = said(run("token", "create", "web shop", "--scope", "read", "--days", "7", **where), 0).strip()
    caller = asyncio.run(Gate(database).caller(token))
    assert (caller.name, caller.scope) == ("web shop", "read")
    listed = said(run("token", "list", **where), 0)
    assert all(word in listed for word in ("web shop", "read", caller.token_id, "owner", "admin"))
    assert token not in listed
    assert said(run("token", "revoke", caller.token_id, **where), 0) == "Revoked.\n"
    with pytest.raises(NoToken, match="revoked"):
        asyncio.run(Gate(database).caller(token))


@on_sqlite
def test_a_token_without_a_scope_may_write_and_is_good_for_ever(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    database, where = store
    token = said(run("token", "create", "script", **where), 0).strip()
    assert asyncio.run(Gate(database).caller(token)).scope == "write"


def test_a_wrong_scope_or_id_is_refused_with_what_would_be_right(run: Run, store: tuple[Database, dict[str, str]]) -> None:
    _, where = store
    assert "admin" in said(run("token", "create", "me", "--scope", "all", **where), 2)
    said(run("token", "create", "me", "--days", "0", **where), 2)
    unknown = "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d"
    assert unknown in said(run("token", "revoke", unknown, **where), 1)
    for no_id in ("mine", ""):
        assert "UUID" in said(run("token", "revoke", no_id, **where), 2)
    for no_name in ("", " ", "m" * 101):
        assert "1 to 100" in said(run("token", "create", no_name, **where), 2)
    assert said(run("token", "list", **where), 0).count("│") < 20


# The contract


def test_a_contract_that_has_drifted_is_noticed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"
    assert str(path) in said(run("openapi", "--land", "--path", path), 0)
    said(run("openapi", "--check", "--path", path), 0)
    path.write_text(path.read_text().replace("Place an order", "Take an order"))
    assert "make openapi" in said(run("openapi", "--check", "--path", path), 1)
    assert str(tmp_path / "nowhere") in said(run("openapi", "--path", tmp_path / "nowhere" / "openapi.json"), 1)


# Backups (what they hold is tests/test_backup.py's business)


def test_a_backup_is_not_written_over_a_file_and_what_is_none_is_not_restored(
    run: Run, store: tuple[Database, dict[str, str]], tmp_path: Path
) -> None:
    _, where = store
    file = tmp_path / "shop.backup"
    assert str(file) in said(run("backup", file, **where), 0)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "choose another name" in said(run("backup", file, **where), 1)
    nowhere = file.parent / "nowhere"
    assert f"There is no folder {nowhere}; make it first.\n" in said(run("backup", nowhere / "first.sqlite", **where), 1)
    with sqlite3.connect(tmp_path / "other.sqlite") as other:
        other.execute("CREATE TABLE notes (id)")
    other.close()
    (tmp_path / "text").write_text("no backup at all, whatever its name says" * 100)
    for wrong in (tmp_path / "nothing", tmp_path / "text", tmp_path / "other.sqlite", tmp_path):
        assert str(wrong) in said(run("restore", wrong), 1)
    assert not list(tmp_path.glob("data/*.sqlite"))
    assert "epoch 2" in said(run("restore", file), 0)
    assert said(run("check"), 0) == "The books balance.\n"
