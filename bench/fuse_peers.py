"""Peers of linking: Splink, DBSCAN and meltt's published rule, on the same rows. For bench/fuse.py.

Where a peer has a number to choose (a threshold, an eps), the one that suits it best is chosen with the truth in hand,
on each set of rows anew: no more than it could ever reach.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

Array = NDArray[Any]
WINDOW_M, WINDOW_S = 6_000.0, 2 * 86_400.0
"""What pairs meltt's rule looks at."""
SPLINK_KM, SPLINK_DAYS = 10.0, 3.0
"""And Splink: wider, since six kilometres would cost it a fifth of the pairs of the two vaguest sources."""
FAMILY = {"shelling": 0, "air_strike": 0, "drone_strike": 0, "small_arms": 1, "mine_blast": 1, "assault": 1}
THRESHOLDS = (0.002, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
EPS = tuple((m, s) for m in (1_000.0, 2_000.0, 3_000.0, 4_500.0, 6_000.0) for s in (43_200.0, 86_400.0, 129_600.0))


def near(rows: pl.DataFrame, reach_m: float = WINDOW_M, reach_s: float = WINDOW_S) -> tuple[Array, ...]:
    """Rows -> pairs within the window: left, right, metres, seconds."""
    from scipy.spatial import cKDTree

    lon, lat = np.radians(rows["lon"].to_numpy()), np.radians(rows["lat"].to_numpy())
    xyz = 6_371_008.8 * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    t = rows["t0"].dt.epoch("us").to_numpy() / 1e6
    pairs = cKDTree(np.column_stack([xyz / reach_m, t / reach_s])).query_pairs(2**0.5, output_type="ndarray")
    a, b = pairs.T
    d, dt = np.linalg.norm(xyz[a] - xyz[b], axis=1), np.abs(t[a] - t[b])
    keep = (d <= reach_m) & (dt <= reach_s)
    return a[keep], b[keep], d[keep], dt[keep]


@njit(cache=True)
def _one_each(a: Array, b: Array, bit: Array) -> Array:
    root, held = np.arange(bit.size), bit.copy()
    for k in range(a.size):
        x, y = a[k], b[k]
        while root[x] != x:
            x = root[x]
        while root[y] != y:
            y = root[y]
        if x != y and not held[x] & held[y]:
            root[y] = x
            held[x] |= held[y]
    for i in range(bit.size):
        x = i
        while root[x] != x:
            x = root[x]
        root[i] = x
    return root


def one_each(a: Array, b: Array, best: Array, source: Array) -> Array:
    """Pairs, the best first -> sets of at most one row a source."""
    order = np.lexsort((b, a, -best))
    return _one_each(a[order].astype(np.int64), b[order].astype(np.int64), np.int64(1) << source.astype(np.int64))


def chained(a: Array, b: Array, n: int) -> Array:
    """Pairs -> what hangs together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    return connected_components(coo_matrix((np.ones(a.size), (a, b)), (n, n)), directed=False)[1]


def meltt_rule(rows: pl.DataFrame) -> Array:
    """Within the window; what kind (word, family, any) and who (word, any) agree at; best mean first, one a source.

    The mean over taxonomies of the level at which two rows agree, over its levels: 0 is best. Equal means: the nearer.
    """
    a, b, d, dt = near(rows)
    source, kind = (rows[name].to_physical().to_numpy() for name in ("source_code", "kind_code"))
    family = rows["kind"].replace_strict(FAMILY, return_dtype=pl.Int64).to_numpy()
    by = rows["by"].cast(pl.Categorical).to_physical().to_numpy()
    level = np.where(kind[a] == kind[b], 0.0, np.where(family[a] == family[b], 0.5, 1.0))
    score = (level + (by[a] != by[b])) / 2
    ok = source[a] != source[b]
    worth = -score - 1e-3 * np.hypot(d / WINDOW_M, dt / WINDOW_S)
    return one_each(a[ok], b[ok], worth[ok], source)


def dbscan(rows: pl.DataFrame, told: Callable[[Array], float]) -> tuple[Array, str]:
    """DBSCAN on place and time, a core needs two; the eps that suits best -> labels, that eps."""
    from sklearn.cluster import DBSCAN

    lon, lat = np.radians(rows["lon"].to_numpy()), np.radians(rows["lat"].to_numpy())
    xyz = 6_371_008.8 * np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    t = rows["t0"].dt.epoch("us").to_numpy() / 1e6
    best: tuple[float, Array, str] = (-1.0, np.zeros(0), "")
    for metres, seconds in EPS:
        label = DBSCAN(eps=1.0, min_samples=2).fit_predict(np.column_stack([xyz / metres, t / seconds]))
        label = np.where(label < 0, label.max() + 1 + np.arange(label.size), label)
        if (value := told(label)) > best[0]:
            best = value, label, f"{metres / 1e3:g} km, {seconds / 3600:g} h"
    return best[1], best[2]


def splink(rows: pl.DataFrame, told: Callable[[Array], float], by: bool = True) -> dict[str, Array]:
    """Splink's scores, by its own learning -> labels by connected components, its one-to-one, and one a source."""
    linker, scored = _scored(rows, by)
    frame = scored.as_pandas_dataframe()
    a, b = (frame[f"id_{side}"].to_numpy().astype(np.int64) for side in "lr")
    p = frame["match_probability"].to_numpy()
    w = frame["match_weight"].to_numpy()
    source = rows["source_code"].to_physical().to_numpy()
    suits, names = 0.5, sorted(rows["source"].str.replace("-", "_").unique().to_list())
    made: dict[str, tuple[float, Array]] = {}
    for limit in THRESHOLDS:
        on = p >= limit
        tried = {
            "components": chained(a[on], b[on], rows.height),
            "one a source": one_each(a[on], b[on], w[on], source),
        }
        for name, label in tried.items():
            value = told(label)
            if name not in made or value > made[name][0]:
                made[name] = value, label
                if name == "one a source":
                    suits = limit
    # its own one-to-one clustering takes long: once, where one a source does best
    own = linker.clustering.cluster_using_single_best_links(
        scored, duplicate_free_datasets=names, threshold_match_probability=suits
    ).as_pandas_dataframe()
    label = np.empty(rows.height, np.int64)
    label[own["id"].to_numpy().astype(np.int64)] = np.unique(own["cluster_id"], return_inverse=True)[1]
    made["one to one"] = told(label), label
    return {name: label for name, (_, label) in made.items()}


def _scored(rows: pl.DataFrame, by: bool) -> tuple[Any, Any]:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons
    from splink import DuckDBAPI, Linker, SettingsCreator  # type: ignore[attr-defined]

    logging.getLogger("splink").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    lat = rows["lat"].to_numpy()
    x = np.radians(rows["lon"].to_numpy()) * 6_371_008.8 * np.cos(np.radians(lat.mean())) / 1e3
    y, t = np.radians(lat) * 6_371_008.8 / 1e3, rows["t0"].dt.epoch("us").to_numpy() / 8.64e10
    far, late = SPLINK_KM, SPLINK_DAYS
    own_y, own_t = np.floor(y / far).astype(int), np.floor(t / late).astype(int)
    frame = rows.select(pl.col("source").str.replace("-", "_"), "kind", "by").with_columns(
        id=np.arange(rows.height), x=x, y=y, t=t, cell_y=own_y, cell_t=own_t, own=own_y * 100_000 + own_t
    )
    shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    frame = frame.with_columns(
        pl.Series(f"to_{k}", (own_y + i) * 100_000 + own_t + j) for k, (i, j) in enumerate(shifts)
    )
    gone = "sqrt((x_l - x_r)*(x_l - x_r) + (y_l - y_r)*(y_l - y_r))"
    rules = [
        f"l.own = r.to_{k} and (l.x-r.x)*(l.x-r.x) + (l.y-r.y)*(l.y-r.y) <= {far * far} and abs(l.t-r.t) <= {late}"
        for k in range(len(shifts))
    ]
    settings = SettingsCreator(
        link_type="link_only",
        unique_id_column_name="id",
        source_dataset_column_name="source",
        blocking_rules_to_generate_predictions=rules,
        comparisons=[
            comparisons.CustomComparison(
                output_column_name="place",
                comparison_levels=[
                    levels.NullLevel("x"),
                    *(levels.CustomLevel(f"{gone} <= {km}") for km in (0.5, 1, 1.5, 2, 3, 4, 5, 6.5, 8)),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.CustomComparison(
                output_column_name="time",
                comparison_levels=[
                    levels.NullLevel("t"),
                    *(levels.CustomLevel(f"abs(t_l - t_r) <= {days}") for days in (0.125, 0.25, 0.5, 0.75, 1, 1.5, 2)),
                    levels.ElseLevel(),
                ],
            ),
            comparisons.ExactMatch("kind"),
            *([comparisons.ExactMatch("by")] if by else []),
        ],
        additional_columns_to_retain=["x", "t"],
    )
    db = DuckDBAPI()
    tables = [
        db.register(part.to_pandas(), table_name=f"of_{name[0]}")  # type: ignore[call-arg]
        for name, part in sorted(frame.partition_by("source", as_dict=True).items())
    ]
    linker = Linker(tables, settings, log_level="ERROR")
    linker.training.estimate_u_using_random_sampling(1e6, seed=1)
    # What a rule names is not learnt from its pairs: place from those near in time, time from those near in place.
    late_ = f"l.cell_t = r.cell_t and abs(l.t - r.t) <= {late}"
    near_ = f"l.cell_y = r.cell_y and abs(l.x - r.x) <= {far} and abs(l.y - r.y) <= {far}"
    for rule in (late_, near_):
        linker.training.estimate_parameters_using_expectation_maximisation(rule, record_sample_proportion=0.25)
    return linker, linker.inference.predict(threshold_match_probability=min(THRESHOLDS))
