"""From a run that failed to the least of it that still does."""

from __future__ import annotations

from collections.abc import Callable

from app.simulation.run import Outcome


def shortest(failed: Outcome, again: Callable[[int], Outcome], told: Callable[[int, bool], None] = lambda _events, _fails: None) -> Outcome:
    """The run with the fewest events that still fails, found by halving. `again` runs the seed with so many events.

    Whatever holds after N events may not hold after fewer, so it is a shortest one, and not surely the shortest.
    """
    best, low, high = failed, -1, failed.failed_at or 0
    while high - low > 1:
        middle = (low + high) // 2
        found = again(middle)
        fails = found.failure is not None
        told(middle, fails)
        if fails:
            best, high = found, middle
        else:
            low = middle
    return best
