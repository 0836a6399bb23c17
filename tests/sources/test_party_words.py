"""Alerts, attack tables and loss claims: one party's word each, marked as such, and no sighting."""

from __future__ import annotations

from pathlib import Path

import pytest

from trucewatch.cli.base import mapping
from trucewatch.sources.table import SOURCE
from trucewatch.testing import check_source

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("file", "name", "kept", "figures"),
    [
        ("table_alerts.csv", "alerts-ukraine", 2, [1.0, 1.0]),
        ("table_attacks.csv", "attacks-ukraine", 2, [12.0, None]),
        ("table_losses.json", "losses-claimed-ukraine", 1, [2800.0]),
    ],
)
def test_a_partys_word_is_a_statement_of_that_party(file, name, kept, figures):
    got = check_source(SOURCE, (GOLDEN / file).read_bytes(), url=file, options={"mapping": mapping(name)})
    assert got.observations.is_empty() and got.looks.is_empty()
    assert got.statements["figure"].to_list() == figures and got.statements.height == kept
    assert got.statements["on_behalf_of"].unique().to_list() == ["Ukraine"]
    assert got.statements["speaker"].null_count() == 0
    assert got.problems.filter("lost").height == got.rows - kept
