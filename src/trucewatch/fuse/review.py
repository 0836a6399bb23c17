"""incidents, links -> review. Which answer of a person would change most?

An answer changes most where nothing is sure: a chance p moves to 1 or 0, on average by 2 p (1 - p). Where many
incidents are told of by the same sources, a judgement of one teaches of all of them, too.
"""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from trucewatch.base.place import EARTH_M, on_sphere
from trucewatch.fuse.learnt import Judged
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.sightings import RADIUS_SIGMAS
from trucewatch.tables import REVIEW

_SPAN_VARIANCE = 12
_KEEP = 5
"""So many times as many pairs as are asked for are looked at before those that were judged are left out."""


def review(
    incidents: pl.DataFrame, links: pl.DataFrame, judged: Judged | None, params: FuseParams, most: int = 20
) -> pl.DataFrame:
    """incidents, links, what was judged already -> review: the questions whose answers would change most, at most so
    many of pairs and so many of incidents."""
    pairs = pl.concat([_apart(incidents, params, most * _KEEP), _together(links, incidents)])
    gone = _answered(links, judged)
    pairs = pairs.join(gone, on=["one", "two"], how="anti")
    chosen = pl.concat([_most(pairs, most), _most(_happened(incidents, links, judged), most)])
    return REVIEW.check(chosen.select(list(REVIEW.columns)))


def _most(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    return rows.sort(
        ["change", "t0", "lat", "lon", "one", "two"], descending=[True] + [False] * 5, nulls_last=True
    ).head(most)


def _happened(incidents: pl.DataFrame, links: pl.DataFrame, judged: Judged | None) -> pl.DataFrame:
    """Incidents whose existence is least sure, those first that stand for many like them."""
    open_ = incidents.filter(pl.col("p").is_between(0, 1, closed="none"))
    if judged is not None:
        known = links.join(judged.happened, on="observation", how="semi").select(id="incident").unique()
        open_ = open_.join(known, on="id", how="anti")
    like = pl.len().over(pl.col("sources").list.join("\n"))
    return open_.select(
        what=pl.lit("incident"), one="id", two=pl.lit(None, pl.String), p="p",
        change=2 * pl.col("p") * (1 - pl.col("p")) * (1 + like.log(10)),
        because=pl.format("{} incidents are told of by just these sources", like),
        t0="t0", lat="lat", lon="lon",
    )  # fmt: skip


def _together(links: pl.DataFrame, incidents: pl.DataFrame) -> pl.DataFrame:
    """Observations that are linked, but not surely."""
    p = 1 / (1 + (-pl.col("score")).exp())
    weak = links.filter(pl.col("score").is_not_null()).join(incidents, left_on="incident", right_on="id")
    return weak.select(
        what=pl.lit("pair"), one="incident", two="observation", p=p, change=2 * p * (1 - p),
        because=pl.lit("linked, though not much likelier the same than coincidence"), t0="t0", lat="lat", lon="lon",
    )  # fmt: skip


def _apart(incidents: pl.DataFrame, params: FuseParams, most: int) -> pl.DataFrame:
    """Incidents apart that may be one: near each other for their errors, and with no source in common."""
    from scipy.spatial import cKDTree

    rows = incidents.filter(pl.col("lon").is_not_null(), pl.col("radius_m") <= params.max_radius_m).sort(
        "t0", "t1", "lat", "lon", "kind", "id"
    )
    empty = pl.DataFrame(schema={**REVIEW.schema, "t0": incidents.schema["t0"], "lat": pl.Float64, "lon": pl.Float64})
    if rows.height < 2:
        return empty
    xyz = EARTH_M * on_sphere(rows["lon"].to_numpy(), rows["lat"].to_numpy())
    t0, t1 = (rows[name].dt.epoch("us").to_numpy() / 1e6 for name in ("t0", "t1"))
    scaled = np.column_stack([xyz / params.cell_m, (t0 + t1) / 2 / params.cell_s])
    tree = cKDTree(scaled)
    a, b = tree.query_pairs(1.0, p=np.inf, output_type="ndarray").astype(np.int64).T
    v = (rows["radius_m"].to_numpy() / RADIUS_SIGMAS) ** 2 + params.place_sd_m**2
    u = (t1 - t0) ** 2 / _SPAN_VARIANCE + params.clock_sd_s**2
    d2, dt = ((xyz[a] - xyz[b]) ** 2).sum(axis=1), (t0[a] + t1[a] - t0[b] - t1[b]) / 2
    place, time = v[a] + v[b], u[a] + u[b]
    around = tree.query_ball_point(scaled, 1.0, p=np.inf, return_length=True)
    density = np.maximum(around[a], around[b]) / (math.pi * params.cell_m**2 * 2 * params.cell_s)
    odds = math.log(params.p_both) - d2 / (2 * place) - dt**2 / (2 * time)
    odds = odds - np.log(2 * math.pi * place) - np.log(2 * math.pi * time) / 2 - np.log(density)
    p = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    change = 2 * p * (1 - p)
    ids = rows["id"].to_numpy()
    made = pl.DataFrame(
        {"one": ids[a], "two": ids[b], "p": p, "change": change, "a": a, "b": b}, schema_overrides={"p": pl.Float64}
    ).sort("change", "a", "b", descending=[True, False, False])
    shared = rows["sources"].gather(made["a"]).list.set_intersection(rows["sources"].gather(made["b"])).list.len()
    made = made.filter(shared == 0).head(most)
    where = rows.select("t0", "lat", "lon")[made["a"].cast(pl.Int64)]
    return pl.concat([made, where], how="horizontal").select(
        what=pl.lit("pair"), one="one", two="two", p="p", change="change",
        because=pl.lit("apart, though about as likely the same as coincidence"), t0="t0", lat="lat", lon="lon",
    )  # fmt: skip


def _answered(links: pl.DataFrame, judged: Judged | None) -> pl.DataFrame:
    """Pairs (of an incident and an incident or observation) of which a person has said something."""
    if judged is None:
        return pl.DataFrame(schema={"one": pl.String, "two": pl.String})
    at = links.select("observation", "incident")
    said = judged.constraints.join(at, left_on="left", right_on="observation").join(
        at, left_on="right", right_on="observation", suffix="_r"
    )
    ways = [
        said.select(one="incident", two="incident_r"), said.select(one="incident_r", two="incident"),
        said.select(one="incident", two="right"), said.select(one="incident_r", two="left"),
    ]  # fmt: skip
    return pl.concat(ways).unique()
