"""In a crowd nobody can tell what a source misses from what lies there by chance; linking has to live with that."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.link import link
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.plain import linkable
from trucewatch.simulate.params import ReportsParams
from trucewatch.simulate.reports import reports
from trucewatch.tables import LEARNT

CROWD = ReportsParams(reports=6_000, per_day=300.0, seed=1)


def errors(**unknown: object) -> Learnt:
    """The errors that the reports were made with, but for what is not known."""
    told = {
        "source": [f"source-{n + 1}" for n in range(3)],
        "place_sd_m": [1e3 * sd for sd in CROWD.place_sd_km],
        "time_sd_s": [86_400 * sd for sd in CROWD.time_sd_days],
        "kind_wrong": [CROWD.wrong_kind] * 3,
        "p_reports": list(CROWD.sees),
        "spurious": [CROWD.spurious] * 3,
        "most_per_incident": [1] * 3,
    }
    return Learnt("given", LEARNT.fit(pl.DataFrame({**told, **unknown})))


def f1(learnt: Learnt) -> float:
    """Pairs put together, against the pairs that are of one incident."""
    made = reports(CROWD)
    rows, seen = linkable(made.observations, FuseParams(), learnt)
    truth = rows.join(made.truth, on="id", how="left", maintain_order="left")["incident"].fill_null(-1).to_numpy()
    got = link(seen, FuseParams(), learnt)["cluster"].to_numpy()
    order = np.arange(got.size)
    true = np.where(truth < 0, truth.max() + 1 + order, truth)
    both, of_got, of_true = (
        sum(n * (n - 1) / 2 for n in np.unique(label, axis=0, return_counts=True)[1])
        for label in (np.column_stack([got, true]), got, true)
    )
    return float(2 * both / (of_got + of_true))


@pytest.mark.parametrize(
    "unknown",
    [
        {"p_reports": [None] * 3, "spurious": [None] * 3},
        {"p_reports": [None, None, 0.999], "spurious": [0.55, 0.56, None]},  # as learnt in such a crowd
    ],
    ids=["nothing is known of what sources miss", "what is known of it is of no use"],
)
def test_not_to_know_what_sources_miss_costs_little(unknown):
    assert f1(errors(**unknown)) >= f1(errors()) - 0.03
