"""Everything that a reconciler has to find, done to a shop on purpose: one script for each kind of difference.

A script does what a person, the platform or the network does, waits (`yield` of seconds, or of a condition), says to the drill what is to
be found, and puts it right where it doesn't come right by itself. Nothing tells us of it: the drill loses every message about it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from app.channels.base import WriteMode
from app.sandbox.shop import Order
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from app.simulation.shops import Stand
from app.simulation.stall import Stall

if TYPE_CHECKING:
    from app.simulation.drill import Drill

Script = Iterator[float | Callable[[], bool]]


@dataclass
class Injected:
    """Something that was done to a shop, and what came of it. `subject`: its kind and its id there; of several: each."""

    kind: str
    stand: Stand
    codes: list[str]
    subjects: list[tuple[str, str]] = field(default_factory=list)
    at: datetime | None = None
    found: bool = False
    named: str | None = None
    before: str | None = None  # what it was called before the lag had passed
    trouble: list[str] = field(default_factory=list)
    dropped: bool = False
    over: bool = False

    @property
    def code(self) -> str:
        return self.codes[0]

    @property
    def counter(self) -> str:
        return each_counter(self.stand, self.code)


# Which kinds can happen where


def can_happen(kind: str, stand: Stand) -> bool:
    shop = stand.shop
    absolute = shop.can.write_mode is WriteMode.ABSOLUTE if isinstance(shop, Stall) else shop.kind != "shopify"
    late = isinstance(shop, Stall) and shop.can.read_lag_s > shop.can.feed_lag_s
    match kind:
        case "echo":
            return absolute  # elsewhere a late copy does nothing
        case "in_flight":
            return absolute and not late  # elsewhere an answer ends a change
        case "order_unseen":
            return not late  # what is read is older than any order that we don't know
        case "channel_restock":
            return shop.kind not in ("etsy", "ebay")  # what is cancelled there is back at once, or never
        case "overselling_on":
            return isinstance(shop, ShopifyShop | WooCommerceShop | Stall)
        case "relisted":
            return shop.kind != "ebay"  # there it stays the same offer
        case _:
            return True


# Orders


def _bought(drill: Drill, stand: Stand, code: str, *, silent: bool = False) -> str | None:
    with drill.silently(stand, each_counter(stand, code)) if silent else drill.at(stand):
        order: str | None = stand.shop.buy({stand.variants[code]: 1})
    drill.orders += order is not None
    drill.touched(code)
    return order


def each_counter(stand: Stand, code: str) -> str:
    return stand.shop.variants[stand.variants[code]].counter


def _recorded(drill: Drill, stand: Stand, each: Injected) -> Generator[float | Callable[[], bool], None, str | None]:
    """Somebody buys, and we hear of it. Returns the order's id."""
    order = None
    for _ in range(20):
        if (order := _bought(drill, stand, each.code)) is not None:
            break
        yield 120.0
    if order is None:
        return None
    yield from drill.until(lambda: drill.knows(stand, order), 3_600.0)
    return order


def _unchanged(order: Order) -> Callable[[], None]:
    """Remembers when it says it changed; what is returned makes it say so again: no list of changed orders has it then."""
    stamp, stamps = order.updated_at, list(order.more.get("stamps", ()))

    def again() -> None:
        order.updated_at = stamp
        if "stamps" in order.more:
            order.more["stamps"] = stamps

    return again


def order_unseen(drill: Drill, each: Injected) -> Script:
    """Somebody buys when the orders were just read, the message is lost, and the counters are read before the next poll."""
    stand = each.stand
    each.subjects = [("counter", each.counter)]
    with drill.alone(each):
        for _ in range(5):
            yield from drill.turn(each)
            drill.ask(stand)
            yield drill.soon(lambda: drill.reads_counters_next(stand))
            if drill.reads_counters_next(stand) and drill.rests(stand, each.counter):
                drill.begins(each)
                order = _bought(drill, stand, each.code, silent=True)
                yield drill.soon(lambda: not drill.reads_counters_next(stand))
                if order is not None and not drill.knows(stand, order):  # else a poll came between, and there was nothing to find
                    yield from drill.judged(each, lag=False, ask=False)
                    break
            yield 300.0
        else:
            drill.drop(each)
            return
    yield from drill.closed(each)


def order_changed(drill: Drill, each: Injected) -> Script:
    """An order is cancelled, no message comes, and the platform doesn't count it as changed."""
    stand, shop = each.stand, each.stand.shop
    order_id = yield from _recorded(drill, stand, each)
    if order_id is None:
        drill.drop(each)
        return
    overlap = drill.can(stand).feed_overlap_s
    # Polls ask for it again until others have changed long after it.
    while not drill.is_behind(stand, shop.orders[order_id].updated_at, overlap):
        yield overlap
        _bought(drill, stand, each.code)
        yield 120.0
    order, restock = shop.orders[order_id], drill.random.random() < 0.5
    each.subjects = [("order", order_id)]
    drill.begins(each)
    with drill.silently(stand, order_id, each.counter):
        again = _unchanged(order)
        shop.cancel(order_id, restock=restock)
        again()
    drill.touched(each.code)
    yield from drill.judged(each)
    yield from drill.closed(each)


