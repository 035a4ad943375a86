"""Refusals as HTTP says them: RFC 9457 problem details, one table of statuses, and the same table in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from app.database import DatabaseUnavailable
from app.domain.errors import (
    CodeTaken,
    ForbiddenMove,
    InsufficientStock,
    InvalidDraft,
    NotFound,
    Refusal,
    UnknownLocation,
    UnknownSku,
    WrongCurrency,
    WrongState,
)
from app.domain.events import CursorExpired
from app.security import NoToken, ScopeMissing

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"


class KeyReused(Refusal):
    """The idempotency key was used before, for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another body. Repeat a key only with the very same request.")


class SecretShownOnce(Refusal):
    """The request was carried out before, and what it made is shown only once."""

    code = "secret_shown_once"

    def __init__(self) -> None:
        super().__init__("This request was carried out already, and its secret is shown only once. Make another with a new key.")


class BadCursor(Refusal):
    """The cursor isn't one that this list gave out."""

    code = "bad_cursor"

    def __init__(self) -> None:
        super().__init__("`after` isn't a cursor of this list. Send what an earlier page gave as `next`, or leave it out.")


# The most particular class wins; a refusal that isn't listed is a 422.
STATUS: dict[type[Exception], int] = {
    NoToken: 401,
    ScopeMissing: 403,
    NotFound: 404,
    UnknownSku: 404,
    UnknownLocation: 404,
    CodeTaken: 409,
    InsufficientStock: 409,
    ForbiddenMove: 409,
    WrongState: 409,
    SecretShownOnce: 409,
    CursorExpired: 410,
    InvalidDraft: 422,
    WrongCurrency: 422,
    KeyReused: 422,
    BadCursor: 422,
    DatabaseUnavailable: 503,
}


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="Where it stands, e.g. `lines.0.quantity`.")
    message: str = Field(description="What is wrong with it, and what would be right.")


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). Some codes carry further figures beside these."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A name for this kind of problem.", examples=["urn:tallystick:problem:insufficient_stock"])
    title: str = Field(description="The HTTP status in words.")
    status: int
    code: str = Field(description="Stable, for programs to rely on.", examples=["insufficient_stock"])
    detail: str = Field(description="For people: what was wrong and what would be right.")
    errors: list[FieldError] | None = None


def _status_of(kind: type[Exception]) -> int:
    return next((STATUS[each] for each in kind.__mro__ if each in STATUS), 422)


def answer(
    status: int, code: str, detail: str, facts: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as a response."""
    body = {
        "type": f"urn:tallystick:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    return Response(orjson.dumps({**(facts or {}), **body}), status, dict(headers or {}), MEDIA_TYPE)


def documented(*refusals: type[Exception]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries for the refusals of a route."""
    by_status: dict[int | str, list[type[Exception]]] = {}
    for refusal in refusals:
        by_status.setdefault(_status_of(refusal), []).append(refusal)
    return {status: _entry(int(status), kinds) for status, kinds in by_status.items()}


def _entry(status: int, kinds: list[type[Exception]]) -> dict[str, Any]:
    named = [f"`{getattr(kind, 'code', 'refused')}`: {(kind.__doc__ or '').strip().splitlines()[0]}" for kind in kinds]
    return {
        "description": "\n\n".join(named),
        "model": Problem,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def everywhere() -> dict[int | str, dict[str, Any]]:
    """What any route under /v1 may answer."""
    found = documented(NoToken, ScopeMissing, DatabaseUnavailable)
    found[413] = {"description": "`too_large`: The body is larger than this service takes in.", "model": Problem}
    found[422] = {"description": "`invalid_request`: A part of the request is missing or of the wrong kind.", "model": Problem}
    return found


_CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    status = _status_of(type(error))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return answer(status, error.code, error.detail, error.facts, headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseUnavailable)
    log.warning("database unavailable", reason=str(error))
    detail = "This can't be stored right now. Nothing of it happened; send it again, with the same Idempotency-Key."
    return answer(503, error.code, detail, headers={"Retry-After": str(error.retry_after_s)})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = []
    for each in error.errors():
        place = ".".join(str(part) for part in each["loc"][1:]) or str(each["loc"][0] if each["loc"] else "body")
        found.append({"field": place, "message": _in_words(each)})
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in found[:5])
    return answer(422, "invalid_request", detail, {"errors": found})


def _in_words(error: Mapping[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    if isinstance(given, str | int | float | bool) and error["type"] != "missing":
        shown = repr(given)
        message += f" (given: {shown if len(shown) <= 60 else shown[:57] + '...'})"
    return message


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "http_error")
    return answer(error.status_code, code, str(error.detail), headers=error.headers)


async def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error", method=request.method, path=request.url.path, exc_info=error)
    return answer(500, "internal_error", "Something went wrong on our side. It was logged with this request's id.")


def install(app: FastAPI) -> None:
    """Answer every refusal, and everything that goes wrong, as a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(DatabaseUnavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
