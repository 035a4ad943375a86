"""As much of a GraphQL server as a simulated Shopify needs: an answer has exactly the fields that were asked for, and its price.

A node is a mapping of field names to values, or to functions that are called with the field's arguments. It is not checked against a
schema; asking for a field that the node hasn't got is refused as Shopify refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

Node = Mapping[str, Any]


class Refused(Exception):
    """The operation isn't carried out: `code` as in `errors[].extensions.code`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Denied(Exception):
    """A field that the app may not see: it is null, and an error says so."""


@dataclass(frozen=True)
class Variable:
    name: str


@dataclass(frozen=True)
class Field:
    """A field, or (`on`) an inline fragment for one type."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    directives: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    fields: Sequence[Field] = ()
    on: str | None = None

    @cached_property
    def price(self) -> int | None:
        """What it may cost at most; None: that is for the variables to say."""
        varies = any(isinstance(self.args.get(name), Variable) for name in ("first", "ids"))
        return None if varies or any(each.price is None for each in self.fields) else _price(self, {})


@dataclass(frozen=True)
class Operation:
    kind: str
    name: str
    fields: Sequence[Field]


_TOKEN = re.compile(r'\.\.\.|[{}()\[\]:!=@]|\$?\w+|-?\d+|"[^"]*"')


@lru_cache(maxsize=256)
def parse(text: str) -> Operation:
    """A document with one operation. Raises: Refused."""
    try:
        tokens = _Tokens(_TOKEN.findall(text))
        kind, name = tokens.take(), tokens.take()
        if kind not in ("query", "mutation"):
            raise Refused("undefinedType", f"Unexpected {kind}")
        if tokens.ahead == "(":  # variables are taken as they come
            while tokens.take() != ")":
                pass
        return Operation(kind, name, tuple(_fields(tokens)))
    except IndexError:
        raise Refused("parseError", "Unexpected end of document") from None


class _Tokens:
    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens, self._at = tokens, 0

    @property
    def ahead(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]


def _fields(tokens: _Tokens) -> Iterator[Field]:
    tokens.take()  # {
    while tokens.ahead != "}":
        name = tokens.take()
        if name == "...":
            tokens.take()  # on
            yield Field("...", on=tokens.take(), fields=tuple(_fields(tokens)))
            continue
        args = _args(tokens)
        directives = {}
        while tokens.ahead == "@":
            tokens.take()
            directive = tokens.take()
            directives[directive] = _args(tokens)
        yield Field(name, args, directives, tuple(_fields(tokens)) if tokens.ahead == "{" else ())
    tokens.take()


def _args(tokens: _Tokens) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if tokens.ahead == "(":
        tokens.take()
        while tokens.ahead != ")":
            name = tokens.take()
            tokens.take()  # :
            found[name] = _value(tokens)
        tokens.take()
    return found


def _value(tokens: _Tokens) -> Any:
    read = tokens.take()
    if read == "[":
        items = []
        while tokens.ahead != "]":
            items.append(_value(tokens))
        tokens.take()
        return items
    if read.startswith("$"):
        return Variable(read[1:])
    if read.startswith('"'):
        return read[1:-1]
    if re.fullmatch(r"-?\d+", read):
        return int(read)
    return {"true": True, "false": False, "null": None}.get(read, read)


def given(args: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with the variables put in; one that wasn't given is left out."""
    return {
        name: variables.get(value.name) if isinstance(value, Variable) else value
        for name, value in args.items()
        if not isinstance(value, Variable) or value.name in variables
    }


# Answers

_SCALARS = frozenset({str, int, bool, type(None)})


@dataclass
class Answer:
    variables: Mapping[str, Any]
    errors: list[dict[str, Any]] = field(default_factory=list)
    objects: int = 0

    def of(self, node: Node, fields: Sequence[Field], path: tuple[str | int, ...] = ()) -> dict[str, Any]:
        """What was asked for of the node. Raises: Refused."""
        found: dict[str, Any] = {}
        for each in fields:
            name = each.name
            if each.on is not None:
                if node.get("__typename") == each.on:
                    found |= self.of(node, each.fields, path)
                continue
            if name not in node:
                raise Refused("undefinedField", f"Field '{name}' doesn't exist on type '{node.get('__typename', 'QueryRoot')}'")
            try:
                value = node[name]
                if callable(value):
                    value = value(**self._given(each))
                found[name] = value if type(value) in _SCALARS and not each.fields else self._complete(value, each, (*path, name))
            except Denied as denied:
                found[name] = None
                self.errors.append(
                    {
                        "message": str(denied),
                        "path": [*path, name],
                        "extensions": {"code": "ACCESS_DENIED", "documentation": "access-scopes"},
                    }
                )
        return found

    def _given(self, asked: Field) -> dict[str, Any]:
        args = given(asked.args, self.variables) if asked.args else {}
        for name, directive in asked.directives.items():
            args[name] = given(directive, self.variables)
        return args

    def _complete(self, value: Any, asked: Field, path: tuple[str | int, ...]) -> Any:
        """The value at `path` as it was asked for."""
        if isinstance(value, dict):
            if not asked.fields:
                raise Refused("selectionMismatch", f"Field must have selections (field '{asked.name}' returns an object)")
            self.objects += asked.name != "pageInfo"
            return self.of(value, asked.fields, path)
        if isinstance(value, list):
            return [self._complete(item, asked, (*path, index)) for index, item in enumerate(value)]
        if asked.fields and value is not None:
            raise Refused("selectionMismatch", f"Selections can't be made on scalars (field '{asked.name}')")
        return value


def price(fields: Sequence[Field], variables: Mapping[str, Any]) -> int:
    """What a query may cost at most: an object 1, a connection 2 and what it holds times its `first`."""
    return sum(_price(each, variables) if each.price is None else each.price for each in fields)


def _price(asked: Field, variables: Mapping[str, Any]) -> int:
    if not asked.fields or asked.name == "pageInfo":
        return 0
    if asked.on is not None:
        return price(asked.fields, variables)
    args = given(asked.args, variables)
    if "ids" in args:
        return len(args["ids"]) * (1 + price(asked.fields, variables))
    if (connection := next((each for each in asked.fields if each.name == "nodes"), None)) is not None:
        return 2 + int(args.get("first", 50)) * (1 + price(connection.fields, variables))
    return int(args.get("first", 1)) * (1 + price(asked.fields, variables))


def connection(items: Sequence[Any], node: Callable[[Any], Node]) -> Callable[..., Node]:
    """A field that is paged through by position."""

    def page(first: int = 50, after: str | None = None, **_: Any) -> Node:
        start = int(after) if after else 0
        end = start + first
        return {
            "pageInfo": {"hasNextPage": end < len(items), "endCursor": str(min(end, len(items))) if items else None},
            "nodes": [node(item) for item in items[start:end]],
        }

    return page
