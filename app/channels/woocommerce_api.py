"""WooCommerce's REST API as the wire has it: signing, pages, and what a refusal means."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from oauthlib import oauth1  # type: ignore[import-untyped]

from app import chance
from app.channels.base import ChannelError, Connection, NoUse, TryLater
from app.channels.clock import time_of
from app.channels.http import Client, Response, is_loopback

PAGE = 100  # the largest page that WooCommerce gives

_MOST_S = 3600.0  # to wait, whatever an answer says
_ROUTE = re.compile(r"/wp-(json|admin|login\.php)\b.*$")


class _OneLegged(oauth1.Client):  # type: ignore[misc]
    """OAuth 1.0a without a token. WooCommerce documents no `oauth_version`, so none is sent."""

    def get_oauth_params(self, request: Any) -> list[tuple[str, str]]:
        return [given for given in super().get_oauth_params(request) if given[0] != "oauth_version"]


def shop_url(entered: str) -> str:
    """The shop's address as a shopkeeper writes it, made whole. Raises: NoUse."""
    text = entered.strip()
    try:
        url = httpx.URL(text if "://" in text else f"https://{text}")
    except httpx.InvalidURL as error:
        raise NoUse("misconfigured", f"{entered!r} isn't an address. Enter the shop's, such as https://shop.example.") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise NoUse("misconfigured", f"{entered!r} isn't a shop's address. Enter it as https://shop.example.")
    path = _ROUTE.sub("", url.path).rstrip("/")
    return str(url.copy_with(path=path, query=None, fragment=None)).rstrip("/")


def signed_url(url: str, method: str, key: str, secret: str, *, nonce: str, timestamp: int) -> str:
    """The address with OAuth parameters in its query, as plain HTTP needs it."""
    client = _OneLegged(
        key,
        client_secret=secret,
        signature_method=oauth1.SIGNATURE_HMAC_SHA256,
        signature_type=oauth1.SIGNATURE_TYPE_QUERY,
        nonce=nonce,
        timestamp=str(timestamp),
    )
    return str(client.sign(url, http_method=method)[0])


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `json` is None where it isn't WooCommerce that answered: a proxy's page, a PHP warning."""

    status: int
    json: Any
    after_s: float | None
    at: datetime | None  # the shop's own clock, from its Date header
    pages: int | None = None  # how many there are, where the answer says it
    total: int | None = None  # of what they list

    @property
    def code(self) -> str:
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300 and self.json is not None

    @property
    def is_missing(self) -> bool:
        """The resource isn't there. A route that isn't there says 404 as well, and so does a proxy: neither counts."""
        return self.status == 404 and self.code.endswith("_id")

    @property
    def lacks_route(self) -> bool:
        """This shop has no such plugin or feature."""
        return self.status == 404 and self.code == "rest_no_route"


class Api:
    """Requests to one shop, each sent once."""

    def __init__(self, connection: Connection) -> None:
        self.url = shop_url(str(connection.settings.get("url") or ""))
        self._vault = connection.vault
        url = httpx.URL(self.url)
        self._plain = url.scheme == "http"
        host = url.host if url.port is None else f"{url.host}:{url.port}"
        # A sandbox says how late it may be; a real shop's lag is nobody's to choose.
        self.lag_s: float | None = None
        if given := connection.settings.get("order_lag_s"):
            if not is_loopback(url.host) or not re.fullmatch(r"[1-9][0-9]{0,2}", str(given)):
                raise NoUse("misconfigured", "Only a sandbox on this machine can say how many seconds it lags behind. Leave it empty.")
            self.lag_s = float(given)
        # On plain HTTP the secret never leaves: each request is signed with it.
        self._client = Client(
            frozenset({host}), connection.transport, guard=connection.guard, plain_http_ok=self._plain, clock=connection.clock
        )

    @property
    def plain(self) -> bool:
        """Whoever is on the way can read along; on this machine nobody is."""
        return self._plain and not is_loopback(httpx.URL(self.url).host)

    def send(self, method: str, path: str, params: Mapping[str, Any] | None = None, json: Any = None) -> Answer:
        """Send it once. `path` is below `wp-json/wc/v3/`, or from `wp-json` where it begins with a slash.

        Raises: NoUse when there are no credentials, httpx.TransportError, and whatever the guard raises.
        """
        key, secret = self._vault.get("consumer_key"), self._vault.get("consumer_secret")
        if not key or not secret:
            raise NoUse("credentials", "The key or the secret is missing. Make a key under WooCommerce → Settings → Advanced → REST API.")
        below = path if path.startswith("/") else f"/wc/v3/{path}"
        query = f"?{urlencode(params)}" if params else ""
        url = f"{self.url}/wp-json{below}{query}"
        headers = {"cache-control": "no-cache"}
        if self._plain:
            nonce, timestamp = chance.secret(16).hex(), int(chance.now().timestamp())
            url = signed_url(url, method, key, secret, nonce=nonce, timestamp=timestamp)
        else:
            headers["authorization"] = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
        return _answer(self._client.request(method, url, headers=headers, json=json))

    def call(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, json: Any = None, *, may_lack_route: bool = False
    ) -> Answer:
        """Send it once; a resource that is missing is an answer, everything else that isn't a success raises TryLater or NoUse."""
        try:
            answer = self.send(method, path, params, json)
        except httpx.TimeoutException as error:
            raise TryLater("The shop didn't answer in time.") from error
        except httpx.TransportError as error:
            raise TryLater("The shop can't be reached.") from error
        if answer.ok or answer.is_missing or (may_lack_route and answer.lacks_route):
            return answer
        raise refusal(answer)

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Iterator[Answer]:
        """The pages of a list, to its end: at least one."""
        page = 1
        while True:
            answer = self.call("GET", path, {**(params or {}), "per_page": PAGE, "page": page})
            if not isinstance(answer.json, list):
                if answer.is_missing:
                    return
                raise TryLater("The shop's answer wasn't a list.")
            yield answer
            if len(answer.json) < PAGE if answer.pages is None else page >= answer.pages:
                return
            page += 1

    def close(self) -> None:
        self._client.close()


