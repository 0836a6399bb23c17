"""Step 3: what a look's chance is, for a kind and a size of incident."""

from __future__ import annotations

import polars as pl

from trucewatch.base.errors import UnknownName
from trucewatch.cover.params import NOTHING_KNOWN, Bounds, CoverParams
from trucewatch.kinds import KINDS


def notice_of(means: str | None, kind: str, params: CoverParams) -> Bounds:
    """A means and a kind -> least and most of the lookers' chance that holds for it.

    A kind stands for every act that it may have been, and nobody knows which: the least and the most of all of them.

    >>> notice_of("satellite", "shelling", CoverParams()), notice_of(None, "shelling", CoverParams())
    ((0.005, 0.4), (0.0, 1.0))
    """
    known = params.notice.get(means or "", {})
    bounds = [known.get(act, NOTHING_KNOWN) for act in KINDS[kind]]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def checked_kind(kind: str) -> str:
    """The kind, if the dictionary has it. Raises UnknownName."""
    if kind not in KINDS:
        raise UnknownName("kind", kind, KINDS, field="--kind")
    return kind


def chances(looks: pl.DataFrame, kinds: list[str], size: int, params: CoverParams) -> pl.DataFrame:
    """looks -> look, kind, low, p, high, linger_s: for an incident of `size` sounds or sights.

    p is the looker's own word, as far as the act's bounds let it; null where not told. low is that word for one thing,
    cut to the least of the act; high that for as many as `size`, as if each were noticed by itself: how they depend
    nobody knows, and both ends can be true (one cloud hides all; one of ten shots is enough).
    """
    pairs = looks.select("means").unique().join(pl.DataFrame({"kind": kinds}, schema={"kind": pl.String}), how="cross")
    means, names = pairs["means"].to_list(), pairs["kind"].to_list()
    bounds = [notice_of(m, k, params) for m, k in zip(means, names, strict=True)]
    table = pairs.with_columns(
        least=pl.Series([low for low, _ in bounds], dtype=pl.Float64),
        most=pl.Series([high for _, high in bounds], dtype=pl.Float64),
        linger_s=pl.Series([params.linger_s.get(m or "", 0.0) for m in means], dtype=pl.Float64),
    )
    told = pl.col("p_seen_if_there")
    low, one = told.fill_null(0.0) * pl.col("least"), told.fill_null(1.0) * pl.col("most")
    return (
        looks.select(pl.col("id").alias("look"), "means", "p_seen_if_there")
        .join(table, on="means", how="inner", nulls_equal=True, maintain_order="left_right")
        .with_columns(low=low, high=1 - (1 - one).pow(size))
        .select(
            "look",
            "kind",
            "low",
            p=pl.when(pl.col("most") > 0).then(told.clip("low", "high")).otherwise(0.0),
            high="high",
            linger_s="linger_s",
        )
    )
