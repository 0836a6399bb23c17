"""A widely quoted rule for fires that are war's, written anew from its published description; see `watch_fires.py`.

A boosted regression of the count of a cell and day on season, place and weather, trained with zeros thinned to three
for each cell-day with fire; the upper limit of the *mean* from bootstraps over cells; fires above it by more than an
offset of two are excess; a cell is at war where that happens twice, at least ten days apart and at most ninety (future
days included, as published); so is every cell within 50 km on its excess days, and every fire in those cells on the
ten days after.
"""

from __future__ import annotations

import os

import numpy as np
import polars as pl

BOOTSTRAPS, UPPER = 20, 97.5
APART_DAYS, CARRIED_DAYS, WIDE_KM = (9, 89), 10, 50.0


def thinned(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The days with fire, and three without for each of them: what the rule trains on."""
    fire, none = rows.filter(pl.col("count") > 0), rows.filter(pl.col("count") == 0)
    return pl.concat([fire, none.sample(min(none.height, 3 * fire.height), seed=seed)])


def limits(past: pl.DataFrame, now: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Thinned days of the training, days to judge -> those with `limit`, the upper one of the mean."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # threads that wait in a circle take what others could use
    from sklearn.ensemble import HistGradientBoostingRegressor

    rng = np.random.default_rng(1)
    thin, judged = (r.with_columns(yday=pl.col("day").dt.ordinal_day()) for r in (past, now))
    names = ["lon", "lat", "yday", *columns]
    x, y, z = thin.select(names).to_numpy(), thin["count"].to_numpy(), thin["series"].to_numpy()
    ids, which = np.unique(z, return_inverse=True)
    told = []
    for n in range(BOOTSTRAPS):
        weigh = np.bincount(rng.integers(0, ids.size, ids.size), minlength=ids.size)[which]
        model = HistGradientBoostingRegressor(learning_rate=0.05, max_iter=100, random_state=n)
        told.append(model.fit(x, y, sample_weight=weigh).predict(judged.select(names).to_numpy()))
    limit = np.maximum(0, np.percentile(np.array(told), UPPER, axis=0))
    return judged.drop("yday").with_columns(limit=pl.Series(limit))


def sustained(now: pl.DataFrame, where: pl.DataFrame, offset: float) -> pl.DataFrame:
    """Days with fire and their limit -> the same with `war`: sustained, widened, carried over."""
    over = now.filter(pl.col("count") > pl.col("limit").ceil() + offset).select("series", "day").sort("series", "day")
    twice = over.join(over, on="series", suffix="_2")
    twice = twice.filter((pl.col("day_2") - pl.col("day")).dt.total_days().is_between(*APART_DAYS))
    kept = pl.concat([twice.select("series", "day"), twice.select("series", day="day_2")]).unique()
    wide = kept.join(_around(where), on="series").select(series="other", day="day").unique()
    wide = pl.concat([wide.join(over, on=["series", "day"]), kept]).unique()
    carried = wide.join(pl.DataFrame({"on": range(CARRIED_DAYS + 1)}), how="cross")
    carried = carried.select("series", day=pl.col("day") + pl.duration(days="on")).unique()
    told = now.join(carried.with_columns(war=pl.lit(True)), on=["series", "day"], how="left", maintain_order="left")
    return told.with_columns(pl.col("war").fill_null(False))


def _around(where: pl.DataFrame) -> pl.DataFrame:
    """series, other: the cells within reach of each, itself too."""
    from scipy.spatial import cKDTree

    names = where["cell"].to_numpy()
    lon, lat = (np.radians(where[c].to_numpy()) for c in ("lon", "lat"))
    xyz = np.c_[np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)]
    pairs = cKDTree(xyz).query_pairs(WIDE_KM / 6371.0, output_type="ndarray")
    one, two = names[pairs[:, 0]], names[pairs[:, 1]]
    return pl.DataFrame({"series": np.r_[one, two, names], "other": np.r_[two, one, names]})
