"""trucewatch agreement where"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import click
import numpy as np
import polars as pl
import shapely

from trucewatch import pipeline
from trucewatch.assess import Agreement, AssessParams, Reading, Term
from trucewatch.assess import agreement as parsed
from trucewatch.assess.geometry import at_antimeridian, km2, widened
from trucewatch.assess.model import Span, When, Where
from trucewatch.assess.zones import ground_of
from trucewatch.base.errors import InputError
from trucewatch.base.time import instant, local_midnight
from trucewatch.cli.agreement.maps import Drawing, Map, MapOptions, drawing, read_map
from trucewatch.cli.base import found, json_option, read_file, show
from trucewatch.tables import AREAS

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DECIMALS = 7
"""A centimetre."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.command()
@click.argument("file")
@click.option(
    "--on", "on", required=True, metavar="DATE", help="A day, as 2015-03-10, in the agreement's own zone; or a time."
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="[LINE=]FILE",
    help="A map of control or of lines (GeoJSON). LINE: the agreement's line that it is of. May be given again.",
)
@click.option(
    "--mapping", default=None, metavar="NAME|FILE", help="What the maps' colours and words mean, as for pull."
)
@click.option("--mapper", default=None, metavar="NAME", help="Whose maps they are, where the mapping does not say.")
@click.option(
    "--date", "dated", default=None, metavar="DATE", help="Of what instant the maps are, whatever they say themselves."
)
@click.option(
    "--outline", default=None, metavar="HOLDER", help="Where no line is drawn, the outline of HOLDER's ground."
)
@json_option
def where(file: str, on: str, maps: tuple[str, ...], as_json: bool, **reads: str | None) -> None:
    """Where does each article of FILE (or of a shipped agreement) hold on DATE, by whose reading and whose map?

    With --json it is GeoJSON (RFC 7946), a feature a term and reading. A line that no map draws may be stood in for
    by the one line of contact that a map gives; that is flagged, and no finding is ever made on it.
    """
    path, params = found("agreements", "agreement", file), AssessParams()
    agreed = parsed(pipeline.text_of(read_file(path), str(path)), str(path))
    day = _day(on, agreed.display_zone, "--on")
    dated = reads["dated"]
    taken = None if dated is None else _day(dated, agreed.display_zone, "--date").start
    options = MapOptions(reads["mapping"], reads["mapper"], taken, day.start or _EPOCH, reads["outline"])
    drawn = [read_map(told, agreed, options, params) for told in maps]
    laid = _Laid(tuple(drawn), day, params, {})
    features = [laid.feature(agreed, term, reading) for term in agreed.terms for reading in term.readings]
    told = {
        "type": "FeatureCollection",
        "agreement": agreed.id,
        "on": on,
        "maps": [_told(one) for one in drawn],
        "features": features,
    }
    show(told, as_json, _lines(f"{agreed.id} on {on}", [feature["properties"] for feature in features]))


def _told(one: Map) -> dict[str, Any]:
    return {
        "file": one.file,
        "map": one.source,
        "on": _z(one.on),
        "lines": sorted(one.named("line")),
        "zones": sorted(one.named("zone")),
        "held_by": one.areas["held_by"].unique().drop_nulls().sort().to_list(),
        "shapes_lost": one.lost,
    }


