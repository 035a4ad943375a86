"""What people edit of the catalogue, field by field: what isn't named stays, null clears, and nobody overwrites what they haven't seen."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from sqlalchemy import exists, or_, select, update

from app import chance
from app.database import Session
from app.domain import aliases, catalogue, events, plans, search, store
from app.domain.catalogue import products, skus
from app.domain.causes import Cause
from app.domain.codes import key_of, mirror_of
from app.domain.errors import NotFound, Stale, UnknownSku, WrongCurrency, WrongState
from app.domain.orders import order_lines
from app.domain.stock import STATES, stock_levels
from app.domain.transfers import transfer_lines


def change_product(
    session: Session, product_id: str, changes: Mapping[str, Any], *, seen: Container[int] | None = None, cause: Cause
) -> dict[str, Any]:
    """Change a product's title, handle, description, images or whether it is archived.

    Archiving it archives its SKUs. Bringing it back brings back the product alone: each SKU is brought back by itself.

    Raises: NotFound, Stale.
    """
    query = select(products).where(products.c.id == product_id).with_for_update(key_share=True)
    row = session.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No product has the id {product_id}.")
    Stale.unless(seen, row["version"])
    wanted = dict(changes)
    if "handle" in wanted:
        wanted["handle"] = catalogue.handle_of(wanted["handle"] or wanted.get("title", row["title"]))
    elif "title" in wanted and row["handle"] == catalogue.handle_of(row["title"]):
        wanted["handle"] = catalogue.handle_of(wanted["title"])  # it was named after its title, and still is
    write_product(session, dict(row), wanted, cause=cause)
    if wanted.get("archived"):
        theirs = select(skus).where(skus.c.product_id == product_id, skus.c.archived.is_(False)).order_by(skus.c.id)
        for each in session.execute(theirs.with_for_update(key_share=True)).mappings().all():
            write_sku(session, dict(each), {"archived": True}, cause=cause)
    return catalogue.product(session, product_id)


def write_product(session: Session, row: dict[str, Any], wanted: Mapping[str, Any], *, cause: Cause) -> bool:
    """Write the columns that differ from the row, let the product be found by them, and say so. Returns whether any did."""
    new = {name: value for name, value in wanted.items() if row[name] != value}
    if not new:
        return False
    session.execute(
        update(products).where(products.c.id == row["id"]).values(**new, version=products.c.version + 1, updated_at=chance.now())
    )
    if "title" in new:
        words = search.title_words(row["title"]), search.title_words(new["title"])
        search.index(session, search.product_words, [(row["id"], *words)])
    events.append(session, "product.changed", row["id"], {"changes": _said(row, new)}, cause=cause)
    return True


def change_sku(
    session: Session, sku_id: str, changes: Mapping[str, Any], *, seen: Container[int] | None = None, cause: Cause
) -> dict[str, Any]:
    """Change what is said of a SKU: code, barcode, price, cost, weight_g, options, tracked, safety_stock, archived.

    `price` and `cost` are Money or None; `options` are merged into those there are, None takes one away. A new code leaves the old
    one as an alias.

    Raises: UnknownSku, Stale, CodeTaken, WrongCurrency; WrongState where it can't be (un)tracked or brought back.
    """
    changes = dict(changes)
    if changes.keys() & {"code", "price", "cost"}:
        currency = store.in_turn(session)["currency"]
        for money in (changes.get("price"), changes.get("cost")):
            if money is not None and money.currency != currency:
                raise WrongCurrency(money.currency, currency)
    row = locked(session, sku_id)
    Stale.unless(seen, row["version"])
    if row["merged_into"] is not None:
        raise WrongState("This SKU was merged into another; change that one.", merged_into=row["merged_into"])
    wanted: dict[str, Any] = {}
    for name, value in changes.items():
        if name in ("price", "cost"):
            wanted |= {name: value and value.amount, f"{name}_currency": value and value.currency}
        elif name == "options":
            wanted[name] = {key: text for key, text in ({**row["options"], **value} if value else {}).items() if text is not None}
        else:
            wanted[name] = value
    if wanted.get("tracked", row["tracked"]) != row["tracked"]:
        may_be_tracked_otherwise(session, row)
    comes_back = row["archived"] and wanted.get("archived") is False
    if comes_back and session.scalar(select(products.c.archived).where(products.c.id == row["product_id"])):
        raise WrongState("Its product is archived; bring that back first: PATCH /v1/products/{id} with archived false.")
    words = found_by(session, row) if changes.keys() & {"code", "barcode"} else None
    if "code" in wanted:
        wanted |= _renamed(session, row, wanted["code"])
    if write_sku(session, row, wanted, words=words, cause=cause):
        catalogue.touch(session, [row["product_id"]])
    return catalogue.sku(session, sku_id)


def locked(session: Session, sku_id: str) -> dict[str, Any]:
    """The SKU's row, held against others who change it: its product first, as everywhere. Raises: UnknownSku."""
    product_id = session.scalar(select(skus.c.product_id).where(skus.c.id == sku_id))
    if product_id is None:
        raise UnknownSku(sku_id)
    session.execute(select(products.c.id).where(products.c.id == product_id).with_for_update(key_share=True))
    return dict(session.execute(select(skus).where(skus.c.id == sku_id).with_for_update(key_share=True)).mappings().one())


