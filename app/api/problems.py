"""Refusals as HTTP says them: RFC 9457 problem details, one table of statuses, and the same table in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from app.api import wording
from app.api.etags import IfMatchMissing
from app.database import DatabaseUnavailable, Overloaded
from app.domain.consents import ConsentUnknown
from app.domain.errors import (
    CodeTaken,
    ForbiddenMove,
    InsufficientStock,
    InvalidDraft,
    NotFound,
    Refusal,
    Stale,
    UnknownLocation,
    UnknownSku,
    WrongCurrency,
    WrongState,
)
from app.domain.events import CursorExpired
from app.security import NoToken, ScopeMissing, TooManyRefusals
from app.tail import TooManyStreams
from app.vault import VaultClosed

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


class TooLarge(Refusal):
    """The body is larger than this service takes in."""

    code = "too_large"


class UnsupportedMediaType(Refusal):
    """The body is of a kind that isn't understood here."""

    code = "unsupported_media_type"


class Unreadable(Refusal):
    """The message broke off, or is nested too deeply."""

    code = "unreadable"


class NotSigned(Refusal):
    """The message isn't signed with the secret of this channel."""

    code = "bad_signature"

    def __init__(self) -> None:
        super().__init__("This isn't signed with the channel's secret. Check that the secret here is the one that the shop signs with.")


class NotSignedPrecondition(NotSigned):
    """The message isn't signed with the platform's key, for platforms that want to hear 412 then."""


class TooManyMessages(Refusal):
    """More messages come from this address than one shop sends."""

    code = "too_many_messages"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"Too many messages came from your address; send them again in {retry_after_s} s.", retry_after_s=retry_after_s)


class ChannelNotReady(Refusal):
    """The channel's credentials can't be used now, so nobody can say whether the message is its."""

    code = "channel_not_ready"

    def __init__(self) -> None:
        super().__init__("This channel can't be listened to now. Send the message again later; our log says why.", retry_after_s=60)


# The most particular class wins; a refusal that isn't listed is a 422.
STATUS: dict[type[Exception], int] = {
    Unreadable: 400,
    NoToken: 401,
    NotSignedPrecondition: 412,
    NotSigned: 401,
    ScopeMissing: 403,
    NotFound: 404,
    UnknownSku: 404,
    UnknownLocation: 404,
    CodeTaken: 409,
    InsufficientStock: 409,
    ForbiddenMove: 409,
    WrongState: 409,
    SecretShownOnce: 409,
    ConsentUnknown: 409,
    VaultClosed: 409,
    CursorExpired: 410,
    Stale: 412,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    InvalidDraft: 422,
    WrongCurrency: 422,
    KeyReused: 422,
    BadCursor: 422,
    IfMatchMissing: 428,
    TooManyRefusals: 429,
    TooManyMessages: 429,
    ChannelNotReady: 503,
    TooManyStreams: 503,
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


def body_of(status: int, code: str, detail: str, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A problem as it is written."""
    return {
        **(facts or {}),
        "type": f"urn:tallystick:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }


def of_refusal(error: Refusal) -> dict[str, Any]:
    """A refusal as a problem."""
    return body_of(_status_of(type(error)), error.code, error.detail, error.facts)


def of_invalid(errors: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the validation found, as a problem."""
    found = [{"field": wording.place(each), "message": wording.in_words(each)} for each in errors]
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in found[:5])
    return body_of(422, "invalid_request", detail, {"errors": found})


def answer(
    status: int, code: str, detail: str, facts: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as a response."""
    return _answered(body_of(status, code, detail, facts), headers)


def _answered(body: dict[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), body["status"], dict(headers or {}), MEDIA_TYPE)


def documented(*refusals: type[Exception]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI entries for the refusals of a route. `contract` says what they look like, which is the same for all of them."""
    named: dict[int | str, list[str]] = {}
    for refusal in refusals:
        said = f"`{getattr(refusal, 'code', 'refused')}`: {(refusal.__doc__ or '').strip().splitlines()[0]}"
        named.setdefault(_status_of(refusal), [_INVALID] if _status_of(refusal) == 422 else []).append(said)
    return {status: {"description": "\n\n".join(said)} for status, said in named.items()}


_INVALID = "`invalid_request`: A part of the request is missing or of the wrong kind."


def everywhere() -> dict[int | str, dict[str, Any]]:
    """What any route under /v1 may answer."""
    found = documented(NoToken, ScopeMissing, TooManyRefusals, DatabaseUnavailable, Overloaded)
    found[413] = {"description": "`too_large`: The body is larger than this service takes in."}
    found[422] = {"description": _INVALID}
    return found


def described() -> dict[int | str, dict[str, Any]]:
    """As `everywhere`, with what a problem is made of: FastAPI has to hear that from somebody. From each route for each of its refusals it
    took a sixth of the processor time that a start needs."""
    return {status: about | {"model": Problem} for status, about in everywhere().items()}


_CODES = {
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
}


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    body, headers = of_refusal(error), {}
    if body["status"] == 401:
        headers["WWW-Authenticate"] = "Bearer" if isinstance(error, NoToken) else "Signature"
    if "retry_after_s" in body:
        headers["Retry-After"] = str(body["retry_after_s"])
    return _answered(body, headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    assert isinstance(error, DatabaseUnavailable)
    log.warning("database unavailable", reason=str(error))
    detail = "This can't be stored right now. Nothing of it happened; send it again, with the same Idempotency-Key."
    return answer(503, error.code, detail, headers={"Retry-After": str(error.retry_after_s)})


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if "json" not in request.headers.get("content-type", ""):
        advice = "should be JSON; send it with `Content-Type: application/json`"
        found = [{**each, "type": "not_json", "msg": advice, "input": None} if each["loc"] == ("body",) else each for each in found]
    return _answered(of_invalid(found))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status, detail = error.status_code, str(error.detail)
    if status == 400:  # the framework's word for a body that it can't read
        detail = "The body can't be read: it should be JSON in UTF-8, not nested deeply, with numbers of a sensible size."
        return answer(422, "invalid_request", detail, {"errors": [{"field": "body", "message": detail}]})
    if status == 404:
        detail = "There is nothing at this address; /docs shows what there is."
    elif status == 405:
        # The framework names the methods of the first route with this address only.
        allowed = ", ".join(method.upper() for method in request.app.openapi()["paths"].get(template_of(request.scope), {})) or "GET"
        detail = f"This address doesn't take {request.method}; it takes {allowed}."
        return answer(status, _CODES[status], detail, headers={"Allow": allowed})
    return answer(status, _CODES.get(status, "http_error"), detail, headers=error.headers)


def template_of(scope: Mapping[str, Any]) -> str:
    """The template of the route, such as /v1/orders/{order_id}. `route` itself only knows the part behind its router's prefix."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(found, "path", "unknown")


def unexpected() -> Response:
    """What is said of a defect of ours; what it was stands in the log."""
    return answer(500, "internal_error", "Something went wrong on our side. It was logged with the id in X-Request-Id.")


def install(app: FastAPI) -> None:
    """Answer every refusal as a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(DatabaseUnavailable, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
