"""incidents that people judged -> reliability. Of what was said to be likely, how much was so; overall and per side."""

from __future__ import annotations

import numpy as np
import polars as pl

from trucewatch.fuse.calibrate import Evidence, calibrated, calibration_error
from trucewatch.fuse.calibrate import reliability as bars
from trucewatch.fuse.existence import evidence_of
from trucewatch.fuse.learnt import Judged, Learnt
from trucewatch.fuse.near import Floats
from trucewatch.fuse.params import FuseParams
from trucewatch.tables import RELIABILITY


def judged_evidence(
    observations: pl.DataFrame, incidents: pl.DataFrame, links: pl.DataFrame, learnt: Learnt, judged: Judged
) -> tuple[Evidence, Floats, pl.Series]:
    """-> evidence of the incidents that people judged, whether each happened, and who is said to have done it."""
    called = (
        links.join(judged.happened, on="observation")
        .group_by("incident")
        .agg(n=pl.col("happened").n_unique(), happened=pl.col("happened").first())
        .filter(pl.col("n") == 1)
        .join(incidents.select("id", "by"), left_on="incident", right_on="id")
        .sort("incident")
    )
    seen, of = evidence_of(observations, links, learnt, FuseParams())
    rows = called.join(of, left_on="incident", right_on="cluster", how="left", maintain_order="left")
    at = rows["pattern"].to_numpy().astype(np.int64) - 1
    taken = Evidence(seen.prior[at], seen.names, seen.features[at])
    return taken, rows["happened"].cast(pl.Float64).to_numpy(), rows["by"]


def reliability(
    observations: pl.DataFrame,
    incidents: pl.DataFrame,
    links: pl.DataFrame,
    learnt: Learnt,
    judged: Judged | None,
) -> pl.DataFrame:
    """What was said of judged incidents before anybody judged them, beside what was so. No rows where none was judged.

    Where the chances were calibrated on these very incidents, that flatters them; the learnt table keeps the error on
    incidents held out.
    """
    if judged is None or judged.happened.is_empty():
        return RELIABILITY.empty()
    seen, happened, by = judged_evidence(observations, incidents, links, learnt, judged)
    p, params = calibrated(seen, learnt.calibration), FuseParams()
    parts = []
    for side in [None, *by.drop_nulls().unique().sort().to_list()]:
        mine = np.ones(p.size, dtype=bool) if side is None else (by == side).fill_null(value=False).to_numpy()
        error = calibration_error(p[mine], happened[mine], params.bins)
        parts.append(
            bars(p[mine], happened[mine], params.bins).select(
                side=pl.lit(side, pl.String),
                least=pl.col("bin") / params.bins,
                n="n",
                claimed="claimed",
                was="was",
                error=pl.lit(error),
            )
        )
    return RELIABILITY.fit(pl.concat(parts))
