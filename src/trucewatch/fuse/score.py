"""Step 4: how much likelier is one happening than coincidence, for each pair?

The likelihood ratio of Sutherland and Saunders (1992, MNRAS 259, 413), made for telling which of many
faint stars is the one that another telescope saw: LR = Q f(d) / n, with f the density of the offset if
both saw one thing, and n the local density of things that could be met by chance. On a busy front n is
large, and nearness alone says little; in a quiet place the same nearness says much.
"""

from __future__ import annotations

import itertools
import math

import polars as pl

from trucewatch.base.place import METRES_PER_DEGREE, cell_centre, cell_of
from trucewatch.fuse.params import FuseParams

POLE = 90.0
"""Degrees of latitude, beyond which there is no row of cells."""

_PIECE = 500_000
_NO_SCORES = pl.DataFrame(
    schema={"left": pl.UInt32, "right": pl.UInt32, "gap_m": pl.Float64, "gap_s": pl.Float64, "score": pl.Float64}
)


def score_pairs(pairs: pl.DataFrame, sightings: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """pairs, sightings -> pairs with `score`: the natural logarithm of the odds of "same" against "coincidence"."""
    facts = sightings.select(
        "source",
        "mask",
        cell=_cell(params, sightings),
        day=_day(params, sightings),
        v=pl.col("sd_m") ** 2,
        w=pl.col("sd_s") ** 2,
    )
    backdrop = background(sightings, params, _asked(pairs, facts))
    agree = agreement_by_chance(sightings)
    # Pairs are scored by the piece, so that memory does not grow with all that a pair carries.
    pieces = [
        _score(pairs.slice(start, _PIECE), facts, backdrop, agree, params) for start in range(0, pairs.height, _PIECE)
    ]
    return pl.concat([_NO_SCORES, *pieces]).sort("left", "right")


def _asked(pairs: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """asked(cell, day, source): around whom the density of which source is wanted."""
    there, source = facts.select("cell", "day"), facts.select("source")
    left, right = pairs["left"].cast(pl.Int64), pairs["right"].cast(pl.Int64)
    ways = [pl.concat([there[a], source[b]], how="horizontal").unique() for a, b in ((left, right), (right, left))]
    return pl.concat(ways).unique()


def _score(
    pairs: pl.DataFrame, facts: pl.DataFrame, backdrop: pl.DataFrame, agree: pl.DataFrame, params: FuseParams
) -> pl.DataFrame:
    left = facts[pairs["left"].cast(pl.Int64)]
    right = facts[pairs["right"].cast(pl.Int64)].rename(lambda name: name + "_r")
    both = pl.concat([pairs, left, right], how="horizontal")

    # (1) how dense is each one's source around the other
    around, other = ["cell", "day", "source"], ["cell", "day", "source_r"]
    both = both.join(backdrop.rename({"n": "n_right"}), left_on=other, right_on=around, how="left")
    other = ["cell_r", "day_r", "source"]
    both = both.join(backdrop.rename({"n": "n_left"}), left_on=other, right_on=around, how="left")

    # (2) how often would acts agree by chance
    acts = ["mask", "source"]
    both = both.join(agree.rename({"u": "u_r"}), left_on=["mask", "source_r"], right_on=acts, how="left")
    both = both.join(agree, left_on=["mask_r", "source"], right_on=acts, how="left")

    # (3) the ratio: offset density over background, over chance agreement
    v, w = pl.col("v") + pl.col("v_r"), pl.col("w") + pl.col("w_r")
    volume = 27 * params.cell_m**2 * params.cell_s
    n = pl.max_horizontal("n_left", "n_right").fill_null(1).clip(1) / volume
    place = -pl.col("gap_m").pow(2) / (2 * v) - (2 * math.pi * v).log()
    time = -pl.col("gap_s").pow(2) / (2 * w) - (2 * math.pi * w).log() / 2
    chance = pl.max_horizontal("u", "u_r").fill_null(1).log()
    return both.select(
        "left", "right", "gap_m", "gap_s", score=math.log(params.p_both) + place + time - n.log() - chance
    )


def _cell(params: FuseParams, sightings: pl.DataFrame) -> pl.Series:
    lon, lat = pl.col("lon").fill_null(0), pl.col("lat").fill_null(0)
    return sightings.select(cell_of(lon, lat, params.cell_m).cast(pl.Int64)).to_series()


def _day(params: FuseParams, sightings: pl.DataFrame) -> pl.Series:
    return sightings.select((pl.col("at_s") / params.cell_s).floor().cast(pl.Int64)).to_series()


def background(sightings: pl.DataFrame, params: FuseParams, asked: pl.DataFrame | None = None) -> pl.DataFrame:
    """sightings -> n(cell, day, source): sightings of that source in the 3 x 3 x 3 cells around.

    asked(cell, day, source): only these, and only those of them around which there is any; all where it is None.

    A cell's neighbours north and south are those that hold the points a cell's side from its middle, and the
    columns to either side of them: columns shift from row to row by the cosine of latitude, several at a time.
    """
    counts = (
        sightings.select("source", "alone", cell=_cell(params, sightings), day=_day(params, sightings))
        .filter(pl.col("alone").is_null())
        .group_by("cell", "day", "source")
        .agg(n=pl.len().cast(pl.Int64))
    )
    lon, lat = cell_centre(pl.col("cell").cast(pl.UInt64), params.cell_m)
    side = params.cell_m / METRES_PER_DEGREE
    counts = counts.with_columns(lon=lon, lat=lat)
    spread = []
    for dy in (-1, 0, 1):
        shifted = counts.filter((pl.col("lat") + dy * side).abs() <= POLE).select(
            "day", "source", "n", cell=cell_of(pl.col("lon"), pl.col("lat") + dy * side, params.cell_m).cast(pl.Int64)
        )
        for dx, dz in itertools.product((-1, 0, 1), repeat=2):
            moved = shifted.with_columns(pl.col("cell") + dx, pl.col("day") + dz)
            spread.append(moved if asked is None else moved.join(asked, on=["cell", "day", "source"], how="semi"))
    return pl.concat(spread).group_by("cell", "day", "source").agg(pl.col("n").sum())


def agreement_by_chance(sightings: pl.DataFrame) -> pl.DataFrame:
    """sightings -> u(mask, source): share of that source's sightings whose acts meet those of `mask`."""
    kinds = sightings.group_by("source", "mask").agg(n=pl.len())
    masks = sightings.select("mask").unique()
    met = masks.join(kinds, how="cross", suffix="_s").with_columns(
        hit=pl.when((pl.col("mask") & pl.col("mask_s")) != 0).then("n").otherwise(0)
    )
    return met.group_by("mask", "source").agg(u=(pl.col("hit").sum() / pl.col("n").sum()).clip(1e-6))
