"""Step 3: which sightings are near enough, each by its own errors, to be worth scoring."""

from __future__ import annotations

import itertools
import math

import polars as pl

from trucewatch.base.place import gap_m
from trucewatch.fuse.boxes import HAIR, box_degrees
from trucewatch.fuse.params import FuseParams

_PAIRS = {"left": pl.UInt32, "right": pl.UInt32, "gap_m": pl.Float64, "gap_s": pl.Float64}


def candidate_pairs(sightings: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """sightings -> pairs(left, right, gap_m, gap_s), each pair once, left < right; gap_s is between middles.

    A pair is a candidate where its sources differ, its acts meet, and it lies within `gate_sigmas` of the
    two errors taken together, in place and in time. Known limit: pairs across the antimeridian are not met.
    """
    # 1. Sort sightings into classes by how fine they are, so that fine ones are met in small boxes.
    usable = sightings.filter(pl.col("alone").is_null()).with_columns(
        fine=(pl.col("radius_m") <= params.fine_radius_m).cast(pl.Int8) * 2
        + (pl.col("span_s") <= params.fine_span_s).cast(pl.Int8)
    )
    classes = [usable.filter(pl.col("fine") == n) for n in range(4)]

    # 2. Meet each class with itself and with the others, in boxes a hair wider than any of their pairs can reach.
    met = [
        _meet(one, two, params)
        for one, two in itertools.combinations_with_replacement([c for c in classes if c.height], 2)
    ]
    return pl.concat([pl.DataFrame(schema=_PAIRS), *met]).unique().sort("left", "right")


def _meet(one: pl.DataFrame, two: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    reach_m = params.gate_sigmas * math.hypot(_most(one, "sd_m"), _most(two, "sd_m"))
    reach_s = HAIR * params.gate_sigmas * math.hypot(_most(one, "sd_s"), _most(two, "sd_s"))
    furthest = max(_most(one, "lat"), -_least(one, "lat"), _most(two, "lat"), -_least(two, "lat"))
    wide, tall = box_degrees(reach_m, furthest)
    columns = ["sighting", "source", "mask", "lon", "lat", "sd_m", "at_s", "sd_s"]
    a, b = (
        part.select(
            *columns,
            x=(pl.col("lon") / wide).floor().cast(pl.Int32),
            y=(pl.col("lat") / tall).floor().cast(pl.Int32),
            z=(pl.col("at_s") / reach_s).floor().cast(pl.Int32),
        )
        for part in (one, two)
    )
    steps = itertools.product((-1, 0, 1), repeat=3)
    if one is two:  # the other half of the neighbours would only meet the same pairs from the other side
        steps = (step for step in steps if step >= (0, 0, 0))  # type: ignore[assignment]
    return pl.concat([_near(a, b, step, params) for step in steps])


def _near(a: pl.DataFrame, b: pl.DataFrame, step: tuple[int, ...], params: FuseParams) -> pl.DataFrame:
    moved = b.with_columns(pl.col("x") - step[0], pl.col("y") - step[1], pl.col("z") - step[2])
    far = params.gate_sigmas
    return (
        a.lazy()
        .join(moved.lazy(), on=["x", "y", "z"], suffix="_r")
        .filter(pl.col("source") != pl.col("source_r"), (pl.col("mask") & pl.col("mask_r")) != 0)
        .with_columns(gap_s=(pl.col("at_s") - pl.col("at_s_r")).abs())
        .filter(pl.col("gap_s") <= far * (pl.col("sd_s").pow(2) + pl.col("sd_s_r").pow(2)).sqrt())
        .with_columns(gap_m=gap_m("lon", "lat", "lon_r", "lat_r"))
        .filter(pl.col("gap_m") <= far * (pl.col("sd_m").pow(2) + pl.col("sd_m_r").pow(2)).sqrt())
        .select(
            left=pl.min_horizontal("sighting", "sighting_r"),
            right=pl.max_horizontal("sighting", "sighting_r"),
            gap_m="gap_m",
            gap_s="gap_s",
        )
        .collect()
    )


def _most(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].max())  # type: ignore[arg-type]


def _least(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].min())  # type: ignore[arg-type]
