"""Step 6: who could have noticed an incident, and did not say so."""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely

from trucewatch.base.time import span_s
from trucewatch.cover.chance import chances
from trucewatch.cover.exposure import voices
from trucewatch.cover.params import CoverParams
from trucewatch.cover.windows import cuts_into
from trucewatch.tables import SILENT

_DAY_US = 86_400_000_000


def silent(
    incidents: pl.DataFrame, observations: pl.DataFrame, links: pl.DataFrame, looks: pl.DataFrame, params: CoverParams
) -> pl.DataFrame:
    """incidents, observations, links, looks -> SILENT: each look that covered an incident and whose voice says nothing.

    An incident happened at one moment that nobody knows within its span: where a look covers only some of that, its
    least chance is 0 and its greatest is cut to the share. The point is taken as told; an incident without one is
    covered by nobody's footprint. That a look stayed silent is no denial: it may have noticed and not written.
    """
    met, looked = met_by(incidents, looks, 1, params)
    if met.is_empty():
        return SILENT.empty()
    quiet = met.join(spoke(observations, links, looked), on=["incident", "voice"], how="anti")
    return SILENT.fit(quiet.select("incident", "look", "source", "means", "t0", "t1", "low", "high")).sort(
        "incident", "t0", "source", "look"
    )


def met_by(
    incidents: pl.DataFrame, looks: pl.DataFrame, size: int, params: CoverParams
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """incidents, looks -> each look that covered an incident (incident, look, source, voice, means, t0, t1, and low and
    high, the bounds of the chance that it noticed it); and the looks whose ground is told."""
    looked = looks.filter(pl.col("gap").is_null() & pl.col("footprint").is_not_null())
    placed = incidents.filter(pl.col("lon").is_not_null())
    if looked.is_empty() or placed.is_empty():
        return SILENT.empty().with_columns(voice=pl.lit(None, pl.Int64)), looked
    table = chances(looked, placed["kind"].unique().sort().to_list(), size, params)
    met = _in_time(placed, looked, table, params).with_row_index("pair")
    shapes = shapely.from_wkb(looked["footprint"].to_list())
    at = dict(zip(looked["id"].to_list(), range(looked.height), strict=True))
    index = np.array([at[name] for name in met["look"].to_list()], dtype=np.int64)
    if not len(index):
        return met, looked
    inside = shapely.contains_xy(np.asarray(shapes)[index], met["lon"].to_numpy(), met["lat"].to_numpy())
    return _not_in_gap(met.filter(pl.Series(inside)), looks), looked


def _in_time(placed: pl.DataFrame, looked: pl.DataFrame, table: pl.DataFrame, params: CoverParams) -> pl.DataFrame:
    """Pairs of incident and look whose times meet, with the bounds of the chance; met by days."""
    least = pl.duration(microseconds=int(params.least_look_s * 1e6))
    one = placed.select(
        "kind",
        "lon",
        "lat",
        incident="id",
        i0="t0",
        i1=pl.max_horizontal(pl.col("t1"), pl.col("t0") + pl.duration(microseconds=1)),
    )
    means = table.select("look", "linger_s").unique()
    two = (
        looked.join(voices(looked), on="source")
        .select("source", "means", "t0", "t1", "voice", look="id")
        .join(means, on="look")
        .with_columns(w0=pl.col("t0") - pl.duration(microseconds=(pl.col("linger_s") * 1e6).cast(pl.Int64)))
        .with_columns(w1=pl.max_horizontal(pl.col("t1"), pl.col("t0") + least))
        .drop("linger_s")
    )
    days = [_by_day(one, "i0", "i1"), _by_day(two, "w0", "w1")]
    met = days[0].join(days[1], on="day").unique(["incident", "look"])
    met = met.filter((pl.col("i0") < pl.col("w1")) & (pl.col("i1") > pl.col("w0")))
    shared = pl.struct(s0=pl.max_horizontal("i0", "w0"), s1=pl.min_horizontal("i1", "w1"))
    met = met.with_columns(shared.struct.unnest()).with_columns(
        share=(span_s("s0", "s1") / span_s("i0", "i1")).clip(0, 1)
    )
    met = met.join(table.select("look", "kind", "low", "high"), on=["look", "kind"])
    return met.with_columns(
        low=pl.when(pl.col("share") >= 1).then("low").otherwise(0.0), high=pl.col("high") * pl.col("share")
    ).filter(pl.col("high") > 0)


def _by_day(rows: pl.DataFrame, t0: str, t1: str) -> pl.DataFrame:
    first, last = (pl.col(name).dt.epoch("us") // _DAY_US for name in (t0, t1))
    return rows.with_columns(day=pl.int_ranges(first, last + 1)).explode("day")


def spoke(observations: pl.DataFrame, links: pl.DataFrame, looked: pl.DataFrame) -> pl.DataFrame:
    """(incident, voice): whose voice is among those that speak of it, whether they affirm or deny."""
    said = links.join(observations.select("source", "lineage", observation="id"), on="observation")
    names = pl.concat(
        [said.select("incident", "source"), said.select("incident", source="lineage").explode("source").drop_nulls()]
    ).unique()
    return names.join(voices(looked), on="source").select("incident", "voice").unique()


def _not_in_gap(met: pl.DataFrame, looks: pl.DataFrame) -> pl.DataFrame:
    """Without looks that a gap of their source took all of, there and then; where it took some, the least is 0."""
    gaps = looks.filter(pl.col("gap").is_not_null())
    if gaps.is_empty() or met.is_empty():
        return met
    # A trace that stays is seen by the look itself; what does not has to be noticed when it happens.
    stays = pl.col("w0") < pl.col("t0")
    met = met.with_columns(c0=pl.when(stays).then("t0").otherwise("s0"), c1=pl.when(stays).then("w1").otherwise("s1"))
    hits = met.join(gaps.select(by="source", g0="t0", g1="t1", where="footprint"), how="cross").filter(
        cuts_into("source", "by") & (pl.col("g0") < pl.col("c1")) & (pl.col("g1") > pl.col("c0"))
    )
    if hits.is_empty():
        return met
    where = [shapely.box(-180, -90, 180, 90) if w is None else shapely.from_wkb(w) for w in hits["where"].to_list()]
    inside = shapely.contains_xy(np.array(where), hits["lon"].to_numpy(), hits["lat"].to_numpy())
    hits = hits.filter(pl.Series(inside, dtype=pl.Boolean))
    whole = hits.filter((pl.col("g0") <= pl.col("c0")) & (pl.col("g1") >= pl.col("c1")))
    some = pl.col("pair").is_in(hits["pair"].to_list())
    return met.join(whole.select("pair"), on="pair", how="anti").with_columns(
        low=pl.when(some).then(0.0).otherwise("low")
    )
