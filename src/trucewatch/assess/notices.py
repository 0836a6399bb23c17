"""A duty to tell beforehand: was what was done told of in time, by whoever did it?"""

from __future__ import annotations

from typing import Any

import polars as pl

from trucewatch.assess.model import Agreement, Reading

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
    known, or may have been too late. incidents: t0, t1, by (the name that sources give, or null).
    """
    owed = reading.requires
    if owed is None or incidents.is_empty():
        return pl.Series("notified", [None] * incidents.height, pl.Float64)
    about = statements.with_columns(about=plain(pl.col("about")))
    what = " ".join(owed.what.casefold().split())
    given = [
        (party, notice)
        for notice in about.filter(pl.col("about") == what).rows(named=True)
        if (party := _giver(notice, agreement)) in reading.binds
    ]
    facts = incidents.select("t0", "t1", "by").with_columns(who=_may_have(incidents["by"], reading, agreement))
    nobody = pl.lit(False)
    sure, maybe = [], []
    for party in reading.binds:
        may_be = pl.col("who").list.contains(party)
        meets = [_meets(notice, owed.before_s or 0.0) for of, notice in given if of == party]
        sure.append(~may_be | pl.any_horizontal(nobody, *(surely for surely, _ in meets)))
        maybe.append(may_be & pl.any_horizontal(nobody, *(may for _, may in meets)))
    registers = about.filter(pl.col("about") == what + REGISTER).rows(named=True)
    complete = pl.any_horizontal(nobody, *(_holds(register) for register in registers))
    told = pl.all_horizontal(*sure) & (pl.col("who").list.len() > 0)
    answer = pl.when(told).then(1.0).when(complete & ~pl.any_horizontal(nobody, *maybe)).then(0.0)
    return facts.select(answer.cast(pl.Float64).alias("notified")).to_series()


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


def _may_have(by: pl.Series, reading: Reading, agreement: Agreement) -> pl.Series:
    """The bound parties that may have done it: those that the name stands for, or all where nobody knows."""
    known = {}
    for name in by.drop_nulls().unique().to_list():
        found = [party.id for party in agreement.parties_of(name)]
        known[name] = [party for party in found if party in reading.binds] if found else list(reading.binds)
    return pl.Series("who", [known.get(name, list(reading.binds)) for name in by.to_list()], pl.List(pl.String))


def _meets(notice: dict[str, Any], before_s: float) -> tuple[pl.Expr, pl.Expr]:
    """A notice -> was an incident surely told of by it, in time; and may it have been?"""
    t0, t1 = pl.col("t0"), pl.col("t1")
    first, last, said = notice["t0"], notice["t1"], notice["said_at"]
    if first is None or last is None:
        holds, touches = pl.lit(False), pl.lit(True)
    else:
        holds, touches = _holds(notice), (t0 < last) & ((t1 > first) | (t0 >= first))
    if said is None:
        return pl.lit(False), touches
    early = pl.lit(said).dt.offset_by(f"{int(before_s * 1e6)}us")
    # What happened within [t0, t1) happened before t1; the notice was surely too late only where it was for all of it.
    return holds & (early <= t0), touches & ((early < t1) | (early <= t0))


def _holds(said: dict[str, Any]) -> pl.Expr:
    """The whole span of the incident lies in that of the statement; one that tells no span holds nothing."""
    if said["t0"] is None or said["t1"] is None:
        return pl.lit(False)
    t0, t1 = pl.col("t0"), pl.col("t1")
    lies: pl.Expr = (t0 >= said["t0"]) & (t1 <= said["t1"]) & (t0 < said["t1"])
    return lies
