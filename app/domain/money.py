"""Money: integer minor units with an ISO 4217 currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import cache

import iso4217


@cache
def exponent(currency: str) -> int:
    """How many digits the minor unit has: EUR 2, JPY 0, KWD 3. Raises ValueError for what isn't a currency in circulation."""
    try:
        found = iso4217.Currency(currency).exponent
    except ValueError:
        found = None
    if found is None:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency, such as EUR, USD or JPY")
    return int(found)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units: Money(1250, "EUR") is 12.50 EUR, Money(1250, "JPY") is 1250 JPY."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        exponent(self.currency)

    def __str__(self) -> str:
        digits = exponent(self.currency)
        sign, whole = ("-" if self.amount < 0 else ""), abs(self.amount)
        if not digits:
            return f"{sign}{whole} {self.currency}"
        return f"{sign}{whole // 10**digits}.{whole % 10**digits:0{digits}} {self.currency}"

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """An amount as marketplaces write it: Money.parse("12.50", "EUR"). Raises ValueError for what isn't a number.

        Digits beyond the minor unit are rounded, half to even: some platforms carry four.
        """
        try:
            value = Decimal(str(text))
            scaled = value.scaleb(exponent(currency)).to_integral_value(ROUND_HALF_EVEN)
        except (InvalidOperation, ValueError) as error:
            raise ValueError(f"{text!r} isn't an amount of money") from error
        if not scaled.is_finite():
            raise ValueError(f"{text!r} isn't an amount of money")
        return cls(int(scaled), currency)
