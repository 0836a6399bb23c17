"""incidents, findings, terms, looks, ... -> page, data, released tables. What may be told, at which release level?"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import polars as pl
import shapely

from trucewatch.base.errors import UnknownName
from trucewatch.report.annex import annex, when
from trucewatch.report.articles import VERDICTS, articles
from trucewatch.report.coverage import coverage
from trucewatch.report.notes import Notes
from trucewatch.report.page import CSS, PAGE, squeezed
from trucewatch.report.params import LevelParams, ReportParams
from trucewatch.report.period import Period, casualties, period_of, rule_of_meeting, summary, touching, within
from trucewatch.report.release import Released, older, release
from trucewatch.report.svg_map import draw_map
from trucewatch.report.svg_time import draw_timeline

__all__ = ["Material", "Report", "ReportParams", "ReportRequest", "report"]

_LEVEL_SAYS = {
    "public": "Positions are moved to cells of about 5 km, the last 72 hours are left out, and no observer is named.",
    "parties": "Positions are moved to cells of about 1 km, the last 24 hours are left out, and no observer is named.",
    "restricted": "Complete, with observations, observers' words and gaps in coverage. Not to be passed on.",
}


@dataclass(frozen=True)
class Material:
    """Everything that a report is made of. agreement: id, title, zone, source, text; parties(party, name, alias);
    captures(capture, source, name, licence, fetched_at, entry); quotes(term, quote, capture);
    size, root: the log's head."""

    agreement: Mapping[str, str]
    parties: pl.DataFrame
    observations: pl.DataFrame
    looks: pl.DataFrame
    areas: pl.DataFrame
    statements: pl.DataFrame
    incidents: pl.DataFrame
    links: pl.DataFrame
    terms: pl.DataFrame
    findings: pl.DataFrame
    left_out: pl.DataFrame
    problems: pl.DataFrame
    captures: pl.DataFrame
    quotes: pl.DataFrame
    size: int
    root: str


@dataclass(frozen=True)
class ReportRequest:
    """What was asked: level, period (UTC; None: the agreement's), for whom, and when it is made."""

    level: str = "public"
    since: datetime | None = None
    until: datetime | None = None
    recipient: str | None = None
    made_at: datetime | None = None
    indicated: float = 0.5
    strongly: float = 0.9


@dataclass(frozen=True)
class Report:
    """The page, its data as JSON text, and the released tables; `stamp` goes into each file."""

    html: str
    json: str
    incidents: pl.DataFrame
    findings: pl.DataFrame
    stamp: Mapping[str, str]


def report(material: Material, request: ReportRequest, params: ReportParams | None = None) -> Report:
    """Material -> the files of a report at `request.level`. Raises UnknownName for another level."""
    params = params or ReportParams()
    if request.level not in params.levels:
        raise UnknownName("release level", request.level, params.levels)
    if request.made_at is None:
        raise ValueError("a report says when it was made; give made_at")
    level = params.levels[request.level]
    bars = request.indicated, request.strongly
    out = release(material.incidents, material.findings, level, request.made_at, bars)
    material = _old_enough(material, level, request.made_at)
    span = period_of(material.terms, out.incidents, request.since, request.until)
    told = _told(material, request, params, out, span)
    stamp = {"trucewatch:level": request.level, "trucewatch:root": material.root, "trucewatch:size": str(material.size)}
    findings = out.findings.with_columns(level=pl.lit(request.level))
    return Report(_page(told), _json(told), _geometry(out.incidents), findings, stamp)


def _old_enough(material: Material, level: LevelParams, made_at: datetime) -> Material:
    """What was seen, looked at or drawn too recently for the level is not counted or drawn either."""
    return replace(
        material,
        observations=older(material.observations, "t1", level, made_at),
        looks=older(material.looks, "t1", level, made_at),
        areas=older(material.areas, "on", level, made_at),
    )


