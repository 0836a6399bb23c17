"""Terms that freeze the lines, and maps: which ground does a bound party hold that it did not hold at the start?

One mapper's maps are compared with one another and never with another's: two hands never draw one line alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pyproj
import shapely

from trucewatch.assess.frontline import NOBODY
from trucewatch.assess.geometry import equal_area, moved, unrolled
from trucewatch.assess.model import Agreement, Reading, Span, Term
from trucewatch.assess.params import AssessParams
from trucewatch.assess.zones import Zone, zone_of
from trucewatch.base.time import UTC_US

KIND = "no_advance"
_BRUSH = 8
"""Straight pieces to a quarter of the round brush that takes strips off: 0.5 % short of round."""
_COLUMNS: dict[str, Any] = {
    "agreement": pl.String,
    "term": pl.String,
    "article": pl.String,
    "reading": pl.String,
    "subject": pl.String,  # `ground:<source>:<instant of the map at the start>/<instant of the later map>`
    "source": pl.String,  # whose maps; null where there are none
    "party": pl.String,  # whose ground; several ids where the map draws them as one
    "start": UTC_US,  # the last map at or before the start; null where there is none
    "on": UTC_US,  # the later map; null where there is none
    "gained_km2": pl.Float64,  # held on the later map, and not on that of the start nor drawn as nobody's there
    "new_km2": pl.Float64,  # of that: drawn as the party's on this map for the first time
    "sure_km2": pl.Float64,  # of that: changed hands surely while the term was in force, however late the maps are
    "unclear_km2": pl.Float64,  # held on the later map; at the start drawn as unknown or contested
    "lost_km2": pl.Float64,  # held on the map of the start and not on the later one
    "p_event": pl.Float64,  # that ground was gained; 0 where the maps show none, which is no finding that none was
    "p_when": pl.Float64,  # that it was gained while the term was in force
    "p_inside": pl.Float64,  # that it lies in the term's ground
    "p_bound": pl.Float64,  # that the term binds whoever holds it
    "lacks": pl.String,  # what is not known, in words
}
ADVANCES = pl.Schema(_COLUMNS)


def advances(agreed: Agreement, areas: pl.DataFrame, params: AssessParams) -> pl.DataFrame:
    """agreement, areas -> ADVANCES: a row per `no_advance` term, reading, source, bound party and map after the start.

    Gained is what the party holds on the later map and did not on the last one at or before the start. Strips up to
    `map_edge_m` wide are no gain, nor is less than `least_km2` in all. A map speaks of any moment up to `map_lag_s`
    before it, so the ground first drawn on one map changed hands between the map before, less that lag, and this one:
    only where that whole time lies in force is p_when 1. Of a party that held itself released it is open whether it was
    bound, but for what surely changed hands before. Where maps are lacking, one row says so.

    >>> advances(Agreement("a", "A", "UTC", "x", True, (), ()), pl.DataFrame(), AssessParams()).height
    0
    """
    terms = [term for term in agreed.terms if term.kind == KIND]
    if not terms:
        return ADVANCES.to_frame()
    drawn = [_Maps(source, areas, params) for source in _mappers(areas)]
    rows = []
    for term in terms:
        for reading in term.readings:
            if reading.binds and reading.when.may:
                ground = zone_of(reading, areas, params)
                held = _Held(agreed, term, reading, ground, params)
                found = [row for maps in drawn for row in held.rows(maps)]
                rows += found or [
                    held.row(lacks="maps by one source, of the start and after it, that draw who holds what")
                ]
    return pl.DataFrame(rows, schema=ADVANCES, orient="row")


def _mappers(areas: pl.DataFrame) -> list[str]:
    return areas.filter(pl.col("held_by").is_not_null())["source"].unique().sort().to_list() if areas.width else []


@dataclass(frozen=True)
class _Change:
    """Two maps of one party's ground, on the plane. same: the later draws what the map before it does."""

    gained: shapely.Geometry
    unclear: shapely.Geometry
    new: shapely.Geometry
    lost: shapely.Geometry
    same: bool = False


