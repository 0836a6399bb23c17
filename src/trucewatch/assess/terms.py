"""Step 1: an agreement's YAML -> agreement, terms, readings. docs/agreements.md describes the format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from trucewatch.assess.document import Lined, document, shown
from trucewatch.base.errors import AgreementError, InputError, UnknownName
from trucewatch.base.time import instant, zone
from trucewatch.kinds import ACTS, ARMED, TARGETS

CRS84 = "OGC:CRS84"
"""Degrees east and north, in that order."""
TEXT = "text"
"""The reading of the published text."""
_TOP = ("agreement", "title", "display_zone", "signed", "source", "published", "parties", "umbrella", "others",
        "terms", "mediators", "notes")  # fmt: skip
_VARIES = ("says", "source", "binds", "bars", "where", "since", "until", "standard", "unless")
_TERM = ("id", "article", "text", "readings", *_VARIES)
_GROUND = ("everywhere", "polygon", "line", "role", "unknown")
_WHERE = (*_GROUND, "map", "zone_width_m", "distance_a_side_m", "edge_m", "says")


@dataclass(frozen=True)
class Party:
    """id, formal name as the party itself uses it, and the other names that sources use for it."""

    id: str
    name: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class Umbrella:
    """A name that sources use for several parties together, and their ids."""

    name: str
    of: tuple[str, ...]


@dataclass(frozen=True)
class Where:
    """Where a term holds. Exactly one of everywhere, ring, line, role is set, or none where nobody says."""

    says: str
    everywhere: bool = False
    ring: tuple[tuple[float, float], ...] = ()
    holes: tuple[tuple[tuple[float, float], ...], ...] = ()
    crs: str = ""
    line: str | None = None
    role: str | None = None
    map: str | None = None
    side_m: float | None = None
    edge_m: float = 0.0
    hole_edge_m: float = 0.0


@dataclass(frozen=True)
class Reading:
    """One version of a term: the published text's, a party's or a mediator's.

    clears: an exception, where it applies, makes the act none that is barred; else all of them are remarks.
    """

    who: str
    says: str
    source: str
    binds: tuple[str, ...]
    acts: tuple[str, ...]
    targets: tuple[str, ...]
    weapons: tuple[str, ...]
    where: Where
    since: datetime | None
    until: datetime | None
    ends: Literal["open", "set", "unknown"]
    standard: str | None
    unless: str | None
    clears: bool
    differs: str


@dataclass(frozen=True)
class Term:
    """An article's undertaking that can be held against what happened, under each reading."""

    id: str
    article: str
    text: str | None
    readings: tuple[Reading, ...]


@dataclass(frozen=True)
class Agreement:
    """An agreement as data. `published` is false where its text is only known from reports.

    others: armed groups that are no party fight there too, so that an act by nobody named may be theirs.
    """

    id: str
    title: str
    display_zone: str
    source: str
    published: bool
    parties: tuple[Party, ...]
    terms: tuple[Term, ...]
    umbrellas: tuple[Umbrella, ...] = ()
    others: bool = False

    def parties_of(self, name: str) -> tuple[Party, ...]:
        """The parties that a name stands for: one, all of an umbrella's, or none of them."""
        wanted = name.casefold()
        members = {party for umbrella in self.umbrellas if umbrella.name.casefold() == wanted for party in umbrella.of}
        return tuple(party for party in self.parties if party.id in members or party is self.party(name))

    def party(self, name: str | None) -> Party | None:
        """The party that a source means by that name, letter case aside."""
        wanted = (name or "").casefold()
        for party in self.parties:
            if wanted in {n.casefold() for n in (party.id, party.name, *party.also)}:
                return party
        return None


def agreement(text: str, file: str = "agreement") -> Agreement:
    """YAML text -> Agreement. Raises AgreementError or UnknownName with file, line and field."""
    top = document(text, file).only(_TOP)
    display = top.optional("display_zone") or "UTC"
    _told(top, "display_zone", lambda: zone(display))
    parties = _parties(top)
    mediators = {item.only(("id", "name")).text("id", "a short id") for item in top.items_of("mediators")}
    items = top.items_of("terms")
    if not items:
        raise top.fail("terms", "has no terms", "at least one term")
    terms = [_term(item, parties, mediators) for item in items]
    names = [term.id for term in terms]
    for n, (item, name) in enumerate(zip(items, names, strict=True)):
        if name in names[:n]:
            raise item.fail("id", f"the term {name!r} stands twice")
    return Agreement(
        id=top.text("agreement", "a short id of the agreement, as minsk-ii"),
        title=top.text("title", "its title"),
        display_zone=display,
        source=top.text("source", "where its text or the reports of it can be read"),
        published=top.flag("published", True),
        parties=parties,
        terms=tuple(terms),
        umbrellas=_umbrellas(top, parties),
        others=top.flag("others", False),
    )


