"""An agreement's file: every fault is one clear line with file, line and field, and nothing is guessed."""

from __future__ import annotations

import contextlib
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from assessed import ROOT, SMALL, parsed, shipped, small
from hypothesis import given, settings
from hypothesis import strategies as st

from trucewatch.assess import agreement
from trucewatch.base.errors import AgreementError, AgreementFaults, InputError, UnknownName


def without(name: str) -> str:
    return "\n".join(line for line in SMALL.splitlines() if not line.strip().startswith(f"{name}:")) + "\n"


RING = "[[1, 1], [2, 1], [2, 2]]"
READING = "\n      north:\n        "
FAULTS = [
    (without("article"), "small.yaml, line 8, article: has no article; expected the number of the article"),
    (without("source"), "small.yaml, line 1, source: has no source"),
    (without("says"), "small.yaml, line 8, says: has no says"),
    (without("bars"), "small.yaml, line 8, acts: bars no acts; expected bars: {acts: [armed]} for every use of weapons, or a list"),
    (without("where"), "small.yaml, line 8, where: does not say where it holds"),
    (without("title"), "small.yaml, line 1, title: has no title"),
    (small(until='"2020-04-01 00:00Z"'), "small.yaml, line 16, until: the term ends (2020-04-01T00:00:00+00:00) before"),
    (small(until='"2020-05-01 00:00Z"'), "small.yaml, line 16, until: the term ends"),
    (small(since='"2020-05-01 00:00"'), "small.yaml, line 15, since: the time '2020-05-01 00:00' has no zone; expected"),
    (small(since="2020-05-01"), "small.yaml, line 15, since: the time '2020-05-01' has no zone"),
    (small(since="2020-05-01 Asia/Aden"), "small.yaml, line 15, since: the date '2020-05-01 Asia/Aden' has no hour"),
    (small(since="20200501"), "small.yaml, line 15, since: 20200501 is not a time; expected text, as"),
    (small(since="[a]"), "small.yaml, line 15, since: ['a'] is not a time"),
    (small(since="open"), "small.yaml, line 15, since: cannot read the time 'open'"),
    (small(since='"2015-03-29 03:30 Europe/Kyiv"'), "small.yaml, line 15, since: the clocks in Europe/Kyiv skipped"),
    (small(since='"2015-10-25 03:30 Europe/Kyiv"'), "small.yaml, line 15, since: '2015-10-25 03:30 Europe/Kyiv' happened twice in"),
    (small(since='"2020-05-01 24:01Z"'), "small.yaml, line 15, since: the time '2020-05-01 24:01Z' is past the end of its day"),
    (small(since='"2020-05-01 00:00 Europe/Kiyv"'), "small.yaml, line 15, since: there is no time zone 'Europe/Kiyv'"),
    ("display_zone: Mars/Base\n" + SMALL, "small.yaml, line 1, display_zone: there is no time zone 'Mars/Base'"),
    (small(bars="{acts: [shellin]}"), "small.yaml, line 13, acts: there is no act 'shellin'; did you mean 'shelling'?"),
    (small(bars="{acts: [armed], targets: [energi]}"), "small.yaml, line 13, targets: there is no target 'energi'; did you mean 'energy'?"),
    (small(bars="{acts: shelling}"), "small.yaml, line 13, acts: acts is not a list of words"),
    (small(bars="{act: [shelling]}"), "small.yaml, line 13: there is no field 'act'; did you mean 'acts'?"),
    (small(binds="[nord]"), "small.yaml, line 12, binds: there is no party 'nord'; did you mean 'north'?"),
    (small(binds="[]"), "small.yaml, line 12, binds: binds nobody; expected all, a list of parties"),
    (small(untill="open"), "small.yaml, line 17: there is no field 'untill'; did you mean 'until'?"),
    (SMALL + SMALL[SMALL.index("  - id: quiet") :], "small.yaml, line 17, id: the term 'quiet' stands twice"),
    (SMALL + "    says: again\n", "small.yaml, line 17: the field 'says' stands twice"),
    ("a: [", "small.yaml, line 1: is not YAML: expected the node content"),
    ("a:\n\tb", "small.yaml, line 2: is not YAML: found character '\\t'"),
    ("", "small.yaml: is not an agreement; expected the fields agreement, title, parties, terms"),
    ("- a", "small.yaml: is not an agreement"),
    ("a: \x00", "small.yaml: is not YAML"),  # found: the reader's own error came through
    ("? [a]\n: b", "small.yaml, line 1: a field's name is not a word"),
    (small(readings=READING + "until: open"), "small.yaml, line 19: the reading of north has no source; expected where that"),
    (small(readings="{nort: {source: x}}"), "small.yaml, line 17, readings: there is no party or mediator 'nort'; did you mean 'north'?"),
    (small(readings="{north: x}"), "small.yaml, line 17, readings: the reading of north is not a mapping"),
    (small(readings=READING + "source: x\n        artikle: 2"), "small.yaml, line 20: there is no field 'artikle'"),
    (small(readings=READING + 'source: x\n        until: "2019-01-01 00:00Z"'), "small.yaml, line 20, until: the term ends"),
    (small(where="{says: x, line: l}"), "small.yaml, line 14, line: a zone along a line needs its width; expected zone_width_m"),
    (small(where="{says: x, line: l, zone_width_m: 4, distance_a_side_m: 2}"), "small.yaml, line 14, line: a zone along"),
    (small(where="{says: x, line: l, zone_width_m: 0}"), "small.yaml, line 14, line: a zone without width holds nothing"),
    (small(where="{says: x, role: l, zone_width_m: 9}"), "small.yaml, line 14, zone_width_m: only a line has a width"),
    (small(where="{says: x, everywhere: true, distance_a_side_m: 9}"), "small.yaml, line 14, distance_a_side_m: only a line"),
    (small(where="{says: x, line: l, zone_width_m: fifty}"), "small.yaml, line 14, zone_width_m: 'fifty' is not a number"),
    (small(where="{says: x, line: l, zone_width_m: -5}"), "small.yaml, line 14, zone_width_m: -5 is not a number"),
    (small(where="{says: x, everywhere: true, role: y}"), "small.yaml, line 14, where: does not say where it holds"),
    (small(where="{everywhere: true}"), "small.yaml, line 14, says: has no says; expected the zone in words"),
    (small(where='{says: x, everywhere: "false"}'), "small.yaml, line 14, everywhere: 'false' is neither true nor false"),
    (small(where=f"{{says: x, polygon: {{ring: {RING}}}}}"), "small.yaml, line 14, crs: the zone has no CRS"),
    (small(where="{says: x, polygon: {crs: OGC:CRS84, ring: [[1, 1], [2, 1]]}}"), "small.yaml, line 14, ring: the zone is not a ring"),
    (small(where="{says: x, polygon: {crs: OGC:CRS84, ring: [[1, 1], [2, 1], [a, b]]}}"), "small.yaml, line 14, ring: the zone is not"),
    (small(where="{says: x, polygon: {crs: OGC:CRS84, ring: [[1, 1], [2, 1], [500, 2]]}}"), "small.yaml, line 14, ring: the zone leaves the globe"),
    (small(where=f"{{says: x, polygon: {{crs: OGC:CRS84, ring: {RING}, holes: 5}}}}"), "small.yaml, line 14, holes: the holes are not a list"),
    (small(article="2.10"), "small.yaml, line 9, article: 2.1 is not a text; expected quotes around it"),
    (small(article="true"), "small.yaml, line 9, article: True is not a text; expected quotes"),
    (small(published='"no"'), "small.yaml, line 17: there is no field 'published'"),
    ('published: "no"\n' + SMALL, "small.yaml, line 1, published: 'no' is neither true nor false"),
    (small(unless="[{article: x}]"), "small.yaml, line 17, says: has no says; expected what is excepted"),
    (small(unless="fire"), "small.yaml, line 17, unless: unless is not a list of mappings"),
    (SMALL.replace("name: Southland", "name: norland"), "small.yaml, line 4, parties: the name 'norland' stands for two parties"),
    (SMALL.replace("id: south", "id: north"), "small.yaml, line 4, parties: the name 'north' stands for two parties"),
    (SMALL.replace("  - {id: south, name: Southland}\n", ""), "small.yaml, line 4, parties: has fewer than two parties"),
    (SMALL[: SMALL.index("  - id: quiet")], "small.yaml, line 7, terms: has no terms; expected at least one term"),
    ("a: !!bool x", "small.yaml: is not YAML"),
    ("a: !!timestamp x", "small.yaml: is not YAML"),
    ('a: !!int ""', "small.yaml: is not YAML"),
    ("a: !!map [b]", "small.yaml: is not YAML"),
]  # fmt: skip


