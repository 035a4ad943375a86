"""The protocol between Tallystick and a marketplace, shaped for the hardest of the seven.

An adapter translates. It keeps no state that matters, decides nothing about stock, and never repeats a request by itself: what was
sent, what came back and what is done next is `sync`'s business. `verify` and `parse` touch no network. Sources: the platforms' own
documentation as of November 2026.

| channel | a message holds | counter | write unit | counts down at | refuses below zero | read lag | price of zero | budgets | feed |
|---|---|---|---|---|---|---|---|---|---|
| Shopify | the whole order (edits: a pointer) | inventory item at a location: `available` | the counter; compare-and-set with a key | placed | always (policy DENY, tracked) | none known | sold out on the page | cost bucket, 100 points/s restored (Standard) | by time of change, cursor; its index lags |
| WooCommerce | the whole order, or an error; the ping is an unsigned form | product or variation: `stock_quantity` | the counter; absolute (its delta isn't atomic) | on-hold, processing, completed; `pending` is held back by the checkout | storefront only, and its own checkout oversells now and then | caches | out of stock on the page | none of its own; hosts differ | by time of change, strictly greater, whole seconds, pages by number |
| Etsy | a pointer, signed with a time | the variants of a listing that share a quantity | the listing with all its variants; absolute, whole document | placed (moment not documented) | always | none known | a whole listing can't be 0: deactivate; what sold out is renewed for a fee | per second and per day | by time of change, pages by offset; cancelled ones in a pass of their own |
| eBay | a pointer; GET challenge; signed with a key that has to be fetched | an offer: two quantities, the smaller is shown | a SKU with its offers on all sites, 25 a request; absolute | placed | always | seconds | ends the listing, unless out-of-stock control is on | 250 revisions per listing and day | by time of change, pages by offset; no pages for cancel requests |
| Amazon | a pointer, out of a queue that we read | the merchant's offer of a SKU | the SKU; absolute, deferred: accepted now, processed later | placed (pending included) | always | minutes | not buyable, kept | 5 writes/s; order search once in 3 min | by time of change, 2 min behind |
| Square | a pointer | a variation at a location: IN_STOCK | the counter; delta with a key | paid, or completed | no: a till sells at zero | none known | sold out online | per application, not published | by time of change, cursor; offline sales up to 72 h late |
| BigCommerce | a pointer | a variant at a location | up to 2,000 counters a request; atomic delta without a key | placed, or shipped (a setting) | storefront only | 5 to 30 s | sold out on the page | 150 requests in 30 s (Standard) | by time of change, pages; incomplete orders too |

A channel says what it can of the *connected shop*, not of its kind: see `Capabilities`.

Two failures, and no others, leave an adapter: `TryLater` and `NoUse`. What a *write* came to is never an exception: see `Outcome`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from app.channels.clock import Clock
from app.domain.capabilities import Budget as Budget
from app.domain.capabilities import Capabilities as Capabilities
from app.domain.capabilities import CountsDown as CountsDown
from app.domain.capabilities import Refuses as Refuses
from app.domain.capabilities import WriteMode as WriteMode
from app.domain.capabilities import Zero as Zero
from app.domain.snapshots import OrderSnapshot

# What goes wrong


class ChannelError(Exception):
    """The channel didn't do what was asked. The text is for people: what happened, and what to do."""


class TryLater(ChannelError):
    """It may work later: overloaded, unreachable, rate-limited. `after_s` is what the channel asked for, if it said so."""

    def __init__(self, detail: str, *, after_s: float | None = None, limited: bool = False) -> None:
        super().__init__(detail)
        self.after_s = after_s
        self.limited = limited  # a budget, and not a failure: no reason to open the circuit


