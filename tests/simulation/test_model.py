"""The model check says what FENCED-WRITE says, and it is about the protocol as built: the domain takes every step that the model takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app import chance
from app.database import Database, Session
from app.domain import channels, commitments, connections, counters, fence, orders, postings, recording, stock, store, writes
from app.domain.capabilities import Capabilities, CountsDown
from app.domain.fence import Pen, Want
from app.domain.postings import Posting
from app.domain.snapshots import LineSnapshot, OrderSnapshot
from app.simulation import model
from app.simulation.model import WORLDS
from app.simulation.model_states import COUNTED, MODES, NONE, RETURNED, TAKEN, UNPAID, WANTED, Rules, Unit, World
from app.simulation.model_steps import Model
from app.sync.push import DEADLINE_S
from tests import shop
from tests.sync.stage import Stall
from tests.telling import Scratch
from tests.world import CAUSE, world

# In step: the domain and the model


class Domain:
    """The real books, to which is done what the model does. What only shops know is taken from the model."""

    def __init__(self, scratch: Scratch, advance: Any, pens: list[Pen], units: list[list[str]], guards: list[int]) -> None:
        self.scratch, self.advance, self.pens, self.guards = scratch, advance, pens, guards
        self.units = units  # counter ids by unit
        self.heard: dict[str, tuple[int, int, int]] = {}  # by order: the counter's place, how it stands, what we heard of

    def run(self, function: Any, *args: Any, **more: Any) -> Any:
        self.advance(timedelta(milliseconds=2))
        return self.scratch.run(function, *args, **more)

    def write(self, place: int) -> str:
        (row,) = self.run(writes.open_of_channel, self.pens[place].channel_id)
        return str(row["id"])

    def take(self, found: Model, core: tuple[int, ...], what: tuple[Any, ...]) -> None:
        """Do one step of the model's."""
        verb, *about = what
        if verb == "own":
            self.run(orders.place, shop.drafted(("BOWL", 1)), cause=CAUSE)
        elif verb in ("found", "missing"):
            way = ("supplier", "available") if verb == "found" else ("available", "adjustment")
            self.run(postings.post, Posting("BOWL", "STUDIO", 1, *way, "test"), cause=CAUSE)
        elif verb == "crash":
            for place, block in enumerate(core[4:]):
                if found.blocks[block][4] or found.blocks[block][5]:
                    self.run(fence.interrupted, self.pens[place], self.write(place))
        elif verb in ("sale", "cancel", "pay"):
            self._at_the_shop(found, core, verb, *about)
        else:
            getattr(self, f"_{verb}", lambda *_: None)(found.blocks[core[4 + about[0]]], *about)

    def _at_the_shop(self, found: Model, core: tuple[int, ...], verb: str, place: int, n: int, *more: Any) -> None:
        at = self._listing(place, n)
        if verb == "sale":
            mode = found.modes[found.blocks[core[4 + place]][0]]
            at_once = mode.can.counts_down_at is CountsDown.PLACED
            self.heard[f"O{len(self.heard) + 1}"] = (at, COUNTED if at_once else UNPAID, 0)
            return
        order = found.blocks[core[4 + place]][9][n][9][more[0]]
        name = self._pick(at, order)
        self.heard[name] = (at, more[1] if verb == "cancel" else COUNTED, order[1])

    def _listing(self, place: int, n: int) -> int:
        return sum(len(each) for each in self.units[:place]) + n

    def _pick(self, at: int, order: tuple[int, ...]) -> str:
        """An order that stands so; of short ones the one whose turn it is."""
        stands, heard, rank, _ = order
        alike = [name for name, known in self.heard.items() if known == (at, stands, heard)]
        c = commitments.commitments.c
        query = select(c.order_id).where(c.location_id.is_(None), c.quantity > 0).order_by(c.promised_at, c.id)
        o = orders.orders.c
        names = {row.id: row.external_id for row in self.run(lambda session: session.execute(select(o.id, o.external_id)).all())}
        short = [names[each] for each in self.run(lambda session: list(session.execute(query).scalars()))]
        if rank:
            assert short[rank - 1] in alike
            return str(short[rank - 1])
        return next(name for name in alike if name not in short)

    def _hear(self, block: Any, place: int, n: int, at: int, stage: int, stands: int) -> None:
        order = block[9][n][9][at]
        name = self._pick(self._listing(place, n), order)
        line = LineSnapshot(
            "1",
            1,
            cancelled=1 - WANTED[stage],
            counted_down=TAKEN[stage],
            put_back=RETURNED[stage],
            listing=f"BOWL-{self._listing(place, n)}",
        )
        snapshot = OrderSnapshot(name, stage, paid=stage != UNPAID, lines=[line])
        self.run(recording.record, self.pens[place].channel_id, snapshot, cause=CAUSE)
        self.heard[name] = (self._listing(place, n), stands, stage)

    def _plan(self, block: Any, place: int, wants: tuple[int, ...]) -> None:
        guard = self.guards[place]
        asked = {each: Want(want, guard) for each, want in zip(self.units[place], wants, strict=True) if want != NONE}
        row = self.run(fence.raise_or_lower, self.pens[place], f"unit-{place}", asked, lambda entries, key: {"key": key}, for_s=DEADLINE_S)
        assert row is None or row["state"] in ("intent", "reading")

    _release = _plan

    def _rebase(self, block: Any, place: int, due: bool) -> None:
        assert self.run(fence.rebase, self.pens[place], f"unit-{place}") is not None

    def _look(self, block: Any, place: int) -> None:
        self._rebase(block, place, True)

    def _silence(self, block: Any, place: int) -> None:
        self.run(fence.unanswered, self.pens[place], self.write(place), "no answer", retry_at=chance.now())

    def _again(self, block: Any, place: int, sent: bool) -> None:
        write = self.write(place)
        if not sent:
            self.run(writes.change, write, unknown_since=chance.now() - timedelta(hours=1))
        row = self.run(fence.again, self.pens[place], write, for_s=DEADLINE_S)
        assert (row is not None) == sent

    def _expire(self, block: Any, place: int) -> None:
        self.run(writes.change, self.write(place), created_at=chance.now() - timedelta(days=1))

    def _read(self, block: Any, place: int) -> None:
        readings = {each: listing[0] for each, listing in zip(self.units[place], block[9], strict=True)}
        self.run(fence.read, self.pens[place], self.write(place), readings, answered_at=chance.now())

    def _settled(self, block: Any, place: int) -> None:
        self.run(channels.change_lane, self.pens[place].channel_id, settled_at=chance.now())
        assert self.run(fence.settled, self.pens[place], self.write(place))

    def _answer(self, block: Any, place: int, code: str, quantity: int) -> None:
        if code == "stale":
            self.run(fence.stale, self.pens[place], self.write(place), "it was another")
        else:
            said = {} if quantity == NONE else {self.units[place][0]: quantity}
            self.run(fence.done, self.pens[place], self.write(place), said)

    # How it stands

    def books(self) -> list[Any]:
        ids = [each for unit in self.units for each in unit]
        known = {each.id: each for each in self.scratch.run(counters.of_ids, ids)}
        rows = {each: self.scratch.run(counters.by_id, each) for each in ids}
        found: list[Any] = [self.scratch.run(_free), self.scratch.run(_short)]
        for each in ids:
            mine = known[each]
            flight = mine.flight
            found.append((
                *(mine.shown, mine.below, mine.held, mine.allotment, mine.on_offer, mine.deficit, mine.spare, mine.stale_at),
                rows[each]["rebase_at"] is not None,
                (flight.mode, flight.state, flight.change, flight.value, flight.guard, flight.reading) if flight and flight.mode != "rebase"
                else (flight.mode, flight.state, flight.reading) if flight else None,
            ))  # fmt: skip
        return found


