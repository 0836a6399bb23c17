"""The answers as lines and as a page in Markdown."""

from __future__ import annotations

from typing import Any

import polars as pl
from corridor_answers import ANSWERS, OTHER_DAYS, cross

from trucewatch.assess.weigh import SETTLES

MEANS = """\
- **indicated**: a report under the reading of the list lies surely in the corridor, in its hours, by somebody bound.
- **cannot tell**: something bears on it, or may; or nothing does and nobody looked at all of the ground.
- **not indicated**: nothing in the record bears on it, and a satellite that sees heat passed over all the ground that
  may be meant at least once in the hours that may be meant. That is a minute of many hours, and most shelling leaves no
  heat that it sees: it does not say that nothing happened.
- *contested*: the readings differ. A proposal binds by the reading of whoever made it, and nobody by the other's.
"""


def line(row: dict[str, Any]) -> str:
    """One corridor in one line."""
    told = [
        row["because"],
        f"{_many(row['reports'], 'report')} ({row['surely_armed']} surely armed), {_many(row['fires'], 'fire')} bear",
    ]
    if row["low"] is not None:
        told.append(f"{row['low']:g} to {row['high']:g}")
    if row["contested"]:
        told.append("contested")
    told.append(f"finding {row['finding'][:12]}" if row["finding"] else f"{row['passes']} passes over it")
    head = f"{row['date']}  {row['from']} - {row['to']} ({row['proposed']})"
    return f"{head:62} then: {row['reported']:32} now: {row['answer']:13} ({'; '.join(told)})"


def _many(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def grid(table: pl.DataFrame) -> list[str]:
    """A table in Markdown."""
    rows = [" | ".join(str(cell) for cell in row) for row in table.rows()]
    return [f"| {' | '.join(table.columns)} |", "|" + "---|" * table.width, *(f"| {row} |" for row in rows)]


def sums(lines: pl.DataFrame) -> list[str]:
    """What the whole of it comes to, in plain words; totals only."""
    placed = lines.filter(pl.col("fires_in_its_hours").is_not_null())
    known = placed.filter(pl.col("fires_same_hours_other_days").is_not_null())
    past = placed.filter(pl.col("fires_same_hours_2021").is_not_null())
    both = lines.filter(pl.col("reports_same_hours_other_days").is_not_null())
    asked = lines["would_settle"].drop_nulls().str.split("; ").explode()
    wanted = asked.filter(asked.is_in(list(SETTLES.values()))).value_counts(sort=True).rows()
    why = lines.group_by("answer", "because").len().sort("answer", "len", "because", descending=[False, True, False])
    return [
        *(f"- {answer}, {n} times: {because}." for answer, because, n in why.rows()),
        f"- contested: {lines['contested'].sum()} of {lines.height}.",
        f"- What would settle the finding that says most, of {lines['finding'].count()} corridors that have one: "
        + ", ".join(f"{word} ({n})" for word, n in wanted)
        + ".",
        f"- Heat alone: {int(placed['fires_in_its_hours'].sum())} fires lie on the ground of the corridors in their "
        f"hours. On the {OTHER_DAYS} days before and after, in the same hours, it is {_sum(known, 'other_days')}"
        + (f", and a year earlier, in peace, {_sum(past, '2021')}." if past.height else "."),
        f"- Reports: {int(both['reports_in_its_hours'].sum())} on the days of the corridors, "
        f"{_sum(both, 'other_days', 'reports')} on the days before and after (rows that share ground count again).",
    ]


def _sum(lines: pl.DataFrame, of: str, what: str = "fires") -> str:
    return f"{lines[f'{what}_same_hours_{of}'].sum():.0f} a day"


def page(lines: pl.DataFrame, notes: list[str]) -> str:
    """Lines of every corridor, and notes -> the page."""
    columns = [
        "date", "from", "to", "proposed", "reported", "answer", "because", "contested", "reports", "surely_armed",
        "fires", "low", "high", "passes", "fires_same_hours_other_days", "finding",
    ]  # fmt: skip
    shown = lines.select(columns).with_columns(pl.col("finding").str.slice(0, 12).fill_null(""))
    shown = shown.with_columns(pl.col("low", "high", "fires_same_hours_other_days").cast(pl.String).fill_null(""))
    return "\n".join(
        [
            "# Corridors of March 2022: what was reported then, and what the record indicates", "",
            "The tool indicates, people determine. Follow a finding: `trucewatch why FINDING --case CASE_DIR`.", "",
            MEANS, "## Reported then, and answered now", "", *grid(cross(lines)), "",
            "## By who proposed it", "", *grid(cross(lines, "proposed")), "",
            "## What it comes to", "", *sums(lines), *(f"- {note}" for note in notes), "",
            "## Each corridor", "", *grid(shown), "",
        ]
    )  # fmt: skip


def totals(lines: pl.DataFrame) -> str:
    """The cross table for a terminal."""
    table = cross(lines)
    head = f"{'reported then':34}" + "".join(f"{word:>15}" for word in (*ANSWERS, "all"))
    return "\n".join([head, *(f"{row[0]:34}" + "".join(f"{n:15}" for n in row[1:]) for row in table.rows())])
