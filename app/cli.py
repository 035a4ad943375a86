"""The command line: tallystick serve | check | token | openapi | backup | restore."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app import backups, migrations, security
from app.database import Database, DatabaseUnavailable
from app.directory import DirectoryHeld, held
from app.domain import checking
from app.domain.errors import Refusal
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The operations backend of a small store that sells in several places at once.\n\n"
    "Settings come from environment variables that begin with TALLYSTICK_; the store lies in ./data unless "
    "TALLYSTICK_DATA_DIR or TALLYSTICK_DATABASE_URL says otherwise.",
)
tokens = typer.Typer(no_args_is_help=True, help="Make, list and revoke the tokens that programs and people get in with.")
app.add_typer(tokens, name="token")

_console = Console(highlight=False)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for each in error.errors():
            name = "_".join(["TALLYSTICK", *(str(part).upper() for part in each["loc"])])
            typer.echo(f"{name}: {each['msg'].removeprefix('Value error, ')}", err=True)
        raise typer.Exit(2) from None


@contextmanager
def _clearly() -> Iterator[None]:
    """What a person can mend is said in one line; only real defects show where they came from."""
    try:
        yield
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        typer.echo(f"The database can't be reached: {reason}. Check TALLYSTICK_DATABASE_URL.", err=True)
    except (
        DirectoryHeld,
        DatabaseUnavailable,
        migrations.DatabaseTooNew,
        backups.NotABackup,
        backups.StoreNotEmpty,
        FileExistsError,
        PermissionError,
        Refusal,
    ) as error:
        typer.echo(str(error), err=True)
    else:
        return
    raise typer.Exit(1)


@contextmanager
def _opened(settings: Settings) -> Iterator[Database]:
    """The store as it lies there: not migrated, not made."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise backups.NotABackup(f"There is no store at {url.database} yet; `tallystick serve` makes one.")
    database = Database(settings.database, writers=1, readers=1)
    try:
        found, known = database.look(lambda session: migrations.current(session.connection)), migrations.head()
        if found != known:
            raise backups.NotABackup(f"The store is at version {found}, this release at {known}; `tallystick serve` brings it there.")
        yield database
    finally:
        database.close()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; TALLYSTICK_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on; TALLYSTICK_PORT.")] = None,
) -> None:
    """Start the service: it makes or migrates the store, then serves the API until Ctrl-C."""
    import uvicorn

    from app.main import create_app

    settings = _settings()
    host, port = host or settings.host, settings.port if port is None else port

    def ready(token_file: Path | None) -> None:
        address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
        _console.print(f"Tallystick serves [bold]{address}/v1[/bold]")
        _console.print(f"  try it      {address}/docs")
        _console.print(f"  your token  {token_file or 'as given in TALLYSTICK_OWNER_TOKEN'}", soft_wrap=True)

    with _clearly():
        if make_url(settings.database).get_backend_name() == "sqlite":
            with held(settings.data_dir):  # a second start is told at once, in one line
                pass
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings, on_ready=ready),
                host=host,
                port=port,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=10,
            )
        )
        server.run()
    if not server.started:
        raise typer.Exit(1)


@app.command()
def check() -> None:
    """Work every figure out once more from the entries that made it, and say what doesn't balance. Safe while it serves."""
    with _clearly(), _opened(_settings()) as database:
        findings = database.look(checking.check)
        for finding in findings:
            typer.echo(str(finding))
        if findings:
            typer.echo(f"{len(findings)} figures don't balance.", err=True)
            raise typer.Exit(1)
        typer.echo("The books balance.")


@app.command()
def openapi(
    check_only: Annotated[bool, typer.Option("--check", help="Write nothing; fail when the file has drifted.")] = False,
    path: Annotated[Path, typer.Option(help="Where the contract lies.")] = Path("openapi/openapi.json"),
) -> None:
    """Write the API's contract to openapi/openapi.json."""
    from app.main import create_app

    contract = json.dumps(create_app(Settings(_env_file=None)).openapi(), indent=2, ensure_ascii=False) + "\n"
    if check_only:
        if not path.exists() or path.read_text() != contract:
            typer.echo(f"{path} isn't what the server answers any more: run `make openapi` and look at the difference.", err=True)
            raise typer.Exit(1)
        typer.echo(f"{path} is what the server answers.")
        return
    path.write_text(contract)
    typer.echo(f"Wrote {path}.")


@app.command()
def backup(path: Annotated[Path, typer.Argument(help="A new file; it must not exist yet.")]) -> None:
    """Copy the store, as of one moment, into one file. Safe while it trades."""
    with _clearly(), _progress() as progress:
        backups.back_up(_settings().database, path, progress)
        typer.echo(f"Wrote {path}.")


@app.command()
def restore(path: Annotated[Path, typer.Argument(help="A file that `tallystick backup` wrote.")]) -> None:
    """Bring a backup back to an empty place. The store's epoch rises: orders since the backup are unknown to it."""
    settings = _settings()
    embedded = make_url(settings.database).get_backend_name() == "sqlite"
    with _clearly(), held(settings.data_dir) if embedded else nullcontext(), _progress() as progress:
        epoch = backups.restore(path, settings.database, progress)
        typer.echo(f"Restored {path}. The store is in epoch {epoch} now.")


@contextmanager
def _progress() -> Iterator[backups.Progress]:
    """A bar per table, for people who watch."""
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True), transient=True
    ) as bars:
        tasks: dict[str, int] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield tell


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Whose it is; it stands in the ledger beside what it did.")],
    scope: Annotated[str, typer.Option(help="read, write or admin; each contains those before it.")] = "write",
    days: Annotated[int | None, typer.Option(min=1, help="How long it is good for; for ever, if left out.")] = None,
) -> None:
    """Make a token and show it, this once."""
    if scope not in security.SCOPES:
        typer.echo(f"There is no scope {scope!r}; choose one of {', '.join(security.SCOPES)}.", err=True)
        raise typer.Exit(2)
    with _clearly(), _opened(_settings()) as database:
        token = security.new_token()
        database.run(security.add_token, name, scope, token, timedelta(days=days) if days else None)
        typer.echo(token)


@tokens.command("list")
def list_tokens() -> None:
    """List the tokens. Their secrets are kept nowhere."""
    with _clearly(), _opened(_settings()) as database:
        table = Table("id", "name", "scope", "made", "expires", "revoked")
        for row in database.look(security.list_tokens):
            moments = (f"{row[key]:%Y-%m-%d %H:%M}" if row[key] else "" for key in ("created_at", "expires_at", "revoked_at"))
            table.add_row(row["id"], row["name"], row["scope"], *moments)
        Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(table)


@tokens.command("revoke")
def revoke_token(token_id: Annotated[str, typer.Argument(help="The id, as `tallystick token list` shows it.")]) -> None:
    """Make a token worthless, within two seconds."""
    with _clearly(), _opened(_settings()) as database:
        database.run(security.revoke_token, token_id)
        typer.echo("Revoked.")


if __name__ == "__main__":
    app()
