"""What people have judged, as linking and existence take it: must, must not, happened, did not happen."""

from __future__ import annotations

import polars as pl

from trucewatch.fuse.learnt import Judged


def settled(judged: Judged) -> pl.DataFrame:
    """-> settled(observation, happened): what was judged of the incident that it is of; where two people differ, none.

    An incident that holds observations judged to have happened, and others judged not to have, is settled by neither.
    """
    return (
        judged.happened.group_by("observation")
        .agg(n=pl.col("happened").n_unique(), happened=pl.col("happened").first())
        .filter(pl.col("n") == 1)
        .select("observation", "happened")
        .sort("observation")
    )


def constraints(judged: Judged | None, sighting_of: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """judged, sighting_of(id, sighting) -> must(left, right), cannot(left, right): pairs of sightings, left < right.

    This is what linking takes: sightings of a `must` pair are put into one incident whatever their score, also two of
    one source; those of a `cannot` pair never are, not by way of a third. Where people differ on a pair, or it is one
    sighting already, it is in neither. Observations that are no longer there are passed over.

    must is joined before any score is looked at; a cannot that contradicts what musts join is void there: two people
    then differ, and neither is heard.
    """
    empty = pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32})
    if judged is None or judged.constraints.is_empty():
        return empty, empty
    at = sighting_of.select("id", pl.col("sighting").cast(pl.UInt32))
    pairs = (
        judged.constraints.join(at.rename({"sighting": "a"}), left_on="left", right_on="id")
        .join(at.rename({"sighting": "b"}), left_on="right", right_on="id")
        .filter(pl.col("a") != pl.col("b"))
        .select("same", left=pl.min_horizontal("a", "b"), right=pl.max_horizontal("a", "b"))
    )
    agreed = pairs.group_by("left", "right").agg(n=pl.col("same").n_unique(), same=pl.col("same").first())
    agreed = agreed.filter(pl.col("n") == 1).sort("left", "right")
    return tuple(agreed.filter(pl.col("same") == same).select("left", "right") for same in (True, False))  # type: ignore[return-value]
