"""Consents: a shop's owner lets us in with her browser, and the shop sends us what opens it.

What ties the shop's answer to our question is the state: nobody can guess it, it is good once, and not for long. Only its hash is kept.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text, delete, update

from app import chance
from app.database import Id, Session, Utc, metadata
from app.domain import channels
from app.domain.errors import Refusal, WrongState

GOOD_FOR = timedelta(minutes=15)

consents = Table(
    "consents",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("channel_id", Id(), ForeignKey("channels.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    # What the adapter needs to make use of the answer (a code verifier), encrypted.
    Column("kept", Text, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc, nullable=True),
    Index(None, "channel_id"),
)


class ConsentUnknown(Refusal):
    """An answer to no question of ours: its state is wrong, was used before, or is too old."""

    code = "consent_unknown"

    def __init__(self) -> None:
        super().__init__(
            "This answer belongs to no question that is still open: it was used already, or it took longer than 15 minutes. "
            "Begin again: POST /v1/channels/{channel_id}/consent."
        )


def new_state() -> str:
    """What nobody can guess."""
    return urlsafe_b64encode(chance.secret(32)).rstrip(b"=").decode()


def ask(session: Session, channel_id: str, state: str, kept: str) -> datetime:
    """Remember that the owner was sent to her shop; an earlier question about it counts no more. Returns until when it may be answered.

    Raises: NotFound; WrongState once the channel is over.
    """
    row = channels.get(session, channel_id, lock=True)
    if row["status"] == "disconnected":
        raise WrongState("This channel is over. Connect the shop anew.", status="disconnected")
    now = chance.now()
    c = consents.c
    session.execute(delete(consents).where((c.channel_id == channel_id) | (c.expires_at < now - timedelta(days=1))))
    expires_at = now + GOOD_FOR
    hashed = _hash(state)
    session.add(consents, {"state_hash": hashed, "channel_id": channel_id, "kind": row["kind"], "kept": kept, "expires_at": expires_at})
    return expires_at


def use(session: Session, kind: str, state: str) -> dict[str, Any]:
    """The question that a state belongs to; it is answered with this. Raises: ConsentUnknown."""
    c, now = consents.c, chance.now()
    open_ = (c.state_hash == _hash(state), c.kind == kind, c.used_at.is_(None), c.expires_at > now)
    row = session.execute(update(consents).where(*open_).values(used_at=now).returning(consents)).mappings().one_or_none()
    if row is None:
        raise ConsentUnknown
    return dict(row)


def _hash(state: str) -> str:
    return sha256(state.encode()).hexdigest()
