"""Many at once: real threads on both databases, and on PostgreSQL transactions that are held open where a race would be."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app import domain
from app.chance import Seeded
from app.database import Database, Session
from app.domain import catalogue, checking, events, locations, orders, postings, reservations
from app.domain.errors import CodeTaken, InsufficientStock, WrongState
from app.domain.postings import Posting
from tests.servers import until
from tests.shop import (
    CAUSE,
    PRICE,
    Level,
    at_once,
    cancel,
    drafted,
    event_types,
    figures,
    held_open,
    hold,
    level,
    place,
    place_one,
    place_to_stock,
    post,
    seen,
    ship,
    stocked,
)

on_postgresql = pytest.mark.parametrize("reused_database_url", ["postgresql"], indirect=True)


class Meanwhile:
    """Something that is begun while another transaction is open, in a thread of its own, and has come as far as waiting for that one."""

    def __init__(self, database: Database, act: Callable[[], Any]) -> None:
        self._outcome: list[Any] = []
        self._thread = threading.Thread(target=self._run, args=(act,))
        self._thread.start()
        waiting = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        until(lambda: bool(database.look(lambda session: session.scalar(waiting))), within_s=10, what="it waits")

    def _run(self, act: Callable[[], Any]) -> None:
        try:
            self._outcome.append(act())
        except Exception as error:
            self._outcome.append(error)

    def outcome(self) -> Any:
        """What came of it, a refusal included."""
        self._thread.join()
        return self._outcome[0]


@contextmanager
def no_deadlock(database: Database) -> Iterator[Database]:
    """The same store, opened anew for the block, in which PostgreSQL itself counts no deadlock: a connection reports when it is closed."""
    if database.is_sqlite:
        yield database
        return
    url, name = database.engine.url, database.engine.url.database
    with psycopg.connect(url.set(drivername="postgresql", database="postgres").render_as_string(False), autocommit=True) as connection:

        def counted(figure: bytes) -> int:
            row = connection.execute(b"SELECT %s FROM pg_stat_database WHERE datname = %%s" % figure, [name]).fetchone()
            return int(row[0]) if row else 0

        deadlocks, connections = counted(b"deadlocks"), counted(b"numbackends")
        opened = Database(url.render_as_string(False), finish=domain.finish)
        try:
            yield opened
        finally:
            opened.close()
        until(lambda: counted(b"numbackends") <= connections, within_s=10, what="every connection of the block is closed")
        assert counted(b"deadlocks") == deadlocks


# Buyers


def test_the_last_three_units_go_to_exactly_three_of_sixteen_buyers(database: Database) -> None:
    stocked(database, "MUG-BLUE", 3)
    served = at_once(16, lambda number: place_one(database, "MUG-BLUE", reference=f"buyer-{number}"))
    assert served.count(True) == 3
    assert level(database, "MUG-BLUE") == Level(committed=3)
    assert event_types(database).count("order.placed") == 3


def test_the_last_three_units_are_held_for_exactly_three_of_sixteen_carts(database: Database) -> None:
    stocked(database, "MUG-BLUE", 3)

    def put_in_cart(number: int) -> bool:
        with suppress(InsufficientStock):
            return bool(hold(database, ("MUG-BLUE", 1)))
        return False

    assert at_once(16, put_in_cart).count(True) == 3
    assert level(database, "MUG-BLUE") == Level(reserved=3)


def test_one_hold_becomes_an_order_for_exactly_one_of_eight_buyers(database: Database) -> None:
    stocked(database, "BOWL", 9)
    held = hold(database, ("BOWL", 1))

    def check_out(number: int) -> bool:
        with suppress(WrongState):
            return bool(place(database, ("BOWL", 1), reservation_id=held["id"]))
        return False

    assert at_once(8, check_out).count(True) == 1
    assert level(database, "BOWL") == Level(available=8, committed=1)


def test_orders_over_the_same_skus_in_opposite_order_never_deadlock(database: Database) -> None:
    buyers, each = 8, 50
    stocked(database, "BOWL", 500, STALL=500)
    stocked(database, "CUP", 1_000)

    def buy(shop: Database, number: int) -> None:
        codes = ["BOWL", "CUP"] if number % 2 else ["CUP", "BOWL"]
        dice = random.Random(number)
        for turn in range(each):
            if number < 6:
                place(shop, *((code, 1) for code in codes), locations=dice.choice([None, ["STALL", "STUDIO"]]))
            elif number == 6:
                hold(shop, *((code, 1) for code in codes[: 1 + turn % 2]), minutes=-1)
            else:
                shop.run(reservations.lapse_due, cause=CAUSE)

    with no_deadlock(database) as shop:
        at_once(buyers, partial(buy, shop))
        shop.run(reservations.lapse_due, cause=CAUSE)
        assert level(shop, "CUP") == Level(available=1_000 - 6 * each, committed=6 * each)
        here, there = level(shop, "BOWL"), level(shop, "BOWL", "STALL")
        assert (here.committed + there.committed, here.reserved + there.reserved) == (6 * each, 0)
        assert shop.figures.retried == 0


def test_cancelling_receiving_losing_and_shipping_the_same_order_at_once_keep_the_books_balanced(database: Database) -> None:
    stocked(database, "BOWL", 0, STALL=0)

    def one_round(shop: Database, shuffled: random.Random) -> None:
        post(shop, "BOWL", 2)
        post(shop, "BOWL", 1, at="STALL")
        order = place(shop, ("BOWL", 5), sold=True)
        acts: list[Callable[[], Any]] = [
            lambda: cancel(shop, order, 1),
            lambda: post(shop, "BOWL", 1),
            lambda: ship(shop, order, 1),
            lambda: post(shop, "BOWL", 1, "available", "damaged"),
            lambda: post(shop, "BOWL", 1, "available", "adjustment", at="STALL"),
            lambda: post(shop, "BOWL", 1, at="STALL"),
        ]
        shuffled.shuffle(acts)
        at_once(len(acts), lambda number: acts[number]())
        # Committed, short, shipped and cancelled. Three were there and two came; one left, one broke and one is missing.
        assert figures(seen(shop, order)) == [(2, 1, 1, 1)]
        assert shop.look(checking.check) == []
        cancel(shop, order)
        for at in ("STUDIO", "STALL"):
            if rest := level(shop, "BOWL", at).available:
                post(shop, "BOWL", rest, "available", "supplier", at=at)

    with no_deadlock(database) as shop:
        for turn in range(20):
            one_round(shop, random.Random(turn))


@on_postgresql
def test_two_processes_on_one_postgresql_sell_no_unit_twice(database: Database, database_url: str) -> None:
    stocked(database, "BOWL", 30, STALL=20)
    other = Database(database_url, finish=domain.finish)
    try:
        shops = [database, other]
        served = at_once(16, lambda number: [place_one(shops[number % 2], "BOWL") for _ in range(5)])
        assert sum(each.count(True) for each in served) == 50
        assert level(other, "BOWL") == Level(committed=30)
        assert level(database, "BOWL", "STALL") == Level(committed=20)
    finally:
        other.close()


# Races, held open at the moment that matters


@on_postgresql
def test_units_that_arrive_while_a_sale_comes_up_short_go_to_that_sale(database: Database) -> None:
    stocked(database, "BOWL", 1)
    with held_open(database, orders.place, drafted(("BOWL", 3), sold=True), cause=CAUSE) as order:
        assert figures(order) == [(1, 2, 0, 0)]
        receipt = Meanwhile(database, lambda: post(database, "BOWL", 5))
    assert receipt.outcome()["quantity"] == 5
    assert figures(seen(database, order)) == [(3, 0, 0, 0)]
    assert level(database, "BOWL") == Level(available=3, committed=3)


@on_postgresql
def test_a_sale_that_comes_up_short_while_units_arrive_gets_them(database: Database) -> None:
    stocked(database, "BOWL")
    with held_open(database, postings.post, Posting("BOWL", "STUDIO", 5, "supplier", "available", "test"), cause=CAUSE):
        sale = Meanwhile(database, lambda: place(database, ("BOWL", 3), sold=True))
    assert figures(sale.outcome()) == [(3, 0, 0, 0)]
    assert level(database, "BOWL") == Level(available=2, committed=3)


@on_postgresql
def test_an_order_does_not_take_from_a_hold_what_a_fact_takes_at_the_same_time(database: Database) -> None:
    stocked(database, "BOWL", 5)
    theirs = hold(database, ("BOWL", 2))
    mine = hold(database, ("BOWL", 3))
    with held_open(database, postings.post, Posting("BOWL", "STUDIO", 2, "available", "damaged", "fell"), cause=CAUSE):
        order = Meanwhile(database, lambda: place(database, ("BOWL", 3), reservation_id=mine["id"]))
    # Only one unit of the three is left to the hold; the two of the other hold are nobody else's to take.
    assert order.outcome().facts == {"short": [{"sku": "BOWL", "asked": 2, "available": 0}]}
    assert level(database, "BOWL") == Level(reserved=3, damaged=2)
    assert figures(place(database, ("BOWL", 1), reservation_id=mine["id"])) == [(1, 0, 0, 0)]
    assert figures(place(database, ("BOWL", 2), reservation_id=theirs["id"])) == [(2, 0, 0, 0)]


@on_postgresql
def test_facts_at_two_places_that_leave_one_line_short_at_the_same_time_are_both_owed(database: Database) -> None:
    stocked(database, "BOWL", 2, STALL=2)
    order = place(database, ("BOWL", 4))
    with held_open(database, postings.post, Posting("BOWL", "STUDIO", 1, "available", "damaged", "fell"), cause=CAUSE):
        second = Meanwhile(database, lambda: post(database, "BOWL", 1, "available", "damaged", at="STALL"))
    assert second.outcome()["location"] == "STALL"
    assert figures(seen(database, order)) == [(2, 2, 0, 0)]
    post(database, "BOWL", 1, "available", "damaged", at="STALL")
    assert figures(seen(database, order)) == [(1, 3, 0, 0)]
    post(database, "BOWL", 4)
    assert figures(seen(database, order)) == [(4, 0, 0, 0)]
    assert level(database, "BOWL") == Level(available=1, committed=4, damaged=1)


@on_postgresql
def test_a_code_that_somebody_else_is_just_taking_is_taken(database: Database) -> None:
    bowl = catalogue.ProductDraft("Bowl", [catalogue.SkuDraft("BOWL", PRICE)])
    with held_open(database, catalogue.create_product, bowl, cause=CAUSE):
        second = Meanwhile(database, lambda: database.run(catalogue.create_product, bowl, cause=CAUSE))
    assert isinstance(second.outcome(), CodeTaken)
    with held_open(database, locations.create, "STALL", "Stall", cause=CAUSE):
        second = Meanwhile(database, lambda: place_to_stock(database, "stall"))
    assert isinstance(second.outcome(), CodeTaken)


@on_postgresql
def test_holds_that_lapse_take_their_levels_in_the_one_order(clock: Seeded, database: Database) -> None:
    for code in ("BOWL", "CUP"):
        stocked(database, code, 5)
    for code, minutes in (("CUP", 1), ("BOWL", 2)):
        hold(database, (code, 1), minutes=minutes)
    clock.advance(timedelta(hours=1))

    def receive_both(session: Session) -> Meanwhile:
        first, second = sorted(("BOWL", "CUP"), key=lambda code: catalogue.by_code(session, code)["id"])
        postings.post(session, Posting(first, "STUDIO", 1, "supplier", "available", "test"), cause=CAUSE)
        lapse = Meanwhile(database, lambda: database.run(reservations.lapse_due, cause=CAUSE))
        postings.post(session, Posting(second, "STUDIO", 1, "supplier", "available", "test"), cause=CAUSE)
        return lapse

    with held_open(database, receive_both) as lapse:
        pass
    assert (lapse.outcome(), database.figures.retried) == (2, 0)
    assert (level(database, "BOWL"), level(database, "CUP")) == (Level(available=6), Level(available=6))


@on_postgresql
def test_units_that_arrive_while_their_order_is_cancelled_find_it_and_are_freed_again(database: Database) -> None:
    stocked(database, "BOWL", 1, STALL=1)
    post(database, "BOWL", 1, "available", "supplier", at="STALL")
    order = place(database, ("BOWL", 3), sold=True)

    def receive(session: Session) -> Meanwhile:
        postings.post(session, Posting("BOWL", "STALL", 5, "supplier", "available", "test"), cause=CAUSE)
        return Meanwhile(database, lambda: cancel(database, order))

    with held_open(database, receive) as cancelling:
        pass
    assert figures(cancelling.outcome()) == [(0, 0, 0, 3)]
    assert (level(database, "BOWL"), level(database, "BOWL", "STALL")) == (Level(available=1), Level(available=5))
    assert database.figures.retried == 0


@on_postgresql
def test_an_order_that_was_overtaken_plans_again_with_what_is_left(database: Database) -> None:
    stocked(database, "BOWL", 2, STALL=2)
    with held_open(database, orders.place, drafted(("BOWL", 2)), cause=CAUSE):
        second = Meanwhile(database, lambda: place(database, ("BOWL", 2)))
    assert [each["location"] for each in second.outcome()["lines"][0]["commitments"]] == ["STALL"]
    assert database.figures.retried == 1
    with held_open(database, postings.post, Posting("BOWL", "STUDIO", 1, "supplier", "available", "test"), cause=CAUSE):
        assert not place_one(database, "BOWL")
    assert (level(database, "BOWL"), level(database, "BOWL", "STALL")) == (Level(available=1, committed=2), Level(committed=2))


# The feed


@on_postgresql
def test_the_feed_never_skips_an_event_that_committed_late(database: Database) -> None:
    def say(session: Session, word: str) -> None:
        events.append(session, word, None, {}, cause=CAUSE)

    def read(after: int) -> list[tuple[int, str]]:
        return [(event["seq"], event["type"]) for event in database.look(events.after, after, 100)]

    until(lambda: bool(read(0)), within_s=10, what="the store's own events are seen")
    cursor = read(0)[-1][0]
    with held_open(database, say, "early"):
        database.run(say, "late")
        assert event_types(database)[-1] == "late", "it is committed"
        assert read(cursor) == [], "and waits for the one that was begun before it"
        assert database.look(events.latest).seq == cursor, "nor does a mirror begin behind it"
    until(lambda: len(read(cursor)) == 2, within_s=10, what="both are seen")
    (first, one), (second, other) = read(cursor)
    assert (one, other) == ("early", "late")
    assert (read(first), read(second)) == ([(second, "late")], [])


def test_a_reader_that_follows_the_feed_gets_every_event_once(database: Database) -> None:
    stocked(database, "BOWL", 1_000)
    done = threading.Event()
    read: list[int] = []

    def follow() -> None:
        cursor = 0
        while True:
            last_round = done.is_set()
            page = [event["seq"] for event in database.look(events.after, cursor, 7)]
            read.extend(page)
            cursor = read[-1] if read else 0
            if last_round and not page and len(read) == len(event_types(database)):
                return

    reader = threading.Thread(target=follow)
    reader.start()
    at_once(8, lambda number: [place(database, ("BOWL", 1)) for _ in range(10)])
    done.set()
    reader.join()
    assert len(read) == len(set(read)) == len(event_types(database))
