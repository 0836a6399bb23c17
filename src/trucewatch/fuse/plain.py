"""A bare table of reports, without a case -> incidents, links, a summary, problems. The same linking, in plain columns.

`kind`, `by` and `source` may be any words. A word of the dictionary of kinds means the acts that it stands for; any
other is an act of its own. A null radius means that the source's error is to be learnt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.base.ids import column_id
from trucewatch.base.problem import problems
from trucewatch.base.time import UTC_US
from trucewatch.fuse.learnt import Learnt
from trucewatch.fuse.link import link
from trucewatch.fuse.params import FuseParams, RuleParams
from trucewatch.fuse.rule import ruled
from trucewatch.fuse.shapes import with_shapes
from trucewatch.fuse.sightings import MASKS, RADIUS_SIGMAS, errors
from trucewatch.kinds import ACTS

NEEDED = ("id", "source", "kind", "t0", "t1", "lon", "lat", "radius_m")
_BITS = 64
ORDER = ["t0", "t1", "lat", "lon", "kind", "source", "radius_m", "id"]
_HALFWAY_M = 20_037_508.0
"""Half the way round the equator: a radius beyond it tells no place."""
_ZONED = r"(Z|[+-]\d\d:?\d\d)$"


@dataclass(frozen=True)
class Plain:
    """incidents, links(incident, observation, score, because), problems, summary."""

    incidents: pl.DataFrame
    links: pl.DataFrame
    problems: pl.DataFrame
    summary: dict[str, Any]


def fair(table: pl.DataFrame, file: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A table as it was read -> rows that can be used, a problem for each other. InputError: a column is missing."""
    if lacking := [name for name in NEEDED if name not in table.columns]:
        raise InputError(f"has no column {', '.join(lacking)}", file=file, expected=", ".join(NEEDED))
    by = pl.col("by") if "by" in table.columns else pl.lit(None)
    rows = table.select(*NEEDED, by=by).with_row_index("row", offset=1)
    words = [_word(name) for name in ("id", "source", "kind", "by")]
    numbers = [pl.col(name).cast(pl.Float64, strict=False) for name in ("lon", "lat", "radius_m")]
    said = rows.with_columns(*words, *numbers, *(_instant(rows, name) for name in ("t0", "t1")))
    told = rows.select(radius_told=pl.col("radius_m").is_not_null(), point_told=pl.col("lon").is_not_null())
    said = pl.concat([said, told], how="horizontal")
    lon, lat, radius = pl.col("lon"), pl.col("lat"), pl.col("radius_m")
    wrong = [
        (pl.col("id").is_null(), "id", "no_id", "the row has no id"),
        (pl.col("id").is_duplicated() & pl.col("id").is_not_null(), "id", "same_id", "another row has the same id"),
        (pl.col("source").is_null(), "source", "no_source", "who says so is not told"),
        (pl.col("kind").is_null(), "kind", "no_kind", "the kind is not told"),
        (pl.col("t0").is_null(), "t0", "no_time", "is not an instant with a zone"),
        (pl.col("t1").is_null(), "t1", "no_time", "is not an instant with a zone"),
        (pl.col("t1") < pl.col("t0"), "t1", "ends_before", "the span ends before it starts"),
        (~lon.is_finite() | ~lat.is_finite(), "lon", "no_place", "is not a finite number"),
        (lon.is_null() != lat.is_null(), "lon", "no_place", "one of lon and lat is not told, or no number"),
        (pl.col("point_told") & lon.is_null(), "lon", "no_place", "is not a number"),
        (~lon.is_between(-180, 180), "lon", "no_place", "is not in [-180, 180]"),
        (~lat.is_between(-90, 90), "lat", "no_place", "is not in [-90, 90]"),
        (
            pl.col("radius_told") & ~radius.is_finite().fill_null(False),
            "radius_m",
            "no_radius",
            "is not a finite number",
        ),
        (radius < 0, "radius_m", "no_radius", "is negative"),
        (radius > _HALFWAY_M, "radius_m", "no_radius", "is more than half the way round the earth"),
    ]
    first = pl.lit(None, pl.Int32)
    for n in reversed(range(len(wrong))):
        first = pl.when(wrong[n][0].fill_null(False)).then(n).otherwise(first)
    said = said.with_columns(wrong=first)
    bad = said.filter(pl.col("wrong").is_not_null()).select("row", "id", "wrong")
    made = problems(
        (f"{file}, row {row}", wrong[n][2], wrong[n][1], f"{name or 'a row without an id'}: {wrong[n][3]}", True)
        for row, name, n in bad.rows()
    )
    return said.filter(pl.col("wrong").is_null()).select(*NEEDED, "by"), made


