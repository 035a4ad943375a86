"""Everything on sale in a simulated Shopify shop: by pages, and out of the file that it writes for shops with many variants."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app import chance
from app.channels import shopify_listings
from app.channels.base import Connection, ListingSnapshot, TryLater
from app.channels.shopify import Shopify
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.server import served
from app.sandbox.shopify import Place, ShopifyShop
from app.sandbox.shopify_bulk import FOLDER
from tests.channels.shopify import MemoryVault


class Recorded(httpx.BaseTransport):
    """Carries requests to the shop and keeps them; `instead` may answer."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner, self.asked = inner, list[httpx.Request]()
        self.instead: Callable[[httpx.Request], httpx.Response | None] = lambda _: None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.instead(request) or self.inner.handle_request(request)

    @property
    def of_files(self) -> list[httpx.Request]:
        return [request for request in self.asked if request.method == "GET"]


class World:
    def __init__(self, clock: chance.Seeded, variants: int) -> None:
        self.clock = clock
        self.shop = ShopifyShop(name="mugs")
        for number in range(variants):
            self.shop.add(f"SKU-{number}", number, title=f"Mug {number}")
        self.bulk = self.shop.admin.bulk
        self.faults = Faults()
        self.wire = Recorded(ShopTransport(self.shop, self.faults))
        self.guarded = 0
        self.us = self.connected()

    def connected(self, **settings: str) -> Shopify:
        """As after a restart: nothing is remembered."""
        vault = MemoryVault(client_id=self.shop.client_id, client_secret=self.shop.secrets[-1])
        given = {"shop": "mugs", "location_id": self.shop.location} | settings
        return Shopify(Connection("channel-1", given, vault, self.wire, self.guard))

    def guard(self) -> None:
        self.guarded += 1

    def pass_(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def tried(self) -> list[ListingSnapshot] | TryLater:
        try:
            return list(self.us.listings())
        except TryLater as later:
            return later

    def listed(self) -> list[ListingSnapshot]:
        """As the lane does it: whenever it is told to come again later, it does. Returns what came in the end."""
        for _ in range(50):
            found = self.tried()
            if not isinstance(found, TryLater):
                return found
            self.pass_(found.after_s or 1.0)
        raise AssertionError("the listing never ends")

    def asked(self, operation: str) -> int:
        return self.shop.admin.asked[operation]

    @property
    def codes(self) -> list[str]:
        return [each.sku or "" for each in self.shop.variants.values()]


@pytest.fixture
def clock() -> Iterator[chance.Seeded]:
    seeded = chance.Seeded(7, datetime(2026, 11, 22, 15, 14, 30, tzinfo=UTC))
    with chance.installed(seeded):
        yield seeded


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three variants are many."""
    monkeypatch.setattr(shopify_listings, "FEW", 2)


@pytest.fixture
def small(clock: chance.Seeded, few: None) -> World:
    return World(clock, 3)


def codes(found: list[ListingSnapshot]) -> list[str]:
    return [each.sku or "" for each in found]


# Pages


def test_a_thousand_variants_are_read_by_pages_that_get_further_each_time(clock: chance.Seeded) -> None:
    world = World(clock, 1000)
    first = world.tried()
    assert isinstance(first, TryLater) and first.limited and first.after_s is not None and first.after_s > 0
    assert codes(world.listed()) == world.codes
    assert (world.asked("VariantListing"), world.asked("RunBulk"), world.shop.admin.throttled) == (10, 0, 0)


def test_a_listing_that_was_broken_off_starts_again_from_the_beginning(clock: chance.Seeded) -> None:
    world = World(clock, 250)
    reading = world.us.listings()
    assert [next(reading).sku for _ in range(150)] == world.codes[:150]
    assert codes(world.listed()) == world.codes
    assert world.asked("VariantListing") == 3
    world.shop.add("NEW", 1)
    assert codes(world.listed()) == world.codes


def test_pages_that_nobody_went_on_with_are_forgotten(clock: chance.Seeded) -> None:
    world = World(clock, 250)
    next(world.us.listings())
    world.shop.variants.popitem()
    world.shop.variants.pop(next(iter(world.shop.variants)))
    world.pass_(shopify_listings._FORGET_S + 1)
    assert codes(world.listed()) == world.codes
    assert len(world.codes) == 248


# The file


def test_three_thousand_variants_come_out_of_a_file_for_a_few_points(clock: chance.Seeded) -> None:
    world = World(clock, 3000)
    first = world.tried()
    assert isinstance(first, TryLater) and (first.limited, first.after_s) == (True, 5.0)
    assert codes(world.listed()) == world.codes
    assert (world.asked("RunBulk"), world.asked("VariantListing"), world.shop.admin.throttled) == (1, 0, 0)
    assert world.shop.admin.points < 100
    assert world.guarded == len(world.wire.asked)
    assert codes(world.listed()) == world.codes  # the next listing is a new one
    assert world.asked("RunBulk") == 2


def test_file_and_pages_say_the_same(clock: chance.Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(clock, 5)
    world.shop.add("POSTER", 3, title="Poster", sells_below_zero=True)
    world.shop.add(None, title="Guide", tracked=False)
    world.shop.add("SET", 1, bundle=True)
    world.shop.add("SKU-1", 4)
    by_page = world.listed()
    monkeypatch.setattr(shopify_listings, "FEW", 2)
    assert world.listed() == by_page
    assert (world.asked("VariantListing"), world.asked("RunBulk")) == (1, 1)


def test_a_file_is_read_in_pieces_that_fit_into_memory(clock: chance.Seeded, few: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopify_listings, "_PIECE", 50_000)
    world = World(clock, 3000)
    world.tried()
    world.pass_(30)
    reading = world.us.listings()
    next(reading)
    assert len(world.wire.of_files) == 1  # the next piece is asked for when it is wanted
    assert sum(1 for _ in reading) == 2999
    file = world.bulk.operations[0].file
    assert file is not None and len(file) > 1_000_000
    assert world.bulk.most_served == 50_000
    assert len(world.wire.of_files) == -(-len(file) // 50_000)


def test_the_files_host_never_sees_our_token(small: World) -> None:
    small.listed()
    [request] = small.wire.of_files
    assert request.url.host == "storage.googleapis.com"
    assert not {"x-shopify-access-token", "authorization", "cookie"} & request.headers.keys()


def test_a_host_that_knows_no_pieces_gives_the_whole(small: World) -> None:
    small.bulk.pieces = False
    assert codes(small.listed()) == small.codes
    assert small.asked("VariantListing") == 0


def test_the_same_file_over_real_http(few: None) -> None:
    shop = ShopifyShop(name="mugs")
    for number in range(3):
        shop.add(f"SKU-{number}", number)
    shop.admin.bulk.takes_s = 0.0
    with served(shop) as url:
        vault = MemoryVault(client_id=shop.client_id, client_secret=shop.secrets[0])
        us = Shopify(Connection("channel-1", {"shop": "mugs", "location_id": shop.location, "base_url": url}, vault))
        try:
            assert codes(list(us.listings())) == ["SKU-0", "SKU-1", "SKU-2"]
        finally:
            us.close()
    assert (shop.admin.asked["RunBulk"], shop.admin.asked["VariantListing"]) == (1, 0)


# Restarts


def test_an_operation_that_still_runs_is_found_after_a_restart(small: World) -> None:
    assert isinstance(small.tried(), TryLater)
    small.us = small.connected()
    small.pass_(10)
    assert isinstance(small.tried(), TryLater)
    assert codes(small.listed()) == small.codes
    assert small.asked("RunBulk") == 1


def test_an_operation_for_another_location_isnt_taken_for_ours(small: World) -> None:
    small.shop.locations["70000000002"] = Place("Stall")
    assert isinstance(small.tried(), TryLater)
    small.us = small.connected(location_id="70000000002")
    found = small.listed()
    assert codes(found) == small.codes
    assert {each.counter for each in found} == {None}
    assert small.asked("VariantListing") == 1  # one at a time: this listing didn't wait for it


@pytest.mark.parametrize("after", [1, 1500])
def test_a_process_that_dies_in_the_middle_of_a_file_begins_anew(clock: chance.Seeded, after: int) -> None:
    world = World(clock, 3000)
    world.tried()
    world.pass_(30)
    reading = world.us.listings()
    for _ in range(after):
        next(reading)
    world.us = world.connected()
    assert codes(world.listed()) == world.codes
    assert world.asked("VariantListing") == 0


# What goes wrong


def test_an_operation_that_failed_is_replaced_by_pages(small: World) -> None:
    small.bulk.fails = "INTERNAL_SERVER_ERROR"
    assert codes(small.listed()) == small.codes
    assert small.asked("VariantListing") == 1
    small.bulk.fails = None
    assert codes(small.listed()) == small.codes
    assert (small.asked("RunBulk"), small.asked("VariantListing")) == (2, 1)


def test_an_operation_that_somebody_cancelled_is_replaced_by_pages(small: World) -> None:
    small.tried()
    small.bulk.cancel(small.bulk.operations[0].id)
    assert codes(small.listed()) == small.codes
    assert small.asked("VariantListing") == 1


@pytest.mark.parametrize("state", ["CANCELING", "EXPIRED", "NEVER_HEARD_OF"])
def test_a_state_that_ends_nowhere_is_replaced_by_pages(small: World, state: str) -> None:
    small.tried()
    small.bulk.operations[0].ended = state
    assert codes(small.listed()) == small.codes
    assert small.asked("VariantListing") == 1


def test_a_file_that_nobody_came_for_is_written_anew(small: World) -> None:
    small.tried()
    small.pass_(30)
    small.bulk.status(small.bulk.operations[0])
    small.shop.add("NEW", 1)
    small.pass_(3600)
    assert codes(small.listed()) == small.codes
    assert (small.asked("RunBulk"), small.asked("VariantListing"), len(small.codes)) == (2, 0, 4)


def test_an_operation_that_was_forgotten_there_is_replaced_by_pages(small: World) -> None:
    small.tried()
    small.bulk.operations.clear()
    assert codes(small.listed()) == small.codes


def test_an_operation_that_never_ends_is_waited_for_an_hour(small: World) -> None:
    small.bulk.takes_s = 10 * 86_400.0
    assert isinstance(small.tried(), TryLater)
    small.pass_(3590)
    assert isinstance(small.tried(), TryLater)
    small.pass_(20)
    assert codes(small.listed()) == small.codes
    assert small.asked("VariantListing") == 1


def test_something_else_under_way_isnt_waited_for(small: World) -> None:
    small.bulk.run("query Other { productVariants { edges { node { id } } } }")
    assert codes(small.listed()) == small.codes
    assert (small.asked("RunBulk"), small.asked("VariantListing")) == (1, 1)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/file.jsonl",
        "http://storage.googleapis.com/file.jsonl",
        "https://storage.googleapis.com.evil.example/file.jsonl",
        "https://storage.googleapis.com@evil.example/file.jsonl",
        "https://storage.googleapis.com:8443/file.jsonl",
        "https://user@storage.googleapis.com/file.jsonl",
        "http://127.0.0.1:8080/bulk-operation-outputs/1.jsonl",
        "https://127.0.0.1/bulk-operation-outputs/1.jsonl",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//storage.googleapis.com/file.jsonl",
        "not an address",
        "https://[",
    ],
)
def test_an_address_that_isnt_where_shopify_keeps_files_is_never_fetched(small: World, address: str) -> None:
    small.bulk.address = address
    assert codes(small.listed()) == small.codes
    assert small.wire.of_files == []
    assert small.asked("VariantListing") == 1


def test_a_sandbox_may_only_name_itself(clock: chance.Seeded, few: None) -> None:
    world = World(clock, 3)
    world.us = world.connected(base_url="http://127.0.0.1:8080")
    for address in ("http://127.0.0.1:9090/x", "http://localhost:8080/x", "https://storage.googleapis.com/x"):
        world.bulk.address = address
        assert codes(world.listed()) == world.codes
    assert world.wire.of_files == []


FILE = [
    ("a redirect", httpx.Response(302, headers={"location": "https://evil.example/file"})),
    ("nothing", httpx.Response(200, content=b"")),
    ("no such file", httpx.Response(404, text="<Error><Code>NoSuchKey</Code></Error>")),
    ("too late", httpx.Response(403, text="<Error><Code>ExpiredToken</Code></Error>")),
    ("a page", httpx.Response(200, html="<h1>Hello</h1>")),
    ("no object", httpx.Response(200, content=b"[]\n1\nnull\n")),
    ("not whole", httpx.Response(200, content=b"")),
    ("too deep", httpx.Response(200, content=b"[" * 90_000)),
    ("no end", httpx.Response(200, content=b"x" * 200_000)),
    ("another piece", httpx.Response(206, headers={"content-range": "bytes 5-9/10"}, content=b"12345")),
    ("too large", httpx.Response(206, headers={"content-range": "bytes 0-4/9000000000"}, content=b"12345")),
    ("no length", httpx.Response(206, headers={"content-range": "bytes 0-4/*"}, content=b"12345")),
    ("an empty piece", httpx.Response(206, headers={"content-range": "bytes 0-0/10"}, content=b"")),
]


@pytest.mark.parametrize("answer", [answer for _, answer in FILE], ids=[name for name, _ in FILE])
def test_a_file_that_isnt_one_is_replaced_by_pages(small: World, answer: httpx.Response) -> None:
    small.wire.instead = lambda request: answer if request.url.path.startswith(FOLDER) else None
    assert codes(small.listed()) == small.codes
    assert len(small.wire.of_files) == 1
    assert small.asked("VariantListing") == 1


@pytest.mark.parametrize("harm", [lambda lines: lines[:2], lambda lines: [*lines, lines[0]], lambda lines: [lines[0], b"{}", *lines[2:]]])
def test_a_list_that_lacks_a_variant_isnt_taken_for_everything(small: World, harm: Callable[[list[bytes]], list[bytes]]) -> None:
    small.tried()
    small.pass_(30)
    small.bulk.status(small.bulk.operations[0])
    file = small.bulk.operations[0].file
    assert file is not None
    small.bulk.operations[0].file = b"\n".join(harm(file.splitlines()))
    found = small.tried()
    assert isinstance(found, list)
    assert codes(found)[-3:] == small.codes  # what the file gave comes again
    assert small.asked("VariantListing") == 1


def test_a_network_that_fails_is_tried_three_times(small: World) -> None:
    small.faults.fail_before, small.faults.only = 1.0, lambda request: request.method == "GET"
    small.tried()
    small.pass_(30)
    for _ in range(2):
        found = small.tried()
        assert isinstance(found, TryLater) and not found.limited
    assert codes(small.listed()) == small.codes
    assert (len(small.wire.of_files), small.asked("VariantListing")) == (3, 1)


def test_a_failure_in_the_middle_is_made_good_by_the_same_file(clock: chance.Seeded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopify_listings, "_PIECE", 200_000)
    world = World(clock, 3000)
    fails = iter([False, False, True])
    world.faults.broken, world.faults.only = 1.0, lambda request: request.method == "GET" and next(fails, False)
    assert codes(world.listed()) == world.codes
    assert (world.asked("RunBulk"), world.asked("VariantListing")) == (1, 0)


def test_a_variant_that_cant_be_understood_is_no_crash(small: World) -> None:
    def harmed(request: httpx.Request) -> httpx.Response | None:
        if b"VariantListing" not in request.content:
            return None
        answer = small.wire.inner.handle_request(request).json()
        answer["data"]["productVariants"]["nodes"][1]["inventoryItem"] = None
        return httpx.Response(200, json=answer)

    small.bulk.fails = "TIMEOUT"
    small.wire.instead = harmed
    small.tried()
    small.pass_(30)
    with pytest.raises(TryLater, match="can't be understood"):
        list(small.us.listings())
    small.wire.instead = lambda _: None
    assert codes(small.listed()) == small.codes


# The shop's own rules


def test_a_shop_writes_one_file_at_a_time_and_keeps_it_for_a_week(small: World) -> None:
    bulk, query = small.bulk, "query Other { productVariants { edges { node { id sku } } } }"
    made = bulk.run(query)["bulkOperation"]
    assert (made["status"], made["url"]) == ("CREATED", None)
    assert bulk.run(query)["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
    small.pass_(1)
    [operation] = bulk.operations
    assert bulk.status(operation) == "RUNNING"
    small.pass_(19)
    assert (bulk.status(operation), operation.count) == ("COMPLETED", 3)
    assert operation.file is not None
    assert json.loads(operation.file.splitlines()[0])["sku"] == "SKU-0"
    address = bulk.node(operation, "https://storage.googleapis.com")["url"]
    assert small.shop.handle(httpx.Request("GET", address)).status_code == 200
    assert small.shop.handle(httpx.Request("GET", address, headers={"x-shopify-access-token": "x"})).status_code == 400
    beyond = httpx.Request("GET", address, headers={"range": "bytes=9000-9999"})
    assert small.shop.handle(beyond).status_code == 416
    small.pass_(7 * 86_400)
    assert (bulk.status(operation), small.shop.handle(httpx.Request("GET", address)).status_code) == ("EXPIRED", 404)


@pytest.mark.parametrize("query", ["query A { shop { id } }", "mutation A { productVariants { edges { node { id } } } }", ""])
def test_a_shop_writes_only_what_it_can(small: World, query: str) -> None:
    assert small.bulk.run(query)["userErrors"][0]["code"] == "INVALID"
