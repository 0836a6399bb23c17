"""incidents, findings, terms, looks, ... -> page, data, released tables. What may be told, at which release level?"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import jinja2
import polars as pl
import shapely

from trucewatch.base.errors import UnknownName
from trucewatch.base.ids import SHORT
from trucewatch.report.annex import annex, when
from trucewatch.report.articles import VERDICTS, articles
from trucewatch.report.beside import FILED, Beside, beside, released
from trucewatch.report.coverage import coverage, watched
from trucewatch.report.notes import Notes
from trucewatch.report.observers import at_observers, first_parts, folded, folded_lists, unplaced
from trucewatch.report.owing import owing
from trucewatch.report.page import CSS, PAGE, clipped, shortened, squeezed
from trucewatch.report.params import LevelParams, ReportParams
from trucewatch.report.period import (
    AFFIRMED,
    Period,
    Record,
    casualties,
    cover_of,
    period_of,
    record_of,
    rule_of,
    rule_of_meeting,
    summary,
    touching,
    within,
)
from trucewatch.report.release import Released, older, release
from trucewatch.report.reliable import reliable
from trucewatch.report.rings import Ringed, Words, encircled, undrawn
from trucewatch.report.rings import told as rings_told
from trucewatch.report.said import said as said_rows
from trucewatch.report.said import tallied
from trucewatch.report.settled import Kept, Settled, kept, settled
from trucewatch.report.silent import quiet
from trucewatch.report.svg_map import draw_map
from trucewatch.report.svg_time import draw_timeline
from trucewatch.report.watching import changes
from trucewatch.report.words import counted, day, instant
from trucewatch.tables import CHECKS, COMPLETENESS, OWED, RELIABILITY, SILENT

__all__ = ["Material", "Report", "ReportParams", "ReportRequest", "report"]

_LEVEL_SAYS = {
    "public": "Positions are moved to cells of about 5 km, the last 72 hours are left out, and no observer is named.",
    "parties": "Positions are moved to cells of about 1 km, the last 24 hours are left out, and no observer is named.",
    "restricted": "Complete, with observations, observers' words and gaps in coverage. Not to be passed on.",
}
_WITHHELD = {"capture": pl.String, "by": pl.String, "why": pl.String, "entry": pl.Int64}
_ENDS_SAY = {
    "asked": "the end that was asked for",
    "text": "the agreement's text ends here",
    "record": "the record ends here",
}


@dataclass(frozen=True)
class Material:
    """Everything that a report is made of. agreement: id, title, zone, source, text; parties(party, name, alias);
    captures(capture, source, name, licence, fetched_at, entry); quotes(term, quote, capture), null where withheld;
    withheld(capture, by, why, entry); casework: report.beside.FILED; size, root: the log's head."""

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
    withheld: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_WITHHELD))
    casework: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FILED))
    owed: pl.DataFrame = field(default_factory=OWED.empty)
    ground: pl.DataFrame = field(default_factory=pl.DataFrame)
    completeness: pl.DataFrame = field(default_factory=COMPLETENESS.empty)
    reliability: pl.DataFrame = field(default_factory=RELIABILITY.empty)
    checks: pl.DataFrame = field(default_factory=CHECKS.empty)
    tallies: Mapping[str, Any] = field(default_factory=lambda: {"counts": [], "side_by_side": []})
    exposure: pl.DataFrame = field(default_factory=pl.DataFrame)
    silent: pl.DataFrame = field(default_factory=SILENT.empty)
    ringed: Ringed = field(default_factory=Ringed)
    settled: tuple[Settled, ...] = ()
    kept: tuple[Kept, ...] = ()
    watches: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class ReportRequest:
    """What was asked: level, period (UTC; None: the agreement's), for whom, and when it is made.

    remark: what readers have to know before all else, under the level; that a theatre is simulated, say.
    """

    level: str = "public"
    since: datetime | None = None
    until: datetime | None = None
    recipient: str | None = None
    made_at: datetime | None = None
    indicated: float = 0.5
    strongly: float = 0.9
    remark: str | None = None


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
    material = material if level.observers else _nameless(material)
    out = release(material.incidents, material.findings, level, request.made_at, bars)
    said, recent = released(material.casework, out.incidents, level, request.made_at)
    out = replace(out, casework=said, casework_too_recent=recent)
    material = _old_enough(material, level, request.made_at)
    record = record_of(out.incidents, material.observations, material.looks)
    span = period_of(material.terms, record, request.since, request.until)
    told = _told(material, request, params, out, span, record)
    stamp = {"trucewatch:level": request.level, "trucewatch:root": material.root, "trucewatch:size": str(material.size)}
    findings = out.findings.with_columns(level=pl.lit(request.level))
    return Report(_page(told), _json(told), _geometry(out.incidents), findings, stamp)


