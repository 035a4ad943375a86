"""Tokens and scopes. A token is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from math import ceil
from pathlib import Path
from typing import Any

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Column, String, Table, UniqueConstraint, insert, or_, select, update

from app import chance
from app.database import Database, Id, Session, Utc, metadata
from app.domain import events
from app.domain.causes import Cause
from app.domain.errors import NotFound, Refusal, WrongState


class Scope(StrEnum):
    """What a token is good for; each contains those before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


SCOPES = tuple(Scope)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Id(), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("scope", String(16), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=True),
    Column("revoked_at", Utc, nullable=True),
    Column("last_used_at", Utc, nullable=True),
    UniqueConstraint("hash"),
)


class NoToken(Refusal):
    """The request has no token, or one that isn't good (any more)."""

    code = "unauthorized"

    def __init__(self, detail: str = "Send a token: `Authorization: Bearer <token>`. `tallystick token create` makes one.") -> None:
        super().__init__(detail)


class ScopeMissing(Refusal):
    """The token is good, but not for this."""

    code = "forbidden"

    def __init__(self, has: str, needs: str) -> None:
        super().__init__(f"This needs a token with the scope {needs!r}; yours has {has!r}.", has=has, needs=needs)


class TooManyRefusals(Refusal):
    """Too many wrong tokens came from this address."""

    code = "too_many_refusals"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Too many wrong tokens came from your address; ask again in {retry_after_s} s. A good token is let in at any time.",
            retry_after_s=retry_after_s,
        )


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose request it is."""

    token_id: str
    name: str
    scope: str

    @property
    def cause(self) -> Cause:
        return Cause(f"token:{self.name}")

    def needs(self, scope: str) -> None:
        """Raises ScopeMissing unless the token's scope contains this one."""
        if SCOPES.index(self.scope) < SCOPES.index(scope):
            raise ScopeMissing(self.scope, scope)


def _hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def new_token() -> str:
    """A token that nobody can guess: 32 random bytes, marked so that a scanner of leaked secrets recognises it."""
    return "tally_" + urlsafe_b64encode(chance.secret(32)).decode().rstrip("=")


def add_token(session: Session, name: str, scope: str, token: str, expires_in: timedelta | None = None) -> dict[str, Any]:
    """Keep a token's hash. Adding the same token again changes nothing."""
    row = session.execute(select(tokens).where(tokens.c.hash == _hashed(token))).mappings().one_or_none()
    if row is None:
        now = chance.now()
        made = {
            "id": chance.new_id(),
            "name": name,
            "scope": scope,
            "hash": _hashed(token),
            "created_at": now,
            "expires_at": now + expires_in if expires_in else None,
            "revoked_at": None,
            "last_used_at": None,
        }
        session.execute(insert(tokens), made)
        return made
    return dict(row)


def create_token(session: Session, name: str, scope: str, expires_in: timedelta | None = None, *, cause: Cause) -> dict[str, Any]:
    """Make a token. The answer alone holds its secret, as `token`."""
    token = new_token()
    made = add_token(session, name, scope, token, expires_in)
    events.append(session, "token.created", made["id"], {"name": name, "scope": scope}, cause=cause)
    return made | {"token": token}


