"""The OpenAPI document: fit for generated clients, its examples run as they stand, and what breaks a client is noticed."""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.api import problems
from app.api.contract import breaks
from app.database import DatabaseUnavailable
from app.domain.errors import Refusal
from app.main import TAGS, create_app
from app.settings import Settings
from tests.api.client import serving
from tests.servers import OWNER_TOKEN

LANDED = Path("openapi/landed.json")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def test_what_is_offered_now_breaks_no_client_of_the_landed_contract(document: dict[str, Any]) -> None:
    assert breaks(json.loads(LANDED.read_text()), document) == []


def test_names_are_fit_for_generated_clients(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(ids)) == len(ids)
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert [name for name in document["components"]["schemas"] if not re.fullmatch(r"([A-Z][a-z]+)+", name)] == []
    assert "OrderPage" in document["components"]["schemas"]


def test_every_operation_has_a_noun_and_every_noun_a_description(document: dict[str, Any]) -> None:
    described = {tag["name"] for tag in TAGS if tag["description"]}
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} == described
    assert [operation["operationId"] for _, _, operation in operations(document) if not operation.get("description")] == []


def _body(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any] | None:
    """The schema of an operation's JSON body."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    names = [each["$ref"].rpartition("/")[2] for each in (schema, *schema.get("anyOf", ())) if "$ref" in each]
    return document["components"]["schemas"][names[0]] if names else None


def _needs_an_id(schema: dict[str, Any]) -> bool:
    return any(schema["properties"][name].get("format") == "uuid" for name in schema.get("required", ()))


NEED_A_SHOP = {"change_sharing", "map_listings", "paste_consent", "go_live", "disconnect_channel", "start_channel"}


def _pointed_at(body: Any, expression: str) -> str:
    """What a link's runtime expression names: "$response.body#/skus/0/id"."""
    for part in expression.removeprefix("$response.body#/").split("/"):
        body = body[int(part) if isinstance(body, list) else part]
    return str(body)


def test_every_example_of_the_explorer_runs_as_it_stands_in_a_new_store_from_the_top_down(
    document: dict[str, Any], tmp_path: Path, migrated_sqlite: Path
) -> None:
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    places = [tag["name"] for tag in TAGS]
    order = document["components"]["schemas"]["OrderIn"]["examples"][0]
    ids: dict[str, str] = {}
    tried = set()
    with serving(Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="warning")) as client:
        for method, path, operation in sorted(operations(document), key=lambda each: places.index(each[2]["tags"][0])):
            schema, name = _body(document, operation), operation["operationId"]
            if schema is None or _needs_an_id(schema):
                continue
            if name in NEED_A_SHOP or (any(name not in ids for name in re.findall(r"{(\w+)}", path)) and "{order_id}" not in path):
                continue  # what is about listings or exceptions needs a shop that sells, or something that went wrong
            if "{order_id}" in path:  # cancelled or shipped, an order is done with
                ids["order_id"] = client.made("/v1/orders", order)["id"]
            answer = client.send(method.upper(), path.format(**ids), json=schema["examples"][0], headers={"If-Match": "*"})
            assert answer.is_success, f"{name}: {answer.text}"
            tried.add(name)
            made = answer.json()
            for link in operation["responses"].get("201", {}).get("links", {}).values():
                ids |= {parameter: _pointed_at(made, field) for parameter, field in link["parameters"].items()}
    assert {"create_product", "post_movement", "post_movements", "place_order", "ship_order", "change_store", "connect_channel"} <= tried


# The words


def _kinds(kind: type[Exception]) -> set[type[Exception]]:
    return {kind, *(below for each in kind.__subclasses__() for below in _kinds(each))}


def test_the_docs_list_every_code_with_its_status_and_no_other() -> None:
    refusals = {kind for kind in _kinds(Refusal) | _kinds(DatabaseUnavailable) if kind.__module__.startswith("app.")} - {Refusal}
    expected = {(problems._status_of(kind), kind.code) for kind in refusals}
    expected |= {(status, code) for status, code in problems._CODES.items()} | {(500, "internal_error")}
    rows = re.findall(r"^\| (\d{3}) \| `(\w+)` \|", Path("docs/api.md").read_text(), re.MULTILINE)
    listed = [(int(status), code) for status, code in rows]
    assert len(set(listed)) == len(listed)
    assert set(listed) == expected


# Breaks


