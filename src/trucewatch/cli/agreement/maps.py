"""Maps of control at the door: what they draw, and which of it is the line or zone that a term means."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from trucewatch.assess import Agreement, AssessParams
from trucewatch.assess.frontline import Contact, contacts
from trucewatch.assess.geometry import unrolled
from trucewatch.assess.model import Where
from trucewatch.base.errors import InputError, UnknownName
from trucewatch.cli.base import mapping, read_file
from trucewatch.ports import Capture
from trucewatch.sources.control import FORM, SOURCE
from trucewatch.sources.control.rules import spaced
from trucewatch.sources.table.rows import unzipped

_UNNAMED = "unnamed"
_LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True)
class MapOptions:
    """How maps are to be read, as `pull control` has it.

    date: of what instant they are, before what they say themselves; day: by which day a mapping's rules are chosen
    where nobody tells; outline: whose ground's outline is taken where no line is drawn.
    """

    mapping: str | None
    mapper: str | None
    date: datetime | None
    day: datetime
    outline: str | None


@dataclass(frozen=True)
class Map:
    """A file. line: the line that the user says it is of; on: None where nobody told its instant; lost: shapes lost."""

    file: str
    line: str | None
    source: str
    on: datetime | None
    areas: pl.DataFrame
    contacts: tuple[Contact, ...]
    lost: int

    def named(self, kind: str) -> dict[str, shapely.Geometry]:
        """What it draws with the role `line: <name>` or `zone: <name>`: name -> shape."""
        made: dict[str, list[Any]] = {}
        for role, raw in self.areas.filter(pl.col("role").is_not_null()).select("role", "geometry").rows():
            said, _, name = role.partition(":")
            if said.strip() == kind and name.strip():
                made.setdefault(name.strip(), []).append(unrolled(shapely.from_wkb(raw)))
        return {name: shapely.union_all(shapes) for name, shapes in made.items()}


@dataclass(frozen=True)
class Drawing:
    """What was found for a `where`. stand_in: another line than the one named; says: what is to be said of it."""

    shape: shapely.Geometry | None
    map: Map | None = None
    stand_in: bool = False
    says: str | None = None


def read_map(told: str, agreed: Agreement, options: MapOptions, params: AssessParams) -> Map:
    """FILE or LINE=FILE -> what it draws. Raises InputError as `pull control` does."""
    line, path = named_line(told, agreed)
    raw = read_file(path)
    keep: dict[str, Any] = {"mapping": mapping(options.mapping)} if options.mapping else {}
    keep |= {"mapper": options.mapper} if options.mapper else {}
    keep |= {"on": options.date.isoformat()} if options.date else {}
    if not options.mapping:
        raw, mapper = _plain(unzipped(raw, path.name, FORM), agreed)
        keep |= {"mapper": options.mapper or mapper} if options.mapper or mapper else {}
    made, was_told = _read(path.name, raw, keep, options.day)
    areas = made.areas
    return Map(
        file=path.name,
        line=line,
        source=areas["source"][0] if areas.height else f"control/{keep.get('mapper') or _UNNAMED}",
        on=areas["on"][0] if areas.height and was_told else None,
        areas=areas,
        contacts=_contacts(areas, agreed, options.outline, params),
        lost=int(made.problems["lost"].sum()) if made.problems.height else 0,
    )


def named_line(told: str, agreed: Agreement) -> tuple[str | None, Path]:
    """FILE or LINE=FILE -> the name of a line of the agreement, and the file. UnknownName where there is no such."""
    if "=" not in told or Path(told).exists():
        return None, Path(told)
    name, _, rest = told.partition("=")
    known = {line for term in agreed.terms for reading in term.readings if (line := reading.where.line)}
    for line in known:
        if line.casefold() == name.strip().casefold():
            return line, Path(rest)
    raise UnknownName("line in the agreement", name.strip(), known, field="--map")


def _read(name: str, raw: bytes, keep: dict[str, Any], day: datetime) -> tuple[Any, bool]:
    """(what the reader of control maps makes of it, did anybody tell its instant?)."""

    def read(options: dict[str, Any]) -> Any:
        return SOURCE.read(Capture("map", "control", name, "application/geo+json", day, "", options), raw)

    try:
        return read(keep), True
    except InputError as wrong:
        if wrong.field != "on" or "on" in keep:
            raise
    return read({**keep, "on": day.isoformat()}), False


def _contacts(areas: pl.DataFrame, agreed: Agreement, outline: str | None, params: AssessParams) -> tuple[Contact, ...]:
    sides = {name: _side(name, agreed) for name in areas["held_by"].unique().drop_nulls()}
    if outline is None:
        return contacts(areas, params, sides)
    if outline not in sides and outline not in sides.values():
        raise UnknownName("holder of ground on the map", outline, {*sides, *sides.values()}, field="--outline")
    side = sides.get(outline, outline)
    return contacts(areas.filter(pl.col("held_by").replace(sides) == side), params, sides)


def _side(name: str, agreed: Agreement) -> str:
    """The side that a holder is of: an umbrella's, where that is not all parties; else its own."""
    parties = {party.id for party in agreed.parties_of(name)}
    for umbrella in agreed.umbrellas:
        if parties and parties <= set(umbrella.of) < {party.id for party in agreed.parties}:
            return umbrella.name
    party = agreed.party(name)
    return party.name if party else name


