"""Step 6b: which rows of one incident are one voice: a lineage counts once, however often it is repeated."""

from __future__ import annotations

import numpy as np
import polars as pl

from trucewatch.base.graph import components
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.near import worded
from trucewatch.fuse.params import FuseParams, LearnParams

_ROW, _FIRST = "row", "first"


def with_words(rows: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """rows(id), observations(id, says) -> rows with `words`: a number for what was said, 0 where nothing was."""
    if "says" not in observations.columns:
        return rows.with_columns(words=pl.lit(0, pl.Int64))
    words = observations.select("id", words=worded(pl.col("says"), LearnParams()))
    return rows.join(words, on="id", how="left", maintain_order="left").with_columns(pl.col("words").fill_null(0))


def voices(rows: pl.DataFrame, learnt: Learnt, params: FuseParams) -> pl.DataFrame:
    """Rows with `cluster` and `words` -> the same with `voice` and `lineage`, the smallest row number of each.

    voice: rows that cite one origin, that say the same words within days, or that are of one source which cites none.
    lineage: the same, and rows of which one's source repeats the other's: where the habit is likelier than not, or the
    point and the time are the very same.
    """
    told = rows.select(
        "cluster", "source", "words", "lon", "lat", "t0", "t1",
        # A source that is cited by its name and one that cites nobody are of one origin.
        origin=pl.when(pl.col("lineage").list.len().fill_null(0) > 0)
        .then("lineage")
        .otherwise(pl.concat_list("source")),
    ).with_row_index(_ROW)  # fmt: skip
    edges = pl.concat([_origins(told), _same_words(told, LearnParams())])
    voice = _label(edges, rows.height)
    lineage = _label(pl.concat([edges, _habits(told, learnt, params)]), rows.height)
    return rows.with_columns(voice=pl.Series(voice), lineage_of=pl.Series(lineage))


def _label(edges: pl.DataFrame, n: int) -> pl.Series:
    left, right = (edges[name].to_numpy().astype(np.int64) for name in (_FIRST, _ROW))
    return pl.Series(components(left, right, n))


def _origins(told: pl.DataFrame) -> pl.DataFrame:
    said = told.select(_ROW, "cluster", "origin").explode("origin")
    first = pl.col(_ROW).first().over("cluster", "origin")
    return said.select(_ROW, first=first).filter(pl.col(_ROW) != pl.col(_FIRST))


def _same_words(told: pl.DataFrame, params: LearnParams) -> pl.DataFrame:
    """Each row to the one before it of the same words, where that is not longer ago than words go round."""
    said = told.filter(pl.col("words") != 0).sort("cluster", "words", "t0", _ROW)
    gone = (pl.col("t0") - pl.col("t0").shift(1)).dt.total_seconds().over("cluster", "words")
    edges = said.select(_ROW, first=pl.col(_ROW).shift(1).over("cluster", "words"), gone=gone)
    return edges.filter(pl.col("gone") <= params.words_s).select(_ROW, _FIRST)


def _habits(told: pl.DataFrame, learnt: Learnt, params: FuseParams) -> pl.DataFrame:
    if learnt.dependence.is_empty():
        return pl.DataFrame(schema={_ROW: told.schema[_ROW], _FIRST: told.schema[_ROW]})
    mine = told.select(_ROW, "cluster", "source", "lon", "lat", "t0", "t1")
    both = (
        mine.join(learnt.dependence.select("copier", "original", "p"), left_on="source", right_on="copier")
        .join(mine, left_on=["cluster", "original"], right_on=["cluster", "source"], suffix="_r")
        .filter(
            (pl.col("p") >= params.habit)
            | pl.all_horizontal(pl.col(name) == pl.col(f"{name}_r") for name in ("lon", "lat", "t0", "t1"))
        )
    )
    return both.select(_ROW, first="row_r")
