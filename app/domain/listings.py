"""Listings: what a buyer sees on a channel, and what of ours it consists of.

A listing is known by the channel's id, and keeps its former ids: one that was relisted is still the same. What a person once answered
about an external product (this SKU, a set of four of that one, never stock) is remembered here and applied to open lines at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    select,
    update,
)

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import catalogue, differences, events, exceptions
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.errors import InvalidDraft, NotFound
from app.statements import Prepared, given, one_of, padded

listings = Table(
    "listings",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    Column("external_id", String(200), nullable=False),
    # The number on the channel that its sale lowers; none: nothing to write (untracked there, a bundle, sent by the channel).
    Column("counter_id", Id(), ForeignKey("counters.id"), nullable=True),
    Column("sku_code", String(200), nullable=True),  # the code that the channel knows it by
    Column("title", String(500), nullable=False),
    # open: nobody has said yet what it is; mapped: it has components; ignored: never stock.
    Column("mapping", String(16), nullable=False),
    Column("live", Boolean, nullable=False),
    Column("why", String(500), nullable=True),  # why it has no counter, for people
    Column("url", String(1000), nullable=True),
    Column("seen_at", Utc, nullable=True),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("channel_id", "external_id"),
    Index(None, "counter_id"),
    Index(None, "channel_id", "id"),
    Index(None, "channel_id", "mapping", "id"),
)

listing_components = Table(
    "listing_components",
    metadata,
    Column("listing_id", Id(), ForeignKey("listings.id"), primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    Column("quantity", Integer, nullable=False),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    Index(None, "sku_id"),
)

listing_ids = Table(
    "listing_ids",
    metadata,
    Column("channel_id", Id(), ForeignKey("channels.id"), primary_key=True),
    Column("external_id", String(200), primary_key=True),
    Column("listing_id", Id(), ForeignKey("listings.id"), nullable=False),
    Column("since", Utc, nullable=False),
    Index(None, "listing_id"),
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a line of an order was of: the listing, its counter, and what one of it consists of."""

    id: str
    mapping: str
    counter_id: str | None
    components: tuple[tuple[str, int], ...]  # (SKU id, units), in the order of SKU ids


def known(session: Session, channel_id: str, external_ids: Iterable[str]) -> dict[str, Known]:
    """The listings behind these ids, former ones too."""
    wanted = sorted(set(external_ids))
    if not wanted:
        return {}
    size, named = padded("name", wanted)
    found: dict[str, Known] = {}
    for row in session.rows(_known(size), {"channel_id": channel_id} | named):
        part = () if row["sku_id"] is None else ((row["sku_id"], row["quantity"]),)
        before = found[row["external_id"]].components if row["external_id"] in found else ()
        found[row["external_id"]] = Known(row["id"], row["mapping"], row["counter_id"], (*before, *part))
    return found


@cache
def _known(size: int) -> Prepared:
    part = listing_components.c
    return Prepared(
        select(listing_ids.c.external_id, listings.c.id, listings.c.mapping, listings.c.counter_id, part.sku_id, part.quantity)
        .join(listings, listings.c.id == listing_ids.c.listing_id)
        .outerjoin(listing_components, part.listing_id == listings.c.id)
        .where(listing_ids.c.channel_id == given(listing_ids.c.channel_id), one_of(listing_ids.c.external_id, "name", size))
        .order_by(part.sku_id)
    )


def components(session: Session, listing_ids_: Sequence[str]) -> dict[str, tuple[tuple[str, int], ...]]:
    """What each listing consists of: (SKU id, units)."""
    found: dict[str, tuple[tuple[str, int], ...]] = {}
    rows = session.find(listing_components, among=("listing_id", listing_ids_))
    for row in sorted(rows, key=lambda row: str(row["sku_id"])):
        found[row["listing_id"]] = (*found.get(row["listing_id"], ()), (row["sku_id"], row["quantity"]))
    return found


def note(
    session: Session,
    channel_id: str,
    external_id: str,
    *,
    sku_code: str | None,
    title: str,
    live: bool = True,
    why: str | None = None,
    url: str | None = None,
    seen: bool = True,
    by_code: bool = True,
    cause: Cause,
) -> dict[str, Any]:
    """A listing as the channel shows it: made when it is new, brought up to date when it isn't. A new one whose code is that of a SKU
    is mapped to one unit of it; nothing is guessed beyond that."""
    now = chance.now()
    row = _find(session, channel_id, external_id)
    facts: dict[str, Any] = {"sku_code": sku_code, "title": title[:500], "live": live, "why": why, "url": url}
    if seen:
        facts["seen_at"] = now
    if row is not None:
        changed = {name: value for name, value in facts.items() if row[name] != value}
        if changed:
            session.change(listings, changed | {"updated_at": now}, id=row["id"])
        row |= changed
    else:
        row = facts | {
            "id": chance.new_id(),
            "channel_id": channel_id,
            "external_id": external_id,
            "counter_id": None,
            "mapping": "open",
            "seen_at": now if seen else None,
            "created_at": now,
            "updated_at": now,
        }
        session.add(listings, row)
        session.add(listing_ids, {"channel_id": channel_id, "external_id": external_id, "listing_id": row["id"], "since": now})
    if row["mapping"] == "open" and by_code and sku_code and (sku_id := _sku_of(session, sku_code)) is not None:
        _set_components(session, row["id"], [(sku_id, 1)])
        row["mapping"] = "mapped"
        _known_now(session, row, cause=cause)
        events.append(session, "listing.mapped", row["id"], {"channel_id": channel_id, "by": "code"}, cause=cause)
    return row


