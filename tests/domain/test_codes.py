"""Codes are compared as people mean them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.codes import key_of

DECOMPOSED = "BLU\u0308TE"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MUG-BLUE", "mug-blue"),
        ("MUG-BLUE", "  Mug-Blue\t"),
        ("MUG BLUE", "mug   blue"),
        ("BLÜTE", DECOMPOSED),
        ("blüte", "BLÜTE"),
        ("GROSS", "groß"),
        ("İZNİK", "i̇zni̇k"),
    ],
)
def test_spellings_of_one_code_are_the_same(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("MUG-BLUE", "MUG/BLUE"),
        ("MUG-BLUE", "MUGBLUE"),
        ("MUG BLUE", "MUGBLUE"),
        ("BLUTE", "BLÜTE"),
        ("MUG#1", "MUG1"),
        ("O", "0"),
        ("ß", "s"),
    ],
)
def test_different_codes_stay_different(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize("code", ["MUG/BLUE", " Blüte  #1 ", DECOMPOSED, "groß", "İZNİK", "碗 1"])
def test_a_key_is_its_own_key(code: str) -> None:
    assert key_of(key_of(code)) == key_of(code)


@settings(derandomize=True, database=None)
@given(st.text("abcxyz019 -/#", min_size=1))
def test_capitals_and_spaces_around_a_code_make_no_difference(code: str) -> None:
    assert key_of(f"  {code.upper()}\n") == key_of(code)
