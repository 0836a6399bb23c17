"""The second half of the library of truces: every file parses, tells its sources, and has the times of the field guide."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from assessed import happened, judged

from trucewatch.assess import Agreement, agreement
from trucewatch.assess.model import TEXT, Span, Term
from trucewatch.base.document import Lined, document

ROOT = Path(__file__).parents[2]
TEXTS = Path(os.environ.get("TRUCEWATCH_DATA") or ROOT.parent / "shared" / "data") / "agreement_texts" / "south_sudan"
READ = ("south-sudan-coha-2017", "south-sudan-khartoum-2018", "south-sudan-r-arcss-2018")
"""Those whose own text was read."""
MINE = (
    "yemen-2022", "tigray-pretoria-2022", "nairobi-2022", "karabakh-2020", "sudan-jeddah-2023",
    "israel-hezbollah-2024", "gaza-2025-01", "gaza-2025-10", "thailand-cambodia-2025", "thailand-cambodia-2025-12",
    "india-pakistan-2025", "us-iran-2026", "us-iran-2026-06", *READ,
)  # fmt: skip


def written(name: str) -> str:
    return (ROOT / "agreements" / f"{name}.yaml").read_text(encoding="utf-8")


def read(name: str) -> Agreement:
    return agreement(written(name), f"{name}.yaml")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def term(name: str, which: str) -> Term:
    return {one.id: one for one in read(name).terms}[which]


def facts(top: Lined) -> Iterator[tuple[str, Lined]]:
    """Every mapping that tells a fact, and where it stands."""
    yield "agreement", top
    for key in ("status", "events", "counts", "terms"):
        for item in top.get(key, ()):
            yield f"{key}, line {item.lines['']}", item
    holders = [top, *top["terms"]]
    for holder in holders:
        for who, reading in holder.get("readings", {}).items():
            yield f"reading of {who}, line {reading.lines['']}", reading
            holders.append(reading)
    for when in [holder["when"] for holder in holders if "when" in holder]:
        if "renews" in when:
            yield f"renews, line {when['renews'].lines['']}", when["renews"]
        for part in (*when.get("extensions", ()), *when.get("pauses", ())):
            yield f"extension or pause, line {part.lines['']}", part


def unsourced(text: str, name: str) -> list[str]:
    """What tells a fact without a source, without its grade, or with a mark that only the guide's reader knows."""
    wrong = []
    for place, fact in facts(document(text, name)):
        source = str(fact.get("source") or "")
        if not source.strip() or re.search(r"\[S\d", source):
            wrong.append(f"{place}: source {source!r}")
        if fact.get("grade") not in ("text", "report", "party", "weak", "unchecked"):
            wrong.append(f"{place}: grade {fact.get('grade')!r}")
        if fact.get("grade") == "text" and (name not in READ or "PA-X agreement" not in source):
            wrong.append(f"{place}: graded as read in a text that was not read")
    return wrong


@pytest.mark.parametrize("name", MINE)
def test_the_file_parses_and_its_name_is_its_id(name):
    made = read(name)
    assert made.id == name and len(made.parties) >= 2 and made.form
    assert TEXT in made.whens, "it says when it is in force as a whole"
    for one in made.terms:
        assert [reading.who for reading in one.readings].count(TEXT) == 1


@pytest.mark.parametrize("name", MINE)
def test_every_fact_has_a_source_in_words_and_a_grade(name):
    assert unsourced(written(name), name) == []


@pytest.mark.parametrize("name", MINE)
def test_every_source_that_is_no_text_we_read_has_an_address(name):
    for place, fact in facts(document(written(name), name)):
        told = f"{fact['source']} {document(written(name), name)['source']}"
        assert "http" in told or "PA-X agreement" in told, place


def test_a_fact_without_source_or_grade_is_found():
    whole = written("india-pakistan-2025")
    for planted, line in (
        (whole.replace("    grade: report\n    binds: all", "    binds: all", 1), "grade None"),
        (
            whole.replace("    source: *misri\n    grade: report\n    binds", "    grade: report\n    binds", 1),
            "source ''",
        ),
        (whole.replace("    grade: report\n    binds", "    grade: text\n    binds", 1), "not read"),
        (
            whole.replace("    source: *misri\n    grade: report\n    binds", '    source: "[S56]"\n    binds', 1),
            "[S56]",
        ),
    ):
        assert planted != whole
        assert any(line in wrong for wrong in unsourced(planted, "india-pakistan-2025"))


