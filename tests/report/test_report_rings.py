"""Whose map shows a force cut off stands in the report; where a neck lies and what leads out, at one level alone."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
import shapely
from click.testing import CliRunner
from reported import AGREEMENT, DAY, LATER, SINCE, UNTIL, Page, made, many

from trucewatch.cli import main
from trucewatch.report.rings import RINGED, RINGED_ROUTES, Ringed
from trucewatch.ring import Asked, Beside, RingParams, Roads, became, drawn, rings
from trucewatch.tables import AREAS

AT = (30.0123417, 50.0234519)
KM = 1 / 111.195
WIDE = KM / np.cos(np.radians(AT[1]))


def ground(gap_km: float) -> shapely.Geometry:
    """A wall of another side about the place, open to the north over so many kilometres."""

    def box(west: float, south: float, east: float, north: float):
        return shapely.box(AT[0] + west * WIDE, AT[1] + south * KM, AT[0] + east * WIDE, AT[1] + north * KM)

    hole = shapely.union(box(-4, -4, 4, 4), box(-gap_km / 2, 0, gap_km / 2, 20))
    return shapely.difference(box(-10, -10, 10, 7), hole)


def areas(on, gap_km: float, source: str = "control/one", holder: str = "Aaland") -> pl.DataFrame:
    row = (
        f"{'a' * 64}#1", "a" * 64, "feature 1", source, on, holder, None, None, shapely.to_wkb(ground(gap_km)),
        "OGC:CRS84",
    )  # fmt: skip
    return AREAS.fit(pl.DataFrame([row], schema=AREAS.schema, orient="row"))


def asked(maps: list[pl.DataFrame], side: str = "Beeland", entry: int = 9, roads: Roads | None = None) -> Ringed:
    """Maps -> what a case holds after it asked `ring` of that place."""
    got = rings(
        [drawn(one) for one in maps], Asked(side, *AT, side), RingParams(), Beside(roads, None, maps[-1]["on"][0])
    )
    marks = [
        pl.lit(0, pl.Int64).alias("asked"), pl.lit(entry, pl.Int64).alias("entry"), pl.lit(side).alias("elsewhere"),
    ]  # fmt: skip
    return Ringed(
        became(got.rings.with_columns(marks), ("asked",)).select(RINGED.names()),
        got.routes.with_columns(marks).select(RINGED_ROUTES.names()),
    )


OWED = (
    AGREEMENT
    + """\
  - id: passage
    kind: freedom_of_movement
    article: "3"
    says: Relief passes.
    source: invented
    binds: all
    bars: {acts: [obstruction], targets: [monitors]}
    where: {everywhere: true, says: everywhere}
    since: "2026-01-10 00:00 UTC"
    until: "2026-01-20 00:00 UTC"
