"""Reading Shopify's orders: one query for nearly every order, and a memory that lets a poll get to its end within the rate limit."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from app import chance
from app.channels import shopify_orders
from app.channels.base import BadPayload, NoUse, OrderPage, TryLater
from app.channels.shopify_admin import Admin, no_scope
from app.channels.shopify_graphql import gid
from app.domain.snapshots import OrderSnapshot

_REMEMBERED: Final = 5000
_AT_ONCE: Final = 6  # refunds and parcels in OrderCore: as many as that, and there may be more
_PERSONAL: Final = {"email", "phone", "billingAddress", "shippingAddress"}


class Orders:
    """The orders of one shop. It remembers what it has read, so that a poll which was told to slow down gets further the next time,
    and what two polls have in common is paid for once. Nothing is lost when it forgets."""

    def __init__(self, admin: Admin, location: str) -> None:
        self._admin, self._location = admin, location
        self._known: OrderedDict[str, OrderSnapshot] = OrderedDict()

    def changed_since(self, since: datetime | None) -> Iterator[OrderPage]:
        search = "status:open" if since is None else f"updated_at:>='{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"
        after: str | None = None
        while True:
            listed = self._admin.ask("OrdersUpdatedSince", {"after": after, "search": search}).data["orders"]
            stamps = {str(node["legacyResourceId"]): shopify_orders.moment(node["updatedAt"]) for node in listed["nodes"]}
            orders, unreadable = [], {}
            for order_id, stamp in stamps.items():
                known = self._known.get(order_id)
                try:
                    found = known if known is not None and known.version == stamp else self.fetch(order_id)
                except BadPayload as error:
                    unreadable[order_id] = str(error)
                else:
                    orders.extend([found] if found else [])
            # The list's stamps, and not those of orders that changed while we read them: what changed beside them comes later.
            yield OrderPage(orders, max(stamps.values(), default=None), unreadable)
            if not listed["pageInfo"]["hasNextPage"]:
                return
            after = listed["pageInfo"]["endCursor"]

    def fetch(self, order_id: str) -> OrderSnapshot | None:
        """How it stands now; None where that can't be known. Raises: TryLater, NoUse, BadPayload."""
        for _ in range(3):
            try:
                body = self._whole_order(order_id)
            except _ChangedMeanwhile:
                continue
            if body is None:
                return self._missing(order_id)
            found = shopify_orders.snapshot(body, self._location)
            # Shopify's times are whole seconds: what was read within that second may have changed once more, and looks the same.
            if self._admin.clock is not None and isinstance(found.version, datetime) and found.version < self._admin.clock:
                self._known[order_id] = found
                self._known.move_to_end(order_id)
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return found
        raise TryLater("An order on Shopify keeps changing while it is read.", after_s=5.0)

    def _whole_order(self, order_id: str) -> Mapping[str, Any] | None:
        """One query, for nearly every order; what has more lines, refunds or parcels than fit takes further ones."""
        order_gid = gid("Order", order_id)
        answer = self._admin.ask("OrderCore", {"id": order_gid, "afterLine": None}, in_part=True)
        order = answer.data["order"]
        if order is None:
            return None
        if unknown := [path for path in answer.denied if len(path) < 2 or path[1] not in _PERSONAL]:
            raise NoUse("scope", no_scope(f"(It may not see {'.'.join(unknown[0])}.)"))

        def same(later: Mapping[str, Any] | None) -> Mapping[str, Any]:
            if later is None or later["updatedAt"] != order["updatedAt"]:
                raise _ChangedMeanwhile
            return later

        lines, page = list(order["lineItems"]["nodes"]), order["lineItems"]["pageInfo"]
        while page["hasNextPage"]:
            more = same(self._admin.ask("OrderCore", {"id": order_gid, "afterLine": page["endCursor"]}, in_part=True).data["order"])[
                "lineItems"
            ]
            lines += more["nodes"]
            page = more["pageInfo"]
        refunds = {refund["id"]: refund["refundLineItems"] for refund in order["refunds"]}
        if len(refunds) == _AT_ONCE:
            listed = same(self._admin.ask("OrderRefunds", {"id": order_gid}).data["order"])["refunds"]
            refunds |= {refund["id"]: None for refund in listed if refund["id"] not in refunds}
        fulfillments = {each["id"]: (each["status"], each["fulfillmentLineItems"]) for each in order["fulfillments"]}
        if len(fulfillments) == _AT_ONCE:
            listed = same(self._admin.ask("OrderFulfillments", {"id": order_gid}).data["order"])["fulfillments"]
            fulfillments |= {each["id"]: (each["status"], None) for each in listed if each["id"] not in fulfillments}
        return shopify_orders.body_of(
            order,
            lines,
            [self._rest("RefundLines", "refund", "refundLineItems", *each) for each in refunds.items()],
            [
                (status, self._rest("FulfillmentLines", "fulfillment", "fulfillmentLineItems", each, page))
                for each, (status, page) in fulfillments.items()
            ],
            answer.denied,
        )

    def _missing(self, order_id: str) -> OrderSnapshot | None:
        """Deleted, or only too old for us to see? To take the second for the first would give away units that are still owed."""
        answer = self._admin.ask("ShopIdentity", {})
        scopes = {scope["handle"] for scope in answer.data["currentAppInstallation"]["accessScopes"]}
        if "read_all_orders" not in scopes:
            oldest = self._admin.ask("OldestOrder", {}).data["orders"]["nodes"]
            if not oldest or int(order_id) < int(oldest[0]["legacyResourceId"]):
                return None
        self._known.pop(order_id, None)
        now = chance.now()
        # Compared with the shop's own stamps: if our clock is behind, hers counts.
        return shopify_orders.gone(order_id, max(now, self._admin.clock or now))

    def _rest(self, operation: str, root: str, connection: str, node: str, page: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
        """All lines of a refund or a parcel, whose first page is here already (None: it isn't)."""
        lines: list[Mapping[str, Any]] = []
        after: str | None = None
        while True:
            if page is None:
                found = self._admin.ask(operation, {"id": node, "after": after}).data[root]
                if found is None:
                    raise _ChangedMeanwhile
                page = found[connection]
            assert page is not None
            lines += page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return lines
            after, page = page["pageInfo"]["endCursor"], None


class _ChangedMeanwhile(Exception):
    """Between two queries for one order: what was read doesn't belong together."""
