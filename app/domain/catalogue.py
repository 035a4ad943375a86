"""What is sold: products and their SKUs, the unit that is counted.

A SKU's id is stable. Its code is an attribute: when it changes, the old one becomes an alias (`aliases`), and both find the SKU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    false,
    func,
    insert,
    select,
    text,
    update,
)

from app import chance
from app.database import Id, Json, Session, Utc, metadata
from app.domain import aliases, events, recent, search, store
from app.domain.aliases import sku_aliases
from app.domain.causes import Cause
from app.domain.codes import LONGEST, closest, key_of, mirror_of
from app.domain.errors import CodeTaken, InvalidDraft, NotFound, UnknownSku, WrongCurrency, WrongState
from app.domain.money import Money
from app.statements import Prepared, padded

LONGEST_HANDLE = 500

products = Table(
    "products",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("title", String(500), nullable=False),
    # What imports find the product by, folded as codes are: the title, unless another system has a better name for it.
    Column("handle", String(LONGEST_HANDLE), nullable=True),
    Column("description", Text, nullable=True),
    # Addresses of pictures, the first one first. They are handed on, never fetched.
    Column("images", Json, nullable=False, server_default="[]"),
    Column("archived", Boolean, nullable=False, server_default=false()),
    # Rises with every change of the product or of one of its SKUs.
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    Index(None, "handle"),
    Index(None, "updated_at"),
    Index("ix_products_archived", "id", postgresql_where=text("archived IS true"), sqlite_where=text("archived IS 1")),
)

skus = Table(
    "skus",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("product_id", Id(), ForeignKey("products.id"), nullable=False),
    Column("code", String(LONGEST), nullable=False),
    Column("code_key", String(LONGEST), nullable=False),
    # The code back to front, for proposing codes that end like a mistyped one.
    Column("code_mirror", String(LONGEST), nullable=True),
    Column("barcode", String(64), nullable=True),
    Column("price", BigInteger, nullable=True),
    Column("price_currency", String(3), nullable=True),
    Column("cost", BigInteger, nullable=True),
    Column("cost_currency", String(3), nullable=True),
    Column("weight_g", Integer, nullable=True),
    CheckConstraint("weight_g >= 0", name="weight_g_not_negative"),
    Column("options", Json, nullable=False, server_default="{}"),
    # Untracked: digital or unlimited. It has no levels, and no order of it is ever short.
    Column("tracked", Boolean, nullable=False),
    # Not a state: it limits what may be allotted to channels, and facts may eat it.
    Column("safety_stock", Integer, nullable=False),
    CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"),
    # Sold no more: what was promised is still sent, and nothing new is.
    Column("archived", Boolean, nullable=False, server_default=false()),
    # No foreign key: a backup is restored in the order of ids, and the SKU that is left may be the younger. None is ever deleted.
    Column("merged_into", Id(), nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("code_key"),
    Index(None, "product_id"),
    Index(None, "code_mirror"),
    Index(None, "updated_at"),
    Index("ix_skus_archived", "id", postgresql_where=text("archived IS true"), sqlite_where=text("archived IS 1")),
)


@dataclass(frozen=True, slots=True)
class SkuDraft:
    """A SKU as somebody wants it."""

    code: str
    price: Money | None = None
    cost: Money | None = None
    tracked: bool = True
    safety_stock: int = 0
    barcode: str | None = None
    weight_g: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product as somebody wants it, with its SKUs."""

    title: str
    skus: Sequence[SkuDraft] = field(default_factory=tuple)
    handle: str | None = None
    description: str | None = None
    images: Sequence[str] = field(default_factory=tuple)


# Adding


def handle_of(name: str) -> str:
    """A handle as it is compared."""
    return key_of(name)[:LONGEST_HANDLE]


