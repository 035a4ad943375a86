"""Channels over HTTP: the shops that sell for the store, what is on sale there, and the numbers that they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints, model_validator

from app import chance
from app.api import etags
from app.api.dependencies import (
    Admin,
    Code,
    Count,
    Db,
    Input,
    Output,
    Page,
    Part,
    Quantity,
    Reader,
    RecordId,
    Text,
    Whole,
    Writer,
    example,
    unset,
)
from app.api.etags import IfMatchMissing, Seen
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.channels import registry
from app.channels.base import NoUse
from app.database import Session
from app.domain import channels, connections, counters, listings, mapping, writes
from app.domain.causes import Cause
from app.domain.errors import InvalidDraft, NotFound, Stale, UnknownLocation, UnknownSku, WrongState
from app.vault import Vault, VaultClosed

router = APIRouter(tags=["Channels"], responses=everywhere())

Status = Literal["connected", "live", "recovering", "paused", "leaving", "disconnected"]
Mapped = Literal["open", "mapped", "ignored"]
Name = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Value = Annotated[Text, StringConstraints(strip_whitespace=True, max_length=1_000)]
Values = Annotated[dict[str, Value], Field(max_length=50)]
Changes = Annotated[dict[str, Value | None], Field(max_length=50)]
Places = Annotated[list[Code], Field(min_length=1, max_length=50)]
Weight = Annotated[int, Field(ge=0, le=10_000, description="How much goes to its counters beside what it sells: 100 is ordinary."), Whole]
Lot = Annotated[int, Field(ge=1, le=10_000, description="In steps of how many units its counters are given any."), Whole]
HandEdits = Annotated[
    Literal["overwrite", "adopt", "ask"],
    Field(
        description="What becomes of a number that somebody changes there by hand: `overwrite`: our records are right, and it is set back; "
        "`adopt`: the change is taken for a count, so many units more or fewer are there; `ask`: it stays until you say which is right."
    ),
]


# Requests


class ChannelIn(Input):
    """A shop to connect. `GET /v1/channel-kinds` says what each kind needs."""

    model_config = example(
        {
            "kind": "woocommerce",
            "name": "Our own shop",
            "settings": {"url": "http://127.0.0.1:8080"},
            "credentials": {"consumer_key": "ck_as_the_shop_showed_it", "consumer_secret": "cs_as_the_shop_showed_it"},
            "locations": ["STUDIO"],
        }
    )

    kind: Annotated[Text, Field(min_length=1, max_length=32, examples=["shopify"])]
    name: Annotated[Name, Field(examples=["Our own shop"])]
    settings: Values = Field(default_factory=dict, description="The shop's address and the like.")
    credentials: Values = Field(default_factory=dict, description="What opens the shop. Kept encrypted, and never shown again.")
    locations: Places = Field(description="Our locations that it sells from, in this order.", examples=[["STUDIO"]])
    weight: Weight = 100
    min_share: Annotated[Count, Field(description="The least that each of its counters is worth giving.")] = 0
    lot: Lot = 1
    hand_edits: HandEdits = "overwrite"


class ChannelChange(Input):
    """What to change; what is left out stays as it is, of settings and credentials too. Null drops one of those."""

    model_config = example({"name": "Kiln Lane's own shop", "weight": 150})

    name: Name = Field(default_factory=unset)
    settings: Changes = Field(default_factory=unset)
    credentials: Changes = Field(default_factory=unset)
    locations: Places = Field(default_factory=unset)
    weight: Weight = Field(default_factory=unset)
    min_share: Count = Field(default_factory=unset)
    lot: Lot = Field(default_factory=unset)
    hand_edits: HandEdits = Field(default_factory=unset)


class ComponentIn(Input):
    sku: Annotated[Code, Field(examples=["MUG-BLUE"])]
    quantity: Annotated[Quantity, Field(examples=[4], description="How many units of it one sale takes.")] = 1


class ListingAnswer(Input):
    """What a listing consists of, or that it is never stock."""

    model_config = example({"components": [{"sku": "MUG-BLUE", "quantity": 4}]})

    components: Annotated[list[ComponentIn], Field(min_length=1, max_length=50)] | None = None
    ignored: Literal[True] | None = Field(default=None, description="true: it is never stock (a voucher, a tip).")

    @model_validator(mode="after")
    def _one_of_them(self) -> ListingAnswer:
        if (self.components is None) == (self.ignored is None):
            raise ValueError("send either `components`, or `ignored` true")
        return self

    def parts(self) -> list[tuple[str, int]] | None:
        """SKU codes and units of each; None: never stock."""
        return [(part.sku, part.quantity) for part in self.components] if self.components is not None else None


# Answers


class KindFieldOut(Output):
    name: str
    what: str = Field(description="What it is, and where to find it.")


class KindOut(Output):
    """A kind of channel, and what it takes to connect one."""

    kind: str
    settings: list[KindFieldOut]
    credentials: list[KindFieldOut]


class KindsOut(Output):
    """The kinds of channels that there are."""

    items: list[KindOut]


class LaneOut(Output):
    """How the work for a channel stands."""

    delivered_at: datetime | None = Field(description="When it last sent a message; right to some seconds.")
    polled_at: datetime | None = Field(description="When it was last asked what changed, and said all of it.")
    written_at: datetime | None = Field(description="When a number there was last changed.")
    settled_at: datetime | None = Field(description="Every order that it counted before this moment is recorded.")
    reconciled_at: datetime | None = Field(description="When all of its numbers were last read and compared with our records.")
    write_ms: int | None = Field(description="How long a change takes, from its plan to the answer.")
    failures: int = Field(description="How many requests failed in a row.")
    open_until: datetime | None = Field(description="Nothing is asked before this, because too many failed.")
    refused: str | None = Field(description="Trying again is no use until a person did something: why.", examples=["credentials"])
    last_error: str | None


class ChannelOut(Output):
    """A connected shop. What opens it is never shown."""

    id: str
    kind: str
    name: str
    status: Status = Field(
        description="`connected`: listened to, and never written. `live`: written too. `paused`: not written, and keeps what was set "
        "aside for it. `recovering`: as paused, until `POST /v1/recovery/resume`. `leaving`: its numbers are lowered to 0, then it is over "
        "by itself. `disconnected`: over."
    )
    settings: dict[str, Any]
    locations: list[str] = Field(description="Our locations that it sells from, in order.")
    weight: int
    min_share: int
    lot: int
    hand_edits: Literal["overwrite", "adopt", "ask"] = Field(description="What becomes of a number that somebody changes there by hand.")
    account: str | None = Field(description="The shop's own id; null until it was asked.")
    capabilities: dict[str, Any] | None = Field(description="What this shop can do, as it says itself; null until it was asked.")
    webhook_url: str | None = Field(description="Where its messages go; null while TALLYSTICK_PUBLIC_URL isn't set.")
    lane: LaneOut
    set_aside: int | None = Field(
        default=None,
        description="Units that nobody else may sell until its numbers are zero (`leaving`), or until somebody says that nothing is on "
        "sale there any more (`disconnected`, `paused`); null otherwise.",
    )
    version: int = Field(description="Rises with every change; in quotation marks it is the ETag.")
    created_at: datetime
    updated_at: datetime


class ComponentOut(Output):
    sku: str
    sku_id: str
    quantity: int


class ListingOut(Output):
    """What a buyer sees on a channel, and what of ours it consists of."""

    id: str
    channel_id: str
    external_id: str = Field(description="The channel's id for it.")
    sku_code: str | None = Field(description="The code that the channel knows it by.")
    title: str
    mapping: Mapped = Field(description="`open`: nobody has said yet what it is. `mapped`: it has components. `ignored`: never stock.")
    components: list[ComponentOut]
    counter_id: str | None = Field(description="The number on the channel that its sale lowers; null: there is none to write.")
    why: str | None = Field(description="Why there is none.")
    live: bool
    url: str | None
    seen_at: datetime | None
    created_at: datetime
    updated_at: datetime


class AllottedOut(Output):
    location: str
    quantity: int


class CounterOut(Output):
    """A number on a channel. `shown`, `on_offer` and `target` count what is sold there (sets); the others count units of the SKU."""

    id: str
    channel_id: str
    external_id: str
    unit: str = Field(description="What one request to the channel replaces.")
    title: str
    sku: str | None = Field(description="What it stands for; null while nobody has said so, or its listings say different things.")
    per: int = Field(description="So many units of the SKU go with one sale.")
    state: Literal["active", "idle", "gone", "parked"] = Field(
        description="`idle`: nothing to write. `gone`: not on the channel any more. `parked`: it waits for a person; `why` says for what."
    )
    why: str | None
    known: bool = Field(description="It was read since it was connected.")
    protected: bool = Field(description="The channel refuses to sell it below zero, as far as it ever does.")
    shown: int = Field(description="What we believe it shows.")
    on_offer: int = Field(description="The most that may still be sold there without our having recorded it.")
    target: int | None = Field(description="What it should show, by the last plan.")
    allotment: int = Field(description="Units that it alone may sell.")
    allotted: list[AllottedOut]
    excess: int = Field(description="Units on offer beyond its allotment.")
    excess_cause: str | None
    write_id: str | None = Field(description="The change that is under way.")
    write_state: str | None
    due_at: datetime | None
    reading: int | None = Field(description="What it showed when it was last read.")
    read_at: datetime | None
    updated_at: datetime


class EntryOut(Output):
    counter_id: str
    change: int
    expected: int = Field(description="What we believed it showed.")
    value: int = Field(description="What it was to show.")
    guard: int | None
    reading: int | None


class WriteOut(Output):
    """A change that was sent to a channel, or is about to be."""

    id: str
    channel_id: str
    unit: str
    mode: str
    state: str = Field(description="`closed` when it is over; `outcome` says what came of it.")
    outcome: str | None
    detail: str | None
    sends: int = Field(description="How often it was sent.")
    entries: list[EntryOut]
    due_at: datetime | None
    sent_at: datetime | None
    created_at: datetime
    closed_at: datetime | None


# What is done


@dataclass(frozen=True, slots=True)
class _Keyring:
    """Credentials as they were sent, for an adapter that is only made to see whether it can be."""

    values: Mapping[str, str]

    def get(self, name: str) -> str | None:
        return self.values.get(name)

    def keep(self, changes: Mapping[str, str]) -> None:
        raise AssertionError("an adapter keeps nothing while it is made")


def _fits(kind: str, channel_id: str, settings: Mapping[str, str], credentials: Mapping[str, str]) -> None:
    """Raises: InvalidDraft where the kind has no such setting, or can't use it. Asks nobody."""
    adapter = registry.kind(kind)
    kept = getattr(adapter, "kept", ())  # by the adapter itself: tokens that were let in by browser
    for field, given, known in (("settings", settings, adapter.settings), ("credentials", credentials, adapter.credentials)):
        for name in given:
            if name not in known and not (field == "credentials" and name in kept):
                there = f"it has {', '.join(known)}" if known else "it has none"
                raise InvalidDraft(f"{field}.{name}", f"{name!r} isn't among the {field} of {kind}; {there}.")
    try:
        registry.open_channel({"id": channel_id, "kind": kind, "settings": settings}, _Keyring(credentials)).close()
    except NoUse as refusal:
        raise InvalidDraft("settings", str(refusal)) from None


