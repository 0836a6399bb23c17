"""Step 3, beside what was said: is a force cut off, by whose map? From the case's own questions to `ring`.

Below `restricted` all is as coarse as the level's cells: the place, the neck, the pocket and the ground that is drawn.
Where a neck lies, its roads and what follows for civilians is told at `restricted` alone: in the wrong hands it aims.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.base.place import cell_centre, cell_of, spoken
from trucewatch.base.slope import per_day
from trucewatch.report.params import LevelParams
from trucewatch.report.period import Period
from trucewatch.report.release import older
from trucewatch.report.svg_ring import draw_cells, draw_ground
from trucewatch.report.words import counted, day, instant
from trucewatch.tables import RINGS, ROUTES
from trucewatch.tables.ring import BECAME, RUNGS

_ASKED: dict[str, Any] = {"asked": pl.Int64, "entry": pl.Int64, "elsewhere": pl.String}
RINGED = pl.Schema({**RINGS.schema, **_ASKED, **BECAME})
RINGED_ROUTES = pl.Schema({**ROUTES.schema, **_ASKED})
_GRAIN_M = 100.0
"""No length is told finer than this below restricted: maps are not drawn finer either."""
_SLOPE_M = 10.0
"""Slopes are told in steps of so many metres a day: maps are drawn to about a hundred, and a trend takes ten days."""
_BECAME = {
    "relieved": "indicated that it was relieved (it opened again; whether from outside or from within is on no map),",
    "fell": "indicated that it fell (the place is another side's; whether its force had left is on no map),",
}
_CELLS = 6
"""So many cells are drawn on each side of the place's own."""
_CLOSING = 3
"""From this rung on corridors are told, where the level tells them: fire control may keep civilians from leaving."""
_FREE = {"contested_free": "free", "contested_hostile": "hostile"}
_SAID = ("contested", "unknown")
DUTIES = ("protected_targets", "freedom_of_movement", "quota")
"""Kinds of term that may attach to people inside: what is spared, who is let pass, what is owed."""


@dataclass(frozen=True)
class Ringed:
    """What the case asked of `ring`: RINGED and RINGED_ROUTES. asked: which question, the place and whose force."""

    rings: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RINGED))
    routes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RINGED_ROUTES))


@dataclass(frozen=True)
class Words:
    """How this report speaks. names: any word for a party -> its formal name."""

    names: Mapping[str, str]
    zone: str
    level: LevelParams

    @property
    def step_m(self) -> float:
        """Lengths are told in steps of a tenth of a cell; 0 where they are told as measured."""
        return max(self.level.cell_m / 10, _GRAIN_M) if self.level.cell_m else 0.0

    def length(self, metres: float | None) -> str:
        """A length, within a step of the level."""
        if metres is None:
            return "not told"
        return f"{metres:,.0f} m" if not self.step_m else f"{_within(metres, self.step_m, 1000)} km"

    def area(self, km2: float) -> str:
        """An area; below restricted in steps of a fifth of a cell, of a square kilometre at least."""
        step = max((self.level.cell_m / 1000) ** 2 / 5, 1.0)
        return f"{_within(km2, step, 1)} km2" if self.level.cell_m else f"{km2:,.1f} km2"

    def neck(self, row: Mapping[str, Any]) -> str:
        """A neck, or why there is none."""
        if row["neck_m"] is None:
            if row["held_by"] == row["side"]:
                return "cannot be told: the main body asked for is not on ground of its side"
            return f"cannot be told: the place is {self.holder(row['held_by'])} by this map"
        if not row["narrows"]:
            return "none: nothing on the way out is narrower than the ground about the place"
        return "0: no ground leads out" if row["neck_m"] == 0 else self.length(row["neck_m"])

    def holder(self, held_by: str) -> str:
        """Who holds the place."""
        words = {"unmarked": "on ground that the map leaves unmarked", "outside": "far outside everything drawn"}
        if held_by in words:
            return words[held_by]
        return f"on ground of {self.names.get(held_by, held_by)}" if held_by not in _SAID else held_by


