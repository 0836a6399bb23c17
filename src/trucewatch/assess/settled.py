"""Step 3b: a doubt that a person has settled is settled, and the finding says by whom."""

from __future__ import annotations

import polars as pl

from trucewatch.assess.weigh import DOUBTS, LINK

SETTLED = pl.Schema(
    {
        "subject": pl.String,  # id of the incident, or of the finding
        "agreement": pl.String,
        "term": pl.String,  # null: under every term
        "reading": pl.String,  # null: under every reading
        "doubt": pl.String,  # one of DOUBTS
        "value": pl.Float64,  # 1: yes, 0: no, null: the person is unsure
        "who": pl.String,
        "entry": pl.Int64,
    }
)
OVER = "nothing more is needed; people determine"
_ROW = "settled_row"
_CALL = {1.0: "yes", 0.0: "no"}


def settle(cases: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """cases, settled -> cases with each settled doubt at 1 or 0, and `settled`: which, by whom; null where none is.

    A judgement of an incident holds for every case of it under its term and reading, null meaning all of them; one of
    a finding for that case alone. Of what one person said, the narrowest counts. Where two persons who are not unsure
    differ, nothing is settled, and what was told or open stays as it was: nobody outvotes anybody.

    >>> cases = pl.DataFrame({"id": ["f"], "subject": ["i"], "agreement": ["a"], "term": ["t"], "reading": ["text"]})
    >>> cases = cases.with_columns(pl.lit(None, pl.Float64).alias(doubt) for doubt in DOUBTS)
    >>> said = pl.DataFrame([("i", "a", None, None, "p_event", 1.0, "Ada", 7)], schema=SETTLED, orient="row")
    >>> settle(cases, said).select("p_event", "p_when", "settled").row(0)
    (1.0, None, 'whether it happened: yes, by Ada (entry 7)')
    """
    rows = cases.with_row_index(_ROW)
    counted = _counted(rows.select(_ROW, "id", "subject", "agreement", "term", "reading"), settled)
    words = counted.group_by(_ROW).agg(settled=pl.col("says").sort_by("turn").str.join("; "))
    for doubt in DOUBTS:
        mine = counted.filter(pl.col("doubt") == doubt).select(_ROW, _value="value")
        rows = rows.join(mine, on=_ROW, how="left", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("_value", doubt).alias(doubt)).drop("_value")
    return rows.join(words, on=_ROW, how="left", maintain_order="left").drop(_ROW)


def _counted(rows: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """-> a row for each case and doubt that is settled: value, and in words by whom."""
    pairs = [
        rows.join(settled, left_on=[key, "agreement"], right_on=["subject", "agreement"], suffix="_said").select(
            _ROW, "term", "reading", "term_said", "reading_said", "doubt", "value", "who", "entry", own=pl.lit(own)
        )
        for key, own in (("subject", 0), ("id", 1))
    ]
    fits = [pl.col(f"{name}_said").is_null() | (pl.col(f"{name}_said") == pl.col(name)) for name in ("term", "reading")]
    narrow = pl.col("own") * 3 + pl.col("term_said").is_not_null().cast(pl.Int32) + pl.col("reading_said").is_not_null()
    person = pl.concat(pairs).filter(*fits).with_columns(narrow=narrow)
    person = person.filter(pl.col("narrow") == pl.col("narrow").max().over(_ROW, "doubt", "who"))
    turns = {doubt: turn for turn, doubt in enumerate(DOUBTS)}
    asked, call = pl.col("doubt").replace_strict(LINK), pl.col("value").replace_strict(_CALL, return_dtype=pl.String)
    by = pl.format("{} (entry {})", "who", "entry").sort_by("entry").str.join(" and ")
    return (
        person.drop_nulls("value")
        .group_by(_ROW, "doubt")
        .agg(values=pl.col("value").n_unique(), value=pl.col("value").first(), by=by)
        .filter(pl.col("values") == 1)
        .select(
            _ROW,
            "doubt",
            "value",
            turn=pl.col("doubt").replace_strict(turns, return_dtype=pl.Int32),
            says=pl.format("{}: {}, by {}", asked, call, "by"),
        )
    )


def say(findings: pl.DataFrame) -> pl.DataFrame:
    """findings with `settled` -> `because` says what was settled and by whom, and the column goes.

    Where a person's answer is no, the finding can be no more than that: nothing else would settle it.

    >>> say(pl.DataFrame({"because": ["who did it", "x"], "settled": [None, "y: yes, by Ada (entry 7)"]})).rows()
    [('who did it',), ('x; settled: y: yes, by Ada (entry 7)',)]
    """
    told = pl.format("{}; settled: {}", "because", "settled")
    if "would_settle" in findings.columns:
        over = pl.col("settled").str.contains(": no, by ", literal=True).fill_null(False)
        findings = findings.with_columns(would_settle=pl.when(over).then(pl.lit(OVER)).otherwise("would_settle"))
    return findings.with_columns(because=pl.coalesce(told, "because")).drop("settled")
