"""The mark: what a database can't know of itself, that it is still the one it was.

Beside the data directory, so that neither a backup nor a copy of that directory holds it, lies a small file: which store this is, its
epoch, the number of the database's file on this disk, and the last event that is known to be committed. Where that and the database
differ, the ledger may be older than the shops are, or a second one of its kind: see `domain.recovery`.

On PostgreSQL, where several machines may serve one database, the store's row says instead which database of which server it is; the mark
beside each data directory only tells whether that has gone back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app.database import Database, DatabaseUnavailable, Session
from app.domain import channels, recovery, store
from app.domain.causes import Cause
from app.domain.events import events
from app.settings import Settings

log = structlog.get_logger()

_START = Cause("start")
# What can't be said of this server: it is compared with nothing.
_UNSAID = "-"


class NoMark(Exception):
    """The mark can't be kept, and a store with shops can't do without."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(
            f"The mark {path} can't be written: {error.strerror}. It tells this store from a copy of it, so nothing goes to your shops "
            "without it. Let it be written there, or name another place, outside of the data directory, in TALLYSTICK_MARK_FILE."
        )


class Moved(Exception):
    """This store goes on elsewhere; what lies here is what it left behind."""

    def __init__(self, where: str) -> None:
        super().__init__(
            f"This store was moved to {where}, and goes on there: name it in TALLYSTICK_DATABASE_URL. If the move was broken off, run the "
            "same `tallystick copy --move` again. If it was a mistake, stop what runs there, and `tallystick copy --undo` takes it back."
        )


class Rehearsal(Exception):
    """A rehearsal would use the files of the store that it rehearses."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(
            f"This database is a rehearsal, and {data_dir} belongs to the store itself. Give the rehearsal a directory of its own in "
            "TALLYSTICK_DATA_DIR, and name the store's key in TALLYSTICK_KEY_FILE."
        )


@dataclass(frozen=True, slots=True)
class _Marked:
    """What the file says."""

    instance_id: str
    epoch: int
    inode: int | None
    event: int


@dataclass(frozen=True, slots=True)
class _Books:
    """What the database says."""

    instance_id: str
    epoch: int
    event: int
    has_channels: bool
    rehearsal: bool


class Mark:
    """The mark of the store that this process serves."""

    def __init__(self, database: Database, settings: Settings) -> None:
        url = make_url(settings.database)
        self.path = settings.mark
        self._data_dir = settings.data_dir
        self._database = database
        self._file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
        # The file that we opened: whatever is put in its place while we run isn't it.
        self._inode = self._file.stat().st_ino if self._file is not None else None
        self._last: _Marked | None = None

    def compare(self) -> None:
        """At start, before anything can be written to a shop: where this isn't the ledger that it was, shops are recovering.

        A process that dies in here has at worst raised the epoch; the next one raises it once more. Raises: NoMark, Moved, Rehearsal.
        """
        books = self._database.look(_books)
        if books is None:
            return
        self._database.look(refuse_moved)
        if books.rehearsal and self._is_of_a_file(books):
            raise Rehearsal(self._data_dir)
        if self._file is None:
            self._database.run(_settle_place)
        if books.has_channels and (why := self._doubt(books)) is not None:
            self._database.run(recovery.gone_back, why, cause=_START)
        try:
            self._write()
        except OSError as error:
            if books.has_channels:
                raise NoMark(self.path, error) from None
            log.warning("the mark can't be written; before a shop can be connected it has to be", path=str(self.path), reason=str(error))

    def renew(self) -> None:
        """Note how far the ledger is. Now and then, and when everything has stopped."""
        try:
            if self._database.look(_books) is None:
                return
            if self._file is None and self._database.look(_moved):
                self._database.run(_settle_place)
            if self._file is not None and self._file.stat().st_ino != self._inode:
                log.error("the database file was exchanged while the service runs: stop it, and start it again", path=str(self._file))
            self._write()
        except (OSError, DatabaseUnavailable) as error:
            log.error("the mark can't be renewed", path=str(self.path), reason=str(error))

    def _doubt(self, books: _Books) -> str | None:
        """Why this may not be the ledger that it was, as `recovery.WHY` names it."""
        try:
            marked = _read(self.path)
        except (OSError, ValueError, TypeError, KeyError):
            return None if self._file is None else "unreadable_mark"
        if self._file is None:
            mine = marked is not None and marked.instance_id == books.instance_id
            return "older" if mine and marked is not None and (marked.event > books.event or marked.epoch > books.epoch) else None
        if marked is None:
            return "no_mark"
        if marked.instance_id != books.instance_id:
            return "other_store"
        if marked.epoch != books.epoch:
            return "other_epoch"
        if marked.event > books.event:
            return "older"
        return "copied" if marked.inode != self._inode else None

    def _is_of_a_file(self, books: _Books) -> bool:
        """Whether the mark belongs to this store as it lies on SQLite."""
        try:
            marked = _read(self.path)
        except (OSError, ValueError, TypeError, KeyError):
            return False
        return self._file is None and marked is not None and marked.instance_id == books.instance_id and marked.inode is not None

    def _write(self) -> None:
        books = self._database.look(_books)
        assert books is not None
        now = _Marked(books.instance_id, books.epoch, self._inode, books.event)
        if now == self._last:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.path.with_name(self.path.name + ".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(asdict(now), option=orjson.OPT_APPEND_NEWLINE))
            file.flush()
            os.fsync(file.fileno())
        part.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._last = now


def _read(path: Path) -> _Marked | None:
    """Raises: OSError, ValueError, TypeError, KeyError where it is there and says nothing."""
    try:
        said: Mapping[str, Any] = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return _Marked(str(said["instance_id"]), int(said["epoch"]), said["inode"], int(said["event"]))


def _books(session: Session) -> _Books | None:
    row = session.execute(select(store.store)).mappings().one_or_none()
    if row is None:
        return None
    last = session.scalar(select(func.max(events.c.seq))) or 0
    rehearsal = row["recovering_why"] == recovery.REHEARSAL
    return _Books(row["instance_id"], row["epoch"], last, bool(channels.active(session)), rehearsal)


# A store that was moved away

_SEAL = "moved to "


def seal(session: Session, where: str) -> None:
    """From now on this isn't the store any more, and no command of ours works with it: it was moved."""
    session.execute(update(store.store).values(place=_SEAL + where))