STARTS = {
    "yemen-2022": ("2022-04-02T16:00", "2022-10-02T16:00"),
    "karabakh-2020": ("2020-11-09T21:00", None),
    "sudan-jeddah-2023": ("2023-05-22T19:45", "2023-06-03T19:45"),
    "israel-hezbollah-2024": ("2024-11-27T02:00", "2025-02-18T22:00"),
    "gaza-2025-01": ("2025-01-19T06:30", "2025-03-02T09:15"),
    "gaza-2025-10": ("2025-10-10T09:00", None),
    "thailand-cambodia-2025": ("2025-07-28T17:00", None),
    "thailand-cambodia-2025-12": ("2025-12-27T05:00", None),
    "india-pakistan-2025": ("2025-05-10T11:30", None),
    "south-sudan-coha-2017": ("2017-12-23T21:01", None),
}


@pytest.mark.parametrize(("name", "span"), STARTS.items())
def test_the_times_are_those_of_the_field_guide(name, span):
    made = read(name).whens[TEXT]
    since, until = span
    assert made.may == (Span(at(since), None if until is None else at(until)),)


def test_a_start_at_24_00_is_not_the_midnight_before_it():
    whole = written("thailand-cambodia-2025")
    planted = whole.replace("2025-07-28 24:00 Asia/Bangkok", "2025-07-28 00:00 Asia/Bangkok")
    assert planted != whole
    early = agreement(planted, "planted.yaml").whens[TEXT].since
    assert read("thailand-cambodia-2025").whens[TEXT].since - early == timedelta(days=1)


def test_in_gaza_the_agreed_and_the_actual_start_are_two_hours_and_three_quarters_apart():
    when = read("gaza-2025-01").whens[TEXT]
    assert (when.agreed, when.actual) == (at("2025-01-19T06:30"), at("2025-01-19T09:15"))
    assert when.actual - when.agreed == timedelta(hours=2, minutes=45)
    assert when.sure[0].start == when.actual and when.may[0].start == when.agreed
    israel = read("gaza-2025-01").whens["israel"]
    assert israel.may[0].start == israel.sure[0].start == when.actual
    assert israel.may[0].end - israel.may[0].start == timedelta(days=42)


def test_a_strike_between_the_two_starts_is_open_under_the_text_and_out_under_the_reading_of_israel():
    def struck(hour: int) -> dict[str, float | None]:
        one = {"kind": "air_strike", "t0": datetime(2025, 1, 19, hour, tzinfo=UTC), "lon": 34.4, "lat": 31.45}
        found = judged(happened(one), read("gaza-2025-01")).findings
        found = found.filter(pl.col("term") == "operations-in-gaza")
        return dict(found.select("reading", "p_when").iter_rows())

    assert struck(6) == {}, "before the agreed start"
    assert struck(8) == {"text": None}, "between the two"
    assert struck(10) == {"text": 1.0, "israel": 1.0}


def test_an_unsure_hour_is_left_unsure():
    tigray = read("tigray-pretoria-2022").whens[TEXT]
    assert tigray.sure[0].start - tigray.may[0].start == timedelta(days=1)
    khartoum = read("south-sudan-khartoum-2018").whens[TEXT]
    assert khartoum.may[0].start < at("2018-06-30T21:00") < khartoum.sure[0].start  # 1 July in Juba begins in it
    pakistan = read("india-pakistan-2025").whens["pakistan"]
    assert (pakistan.may[0].start, pakistan.sure[0].start) == (at("2025-05-10T10:05"), at("2025-05-10T11:30"))


