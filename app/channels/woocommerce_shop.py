"""What is on sale in a WooCommerce shop, what its counters show, and how the shop is set up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.channels.base import (
    Budget,
    Capabilities,
    CountsDown,
    ListingSnapshot,
    NoUse,
    Reading,
    Refuses,
    WriteMode,
    Zero,
)
from app.channels.woocommerce_api import PAGE, Answer, Api

_FIELDS = "id,type,parent_id,sku,name,status,manage_stock,stock_quantity,backorders,permalink,variations,attributes"
_STOCK = "id,parent_id,manage_stock,stock_quantity,backorders"
# Made of other products, or sold somewhere else: nothing of theirs is counted under their own name.
_WITHOUT_STOCK = {"grouped", "external"}
_HOLD_S = 3600.0
# One request of the shop writes the order, takes the units off and notes it at the line; a slow host needs some seconds for that.
_FEED_LAG_S = 10.0
_READ_LAG_S = 5.0
_BY_ID = {"orderby": "id", "order": "asc", "_fields": _FIELDS}
_PASSES = 3


# Counters: a product's id, or its parent's and its own


def path_of(counter: str) -> str:
    """Where a counter is read and written. A variation can't be written by its own id alone."""
    parent, _, variation = counter.partition("/")
    return f"products/{parent}/variations/{variation}" if variation else f"products/{parent}"


def counter_of(product: Mapping[str, Any]) -> str | None:
    """The counter that a sale of this product or variation lowers. A variation may leave counting to its parent."""
    managed, parent = product.get("manage_stock"), product.get("parent_id")
    if managed == "parent" and parent:
        return str(parent)
    if managed is not True:
        return None
    return f"{parent}/{product['id']}" if parent else str(product["id"])


def units_shown(product: Mapping[str, Any]) -> int | None:
    """The number on a product's own counter; None: it has none."""
    return _whole(product.get("stock_quantity")) if product.get("manage_stock") is True else None


def _whole(shown: Any) -> int | None:
    """Plugins for cloth and cheese keep parts of a unit, and write text: the part can't be sold as one."""
    if isinstance(shown, bool) or not isinstance(shown, int | float | str):
        return None
    try:
        return math.floor(float(shown))
    except (ValueError, OverflowError):
        return None


def why_untracked(managed: object) -> str:
    if managed == "parent":
        return "Its stock is counted at the product, not at the variation."
    return "The shop doesn't count its stock. Tick “Track stock quantity” in the product's inventory, and enter a number."


def listings(api: Api) -> Iterator[ListingSnapshot]:
    """Simple products, and each variation of a variable one. Raises: TryLater, NoUse."""
    for product in _products(api):
        if product.get("type") in _WITHOUT_STOCK:
            continue
        if product.get("type") == "variable" or product.get("variations"):
            for page in api.pages(f"products/{int(product['id'])}/variations", _BY_ID):
                for variation in _rows(page):
                    yield _listing({**variation, "parent_id": product["id"]}, product)
        else:
            yield _listing(product, None)


def _products(api: Api) -> Iterator[Mapping[str, Any]]:
    """Each once. Pages shift when a product goes while they are read, and another falls between two: then they are read once more."""
    seen: set[Any] = set()
    for _ in range(_PASSES):
        totals: set[int | None] = set()
        for answer in api.pages("products", _BY_ID):
            totals.add(answer.total)
            for product in _rows(answer):
                if product["id"] not in seen:
                    seen.add(product["id"])
                    yield product
        if len(totals) == 1:
            return


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    return [row for row in answer.json if isinstance(row, dict) and isinstance(row.get("id"), int)]


def _listing(product: Mapping[str, Any], parent: Mapping[str, Any] | None) -> ListingSnapshot:
    counter = counter_of(product)
    title = str((parent or product).get("name") or product["id"])
    options = [str(each["option"]) for each in product.get("attributes") or () if each.get("option")] if parent is not None else []
    if options:
        title = f"{title} - {', '.join(options)}"
    return ListingSnapshot(
        external_id=str(product["id"]),
        sku=str(product["sku"]) if product.get("sku") else None,
        title=title,
        unit=counter or _own_path(product),
        counter=counter,
        quantity=_whole(product.get("stock_quantity")) if counter else None,
        protected=product.get("backorders", "no") == "no",
        live=product.get("status") == "publish" and (parent is None or parent.get("status") == "publish"),
        why=None if counter else why_untracked(product.get("manage_stock")),
        url=str(product["permalink"]) if product.get("permalink") else None,
    )


