"""A news text -> drafts: who is said to say what, by rules that stand in data."""

from __future__ import annotations

import copy
from datetime import UTC, date, datetime, timedelta
from time import monotonic

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from said import ROOT, SAID, one, read

from trucewatch.base.errors import InputError
from trucewatch.base.plain import plain_text
from trucewatch.claims import wording
from trucewatch.sources.news import SOURCE
from trucewatch.testing import check_source

RULES = yaml.load((ROOT / "wording/en.yaml").read_text(), Loader=yaml.BaseLoader)


@pytest.mark.parametrize(
    "text",
    [
        "Northland's defence ministry said that Southland had shelled Aldry on Friday.",
        "Southland had shelled Aldry on Friday, Northland's defence ministry said.",
        "Southland had shelled Aldry on Friday, said Northland's defence ministry.",
        "According to Northland's defence ministry, Southland shelled Aldry on Friday.",
    ],
)
def test_a_sentence_says_the_same_wherever_its_speaker_stands(text):
    row = one(text)
    assert (row["speaker"], row["on_behalf_of"]) == ("defence ministry", "Northland")
    assert (row["asserts"], row["kind"], row["whom"], row["place"]) == ("happened", "shelling", "Southland", "Aldry")
    assert (row["t0"], row["t1"]) == (datetime(2031, 5, 2, tzinfo=UTC), datetime(2031, 5, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    "text",
    [
        "Southland's army shelled Aldry on Friday.",
        "Northland's minister declined to say who had fired.",
        "The announcement was made by Northland's ministry.",
        "Northland has the right to say so.",
        "The report of the mission was long.",
        "Rivals meet in Aldry",
        "",
    ],
)
def test_what_nobody_is_said_to_say_is_no_draft(text):
    assert read(text).is_empty()


def test_pronouns_surnames_and_bodies_lead_back_to_who_spoke():
    text = (
        "General Tomas Reik said the bridge was quiet. He added that nobody had fired. Reik insisted on it. "
        "Northland's defence ministry said it was not so. The ministry added that two guards had been hurt."
    )
    made = read(text)
    assert made["speaker"].to_list() == ["Tomas Reik"] * 3 + ["defence ministry"] * 2
    assert made["on_behalf_of"].to_list()[-1] == "Northland"


def test_a_person_whose_side_is_told_later_has_it_throughout():
    made = read("Ida Varn said it was quiet. Southland's foreign minister, Ida Varn, said it again.")
    assert made["on_behalf_of"].to_list() == ["Southland", "Southland"]


@pytest.mark.parametrize(
    "head",
    [
        "PORT ELLIS, 12 February 2034 — ", "NORTH/SOUTH CITY (Agency) - ", "Brannock, 17 September 2052: ",
        "Aldry, May 3 (Own report). ", "ALDRY: ",
    ],
)  # fmt: skip
def test_what_a_text_begins_with_is_no_part_of_a_speaker(head):
    row = one(f"{head}Southland's army on Friday said that nobody had fired.")
    assert (row["speaker"], row["on_behalf_of"]) == ("army", "Southland") and row["start"] == len(head)


def test_a_dash_in_a_sentence_is_no_dateline():
    row = one("Southland's army - it has few men - said that nobody had fired.")
    assert row["start"] == 0


def test_a_partys_figure_without_a_verb_is_a_saying_of_its_own():
    made = read(
        "Northland now speaks of 63 breaches, Southland of 58. Aldry: 7. So far 140 were lifted, the ministry said. Southland: 200."
    )
    assert made.select("speaker", "figure").rows() == [
        ("Northland", 63), ("Southland", 58), ("ministry", 140), ("Southland", 200),
    ]  # fmt: skip
    made = read("Northland's own count is 31, Southland's 9.")
    assert made.select("speaker", "on_behalf_of", "figure").rows() == [
        ("Northland", "Northland", 31), ("Southland", "Southland", 9),
    ]  # fmt: skip


def test_a_spokesman_is_not_whoever_spoke_before_nor_whoever_is_named_next():
    made = read(
        "Admiral Rosa Quill said it was so. A Southland spokesman rejected the charge. He said it had burnt by itself. "
        "Tomas Reik said nothing was burnt."
    )
    assert made["speaker"].to_list() == ["Rosa Quill", "spokesman", "spokesman", "Tomas Reik"]


def test_a_partys_name_within_a_longer_word_is_not_that_party_and_a_particle_is_a_whole_word():
    row = one("Arayik Harun, the leader of the Southland-held hills, said it was calm.")
    assert (row["speaker"], row["on_behalf_of"]) == ("Arayik Harun", None)
    assert one("The Southland defence ministry said it was calm.")["speaker"] == "defence ministry"


def test_what_stands_between_a_speaker_and_the_verb_is_no_speaker():
    assert one("Southland, for its part, demanded that they leave.")["speaker"] == "Southland"


def test_a_year_is_no_figure_and_people_of_ones_own_are():
    assert one("Northland's army recalled what had happened in 2014.")["figure"] is None
    row = one('"Five of our people are in hospital," Northland\'s army said.')
    assert (row["figure"], row["unit"]) == (5, "people")


@pytest.mark.parametrize(
    "text",
    [
        "Northland said that 1,5 thousand shells fell.", "Northland said that 1.200 people left the town.",
        "Southland denied that its forces had shelled Aldry on 31 April.", "Northland said that fewer than 10 men died.",
        "Northland said that no more than 40 shells fell.",
    ],
)  # fmt: skip
def test_what_may_be_two_numbers_a_day_or_a_ceiling_is_drafted_without_a_figure(text):
    assert one(text)["figure"] is None


def test_groups_of_thousands_and_plain_decimals_are_figures():
    assert one("Northland said that 1,234 men left.")["figure"] == 1234
    assert one("Northland said that 12.125 million shells fell.")["figure"] == 12_125_000


def test_a_speaker_may_stand_after_a_quotation_that_ends_a_clause_of_was():
    row = one('The situation was "hard but under control", said a spokesman of the Northland command.')
    assert (row["speaker"], row["quote"]) == ("spokesman of the Northland command", "hard but under control")


def test_a_pattern_for_figures_without_a_verb_has_to_say_who():
    told = {**RULES, "elliptic": ["of (?=\\d)"]}
    with pytest.raises(InputError, match="has no group `who`"):
        wording(told, "w.yaml")


def test_an_office_speaks_for_its_side_and_a_newspaper_only_stands_on_one():
    told = [one(f"{who} said the bridge was lost.") for who in ("A Northland minister", "A Northland newspaper")]
    assert [(row["on_behalf_of"], row["side"]) for row in told] == [("Northland", None), (None, "Northland")]


def test_every_figure_of_a_list_is_a_draft_with_its_own_unit():
    made = read("Northland's army counted six assaults, at least 1,882 cases of shelling and about 90 drone strikes.")
    assert made.select("figure", "unit", "qualifier").rows() == [
        (6, "assaults", "exact"), (1882, "cases of shelling", "at least"), (90, "drone strikes", "about"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "day"),
    [("on Friday", date(2031, 5, 2)), ("on Saturday", date(2031, 5, 3)), ("yesterday", date(2031, 5, 2)),
     ("on 30 April", date(2031, 4, 30)), ("on 28 December", date(2030, 12, 28)), ("on 2029-01-02", date(2029, 1, 2))],
)  # fmt: skip
def test_a_day_is_counted_from_the_day_of_the_text(said, day):
    row = one(f"Northland's army said that Aldry was shelled {said}.")
    assert row["t0"] == datetime(day.year, day.month, day.day, tzinfo=UTC)
    assert row["said_at"] is None
    row = one(f"Northland's army said {said} that Aldry was shelled.")
    assert row["said_at"] == datetime(day.year, day.month, day.day, tzinfo=UTC) and row["t0"] is None


def test_without_a_day_of_its_own_no_relative_day_is_read():
    assert one("Northland's army said that Aldry was shelled on Friday.", today=None)["t0"] is None


@pytest.mark.parametrize(
    ("text", "speech", "asserts"),
    [
        ("Southland denied that its army had shelled Aldry.", "denies", "not_happened"),
        ("Southland said that its army had not shelled Aldry.", "states", "not_happened"),
        ("Southland said that Northland's army was encircled near Aldry.", "states", "encircled"),
        ("Southland rejected limits on its army.", "refuses", None),
        ("Southland demanded that the shelling stop.", "demands", None),
        ("Southland offered to talk.", "offers", None),
    ],
)
def test_a_denial_turns_what_it_denies_and_a_demand_says_nothing_of_the_record(text, speech, asserts):
    row = one(text)
    assert (row["speech"], row["asserts"]) == (speech, asserts)


def test_a_quotation_that_goes_on_has_the_speaker_before_and_its_words_name_nobody():
    made = read('"Seven shells fell," General Tomas Reik said. "Nobody told us that the minister said so."')
    assert made["speaker"].to_list() == ["Tomas Reik", "Tomas Reik"]
    assert made["quote"].to_list() == ["Seven shells fell", "Nobody told us that the minister said so"]


def test_every_draft_names_its_span_and_its_rules():
    text = (SAID / "mill-bridge.txt").read_text()
    made = read(text)
    for row in made.rows(named=True):
        assert " ".join(text[row["start"] : row["end"]].split()) == row["says"]
        assert row["because"] and row["locator"] == f"characters {row['start']} to {row['end']}"


@given(st.data())
def test_paragraphs_that_name_their_own_speakers_give_the_same_drafts_in_any_order(data):
    """Shuffle: what is drafted of a paragraph hangs on no other, where none is referred to."""
    parts = [
        "Northland's defence ministry said on Friday that 44 shells hit Aldry.",
        "Southland denied that its army had shelled Aldry.",
        '"Nothing is lost," said Colonel Ida Varn.',
        "According to the Lakes Mission, nine explosions were heard near Ostmark.",
    ]
    order = data.draw(st.permutations(parts))
    hide = ("id", "start", "end", "locator")
    plain, mixed = (sorted(map(repr, read("\n\n".join(p)).drop(hide).rows())) for p in (parts, order))
    assert plain == mixed


def test_the_sides_exchanged_give_the_same_drafts_with_the_sides_exchanged():
    """Mirror."""
    text = (SAID / "mill-bridge.txt").read_text()
    swap = {"Northland": "\x01", "Southland": "Northland"}

    def turned(words: str) -> str:
        for here, there in swap.items():
            words = words.replace(here, there)
        return words.replace("\x01", "Southland")

    plain, mirror = read(text), read(turned(text))
    assert [turned(repr(row)) for row in plain.rows()] == [repr(row) for row in mirror.rows()]


@given(st.text(alphabet=" .,\"“”'\n:;-AaBbsaid 0123456789", max_size=120))
def test_no_text_is_too_odd_to_be_read(text):
    read(text + " said. " + text)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verbz": []}, "did you mean 'verbs'"), ({"silent": "said"}, "en.yaml, silent: is no list"),
        ({"verbs": {"shouts": ["said"]}}, "there is no word 'shouts'"), ({"numbers": {"one": "x"}}, "no whole number"),
        ({"asserts": [{"asserts": "perhaps", "stems": ["x"]}]}, "no assertion 'perhaps'"),
        ({"asserts": [{"asserts": "happened", "stems": ["("]}]}, "pattern that is none"),
        ({"asserts": [{"asserts": "happened", "kind": "war", "stems": ["x"]}]}, "no kind 'war'"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_used_are_named_with_their_field(change, expected):
    with pytest.raises(InputError, match=expected):
        wording({**copy.deepcopy(RULES), **change}, "en.yaml")


def test_another_language_needs_another_file_and_no_code():
    rules = copy.deepcopy(RULES)
    rules["verbs"] = {"states": ["sagte", "erklärte"], "denies": ["bestritt"]}
    rules["wording"] = "de"
    from trucewatch.claims import Reading, drafts, parties

    made = drafts("Nordland bestritt den Angriff.", Reading(wording(rules), parties({"Nordland": []})))
    assert made.select("speaker", "speech", "language").rows() == [("Nordland", "denies", "de")]


def test_a_captured_page_is_read_without_its_menus_and_the_source_keeps_its_promises():
    page = (
        b"<!doctype html><html><head><title>Minister said no</title></head><body><nav>Anna Lee said hello.</nav>"
        b"<h1>News</h1><p>3 May 2031</p><p>Northland said on Friday that Aldry was shelled &amp; burnt.</p></body></html>"
    )
    assert "hello" not in plain_text(page)
    got = check_source(SOURCE, page, url="page.html", options={"wording": RULES, "parties": {"Northland": []}})
    assert got.drafts["speaker"].to_list() == ["Northland"]
    assert got.drafts["said_at"][0] == datetime(2031, 5, 2, tzinfo=UTC)
    assert got.drafts["said_at"][0] + timedelta(0) == datetime(2031, 5, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "options", "expected"),
    [
        (b"  ", {}, "is empty"), (b"ab\x00cd", {}, "is not text"), (b"x", {"date": "soon"}, "'soon' is no date"),
        (b"x", {"zone": "Mars/One"}, "no time zone"), (b"x", {"wording": None}, "no rules"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_read_is_one_clear_line(raw, options, expected):
    with pytest.raises(InputError, match=expected):
        check_source(SOURCE, raw, url="a.txt", options={"wording": RULES, **options})


def test_a_name_of_two_places_is_left_without_a_point():
    twice = [{"name": "Aldry", "lon": "1", "lat": "2"}, {"name": "Aldry", "lon": "30", "lat": "40"}]
    options = {"wording": RULES, "parties": {"Northland": []}, "places": twice}
    got = check_source(SOURCE, b"Northland said that Aldry was shelled.", url="a.txt", options=options)
    assert got.drafts.select("place", "lon").row(0) == ("Aldry", None)
    assert "two_places" in got.problems["code"].to_list() and "no_date" in got.problems["code"].to_list()


def test_a_table_is_not_read_as_a_sentence_and_what_stands_beside_it_is():
    rows = "\n".join(f"{n},2031-05-02,37.{n},Northland claims {n} shells,{n}" for n in range(400))
    text = f"{rows}\n\nNorthland's army said that Southland had shelled Aldry."
    assert read(text)["speaker"].to_list() == ["army"]
    options = {"wording": RULES, "parties": {"Northland": []}}
    told = check_source(SOURCE, text.encode(), url="news.txt", options=options).problems.filter(code="no_sentence")
    assert told["where"].to_list() == [f"news.txt, characters 0 to {len(rows)}"] and told["lost"].all()


def test_a_text_without_sentences_takes_as_long_as_it_has_letters():
    started = monotonic()
    assert read("Northland claims 44 shells, 12 guards, 3 guns;\n" * 20_000).is_empty()
    assert monotonic() - started < 10.0  # it was hours
