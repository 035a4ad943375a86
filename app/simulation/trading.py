"""What happens in a run: buyers and what becomes of their orders, the potter and her shelf, and everything that goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from app import chance
from app.domain import (
    catalogue,
    counts,
    listings,
    locations,
    orders,
    plans,
    postings,
    recording,
    recovery,
    shipments,
    store,
    watch,
)
from app.domain.causes import Cause
from app.domain.errors import InsufficientStock, Refusal, WrongState
from app.domain.money import Money
from app.domain.postings import Posting
from app.domain.pricing import LineDraft, OrderDraft
from app.sandbox import faults as network
from app.sandbox.ebay import EbayShop
from app.sandbox.score import Sells
from app.sandbox.shop import Order, Shop
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from app.simulation import books, shops
from app.simulation.demand import OWN, Visit
from app.simulation.engine import Engine
from app.simulation.shops import Line, Stand
from app.simulation.stall import Desk, Stall
from app.simulation.world import START

POTTER = Cause("potter")


class Trading(Engine):
    """A run's beginning and its trade. `desk` and `line`: how requests get to a stall, and to every other shop."""

    desk, line = Desk, Line

    # Winding up

    def open(self) -> None:
        """The shelf, the shops, and what they are connected with; it ends when everybody shows what is planned."""
        database, demand = self.database, self.demand
        if database.run(store.found, currency="EUR"):
            database.run(locations.create, "STUDIO", "Studio", cause=POTTER)
        if self.policy != "strict":
            database.run(store.change, {"default_policy": self.policy}, cause=POTTER)
        for piece in demand.pieces:
            draft = catalogue.ProductDraft(piece.code.title(), [catalogue.SkuDraft(piece.code, Money(1000, "EUR"))])
            database.run(catalogue.create_product, draft, cause=POTTER)
            self._receive(piece.code, piece.units)
        failing, self.failing = self.failing, False
        for index, kind in enumerate(demand.shops):
            self._connect(index, kind)
        self.run_for(700.0)
        if demand.guard is not None:
            for code in self._codes:
                database.run(plans.change, database.look(books.sku_id, code), {"guard": demand.guard}, cause=POTTER)
        self.failing = failing
        self._disturb()
        self.dark = timedelta()
        for stand in self.stands:
            stand.dark_since.clear()

    def _connect(self, index: int, kind: str) -> None:
        name = ("north", "south", "east", "west", "quay", "mill")[index]
        skew_s = min(self.troubles.skew_s, 20.0) if kind in shops.HOSTED else self.troubles.skew_s
        ahead = timedelta(seconds=round(self.random.uniform(-1, 1) * skew_s))
        shop, connection = shops.made(name, kind)
        faults = network.Faults(late_s=(1.0, 800.0), slow_s=(0.1, 3.0))
        stand = Stand(name, kind, shop, faults, None, ahead)
        if isinstance(shop, Stall):
            stand.transport = self.desk(
                shop, faults, ahead=ahead, there=lambda: self.clock.of(stand), wait=self._wait, later=self._later(stand)
            )
            stand.transport.feed_lag_s = min(self.troubles.feed_lag_s, 4.0)
        else:
            stand.transport = self.line(stand, there=lambda: self._at(stand), wait=self._wait, later=self._later(stand))
        if isinstance(shop, ShopifyShop):
            shop.index_lag_s = self.random.uniform(0, self.troubles.feed_lag_s)
        codes = [*self._codes, *sorted(self.demand.sets)]
        with self.clock.of(stand):
            for code in codes:
                made = shop.add(code, title=f"{code} at {name}")
                stand.variants[code] = made.id
        sells = {shop.variants[stand.variants[code]].counter: Sells(*self.demand.units(code)) for code in codes}
        absolute = shop.can.write_mode == "absolute" if isinstance(shop, Stall) else shop.kind != "shopify"
        self.score.watch(shop, sells, absolute=absolute, ahead=ahead)
        self.stands.append(stand)
        stand.channel_id = self.world.connect(stand.transport, kind=shop.kind, name=name, **connection)
        self._due[stand.channel_id] = chance.now()
        for code in sorted(self.demand.sets):
            self._map(stand, code)

    def _map(self, stand: Stand, code: str) -> None:
        """A person says what a set consists of, as soon as the listing is known."""

        def answer() -> None:
            known = self.database.look(listings.known, stand.channel_id, [stand.variants[code]])
            found = known.get(stand.variants[code])
            if found is None:
                self._after(5.0, answer)
                return
            sku, per = self.demand.units(code)
            self.database.run(listings.answer, found.id, [(sku, per)], cause=POTTER)
            self.database.run(recording.mapped, found.id, cause=POTTER)

        self._after(5.0, answer)

    # Trading

    def trade(self) -> None:
        """Buyers come, the kiln is opened, and everything goes wrong that can."""
        for visit in self.demand.visits:
            self._after(visit.at_s, self._visiting(visit), counts=True)
        for piece in self.demand.pieces:
            for at_s, units in piece.firings:
                self._after(at_s, lambda code=piece.code, units=units: self._receive(code, units), counts=True)  # type: ignore[misc]
        troubles = self.troubles
        for rate, do in (
            (troubles.outages_per_hour * len(self.stands), self._outage),
            (troubles.unsubscribed_per_hour * len(self.stands), self._unsubscribe),
            (troubles.hand_edits_per_hour, self._hand_edit),
            (troubles.mistakes_per_hour, self._mistake),
            (troubles.stocktakes_per_hour, self._stocktake),
            (troubles.breakages_per_hour, self._break),
            (troubles.market_per_hour, self._sell_at_market),
        ):
            at = 0.0
            while rate and (at := at + self.random.expovariate(rate / 3600)) < self.demand.horizon_s:
                self._after(at, do, counts=True)
        if self.random.random() < troubles.restores:
            begins = self.random.uniform(0.1, 0.6) * self.demand.horizon_s
            self._after(begins, self._back_up)
            self._after(begins + self.random.uniform(0.05, 0.3) * self.demand.horizon_s, self._restore, counts=True)
        self._drawn = self._serial
        self._after(0.0, self._keep_watch)
        self.run_for(self.demand.horizon_s)

    def _visiting(self, visit: Visit) -> Callable[[], None]:
        def come() -> None:
            if visit.shop == OWN:
                self._order_here(visit)
            else:
                self._buy(self.stands[visit.shop], visit)

        return come

    def _buy(self, stand: Stand, visit: Visit) -> None:
        paid = visit.pays_after_s == 0.0
        wants = {stand.variants[listing]: quantity for listing, quantity in visit.wants}
        with self._at(stand):
            order = stand.shop.buy(wants, paid=paid)
        if order is None:
            return
        self.orders += 1
        self._touched.update(self.demand.units(listing)[0] for listing, _ in visit.wants)
        if visit.pays_after_s:
            self._after(visit.pays_after_s, lambda: self._at_order(stand, order, self._pays), counts=True)
        if visit.cancelled_after_s is not None:
            self._after(visit.cancelled_after_s, lambda: self._at_order(stand, order, self._cancels(visit.restock)), counts=True)
        drawn = self.random.random()
        after = self.random.uniform(30, 7200)
        if drawn < self.troubles.refunds:
            self._after(after, lambda: self._at_order(stand, order, self._refunds), counts=True)
        elif drawn < self.troubles.refunds + self.troubles.shipped_there:
            self._after(after, lambda: self._at_order(stand, order, self._fulfils), counts=True)
        elif drawn < self.troubles.refunds + self.troubles.shipped_there + self.troubles.shipped and not isinstance(stand.shop, Stall):
            self._after(after, lambda: self._ship(stand, order), counts=True)

    def _at_order(self, stand: Stand, order_id: str, do: Callable[[Shop, Order], None]) -> None:
        order = stand.shop.orders.get(order_id)
        if order is not None and (stand.name, order_id) not in self._packed:
            with self._at(stand):
                do(stand.shop, order)

    def _pays(self, shop: Shop, order: Order) -> None:
        if not order.paid and (order.cancelled_at is None or isinstance(shop, WooCommerceShop)):
            shop.pay(order.id)

    def _cancels(self, restock: bool) -> Callable[[Shop, Order], None]:
        def cancel(shop: Shop, order: Order) -> None:
            if order.cancelled_at is None and not any(line.shipped for line in order.lines):
                shop.cancel(order.id, restock=restock or not order.paid)

        return cancel

    def _refunds(self, shop: Shop, order: Order) -> None:
        if order.cancelled_at is not None or not order.paid:
            return
        line = self.random.choice(order.lines)
        if line.unsent and not line.refunded:
            shop.refund(order.id, line.id, self.random.randint(1, line.unsent), restock=self.random.random() < 0.7)

    def _fulfils(self, shop: Shop, order: Order) -> None:
        there = all(self.score.left(self.demand.units(line.sku or "")[0]) >= 0 for line in order.lines)  # nobody packs what isn't there
        if there and order.cancelled_at is None and order.paid and all(not line.refunded for line in order.lines):
            shop.fulfil(order.id)

    def _ship(self, stand: Stand, external_id: str) -> None:
        """We pack it, if the books know it and nothing of it is short."""
        row = self.database.look(books.order_id, stand.channel_id, external_id)
        order = stand.shop.orders[external_id]
        if row is not None and order.cancelled_at is None and not any(line.refunded or line.removed for line in order.lines):
            with suppress(WrongState):
                self.database.run(shipments.ship, row, None, carrier="DHL", tracking_number=external_id, cause=POTTER)
                self._packed.add((stand.name, external_id))

    def _order_here(self, visit: Visit, *, sold: bool = False) -> None:
        wants = [(code, quantity) for code, quantity in visit.wants]
        draft = OrderDraft([LineDraft(code, quantity) for code, quantity in wants])
        try:
            made = self.database.run(orders.place, draft, cause=POTTER)
        except InsufficientStock:
            return
        self.orders += 1
        for code, quantity in wants:
            self.score.look()
            self.score.sold_here(code, quantity)
            self.story.say(code, f"our own API sells {quantity}")
            self._touched.add(code)
        here, backed_up = _Own(made["id"], wants), self._backup is None
        again = replace(draft, sold=True)

        def repeat() -> None:
            here.id = self.database.run(orders.place, again, cause=POTTER)["id"]
            if here.cancelled:
                self.database.run(orders.cancel, here.id, cause=POTTER)

        self._journal(repeat)
        if visit.cancelled_after_s is not None:

            def cancel() -> None:
                with suppress(Refusal):
                    self.database.run(orders.cancel, here.id, cause=POTTER)
                    here.cancelled = True
                    for code, quantity in wants:
                        self.score.delivered(code, quantity)
                        self.story.say(code, f"an order of {quantity} on our own API is cancelled")
                    if backed_up:
                        self._journal(lambda: self.database.run(orders.cancel, here.id, cause=POTTER))

            self._after(visit.cancelled_after_s, cancel, counts=True)

    # The potter

    def _journal(self, repeat: Callable[[], object]) -> None:
        """What a person enters once more after a restore: it happened, and the backup doesn't know it."""
        if self._backup is not None:
            self._since_backup.append(repeat)

    def _receive(self, code: str, units: int) -> None:
        self.score.delivered(code, units)
        self.story.say(code, f"{units} are received")

        def post() -> None:
            self.database.run(postings.post, Posting(code, "STUDIO", units, "supplier", "available", "received"), cause=POTTER)

        post()
        self._journal(post)
        self._touched.add(code)

    def _on_hand(self, code: str) -> dict[str, int]:
        return self.database.look(books.level, code)

    def _offers(self, code: str) -> int:
        """The most that is on offer of it, by the books and by what is seen."""
        sku = self.database.look(books.sku_id, code)
        every = self.database.look(books.counters_of, sku)
        return max(sum(each.on_offer * each.per for each in every), self.score.offered(code))

    def _gone(self, code: str, units: int, target: str, reason: str) -> None:
        """Units aren't there any more, whatever was promised."""
        self.score.look()
        offers = self._offers(code)

        def post() -> None:
            self.database.run(postings.post, Posting(code, "STUDIO", units, "available", target, reason), cause=POTTER)

        try:
            post()
        except Refusal:
            return
        self._journal(post)
        self.score.taken(code, units, offers)
        self.story.say(code, f"{units} {'break' if target == 'damaged' else 'are missing'}")
        self._touched.add(code)

    def _break(self) -> None:
        code = self.random.choice(self._codes)
        there = self._on_hand(code)
        if there.get("available", 0) + there.get("allotted", 0):
            self._gone(code, 1, "damaged", "broken")

    def _stocktake(self) -> None:
        """Somebody counts: one is missing, one more is there, or it is as the books say."""
        code = self.random.choice(self._codes)
        there = self._on_hand(code)
        wrong = self.random.choice((-1, 0, 0, 1))
        counted = sum(there.values()) + wrong
        if counted < 0 or (wrong < 0 and not there.get("available", 0) + there.get("allotted", 0)) or self._recovers():
            return
        self.score.look()
        offers = self._offers(code)
        self.database.run(counts.record, "STUDIO", [(code, counted)], cause=POTTER)
        self.story.say(code, f"{counted} are counted, {wrong:+d}")
        if wrong > 0:
            self.score.delivered(code, 1)
            post = Posting(code, "STUDIO", 1, "adjustment", "available", "found")
        elif wrong < 0:
            self.score.taken(code, 1, offers)
            post = Posting(code, "STUDIO", 1, "available", "adjustment", "lost")
        else:
            return
        self._journal(lambda: self.database.run(postings.post, post, cause=POTTER))
        self._touched.add(code)

    def _sell_at_market(self) -> None:
        """Somebody walks off with it, and it is entered: a fact, whatever was on offer elsewhere."""
        code = self.random.choice(self._codes)
        there = self._on_hand(code)
        if not there.get("available", 0) + there.get("allotted", 0):
            return
        self.score.look()
        offers = self._offers(code)
        draft = OrderDraft([LineDraft(code, 1)], sold=True)
        self.database.run(orders.place, draft, cause=POTTER)
        self._journal(lambda: self.database.run(orders.place, draft, cause=POTTER))
        self.score.taken(code, 1, offers, sold=True)
        self.orders += 1
        self.story.say(code, "one is sold at the market")
        self._touched.add(code)

    # What goes wrong

    def _disturb(self) -> None:
        """How often requests to shops go wrong from now on."""
        much = 1.0 if self.failing else 0.0
        for stand in self.stands:
            for name in ("fail_before", "fail_after", "land_late", "broken", "limited", "slow"):
                setattr(stand.faults, name, getattr(self.troubles, name) * much)
            if isinstance(stand.shop, WooCommerceShop):
                stand.shop.races = self.troubles.races * much

    def _outage(self) -> None:
        stand = self.random.choice(self.stands)
        low, high = self.troubles.outage_s
        stand.faults.down = True
        self.story.say(None, f"{stand.name} can't be reached")
        self._after(low * (high / low) ** self.random.random(), lambda: setattr(stand.faults, "down", False))

    def _unsubscribe(self) -> None:
        stand = self.random.choice(self.stands)
        self.story.say(None, f"{stand.name} forgets whom to send messages to")
        if isinstance(stand.shop, ShopifyShop):
            stand.shop.subscriptions.clear()
        elif isinstance(stand.shop, WooCommerceShop):
            stand.shop.webhooks.clear()
        elif isinstance(stand.shop, EbayShop):
            stand.shop.subscriptions.clear()
        elif isinstance(stand.transport, Desk):
            stand.transport.unsubscribe()

    def _hand_edit(self) -> None:
        stand, code = self.random.choice(self.stands), self.random.choice(list(self.stands[0].variants))
        variant = stand.shop.variants[stand.variants[code]]
        now = stand.shop.counters[variant.counter]
        with self._at(stand):
            stand.shop.hand_edit(variant.id, max(0, now + self.random.choice((-2, -1, 1, 2, 3))))
        self._hands.add((stand.name, variant.counter))
        self._unfound[stand.channel_id, variant.counter] = chance.now()
        self._touched.add(self.demand.units(code)[0])

    def _mistake(self) -> None:
        """A shop's person makes an order without a look at the shelf, or changes one."""
        stand, code = self.random.choice(self.stands), self.random.choice(self._codes)
        if self.random.random() < 0.5:
            with self._at(stand):
                if stand.shop.buy({stand.variants[code]: 1}, force=True):
                    self.orders += 1
            self._touched.add(code)
            return
        found = [
            order
            for order in list(stand.shop.orders.values())[-20:]
            if order.cancelled_at is None
            and order.paid
            and (stand.name, order.id) not in self._packed
            and not any(line.refunded or line.shipped for line in order.lines)
        ]
        if not found:
            return
        order = self.random.choice(found)
        line = self.random.choice(order.lines)
        with self._at(stand):
            stand.shop.edit(order.id, line.id, max(1, line.current + self.random.choice((-1, 1))))
        self._touched.add(self.demand.units(line.sku or "")[0])

    def _back_up(self) -> None:
        if not self._busy:
            self._backup = self.database.back_up()
            self.story.say(None, "a backup is made")
        else:
            self._after(1.0, self._back_up)

    def _restore(self) -> None:
        """The disk dies. What was backed up comes back, a person enters what happened here since, and waits until it can go on."""
        if self._busy:
            self._after(1.0, self._restore)
            return
        if self._backup is None:
            return
        self.story.say(None, "the disk dies; the backup is restored")
        self.restored += 1
        self.database.restore(self._backup)
        self.story.restored()
        self._start_again()
        self.database.run(recovery.gone_back, "restored", cause=POTTER)
        journal, self._since_backup, self._backup = self._since_backup, [], None
        for repeat in journal:
            repeat()
        self._after(60.0, self._resume)

    def _resume(self) -> None:
        if chance.now() >= self._away_until:
            with suppress(Refusal):
                self.database.run(recovery.resume, cause=POTTER)
        if self._recovers():
            self._after(60.0, self._resume)

    def _recovers(self) -> bool:
        return self.database.look(store.get)["recovering_since"] is not None

    def _keep_watch(self) -> None:
        if chance.now() >= self._away_until:
            self.database.run(watch.look, listens=True, since=START)
        self._after(300.0, self._keep_watch)


@dataclass
class _Own:
    """An order of our own API; its id is another one after a restore."""

    id: str
    wants: Sequence[tuple[str, int]]
    cancelled: bool = False
