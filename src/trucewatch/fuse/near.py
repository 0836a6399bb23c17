"""Learning, step 1: reports -> pairs near enough to be one, and pairs that can only be coincidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.place import EARTH_M, on_sphere
from trucewatch.fuse.params import LearnParams
from trucewatch.fuse.sightings import MASKS, RADIUS_SIGMAS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_BACK = 3.0
"""Coincidence is counted from one reach in time to so many."""


@dataclass(frozen=True)
class Rows:
    """Reports as arrays, in an order that no id decides; names: the sources behind the codes.

    told_m2, told_s2: variances that the radius and the span already tell. wide_s: the longest time that was sampled.
    """

    names: list[str]
    source: Ints
    xyz: Floats
    at_s: Floats
    kind: Ints
    meets: NDArray[np.bool_]
    told_m2: Floats
    told_s2: Floats
    published_s: Floats
    words: Ints
    n_all: Ints

    def taken(self, which: Ints) -> tuple[Ints, Floats, Floats]:
        """Source, place and time of these rows."""
        return self.source[which], self.xyz[which], self.at_s[which]


@dataclass(frozen=True)
class Pairs:
    """Two rows each, the source of `a` never after that of `b`; near: within the reach in time too."""

    a: Ints
    b: Ints
    d_m: Floats
    dt_s: Floats
    near: NDArray[np.bool_]
    agree: NDArray[np.bool_]


def rows_of(observations: pl.DataFrame, params: LearnParams) -> Rows:
    """Observations, bare ones too -> arrays. What denies, has no point, or is vaguer than can teach is left out."""
    frame = _usable(observations, params)
    n_all = frame.group_by("source").len().sort("source")["len"].to_numpy().astype(np.int64)
    frame = _sampled(frame, params)
    names = frame["source"].unique().sort()
    kinds = frame["kind"].unique().sort()
    if n_all.size != names.len():  # a source may lie outside every stretch
        counted = _usable(observations, params).filter(pl.col("source").is_in(names.to_list()))
        n_all = counted.group_by("source").len().sort("source")["len"].to_numpy().astype(np.int64)
    xyz = EARTH_M * on_sphere(frame["lon"].to_numpy(), frame["lat"].to_numpy())
    t0, t1 = (frame[name].dt.epoch("us").to_numpy().astype(np.float64) / 1e6 for name in ("t0", "t1"))
    return Rows(
        names=names.to_list(),
        source=_coded(frame["source"], names),
        xyz=xyz,
        at_s=(t0 + t1) / 2,
        kind=_coded(frame["kind"], kinds),
        meets=_meets(kinds.to_list()),
        told_m2=(frame["radius_m"].fill_null(0.0).to_numpy() / RADIUS_SIGMAS) ** 2,
        told_s2=(t1 - t0) ** 2 / 12,
        published_s=frame["published_at"].dt.epoch("us").cast(pl.Float64).fill_null(float("nan")).to_numpy() / 1e6,
        words=frame["words"].to_numpy().astype(np.int64),
        n_all=n_all,
    )


def _usable(observations: pl.DataFrame, params: LearnParams) -> pl.DataFrame:
    has = observations.columns
    optional: dict[str, pl.DataType | type[pl.DataType]] = {
        "published_at": pl.Datetime("us", "UTC"),
        "says": pl.String,
        "stance": pl.String,
    }
    missing = [pl.lit(None, kind).alias(name) for name, kind in optional.items() if name not in has]
    told = observations.with_columns(missing).with_columns(words=worded(pl.col("says"), params))
    longest = params.reach_s / 2
    kept = told.filter(
        pl.col("lon").is_not_null(),
        pl.col("lat").is_not_null(),
        pl.col("radius_m").fill_null(0) <= params.most_told_m,
        (pl.col("t1") - pl.col("t0")).dt.total_seconds() <= longest,
        pl.col("stance").fill_null("affirms") != "denies",
    )
    order = ["t0", "t1", "lat", "lon", "kind", "source"]
    return kept.select(*order, "radius_m", "published_at", "words").sort(
        *order, "radius_m", "published_at", "words", nulls_last=True
    )


def worded(says: pl.Expr, params: LearnParams) -> pl.Expr:
    """What was said -> a number for its words, cases and points left out; 0 where there are none or too few."""
    plain = says.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()
    enough = plain.str.count_matches(" ") >= params.least_words - 1
    return pl.when(enough).then((plain.hash(seed=7) // 4).cast(pl.Int64)).otherwise(0).fill_null(0)


def _sampled(frame: pl.DataFrame, params: LearnParams) -> pl.DataFrame:
    """Evenly spaced stretches of consecutive reports, whole, of which the rows are as many as wanted."""
    if frame.height <= params.sample_rows:
        return frame
    each = params.sample_rows // params.stretches
    stride = frame.height / params.stretches
    return pl.concat([frame.slice(int(n * stride), each) for n in range(params.stretches)])


def _coded(column: pl.Series, words: pl.Series) -> Ints:
    return column.replace_strict(words, list(range(len(words))), return_dtype=pl.Int64).to_numpy()


def _meets(kinds: list[str]) -> NDArray[np.bool_]:
    """Which kinds can be of one act: by the dictionary where all are in it, else only the same words."""
    if all(kind in MASKS for kind in kinds):
        masks = np.array([MASKS[kind] for kind in kinds], dtype=np.int64)
        met: NDArray[np.bool_] = (masks[:, None] & masks[None, :]) != 0
        return met
    return np.eye(len(kinds)) > 0


def pairs_of(rows: Rows, params: LearnParams) -> Pairs:
    """All pairs within the reach in place and three times the reach in time."""
    from scipy.spatial import cKDTree

    scaled = np.column_stack([rows.xyz / params.reach_m, rows.at_s / (_BACK * params.reach_s)])
    found = cKDTree(scaled).query_pairs(1.0, p=np.inf, output_type="ndarray").astype(np.int64)
    a, b = found[:, 0], found[:, 1]
    swap = rows.source[a] > rows.source[b]
    a, b = np.where(swap, b, a), np.where(swap, a, b)
    d_m = np.linalg.norm(rows.xyz[a] - rows.xyz[b], axis=1)
    keep = d_m <= params.reach_m
    a, b, d_m = a[keep], b[keep], d_m[keep]
    order = np.lexsort((b, a))
    a, b, d_m = a[order], b[order], d_m[order]
    dt_s = rows.at_s[b] - rows.at_s[a]
    agree = rows.meets[rows.kind[a], rows.kind[b]]
    return Pairs(a, b, d_m, dt_s, np.abs(dt_s) <= params.reach_s, agree)
