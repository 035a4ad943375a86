"""Orders and their shipments over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints, field_validator, model_validator

from app.api.contacts import AddressIn, BuyerIn
from app.api.dependencies import (
    Code,
    Db,
    Input,
    Label,
    Moment,
    MoneyModel,
    Output,
    Page,
    Part,
    Price,
    Quantity,
    Reader,
    RecordId,
    Text,
    example,
    money_of,
    worth,
)
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, documented, everywhere
from app.domain import orders, shipments
from app.domain.errors import InsufficientStock, NotFound, UnknownLocation, UnknownSku, WrongCurrency, WrongState
from app.domain.pricing import AMOUNTS, LINE_AMOUNTS, LineDraft, OrderDraft

router = APIRouter(prefix="/orders", tags=["Orders"], responses=everywhere())

Title = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


# Requests


class LinePresentmentIn(Input):
    """A line as the buyer saw it, in the buyer's currency."""

    gross: Price
    discount: Price
    tax: Price
    total: Price


class PresentmentIn(LinePresentmentIn):
    """The order as the buyer saw it, in the buyer's currency."""

    shipping: Price


class OrderLineIn(Input):
    """What is bought, and for how much."""

    sku: Annotated[Code, Field(examples=["MUG-BLUE"])]
    quantity: Annotated[Quantity, Field(examples=[2])]
    unit_price: Price | None = Field(
        default=None, description="Left out: the SKU's own price.", examples=[{"amount": 1250, "currency": "EUR"}]
    )
    discount: Price | None = Field(default=None, description="Off the whole line.")
    tax: Price | None = Field(default=None, description="On the whole line.")
    title: Title | None = Field(default=None, description="What the buyer saw it called.")
    presentment: LinePresentmentIn | None = None

    def draft(self) -> LineDraft:
        return LineDraft(
            self.sku,
            self.quantity,
            worth(self.unit_price),
            worth(self.discount),
            worth(self.tax),
            self.title,
            _amounts(self.presentment, LINE_AMOUNTS),
        )


class OrderIn(Input):
    """An order on your own shop or script: all of its units are promised, or it is refused."""

    model_config = example(
        {
            "reference": "WEB-1001",
            "lines": [{"sku": "MUG-BLUE", "quantity": 2, "unit_price": {"amount": 1250, "currency": "EUR"}}],
            "buyer": {"name": "A. Buyer", "email": "buyer@example.org"},
            "ship_to": {"line1": "1 Kiln Lane", "city": "Stoke", "postal_code": "ST1 1AA", "country": "GB"},
        }
    )

    lines: list[OrderLineIn] = Field(min_length=1, max_length=200)
    reference: Label | None = Field(default=None, description="Your own number for it.", examples=["WEB-1001"])
    buyer: BuyerIn | None = None
    contact_id: RecordId | None = Field(default=None, description="A buyer who is known already, instead of `buyer`.")
    ship_to: AddressIn | None = None
    reservation_id: RecordId | None = Field(default=None, description="The hold that becomes this order.")
    locations: list[Code] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="Where it may be served from, in this order; left out: from everywhere.",
    )
    sold: bool = Field(default=False, description="The sale has happened already: take it in whatever the stock says.")
    test: bool = Field(default=False, description="Moves stock, and stays out of every number.")
    fulfilled_by: Literal["us", "channel"] = Field(default="us", description="channel: it isn't your stock, nothing is moved.")
    prices_include_tax: bool = False
    discount: Price | None = Field(default=None, description="Off the whole order, beside the lines' own.")
    shipping: Price | None = None
    total: Price | None = Field(default=None, description="What was paid. A rounding difference to the parts is kept as such.")
    presentment: PresentmentIn | None = Field(default=None, description="The order as the buyer saw it, in another currency.")
    ship_by: Moment | None = None

    @model_validator(mode="after")
    def _one_buyer(self) -> OrderIn:
        if self.buyer is not None and self.contact_id is not None:
            raise ValueError("send either `buyer` or `contact_id`, not both")
        return self

    def draft(self) -> OrderDraft:
        return OrderDraft(
            lines=[line.draft() for line in self.lines],
            reference=self.reference,
            buyer=self.buyer.model_dump() if self.buyer else None,
            contact_id=self.contact_id,
            ship_to=self.ship_to.model_dump() if self.ship_to else None,
            reservation_id=self.reservation_id,
            locations=self.locations,
            sold=self.sold,
            test=self.test,
            fulfilled_by=self.fulfilled_by,
            prices_include_tax=self.prices_include_tax,
            discount=worth(self.discount),
            shipping=worth(self.shipping),
            total=worth(self.total),
            presentment=_amounts(self.presentment, AMOUNTS),
            ship_by=self.ship_by,
        )