def _nameless(material: Material) -> Material:
    """Below restricted: no point at which an observer stood, and no source's name finer than its first part."""
    rings = material.ringed.rings
    called = first_parts(material.captures, material.observations, material.looks, material.areas, rings)
    hidden = at_observers(material.incidents, material.observations, material.links)
    return replace(
        material,
        incidents=folded_lists(unplaced(material.incidents, hidden), called),
        observations=folded(material.observations, called),
        looks=folded(material.looks, called),
        areas=folded(material.areas, called),
        captures=folded(material.captures, called),
        left_out=material.left_out.clear(),
        ringed=Ringed(folded(rings, called)),
    )


def _old_enough(material: Material, level: LevelParams, made_at: datetime) -> Material:
    """What was seen, looked at or drawn too recently for the level is not counted or drawn either."""
    return replace(
        material,
        observations=older(material.observations, "t1", level, made_at),
        looks=older(material.looks, "t1", level, made_at),
        areas=older(material.areas, "on", level, made_at),
        ringed=replace(material.ringed, rings=older(material.ringed.rings, "on", level, made_at)),
        ground=older(material.ground, "on", level, made_at) if material.ground.height else material.ground,
        exposure=older(material.exposure, "t1", level, made_at) if material.exposure.height else material.exposure,
    )


def _told(
    material: Material, request: ReportRequest, params: ReportParams, out: Released, span: Period, record: Record
) -> dict[str, Any]:
    """All that the page and the JSON say, before either is written."""
    level, zone = params.levels[request.level], material.agreement["zone"]
    names = dict(material.parties.select("party", "name").rows())
    notes = _notes(material, params, span)
    affirmed = out.incidents.filter(AFFIRMED)
    here = out.incidents.filter(within(span) | touching(span)).select(subject="id")
    mine = out.findings.join(here, on="subject", how="semi")
    said = beside(out.casework, out.findings, here["subject"], span, names, zone)
    owed = owing(material.owed, material.ground, material.findings, span, (names, zone))
    order = material.parties["party"].unique(maintain_order=True).to_list()
    aliases = [(alias.casefold(), party) for party, alias in material.parties.select("party", "alias").rows()]
    turns = {alias: order.index(party) for alias, party in aliases}
    formal = {alias: names[party] for alias, party in aliases}
    cover = cover_of(span, record, _complete_to(record, level, request), zone)
    seen = watched(material.exposure, span, params.watched_alike)
    now, drawn = affirmed.filter(within(span)), material.areas.filter(pl.col("on") <= span.until)
    return {
        "head": _head(material, request, params, out, span, record),
        "summary": summary(out.incidents, span, cover, notes, params.similar_sd, seen),
        "casualties": casualties(out.incidents, span, cover, notes),
        "timeline": draw_timeline(affirmed, material.terms, span, record, zone, params, names),
        "map": draw_map(now, drawn, material.terms, turns, params),
        "articles": [
            {**block, "casework": said.articles.get(block["term"], []), "owed": owed.get(block["term"], [])}
            for block in _dated(articles(material.terms, mine, material.left_out, material.quotes, names, notes), zone)
        ],
        "casework": _casework(out, said),
        "said": said_rows(material.statements, material.checks, level, request.made_at or span.until, zone),
        "rings": rings_told(
            material.ringed, drawn, material.terms, span, Words({**names, **formal}, zone, level), params.ring_places
        ),
        "encircled": encircled(material.statements, material.checks, level, request.made_at or span.until),
        "tallies": tallied(material.tallies, level, request.made_at or span.until),
        "settled": settled(material.settled, params),
        "kept": kept(material.kept, level),
        "changes": changes(material.watches, level, request.made_at or span.until),
        "reliable": reliable(material.completeness, material.reliability),
        "coverage": {
            **coverage(material.looks, material.observations, span, zone, level.coverage),
            "watched": seen,
        },
        "problems": _problems(material.problems, level.observers),
        "annex": _beside(
            annex(out.incidents, out.findings, material.terms, formal, span, params.annex_rows, zone),
            said,
            quiet(material.silent, params.most_silent, zone) if level.observers else {},
        ),
        "observed": _observed(material.observations, span, params.annex_rows, zone) if level.observers else [],
        "observed_all": material.observations.filter(_seen(span)).height if level.observers else 0,
        "captures": _captures(material.captures, level.observers),
        "withheld": _withheld(material.withheld),
        "notes": notes.made,
        "rules": {"PERIOD": rule_of(span), "PREVIOUS": rule_of(span.before), "OF-PERIOD": notes.of_period},
    }


