"""What the tests of lanes share."""

import pytest


@pytest.fixture
def database_url(reused_database_url: str) -> str:
    return reused_database_url
