"""PostgreSQL's own protocol, for statements that were compiled once: prepared there, sent together, and answered together.

The driver's cursors do all that a statement could need each time that it is run: 46 us of our processor time for one, 16 this way. Its
connections, transactions, waiting and errors stay as they are, and whatever isn't a `Prepared` goes through its cursors.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import count
from typing import Any, Protocol

import orjson
import psycopg
from psycopg import errors, generators
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.types.json import Json, Jsonb

# So many statements stay prepared on a connection: those that were used last.
MOST = 256


class Known:
    """What a connection was asked before: a statement that comes again is prepared, under a name that is never used twice."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, bytes] = OrderedDict()
        self._last = 0
        self.stale: list[bytes] = []  # prepared there still, and not needed any more

    def name(self, text: str) -> tuple[bytes, bool]:
        """The name under which it is prepared, or is to be now (True); b"": it isn't worth it yet."""
        found = self._names.get(text)
        if found is None:
            self._names[text] = b""
            if len(self._names) > MOST and (stale := self._names.popitem(last=False)[1]):
                self.stale.append(stale)
            return b"", False
        self._names.move_to_end(text)
        if found:
            return found, False
        self._last += 1
        self._names[text] = b"prepared_%d" % self._last
        return self._names[text], True

    def forget(self, text: str) -> None:
        """It wasn't prepared after all."""
        self._names.pop(text, None)


class Connection(Protocol):
    """What of a psycopg connection is used."""

    pgconn: PGconn
    autocommit: bool
    isolation_level: psycopg.IsolationLevel | None
    read_only: bool | None

    def wait(self, gen: Generator[Any, Any, list[list[PGresult]]]) -> list[list[PGresult]]: ...


def run(connection: Connection, known: Known, statements: Sequence[tuple[str, Sequence[Any]]], *, commit: bool = False) -> list[PGresult]:
    """Run statements one after another, in one journey; they begin a transaction where there is none. `commit`: and end it.

    Of the statements after one that fails none is run, and nothing is committed.

    Shape:  each is a text with %s for its values, and these; one answer for each.
    Raises: psycopg.Error, as cursors would.
    """
    given = [[_given(value) for value in values] for _, values in statements]  # before anything is noted: some can't be given
    server = connection.pgconn
    commands: deque[Callable[[], None]] = deque()
    asked: list[int] = []
    prepares: dict[int, str] = {}
    if server.transaction_status == TransactionStatus.IDLE and not connection.autocommit:
        commands.append(partial(server.send_query_params, _begin(connection.isolation_level, connection.read_only), None))
    for (text, _), values in zip(statements, given, strict=True):
        name, is_new = known.name(text)
        if is_new:
            prepares[len(commands)] = text
            commands.append(partial(server.send_prepare, name, numbered(text)))
        asked.append(len(commands))
        if name:
            commands.append(partial(server.send_query_prepared, name, values))
        else:
            commands.append(partial(server.send_query_params, numbered(text), values))
    # Dropped once and never again: what isn't there any more couldn't be, and what stays after a failure does no harm.
    stale, known.stale = known.stale, []
    commands.extend(partial(server.send_query_params, b"DEALLOCATE " + name, None) for name in stale)
    if commit:
        commands.append(partial(server.send_query_params, b"COMMIT", None))
    commands.append(server.pipeline_sync)
    server.enter_pipeline_mode()
    answers = [each[0] for each in connection.wait(_talk(server, commands))]
    server.exit_pipeline_mode()
    for failed, answer in enumerate(answers):
        if answer.status == ExecStatus.FATAL_ERROR:
            for at, text in prepares.items():
                if at >= failed:
                    known.forget(text)
            raise errors.error_from_result(answer)
    if commit and answers[-2].command_status != b"COMMIT":
        raise errors.InFailedSqlTransaction("the transaction had failed before")
    return [answers[at] for at in asked]


def _talk(server: PGconn, commands: deque[Callable[[], None]]) -> Generator[Any, Any, list[list[PGresult]]]:
    wanted = len(commands)
    answers: list[list[PGresult]] = yield from generators.pipeline_communicate(server, commands)
    while len(answers) < wanted:
        answers.append((yield from generators.fetch_many(server)))
    return answers


@lru_cache(8)
def _begin(level: psycopg.IsolationLevel | None, read_only: bool | None) -> bytes:
    said = "BEGIN"
    if level is not None:
        said += f" ISOLATION LEVEL {psycopg.IsolationLevel(level).name.replace('_', ' ')}"
    if read_only is not None:
        said += " READ ONLY" if read_only else " READ WRITE"
    return said.encode()


@lru_cache(4 * MOST)
def numbered(text: str) -> bytes:
    """A statement as the server takes it: its values have numbers there."""
    numbers = count(1)
    return re.sub("%[s%]", lambda found: f"${next(numbers)}" if found[0] == "%s" else "%", text).encode()


def _text(value: str) -> bytes:
    if "\0" in value:
        raise psycopg.DataError("PostgreSQL's text can't hold a NUL character")
    return value.encode()


_AS_TEXT: dict[type, Callable[[Any], bytes]] = {
    str: _text,
    int: b"%d".__mod__,
    bool: lambda value: b"t" if value else b"f",
    float: lambda value: repr(value).encode(),
    datetime: lambda value: value.isoformat().encode(),
    bytes: lambda value: b"\\x" + value.hex().encode(),
    Json: lambda value: orjson.dumps(value.obj),
    Jsonb: lambda value: orjson.dumps(value.obj),
}


def _given(value: Any) -> bytes | None:
    if value is None:
        return None
    write = _AS_TEXT.get(type(value)) or next(_AS_TEXT[kind] for kind in type(value).__mro__ if kind in _AS_TEXT)
    return write(value)
