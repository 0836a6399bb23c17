"""incidents, links -> completeness. How many incidents did nobody report? Silence is not peace.

From how often sources tell of the same incidents follows how often they all miss one (capture and recapture). Poisson
counts of who-told patterns are fitted by log-linear models, dependences between two sources are taken in while Akaike's
criterion falls, and what the model expects where nobody tells is the estimate. Chao's bound needs less: it stays a
lower bound where some incidents are harder to see than others.
"""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl

from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.near import Floats
from trucewatch.fuse.params import FuseParams
from trucewatch.tables import COMPLETENESS

_Z = 1.96
_NEWTON = 100
_SMALL = 1e-8
_GAIN = 2.0
"""A dependence is taken in where Akaike's criterion falls by more: models nearer than that are as good (Burnham)."""
_ALL = "all"
_GRAIN = 2.0**-30
"""Chances are taken in steps of this, so that their sums are exact: the same in any order, on any number of threads."""
_PLACES = 3
"""Decimals of an estimate that is handed on: far finer than its interval, coarser than how one machine's last digits
differ from another's."""


def completeness(
    incidents: pl.DataFrame, links: pl.DataFrame, observations: pl.DataFrame, learnt: Learnt, params: FuseParams
) -> pl.DataFrame:
    """Of all incidents and of each kind: how many nobody reported, with an interval. Unknown where one source tells.

    Sources that repeat each other are one; of many, those that tell most are kept apart, the rest taken as one. An
    incident counts as likely as it is to have happened.
    """
    told = _told(links, observations, learnt).join(
        incidents.select("kind", p=(pl.col("p") / _GRAIN).round() * _GRAIN, cluster="id").filter(pl.col("p") > 0),
        on="cluster",
    )
    kinds = incidents.group_by("kind").len().filter(pl.col("len") >= params.least_seen).sort("kind")["kind"]
    rows = [_stratum(_ALL, told, params)]
    rows += [_stratum(f"kind: {kind}", told.filter(pl.col("kind") == kind), params) for kind in kinds]
    return COMPLETENESS.check(pl.DataFrame(rows, schema=COMPLETENESS.schema, orient="row"))


def _told(links: pl.DataFrame, observations: pl.DataFrame, learnt: Learnt) -> pl.DataFrame:
    """-> told(cluster, list): which independent source tells of which incident."""
    yes = (
        observations.filter(pl.col("stance").fill_null("affirms") != "denies")
        if "stance" in observations.columns
        else observations
    )
    root = {name: name for name in yes["source"].unique().sort().to_list()}
    for copier, original in (
        learnt.dependence.filter(pl.col("p") > 0).select("copier", "original").sort("copier", "original").rows()
    ):
        if copier in root and original in root:
            one, two = sorted((root[copier], root[original]))
            root = {name: one if of == two else of for name, of in root.items()}
    rows = yes.select("id", list=pl.col("source").replace(root))
    return links.join(rows, left_on="observation", right_on="id").select("list", cluster="incident").unique()


def _stratum(name: str, told: pl.DataFrame, params: FuseParams) -> tuple[object, ...]:
    lists = told.group_by("list").agg(n=pl.col("p").sum()).sort("n", "list", descending=[True, False])["list"].to_list()
    kept = lists[: params.most_lists - 1] if len(lists) > params.most_lists else lists
    rest = len(lists) > len(kept)
    t = len(kept) + rest
    seen = float(told.unique("cluster")["p"].sum())
    if t < 2:
        says = "one source only: what it misses is unknown" if t else "nobody reports any"
        return (name, round(seen), t, None, None, None, None, None, says)
    at = {one: n for n, one in enumerate(kept)}
    bit = pl.col("list").replace_strict(at, default=t - 1, return_dtype=pl.Int64)
    cells = told.with_columns(bit=bit).unique(["cluster", "bit"]).group_by("cluster").agg(
        cell=(2 ** pl.col("bit")).sum().cast(pl.Int64), p=pl.col("p").first()
    )  # fmt: skip
    counts = np.bincount(cells["cell"].to_numpy(), weights=cells["p"].to_numpy(), minlength=2**t)[1:]
    names = [*kept, *(["others"] if rest else [])]

    found = unseen(floats := counts.astype(np.float64), names)
    chao = round(chao_bound(floats), _PLACES)
    if found is None:
        return (name, round(seen), t, None, chao, None, chao, None, "sources share too few incidents to tell")
    estimate, low, high, model = found
    says = f"{in_words((estimate, low, high), chao)}, beside {seen:.0f} that somebody did"
    says += "; rests on two sources that do not depend on each other" if t == 2 else ""
    return (name, round(seen), t, estimate, low, high, chao, model, says)


