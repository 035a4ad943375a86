"""What is encrypted opens with its key and with no other, whatever happens to the key's file on the way."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from app import backups, chance, vault
from app.cli import app
from app.database import Database, Session
from app.directory import held
from app.domain import channels, deliveries
from app.domain.causes import Cause
from app.settings import Settings
from app.vault import ChannelVault, Vault, VaultClosed, open_vault, rotate

CAUSE = Cause("test")
SECRET = "shpss_the_shop's_own_secret"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.key"


class Killed(Exception):
    """The process ended here."""


def quiet(what: str, done: int, total: int) -> None:
    pass


def keys(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if not line.startswith("#")]


def connected(database: Database, opened: Vault, **credentials: str) -> dict[str, Any]:
    id = chance.new_id()
    return database.run(
        channels.connect,
        id=id,
        kind="bazaar",
        name="Bazaar",
        settings={},
        credentials=opened.seal_values(credentials),
        location_codes=["STUDIO"],
        cause=CAUSE,
    )


def received(session: Session, opened: Vault, channel_id: str, count: int) -> None:
    for number in range(count):
        sealed = opened.seal(b"order %d of Ada Lovelace" % number)
        deliveries.keep(session, channel_id, chance.new_id(), topic="orders/paid", sealed=sealed, size=9, received_at=chance.now())


def texts(database: Database, opened: Vault) -> list[bytes]:
    column = deliveries.deliveries.c.sealed
    return [opened.open(token) for token in database.look(lambda session: list(session.execute(select(column).order_by(column)).scalars()))]


# Sealing and opening


def test_what_is_sealed_opens_again_and_shows_nothing(path: Path) -> None:
    opened = Vault(path)
    for text in (b"", b"\x00\xff raw", SECRET.encode(), b"8 kB " * 1_600):
        token = opened.seal(text)
        assert Vault(path).open(token) == text
        assert not text or text not in token.encode()
    assert opened.seal(b"same") != opened.seal(b"same")


def test_the_key_is_made_at_first_use_for_its_owner_only(path: Path) -> None:
    opened = Vault(path)
    assert not path.exists()
    opened.seal(b"text")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [left.name for left in path.parent.iterdir() if left.name.endswith(".part")] == []


def test_many_who_seal_first_at_the_same_time_make_one_key(path: Path) -> None:
    tokens: list[str] = []
    start = threading.Barrier(8)

    def first() -> None:
        start.wait(10)
        tokens.append(Vault(path).seal(b"text"))

    threads = [threading.Thread(target=first) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(keys(path)) == 1
    assert [Vault(path).open(token) for token in tokens] == [b"text"] * 8


def test_with_another_key_it_says_so_and_what_to_do(path: Path, tmp_path: Path) -> None:
    token = Vault(path).seal(b"text")
    another = Vault(tmp_path / "another.key")
    another.seal(b"text")
    with pytest.raises(VaultClosed, match=r"another key than .*another\.key holds"):
        another.open(token)
    with pytest.raises(VaultClosed, match="another key"):
        Vault(path).open(token[:-4])


def test_two_keys_in_one_file_open_what_either_sealed(path: Path, tmp_path: Path) -> None:
    one, other = Vault(path).seal(b"one"), Vault(tmp_path / "other.key").seal(b"other")
    path.write_text("\n".join([*keys(path), *keys(tmp_path / "other.key")]))
    assert (Vault(path).open(one), Vault(path).open(other)) == (b"one", b"other")


@pytest.mark.parametrize("content", ["", "not a key\n", "\xff\n"])
def test_a_file_that_holds_no_key_is_said_to_hold_none(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(VaultClosed, match="isn't a key"):
        Vault(path).seal(b"text")


def test_a_place_that_cannot_be_written_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VaultClosed, match="TALLYSTICK_KEY_FILE"):
        Vault(tmp_path / "file" / "data.key").seal(b"text")


def test_a_running_vault_takes_up_another_key_as_soon_as_the_file_has_it(path: Path) -> None:
    opened = Vault(path)
    before = opened.seal(b"before")
    former = keys(path)
    vault._write(path, [vault._new_key(), *former])
    after = opened.seal(b"after")
    vault._write(path, keys(path)[:1])
    assert opened.open(after) == b"after"
    with pytest.raises(VaultClosed):
        opened.open(before)


# Beside the store


def test_the_key_lies_beside_the_data_directory_unless_it_is_told_where(tmp_path: Path) -> None:
    assert Settings(_env_file=None, data_dir=tmp_path / "data").key == tmp_path / "data.key"
    assert Settings(_env_file=None, data_dir=tmp_path / "data", key_file=tmp_path / "k").key == tmp_path / "k"
    assert Settings(_env_file=None).key == Path("data.key").resolve()


def test_a_missing_key_is_an_error_only_while_something_is_encrypted(database: Database, path: Path) -> None:
    connected(database, open_vault(path, database), secret=SECRET)
    away = path.rename(path.with_name("away.key"))
    with pytest.raises(VaultClosed, match=r"missing.*`tallystick key new`"):
        open_vault(path, database)
    late = Vault(path, lambda: database.look(vault.anything_sealed))
    with pytest.raises(VaultClosed, match="missing"):
        late.seal(b"text")
    assert not path.exists()
    away.rename(path)
    open_vault(path, database)
    late.seal(b"text")


def test_a_backup_holds_neither_the_key_nor_what_it_closes(database: Database, database_url: str, path: Path, tmp_path: Path) -> None:
    opened = open_vault(path, database)
    channel = connected(database, opened, secret=SECRET)
    database.run(received, opened, channel["id"], 3)
    file = tmp_path / "monday.sqlite"
    backups.back_up(database_url, file)
    content = file.read_bytes()
    for secret in (keys(path)[0], SECRET, "Ada Lovelace"):
        assert secret.encode() not in content
    restored = Database(f"sqlite:///{file}")
    try:
        row = restored.look(channels.get, channel["id"])
        assert opened.open_values(row["credentials"]) == {"secret": SECRET}
        with pytest.raises(VaultClosed, match="missing"):
            open_vault(tmp_path / "elsewhere.key", restored)
    finally:
        restored.close()


def test_credentials_that_an_adapter_keeps_are_stored_before_they_are_used_and_lose_nothing(database: Database, path: Path) -> None:
    opened = open_vault(path, database)
    row = connected(database, opened, client_secret=SECRET, access_token="old")
    lane, another = (ChannelVault(database, opened, row) for _ in range(2))
    database.run(vault.keep, opened, row["id"], {"client_secret": "typed in by a person"})
    lane.keep({"access_token": "new"})
    assert (lane.get("access_token"), lane.get("client_secret"), lane.get("other")) == ("new", "typed in by a person", None)
    stored = ChannelVault(database, opened, database.look(channels.get, row["id"]))
    assert (stored.get("access_token"), stored.get("client_secret")) == ("new", "typed in by a person")
    assert another.get("access_token") == "old"
    assert database.look(channels.get, row["id"])["version"] == row["version"]


# Rotation


def test_a_rotation_seals_everything_anew_and_drops_the_former_key(database: Database, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "CHUNK", 10)
    opened = open_vault(path, database)
    row = connected(database, opened, secret=SECRET)
    database.run(received, opened, row["id"], 35)
    former, before = keys(path), sorted(texts(database, opened))
    told: list[tuple[str, int, int]] = []
    done = rotate(path, database, lambda *each: told.append(each), alone=True)
    assert (done.sealed, done.unreadable) == (36, 0)
    assert ("deliveries", 0, 35) in told and told[-1] == ("deliveries", 35, 35)
    assert len(keys(path)) == 1 and keys(path) != former
    assert sorted(texts(database, opened)) == before  # by the vault that was open all the while
    assert ChannelVault(database, Vault(path), database.look(channels.get, row["id"])).get("secret") == SECRET
    again = rotate(path, database, quiet, alone=True)
    assert (again.sealed, len(keys(path))) == (36, 1)


@pytest.mark.parametrize("chunks", [0, 1, 2, 3])
def test_a_rotation_that_was_killed_is_finished_by_the_next_and_nothing_is_lost(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    monkeypatch.setattr(vault, "CHUNK", 10)
    opened = open_vault(path, database)
    row = connected(database, opened, secret=SECRET)
    database.run(received, opened, row["id"], 25)
    before = sorted(texts(database, opened))
    whole, left = vault._chunk, iter(range(chunks))

    def killed(*args: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return whole(*args)

    monkeypatch.setattr(vault, "_chunk", killed)
    with pytest.raises(Killed):
        rotate(path, database, quiet, alone=True)
    front = keys(path)[0]
    assert len(keys(path)) == 2
    assert sorted(texts(database, opened)) == before
    database.run(received, opened, row["id"], 1)
    monkeypatch.setattr(vault, "_chunk", whole)
    rotate(path, database, quiet, alone=True)
    assert keys(path) == [front]
    assert len(texts(database, opened)) == 26


def test_what_a_server_sealed_with_the_former_key_meanwhile_is_sealed_anew_after_a_wait(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_vault(path, database)
    row = connected(database, opened, secret=SECRET)
    late = opened.seal(b"sealed before, stored after")
    credentials = opened.seal_values({"secret": "kept before, stored after"})

    def arrives(progress: object) -> None:
        arguments = {"topic": "t", "sealed": late, "size": 1, "received_at": chance.now()}
        database.run(lambda session: deliveries.keep(session, row["id"], "late", **arguments))
        database.run(channels.change, row["id"], {"credentials": credentials}, cause=CAUSE)

    monkeypatch.setattr(vault, "_wait", arrives)
    rotate(path, database, quiet, alone=False)
    assert texts(database, Vault(path)) == [b"sealed before, stored after"]
    changed = ChannelVault(database, Vault(path), database.look(channels.get, row["id"]))
    assert changed.get("secret") == "kept before, stored after"


def test_what_no_key_opens_is_left_and_counted(database: Database, path: Path, tmp_path: Path) -> None:
    connected(database, Vault(tmp_path / "lost.key"), secret=SECRET)
    connected(database, Vault(path), secret=SECRET)
    done = rotate(path, database, quiet, alone=True)
    assert (done.sealed, done.unreadable) == (1, 1)


# The command


Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, database_url: str) -> Run:
    def run(*arguments: str) -> Result:
        env = {"TALLYSTICK_DATA_DIR": str(tmp_path / "data"), "TALLYSTICK_DATABASE_URL": database_url, "COLUMNS": "200"}
        return CliRunner().invoke(app, arguments, env=env)

    return run


@on_sqlite
def test_the_command_rotates_while_a_server_holds_the_directory_and_without_one(
    run: Run, database: Database, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(vault, "_wait", lambda progress: waits.append(1))
    opened = open_vault(path, database)
    row = connected(database, opened, secret=SECRET)
    (tmp_path / "data").mkdir()
    for meanwhile, waited in ((False, 0), (True, 1)):
        before = keys(path)
        if meanwhile:
            with held(tmp_path / "data"):
                done = run("key", "rotate")
        else:
            done = run("key", "rotate")
        assert (done.exit_code, len(waits)) == (0, waited), done.output
        assert "Encrypted 1 texts with a new key" in done.output
        assert keys(path) != before
    assert opened.open_values(database.look(channels.get, row["id"])["credentials"]) == {"secret": SECRET}
    assert SECRET not in done.output and keys(path)[0] not in done.output


@on_sqlite
def test_the_commands_say_what_to_do_where_there_is_no_key(run: Run, database: Database, path: Path) -> None:
    nothing = run("key", "rotate")
    assert (nothing.exit_code, "nothing was ever encrypted" in nothing.output) == (1, True)
    connected(database, Vault(path), secret=SECRET)
    there = run("key", "new")
    assert (there.exit_code, "is there already" in there.output) == (1, True)
    path.unlink()
    for command in (("key", "rotate"), ("serve",)):
        refused = run(*command)
        assert (refused.exit_code, "Put the file back" in refused.output, "Traceback" in refused.output) == (1, True, False), refused.output
    made = run("key", "new")
    assert (made.exit_code, len(keys(path))) == (0, 1)
