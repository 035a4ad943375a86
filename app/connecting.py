"""`tallystick channel`: from a shop's address to stock that is written to it, question by question, through the service that runs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm, Prompt
from rich.table import Table
from rich.text import Text

from app.asking import NotAnswered, Service
from app.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="Connect shops, say what is what there, and go live. `tallystick serve` has to run beside it.\n\n"
    "The way: connect (asks for everything) → map → opening-stock → preview, as often as you like → go-live.",
)

EVERY_SECONDS = 0.5
PATIENCE = 20  # looks, until a refusal is believed: it may be from before something was put right
SHOWN = 40
# What only tests and sandboxes need isn't asked for; --set takes it all the same.
_NOT_ASKED = {"base_url", "environment", "order_lag_s", "location_id", "api_version"}

# What a person enters there names our app; her shop she lets us into by browser.
_LETS_IN_BY_BROWSER = {"ebay", "etsy"}

Named = Annotated[str, typer.Argument(help="The channel's name, or its id.")]

_console = Console(highlight=False)


@contextmanager
def _service() -> Any:
    try:
        yield Service(Settings())
    except NotAnswered as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _channel(service: Service, name: str) -> dict[str, Any]:
    """The channel of that name, among those that aren't over. Raises: NotAnswered."""
    there = [each for each in service.everything("/channels") if each["status"] != "disconnected"]
    found = [each for each in there if name in (each["id"], each["name"])]
    if not found:
        known = ", ".join(repr(each["name"]) for each in there) or "none yet: `tallystick channel connect` makes one"
        raise NotAnswered(f"No channel is called {name!r}. There are: {known}.")
    if len(found) > 1:
        raise NotAnswered(f"Several channels are called {name!r}; use its id: {', '.join(each['id'] for each in found)}.")
    return found[0]


# Connecting


@app.command()
def connect(
    kind: Annotated[str | None, typer.Option(help="ebay, etsy, shopify or woocommerce; asked for if left out.")] = None,
    name: Annotated[str | None, typer.Option(help="What you call it.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A setting, as name=value; may be given several times.")] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="A JSON file with what opens the shop, for scripts; `-` reads it from standard input.")
    ] = None,
    location: Annotated[list[str] | None, typer.Option(help="The code of a location of yours that it sells from, in order.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; for scripts.")] = False,
) -> None:
    """Connect a shop: test what opens it, bring in what is on sale there and its open orders. Nothing is written to it."""
    given = dict(each.partition("=")[::2] for each in set_ or ())
    with _service() as service:
        kinds = {each["kind"]: each for each in service.ask("GET", "/channel-kinds")["items"]}
        kind = kind or Prompt.ask("What kind of shop is it?", choices=list(kinds), console=_console)
        if kind not in kinds:
            raise NotAnswered(f"There is no kind of shop called {kind!r}; there are {', '.join(kinds)}.")
        name = name or (kind.capitalize() if yes else Prompt.ask("What do you call it?", default=kind.capitalize(), console=_console))
        settings = given if yes else given | _asked(kinds[kind]["settings"], known=given)
        opens = _read(credentials) if credentials else {} if yes else _asked(kinds[kind]["credentials"], known={}, secret=True)
        places = location or _places(service, yes=yes)
        if not yes:
            _own_orders(service)
        draft = {"kind": kind, "name": name, "settings": settings, "credentials": opens, "locations": places}
        made = service.ask("POST", "/channels", json=draft)
        _console.print(f"[bold]{name}[/bold] is connected. Nothing is written to it before you say so.")
        if not yes and (not opens or kind in _LETS_IN_BY_BROWSER):
            _by_browser(service, made)
        if not _tested(service, made, kinds[kind]["credentials"], yes=yes):
            raise typer.Exit(1)
        _wait_until_read(service, made)
        _say_next(service, made)


