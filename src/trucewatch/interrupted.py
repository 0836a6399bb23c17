"""Floor 4, beside casework: a case's tables as the series of a pause, or of a truce, and what came of them.

Tables in, tables out, so that a run in the log can be made again from the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import shapely

from trucewatch.assess import Agreement
from trucewatch.base.errors import InputError
from trucewatch.kinds import ARMED_KINDS, KINDS
from trucewatch.tables import CHANGED, PAUSED
from trucewatch.watch import ChangeAsk, PauseAsk, PauseParams, advance, change, pause, update_lag

NAMED = ("rotation", "resupply", "works", "reinforcement", "redeployment", "presence")
"""Acts of which it is said that pauses are used for them; what is left of them once permitted acts are out."""
_COUNTS = {"side": pl.String, "measure": pl.String, "unit": pl.String, "date": pl.Date, "count": pl.Float64,
           "exposure": pl.Float64}  # fmt: skip


@dataclass(frozen=True)
class Recorded:
    """What a case holds: incidents, an agreement's terms, maps, and the share of ground that had a look by day."""

    incidents: pl.DataFrame
    terms: pl.DataFrame
    areas: pl.DataFrame
    looked: pl.DataFrame
    agreed: Agreement


@dataclass(frozen=True)
class Told:
    """The table, and what has to be known beside it."""

    table: pl.DataFrame
    notes: list[str]


def paused_of(held: Recorded, ask: PauseAsk, params: PauseParams) -> Told:
    """-> PAUSED: named acts, armed acts and mapped advance, of every party."""
    incidents = _sided(held.incidents, held.agreed)
    days = record(incidents)
    seen = _seen(held.looked, days)
    parties = [p.id for p in held.agreed.parties]
    notes = [f"{len(days)} days of record; pause {ask.since} to {ask.until}; days without a recorded look are left out"]
    series = []
    for act in NAMED:
        if permitted := _permitted(held.terms, act):
            notes.append(f"{act}: permitted by {permitted}, so it is not counted")
            continue
        mine = incidents.filter(pl.col("kind").replace_strict(_one_act(act), default=False, return_dtype=pl.Boolean))
        if mine.height:
            series.append((_daily(mine, act, parties, days, seen), ask))
    armed = incidents.filter(pl.col("kind").is_in(ARMED_KINDS))
    series.append((_daily(armed, "armed_acts", parties, days, seen), ask))
    unsided = armed.filter(pl.col("side").is_null()).height
    notes.append(f"armed acts of which no side is told, and which count for none: {unsided} of {armed.height}")
    fought = days.join(armed.group_by(date=pl.col("t0").dt.date()).len("count"), on="date", how="left").fill_null(0)
    ground = advance(held.areas.filter(pl.col("held_by").is_not_null()))
    for mapped in ground.partition_by("measure", maintain_order=True):
        own, says = _lagged(mapped, fought, ask, params)
        notes.append(says)
        series.append((mapped.select(pl.col(name).cast(kind) for name, kind in _COUNTS.items()), own))
    made = [PAUSED.empty()]
    for measure, own in series:
        try:
            made.append(pause(measure, own, params))
        except InputError as wrong:
            notes.append(f"{measure['measure'][0]}: cannot tell, {wrong.what}")
    return Told(pl.concat(made), notes)


def _lagged(mapped: pl.DataFrame, fought: pl.DataFrame, ask: PauseAsk, params: PauseParams) -> tuple[PauseAsk, str]:
    """One source's mapped advance -> the question with the lag at which its map follows the fighting, and what is said.

    A lag that is found widens the one that was asked; it never makes it narrower.
    """
    name = mapped["measure"][0]
    moved = mapped.group_by("date").agg(pl.col("count").abs().sum()).sort("date")
    found = update_lag(moved, fought, params.most_lag_days)
    if found is None:
        return ask, f"{name}: how late the map follows the fighting cannot be told from this record"
    lag, close, bar = found
    says = (
        f"{name}: the map follows the fighting most closely after {lag} days ({close:.2f}; by chance up to {bar:.2f})"
    )
    return replace(ask, lag=(ask.lag[0], max(ask.lag[1], lag))), says


