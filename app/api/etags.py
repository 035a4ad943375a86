"""ETags on what people edit: a strong tag made of the record's version, so that nobody overwrites what they haven't seen.

A record that is edited has a column `version` that every change raises by one. Reading it answers `ETag: "3"`; changing it needs
`If-Match: "3"`. Without it: 428. With an older one: 412, raised by the domain inside the transaction (`errors.Stale`).
"""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header, Response

from app.domain.errors import Refusal

_TAG = re.compile(r'(?<!W/)"(\d{1,18})"')  # a weak tag matches nothing: If-Match compares strongly


class IfMatchMissing(Refusal):
    """The request changes a record without saying which version of it was read."""

    code = "if_match_required"

    def __init__(self) -> None:
        super().__init__(
            "Send `If-Match` with the ETag of the record as you read it, so that nobody's change is lost; `*` for whatever it is."
        )


def tag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def put(response: Response, version: int) -> None:
    """Say in the answer which version it shows."""
    response.headers["ETag"] = tag(version)


async def _seen(
    if_match: Annotated[
        str | None,
        Header(alias="If-Match", max_length=500, description="The ETag of the record as you read it; `*` for whatever it is."),
    ] = None,
) -> frozenset[int] | None:
    if if_match is None or not if_match.strip():
        raise IfMatchMissing
    return None if if_match.strip() == "*" else frozenset(map(int, _TAG.findall(if_match)))


Seen = Annotated[frozenset[int] | None, Depends(_seen)]
"""The versions that the caller has read; None: any. For `errors.Stale.unless(seen, row["version"])`."""
