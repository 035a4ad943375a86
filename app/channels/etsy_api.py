"""Etsy's Open API as the wire has it: tokens that rotate, two quotas, and what a refusal means.

A refresh token is used up by its use, so the answer is stored before anything is done with it. Refreshes happen one at a time here; where
another holder of the channel was faster, what it stored is taken.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from app import chance
from app.channels.base import ChannelError, Connection, NoUse, TryLater
from app.channels.http import Client, Response, is_loopback

PAGE: Final = 100  # the largest page that Etsy gives
_HOSTS: Final = frozenset({"openapi.etsy.com", "api.etsy.com"})
_DEEPEST: Final = 12_000  # the largest offset that Etsy takes
_EARLY_S: Final = 120.0  # a token is renewed so long before it dies, so that none dies on its way
_MOST_S: Final = 3600.0  # to wait, whatever an answer says
_DAY_AGAIN_S: Final = 900.0
_CONSENT_S: Final = 90 * 86_400  # a refresh token's life, from when it was issued

_LET_IN: Final = (
    "Etsy hasn't let Tallystick in yet, or doesn't any more. Open the page that POST /v1/channels/{channel_id}/consent names in a browser "
    "in which you are signed in to your shop, and agree."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `json` is None where it isn't Etsy's API that answered: a proxy's page."""

    status: int
    json: Any
    after_s: float | None = None
    at: datetime | None = None  # Etsy's own clock, from its Date header

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300 and isinstance(self.json, dict)

    @property
    def error(self) -> str:
        """Etsy's own words."""
        said = self.json if isinstance(self.json, dict) else {}
        return " ".join(str(said[name]) for name in ("error", "error_description") if said.get(name))[:300]

    @property
    def is_missing(self) -> bool:
        """The resource isn't there: Etsy says so, and no proxy."""
        return self.status == 404 and bool(self.error)


class Quota:
    """What Etsy lets the app ask, as of its last answer: of one key, whatever else uses it."""

    def __init__(self) -> None:
        self.per_s: float | None = None
        self.per_day: float | None = None
        self.left_today: float | None = None
        self._left_now: float | None = None
        self._at = chance.monotonic()

    def learn(self, headers: httpx.Headers) -> None:
        self.per_s = _number(headers, "x-limit-per-second") or self.per_s
        self.per_day = _number(headers, "x-limit-per-day") or self.per_day
        left_today = _number(headers, "x-remaining-today")
        self.left_today = left_today if left_today is not None else self.left_today
        left_now = _number(headers, "x-remaining-this-second")
        self._left_now = left_now if left_now is not None else _number(headers, "x-remaining-this-secon")  # as it was once spelt
        self._at = chance.monotonic()

    def wait_s(self, keep: float) -> float:
        """How long to wait with a request that leaves this part of the day's quota to what matters more; 0: not at all."""
        passed = chance.monotonic() - self._at
        if self.left_today is not None and self.per_day and self.left_today <= self.per_day * keep and passed < _DAY_AGAIN_S:
            return _DAY_AGAIN_S - passed
        return max(0.0, 1.0 - passed) if self._left_now is not None and self._left_now < 1 else 0.0