def _word(name: str) -> pl.Expr:
    """A column of words; null where there are only blanks."""
    word = pl.col(name).cast(pl.String, strict=False)
    return pl.when(word.str.strip_chars() != "").then(word).alias(name)


def _instant(rows: pl.DataFrame, name: str) -> pl.Expr:
    """A column of instants, or of text with a zone; null where it is neither. A time without a zone is no instant."""
    kind = rows.schema[name]
    if isinstance(kind, pl.Datetime):
        there = pl.col(name).dt.convert_time_zone("UTC").cast(UTC_US) if kind.time_zone else pl.lit(None, UTC_US)
        return there.alias(name)
    if kind == pl.String:
        text = pl.col(name).str.strip_chars().str.replace(" ", "T").str.replace(r"Z$", "+00:00")
        zoned = pl.when(pl.col(name).str.contains(_ZONED)).then(text)
        forms = ("%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M%:z")
        read = [zoned.str.to_datetime(form, time_unit="us", time_zone="UTC", strict=False) for form in forms]
        return pl.coalesce(read).cast(UTC_US).alias(name)
    return pl.lit(None, UTC_US).alias(name)


@dataclass(frozen=True)
class Rule:
    """Linking by a window in place of chances; taxonomy(column, source, word, level, means) says which words agree, and
    columns(id, ...) hold those words."""

    params: RuleParams
    taxonomy: pl.DataFrame | None = None
    columns: pl.DataFrame | None = None


def fuse_plain(
    rows: pl.DataFrame, lost: pl.DataFrame, params: FuseParams, learnt: Learnt, rule: Rule | None = None
) -> Plain:
    """Rows of `fair`, its problems, params, what was learnt -> what the bare file makes. The same rows in any order.

    rule: link by it, and not by chances.
    """
    rows, seen = linkable(rows, params, learnt)
    clusters = link(seen, params, learnt) if rule is None else _by_rule(rows, rule)
    rows = pl.concat([rows, clusters.select("cluster", "score"), seen.select("alone", "sd_m")], how="horizontal")
    names = (
        rows.group_by("cluster")
        .agg(pl.col("id").sort().str.join("\n"), size=pl.len())
        .select("cluster", "size", incident=column_id(pl.col("id")))
    )
    rows = rows.join(names, on="cluster", how="left", maintain_order="left")
    links = rows.select("incident", observation="id", score="score", because=_because(rule)).sort("observation")
    incidents = _incidents(rows, params)
    several = incidents.filter(pl.col("n_sources") > 1).height
    summary = {
        "rows_in": rows.height + lost.height,
        "observations": rows.height,
        "problems": lost.height,
        "incidents": incidents.height,
        "of_two_sources_or_more": several,
        "duplicates": rows.height - incidents.height,
        "learnt": learnt.version if rule is None else "none: by a rule",
        "chances": f"not calibrated: each source counts {params.p_statement:g}, with no dependence taken out",
    }
    return Plain(incidents, links, lost, summary)


