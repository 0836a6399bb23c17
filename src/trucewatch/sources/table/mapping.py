"""A mapping: how somebody's columns and labels become ours. A checked form of the YAML in mappings/."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError, UnknownName
from trucewatch.base.time import instant, zone
from trucewatch.kinds import KINDS, TARGETS
from trucewatch.sources.table.rows import Reads
from trucewatch.tables import STANCES

TEXTS = {
    "observations": ("key", "lineage", "place", "weapon", "target", "by", "says", "kind"),
    "statements": ("speaker", "on_behalf_of", "about", "place", "unit", "quote"),
}
REALS = {"observations": ("lon", "lat", "radius_m", "p"), "statements": ("figure",)}
WHOLES = {"observations": ("count", "killed", "killed_low", "killed_high", "injured"), "statements": ()}
"""Columns that a mapping may fill, by the table that it makes and by how their cells are read."""

_TOP = (
    "mapping", "about", "source", "licence", "makes", "reads", "zone", "time", "columns", "kinds", "targets", "by",
    "stances", "melt", "needs",
)  # fmt: skip
_CELL = ("column", "value", "join", "optional", "nulls", "as", "replace", "because")
_TIME = ("day", "month", "start", "end", "said", "format", "precision", "since", "until")
_PRECISION_S = {"second": 1, "minute": 60, "hour": 3600}
DAYS = ("%Y-%m-%d", "%d.%m.%Y")
MONTHS = ("%Y-%m", "%m/%Y")
INSTANTS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M")
"""What is tried where a mapping gives no `format`. Fractions and offsets after these are read too."""
HOUR = re.compile(r"%[-_0]?[HIklTRXrcs+]")
"""The parts of a format that tell an hour."""


@dataclass(frozen=True)
class Cell:
    """Where one of our columns comes from."""

    column: str | None = None
    value: str | None = None
    join: tuple[str, ...] = ()
    optional: bool = False
    nulls: tuple[str, ...] = ()
    form: str | None = None
    replace: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Rule:
    """One row of a list of rules: how a cell is told, and the word that it becomes."""

    equals: tuple[str, ...]
    starts: tuple[str, ...]
    matches: str | None
    to: str


@dataclass(frozen=True)
class Rules:
    """Rules tried in order over one column, and what becomes of the rest; `told` where the mapping says what."""

    column: str
    rules: tuple[Rule, ...]
    otherwise: str | None = None
    told: bool = False


@dataclass(frozen=True)
class When:
    """Where the time comes from. since, until: what lies outside cannot be true of this file."""

    unit: str
    start: str
    end: str | None = None
    said: str | None = None
    formats: tuple[str, ...] = ()
    precision_s: int = 60
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True)
class Melt:
    """A wide table: each of these columns is a row of its own, its header goes `into` one of our columns."""

    columns: Mapping[str, str]
    into: str


@dataclass(frozen=True)
class Plan:
    """A whole mapping, checked as far as it can be without the file. source_column: each row names its source there;
    needs: columns by which its file is told from others that would read as well, and why."""

    name: str
    source: str
    source_column: str | None
    makes: str
    reads: Reads
    zone: str | None
    when: When
    columns: Mapping[str, Cell]
    kinds: Rules | None = None
    targets: Rules | None = None
    by: Rules | None = None
    stances: Rules | None = None
    melt: Melt | None = None
    needs: Mapping[str, str] = field(default_factory=dict)
    licence: str | None = None
    file: str = field(default="mapping", repr=False)


def plan(told: Any, zone_told: str | None = None) -> Plan:
    """The parsed YAML -> a checked plan. InputError names the mapping, the field, and what there is.

    >>> plan({"mapping": "mine", "zonne": "UTC"})
    Traceback (most recent call last):
    trucewatch.base.errors.UnknownName: mapping 'mine', zonne: there is no field 'zonne'; did you mean 'zone'? ...
    """
    if not isinstance(told, Mapping):
        raise InputError(
            "is not a mapping", field="mapping", expected="names and values, as docs/sources/table.md says"
        )
    name = _line(_optional(told, "mapping", None) or "unnamed")
    file = f"mapping {name!r}"
    _known(told, _TOP, file)
    makes = _line(told.get("makes") or "observations")
    if makes not in TEXTS:
        raise UnknownName("table", makes, TEXTS, file=file, field="makes")
    zoned = zone_told or _optional(told, "zone", file)
    if zoned:
        zone(zoned)
    source, source_column = _source(told.get("source"), name, file)
    columns = _columns(told.get("columns"), makes, file)
    when = _when(told.get("time"), zoned, file)
    if makes == "statements" and (wrong := [n for n in ("kinds", "targets", "by", "stances") if told.get(n)]):
        raise InputError("is for observations", file=file, field=wrong[0], expected="none, as `makes` is statements")
    return Plan(
        name=name,
        source=source,
        source_column=source_column,
        makes=makes,
        reads=_reads(told.get("reads"), file),
        zone=zoned,
        when=when,
        columns=columns,
        kinds=_rules(told.get("kinds"), "kind", file, KINDS),
        targets=_rules(told.get("targets"), "target", file, TARGETS),
        by=_rules(told.get("by"), "by", file, None),
        stances=_rules(told.get("stances"), "stance", file, STANCES.categories.to_list()),
        melt=_melt(told.get("melt"), makes, file),
        needs=_needs(told.get("needs"), file),
        licence=_optional(told, "licence", file),
        file=file,
    )


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _text(value: Any, file: str | None, at: str) -> str:
    """What is to be text. YAML reads a bare no as False, 010 as 8 and 12:30 as 750: nobody's cell says that."""
    if not isinstance(value, str):
        raise InputError(f"{value!r} is not text; put it in quotes", file=file, field=at)
    return value


