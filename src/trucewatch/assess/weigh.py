"""Step 4: careful words from separate doubts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import polars as pl

from trucewatch.assess.model import Agreement
from trucewatch.assess.params import AssessParams
from trucewatch.tables import VERDICTS

DOUBTS = ("p_event", "p_when", "p_inside", "p_barred", "p_bound", "p_unexcepted")
LINK = {
    "p_event": "whether it happened",
    "p_when": "whether the term was in force at that moment",
    "p_inside": "whether it lies in the zone",
    "p_barred": "whether the act is one that the term bars",
    "p_bound": "whether whoever did it is bound",
    "p_unexcepted": "whether no exception applies",
}
SETTLES = {
    "p_event": "a second independent voice, or a visit to the place",
    "p_when": "the hour at which it happened",
    "p_inside": "a closer position, with its error",
    "p_barred": "what was done and with what, or what was hit",
    "p_bound": "who did it",
    "p_unexcepted": "whether an exception applies",
}


_ANSWER = pl.col("verdict").cast(pl.String).replace("strongly_indicated", "indicated")
_EVER, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_Spans = list[tuple[datetime, datetime, str]]


def weigh(cases: pl.DataFrame, params: AssessParams) -> pl.DataFrame:
    """Add `low`, `high`, `verdict`, `because` and `would_settle` to cases.

    A doubt that nobody has settled is null, and null is not one half: it widens the bounds to what it could
    still turn out to be. Doubts need not be independent, so the bounds are Frechet's (1935), not a product.

    >>> cases = pl.DataFrame({d: [0.99, 0.99] for d in DOUBTS}).with_columns(p_inside=pl.Series([0.99, None]))
    >>> cases = cases.with_columns(pl.lit(None, pl.String).alias(name) for name in ("lacks", "unless", "may_answer"))
    >>> weigh(cases, AssessParams())["verdict"].to_list()
    ['strongly_indicated', 'cannot_tell']
    """
    least, most = ([pl.col(doubt).fill_null(value) for doubt in DOUBTS] for value in (0.0, 1.0))
    low = (pl.sum_horizontal(least) - (len(DOUBTS) - 1)).round(9).clip(0, 1)
    high = pl.min_horizontal(most).round(9)
    # What is open limits most; but where the answer is no, what was told made it so, not what is open.
    told_no = high < params.indicated
    weakest = pl.concat_list(
        pl.col(doubt).fill_null(pl.when(told_no).then(1.0).otherwise(-1.0)) for doubt in DOUBTS
    ).list.arg_min()
    links = pl.lit(pl.Series([list(LINK.values())], dtype=pl.List(pl.String)))
    return cases.with_columns(low=low, high=high).with_columns(
        verdict=pl.when(pl.col("low") >= params.strongly_indicated)
        .then(pl.lit("strongly_indicated"))
        .when(pl.col("low") >= params.indicated)
        .then(pl.lit("indicated"))
        .when(pl.col("high") < params.indicated)
        .then(pl.lit("not_indicated"))
        .otherwise(pl.lit("cannot_tell"))
        .cast(VERDICTS),
        because=links.first().list.get(weakest),
        would_settle=would_settle(params, pl.col("free") if "free" in cases.columns else None),
    )


def would_settle(params: AssessParams, free: pl.Expr | None = None) -> pl.Expr:
    """What to look for: the open doubts one after the other, in their order; exceptions are said in any case.

    free: words for who claims a release, where nothing else is open of who is bound.
    """
    parts = []
    answers = pl.format("{} (it may answer incident {})", "unless", "may_answer")
    excepted = pl.format(SETTLES["p_unexcepted"] + ": {}", pl.coalesce(answers, "unless"))  # null where there is none
    for doubt in DOUBTS:
        words = pl.lit(SETTLES[doubt])
        if doubt == "p_inside":
            words = pl.coalesce("lacks", words)
        if doubt == "p_bound" and free is not None:
            words = pl.coalesce(free, words)
        wanted = pl.when(pl.col(doubt).fill_null(-1) < params.settled).then(words)
        parts.append(pl.coalesce(excepted, wanted) if doubt == "p_unexcepted" else wanted)
    told = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(told == "").then(pl.lit("nothing more is needed; people determine")).otherwise(told)


def contested(findings: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """findings, terms -> findings with `contested`: do the readings of that term answer differently here?

    Under a reading by which a pair could be left out, the answer is no, so a pair that is a finding under one
    reading only is contested where that finding says more than no.
    """
    readings = terms.group_by("agreement", "term").agg(readings=pl.len())
    return (
        findings.with_columns(answer=_ANSWER)
        .join(readings, on=["agreement", "term"], how="left")
        .with_columns(
            n=pl.len().over("subject", "agreement", "term"),
            answers=pl.col("answer").n_unique().over("subject", "agreement", "term"),
        )
        .with_columns(
            contested=(pl.col("answers") > 1)
            | ((pl.col("n") < pl.col("readings")) & (pl.col("answer") != "not_indicated"))
        )
        .drop("answer", "readings", "n", "answers")
    )


def readings_of(agreed: Agreement) -> pl.DataFrame:
    """agreement -> (agreement, term, reading), a row for each reading of each term."""
    rows = [(agreed.id, term.id, reading.who) for term in agreed.terms for reading in term.readings]
    return pl.DataFrame(rows, schema=dict.fromkeys(("agreement", "term", "reading"), pl.String), orient="row")


def contested_in_time(
    findings: pl.DataFrame, readings: pl.DataFrame, who: Sequence[str], unasked: str = "not_indicated"
) -> pl.DataFrame:
    """findings of stretches of time (t0, t1), (agreement, term, reading) -> findings with `contested`.

    Readings cut time otherwise, so each is held against what the others say of the same `who`, in the stretch that
    shares most with its own. Where a reading tells of that time but not of `who`, its answer is `unasked`; where it
    tells nothing of it, the answer is no.
    """
    every = readings.group_by("agreement", "term").agg("reading").rows()
    names = {(agreement, term): told for agreement, term, told in every}
    found: dict[tuple[tuple[str | None, ...], str], _Spans] = {}
    rows = []
    for *key, reading, t0, t1, answer in findings.select(
        "agreement", "term", *who, "reading", pl.col("t0"), pl.col("t1"), answer=_ANSWER
    ).rows():
        span = (t0 or _EVER, t1 or _NEVER, answer)
        rows.append((tuple(key), reading, span))
        for wide in (tuple(key), tuple(key[:2])):
            found.setdefault((wide, reading), []).append(span)
    found = {key: sorted(spans) for key, spans in found.items()}
    told = [
        any(_shared(found, key, other, span, unasked) != span[2] for other in names[key[:2]] if other != reading)
        for key, reading, span in rows
    ]
    return findings.with_columns(contested=pl.Series(told, dtype=pl.Boolean))


def _shared(
    found: Mapping[tuple[tuple[str | None, ...], str], _Spans],
    key: tuple[str | None, ...],
    reading: str,
    span: tuple[datetime, datetime, str],
    unasked: str,
) -> str:
    """What a reading says of the stretch of time that has most in common with the one given."""
    spans, most, answer = found.get((key, reading), []), timedelta(0), ""
    for since, until, says in spans[max(bisect_right(spans, span[0], key=lambda one: one[0]) - 1, 0) :]:
        if since >= span[1]:
            break
        if (both := min(until, span[1]) - max(since, span[0])) > most:
            most, answer = both, says
    told = found.get((key[:2], reading), [])
    return answer or (unasked if any(a < span[1] and span[0] < b for a, b, _ in told) else "not_indicated")
