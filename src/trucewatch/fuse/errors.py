"""Step 3: sightings, what was learnt -> arrays: each one's error, what its kind speaks for, what its source adds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.fuse import kernels
from trucewatch.fuse.kernels import Facts, Model
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.parts import in_parts

Array = NDArray[Any]
_LEAST = 1e-9
_MOST_ACTS = 64


def facts_and_model(seen: pl.DataFrame, params: FuseParams, learnt: Learnt) -> tuple[Facts, Model]:
    """sightings that can be linked (source, name, mask, lon, lat, sd_m, lo_s, hi_s, blur_s2, shape) -> arrays."""
    names = seen.select("source", "name").unique().sort("source")
    told = learnt.of(names.select(source="name")).with_columns(code=names["source"])
    code, like, acts = _kinds(seen, told, params)
    at = kernels.on_the_globe(seen["lon"].to_numpy(), seen["lat"].to_numpy())
    source = seen["source"].to_numpy().astype(np.int32)
    lo, hi = seen["lo_s"].to_numpy(), seen["hi_s"].to_numpy()
    n_source = int(names["source"].max() or 0) + 1  # type: ignore[arg-type]
    gain, again, bias, scale = _odds(told, n_source, params)
    facts = Facts(
        at=at,
        var=seen["sd_m"].to_numpy() ** 2,
        shape=seen["shape"].to_numpy().astype(np.int32),
        lo=lo,
        hi=hi,
        blur=seen["blur_s2"].to_numpy(),
        source=source,
        code=code,
        rho=_density(at, (lo + hi) / 2, source, params) + scale[source],
    )
    most = np.ones(n_source, np.int64)
    most[told["code"].to_numpy()] = told["most_per_incident"].to_numpy()
    return facts, Model(
        like=like,
        acts=acts,
        gain=gain,
        again=again,
        bias=bias,
        most=most,
        shapes=np.zeros((1, 3)),
        gate=params.gate_sigmas,
        accept=math.log(params.accept_odds),
        apart=params.apart,
    )


def _odds(told: pl.DataFrame, n: int, params: FuseParams) -> tuple[Array, Array, float, Array]:
    """learnt rows -> what a first and a further sighting of each source add, of any incident of two, and the scale that
    turns the density of a source's reports into that of incidents: all logs."""
    plain = math.log(params.p_both)
    gain, again, scale = np.full(n, plain), np.full(n, math.log(params.p_again)), np.zeros(n)
    if told["p_reports"].null_count() or told["spurious"].null_count():
        return gain, again, -plain, scale
    which = told["code"].to_numpy()
    p = np.clip(told["p_reports"].to_numpy(), 1e-4, 1 - 1e-4)
    q = np.clip(told["spurious"].to_numpy(), 0.0, 1 - 1e-4)
    bias = float(np.log1p(-p).sum())
    # Alone: nobody else reported it, or there was nothing.
    lone = np.exp(bias - np.log1p(-p)) + q / (1 - q)
    gain[which] = -np.log1p(-p) - np.log(lone)
    scale[which] = np.log1p(-q) - np.log(p)
    again[which] = math.log(params.p_again) + scale[which]
    return gain, again, bias, scale


def _density(at: Array, t: Array, source: Array, params: FuseParams) -> Array:
    """Log of how many reports of its own source there are around each, per m2 and s."""
    windows = np.array(params.background_s)
    grid = kernels.by_source(at, t, source, params.background_m)
    order, runs = grid[0], grid[1].size
    rule = (windows, params.background_m, params.background_enough)
    there, then = np.ascontiguousarray(at[order].T), t[order]
    parts = in_parts(lambda part: kernels.count_own(there, then, grid, rule, part), runs)
    n, window = (np.concatenate([part[k] for part in parts]) for k in range(2))
    made = np.empty(t.size)
    made[order] = np.log(n / (math.pi * params.background_m**2 * 2 * windows[window]))
    return made


def _kinds(seen: pl.DataFrame, told: pl.DataFrame, params: FuseParams) -> tuple[Array, Array, Array]:
    """-> code of (source, mask) for each row, likelihood of each code by act, how often each act is.

    A kind that may be several acts speaks for each of them. What a source tells wrongly (`kind_wrong`) speaks for all
    others, so that a slip costs odds and does not forbid; without that, acts that do not meet are never one.
    """
    codes = seen.select("source", "mask").unique().sort("source", "mask").with_row_index("code")
    joined = seen.join(codes, on=["source", "mask"], how="left", maintain_order="left")
    count = joined.group_by("code").len().sort("code")["len"].to_numpy().astype(float)
    bits = codes["mask"].to_numpy().astype(np.uint64)
    used = [k for k in range(_MOST_ACTS) if np.any(bits >> np.uint64(k) & np.uint64(1))]
    means = np.array([(bits >> np.uint64(k)) & np.uint64(1) for k in used], float).T
    # How often each act is: every report shared out among the acts that it may mean.
    acts = (count[:, None] * means / means.sum(1, keepdims=True)).sum(0)
    acts /= acts.sum()
    wrong = dict(zip(told["code"].to_list(), told["kind_wrong"].to_list(), strict=True))
    of = codes["source"].to_list()
    like = np.empty_like(means)
    for source in sorted(set(of)):
        mine = np.array([s == source for s in of])
        share = count[mine] / count[mine].sum()
        fits = (share[:, None] * means[mine]).sum(0)  # how often that source says what could mean this act
        slip = wrong[source] or 0.0
        right = (1 - slip) / np.maximum(fits, _LEAST)
        off = np.where(fits < 1, slip / np.maximum(1 - fits, _LEAST), 0.0)
        like[mine] = np.where(means[mine] > 0, right, off)
    like /= np.maximum((like * acts).sum(1, keepdims=True), _LEAST)
    return joined["code"].to_numpy().astype(np.int32), like, acts
