"""Where the real data lie, if they do; and ways to spoil a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], bytes]:
    """name/file -> its bytes, from TRUCEWATCH_DATA, else from ../shared/data beside the repository."""
    root = Path(os.environ.get("TRUCEWATCH_DATA") or REPOSITORY.parent / "shared" / "data")

    def read(name: str) -> bytes:
        path = root / name
        if not path.is_file():
            pytest.skip(f"no real data: {path} is not there (set TRUCEWATCH_DATA)")
        return path.read_bytes()

    return read


@pytest.fixture(scope="session")
def golden() -> Callable[[str], bytes]:
    """Name -> the bytes of an invented capture."""
    return lambda name: (GOLDEN / name).read_bytes()
