"""What was owed and can be counted: each speaker's counts, period by period, held against the number agreed.

Counts of rivals are never added, nor averaged, nor is one of them chosen: each speaker has a row of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from trucewatch.assess.counting import Tallied, Told, tallied
from trucewatch.assess.model import Agreement, Reading, Requirement, Span, Term
from trucewatch.assess.notices import notified, plain, with_notices
from trucewatch.assess.params import AssessParams
from trucewatch.assess.periods import Period, periods
from trucewatch.assess.settled import SETTLED, say, settle
from trucewatch.assess.weigh import contested_in_time, readings_of, weigh
from trucewatch.base.ids import SHORT, column_id, sha256
from trucewatch.tables import FINDINGS, OWED

__all__ = ["findings_of", "notified", "owed_table", "with_notices"]
_EPOCH, _US = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_LINKS = {
    "whether it happened": "whether the speaker's count is right",
    "whether the term was in force at that moment": "whether the term was in force for all of the period",
    "whether the act is one that the term bars": "what was counted, against what was owed",
    "whether whoever did it is bound": "whether whoever owed it was bound",
}
"""weigh's words for a doubt -> the same doubt, of something owed."""
_NOBODY = "that nobody counted"


@dataclass(frozen=True)
class _Count:
    """A statement that is about what is owed, and what is wrong with it."""

    id: str
    voice: str
    t0: int
    t1: int
    figure: float | None
    place: str | None
    standing: bool
    other_unit: str | None
    above: float | None


def owed_table(agreed: Agreement, statements: pl.DataFrame, params: AssessParams) -> pl.DataFrame:
    """agreement, statements -> owed: a row for each reading, period and speaker; one without a speaker where nobody
    counted. Raises InputError where a term's `each` is no length of time.
    """
    said = _said(agreed, statements)
    rows = [
        row
        for term in agreed.terms
        for reading in term.readings
        if reading.requires and (reading.requires.at_least is not None or reading.requires.at_most is not None)
        for row in _rows(agreed, term, reading, said, params)
    ]
    made = pl.DataFrame(rows, schema={**dict(OWED.schema), "edition": pl.String}, orient="row")
    name = [pl.col("agreement"), pl.col("term"), pl.col("reading"), pl.col("edition"), pl.col("t0"), pl.col("t1")]
    name += [pl.col("speaker"), pl.col("statements").list.join(",")]
    return OWED.check(made.with_columns(id=column_id(*name)).drop("edition"))


def _said(agreed: Agreement, statements: pl.DataFrame) -> pl.DataFrame:
    """Statements that tell a time, with whose count each is.

    A party or a mediator is one speaker under all its names. Of somebody who is not named nobody knows what else he
    said: each such count stands alone.
    """
    named = statements.select(pl.coalesce("speaker", "on_behalf_of").alias("named")).to_series()
    names = {name: _voice(agreed, name) for name in sorted(named.drop_nulls().unique().to_list(), reverse=True)}
    spelt = {_key(voice): voice for voice in names.values()}  # of several spellings the first in the alphabet
    voices = {name: spelt[_key(voice)] for name, voice in names.items()}
    nobody = pl.format("somebody not named ({}, {})", pl.coalesce("locator", "id"), "source")
    good = pl.col("figure").is_finite() & (pl.col("figure") >= 0)
    return (
        statements.with_columns(
            voice=pl.coalesce(named.replace_strict(voices, default=None, return_dtype=pl.String), nobody),
            about=plain(pl.col("about")),
            figure=pl.when(good).then("figure"),
        )
        .with_columns(
            last=pl.col("said_at").max().over("voice", "about", "unit", "place", "t0", "t1"),
        )
        .sort("id")
    )