def _asked(fields: Sequence[Mapping[str, str]], *, known: Mapping[str, str], secret: bool = False) -> dict[str, str]:
    """What a person enters; what she leaves empty isn't in it."""
    found = {}
    for field in fields:
        if field["name"] in known or field["name"] in _NOT_ASKED:
            continue
        said = Prompt.ask(
            f"{field['what']}\n  [bold]{field['name']}[/bold]", password=secret, default="", show_default=False, console=_console
        )
        if said.strip():
            found[field["name"]] = said.strip()
    return found


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(sys.stdin.read() if str(path) == "-" else path.read_text())
    except (OSError, ValueError) as error:
        raise NotAnswered(f"{path} can't be read as JSON: {error}.") from None
    if not isinstance(found, dict):
        raise NotAnswered(f'{path} should hold a JSON object, such as {{"client_id": "…"}}.')
    return {str(field): str(value) for field, value in found.items()}


def _places(service: Service, *, yes: bool) -> list[str]:
    there = [each["code"] for each in service.everything("/locations")]
    if len(there) == 1 or yes:
        return there[:1]
    said = Prompt.ask("Which of your locations does it sell from, in order?", default=",".join(there), console=_console)
    return [each.strip() for each in said.split(",") if each.strip()]


def _own_orders(service: Service) -> None:
    """Asked once, with the first shop: what is kept back for nobody would be missing there."""
    if service.ask("GET", "/channels", params={"limit": 1})["items"]:
        return
    question = "Do you also take orders elsewhere: at a market, by telephone? (Then a part of your stock is kept back for them.)"
    service.ask("PATCH", "/store", json={"own_orders": Confirm.ask(question, default=False, console=_console)}, headers={"If-Match": "*"})


def _by_browser(service: Service, made: Mapping[str, Any]) -> None:
    """Where the shop has a page on which its owner lets us in."""
    try:
        found = service.ask("POST", f"/channels/{made['id']}/consent")
    except NotAnswered as error:
        if error.code != "consent_failed":
            raise
        _console.print(Text(str(error)))
        return
    _console.print(Text(f"Open this page in a browser in which you are signed in to the shop, and agree:\n{found['url']}"))
    question = "Press Enter when your browser says that it is done. If it ends on a page that isn't there, paste that page's whole address"
    said = Prompt.ask(question, default="", show_default=False, console=_console).strip()
    if said:
        service.ask("POST", f"/channels/{made['id']}/consent/answer", json={"address": said})


def _tested(service: Service, made: Mapping[str, Any], fields: Sequence[Mapping[str, str]], *, yes: bool) -> bool:
    """Ask the shop who it is, until it answers or the person gives up."""
    while True:
        with _console.status("Asking the shop …"):
            found = service.ask("POST", f"/channels/{made['id']}/test")
        if found["ok"] and found["locations"] and not any(each["used"] for each in found["locations"]):
            _place(service, made, found["locations"], yes=yes)
            continue
        for each in found["warnings"]:
            _console.print(f"[yellow]![/yellow] {each}")
        if found["ok"]:
            _console.print(f"[green]✓[/green] It is {found['shop_name'] or 'your shop'}, and lets us do what we need.")
            if found["currency_is_the_stores"] is False:
                _console.print(f"[yellow]![/yellow] It sells in {found['currency']}, and your store counts in another currency.")
            if found["orders"]:
                _console.print(Text(found["orders"]["text"]))
            return True
        _console.print(Text(f"It didn't work ({found['code']}): {found['detail']}", "red"))
        if yes or not Confirm.ask("Try again, with other credentials?", default=True, console=_console):
            _console.print(f"The channel stays as it is. Go on later with: tallystick channel test {made['name']!r}", markup=False)
            return False
        if opens := _asked(fields, known={}, secret=True):
            service.ask("PATCH", f"/channels/{made['id']}", json={"credentials": opens}, headers={"If-Match": "*"})


def _place(service: Service, made: Mapping[str, Any], there: Sequence[Mapping[str, Any]], *, yes: bool) -> None:
    """Say which of the shop's own places is meant."""
    chosen = there[0]["id"]
    if len(there) > 1:
        if yes:
            names = ", ".join(f"{each['id']} ({each['name']})" for each in there)
            raise NotAnswered(f"The shop has several places; name one with --set location_id=…: {names}.")
        for number, each in enumerate(there, 1):
            _console.print(f"  {number}  {each['name']}", markup=False)
        numbers = [str(number) for number in range(1, len(there) + 1)]
        chosen = there[int(Prompt.ask("Whose stock shall be looked after?", choices=numbers, default="1", console=_console)) - 1]["id"]
    service.ask("PATCH", f"/channels/{made['id']}", json={"settings": {"location_id": chosen}}, headers={"If-Match": "*"})


