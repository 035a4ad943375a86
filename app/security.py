"""Tokens and scopes. A token is shown once, when it is made; only its hash is kept."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Column, String, Table, UniqueConstraint, insert, select, update

from app import chance
from app.database import Database, Id, Session, Utc, metadata
from app.domain.causes import Cause
from app.domain.errors import NotFound, Refusal

SCOPES = ("read", "write", "admin")
"""Each contains those before it."""

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

    def __init__(self, detail: str = "Send a token: `Authorization: Bearer <token>`. `tallystick token` makes one.") -> None:
        super().__init__(detail)


class ScopeMissing(Refusal):
    """The token is good, but not for this."""

    code = "forbidden"

    def __init__(self, has: str, needs: str) -> None:
        super().__init__(f"This needs a token with the scope {needs!r}; yours has {has!r}.", has=has, needs=needs)


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
        }
        session.execute(insert(tokens), made)
        return made
    return dict(row)


def revoke_token(session: Session, token_id: str) -> None:
    """Make a token worthless at once. Raises: NotFound."""
    found = session.execute(update(tokens).where(tokens.c.id == token_id, tokens.c.revoked_at.is_(None)).values(revoked_at=chance.now()))
    if found.rowcount == 0:
        raise NotFound(f"No token in use has the id {token_id}.")


def list_tokens(session: Session) -> Sequence[dict[str, Any]]:
    """All tokens, without their secrets, which nobody has."""
    return [dict(row) for row in session.execute(select(tokens).order_by(tokens.c.id)).mappings()]


def _find(session: Session, hashed: str) -> dict[str, Any] | None:
    row = session.execute(select(tokens).where(tokens.c.hash == hashed)).mappings().one_or_none()
    return dict(row) if row is not None else None


class Gate:
    """Tells whose token it is. A token that was just looked up is believed for a moment, so a hot path doesn't ask the database."""

    BELIEVED_SECONDS = 2.0
    REMEMBERED_MOST = 1_000

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[Caller, datetime | None, float]] = {}

    async def caller(self, token: str) -> Caller:
        """Raises: NoToken."""
        hashed = _hashed(token)
        known = self._known.get(hashed)
        if known is None or chance.monotonic() - known[2] > self.BELIEVED_SECONDS:
            self._known.pop(hashed, None)
            row = await self._database.read(_find, hashed)
            if row is None or not hmac.compare_digest(row["hash"], hashed):
                raise NoToken("This token isn't known. It may have been mistyped; `tallystick token` makes a new one.")
            if row["revoked_at"] is not None:
                raise NoToken("This token was revoked; `tallystick token` makes a new one.")
            if len(self._known) >= self.REMEMBERED_MOST:
                self._known.clear()
            known = (Caller(row["id"], row["name"], row["scope"]), row["expires_at"], chance.monotonic())
            self._known[hashed] = known
        caller, expires_at, _ = known
        if expires_at is not None and expires_at <= chance.now():
            raise NoToken("This token has expired; `tallystick token` makes a new one.")
        return caller


def owner_token(database: Database, data_dir: Path, given: str | None) -> Path | None:
    """See to it that the owner can get in: with the given token, else with one that is made once and written to a file.

    Returns: the file's path, or None where the token was given. Only the file's owner can read it.
    """
    if given is not None:
        database.run(add_token, "owner", "admin", given)
        return None
    path = data_dir / "owner-token"
    if path.exists():
        database.run(add_token, "owner", "admin", path.read_text().strip())
        return path
    token = new_token()
    database.run(add_token, "owner", "admin", token)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(token + "\n")
    return path