def _voice(agreed: Agreement, name: str) -> str:
    party, plainly = agreed.party(name), " ".join(name.split())
    mediators = {_key(one): known for who, known in agreed.mediators for one in (who, known)}
    return party.name if party else mediators.get(_key(name), plainly)


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _rows(
    agreed: Agreement, term: Term, reading: Reading, said: pl.DataFrame, params: AssessParams
) -> list[dict[str, Any]]:
    owed = reading.requires
    assert owed is not None
    about = said.filter(pl.col("about") == _key(owed.what))
    counts = _counts(about, owed, params.about)
    timeless = about.filter(pl.col("t0").is_null() | pl.col("t1").is_null()).height
    last = max((count.t1 for count in counts), default=None)
    ends = None if last is None else _EPOCH + last * _US
    cut_up = periods(reading.when, owed.each, agreed.display_zone, ends, params.most_periods)
    groups = _grouped(cut_up, counts)
    if not groups and cut_up:
        cut_up = (Period((Span(cut_up[0].start, cut_up[-1].end),), cut=False, sure=all(p.sure for p in cut_up)),)
    base = {
        "agreement": agreed.id, "term": term.id, "article": term.article, "reading": reading.who, "what": owed.what,
        "unit": owed.unit, "at_least": owed.at_least, "at_most": owed.at_most, "each": owed.each,
        "at_once": owed.at_once, "edition": sha256(repr((term.kind, term.article, reading)).encode())[:SHORT],
    }  # fmt: skip
    speakers: dict[int, list[str | None]] = {}
    for k, voice in sorted(groups):
        speakers.setdefault(k, []).append(voice)
    rows = [
        {**base, "bound": _bound_in(reading, period), **_row(period, voice, groups.get((k, voice or ""), []), owed)}
        for k, period in enumerate(cut_up)
        for voice in speakers.get(k, [None])
    ]
    if timeless:
        note = f"when {timeless} count{'s' if timeless > 1 else ''} of {owed.what} that tell no time were made"
        rows = [row | {"lacks": _and(row["lacks"], note)} if row["unmet"] is None else row for row in rows]
    return rows


def _bound_in(reading: Reading, period: Period) -> float | None:
    """Somebody bound owed it then: 0 where nobody was, null where one of them may have been released by its end."""
    left = [freed for freed in reading.freed if freed.party in reading.binds]
    gone = {freed.party for freed in left if freed.sure and period.start and period.start >= freed.at}
    if gone.issuperset(reading.binds):
        return 0.0
    return None if any(period.end is None or period.end > freed.at for freed in left) else 1.0


def _and(*parts: str | None) -> str | None:
    return "; ".join(part for part in parts if part) or None


def _counts(about: pl.DataFrame, owed: Requirement, slack: float) -> list[_Count]:
    """An instant is taken as its microsecond, so that spans are never empty. "At least nine" is nine or any more, and
    "about nine" may be fewer: neither is nine."""
    figure, meant = pl.col("figure"), pl.col("qualifier").cast(pl.String).fill_null("exact")
    least = pl.when(meant == "about").then(figure / slack).when(meant == "more than").then(figure + 1).otherwise(figure)
    above = pl.when(meant == "about").then(figure * slack - figure / slack).when(meant == "exact").then(0.0)
    unit = plain(pl.col("unit"))
    fits = (unit.is_null() | unit.is_in([_key(owed.unit), _key(owed.what)])).fill_null(True)
    t0, t1 = (pl.col(name).dt.timestamp("us") for name in ("t0", "t1"))
    timed = about.filter(pl.col("t0").is_not_null() & pl.col("t1").is_not_null()).select(
        "id",
        "voice",
        t0.alias("t0"),
        pl.max_horizontal(t1, t0 + 1).alias("t1"),
        pl.when(fits).then(least).alias("figure"),
        "place",
        (pl.col("said_at") == pl.col("last")).fill_null(True).alias("standing"),
        pl.when(~fits).then("unit").alias("other_unit"),
        above.alias("above"),
    )
    return [_Count(*row) for row in timed.rows()]


_Met = tuple[_Count, bool, bool]


