"""Sectors of ground -> what they say of a place: its mean, and an error that is longer one way than the other.

A monitor who heard something two to four kilometres to the south-east does not know a point with a round error, but a
piece of ground. Every spot of it is as likely; the mean and the covariance of that are exact, and linking takes them as
a normal error that is not round.
"""

from __future__ import annotations

import polars as pl

from trucewatch.base.place import gap_m, shifted

_WIDEST_DEG = 90.0
"""A bearing less sure than this to either side says hardly more than a circle does, and stays one."""
_SAME = 0.01
"""The point told is the sector's middle where it lies so near to it, as a share of the range: else a point was seen."""


def with_shapes(seen: pl.DataFrame) -> pl.DataFrame:
    """sightings(lon, lat, sector) -> with lon, lat of the sector's mean, and ee, en, nn: variance east, covariance, and
    variance north in m2; null where what is told is no sector.

    Even density over bearing b +- s and ranges r1 to r2: E[r] = 2 (r2^3 - r1^3) / 3 (r2^2 - r1^2), E[r^2] = (r1^2 +
    r2^2) / 2, E[cos] = sin s / s, E[cos^2] = 1/2 + sin 2s / 4s; along and across the bearing, then turned.
    """
    if "sector" not in seen.columns or seen["sector"].null_count() == seen.height:
        nothing = [pl.lit(None, pl.Float64).alias(name) for name in ("ee", "en", "nn")]
        return seen.select(pl.exclude("sector"), *nothing)
    told = seen.unnest("sector", separator="_")
    near, far, turn = pl.col("sector_near_m").fill_null(0.0), pl.col("sector_far_m"), pl.col("sector_bearing_deg")
    spread = pl.col("sector_spread_deg")
    middle = shifted(pl.col("sector_lon"), pl.col("sector_lat"), turn, (near + far) / 2)
    told = told.with_columns(middle_lon=middle[0], middle_lat=middle[1])
    fits = (far > near) & spread.is_between(0, _WIDEST_DEG, closed="right")
    told = told.with_columns(is_=fits & (gap_m("lon", "lat", "middle_lon", "middle_lat") <= _SAME * far + 1))
    s, r2 = spread.radians(), (near**2 + far**2) / 2
    mean = 2 * (far**3 - near**3) / (3 * (far**2 - near**2)) * s.sin() / s
    cos2 = 0.5 + (2 * s).sin() / (4 * s)
    told = told.with_columns(mean_=mean, along_=r2 * cos2 - mean**2, across_=r2 * (1 - cos2))
    b, along, across = turn.radians(), pl.col("along_"), pl.col("across_")
    at = shifted(pl.col("sector_lon"), pl.col("sector_lat"), turn, pl.col("mean_"))
    made = told.select(
        lon=pl.when("is_").then(at[0]).otherwise("lon"),
        lat=pl.when("is_").then(at[1]).otherwise("lat"),
        ee=pl.when("is_").then(along * b.sin() ** 2 + across * b.cos() ** 2),
        en=pl.when("is_").then((along - across) * b.sin() * b.cos()),
        nn=pl.when("is_").then(along * b.cos() ** 2 + across * b.sin() ** 2),
    )
    return pl.concat([seen.drop("lon", "lat", "sector"), made], how="horizontal")


def widest_sd_m(off: pl.Expr) -> pl.Expr:
    """The larger standard deviation of `ee, en, nn` once a round error of `off` metres comes on top; null without."""
    half = (pl.col("ee") + pl.col("nn")) / 2
    apart = (((pl.col("ee") - pl.col("nn")) / 2) ** 2 + pl.col("en") ** 2).sqrt()
    return (half + apart + off**2).sqrt()