"""
)
ROAD = Roads((shapely.LineString([AT, (AT[0], AT[1] + 40 * KM)]),), ("MARK-ROAD",))
MAPS = [areas(SINCE + 2 * DAY, 2.0), areas(SINCE + 4 * DAY, 1.1234)]


def page_of(level: str, maps=MAPS, made_at=LATER, **more):
    out = made(many(3), level, made_at, areas=pl.concat(maps), ringed=asked(maps, roads=ROAD), **more)
    return out.html, json.loads(out.json)


def test_the_restricted_report_tells_the_neck_as_measured_by_whose_map_and_what_would_settle_it():
    html, told = page_of("restricted")
    block = told["rings"][0]
    one = block["maps"][0]
    row = {r["treatment"]: r for r in one["treatments"]}["free"]
    assert (one["source"], one["on"], one["entry"]) == ("control/one", "2026-01-14 00:00 UTC", 9)
    assert abs(float(row["neck"].removesuffix(" m").replace(",", "")) - 1123.4) < 3
    assert "narrower by about 440 m a day (2 maps)" in row["trend"] and "2026-01-12" in row["trend"]
    assert row["trend"].endswith("a way out is open on the last map")
    assert row["would_settle"] and row["because"] and {row["physical"], row["lines"], row["fire"]} <= {
        "met", "not met", "cannot tell"
    }  # fmt: skip
    assert block["routes"][0]["roads"] == ["MARK-ROAD"] and block["civil"]["corridors"]
    assert "Is a force cut off" in html and "MARK-ROAD" in html and 'stroke="#b00020"' in html
    assert Page(html).faults == []


@pytest.mark.parametrize(("level", "cell"), [("public", 5000), ("parties", 1000)])
def test_below_restricted_nothing_is_finer_than_the_level(level, cell):
    html, told = page_of(level)
    text = html + json.dumps(told)
    block = told["rings"][0]
    assert "MARK-ROAD" not in text and block["routes"] == [] and block["civil"] is None
    assert not [digits for digits in ("30.012", "50.023", "1,123", "1123", "1,124") if digits in text]
    assert 'stroke="#b00020"' not in html and "neck_line" not in text
    for row in block["maps"][0]["treatments"]:
        low, high = re.fullmatch(r"([\d.]+) to ([\d.]+) km", row["neck"]).groups()
        assert float(high) - float(low) >= max(cell / 10_000, 0.1) - 1e-9 and float(low) <= 1.1234 <= float(high)
        assert row["because"] is None


@pytest.mark.parametrize("level", ["public", "parties"])
def test_the_drawing_below_restricted_has_squares_of_a_cell_and_nothing_else(level):
    html, _ = page_of(level)
    drawing = re.search(r'<div class="ground">(.*?)</div>', html, re.DOTALL).group(1)
    size = int(re.search(r"h(\d+)v", drawing).group(1))
    paths = "".join(re.findall(r' d="([^"]*)"', drawing))
    assert re.fullmatch(rf"(M\d+ \d+h{size}v{size}h-{size}z)+", paths)
    assert {int(n) % size for n in re.findall(r"M(\d+) (\d+)", paths)[0]} == {0}


def test_places_in_one_cell_and_of_one_neck_step_look_alike_at_a_coarse_level():
    """What is released does not hang on the digits that it hides."""
    near = [areas(SINCE + 2 * DAY, 2.0), areas(SINCE + 4 * DAY, 1.1432)]
    drop = lambda told: json.dumps(told["rings"])  # noqa: E731
    assert drop(page_of("public")[1]) == drop(page_of("public", near)[1])
    assert drop(page_of("restricted")[1]) != drop(page_of("restricted", near)[1])


def test_a_map_that_is_too_recent_for_the_level_is_in_no_figure_of_the_section():
    soon = MAPS[-1]["on"][0] + timedelta(hours=30)
    days = {level: page_of(level, made_at=soon)[1]["rings"][0]["maps"][0]["on"] for level in ("public", "parties")}
    assert days == {"public": "2026-01-12 00:00 UTC", "parties": "2026-01-14 00:00 UTC"}
    assert "narrower" not in json.dumps(page_of("public", made_at=soon)[1]["rings"])


def test_the_days_since_the_last_way_out_and_what_became_of_it_are_told():
    """Shut on the second map, open again on the third, another side's on the fourth: each as of the last map."""
    gone = areas(SINCE + 6 * DAY, 0.0)
    whole = shapely.to_wkb(shapely.box(AT[0] - 0.3, AT[1] - 0.2, AT[0] + 0.3, AT[1] + 0.2))
    gone = gone.with_columns(geometry=pl.lit(whole))
    maps = [areas(SINCE + n * DAY, gap) for n, gap in ((1, 2.0), (3, 0.0), (5, 5.5))]
    trends = [
        {r["treatment"]: r for r in page_of("restricted", few)[1]["rings"][0]["maps"][0]["treatments"]}["free"]["trend"]
        for few in (maps[:2], maps, [*maps[:2], gone])
    ]
    assert trends[0].endswith("a way out was last open on 2026-01-11, 2 days before the last map")
    assert "indicated that it was relieved" in trends[1] and "after 2026-01-13 and by 2026-01-15" in trends[1]
    assert "indicated that it fell" in trends[2] and trends[2].endswith("after 2026-01-13 and by 2026-01-16: resolved")
    assert not [word for word in ("broke out", "withdrew") if word in "".join(trends)]


@pytest.mark.parametrize("level", ["public", "parties"])
def test_nothing_of_the_page_for_civilians_is_in_a_report_below_restricted(level):
    full, _ = page_of("restricted", text=OWED)
    words = ("For civilians", "Corridor candidates", "Articles that may attach duties", "Ways by road")
    assert not [word for word in words if word not in full]
    html, told = page_of(level, text=OWED)
    assert not [word for word in words if word in html + json.dumps(told)]
    assert "corridor" not in json.dumps(told["rings"]).lower()


