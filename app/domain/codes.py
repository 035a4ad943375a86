"""How people's codes are compared: trimmed, in one Unicode form, and without regard to capitals."""

from __future__ import annotations

import unicodedata


def key_of(code: str) -> str:
    """What two spellings of one code have in common: "mug-blue " and "MUG-BLUE" are the same, "MUG/BLUE" is another."""
    folded = unicodedata.normalize("NFC", code.strip()).casefold()
    return unicodedata.normalize("NFC", " ".join(folded.split()))