class _Maps:
    """All maps of one mapper, laid on one plane that keeps areas."""

    def __init__(self, source: str, areas: pl.DataFrame, params: AssessParams) -> None:
        self.source, self.params = source, params
        self._areas = areas.filter((pl.col("source") == source) & pl.col("held_by").is_not_null()).sort("on", "id")
        self.instants: list[datetime] = self._areas["on"].unique().sort().to_list()
        self.names: list[str] = sorted(set(self._areas["held_by"].unique()) - set(NOBODY))
        shapes = shapely.from_wkb(self._areas["geometry"].to_numpy())
        self.there, _ = equal_area(shapely.union_all([shapely.box(*unrolled(shape).bounds) for shape in shapes]))
        self._known: dict[tuple[int, tuple[str, ...]], shapely.Geometry] = {}
        self._changes: dict[tuple[Any, ...], list[_Change]] = {}
        self.told: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        """Rows as told under one reading; another that differs in nothing that matters here is told the same."""

    def held(self, n: int, names: tuple[str, ...]) -> shapely.Geometry:
        """The ground that the map draws as held by any of those names."""
        if (n, names) not in self._known:
            rows = self._areas.filter((pl.col("on") == self.instants[n]) & pl.col("held_by").is_in(names))
            shapes = [unrolled(shape) for shape in shapely.from_wkb(rows["geometry"].to_numpy())]
            self._known[n, names] = flat(shapely.union_all(shapes), self.there, self.params)
        return self._known[n, names]

    def changes(self, maps: range, names: tuple[str, ...], like: tuple[str, ...]) -> list[_Change]:
        """What each map after the first of `maps` shows, in order. like: all names that may mean the party as well."""
        start = maps[0]
        if (maps, names, like) not in self._changes:
            before = seen = self.held(start, like)
            nobody = self.held(start, NOBODY)
            made: list[_Change] = []
            for n in maps[1:]:
                if made and all(
                    shapely.equals_identical(self.held(n, of), self.held(n - 1, of)) for of in {names, like}
                ):
                    made.append(replace(made[-1], new=shapely.Polygon(), same=True))
                    continue
                now, edge = self.held(n, names), self.params.map_edge_m
                grown = without_strips(shapely.difference(now, before), edge)
                gained = without_strips(shapely.difference(grown, nobody), edge)
                lost = without_strips(shapely.difference(self.held(start, names), self.held(n, like)), edge)
                new = _ground(shapely.difference(gained, seen))
                made.append(_Change(gained, _ground(shapely.intersection(grown, nobody)), new, lost))
                seen = shapely.union(seen, self.held(n, like))
            self._changes[maps, names, like] = made
        return self._changes[maps, names, like]


def flat(shape: shapely.Geometry, there: pyproj.Transformer, params: AssessParams) -> shapely.Geometry:
    """A shape in degrees -> on the plane; its edges, straight in degrees, stay true."""
    laid = moved(shapely.segmentize(shape, params.line_step_deg), there)
    return laid if shapely.is_valid(laid) else shapely.make_valid(laid, method="structure", keep_collapsed=False)


def without_strips(shape: shapely.Geometry, wide_m: float) -> shapely.Geometry:
    """The shape without what is narrower than so many metres. A wider tolerance leaves less.

    >>> shape = shapely.union(shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 5000, 90))
    >>> [round(shapely.area(without_strips(shape, wide)) / 1e4) for wide in (0, 80, 200)]
    [136, 136, 99]
    """
    if wide_m <= 0:
        return shape
    parts = shapely.get_parts(shape)
    cores = shapely.buffer(parts, -wide_m / 2, quad_segs=_BRUSH)
    wide = ~shapely.is_empty(cores)
    # Part by part: the parts of a valid shape do not meet, and small overlays are quick.
    around = shapely.buffer(cores[wide], wide_m / 2, quad_segs=_BRUSH)
    crossed = ~shapely.is_valid(around)  # where outlines all but touch, a buffer may cross itself by a hair
    around[crossed] = shapely.make_valid(around[crossed])
    kept = shapely.intersection(parts[wide], around)
    return _ground(shapely.geometrycollections(kept))


