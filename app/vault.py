"""Secrets at rest: what opens a shop, and what marketplaces sent, lie encrypted in the database.

The key lies in a file of its own beside the data directory, so neither a backup nor a copy of that directory holds it. The file is a
list: the first key seals, every key opens. While a rotation is under way there are two of them, and whoever runs meanwhile reads the
file again as soon as it changes.
"""

from __future__ import annotations

import os
import threading
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from filelock import FileLock
from sqlalchemy import Column, Table, func, select, update

from app import chance
from app.database import Database, Session
from app.domain.channels import channels
from app.domain.channels import get as channel_of
from app.domain.deliveries import deliveries
from app.domain.endpoints import webhook_endpoints
from app.domain.errors import Refusal

CHUNK = 100
# A message is sealed just before it is stored. So much later none that was sealed under the former key is still on its way.
GRACE_SECONDS = 30.0

_HEAD = "# Tallystick's key. Without it no channel's credentials can be opened. Keep a copy where your backups aren't.\n"
# Where encrypted text lies. An empty one is no secret.
_PLACES: Sequence[tuple[Table, Column[Any]]] = (
    (channels, channels.c.credentials),
    (webhook_endpoints, webhook_endpoints.c.secrets),
    (deliveries, deliveries.c.sealed),
)

Progress = Callable[[str, int, int], None]
"""Told how far it has got: what, how many are done, how many in all."""


class VaultClosed(Refusal):
    """What is encrypted can't be opened: its key is missing, or it is another one."""

    code = "vault_closed"


@dataclass(frozen=True, slots=True)
class _Ring:
    """The keys of the file as it was read; `mark` tells whether it is still that file."""

    mark: tuple[int, int, int]
    keys: Sequence[str]
    front: Fernet
    all: MultiFernet


class Vault:
    """Seals and opens. The key is made at first use, unless something sealed lies there already: then its key is missing."""

    def __init__(self, path: Path, in_use: Callable[[], bool] = lambda: False) -> None:
        self.path = path
        self._in_use = in_use
        self._ring: _Ring | None = None
        self._making = threading.Lock()

    def seal(self, text: bytes) -> str:
        """Encrypt under the first key. Raises: VaultClosed."""
        # Packed first: what is encrypted has to travel through the database's journal, and no longer packs.
        return self._made().front.encrypt_at_time(zlib.compress(text, 1), int(chance.now().timestamp())).decode()

    def open(self, token: str) -> bytes:
        """What was sealed. Raises: VaultClosed where its key isn't ours."""
        ring = self._read()
        if ring is None:
            raise VaultClosed(missing(self.path))
        try:
            return zlib.decompress(ring.all.decrypt(token))
        except InvalidToken:
            raise VaultClosed(
                f"This was encrypted with another key than {self.path} holds. Put that key into the file too, on a line of its own; if it "
                "is lost, send the channel's credentials anew."
            ) from None

    def seal_values(self, values: Mapping[str, str]) -> str:
        """Encrypt names with their values."""
        return self.seal(orjson.dumps(dict(values)))

    def open_values(self, token: str) -> dict[str, str]:
        """What `seal_values` sealed. Raises: VaultClosed."""
        found: dict[str, str] = orjson.loads(self.open(token))
        return found

    def make(self) -> bool:
        """Make the key if there is none. Returns whether there was none. Raises: VaultClosed where it can't be written."""
        with self._making, alone_with(self.path):
            if self.path.exists():
                return False
            _write(self.path, [_new_key()])
            return True

    def _made(self) -> _Ring:
        ring = self._read()
        if ring is None:
            if self._in_use():
                raise VaultClosed(missing(self.path))
            self.make()
            ring = self._read()
            assert ring is not None
        return ring

    def _read(self) -> _Ring | None:
        """The keys as they stand in the file now; those read before where it has gone since."""
        try:
            stat = os.stat(self.path)  # noqa: PTH116  (at every message: half as long as through the path)
            mark = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
            if self._ring is None or self._ring.mark != mark:
                self._ring = _ring(mark, _keys(self.path))
        except FileNotFoundError:
            pass
        except OSError as error:
            raise VaultClosed(f"The key file {self.path} can't be read: {error.strerror}. Name its place in TALLYSTICK_KEY_FILE.") from None
        return self._ring


def missing(path: Path) -> str:
    """What to do without the key."""
    return (
        f"The key file {path} is missing, and the store holds encrypted credentials. Put the file back, or name its place in "
        "TALLYSTICK_KEY_FILE. If it is lost: `tallystick key new` makes another one, and then each channel's credentials have to be "
        "sent anew."
    )


def anything_sealed(session: Session) -> bool:
    """Whether something in the store can only be opened with its key."""
    return any(session.scalar(select(text).where(text != "").limit(1)) is not None for _, text in _PLACES)


def open_vault(path: Path, database: Database) -> Vault:
    """The store's vault. Raises: VaultClosed where its key is missing."""
    vault = Vault(path, lambda: database.look(anything_sealed))
    if not path.exists() and database.look(anything_sealed):
        raise VaultClosed(missing(path))
    return vault


