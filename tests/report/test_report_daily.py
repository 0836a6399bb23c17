"""The daily report: a period worked by hand, its boundaries, its levels, and that it invents no zero."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from pathlib import Path

import polars as pl
import pytest
import shapely
from dailied import MADE, TEXTS, WORDS, ZONE, looks, made, numbers, told
from reported import AGREEMENT, Page, sighting

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.base.errors import CaseBroken, InputError, UnknownName
from trucewatch.finished import finished
from trucewatch.ports import Request
from trucewatch.replay import SAME, Again, chosen, replay
from trucewatch.report.daily import DailyRequest
from trucewatch.report.daily.evening import evenings
from trucewatch.sources import source
from trucewatch.stores.memory import MemoryCase
from trucewatch.tables import STATEMENTS
from trucewatch.testing import SALT, FakeClock, FakeTransport
from trucewatch.withhold import reports_from

STORY = Path(__file__).parent / "daily" / "quiet-evening.txt"
EVENING = datetime(2026, 1, 11, 17, 30, tzinfo=UTC)
"""19:30 in the zone, on the day before the report's."""
HOUR = timedelta(hours=1)


def parts(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"": []}
    for line in text.splitlines():
        if line.startswith("== "):
            found[line[3:]] = []
        elif line.strip():
            found[list(found)[-1]].append(line)
    return found


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def regions(lines: list[str]) -> bytes:
    features = []
    for name, ring in map(cells, lines):
        points = [[float(x) for x in point.split()] for point in ring.split(",")]
        shape = {"type": "Polygon", "coordinates": [[*points, points[0]]]}
        features.append({"type": "Feature", "properties": {"name": name, "role": f"zone: {name}"}, "geometry": shape})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def submissions(lines: list[str]) -> bytes:
    rows = []
    for n, (team, record, position, time, until, rest) in enumerate(map(cells, lines[1:]), 1):
        more = dict(pair.split("=") for pair in rest.split())
        rows.append({"_uuid": f"u{n}", "team": team, "record": record, "position": f"{position} 0 5", "time": time,
                     "until": until, **more})  # fmt: skip
    return json.dumps({"results": rows}).encode()


@pytest.fixture(scope="module")
def case() -> tuple[MemoryCase, pipeline.Tools, dict[str, list[str]]]:
    story, store = parts(STORY.read_text()), MemoryCase()
    tools = pipeline.Tools(FakeClock(MADE), lambda: SALT, "test")
    on = {"on": "2026-01-01 00:00 UTC", "mapper": "mission"}
    for name, raw, options in (
        ("control", regions(story["regions"]), on),
        ("form", submissions(story["submissions"]), {}),
    ):
        request = Request(files=((f"{name}.json", raw),), options=options)
        pipeline.pull(store, source(name), request, FakeTransport({}), tools)
    pipeline.agree(store, AGREEMENT, "test.yaml", tools)
    return store, tools, story


def files(case, languages=("en",), **over) -> dict[str, bytes]:
    store, tools, _ = case
    asked = {"on": date(2026, 1, 12), "made_at": MADE, "zone": ZONE, "level": "restricted", "by": "control/mission"}
    texts = {name: TEXTS[name] for name in {"en", *languages}}
    return pipeline.daily(store, tools, DailyRequest(**{**asked, **over}), texts)


def read(page: bytes | str) -> str:
    """A page as a person reads it, on one line, without the numbers of notes."""
    text = page.decode() if isinstance(page, bytes) else page
    text = re.sub(r"<sup>.*?</sup>", "", text[text.index("<body>") :])
    text = re.sub(r"<(?:/?(?:td|th|tr|li|p|h\d|table|section|ul|ol|br|caption))[^>]*>", " ", text)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())


