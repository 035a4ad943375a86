"""What a connected shop can do, as its adapter declares it: the facts that the fenced write and the planning rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

import orjson


class WriteMode(StrEnum):
    """How a number is written (DESIGN section 4; FENCED-WRITE section 5)."""

    COMPARE_AND_SET = "compare_and_set"  # set v if it is still `expected`
    DELTA = "delta"  # add k; the answer says what came of it
    ABSOLUTE = "absolute"  # set v, whatever it was


class CountsDown(StrEnum):
    """When the channel lowers its own counter for an order."""

    PLACED = "placed"
    PAID = "paid"
    COMPLETED = "completed"


class Refuses(StrEnum):
    """Whether the channel refuses an order that its counter doesn't cover."""

    ALWAYS = "always"
    STOREFRONT = "storefront"
    NO = "no"


class Zero(StrEnum):
    """What it costs to show nothing."""

    HARMLESS = "harmless"  # sold out on the page, back at once
    DARK = "dark"  # the listing has to be deactivated, or loses its place
    ENDS = "ends"  # the listing ends; a new one costs a fee or its history


@dataclass(frozen=True, slots=True)
class Budget:
    """So many of something in so many seconds: requests, points. `writes` are the channel's; `writes of a listing` are those of all its
    write units whose names begin alike, up to their #."""

    name: str
    amount: float
    per_s: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the connected shop can do, as it says itself. Read when it is connected and once a day after that.

    Seconds. `feed_lag_s`: the longest time between the counter going down and the order being returned by the poll; never 0.
    `late_write_s`: no request takes effect later than this after it may last have left us.
    """

    write_mode: WriteMode
    keyed: bool  # an equal key has at most one effect
    counts_down_at: CountsDown
    refuses_below_zero: Refuses
    feed_lag_s: float
    feed_overlap_s: float  # at least feed_lag_s, and 1 s more where the feed's filter is strictly greater
    poll_every_s: float
    read_lag_s: float = 0.0
    late_write_s: float = 900.0
    key_life_s: float = 0.0  # how long the platform remembers a key
    remembers_failures: bool = False  # under a key, too
    replies_quantity: bool = False  # the answer to a delta says what the counter is now
    limited_has_no_effect: bool = False  # the platform says that a throttled request wasn't executed
    deferred: bool = False  # accepted now, processed later
    zero: Zero = Zero.HARMLESS
    zero_costs: str | None = None  # for people: what it costs to show nothing and to come back, in money where it does
    drains: bool = False  # absolute: write 0, settle, then raise from 0
    batch: int = 1  # write units per request
    reads_at_once: int = 100  # counters that one request reads, and what it takes of the budget for requests
    read_cost: float = 1.0
    hold_s: float = 3600.0  # how long an unpaid order waits
    subscribes: bool = True  # webhooks can be set up by us
    tells_put_back: bool = True  # whether a cancelled order's units are back on its counter; False: said to be, and read to be sure
    budgets: Sequence[Budget] = ()
    currency: str | None = None
    account: str | None = None  # the real shop's own id: one live connection for each
    shop_name: str | None = None
    locations: Mapping[str, str] = field(default_factory=dict)  # the channel's own places: id and name
    missing_scopes: Sequence[str] = ()
    warnings: Sequence[str] = ()  # for people: what of this shop's set-up weakens the promise
    keeps_time: bool = False  # a hosted platform: where its clock and ours differ, ours is wrong
    credentials_until: datetime | None = None  # until when what opens the shop is good, unless somebody lets us in anew

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"credentials_until": self.credentials_until.isoformat() if self.credentials_until else None}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Capabilities:
        until = kept.get("credentials_until")
        return cls(
            **dict(kept)
            | {
                "credentials_until": datetime.fromisoformat(until) if until else None,
                "write_mode": WriteMode(kept["write_mode"]),
                "counts_down_at": CountsDown(kept["counts_down_at"]),
                "refuses_below_zero": Refuses(kept["refuses_below_zero"]),
                "zero": Zero(kept["zero"]),
                "budgets": tuple(Budget(**budget) for budget in kept["budgets"]),
                "missing_scopes": tuple(kept["missing_scopes"]),
                "warnings": tuple(kept["warnings"]),
            }
        )

    @classmethod
    def from_text(cls, kept: str) -> Capabilities:
        """What is stored, as the text that it is stored as: it is asked for all the time, and changes once in a while."""
        return _of_text(kept)


@lru_cache(1024)
def _of_text(kept: str) -> Capabilities:
    return Capabilities.from_json(orjson.loads(kept))
