"""Step 2: observations -> sightings: what one source saw at one go, with its errors as standard deviations."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from trucewatch.base.graph import components
from trucewatch.base.place import METRES_PER_DEGREE, gap_m
from trucewatch.base.time import span_s
from trucewatch.fuse.boxes import box_degrees
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.shapes import widest_sd_m, with_shapes
from trucewatch.kinds import KINDS, mask_of
from trucewatch.tables import OBSERVATIONS

RADIUS_SIGMAS = 2.4477
"""A circle of this many standard deviations holds 95 in 100 of a round normal scatter (chi-square, 2 degrees)."""
MASKS = {kind: mask_of(kind) for kind in KINDS}
ORDER = ["t0", "t1", "lat", "lon", "kind", "source", "killed", "injured", "count", "place", "says", "key", "id"]
"""Rows are put in this order before anything is decided, so that ties never depend on how rows came in.
What happened comes before who says so, and ids, which nobody means anything by, come last."""
_UNUSED = ("capture", "locator", "count", "says", "key")
KEPT = [name for name in OBSERVATIONS.schema if name not in _UNUSED]
"""What the steps from here on need; the rest is heavy text, and is found again by id."""
PIXELS = ("heat", "burning")
"""Kinds that what sees heat from orbit tells by the pixel."""
ADDRESS = r"[^/\s]\.[^/\s]+/[^/\s]"
"""An origin with a host and a path is one post, page or picture; a bare name is an outlet or a team of many things."""
_ALIKE = [
    "source", "origin", "stance", "kind", "phase", "t0", "t1", "place", "target", "by", "weapon",
    "killed", "killed_low", "killed_high", "injured",
]  # fmt: skip
"""What copies have in common, null or not; `origin` is the lineage as text."""


def sightings(
    observations: pl.DataFrame, params: FuseParams, learnt: Learnt | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """observations -> observations in order with `sighting`, `mask` and `orbit`, and sightings, a row each.

    sightings: sighting (0, 1, ...), source (UInt32 code), mask (acts as bits), lon, lat, sd_m, at_s (middle, epoch
    seconds), sd_s, span_s, radius_m, shape (of an error that is not round: ee, en, nn in m2, or null), alone (why it
    cannot be linked, or null).
    """
    rows = observations.sort(ORDER, nulls_last=True).select(KEPT).with_row_index("row")
    # Heat is what orbit sees. Its `burning` is heat too; a newspaper's is somebody's word, and has no pixels.
    rows = rows.with_columns(orbit=(pl.col("kind") == "heat").any().over("source"))
    met = pl.concat([_fires(rows, params), _copies(rows, params)])
    label = components(met["row"].to_numpy().astype(np.int64), met["row_r"].to_numpy().astype(np.int64), rows.height)
    rows = rows.with_columns(
        sighting=pl.Series(label), mask=pl.col("kind").replace_strict(MASKS, return_dtype=pl.UInt32)
    )
    rows = rows.with_columns(sighting=pl.col("sighting").rank("dense").cast(pl.UInt32) - 1)
    seen = (
        rows.group_by("sighting")
        .agg(
            pl.col("source").first(),
            pl.col("mask").first(),
            pl.col("lon").mean(),
            pl.col("lat").mean(),
            pl.col("radius_m").max(),
            pl.col("t0").min(),
            pl.col("t1").max(),
            pl.col("stance").first(),
            pl.col("sector").first(),
            phase=pl.col("phase").filter(pl.col("stance") != "denies").first(),  # who denies it, denies all of it
            spread_m=pl.max_horizontal(
                (pl.col("lat").max() - pl.col("lat").min()) * METRES_PER_DEGREE / 2,
                (pl.col("lon").max() - pl.col("lon").min())
                * METRES_PER_DEGREE
                / 2
                * pl.col("lat").mean().radians().cos(),
            ),
        )
        .sort("sighting")
    )
    seen = errors(with_shapes(seen), params, learnt or Learnt())
    return rows.drop("row", "sector"), seen.drop("spread_m", "t0", "t1", "stance")


def errors(seen: pl.DataFrame, params: FuseParams, learnt: Learnt) -> pl.DataFrame:
    """sightings(source, lon, lat, radius_m, spread_m, t0, t1, ee, en, nn) -> with their errors, and why any cannot be
    linked. ee, en, nn: of `with_shapes`.

    What a source tells of its error holds, and what was learnt comes on top; where it tells none, that is all. Where it
    was learnt that it tells more than it errs, so much less of it holds; for linking alone, `radius_m` stays.
    """
    told = learnt.of(seen)
    radius = pl.col("radius_m") + pl.col("spread_m").fill_null(0)
    blur = pl.coalesce("time_sd_s", pl.lit(params.clock_sd_s))
    off = pl.coalesce("place_sd_m", pl.lit(params.place_sd_m))
    sure = radius * pl.col("told_share").fill_null(1.0)
    learnt_of = told.select("place_sd_m", "time_sd_s", "told_share")
    seen = pl.concat([seen, learnt_of], how="horizontal").with_columns(
        name="source",
        source=pl.col("source").rank("dense").cast(pl.UInt32) - 1,
        radius_m=radius,
        sd_m=pl.coalesce(widest_sd_m(off), (sure / RADIUS_SIGMAS).pow(2).add(off**2).sqrt(), "place_sd_m"),
        span_s=span_s(),
        lo_s=pl.col("t0").dt.epoch("us") / 1e6,
        hi_s=pl.col("t1").dt.epoch("us") / 1e6,
        blur_s2=blur.pow(2),
        shape=pl.when(pl.col("ee").is_not_null()).then(
            pl.struct(ee=pl.col("ee") + off**2, en="en", nn=pl.col("nn") + off**2)
        ),
    )
    seen = seen.with_columns(
        at_s=(pl.col("lo_s") + pl.col("hi_s")) / 2, sd_s=(pl.col("span_s").pow(2) / 12 + pl.col("blur_s2")).sqrt()
    )
    return seen.with_columns(alone=_alone(params)).drop("place_sd_m", "time_sd_s", "told_share", "ee", "en", "nn")


def _alone(params: FuseParams) -> pl.Expr:
    return (
        pl.when(pl.col("lon").is_null())
        .then(pl.lit("no point is told"))
        .when(pl.col("sd_m").is_null())
        .then(pl.lit("its error in place is not told"))
        .when(pl.col("radius_m") > params.max_radius_m)
        .then(pl.lit("too vague in place to link"))
        .when(pl.col("span_s") > params.max_span_s)
        .then(pl.lit("too vague in time to link"))
    )


def _fires(rows: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """Pixels of heat that one overpass saw side by side are one fire -> pairs(row, row_r)."""
    heat = rows.filter(
        "orbit",
        pl.col("kind").is_in(PIXELS),
        pl.col("radius_m").is_not_null(),
        pl.col("lon").is_not_null(),
    ).select("row", "source", "kind", "stance", "t0", "lon", "lat", "radius_m")
    near = params.pixel_reach * (pl.col("radius_m") + pl.col("radius_m_r"))
    reach_m = 2 * params.pixel_reach * float(heat["radius_m"].max() or 0) + 1  # type: ignore[arg-type]
    return _touching(heat, ["source", "kind", "stance", "t0"], near, reach_m)


def _copies(rows: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """Rows of one source that repeat one origin, and tell nothing apart, are one sighting -> pairs(row, row_r).

    Alike in all that is told of what, when, who and how many, and in place within both errors.
    """
    told = rows.lazy().filter(
        pl.col("lineage").list.len() > 0,
        pl.col("lon").is_not_null(),
        pl.col("radius_m") <= params.max_radius_m,
        span_s() <= params.max_span_s,
        ~(pl.col("orbit") & pl.col("kind").is_in(PIXELS)),
    )
    cited = told.select(
        "row", "lon", "lat", "radius_m", "source", *_ALIKE[2:], origin=pl.col("lineage").list.join("\n")
    )
    # Hashes only thin out the rows; those that are left are compared by what they say.
    cited = cited.filter(pl.struct("source", "origin", "t0", "kind").hash().is_duplicated())
    one = cited.filter(pl.col("origin").str.contains(ADDRESS)).collect()
    if one.is_empty():
        return pl.DataFrame(schema={"row": rows.schema["row"], "row_r": rows.schema["row"]})
    one = one.select("row", "lon", "lat", "radius_m", alike=pl.struct(_ALIKE).rank("dense"))  # nulls are alike, too
    # Rows at one point are met once, however many they are.
    stars = one.with_columns(row_r=pl.col("row").first().over("alike", "lon", "lat", "radius_m"))
    spots = stars.filter(pl.col("row") == pl.col("row_r"))
    near = (pl.col("radius_m").pow(2) + pl.col("radius_m_r").pow(2)).sqrt()
    reach_m = math.sqrt(2) * float(spots["radius_m"].max()) + 1  # type: ignore[arg-type]
    pairs = _touching(spots.drop("row_r"), ["alike"], near, reach_m)
    return pl.concat([stars.filter(pl.col("row") != pl.col("row_r")).select("row", "row_r"), pairs])


def _touching(points: pl.DataFrame, alike: list[str], near: pl.Expr, reach_m: float) -> pl.DataFrame:
    """points(row, lon, lat, radius_m, ...) -> pairs(row, row_r), alike in these columns and within `near` metres."""
    furthest = float(points["lat"].abs().max() or 0)  # type: ignore[arg-type]
    wide, tall = box_degrees(reach_m, furthest)
    box = points.with_columns(
        x=(pl.col("lon") / wide).floor().cast(pl.Int32), y=(pl.col("lat") / tall).floor().cast(pl.Int32)
    )
    met = [
        box.lazy()
        .join(box.lazy().with_columns(pl.col("x") - dx, pl.col("y") - dy), on=[*alike, "x", "y"], suffix="_r")
        .filter(pl.col("row") != pl.col("row_r"))
        .filter(gap_m("lon", "lat", "lon_r", "lat_r") <= near)
        .select("row", "row_r")
        .collect()
        for dx, dy in ((0, 0), (0, 1), (1, -1), (1, 0), (1, 1))
    ]
    return pl.concat(met)