def connect(session: Session, vault: Vault, draft: ChannelIn, *, cause: Cause) -> dict[str, Any]:
    """Add a channel with its credentials. Raises: InvalidDraft, UnknownLocation, VaultClosed."""
    settings, credentials = _filled(draft.settings), _filled(draft.credentials)
    id = chance.new_id()
    _fits(draft.kind, id, settings, credentials)
    channels.connect(
        session,
        id=id,
        kind=draft.kind,
        name=draft.name,
        settings=settings,
        credentials=vault.seal_values(credentials),
        location_codes=draft.locations,
        weight=draft.weight,
        min_share=draft.min_share,
        lot=draft.lot,
        hand_edits=draft.hand_edits,
        cause=cause,
    )
    return channels.view(session, id)


def change(
    session: Session, vault: Vault, channel_id: str, sent: Mapping[str, Any], *, seen: frozenset[int] | None, cause: Cause
) -> dict[str, Any]:
    """Change a channel. Raises: NotFound, Stale, InvalidDraft, UnknownLocation, WrongState, VaultClosed."""
    row = channels.get(session, channel_id, lock=True)
    Stale.unless(seen, row["version"])
    new = dict(sent)
    if "settings" in new or "credentials" in new:
        new["settings"] = _filled(row["settings"] | new.get("settings", {}))
        try:
            before = vault.open_values(row["credentials"])
        except VaultClosed:
            if "credentials" not in new:
                raise
            before = {}  # its key is lost: what is sent now is all there is
        credentials = _filled(before | new.pop("credentials", {}))
        _fits(row["kind"], channel_id, new["settings"], credentials)
        if credentials != before:
            new["credentials"] = vault.seal_values(credentials)
    channels.change(session, channel_id, new, seen=seen, cause=cause)
    if any(name in new for name in ("locations", "weight", "min_share", "lot")):
        connections.replan(session, channel_id)
    return view(session, channel_id)


