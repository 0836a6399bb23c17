"""What the observations of a case say of places -> regions of observations, and of incidents that several saw.

sighted   before fuse: a bearing without a range gets a middle and a radius, so that it can meet others
regions   each observation's own region, where it tells a sector
placed    after fuse: where an incident may have been, by all that its observers say together
"""

from __future__ import annotations

import polars as pl

from trucewatch.base.place import gap_m, shifted
from trucewatch.locate.params import SectorParams
from trucewatch.locate.points import MADE, several
from trucewatch.locate.sectors import SIGHTINGS
from trucewatch.locate.wedges import wedges
from trucewatch.tables import REGIONS

RADIUS_SIGMAS = 2.4477
"""A circle of this many standard deviations holds 95 in 100 of a round normal scatter."""
_SAME_M = 5.0
_MADE = ("lon", "lat", "radius_m", "region", "spread", "p_not_same")
_PART = ("lon", "lat", "bearing_deg", "spread_deg", "near_m", "far_m")


def sighted(observations: pl.DataFrame, params: SectorParams | None = None) -> pl.DataFrame:
    """observations -> the same, with lon, lat and radius_m where a sector is told and no point could be made of it."""
    params = params or SectorParams()
    lacking = (
        observations.with_row_index("row")
        .select("row", "sector", "says", "lon")
        .filter(_tells(), pl.col("lon").is_null())
    )
    if lacking.is_empty():
        return observations
    own = wedges(_sectors(lacking), params)
    found = pl.DataFrame({"row": lacking["row"], "_lon": own.lon, "_lat": own.lat, "_radius": own.radius_m})
    both = observations.with_row_index("row").join(found, on="row", how="left", maintain_order="left")
    return both.with_columns(
        lon=pl.coalesce("lon", "_lon"),
        lat=pl.coalesce("lat", "_lat"),
        radius_m=pl.when(pl.col("lon").is_null()).then(pl.coalesce("_radius", "radius_m")).otherwise("radius_m"),
    ).select(observations.columns)


def regions(observations: pl.DataFrame, params: SectorParams | None = None) -> pl.DataFrame:
    """observations -> regions, a row for each that tells a sector and no point of its own."""
    mine = observations.select("id", "sector", "says", "lon", "lat").filter(_tells(), ~_own_point())
    if mine.is_empty():
        return REGIONS.empty()
    own = wedges(_sectors(mine), params or SectorParams())
    made = {
        "subject": mine["id"], "lon": own.lon, "lat": own.lat, "radius_m": own.radius_m,
        "region": pl.Series(own.region, dtype=pl.Binary), "spread": pl.Series(own.spread, dtype=pl.Binary),
    }  # fmt: skip
    return REGIONS.fit(pl.DataFrame(made).with_columns(level=pl.lit(0.95), n_observers=pl.lit(1))).sort("subject")


def placed(
    incidents: pl.DataFrame, links: pl.DataFrame, observations: pl.DataFrame, params: SectorParams | None = None
) -> pl.DataFrame:
    """incidents, links, observations -> incidents with `region`, `spread` and `p_not_same` where a sector was told.

    One sector alone keeps its place and gains its shape. Several observers are laid together, points among them with
    their errors; place and radius become those of what they leave together. Denials place nothing, and an origin that
    is repeated is one voice.
    """
    params = params or SectorParams()
    rows = _voices(links, observations)
    told = rows.filter("tells").select("incident").unique()
    if told.is_empty():
        return incidents
    rows = rows.join(told, on="incident", how="semi")
    rows = rows.with_columns(n=pl.len().over("incident"))
    alone, many = rows.filter(pl.col("n") == 1), rows.filter(pl.col("n") > 1)
    made = pl.concat([_alone(alone, params), _laid_together(many, params)])
    both = incidents.join(made, left_on="id", right_on="incident", how="left", maintain_order="left", suffix="_new")
    moved = [pl.coalesce(f"{name}_new", name).alias(name) for name in _MADE]
    return both.with_columns(moved).select(incidents.columns)


def _tells() -> pl.Expr:
    """A sector that says something of a place: from a known spot, a bearing or a far range."""
    part = pl.col("sector").struct.field
    said = part("bearing_deg").is_not_null() | part("far_m").is_not_null()
    return (pl.col("sector").is_not_null() & part("lon").is_not_null() & said).fill_null(False)