def _z(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _day(text: str, zone: str, option: str) -> Span:
    """A day in that zone, or an instant, as a span; an instant is one that ends where it starts."""
    try:
        if not _DAY.fullmatch(text.strip()):
            at = instant(text, zone)
            return Span(at, at)
        day = date.fromisoformat(text.strip())
        starts = pl.DataFrame({"day": [day, day + timedelta(days=1)]}).select(local_midnight(pl.col("day"), zone))
        return Span(*starts.to_series())
    except (InputError, ValueError) as wrong:
        raise InputError(
            getattr(wrong, "what", f"there is no day {text!r}"),
            field=option,
            expected="a day, as 2015-03-10, or a time",
        ) from None


def in_force(when: When, day: Span) -> str:
    """`yes`, `no`, `in part` (of that day, and it is known which), or `not known`.

    >>> from datetime import UTC
    >>> noon, night = datetime(2020, 5, 1, 12, tzinfo=UTC), datetime(2020, 5, 2, tzinfo=UTC)
    >>> sure = When(sure=(Span(noon, None),), may=(Span(noon, None),), ends="open")
    >>> in_force(sure, Span(noon, night)), in_force(sure, Span(noon - timedelta(hours=12), night))
    ('yes', 'in part')
    >>> in_force(When(), Span(noon, night))
    'not known'
    """
    sure, may = (tuple(part for span in spans if (part := _cut(span, day))) for spans in (when.sure, when.may))
    if not may:
        return "no"
    if sure == (day,):
        return "yes"
    return "in part" if sure == may else "not known"


def _cut(span: Span, day: Span) -> Span | None:
    """What of the day lies in the span; None where nothing does. An instant at the end of a span lies outside."""
    assert day.start is not None and day.end is not None
    start = day.start if span.start is None else max(span.start, day.start)
    end = day.end if span.end is None else min(span.end, day.end)
    within = start < end or (day.start == day.end == start == end and span.end != day.end)
    return Span(start, end) if within else None


@dataclass(frozen=True)
class _Laid:
    """The maps at hand, and the grounds laid out so far: one that several readings share is laid once."""

    maps: tuple[Map, ...]
    day: Span
    params: AssessParams
    known: dict[tuple[Where, datetime | None], tuple[shapely.Geometry | None, Drawing]]

    def feature(self, agreed: Agreement, term: Term, reading: Reading) -> dict[str, Any]:
        """One term under one reading."""
        ground, since = reading.where, reading.when.since
        if (ground, since) not in self.known:
            self.known[ground, since] = self._ground(ground, since)
        shape, drawn = self.known[ground, since]
        geometry, cut = (None, False) if shape is None else _geojson(shape)
        side = ground.side_m
        return {
            "type": "Feature",
            "id": f"{agreed.id}/{term.id}/{reading.who}",
            "properties": {
                "agreement": agreed.id,
                "term": term.id,
                "article": term.article,
                "kind": term.kind,
                "reading": reading.who,
                "binds": list(reading.binds),
                "says": reading.says,
                "where_says": ground.says,
                "ground": "everywhere" if ground.everywhere else "unknown" if shape is None else "polygon",
                "zone_width_m": None if side is None or ground.toward else 2 * side,
                "distance_a_side_m": side,
                "toward": list(ground.toward) if ground.toward else None,
                "line": ground.line or ("typed by hand" if ground.path else None),
                "edge_m": ground.edge_m,
                "km2": None if shape is None else round(km2(shape), 3),
                "map": drawn.map.source if drawn.map else None,
                "map_file": drawn.map.file if drawn.map else None,
                "map_on": _z(drawn.map.on) if drawn.map else None,
                "stand_in": drawn.stand_in,
                "in_force": in_force(reading.when, self.day),
                "antimeridian": cut,
                "lacks": drawn.says,
            },
            "geometry": geometry,
        }

    def _ground(self, ground: Where, since: datetime | None) -> tuple[shapely.Geometry | None, Drawing]:
        if not ground.line and not ground.role:
            zone = ground_of(ground, since, AREAS.empty(), self.params)
            return zone.shape, Drawing(zone.shape, says=zone.lacks)
        drawn = drawing(ground, since, self.maps)
        if drawn.shape is None or ground.side_m is None:
            return drawn.shape, drawn
        try:
            return widened(drawn.shape, ground.side_m, self.params, ground.toward), drawn
        except InputError as wrong:
            return None, Drawing(None, drawn.map, drawn.stand_in, f"{wrong.expected}: {wrong.what}")


def _geojson(shape: shapely.Geometry) -> tuple[dict[str, Any], bool]:
    """(a geometry of RFC 7946: outlines counter-clockwise, cut at the antimeridian; was it cut?)."""
    parts, cut = at_antimeridian(shape)
    fine = shapely.transform(shapely.orient_polygons(parts), lambda xy: np.round(xy, _DECIMALS))
    made: dict[str, Any] = json.loads(shapely.to_geojson(fine))
    return made, cut


def _lines(head: str, told: list[dict[str, Any]]) -> list[str]:
    """A line a term and reading, then what each lacks, told once."""
    lacks = list(dict.fromkeys(one["lacks"] for one in told if one["lacks"]))
    lines = [head, *(_line(one, lacks) for one in told)]
    return lines + [f"[{n}] lacks {lack}" for n, lack in enumerate(lacks, 1)]


def _line(told: dict[str, Any], lacks: list[str]) -> str:
    """A term and reading for people: how wide, along whose line, how large, in force or not, what is lacking."""
    parts: Sequence[str | None] = (
        _wide(told),
        None if told["km2"] is None else f"{told['km2']:,.0f} km2",
        {"everywhere": "everywhere", "unknown": "ground not known"}.get(told["ground"]),
        "across the antimeridian" if told["antimeridian"] else None,
        f"in force: {told['in_force']}",
    )
    line = f"  {told['term']} ({told['reading']}): " + ", ".join(part for part in parts if part)
    return line + (f" [{lacks.index(told['lacks']) + 1}]" if told["lacks"] else "")


def _wide(told: dict[str, Any]) -> str | None:
    side = told["distance_a_side_m"]
    whose = f" by {told['map']}" if told["map"] else ""
    if side is None:
        return f"as drawn{whose}" if whose else None
    wide = f"{told['zone_width_m'] / 1000:g} km wide, " if told["zone_width_m"] else ""
    sides = "to each side" if told["zone_width_m"] else "to one side"
    line = f"the line {told['line']}" if told["line"] else "a line"
    stands = " (another stands in for it)" if told["stand_in"] else ""
    return f"{wide}{side / 1000:g} km {sides} of {line}{stands}{whose}"