def _amounts(given: LinePresentmentIn | None, names: tuple[str, ...]) -> dict[str, Any] | None:
    return {name: getattr(given, name).value() for name in names} if given is not None else None


class LineUnitsIn(Input):
    """Units of one line of an order."""

    line: RecordId = Field(description="The line's id.")
    quantity: Quantity


class CancelIn(Input):
    """What to cancel; without lines everything that hasn't left."""

    model_config = example({"reason": "The buyer changed their mind"})

    lines: list[LineUnitsIn] | None = Field(default=None, min_length=1, max_length=200)
    reason: Label | None = None


class ShipmentIn(Input):
    """What left; without lines everything that is committed."""

    model_config = example({"carrier": "DHL", "tracking_number": "00340434161094042557"})

    lines: list[LineUnitsIn] | None = Field(default=None, min_length=1, max_length=200)
    location: Code | None = Field(default=None, description="Only what is committed at this location.")
    carrier: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=100)] | None = Field(default=None, examples=["DHL"])
    tracking_number: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=200)] | None = Field(
        default=None, examples=["00340434161094042557"]
    )
    tracking_url: Annotated[Text, StringConstraints(max_length=2000, pattern=r"^https?://[^\x00]*$")] | None = None


def _units(lines: list[LineUnitsIn] | None) -> list[tuple[str, int]] | None:
    return [(line.line, line.quantity) for line in lines] if lines is not None else None


# Answers


class LinePresentment(Output):
    """A line as the buyer saw it."""

    gross: MoneyModel
    discount: MoneyModel
    tax: MoneyModel
    total: MoneyModel


class Presentment(LinePresentment):
    """The order as the buyer saw it."""

    shipping: MoneyModel


class CommitmentOut(Output):
    """Units that a location owes the line, or has sent for it."""

    location: str
    quantity: int = Field(description="Still owed.")
    shipped: int
    unit_cost: MoneyModel | None = Field(description="What a unit cost the store when it was promised.")

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        return dict(row) | money_of(row, ["unit_cost"], row["unit_cost_currency"])


class OrderLineOut(Output):
    """A line, and how far it has got."""

    id: str
    sku: str = Field(description="Empty: a channel's product that nobody has said yet what it is. See the exceptions.")
    sku_id: str
    listing_id: str | None = Field(description="A channel's order: the listing that was bought.")
    fulfilled_by: Literal["us", "channel", "nobody"] = Field(description="`nobody`: a tip, a gift card, a download: nothing to send.")
    title: str | None
    quantity: int = Field(description="Units of the SKU: one set of four mugs is 4.")
    cancelled: int
    shipped: int
    committed: int = Field(description="Promised and set aside; only held while a channel's order isn't paid.")
    short: int = Field(description="Promised, with nothing set aside yet: urgent.")
    unit_price: MoneyModel
    gross: MoneyModel
    discount: MoneyModel
    tax: MoneyModel
    total: MoneyModel
    presentment: LinePresentment | None
    commitments: list[CommitmentOut]

    @field_validator("sku", "sku_id", mode="before")
    @classmethod
    def _unmapped(cls, value: str | None) -> str:
        return value or ""


class OrderOut(Output):
    """An order. Who bought it is known under `contact_id` alone."""

    id: str
    reference: str | None
    channel_id: str | None = Field(description="The channel that took it; null: our own API.")
    external_id: str | None = Field(description="Its id on that channel.")
    status: Literal["open", "shipped", "cancelled"]
    paid: bool = Field(description="False: a channel's order that waits for its payment.")
    hold_until: datetime | None = Field(description="Until when its units are held for an unpaid order.")
    cancel_requested_at: datetime | None = Field(description="We want it cancelled; the channel hasn't said yet that it is.")
    sold: bool
    test: bool
    fulfilled_by: Literal["us", "channel"]
    contact_id: str | None
    ship_to_id: str | None
    reservation_id: str | None
    gross: MoneyModel
    discount: MoneyModel
    tax: MoneyModel
    shipping: MoneyModel
    rounding: MoneyModel = Field(description="What was paid, less what the parts come to.")
    total: MoneyModel
    prices_include_tax: bool
    presentment: Presentment | None
    ship_by: datetime | None
    placed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None
    lines: list[OrderLineOut]

    @model_validator(mode="before")
    @classmethod
    def _from_row(cls, row: Any) -> Any:
        currency, seen = row["currency"], row["presentment_currency"]
        lines = [
            line | money_of(line, ("unit_price", *LINE_AMOUNTS), currency) | {"presentment": _presentment(line, LINE_AMOUNTS, seen)}
            for line in row["lines"]
        ]
        amounts = money_of(row, (*AMOUNTS, "rounding"), currency)
        return dict(row) | amounts | {"presentment": _presentment(row, AMOUNTS, seen), "lines": lines}


