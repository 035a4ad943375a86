"""Everything that is read from the environment, once."""

from __future__ import annotations

import re
from base64 import b64decode
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.domain.money import exponent


class Settings(BaseSettings):
    """Each setting is an environment variable with the prefix TALLYSTICK_, e.g. TALLYSTICK_PORT=8000."""

    model_config = SettingsConfigDict(env_prefix="TALLYSTICK_", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    data_dir: Path = Field(default=Path("data"), description="Where the embedded database, the owner's token and backups lie.")
    key_file: Path | None = Field(
        default=None,
        description="The key of what is encrypted in the store; empty: beside the data directory, so that no copy of that holds it.",
    )
    mark_file: Path | None = Field(
        default=None,
        description="What tells this store from a copy of its data; empty: beside the data directory, so that no copy of that holds it.",
    )
    database_url: str = Field(default="", description="postgresql://user:password@host/name; empty: SQLite in the data directory.")
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port to listen on.")
    public_url: str | None = Field(default=None, description="How the outside reaches this service, e.g. https://stock.example.org.")
    work: bool = Field(
        default=True,
        description="Whether `serve` also works for your shops; off where `tallystick work` does, which needs PostgreSQL.",
    )
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
    allow_private_webhooks: bool = Field(
        default=False, description="Whether webhook endpoints may lie on this machine or in private networks, and be reached by plain http."
    )
    write_queue: int = Field(default=1_000, ge=1, description="Changes that may wait for the database before new ones get a 503.")
    alert_url: SecretStr | None = Field(default=None, description="Where urgent news is sent to by a signed POST; empty: nowhere.")
    alert_secret: SecretStr | None = Field(
        default=None, validate_default=True, description="What alerts are signed with: whsec_ and at least 24 random bytes as base64."
    )
    alert_mail: str = Field(default="", description="Who gets urgent news by mail; several are separated by commas. Empty: nobody.")
    smtp_url: SecretStr | None = Field(
        default=None, validate_default=True, description="Where mail goes out, e.g. smtps://user:password@mail.example.org:465."
    )
    alert_from: str = Field(default="", description="Who alerts come from; empty: the mail account's own address, or the first receiver.")

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

    @field_validator("work")
    @classmethod
    def _somebody_works(cls, value: bool, info: ValidationInfo) -> bool:
        if not value and not info.data.get("database_url", "postgresql").startswith("postgresql"):
            raise ValueError("can only be off on PostgreSQL (TALLYSTICK_DATABASE_URL): a store in SQLite is for one process alone")
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

    @field_validator("alert_url")
    @classmethod
    def _reachable_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        url = _parts(value, "https://ntfy.example.org/our-shop")
        if url.username is not None or url.password is not None:
            raise ValueError("leave the user and password out of the address: what is sent there is signed")
        if url.scheme != "https" and not (url.scheme == "http" and _is_at_home(str(url.hostname))):
            raise ValueError("needs https; plain http only to this machine and to private addresses, e.g. http://192.168.1.20:8080/alerts")
        return value

    @field_validator("alert_secret")
    @classmethod
    def _strong_secret(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        advice = 'this makes one: echo "whsec_$(openssl rand -base64 32)"'
        if value is None:
            if info.data.get("alert_url") is not None:
                raise ValueError(f"is missing, and TALLYSTICK_ALERT_URL is set: alerts are signed, so that nobody can forge one; {advice}")
            return value
        prefix, mark, rest = value.get_secret_value().partition("whsec_")
        try:
            strong = mark and not prefix and len(b64decode(rest, validate=True)) >= 24
        except ValueError:
            strong = False
        if not strong:
            raise ValueError(f"should be whsec_ and at least 24 random bytes as base64; {advice}")
        return value

    @field_validator("alert_mail", "alert_from")
    @classmethod
    def _mail_addresses(cls, value: str) -> str:
        for each in value.split(",") if value else ():
            if not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", each.strip()):
                raise ValueError(f"{each.strip()!r} isn't a mail address; an example: me@example.org")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        example = "smtps://user:password@mail.example.org:465"
        if value is None:
            if info.data.get("alert_mail"):
                raise ValueError(f"is missing, and TALLYSTICK_ALERT_MAIL is set: say where mail goes out, e.g. {example}")
            return value
        url = _parts(value, example)
        if url.scheme not in ("smtp", "smtps"):
            raise ValueError(f"should begin with smtps:// or smtp://, e.g. {example}")
        if (url.username is None) != (url.password is None):
            raise ValueError(f"needs a user and a password, or neither, e.g. {example}")
        if info.data.get("alert_mail") == "":
            raise ValueError("is set, and TALLYSTICK_ALERT_MAIL isn't: say who gets the mail, e.g. me@example.org")
        return value

    @property
    def database(self) -> str:
        """The database's address; SQLite in the data directory unless another was named."""
        return self.database_url or f"sqlite:///{self.data_dir.resolve() / 'tallystick.sqlite'}"

    @property
    def key(self) -> Path:
        """Where the key lies: `data.key` beside the directory `data`, unless another place was named."""
        place = self.data_dir.resolve()
        return self.key_file or place.parent / f"{place.name}.key"

    @property
    def mark(self) -> Path:
        """Where the mark lies: `data.mark` beside the directory `data`, unless another place was named."""
        place = self.data_dir.resolve()
        return self.mark_file or place.parent / f"{place.name}.mark"

    @property
    def address(self) -> str:
        """How people reach this service: from outside where that is known, else on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return (self.public_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}").rstrip("/")


def _parts(value: SecretStr, example: str) -> SplitResult:
    """An address that may hold a password, so no error repeats it. Raises: ValueError."""
    text = value.get_secret_value()
    try:
        url = urlsplit(text)
        if url.hostname and url.port != 0 and re.fullmatch("[!-~]+", text):
            return url
    except ValueError:
        pass
    raise ValueError(f"this isn't an address (write @, / and # in a password as %40, %2F and %23); an example: {example}")


def _is_at_home(host: str) -> bool:
    """Whether a host is this machine, or one on a network of our own."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".lan", ".internal", ".home.arpa"))
    return address.is_loopback or address.is_private