@app.command()
def test(channel: Named) -> None:
    """Ask a shop now who it is, and what we may do there."""
    with _service() as service:
        row = _channel(service, channel)
        if not _tested(service, row, [], yes=True):
            raise typer.Exit(1)


def _readiness(service: Service, row: Mapping[str, Any]) -> dict[str, Any]:
    summary = service.ask("GET", "/go-live", params={"channel": row["id"], "limit": 1})["summary"]
    found: dict[str, Any] = summary["channels"][0]
    return found


def _wait_until_read(service: Service, row: Mapping[str, Any]) -> None:
    """Until everything that is on sale there is known. Whoever breaks off loses nothing: the service reads on."""
    shown = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[what]}"), TimeElapsedColumn())
    with Progress(*shown, console=_console, transient=True) as bars:
        task, most, refusals = bars.add_task("Reading the shop", total=None, what=""), 0, 0
        while missing := _readiness(service, row)["missing"]:
            refusals = refusals + 1 if missing[0]["code"] in ("credentials", "scope", "gone", "misconfigured") else 0
            if refusals > PATIENCE:
                raise NotAnswered(missing[0]["text"])
            count = missing[0]["count"] or 0
            most = max(most, count)
            bars.update(task, total=most or None, completed=most - count, what=missing[0]["text"])
            time.sleep(EVERY_SECONDS)


def _say_next(service: Service, row: Mapping[str, Any]) -> None:
    name, ready = row["name"], _readiness(service, row)
    listed = len(list(service.everything(f"/channels/{row['id']}/listings")))
    _console.print(f"{listed} listings are known; {listed - ready['unmapped']} of them by their code.")
    _console.print("Next:", style="bold")
    if ready["unmapped"]:
        _console.print(f"  tallystick channel map {name!r}        say what the other {ready['unmapped']} are", markup=False)
    _console.print("  tallystick channel opening-stock   say how much there is, once", markup=False)
    _console.print("  tallystick channel preview         see what going live would do", markup=False)
    _console.print("  tallystick channel go-live", markup=False)


# What is what


@app.command("map")
def map_(
    channel: Named,
    make_skus: Annotated[
        bool, typer.Option("--make-skus", help="Make a product and a SKU of every listing that is left: the shop is your catalogue.")
    ] = False,
) -> None:
    """Say what listings are: one of your SKUs, several units of one, or never stock. What is left open is left alone."""
    with _service() as service:
        row = _channel(service, channel)
        if make_skus:
            _make_skus(service, row)
            return
        waiting = list(service.everything(f"/channels/{row['id']}/proposals"))
        if not waiting:
            _console.print("Everything there is known.")
        for number, each in enumerate(waiting, 1):
            said = _what_is(each, number, len(waiting))
            if said == "all":
                _make_skus(service, row)
                return
            if said is None:
                break
            if said == "new":
                service.ask("POST", f"/channels/{row['id']}/skus", json={"listings": [each["id"]]})
            elif said:
                _answer(service, row, each, said)


def _what_is(listing: Mapping[str, Any], number: int, of: int) -> Any:
    """What a person says of a listing: its parts or `ignored`, "new", "all", {} to leave it, None to stop."""
    _console.print(f"\n[{number} of {of}] {listing['title']}  ({listing['sku_code'] or 'no code'})", markup=False, style="bold")
    for place, each in enumerate(listing["proposals"], 1):
        _console.print(f"  {place}  {each['sku']}  {each['title']}: {each['why']}", markup=False)
    _console.print(
        "  a code of yours, or CODE*4 for a set of four · n a new SKU · i never stock · Enter leave it · all make SKUs of the rest · q stop"
    )
    said = Prompt.ask("It is", default="", show_default=False, console=_console).strip()
    if said == "q":
        return None
    if said == "all":
        return "all"
    if said == "n":
        return "new"
    if said == "i":
        return {"ignored": True}
    if said.isdigit() and 1 <= int(said) <= len(listing["proposals"]):
        return {"components": [{"sku": listing["proposals"][int(said) - 1]["sku"], "quantity": 1}]}
    if not said:
        return {}
    parts = [part.partition("*")[::2] for part in said.split("+")]
    return {"components": [{"sku": code.strip(), "quantity": int(times) if times.strip().isdigit() else 1} for code, times in parts]}


