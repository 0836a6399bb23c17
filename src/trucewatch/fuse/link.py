"""Steps 3 to 5: sightings -> clusters. Which pairs are near, how likely is each one happening, how are all best parted?

1. *Errors* (`errors.py`): arrays of what each sighting can mean.
2. *Near* (`kernels.py`): sightings of like error are met in cubes of space, by time; a pair is kept where one
   incident is likelier than coincidence.
3. *Part* (`groups.py`): what hangs together is parted into the sets that are worth most; small groups exactly,
   large ones best first.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.graph import components
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.parts import in_parts, in_turn

if TYPE_CHECKING:
    from trucewatch.fuse.kernels import Facts, Model
    from trucewatch.fuse.pairs import Side

Array = NDArray[Any]
_LEAST_BOX_M = 60.0
"""Boxes are no smaller: their numbers have 18 bits an axis."""
_HAIR = 1.0001


def link(
    sightings: pl.DataFrame,
    params: FuseParams,
    learnt: Learnt | None = None,
    must: pl.DataFrame | None = None,
    cannot: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """sightings, learnt, must(left, right), cannot(left, right) -> clusters(sighting, cluster, component, score).

    cluster, component: their first sighting; score: the mean of a sighting's log odds with the others of its cluster,
    null where it is alone. must, cannot: pairs of sightings of which a person has said that they are one happening, or
    are not. Of those that must be one, the one that knows best where it was is linked, and the others go with it.
    """
    from trucewatch.fuse.errors import facts_and_model
    from trucewatch.fuse.groups import first_with

    n = sightings.height
    speaker = _speakers(sightings, must)
    usable = sightings.filter(pl.col("alone").is_null() & (speaker == np.arange(n)))
    label, group, score = np.arange(n, dtype=np.uint32), np.arange(n, dtype=np.uint32), np.full(n, np.nan)
    if usable.height:
        own = usable["sighting"].to_numpy()
        facts, model = facts_and_model(usable, params, learnt or Learnt())
        cluster, component, score[own] = parted(facts, model, params, _keys(cannot, speaker, own), _phases(usable))
        label[own], group[own] = own[cluster], own[component]
    label, group = first_with(label[speaker]), first_with(group[speaker])
    return pl.DataFrame(
        {"sighting": np.arange(n, dtype=np.uint32), "cluster": label, "component": group, "score": score}
    ).with_columns(pl.col("score").fill_nan(None))


def parted(
    facts: Facts, model: Model, params: FuseParams, barred: Array, phases: Array | None = None
) -> tuple[Array, Array, Array]:
    """Facts in the order that decides ties, model, keys of pairs that must not meet -> for each the first of its
    cluster, the first of its component, and its score, nan where it is alone.

    phases: what of a shot each noticed, by number, 0 where that is not told: a launch and an impact are never one.
    """
    from trucewatch.fuse.groups import in_groups, mean_scores, members_of, part_groups

    n = facts.lo.size
    pairs = near(facts, model, params)
    component, grouped = in_groups(pairs[0], pairs[1], n)
    if phases is not None and phases.any():
        barred = np.union1d(barred, _apart(component, phases))
    cluster = np.arange(n, dtype=np.int32)
    in_parts(partial(part_groups, facts, model, pairs, grouped, barred, cluster), n)
    means = np.full(n, np.nan)
    in_parts(partial(mean_scores, facts, model, members_of(cluster), means), n)
    return cluster, component, means


def _phases(usable: pl.DataFrame) -> Array | None:
    if "phase" not in usable.columns or usable["phase"].null_count() == usable.height:
        return None
    return usable.select(pl.col("phase").to_physical().cast(pl.Int64) + 1).to_series().fill_null(0).to_numpy()


def _apart(component: Array, phases: Array) -> Array:
    """Keys of the pairs that hang together, by whatever lies between them, and tell two phases."""
    told = np.flatnonzero(phases)
    rows = pl.DataFrame({"row": told, "phase": phases[told], "component": component[told]})
    met = rows.join(rows, on="component").filter(
        pl.col("row") < pl.col("row_right"), pl.col("phase") != pl.col("phase_right")
    )
    keys: Array = np.sort((met["row"].to_numpy() << 32) + met["row_right"].to_numpy())
    return keys


def _speakers(sightings: pl.DataFrame, must: pl.DataFrame | None) -> Array:
    """For each sighting, the one that is linked in its stead: of those that must be one the finest, or else itself."""
    every = np.arange(sightings.height)
    if must is None or must.is_empty():
        return every
    left, right = (must[name].to_numpy().astype(np.int64) for name in ("left", "right"))
    held = sightings.select("sighting", "alone", "sd_m").with_columns(group=components(left, right, every.size))
    finest = held.sort(pl.col("alone").is_not_null(), "sd_m", "sighting", nulls_last=True).unique(
        "group", keep="first", maintain_order=True
    )
    named = held.join(finest.select("group", speaker="sighting"), on="group", maintain_order="left")
    return named["speaker"].to_numpy().astype(np.int64)


def _keys(cannot: pl.DataFrame | None, speaker: Array, own: Array) -> Array:
    """cannot(left, right) as sightings -> sorted keys of places among those that are linked."""
    if cannot is None or cannot.is_empty():
        return np.zeros(0, np.int64)
    place = np.full(speaker.size, -1, np.int64)
    place[own.astype(np.int64)] = np.arange(own.size)
    a, b = (place[speaker[cannot[name].to_numpy().astype(np.int64)]] for name in ("left", "right"))
    kept = (a >= 0) & (b >= 0) & (a != b)
    a, b = np.minimum(a, b)[kept], np.maximum(a, b)[kept]
    return np.unique((a << 32) + b)


def near(facts: Facts, model: Model, params: FuseParams) -> tuple[Array, Array, Array]:
    """Facts, model -> pairs(left, right, score) whose score is above what a link has to be worth, left < right."""
    from trucewatch.fuse.kernels import steps
    from trucewatch.fuse.pairs import near_pairs

    t = (facts.lo + facts.hi) / 2
    sd_s = np.sqrt(facts.blur + (facts.hi - facts.lo) ** 2 / 12)
    sd_m = np.sqrt(facts.var)
    classes = _classes(sd_m, sd_s, params.step_of_error)
    made = [(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))]
    for one in range(len(classes)):
        for two in range(one, len(classes)):
            a, b = classes[one], classes[two]
            sources = np.unique(np.concatenate([facts.source[a], facts.source[b]]))
            if sources.size == 1 and model.most[sources[0]] < 2:
                continue
            reach_m = _HAIR * model.gate * math.hypot(sd_m[a].max(), sd_m[b].max())
            window_s = _HAIR * model.gate * math.hypot(sd_s[a].max(), sd_s[b].max())
            side = max(reach_m, _LEAST_BOX_M)
            made_of = partial(_side, facts, t, side)
            here, there = in_turn(made_of, [a, b]) if one != two else [made_of(a)] * 2
            around = steps(half=one == two)
            work = partial(near_pairs, model, here, there, around, window_s)
            made += in_parts(work, here.box.size)
    left, right, score = (np.concatenate([part[k] for part in made]) for k in range(3))
    return left, right, score


def _side(facts: Facts, t: Array, side_m: float, rows: Array) -> Side:
    from trucewatch.fuse.kernels import in_boxes
    from trucewatch.fuse.pairs import side_of

    return side_of(facts, *in_boxes(facts.at, t, rows, side_m))


def _classes(sd_m: Array, sd_s: Array, step: float) -> list[Array]:
    """Rows by the size of their errors, in factors of `step`: what is fine is met in small boxes."""
    size = (np.floor(np.log(sd_m) / math.log(step)) * 1_000 + np.floor(np.log(sd_s) / math.log(step))).astype(np.int64)
    return [np.flatnonzero(size == each) for each in np.unique(size)]
