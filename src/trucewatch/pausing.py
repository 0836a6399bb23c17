"""Floor 4, beside the pipeline: is the pause used, did the truce change anything, from what the case holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch import pipeline
from trucewatch.archive import know
from trucewatch.assess import Agreement
from trucewatch.base.errors import InputError
from trucewatch.kinds import ARMED, KINDS
from trucewatch.ports import Store, Tools
from trucewatch.reporting import exposed
from trucewatch.tables import CHANGED, PAUSED
from trucewatch.watch import ChangeAsk, PauseAsk, advance, change, pause

NAMED = ("rotation", "resupply", "works", "reinforcement", "redeployment", "presence")
"""Acts of which it is said that pauses are used for them; what is left of them once permitted acts are out."""
_COUNTS = {"side": pl.String, "measure": pl.String, "unit": pl.String, "date": pl.Date, "count": pl.Float64,
           "exposure": pl.Float64}  # fmt: skip


@dataclass(frozen=True)
class PauseAsked:
    """Between which days (None: the agreement's own), with which lag and windows, of which agreement, as of when."""

    since: date | None = None
    until: date | None = None
    lag: tuple[int, int] = (0, 0)
    before: int = 28
    after: int = 14
    agreement: str | None = None
    as_of: int | None = None


@dataclass(frozen=True)
class ChangeAsked:
    """From which day (None: each term's own), which windows, of which agreement, as of when."""

    at: date | None = None
    before: int = 56
    after: int = 28
    agreement: str | None = None
    as_of: int | None = None


@dataclass(frozen=True)
class Paused:
    """What came of it, for which days, and what has to be known beside it."""

    table: pl.DataFrame
    ask: PauseAsk
    notes: list[str]


def paused(store: Store, tools: Tools, asked: PauseAsked) -> Paused:
    """The case, an agreement -> PAUSED: named acts, armed acts and mapped advance, of every party."""
    known = know(store, asked.as_of)
    agreed = pipeline.chosen(known, asked.agreement)
    judged = pipeline.assess(store, tools, agreed.id, known.size)
    fused = pipeline.fuse(store, tools, known.size)
    since, until = _days(judged.tables["terms"], asked)
    ask = PauseAsk(since, until, asked.lag, asked.before, asked.after).checked()
    incidents = _sided(fused.tables["incidents"], agreed)
    days = _record(incidents)
    seen = _seen(known.table(store, "looks"), days)
    parties = [p.id for p in agreed.parties]
    series = []
    notes = [f"{len(days)} days of record; pause {since} to {until}; days without a recorded look are left out"]
    for act in NAMED:
        if permitted := _permitted(judged.tables["terms"], act):
            notes.append(f"{act}: permitted by {permitted}, so it is not counted")
            continue
        mine = incidents.filter(pl.col("kind").replace_strict(_one_act(act), default=False, return_dtype=pl.Boolean))
        if mine.height:
            series.append(_daily(mine, act, parties, days, seen))
    armed = incidents.filter(pl.col("kind").replace_strict(_all_armed(), default=False, return_dtype=pl.Boolean))
    series.append(_daily(armed, "armed_acts", parties, days, seen))
    unsided = armed.filter(pl.col("side").is_null()).height
    notes.append(f"armed acts of which no side is told, and which count for none: {unsided} of {armed.height}")
    ground = advance(known.table(store, "areas").filter(pl.col("held_by").is_not_null()))
    series.append(ground.select(pl.col(name).cast(kind) for name, kind in _COUNTS.items()))
    made = [PAUSED.empty()]
    for measure in (m for table in series for m in table.partition_by("measure", maintain_order=True)):
        try:
            made.append(pause(measure, ask))
        except InputError as wrong:
            notes.append(f"{measure['measure'][0]}: cannot tell, {wrong.what}")
    return Paused(pl.concat(made), ask, notes)


def changed(store: Store, tools: Tools, asked: ChangeAsked) -> tuple[pl.DataFrame, list[str]]:
    """The case, an agreement -> CHANGED, a series per term: what it bars, in its zone, from its own first day."""
    known = know(store, asked.as_of)
    agreed = pipeline.chosen(known, asked.agreement)
    terms = pipeline.assess(store, tools, agreed.id, known.size).tables["terms"]
    incidents = pipeline.fuse(store, tools, known.size).tables["incidents"].filter(pl.col("n_lineages") > 0)
    days = _record(incidents)
    seen = _seen(known.table(store, "looks"), days)
    made, notes = [CHANGED.empty()], []
    for term in terms.filter((pl.col("reading") == "text") & (pl.col("acts").list.len() > 0)).rows(named=True):
        at = asked.at or (term["since"].date() if term["since"] else None)
        name = f"article {term['article']} ({term['term']}), {term['where_says'] or 'everywhere'}"
        if at is None or term["zone_kind"] == "unknown":
            notes.append(f"{name}: cannot tell, {'its start' if at is None else 'its zone'} is not known here")
            continue
        rows = _daily(_barred(incidents, term), name, [], days, seen).with_columns(series=pl.lit(name))
        try:
            made.append(change(rows, ChangeAsk(at, asked.before, asked.after)))
        except InputError as wrong:
            notes.append(f"{name}: cannot tell, {wrong.what}")
    return pl.concat(made).unique("series", keep="first", maintain_order=True), notes


def _barred(incidents: pl.DataFrame, term: dict[str, Any]) -> pl.DataFrame:
    bars = {kind: set(acts) <= set(term["acts"]) for kind, acts in KINDS.items()}
    mine = incidents.filter(pl.col("kind").replace_strict(bars, default=False, return_dtype=pl.Boolean))
    if term["zone"] is None:
        return mine
    placed = mine.filter(pl.col("lon").is_not_null())
    zone = shapely.from_wkb(term["zone"])
    shapely.prepare(zone)
    return placed.filter(pl.Series(shapely.contains_xy(zone, placed["lon"].to_numpy(), placed["lat"].to_numpy())))


def _days(terms: pl.DataFrame, asked: PauseAsked) -> tuple[date, date]:
    """What is asked, else the first start and the last end that the text's terms have. InputError where it has none."""
    text = terms.filter((pl.col("reading") == "text") & pl.col("since").is_not_null())
    first, last = text.select(pl.col("since").min(), pl.col("until").max()).row(0)
    since = asked.since or (first.date() if first else None)
    until = asked.until or ((last - timedelta(microseconds=1)).date() + timedelta(days=1) if last else None)
    if since is None or until is None:
        raise InputError("the agreement does not say when the pause was", field="--since, --until", expected="both")
    return since, until


def _sided(incidents: pl.DataFrame, agreed: Agreement) -> pl.DataFrame:
    """incidents that somebody affirms -> with `side`: the party that all who name a doer name; null where none."""
    names = {name.casefold(): p.id for p in agreed.parties for name in (p.id, p.name, *p.also)}
    named = pl.col("by").str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String)
    return incidents.filter(pl.col("n_lineages") > 0).with_columns(side=named)


