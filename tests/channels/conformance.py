"""One suite for every channel: what the protocol promises, held against an adapter and the sandbox shop of its platform.

For a new kind write `tests/channels/test_<kind>_conformance.py`:

    class BazaarFixtures(Fixtures):
        kind, dialect = "bazaar", "keeps"
        signatures, secrets = ("x-bazaar-signature",), ("webhook_secret",)
        ...

    class TestBazaar(Conformance):
        fixtures = BazaarFixtures()

`Fixtures` says below what each of its members is for; whatever isn't marked as needed has a default that fits most platforms. The class
with the tests holds `fixtures` and nothing else: it can override no test and add none, and Python refuses the class where it tries. What
a platform can't do is declared in `exempt`, by the name of the test, with its reason as a sentence. What the golden table of orders
(`tests/golden.py`) can't tell there is declared by the case, in `not_in`. Tests about one platform alone stand in files of their own.

Every test gets `here`, a `Stand`: the sandbox shop, the adapter that is connected to it, and the wire between them. Requests go through
`ShopTransport` (faults), then the wire (`before`, `twist`, what `arrived`), then `contract.Witness`, which holds each request and each
answer against the platform's own document, and then to `Shop.handle`. The clock is virtual: time passes in `here.pass_` alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from app import chance
from app.channels import registry
from app.channels.base import (
    BadPayload,
    BadSignature,
    Capabilities,
    Channel,
    ChannelError,
    Connection,
    Consent,
    CountsDown,
    Delivery,
    Entry,
    Hint,
    ListingSnapshot,
    NoUse,
    Outcome,
    Parcel,
    Reading,
    ShipLine,
    TryLater,
    WriteMode,
    WriteRequest,
    WriteResult,
)
from app.domain.money import Money
from app.domain.snapshots import Missing, OrderSnapshot, OrderState
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.shop import Outgoing, Variant
from tests.channels.contract import Witness
from tests.golden import Dialect

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
OURS = "https://us.example/webhooks/channel-1"
CALLBACK, DONE, STATE = "https://us.example/consents/bazaar", "https://us.example/", "state-0123456789"
PAYLOADS = Path(__file__).parent / "payloads"


# What a kind of channel gives


@dataclass(frozen=True)
class Recorded:
    """A payload of the folder, and how it reads: (kind, id) for each hint, ("snapshot", id) for an order; None: it is refused."""

    delivery: Delivery
    reads: Sequence[tuple[str, str]] | None


@dataclass(frozen=True)
class Vector:
    """A message with its signature, as the platform's documentation or a recording has it. `now`: when it came."""

    delivery: Delivery
    credentials: Mapping[str, str]
    now: datetime = START


class MemoryVault:
    def __init__(self, kept: Mapping[str, str]) -> None:
        self.kept = dict(kept)

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def keep(self, changes: Mapping[str, str]) -> None:
        self.kept.update(changes)


class Fixtures:
    """What the suite has to know of a kind of channel. Needed: what raises NotImplementedError, and the class variables without a value."""

    kind: ClassVar[str]
    dialect: ClassVar[Dialect]  # of the golden table: how the platform tells what became of an order
    signatures: ClassVar[tuple[str, ...]]  # the headers that make a message genuine: without any one of them it isn't let in
    secrets: ClassVar[tuple[str, ...]]  # the credentials that messages are signed with; empty where it is a key of the platform's own
    exempt: ClassVar[Mapping[str, str]] = {}  # name of a test, and why this platform can't pass it, as a sentence
    renews: ClassVar[bool] = False  # whether a token that has expired is renewed by itself; otherwise a person is told
    page: ClassVar[int] = 100  # orders on a page of the feed
    played: ClassVar[tuple[str, ...]] = ("polled",)  # how the golden table is played: by messages ("told"), by polls, or both
    no_order: ClassVar[str] = "999999999"  # the id of an order that isn't there
    no_counter: ClassVar[str] = "999999999"

    def shop(self, currency: str = "EUR") -> Any:
        """A new sandbox shop, whose messages are neither doubled nor late, and whose budgets are large."""
        raise NotImplementedError

    def settings(self, shop: Any) -> Mapping[str, str]:
        """The connection's settings."""
        raise NotImplementedError

    def credentials(self, shop: Any) -> Mapping[str, str]:
        """What the vault holds when the shop has just been connected."""
        raise NotImplementedError

    def is_write(self, request: Any) -> bool:
        """Whether this request changes a number: the one that goes wrong in tests about writes."""
        raise NotImplementedError

    def sent(self, request: Any) -> Any:
        """What has to be the same on every attempt."""
        return request.method, request.url.path, request.content

    def recorded(self) -> Mapping[str, Recorded]:
        """Every file in `payloads/<kind>`, by its name. A file that is no message is refused as one: `reads` is None."""
        raise NotImplementedError

    def vectors(self) -> Iterable[Vector]:
        """Messages whose signatures weren't made by our own sandbox, and fit."""
        return ()

    def forgeries(self, here: Stand, genuine: Delivery) -> Iterable[Delivery]:
        """More that must be kept out than the suite makes itself: another shop's, an old one."""
        return ()

    def verify(self, channel: Channel, delivery: Delivery) -> str:
        """As the intake does, where a key has to be fetched first."""
        return channel.verify(delivery)

    def transport(self, here: Stand) -> Any:
        """What the adapter is connected to. For shops without HTTP."""
        return ShopTransport(here.wire, here.faults, wait=here.pass_)  # type: ignore[arg-type]

    def quiet_transport(self, shop: Any) -> Any:
        """The same for the golden table, where nothing goes wrong on the way."""
        return ShopTransport(shop)

    # What the shop's people and its platform do. `variant.id` is the listing's id and `variant.counter` its counter's, unless said here.

    def listing(self, shop: Any, variant: Variant) -> str:
        return variant.id

    def order(self, shop: Any, order_id: str) -> str:
        """How the channel names an order of the sandbox."""
        return order_id

    def shows(self, shop: Any, variant: Variant) -> int:
        """What buyers see."""
        return int(shop.counters[variant.counter])

    def siblings(self, shop: Any) -> tuple[Variant, Variant]:
        """Two variants in one write unit, 5 of each; of two units where every counter is one of its own."""
        return shop.add("TEE-S", 5), shop.add("TEE-M", 5)

    def vanish(self, shop: Any, variant: Variant) -> None:
        """It is deleted in the shop's own pages."""
        del shop.variants[variant.id], shop.counters[variant.counter]

    def refusals(self) -> Mapping[str, Callable[[Stand, Variant], None]]:
        """What makes the shop refuse the next write, by name: a right that is taken away, a listing that is gone."""
        return {"it is gone": lambda here, variant: self.vanish(here.shop, variant)}

    def expire(self, shop: Any) -> None:
        """The access token, or the key, that the adapter uses now isn't accepted any more."""
        raise NotImplementedError

    def subscribe(self, here: Stand) -> None:
        """Messages come to us. Another way where the platform has it set up by hand."""
        here.channel.subscribe(OURS)

    def subscriptions(self, shop: Any) -> Sequence[Any]:
        """Those that the shop has of ours, as things that compare."""
        raise NotImplementedError

    def lose_subscription(self, shop: Any) -> None:
        """One of them is deleted on the platform's side."""
        raise NotImplementedError

    def shift(self, shop: Any, order_id: str) -> None:
        """Something happens to an order that moves those after it to the page before; at the end of what is sorted by time of change."""
        shop.cancel(order_id)

    def parcels(self, shop: Any, order_id: str) -> int:
        """How many parcels the shop was told of."""
        return len(shop.orders[order_id].fulfilments)

    def consents(self, here: Stand, consent: Consent) -> tuple[Delivery, Delivery]:
        """Her browser comes back: she said yes; she said no. For platforms with a page of consent."""
        raise NotImplementedError

    # For the golden table, where platforms differ.

    def shared(self, shop: Any, title: str, quantity: int) -> Mapping[str, Any]:
        """One number for all variants of a product: the facts with which the first of them is added."""
        raise NotImplementedError

    def remove_line(self, shop: Any, order_id: str, line_id: str) -> None:
        shop.edit(order_id, line_id, 0)

    def take_parcel_back(self, shop: Any, order_id: str) -> None:
        raise NotImplementedError

    def delete_order(self, shop: Any, order_id: str) -> None:
        raise NotImplementedError

    # Given

    def connect(self, transport: Any, settings: Mapping[str, str], credentials: Mapping[str, str], guard: Callable[[], None]) -> Channel:
        vault = MemoryVault(credentials)
        return registry.kind(self.kind)(Connection("channel-1", settings, vault, transport, guard))


