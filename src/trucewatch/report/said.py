"""Step 3, beside the incidents: what was said, what the record makes of it, and counts beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.report.params import LevelParams
from trucewatch.report.release import older
from trucewatch.report.words import day, instant


def said(
    statements: pl.DataFrame, checks: pl.DataFrame, level: LevelParams, made_at: datetime, zone: str
) -> list[dict[str, Any]]:
    """statements, checks -> a row for each statement that the record was asked about, in order of time.

    Below levels that tell of coverage a row says the verdict alone: bounds, reasons and what was not looked at would
    tell where nobody looks. A place's name finer than the level's cell, and words that somebody wrote, stay behind.
    """
    ended = statements.with_columns(over=pl.max_horizontal("t1", "said_at"))
    old = older(ended, "over", level, made_at) if level.delay else ended
    rows = checks.join(old.drop("id", "key", "speaker", "asserts").with_columns(statement=old["id"]), on="statement")
    rows = rows.sort("said_at", "speaker", "asserts", "statement", nulls_last=True)
    return [_row(row, level, zone) for row in rows.rows(named=True)]


def tallied(told: Mapping[str, Any], level: LevelParams, made_at: datetime) -> dict[str, Any]:
    """Counts beside each other -> those that are old enough for the level; of one without a time nobody knows."""
    kept = [c for c in told["counts"] if not level.delay or (c["over"] and c["over"] <= made_at - level.delay)]
    ids = {count["id"] for count in kept}
    pairs = [pair for pair in told["side_by_side"] if set(pair["ids"]) <= ids]
    return {"counts": kept, "side_by_side": pairs}


def _row(row: Mapping[str, Any], level: LevelParams, zone: str) -> dict[str, Any]:
    behalf = row["on_behalf_of"]
    beside = ["against its speaker's own interest"] if row["against_interest"] else []
    beside += [f"one of {row['n_copies']} copies, one lineage"] if row["n_copies"] > 1 else []
    beside += [f"{row['n_lineages']} lineages say so, which is no evidence"] if row["n_lineages"] > 1 else []
    beside += [f"denied by {len(row['denied_by'])}"] if row["denied_by"] else []
    full = level.coverage
    return {
        "statement": row["statement"],
        "who": f"{row['speaker'] or 'somebody'}{f', for {behalf}' if behalf and behalf != row['speaker'] else ''}",
        "said": "not told" if row["said_at"] is None else day(row["said_at"], zone),
        "what": _what(row, level),
        "when": _when(row, zone),
        "verdict": row["verdict"],
        "bounds": f"{row['low']:.2f} to {row['high']:.2f}" if full else None,
        "because": row["because"] if full else None,
        "looked_at": row["looked_at"] if full else [],
        "not_looked_at": row["not_looked_at"] if full else [],
        "would_settle": row["would_settle"] if full else None,
        "words": (row["quote"] or row["says"]) if level.words else None,
        "beside": beside,
        "source": row["source"],
    }


def _what(row: Mapping[str, Any], level: LevelParams) -> str:
    """In our words: what it asserts, of what kind, of whom, where."""
    figure = (
        "" if row["figure"] is None else f"{row['qualifier'] or ''} {row['figure']:,g} {row['unit'] or ''} ".lstrip()
    )
    kind = "" if row["kind"] in (None, "unspecified") else f"{row['kind'].replace('_', ' ')} "
    whom = f"by {row['whom']} " if row["whom"] and row["asserts"].endswith("happened") else f"{row['whom'] or ''} "
    coarse = not level.cell_m or row["lon"] is None or (row["radius_m"] or 0) >= level.cell_m / 2
    place = f"at {row['place']}" if row["place"] and coarse else ""
    return " ".join(f"{figure}{kind}{row['asserts'].replace('_', ' ')} {whom}{place}".split())


def _when(row: Mapping[str, Any], zone: str) -> str:
    if row["t0"] is None:
        return "not told"
    return f"{instant(row['t0'], zone)} to {instant(row['t1'], zone)}" if row["t1"] else instant(row["t0"], zone)


SECTION = """{% if said %}<section><h2>What was said, and the record</h2>
<table class="annex"><caption>Statements that incidents, coverage, maps or dates can bear on, in the order in which they were said. <i>Borne out</i> and <i>not borne out</i> are of the record, and no word on anybody's honesty; that others say the same is no evidence.</caption>
<thead><tr><th>Said</th><th>By</th><th>What</th><th>Of the time</th><th>The record</th><th>Beside</th></tr></thead><tbody>
{% for s in said %}<tr><td>{{ s.said }}</td><td>{{ s.who }}<br><span class="quiet">{{ s.source }}</span></td><td>{{ s.what }}{% if s.words %}<br><span class="quiet">{{ s.words|clipped }}</span>{% endif %} <code class="id">{{ s.statement[:12] }}#{{ s.statement.split('#')[1] }}</code></td><td>{{ s.when }}</td><td><b>{{ s.verdict }}</b>{% if s.bounds %}, {{ s.bounds }}: {{ s.because }}{% endif %}{% if s.looked_at %}<br><span class="quiet">looked at: {{ s.looked_at|join('; ') }}</span>{% endif %}{% if s.not_looked_at %}<br><span class="quiet">not looked at: {{ s.not_looked_at|join('; ') }}</span>{% endif %}{% if s.would_settle %}<br>would settle it: {{ s.would_settle }}{% endif %}</td><td>{{ s.beside|join('; ') }}</td></tr>
{% endfor %}</tbody></table></section>{% endif %}
{% if tallies.counts %}<section><h2>Counts beside each other</h2>
<table class="annex"><caption>Each count under its own heading and in its own unit. Counts of two sides are never added.</caption><thead><tr><th>By</th><th>Of</th><th>What</th><th>Said</th><th>Parts</th><th>Total and parts</th></tr></thead><tbody>
{% for c in tallies.counts %}<tr><td>{{ c.by }}</td><td>{{ c.of or '' }}</td><td>{{ c.says|clipped }}<br><span class="quiet">{{ c.source }}</span></td><td>{% if c.qualifier != 'exact' %}{{ c.qualifier }} {% endif %}{{ '{:,}'.format(c.total) }} {{ c.unit }}</td><td>{% for p in c.parts %}{{ '{:,}'.format(p.n) }} {{ p.what }}{{ ', ' if not loop.last else '' }}{% endfor %}</td><td>{{ c.answer }}: {{ c.why }}</td></tr>
{% endfor %}</tbody></table></section>{% endif %}
"""
"""The page's part for it; nothing where nothing was said."""
