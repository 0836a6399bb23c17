"""Fire that was seen or heard to leave, or to come in from somewhere: over whose ground, by one map?

`outgoing` with a bearing and a range: the place it left from lies there. `incoming` with a word for where it came from
("from the north-west"): it lies that way from where it fell, as far as the weapon reaches. An observer's bearing of
something incoming is the bearing of where it fell, and tells nothing of where it came from.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import polars as pl
import pyproj
import shapely

from trucewatch.assess.held import Sheet
from trucewatch.assess.model import Agreement
from trucewatch.assess.params import AttributionParams

_GEOD = pyproj.Geod(ellps="WGS84")
_POINTS = {"north": 0.0, "east": 90.0, "south": 180.0, "west": 270.0}
_POINT = r"(?:north|south|east|west)"
_NAMED = rf"{_POINT}(?:[- ]?{_POINT}){{0,2}}"
_FROM = re.compile(
    rf"\bfrom (?:the )?({_NAMED})(?!\w)(?! (?:of|bank|side))|\b({_NAMED})(?!\w) to (?:the )?{_NAMED}(?!\w)"
)
_WIDTH_DEG = {1: 45.0, 2: 22.5, 3: 11.25}
"""How far to either side a point of the compass may mean, by how many words name it."""
_NUMBERS = ("lon", "lat", "bearing_deg", "spread_deg", "near_m", "far_m", "blur_m", "reach_m")
TASKS = pl.Schema(
    {name: pl.String() for name in ("incident", "observation", "source", "way")}
    | {name: pl.Float64() for name in _NUMBERS}
    | {"sure": pl.Boolean()}
)


def compass(said: str) -> tuple[float, float] | None:
    """Words for where fire came from -> bearing towards there, and degrees to either side. None where none is said.

    >>> compass("incoming from the north-west"), compass("flew west to east"), compass("from the east bank")
    ((315.0, 22.5), (270.0, 45.0), None)
    """
    hit = _FROM.search(said.lower())
    if hit is None:
        return None
    words = re.findall(_POINT, hit[1] or hit[2])
    turn = _POINTS[words[-1]]
    for word in reversed(words[:-1]):  # north-north-west: half way from north to the north-west
        turn = _between(_POINTS[word], turn)
    return turn % 360, _WIDTH_DEG[len(words)]


def _between(a: float, b: float) -> float:
    return a + ((b - a + 180) % 360 - 180) / 2


def tasks(
    linked: pl.DataFrame, incidents: pl.DataFrame, reaches: pl.DataFrame, params: AttributionParams
) -> pl.DataFrame:
    """observations with `incident`, incidents, range tasks -> a row for each direction that was told."""
    said = pl.col("says").str.to_lowercase()
    out, came = said.str.contains(r"\boutgoing\b"), said.str.contains(r"\bincoming\b")
    told = linked.filter(pl.col("stance") == "affirms", out != came).with_columns(
        way=pl.when(out).then(pl.lit("outgoing")).otherwise(pl.lit("incoming"))
    )
    told = told.join(reaches.filter(pl.col("basis") == "range").select("incident", "reach_m"), "incident", "left")
    voiced = incidents.select(incident="id", sure=pl.col("n_lineages") >= params.least_voices)
    told = told.join(voiced, on="incident")
    return pl.concat([_outgoing(told), _incoming(told, incidents)]).sort("incident", "observation")


def _outgoing(told: pl.DataFrame) -> pl.DataFrame:
    seen = told.filter(pl.col("way") == "outgoing").select(
        "incident", "source", "way", "sure", pl.col("sector").struct.unnest(), observation="id",
        reach_m=pl.lit(None, pl.Float64), blur_m=0.0,
    )  # fmt: skip
    seen = seen.filter(pl.all_horizontal(pl.col("lon", "lat", "bearing_deg", "far_m").is_not_null()))
    return seen.with_columns(pl.col("near_m", "spread_deg").fill_null(0.0)).select(list(TASKS)).cast(TASKS)


def _incoming(told: pl.DataFrame, incidents: pl.DataFrame) -> pl.DataFrame:
    came = told.filter(pl.col("way") == "incoming", pl.col("reach_m").is_not_null())
    whence = [compass(words) for words in came["says"].to_list()]
    turn = [None if one is None else one[0] for one in whence]
    wide = [None if one is None else one[1] for one in whence]
    came = came.drop("lon", "lat", "radius_m").with_columns(
        bearing_deg=pl.Series(turn, dtype=pl.Float64), spread_deg=pl.Series(wide, dtype=pl.Float64)
    )
    fell = incidents.select("lon", "lat", incident="id", blur_m=pl.col("radius_m").fill_null(0.0))
    came = came.join(fell, on="incident").filter(pl.all_horizontal(pl.col("bearing_deg", "lon").is_not_null()))
    came = came.with_columns(near_m=0.0, far_m="reach_m", observation="id", sure=False)
    return came.select(list(TASKS)).cast(TASKS)


def rows(sheet: Sheet, asked: pl.DataFrame, agreement: Agreement, params: AttributionParams) -> pl.DataFrame:
    """tasks -> a row for each party: does the wedge of ground that is meant meet what this map draws as its own?

    Only fire that was seen to leave rules anybody out, and only where the whole wedge, widened by what eyes, ears and
    maps may be wrong, is drawn as held by others.
    """
    wedges = [_wedge(task, sheet, params) for task in asked.select(list(TASKS)).rows(named=True)]
    wide = shapely.buffer(np.array(wedges, dtype=object), asked["blur_m"].to_numpy() + params.map_edge_m)
    made = []
    for party in agreement.parties:
        held, closed = sheet.held[party.id], sheet.closed[party.id]
        shapely.prepare([held, closed])
        kept = shapely.contains(closed, wide) & asked["sure"].to_numpy()
        meets = shapely.intersects(held, wide)
        says = pl.when(pl.Series(kept)).then(pl.lit("could_not")).when(pl.Series(meets)).then(pl.lit("could"))
        made.append(
            asked.with_columns(
                party=pl.lit(party.id),
                says=says.otherwise(pl.lit(None, pl.String)),
                stranger=pl.Series(shapely.intersects(sheet.strangers, wide)),
            )
        )
    return pl.concat(made).with_columns(because=_because())


def _wedge(task: dict[str, Any], sheet: Sheet, params: AttributionParams) -> shapely.Geometry:
    """The ground between two ranges, to either side of a bearing; a whole ring where it goes all around."""
    half = min(task["spread_deg"] + params.bearing_slack_deg, 180.0)
    outgoing = task["way"] == "outgoing"
    near = task["near_m"] / params.ear_factor if outgoing else 0.0
    far = task["far_m"] * (params.ear_factor if outgoing else 1.0)
    steps = max(2, math.ceil(2 * half / params.turn_step_deg) + 1)
    turns = task["bearing_deg"] + np.linspace(-half, half, steps)
    outer = _ahead(task, turns, far / math.cos(math.radians(half / (steps - 1))), sheet)
    inner = _ahead(task, turns[::-1], near, sheet) if near else _ahead(task, turns[:1], 0.0, sheet)
    if half == 180.0:
        return shapely.polygons([(p.x, p.y) for p in outer])
    ring = shapely.polygons([(p.x, p.y) for p in [*outer, *inner]])
    return ring if shapely.is_valid(ring) else shapely.make_valid(ring)


def _ahead(task: dict[str, Any], turns: Any, metres: float, sheet: Sheet) -> list[shapely.Point]:
    n = len(turns)
    lon, lat, _ = _GEOD.fwd(np.full(n, task["lon"]), np.full(n, task["lat"]), turns, np.full(n, metres))
    return list(sheet.points(lon, lat))


def _because() -> pl.Expr:
    turn = pl.col("bearing_deg").round(0).cast(pl.Int64)
    way = (
        pl.when(pl.col("way") == "outgoing")
        .then(pl.format("fire was noticed leaving at {} degrees, {} km off at the most", turn, _km("far_m")))
        .otherwise(pl.format("fire came in from {} degrees, {} km off at the most", turn, _km("far_m")))
    )
    return (
        pl.when(pl.col("says") == "could_not")
        .then(pl.format("{}; all ground there is drawn as held by others, unless the direction is told wrong", way))
        .when(pl.col("says") == "could")
        .then(pl.format("{}; this map draws ground there as its own", way))
        .otherwise(pl.format("{}; this map draws no ground there as its own, which is not enough to tell", way))
    )


def _km(metres: str) -> pl.Expr:
    return (pl.col(metres) / 1000).round(1)
