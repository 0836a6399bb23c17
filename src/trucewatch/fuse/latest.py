"""Step 1: of records that a source has revised, or that were pulled twice, only the latest edition speaks."""

from __future__ import annotations

import polars as pl

from trucewatch.base.problem import problems
from trucewatch.tables import OBSERVATIONS

_SAID = [name for name in OBSERVATIONS.schema if name not in ("id", "capture", "locator", "sector", "lineage")]


def latest(observations: pl.DataFrame, captures: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """observations, captures(capture, fetched_at) -> observations that stand, problems for those replaced.

    A record is the same by its source and the source's own key, or where it has none, by all that it says.
    Of one record in several captures, the capture fetched last speaks; a record that stands twice in one
    capture stays twice, since that is what the source says. The order in which captures reached us plays no part.
    """
    # Only a source that was captured more than once can have revised itself.
    several = pl.col("capture").n_unique().over("source") > 1
    once, again = observations.filter(~several), observations.filter(several)
    if again.is_empty():
        return observations, problems()
    same = pl.when(pl.col("key").is_null()).then(pl.struct(_SAID).hash(seed=1)).otherwise(pl.struct("key").hash(seed=2))
    ranks = captures.sort("fetched_at", "capture").with_row_index("rank").select("capture", "rank")
    marked = again.join(ranks, on="capture", how="left").with_columns(record=same)
    last = pl.col("rank").fill_null(0) == pl.col("rank").fill_null(0).max().over("source", "record")
    gone = marked.filter(~last)
    told = gone.group_by("source", maintain_order=False).len().sort("source")
    rows = [
        ("fuse", "superseded", source, f"{n} records of earlier captures are replaced by a later edition", False)
        for source, n in told.rows()
    ]
    return pl.concat([once, marked.filter(last).select(observations.columns)]), problems(rows)