def _contract() -> dict[str, Any]:
    """A small one: a cup is asked for and answered."""
    cup = {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"type": "string", "enum": ["small", "large"]},
            "note": {"anyOf": [{"type": "string", "maxLength": 10}, {"type": "null"}]},
            "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
        },
    }
    part = {"type": "object", "properties": {"units": {"type": "integer", "minimum": 1}, "within": {"$ref": "#/components/schemas/Part"}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Cup"}}}
    post = {
        "operationId": "make_cup",
        "parameters": [{"in": "query", "name": "fired", "required": False, "schema": {"type": "boolean"}}],
        "requestBody": {"content": content},
        "responses": {"201": {"content": content}, "409": {}},
    }
    return {"paths": {"/cups": {"post": post}}, "components": {"schemas": {"Cup": cup, "Part": part}}}


def _post(document: dict[str, Any]) -> Any:
    return document["paths"]["/cups"]["post"]


def _cup(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["Cup"]


def _units(document: dict[str, Any]) -> Any:
    return document["components"]["schemas"]["Part"]["properties"]["units"]


BREAKS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "POST /cups is gone": lambda new: new["paths"].clear(),
    "POST /cups is called create_cup now": lambda new: _post(new).update(operationId="create_cup"),
    "POST /cups doesn't answer 201 any more": lambda new: _post(new)["responses"].pop("201"),
    "POST /cups: a body is required now": lambda new: _post(new)["requestBody"].update(required=True),
    "POST /cups: the parameter fired is gone": lambda new: _post(new)["parameters"].clear(),
    "POST /cups: the parameter fired is required now": lambda new: _post(new)["parameters"][0].update(required=True),
    "POST /cups: the parameter hue is required now": lambda new: _post(new)["parameters"].append(
        {"in": "query", "name": "hue", "required": True, "schema": {"type": "string"}}
    ),
    "POST /cups, fired: no longer takes boolean": lambda new: _post(new)["parameters"][0].update(schema={"type": "integer"}),
    "POST /cups, answer: note is gone": lambda new: _cup(new)["properties"].pop("note"),
    "POST /cups, body: note is required now": lambda new: _cup(new)["required"].append("note"),
    "POST /cups, body: hue is required now": lambda new: _cup(new)["required"].append("hue"),
    "POST /cups, body: size: no longer takes large": lambda new: _cup(new)["properties"]["size"]["enum"].remove("large"),
    "POST /cups, body: note: maxLength is 5 now": lambda new: _cup(new)["properties"]["note"]["anyOf"][0].update(maxLength=5),
    "POST /cups, body: note: no longer takes null": lambda new: _cup(new)["properties"].update(note={"type": "string", "maxLength": 10}),
    "POST /cups, answer: size: may now be null": lambda new: _cup(new)["properties"].update(
        size={"anyOf": [{"type": "string", "enum": ["small", "large"]}, {"type": "null"}]}
    ),
    "POST /cups, body: parts[]: units: minimum is 2 now": lambda new: _units(new).update(minimum=2),
    "POST /cups, answer: parts[]: units: may now be string": lambda new: _units(new).update(type="string"),
}


@pytest.mark.parametrize("said", BREAKS)
def test_what_breaks_a_client_is_named(said: str) -> None:
    changed = _contract()
    BREAKS[said](changed)
    assert any(found.startswith(said) for found in breaks(_contract(), changed)), breaks(_contract(), changed)


ADDITIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "nothing": lambda new: None,
    "a path": lambda new: new["paths"].update({"/jugs": deepcopy(new["paths"]["/cups"])}),
    "an optional parameter": lambda new: _post(new)["parameters"].append({"in": "query", "name": "hue", "schema": {"type": "string"}}),
    "an optional field": lambda new: _cup(new)["properties"].update(hue={"type": "string"}),
    "a word": lambda new: _cup(new)["properties"]["size"]["enum"].append("huge"),
    "a wider limit": lambda new: _cup(new)["properties"]["note"]["anyOf"][0].update(maxLength=50),
    "a refusal": lambda new: _post(new)["responses"].update({"422": {}}),
    "a description": lambda new: _cup(new).update(description="For tea."),
}


@pytest.mark.parametrize("added", ADDITIONS)
def test_adding_breaks_nobody(added: str) -> None:
    changed = _contract()
    ADDITIONS[added](changed)
    assert breaks(_contract(), changed) == []
