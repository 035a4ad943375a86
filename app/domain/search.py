"""Search: one index of words, the same on both databases.

A product is found by the words of its title, a SKU by those of its codes (former ones too) and by its barcode; each also by the
other's. Every word of a query must begin some word of the record: "blu mug" finds the SKU MUG-BLUE of any product, and every SKU of
the product "Blue mug". A query is answered from ranges of the index, never by reading through the records.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, String, Table, and_, bindparam, delete, insert, select, union

from app.database import Id, Session, metadata
from app.domain.barcodes import searched_as
from app.domain.codes import squashed, words_of
from app.statements import Prepared

LONGEST = 64
MOST_WORDS = 8

# Compared byte by byte on both databases, so that a range is what begins alike.
_Word = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")

product_words = Table(
    "product_words",
    metadata,
    Column("word", _Word, primary_key=True),
    Column("product_id", Id(), ForeignKey("products.id"), primary_key=True),
    sqlite_with_rowid=False,
)

sku_words = Table(
    "sku_words",
    metadata,
    Column("word", _Word, primary_key=True),
    Column("sku_id", Id(), ForeignKey("skus.id"), primary_key=True),
    sqlite_with_rowid=False,
)

_OWNER = {product_words.name: "product_id", sku_words.name: "sku_id"}
_inserts = {table.name: Prepared(insert(table), [column.key for column in table.c]) for table in (product_words, sku_words)}
_deletes = {
    table.name: Prepared(
        delete(table).where(
            table.c.word == bindparam("old_word", type_=_Word), table.c[_OWNER[table.name]] == bindparam("old_owner", type_=Id())
        )
    )
    for table in (product_words, sku_words)
}


def title_words(title: str) -> set[str]:
    """What a product is found by."""
    return {word[:LONGEST] for word in words_of(title)}


def code_words(codes: Iterable[str], barcode: str | None = None) -> set[str]:
    """What a SKU is found by: the parts of its codes, each code as one word (MUG-BLUE: mugblue), and its barcode."""
    found = {searched_as(word)[:LONGEST] for word in words_of(barcode or "")}
    for code in codes:
        for word in filter(None, (*words_of(code), squashed(code))):
            found.update((word[:LONGEST], searched_as(word)[:LONGEST]))
    return found


def index(session: Session, table: Table, changes: Iterable[tuple[str, set[str], set[str]]]) -> None:
    """Let records be found by other words: (id, words before, words now) of each."""
    gone: list[dict[str, Any]] = []
    new: list[dict[str, Any]] = []
    for owner, before, now in changes:
        gone += ({"old_word": word, "old_owner": owner} for word in before - now)
        new += ({"word": word, _OWNER[table.name]: owner} for word in now - before)
    if gone:
        session.later(_deletes[table.name], gone)
    if new:
        session.later(_inserts[table.name], new)


def _begins(column: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    return and_(column >= word, column < word + "\U0010ffff")


def finds_product(products: Table, skus: Table, query: str) -> list[ColumnElement[bool]]:
    """The conditions under which a product is an answer to the query."""
    return [
        products.c.id.in_(
            union(
                select(product_words.c.product_id).where(_begins(product_words.c.word, word)),
                select(skus.c.product_id).join(sku_words, sku_words.c.sku_id == skus.c.id).where(_begins(sku_words.c.word, word)),
            )
        )
        for word in _asked(query)
    ]


def finds_sku(skus: Table, query: str) -> list[ColumnElement[bool]]:
    """The conditions under which a SKU is an answer to the query."""
    return [
        skus.c.id.in_(
            union(
                select(sku_words.c.sku_id).where(_begins(sku_words.c.word, word)),
                select(skus.c.id)
                .join(product_words, product_words.c.product_id == skus.c.product_id)
                .where(_begins(product_words.c.word, word)),
            )
        )
        for word in _asked(query)
    ]


def _asked(query: str) -> list[str]:
    """The query's words; one that nothing begins with where there are none, as in "#"."""
    found = [searched_as(word)[:LONGEST] for word in dict.fromkeys(words_of(query))]
    return found[:MOST_WORDS] or ["\U0010ffff"]