def told(
    found: Ringed, areas: pl.DataFrame, terms: pl.DataFrame, span: Period, words: Words, most: int
) -> list[dict[str, Any]]:
    """What is released of rings and areas -> a block a question with a map in the period, at most `most` of them."""
    here = pl.col("on").is_between(span.since, span.until, closed="left")
    rings, blocks = found.rings.filter(here), []
    for (asked,), mine in rings.partition_by("asked", as_dict=True, maintain_order=True).items():
        ways = found.routes.filter(pl.col("asked") == asked)
        blocks.append(_block(mine, ways, areas, terms, words))
    blocks.sort(key=lambda block: (-block["worst"], block["place"], block["maps"][0]["on"]))
    return blocks[:most]


def _block(
    mine: pl.DataFrame, ways: pl.DataFrame, areas: pl.DataFrame, terms: pl.DataFrame, words: Words
) -> dict[str, Any]:
    first, coarse = mine.row(0, named=True), words.level.cell_m
    lon, lat = first["lon"], first["lat"]
    if coarse:
        x, y = cell_centre(cell_of(pl.col("lon"), pl.col("lat"), coarse), coarse)
        lon, lat = mine.head(1).select(lon=x, lat=y).row(0)
    last = pl.col("on") == pl.col("on").max().over("source")
    latest = mine.filter(last).sort("source", "treatment")
    maps = [
        _map(part, mine.filter(pl.col("source") == source), areas, (lon, lat), words)
        for (source,), part in latest.partition_by("source", as_dict=True, maintain_order=True).items()
    ]
    ways = ways.join(latest.select("source", "on", "treatment", "entry"), on=["source", "on", "treatment", "entry"])
    lows, highs = latest["rung_low"].drop_nulls(), latest["rung_high"].drop_nulls()
    elsewhere = first["elsewhere"]
    return {
        "place": f"a cell of about {coarse / 1000:g} km about {spoken(lon, lat, 2)}" if coarse else spoken(lon, lat, 4),
        "side": words.names.get(first["side"], first["side"]),
        "unmarked": None if elsewhere is None else words.names.get(elsewhere, elsewhere),
        "says": _rung(lows.min(), highs.max()),
        "silent": latest.filter(pl.col("rung_low").is_null())["source"].unique().sort().to_list(),
        "worst": -1 if highs.is_empty() else highs.max(),
        "maps": maps,
        "routes": [] if coarse else _routes(ways),
        "civil": None if coarse else _civil(latest, ways, terms, words),
    }


def _map(
    latest: pl.DataFrame, days: pl.DataFrame, areas: pl.DataFrame, at: tuple[float, float], words: Words
) -> dict[str, Any]:
    """One mapper: the latest map of the period under each treatment, how it came there, and its drawing."""
    first, coarse = latest.row(0, named=True), bool(words.level.cell_m)
    ground = areas.filter((pl.col("source") == first["source"]) & (pl.col("capture") == first["capture"]))
    rows = latest.rows(named=True)
    if coarse:
        svg = draw_cells(ground, at, words.level.cell_m, _CELLS, first["side"])
    else:
        shown = max(rows, key=lambda row: (row["neck_line"] is not None, row["treatment"]))
        svg = draw_ground(ground, shown, first["side"])
    return {
        "source": first["source"],
        "on": instant(first["on"], words.zone),
        "capture": first["capture"],
        "entry": first["entry"],
        "svg": svg if ground.height else None,
        "treatments": [_row(row, days.filter(pl.col("treatment") == row["treatment"]), words) for row in rows],
    }


def _row(row: Mapping[str, Any], days: pl.DataFrame, words: Words) -> dict[str, Any]:
    """One map under one treatment."""
    coarse = bool(words.level.cell_m)
    pocket = None
    if row["pocket_km2"] is not None:
        deep = "" if row["depth_m"] is None else f", {words.length(row['depth_m'])} deep"
        faces = "" if coarse or row["facing"] is None else f"; {row['facing']:.0%} of its outline faces another side"
        pocket = f"{words.area(row['pocket_km2'])}{deep}{faces}"
    return {
        "treatment": _FREE[row["treatment"]],
        "rung_low": row["rung_low"],
        "rung_high": row["rung_high"],
        "says": _rung(row["rung_low"], row["rung_high"]),
        "neck": words.neck(row),
        "pocket": pocket,
        "trend": _trend(days.sort("on"), words),
        **{name: (row[name] or "cannot_tell").replace("_", " ") for name in ("physical", "lines", "fire")},
        "because": None if coarse else row["because"],
        "would_settle": row["would_settle"],
    }