def _own_point() -> pl.Expr:
    """Its point was seen, and is not only the middle that was made of its sector."""
    part = pl.col("sector").struct.field
    lon, lat = shifted(part("lon"), part("lat"), part("bearing_deg").fill_null(0), (part("near_m") + part("far_m")) / 2)
    known = part("bearing_deg").is_not_null()
    x = pl.when(known).then(lon).otherwise(part("lon")).alias("_x")
    y = pl.when(known).then(lat).otherwise(part("lat")).alias("_y")
    off = pl.struct("lon", "lat", x, y).map_batches(_gaps, return_dtype=pl.Float64)
    return (pl.col("lon").is_not_null() & (off > _SAME_M)).fill_null(False)


def _gaps(pairs: pl.Series) -> pl.Series:
    return pairs.struct.unnest().select(gap_m("lon", "lat", "_x", "_y")).to_series()


def _sectors(rows: pl.DataFrame) -> pl.DataFrame:
    """Observations -> sightings, without their happening."""
    part = pl.col("sector").struct.field
    parts = [part(name).alias(name) for name in _PART]
    return rows.select(*parts, seen=_seen(), sd_m=pl.lit(None, pl.Float64)).with_columns(
        pl.col("spread_deg").fill_null(180.0)
    )


def _seen() -> pl.Expr:
    return pl.col("says").str.to_lowercase().str.contains(r"^(?:seen|saw|heard and seen)").fill_null(False)


def _voices(links: pl.DataFrame, observations: pl.DataFrame) -> pl.DataFrame:
    """links, observations -> those that place their incident, one for each voice: the first to say where."""
    rows = links.join(observations, left_on="observation", right_on="id").filter(pl.col("stance") == "affirms")
    rows = rows.with_columns(tells=_tells() & ~_own_point())
    rows = rows.filter(pl.col("tells") | (pl.col("lon").is_not_null() & pl.col("radius_m").is_not_null()))
    voice = pl.coalesce(pl.col("lineage").list.join("\x1f"), "source")
    order = ["incident", pl.col("tells").not_(), "t0", "t1", "lat", "lon", "radius_m", "observation"]
    return rows.sort(order, nulls_last=True).unique(
        ["incident", voice.alias("voice")], keep="first", maintain_order=True
    )


def _alone(rows: pl.DataFrame, params: SectorParams) -> pl.DataFrame:
    if rows.is_empty():
        return _none()
    own = wedges(_sectors(rows), params)
    return _none().vstack(
        rows.select(
            "incident",
            lon=pl.lit(None, pl.Float64),
            lat=pl.lit(None, pl.Float64),
            radius_m=pl.lit(None, pl.Float64),
            region=pl.Series(own.region, dtype=pl.Binary),
            spread=pl.Series(own.spread, dtype=pl.Binary),
            p_not_same=pl.lit(None, pl.Float64),
        )
    )


def _laid_together(rows: pl.DataFrame, params: SectorParams) -> pl.DataFrame:
    if rows.is_empty():
        return _none()
    part = pl.col("sector").struct.field
    parts = [pl.when("tells").then(part(name)).alias(name) for name in _PART[2:]]
    at = (pl.col("t0").dt.epoch("us") + pl.col("t1").dt.epoch("us")) / 2e6
    sightings = rows.select(
        *parts, happening="incident", observer="observation",
        lon=pl.when("tells").then(part("lon")).otherwise("lon"),
        lat=pl.when("tells").then(part("lat")).otherwise("lat"), seen=_seen(), at_s=at,
        span_s=(pl.col("t1") - pl.col("t0")).dt.total_microseconds() / 1e6,
        sd_m=pl.when(~pl.col("tells")).then((pl.col("radius_m") / RADIUS_SIGMAS).clip(params.range_floor_m)),
    ).with_columns(pl.when(pl.col("sd_m").is_null()).then(pl.col("spread_deg").fill_null(180.0)))  # fmt: skip
    return several(sightings.select(SIGHTINGS.names()).cast(SIGHTINGS), params)


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=MADE)
