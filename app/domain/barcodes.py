"""Barcodes: digits of a GTIN's length are a GTIN, and its last digit proves the others; anything else is a text of the shop's own."""

from __future__ import annotations

from stdnum import ean

LONGEST = 64
GTIN_LENGTHS = (8, 12, 13, 14)


def barcode_of(text: str) -> str:
    """The barcode as it is kept: a GTIN without the spaces and hyphens that it is printed with. Raises ValueError for one with a slip."""
    text = " ".join(text.split())
    digits = str(ean.compact(text))
    if digits.isascii() and digits.isdigit() and len(digits) in GTIN_LENGTHS:
        if not ean.is_valid(digits):
            right = ean.calc_check_digit(digits[:-1])
            raise ValueError(f"{digits} has a slip: a barcode that begins {digits[:-1]} ends in {right}. Scan it or type it again.")
        return digits
    if len(text) > LONGEST:
        raise ValueError(f"a barcode has at most {LONGEST} characters")
    return text


def searched_as(barcode: str) -> str:
    """What scanners agree on: a UPC read as an EAN has a zero in front."""
    return barcode.lstrip("0") if barcode.isdigit() and len(barcode) in GTIN_LENGTHS else barcode
