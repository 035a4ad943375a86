"""The OpenAPI document: how it is finished, and whether a newer one would break the clients of an older one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import FastAPI

from app.api.problems import MEDIA_TYPE, body_of

Document = dict[str, Any]


# Finishing it


def install(app: FastAPI, webhooks: Document) -> None:
    """Finish the document that FastAPI makes, once. `webhooks` are the messages that are sent to others."""
    plain = app.openapi

    def openapi() -> Document:
        if app.openapi_schema is None:
            app.openapi_schema = finished(plain()) | {"webhooks": webhooks}
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def finished(document: Document) -> Document:
    """With names that are fit for generated clients, refusals in their own content type, examples as they were written, and links
    from what makes a record to what can be done with it."""
    text = orjson.dumps(document).decode()
    text = re.sub(r"\bPage_(\w+?)(?:Out)?_(?=\")", r"\1Page", text)  # Pydantic says Page_OrderOut_
    text = re.sub(r"\bPage\[(\w+?)(?:Out)?\](?=\")", r"\1Page", text)
    done: Document = orjson.loads(text)
    schemas = done["components"]["schemas"] = dict(sorted(done["components"]["schemas"].items()))
    for schema in schemas.values():
        if "examples" in schema:
            schema["examples"] = [_in_order(each, schema, schemas) for each in schema["examples"]]
    for path, item in done["paths"].items():
        for operation in item.values():
            operation["summary"] = operation["operationId"].replace("_", " ").capitalize().replace(" sku", " SKU")
            for status, response in operation["responses"].items():
                if status >= "400":
                    response["content"] = _problem(int(status), response["description"])
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _never_null(parameter["schema"])
                if parameter["name"] == "If-Match":  # optional to FastAPI, so that its absence is a 428 and not a 422
                    parameter |= {"required": True, "example": "*"}
        post = item.get("post", {})
        if "201" in post.get("responses", ()):
            post["responses"]["201"]["links"] = dict(_links(done, path, post["operationId"]))
    return done


def _never_null(schema: Document) -> Document:
    """A parameter that is left out isn't there; null can't be written in an address or a header."""
    real = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return {name: value for name, value in schema.items() if name != "anyOf"} | real[0] if len(real) == 1 else schema


def _in_order(example: Any, schema: Document, schemas: Document) -> Any:
    """The example with its fields in the order of the schema; Pydantic sorts them by name."""
    for each in (schema, *schema.get("anyOf", ())):
        if "$ref" in each:
            schema = schemas[each["$ref"].rpartition("/")[2]]
        elif "items" in each:
            schema = each
    if isinstance(example, dict) and "properties" in schema:
        known = schema["properties"]
        return {name: _in_order(example[name], known[name], schemas) for name in known if name in example}
    if isinstance(example, list):
        return [_in_order(each, schema.get("items", {}), schemas) for each in example]
    return example


def _problem(status: int, description: str) -> Document:
    """How a refusal is written, with the first that the description names as its example."""
    found = re.match(r"`(\w+)`: (.*)", description)
    assert found is not None, description
    return {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": body_of(status, found[1], found[2])}}


def _links(document: Document, path: str, name: str) -> Iterator[tuple[str, Document]]:
    """From what makes a record to the operations on it, and on what comes with it."""
    known = {"add_sku": {"sku_id": "id"}, "create_product": {"sku_id": "skus/0/id"}, "place_order": {"contact_id": "contact_id"}}.get(
        name, {}
    )
    for other, item in document["paths"].items():
        for operation in item.values():
            if found := re.fullmatch(rf"{re.escape(path)}/\{{(\w+)\}}(/\w+)?", other):
                parameter, field = found[1], "id"
            elif found := next((found for found in re.finditer(r"\{(\w+)\}", other) if found[1] in known), None):
                parameter, field = found[1], known[found[1]]
            else:
                continue
            target = operation["operationId"]
            yield target, {"operationId": target, "parameters": {parameter: f"$response.body#/{field}"}}


# Comparing it


def breaks(landed: Document, now: Document) -> list[str]:
    """What clients of the landed contract would trip over, in words; adding something is no break.

    A request must still be taken in and an answer must still hold what it held. Values may be added to what is answered, so clients
    are told (docs/api.md) to expect words that they don't know.
    """
    return sorted(set(_breaks(landed, now)))


def _breaks(landed: Document, now: Document) -> Iterator[str]:
    for path, item in landed["paths"].items():
        for method, before in item.items():
            where = f"{method.upper()} {path}"
            after = now["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{where} is gone"
                continue
            if before["operationId"] != after["operationId"]:
                yield f"{where} is called {after['operationId']} now; generated clients know it as {before['operationId']}"
            yield from _asked(before, after, where, landed, now)
            for status, answer in before["responses"].items():
                if status >= "400":
                    continue
                if status not in after["responses"]:
                    yield f"{where} doesn't answer {status} any more"
                    continue
                yield from _changed(_body(answer), _body(after["responses"][status]), f"{where}, answer", landed, now, False, set())


def _asked(before: Document, after: Document, where: str, landed: Document, now: Document) -> Iterator[str]:
    known = {(each["in"], each["name"]): each for each in before.get("parameters", ())}
    offered = {(each["in"], each["name"]): each for each in after.get("parameters", ())}
    for key in known.keys() - offered.keys():
        yield f"{where}: the parameter {key[1]} is gone"
    for key, each in offered.items():
        if each.get("required") and not known.get(key, {}).get("required"):
            yield f"{where}: the parameter {key[1]} is required now"
        if key in known:
            yield from _changed(known[key]["schema"], each["schema"], f"{where}, {key[1]}", landed, now, True, set())
    body, wanted = before.get("requestBody", {}), after.get("requestBody", {})
    if wanted.get("required") and not body.get("required"):
        yield f"{where}: a body is required now"
    yield from _changed(_body(body), _body(wanted), f"{where}, body", landed, now, True, set())


def _body(holder: Document) -> Document:
    found: Document = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return found


_LIMITS = dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), 1)
_LIMITS |= dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), -1)


def _changed(
    before: Document, after: Document, where: str, landed: Document, now: Document, asked: bool, seen: set[tuple[str, str]]
) -> Iterator[str]:
    """How a schema became narrower, where it is `asked` of clients, or wider, where it is answered to them."""
    names = (before.get("$ref", ""), after.get("$ref", ""))
    if all(names):
        if names in seen:
            return
        seen = seen | {names}
    (kinds, before), (new_kinds, after) = _plain(before, landed), _plain(after, now)
    if lost := (kinds - new_kinds if asked else new_kinds - kinds) if kinds and new_kinds else set():
        yield f"{where}: {'no longer takes' if asked else 'may now be'} {', '.join(sorted(lost))}"
        return
    if asked:
        words, new_words = set(before.get("enum", ())), set(after.get("enum", ()))
        if new_words and (not words or words - new_words):
            yield f"{where}: no longer takes {', '.join(sorted(map(str, words - new_words))) or 'every word'}"
        for limit, sign in _LIMITS.items():
            if limit in after and (limit not in before or sign * after[limit] < sign * before[limit]):
                yield f"{where}: {limit} is {after[limit]} now"
    fields, new_fields = before.get("properties", {}), after.get("properties", {})
    if fields or new_fields:
        for name in fields.keys() - new_fields.keys():
            yield f"{where}: {name} is gone"
        if asked:
            for name in set(after.get("required", ())) - set(before.get("required", ())):
                yield f"{where}: {name} is required now"
        for name in fields.keys() & new_fields.keys():
            yield from _changed(fields[name], new_fields[name], f"{where}: {name}", landed, now, asked, seen)
    if "items" in before and "items" in after:
        yield from _changed(before["items"], after["items"], f"{where}[]", landed, now, asked, seen)


def _plain(schema: Document, document: Document) -> tuple[set[str], Document]:
    """The types that a schema allows, and the one alternative of it that isn't null."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" not in schema:
        return ({schema["type"]} if "type" in schema else set()), schema
    kinds: set[str] = set()
    plain: Document = {}
    for each in schema["anyOf"]:
        allowed, found = _plain(each, document)
        kinds |= allowed
        plain = plain if allowed == {"null"} else found
    return kinds, plain