def test_maps_of_two_mappers_stand_beside_each_other():
    two = [areas(SINCE + 3 * DAY, 0.0, "control/two"), *MAPS]
    _, told = page_of("restricted", two)
    block = told["rings"][0]
    assert [one["source"] for one in block["maps"]] == ["control/one", "control/two"]
    assert block["maps"][1]["treatments"][0]["says"] == "closed ring"
    assert block["says"].startswith("between ") and block["says"].endswith("closed ring")


def test_a_mapper_who_gives_the_place_to_others_is_named_beside_the_bounds_of_the_rest():
    whole = shapely.to_wkb(shapely.box(AT[0] - 0.3, AT[1] - 0.2, AT[0] + 0.3, AT[1] + 0.2))
    other = areas(SINCE + 3 * DAY, 0.0, "control/two").with_columns(geometry=pl.lit(whole))
    for level in ("public", "restricted"):
        html, told = page_of(level, [other, *MAPS])
        assert told["rings"][0]["silent"] == ["control/two"]
        assert "; not told by control/two</h3>" in html
    assert "not told by" not in page_of("public")[0]


def test_without_a_question_or_with_maps_of_another_period_alone_there_is_no_section():
    assert "Is a force cut off" not in made(many(3)).html
    assert "Is a force cut off" not in page_of("restricted", [areas(UNTIL + DAY, 1.0)])[0]


def test_the_section_is_the_same_with_the_sides_exchanged():
    other = [areas(one["on"][0], gap, holder="Beeland") for one, gap in zip(MAPS, (2.0, 1.1234), strict=True)]
    plain = made(many(3), "restricted", areas=pl.concat(MAPS), ringed=asked(MAPS, "Beeland"))
    turned = made(many(3), "restricted", areas=pl.concat(other), ringed=asked(other, "Aaland"))
    swap = {"Aaland": "Beeland", "Beeland": "Aaland"}
    back = re.sub("Aaland|Beeland", lambda m: swap[m.group()], json.dumps(json.loads(turned.json)["rings"]))
    assert back == json.dumps(json.loads(plain.json)["rings"])
    figures = [re.search(r'<div class="ground">.*?</div>', one.html, re.DOTALL).group() for one in (plain, turned)]
    assert figures[0] == figures[1]


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """A case that pulled two maps, asked ring twice, and reported at two levels."""
    folder = tmp_path_factory.mktemp("ringed")
    at, told = folder / "case", folder / "truce.yaml"
    told.write_text(AGREEMENT)
    assert run("init", at).exit_code == 0
    for day, gap in ((12, 2.0), (14, 1.1234)):
        path = folder / f"{day}.geojson"
        shape = json.loads(shapely.to_geojson(ground(gap)))
        feature = {"type": "Feature", "properties": {"held_by": "Aaland"}, "geometry": shape}
        path.write_text(
            json.dumps({"type": "FeatureCollection", "snapshot_utc": f"2026-01-{day}T00:00:00Z", "features": [feature]})
        )
        ran = run("pull", "control", "--case", at, "--file", path, "--option", "mapper=one")
        assert ran.exit_code == 0, ran.output
    assert run("agree", told, "--case", at).exit_code == 0
    for day in (12, 14):
        ran = run(
            "ring", "--case", at, "--at", f"{AT[0]},{AT[1]}", "--held-by", "Beeland", "--elsewhere", "Beeland",
            "--on", f"2026-01-{day}",
        )  # fmt: skip
        assert ran.exit_code == 0, ran.output
    for level in ("public", "restricted"):
        ran = run("report", "--case", at, "--level", level, "--since", "2026-01-10 00:00 UTC", "--until",
                  "2026-01-20 00:00 UTC")  # fmt: skip
        assert ran.exit_code == 0, ran.output
    return at


def test_a_case_that_asked_ring_tells_it_in_its_report_and_the_report_can_be_made_again(case):
    told = json.loads((case / "report" / "report.json").read_text())["rings"]
    assert [one["on"] for one in told[0]["maps"]] == ["2026-01-14 00:00 UTC"]
    assert "narrower by about 500 m a day (2 maps)" in told[0]["maps"][0]["treatments"][0]["trend"]
    ran = run("replay", "--case", case, "all")
    assert ran.exit_code == 0 and "run of report: same bytes" in ran.stdout, ran.output


def test_no_exact_place_of_a_question_leaves_with_a_public_report(case):
    text = "".join(f.read_bytes().decode(errors="replace") for f in (case / "report").iterdir() if f.is_file())
    assert "Is a force cut off" in text
    assert not [digits for digits in ("30.0123", "50.0234") if digits in text]
    assert "50.0235" in (case / "report" / "restricted" / "report.html").read_text()