def test_the_story_of_an_evening_comes_out_as_worked_by_hand(case):
    out = files(case)
    page, story = read(out["daily-2026-01-12.en.html"]), case[2]
    tables = [read(f"<body>{part}") for part in out["daily-2026-01-12.en.html"].decode().split("<h3>")[1:]]
    for region, what, now, before, word in map(cells, story["then"]):
        own = next(text for text in tables if text.startswith(region))
        assert f"{what} {now} {before} {word}".lower() in own.lower(), (region, what, own)
    for words in story["and"]:
        assert words in page, words
    annex = page[page.index("Annex") :]
    assert not [words for words in story["and not"] if words in annex.split("Notes")[0]]


def test_the_same_report_is_made_again_from_the_log_and_a_changed_one_is_seen(case):
    store = case[0]
    files(case, ("uk", "ar"))
    known = know(store)
    n = known.run_at[-1]
    done = replay(Again(store, known, source, "test"), n)
    assert (done.outcome, len(done.outputs)) == (SAME, 5)
    assert chosen(known, str(n)) == [n]
    body = known.runs[-1]
    body["catalogues"]["uk"] = body["catalogues"]["uk"].replace("щоденний", "щотижневий")
    assert replay(Again(store, known, source, "test"), n).says.startswith("daily-2026-01-12.uk.html: line")


def test_it_is_a_report_like_any_other_to_whoever_withholds_or_checks_a_file(case):
    store = case[0]
    first = files(case, on=date(2026, 1, 10))
    known = know(store)
    (capture,) = [c.id for c in known.captures.values() if c.source == "form"]
    assert known.run_at[-1] in reports_from(known, [capture])
    name = "report/restricted/daily-2026-01-10.en.html"
    files(case, on=date(2026, 1, 11))
    assert finished(know(store), name, first["daily-2026-01-10.en.html"]) == "", "another day's supersedes nothing"
    files(case, on=date(2026, 1, 10))
    assert "superseded" in finished(know(store), name, first["daily-2026-01-10.en.html"])
    with pytest.raises(CaseBroken, match="restricted file lies where the public one belongs"):
        finished(know(store), "report/daily-2026-01-10.en.html", first["daily-2026-01-10.en.html"])


def test_every_number_leads_to_its_rows_and_the_log(case):
    said = json.loads(files(case)["daily-2026-01-12.json"])
    known = know(case[0])
    rows = {name: set(known.table(case[0], name)["id"]) for name in ("looks", "statements")}
    incidents = {row["id"] for row in said["annex"]["rows"]}
    for note in said["notes"]:
        assert note["n"] == len(note["ids"])
        if note["table"] != "incidents":
            assert set(note["ids"]) <= rows[note["table"]]
        elif "col.now" in note["says"]:
            assert set(note["ids"]) <= incidents
        if note["ids"]:
            assert all(known.entries[int(entry)].kind == "capture" for entry in note["entries"]) and note["entries"]
    page = files(case)["daily-2026-01-12.en.html"].decode()
    asked = set(re.findall(r'href="#note-(\d+)"', page))
    assert asked <= set(re.findall(r'id="note-(\d+)"', page)) and len(asked) > 20


@pytest.mark.parametrize("level", ["public", "parties"])
def test_below_restricted_no_observer_no_exact_place_and_no_look_is_told(case, level):
    out = files(case, level=level)
    text = re.sub(r"[0-9a-f]{16,}", "", "".join(raw.decode() for raw in out.values()))  # hashes hold any digits
    for held in ("5123", "5021", "5433", "Alpha", "Bravo", "looks are recorded here"):
        assert held not in text, held
    said = json.loads(out["daily-2026-01-12.json"])
    assert {r["looked"] for r in said["regions"]} == {None}
    assert all(row["observers"] is None for row in said["annex"]["rows"])
    north = read(out["daily-2026-01-12.en.html"])
    assert "it is unknown whether anything happened" in north and "no look" not in north.lower()


