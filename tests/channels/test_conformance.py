"""The suite itself: nobody gets round it."""

from pathlib import Path

import httpx
import pytest

from app.channels import registry
from tests.channels import contract
from tests.channels.conformance import Conformance, every_kind
from tests.channels.contract import Broken, Witness
from tests.channels.test_memory_conformance import MemoryFixtures
from tests.golden import CASES


class Exempted(MemoryFixtures):
    def __init__(self, name: str, reason: str) -> None:
        self.exempt = {name: reason}  # type: ignore[misc]


def test_every_kind_of_channel_is_in_the_suite_and_in_the_golden_table() -> None:
    kinds = every_kind()
    assert kinds.keys() == registry.KINDS.keys()
    for kind, fixtures in kinds.items():
        assert set(fixtures.played) & {"told", "polled"}
        told = [case for case in CASES if not {kind, fixtures.dialect} & case.not_in.keys()]
        assert len(told) > len(CASES) / 3


def test_whoever_inherits_the_suite_gives_fixtures_and_overrides_nothing() -> None:
    ours = {"fixtures": MemoryFixtures()}
    type("Passes", (Conformance,), ours)
    for more in ({"test_a_forged_message_is_kept_out": None}, {"test_of_its_own": lambda self: None}, {"here": None}, {"_listing": 1}):
        with pytest.raises(TypeError, match="gives fixtures and nothing else"):
            type("Overrides", (Conformance,), ours | more)
    with pytest.raises(TypeError, match="gives fixtures and nothing else"):
        type("Empty", (Conformance,), {})


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("test_that_there_is_not", "It has none of these at all.", "which there isn't"),
        ("here", "It has none of these at all.", "which there isn't"),
        ("test_a_forged_message_is_kept_out", "", "without a reason"),
        ("test_a_forged_message_is_kept_out", "later", "without a reason"),
    ],
)
def test_an_exemption_names_a_test_and_its_reason(name: str, reason: str, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        type("Exempts", (Conformance,), {"fixtures": Exempted(name, reason)})


def test_what_is_exempted_is_not_collected_and_nothing_else_is_left_out() -> None:
    fixtures = Exempted("test_a_forged_message_is_kept_out", "Nobody would forge a message of this shop.")
    left = type("Exempts", (Conformance,), {"fixtures": fixtures})
    tests = {name for name in vars(Conformance) if name.startswith("test_")}
    assert {name for name in tests if getattr(left, name) is None} == {"test_a_forged_message_is_kept_out"}
    assert len(tests) > 40


# Calls held against a document


@pytest.fixture
def described() -> contract.Described:
    told = {
        "openapi": "3.0.2",
        "info": {"title": "Bazaar", "version": "1"},
        "paths": {
            "/things/{id}": {
                "put": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                        {"name": "lang", "in": "query", "schema": {"type": "string", "enum": ["de", "en"], "default": None}},
                        {"name": "x-key", "in": "header", "required": True, "schema": {"type": "string"}},
                    ],
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                    "responses": {
                        "200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
                    },
                }
            }
        },
        "components": {"schemas": {"Thing": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}},
    }
    return contract.Described("/v1", told)


def test_a_call_is_held_against_its_path_its_parameters_its_headers_and_both_bodies(described: contract.Described) -> None:
    def call(
        url: str = "/v1/things/7?lang=de", sent: object = {"n": 1}, got: object = {"n": 2}, status: int = 200, key: str = "x-key"
    ) -> None:
        request = httpx.Request("PUT", f"https://bazaar.example{url}", json=sent, headers={key: "secret"})
        described.holds(request, httpx.Response(status, json=got), strict=True)

    call()
    for wrong in (
        {"url": "/v1/thing/7"},
        {"url": "/v1/things/seven"},
        {"url": "/v1/things/7?lang=fr"},
        {"url": "/v1/things/7?langue=de"},
        {"key": "x-kee"},
        {"sent": {"n": "1"}},
        {"sent": {}},
        {"sent": {"n": 1, "m": 1}},
        {"got": {"n": None}},
        {"got": {"n": 1, "m": 1}},
        {"got": []},
        {"status": 201},
    ):
        with pytest.raises(Broken):
            call(**wrong)


def test_a_call_that_no_document_tells_of_is_made_and_not_validated(monkeypatch: pytest.MonkeyPatch, described: contract.Described) -> None:
    monkeypatch.setattr(contract, "document", lambda _: contract.Together([described]))
    monkeypatch.setattr(Witness, "has_document", True)
    witness = Witness("bazaar")
    with pytest.raises(Broken, match=r"GET https://bazaar\.example/v2/things -> 200"):
        witness.sees(httpx.Request("GET", "https://bazaar.example/v2/things"), httpx.Response(200))
    assert (witness.made, witness.validated) == (1, 0)


def test_a_folder_without_the_documents_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(contract, "SPECS", tmp_path)
    told = {kind: Witness(kind).is_absent for kind in ("etsy", "woocommerce")}
    assert told == {"etsy": "etsy/etsy-open-api-v3-3.0.0.json isn't in the folder that TALLYSTICK_SPECS names", "woocommerce": None}
    assert not Witness("etsy").has_document