def channel_restock(drill: Drill, each: Injected) -> Script:
    """Units of a cancelled order are back on sale minutes later, and the order says nothing of it."""
    stand, shop = each.stand, each.stand.shop
    order_id = yield from _recorded(drill, stand, each)
    if order_id is None:
        drill.drop(each)
        return
    with drill.at(stand):
        shop.cancel(order_id, restock=False)
    drill.touched(each.code)
    yield from drill.until(lambda: drill.knows_cancelled(stand, order_id), 3_600.0)
    yield 600.0
    each.subjects = [("counter", each.counter)]
    drill.begins(each)
    with drill.silently(stand, each.counter):
        shop.restock_unsaid(order_id)
    drill.typed(stand, each.counter, each.code)
    yield from drill.judged(each)
    yield from drill.closed(each)


# Our own changes


def in_flight(drill: Drill, each: Injected) -> Script:
    """A number is read while our change of it stands and isn't settled."""
    stand = each.stand
    each.subjects = [("counter", each.counter)]
    with drill.alone(each):
        for _ in range(5):
            yield from drill.turn(each)
            drill.much_more(each.code)
            yield drill.soon(lambda: drill.changes_visibly(stand, each.counter))
            drill.ask(stand)
            yield drill.soon(lambda: drill.reads_counters_next(stand))
            if drill.reads_counters_next(stand) and drill.changes_visibly(stand, each.counter):
                drill.begins(each)
                yield drill.soon(lambda: not drill.reads_counters_next(stand))
                if drill.rows(each) or drill.changes_visibly(stand, each.counter):  # else it was over before the number was read
                    yield from drill.judged(each, lag=False, ask=False)
                    break
            yield 600.0
        else:
            drill.drop(each)
            return
    yield from drill.closed(each)


def outcome_unknown(drill: Drill, each: Injected) -> Script:
    """A change of ours takes effect, and the answer is lost, however often it is asked again."""
    stand = each.stand
    each.subjects = [("counter", each.counter)]
    stand.transport.fates[each.counter] = "vain"
    yield from _written(drill, each, lambda: drill.is_unknown(stand, each.counter))
    if not drill.is_unknown(stand, each.counter):
        stand.transport.fates.pop(each.counter, None)
        drill.drop(each)
        return
    drill.begins(each, drill.made_at(stand, each.counter))  # a run that came by since then may have found it
    yield from drill.judged(each, lag=False)
    stand.transport.fates.pop(each.counter, None)
    yield from drill.closed(each)


def write_failed(drill: Drill, each: Injected) -> Script:
    """The channel refuses every change of one number."""
    stand = each.stand
    each.subjects = [("counter", each.counter)]
    stand.transport.fates[each.counter] = "refused"
    drill.begins(each)
    yield from _written(drill, each, lambda: drill.attempts(stand, each.counter) > 1)
    if drill.attempts(stand, each.counter) < 1:
        stand.transport.fates.pop(each.counter, None)
        drill.drop(each)
        return
    yield from drill.judged(each, lag=False)
    stand.transport.fates.pop(each.counter, None)
    yield from drill.closed(each)


def _written(drill: Drill, each: Injected, seen: Callable[[], bool]) -> Script:
    """There is so much more of it that every number changes."""
    for _ in range(4):
        drill.much_more(each.code)
        for _ in range(120):
            if seen():
                return
            yield 5.0


# Numbers that somebody else sets


def _typed(drill: Drill, each: Injected, code: str, value: int) -> None:
    stand, shop = each.stand, each.stand.shop
    variant = shop.variants[stand.variants[code]]
    with drill.silently(stand, variant.counter):
        shop.hand_edit(variant.id, max(0, value))
    drill.typed(stand, variant.counter, code)


def _shows(each: Injected, code: str | None = None) -> int:
    shop = each.stand.shop
    return shop.counters[shop.variants[each.stand.variants[code or each.code]].counter]


def hand_edit(drill: Drill, each: Injected) -> Script:
    """A person types a number."""
    stand = each.stand
    each.subjects = [("counter", each.counter)]
    yield from drill.until(lambda: drill.rests(stand, each.counter), 3_600.0)
    if not drill.rests(stand, each.counter):
        drill.drop(each)
        return
    drill.begins(each)
    _typed(drill, each, each.code, _shows(each) + drill.random.choice((-2, -1, 1, 2, 3) if _shows(each) > 2 else (1, 2, 3)))
    if drill.is_free(stand):
        drill.ask(stand)  # it is looked at before the lag has passed
        yield drill.soon(lambda: bool(drill.rows(each)))
        each.before = drill.seen_early(each)
    yield from drill.judged(each)
    yield from drill.closed(each)


