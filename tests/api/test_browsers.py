"""Scripts on web pages: kept out unless the page was named."""

from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.api.client import Client, serving
from tests.servers import OWNER_TOKEN

SHOP = "https://shop.example.org"


def asked(client: Client, origin: str) -> httpx.Response:
    """What a browser asks before it lets a script place an order."""
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,idempotency-key"}
    return client.send("OPTIONS", "/v1/orders", token=None, headers=headers)


def test_a_page_that_was_named_may_call_and_read_the_headers_it_needs(tmp_path: Path, migrated_sqlite: Path) -> None:
    (tmp_path / "tallystick.sqlite").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(data_dir=tmp_path, owner_token=OWNER_TOKEN, log_level="warning", cors_origins=f"{SHOP}, http://localhost:5173")
    with serving(settings) as client:
        answer = asked(client, SHOP)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, SHOP)
        for other in ("https://shop.example.org.evil.example", "http://shop.example.org", "https://shop.example.org:8443", "null"):
            refused = asked(client, other)
            assert (refused.status_code, refused.headers.get("access-control-allow-origin")) == (400, None)
        answer = client.get("/v1/store", headers={"Origin": SHOP})
        assert answer.headers["access-control-allow-origin"] == SHOP
        assert {"ETag", "Retry-After", "X-Request-Id"} <= set(answer.headers["access-control-expose-headers"].split(", "))
        assert "access-control-allow-credentials" not in answer.headers
        assert client.get("/v1/orders", token=None, headers={"Origin": SHOP}).headers["access-control-allow-origin"] == SHOP


def test_no_page_may_call_unless_it_was_named(client: Client) -> None:
    assert asked(client, SHOP).status_code == 405
    assert "access-control-allow-origin" not in client.get("/v1/store", headers={"Origin": SHOP}).headers


@pytest.mark.parametrize("origin", ["*", "shop.example.org", "https://shop.example.org/path", "https://*.example.org"])
def test_what_is_not_the_origin_of_a_page_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(ValidationError, match="isn't the origin of a web page"):
        Settings(cors_origins=origin)


def test_the_explorer_runs_no_script_but_ours_and_talks_to_nobody_else(client: Client) -> None:
    home = client.get("/", token=None)
    assert (home.status_code, home.headers["location"]) == (307, "docs")
    page = client.get("/docs", token=None)
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert "http" not in page.text, "every address in the page is relative"
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "explorer.js", "favicon-32x32.png"):
        assert client.get(f"/docs/assets/{name}", token=None).status_code == 200
