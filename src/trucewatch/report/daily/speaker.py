"""A catalogue of messages -> texts of one language: plural forms, numbers, dates, and what has not been checked.

A catalogue is a file in messages/, for people to translate. It is held to the English one when it is read: the same
keys, the same names in braces, every plural form that its language has. So no page is made with a gap in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from markupsafe import Markup, escape

from trucewatch.base.document import Lined, document
from trucewatch.base.errors import UnknownName

SOURCE = "en"
"""The language that the others translate, and that counts where they differ."""
_FIELDS = (
    "language", "name", "direction", "rule", "decimal", "group", "group_from", "date", "months", "source", "checked_by",
    "checked", "messages",
)  # fmt: skip
_NAMED = re.compile(r"\{([a-z_]+)\}")
_MONTHS, _DIRECTIONS = 12, ("ltr", "rtl")


def _east_slavic(n: int) -> str:
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"


def _arabic(n: int) -> str:
    if n < 3:
        return ("zero", "one", "two")[n]
    return "few" if 3 <= n % 100 <= 10 else "many" if n % 100 >= 11 else "other"


RULES: Mapping[str, tuple[tuple[str, ...], Callable[[int], str]]] = {
    "none": (("other",), lambda n: "other"),
    "one_other": (("one", "other"), lambda n: "one" if n == 1 else "other"),
    "zero_one_other": (("one", "other"), lambda n: "one" if n in (0, 1) else "other"),
    "one_few_many": (("one", "few", "many"), _east_slavic),
    "six_forms": (("zero", "one", "two", "few", "many", "other"), _arabic),
}
"""How a language counts things: the forms that it has, and which is for a whole number (as Unicode's CLDR tells)."""


@dataclass(frozen=True)
class Catalogue:
    """One language. checked: keys that a speaker has looked at, all of them where `checked_by` names one."""

    language: str
    name: str
    direction: str
    rule: str
    decimal: str
    group: str
    group_from: int
    date: str
    months: tuple[str, ...]
    messages: Mapping[str, str | Mapping[str, str]]
    checked: frozenset[str]

    @property
    def unchecked(self) -> int:
        """How many of its texts no speaker has looked at."""
        return len(set(self.messages) - self.checked)


def catalogue(text: str, file: str, like: Catalogue | None = None) -> Catalogue:
    """A file's text -> the catalogue, held to `like` (English) where that is given. InputError with file and line."""
    told = document(text, file, "a catalogue of messages", "language, rule, messages").only(_FIELDS)
    rule = told.text("rule", "how the language counts")
    if rule not in RULES:
        raise UnknownName("rule of plurals", rule, RULES, file=file, row=told.where("rule"), field="rule")
    messages = told.mapping("messages")
    made: dict[str, str | Mapping[str, str]] = {key: _forms(messages, key, rule) for key in messages}
    if like is not None:
        _held(messages, made, like)
    months = tuple(told.words("months"))
    if len(months) != _MONTHS:
        raise told.fail("months", f"names {len(months)} months", "twelve")
    if (direction := told.text("direction", "ltr or rtl")) not in _DIRECTIONS:
        raise UnknownName("direction", direction, _DIRECTIONS, file=file, row=told.where("direction"))
    whole = told.flag("source", False) or told.optional("checked_by") is not None
    strange = sorted(set(told.words("checked")) - set(made))
    if strange:
        raise UnknownName("message", strange[0], made, file=file, row=told.where("checked"), field="checked")
    return Catalogue(
        told.text("language", "its code, as en"), told.text("name", "its own name"), direction, rule,
        str(told.get("decimal", ".")), str(told.get("group", "")), int(told.number("group_from") or 1000),
        told.text("date", "how a day is written"), months, made,
        frozenset(made) if whole else frozenset(told.words("checked")),
    )  # fmt: skip


def _forms(messages: Lined, key: str, rule: str) -> str | Mapping[str, str]:
    said = messages[key]
    if not isinstance(said, Lined):
        return messages.text(key, "a text")
    forms = RULES[rule][0]
    for form in said:
        if form not in forms:
            raise UnknownName("plural form", form, forms, file=messages.file, row=said.where(form), field=key)
    if lacking := [form for form in forms if form not in said]:
        raise messages.fail(key, f"has no form {lacking[0]!r}", f"all of {', '.join(forms)}")
    return {form: said.text(form, "a text") for form in forms}


def _held(messages: Lined, made: Mapping[str, str | Mapping[str, str]], like: Catalogue) -> None:
    """The same keys as English, the same names in braces, plural forms where English has them."""
    for key in like.messages:
        if key not in made:
            raise messages.fail("", f"has no message {key!r}", "every message that the English catalogue has")
    for key, said in made.items():
        if key not in like.messages:
            raise UnknownName("message", key, like.messages, file=messages.file, row=messages.where(key))
        theirs = like.messages[key]
        if isinstance(said, Mapping) != isinstance(theirs, Mapping):
            raise messages.fail(key, "has plural forms where English has none, or lacks them", "as English has it")
        wanted = _names(theirs)
        forms = said.values() if isinstance(said, Mapping) else [said]
        for form in forms:
            # A form for one or two may say the number as a word.
            extra, lacks = (
                _names(form) - wanted,
                wanted - _names(form) - ({"n"} if isinstance(said, Mapping) else set()),
            )
            if extra or lacks:
                name = sorted(extra or lacks)[0]
                raise messages.fail(key, f"{'lacks' if lacks else 'has'} {{{name}}}", "the names that English has")


def _names(said: str | Mapping[str, str]) -> set[str]:
    texts = said.values() if isinstance(said, Mapping) else [said]
    return {name for text in texts for name in _NAMED.findall(text)}


@dataclass(frozen=True)
class Speaker:
    """Says messages of one catalogue as HTML: what is put in is escaped, and isolated from the text's direction."""

    words: Catalogue
    used: set[str] = field(default_factory=set)

    def __call__(self, key: str, **given: Any) -> Markup:
        """A message by its key, with numbers and texts put in. KeyError where there is no such message."""
        said = self.words.messages[key]
        self.used.add(key)
        text = said if isinstance(said, str) else said[RULES[self.words.rule][1](given["n"])]
        parts = _NAMED.split(text)
        return Markup("").join(self.isolated(given[part]) if at % 2 else escape(part) for at, part in enumerate(parts))

    def known(self, key: str, otherwise: str) -> Markup:
        """The message where there is one; else a word of the record as it stands, isolated."""
        return self(key) if key in self.words.messages else self.isolated(otherwise)

    def isolated(self, value: Any) -> Markup:
        """A number as the language writes it, or a text, so that its direction disturbs nothing."""
        if isinstance(value, Markup):
            return value
        text = self.number(value) if isinstance(value, int | float) else str(value)
        return Markup("<bdi>{}</bdi>").format(text)

    def number(self, value: float) -> str:
        """A number as the language writes it: whole ones whole, others with one decimal at the most."""
        whole = isinstance(value, int) or float(value).is_integer()
        text = f"{abs(int(value)):,}" if whole else f"{abs(value):,.1f}"
        body, dot, rest = text.partition(".")
        body = body.replace(",", self.words.group if abs(value) >= self.words.group_from else "")
        return f"{'-' if value < 0 else ''}{body}{self.words.decimal if dot else ''}{rest}"

    def day(self, on: date) -> Markup:
        """A day, with the month's name."""
        return self.isolated(self.words.date.format(day=on.day, month=self.words.months[on.month - 1], year=on.year))