def _sku_of(session: Session, code: str) -> str | None:
    if not key_of(code):
        return None
    found = session.scalar(select(catalogue.skus.c.id).where(catalogue.skus.c.id == catalogue.id_of(code)))
    return str(found) if found is not None else None


def heir(session: Session, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The one listing of the same code that came on sale when this one went: it was put on sale anew."""
    if not row["sku_code"]:
        return None
    found = session.find(listings, channel_id=row["channel_id"], sku_code=row["sku_code"], live=True)
    later = [each for each in found if each["id"] != row["id"] and row["seen_at"] is not None and each["created_at"] > row["seen_at"]]
    return later[0] if len(later) == 1 else None


def inherit(session: Session, heir_id: str, listing_id: str, *, cause: Cause) -> bool:
    """What a person once said of a listing is true of the one that followed it. Returns whether that was news."""
    mapping = {row["id"]: row["mapping"] for row in session.find(listings, columns=["id", "mapping"], among=("id", [heir_id, listing_id]))}
    if mapping[heir_id] != "open" or mapping[listing_id] == "open":
        return False
    _set_components(session, heir_id, list(components(session, [listing_id]).get(listing_id, ())))
    session.execute(update(listings).where(listings.c.id == heir_id).values(mapping=mapping[listing_id], updated_at=chance.now()))
    _known_now(session, get(session, heir_id), cause=cause)
    data = {"channel_id": get(session, heir_id)["channel_id"], "by": "relisted", "mapping": mapping[listing_id]}
    events.append(session, "listing.mapped", heir_id, data, cause=cause)
    return True


def _known_now(session: Session, row: Mapping[str, Any], *, cause: Cause) -> None:
    """Somebody has said what it is: nobody is asked any more."""
    exceptions.clear(session, "listing_unmapped", row["id"], cause=cause)
    difference = differences.open_of(session, row["channel_id"], "listing", row["external_id"])
    if difference is not None and difference["cause"] == "unmapped":
        differences.close(session, difference, "answered", by=cause.actor, cause=cause)
        say_unmapped(session, row["channel_id"], cause=cause)


def unanswered(session: Session, channel_id: str, after: str, limit: int) -> list[dict[str, Any]]:
    """Listings on sale, with a number, and nobody has said what they are: in the order of ids, behind this one."""
    query = select(listings).where(listings.c.channel_id == channel_id, listings.c.mapping == "open", listings.c.live)
    query = query.where(listings.c.counter_id.is_not(None)).order_by(listings.c.id).limit(limit)
    return [dict(row) for row in session.execute(query.where(listings.c.id > after) if after else query).mappings()]


def say_unmapped(session: Session, channel_id: str, *, cause: Cause) -> None:
    """One exception for all that is on sale in a shop and that nobody has said what it is."""
    d = differences.differences.c
    count = int(
        session.scalar(
            select(func.count()).where(d.channel_id == channel_id, d.kind == "listing", d.cause == "unmapped", d.closed_at.is_(None))
        )
    )
    if not count:
        exceptions.clear(session, "listings_unmapped", channel_id, cause=cause)
        return
    path = f"/v1/channels/{channel_id}/listings?mapping=open"
    exceptions.raise_(
        session,
        "listings_unmapped",
        channel_id,
        severity="warning",
        title=f"{'One listing is' if count == 1 else f'{count} listings are'} on sale, and nobody has said what they are",
        advice="What is sold of them is taken from no stock until somebody says which SKU they are: give them the SKU's code in the shop, "
        f"or PATCH /v1/listings/{{id}} with their components, or with ignored true where they are never stock. They are: GET {path}.",
        facts={"seen": count, "proposed": "Say what they are.", "call": {"method": "GET", "path": path, "body": None}},
        channel_id=channel_id,
        cause=cause,
    )


def count_with(session: Session, listing_id: str, counter_id: str | None) -> None:
    """A sale of this listing lowers that counter."""
    session.change(listings, {"counter_id": counter_id, "updated_at": chance.now()}, id=listing_id)


def gone(session: Session, channel_id: str, seen_since: Any) -> list[str]:
    """Listings that a full listing of the channel, begun at that moment, didn't show any more: not live. Returns their ids."""
    stale = (listings.c.channel_id == channel_id, listings.c.live, listings.c.seen_at < seen_since)
    ids = [str(each) for each in session.execute(select(listings.c.id).where(*stale)).scalars()]
    if ids:
        session.execute(update(listings).where(listings.c.id.in_(ids)).values(live=False, updated_at=chance.now()))
    return ids


def answer(
    session: Session, listing_id: str, parts: Sequence[tuple[str, int]] | None, *, cause: Cause
) -> tuple[dict[str, Any], tuple[tuple[str, int], ...]]:
    """Say what a listing consists of, as (SKU code, units); None: it is never stock. Remembered until somebody says otherwise.

    The caller lets counters and open lines follow. Returns: the listing, and what it consists of as (SKU id, units).
    Raises: NotFound, UnknownSku; InvalidDraft for an untracked SKU beside others, or a SKU named twice.
    """
    row = get(session, listing_id, lock=True)
    now = chance.now()
    if parts is None:
        resolved: list[tuple[str, int]] = []
    else:
        found = catalogue.by_codes(session, [code for code, _ in parts])
        resolved = sorted((found[code]["id"], quantity) for code, quantity in parts)
        if len({sku_id for sku_id, _ in resolved}) < len(resolved):
            raise InvalidDraft("components", "A SKU is named twice; send it once with the sum.")
        if not resolved:
            raise InvalidDraft("components", "Name at least one SKU, or say that it is never stock: ignored true.")
    _set_components(session, listing_id, resolved)
    mapping = "mapped" if resolved else "ignored"
    session.execute(update(listings).where(listings.c.id == listing_id).values(mapping=mapping, updated_at=now))
    _known_now(session, row, cause=cause)
    events.append(session, "listing.mapped", listing_id, {"channel_id": row["channel_id"], "by": "answer", "mapping": mapping}, cause=cause)
    return row | {"mapping": mapping}, tuple(resolved)


def _set_components(session: Session, listing_id: str, parts: Sequence[tuple[str, int]]) -> None:
    session.execute(delete(listing_components).where(listing_components.c.listing_id == listing_id))
    rows = [{"listing_id": listing_id, "sku_id": sku_id, "quantity": quantity} for sku_id, quantity in parts]
    if rows:
        session.add(listing_components, rows)
        session.change(listings, {"mapping": "mapped"}, id=listing_id)


def ask(session: Session, row: Mapping[str, Any], *, cause: Cause) -> None:
    """Nobody has said what this listing is: ask a person, once."""
    exceptions.raise_(
        session,
        "listing_unmapped",
        row["id"],
        severity="warning",
        title=f"What is {row['title']!r}?",
        advice=f"Something was sold that no SKU stands for. PATCH /v1/listings/{row['id']} with its components, or with ignored true "
        "where it is never stock. The answer is remembered, and open orders follow at once.",
        facts={"external_id": row["external_id"], "sku_code": row["sku_code"]},
        channel_id=row["channel_id"],
        cause=cause,
    )


def _find(session: Session, channel_id: str, external_id: str) -> dict[str, Any] | None:
    found = session.rows(_of_id, {"channel_id": channel_id, "external_id": external_id})
    return found[0] if found else None


_of_id = Prepared(
    select(listings)
    .join(listing_ids, listing_ids.c.listing_id == listings.c.id)
    .where(listing_ids.c.channel_id == given(listing_ids.c.channel_id), listing_ids.c.external_id == given(listing_ids.c.external_id))
)


def get(session: Session, listing_id: str, *, lock: bool = False) -> dict[str, Any]:
    """The listing with this id. Raises: NotFound."""
    query = select(listings).where(listings.c.id == listing_id)
    row = session.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No listing has the id {listing_id}.")
    return dict(row)


def view(session: Session, listing_id: str) -> dict[str, Any]:
    """A listing with its components (by code). Raises: NotFound."""
    get(session, listing_id)
    return _views(session, [listing_id])[0]


def page(
    session: Session, after: str | None, limit: int, *, channel_id: str | None = None, mapping: str | None = None, code: str | None = None
) -> list[dict[str, Any]]:
    """Listings in the order of their ids. `code` is of a SKU that is in it."""
    query = select(listings.c.id).order_by(listings.c.id).limit(limit)
    if after is not None:
        query = query.where(listings.c.id > after)
    if channel_id is not None:
        query = query.where(listings.c.channel_id == channel_id)
    if mapping is not None:
        query = query.where(listings.c.mapping == mapping)
    if code is not None:
        part = listing_components.c
        query = query.where(listings.c.id.in_(select(part.listing_id).where(part.sku_id == catalogue.id_of(code))))
    return _views(session, list(session.execute(query).scalars()))


def _views(session: Session, ids: Sequence[str]) -> list[dict[str, Any]]:
    rows = session.execute(select(listings).where(listings.c.id.in_(ids)).order_by(listings.c.id)).mappings().all()
    query = (
        select(listing_components, catalogue.skus.c.code.label("sku"))
        .join(catalogue.skus, catalogue.skus.c.id == listing_components.c.sku_id)
        .where(listing_components.c.listing_id.in_(ids))
        .order_by(catalogue.skus.c.code)
    )
    parts: dict[str, list[dict[str, Any]]] = {}
    for row in session.execute(query).mappings():
        parts.setdefault(row["listing_id"], []).append(dict(row))
    return [dict(row) | {"components": parts.get(row["id"], [])} for row in rows]
