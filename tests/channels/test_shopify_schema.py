"""What the adapter asks and what the simulated shop answers, against Shopify's own published schema."""

import gzip
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
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

from app import chance
from app.channels import shopify_listings
from app.channels.base import Connection, Entry, Parcel, ShipLine, TryLater, WriteRequest
from app.channels.shopify import TOPICS, Shopify
from app.channels.shopify_graphql import OPERATIONS, listing_in_bulk
from app.sandbox.faults import ShopTransport
from app.sandbox.shopify import ShopifyShop
from tests.channels.shopify import MemoryVault

SPECS = Path(os.environ.get("TALLYSTICK_SPECS") or Path(__file__).resolve().parents[3] / "shared" / "specs")
PUBLISHED = SPECS / "shopify" / "shopify-admin-2026-10.introspection.json.gz"


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    if not PUBLISHED.is_file():
        pytest.skip("Shopify's schema isn't here: put it under the folder that TALLYSTICK_SPECS names")
    document = json.loads(gzip.decompress(PUBLISHED.read_bytes()))
    return build_client_schema(document["data"], assume_valid=True)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_valid_and_uses_nothing_deprecated(schema: GraphQLSchema, name: str) -> None:
    document = parse(OPERATIONS[name])
    assert validate(schema, document, [*specified_rules, NoDeprecatedCustomRule]) == []
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode) and operation.name is not None
    assert operation.name.value == name


def test_what_is_written_into_a_file_is_asked_for_as_shopify_wants_it(schema: GraphQLSchema) -> None:
    document = parse(listing_in_bulk("gid://shopify/Location/70000000001"))
    assert validate(schema, document, [*specified_rules, NoDeprecatedCustomRule]) == []
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert not operation.variable_definitions
    connections = [path for path in paths(operation.selection_set) if path[-1] == "edges"]
    assert connections == [("productVariants", "edges")]  # of five that there may be, two of them inside each other


def paths(asked: SelectionSetNode | None, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for node in asked.selections if asked else ():
        assert isinstance(node, FieldNode)
        yield (*above, node.name.value)
        yield from paths(node.selection_set, (*above, node.name.value))


def test_a_location_cant_change_what_is_asked() -> None:
    harmless, harmful = listing_in_bulk("x"), listing_in_bulk('x") { id } } } } # ')
    asked = [[node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode)] for text in (harmless, harmful)]
    assert [list(paths(one.selection_set)) for one in asked[1]] == [list(paths(one.selection_set)) for one in asked[0]]


def test_an_operation_that_asks_for_what_isnt_there_is_found_out(schema: GraphQLSchema) -> None:
    wrong = OPERATIONS["SetAvailable"].replace("quantityAfterChange", "quantityAfter")
    assert len(validate(schema, parse(wrong))) == 1


def test_every_topic_is_one_of_shopifys(schema: GraphQLSchema) -> None:
    known = schema.type_map["WebhookSubscriptionTopic"]
    assert isinstance(known, GraphQLEnumType)
    assert {topic.upper().replace("/", "_") for topic in TOPICS} <= known.values.keys()


class Witness(httpx.BaseTransport):
    """Holds each request and each answer against the schema."""

    def __init__(self, schema: GraphQLSchema, inner: httpx.BaseTransport) -> None:
        self.schema, self.inner = schema, inner
        self.seen: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if request.url.path.endswith("graphql.json"):
            sent = json.loads(request.content)
            self.seen.add(sent["operationName"])
            [operation] = parse(sent["query"]).definitions
            assert isinstance(operation, OperationDefinitionNode)
            coerced = get_variable_values(self.schema, operation.variable_definitions or (), sent["variables"])
            assert not isinstance(coerced, list), coerced
            root = self.schema.get_root_type(operation.operation)
            assert root is not None
            body = answer.json()
            assert "errors" not in body, body
            fits(self.schema, root, operation.selection_set, body["data"], sent["operationName"])
        return answer


def fits(schema: GraphQLSchema, of: GraphQLObjectType, asked: SelectionSetNode, found: Any, path: str) -> None:
    """Exactly the fields that were asked for, each of its type."""
    assert isinstance(found, Mapping), path
    expected = dict(selected(of, asked))
    assert set(found) == set(expected), path
    for name, node in expected.items():
        fits_type(schema, of.fields[name].type, node, found[name], f"{path}.{name}")


