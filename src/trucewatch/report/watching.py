"""Step 8: clusters and alarms that `watch` found in the very record that is reported, as coarse as the level asks.

Below restricted no cell of ground is named finer than twice the level's own, no cluster or alarm is told whose days are
too recent for the level, and nothing of where and when anybody looked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from trucewatch.base.place import cell_centre, cell_of, spoken
from trucewatch.report.params import LevelParams
from trucewatch.tables import TREND
from trucewatch.tables.watched import alarmed, held_by

_CELL = "cell"
_COARSER = 2
"""Of the level's cells: a cluster is no incident, and needs no finer place."""
_HALF_DIAGONAL = 0.72
_CHANCE = 0.05
"""Where nothing happened, one scan in twenty has a likeliest cluster of no more than this p; above it none is told."""


def changes(watches: Sequence[Mapping[str, Any]], level: LevelParams, made_at: datetime) -> dict[str, Any]:
    """watches (given, clusters or alarms or trend, watched) -> lines that may be told, and how many are too recent.

    A cluster that chance explains, or that is no larger than how much more was looked there, is no change: it is only
    counted (`explained`).
    """
    rows: list[dict[str, Any]] = []
    recent = explained = 0
    for watch in watches:
        given = watch["given"]
        for name, ends in (("clusters", "to"), ("alarms", "date"), ("trend", "day")):
            table = watch.get(name)
            if table is None:
                continue
            old = [
                row for row in table.rows(named=True) if not level.delay or _over(row[ends]) <= made_at - level.delay
            ]
            recent += table.height - len(old)
            if name == "clusters":
                found = [row for row in old if not _explained(row)]
                explained += len(old) - len(found)
                old = found
            if name == "trend":
                old = alarmed(TREND.fit(pl.DataFrame(old, schema=TREND.schema))).rows(named=True)
            rows += [_TELL[name](row, given, level) for row in old]
    return {"rows": rows, "too_recent": recent, "explained": explained}


def _explained(cluster: Mapping[str, Any]) -> bool:
    """By chance, or by how much more was looked there and then."""
    looked = 1.0 if cluster["looked"] is None else cluster["looked"]
    return bool(cluster["p"] > _CHANCE or cluster["cases"] <= cluster["expected"] * looked)


def _over(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _place(name: str, given: Mapping[str, Any], level: LevelParams) -> str:
    """A series as it may be named: an area by its name; a cell where it is coarse enough."""
    if given["by"] != _CELL:
        return name
    side_km = float(given["cell_km"])
    fine = side_km * 1000 < _COARSER * level.cell_m
    return f"a cell of {side_km:g} km, not told at this level" if fine else f"{name} (a cell of {side_km:g} km)"


def _cluster(row: Mapping[str, Any], given: Mapping[str, Any], level: LevelParams) -> dict[str, Any]:
    side = _COARSER * level.cell_m
    lon, lat, radius = row["lon"], row["lat"], row["radius_km"]
    if given["by"] == _CELL:
        radius += _HALF_DIAGONAL * float(given["cell_km"])
    if side:
        at = pl.DataFrame({"lon": [lon], "lat": [lat]})
        x, y = cell_centre(cell_of(pl.col("lon"), pl.col("lat"), side), side)
        lon, lat = at.select(x=x, y=y).row(0)
        radius += _HALF_DIAGONAL * side / 1000
    looked = row["looked"] if level.coverage else None
    return {
        "what": "cluster in space and time",
        "where": f"within {radius:.0f} km of {spoken(lon, lat, 1 if side else 3)}",
        "when": f"{row['from']} to {row['to']}",
        "says": f"{row['cases']} incidents where {row['expected']:.1f} would be expected; p {row['p']:.3g}"
        + ("" if looked is None else f"; looked at {looked:.2f} times as much as elsewhere and before"),
        "lowered_by": "a change in who reports from there, or in how much is looked there",
    }  # fmt: skip


def _alarm(row: Mapping[str, Any], given: Mapping[str, Any], level: LevelParams) -> dict[str, Any]:
    return {
        "what": f"alarm (promised: one false in {given['options']['arl_years']} years, all series together)",
        "where": _place(row["series"], given, level),
        "when": f"since {row['since']}, told {row['date']}",
        "says": f"{row['counted']} counted where {row['expected']:.1f} are usual",
        "lowered_by": row["lowered_by"] if level.words else "quieter days, a higher baseline, copies, more looking",
    }


def _excess(row: Mapping[str, Any], given: Mapping[str, Any], level: LevelParams) -> dict[str, Any]:
    return {
        "what": f"day in excess (promised: {given['options']['a_year']} false a year)",
        "where": _place(row["series"], given, level),
        "when": str(row["day"]),
        "says": f"{row['count']} counted where {row['expected']:.1f} are usual, up to {row['limit']} by chance"
        + held_by(row),
        "lowered_by": "a day of its own kind, copies, more looking",
    }


_TELL = {"clusters": _cluster, "alarms": _alarm, "trend": _excess}

SECTION = """{% if changes.rows or changes.too_recent or changes.explained %}<section><h2>What has changed</h2>
{% if changes.rows %}<table class="annex"><caption>Where and since when more was recorded than chance explains. It indicates; what a change means, people determine.</caption><thead><tr><th>What</th><th>Where</th><th>When</th><th>By how much</th><th>Would lower it</th></tr></thead><tbody>
{% for c in changes.rows %}<tr><td>{{ c.what }}</td><td>{{ c.where }}</td><td>{{ c.when }}</td><td>{{ c.says }}</td><td>{{ c.lowered_by }}</td></tr>
{% endfor %}</tbody></table>{% endif %}
{% if changes.explained %}<p class="quiet">Clusters that chance, or how much more was looked there, explains, and that are not told: {{ changes.explained }}.</p>{% endif %}
{% if changes.too_recent %}<p class="quiet">Too recent for this release level: {{ changes.too_recent }}.</p>{% endif %}</section>{% endif %}
"""
"""The page's part for it; nothing where nothing was watched."""