def write_sku(session: Session, row: dict[str, Any], wanted: Mapping[str, Any], *, words: set[str] | None = None, cause: Cause) -> bool:
    """Write the columns that differ from the row, let the SKU be found by them, and say so. Returns whether any did.

    `words` are those that it was found by, where aliases were changed before.
    """
    new = {name: value for name, value in wanted.items() if row[name] != value}
    if not new:
        return False
    session.execute(update(skus).where(skus.c.id == row["id"]).values(**new, version=skus.c.version + 1, updated_at=chance.now()))
    if new.keys() & {"code", "barcode"}:
        before = found_by(session, row) if words is None else words
        search.index(session, search.sku_words, [(row["id"], before, found_by(session, {**row, **new}))])
    if new.keys() & {"archived", "safety_stock", "tracked"}:
        plans.mark(session, [row["id"]])  # what shops may show of it is another number now
    events.append(session, "sku.changed", row["id"], {"changes": _said(row, new)}, cause=cause)
    return True


def found_by(session: Session, row: Mapping[str, Any]) -> set[str]:
    """The words that a SKU is found by: those of its code, its former codes and its barcode."""
    return search.code_words([row["code"], *aliases.of_skus(session, [row["id"]])[row["id"]]], row["barcode"])


def _renamed(session: Session, row: dict[str, Any], code: str) -> dict[str, Any]:
    """The columns of a new code. The old one becomes an alias, unless both are spellings of one."""
    code = code.strip()
    catalogue.claim(session, [code], by=row["id"])
    key = key_of(code)
    if key != row["code_key"]:
        aliases.remove(session, row["id"], code)  # it has its own former code back
        aliases.add(session, row["id"], row["code"])
    return {"code": code, "code_key": key, "code_mirror": mirror_of(code)}


def drop_alias(session: Session, sku_id: str, code: str, *, cause: Cause) -> dict[str, Any]:
    """Let go of a former code, so that another SKU may have it. Raises: UnknownSku, NotFound."""
    store.in_turn(session)
    row = locked(session, sku_id)
    words = found_by(session, row)
    if not aliases.remove(session, sku_id, code):
        raise NotFound(f"{row['code']!r} has no alias {code!r}.", alias=code)
    search.index(session, search.sku_words, [(sku_id, words, found_by(session, row))])
    session.execute(update(skus).where(skus.c.id == sku_id).values(version=skus.c.version + 1, updated_at=chance.now()))
    catalogue.touch(session, [row["product_id"]])
    events.append(session, "sku.alias_dropped", sku_id, {"alias": code.strip()}, cause=cause)
    return catalogue.sku(session, sku_id)


def may_be_tracked_otherwise(session: Session, row: Mapping[str, Any]) -> None:
    """Raises WrongState while the books hold something of it: it would be lost, or appear from nowhere."""
    level, line, way = stock_levels.c, order_lines.c, transfer_lines.c
    held = or_(*(level[state] > 0 for state in STATES))
    obstacles = {
        "stock": exists().where(level.sku_id == row["id"], held),
        "units on their way between locations": exists().where(way.sku_id == row["id"], way.sent > way.received + way.lost),
        "open order lines": exists().where(line.sku_id == row["id"], line.quantity > line.cancelled + line.shipped),
    }
    found = [name for name, obstacle in obstacles.items() if session.scalar(select(obstacle))]
    if found:
        raise WrongState(
            f"{row['code']!r} has {' and '.join(found)}, so whether it is tracked can't be changed now. Ship or cancel what is "
            "ordered, and write off or count down to 0 what is there.",
            obstacles=found,
        )


_MONEY = ("price", "cost")
_UNSAID = {"code_key", "code_mirror", *(f"{name}_currency" for name in _MONEY)}


def _said(row: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Old and new of what changed, as the API shows them."""
    return {name: {"old": _shown(row, name), "new": _shown({**row, **new}, name)} for name in new if name not in _UNSAID}


def _shown(row: Mapping[str, Any], name: str) -> Any:
    if name in _MONEY and row[name] is not None:
        return {"amount": row[name], "currency": row[f"{name}_currency"]}
    return row[name]
