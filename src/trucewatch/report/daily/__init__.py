"""incidents, observations, looks, statements, areas -> the daily report of a mission: a page a language, its data, its
annex table. From evening to evening, with the previous period's numbers; what may be told at which release level?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import polars as pl

from trucewatch.base.errors import UnknownName
from trucewatch.report.daily.counts import Day, by_region, harm, looked_of, row, targets, zones
from trucewatch.report.daily.detail import annex_row, detailed
from trucewatch.report.daily.evening import Evenings, evenings
from trucewatch.report.daily.page import page
from trucewatch.report.daily.records import against_monitors, headed, restrictions, tallies
from trucewatch.report.daily.regions import named_areas, regions_of
from trucewatch.report.daily.speaker import SOURCE, Catalogue, Speaker, catalogue
from trucewatch.report.daily.trace import Trace
from trucewatch.report.observers import at_observers, unplaced
from trucewatch.report.params import DailyParams, LevelParams, ReportParams
from trucewatch.report.period import AFFIRMED, record_of, touching, within
from trucewatch.report.release import older, release

__all__ = ["Catalogue", "Daily", "DailyMaterial", "DailyRequest", "catalogue", "daily"]

CAUSES = (
    "denied_access", "conditional_access", "delay", "regular_restriction", "jamming", "other_impediment",
)  # fmt: skip
"""Causes of a gap that are a restriction of somebody's movement; cloud and outages are none."""


@dataclass(frozen=True)
class DailyMaterial:
    """What a daily report is made of. agreement: id, title; entries: capture -> entry; size, root: the log's head."""

    agreement: Mapping[str, str]
    observations: pl.DataFrame
    looks: pl.DataFrame
    areas: pl.DataFrame
    statements: pl.DataFrame
    incidents: pl.DataFrame
    links: pl.DataFrame
    terms: pl.DataFrame
    entries: Mapping[str, int]
    size: int
    root: str


@dataclass(frozen=True)
class DailyRequest:
    """Which evening ends it, how many evenings it has, at which hour of which zone; by whose map's named areas."""

    on: date
    made_at: datetime
    zone: str
    evening: str = DailyParams.evening
    evenings: int = 1
    by: str | None = None
    level: str = "public"
    recipient: str | None = None
    simulated: bool = False

    @property
    def name(self) -> str:
        """What its files are called, without their ends."""
        return f"daily-{self.on.isoformat()}"


@dataclass(frozen=True)
class Daily:
    """pages: language -> HTML; json: the same for machines, in no language; annex: the table of incidents."""

    pages: Mapping[str, str]
    json: str
    annex: pl.DataFrame


def daily(
    material: DailyMaterial,
    request: DailyRequest,
    catalogues: Mapping[str, Catalogue],
    params: DailyParams | None = None,
    shared: ReportParams | None = None,
) -> Daily:
    """Material -> the daily report in each of these languages. English has to be among the catalogues.

    Raises UnknownName for a level or a map that there is not, InputError for an hour that the zone's clocks skipped.
    """
    params, shared = params or DailyParams(), shared or ReportParams()
    if request.level not in shared.levels:
        raise UnknownName("release level", request.level, shared.levels, field="--level")
    spans = evenings(request.on, request.evening, request.zone, request.evenings)
    out = _released(material, shared.levels[request.level], request.made_at)
    told = _told(out, request, spans, shared.similar_sd)
    every = told["annex"]["rows"]
    printed = {**told, "annex": {**told["annex"], "rows": every[: params.annex_rows]}}
    english = catalogues[SOURCE]
    shown = params.ids_shown
    pages = {name: page(printed, Speaker(words), Speaker(english), shown) for name, words in sorted(catalogues.items())}
    said = {"format": "trucewatch-daily/1", **told}
    data = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return Daily(pages, data, _table(every))


@dataclass(frozen=True)
class _Out:
    """What may leave the case; nothing after it sees more."""

    material: DailyMaterial
    level: LevelParams
    too_recent: int
    complete_to: datetime
    record_since: datetime | None = field(default=None)


def _released(material: DailyMaterial, level: LevelParams, made_at: datetime) -> _Out:
    incidents = material.incidents
    if not level.observers:
        incidents = unplaced(incidents, at_observers(incidents, material.observations, material.links))
    made = release(incidents, pl.DataFrame(schema={"subject": pl.String, "p_inside": pl.Float64, "low": pl.Float64,
                                                   "high": pl.Float64}), level, made_at)  # fmt: skip
    statements = older(material.statements, "t1", level, made_at)
    if level.cell_m:
        known = pl.col("radius_m") >= level.cell_m / 2
        statements = statements.with_columns(place=pl.when(known).then("place"))
    observations = older(material.observations, "t1", level, made_at)
    looks = older(material.looks, "t1", level, made_at)
    kept = replace(
        material,
        observations=observations,
        looks=looks,
        statements=statements.filter(pl.col("t0").is_not_null() & pl.col("t1").is_not_null()),
        areas=older(material.areas, "on", level, made_at),
        incidents=detailed(made.incidents, material.links, observations),
    )
    since = record_of(made.incidents, observations, looks).since
    return _Out(kept, level, made.too_recent, made_at - level.delay, since)