def _plain(raw: bytes, agreed: Agreement) -> tuple[bytes, str | None]:
    """(plain GeoJSON, with roles and holders where they are plain to see: lines by name, ground by a party's name;
    whose map it says that it is, in its member `mapper`)."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return raw, None  # the reader of maps says what is wrong
    mapper = spaced(value.get("mapper")) if isinstance(value, dict) else None
    if isinstance(value, dict) and "coordinates" in value:
        value = {"type": "Feature", "geometry": value, "properties": {}}
    features = value.get("features", [value]) if isinstance(value, dict) else []
    for feature in features if isinstance(features, list) else []:
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
            continue
        properties = feature.get("properties") or {}
        role = spaced(properties.get("role")) if isinstance(properties, dict) else "none"
        if role not in (None, "line") or spaced(properties.get("held_by")):
            continue
        if feature["geometry"].get("type") in _LINES:
            feature["properties"] = {**properties, "role": f"line: {spaced(properties.get('name')) or _UNNAMED}"}
        elif holder := next((v for v in properties.values() if isinstance(v, str) and agreed.parties_of(v)), None):
            feature["properties"] = {**properties, "held_by": holder}
    return json.dumps(value).encode(), mapper


def drawing(where: Where, since: datetime | None, maps: Iterable[Map]) -> Drawing:
    """A `where` with a line or role -> what the maps draw of it, or what stands in for the line, or what lacks."""
    at_hand = [one for one in maps if where.map is None or one.source == where.map]
    whose = f" by {where.map}" if where.map else ""
    if where.role:
        found = [Drawing(shape, one) for one in at_hand if (shape := _by_name(one.named("zone"), where.role))]
        return _one(found, since) if found else Drawing(None, says=f"a map{whose} that draws the zone: {where.role}")
    assert where.line is not None
    name = where.line
    for look in (_told_to_be, _named, _stands_in):
        if found := [made for one in at_hand if (made := look(one, name))]:
            return _one(found, since)
    why = "; ".join(_why_not(one, name) for one in at_hand)
    return Drawing(None, says=f"a map{whose} that draws the line: {name}" + (f" ({why})" if why else ""))


def _by_name(drawn: dict[str, shapely.Geometry], name: str) -> shapely.Geometry | None:
    return next((shape for told, shape in drawn.items() if told.casefold() == name.casefold()), None)


def _told_to_be(one: Map, name: str) -> Drawing | None:
    """The user says that this file is of that line."""
    if one.line is None or one.line.casefold() != name.casefold():
        return None
    drawn = one.named("line")
    shape = _by_name(drawn, name) or (next(iter(drawn.values())) if len(drawn) == 1 else None)
    return Drawing(shape, one) if shape is not None else _from_contacts(one, name)


def _named(one: Map, name: str) -> Drawing | None:
    shape = _by_name(one.named("line"), name) if one.line is None else None
    return None if shape is None else Drawing(shape, one)


def _stands_in(one: Map, name: str) -> Drawing | None:
    """Exactly one line can be had from the map: it stands in, and that is said."""
    if one.line is not None:
        return None
    drawn = one.named("line")
    if len(drawn) == 1:
        ((other, shape),) = drawn.items()
        which = "the only line drawn, which has no name" if other == _UNNAMED else f"the only line drawn, {other!r}"
        return Drawing(shape, one, True, f"a map that draws the line: {name}; in its place stands {which}")
    return _from_contacts(one, name)


def _from_contacts(one: Map, name: str) -> Drawing | None:
    if one.named("line") or len(one.contacts) != 1:
        return None
    (contact,) = one.contacts
    says = f"a map that draws the line: {name}; in its place stands {contact.says}"
    return Drawing(contact.line, one, True, says)


def _why_not(one: Map, name: str) -> str:
    drawn = sorted(one.named("line"))
    if one.line is not None and one.line.casefold() != name.casefold():
        return f"{one.file} is given for the line {one.line!r}"
    if drawn:
        return f"{one.file} draws {len(drawn)} others: {', '.join(drawn)}"
    if not one.contacts:
        return f"{one.file} draws no line, and no ground that anybody holds"
    if all(contact.outline for contact in one.contacts):
        sides = ", ".join(contact.between[0] for contact in one.contacts)
        return f"{one.file} draws no line; choose whose ground's outline is to stand in with --outline: {sides}"
    pairs = "; ".join(" and ".join(contact.between) for contact in one.contacts)
    return f"{one.file} draws no line, and the ground of more than two sides: {pairs}"


def _one(found: list[Drawing], since: datetime | None) -> Drawing:
    """The drawing of the one mapper; of several of his the latest not younger than the start, else the earliest."""
    sources = sorted({made.map.source for made in found if made.map})
    if len(sources) > 1:
        return Drawing(None, says=f"one map: several draw it (sources {', '.join(sources)})")
    key: Callable[[Drawing], datetime] = lambda made: (made.map.on if made.map else None) or _NEVER  # noqa: E731
    found = sorted(found, key=key)
    chosen = next((made for made in reversed(found) if since is None or key(made) <= since), found[0])
    alike = [made for made in found if key(made) == key(chosen)]
    if len(alike) > 1:
        names = ", ".join(sorted(made.map.file for made in alike if made.map))
        return Drawing(None, says=f"one map: several of one instant draw it ({names})")
    if since and key(chosen) > since:
        late = f"a map of the start, {since:%Y-%m-%d %H:%M} UTC: this one is of {key(chosen):%Y-%m-%d %H:%M} UTC"
        return Drawing(chosen.shape, chosen.map, chosen.stand_in, "; ".join(filter(None, (chosen.says, late))))
    return chosen


_NEVER = datetime(1, 1, 1, tzinfo=UTC)
