"""Who did it and why: every movement and every event names both."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Cause:
    """The actor (a token, a channel, the housekeeping, a command) and the record that made it happen."""

    actor: str
    kind: str | None = None
    id: str | None = None

    def by(self, kind: str, id: str) -> Cause:
        """The same actor, acting through this record."""
        return replace(self, kind=kind, id=id)
