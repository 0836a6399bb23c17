"""A duty to tell beforehand: was what was done told of in time, by whoever did it?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trucewatch.assess.model import Agreement, Reading

Bools = NDArray[np.bool_]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REGISTER = " register complete"
"""A statement about `<what> register complete` says that all notices for its span are among the statements."""


def plain(text: pl.Expr) -> pl.Expr:
    """Words without their letter case, single spaces between them; so two texts are held to be the same.

    >>> pl.select(plain(pl.lit("  Notice of  Exercises "))).item()
    'notice of exercises'
    """
    return text.str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars(" ")


def notified(incidents: pl.DataFrame, statements: pl.DataFrame, reading: Reading, agreement: Agreement) -> pl.Series:
    """incidents, statements, a reading that owes notices -> for each incident 1, 0 or null.

    1: every bound party that may have done it had told of it in time. 0: none of them had, and a register of all
    notices for that span says so. Null: nobody knows; that no notice is at hand does not show that none was given.
    A notice counts for the whole of an incident's span, or else only maybe; so does one whose time of telling is not
    known, or may have been too late, and one of a single place, for it may be another. A row with the figure 0 is none.
    A register counts from when no notice could be in time any more, and only where it is of all places.
    incidents: t0, t1, by (the name that sources give, or null).
    """
    owed = reading.requires
    if owed is None or incidents.is_empty():
        return pl.Series("notified", [None] * incidents.height, pl.Float64)
    spans = _Spans(incidents)
    about = statements.with_columns(about=plain(pl.col("about")))
    what = " ".join(owed.what.casefold().split())
    sure = {party: np.zeros(incidents.height, bool) for party in reading.binds}
    maybe = {party: np.zeros(incidents.height, bool) for party in reading.binds}
    for notice in about.filter(pl.col("about") == what, pl.col("figure").ne_missing(0.0)).rows(named=True):
        if (party := _giver(notice, agreement)) in sure:
            spans.mark(notice, owed.before_s or 0.0, sure[party], maybe[party])
    complete = np.zeros(incidents.height, bool)
    for register in about.filter(pl.col("about") == what + REGISTER, pl.col("place").is_null()).rows(named=True):
        here, holds, _ = spans.met(register)
        complete[here] |= holds & spans.told_after(register, here, owed.before_s or 0.0)
    told, may, anybody = (
        np.ones(incidents.height, bool),
        np.zeros(incidents.height, bool),
        np.zeros(incidents.height, bool),
    )
    for party, may_have in _may_have(incidents["by"], reading, agreement).items():
        mine = may_have[spans.order]
        told, may, anybody = told & (~mine | sure[party]), may | (mine & maybe[party]), anybody | mine
    answer = np.full(incidents.height, np.nan)
    answer[spans.order] = np.where(told & anybody, 1.0, np.where(complete & ~may, 0.0, np.nan))
    return pl.Series("notified", answer).fill_nan(None)


def with_notices(
    doubts: pl.DataFrame, term: dict[str, Any], statements: pl.DataFrame, agreement: Agreement
) -> pl.DataFrame:
    """doubts (t0, t1, by, p_unexcepted) of a terms row -> p_unexcepted and "was not told of in time", Kleene's "and".

    Nothing changes where the term owes no notices.
    """
    reading = next(r for t in agreement.terms if t.id == term["term"] for r in t.readings if r.who == term["reading"])
    if reading.requires is None or not reading.requires.of:
        return doubts
    silent = 1 - notified(doubts, statements, reading, agreement)
    former = pl.col("p_unexcepted")
    both = pl.when((former == 0) | (silent == 0)).then(0.0).otherwise(former * silent)
    return doubts.with_columns(both.cast(pl.Float64).alias("p_unexcepted"))


def _giver(notice: dict[str, Any], agreement: Agreement) -> str | None:
    """The party for whom it was given; else the one that gave it."""
    for name in (notice["on_behalf_of"], notice["speaker"]):
        if party := agreement.party(name):
            return party.id
    return None


def _may_have(by: pl.Series, reading: Reading, agreement: Agreement) -> dict[str, Bools]:
    """Bound party -> may it have done it: it is one that the name stands for, or nobody knows whom it does."""
    names: list[str | None] = by.unique().to_list()
    found = {name: {party.id for party in agreement.parties_of(name)} if name is not None else set() for name in names}
    made = {}
    for party in reading.binds:
        may = pl.Series([not of or party in of for of in found.values()], dtype=pl.Boolean)
        made[party] = by.replace_strict(pl.Series(names, dtype=pl.String), may, return_dtype=pl.Boolean).to_numpy()
    return made


class _Spans:
    """The spans of incidents in the order of their starts, so that a notice looks only at those near it."""

    def __init__(self, incidents: pl.DataFrame) -> None:
        t0, t1 = (incidents[name].dt.timestamp("us").to_numpy() for name in ("t0", "t1"))
        self.order = np.argsort(t0, kind="stable")
        self.t0, self.t1 = t0[self.order], t1[self.order]
        self.longest = int((t1 - t0).max())

    def met(self, said: dict[str, Any]) -> tuple[slice, Bools, Bools]:
        """A statement -> which incidents are near; whether its span holds all of each; whether it may hold it.

        One that tells no span surely holds nothing, and may hold anything.
        """
        if said["t0"] is None or said["t1"] is None:
            return slice(None), np.zeros(len(self.t0), bool), np.ones(len(self.t0), bool)
        first, last = _us(said["t0"]), _us(said["t1"])
        here = slice(*np.searchsorted(self.t0, [first - self.longest, last]))
        t0, t1 = self.t0[here], self.t1[here]
        return here, (t0 >= first) & (t1 <= last), (t1 > first) | (t0 >= first)

    def told_after(self, said: dict[str, Any], here: slice, before_s: float) -> Bools:
        """Was it said when no notice of that incident could be in time any more? Before, one could still come."""
        if said["said_at"] is None:
            return np.zeros(len(self.t1[here]), bool)
        return np.asarray(_us(said["said_at"]) + round(before_s * 1e6) >= self.t1[here])

    def mark(self, notice: dict[str, Any], before_s: float, sure: Bools, maybe: Bools) -> None:
        """Note which incidents a notice surely tells of in time, and which it may."""
        here, holds, touches = self.met(notice)
        if notice["said_at"] is None:
            maybe[here] |= touches
            return
        early = _us(notice["said_at"]) + round(before_s * 1e6)
        t0, t1 = self.t0[here], self.t1[here]
        # What happened within [t0, t1) happened before t1: the notice was surely too late only where all of it was.
        sure[here] |= holds & (early <= t0) & (notice["place"] is None)
        maybe[here] |= touches & ((early < t1) | (early <= t0))


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
