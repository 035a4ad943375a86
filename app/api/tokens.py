"""Tokens over HTTP: what programs and people get in with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, StringConstraints

from app import security
from app.api.dependencies import Admin, Db, Input, Output, Page, Part, RecordId, Text, Whole, example
from app.api.idempotency import OnceOnly
from app.api.problems import BadCursor, KeyReused, SecretShownOnce, documented, everywhere
from app.domain.errors import NotFound, WrongState
from app.security import Gate, Scope

router = APIRouter(prefix="/tokens", tags=["Tokens"], responses=everywhere())


class TokenIn(Input):
    """A token to make."""

    model_config = example({"name": "web shop", "scope": "write", "expires_in_days": 365})

    name: Annotated[
        Text,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
        Field(description="Whose it is; it stands in the ledger beside what it did.", examples=["web shop"]),
    ]
    scope: Scope = Field(default=Scope.WRITE, description="Each contains those before it.")
    expires_in_days: Annotated[int, Field(ge=1, le=3650), Whole] | None = Field(
        default=None, description="Left out: good for ever.", examples=[365]
    )


class TokenOut(Output):
    """A token, without its secret, which is kept nowhere."""

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="Right to the minute.")


class NewTokenOut(TokenOut):
    """A new token with its secret."""

    token: str = Field(description="The secret: keep it now, it is never shown again.")


@router.post("", status_code=201, response_model=NewTokenOut, responses=documented(SecretShownOnce, KeyReused))
async def create_token(body: TokenIn, caller: Admin, once: OnceOnly) -> Response:
    """Make a token. Its secret is in this answer and nowhere else."""
    expires_in = timedelta(days=body.expires_in_days) if body.expires_in_days else None
    return await once(NewTokenOut, security.create_token, body.name, body.scope, expires_in, secret=True)


@router.get("", responses=documented(BadCursor))
async def list_tokens(database: Db, caller: Admin, part: Part) -> Page[TokenOut]:
    """Tokens, oldest first, the revoked ones too."""
    rows = await database.read(security.page_tokens, part.behind(), part.limit + 1)
    return Page[TokenOut].model_validate(part.page(rows, "id"))


@router.post("/{token_id}/revoke", status_code=200, response_model=TokenOut, responses=documented(NotFound, WrongState, KeyReused))
async def revoke_token(token_id: RecordId, caller: Admin, once: OnceOnly, request: Request) -> Response:
    """Make a token worthless, at once. The last one with the scope admin can't be revoked."""
    answer = await once(TokenOut, security.revoke_token, token_id, status=200)
    gate: Gate = request.app.state.gate
    gate.forget()
    return answer
