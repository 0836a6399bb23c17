"""Step 2: looks less what kept them from looking -> windows of time in which an incident could have been noticed."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from trucewatch.base.spans import without
from trucewatch.base.time import UTC_US


def windows(looks: pl.DataFrame, grounds: pl.DataFrame, least_look_s: float) -> pl.DataFrame:
    """looks, (footprint, cell, share) -> (look, source, cell, share, w0, w1): what is left of each look in each cell.

    A gap takes from the looks of its own source, and of every part of it (`report` from `report/<team>`), what lies in
    its span, in its footprint or, where that is not told, everywhere.
    """
    seen = looks.filter(pl.col("gap").is_null() & pl.col("footprint").is_not_null())
    least = pl.duration(microseconds=int(least_look_s * 1e6))
    long = seen.with_columns(t1=pl.max_horizontal("t1", pl.col("t0") + least))
    cells = long.join(grounds, on="footprint", how="inner").select(
        "source", "cell", "share", look="id", w0="t0", w1="t1"
    )
    cut = _cuts(long, cells, looks.filter(pl.col("gap").is_not_null()), grounds)
    if cut.is_empty():
        return cells
    whole = cells.join(cut.select("look", "cell").unique(), on=["look", "cell"], how="anti")
    return pl.concat([whole, _rest(cells, cut)])


def gaps_of(looks: pl.DataFrame, grounds: pl.DataFrame) -> pl.DataFrame:
    """looks -> (source, t0, t1, gap, cell): a row per gap and cell.

    A gap without a footprint lies on the ground that its source, or a part of it, looks at at any time: that a camera
    fails darkens no ground that it never saw. Where nobody told that ground either, it lies on no cell.
    """
    gaps = looks.filter(pl.col("gap").is_not_null())
    seen = looks.filter(pl.col("gap").is_null()).select("footprint", looker="source").join(grounds, on="footprint")
    bare = gaps.filter(pl.col("footprint").is_null())
    whose = bare.select("source").unique().join(seen.select("looker").unique(), how="cross")
    whose = whose.filter(cuts_into("looker", "source")).join(seen, on="looker").select("source", "cell").unique()
    found = [bare.join(whose, on="source"), gaps.join(grounds, on="footprint")]
    return pl.concat(one.select("source", "t0", "t1", "gap", "cell") for one in found)


def cuts_into(source: str, gap: str) -> pl.Expr:
    """Is the looker of column `source` the one of column `gap`, or a part of it?"""
    return (pl.col(source) == pl.col(gap)) | pl.col(source).str.starts_with(pl.col(gap) + pl.lit("/"))


def _cuts(long: pl.DataFrame, cells: pl.DataFrame, gaps: pl.DataFrame, grounds: pl.DataFrame) -> pl.DataFrame:
    """(look, cell, g0, g1) for each gap that takes something from a look in a cell."""
    met = (
        long.select("source", look="id", t0="t0", t1="t1")
        .join(gaps.select(by="source", g0="t0", g1="t1", where="footprint"), how="cross")
        .filter(cuts_into("source", "by") & (pl.col("g0") < pl.col("t1")) & (pl.col("g1") > pl.col("t0")))
        .select("look", "g0", "g1", "where")
    )
    if met.is_empty():
        return pl.DataFrame(schema={"look": pl.String, "cell": pl.UInt64, "g0": UTC_US, "g1": UTC_US})
    everywhere = met.filter(pl.col("where").is_null()).join(cells.select("look", "cell"), on="look")
    somewhere = (
        met.filter(pl.col("where").is_not_null())
        .join(grounds.select(where="footprint", cell="cell"), on="where")
        .join(cells.select("look", "cell"), on=["look", "cell"])
    )
    return pl.concat([everywhere.select("look", "cell", "g0", "g1"), somewhere.select("look", "cell", "g0", "g1")])


def _rest(cells: pl.DataFrame, cut: pl.DataFrame) -> pl.DataFrame:
    """What the cuts leave, worked out once for each different set of them."""
    sets = cut.group_by("look", "cell").agg(gaps=pl.struct("g0", "g1").unique().sort())
    joined = cells.join(sets, on=["look", "cell"])
    kinds = joined.select("w0", "w1", "gaps").unique(maintain_order=True).with_row_index("set")
    left: list[tuple[int, datetime, datetime]] = []
    for n, w0, w1, gaps in kinds.rows():
        left += [(n, a, b) for a, b in without([(w0, w1)], [(g["g0"], g["g1"]) for g in gaps])]
    rest = pl.DataFrame(left, schema={"set": pl.UInt32, "r0": UTC_US, "r1": UTC_US}, orient="row")
    return (
        joined.join(kinds, on=["w0", "w1", "gaps"])
        .join(rest, on="set")
        .select("source", "cell", "share", "look", w0="r0", w1="r1")
    )


def in_spans(rows: pl.DataFrame, since: datetime, until: datetime, span_s: float) -> pl.DataFrame:
    """(w0, w1, ...) -> a row per span that the window meets, with `span` (its number) and `a`, `b`: seconds from the
    span's start, between 0 and `span_s`."""
    step = int(span_s * 1e6)
    from_us = (pl.col("w0") - pl.lit(since, UTC_US)).dt.total_microseconds()
    to_us = (pl.col("w1") - pl.lit(since, UTC_US)).dt.total_microseconds()
    last = -(-(until - since) // timedelta(microseconds=1) // step) - 1
    met = rows.with_columns(from_us=from_us.clip(0), to_us=to_us).filter(
        (pl.col("to_us") > pl.col("from_us")) & (pl.col("from_us") <= last * step + step - 1)
    )
    spans = pl.int_ranges((pl.col("from_us") // step), ((pl.col("to_us") - 1) // step).clip(upper_bound=last) + 1)
    many = met.with_columns(span=spans).explode("span").drop_nulls("span")
    start = pl.col("span") * step
    return many.with_columns(
        a=((pl.col("from_us") - start).clip(0, step)) / 1e6, b=((pl.col("to_us") - start).clip(0, step)) / 1e6
    ).drop("from_us", "to_us", "w0", "w1")
