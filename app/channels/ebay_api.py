"""eBay's REST APIs as the wire has them: two tokens, two hosts, and what a refusal means.

The seller's token does what concerns her shop, the application's own fetches keys and says where messages go. Both live two hours and are
kept in the vault, so that each process doesn't mint its own: eBay counts them.
"""

from __future__ import annotations

import base64
import json as jsonlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final, Literal

import httpx

from app import chance
from app.channels.base import ChannelError, Connection, NoUse, TryLater
from app.channels.clock import time_of
from app.channels.http import Client, Response, is_loopback

SCOPE: Final = "https://api.ebay.com/oauth/api_scope"
# What the adapter can't do without; the first one is everybody's.
NEEDED: Final = tuple(
    SCOPE + name
    for name in ("", "/sell.inventory", "/sell.fulfillment", "/commerce.identity.readonly", "/commerce.notification.subscription")
)

Who = Literal["user", "app"]

_MOST_S: Final = 3600.0  # to wait, whatever an answer says
_EARLY_S: Final = 300.0  # so that no request is on its way when its token dies
_PLACES: Final = {"production": ("ebay.com", "auth.ebay.com"), "sandbox": ("sandbox.ebay.com", "auth.sandbox.ebay.com")}
_KEPT: Final = {"user": "access_token", "app": "app_token"}
_LET_IN: Final = "Let Tallystick in again from the channel's page: POST /v1/channels/{channel_id}/consent says where."


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `json` is None where there is no body, and where it isn't eBay that answered."""

    status: int
    json: Any
    after_s: float | None
    at: datetime | None  # eBay's clock, from its Date header
    location: str = ""  # the id of what was made

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def errors(self) -> list[Mapping[str, Any]]:
        found = self.json.get("errors") if isinstance(self.json, dict) else None
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    @property
    def code(self) -> str:
        return str(self.errors[0].get("errorId", "")) if self.errors else ""

    @property
    def domain(self) -> str:
        """The API that says so."""
        return str(self.errors[0].get("domain", "")) if self.errors else ""

    @property
    def said(self) -> str:
        return said(self.errors)


def said(errors: Any) -> str:
    """eBay's own words, for people."""
    words = [str(each.get("longMessage") or each.get("message") or "") for each in errors or () if isinstance(each, dict)]
    return " ".join(word for word in words if word)[:300]


