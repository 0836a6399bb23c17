"""Step 3: sightings, what was learnt -> arrays: each one's error, what its kind speaks for, what its source adds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.base.errors import InputError
from trucewatch.fuse import kernels
from trucewatch.fuse.kernels import Facts, Model
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.parts import in_parts

Array = NDArray[Any]
_LEAST = 1e-9
_MOST_ACTS = 64


def facts_and_model(seen: pl.DataFrame, params: FuseParams, learnt: Learnt) -> tuple[Facts, Model]:
    """sightings that can be linked (name, mask, lon, lat, sd_m, lo_s, hi_s, blur_s2, shape) -> arrays.

    Where the learnt table tells how often each source says each kind, that holds, and nothing hangs on which other
    sightings there are, save how dense it is around each. Else it is counted here.
    """
    shares = shares_of(seen) if learnt.shares is None else learnt.shares
    model, scale = model_of(shares, params, learnt)
    facts = plain_facts(seen, shares)
    model = model._replace(shapes=shapes_of(seen))
    rho = density(facts, params) + scale[facts.source]
    return facts._replace(rho=rho), model


def shares_of(seen: pl.DataFrame) -> pl.DataFrame:
    """sightings(name, mask) -> source, mask, n: how often each source says each kind."""
    made = seen.group_by(source="name", mask=pl.col("mask").cast(pl.UInt64)).agg(n=pl.len().cast(pl.Int64))
    return made.sort("source", "mask")


def plain_facts(seen: pl.DataFrame, shares: pl.DataFrame) -> Facts:
    """Arrays of sightings, but for the density around each, which is 0. InputError: `shares` lacks a source or kind."""
    codes = shares.select(
        name="source", mask="mask", code_=pl.int_range(pl.len(), dtype=pl.Int32), source_=pl.col("source").rank("dense")
    )
    coded = seen.select("name", pl.col("mask").cast(pl.UInt64)).join(
        codes, on=["name", "mask"], how="left", maintain_order="left"
    )
    if coded["code_"].null_count():
        lacks = coded.filter(pl.col("code_").is_null())["name"][0]
        raise InputError(f"{lacks} says a kind of which the learnt table knows nothing", expected="to be learnt again")
    lo, hi = seen["lo_s"].to_numpy(), seen["hi_s"].to_numpy()
    return Facts(
        at=kernels.on_the_globe(seen["lon"].to_numpy(), seen["lat"].to_numpy()),
        var=seen["sd_m"].to_numpy() ** 2,
        shape=seen.select(
            pl.when(pl.col("shape").is_not_null()).then(pl.col("shape").is_not_null().cum_sum() - 1).otherwise(-1)
        )
        .to_series()
        .to_numpy()
        .astype(np.int32),
        lo=lo,
        hi=hi,
        blur=seen["blur_s2"].to_numpy(),
        source=coded["source_"].to_numpy().astype(np.int32) - 1,
        code=coded["code_"].to_numpy().astype(np.int32),
        rho=np.zeros(lo.size),
    )


def shapes_of(seen: pl.DataFrame) -> Array:
    """Sightings whose error is not round -> a row each: variance east, covariance, variance north, m2."""
    made = seen.select("shape").filter(pl.col("shape").is_not_null()).unnest("shape")
    return made.to_numpy().astype(np.float64) if made.height else np.zeros((1, 3))


def model_of(shares: pl.DataFrame, params: FuseParams, learnt: Learnt) -> tuple[Model, Array]:
    """-> model; and for each source the log that turns the density of its reports into that of incidents."""
    told = learnt.of(shares.select("source").unique().sort("source")).with_row_index("code")
    like, acts = _kinds(shares, told)
    gain, again, bias, scale = _odds(told, told.height, params)
    return Model(
        like=like,
        alike=np.einsum("ik,jk,k->ij", like, like, acts),
        acts=acts,
        gain=gain,
        again=again,
        bias=bias,
        most=told["most_per_incident"].to_numpy().astype(np.int64),
        shapes=np.zeros((1, 3)),
        gate=params.gate_sigmas,
        accept=math.log(params.accept_odds),
        apart=params.apart,
    ), scale


def _odds(told: pl.DataFrame, n: int, params: FuseParams) -> tuple[Array, Array, float, Array]:
    """learnt rows -> what a first and a further sighting of each source add, of any incident of two, and the scale that
    turns the density of a source's reports into that of incidents: all logs."""
    plain = math.log(params.p_both)
    gain, again, scale = np.full(n, plain), np.full(n, math.log(params.p_again)), np.zeros(n)
    unknown = bool(told["p_reports"].null_count() or told["spurious"].null_count())
    if unknown and told["place_sd_m"].null_count() == told.height:
        return gain, again, -plain, scale
    which = told["code"].to_numpy()
    if unknown:
        # In a crowd nobody can tell what a source misses from what lies there by chance, and what is learnt of one from
        # the others is no better. All others together then report what one did as often as two sources of p_both would.
        others = max(told.height - 1, 1)
        p = np.full(told.height, 1 - (1 - params.p_both) ** (min(others, 2) / others))
        q = np.zeros(told.height)
    else:
        p = np.clip(told["p_reports"].to_numpy(), 1e-4, 1 - 1e-4)
        q = np.clip(told["spurious"].to_numpy(), 0.0, 1 - 1e-4)
    bias = float(np.log1p(-p).sum())
    # Alone: nobody else reported it, or there was nothing.
    lone = np.exp(bias - np.log1p(-p)) + q / (1 - q)
    gain[which] = -np.log1p(-p) - np.log(lone)
    scale[which] = np.log1p(-q) - np.log(p)
    again[which] = math.log(params.p_again) + scale[which]
    return gain, again, bias, scale


def density(facts: Facts, params: FuseParams) -> Array:
    """Log of how many reports of its own source there are around each, per m2 and s."""
    at, t, source = facts.at, (facts.lo + facts.hi) / 2, facts.source
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


def _kinds(shares: pl.DataFrame, told: pl.DataFrame) -> tuple[Array, Array]:
    """-> likelihood of each row of `shares` by act, how often each act is.

    A kind that may be several acts speaks for each of them. What a source tells wrongly (`kind_wrong`) speaks for all
    others, so that a slip costs odds and does not forbid; without that, acts that do not meet are never one.
    """
    count = shares["n"].to_numpy().astype(float)
    bits = shares["mask"].to_numpy()
    used = [k for k in range(_MOST_ACTS) if np.any(bits >> np.uint64(k) & np.uint64(1))]
    means = np.array([(bits >> np.uint64(k)) & np.uint64(1) for k in used], float).T
    # How often each act is: every report shared out among the acts that it may mean.
    acts = (count[:, None] * means / means.sum(1, keepdims=True)).sum(0)
    acts /= acts.sum()
    wrong = dict(zip(told["source"].to_list(), told["kind_wrong"].to_list(), strict=True))
    of = shares["source"].to_list()
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
    return like, acts
