"""How people's codes are compared: trimmed, in one Unicode form, and without regard to capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

LONGEST = 200

_WORD = re.compile(r"[^\W_]+")


@lru_cache(10_000)
def key_of(code: str) -> str:
    """What two spellings of one code have in common: "mug-blue " and "MUG-BLUE" are the same, "MUG/BLUE" is another."""
    folded = unicodedata.normalize("NFC", code.strip()).casefold()
    return unicodedata.normalize("NFC", " ".join(folded.split()))


@lru_cache(1_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text as a search compares them: letters and digits, no capitals, no accents. "Becher, grün" is becher, grun."""
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", text).casefold()
        plain = "".join(char for char in plain if not unicodedata.combining(char))
    return tuple(_WORD.findall(plain))


def squashed(code: str) -> str:
    """A code without anything that people leave out or write differently: MUG-BLUE, mug_blue and MUG BLUE are all mugblue."""
    return "".join(words_of(code))


def mirror_of(code: str) -> str | None:
    """The squashed code back to front: an index over it finds codes that end alike, as one over the code finds those that begin alike."""
    return squashed(code)[::-1][:LONGEST] or None


def closest(code: str, candidates: Iterable[str], most: int = 3) -> list[str]:
    """The candidates that are this code but for a slip or two, the closest first.

    The measure is one minus the slips (a character more, less, wrong, or two swapped) over the length; 0.7 and above counts.
    """
    wanted = squashed(code) or key_of(code)
    plain = {candidate: squashed(candidate) or key_of(candidate) for candidate in candidates}
    found = process.extract(wanted, plain, scorer=OSA.normalized_similarity, score_cutoff=0.7, limit=None)
    ranked = sorted((-score, key) for _, score, key in found)
    return [candidate for _, candidate in ranked[:most]]