def _own_path(product: Mapping[str, Any]) -> str:
    parent = product.get("parent_id")
    return f"{parent}/{product['id']}" if parent else str(product["id"])


def readings(api: Api, counters: Sequence[str]) -> Sequence[Reading]:
    """What these counters show: a hundred products a request, and as many variations of one product. Raises: TryLater, NoUse."""
    by_parent: dict[str, list[str]] = defaultdict(list)
    for counter in dict.fromkeys(counters):
        parent, _, variation = counter.partition("/")
        by_parent[parent if variation else ""].append(variation or parent)
    found: dict[str, Reading] = {}
    for parent, ids in by_parent.items():
        path = f"products/{parent}/variations" if parent else "products"
        for start in range(0, len(ids), PAGE):
            wanted = {"include": ",".join(ids[start : start + PAGE]), "per_page": PAGE, "_fields": _STOCK}
            answer = api.call("GET", path, wanted)
            for row in _rows(answer) if isinstance(answer.json, list) else ():
                counter = f"{parent}/{row['id']}" if parent else str(row["id"])
                found[counter] = Reading(counter, units_shown(row), row.get("backorders", "no") == "no")
    return [found.get(counter, Reading(counter, None)) for counter in counters]


# The shop


def capabilities(api: Api) -> Capabilities:
    """What this shop can do. Only what the key may not read is missing from it. Raises: TryLater, NoUse."""
    missing, warnings = [], []
    # The first answer tells a key that isn't accepted from one that may not do everything: without rights the shop says 403.
    for path, right in (("products", "products"), ("orders", "orders"), ("webhooks", "webhooks")):
        if not _may(api, "GET", path):
            missing.append(right)
    if not _may_write(api):
        missing.append("write")
    counts = _setting(api, "products/woocommerce_manage_stock") != "no"
    if not counts:
        warnings.append("The shop counts no stock at all. Switch on “Enable stock management” under Settings → Products → Inventory.")
    minutes = _setting(api, "products/woocommerce_hold_stock_minutes")
    hold_s = float(minutes) * 60 if minutes and minutes.isdecimal() and int(minutes) > 0 else _HOLD_S
    if minutes is not None and not (minutes.isdecimal() and int(minutes) > 0):
        warnings.append("The shop holds nothing for unpaid orders, so the last unit can be sold twice. Enter minutes for “Hold stock”.")
    if api.plain:
        warnings.append("The shop is reached without encryption: whoever is on the way can read orders. Give it an https address.")
    home = _home(api)
    return Capabilities(
        write_mode=WriteMode.ABSOLUTE,
        keyed=False,
        counts_down_at=CountsDown.PAID,
        refuses_below_zero=Refuses.STOREFRONT if counts else Refuses.NO,
        feed_lag_s=api.lag_s or _FEED_LAG_S,
        feed_overlap_s=120.0,
        poll_every_s=60.0,
        read_lag_s=api.lag_s or _READ_LAG_S,
        zero=Zero.HARMLESS,
        drains=True,
        hold_s=hold_s,
        subscribes="webhooks" not in missing and "write" not in missing,
        reads_at_once=PAGE,
        budgets=(Budget("requests", 300, 60.0),),  # the shop has none of its own; a small host shouldn't feel us
        currency=_setting(api, "general/woocommerce_currency"),
        account=str(home.get("home") or home.get("url") or api.url).rstrip("/"),
        shop_name=str(home["name"]) if home.get("name") else None,
        missing_scopes=tuple(missing),
        warnings=tuple(warnings),
    )


def _may(api: Api, method: str, path: str) -> bool:
    try:
        api.call(method, path, {"per_page": 1, "_fields": "id"})
    except NoUse as error:
        if error.code != "scope":
            raise
        return False
    return True


def _may_write(api: Api) -> bool:
    """An empty batch changes nothing, and a key that may only read is refused."""
    try:
        api.call("POST", "products/batch", json={"update": []})
    except NoUse as error:
        if error.code not in ("credentials", "scope"):
            raise
        return False
    return True


def _setting(api: Api, path: str) -> str | None:
    """A setting, where the key's user may read it."""
    try:
        answer = api.call("GET", f"settings/{path}")
    except NoUse:
        return None
    value = answer.json.get("value") if answer.ok and isinstance(answer.json, dict) else None
    return str(value) if value is not None else None


def _home(api: Api) -> Mapping[str, Any]:
    """What WordPress says it is. Some hosts close this page to everyone; the address has to do then."""
    try:
        answer = api.call("GET", "/", {"_fields": "name,home,url"})
    except NoUse:
        return {}
    return answer.json if isinstance(answer.json, dict) else {}
