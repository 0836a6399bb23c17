"""Settings that hold for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from pgserver import Server, running

# The machine may be busy with other things; how long an example takes says nothing here.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL server for all tests that ask for one."""
    with running() as server:
        yield server