def every_kind() -> dict[str, Fixtures]:
    """The fixtures of all kinds that there are, but for the reference."""
    found = {}
    for kind in registry.KINDS:
        name = f"tests.channels.test_{kind}_conformance"
        if find_spec(name) is not None:
            classes = [each for each in vars(import_module(name)).values() if isinstance(each, type) and issubclass(each, Fixtures)]
            (found[kind],) = (each() for each in classes if vars(each).get("kind") == kind)
    return found


# A shop, our adapter, and what is between them


class Clock(chance.Seeded):
    """A virtual clock, beside which a shop's may be wrong."""

    skew = timedelta()
    _there = False

    def now(self) -> datetime:
        return super().now() + (self.skew if self._there else timedelta())

    @contextmanager
    def there(self) -> Iterator[None]:
        """It is the shop's clock that counts."""
        before, self._there = self._there, True
        try:
            yield
        finally:
            self._there = before


class Wire:
    """Where requests arrive at the shop."""

    def __init__(self, here: Stand) -> None:
        self._here = here
        self.lock = here.shop.lock

    def handle(self, request: httpx.Request) -> httpx.Response:
        here = self._here
        here.before(request)
        here.arrived.append(request)
        with here.clock.there():
            answer: httpx.Response = here.shop.handle(request)
        here.witness.sees(request, answer)
        return here.twist(request, answer)


