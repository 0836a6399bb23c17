"""Step 2: the period, the one before it, what the record holds of both, and what happened in each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.report.notes import Notes
from trucewatch.report.words import counted, day, instant


@dataclass(frozen=True)
class Period:
    """Half-open [since, until), and the span of the same length before it. All UTC.

    ends: where its end comes from: `asked`, the agreement's `text`, or the `record`.
    """

    since: datetime
    until: datetime
    ends: str = field(default="asked", compare=False)

    @property
    def before(self) -> Period:
        """The previous period: as long as this one, ending where it starts."""
        return Period(self.since - (self.until - self.since), self.since)


@dataclass(frozen=True)
class Record:
    """From when to when anything was seen or anybody looked; None where there is nothing. UTC."""

    since: datetime | None
    until: datetime | None


def record_of(incidents: pl.DataFrame, observations: pl.DataFrame, looks: pl.DataFrame) -> Record:
    """What is released at a level -> where its record begins (seen, looked) and ends (happened, seen, looked)."""
    begins = [at for table in (observations, looks) if isinstance(at := table["t0"].min(), datetime)]
    ends = [at for table in (incidents, observations, looks) if isinstance(at := table["t1"].max(), datetime)]
    return Record(min(begins, default=None), max(ends, default=None))


def period_of(terms: pl.DataFrame, record: Record, since: datetime | None, until: datetime | None) -> Period:
    """The period that was asked for; else from the first start in the text to its last end, or the record's."""
    text = terms.filter(pl.col("reading") == "text")
    start = since or text["since"].min() or terms["since"].min() or record.since
    set_end = text["until"].max() if text["until"].null_count() == 0 else None
    end, ends = record.until, "record"
    if until is not None:
        end, ends = until, "asked"
    elif isinstance(set_end, datetime) and (record.until is None or set_end <= record.until):
        end, ends = set_end, "text"
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise InputError(
            "there is nothing to report on: no incidents and no dates",
            expected="something pulled first, or --since and --until",
        )
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        raise InputError(
            f"the period would end ({end.isoformat()}) before it starts ({start.isoformat()})",
            expected="incidents after the start of the agreement, or --since and --until",
        )
    return Period(start, end, ends)


def within(span: Period) -> pl.Expr:
    """Incidents whose whole span lies in the period."""
    # An instant at the very end belongs to the period after.
    return (pl.col("t0") >= span.since) & (pl.col("t0") < span.until) & (pl.col("t1") <= span.until)


def touching(span: Period) -> pl.Expr:
    """Incidents of whose span some lies in the period and some outside."""
    meets = (pl.col("t0") < span.until) & (pl.col("t1") > span.since)
    return meets & ~within(span)


@dataclass(frozen=True)
class Cover:
    """What the record holds of a previous period: some of it? `says`: in place of a comparison, if either lacks any."""

    some: bool
    says: str | None


def cover_of(span: Period, record: Record, complete_to: datetime | None, zone: str) -> Cover:
    """Before the first thing that anybody saw, and the first look, a count of none is unknown and not nought.

    Nor is what has not been released or recorded yet: a period that is not over for the record is not compared.
    """
    before = span.before
    if record.since is None or complete_to is None:
        return Cover(False, "nothing is recorded")
    says = None
    if record.since > before.since:
        says = f"the record begins {day(record.since, zone)}"
    elif complete_to < span.until:
        says = f"not comparable: this period is complete only to {instant(complete_to, zone)}"
    return Cover(record.since < before.until, says)


AFFIRMED = pl.col("n_lineages") > 0
"""What nobody affirms is told apart and not counted as an incident."""
_AFFIRMED = "n_lineages > 0"
_MEASURES: tuple[tuple[str, str, pl.Expr], ...] = (
    ("Incidents", _AFFIRMED, AFFIRMED),
    ("of them deadly", f"{_AFFIRMED} and killed_high > 0", AFFIRMED & (pl.col("killed_high") > 0)),
    ("of them from two voices or more", "n_lineages >= 2", pl.col("n_lineages") >= 2),
    ("of them denied by somebody", f"{_AFFIRMED} and n_denials > 0", AFFIRMED & (pl.col("n_denials") > 0)),
    ("of them with no place told", f"{_AFFIRMED} and lon is null", AFFIRMED & pl.col("lon").is_null()),
)
_DENIED = ("Only denied, by nobody affirmed", "n_lineages = 0", ~AFFIRMED)


