"""Everything that is read from the environment, once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.domain.money import exponent


class Settings(BaseSettings):
    """Each setting is an environment variable with the prefix TALLYSTICK_, e.g. TALLYSTICK_PORT=8000."""

    model_config = SettingsConfigDict(env_prefix="TALLYSTICK_", env_ignore_empty=True, extra="ignore")

    data_dir: Path = Field(default=Path("data"), description="Where the embedded database, the owner's token and backups lie.")
    key_file: Path | None = Field(
        default=None,
        description="The key of what is encrypted in the store; empty: beside the data directory, so that no copy of that holds it.",
    )
    database_url: str = Field(default="", description="postgresql://user:password@host/name; empty: SQLite in the data directory.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on.")
    public_url: str | None = Field(default=None, description="How the outside reaches this service, e.g. https://stock.example.org.")
    owner_token: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="The owner's token for unattended installs, at least 32 characters; empty: made on first start.",
    )
    currency: str = Field(default="EUR", description="The shop's currency (ISO 4217) when a new store is created.")
    log_format: Literal["console", "json"] = Field(default="console", description="console or json.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least severe line that is logged.")
    trusted_proxies: str = Field(
        default="127.0.0.1", description="Addresses, comma-separated, whose X-Forwarded-For and -Proto are believed."
    )
    max_body_bytes: int = Field(default=2_000_000, ge=1_000, description="The largest request body that is taken in.")
    max_import_bytes: int = Field(default=100_000_000, ge=1_000, description="The largest file that is taken in.")
    cors_origins: Annotated[list[str], NoDecode] = Field(
        default=[], description="Web pages, comma-separated, whose scripts may call the API, e.g. https://shop.example.org; empty: none."
    )
    webhooks_per_minute: int = Field(
        default=6_000, ge=1, description="Messages that one address may send to one channel within a minute before it gets a 429."
    )
    write_queue: int = Field(default=1_000, ge=1, description="Changes that may wait for the database before new ones get a 503.")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value:
            return value
        try:
            url = make_url(value)
        except ArgumentError:
            raise ValueError("this isn't a database address; an example: postgresql://user:password@localhost/tallystick") from None
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ValueError("only sqlite:///… and postgresql://… are supported")
        return value

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        exponent(value)
        return value

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: Any) -> Any:
        found = [each.strip() for each in value.split(",") if each.strip()] if isinstance(value, str) else value
        if wrong := [each for each in found if not re.fullmatch(r"https?://[^/\s*,]+", each)]:
            raise ValueError(f"{wrong[0]!r} isn't the origin of a web page; an example: https://shop.example.org, without a path")
        return found

    @property
    def database(self) -> str:
        """The database's address; SQLite in the data directory unless another was named."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'tallystick.sqlite'}"

    @property
    def key(self) -> Path:
        """Where the key lies: `data.key` beside the directory `data`, unless another place was named."""
        place = self.data_dir.resolve()
        return self.key_file or place.parent / f"{place.name}.key"
