"""looks, incidents, observations, links -> exposure, gaps, silent. Who could have seen it?

Looks (passes, patrols, cameras, sensors, newsrooms) become, by cell and span, bounds on the chance that an incident of
a kind and size would have been noticed; where nobody looked, the record says nothing. Steps, in order: ground,
windows, chance, sweep, blind, silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from trucewatch.cover.blind import blind
from trucewatch.cover.exposure import CoverAsk, ask_of, exposed_on, exposure
from trucewatch.cover.ground import ground
from trucewatch.cover.params import CoverParams
from trucewatch.cover.rates import Rate, daily, rate
from trucewatch.cover.silent import silent

__all__ = ["CoverAsk", "CoverParams", "Covered", "Rate", "ask_of", "cover", "daily", "exposure", "rate", "silent"]


@dataclass(frozen=True)
class Covered:
    """What the room hands on."""

    exposure: pl.DataFrame
    gaps: pl.DataFrame
    silent: pl.DataFrame


def cover(
    looks: pl.DataFrame, incidents: pl.DataFrame, observations: pl.DataFrame, links: pl.DataFrame, ask: CoverAsk,
    params: CoverParams | None = None,
) -> Covered:  # fmt: skip
    """looks, incidents, observations, links -> exposure, gaps, silent, for what is asked.

    Shuffle the rows that come in and the rows that go out stay the same. The names of the parties decide nothing.
    """
    params = params or CoverParams()
    ask.checked()
    grounds = ground(looks["footprint"], params)
    exposed = exposed_on(grounds, looks, ask, params)
    asked_for = incidents.filter(pl.col("t0") < ask.until, (pl.col("t1") > ask.since) | (pl.col("t0") >= ask.since))
    return Covered(
        exposed,
        blind(exposed, looks, grounds, incidents, ask, params),
        silent(asked_for, observations, links, looks, params),
    )