class NoUse(ChannelError):
    """Trying again is no use until a person did something. `code` is stable: credentials, scope, gone, forbidden, misconfigured."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class BadSignature(ChannelError):
    """A message that the channel's secret didn't sign. `status`: what this platform wants to hear then."""

    def __init__(self, detail: str = "", *, status: int = 401) -> None:
        super().__init__(detail)
        self.status = status


class UnknownKey(BadSignature):
    """It names a public key that isn't known here. `learn` asks the platform for it, within seconds: then it can be verified again.

    `learn` raises TryLater where it couldn't ask or was asked too often, which strangers can bring about; BadSignature: no such key.
    """

    def __init__(self, detail: str, learn: Callable[[], None], *, status: int = 401) -> None:
        super().__init__(detail, status=status)
        self.learn = learn


class BadPayload(ChannelError):
    """A signed message that can't be understood. It is parked: visible, and in nobody's way."""


# Coming in


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as it came: raw bytes, and headers by their lower-case names. `query` is the query string's parameters."""

    method: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handshake wants to hear."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Hint:
    """Look at this. `kind`: order, counter (external id of the counter or listing), listing, uninstalled, subscription, contact_erasure.

    A hint costs a fetch, and a repeated one too; never a wrong figure. Of contact_erasure the id is what the buyer's contact says under
    `known_as`.
    """

    kind: str
    external_id: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Some of the orders that changed. `stamp` is the largest channel stamp on it, for the watermark (None: an empty page)."""

    orders: Sequence[OrderSnapshot]
    stamp: datetime | None
    # Orders that are there and can't be understood: external id, and why.
    unreadable: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListingSnapshot:
    """A variant as a buyer sees it, and the counter that its sale lowers. Several listings may name one counter.

    `counter` None: the channel keeps no number for it (untracked, a bundle, sent by the channel itself); `why` says so for people.
    """

    external_id: str
    sku: str | None
    title: str
    unit: str  # the write unit of its counter
    counter: str | None
    quantity: int | None = None  # as the listing says; a reading is made before anything rests on it
    protected: bool = True  # refuses below zero, as far as the channel ever does
    live: bool = True
    why: str | None = None
    url: str | None = None
    unique: bool = True  # False: other listings of the shop have the same code, so nothing is mapped by it


# Going out


@dataclass(frozen=True, slots=True)
class Reading:
    """What a counter shows. None: there is no such counter (any more), or the channel keeps no number for it."""

    counter: str
    quantity: int | None
    protected: bool = True
    document: Any = None  # of the whole unit, for channels that replace it whole (Etsy)


@dataclass(frozen=True, slots=True)
class Entry:
    """One counter in a write. Counter units (sets, not mugs).

    compare-and-set: `value`, if it is still `expected`; delta: `change`; absolute: `value`.
    """

    counter: str
    change: int
    expected: int
    value: int


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A change of one write unit, as it was stored before it leaves. `body` is what `compose` made: it is sent as it stands, always."""

    unit: str
    entries: Sequence[Entry]
    key: str
    body: Any


class Outcome(StrEnum):
    """What a write came to, as far as the answer says."""

    DONE = "done"
    ACCEPTED = "accepted"  # deferred: `ticket` is what to ask about
    STALE = "stale"  # compare-and-set: it wasn't `expected` any more; no effect
    BUSY = "busy"  # the first request under this key is still running: wait, repeat
    FAILED_BEFORE = "failed_before"  # the first request under this key failed: definite
    REFUSED = "refused"  # definite: no effect (400, 403, 404, a validation error)
    LIMITED = "limited"  # throttled
    NOT_SENT = "not_sent"  # it never left us: no connection was made
    UNKNOWN = "unknown"  # no answer, a broken one, or a 5xx


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What came of one write unit. `quantities`: the counters after it, by external id, where the answer says them."""

    outcome: Outcome
    quantities: Mapping[str, int] = field(default_factory=dict)
    after_s: float | None = None
    detail: str = ""
    code: str = ""  # for REFUSED and UNKNOWN: the channel's own code, or credentials / scope / gone
    ticket: str | None = None


@dataclass(frozen=True, slots=True)
class ShipLine:
    """Units of an order's line that left, by the channel's id of the line."""

    line: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipment of ours, to be told to the channel. `id` is ours: the same on every attempt. `complete`: nothing more will follow."""

    id: str
    order: str
    lines: Sequence[ShipLine]
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    shipped_at: datetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What the channel will send us. `changed`: what had to be put right to get there, for people."""

    topics: Sequence[str]
    changed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """Where the shop's owner says in her browser that we may come in. `keep`: what its answer is read with (a code verifier)."""

    url: str
    keep: Mapping[str, str] = field(default_factory=dict)


# Who an adapter works for