def _grouped(cut_up: tuple[Period, ...], counts: list[_Count]) -> dict[tuple[int, str], list[_Met]]:
    """(number of the period, speaker) -> the counts that meet it, each with whether all of its span lies in it, and
    whether it does so however what is not known of the period turns out."""
    parts = _Bounds([part for period in cut_up for part in period.parts])
    held = _Bounds([part for period in cut_up for part in period.held])
    starts = [_us(period.start, False) for period in cut_up]
    stops = [_us(period.end, True) for period in cut_up]
    made: dict[tuple[int, str], list[_Met]] = {}
    for count in counts:
        inside = parts.hold(count), held.hold(count)
        k = bisect_right(stops, count.t0)
        while k < len(starts) and starts[k] < count.t1:
            made.setdefault((k, count.voice), []).append((count, *inside))
            k += 1
    return made


class _Bounds:
    """Disjoint spans in order."""

    def __init__(self, spans: list[Span]) -> None:
        self._begins, self._ends = [_us(one.start, False) for one in spans], [_us(one.end, True) for one in spans]

    def hold(self, count: _Count) -> bool:
        """All of the count's span lies in one of them."""
        n = bisect_right(self._begins, count.t0) - 1
        return n >= 0 and count.t1 <= self._ends[n]


_EVER = 2**62


def _us(at: datetime | None, is_end: bool) -> int:
    return (at - _EPOCH) // _US if at else _EVER if is_end else -_EVER


def _row(period: Period, voice: str | None, met: list[_Met], owed: Requirement) -> dict[str, Any]:
    told = [Told(c.t0, c.t1, c.figure, inside, c.place is None, c.standing, held, c.above) for c, inside, held in met]
    parts = [(_us(p.start, False) if p.start else None, _us(p.end, True) if p.end else None) for p in period.parts]
    made = tallied(told, parts, owed, period.cut, period.sure)
    if voice is None:
        made = Tallied(0.0, None, made.covered, False, None)
    return {
        "t0": period.start,
        "t1": period.end,
        "cut": period.cut,
        "in_force": 1.0 if period.sure else None,
        "speaker": voice,
        "least": None if voice is None else made.least,
        "most": made.most,
        "covered": made.covered,
        "unmet": made.unmet,
        "n_statements": len(met),
        "statements": sorted(count.id for count, *_ in met),
        "lacks": None if made.unmet is not None else _lacks(period, voice, met, made, owed),
    }


def _lacks(period: Period, voice: str | None, met: list[_Met], made: Tallied, owed: Requirement) -> str | None:
    """What would have to be known for an answer, in words."""
    if voice is None:
        return f"a count of {owed.what} by anyone"
    counts = [count for count, *_ in met]
    units = sorted({count.other_unit for count in counts if count.other_unit})
    blank = any(count.figure is None and not count.other_unit for count in counts)
    places = sorted({count.place for count in counts if count.place is not None})
    needs_all = made.least < owed.at_least if owed.at_least is not None else True
    all_inside = all(inside for _, inside, _ in met)
    cut = period.cut or (not period.sure and owed.each is not None)
    loose = any(count.figure is not None and count.above != 0 for count in counts)
    overlap = all_inside and made.most is not None and made.least < made.most and not loose
    parts = [
        f"the count of {owed.what} by {voice} for the rest of the period" if needs_all and not made.every else None,
        f"whether what lies at {', '.join(places)} is all of it" if places and not made.every else None,
        "counts that begin and end with the period" if not all_inside else None,
        "whether counts that overlap count the same" if overlap else None,
        "when the period begins and ends" if any(inside and not held for _, inside, held in met) else None,
        f"the figures that {voice} left blank" if blank else None,
        f"an exact count: {voice} tells about, or at least, so many" if loose else None,
        f"counts in {owed.unit}: those in {', '.join(units)} are not converted" if units else None,
        "how much is owed for a period that is cut short" if cut and not owed.at_once else None,
    ]
    return _and(*parts)