def test_a_level_that_is_not_yet_allowed_to_tell_says_so():
    day = datetime(2026, 1, 12, 18, tzinfo=UTC)
    row = sighting(EVENING + HOUR)
    assert numbers(told([row], made_at=day, level="restricted"))["row.weapons"][0] == 1
    late = told([row], made_at=day, level="public")
    assert late["head"]["too_recent"] == 1 and late["head"]["incomplete"] == "incomplete"
    assert numbers(late)["row.weapons"][0] is None
    early = told([row], made_at=day - 6 * HOUR, level="restricted")
    assert early["head"]["incomplete"] == "not_over"


def test_the_evening_is_the_zones_own_when_the_clocks_change():
    spring, autumn = evenings(date(2026, 3, 29), "19:30", ZONE), evenings(date(2026, 10, 25), "19:30", ZONE)
    lengths = [
        (s.span.until - s.span.since).total_seconds() / 3600
        for s in (spring, autumn, evenings(date(2026, 5, 1), "19:30", ZONE))
    ]
    assert lengths == [23, 25, 24]
    assert spring.span.until == datetime(2026, 3, 29, 16, 30, tzinfo=UTC)
    text = AGREEMENT.replace("2026-01-20", "2026-04-20")
    at = [datetime(2026, 3, 29, 16, 28, tzinfo=UTC), datetime(2026, 3, 29, 16, 30, tzinfo=UTC)]
    rows = [sighting(at[0]), sighting(at[1], 11.0), sighting(datetime(2026, 3, 28, 17, 29, tzinfo=UTC), 12.0)]
    first, second = (numbers(told(rows, date(2026, 3, day), text=text))["row.weapons"][:2] for day in (29, 30))
    assert (first[0], second[0]) == (1, 1)


def test_an_hour_that_the_clocks_skipped_or_had_twice_is_one_line():
    for day, hour in ((date(2026, 3, 29), "03:30"), (date(2026, 10, 25), "03:30"), (date(2026, 1, 1), "25:00")):
        with pytest.raises(InputError, match="--evening"):
            evenings(day, hour, ZONE)
    for days in (0, -1, 367, 10**9):
        with pytest.raises(InputError, match="--evenings"):
            evenings(date(2026, 1, 1), "19:30", ZONE, days)
    with pytest.raises(InputError, match="--zone: there is no time zone"):
        evenings(date(2026, 1, 1), "19:30", "Mars/Base")


def test_what_touches_two_periods_is_counted_in_neither_and_stands_in_the_annex():
    rows = [sighting(EVENING - HOUR, long=2 * HOUR), sighting(EVENING + HOUR, 12.0)]
    said = told(rows)
    assert said["head"]["straddle"]["n"] == 1 and numbers(said)["row.weapons"][0] == 1
    assert [row["vague"] for row in said["annex"]["rows"]] == [True, False]


def test_missed_days_become_one_report_of_several_evenings():
    rows = [sighting(EVENING + HOUR - timedelta(days=n), 10.0 + n) for n in range(4)]
    looked = looks({"t0": EVENING - timedelta(days=9), "t1": EVENING + timedelta(days=1)})
    said = told(rows, evenings=3, looks=looked)
    assert numbers(said)["row.weapons"] == (3, 1, "similar")
    assert [part["now"]["n"] for part in said["parts"]] == [1, 1, 1]


def test_a_zero_without_a_look_is_unknown_and_with_one_it_is_none():
    early = sighting(EVENING - timedelta(days=5))
    none = told([early])
    assert numbers(none)["row.weapons"] == (None, None, "not") and none["regions"][0]["looked"] is False
    looked = looks({"t0": EVENING, "t1": EVENING + HOUR}, {"t0": EVENING - 5 * HOUR, "t1": EVENING - 4 * HOUR})
    assert numbers(told([early], looks=looked))["row.weapons"] == (0, 0, "none")
    away = looks({"t0": EVENING, "t1": EVENING + HOUR, "gap": "denied_access"})
    assert numbers(told([early], looks=away))["row.weapons"][0] is None, "a gap is no look"


