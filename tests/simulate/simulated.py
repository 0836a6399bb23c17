"""Theatres for these tests, each made once."""

from __future__ import annotations

from functools import cache

import polars as pl

from trucewatch.simulate import Feed, SimulateParams, Simulation, simulate


@cache
def theatre(observations: int = 10_000, seed: int = 1, parties: tuple[str, str] = ("Party A", "Party B")) -> Simulation:
    return simulate(SimulateParams(observations=observations, seed=seed, parties=parties))


def tables(made: Simulation) -> list[Feed]:
    return [feed for feed in made.feeds if feed.form == "csv"]


def frame(made: Simulation, name: str) -> pl.DataFrame:
    found = next(feed.frame for feed in made.feeds if feed.name == name)
    assert isinstance(found, pl.DataFrame)
    return found


def told(made: Simulation) -> pl.DataFrame:
    """Every outlet's rows, with the incident of each."""
    parts = [
        feed.frame.with_row_index("row", 1).with_columns(feed=pl.lit(feed.name), row=pl.col("row").cast(pl.Int64))
        for feed in tables(made)
        if feed.source == "table" and isinstance(feed.frame, pl.DataFrame)
    ]
    both = pl.concat(parts).join(made.sightings, on=["feed", "row"], how="left", maintain_order="left")
    return both.join(
        made.truth.select("id", true_by="by"), left_on="incident", right_on="id", how="left", maintain_order="left"
    )