def _told(item: Lined, key: str, make: object) -> object:
    """Run a parser and add file, line and field to what it says."""
    try:
        return make()  # type: ignore[operator]
    except AgreementError:
        raise
    except InputError as wrong:
        raise AgreementError(
            wrong.what, file=item.file, row=item.where(key), field=key, expected=wrong.expected
        ) from None


def _parties(top: Lined) -> tuple[Party, ...]:
    parties = []
    for item in top.items_of("parties"):
        item.only(("id", "name", "also"))
        parties.append(
            Party(item.text("id", "a short id"), item.text("name", "its formal name"), tuple(item.words("also")))
        )
    if len(parties) < 2:
        raise top.fail("parties", "has fewer than two parties", "each side by its own formal name")
    seen: set[str] = {TEXT}  # the name of the text's own reading
    for party in parties:
        for folded, name in {n.casefold(): n for n in (party.id, party.name, *party.also)}.items():
            if folded in seen:
                raise top.fail("parties", f"the name {name!r} stands for two parties")
            seen.add(folded)
    return tuple(parties)


def _umbrellas(top: Lined, parties: tuple[Party, ...]) -> tuple[Umbrella, ...]:
    known = {party.id for party in parties}
    taken = {name.casefold() for party in parties for name in (party.id, party.name, *party.also)}
    made = []
    for item in top.items_of("umbrella"):
        name, of = item.only(("name", "of")).text("name", "the name that sources use"), item.words("of")
        for party in of:
            if party not in known:
                raise UnknownName("party", party, known, file=item.file, row=item.where("of"))
        if len(set(of)) < 2:
            raise item.fail("of", f"{name!r} stands for fewer than two parties", "two or more; one is in `also`")
        if name.casefold() in taken:
            raise item.fail("name", f"the name {name!r} stands for a party or an umbrella already")
        taken.add(name.casefold())
        made.append(Umbrella(name, tuple(of)))
    return tuple(made)


def _term(item: Lined, parties: tuple[Party, ...], mediators: set[str]) -> Term:
    item.only(_TERM)
    name = item.text("id", "a short id of the term")
    article = item.text("article", "the number of the article, as the agreement counts")
    item.text("source", "where the article can be read")
    base = _reading(TEXT, item, parties)
    readings = [base]
    for who, change in item.mapping("readings").items():
        if who not in (known := {party.id for party in parties} | mediators):
            raise UnknownName("party or mediator", who, known, file=item.file, row=item.where("readings"))
        if not isinstance(change, Lined):
            raise item.fail("readings", f"the reading of {who} is not a mapping", "the fields that differ")
        change.only(_VARIES)
        if "source" not in change:
            raise change.fail("", f"the reading of {who} has no source", "where that party says so")
        merged = Lined({**{key: item[key] for key in _VARIES if key in item}, **change})
        merged.file, merged.lines = item.file, {**item.lines, **change.lines}
        differs = ", ".join(key for key in change if key not in ("source", "says"))
        readings.append(replace(_reading(who, merged, parties), differs=differs))
    return Term(name, article, item.optional("text"), tuple(readings))


def _reading(who: str, item: Lined, parties: tuple[Party, ...]) -> Reading:
    since, _ = _time(item, "since")
    until, ends = _time(item, "until")
    if since and until and until <= since:
        raise item.fail("until", f"the term ends ({until.isoformat()}) before it starts ({since.isoformat()})")
    bars = item.mapping("bars").only(("acts", "targets", "weapons"))
    exceptions = [part.only(("article", "says", "clears")) for part in item.items_of("unless")]
    return Reading(
        who=who,
        says=item.text("says", "what the article says, in your own words"),
        source=item.text("source", "where it can be read"),
        binds=_binds(item, parties),
        acts=_known(bars, "acts", "act", (*ACTS, "armed")),
        targets=_known(bars, "targets", "target", TARGETS),
        weapons=tuple(word.casefold() for word in bars.words("weapons")),
        where=_where(item),
        since=since,
        until=until,
        ends=ends,
        standard=item.optional("standard"),
        unless="; ".join(_exception(part) for part in exceptions) or None,
        clears=True in [part.flag("clears", True) for part in exceptions],
        differs="",
    )


def _exception(part: Lined) -> str:
    article = part.get("article")
    return part.text("says", "what is excepted") + (f" (article {article})" if article else "")


