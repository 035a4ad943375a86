"""The plug is pulled on each part in turn: a shop, the network to it, the disk, the process. Each time somebody is told once, and what
to do; and when the part is back, the shops trade on and everything agrees, without a person."""

import resource
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.sandbox.faults import Faults
from app.sandbox.score import Score, Sells
from app.sandbox.server import Site
from app.sandbox.shop import Shop
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop
from tests.servers import Server, until
from tests.test_alerts import SECRET, Receiver, receiver  # noqa: F401  (a fixture)

# `tallystick serve` whose waits are seconds instead of minutes. What is told again, and how soon, stays as it is: an hour.
QUICK = """
from dataclasses import replace
from datetime import timedelta

from app import alerts
from app.channels import http, shopify, woocommerce_shop
from app.cli import app
from app.domain import alerts as telling, fence, watch
from app.sync import lane

lane.IDLE, lane.CLOSED_MOST_S = timedelta(seconds=1), 0.3
fence.READ_AGAIN_S = 2.0
watch.URGENT_AFTER = timedelta(seconds=1)
telling.PATIENCE, telling.BETWEEN = timedelta(seconds=1), timedelta(seconds=1)
alerts.EVERY_SECONDS = alerts.CARRY_EVERY_SECONDS = 0.5
alerts.BEAT_EVERY, alerts.UNWRITABLE_FOR, alerts.AWAY_FOR = timedelta(seconds=0.5), timedelta(seconds=2), timedelta(seconds=2)
http.Client.__init__.__defaults__ = (None, 1.0, *http.Client.__init__.__defaults__[2:])


def quicker(capabilities):
    return lambda its: replace(capabilities(its), poll_every_s=2.0, late_write_s=2.0)


woocommerce_shop.capabilities = quicker(woocommerce_shop.capabilities)
shopify.Shopify.capabilities = quicker(shopify.Shopify.capabilities)
app(["serve"])
"""
SKU = "BOWL"