class ChannelVault:
    """The credentials of one channel, for its adapter. What the adapter keeps is stored before it is first used."""

    def __init__(self, database: Database, vault: Vault, row: Mapping[str, Any]) -> None:
        """`row` is the channel's. Raises: VaultClosed."""
        self._database, self._vault, self._channel_id = database, vault, row["id"]
        self._values = vault.open_values(row["credentials"])

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def keep(self, changes: Mapping[str, str]) -> None:
        self._values = self._database.run(keep, self._vault, self._channel_id, changes)


def keep(session: Session, vault: Vault, channel_id: str, changes: Mapping[str, str]) -> dict[str, str]:
    """Change some of a channel's credentials; what a person changed meanwhile stays. Returns all of them."""
    row = channel_of(session, channel_id, lock=True)
    values = vault.open_values(row["credentials"]) | dict(changes)
    session.execute(update(channels).where(channels.c.id == channel_id).values(credentials=vault.seal_values(values)))
    return values


# Another key


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: texts sealed anew, and those that no key of the file opens."""

    sealed: int
    unreadable: int


def rotate(path: Path, database: Database, progress: Progress, *, alone: bool) -> Rotation:
    """Put a new key in front, seal everything anew with it, and drop the former ones.

    A rotation that was cut off is finished, not begun again. `alone`: no server is running; otherwise what one sealed a moment before
    it took up the new key is waited for. Raises: VaultClosed.
    """
    with alone_with(path):
        if not path.exists():
            raise VaultClosed(missing(path) if database.look(anything_sealed) else "There is no key yet: nothing was ever encrypted.")
        keys = _keys(path)
        if len(keys) == 1:
            keys = [_new_key(), *keys]
            _write(path, keys)
        ring = _ring((0, 0, 0), keys)
        began = chance.first_id(chance.now())
        done = _seal_anew(database, ring, progress)
        if not alone:
            _wait(progress)
            done = [*done, *_seal_anew(database, ring, progress, since=began)]
        _write(path, keys[:1])
    return Rotation(sum(sealed for sealed, _ in done), sum(unreadable for _, unreadable in done))


def _wait(progress: Progress) -> None:
    never = threading.Event()
    for second in range(int(GRACE_SECONDS)):
        progress("waiting for the server", second, int(GRACE_SECONDS))
        never.wait(1)


def _seal_anew(database: Database, ring: _Ring, progress: Progress, since: str | None = None) -> list[tuple[int, int]]:
    """Chunk by chunk, each a transaction. `since`: of deliveries only those that came in from there on."""
    found = []
    for table, text in _PLACES:
        after = since if table is deliveries else None
        seen, total = 0, database.look(_count, table, after)
        while True:
            progress(table.name, seen, total)
            sealed, unreadable, size, after = database.run(_chunk, table, text, ring, after)
            found.append((sealed, unreadable))
            seen += size
            if after is None:
                break
        progress(table.name, seen, max(seen, total))
    return found


def _count(session: Session, table: Table, after: str | None) -> int:
    query = select(func.count()).select_from(table)
    return int(session.scalar(query if after is None else query.where(table.c.id > after)))


def _chunk(session: Session, table: Table, text: Column[Any], ring: _Ring, after: str | None) -> tuple[int, int, int, str | None]:
    """Returns: how many were sealed anew, how many can't be opened, how many were looked at, and the last one (None: no more)."""
    query = select(table.c.id, text).order_by(table.c.id).limit(CHUNK)
    rows = session.execute(query if after is None else query.where(table.c.id > after)).mappings().all()
    sealed = unreadable = 0
    for row in rows:
        id, token = row["id"], row[text.name]
        if not token or _opens(ring.front, token):
            continue
        try:
            anew = ring.all.rotate(token).decode()
        except InvalidToken:
            unreadable += 1
            continue
        # Unless somebody changed it meanwhile, who has read the file since, or is waited for.
        sealed += session.execute(update(table).where(table.c.id == id, text == token).values({text.name: anew})).rowcount
    return sealed, unreadable, len(rows), str(rows[-1]["id"]) if len(rows) == CHUNK else None


def _opens(key: Fernet, token: str) -> bool:
    try:
        key.decrypt(token)
    except InvalidToken:
        return False
    return True


# The file


def _new_key() -> str:
    return urlsafe_b64encode(chance.secret(32)).decode()


def _keys(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _ring(mark: tuple[int, int, int], keys: Sequence[str]) -> _Ring:
    try:
        made = [Fernet(key) for key in keys]
        return _Ring(mark, keys, made[0], MultiFernet(made))
    except (ValueError, IndexError):
        raise VaultClosed("The key file holds something that isn't a key. Put back the file as Tallystick wrote it.") from None


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Nobody else writes the key file meanwhile. Raises: VaultClosed where it can't be written."""
    try:
        with FileLock(path.with_name(path.name + ".lock"), mode=0o600):
            yield
    except OSError as error:
        raise VaultClosed(
            f"The key file {path} can't be written: {error.strerror}. Name a place that can be in TALLYSTICK_KEY_FILE."
        ) from None


def _write(path: Path, keys: Sequence[str]) -> None:
    """The whole file or none, on the disk before anything is sealed with it, and for its owner's eyes only."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_HEAD + "".join(f"{key}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
