"""From a connected shop to one that can go live: trying the connection, saying what is what, and opening stock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field, model_validator

from app import chance
from app.api.channels import ListingAnswer, ListingOut, channel_changed
from app.api.dependencies import (
    Code,
    Count,
    Db,
    Input,
    Output,
    Page,
    Part,
    PlaceCode,
    Reader,
    RecordId,
    Writer,
    example,
)
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.channels import registry
from app.channels.base import ChannelError, NoUse, TryLater
from app.database import Database, Session
from app.domain import channels, mapping, opening, store
from app.domain.capabilities import Capabilities
from app.domain.causes import Cause
from app.domain.errors import (
    NotFound,
    ShopConnectedAlready,
    UnknownLocation,
    UnknownSku,
    WrongState,
)
from app.vault import ChannelVault, Vault, VaultClosed

router = APIRouter(tags=["Channels"], responses=everywhere())

# What one request works through at the most; its answer says how to go on.
AT_MOST = 500


# Trying a connection


class PlaceOut(Output):
    id: str
    name: str
    used: bool = Field(description="Its stock is the one that is read and written.")


class HeardOut(Output):
    """How we hear of what is sold there."""

    how: Literal["webhooks", "polling"]
    every_s: float = Field(description="How often it is asked what changed, in any case.")
    text: str


class TestOut(Output):
    """What the shop says of itself, now."""

    ok: bool
    code: str | None = Field(description="What is wrong, for programs: credentials, scope, gone, unreachable, shop_connected_already …")
    detail: str | None = Field(description="What is wrong, and what to do.")
    shop_name: str | None = None
    account: str | None = Field(default=None, description="The shop's own id.")
    locations: list[PlaceOut] = Field(default_factory=list, description="The shop's own places.")
    currency: str | None = None
    currency_is_the_stores: bool | None = None
    missing_scopes: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list, description="What of this shop's set-up weakens the promise.")
    orders: HeardOut | None = None


@router.post("/channels/{channel_id}/test", responses=documented(NotFound, WrongState, VaultClosed))
async def test_channel(channel_id: RecordId, database: Db, caller: Writer, request: Request) -> TestOut:
    """Ask the shop now who it is and what we may do there. What fails is said with what to do, as `ok` false."""
    row, currency = await database.read(_asked, channel_id)
    state = request.app.state
    found = await asyncio.to_thread(_ask, database, state.vault, row)
    if isinstance(found, Capabilities):
        try:
            await database.write(_keep, channel_id, found)
        except ShopConnectedAlready as refusal:
            return TestOut(ok=False, code=refusal.code, detail=refusal.detail, shop_name=found.shop_name, account=found.account)
        channel_changed(request, channel_id)
        return _tested(found, row, currency, state.settings.public_url)
    code = found.code if isinstance(found, NoUse) else "unreachable" if isinstance(found, TryLater) else "misconfigured"
    return TestOut(ok=False, code=code, detail=str(found))


def _asked(session: Session, channel_id: str) -> tuple[dict[str, Any], str]:
    row = channels.get(session, channel_id)
    if row["status"] == "disconnected":
        raise WrongState("This channel was disconnected. Connect the shop anew.", status="disconnected")
    return row, store.get(session)["currency"]


def _ask(database: Database, vault: Vault, row: Mapping[str, Any]) -> Capabilities | ChannelError:
    try:
        adapter = registry.open_channel(row, ChannelVault(database, vault, row))
        try:
            return adapter.capabilities()
        finally:
            adapter.close()
    except ChannelError as error:
        return error


def _keep(session: Session, channel_id: str, found: Capabilities) -> None:
    """Remember it, and let the channel's own lane look at once: what was wrong before may be right now."""
    channels.keep_capabilities(session, channel_id, found.as_json(), found.account)
    channels.change_lane(session, channel_id, open_until=chance.now(), capabilities_due_at=chance.now())