def changed_of(held: Recorded, given: Mapping[str, Any], params: PauseParams) -> Told:
    """-> CHANGED, a series per term: what it bars, in its zone, from its own first day or the one that is given."""
    incidents = held.incidents.filter(pl.col("n_lineages") > 0)
    days = record(incidents)
    seen = _seen(held.looked, days)
    made, notes = [CHANGED.empty()], []
    terms = held.terms.filter((pl.col("reading") == "text") & (pl.col("acts").list.len() > 0))
    for term in terms.rows(named=True):
        at = date.fromisoformat(given["at"]) if given["at"] else term["since"].date() if term["since"] else None
        name = f"article {term['article']} ({term['term']}), {term['where_says'] or 'everywhere'}"
        if at is None or term["zone_kind"] == "unknown":
            notes.append(f"{name}: cannot tell, {'its start' if at is None else 'its zone'} is not known here")
            continue
        rows = _daily(_barred(incidents, term), name, [], days, seen).with_columns(series=pl.lit(name))
        try:
            made.append(change(rows, ChangeAsk(at, int(given["before"]), int(given["after"])), params))
        except InputError as wrong:
            notes.append(f"{name}: cannot tell, {wrong.what}")
    return Told(pl.concat(made).unique("series", keep="first", maintain_order=True), notes)


def pause_ask_of(given: Mapping[str, Any]) -> PauseAsk:
    """What a run keeps of a question -> the question."""
    since, until = (date.fromisoformat(given[name]) for name in ("since", "until"))
    return PauseAsk(
        since, until, (int(given["lag"][0]), int(given["lag"][1])), int(given["before"]), int(given["after"])
    )


def _barred(incidents: pl.DataFrame, term: dict[str, Any]) -> pl.DataFrame:
    bars = {kind: set(acts) <= set(term["acts"]) for kind, acts in KINDS.items()}
    mine = incidents.filter(pl.col("kind").replace_strict(bars, default=False, return_dtype=pl.Boolean))
    if term["zone"] is None:
        return mine
    placed = mine.filter(pl.col("lon").is_not_null())
    zone = shapely.from_wkb(term["zone"])
    shapely.prepare(zone)
    return placed.filter(pl.Series(shapely.contains_xy(zone, placed["lon"].to_numpy(), placed["lat"].to_numpy())))


def days_of(terms: pl.DataFrame, since: date | None, until: date | None) -> tuple[date, date]:
    """What is asked, else the first start and the last end that the text's terms have. InputError where it has none."""
    text = terms.filter((pl.col("reading") == "text") & pl.col("since").is_not_null())
    first, last = text.select(pl.col("since").min(), pl.col("until").max()).row(0)
    since = since or (first.date() if first else None)
    until = until or ((last - timedelta(microseconds=1)).date() + timedelta(days=1) if last else None)
    if since is None or until is None:
        raise InputError("the agreement does not say when the pause was", field="--since, --until", expected="both")
    return since, until


def _sided(incidents: pl.DataFrame, agreed: Agreement) -> pl.DataFrame:
    """incidents that somebody affirms -> with `side`: the party that all who name a doer name; null where none."""
    names = {name.casefold(): p.id for p in agreed.parties for name in (p.id, p.name, *p.also)}
    named = pl.col("by").str.to_lowercase().replace_strict(names, default=None, return_dtype=pl.String)
    return incidents.filter(pl.col("n_lineages") > 0).with_columns(side=named)


def record(incidents: pl.DataFrame) -> pl.DataFrame:
    """Every day from the first incident to the last."""
    if incidents.is_empty():
        raise InputError(
            "nothing is recorded: whether a pause is used cannot be told", expected="something pulled first"
        )
    first, last = incidents.select(pl.col("t0").min().dt.date(), last=pl.col("t0").max().dt.date()).row(0)
    return pl.DataFrame({"date": pl.date_range(first, last, eager=True)})


def _seen(looked: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """(date, exposure): the share of ground that had a look; 1 on every day where the case holds no look's ground."""
    if looked.is_empty():
        return days.with_columns(exposure=pl.lit(1.0))
    share = looked.select(date=pl.col("t0").dt.date(), exposure=pl.col("share").clip(0, 1))
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
