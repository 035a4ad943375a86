"""The command line: tallystick serve | work | demo | simulate | channel | resume | check | explain | import | export | token | key |
backup | restore | copy | openapi."""

from __future__ import annotations

import gc
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from app import backups, connecting, copying, domain, explained, mark, migrations, resuming, security, vault
from app.asking import NotAnswered, Service
from app.database import Database, DatabaseUnavailable
from app.directory import DirectoryHeld, held
from app.domain import checking, repairing
from app.domain.causes import Cause
from app.domain.errors import Refusal
from app.importing import NotTakenIn
from app.settings import Settings

if TYPE_CHECKING:
    from fastapi import FastAPI

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
keys = typer.Typer(no_args_is_help=True, help="Look after the key of what is encrypted in the store.")
app.add_typer(keys, name="key")
app.add_typer(connecting.app, name="channel")

_console = Console(highlight=False)
_COMMAND = Cause("command")


def _settings(**given: Any) -> Settings:
    try:
        return Settings(**given)
    except ValidationError as error:
        for each in error.errors():
            name = "_".join(["TALLYSTICK", *(str(part).upper() for part in each["loc"])])
            said = each["msg"].removeprefix("Value error, ")
            if each["type"] == "too_short":
                said = f"needs at least {each['ctx']['min_length']} characters"
            typer.echo(f"{name}: {said}", err=True)
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
        copying.NotCopied,
        mark.Moved,
        mark.NoMark,
        mark.Rehearsal,
        NotAnswered,
        NotTakenIn,
        OSError,
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
    database = Database(settings.database, finish=domain.finish, writers=1, readers=1)
    try:
        found, known = database.look(lambda session: migrations.current(session.connection)), migrations.head()
        if found != known:
            raise backups.NotABackup(f"The store is at version {found}, this release at {known}; `tallystick serve` brings it there.")
        database.look(mark.refuse_moved)
        yield database
    finally:
        database.close()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; TALLYSTICK_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="The port to listen on; TALLYSTICK_PORT.")] = None,
    work: Annotated[
        bool | None, typer.Option("--work/--no-work", help="Work for the shops too; off where `tallystick work` does. TALLYSTICK_WORK.")
    ] = None,
) -> None:
    """Start the service: it makes or migrates the store, then serves the API and works for your shops until Ctrl-C."""
    settings = _settings(**({} if work is None else {"work": work}))
    host, port = host or settings.host, settings.port if port is None else port

    def ready(token_file: Path | None) -> None:
        address = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104
        _console.print(f"Tallystick serves [bold]{address}/v1[/bold]")
        if settings.public_url:
            _console.print(f"  outside     {settings.public_url.rstrip('/')}/v1", soft_wrap=True)
        _console.print(f"  try it      {address}/docs")
        _console.print(f"  your token  {token_file or 'as given in TALLYSTICK_OWNER_TOKEN'}", soft_wrap=True)
        if service.state.recovering is not None:
            _console.print(f"\n[bold red]NOTHING IS WRITTEN TO YOUR SHOPS.[/bold red] {service.state.recovering}")
            _console.print("Their orders are taken in. If it runs elsewhere, stop one of the two; else go on with: tallystick resume\n")

    service = _prepared(settings, host, port, on_ready=ready)
    _run(service, settings, host, port)


@app.command()
def work(
    host: Annotated[str, typer.Option(help="The address to answer on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to answer on; 0: any that is free.")] = 0,
) -> None:
    """Work for your shops beside `tallystick serve`, until Ctrl-C. For stores on PostgreSQL, as many as you like, on any machine.

    Each of them takes its share of the shops, and what one leaves when it stops or dies the others take over. They serve no API: they
    answer /healthz, /readyz and /metrics only. All of them need the same TALLYSTICK_DATABASE_URL and the same key
    (TALLYSTICK_KEY_FILE). docs/scaling.md says when it is worth it.
    """
    settings = _settings()
    if not settings.database.startswith("postgresql"):
        typer.echo("A store in SQLite is for one process alone: `tallystick serve` does all its work. TALLYSTICK_DATABASE_URL", err=True)
        typer.echo("names a PostgreSQL; `tallystick copy` takes a store there.", err=True)
        raise typer.Exit(2)

    def ready(_: Path | None) -> None:
        _console.print("Tallystick works for your shops.")

    _run(_prepared(settings, host, port, serves=False, on_ready=ready), settings, host, port)


