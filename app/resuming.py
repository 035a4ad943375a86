"""`tallystick resume`: what is different since the store went back in time, and the way on, through the service that runs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.prompt import Confirm
from rich.table import Table
from rich.text import Text

from app.asking import NotAnswered, Service

EVERY_SECONDS = 1.0


def run(service: Service, console: Console, *, names: Sequence[str], yes: bool) -> bool:
    """Wait until the shops were read, show what is different, and go on if she says so. Returns whether it went on.

    `names`: only these channels; none: all. Raises: NotAnswered.
    """
    found = service.ask("GET", "/recovery")
    if not found["recovering"]:
        console.print("Nothing to resume: this store goes on as it always did.")
        return True
    console.print(Text(found["said"], "bold"))
    console.print(f"It knows what happened up to {_moment(found['knows_until'])}; of what came later, only what shops say of their orders.")
    if unknown := [name for name in names if not _named(found, [name])]:
        there = ", ".join(each["name"] for each in _named(found, ()))
        raise NotAnswered(f"No channel that recovers is called {unknown[0]!r}. There are: {there}.")
    found = _wait(service, console, found, names)
    wanted = _named(found, names)
    _show(console, wanted)
    if not yes and not _agreed(console):
        console.print("Nothing was changed, and nothing is written. Run it again when you are ready.")
        return False
    body = {"channels": [each["channel_id"] for each in wanted]} if names else {}
    after = service.ask("POST", "/recovery/resume", json=body)
    for each in wanted:
        console.print(f"{each['name']} is live.", markup=False)
    if after["recovering"]:
        left = ", ".join(each["name"] for each in _named(after, ()))
        console.print(f"Still recovering: {left}.", markup=False)
    else:
        console.print("The store goes on as it always did.")
    return True


def _agreed(console: Console) -> bool:
    try:
        return Confirm.ask("Is this the only one of this store that runs, and shall it write to these shops?", console=console)
    except EOFError:
        raise NotAnswered("Nobody is there to be asked. Run it in a terminal, or with --yes.") from None


def _named(found: Mapping[str, Any], names: Sequence[str]) -> list[dict[str, Any]]:
    """The channels that recover, of these names."""
    return [
        each
        for each in found["channels"]
        if each["status"] == "recovering" and (not names or each["name"] in names or each["channel_id"] in names)
    ]


def _wait(service: Service, console: Console, found: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """Until nothing is missing. Whoever breaks off loses nothing: the service reads on."""
    shown = (TextColumn("{task.description}"), BarColumn(20), TextColumn("{task.fields[what]}"), TimeElapsedColumn())
    with Progress(*shown, console=console, transient=True) as bars:
        tasks = {each["channel_id"]: bars.add_task(each["name"], total=None, what="") for each in _named(found, names)}
        while True:
            waiting = [each for each in _named(found, names) if not each["ready"]]
            for each in _named(found, names):
                what = each["missing"][0]["text"] if each["missing"] else "read"
                # Twice each number: at once, and when nothing can arrive any more. One more for what isn't counted.
                done, total = each["counters_read"] + each["counters_final"] + each["ready"], 2 * each["counters"] + 1
                bars.update(tasks[each["channel_id"]], completed=done, total=total, what=what)
            if not waiting:
                return found
            time.sleep(EVERY_SECONDS)
            found = service.ask("GET", "/recovery")


def _show(console: Console, shops: Sequence[Mapping[str, Any]]) -> None:
    """What was found, shop by shop."""
    figures = Table("shop", "orders taken in", "numbers read", "not as believed")
    for each in shops:
        figures.add_row(Text(each["name"]), f"{each['orders']:,}", f"{each['counters_final']:,}", f"{each['differences']:,}")
    console.print(figures)
    largest = [(each["name"], difference) for each in shops for difference in each["largest"]]
    if largest:
        table = Table("shop", "SKU", "what", "we believed", "it shows")
        for name, each in largest:
            table.add_row(Text(name), Text(each["sku"]), Text(each["title"]), str(each["believed"]), str(each["shown"]))
        console.print(table)
        console.print("What the shops show is believed from now on. What is too much there is lowered first.")
    for each in shops:
        if each["listings_open"]:
            console.print(
                f"{each['name']}: of {each['listings_open']} listings nobody has said what they are. Map them first.", markup=False
            )


def _moment(said: str) -> str:
    return f"{datetime.fromisoformat(said):%Y-%m-%d %H:%M} UTC"
