"""What is asked of each platform in a day, beside what it allows: on a day without an order, and on one with many.

The shops are the sandbox's, with their platforms' own limits, and the days pass on a virtual clock.
"""

from __future__ import annotations

import random
from typing import Any

import httpx

from app.channels.base import Delivery
from app.sandbox.ebay import EbayShop
from app.sandbox.etsy import EtsyShop
from app.sandbox.faults import ShopTransport
from app.sandbox.shop import Shop
from app.sandbox.shopify import ShopifyShop
from app.simulation.shops import made
from bench.channels import database_on
from bench.report import Figure, Rows, Scope
from tests.world import World, broken_books, world

PLATFORMS = {"shopify": "Shopify", "woocommerce": "WooCommerce", "etsy": "Etsy", "ebay": "eBay"}
SKUS, PLENTY = 20, 400
DAY_S, STEP_S = 86_400.0, 60.0


class Counted(ShopTransport):
    """Carries requests, and knows how many there were."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        self.requests, self.channel_id = 0, ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        return super().handle_request(request)

    @property
    def spent(self) -> dict[str, float]:
        """What the platform counts, by what it counts it for."""
        if isinstance(self.shop, ShopifyShop):
            return {"points": self.shop.admin.points}
        if isinstance(self.shop, EbayShop):
            calls: dict[str, float] = {}
            for (api, _), count in self.shop.calls.items():
                calls[f"requests of its {api} API"] = calls.get(f"requests of its {api} API", 0) + count
            return calls
        return {"requests": self.requests}

    @property
    def allowed(self) -> dict[str, float]:
        """In a day; nothing where the platform names no limit."""
        if isinstance(self.shop, ShopifyShop):
            return {"points": DAY_S * self.shop.admin.restores_per_s}
        if isinstance(self.shop, EbayShop):
            return {f"requests of its {api} API": limit for api, limit in self.shop.limits.items()}
        return {"requests": self.shop.per_day} if isinstance(self.shop, EtsyShop) else {}


def rows(scope: Scope) -> Rows:
    count = 40 if scope.quick else 400
    found: dict[str, Figure] = {}
    with database_on(scope.database, scope.folder) as database, world(database, scope.folder) as store:
        lines, variants = _open(store)
        scope.says("the shops open")
        store.run_for(3_600)
        days = [(0, "without an order"), (count, f"with {count} orders")]
        for orders, words in days[1:] if scope.quick else days:
            scope.says(f"a day {words}")
            before = {kind: line.spent for kind, line in lines.items()}
            taken = _a_day(store, lines, variants, orders)
            assert taken >= orders * 0.9, f"{taken} of {orders} orders were taken"
            for kind, line in lines.items():
                spent = {what: now - before[kind].get(what, 0) for what, now in line.spent.items()}
                what = max(spent, key=lambda each: spent[each] / line.allowed.get(each, 1))
                aim = f"<= {line.allowed[what]:g}" if what in line.allowed else ""
                found[f"{PLATFORMS[kind]}, a day {words}: {what}"] = Figure(spent[what], "", aim)
        ebay = lines["ebay"].shop
        assert isinstance(ebay, EbayShop)
        found["eBay, the listing that was changed most on such a day"] = Figure(max(ebay.revisions.values()), "changes", "<= 250")
        assert database.look(broken_books) == []
    return found


def _open(store: World) -> tuple[dict[str, Counted], dict[str, list[str]]]:
    """A shop of each platform; all of them sell the same things, and are live."""
    for number in range(SKUS):
        store.stocked(f"MUG-{number}", PLENTY)
    lines, variants = {}, {}
    for kind in PLATFORMS:
        shop, facts = made(kind, kind)
        variants[kind] = [shop.add(f"MUG-{number}", 0, title=f"Mug no. {number}").id for number in range(SKUS)]
        lines[kind] = Counted(shop)
        lines[kind].channel_id = store.connect(lines[kind], kind=shop.kind, name=kind, **facts)
    return lines, variants


def _a_day(store: World, lines: dict[str, Counted], variants: dict[str, list[str]], orders: int) -> int:
    """Orders are spread over it and over the platforms; a message goes out as soon as the shop sends it. Returns how many there were."""
    dice, taken = random.Random(5), 0
    steps = int(DAY_S / STEP_S)
    at = sorted(dice.randrange(steps) for _ in range(orders))
    for step in range(steps):
        while at and at[0] == step:
            at.pop(0)
            kind = dice.choice(list(lines))
            taken += lines[kind].shop.buy({dice.choice(variants[kind]): 1}) is not None
        store.skip(STEP_S)
        for line in lines.values():
            _collect(store, line)
    return taken


def _collect(store: World, line: Counted) -> None:
    for message in line.shop.take_deliveries():
        delivery = Delivery("POST", {name.lower(): value for name, value in message.headers.items()}, message.body)
        reply: Any = store.channel(line.channel_id).answer(delivery)
        if reply is None:
            store.deliver(line.channel_id, delivery)
        line.shop.delivered(message, 200 if reply is None else reply.status)
