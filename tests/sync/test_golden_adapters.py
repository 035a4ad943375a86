"""The golden table, played in the sandbox shops and read through the real adapters: by their messages, and by polling alone.

The shops are paused: they keep what is set aside for them, and nothing is written to them, so what stands in the books comes of orders
alone. How each kind of shop is furnished, and in which ways the table is played there, say the fixtures of the suite that every channel
passes (`tests/channels/conformance.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import chance
from app.database import Database
from app.domain import channels
from app.sandbox.shop import Outgoing
from tests import telling
from tests.channels.conformance import Fixtures, every_kind, heard
from tests.channels.test_memory_conformance import MemoryFixtures
from tests.golden import CASES, PRICE, Article, Case, Step
from tests.telling import expected, furnished, standing
from tests.world import World, world

FIXTURES: Mapping[str, Fixtures] = {**every_kind(), "memory": MemoryFixtures()}


class InShop:
    """A case in a sandbox shop. `polled`: it can't send us any message."""

    def __init__(self, world: World, case: Case, kind: str, *, polled: bool) -> None:
        self.world, self.case, self.fixtures, self.polled = world, case, FIXTURES[kind], polled
        self.shop: Any = self.fixtures.shop(case.currency)
        self.variants: dict[str, str] = {}
        self.lines: dict[str, str] = {}
        self.order = ""
        self.first: list[Outgoing] = []
        self.kept: list[Outgoing] = []  # messages that are still on their way

    def open(self) -> None:
        """The shop is connected, its listings are known, and its counters were read."""
        furnished(self.world.database.run, self.case)
        shared = {article.shares for article in self.case.articles}
        for article in self.case.articles:
            self.variants[article.name] = self._add(article, shared)
        facts = {"settings": self.fixtures.settings(self.shop), "credentials": self.fixtures.credentials(self.shop)}
        self.channel_id = self.world.connect(
            self.fixtures.quiet_transport(self.shop),
            kind=self.fixtures.kind,
            name="mugs",
            paused=True,
            location_codes=self.case.places,
            **facts,
        )
        if self.polled:
            self.world.lanes[self.channel_id].public_url = None
        self.world.run_for(1)
        self._settle()
        for article in self.case.articles:
            if article.parts is not None:
                self._we_map(article.name, article.parts)
        self._let_messages_alone_tell()

    def _add(self, article: Article, shared: set[str | None]) -> str:
        facts: dict[str, Any] = {"title": article.name, "price": PRICE, "tracked": article.tracked, "ships": article.ships}
        if article.name in shared:  # one number for all variations of a product
            facts |= self.fixtures.shared(self.shop, article.name, article.shows)
        elif article.shares is not None:
            owner = self.shop.variants[self.variants[article.shares]]
            facts |= {"parent": owner.more.get("parent"), "shares": owner.counter}
        return str(self.shop.add(article.sku or None, article.shows, **facts).id)

    def _let_messages_alone_tell(self) -> None:
        """No poll comes to their help."""
        self._take()
        if not self.polled:
            self.world.database.run(channels.change_lane, self.channel_id, poll_due_at=chance.now() + timedelta(days=365))

    def _settle(self) -> None:
        """Counters that are read now are surely right."""
        can = self.world.database.look(channels.get, self.channel_id)["capabilities"]
        self.world.run_for(can["feed_lag_s"] + can["read_lag_s"] + 30)

    # How it reaches us

    def tell(self, step: Step) -> None:
        getattr(self, f"_{step.what}")(**step.details)
        if self.polled:
            if step.heard:
                due_at = self.world.database.look(channels.lane, self.channel_id)["poll_due_at"]
                self.world.skip(max(0.0, (due_at - chance.now()).total_seconds()) + 1)
                self._settle()
            return
        messages = self._take()
        self.first = self.first or messages
        if not step.heard:
            self.kept += messages
            return
        for _ in range(3):  # what we do ourselves is told us too
            self.deliver(messages)
            messages = self._take()
        assert not messages

    def _take(self) -> list[Outgoing]:
        self.world.source.advance(timedelta(seconds=3))
        self.world.quiet()
        taken: list[Outgoing] = self.shop.take_deliveries()
        return taken

    def deliver(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            arrives(self.world, self.channel_id, self.shop, message)
            self.world.quiet()

    def _late(self) -> None:
        self.deliver(self.first)

    def _hears(self) -> None:
        self.deliver(self.kept)

    # What happens there

    def _placed(self, paid: bool, test: bool, address: str, lines: Mapping[str, tuple[int, str]]) -> None:
        if address == "withheld":
            self.shop.withholds = True
        pairs = [(self.variants[article], quantity) for quantity, article in lines.values()]
        self.order = self.shop.buy(pairs, paid=paid, test=test, force=True)
        if address == "none":
            self._take()
            self.shop.orders[self.order].more["ships"] = False
            self.shop.changed(self._there, "created")
        self.lines = dict(zip(lines, (line.id for line in self._there.lines), strict=True))

    @property
    def _there(self) -> Any:
        return self.shop.orders[self.order]

    def _shows_address(self, address: str) -> None:
        self.shop.withholds = address == "withheld"
        self.shop.changed(self._there, "updated")

    def _pays(self) -> None:
        self.shop.pay(self.order)

    def _payment_fails(self) -> None:
        self.shop.set_status(self.order, "failed")

    def _set_back(self) -> None:
        self.shop.set_status(self.order, "pending")

    def _cancels(self, restock: bool) -> None:
        self.shop.cancel(self.order, restock)

    def _refunds(self, restock: bool, units: Mapping[str, int]) -> None:
        for name, quantity in units.items():
            self.shop.refund(self.order, self.lines[name], quantity, restock)

    def _edits(self, units: Mapping[str, int]) -> None:
        for name, quantity in units.items():
            self.shop.edit(self.order, self.lines[name], quantity)

    def _removes(self, line: str) -> None:
        self.fixtures.remove_line(self.shop, self.order, self.lines[line])

    def _exchanges(self, line: str, new: Mapping[str, tuple[int, str]]) -> None:
        self._removes(line)
        for name, (quantity, article) in new.items():
            self.lines[name] = self.shop.add_line(self.order, self.variants[article], quantity)

    def _ships_there(self, units: Mapping[str, int]) -> None:
        sent = {self.lines[name]: quantity for name, quantity in units.items()} or None
        if sent is None and not any(line.unsent for line in self._there.lines):
            self.shop.changed(self._there, "updated")  # we told the shop before the shopkeeper could
        else:
            self.shop.fulfil(self.order, sent)

    def _takes_parcel_back(self) -> None:
        self.fixtures.take_parcel_back(self.shop, self.order)

    def _deletes(self) -> None:
        self.fixtures.delete_order(self.shop, self.order)

    # What we do

    def _lapses(self) -> None:
        self.world.source.advance(timedelta(days=15))
        self.world.run_for(60)

    def _we_ship(self, units: Mapping[str, int]) -> None:
        self.world.database.run(telling.ship, self.channel_id, self.order, {self.lines[name]: quantity for name, quantity in units.items()})

    def _we_cancel(self) -> None:
        self.world.database.run(telling.cancel, self.channel_id, self.order)

    def _we_map(self, article: str, parts: Mapping[str, int]) -> None:
        self.world.database.run(telling.answer, self.channel_id, self.variants[article], parts)
        self._settle()

    def _we_receive(self, sku: str, units: int, source: str) -> None:
        telling.receive(self.world.database.run, sku, units, source=source)

    # What the books say

    def stands(self, step: Step) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """What they say, and what they should."""
        dialect = self.fixtures.dialect
        if (then := step.books(dialect)) is None:
            return None
        lines = {line_id: name for name, line_id in self.lines.items()}
        owners = {self.shop.variants[self.variants[each.name]].counter: each.name for each in reversed(self.case.articles)}
        found = self.world.database.look(standing, then, self.channel_id, self.order, lines, owners)
        return found, expected(self.case, then, dialect)


def arrives(world: World, channel_id: str, shop: Any, message: Outgoing) -> None:
    """A webhook arrives, as it would by HTTP."""
    delivery = heard(message)
    reply = world.channel(channel_id).answer(delivery)
    if reply is None:
        world.deliver(channel_id, delivery)
    shop.delivered(message, 200 if reply is None else reply.status)


def told_by(way: str) -> list[Any]:
    return [
        pytest.param(kind, case, id=f"{kind}-{case}")
        for kind, fixtures in FIXTURES.items()
        if way in fixtures.played
        for case in CASES
        if not {kind, f"{kind} {way}", fixtures.dialect} & case.not_in.keys()
    ]


def played(database: Database, tmp_path: Path, case: Case, kind: str, *, polled: bool) -> None:
    with world(database, tmp_path) as here:
        story = InShop(here, case, kind, polled=polled)
        story.open()
        here.check()
        for number, step in enumerate(case.steps):
            story.tell(step)
            here.check()
            if (both := story.stands(step)) is not None:
                assert (number, step.what, both[0]) == (number, step.what, both[1])


# On one database: what becomes of a snapshot is the same for all adapters, and the domain's tests have the table on both.


@pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("kind", "case"), told_by("told"))
def test_messages_lead_to_the_books_of_the_golden_table(database: Database, tmp_path: Path, kind: str, case: Case) -> None:
    played(database, tmp_path, case, kind, polled=False)


@pytest.mark.parametrize("reused_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("kind", "case"), told_by("polled"))
def test_polling_leads_to_the_books_of_the_golden_table(database: Database, tmp_path: Path, kind: str, case: Case) -> None:
    played(database, tmp_path, case, kind, polled=True)


def test_what_a_channel_cannot_tell_is_said_with_its_reason() -> None:
    for case in CASES:
        assert all(reason.endswith(".") for reason in case.not_in.values())
        assert case.not_in.keys() <= {"keeps", "rewrites", *FIXTURES, *(f"{kind} polled" for kind in FIXTURES)}
