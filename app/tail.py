"""The end of the feed, for all who follow it live: read once, framed once, and given to each at their own pace.

A reader is asked for by whoever sends to it, and never pushed: one who takes nothing costs nothing. What is kept for all of them is a
ring of a few megabytes. Who falls behind the ring, or comes with an old cursor, reads pages from the database up to where the tail is;
only a few may do so at once. The tail looks after commits, five times a second at the most, and only while somebody follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson
import structlog
from prometheus_client import CollectorRegistry, Gauge

from app.database import Database, DatabaseUnavailable, Session
from app.domain import events
from app.domain.errors import Refusal
from app.domain.events import START, Place

log = structlog.get_logger()

PAGE = 200
CHUNK_BYTES = 64_000
RING_BYTES = 4_000_000
CATCHING_UP_MOST = 2
READERS_MOST = 100
# A look, and a send to each, cost more than a commit does: what is committed within this time is sent together.
PAUSE_SECONDS = 0.2
# What other processes commit is found by looking, unless somebody wakes us.
EVERY_SECONDS = 1.0


class TooManyStreams(Refusal):
    """As many programs as may follow the events do so already."""

    code = "too_many_streams"

    def __init__(self) -> None:
        super().__init__(
            "As many programs as may follow the events do so already. End one that nobody needs, or ask GET /v1/events from time to time:"
            " it misses nothing either.",
            retry_after_s=30,
        )


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some events as they are sent, and the place behind the last of them."""

    types: Sequence[str]
    lines: Sequence[bytes]
    whole: bytes
    end: Place


def _chunks(session: Session, place: Place, types: Sequence[str] = (), upto: Place | None = None) -> tuple[list[Chunk], bool]:
    """What stands behind a place, a page of it, cut into pieces of a sensible size. Also whether there may be more."""
    rows = events.behind(session, place, PAGE, types, upto)
    made: list[Chunk] = []
    lines: list[bytes] = []
    begin = size = 0
    for number, row in enumerate(rows, 1):
        end = Place(row.pop("tx"), row["seq"])
        lines.append(b"event: %b\ndata: %b\nid: %d\n\n" % (row["type"].encode(), orjson.dumps(row, option=orjson.OPT_UTC_Z), end.seq))
        size += len(lines[-1])
        if size >= CHUNK_BYTES or number == len(rows):
            made.append(Chunk([row["type"] for row in rows[begin:number]], lines, b"".join(lines), end))
            lines, begin, size = [], number, 0
    return made, len(rows) == PAGE


def _page(session: Session, place: Place, types: Sequence[str], upto: Place) -> tuple[list[Chunk], bool]:
    """As `_chunks`. Raises: CursorExpired, also where the reader was once here and came back too late."""
    return _chunks(session, place if place == START else events.place_of(session, place.seq), types, upto)


class Reader:
    """One who follows. `place` is behind what it has been given."""

    def __init__(self, tail: Tail, types: Sequence[str]) -> None:
        self.place = START
        self._tail = tail
        self._types = types
        self._exact = frozenset(types)
        self._beginnings = tuple(type[:-1] for type in types if type.endswith(".*"))
        self._number = -1  # of the chunk that it gets next, once it has caught up
        self._news = asyncio.Event()
        self._nudged = False

    async def read(self) -> bytes:
        """What comes next, as it is sent; nothing after a `nudge`. Raises: CursorExpired; DatabaseUnavailable."""
        while not self._nudged:
            if self._number < self._tail.first:
                found = await self._catch_up()
            elif (chunk := self._tail.chunk(self._number)) is not None:
                self._number += 1
                self.place = chunk.end
                found = self._wanted(chunk)
            else:
                self._news.clear()
                await self._news.wait()
                continue
            if found:
                return found
        self._nudged = False
        return b""

    def join(self) -> None:
        """Go on from where the tail is."""
        self.place, self._number = self._tail.place, self._tail.next

    def wake(self) -> None:
        """There is something to read."""
        self._news.set()

    def nudge(self) -> None:
        """Whoever waits in `read` gets something to do, even if it is nothing."""
        self._nudged = True
        self._news.set()

    def _wanted(self, chunk: Chunk) -> bytes:
        if not self._types:
            return chunk.whole
        each = zip(chunk.types, chunk.lines, strict=True)
        return b"".join(line for type, line in each if type in self._exact or type.startswith(self._beginnings))

    async def _catch_up(self) -> bytes:
        """The next piece up to where the tail is now; there, the reader joins it."""
        async with self._tail.catching_up:
            upto, number = self._tail.place, self._tail.next
            chunks, more = await self._tail.database.read(_page, self.place, self._types, upto)
        if not chunks or (len(chunks) == 1 and not more):
            self.place, self._number = upto, number
        else:
            self.place = chunks[0].end
        return chunks[0].whole if chunks else b""


