"""What goes wrong between us and a shop happens as it is set, and again when it is replayed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app import chance
from app.sandbox.faults import Faults, ShopTransport
from app.sandbox.shop import Outgoing, Shop, Waiting

START = datetime(2026, 11, 1, tzinfo=UTC)


class Till(Shop):
    """A shop whose every request sells one unit."""

    kind = "till"

    def handle(self, request: httpx.Request) -> httpx.Response:
        order = self.buy({self.by_sku("MUG").id: 1})
        return httpx.Response(200, json={"order": order, "said": request.content.decode()})

    def message(self, waiting: Waiting) -> Outgoing | None:
        return None


@pytest.fixture
def source() -> Iterator[chance.Seeded]:
    with chance.installed(chance.Seeded(7, START)) as seeded:
        assert isinstance(seeded, chance.Seeded)
        yield seeded


@pytest.fixture
def till(source: chance.Seeded) -> Till:
    shop = Till("https://till.example")
    shop.add("MUG", 100)
    return shop


def sold(shop: Till) -> int:
    return shop.truth(shop.by_sku("MUG").counter).sold


def asked(transport: ShopTransport) -> httpx.Response:
    with httpx.Client(transport=transport, timeout=20) as client:
        return client.post("https://till.example/", content=b"one")


def test_without_faults_every_request_arrives_and_is_answered(till: Till) -> None:
    assert asked(ShopTransport(till)).json() == {"order": "1002", "said": "one"}
    assert sold(till) == 1


def test_a_request_can_fail_before_it_took_effect_or_after(till: Till, source: chance.Seeded) -> None:
    def wait(seconds: float) -> None:
        source.advance(timedelta(seconds=seconds))

    with pytest.raises(httpx.ReadTimeout):
        asked(ShopTransport(till, Faults(fail_before=1), wait=wait))
    assert (sold(till), chance.now() - START) == (0, timedelta(seconds=20))
    with pytest.raises(httpx.ReadTimeout):
        asked(ShopTransport(till, Faults(fail_after=1), wait=wait))
    assert (sold(till), chance.now() - START) == (1, timedelta(seconds=40))


def test_a_request_can_land_when_nobody_waits_for_it_any_more(till: Till) -> None:
    waiting: list[tuple[Callable[[], None], float]] = []
    transport = ShopTransport(till, Faults(land_late=1, late_s=(30, 60)), later=lambda do, seconds: waiting.append((do, seconds)))
    with pytest.raises(httpx.ReadTimeout):
        asked(transport)
    assert sold(till) == 0
    ((land, seconds),) = waiting
    assert 30 <= seconds <= 60
    land()
    assert sold(till) == 1


def test_the_world_goes_on_while_an_answer_is_slow(till: Till) -> None:
    sold_then: list[int] = []
    transport = ShopTransport(till, Faults(slow=1), wait=lambda _: sold_then.append(sold(till)))
    assert asked(transport).status_code == 200
    assert sold_then == [0, 1]


def test_a_busy_host_a_broken_one_and_one_that_is_gone_say_so(till: Till) -> None:
    limited = asked(ShopTransport(till, Faults(limited=1, retry_after_s=7)))
    assert (limited.status_code, limited.headers["retry-after"], sold(till)) == (429, "7", 0)
    with pytest.raises(httpx.ConnectError):
        asked(ShopTransport(till, Faults(down=True)))
    assert sold(till) == 0
    transport = ShopTransport(till, Faults(broken=1))
    assert {asked(transport).status_code for _ in range(20)} == {503}
    assert 0 < sold(till) < 20


def test_only_the_chosen_requests_fail(till: Till) -> None:
    transport = ShopTransport(till, Faults(limited=1, only=lambda request: request.url.path == "/elsewhere"))
    assert asked(transport).status_code == 200


def history(seed: int) -> list[str]:
    with chance.installed(chance.Seeded(seed, START)):
        shop = Till("https://till.example")
        shop.add("MUG", 100)
        transport = ShopTransport(shop, Faults(fail_before=0.2, fail_after=0.2, limited=0.2, broken=0.2))
        told: list[str] = []
        for _ in range(50):
            try:
                told.append(str(asked(transport).status_code))
            except httpx.ReadTimeout:
                told.append("silence")
        return [*told, str(sold(shop))]


def test_one_seed_gives_one_history() -> None:
    assert history(1) == history(1)
    assert history(1) != history(2)
    assert set(history(1)[:-1]) == {"200", "429", "503", "silence"}
