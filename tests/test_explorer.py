"""The docs explorer in a browser that reaches nothing but this machine: a newcomer's first order, placed by clicking."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from tests.servers import OWNER_TOKEN, Server

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server(tmp_path / "store") as running:
        yield running


@pytest.fixture
def page() -> Iterator[tuple[Page, list[str], list[str]]]:
    """A page, what it asked of other machines, and what its console complained about."""
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail("chromium is missing: apt-get install chromium")
        pytest.skip("there is no chromium on this machine: apt-get install chromium")
    abroad: list[str] = []
    complaints: list[str] = []

    def only_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            abroad.append(route.request.url)
            route.abort()

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            context = browser.new_context(viewport={"width": 1280, "height": 1000})
            context.route("**/*", only_here)
            opened = context.new_page()
            opened.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
            opened.on("pageerror", lambda error: complaints.append(str(error)))
            yield opened, abroad, complaints
        finally:
            browser.close()


def _open(page: Page, operation: str) -> Any:
    """The operation's block, unfolded."""
    block = page.locator(f".opblock[id$='-{operation}']")
    block.locator(".opblock-summary").click()
    expect(block.locator(".opblock-body")).to_be_visible()
    return block


def _tried(page: Page, operation: str) -> tuple[int, dict[str, Any]]:
    """Click "Try it out" and "Execute", change nothing, and read the answer off the page."""
    block = _open(page, operation)
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table .response")
    expect(answer).to_be_visible(timeout=15_000)
    status = int(answer.locator(".response-col_status").inner_text().split()[0])
    return status, json.loads(answer.locator(".highlight-code code, .highlight-code pre").first.inner_text())


def test_a_newcomer_places_an_order_by_clicking_and_the_page_needs_no_other_machine(
    server: Server, page: tuple[Page, list[str], list[str]], tmp_path: Path
) -> None:
    browser, abroad, complaints = page
    browser.goto(server.url)
    assert browser.url == f"{server.url}/docs"
    browser.get_by_role("button", name="Authorize").click()
    browser.locator(".modal-ux input").fill(OWNER_TOKEN)
    browser.locator(".modal-ux").get_by_role("button", name="Apply credentials").click()
    browser.locator(".modal-ux").get_by_role("button", name="Close").click()

    browser.reload()  # the token is kept
    browser.screenshot(path=tmp_path / "explorer.png")

    status, product = _tried(browser, "create_product")
    assert (status, product["skus"][0]["code"]) == (201, "MUG-BLUE")
    status, movement = _tried(browser, "post_movement")
    assert (status, movement["quantity"]) == (201, 50)
    status, order = _tried(browser, "place_order")
    assert (status, order["status"], order["total"]) == (201, "open", {"amount": 2500, "currency": "EUR"})
    browser.locator(".opblock[id$='-place_order']").screenshot(path=tmp_path / "order.png")

    with server.client() as client:
        assert [each["id"] for each in client.get("/v1/orders").json()["items"]] == [order["id"]]
    assert abroad == []
    assert complaints == []