def _filled(values: Mapping[str, str | None]) -> dict[str, str]:
    """What was left empty in a form was not given."""
    return {name: value for name, value in values.items() if value}


def _of_channel(session: Session, channel_id: str, page: Callable[..., list[dict[str, Any]]], *args: Any, **filters: Any) -> Any:
    channels.get(session, channel_id)
    return page(session, *args, channel_id=channel_id, **filters)


def _counter(session: Session, counter_id: str) -> dict[str, Any]:
    counters.by_id(session, counter_id)
    return counters.views(session, [counter_id])[0]


def view(session: Session, channel_id: str) -> dict[str, Any]:
    """A channel as it is shown. Raises: NotFound."""
    row = channels.view(session, channel_id)
    waits = row["status"] in ("paused", "leaving", "disconnected")
    return row | {"set_aside": connections.set_aside(session, channel_id) if waits else None}


def _page(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    return [view(session, row["id"]) for row in channels.page(session, after, limit)]


def shown(request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    outside = request.app.state.settings.public_url
    return dict(row) | {"webhook_url": f"{outside.rstrip('/')}/webhooks/{row['id']}" if outside else None}


def channel_changed(request: Request, channel_id: str) -> None:
    """What is known of channels in this process is looked up anew, and the channel's lane looks at once."""
    request.app.state.intake.forget()
    if (wake := getattr(request.app.state, "wake", None)) is not None:
        wake(channel_id)


# Channels


@router.get("/channel-kinds")
async def list_channel_kinds(caller: Reader) -> KindsOut:
    """The kinds of channels, and what connecting one takes."""
    return KindsOut(items=[_kind_out(name) for name in registry.kinds()])


def _kind_out(name: str) -> KindOut:
    adapter = registry.kind(name)
    settings, credentials = (
        [KindFieldOut(name=field, what=what) for field, what in fields.items()] for fields in (adapter.settings, adapter.credentials)
    )
    return KindOut(kind=name, settings=settings, credentials=credentials)


@router.post("/channels", status_code=201, response_model=ChannelOut, responses=documented(UnknownLocation, VaultClosed, KeyReused))
async def connect_channel(body: ChannelIn, caller: Admin, once: OnceOnly, request: Request) -> Response:
    """Connect a shop. It is listened to from now on; nothing is written to it before it is started."""

    def made(session: Session, *, cause: Cause) -> dict[str, Any]:
        return shown(request, connect(session, request.app.state.vault, body, cause=cause))

    response = await once(ChannelOut, made)
    channel_changed(request, ChannelOut.model_validate_json(bytes(response.body)).id)
    return response


@router.get("/channels", responses=documented(BadCursor))
async def list_channels(database: Db, caller: Reader, part: Part, request: Request) -> Page[ChannelOut]:
    """Channels, oldest first, those that are over too."""
    rows = await database.read(_page, part.behind(), part.limit + 1)
    return Page[ChannelOut].model_validate(part.page([shown(request, row) for row in rows], "id"))


@router.get("/channels/{channel_id}", responses=documented(NotFound))
async def get_channel(channel_id: RecordId, database: Db, caller: Reader, request: Request, response: Response) -> ChannelOut:
    """One channel, and how the work for it stands. Its ETag is needed to change it."""
    row = await database.read(view, channel_id)
    etags.put(response, row["version"])
    return ChannelOut.model_validate(shown(request, row))


@router.patch("/channels/{channel_id}", responses=documented(NotFound, UnknownLocation, WrongState, VaultClosed, Stale, IfMatchMissing))
async def change_channel(
    channel_id: RecordId, body: ChannelChange, database: Db, caller: Admin, seen: Seen, request: Request, response: Response
) -> ChannelOut:
    """Change a channel. What is left out stays as it is. With new settings or credentials the shop is asked anew what it can do."""
    sent = body.model_dump(exclude_unset=True)
    row = await database.write(change, request.app.state.vault, channel_id, sent, seen=seen, cause=caller.cause)
    channel_changed(request, channel_id)
    etags.put(response, row["version"])
    return ChannelOut.model_validate(shown(request, row))


# What is on sale there


@router.get("/channels/{channel_id}/listings", responses=documented(NotFound, UnknownSku, BadCursor))
async def list_channel_listings(
    channel_id: RecordId,
    database: Db,
    caller: Reader,
    part: Part,
    mapping: Annotated[Mapped | None, Query(description="open: those that wait for an answer.")] = None,
    sku: Annotated[Text | None, Query(max_length=200, description="Only what this SKU is in, by its code.")] = None,
) -> Page[ListingOut]:
    """What is on sale on a channel."""
    rows = await database.read(_of_channel, channel_id, listings.page, part.behind(), part.limit + 1, mapping=mapping, code=sku)
    return Page[ListingOut].model_validate(part.page(rows, "id"))


@router.get("/channels/{channel_id}/counters", responses=documented(NotFound, BadCursor))
async def list_channel_counters(channel_id: RecordId, database: Db, caller: Reader, part: Part) -> Page[CounterOut]:
    """The numbers that a channel shows."""
    rows = await database.read(_of_channel, channel_id, counters.page, part.behind(), part.limit + 1)
    return Page[CounterOut].model_validate(part.page(rows, "id"))


@router.get("/listings/{listing_id}", responses=documented(NotFound))
async def get_listing(listing_id: RecordId, database: Db, caller: Reader) -> ListingOut:
    """One listing."""
    return ListingOut.model_validate(await database.read(listings.view, listing_id))


@router.patch("/listings/{listing_id}", responses=documented(NotFound, UnknownSku))
async def map_listing(listing_id: RecordId, body: ListingAnswer, database: Db, caller: Writer, request: Request) -> ListingOut:
    """Say what a listing is: of which SKUs it consists, or that it is never stock. It is remembered, and open orders follow at once."""
    row = await database.write(mapping.answer, listing_id, body.parts(), cause=caller.cause)
    channel_changed(request, row["channel_id"])
    return ListingOut.model_validate(row)


@router.get("/counters", responses=documented(BadCursor))
async def list_counters(
    database: Db,
    caller: Reader,
    part: Part,
    sku: Annotated[Text | None, Query(max_length=200, description="Only those that stand for this SKU, by its code.")] = None,
    channel: Annotated[RecordId | None, Query(description="Only this channel's, by its id.")] = None,
    overdrawn: Annotated[bool | None, Query(description="true: only those with more on offer than was set aside.")] = None,
) -> Page[CounterOut]:
    """The numbers on all channels."""
    rows = await database.read(counters.page, part.behind(), part.limit + 1, channel_id=channel, code=sku, overdrawn=overdrawn)
    return Page[CounterOut].model_validate(part.page(rows, "id"))


@router.get("/counters/{counter_id}", responses=documented(NotFound))
async def get_counter(counter_id: RecordId, database: Db, caller: Reader) -> CounterOut:
    """One number on a channel."""
    return CounterOut.model_validate(await database.read(_counter, counter_id))


@router.get("/writes", responses=documented(BadCursor))
async def list_writes(
    database: Db,
    caller: Reader,
    part: Part,
    channel: Annotated[RecordId | None, Query(description="Only to this channel, by its id.")] = None,
    counter: Annotated[RecordId | None, Query(description="Only of this counter, by its id.")] = None,
) -> Page[WriteOut]:
    """Changes that were sent to channels, newest first."""
    rows = await database.read(writes.page, part.behind(), part.limit + 1, channel_id=channel, counter_id=counter)
    return Page[WriteOut].model_validate(part.page(rows, "id"))
