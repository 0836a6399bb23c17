"""Settled rows of a report -> observations and looks."""

from __future__ import annotations

import hashlib

import numpy as np
import polars as pl
import shapely

from trucewatch.sources.report.sector import circle
from trucewatch.tables import LOOKS, OBSERVATIONS, SECTOR

CIRCLE_SIDES = 64
"""Corners of the ground that was looked at: inscribed, so no ground is claimed that was out of range."""
_SENSED = {
    "heard": "heard", "seen": "seen", "saw": "seen", "recorded": "recorded", "heard and seen": "seen",
    "seen and heard": "seen",
}  # fmt: skip
"""How monitors tell by what they noticed it -> the word for it; by eye is surer than by ear."""
NOT_CORROBORATED = "not_corroborated"
_TEAM_DIGITS = 12  # of the team's hash: as many as people are shown of any id


def observations(kept: pl.DataFrame, capture: str, feed: str) -> pl.DataFrame:
    """Rows in which something was heard or seen."""
    if kept.is_empty():
        return OBSERVATIONS.empty()
    sector = pl.struct(
        lon="observer_lon", lat="observer_lat", bearing_deg="turn", spread_deg="spread", near_m="near_m", far_m="far_m"
    ).cast(SECTOR)
    sensed = pl.concat_str(
        [pl.col("heard_or_seen").str.to_lowercase(), pl.col("says")], separator=": ", ignore_nulls=True
    )
    return OBSERVATIONS.fit(
        kept.select(
            *_named(capture),
            source=_source(kept, feed),
            key="id",
            lineage=_lineage(kept),
            kind=pl.col("kind").fill_null("unspecified"),
            stance=pl.lit("affirms"),
            t0="start",
            t1="end",
            lon="at_lon",
            lat="at_lat",
            radius_m="at_radius_m",
            sector=pl.when(pl.any_horizontal(pl.col("turn", "far_m", "near_m").is_not_null())).then(sector),
            place="place",
            sensed=pl.col("heard_or_seen")
            .str.to_lowercase()
            .replace_strict(_SENSED, default=None, return_dtype=pl.String),
            phase="phase",
            corroborated=_corroborated(),
            count="count",
            weapon="weapon",
            target="target",
            killed="killed",
            injured="injured",
            says=pl.when(sensed != "").then(sensed),
        )
    )


def _corroborated() -> pl.Expr:
    """`visit, crater` -> each word once; none where it could not be done, null where nothing is told."""
    words = pl.col("corroborated").str.to_lowercase().str.extract_all(r"[^\s,;]+")
    return words.list.eval(pl.element().filter(pl.element() != NOT_CORROBORATED)).list.unique(maintain_order=True)


def looks(kept: pl.DataFrame, capture: str, feed: str) -> pl.DataFrame:
    """Rows in which somebody looked or listened: those with nothing, and those that tell how far they could notice."""
    if kept.is_empty():
        return LOOKS.empty()
    # What was noticed has a row of its own, with its place and words.
    words = pl.when("nothing").then(pl.concat_str(["place", "says"], separator=": ", ignore_nulls=True))
    return LOOKS.fit(
        kept.select(
            *_named(capture),
            source=_source(kept, feed),
            footprint=_footprints(kept),
            t0="start",
            t1="end",
            p_seen_if_there="p_seen_if_there",
            means=pl.lit("patrol"),
            lineage=_lineage(kept),
            says=pl.when(words != "").then(words),
        )
    )


def _named(capture: str) -> list[pl.Expr]:
    row = pl.col("row").cast(pl.String)
    return [
        pl.format("{}#{}", pl.lit(capture), row).alias("id"),
        pl.lit(capture).alias("capture"),
        pl.format("row {}", row).alias("locator"),
    ]


def _source(kept: pl.DataFrame, feed: str) -> pl.Series:
    """Every team is a source of its own: the same row number of two is two records, and two that agree corroborate.

    The hash is another than lineage's, so that nobody who is shown the one can look up the other.
    """
    teams = kept["team"].to_list()
    return pl.Series("source", [feed if t is None else f"{feed}/{_hash(t, 'source')}" for t in teams], dtype=pl.String)


def _lineage(kept: pl.DataFrame) -> pl.Series:
    """One voice a team, without its name; rows that name neither team nor observer tell no lineage."""
    who = kept.select(pl.coalesce("team", "observer")).to_series().to_list()
    return pl.Series("lineage", [None if w is None else [_voice(w)] for w in who], dtype=pl.List(pl.String))


def _voice(who: str) -> str:
    return f"report:{_hash(who, 'team')}"


def _hash(who: str, use: str) -> str:
    """Of a name, whatever its case and spaces."""
    name = " ".join(who.casefold().split())
    return hashlib.sha256(f"trucewatch/{use}\x00{name}".encode()).hexdigest()[:_TEAM_DIGITS]


def _footprints(kept: pl.DataFrame) -> pl.Series:
    """A circle of range_km around each observer, null where either is not told or the circle meets the date line."""
    rows = kept.with_columns(range_m=pl.col("range_km") * 1000)
    known = rows.filter(pl.col("range_m").is_not_null() & pl.col("observer_lon").is_not_null())
    made: dict[int, bytes] = {}
    if not known.is_empty():
        corners = circle(known, CIRCLE_SIDES).select("x", "y").to_numpy().reshape(known.height, CIRCLE_SIDES + 1, 2)
        whole = np.ptp(corners[:, :, 0], axis=1) < 180
        shapes = shapely.to_wkb(shapely.polygons(corners), byte_order=1)
        made = {row: raw for row, raw, good in zip(known["row"].to_list(), shapes, whole, strict=True) if good}
    return pl.Series("footprint", [made.get(row) for row in kept["row"].to_list()], dtype=pl.Binary)
