"""A market on a virtual clock: sandbox shops, buyers who come and go, webhooks that are late or lost, and the real lanes behind them."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app import chance
from app.channels.base import Delivery
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.shop import Shop
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from tests.world import World


@dataclass
class Stand:
    """A shop in the market: its truth, what goes wrong on the way to it, and our channel for it."""

    shop: Shop
    faults: Faults
    variant: str
    counter: str
    channel_id: str = ""
    dark_since: datetime | None = None
    dark: timedelta = field(default_factory=timedelta)

    @property
    def shows(self) -> int:
        return self.shop.counters[self.counter]


class Market:
    """Shops that sell one SKU, and what happens in them. Everything that is drawn, is drawn from the world's seed."""

    def __init__(self, world: World, sku: str) -> None:
        self.world = world
        self.sku = sku
        self.stands: list[Stand] = []
        self.lost = 0.0  # part of the webhooks
        self.delay_s = (0.0, 0.0)
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._serial = 0
        self._seen_at, self._idle = -1, False

    def shopify(self, name: str, quantity: int = 0) -> Stand:
        shop = ShopifyShop(f"https://{name}.myshopify.com", name=name)
        return self._stand(
            shop,
            quantity,
            kind="shopify",
            settings={"shop": name, "location_id": shop.location},
            credentials={"client_id": shop.client_id, "client_secret": shop.secrets[-1]},
        )

    def woocommerce(self, name: str, quantity: int = 0) -> Stand:
        shop = WooCommerceShop(f"https://{name}.example", name=name)
        return self._stand(
            shop,
            quantity,
            kind="woocommerce",
            settings={"url": shop.url},
            credentials={"consumer_key": shop.key, "consumer_secret": shop.secret, "webhook_secret": "demo-secret-1"},
        )

    def _stand(self, shop: Shop, quantity: int, *, kind: str, settings: dict[str, str], credentials: dict[str, str]) -> Stand:
        variant = shop.add(self.sku, quantity, title=f"{self.sku} at {shop.name}")
        stand = Stand(shop, Faults(), variant.id, variant.counter)
        transport = ShopTransport(shop, stand.faults, later=lambda do, seconds: self.after(seconds, do))
        stand.channel_id = self.world.connect(transport, kind=kind, name=shop.name, settings=settings, credentials=credentials)
        self.stands.append(stand)
        return stand

    # What happens

    def after(self, seconds: float, do: Callable[[], None]) -> None:
        self._serial += 1
        heapq.heappush(self._events, (chance.now() + timedelta(seconds=seconds), self._serial, do))

    def run_for(self, seconds: float) -> None:
        """Let time pass: events as they fall due, and our lanes between them."""
        until = chance.now() + timedelta(seconds=seconds)
        while True:
            self.world.quiet()
            self._collect()
            self._look()
            step = min([until, *self.world.again.values(), *(event[0] for event in self._events[:1]), *self._sends()])
            if step >= until:
                break
            self.world.source.advance(max(step - chance.now(), timedelta()))
            while self._events and self._events[0][0] <= chance.now():
                heapq.heappop(self._events)[2]()
                self._look()
        self.world.source.advance(max(until - chance.now(), timedelta()))
        self._look()

    def _sends(self) -> list[datetime]:
        return [at for stand in self.stands if (at := stand.shop.next_delivery_at()) is not None]

    def _collect(self) -> None:
        """Webhooks leave the shops, and some of them arrive."""
        random = chance.random()
        for stand in self.stands:
            for message in stand.shop.take_deliveries():
                if random.random() < self.lost:
                    stand.shop.delivered(message, 200)  # swallowed on the way, where nobody notices
                    continue
                self.after(random.uniform(*self.delay_s), self._arrival(stand, message))

    def _arrival(self, stand: Stand, message: Any) -> Callable[[], None]:
        def arrive() -> None:
            headers = {name.lower(): value for name, value in message.headers.items()}
            delivery = Delivery("POST", headers, message.body)
            reply = self.world.channel(stand.channel_id).answer(delivery)
            if reply is None:
                self.world.deliver(stand.channel_id, delivery)
            stand.shop.delivered(message, 200 if reply is None else reply.status)

        return arrive

    # What is seen

    def _look(self) -> None:
        """How long each shop shows nothing while units lie elsewhere."""
        anywhere = any(stand.shows > 0 for stand in self.stands) or self._lies_idle()
        for stand in self.stands:
            dark = stand.shows <= 0 and anywhere
            if dark and stand.dark_since is None:
                stand.dark_since = chance.now()
            elif not dark and stand.dark_since is not None:
                stand.dark += chance.now() - stand.dark_since
                stand.dark_since = None

    def _lies_idle(self) -> bool:
        if self._seen_at != self.world.database.figures.commits:
            self._seen_at = self.world.database.figures.commits
            self._idle = bool(self.world.level(self.sku).get("available"))
        return self._idle

    def sold(self) -> int:
        """Units that buyers were promised, by whatever shop."""
        return sum(line.quantity for stand in self.stands for order in stand.shop.orders.values() for line in order.lines)

    def oversold_by_shops(self) -> int:
        """Units that shops' own counters sold though they weren't there."""
        return sum(stand.shop.truth(stand.counter).oversold for stand in self.stands)
