"""Step 2: the period, the one before it, and what happened in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from trucewatch.base.errors import InputError
from trucewatch.report.notes import Notes


@dataclass(frozen=True)
class Period:
    """Half-open [since, until), and the span of the same length before it. All UTC."""

    since: datetime
    until: datetime

    @property
    def before(self) -> Period:
        """The previous period: as long as this one, ending where it starts."""
        return Period(self.since - (self.until - self.since), self.since)


def period_of(terms: pl.DataFrame, incidents: pl.DataFrame, since: datetime | None, until: datetime | None) -> Period:
    """The period that was asked for; else from the first start in the text to its last end, or to the last incident."""
    text = terms.filter(pl.col("reading") == "text")
    start = since or text["since"].min() or terms["since"].min() or incidents["t0"].min()
    last = incidents["t1"].max()
    ends = text["until"].max() if text["until"].null_count() == 0 else None
    end = until or (min(ends, last) if isinstance(ends, datetime) and isinstance(last, datetime) else ends or last)
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
    return Period(start, end)


def within(span: Period) -> pl.Expr:
    """Incidents whose whole span lies in the period."""
    # An instant at the very end belongs to the period after.
    return (pl.col("t0") >= span.since) & (pl.col("t0") < span.until) & (pl.col("t1") <= span.until)


def touching(span: Period) -> pl.Expr:
    """Incidents of whose span some lies in the period and some outside."""
    meets = (pl.col("t0") < span.until) & (pl.col("t1") > span.since)
    return meets & ~within(span)


_KINDS = "kind"
_MEASURES: tuple[tuple[str, str, pl.Expr], ...] = (
    ("Incidents", "true", pl.lit(True)),
    ("of them deadly", "killed_high > 0", pl.col("killed_high") > 0),
    ("of them from two voices or more", "n_lineages >= 2", pl.col("n_lineages") >= 2),
    ("of them denied by somebody", "n_denials > 0", pl.col("n_denials") > 0),
    ("of them with no place told", "lon is null", pl.col("lon").is_null()),
)


def summary(incidents: pl.DataFrame, span: Period, notes: Notes, similar_sd: float) -> list[dict[str, Any]]:
    """incidents, period -> rows(measure, now, before, word, note, note_before) against the previous period."""
    now, before = incidents.filter(within(span)), incidents.filter(within(span.before))
    rows = []
    kinds = sorted(set(now["kind"].to_list()) | set(before["kind"].to_list()))
    named = [(f"kind: {kind}", f"kind = {quoted(kind)}", pl.col("kind") == kind) for kind in kinds]
    for measure, rule, keep in (*_MEASURES, *named):
        a, b = now.filter(keep)["id"], before.filter(keep)["id"]
        if measure.startswith("of them") and not len(a) and not len(b):
            continue
        rows.append(
            {
                "measure": measure,
                "now": len(a),
                "before": len(b),
                "word": compared(len(a), len(b), similar_sd),
                "note": notes.note(f"{measure}, this period", a, f"{rule} and {_rule(span)}"),
                "note_before": notes.note(f"{measure}, previous period", b, f"{rule} and {_rule(span.before)}"),
            }
        )
    return rows


def casualties(incidents: pl.DataFrame, span: Period, notes: Notes) -> list[dict[str, Any]]:
    """Killed and injured as bounds: the lowest and the highest figure of each incident, summed over incidents."""
    rows = []
    for name in ("killed", "injured"):
        row: dict[str, Any] = {"measure": name}
        for key, part in (("now", span), ("before", span.before)):
            found = incidents.filter(within(part) & (pl.col(f"{name}_high") > 0))
            low, high = int(found[f"{name}_low"].fill_null(0).sum()), int(found[f"{name}_high"].sum())
            told = incidents.filter(within(part))[f"{name}_high"].count()
            row[key] = [low, high] if told else None
            row[f"{key}_says"] = f"{low} to {high}" if told else "not told"
            row["note" if key == "now" else "note_before"] = notes.note(
                f"Incidents with persons {name}, {'this' if key == 'now' else 'previous'} period",
                found["id"],
                f"{name}_high > 0 and {_rule(part)}",
            )
        rows.append(row)
    return rows


def compared(now: int, before: int, similar_sd: float) -> str:
    """The missions' words: more, fewer, similar.

    >>> compared(380, 70, 2.0), compared(104, 110, 2.0), compared(0, 0, 2.0)
    ('more', 'similar', 'none in either')
    """
    if not now and not before:
        return "none in either"
    if abs(now - before) <= similar_sd * (now + before) ** 0.5:
        return "similar"
    return "more" if now > before else "fewer"


def _rule(span: Period) -> str:
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