def _tested(found: Capabilities, row: Mapping[str, Any], currency: str, public_url: str | None) -> TestOut:
    every = round(found.poll_every_s)
    if found.subscribes and public_url:
        text = f"The shop tells us at once, by webhook. It is asked every {every} s as well, for messages that got lost."
        heard = HeardOut(how="webhooks", every_s=found.poll_every_s, text=text)
    else:
        text = (
            f"By asking every {every} s: a sale there is known to us after up to {every} s, and {86_400 // max(1, every)} requests a day go"
        )
        text += " into asking. Set TALLYSTICK_PUBLIC_URL to the https address of this service, and the shop tells us at once."
        heard = HeardOut(how="polling", every_s=found.poll_every_s, text=text)
    missing = list(found.missing_scopes)
    lacks = f"The app lacks permissions: {', '.join(missing)}. Grant them in the shop, then test again." if missing else None
    return TestOut(
        ok=not missing,
        code="scope" if missing else None,
        detail=lacks,
        shop_name=found.shop_name,
        account=found.account,
        locations=[PlaceOut(id=id, name=name, used=id in row["settings"].values()) for id, name in found.locations.items()],
        currency=found.currency,
        currency_is_the_stores=found.currency == currency if found.currency else None,
        missing_scopes=missing,
        warnings=list(found.warnings),
        orders=heard,
    )


# Saying what is what


class ProposalOut(Output):
    """A SKU that a listing may be. Never taken by itself."""

    sku: str
    sku_id: str
    title: str
    score: float = Field(description="1 is the same.")
    why: str


class ProposedOut(ListingOut):
    """A listing that nobody has said anything about, and what it may be."""

    proposals: list[ProposalOut] = Field(description="The likeliest first; three at the most.")


class MappingIn(ListingAnswer):
    """What one listing consists of, or that it is never stock."""

    model_config = example({"listing": "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d", "components": [{"sku": "MUG-BLUE", "quantity": 4}]})

    listing: Annotated[RecordId, Field(description="Its id.")]


class MappingsIn(Input):
    """Answers for several listings of one channel: all of them are taken, or none."""

    model_config = example(
        {"listings": [{"listing": "01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d", "components": [{"sku": "MUG-BLUE", "quantity": 4}]}]}
    )

    listings: Annotated[list[MappingIn], Field(min_length=1, max_length=mapping.TOGETHER)]


class MappingsOut(Output):
    """The listings as they stand now."""

    items: list[ListingOut]


class SkusIn(Input):
    """Which listings SKUs are made from."""

    model_config = example({"listings": None})

    listings: Annotated[list[RecordId], Field(min_length=1, max_length=AT_MOST)] | None = Field(
        default=None, description="null: all that nobody has said anything about."
    )
    after: RecordId | None = Field(default=None, description="The `next` of the answer before.")


class MadeOut(Output):
    listing: str
    sku: str


class SkusOut(Output):
    """What was made."""

    made: list[MadeOut] = Field(description="Listings for which a SKU was made.")
    mapped: list[MadeOut] = Field(description="Listings that were found to be a SKU which is there.")
    next: str | None = Field(description="Send it as `after` to go on; null: that was all.")


@router.get("/channels/{channel_id}/proposals", responses=documented(NotFound, BadCursor))
async def list_proposals(channel_id: RecordId, database: Db, caller: Reader, part: Part) -> Page[ProposedOut]:
    """Listings that nobody has said anything about, each with SKUs that it may be: codes almost the same, titles alike."""
    rows = await database.read(mapping.proposals, channel_id, part.behind(), part.limit + 1)
    return Page[ProposedOut].model_validate(part.page(rows, "id"))


@router.post(
    "/channels/{channel_id}/mappings", status_code=200, response_model=MappingsOut, responses=documented(NotFound, UnknownSku, KeyReused)
)
async def map_listings(channel_id: RecordId, body: MappingsIn, once: OnceOnly, request: Request) -> Response:
    """Say what several listings are, all at once or none. It is remembered, and open orders follow."""
    answers = [(each.listing, each.parts()) for each in body.listings]

    def act(session: Session, *, cause: Cause) -> dict[str, Any]:
        return {"items": mapping.answer_many(session, channel_id, answers, cause=cause)}

    response = await once(MappingsOut, act, status=200)
    channel_changed(request, channel_id)
    return response


@router.post("/channels/{channel_id}/skus", responses=documented(NotFound))
async def make_skus(channel_id: RecordId, body: SkusIn, database: Db, caller: Writer, request: Request) -> SkusOut:
    """Make a product and a SKU of each listing that nobody has said anything about: a new shopkeeper's shop is her catalogue. The code
    is the shop's where it is free. Sending it again makes nothing twice; a long list is worked through in several requests."""
    found: dict[str, Any] = {"made": [], "mapped": [], "next": body.after}
    named = sorted(body.listings) if body.listings is not None else None
    for begin in range(0, len(named) if named is not None else AT_MOST, mapping.AT_ONCE):
        which = named[begin : begin + mapping.AT_ONCE] if named is not None else None
        chunk = await database.write(mapping.make_skus, channel_id, which, found["next"], cause=caller.cause)
        found = {"made": found["made"] + chunk["made"], "mapped": found["mapped"] + chunk["mapped"], "next": chunk["next"]}
        if named is None and found["next"] is None:
            break
    channel_changed(request, channel_id)
    return SkusOut.model_validate(found)


