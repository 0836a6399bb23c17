"""Step 5: what maps show of ground gained where lines were frozen -> findings."""

from __future__ import annotations

import polars as pl

from trucewatch.assess.model import Agreement, Reading
from trucewatch.assess.params import AssessParams
from trucewatch.assess.settled import OVER, say, settle
from trucewatch.assess.weigh import contested_in_time, readings_of, weigh
from trucewatch.base.ids import column_id
from trucewatch.tables import FINDINGS

_TAKES = {"assault", "control", "reinforcement", "rotation", "redeployment", "presence", "other"}
"""Acts by which ground may come into other hands: an exception about none of them clears no gain."""


def ground_findings(
    ground: pl.DataFrame, agreed: Agreement, params: AssessParams, settled: pl.DataFrame
) -> pl.DataFrame:
    """ADVANCES -> findings, one per term, reading, mapper and bound party: the latest of the maps against the start.

    The earlier maps stay in the table. That maps show no gain is no finding that there was none.
    """
    of = ["term", "reading", "source", "party"]
    last = ground.filter(pl.col("on") == pl.col("on").max().over(of))
    gained = last.filter((pl.col("p_event").fill_null(1) > 0) & (pl.col("p_bound").fill_null(1) > 0))
    gained = gained.filter(pl.col("p_when").fill_null(1) > 0)
    gained = gained.join(
        _of_readings(agreed, gained["party"].unique().sort().to_list()),
        on=["term", "reading", "party"],
        maintain_order="left",
    )
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
        t0="start",
        t1="on",
        **{name: pl.col(name) for name in ("source", "party")},
    )
    asked = pl.when(pl.col("p_unexcepted").is_null()).then(pl.format("whether an exception applies: {}", "unless"))
    told = pl.concat_str("wanting", asked, separator="; ", ignore_nulls=True)
    over = (pl.col("would_settle") == OVER) | pl.col("wanting").is_null()
    weighed = contested_in_time(say(weigh(settle(cases, settled), params)), readings_of(agreed), ["source", "party"])
    weighed = weighed.with_columns(would_settle=pl.when(over).then("would_settle").otherwise(told))
    return FINDINGS.fit(weighed.select(name for name in FINDINGS.schema if name in weighed.columns))


def _of_readings(agreed: Agreement, parties: list[str]) -> pl.DataFrame:
    """What is the same for every map: whether an exception stands open, and in which words."""
    rows = [
        (term.id, reading.who, party, None if _may_clear(reading, party) else 1.0, reading.unless)
        for term in agreed.terms
        for reading in term.readings
        for party in parties
    ]
    text = dict.fromkeys(("term", "reading", "party"), pl.String)
    more = {"p_unexcepted": pl.Float64, "unless": pl.String}
    return pl.DataFrame(rows, schema={**text, **more}, orient="row")


def _may_clear(reading: Reading, party: str) -> bool:
    """An exception may clear a gain by any of those parties."""
    return any(
        x.clears
        and (not x.acts or not _TAKES.isdisjoint(x.acts))
        and (not x.parties or not set(party.split(", ")).isdisjoint(x.parties))
        for x in reading.exemptions
    )