def summary(
    incidents: pl.DataFrame,
    span: Period,
    cover: Cover,
    notes: Notes,
    similar_sd: float,
    watched: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """incidents, period -> rows(measure, now, before, word, note, note_before) against the previous period.

    watched: how well both periods were watched, as `coverage.watched` has it.
    """
    now, before = incidents.filter(within(span)), incidents.filter(within(span.before))
    rows = []
    kinds = sorted({kind for table in (now, before) for kind in table.filter(AFFIRMED)["kind"]})
    named = [(f"kind: {k}", f"{_AFFIRMED} and kind = {quoted(k)}", AFFIRMED & (pl.col("kind") == k)) for k in kinds]
    for measure, rule, keep in (*_MEASURES, *named, _DENIED):
        a, b = now.filter(keep)["id"], before.filter(keep)["id"]
        if measure.startswith(("of them", "Only")) and not len(a) and not len(b):
            continue
        row: dict[str, Any] = {
            "measure": measure,
            "now": len(a),
            "before": None,
            "before_says": "not covered",
            "word": cover.says or worded(len(a), len(b), similar_sd, watched),
            "note": notes.note(f"{measure}, this period", a, f"{rule} and {rule_of(span)}"),
            "note_before": None,
        }
        if cover.some:
            note = notes.note(f"{measure}, previous period", b, f"{rule} and {rule_of(span.before)}")
            row |= {"before": len(b), "before_says": str(len(b)), "note_before": note}
        rows.append(row)
    return rows


def casualties(incidents: pl.DataFrame, span: Period, cover: Cover, notes: Notes) -> list[dict[str, Any]]:
    """Killed and injured as bounds: the lowest and the highest figure of each incident, summed over incidents."""
    rows = []
    for name in ("killed", "injured"):
        row: dict[str, Any] = {"measure": name, "before": None, "before_says": "not covered", "note_before": None}
        for key, part in (("now", span), ("before", span.before)):
            if key == "before" and not cover.some:
                continue
            those = incidents.filter(within(part) & AFFIRMED)
            found = those.filter(pl.col(f"{name}_high") > 0)
            low, high = int(found[f"{name}_low"].fill_null(0).sum()), int(found[f"{name}_high"].sum())
            told = those[f"{name}_high"].count()
            row[key] = [low, high] if told else None
            lowless = found[f"{name}_low"].null_count()
            row[f"{key}_told"], row[f"{key}_incidents"] = told, those.height
            row[f"{key}_says"] = _bounds_say(low, high, told, those.height, lowless) if told else "not told"
            row["note" if key == "now" else "note_before"] = notes.note(
                f"Incidents with persons {name}, {'this' if key == 'now' else 'previous'} period",
                found["id"],
                f"{_AFFIRMED} and {name}_high > 0 and {rule_of(part)}",
            )
        rows.append(row)
    return rows


def _bounds_say(low: int, high: int, told: int, incidents: int, lowless: int) -> str:
    """Bounds with how many incidents they are of.

    >>> _bounds_say(5, 5, 1, 60, 0), _bounds_say(0, 4, 1, 1, 1)
    ('5 to 5 (told for 1 of 60 incidents)', '0 to 4 (told for 1 of 1 incident; 1 has no lowest figure, taken as 0)')
    """
    lacks = f"; {lowless} {'has' if lowless == 1 else 'have'} no lowest figure, taken as 0" if lowless else ""
    return f"{low} to {high} (told for {told} of {counted(incidents, 'incident')}{lacks})"


def compared(now: int, before: int, similar_sd: float, times: float = 1.0) -> str:
    """The missions' words: more, fewer, similar. times: how many times as well as the previous period this one was
    watched, so that as many as that are similar.

    >>> compared(380, 70, 2.0), compared(104, 110, 2.0), compared(0, 0, 2.0), compared(380, 70, 2.0, 5.0)
    ('more', 'similar', 'none in either', 'similar')
    """
    if not now and not before:
        return "none in either"
    expected = times * before
    if abs(now - expected) <= similar_sd * (now + times * expected) ** 0.5:
        return "similar"
    return "more" if now > expected else "fewer"


def worded(now: int, before: int, similar_sd: float, watched: Mapping[str, Any] | None) -> str:
    """As `compared`, where it is known how well both periods were watched; unwatched is unknown, whatever was counted.

    >>> unlike = {"unseen": None, "times": [0.5, 0.25]}
    >>> worded(40, 100, 2.0, unlike), worded(90, 100, 2.0, unlike), worded(10, 100, 2.0, unlike)
    ('fewer counted; not watched alike', 'similar counted; more as watched', 'fewer')
    """
    word = compared(now, before, similar_sd)
    if watched is None:
        return word
    if watched["unseen"]:
        return f"unknown: nobody is recorded to have looked in {watched['unseen']}"
    if watched["times"] is None or word == "none in either":
        return word
    told = {compared(now, before, similar_sd, times) for times in watched["times"] if times is not None}
    if len(told) > 1 or None in watched["times"]:
        return f"{word} counted; not watched alike"
    return word if told == {word} else f"{word} counted; {told.pop()} as watched"


def rule_of(span: Period) -> str:
    """`within`, as SQL over incidents.parquet."""
    since, until = quoted(span.since.isoformat()), quoted(span.until.isoformat())
    return f"t0 >= {since} and t0 < {until} and t1 <= {until}"


def rule_of_meeting(span: Period) -> str:
    """`within` or `touching`, as SQL over incidents.parquet."""
    since, until = quoted(span.since.isoformat()), quoted(span.until.isoformat())
    return f"t0 < {until} and (t1 > {since} or t0 >= {since})"


def quoted(text: str) -> str:
    """A text as SQL has it.

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"
