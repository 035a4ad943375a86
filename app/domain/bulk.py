"""Many products at once: what an import applies in one chunk, as few statements as there are kinds of them.

A row is applied whole or not at all, and a row that says what is stored already changes nothing, so the same file may be sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam, select

from app import chance
from app.database import Session
from app.domain import catalogue, changes, store
from app.domain.aliases import sku_aliases
from app.domain.catalogue import ProductDraft, SkuDraft, products, skus
from app.domain.causes import Cause
from app.domain.codes import key_of
from app.domain.errors import Refusal
from app.domain.imports import Outcome, RowError
from app.domain.money import Money
from app.domain.stock import Move, freed, move_many, stock_movements, touched
from app.statements import Prepared, padded

_AT_ONCE = 256


@dataclass(slots=True)
class SkuRow:
    """What a row says of one SKU. `fields` holds what it names, by the columns of SKUs; `stock` is opening stock by location id."""

    code: str
    fields: dict[str, Any] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Line:
    """One row of a file. What is wrong with it stands in `errors`; then nothing of it is applied."""

    line: int
    last_line: int
    columns: Mapping[str, str] = field(default_factory=dict)  # what the file calls them
    skus: list[SkuRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def wrong(self, column: str | None, value: str | None, message: str) -> None:
        """Say what is wrong with a cell, or with the whole row."""
        self.errors.append(RowError(self.line, self.columns.get(column, column) if column else None, value, message))


@dataclass(slots=True)
class Group:
    """Rows that follow one another and are of one product.

    `handle` is what the file calls the product; without one the rows are of products that are there. It is `given`, or made from the
    title. `fields` holds what the file says of the product (title, description, images); `otherwise` is its title where nothing names
    it better. `one_title`: a row that names another title than the product has is wrong. Shops' exports aren't asked: they know their
    products by handles of their own.
    """

    handle: str | None
    given: bool = True
    fields: dict[str, Any] = field(default_factory=dict)
    otherwise: str | None = None
    one_title: bool = False
    lines: list[Line] = field(default_factory=list)

    @property
    def last_line(self) -> int:
        return self.lines[-1].last_line


def apply(session: Session, groups: Sequence[Group], *, cause: Cause) -> Outcome:
    """Add and change what the rows say; say which were wrong."""
    currency = store.in_turn(session)["currency"]
    chunk = _Chunk(session, groups, currency, cause)
    for group in groups:
        chunk.take(group)
    return chunk.carry_out()


class _Chunk:
    """What there is of the rows' products and SKUs, read once, and what is to be written, written once."""

    def __init__(self, session: Session, groups: Sequence[Group], currency: str, cause: Cause) -> None:
        self._session, self._currency, self._cause = session, currency, cause
        self._now = chance.now()
        self.outcome = Outcome()
        keys = {key_of(sku.code) for group in groups for line in group.lines if not line.errors for sku in line.skus}
        self._skus = _by_key(session, keys)
        handles = {group.handle for group in groups if group.handle}
        self._products = _products(session, {row["product_id"] for row in self._skus.values()})
        self._by_handle = _by_handle(session, handles)
        self._firsts = _first_skus(session, {row["id"] for row in (*self._products.values(), *self._by_handle.values())})
        with_stock = {
            self._skus[key]["id"]
            for group in groups
            for line in group.lines
            for sku in line.skus
            if sku.stock and (key := key_of(sku.code)) in self._skus
        }
        self._moved = _moved(session, with_stock)
        self._new_products: list[dict[str, Any]] = []
        self._fresh: set[str] = set()
        self._new_skus: list[dict[str, Any]] = []
        self._touched: set[str] = set()
        self._moves: list[Move] = []

    def take(self, group: Group) -> None:
        counts = self.outcome.counts
        known = [self._skus.get(key_of(sku.code)) for line in group.lines if not line.errors for sku in line.skus]
        home = self._home(group, next((row for row in known if row is not None), None))
        if home is not None:
            self._change_product(group, home, {row["id"] for row in known if row is not None})
        for line in group.lines:
            counts["rows"] += 1
            if not line.errors:
                self._check(group, line, home)
            if not line.errors and home is None and (line.skus or group.handle):
                home = self._new_product(group)
            if line.errors:
                counts["bad_rows"] += 1
                self.outcome.errors += line.errors
                continue
            for sku in line.skus:
                assert home is not None or key_of(sku.code) in self._skus
                self._take_sku(sku, home)

    def _home(self, group: Group, known: Mapping[str, Any] | None) -> dict[str, Any] | None:
        """The product that the group's new SKUs go to: that of the first SKU that is known, else the one with the group's handle."""
        if known is not None:
            return self._products[known["product_id"]]
        return self._by_handle.get(group.handle) if group.handle else None

    def _change_product(self, group: Group, home: dict[str, Any], known: set[str]) -> None:
        """The rows of a product's first SKU, or its handle, say what the product is called; two rows can't go on renaming it in turn."""
        first, wanted = self._firsts.get(home["id"]), dict(group.fields)
        if first is not None and first not in known:
            if home["handle"] != group.handle:
                return
            if group.one_title:
                wanted.pop("title", None)
        if group.handle and group.given:
            wanted["handle"] = group.handle
        elif "title" in wanted and home["handle"] == catalogue.handle_of(home["title"]):
            wanted["handle"] = catalogue.handle_of(wanted["title"])
        if home["id"] in self._fresh:
            home |= wanted
        elif changes.write_product(self._session, home, wanted, cause=self._cause):
            home |= wanted
            self._by_handle.setdefault(home["handle"], home)
            self.outcome.counts["products_changed"] += 1

    def _check(self, group: Group, line: Line, home: dict[str, Any] | None) -> None:
        """Say what is wrong with the row in the light of what there is."""
        title = group.fields.get("title")
        if home is not None and group.one_title and title is not None and key_of(title) != key_of(home["title"]):
            line.wrong(
                "product",
                title,
                f"The product of these rows is called {home['title']!r}: write that, or leave it empty. To rename it, write the new title "
                "into the row of its first SKU too.",
            )
        for sku in line.skus:
            row = self._skus.get(key_of(sku.code))
            if row is not None:
                self._check_known(line, sku, row)
                continue
            if home is None and not (title or group.otherwise):
                near = catalogue.near(self._session, sku.code)
                meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
                line.wrong("code", sku.code, f"There is no such SKU yet, and a new one needs its product's title.{meant}")
            if home is not None and home["archived"]:
                line.wrong("code", sku.code, f"Its product {home['title']!r} is archived; bring it back first, or use another.")
            if sku.stock and not sku.fields.get("tracked", True):
                line.wrong("stock", None, "What isn't tracked has no stock; leave it empty, or write true under tracked.")

    def _check_known(self, line: Line, sku: SkuRow, row: Mapping[str, Any]) -> None:
        tracked = sku.fields.get("tracked", row["tracked"])
        if sku.stock and not tracked:
            line.wrong("stock", None, f"{row['code']!r} isn't tracked, so it has no stock; leave it empty.")
        try:
            if tracked != row["tracked"]:
                changes.may_be_tracked_otherwise(self._session, row)
        except Refusal as refusal:
            line.wrong("tracked", None, refusal.detail)
        comes_back = row["archived"] and sku.fields.get("archived") is False
        if comes_back and self._products[row["product_id"]]["archived"]:
            line.wrong("archived", None, "Its product is archived; bring that back first.")

    def _new_product(self, group: Group) -> dict[str, Any] | None:
        fields = group.fields
        title = fields.get("title") or group.otherwise
        if title is None:
            return None
        draft = ProductDraft(title, (), group.handle, fields.get("description"), fields.get("images", ()))
        row = catalogue.new_product(draft, self._now)
        self._new_products.append(row)
        self._fresh.add(row["id"])
        self._products[row["id"]] = row
        self._by_handle.setdefault(row["handle"], row)
        self.outcome.counts["products_created"] += 1
        return row

    def _take_sku(self, sku: SkuRow, home: dict[str, Any] | None) -> None:
        row, counts = self._skus.get(key_of(sku.code)), self.outcome.counts
        if row is None:
            assert home is not None
            row = self._add(sku, home)
            counts["skus_created"] += 1
        else:
            wanted = self._columns(sku.fields)
            if "options" in wanted:
                wanted["options"] = {**row["options"], **wanted["options"]}
            changed = changes.write_sku(self._session, row, wanted, cause=self._cause)
            counts["skus_changed" if changed else "skus_unchanged"] += 1
            if changed:
                row |= wanted
                self._touched.add(row["product_id"])
        for location_id, units in sku.stock.items():
            if units and (row["id"], location_id) not in self._moved:
                self._moves.append(Move(row["id"], location_id, units, "adjustment", "available", "opening_stock"))
                self._moved.add((row["id"], location_id))
                counts["units"] += units

    def _add(self, sku: SkuRow, home: dict[str, Any]) -> dict[str, Any]:
        fields = sku.fields
        draft = SkuDraft(
            sku.code,
            self._money(fields.get("price")),
            self._money(fields.get("cost")),
            fields.get("tracked", True),
            fields.get("safety_stock", 0),
            fields.get("barcode"),
            fields.get("weight_g"),
            fields.get("options", {}),
        )
        row = catalogue.new_sku(home["id"], draft, self._now) | {"archived": fields.get("archived", False)}
        self._new_skus.append(row)
        self._skus[row["code_key"]] = row
        self._firsts.setdefault(home["id"], row["id"])
        if home["id"] not in self._fresh:
            self._touched.add(home["id"])
        return row

    def _money(self, minor: int | None) -> Money | None:
        return Money(minor, self._currency) if minor is not None else None

    def _columns(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return dict(fields) | {f"{name}_currency": self._currency for name in ("price", "cost") if name in fields}

    def carry_out(self) -> Outcome:
        catalogue.insert_products(self._session, self._new_products, cause=self._cause)
        catalogue.insert_skus(self._session, self._new_skus, cause=self._cause)
        move_many(self._session, self._moves, cause=self._cause)
        # Of what is new here nobody was promised a unit yet, and no counter stands for it: there is nothing to repay and to plan.
        for seen in (freed(self._session), touched(self._session)):
            seen.difference_update(row["id"] for row in self._new_skus)
        if self._touched:
            catalogue.touch(self._session, list(self._touched))
        return self.outcome


# Reading, a few statements for a chunk


def _by_key(session: Session, keys: set[str]) -> dict[str, dict[str, Any]]:
    """SKUs by the keys of their codes and aliases."""
    found = {row["code_key"]: row for row in _rows(session, skus, "code_key", keys)}
    former = {row["code_key"]: row["sku_id"] for row in _rows(session, sku_aliases, "code_key", keys - found.keys())}
    owners = {row["id"]: row for row in _rows(session, skus, "id", set(former.values()))}
    return found | {key: owners[sku_id] for key, sku_id in former.items()}


def _products(session: Session, ids: set[str]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in _rows(session, products, "id", ids)}


def _by_handle(session: Session, handles: set[str]) -> dict[str, dict[str, Any]]:
    """The products with these handles: of several the first that isn't archived."""
    found: dict[str, dict[str, Any]] = {}
    for row in sorted(_rows(session, products, "handle", handles), key=lambda row: (row["archived"], row["id"])):
        found.setdefault(row["handle"], row)
    return found


def _rows(session: Session, table: Table, column: str, values: set[str]) -> list[dict[str, Any]]:
    """The rows with one of these values."""
    found: list[dict[str, Any]] = []
    wanted = sorted(values)
    for begin in range(0, len(wanted), _AT_ONCE):
        size, among = padded("value", wanted[begin : begin + _AT_ONCE])
        found += session.rows(_among(table, column, size), among)
    return found


@cache
def _among(table: Table, column: str, size: int) -> Prepared:
    values = [bindparam(f"value_{number}", type_=table.c[column].type) for number in range(size)]
    return Prepared(select(table).where(table.c[column].in_(values)))


def _first_skus(session: Session, product_ids: set[str]) -> dict[str, str]:
    """The ids of the products' first SKUs."""
    if not product_ids:
        return {}
    theirs = (skus.c.product_id.in_(sorted(product_ids)), skus.c.merged_into.is_(None))
    ids = select(skus.c.product_id, skus.c.id).where(*theirs).order_by(skus.c.id.desc())
    return {row.product_id: row.id for row in session.execute(ids)}


def _moved(session: Session, sku_ids: set[str]) -> set[tuple[str, str]]:
    """Which of these SKUs ever had a movement, and where: their opening stock was entered, and is not entered again."""
    if not sku_ids:
        return set()
    m = stock_movements.c
    query = select(m.sku_id, m.location_id).where(m.sku_id.in_(sorted(sku_ids))).group_by(m.sku_id, m.location_id)
    return {(row.sku_id, row.location_id) for row in session.execute(query)}
