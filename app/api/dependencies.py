"""What routes ask for: the database, the caller, a page, and the kinds of values that requests are made of."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request
from fastapi.security import HTTPBearer
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from app.api.problems import BadCursor
from app.database import Database
from app.domain.codes import key_of
from app.domain.money import Money, exponent
from app.security import Caller, Gate, NoToken

ItemT = TypeVar("ItemT")


# Who asks, and of what

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="Paste a token: the owner's lies in the file `owner-token` in the data directory, `POST /v1/tokens` makes others.",
)


class _Token(HTTPBearer):
    """The caller, by the token in the request. One dependency, not a chain of them: every request passes here."""

    def __init__(self, scope: str) -> None:
        super().__init__(auto_error=False, scheme_name="token")
        self._scope = scope

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        given = await super().__call__(request)
        if given is None:
            raise NoToken
        gate: Gate = request.app.state.gate
        caller = await gate.caller(given.credentials, request.client.host if request.client else None)
        caller.needs(self._scope)
        return caller


async def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


Db = Annotated[Database, Depends(_database)]
Reader = Annotated[Caller, Depends(_Token("read"))]
Writer = Annotated[Caller, Depends(_Token("write"))]
Admin = Annotated[Caller, Depends(_Token("admin"))]


# What requests are made of


def _findable(most: int) -> Callable[[str], str]:
    """Codes are found by their key, which may be longer than what was typed (ß is two letters) or nothing at all."""

    def check(code: str) -> str:
        key = key_of(code)
        if not key:
            raise ValueError("consists of nothing that can be read; send a code such as MUG-BLUE")
        if len(key) > most:
            raise ValueError(f"should be shorter: without regard to capitals it may have {most} characters")
        return code

    return check


def _id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("isn't an id; ids look like 01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d") from None


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("should be a whole number, such as 3, without quotation marks")
    return value


def _cents(value: Any) -> Any:
    if isinstance(value, bool | str) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError("should be a whole number of the smallest coin, without quotation marks: 12.50 EUR is 1250")
    return value


def _written(value: Any) -> Any:
    """Pydantic would take a number for seconds since 1970, which the contract doesn't offer."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("should be a moment, such as 2026-11-22T10:00:00Z")
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone, such as 2026-11-22T10:00:00Z")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside of the calendar; send a moment such as 2026-11-22T10:00:00Z") from None


# Constraints stand next to the type they are on: behind a validator they would neither see what it strips nor be in the contract.
NO_NUL = "^[^\\x00]*$"
Text = Annotated[str, StringConstraints(pattern=NO_NUL)]
Label = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Code = Annotated[Label, AfterValidator(_findable(200))]
PlaceCode = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=64), AfterValidator(_findable(64))]
RecordId = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"format": "uuid"})]
Whole = BeforeValidator(_no_bool)  # stands behind the limits: Annotated[int, Field(ge=1), Whole]
Quantity = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(_no_bool)]
Count = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(_no_bool)]
Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_aware)]


class Input(BaseModel):
    """A request body. A field that isn't known is refused: a misspelt name would otherwise be a silent loss."""

    model_config = ConfigDict(extra="forbid")


def unset() -> Any:
    """The default of a field of a change, which is left as it is unless it is sent: `Field(default_factory=unset)`.

    Read what was sent with `model_dump(exclude_unset=True)`. Unlike a default of null it doesn't let null in.
    """


def example(body: dict[str, Any]) -> ConfigDict:
    """The `model_config` of a request body with an example: in a new store each works as it stands, from the explorer's top down."""
    return ConfigDict(json_schema_extra={"examples": [body]})


class Output(BaseModel):
    """An answer, read from a record's row."""

    model_config = ConfigDict(from_attributes=True)


class MoneyModel(BaseModel):
    """An amount in minor units with its ISO 4217 currency: 12.50 EUR is {"amount": 1250, "currency": "EUR"}."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount": 1250, "currency": "EUR"}]})

    amount: Annotated[int, Field(ge=-(2**63), lt=2**63, description="Minor units: cents."), BeforeValidator(_no_bool)]
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(lambda code: (exponent(code), code)[1])]

    def value(self) -> Money:
        return Money(self.amount, self.currency)


class Price(MoneyModel):
    """An amount that isn't below zero."""

    amount: Annotated[int, Field(ge=0, le=10**10, description="Minor units: cents."), BeforeValidator(_cents)]

    @model_validator(mode="before")
    @classmethod
    def _no_bare_number(cls, value: Any) -> Any:
        if isinstance(value, str | int | float):
            raise ValueError('should be an amount with its currency: 12.50 EUR is {"amount": 1250, "currency": "EUR"}')
        return value


def worth(given: MoneyModel | None) -> Money | None:
    """The domain's money, where there is any."""
    return given.value() if given is not None else None


def money_of(row: dict[str, Any], amounts: Sequence[str], currency: str | None, prefix: str = "") -> dict[str, Any]:
    """Amounts of a row, each with its currency; None where there is no amount."""
    return {
        amount: {"amount": row[prefix + amount], "currency": currency} if row[prefix + amount] is not None else None for amount in amounts
    }


# Pages


class Page(BaseModel, Generic[ItemT]):
    """One page of a list. `next` is the cursor for the page behind it; null on the last one."""

    items: list[ItemT]
    next: str | None = Field(description="Send it as `after` for the next page; null: this is the last.")


class Window:
    """Which part of a list is asked for."""

    def __init__(self, after: str | None, limit: int) -> None:
        self.limit = limit
        self._after = after

    def behind(self, parts: int = 1) -> Any:
        """What the cursor says: an id, or a tuple of so many; None without a cursor. Raises: BadCursor."""
        if self._after is None:
            return None
        try:
            found = [_id(part) for part in orjson.loads(urlsafe_b64decode(self._after + "=" * (-len(self._after) % 4)))]
        except (ValueError, TypeError, AttributeError):
            raise BadCursor from None
        if len(found) != parts:
            raise BadCursor
        return found[0] if parts == 1 else tuple(found)

    def page(self, rows: list[dict[str, Any]], *keys: str) -> dict[str, Any]:
        """A page of rows, of which one more than the limit was read to see whether there are more."""
        more = len(rows) > self.limit
        rows = rows[: self.limit]
        cursor = urlsafe_b64encode(orjson.dumps([rows[-1][key] for key in keys])).decode().rstrip("=") if more else None
        return {"items": rows, "next": cursor}


async def _window(
    after: Annotated[str | None, Query(max_length=500, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at the most.")] = 50,
) -> Window:
    return Window(after, limit)


Part = Annotated[Window, Depends(_window)]
