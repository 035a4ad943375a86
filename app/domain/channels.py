"""Channels: the accounts, shops and tills that sell for the store; and how each one's lane stands.

The store's own API sells too, but is no row here: its share is what stays in `available`.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, cast, func, insert, select, text, update

from app import chance
from app.database import Id, Json, Session, Utc, metadata
from app.domain import events, locations
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause
from app.domain.errors import InvalidDraft, NotFound, ShopConnectedAlready, Stale, WrongState
from app.statements import Prepared, one_of, padded

STATUSES = ("connected", "live", "recovering", "paused", "leaving", "disconnected")

channels = Table(
    "channels",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("name", String(100), nullable=False),
    # connected: it is listened to and never written; live: written too; paused: not written, keeps its allotments; recovering: as
    # paused, until its orders and numbers were read and a person says go on; leaving: its numbers are lowered to
    # zero, then it is over; disconnected: over.
    Column("status", String(16), nullable=False),
    Column("settings", Json, nullable=False),
    # Encrypted: a JSON object of what the adapter calls credentials. Never returned, never logged.
    Column("credentials", Text, nullable=False),
    Column("capabilities", Json, nullable=True),
    # The real shop's own id: one connection that isn't over for each.
    Column("account", String(200), nullable=True),
    # Our locations that it sells from, in order.
    Column("location_ids", Json, nullable=False),
    # How much of what there is goes to its counters, beside what it sells: 100 is ordinary. The least that each is worth giving, and
    # in steps of how many.
    Column("weight", Integer, nullable=False, server_default="100"),
    Column("min_share", Integer, nullable=False, server_default="0"),
    Column("lot", Integer, nullable=False, server_default="1"),
    Column("leaving_at", Utc, nullable=True),  # since when it is leaving
    # What becomes of a number that somebody changed there by hand: overwrite, adopt (as a stocktake), ask.
    Column("hand_edits", String(16), nullable=False, server_default="overwrite"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(
        "uq_channels_account",
        "kind",
        "account",
        unique=True,
        postgresql_where=text("status <> 'disconnected' AND account IS NOT NULL"),
        sqlite_where=text("status <> 'disconnected' AND account IS NOT NULL"),
    ),
)

capabilities_text = func.nullif(cast(channels.c.capabilities, Text), "null", type_=Text).label("capabilities")
"""For statements: as `Capabilities.from_text` takes them; null where nobody has asked yet, also where JSON's own null says so."""

