"""Linking by a rule that is told instead of by chances: two reports may be one where they lie within a window.

The acceptance rule of MELTT (Donnay, Dunford and others, Journal of Conflict Resolution 2019), for lists that are to be
compared with what it gives:

    1. near      no further apart than the window, in place, in their first day and in their last
    2. units     what lasts a day meets what lasts a day, and what lasts longer meets what lasts longer
    3. agree     where a taxonomy is told, at some level of each of its columns; the finer, the better
    4. one each  no incident holds two reports of a source, and all of its reports pass 1 to 3 with each other

Pairs are taken best first over all lists at once: by agreement, then by how near they are. Its own program goes through
the lists one after another, so that its answer hangs on their order; this one's does not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.errors import InputError
from trucewatch.base.place import EARTH_M, on_sphere
from trucewatch.fuse.params import RuleParams

if TYPE_CHECKING:
    from trucewatch.fuse.rulings import Told

Array = NDArray[Any]
TAXONOMY = ("column", "source", "word", "level", "means")


def ruled(rows: pl.DataFrame, rule: RuleParams, taxonomy: pl.DataFrame | None = None) -> pl.DataFrame:
    """Rows in an order that decides ties (source, t0, t1, lon, lat, and the columns that a taxonomy names), a rule,
    taxonomy(column, source, word, level, means) -> clusters(sighting, cluster, score); cluster: its first row.

    score: null, since a rule knows no chances.
    """
    from trucewatch.fuse.rulings import join

    label = np.arange(rows.height, dtype=np.uint32)
    usable = rows.with_row_index("sighting_").filter(pl.col("lon").is_not_null())
    own = usable["sighting_"].to_numpy()
    if own.size:
        told = _told(usable, rule, taxonomy)
        a, b, fit, apart = _pairs(told, rule)
        order = np.lexsort((b, a, apart, fit))  # the rows' order decides what is equal in both
        cluster = join(told, _limits(rule), a[order], b[order])
        label[own] = own[cluster]
    score = pl.Series("score", [None] * rows.height, dtype=pl.Float64)
    return pl.DataFrame({"sighting": np.arange(rows.height, dtype=np.uint32), "cluster": label}).with_columns(score)


def _limits(rule: RuleParams) -> tuple[float, float]:
    """-> square of the longest chord, m2; longest time, s."""
    return (2 * EARTH_M * math.sin(min(rule.within_m / (2 * EARTH_M), math.pi / 2))) ** 2, rule.within_s


def _told(rows: pl.DataFrame, rule: RuleParams, taxonomy: pl.DataFrame | None) -> Told:
    from trucewatch.fuse.rulings import Told

    at = EARTH_M * on_sphere(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    lo, hi = (rows[name].dt.epoch("us").to_numpy() / 1e6 for name in ("t0", "t1"))
    means, starts = _means(rows, taxonomy)
    return Told(
        at=at,
        lo=lo,
        hi=hi,
        long=hi - lo > rule.one_unit_s,
        source=rows["source"].rank("dense").to_numpy().astype(np.int64),
        means=means,
        starts=starts,
    )


def _means(rows: pl.DataFrame, taxonomy: pl.DataFrame | None) -> tuple[Array, Array]:
    """-> for each row what its words mean, a number for each level of each column, finest first; where each begins."""
    if taxonomy is None or taxonomy.is_empty():
        return np.zeros((rows.height, 0), np.int64), np.zeros(1, np.int64)
    made: list[Array] = []
    starts = [0]
    for part in taxonomy.sort("column", "level").partition_by("column", maintain_order=True):
        column = str(part["column"][0])
        for level in part.partition_by("level", maintain_order=True):
            words = level.select("source", pl.col("word").alias(column), code=pl.col("means").rank("dense"))
            said = rows.select("source", column).join(words, on=["source", column], how="left", maintain_order="left")
            # A word without a row means something of its own: it agrees with nothing.
            alone = -1 - pl.int_range(pl.len(), dtype=pl.Int64)
            code = said.select(pl.coalesce(pl.col("code").cast(pl.Int64), alone)).to_series().to_numpy()
            made.append(code)
        starts.append(len(made))
    return np.column_stack(made).astype(np.int64), np.array(starts, np.int64)


def _pairs(told: Told, rule: RuleParams) -> tuple[Array, Array, Array, Array]:
    """-> pairs that pass (left < right), how ill they agree (0: at the finest level), how far apart they are."""
    from scipy.spatial import cKDTree

    from trucewatch.fuse.rulings import pass_

    chord = math.sqrt(_limits(rule)[0])
    scaled = np.column_stack([told.at / max(chord, 1e-3), told.lo / max(rule.within_s, 1e-3)])
    found = cKDTree(scaled).query_pairs(1.0 + 1e-9, p=np.inf, output_type="ndarray").astype(np.int64)
    a, b = np.minimum(found[:, 0], found[:, 1]), np.maximum(found[:, 0], found[:, 1])
    fit, apart = pass_(told, _limits(rule), a, b)
    kept = fit >= 0
    return a[kept], b[kept], fit[kept], apart[kept]


def read_taxonomy(table: pl.DataFrame, columns: list[str], file: str) -> pl.DataFrame:
    """A table as it was read, the columns of the reports -> taxonomy. InputError: where it cannot be one."""
    wanted = ", ".join(TAXONOMY)
    if lacking := [name for name in TAXONOMY if name not in table.columns]:
        raise InputError(f"has no column {', '.join(lacking)}", file=file, expected=wanted)
    words = [pl.col(name).cast(pl.String) for name in TAXONOMY if name != "level"]
    made = table.select(*words, level=pl.col("level").cast(pl.Int64, strict=False)).with_row_index("row", offset=1)
    for bad, what in (
        (pl.any_horizontal(pl.col(TAXONOMY).is_null()), "is not whole: level must be a number, and nothing empty"),
        (~pl.col("column").is_in(columns), "names a column that the reports do not have"),
        (pl.struct("column", "source", "word", "level").is_duplicated(), "tells a word twice at one level"),
    ):
        if (wrong := made.filter(bad)).height:
            raise InputError(what, file=file, row=int(wrong["row"][0]), expected=wanted)
    return made.drop("row")
