"""Findings of periods and of ground, from files to the report and back to the bytes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import commanded
from commanded import run

files = commanded.files
case = commanded.case

PAGE = (Path(__file__).resolve().parents[2] / "docs/owed.md").read_text(encoding="utf-8")
FROZEN = """\
agreement: frozen
title: Lines frozen
source: invented
parties: [{id: aa, name: Aaland}, {id: bb, name: Beeland}]
terms:
  - {id: stay, article: "1", kind: no_advance, says: Nobody goes forward., source: x, since: "2010-03-05 00:00Z", until: open}
"""


def square(west: float, east: float, holder: str) -> dict:
    ring = [[west, 40], [east, 40], [east, 41], [west, 41], [west, 40]]
    return {
        "type": "Feature", "properties": {"held_by": holder}, "geometry": {"type": "Polygon", "coordinates": [ring]},
    }  # fmt: skip


def drawn(edge: float, day: str) -> str:
    shapes = [square(-41, edge, "Aaland"), square(edge, -39, "Beeland")]
    return json.dumps({"type": "FeatureCollection", "snapshot_utc": f"{day}T12:00:00", "features": shapes})


def findings(case: Path) -> list[tuple[str, str]]:
    """(verdict, finding) of every row of "what was owed" in the report."""
    told = json.loads((case / "report" / "report.json").read_text())
    return [(row["verdict"], row["finding"]) for block in told["articles"] for row in block["owed"]]


def test_a_count_is_in_the_report_and_why_leads_back_to_its_row(tmp_path):
    (tmp_path / "truce.yaml").write_text(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    (tmp_path / "counts.csv").write_text(re.findall(r"```csv\n(.*?)```", PAGE, re.DOTALL)[0])
    at = ["--case", str(tmp_path / "case")]
    run("init", str(tmp_path / "case"))
    run(
        "pull",
        "table",
        "--file",
        str(tmp_path / "counts.csv"),
        "--mapping",
        "tallies",
        "--option",
        "zone=Asia/Aden",
        *at,
    )
    assert run("run", "--agreement", str(tmp_path / "truce.yaml"), *at).exit_code == 0
    told = findings(tmp_path / "case")
    assert sorted(verdict for verdict, _ in told) == sorted(
        ["indicated", "not indicated", "cannot tell", "cannot tell", "not indicated", "indicated", "cannot tell"]
    )
    page = (tmp_path / "case" / "report" / "report.html").read_text()
    assert "counts of two are never added" in page
    why = run("why", told[0][1], *at).stdout
    assert "Coast Side: fuel ships, 9 ships" in why and "Coast Side: fuel ships, 4 ships" in why
    assert "row 1: Coast Side,fuel ships" in why
    assert "Hill Side: fuel ships" not in why  # the other side's count is another finding


def test_ground_that_maps_show_gained_is_a_finding_that_leads_back_to_both_maps(tmp_path):
    at = ["--case", str(tmp_path / "case")]
    run("init", str(tmp_path / "case"))
    for day, edge in (("2010-03-04", -40.0), ("2010-03-08", -40.0), ("2010-03-20", -39.9)):
        (tmp_path / f"{day}.geojson").write_text(drawn(edge, day))
        told = ["--option", "mapper=survey"]
        assert run("pull", "control", "--file", str(tmp_path / f"{day}.geojson"), *told, *at).exit_code == 0
    (tmp_path / "frozen.yaml").write_text(FROZEN)
    period = ["--since", "2010-03-05T00:00Z", "--until", "2010-03-25T00:00Z"]
    assert run("run", "--agreement", str(tmp_path / "frozen.yaml"), *period, *at).exit_code == 0
    told = json.loads((tmp_path / "case" / "report" / "report.json").read_text())["articles"][0]["owed"]
    assert [(row["verdict"], row["by"]) for row in told] == [("indicated", "Aaland (on a map of control)")]
    assert re.match(r"9\d\d\.\d km2 gained, 0\.0 km2 lost", told[0]["counted"])
    why = run("why", told[0]["finding"], *at).stdout
    assert "a map of 2010-03-04 12:00 UTC" in why and "a map of 2010-03-20 12:00 UTC" in why
    assert "2010-03-08" not in why.split("run of assess")[1].split("map ")[0]