def _record(incidents: pl.DataFrame) -> pl.DataFrame:
    """Every day from the first incident to the last."""
    if incidents.is_empty():
        raise InputError(
            "nothing is recorded: whether a pause is used cannot be told", expected="something pulled first"
        )
    first, last = incidents.select(pl.col("t0").min().dt.date(), last=pl.col("t0").max().dt.date()).row(0)
    return pl.DataFrame({"date": pl.date_range(first, last, eager=True)})


def _seen(looks: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """(date, exposure): the share of ground that had a look; 1 on every day where the case holds no look's ground."""
    made = exposed(looks)
    if made.is_empty():
        return days.with_columns(exposure=pl.lit(1.0))
    share = made.select(date=pl.col("t0").dt.date(), exposure=pl.col("share").clip(0, 1))
    return days.join(share, on="date", how="left").with_columns(pl.col("exposure").fill_null(0.0))


def _daily(rows: pl.DataFrame, measure: str, sides: list[str], days: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """incidents -> rows of _COUNTS for each side and day, 0 where nothing is told; all as one without sides."""
    by = rows.with_columns(side=pl.col("side") if sides else pl.lit("all"), date=pl.col("t0").dt.date())
    n = by.group_by("side", "date").agg(count=pl.len().cast(pl.Float64))
    grid = pl.DataFrame({"side": sides or ["all"]}).join(days, how="cross").join(seen, on="date")
    told = grid.join(n, on=["side", "date"], how="left").with_columns(pl.col("count").fill_null(0.0))
    named = told.with_columns(measure=pl.lit(measure), unit=pl.lit("count"))
    return named.select(pl.col(name).cast(kind) for name, kind in _COUNTS.items())


def _permitted(terms: pl.DataFrame, act: str) -> str | None:
    """The article by which the agreement permits the act to somebody, if one does; then it is taken out for all."""
    for article, exempt in terms.filter(pl.col("reading") == "text").select("article", "exempt").rows():
        for part in exempt or []:
            if part["clears"] and act in (part["acts"] or []):
                return f"article {part['article'] or article}"
    return None


def _one_act(act: str) -> dict[str, bool]:
    return {kind: acts == (act,) for kind, acts in KINDS.items()}


def _all_armed() -> dict[str, bool]:
    return {kind: set(acts) <= set(ARMED) for kind, acts in KINDS.items()}
