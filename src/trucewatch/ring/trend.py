"""RINGS over days -> how the neck went, since when no way was open, and what the maps say became of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from trucewatch.base.slope import per_day
from trucewatch.base.time import UTC_US
from trucewatch.ring.ladder import CUT, OUTSIDE, RESOLVED
from trucewatch.ring.params import RingParams
from trucewatch.tables.ring import BECAME

_NOBODY = ("contested", "unknown", "unmarked", "barrier", OUTSIDE)
"""What a map says of a place that no side is said to hold."""
_KINDS: dict[str, Any] = {
    "source": pl.String, "treatment": pl.String, "maps": pl.Int64, "first": UTC_US, "last": UTC_US,
    "neck_m": pl.Float64, "least_m": pl.Float64, "per_day_m": pl.Float64, "neck_until": UTC_US, **BECAME,
}  # fmt: skip
TREND = pl.Schema(_KINDS)
SETTLES = {
    "relieved": "who opened it, from outside or from within, and whether the force stayed: reports, statements",
    "fell": "whether the force had left, was taken or stayed: reports, statements of either side",
}
"""What became of it by maps alone -> what would tell the rest: a breakout or a withdrawal is on no map."""


def became(rings: pl.DataFrame, by: tuple[str, ...] = ()) -> pl.DataFrame:
    """RINGS -> the same rows, in order, with BECAME: as it was known with that map and the earlier ones of its mapper.

    by: what else a series is told apart by. last_open: the last map on which a way led out: with roads one that was
    not cut, else a neck wider than nothing. resolved: `fell` where the place was the side's by an earlier map and is
    another side's now; `relieved` where a map surely showed it cut off, a later one does not, and it is still the
    side's. It came about after `resolved_after` and by `resolved_by`. known_low, known_high: the map's rungs with that:
    the lower is `resolved` only where the earlier map surely showed it cut off and this one surely does not.
    """
    rows = rings.sort(*by, "source", "treatment", "on")
    if rows.is_empty():
        return rows.with_columns(pl.lit(None, kind).alias(name) for name, kind in BECAME.items())
    parts = rows.partition_by(*by, "source", "treatment", maintain_order=True)
    told = [said for part in parts for said in _followed(part.select(_LOOKED_AT).rows())]
    return pl.concat([rows, pl.DataFrame(told, schema=BECAME, orient="row")], how="horizontal")


_LOOKED_AT = ("on", "side", "held_by", "neck_m", "routes_left", "rung_low", "rung_high")


def _followed(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """One mapper's maps under one treatment, in order of time -> BECAME, a row a map."""
    opened: datetime | None = None
    shut: datetime | None = None  # the last map that surely shows it cut off
    might = False  # did a map leave room for that?
    ours: tuple[datetime, bool] | None = None  # the last map by which it was the side's, and whether surely cut off
    ended: tuple[str, datetime, datetime] | None = None
    made = []
    for on, side, held_by, neck, left, low, high in rows:
        known = (low, high)
        if neck is not None:
            cut = low is not None and low >= CUT
            might |= high is not None and high >= CUT
            if (left > 0) if left is not None else neck > 0:
                opened = on
            if cut:
                shut, ended = on, None
            elif shut is not None:
                ended = ended if ended and ended[0] == "relieved" else ("relieved", shut, on)
                known = (RESOLVED if high is not None and high < CUT else low, RESOLVED)
            ours = (on, cut)
        elif held_by != side and held_by not in _NOBODY and ours is not None:
            ended = ended if ended and ended[0] == "fell" else ("fell", ours[0], on)
            known = (RESOLVED if ours[1] else None, RESOLVED if might else None)
            known = (0, RESOLVED) if known == (None, RESOLVED) else known
        else:
            ended = None
        since = None if opened is None else (on - opened) / timedelta(days=1)
        made.append((opened, since, *(ended or (None, None, None)), *known))
    return made


def trend(rings: pl.DataFrame, params: RingParams) -> pl.DataFrame:
    """RINGS -> a row a mapper and treatment: TREND, what became of it as of the last map.

    per_day_m: the median of the slopes between any two maps of the fortnight up to the last neck (Theil-Sen): one odd
    drawing does not turn it. A map on which the place lies open has no neck and takes no part.
    """
    rows: list[tuple[Any, ...]] = []
    for (source, treatment), mine in sorted(became(rings).partition_by("source", "treatment", as_dict=True).items()):
        necks = mine.filter(pl.col("neck_m").is_not_null() & pl.col("narrows").fill_null(False))
        until = necks["on"].max()
        late = necks if until is None else necks.filter(pl.col("on") >= until - timedelta(days=params.trend_days))  # type: ignore[operator]
        rows.append((
            source, treatment, mine.height, mine["on"].min(), mine["on"].max(),
            mine["neck_m"][-1] if mine["narrows"][-1] else None, necks["neck_m"].min(),
            per_day(late["on"].to_list(), late["neck_m"].to_list()), until, *mine.select(BECAME.names()).row(-1),
        ))  # fmt: skip
    return pl.DataFrame(rows, schema=TREND, orient="row")
