"""Asking the service that runs, for commands that people type beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from app import chance
from app.settings import Settings


class NotAnswered(Exception):
    """The service doesn't answer, or says no. The text is for people: why, and what to do."""

    def __init__(self, detail: str, code: str = "") -> None:
        super().__init__(detail)
        self.code = code


class Service:
    """The running service, by its REST API, with the owner's token. Everything raises NotAnswered."""

    def __init__(self, settings: Settings) -> None:
        token_file = settings.data_dir / "owner-token"
        if settings.owner_token is not None:
            token = settings.owner_token.get_secret_value()
        elif token_file.exists():
            token = token_file.read_text().strip()
        else:
            raise NotAnswered(
                f"There is no token for the service: {token_file} is missing. Start `tallystick serve` first, or set "
                "TALLYSTICK_OWNER_TOKEN."
            )
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=f"{self.address}/v1", headers=headers, timeout=60, trust_env=False)

    def ask(self, method: str, path: str, **request: Any) -> Any:
        """What it answers; `request` as httpx takes it. A POST is sent under a key of its own."""
        if method == "POST":
            request["headers"] = {"Idempotency-Key": chance.new_id()} | request.get("headers", {})
        try:
            answer = self._client.request(method, path, **request)
        except httpx.TransportError as error:
            raise NotAnswered(
                f"The service doesn't answer at {self.address}: {error}. Start `tallystick serve` first; if it listens elsewhere, set "
                "TALLYSTICK_PORT."
            ) from None
        if not answer.is_success:
            said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
            raise NotAnswered(str(said.get("detail") or answer.text), str(said.get("code", "")))
        return answer.json()

    def everything(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """Every page of a list."""
        params["limit"] = 200
        while True:
            page = self.ask("GET", path, params=params)
            yield from page["items"]
            if page["next"] is None:
                return
            params["after"] = page["next"]
