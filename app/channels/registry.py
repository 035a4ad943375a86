"""The only place that knows adapters by name. An adapter's module is imported when a channel of its kind is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from app.channels.base import Channel, Connection, Vault
from app.channels.clock import Clock
from app.domain.errors import InvalidDraft

KINDS: dict[str, str] = {
    "ebay": "app.channels.ebay:EBay",
    "etsy": "app.channels.etsy:Etsy",
    "shopify": "app.channels.shopify:Shopify",
    "woocommerce": "app.channels.woocommerce:WooCommerce",
}

_known: dict[str, type[Channel]] = {}


def kind(name: str) -> type[Channel]:
    """The adapter of a kind. Raises: InvalidDraft for a kind that there isn't."""
    if name not in _known:
        if name not in KINDS:
            raise InvalidDraft("kind", f"There is no kind of channel called {name!r}; there are {', '.join(kinds())}.")
        module, _, found = KINDS[name].partition(":")
        _known[name] = getattr(import_module(module), found)
    return _known[name]


def kinds() -> list[str]:
    """The kinds of channels that there are."""
    return sorted({*KINDS, *_known})


def register(name: str, adapter: type[Channel]) -> None:
    """Add a kind. For tests and for the simulator."""
    _known[name] = adapter


def open_channel(
    row: Mapping[str, Any],
    vault: Vault,
    *,
    transport: Any = None,
    guard: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
) -> Channel:
    """The adapter of a connected shop. `row` is the channel's, `vault` holds its credentials, `clock` is told what time the shop says.

    Raises: InvalidDraft for a kind that there isn't (any more); NoUse where its settings can't be used.
    """
    return kind(row["kind"])(Connection(row["id"], row["settings"], vault, transport, guard, clock or Clock()))
