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

_ACTS = frozenset(
    {kind.replace("_", " ") for kind in KINDS}
    | {
        "time",
        "incident",
        "case",
        "instance",
        "event",
        "occasion",
        "episode",
        "attack",
        "strike",
        "violation",
        "breach",
    }
)
"""Units in which a figure counts incidents."""


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
    if _ends_late(row, evidence):
        made.not_looked_at.append("the last of the time meant: the record ends before it does")
    _bounds(row, met, noticed, made, params)
    return _reasons(row, met, noticed, made, params, evidence.party(row["whom"]) is None)


def _bounds(row: Row, met: Met, noticed: float | None, made: Answer, params: CheckParams) -> None:
    """At the least: the likeliest so many all happened, less the chance of more where an exact number is said. At the
    most: what incidents and what may have gone unseen leave. Silence counts from `params.noticed` on."""
    unseen = 1.0 if noticed is None or noticed < params.noticed else 1.0 - noticed
    sure, may = (of["p"].sort(descending=True).to_list() for of in (met.sure, met.may))
    least, most = _wanted(row, params)
    made.low = _all(sure, least)
    made.high = min(1.0, max(made.low, _beyond(may, least - 1) + unseen)) if least else 1.0
    if most is not None:
        made.high = min(made.high, 1 - _all(sure, most + 1))
        made.low = max(0.0, made.low - _beyond(may, most) - unseen)
        if unseen == 1.0:
            made.not_looked_at.append("whether there were more than was seen: a number is said that is no least one")
    if row["figure"] is None:
        return
    said = f"{row['figure']:,g} {row['unit'] or ''}".strip()
    if counts_incidents(row):
        made.looked_at.append(f"figures: {said} said; the record holds {met.sure.height} to {met.may.height}")
    else:
        made.low = 0.0
        made.not_looked_at.append(f"the figure: incidents count themselves, and not {row['unit'] or said}")
    made.low = min(made.low, made.high)


def counts_incidents(row: Row) -> bool:
    """Is the figure a number of incidents? Whole, and without a unit or in one that names acts: not people, not shells.

    >>> [counts_incidents({"figure": 3.0, "unit": unit}) for unit in ("air strikes", "people killed", None)]
    [True, False, True]
    """
    figure, unit = row["figure"], " ".join((row["unit"] or "").lower().replace("_", " ").split())
    if figure is None or figure < 0 or not float(figure).is_integer():
        return False
    words = [unit, unit.rpartition(" ")[2]]
    return not unit or any(word.removesuffix(end) in _ACTS for word in words for end in ("", "s", "es"))


def _wanted(row: Row, params: CheckParams) -> tuple[int, int | None]:
    """A statement -> how many incidents it needs at the least, and allows at the most (None: any number)."""
    if row["figure"] is None or not counts_incidents(row):
        return 1, None
    said = int(row["figure"])
    if said == 1 and row["qualifier"] != "more than":
        return 1, None  # "a shelling" is that there was one, and more do not belie it
    if row["qualifier"] in ("at least", "more than"):
        return said + (row["qualifier"] == "more than"), None
    slack = params.about if row["qualifier"] == "about" else 1.0
    return math.ceil(said / slack), math.floor(said * slack)


def _all(chances: list[float], n: int) -> float:
    """The least chance that the likeliest n all happened (Frechet); 0 where there are fewer."""
    return max(0.0, sum(chances[:n]) - (n - 1)) if len(chances) >= n else 0.0


def _beyond(chances: list[float], n: int) -> float:
    """The most chance that more than n happened: then one of those beyond the likeliest n did."""
    return min(1.0, sum(chances[n:]))


def _reasons(
    row: Row, met: Met, noticed: float | None, made: Answer, params: CheckParams, nobody: bool
) -> Answer:  # fmt: skip
    lacks = [
        word
        for word, gone in (
            ("what kind of act", row["kind"] in (None, "unspecified")),
            ("when it was", row["t0"] is None),
            ("where exactly it was", row["place"] is not None and row["lon"] is None),
            ("who did it, by a name that the agreement has", row["whom"] is not None and nobody),
        )
        if gone
    ]
    least, most = _wanted(row, params)
    if made.low > 0 and met.may.height:
        made.because = (
            "independent sources tell of it" if made.low >= 0.5 else "what tells of it is one voice, and weak"
        )
    elif lacks:
        made.because = f"the statement does not tell {' or '.join(lacks)}, so no incident is surely what it means"
    elif met.sure.height and row["figure"] is not None and not counts_incidents(row):
        made.because = f"that it happened is in the record, and nothing of how many {row['unit'] or 'there were'}"
    elif most is not None and met.sure.height > most:
        made.because = f"the record holds {met.sure.height} such incidents, more than was said"
    elif met.may.height and met.may.height < least:
        made.because = f"the record holds {met.may.height} such incidents at the most, fewer than was said"
    elif met.may.height and met.sure.height < met.may.height:
        made.because = "incidents that may be what is meant differ in place, time, kind or in who did it"
    elif met.may.height:
        made.because = "how many there were cannot be told from what was seen"
    elif noticed is None:
        made.because = "nothing like it is in the record, and nobody has told who could have noticed it"
    else:
        made.because = f"nothing like it is in the record; it would have been noticed with a chance of {noticed:.2f}"
        made.because += "" if noticed >= params.noticed else f", and silence counts from {params.noticed:g} on"
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
    # Of a name that nobody knows it is not known whose it is, either.
    by_sure = pl.lit(row["whom"] is None) if whom is None else (theirs == whom).fill_null(False)
    by_may = pl.lit(True) if whom is None else (theirs.is_null() | (theirs == whom)).fill_null(True)
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
    if _ends_late(row, evidence):
        return 0.0
    ground = _cells(row, params)
    of_kind = pl.col("kind").is_null() | (pl.col("kind") == row["kind"])
    then = (pl.col("t0") < row["t1"]) & (pl.col("t1") > row["t0"])
    rows = evidence.exposure.filter(pl.col("cell").is_in(ground), then, of_kind, pl.col("low").is_not_null())
    if rows["cell"].n_unique() < len(ground):
        return 0.0 if rows.height else None
    return min(_least(of, row["t0"], row["t1"]) for of in rows.partition_by("cell"))


def _ends_late(row: Row, evidence: Evidence) -> bool:
    """Is part of the time meant after the last that the record holds?"""
    return bool(evidence.until is not None and row["t1"] is not None and row["t1"] > evidence.until)


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