class Tail:
    """Follows the feed for this process. `run` is its work; all but `wake` belongs to the event loop."""

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        self.database = database
        self.closed = False
        # Chunks are numbered: the oldest that is kept, and the one that comes next.
        self.first = self.next = 0
        self.catching_up = asyncio.Semaphore(CATCHING_UP_MOST)
        self._place: Place | None = None  # unknown while nobody follows
        self._ring: dict[int, Chunk] = {}
        self._bytes = 0
        self._readers: set[Reader] = set()
        self._joining: list[asyncio.Future[None]] = []
        self._loop = asyncio.get_running_loop()
        self._followed, self._due, self._deserted = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._woken = False
        open_ = Gauge("tallystick_event_streams", "Programs that follow the events live.", registry=registry)
        open_.set_function(lambda: len(self._readers))

    @property
    def place(self) -> Place:
        """Behind the chunk that came last."""
        assert self._place is not None, "somebody follows"
        return self._place

    def chunk(self, number: int) -> Chunk | None:
        return self._ring.get(number)

    def wake(self, *_: object) -> None:
        """Something was committed. From any thread, and quick."""
        if self._followed.is_set() and not self._woken:
            self._woken = True
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._due.set)

    async def follow(self, cursor: int | None, types: Sequence[str]) -> Reader:
        """A reader from the cursor on; None: from now on. It has to `leave`.

        Raises: CursorExpired; TooManyStreams; DatabaseUnavailable.
        """
        if self.closed:
            raise DatabaseUnavailable("the service is stopping")
        if len(self._readers) >= READERS_MOST:
            raise TooManyStreams
        reader = Reader(self, types)
        self._readers.add(reader)
        self._followed.set()
        self._deserted.clear()
        try:
            # A look that begins now finds whatever any answer has shown so far: no cursor is ahead of the tail.
            looked = self._loop.create_future()
            self._joining.append(looked)
            self._due.set()
            await looked
            if cursor is None:
                reader.join()
            else:
                reader.place = await self.database.read(events.place_of, cursor)
        except BaseException:
            self.leave(reader)
            raise
        return reader

    def leave(self, reader: Reader) -> None:
        self._readers.discard(reader)
        if not self._readers:
            self._followed.clear()
            self._deserted.set()
            self._ring.clear()
            self._place, self._bytes, self.first = None, 0, self.next

    async def run(self) -> None:
        """Runs until cancelled."""
        quiet = False
        while True:
            await self._followed.wait()
            try:
                more, quiet = await self._look(), False
            except Exception as error:
                more = False
                if not quiet:
                    log.warning("those who follow the events wait", reason=str(error), exc_info=not isinstance(error, DatabaseUnavailable))
                quiet = True
            if not more:
                await asyncio.sleep(PAUSE_SECONDS)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), EVERY_SECONDS - PAUSE_SECONDS)

    async def close(self, within_s: float) -> None:
        """Let nobody in any more, and end what is open. Who takes nothing isn't waited for any longer than this."""
        self.closed = True
        for reader in self._readers:
            reader.nudge()
        if self._readers:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._deserted.wait(), within_s)

    async def _look(self) -> bool:
        """Read what is new, once for all. Returns whether there is more."""
        joining, self._joining = self._joining, []
        self._due.clear()
        self._woken = False
        before, chunks, more = self._place, list[Chunk](), False
        try:
            if before is None:
                place = await self.database.read(events.latest)
            else:
                chunks, more = await self.database.read(_chunks, before)
                place = chunks[-1].end if chunks else before
        except Exception as error:
            for each in joining:
                if not each.done():
                    each.set_exception(error)
            raise
        if self._place is not before:  # all have left meanwhile, and others may have come
            self._joining += joining
            return True
        self._place = place
        for chunk in chunks:
            self._ring[self.next] = chunk
            self.next += 1
            self._bytes += len(chunk.whole)
        while self._bytes > RING_BYTES:
            self._bytes -= len(self._ring.pop(self.first).whole)
            self.first += 1
        if chunks:
            for reader in self._readers:
                reader.wake()
        if more:
            self._joining += joining
        else:
            for each in joining:
                if not each.done():
                    each.set_result(None)
        return more
