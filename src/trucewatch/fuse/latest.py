"""Step 1: of records that a source has revised, or that were pulled twice, only the latest edition speaks."""

from __future__ import annotations

import polars as pl

from trucewatch.base.problem import problems
from trucewatch.tables import OBSERVATIONS, SECTOR

_SAID = [name for name in OBSERVATIONS.schema if name not in ("id", "capture", "locator", "sector", "lineage")]
_NAMED = 20
"""So many replaced records of a source are named; the rest are counted, since a whole table may be pulled twice."""


def latest(observations: pl.DataFrame, captures: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """observations, captures(capture, fetched_at, feed) -> observations that stand, problems for those replaced.

    A record is the same by the feed that brought it (the plug-in that read its capture; all are one where it is not
    told), its source and the source's own key, or where it has none, by all that it says: no table can replace what
    another feed brought by taking its name. Of one record in several captures, the capture fetched last speaks; a
    record that stands twice in one capture stays twice, since that is what the source says. The order in which
    captures reached us plays no part.
    """
    # Only a source that was captured more than once can have revised itself.
    several = pl.col("capture").n_unique().over("source") > 1
    once, again = observations.filter(~several), observations.filter(several)
    if again.is_empty():
        return observations, problems()
    feed = pl.col("feed") if "feed" in captures.columns else pl.lit(None, pl.String).alias("feed")
    ranks = captures.sort("fetched_at", "capture").with_row_index("rank").select("capture", "rank", feed)
    marked = again.join(ranks, on="capture", how="left").with_columns(_record())
    last = pl.col("rank").fill_null(0) == pl.col("rank").fill_null(0).max().over("feed", "source", "record")
    return pl.concat([once, marked.filter(last).select(observations.columns)]), _told(marked.filter(~last))


def _record() -> pl.Expr:
    """The source's key, or all that the row says; lists and structs by their parts, so that any can be hashed."""
    origins = pl.col("lineage").list.join("\x1f")
    ground = [pl.col("sector").struct.field(part.name).alias(f"sector_{part.name}") for part in SECTOR.fields]
    said = pl.struct(*_SAID, origins, *ground).hash(seed=1)
    return pl.when(pl.col("key").is_null()).then(said).otherwise(pl.struct("key").hash(seed=2)).alias("record")


def _told(gone: pl.DataFrame) -> pl.DataFrame:
    """Replaced records -> a problem for each of a source's first, and one that counts its others."""
    gone = gone.sort("source", "key", "id", nulls_last=True).select("source", "key", "id")
    nth = pl.int_range(pl.len()).over("source")
    named = gone.filter(nth < _NAMED).select("source", pl.coalesce(pl.format("key {}", "key"), "id"))
    rest = gone.filter(nth >= _NAMED).group_by("source", maintain_order=True).len()
    rows = [
        ("fuse", "superseded", source, f"the record with {name} is replaced by a later edition", False)
        for source, name in named.rows()
    ]
    more = [
        ("fuse", "superseded", source, f"{n} more records are replaced by a later edition", False)
        for source, n in rest.rows()
    ]
    return problems(rows + more)
