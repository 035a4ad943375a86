"""The set-up of the sandbox's messages: where to, about what, and by whose token."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx

from app import chance
from app.sandbox import ebay_json as js
from app.sandbox.ebay_asked import HERE, SCOPE, Asked, Refusal
from app.sandbox.ebay_records import Destination, Subscription

if TYPE_CHECKING:
    from app.sandbox.ebay import EbayShop

_PAYLOAD = {"format": ["JSON"], "schemaVersion": "1.0", "deliveryProtocol": "HTTPS", "deprecated": False}


def _topic(name: str, scope: str, *scopes: str) -> dict[str, Any]:
    return {
        "topicId": name,
        "description": name.replace("_", " ").capitalize(),
        "status": "ENABLED",
        "scope": scope,
        "context": "SELL" if scope == "USER" else "COMMERCE",
        "filterable": False,
        "authorizationScopes": [SCOPE + each for each in scopes],
        "supportedPayloads": [_PAYLOAD],
    }


TOPICS = {
    row["topicId"]: row
    for row in (
        _topic("AUTHORIZATION_REVOCATION", "USER", ""),
        _topic("MARKETPLACE_ACCOUNT_DELETION", "APPLICATION", ""),
        _topic("ORDER_CONFIRMATION", "USER", "/sell.fulfillment", "/sell.fulfillment.readonly"),
        _topic("ORDER_CANCELLATION_ACTIVITY", "USER", "/sell.cancellation", "/sell.cancellation.read"),
        _topic("ITEM_AVAILABILITY", "APPLICATION", ""),
    )
}


_N = "API_NOTIFICATION"


def config(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    if asked.method == "PUT":
        shop.alert_email = str(asked.body["alertEmail"])
        return 204, None
    if shop.alert_email is None:
        raise Refusal(404, 195003, "No configuration was found.", _N)
    return 200, {"alertEmail": shop.alert_email}


def public_key(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    key = shop.public_keys.get(asked.path[0])
    if key is None:
        raise Refusal(404, 195001, "Invalid public key id.", _N)
    return 200, {"key": key, "algorithm": "ECDSA", "digest": "SHA1"}


def topics(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    """Ten at a time, whatever was asked for."""
    rows, start = list(shop.topics.values()), int(asked.query.get("continuation_token") or 0)
    limit = min(10, asked.page(100, 20)[0])
    following = start + limit if start + limit < len(rows) else None
    return 200, _listed("topic", "topics", rows[start : start + limit], len(rows), limit, following)


def _listed(path: str, name: str, rows: Sequence[Any], total: int, limit: int, following: int | None = None) -> dict[str, Any]:
    href = f"/commerce/notification/v1/{path}"
    found: dict[str, Any] = {"href": href, name: list(rows), "total": total, "limit": limit}
    if following is not None:
        found["next"] = f"{href}?limit={limit}&continuation_token={following}"
    return found


def destinations(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    if asked.method == "GET":
        rows = [js.destination(each) for each in shop.destinations.values()]
        return 200, _listed("destination", "destinations", rows, len(rows), 100)
    if shop.alert_email is None:
        raise Refusal(409, 195003, "Please configure the alert email first.", _N)
    endpoint, token = _endpoint(shop, asked)
    if any(each.endpoint == endpoint for each in shop.destinations.values()):
        raise Refusal(409, 195021, "Destination already exists for the endpoint.", _N)
    made = Destination(shop.new_id(), str(asked.body.get("name") or ""), endpoint, token, str(asked.body["status"]))
    shop.destinations[made.id] = made
    asked.headers["location"] = f"{shop.url}/commerce/notification/v1/destination/{made.id}"
    return 201, {}


def _endpoint(shop: EbayShop, asked: Asked) -> tuple[str, str]:
    """The address and its token, once it has proved itself. Raises: Refusal."""
    config = (asked.body or {}).get("deliveryConfig") or {}
    endpoint, token = str(config.get("endpoint") or ""), str(config.get("verificationToken") or "")
    url = httpx.URL(endpoint)
    if not asked.here and (url.scheme != "https" or url.host in HERE):
        raise Refusal(400, 195017, "Invalid or missing endpoint.", _N)
    if not re.fullmatch(r"[A-Za-z0-9_-]{32,80}", token):
        raise Refusal(400, 195018, "Invalid or missing verification token.", _N)
    if shop.asks is not None:
        code = chance.secret(16).hex()
        said = shop.asks(f"{endpoint}?challenge_code={code}")
        expected = hashlib.sha256(f"{code}{token}{endpoint}".encode()).hexdigest()
        try:
            proved = json.loads(said or b"")["challengeResponse"] == expected
        except (ValueError, KeyError, TypeError):
            proved = False
        if not proved:
            raise Refusal(409, 195020, "Destination endpoint challenge failed.", _N)
    return endpoint, token


def destination(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    row = shop.destinations.get(asked.path[0])
    if row is None:
        raise Refusal(404, 195014, "Invalid destination id.", _N)
    if asked.method == "GET":
        return 200, js.destination(row)
    if asked.method == "DELETE":
        if any(each.destination == row.id and each.status == "ENABLED" for each in shop.subscriptions.values()):
            raise Refusal(409, 195016, "The destination has active subscriptions.", _N)
        del shop.destinations[row.id]
        return 204, None
    row.endpoint, row.token = _endpoint(shop, asked)
    row.name, row.status = str(asked.body.get("name") or row.name), str(asked.body["status"])
    return 204, None


def subscriptions(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    if asked.method == "GET":
        rows = [js.subscription(each) for each in shop.subscriptions.values() if each.owner == asked.who]
        return 200, _listed("subscription", "subscriptions", rows, len(rows), 100)
    topic, destination = str(asked.body.get("topicId")), str(asked.body.get("destinationId"))
    row = shop.topics.get(topic)
    if row is None:
        raise Refusal(400, 195010, "Invalid topic id.", _N)
    if (row["scope"] == "APPLICATION") != (asked.who == "app"):
        raise Refusal(403, 195011, "Not authorized for this topic.", _N)
    if destination not in shop.destinations or shop.destinations[destination].status != "ENABLED":
        raise Refusal(409, 195015, "The destination is disabled.", _N)
    if any(each.topic == topic and each.owner == asked.who for each in shop.subscriptions.values()):
        raise Refusal(409, 195012, "Subscription already exists.", _N)
    made = Subscription(shop.new_id(), topic, destination, str(asked.body.get("status") or "DISABLED"), asked.who)
    shop.subscriptions[made.id] = made
    asked.headers["location"] = f"{shop.url}/commerce/notification/v1/subscription/{made.id}"
    return 201, {}


def subscription(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    row = shop.subscriptions.get(asked.path[0])
    if row is None or row.owner != asked.who:
        raise Refusal(404, 195013, "Invalid subscription id.", _N)
    if asked.method == "GET":
        return 200, js.subscription(row)
    if asked.method == "DELETE":
        del shop.subscriptions[row.id]
    else:
        row.destination = str(asked.body.get("destinationId") or row.destination)
        row.status = str(asked.body.get("status") or row.status)
    return 204, None


def enable(shop: EbayShop, asked: Asked) -> tuple[int, Any]:
    row = shop.subscriptions.get(asked.path[0])
    if row is None or row.owner != asked.who:
        raise Refusal(404, 195013, "Invalid subscription id.", _N)
    row.status = "ENABLED"
    return 204, None
