"""Every call held against the platform's own document: what an adapter asks, and what a sandbox shop answers.

The documents lie in the folder that TALLYSTICK_SPECS names, `../shared/specs` beside the project if it isn't set; a `Witness` reads
them when the first call of its kind comes, once in a process. Paths, parameters, headers and bodies are all looked at, and a name that the
document doesn't know is a fault on either side. Where a document is wrong, or older than the platform, the platform's fact sheet wins: it
is put right here, with its source. Calls for which nothing was published (tokens) are described here in the same form.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import httpx
from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_client_schema,
    get_named_type,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.validation import NoDeprecatedCustomRule, specified_rules
from jsonschema.exceptions import best_match
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from werkzeug.datastructures import Headers, ImmutableMultiDict

SPECS: Final = Path(os.environ.get("TALLYSTICK_SPECS") or Path(__file__).resolve().parents[3] / "shared" / "specs")


class Broken(AssertionError):
    """A call that isn't as the platform's document says."""


class Document(Protocol):
    def holds(self, request: httpx.Request, answer: httpx.Response, *, strict: bool) -> None:
        """Raises: Broken. Not `strict`: only the answer is looked at, and may have names that the document doesn't know."""


class Witness:
    """Counts the calls of one shop, and how many of them the platform's document has been asked about."""

    def __init__(self, kind: str) -> None:
        self.made = self.validated = 0
        self._kind = kind

    @property
    def has_document(self) -> bool:
        return self._kind in PUBLISHED and not self.is_absent

    @property
    def is_absent(self) -> str | None:
        """Why there is nothing to hold calls against, though the platform has published something."""
        missing = [each for each in PUBLISHED.get(self._kind, ()) if not (SPECS / each).is_file()]
        return f"{missing[0]} isn't in the folder that TALLYSTICK_SPECS names" if missing else None

    def sees(self, request: httpx.Request, answer: httpx.Response) -> None:
        """Raises: Broken."""
        self.made += 1
        if self.has_document:
            # The same words twice are the same call.
            key = self._words(request, answer)
            if key not in _held:
                try:
                    document(self._kind).holds(request, answer, strict=True)
                except Broken as broken:
                    raise Broken(f"{request.method} {request.url} -> {answer.status_code}: {broken}") from broken
                _held.add(key)
            self.validated += 1

    def allows(self, request: httpx.Request, answer: httpx.Response) -> bool:
        """Whether the document would let the shop answer this."""
        key = self._words(request, answer)
        if key not in _allowed:
            try:
                document(self._kind).holds(request, answer, strict=False)
                _allowed[key] = True
            except Broken:
                _allowed[key] = False
        return _allowed[key]

    def _words(self, request: httpx.Request, answer: httpx.Response) -> int:
        said = answer.status_code, answer.headers.get("content-type"), answer.content
        return hash((self._kind, request.method, request.url, *request.headers.raw, request.content, *said))


_held: Final[set[int]] = set()
_allowed: Final[dict[int, bool]] = {}


@cache
def document(kind: str) -> Document:
    return _READERS[kind]()


# OpenAPI


@dataclass(frozen=True)
class _Asked:
    """A request in openapi-core's words."""

    host_url: str
    path: str
    method: str
    body: bytes
    content_type: str
    parameters: RequestParameters


@dataclass(frozen=True)
class _Answered:
    status_code: int
    data: bytes
    content_type: str
    headers: Mapping[str, Any]


class Described:
    """One OpenAPI document. `base` is what comes before its paths, by whatever name the host is known."""

    def __init__(self, base: str, told: dict[str, Any]) -> None:
        self.base = base
        told["servers"] = [{"url": f"https://{_HOST}{base}"}]
        told.pop("security", None)  # a header like the others: see `needs`
        _mended(told)
        # The published documents have faults of their own (an enumeration with a twin, a default of null): they are read as they are.
        self._strict = OpenAPI.from_dict(told, config=Config(spec_validator_cls=None, additional_properties_default_policy="forbid"))
        self._loose = OpenAPI.from_dict(told, config=Config(spec_validator_cls=None))
        self._told = told

    def holds(self, request: httpx.Request, answer: httpx.Response, *, strict: bool) -> None:
        reader = self._strict if strict else self._loose
        query = parse_qsl(request.url.query.decode(), keep_blank_values=True)
        asked = _Asked(
            f"https://{_HOST}",
            request.url.path,
            request.method.lower(),
            request.content,
            request.headers.get("content-type", "").partition(";")[0],
            RequestParameters(query=ImmutableMultiDict(query), header=Headers(request.headers.items())),
        )
        answered = _Answered(answer.status_code, answer.content, answer.headers.get("content-type", "").partition(";")[0], answer.headers)
        try:
            if strict:
                reader.validate_request(asked)  # type: ignore[arg-type]
                self._knows(asked)
            reader.validate_response(asked, answered)  # type: ignore[arg-type]
        except OpenAPIError as error:
            raise Broken(_said(error)) from error

    def _knows(self, asked: _Asked) -> None:
        """openapi-core has no look at what a document doesn't name."""
        operation = self._strict.request_validator._find_path(asked).operation  # type: ignore[arg-type]
        known = {each["name"] for each in operation.read_value().get("parameters", ()) if each["in"] == "query"}
        unknown = set(asked.parameters.query) - known
        if unknown:
            raise Broken(f"the document knows no parameter {', '.join(sorted(unknown))}")