lanes = Table(
    "lanes",
    metadata,
    Column("channel_id", Id(), ForeignKey("channels.id"), primary_key=True),
    # Who works for the channel, until when, and the number that fences off whoever worked for it before.
    Column("holder", String(64), nullable=True),
    Column("fence", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", Utc, nullable=True),
    # The largest channel stamp of an earlier completed poll; every order counted before `settled_at` (our clock) is recorded.
    Column("watermark", Utc, nullable=True),
    Column("settled_at", Utc, nullable=True),
    Column("poll_due_at", Utc, nullable=True),
    Column("capabilities_due_at", Utc, nullable=True),
    Column("listings_due_at", Utc, nullable=True),
    Column("subscriptions_due_at", Utc, nullable=True),
    # The circuit: after failures in a row nothing is asked until `open_until`, then one request tries.
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("open_until", Utc, nullable=True),
    Column("refused", String(32), nullable=True),  # trying again is no use: the adapter's code
    Column("last_error", String(500), nullable=True),
    Column("delivered_at", Utc, nullable=True),
    Column("polled_at", Utc, nullable=True),
    # Since when its orders change and it sends nothing, and up to which stamp they had changed then: see `watch`.
    Column("unheard_since", Utc, nullable=True),
    Column("unheard_mark", Utc, nullable=True),
    Column("listed_at", Utc, nullable=True),  # null: what is on sale there isn't known yet
    Column("written_at", Utc, nullable=True),
    # The reconciler: when it is due, how far it is (null: it isn't under way), and what it found last (see sync/reconcile).
    Column("reconcile_due_at", Utc, nullable=True),
    Column("reconciling", Json, nullable=True),
    Column("reconciled_at", Utc, nullable=True),
    Column("reconciled", Json, nullable=True),
    # How long a write takes, from its plan to its answer: measured, smoothed, in milliseconds.
    Column("write_ms", Integer, nullable=True),
    # How far our clock is ahead of the shop's, and when that was measured: see `signals`.
    Column("clock_ahead_s", Integer, nullable=True),
    Column("clock_at", Utc, nullable=True),
    Column("subscribed", Json, nullable=True),  # how its subscriptions stood when they were last looked at: see `signals`
    Column("budgets", Json, nullable=True),  # how much of its write budgets was used when that was last added up
)


def connect(
    session: Session,
    *,
    id: str,
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    credentials: str,
    location_codes: Sequence[str],
    weight: int = 100,
    min_share: int = 0,
    lot: int = 1,
    hand_edits: str = "overwrite",
    cause: Cause,
) -> dict[str, Any]:
    """Add a channel. `credentials` are encrypted already. Raises: UnknownLocation; InvalidDraft without a location."""
    if not location_codes:
        raise InvalidDraft("locations", "Name at least one location that this channel sells from.")
    now = chance.now()
    row = {
        "id": id,
        "kind": kind,
        "name": name,
        "status": "connected",
        "settings": dict(settings),
        "credentials": credentials,
        "location_ids": locations.ids_of(session, location_codes),
        "weight": weight,
        "min_share": min_share,
        "lot": lot,
        "hand_edits": hand_edits,
        "created_at": now,
        "updated_at": now,
    }
    session.execute(insert(channels), row)
    due = {"capabilities_due_at": now, "listings_due_at": now, "subscriptions_due_at": now, "poll_due_at": now}
    session.execute(insert(lanes), {"channel_id": id} | due)
    events.append(session, "channel.connected", id, {"kind": kind, "name": name}, cause=cause)
    return get(session, id)


def get(session: Session, channel_id: str, *, lock: bool = False) -> dict[str, Any]:
    """The channel with this id. Raises: NotFound."""
    rows = session.find(channels, id=channel_id, lock=True if lock else None)
    if not rows:
        raise NotFound(f"No channel has the id {channel_id}.")
    return rows[0]


def page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Channels in the order of their ids, with how their lanes stand."""
    query = select(channels.c.id).order_by(channels.c.id).limit(limit)
    if after is not None:
        query = query.where(channels.c.id > after)
    return [view(session, found) for found in session.execute(query).scalars().all()]


def view(session: Session, channel_id: str) -> dict[str, Any]:
    """A channel and how its lane stands. Raises: NotFound."""
    row = get(session, channel_id)
    return row | {"lane": lane(session, channel_id), "locations": _codes(session, row["location_ids"])}


def _codes(session: Session, ids: Sequence[str]) -> list[str]:
    query = select(locations.locations.c.id, locations.locations.c.code).where(locations.locations.c.id.in_(ids))
    known: dict[str, str] = {row.id: row.code for row in session.execute(query)}
    return [known[each] for each in ids]


def change(
    session: Session, channel_id: str, changes: Mapping[str, Any], *, seen: Container[int] | None = None, cause: Cause
) -> dict[str, Any]:
    """Change a channel's columns; `locations` are codes. What is secret is never told.

    Raises: NotFound, Stale, UnknownLocation, WrongState.
    """
    row = get(session, channel_id, lock=True)
    Stale.unless(seen, row["version"])
    if row["status"] == "disconnected":
        raise WrongState("This channel was disconnected. Connect the shop anew.", status="disconnected")
    new = dict(changes)
    if "locations" in new:
        new["location_ids"] = locations.ids_of(session, new.pop("locations"))
        if not new["location_ids"]:
            raise InvalidDraft("locations", "Name at least one location that this channel sells from.")
    new = {name: value for name, value in new.items() if row[name] != value}
    if new:
        new |= {"version": row["version"] + 1, "updated_at": chance.now()}
        session.execute(update(channels).where(channels.c.id == channel_id).values(**new))
        if "credentials" in new or "settings" in new:
            now = chance.now()
            names = ("capabilities_due_at", "subscriptions_due_at", "listings_due_at", "poll_due_at", "reconcile_due_at")
            again = dict.fromkeys(names, now)
            change_lane(session, channel_id, refused=None, failures=0, open_until=None, **again)
        said = {name: new[name] for name in ("name", "status", "location_ids", "weight", "min_share", "lot", "hand_edits") if name in new}
        events.append(session, "channel.changed", channel_id, {"changes": said}, cause=cause)
    return view(session, channel_id)


def keep_capabilities(session: Session, channel_id: str, capabilities: Mapping[str, Any], account: str | None) -> None:
    """What the connected shop says of itself. Raises: ShopConnectedAlready."""
    row = get(session, channel_id)
    if account is not None:
        query = select(channels.c.id, channels.c.name).where(
            channels.c.kind == row["kind"], channels.c.account == account, channels.c.status != "disconnected", channels.c.id != channel_id
        )
        if (other := session.execute(query).first()) is not None:
            raise ShopConnectedAlready(other.id, other.name)
    session.execute(update(channels).where(channels.c.id == channel_id).values(capabilities=dict(capabilities), account=account))


def active(session: Session) -> list[dict[str, Any]]:
    """The channels that a lane works for."""
    query = select(channels).where(channels.c.status != "disconnected").order_by(channels.c.id)
    return [dict(row) for row in session.execute(query).mappings()]


def capable(session: Session, channel_ids: Collection[str]) -> dict[str, tuple[Mapping[str, Any], Capabilities]]:
    """Of channels that have been asked: how their counters share in what there is, how long a write takes, and what they can do."""
    if not channel_ids:
        return {}
    size, named = padded("id", sorted(channel_ids))
    return {row["id"]: (row, Capabilities.from_text(row["capabilities"])) for row in session.rows(_capable(size), named)}


@cache
def _capable(size: int) -> Prepared:
    names = ("id", "weight", "min_share", "lot", "hand_edits")
    query = select(*(channels.c[name] for name in names), capabilities_text, lanes.c.write_ms)
    query = query.join(lanes, lanes.c.channel_id == channels.c.id)
    return Prepared(query.where(one_of(channels.c.id, "id", size)))


is_being_read = (
    select(channels.c.id)
    .join(lanes, lanes.c.channel_id == channels.c.id)
    # In words: as a value that is given, SQLite would work out anew each time whether the index of accounts serves.
    .where(text("channels.status <> 'disconnected'"), channels.c.capabilities.is_not(None))
    .where(lanes.c.listed_at.is_(None), lanes.c.refused.is_(None))
    .exists()
)
"""For statements: whether there is a shop that answers, and of which nobody knows yet what it has on sale."""


def lane(session: Session, channel_id: str) -> dict[str, Any]:
    """How a channel's lane stands."""
    (row,) = session.find(lanes, channel_id=channel_id)
    return row


def change_lane(session: Session, channel_id: str, **changes: Any) -> None:
    session.change(lanes, changes, channel_id=channel_id)


def ask_to_reconcile(session: Session, channel_id: str, *, whole: bool = False) -> None:
    """Go through the channel soon: hold what it shows against what our records make of it. `whole`: every open order, and what is on
    sale, too; a run that is under way is begun anew."""
    now = chance.now()
    changes: dict[str, Any] = {"reconcile_due_at": now}
    if whole:
        before = lane(session, channel_id)["reconciled"] or {}
        changes |= {"reconciling": None, "reconciled": before | {"asked": True}, "listings_due_at": now}
    change_lane(session, channel_id, **changes)


def polled(
    session: Session, row: Mapping[str, Any], *, began: datetime, stamp: datetime | None, feed_lag_s: float, next_at: datetime
) -> None:
    """A poll was read to its end and all of it recorded: move the watermark, and say up to when everything is known.

    An empty poll leaves the watermark where it was. `row`: the lane, held.
    """
    settled = began - timedelta(seconds=feed_lag_s)
    changes: dict[str, Any] = {"polled_at": began, "poll_due_at": next_at}
    if row["settled_at"] is None or settled > row["settled_at"]:
        changes["settled_at"] = settled
    if stamp is not None and (row["watermark"] is None or stamp > row["watermark"]):
        changes["watermark"] = stamp
    change_lane(session, row["channel_id"], **changes)