def new_product(draft: ProductDraft, now: datetime) -> dict[str, Any]:
    """The row of a new product."""
    return {
        "id": chance.new_id(),
        "title": draft.title,
        "handle": handle_of(draft.handle or draft.title),
        "description": draft.description,
        "images": list(draft.images),
        "archived": False,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


def new_sku(product_id: str, draft: SkuDraft, now: datetime) -> dict[str, Any]:
    """The row of a new SKU."""
    return {
        "id": chance.new_id(),
        "product_id": product_id,
        "code": draft.code.strip(),
        "code_key": key_of(draft.code),
        "code_mirror": mirror_of(draft.code),
        "barcode": draft.barcode,
        "price": draft.price and draft.price.amount,
        "price_currency": draft.price and draft.price.currency,
        "cost": draft.cost and draft.cost.amount,
        "cost_currency": draft.cost and draft.cost.currency,
        "weight_g": draft.weight_g,
        "options": dict(draft.options),
        "tracked": draft.tracked,
        "safety_stock": draft.safety_stock,
        "archived": False,
        "merged_into": None,
        "version": 1,
        "created_at": now,
        "updated_at": now,
    }


_insert_products = Prepared(insert(products), [column.key for column in products.c])
_insert_skus = Prepared(insert(skus), [column.key for column in skus.c])


def insert_products(session: Session, rows: Sequence[dict[str, Any]], *, cause: Cause) -> None:
    """Write new products, let them be found, and say so."""
    if not rows:
        return
    session.later(_insert_products, rows)
    search.index(session, search.product_words, [(row["id"], set(), search.title_words(row["title"])) for row in rows])
    for row in rows:
        events.append(session, "product.created", row["id"], {"title": row["title"]}, cause=cause)


def insert_skus(session: Session, rows: Sequence[dict[str, Any]], *, cause: Cause) -> None:
    """Write new SKUs, let them be found, and say so. The caller has seen to it that their codes are free."""
    if not rows:
        return
    session.later(_insert_skus, rows)
    found_by = [(row["id"], set[str](), search.code_words([row["code"]], row["barcode"])) for row in rows]
    search.index(session, search.sku_words, found_by)
    for row in rows:
        events.append(session, "sku.created", row["id"], {"code": row["code"], "product_id": row["product_id"]}, cause=cause)


def create_product(session: Session, draft: ProductDraft, *, cause: Cause) -> dict[str, Any]:
    """Add a product with its SKUs: all of it, or nothing. Raises: CodeTaken, WrongCurrency, InvalidDraft."""
    row = new_product(draft, chance.now())
    insert_products(session, [row], cause=cause)
    return row | {"skus": _add_skus(session, row["id"], draft.skus, cause=cause)}


def add_sku(session: Session, product_id: str, draft: SkuDraft, *, cause: Cause) -> dict[str, Any]:
    """Add one SKU to a product. Raises: NotFound, WrongState, CodeTaken, WrongCurrency, InvalidDraft."""
    store.in_turn(session)
    query = select(products).where(products.c.id == product_id).with_for_update(key_share=True)
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No product has the id {product_id}.")
    if row["archived"]:
        raise WrongState(f"The product {row['title']!r} is archived; bring it back first: PATCH it with archived false.")
    touch(session, [product_id])
    return _add_skus(session, product_id, [draft], cause=cause)[0]


def _add_skus(session: Session, product_id: str, drafts: Sequence[SkuDraft], *, cause: Cause) -> list[dict[str, Any]]:
    if not drafts:
        return []
    currency = store.in_turn(session)["currency"]
    claim(session, [draft.code for draft in drafts])
    for draft in drafts:
        for money in (draft.price, draft.cost):
            if money is not None and money.currency != currency:
                raise WrongCurrency(money.currency, currency)
    now = chance.now()
    rows = [new_sku(product_id, draft, now) for draft in drafts]
    insert_skus(session, rows, cause=cause)
    return [row | {"aliases": []} for row in rows]


def claim(session: Session, codes: Sequence[str], *, by: str | None = None) -> None:
    """See to it that nobody has these codes, or that `by`, the id of a SKU, has them itself. The caller is `store.in_turn`.

    Raises: CodeTaken, also for one that is given twice; InvalidDraft for one that is too long once it is folded.
    """
    keys = [key_of(code) for code in codes]
    taken = {row.code_key: row.id for row in session.execute(select(skus.c.code_key, skus.c.id).where(skus.c.code_key.in_(keys)))}
    former = aliases.owners(session, keys)
    seen: set[str] = set()
    for code, key in zip(codes, keys, strict=True):
        if len(key) > LONGEST or not key:
            raise InvalidDraft("code", f"A code has 1 to {LONGEST} characters; {code[:40]!r} has {len(key)} once capitals are folded.")
        if key in seen or taken.get(key, by) != by:
            raise CodeTaken(code)
        if former.get(key, by) != by:
            raise CodeTaken(code, alias_of=session.scalar(select(skus.c.code).where(skus.c.id == former[key])))
        seen.add(key)


def touch(session: Session, product_ids: Sequence[str]) -> None:
    """Say that products changed because their SKUs did: who mirrors products by `updated_since` must see it."""
    changed = update(products).where(products.c.id.in_(sorted(set(product_ids))))
    session.execute(changed.values(version=products.c.version + 1, updated_at=chance.now()))


# Finding


def by_codes(session: Session, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The SKUs with these codes or aliases, by the codes as they were given.

    Raises: UnknownSku, naming every one that is missing and proposing what may have been meant.
    """
    keys = {code: key_of(code) for code in codes}
    size, among = padded("key", list(keys.values()))
    found = {row["code_key"]: row for row in session.rows(_by_keys(size), among)}
    if len(found) < len(set(keys.values())):
        former = aliases.owners(session, [key for key in keys.values() if key not in found])
        owners = {row["id"]: dict(row) for row in session.execute(_by_ids(list(former.values()))).mappings()} if former else {}
        found |= {key: owners[sku_id] for key, sku_id in former.items()}
    missing = [code for code, key in keys.items() if key not in found]
    if missing:
        raise UnknownSku(*missing, did_you_mean=_meant(session, missing))
    return {code: found[key] for code, key in keys.items()}


def by_code(session: Session, code: str) -> dict[str, Any]:
    """The SKU with this code or alias. Raises: UnknownSku."""
    return by_codes(session, [code])[code]


def id_of(code: str) -> ColumnElement[str | None]:
    """For statements: the id of the SKU that has this code or alias; null for nobody's."""
    key = key_of(code)
    now = select(skus.c.id).where(skus.c.code_key == key).scalar_subquery()
    once = select(sku_aliases.c.sku_id).where(sku_aliases.c.code_key == key).scalar_subquery()
    return func.coalesce(now, once)


def near(session: Session, code: str, most: int = 3) -> list[str]:
    """Codes that this one may have been meant to be, the closest first: proposed, never taken.

    However many SKUs there are, a hundred codes are looked at: the 25 before and after it in the order of codes (they begin alike),
    and the 25 before and after it in the order of codes read backwards without punctuation (they end alike, or differ in nothing
    else). Both are ranges of an index. A slip or two leave either the beginning or the end whole, and the first to be found are the
    neighbours that share most of it.
    """
    candidates: set[str] = set()
    for column, value in ((skus.c.code_key, key_of(code)), (skus.c.code_mirror, mirror_of(code))):
        if value is None:
            continue
        for query in (
            select(skus.c.code).where(column >= value).order_by(column).limit(25),
            select(skus.c.code).where(column < value).order_by(column.desc()).limit(25),
        ):
            candidates.update(session.execute(query.where(skus.c.merged_into.is_(None))).scalars())
    return closest(code, candidates, most)


def _meant(session: Session, missing: Sequence[str]) -> list[str]:
    """Up to three proposals: for one code its three nearest, for several the nearest of each of the first three."""
    if len(missing) == 1:
        return near(session, missing[0])
    return list(dict.fromkeys(found for code in missing[:3] for found in near(session, code, 1)))


def refuse_archived(found: Mapping[str, Mapping[str, Any]]) -> None:
    """What is archived isn't promised to anybody anew. Raises: WrongState, naming them."""
    if gone := sorted({sku["code"] for sku in found.values() if sku["archived"]}):
        named = ", ".join(map(repr, gone))
        raise WrongState(f"Not for sale any more: {named}. Bring it back first: PATCH /v1/skus/{{id}} with archived false.", archived=gone)


def sku(session: Session, sku_id: str) -> dict[str, Any]:
    """The SKU with this id. Raises: UnknownSku."""
    row = session.execute(select(skus).where(skus.c.id == sku_id)).mappings().one_or_none()
    if row is None:
        raise UnknownSku(sku_id)
    return _with_aliases(session, [dict(row)])[0]


def product(session: Session, product_id: str) -> dict[str, Any]:
    """The product with this id and its SKUs. Raises: NotFound."""
    row = session.execute(select(products).where(products.c.id == product_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No product has the id {product_id}.")
    return _with_skus(session, [dict(row)])[0]


def page_products(
    session: Session,
    after: str | None,
    limit: int,
    *,
    q: str | None = None,
    updated_since: datetime | None = None,
    archived: bool | None = None,
) -> list[dict[str, Any]]:
    """Products in the order of their ids, with their SKUs."""
    query = select(products).where(*_chosen(session, products, after, updated_since, archived)).order_by(products.c.id).limit(limit)
    if q is not None:
        query = query.where(*search.finds_product(products, skus, q))
    return _with_skus(session, [dict(row) for row in session.execute(query).mappings()])


def page_skus(
    session: Session,
    after: str | None,
    limit: int,
    code: str | None = None,
    *,
    q: str | None = None,
    updated_since: datetime | None = None,
    archived: bool | None = None,
) -> list[dict[str, Any]]:
    """SKUs in the order of their ids; with a code, the one that has or had it, or none."""
    query = select(skus).where(*_chosen(session, skus, after, updated_since, archived)).order_by(skus.c.id).limit(limit)
    if code is not None:
        query = query.where(skus.c.id == id_of(code))
    if q is not None:
        query = query.where(skus.c.merged_into.is_(None), *search.finds_sku(skus, q))
    return _with_aliases(session, [dict(row) for row in session.execute(query).mappings()])


def _chosen(
    session: Session, table: Table, after: str | None, updated_since: datetime | None, archived: bool | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if after is not None:
        conditions.append(table.c.id > after)
    if updated_since is not None:
        conditions.append(recent.changed(session, table, updated_since))
    if archived is not None:
        conditions.append(table.c.archived.is_(archived))
    return conditions


def _with_skus(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    theirs: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    query = select(skus).where(skus.c.product_id.in_(theirs)).order_by(skus.c.id)
    for each in _with_aliases(session, [dict(row) for row in session.execute(query).mappings()]):
        theirs[each["product_id"]].append(each)
    return [row | {"skus": theirs[row["id"]]} for row in rows]


def _with_aliases(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = aliases.of_skus(session, [row["id"] for row in rows]) if rows else {}
    return [row | {"aliases": found[row["id"]]} for row in rows]


# What those need who found a SKU by its code. Not all of it: an order is placed a thousand times as often as a weight is read.
_FOUND = [
    skus.c[name]
    for name in (
        "id",
        "product_id",
        "code",
        "code_key",
        "price",
        "price_currency",
        "cost",
        "cost_currency",
        "tracked",
        "safety_stock",
        "archived",
    )
]

_STORE = (store.currency_of_books.label("books"), store.is_recovering.label("recovering"))


@cache
def _by_keys(codes: int) -> Prepared:
    among = [bindparam(f"key_{n}", type_=String()) for n in range(codes)]
    return Prepared(select(*_FOUND, *_STORE).where(skus.c.code_key.in_(among)))


def _by_ids(sku_ids: Sequence[str]) -> Any:
    return select(*_FOUND, *_STORE).where(skus.c.id.in_(sku_ids))
