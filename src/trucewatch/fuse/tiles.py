"""Tiles: a part of the ground and of the time, with a halo around it, gives what the whole gives: it can run anywhere.

1. halo    how far around a tile one has to see: the furthest that two can be paired, and be counted around those
2. tile    rows inside and in the halo -> the inside ones; what hangs together with nothing outside is done with
3. sew     tiles -> the whole: only what hangs together over an edge is parted again
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.sightings import RADIUS_SIGMAS
from trucewatch.fuse.stream import Array, Stream, begin, empty, part_again

_HAIR = 1.001
HELD = ("rho", "t", "at", "var", "shape", "lo", "hi", "blur", "source", "code")


@dataclass(frozen=True)
class Tile:
    """rows: those inside; place: which of them can be linked; facts: of these; whole: which of these hang together with
    nothing outside; label, group, score: how those are parted, by their number among these, -1 for the others."""

    rows: pl.DataFrame
    place: Array
    facts: dict[str, Array]
    label: Array
    group: Array
    score: Array
    whole: Array


def halo(params: FuseParams, learnt: Learnt) -> tuple[float, float]:
    """-> metres and seconds around a tile, whatever lies in it: what is vaguer than the params allow stands alone."""
    place = float(learnt.sources["place_sd_m"].max() or 0.0)  # type: ignore[arg-type]
    time = float(learnt.sources["time_sd_s"].max() or 0.0)  # type: ignore[arg-type]
    sd_m = math.hypot(params.max_radius_m / RADIUS_SIGMAS, max(place, params.place_sd_m))
    sd_s = math.hypot(params.max_span_s / math.sqrt(12), max(time, params.clock_sd_s))
    gate = _HAIR * math.sqrt(2) * params.gate_sigmas
    return gate * sd_m + params.background_m, gate * sd_s + max(params.background_s)


def tile(rows: pl.DataFrame, inside: pl.Series, params: FuseParams, learnt: Learnt) -> Tile:
    """Rows of `fair` inside a tile and in its halo, which are inside, a settled learnt table -> the tile."""
    kept = inside.to_numpy()
    made = begin(pl.concat([rows.filter(inside), rows.filter(~inside)]), params, learnt)
    # `begin` puts rows in order: which are inside is told by their ids
    own = made.rows["id"].is_in(rows.filter(inside)["id"].implode()).to_numpy() if kept.any() else np.zeros(0, np.bool_)
    own = own if own.size else np.zeros(made.rows.height, np.bool_)
    mine = own[made.part("place")]
    crossing = np.zeros(made.n, np.bool_)
    crossing[made.part("group")[~mine]] = True
    number = np.cumsum(mine) - 1
    whole = ~crossing[made.part("group")][mine]
    return Tile(
        rows=made.rows.filter(pl.Series(own, dtype=pl.Boolean)),
        place=(np.cumsum(own) - 1)[made.part("place")[mine]],
        facts={name: made.part(name)[mine] for name in HELD},
        label=np.where(whole, number[made.part("label")[mine]], -1),
        group=np.where(whole, number[made.part("group")[mine]], -1),
        score=made.part("score")[mine],
        whole=whole,
    )


def sew(tiles: list[Tile], params: FuseParams, learnt: Learnt) -> Stream:
    """Tiles that hold every row once -> a stream of all of them, to which batches can be added."""
    made = empty(tiles[0].rows.clear(), params, learnt)
    open_: list[Array] = []
    for each in tiles:
        start, before = made.n, made.rows.height
        own = np.arange(start, start + each.place.size)
        made.rows = made.rows.vstack(each.rows)
        made.grow(
            {**each.facts, "place": before + each.place, "label": np.where(each.whole, start + each.label, own),
             "group": np.where(each.whole, start + each.group, own), "score": each.score}
        )  # fmt: skip
        open_.append(own[~each.whole])
    part_again(made, np.concatenate(open_))
    return made
