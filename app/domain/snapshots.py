"""How a channel's order stands: the whole of what `domain.recording` needs to know, in nobody's dialect.

A snapshot is a state and not an event. Doubled, late and reordered messages therefore end in the same books, and so do messages that
never came and were polled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from app.domain.money import Money


class Missing(Enum):
    """Why a field says nothing. Neither ever erases what is recorded."""

    ABSENT = "absent"  # this message doesn't carry it
    WITHHELD = "withheld"  # the channel has it and may not or will not show it to us


ABSENT: Final = Missing.ABSENT
WITHHELD: Final = Missing.WITHHELD

Contact = Mapping[str, str | None]
"""The fields of a contact: `contacts.FIELDS`, and `known_as` where the channel asks to have buyers erased by name."""


class OrderState(StrEnum):
    """What the channel's record is to us."""

    NOT_YET = "not_yet"  # a draft, a checkout that nobody finished: ignored
    ORDER = "order"
    GONE = "gone"  # deleted on the channel: nothing of it is wanted any more, and nothing was put back that we know of


@dataclass(frozen=True, slots=True)
class LineSnapshot:
    """One line. Every figure is a total as of now, never a change, and in units of the *listing* (sets, not mugs).

    `cancelled` counts whatever of `ordered` isn't wanted any more and never left: cancelled, edited away, refunded before it was sent.
    `counted_down` and `put_back` are what the channel did to its own counter for this line: gross, as far as it says so.
    """

    external_id: str
    ordered: int
    cancelled: int = 0
    returned: int = 0
    shipped: int = 0
    counted_down: int = 0
    put_back: int = 0
    # The listing that was bought, by the channel's id; None: a line of free text, or a product that was deleted since.
    listing: str | None = None
    sku: str | None = None  # the code that the channel knew it by
    title: str | None = None
    # False: the channel keeps no counter for it, or sends it itself (FBA and the like): `fulfilled_by_channel` says which.
    fulfilled_by_channel: bool = False
    ships: bool = True  # False: a tip, a gift card, a download
    # For the whole line; None: the channel doesn't say.
    unit_price: Money | None = None
    discount: Money | None = None
    tax: Money | None = None
    # The quantity was no whole number (1.5 m of cloth): rounded up in `ordered`, and as the channel wrote it here.
    decimal_quantity: str | None = None


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """One order as it stands. Snapshots of one order compare by `version`: the older one is dropped, the equal one applies."""

    external_id: str
    # The channel's own: a number where it has one, else when it was changed. Always the same kind for one channel.
    version: int | datetime
    state: OrderState = OrderState.ORDER
    paid: bool | Missing = ABSENT
    lines: Sequence[LineSnapshot] | Missing = ABSENT
    number: str | None = None  # what people call it: #1042
    test: bool = False
    placed_at: datetime | None = None
    updated_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    ship_by: datetime | None = None
    # Until when the channel lets an unpaid order wait; None: as its capabilities say.
    hold_until: datetime | None = None
    buyer: Contact | Missing = ABSENT
    ship_to: Contact | Missing | None = ABSENT  # None: there is none, it is fetched or sent by mail
    # gross, discount, tax, shipping, total: as the buyer pays them, whatever the currency.
    amounts: Mapping[str, Money] | Missing = ABSENT
    prices_include_tax: bool = False
    # The channel's own words where they say more than we translate: its status, who made it. Never personal data.
    notes: Mapping[str, str] = field(default_factory=dict)
