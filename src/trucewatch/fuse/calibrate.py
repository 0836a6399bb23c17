"""From judged incidents to chances that can be held to account: a logistic, and Venn-Abers on top.

1. logit     of the prior, of each source's telling, of each dependence group, of both sides, of instruments
2. Venn-Abers on scores of folds that the logistic has not seen: what share of like scores did happen, if this one
             had happened, and if it had not; between both lies the chance (Vovk, Petej 2014)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.fuse.params import FuseParams
from trucewatch.tables import CALIBRATION

Floats = NDArray[np.float64]
_NEWTON = 50
_EDGE = 1e-6


@dataclass(frozen=True)
class Evidence:
    """Of each incident: prior, and features (named columns of 0 and 1)."""

    prior: Floats
    names: list[str]
    features: Floats


def calibration(evidence: Evidence, happened: Floats, params: FuseParams) -> pl.DataFrame:
    """Evidence of judged incidents, and whether each happened -> the calibration. Its first row says on what it rests:
    below `least_judged` incidents, or where all or none happened, the prior stands."""
    if happened.size < params.least_judged or happened.min() == happened.max():
        return CALIBRATION.fit(pl.DataFrame({"part": ["prior"], "name": ["judged"], "value": [float(happened.size)]}))
    x = _design(evidence)
    weights = _logistic(x, happened, params.ridge)
    fold = _folds(x, happened, params.folds)
    held_out = np.empty(happened.size)
    for n in range(params.folds):
        held_out[fold == n] = x[fold == n] @ _logistic(x[fold != n], happened[fold != n], params.ridge)
    at, value = _venn_abers(held_out, happened)
    names = ["bias", "prior", *evidence.names]
    error = calibration_error(_stepped(held_out, at, value), happened, params.bins)
    made = [
        pl.DataFrame({"part": "adjudicated", "name": "judged", "value": float(happened.size)}),
        pl.DataFrame({"part": "measured", "name": "error_of_prior",
                      "value": calibration_error(evidence.prior, happened, params.bins)}),
        pl.DataFrame({"part": "measured", "name": "error_on_itself", "value": error}),
        pl.DataFrame({"part": "weight", "name": names, "value": weights}),
        pl.DataFrame({"part": "step", "name": "venn_abers", "at": at, "value": value}),
    ]  # fmt: skip
    return CALIBRATION.fit(pl.concat(made, how="diagonal"))


def calibrated(evidence: Evidence, table: pl.DataFrame) -> Floats:
    """Evidence, calibration -> chances: the prior where nothing was judged."""
    weights = table.filter(pl.col("part") == "weight")
    if weights.is_empty():
        return evidence.prior
    known = dict(weights.select("name", "value").rows())
    names = ["bias", "prior", *evidence.names]
    score = _design(evidence) @ np.array([known.get(name, 0.0) for name in names])
    steps = table.filter(pl.col("part") == "step").sort("at")
    return _stepped(score, steps["at"].to_numpy(), steps["value"].to_numpy())


def _design(evidence: Evidence) -> Floats:
    p = np.clip(evidence.prior, 1e-4, 1 - 1e-4)
    return np.column_stack([np.ones(p.size), np.log(p / (1 - p)), evidence.features])


def _logistic(x: Floats, y: Floats, ridge: float) -> Floats:
    """Weights by Newton's steps; ridge pulls each towards 0, that of the prior towards 1, and leaves the bias free."""
    middle = np.zeros(x.shape[1])
    middle[1] = 1.0
    pull = np.full(x.shape[1], ridge)
    pull[0] = _EDGE
    w = middle.copy()
    for _ in range(_NEWTON):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        slope = x.T @ (y - p) - pull * (w - middle)
        bend = (x * (p * (1 - p) + _EDGE)[:, None]).T @ x + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        w = w + step
        if np.abs(step).max() < 1e-9:
            break
    return w


def _folds(x: Floats, y: Floats, n: int) -> NDArray[np.int64]:
    """Folds by rank of what is known of them, not by their order: the same incidents give the same folds."""
    order = np.lexsort((*x.T, y))
    fold = np.empty(y.size, dtype=np.int64)
    fold[order] = np.arange(y.size) % n
    return fold


def isotonic(y: Floats, weight: Floats) -> Floats:
    """The never-falling curve nearest to y (pool adjacent violators).

    >>> isotonic(np.array([0.0, 1.0, 0.0, 1.0]), np.ones(4)).tolist()
    [0.0, 0.5, 0.5, 1.0]
    """
    level: list[list[float]] = []
    for value, w in zip(y.tolist(), weight.tolist(), strict=True):
        level.append([value, w, 1.0])
        while len(level) > 1 and level[-2][0] >= level[-1][0]:
            v, w2, k = level.pop()
            u, w1, j = level[-1]
            level[-1] = [(u * w1 + v * w2) / (w1 + w2), w1 + w2, j + k]
    return np.concatenate([np.full(int(k), v) for v, _, k in level])


def _venn_abers(score: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Scores and outcomes -> at(score), value: at each score that was seen, p1 / (1 - p0 + p1), with p0 and p1 the
    curve's values there had one more of that score not happened, or happened."""
    at, inverse = np.unique(np.round(score, 9), return_inverse=True)
    count = np.bincount(inverse).astype(np.float64)
    mean = np.bincount(inverse, weights=y) / count
    value = np.empty(at.size)
    for n in range(at.size):
        two = []
        for outcome in (0.0, 1.0):
            more, weight = mean.copy(), count.copy()
            more[n] = (mean[n] * count[n] + outcome) / (count[n] + 1)
            weight[n] += 1
            two.append(isotonic(more, weight)[n])
        value[n] = two[1] / (1 - two[0] + two[1])
    return at, value


def _stepped(score: Floats, at: Floats, value: Floats) -> Floats:
    """A score -> the value of the nearest score that was seen."""
    right = np.clip(np.searchsorted(at, score), 0, at.size - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(score - at[left]) <= np.abs(at[right] - score)
    return value[np.where(nearer, left, right)]


def calibration_error(p: Floats, happened: Floats, bins: int) -> float:
    """Expected calibration error: mean distance of what was claimed from what was so, over bins of equal width.

    >>> calibration_error(np.array([0.9, 0.9]), np.array([1.0, 0.0]), 10)
    0.4
    """
    table = reliability(p, happened, bins)
    n, off = table["n"].to_numpy(), (table["claimed"] - table["was"]).abs().to_numpy()
    return float((n * off).sum() / n.sum()) if n.size else 0.0


def reliability(p: Floats, happened: Floats, bins: int) -> pl.DataFrame:
    """Claimed chances, and what was so -> bin, n, claimed (mean), was (share): a reliability diagram as a table."""
    where = np.minimum((np.asarray(p) * bins).astype(np.int64), bins - 1)
    made = pl.DataFrame({"bin": where, "p": p, "y": happened}, schema_overrides={"p": pl.Float64, "y": pl.Float64})
    return made.group_by("bin").agg(n=pl.len(), claimed=pl.col("p").mean(), was=pl.col("y").mean()).sort("bin")
