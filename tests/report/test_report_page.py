"""The page, its data and its tables: whole, safe, self-contained, the same each time, and the same to both sides."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
import shapely
from reported import AGREEMENT, DAY, HOUR, LATER, SINCE, UNTIL, Page, looks, made, many, material, sighting

from trucewatch.archive import geoparquet
from trucewatch.base.problem import problems
from trucewatch.report import ReportRequest, report
from trucewatch.tables import AREAS

LEVELS = ("public", "parties", "restricted")
HOSTILE = "<script>alert('x')</script>\"&'<b>"


def ground(*holders: tuple[str, float]) -> pl.DataFrame:
    rows = [
        {"id": f"x#{n}", "capture": "0" * 64, "source": "mapper", "on": SINCE, "held_by": who,
         "geometry": shapely.box(west, 49, west + 2, 52).wkb, "crs": "OGC:CRS84"}
        for n, (who, west) in enumerate(holders)
    ]  # fmt: skip
    return AREAS.fit(pl.DataFrame(rows).with_columns(pl.col("on").cast(pl.Datetime("us", "UTC"))))


def full(level: str = "restricted", rows=None, **over):
    """A report with something in every section."""
    rows = rows or [*many(9, SINCE - 3 * DAY, 10 * HOUR, by="Aaland", place="Oakford", killed=1), *many(3, UNTIL)]
    over.setdefault("looks", looks((SINCE, SINCE + HOUR)))
    over.setdefault("areas", ground(("aa", 8.0), ("bb", 10.5), ("contested", 9.9), ("unknown", 12.0)))
    over.setdefault("problems", problems([("file.csv, row 3", "no_time", "time", "no time is told", True)]))
    quote = [("ceasefire", "Nobody shall\nuse weapons.", "0" * 64)]
    over.setdefault("quotes", pl.DataFrame(quote, schema=["term", "quote", "capture"], orient="row"))
    return made(rows, level, **over)


class TestThePage:
    @pytest.mark.parametrize("level", LEVELS)
    def test_its_tags_are_balanced(self, level):
        assert Page(full(level).html).faults == []

    @pytest.mark.parametrize("level", LEVELS)
    def test_it_loads_nothing_from_anywhere(self, level):
        text = full(level).html
        page = Page(text)
        assert {tag for tag, _ in page.tags} & {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "embed",
            "base",
            "image",
        } == set()
        assert [attrs for _, attrs in page.tags if {"src", "srcset", "data", "action", "xlink:href"} & set(attrs)] == []
        assert all(attrs["href"].startswith("#") for _, attrs in page.tags if "href" in attrs)
        assert "@import" not in text
        assert re.findall(r"url\((?!#)", text) == []
        assert re.sub(r'xmlns="http://www\.w3\.org/2000/svg"', "", text).count("://") == 0

    @pytest.mark.parametrize("level", LEVELS)
    def test_it_says_its_language_and_what_its_drawings_show(self, level):
        page = Page(full(level).html)
        assert dict(page.tags)["html"] == {"lang": "en"}
        drawings = [attrs for tag, attrs in page.tags if tag == "svg"]
        assert len(drawings) == 2
        assert all(attrs["role"] == "img" and attrs["aria-label"] for attrs in drawings)
        assert ("meta", {"charset": "utf-8"}) in page.tags

    @pytest.mark.parametrize("level", LEVELS)
    def test_its_drawings_are_xml(self, level):
        drawings = re.findall(r"<svg.*?</svg>", full(level, place_of(HOSTILE)).html, re.DOTALL)
        assert len(drawings) == 2
        for drawing in drawings:
            assert ET.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"

    def test_its_style_is_as_it_was_written(self):
        style = re.search(r"<style>(.*?)</style>", full().html, re.DOTALL)
        assert style is not None and '"Liberation Sans"' in style[1] and "&#" not in style[1]

    def test_it_has_rules_for_paper(self):
        assert "@media print" in full().html

    def test_it_has_every_section(self):
        text = " ".join("".join(Page(full().html).text).split())
        for words in (
            "Situation against the previous period", "When", "Where", "Article by article", "What could not be seen",
            "no time", "Notes", "Sources", "Nobody shall use weapons.", "The tool indicates; people determine",
        ):  # fmt: skip
            assert words in text, words

    def test_it_never_says_violation_of_its_own_accord(self):
        assert "violat" not in full().html.lower()

    def test_the_zone_of_the_agreement_is_used_for_people(self):
        out = full(text=AGREEMENT.replace("display_zone: UTC", "display_zone: Asia/Kathmandu"))
        assert "2026-01-10 05:45 +0545" in out.html
        assert json.loads(out.json)["head"]["since_utc"] == "2026-01-10T00:00:00+00:00"

    def test_a_period_in_which_nobody_looked_is_called_unknown_not_quiet(self):
        assert "unknown, not peaceful" in made(many(2)).html


def place_of(text: str) -> list[dict]:
    return [
        sighting(SINCE + HOUR * n, 10.0 + n, 50.0, place=text, by=text, weapon=text, says=text, source=text)
        for n in range(3)
    ]


class TestHostileText:
    @pytest.mark.parametrize("level", LEVELS)
    def test_text_from_outside_stays_text(self, level):
        faults = problems([(HOSTILE, HOSTILE, HOSTILE, HOSTILE, True)])
        quotes = pl.DataFrame([("ceasefire", HOSTILE, "0" * 64)], schema=["term", "quote", "capture"], orient="row")
        held = ground((HOSTILE, 8.0)).with_columns(source=pl.lit(HOSTILE))
        lines = ground(("aa", 8.0)).with_columns(
            held_by=pl.lit(None, pl.String), role=pl.lit("line: " + HOSTILE), geometry=pl.lit(shapely.LineString([(9, 49), (12, 52)]).wkb)
        )  # fmt: skip
        captures = material(place_of("x")).captures.with_columns(name=pl.lit(HOSTILE), licence=pl.lit(HOSTILE))
        out = full(
            level, place_of(HOSTILE), problems=faults, quotes=quotes, areas=pl.concat([held, lines]), captures=captures
        )
        page = Page(out.html)
        assert page.faults == []
        assert {tag for tag, _ in page.tags} & {"script", "b"} <= {"b"}
        assert "<script" not in out.html
        assert "alert(" in "".join(page.text)
        assert json.loads(out.json)

    def test_whoever_it_is_for_stays_text(self):
        out = report(material(many(1)), ReportRequest("public", SINCE, UNTIL, recipient=HOSTILE, made_at=LATER))
        assert "<script" not in out.html

    def test_an_agreements_words_stay_text(self):
        text = AGREEMENT.replace("says: Nobody uses weapons.", "says: " + json.dumps(HOSTILE)).replace(
            "title: Truce of Aaland and Beeland", "title: " + json.dumps(HOSTILE)
        )
        page = Page(full(text=text).html)
        assert page.faults == [] and "script" not in {tag for tag, _ in page.tags}


class TestOddRecords:
    @pytest.mark.parametrize("level", LEVELS)
    def test_a_record_of_nothing(self, level):
        out = made([], level)
        assert Page(out.html).faults == []
        assert "No incident of the period has a place." in out.html
        assert (out.incidents.height, out.findings.height) == (0, 0)
        pl.read_parquet(io.BytesIO(geoparquet(out.incidents, out.stamp)))

    @pytest.mark.parametrize("level", LEVELS)
    def test_a_record_without_places(self, level):
        out = made([sighting(SINCE + HOUR * n, None, None) for n in range(3)], level)
        assert Page(out.html).faults == []
        assert json.loads(out.json)["map"]["unplaced"] == 3
        assert out.incidents["geometry"].null_count() == 3

    def test_an_incident_on_its_own_has_a_map(self):
        assert json.loads(made([sighting(SINCE)]).json)["map"]["shown"] == 1

    def test_places_at_the_ends_of_the_earth(self):
        rows = [
            sighting(SINCE + HOUR * n, x, y) for n, (x, y) in enumerate([(180, 90), (-180, -90), (0, 0), (179.9, -89)])
        ]
        for level in LEVELS:
            assert Page(made(rows, level).html).faults == []

    def test_all_incidents_at_one_pole(self):
        assert Page(made([sighting(SINCE, 0.0, 90.0)]).html).faults == []

    def test_thousands_of_incidents(self):
        rows = many(4000, SINCE, HOUR / 20)
        out = made(rows)
        told = json.loads(out.json)
        assert Page(out.html).faults == []
        assert out.incidents.height == 4000
        assert (len(told["annex"]["rows"]), told["annex"]["all"]) == (200, 4000)
        assert len(out.html) < 1_500_000

    def test_the_annex_keeps_those_that_say_most(self):
        rows = [*many(450, SINCE, HOUR / 3, kind="heat"), sighting(SINCE + DAY, 40.0, 30.0, killed=7)]
        told = json.loads(made(rows).json)["annex"]
        assert "7" in {row["killed"] for row in told["rows"]}


class TestTheTables:
    def read(self, level: str = "restricted"):
        out = full(level, [*many(4), sighting(SINCE, None, None)])
        raw = geoparquet(out.incidents, out.stamp)
        return pl.read_parquet(io.BytesIO(raw)), pl.read_parquet_metadata(io.BytesIO(raw)), out

    def test_the_geoparquet_key_says_what_the_specification_wants(self):
        _, told, _ = self.read()
        geo = json.loads(told["geo"])
        assert geo["version"] == "1.1.0"
        assert geo["primary_column"] == "geometry"
        assert geo["columns"]["geometry"]["encoding"] == "WKB"
        assert geo["columns"]["geometry"]["geometry_types"] == ["Point"]
        # No crs means OGC:CRS84, longitude first: that is what ours are.
        assert "crs" not in geo["columns"]["geometry"]

    @pytest.mark.parametrize("level", LEVELS)
    def test_the_level_and_the_logs_head_are_in_the_file(self, level):
        _, told, _ = self.read(level)
        assert (told["trucewatch:level"], told["trucewatch:size"], told["trucewatch:root"]) == (level, "7", "ab" * 32)

    def test_the_points_are_the_places(self):
        table, _, _ = self.read()
        points = shapely.from_wkb(table["geometry"].drop_nulls().to_numpy())
        placed = table.drop_nulls("lon")
        assert [(p.x, p.y) for p in points] == placed.select("lon", "lat").rows()
        assert table["geometry"].is_null().to_list() == table["lon"].is_null().to_list()

    def test_findings_can_be_read_as_csv(self):
        _, _, out = self.read()
        table = pl.read_csv(out.findings.write_csv().encode())
        assert table.height == out.findings.height
        assert table.columns[-1] == "level"

    def test_the_data_say_their_format_and_hold_no_drawing(self):
        out = full()
        told = json.loads(out.json)
        assert told["format"] == "trucewatch-report/1"
        assert "<svg" not in out.json
        assert out.json.endswith("}\n")
        assert set(told) >= {
            "head",
            "summary",
            "casualties",
            "articles",
            "coverage",
            "problems",
            "annex",
            "notes",
            "captures",
        }

    def test_the_data_hold_no_word_that_json_does_not_know(self):
        def refuse(word):
            raise AssertionError(word)

        json.loads(full().json, parse_constant=refuse)


class TestTheSameEachTime:
    @pytest.mark.parametrize("level", LEVELS)
    def test_the_same_material_gives_the_same_bytes(self, level):
        first, second = full(level), full(level)
        assert (first.html, first.json, first.stamp) == (second.html, second.json, second.stamp)
        assert first.findings.write_csv() == second.findings.write_csv()
        assert geoparquet(first.incidents, first.stamp) == geoparquet(second.incidents, second.stamp)

    def test_rows_in_another_order_give_the_same_page(self):
        rows = [*many(9, SINCE, 10 * HOUR, by="Aaland"), *many(6, SINCE - DAY, kind="small_arms")]
        m = material(rows)
        ask = ReportRequest("restricted", SINCE, UNTIL, made_at=LATER)
        mixed = {
            name: getattr(m, name).sample(fraction=1, shuffle=True, seed=3)
            for name in ("observations", "incidents", "links", "findings", "captures")
        }
        turned = material(rows, **mixed)
        assert report(turned, ask).html == report(m, ask).html
        assert report(turned, ask).json == report(m, ask).json

    def test_the_time_of_making_is_the_only_thing_that_a_later_report_changes(self):
        a, b = full(made_at=LATER), full(made_at=LATER + DAY)
        changed = [x for x, y in zip(a.html.splitlines(), b.html.splitlines(), strict=True) if x != y]
        assert len(changed) == 1 and "Made 2026-06-01" in changed[0]


SWAP = {"Aaland": "Beeland", "Beeland": "Aaland", "aa": "bb", "bb": "aa"}


def swapped(text: str) -> str:
    return re.sub(r"\b(Aaland|Beeland|aa|bb)\b", lambda hit: SWAP[hit.group()], text)


BOTH_READ = AGREEMENT.replace(
    "      bb: {since:",
    '      aa: {since: "2026-01-11 00:00 UTC", source: invented, says: It starts a day later.}\n      bb: {since:',
)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("text", [AGREEMENT, BOTH_READ])
def test_with_the_parties_names_swapped_the_page_is_the_same_with_them_swapped_back(level, text):
    rows = [
        *many(4, SINCE + HOUR, 30 * HOUR, by="Aaland"), *many(4, SINCE + 2 * HOUR, 31 * HOUR, kind="small_arms", by="Beeland"),
        *many(3, SINCE - DAY, HOUR, by="Beeland", killed=1),
    ]  # fmt: skip
    turned = [{**row, "by": swapped(row["by"])} for row in rows]
    a = full(level, rows, text=text, areas=ground(("aa", 8.0), ("bb", 10.0), ("contested", 12.0)))
    b = full(level, turned, text=swapped(text), areas=ground(("bb", 8.0), ("aa", 10.0), ("contested", 12.0)))
    # Ids are hashes and may be others; numbers, words, colours and order may not.
    ids = re.compile(r"\b[0-9a-f]{12,64}\b")
    assert ids.sub("ID", swapped(b.html)) == ids.sub("ID", a.html)