def _trend(days: pl.DataFrame, words: Words) -> str:
    """One mapper's maps of the period under one treatment, in order -> how the neck went, since when no way leads out,
    and what the maps say became of it. Where lengths are coarse, the slope is one of what is told, to such a step."""
    necks = days.filter(pl.col("neck_m").is_not_null() & pl.col("narrows").fill_null(False))
    told = [_level(m, words.step_m) for m in necks["neck_m"].to_list()]
    slope = per_day(necks["on"].to_list(), told)
    if slope is None:
        said = [f"{counted(days.height, 'map')} of the period; a trend takes two with a neck"]
    else:
        a, b = necks.row(0, named=True), necks.row(-1, named=True)
        slope = round(slope / _SLOPE_M) * _SLOPE_M
        word = "narrower" if slope < 0 else "wider" if slope > 0 else "neither narrower nor wider"
        said = [
            f"{words.neck(a)} on {day(a['on'], words.zone)}, {words.neck(b)} on {day(b['on'], words.zone)}: {word}"
            + (f" by about {abs(slope):,.0f} m a day" if slope else "")
            + f" ({counted(days.height, 'map')})"
        ]
    last = days.row(-1, named=True)
    if last["last_open"] is None:
        said.append("no map shows a way out")
    elif last["days_since_open"] > 0:
        since = f"{counted(round(last['days_since_open']), 'day')} before the last map"
        said.append(f"a way out was last open on {day(last['last_open'], words.zone)}, {since}")
    else:
        said.append("a way out is open on the last map")
    if last["resolved"] is not None:
        after, by = (day(last[name], words.zone) for name in ("resolved_after", "resolved_by"))
        said.append(
            f"{_BECAME[last['resolved']]} after {after} and by {by}: {_rung(last['known_low'], last['known_high'])}"
        )
    return "; ".join(said)


def _level(metres: float, step: float) -> float:
    return metres if not step else math.floor(metres / step) * step


def _within(value: float, step: float, unit: float) -> str:
    """A number as the step that holds it.

    >>> _within(1778.0, 500.0, 1000)
    '1.5 to 2'
    """
    low = math.floor(value / step) * step
    return f"{low / unit:,g} to {(low + step) / unit:,g}"


def _rung(low: Any, high: Any) -> str:
    if low is None or high is None:
        return "cannot be told"
    return RUNGS[low] if low == high else f"between {RUNGS[low]} and {RUNGS[high]}"


def _routes(ways: pl.DataFrame) -> list[dict[str, Any]]:
    keys = ("source", "treatment", "route", "roads", "state", "reach", "least_m", "length_m", "incidents")
    rows = ways.sort("source", "treatment", "route").select(keys).rows(named=True)
    return [{**row, "treatment": _FREE[row["treatment"]]} for row in rows]


def _civil(latest: pl.DataFrame, ways: pl.DataFrame, terms: pl.DataFrame, words: Words) -> dict[str, Any] | None:
    """Corridor candidates, the widest and the least exposed first, and the articles that may attach duties; nothing
    where no map shows a pocket that is closed or closing."""
    closing = latest.filter(pl.col("rung_high") >= _CLOSING)
    if closing.is_empty():
        return None
    necks = closing.filter((pl.col("neck_m") > 0) & pl.col("narrows")).sort("neck_m", descending=True)
    roads = ways.filter(pl.col("state") != "cut").sort("least_m", "route", descending=[True, False], nulls_last=False)
    made = [
        f"the neck, {words.length(m)} wide by {s} ({_FREE[t]})"
        for m, s, t in necks.select("neck_m", "source", "treatment").rows()
    ]
    for near, source, t, names, state in roads.select("least_m", "source", "treatment", "roads", "state").rows():
        comes = "" if near is None else f": comes to {words.length(near)} of another side"
        made.append(f"road {', '.join(names)}, {state.replace('_', ' ')}, by {source} ({_FREE[t]}){comes}")
    mine = terms.filter((pl.col("reading") == "text") & pl.col("kind").is_in(DUTIES))
    return {"corridors": made, "duties": [f"{a}: {says}" for a, says in mine.select("article", "says").rows()]}


