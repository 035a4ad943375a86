"""What the pages in docs/ tell people to type can be typed, and what they say becomes of a store does."""

import re
import shlex
import sqlite3
from pathlib import Path
from typing import Any

import typer.main
from typer.core import TyperGroup

from app import backups, migrations
from app.cli import app
from app.database import Database
from app.domain import checking, recovery
from tests.landed import make

ROOM = Path(__file__).resolve().parent.parent
PAGES = [ROOM / "README.md", *sorted((ROOM / "docs").glob("*.md"))]


def commands(page: Path) -> list[list[str]]:
    """Every `tallystick …` of a page, in its blocks and in its sentences, as a shell would hand it over."""
    text = page.read_text().replace("\\\n", " ")
    text = re.sub(r"\$\([^)]*\)", "today", text)
    lines = [line for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL) for line in block.splitlines()]
    lines += re.findall(r"`(tallystick [^`\n]*)`", text)
    found = []
    for line in lines:
        for part in re.split(r"&&|\|\||;", line.partition(" #")[0]):
            words = shlex.split(part) if "tallystick" in part else []
            named = (n for n, word in enumerate(words) if word.endswith("bin/tallystick") or _begins(words[: n + 1]))
            where = next(named, None)
            if where is not None:
                found.append(words[where + 1 :])
    return found


def _begins(words: list[str]) -> bool:
    return words[-1] == "tallystick" and all("=" in word for word in words[:-1])


def understood(words: list[str]) -> None:
    """Raises where the command line wouldn't take that: no such command, option or argument. Nothing is done."""
    command: Any = typer.main.get_command(app)
    while isinstance(command, TyperGroup) and words:
        command, words = command.commands[words[0]], words[1:]
    if words and "…" not in words:
        command.make_context("tallystick", list(words), resilient_parsing=False)


def test_every_command_on_the_pages_is_one_that_there_is() -> None:
    wrong = []
    typed = [(page.name, words) for page in PAGES for words in commands(page)]
    for name, words in typed:
        try:
            understood(words)
        except Exception as error:
            if "does not exist" not in str(error):  # a file of hers
                wrong.append(f"{name}: tallystick {' '.join(words)}: {error!r}")
    assert wrong == []
    assert {"copying.md", "upgrading.md", "backups.md", "running.md"} <= {name for name, _ in typed}


def test_every_reason_to_recover_stands_on_the_page_about_backups() -> None:
    page = (ROOM / "docs" / "backups.md").read_text()
    assert [why for why in recovery.WHY if f"`{why}`" not in page] == []


def test_links_between_pages_lead_somewhere() -> None:
    lost = []
    for page in PAGES:
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            name, _, heading = link.partition("#")
            if ":" in name:
                continue
            target = (page.parent / name) if name else page
            headings = {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in _headings(target)} if target.exists() else set()
            if not target.exists() or (heading and target.suffix == ".md" and heading not in headings):
                lost.append(f"{page.name}: {link}")
    assert lost == []


def _headings(page: Path) -> list[str]:
    return re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE) if page.suffix == ".md" else []


def test_an_upgrade_leaves_the_copy_that_its_page_names_and_going_back_to_it_recovers(tmp_path: Path) -> None:
    """The page's steps, but for the exchange of the program: an older one isn't here."""
    data, version = tmp_path / "data", max(path.stem for path in make.HERE.glob("*.sql") if path.stem < migrations.head())
    data.mkdir()
    store = data / "tallystick.sqlite"
    with sqlite3.connect(store) as raw:
        raw.executescript((make.HERE / f"{version}.sql").read_text())
    raw.close()
    assert migrations.upgrade(f"sqlite:///{store}") == (version, migrations.head())
    (named,) = set(re.findall(r"tallystick-before-leaving-[\w-]+\.sqlite", (ROOM / "docs" / "upgrading.md").read_text()))
    pattern = re.sub(r"\d{4}-\d{8}T\d{6}Z", lambda _: f"{version}-*Z", named)
    (copy,) = data.glob(pattern)

    store.rename(tmp_path / "data.newer.sqlite")
    epoch = backups.restore(copy, f"sqlite:///{store}")
    database = Database(f"sqlite:///{store}")
    try:
        found = database.look(recovery.view)
        assert (found["recovering"], found["why"], found["epoch"]) == (True, "restored", epoch)
        assert database.look(checking.check) == []
    finally:
        database.close()