class Stand:
    """One connected shop."""

    def __init__(self, fixtures: Fixtures, clock: Clock, currency: str = "EUR", skew_s: float = 0.0) -> None:
        self.fixtures, self.clock = fixtures, clock
        clock.skew = timedelta(seconds=skew_s)
        self.shop: Any = fixtures.shop(currency)
        self.faults = Faults()
        self.before: Callable[[Any], None] = lambda _: None  # called with each request that arrives
        self.twist: Callable[[httpx.Request, httpx.Response], httpx.Response] = lambda _, answer: answer
        self.guard: Callable[[], None] = lambda: None
        self.arrived: list[Any] = []
        self.witness = Witness(fixtures.kind)
        self.wire = Wire(self)
        self.transport = fixtures.transport(self)
        self.channel = self.connected()

    def connected(self, **changed: str | None) -> Channel:
        """An adapter; with other credentials, or without those that are None."""
        kept = {**self.fixtures.credentials(self.shop), **changed}
        given = {name: value for name, value in kept.items() if value is not None}
        return self.fixtures.connect(self.transport, self.fixtures.settings(self.shop), given, self._guard)

    def _guard(self) -> None:
        self.guard()

    def pass_(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    @property
    def can(self) -> Capabilities:
        return self.channel.capabilities()

    # Buyers

    def buy(self, variant: Variant, quantity: int = 1, **how: Any) -> str:
        with self.clock.there():
            order = self.shop.buy({variant.id: quantity}, **how)
        assert order is not None
        return str(order)

    def named(self, order: str) -> str:
        return self.fixtures.order(self.shop, order)

    def shows(self, *variants: Variant) -> list[int]:
        return [self.fixtures.shows(self.shop, each) for each in variants]

    # Messages

    def messages(self) -> list[tuple[Outgoing, Delivery]]:
        """What the shop has to tell us by now, but for pings."""
        found = []
        for _ in range(4):  # an answered ping lets others leave
            self.pass_(60)
            with self.clock.there():
                taken = self.shop.take_deliveries()
            for each in taken:
                delivery = heard(each)
                reply = self.channel.answer(delivery)
                if reply is None:
                    found.append((each, delivery))
                self.shop.delivered(each, 200 if reply is None else reply.status)
        return found

    def deliveries(self) -> list[Delivery]:
        return [delivery for _, delivery in self.messages()]

    def an_order_told(self) -> Delivery:
        """A genuine message about an order."""
        self.fixtures.subscribe(self)
        self.deliveries()
        self.buy(self.shop.add("PLATE", 5))
        return self.deliveries()[-1]

    # What the adapter says

    def listing(self, variant: Variant) -> ListingSnapshot:
        wanted = self.fixtures.listing(self.shop, variant)
        return next(each for each in list(self.channel.listings()) if each.external_id == wanted)

    def reading(self, variant: Variant) -> Reading:
        counter = self.listing(variant).counter
        assert counter is not None
        (found,) = self.channel.read_quantities([counter])
        return found

    def fetched(self, order: str) -> OrderSnapshot:
        (found,) = self.channel.fetch_orders([self.named(order)])
        return found

    def polled(self, since: datetime | None, into: dict[str, OrderSnapshot] | None = None) -> datetime | None:
        """Everything that changed, the newest of each; returns the largest stamp."""
        stamps = [since] if since else []
        for page in self.channel.orders_since(since):
            assert not page.unreadable
            if page.stamp is not None:
                stamps.append(page.stamp)
            if into is not None:
                newest(page.orders, into)
        return max(stamps, default=None)

    # Writing

    def request(self, variant: Variant, value: int, key: str = "0190d000-0000-7000-8000-000000000001") -> WriteRequest:
        """As the lane would make it: from what was read just now, and stored before it leaves."""
        listing = self.listing(variant)
        assert listing.counter is not None
        (reading,) = self.channel.read_quantities([listing.counter])
        assert reading.quantity is not None
        entry = Entry(listing.counter, value - reading.quantity, reading.quantity, value)
        body = self.channel.compose(listing.unit, [entry], key, reading)
        stored = json.loads(json.dumps(body))
        assert stored == body
        return WriteRequest(listing.unit, [entry], key, stored)

    def write(self, request: WriteRequest) -> WriteResult:
        (result,) = self.channel.write_quantities([request])
        return self.settled(result)

    def settled(self, result: WriteResult) -> WriteResult:
        """What a deferred write comes to."""
        if result.outcome is Outcome.ACCEPTED:
            self.pass_(900)
            (done,) = self.channel.processed([result.ticket or ""])
            assert done is not None
            return done
        return result

    @property
    def writes(self) -> list[Any]:
        return [each for each in self.arrived if self.fixtures.is_write(each)]


def heard(message: Outgoing) -> Delivery:
    return Delivery("POST", {name.lower(): value for name, value in message.headers.items()}, message.body)


def newest(orders: Iterable[OrderSnapshot], into: dict[str, OrderSnapshot]) -> None:
    """As recording does: an older snapshot is dropped, an equal one applies."""
    for each in orders:
        known = into.get(each.external_id)
        if known is None or each.version >= known.version:  # type: ignore[operator]
            into[each.external_id] = each


def stands(order: OrderSnapshot) -> Any:
    """What of an order the books rest on."""
    lines = order.lines if not isinstance(order.lines, Missing) else ()
    figures = {
        each.external_id: (each.ordered, each.cancelled, each.returned, each.shipped, each.counted_down, each.put_back, each.listing)
        for each in lines
    }
    return order.state, order.paid, order.cancelled_at is not None, figures


def read(channel: Channel, messages: Iterable[Delivery]) -> list[tuple[str, str]]:
    found = [each for message in messages for each in channel.parse(message)]
    return [(each.kind, each.external_id) if isinstance(each, Hint) else ("snapshot", each.external_id) for each in found]


# Things that can be missing


GONE = object()


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in JSON; of a list the first entry speaks for the others."""
    if at:
        yield at
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*at, name))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*at, 0))


def changed(value: Any, at: tuple[Any, ...], to: Any) -> Any:
    if not at:
        return to
    if isinstance(value, list):
        rest = [] if len(at) == 1 and to is GONE else [changed(value[0], at[1:], to)]
        return [*rest, *value[1:]]
    if len(at) == 1 and to is GONE:
        return {name: inner for name, inner in value.items() if name != at[0]}
    return {**value, at[0]: changed(value[at[0]], at[1:], to)}


def with_holes(value: Any) -> Iterator[tuple[Any, Any]]:
    """The same with something null, left out or unknown; and where that is."""
    for at in places(value):
        for hole in (None, GONE):
            yield (at, hole), changed(value, at, hole)
    if isinstance(value, dict):
        yield (), {**value, "a_field_of_next_year": {"x": [1]}}


GARBAGE = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"id"',
    b"\xff\xfe",
    b"{" * 50_000,
    b"[" * 200_000,
    b'{"id":null}',
    b'{"id":1e400}',
    b'{"id":true}',
)


# What goes wrong with a write: what happens on the way, what comes of it, and whether the number was changed


FAULTS: Mapping[str, tuple[Mapping[str, Any], Outcome, bool]] = {
    "nobody listens": ({"down": True}, Outcome.NOT_SENT, False),
    "no answer, and no effect": ({"fail_before": 1.0}, Outcome.UNKNOWN, False),
    "no answer, though it took effect": ({"fail_after": 1.0}, Outcome.UNKNOWN, True),
    "too many requests": ({"limited": 1.0}, Outcome.LIMITED, False),
}
READINGS: Mapping[str, Callable[[Channel, str, str], Any]] = {  # of a counter and an order
    "capabilities": lambda channel, counter, order: channel.capabilities(),
    "listings": lambda channel, counter, order: list(channel.listings()),
    "quantities": lambda channel, counter, order: channel.read_quantities([counter]),
    "orders": lambda channel, counter, order: list(channel.orders_since(START)),
    "an order": lambda channel, counter, order: list(channel.fetch_orders([order])),
}


class Conformance:
    """The tests. A subclass gives `fixtures`."""

    fixtures: ClassVar[Fixtures]

    def __init_subclass__(cls) -> None:
        own = {name for name in vars(cls) if not name.startswith("__")}
        if own != {"fixtures"}:
            raise TypeError(f"{cls.__name__} gives fixtures and nothing else; it has {', '.join(sorted(own)) or 'nothing'}")
        for name, reason in cls.fixtures.exempt.items():
            if not (name.startswith("test_") and callable(getattr(Conformance, name, None))):
                raise TypeError(f"{cls.__name__} is exempted from {name}, which there isn't")
            if len(reason.split()) < 4 or not reason.endswith("."):
                raise TypeError(f"{cls.__name__} is exempted from {name} without a reason")
            setattr(cls, name, None)  # so that it isn't collected

    @pytest.fixture
    def clock(self) -> Iterator[Clock]:
        clock = Clock(7, START)
        with chance.installed(clock):
            yield clock

    @pytest.fixture
    def opened(self, clock: Clock, record_property: Callable[[str, object], None]) -> Iterator[Callable[..., Stand]]:
        """Opens shops. At the end every call that was made must have been held against the platform's document, where it has one."""
        stands: list[Stand] = []

        def opened(currency: str = "EUR", skew_s: float = 0.0) -> Stand:
            stands.append(Stand(self.fixtures, clock, currency, skew_s))
            return stands[-1]

        yield opened
        for each in stands:
            each.channel.close()
            record_property("contract", (self.fixtures.kind, each.witness.made, each.witness.validated))
            assert each.witness.validated == (each.witness.made if each.witness.has_document else 0)

    @pytest.fixture
    def here(self, opened: Callable[..., Stand]) -> Stand:
        return opened()

    @pytest.fixture
    def mug(self, here: Stand) -> Variant:
        made: Variant = here.shop.add("MUG", 5)
        return made

    # What it can do

    def test_what_it_says_it_can_do_is_sane(self, here: Stand) -> None:
        can = here.can
        assert can.feed_lag_s > 0
        assert can.feed_overlap_s >= can.feed_lag_s
        assert can.poll_every_s > 0
        assert can.read_lag_s >= 0
        assert can.late_write_s > 0
        assert can.key_life_s > 0 or not can.keyed
        assert can.keyed or not can.remembers_failures
        assert can.write_mode is WriteMode.ABSOLUTE or not can.drains
        assert can.batch >= 1
        assert all(each.amount > 0 and each.per_s > 0 and each.name for each in can.budgets)
        assert (can.currency, can.missing_scopes) == ("EUR", ())
        assert Capabilities.from_json(json.loads(json.dumps(can.as_json()))) == replace(
            can, missing_scopes=tuple(can.missing_scopes), warnings=tuple(can.warnings), budgets=tuple(can.budgets)
        )

    def test_it_says_whose_account_it_is_connected_to(self, here: Stand) -> None:
        can = here.can
        assert can.account
        assert can.shop_name == here.shop.name
        assert here.connected().capabilities().account == can.account

    # Being let in

    def test_the_owner_lets_it_in_by_her_browser_or_says_no(self, here: Stand) -> None:
        consent = here.channel.consent(CALLBACK, DONE, STATE)
        assert consent is not None
        assert consent.url.startswith("https://")
        assert here.channel.consent(CALLBACK, DONE, STATE + "x") != consent
        yes, no = here.fixtures.consents(here, consent)
        assert here.channel.state_of(yes) == STATE
        assert here.channel.state_of(Delivery("GET", {}, b"")) is None
        with pytest.raises(NoUse):
            here.channel.let_in(no, consent.keep, CALLBACK)
        with pytest.raises((NoUse, TryLater)):
            here.channel.let_in(Delivery("GET", {}, b"{}", {"state": STATE, "code": "forged"}), consent.keep, CALLBACK)
        given = here.channel.let_in(yes, consent.keep, CALLBACK)
        assert given
        assert here.connected(**given).capabilities().missing_scopes == ()

    # Messages

    def test_a_genuine_message_is_let_in_under_one_identity(self, here: Stand, mug: Variant) -> None:
        here.fixtures.subscribe(here)
        here.deliveries()
        here.buy(mug)
        messages = here.deliveries()
        identities = [here.fixtures.verify(here.channel, each) for each in messages]
        assert [here.fixtures.verify(here.channel, each) for each in messages] == identities
        assert len(set(identities)) == len(messages) > 0
        assert all(here.channel.topic(each) for each in messages)

    def test_a_signature_of_the_platforms_own_fits(self, opened: Callable[..., Stand], clock: Clock) -> None:
        vectors = list(self.fixtures.vectors())
        assert vectors
        for each in vectors:
            with chance.installed(Clock(7, each.now)):
                here = opened()
                genuine = here.connected(**each.credentials)
                assert self.fixtures.verify(genuine, each.delivery)
                with pytest.raises(BadSignature):
                    self.fixtures.verify(genuine, replace(each.delivery, body=each.delivery.body + b" "))

    def test_a_forged_message_is_kept_out(self, here: Stand) -> None:
        genuine = here.an_order_told()
        body, headers = genuine.body, genuine.headers
        assert here.fixtures.signatures
        forged = [replace(genuine, body=each) for each in (b"", body[:-1], body + b"\n", b" " + body)]
        spots = (0, len(body) // 2, len(body) - 1)
        forged += [replace(genuine, body=body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]) for at in spots]
        for name in here.fixtures.signatures:
            right = headers[name]
            forged.append(replace(genuine, headers={each: value for each, value in headers.items() if each != name}))
            for wrong in ("", "é", right[:-5], right[5:], right.swapcase(), right[::-1], "0", "x" * 10_000):
                assert wrong != right
                forged.append(replace(genuine, headers={**headers, name: wrong}))
        forged += here.fixtures.forgeries(here, genuine)
        forged += [each.delivery for kind, others in every_kind().items() if kind != here.fixtures.kind for each in others.vectors()]
        assert here.fixtures.verify(here.channel, genuine)
        for each in forged:
            with pytest.raises(BadSignature):
                here.fixtures.verify(here.channel, each)
        for name in here.fixtures.secrets:
            for secret in (here.fixtures.credentials(here.shop)[name][::-1], None):
                with pytest.raises(BadSignature):
                    here.fixtures.verify(here.connected(**{name: secret}), genuine)

    def test_every_recorded_payload_reads_as_it_should(self, here: Stand) -> None:
        recorded = here.fixtures.recorded()
        assert recorded.keys() == {each.name for each in (PAYLOADS / here.fixtures.kind).glob("*")}
        for name, each in recorded.items():
            if each.reads is None:
                with pytest.raises(BadPayload):
                    here.channel.parse(each.delivery)
            else:
                assert (name, read(here.channel, [each.delivery])) == (name, list(each.reads))

    def test_a_payload_with_holes_is_read_or_refused(self, here: Stand) -> None:
        for each in here.fixtures.recorded().values():
            for _, body in with_holes(json.loads(each.delivery.body)):
                with suppress(BadPayload):
                    here.channel.parse(replace(each.delivery, body=json.dumps(body).encode()))

    def test_a_message_that_says_nothing_is_read_or_refused(self, here: Stand) -> None:
        for genuine in [here.an_order_told(), *(each.delivery for each in here.fixtures.recorded().values())]:
            for body in GARBAGE:
                with suppress(BadPayload):
                    here.channel.parse(replace(genuine, body=body))

    def test_doubled_and_reordered_messages_say_how_an_order_stands(self, here: Stand, mug: Variant) -> None:
        here.fixtures.subscribe(here)
        here.deliveries()
        kept, dropped = here.buy(mug, 2), here.buy(mug)
        messages = here.deliveries()
        here.shop.fulfil(kept)
        here.shop.cancel(dropped)
        messages += here.deliveries()
        expected = {here.named(each): stands(here.fetched(each)) for each in (kept, dropped)}
        for told in (messages, messages[::-1], messages * 2, messages[1::2] + messages[::2]):
            found: dict[str, OrderSnapshot] = {}
            for each in [each for message in told for each in here.channel.parse(message)]:
                if isinstance(each, OrderSnapshot):
                    newest([each], found)
                elif each.kind == "order":
                    newest(here.channel.fetch_orders([each.external_id]), found)
            assert {name: stands(order) for name, order in found.items()} == expected

    # Orders

    def test_an_order_says_what_was_bought(self, here: Stand, mug: Variant) -> None:
        order = here.fetched(here.buy(mug, 2))
        (line,) = order.lines  # type: ignore[misc]
        assert (order.state, order.paid, order.test) == (OrderState.ORDER, True, False)
        assert (line.ordered, line.cancelled, line.returned, line.shipped, line.counted_down, line.put_back) == (2, 0, 0, 0, 2, 0)
        assert (line.listing, line.sku) == (here.fixtures.listing(here.shop, mug), "MUG")
        assert order.placed_at is not None and abs(order.placed_at - START) < timedelta(minutes=1)

    def test_an_order_says_where_it_goes(self, here: Stand, mug: Variant) -> None:
        order = here.fetched(here.buy(mug))
        assert isinstance(order.ship_to, Mapping) and isinstance(order.buyer, Mapping)
        assert (order.ship_to["city"], order.ship_to["country"]) == ("Leeds", "GB")
        assert order.buyer["name"] == "Mina Sample"

    def test_an_order_without_a_sku_is_still_an_order(self, here: Stand) -> None:
        bare = here.shop.add(None, 3)
        (line,) = here.fetched(here.buy(bare)).lines  # type: ignore[misc]
        assert (line.listing, line.sku, line.ordered) == (here.fixtures.listing(here.shop, bare), None, 1)

    def test_an_unpaid_order_counts_when_the_channel_says(self, here: Stand, mug: Variant) -> None:
        order = here.buy(mug, 2, paid=False)
        counted = 2 if here.can.counts_down_at is CountsDown.PLACED else 0
        (line,) = here.fetched(order).lines  # type: ignore[misc]
        assert (here.fetched(order).paid, line.counted_down, here.shows(mug)) == (False, counted, [5 - counted])
        here.shop.pay(order)
        (line,) = here.fetched(order).lines  # type: ignore[misc]
        assert (here.fetched(order).paid, line.counted_down, here.shows(mug)) == (True, 2, [3])

    @pytest.mark.parametrize("restock", [True, False])
    def test_a_cancellation_says_whether_units_are_back_on_sale(self, here: Stand, mug: Variant, restock: bool) -> None:
        order = here.buy(mug, 2)
        here.shop.cancel(order, restock)
        found = here.fetched(order)
        (line,), (there,) = found.lines, here.shop.orders[order].lines  # type: ignore[misc]
        assert found.cancelled_at is not None
        assert (line.ordered, line.cancelled) == (2, 2)
        assert line.counted_down - line.put_back == there.taken == 5 - here.shows(mug)[0]

    @pytest.mark.parametrize("restock", [True, False])
    def test_a_refund_says_whether_units_are_back_on_sale(self, here: Stand, mug: Variant, restock: bool) -> None:
        order = here.buy(mug, 3)
        here.shop.refund(order, here.shop.orders[order].lines[0].id, 1, restock)
        (line,), (there,) = here.fetched(order).lines, here.shop.orders[order].lines  # type: ignore[misc]
        assert line.ordered - line.cancelled in (2, 3)  # 3: the platform refunds money, and says nothing of units
        assert line.counted_down - line.put_back == there.taken == 5 - here.shows(mug)[0]

    @pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
    def test_money_has_as_many_digits_as_its_currency(self, opened: Callable[..., Stand], currency: str) -> None:
        here = opened(currency)
        order = here.buy(here.shop.add("MUG", 5, price=12345), 2)
        found = here.fetched(order)
        (line,) = found.lines  # type: ignore[misc]
        assert (here.can.currency, line.unit_price) == (currency, Money(12345, currency))
        if not isinstance(found.amounts, Missing):
            assert found.amounts["total"] == Money(24690, currency)

    def test_an_order_that_is_not_there_is_gone(self, here: Stand, mug: Variant) -> None:
        order = here.buy(mug)
        found = {each.external_id: each.state for each in here.channel.fetch_orders([here.fixtures.no_order, here.named(order)])}
        assert found == {here.fixtures.no_order: OrderState.GONE, here.named(order): OrderState.ORDER}

    # Polling

    def test_orders_of_one_second_are_all_found_however_many_pages_they_fill(self, here: Stand) -> None:
        mug = here.shop.add("MUG", 1000)
        orders = {here.named(here.buy(mug)) for _ in range(here.fixtures.page + 3)}
        here.pass_(here.can.feed_lag_s)
        for since in (None, START - timedelta(seconds=here.can.feed_overlap_s)):
            found: dict[str, OrderSnapshot] = {}
            stamp = here.polled(since, found)
            assert found.keys() == orders
            assert stamp is not None and stamp <= chance.now()

    def test_an_order_that_changes_while_pages_are_read_is_in_this_poll_or_the_next(self, here: Stand) -> None:
        mug = here.shop.add("MUG", 1000)
        orders = [here.buy(mug) for _ in range(here.fixtures.page + 3)]
        can = here.can
        overlap = timedelta(seconds=can.feed_overlap_s)
        here.pass_(2 * can.feed_overlap_s)  # no later poll comes to the help of one that falls between two pages
        began = len(here.arrived)

        def people(_: Any) -> None:
            if len(here.arrived) == began + 1:
                here.fixtures.shift(here.shop, orders[0])
                here.shop.cancel(orders[-1])
                orders.append(here.buy(mug))

        here.before = people
        found: dict[str, OrderSnapshot] = {}
        stamp = here.polled(START - overlap, found)
        assert stamp is not None
        here.pass_(can.poll_every_s)
        here.polled(stamp - overlap, found)
        assert found.keys() == {here.named(each) for each in orders}
        cancelled = {name for name, each in found.items() if each.cancelled_at is not None}
        assert here.named(orders[-2]) in cancelled <= {here.named(orders[0]), here.named(orders[-2])}

    def test_a_feed_that_lags_hides_nothing_for_longer_than_its_overlap(self, here: Stand, mug: Variant) -> None:
        found: dict[str, OrderSnapshot] = {}
        overlap, stamp, orders = timedelta(seconds=here.can.feed_overlap_s), START, []
        for _ in range(4):
            orders.append(here.named(here.buy(mug)))
            here.pass_(1.3)
            stamp = here.polled(stamp - overlap, found) or stamp
        here.pass_(here.can.feed_lag_s)
        here.polled(stamp - overlap, found)
        assert sorted(found) == sorted(orders)

    @pytest.mark.parametrize("ahead_s", [-240.0, 240.0])
    def test_a_shop_whose_clock_is_wrong_hides_nothing(self, opened: Callable[..., Stand], ahead_s: float) -> None:
        here = opened(skew_s=ahead_s)
        mug = here.shop.add("MUG", 5)
        found: dict[str, OrderSnapshot] = {}
        overlap, orders = timedelta(seconds=here.can.feed_overlap_s), [here.buy(mug)]
        here.pass_(here.can.feed_lag_s + 1)
        stamp = here.polled(None, found)
        assert stamp is not None and found.keys() == {here.named(orders[0])}
        for _ in range(3):
            orders.append(here.buy(mug))
            here.pass_(here.can.feed_lag_s + 1)
            stamp = here.polled(stamp - overlap, found) or stamp
        assert found.keys() == {here.named(each) for each in orders}

    # What is on sale

    def test_listings_are_all_there_and_the_same_twice(self, here: Stand) -> None:
        variants = [here.shop.add("MUG", 5), here.shop.add("BOWL", 3), *here.fixtures.siblings(here.shop)]
        found = {each.external_id: each for each in here.channel.listings()}
        assert {each.external_id: each for each in here.channel.listings()} == found
        assert found.keys() == {here.fixtures.listing(here.shop, each) for each in variants}
        for each in variants:
            listing = found[here.fixtures.listing(here.shop, each)]
            assert (listing.sku, listing.quantity, listing.live, listing.why) == (each.sku, here.shows(each)[0], True, None)
            assert listing.counter is not None and listing.unit and listing.title

    def test_a_listing_without_a_code_is_there_too(self, here: Stand) -> None:
        bare = here.listing(here.shop.add(None, 2))
        assert (bare.sku, bare.quantity, bool(bare.counter)) == (None, 2, True)

    def test_a_listing_without_a_number_says_why(self, here: Stand) -> None:
        listing = here.listing(here.shop.add("CARD", 0, tracked=False))
        assert (listing.counter, listing.quantity) == (None, None)
        assert listing.why

    def test_readings_come_in_the_order_asked(self, here: Stand, mug: Variant) -> None:
        bowl = here.shop.add("BOWL", 7)
        here.shop.hand_edit(mug.id, 0)
        counters = [here.listing(bowl).counter or "", here.fixtures.no_counter, here.listing(mug).counter or ""]
        for order in (counters, counters[::-1]):
            found = here.channel.read_quantities(order)
            assert [each.counter for each in found] == order
            assert {each.counter: each.quantity for each in found} == dict(zip(counters, [7, None, 0], strict=True))

    # Writing

    def test_a_write_sets_its_own_counter_and_no_other(self, here: Stand, mug: Variant) -> None:
        small, medium = here.fixtures.siblings(here.shop)
        assert here.write(here.request(small, 3)).outcome is Outcome.DONE
        assert here.shows(mug, small, medium) == [5, 3, 5]
        here.shop.hand_edit(medium.id, 9)
        assert here.write(here.request(small, 4, "0190d000-0000-7000-8000-000000000002")).outcome is Outcome.DONE
        assert here.shows(mug, small, medium) == [5, 4, 9]
        assert here.reading(small).quantity == 4

    def test_what_everybody_may_sell_can_be_taken_down_to_nothing_and_put_back(self, here: Stand, mug: Variant) -> None:
        assert here.write(here.request(mug, 0)).outcome is Outcome.DONE
        assert here.shop.buy({mug.id: 1}) is None
        assert here.reading(mug).quantity == 0
        assert here.write(here.request(mug, 2, "0190d000-0000-7000-8000-000000000002")).outcome is Outcome.DONE
        assert (here.reading(mug).quantity, here.shows(mug)) == (2, [2])
        assert here.shop.buy({mug.id: 1}) is not None

    def test_a_sale_of_a_sibling_between_reading_and_writing_is_not_undone(self, here: Stand) -> None:
        small, medium = here.fixtures.siblings(here.shop)
        request = here.request(small, 3)
        here.buy(medium, 5)
        here.write(request)
        assert here.shows(medium) == [0]

    def test_a_sale_between_reading_and_writing_makes_a_compare_and_set_stale(self, here: Stand, mug: Variant) -> None:
        request = here.request(mug, 9)
        here.buy(mug)
        assert here.write(request).outcome is Outcome.STALE
        assert here.shows(mug) == [4]

    def test_one_bad_unit_keeps_no_other_back(self, here: Stand, mug: Variant) -> None:
        bad, bowl = here.shop.add("OLD", 5), here.shop.add("BOWL", 5)
        requests = [here.request(each, 3, f"0190d000-0000-7000-8000-00000000000{n}") for n, each in enumerate((mug, bad, bowl))]
        here.fixtures.vanish(here.shop, bad)
        results = [here.settled(each) for each in here.channel.write_quantities(requests)]
        assert [each.outcome for each in results] == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]
        assert results[1].detail
        assert here.shows(mug, bowl) == [3, 3]

    def test_a_refused_write_is_a_result_and_has_no_effect(self, opened: Callable[..., Stand]) -> None:
        refusals = self.fixtures.refusals()
        assert refusals
        for name, refuse in refusals.items():
            here = opened()
            mug = here.shop.add("MUG", 5)
            request, before = here.request(mug, 3), dict(here.shop.counters)
            refuse(here, mug)
            result = here.write(request)
            assert (name, result.outcome) == (name, Outcome.REFUSED)
            assert result.detail
            assert {**before, **here.shop.counters} == before

    @pytest.mark.parametrize("fault", FAULTS)
    def test_a_write_that_goes_wrong_comes_to_what_is_known_of_it(self, here: Stand, mug: Variant, fault: str) -> None:
        rates, outcome, takes_effect = FAULTS[fault]
        request = here.request(mug, 3)
        here.faults.only = here.fixtures.is_write
        for name, rate in rates.items():
            setattr(here.faults, name, rate)
        result = here.write(request)
        assert (result.outcome, here.shows(mug)) == (outcome, [3 if takes_effect else 5])
        assert result.detail
        if outcome is Outcome.LIMITED:
            assert result.after_s == here.faults.retry_after_s

    def test_a_broken_answer_to_a_write_says_nothing(self, here: Stand, mug: Variant) -> None:
        request = here.request(mug, 3)
        here.faults.only, here.faults.broken = here.fixtures.is_write, 1.0
        assert here.write(request).outcome is Outcome.UNKNOWN

    @pytest.mark.parametrize("fault", ["fail_before", "fail_after", "limited", "down"])
    @pytest.mark.parametrize(("before", "value"), [(5, 0), (0, 2)])
    def test_a_write_of_several_requests_is_honest_wherever_it_breaks_off(
        self, opened: Callable[..., Stand], before: int, value: int, fault: str
    ) -> None:
        for number in range(1, 10):
            here = opened()
            mug, seen, can = here.shop.add("MUG", 5), 0, here.can
            if before == 0:
                assert here.write(here.request(mug, 0)).outcome is Outcome.DONE
            request = here.request(mug, value, "0190d000-0000-7000-8000-000000000002")

            def counts(_: Any, here: Stand = here, number: int = number) -> bool:
                nonlocal seen
                seen += 1
                here.faults.down = fault == "down" and seen == number - 1
                return seen == number

            if fault == "down":
                here.before, here.faults.down = counts, number == 1
            else:
                here.faults.only = counts
                setattr(here.faults, fault, 1.0)
            (result,) = here.channel.write_quantities([request])
            here.faults.only, here.before, here.faults.down = lambda _: False, lambda _: None, False
            result = here.settled(result)
            shows = here.shows(mug)[0]
            if result.outcome is Outcome.DONE:
                assert shows == value
                if seen < number:
                    return
            elif result.outcome is not Outcome.UNKNOWN and (result.outcome is not Outcome.LIMITED or can.limited_has_no_effect):
                assert (number, result.outcome, shows) == (number, result.outcome, before)
        raise AssertionError("it takes more requests than it should")

    @pytest.mark.parametrize("answer", [b"", b"<h1>Hello</h1>", b"{}", b"[]", b"null", b'{"data":null}'])
    def test_a_success_that_says_nothing_is_never_taken_for_a_refusal(self, here: Stand, mug: Variant, answer: bytes) -> None:
        request = here.request(mug, 3)
        here.twist = lambda asked, real: httpx.Response(200, content=answer) if here.fixtures.is_write(asked) else real
        assert here.write(request).outcome in (Outcome.UNKNOWN, Outcome.DONE)
        assert here.shows(mug) == [3]

    def test_what_is_sent_is_the_same_on_every_attempt(self, here: Stand, mug: Variant) -> None:
        request = here.request(mug, 3)
        here.faults.only, here.faults.fail_after = here.fixtures.is_write, 1.0
        assert here.write(request).outcome is Outcome.UNKNOWN
        here.faults.fail_after = 0.0
        again = here.write(request)
        first, *others = [here.fixtures.sent(each) for each in here.writes]
        assert others and all(each == first for each in others)
        assert here.shows(mug) == [3]
        assert again.outcome is (Outcome.DONE if here.can.keyed or here.can.write_mode is WriteMode.ABSOLUTE else Outcome.STALE)

    def test_a_key_has_at_most_one_effect(self, here: Stand, mug: Variant) -> None:
        request = here.request(mug, 3)
        assert here.write(request).outcome is Outcome.DONE
        here.shop.hand_edit(mug.id, 5)
        here.write(request)
        assert here.shows(mug) == [5]

    def test_a_guard_that_raises_lets_nothing_leave(self, here: Stand, mug: Variant) -> None:
        requests = [here.request(mug, 3), here.request(here.shop.add("BOWL", 5), 3, "0190d000-0000-7000-8000-000000000002")]
        arrived = len(here.arrived)

        def lost() -> None:
            raise PermissionError

        here.guard = lost
        with pytest.raises(PermissionError):
            here.channel.write_quantities(requests)
        assert (len(here.arrived), here.shows(mug)) == (arrived, [5])

    def test_a_token_that_expires_in_mid_batch_is_renewed_or_told(self, here: Stand, mug: Variant) -> None:
        variants = [mug, here.shop.add("BOWL", 5), here.shop.add("CUP", 5)]
        requests = [here.request(each, 3, f"0190d000-0000-7000-8000-00000000000{n}") for n, each in enumerate(variants)]
        first, seen = here.can.batch == 1, 0

        def expires(request: Any) -> None:
            nonlocal seen
            seen += here.fixtures.is_write(request)
            if here.fixtures.is_write(request) and seen == (2 if first else 1):
                here.fixtures.expire(here.shop)

        here.before = expires
        results = [here.settled(each) for each in here.channel.write_quantities(requests)]
        assert not first or results[0].outcome is Outcome.DONE
        for variant, result in zip(variants, results, strict=True):
            assert result.outcome in (Outcome.DONE, Outcome.REFUSED, Outcome.NOT_SENT)
            assert here.shows(variant) == [3 if result.outcome is Outcome.DONE else 5]
        if here.fixtures.renews:
            assert here.reading(mug).quantity == 3
        else:
            assert {each.code for each in results if each.outcome is not Outcome.DONE} == {"credentials"}
            with pytest.raises(NoUse) as told:
                here.reading(mug)
            assert told.value.code == "credentials"

    def test_our_own_write_comes_back_as_no_order(self, here: Stand, mug: Variant) -> None:
        here.fixtures.subscribe(here)
        here.deliveries()
        since = chance.now()
        assert here.write(here.request(mug, 3)).outcome is Outcome.DONE
        told = read(here.channel, here.deliveries())
        assert {kind for kind, _ in told} <= {"counter", "listing"}
        found: dict[str, OrderSnapshot] = {}
        here.polled(since - timedelta(seconds=here.can.feed_overlap_s), found)
        assert found == {}
        assert here.reading(mug).quantity == 3

    # Readings that go wrong

    @pytest.mark.parametrize("what", READINGS)
    def test_a_reading_that_fails_is_for_later(self, here: Stand, mug: Variant, what: str) -> None:
        counter, order = here.listing(mug).counter or "", here.named(here.buy(mug))
        for name in ("down", "fail_before", "limited", "broken"):
            setattr(here.faults, name, 1.0)
            with pytest.raises(TryLater):
                READINGS[what](here.channel, counter, order)
            setattr(here.faults, name, 0.0)

    def test_a_reading_that_is_limited_says_for_how_long(self, here: Stand, mug: Variant) -> None:
        counter = here.listing(mug).counter or ""
        here.faults.limited = 1.0
        for reading in READINGS.values():
            with pytest.raises(TryLater) as later:
                reading(here.channel, counter, here.fixtures.no_order)
            assert (later.value.limited, later.value.after_s) == (True, here.faults.retry_after_s)

    @pytest.mark.parametrize("what", READINGS)
    def test_an_answer_with_holes_is_read_or_refused(self, here: Stand, mug: Variant, what: str) -> None:
        """Where the platform has published what its answers look like, with the holes that this allows."""
        if here.witness.is_absent:
            pytest.skip(here.witness.is_absent)
        counter, order = here.listing(mug).counter or "", here.named(here.buy(mug))
        here.pass_(here.can.feed_lag_s)
        asked: list[tuple[httpx.Request, httpx.Response]] = []
        here.twist = lambda request, answer: asked.append((request, answer)) or answer  # type: ignore[func-returns-value]
        READINGS[what](here.channel, counter, order)
        tried = set()
        for number, (request, answer) in enumerate(asked):
            if not answer.headers.get("content-type", "").startswith("application/json"):
                continue
            sort = re.sub("[0-9]+", "1", request.url.path)
            for hole, told in with_holes(answer.json()):
                made = httpx.Response(answer.status_code, headers=answer.headers, json=told)
                if (sort, hole) in tried or (here.witness.has_document and not here.witness.allows(request, made)):
                    continue
                tried.add((sort, hole))
                count = iter(range(1000))
                here.twist = lambda _, real, count=count, made=made, number=number: made if next(count) == number else real  # type: ignore[misc]
                with suppress(ChannelError):
                    READINGS[what](here.channel, counter, order)

    # Shipping

    def test_a_parcel_is_told_once_however_often_we_say_it(self, here: Stand, mug: Variant) -> None:
        order = here.buy(mug, 2)
        (line,) = here.fetched(order).lines  # type: ignore[misc]
        parcel = Parcel(
            "0190d000-0000-7000-8000-00000000000a",
            here.named(order),
            [ShipLine(line.external_id, 2)],
            "DHL",
            "JD014600003",
            None,
            chance.now(),
            complete=True,
        )
        for _ in range(2):
            here.channel.ship(parcel)
            assert here.fixtures.parcels(here.shop, order) == 1
        here.connected().ship(parcel)
        assert here.fixtures.parcels(here.shop, order) == 1
        assert here.fetched(order).lines[0].shipped == 2  # type: ignore[index]
        assert here.shows(mug) == [3]

    def test_a_parcel_of_an_order_that_is_gone_is_for_a_person(self, here: Stand) -> None:
        lines = [ShipLine("1", 1)]
        gone = Parcel("0190d000-0000-7000-8000-00000000000a", here.fixtures.no_order, lines, None, "1", None, START, complete=True)
        with pytest.raises(NoUse):
            here.channel.ship(gone)

    # Subscriptions

    def test_subscribing_twice_changes_nothing_and_what_was_lost_is_put_back(self, here: Stand) -> None:
        first = here.channel.subscribe(OURS)
        there = list(here.fixtures.subscriptions(here.shop))
        assert first.topics and first.changed and there
        again = here.channel.subscribe(OURS)
        assert (again.topics, list(again.changed)) == (first.topics, [])
        assert list(here.fixtures.subscriptions(here.shop)) == there
        here.fixtures.lose_subscription(here.shop)
        assert len(here.fixtures.subscriptions(here.shop)) == len(there) - 1
        assert here.channel.subscribe(OURS).changed
        assert len(here.fixtures.subscriptions(here.shop)) == len(there)
        here.channel.unsubscribe()
        assert list(here.fixtures.subscriptions(here.shop)) == []

    # The platform's own document

    def test_every_call_is_held_against_the_platforms_own_document(self, here: Stand, mug: Variant, capsys: Any) -> None:
        """A day with the shop: calls of every sort that the adapter makes, and both counts."""
        if here.witness.is_absent:
            pytest.skip(here.witness.is_absent)
        here.an_order_told()
        order, dropped = here.buy(mug), here.buy(mug)
        here.shop.cancel(dropped)
        here.pass_(here.can.feed_lag_s)
        list(here.channel.listings())
        here.polled(None)
        here.polled(START)
        here.write(here.request(mug, 2))
        here.write(here.request(mug, 0, "0190d000-0000-7000-8000-000000000002"))
        here.write(here.request(mug, 4, "0190d000-0000-7000-8000-000000000003"))
        (line,) = here.fetched(order).lines  # type: ignore[misc]
        sent = [ShipLine(line.external_id, 1)]
        here.channel.ship(Parcel("parcel-1", here.named(order), sent, "DHL", "JD01", None, chance.now(), complete=True))
        list(here.channel.fetch_orders([here.named(order), here.fixtures.no_order]))
        here.channel.unsubscribe()
        with capsys.disabled():
            print(f"\n{here.fixtures.kind}: {here.witness.made} calls made, {here.witness.validated} calls validated")
        assert here.witness.validated == here.witness.made > 0
