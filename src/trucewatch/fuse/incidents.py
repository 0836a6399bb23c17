"""Step 6: clusters -> incidents, each with what its observations agree on, and no more."""

from __future__ import annotations

import polars as pl

from trucewatch.base.ids import column_id
from trucewatch.base.place import METRES_PER_DEGREE
from trucewatch.fuse.existence import existence
from trucewatch.fuse.judged import settled
from trucewatch.fuse.learnt import Judged, Learnt
from trucewatch.fuse.params import FuseParams
from trucewatch.fuse.sightings import MASKS, PIXELS, RADIUS_SIGMAS
from trucewatch.fuse.voices import voices
from trucewatch.kinds import ACTS, KINDS
from trucewatch.tables import INCIDENTS, LINKS

_NAMES = {mask: kind for kind, mask in sorted(MASKS.items(), reverse=True)}
_BREADTH = {kind: len(acts) for kind, acts in KINDS.items()}
_BENIGN = sum(1 << ACTS.index(act) for act in ("burning", "accident", "other"))
_ORDER = ["t0", "t1", "lat", "lon", "kind", "killed_high", "killed_low", "place", "id"]


def gather(
    rows: pl.DataFrame,
    clusters: pl.DataFrame,
    sightings: pl.DataFrame,
    params: FuseParams,
    learnt: Learnt | None = None,
    judged: Judged | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """ordered observations with `sighting`, clusters, sightings -> incidents, links."""
    learnt = learnt or Learnt()
    rows = rows.join(clusters, on="sighting", how="left").join(
        sightings.select("sighting", "alone"), on="sighting", how="left"
    )
    rows = rows.with_columns(yes=pl.col("stance") == "affirms").with_columns(
        # Where nobody affirms, the denials are all there is to describe it by.
        tells=pl.col("yes") | ~pl.col("yes").any().over("cluster")
    )
    if "words" not in rows.columns:
        rows = rows.with_columns(words=pl.lit(0, pl.Int64))
    rows = voices(rows, learnt, params)
    told = rows.filter("tells")
    if judged is not None:
        rows = rows.join(settled(judged), left_on="id", right_on="observation", how="left")
    incidents = (
        _place_and_time(told, params)
        .join(_kind(told), on="cluster")
        .join(_details(told), on="cluster")
        .join(_existence(rows, _kind(told), params, learnt), on="cluster")
        .join(_names(rows), on="cluster")
    )
    links = rows.join(incidents.select("cluster", incident="id"), on="cluster").select(
        "incident",
        pl.col("id").alias("observation"),
        "score",
        because=pl.when(pl.col("alone").is_not_null())
        .then(pl.col("alone"))
        .when(pl.col("score").is_null() & (pl.len().over("cluster") == 1))
        .then(pl.lit("no sighting of another source is likelier the same than coincidence"))
        .when(pl.col("score").is_null() & pl.col("orbit") & pl.col("kind").is_in(PIXELS))
        .then(pl.lit("one overpass, pixels side by side"))
        .when(pl.col("score").is_null())
        .then(pl.lit("one source repeating one origin"))
        .otherwise(pl.lit("nearer in place, time and kind than coincidence explains")),
    )
    return INCIDENTS.fit(incidents.drop("cluster")).sort(_ORDER, nulls_last=True), LINKS.fit(links).sort("observation")


def _names(rows: pl.DataFrame) -> pl.DataFrame:
    ids = rows.group_by("cluster").agg(pl.col("id").sort().str.join("\n"))
    return ids.select("cluster", id=column_id(pl.col("id")))


def _place_and_time(told: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    weight = 1 / ((pl.col("radius_m") / RADIUS_SIGMAS).pow(2) + params.place_sd_m**2)
    # A sighting whose error is not told is used only where no other has a place.
    placed = told.with_columns(weight=weight.fill_null(1e-18)).with_columns(
        weight=pl.when(pl.col("lon").is_not_null()).then("weight")
    )
    middle = placed.group_by("cluster").agg(
        lon=(pl.col("lon") * pl.col("weight")).sum() / pl.col("weight").sum(),
        lat=(pl.col("lat") * pl.col("weight")).sum() / pl.col("weight").sum(),
        best=pl.col("radius_m").filter(pl.col("lon").is_not_null()).min(),
        one=pl.col("radius_m").first(),
        n=pl.len(),
        start=pl.col("t0").max(),
        end=pl.col("t1").min(),
        instant=(pl.col("t0") == pl.col("t1")).filter(pl.col("t1") == pl.col("t1").min()).all(),
        whole=((pl.col("t0") == pl.col("t0").max()) & (pl.col("t1") == pl.col("t1").min())).any(),
        t0=pl.col("t0").min(),
        t1=pl.col("t1").max(),
        scatter=(
            (pl.col("lat").var(ddof=0) + pl.col("lon").var(ddof=0) * pl.col("lat").mean().radians().cos().pow(2)) / 2
        ),
    )
    # Two spans that only just overlap may do so by a clock that is wrong, and such a sliver could decide on which side
    # of a truce's midnight it was: what they share counts where it is longer than clocks err, or all that one told.
    shared = pl.col("whole") | ((pl.col("end") - pl.col("start")).dt.total_microseconds() >= params.clock_sd_s * 1e6)
    # An instant inside a span agrees with it, though nothing lies between its start and its end.
    agree = ((pl.col("start") < pl.col("end")) & shared) | ((pl.col("start") == pl.col("end")) & pl.col("instant"))
    # No tighter than the best source alone: two that name one village share its error, and nothing says they do not.
    scatter_m = pl.col("scatter").fill_null(0).sqrt() * METRES_PER_DEGREE * RADIUS_SIGMAS
    return middle.select(
        "cluster",
        # Spans that meet: it happened when they all can be right. Spans that do not: some time in all of them.
        t0=pl.when(agree).then("start").otherwise("t0"),
        t1=pl.when(agree).then("end").otherwise("t1"),
        lon=pl.col("lon").fill_nan(None),
        lat=pl.col("lat").fill_nan(None),
        radius_m=pl.when(pl.col("n") == 1)
        .then("one")
        .when(pl.col("best").is_not_null())
        .then(pl.max_horizontal("best", scatter_m)),
    )


def _kind(told: pl.DataFrame) -> pl.DataFrame:
    """The acts that all can agree on, by their name; where not all can be of one act, the narrowest that was said."""
    narrow = pl.col("kind").sort_by(pl.col("kind").replace_strict(_BREADTH, return_dtype=pl.Int64), "kind").first()
    met = told.group_by("cluster").agg(met=pl.col("mask").bitwise_and(), kind=narrow)
    return met.select(
        "cluster", kind=pl.col("met").replace_strict(_NAMES, default=pl.col("kind"), return_dtype=pl.String)
    )


def _details(told: pl.DataFrame) -> pl.DataFrame:
    def agreed(name: str) -> pl.Expr:
        said = pl.col(name).drop_nulls()
        return pl.when(said.n_unique() == 1).then(said.first()).alias(name)

    return told.group_by("cluster").agg(
        agreed("by"),
        agreed("between"),
        agreed("weapon"),
        agreed("target"),
        place=pl.col("place").sort_by("radius_m", "place", nulls_last=True).drop_nulls().first(),
        killed_low=pl.min_horizontal(pl.col("killed_low").min(), pl.col("killed").min()),
        killed_high=pl.max_horizontal(pl.col("killed_high").max(), pl.col("killed").max()),
        injured_low=pl.col("injured").min(),
        injured_high=pl.col("injured").max(),
        first_published=pl.col("published_at").min(),
    )


def _existence(rows: pl.DataFrame, kinds: pl.DataFrame, params: FuseParams, learnt: Learnt) -> pl.DataFrame:
    """The chance that it happened: a person's judgement; else by what was learnt; else as `_first_values` has it."""
    counts = rows.group_by("cluster").agg(
        n_observations=pl.len(), n_denials=(~pl.col("yes")).sum(), sources=pl.col("source").unique().sort(),
        n_lineages=pl.col("lineage_of").filter("yes").n_unique(),
    )  # fmt: skip
    p = existence(rows, learnt, params) if learnt.sources.height else _first_values(rows, kinds, params)
    if "happened" in rows.columns:
        called = pl.col("happened").drop_nulls()
        one = rows.group_by("cluster").agg(called=pl.when(called.n_unique() == 1).then(called.first()))
        p = p.join(one, on="cluster").select("cluster", p=pl.coalesce(pl.col("called").cast(pl.Float64), "p"))
    return counts.join(p, on="cluster")


def _first_values(rows: pl.DataFrame, kinds: pl.DataFrame, params: FuseParams) -> pl.DataFrame:
    """Before anything was learnt: 1 - product(1 - w) over voices, odds cut by each denial.

    0 where there are only denials: p is the support that the record gives, and nobody says that it happened.
    """
    told = rows.select("cluster", "source", "mask", "kind", "orbit", "p", "yes", "voice")
    told = told.join(kinds.select("cluster", incident_kind="kind"), on="cluster").with_columns(
        wanted=pl.col("incident_kind").replace_strict(MASKS, return_dtype=pl.UInt32)
    )
    maybe_nothing = (pl.col("mask") & _BENIGN & ~pl.col("wanted")) != 0
    seen = pl.col("orbit") & pl.col("kind").is_in(PIXELS)
    plain = pl.when(seen).then(params.p_instrument).otherwise(params.p_statement)
    told = told.with_columns(
        w=pl.when(maybe_nothing)
        .then(params.p_may_be_nothing)
        .otherwise(pl.coalesce("p", plain).clip(upper_bound=params.p_most))
    )
    voices = told.group_by("cluster", "voice", "yes").agg(pl.col("w").max())
    odds_against = (1 - params.p_denial) / params.p_denial
    summed = voices.group_by("cluster").agg(
        none=(1 - pl.col("w").filter("yes")).product(),
        n_lineages=pl.col("yes").sum(),
        deniers=(~pl.col("yes")).sum(),
    )
    # Where nobody says that it happened, nothing supports it: unknown is not half.
    happened = pl.when(pl.col("n_lineages") > 0).then(1 - pl.col("none")).otherwise(0.0)
    cut = happened * odds_against ** pl.col("deniers")
    return summed.select("cluster", p=cut / (cut + 1 - happened))
