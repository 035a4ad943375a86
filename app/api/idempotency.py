"""One request, one effect: an answer is stored in the transaction of what it answers, and repeated for the same key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app import chance
from app.api.dependencies import Text, Writer
from app.api.problems import KeyReused, SecretShownOnce
from app.database import Database, Id, Session, Utc, metadata
from app.security import Caller
from app.statements import Prepared

stored_answers = Table(
    "stored_answers",
    metadata,
    Column("token_id", Id(), primary_key=True),
    Column("route", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    # Null where the answer held a secret.
    Column("body", LargeBinary, nullable=True),
    Column("stored_at", Utc, nullable=False),
    Index(None, "stored_at"),
)

_columns = [column.key for column in stored_answers.c]
_claims = {
    "postgresql": Prepared(postgresql.insert(stored_answers).on_conflict_do_nothing(), _columns),
    "sqlite": Prepared(sqlite.insert(stored_answers).on_conflict_do_nothing(), _columns),
}
_mine = [
    stored_answers.c[column] == bindparam(f"my_{column}", type_=stored_answers.c[column].type) for column in ("token_id", "route", "key")
]
_find = select(stored_answers.c.fingerprint, stored_answers.c.status, stored_answers.c.body).where(*_mine)
_forget = Prepared(delete(stored_answers).where(*_mine))
_store = Prepared(update(stored_answers).where(*_mine).values(body=bindparam("answer", type_=LargeBinary())))


class Once:
    """Carries out a writing function and answers with its result; with an Idempotency-Key at most once.

    The key's row is claimed first: on PostgreSQL a second caller with the same key waits there until the first has committed, on
    SQLite writers are one after another anyway. A refusal rolls the claim back with everything else, so only successes are stored.
    """

    def __init__(self, request: Request, caller: Caller, key: str | None) -> None:
        self._request = request
        self._database: Database = request.app.state.database
        self._caller = caller
        self._key = key

    async def __call__(
        self,
        model: type[BaseModel],
        function: Callable[..., Any],
        *args: Any,
        status: int = 201,
        secret: bool = False,
        fingerprint: str | None = None,
        **kwargs: Any,
    ) -> Response:
        """Run `function(session, *args, cause=…, **kwargs)` in a transaction; its result, as `model`, is the answer's body.

        `fingerprint` is the hash of a body that was read as a stream.
        """
        kwargs["cause"] = self._caller.cause

        def act(session: Session) -> bytes:
            return model.model_validate(function(session, *args, **kwargs)).model_dump_json().encode()

        if self._key is None:
            body = await self._database.write(act)
            return Response(body, status, media_type="application/json")
        fingerprint = fingerprint or sha256(await self._request.body()).hexdigest()
        status, body, replayed = await self._database.write(self._claimed, act, fingerprint, status, secret)
        headers = {"Idempotent-Replayed": "true"} if replayed else None
        return Response(body, status, headers, "application/json")

    def _claimed(
        self, session: Session, act: Callable[[Session], bytes], fingerprint: str, status: int, secret: bool
    ) -> tuple[int, bytes, bool]:
        route = f"{self._request.method} {self._request.url.path}"[:200]
        mine = {"token_id": self._caller.token_id, "route": route, "key": self._key}
        row = mine | {"fingerprint": fingerprint, "status": status, "body": None, "stored_at": chance.now()}
        where = {f"my_{column}": value for column, value in mine.items()}
        if session.run(_claims[session.dialect], row) == 0:
            stored = session.execute(_find, where).one()
            if stored.fingerprint != fingerprint:
                raise KeyReused
            if stored.body is None:
                raise SecretShownOnce
            return stored.status, bytes(stored.body), True
        body = act(session)
        if not secret:
            session.later(_store, where | {"answer": body})
        return status, body, False


async def _once(
    request: Request,
    caller: Writer,
    key: Annotated[
        Text | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=200,
            description="Make one up per request and repeat it when you send the request again: it then happens at most once.",
        ),
    ] = None,
) -> Once:
    return Once(request, caller, key)


OnceOnly = Annotated[Once, Depends(_once)]


def forget_old(session: Session, before: datetime, limit: int = 200) -> int:
    """Drop answers from before a moment, a few at a time. Returns how many."""
    old = select(stored_answers.c.token_id, stored_answers.c.route, stored_answers.c.key)
    old = old.where(stored_answers.c.stored_at < before).limit(limit)
    found = [{f"my_{column}": value for column, value in row.items()} for row in session.execute(old).mappings()]
    return session.run(_forget, found) if found else 0