def _told(out: _Out, request: DailyRequest, spans: Evenings, similar_sd: float) -> dict[str, Any]:
    """All that the pages and the JSON say, in no language: keys of messages, numbers, words of the record."""
    held, span = out.material, spans.span
    sightings = held.links.select("incident", capture=pl.col("observation").str.split("#").list.first())
    comparable = out.complete_to >= span.until
    covered = out.record_since is not None and out.record_since <= spans.before.since
    day = Day(spans, Trace(sightings, held.entries), out.level, comparable, covered, similar_sd)
    areas = named_areas(held.areas, request.by, span.until)
    if request.by is not None and not areas:
        maps = held.areas.filter(pl.col("name").is_not_null())["source"].unique().to_list()
        raise UnknownName("map with named areas", request.by, maps, field="--by")
    placed = regions_of(held.incidents, areas)
    regions = by_region(day, placed, held.looks, areas)
    harmed, at_zones = harm(day, placed), zones(day, placed, held.terms, held.looks)
    records = headed(day, held.statements)
    kept_away = restrictions(day, held.looks, CAUSES)
    looked = looked_of(day, held.looks, None)
    mission = row(day, ("mission", "target.monitors"), day.halves(against_monitors(placed)), looked)
    touch = placed.filter(touching(span))
    annex = _annex(placed.filter(within(span) | touching(span)), out.level, touch["id"].to_list())
    return {
        "head": {
            "title": held.agreement["title"], "agreement": held.agreement["id"], "on": request.on.isoformat(),
            "zone": request.zone, "evening": request.evening, "level": request.level, "recipient": request.recipient,
            "simulated": request.simulated, "since": span.since.isoformat(), "until": span.until.isoformat(),
            "before": spans.before.since.isoformat(), "made": request.made_at.isoformat(),
            "too_recent": out.too_recent, "complete_to": out.complete_to.isoformat(),
            "incomplete": None if comparable else "not_over" if request.made_at < span.until else "incomplete",
            "straddle": day.trace.incidents(("head.straddled",), touch), "by": request.by,
            "size": held.size, "root": held.root,
            "json": f"{request.name}.json", "csv": f"{request.name}.csv",
        },
        "summary": _summary(regions, harmed, at_zones, kept_away, mission),
        "regions": regions, "parts": _parts(day, placed, looked),
        "harm": harmed, "targets": targets(day, placed, looked),
        "zones": at_zones, **records, "tallies": tallies(day, held.statements), "restrictions": kept_away,
        "mission": mission, "annex": {"rows": annex, "all": len(annex)},
        "notes": day.trace.made,
    }  # fmt: skip


def _parts(day: Day, incidents: pl.DataFrame, looked: tuple[bool | None, bool | None]) -> list[dict[str, Any]]:
    """Where several evenings are in one report: how many incidents in each."""
    if len(day.spans.parts) == 1:
        return []
    rows = []
    for part in day.spans.parts:
        mine = incidents.filter(within(part) & AFFIRMED)
        cell = day.trace.incidents(("regions", f"={part.until.date().isoformat()}"), mine)
        rows.append({"until": part.until.isoformat(), "now": {**cell, "unknown": not cell["n"] and not looked[0]}})
    return rows


def _summary(
    regions: list[dict[str, Any]],
    harmed: list[dict[str, Any]],
    at_zones: list[dict[str, Any]],
    kept_away: list[dict[str, Any]],
    mission: dict[str, Any],
) -> list[dict[str, Any]]:
    """The lines that a reader sees first: regions always, the rest where there is something in either period."""
    lines = [_line([r["region"], "row.weapons"], r["rows"][0]) for r in regions]
    lines += [_line(["harm", *one["what"]], one) for one in harmed if _some(one, "high")]
    lines += [
        _line(["areas", f"={z['article']}", "areas.inside"], z["rows"][0]) for z in at_zones if _some(z["rows"][0], "n")
    ]
    lines += [_line(["restrictions", *one["what"]], one) for one in kept_away]
    return [*lines, *([_line(["mission"], mission)] if _some(mission, "n") else [])]


def _line(what: list[str], one: Mapping[str, Any]) -> dict[str, Any]:
    return {"what": what, "now": one["now"], "before": one["before"], "word": one.get("word")}


def _some(one: Mapping[str, Any], part: str) -> bool:
    return any(one[when] and one[when][part] for when in ("now", "before"))


def _annex(rows: pl.DataFrame, level: LevelParams, vague: list[str]) -> list[dict[str, Any]]:
    kept = rows.sort("t0", "t1", "lat", "lon", "kind", "id", nulls_last=True)
    named = (kept.row(n, named=True) for n in range(kept.height))
    return [annex_row(one, level.observers, one["id"] in vague) for one in named]


def _table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """The annex as a flat table: several observers, means and descriptions of one incident in one cell."""
    plain = ("id", "place", "lon", "lat", "radius_km", "count_low", "count_high", "kind", "weapon", "t0", "t1", "vague")
    flat = [
        {
            **{name: one[name] for name in plain},
            "observers": "; ".join(f"{s['lat']} {s['lon']}" for s in one["observers"] or [] if s["lon"] is not None),
            "sensed": "; ".join(one["sensed"]), "phases": "; ".join(one["phases"]), "region": one["region"],
        }
        for one in rows
    ]  # fmt: skip
    text, number, whole = pl.String, pl.Float64, pl.Int64
    schema = {
        "observers": text, "region": text, "place": text, "lon": number, "lat": number, "radius_km": number,
        "sensed": text, "count_low": whole, "count_high": whole, "kind": text, "phases": text, "weapon": text,
        "t0": text, "t1": text, "vague": pl.Boolean, "id": text,
    }  # fmt: skip
    return pl.DataFrame(flat, schema=schema)
