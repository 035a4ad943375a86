"""What the demo's potter makes, and the shops that sell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from app import chance
from app.sandbox.ebay import EbayShop
from app.sandbox.etsy import EtsyShop
from app.sandbox.faults import Faults
from app.sandbox.score import Sells
from app.sandbox.server import Site
from app.sandbox.shop import Shop
from app.sandbox.shopify import ShopifyShop
from app.sandbox.woocommerce import WooCommerceShop

CURRENCY = "EUR"


@dataclass(frozen=True)
class Piece:
    """A SKU: how many lie on the shelf at first, how many a firing brings (0: there is only one of it), how often it is wanted."""

    code: str
    title: str
    price: int
    units: int
    firing: int
    wanted: int


PIECES = (
    Piece("MUG-SAGE", "Mug, sage", 2400, 36, 24, 10),
    Piece("MUG-OCHRE", "Mug, ochre", 2400, 16, 12, 8),
    Piece("MUG-INK", "Mug, ink", 2600, 12, 12, 7),
    Piece("MUG-TALL", "Mug, tall", 2900, 9, 8, 5),
    Piece("ESPRESSO", "Espresso cup", 1600, 14, 12, 6),
    Piece("BOWL-RICE", "Rice bowl", 2200, 12, 10, 7),
    Piece("BOWL-SOUP", "Soup bowl", 2800, 10, 8, 6),
    Piece("BOWL-BIG", "Serving bowl", 6500, 4, 3, 4),
    Piece("PLATE-SIDE", "Side plate", 1900, 12, 10, 5),
    Piece("JUG", "Jug, one litre", 4800, 3, 2, 3),
    Piece("MOON-JAR", "Moon jar, one of a kind", 28000, 1, 0, 3),
)
# A set is no SKU: it is four mugs, and every shop has a number of its own for it.
SET_CODE, SET_TITLE, SET_PRICE, SET_WANTED = "SET-SAGE-4", "Four mugs, sage", 8800, 3
SET_OF, SET_PER = "MUG-SAGE", 4
CODES = (*(piece.code for piece in PIECES[:1]), SET_CODE, *(piece.code for piece in PIECES[1:]))

NAMES = ("Harbour", "Orchard", "Meadow", "Quay", "Mill", "Gallery")
MOST = len(NAMES)
KINDS = ("shopify", "woocommerce", "etsy", "ebay")
# Of these only what a shop shows can be replaced: what sells in that moment can be sold once more.
BOUNDED = ("etsy",)


def kinds(asked: str) -> list[str]:
    """The kinds of the shops that are asked for: by name, or how many of those whose numbers are exact. Raises: ValueError, for people."""
    asked = asked.strip().lower()
    if asked.isdecimal():
        found = [KINDS[index % 2] for index in range(min(int(asked), MOST + 1))]
    else:
        found = [each for part in asked.split(",") if (each := part.strip())]
    for each in found:
        if each not in KINDS:
            raise ValueError(f"There is no kind of shop called {each!r}; there are {', '.join(KINDS)}.")
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"The demo has 1 to {MOST} shops: say how many, or name them, as in shopify,etsy,ebay,woocommerce.")
    return found


class Stand:
    """A shop with its site: what buyers see, and how it is connected."""

    def __init__(self, index: int, kind: str) -> None:
        self.name = NAMES[index]
        self.faults = Faults()
        self.shop: Shop = {"shopify": self._shopify, "woocommerce": self._woocommerce, "etsy": self._etsy, "ebay": self._ebay}[kind]()
        self.site = Site(self.shop, faults=self.faults)
        self.channel_id = ""
        self.variants: dict[str, str] = {}  # by what it is called
        self.counters: dict[str, str] = {}
        self.popularity = chance.random().uniform(0.6, 1.4)
        self.fill()

    def _shopify(self) -> Shop:
        shop = ShopifyShop(name=self.name.lower(), currency=CURRENCY, client_secret=_secret("shpss_"))
        shop.index_lag_s = 0.5
        shop.delay_s = (0.2, 3.0)
        return shop

    def _woocommerce(self) -> Shop:
        shop = WooCommerceShop(name=self.name, currency=CURRENCY, secret=_secret("cs_"))
        shop.cron_s = (1.0, 6.0)  # a busy site: its cron runs with every visit
        return shop

    def _etsy(self) -> Shop:
        shop = EtsyShop(name=self.name, currency=CURRENCY)
        shop.per_day = 100_000  # as Etsy grants it to who is as busy as this
        shop.forgives = True  # nobody is there to agree again when the answer with a new token is lost
        return shop

    def _ebay(self) -> Shop:
        shop = EbayShop(name=self.name.lower(), currency=CURRENCY, site="EBAY_DE")
        shop.asks = _answered
        return shop

    def fill(self) -> None:
        """Put everything on sale. A new shop shows nothing yet: what it may offer is what it is given."""
        for piece in PIECES:
            self._add(piece.code, piece.title, piece.price)
        self._add(SET_CODE, SET_TITLE, SET_PRICE)

    def _add(self, code: str, title: str, price: int) -> None:
        made = self.shop.add(code, title=title, price=price)
        self.variants[code], self.counters[code] = made.id, made.counter

    def sells(self) -> Mapping[str, Sells]:
        return {counter: Sells(*((SET_OF, SET_PER) if code == SET_CODE else (code, 1))) for code, counter in self.counters.items()}

    def connection(self) -> dict[str, Any]:
        """What a shopkeeper enters to connect it: the body of POST /v1/channels."""
        if isinstance(self.shop, ShopifyShop):
            settings = {"shop": self.shop.name, "location_id": self.shop.location, "base_url": self.site.url, "order_lag_s": "1"}
            credentials = {"client_id": self.shop.client_id, "client_secret": self.shop.secrets[-1]}
        elif isinstance(self.shop, EtsyShop):
            settings = {"base_url": self.site.url, "order_lag_s": "1"}
            shown = {"keystring": self.shop.keystring, "shared_secret": self.shop.shared_secret}
            credentials = shown | {"webhook_secret": self.shop.signing_secret}
        elif isinstance(self.shop, EbayShop):
            account = {"ru_name": self.shop.ru_name, "out_of_stock_control": "yes", "alert_email": "potter@shop.example"}
            settings = account | {"base_url": self.site.url, "order_lag_s": "1"}
            credentials = {"client_id": self.shop.client_id, "client_secret": self.shop.secret}
        else:
            assert isinstance(self.shop, WooCommerceShop)
            self.shop.url = self.site.url
            settings = {"url": self.site.url, "order_lag_s": "1"}
            credentials = {"consumer_key": self.shop.key, "consumer_secret": self.shop.secret}
        return {"kind": self.shop.kind, "name": self.name, "settings": settings, "credentials": credentials, "locations": ["STUDIO"]}

    @property
    def asks_its_owner(self) -> bool:
        """It lets us in only once she agreed, on a page of its own."""
        return isinstance(self.shop, EtsyShop | EbayShop)

    def agree(self, page: str) -> Mapping[str, str]:
        """She opens that page and says yes: the query that her browser comes back with."""
        assert isinstance(self.shop, EtsyShop | EbayShop)
        with self.shop.lock:
            return self.shop.agree(page) if isinstance(self.shop, EtsyShop) else self.shop.agrees(page)

    def shows(self, code: str) -> int:
        """The number on the counter: the truth, which we only believe to know."""
        return self.shop.counters[self.counters[code]]


def _answered(address: str) -> bytes | None:
    """What eBay hears when it asks an address to prove itself."""
    try:
        return httpx.get(address, timeout=5.0, trust_env=False).content
    except httpx.HTTPError:
        return None


def _secret(prefix: str) -> str:
    return prefix + chance.secret(20).hex()