class Api:
    """Requests to one shop, each sent once."""

    def __init__(self, connection: Connection) -> None:
        self._vault = connection.vault
        self.quota = Quota()
        self._one_at_a_time = threading.Lock()
        self._on_the_network = connection.transport is None
        given = str(connection.settings.get("base_url") or "").rstrip("/")
        found = re.fullmatch(r"https?://([^/@?#]+)", given)
        if given and (found is None or (connection.transport is None and not is_loopback(found[1].partition(":")[0]))):
            raise NoUse("misconfigured", "The address to talk to may only be one of this machine. Leave it empty for a real shop.")
        self.lag_s: float | None = None
        if lag := connection.settings.get("order_lag_s"):
            if not given or not re.fullmatch(r"[1-9][0-9]{0,2}", str(lag)):
                raise NoUse("misconfigured", "Only a sandbox on this machine can say how many seconds it lags behind. Leave it empty.")
            self.lag_s = float(lag)
        self._base = given or "https://openapi.etsy.com"
        self._tokens = given or "https://api.etsy.com"
        hosts = frozenset({found[1]}) if found is not None else _HOSTS
        self._client = Client(hosts, connection.transport, guard=connection.guard, clock=connection.clock)

    # Requests

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        keep: float = 0.0,
    ) -> Answer:
        """Send it once; `path` is below `/v3/application/`, `keep` the part of the day's quota that isn't for this.

        Raises: NoUse and TryLater where nothing was sent, httpx.TransportError, and whatever the guard raises.
        """
        self._wait_for_quota(keep)
        token = self._token()
        answer = self._ask(method, path, params, json, form, token)
        if answer.status == 401 and self._vault.get("refresh_token"):  # wasn't carried out: a token can die before its time
            with self._one_at_a_time:
                token = self._renewed(token)
            answer = self._ask(method, path, params, json, form, token)
        return answer

    def attempt(self, method: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        """The same; a network that fails is for later."""
        try:
            return self.send(method, path, params, **more)
        except httpx.TransportError as error:
            raise unreachable(error) from error

    def call(self, method: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Answer:
        """The same; what is missing is an answer, everything else that isn't a success raises TryLater or NoUse."""
        answer = self.attempt(method, path, params, **more)
        if answer.ok or answer.is_missing:
            return answer
        raise refusal(answer)

    def pages(self, path: str, params: Mapping[str, Any], *, keep: float = 0.0) -> Iterator[list[Mapping[str, Any]]]:
        """The pages of a list, by offset, to its end."""
        offset = 0
        while True:
            answer = self.call("GET", path, {**params, "limit": PAGE, "offset": offset}, keep=keep)
            if answer.is_missing:
                return
            rows = results(answer)
            yield [row for row in rows if isinstance(row, dict)]
            offset += PAGE
            if len(rows) < PAGE or offset > _DEEPEST:
                return

    def shop_id(self) -> str:
        """The shop's id: of the one shop that the person who let us in has. Raises: TryLater, NoUse."""
        if known := self._vault.get("shop_id"):
            return known
        return self.find_shop()

    def find_shop(self) -> str:
        """Ask which shop it is, and remember it."""
        answer = self.call("GET", "users/me")
        if answer.is_missing:
            raise NoUse("gone", "The person who let Tallystick in has no shop on Etsy. Sign in as the shop's owner, and let it in again.")
        found = answer.json.get("shop_id")
        if isinstance(found, bool) or not isinstance(found, int):
            raise TryLater("Etsy doesn't say which shop this is.")
        if self._vault.get("shop_id") != str(found):
            self._vault.keep({"shop_id": str(found)})
        return str(found)

    def token(self) -> str:
        """A token that may be used now. Raises: TryLater, NoUse."""
        return self._token()

    def close(self) -> None:
        self._client.close()

    def _wait_for_quota(self, keep: float) -> None:
        """A second passes here, where seconds pass: work of many requests would begin anew with the first. A day doesn't."""
        wait_s = self.quota.wait_s(keep)
        if 0 < wait_s <= 1 and self._on_the_network:
            threading.Event().wait(wait_s)
        elif wait_s:
            raise TryLater("Etsy's quota for your app is used up for the moment.", after_s=wait_s, limited=True)

    def _ask(
        self, method: str, path: str, params: Mapping[str, Any] | None, json: Any, form: Mapping[str, str] | None, token: str
    ) -> Answer:
        url = httpx.URL(f"{self._base}/v3/application/{path}", params={name: str(each) for name, each in (params or {}).items()} or None)
        headers = {"x-api-key": self._key(), "authorization": f"Bearer {token}"}
        if form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
        content = urlencode(form).encode() if form is not None else None
        response = self._client.request(method, url, headers=headers, content=content, json=json)
        self.quota.learn(response.headers)
        return _answer(response)

    def _key(self) -> str:
        keystring, secret = self._vault.get("keystring"), self._vault.get("shared_secret")
        if not keystring or not secret:
            raise NoUse("credentials", "Enter the app's keystring and shared secret: Etsy shows both under Your account → Apps.")
        return f"{keystring.strip()}:{secret.strip()}"

    # Tokens

    def exchange(self, form: Mapping[str, str]) -> dict[str, str]:
        """What a code or a refresh token is good for: credentials, not kept yet. Raises: TryLater, NoUse."""
        headers = {"content-type": "application/x-www-form-urlencoded", "x-api-key": self._key()}
        content = urlencode({"client_id": str(self._vault.get("keystring")).strip(), **form}).encode()
        try:
            response = self._client.request("POST", f"{self._tokens}/v3/public/oauth/token", headers=headers, content=content)
        except httpx.TransportError as error:
            raise unreachable(error) from error
        answer = _answer(response)
        if answer.status in (400, 401, 403) and answer.error:
            raise NoUse("credentials", f"{_LET_IN} It said: {answer.error}")
        if not answer.ok:
            raise refusal(answer)
        try:
            access, refresh, life_s = answer.json["access_token"], answer.json["refresh_token"], float(answer.json["expires_in"])
        except (KeyError, TypeError, ValueError):
            access = refresh = None
            life_s = 0.0
        if not isinstance(access, str) or not isinstance(refresh, str):
            raise TryLater("Etsy's answer about our token can't be understood.")
        now = int(chance.now().timestamp())
        return {
            "access_token": access,
            "refresh_token": refresh,
            "token_expires_at": str(now + int(life_s)),
            "consent_expires_at": str(now + _CONSENT_S),
        }

    def consent_until(self) -> datetime | None:
        """Until when we may come back without being let in anew; it moves on with each refresh. None: nobody wrote it down."""
        said = self._vault.get("consent_expires_at") or ""
        return datetime.fromtimestamp(int(said), UTC) if said.isdecimal() else None

    def _token(self) -> str:
        with self._one_at_a_time:
            return self._fresh() or self._renewed(None)

    def _fresh(self) -> str | None:
        token, until = self._vault.get("access_token"), self._vault.get("token_expires_at") or ""
        return token if token and until.isdecimal() and float(until) - _EARLY_S > chance.now().timestamp() else None

    def _renewed(self, refused: str | None) -> str:
        """A token other than the one that was refused."""
        self._vault.keep({})  # what another holder stored meanwhile
        if (known := self._fresh()) is not None and known != refused:
            return known
        refresh = self._vault.get("refresh_token")
        if not refresh:
            raise NoUse("credentials", _LET_IN)
        try:
            made = self.exchange({"grant_type": "refresh_token", "refresh_token": refresh})
        except NoUse:
            self._vault.keep({})
            if self._vault.get("refresh_token") != refresh and (known := self._fresh()) is not None:
                return known
            raise
        self._vault.keep(made)
        return made["access_token"]


def refusal(answer: Answer) -> ChannelError:
    """What an answer that isn't a success means for whoever asked."""
    said = f" It said: {answer.error}." if answer.error else ""
    if answer.status == 429:
        return TryLater("Etsy asks us to slow down.", after_s=answer.after_s, limited=True)
    if answer.json is None or answer.status >= 500 or answer.status in (408, 425) or answer.status < 400:
        return TryLater("Etsy has trouble." + said, after_s=answer.after_s)
    match why(answer):
        case "credentials":
            return NoUse("credentials", _LET_IN + said)
        case "scope":
            return NoUse("scope", "Tallystick may not do this in your shop. Let it in once more by browser, with all rights." + said)
        case "gone":
            return NoUse("gone", "Etsy doesn't have this (any more)." + said)
    return NoUse("forbidden", "Etsy refuses the request." + said)


def why(answer: Answer) -> str:
    """A refusal in a word."""
    said = answer.error.lower()
    if answer.status == 401 or (answer.status == 403 and ("revoked" in said or "invalid_token" in said or "expired" in said)):
        return "credentials"
    if answer.status == 403 and "scope" in said:
        return "scope"
    return {404: "gone", 400: "invalid", 422: "invalid"}.get(answer.status, "forbidden")


def unreachable(error: httpx.TransportError) -> TryLater:
    if isinstance(error, httpx.TimeoutException):
        return TryLater("Etsy didn't answer in time.")
    return TryLater("Etsy can't be reached.")


def results(answer: Answer) -> list[Any]:
    """The rows of a page. Raises: TryLater where there are none to be seen."""
    rows = answer.json.get("results")
    if not isinstance(rows, list):
        raise TryLater("Etsy's answer holds no list.")
    return rows


def _answer(response: Response) -> Answer:
    try:
        json = response.json()
    except (ValueError, RecursionError):
        json = None
    if not isinstance(json, dict | list):
        json = None
    seconds = _number(response.headers, "retry-after")
    return Answer(response.status_code, json, min(_MOST_S, seconds) if seconds is not None else None, response.at)


def _number(headers: httpx.Headers, name: str) -> float | None:
    text = headers.get(name, "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text) else None