def in_words(told: tuple[float, float, float], chao: float) -> str:
    """An estimate with its interval, Chao's bound -> words, and where the two cannot both be so, that they are not.

    >>> in_words((272.4, 135.2, 548.9), 1414.1)
    "about 272 that nobody reported (135 to 549; but by Chao's bound no fewer than 1414, so this may be far too few)"
    >>> in_words((232.4, 171.3, 315.4), 106.7)
    'about 232 that nobody reported (171 to 315)'
    """
    estimate, low, high = told
    doubt = f"; but by Chao's bound no fewer than {chao:.0f}, so this may be far too few" if chao > high else ""
    return f"about {estimate:.0f} that nobody reported ({low:.0f} to {high:.0f}{doubt})"


def chao_bound(counts: Floats) -> float:
    """Counts of the patterns 1, 2, ... (bits: who told) -> no fewer than so many are seen by nobody (Chao 1987).

    >>> round(chao_bound(np.array([30.0, 20.0, 25.0])), 1)
    23.6
    >>> chao_bound(np.array([0.0, 0.0, 4.0]))
    0.0
    """
    t = int(np.log2(counts.size + 1))
    told = np.array([bin(n).count("1") for n in range(1, counts.size + 1)])
    once, twice = counts[told == 1].sum(), counts[told == 2].sum()
    return float((t - 1) / t * max(0.0, once * (once - 1)) / (2 * (twice + 1)))


def unseen(counts: Floats, names: list[str]) -> tuple[float, float, float, str] | None:
    """Counts of patterns -> estimate of what nobody told of, its 95 % interval, and the model chosen; None where no two
    sources share enough.

    The interval is log-normal about the estimate (Burnham), and holds both what the fit does not know and chance.
    """
    t = len(names)
    bits = ((np.arange(1, 2**t)[:, None] >> np.arange(t)) & 1).astype(np.float64)
    if counts[bits.sum(axis=1) >= 2].sum() < 1:
        return None
    pairs = list(itertools.combinations(range(t), 2)) if t > 2 else []
    chosen: list[tuple[int, int]] = []
    best = _fit(counts, bits, chosen)
    while best is not None and len(chosen) < len(pairs):
        more = [(_fit(counts, bits, [*chosen, pair]), pair) for pair in pairs if pair not in chosen]
        fits = [(fit, pair) for fit, pair in more if fit is not None]
        if not fits:
            break
        fit, pair = min(fits, key=lambda one: (one[0][2], one[1]))
        if fit[2] >= best[2] - _GAIN:
            break
        best, chosen = fit, [*chosen, pair]
    if best is None:
        return None
    estimate, variance, _ = best
    c = np.exp(_Z * np.sqrt(np.log1p(variance + 1 / max(estimate, 0.5))))
    model = " + ".join(["independent", *(f"{names[a]}:{names[b]}" for a, b in sorted(chosen))])
    low, middle, high = (round(float(one), _PLACES) for one in (estimate / c, estimate, estimate * c))
    return middle, low, high, model


def _fit(counts: Floats, bits: Floats, pairs: list[tuple[int, int]]) -> tuple[float, float, float] | None:
    """-> expected count where nobody tells, variance of its logarithm, and Akaike's criterion; None where there is no
    finite fit: a pair that never tells together, or always does."""
    x = np.column_stack([np.ones(len(bits)), bits, *[bits[:, a] * bits[:, b] for a, b in pairs]]).astype(np.float64)
    if x.shape[1] > len(bits):
        return None
    beta = np.linalg.lstsq(x, np.log(counts + 0.5), rcond=None)[0]
    for _ in range(_NEWTON):
        mean = np.exp(np.clip(x @ beta, -30, 30))
        bend = (x * mean[:, None]).T @ x + _SMALL * np.eye(x.shape[1])
        step = np.linalg.solve(bend, x.T @ (counts - mean))
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    mean = np.exp(np.clip(x @ beta, -30, 30))
    variance = float(np.linalg.inv((x * mean[:, None]).T @ x + _SMALL * np.eye(x.shape[1]))[0, 0])
    if not np.isfinite(variance) or variance > 25 or abs(beta).max() > 25:
        return None
    likelihood = float((counts * np.log(np.maximum(mean, 1e-12)) - mean).sum())
    return float(np.exp(beta[0])), variance, 2 * x.shape[1] - 2 * likelihood
