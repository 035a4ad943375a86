"""What the domain's tests share: a clock that only they move, and books that balance when they are done."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app import chance
from app.database import Database
from app.domain import checking


@pytest.fixture
def database_url(reused_database_url: str) -> str:
    return reused_database_url


@pytest.fixture
def clock() -> Iterator[chance.Seeded]:
    """Monday, 2 March 2026, nine in the morning, until the test lets time pass."""
    source = chance.Seeded(1, datetime(2026, 3, 2, 9, tzinfo=UTC))
    with chance.installed(source):
        yield source


@pytest.fixture(autouse=True)
def _the_books_balance_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    database: Database | None = request.getfixturevalue("database") if "database" in request.fixturenames else None
    yield
    if database is not None:
        assert database.look(checking.check) == []
