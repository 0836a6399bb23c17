"""Step 3: incident x term x reading, with each doubt by itself. Pairs that cannot bear on each other are counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.assess.exempt import with_exemptions
from trucewatch.assess.model import Agreement, Party
from trucewatch.assess.notices import with_notices
from trucewatch.assess.params import AssessParams
from trucewatch.assess.rules import p_barred
from trucewatch.assess.zones import Insides
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
    incidents: pl.DataFrame,
    terms: pl.DataFrame,
    agreement: Agreement,
    params: AssessParams,
    statements: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """incidents, terms -> cases with the six doubts, and counts(term, reading, reason, n) of pairs left out.

    A pair is left out where one doubt is settled against it: the time, the act, the actor or the place.
    """
    facts = incidents.with_columns(
        mask=pl.col("kind").replace_strict(MASKS, return_dtype=pl.UInt32), sides=pl.col("between").list.join(_AND)
    )
    facts = facts.join(actors(facts.select("by", "sides"), agreement), on=["by", "sides"], how="left", nulls_equal=True)
    facts, insides = facts.with_row_index("row"), Insides(facts, params)
    made = [_one(facts, terms.row(n, named=True), agreement, insides, statements) for n in range(terms.height)]
    left_out = pl.DataFrame([row for _, rows in made for row in rows], schema=EXCLUDED, orient="row")
    return pl.concat([frame for frame, _ in made]), left_out


def actors(named: pl.DataFrame, agreement: Agreement) -> pl.DataFrame:
    """The names that sources use (by, sides) -> with who, stranger, attribution.

    who: ids of every party that they stand for; stranger: one of them stands for none, or one side of a fight alone is
    named, so that the other may be anybody; attribution: words to print.
    """
    rows = []
    for by, sides in named.unique().sort("by", "sides").rows():
        said = [by] if by is not None else sides.split(_AND) if sides is not None else []
        found = [agreement.parties_of(name) for name in said]
        stranger = not all(found) or (by is None and len(said) == 1)
        rows.append((by, sides, [p.id for of in found for p in of], stranger, _attribution(by, found)))
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
    facts: pl.DataFrame,
    term: dict[str, Any],
    agreement: Agreement,
    insides: Insides,
    statements: pl.DataFrame | None,
) -> tuple[pl.DataFrame, list[tuple[str, str, str, int]]]:
    doubts, counts = facts, []
    for doubt, reason, of in (
        ("p_when", "not in force then", lambda rows: p_when(rows["t0"], rows["t1"], term)),
        ("p_barred", "not an act that it bars", lambda _: p_barred(term)),
        ("p_bound", "by someone it does not bind", lambda _: p_bound(term, agreement)),
    ):
        kept = doubts.with_columns(of(doubts).alias(doubt)).filter(pl.col(doubt).fill_null(1) > 0)
        counts.append((term["term"], term["reading"], reason, doubts.height - kept.height))
        doubts = kept
    inside = _inside(doubts, term, insides)
    kept = doubts.with_columns(p_inside=inside).filter(pl.col("p_inside").fill_null(1) > 0)
    kept = with_exemptions(kept, term, facts)
    if statements is not None:
        kept = with_notices(kept, term, statements, agreement)
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
            p_unexcepted="p_unexcepted",
            attribution="attribution",
            t0="t0",
            t1="t1",
            lacks=pl.lit(term["lacks"], pl.String),
            unless=pl.lit(term["unless"] or _told_of(term), pl.String),
            may_answer="may_answer",
            free=_free(term, agreement),
        ),
        counts,
    )


def _told_of(term: dict[str, Any]) -> str | None:
    """What stands in an exception's place where acts are allowed once they were told of."""
    return f"it was told of in time ({term['requires']})" if term["kind"] == "notification" else None


def edition(term: dict[str, Any]) -> str:
    """terms row -> a short name of all that it says, so that findings under another wording have other ids.

    >>> edition({"says": "No fire.", "until": None}) == edition({"says": "No fire!", "until": None})
    False
    """
    told = (value.hex() if isinstance(value, bytes) else str(value) for value in term.values())
    return sha256("\x1f".join(told).encode())[:SHORT]


def p_when(t0: pl.Series, t1: pl.Series, term: dict[str, Any]) -> pl.Series:
    """In force while it happened: 1 where the whole span [t0, t1) is surely so, 0 where none of it can be, else null.

    No share of the span is taken: an incident dated by day only, on the day that a truce begins at noon,
    may have happened before or after, and nothing says which is likelier.
    """
    begins, ends = (time.dt.timestamp("us").to_numpy() for time in (t0, t1))
    # Spans are sorted and disjoint, so one span decides: the last that begins by t0, or the first that ends after it.
    since, until = _bounds(term["sure"])
    n = np.searchsorted(since[1:], begins, "right")
    inside = (begins >= since[n]) & (begins < until[n]) & (ends <= until[n]) if len(since) else np.zeros(len(t0), bool)
    since, until = _bounds(term["may"])
    n = np.searchsorted(until[:-1], begins, "right")
    meets = (begins < until[n]) & ((ends > since[n]) | (begins >= since[n])) if len(since) else np.zeros(len(t0), bool)
    chance = np.where(inside, 1.0, np.where(meets, np.nan, 0.0))
    return pl.Series("p_when", chance).fill_nan(None)