def _optional(told: Mapping[str, Any], name: str, file: str | None, at: str = "") -> str | None:
    """The text of that name on one line, or None where it is absent or empty."""
    value = told.get(name)
    return None if value is None else _line(_text(value, file, f"{at}{name}")) or None


def _source(told: Any, name: str, file: str) -> tuple[str, str | None]:
    """Who speaks: a name for all rows; or where a row names none, and the column in which rows name theirs."""
    if not isinstance(told, Mapping):
        return (name if told is None else _line(_text(told, file, "source")) or name), None
    _known(told, ("column", "otherwise"), file, "source")
    column = None if told.get("column") is None else _text(told["column"], file, "source.column")
    if not column:
        raise InputError("names no column", file=file, field="source", expected="column, and maybe otherwise")
    return _optional(told, "otherwise", file, "source.") or name, column


def _known(told: Any, allowed: Iterable[str], file: str, at: str = "") -> None:
    """Every name in it is one of ours."""
    if not isinstance(told, Mapping):
        raise InputError("is not a set of names and values", file=file, field=at or None)
    for name in told:
        if name not in allowed:
            raise UnknownName("field", str(name), allowed, file=file, field=f"{at}.{name}".lstrip("."))


def _list(value: Any, file: str, at: str) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(_text(v, file, at) for v in (value if isinstance(value, list | tuple) else [value]))


def _whole(value: Any, file: str, at: str) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise InputError(f"{value!r} is not a whole number", file=file, field=at) from None


def _reads(told: Any, file: str) -> Reads:
    told = told or {}
    _known(told, ("encoding", "separator", "header_row", "sheet", "list_at"), file, "reads")
    separator = str(told.get("separator", ","))
    separator = {"tab": "\t", "\\t": "\t"}.get(separator, separator)
    if len(separator) != 1:
        raise InputError(f"{separator!r} is not one character", file=file, field="reads.separator")
    header = _whole(told.get("header_row", 1), file, "reads.header_row")
    if header < 1:
        raise InputError("counts from 1", file=file, field="reads.header_row")
    sheet = told.get("sheet")
    return Reads(told.get("encoding"), separator, header, sheet if isinstance(sheet, int) else sheet and str(sheet),
                 told.get("list_at"))  # fmt: skip


def _columns(told: Any, makes: str, file: str) -> dict[str, Cell]:
    told = told or {}
    ours = (*TEXTS[makes], *REALS[makes], *WHOLES[makes])
    _known(told, ours, file, "columns")
    return {name: _cell(cell, file, f"columns.{name}") for name, cell in told.items() if cell is not None}


def _cell(told: Any, file: str, at: str) -> Cell:
    if not isinstance(told, Mapping):
        return Cell(column=_text(told, file, at))
    _known(told, _CELL, file, at)
    if sum(name in told for name in ("column", "value", "join")) != 1:
        raise InputError("does not say where it comes from", file=file, field=at, expected="column, value or join")
    form = told.get("as")
    if form not in (None, "list", "urls", "decimal comma", "about"):
        raise UnknownName("form", str(form), ("list", "urls", "decimal comma", "about"), file=file, field=f"{at}.as")
    if at.endswith(("radius_m", ".p")) and "value" in told and not told.get("because"):
        raise InputError("is one figure for every row", file=file, field=at, expected="`because`, with its reason")
    replace = told.get("replace") or {}
    if not isinstance(replace, Mapping):
        raise InputError("is not a set of pattern: text", file=file, field=f"{at}.replace")
    pairs = tuple(
        (_pattern(p, file, f"{at}.replace"), _text(text, file, f"{at}.replace")) for p, text in replace.items()
    )
    column, value = told.get("column"), told.get("value")
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        _text(value, file, f"{at}.value")
    return Cell(
        None if column is None else _text(column, file, f"{at}.column"),
        None if value is None else str(value),
        _list(told.get("join"), file, f"{at}.join"),
        bool(told.get("optional")),
        _list(told.get("nulls"), file, f"{at}.nulls"),
        form,
        pairs,
    )


