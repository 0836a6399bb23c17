"""What the tool says of each corridor, beside what was reported then. Tables in, one table out; no files.

A corridor's answer is taken from the findings of its term, never made anew. Where there are none, silence counts only
where somebody looked: a pass of a satellite whose footprint covers all the ground that may be meant.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.assess.geometry import local, moved
from trucewatch.assess.inside import off_by
from trucewatch.kinds import ARMED, KINDS

INDICATED, NOT_INDICATED, CANNOT_TELL = "indicated", "not indicated", "cannot tell"
ANSWERS = (INDICATED, NOT_INDICATED, CANNOT_TELL)
OTHER_DAYS = 14
"""Days before and after a corridor's own with which it is compared: a month has the same weather and the same front."""
YEAR = timedelta(days=365)
_ALL = 0.999
"""A share of the ground from which on all of it was looked at: areas of hulls are not exact to the last metre."""
_ARMED = [kind for kind, acts in KINDS.items() if set(acts) & set(ARMED)]
SCHEMA = pl.Schema(
    {
        "row": pl.Int64, "date": pl.Date, "from": pl.String, "to": pl.String, "proposed": pl.String,
        "reported": pl.String, "answer": pl.String, "because": pl.String, "contested": pl.Boolean,
        "reports": pl.Int64, "surely_armed": pl.Int64, "fires": pl.Int64, "low": pl.Float64,
        "high": pl.Float64, "would_settle": pl.String,
        "finding": pl.String, "term": pl.String, "hours": pl.String, "places": pl.String, "passes": pl.Int64,
        "share_looked_at": pl.Float64, "fires_in_its_hours": pl.Int64, "fires_same_hours_other_days": pl.Float64,
        "fires_same_hours_2021": pl.Float64, "reports_in_its_hours": pl.Int64,
        "reports_same_hours_other_days": pl.Float64,
    }
)  # fmt: skip


def answers(
    corridors: pl.DataFrame, terms: pl.DataFrame, findings: pl.DataFrame, incidents: pl.DataFrame, looks: pl.DataFrame
) -> pl.DataFrame:
    """corridors(row, agreement, term, date, from, to, proposed, reported, hours, places), and what the case holds
    -> a line for each corridor, in their order.
    """
    facts = seen(incidents)
    told = findings.join(facts.select("id", "fire"), left_on="subject", right_on="id", how="left")
    rows = []
    for corridor in corridors.iter_rows(named=True):
        mine = (pl.col("agreement") == corridor["agreement"]) & (pl.col("term") == corridor["term"])
        term = terms.filter(mine & (pl.col("reading") == "text")).row(0, named=True)
        bear = told.filter(mine & (pl.col("verdict") != "not_indicated"))
        ground = belt(term)
        passes, share = looked(term["may"], ground, looks)
        rows.append({**corridor, **answer(bear, ground, share), "passes": passes, "share_looked_at": share,
                     **_beside(term["may"], ground, facts)})  # fmt: skip
    return pl.DataFrame(rows, schema_overrides=SCHEMA).select(SCHEMA.names())


def seen(incidents: pl.DataFrame) -> pl.DataFrame:
    """Incidents that may be armed acts, with `fire`: nothing but heat, by satellites alone, tells of it."""
    satellites = pl.col("sources").list.eval(pl.element().str.starts_with("firms")).list.all()
    return incidents.filter(pl.col("kind").is_in(_ARMED)).with_columns(fire=satellites)


def belt(term: dict[str, Any]) -> shapely.Geometry | None:
    """All the ground that a term may mean: its zone with the edge as far out as it may lie. None where not known."""
    if term["zone"] is None:
        return None
    zone = shapely.from_wkb(term["zone"])
    there, back = local(zone)
    return moved(shapely.segmentize(off_by(moved(zone, there), term["edge_m"] or 0.0, 0.0), 5_000.0), back)


def looked(spans: list[dict[str, Any]], ground: shapely.Geometry | None, looks: pl.DataFrame) -> tuple[int, float]:
    """Spans, ground, looks(t0, t1, footprint) -> passes that met the ground then, and the share of it that they saw.

    A pass is a minute and its footprint is the hull of what it detected: the least that it looked at. Degrees are
    taken as a plane, which changes shares by less than 1 % on ground this small.
    """
    if ground is None:
        return 0, 0.0
    during = pl.any_horizontal(
        [(pl.col("t0") < s["until"]) & (pl.col("t1") > s["from"]) for s in spans] or [pl.lit(False)]
    )
    prints = shapely.from_wkb(looks.filter(during & pl.col("footprint").is_not_null())["footprint"].to_numpy())
    met = prints[shapely.intersects(prints, ground)]
    if not len(met):
        return 0, 0.0
    share = shapely.area(shapely.intersection(shapely.union_all(met), ground)) / shapely.area(ground)
    return len(met), round(float(share), 3)


