"""The drill: among trading, everything is done to shops that makes them show something else than our records say, and no message tells
of it. What does the reconciler find, and what does it call it? `tallystick simulate --drill`; docs/reconciling.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from app import chance
from app.domain import catalogue, exceptions
from app.domain.money import Money
from app.simulation.demand import EXACT_STALLS, Wish, drawn
from app.simulation.fates import DrillDesk, DrillLine
from app.simulation.injections import KINDS, OF_LISTINGS, Injected, Script, can_happen
from app.simulation.judging import Drilled, Judging
from app.simulation.shops import Clock, Stand
from app.simulation.store import Store
from app.simulation.story import Story
from app.simulation.trading import POTTER
from app.simulation.troubles import NONE, Broken
from app.simulation.world import START

ROUNDS = 4
ROUND_S = 5_400.0
# Mostly nothing goes wrong, but the odd message is lost or late, and some answers take their time.
FAIR = replace(
    NONE, hand_edits_per_hour=1.0, lost=0.02, delayed=0.05, delay_s=(5.0, 300.0), slow=0.05, limited=0.003, feed_lag_s=60.0, skew_s=0.0
)


def kinds_of(seed: int) -> tuple[str, ...]:
    """The shops of a seed: every platform, and stalls in turn. Etsy can only be written with an accepted risk."""
    stalls = (EXACT_STALLS[2 * seed % len(EXACT_STALLS)], EXACT_STALLS[(2 * seed + 1) % len(EXACT_STALLS)])
    return ("shopify", "woocommerce", "ebay", *(("etsy", stalls[0]) if seed % 2 else stalls))


class Drill(Judging):
    """A run in which differences are made in rounds, each kind once in a round, at different shops and for different things."""

    desk, line = DrillDesk, DrillLine

    def __init__(self, *args: Any, rounds: int = ROUNDS, kinds: Sequence[str] = tuple(KINDS), **how: Any) -> None:
        super().__init__(*args, **how)
        self.rounds, self.kinds = rounds, kinds
        self._dice = Random(f"drill {self.seed}")  # noqa: S311  (to be replayed)
        self._serials = 0
        self._waiting: list[tuple[Callable[[], bool], Callable[[], None]]] = []

    def serial(self) -> int:
        self._serials += 1
        return self._serials

    # The rounds

    def open(self) -> None:
        super().open()
        turn: Counter[str] = Counter({kind: self.seed + n for n, kind in enumerate(self.kinds)})
        for _ in range(self.rounds):
            codes = self._dice.sample(self._codes, len(self._codes))
            for kind in self.kinds:
                fit = [stand for stand in self.stands if can_happen(kind, stand)]
                stand = fit[turn[kind] % len(fit)]
                turn[kind] += 1
                if kind in OF_LISTINGS:
                    mine = [self._listed(stand, f"{kind.upper()}-{self.serial()}")] if kind != "unmapped" else ["STRANGE"]
                else:
                    mine = [codes.pop() for _ in range(3 if kind == "second_writer" else 1)]
                self.injected.append(Injected(kind, stand, mine))
        for stand in self.stands:
            self.ask(stand)
        self.run_for(900.0)
        self._since = chance.now()

    def _listed(self, stand: Stand, code: str) -> str:
        """Something that this shop alone sells, and nobody buys while it is tampered with."""
        draft = catalogue.ProductDraft(code.title(), [catalogue.SkuDraft(code, Money(1000, "EUR"))])
        self.database.run(catalogue.create_product, draft, cause=POTTER)
        self._receive(code, 6)
        self._touched.discard(code)
        with self.at(stand):
            stand.variants[code] = stand.shop.add(code, title=f"{code} at {stand.name}").id
        return code

    def trade(self) -> None:
        for visit in self.demand.visits:
            self._after(visit.at_s, self._visiting(visit), counts=True)
        self._after(0.0, self._keep_watch)
        each_round = len(self.injected) // self.rounds
        for first in range(0, len(self.injected), each_round):
            mine = self.injected[first : first + each_round]
            for each in mine:
                self._after(self._dice.uniform(0.0, 600.0), self._begun(each))
            while not all(each.over for each in mine):
                self.run_for(60.0)
            self.run_for(300.0)

    def _begun(self, each: Injected) -> Callable[[], None]:
        return lambda: self._follow(each, KINDS[each.kind](self, each))

    def _follow(self, each: Injected, script: Script) -> None:
        """Go on with a script until it waits for something."""
        try:
            waits = next(script)
        except StopIteration:
            each.over = True
            return
        if callable(waits):
            self._waiting.append((waits, lambda: self._follow(each, script)))
        else:
            self._after(waits, lambda: self._follow(each, script))

    def look(self) -> None:
        super().look()
        waiting, self._waiting = self._waiting, []
        for condition, then in waiting:
            if condition():
                then()
            else:
                self._waiting.append((condition, then))

    # What scripts do

    @contextmanager
    def at(self, stand: Stand) -> Iterator[None]:
        with self._at(stand):
            yield

    @contextmanager
    def silently(self, stand: Stand, *resources: str) -> Iterator[None]:
        """Something happens at a shop, and whatever message would tell of it is lost."""
        before = list(stand.shop._waiting)
        with self._at(stand):
            yield
        told = {each.resource for each in stand.shop._waiting if each not in before} | {*resources}
        told |= {each.rpartition("/")[2] for each in resources}
        stand.shop._waiting = [each for each in before if each.resource not in told]

    def touched(self, code: str) -> None:
        self._touched.add(self.demand.units(code)[0])

    def typed(self, stand: Stand, counter: str, code: str) -> None:
        self._hands.add((stand.name, counter))
        self._unfound[stand.channel_id, counter] = chance.now()
        self.touched(code)

    def much_more(self, code: str) -> None:
        """So much of it arrives that every shop is to show more."""
        there = self._on_hand(code)
        self._receive(code, max(20, 4 * (there["available"] + there["allotted"])))

    @contextmanager
    def alone(self, each: Injected) -> Iterator[None]:
        """No other run is asked for at this shop, once it is its turn."""
        try:
            yield
        finally:
            if self._claims.get(each.stand.channel_id) is each:
                del self._claims[each.stand.channel_id]

    def turn(self, each: Injected) -> Script:
        yield from self.until(lambda: self._claims.get(each.stand.channel_id, each) is each, 7_200.0)
        self._claims[each.stand.channel_id] = each

    def look_again(self, stand: Stand) -> Script:
        """A person has put something right, and asks for a run."""
        yield from self.until(lambda: self.is_free(stand), 3_600.0)
        self.ask(stand)

    def answer(self, each: Injected) -> None:
        """The other program is switched off, and somebody says so."""
        for row in self._exceptions(each):
            if row["cause"] == "second_writer" and row["closed_at"] is None:
                self.database.run(exceptions.resolve, row["id"], "Switched off.", cause=POTTER)


def drill(seed: int, *, rounds: int = ROUNDS, kinds: Sequence[str] = tuple(KINDS), shops: Sequence[str] | None = None) -> Drilled:
    """One seed. What doesn't hold is told in what it returns."""
    began = process_time()
    orders_ = round(rounds * ROUND_S / 120.0)
    wish = Wish(orders=orders_, shops=shops or kinds_of(seed), pieces=(12, 12), every_s=(120.0, 120.0), supply=(2.0, 3.0))
    demand = drawn(seed, wish)
    demand = replace(demand, pieces=[replace(piece, units=piece.units + 24) for piece in demand.pieces])
    clock = Clock(seed, START)
    with TemporaryDirectory() as where, chance.installed(clock):
        database = Store()
        story = Story()
        story.follow(database)
        run = Drill(seed, database, clock, Path(where) / "key", troubles=FAIR, demand=demand, story=story, rounds=rounds, kinds=kinds)
        try:
            run.open()
            run.trade()
            run.calm()
        except Broken as error:
            run.done.failure = str(error)
        finally:
            database.crash = lambda: None
        try:
            found = run.settle()
        finally:
            database.close()
    found.cpu_s = process_time() - began
    return found
