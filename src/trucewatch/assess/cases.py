"""Step 3: incident x term x reading, with each doubt by itself. Pairs that cannot bear on each other are counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import shapely

from trucewatch.assess.params import AssessParams
from trucewatch.assess.rules import p_barred
from trucewatch.assess.terms import Agreement, Party
from trucewatch.assess.zones import p_inside
from trucewatch.base.ids import SHORT, column_id, sha256
from trucewatch.kinds import KINDS, mask_of

MASKS = {kind: mask_of(kind) for kind in KINDS}
_AND = "\x1f"
_ACTORS: dict[str, Any] = {
    "by": pl.String,
    "sides": pl.String,
    "who": pl.List(pl.String),
    "stranger": pl.Boolean,
    "attribution": pl.String,
}
EXCLUDED = pl.Schema({"term": pl.String, "reading": pl.String, "reason": pl.String, "n": pl.Int64})


def cases(
    incidents: pl.DataFrame, terms: pl.DataFrame, agreement: Agreement, params: AssessParams
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """incidents, terms -> cases with the six doubts, and counts(term, reading, reason, n) of pairs left out.

    A pair is left out where one doubt is settled against it: the time, the act, the actor or the place.
    """
    facts = incidents.with_columns(
        mask=pl.col("kind").replace_strict(MASKS, return_dtype=pl.UInt32), sides=pl.col("between").list.join(_AND)
    )
    facts = facts.join(actors(facts.select("by", "sides"), agreement), on=["by", "sides"], how="left", nulls_equal=True)
    made = [_one(facts, terms.row(n, named=True), agreement, params) for n in range(terms.height)]
    left_out = pl.DataFrame([row for _, rows in made for row in rows], schema=EXCLUDED, orient="row")
    return pl.concat([frame for frame, _ in made]), left_out


def actors(named: pl.DataFrame, agreement: Agreement) -> pl.DataFrame:
    """The names that sources use (by, sides) -> with who, stranger, attribution.

    who: ids of every party that they stand for; stranger: one of them stands for none; attribution: words to print.
    """
    rows = []
    for by, sides in named.unique().sort("by", "sides").rows():
        said = [by] if by is not None else sides.split(_AND) if sides is not None else []
        found = [agreement.parties_of(name) for name in said]
        rows.append((by, sides, [p.id for of in found for p in of], not all(found), _attribution(by, found)))
    return pl.DataFrame(rows, schema=_ACTORS, orient="row")


def _attribution(by: str | None, found: list[tuple[Party, ...]]) -> str:
    """Sides of a fight are not who fired: that stays undetermined."""
    if by is None:
        return "undetermined"
    names = [party.name for party in found[0]]
    if len(names) == 1:
        return names[0]
    return f"{by} (any of {', '.join(names)})" if names else f"{by} (not a party by that name)"


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
            id=column_id(pl.lit(term["id"]), pl.lit(edition(term)), pl.col("id")),
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
            p_unexcepted=pl.lit(None if term["clears"] else 1.0, pl.Float64),
            attribution="attribution",
            t0="t0",
            t1="t1",
            lacks=pl.lit(term["lacks"], pl.String),
            unless=pl.lit(term["unless"], pl.String),
        ),
        counts,
    )


def edition(term: dict[str, Any]) -> str:
    """terms row -> a short name of all that it says, so that findings under another wording have other ids.

    >>> edition({"says": "No fire.", "until": None}) == edition({"says": "No fire!", "until": None})
    False
    """
    told = (value.hex() if isinstance(value, bytes) else str(value) for value in term.values())
    return sha256("\x1f".join(told).encode())[:SHORT]


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
    """Whoever did it was bound: 1 where all who may have done it are, 0 where none of them is, else null.

    A doer by a name that stands for no party may be one by another name, so that is null. Of a fight, whose sides
    are named without saying who fired, either side may have. Where nothing is named at all and the term binds every
    party, the act counts as bound, unless others fight there too: that nobody is named is the reader's doubt.
    """
    all_bound = set(term["binds"]) == {party.id for party in agreement.parties} and not agreement.others
    bound = pl.col("who").list.eval(pl.element().is_in(term["binds"])).list
    unknown = pl.lit(None, pl.Float64)
    return (
        pl.when(pl.col("by").is_null() & pl.col("sides").is_null())
        .then(pl.lit(1.0) if all_bound else unknown)
        .when(pl.col("by").is_not_null() & pl.col("stranger"))
        .then(unknown)
        .when(~bound.any())
        .then(pl.lit(0.0))
        .when(bound.all() & ~pl.col("stranger"))
        .then(pl.lit(1.0))
        .otherwise(unknown)
    )


def _inside(doubts: pl.DataFrame, term: dict[str, Any], params: AssessParams) -> pl.Series:
    if term["zone_kind"] == "everywhere":
        return pl.Series("p_inside", np.ones(doubts.height))
    if term["zone_kind"] == "unknown" or doubts.is_empty():
        return pl.Series("p_inside", [None] * doubts.height, pl.Float64)
    places, edges = doubts.select("lon", "lat", "radius_m"), (term["edge_m"] or 0.0, term["hole_edge_m"] or 0.0)
    chance = p_inside(shapely.from_wkb(term["zone"]), places, edges[0], params, edges[1])
    return pl.Series("p_inside", chance).fill_nan(None)
