"""Refusals: what the store won't do, in its own words. HTTP statuses are `api/problems.py`'s business."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any


class Refusal(Exception):
    """Something was asked for that can't be granted; nothing of it happened.

    `code` is stable, `facts` are the figures it rests on, and the text says what was wrong and what would be right.
    """

    code = "refused"

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class NotFound(Refusal):
    """There is nothing under this id or code."""

    code = "not_found"


class UnknownSku(NotFound):
    """No SKU has this code or id. `did_you_mean` names codes that are almost the same; none of them was taken."""

    code = "unknown_sku"

    def __init__(self, *skus: str, did_you_mean: Sequence[str] = ()) -> None:
        named = ", ".join(repr(sku) for sku in skus)
        near = ", ".join(repr(code) for code in did_you_mean)
        advice = f"Did you mean {near}?" if near else "GET /v1/skus lists those there are."
        super().__init__(f"No SKU has the code {named}. {advice}", skus=list(skus), did_you_mean=list(did_you_mean))


class UnknownLocation(NotFound):
    """No location has this code."""

    code = "unknown_location"

    def __init__(self, code: str) -> None:
        super().__init__(f"No location has the code {code!r}. GET /v1/locations lists those there are.", location=code)


class CodeTaken(Refusal):
    """Another record has this code already; capitals and spaces around it make no difference."""

    code = "code_taken"

    def __init__(self, code: str, *, alias_of: str | None = None) -> None:
        advice = (
            f"{alias_of!r} had it before, and is still found by it. Choose another, or drop it there: DELETE /v1/skus/{{id}}/aliases."
            if alias_of is not None
            else "Choose another, or change the record that has it."
        )
        super().__init__(f"The code {code!r} is taken. {advice}", taken=code, **({"alias_of": alias_of} if alias_of else {}))


class Stale(Refusal):
    """The record was changed since it was read."""

    code = "stale"

    @classmethod
    def unless(cls, seen: Container[int] | None, version: int) -> None:
        """Raises Stale unless the version is one that the caller has seen; None has seen any."""
        if seen is not None and version not in seen:
            raise cls("This was changed since you read it. Read it again, and send the change with its new ETag.", version=version)


class WrongCurrency(Refusal):
    """An amount is in another currency than the store keeps its books in."""

    code = "wrong_currency"

    def __init__(self, given: str, expected: str) -> None:
        super().__init__(
            f"The amount is in {given}, but this store counts in {expected}. Send {expected}; "
            "what the buyer saw in another currency goes into `presentment`.",
            given=given,
            expected=expected,
        )


class InvalidDraft(Refusal):
    """The parts of a request don't fit together."""

    code = "invalid_request"

    def __init__(self, field: str, detail: str, **facts: Any) -> None:
        super().__init__(detail, errors=[{"field": field, "message": detail}], **facts)


class InsufficientStock(Refusal):
    """Fewer units are free than were asked for."""

    code = "insufficient_stock"

    def __init__(self, short: list[dict[str, Any]]) -> None:
        named = "; ".join(f"{each['sku']}: {each['asked']} asked for, {each['available']} available" for each in short)
        super().__init__(named, short=short)


class ForbiddenMove(Refusal):
    """Units don't go from this state to that one, or not through this door."""

    code = "forbidden_move"

    def __init__(self, source: str, target: str, instead: str) -> None:
        super().__init__(f"Units don't go from {source} to {target} here. {instead}", source=source, target=target)


class WrongState(Refusal):
    """The record isn't in a state in which this can be done."""

    code = "wrong_state"


class ShopConnectedAlready(WrongState):
    """The same real shop is connected by another channel."""

    code = "shop_connected_already"

    def __init__(self, channel_id: str, name: str) -> None:
        super().__init__(
            f"This shop is connected already, as {name!r}: two connections would each take its stock for theirs. Use that one, or "
            "disconnect it first.",
            channel_id=channel_id,
            name=name,
        )


class NotReady(WrongState):
    """Not all of it is known yet that going live rests on; `channels` says what is missing."""

    code = "not_ready"


class NotAccepted(WrongState):
    """Going live does something that nobody has agreed to yet; `warnings` says what."""

    code = "not_accepted"


class AskFirst(WrongState):
    """What this channel shows can still be sold there: somebody has to say what becomes of it."""

    code = "say_what_is_shown"