def _casework(out: Released, said: Beside) -> dict[str, Any]:
    """What the page says of case work that stands under no article, and all of it for machines."""
    rows = out.casework.rows(named=True)
    return {"others": said.others, "elsewhere": said.elsewhere, "too_recent": out.casework_too_recent, "all": rows}


def _beside(table: dict[str, Any], said: Beside, silent: dict[str, str]) -> dict[str, Any]:
    """The annex with what people said of each incident beside what the tool indicates, and who was silent on it."""
    rows = [
        {**row, "beside": said.incidents.get(row["id"], []), "silent": silent.get(row["id"])} for row in table["rows"]
    ]
    return {**table, "rows": rows}


def _complete_to(record: Record, level: LevelParams, request: ReportRequest) -> datetime | None:
    """Until when what is released is all that is recorded: the record's end, or the level's delay before the report."""
    assert request.made_at is not None
    return min(record.until, request.made_at - level.delay) if record.until else None


def _notes(material: Material, params: ReportParams, span: Period) -> Notes:
    sightings = material.links.select("incident", capture=pl.col("observation").str.split("#").list.first())
    captures = material.captures.select("capture", "source", "entry")
    return Notes(sightings, captures, params.note_rows, rule_of_meeting(span))


def _captures(captures: pl.DataFrame, named: bool) -> list[dict[str, Any]]:
    return [
        {
            "capture": c,
            "source": s,
            **({"name": n} if named else {}),
            "licence": licence,
            "fetched": f"{at:%Y-%m-%d %H:%M}",
            "entry": e,
        }
        for c, s, n, licence, at, e in captures.sort("entry").rows()
    ]


def _withheld(withheld: pl.DataFrame) -> list[dict[str, Any]]:
    """Who withheld how many captures, by which entries and why: that they are missing, and nothing of what they say."""
    told = withheld.sort("entry").group_by("by", "why", maintain_order=True).agg(n=pl.len(), entries=pl.col("entry"))
    return told.select("n", "entries", "by", "why").rows(named=True)


def _dated(blocks: list[dict[str, Any]], zone: str) -> list[dict[str, Any]]:
    """Articles -> with each reading's start and end as people write them."""
    for reading in (reading for block in blocks for reading in block["readings"]):
        reading["since_says"] = instant(reading["since"], zone) if reading["since"] else "not told"
        no_end = {"open": "no end"}.get(reading["ends"], "not told")
        reading["until_says"] = instant(reading["until"], zone) if reading["until"] else no_end
    return blocks


def _head(
    material: Material, request: ReportRequest, params: ReportParams, out: Released, span: Period, record: Record
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
        "remark": request.remark,
        "since": instant(span.since, zone),
        "until": instant(span.until, zone),
        "since_utc": span.since.isoformat(),
        "until_utc": span.until.isoformat(),
        "ends": span.ends,
        "ends_says": _ENDS_SAY[span.ends],
        "record_since": day(record.since, zone) if record.since else None,
        "record_until": day(record.until, zone) if record.until else None,
        "straddle": out.incidents.filter(touching(span) & AFFIRMED).height,
        "too_recent": out.too_recent,
        "made": f"{request.made_at:%Y-%m-%d %H:%M:%S}",
        "size": material.size,
        "root": material.root,
        "indicated": request.indicated,
        "strongly": request.strongly,
        "map_cell": f"{params.map_cell_m / 1000:g}",
        "coarse": f", drawn at coarsened places of {level.cell_m / 1000:g} km" if level.cell_m else "",
    }


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


def _seen(span: Period) -> pl.Expr:
    return (pl.col("t0") < span.until) & (pl.col("t1") > span.since)


def _observed(observations: pl.DataFrame, span: Period, most: int, zone: str) -> list[dict[str, Any]]:
    mine = observations.filter(_seen(span)).sort("t0", "id").head(most)
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
    room.filters["counted"] = counted
    room.filters["clipped"] = clipped
    room.filters["shortened"] = lambda text: shortened(text, told["rules"])
    return squeezed(room.from_string(PAGE).render(**told, css=CSS, verdicts=VERDICTS, short=SHORT))


def _json(told: dict[str, Any]) -> str:
    """The page's facts for machines: no drawings, times in UTC."""
    said = {key: value for key, value in told.items() if key not in ("timeline", "map")}
    said = {
        "format": "trucewatch-report/1",
        **said,
        "rings": undrawn(told["rings"]),
        "map": {k: v for k, v in told["map"].items() if k != "svg"},
    }
    return json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True, default=_plain) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
