"""Every type of event: what it says, whose id its subject is, and what lies in its data. The one list of them, for the contract, the docs
and whoever subscribes.

The examples are the documentation and the schema at once: what stands in every example of a type is always there, and what is wrapped
in `OrNull` may be null. Real events are held against it by the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.errors import InvalidDraft


@dataclass(frozen=True, slots=True)
class OrNull:
    """A value that may be missing: null."""

    value: Any


@dataclass(frozen=True, slots=True)
class AnyOf:
    """An object whose names aren't always the same; this is one of them."""

    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventType:
    said: str
    subject: str | None
    """What the event's `subject` is the id of; None: it may have none."""
    data: tuple[Mapping[str, Any], ...]
    """What its `data` looks like."""

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Its data, as it could be sent."""
        return [_plain(each) for each in self.data]

    @property
    def schema(self) -> dict[str, Any]:
        """Its data, as JSON Schema says it."""
        return _schema(self.data)


def _type(said: str, subject: str | None, *data: Mapping[str, Any]) -> EventType:
    return EventType(said, subject, data or ({},))


def _an_id(of: str) -> str:
    """An id that is the same in every example that means the same record."""
    return f"0196a000-0000-7000-8000-{sum(ord(letter) * 131**at for at, letter in enumerate(of)) % 10**12:012d}"


_SKU, _STUDIO, _STALL, _CHANNEL, _COUNTER = map(_an_id, ("sku", "studio", "stall", "channel", "counter"))
_LINE, _PRODUCT, _CONTACT, _SHIPMENT = map(_an_id, ("line", "product", "contact", "shipment"))
_AT = "2026-11-22T10:00:00+00:00"
_MOVE = {
    "id": _an_id("movement"),
    "sku_id": _SKU,
    "location_id": _STUDIO,
    "quantity": 2,
    "source": "available",
    "target": "committed",
    "reason": "ordered",
}
_PLACED = {
    "reference": OrNull("web-1017"),
    "lines": [{"line_id": _LINE, "sku_id": OrNull(_SKU), "quantity": 2}],
    "total": {"amount": 2500, "currency": "EUR"},
    "contact_id": OrNull(_CONTACT),
    "sold": False,
    "test": False,
}
_RECORDED = {
    "channel_id": _CHANNEL,
    "external_id": "1001",
    "reference": OrNull("#1001"),
    "status": "open",
    "paid": OrNull(True),
    "test": False,
    "contact_id": OrNull(_CONTACT),
    "lines": [{"id": _LINE, "sku_id": OrNull(_SKU), "quantity": 2, "cancelled": 0, "shipped": 0}],
}
_FROM_DELIVERY = _RECORDED | {"delivery_id": _an_id("delivery")}
_PART = {"line_id": _LINE, "sku_id": _SKU, "quantity": 1}
_FILE = {
    "rows": 120,
    "bad_rows": 2,
    "products_created": 40,
    "products_changed": 0,
    "skus_created": 118,
    "skus_changed": 0,
    "skus_unchanged": 0,
    "units": 950,
}
_WRITTEN = {
    "channel_id": _CHANNEL,
    "mode": "compare_and_set",
    "outcome": "done",
    "counters": [{"counter_id": _COUNTER, "change": -2, "value": 5, "shown": 5}],
}
_RENAMED = {"changes": AnyOf({"name": {"old": "Studio", "new": "Old studio"}})}

EVENT_TYPES: Mapping[str, EventType] = {
    "books.repaired": _type(
        "An entry set right what the books said; the subject is the SKU, if it was one.",
        None,
        {"said": ["MUG-BLUE: 1 unit found at STUDIO"]},
    ),
    "channel.changed": _type(
        "A channel was changed: its name, its status, where it sells from.", "channel", {"changes": AnyOf({"status": "live"})}
    ),
    "channel.connected": _type("A channel was added.", "channel", {"kind": "shopify", "name": "Our own shop"}),
    "channel.reconciled": _type(
        "All numbers of a channel were read and compared with our records.", "channel", {"orders": 12, "counters": 140, "found": 0}
    ),
    "channel.replayed": _type(
        "What a channel sent is looked at once more.", "channel", {"deliveries": 3, "since": _AT, "parked_only": True}
    ),
    "contact.erased": _type("A buyer was forgotten. Drop what you keep of this contact, too.", "contact"),
    "counter.read": _type(
        "A number on a channel was read, and what we believed of it set right.",
        "write",
        _WRITTEN | {"mode": "rebase", "outcome": "read"},
    ),
    "counter.written": _type("A change of a channel's numbers is over; `outcome` says what came of it.", "write", _WRITTEN),
    "delivery.replayed": _type(
        "A message from a channel is looked at once more.",
        "delivery",
        {"channel_id": _CHANNEL, "topic": "orders/create", "was": "parked"},
    ),
    "difference.closed": _type(
        "A channel and our records agree again.", "difference", {"cause": "order_unseen", "outcome": OrNull("healed")}
    ),
    "difference.found": _type(
        "A channel shows something that our records don't explain.",
        "difference",
        {"channel_id": _CHANNEL, "kind": "quantity", "cause": "undetermined", "expected": OrNull(5), "seen": OrNull(4)},
    ),
    "difference.named": _type("The cause of a difference is known.", "difference", {"channel_id": _CHANNEL, "cause": "order_unseen"}),
    "exception.closed": _type(
        "Something that waited for a person is over; `by` is null where it ended by itself.", "exception", {"by": OrNull("web shop")}
    ),
    "exception.opened": _type(
        "Something waits for a person. GET /v1/exceptions/{id} says what to do.",
        "exception",
        {"cause": "line_short", "severity": "urgent", "title": "2 of MUG-BLUE are missing for order 17", "channel_id": OrNull(_CHANNEL)},
    ),
    "import.done": _type("A file of products was taken in to its end.", "import", _FILE),
    "import.failed": _type("A file of products can't be taken in; what was applied before stays.", "import", _FILE),
    "listing.mapped": _type(
        "It is known what a listing consists of.",
        "listing",
        {"channel_id": _CHANNEL, "by": "code"},
        {"channel_id": _CHANNEL, "by": "answer", "mapping": "mapped"},
    ),
    "location.changed": _type("A location was changed.", "location", _RENAMED),
    "location.created": _type("A location was added.", "location", {"code": "STALL", "name": "Market stall"}),
    "order.cancel_requested": _type(
        "Somebody wants an order cancelled that only its channel can cancel.", "order", {"reason": OrNull("changed her mind")}
    ),
    "order.cancelled": _type(
        "Units of an order were cancelled.",
        "order",
        {"reason": OrNull("changed her mind"), "lines": [{"line_id": _LINE, "quantity": 1}]},
    ),
    "order.changed": _type(
        "A channel's order changed: it was paid, edited, shipped or cancelled there.", "order", _RECORDED, _FROM_DELIVERY
    ),
    "order.line_filled": _type("Units became free for a line that was short.", "order", _PART),
    "order.line_short": _type("Units of a line are sold and not there.", "order", _PART),
    "order.placed": _type(
        "A new order: on this API (with `total`), or taken over from a channel (with `channel_id`).",
        "order",
        _PLACED,
        _RECORDED,
        _FROM_DELIVERY,
    ),
    "order.shipped": _type(
        "A parcel left.",
        "order",
        {
            "shipment_id": _SHIPMENT,
            "carrier": OrNull("DHL"),
            "tracking_number": OrNull("JJD0099"),
            "lines": [{"line_id": _LINE, "quantity": 2}],
        },
    ),
    "plan.changed": _type("How a SKU's units are shared out was changed.", "SKU", {"changes": AnyOf({"policy": "strict"})}),
    "product.changed": _type("A product was changed.", "product", {"changes": AnyOf({"title": {"old": "Mug", "new": "Blue mug"}})}),
    "product.created": _type("A product was added.", "product", {"title": "Blue mug"}),
    "reservation.held": _type("Units are held: for a cart, for a quote.", "reservation", {"expires_at": _AT}),
    "reservation.lapsed": _type("A hold ended because its time was up; its units are free again.", "reservation"),
    "reservation.reduced": _type(
        "A hold lost units to a fact, such as a sale on a channel.", "reservation", {"sku_id": _SKU, "quantity": 1}
    ),
    "reservation.released": _type("A hold was given up; its units are free again.", "reservation"),
    "reservation.used": _type("A hold became an order.", "reservation"),
    "sku.alias_dropped": _type("A SKU isn't found by a former code of its any more.", "SKU", {"alias": "MUG-OLD"}),
    "sku.changed": _type("A SKU was changed.", "SKU", {"changes": AnyOf({"code": {"old": "MUG", "new": "MUG-BLUE"}})}),
    "sku.created": _type("A SKU was added.", "SKU", {"code": "MUG-BLUE", "product_id": _PRODUCT}),
    "sku.merged": _type(
        "Two SKUs became one; this one is archived.", "SKU", {"code": "MUG-OLD", "into": _an_id("heir"), "into_code": "MUG-BLUE"}
    ),
    "stock.counted": _type("Somebody counted what is there.", "stocktake", {"location_id": _STUDIO, "lines": 40}),
    "stock.moved": _type("Units went from one state to another; the subject is their SKU, if it is one.", None, {"moves": [_MOVE]}),
    "store.changed": _type("The store's settings were changed.", None, {"changes": AnyOf({"name": "Kiln Lane Pottery"})}),
    "store.recovering": _type(
        "The books may be older than the shops; nothing is written there until `resume`.",
        None,
        {"epoch": 2, "why": "restored", "knows_until": _AT},
    ),
    "store.resumed": _type("The books are up to date again, and shops are written.", None, {"epoch": 2}),
    "token.created": _type("A token was made.", "token", {"name": "web shop", "scope": "write"}),
    "token.revoked": _type("A token was revoked.", "token", {"name": "web shop"}),
    "transfer.lost": _type("Units of a transfer got lost.", "transfer", {"units": 1}),
    "transfer.received": _type("Units of a transfer arrived.", "transfer", {"units": 5}),
    "transfer.sent": _type("Units left for another location.", "transfer", {"source_id": _STUDIO, "target_id": _STALL}),
    "webhook_endpoint.changed": _type(
        "Where events are sent to was changed; `changed` names what.", "webhook endpoint", {"changed": ["url", "types"]}
    ),
    "webhook_endpoint.created": _type("Events are sent to a new place.", "webhook endpoint", {"types": ["order.*"]}),
    "webhook_endpoint.deleted": _type("Events aren't sent to a place any more.", "webhook endpoint"),
    "webhook_endpoint.replayed": _type(
        "Messages are sent to a place once more.",
        "webhook endpoint",
        {"messages": 12, "since": OrNull(_AT), "only_failed": True},
    ),
    "webhook_endpoint.secret_rotated": _type(
        "Messages to a place are signed with a new secret, and until then with the former one, too.",
        "webhook endpoint",
        {"former_until": OrNull(_AT)},
    ),
    "webhook_endpoint.switched_off": _type(
        "Nothing is sent to a place: somebody said so, it failed for three days (`failing`), or it wants no more (`gone`).",
        "webhook endpoint",
        {"why": "failing"},
    ),
    "webhook_endpoint.switched_on": _type("Events are sent to a place again.", "webhook endpoint"),
}


def matches(types: Iterable[str], type: str) -> bool:
    """Whether a type is among those that were asked for: by its name, or by its noun (`order.*`)."""
    return any(type == each or (each.endswith(".*") and type.startswith(each[:-1])) for each in types)


def check(types: Sequence[str], field: str = "types") -> None:
    """Whoever asks for a type that there is none of would wait for ever. Raises: InvalidDraft."""
    for each in types:
        if not any(matches([each], known) for known in EVENT_TYPES):
            nouns = ", ".join(sorted({f"{known.partition('.')[0]}.*" for known in EVENT_TYPES}))
            raise InvalidDraft(field, f"No event is called {each!r}. All of one kind: {nouns}; the API's reference lists each.")


def _plain(value: Any) -> Any:
    if isinstance(value, OrNull | AnyOf):
        return _plain(value.value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


_KINDS = {str: "string", bool: "boolean", int: "integer"}


def _schema(values: Sequence[Any]) -> dict[str, Any]:
    """What all of these values have in common, as JSON Schema."""
    first = values[0]
    if isinstance(first, OrNull):
        found = _schema([each.value for each in values])
        return found | {"type": [found["type"], "null"]}
    if isinstance(first, AnyOf):
        return {"type": "object", "additionalProperties": True}
    if isinstance(first, Mapping):
        names = list(dict.fromkeys(name for each in values for name in each))
        fields = {name: _schema([each[name] for each in values if name in each]) for name in names}
        return {"type": "object", "properties": fields, "required": [name for name in names if all(name in each for each in values)]}
    if isinstance(first, list):
        return {"type": "array", "items": _schema([item for each in values for item in each])}
    return {"type": _KINDS[type(first)]}
