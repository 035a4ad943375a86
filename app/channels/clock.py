"""How far our clock is from a shop's, by the time that its answers say.

An answer says whole seconds, and was on its way for a while: none proves anything, the median of several does. Nothing here asks a shop
for the time; what is asked anyway is listened to.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median

from app import chance

# So many answers make a measurement, and so many of the last ones are kept.
FEW = 3
KEPT = 7
# An answer that was on its way for longer says too little.
SLOWEST = timedelta(seconds=20)
JUMPED_S = 30.0


class Clock:
    """Our clock beside one shop's. Told by the threads that ask it."""

    def __init__(self) -> None:
        self._heard_s: deque[float] = deque(maxlen=KEPT)
        self._apart_s: float | None = None
        self.anew = 0  # how often our own clock jumped, and everything was measured once more

    def heard(self, there: datetime | None, sent_at: datetime) -> None:
        """An answer to what was sent then said that it is this time there."""
        now = chance.now()
        apart_s = now.timestamp() - chance.monotonic()
        if self._apart_s is not None and abs(apart_s - self._apart_s) > JUMPED_S:
            self._heard_s.clear()  # what was heard before was measured with another clock
            self.anew += 1
        self._apart_s = apart_s
        if there is None or not timedelta() <= now - sent_at <= SLOWEST:
            return
        self._heard_s.append((sent_at + (now - sent_at) / 2 - there).total_seconds() - 0.5)

    @property
    def ahead(self) -> timedelta | None:
        """How far ours is ahead of the shop's; None: too little was heard."""
        heard_s = list(self._heard_s)
        return timedelta(seconds=median(heard_s)) if len(heard_s) >= FEW else None


def time_of(date: str | None) -> datetime | None:
    """What a header says that holds a date; None where it holds none."""
    try:
        found = parsedate_to_datetime(date) if date else None
        return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
