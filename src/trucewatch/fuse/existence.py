"""Step 7: the chance that each incident happened, from who tells of it: a prior, calibrated where people have judged.

What counts is voices, not rows. A source that only repeats another, by a declared origin, by the same words or by a
learnt habit, is no second voice. Instruments, and sources that accuse different sides, are evidence of their own kind.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.place import cell_of
from trucewatch.fuse.calibrate import Evidence, calibrated
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.prior import believed, prior
from trucewatch.fuse.voices import voices, with_words

_PIECE = 20_000
"""Patterns are weighed by the piece: each is a row of as many sources as there are."""
_CHANCE = "chance"


def existence(voiced: pl.DataFrame, learnt: Learnt, params: FuseParams) -> pl.DataFrame:
    """voiced(cluster, source, voice, yes, orbit, lon, lat, t0, by) -> p(cluster, p): the chance that it happened.

    0 where there are only denials: nobody says that it happened.
    """
    patterns, of = patterns_of(voiced, params)
    p = calibrated(evidence(patterns, voiced, learnt, params), learnt.calibration)
    p = np.where(patterns["told"].list.len().to_numpy() == 0, 0.0, p)
    return of.join(patterns.select("pattern", p=pl.Series(p)), on="pattern").select("cluster", "p")


def evidence_of(
    observations: pl.DataFrame, links: pl.DataFrame, learnt: Learnt, params: FuseParams
) -> tuple[Evidence, pl.DataFrame]:
    """observations, links -> evidence of each pattern, of(cluster, pattern), as `existence` sees incidents.

    Row n of the evidence is pattern n + 1; a cluster is called by its incident's id.
    """
    rows = observations.join(links.select(id="observation", cluster="incident"), on="id").sort(
        "cluster", "t0", "t1", "lat", "lon", "kind", "source", "id"
    )
    rows = with_words(rows, observations).with_columns(
        yes=pl.col("stance") == "affirms", orbit=(pl.col("kind") == "heat").any().over("source")
    )
    voiced = voices(rows, learnt, params)
    patterns, of = patterns_of(voiced, params)
    return evidence(patterns, voiced, learnt, params), of


def patterns_of(voiced: pl.DataFrame, params: FuseParams) -> tuple[pl.DataFrame, pl.DataFrame]:
    """-> patterns(pattern, told, muted, looked, sides, sensor, denied), of(cluster, pattern): incidents that the same
    sources tell of, among the same that might have, are one pattern.

    told: sources that speak for themselves; muted: those that repeat one of them; looked: those that report of that
    stretch of ground and time at all, so that their silence counts.
    """
    yes = voiced.filter("yes").sort("cluster", "voice", "t0", "source")
    first = yes.group_by("cluster", "voice", maintain_order=True).agg(pl.col("source").first())
    told = first.group_by("cluster").agg(told=pl.col("source").unique().sort())
    every = yes.group_by("cluster").agg(
        every=pl.col("source").unique().sort(), sensor=pl.col("orbit").any(), sides=_leanings(yes)
    )
    denied = voiced.group_by("cluster").agg(
        denied=pl.col("source").filter(~pl.col("yes")).n_unique().cast(pl.Int64),
        lon=pl.col("lon").mean(), lat=pl.col("lat").mean(), t0=pl.col("t0").min(),
    )  # fmt: skip
    looked = denied.select("cluster", where=_where(params)).join(_active(voiced, params), on="where", how="left")
    known = (
        denied.select("cluster", "denied")
        .join(told, on="cluster", how="left")
        .join(every, on="cluster", how="left")
        .join(looked.select("cluster", "looked"), on="cluster", how="left")
        .with_columns(pl.col("told", "every", "looked").fill_null([]), pl.col("sensor").fill_null(value=False))
        .with_columns(pl.col("sides").fill_null(value=False))
        .with_columns(muted=pl.col("every").list.set_difference("told").list.sort())
    )
    shape = ["told", "muted", "looked", "sides", "sensor", "denied"]
    text = pl.concat_str(
        *(pl.col(name).list.join("\x1f") for name in shape[:3]), *(pl.col(n).cast(pl.String) for n in shape[3:]),
        separator="\x1e",
    )  # fmt: skip
    known = known.with_columns(pattern=text.rank("dense"))
    patterns = known.unique("pattern", keep="any").sort("pattern").select("pattern", *shape)
    return patterns, known.select("cluster", "pattern")


def _leanings(yes: pl.DataFrame) -> pl.Expr:
    """Do sources that accuse different sides tell of it? A source accuses whom it names as the doer in most of what it
    names one for; one that names several alike accuses nobody."""
    named = yes.filter(pl.col("by").is_not_null()).group_by("source", "by").len()
    most = named.with_columns(share=pl.col("len") / pl.col("len").sum().over("source")).filter(pl.col("share") > 0.8)
    lean = dict(most.select("source", "by").rows())
    return pl.col("source").replace_strict(lean, default=None, return_dtype=pl.String).drop_nulls().n_unique() > 1


def _where(params: FuseParams) -> pl.Expr:
    lon, lat = pl.col("lon").fill_null(0), pl.col("lat").fill_null(0)
    month = (pl.col("t0").dt.epoch("s") / params.looked_s).floor().cast(pl.Int64)
    return pl.struct(cell=cell_of(lon, lat, params.looked_m), month=month)


def _active(voiced: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    return voiced.select("source", where=_where(params)).unique().group_by("where").agg(looked=pl.col("source").sort())


def evidence(patterns: pl.DataFrame, voiced: pl.DataFrame, learnt: Learnt, params: FuseParams) -> Evidence:
    """patterns -> prior and features of each: who told, dependence groups, both sides, instruments, denials."""
    names = voiced["source"].unique().sort().to_list()
    orbit = set(voiced.filter("orbit")["source"].unique().to_list())
    sensors = np.array([name in orbit for name in names], dtype=bool)
    sources = believed(names, sensors, learnt, params)
    chance = by_chance(names, learnt, params)
    told, muted, looked = (_flags(patterns[name], names) for name in ("told", "muted", "looked"))
    pieces = [
        prior(told[n : n + _PIECE], (looked & ~muted & ~told)[n : n + _PIECE], sources, chance)
        for n in range(0, max(len(told), 1), _PIECE)
    ]
    denied = patterns["denied"].to_numpy().astype(np.float64)
    cut = ((1 - params.p_denial) / params.p_denial) ** denied
    p = np.concatenate(pieces)
    p = p * cut / np.maximum(p * cut + 1 - p, 1e-300)
    groups = [(names.index(a), names.index(b)) for a, b in learnt.dependence.select("copier", "original").rows()
              if a in names and b in names]  # fmt: skip
    every = told | muted
    columns = [
        told.astype(np.float64), *[(every[:, a] & every[:, b]).astype(np.float64)[:, None] for a, b in groups],
        patterns["sides"].to_numpy().astype(np.float64)[:, None],
        patterns["sensor"].to_numpy().astype(np.float64)[:, None], (denied > 0).astype(np.float64)[:, None],
    ]  # fmt: skip
    called = [f"source:{name}" for name in names] + [f"group:{names[a]}+{names[b]}" for a, b in groups]
    return Evidence(p, [*called, "sides", "sensor", "denied"], np.concatenate(columns, axis=1))


def by_chance(names: list[str], learnt: Learnt, params: FuseParams) -> NDArray[np.float64]:
    """How often each source lies beside what another tells by chance alone: learnt, or `by_chance` of what it sees."""
    known = dict(learnt.calibration.filter(pl.col("part") == _CHANCE).select("name", "value").rows())
    return np.array([known.get(name, params.by_chance) for name in names])


def _flags(lists: pl.Series, names: list[str]) -> NDArray[np.bool_]:
    """Lists of names -> rows x names."""
    made = np.zeros((lists.len(), len(names)), dtype=bool)
    long = pl.DataFrame({"row": np.arange(lists.len()), "name": lists}).explode("name").drop_nulls()
    made[long["row"].to_numpy(), long["name"].replace_strict(names, list(range(len(names))), return_dtype=pl.Int64).to_numpy()] = True  # fmt: skip  # noqa: E501
    return made