def by_the_model(found: Model, core: tuple[int, ...]) -> list[Any]:
    """The same figures, as the model has them."""
    units = [Unit(found.blocks[block], found.listing) for block in core[4:]]
    said: list[Any] = [core[1], sum(1 for unit in units for each in unit.listings for order in each.orders if order[2])]
    for unit in units:
        for each in unit.listings:
            flight = each.flight
            said.append((
                *(each.shown, each.below, each.held, each.allotment, each.on_offer, each.deficit, each.spare),
                None if each.stale == NONE else each.stale,
                bool(each.due),
                (flight.mode, flight.state, flight.change, flight.value, flight.guard, flight.reading) if flight and flight.mode != "rebase"
                else (flight.mode, flight.state, flight.reading) if flight else None,
            ))  # fmt: skip
    return said


def _free(session: Session) -> int:
    (row,) = session.find(stock.stock_levels, columns=["available"])
    return int(row["available"])


def _short(session: Session) -> int:
    c = commitments.commitments.c
    return sum(session.execute(select(c.quantity).where(c.location_id.is_(None))).scalars())


@contextmanager
def in_step(database: Database, tmp_path: Path, asked: World, shown: list[int]) -> Iterator[tuple[Model, tuple[int, ...], Domain]]:
    """The model in one of its first states, and the domain in the same."""
    found = Model(asked)
    core = found.start(shown)
    with world(database, tmp_path) as there:
        there.planning = False
        there.stocked("BOWL", asked.units)
        pens, units, n = [], [], 0
        for place, (name, count) in enumerate(asked.shops):
            can = replace(asked.mode(name).can, poll_every_s=7200.0)
            stall = Stall(can)
            for at in range(n, n + count):
                stall.offer(f"BOWL-{at}", "BOWL", shown[at], unit=f"unit-{place}")
            n += count
            channel_id = there.connect(stall, live=False)
            there.run_for(can.feed_lag_s + can.read_lag_s + 2)
            database.run(connections.start, channel_id, cause=CAUSE)
            lane, row = database.look(channels.lane, channel_id), database.look(channels.get, channel_id)
            pens.append(Pen(channel_id, lane["fence"], database.look(store.get)["epoch"], Capabilities.from_json(row["capabilities"])))
            units.append([each.id for each in there.counters(channel_id)])
            database.run(channels.change_lane, channel_id, lease_until=chance.now() + timedelta(days=300))
        with Scratch(database) as scratch:
            guards = [asked.mode(name).guard for name, _ in asked.shops]
            yield found, core, Domain(scratch, there.source.advance, pens, units, guards)


