"""What comes in from channels: kept first, looked at later.

`keep` is all that a marketplace waits for: handshake, signature, one row. The channel's lane does the rest in its own time.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

from app import chance
from app.channels import registry
from app.channels.base import BadPayload, Channel, ChannelError, Delivery, Hint, Reply, TryLater, UnknownKey
from app.database import Database, Session
from app.domain import channels, contacts, deliveries, exceptions, recording
from app.domain.causes import Cause
from app.domain.errors import Refusal
from app.domain.fence import Pen
from app.domain.snapshots import Missing, OrderSnapshot
from app.sync import poll
from app.vault import ChannelVault, Vault, VaultClosed

# What proxies and clients say of themselves is nothing that a channel tells us.
_NOT_KEPT = re.compile(r"authorization|cookie|proxy-.*|x-forwarded-.*|forwarded|x-real-ip|connection|host")


@lru_cache(256)
def _is_kept(header: str) -> bool:
    return not _NOT_KEPT.fullmatch(header)


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that is safe with us. `new` False: it was before."""

    topic: str
    new: bool


async def keep(
    database: Database, vault: Vault, channel_id: str, channel: Channel, delivery: Delivery, *, note: bool = True
) -> Reply | Kept:
    """Answer a handshake; store anything else, once it is known to be the channel's. The signature is made of the bytes as they came.

    Raises: BadSignature, and nothing was stored; DatabaseUnavailable, and TryLater where its key can't be had now: it has to be sent
    again.
    """
    if (reply := channel.answer(delivery)) is not None:
        return reply
    try:
        row = sealed(vault, channel, delivery, asks=False)
    except UnknownKey:
        row = await asyncio.to_thread(sealed, vault, channel, delivery)
    return Kept(row["topic"], await database.write(deliveries.keep, channel_id, **row, note=note))


def sealed(vault: Vault, channel: Channel, delivery: Delivery, *, asks: bool = True) -> dict[str, Any]:
    """A message as `deliveries.keep` takes it. `asks`: the channel may be asked for a key that isn't known yet.

    Raises: BadSignature, and UnknownKey where it may not; TryLater, NoUse where the key can't be had.
    """
    try:
        identity = channel.verify(delivery)
    except UnknownKey as unknown:
        if not asks:
            raise
        unknown.learn()
        identity = channel.verify(delivery)
    if len(identity) > 200 or "\0" in identity:
        identity = sha256(identity.encode()).hexdigest()
    return {
        "identity": identity,
        "topic": channel.topic(delivery).replace("\0", "")[:100],
        "sealed": vault.seal(packed(delivery)),
        "size": len(delivery.body),
        "received_at": chance.now(),
    }


def packed(delivery: Delivery) -> bytes:
    """A message as bytes: a line with everything else, then the body as it came."""
    headers = {name: value for name, value in delivery.headers.items() if _is_kept(name)}
    return orjson.dumps({"method": delivery.method, "headers": headers, "query": dict(delivery.query)}) + b"\n" + delivery.body


def opened(vault: Vault, row: Mapping[str, Any]) -> Delivery:
    """The message of a stored row. Raises: VaultClosed."""
    head, _, body = vault.open(row["sealed"]).partition(b"\n")
    return Delivery(body=body, **orjson.loads(head))


# A buyer is erased


def about(database: Database, vault: Vault, contact_id: str) -> list[str]:
    """The messages that hold an order of this contact, as they came: what is erased with them. Those that still wait are left out."""
    found = []
    for channel_id, orders in database.look(contacts.bought, contact_id).items():
        row = database.look(channels.get, channel_id)
        channel: Channel | None = None
        with suppress(ChannelError, Refusal):  # one that can't be opened any more: its messages are looked through as text
            channel = registry.open_channel(row, ChannelVault(database, vault, row))
        after: str | None = None
        while rows := database.look(deliveries.looked_at, channel_id, after, AT_ONCE):
            found += [each["id"] for each in rows if _holds(vault, channel, each, orders)]
            after = rows[-1]["id"]
        if channel is not None:
            channel.close()
    return found


def _holds(vault: Vault, channel: Channel | None, row: Mapping[str, Any], orders: Collection[str]) -> bool:
    try:
        message = opened(vault, row)
    except VaultClosed:
        return False  # nobody can read it
    with suppress(BadPayload):
        if channel is not None:
            return any(each.external_id in orders for each in channel.parse(message))
    return any(order.encode() in message.body for order in orders)


def erase(session: Session, contact_id: str, held: Sequence[str], *, cause: Cause) -> dict[str, Any]:
    """Blank a contact, and drop the messages that `about` found. Raises: NotFound."""
    erased = contacts.erase(session, contact_id, cause=cause)
    deliveries.forget(session, held)
    return erased