def test_five_years_are_sure_in_karabakh_and_the_renewal_is_not():
    when = read("karabakh-2020").whens[TEXT]
    assert when.sure == (Span(at("2020-11-09T21:00"), at("2025-11-09T21:00")),)
    assert when.may == (Span(at("2020-11-09T21:00"), None),) and "six months" in " ".join(when.lacks)
    corridor = term("karabakh-2020", "lachin-corridor").readings[0].where
    assert corridor.side_m == 2500 and len(corridor.path) >= 2


def test_the_undertaking_not_to_seek_an_advantage_holds_from_signature_to_start():
    when = term("sudan-jeddah-2023", "no-advantage").readings[0].when
    assert when.sure == (Span(at("2023-05-20T19:45"), at("2023-05-22T19:45")),)


def test_the_clock_of_72_hours_runs_from_the_confirmation():
    when = term("gaza-2025-10", "hostages-living").readings[0].when
    assert when.sure == (Span(at("2025-10-10T09:00"), at("2025-10-13T09:00")),)
    later = written("gaza-2025-10").replace('at: "2025-10-10 12:00 Asia/Gaza"', "at: unknown")
    moved = agreement(later, "planted.yaml")
    assert moved.whens[TEXT].sure == (), "nobody knows that it began before somebody confirms it"


QUOTAS = [
    ("yemen-2022", "fuel-ships", 18, "2 months"),
    ("yemen-2022", "flights", 2, "1 week"),
    ("gaza-2025-01", "trucks", 600, "1 day"),
    ("gaza-2025-01", "fuel-trucks", 50, "1 day"),
    ("gaza-2025-01", "hostages", 33, None),
    ("gaza-2025-10", "hostages-living", 20, None),
    ("thailand-cambodia-2025-12", "captured", 18, None),
]


@pytest.mark.parametrize(("name", "which", "number", "each"), QUOTAS)
def test_what_is_owed_is_a_number_over_a_period(name, which, number, each):
    made = term(name, which)
    owed = made.readings[0].requires
    assert made.kind == "quota" and owed and (owed.at_least, owed.each) == (number, each)


def test_self_defence_is_an_exception_of_both_and_action_against_rearming_one_of_israels_reading():
    text, israel = term("israel-hezbollah-2024", "operations-against-lebanon").readings
    assert [one.says for one in text.exemptions] == [
        "self-defence under international law, which the terms leave to Israel and to Lebanon"
    ]
    assert israel.who == "israel" and any("rearm" in one.says for one in israel.exemptions)


def test_the_thirteen_points_bar_what_they_bar():
    got = {one.id: set(one.readings[0].acts) for one in read("thailand-cambodia-2025").terms}
    assert "redeployment" in got["movement"] and got["reinforcement"] == {"reinforcement"}
    assert "overflight" in got["airspace"] and got["structures"] == {"works"}
    assert read("thailand-cambodia-2025-12").revises == "thailand-cambodia-2025"


def test_no_run_of_eight_words_is_copied_from_the_texts_that_were_read():
    if not TEXTS.is_dir():
        pytest.skip("the texts are not here")

    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"[a-z]+", text.lower())
        return {tuple(words[n : n + 8]) for n in range(len(words) - 7)}

    theirs = set[tuple[str, ...]]().union(*(runs(file.read_text(encoding="utf-8")) for file in TEXTS.glob("PAX_*.txt")))
    for name in READ:
        for _, fact in facts(document(written(name), name)):
            owed = fact.get("requires") or {}
            for own in (fact.get("says"), owed.get("what"), (fact.get("where") or {}).get("says")):
                assert not runs(str(own or "")) & theirs, own
    assert runs("the same words as stand here are found where they stand") & runs(
        "the same words as stand here are found where they stand again"
    )


@pytest.mark.parametrize("term", ["commanders-told", "prisoner-lists"])
def test_72_hours_from_a_signing_of_which_only_the_day_is_known_end_at_some_time_of_a_day(term):
    """Found: they were given the whole of 24 December, where the file's own note has them end somewhere on it."""
    (when,) = [t.readings[0].when for t in read("south-sudan-coha-2017").terms if t.id == term]
    assert (when.sure[-1].end, when.may[-1].end) == (
        datetime(2017, 12, 23, 21, tzinfo=UTC),
        datetime(2017, 12, 24, 21, tzinfo=UTC),
    )
