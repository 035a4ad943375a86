"""Orders: what is promised, what is short, what it came to."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.chance import Seeded
from app.database import Database, Session
from app.domain import catalogue, events, exceptions, orders, pricing, reservations, transfers
from app.domain.errors import InsufficientStock, InvalidDraft, NotFound, UnknownLocation, UnknownSku, WrongCurrency, WrongState
from app.domain.money import Money
from app.domain.pricing import LineDraft, OrderDraft
from tests.shop import (
    CAUSE,
    Level,
    cancel,
    count,
    event_types,
    figures,
    hold,
    level,
    movements,
    place,
    place_one,
    post,
    promised_at,
    refused,
    seen,
    send,
    ship,
    short_total,
    sku,
    stocked,
)

NOBODY = "00000000-0000-7000-8000-000000000000"


def euros(amount: int) -> Money:
    return Money(amount, "EUR")


def test_an_order_is_promised_its_units(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 2), reference="WEB-1")
    assert (order["status"], order["reference"], figures(order)) == ("open", "WEB-1", [(2, 0, 0, 0)])
    assert level(database, "BOWL") == Level(available=3, committed=2)
    assert movements(database, "BOWL") == [(5, "supplier", "available", "test"), (2, "available", "committed", "ordered")]
    assert event_types(database)[-2:] == ["stock.moved", "order.placed"]


def test_what_an_order_answers_is_what_is_read_of_it_afterwards(database: Database) -> None:
    stocked(database, "BOWL", 1, cost=euros(400), STALL=9)
    sku(database, "PATTERN", tracked=False)
    held = hold(database, ("BOWL", 2))
    for order in (
        place(database, ("BOWL", 4), ("PATTERN", 1), reservation_id=held["id"], buyer={"name": "B"}, locations=["STALL", "STUDIO"]),
        place(database, ("BOWL", 20), sold=True),
    ):
        assert seen(database, order) == order


def test_an_order_gets_everything_or_nothing(database: Database) -> None:
    stocked(database, "BOWL", 5)
    stocked(database, "CUP", 1)
    with refused(database, InsufficientStock, short=[{"sku": "CUP", "asked": 2, "available": 1}]):
        place(database, ("BOWL", 2), ("CUP", 2), buyer={"name": "A. Buyer"}, ship_to={"city": "Stoke"})


def test_lines_of_one_sku_are_asked_for_together_however_it_is_spelled(database: Database) -> None:
    stocked(database, "BOWL", 3)
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 4, "available": 3}]):
        place(database, ("BOWL", 2), (" bowl", 2))
    assert figures(place(database, ("BOWL", 2), ("bowl", 1))) == [(2, 0, 0, 0), (1, 0, 0, 0)]


def test_unknown_skus_are_all_named_and_unknown_locations_too(database: Database) -> None:
    stocked(database, "BOWL", 3)
    with refused(database, UnknownSku, skus=["JUG", "VASE"]):
        place(database, ("JUG", 1), ("BOWL", 1), ("VASE", 1))
    with refused(database, UnknownLocation, location="MOON"):
        place(database, ("BOWL", 1), locations=["MOON"])


# Where units come from


def test_the_first_location_by_rank_is_asked_first(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=5)
    assert promised_at(place(database, ("BOWL", 3))) == [{"STUDIO": 3}]


def test_a_location_that_has_a_line_whole_is_preferred_to_several(database: Database) -> None:
    stocked(database, "BOWL", 2, STALL=5, HUB=9)
    assert promised_at(place(database, ("BOWL", 4))) == [{"STALL": 4}]


def test_what_no_location_has_whole_is_taken_from_the_preferred_ones_first(database: Database) -> None:
    stocked(database, "BOWL", 3, STALL=2, HUB=9)
    order = place(database, ("BOWL", 4), locations=["STALL", "STUDIO"])
    assert promised_at(order) == [{"STALL": 2, "STUDIO": 2}]
    assert [level(database, "BOWL", at) for at in ("STUDIO", "STALL", "HUB")] == [
        Level(available=1, committed=2),
        Level(committed=2),
        Level(available=9),
    ]


def test_a_location_that_is_not_named_is_not_asked(database: Database) -> None:
    stocked(database, "BOWL", 5, STALL=2)
    with refused(database, InsufficientStock, short=[{"sku": "BOWL", "asked": 3, "available": 2}]):
        place(database, ("BOWL", 3), locations=["STALL"])


# A sale that has happened


def test_a_sale_that_has_happened_is_taken_in_and_what_is_missing_is_short(database: Database) -> None:
    bowl = stocked(database, "BOWL", 2)
    order = place(database, ("BOWL", 5), sold=True)
    assert figures(order) == [(2, 3, 0, 0)]
    assert level(database, "BOWL") == Level(committed=2)
    assert short_total(database) == 3

    def last_short(session: Session) -> dict[str, object]:
        query = select(events.events).where(events.events.c.type == "order.line_short")
        return dict(session.execute(query).mappings().one())

    said = database.look(last_short)
    assert said["subject"] == order["id"]
    assert said["data"] == {"line_id": order["lines"][0]["id"], "sku_id": bowl["id"], "quantity": 3}


def test_a_sale_of_what_was_never_in_stock_is_short_as_a_whole(database: Database) -> None:
    stocked(database, "BOWL")
    assert figures(place(database, ("BOWL", 2), sold=True)) == [(0, 2, 0, 0)]


def test_what_arrives_goes_to_the_oldest_promise_first_and_only_the_rest_to_anybody_else(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL")
    waiting = []
    for units in (2, 2, 1):
        clock.advance(timedelta(minutes=1))
        waiting.append(place(database, ("BOWL", units), sold=True))

    post(database, "BOWL", 3)
    assert [figures(seen(database, order))[0][:2] for order in waiting] == [(2, 0), (1, 1), (0, 1)]
    assert level(database, "BOWL") == Level(committed=3)
    assert not place_one(database, "BOWL")

    post(database, "BOWL", 4)
    assert [figures(seen(database, order))[0][:2] for order in waiting] == [(2, 0), (2, 0), (1, 0)]
    assert level(database, "BOWL") == Level(available=2, committed=5)
    assert short_total(database) == 0
    assert event_types(database).count("order.line_filled") == 4


def test_whatever_frees_a_unit_serves_the_short_line_before_anybody_else(database: Database) -> None:
    stocked(database, "BOWL", STALL=0)
    post(database, "BOWL", 1, target="quality_control")
    post(database, "BOWL", 1, "adjustment", "damaged")
    post(database, "BOWL", 3)
    other, held = place(database, ("BOWL", 1)), hold(database, ("BOWL", 1))
    under_way = send(database, ("BOWL", 1))
    order = place(database, ("BOWL", 8), sold=True)
    ways = [
        lambda: post(database, "BOWL", 1, "quality_control", "available"),
        lambda: post(database, "BOWL", 1, "damaged", "available"),
        lambda: post(database, "BOWL", 1, "customer", "available"),
        lambda: post(database, "BOWL", 1, "adjustment", "available"),
        lambda: cancel(database, other),
        lambda: database.run(reservations.release, held["id"], cause=CAUSE),
        lambda: database.run(transfers.receive, under_way["id"], cause=CAUSE),
        lambda: count(database, ("BOWL", 7)),
    ]
    assert figures(order) == [(0, 8, 0, 0)]
    for filled, way in enumerate(ways, start=1):
        way()
        assert figures(seen(database, order)) == [(filled, 8 - filled, 0, 0)]
        assert (level(database, "BOWL").available, level(database, "BOWL", "STALL").available) == (0, 0)
    assert promised_at(seen(database, order)) == [{"STUDIO": 7, "STALL": 1}]


def test_a_line_that_may_be_served_from_one_place_only_does_not_hold_up_the_others(database: Database) -> None:
    stocked(database, "BOWL", 0, STALL=0)
    order = place(database, ("BOWL", 2), sold=True, locations=["STALL"])
    post(database, "BOWL", 3)
    assert figures(seen(database, order)) == [(0, 2, 0, 0)]
    assert place_one(database, "BOWL", 3)
    post(database, "BOWL", 5, at="STALL")
    assert figures(seen(database, order)) == [(2, 0, 0, 0)]
    assert level(database, "BOWL", "STALL") == Level(available=3, committed=2)


# Cancelling


def test_cancelling_an_order_frees_its_units(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = cancel(database, place(database, ("BOWL", 2), ("BOWL", 1)), reason="changed her mind")
    assert (order["status"], order["cancel_reason"], figures(order)) == ("cancelled", "changed her mind", [(0, 0, 0, 2), (0, 0, 0, 1)])
    assert order["cancelled_at"] is not None
    assert level(database, "BOWL") == Level(available=5)


def test_cancelling_in_part_leaves_the_rest_promised(database: Database) -> None:
    stocked(database, "BOWL", 5)
    stocked(database, "CUP", 5)
    order = cancel(database, place(database, ("BOWL", 3), ("CUP", 2)), 1)
    assert (order["status"], order["cancelled_at"], figures(order)) == ("open", None, [(2, 0, 0, 1), (2, 0, 0, 0)])
    assert (level(database, "BOWL"), level(database, "CUP")) == (Level(available=3, committed=2), Level(available=3, committed=2))


def test_what_was_never_found_is_cancelled_first(database: Database) -> None:
    stocked(database, "BOWL", 2)
    order = place(database, ("BOWL", 5), sold=True)
    said = {"severity": "urgent", "title": "3 of BOWL are missing", "advice": "Find them.", "facts": {}, "cause": CAUSE}
    database.run(exceptions.raise_, "line_short", order["lines"][0]["id"], **said)
    assert figures(cancel(database, order, 2)) == [(2, 1, 0, 2)]
    assert len(database.look(exceptions.open_of, "line_short")) == 1
    assert figures(cancel(database, order, 2)) == [(1, 0, 0, 4)]
    assert database.look(exceptions.open_of, "line_short") == []
    assert level(database, "BOWL") == Level(available=1, committed=1)


def test_no_more_is_cancelled_than_is_left(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 3))
    line = order["lines"][0]["id"]
    with refused(database, WrongState, line=line, left=3):
        cancel(database, order, 4)
    with refused(database, WrongState, left=3):
        database.run(orders.cancel, order["id"], [(line, 2), (line, 2)], cause=CAUSE)
    with refused(database, NotFound):
        database.run(orders.cancel, order["id"], [(NOBODY, 1)], cause=CAUSE)
    with refused(database, NotFound):
        database.run(orders.cancel, NOBODY, cause=CAUSE)
    cancel(database, order)
    with refused(database, WrongState):
        cancel(database, order)


def test_a_line_never_shrinks_below_what_was_shipped(database: Database) -> None:
    stocked(database, "BOWL", 5)
    order = place(database, ("BOWL", 3))
    ship(database, order, 2)
    with refused(database, WrongState, left=1):
        cancel(database, order, 2)
    order = cancel(database, order)
    assert (order["status"], figures(order)) == ("shipped", [(0, 0, 2, 1)])
    assert level(database, "BOWL") == Level(available=3)
    with refused(database, WrongState):
        cancel(database, order)


# What isn't ours to count


def test_an_untracked_sku_has_no_levels_and_is_never_short(database: Database) -> None:
    sku(database, "PATTERN", tracked=False)
    order = place(database, ("PATTERN", 1_000))
    assert figures(order) == [(0, 0, 0, 0)]
    ship(database, order, 999)
    assert figures(cancel(database, order)) == [(0, 0, 999, 1)]
    assert movements(database, "PATTERN") == []


def test_an_order_that_the_channel_fulfils_is_recorded_and_moves_nothing(database: Database) -> None:
    stocked(database, "BOWL", 1)
    order = place(database, ("BOWL", 7), fulfilled_by="channel")
    assert (order["fulfilled_by"], figures(order)) == ("channel", [(0, 0, 0, 0)])
    ship(database, order, 4)
    cancel(database, order, 1)
    assert (seen(database, order)["status"], figures(seen(database, order))) == ("open", [(0, 0, 4, 1)])
    assert level(database, "BOWL") == Level(available=1)
    assert len(movements(database, "BOWL")) == 1
    assert short_total(database) == 0


def test_a_test_order_moves_stock_like_any_other_and_says_what_it_is(database: Database) -> None:
    stocked(database, "BOWL", 3)
    order = place(database, ("BOWL", 2), test=True)
    assert order["test"] is True
    assert level(database, "BOWL") == Level(available=1, committed=2)

    def placed(session: Session) -> bool:
        return bool(session.scalar(select(events.events.c.data).where(events.events.c.type == "order.placed"))["test"])

    assert database.look(placed) is True


# What it came to


def test_every_amount_of_an_order_is_kept_by_itself(database: Database) -> None:
    stocked(database, "BOWL", 9)
    due = datetime(2026, 12, 20, tzinfo=UTC)
    lines = [
        LineDraft("BOWL", 3, euros(1000), discount=euros(250), tax=euros(550), title="Bowl, blue"),
        LineDraft("BOWL", 1, tax=euros(250)),
    ]
    order = database.run(
        orders.place, OrderDraft(lines, discount=euros(100), shipping=euros(490), total=euros(5190), ship_by=due), cause=CAUSE
    )
    kept = {amount: order[amount] for amount in (*pricing.AMOUNTS, "rounding")}
    assert kept == {"gross": 4250, "discount": 350, "tax": 800, "shipping": 490, "total": 5190, "rounding": 0}
    assert [[line[amount] for amount in ("unit_price", *pricing.LINE_AMOUNTS)] for line in order["lines"]] == [
        [1000, 3000, 250, 550, 3300],
        [1250, 1250, 0, 250, 1500],
    ]
    assert (order["currency"], order["ship_by"], order["lines"][0]["title"]) == ("EUR", due, "Bowl, blue")


def test_prices_that_include_tax_do_not_add_it_again(database: Database) -> None:
    stocked(database, "BOWL", 9)
    draft = OrderDraft([LineDraft("BOWL", 2, euros(1190), tax=euros(380))], prices_include_tax=True)
    order = database.run(orders.place, draft, cause=CAUSE)
    assert (order["gross"], order["tax"], order["total"], order["prices_include_tax"]) == (2380, 380, 2380, True)


@pytest.mark.parametrize("off", [-99, -2, 3, 99])
def test_a_rounding_difference_is_a_field_of_its_own(database: Database, off: int) -> None:
    stocked(database, "BOWL", 9)
    order = place(database, ("BOWL", 1), total=euros(1250 + off))
    assert (order["gross"], order["total"], order["rounding"]) == (1250, 1250 + off, off)


@pytest.mark.parametrize("off", [-100, 100])
def test_a_total_that_rounding_does_not_explain_is_refused(database: Database, off: int) -> None:
    stocked(database, "BOWL", 9)
    with refused(database, InvalidDraft):
        place(database, ("BOWL", 1), total=euros(1250 + off))


def test_what_the_buyer_saw_in_another_currency_is_kept_beside_the_books(database: Database) -> None:
    stocked(database, "BOWL", 9)
    dollars = {amount: Money(units, "USD") for amount, units in zip(pricing.AMOUNTS, (1400, 0, 0, 0, 1400), strict=True)}
    order = place(database, ("BOWL", 1), presentment=dollars)
    assert (order["currency"], order["total"]) == ("EUR", 1250)
    assert (order["presentment_currency"], order["presentment_total"], order["presentment_gross"]) == ("USD", 1400, 1400)
    with refused(database, InvalidDraft):
        place(database, ("BOWL", 1), presentment=dollars | {"tax": Money(0, "GBP")})
    with refused(database, InvalidDraft):
        line = LineDraft("BOWL", 1, presentment={amount: dollars[amount] for amount in pricing.LINE_AMOUNTS})
        database.run(orders.place, OrderDraft([line]), cause=CAUSE)


def test_an_amount_in_another_currency_than_the_books_is_refused(database: Database) -> None:
    stocked(database, "BOWL", 9)
    with refused(database, WrongCurrency, given="USD", expected="EUR"):
        place(database, ("BOWL", 1), shipping=Money(100, "USD"))


def test_a_sku_without_a_price_needs_one_on_the_line(database: Database) -> None:
    sku(database, "GIFT", price=None, tracked=False)
    with refused(database, InvalidDraft):
        place(database, ("GIFT", 1))
    order = database.run(orders.place, OrderDraft([LineDraft("GIFT", 2, euros(0))]), cause=CAUSE)
    assert (order["total"], order["lines"][0]["unit_price"]) == (0, 0)


def test_what_a_unit_cost_is_copied_when_it_is_promised(database: Database) -> None:
    bowl = stocked(database, "BOWL", 1, cost=euros(400))
    order = place(database, ("BOWL", 2), sold=True)

    def reprice(session: Session) -> None:
        session.execute(update(catalogue.skus).where(catalogue.skus.c.id == bowl["id"]).values(cost=700))

    database.run(reprice)
    post(database, "BOWL", 1)
    later = place(database, ("BOWL", 1), sold=True)
    post(database, "BOWL", 1)
    costs = [[(each["quantity"], each["unit_cost"]) for each in seen(database, one)["lines"][0]["commitments"]] for one in (order, later)]
    assert costs == [[(2, 400)], [(1, 700)]]
    assert seen(database, order)["lines"][0]["commitments"][0]["unit_cost_currency"] == "EUR"


# Reading


def test_orders_are_listed_newest_first_by_status_and_reference(clock: Seeded, database: Database) -> None:
    stocked(database, "BOWL", 9)
    placed = []
    for number in range(3):
        clock.advance(timedelta(minutes=1))
        placed.append(place(database, ("BOWL", 1), reference=f"WEB-{number % 2}"))
    cancel(database, placed[1])
    ids = [order["id"] for order in placed]
    listed = [order["id"] for order in database.look(orders.page, None, 10)]
    assert listed == ids[::-1]
    assert [order["id"] for order in database.look(orders.page, ids[2], 1)] == [ids[1]]
    assert [order["id"] for order in database.look(orders.page, None, 10, status="open")] == [ids[2], ids[0]]
    assert [order["id"] for order in database.look(orders.page, None, 10, reference="WEB-0")] == [ids[2], ids[0]]
    with pytest.raises(NotFound):
        database.look(orders.view, NOBODY)
