"""Many movements in one request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from app.api import problems
from app.api.dependencies import Input, Output, example
from app.api.idempotency import OnceOnly
from app.api.problems import KeyReused, Problem, documented, everywhere
from app.api.stock import MovementIn, MovementOut
from app.database import Session
from app.domain import postings
from app.domain.causes import Cause
from app.domain.errors import ForbiddenMove, InsufficientStock, Refusal, UnknownLocation, UnknownSku
from app.domain.postings import Posting

router = APIRouter(prefix="/stock", tags=["Stock"], responses=everywhere())


@dataclass(frozen=True, slots=True)
class Invalid:
    """What is wrong with one item. Whether that fails the others is for the mode to say, so it isn't raised."""

    errors: list[Any]


def _or_invalid(value: Any, validated: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validated(value)
    except ValidationError as error:
        return Invalid(error.errors())


class MovementBatchIn(Input):
    """Movements to post together."""

    model_config = example(
        {
            "mode": "each",
            "movements": [
                {"sku": "MUG-BLUE", "location": "STUDIO", "quantity": 9, "source": "supplier", "target": "available", "reason": "received"},
                {"sku": "MUG-BLUE", "location": "STUDIO", "quantity": 1, "source": "available", "target": "damaged", "reason": "broken"},
            ],
        }
    )

    mode: Literal["all_or_nothing", "each"] = Field(description="`each`: one that is refused fails no other; the answer says which.")
    movements: list[Annotated[MovementIn, WrapValidator(_or_invalid)]] = Field(min_length=1, max_length=500)


class BatchItemOut(Output):
    """What became of one movement."""

    status: int = Field(description="As if it had been sent alone: 201, 404, 409, 422.")
    movement: MovementOut | None
    problem: Problem | None


class MovementBatchOut(Output):
    """What became of each, in the order in which they were sent."""

    accepted: int
    refused: int
    items: list[BatchItemOut]


def _post_valid(session: Session, items: list[Posting | Invalid], *, each: bool, cause: Cause) -> dict[str, Any]:
    posted = iter(postings.post_many(session, [item for item in items if isinstance(item, Posting)], each=each, cause=cause))
    found = [_shown(item if isinstance(item, Invalid) else next(posted)) for item in items]
    accepted = sum(shown["status"] == 201 for shown in found)
    return {"accepted": accepted, "refused": len(found) - accepted, "items": found}


def _shown(outcome: Mapping[str, Any] | Refusal | Invalid) -> dict[str, Any]:
    if isinstance(outcome, Invalid):
        problem = problems.of_invalid(outcome.errors)
    elif isinstance(outcome, Refusal):
        problem = problems.of_refusal(outcome)
    else:
        return {"status": 201, "movement": outcome, "problem": None}
    return {"status": problem["status"], "movement": None, "problem": problem}


@router.post(
    "/movements:batch",
    status_code=200,
    response_model=MovementBatchOut,
    responses=documented(UnknownSku, UnknownLocation, ForbiddenMove, InsufficientStock, KeyReused),
)
async def post_movements(body: MovementBatchIn, once: OnceOnly) -> Response:
    """Post up to 500 movements: all or nothing, or each by itself.

    With `all_or_nothing` a refusal is the answer, with the place of the refused movement as `item`, counted from 0. With `each` the
    answer is always 200, and says for every movement what became of it.
    """
    items: list[Any] = [item if isinstance(item, Invalid) else item.posting() for item in body.movements]
    each = body.mode == "each"
    if not each:
        wrong = [(place, error) for place, item in enumerate(items) if isinstance(item, Invalid) for error in item.errors]
        if wrong:
            raise RequestValidationError([error | {"loc": ("body", "movements", place, *error["loc"])} for place, error in wrong])
    return await once(MovementBatchOut, _post_valid, items, each=each, status=200)