# In the lane

AT_ONCE = 50


def handle(database: Database, keys: Vault, channel: Channel, pen: Pen, *, ask_from: datetime | None = None) -> int:
    """Look at what waits: record what a message says in whole, and fetch the rest, each order once. Returns how many were looked at.

    `ask_from`: the channel mustn't be asked before; what takes a request waits as long, and isn't looked at once more until then.

    Raises: TryLater, NoUse when an order had to be fetched and couldn't be; what was for it is put off.
    """
    rows = database.look(deliveries.waiting, pen.channel_id, chance.now(), AT_ONCE, untried=ask_from is not None)
    orders_of: dict[str, list[str]] = {}
    whole: dict[str, tuple[OrderSnapshot, str]] = {}
    hints: list[Hint] = []
    used: list[str] = []
    unused: list[str] = []
    for row in rows:
        try:
            found = channel.parse(opened(keys, row))
        except BadPayload as error:
            database.run(_park, pen, row, str(error))
            continue
        fetch = []
        for each in found:
            if isinstance(each, Hint) and each.kind != "order":
                hints.append(each)
            elif isinstance(each, Hint) or isinstance(each.lines, Missing):
                fetch.append(each.external_id)
            elif each.external_id not in whole or recording.version(each) >= recording.version(whole[each.external_id][0]):
                whole[each.external_id] = (each, row["id"])  # of what came together, how the order stands last is enough
        for external_id in fetch:
            orders_of.setdefault(external_id, []).append(row["id"])
        if not fetch:
            (used if found else unused).append(row["id"])
    poll.record(database, pen.channel_id, [(snapshot, pen.cause.by("delivery", row_id)) for snapshot, row_id in whole.values()])
    if any(hint.kind in _LOOKED_AT for hint in hints):
        database.run(_take_hints, pen, hints)
    if used:
        database.run(deliveries.done, used)
    if unused:
        database.run(deliveries.done, unused, used=False)
    if orders_of and ask_from is not None:
        database.run(deliveries.put_off, _told_of(orders_of), "The channel couldn't be reached.", ask_from)
    elif orders_of:
        _fetch(database, channel, pen, orders_of)
    return len(rows)


def _fetch(database: Database, channel: Channel, pen: Pen, orders_of: Mapping[str, list[str]]) -> None:
    waiting = _told_of(orders_of)
    try:
        poll.fetch(database, channel, pen, sorted(orders_of))
    except ChannelError as error:
        wait = error.after_s if isinstance(error, TryLater) and error.after_s is not None else 30.0
        database.run(deliveries.put_off, waiting, str(error), chance.now() + timedelta(seconds=wait))
        raise
    database.run(deliveries.done, waiting)


def _told_of(orders_of: Mapping[str, list[str]]) -> list[str]:
    """The messages that told of these orders."""
    return sorted({row_id for ids in orders_of.values() for row_id in ids})


def _park(session: Session, pen: Pen, row: Mapping[str, Any], error: str) -> None:
    deliveries.park(session, row["id"], error)
    exceptions.raise_(
        session,
        "delivery_parked",
        f"{pen.channel_id}:{row['topic']}",
        severity="warning",
        title=f"A message about {row['topic']} couldn't be understood",
        advice=f"What it was about is read with the next poll, so nothing is lost. The message is kept: GET /v1/deliveries/{row['id']}.",
        facts={"delivery_id": row["id"], "error": error[:300]},
        channel_id=pen.channel_id,
        cause=pen.cause,
    )


_LOOKED_AT = {"listing", "subscription", "uninstalled", "contact_erasure"}


def _take_hints(session: Session, pen: Pen, hints: Sequence[Hint]) -> None:
    """What else a message may say: never a figure, only that something is worth a look."""
    kinds = {hint.kind for hint in hints}
    now = chance.now()
    if "listing" in kinds:
        # Sales change products too: at most a full listing an hour.
        due = channels.lane(session, pen.channel_id)["listings_due_at"]
        soon = now + timedelta(hours=1)
        channels.change_lane(session, pen.channel_id, listings_due_at=soon if due is None else min(due, soon))
    if "subscription" in kinds:
        channels.change_lane(session, pen.channel_id, subscriptions_due_at=now)
    if "uninstalled" in kinds:
        channels.change_lane(session, pen.channel_id, capabilities_due_at=now)
    for buyer in dict.fromkeys(hint.external_id for hint in hints if hint.kind == "contact_erasure"):
        contacts.forget(session, buyer, cause=pen.cause)
