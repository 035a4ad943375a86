"""What routes ask for: the database, the caller, a page, and the kinds of values that requests are made of."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from fastapi import Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.api.problems import BadCursor
from app.database import Database
from app.domain.money import Money, exponent
from app.security import Caller, Gate, NoToken

ItemT = TypeVar("ItemT")


# Who asks, and of what


def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


async def _caller(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False, scheme_name="token"))],
) -> Caller:
    if given is None:
        raise NoToken
    gate: Gate = request.app.state.gate
    return await gate.caller(given.credentials)


AnyCaller = Annotated[Caller, Depends(_caller)]


def _needing(scope: str) -> Callable[..., Any]:
    async def check(caller: AnyCaller) -> Caller:
        caller.needs(scope)
        return caller

    return check


async def _no_wait(request: Request) -> Database:
    return _database(request)


Db = Annotated[Database, Depends(_no_wait)]
Reader = Annotated[Caller, Depends(_needing("read"))]
Writer = Annotated[Caller, Depends(_needing("write"))]
Admin = Annotated[Caller, Depends(_needing("admin"))]


# What requests are made of


def _storable(value: str) -> str:
    if "\x00" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise ValueError("contains a character that is no text (NUL or half of a pair); leave it out")
    return value


def _id(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("isn't an id; ids look like 01964f0e-7c3a-7d20-9d6c-0a3c6f1b2e4d") from None


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise ValueError("should be a whole number, such as 3, without quotation marks")
    return value


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("needs a time zone, such as 2026-11-22T10:00:00Z")
    return value


Text = Annotated[str, AfterValidator(_storable)]
Code = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Label = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
RecordId = Annotated[str, AfterValidator(_id), Field(json_schema_extra={"format": "uuid"})]
Quantity = Annotated[int, BeforeValidator(_no_bool), Field(ge=1, le=1_000_000)]
Count = Annotated[int, BeforeValidator(_no_bool), Field(ge=0, le=1_000_000)]
Moment = Annotated[datetime, AfterValidator(_aware)]


class Input(BaseModel):
    """A request body. A field that isn't known is refused: a misspelt name would otherwise be a silent loss."""

    model_config = ConfigDict(extra="forbid")


class Output(BaseModel):
    """An answer, read from a record's row."""

    model_config = ConfigDict(from_attributes=True)


class MoneyModel(BaseModel):
    """An amount in minor units with its ISO 4217 currency: 12.50 EUR is {"amount": 1250, "currency": "EUR"}."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"amount": 1250, "currency": "EUR"}]})

    amount: Annotated[int, BeforeValidator(_no_bool), Field(ge=-(10**15), le=10**15, description="Minor units: cents.")]
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(lambda code: (exponent(code), code)[1])]

    def value(self) -> Money:
        return Money(self.amount, self.currency)


class Price(MoneyModel):
    """An amount that isn't below zero."""

    amount: Annotated[int, BeforeValidator(_no_bool), Field(ge=0, le=10**12, description="Minor units: cents.")]


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

    def __init__(
        self,
        after: Annotated[str | None, Query(max_length=500, description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=200, description="How many at the most.")] = 50,
    ) -> None:
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


Part = Annotated[Window, Depends(Window)]