def step(found: Model, core: tuple[int, ...], domain: Domain, what: tuple[Any, ...]) -> tuple[int, ...]:
    """Both take a step, and agree on what came of it. Where several counters are equals, the model says all that may be."""
    domain.take(found, core, what)
    may = [after for _, each, after in found.steps(core) if each == what]
    is_so = domain.books()
    for after in may:
        if by_the_model(found, after) == is_so:
            return after
    raise AssertionError((what, is_so, [by_the_model(found, after) for after in may]))


# What a walk would rather do: else most of it is buyers and people, and little is written.
RATHER = {"plan": 6.0, "answer": 6.0, "land": 4.0, "again": 3.0, "settled": 3.0, "hear": 2.0, "edit": 0.1, "missing": 0.3, "found": 0.5}


def walk(found: Model, core: tuple[int, ...], domain: Domain, steps: int) -> list[str]:
    """Any way that the model knows. Returns: what was done."""
    draw, done = chance.random(), []
    assert by_the_model(found, core) == domain.books()
    for _ in range(steps):
        ways = sorted({what for _, what, _ in found.steps(core)}, key=repr)
        kinds = sorted({what[0] for what in ways})
        (kind,) = draw.choices(kinds, [RATHER.get(each, 1.0) for each in kinds])
        core = step(found, core, domain, draw.choice([what for what in ways if what[0] == kind]))
        done.append(kind)
    return done


def everywhere(found: Model, core: tuple[int, ...], domain: Domain, steps: int) -> int:
    """Every way of so many steps, except that what was come to before with as many steps left isn't gone on from again."""
    met: dict[tuple[int, ...], int] = {}
    taken = 0

    def go(core: tuple[int, ...], left: int) -> None:
        nonlocal taken
        if left <= met.get(core, 0):
            return
        met[core] = left
        for what in sorted({each for _, each, _ in found.steps(core)}, key=repr):
            known = dict(domain.heard)
            with domain.scratch.again():
                taken += 1
                go(step(found, core, domain, what), left - 1)
            domain.heard = known

    go(core, steps)
    return taken


ANY = {"faults": 9, "cancellations": 9, "changes": 9, "readings": 9, "edits": 9, "counts": 9}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
@pytest.mark.parametrize("mode", MODES)
def test_the_domain_takes_every_step_that_the_model_takes(database: Database, tmp_path: Path, mode: str) -> None:
    with in_step(database, tmp_path, World("any", 4, ((mode, 1), (mode, 1)), **ANY), [2, 1]) as (found, core, domain):
        done = walk(found, core, domain, steps=40)
    assert {"plan", "answer", "hear", "settled"} <= set(done)


