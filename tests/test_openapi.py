"""The OpenAPI document says what the server does: every refusal is a problem in it, and the committed file hasn't drifted."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.main import create_app
from app.settings import Settings

COMMITTED = Path(__file__).resolve().parent.parent / "openapi" / "openapi.json"
PROBLEM = {"$ref": "#/components/schemas/Problem"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()


# They ask, or do once what they do, however often they are sent: docs/api.md names them.
REPEATABLE = {
    "POST /v1/channels/{channel_id}/test",
    "POST /v1/channels/{channel_id}/skus",
    "POST /v1/channels/{channel_id}/consent",
    "POST /v1/channels/{channel_id}/consent/answer",
    "POST /v1/channels/{channel_id}/replay-deliveries",
    "POST /v1/webhook-endpoints/{endpoint_id}/replay",
    "POST /v1/opening-stock",
}


def operations(document: dict[str, Any], under: str = "/") -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        if path.startswith(under):
            for method, operation in item.items():
                yield method, f"{method.upper()} {path}", operation


def test_the_committed_contract_is_what_the_server_offers(document: dict[str, Any]) -> None:
    assert json.loads(COMMITTED.read_text()) == document, "run `make openapi` and look at the difference"


def test_every_operation_has_an_id_of_its_own_a_summary_a_description_and_one_noun(document: dict[str, Any]) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids)) > 30
    assert [name for name in ids if not (name.isidentifier() and name.islower())] == []
    for _, name, operation in operations(document):
        assert operation["summary"] and operation["description"] and len(operation["tags"]) == 1, name
    assert {tag for _, _, operation in operations(document) for tag in operation["tags"]} <= {tag["name"] for tag in document["tags"]}


def test_every_refusal_is_a_problem_and_names_its_codes(document: dict[str, Any]) -> None:
    refusals = 0
    for _, name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                refusals += 1
                ((kind, body),) = answer["content"].items()
                assert (kind, body["schema"]) == ("application/problem+json", PROBLEM), f"{name} {status}"
                assert answer["description"].startswith("`"), f"{name} {status}"
    assert refusals > 200
    assert not {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"])


def test_every_operation_under_v1_tells_of_missing_tokens_scopes_and_outages(document: dict[str, Any]) -> None:
    for method, name, operation in operations(document, "/v1/"):
        assert {"401", "403", "422", "503"} <= set(operation["responses"]), name
        assert operation["security"], name
        assert "`invalid_request`" in operation["responses"]["422"]["description"], name
        assert "`overloaded`" in operation["responses"]["503"]["description"], name
        if method == "post":
            assert "413" in operation["responses"], name
            keyed = "Idempotency-Key" in [each["name"] for each in operation.get("parameters", ())]
            assert keyed != (name in REPEATABLE), name
            assert keyed == ("`idempotency_key_reused`" in operation["responses"]["422"]["description"]), name


def test_limits_are_written_as_json_schema_writes_them(document: dict[str, Any]) -> None:
    known = {"ge", "le", "gt", "lt", "min_length", "max_length", "strip_whitespace", "multiple_of"}

    def stray(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(stray, value))
        if not isinstance(value, dict):
            return set()
        return (known & set(value)) | set().union(*map(stray, value.values()))

    assert stray(document) == set()
    movement = document["components"]["schemas"]["MovementIn"]["properties"]
    assert (movement["quantity"]["minimum"], movement["quantity"]["maximum"]) == (1, 1_000_000)
    assert (movement["sku"]["minLength"], movement["sku"]["maxLength"]) == (1, 200)


def test_what_must_be_sent_is_marked_and_nothing_unknown_may_be(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["MovementIn"]["required"]) == {"sku", "location", "quantity", "source", "target", "reason"}
    asked = set()
    for _, _, operation in operations(document, "/v1/"):
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        asked |= {each["$ref"].rpartition("/")[2] for each in (schema, *schema.get("anyOf", ())) if "$ref" in each}
    assert len(asked) > 10
    assert [name for name in asked if schemas[name].get("additionalProperties") is not False] == []
