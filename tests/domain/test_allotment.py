"""How units are shared out: never more than there are, in proportion to what sells, the scarce ones where zero costs most."""

from __future__ import annotations

import time
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allotment import PRIOR_A_DAY, STEPS, Seller, apportion

HERE = ("here",)


def seller(name: str | None, rate: float = 0.0, **facts: object) -> Seller:
    return Seller(**{"id": name, "rate": rate, "location_ids": HERE} | facts)  # type: ignore[arg-type]


def shared(units: int, *sellers: Seller) -> dict[str | None, int]:
    return apportion({"here": units}, sellers)


# In proportion


def test_what_sells_three_times_as_much_gets_three_times_as_much() -> None:
    assert shared(40, seller("a", 3.0 - PRIOR_A_DAY), seller("b", 1.0 - PRIOR_A_DAY)) == {"a": 30, "b": 10}


def test_a_weight_counts_like_what_sells() -> None:
    assert shared(40, seller("a", weight=300), seller("b", weight=100)) == {"a": 30, "b": 10}


def test_what_has_never_sold_gets_a_start_and_no_more() -> None:
    assert shared(100, seller("a", 99 * PRIOR_A_DAY - PRIOR_A_DAY), seller("b")) == {"a": 99, "b": 1}


def test_our_own_api_shares_like_any_counter() -> None:
    assert shared(40, seller("a", 3.0 - PRIOR_A_DAY), seller(None, 1.0 - PRIOR_A_DAY)) == {"a": 30, None: 10}


def test_of_a_hundred_thousand_units_each_share_is_right_within_a_coarse_step_and_found_at_once() -> None:
    sellers = [seller(f"{n:02}", rate=float(n * n)) for n in range(30)]
    begun = time.perf_counter()
    found = shared(100_000, *sellers)
    assert time.perf_counter() - begun < 0.25
    claims = {each.id: each.claim for each in sellers}
    total = sum(claims.values())
    assert sum(found.values()) == 100_000
    assert all(abs(units - 100_000 * claims[name] / total) <= 100_000 // STEPS + 1 for name, units in found.items())


# First of all


def test_the_least_share_comes_before_what_sells() -> None:
    assert shared(6, seller("a", 50.0), seller("b", min_share=4)) == {"a": 2, "b": 4}


def test_a_least_share_that_does_not_fit_is_filled_as_far_as_it_goes() -> None:
    assert shared(3, seller("a", min_share=5), seller("b", 50.0)) == {"a": 3, "b": 0}
    assert shared(7, seller("a", min_share=8, lot=4), seller("b", 50.0)) == {"a": 4, "b": 3}


def test_what_stays_free_at_least_for_our_own_api_stays() -> None:
    assert shared(5, seller("a", 50.0), seller(None, min_share=5)) == {"a": 0, None: 5}


def test_a_weight_of_nothing_gets_its_least_share_and_no_more() -> None:
    assert shared(20, seller("a", 9.0, weight=0, min_share=3), seller("b", 1.0)) == {"a": 3, "b": 17}
    assert shared(20, seller("a", 9.0, weight=0), seller("b", 1.0)) == {"a": 0, "b": 20}


# By lots


def test_what_needs_four_gets_nothing_four_or_eight() -> None:
    found = [shared(units, seller("a", 1.0, lot=4), seller("b", 1.0))["a"] for units in range(1, 17)]
    assert found == [0] * 3 + [4] * 10 + [8] * 3


def test_a_set_of_four_counts_four_units_for_each() -> None:
    assert shared(15, seller("a", per=4)) == {"a": 12}
    assert shared(15, seller("a", per=2, lot=3)) == {"a": 12}


# Scarcer than sellers


def test_the_last_units_go_where_zero_costs_most() -> None:
    ends, dark, harmless = seller("c", zero=2), seller("b", 5.0, zero=1), seller("a", 50.0)
    assert shared(1, harmless, dark, ends) == {"a": 0, "b": 0, "c": 1}
    assert shared(2, harmless, dark, ends) == {"a": 0, "b": 1, "c": 1}
    assert shared(3, harmless, dark, ends) == {"a": 1, "b": 1, "c": 1}


def test_where_zero_costs_the_same_the_last_unit_goes_to_what_sells_most() -> None:
    assert shared(1, seller("a", 1.0), seller("b", 2.0, lit=False), seller("c", 1.5, lit=True)) == {"a": 0, "b": 1, "c": 0}


def test_what_is_on_sale_keeps_its_place_against_an_equal() -> None:
    assert shared(1, seller("a"), seller("b", lit=True)) == {"a": 0, "b": 1}
    assert shared(1, seller("a", lit=True), seller("b")) == {"a": 1, "b": 0}


def test_the_last_unit_does_not_stay_for_an_api_that_sells_nothing() -> None:
    assert shared(1, seller(None), seller("z")) == {None: 0, "z": 1}
    assert shared(1, seller(None, 1.0), seller("z")) == {None: 1, "z": 0}


# By location


def test_nobody_gets_units_from_a_location_that_it_does_not_sell_from() -> None:
    pool = {"here": 2, "there": 20}
    found = apportion(pool, [seller("a", 50.0), seller("b", location_ids=("there",)), seller("c", location_ids=("here", "there"))])
    assert found == {"a": 1, "b": 11, "c": 10}


# Whatever it is given


@st.composite
def _sellers(draw: st.DrawFn) -> list[Seller]:
    names: list[str | None] = [None, *(f"s{n}" for n in range(draw(st.integers(1, 6))))]
    places = st.lists(st.sampled_from(["x", "y", "z"]), min_size=1, unique=True)
    return [
        Seller(
            id=name,
            rate=draw(st.floats(0, 500)),
            location_ids=draw(places),
            weight=draw(st.sampled_from([0, 1, 50, 100, 300])),
            per=draw(st.integers(1, 5)),
            lot=draw(st.integers(0, 6)),
            min_share=draw(st.integers(0, 10)),
            zero=draw(st.integers(0, 2)),
            lit=draw(st.booleans()),
        )
        for name in names
    ]


_pools = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.integers(-3, 2_000), max_size=3)


