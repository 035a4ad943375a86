"""What every simulated shop says over HTTP: answers with a body, and dates as headers write them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from wsgiref.handlers import format_date_time

import httpx


class Answered(httpx.Response):
    """An answer that is still to be read by whoever asked. Made with its content, httpx would read it through at once, as if it had come
    over the network."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        super().__init__(status, headers={**headers, "content-length": str(len(body))}, stream=httpx.ByteStream(body))
        self._body = body

    @property
    def content(self) -> bytes:
        return self._body


def http_date(moment: datetime) -> str:
    """As it stands in headers."""
    return format_date_time(moment.timestamp())
