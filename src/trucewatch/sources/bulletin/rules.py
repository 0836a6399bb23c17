"""The rules by which a bulletin is read: a checked form of the YAML in mappings/, its patterns made ready."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trucewatch.base.errors import InputError
from trucewatch.tables import QUALIFIERS

NEEDED = ("numbers", "scales", "qualifiers", "upper", "months", "counts", "previous", "further", "none", "periods")
FEW_WORDS = r"(?:(?!\d)[\w“”\"'’-]+ ){0,4}?"
"""What `{w}` stands for."""


@dataclass(frozen=True)
class Count:
    """A number that counts something: what it is called, in what it is counted, and how it is told."""

    about: str
    unit: str
    says: tuple[re.Pattern[str], ...]


@dataclass(frozen=True)
class Rules:
    """What a language's bulletins are read by."""

    speaker: str
    language: str | None
    values: Mapping[str, int]
    scales: Mapping[str, int]
    qualifiers: Mapping[str, str]
    upper: tuple[str, ...]
    months: Mapping[str, int]
    number: re.Pattern[str]
    counts: tuple[Count, ...]
    previous: tuple[re.Pattern[str], ...]
    further: tuple[tuple[re.Pattern[str], int], ...]
    ranges: tuple[re.Pattern[str], ...]
    none: tuple[re.Pattern[str], ...]
    periods: Mapping[str, tuple[re.Pattern[str], ...]]


def rules(told: Any) -> Rules:
    """What a mapping says -> rules. InputError names the file and the field."""
    if not isinstance(told, Mapping):
        raise InputError("has no rules to be read by", field="mapping", expected="--mapping bulletin")
    file = str(told.get("mapping") or "mapping")
    for name in NEEDED:
        if name not in told:
            raise InputError(f"has no {name!r}", file=file, field=name, expected="rules as in mappings/bulletin.yaml")
    values, scales = _figures(told, "numbers", file), _figures(told, "scales", file)
    meant = {str(word).lower(): str(way) for word, way in _table(told, "qualifiers", file).items()}
    if strange := sorted(set(meant.values()) - set(QUALIFIERS.categories.to_list())):
        raise InputError(f"{strange[0]!r} is no qualifier", file=file, field="qualifiers",
                         expected=", ".join(QUALIFIERS.categories.to_list()))  # fmt: skip
    upper = tuple(str(word).lower() for word in _list(told, "upper", file))
    plain = rf"(?:\d{{1,3}}(?:[,\u00a0 ]\d{{3}}(?!\d))+|\d+|{_either(values)})(?:\s(?:{_either(scales)}))?"
    before = _either([*meant, *upper])
    n = rf"(?:(?P<meant>{before})\s(?:a total of )?)?(?<![\w,.:/–-])(?P<n>{plain})(?![\w:/]|[.,]\d|[-–]\d)"
    fields = {"{n}": n, "{w}": FEW_WORDS}
    return Rules(
        speaker=str(told.get("speaker") or "the mission"),
        language=str(told["language"]) if told.get("language") else None,
        values=values,
        scales=scales,
        qualifiers=meant,
        upper=upper,
        months=_figures(told, "months", file),
        number=re.compile(n, re.I),
        counts=tuple(_count(one, fields, file) for one in _list(told, "counts", file)),
        previous=tuple(_pattern(f"{one}{n}", file, "previous") for one in _list(told, "previous", file)),
        further=tuple(
            (_pattern(_filled(str(one["says"]), fields), file, "further"), int(one.get("days", 0)))
            for one in _list(told, "further", file)
        ),
        ranges=tuple(_pattern(_filled(str(one), fields), file, "ranges") for one in told.get("ranges") or []),
        none=tuple(_pattern(str(one), file, "none") for one in _list(told, "none", file)),
        periods={
            str(name): tuple(_pattern(str(one), file, "periods") for one in says)
            for name, says in _table(told, "periods", file).items()
        },
    )


def _count(told: Any, fields: Mapping[str, str], file: str) -> Count:
    if not isinstance(told, Mapping) or not {"about", "unit", "says"} <= set(told):
        raise InputError("a rule has not its three parts", file=file, field="counts", expected="about, unit, says")
    says = tuple(_pattern(_filled(str(one), fields), file, f"counts: {told['about']}") for one in told["says"])
    return Count(str(told["about"]), str(told["unit"]), says)


def _filled(text: str, fields: Mapping[str, str]) -> str:
    for name, pattern in fields.items():
        text = text.replace(name, pattern)
    return text


def _pattern(text: str, file: str, field: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.I)
    except re.error as wrong:
        raise InputError(f"a pattern is none: {wrong}", file=file, field=field) from None


def _either(words: Iterable[str]) -> str:
    return "|".join(sorted((re.escape(word) for word in words), key=lambda word: (-len(word), word)))


def _table(told: Mapping[str, Any], name: str, file: str) -> Mapping[str, Any]:
    found = told[name]
    if not isinstance(found, Mapping):
        raise InputError("is no table of words", file=file, field=name)
    return found


def _list(told: Mapping[str, Any], name: str, file: str) -> list[Any]:
    found = told[name]
    if not isinstance(found, list):
        raise InputError("is no list", file=file, field=name)
    return found


def _figures(told: Mapping[str, Any], name: str, file: str) -> dict[str, int]:
    table = _table(told, name, file)
    if not table or not all(isinstance(value, int) for value in table.values()):
        raise InputError("is no table of words and whole numbers", file=file, field=name)
    return {str(word).lower(): value for word, value in table.items()}
