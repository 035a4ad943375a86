"""The wire to one Shopify shop's Admin GraphQL API: the token, the points that may be spent, and what an answer means.

A failure has four layers: the HTTP status, `errors` beside the data, `userErrors` inside it, and null where a field isn't permitted. The
first two and the last are told apart here; userErrors mean something else for each mutation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from app import chance
from app.channels.base import ChannelError, NoUse, Outcome, TryLater, Vault
from app.channels.http import Client, Response
from app.channels.shopify_graphql import OPERATIONS, ROOTS

# There is no such thing (any more).
_MAY_BE_NULL: Final = {"order", "refund", "fulfillment", "fulfillmentOrder", "bulkOperation", "productVariantsCount"}
_FOR_WRITES: Final = 0.05  # of a full bucket: some six writes
_MOST_S: Final = 3600.0  # to wait, whatever an answer says
# These stand in userErrors, and are the same word where the whole request is refused.
UNDER_A_KEY: Final = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": Outcome.BUSY,
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": Outcome.FAILED_BEFORE,
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": Outcome.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The data, and where in it something is null because we may not see it."""

    data: Mapping[str, Any]
    denied: Sequence[tuple[str, ...]] = ()


class Failed(Exception):
    """No data. `outcome`: what that would mean for a write; REFUSED says for certain that nothing was done."""

    def __init__(self, outcome: Outcome, code: str, detail: str, after_s: float | None = None) -> None:
        super().__init__(detail)
        self.outcome, self.code, self.detail, self.after_s = outcome, code, detail, after_s

    def as_error(self) -> ChannelError:
        if self.outcome is Outcome.REFUSED:
            return NoUse(self.code, self.detail)
        return TryLater(self.detail, after_s=self.after_s, limited=self.outcome is Outcome.LIMITED)


class Bucket:
    """The points that Shopify lets us spend, as of its last answer, so that a query that is bound to be throttled needn't be sent."""

    def __init__(self) -> None:
        self.maximum, self.restores_per_s = 2000.0, 100.0  # the Standard plan, until an answer says better
        self._available, self._at = self.maximum, chance.monotonic()
        self._asks: dict[str, float] = {}

    def learn(self, operation: str, cost: Any) -> float | None:
        """Take in an answer's `extensions.cost`. Returns how long to wait where the operation was throttled."""
        try:
            status, asked = cost["throttleStatus"], float(cost["requestedQueryCost"])
            maximum, available, restores = (float(status[key]) for key in ("maximumAvailable", "currentlyAvailable", "restoreRate"))
        except (KeyError, TypeError, ValueError):
            return None
        if maximum > 0 and restores > 0:
            self.maximum, self._available, self.restores_per_s, self._at = maximum, available, restores, chance.monotonic()
            self._asks[operation] = asked
        return self.wait_s(operation)

    def wait_s(self, operation: str) -> float:
        """How long until the operation can be afforded; 0: it can, or nobody knows what it costs."""
        return min(_MOST_S, max(0.0, self._in_s(self._asks.get(operation, 0.0))))

    def rest_s(self, operation: str) -> float:
        """The same for work of many queries, which begins again with its first: when it can't go on, it waits for half a bucket more,
        so that each attempt gets further than the one before. The last points are left to writes, which don't look before they leave."""
        wanted = self._asks.get(operation, 0.0)
        return min(_MOST_S, self._in_s(wanted + self.maximum / 2)) if self._in_s(wanted + self.maximum * _FOR_WRITES) > 0 else 0.0

    def _in_s(self, points: float) -> float:
        now = min(self.maximum, self._available + (chance.monotonic() - self._at) * self.restores_per_s)
        return (min(points, self.maximum) - now) / self.restores_per_s


