"""Step 1, beside release: where an observer stood and what a patrol is called do not leave the case."""

from __future__ import annotations

import polars as pl

_INSTRUMENTS = ("firms", "control")
"""Feeds whose second part is a satellite or a published map and not people."""
_NOTEBOOK = "report"
"""The source whose feeds are named by whoever fills them in, with or without a stroke."""
_SAME_DEG = 1e-6
"""Nearer than this (a decimetre) a point is the observer's own."""


def at_observers(incidents: pl.DataFrame, observations: pl.DataFrame, links: pl.DataFrame) -> pl.Series:
    """Ids of the incidents whose point would tell where an observer stood.

    All their placed observations have the observer's own position for a point (heard, without a bearing), or the point
    that was made of several is such a position. Where a bearing was taken, the point lies away from the observer.
    """
    stood = pl.col("sector").struct.field
    near = [(pl.col(name) - stood(name)).abs() < _SAME_DEG for name in ("lon", "lat")]
    own = pl.all_horizontal(pl.col("sector").is_not_null(), stood("bearing_deg").is_null(), *near)
    # Only incidents that somebody with a position speaks of can tell it.
    seen = observations.filter(pl.col("sector").is_not_null()).select(observation="id")
    asked = links.join(seen, on="observation", how="semi").select("incident").unique()
    told = (
        links.join(asked, on="incident", how="semi")
        .select("incident", id="observation")
        .join(observations.select("id", "lon", "lat", "sector"), on="id", how="inner")
        .with_columns(own=own.fill_null(False), stood_lon=stood("lon"), stood_lat=stood("lat"))
        .join(incidents.select(incident="id", at_lon="lon", at_lat="lat"), on="incident", how="inner")
    )
    there = ((pl.col("at_lon") - pl.col("stood_lon")).abs() < _SAME_DEG) & (
        (pl.col("at_lat") - pl.col("stood_lat")).abs() < _SAME_DEG
    )
    placed = pl.col("lon").is_not_null()
    by = told.group_by("incident").agg(
        only=(placed & pl.col("own")).any() & ~(placed & ~pl.col("own")).any(),
        there=there.fill_null(False).any(),
    )
    return by.filter(pl.col("only") | pl.col("there"))["incident"].sort()


def unplaced(incidents: pl.DataFrame, hidden: pl.Series) -> pl.DataFrame:
    """incidents -> those that `hidden` names without point, error or name of a place."""
    kept = ~pl.col("id").is_in(hidden.to_list())
    return incidents.with_columns(pl.when(kept).then(name).alias(name) for name in ("lon", "lat", "radius_m", "place"))


def first_parts(captures: pl.DataFrame, *tables: pl.DataFrame) -> dict[str, str]:
    """The names of all sources in tables with `source` and `capture` -> what they are called below restricted.

    Satellites and published maps keep their names. What a notebook calls itself becomes `report`, others their first
    part: the second may name a patrol, or a person.
    """
    kinds = captures.select("capture", kind="source")
    pairs = [table.select("source", "capture").unique().join(kinds, on="capture", how="left") for table in tables]
    called = {name: name_of(name) for name in captures["source"].drop_nulls()}
    for source, kind in pl.concat([pair.select("source", "kind") for pair in pairs]).unique().sort("source").rows():
        called[source] = _NOTEBOOK if kind and kind.split("/")[0] == _NOTEBOOK else name_of(source)
    return called


def name_of(source: str) -> str:
    """A source's name as it may be told.

    >>> name_of("report/Ivanov patrol"), name_of("firms/N20"), name_of("ucdp")
    ('report', 'firms/N20', 'ucdp')
    """
    first = source.split("/")[0]
    return source if first in _INSTRUMENTS else first


def folded(table: pl.DataFrame, called: dict[str, str]) -> pl.DataFrame:
    """A table with `source` -> with the name that may be told."""
    return table.with_columns(pl.col("source").replace(called))


def folded_lists(incidents: pl.DataFrame, called: dict[str, str]) -> pl.DataFrame:
    """incidents -> with each name of `sources` as it may be told, once."""
    there = incidents.select(pl.col("sources").list.explode())["sources"].drop_nulls().unique()
    names = {name: called.get(name, name_of(name)) for name in there}
    folds = pl.element().replace(names) if names else pl.element()
    return incidents.with_columns(pl.col("sources").list.eval(folds).list.unique().list.sort())