def _by_rule(rows: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    if rule.columns is not None:
        rows = rows.join(rule.columns, on="id", how="left", maintain_order="left")
    return ruled(rows, rule.params, rule.taxonomy)


def _because(rule: Rule | None) -> pl.Expr:
    if rule is not None:
        within = f"within {rule.params.within_m:g} m and {rule.params.within_s:g} s of each other"
        return (
            pl.when(pl.col("lon").is_null())
            .then(pl.lit("no point is told"))
            .when(pl.col("size") > 1)
            .then(pl.lit(within))
            .otherwise(pl.lit("no report of another source passes the rule"))
        )
    return (
        pl.when(pl.col("alone").is_not_null())
        .then("alone")
        .when(pl.col("score").is_null())
        .then(pl.lit("no sighting of another source is likelier the same than coincidence"))
        .otherwise(pl.lit("nearer in place, time and kind than coincidence explains"))
    )


def linkable(rows: pl.DataFrame, params: FuseParams, learnt: Learnt) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `fair` -> the same in an order that decides ties, and sightings, one a row."""
    rows = rows.sort(ORDER, nulls_last=True).with_row_index("sighting")
    return rows, errors(
        with_shapes(rows.with_columns(mask=_masks(rows, learnt.words), spread_m=pl.lit(0.0))), params, learnt
    )


def words_of(rows: pl.DataFrame) -> tuple[str, ...]:
    """The words that are no kinds of the dictionary, as often as they are said: each gets a bit of its own."""
    told = rows.group_by("kind").len().sort(["len", "kind"], descending=[True, False])["kind"].to_list()
    return tuple(word for word in told if word not in MASKS)[: _BITS - len(ACTS)]


def _masks(rows: pl.DataFrame, words: tuple[str, ...] | None) -> pl.Series:
    """Words -> acts as bits. Words of the dictionary as it says; others by how often they are said, each its own bit;
    what is too rare for a bit of its own speaks for nothing in particular, so that it neither links nor parts."""
    bits = {word: 1 << (len(ACTS) + n) for n, word in enumerate(words_of(rows) if words is None else words)}
    every = 2**_BITS - 1
    masks = {word: MASKS.get(word, bits.get(word, every)) for word in rows["kind"].unique().to_list()}
    return rows["kind"].replace_strict(masks, return_dtype=pl.UInt64)


def _incidents(rows: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """Rows with `incident` -> a row each: what its reports agree on. Longitudes are taken the short way round."""
    first = pl.col("lon").drop_nulls().first()
    told = rows.with_columns(
        weight=pl.col("sd_m").pow(-2).fill_null(1e-18),
        turn=(pl.col("lon") - first.over("incident") + 540) % 360 - 180,
    ).with_columns(weight=pl.when(pl.col("lon").is_not_null()).then("weight"))
    total = pl.col("weight").sum()
    made = told.group_by("incident").agg(
        kind=pl.col("kind").mode().sort().first(),
        t0=pl.when(pl.col("t0").max() <= pl.col("t1").min()).then(pl.col("t0").max()).otherwise(pl.col("t0").min()),
        t1=pl.when(pl.col("t0").max() <= pl.col("t1").min()).then(pl.col("t1").min()).otherwise(pl.col("t1").max()),
        lon=(first + (pl.col("turn") * pl.col("weight")).sum() / total + 540) % 360 - 180,
        lat=(pl.col("lat") * pl.col("weight")).sum() / total,
        radius_m=pl.max_horizontal(RADIUS_SIGMAS * pl.col("sd_m"), "radius_m").min(),
        n_observations=pl.len(),
        n_sources=pl.col("source").n_unique(),
        sources=pl.col("source").unique().sort(),
        by=pl.when(pl.col("by").drop_nulls().n_unique() == 1).then(pl.col("by").drop_nulls().first()),
        p=1 - (1 - params.p_statement) ** pl.col("source").n_unique(),
    )
    return (
        made.rename({"incident": "id"})
        .with_columns(pl.col("lon", "lat").fill_nan(None))
        .sort("t0", "t1", "lat", "lon", "kind", "id", nulls_last=True)
    )
