"""Step 4: careful words from separate doubts."""

from __future__ import annotations

import polars as pl

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
        would_settle=would_settle(params),
    )


def would_settle(params: AssessParams) -> pl.Expr:
    """What to look for: the open doubts one after the other, in their order; exceptions are said in any case."""
    parts = []
    answers = pl.format("{} (it may answer incident {})", "unless", "may_answer")
    excepted = pl.format(SETTLES["p_unexcepted"] + ": {}", pl.coalesce(answers, "unless"))  # null where there is none
    for doubt in DOUBTS:
        words = pl.lit(SETTLES[doubt])
        if doubt == "p_inside":
            words = pl.coalesce("lacks", words)
        wanted = pl.when(pl.col(doubt).fill_null(-1) < params.settled).then(words)
        parts.append(pl.coalesce(excepted, wanted) if doubt == "p_unexcepted" else wanted)
    told = pl.concat_str(parts, separator="; ", ignore_nulls=True)
    return pl.when(told == "").then(pl.lit("nothing more is needed; people determine")).otherwise(told)


def contested(findings: pl.DataFrame, terms: pl.DataFrame) -> pl.DataFrame:
    """findings, terms -> findings with `contested`: do the readings of that term answer differently here?

    Under a reading by which a pair could be left out, the answer is no, so a pair that is a finding under one
    reading only is contested where that finding says more than no.
    """
    answer = pl.col("verdict").cast(pl.String).replace("strongly_indicated", "indicated")
    readings = terms.group_by("agreement", "term").agg(readings=pl.len())
    return (
        findings.with_columns(answer=answer)
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
