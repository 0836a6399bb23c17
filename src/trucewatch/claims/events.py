"""Statements of what happened, or how often -> bounds, from incidents and from who could have noticed.

Steps: which incidents surely are what is meant, and which may be (kind, place, time, who); without those that only the
speaker's own word stands behind; then the least and the most that they leave, silence counting only where somebody
looked.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from trucewatch.base.place import METRES_PER_DEGREE, cell_of
from trucewatch.claims.evidence import Answer, Evidence, Row, names_of
from trucewatch.claims.params import CheckParams
from trucewatch.kinds import KINDS


@dataclass(frozen=True)
class Met:
    """Incidents that are what a statement means: surely, or maybe; own: those that only its speaker tells of."""

    sure: pl.DataFrame
    may: pl.DataFrame
    own: int


def happened(row: Row, evidence: Evidence, params: CheckParams) -> Answer:
    """One statement of an event or of a count -> its answer."""
    met = meets(row, evidence, params)
    noticed = noticing(row, evidence, params)
    made = Answer()
    made.looked_at.append(f"{evidence.incidents.height} incidents, of which {met.may.height} may be what is meant")
    made.evidence = [*met.sure["id"].to_list(), *met.may.join(met.sure, on="id", how="anti")["id"].to_list()]
    if met.own:
        told = "one incident" if met.own == 1 else f"{met.own} incidents"
        made.not_looked_at.append(
            f"{told} behind which only the speaker's own word stands: repeating is not corroborating"
        )
    if noticed is None:
        made.not_looked_at.append("coverage: nobody has told who could have noticed it there and then")
    else:
        made.looked_at.append(f"coverage: it would have been noticed with a chance of {noticed:.2f} at the least")
    if row["figure"] is None or row["figure"] <= 1:
        return _once(row, met, noticed, made)
    return _often(row, met, noticed, made)


def _once(row: Row, met: Met, noticed: float | None, made: Answer) -> Answer:
    made.low = float(met.sure["p"].max() or 0.0) if met.sure.height else 0.0  # type: ignore[arg-type]
    unseen = 1.0 if noticed is None else 1.0 - noticed
    made.high = min(1.0, max(made.low, float(met.may["p"].sum()) + unseen))
    return _reasons(row, met, noticed, made)


def _often(row: Row, met: Met, noticed: float | None, made: Answer) -> Answer:
    """At least so many: the chance that the likeliest so many all happened; fewer only where nothing went unseen."""
    wanted = math.floor(row["figure"]) + (row["qualifier"] == "more than")
    chances = met.sure["p"].sort(descending=True).to_list()
    top = chances[:wanted]
    made.low = max(0.0, sum(top) - (len(top) - 1)) if len(chances) >= wanted else 0.0
    if met.may.height < wanted and noticed is not None:
        made.high = 1.0 - noticed
    if row["qualifier"] in (None, "exact", "about"):
        over = len(chances) > wanted * (1.5 if row["qualifier"] == "about" else 1.0)
        if over:
            more = chances[: wanted + 1]
            made.high = min(made.high, 1 - max(0.0, sum(more) - (len(more) - 1)))
            made.low = 0.0
        elif noticed is None:
            made.low = 0.0  # there may be more that nobody saw, and then it is no exact number
            made.not_looked_at.append("whether there were more than was seen: the number is said to be exact")
    made.low = min(made.low, made.high)
    made.looked_at.append(
        f"figures: {row['figure']:,g} {row['unit'] or ''} said; the record holds {met.sure.height} to {met.may.height}"
    )
    return _reasons(row, met, noticed, made)


def _reasons(row: Row, met: Met, noticed: float | None, made: Answer) -> Answer:
    lacks = [
        word
        for word, gone in (
            ("what kind of act", row["kind"] in (None, "unspecified")),
            ("when it was", row["t0"] is None),
            ("where exactly it was", row["place"] is not None and row["lon"] is None),
        )
        if gone
    ]
    if made.low > 0:
        made.because = (
            "independent sources tell of it" if made.low >= 0.5 else "what tells of it is one voice, and weak"
        )
    elif lacks:
        made.because = f"the statement does not tell {' or '.join(lacks)}, so no incident is surely what it means"
    elif met.may.height:
        made.because = "incidents that may be what is meant differ in place, time, kind or in who did it"
    elif noticed is None:
        made.because = "nothing like it is in the record, and nobody has told who could have noticed it"
    else:
        made.because = f"nothing like it is in the record; it would have been noticed with a chance of {noticed:.2f}"
    if lacks:
        made.would_settle = f"the speaker's word on {' and '.join(lacks)}"
    else:
        made.would_settle = "an independent observation of that place and time, or looks that cover them"
    return made


def meets(row: Row, evidence: Evidence, params: CheckParams) -> Met:
    """A statement -> the incidents that are what it means."""
    seen = evidence.incidents
    if seen.is_empty():
        return Met(seen, seen, 0)
    acts = set(KINDS[row["kind"] or "unspecified"])
    told = row["kind"] not in (None, "unspecified")
    kinds = {kind: (told and set(of) <= acts, bool(set(of) & acts)) for kind, of in KINDS.items()}
    whom = evidence.party(row["whom"])
    by = {name: evidence.party(name) for name in seen["by"].drop_nulls().unique().to_list()}
    theirs = pl.col("by").replace_strict(by, default=None, return_dtype=pl.String)
    place_sure, place_may = _place(row, params)
    time_sure, time_may = _time(row)
    by_sure = pl.lit(True) if row["whom"] is None else (theirs == whom).fill_null(False)
    by_may = pl.lit(True) if row["whom"] is None else (theirs.is_null() | (theirs == whom)).fill_null(True)
    marked = seen.with_columns(
        sure=pl.col("kind").replace_strict({k: v[0] for k, v in kinds.items()}, return_dtype=pl.Boolean)
        & place_sure & time_sure & by_sure,
        may=pl.col("kind").replace_strict({k: v[1] for k, v in kinds.items()}, return_dtype=pl.Boolean)
        & place_may & time_may & by_may,
    )  # fmt: skip
    alone = _own(row, marked.filter("may"), evidence)
    kept = marked.filter("may", ~pl.col("id").is_in(alone)).sort("t0", "kind", "lon", "lat", "id", nulls_last=True)
    return Met(kept.filter("sure").select(seen.columns), kept.select(seen.columns), len(alone))


def _own(row: Row, may: pl.DataFrame, evidence: Evidence) -> list[str]:
    """Incidents that nobody tells of but the speaker, under any of its names."""
    mine = evidence.links.filter(pl.col("incident").is_in(may["id"].to_list())).join(
        evidence.observations.select("id", "source", "lineage"), left_on="observation", right_on="id", how="inner"
    )
    voices = pl.when(pl.col("lineage").list.len() > 0).then("lineage").otherwise(pl.concat_list("source"))
    every = mine.select("incident", voice=voices).explode("voice").with_columns(pl.col("voice").str.to_lowercase())
    own = every.group_by("incident").agg(pl.col("voice").is_in(sorted(names_of(row))).all().alias("own"))
    return own.filter("own")["incident"].to_list()


def _place(row: Row, params: CheckParams) -> tuple[pl.Expr, pl.Expr]:
    """(surely there, may be there). No place at all means everywhere; a name alone is sure of nothing."""
    if row["place"] is None and row["lon"] is None:
        return pl.lit(True), pl.lit(True)
    if row["lon"] is None:
        named = pl.col("place").str.to_lowercase() == str(row["place"]).lower()
        return pl.lit(False), (named | pl.col("place").is_null()).fill_null(True)
    reach = row["radius_m"] if row["radius_m"] is not None else params.place_radius_m
    apart = _gap(row)
    own = pl.col("radius_m").fill_null(params.place_radius_m)
    return (apart + own <= reach).fill_null(False), (apart - own <= reach).fill_null(True)


def _gap(row: Row) -> pl.Expr:
    """Metres from the statement's point, by the flat rule that is good over a town and a little too long elsewhere."""
    lat = math.radians(row["lat"])
    x = (pl.col("lon") - row["lon"]) * METRES_PER_DEGREE * math.cos(lat)
    y = (pl.col("lat") - row["lat"]) * METRES_PER_DEGREE
    apart: pl.Expr = (x**2 + y**2).sqrt()
    return apart


