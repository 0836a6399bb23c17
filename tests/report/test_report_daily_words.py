"""The catalogues: whole, of one shape in every language, and no text of the daily report outside them."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from dailied import TEXTS, WORDS, held, looks, made
from reported import sighting

from trucewatch.base.errors import InputError
from trucewatch.dailies import catalogues, spoken
from trucewatch.kinds import KINDS, TARGETS
from trucewatch.report.daily import CAUSES, page
from trucewatch.report.daily.speaker import RULES, Speaker, catalogue
from trucewatch.sources.form import questions
from trucewatch.tables import PHASES, STATEMENTS

ENGLISH = WORDS["en"]
SRC = Path(__file__).resolve().parents[2] / "src/trucewatch/report/daily"
LETTER = re.compile(r"[^\W\d_]")


def spoilt(language: str, old: str, new: str) -> str:
    assert old in TEXTS[language], old
    return TEXTS[language].replace(old, new, 1)


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_a_catalogue_has_what_english_has_and_says_what_no_speaker_has_checked(language):
    words = WORDS[language]
    assert set(words.messages) == set(ENGLISH.messages) and words.language == language
    assert words.unchecked == (0 if language == "en" else len(words.messages))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('  summary: "Résumé"\n', "", "has no message 'summary'"),
        ('  summary: "Résumé"\n', '  summary: "Résumé"\n  sumary: "Résumé"\n', "there is no message 'sumary'"),
        ('  summary: "Résumé"\n', '  summary: "Résumé"\n  summary: "Précis"\n', "stands twice"),
        ("période précédente\u00a0: {before}\u00a0; {word}", "période précédente\u00a0: {before}", "lacks {word}"),
        ("fuseau {zone}", "fuseau {zone} {zome}", "has {zome}"),
        ('    one: "{n} incident"\n', "", "has no form 'one'"),
        ('    one: "{n} incident"\n', '    one: "{n} incident"\n    few: "{n}"\n', "plural form 'few'"),
        ("rule: zero_one_other", "rule: slavic", "there is no rule of plurals"),
        ("décembre]", "décembre, treizième]", "13 months"),
        ("direction: ltr", "direction: up", "there is no direction"),
        ('  summary: "Résumé"\n', "  summary: {one: a, other: b}\n", "plural forms where English has none"),
        ("language: fr\n", "language: fr\nchecked: [no.such]\n", "there is no message 'no.such'"),
        ("messages:\n", "messages: 3\nwords:\n", "there is no field 'words'"),
    ],
)
def test_a_catalogue_with_a_fault_is_one_line_with_its_file(old, new, says):
    with pytest.raises(InputError) as wrong:
        catalogue(spoilt("fr", old, new), "fr.yaml", ENGLISH)
    assert says in str(wrong.value) and str(wrong.value).startswith("fr.yaml") and "\n" not in str(wrong.value)


def test_without_english_or_in_a_language_that_is_not_there_it_is_one_line():
    with pytest.raises(InputError, match=r"en\.yaml"):
        catalogues({"fr": TEXTS["fr"]})
    with pytest.raises(InputError, match="language 'frr'; did you mean 'fr'"):
        spoken(TEXTS, ("frr",))


@pytest.mark.parametrize(
    ("rule", "forms"),
    [
        ("one_other", {0: "other", 1: "one", 2: "other", 21: "other"}),
        ("zero_one_other", {0: "one", 1: "one", 2: "other"}),
        ("one_few_many", {0: "many", 1: "one", 2: "few", 4: "few", 5: "many", 11: "many", 12: "many", 14: "many",
                          21: "one", 22: "few", 25: "many", 101: "one", 111: "many", 112: "many", 122: "few"}),
        ("six_forms", {0: "zero", 1: "one", 2: "two", 3: "few", 10: "few", 11: "many", 99: "many", 100: "other",
                       101: "other", 102: "other", 103: "few", 110: "few", 111: "many", 200: "other"}),
        ("none", {0: "other", 1: "other", 7: "other"}),
    ],
)  # fmt: skip
def test_things_are_counted_as_the_languages_count_them(rule, forms):
    assert {n: RULES[rule][1](n) for n in forms} == forms
    assert {RULES[rule][1](n) for n in range(400)} == set(RULES[rule][0])


def test_three_incidents_are_said_as_a_speaker_would():
    said = {name: re.sub(r"<.*?>", "", Speaker(WORDS[name])("note.incidents", n=3)) for name in WORDS}
    assert said == {
        "ar": "3 حوادث", "en": "3 incidents", "es": "3 incidentes", "fr": "3 incidents", "ru": "3 инцидента",
        "uk": "3 інциденти",
    }  # fmt: skip
    assert Speaker(WORDS["ar"])("note.incidents", n=2) == "حادثان"


@pytest.mark.parametrize(
    ("language", "number", "share", "day"),
    [
        ("en", "1,234", "4.1", "1 March 2026"),
        ("fr", "1\u202f234", "4,1", "1 mars 2026"),
        ("es", "1234", "4,1", "1 de marzo de 2026"),
        ("uk", "1234", "4,1", "1 березня 2026 р."),
        ("ru", "1234", "4,1", "1 марта 2026 г."),
        ("ar", "1,234", "4.1", "1 آذار/مارس 2026"),
    ],
)
def test_numbers_and_days_are_written_as_the_language_has_them(language, number, share, day):
    say = Speaker(WORDS[language])
    assert (say.number(1234), say.number(4.1), say.number(-2)) == (number, share, "-2")
    assert say.day(date(2026, 3, 1)) == f"<bdi>{day}</bdi>"


def test_what_is_put_in_is_escaped_and_isolated():
    said = Speaker(WORDS["ar"])("areas.zone", article="2", zone="<b>Mill</b>")
    assert "<bdi>&lt;b&gt;Mill&lt;/b&gt;</bdi>" in said and "<bdi>2</bdi>" in said


def marked():
    """A catalogue in which every message is its key between marks."""

    def sign(key: str, text: str) -> str:
        return f"⟦{key}⟧" + "".join(sorted(set(re.findall(r"\{[a-z_]+\}", text))))

    def each(key: str, said: str | Mapping[str, str]):
        return sign(key, said) if isinstance(said, str) else {form: sign(key, text) for form, text in said.items()}

    return replace(ENGLISH, messages={key: each(key, said) for key, said in ENGLISH.messages.items()})


def everything() -> dict:
    """Rows that bring every part of a report to the page."""
    at = datetime(2026, 1, 11, 18, 30, tzinfo=UTC)
    day = timedelta(days=1)
    rows = [sighting(at, 10.0 + n, kind=kind, killed=1, injured=2, target=TARGETS[n % len(TARGETS)], count=3,
                     phase=PHASES.categories[n % 4], sensed=["heard", "seen", "recorded"][n % 3], weapon="mortar")
            for n, kind in enumerate(KINDS)]  # fmt: skip
    rows += [
        sighting(at - 5 * day),
        sighting(at - day / 2, long=day),
        sighting(at, None, None),
        sighting(at, stance="denies"),
    ]
    said = [
        f"weapons: {next(iter(questions.WEAPONS)).replace('_', ' ')}", "ordnance: mines: first time",
        "facilitation: water: held", "explosions",
    ]  # fmt: skip
    told = [
        {"id": f"{'0' * 64}#s{n}", "capture": "0" * 64, "source": "form", "speaker": "a mission", "about": about,
         "t0": at, "t1": at + day / 24, "figure": 4.0, "unit": "pieces", "place": "Mill", "quote": "so many"}
        for n, about in enumerate(said)
    ]  # fmt: skip
    statements = STATEMENTS.fit(pl.DataFrame(told, schema={k: STATEMENTS.schema[k] for k in told[0]}))
    gap = looks({"t0": at, "t1": at + day / 24, "gap": CAUSES[0]}, {"t0": at, "t1": at + day / 24, "gap": None})
    return {"rows": rows, "statements": statements, "looks": gap, "recipient": "whom", "simulated": True}


def outside(text: str) -> str:
    """What letters a page has outside of messages, of what is isolated as the record's, and of ids."""
    body = text[text.index("<body>") :]
    body = re.sub(r"<bdi>.*?</bdi>", "", body, flags=re.DOTALL)
    body = re.sub(r"⟦.*?⟧", "", body)
    return "".join(LETTER.findall(re.sub(r"<[^>]+>", "", body)))