@sqlite
@pytest.mark.parametrize("mode", ["drain", "absolute, guard 1"])
def test_it_does_where_one_request_replaces_two_counters(database: Database, tmp_path: Path, mode: str) -> None:
    with in_step(database, tmp_path, World("any", 4, ((mode, 2), ("delta, keyed", 1)), **ANY), [2, 1, 0]) as (found, core, domain):
        walk(found, core, domain, steps=60)


@sqlite
@pytest.mark.parametrize("mode", ["delta, keyed", "absolute, guard 1", "drain, paid"])
def test_it_does_on_every_way_of_three_steps(database: Database, tmp_path: Path, mode: str) -> None:
    with in_step(database, tmp_path, World("few", 2, ((mode, 1),), **ANY), [1]) as (found, core, domain):
        assert everywhere(found, core, domain, steps=3) > 300


@sqlite
@pytest.mark.parametrize("rule", ["below_stays", "put_backs", "differences", "read_again"])
def test_a_model_that_forgets_a_rule_is_found_out(database: Database, tmp_path: Path, rule: str) -> None:
    asked = World("any", 4, (("delta, keyed" if rule == "below_stays" else "delta, unkeyed", 1),) * 2, **ANY, rules=Rules(**{rule: False}))
    with in_step(database, tmp_path, asked, [2, 1]) as (found, core, domain), pytest.raises(AssertionError):
        walk(found, core, domain, steps=400)


# Looking at everything


@pytest.mark.parametrize("mode", [name for name in MODES if f"{name}: small" in WORLDS])
def test_no_unit_is_sold_twice_and_all_comes_to_rest_in_every_state_of_a_small_world(mode: str) -> None:
    found = model.run(f"{mode}: small")
    assert (found.what, found.story) == (None, ())
    assert found.exhausted and found.states > 1_500


@pytest.mark.parametrize("rule", model.COUNTEREXAMPLES)
def test_without_a_rule_a_unit_is_sold_twice(rule: str) -> None:
    asked = model.counterexample(rule)
    assert model.run(replace(asked, rules=Rules())).what is None
    found = model.run(asked)
    assert found.what == "oversold"
    assert found.story[-1].startswith("Oversold: ")


@pytest.mark.parametrize("rule", ["draw_on_others", "restock_home", "read_if_negative"])
def test_a_habit_can_be_left_out(rule: str) -> None:
    for mode in ("compare-and-set, keyed", "delta, unkeyed"):
        assert model.run(f"{mode}: small", without=[rule]).what is None


def test_a_number_without_cover_is_sold_twice_by_one_sale_in_the_gap_and_not_with_a_guard() -> None:
    asked = WORLDS["absolute, no guard"]
    assert model.run(asked).what == "oversold"
    assert model.run(replace(asked, shops=(("absolute, guard 1", 1),) * 2)).what is None


@pytest.mark.parametrize("mode", ["drain", "absolute, covered"])
def test_a_late_zero_is_put_right_only_by_who_looks(mode: str) -> None:
    found = model.run(replace(WORLDS[f"{mode}: small"], reconciles=False))
    assert found.what == "a number that nobody looks at"


def test_a_unit_behind_a_reply_below_zero_waits_for_the_next_write() -> None:
    asked = replace(WORLDS["delta, keyed: small"], below_waits=False)
    assert model.run(asked).what == "units that nobody can buy"


def test_the_way_to_an_oversell_is_told_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert model.main(["--without", "reply"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[2].startswith("| delta, keyed, without reply | 0/0/1/0/0/0 | ") and said[2].endswith(" | oversold, in 5 steps |")
    assert said[3:] == [
        "    1 unit: A shows 1, 0 free.",
        "    A: a buyer takes one; it shows 0.",
        "    A: we are about to write -1; we believe 1, 1 set aside, 0 free.",
        "    A: the request takes effect; it shows -1.",
        "    A: the answer comes: it says that it is done; we believe 0, 0 set aside, 1 free.",
        "    A buyer on our own API takes one: 0 free.",
        "    Oversold: 2 units are promised, 1 exist.",
    ]