_EVER = np.iinfo(np.int64)


def _bounds(spans: list[dict[str, Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spans -> starts and ends in microseconds; an open bound is before or after everything."""
    since = [_EVER.min if span["from"] is None else _us(span["from"]) for span in spans]
    until = [_EVER.max if span["until"] is None else _us(span["until"]) for span in spans]
    return np.array(since, np.int64), np.array(until, np.int64)


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def p_bound(term: dict[str, Any], agreement: Agreement) -> pl.Expr:
    """Whoever did it was bound then: 1 where all who may have done it are, 0 where none of them is, else null.

    A doer, or a side of a fight, by a name that stands for no party may be one by another name, so that is null. Of a
    fight, whose sides are named without saying who fired, either side may have. Where nothing is named at all and the
    term binds every party, the act counts as bound, unless others fight there too: that nobody is named is the
    reader's doubt.
    A party that holds itself released is bound no longer under its own reading; under others that is open.
    """
    binds, left = set(term["binds"]), sorted(term["freed"] or [], key=lambda one: (one["at"], one["party"]))
    if not left:
        return _bound(binds, binds, agreement)
    late = [pl.col("t0") >= one["at"] for one in left]
    over = [gone | (pl.col("t1") > one["at"]) for gone, one in zip(late, left, strict=True)]
    first, last = (pl.sum_horizontal(pl.lit(0), *(one.cast(pl.Int32) for one in of)) for of in (late, over))
    answer = pl.lit(None, pl.Float64)
    # How many releases lay before its first moment, and before its last: any of its moments may have been the one.
    for n, m in combinations_with_replacement(range(len(left) + 1), 2):
        maybe = binds - {one["party"] for one in left[:n] if one["sure"]}
        surely = binds - {one["party"] for one in left[:m]}
        answer = pl.when((first == n) & (last == m)).then(_bound(surely, maybe, agreement)).otherwise(answer)
    return answer


def _free(term: dict[str, Any], agreement: Agreement) -> pl.Expr:
    """What would settle it where whoever did it is named, and was bound but for a release; null elsewhere."""
    if not (freed := term["freed"]):
        return pl.lit(None, pl.String)
    names = {party.id: party.name for party in agreement.parties}
    claims = sorted(
        {f"{names[one['party']]} from {one['at']:%Y-%m-%d %H:%M} UTC on" for one in freed if not one["sure"]}
    )
    holds = [pl.lit(f"whether a release holds: {', '.join(claims)}")] if claims else []
    over = pl.any_horizontal(pl.lit(False), *((pl.col("t0") < x["at"]) & (pl.col("t1") > x["at"]) for x in freed))
    hour = pl.when(over).then(pl.lit("the hour at which it happened"))
    named = pl.col("by").is_not_null() | pl.col("sides").is_not_null()
    was = named & pl.col("p_bound").is_null() & (_bound(set(term["binds"]), set(term["binds"]), agreement) == 1.0)
    return pl.when(was).then(pl.concat_str(hour, *holds, separator="; ", ignore_nulls=True))


def _bound(surely: set[str], maybe: set[str], agreement: Agreement) -> pl.Expr:
    all_bound = surely == {party.id for party in agreement.parties} and not agreement.others
    named = pl.col("who").list
    all_surely = named.eval(pl.element().is_in(sorted(surely))).list.all()
    unknown = pl.lit(None, pl.Float64)
    if not maybe:
        return pl.lit(0.0)
    return (
        pl.when(pl.col("by").is_null() & pl.col("sides").is_null())
        .then(pl.lit(1.0) if all_bound else unknown)
        .when("stranger")
        .then(unknown)
        .when(~named.eval(pl.element().is_in(sorted(maybe))).list.any())
        .then(pl.lit(0.0))
        .when(all_surely)
        .then(pl.lit(1.0))
        .otherwise(unknown)
    )


def _inside(doubts: pl.DataFrame, term: dict[str, Any], insides: Insides) -> pl.Series:
    if term["zone_kind"] == "everywhere":
        return pl.Series("p_inside", np.ones(doubts.height))
    if term["zone_kind"] == "unknown" or doubts.is_empty():
        return pl.Series("p_inside", [None] * doubts.height, pl.Float64)
    edges = term["edge_m"] or 0.0, term["hole_edge_m"] or 0.0
    chance = insides.of(term["zone"], doubts["row"].to_numpy(), *edges)
    return pl.Series("p_inside", chance).fill_nan(None)