def test_all_faults_come_at_once_in_the_order_of_the_file_each_with_the_nearest_name():
    text = small(bars="{acts: [shellin]}", binds="[nord]", since="2020-05-01", where="{says: x, evrywhere: true}")
    with pytest.raises(AgreementFaults) as told:
        agreement(text.replace("title:", "titel:"), "small.yaml")
    lines = [(fault.row, fault.field, fault.nearest) for fault in told.value.faults if isinstance(fault, UnknownName)]
    assert ("line 2", None, "title") in lines
    assert ("line 12", "binds", "north") in lines
    assert ("line 13", "acts", "shelling") in lines
    assert ("line 14", None, "everywhere") in lines
    rows = [int(fault.row.split()[1]) for fault in told.value.faults]
    assert rows == sorted(rows)
    assert "line 15, since: " in str(told.value)


def test_a_fault_of_the_text_is_not_told_again_for_each_reading():
    text = small(binds="[nord]", readings=READING + "source: x\n        until: open")
    with pytest.raises(UnknownName, match="no party 'nord'"):
        agreement(text, "small.yaml")


@pytest.mark.parametrize(
    ("word", "kind"),
    [("ceasefire", "barred_acts"), ("Cessation of hostilities", "barred_acts"), ("quote", "quota")],
)
def test_an_everyday_word_for_a_kind_of_term_leads_to_the_kind(word, kind):
    with pytest.raises(UnknownName, match=f"kind: there is no kind of term '{word}'; did you mean '{kind}'?"):
        agreement(small(kind=word), "small.yaml")


