"""A client of a server in this process, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from tests.api.client import Client, serving
from tests.servers import OWNER_TOKEN, Postgres


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One store for the tests of a file, which keep out of each other's way by making SKUs of their own."""
    folder = tmp_path_factory.mktemp("store")
    if request.param == "sqlite":
        (folder / "tallystick.sqlite").write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        with serving(_settings(folder, "")) as made:
            yield made
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    url = postgres.url_for_new_database(like=request.getfixturevalue("migrated_postgresql"))
    with serving(_settings(folder, url)) as made:
        yield made
    postgres.drop(url)


def _settings(folder: Path, url: str) -> Settings:
    return Settings(data_dir=folder, database_url=url, owner_token=OWNER_TOKEN, log_level="warning")
