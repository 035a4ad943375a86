"""What stands in a cell, as people and spreadsheets write it: amounts, whole numbers, yes and no, weights."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from app.domain.money import exponent

MOST_AMOUNT = 10**10

_YES = {"true", "yes", "y", "1", "ja", "oui", "si", "sí", "x"}
_NO = {"false", "no", "n", "0", "nein", "non"}
_GRAMS = {"kg": Decimal(1000), "g": Decimal(1), "lbs": Decimal("453.59237"), "oz": Decimal("28.349523125")}


def decimal_of(text: str) -> Decimal:
    """A number with a decimal point or comma: 12.50, 12,50, 1,234.50, 1.234,50, 1 234,50. Raises ValueError, saying what would be right."""
    plain = text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("'", "")
    point, comma = plain.rfind("."), plain.rfind(",")
    if point >= 0 and comma >= 0:
        thousands, mark = (",", ".") if point > comma else (".", ",")
        if plain.count(mark) > 1:
            raise ValueError(f"{text!r} isn't a number; write it like 1234.50")
        plain = plain.replace(thousands, "").replace(mark, ".")
    elif comma >= 0:
        if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", plain):
            raise ValueError(f"{text!r} can be read in two ways; write {plain.replace(',', '')}.00 or {plain.replace(',', '.')}")
        plain = plain.replace(",", ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{text!r} isn't a number; write it like 12.50, without a sign of a currency") from None
    if not found.is_finite() or "e" in plain.lower():
        raise ValueError(f"{text!r} isn't a plain number; write it like 12.50")
    return found


@lru_cache(1_000)
def amount_of(text: str, currency: str) -> int:
    """Minor units of an amount: "12.50", "12,50" and "12.50 EUR" are 1250 in a store that counts in EUR. Raises ValueError."""
    number, digits = text.strip(), exponent(currency)
    if found := re.fullmatch(r"(?:([A-Z]{3})\s*)?(.*?)(?:\s*([A-Z]{3}))?", number):
        named = found[1] or found[3]
        if named and named != currency:
            raise ValueError(f"{text!r} is in {named}, but this store counts in {currency}; write the amount in {currency}")
        number = found[2]
    minor = decimal_of(number).scaleb(digits)
    if minor != minor.to_integral_value():
        places = f"{digits} decimals" if digits else "no decimals"
        raise ValueError(f"{text!r} is finer than {currency} has coins: write it with {places}")
    if not 0 <= minor <= MOST_AMOUNT:
        raise ValueError(f"{text!r} should be 0 or more" if minor < 0 else f"{text!r} is too much; at most {MOST_AMOUNT} minor units")
    return int(minor)


@lru_cache(1_000)
def whole_of(text: str, most: int) -> int:
    """A whole number from 0 on; 5.0 is one too, because spreadsheets write that. Raises ValueError."""
    found = decimal_of(text)
    if found != found.to_integral_value():
        raise ValueError(f"{text!r} should be a whole number, such as {found.quantize(Decimal(1))}")
    if found < 0:
        raise ValueError(f"{text!r} is below zero; write 0 or leave it empty")
    if found > most:
        raise ValueError(f"{text!r} is too much; {most} is the most")
    return int(found)


def flag_of(text: str) -> bool:
    """Yes or no. Raises ValueError."""
    folded = text.strip().casefold()
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise ValueError(f"{text!r} is neither yes nor no; write true or false")


def grams_of(text: str, unit: str = "g") -> int:
    """A weight in whole grams. Raises ValueError."""
    found = (decimal_of(text) * _GRAMS[unit]).to_integral_value()
    if not 0 <= found <= 100_000_000:
        raise ValueError(f"{text!r} isn't a weight; write it in {unit}, such as {'0.34' if unit == 'kg' else '340'}")
    return int(found)
