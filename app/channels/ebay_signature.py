"""Whether a message is eBay's: its challenge, its signatures, and the public keys that these are checked with.

A key has to be fetched, by an id that stands in the message itself, and anybody can send a message. So a key that was good once is
fetched again whenever its hour is over, and for ids never seen before there are a few fetches a minute; one at a time.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from app import chance
from app.channels.base import BadSignature, Delivery, NoUse, TryLater, UnknownKey
from app.channels.ebay_api import Api

HEADER: Final = "x-ebay-signature"
STATUS: Final = 412  # what eBay wants to hear about a message that isn't its own

_KID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_PEM: Final = re.compile(r"-----BEGIN PUBLIC KEY-----\s*([A-Za-z0-9+/=\s]+?)\s*-----END PUBLIC KEY-----\s*")
_DIGESTS: Final[Mapping[str, Callable[[], hashes.HashAlgorithm]]] = {"SHA1": hashes.SHA1, "SHA256": hashes.SHA256}
_FRESH_S: Final = 3600.0
_STRANGERS: Final = 3  # fetches of keys never seen before
_WITHIN_S: Final = 60.0


def challenge_response(code: str, token: str, endpoint: str) -> str:
    """What proves that an endpoint is ours: the token is known to eBay and us alone."""
    return hashlib.sha256((code + token + endpoint).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Key:
    public: ec.EllipticCurvePublicKey
    digest: hashes.HashAlgorithm
    until: float


class Keys:
    """eBay's public keys, as far as they are known; `api` fetches what isn't, with the application's own token."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, _Key] = {}
        self._fetching = threading.Lock()
        self._strangers: list[float] = []

    def verify(self, delivery: Delivery) -> None:
        """Raises: BadSignature; UnknownKey where the key has to be fetched first."""
        kid, signature = _read(delivery.headers.get(HEADER, ""))
        key = self._known.get(kid)
        if key is None or key.until <= chance.monotonic():
            raise UnknownKey("It is signed with a key that isn't known here yet.", lambda: self._learn(kid), status=STATUS)
        try:
            key.public.verify(signature, delivery.body, ec.ECDSA(key.digest))
        except InvalidSignature:
            raise BadSignature("eBay's key didn't sign this.", status=STATUS) from None

    def _learn(self, kid: str) -> None:
        if not self._fetching.acquire(blocking=False):
            raise TryLater("Another key is being fetched.")
        try:
            now = chance.monotonic()
            if (known := self._known.get(kid)) is not None and known.until > now:
                return
            if known is None:
                self._strangers = [at for at in self._strangers if now - at < _WITHIN_S]
                if len(self._strangers) >= _STRANGERS:
                    raise TryLater("Too many keys were asked for.", after_s=_WITHIN_S, limited=True)
                self._strangers.append(now)
            try:
                answer = self._api.call("GET", f"/commerce/notification/v1/public_key/{kid}", who="app")
            except NoUse as error:
                if error.code in ("gone", "forbidden"):
                    self._known.pop(kid, None)
                    raise BadSignature("eBay has no such key.", status=STATUS) from error
                raise
            self._known[kid] = _key(answer.json)
        finally:
            self._fetching.release()


def _read(header: str) -> tuple[str, bytes]:
    try:
        said = json.loads(base64.b64decode(header, validate=True))
        kid, signature = said["kid"], base64.b64decode(said["signature"], validate=True)
    except (ValueError, KeyError, TypeError, binascii.Error, RecursionError):
        raise BadSignature("There is no signature of eBay's on it.", status=STATUS) from None
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise BadSignature("There is no signature of eBay's on it.", status=STATUS)
    return kid, signature


def _key(said: Any) -> _Key:
    """The key as eBay writes it: a PEM on one line. What it says of the algorithm counts, and not what a message says."""
    found = _PEM.fullmatch(str(said.get("key", "")))
    digest = _DIGESTS.get(str(said.get("digest", "")).upper().replace("-", ""))
    if found is None or digest is None or str(said.get("algorithm", "")).upper() not in ("ECDSA", "EC"):
        raise TryLater("eBay's key can't be understood.")
    try:
        public = load_pem_public_key(f"-----BEGIN PUBLIC KEY-----\n{found[1]}\n-----END PUBLIC KEY-----\n".encode())
    except ValueError:
        raise TryLater("eBay's key can't be understood.") from None
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise TryLater("eBay's key isn't of the kind that it signs with.")
    return _Key(public, digest(), chance.monotonic() + _FRESH_S)
