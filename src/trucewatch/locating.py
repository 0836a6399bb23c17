"""Floor 4, beneath the pipeline: fuse and around it locate: what observers of one happening saw is laid together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from trucewatch import fuse as fuse_room
from trucewatch.locate.params import SectorParams


def sector_params(numbers: dict[str, Any]) -> SectorParams:
    """The room's numbers, these in place of the first values."""
    return SectorParams(**numbers)


def regions_of(observations: pl.DataFrame, params: SectorParams) -> pl.DataFrame:
    """observations -> regions: where each that tells a sector may mean."""
    from trucewatch.locate.observed import regions

    return regions(observations, params)


def fused(observations: pl.DataFrame, captures: pl.DataFrame, *more: Any) -> fuse_room.Fused:
    """observations, captures and whatever else fuse takes -> what it makes, its incidents with their regions.

    A bearing without a range gets a middle and a radius first, so that it can meet others. Where nobody told a sector,
    this is fuse and nothing else.
    """
    if observations["sector"].null_count() == observations.height:
        return fuse_room.fuse(observations, captures, *more)
    from trucewatch.locate.observed import placed, sighted

    made = fuse_room.fuse(sighted(observations), captures, *more)
    return replace(made, incidents=placed(made.incidents, made.links, observations))