def test_no_text_of_the_page_is_outside_the_catalogue():
    pages = made(words={"en": marked()}, evenings=2, **everything()).pages
    assert outside(pages["en"]) == ""
    assert "⟦kind.shelling⟧" in pages["en"] and "<bdi>mortar</bdi>" in pages["en"]


def test_a_word_that_was_typed_into_the_template_is_seen(monkeypatch):
    there = sys.modules[page.__module__]
    monkeypatch.setattr(there, "PAGE", there.PAGE.replace("<footer><p>", "<footer><p>Made by "))
    assert outside(made(words={"en": marked()}, **everything()).pages["en"]) == "Madeby"


def test_every_word_that_the_report_may_need_is_there_and_none_that_it_never_uses():
    needed = {f"kind.{kind}" for kind in KINDS} | {f"target.{target}" for target in TARGETS}
    needed |= {f"phase.{phase}" for phase in [*PHASES.categories, "undetermined"]}
    needed |= {f"sensed.{word}" for word in questions.SENSED} | {f"restriction.{cause}" for cause in CAUSES}
    needed |= {f"weapons.{word}" for word in questions.WEAPONS} | {f"ordnance.{word}" for word in questions.ORDNANCE}
    needed |= {f"ordnance.{word}" for word in questions.AGAIN} | {
        f"level.{w}" for w in ("public", "parties", "restricted")
    }
    needed |= {f"facilitation.{word}" for word in (*questions.FACILITATED, *questions.OUTCOMES)}
    assert set(CAUSES) == set(questions.RESTRICTIONS)
    code = "".join(path.read_text() for path in SRC.glob("*.py"))
    made_up = {f"harm.{name}{end}" for name in ("killed", "injured") for end in ("", "_sure")}
    made_up |= {f"regions.{name}" for name in ("whole", "border", "outside", "unplaced")}
    literal = {key for key in ENGLISH.messages if f"'{key}'" in code or f'"{key}"' in code}
    assert set(ENGLISH.messages) == needed | made_up | literal
    assert held([sighting(datetime(2026, 1, 11, 18, tzinfo=UTC))]).size == 7
