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


def score_pairs(pairs: pl.DataFrame, sightings: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """pairs, sightings -> pairs with `score`: the natural logarithm of the odds of "same" against "coincidence"."""
    backdrop = background(sightings, params)
    facts = sightings.select("source", "mask", "sd_m", "sd_s").with_columns(
        cell=_cell(params, sightings), day=_day(params, sightings)
    )
    left = facts[pairs["left"].cast(pl.Int64)]
    right = facts[pairs["right"].cast(pl.Int64)].rename(lambda name: name + "_r")
    both = pl.concat([pairs, left, right], how="horizontal")

    # (1) how dense is each one's source around the other
    both = both.join(
        backdrop.rename({"n": "n_right"}),
        left_on=["cell", "day", "source_r"],
        right_on=["cell", "day", "source"],
        how="left",
    ).join(
        backdrop.rename({"n": "n_left"}),
        left_on=["cell_r", "day_r", "source"],
        right_on=["cell", "day", "source"],
        how="left",
    )

    # (2) how often would acts agree by chance
    agree = agreement_by_chance(sightings)
    both = both.join(
        agree.rename({"u": "u_r"}), left_on=["mask", "source_r"], right_on=["mask", "source"], how="left"
    ).join(agree, left_on=["mask_r", "source"], right_on=["mask", "source"], how="left")

    # (3) the ratio: offset density over background, over chance agreement
    v = pl.col("sd_m").pow(2) + pl.col("sd_m_r").pow(2)
    w = pl.col("sd_s").pow(2) + pl.col("sd_s_r").pow(2)
    volume = 27 * params.cell_m**2 * params.cell_s
    n = pl.max_horizontal("n_left", "n_right").fill_null(1).clip(1) / volume
    place = -pl.col("gap_m").pow(2) / (2 * v) - (2 * math.pi * v).log()
    time = -pl.col("gap_s").pow(2) / (2 * w) - (2 * math.pi * w).log() / 2
    chance = pl.max_horizontal("u", "u_r").fill_null(1).log()
    return both.select(
        "left", "right", "gap_m", "gap_s", score=math.log(params.p_both) + place + time - n.log() - chance
    ).sort("left", "right")


def _cell(params: FuseParams, sightings: pl.DataFrame) -> pl.Series:
    lon, lat = pl.col("lon").fill_null(0), pl.col("lat").fill_null(0)
    return sightings.select(cell_of(lon, lat, params.cell_m).cast(pl.Int64)).to_series()


def _day(params: FuseParams, sightings: pl.DataFrame) -> pl.Series:
    return sightings.select((pl.col("at_s") / params.cell_s).floor().cast(pl.Int64)).to_series()


def background(sightings: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """sightings -> n(cell, day, source): sightings of that source in the 3 x 3 x 3 cells around.

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
    spread = [
        counts.filter((pl.col("lat") + dy * side).abs() <= POLE).select(
            cell=cell_of(pl.col("lon"), pl.col("lat") + dy * side, params.cell_m).cast(pl.Int64) + dx,
            day=pl.col("day") + dz,
            source="source",
            n="n",
        )
        for dx, dy, dz in itertools.product((-1, 0, 1), repeat=3)
    ]
    return pl.concat(spread).group_by("cell", "day", "source").agg(pl.col("n").sum())


def agreement_by_chance(sightings: pl.DataFrame) -> pl.DataFrame:
    """sightings -> u(mask, source): share of that source's sightings whose acts meet those of `mask`."""
    kinds = sightings.group_by("source", "mask").agg(n=pl.len())
    masks = sightings.select("mask").unique()
    met = masks.join(kinds, how="cross", suffix="_s").with_columns(
        hit=pl.when((pl.col("mask") & pl.col("mask_s")) != 0).then("n").otherwise(0)
    )
    return met.group_by("mask", "source").agg(u=(pl.col("hit").sum() / pl.col("n").sum()).clip(1e-6))