def answer(bear: pl.DataFrame, ground: shapely.Geometry | None, share: float) -> dict[str, Any]:
    """Findings that say more than no, of every reading; whether the ground is known; how much of it was looked at.

    -> answer, because, contested, reports (surely_armed of them), fires, low, high, would_settle, finding. What the
    text's reading indicates is indicated; whatever else bears, by whatever reading, leaves it open.
    """
    best = _best(bear)
    fires = bear.filter("fire")["subject"].n_unique()
    reports = bear["subject"].n_unique() - fires
    made: dict[str, Any] = {
        "reports": reports, "surely_armed": bear.filter(pl.col("p_barred") == 1)["subject"].n_unique(), "fires": fires,
        "contested": bool(bear["contested"].any()), "low": None, "high": None, "would_settle": None, "finding": None,
    }  # fmt: skip
    if best is not None:
        made |= {"low": best["low"], "high": best["high"], "would_settle": best["would_settle"], "finding": best["id"]}
    by_text = bear.filter(pl.col("reading") == "text")["verdict"].cast(pl.String)
    if by_text.is_in(["indicated", "strongly_indicated"]).any():
        return made | {"answer": INDICATED, "because": f"weakest link: {best['because'] if best else ''}"}
    if ground is None:
        return made | {
            "answer": CANNOT_TELL,
            "because": "where one of its ends lies is not known, so all of that day may bear",
        }
    if best is not None and reports:
        return made | {"answer": CANNOT_TELL, "because": f"weakest link: {best['because']}"}
    if best is not None:
        return made | {"answer": CANNOT_TELL, "because": "only heat was seen, which by itself is no armed act"}
    if share < _ALL:
        return made | {"answer": CANNOT_TELL, "because": "nothing bears on it, and nobody looked at all of it"}
    return made | {"answer": NOT_INDICATED, "because": "nothing bears on it, and all of it was passed over"}


def _best(bear: pl.DataFrame) -> dict[str, Any] | None:
    """The finding that says most: of a report before one of heat, by the text first, with the highest bounds, of an act
    that is surely armed before one that may be."""
    if bear.is_empty():
        return None
    text = pl.col("reading") == "text"
    open_still = pl.col("would_settle").str.len_chars()
    order = bear.with_columns(text=text, armed=pl.col("p_barred").fill_null(0), open=open_still).sort(
        # Ids differ from case to case; so what is open decides before them, and the same rows give the same lines.
        ["fire", "text", "low", "armed", "high", "open", "would_settle", "id"],
        descending=[False, True, True, True, True, False, False, False],
    )
    return order.row(0, named=True)


def _beside(spans: list[dict[str, Any]], ground: shapely.Geometry | None, facts: pl.DataFrame) -> dict[str, Any]:
    """What lies on that ground in its hours, and in the same hours of other days: what coincidence would give."""
    names = ("fires_in_its_hours", "fires_same_hours_other_days", "fires_same_hours_2021", "reports_in_its_hours",
             "reports_same_hours_other_days")  # fmt: skip
    if ground is None:
        return dict.fromkeys(names)
    there = facts.filter(on(ground, facts))
    shifts = [timedelta(days=d) for d in range(-OTHER_DAYS, OTHER_DAYS + 1)]
    made: list[float | None] = []
    for fire in (True, False):
        these, every = there.filter(pl.col("fire") == fire), facts.filter(pl.col("fire") == fire)
        made.append(during(spans, these, every, [timedelta(0)]))
        made.append(during(spans, these, every, [shift for shift in shifts if shift]))
        if fire:
            made.append(during(spans, these, every, [shift - YEAR for shift in shifts]))
    return dict(zip(names, made, strict=True))


def on(ground: shapely.Geometry, facts: pl.DataFrame) -> pl.Series:
    """Which of the incidents have their point on that ground; one without a point has not."""
    placed = (facts["lon"].is_not_null() & facts["lat"].is_not_null()).to_numpy()
    shapely.prepare(ground)
    hits = shapely.contains_xy(ground, facts["lon"].fill_null(0).to_numpy(), facts["lat"].fill_null(0).to_numpy())
    return pl.Series(hits & placed)


def during(
    spans: list[dict[str, Any]], these: pl.DataFrame, every: pl.DataFrame, shifts: list[timedelta]
) -> float | None:
    """How many of `these` meet the spans moved by each shift, on average. A shift to when the feeds (`every`) had not
    begun or had ended is left out; None where all are.
    """
    counts = []
    for shift in shifts:
        moved_spans = [(span["from"] + shift, span["until"] + shift) for span in spans]
        if moved_spans and _covered(moved_spans, every):
            meets = [(pl.col("t0") < until) & (pl.col("t1") > since) for since, until in moved_spans]
            counts.append(these.filter(pl.any_horizontal(meets)).height)
    return round(float(np.mean(counts)), 2) if counts else None


def _covered(spans: list[tuple[datetime, datetime]], every: pl.DataFrame) -> bool:
    """The feeds run on at that time: something of theirs, anywhere, is dated within three days before it, and after."""
    near = timedelta(days=3)
    before, after = pl.col("t0").is_between, pl.col("t1").is_between
    return all(
        every.filter(before(since - near, since)).height and every.filter(after(until, until + near)).height
        for since, until in spans
    )


def cross(lines: pl.DataFrame, by: str = "reported") -> pl.DataFrame:
    """Lines -> how many of each outcome reported then (or of each `by`) have each answer now, with sums.

    >>> lines = pl.DataFrame({"reported": ["successful", "disputed"], "answer": ["cannot tell", "cannot tell"]})
    >>> cross(lines).rows()
    [('disputed', 0, 0, 1, 1), ('successful', 0, 0, 1, 1), ('all', 0, 0, 2, 2)]
    """
    counts = [(pl.col("answer") == word).sum().cast(pl.Int64).alias(word) for word in ANSWERS]
    each = lines.group_by(by).agg(*counts, pl.len().cast(pl.Int64).alias("all")).sort(by)
    return pl.concat([each, each.select(pl.lit("all").alias(by), pl.col(*ANSWERS, "all").sum())])