def _time(row: Row) -> tuple[pl.Expr, pl.Expr]:
    """(surely then, may be then). Without a time it may be anything before it was said."""
    if row["t0"] is None:
        return pl.lit(False), pl.lit(True) if row["said_at"] is None else pl.col("t0") <= row["said_at"]
    end = row["t1"] or row["t0"]
    return (pl.col("t0") >= row["t0"]) & (pl.col("t1") <= end), (pl.col("t0") < end) & (pl.col("t1") > row["t0"])


def noticing(row: Row, evidence: Evidence, params: CheckParams) -> float | None:
    """The least chance, over the ground and the time meant, that some one source notices; null where nobody tells.

    Of several sources the best one counts, since they may look or fail together. An hour or a cell without a look is 0.
    """
    if row["lon"] is None or row["t0"] is None or row["t1"] is None or row["kind"] in (None, "unspecified"):
        return None
    ground = _cells(row, params)
    of_kind = pl.col("kind").is_null() | (pl.col("kind") == row["kind"])
    then = (pl.col("t0") < row["t1"]) & (pl.col("t1") > row["t0"])
    rows = evidence.exposure.filter(pl.col("cell").is_in(ground), then, of_kind, pl.col("low").is_not_null())
    if rows["cell"].n_unique() < len(ground):
        return 0.0 if rows.height else None
    return min(_least(of, row["t0"], row["t1"]) for of in rows.partition_by("cell"))


def _cells(row: Row, params: CheckParams) -> list[int]:
    """The cells that the ground meant lies in: of points close enough together that none is stepped over."""
    reach = row["radius_m"] if row["radius_m"] is not None else params.place_radius_m
    steps = max(1, math.ceil(2 * reach / params.cell_m)) * 2
    out = [-reach + 2 * reach * n / steps for n in range(steps + 1)]
    lat = math.cos(math.radians(row["lat"])) * METRES_PER_DEGREE
    points = [
        (row["lon"] + x / lat, row["lat"] + y / METRES_PER_DEGREE)
        for x in out
        for y in out
        if x * x + y * y <= reach**2
    ]
    frame = pl.DataFrame(points, schema={"lon": pl.Float64, "lat": pl.Float64}, orient="row")
    cells: list[int] = frame.select(cell_of(pl.col("lon"), pl.col("lat"), params.cell_m)).to_series().unique().to_list()
    return cells


def _least(rows: pl.DataFrame, start: datetime, end: datetime) -> float:
    spans: list[Any] = rows.select("t0", "t1", "low").rows()
    cuts = sorted({start, end, *(at for span in spans for at in span[:2] if start < at < end)})
    return min(
        max((p for a, b, p in spans if a <= first and b >= then), default=0.0)
        for first, then in itertools.pairwise(cuts)
    )