_HOST: Final = "platform.example"


class Together:
    """The documents of one platform: a call is the business of the one whose paths it is below."""

    def __init__(self, documents: Sequence[Described]) -> None:
        self._documents = sorted(documents, key=lambda each: -len(each.base))

    def holds(self, request: httpx.Request, answer: httpx.Response, *, strict: bool) -> None:
        for each in self._documents:
            if request.url.path.startswith(each.base + "/"):
                return each.holds(request, answer, strict=strict)
        raise Broken("no document tells of this address")


def _said(error: BaseException | None) -> str:
    told = []
    while error is not None:
        deepest = best_match(getattr(error, "schema_errors", ()))
        told.append(f"{deepest.json_path}: {deepest.message[:300]}" if deepest else str(error)[:100] or type(error).__name__)
        error = error.__cause__
    return "; ".join(dict.fromkeys(told))


def _mended(node: Any) -> None:
    """`default: null` for what may not be null: said of nearly every optional parameter of Etsy's."""
    if isinstance(node, dict):
        if node.get("default", 0) is None:
            del node["default"]
        for each in node.values():
            _mended(each)
    elif isinstance(node, list):
        for each in node:
            _mended(each)


def _loaded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SPECS / name).read_bytes())
    return found


def _form(*needed: str, **also: str) -> dict[str, Any]:
    """The schema of an object that has these fields: text, unless `also` says otherwise."""
    types = dict.fromkeys(needed, "string") | also
    return {"type": "object", "required": list(needed), "properties": {name: {"type": each} for name, each in types.items()}}