def unseal(session: Session) -> None:
    session.execute(update(store.store).values(place=None))


def moved_to(session: Session) -> str | None:
    """Where the store was moved to; None: it is here."""
    kept = session.scalar(select(store.store.c.place))
    return kept.removeprefix(_SEAL) if kept is not None and kept.startswith(_SEAL) else None


def refuse_moved(session: Session) -> None:
    """Raises: Moved."""
    if (where := moved_to(session)) is not None:
        raise Moved(where)


# Which database of which server


def _settle_place(session: Session) -> None:
    """Where this isn't the database that it was, shops are recovering; from then on it is. One process decides, others find it done."""
    kept = session.scalar(select(store.store.c.place).with_for_update())
    here = place(session)
    if kept == here:
        return
    if _differ(kept, here) and channels.active(session):
        recovery.gone_back(session, "other_database", cause=_START)
    session.execute(update(store.store).values(place=here))


def _moved(session: Session) -> bool:
    return _differ(session.scalar(select(store.store.c.place)), place(session))


def _differ(kept: str | None, here: str) -> bool:
    if kept is None:
        return True
    return any(_UNSAID not in (a, b) and a != b for a, b in zip(kept.split("/"), here.split("/"), strict=True))


def place(session: Session) -> str:
    """The server's own id, the database's on it, and the timeline: it changes when a server is restored, or a standby takes over."""
    return "/".join(
        _said(session, query)
        for query in (
            "SELECT system_identifier FROM pg_control_system()",
            "SELECT oid FROM pg_database WHERE datname = current_database()",
            "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)",
        )
    )


def _said(session: Session, query: str) -> str:
    """What the server says, if this role may ask it."""
    session.send()
    try:
        with session.connection.begin_nested():
            return str(session.connection.execute(text(query)).scalar_one())
    except DBAPIError:
        return _UNSAID
