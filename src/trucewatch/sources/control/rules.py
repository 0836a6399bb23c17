"""Whose is a shape? A mapping's rules over its properties, tried in order; the first that fits says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from trucewatch.base.errors import InputError, UnknownName

_TOP = ("mapping", "about", "mapper", "licence", "hour_utc", "instant_at", "name", "rules", "default")
_RULE = ("where", "held_by", "role", "skip", "from", "until", "because")
_SAYS = ("held_by", "role", "skip")


@dataclass(frozen=True)
class Says:
    """What a rule makes of a shape: a holder, another role, or that it is left out and why."""

    held_by: str | None = None
    role: str | None = None
    skip: str | None = None


@dataclass(frozen=True)
class Test:
    """One property held against words, or a pattern, or against being absent."""

    property: str
    words: tuple[str, ...]
    pattern: re.Pattern[str] | None
    absent: bool

    def holds(self, properties: Mapping[str, Any]) -> bool:
        """Letters' case and the kind of spaces are no difference to words; a pattern says for itself."""
        told = spaced(properties.get(self.property))
        if told is None:
            return self.absent
        if self.pattern is not None:
            return bool(self.pattern.search(told))
        return told.casefold() in self.words


@dataclass(frozen=True)
class Rule:
    """Holds where all its tests do and the map is of its time, [since, until)."""

    tests: tuple[Test, ...]
    says: Says
    since: datetime | None
    until: datetime | None

    def holds(self, properties: Mapping[str, Any], on: datetime) -> bool:
        """Of the shape with these properties on a map of that instant."""
        in_time = (self.since is None or self.since <= on) and (self.until is None or on < self.until)
        return in_time and all(test.holds(properties) for test in self.tests)


@dataclass(frozen=True)
class Plan:
    """A checked mapping for maps."""

    name: str
    mapper: str | None
    licence: str | None
    hour_utc: int | None
    instant_at: str
    label: str
    rules: tuple[Rule, ...]
    default: Says | None
    plain: bool = False

    def says(self, properties: Mapping[str, Any], on: datetime) -> Says | None:
        """What the first rule that fits makes of the shape; None where none does and there is no default."""
        if self.plain:
            return _plain(properties)
        for rule in self.rules:
            if rule.holds(properties, on):
                return rule.says
        return self.default


def spaced(value: Any) -> str | None:
    """A property as text on one line, None where it is blank or no plain value."""
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(str(value).encode("utf-8", "replace").decode().split()) or None


def _plain(properties: Mapping[str, Any]) -> Says | None:
    held_by, role = spaced(properties.get("held_by")), spaced(properties.get("role"))
    return Says(held_by, role) if held_by or role else None


PLAIN = Plan("plain", None, None, None, "snapshot_utc", "name", (), None, plain=True)
"""For maps whose shapes say `held_by` or `role` themselves."""


def plan(told: Any) -> Plan:
    """The parsed YAML, or None -> a checked plan. InputError names the mapping, the field, and what there is.

    >>> plan({"mapping": "mine", "rulse": []})
    Traceback (most recent call last):
    trucewatch.base.errors.UnknownName: mapping 'mine', rulse: there is no field 'rulse'; did you mean 'rules'? ...
    """
    if told is None:
        return PLAIN
    if not isinstance(told, Mapping):
        raise InputError(
            "is not a mapping", field="mapping", expected="names and values, as docs/sources/control.md says"
        )
    name = spaced(told.get("mapping")) or "unnamed"
    file = f"mapping {name!r}"
    _known(told, _TOP, file, "")
    rules = told.get("rules") or []
    if not isinstance(rules, list):
        raise InputError("is not a list", file=file, field="rules")
    hour = told.get("hour_utc")
    if hour is not None and not (isinstance(hour, int) and 0 <= hour < 24):
        raise InputError(f"{hour!r} is no hour", file=file, field="hour_utc", expected="0 to 23")
    default = told.get("default")
    return Plan(
        name,
        spaced(told.get("mapper")),
        spaced(told.get("licence")),
        hour,
        str(told.get("instant_at") or "snapshot_utc"),
        str(told.get("name") or "name"),
        tuple(_rule(rule, file, f"rules[{number}]") for number, rule in enumerate(rules, 1)),
        None if default is None else _says(default, file, "default"),
    )


def _known(told: Any, allowed: tuple[str, ...], file: str, at: str) -> None:
    if not isinstance(told, Mapping):
        raise InputError("is not a set of names and values", file=file, field=at)
    for name in told:
        if name not in allowed:
            raise UnknownName("field", str(name), allowed, file=file, field=f"{at}.{name}".lstrip("."))


def _says(told: Any, file: str, at: str) -> Says:
    _known(told, _RULE, file, at)
    words = {name: spaced(told.get(name)) for name in _SAYS}
    if sum(word is not None for word in words.values()) != 1:
        raise InputError("does not say what the shape is", file=file, field=at, expected="held_by, role or skip")
    return Says(**words)


def _rule(told: Any, file: str, at: str) -> Rule:
    says = _says(told, file, at)
    where = told.get("where")
    if not isinstance(where, Mapping) or not where:
        raise InputError("has no tests", file=file, field=f"{at}.where", expected="property: value, or use `default`")
    tests = tuple(_test(str(name), value, file, f"{at}.where.{name}") for name, value in where.items())
    return Rule(tests, says, _date(told.get("from"), file, f"{at}.from"), _date(told.get("until"), file, f"{at}.until"))


def _test(name: str, value: Any, file: str, at: str) -> Test:
    if value is None:
        return Test(name, (), None, True)
    if isinstance(value, Mapping):
        _known(value, ("matches",), file, at)
        try:
            return Test(name, (), re.compile(str(value.get("matches"))), False)
        except re.error as wrong:
            raise InputError(f"is no pattern ({wrong})", file=file, field=at) from None
    words = value if isinstance(value, list) else [value]
    return Test(name, tuple((spaced(word) or "").casefold() for word in words), None, False)


def _date(told: Any, file: str, at: str) -> datetime | None:
    if told is None:
        return None
    try:
        made = datetime.fromisoformat(str(told))
    except ValueError:
        raise InputError(f"{told!r} is no date", file=file, field=at, expected="YYYY-MM-DD, midnight UTC") from None
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
