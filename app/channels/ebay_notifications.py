"""What eBay sends us, and where to: an address that belongs to the application, and subscriptions that belong to the seller, but for one.

Who asks matters: topics of the seller take her token; the deletion of buyers' accounts concerns the application and takes its own.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app import chance
from app.channels.base import NoUse, Subscriptions, TryLater, Vault
from app.channels.ebay_api import SCOPE, Api, Who

ORDER: Final = "ORDER_CONFIRMATION"
DELETION: Final = "MARKETPLACE_ACCOUNT_DELETION"
REVOKED: Final = "AUTHORIZATION_REVOCATION"
# In the order in which they are set up. Those with a scope of their own aren't open to every keyset.
TOPICS: Final = (DELETION, ORDER, REVOKED, "ITEM_MARKED_SHIPPED", "ORDER_CANCELLATION_ACTIVITY", "LISTING")

_BASE: Final = "/commerce/notification/v1"
_EXISTS: Final = ("195012", "195021")


class Notifications:
    """The set-up of one channel's messages. Ours is the destination that carries the channel's name."""

    def __init__(self, api: Api, vault: Vault, name: str, alert_email: str) -> None:
        self._api, self._vault, self._name, self._alert_email = api, vault, name, alert_email

    def subscribe(self, url: str) -> Subscriptions:
        """Raises: TryLater, NoUse."""
        changed: list[str] = []
        self._alerts(changed)
        destination = self._destination(url, changed)
        known = {who: list(self._list("subscription", "subscriptions", who)) for who in ("user", "app")}
        active = []
        for topic, row in self._topics().items():
            who: Who = "app" if row.get("scope") == "APPLICATION" else "user"
            mine = [each for each in known[who] if each.get("topicId") == topic]
            if self._subscribed(topic, row, who, destination, mine, changed):
                active.append(topic)
        if ORDER not in active:
            changed.append("eBay doesn't offer messages about new orders to this keyset: they are found by asking")
        return Subscriptions(active, changed)

    def unsubscribe(self) -> None:
        """Raises: TryLater, NoUse."""
        for row in list(self._list("destination", "destinations", "app")):
            if row.get("name") != self._name:
                continue
            for who in ("user", "app"):
                for each in list(self._list("subscription", "subscriptions", who)):
                    if each.get("destinationId") == row["destinationId"]:
                        self._api.call("DELETE", f"{_BASE}/subscription/{each['subscriptionId']}", who=who)
            self._api.call("DELETE", f"{_BASE}/destination/{row['destinationId']}", who="app")

    # Parts

    def _alerts(self, changed: list[str]) -> None:
        """Whom eBay writes to when messages can't be delivered; nothing can be set up before."""
        answer = self._api.call("GET", f"{_BASE}/config", who="app", but=("195003", "API_NOTIFICATION"))
        if answer.ok and answer.json and answer.json.get("alertEmail"):
            return
        if "@" not in self._alert_email:
            raise NoUse("misconfigured", "Enter the e-mail address that eBay shall write to when its messages can't be delivered.")
        self._api.call("PUT", f"{_BASE}/config", json={"alertEmail": self._alert_email}, who="app")
        changed.append(f"eBay writes to {self._alert_email} when messages can't be delivered")

    def _destination(self, url: str, changed: list[str]) -> str:
        """The id of the one destination with this address. What its challenge is answered with is kept before it is asked."""
        token = self._vault.get("verification_token")
        if not token:
            token = urlsafe_b64encode(chance.secret(48)).decode().rstrip("=")
        if self._vault.get("verification_token") != token or self._vault.get("endpoint") != url:
            self._vault.keep({"verification_token": token, "endpoint": url})
        wanted = {"name": self._name, "status": "ENABLED", "deliveryConfig": {"endpoint": url, "verificationToken": token}}
        for row in list(self._list("destination", "destinations", "app")):
            config = row.get("deliveryConfig") or {}
            mine, here = row.get("name") == self._name, config.get("endpoint") == url
            if not (mine or here):
                continue
            path = f"{_BASE}/destination/{row['destinationId']}"
            right = here and row.get("status") == "ENABLED" and config.get("verificationToken", token) == token
            if not right:
                self._challenged("PUT", path, wanted)
                changed.append(f"the address for messages was {'for another address' if not here else 'switched off'}, and is mended")
            return str(row["destinationId"])
        made = self._challenged("POST", f"{_BASE}/destination", wanted)
        changed.append("the address for messages was set up")
        return made

    def _challenged(self, method: str, path: str, wanted: Mapping[str, Any]) -> str:
        """eBay asks the address to prove itself before it answers; who listens there may know its token a moment later."""
        answer = self._api.call(method, path, json=wanted, who="app", but=("195020", "195017"))
        if answer.code == "195020":
            raise TryLater("eBay asked our address to prove itself, and didn't get the answer. It is tried again.", after_s=5.0)
        if answer.code == "195017":
            raise NoUse("misconfigured", "eBay sends messages to a public https address only: set TALLYSTICK_PUBLIC_URL.")
        return answer.location

    def _topics(self) -> dict[str, Mapping[str, Any]]:
        """The topics that we use and the seller's consent covers, in our order."""
        granted = self._api.granted
        found: dict[str, Mapping[str, Any]] = {}
        for row in self._list("topic", "topics", "app"):
            scopes = set(row.get("authorizationScopes") or ())
            allowed = row.get("scope") == "APPLICATION" or granted is None or not scopes or bool(scopes & granted) or SCOPE in scopes
            if row.get("topicId") in TOPICS and row.get("status", "ENABLED") == "ENABLED" and allowed:
                found[str(row["topicId"])] = row
        return {topic: found[topic] for topic in TOPICS if topic in found}

    def _subscribed(
        self, topic: str, row: Mapping[str, Any], who: Who, destination: str, mine: list[Mapping[str, Any]], changed: list[str]
    ) -> bool:
        """See to one subscription: there is one for each topic, whatever its destination. Whether it is there now."""
        if mine and who == "app" and all(each.get("destinationId") != destination for each in mine):
            return True  # another channel of the same keyset hears it for all
        for each in mine:
            path = f"{_BASE}/subscription/{each['subscriptionId']}"
            if each.get("destinationId") != destination:
                body = {"status": "DISABLED", "payload": _payload(row), "destinationId": destination}
                self._api.call("PUT", path, json=body, who=who)
                changed.append(f"{topic} went to another address, and is mended")
            elif each.get("status") == "ENABLED":
                return True
            else:
                changed.append(f"{topic} was switched off and runs again")
            self._api.call("POST", f"{path}/enable", who=who)
            return True
        body = {"topicId": topic, "status": "DISABLED", "payload": _payload(row), "destinationId": destination}
        try:
            made = self._api.call("POST", f"{_BASE}/subscription", json=body, who=who, but=_EXISTS)
            if made.ok:
                self._api.call("POST", f"{_BASE}/subscription/{made.location}/enable", who=who)
        except NoUse as error:
            if error.code not in ("scope", "forbidden"):
                raise
            return False
        changed.append(f"{topic} was set up")
        return True

    def _list(self, path: str, name: str, who: Who) -> Iterator[Mapping[str, Any]]:
        token: str | None = None
        while True:
            params = {"limit": 100} | ({"continuation_token": token} if token else {})
            answer = self._api.call("GET", f"{_BASE}/{path}", params, who=who)
            yield from (row for row in answer.json.get(name) or () if isinstance(row, dict))
            token = _token(answer.json.get("next"))
            if token is None:
                return


def _token(following: Any) -> str | None:
    """`next` is an address, and the token stands in it."""
    if not isinstance(following, str) or "continuation_token=" not in following:
        return None
    return following.partition("continuation_token=")[2].partition("&")[0] or None


def _payload(row: Mapping[str, Any]) -> dict[str, Any]:
    """The oldest form that isn't on its way out: what is new in others we don't need."""
    offered = [
        each
        for each in row.get("supportedPayloads") or ()
        if "JSON" in (each.get("format") or ()) and each.get("deliveryProtocol", "HTTPS") == "HTTPS" and not each.get("deprecated")
    ]
    version = min((str(each.get("schemaVersion")) for each in offered), default="1.0")
    return {"format": "JSON", "schemaVersion": version, "deliveryProtocol": "HTTPS"}
