"""What an eBay shop keeps beside variants and orders: offers, and where its messages go."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from app import chance


@dataclass
class Offer:
    """A SKU on one of eBay's sites. It stays when its listing ends."""

    id: str
    sku: str
    site: str
    quantity: int
    listing: str
    published: bool = True
    group: str | None = None
    form: str = "FIXED_PRICE"
    status: str = "ACTIVE"
    sold: int = 0


@dataclass
class Destination:
    id: str
    name: str
    endpoint: str
    token: str
    status: str = "ENABLED"


@dataclass
class Subscription:
    id: str
    topic: str
    destination: str
    status: str
    owner: str  # user or app
    since: datetime = field(default_factory=chance.now)
