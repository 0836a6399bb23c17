"""Statements against the record: borne out, not borne out, cannot be told; with bounds, and what was looked at.

What others say is no evidence: statements are held against incidents, coverage, maps and dates, never against each
other. That several say the same, or deny it, is told beside the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch.base.ids import column_id
from trucewatch.claims.copies import lineages
from trucewatch.claims.events import happened
from trucewatch.claims.evidence import Answer, Evidence, Row, against_interest
from trucewatch.claims.ground import held, in_force
from trucewatch.claims.params import CheckParams
from trucewatch.tables import CHECKS

_DIGITS = 12
"""Bounds are told to so many digits, so that 1 - 0.7 is no more than 0.3."""
NOT_CHECKABLE = "says nothing that incidents, coverage, maps or dates can bear on"


@dataclass(frozen=True)
class Checked:
    """checks: one row for each checkable statement; left_out(statement, key, speaker, reason): all others."""

    checks: pl.DataFrame
    left_out: pl.DataFrame


def check(statements: pl.DataFrame, evidence: Evidence, params: CheckParams | None = None) -> Checked:
    """statements, the record -> checks, left_out. Shuffle what goes in, and what comes out is the same."""
    params = params or CheckParams()
    table = statements.sort("said_at", "speaker", "id", nulls_last=True)
    checkable = table.filter(pl.col("asserts").is_not_null())
    rows = [_one(row, evidence, params) for row in checkable.rows(named=True)]
    out = table.filter(pl.col("asserts").is_null())
    left_out = out.select(statement="id", key="key", speaker="speaker", reason=pl.lit(NOT_CHECKABLE))
    if not rows:
        return Checked(CHECKS.empty(), left_out)
    frame = pl.DataFrame(rows, schema={n: k for n, k in CHECKS.schema.items() if n in rows[0]}, orient="row")
    frame = frame.join(lineages(table, params), on="statement", how="left", maintain_order="left")
    frame = frame.join(_beside(checkable, table, evidence, frame), on="statement", how="left", maintain_order="left")
    frame = frame.with_columns(id=column_id(pl.lit("check"), pl.col("statement")))
    return Checked(CHECKS.fit(frame), left_out)


def _one(row: Row, evidence: Evidence, params: CheckParams) -> dict[str, Any]:
    says = str(row["asserts"])
    plain = says.removeprefix("not_")
    made = _plain(row, plain, evidence, params)
    made = made if says == plain else made.turned()
    made.low, made.high = round(made.low, _DIGITS), round(made.high, _DIGITS)
    verdict = "cannot be told"
    if made.low >= params.borne_out:
        verdict = "borne out"
    elif made.high <= params.not_borne_out:
        verdict = "not borne out"
    return {
        "statement": row["id"], "key": row["key"], "speaker": row["speaker"], "asserts": says, "low": made.low,
        "high": made.high, "verdict": verdict, "looked_at": made.looked_at, "not_looked_at": made.not_looked_at,
        "evidence": made.evidence, "because": made.because,
        "would_settle": made.would_settle if verdict == "cannot be told" else None,
        "against_interest": against_interest(row, evidence),
    }  # fmt: skip


def _plain(row: Row, plain: str, evidence: Evidence, params: CheckParams) -> Answer:
    """The answer to what is said, without its `not`."""
    start = row["t0"] if row["t0"] is not None else row["said_at"]
    if start is not None and evidence.until is not None and start > evidence.until:
        return Answer(because="it is about a time after the record ends", would_settle="what comes to pass then")
    if plain == "happened":
        return happened(row, evidence, params)
    if plain == "held":
        return held(row, evidence, params)
    if plain == "in_force":
        return in_force(row, evidence)
    return _elsewhere(row, evidence)


def _elsewhere(row: Row, evidence: Evidence) -> Answer:
    """Encirclement is another room's question: its answer, where there is one, or what would settle it."""
    told = evidence.answers.filter(pl.col("statement").is_in([name for name in (row["id"], row["key"]) if name]))
    if told.is_empty():
        maps = evidence.areas.filter(pl.col("held_by").is_not_null())["source"].n_unique()
        return Answer(
            because="nobody has looked at the ring: no answer on necks and routes is at hand",
            would_settle="front-line maps of that time by sources of both sides, the roads that lead out, and who has "
            "them under fire",
            looked_at=[f"{maps} map sources in the case" if maps else "no map in the case"],
            not_looked_at=["gap of the ring, roads that lead out, fire over them"],
        )
    made = Answer(low=float(told["low"].max() or 0.0), high=float(told["high"].min() or 0.0))  # type: ignore[arg-type]
    if made.low > made.high:
        made.low, made.high = 0.0, 1.0
    made.because, made.looked_at = "; ".join(told["because"].to_list()), told["looked_at"].to_list()
    made.would_settle = "; ".join(told["would_settle"].drop_nulls().to_list()) or None
    return made


def _beside(checkable: pl.DataFrame, every: pl.DataFrame, evidence: Evidence, frame: pl.DataFrame) -> pl.DataFrame:
    """How many lineages say the same, and who says the contrary or denies it. -> statement, n_lineages, denied_by"""
    ids = {name: evidence.party(name) for name in checkable["whom"].drop_nulls().unique().to_list()}
    same = checkable.select(
        statement="id",
        says=pl.col("asserts").cast(pl.String).str.strip_prefix("not_"),
        turned=pl.col("asserts").cast(pl.String).str.starts_with("not_"),
        kind=pl.col("kind").fill_null("unspecified"),
        whom=pl.coalesce(pl.col("whom").replace_strict(ids, default=None, return_dtype=pl.String), "whom").fill_null(
            ""
        ),
        place=pl.col("place").str.to_lowercase().fill_null(""),
        t0="t0",
        t1="t1",
        figure="figure",
    ).join(frame.select("statement", "lineage"), on="statement", how="left")
    on = ["says", "kind", "whom", "place", "t0", "t1"]
    counted = same.with_columns(n_lineages=pl.col("lineage").n_unique().over([*on, "turned", "figure"]).cast(pl.Int64))
    pairs = counted.join(same, on=on, how="inner", suffix="_other", nulls_equal=True)
    contrary = pairs.filter(pl.col("turned") != pl.col("turned_other")).select("statement", other="statement_other")
    keyed = every.filter(pl.col("key").is_not_null()).select(key="key", statement="id")
    answered = every.filter(pl.col("speech") == "denies", pl.col("answers").is_not_null()).select("answers", other="id")
    named = answered.join(keyed, left_on="answers", right_on="key", how="inner").select("statement", "other")
    denied = pl.concat([contrary, named]).group_by("statement").agg(denied_by=pl.col("other").unique().sort())
    none = pl.lit([], pl.List(pl.String))
    return (
        counted.join(denied, on="statement", how="left")
        .select("statement", "n_lineages", pl.col("denied_by").fill_null(none))
    )  # fmt: skip