@pytest.mark.parametrize(("text", "line"), FAULTS, ids=[line[12:60] for _, line in FAULTS])
def test_every_fault_is_one_clear_line_with_file_line_and_field(text, line):
    with pytest.raises((AgreementError, UnknownName)) as told:
        agreement(text, "small.yaml")
    lines = str(told.value).splitlines()
    assert lines[0].startswith(line)
    assert all(line.startswith("small.yaml") for line in lines)


def test_the_small_agreement_itself_has_no_fault():
    assert parsed().terms[0].readings[0].binds == ("north", "south")


def test_a_file_that_refers_to_itself_again_and_again_is_refused():
    """Written out it would be longer than the age of the world; a message that tried to would never come."""
    bomb = ["&l0 [a, a]"] + [f"&l{n} [*l{n - 1}, *l{n - 1}]" for n in range(1, 60)]
    text = f"notes: [{', '.join(bomb)}]\n" + small(since="*l59")
    with pytest.raises(InputError, match=r"small.yaml, line 16, since: \[\[.* is not a time"):
        agreement(text, "small.yaml")


CORPUS = [SMALL] + [p.read_text(encoding="utf-8") for p in sorted((ROOT / "agreements").glob("*.yaml"))]
BITS = [
    "&a ", "*a", "!!bool ", "!!int ", "!!float ", "!!set ", "!!binary ", "!!timestamp ", "!!map ", "[", "]", "{", "}",
    "? ", "- ", ": ", "\t", "\x00", "\ud800", '"', "'", "#", "|", ">", "%", "@", "~", "null", "1e999", ".inf", ".nan",
    "9" * 5000, "0x" + "f" * 5000, "<<: *start", "---\n", "...\n", "\x85", "\ufeff", "everywhere", "holes: 5", "12:30",
]  # fmt: skip


@settings(max_examples=400)
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_spoiled_agreement_raises_an_input_error_and_nothing_else(chance: random.Random, times: int):
    text = chance.choice(CORPUS)
    for _ in range(times):
        at, end = sorted(chance.randrange(len(text)) for _ in range(2))
        end = min(end, at + chance.choice([0, 1, 5, 80]))
        lines = text.splitlines()
        put = chance.choice([chance.choice(BITS), chance.choice(lines) + "\n", ""])
        text = text[:at] + put + text[end:]
    with contextlib.suppress(InputError):
        agreement(text, "spoiled.yaml")


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "says", "acts", "ring", "polygon"]), inner, max_size=3)), st.sampled_from(["since", "binds", "bars", "where", "unless", "readings", "article", "standard"]))  # fmt: skip
def test_any_value_in_any_field_raises_an_input_error_or_is_understood(value, field):
    with contextlib.suppress(InputError):
        agreement(small(**{field: json.dumps(value)}), "small.yaml")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-07-28 24:00 Asia/Bangkok", datetime(2025, 7, 28, 17, tzinfo=UTC)),
        ("2025-07-28 00:00 Asia/Bangkok", datetime(2025, 7, 27, 17, tzinfo=UTC)),
        ("2025-04-19 18:00 Europe/Moscow", datetime(2025, 4, 19, 15, tzinfo=UTC)),
        ("2025-04-19 18:00 Europe/Kyiv", datetime(2025, 4, 19, 15, tzinfo=UTC)),
        ("2015-02-15 00:00 Europe/Kyiv", datetime(2015, 2, 14, 22, tzinfo=UTC)),
        ("2020-07-27 00:01 Europe/Kyiv", datetime(2020, 7, 26, 21, 1, tzinfo=UTC)),
        ("2024-11-27T04:00+02:00", datetime(2024, 11, 27, 2, tzinfo=UTC)),
    ],
)
def test_the_wall_time_of_a_term_is_converted_and_24_00_is_the_end_of_its_day(text, utc):
    assert parsed(since=f'"{text}"', until="open").terms[0].readings[0].since == utc


