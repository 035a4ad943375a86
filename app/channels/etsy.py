"""Etsy: orders in, stock out, for one shop, through its Open API v3.

How a number is written here: a listing at a time, whole, with all its variants, by a request that has no condition and no key. What must
not be changed has to be repeated, so a write reads the listing immediately before it replaces it: prices, SKUs and the variants that aren't
in the change go back as they stood a moment ago, and a sale that came since the change was planned refuses it. What is sold in that moment
is what the ledger's cover is for. A write says zero by deactivating the listing, because Etsy refuses a document with nothing in it; it
says more than zero by writing the number first and putting the listing on sale then, so that an old number is never on sale.

Messages are pointers, signed by the Standard Webhooks scheme and set up by hand. `etsy_api` is the wire, `etsy_orders` the translation of
receipts, `etsy_listings` what is on sale, `etsy_shipping` how an order is said to have left.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import httpx
from oauthlib.oauth2 import WebApplicationClient  # type: ignore[import-untyped]
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from app import chance
from app.channels import etsy_orders as orders
from app.channels.base import (
    BadPayload,
    BadSignature,
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
    Outcome,
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
from app.channels.etsy_api import PAGE, Answer, Api, results, why
from app.channels.etsy_listings import Listings, Misread, Stock, is_empty, listing_of, replaced
from app.channels.etsy_shipping import ship
from app.domain.snapshots import OrderSnapshot

SCOPES: Final = ("listings_r", "listings_w", "shops_r", "transactions_r", "transactions_w")
_LIKED: Final = ("address_r", "email_r")  # where to send it; a shop works without
TOPICS: Final = ("order.paid", "order.canceled", "order.shipped", "order.delivered")

_RECEIPT: Final = re.compile(r"/receipts/([0-9]{1,19})(?:[/?#]|$)")
_TIMESTAMP: Final = re.compile(r"[1-9][0-9]{0,10}")
_OLDEST_S: Final = 300  # how far the time of a message may be off, either way

_NOT_OURS: Final = (
    "On Etsy it is deactivated, expired or switched off, and Tallystick didn't do that: so it doesn't put it back on sale. Do it on Etsy."
)

_LATE_S: Final = 900.0  # no request takes effect later than this
_FORGET_S: Final = 7 * 86_400.0

_SINCE_EVER: Final = 946_684_800  # the least that Etsy takes for a time
_STEP: Final = 75  # of a page's 100: rows that leave while a second's pages are read pull up others
_PASSES: Final = 6

# A day's quota: a fifth for polls of two requests each, and half for writes. A write costs two or three requests, and one to see what came
# of it, beside a look before it.
_POLLS_PART: Final = 0.2
_WRITES_COST: Final = 10.0
_PER_DAY: Final = 5_000.0  # what new apps are reported to have, until an answer says better
_PER_S: Final = 5.0


class Etsy:
    """One connected Etsy shop."""

    kind: ClassVar[str] = "etsy"
    settings: ClassVar[Mapping[str, str]] = {
        "base_url": "Another address to talk to, on this machine only: for a sandbox",
        "order_lag_s": "How many seconds the sandbox's list of orders lags behind; without base_url it can't be said",
    }
    credentials: ClassVar[Mapping[str, str]] = {
        "keystring": "The app's keystring, from Etsy's developer pages: Your account → Apps",
        "shared_secret": "The app's shared secret, from the same page",
        "webhook_secret": "The signing secret (whsec_…) of the endpoint that you add in Etsy's webhook portal; leave it empty until then",
    }
    kept: ClassVar[frozenset[str]] = frozenset(
        {"access_token", "refresh_token", "token_expires_at", "consent_expires_at", "shop_id", "taken_down"}
    )

    def __init__(self, connection: Connection) -> None:
        self._vault = connection.vault
        self._api = Api(connection)
        self._listings = Listings(self._api, self._is_ours)

    def capabilities(self) -> Capabilities:
        shop_id = self._api.find_shop()
        shop = self._api.call("GET", f"shops/{shop_id}")
        if shop.is_missing:
            raise NoUse("gone", "Etsy doesn't have your shop any more. Is it open?")
        quota = self._api.quota
        per_day, per_s = quota.per_day or _PER_DAY, quota.per_s or _PER_S
        warnings = []
        if not self._vault.get("webhook_secret"):
            warnings.append(
                "Etsy tells of sales at once only where you set it up by hand: add this channel's webhook_url in Etsy's webhook portal, "
                "and enter its signing secret. Until then Etsy is asked every few minutes."
            )
        if shop.json.get("is_vacation") is True:
            warnings.append("Your shop is on vacation: nothing is on sale, whatever its listings show.")
        lag = self._api.lag_s
        return Capabilities(
            write_mode=WriteMode.ABSOLUTE,
            keyed=False,
            # The moment isn't documented. Units that are said to be gone too early are set aside too long, and nothing worse.
            counts_down_at=CountsDown.PLACED,
            refuses_below_zero=Refuses.ALWAYS,
            feed_lag_s=lag or 60.0,
            feed_overlap_s=max(600.0, 2 * (lag or 0.0)),
            poll_every_s=min(600.0, max(60.0, 2 * 86_400 / (_POLLS_PART * per_day))),
            read_lag_s=5.0,
            late_write_s=_LATE_S,
            limited_has_no_effect=False,  # it isn't said that a throttled request wasn't begun
            zero=Zero.DARK,
            zero_costs="Being deactivated and coming back is free on Etsy; a listing that has sold out is renewed for 0.20 USD.",
            hold_s=3 * 86_400.0,  # a payment that is processed takes up to three days
            subscribes=False,
            tells_put_back=False,
            reads_at_once=1,
            budgets=(
                Budget("writes", max(1.0, per_day / _WRITES_COST), 86_400.0),
                Budget("requests", per_day, 86_400.0),
                Budget("requests at once", per_s, 1.0),
            ),
            currency=str(shop.json["currency_code"]) if shop.json.get("currency_code") else None,
            account=shop_id,
            shop_name=str(shop.json["shop_name"]) if shop.json.get("shop_name") else None,
            missing_scopes=self._missing_scopes(),
            warnings=tuple(warnings),
            keeps_time=True,
            credentials_until=self._api.consent_until(),
        )

    def _missing_scopes(self) -> tuple[str, ...]:
        answer = self._api.call("POST", "scopes", form={"token": self._api.token()})
        granted = answer.json.get("scopes")
        if not isinstance(granted, list):
            return ()  # what isn't said is found out when it is needed
        return tuple(scope for scope in SCOPES if scope not in granted)

    # Being let in by the owner's browser: a code for our verifier

    def consent(self, callback: str, done: str, state: str) -> Consent:
        keystring = self._vault.get("keystring")
        if not keystring:
            raise NoUse("credentials", "Enter the app's keystring and shared secret first.")
        client = WebApplicationClient(keystring.strip())
        verifier = chance.secret(48).hex()
        asks = {
            "response_type": "code",
            "client_id": keystring.strip(),
            "redirect_uri": _redirect(callback),
            "scope": " ".join(SCOPES + _LIKED),
            "state": state,
            "code_challenge": client.create_code_challenge(verifier, "S256"),
            "code_challenge_method": "S256",
        }
        return Consent(f"https://www.etsy.com/oauth/connect?{urlencode(asks)}", {"verifier": verifier})

    def let_in(self, delivery: Delivery, keep: Mapping[str, str], callback: str) -> Mapping[str, str]:
        said = delivery.query
        if said.get("error") or not said.get("code"):
            reason = said.get("error_description") or said.get("error") or "it sent no code"
            raise NoUse("credentials", f"Etsy didn't let Tallystick in: {reason[:200]}. Begin again whenever you like.")
        grant = {"grant_type": "authorization_code", "redirect_uri": _redirect(callback)}
        made = self._api.exchange({**grant, "code": said["code"], "code_verifier": keep.get("verifier", "")})
        return {**made, "shop_id": ""}  # it may be another shop than before

    @staticmethod
    def state_of(delivery: Delivery) -> str | None:
        return delivery.query.get("state")

    # Coming in

    def answer(self, delivery: Delivery) -> Reply | None:
        return None

    def verify(self, delivery: Delivery) -> str:
        """Signed are the message's id, its time and its body, so its id is trustworthy: it is the same on every repetition."""
        headers = delivery.headers
        identity, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        secret = (self._vault.get("webhook_secret") or "").strip()
        if not secret.startswith("whsec_"):
            raise BadSignature("There is no signing secret (whsec_…) to check it with.")
        if not identity or not _TIMESTAMP.fullmatch(sent_at):
            raise BadSignature("The message has no id or no time.")
        try:
            signed = Webhook(secret).sign(identity, datetime.fromtimestamp(int(sent_at), UTC), delivery.body.decode())
        except (ValueError, EmptyWebhookSecretError) as error:
            raise BadSignature("The message, or the signing secret, isn't what it should be.") from error
        expected = signed.removeprefix("v1,").encode()
        given = [each.removeprefix("v1,").encode("utf-8", "replace") for each in headers.get("webhook-signature", "").split(" ")]
        # Every entry is compared, whichever fits: the time says nothing.
        if not sum(hmac.compare_digest(expected, each) for each in given):
            raise BadSignature("Etsy's signature doesn't fit the signing secret.")
        if abs(chance.now().timestamp() - int(sent_at)) > _OLDEST_S:
            raise BadSignature("The message is more than five minutes off: an old one, or a clock is wrong.")
        return identity

    def topic(self, delivery: Delivery) -> str:
        try:
            found = json.loads(delivery.body)
        except (ValueError, RecursionError):
            return ""
        return str(found.get("event_type") or "") if isinstance(found, dict) else ""

    def parse(self, delivery: Delivery) -> Sequence[Hint | OrderSnapshot]:
        """The receipt's number. Its address is never asked as it was given: whoever writes it would choose where we go."""
        try:
            body = json.loads(delivery.body)
        except (ValueError, RecursionError) as error:
            raise BadPayload("Etsy's message isn't JSON.") from error
        if not isinstance(body, dict) or not isinstance(body.get("event_type"), str):
            raise BadPayload("Etsy's message doesn't say what it is about.")
        if not body["event_type"].startswith("order."):
            return ()
        found = _RECEIPT.search(body["resource_url"]) if isinstance(body.get("resource_url"), str) else None
        if found is None:
            raise BadPayload("Etsy's message names no receipt.")
        ours = self._vault.get("shop_id")
        if ours and body.get("shop_id") is not None and str(body["shop_id"]) != ours:
            return ()  # one endpoint serves every shop of an app
        return (Hint("order", found[1]),)

    def receive(self) -> Sequence[Delivery]:
        return ()

    def acknowledge(self, deliveries: Sequence[Delivery]) -> None:
        """It has no queue."""

    def fetch_orders(self, ids: Sequence[str]) -> Iterator[OrderSnapshot]:
        """Raises: BadPayload, too."""
        for receipt_id in ids:
            answer = self._api.call("GET", f"shops/{self._api.shop_id()}/receipts/{int(receipt_id)}", {"legacy": "false"})
            if answer.is_missing:
                yield orders.gone(receipt_id, answer.at or chance.now())
            else:
                yield orders.snapshot(answer.json)

    def orders_since(self, since: datetime | None) -> Iterator[OrderPage]:
        """Cancelled receipts have been missing from the list for years, so they are asked for in a pass of their own as well."""
        if since is None:
            yield from self._changed(_SINCE_EVER, {"was_shipped": "false", "was_canceled": "false"})
            return
        begin = max(_SINCE_EVER, int(since.timestamp()))
        yield from self._changed(begin, {})
        yield from self._changed(begin, {"was_canceled": "true"})

    def _changed(self, since: int, wanted: Mapping[str, str]) -> Iterator[OrderPage]:
        """Page by page, each from the time where the one before ended: what changes meanwhile moves to the end and pulls nothing else up,
        and no offset gets large. Only within one second pages go by offset; those are read until a pass brings nothing new."""
        seen: dict[Any, Any] = {}
        offset, passes, news_here = 0, 0, False
        while True:
            asks = {
                "min_last_modified": since,
                "sort_on": "updated",
                "sort_order": "asc",
                "limit": PAGE,
                "offset": offset,
                "legacy": "false",
            }
            answer = self._api.call("GET", f"shops/{self._api.shop_id()}/receipts", {**asks, **wanted})
            if answer.is_missing:
                raise NoUse("gone", "Etsy doesn't have your shop any more. Is it open?")
            rows = [row for row in results(answer) if isinstance(row, dict)]
            news = [row for row in rows if _mark(row) not in seen]
            seen.update(dict.fromkeys(map(_mark, news)))
            news_here = news_here or bool(news)
            if news:
                yield _page(news)
            last = max((int(stamp.timestamp()) for row in rows if (stamp := orders.stamp(row))), default=since)
            if len(rows) < PAGE:
                if not offset or not news_here:
                    return
                offset, passes, news_here = 0, passes + 1, False
            elif last > since:
                since, offset, news_here = last, 0, False
            else:
                offset += _STEP
            if passes >= _PASSES:
                raise TryLater("Orders change faster than they can be read.")

    # What is on sale

    def listings(self) -> Iterator[ListingSnapshot]:
        on_sale: set[str] = set()
        for each in self._listings.all():
            if each.live:
                on_sale.add(each.unit)
            yield each
        long_ago = chance.now().timestamp() - _FORGET_S
        self._remember({name: until for name, until in self._taken_down().items() if name not in on_sale and not 0 < until < long_ago})

    def read_quantities(self, counters: Sequence[str]) -> Sequence[Reading]:
        return self._listings.readings(counters)

    # Going out

    def compose(self, unit: str, entries: Sequence[Entry], key: str, reading: Reading | None = None) -> Any:
        """What each number shall be, and what it is now. The rest of the listing is repeated as it stands when the request leaves."""
        if any(listing_of(entry.counter) != unit for entry in entries):
            raise ValueError(f"not every counter belongs to the listing {unit!r}")
        return {"listing": unit, "quantities": {entry.counter: [int(entry.expected), int(entry.value)] for entry in entries}}

    def write_quantities(self, requests: Sequence[WriteRequest]) -> Sequence[WriteResult]:
        return [self._write(request) for request in requests]

    def _write(self, request: WriteRequest) -> WriteResult:
        """A look, and the one or two requests that make it so. Only the last of two puts anything on sale, so an outcome is that of the
        request that ended it; a number that was written into a listing that isn't on sale is no effect."""
        listing_id, quantities = str(request.body["listing"]), request.body["quantities"]
        try:
            stock = self._listings.one(listing_id)
        except TryLater as error:
            return WriteResult(Outcome.NOT_SENT, after_s=error.after_s, detail=str(error))
        except NoUse as error:
            return WriteResult(Outcome.REFUSED, detail=str(error), code=error.code)
        if stock is None:
            return WriteResult(Outcome.REFUSED, detail="Etsy doesn't have this listing any more.", code="gone")
        ours, wanted = self._is_ours(stock), {}
        for counter, (expected, value) in quantities.items():
            shows = stock.shows(counter)
            if shows is None and value != expected:
                return WriteResult(Outcome.REFUSED, detail="Etsy doesn't have this variant any more.", code="gone")
            if value > 0 and value != expected and not stock.is_business_of_ours(counter, ours=ours):
                return WriteResult(Outcome.REFUSED, detail=_NOT_OURS, code="gone")
            if value != expected and shows not in (expected, value):
                return WriteResult(Outcome.STALE, detail=f"It shows {shows}, and not {expected}.")
            # What stays as it is stays as it stands now; but where nothing is on sale the document says what once was.
            if value != expected or (stock.state != "active" and stock.switched_on(counter)):
                wanted[counter] = value
        try:
            document = replaced(stock.document, listing_id, wanted)
        except Misread as error:
            return WriteResult(Outcome.NOT_SENT, detail=f"Etsy's inventory can't be understood: {error}.")
        after = {counter: value for counter, (_, value) in quantities.items()}
        if is_empty(document):
            return self._deactivate(listing_id, after) if stock.state == "active" else WriteResult(Outcome.DONE, after)
        failed = self._put(listing_id, document)
        if failed is None and stock.state != "active":
            failed = self._turn(listing_id, "active")
            if failed is None and listing_id in self._taken_down():
                self._remember({**self._taken_down(), listing_id: int(chance.now().timestamp() + _LATE_S)})
        return failed or WriteResult(Outcome.DONE, after)

    def _deactivate(self, listing_id: str, after: Mapping[str, int]) -> WriteResult:
        """Remembered before it leaves: only what we took down ourselves do we put back on sale."""
        self._remember({**self._taken_down(), listing_id: 0})
        return self._turn(listing_id, "inactive") or WriteResult(Outcome.DONE, after)

    def _put(self, listing_id: str, document: Mapping[str, Any]) -> WriteResult | None:
        params = {"legacy": "false"}
        if any(len(product["property_values"]) > 2 for product in document["products"]):
            params["max_variations_supported"] = "3"
        return self._sent("PUT", f"listings/{listing_id}/inventory", params, "products", json=document)

    def _turn(self, listing_id: str, state: str) -> WriteResult | None:
        try:
            path = f"shops/{self._api.shop_id()}/listings/{listing_id}"
        except TryLater as error:
            return WriteResult(Outcome.NOT_SENT, after_s=error.after_s, detail=str(error))
        except NoUse as error:
            return WriteResult(Outcome.REFUSED, detail=str(error), code=error.code)
        return self._sent("PATCH", path, {"legacy": "false"}, "state", form={"state": state})

    def _sent(self, method: str, path: str, params: Mapping[str, str], says: str, **body: Any) -> WriteResult | None:
        """None: done. Sent exactly once."""
        try:
            answer = self._api.send(method, path, params, **body)
        except TryLater as error:
            return WriteResult(Outcome.NOT_SENT, after_s=error.after_s, detail=str(error))
        except NoUse as error:
            return WriteResult(Outcome.REFUSED, detail=str(error), code=error.code)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return WriteResult(Outcome.NOT_SENT, detail="Etsy can't be reached: nothing was sent.")
        except httpx.TransportError as error:
            return WriteResult(Outcome.UNKNOWN, detail=f"Etsy gave no answer ({type(error).__name__}).")
        return None if answer.ok and says in answer.json else _failed(answer)

    def processed(self, tickets: Sequence[str]) -> Sequence[WriteResult | None]:
        """A write is done when it is answered: there are no tickets."""
        return [None for _ in tickets]

    def ship(self, parcel: Parcel) -> None:
        ship(self._api, parcel)

    def subscribe(self, url: str) -> Subscriptions:
        """Etsy's messages are set up by hand, in its portal: there is no request for it."""
        return Subscriptions(TOPICS)

    def unsubscribe(self) -> None:
        """By hand, too."""

    def close(self) -> None:
        self._api.close()

    # Listings that we took down

    def _is_ours(self, stock: Stock) -> bool:
        """We took it down; or it is on sale again, and a request to take it down that was lost has landed late."""
        until = self._taken_down().get(stock.listing_id)
        return until == 0 or (until is not None and 0 < stock.since <= until)

    def _taken_down(self) -> dict[str, int]:
        """Listings, each with 0; or where it was put back on sale, until when a lost request may yet take it down."""
        known = (each.partition(":") for each in (self._vault.get("taken_down") or "").split(",") if each)
        return {name: int(until or 0) for name, _, until in known}

    def _remember(self, listings: Mapping[str, int]) -> None:
        if listings != self._taken_down():
            self._vault.keep({"taken_down": ",".join(f"{name}:{until}" if until else name for name, until in sorted(listings.items()))})


def _redirect(callback: str) -> str:
    """Etsy sends browsers to https alone. Without a public address hers ends on a page that isn't there, whose address says it all."""
    return re.sub(r"^http://", "https://", callback)


def _mark(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return str(row.get("receipt_id")), orders.stamp(row)


def _page(rows: Sequence[Mapping[str, Any]]) -> OrderPage:
    read: list[OrderSnapshot] = []
    unreadable: dict[str, str] = {}
    for row in rows:
        try:
            read.append(orders.snapshot(row))
        except BadPayload as error:
            unreadable[orders.name_of(row)] = str(error)
    return OrderPage(read, max((stamp for row in rows if (stamp := orders.stamp(row))), default=None), unreadable)


def _failed(answer: Answer) -> WriteResult:
    if answer.status == 429:
        return WriteResult(Outcome.LIMITED, after_s=answer.after_s, detail="Etsy asks us to slow down.")
    if 400 <= answer.status < 500 and answer.error and answer.status not in (408, 425):
        return WriteResult(Outcome.REFUSED, detail=f"Etsy refused the change: {answer.error}", code=why(answer))
    return WriteResult(Outcome.UNKNOWN, after_s=answer.after_s, detail=f"Etsy's answer was broken ({answer.status}).")