def _prepared(settings: Settings, host: str, port: int, **more: Any) -> FastAPI:
    """The service. What a person can mend is found before it starts."""
    from app.main import create_app

    sys.setswitchinterval(0.001)  # a lane's short work doesn't wait five times as long for whoever else is at work
    os.umask(0o077)  # the store holds buyers' addresses: its files are for whoever runs it
    with _clearly():
        embedded = make_url(settings.database).get_backend_name() == "sqlite"
        with held(settings.data_dir) if embedded else nullcontext():
            migrations.upgrade(settings.database)
            with _opened(settings) as database:
                vault.open_vault(settings.key, database)
                mark.Mark(database, settings).compare()
        _must_be_free(host, port)
        service = create_app(settings, **more)
    # What is there now stays to the end: looked through for garbage time and again, it held everybody up for a fifth of a second.
    gc.collect()
    gc.freeze()
    return service


def _run(service: FastAPI, settings: Settings, host: str, port: int) -> None:
    """Until Ctrl-C, or a polite signal."""
    import uvicorn

    from app.main import Server

    server = Server(
        uvicorn.Config(
            service,
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
    with _clearly():
        server.run()
    if not server.started:
        raise typer.Exit(1)


def _must_be_free(host: str, port: int) -> None:
    """Found before anybody is told that we serve there. Raises: OSError, in plain words."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            what = "If something listens there, stop it, or choose another --port."
            raise OSError(f"{host}, port {port}: {error.strerror}. {what}") from None


@app.command()
def demo(
    shops: Annotated[str, typer.Option(help="How many shops, or their kinds, by commas: shopify,etsy,ebay,woocommerce.")] = "3",
    speed: Annotated[float, typer.Option(min=0.1, max=50, help="How busy buyers and potter are; 1 is an order every two seconds.")] = 1.0,
    faults: Annotated[float, typer.Option(min=0, max=1, help="How much goes wrong: 0 nothing, 1 more than one can imagine.")] = 0.1,
    seconds: Annotated[float | None, typer.Option(min=1, help="End by itself after so many seconds.")] = None,
    plain: Annotated[bool, typer.Option("--plain", help="A line of figures every few seconds instead of a screen.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port that the service listens on.")] = 8000,
    data_dir: Annotated[Path | None, typer.Option(help="Where the store lies, and stays; left out: nothing stays.")] = None,
) -> None:
    """See it work: the whole service, simulated shops, and buyers. Nothing of yours is touched; Ctrl-C ends it.

    It leaves with 1 when a unit was sold twice and it was us.
    """
    from app import demo as demonstration

    os.umask(0o077)
    options = demonstration.Options(data_dir, _settings().database_url, port, shops, speed, faults, seconds, plain)
    with _clearly():
        try:
            fine = demonstration.run(options, _console)
        except demonstration.NotStarted as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
    if not fine:
        raise typer.Exit(1)


@app.command()
def simulate(
    seed: Annotated[int, typer.Option(min=0, help="The first seed. The same seed tells the same story, on every machine.")] = 1,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many, one after another; left out: 20, or 1 with --events or --story.")
    ] = None,
    orders: Annotated[int, typer.Option(min=1, help="About how many buyers come in a run.")] = 100,
    events: Annotated[int | None, typer.Option(min=0, help="Leave the run in peace after so many of its events.")] = None,
    story: Annotated[str | None, typer.Option(help="Tell what happened to this SKU, or to `all`, in words.")] = None,
    append: Annotated[Path | None, typer.Option(help="Add each run as a line of JSON to this file, and say what it holds by then.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many processes.")] = os.cpu_count() or 1,
    faults: Annotated[float, typer.Option(min=0, max=3, help="How much goes wrong: 0 nothing, 1 more than one can imagine.")] = 1.0,
    bounded: Annotated[bool, typer.Option("--bounded", help="One of the shops can only be written with an accepted risk.")] = False,
    small: Annotated[bool, typer.Option("--small", help="Few SKUs and shops: more seeds in the same time.")] = False,
    shops: Annotated[
        str | None, typer.Option(help="Which shops, by commas: shopify, etsy, ebay, woocommerce and others; left out: as the seed has it.")
    ] = None,
    days: Annotated[
        float | None, typer.Option(min=0.01, help="Spread the buyers over so many days; what goes wrong in an hour then does in a day.")
    ] = None,
    guard: Annotated[int | None, typer.Option(min=0, help="Units kept beside a write with an accepted risk; left out: worked out.")] = None,
    compare: Annotated[bool, typer.Option("--compare", help="The same buyers under each policy, ours and those of other tools.")] = False,
    picture: Annotated[Path | None, typer.Option(help="With --compare: draw it into this SVG file.")] = None,
    drill: Annotated[bool, typer.Option("--drill", help="Make shops show what nobody wrote, and see what it is called.")] = False,
    docs: Annotated[Path | None, typer.Option(help="With --drill: write the table into this file, between its marks.")] = None,
) -> None:
    """Try to make Tallystick oversell: whole stores on a virtual clock, with every fault there is, from one seed each.

    Buyers, lost and late messages, requests that fail after they took effect, outages, crashes, restored backups, hands that type numbers:
    all of it is drawn from the seed. The code that moves stock is the one that serves your shops; the shops are simulated. After every
    step it is held against the truth, which no program could know: who was sold what, and whether it was there. A run that fails is
    shortened and told in words.

    Leaves with 1 when something didn't hold. Nothing of yours is touched.
    """
    from app.simulation import command
    from app.simulation.shops import KINDS, kinds_in

    alone = seeds is None and (events is not None or story is not None)
    many = seeds or (1 if alone else 20)
    kinds = kinds_in(shops) if shops else None
    if unknown := sorted(set(kinds or ()) - set(KINDS)):
        raise typer.BadParameter(f"There is no kind of shop called {unknown[0]!r}. There are: {'; '.join(KINDS)}.", param_hint="--shops")
    options = command.Options(
        seed,
        many,
        orders,
        events,
        story,
        append,
        jobs,
        bounded,
        faults,
        compare,
        docs if drill else picture,
        small,
        shops=kinds,
        days=days,
        guard=guard,
        drill=drill,
    )
    with _clearly():
        fine = command.run(options, _console)
    if not fine:
        raise typer.Exit(1)


@app.command()
def check(
    repair: Annotated[bool, typer.Option("--repair", help="Say what would be done about it, in words. Nothing is done yet.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --repair: do it, and check again.")] = False,
) -> None:
    """Work every figure out once more from the entries that made it, and say what doesn't balance. Safe while it serves.

    Repairs are new entries with the reason "repair"; nothing that was recorded is changed. Leaves with 1 while something doesn't balance.
    """
    if yes and not repair:
        raise typer.BadParameter("it goes with --repair", param_hint="--yes")
    with _clearly(), _opened(_settings()) as database:
        findings = database.look(checking.check)
        for finding in findings:
            typer.echo(str(finding))
        for sku_id in database.look(repairing.skus_of, findings) if repair else ():
            for said in database.run(repairing.repair if yes else repairing.rehearse, sku_id, cause=_COMMAND):
                typer.echo(f"  {'Repaired' if yes else 'Proposed'}: {said}")
        if findings and yes:
            findings = database.look(checking.check)
        if findings:
            then = "" if yes else " `tallystick check --repair --yes` does what was proposed." if repair else _MENDED_BY
            typer.echo(f"{len(findings)} figures don't balance.{then}", err=True)
            raise typer.Exit(1)
        typer.echo("The books balance.")


_MENDED_BY = " `tallystick check --repair` says what can be done about it."


@app.command()
def explain(
    what: Annotated[str, typer.Argument(metavar="CODE", help="A SKU's code, an order's number, or the id of a counter or an order.")],
) -> None:
    """Say why a number is what it is: from the number back to the entries that made it. Safe while it serves; changes nothing.

    MUG-BLUE, a SKU: how many there are where and in which state, what made them so many, who holds them, and each shop's number.

    1001, an order: all that happened to it, in order of time.

    An id of a counter (`GET /v1/counters`): its last reading, and every order and change since then with the shop's own words.
    """
    with _clearly(), _opened(_settings()) as database:
        typer.echo(database.look(explained.said, what), nl=False)


@app.command()
def openapi(
    check_only: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when the file has drifted or clients would break.")
    ] = False,
    land: Annotated[bool, typer.Option("--land", help="Say that clients rely on it from now on: write landed.json too.")] = False,
    path: Annotated[Path, typer.Option(help="Where the contract lies.")] = Path("openapi/openapi.json"),
) -> None:
    """Write the API's contract to openapi/openapi.json.

    Beside it lies landed.json, the contract that clients rely on: what would break them is refused.
    """
    from app.api.contract import breaks
    from app.main import create_app

    document, landed = create_app(Settings(_env_file=None)).openapi(), path.with_name("landed.json")
    contract = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if check_only:
        if not path.exists() or path.read_text() != contract:
            typer.echo(f"{path} isn't what the server answers any more: run `make openapi` and look at the difference.", err=True)
            raise typer.Exit(1)
        if found := breaks(json.loads(landed.read_text()), document):
            typer.echo("\n".join(["This breaks clients of the landed contract:", *found]), err=True)
            typer.echo("Add beside it instead (docs/api.md, Versions). If nobody uses it: `make openapi ARGS=--land`.", err=True)
            raise typer.Exit(1)
        typer.echo(f"{path} is what the server answers, and breaks no client.")
        return
    with _clearly():
        for each in (path, landed) if land else (path,):
            each.write_text(contract)
            typer.echo(f"Wrote {each}.")


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
        typer.echo("Nothing is written to shops before `tallystick resume`: start `tallystick serve`, then run that.")


@app.command()
def copy(
    to: Annotated[
        str | None,
        typer.Argument(
            metavar="TO",
            envvar="TALLYSTICK_COPY_TO",
            help="An empty PostgreSQL database: postgresql://user@host/name. Its password is taken from PGPASSWORD or ~/.pgpass.",
        ),
    ] = None,
    move: Annotated[bool, typer.Option("--move", help="Not a rehearsal: the store goes on there. Stop the service first.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take a move back: the store is here again. It needs `tallystick resume`.")] = False,
) -> None:
    """Copy the store from SQLite to PostgreSQL: to see how it goes, or, with --move, to go on there.

    Without --move it is a rehearsal: safe while the store trades, as of one moment, and what arrives there writes to no shop. It may be
    repeated, into the same database.

    With --move, and the service stopped, the store goes on there as it always did: no order is lost, nothing has to be resumed. What is
    left here can't be started by mistake.

    Every row is read back and held against the one that was sent, and the books are checked before and after. A copy that is broken off,
    however hard, leaves nothing there: run it again. docs/copying.md goes through it step by step.
    """
    from app import main  # noqa: F401  (knows every table)

    settings = _settings()
    if to is None and not undo:
        raise typer.BadParameter("say where to: postgresql://user@host/name, or in TALLYSTICK_COPY_TO", param_hint="TO")
    with _clearly(), _progress() as progress:
        if undo:
            was = copying.undo(settings)
            typer.echo(f"Taken back: the store in {settings.data_dir} is the one again, and {was} mustn't be started any more.")
            typer.echo("It is as old as the move. Start `tallystick serve`; nothing is written to shops before `tallystick resume`.")
            return
        done = copying.copy(settings, str(to), progress, move=move)
    if done.rows:
        typer.echo(f"Copied {done.rows:,} rows to {done.where}. Each was read back and is the same; the books balance here and there.")
    if move:
        typer.echo(_MOVED.format(where=done.where, data=settings.data_dir, key=settings.key))
    else:
        typer.echo("A rehearsal: the store goes on here, and the copy writes to no shop. With --move, and the service stopped, it moves.")


_MOVED = """The store is in {where} from now on; what lies in {data} can't be started any more. Next:
  1. Set TALLYSTICK_DATABASE_URL to where it is, wherever Tallystick is started: the service, its commands, the nightly backup.
  2. {key} still opens what is encrypted. It stays where it is; to another machine it goes along.
  3. `tallystick serve`. Orders that came meanwhile are taken in; nothing has to be resumed."""


@app.command()
def resume(
    channel: Annotated[list[str] | None, typer.Option(help="Only this channel, by its name; may be given several times.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts.")] = False,
) -> None:
    """Write to the shops again, after a restore or a move: waits until they were read, shows what is different, and asks.

    Leaves with 1 when it didn't go on.
    """
    with _clearly():
        went_on = resuming.run(Service(_settings()), Console(highlight=False), names=channel or (), yes=yes)
    if not went_on:
        raise typer.Exit(1)


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A .csv or .jsonl file of products.")],
    location: Annotated[
        str | None, typer.Option(help="Where opening stock goes that the file names no location for; the first one, if left out.")
    ] = None,
    errors: Annotated[Path | None, typer.Option(help="Write what is wrong with rows into this file, as CSV.")] = None,
) -> None:
    """Take in products, SKUs and opening stock: our own columns (docs/import.md), or an export of Shopify, WooCommerce or Etsy.

    The same file may be taken in again: rows that say what is stored change nothing. Leaves with 1 when a row was bad.
    """
    from app.importing import command

    settings = _settings()
    embedded = make_url(settings.database).get_backend_name() == "sqlite"
    with _clearly(), ExitStack() as stack:
        try:
            stack.enter_context(held(settings.data_dir) if embedded else nullcontext())
        except DirectoryHeld:
            with command.Bar() as bar:
                done, wrong = command.by_the_service(settings, path, location, bar.tell)
        else:
            database = stack.enter_context(_opened(settings))
            with command.Bar() as bar:
                done, wrong = command.directly(database, settings, path, location, bar.tell)
        command.report(Console(highlight=False), done, wrong, errors)
        if done["bad_rows"] or done["status"] != "done":
            raise typer.Exit(1)


class _FileFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


class _Kind(StrEnum):
    STOCK = "stock"
    MOVEMENTS = "movements"
    ORDERS = "orders"


@app.command()
def export(
    kind: Annotated[_Kind, typer.Argument(help="What to write down.")],
    path: Annotated[Path, typer.Argument(help="A new file, .csv or .jsonl; - writes to the screen.")],
    format: Annotated[_FileFormat | None, typer.Option(help="Left out: as the file's name says.")] = None,
    sku: Annotated[str | None, typer.Option(help="Only this SKU's, by its code.")] = None,
    location: Annotated[str | None, typer.Option(help="Only this location's, by its code.")] = None,
    status: Annotated[str | None, typer.Option(help="Orders only: open, shipped or cancelled.")] = None,
    since: Annotated[datetime | None, typer.Option(help="Only what changed at this moment (UTC) or later.")] = None,
) -> None:
    """Write stock, movements or orders to a file. Safe while it serves."""
    from app.api.exports import EXPORTS, part

    chosen = format or (_FileFormat.JSONL if path.suffix.lower() in (".jsonl", ".ndjson") else _FileFormat.CSV)
    moment = since.replace(tzinfo=UTC) if since else None
    filters = {"code": sku, "location": location, "recorded_since" if kind == _Kind.MOVEMENTS else "updated_since": moment}
    filters |= {"status": status} if kind == _Kind.ORDERS else {}
    with _clearly(), _opened(_settings()) as database, ExitStack() as stack:
        to_screen = str(path) == "-"
        file = sys.stdout if to_screen else stack.enter_context(path.open("x", encoding="utf-8", newline=""))
        after, more = None, True
        while more:
            text, after = database.look(part, EXPORTS[kind.value], chosen.value, after, filters)
            file.write(text)
            more = after is not None
        if not to_screen:
            typer.echo(f"Wrote {path}.")


@contextmanager
def _progress() -> Iterator[copying.Progress]:
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


@keys.command("new")
def new_key() -> None:
    """Make the key, for a store that has none, or whose key is lost. What the lost one encrypted stays closed: send it anew."""
    settings = _settings()
    with _clearly():
        if not vault.Vault(settings.key).make():
            typer.echo(f"{settings.key} is there already. `tallystick key rotate` puts another one in its place.", err=True)
            raise typer.Exit(1)
        typer.echo(f"Wrote {settings.key}. Keep a copy where your backups aren't: they don't hold it.")


@keys.command("rotate")
def rotate_key() -> None:
    """Encrypt everything with a new key and drop the former one. Safe while it serves; if it is cut off, run it again."""
    settings = _settings()
    with _clearly(), ExitStack() as stack:
        alone = False
        if make_url(settings.database).get_backend_name() == "sqlite":
            with suppress(DirectoryHeld):
                stack.enter_context(held(settings.data_dir))
                alone = True
        database, progress = stack.enter_context(_opened(settings)), stack.enter_context(_progress())
        done = vault.rotate(settings.key, database, progress, alone=alone)
        typer.echo(f"Encrypted {done.sealed} texts with a new key. Keep a copy of {settings.key} where your backups aren't.")
        if done.unreadable:
            typer.echo(f"{done.unreadable} could not be opened by any key in the file, and were left as they are.", err=True)


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Whose it is; it stands in the ledger beside what it did.")],
    scope: Annotated[security.Scope, typer.Option(help="Each contains those before it.")] = security.Scope.WRITE,
    days: Annotated[int | None, typer.Option(min=1, help="How long it is good for; for ever, if left out.")] = None,
) -> None:
    """Make a token and show it, this once."""
    if not 1 <= len(name.strip()) <= 100:
        raise typer.BadParameter("it should have 1 to 100 characters", param_hint="NAME")
    with _clearly(), _opened(_settings()) as database:
        made = database.run(security.create_token, name, scope, timedelta(days=days) if days else None, cause=_COMMAND)
        typer.echo(made["token"])


@tokens.command("list")
def list_tokens() -> None:
    """List the tokens. Their secrets are kept nowhere."""
    with _clearly(), _opened(_settings()) as database:
        table = Table("id", "name", "scope", "made", "last used", "expires", "revoked")
        for row in database.look(security.page_tokens, None, None):
            keys = ("created_at", "last_used_at", "expires_at", "revoked_at")
            moments = (f"{row[key]:%Y-%m-%d %H:%M}" if row[key] else "" for key in keys)
            table.add_row(row["id"], row["name"], row["scope"], *moments)
        Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(table)


@tokens.command("revoke")
def revoke_token(token_id: Annotated[UUID, typer.Argument(help="The id, as `tallystick token list` shows it.")]) -> None:
    """Make a token worthless, within two seconds."""
    with _clearly(), _opened(_settings()) as database:
        database.run(security.revoke_token, str(token_id), cause=_COMMAND)
        typer.echo("Revoked.")


if __name__ == "__main__":
    app()
