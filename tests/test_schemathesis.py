"""The whole API against its own contract: requests as the contract allows them and as it doesn't, one by one and in chains."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import OWNER_TOKEN, Server
from tests.trade import stock

# Each way of looking has its time. The first ends by itself, and looks at the same everywhere; the others go on as long as they may.
SECONDS = {"examples,coverage": 90, "fuzzing": 10, "stateful": 20}

# A cursor, an idempotency key and a moment's stock aren't a schema's business, so a request that fits it may still be refused.
# Wrong tokens are soon answered 429; tests/api/test_tokens.py looks at them.
LEFT_OUT = "positive_data_acceptance,ignored_auth"

# What it may say of a header that is missing: to schemathesis 428 is no such word.
REFUSES = [400, 401, 403, 422, 428]

CONFIGURATION = f"""
[checks]
missing_required_header.expected-statuses = {REFUSES}

[[operations]]  # mode `each` answers 200 and refuses each movement for itself
include-operation-id = "post_movements"
checks.negative_data_rejection.expected-statuses = {[200, 404, 409, 415, *REFUSES]}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("store") / "data", log_level="error") as running:
        stock(running, 100_000, "MUG-BLUE")
        yield running


@pytest.mark.parametrize("phases", SECONDS)
def test_no_request_finds_a_defect_an_undocumented_status_or_an_answer_that_breaks_the_contract(
    server: Server, tmp_path: Path, phases: str
) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json", "--no-color", "--phases", phases]
    command += ["--header", f"Authorization: Bearer {OWNER_TOKEN}", "--exclude-path", "/metrics", "--exclude-checks", LEFT_OUT]
    command += ["--max-time", str(SECONDS[phases]), "--max-examples", "5", "--continue-on-failure", "--generation-deterministic"]
    command += ["--warnings", "off"]
    command += ["--exclude-operation-id", "stream_events"]  # an answer that doesn't end
    if phases != "examples,coverage":  # what it learns from answers could be the id of the very token that it goes by
        command += ["--exclude-operation-id", "revoke_token"]
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    found = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path, timeout=150)
    assert found.returncode == 0, found.stdout + found.stderr
    print(found.stdout)
    with server.client() as client:
        assert client.get("/v1/store").status_code == 200, "the token was good to the end"