def _known(bars: Lined, key: str, noun: str, known: tuple[str, ...]) -> tuple[str, ...]:
    said = bars.words(key)
    for word in said:
        if word not in known:
            raise UnknownName(noun, word, known, file=bars.file, row=bars.where(key))
    if key == "acts":
        if not said:
            raise bars.fail(
                key, "bars no acts", f"a list of acts ({', '.join(ACTS)}) or armed for every use of weapons"
            )
        said = [act for word in said for act in (ARMED if word == "armed" else (word,))]
    return tuple(dict.fromkeys(said))


def _binds(item: Lined, parties: tuple[Party, ...]) -> tuple[str, ...]:
    said = item.get("binds", "all")
    if said == "all":
        return tuple(party.id for party in parties)
    names = item.words("binds")
    for name in names:
        if name not in (known := {party.id for party in parties}):
            raise UnknownName("party", name, known, file=item.file, row=item.where("binds"))
    if not names:
        raise item.fail("binds", "binds nobody", "all, or a list of parties")
    return tuple(names)


def _time(item: Lined, key: str) -> tuple[datetime | None, Literal["open", "set", "unknown"]]:
    said = item.get(key)
    if said is None or said == "unknown":
        return None, "unknown"
    if said == "open" and key == "until":
        return None, "open"
    if not isinstance(said, str):
        raise item.fail(key, f"{shown(said)} is not a time", "text, as '2015-02-15 00:00 Europe/Kyiv'")
    made = _told(item, key, lambda: instant(said))
    assert isinstance(made, datetime)
    return made, "set"


def _where(item: Lined) -> Where:
    where = item.mapping("where").only(_WHERE)
    flags = [key for key in ("everywhere", "unknown") if where.flag(key, False)]
    chosen = flags + [key for key in ("polygon", "line", "role") if where.get(key)]
    if len(chosen) != 1:
        raise item.fail("where", "does not say where it holds", "one of everywhere, polygon, line, role, unknown")
    says = where.text("says", "the zone in words, as the agreement has it")
    edge = where.number("edge_m") or 0.0
    for key in ("zone_width_m", "distance_a_side_m"):
        if key in where and chosen != ["line"]:
            raise where.fail(key, "only a line has a width", f"line in place of {chosen[0]}, or no {key}")
    if "map" in where and chosen not in (["line"], ["role"]):
        raise where.fail("map", "only a line or a role is on a map", f"line or role in place of {chosen[0]}, or no map")
    mapped = where.optional("map")
    if chosen == ["everywhere"]:
        return Where(says, everywhere=True)
    if chosen == ["unknown"]:
        return Where(says)
    if chosen == ["role"]:
        return Where(says, role=where.text("role", "the role of an area on a map"), map=mapped, edge_m=edge)
    if chosen == ["line"]:
        width, side = where.number("zone_width_m"), where.number("distance_a_side_m")
        if (width is None) == (side is None):
            raise where.fail(
                "line", "a zone along a line needs its width", "zone_width_m (both sides together) or distance_a_side_m"
            )
        if not (width or side):
            raise where.fail("line", "a zone without width holds nothing", "more than 0 metres")
        line, side = where.text("line", "the line's name"), side if width is None else width / 2
        return Where(says, line=line, map=mapped, side_m=side, edge_m=edge)
    polygon = where.mapping("polygon").only(("crs", "ring", "holes", "hole_edge_m"))
    crs = polygon.get("crs")
    if not isinstance(crs, str):
        raise polygon.fail("crs", "the zone has no CRS", "a name, as OGC:CRS84 for degrees east and north")
    ring = _ring(polygon, "ring", polygon.get("ring"))
    rings = polygon.get("holes") or []
    if not isinstance(rings, list):
        raise polygon.fail("holes", "the holes are not a list of rings", "a list, each a ring of points")
    holes = tuple(_ring(polygon, "holes", hole) for hole in rings)
    if crs == CRS84 and not all(abs(x) <= 180 and abs(y) <= 90 for points in (ring, *holes) for x, y in points):
        raise polygon.fail("ring", "the zone leaves the globe", "degrees east and north, or the CRS it is in")
    return Where(says, ring=ring, holes=holes, crs=crs, edge_m=edge, hole_edge_m=polygon.number("hole_edge_m") or 0.0)


def _ring(polygon: Lined, key: str, ring: object) -> tuple[tuple[float, float], ...]:
    if not isinstance(ring, list) or len(ring) < 3 or not all(_is_point(point) for point in ring):
        raise polygon.fail(key, "the zone is not a ring of points", "at least three [x, y] pairs of numbers")
    return tuple((float(x), float(y)) for x, y in ring)


def _is_point(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) < 1e9 for n in point)
    )
