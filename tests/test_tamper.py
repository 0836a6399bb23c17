"""Whoever changes the log is caught, and the page that says by what is the truth of today."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def tamper():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import tamper
    finally:
        sys.path.pop(0)
    return tamper


def test_every_way_of_tampering_is_caught_and_the_page_says_by_what(tamper):
    text = (ROOT / tamper.PAGE).read_text()
    assert tamper.page(text) == text


def test_a_way_of_tampering_that_is_not_caught_is_not_passed_over(tamper, monkeypatch):
    honest = tamper.attacks
    monkeypatch.setattr(
        tamper, "attacks", lambda bench: [*honest(bench)[:1], ("nothing", lambda: tamper.by_fsck(bench.copy("c")))]
    )
    with pytest.raises(tamper.Escaped, match="nothing: fsck is clean"):
        tamper.rows()
