"""From listings to SKUs: what one nearly is, many answers at once, and SKUs made from a shop that is all the catalogue there is.

A listing whose code is that of a SKU is mapped by `listings.note`. Everything beyond that is proposed, and taken only by a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import func, select

from app import chance
from app.database import Session
from app.domain import catalogue, channels, listings, recording, store
from app.domain.aliases import owners
from app.domain.catalogue import ProductDraft, SkuDraft, products, skus
from app.domain.causes import Cause
from app.domain.codes import LONGEST, key_of, squashed, words_of
from app.domain.errors import InvalidDraft
from app.domain.listings import listings as table
from app.domain.search import product_words, title_words

# Answers that are taken in one transaction, all of them or none; and listings of which SKUs are made in one.
TOGETHER = 50
AT_ONCE = 10
MOST = 3
# A word that so many titles have narrows nothing down; and titles that are less alike than this aren't worth looking at.
COMMON = 60
ALIKE = 75.0
_CANDIDATES = 20
_PARTS = re.compile(r"\d+|\D+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a listing may be. `score`: 1 is the same."""

    sku_id: str
    sku: str
    title: str
    score: float
    why: str


def proposals(session: Session, channel_id: str, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Open listings in the order of their ids, each with what it may be, likeliest first. However many SKUs there are, each is compared
    only with those that share its code's letters and digits, or its title's rarest words."""
    channels.get(session, channel_id)
    rows = listings.page(session, after, limit, channel_id=channel_id, mapping="open")
    by_code = _by_codes(session, {row["sku_code"] for row in rows if row["sku_code"]})
    by_title = _by_titles(session, {row["title"] for row in rows})
    found = []
    for row in rows:
        likely: dict[str, Proposal] = {}
        for each in (*by_code.get(row["sku_code"] or "", ()), *by_title.get(row["title"], ())):
            likely.setdefault(each.sku_id, each)
        ranked = sorted(likely.values(), key=lambda each: (-each.score, each.sku))
        found.append(row | {"proposals": ranked[:MOST]})
    return found


# Near misses of codes


def _bare(code: str) -> str:
    """A code without what people write differently: separators, capitals, leading zeros. BOWL-007 and Bowl 7 are both bowl7."""
    return "".join(part.lstrip("0") or "0" if part.isdigit() else part for part in _PARTS.findall(squashed(code)))


def _spellings(code: str) -> set[str]:
    """How a code may be written in a catalogue, squashed: its last two numbers with and without zeros in front."""
    parts = _PARTS.findall(_bare(code))
    numbers = [index for index, part in enumerate(parts) if part.isdigit()][-2:]
    ways = [[part.zfill(width) for width in range(len(part), len(part) + 4)] if n in numbers else [part] for n, part in enumerate(parts)]
    return {squashed(code), *("".join(way) for way in product(*ways))}


def _by_codes(session: Session, codes: Iterable[str]) -> dict[str, list[Proposal]]:
    wanted = {code: {each[::-1][:LONGEST] for each in _spellings(code) if each} for code in codes}
    found: dict[str, list[Any]] = {}
    every = sorted(set[str]().union(*wanted.values()))
    for begin in range(0, len(every), 400):
        query = _sellable().where(skus.c.code_mirror.in_(every[begin : begin + 400]))
        for row in session.execute(query):
            found.setdefault(row.code_mirror, []).append(row)
    proposed: dict[str, list[Proposal]] = {}
    for code, mirrors in wanted.items():
        for row in (row for mirror in sorted(mirrors) for row in found.get(mirror, ())):
            same = squashed(code) == squashed(row.code)
            why = "The code is the same but for capitals and separators." if same else "The code is the same but for zeros in front."
            proposed.setdefault(code, []).append(Proposal(row.id, row.code, row.title, 0.99 if same else 0.95, why))
    return proposed


def _sellable() -> Any:
    return (
        select(skus.c.id, skus.c.code, skus.c.code_mirror, skus.c.options, skus.c.product_id, products.c.title)
        .join(products, products.c.id == skus.c.product_id)
        .where(skus.c.merged_into.is_(None), ~skus.c.archived)
        .order_by(skus.c.id)
    )


# Similar titles


def _by_titles(session: Session, titles: Iterable[str]) -> dict[str, list[Proposal]]:
    words = {title: title_words(title) for title in titles}
    every = sorted(set[str]().union(*words.values())) if words else []
    often: dict[str, int] = {}
    for begin in range(0, len(every), 400):
        query = select(product_words.c.word, func.count().label("times")).group_by(product_words.c.word)
        often |= {row.word: row.times for row in session.execute(query.where(product_words.c.word.in_(every[begin : begin + 400])))}
    rare = {
        title: sorted((word for word in theirs if word in often), key=lambda word: (often[word], word))[:3]
        for title, theirs in words.items()
    }
    telling = sorted({word for theirs in rare.values() for word in theirs if often[word] <= COMMON})
    having: dict[str, set[str]] = {}
    for begin in range(0, len(telling), 400):
        query = select(product_words.c.word, product_words.c.product_id).where(product_words.c.word.in_(telling[begin : begin + 400]))
        for row in session.execute(query):
            having.setdefault(row.word, set()).add(row.product_id)
    candidates: dict[str, list[str]] = {}
    for title, theirs in rare.items():
        shared: dict[str, int] = {}
        for word in theirs:
            for product_id in having.get(word, ()):
                shared[product_id] = shared.get(product_id, 0) + 1
        if not shared and theirs:  # all of its words are common: those that have them together
            shared = dict.fromkeys(_having_all(session, theirs), 1)
        candidates[title] = sorted(shared, key=lambda each: (-shared[each], each))[:_CANDIDATES]
    named = _of_products(session, sorted({each for theirs in candidates.values() for each in theirs}))
    found: dict[str, list[Proposal]] = {}
    for title, product_ids in candidates.items():
        wanted = " ".join(words_of(title))
        for row in (row for each in product_ids for row in named.get(each, ())):
            called = " ".join(words_of(" ".join((row.title, *map(str, row.options.values())))))
            score = max(fuzz.token_sort_ratio(wanted, called), fuzz.token_sort_ratio(wanted, " ".join(words_of(row.title))) - 2)
            if score >= ALIKE:
                found.setdefault(title, []).append(Proposal(row.id, row.code, row.title, round(score * 0.9) / 100, "The titles are alike."))
    return found


def _having_all(session: Session, words: Sequence[str]) -> list[str]:
    first, *others = words
    query = select(product_words.c.product_id).where(product_words.c.word == first)
    for word in others:
        query = query.where(product_words.c.product_id.in_(select(product_words.c.product_id).where(product_words.c.word == word)))
    return list(session.execute(query.order_by(product_words.c.product_id).limit(_CANDIDATES)).scalars())


def _of_products(session: Session, product_ids: Sequence[str]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for begin in range(0, len(product_ids), 400):
        for row in session.execute(_sellable().where(skus.c.product_id.in_(product_ids[begin : begin + 400]))):
            found.setdefault(row.product_id, []).append(row)
    return found


# Answers


def answer(session: Session, listing_id: str, parts: Sequence[tuple[str, int]] | None, *, cause: Cause) -> dict[str, Any]:
    """Say what a listing is; its counter and the lines that waited for it follow. Raises: NotFound, UnknownSku, InvalidDraft."""
    listings.answer(session, listing_id, parts, cause=cause)
    recording.mapped(session, listing_id, cause=cause)
    return listings.view(session, listing_id)


def answer_many(
    session: Session, channel_id: str, answers: Sequence[tuple[str, Sequence[tuple[str, int]] | None]], *, cause: Cause
) -> list[dict[str, Any]]:
    """Say what several listings of a channel are: all of it, or nothing. Raises: NotFound, UnknownSku, InvalidDraft."""
    channels.get(session, channel_id)
    for position, (listing_id, _) in enumerate(answers):
        if listings.get(session, listing_id)["channel_id"] != channel_id:
            raise InvalidDraft(f"listings.{position}.listing", "This listing is on another channel.")
    if len({listing_id for listing_id, _ in answers}) < len(answers):
        raise InvalidDraft("listings", "A listing is named twice.")
    return [answer(session, listing_id, parts, cause=cause) for listing_id, parts in sorted(answers)]


# A shop is the catalogue


def make_skus(session: Session, channel_id: str, listing_ids: Sequence[str] | None, after: str | None, *, cause: Cause) -> dict[str, Any]:
    """Make a product and a SKU of each of these open listings (None: of the next ones), and say that it is that. Listings with one
    counter are one SKU. What isn't open any more is left as it is, so the same request may be sent again.

    Returns: `made` and `mapped` (what a SKU stood for already), each as listing and code; `next`: go on after this listing.
    Raises: NotFound; InvalidDraft for a listing of another channel.
    """
    store.in_turn(session)
    channels.get(session, channel_id)
    query = select(table).where(table.c.channel_id == channel_id).order_by(table.c.id)
    if listing_ids is None:
        query = query.where(table.c.mapping == "open").limit(AT_ONCE)
        query = query if after is None else query.where(table.c.id > after)
    else:
        query = query.where(table.c.id.in_(listing_ids))
    rows = [dict(row) for row in session.execute(query.with_for_update()).mappings()]
    if listing_ids is not None and (unknown := set(listing_ids) - {row["id"] for row in rows}):
        raise InvalidDraft("listings", f"There is no listing {min(unknown)} on this channel.")
    result: dict[str, Any] = {"made": [], "mapped": [], "next": rows[-1]["id"] if listing_ids is None and len(rows) == AT_ONCE else None}
    rows = [row for row in rows if row["mapping"] == "open"]
    if not rows:
        return result
    known = _standing_for(session, rows)
    codes = _free_codes(session, channel_id, [row for row in rows if row["id"] not in known])
    by_counter: dict[str, str] = {}
    now, new_products, new_skus, parts = chance.now(), [], [], {}
    for row in rows:
        if row["id"] in known:
            code, what = known[row["id"]], "mapped"
        elif row["counter_id"] in by_counter:
            code, what = by_counter[row["counter_id"]], "mapped"
        else:
            code, what = codes[row["id"]], "made"
            # What the shop itself doesn't count isn't counted here either.
            draft = SkuDraft(code, tracked=row["counter_id"] is not None)
            new_products.append(catalogue.new_product(ProductDraft(row["title"]), now))
            new_skus.append(catalogue.new_sku(new_products[-1]["id"], draft, now))
        if row["counter_id"] is not None:
            by_counter[row["counter_id"]] = code
        parts[row["id"]] = code
        result[what].append({"listing": row["id"], "sku": code})
    catalogue.insert_products(session, new_products, cause=cause)
    catalogue.insert_skus(session, new_skus, cause=cause)
    for listing_id, code in parts.items():
        listings.answer(session, listing_id, [(code, 1)], cause=cause)
        recording.mapped(session, listing_id, cause=cause)
    return result


def _standing_for(session: Session, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """By listing, the code of the SKU that it is already: its counter's, or that of its own code where no other listing of the shop
    has it."""
    counted = [row["counter_id"] for row in rows if row["counter_id"] is not None]
    part = listings.listing_components.c
    siblings = (
        select(table.c.counter_id, skus.c.code)
        .join(listings.listing_components, part.listing_id == table.c.id)
        .join(skus, skus.c.id == part.sku_id)
        .where(table.c.counter_id.in_(counted), part.quantity == 1)
        .order_by(table.c.id)
    )
    by_counter = {row.counter_id: row.code for row in session.execute(siblings)}
    keys = {row["id"]: key_of(row["sku_code"]) for row in rows if row["sku_code"] and key_of(row["sku_code"])}
    there = {
        row.code_key: row.code for row in session.execute(select(skus.c.code_key, skus.c.code).where(skus.c.code_key.in_(keys.values())))
    }
    shared = _shared_codes(session, rows)
    found = {listing_id: there[key] for listing_id, key in keys.items() if key in there and key not in shared}
    return found | {row["id"]: by_counter[row["counter_id"]] for row in rows if row["counter_id"] in by_counter}


def _shared_codes(session: Session, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Codes that several listings of the shop have, with counters of their own."""
    codes = {row["sku_code"] for row in rows if row["sku_code"]}
    query = select(table.c.id, table.c.sku_code, table.c.counter_id).where(
        table.c.channel_id == rows[0]["channel_id"], table.c.sku_code.in_(codes)
    )
    having: dict[str, set[str]] = {}
    for row in session.execute(query):
        having.setdefault(key_of(row.sku_code), set()).add(row.counter_id or row.id)
    return {key for key, theirs in having.items() if len(theirs) > 1}


def _free_codes(session: Session, channel_id: str, rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    """A code for each listing that nobody has: its own, else one made of its title, with a number where that is taken."""
    wishes = {row["id"]: _wish(row) for row in rows}
    keys = sorted({key_of(wish) for wish in wishes.values()})
    taken = set(owners(session, keys))
    for begin in range(0, len(keys), 100):
        for key in keys[begin : begin + 100]:
            begins = (skus.c.code_key >= key, skus.c.code_key < key + "\U0010ffff")
            taken.update(session.execute(select(skus.c.code_key).where(*begins)).scalars())
    found = {}
    for listing_id, wish in wishes.items():
        code, number = wish, 1
        while key_of(code) in taken or (number > 1 and key_of(code) in owners(session, [key_of(code)])):
            number += 1
            code = f"{wish}-{number}"
        taken.add(key_of(code))
        found[listing_id] = code
    return found


def _wish(row: dict[str, Any]) -> str:
    given = (row["sku_code"] or "").strip()
    if given and 0 < len(key_of(given)) <= LONGEST - 8:
        return str(given)
    return "-".join(words_of(row["title"]))[:60].strip("-").upper() or "SKU"
