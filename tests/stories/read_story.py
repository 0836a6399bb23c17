"""A story is a text file that a lawyer could read: the agreement, what was seen, and what has to follow.

    Title
    a few sentences
    == agreement
    YAML
    == seen
    when | source | kind | where | told            (a row per observation)
    == lines
    name | on | lon lat, lon lat, ...              (optional)
    == then
    article | reading | when | verdict             (a row per finding that has to be, and no others)

`when` is a minute (2030-04-10 03:10Z, spanning one minute) or a day (2030-04-10 Zone/Name, spanning it).
`where` is `lon lat +-metres` or `-`. `told` are `key=value` pairs for the other columns, `repeats=a,b` the lineage.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from trucewatch.assess import Assessed, agreement, assess
from trucewatch.base.time import instant, zone
from trucewatch.fuse import FuseParams, fuse
from trucewatch.tables import AREAS
from trucewatch.testing import NOON, observations

FOLDER = Path(__file__).parent
CAPTURES = pl.DataFrame({"capture": ["0" * 64], "fetched_at": [NOON]})


@dataclass(frozen=True)
class Story:
    title: str
    agreement: str
    observations: pl.DataFrame
    areas: pl.DataFrame
    then: list[tuple[str, str, str, str]]


def stories() -> list[Path]:
    return sorted(FOLDER.glob("*.txt"))


def read_story(path: Path) -> Story:
    parts: dict[str, list[str]] = {"": []}
    at = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("== "):
            at = line[3:].strip()
            parts[at] = []
        else:
            parts[at].append(line)
    return Story(
        title=parts[""][0],
        agreement="\n".join(parts["agreement"]) + "\n",
        observations=observations([_seen(row) for row in _rows(parts["seen"])]),
        areas=_areas(_rows(parts.get("lines", []))),
        then=[tuple(row) for row in _rows(parts["then"])],  # type: ignore[misc]
    )


def judge(story: Story) -> Assessed:
    fused = fuse(story.observations, CAPTURES, FuseParams())
    return assess(fused.incidents, story.areas, agreement(story.agreement, story.title))


def told(story: Story, judged: Assessed) -> list[tuple[str, str, str, str]]:
    """What followed, in the story's own words: article, reading, when, verdict."""
    fused = fuse(story.observations, CAPTURES, FuseParams())
    rows = judged.findings.join(fused.incidents.select(subject="id", t0="t0"), on="subject").sort(
        "article", "term", "reading", "t0"
    )
    return [
        (article, reading, f"{t0:%Y-%m-%d %H:%M}Z", verdict.replace("_", " ") + (", contested" if contested else ""))
        for article, reading, t0, verdict, contested in rows.select(
            "article", "reading", "t0", "verdict", "contested"
        ).rows()
    ]


def _rows(lines: list[str]) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in lines if line.strip() and not line.startswith("#")]


def _seen(row: list[str]) -> dict[str, Any]:
    when, source, kind, where, told = [*row, ""][:5]
    t0, t1 = span(when)
    made: dict[str, Any] = {
        "t0": t0,
        "t1": t1,
        "source": source,
        "kind": kind,
        "lon": None,
        "lat": None,
        "radius_m": None,
    }
    if where != "-":
        lon, lat, radius = where.replace("+-", "").split()
        made |= {"lon": float(lon), "lat": float(lat), "radius_m": float(radius)}
    for pair in filter(None, (part.strip() for part in told.split(";"))):
        key, value = pair.split("=", 1)
        if key == "repeats":
            made["lineage"] = value.split(",")
        elif key in ("killed", "injured", "count"):
            made[key] = int(value)
        else:
            made[key] = value
    return made


def span(when: str) -> tuple[datetime, datetime]:
    day, _, rest = when.partition(" ")
    if "/" in rest and ":" not in rest:
        there = zone(rest)
        first = date.fromisoformat(day)
        start, end = (datetime(d.year, d.month, d.day, tzinfo=there) for d in (first, first + timedelta(days=1)))
        return start.astimezone(zone("UTC")), end.astimezone(zone("UTC"))
    start = instant(when)
    return start, start + timedelta(minutes=1)


def _areas(rows: list[list[str]]) -> pl.DataFrame:
    if not rows:
        return AREAS.empty()
    return AREAS.fit(
        pl.DataFrame(
            [
                {
                    "id": f"{'1' * 64}#feature-{n}", "capture": "1" * 64, "locator": f"feature {n}", "source": "control/story",
                    "on": instant(on), "role": f"line: {name}", "crs": "OGC:CRS84",
                    "geometry": shapely.to_wkb(shapely.LineString([[float(x) for x in point.split()] for point in points.split(",")])),
                }
                for n, (name, on, points) in enumerate(rows, 1)
            ]
        )
    )  # fmt: skip
