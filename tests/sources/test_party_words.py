"""Alerts, attack tables and loss claims: one party's word each, marked as such, and no sighting."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from trucewatch.base.errors import InputError
from trucewatch.cli.base import mapping
from trucewatch.sources.table import SOURCE
from trucewatch.testing import check_source

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize(
    ("file", "name", "kept", "figures"),
    [
        ("table_alerts.csv", "alerts-ukraine", 2, [1.0, 1.0]),
        ("table_alerts_official.csv", "alerts-official-ukraine", 2, [1.0, 1.0]),
        ("table_attacks.csv", "attacks-ukraine", 2, [12.0, None]),
        ("table_attacks_daily.json", "attacks-daily-ukraine", 1, [12.0, 11.0]),
        ("table_losses.json", "losses-claimed-ukraine", 1, [2800.0]),
    ],
)
def test_a_partys_word_is_a_statement_of_that_party(file, name, kept, figures):
    got = check_source(SOURCE, (GOLDEN / file).read_bytes(), url=file, options={"mapping": mapping(name)})
    assert got.observations.is_empty() and got.looks.is_empty()
    assert got.statements["figure"].to_list() == figures and got.statements["locator"].n_unique() == kept
    assert got.statements["on_behalf_of"].unique().to_list() == ["Ukraine"]
    assert got.statements["speaker"].null_count() == 0
    assert got.problems.filter("lost").height == got.rows - kept


def read(file, name):
    return check_source(SOURCE, (GOLDEN / file).read_bytes(), url=file, options={"mapping": mapping(name)})


def test_an_official_alert_names_the_area_from_the_largest_part_to_the_smallest():
    places = read("table_alerts_official.csv", "alerts-official-ukraine").statements["place"].to_list()
    assert places == ["Firstshire", "Secondshire | Mill district | Mill Bridge"]


def test_totals_by_day_say_which_is_launched_and_read_no_parts_that_do_not_add_up():
    got = read("table_attacks_daily.json", "attacks-daily-ukraine").statements
    assert got.select("unit", "figure").rows() == [("launched as claimed", 12.0), ("destroyed as claimed", 11.0)]


def test_equipment_is_a_running_total_by_kind_and_a_kind_not_yet_told_is_unknown():
    got = read("table_equipment.json", "equipment-claimed-ukraine")
    tanks, boats = (got.statements.filter(pl.col("about").str.ends_with(f": {k}")) for k in ("tank", "submarines"))
    assert tanks["figure"].to_list() == [3.0, 5.0] and boats["figure"].to_list() == [None, 0.0]
    assert got.statements["about"].n_unique() == 13 and set(got.statements["unit"]) == {"pieces claimed lost in all"}
    assert got.problems["code"].to_list().count("blank") == 1 and got.problems.filter("lost").height == 1


@pytest.mark.parametrize(
    ("name", "column"), [("losses-claimed-ukraine", "personnel*"), ("equipment-claimed-ukraine", "military auto")]
)
def test_a_file_of_corrections_is_not_read_as_totals(name, column):
    with pytest.raises(InputError) as refused:
        read("table_corrections.json", name)
    said = str(refused.value)
    assert said.startswith(f"table_corrections.json: has no column '{column}'") and "holds differences" in said
    assert "\n" not in said
