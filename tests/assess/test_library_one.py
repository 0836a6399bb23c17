"""The first half of the library of truces: every file parses, tells its sources, and has the times that were reported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from assessed import DATA, ROOT

from trucewatch.assess import Agreement, agreement
from trucewatch.assess.model import TERM_KINDS, TEXT, Reading, Span, Term
from trucewatch.assess.tallies import tally
from trucewatch.assess.whens import overlaps, whole
from trucewatch.base.document import Lined, document
from trucewatch.kinds import ARMED

TEXTS = DATA / "agreement_texts" / "minsk_process"
READ = {
    "peace-plan-2014": "930", "minsk-protocol-2014": "1363", "minsk-memorandum-2014": "1362", "minsk-ii-2015": "1364",
    "tcg-ceasefire-2018-03-05": "2117", "tcg-ceasefire-2018-03-30": "2118", "tcg-ceasefire-2019-07-21": "2236",
    "normandy-2019": "2260", "minsk-measures-2020": "2440",
}  # fmt: skip
"""Those whose own text was read, and its number in PA-X."""
MINE = (
    *READ, "minsk-addendum-2015", "minsk-framework-2016", "tcg-decision-live-fire-2016", "energy-moratorium-2025",
    "easter-2025", "may-2025-72h", "media-truce-2025", "cold-weather-pause-2026", "easter-2026", "may-2026-kyiv",
    "may-2026-moscow", "may-2026-brokered",
)  # fmt: skip
NO_STATUS = ("minsk-addendum-2015", "minsk-framework-2016", "tcg-decision-live-fire-2016")
"""Of these the reports at hand do not say who signed."""
START_AND_END = {
    "minsk-ii-2015": ("2015-02-14T22:00", None),
    "tcg-ceasefire-2018-03-05": ("2018-03-04T22:01", None),
    "tcg-ceasefire-2018-03-30": ("2018-03-29T21:01", None),
    "tcg-ceasefire-2019-07-21": ("2019-07-20T21:01", None),
    "minsk-measures-2020": ("2020-07-26T21:01", None),
    "energy-moratorium-2025": ("2025-03-17T21:00", "2025-04-16T21:00"),
    "easter-2025": ("2025-04-19T15:00", "2025-04-20T21:00"),
    "may-2025-72h": ("2025-05-07T21:00", "2025-05-10T21:00"),
    "easter-2026": ("2026-04-11T13:00", "2026-04-12T21:00"),
    "may-2026-moscow": ("2026-05-07T21:00", "2026-05-09T21:00"),
}
"""Those whose text leaves neither start nor end in doubt."""


def written(name: str) -> str:
    return (ROOT / "agreements" / f"{name}.yaml").read_text(encoding="utf-8")


def read(name: str) -> Agreement:
    return agreement(written(name), f"{name}.yaml")


def term(name: str, which: str) -> Term:
    return {one.id: one for one in read(name).terms}[which]


def by(one: Term) -> dict[str, Reading]:
    return {reading.who: reading for reading in one.readings}


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)


def facts(item: Lined, what: str = "agreement") -> Iterator[tuple[str, Lined]]:
    """Every mapping that tells a fact, with what it is and where it stands."""
    yield f"{what}, {item.where()}", item
    for key in ("status", "events", "counts", "terms"):
        for part in item.get(key, ()):
            yield from facts(part, key)
    for who, reading in item.get("readings", {}).items():
        yield from facts(reading, f"reading of {who}")
    for part in item.get("when", {}).get("extensions", ()):
        yield from facts(part, "extension")


def strings(value: object, but: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            if key not in but:
                yield from strings(part, but)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part, but)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub(r"\[\[\d+\]\]", " ", text.lower()))  # the texts have [[numbers]] in between


@pytest.mark.parametrize("name", MINE)
def test_every_file_parses_and_has_the_name_of_its_agreement(name):
    made = read(name)
    assert made.id == name and made.form
    assert bool(made.status) == (name not in NO_STATUS)
    assert {one.kind for one in made.terms} <= set(TERM_KINDS)


@pytest.mark.parametrize("name", MINE)
def test_every_fact_tells_its_source_in_words_and_how_good_it_is(name):
    told = list(facts(document(written(name), name)))
    assert len(told) >= 3
    for what, item in told:
        assert item.get("source") and item.get("grade"), what
        assert not re.search(r"\[S\d", item["source"]), what
        assert item["grade"] != "text" or name in READ, what


@pytest.mark.parametrize("name", MINE)
def test_a_kind_of_term_is_written_out_and_never_guessed_from_its_fields(name):
    assert all("kind" in item for item in document(written(name), name)["terms"])


@pytest.mark.parametrize("name", MINE)
def test_nothing_is_called_a_violation_but_by_those_whose_count_it_is(name):
    top = document(written(name), name)
    said = list(strings(top, but=("counts", "source")))
    assert not [text for text in said if "violat" in text.lower()]


@pytest.mark.skipif(not TEXTS.is_dir(), reason="the texts are not in the repository")
@pytest.mark.parametrize("name", READ)
def test_what_a_term_says_is_in_our_own_words(name):
    theirs = words((TEXTS / f"PAX_{READ[name]}.txt").read_text(encoding="utf-8", errors="replace"))
    runs = {tuple(theirs[n : n + 9]) for n in range(len(theirs))}
    for text in strings(document(written(name), name), but=("title", "name", "source")):
        ours = words(text)
        copied = [" ".join(ours[n : n + 9]) for n in range(len(ours) - 8) if tuple(ours[n : n + 9]) in runs]
        assert not copied, copied


@pytest.mark.parametrize("name", START_AND_END)
def test_each_starts_and_ends_when_it_was_reported_to(name):
    start, end = (at(text) for text in START_AND_END[name])
    text = whole(read(name))[TEXT]
    assert text.may == text.sure == (Span(start, end),)
    assert text.ends == ("open" if end is None else "set")


@pytest.mark.parametrize(("name", "hours"), [("easter-2025", 30), ("may-2025-72h", 72), ("easter-2026", 32), ("may-2026-moscow", 48)])  # fmt: skip
def test_the_short_truces_are_as_long_as_was_announced(name, hours):
    (span,) = whole(read(name))[TEXT].sure
    assert span.end - span.start == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("may-2026-kyiv", "2026-05-05 24:00", "2026-05-05 00:00"),
        ("easter-2026", "included: true", "included: false"),
        ("easter-2025", "18:00 Europe/Moscow", "18:00 Europe/London"),
    ],
)
def test_a_midnight_or_a_zone_that_is_a_slip_of_the_pen_moves_the_start_or_end(name, right, wrong):
    text = written(name)
    assert text.count(right) == 1
    slip = whole(agreement(text.replace(right, wrong), name))[TEXT].may
    assert slip != whole(read(name))[TEXT].may


def test_minsk_ii_has_no_end_in_its_text_and_an_unchecked_end_is_nobodys_reading():
    one = read("minsk-ii-2015")
    assert whole(one)[TEXT].until is None and whole(one)[TEXT].ends == "open"
    (ended,) = [event for event in one.events if event.id == "ended"]
    assert ended.grade == "unchecked" and set(whole(one)) == {TEXT}


def test_the_energy_moratorium_ends_on_one_of_three_days_and_starts_on_a_day_that_is_contested():
    made = read("energy-moratorium-2025")
    last_days = {who: (when.until - timedelta(seconds=1) + timedelta(hours=3)).day for who, when in made.whens.items()}
    assert last_days == {TEXT: 16, "accounts": 17, "russia": 18, "ukraine": 18}
    started = at("2025-03-18T12:00")
    under = {who for who, when in made.whens.items() if any(s.start <= started < s.end for s in when.may)}
    assert under == {TEXT, "accounts", "russia"}
    assert {who for one in made.terms for who in by(one)} == set(made.whens)
    targets = {target for one in made.terms for target in one.readings[0].targets}
    assert targets == {"energy", "nuclear", "water"} and all(one.kind == "protected_targets" for one in made.terms)
    release = document(written(made.id), made.id)["when"]["release"]
    assert release["says"] and not release.get("invoked")


def test_the_pause_of_the_cold_weather_has_four_ends_and_no_agreement_under_one_reading():
    made = read("cold-weather-pause-2026")
    assert {who: (when.sure[-1].end if when.sure else None, when.until) for who, when in made.whens.items()} == {
        TEXT: (at("2026-01-31T21:00"), at("2026-02-05T22:00")),
        "russia": (at("2026-01-31T21:00"), at("2026-02-01T21:00")),
        "us": (at("2026-02-03T22:00"), at("2026-02-05T22:00")),
        "bloggers": (at("2026-02-02T21:00"), at("2026-02-03T21:00")),
    }
    for one in made.terms:
        assert by(one)["ukraine"].binds == () and by(one)[TEXT].binds == ("russia",)
    assert {"energy", "kyiv-and-towns"} == {one.id for one in made.terms}


def test_an_offer_that_was_refused_is_never_surely_in_force_and_binds_nobody_under_the_refusal():
    made = read("media-truce-2025")
    assert whole(made)[TEXT].sure == ()
    assert by(made.terms[0])["ukraine"].binds == ()
    assert [status.is_ for status in made.status] == ["proposed", "refused"]


def test_whom_a_truce_of_one_side_binds_depends_on_who_reads_it():
    announced = by(term("may-2025-72h", "announced"))
    assert {who: one.binds for who, one in announced.items()} == {
        TEXT: ("russia",), "russia": ("russia", "ukraine"), "ukraine": ()
    }  # fmt: skip
    assert [one.readings[0].binds for one in read("easter-2025").terms] == [("russia",), ("ukraine",)]


def test_the_three_truces_of_may_2026_name_each_other_and_overlap():
    made = {name: read(name) for name in ("may-2026-kyiv", "may-2026-moscow", "may-2026-brokered")}
    kyiv = whole(made["may-2026-kyiv"])[TEXT]
    assert kyiv.may == (Span(at("2026-05-05T21:00"), None),) and kyiv.sure == ()  # midnight, and no end told
    for name, one in made.items():
        assert set(one.rivals) == set(made) - {name}
        for rival in one.rivals:
            assert overlaps(whole(one), whole(made[rival])), (name, rival)


def test_in_the_measures_of_2020_fire_in_answer_needs_an_attack_an_order_and_a_channel_that_failed():
    made = read("minsk-measures-2020")
    for which in ("no-fire", "return-fire"):
        (answer,) = term(made.id, which).readings[0].exemptions
        assert answer.clears and len(answer.needs) == 3 and answer.article == "6"
    assert term(made.id, "return-fire").kind == "return_fire"
    offensive = term(made.id, "offensive-operations").readings[0]
    assert {"assault", "control", "works"} <= set(offensive.acts) and "evacuation" not in offensive.acts
    dpr = by(term(made.id, "offensive-operations"))["dpr"]
    assert {"rotation", "resupply"} <= set(dpr.acts) and dpr.exemptions == ()
    for name in ("tcg-ceasefire-2018-03-05", "tcg-ceasefire-2018-03-30"):
        fire = [one for one in read(name).terms if set(ARMED) <= set(one.readings[0].acts)]
        assert len(fire) == 3 and all(reading.exemptions == () for one in fire for reading in one.readings)


def test_minsk_measures_each_party_from_its_own_line_and_the_memorandum_from_one():
    lines = {
        (one.readings[0].binds, one.readings[0].where.line)
        for name in ("minsk-ii-2015", "minsk-addendum-2015", "tcg-decision-live-fire-2016")
        for one in read(name).terms
        if one.readings[0].where.line
    }
    assert lines == {(("ukraine",), "contact de facto"), (("dpr", "lpr"), "contact 2014-09-19")}
    sides = {one.id: one.readings[0].where.side_m for one in read("minsk-memorandum-2014").terms if one.kind == "weapon_withdrawal"}  # fmt: skip
    assert sides == {
        "over-100-mm": 15_000, "mt12": 9_000, "mortars": 8_000, "d30": 16_000, "guns-152": 33_000, "grad": 21_000,
        "uragan": 36_000, "tornado-g": 40_000, "smerch": 70_000, "tornado-s": 120_000,
    }  # fmt: skip


def test_weapons_under_100_mm_go_back_in_stages_and_tanks_come_first():
    when = {one.id: one.readings[0].when for one in read("minsk-addendum-2015").terms}
    assert when["tanks-ukraine"].may[0].start == at("2015-10-16T21:00")
    assert when["tanks-ukraine"].sure[0].start == at("2015-10-18T21:00")
    assert when["tanks-ukraine"].until is None and when["tanks-ukraine"].ends == "open"
    assert when["tanks-ukraine"].sure[0].start < when["mortars-ukraine"].may[0].start
    assert {one.readings[0].where.side_m for one in read("minsk-addendum-2015").terms} == {15_000}


def test_disengagement_waits_for_seven_quiet_days_and_for_somebody_to_say_that_they_left():
    made = read("minsk-framework-2016")
    assert term(made.id, "quiet-days").readings[0].requires.at_least == 7
    assert "seven-quiet-days" in {event.id for event in made.events}
    for which in ("zolote", "petrivske"):
        when = term(made.id, which).readings[0].when
        assert when.sure == () and any("confirm" in lack for lack in when.lacks)
    assert term(made.id, "stanytsia-luhanska").readings[0].when.sure[0].start == at("2019-07-01T21:00")


def test_who_the_sides_of_the_paris_conclusions_are_is_contested():
    readings = by(term("normandy-2019", "ceasefire"))
    assert readings[TEXT].binds == ("ukraine", "russia") and "russia" not in readings["russia"].binds


@pytest.mark.parametrize(
    ("name", "count", "total", "parts"),
    [
        ("minsk-measures-2020", "smm-to-march-2021", 11_000, 11_453),
        ("easter-2025", "kyiv", 2_935, 2_928),
        ("easter-2025", "moscow", 4_900, 3_396),
        ("may-2025-72h", "moscow", 9_318, None),
        ("may-2025-72h", "moscow-by-9-may", 5_026, None),
        ("easter-2026", "kyiv", 2_000, None),
        ("energy-moratorium-2025", "moscow", 120, None),
        ("may-2026-kyiv", "kyiv", 1_820, None),
    ],
)
def test_published_counts_stand_as_they_were_published_with_what_their_parts_add_up_to(name, count, total, parts):
    made = {one.count.id: one for one in tally(read(name).counts)}[count]
    assert (made.count.total, made.sum) == (total, parts)
    if count != "smm-to-march-2021":
        assert made.count.by != made.count.of  # each side counts the other only


def test_an_offer_of_two_to_six_hours_is_surely_no_longer_than_two_whenever_it_began():
    """Found: six hours were counted from the start, so that a start once known made all six of them sure."""
    text = (ROOT / "agreements" / "media-truce-2025.yaml").read_text(encoding="utf-8")
    begun = 'at: {between: ["2025-10-29 00:00 Europe/Moscow", "2025-10-30 24:00 Europe/Moscow"]}'
    assert text.count(begun) == 1
    when = agreement(text.replace(begun, 'at: "2025-10-29 00:00 Europe/Moscow"'), "planted.yaml").whens["text"]
    assert [(span.end - span.start).total_seconds() / 3600 for span in when.sure] == [2]
