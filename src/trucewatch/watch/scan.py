"""Where did more happen at once than place and time by themselves explain? The space-time permutation scan.

Kulldorff and others 2005 (PLoS Medicine 2, e59). A cylinder is a circle around a location and a window of days. It
holds c of all N cases and expects mu = (cases of its locations) x (cases of its days) / N, so that a place where much
is reported, and a day on which much is, are no cluster. Its ratio is c ln(c/mu) + (N-c) ln((N-c)/(N-mu)) where c > mu.
Chance is what days dealt out anew among the cases give: p = (1 + replicates that reach the ratio) / (1 + replicates).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from trucewatch.base.place import on_sphere
from trucewatch.tables import CLUSTERS
from trucewatch.watch.grains import grains
from trucewatch.watch.params import ScanParams


@dataclass(frozen=True)
class Ask:
    """What the user asks of a scan."""

    max_radius_km: float
    max_days: int
    replicates: int
    seed: int = 0
    prospective: bool = False


@dataclass(frozen=True)
class Scanned:
    """clusters: likeliest first; cannot_tell: why there can be none, or nothing."""

    clusters: pl.DataFrame
    cases: int
    cannot_tell: str = ""


@dataclass(frozen=True)
class _Ground:
    """The cases as numbers: by place and day, and which circles and windows there are."""

    names: list[str]
    chain: tuple[Any, Any, Any, Any]
    gaps: Any
    counts: Any
    windows: tuple[Any, Any, Any]
    begins: date
    offset: int


def scan(cases: pl.DataFrame, ask: Ask, params: ScanParams | None = None) -> Scanned:
    """cases(location, lon, lat, day, cases) -> clusters, likeliest first. Several rows of a place and day add up.

    Secondary clusters have no location in common with a likelier one. The study runs from the first to the last day in
    the rows, whatever their number of cases; a row of none says that the place was there.
    """
    params = params or ScanParams()
    total = int(cases["cases"].sum())
    if reason := _too_little(cases, total, ask, params):
        return Scanned(CLUSTERS.empty(), total, reason)
    from trucewatch.watch import _kernels as kernels

    ground = _ground(cases, ask, params)
    of_place = ground.counts.sum(1).astype(np.int64)
    rules = (float(total), int(total * params.most_share), params.least_cases)
    sums = np.zeros((len(ground.names), ground.counts.shape[1] - ground.offset + 1), np.int64)
    sums[:, 1:] = ground.counts[:, ground.offset :].cumsum(1)
    found = kernels.best(ground.chain, sums, of_place, ground.windows, rules)
    chosen = _apart(found, ground, params)
    if not chosen:
        return Scanned(CLUSTERS.empty(), total, "no place and time hold more cases than expected")
    p = _chances(ground, of_place, rules, found[chosen, 0], ask)
    return Scanned(_table(ground, cases, found, chosen, p), total)


def _too_little(cases: pl.DataFrame, total: int, ask: Ask, params: ScanParams) -> str:
    """Why nothing can be told; empty where something can."""
    if total < 2 * params.least_cases:
        return f"there are {total} cases; a cluster has at least {params.least_cases}, and at most half of all"
    held = cases.filter(pl.col("cases") > 0)
    if held["location"].n_unique() < 2:
        return "all cases are at one place, so that nothing can be told of where"
    if held["day"].n_unique() < 2:
        return "all cases are on one day, so that nothing can be told of when"
    return ""


def _ground(cases: pl.DataFrame, ask: Ask, params: ScanParams) -> _Ground:
    places = cases.group_by("location").agg(pl.col("lon", "lat").first()).sort("location")
    begins, ends = cases["day"].min(), cases["day"].max()
    assert isinstance(begins, date) and isinstance(ends, date)
    days = (ends - begins).days + 1
    rows = cases.select(
        place=pl.col("location").replace_strict(places["location"], pl.int_range(places.height, eager=True)),
        day=(pl.col("day") - begins).dt.total_days(),
        cases="cases",
    )
    counts = np.zeros((places.height, days), np.int64)
    np.add.at(counts, (rows["place"].to_numpy(), rows["day"].to_numpy()), rows["cases"].to_numpy())
    chain, gaps = _chains(places, ask.max_radius_km, params)
    longest = min(ask.max_days, days)
    offset = days - longest if ask.prospective else 0
    sums = np.concatenate([[0], counts.sum(0)[offset:].cumsum()])
    top = days - offset
    lengths = np.arange(1, longest + 1)
    after = [np.full(1, top) if ask.prospective else np.arange(length, top + 1) for length in lengths]
    ends_at = np.concatenate(after).astype(np.int64)
    starts_at = ends_at - np.repeat(lengths, [a.size for a in after])
    windows = (starts_at, ends_at, (sums[ends_at] - sums[starts_at]).astype(np.float64))
    return _Ground(places["location"].to_list(), chain, gaps, counts, windows, begins, offset)


def _chains(places: pl.DataFrame, radius_km: float, params: ScanParams) -> tuple[tuple[Any, Any, Any, Any], Any]:
    """Places -> for each centre those within the radius, nearest first; which of them end a tie; and their distances.

    Distance is along the great circle; the straight line through the sphere has the same order.
    """
    from scipy.spatial import cKDTree

    xyz = on_sphere(places["lon"].to_numpy(), places["lat"].to_numpy())
    same = params.same_km / params.sphere_km
    reach = 2 * np.sin(min(radius_km / params.sphere_km, np.pi) / 2)
    tree = cKDTree(xyz)
    pairs = tree.query_pairs(reach + same, output_type="ndarray")
    itself = np.arange(places.height)
    centre = np.concatenate([pairs[:, 0], pairs[:, 1], itself])
    other = np.concatenate([pairs[:, 1], pairs[:, 0], itself])
    gap = np.sqrt(((xyz[centre] - xyz[other]) ** 2).sum(1))
    order = np.lexsort((other, gap, centre))
    centre, other, gap = centre[order], other[order], gap[order]
    last = np.ones(centre.size, np.bool_)
    last[:-1] = (centre[1:] != centre[:-1]) | (gap[1:] - gap[:-1] > same)
    start = np.searchsorted(centre, np.arange(places.height + 1))
    chain = (start, other.astype(np.int64), last, tree.indices.astype(np.int64))
    return chain, 2 * params.sphere_km * np.arcsin(np.minimum(gap / 2, 1))


def _apart(found: Any, ground: _Ground, params: ScanParams) -> list[int]:
    """Centres of the clusters to tell: likeliest first, none with a location of a likelier one."""
    start, near, *_ = ground.chain
    taken = np.zeros(len(ground.names), np.bool_)
    chosen: list[int] = []
    # Equal ratios (to ten digits): fewer locations first, then the earlier window, then the centre's name.
    order = np.lexsort((np.arange(found.shape[0]), found[:, 2], found[:, 1], -np.round(found[:, 0], 10)))
    for centre in order:
        if found[centre, 0] <= 0 or len(chosen) == params.most_clusters:
            break
        members = near[start[centre] : start[centre] + int(found[centre, 1])]
        if not taken[members].any():
            taken[members] = True
            chosen.append(int(centre))
    return chosen


def _chances(ground: _Ground, of_place: Any, rules: tuple[float, int, int], ratios: Any, ask: Ask) -> list[float]:
    """Monte Carlo p of each cluster, against the likeliest cylinder of each replicate; what only ties counts too."""
    from numba import get_num_threads

    from trucewatch.watch import _kernels as kernels

    levels = ratios * (1 - kernels.EVEN)
    recent = ground.counts[:, ground.offset :].sum(0)
    start, near, *_ = ground.chain
    # The smallest whole number that holds the count of any circle in any replicate.
    fullest = min(int(recent.sum()), int(np.add.reduceat(of_place[near], start[:-1]).max()))
    small = np.int16 if fullest < np.iinfo(np.int16).max else np.int32
    table = kernels.smallest_counts(levels, *(rules[0], rules[2], rules[1]))
    bars = np.minimum(table, np.iinfo(small).max).astype(small)
    grouped = grains(ground.windows)
    place_of = np.repeat(np.arange(of_place.size, dtype=np.int32), of_place)

    def batch(number: int) -> Any:
        used = min(kernels.BATCH, ask.replicates - number * kernels.BATCH)
        seed = np.random.SeedSequence([ask.seed, number]).generate_state(1, np.uint64)[0]
        sums = np.zeros((of_place.size, recent.size + 1, kernels.BATCH), small)
        kernels.permuted(place_of, recent, seed, sums, used)
        return kernels.exceeded(ground.chain, sums, of_place, grouped, rules, (levels, bars, used))[:used]

    batches = -(-ask.replicates // kernels.BATCH)
    with ThreadPoolExecutor(get_num_threads()) as pool:
        unreached = np.concatenate([np.zeros(0, np.int64), *pool.map(batch, range(batches))])
    return [(1 + int((unreached <= n).sum())) / (1 + ask.replicates) for n in range(levels.size)]


def _table(ground: _Ground, cases: pl.DataFrame, found: Any, chosen: list[int], p: list[float]) -> pl.DataFrame:
    start, near, *_ = ground.chain
    first, after, _ = ground.windows
    places = cases.group_by("location").agg(pl.col("lon", "lat").first()).sort("location")
    rows = []
    for centre, chance in zip(chosen, p, strict=True):
        value, size, window, held, expected = (float(x) for x in found[centre])
        circle = slice(start[centre], start[centre] + int(size))
        early, late = (int(x[int(window)]) + ground.offset for x in (first, after))
        rows.append(
            {
                "llr": value, "p": chance, "locations": [ground.names[n] for n in near[circle]],
                "from": ground.begins + timedelta(early), "to": ground.begins + timedelta(late - 1),
                "cases": int(held), "expected": expected, "radius_km": float(ground.gaps[circle].max()),
                "lon": places["lon"][centre], "lat": places["lat"][centre],
            }
        )  # fmt: skip
    return CLUSTERS.fit(pl.DataFrame(rows))