def selected(of: GraphQLObjectType, asked: SelectionSetNode) -> Iterator[tuple[str, FieldNode]]:
    for node in asked.selections:
        if isinstance(node, FieldNode):
            yield node.name.value, node
        elif isinstance(node, InlineFragmentNode) and node.type_condition and node.type_condition.name.value == of.name:
            yield from selected(of, node.selection_set)


def fits_type(schema: GraphQLSchema, type_: Any, node: FieldNode, found: Any, path: str) -> None:
    if isinstance(type_, GraphQLNonNull):
        assert found is not None, path
        return fits_type(schema, type_.of_type, node, found, path)
    if found is None:
        return None
    if isinstance(type_, GraphQLList):
        assert isinstance(found, list), path
        for index, item in enumerate(found):
            fits_type(schema, type_.of_type, node, item, f"{path}[{index}]")
        return None
    named = get_named_type(type_)
    if isinstance(named, GraphQLEnumType):
        assert found in named.values, path
    elif node.selection_set is not None:
        concrete = named if isinstance(named, GraphQLObjectType) else schema.type_map["InventoryItem"]  # the one node that is asked for
        assert isinstance(concrete, GraphQLObjectType)
        fits(schema, concrete, node.selection_set, found, path)
    else:
        LEAVES[named.name](found)
    return None


def text(found: Any) -> None:
    assert isinstance(found, str)


def whole(found: Any) -> None:
    assert isinstance(found, int) and not isinstance(found, bool)


def either(found: Any) -> None:
    assert isinstance(found, bool)


def gid(found: Any) -> None:
    assert found.startswith("gid://shopify/")


def number(found: Any) -> None:
    assert isinstance(found, str) and found.isdecimal()


def amount(found: Any) -> None:
    assert isinstance(found, str) and Decimal(found).is_finite()


def moment(found: Any) -> None:
    assert datetime.fromisoformat(found).utcoffset() == timedelta()


LEAVES = {
    "String": text,
    "Int": whole,
    "Boolean": either,
    "ID": gid,
    "UnsignedInt64": number,
    "Decimal": amount,
    "DateTime": moment,
    "URL": text,
}


def test_every_request_and_every_answer_fits_the_schema(schema: GraphQLSchema, monkeypatch: pytest.MonkeyPatch) -> None:
    with chance.installed(chance.Seeded(7, datetime(2026, 11, 22, 15, 0, tzinfo=UTC))) as clock:
        shop = ShopifyShop(name="mugs")
        shop.admin.maximum = shop.admin.left = 20_000.0
        mugs = [shop.add(f"MUG-{number}", 30) for number in range(35)]
        shop.add(None, tracked=False)
        witness = Witness(schema, ShopTransport(shop))
        vault = MemoryVault(client_id=shop.client_id, client_secret=shop.secrets[0])
        us = Shopify(Connection("channel-1", {"shop": "mugs", "location_id": shop.location}, vault, witness))
        us.capabilities()
        us.subscribe("https://hub.example/webhooks/1")
        us.subscribe("https://hub.example/webhooks/2")
        list(us.listings())
        monkeypatch.setattr(shopify_listings, "FEW", 2)
        for _ in range(2):
            with pytest.raises(TryLater):
                list(us.listings())
            clock.advance(timedelta(seconds=19))
        clock.advance(timedelta(seconds=1))
        assert len(list(us.listings())) == 36
        us.read_quantities([mugs[0].counter, "1@2"])
        for key, expected in (("a", 30), ("b", 30)):  # the second is stale
            entries = [Entry(mugs[0].counter, -2, expected, 28)]
            us.write_quantities([WriteRequest(mugs[0].counter, entries, key, us.compose(mugs[0].counter, entries, key))])
        order = shop.buy({mug.id: 10 for mug in mugs})
        gone = shop.buy({mugs[0].id: 1})
        assert order is not None and gone is not None
        first = shop.orders[order].lines[0]
        for _ in range(2):
            us.ship(Parcel("parcel-1", order, [ShipLine(first.id, 1)], "UPS", "1Z1", None, chance.now(), complete=False))
        for line in shop.orders[order].lines[1:8]:
            shop.fulfil(order, {line.id: 1})
            shop.refund(order, line.id, 1)
        shop.fulfil(order, {line.id: 1 for line in shop.orders[order].lines})
        shop.cancel(order)
        clock.advance(timedelta(seconds=60))
        assert [len(each.orders) for each in us.orders_since(None)] == [1]
        shop.delete(gone)
        shop.scopes.discard("read_all_orders")
        assert len(list(us.fetch_orders([order, gone]))) == 2
        us.unsubscribe()
    assert witness.seen == set(OPERATIONS)
