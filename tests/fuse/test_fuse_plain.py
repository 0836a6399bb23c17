"""A bare file of reports: any words, radii to be learnt, and a problem row for each row that cannot be used."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest
from click.testing import CliRunner
from fused import at

from trucewatch.cli import main
from trucewatch.fuse import FuseParams, Learnt
from trucewatch.fuse.plain import fair, fuse_plain
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports
from trucewatch.tables import LEARNT


def row(name: str, source: str = "one", **other) -> dict:
    told = {"id": name, "source": source, "kind": "bang", "t0": at(), "t1": at(), "lon": 38.0, "lat": 48.0}
    return {**told, "radius_m": 500.0, "by": None, **other}


def table(*rows: dict) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema_overrides={"radius_m": pl.Float64, "by": pl.String, "lon": pl.Float64})


def made(frame: pl.DataFrame, learnt: Learnt | None = None):
    rows, lost = fair(frame, "x.parquet")
    return fuse_plain(rows, lost, FuseParams(), learnt or Learnt())


def together(plain) -> set[frozenset[str]]:
    groups = plain.links.group_by("incident").agg("observation")["observation"].to_list()
    return {frozenset(group) for group in groups}


BAD = {
    "a negative radius": ({"radius_m": -1.0}, "radius_m"),
    "a radius that is no number": ({"radius_m": math.nan}, "radius_m"),
    "a radius without end": ({"radius_m": math.inf}, "radius_m"),
    "a span that ends before it starts": ({"t1": at(hours=-1)}, "t1"),
    "a place that is no number": ({"lat": math.nan}, "lon"),
    "a place without end": ({"lon": math.inf}, "lon"),
    "half a place": ({"lon": None}, "lon"),
    "a place off the earth": ({"lat": 91.0}, "lat"),
    "no time": ({"t0": None}, "t0"),
    "no kind": ({"kind": None}, "kind"),
    "no source": ({"source": None}, "source"),
    "a source of blanks": ({"source": "  "}, "source"),
    "a radius of more than half the earth": ({"radius_m": 1e308}, "radius_m"),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_row_that_cannot_be_used_is_a_problem_with_its_id_and_merges_nothing(fault):
    change, field = BAD[fault]
    plain = made(table(row("good"), {**row("bad", "two"), **change}))
    assert plain.problems.select("subject", "lost").rows() == [(field, True)]
    assert plain.problems["message"][0].startswith("bad: ") and plain.problems["where"][0] == "x.parquet, row 2"
    assert together(plain) == {frozenset({"good"})}
    assert plain.summary["rows_in"] == plain.summary["observations"] + plain.summary["problems"]


def test_a_time_without_a_zone_is_a_problem_whether_column_or_text():
    naive = table(row("a")).with_columns(pl.col("t0").dt.replace_time_zone(None))
    assert made(naive).problems["subject"].to_list() == ["t0"]
    text = table(row("a"), row("b", "two")).with_columns(
        t0=pl.Series(["2020-05-01T00:00:00", "2020-05-01T02:00+02:00"])
    )
    plain = made(text)
    assert plain.problems["message"].to_list() == ["a: is not an instant with a zone"]
    assert plain.incidents["t0"].to_list() == [at()]


def test_one_id_twice_is_a_problem_for_both():
    assert made(table(row("a"), row("a", "two"))).problems["code"].to_list() == ["same_id", "same_id"]


def test_any_words_will_do_and_other_words_are_not_the_same():
    same = made(table(row("a"), row("b", "two")))
    assert together(same) == {frozenset("ab")} and same.incidents["kind"].to_list() == ["bang"]
    assert together(made(table(row("a"), row("b", "two", kind="boom")))) == {frozenset("a"), frozenset("b")}
    assert together(made(table(row("a", kind="shelling"), row("b", "two", kind="explosion")))) == {frozenset("ab")}


def test_a_radius_that_nobody_tells_is_what_was_learnt_and_without_that_it_stands_alone():
    rows = table(row("a", radius_m=None), row("b", "two", radius_m=None, lat=48.005))
    assert set(made(rows).links["because"]) == {"its error in place is not told"}
    known = pl.DataFrame({"source": ["one", "two"], "place_sd_m": [400.0, 400.0], "most_per_incident": [1, 1]})
    assert together(made(rows, Learnt("x", LEARNT.fit(known)))) == {frozenset("ab")}


def test_the_middle_of_an_incident_on_the_antimeridian_is_there_and_not_on_the_other_side():
    plain = made(table(row("a", lon=179.999), row("b", "two", lon=-179.999)))
    assert plain.incidents.height == 1 and abs(abs(plain.incidents["lon"][0]) - 180) < 1e-6


def test_order_of_rows_and_names_of_parties_change_nothing():
    frame = reports(ReportsParams(reports=600, told_error=True)).observations
    plain, mixed = made(frame), made(frame.sample(fraction=1, shuffle=True, seed=3))
    assert plain.incidents.equals(mixed.incidents) and plain.links.equals(mixed.links)
    swapped = frame.with_columns(pl.col("by").replace({"Party A": "Party B", "Party B": "Party A"}))
    assert made(swapped).links.equals(plain.links)


def test_the_command_writes_what_it_says_and_a_missing_column_is_one_line_and_status_2(tmp_path):
    file, out = tmp_path / "in.parquet", tmp_path / "out"
    reports(ReportsParams(reports=400)).observations.write_parquet(file)
    run = CliRunner().invoke(main, ["fuse", "--observations", str(file), "--out", str(out)])
    assert run.exit_code == 0, run.output
    links = pl.read_parquet(out / "links.parquet")
    assert links.columns == ["incident", "observation", "score", "because"] and links.height == 400
    assert (
        json.loads((out / "summary.json").read_text())["incidents"] == pl.read_parquet(out / "incidents.parquet").height
    )
    assert json.loads((out / "summary.json").read_text())["chances"].startswith("not calibrated")
    assert "not calibrated" in run.output
    pl.read_parquet(file).drop("lat").write_parquet(file)
    run = CliRunner().invoke(main, ["fuse", "--observations", str(file), "--out", str(out)])
    assert run.exit_code == 2 and "has no column lat" in run.output and "Traceback" not in run.output


def test_a_told_share_draws_links_nearer_and_leaves_the_incidents_radius():
    rows = table(row("a"), row("b", "two", lat=48.004))
    known = {"source": ["one", "two"], "place_sd_m": [1.0, 1.0], "most_per_incident": [1, 1]}
    word = made(rows, Learnt("word", LEARNT.fit(pl.DataFrame(known))))
    cut = made(rows, Learnt("cut", LEARNT.fit(pl.DataFrame({**known, "told_share": [0.1, 0.1]}))))
    assert together(word) == {frozenset("ab")} and together(cut) == {frozenset("a"), frozenset("b")}
    assert cut.incidents["radius_m"].to_list() == [500.0, 500.0], "what two share may be wrong of both"
