"""What is wrong with a request, in plain words: what stands there, and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

_PATTERNS = {
    "^[A-Z]{3}$": "should be a currency as three capital letters, such as EUR",
    "^[A-Z]{2}$": "should be a country as two capital letters, such as GB",
    "^[^\\x00]*$": "contains the character NUL, which is no text; leave it out",
    r"^https?://[^\x00]*$": "should be an address that begins with https:// or http://",
}

Facts = Mapping[str, Any]


def _always(said: str) -> Callable[[Facts], str]:
    return lambda facts: said


_WHOLE = _always("should be a whole number, such as 3")
_OBJECT = _always("should be an object with fields: { … }")
_MOMENT = _always("should be a moment, such as 2026-11-22T10:00:00Z")

_WORDS: dict[str, Callable[[Facts], str]] = {
    "missing": _always("is required"),
    "extra_forbidden": _always("isn't a field here; is it misspelt?"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "string_type": _always("should be text, in quotation marks"),
    "bool_type": _always("should be true or false"),
    "bool_parsing": _always("should be true or false"),
    "list_type": _always("should be a list: [ … ]"),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "datetime_from_date_parsing": _MOMENT,
    "datetime_parsing": _MOMENT,
    "greater_than_equal": lambda facts: f"should be {facts['ge']} or more",
    "less_than_equal": lambda facts: f"should be {facts['le']} or less",
    "string_too_short": _always("shouldn't be empty"),  # no text here has to be longer than a character
    "string_too_long": lambda facts: f"is longer than {facts['max_length']} characters",
    "string_pattern_mismatch": lambda facts: _PATTERNS.get(facts["pattern"], f"should look like {facts['pattern']}"),
    "too_short": lambda facts: f"needs {facts['min_length']} or more",
    "too_long": lambda facts: f"takes {facts['max_length']} at a time; send the rest in another request",
    "literal_error": lambda facts: f"should be {facts['expected']}",
    "enum": lambda facts: f"should be {facts['expected']}",
    "json_invalid": _always("isn't JSON; send JSON, with Content-Type: application/json"),
}


def place(error: Mapping[str, Any]) -> str:
    """Where it stands in the request: `lines.0.quantity`, `limit`, `body`."""
    loc: Sequence[str | int] = error["loc"]
    if error["type"] == "json_invalid":
        return "body"
    return ".".join(str(part) for part in loc[1:]) or str(loc[0] if loc else "body")


def in_words(error: Mapping[str, Any]) -> str:
    """What is wrong with it."""
    kind, given = error["type"], error.get("input")
    if kind == "json_invalid":
        return f"{_WORDS[kind]({})} ({error['ctx']['error']}, at character {error['loc'][-1]})"
    if kind == "missing" and error["loc"] == ("body",):
        return "is missing; send JSON, with Content-Type: application/json"
    said = _WORDS[kind](error.get("ctx", {})) if kind in _WORDS else str(error["msg"]).removeprefix("Value error, ")
    if isinstance(given, str | int | float | bool) and kind != "missing" and "credentials" not in error["loc"]:
        shown = repr(given)
        said += f" (given: {shown if len(shown) <= 60 else shown[:57] + '...'})"
    return said
