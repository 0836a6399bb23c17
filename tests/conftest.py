"""Settings that hold for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from pgserver import Server, running

# The machine may be busy with other things; how long an example takes says nothing here. Sixty examples each are what all
# of them together can have in the time that CI has; a property that wants more says so.
settings.register_profile("house", deadline=None, max_examples=60)
settings.load_profile("house")


ROOMS = ("assess", "claims", "cover", "fuse", "locate", "report", "ring", "settle", "simulate", "watch")
ONE_VERSION = (
    "tests/house", "tests/stores", "tests/test_flips.py", "tests/test_tamper.py", "tests/test_fsck.py",
    "tests/test_withhold.py", "tests/test_replay.py", "tests/test_casework.py",
    "tests/cli/test_cli_custody.py", "tests/cli/test_cli_casework.py", "tests/cli/test_cli_attribute.py",
    *(f"tests/{room}/" for room in ROOMS),
)  # fmt: skip
"""What speaks of the tree, or of disks, cut writes and damaged bytes: no other version of Python tells more of it. Nor do a hundred
more examples of a property, nor the rooms by themselves, pure functions over the tables of a pinned library: every
version is tried with their commands, with stories, sources, the log, and bad input."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what one version of Python is enough for."""
    for item in items:
        property_ = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if property_ or str(item.path.relative_to(config.rootpath)).startswith(ONE_VERSION):
            item.add_marker(pytest.mark.one_version)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One PostgreSQL server for all tests that ask for one."""
    with running() as server:
        yield server