def revoke_token(session: Session, token_id: str, *, cause: Cause) -> dict[str, Any]:
    """Make a token worthless at once. Raises: NotFound; WrongState for the last one that may do everything."""
    now = chance.now()
    good = (tokens.c.revoked_at.is_(None), or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now))
    # Held while we look, in one order: two admins who revoke each other at the same time take turns.
    admins = session.execute(select(tokens.c.id).where(tokens.c.scope == Scope.ADMIN, *good).order_by(tokens.c.id).with_for_update())
    others = set(admins.scalars()) - {token_id}
    row = session.execute(select(tokens).where(tokens.c.id == token_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"No token has the id {token_id}.")
    if row["revoked_at"] is not None:
        return dict(row)
    if row["scope"] == Scope.ADMIN and not others:
        raise WrongState("This is the last token with the scope 'admin'. Make another one first, else nobody could manage the store.")
    session.execute(update(tokens).where(tokens.c.id == token_id).values(revoked_at=now))
    events.append(session, "token.revoked", token_id, {"name": row["name"]}, cause=cause)
    return dict(row) | {"revoked_at": now}


def page_tokens(session: Session, after: str | None, limit: int | None) -> list[dict[str, Any]]:
    """Tokens, oldest first, without their secrets, which nobody has."""
    query = select(tokens).order_by(tokens.c.id).limit(limit)
    if after is not None:
        query = query.where(tokens.c.id > after)
    return [dict(row) for row in session.execute(query).mappings()]


def note_use(session: Session, used: Mapping[str, datetime]) -> None:
    """Keep when tokens were last used."""
    for token_id, at in used.items():
        older = or_(tokens.c.last_used_at.is_(None), tokens.c.last_used_at < at)
        session.execute(update(tokens).where(tokens.c.id == token_id, older).values(last_used_at=at))


def _find(session: Session, hashed: str) -> dict[str, Any] | None:
    row = session.execute(select(tokens).where(tokens.c.hash == hashed)).mappings().one_or_none()
    return dict(row) if row is not None else None


class Refusals:
    """Counts wrong tokens by client address, so that guessing is slow and reading the answers is dull.

    Good tokens are never counted or refused: many people sit behind one address. An IPv6 client owns a whole /64, so that is what is
    counted. Beyond so many addresses the rest share one count, which bounds the memory.
    """

    PER_MINUTE = 20
    ADDRESSES_MOST = 10_000

    def __init__(self) -> None:
        self._counts = MemoryStorage()
        self._limiter = FixedWindowRateLimiter(self._counts)
        self._limit = RateLimitItemPerMinute(self.PER_MINUTE)

    def count(self, address: str | None) -> None:
        """One more wrong token. Raises: TooManyRefusals."""
        key = network_of(address)
        if len(self._counts.storage) >= self.ADDRESSES_MOST and not self._counts.get(self._limit.key_for(key)):
            key = "others"
        if not self._limiter.hit(self._limit, key):
            until = self._limiter.get_window_stats(self._limit, key).reset_time
            raise TooManyRefusals(max(1, ceil(until - chance.now().timestamp())))


@lru_cache(1024)
def network_of(address: str | None) -> str:
    """What is counted as one client: an IPv4 address, or the /64 that an IPv6 client owns."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(found.exploded[:19]) if isinstance(found, IPv6Address) and found.ipv4_mapped is None else str(found)


class Gate:
    """Tells whose token it is. A token that was just looked up is believed for a moment, so a hot path doesn't ask the database."""

    BELIEVED_SECONDS = 2.0
    REMEMBERED_MOST = 1_000
    NOTED_EVERY = timedelta(minutes=1)

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[Caller, datetime | None, float]] = {}
        self._revocations = 0
        self._refusals = Refusals()
        self._used: dict[str, datetime] = {}
        self._noted: dict[str, datetime] = {}

    async def caller(self, token: str, address: str | None = None) -> Caller:
        """Raises: NoToken; TooManyRefusals where too many wrong ones came from the address."""
        try:
            caller = await self._caller(token)
        except NoToken:
            self._refusals.count(address)
            raise
        self._used[caller.token_id] = chance.now()
        return caller

    async def _caller(self, token: str) -> Caller:
        hashed = _hashed(token)
        known = self._known.get(hashed)
        if known is None or chance.monotonic() - known[2] > self.BELIEVED_SECONDS:
            self._known.pop(hashed, None)
            revocations = self._revocations
            row = await self._database.read(_find, hashed)
            if row is None or not hmac.compare_digest(row["hash"], hashed):
                raise NoToken("This token isn't known. It may have been mistyped; `tallystick token create` makes a new one.")
            if row["revoked_at"] is not None:
                raise NoToken("This token was revoked; `tallystick token create` makes a new one.")
            if len(self._known) >= self.REMEMBERED_MOST:
                self._known.clear()
            known = (Caller(row["id"], row["name"], row["scope"]), row["expires_at"], chance.monotonic())
            if revocations == self._revocations:  # else the row may be older than a revocation
                self._known[hashed] = known
        caller, expires_at, _ = known
        if expires_at is not None and expires_at <= chance.now():
            raise NoToken("This token has expired; `tallystick token create` makes a new one.")
        return caller

    def forget(self) -> None:
        """A token was revoked: believe none without asking again."""
        self._revocations += 1
        self._known.clear()

    async def note_use(self) -> None:
        """Write down when tokens were last used, each at most once a minute."""
        due = {token: at for token, at in self._used.items() if token not in self._noted or at - self._noted[token] >= self.NOTED_EVERY}
        if due:
            await self._database.write(note_use, due)
            self._noted |= due


def owner_token(database: Database, data_dir: Path, given: str | None) -> Path | None:
    """See to it that the owner can get in: with the given token, else with one that is made once and written to a file.

    Returns: the file's path, or None where the token was given. Only the file's owner can read it.
    """
    if given is not None:
        database.run(add_token, "owner", "admin", given)
        return None
    path = data_dir / "owner-token"
    token = path.read_text().strip() if path.exists() else ""
    if not token:
        token = new_token()
        part = path.with_suffix(".part")  # a crash leaves a whole file or none
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        part.write_text(token + "\n")
        part.rename(path)
    database.run(add_token, "owner", "admin", token)
    return path
