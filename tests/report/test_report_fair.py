"""What is argued is argued for every reading; what nobody affirms is no incident; what nobody recorded is not nought."""

from __future__ import annotations

import json
import random
import re

import polars as pl
import pytest
import shapely
from reported import AGREEMENT, DAY, HOUR, LATER, SINCE, UNTIL, Page, looks, made, many, material, sighting

from trucewatch.report import ReportParams, ReportRequest, report
from trucewatch.report.svg_map import View, _labels
from trucewatch.report.words import counted
from trucewatch.tables import AREAS

OLD = sighting(SINCE - 15 * DAY, 30.0, 41.0)
"""The record begins before the previous period does."""
DENIED = sighting(SINCE + 2 * DAY, 40.0, 45.0, stance="denies", kind="air_strike", killed=5, source="z")
OPEN = AGREEMENT.replace('until: "2026-01-20 00:00 UTC"', "until: open")


def told(rows, **more) -> dict:
    return json.loads(made(rows, **more).json)


def rows_of(report: dict) -> dict[str, dict]:
    return {row["measure"]: row for row in report["summary"]}


def plain(page: str) -> str:
    return " ".join("".join(Page(page).text).split())


class TestEveryReading:
    def test_no_block_is_closed_to_paper(self):
        for tag, attrs in Page(made(many(9)).html).tags:
            assert tag != "details" or "open" in attrs

    def test_each_says_what_it_is_and_where_that_can_be_read(self):
        page = made(many(9)).html
        open_text = re.sub(r"<details.*?</details>", "", page, flags=re.DOTALL)
        assert "This reading: It starts two days later." in open_text
        # Two terms, one of them with two readings.
        assert len(re.findall(r"This reading: .*?\(source: ", open_text)) == 3


class TestOnlyDenied:
    def test_it_is_counted_apart_and_nowhere_else(self):
        with_it, without = told([OLD, *many(3), DENIED]), told([OLD, *many(3)])
        summary = rows_of(with_it)
        only = summary.pop("Only denied, by nobody affirmed")
        assert (only["now"], only["before"]) == (1, 0)
        assert {m: (r["now"], r["before"]) for m, r in summary.items()} == {
            m: (r["now"], r["before"]) for m, r in rows_of(without).items()
        }
        assert [row["now"] for row in with_it["casualties"]] == [row["now"] for row in without["casualties"]]
        assert with_it["map"]["shown"] == without["map"]["shown"] == 3

    def test_the_timeline_leaves_it_out(self):
        drawing = re.search(r'<svg class="time".*?</svg>', made([OLD, DENIED]).html)
        assert drawing is not None and "<title>" not in drawing[0]

    def test_it_is_not_a_straddler_either(self):
        edge = sighting(SINCE - HOUR, 40.0, 45.0, 2 * HOUR, stance="denies")
        assert told([OLD, *many(2), edge])["head"]["straddle"] == 0

    def test_it_stays_in_the_annex_and_the_files_and_is_marked_there(self):
        out = made([OLD, *many(2), DENIED])
        row = next(r for r in json.loads(out.json)["annex"]["rows"] if r["kind"] == "air strike")
        assert row["only_denied"] and row["voices"] == "0 voices (+1 denying)"
        assert out.incidents.filter(n_lineages=0).height == 1
        assert "only denied" in plain(out.html).split("Annex A")[1]

    def test_a_denial_of_what_somebody_affirms_is_an_incident(self):
        rows = [sighting(SINCE + HOUR, source="x"), sighting(SINCE + HOUR, source="y", stance="denies")]
        summary = rows_of(told([OLD, *rows]))
        assert "Only denied, by nobody affirmed" not in summary
        assert (summary["Incidents"]["now"], summary["of them denied by somebody"]["now"]) == (1, 1)


class TestWhereThePeriodEnds:
    def ends(self, rows, **more) -> tuple[str, str, str]:
        head = told(rows, since=None, **{"until": None, **more})["head"]
        return head["ends"], head["until_utc"][:16], head["ends_says"]

    def test_where_a_look_ends_after_the_last_incident_the_record_ends_there(self):
        got = self.ends([sighting(SINCE + DAY)], text=OPEN, looks=looks((SINCE, SINCE + 5 * DAY)))
        assert got == ("record", "2026-01-15T00:00", "the record ends here")

    def test_what_is_too_recent_for_the_level_does_not_end_it(self):
        late = looks((SINCE, SINCE + 5 * DAY), (SINCE, SINCE + 9 * DAY))
        at = SINCE + 10 * DAY
        got = self.ends([sighting(SINCE + DAY)], text=OPEN, looks=late, level="public", made_at=at)
        assert got[:2] == ("record", "2026-01-15T00:00")

    def test_a_set_end_and_one_that_was_asked_for_are_called_so(self):
        assert self.ends([sighting(UNTIL + DAY)])[0] == "text"
        assert self.ends([sighting(SINCE)], until=UNTIL)[0] == "asked"

    def test_the_page_says_it(self):
        page = made([sighting(SINCE + DAY)], since=None, until=None, text=OPEN).html
        assert "the record ends here" in plain(page).split("1. Situation")[0]


