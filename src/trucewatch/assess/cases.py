"""Step 3: incident x term x reading, with each doubt by itself. Pairs that cannot bear on each other are counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.assess.params import AssessParams
from trucewatch.assess.rules import p_barred
from trucewatch.assess.terms import Agreement
from trucewatch.assess.zones import p_inside
from trucewatch.base.ids import column_id
from trucewatch.kinds import KINDS, mask_of

MASKS = {kind: mask_of(kind) for kind in KINDS}
EXCLUDED = pl.Schema({"term": pl.String, "reading": pl.String, "reason": pl.String, "n": pl.Int64})


def cases(
    incidents: pl.DataFrame, terms: pl.DataFrame, agreement: Agreement, params: AssessParams
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """incidents, terms -> cases with the five doubts, and counts(term, reading, reason, n) of pairs left out.

    A pair is left out where one doubt is settled against it: the time, the act, the actor or the place.
    """
    facts = incidents.with_columns(mask=pl.col("kind").replace_strict(MASKS, return_dtype=pl.UInt32)).join(
        actors(incidents, agreement), on="by", how="left", nulls_equal=True
    )
    made = [_one(facts, terms.row(n, named=True), agreement, params) for n in range(terms.height)]
    left_out = pl.DataFrame([row for _, rows in made for row in rows], schema=EXCLUDED, orient="row")
    return pl.concat([frame for frame, _ in made]), left_out


def actors(incidents: pl.DataFrame, agreement: Agreement) -> pl.DataFrame:
    """The names that sources use -> actors(by, party, attribution): the party's id, and the words to print."""
    said = incidents["by"].unique().sort().to_list()
    found = [agreement.party(name) for name in said]
    return pl.DataFrame(
        {
            "by": said,
            "party": [party.id if party else None for party in found],
            "attribution": [
                party.name if party else "undetermined" if name is None else f"{name} (not a party by that name)"
                for name, party in zip(said, found, strict=True)
            ],
        },
        schema={"by": pl.String, "party": pl.String, "attribution": pl.String},
    )


def _one(
    facts: pl.DataFrame, term: dict[str, Any], agreement: Agreement, params: AssessParams
) -> tuple[pl.DataFrame, list[tuple[str, str, str, int]]]:
    doubts = facts.with_columns(p_when(term).alias("p_when"), p_barred(term), p_bound(term, agreement).alias("p_bound"))
    counts = []
    for doubt, reason in (
        ("p_when", "not in force then"),
        ("p_barred", "not an act that it bars"),
        ("p_bound", "by someone it does not bind"),
    ):
        kept = doubts.filter(pl.col(doubt).fill_null(1) > 0)
        counts.append((term["term"], term["reading"], reason, doubts.height - kept.height))
        doubts = kept
    inside = _inside(doubts, term, params)
    kept = doubts.with_columns(p_inside=inside).filter(pl.col("p_inside").fill_null(1) > 0)
    counts.append((term["term"], term["reading"], "outside its zone", doubts.height - kept.height))
    return (
        kept.select(
            id=column_id(pl.lit(term["id"]), pl.col("id")),
            subject="id",
            agreement=pl.lit(term["agreement"]),
            term=pl.lit(term["term"]),
            article=pl.lit(term["article"]),
            reading=pl.lit(term["reading"]),
            p_event="p",
            p_when="p_when",
            p_inside="p_inside",
            p_barred="p_barred",
            p_bound="p_bound",
            attribution="attribution",
            t0="t0",
            t1="t1",
            lacks=pl.lit(term["lacks"], pl.String),
            unless=pl.lit(term["unless"], pl.String),
        ),
        counts,
    )


def p_when(term: dict[str, Any]) -> pl.Expr:
    """In force while it happened: 1 where the incident's whole span is, 0 where none of it can be, else null.

    No share of the span is taken: an incident dated by day only, on the day that a truce begins at noon,
    may have happened before or after, and nothing says which is likelier.
    """
    inside: pl.Expr = pl.lit(True)
    outside: pl.Expr = pl.lit(False)
    if term["since"] is None:
        inside = pl.lit(False)
    else:
        inside, outside = pl.col("t0") >= term["since"], _ends_by(term["since"])
    if term["until"] is not None:
        inside, outside = inside & (pl.col("t1") <= term["until"]), outside | (pl.col("t0") >= term["until"])
    elif term["ends"] == "unknown":
        inside = pl.lit(False)
    return pl.when(outside).then(pl.lit(0.0)).when(inside).then(pl.lit(1.0)).otherwise(pl.lit(None, pl.Float64))


def _ends_by(since: Any) -> pl.Expr:
    """The half-open span [t0, t1) is over when `since` strikes; an instant, when it lies before it."""
    over: pl.Expr = (pl.col("t1") <= since) & (pl.col("t0") < since)
    return over


def p_bound(term: dict[str, Any], agreement: Agreement) -> pl.Expr:
    """Whoever did it was bound: 1, 0, or null where nobody says who and not everyone is bound.

    Where a term binds every party, an act by an unnamed actor counts as bound: the doubt whether it was
    a party at all is the reader's, and the finding says that attribution is undetermined.
    """
    all_bound = set(term["binds"]) == {party.id for party in agreement.parties}
    known = pl.col("party").is_in(term["binds"])
    unnamed = pl.lit(1.0) if all_bound else pl.lit(None, pl.Float64)
    return (
        pl.when(pl.col("by").is_null())
        .then(unnamed)
        .when(pl.col("party").is_null())
        .then(pl.lit(None, pl.Float64))
        .when(known)
        .then(pl.lit(1.0))
        .otherwise(pl.lit(0.0))
    )


def _inside(doubts: pl.DataFrame, term: dict[str, Any], params: AssessParams) -> pl.Series:
    if term["zone_kind"] == "everywhere":
        return pl.Series("p_inside", np.ones(doubts.height))
    if term["zone_kind"] == "unknown" or doubts.is_empty():
        return pl.Series("p_inside", [None] * doubts.height, pl.Float64)
    places, edges = doubts.select("lon", "lat", "radius_m"), (term["edge_m"] or 0.0, term["hole_edge_m"] or 0.0)
    chance = p_inside(shapely.from_wkb(term["zone"]), places, edges[0], params, edges[1])
    return pl.Series("p_inside", chance).fill_nan(None)