class Vault(Protocol):
    """The channel's credentials. What is kept is encrypted at rest, and stored before it is first used."""

    def get(self, name: str) -> str | None: ...

    def keep(self, changes: Mapping[str, str]) -> None: ...


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter is made from. `settings` are the shop's address and the like, nothing secret; `transport` is for tests and the
    simulator (None: the network)."""

    channel_id: str
    settings: Mapping[str, Any]
    vault: Vault
    transport: Any = None
    # Called before each request leaves: raises when we may not write any more (a lost lease).
    guard: Callable[[], None] = lambda: None
    # Told the time that each answer says, by whatever sends the requests.
    clock: Clock = field(default_factory=Clock)


class Channel(Protocol):
    """One connected shop. Blocking; each call is bounded by a total deadline."""

    kind: ClassVar[str]
    settings: ClassVar[Mapping[str, str]]  # name and what it is, for people
    credentials: ClassVar[Mapping[str, str]]

    def __init__(self, connection: Connection) -> None: ...

    def capabilities(self) -> Capabilities:
        """Ask the shop what it can do. Raises: TryLater, NoUse."""

    # Being let in by the owner's browser

    def consent(self, callback: str, done: str, state: str) -> Consent | None:
        """The page where she does; None: this kind of shop has none. Its answer goes to `callback`, her browser to `done`. No network.

        Raises: NoUse where its answer couldn't reach us.
        """

    def let_in(self, delivery: Delivery, keep: Mapping[str, str], callback: str) -> Mapping[str, str]:
        """The credentials that came of it, or that its code is exchanged for. Raises: TryLater; NoUse where she said no."""

    @staticmethod
    def state_of(delivery: Delivery) -> str | None:
        """The state in the shop's answer: what ties it to the question. No network."""

    # Coming in

    def answer(self, delivery: Delivery) -> Reply | None:
        """The reply to a handshake or ping, which is no news; None: go on with `verify`. No network."""

    def verify(self, delivery: Delivery) -> str:
        """The delivery's identity: the channel's id where it is trustworthy, else sha256 of topic and body. Constant time, raw bytes.

        Raises: BadSignature; UnknownKey where a public key has to be fetched first.
        """

    def topic(self, delivery: Delivery) -> str:
        """What the delivery says it is about, for people and metrics."""

    def parse(self, delivery: Delivery) -> Sequence[Hint | OrderSnapshot]:
        """What to look at, or how it stands where the body says it all. Kinds that we don't use give nothing.

        Raises: BadPayload.
        """

    def receive(self) -> Sequence[Delivery]:
        """What waits in the channel's queue, for channels that have one instead of webhooks. Empty otherwise."""

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """These are committed: the queue may drop them."""

    def fetch_orders(self, ids: Sequence[str]) -> Iterator[OrderSnapshot]:
        """How these orders stand now. One that isn't there any more comes as GONE.

        Raises: TryLater, NoUse; BadPayload for one that can't be understood.
        """

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        """Every order changed since then, by time of change, page by page to the end; None: the open ones. Cancellations and refunds
        count as changes. Raises: TryLater, NoUse."""

    # What is on sale

    def listings(self) -> Iterator[ListingSnapshot]:
        """Everything on sale. Raises: TryLater, NoUse."""

    def read_quantities(self, counters: Sequence[str]) -> Sequence[Reading]:
        """What these counters show, in the order asked. Raises: TryLater, NoUse."""

    # Going out

    def compose(self, unit: str, entries: Sequence[Entry], key: str, reading: Reading | None = None) -> Any:
        """The request's body as JSON: what will be stored and sent, byte for byte the same on every attempt. No network."""

    def write_quantities(self, requests: Sequence[WriteRequest]) -> Sequence[WriteResult]:
        """One result per request, in order: one bad listing never fails its batch. Sends each exactly once.

        Raises nothing but what the guard raised: then nothing of that request left.
        """

    def processed(self, tickets: Sequence[str]) -> Sequence[WriteResult | None]:
        """Deferred channels: what came of accepted writes; None: not processed yet. Raises: TryLater, NoUse."""

    def ship(self, parcel: Parcel) -> None:
        """Tell the channel that units left, once: looks first whether it knows the parcel already. Raises: TryLater, NoUse."""

    def subscribe(self, url: str) -> Subscriptions:
        """See to it that messages come to this address: what is missing is put back, what is wrong is mended, what is right is left
        alone. Raises: TryLater, NoUse."""

    def unsubscribe(self) -> None:
        """Take our subscriptions away. Raises: TryLater, NoUse."""

    def close(self) -> None:
        """Let go of connections."""