def _told(
    material: Material, request: ReportRequest, params: ReportParams, out: Released, span: Period
) -> dict[str, Any]:
    """All that the page and the JSON say, before either is written."""
    level = params.levels[request.level]
    zone = material.agreement["zone"]
    names = dict(material.parties.select("party", "name").rows())
    sightings = material.links.select("incident", capture=pl.col("observation").str.split("#").list.first())
    notes = Notes(
        sightings, material.captures.select("capture", "source", "entry"), params.note_rows, rule_of_meeting(span)
    )
    now = out.incidents.filter(within(span))
    mine = out.findings.join(
        out.incidents.filter(within(span) | touching(span)).select(subject="id"), on="subject", how="semi"
    )
    order = material.parties["party"].unique(maintain_order=True).to_list()
    parties = {
        alias.casefold(): order.index(party) for party, alias in material.parties.select("party", "alias").rows()
    }
    told: dict[str, Any] = {
        "head": _head(material, request, params, out, span),
        "summary": summary(out.incidents, span, notes, params.similar_sd),
        "casualties": casualties(out.incidents, span, notes),
        "timeline": draw_timeline(out.incidents, material.terms, span, zone, params, names),
        "map": draw_map(now, material.areas.filter(pl.col("on") <= span.until), material.terms, parties, params),
        "articles": articles(material.terms, mine, material.left_out, material.quotes, names, notes),
        "coverage": coverage(material.looks, material.observations, span, level.coverage),
        "problems": _problems(material.problems, level.observers),
        "annex": annex(out.incidents, out.findings, material.terms, span, params.annex_rows, zone),
        "observed": _observed(material.observations, span, params.annex_rows, zone) if level.observers else [],
        "captures": [
            {
                "capture": c,
                "source": s,
                **({"name": n} if level.observers else {}),
                "licence": licence,
                "fetched": f"{at:%Y-%m-%d %H:%M}",
                "entry": e,
            }
            for c, s, n, licence, at, e in material.captures.sort("entry").rows()
        ],
    }
    for block in told["articles"]:
        for reading in block["readings"]:
            reading["since_says"] = _instant(reading["since"], zone) if reading["since"] else "not told"
            reading["until_says"] = (
                _instant(reading["until"], zone)
                if reading["until"]
                else {"open": "no end"}.get(reading["ends"], "not told")
            )
    told["notes"] = notes.made
    return told


def _head(
    material: Material, request: ReportRequest, params: ReportParams, out: Released, span: Period
) -> dict[str, Any]:
    level, zone = params.levels[request.level], material.agreement["zone"]
    assert request.made_at is not None
    return {
        "title": material.agreement["title"],
        "agreement": material.agreement["id"],
        "text": material.agreement["text"],
        "source": material.agreement["source"],
        "zone": zone,
        "level": request.level,
        "level_says": _LEVEL_SAYS[request.level],
        "recipient": request.recipient,
        "since": _instant(span.since, zone),
        "until": _instant(span.until, zone),
        "since_utc": span.since.isoformat(),
        "until_utc": span.until.isoformat(),
        "straddle": out.incidents.filter(touching(span)).height,
        "too_recent": out.too_recent,
        "made": f"{request.made_at:%Y-%m-%d %H:%M:%S}",
        "size": material.size,
        "root": material.root,
        "indicated": request.indicated,
        "strongly": request.strongly,
        "map_cell": f"{params.map_cell_m / 1000:g}",
        "coarse": f", drawn at coarsened places of {level.cell_m / 1000:g} km" if level.cell_m else "",
    }


def _instant(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def _problems(problems: pl.DataFrame, named: bool) -> list[dict[str, Any]]:
    counts = (
        problems.group_by("code")
        .agg(n=pl.len(), lost=pl.col("lost").sum(), example=pl.format("{}: {}", "where", "message").sort().first())
        .sort(["n", "code"], descending=[True, False])
    )
    return [
        {
            "code": code,
            "n": n,
            "lost": lost,
            "example": example if named else "(rows are named at the restricted level)",
        }
        for code, n, lost, example in counts.rows()
    ]


def _observed(observations: pl.DataFrame, span: Period, most: int, zone: str) -> list[dict[str, Any]]:
    mine = observations.filter((pl.col("t0") < span.until) & (pl.col("t1") > span.since)).sort("t0", "id").head(most)
    return [
        {"id": i, "source": s, "stance": stance, "kind": k.replace("_", " "), "says": says, "when": when(t0, t1, zone)}
        for i, s, stance, k, says, t0, t1 in mine.select("id", "source", "stance", "kind", "says", "t0", "t1").rows()
    ]


def _geometry(incidents: pl.DataFrame) -> pl.DataFrame:
    """incidents -> with `geometry`, WKB points in OGC:CRS84, null where no place is told."""
    lon, lat = incidents["lon"].to_numpy(), incidents["lat"].to_numpy()
    wkb: Any = shapely.to_wkb(shapely.points(lon, lat)) if incidents.height else []
    return incidents.with_columns(
        geometry=pl.when(pl.col("lon").is_not_null()).then(pl.Series("geometry", list(wkb), pl.Binary))
    )


def _page(told: dict[str, Any]) -> str:
    counter = itertools.count(1)
    room = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    room.globals["loop_id"] = lambda: next(counter)
    return squeezed(room.from_string(PAGE).render(**told, css=CSS, verdicts=VERDICTS))


def _json(told: dict[str, Any]) -> str:
    """The page's facts for machines: no drawings, times in UTC."""
    said = {key: value for key, value in told.items() if key not in ("timeline", "map")}
    said = {"format": "trucewatch-report/1", **said, "map": {k: v for k, v in told["map"].items() if k != "svg"}}
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
