"""observations, captures -> incidents, links, problems. Which sightings are one happening, how surely did it happen?"""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from trucewatch.fuse.complete import completeness
from trucewatch.fuse.incidents import gather
from trucewatch.fuse.judged import constraints
from trucewatch.fuse.latest import latest
from trucewatch.fuse.learnt import Judged, Learnt
from trucewatch.fuse.link import link
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.reliable import reliability
from trucewatch.fuse.sightings import sightings
from trucewatch.fuse.voices import with_words
from trucewatch.tables import COMPLETENESS, INCIDENTS, LINKS, RELIABILITY

__all__ = ["FuseParams", "Fused", "Judged", "Learnt", "fuse"]


@dataclass(frozen=True)
class Fused:
    """What the room hands on."""

    incidents: pl.DataFrame
    links: pl.DataFrame
    problems: pl.DataFrame
    completeness: pl.DataFrame = field(default_factory=COMPLETENESS.empty)
    reliability: pl.DataFrame = field(default_factory=RELIABILITY.empty)


def fuse(
    observations: pl.DataFrame,
    captures: pl.DataFrame,
    params: FuseParams | None = None,
    learnt: Learnt | None = None,
    judged: Judged | None = None,
) -> Fused:
    """observations, captures(capture, fetched_at, feed) -> incidents, links, problems.

    learnt: what is known of the sources' errors, in place of the params' first values. judged: what people have said
    of pairs and of incidents; it wins over every score.
    The same rows in any order, from captures that arrived in any order, give the same tables.
    """
    params, learnt = params or FuseParams(), learnt or Learnt()
    stand, replaced = latest(observations, captures)
    if stand.is_empty():
        return Fused(INCIDENTS.empty(), LINKS.empty(), replaced)
    rows, seen = sightings(stand, params, learnt)
    must, cannot = constraints(judged, rows.select("id", "sighting"))
    rows = with_words(rows, stand)
    clusters = link(seen, params, learnt, must, cannot)
    incidents, links = gather(rows, clusters, seen, params, learnt, judged)
    whole = completeness(incidents, links, stand, learnt, params)
    return Fused(incidents, links, replaced, whole, reliability(stand, incidents, links, learnt, judged))
