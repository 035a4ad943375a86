"""One run: a store, its shops and their buyers from one seed, everything that can go wrong, and what must hold all the while."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from app import chance
from app.domain import channels, differences, exceptions, watch, writes
from app.sandbox.ebay import EbayShop
from app.sandbox.etsy import EtsyShop
from app.simulation import books
from app.simulation.demand import Wish, drawn, ideal
from app.simulation.shops import Clock, Stand
from app.simulation.store import Store
from app.simulation.story import Story
from app.simulation.trading import Trading
from app.simulation.troubles import NETWORK, NONE, Broken, Outcome, Troubles, daily, scaled
from app.simulation.world import START, broken_books

__all__ = ["NETWORK", "NONE", "Broken", "Outcome", "Run", "Troubles", "daily", "scaled", "simulate"]

FOLD_EVERY = 1_000
# After the last fault everything must be right within this time: what was under way may land for `late_write_s`, is read, settled and
# planned anew, and what went dark stays so for up to an hour.
SOON_S = 9_000.0
# By then nothing lands any more, and the reconciler finds what was typed there, or wiped out by what landed late: it is asked this often.
RECONCILED_EVERY_S = 1_500.0


class Run(Trading):
    """Wound up by `open`, then `trade`, then `calm`; whatever doesn't hold raises Broken."""

    # What must hold

    def look(self) -> None:
        """After every event and step: nobody was sold what isn't there, and no more is on offer than there is."""
        self.score.look()
        entries = self._entries()
        if not entries and not self._touched:
            if self._steps >= FOLD_EVERY:
                self.fold()
            return
        touched = self._touched | entries
        self._touched = set()
        for code in sorted(touched):
            if self.policy == "strict":
                excused, offered, left = self.score.excused(code), self.score.offered(code), max(0, self.score.left(code))
                if self.exact and offered > left + excused:
                    raise Broken(f"{code}: {offered} are on offer, {left} are left, and shops and persons answer for {excused}", code)
                if excused and offered <= left and not self.late and self._is_quiet(code):
                    self.score.settle(code, heard=not any(self._wrong_books(code)))
            self._darkness(code)
        if self.exact and self.score.us:
            raise Broken(f"{self.score.us} units were sold twice, and it was us", *sorted(touched))
        if self._steps >= FOLD_EVERY:
            self.fold()

    def _entries(self) -> set[str]:
        """SKUs whose truth changed since the last look."""
        found = set()
        for watched in self.score.watched:
            done = self.story.read.get(watched.shop.name, 0)
            if done == watched.read:
                continue
            for entry in watched.shop.log[done : watched.read]:
                if (sells := watched.sells.get(entry.counter)) is not None:
                    found.add(sells.sku)
                    self.story.entry(watched.shop.name, sells, entry)
            self.story.read[watched.shop.name] = watched.read
        return found

    def _is_quiet(self, code: str) -> bool:
        """Whether nothing of ours is under way for this SKU, by the books."""
        sku = self.database.look(books.sku_id, code)
        return all(each.flight is None and not each.excess for each in self.database.look(books.counters_of, sku))

    def _darkness(self, code: str) -> None:
        """How long a shop shows nothing while units lie elsewhere."""
        now = chance.now()
        shown = {stand.name: stand.shop.counters[stand.shop.variants[stand.variants[code]].counter] for stand in self.stands}
        left = self.score.left(code)
        for stand in self.stands:
            dark = shown[stand.name] <= 0 and left > 0
            if dark and code not in stand.dark_since:
                stand.dark_since[code] = now
            elif not dark and code in stand.dark_since:
                self.dark += now - stand.dark_since.pop(code)

    def fold(self) -> None:
        """Every figure worked out once more from its entries."""
        self._steps = 0
        meddled = self.troubles.meddling or bool(self.troubles.races) or not self.exact
        if found := self.database.look(broken_books, lost=10**9 if meddled else 0):
            raise Broken("; ".join(found[:5]))

    # The end

    def calm(self) -> None:
        """Faults stop. Within a bounded time everything is as planned, and whatever isn't as it should be has a name."""
        self.failing = False
        self._disturb()
        now = chance.now()
        waiting, self._heap = self._heap, []
        for at, serial, do, numbered in waiting:  # what was to come in a day comes now
            heapq.heappush(self._heap, (min(at, now + timedelta(seconds=600)), serial, do, numbered))
        for stand in self.stands:
            stand.faults.down = False
        problems: list[tuple[str, str]] = [("", "never looked")]
        waited = 0.0
        while problems and waited < SOON_S:
            self.run_for(300.0)
            waited += 300.0
            problems = self._unsettled()
            if problems and waited % RECONCILED_EVERY_S == 0:
                for stand in self.stands:
                    self.database.run(channels.ask_to_reconcile, stand.channel_id)
                    self._due[stand.channel_id] = chance.now()
        if problems:
            raise Broken("; ".join(what for _, what in problems[:5]), *sorted({code for code, _ in problems if code}))
        self.fold()

    def _unsettled(self) -> list[tuple[str, str]]:
        """What isn't yet as it has to be: (SKU, what)."""
        self.score.look()
        found: list[tuple[str, str]] = []
        if self._heap and any(numbered for _, _, _, numbered in self._heap):
            found.append(("", "orders still change"))
        if self.late:
            found.append(("", f"{self.late} requests are still to land"))
        if self._recovers():
            found.append(("", "the store still recovers"))
        for stand in self.stands:
            found += self._unsettled_at(stand)
        for code in self._codes:
            found += [(code, what) for what in self._wrong_books(code)]
        found += self._unexplained()
        return found

    def _unsettled_at(self, stand: Stand) -> Iterator[tuple[str, str]]:
        recorded: Counter[str] = Counter(self.database.look(books.external_ids, stand.channel_id))
        there = set(stand.shop.orders)
        if recorded.keys() != there or any(times > 1 for times in recorded.values()):
            missing, surplus = sorted(there - recorded.keys()), sorted(recorded.keys() - there)
            yield (
                "",
                f"{stand.name} took {len(there)} orders, {recorded.total()} are recorded; missing {missing[:3]}, surplus {surplus[:3]}",
            )
        if self.database.look(writes.open_of_channel, stand.channel_id):
            yield "", f"a write to {stand.name} is still open"
        codes = {stand.shop.variants[variant].counter: code for code, variant in stand.variants.items()}
        for each in self.world.counters(stand.channel_id):
            if (code := codes.get(each.external_id)) is None:
                continue  # it isn't there any more, or nobody knows what it is
            sku = self.demand.units(code)[0]
            shows = stand.shop.counters[each.external_id]
            if shows != each.shown:
                yield sku, f"{stand.name} shows {shows} of {code}, the books say {each.shown}"
            if each.excess and each.excess > each.exposed * each.per:
                yield sku, f"{code} at {stand.name} is still overdrawn by {each.excess}"
            if each.due_at is not None and each.due_at <= chance.now() - timedelta(seconds=120):
                yield sku, f"{code} at {stand.name} waits for a write that doesn't come"

    def _wrong_books(self, code: str) -> Iterator[str]:
        """Against the truth: what is there and promised to nobody, less what was promised and isn't there."""
        there = self._on_hand(code)
        free = there.get("available", 0) + there.get("allotted", 0)
        short = self.database.look(books.short, code)
        if free - short != self.score.left(code):
            yield f"{code}: {self.score.left(code)} are left, the books say {free} less {short} short"

    def _unexplained(self) -> Iterator[tuple[str, str]]:
        for row in self.database.look(exceptions.page, None, 200, open=True):
            allowed = {
                "hand_edit": bool(self._hands),
                "second_writer": len(self._hands) >= watch.MANY_HANDS,
                "shop_setup": True,
                "line_short": any(self.score.left(code) < 0 or self.database.look(books.short, code) for code in self._codes),
                "excess": self.policy != "strict",
            }
            if not allowed.get(row["cause"], False):
                yield "", f"an exception stays open: {row['cause']}: {row['title']}"
        for row in self.database.look(differences.page, None, 200, open=True):
            yield "", f"a difference stays open: {row['cause']}: {row['title']}"

    def outcome(self) -> Outcome:
        score = self.score
        now = chance.now()
        etsy = [stand.shop for stand in self.stands if isinstance(stand.shop, EtsyShop)]
        ebay = [stand.shop for stand in self.stands if isinstance(stand.shop, EbayShop)]
        return Outcome(
            self.seed,
            events=self.events,
            orders=self.orders,
            sold=score.sold,
            ideal=ideal(self.demand),
            refused=score.refused,
            us=score.us,
            shops=score.shops,
            people=score.people,
            writes=self.database.look(books.sends),
            commits=self.database.figures.commits,
            crashes=self.crashes,
            restored=self.restored,
            over_budget=sum(shop.limited for shop in etsy) + sum(shop.over_limit for shop in ebay),
            went_dark=sum(shop.darkened for shop in etsy),
            came_back=sum(shop.brought_back for shop in etsy),
            fees_cents=sum(shop.fees["renewed"] for shop in etsy),
            dark_hours=self.dark.total_seconds() / 3600,
            virtual_hours=(now - START).total_seconds() / 3600,
            digest=self.story.digest(),
            kinds=self.demand.shops,
        )


def simulate(
    seed: int,
    *,
    troubles: Troubles | None = None,
    wish: Wish | None = None,
    policy: str = "strict",
    events: int | None = None,
    url: str | None = None,
    story: Story | None = None,
) -> Outcome:
    """One run from one seed. `events`: how many of its events happen before it is left in peace; left out: all of them.

    What doesn't hold is told in the outcome; only defects of the simulator itself are raised.
    """
    began = process_time()
    demand = drawn(seed, wish or Wish())
    clock = Clock(seed, START)
    told = story or Story()
    with TemporaryDirectory() as where, chance.installed(clock):
        database = Store(url)
        told.follow(database)
        run = Run(
            seed,
            database,
            clock,
            Path(where) / "key",
            troubles=troubles or Troubles(),
            demand=demand,
            story=told,
            policy=policy,
            events=events,
        )
        failure: Broken | None = None
        try:
            run.open()
            run.trade()
            run.calm()
        except Broken as error:
            failure = error
        finally:
            database.crash = lambda: None
        try:
            found = run.outcome()
        finally:
            database.close()
    found.cpu_s = process_time() - began
    if failure is not None:
        found.failure, found.failed_at, found.skus = str(failure), run.events, failure.skus
    return found