def _post(asked: str, body: Mapping[str, Any], answered: Mapping[str, Any], *headers: str) -> dict[str, Any]:
    refused = {"type": "object", "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}}}
    return {
        "parameters": [{"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in headers],
        "requestBody": {"required": True, "content": {asked: {"schema": dict(body)}}},
        "responses": {
            "200": {"description": "done", "content": {"application/json": {"schema": dict(answered)}}},
            "default": {"description": "refused", "content": {"application/json": {"schema": refused}}},
        },
    }


def _gives(answered: Mapping[str, Any], refused: Mapping[str, Any]) -> dict[str, Any]:
    def as_json(description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {"description": description, "content": {"application/json": {"schema": dict(schema)}}}

    return {"responses": {"200": as_json("done", answered), "default": as_json("refused", refused)}}


def _paths(**paths: Mapping[str, Any]) -> dict[str, Any]:
    return {"openapi": "3.0.2", "info": {"title": "not published", "version": "0"}, "paths": {}, "components": {}} | paths


def _needs(told: dict[str, Any], *headers: str) -> None:
    """Headers that the document speaks of as security, or only in its text. Who a token is for is asked where it says so."""
    for path in told["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                wanted = {*headers, *("authorization" for each in operation.pop("security", ()) if "oauth2" in each)}
                made = [{"name": name, "in": "header", "required": True, "schema": _HEADERS[name]} for name in sorted(wanted)]
                operation["parameters"] = [*operation.get("parameters", ()), *made]


_HEADERS: Final[Mapping[str, Any]] = {
    "authorization": {"type": "string", "pattern": "^Bearer .+"},
    "x-api-key": {"type": "string", "pattern": "^[^:]+:[^:]+$"},
}


def _else_answers(told: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """What every operation may answer besides: refusals, in the platform's one form."""
    for path in told["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "responses" in operation:
                for status in [each for each in operation["responses"] if each[0] in "45"]:
                    del operation["responses"][status]
                operation["responses"].get("204", {}).pop("content", None)  # eBay's documents describe bodies of answers that have none
                operation["responses"]["default"] = {"description": "refused", "content": {"application/json": {"schema": schema}}}


# Etsy

_FORM: Final = "application/x-www-form-urlencoded"


def _etsy() -> Document:
    told = _loaded(PUBLISHED["etsy"][0])
    told["components"]["schemas"]["Scopes"]["additionalProperties"] = True  # published without the field that it is about
    _needs(told, "x-api-key")
    _else_answers(told, {"$ref": "#/components/schemas/ErrorSchema"})
    # "`skus[]` is present in practice" (fact sheet, section 6), and the document has it only where a listing comes with its associations.
    schemas = told["components"]["schemas"]
    schemas["ShopListing"]["properties"]["skus"] = schemas["ShopListingWithAssociations"]["properties"]["skus"]
    tokens = _form("access_token", "token_type", "refresh_token", expires_in="integer")
    grant = _form("grant_type", "client_id", redirect_uri="string", code="string", code_verifier="string", refresh_token="string")
    beside = _paths(paths={"/v3/public/oauth/token": {"post": _post(_FORM, grant, tokens)}})  # fact sheet, section 2
    return Together([Described("", told), Described("/v3/public", _below(beside, "/v3/public"))])


def _below(told: dict[str, Any], base: str) -> dict[str, Any]:
    told["paths"] = {path.removeprefix(base): each for path, each in told["paths"].items()}
    return told


# eBay


def _ebays_own_faults(told: dict[str, Any]) -> None:
    """Every enumeration is described as an object without fields, and answers without a body as bodies."""
    for schema in told["components"]["schemas"].values():
        if schema.get("type") == "object" and not schema.get("properties"):
            schema["type"] = "string"
    for path in told["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation.get("responses", {}).get("204", {}).pop("content", None)


def _ebay() -> Document:
    refused = {
        "type": "object",
        "required": ["errors"],
        "properties": {"errors": {"type": "array", "items": {"type": "object", "additionalProperties": True}}},
    }
    documents = []
    for name in PUBLISHED["ebay"]:
        told = _loaded(name)
        _needs(told, "authorization")
        _else_answers(told, refused)  # the documents list few statuses and leave their bodies out
        schemas = told["components"]["schemas"]
        if "LocaleEnum" in schemas:
            schemas["LocaleEnum"] = {"type": "string"}  # an object by the document, and text (en_US) by its own words
        if "legacyOrderId" not in schemas.get("Order", {"properties": "legacyOrderId"})["properties"]:
            schemas["Order"]["properties"]["legacyOrderId"] = {"type": "string"}  # "may accompany it" (fact sheet, section 3)
        _ebays_own_faults(told)
        documents.append(Described(told["servers"][0]["variables"]["basePath"]["default"], told))
    token = _form("access_token", "token_type", refresh_token="string", expires_in="integer", refresh_token_expires_in="integer")
    grant = _form("grant_type", scope="string", code="string", redirect_uri="string", refresh_token="string")
    seller = _form("userId", "username", "registrationMarketplaceId", accountType="string")
    who = {
        "parameters": [{"name": "authorization", "in": "header", "required": True, "schema": {"type": "string"}}],
        **_gives(seller, refused),
    }
    documents.append(Described("/commerce/identity/v1", _paths(paths={"/user/": {"get": who}})))
    documents.append(Described("/identity/v1/oauth2", _paths(paths={"/token": {"post": _post(_FORM, grant, token, "authorization")}})))
    return Together(documents)


# Shopify


class Schema:
    """Shopify's GraphQL schema, and the two addresses beside it: for tokens, and for the files that bulk operations leave."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        grant = _form("grant_type", "client_id", "client_secret")
        given = _form("access_token", "scope", expires_in="integer")
        self._tokens = Described("/admin/oauth", _paths(paths={"/access_token": {"post": _post(_FORM, grant, given)}}))
        self._known: dict[str, OperationDefinitionNode] = {}

    def holds(self, request: httpx.Request, answer: httpx.Response, *, strict: bool) -> None:
        if request.url.path.endswith("graphql.json"):
            self._operation(request, answer)
        elif request.method == "GET":
            _file(answer)
        else:
            self._tokens.holds(request, answer, strict=strict)

    def _operation(self, request: httpx.Request, answer: httpx.Response) -> None:
        if not request.headers.get("x-shopify-access-token"):
            raise Broken("there is no token")
        sent = json.loads(request.content)
        operation = self.operation(sent["query"])
        if operation.name is None or sent["operationName"] != operation.name.value:
            raise Broken("the operation is called something else")
        coerced = get_variable_values(self.schema, operation.variable_definitions or (), sent["variables"])
        if isinstance(coerced, list):
            raise Broken(str(coerced))
        body = answer.json()
        if answer.status_code != 200:
            return
        errors = body.get("errors", ())
        if "errors" in body and not (errors and all(isinstance(each.get("message"), str) for each in errors)):
            raise Broken(f"no errors are errors: {errors}")
        root = self.schema.get_root_type(operation.operation)
        if root is None:
            raise Broken("no such root")
        dark = frozenset(".".join(str(step) for step in each.get("path", ())) for each in errors)
        if not errors or body.get("data") is not None:
            fits(self.schema, root, operation.selection_set, body.get("data"), sent["operationName"], dark)

    def operation(self, query: str) -> OperationDefinitionNode:
        """What is asked, once it has been held against the schema."""
        if query not in self._known:
            document = parse(query)
            if wrong := validate(self.schema, document, [*specified_rules, NoDeprecatedCustomRule]):
                raise Broken(str(wrong))
            [found] = document.definitions
            assert isinstance(found, OperationDefinitionNode)
            self._known[query] = found
        return self._known[query]


def _shopify() -> Schema:
    told = json.loads(gzip.decompress((SPECS / PUBLISHED["shopify"][0]).read_bytes()))
    return Schema(build_client_schema(told["data"], assume_valid=True))


def _file(answer: httpx.Response) -> None:
    """The file of a bulk operation: an object in each line."""
    lines = answer.content.splitlines()
    if answer.status_code in (200, 206) and not all(line.startswith(b"{") for line in lines[:1]):
        raise Broken("the file isn't made of objects")


def fits(
    schema: GraphQLSchema, of: GraphQLObjectType, asked: SelectionSetNode, found: Any, path: str, dark: frozenset[str] = frozenset()
) -> None:
    """Exactly the fields that were asked for, each of its type; those that an error speaks of may be null. Raises: Broken."""
    if not isinstance(found, Mapping):
        raise Broken(f"{path} is no object")
    expected = dict(selected(of, asked))
    if set(found) != set(expected):
        raise Broken(f"{path} has {sorted(set(found) ^ set(expected))} too much or too little")
    for name, node in expected.items():
        fits_type(schema, of.fields[name].type, node, found[name], f"{path}.{name}", dark)


def selected(of: GraphQLObjectType, asked: SelectionSetNode) -> Iterator[tuple[str, FieldNode]]:
    for node in asked.selections:
        if isinstance(node, FieldNode):
            yield node.name.value, node
        elif isinstance(node, InlineFragmentNode) and node.type_condition and node.type_condition.name.value == of.name:
            yield from selected(of, node.selection_set)


def fits_type(schema: GraphQLSchema, type_: Any, node: FieldNode, found: Any, path: str, dark: frozenset[str]) -> None:
    if isinstance(type_, GraphQLNonNull):
        if found is None and path.partition(".")[2] not in dark:
            raise Broken(f"{path} may not be null")
        type_ = type_.of_type
    if found is None:
        return
    if isinstance(type_, GraphQLList):
        if not isinstance(found, list):
            raise Broken(f"{path} is no list")
        for index, item in enumerate(found):
            fits_type(schema, type_.of_type, node, item, f"{path}[{index}]", dark)
        return
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        if found not in named.values:
            raise Broken(f"{path} is no {named.name}: {found}")
    elif node.selection_set is not None:
        concrete = named if isinstance(named, GraphQLObjectType) else schema.type_map["InventoryItem"]  # the one node that is asked for
        assert isinstance(concrete, GraphQLObjectType)
        fits(schema, concrete, node.selection_set, found, path, dark)
    else:
        try:
            right = LEAVES[named.name](found)
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            right = False
        if not right:
            raise Broken(f"{path} is no {named.name}: {found!r}")


LEAVES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "String": lambda found: isinstance(found, str),
    "Int": lambda found: type(found) is int,
    "Boolean": lambda found: isinstance(found, bool),
    "ID": lambda found: found.startswith("gid://shopify/"),
    "UnsignedInt64": lambda found: isinstance(found, str) and found.isdecimal(),
    "Decimal": lambda found: isinstance(found, str) and Decimal(found).is_finite(),
    "DateTime": lambda found: datetime.fromisoformat(found).utcoffset() == timedelta(),
    "URL": lambda found: isinstance(found, str),
}


# What has been published, by kind of channel

PUBLISHED: Final[Mapping[str, Sequence[str]]] = {
    "etsy": ("etsy/etsy-open-api-v3-3.0.0.json",),
    "ebay": (
        "ebay/sell_inventory_v1_oas3.json",
        "ebay/sell_fulfillment_v1_oas3.json",
        "ebay/commerce_notification_v1_oas3.json",
        "ebay/developer_analytics_v1_beta_oas3.json",
    ),
    "shopify": ("shopify/shopify-admin-2026-10.introspection.json.gz",),
}
_READERS: Final[Mapping[str, Callable[[], Document]]] = {"etsy": _etsy, "ebay": _ebay, "shopify": _shopify}