# Opening stock


class SaidCounterOut(Output):
    counter_id: str
    title: str
    per: int = Field(description="So many units of the SKU go with one sale.")
    shown: int | None = Field(description="What it shows; null: it wasn't read yet.")
    open_units: int = Field(description="Units of open orders that the channel has counted down already.")


class SaidOut(Output):
    """What one channel says of a SKU."""

    channel_id: str
    channel: str
    counters: list[SaidCounterOut]
    units: int | None = Field(description="What would be entered from here; null: that can't be said, see `why`.")
    why: str | None


class OpeningOut(Output):
    """A SKU that is sold somewhere and of which nothing ever came in. What channels say stands side by side: it is never added."""

    sku: str
    sku_id: str
    title: str
    channels: list[SaidOut]


class CountedIn(Input):
    sku: Code
    location: PlaceCode
    quantity: Count


class OpeningIn(Input):
    """From one channel, or by count."""

    model_config = example({"counts": [{"sku": "MUG-BLUE", "location": "STUDIO", "quantity": 12}]})

    channel: RecordId | None = Field(default=None, description="Take its numbers for true.")
    location: PlaceCode | None = Field(default=None, description="Where its units lie: one of the channel's locations.")
    skus: Annotated[list[Code], Field(min_length=1, max_length=AT_MOST)] | None = Field(
        default=None, description="Only these SKUs; null: all that it sells and that were never entered."
    )
    after: RecordId | None = Field(default=None, description="The `next` of the answer before.")
    counts: Annotated[list[CountedIn], Field(min_length=1, max_length=AT_MOST)] | None = Field(
        default=None, description="What lies where, counted by hand."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> OpeningIn:
        if (self.channel is None) == (self.counts is None):
            raise ValueError("send either `channel` with `location`, or `counts`")
        if (self.channel is None) != (self.location is None):
            raise ValueError("`location` goes with `channel`: say where its units lie")
        return self


class TakenOut(Output):
    sku: str
    units: int


class SkippedOut(Output):
    sku: str
    why: str


class EnteredOut(Output):
    """What was entered, and what wasn't: each SKU is entered once."""

    taken: list[TakenOut]
    skipped: list[SkippedOut]
    next: str | None = Field(description="Send it as `after` to go on; null: that was all.")


@router.get("/opening-stock", responses=documented(BadCursor))
async def list_opening_stock(database: Db, caller: Reader, part: Part) -> Page[OpeningOut]:
    """SKUs that are sold somewhere and of which nothing ever came in, and what each channel says of them."""
    rows = await database.read(opening.page, part.behind(), part.limit + 1)
    return Page[OpeningOut].model_validate(part.page(rows, "sku_id"))


@router.post("/opening-stock", responses=documented(NotFound, UnknownSku, UnknownLocation))
async def enter_opening_stock(body: OpeningIn, database: Db, caller: Writer) -> EnteredOut:
    """Enter how much there is, once for each SKU: from one channel (what it shows, and the units of open orders that it has counted
    down), or by count. Open orders are served at once. Sending it again enters nothing twice; a long list takes several requests."""
    found: dict[str, Any] = {"taken": [], "skipped": [], "next": None}

    def add(chunk: Mapping[str, Any]) -> None:
        found["taken"] += chunk["taken"]
        found["skipped"] += chunk["skipped"]

    if body.counts is not None:
        counted = await database.read(opening.by_ids, [(each.sku, each.location, each.quantity) for each in body.counts])
        ids = list(counted)
        for chunk in _chunks(ids):
            add(await database.write(opening.count, {sku_id: counted[sku_id] for sku_id in chunk}, cause=caller.cause))
        return EnteredOut.model_validate(found)
    assert body.channel is not None and body.location is not None
    place = await database.read(opening.place, body.channel, body.location)
    if body.skus is not None:
        ids = await database.read(opening.of_codes, body.skus)
    else:
        ids = await database.read(opening.waiting, body.after, AT_MOST, channel_id=body.channel)
        found["next"] = ids[-1] if len(ids) == AT_MOST else None
    for chunk in _chunks(ids):
        add(await database.write(opening.take_from, body.channel, place, chunk, cause=caller.cause))
    return EnteredOut.model_validate(found)


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[begin : begin + opening.AT_ONCE] for begin in range(0, len(ids), opening.AT_ONCE)]