def _ground(shape: Any) -> shapely.Geometry:
    """The polygons alone: where outlines touch, an overlay leaves lines and points as well."""
    if shape.geom_type != "GeometryCollection":
        whole: shapely.Geometry = shape
        return whole
    parts = shapely.get_parts(shapely.get_parts(shape))  # of what is in several parts again, each
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def _km2(shape: shapely.Geometry) -> float:
    return round(float(shapely.area(shape)) / 1e6, 6)  # to the square metre: what lies below it is arithmetic


@dataclass(frozen=True)
class _Held:
    """One reading of one term, held against maps."""

    agreed: Agreement
    term: Term
    reading: Reading
    ground: Zone
    params: AssessParams

    def row(self, **told: Any) -> dict[str, Any]:
        """A row of ADVANCES; what is not told is null."""
        return dict.fromkeys(ADVANCES) | self._whose() | told

    def _whose(self) -> dict[str, Any]:
        term = {"term": self.term.id, "article": self.term.article}
        return {"agreement": self.agreed.id, **term, "reading": self.reading.who}

    def rows(self, maps: _Maps) -> list[dict[str, Any]]:
        """One mapper's maps -> rows, or one that says what is lacking."""
        since, until = self.reading.when.since, self.reading.when.until
        groups = self._groups(maps.names)
        if since is None:
            lacks = "when the term began, and so which map is that of the start"
            return [self.row(source=maps.source, lacks=lacks)] if groups else []
        start = max((n for n, on in enumerate(maps.instants) if on <= since), default=None)
        if not groups:
            return []
        if start is None:
            lacks = f"a map by {maps.source} of {since:%Y-%m-%d %H:%M} UTC or before"
            return [self.row(source=maps.source, lacks=lacks)]
        last = None if until is None else until + timedelta(seconds=self.params.map_lag_s)
        used = range(start, max(n for n, on in enumerate(maps.instants) if last is None or on <= last) + 1)
        rows = []
        for parties, names, like in groups:
            key = (used, parties, self.reading.binds, self.reading.when, self.reading.where, self.reading.freed)
            if key not in maps.told:
                maps.told[key] = self._party(maps, start, (parties, maps.changes(used, names, like)))
            rows += [row | self._whose() for row in maps.told[key]]
        return rows

    def _groups(self, names: list[str]) -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
        """Names on the map -> (parties, the names that mean them, the names that may mean one of them)."""
        of = {name: tuple(party.id for party in self.agreed.parties_of(name)) for name in names}
        groups = sorted({parties for parties in of.values() if set(parties) & set(self.reading.binds)})
        return [
            (
                parties,
                tuple(name for name in names if of[name] == parties),
                tuple(name for name in names if set(of[name]) & set(parties)),
            )
            for parties in groups
        ]

    def _party(self, maps: _Maps, start: int, group: tuple[tuple[str, ...], list[_Change]]) -> list[dict[str, Any]]:
        parties, changes = group
        clip = None if self.ground.shape is None else flat(self.ground.shape, maps.there, self.params)
        sure: shapely.Geometry = shapely.Polygon()
        kept: shapely.Geometry = shapely.Polygon()  # of `sure`, what changed hands before any of them held itself free
        never: shapely.Geometry = shapely.Polygon()
        doubt, gone = self._released(parties)
        made: list[dict[str, Any]] = []
        for n, change in enumerate(changes, start + 1):
            from_, on = maps.instants[start], maps.instants[n]
            subject = f"ground:{maps.source}:{_shown(from_)}/{_shown(on)}"
            if change.same:
                made.append(made[-1] | {"subject": subject, "on": on, "new_km2": 0.0})
                continue
            change = _clipped(change, clip)
            lag = timedelta(seconds=self.params.map_lag_s)
            drawn = Span(maps.instants[n - 1] - lag, maps.instants[n])
            if gone is not None and drawn.start is not None and drawn.start >= gone:
                never = shapely.union(never, change.new)
            elif any(_within(drawn, span) for span in self.reading.when.sure):
                sure = shapely.union(sure, change.new)
                kept = shapely.union(kept, change.new) if doubt is None or on <= doubt else kept
            elif not any(_meets(drawn, span) for span in self.reading.when.may):
                never = shapely.union(never, change.new)
            sizes = {
                "gained_km2": _km2(change.gained),
                "new_km2": _km2(change.new),
                "sure_km2": _km2(shapely.intersection(change.gained, sure)),
                "unclear_km2": _km2(change.unclear),
                "lost_km2": _km2(change.lost),
            }
            chances = self._chances(sizes, _km2(shapely.difference(change.gained, never)))
            still = doubt is None or on <= doubt or _km2(shapely.intersection(change.gained, kept)) >= self._least
            bound = 1.0 if still and set(parties) <= set(self.reading.binds) else None
            known = {"subject": subject, "source": maps.source, "party": ", ".join(parties), "start": from_, "on": on}
            free = None if still else f"whether it was still bound: it held itself released from {_shown(doubt)} on"
            lacks = "; ".join(filter(None, [self._lacks(sizes, chances, bound if still else 1.0), free])) or None
            made.append(self.row(**known, p_bound=bound, **sizes, **chances, lacks=lacks))
        return made

    @property
    def _least(self) -> float:
        return self.params.least_km2

    def _released(self, parties: tuple[str, ...]) -> tuple[datetime | None, datetime | None]:
        """From when on one of them may be released, and from when on all of them surely are; None where never."""
        freed = [one for one in self.reading.freed if one.party in parties]
        left = {one.party: one.at for one in sorted(freed, key=lambda one: one.at, reverse=True) if one.sure}
        return min((one.at for one in freed), default=None), max(left.values()) if len(left) == len(parties) else None

    def _chances(self, sizes: dict[str, float], may_km2: float) -> dict[str, float | None]:
        least = self._least
        some = sizes["gained_km2"] >= least
        maybe = sizes["gained_km2"] + sizes["unclear_km2"] >= least
        return {
            "p_event": self.params.p_mapper if some else None if maybe else 0.0,
            "p_when": 1.0 if sizes["sure_km2"] >= least else 0.0 if some and may_km2 < least else None,
            "p_inside": None if self.ground.kind == "unknown" else 1.0,
        }

    def _lacks(self, sizes: dict[str, float], chances: dict[str, float | None], bound: float | None) -> str | None:
        told = []
        if chances["p_when"] is None and sizes["gained_km2"] >= self.params.least_km2:
            late = self.params.map_lag_s / 86400
            told.append(f"when the ground changed hands: maps may be {late:g} days late")
        if sizes["unclear_km2"] >= self.params.least_km2:
            told.append(f"who held {sizes['unclear_km2']:.1f} km2 at the start: drawn as unknown or contested then")
        if bound is None:
            told.append("which of the parties that the map draws as one gained it")
        return "; ".join([*told, *([self.ground.lacks] if self.ground.lacks else [])]) or None


def _clipped(change: _Change, clip: shapely.Geometry | None) -> _Change:
    if clip is None:
        return change
    gained, unclear = shapely.intersection(change.gained, clip), shapely.intersection(change.unclear, clip)
    return _Change(gained, unclear, shapely.intersection(change.new, clip), shapely.intersection(change.lost, clip))


def _within(drawn: Span, force: Span) -> bool:
    assert drawn.start is not None and drawn.end is not None
    return (force.start is None or force.start <= drawn.start) and (force.end is None or drawn.end <= force.end)


def _meets(drawn: Span, force: Span) -> bool:
    assert drawn.start is not None and drawn.end is not None
    return (force.start is None or force.start < drawn.end) and (force.end is None or drawn.start < force.end)


def _shown(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