def _pattern(text: Any, file: str, at: str) -> str:
    pattern = _text(text, file, at)
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as wrong:
        raise InputError(f"{text!r} is no pattern ({str(wrong).splitlines()[0]})", file=file, field=at) from None
    return pattern


def _when(told: Any, zoned: str | None, file: str) -> When:
    if not told:
        raise InputError("says nothing of time", file=file, field="time", expected="day, month or start")
    _known(told, _TIME, file, "time")
    units = [unit for unit in ("day", "month", "start") if told.get(unit)]
    if len(units) != 1:
        raise InputError("has no one time column", file=file, field="time", expected="one of day, month, start")
    unit = units[0]
    if unit != "start" and not zoned:
        raise InputError(
            f"is missing, and a {unit} begins when its zone says", file=file, field="zone", expected="an IANA name"
        )
    precision = str(told.get("precision", "minute"))
    if precision not in _PRECISION_S:
        raise UnknownName("precision", precision, _PRECISION_S, file=file, field="time.precision")
    for bound in ("since", "until"):
        if told.get(bound):
            text = str(told[bound])
            instant(text + " 00:00" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else text, zoned)
    formats = _list(told.get("format"), file, "time.format") or {"day": DAYS, "month": MONTHS, "start": INSTANTS}[unit]
    for form in formats:
        if unit == "start" and not HOUR.search(form):
            raise InputError(f"{form!r}: a date has no hour; use time.day", file=file, field="time.format")
    bounds = [str(told[b]) if told.get(b) else None for b in ("since", "until")]
    start, end, said = (
        None if told.get(n) is None else _text(told[n], file, f"time.{n}") for n in (unit, "end", "said")
    )
    return When(unit, start or "", end, said, formats, _PRECISION_S[precision], *bounds)


def _rules(told: Any, word: str, file: str, words: Iterable[str] | None) -> Rules | None:
    at = {"kind": "kinds", "target": "targets", "stance": "stances"}.get(word, word)
    if not told:
        return None
    _known(told, ("column", "rules", "otherwise"), file, at)
    if not isinstance(told.get("column"), str) or not isinstance(told.get("rules", []), list):
        raise InputError("has no column or no list of rules", file=file, field=at, expected="column, rules, otherwise")
    made: list[Rule] = []
    for number, rule in enumerate(told.get("rules", []), 1):
        here = f"{at}.rules[{number}]"
        _known(rule, ("is", "starts", "matches", word), file, here)
        matches = None if rule.get("matches") is None else _pattern(rule["matches"], file, f"{here}.matches")
        equals, starts = (_list(rule.get(how), file, f"{here}.{how}") for how in ("is", "starts"))
        one = Rule(equals, starts, matches, _text(rule.get(word, ""), file, f"{here}.{word}"))
        if not (one.equals or one.starts or one.matches):
            raise InputError("matches nothing", file=file, field=here, expected="is, starts or matches")
        _word(one.to, word, words, file, here)
        made.append(one)
    otherwise = told.get("otherwise")
    if otherwise is not None:
        _word(_text(otherwise, file, f"{at}.otherwise"), word, words, file, f"{at}.otherwise")
    return Rules(told["column"], tuple(made), otherwise, "otherwise" in told)


def _word(value: str, word: str, words: Iterable[str] | None, file: str, at: str) -> None:
    if words is not None and value not in words:
        raise UnknownName(word, value, words, file=file, field=at)
    if not value:
        raise InputError(f"has no {word}", file=file, field=at)


def _melt(told: Any, makes: str, file: str) -> Melt | None:
    if not told:
        return None
    _known(told, ("columns", "into"), file, "melt")
    if makes != "statements":
        raise InputError("is for published counts", file=file, field="melt", expected="makes: statements")
    columns, into = told.get("columns"), str(told.get("into", ""))
    if into not in TEXTS["statements"]:
        raise UnknownName("column", into, TEXTS["statements"], file=file, field="melt.into")
    if isinstance(columns, list):
        columns = {str(name): str(name) for name in columns}
    if not isinstance(columns, Mapping) or not columns:
        raise InputError("names no columns", file=file, field="melt.columns", expected="a list, or header: our name")
    return Melt({str(k): str(v) for k, v in columns.items()}, into)


def _needs(told: Any, file: str) -> dict[str, str]:
    if not isinstance(told or {}, Mapping):
        raise InputError("is not a set of column: reason", file=file, field="needs")
    return {_text(name, file, "needs"): _line(_text(why, file, f"needs.{name}")) for name, why in (told or {}).items()}
