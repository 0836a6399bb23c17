"""Step 3, in parts: exceptions and permitted acts. Does one of them clear what happened?

An exception cannot apply where its acts are none that it may have been, or where whoever did it is none of those who
may use it. It surely applies where it permits, without further needs, carrying wounded or exchanging prisoners, and
it surely was that: what these are for is in their names. Of every other act the text lets off some and not others
(fire in answer, moves away from the line, weapons in their stores), whether the file puts that as a need or only says
so. That is for people, and null. A remark (`clears` false) weakens nothing.

Fire in answer has to follow an armed act of another side. Where the text bounds it in time or distance, the latest
earlier incident that it may answer is named. That none is on record settles nothing: silence counts only where
somebody looked.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.answering import because
from trucewatch.assess.rules.conditions import UNKNOWN, every
from trucewatch.kinds import bits_of

__all__ = ["because", "p_unexcepted", "with_exemptions"]
HUMANE = ("evacuation", "exchange")
"""Acts that an exception can let off by their name alone."""


def with_exemptions(doubts: pl.DataFrame, term: dict[str, Any], facts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Incidents, terms row, all incidents -> the first with `p_unexcepted` and `may_answer`, an incident's id.

    Wanted of both: id, mask, t0, t1, lon, lat, radius_m, by, sides, who (ids of all whom the names stand for),
    stranger (one of the names stands for no party).
    """
    made = doubts.with_columns(p_unexcepted(term))
    answers = [x for x in _clearing(term) if _bounded(x)]
    if not answers or made.is_empty():
        return made.with_columns(may_answer=pl.lit(None, pl.String))
    earlier = doubts if facts is None else facts
    named: pl.Series | None = None
    for exemption in answers:
        found = because(made.with_columns(open=_p_clear(exemption, term)), earlier, exemption)
        named = found if named is None else pl.select(pl.coalesce(named, found)).to_series()
    return made.with_columns(named.alias("may_answer"))  # type: ignore[union-attr]


def p_unexcepted(term: dict[str, Any]) -> pl.Expr:
    """terms row -> 1 where no exception can clear it, 0 where one surely does, else null. Kleene's "and" over them.

    >>> from trucewatch.kinds import mask_of
    >>> seen = pl.DataFrame({"mask": [mask_of(k) for k in ("works", "evacuation", "movement")]})
    >>> seen = seen.with_columns(by=pl.lit("x"), sides=pl.lit(None), who=[["x"]] * 3, stranger=False)
    >>> helps = {"says": "of wounded", "clears": True, "acts": ["evacuation"], "parties": [], "needs": []}
    >>> seen.select(p_unexcepted({"acts": ["works"], "exempt": [helps]})).to_series().to_list()
    [1.0, 0.0, None]
    """
    return every(1.0 - _p_clear(x, term) for x in _clearing(term)).alias("p_unexcepted")


def _clearing(term: dict[str, Any]) -> list[dict[str, Any]]:
    return [x for x in term.get("exempt") or [] if x["clears"]]


def _bounded(x: dict[str, Any]) -> bool:
    return x.get("within_s") is not None or x.get("within_m") is not None


def _p_clear(x: dict[str, Any], term: dict[str, Any]) -> pl.Expr:
    """Does this exception clear it: 1 surely, 0 surely not, else null."""
    mask, permitted = pl.col("mask").cast(pl.UInt32), bits_of(x["acts"])
    humane = bits_of(act for act in x["acts"] if act in HUMANE)
    cannot, surely = pl.lit(False), pl.lit(True)
    if x["acts"]:
        cannot, surely = cannot | ((mask & permitted) == 0), surely & ((mask & humane) == mask)
    if x["parties"]:
        named = pl.col("by").is_not_null() | pl.col("sides").is_not_null()
        may_use = pl.col("who").list.eval(pl.element().is_in(x["parties"])).list
        known = named & ~pl.col("stranger")
        cannot = cannot | (known & ~may_use.any())
        surely = surely & known & may_use.all()
    if _conditional(x, term):
        surely = pl.lit(False)
    return pl.when(cannot).then(pl.lit(0.0)).when(surely).then(pl.lit(1.0)).otherwise(UNKNOWN)


def _conditional(x: dict[str, Any], term: dict[str, Any]) -> bool:
    """It hangs on more than acts and doers. What takes away all that the term bars must do so, told or not."""
    swallows = bool(term["acts"]) and set(term["acts"]) <= set(x["acts"])
    return bool(x["needs"]) or _bounded(x) or not x["acts"] or swallows
