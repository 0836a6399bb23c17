"""The rules of drafting, read from data: which words of a language say who said what. One file a language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.kinds import KINDS
from trucewatch.tables import ASSERTS, SPEECH

_LISTS = (
    "refused_things", "silent", "according", "participles", "documents", "day_parts", "adverb_endings", "time_units",
    "as_alleged", "relative", "beside_verb", "joins", "offices", "bodies", "titles", "determiners", "months",
    "weekdays", "the_same_day", "no_unit", "abbreviations", "negations", "own", "prepositions", "passive",
    "quantifiers", "that", "asides", "indefinites",
)  # fmt: skip
AT_MOST = "at most"
"""Before a figure these words make it a ceiling; a register has none, so that it is not drafted as a number."""
_PATTERNS = ("unit_before", "dateline", "elliptic")
_SETS = ("verbs", "verb_phrases", "pronouns", "in_its_view", "relative_days", "numbers", "scales", "qualifiers")
FIELDS = ("wording", "about", *_LISTS, *_PATTERNS, *_SETS, "asserts")


@dataclass(frozen=True)
class Sign:
    """Words that tell what a statement says of the record."""

    asserts: str
    kind: str | None
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Wording:
    """The rules of one language, checked. lists: name -> words; speech: verb or phrase -> what saying it does."""

    language: str
    lists: Mapping[str, tuple[str, ...]]
    speech: Mapping[str, str]
    phrases: Mapping[str, str]
    pronouns: Mapping[str, tuple[str, ...]]
    views: Mapping[str, str]
    days: Mapping[str, int]
    numbers: Mapping[str, int]
    scales: Mapping[str, int]
    qualifiers: Mapping[str, str]
    signs: tuple[Sign, ...]
    unit_before: tuple[re.Pattern[str], ...]
    dateline: tuple[re.Pattern[str], ...]
    elliptic: tuple[re.Pattern[str], ...]

    def of(self, name: str) -> re.Pattern[str]:
        """A list -> a pattern that finds any of its words, whole, the longest first."""
        return any_of(self.lists[name])


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Words -> a pattern that finds any of them, whole, in any case.

    >>> any_of(["said", "said so"]).findall("He said so, she Said")
    ['said so', 'Said']
    """
    told = sorted(words, key=lambda word: (-len(word), word)) or ["(?!)"]
    return re.compile(rf"(?i)\b(?:{'|'.join(word if word == '(?!)' else re.escape(word) for word in told)})\b")


def wording(told: Any, file: str = "wording") -> Wording:
    """What a file of rules says -> the rules. InputError names the file and the field."""
    if not isinstance(told, Mapping):
        raise InputError("is not a set of rules", file=file, expected=f"the fields {', '.join(FIELDS)}")
    for name in told:
        if name not in FIELDS:
            raise UnknownName("field of a wording", str(name), FIELDS, file=file)
    lists = {name: _words(told.get(name), file, name) for name in _LISTS}
    sets = {name: _set(told.get(name), file, name) for name in _SETS}
    return Wording(
        language=str(told.get("wording") or "").split(".")[0],
        lists=lists,
        speech=_by_word(sets["verbs"], file, "verbs", SPEECH.categories.to_list()),
        phrases=_by_word(sets["verb_phrases"], file, "verb_phrases", SPEECH.categories.to_list()),
        pronouns={name: _words(words, file, f"pronouns.{name}") for name, words in sets["pronouns"].items()},
        views={view.lower(): str(pronoun) for view, pronoun in sets["in_its_view"].items()},
        days=_numbers(sets["relative_days"], file, "relative_days"),
        numbers=_numbers(sets["numbers"], file, "numbers"),
        scales=_numbers(sets["scales"], file, "scales"),
        qualifiers=_by_word(
            sets["qualifiers"], file, "qualifiers", ["exact", "at least", "about", "more than", AT_MOST]
        ),
        signs=tuple(_sign(sign, file) for sign in told.get("asserts") or ()),
        **{name: tuple(_pattern(text, file, name) for text in told.get(name) or ()) for name in _PATTERNS},
    )


def _words(told: Any, file: str, field: str) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(word, str) and word for word in told):
        raise InputError("is no list of words", file=file, field=field, expected="words, in quotes where YAML asks")
    return tuple(word.lower() for word in told)


def _set(told: Any, file: str, field: str) -> Mapping[str, Any]:
    if not isinstance(told, Mapping) or not all(isinstance(name, str) for name in told):
        raise InputError("is no set of names and values", file=file, field=field)
    return told


def _by_word(told: Mapping[str, Any], file: str, field: str, allowed: list[str]) -> dict[str, str]:
    for name in told:
        if name not in allowed:
            raise UnknownName("word", name, allowed, file=file, field=field)
    return {word: name for name, words in told.items() for word in _words(words, file, f"{field}.{name}")}


def _numbers(told: Mapping[str, Any], file: str, field: str) -> dict[str, int]:
    try:
        return {name.lower(): int(value) for name, value in told.items()}
    except (TypeError, ValueError):
        raise InputError("holds what is no whole number", file=file, field=field) from None


def _sign(told: Any, file: str) -> Sign:
    where = {"file": file, "field": "asserts"}
    if not isinstance(told, Mapping) or not told.get("stems"):
        raise InputError("has an entry without stems", expected="asserts, stems and maybe kind", **where)
    says, kind = str(told.get("asserts")), told.get("kind")
    if says not in ASSERTS.categories.to_list():
        raise UnknownName("assertion", says, ASSERTS.categories.to_list(), **where)
    if kind is not None and kind not in KINDS:
        raise UnknownName("kind", str(kind), KINDS, **where)
    stems = "|".join(_words(told["stems"], file, "asserts.stems"))
    return Sign(says, kind, _pattern(rf"\b(?:{stems})", file, "asserts.stems"))


def _pattern(text: Any, file: str, field: str) -> re.Pattern[str]:
    try:
        made = re.compile(f"(?i){text}")
    except re.error as wrong:
        raise InputError(f"holds a pattern that is none ({wrong})", file=file, field=field) from None
    if field == "elliptic" and "who" not in made.groupindex:
        raise InputError(f"has no group `who`: {text}", file=file, field=field, expected="(?P<who>...)")
    return made