class Admin:
    """One shop's Admin API: the token, the bucket and what an answer means."""

    def __init__(self, client: Client, base: str, shop: str, version: str, vault: Vault) -> None:
        self.bucket = Bucket()
        self.answered_version: str | None = None
        self.clock: datetime | None = None  # the shop's, as of its last answer, and earlier rather than later
        self._client, self._base, self._shop, self._version, self._vault = client, base, shop, version, vault
        self._token: tuple[str, float] | None = None  # and when to ask for the next one

    def ask(self, operation: str, variables: Mapping[str, Any], *, in_part: bool = False) -> Answer:
        """Raises: TryLater, NoUse; this too where something isn't permitted, unless a part will do."""
        if wait_s := self.bucket.rest_s(operation):
            raise TryLater("Shopify's rate limit is used up for the moment.", after_s=wait_s, limited=True)
        try:
            answer = self.send(operation, variables)
        except Failed as failed:
            raise failed.as_error() from failed
        if answer.denied and not in_part:
            raise NoUse("scope", no_scope(f"(It may not see {'.'.join(answer.denied[0])}.)"))
        return answer

    def send(self, operation: str, variables: Mapping[str, Any]) -> Answer:
        """Send it once, whatever the bucket says. Raises: Failed."""
        body = {"query": OPERATIONS[operation], "variables": variables, "operationName": operation}
        token, renewable = self._token_for_now()
        response = self._post(body, token)
        if response.status_code == 401 and renewable:  # wasn't carried out: a token can die before its time
            if self._token is not None and self._token[0] == token:
                self._token = None
            response = self._post(body, self._token_for_now()[0])
        return self._read(operation, response)

    def _post(self, body: Mapping[str, Any], token: str) -> Response:
        started = chance.monotonic()
        url = f"{self._base}/admin/api/{self._version}/graphql.json"
        response = _reached(lambda: self._client.request("POST", url, headers={"X-Shopify-Access-Token": token}, json=body))
        self.answered_version = response.headers.get("x-shopify-api-version")
        self.clock = _clock(response, chance.monotonic() - started)
        return response

    def _read(self, operation: str, response: Response) -> Answer:
        if response.status_code != 200:
            raise self._refused(response)
        try:
            body = response.json()
            data, wait_s = body.get("data"), self.bucket.learn(operation, (body.get("extensions") or {}).get("cost"))
            errors = [_error(error) for error in body.get("errors") or ()]
        except (ValueError, AttributeError, TypeError, RecursionError):
            raise Failed(Outcome.UNKNOWN, "malformed", "Shopify's answer can't be understood.") from None
        denied: list[tuple[str, ...]] = []
        for code, path, message in errors:
            # A field that we may not see is null, and the rest is there.
            if code == "ACCESS_DENIED" and len(path) > 1 and isinstance(data, dict) and data.get(path[0]) is not None:
                denied.append(path)
            else:
                raise self._failed(code, message, wait_s)
        root = ROOTS[operation]
        if not isinstance(data, dict) or root not in data or (data[root] is None and root not in _MAY_BE_NULL):
            raise Failed(Outcome.UNKNOWN, "malformed", "Shopify's answer holds no data.")
        return Answer(data, denied)

    def _failed(self, code: str, message: str, wait_s: float | None) -> Failed:
        match code:
            case "THROTTLED":
                return Failed(Outcome.LIMITED, code, "Shopify asks us to slow down.", max(1.0, wait_s or 0.0))
            case _ if code in UNDER_A_KEY:
                return Failed(UNDER_A_KEY[code], code, message or "Shopify refuses the key.")
            case "ACCESS_DENIED":
                return Failed(Outcome.REFUSED, "scope", no_scope(message))
            case "SHOP_INACTIVE":
                return Failed(Outcome.REFUSED, "forbidden", _CLOSED)
            case "MAX_COST_EXCEEDED" | "BAD_REQUEST" | "INVALID_VARIABLE":
                return self._misunderstood(message)
            case _ if code[:1].islower():  # undefinedField, argumentLiteralsIncompatible, …: it wasn't even begun
                return self._misunderstood(message)
        # Nobody promises that nothing was done.
        return Failed(Outcome.UNKNOWN, code or "error", f"Shopify reports a failure of its own: {message}")

    def _misunderstood(self, message: str) -> Failed:
        return Failed(
            Outcome.REFUSED,
            "misconfigured",
            f"Shopify doesn't accept what Tallystick asks in API version {self._version}: {message} Please update Tallystick.",
        )

    def _refused(self, response: Response) -> Failed:
        match response.status_code:
            case 429 | 430:
                return Failed(Outcome.LIMITED, "limited", "Shopify asks us to slow down.", _retry_after(response) or 1.0)
            case 401:
                return Failed(Outcome.REFUSED, "credentials", _BAD_CREDENTIALS)
            case 402 | 423:
                return Failed(Outcome.REFUSED, "forbidden", _CLOSED)
            case 403:
                return Failed(Outcome.REFUSED, "scope", no_scope(""))
            case 404:
                return Failed(Outcome.REFUSED, "gone", f"There is no shop at {self._shop}.myshopify.com. Check the shop's address.")
            case 408 | 409:
                return Failed(Outcome.UNKNOWN, "timeout", "Shopify was too slow to answer.")
            case status if 400 <= status < 500:
                return Failed(Outcome.REFUSED, "misconfigured", f"Shopify refuses Tallystick's request (HTTP {status}).")
        return Failed(Outcome.UNKNOWN, "unreachable", f"Shopify has trouble (HTTP {response.status_code}).", _retry_after(response))

    # The token

    def _token_for_now(self) -> tuple[str, bool]:
        """The token, and whether another can be had. Without one nothing leaves, and that is certain."""
        try:
            return self._current_token()
        except Failed as failed:
            if failed.outcome is Outcome.UNKNOWN:
                raise Failed(Outcome.NOT_SENT, failed.code, failed.detail, failed.after_s) from failed
            raise

    def _current_token(self) -> tuple[str, bool]:
        if permanent := self._vault.get("access_token"):
            return permanent, False
        client_id, secret = self._vault.get("client_id"), self._vault.get("client_secret")
        if not client_id or not secret:
            raise Failed(Outcome.REFUSED, "credentials", "Enter the app's client id and client secret from Shopify's Dev Dashboard.")
        token = self._token
        if token is None or chance.monotonic() >= token[1]:
            token = self._token = self._granted(client_id, secret)
        return token[0], True

    def _granted(self, client_id: str, secret: str) -> tuple[str, float]:
        form = httpx.QueryParams(grant_type="client_credentials", client_id=client_id, client_secret=secret)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        url = f"{self._base}/admin/oauth/access_token"
        response = _reached(lambda: self._client.request("POST", url, headers=headers, content=str(form).encode()))
        try:
            answer = response.json()
            if response.status_code == 200:
                # It lives 24 hours, always: some minutes early, so that no request is on its way when it dies.
                return str(answer["access_token"]), chance.monotonic() + max(60.0, float(answer["expires_in"]) - 600.0)
            problem = f"{answer.get('error', '')} {answer.get('error_description', '')}"
        except (ValueError, KeyError, TypeError, AttributeError):
            if response.status_code == 200:
                raise Failed(Outcome.UNKNOWN, "malformed", "Shopify's answer to our credentials can't be understood.") from None
            problem = response.text[:5000]
        if "shop_not_permitted" in problem:
            text = (
                "The app and the shop belong to different organisations in Shopify. Create the app in the organisation that owns the shop."
            )
        elif "app_not_installed" in problem:
            text = "The app isn't installed on this shop. Install it from Shopify's Dev Dashboard, then connect again."
        elif response.status_code in (400, 401, 403):
            text = _BAD_CREDENTIALS
        else:
            raise self._refused(response)
        raise Failed(Outcome.REFUSED, "credentials", text)


