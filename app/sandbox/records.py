"""What a simulated shop keeps: variants, orders, the messages that want to leave, and the truth about each counter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# What is on sale, and who bought it


@dataclass
class Variant:
    """What a buyer can pick. `counter` is the id of the number that its sale lowers: several variants may share one."""

    id: str
    sku: str | None
    title: str
    price: int  # minor units of the shop's currency
    counter: str
    tracked: bool = True
    sells_below_zero: bool = False
    live: bool = True
    more: dict[str, Any] = field(default_factory=dict)  # what only this platform knows of it


@dataclass
class Line:
    """Units of one variant in an order. Every figure is a total, and none but `taken` ever falls.

    `quantity`: ever ordered, what was added later included. `removed`: edited away. `refunded`: taken back by a refund, sent or not.
    """

    id: str
    variant: str | None
    sku: str | None
    title: str
    price: int
    quantity: int
    removed: int = 0
    refunded: int = 0
    shipped: int = 0
    counted_down: int = 0
    put_back: int = 0

    @property
    def current(self) -> int:
        """What the order says now."""
        return self.quantity - self.removed

    @property
    def taken(self) -> int:
        """What the counter is lower by because of this line."""
        return self.counted_down - self.put_back

    @property
    def unsent(self) -> int:
        return max(0, self.current - self.refunded - self.shipped)


@dataclass(frozen=True)
class Refund:
    id: str
    at: datetime
    line: str
    quantity: int
    restock: bool


@dataclass(frozen=True)
class Fulfilment:
    id: str
    at: datetime
    lines: Mapping[str, int]
    carrier: str | None = None
    tracking_number: str | None = None
    tracking_url: str | None = None


@dataclass
class Order:
    id: str
    number: str
    placed_at: datetime
    updated_at: datetime
    lines: list[Line]
    buyer: Mapping[str, str]
    status: str = ""  # the platform's own word, where it has one
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    test: bool = False
    shipping: int = 0
    refunds: list[Refund] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    version: int = 1  # goes up with every change
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def paid(self) -> bool:
        return self.paid_at is not None

    @property
    def total(self) -> int:
        return self.shipping + sum(line.price * line.current for line in self.lines)

    def line(self, line_id: str) -> Line:
        return next(line for line in self.lines if line.id == line_id)


# The truth


class Kind(StrEnum):
    """Why a counter changed, or why it didn't."""

    OPENING = "opening"  # what stood there when the variant was made
    GRANTED = "granted"  # a write of ours
    HAND = "hand"  # the shopkeeper typed a number
    RESTOCK = "restock"  # the platform put units of an order back
    COUNTED = "counted"  # the platform took units of an order off
    SOLD = "sold"  # an order was accepted; changes nothing by itself
    UNWANTED = "unwanted"  # accepted units that nobody wants any more; changes nothing by itself
    REFUSED = "refused"  # a buyer was told no; changes nothing


CHANGES = frozenset({Kind.OPENING, Kind.GRANTED, Kind.HAND, Kind.RESTOCK, Kind.COUNTED})


@dataclass(frozen=True)
class Entry:
    """One line of the truth. `units` is signed by what it did to the counter for kinds in `CHANGES`, and positive otherwise.

    `oversold`: of units sold, how many weren't there, though the platform promises to look. `forced`: nobody looked, a person made it.
    """

    at: datetime
    kind: Kind
    counter: str
    units: int
    after: int
    order: str | None = None
    oversold: int = 0
    forced: bool = False


@dataclass(frozen=True)
class Truth:
    """Totals of one counter. `counter` = opening + granted + by_hand + restocked − counted."""

    counter: int
    opening: int
    granted: int
    by_hand: int
    restocked: int
    counted: int
    sold: int
    unwanted: int
    refused: int
    oversold: int  # by the channel's own doing
    forced: int  # sold by a person beyond what was there


# Messages


@dataclass(frozen=True)
class Outgoing:
    """A webhook request that wants to leave: whoever drives the world sends it (or loses it), and tells `delivered` what came back."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    topic: str
    subscription: str
    resource: str
    attempt: int = 1


@dataclass(frozen=True)
class Waiting:
    """A message that isn't due or wasn't taken yet. `body` is there where the platform wrote it when it happened."""

    due_at: datetime
    topic: str
    subscription: str
    resource: str
    body: bytes | None = None
    attempt: int = 1
