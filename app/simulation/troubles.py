"""What goes wrong in a run, how often; what came of it; and what must not come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Troubles:
    """What goes wrong, and how often: parts of one, or events per hour of the virtual clock where the name says so."""

    lost: float = 0.06  # of webhooks
    delayed: float = 0.1
    delay_s: tuple[float, float] = (5.0, 86_400.0)
    fail_before: float = 0.02  # of requests: no answer, no effect
    fail_after: float = 0.02  # no answer, and it took effect
    land_late: float = 0.015  # no answer, and it takes effect minutes later
    broken: float = 0.02
    limited: float = 0.03
    slow: float = 0.15
    outages_per_hour: float = 0.4  # a shop can't be reached, and goes on selling
    outage_s: tuple[float, float] = (30.0, 10_800.0)
    unsubscribed_per_hour: float = 0.2
    hand_edits_per_hour: float = 1.5
    mistakes_per_hour: float = 1.0  # orders that a shop's person makes or changes without a look at the shelf
    races: float = 0.15  # WooCommerce's checkout sells its last unit twice
    stocktakes_per_hour: float = 0.7
    breakages_per_hour: float = 0.7
    market_per_hour: float = 0.7  # sold by hand, and entered afterwards
    refunds: float = 0.05  # of orders
    shipped: float = 0.2  # of orders, by us
    shipped_there: float = 0.1
    crashes: float = 0.0008  # of commits
    restores: float = 0.15  # of runs
    skew_s: float = 240.0  # by how much a shop's clock may be wrong; one that is hosted by its platform: by 20 s at the most
    feed_lag_s: float = 100.0  # until an order is found by asking, at most

    @property
    def meddling(self) -> bool:
        return bool(self.hand_edits_per_hour or self.mistakes_per_hour or self.breakages_per_hour or self.stocktakes_per_hour)


# A network that can't be relied on, and nobody who meddles: what policies are compared under.
NETWORK = replace(
    Troubles(),
    hand_edits_per_hour=0.0,
    mistakes_per_hour=0.0,
    stocktakes_per_hour=0.0,
    breakages_per_hour=0.0,
    market_per_hour=0.0,
    refunds=0.0,
    restores=0.0,
)


def scaled(much: float) -> Troubles:
    """All of it so much as often; 0: nothing goes wrong."""
    kept = ("skew_s", "feed_lag_s")
    rates = {name: value * much for name, value in vars(Troubles()).items() if isinstance(value, float) and not (much and name in kept)}
    return replace(Troubles(), **rates)  # type: ignore[arg-type]


NONE = scaled(0.0)


def daily(troubles: Troubles) -> Troubles:
    """What happens so often in an hour happens so often in a day: for runs that trade as slowly as a small store does."""
    return replace(troubles, **{name: value / 24 for name, value in vars(troubles).items() if name.endswith("_per_hour")})


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    events: int = 0
    orders: int = 0
    sold: int = 0
    ideal: int = 0
    refused: int = 0
    us: int = 0
    shops: int = 0
    people: int = 0
    writes: int = 0
    commits: int = 0
    crashes: int = 0
    restored: int = 0
    over_budget: int = 0  # requests and revisions that a shop refused because there had been too many
    went_dark: int = 0  # listings that were taken off because nothing may show as sold out
    came_back: int = 0
    fees_cents: int = 0  # what bringing them back cost
    dark_hours: float = 0.0
    virtual_hours: float = 0.0
    cpu_s: float = 0.0
    digest: str = ""
    failure: str | None = None
    failed_at: int | None = None
    skus: Sequence[str] = ()  # that the failure is about
    kinds: Sequence[str] = ()


class Broken(AssertionError):
    """Something that must always hold doesn't."""

    def __init__(self, what: str, *skus: str) -> None:
        super().__init__(what)
        self.skus = skus
