"""Step 1: footprints -> cells of ground, and what share of each cell was looked at."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import shapely

from trucewatch.base.place import METRES_PER_DEGREE, cell_centre, cell_of
from trucewatch.cover.params import CoverParams

SCHEMA = {"footprint": pl.Binary, "cell": pl.UInt64, "share": pl.Float64}


def ground(footprints: pl.Series, params: CoverParams) -> pl.DataFrame:
    """WKB -> (footprint, cell, share): each footprint once. A footprint smaller than the samples' gaps lies in the
    cell of its middle with the share that its area has of the cell's."""
    many = footprints.drop_nulls().unique().sort()
    made = [
        _cells(raw, shape, params) for raw, shape in zip(many.to_list(), shapely.from_wkb(many.to_list()), strict=True)
    ]
    return pl.concat([pl.DataFrame(schema=SCHEMA), *made])


def _cells(raw: bytes, shape: shapely.Geometry, params: CoverParams) -> pl.DataFrame:
    west, south, east, north = shapely.bounds(shape)
    tall = params.cell_m / METRES_PER_DEGREE
    middle = max(abs(south), abs(north))
    wide = tall / max(math.cos(math.radians(min(middle, 89.9))), 1e-3)
    side = params.samples
    if (east - west) / wide * (north - south) / tall * side * side > params.most_samples:
        side = 1
    # Sample points lie on a grid of the cells' own rows, so that a cell's share is a count of its points.
    rows = np.arange(math.floor((south + 90) / tall), math.floor((north + 90) / tall) + 1)
    ys = ((rows[:, None] + (np.arange(side) + 0.5) / side) * tall - 90).ravel()
    columns = math.ceil((east - west) / (tall / 1.0)) + 3  # cells are never narrower in degrees than tall
    lat = np.repeat(ys, columns * side)
    row_mid = np.clip((np.floor((lat + 90) / tall) + 0.5) * tall - 90, -89.9, 89.9)
    width = tall / np.cos(np.radians(row_mid))
    first = np.floor((west + 180) / width)
    lon = (first + np.tile((np.arange(columns * side) + 0.5) / side, len(ys))) * width - 180
    inside = (lon < east + 1e-12) & (lat >= south) & (lat <= north)
    lon, lat = lon[inside], lat[inside]
    shapely.prepare(shape)
    hit = shapely.contains_xy(shape, lon, lat)
    points = pl.DataFrame({"lon": lon[hit], "lat": lat[hit]})
    if points.is_empty():
        centre = shapely.centroid(shape)
        at = pl.DataFrame({"lon": [shapely.get_x(centre)], "lat": [shapely.get_y(centre)]})
        area = shapely.area(shape) * math.cos(math.radians(at["lat"].item())) / tall**2
        cells = at.select(cell=cell_of(pl.col("lon"), pl.col("lat"), params.cell_m), share=pl.lit(min(1.0, area)))
    else:
        cells = (
            points.select(cell=cell_of(pl.col("lon"), pl.col("lat"), params.cell_m))
            .group_by("cell")
            .agg(share=(pl.len() / side**2).clip(0, 1))
            .sort("cell")
        )
    return cells.select(footprint=pl.lit(raw), cell="cell", share="share")


def placed(cells: pl.DataFrame, params: CoverParams) -> pl.DataFrame:
    """A table with `cell` -> with `lon`, `lat` of the cells' centres beside it."""
    lon, lat = cell_centre(pl.col("cell"), params.cell_m)
    return cells.with_columns(lon=lon, lat=lat)
