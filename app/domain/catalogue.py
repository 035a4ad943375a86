"""What is sold: products and their SKUs, the unit that is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    insert,
    select,
)

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import events, store
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.errors import CodeTaken, NotFound, UnknownSku, WrongCurrency
from app.domain.money import Money

products = Table(
    "products",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("title", String(500), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
)

skus = Table(
    "skus",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("product_id", Id(), ForeignKey("products.id"), nullable=False),
    Column("code", String(200), nullable=False),
    Column("code_key", String(200), nullable=False),
    Column("price", BigInteger, nullable=True),
    Column("price_currency", String(3), nullable=True),
    Column("cost", BigInteger, nullable=True),
    Column("cost_currency", String(3), nullable=True),
    # Untracked: digital or unlimited. It has no levels, and no order of it is ever short.
    Column("tracked", Boolean, nullable=False),
    # Not a state: it limits what may be allotted to channels, and facts may eat it.
    Column("safety_stock", Integer, CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("updated_at", Utc, nullable=False),
    UniqueConstraint("code_key"),
    Index(None, "product_id"),
)


@dataclass(frozen=True, slots=True)
class SkuDraft:
    """A SKU as somebody wants it."""

    code: str
    price: Money | None = None
    cost: Money | None = None
    tracked: bool = True
    safety_stock: int = 0


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product as somebody wants it, with its SKUs."""

    title: str
    skus: Sequence[SkuDraft] = field(default_factory=tuple)


def create_product(session: Session, draft: ProductDraft, *, cause: Cause) -> dict[str, Any]:
    """Add a product with its SKUs: all of it, or nothing. Raises: CodeTaken, WrongCurrency."""
    now = chance.now()
    product: dict[str, Any] = {"id": chance.new_id(), "title": draft.title, "created_at": now, "updated_at": now}
    session.execute(insert(products), product)
    rows = _add_skus(session, product["id"], draft.skus, cause=cause)
    events.append(session, "product.created", product["id"], {"title": draft.title}, cause=cause)
    return product | {"skus": rows}


def add_sku(session: Session, product_id: str, draft: SkuDraft, *, cause: Cause) -> dict[str, Any]:
    """Add one SKU to a product. Raises: NotFound, CodeTaken, WrongCurrency."""
    if session.scalar(select(products.c.id).where(products.c.id == product_id)) is None:
        raise NotFound(f"No product has the id {product_id}.")
    return _add_skus(session, product_id, [draft], cause=cause)[0]


def _add_skus(session: Session, product_id: str, drafts: Sequence[SkuDraft], *, cause: Cause) -> list[dict[str, Any]]:
    if not drafts:
        return []
    currency = session.scalar(select(store.store.c.currency))
    keys = [key_of(draft.code) for draft in drafts]
    taken = set(session.execute(select(skus.c.code_key).where(skus.c.code_key.in_(keys))).scalars())
    now = chance.now()
    rows: list[dict[str, Any]] = []
    for draft, key in zip(drafts, keys, strict=True):
        if key in taken:
            raise CodeTaken(draft.code)
        taken.add(key)
        for money in (draft.price, draft.cost):
            if money is not None and money.currency != currency:
                raise WrongCurrency(money.currency, currency)
        rows.append(
            {
                "id": chance.new_id(),
                "product_id": product_id,
                "code": draft.code.strip(),
                "code_key": key,
                "price": draft.price and draft.price.amount,
                "price_currency": draft.price and draft.price.currency,
                "cost": draft.cost and draft.cost.amount,
                "cost_currency": draft.cost and draft.cost.currency,
                "tracked": draft.tracked,
                "safety_stock": draft.safety_stock,
                "created_at": now,
                "updated_at": now,
            }
        )
    session.execute(insert(skus), rows)
    for row in rows:
        events.append(session, "sku.created", row["id"], {"code": row["code"], "product_id": product_id}, cause=cause)
    return rows


def by_codes(session: Session, codes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The SKUs with these codes, by the codes as they were given. Raises: UnknownSku, naming every one that is missing."""
    keys = {code: key_of(code) for code in codes}
    found = {row["code_key"]: dict(row) for row in session.execute(_by_keys, {"keys": list(keys.values())}).mappings()}
    missing = [code for code, key in keys.items() if key not in found]
    if missing:
        raise UnknownSku(*missing)
    return {code: found[key] for code, key in keys.items()}


def by_code(session: Session, code: str) -> dict[str, Any]:
    """The SKU with this code. Raises: UnknownSku."""
    return by_codes(session, [code])[code]


def sku(session: Session, sku_id: str) -> dict[str, Any]:
    """The SKU with this id. Raises: UnknownSku."""
    row = session.execute(select(skus).where(skus.c.id == sku_id)).mappings().one_or_none()
    if row is None:
        raise UnknownSku(sku_id)
    return dict(row)


def product(session: Session, product_id: str) -> dict[str, Any]:
    """The product with this id and its SKUs. Raises: NotFound."""
    row = session.execute(select(products).where(products.c.id == product_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No product has the id {product_id}.")
    return _with_skus(session, [dict(row)])[0]


def page_products(session: Session, after: str | None, limit: int) -> list[dict[str, Any]]:
    """Products in the order of their ids, with their SKUs."""
    query = select(products).order_by(products.c.id).limit(limit)
    if after is not None:
        query = query.where(products.c.id > after)
    return _with_skus(session, [dict(row) for row in session.execute(query).mappings()])


def page_skus(session: Session, after: str | None, limit: int, code: str | None = None) -> list[dict[str, Any]]:
    """SKUs in the order of their ids; with a code, the one that has it or none."""
    query = select(skus).order_by(skus.c.id).limit(limit)
    if after is not None:
        query = query.where(skus.c.id > after)
    if code is not None:
        query = query.where(skus.c.code_key == key_of(code))
    return [dict(row) for row in session.execute(query).mappings()]


def _with_skus(session: Session, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    theirs: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    query = select(skus).where(skus.c.product_id.in_(theirs)).order_by(skus.c.id)
    for each in session.execute(query).mappings():
        theirs[each["product_id"]].append(dict(each))
    return [row | {"skus": theirs[row["id"]]} for row in rows]


_by_keys = select(skus, store.currency_of_books.label("books")).where(skus.c.code_key.in_(bindparam("keys", expanding=True)))