def spans(name: str) -> dict[str, tuple[datetime | None, datetime | None, str]]:
    return {t.id: (t.readings[0].since, t.readings[0].until, t.readings[0].ends) for t in shipped(name).terms}


WITHDRAWN = ("artillery-", "rockets-", "heavy-rockets-")


def test_the_shipped_agreements_start_and_end_when_the_field_guide_says():
    minsk = spans("minsk-ii-2015")
    assert minsk["ceasefire"] == (datetime(2015, 2, 14, 22, tzinfo=UTC), None, "open")
    assert {span for name, span in minsk.items() if name.startswith(WITHDRAWN)} == {
        (datetime(2015, 3, 1, 22, tzinfo=UTC), None, "open")
    }
    easter = set(spans("easter-2025").values())
    assert easter == {(datetime(2025, 4, 19, 15, tzinfo=UTC), datetime(2025, 4, 20, 21, tzinfo=UTC), "set")}
    ((since, until, _),) = easter
    assert until - since == timedelta(hours=30)
    assert set(spans("yemen-2022").values()) == {
        (datetime(2022, 4, 2, 16, tzinfo=UTC), datetime(2022, 10, 2, 16, tzinfo=UTC), "set")
    }


def test_in_minsk_a_zone_of_50_70_and_140_km_is_25_35_and_70_km_a_side_from_each_partys_own_line():
    withdrawn = [t for t in shipped("minsk-ii-2015").terms if t.id.startswith(WITHDRAWN)]
    got = {t.id: (t.readings[0].where.side_m, t.readings[0].where.line) for t in withdrawn}
    mine, theirs = "contact de facto", "contact 2014-09-19"
    assert got == {
        "artillery-ukraine": (25_000, mine), "artillery-armed-formations": (25_000, theirs),
        "rockets-ukraine": (35_000, mine), "rockets-armed-formations": (35_000, theirs),
        "heavy-rockets-ukraine": (70_000, mine), "heavy-rockets-armed-formations": (70_000, theirs),
    }  # fmt: skip


def test_a_reading_changes_what_it_says_and_keeps_the_rest():
    made = parsed(
        readings=READING + 'source: a speech\n        until: "2020-05-20 00:00Z"\n        bars: {acts: [shelling]}'
    ).terms[0]
    text, north = made.readings
    assert (north.who, north.differs) == ("north", "until, bars")
    assert (north.since, north.binds, north.says) == (text.since, text.binds, text.says)
    assert north.until == datetime(2020, 5, 20, tzinfo=UTC) and north.acts == ("shelling",)


def test_nobody_said_when_is_not_always():
    made = agreement(without("since").replace('until: "2020-06-01 00:00Z"', "until: unknown"), "small.yaml")
    assert (made.terms[0].readings[0].since, made.terms[0].readings[0].ends) == (None, "unknown")


def test_an_article_keeps_the_spelling_that_it_has():
    # Found by reading: to YAML 1.1 the article 3:2 is the number 182, and 010 is 8.
    for article in ("3:2", "010", "1_000", "0x10", "2 (a)", '"2.10"'):
        assert parsed(article=article).terms[0].article == article.strip('"')


def test_names_of_a_party_are_found_whatever_their_case_and_no_others_are():
    made = parsed()
    assert made.party("NORLAND").id == "north" == made.party("Northland").id
    assert made.party("Nor") is None and made.party(None) is None