def test_a_period_before_the_record_begins_is_not_covered():
    assert numbers(told([sighting(EVENING + HOUR)]))["row.weapons"] == (1, "-", "not")


def square(west: float, south: float, side: float = 1.0) -> bytes:
    return shapely.to_wkb(shapely.box(west, south, west + side, south + side))


def areas(**named: bytes) -> pl.DataFrame:
    from trucewatch.tables import AREAS

    rows = [
        {"id": f"{'0' * 64}#{name}", "capture": "0" * 64, "source": "control/mission", "name": name, "geometry": raw,
         "on": datetime(2026, 1, 1, tzinfo=UTC), "crs": "OGC:CRS84"}
        for name, raw in named.items()
    ]  # fmt: skip
    return AREAS.fit(pl.DataFrame(rows, schema={k: AREAS.schema[k] for k in rows[0]}))


def test_a_place_whose_error_reaches_over_a_border_is_of_no_region():
    map_ = areas(East=square(10, 50), West=square(9, 50))
    at = EVENING + HOUR
    rows = [
        sighting(at, 10.5, 50.5), sighting(at, 9.5, 50.5), sighting(at, 10.001, 50.5), sighting(at, 12.5, 50.5),
        sighting(at, None, None),
    ]  # fmt: skip
    said = told(rows, areas=map_, by="control/mission")
    got = {r["region"]: numbers(said, r["region"])["row.weapons"][0] for r in said["regions"]}
    assert got == {"=East": 1, "=West": 1, "regions.border": 1, "regions.outside": 1, "regions.unplaced": 1}
    with pytest.raises(UnknownName, match="control/mission"):
        told(rows, areas=map_, by="control/missoin")


def test_a_map_that_was_drawn_later_says_nothing_of_an_earlier_evening():
    map_ = areas(East=square(10, 50)).with_columns(on=pl.lit(EVENING + timedelta(days=9)))
    with pytest.raises(UnknownName):
        told([sighting(EVENING + HOUR)], areas=map_, by="control/mission")


def test_counts_of_two_observers_of_one_incident_are_bounds_and_not_a_sum():
    at = EVENING + HOUR
    rows = [
        sighting(at, count=9, capture="a", source="one"),
        sighting(at, count=11, capture="b", source="two"),
        sighting(at, 11.0, count=5),
        sighting(at, 12.0),
    ]
    said = told(rows)
    row = said["regions"][0]["rows"][0]
    assert row["now"]["n"] == 3 and row["counted"] == {"low": 14, "high": 16, "n": 2, "all": 3}


def test_what_somebody_who_denies_it_counted_or_saw_is_not_told_of_it():
    at = EVENING + HOUR
    rows = [
        sighting(at, count=9, capture="a", source="one", phase="impact", sensed="heard"),
        sighting(at, count=99, capture="b", source="two", stance="denies", phase="launch", sensed="seen"),
    ]
    (row,) = told(rows)["annex"]["rows"]
    assert (row["count_low"], row["count_high"], row["phases"], row["sensed"]) == (9, 9, ["impact"], ["heard"])


def test_harm_is_corroborated_by_two_voices_or_by_a_visit_and_not_by_one_who_could_not():
    at = EVENING + HOUR
    rows = [
        sighting(at, 10.0, killed=1, corroborated=["visit"]),
        sighting(at, 11.0, killed=2, corroborated=[]),
        sighting(at, 12.0, killed=4, capture="a", source="one"),
        sighting(at, 12.0, killed=4, capture="b", source="two"),
        sighting(at, 13.0, injured=8),
    ]
    got = {one["what"][0]: one["now"]["high"] for one in told(rows)["harm"]}
    assert got == {"harm.killed_sure": 5, "harm.killed": 2, "harm.injured_sure": 0, "harm.injured": 8}


