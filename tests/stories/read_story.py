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
    == left out
    article | reading | reason | how many          (optional: then every pair that was left out, and no others)
    == said
    what people counted or told of beforehand: read_said.py                              (optional)

Several small cases may stand in one file. `== case NAME` begins each; below it stand sentences, what was seen and what
follows, and, where it differs from what stands above the first case, the agreement or the lines. A fifth cell under
`then` is found in what would settle it.

`when` is a minute (2030-04-10 03:10Z, spanning one minute) or a day (2030-04-10 Zone/Name, spanning it).
`where` is `lon lat +-metres` or `-`. `told` are `key=value` pairs for the other columns, `repeats=a,b` the lineage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import read_said
import shapely

from trucewatch.assess import Assessed, agreement, assess
from trucewatch.base.time import instant, zone
from trucewatch.fuse import FuseParams, fuse
from trucewatch.tables import AREAS, OBSERVATIONS
from trucewatch.testing import NOON, observations

FOLDER = Path(__file__).parent
CAPTURES = pl.DataFrame({"capture": ["0" * 64], "fetched_at": [NOON]})


@dataclass(frozen=True)
class Story:
    name: str
    title: str
    agreement: str
    observations: pl.DataFrame
    areas: pl.DataFrame
    then: list[tuple[str, str, str, str]]
    settles: list[tuple[str, ...]]
    left_out: list[tuple[str, str, str, str]] | None
    said: pl.DataFrame | None = None


def stories() -> list[Story]:
    """Every case of every file."""
    return [story for path in sorted(FOLDER.glob("*.txt")) for story in read_stories(path)]


def story_called(name: str) -> Story:
    return next(story for story in stories() if story.name == name)


def read_stories(path: Path) -> list[Story]:
    whole, *cases = re.split(r"^== case ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    shared = _parts(whole)
    if not cases:
        return [_story(path.stem, shared)]
    return [_story(f"{path.stem}, {(own := _parts(case))[''][0]}", shared | own) for case in cases]


def _parts(text: str) -> dict[str, list[str]]:
    parts: dict[str, list[str]] = {"": []}
    at = ""
    for line in text.splitlines():
        if line.startswith("== "):
            at = line[3:].strip()
            parts[at] = []
        else:
            parts[at].append(line)
    return parts


def _story(name: str, parts: dict[str, list[str]]) -> Story:
    then, seen = _rows(parts["then"]), [_seen(row) for row in _rows(parts.get("seen", []))]
    return Story(
        name=name,
        title=parts[""][0],
        agreement="\n".join(parts["agreement"]) + "\n",
        observations=observations(seen) if seen else OBSERVATIONS.empty(),
        areas=_areas(_rows(parts.get("lines", []))),
        then=[tuple(row[:4]) for row in then],  # type: ignore[misc]
        settles=[tuple(row) for row in then if len(row) > 4],
        left_out=[tuple(row) for row in _rows(parts["left out"])] if "left out" in parts else None,  # type: ignore[misc]
        said=read_said.said(_rows(parts["said"])) if "said" in parts else None,
    )


def judge(story: Story) -> Assessed:
    fused = fuse(story.observations, CAPTURES, FuseParams())
    return assess(fused.incidents, story.areas, agreement(story.agreement, story.title), statements=story.said)


def told(story: Story, judged: Assessed) -> list[tuple[str, str, str, str]]:
    """What followed, in the story's own words: article, reading, when, verdict."""
    return [row[:4] for row in _followed(story, judged)]


def settling(story: Story, judged: Assessed) -> dict[tuple[str, str, str, str], str]:
    """article, reading, when, verdict -> what would settle it."""
    return {row[:4]: row[4] for row in _followed(story, judged)}


def _followed(story: Story, judged: Assessed) -> list[tuple[str, str, str, str, str]]:
    fused = fuse(story.observations, CAPTURES, FuseParams())
    rows = judged.findings.join(fused.incidents.select(subject="id", t0="t0"), on="subject").sort(
        "article", "term", "reading", "t0"
    )
    periods = [] if story.said is None else read_said.of_periods(judged.findings)
    return periods + [
        (
            article,
            reading,
            f"{t0:%Y-%m-%d %H:%M}Z",
            verdict.replace("_", " ") + (", contested" if contested else ""),
            open_,
        )
        for article, reading, t0, verdict, contested, open_ in rows.select(
            "article", "reading", "t0", "verdict", "contested", "would_settle"
        ).rows()
    ]


def left_out(judged: Assessed) -> list[tuple[str, str, str, str]]:
    """Pairs that were left out: article, reading, reason, how many."""
    articles = judged.terms.select("term", "article").unique()
    rows = judged.left_out.filter(pl.col("n") > 0).join(articles, on="term")
    return [(a, r, why, str(n)) for a, r, why, n in rows.select("article", "reading", "reason", "n").rows()]


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
        elif key == "between":
            made[key] = sorted(side.strip() for side in value.split(","))
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
