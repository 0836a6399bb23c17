"""The corridors of March 2022: hours are parsed where they are plain, rows are terms or problems, silence needs a look."""

from __future__ import annotations

import csv
import doctest
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import shapely
import yaml

from trucewatch import assess as assess_room
from trucewatch.tables import AREAS, INCIDENTS, LOOKS

FOLDER = Path(__file__).parents[2] / "examples/corridors-2022"
DATA = Path(os.environ.get("TRUCEWATCH_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
NEEDED = (
    "humanitarian_corridors_ukraine_2022/HC_geocoded.csv",
    "cir_eyes_on_russia_2022/events.csv",
    "firms_ukraine_2021_2022/MODIS-2022-arch.csv",
    "firms_ukraine_2021_2022/MODIS-2021.csv",
)
sys.path.insert(0, str(FOLDER))

import corridor_answers as told  # noqa: E402
import corridor_hours  # noqa: E402
import corridor_page  # noqa: E402
import corridor_rows  # noqa: E402
import corridors as script  # noqa: E402
from corridor_hours import Hours, hours_of  # noqa: E402
from corridor_rows import agreements, apart_m, corridors, same, short, when, where  # noqa: E402

DAY = date(2022, 3, 5)
ROW = {
    "HC_ID": "7", "date": "2022-03-05", "proposal": "Agreed", "status_result": "disputed",
    "text": "A ceasefire from 9:00 a.m. to 4:00 p.m. Kyiv Time.", "Link": "https://example.org/a ;;;; https://example.org/b",
    "From": "Aford (North)", "from_longitude": "36.0", "from_latitude": "48.0",
    "To": "Bford, from where people go on", "to_longitude": "36.2", "to_latitude": "48.0",
}  # fmt: skip


def utc(hour: int, minute: int = 0, day: int = 5) -> datetime:
    return datetime(2022, 3, day, hour, minute, tzinfo=UTC)


def hours(text: str) -> tuple[datetime | None, datetime | None, str]:
    found = hours_of(text, DAY)
    return found.since, found.until, found.because


# --- hours ---


def test_both_zones_that_tell_one_instant_are_one_time():
    text = "He announced a ceasefire from 9:00 a.m. to 4:00 p.m. Kyiv Time (10:00 a.m. to 5:00 p.m. Moscow Time)."
    assert hours(text) == (utc(7), utc(14), "hours told")


def test_am_and_pm_without_minutes_and_with_noon_and_midnight():
    assert hours("A truce: a corridor from 9 a.m. to 9 p.m. local time.") == (utc(7), utc(19), "hours told")
    assert hours("A corridor from 12 p.m. to 3 p.m. local time.")[:2] == (utc(10), utc(13))
    assert hours("A corridor from 9 a.m. to 12 a.m. local time.")[:2] == (utc(7), utc(22))


def test_24_is_the_end_of_its_day_and_no_start():
    assert hours("The ceasefire from 10:00 to 24:00 Kyiv time holds.") == (utc(8), utc(22), "hours told")
    assert hours("The ceasefire from 24:00 Kyiv time holds.")[:2] == (None, None)


def test_zones_that_tell_two_instants_leave_the_hours_unknown():
    text = "a cease-fire starting at 10 a.m. local time (0700 UTC) Wednesday"
    assert hours(text) == (None, None, "hours told that conflict")
    twice = "A ceasefire from 9 a.m. to 4 p.m. Kyiv Time. KYIV - The ceasefire from 10 a.m. Kyiv Time was announced."
    assert hours(twice) == (None, None, "hours told that conflict")
    assert hours("A ceasefire from 4 p.m. to 9 a.m. Kyiv Time.")[2] == "hours told that conflict"


def test_an_hour_without_a_zone_is_nobodys_hour():
    assert hours("A ceasefire starting 10:00 a.m. on March 5.") == (None, None, "hours told, but not plainly in a zone")


def test_a_slip_counts_only_where_the_other_zone_tells_it_plainly():
    text = "a ceasefire from 9:00 a.m. to 4:00 p.m. Kyiv Time (10:00 a.m. to 17:00 a.m. Moscow Time)"
    assert hours(text) == (utc(7), utc(14), "hours told")
    assert hours("a ceasefire from 10:00 a.m. to 17:00 a.m. Moscow Time") == (utc(7), None, "only the start is told")


def test_the_end_behind_the_brackets_is_in_the_first_zone():
    text = "starting from 9:00 a.m. local time (10:00 a.m. Moscow Time) until 9:00 p.m., a temporary ceasefire would be"
    assert hours(text) == (utc(7), utc(19), "hours told")


def test_hours_of_buses_and_of_people_are_not_those_of_the_truce():
    for text in (
        "Corridors are open. Buses departed along them at 8:00 a.m. local time.",
        "The corridor is used: buses will leave at 8:00 a.m. Kyiv Time.",
        "2,000 vehicles were leaving the city as of 2 p.m. local time (3 p.m. Moscow time).",
        "with the evacuation of civilians starting at 11:00 a.m. Kyiv Time.",
    ):
        assert hours(text) == (None, None, "no hours told"), text


def test_the_clock_change_of_the_spring_is_kept():
    found = hours_of("A ceasefire from 9 a.m. to 4 p.m. Kyiv Time (9 a.m. to 4 p.m. Moscow Time).", date(2022, 3, 28))
    assert (found.since, found.until) == (utc(6, day=28), utc(13, day=28))


# --- rows ---


def test_rows_in_are_terms_and_problems():
    rows = [
        ROW,
        ROW | {"HC_ID": "8", "date": "5 March"},
        ROW | {"HC_ID": "9", "proposal": "Somebody"},
        ROW | {"HC_ID": "10", "To": " "},
        ROW | {"HC_ID": "11", "from_latitude": "north"},
        ROW | {"HC_ID": "12", "from_latitude": "148"},
        ROW | {"HC_ID": "13", "to_longitude": "36.0"},
        ROW | {"HC_ID": ""},
        ROW,
    ]
    made, problems = corridors(rows, {})
    assert [one.id for one in made] == ["hc-7", "row-8", "hc-7-again-2"]
    assert [problem.row for problem in problems] == [2, 3, 4, 5, 6, 7]
    assert len(made) + len(problems) == len(rows)
    assert sum(len(text["terms"]) for text in agreements(made).values()) == len(made)
    assert same(made) == 2


def test_who_proposed_it_gives_form_status_and_who_is_bound():
    rows = [ROW, ROW | {"HC_ID": "8", "proposal": "Ukraine"}, ROW | {"HC_ID": "9", "proposal": "Russia"}]
    made = agreements(corridors(rows, {})[0])
    assert list(made) == ["corridors-2022-agreed", "corridors-2022-by-ukraine", "corridors-2022-by-russia"]
    agreed, ours, theirs = made.values()
    assert (agreed["form"], agreed["terms"][0]["binds"]) == ("mutual", "all")
    assert "readings" not in agreed["terms"][0]
    for text, by, other in ((ours, "ukraine", "russia"), (theirs, "russia", "ukraine")):
        term = text["terms"][0]
        assert (text["form"], term["binds"], [s["is"] for s in text["status"]]) == ("unilateral", [by], ["proposed"])
        assert (term["readings"][by]["binds"], term["readings"][other]["binds"]) == ("all", "nobody")


def test_every_agreement_made_is_one_that_the_parser_takes():
    rows = [ROW | {"HC_ID": str(n), "proposal": by} for n, by in enumerate(("Agreed", "Ukraine", "Russia"))]
    rows += [ROW | {"HC_ID": "4", "text": ""}, ROW | {"HC_ID": "5", "From": "Gford"}]
    for name, text in agreements(corridors(rows, {"Gford": None})[0]).items():
        agreed = assess_room.agreement(yaml.safe_dump(text, sort_keys=False, allow_unicode=True), f"{name}.yaml")
        assert len(agreed.terms) == len(text["terms"])


def test_hours_not_told_may_be_any_of_the_day_and_are_never_sure():
    made, _ = corridors([ROW, ROW | {"HC_ID": "8", "text": ""}], {})
    text = yaml.safe_dump(agreements(made)["corridors-2022-agreed"], sort_keys=False)
    known, unknown = assess_room.agreement(text, "corridors-2022-agreed.yaml").terms
    (sure,) = known.readings[0].when.sure
    assert (sure.start, sure.end) == (utc(7), utc(14))
    assert unknown.readings[0].when.sure == ()
    (may,) = unknown.readings[0].when.may
    assert (may.start, may.end) == (utc(22, day=4), utc(22))
    assert when(DAY, Hours(utc(7), None, ""))["until"] == {
        "between": ["2022-03-05T07:00:00Z", "2022-03-05 24:00 Europe/Kyiv"]
    }


def test_the_edge_is_as_wide_as_the_road_may_bend():
    (one,), _ = corridors([ROW], {})
    length = apart_m((36.0, 48.0), (36.2, 48.0))
    assert 14_800 < length < 15_000
    assert where(one)["edge_m"] == pytest.approx(0.3 * length, abs=100)
    assert where(one)["distance_a_side_m"] == 5_000


def test_a_point_of_another_place_of_that_name_is_corrected_and_told():
    far = corridors([ROW], {"Aford": (37.0, 49.0)})[0][0]
    assert (far.ends, far.placed) == (((37.0, 49.0), (36.2, 48.0)), "corrected")
    near = corridors([ROW], {"Aford": (36.01, 48.0)})[0][0]
    assert (near.ends, near.placed) == (((36.0, 48.0), (36.2, 48.0)), "as listed")
    nowhere = corridors([ROW], {"Aford": None})[0][0]
    assert (nowhere.ends, nowhere.placed) == (None, "not known")
    assert where(nowhere)["unknown"] is True


def test_places_are_told_with_a_reason_and_with_both_figures_or_none():
    with (FOLDER / "places.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert all(
        row["why"] and bool(row["lon"]) == bool(row["lat"]) and short(row["name"]) == row["name"] for row in rows
    )
    assert all(
        22 < lon < 41 and 44 < lat < 53 for lon, lat in filter(None, script.read_places(FOLDER / "places.csv").values())
    )


# --- answers ---


def incident(name: str, kind: str, t0: datetime, t1: datetime, **more: object) -> dict[str, object]:
    return {
        "id": name, "kind": kind, "t0": t0, "t1": t1, "lon": 36.1, "lat": 48.0, "radius_m": 100.0, "p": 0.99,
        "n_observations": 1, "n_lineages": 1, "n_denials": 0, "sources": ["s"], "by": "Ukraine", **more,
    }  # fmt: skip


def answered(
    incidents: list[dict[str, object]],
    footprint: shapely.Geometry | None = None,
    places: dict | None = None,
    **row: str,
) -> dict[str, object]:
    """The whole way on invented rows: a corridor, what happened, who looked -> its line."""
    (one,), _ = corridors([ROW | row], places or {})
    ((name, text),) = agreements([one]).items()
    text["terms"][0]["where"].pop("edge_m", None)  # else no place is surely on the road
    agreed = assess_room.agreement(yaml.safe_dump(text, sort_keys=False), f"{name}.yaml")
    what = INCIDENTS.fit(
        pl.DataFrame(incidents, schema={k: INCIDENTS.schema[k] for k in incident("", "", utc(0), utc(0))})
    )
    made = assess_room.assess(what, AREAS.empty(), agreed)
    looks = LOOKS.fit(pl.DataFrame({
        "id": ["l"], "capture": ["c"], "source": ["firms/T"], "t0": [utc(9)], "t1": [utc(9, 1)],
        "footprint": [None if footprint is None else shapely.to_wkb(footprint)],
    }))  # fmt: skip
    told_of = pl.DataFrame({
        "row": [1], "agreement": [name], "term": [one.id], "date": [one.day], "from": [one.start], "to": [one.end],
        "proposed": [one.by], "reported": [one.reported], "hours": [""], "places": [""],
    })  # fmt: skip
    return told.answers(told_of, made.terms, made.findings, what, looks).row(0, named=True)


EVERYWHERE, HALF = shapely.box(35, 47, 37, 49), shapely.box(35, 47, 36.1, 49)


def test_fire_by_somebody_bound_in_the_hours_and_on_the_road_is_indicated():
    line = answered([incident("a" * 8, "shelling", utc(9), utc(10))])
    assert (line["answer"], line["reports"], line["surely_armed"], line["contested"]) == ("indicated", 1, 1, False)
    assert line["low"] == pytest.approx(0.99)
    assert line["finding"]


def test_fire_dated_by_the_day_cannot_be_told_and_the_hour_would_settle_it():
    line = answered([incident("a" * 8, "shelling", utc(22, day=4), utc(22))], EVERYWHERE)
    assert (line["answer"], line["low"]) == ("cannot tell", 0)
    assert "the hour at which it happened" in line["would_settle"]


def test_a_fire_seen_from_orbit_is_no_armed_act_by_itself():
    line = answered([incident("a" * 8, "heat", utc(9), utc(9, 1), sources=["firms/Terra"], by=None)], EVERYWHERE)
    assert (line["answer"], line["reports"], line["fires"]) == ("cannot tell", 0, 1)
    assert line["because"].startswith("only heat was seen")


def test_silence_counts_only_where_all_of_the_ground_was_looked_at_in_the_hours():
    assert answered([], EVERYWHERE)["answer"] == "not indicated"
    for footprint in (None, HALF, shapely.box(0, 0, 1, 1)):
        line = answered([], footprint)
        assert (line["answer"], line["because"][:23]) == ("cannot tell", "nothing bears on it, an")
    late = answered([], EVERYWHERE, text="A ceasefire from 9:00 a.m. to 10:00 a.m. Kyiv Time.")
    assert (late["answer"], late["passes"]) == ("cannot tell", 0)


def test_fire_of_another_day_or_far_from_the_road_does_not_break_the_silence():
    others = [
        incident("a" * 8, "shelling", utc(9, day=6), utc(10, day=6)),
        incident("b" * 8, "shelling", utc(9), utc(10), lat=49.5),
        incident("c" * 8, "presence", utc(9), utc(10)),
    ]
    line = answered(others, EVERYWHERE)
    assert (line["answer"], line["reports"], line["finding"]) == ("not indicated", 0, None)


def test_what_is_hardly_likely_to_have_happened_is_not_what_leaves_it_open():
    line = answered([incident("a" * 8, "shelling", utc(9), utc(10), p=0.1)], EVERYWHERE)
    assert (line["answer"], line["reports"]) == ("not indicated", 0)


def test_a_proposal_is_contested_where_something_bears_on_it():
    line = answered([incident("a" * 8, "shelling", utc(9), utc(10))], proposal="Ukraine")
    assert (line["answer"], line["contested"]) == ("indicated", True)
    theirs = answered([incident("a" * 8, "shelling", utc(9), utc(10), by="Russia")], EVERYWHERE, proposal="Ukraine")
    assert (theirs["answer"], theirs["contested"]) == ("cannot tell", True)


def test_ground_that_is_not_known_is_never_silent():
    line = answered([], EVERYWHERE, places={"Aford": None})
    assert (line["answer"], line["because"][:5]) == ("cannot tell", "where")


def test_other_days_are_counted_in_the_same_hours_and_only_while_the_feed_runs():
    spans = [{"from": utc(7), "until": utc(14)}]
    days = [1, 2, 3, 4, 5, 6, 7, 8]
    every = pl.DataFrame({"t0": [utc(6, day=d) for d in days] + [utc(9, day=3)]}).with_columns(t1=pl.col("t0"))
    here = every.tail(1).with_columns(t1=pl.col("t0") + timedelta(minutes=1))
    shifts = [timedelta(days=d) for d in range(-9, 10)]
    # Of 19 days the feed runs on, before and after, on seven: 1 to 7 March, of which the third has one.
    assert told.during(spans, here, every, shifts) == pytest.approx(1 / 7, abs=0.01)
    assert told.during(spans, here, every, [timedelta(days=-365)]) is None


def test_the_cross_table_counts_every_line_once():
    lines = pl.DataFrame({
        "reported": ["a", "a", "b"], "answer": ["cannot tell", "not indicated", "indicated"], "proposed": ["x", "x", "y"],
    })  # fmt: skip
    assert told.cross(lines).rows() == [("a", 0, 1, 1, 2), ("b", 1, 0, 0, 1), ("all", 1, 1, 1, 3)]
    assert "all" in corridor_page.totals(lines)


def test_the_examples_in_the_scripts_hold():
    for module in (corridor_hours, corridor_rows, told):
        found = doctest.testmod(module)
        assert found.attempted and not found.failed, module.__name__


# --- the whole way ---


def run(case: Path, data: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "TRUCEWATCH": str(Path(sys.executable).with_name("trucewatch")), "TRUCEWATCH_DATA": str(data)}
    return subprocess.run(["bash", FOLDER / "run.sh", case], env=env, capture_output=True, text=True, timeout=900)


def test_what_is_missing_is_one_line_and_nothing_is_made(tmp_path):
    ran = run(tmp_path / "case", tmp_path)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert all(name in ran.stderr for name in NEEDED)
    assert not (tmp_path / "case").exists()


def test_a_list_that_is_none_is_one_line(tmp_path, capsys):
    (tmp_path / "list.csv").write_bytes(b"\xff\xfe\x00")
    assert script.main(["agreements", str(tmp_path / "list.csv"), str(tmp_path)]) == 2
    assert script.main(["what"]) == 2
    assert capsys.readouterr().err.count("\n") == 2


@pytest.mark.slow
def test_the_real_corridors_come_out_as_the_readme_says_and_again_the_same(tmp_path):
    for name in NEEDED:
        if not (DATA / name).is_file():
            pytest.skip(f"no real data: {name} is not there (set TRUCEWATCH_DATA)")
    case, command = tmp_path / "case", Path(sys.executable).with_name("trucewatch")
    first = run(case, DATA)
    assert first.returncode == 0, first.stderr
    assert first.stderr == "corridors.py: 140 rows in, 140 terms, 0 problems\n"
    lines = pl.read_csv(tmp_path / "case/corridors.csv")
    assert lines.height == 140
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for row in told.cross(lines).rows():
        assert f"| {' | '.join(str(cell) for cell in row)} |" in readme
    for written in sorted((case / "corridors-2022").glob("*.txt"))[:3]:
        asked = [command, "assess", "--case", case, "--agreement", written.stem]
        again = subprocess.run(asked, capture_output=True, text=True, timeout=120)
        assert again.returncode == 0 and again.stdout == written.read_text(encoding="utf-8"), again.stderr
    finding = lines["finding"].drop_nulls()[0]
    why = subprocess.run(
        [command, "why", finding, "--case", tmp_path / "case"], capture_output=True, text=True, timeout=120
    )
    assert why.returncode == 0 and "events.csv" in why.stdout, why.stderr