def _presentment(row: dict[str, Any], amounts: tuple[str, ...], currency: str | None) -> dict[str, Any] | None:
    return money_of(row, amounts, currency, "presentment_") if row["presentment_total"] is not None else None


class ShipmentLineOut(Output):
    line: str = Field(description="The order line's id.")
    sku: str
    location: str | None = Field(description="Where it left from; null for what isn't tracked.")
    quantity: int


class ShipmentOut(Output):
    """A parcel."""

    id: str
    order_id: str
    carrier: str | None
    tracking_number: str | None
    tracking_url: str | None
    shipped_at: datetime
    lines: list[ShipmentLineOut]


class ShipmentsOut(Output):
    items: list[ShipmentOut]
    next: None = None


# Routes


@router.post(
    "",
    status_code=201,
    response_model=OrderOut,
    responses=documented(UnknownSku, UnknownLocation, NotFound, InsufficientStock, WrongState, WrongCurrency, KeyReused),
)
async def place_order(body: OrderIn, once: OnceOnly) -> Response:
    """Place an order. All of its units are promised, or it is refused with the figures; `sold` is always taken in."""
    return await once(OrderOut, orders.place, body.draft())


@router.get("", responses=documented(BadCursor))
async def list_orders(
    database: Db,
    caller: Reader,
    part: Part,
    status: Annotated[Literal["open", "shipped", "cancelled"] | None, Query()] = None,
    reference: Annotated[Text | None, Query(max_length=200)] = None,
    sku: Annotated[Text | None, Query(description="Only orders of this SKU, by its code.", max_length=200)] = None,
    channel: Annotated[RecordId | None, Query(description="Only orders of this channel, by its id.")] = None,
    location: Annotated[Text | None, Query(description="Only what this location owes or has sent, by its code.", max_length=200)] = None,
    updated_since: Annotated[Moment | None, Query(description="Only what changed at this moment or later.")] = None,
) -> Page[OrderOut]:
    """Orders, newest first."""
    rows = await database.read(
        orders.page,
        part.behind(),
        part.limit + 1,
        status=status,
        reference=reference,
        updated_since=updated_since,
        code=sku,
        channel_id=channel,
        location=location,
    )
    return Page[OrderOut].model_validate(part.page(rows, "id"))


@router.get("/{order_id}", responses=documented(NotFound))
async def get_order(order_id: RecordId, database: Db, caller: Reader) -> OrderOut:
    """One order: what is committed to it, from where, and what is short."""
    return OrderOut.model_validate(await database.read(orders.view, order_id))


@router.post("/{order_id}/cancel", status_code=200, response_model=OrderOut, responses=documented(NotFound, WrongState, KeyReused))
async def cancel_order(order_id: RecordId, once: OnceOnly, body: CancelIn | None = None) -> Response:
    """Cancel what hasn't left yet, wholly or in part. The units first serve lines that are short."""
    body = body or CancelIn()
    return await once(OrderOut, orders.cancel, order_id, _units(body.lines), reason=body.reason, status=200)


@router.post(
    "/{order_id}/shipments",
    status_code=201,
    response_model=ShipmentOut,
    responses=documented(NotFound, UnknownLocation, WrongState, KeyReused),
)
async def ship_order(order_id: RecordId, once: OnceOnly, body: ShipmentIn | None = None) -> Response:
    """Send an order, wholly or in part. What is short can't be sent."""
    body = body or ShipmentIn()
    return await once(
        ShipmentOut,
        shipments.ship,
        order_id,
        _units(body.lines),
        location=body.location,
        carrier=body.carrier,
        tracking_number=body.tracking_number,
        tracking_url=body.tracking_url,
    )


@router.get("/{order_id}/shipments", responses=documented(NotFound))
async def list_shipments(order_id: RecordId, database: Db, caller: Reader) -> ShipmentsOut:
    """An order's parcels, oldest first."""
    return ShipmentsOut.model_validate({"items": await database.read(shipments.of_order, order_id)})