class TestWhatNobodyRecorded:
    def test_a_record_that_begins_in_the_previous_period_gives_no_word(self):
        row = rows_of(told([*many(3, SINCE - DAY), *many(9, SINCE + DAY)]))["Incidents"]
        assert (row["now"], row["before"], row["word"]) == (9, 3, "the record begins 2026-01-09")

    def test_a_record_that_begins_after_it_covers_none_of_it(self):
        out = made(many(9, SINCE + DAY))
        data = json.loads(out.json)
        row = rows_of(data)["Incidents"]
        assert (row["before"], row["before_says"], row["note_before"]) == (None, "not covered", None)
        assert row["word"] == "the record begins 2026-01-11"
        assert [(r["before"], r["before_says"]) for r in data["casualties"]] == [(None, "not covered")] * 2
        assert "<td>not covered</td>" in out.html

    def test_a_look_before_is_a_record(self):
        row = rows_of(told(many(9), looks=looks((SINCE - 12 * DAY, UNTIL))))["Incidents"]
        assert (row["before"], row["word"]) == (0, "more")

    def test_nothing_at_all_is_not_compared(self):
        row = rows_of(told([]))["Incidents"]
        assert (row["before_says"], row["word"]) == ("not covered", "nothing is recorded")

    def test_the_timeline_marks_where_there_is_no_record(self):
        assert "no record" in made(many(3)).html
        whole = [sighting(SINCE - 15 * DAY), sighting(UNTIL + DAY)]
        assert "no record" not in re.sub(r"<style>.*?</style>", "", made(whole).html)

    def test_no_look_is_said_of_the_period_only(self):
        says = told(many(2))["coverage"]["says"]
        assert says.startswith("No source recorded when and where it looked in this period.")


class TestTheAnnex:
    def test_a_partys_other_name_becomes_its_formal_one_and_others_stay(self):
        rows = [
            sighting(SINCE + HOUR, 10.0, by="army of AALAND"), sighting(SINCE + 2 * HOUR, 20.0, by="Nobody's Men"),
            sighting(SINCE + 3 * HOUR, 30.0, by="bb"), sighting(SINCE + 4 * HOUR, 40.0),
        ]  # fmt: skip
        assert [row["by"] for row in told(rows)["annex"]["rows"]] == ["Aaland", "Nobody's Men", "Beeland", "not told"]

    def test_a_contested_finding_says_so_and_a_reading_without_one_does_not_bear(self):
        # A day in which the text is in force and Beeland's reading is not.
        rows = [sighting(SINCE + DAY, 33.0, 44.0, source=s) for s in "xyz"] + [sighting(SINCE + 5 * DAY, 33.0, 44.0)]
        first, second = told(rows)["annex"]["rows"]
        assert re.fullmatch(r"1 \(text\): [a-z ]+, contested; 1 \(bb\): does not bear.*", first["findings"])
        assert "contested" not in second["findings"] and "does not bear" not in second["findings"]

    def test_a_list_of_observations_that_is_cut_says_so(self):
        out = made(many(250, SINCE, HOUR / 2))
        data = json.loads(out.json)
        assert (len(data["observed"]), data["observed_all"]) == (200, 250)
        assert "the first 200 of 250 observations" in plain(out.html)
        assert "All 3 observations" in plain(made(many(3)).html)

    def test_ids_are_short_on_the_page_and_whole_in_the_data(self):
        out = made(many(3))
        for row in json.loads(out.json)["annex"]["rows"]:
            assert len(row["finding"]) > 12
            assert row["finding"] not in out.html
            assert f">{row['finding'][:12]}</code>" in out.html


def drawn(role: str | None = None, held: str | None = None, shape=None) -> pl.DataFrame:
    row = {"id": "x#1", "capture": "0" * 64, "source": "mapper", "on": SINCE, "held_by": held, "role": role,
           "geometry": (shape or shapely.box(0, 40, 30, 60)).wkb, "crs": "OGC:CRS84"}  # fmt: skip
    made_of = pl.DataFrame([row], schema_overrides={"held_by": pl.String, "role": pl.String})
    return AREAS.fit(made_of.with_columns(pl.col("on").cast(pl.Datetime("us", "UTC"))))


NO_ZONE = AGREEMENT.split("  - id: quiet-zone")[0]