def encircled(statements: pl.DataFrame, checks: pl.DataFrame, level: LevelParams, made_at: datetime) -> dict[str, Any]:
    """Statements of encirclement that are old enough -> how many, and what the record says of them.

    Each stands by itself among what was said; here they are only counted.
    """
    told = statements.filter(pl.col("asserts").cast(pl.String).str.ends_with("encircled"))
    told = told.with_columns(over=pl.max_horizontal("t1", "said_at"))
    told = older(told, "over", level, made_at) if level.delay else told
    mine = checks.join(told.select(statement="id"), on="statement", how="semi")
    verdicts = mine.group_by(what=pl.col("verdict").cast(pl.String).str.replace_all("_", " ")).len("n").sort("what")
    return {"n": told.height, "verdicts": verdicts.rows(named=True), "unchecked": told.height - mine.height}


def undrawn(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks without their drawings, for machines."""
    return [
        {**block, "maps": [{k: v for k, v in one.items() if k != "svg"} for one in block["maps"]]} for block in blocks
    ]


SECTION = """{% if rings or encircled.n %}<section><h2>Is a force cut off, and by whose map?</h2>
<p class="quiet">What the case asked of <code>ring</code>, on the latest map of each mapper in the period. Maps are compared and never merged; contested ground is counted once as free to pass and once as hostile, and the truth lies between. Which definition is met (physical closure; control of all ground lines; fire control) stands apart, since that is what is argued about.{% if head.coarse %} Lengths are told within steps of a tenth of a cell; where a neck lies and by which roads one leaves is not told at this level.{% endif %}</p>
{% for r in rings %}<article><h3>{{ r.side }} at {{ r.place }}: {{ r.says }}{% if r.silent and r.silent|length < r.maps|length %}; not told by {{ r.silent|join(', ') }}{% endif %}</h3>
{% if r.unmarked %}<p class="quiet">What a map leaves unmarked is taken as ground of {{ r.unmarked }}.</p>{% endif %}
{% for m in r.maps %}<h4>{{ m.source }}, {{ m.on }}</h4>{% if m.svg %}<div class="ground">{{ m.svg|safe }}</div>{% endif %}
<table class="annex"><thead><tr><th>Contested ground</th><th>Rung</th><th>Neck</th><th>Behind it</th><th>In the period</th><th>Closure; lines; fire</th><th>Would settle it</th></tr></thead><tbody>
{% for t in m.treatments %}<tr><td>{{ t.treatment }}</td><td><b>{{ t.says }}</b>{% if t.because %}<br><span class="quiet">{{ t.because }}</span>{% endif %}</td><td>{{ t.neck }}</td><td>{{ t.pocket or '' }}</td><td>{{ t.trend }}</td><td>{{ t.physical }}; {{ t.lines }}; {{ t.fire }}</td><td>{{ t.would_settle or '' }}</td></tr>
{% endfor %}</tbody></table><p class="quiet">Capture <code class="id">{{ m.capture[:short] }}</code>, answered by entry {{ m.entry }}.</p>{% endfor %}
{% if r.routes %}<table class="annex"><caption>Ways by road that share no stretch</caption><thead><tr><th>By</th><th>Contested ground</th><th>Roads</th><th>State</th><th>Nearest to another side</th><th>Recent incidents near it</th></tr></thead><tbody>
{% for w in r.routes %}<tr><td>{{ w.source }}</td><td>{{ w.treatment }}</td><td>{{ w.roads|join(', ') }}</td><td>{{ w.state|replace('_', ' ') }}{% if w.reach %}, {{ w.reach }}{% endif %}</td><td>{% if w.least_m is not none %}{{ '{:,.0f}'.format(w.least_m) }} m{% endif %}</td><td>{{ 'not given' if w.incidents is none else w.incidents }}</td></tr>
{% endfor %}</tbody></table>{% endif %}
{% if r.civil %}<p><b>For civilians.</b> Corridor candidates, by maps alone (mines, bridges and consent are not in them): {{ r.civil.corridors|join('; ') or 'none by these maps' }}.{% if r.civil.duties %} Articles that may attach duties: {% for d in r.civil.duties %}{{ d }}{{ ' ' if d.endswith('.') else '. ' }}{% endfor %}{% endif %}</p>{% endif %}
</article>{% endfor %}
{% if encircled.n %}<p>Statements of encirclement in the register: {{ encircled.n }}. {% for w in encircled.verdicts %}{{ w.what|capitalize }}: {{ w.n }}. {% endfor %}{% if encircled.unchecked %}Not held against the maps yet: {{ encircled.unchecked }} (<code>trucewatch claims check</code>). {% endif %}Each stands by itself under <i>What was said, and the record</i>.</p>{% endif %}
</section>{% endif %}
"""
"""The page's part for it; nothing where nothing was asked."""