def second_writer(drill: Drill, each: Injected) -> Script:
    """Another program sets three numbers within the hour."""
    stand = each.stand
    names = [each_counter(stand, code) for code in each.codes]
    each.subjects = [("counter", name) for name in names]
    yield from drill.until(lambda: all(drill.rests(stand, name) for name in names), 3_600.0)
    if not all(drill.rests(stand, name) for name in names):
        drill.drop(each)
        return
    drill.begins(each)
    for code in each.codes:
        _typed(drill, each, code, _shows(each, code) + drill.random.choice((1, 2, 3)))
        yield drill.random.uniform(5.0, 90.0)
    yield from drill.judged(each)
    drill.answer(each)
    yield from drill.closed(each)


def echo(drill: Drill, each: Injected) -> Script:
    """A write of ours gets no answer, we wait until it can't take effect any more by what the platform says of itself, and the number
    changes since. Then it does."""
    stand, value = each.stand, None
    each.subjects = [("counter", each.counter)]
    stand.transport.fates[each.counter] = "lost"
    yield from _written(drill, each, lambda: drill.changes(stand, each.counter) == "unknown")
    stand.transport.fates.pop(each.counter, None)
    if drill.changes(stand, each.counter) == "unknown":
        value = drill.written(stand, each.counter)
        for _ in range(30):
            yield 300.0
            if not drill.rests(stand, each.counter):
                continue
            if value != _shows(each):
                break
            _bought(drill, stand, each.code)
    if value is None or value == _shows(each) or not drill.rests(stand, each.counter):
        drill.drop(each)
        return
    drill.begins(each)
    _typed(drill, each, each.code, value)
    yield from drill.judged(each)
    yield from drill.closed(each)


# What is on sale


def listing_gone(drill: Drill, each: Injected) -> Script:
    """It is deleted, and fetched back out of the bin later."""
    stand, shop = each.stand, each.stand.shop
    variant = shop.variants[stand.variants[each.code]]
    each.subjects = [("listing", variant.id), ("counter", variant.counter)]
    drill.begins(each)
    with drill.silently(stand, variant.counter):
        made = shop.remove(variant.id)
    yield from drill.judged(each)
    with drill.at(stand):
        shop.bring_back(made, 1)
    yield from drill.look_again(stand)
    yield from drill.closed(each)


def listing_ended(drill: Drill, each: Injected) -> Script:
    stand, shop = each.stand, each.stand.shop
    variant = shop.variants[stand.variants[each.code]]
    each.subjects = [("listing", variant.id), ("counter", variant.counter)]
    drill.begins(each)
    with drill.silently(stand, variant.counter):
        shop.take_off_sale(variant.id)
    yield from drill.judged(each)
    with drill.at(stand):
        shop.put_on_sale(variant.id)
    yield from drill.look_again(stand)
    yield from drill.closed(each)


def relisted(drill: Drill, each: Injected) -> Script:
    """It is on sale anew, under another id and with the same code."""
    stand, shop = each.stand, each.stand.shop
    variant = shop.variants[stand.variants[each.code]]
    drill.begins(each)
    with drill.silently(stand, variant.counter):
        shop.remove(variant.id)
        made = shop.add(each.code, drill.random.randint(1, 3), title=variant.title)
    stand.variants[each.code] = made.id
    each.subjects = [("listing", variant.id), ("listing", made.id), ("counter", variant.counter), ("counter", made.counter)]
    yield from drill.judged(each)
    yield from drill.closed(each)


def unmapped(drill: Drill, each: Injected) -> Script:
    """Something that we have no SKU for is put on sale, and deleted later."""
    stand, shop = each.stand, each.stand.shop
    drill.begins(each)
    with drill.silently(stand):
        made = shop.add(f"STRANGE-{drill.serial()}", 3, title="Something else")
    each.subjects = [("listing", made.id)]
    yield from drill.judged(each)
    with drill.at(stand):
        shop.remove(made.id)
    yield from drill.look_again(stand)
    yield from drill.closed(each)


def overselling_on(drill: Drill, each: Injected) -> Script:
    stand, shop = each.stand, each.stand.shop
    variant = shop.variants[stand.variants[each.code]]
    each.subjects = [("overselling", variant.counter)]
    drill.begins(each)
    with drill.silently(stand, variant.counter):
        variant.sells_below_zero = True
    yield from drill.judged(each)
    with drill.at(stand):
        variant.sells_below_zero = False
    yield from drill.look_again(stand)
    yield from drill.closed(each)


KINDS: Mapping[str, Callable[[Drill, Injected], Script]] = {
    each.__name__: each
    for each in (
        order_unseen,
        order_changed,
        in_flight,
        outcome_unknown,
        write_failed,
        echo,
        hand_edit,
        second_writer,
        channel_restock,
        listing_gone,
        listing_ended,
        relisted,
        unmapped,
        overselling_on,
    )
}
OF_LISTINGS = ("listing_gone", "listing_ended", "relisted", "unmapped", "overselling_on")
"""Done to listings that nobody buys meanwhile."""
