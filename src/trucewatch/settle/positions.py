"""Step 1: YAML -> issues, positions, red lines. docs/positions.md has the format.

Whatever cannot be used is named with file and line and left out; the rest stands, since one slip in a file of fifty
statements should not hide the other forty-nine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypeVar

from trucewatch.base.document import Lined, document, shown
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.settle.model import FIRMNESS, GRADES, LEVELS, Draft, Issue, Option, Party, Position, Positions, Taken
from trucewatch.settle.params import SettleParams

T = TypeVar("T")
NO_ITEMS: list[Lined] = []
NO_WORDS: list[str] = []
TOP = ("positions", "title", "source", "grade", "level", "notes", "parties", "drafts", "issues")
OF_PARTY, OF_DRAFT = ("id", "name", "also"), ("id", "title", "on", "by", "source", "grade")
OF_ISSUE, OF_OPTION = ("id", "asks", "options", "positions", "drafts", "notes"), ("id", "says")
OF_POSITION = (
    "party", "draft", "on", "accepts", "order", "firmness", "quote", "says", "if", "source", "grade", "level",
)  # fmt: skip
OF_TAKEN = ("draft", "takes", "quote", "source")


def positions(text: str, file: str = "positions", params: SettleParams | None = None) -> Positions:
    """YAML text -> positions, with the faults beside them. InputError where the file is no such file at all."""
    params = params or SettleParams()
    top = document(text, file, "a file of positions", "positions, title, parties, issues")
    top.faults.collecting = True
    top.only(TOP)
    for key in ("parties", "issues"):
        if not top.take(partial(top.items_of, key), NO_ITEMS):
            top.faults.add(top.fail(key, f"names no {key}", "a list"))
    parties = _kept(top, "parties", _party)
    drafts = _kept(top, "drafts", partial(_draft, parties={party.id for party in parties}))
    known = {draft.id: draft for draft in drafts}
    level = _level(top)
    items = top.take(partial(top.items_of, "issues"), NO_ITEMS)
    whole = _options(items)
    issues = [_issue(item, {p.id for p in parties}, known, whole, params) for item in _once(items)]
    made = Positions(
        id=top.take(partial(top.text, "positions", "a short id"), file),
        title=top.take(partial(top.text, "title", "what it is about"), ""),
        source=top.take(partial(top.text, "source", "where it can be read"), ""),
        parties=tuple(parties),
        drafts=tuple(drafts),
        issues=tuple(issue for issue in issues if issue is not None),
        faults=(),
    )
    made = _without_cycles(_without_twice(made, top), top)
    made = replace(made, issues=tuple(_no_wider(issue, level) for issue in made.issues))
    return replace(made, faults=tuple(sorted(top.faults, key=_at)))


def _level(item: Lined) -> str:
    """The widest level that is named; every one where none is, and the narrowest where it cannot be read."""
    told = item.take(partial(item.one_of, "level", "level", LEVELS), None)
    return told or (LEVELS[-1] if item.get("level") is None else LEVELS[0])


def _no_wider(issue: Issue, level: str) -> Issue:
    """Positions told at no wider level than their file."""
    least = [min(one.level, level, key=LEVELS.index) for one in issue.positions]
    told = (replace(one, level=name) for one, name in zip(issue.positions, least, strict=True))
    return replace(issue, positions=tuple(told))


def _at(fault: InputError) -> int:
    return int("".join(filter(str.isdigit, str(fault.row or ""))) or 0)


def _kept(top: Lined, key: str, make: Callable[[Lined], T]) -> list[T]:
    """The items of a list that have no fault, each id once."""
    made: dict[str, T] = {}
    for item in top.take(partial(top.items_of, key), NO_ITEMS):
        before = len(top.faults)
        one = make(item)
        id = str(getattr(one, "id", ""))
        if id and id in made:
            top.faults.add(item.fail("id", f"{id!r} stands twice", "each id once"))
        elif len(top.faults) == before:
            made[id] = one
    return list(made.values())


def _party(item: Lined) -> Party:
    take = item.only(OF_PARTY).take
    take(partial(item.words, "also"), NO_WORDS)
    return Party(take(partial(item.text, "id", "a short id"), ""), take(partial(item.text, "name", "its name"), ""))


def _draft(item: Lined, parties: set[str]) -> Draft:
    take = item.only(OF_DRAFT).take
    by = take(partial(item.words, "by"), NO_WORDS)
    for name in by:
        _among(item, "by", "party", name, parties)
    return Draft(
        id=take(partial(item.text, "id", "a short id"), ""),
        title=take(partial(item.text, "title", "what it is called"), ""),
        on=take(partial(_day, item), None),
        by=tuple(by),
        source=take(partial(item.text, "source", "where it can be read"), ""),
        grade=take(partial(item.one_of, "grade", "grade", GRADES), None) or "unchecked",
    )


def _day(item: Lined) -> date | None:
    said = item.optional("on")
    try:
        return None if said is None else date.fromisoformat(said)
    except ValueError:
        raise item.fail("on", f"{said!r} is not a day", "a day, as 2025-06-02") from None


def _among(item: Lined, key: str, noun: str, name: str, known: set[str] | frozenset[str]) -> bool:
    if name and name not in known:
        item.faults.add(UnknownName(noun, name, known, file=item.file, row=item.where(key), field=key))
    return name in known


def _once(items: list[Lined]) -> list[Lined]:
    """The issues, each id once: of two with one id nobody could say which a condition or a draft means."""
    first: dict[str, Lined] = {}
    for item in items:
        id = str(item.get("id"))
        if id in first and item.get("id") is not None:
            item.faults.add(
                item.fail("id", f"{id!r} stands twice", f"each id once; the first is in {first[id].where()}")
            )
        else:
            first[id if item.get("id") is not None else f"{id} {len(first)}"] = item
    return list(first.values())


def _options(items: list[Lined]) -> dict[str, frozenset[str]]:
    """issue -> ids of its options: conditions point ahead as well as back."""
    found: dict[str, frozenset[str]] = {}
    for item in items:
        options = item.get("options")
        ids = [str(one.get("id")) for one in options if isinstance(one, Lined)] if isinstance(options, list) else []
        found.setdefault(str(item.get("id")), frozenset(ids))
    return found


def _issue(
    item: Lined, parties: set[str], drafts: Mapping[str, Draft], whole: Mapping[str, frozenset[str]],
    params: SettleParams,
) -> Issue | None:  # fmt: skip
    before = len(item.faults)
    take = item.only(OF_ISSUE).take
    id = take(partial(item.text, "id", "a short id"), "")
    asks = take(partial(item.text, "asks", "the question, in a few words"), "")
    options = _kept(item, "options", _option)
    if len(options) < 2 and len(item.faults) == before:
        item.faults.add(
            item.fail("options", f"issue {id!r} has fewer than two options", "two or more ways to settle it")
        )
    if len(item.faults) > before:
        return None
    said = take(partial(item.items_of, "positions"), NO_ITEMS)
    made = [_position(one, id, parties, drafts, whole, params) for one in said]
    voices = {str(one.get("party")) for one in said} & parties
    if len(voices) < 2:
        who = next(iter(voices), "nobody")
        item.faults.add(
            item.fail("positions", f"on issue {id!r} only {who} says anything", "positions of two parties or more")
        )
        return None
    taken = [_taken(one, drafts, whole[id]) for one in take(partial(item.items_of, "drafts"), NO_ITEMS)]
    line = item.lines.get("id", item.lines.get("", 1))
    return Issue(id, asks, tuple(options), tuple(one for one in made if one), tuple(one for one in taken if one), line)


def _option(item: Lined) -> Option:
    take = item.only(OF_OPTION).take
    return Option(
        take(partial(item.text, "id", "a short id"), ""), take(partial(item.text, "says", "what it means"), "")
    )


def _position(
    item: Lined, issue: str, parties: set[str], drafts: Mapping[str, Draft], whole: Mapping[str, frozenset[str]],
    params: SettleParams,
) -> Position | None:  # fmt: skip
    before = len(item.faults)
    take = item.only(OF_POSITION).take
    party = take(partial(item.text, "party", "a party's id"), "")
    _among(item, "party", "party", party, parties)
    draft = take(partial(item.optional, "draft"), None)
    if draft is not None:
        _among(item, "draft", "draft", draft, frozenset(drafts))
    of_draft = drafts.get(draft or "")
    on = take(partial(_day, item), None) or (of_draft.on if of_draft else None)
    if on is None and "on" not in item:
        item.faults.add(item.fail("on", "does not say when it was said", "a day, or a draft that has one"))
    source = take(partial(item.optional, "source"), None) or (of_draft.source if of_draft else None)
    quote = take(partial(item.text, "quote", f"the words used, {params.quote_words} at most"), "")
    if quote and not source:
        item.faults.add(item.fail("quote", "is a quote without a source", "source: where these words can be read"))
    if len(quote.split()) > params.quote_words:
        said = f"quotes {len(quote.split())} words"
        item.faults.add(item.fail("quote", said, f"{params.quote_words} words at most; the rest in `says`, in our own"))
    accepts = _accepts(item, whole[issue])
    order = _order(item, whole[issue], accepts)
    firmness = take(partial(item.one_of, "firmness", "firmness", FIRMNESS), None) or ""
    if not firmness and item.get("firmness") is None:
        item.faults.add(item.fail("firmness", "does not say how firmly it was said", f"one of {', '.join(FIRMNESS)}"))
    if firmness == "open" and accepts and accepts != whole[issue]:
        told = item.fail("firmness", "is said to be open and yet leaves options out", "accepts: any, or a firmer word")
        item.faults.add(told)
    where = _where(item, issue, whole)
    grade = take(partial(item.one_of, "grade", "grade", GRADES), None) or (of_draft.grade if of_draft else "unchecked")
    says = take(partial(item.optional, "says"), None) or ""
    level = _level(item)
    if len(item.faults) > before or on is None or source is None:
        return None
    line = item.lines.get("party", item.lines.get("", 1))
    return Position(
        party, issue, accepts, firmness, quote, says, on, draft, source, grade, line, where, order, level or LEVELS[-1]
    )


def _accepts(item: Lined, options: frozenset[str]) -> frozenset[str]:
    if item.get("accepts") == "any":
        return options
    said = item.take(partial(item.words, "accepts"), None)
    if said == []:
        item.faults.add(
            item.fail(
                "accepts",
                "accepts nothing",
                "one option or more, or any: a party that takes none has named no position",
            )
        )
    return frozenset(one for one in said or [] if _among(item, "accepts", "option", one, options))


def _order(item: Lined, options: frozenset[str], accepts: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    said = item.get("order") or []
    if not isinstance(said, list):
        item.faults.add(item.fail("order", "is not a list", "options from best to worst, as [a, [b, c], d]"))
        return ()
    groups = [tuple(map(str, one)) if isinstance(one, list) else (str(one),) for one in said]
    flat = [one for group in groups for one in group]
    for one in flat:
        _among(item, "order", "option", one, options)
    if len(set(flat)) < len(flat):
        item.faults.add(item.fail("order", f"names an option twice: {shown(said)}", "each option once"))
    refused = [n for n, group in enumerate(groups) if group and accepts.isdisjoint(group)]
    if refused and any(accepts & set(group) for group in groups[refused[0] + 1 :]):
        what = f"ranks {groups[refused[0]][0]!r}, which it does not take, above what it takes"
        item.faults.add(item.fail("order", what, "what it accepts first, or accepts: the option, too"))
    return tuple(groups)


def _where(item: Lined, issue: str, whole: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    told = item.take(partial(item.mapping, "if"), item.like())
    found: dict[str, frozenset[str]] = {}
    for key in told:
        if not _among(told, key, "issue", key, frozenset(whole)):
            continue
        if key == issue:
            told.faults.add(told.fail(key, "hangs on the very issue that it is about", "another issue"))
        names = told.take(partial(told.words, key), NO_WORDS)
        found[key] = frozenset(one for one in names if _among(told, key, "option", one, whole[key]))
    return found


def _taken(item: Lined, drafts: Mapping[str, Draft], options: frozenset[str]) -> Taken | None:
    before = len(item.faults)
    take = item.only(OF_TAKEN).take
    draft = take(partial(item.text, "draft", "a draft's id"), "")
    option = take(partial(item.text, "takes", "an option's id"), "")
    _among(item, "draft", "draft", draft, frozenset(drafts))
    _among(item, "takes", "option", option, options)
    quote = take(partial(item.optional, "quote"), None) or ""
    source = take(partial(item.optional, "source"), None) or (drafts[draft].source if draft in drafts else "")
    return None if len(item.faults) > before else Taken(draft, option, quote, source)


def _without_twice(made: Positions, top: Lined) -> Positions:
    """A party that says the same thing on one day with two firmnesses contradicts itself: neither counts."""
    issues = []
    for issue in made.issues:
        out: set[int] = set()
        for n, one in enumerate(issue.positions):
            for other in issue.positions[:n]:
                same = (one.party, one.on, one.where) == (other.party, other.on, other.where)
                if same and one.firmness != other.firmness:
                    what = (
                        f"contradictory firmness: {one.party} says {one.firmness} here and {other.firmness} in line "
                        f"{other.line}, on {issue.id!r} and on the same day"
                    )
                    top.faults.add(_fault(top, one.line, "firmness", what))
                    out |= {one.line, other.line}
        issues.append(replace(issue, positions=tuple(one for one in issue.positions if one.line not in out)))
    return replace(made, issues=tuple(issues))


def _without_cycles(made: Positions, top: Lined) -> Positions:
    """A party whose positions wait for one another in a ring has said nothing that can be begun: they are left out."""
    known = {issue.id for issue in made.issues}
    out: set[int] = set()
    for party in made.parties:
        mine = [one for issue in made.issues for one in issue.positions if one.party == party.id and one.where]
        waits = {one.issue: frozenset[str]() for one in mine}
        for one in mine:
            waits[one.issue] |= frozenset(one.where)
        for one in mine:
            ring = _ring(one.issue, waits)
            if ring:
                top.faults.add(_fault(top, one.line, "if", f"is a cyclic condition: {' waits for '.join(ring)}"))
                out.add(one.line)
    issues = []
    for issue in made.issues:
        kept = []
        for one in issue.positions:
            lost = [name for name in one.where if name not in known]
            if lost:
                top.faults.add(_fault(top, one.line, "if", f"hangs on issue {lost[0]!r}, which was left out"))
            elif one.line not in out:
                kept.append(one)
        issues.append(replace(issue, positions=tuple(kept)))
    return replace(made, issues=tuple(issues))


def _ring(start: str, waits: Mapping[str, frozenset[str]]) -> list[str]:
    """A way from an issue back to itself, the shortest and of those the first by name; empty where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for then in sorted(waits.get(way[-1], ())):
            if then == start:
                return [*way, start]
            if then not in seen:
                seen.add(then)
                ways.append([*way, then])
    return []


def _fault(top: Lined, line: int, field: str, what: str) -> InputError:
    return InputError(what, file=top.file, row=f"line {line}", field=field)
