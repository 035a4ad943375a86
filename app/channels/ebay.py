"""eBay: one seller's shop on one or several of its sites, through the Inventory, Fulfillment and Notification APIs.

How a number is written here: absolute; there is no delta, no condition and no key. Whether zero may be used on the way depends on a
setting of the seller's account that its REST APIs don't tell, out-of-stock control, so the person who connects says it. With it a zero
is harmless and may be repeated, and from zero a number needs no cover: hence `drains`. That is exact, and costs two of the 250 revisions
that a listing may have in a day, and some minutes out of stock; a plain write costs one and accepts what sells between reading and
landing. Exact wins, because a sale on eBay itself costs no revision at all. Without the control a zero ends the listing, so nothing drains.

When it counts down: when an order is placed, paid or not. It never puts back. Messages are pointers; one seller's and another's are
signed with the same keys, so a message counts only where it names our seller.

`ebay_api` is the wire, `ebay_inventory` what is on sale, `ebay_orders` the translation of orders, `ebay_signature` says whose a message
is, `ebay_notifications` sets messages up, `ebay_shipping` tells of parcels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

from app import chance
from app.channels import ebay_notifications, ebay_orders, ebay_shipping
from app.channels.base import (
    BadPayload,
    Budget,
    Capabilities,
    Connection,
    Consent,
    CountsDown,
    Delivery,
    Entry,
    Hint,
    ListingSnapshot,
    NoUse,
    OrderPage,
    Parcel,
    Reading,
    Refuses,
    Reply,
    Subscriptions,
    TryLater,
    WriteMode,
    WriteRequest,
    WriteResult,
    Zero,
)
from app.channels.ebay_api import NEEDED, Answer, Api, kept, lasting
from app.channels.ebay_inventory import BATCH, Inventory
from app.channels.ebay_notifications import Notifications
from app.channels.ebay_signature import Keys, challenge_response
from app.domain.snapshots import OrderSnapshot

_ORDERS: Final = "/sell/fulfillment/v1/order"
_PAGE: Final = 200  # the largest page that eBay gives
_PASSES: Final = 6
_HISTORY: Final = timedelta(days=729)  # eBay looks back two years
_UNKNOWN_ORDER: Final = "32100"
# Nobody documents how soon an order that was counted is in the list; it was seen after seconds.
_FEED_LAG_S: Final = 60.0
_READ_LAG_S: Final = 15.0
_REVISIONS: Final = 240.0  # of the 250 that a listing may have in a day: the rest is for people
_YES: Final = ("yes", "true", "on", "1")
_CURRENCIES: Final = {
    "EBAY_US": "USD",
    "EBAY_GB": "GBP",
    "EBAY_AU": "AUD",
    "EBAY_CA": "CAD",
    "EBAY_CH": "CHF",
    "EBAY_HK": "HKD",
    "EBAY_MY": "MYR",
    "EBAY_PH": "PHP",
    "EBAY_PL": "PLN",
    "EBAY_SG": "SGD",
    "EBAY_TW": "TWD",
}


class EBay:
    """One seller's account."""

    kind: ClassVar[str] = "ebay"
    settings: ClassVar[Mapping[str, str]] = {
        "ru_name": "The RuName of the keyset, from eBay's developer portal (User Tokens → Get a Token from eBay via Your Application)",
        "out_of_stock_control": "Whether out-of-stock control is switched on in the eBay account: yes, or no (if left empty)",
        "alert_email": "Where eBay shall write when its messages can't be delivered",
        "more_scopes": "Scopes beyond the usual ones that the portal lists for the keyset, such as sell.cancellation; separated by blanks",
        "environment": "production (if left empty) or sandbox",
        "base_url": "Another address to talk to, on this machine only: for a sandbox",
        "order_lag_s": "How many seconds the sandbox's list of orders lags behind; without base_url it can't be said",
    }
    credentials: ClassVar[Mapping[str, str]] = {
        "client_id": "The App ID of the keyset, from eBay's developer portal",
        "client_secret": "Its Cert ID",
        "verification_token": "What proves our address to eBay; made for you when left empty (32 to 80 letters, digits, _ and -)",
        "endpoint": "The address that you told eBay to send account deletions to; leave it empty if you didn't have to",
    }
    # What comes with the seller's consent, the tokens that are made of it, and who she is.
    kept: ClassVar[frozenset[str]] = frozenset({"refresh_token", "consent_until", "scopes", "access_token", "app_token", "user_id"})

    def __init__(self, connection: Connection) -> None:
        """Raises: NoUse where the settings can't be used."""
        settings = connection.settings
        self._vault = connection.vault
        self._keeps_at_zero = str(settings.get("out_of_stock_control") or "no").strip().lower() in _YES
        self._more = [name.rpartition("api_scope/")[2] for name in str(settings.get("more_scopes") or "").split()]
        self._api = Api(connection)
        # A stranger's message shouldn't make us wait for long.
        self._for_keys = Api(connection, timeout_s=5.0)
        self._keys = Keys(self._for_keys)
        self._inventory = Inventory(self._api, keeps_at_zero=self._keeps_at_zero)
        name, email = f"Tallystick {connection.channel_id}", str(settings.get("alert_email") or "").strip()
        self._notifications = Notifications(self._api, self._vault, name, email)

    def capabilities(self) -> Capabilities:
        seller = self._api.call("GET", "/commerce/identity/v1/user/", host="apiz").json
        user_id = str(seller.get("userId") or seller.get("username") or "")
        if user_id and self._vault.get("user_id") != user_id:
            self._vault.keep({"user_id": user_id})
        granted = self._api.granted
        missing = [] if granted is None else [scope for scope in NEEDED if scope not in granted]
        orders: Mapping[str, Any] = {}
        for path, scope in (("/sell/inventory/v1/inventory_item", NEEDED[1]), (_ORDERS, NEEDED[2])):
            if scope not in missing:
                try:
                    orders = self._api.call("GET", path, {"limit": 1}).json
                except NoUse as error:
                    if error.code != "scope":
                        raise
                    missing.append(scope)
        site = str(seller.get("registrationMarketplaceId") or "EBAY_US")
        warnings = []
        if not self._keeps_at_zero:
            warnings.append(
                "Without out-of-stock control a listing ends when nothing is left, and comes back as a new one without its history. "
                "Switch it on in eBay's site preferences (“Multi-quantity listings”), then set out_of_stock_control to yes."
            )
        return Capabilities(
            write_mode=WriteMode.ABSOLUTE,
            keyed=False,
            counts_down_at=CountsDown.PLACED,
            refuses_below_zero=Refuses.ALWAYS,
            feed_lag_s=self._api.lag_s or _FEED_LAG_S,
            feed_overlap_s=600.0,  # pages by offset shift while orders change
            poll_every_s=60.0,
            read_lag_s=self._api.lag_s or _READ_LAG_S,
            limited_has_no_effect=False,
            zero=Zero.HARMLESS if self._keeps_at_zero else Zero.ENDS,
            drains=self._keeps_at_zero,
            batch=BATCH,
            hold_s=4 * 86_400.0,  # a buyer has four days to pay
            subscribes=NEEDED[4] not in missing,
            reads_at_once=1,
            budgets=(
                Budget("requests", 5_000.0, 3600.0),
                Budget("writes of a listing", _REVISIONS, 86_400.0),
            ),
            currency=ebay_orders.currency_of(orders.get("orders")) or _CURRENCIES.get(site, "EUR"),
            account=user_id or None,
            shop_name=str(seller["username"]) if seller.get("username") else None,
            missing_scopes=tuple(missing),
            warnings=tuple(warnings),
            keeps_time=True,
            credentials_until=self._api.consent_until(),
        )

    # Being let in by the owner's browser

    def consent(self, callback: str, done: str, state: str) -> Consent:
        """eBay knows the callback by the RuName, and sends her browser there."""
        base = NEEDED[0]
        scopes = " ".join([*NEEDED, *(f"{base}/{name}" for name in self._more)])
        return Consent(self._api.consent_url(scopes, state), {"scopes": scopes})

    def let_in(self, delivery: Delivery, keep: Mapping[str, str], callback: str) -> Mapping[str, str]:
        code = delivery.query.get("code")
        if not code:
            why = delivery.query.get("error_description") or delivery.query.get("error") or ""
            raise NoUse("credentials", f"eBay didn't let Tallystick in. Begin again, and agree. {why[:200]}".strip())
        granted = self._api.exchanged(code)
        if not granted.get("refresh_token"):
            raise NoUse("credentials", "eBay gave no lasting consent. Begin again.")
        return {
            **lasting(granted),
            "scopes": str(keep.get("scopes") or ""),
            "access_token": kept(granted),
        }

    @staticmethod
    def state_of(delivery: Delivery) -> str | None:
        return delivery.query.get("state")

    # Coming in

    def answer(self, delivery: Delivery) -> Reply | None:
        code = delivery.query.get("challenge_code")
        token, endpoint = self._vault.get("verification_token"), self._vault.get("endpoint")
        if delivery.method != "GET" or not code or not token or not endpoint:
            return None
        body = json.dumps({"challengeResponse": challenge_response(code, token, endpoint)}).encode()
        return Reply(200, body, "application/json")

    def verify(self, delivery: Delivery) -> str:
        """The id of the notification, which is signed with the rest: all attempts to deliver it have the same."""
        self._keys.verify(delivery)
        name = _part(_said(delivery.body), "notification").get("notificationId")
        return str(name) if name else hashlib.sha256(delivery.body).hexdigest()

    def topic(self, delivery: Delivery) -> str:
        return str(_part(_said(delivery.body), "metadata").get("topic") or "")

    def parse(self, delivery: Delivery) -> Sequence[Hint | OrderSnapshot]:
        topic, data = self.topic(delivery), _part(_part(_said(delivery.body), "notification"), "data")
        if not topic:
            raise BadPayload("eBay's message doesn't say what it is about.")
        if topic == ebay_notifications.DELETION:
            # Of any user of eBay's, and not of our seller: by either name, whichever an order gave.
            names = dict.fromkeys(str(data[name]) for name in ("userId", "username") if data.get(name))
            return [Hint("contact_erasure", ebay_orders.known_as(name)) for name in names]
        if not self._is_ours(_part(data, "user")):
            return ()
        if topic == ebay_notifications.REVOKED:
            return [Hint("uninstalled", self._vault.get("user_id") or "")]
        if topic == "LISTING":
            return [Hint("listing", str(_part(data, "listing").get("listingId") or data.get("listingId") or ""))]
        order_id = _part(data, "order").get("orderId") or data.get("orderId")
        if order_id:
            return [Hint("order", str(order_id))]
        if topic == ebay_notifications.ORDER:
            raise BadPayload("eBay's message about an order doesn't say which.")
        return ()

    def _is_ours(self, user: Mapping[str, Any]) -> bool:
        ours, named = self._vault.get("user_id"), user.get("userId")
        return not ours or not named or named == ours

    def receive(self) -> Sequence[Delivery]:
        return ()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        pass

    def fetch_orders(self, ids: Sequence[str]) -> Iterator[OrderSnapshot]:
        for order_id in dict.fromkeys(ids):
            answer = self._order(order_id)
            if answer.code == _UNKNOWN_ORDER:
                yield ebay_orders.gone(order_id, answer.at or chance.now())
            else:
                yield self._snapshot(answer.json)

    def _order(self, order_id: str) -> Answer:
        if not order_id.replace("-", "").replace("!", "").isalnum():
            raise BadPayload(f"{order_id!r} is no order of eBay's.")
        return self._api.call("GET", f"{_ORDERS}/{order_id}", but=(_UNKNOWN_ORDER,))

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        """Read the list until a pass brings nothing new: its pages shift while orders change, and an order can fall between two.

        One page can't shift. What changed after we began is the next poll's, and no page's stamp is later than that.
        """
        if since is None:
            wanted = "orderfulfillmentstatus:{NOT_STARTED|IN_PROGRESS}"
        else:
            since = max(since.astimezone(UTC), chance.now() - _HISTORY)
            wanted = f"lastmodifieddate:[{since.strftime('%Y-%m-%dT%H:%M:%S')}.{since.microsecond // 1000:03d}Z..]"
        seen: dict[str, datetime | None] = {}
        began: datetime | None = None
        for _ in range(_PASSES):
            offset, pages, has_news, total = 0, 0, False, 1
            while offset < total:
                answer = self._api.call("GET", _ORDERS, {"filter": wanted, "limit": _PAGE, "offset": offset})
                rows = [row for row in answer.json.get("orders") or () if isinstance(row, dict)]
                began, pages, total, offset = began or answer.at, pages + 1, int(answer.json.get("total") or 0), offset + _PAGE
                news = [row for row in rows if seen.get(str(row.get("orderId")), _NEVER) != ebay_orders.stamp(row)]
                for row in news:
                    changed = seen[str(row.get("orderId"))] = ebay_orders.stamp(row)
                    has_news = has_news or began is None or changed is None or changed <= began
                if news:
                    yield self._page(news, began)
                if not rows:
                    break
            if pages <= 1 or not has_news:
                return
        raise TryLater("Orders change faster than they can be read.")

    def _page(self, found: Sequence[Mapping[str, Any]], began: datetime | None) -> OrderPage:
        read: list[OrderSnapshot] = []
        unreadable: dict[str, str] = {}
        for order in found:
            try:
                read.append(self._snapshot(self._whole(order)))
            except BadPayload as error:
                unreadable[str(order.get("orderId"))] = str(error)
        stamps = [min(stamp, began) if began else stamp for order in found if (stamp := ebay_orders.stamp(order))]
        return OrderPage(read, max(stamps, default=None), unreadable)

    def _whole(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """A list leaves out what was asked about a cancellation."""
        if not ebay_orders.may_be_cancelled(order):
            return order
        answer = self._order(str(order.get("orderId")))
        return answer.json if answer.ok else order

    def _snapshot(self, order: Mapping[str, Any]) -> OrderSnapshot:
        shipments = ebay_shipping.shipments(self._api, str(order.get("orderId"))) if ebay_orders.has_left(order) else ()
        return ebay_orders.snapshot(order, shipments)

    # What is on sale

    def listings(self) -> Iterator[ListingSnapshot]:
        return self._inventory.listings()

    def read_quantities(self, counters: Sequence[str]) -> Sequence[Reading]:
        return self._inventory.readings(counters)

    # Going out

    def compose(self, unit: str, entries: Sequence[Entry], key: str, reading: Reading | None = None) -> Any:
        return self._inventory.composed(unit, entries)

    def write_quantities(self, requests: Sequence[WriteRequest]) -> Sequence[WriteResult]:
        return self._inventory.write(requests)

    def processed(self, tickets: Sequence[str]) -> Sequence[WriteResult | None]:
        """Nothing is ever deferred here, so there are no tickets to ask about."""
        return [None for _ in tickets]

    def ship(self, parcel: Parcel) -> None:
        ebay_shipping.tell(self._api, parcel)

    def subscribe(self, url: str) -> Subscriptions:
        return self._notifications.subscribe(url)

    def unsubscribe(self) -> None:
        self._notifications.unsubscribe()

    def close(self) -> None:
        self._api.close()
        self._for_keys.close()


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def _said(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _part(of: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (of or {}).get(name)
    return found if isinstance(found, Mapping) else {}
