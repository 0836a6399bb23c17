"""Step 5: what maps show of ground gained where lines were frozen -> findings."""

from __future__ import annotations

import polars as pl

from trucewatch.assess.model import Agreement
from trucewatch.assess.params import AssessParams
from trucewatch.assess.settled import say, settle
from trucewatch.assess.weigh import contested, weigh
from trucewatch.base.ids import column_id
from trucewatch.tables import FINDINGS


def ground_findings(
    ground: pl.DataFrame, agreed: Agreement, params: AssessParams, settled: pl.DataFrame
) -> pl.DataFrame:
    """ADVANCES -> findings, one per term, reading, mapper and bound party: the latest of the maps against the start.

    The earlier maps stay in the table. That maps show no gain is no finding that there was none.
    """
    of = ["term", "reading", "source", "party"]
    last = ground.filter(pl.col("on") == pl.col("on").max().over(of))
    gained = last.filter((pl.col("p_event").fill_null(1) > 0) & (pl.col("p_bound").fill_null(1) > 0))
    gained = gained.filter(pl.col("p_when").fill_null(1) > 0).join(_of_readings(agreed), on=["term", "reading"])
    names = {party.id: party.name for party in agreed.parties}
    gained = gained.with_columns(
        name=pl.col("party").str.split(", ").list.eval(pl.element().replace(names)).list.join(" or ")
    )
    cases = gained.select(
        id=column_id(pl.lit("ground"), *(pl.col(name) for name in ("subject", *of))),
        subject="subject",
        agreement="agreement",
        term="term",
        article="article",
        reading="reading",
        p_event="p_event",
        p_when="p_when",
        p_inside="p_inside",
        p_barred=pl.lit(1.0),
        p_bound="p_bound",
        p_unexcepted="p_unexcepted",
        attribution=pl.format("{} (on the map of {})", "name", "source"),
        lacks=pl.lit(None, pl.String),
        unless="unless",
        may_answer=pl.lit(None, pl.String),
        wanting="lacks",
    )
    terms = pl.DataFrame(
        [(agreed.id, term.id) for term in agreed.terms for _ in term.readings],
        schema={"agreement": pl.String, "term": pl.String},
        orient="row",
    )
    weighed = contested(say(weigh(settle(cases, settled), params)), terms).with_columns(
        would_settle=pl.coalesce("wanting", "would_settle")
    )
    return FINDINGS.fit(weighed.select(name for name in FINDINGS.schema if name in weighed.columns))


def _of_readings(agreed: Agreement) -> pl.DataFrame:
    """What is the same for every map: whether an exception stands open, and in which words."""
    rows = [
        (term.id, reading.who, None if reading.clears else 1.0, reading.unless)
        for term in agreed.terms
        for reading in term.readings
    ]
    names = {"term": pl.String, "reading": pl.String, "p_unexcepted": pl.Float64, "unless": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row")