class Api:
    """Requests for one seller, each sent once."""

    def __init__(self, connection: Connection, *, timeout_s: float = 20.0) -> None:
        settings = connection.settings
        self.place = str(settings.get("environment") or "production").strip().lower()
        if self.place not in _PLACES:
            raise NoUse("misconfigured", "The environment is production or sandbox. Leave it empty for a real shop.")
        domain, self._consents = _PLACES[self.place]
        base = str(settings.get("base_url") or "").rstrip("/")
        if base and not re.fullmatch(r"https?://[^/@]+", base):
            raise NoUse("misconfigured", "The address to talk to has the form http://127.0.0.1:8000. Leave it empty for a real shop.")
        if base and connection.transport is None and not is_loopback(httpx.URL(base).host):
            raise NoUse("misconfigured", "The address to talk to may only be one of this machine. Leave it empty for a real shop.")
        self._bases = {host: base or f"https://{host}.{domain}" for host in ("api", "apiz")}
        hosts = frozenset(url.partition("://")[2] for url in self._bases.values())
        # A sandbox says how late it may be; a real shop's lag is nobody's to choose.
        self.lag_s: float | None = None
        if given := settings.get("order_lag_s"):
            if not base or not re.fullmatch(r"[1-9][0-9]{0,2}", str(given)):
                raise NoUse("misconfigured", "Only a sandbox on this machine can say how many seconds it lags behind. Leave it empty.")
            self.lag_s = float(given)
        self.ru_name = str(settings.get("ru_name") or "").strip()
        self._vault = connection.vault
        self._client = Client(hosts, connection.transport, timeout_s, guard=connection.guard, clock=connection.clock)
        self._minting = threading.Lock()

    @property
    def granted(self) -> frozenset[str] | None:
        """The scopes that the seller agreed to; None: nobody wrote them down."""
        return frozenset((self._vault.get("scopes") or "").split()) or None

    def consent_until(self) -> datetime | None:
        """Until when the seller's consent is good; None: nobody wrote it down."""
        try:
            found = jsonlib.loads(self._vault.get("consent_until") or "null")
            if found and found["of"] == _mark(self._vault.get("refresh_token") or ""):
                return datetime.fromtimestamp(float(found["until"]), UTC)
        except (ValueError, KeyError, TypeError, OverflowError):
            pass
        return None

    # Requests

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        *,
        who: Who = "user",
        host: str = "api",
    ) -> Answer:
        """Send it once. A token can die before its time: what eBay says 401 to wasn't carried out, and leaves again with a new one.

        Raises: TryLater, NoUse without a token, and then nothing left; httpx.TransportError, and whatever the guard raises.
        """
        token, fresh = self._token(who)
        answer = self._sent(method, path, params, json, token, host)
        if answer.status == 401 and not fresh:
            token, _ = self._token(who, instead_of=token)
            answer = self._sent(method, path, params, json, token, host)
        return answer

    def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, json: Any = None, **how: Any) -> Answer:
        """Send it once; whatever isn't a success raises TryLater or NoUse. `but`: codes of errors that are an answer, or the API that may
        say that it hasn't got such a thing (anything in front of it can say 404, too)."""
        but = how.pop("but", ())
        try:
            answer = self.send(method, path, params, json, **how)
        except httpx.TimeoutException as error:
            raise TryLater("eBay didn't answer in time.") from error
        except httpx.TransportError as error:
            raise TryLater("eBay can't be reached.") from error
        if answer.status < 500 and (answer.code in but or (answer.status == 404 and answer.domain in but)):
            return answer
        if not answer.ok:
            raise refusal(answer)
        if answer.json is None and answer.status == 200:
            raise TryLater("eBay's answer can't be understood.")
        return answer

    def _sent(self, method: str, path: str, params: Mapping[str, Any] | None, json: Any, token: str, host: str) -> Answer:
        headers = {"authorization": f"Bearer {token}", "accept-language": "en-US"}
        if json is not None:
            headers |= {"content-type": "application/json", "content-language": "en-US"}
        url = httpx.URL(self._bases[host] + path, params={name: str(value) for name, value in (params or {}).items()} or None)
        return _answer(self._client.request(method, url, headers=headers, json=json))

    # Tokens

    def consent_url(self, scopes: str, state: str) -> str:
        """Where the seller agrees. Raises: NoUse."""
        client_id = self._vault.get("client_id")
        if not client_id or not self.ru_name:
            raise NoUse("misconfigured", "Enter the keyset's App ID and Cert ID and its RuName first, from eBay's developer portal.")
        asks = {"client_id": client_id, "redirect_uri": self.ru_name, "response_type": "code", "scope": scopes, "state": state}
        return str(httpx.URL(f"https://{self._consents}/oauth2/authorize", params=asks))

    def exchanged(self, code: str) -> Mapping[str, Any]:
        """What eBay gives for the code of a consent: it is good once. Raises: TryLater, NoUse."""
        return self._granted({"grant_type": "authorization_code", "code": code, "redirect_uri": self.ru_name})

    def _token(self, who: Who, *, instead_of: str | None = None) -> tuple[str, bool]:
        """A token, and whether it was made just now. One is made at a time; whoever waited takes what the other one got."""
        if (found := self._kept(who)) is not None and found != instead_of:
            return found, False
        with self._minting:
            if (found := self._kept(who)) is not None and found != instead_of:
                return found, False
            granted = self._granted(self._form(who))
            made = kept(granted)
            self._vault.keep({_KEPT[who]: made})
            return str(granted["access_token"]), True

    def _kept(self, who: Who) -> str | None:
        try:
            found = jsonlib.loads(self._vault.get(_KEPT[who]) or "null")
            return str(found["token"]) if found and float(found["until"]) - _EARLY_S > chance.now().timestamp() else None
        except (ValueError, KeyError, TypeError):
            return None

    def _form(self, who: Who) -> dict[str, str]:
        if who == "app":
            return {"grant_type": "client_credentials", "scope": SCOPE}
        refresh = self._vault.get("refresh_token")
        if not refresh:
            raise NoUse("credentials", f"Nobody has let Tallystick into this eBay shop yet. {_LET_IN}")
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        # Only what was agreed to: one scope more, and every refresh fails.
        return form | ({"scope": " ".join(sorted(self.granted))} if self.granted else {})

    def _granted(self, form: Mapping[str, str]) -> Mapping[str, Any]:
        client_id, secret = self._vault.get("client_id"), self._vault.get("client_secret")
        if not client_id or not secret:
            raise NoUse("credentials", "Enter the keyset's App ID (client id) and Cert ID (client secret) from eBay's developer portal.")
        headers = {
            "authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode(),
            "content-type": "application/x-www-form-urlencoded",
        }
        content = str(httpx.QueryParams(form)).encode()
        try:
            response = self._client.request("POST", f"{self._bases['api']}/identity/v1/oauth2/token", headers=headers, content=content)
        except httpx.TransportError as error:
            raise TryLater("eBay can't be reached, so there is no token.") from error
        answer = _answer(response)
        if answer.ok and isinstance(answer.json, dict) and answer.json.get("access_token") and _number(answer.json.get("expires_in")):
            return answer.json
        problem = str(answer.json.get("error", "")) if isinstance(answer.json, dict) else ""
        if problem == "invalid_client":
            raise NoUse("credentials", "eBay doesn't accept the App ID or the Cert ID. Copy both again from the developer portal.")
        if problem == "invalid_scope":
            raise NoUse("scope", f"eBay doesn't grant these scopes to this seller or keyset any more. {_LET_IN}")
        if problem and answer.status in (400, 401):
            raise NoUse("credentials", f"eBay doesn't know this seller's consent any more ({problem}). {_LET_IN}")
        raise refusal(answer) if answer.status == 429 else TryLater("eBay gave no token.", after_s=answer.after_s)

    def close(self) -> None:
        self._client.close()