def refusal(answer: Answer) -> ChannelError:
    """What an answer that isn't a success means for whoever asked."""
    said = f" It said: {answer.code}." if answer.code else ""
    if answer.status == 429:
        return TryLater("The shop's host asks us to slow down.", after_s=answer.after_s, limited=True)
    if 300 <= answer.status < 400:
        return NoUse("misconfigured", "The shop sends us on to another address. Enter the address that the shop itself uses.")
    if answer.status == 404 and (answer.json is None or answer.lacks_route):
        return NoUse(
            "misconfigured",
            "There is no WooCommerce at this address. Check the address, and that permalinks aren't set to “Plain”.",
        )
    if answer.json is None or answer.status >= 500 or answer.status in (408, 425):
        return TryLater("Something in front of the shop answered, or the shop failed." + said, after_s=answer.after_s)
    if answer.status == 401:
        return NoUse("credentials", "The shop doesn't accept the key, or the key may not do this. Make a new key with Read/Write." + said)
    if answer.status == 403:
        return NoUse("scope", "The key's user may not do this in the shop. Make the key as an administrator or shop manager." + said)
    return NoUse("forbidden", "The shop refused the request." + said)


def _answer(response: Response) -> Answer:
    try:
        json = response.json()
    except (ValueError, RecursionError):
        json = None
    if not isinstance(json, dict | list):
        json = None
    return Answer(
        response.status_code,
        json,
        _seconds(response.headers.get("retry-after")),
        response.at,
        _count(response.headers.get("x-wp-totalpages")),
        _count(response.headers.get("x-wp-total")),
    )


def _count(header: str | None) -> int | None:
    return int(header) if header is not None and re.fullmatch("[0-9]{1,12}", header) else None


def _seconds(header: str | None) -> float | None:
    """Retry-After: seconds, or a date."""
    if header is None:
        return None
    moment = None if header.strip().isdecimal() else time_of(header)
    if moment is None and not header.strip().isdecimal():
        return None
    wanted = (moment - chance.now()).total_seconds() if moment else float(header)
    return min(_MOST_S, max(0.0, wanted))