@given(_pools, _sellers())
def test_never_more_is_given_than_there_is_where_it_is_sold(pool: dict[str, int], sellers: list[Seller]) -> None:
    found = apportion(pool, sellers)
    there = {place: max(0, units) for place, units in pool.items()}
    # By Hall's theorem: for every set of locations, those who sell only from them got no more than lies there.
    for among in ({"x"}, {"y"}, {"z"}, {"x", "y"}, {"x", "z"}, {"y", "z"}, {"x", "y", "z"}):
        given_there = sum(found[each.id] for each in sellers if set(each.location_ids) <= among)
        assert given_there <= sum(units for place, units in there.items() if place in among)


@given(_pools, _sellers())
def test_everybody_gets_whole_lots_and_nothing_is_left_that_somebody_could_sell(pool: dict[str, int], sellers: list[Seller]) -> None:
    found = apportion(pool, sellers)
    assert all(found[each.id] >= 0 and found[each.id] % each.step == 0 for each in sellers)
    if all(set(each.location_ids) == {"x", "y", "z"} for each in sellers):
        left = sum(max(0, units) for units in pool.values()) - sum(found.values())
        assert all(left < each.step for each in sellers if each.weight)


@given(_pools, _sellers(), st.randoms(use_true_random=False))
def test_the_same_question_has_the_same_answer_in_whatever_order_it_is_put(pool: dict[str, int], sellers: list[Seller], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(sellers)
    random.shuffle(shuffled)
    assert apportion(pool, shuffled) == apportion(pool, sellers)


@given(st.integers(0, 100_000), st.lists(st.floats(0, 500), min_size=2, max_size=8), st.integers(1, 6))
def test_shares_are_proportional_to_claims_within_one_lot(units: int, rates: list[float], lot: int) -> None:
    sellers = [seller(f"s{n}", rate, lot=lot) for n, rate in enumerate(rates)]
    found = shared(units, *sellers)
    step = max(lot, units // STEPS)
    # The one lot with which each begins comes first; beyond that nobody is ahead of another by more than a step.
    for one in sellers:
        for other in sellers:
            if found[one.id] > lot:
                ahead = (found[one.id] - step) / one.claim
                assert ahead <= (found[other.id] + step) / other.claim + 1e-9


@given(st.integers(0, 60), _sellers())
def test_a_least_share_is_filled_before_anybody_gets_more(units: int, sellers: list[Seller]) -> None:
    sellers = [replace(each, location_ids=HERE, per=1, lot=1) for each in sellers]
    found = shared(units, *sellers)
    if any(found[each.id] < each.min_share for each in sellers):
        assert all(found[each.id] <= each.min_share for each in sellers)
    assert sum(found.values()) <= units
    assert all(found[each.id] >= min(each.min_share, units) for each in sellers if sum(one.min_share for one in sellers) <= units)