def findings_of(
    owed: pl.DataFrame, agreed: Agreement, params: AssessParams, settled: pl.DataFrame | None = None
) -> pl.DataFrame:
    """owed -> findings: is it indicated that what was owed was not done, in that period, by that speaker's count?

    The doubts are those of an incident: p_event, that the count is right; p_when, that the term was in force for all
    of the period; p_barred, that less (or more) was counted than was agreed; p_bound, that somebody bound owed it;
    p_unexcepted. p_inside is 1: what is counted names its own ground. Where nobody is bound there is no finding.
    """
    made = owed.join(_of_readings(agreed), on=["term", "reading"], how="left")
    made = made.filter(pl.col("bound").fill_null(1) > 0)
    period = pl.format("period:{}/{}", _bound("t0", "unknown"), _bound("t1", pl.col("ends")))
    doubts = made.select(
        id=column_id(pl.lit("finding"), pl.col("id")),
        subject=pl.concat_str(period, pl.format(" by {}", "speaker"), ignore_nulls=True),
        agreement="agreement",
        term="term",
        article="article",
        reading="reading",
        p_event=pl.when(pl.col("speaker").is_not_null()).then(params.p_statement),
        p_when="in_force",
        p_inside=pl.lit(1.0),
        p_barred="unmet",
        p_bound="bound",
        p_unexcepted="p_unexcepted",
        attribution="attribution",
        lacks=pl.lit(None, pl.String),
        unless="unless",
        may_answer=pl.lit(None, pl.String),
        owing=pl.col("lacks"),
        **{name: pl.col(name) for name in ("t0", "t1", "speaker")},
    )
    judged = settle(doubts, pl.DataFrame(schema=SETTLED) if settled is None else settled)
    told = weigh(judged, params).with_columns(
        because=pl.when(pl.col("p_event").is_null()).then(pl.lit(_NOBODY)).otherwise(pl.col("because").replace(_LINKS)),
        would_settle=_settles(params),
    )
    weighed = contested_in_time(say(told), readings_of(agreed), ["speaker"], unasked="cannot_tell")
    return FINDINGS.fit(weighed.select(name for name in FINDINGS.columns if name in weighed.columns))


def _bound(name: str, otherwise: str | pl.Expr) -> pl.Expr:
    """An instant for a subject's name; to the second only where it has seconds."""
    at, form = pl.col(name), "%Y-%m-%dT%H:%M"
    shown = pl.when(at.dt.second() == 0).then(at.dt.strftime(form + "Z")).otherwise(at.dt.strftime(form + ":%SZ"))
    return pl.coalesce(shown, pl.lit(otherwise) if isinstance(otherwise, str) else otherwise)


def _settles(params: AssessParams) -> pl.Expr:
    told = pl.concat_str(
        pl.when(pl.col("p_event") < params.settled).then(pl.lit("a count by somebody else, or the records it is from")),
        pl.when(pl.col("p_when").is_null()).then(pl.lit("when the term was in force")),
        pl.when(pl.col("p_barred").is_null()).then("owing"),
        pl.when(pl.col("p_bound").is_null()).then(pl.lit("who was bound then")),
        pl.format("whether an exception applies: {}", "unless"),
        separator="; ",
        ignore_nulls=True,
    )
    return pl.when(told == "").then(pl.lit("nothing more is needed; people determine")).otherwise(told)


def _of_readings(agreed: Agreement) -> pl.DataFrame:
    """What is the same for every period of a reading. Who owed it is told only where one party alone is bound."""
    names = {party.id: party.name for party in agreed.parties}
    rows = [
        (
            term.id, reading.who, reading.when.ends, None if reading.clears else 1.0, reading.unless,
            names.get(reading.binds[0]) if len(reading.binds) == 1 else "undetermined",
        )
        for term in agreed.terms
        for reading in term.readings
    ]  # fmt: skip
    text = dict.fromkeys(("term", "reading", "ends"), pl.String)
    return pl.DataFrame(
        rows,
        schema={**text, "p_unexcepted": pl.Float64, "unless": pl.String, "attribution": pl.String},
        orient="row",
    )