def test_zones_of_the_agreement_hold_what_is_surely_and_what_is_perhaps_inside():
    at = EVENING + HOUR
    rows = [sighting(at, 10.0, 50.0), sighting(at, 10.0999, 50.0), sighting(at, 12.0, 50.0)]
    zone = told(rows)["zones"]
    assert [(z["article"], [r["now"]["n"] for r in z["rows"]]) for z in zone] == [("2", [1, 1])]


def test_what_was_only_denied_is_no_incident():
    rows = [sighting(EVENING + HOUR, stance="denies"), sighting(EVENING + HOUR, 12.0)]
    got = numbers(told(rows))
    assert got["row.weapons"][0] == 1 and got["row.only_denied"][0] == 1


def test_the_annex_has_one_row_an_incident_and_is_a_table_for_machines_too(case):
    out = files(case)
    table = list(csv.DictReader(io.StringIO(out["daily-2026-01-12.csv"].decode())))
    said = json.loads(out["daily-2026-01-12.json"])["annex"]
    assert len(table) == said["all"] == len({row["id"] for row in table})
    nine = next(row for row in table if row["count_low"] == "9")
    assert (nine["count_high"], nine["sensed"], nine["phases"], nine["weapon"]) == (
        "9",
        "heard; seen",
        "impact",
        "mortar",
    )


def test_the_same_rows_in_any_order_and_with_the_parties_exchanged_give_the_same_page():
    from mirror_names import exchanged

    at = EVENING + HOUR
    rows = [sighting(at + HOUR * n, 10.0 + n, by=["Aaland", "Beeland", None][n % 3], killed=n) for n in range(6)]
    rows = [{**row, "capture": "abcdef"[n]} for n, row in enumerate(rows)]
    one, other = made(rows), made([exchanged(row) for row in rows], text=AGREEMENT)
    bare = re.compile(r"\b[0-9a-f]{12,64}\b")
    assert bare.sub("", one.pages["en"]) == bare.sub("", other.pages["en"])
    assert "Aaland" not in one.pages["en"].replace("Truce of Aaland and Beeland", "")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_every_page_is_whole_and_says_its_language_and_direction(case, language):
    page = files(case, (language,))[f"daily-2026-01-12.{language}.html"].decode()
    html = Page(page)
    assert html.faults == []
    root = dict(html.tags)["html"]
    assert (root["lang"], root["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    marked = 'data-unchecked="' in page
    assert marked == (language != "en")
    assert ("has not been checked by a speaker" in page) == marked, "the mark is in English too"


def test_statements_of_another_evening_are_not_of_this_one(case):
    said = json.loads(files(case, on=date(2026, 1, 14))["daily-2026-01-14.json"])
    assert [said[head] for head in ("weapons", "ordnance", "facilitation", "tallies", "restrictions")] == [[]] * 5
    assert STATEMENTS.schema["about"] == pl.String


def test_a_patrol_that_was_turned_back_is_no_hit_on_monitors(case):
    told = json.loads(files(case)["daily-2026-01-12.json"])
    assert told["restrictions"], "the evening has one"
    assert "target.monitors" not in [row["what"][0] for row in told["targets"]]


def test_weapons_of_which_nobody_says_where_they_stood_are_told_so_in_each_language():
    rows = [{"about": "weapons: not told", "figure": 3.0, "unit": "tank", "t0": EVENING + HOUR, "t1": EVENING + HOUR}]
    said = STATEMENTS.fit(pl.DataFrame([{"id": "w", "capture": "c", "source": "form", **row} for row in rows]))
    assert told([], statements=said)["weapons"][0]["what"] == ["cell.not_told"]


@pytest.mark.parametrize("on", [date(1, 1, 1), date(1899, 12, 31), date(9999, 12, 31)])
def test_a_day_beyond_all_records_is_refused_in_one_line(on):
    with pytest.raises(InputError, match="a day from 1900"):
        evenings(on, "19:30", "Europe/Berlin")