def lasting(granted: Mapping[str, Any]) -> dict[str, str]:
    """The consent as it lies in the vault, and until when it is good: of this token, should a person exchange it by hand."""
    token, life_s = str(granted["refresh_token"]), granted.get("refresh_token_expires_in") or 0
    until = chance.now().timestamp() + float(life_s) if _number(life_s) else None
    return {"refresh_token": token, "consent_until": jsonlib.dumps({"of": _mark(token), "until": until})}


def _mark(token: str) -> str:
    return sha256(token.encode()).hexdigest()[:16]


def kept(granted: Mapping[str, Any]) -> str:
    """An access token as it lies in the vault: with the end of its life."""
    return jsonlib.dumps({"token": granted["access_token"], "until": chance.now().timestamp() + float(granted["expires_in"])})


def refusal(answer: Answer) -> ChannelError:
    """What an answer that isn't a success means for whoever asked."""
    words = f" It said: {answer.said}" if answer.said else ""
    if answer.status == 429:
        return TryLater("eBay's limit for requests is used up for the moment.", after_s=answer.after_s, limited=True)
    if answer.status == 401:
        return NoUse("credentials", f"eBay doesn't accept our token. {_LET_IN}{words}")
    if answer.status == 403:
        return NoUse("scope", f"Tallystick may not do this in the eBay shop. {_LET_IN}{words}")
    if answer.status >= 500 or answer.status in (408, 409, 425) or not answer.errors:
        return TryLater(f"eBay failed, or something in front of it answered ({answer.status}).{words}", after_s=answer.after_s)
    if answer.status == 404:
        return NoUse("gone", f"eBay doesn't have it any more.{words}")
    return NoUse("forbidden", f"eBay refused the request.{words}")


def _answer(response: Response) -> Answer:
    try:
        json = response.json() if response.content else None
    except (ValueError, RecursionError):
        json = None
    if not isinstance(json, dict):
        json = None
    location = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
    return Answer(response.status_code, json, _seconds(response.headers.get("retry-after")), response.at, location)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value > 0


def _seconds(header: str | None) -> float | None:
    """Retry-After: seconds, or a date."""
    if header is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", header.strip()):
        return min(_MOST_S, float(header))
    moment = time_of(header)
    return min(_MOST_S, max(0.0, (moment - chance.now()).total_seconds())) if moment else None