_BAD_CREDENTIALS: Final = (
    "Shopify doesn't accept the app's credentials. See in Shopify's Dev Dashboard that the app is installed on this shop, "
    "copy its client id and secret from there again, and enter them here."
)
_CLOSED: Final = "Shopify has closed or frozen this shop. Open it again in Shopify (often an unpaid bill), then try again."


def no_scope(message: str) -> str:
    return (
        "The app may not do this in Shopify. Give it the missing access scopes in the Dev Dashboard, release that version, "
        f"and accept it in the shop. {message}".rstrip()
    )


def _reached(send: Callable[[], Response]) -> Response:
    try:
        return send()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Failed(Outcome.NOT_SENT, "unreachable", "Shopify can't be reached.") from error
    except httpx.TimeoutException as error:
        raise Failed(Outcome.UNKNOWN, "timeout", "Shopify didn't answer in time.") from error
    except httpx.TransportError as error:
        raise Failed(Outcome.UNKNOWN, "unreachable", "Shopify can't be reached.") from error


def _error(error: Mapping[str, Any]) -> tuple[str, tuple[str, ...], str]:
    code = (error.get("extensions") or {}).get("code") or ""
    return str(code), tuple(str(step) for step in error.get("path") or ()), str(error.get("message") or "")[:300]


def _retry_after(response: Response) -> float | None:
    try:
        return min(_MOST_S, max(0.0, float(response.headers["retry-after"])))
    except (KeyError, ValueError):
        return None


def _clock(response: Response, took_s: float) -> datetime | None:
    """When the answer was read from the shop's records, at the earliest."""
    try:
        return response.at - timedelta(seconds=took_s + 1) if response.at is not None else None
    except OverflowError:
        return None