class TestTheMap:
    def test_the_caption_speaks_only_of_what_is_drawn(self):
        bare = plain(made(many(3), text=NO_ZONE).html)
        assert "Dashed" not in bare and "otted blue" not in bare and "Ground is shown" not in bare
        line = drawn("line: contact", shape=shapely.LineString([(0, 50), (30, 51)]))
        lined = plain(made(many(3), text=NO_ZONE, areas=line).html)
        assert "Dashed dark: lines" in lined and "otted blue" not in lined and "Ground is shown" not in lined
        assert "otted blue: zones" in plain(made(many(3)).html)
        assert "Ground is shown" in plain(made(many(3), areas=drawn(held="aa")).html)

    def test_what_lies_outside_the_window_is_not_spoken_of(self):
        far = drawn("line: contact", shape=shapely.LineString([(100, -50), (110, -51)]))
        assert "Dashed" not in plain(made(many(3), areas=far).html)
        assert "Ground is shown" not in plain(
            made(many(3), areas=drawn(held="aa", shape=shapely.box(99, 0, 100, 1))).html
        )

    def test_circles_have_a_legend(self):
        rows = [*many(3), *[sighting(SINCE + DAY + HOUR * 9 * n, 10.0, 50.0) for n in range(6)]]
        data = json.loads(made(rows, text=NO_ZONE).json)["map"]
        assert (data["smallest"], data["largest"]) == (1, 7)
        page = made(rows, text=NO_ZONE).html
        assert re.search(r'class="legend"[^>]*>1 incident</text>', page)
        assert re.search(r'class="legend"[^>]*>7 incidents</text>', page)

    @pytest.mark.parametrize("seed", range(20))
    def test_labels_do_not_overlap(self, seed):
        draw = random.Random(seed)
        places = [(f"Wide Oakford Town {n}", draw.uniform(10, 11), draw.uniform(50, 51)) for n in range(40)]
        table = pl.DataFrame(places, schema=["place", "lon", "lat"], orient="row")
        marks = "".join(_labels(table, View(10, 50, 11, 51, 720, 500), ReportParams()))
        labels = re.findall(r'<text x="([\d.-]+)" y="([\d.-]+)" class="place">(.*?)</text>', marks)
        boxes = [(float(x), float(y), 7.0 * len(text)) for x, y, text in labels]
        assert len(boxes) >= 5
        for n, (x, y, w) in enumerate(boxes):
            for u, v, z in boxes[:n]:
                assert abs(y - v) >= 15 or x >= u + z or u >= x + w


class TestOneIsSingular:
    def test_counted(self):
        assert (counted(1, "incident"), counted(0, "incident"), counted(2, "voice")) == (
            "1 incident",
            "0 incidents",
            "2 voices",
        )

    @pytest.mark.parametrize("n", [1, 2])
    def test_a_page_about_one(self, n):
        rows = [sighting(SINCE - HOUR, 30.0, 40.0, 2 * HOUR), *many(n), sighting(SINCE + DAY, None, None)]
        out = made(rows, looks=looks((SINCE, SINCE + HOUR)))
        text = plain(out.html) + " ".join(re.findall(r"<title>.*?</title>", out.html)) + out.json
        assert re.findall(r"(?<![\d,.])1 (?:incidents|voices|more are|looks|rows|captures)\b", text) == []


class TestNotes:
    def test_no_filter_begins_with_nothing_meant(self):
        assert [n["filter"] for n in told(many(3))["notes"] if n["filter"].startswith("true")] == []

    def test_a_list_that_is_left_out_is_said_to_be(self):
        ask = ReportRequest("restricted", SINCE, UNTIL, made_at=UNTIL)
        out = report(material(many(30)), ask, ReportParams(note_rows=10))
        note = json.loads(out.json)["notes"][0]
        assert note["list_says"] == "the list is left out, being longer than 10; the filter finds it"
        assert note["list_says"] in plain(out.html)
        assert told(many(3))["notes"][0]["list_says"] is None

    def test_the_page_says_how_the_hash_is_made(self):
        assert "the ids sorted, joined by a newline" in plain(made(many(2)).html)

    def test_what_the_page_shortens_it_spells_out(self):
        out = made([OLD, *many(3)])
        data = json.loads(out.json)
        text = plain(out.html)
        for short, long in data["rules"].items():
            assert f"{short} stands for {long}" in text
        for note in data["notes"]:
            spelt = note["filter"]
            for short, long in data["rules"].items():
                spelt = spelt.replace(long, short)
            assert spelt in text


class TestRemark:
    def ask(self, remark) -> str:
        request = ReportRequest("public", SINCE, UNTIL, made_at=LATER, remark=remark)
        return report(material(many(2)), request).html

    def test_it_stands_under_the_level(self):
        page = self.ask("All of this is <simulated>.")
        assert "All of this is &lt;simulated&gt;." in page.split("<h1>")[0].split("Release level")[1]

    def test_without_one_nothing_stands_there(self):
        assert 'class="remark"' not in self.ask(None)
        assert json.loads(made(many(1)).json)["head"]["remark"] is None
