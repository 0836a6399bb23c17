"""Step 3, beside the incidents: what was owed and counted, and what maps show of ground gained."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.base.ids import column_id
from trucewatch.report.period import Period
from trucewatch.report.words import instant


def owing(
    owed: pl.DataFrame, ground: pl.DataFrame, findings: pl.DataFrame, span: Period, said: tuple[Mapping[str, str], str]
) -> dict[str, list[dict[str, Any]]]:
    """owed, ground and their findings -> term -> rows for people, in order of time, those that meet the period.

    said: names of the parties, and the zone that times are shown in. Each speaker's counts stand in a row of their own;
    those of two are never in one number. A row that no finding was made of (nobody was bound) is left out.
    """
    names, zone = said
    made: dict[str, list[dict[str, Any]]] = {}
    counted = owed.with_columns(finding=column_id(pl.lit("finding"), pl.col("id")))
    judged = counted.join(findings.select(finding="id", **_JUDGED), on="finding", how="inner")
    here = judged.filter(
        (pl.col("t0").is_null() | (pl.col("t0") < span.until)) & (pl.col("t1").is_null() | (pl.col("t1") > span.since))
    ).sort("term", "reading", "t0", "speaker", nulls_last=True)
    for n in range(here.height):
        row = here.row(n, named=True)
        made.setdefault(row["term"], []).append(_row(row, names, zone))
    for term, rows in _gained(ground, findings, names, zone).items():
        made.setdefault(term, []).extend(rows)
    return made


_JUDGED = {name: pl.col(name) for name in ("verdict", "because", "would_settle")}


def _row(row: dict[str, Any], names: Mapping[str, str], zone: str) -> dict[str, Any]:
    return {
        "finding": row["finding"],
        "reading": names.get(row["reading"], row["reading"]) if row["reading"] != "text" else "the text",
        "when": f"{_at(row['t0'], zone)} to {_at(row['t1'], zone)}" + (" (cut short)" if row["cut"] else ""),
        "what": row["what"],
        "owed": _bound(row),
        "counted": _counted(row),
        "by": "nobody" if row["speaker"] is None else names.get(row["speaker"], row["speaker"]),
        "covered": "" if row["covered"] is None else f"{row['covered']:.0%}",
        "verdict": row["verdict"].replace("_", " "),
        "because": row["because"],
        "would_settle": row["would_settle"],
    }


def _at(moment: datetime | None, zone: str) -> str:
    return "not known" if moment is None else instant(moment, zone)


def _bound(row: dict[str, Any]) -> str:
    least = [f"at least {row['at_least']:g}"] if row["at_least"] is not None else []
    most = [f"at most {row['at_most']:g}"] if row["at_most"] is not None else []
    return " and ".join(least + most) + f" {row['unit']}" + (" at any one time" if row["at_once"] else "")


def _counted(row: dict[str, Any]) -> str:
    """Bounds of one speaker's counts."""
    if row["speaker"] is None:
        return "no count"
    if row["least"] == row["most"]:
        return f"{row['least']:g}"
    return f"{row['least']:g} or more" if row["most"] is None else f"{row['least']:g} to {row['most']:g}"


def _gained(
    ground: pl.DataFrame, findings: pl.DataFrame, names: Mapping[str, str], zone: str
) -> dict[str, list[dict[str, Any]]]:
    """Findings of ground, with how many square kilometres their maps show."""
    made: dict[str, list[dict[str, Any]]] = {}
    if ground.is_empty():
        return made
    of = ["term", "reading", "source", "party"]
    last = ground.filter(pl.col("on") == pl.col("on").max().over(of))
    keyed = last.with_columns(finding=column_id(pl.lit("ground"), *(pl.col(name) for name in ("subject", *of))))
    judged = keyed.join(findings.select(finding="id", attribution="attribution", **_JUDGED), on="finding").sort(of)
    for n in range(judged.height):
        row = judged.row(n, named=True)
        made.setdefault(row["term"], []).append(
            {
                "finding": row["finding"],
                "reading": names.get(row["reading"], row["reading"]) if row["reading"] != "text" else "the text",
                "when": f"{_at(row['start'], zone)} to {_at(row['on'], zone)}",
                "what": "ground gained",
                "owed": "none",
                "counted": f"{row['gained_km2']:.1f} km2 gained, {row['lost_km2']:.1f} km2 lost",
                # A source's name beyond its first part may name who drew it, which not every level tells.
                "by": f"{row['attribution'].split(' (on')[0]} (on a map of {row['source'].split('/')[0]})",
                "covered": "",
                "verdict": row["verdict"].replace("_", " "),
                "because": row["because"],
                "would_settle": row["would_settle"],
            }
        )
    return made