class Tour:
    """A service, two shops that sell the same bowls, and who is told of what goes wrong."""

    def __init__(self, server: Server, told: Receiver, sites: dict[str, Site]) -> None:
        self.server, self.told, self.sites = server, told, sites
        self.score = Score()
        self.variants = {}
        for name, site in sites.items():
            made = site.shop.add(SKU, 0, title="Bowl")
            self.variants[name] = made.id
            self.score.watch(site.shop, {made.counter: Sells(SKU, 1)})
        self.channels: dict[str, str] = {}
        self.heard = 0

    # What people do

    def open(self) -> None:
        self._send("/v1/products", {"title": "Bowl", "skus": [{"code": SKU, "price": {"amount": 2400, "currency": "EUR"}}]})
        for name, site in self.sites.items():
            draft = {"kind": site.shop.kind, "name": name, "locations": ["STUDIO"], **_opens(site)}
            self.channels[name] = self._send("/v1/channels", draft)["id"]
        with self.server.client() as api:
            until(lambda: api.post("/v1/go-live", json={}).is_success, within_s=60, what="everything is known of both shops")
        self.receive(40)
        self.trades_on()

    def receive(self, units: int) -> None:
        self.score.delivered(SKU, units)
        posting = {"sku": SKU, "location": "STUDIO", "quantity": units, "source": "supplier", "target": "available", "reason": "received"}
        self._send("/v1/stock/movements", posting)

    def buys(self, name: str) -> None:
        """One bowl, if the shop shows any."""
        shop = self.sites[name].shop
        with shop.lock:
            shop.buy({self.variants[name]: 1})

    # What is seen

    def is_told(self, cause: str, what_to_do: str) -> None:
        """The next message is about this, and says what to do."""
        until(lambda: self._carry() and len(self.told.messages) > self.heard, within_s=60, what=f"{cause} is told")
        (group,) = self.told.messages[self.heard]["data"]["causes"]
        assert (group["cause"], group["count"]) == (cause, 1)
        assert what_to_do in group["advice"]
        self.heard += 1

    def trades_on(self) -> None:
        """Buyers buy in both shops, all of it is recorded, every number is as planned and believed, nobody is needed."""
        for name in self.sites:
            self.buys(name)
        try:
            until(lambda: self._carry() and not self._differs(), within_s=60, what="everything agrees")
        except TimeoutError as error:
            raise AssertionError(self._differs()) from error
        self.score.look()
        assert (self.score.us, self.score.shops, self.score.people) == (0, 0, 0)

    def _differs(self) -> list[Any]:
        with self.server.client() as api:
            orders = api.get("/v1/orders", params={"limit": 200}).json()["items"]
            counters = api.get("/v1/counters").json()["items"]
            waiting = api.get("/v1/exceptions", params={"open": "true"}).json()["items"]
        recorded = Counter(order["channel_id"] for order in orders)
        sold = Counter({self.channels[name]: len(site.shop.orders) for name, site in self.sites.items()})
        truth = {self.channels[name]: sum(site.shop.counters.values()) for name, site in self.sites.items()}
        wrong = [each for each in counters if each["write_id"] or each["due_at"] or each["shown"] != truth[each["channel_id"]]]
        return [*([recorded, sold] if recorded != sold else []), *([wrong, truth] if wrong else []), *waiting]

    # How it goes

    def _send(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.server.client() as api:
            answer = api.post(path, json=body)
        assert answer.is_success, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def _carry(self) -> bool:
        """Messages leave the shops that are up, and arrive if somebody takes them."""
        for site in self.sites.values():
            with site.shop.lock:
                messages = site.shop.take_deliveries() if site.is_up else []
            for message in messages:
                status = None
                with suppress(httpx.HTTPError):
                    status = httpx.post(message.url, headers=dict(message.headers), content=message.body, timeout=30).status_code
                with site.shop.lock:
                    site.shop.delivered(message, status)
        return True


def _opens(site: Site) -> dict[str, Any]:
    shop: Shop = site.shop
    if isinstance(shop, ShopifyShop):
        settings = {"shop": shop.name, "location_id": shop.location, "base_url": site.url, "order_lag_s": "1"}
        return {"settings": settings, "credentials": {"client_id": shop.client_id, "client_secret": shop.secrets[-1]}}
    assert isinstance(shop, WooCommerceShop)
    shop.url = site.url
    return {
        "settings": {"url": site.url, "order_lag_s": "1"},
        "credentials": {"consumer_key": shop.key, "consumer_secret": shop.secret},
    }


@pytest.fixture
def tour(tmp_path: Path, receiver: Receiver) -> Iterator[Tour]:  # noqa: F811
    with ExitStack() as stack:
        shopify, woocommerce = ShopifyShop(name="north"), WooCommerceShop(name="south")
        shopify.index_lag_s, woocommerce.cron_s = 0.2, (0.2, 0.5)
        sites = {shop.name: Site(shop, faults=Faults(hangs_s=(60.0, 60.0))) for shop in (shopify, woocommerce)}
        for site in sites.values():
            site.open()
            stack.callback(site.close)
        told = {"alert_url": receiver.url, "alert_secret": SECRET}
        server = Server(tmp_path / "store", command=("-c", QUICK), log_level="warning", **told)
        server._environment["TALLYSTICK_PUBLIC_URL"] = server.url
        stack.enter_context(server)
        made = Tour(server, receiver, sites)
        made.open()
        yield made


@pytest.mark.timeout(240)
def test_whatever_fails_somebody_is_told_once_and_trading_goes_on_by_itself(tour: Tour) -> None:
    server, north, south = tour.server, tour.sites["north"], tour.sites["south"]

    north.close()
    tour.buys("south")
    tour.receive(6)
    tour.is_told("channel_unreachable", "Tallystick keeps trying.")
    north.open()
    tour.trades_on()

    south.faults.fail_before = south.faults.fail_after = 0.5
    tour.buys("north")
    tour.buys("south")
    tour.receive(200)  # so much that every number is to rise: a change is under way, and nobody answers
    tour.is_told("channel_unreachable", "Tallystick keeps trying.")
    south.faults.fail_before = south.faults.fail_after = 0.0
    tour.trades_on()

    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (65_536, hard))
    tour.buys("north")
    tour.buys("south")
    tour.is_told("cant_write", "nothing has to be restarted")
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (soft, hard))
    tour.trades_on()

    server.kill()
    tour.buys("north")
    tour.buys("south")
    beat = server.data_dir / "beat"
    until(lambda: time.time() - beat.stat().st_mtime > 2.5, within_s=10, what="it has been away for a while")
    server.start()
    tour.is_told("was_down", "Nothing is lost")
    tour.trades_on()

    assert len(tour.told.messages) == tour.heard == 4
    server.stop()
    assert server.run("check").stdout == "The books balance.\n"
