"""The reference channel in the suite that every channel passes: with its number written in each of the ways that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import httpx

from app.channels import registry
from app.channels.base import Capabilities, Consent, Delivery, WriteRequest, WriteResult
from app.channels.memory import Memory
from app.sandbox.faults import Faults
from app.simulation.stall import MODES, Desk, Stall
from tests.channels.conformance import Conformance, Fixtures, Recorded, Stand, Vector

registry.register("memory", Memory)

_NO_HTTP = "Its answers are objects of this process, and no text that could be broken."
_NO_TOKEN = "Whoever holds the shop may ask it: it has no tokens."
_KEEPS_NONE = "A shop in memory tells whoever asked once, and keeps no subscriptions."


class WatchedDesk(Desk):
    """The desk of the simulator's stall, where the suite sees what arrives."""

    def __init__(self, here: Stand) -> None:
        super().__init__(here.shop, here.faults, ahead=here.clock.skew, there=here.clock.there, wait=here.pass_, later=lambda *_: None)
        self._stand = here

    def _write(self, request: WriteRequest) -> WriteResult:
        self._stand.before(request)
        self._stand.arrived.append(request)
        return super()._write(request)

    @property
    def down(self) -> bool:
        self._stand.before("a reading")
        self._stand.arrived.append("a reading")
        return super().down


class MemoryFixtures(Fixtures):
    kind, dialect = "memory", "keeps"
    signatures, secrets = ("x-signature",), ("secret",)
    mode = "compare and set"
    exempt: ClassVar[Mapping[str, str]] = {
        "test_it_says_whose_account_it_is_connected_to": "A shop in memory is nobody's account.",
        "test_a_token_that_expires_in_mid_batch_is_renewed_or_told": _NO_TOKEN,
        "test_a_reading_that_is_limited_says_for_how_long": "It has no budgets of its own, and says no more than that it failed.",
        "test_an_order_that_changes_while_pages_are_read_is_in_this_poll_or_the_next": "Its feed is read in one moment.",
        "test_an_answer_with_holes_is_read_or_refused": _NO_HTTP,
        "test_a_success_that_says_nothing_is_never_taken_for_a_refusal": _NO_HTTP,
        "test_every_call_is_held_against_the_platforms_own_document": "There is no platform that could have published one.",
        "test_an_order_says_where_it_goes": "A shop in memory knows no addresses.",
        "test_subscribing_twice_changes_nothing_and_what_was_lost_is_put_back": _KEEPS_NONE,
    }

    def can(self) -> Capabilities:
        return MODES[self.mode]

    def shop(self, currency: str = "EUR") -> Stall:
        stall = Stall("mugs", replace(self.can(), currency=currency))
        stall.currency, stall.doubled, stall.delay_s = currency, 0.0, (0.0, 0.0)
        return stall

    def settings(self, shop: Stall) -> Mapping[str, str]:
        return {}

    def credentials(self, shop: Stall) -> Mapping[str, str]:
        return {"secret": shop.secret}

    def transport(self, here: Stand) -> Any:
        return WatchedDesk(here)

    def quiet_transport(self, shop: Stall) -> Any:
        return Desk(shop, Faults(), ahead=timedelta(), there=nullcontext, wait=lambda _: None, later=lambda *_: None)

    def is_write(self, request: Any) -> bool:
        return isinstance(request, WriteRequest | httpx.Request)  # faults show the desk's one request for all

    def sent(self, request: Any) -> Any:
        return request.unit, request.key, request.body

    def recorded(self) -> Mapping[str, Recorded]:
        return {}

    def vectors(self) -> Iterable[Vector]:
        signature = "1e104d5887388d67f5f0bc0e3f607454d3885e8c525dcbbcc2825b2b90149f08"
        yield Vector(Delivery("POST", {"x-signature": signature}, b'{"order":"1001","version":1,"whole":false}'), {"secret": "reference"})

    def consents(self, here: Stand, consent: Consent) -> tuple[Delivery, Delivery]:
        asked = httpx.URL(consent.url).params
        yes = {"state": asked["state"], "code": asked["code_challenge"]}
        return Delivery("GET", {}, b"", yes), Delivery("GET", {}, b"", {"state": asked["state"], "error": "access_denied"})

    def shared(self, shop: Stall, title: str, quantity: int) -> Mapping[str, Any]:
        return {}


class TestMemory(Conformance):
    fixtures = MemoryFixtures()


_UNCONDITIONAL = {
    **MemoryFixtures.exempt,
    "test_a_sale_between_reading_and_writing_makes_a_compare_and_set_stale": "Its number is written as it is, without a condition.",
}


class DeltaFixtures(MemoryFixtures):
    kind, mode, exempt = "memory", "delta, counted when paid", _UNCONDITIONAL


class TestMemoryByDelta(Conformance):
    fixtures = DeltaFixtures()


_UNKEYED = {**_UNCONDITIONAL, "test_a_key_has_at_most_one_effect": "It has no keys: what is written again takes effect again."}


class AbsoluteFixtures(MemoryFixtures):
    kind, mode, exempt = "memory", "drained", _UNKEYED


class TestMemoryByAbsoluteNumbers(Conformance):
    fixtures = AbsoluteFixtures()


class DeferredFixtures(MemoryFixtures):
    kind, mode, exempt = "memory", "deferred", _UNKEYED


class TestMemoryDeferred(Conformance):
    fixtures = DeferredFixtures()
