"""What the adapter asks and what the simulated shop answers, against Shopify's own published schema."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from graphql import FieldNode, GraphQLEnumType, OperationDefinitionNode, SelectionSetNode, parse

from app import chance
from app.channels import shopify_listings
from app.channels.base import Connection, Entry, Parcel, ShipLine, TryLater, WriteRequest
from app.channels.shopify import TOPICS, Shopify
from app.channels.shopify_graphql import OPERATIONS, listing_in_bulk
from app.sandbox.faults import ShopTransport
from app.sandbox.shopify import ShopifyShop
from tests.channels.contract import Broken, Schema, Witness, document
from tests.channels.shopify import MemoryVault


@pytest.fixture(scope="module")
def schema() -> Schema:
    if (absent := Witness("shopify").is_absent) is not None:
        pytest.skip(absent)
    found = document("shopify")
    assert isinstance(found, Schema)
    return found


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_valid_and_uses_nothing_deprecated(schema: Schema, name: str) -> None:
    operation = schema.operation(OPERATIONS[name])
    assert operation.name is not None
    assert operation.name.value == name


def test_what_is_written_into_a_file_is_asked_for_as_shopify_wants_it(schema: Schema) -> None:
    operation = schema.operation(listing_in_bulk("gid://shopify/Location/70000000001"))
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


def test_an_operation_that_asks_for_what_isnt_there_is_found_out(schema: Schema) -> None:
    with pytest.raises(Broken, match="quantityAfter"):
        schema.operation(OPERATIONS["SetAvailable"].replace("quantityAfterChange", "quantityAfter"))


def test_every_topic_is_one_of_shopifys(schema: Schema) -> None:
    known = schema.schema.type_map["WebhookSubscriptionTopic"]
    assert isinstance(known, GraphQLEnumType)
    assert {topic.upper().replace("/", "_") for topic in TOPICS} <= known.values.keys()


class Watched(ShopTransport):
    """Each request and each answer is held against the schema, and its operation is noted."""

    def __init__(self, shop: ShopifyShop) -> None:
        super().__init__(shop)
        self.witness, self.seen = Witness("shopify"), set[str]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        self.witness.sees(request, answer)
        if request.url.path.endswith("graphql.json"):
            assert "errors" not in answer.json()
            self.seen.add(json.loads(request.content)["operationName"])
        return answer


@pytest.mark.usefixtures("schema")
def test_every_operation_that_there_is_fits_the_schema_and_so_do_its_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with chance.installed(chance.Seeded(7, datetime(2026, 11, 22, 15, 0, tzinfo=UTC))) as clock:
        shop = ShopifyShop(name="mugs")
        shop.admin.maximum = shop.admin.left = 20_000.0
        mugs = [shop.add(f"MUG-{number}", 30) for number in range(35)]
        shop.add(None, tracked=False)
        watched = Watched(shop)
        vault = MemoryVault(client_id=shop.client_id, client_secret=shop.secrets[0])
        us = Shopify(Connection("channel-1", {"shop": "mugs", "location_id": shop.location}, vault, watched))
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
    assert watched.seen == set(OPERATIONS)
