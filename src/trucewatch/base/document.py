"""YAML text -> nested dictionaries that know their lines; every fault is one clear line."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import yaml

from trucewatch.base.errors import AgreementError, InputError, UnknownName

_NONE: Mapping[str, str] = {}
MOST = 1e9
"""No number in an agreement is larger: the earth has 4e7 metres around it."""


def shown(value: object) -> str:
    """A value for a message; short however long it is, and however often it refers to itself.

    >>> shown([[[[[[["a"]]]]]]])
    '[[[[[[...]]]]]]'
    """
    return reprlib.repr(value)


T = TypeVar("T")


class Faults(list[InputError]):
    """The faults of one file. Until somebody collects them each is raised where it is found."""

    collecting = False

    def add(self, wrong: InputError) -> None:
        """Note a fault, or raise it; the same fault, met again under another reading, is noted once."""
        if not self.collecting:
            raise wrong
        for part in getattr(wrong, "faults", [wrong]):
            if str(part) not in {str(had) for had in self}:
                self.append(part)


class Lined(dict[str, Any]):
    """A mapping of the file, with the line that each key stands on."""

    lines: dict[str, int]
    file: str
    faults: Faults

    def like(self, *parts: Lined) -> Lined:
        """Mappings of the same file laid one over the other, the last one on top, each key with its line."""
        made = Lined()
        made.file, made.faults, made.lines = self.file, self.faults, {"": self.lines.get("", 1)}
        for part in parts:
            made.update(part)
            made.lines |= {key: line for key, line in part.lines.items() if key}
        return made

    def take(self, make: Callable[[], T], otherwise: T) -> T:
        """What a parser makes; where it finds a fault, that is noted and `otherwise` stands in its place."""
        try:
            return make()
        except InputError as wrong:
            self.faults.add(wrong)
            return otherwise

    def where(self, key: str = "") -> str:
        """`line 12`, for messages."""
        return f"line {self.lines.get(key, self.lines.get('', 1))}"

    def fail(self, key: str, what: str, expected: str | None = None) -> AgreementError:
        """A fault of that field, to be raised by the caller."""
        return AgreementError(what, file=self.file, row=self.where(key), field=key or None, expected=expected)

    def only(self, known: Iterable[str]) -> Lined:
        """Refuse keys that are not among `known`, naming the nearest."""
        names = sorted(known)
        for key in self:
            if key not in names:
                self.faults.add(UnknownName("field", str(key), names, file=self.file, row=self.where(key)))
        return self

    def one_of(self, key: str, noun: str, known: Iterable[str], meant: Mapping[str, str] = _NONE) -> str | None:
        """A word that has to be among `known`; None where the field is absent. meant: words for which one is named."""
        said = self.optional(key)
        if said is not None and said not in (names := sorted(known)):
            word = meant.get("_".join(said.lower().replace("-", " ").split()))
            raise UnknownName(noun, said, names, meant=word, file=self.file, row=self.where(key), field=key)
        return said

    def text(self, key: str, why: str) -> str:
        """A text that has to be there."""
        value = self.get(key)
        if isinstance(value, (bool, float)):
            raise self.fail(key, f"{value!r} is not a text", 'quotes around it: "2.10" is another article than 2.1')
        if not isinstance(value, (str, int)) or not str(value).strip():
            raise self.fail(key, f"has no {key}", why)
        return str(value).strip()

    def flag(self, key: str, otherwise: bool) -> bool:
        """Yes or no."""
        value = self.get(key, otherwise)
        if not isinstance(value, bool):
            raise self.fail(key, f"{shown(value)} is neither true nor false", "true or false, without quotes")
        return value

    def optional(self, key: str) -> str | None:
        """A text that may be there."""
        return None if self.get(key) is None else self.text(key, "a text")

    def mapping(self, key: str) -> Lined:
        """A mapping, empty where it is absent."""
        value = self.get(key)
        if value is None:
            return self.like()
        if not isinstance(value, Lined):
            raise self.fail(key, f"{key} is not a mapping", "fields and values")
        return value

    def items_of(self, key: str) -> list[Lined]:
        """A list of mappings, empty where it is absent."""
        value = [] if self.get(key) is None else self[key]
        if not isinstance(value, list) or not all(isinstance(item, Lined) for item in value):
            raise self.fail(key, f"{key} is not a list of mappings", "a list, each item with fields")
        return value

    def words(self, key: str) -> list[str]:
        """A list of texts, empty where it is absent."""
        value = [] if self.get(key) is None else self[key]
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.fail(key, f"{key} is not a list of words", "a list, as [a, b]")
        return list(value)

    def number(self, key: str) -> float | None:
        """A number of metres or the like, not negative; None where it is absent."""
        value = self.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= MOST:
            raise self.fail(key, f"{shown(value)} is not a number from 0 to {MOST:.0e}", "a number")
        return float(value)


class _Loader(yaml.SafeLoader):
    """Keeps lines, and leaves times as text: a time's zone is our business, not YAML's."""

    faults: Faults


_TIME, _FLAG = "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"
_WHOLE, _PART, _DIGITS = "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", list("-0123456789")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in (_TIME, _FLAG, _WHOLE, _PART)]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# Only plain decimals are numbers: to YAML 1.1 the article 3:2 is 182, and 010 is 8.
_Loader.add_implicit_resolver(_WHOLE, re.compile(r"^-?(?:0|[1-9][0-9]{0,17})$"), _DIGITS)
# Nor are on, off, yes and no true or false: a status stands `on` a day.
_Loader.add_implicit_resolver(_FLAG, re.compile(r"^(?:true|false|True|False|TRUE|FALSE)$"), list("tfTF"))
_Loader.add_implicit_resolver(_PART, re.compile(r"^-?[0-9]{1,18}\.[0-9]{1,18}$"), _DIGITS)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Lined:
    made = Lined()
    made.file, made.faults = str(loader.name), loader.faults
    made.lines = {"": node.start_mark.line + 1}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            line = key_node.start_mark.line + 1
            raise AgreementError("a field's name is not a word", file=made.file, row=f"line {line}")
        key = str(loader.construct_object(key_node, deep=True))
        if key in made:
            raise AgreementError(
                f"the field {key!r} stands twice", file=made.file, row=f"line {key_node.start_mark.line + 1}"
            )
        made.lines[key] = key_node.start_mark.line + 1
        made[key] = loader.construct_object(value_node, deep=True)
    return made


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def document(
    text: str, file: str, noun: str = "an agreement", fields: str = "agreement, title, parties, terms"
) -> Lined:
    """YAML text -> its top mapping. Raises AgreementError with file and line.

    >>> document("a: 1", "x.yaml").where("a")
    'line 1'
    """
    try:
        loader = _Loader(text)
        loader.name, loader.faults = file, Faults()
        made = loader.get_single_data()
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise AgreementError(f"is not YAML: {wrong.problem}", file=file, row=f"line {line}") from None
    except InputError:
        raise
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, TypeError, AttributeError) as wrong:
        # A tag on what it does not fit (`!!bool x`) makes PyYAML fall over in each of these ways.
        raise AgreementError(f"is not YAML: {wrong}".splitlines()[0], file=file) from None
    if not isinstance(made, Lined):
        raise AgreementError(f"is not {noun}", file=file, expected=f"the fields {fields}")
    return made