def _answer(service: Service, row: Mapping[str, Any], listing: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    try:
        service.ask("POST", f"/channels/{row['id']}/mappings", json={"listings": [{"listing": listing["id"], **said}]})
    except NotAnswered as error:
        _console.print(Text(f"{error} It is left open.", "red"))


def _make_skus(service: Service, row: Mapping[str, Any]) -> None:
    made, after = 0, None
    with _console.status("Making SKUs …"):
        while True:
            found = service.ask("POST", f"/channels/{row['id']}/skus", json={"listings": None, "after": after})
            made += len(found["made"])
            after = found["next"]
            if after is None:
                break
    _console.print(f"{made} SKUs were made.")


@app.command("opening-stock")
def opening_stock(
    source: Annotated[str | None, typer.Option("--from", help="The channel whose numbers are true; asked for if left out.")] = None,
    location: Annotated[str | None, typer.Option(help="Where the units lie; its first location, if left out.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask; for scripts.")] = False,
) -> None:
    """Say how much there is, once for each SKU: by one channel's numbers. What the channels say is never added up."""
    with _service() as service:
        waiting = list(service.everything("/opening-stock"))
        if not waiting:
            _console.print("Every SKU that is sold somewhere has had stock entered. Count with POST /v1/stock/counts.")
            return
        names = list(dict.fromkeys(said["channel"] for each in waiting for said in each["channels"]))
        table = Table("SKU", "title", *names)
        for each in waiting[:SHOWN]:
            units = {said["channel"]: "?" if said["units"] is None else str(said["units"]) for said in each["channels"]}
            table.add_row(each["sku"], Text(each["title"]), *(units.get(name, "") for name in names))
        _console.print(table)
        if len(waiting) > SHOWN:
            _console.print(f"… and {len(waiting) - SHOWN} more.")
        if source is None:
            if yes:
                raise NotAnswered("Name the channel whose numbers are true: --from NAME.")
            source = str(Prompt.ask("Whose numbers are true?", choices=[*names, "none"], default=names[0], console=_console))
            if source == "none":
                _console.print("Nothing was entered. Count, and send it to POST /v1/opening-stock with `counts`.")
                return
        row = _channel(service, source)
        place, after, taken, skipped = location or row["locations"][0], None, 0, []
        while True:
            found = service.ask("POST", "/opening-stock", json={"channel": row["id"], "location": place, "after": after})
            taken += len(found["taken"])
            skipped += found["skipped"]
            after = found["next"]
            if after is None:
                break
        _console.print(f"Opening stock of {taken} SKUs was entered at {place}.", markup=False)
        for each in skipped[:SHOWN]:
            _console.print(f"  {each['sku']}: {each['why']}", markup=False)


# Going live


@app.command()
def preview(
    channel: Annotated[
        list[str] | None, typer.Option(help="Only this channel; may be given several times. Every connected one, else.")
    ] = None,
) -> None:
    """See what going live would do to every number on every channel. Nothing is changed; look as often as you like."""
    with _service() as service:
        _previewed(service, [_channel(service, each) for each in channel or ()])


def _previewed(service: Service, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    params: dict[str, Any] = {"channel": [row["id"] for row in rows]} if rows else {}
    first = service.ask("GET", "/go-live", params=params | {"limit": 200})
    summary: dict[str, Any] = first["summary"]
    items, after = first["items"], first["next"]
    with _console.status("Working it out …"):
        while after is not None:
            page = service.ask("GET", "/go-live", params=params | {"limit": 200, "after": after})
            items, after = items + page["items"], page["next"]
    table = Table("SKU", "where", "shows", "then", "in the end", "what buyers notice")
    changed = [(item, each) for item in items for each in item["counters"] if each["in_plan"] and each["raised_to"] != each["shows"]]
    for item, each in changed[:SHOWN]:
        steps = (str(each["shows"]), str(each["lowered_to"]), str(each["raised_to"]))
        table.add_row(item["sku"], Text(each["channel"]), *steps, Text(each["text"] or ""))
    if changed:
        _console.print(table)
    if len(changed) > SHOWN:
        _console.print(f"… and {len(changed) - SHOWN} more: GET /v1/go-live lists them all.")
    figures = f"{summary['lowered']} lowered first, {summary['raised']} raised then, {summary['unchanged']} left as they are"
    _console.print(f"{summary['skus']} SKUs: {figures}.")
    if summary["lowered"]:
        _console.print(
            "What is taken off goes to your other shops, and is kept for orders of your own: docs/overselling.md, What it costs."
        )
    for each in summary["warnings"]:
        _console.print(Text(f"! {each['text']}", "yellow"))
    for each in summary["channels"]:
        for missing in each["missing"]:
            _console.print(Text(f"✗ {each['name']}: {missing['text']}", "red"))
    return summary


@app.command("go-live")
def go_live(
    channel: Annotated[
        list[str] | None, typer.Option(help="Only this channel; may be given several times. Every connected one, else.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to what the preview warns of, unasked; for scripts.")] = False,
) -> None:
    """Let the numbers on the channels be written from now on, by one plan: all that is too high is lowered, then the rest is raised."""
    with _service() as service:
        rows = [_channel(service, each) for each in channel or ()]
        summary = _previewed(service, rows)
        if not summary["channels"]:
            raise NotAnswered("No channel waits to go live. `tallystick channel list` shows how each stands.")
        if not summary["ready"]:
            raise NotAnswered("Not everything is known yet, so nothing was changed. See above what is missing, and run it again.")
        if not yes and not Confirm.ask("Go live with this?", default=False, console=_console):
            _console.print("Nothing was changed.")
            return
        body: dict[str, Any] = {"accept": [each["code"] for each in summary["warnings"]]}
        if rows:
            body["channels"] = [row["id"] for row in rows]
        for each in service.ask("POST", "/go-live", json=body)["channels"]:
            _console.print(f"[green]✓[/green] {each['name']} is live.")


@app.command("list")
def list_() -> None:
    """How each channel stands."""
    with _service() as service:
        table = Table("name", "kind", "how it stands", "last message", "last asked", "last written", "trouble")
        for each in service.everything("/channels"):
            lane = each["lane"]
            moments = ((lane[name] or "")[:16].replace("T", " ") for name in ("delivered_at", "polled_at", "written_at"))
            table.add_row(Text(each["name"]), each["kind"], each["status"], *moments, Text(lane["last_error"] or ""))
        Console(highlight=False, soft_wrap=not sys.stdout.isatty()).print(table)


@app.command()
def pause(channel: Named) -> None:
    """Write nothing to it any more. Its orders come in as before, and it keeps what was set aside for it."""
    _turn(channel, "pause", "is paused. Its orders come in; nothing is written to it.")


@app.command()
def start(channel: Named) -> None:
    """Write to it again after a pause, or call off that it leaves."""
    _turn(channel, "start", "is live.")


@app.command()
def disconnect(
    channel: Named,
    shown: Annotated[
        str | None,
        typer.Option(
            help="What becomes of what it shows. zero: lowered to 0 first; set_aside: kept for it; gone: nothing is on sale there."
        ),
    ] = None,
) -> None:
    """End a connection. What the shop shows can still be sold there: you are asked what becomes of it."""
    if shown is None:
        _console.print("zero       its numbers are lowered to 0 first, then it ends by itself")
        _console.print("set_aside  it ends now, and what it shows is kept for it until you say `gone`")
        _console.print("gone       nothing is on sale there any more: its units are free at once")
        shown = Prompt.ask("What becomes of what it shows?", choices=["zero", "set_aside", "gone"], default="zero", console=_console)
    _turn(channel, "disconnect", "is being emptied, then it ends." if shown == "zero" else "is over.", {"shown": shown})


def _turn(channel: str, how: str, said: str, body: Mapping[str, Any] | None = None) -> None:
    with _service() as service:
        row = _channel(service, channel)
        service.ask("POST", f"/channels/{row['id']}/{how}", **({"json": body} if body is not None else {}))
        _console.print(f"{row['name']} {said}", markup=False)
