"""What was said in a story: counts and notices, and what follows for whole periods.

    == said
    speaker | on behalf of | about | from | until | figure unit | said at          (a row per statement)

`-` is "not told". Times are minutes with their zone (2030-04-10 03:10Z, 2030-04-10 19:00 Asia/Aden). Where a story has
this part, even without rows, findings about periods stand under `then` too, with `from to until by speaker` in place
of a minute, and `-` for the speaker where nobody counted.
"""

from __future__ import annotations

import polars as pl

from trucewatch.base.time import instant
from trucewatch.tables import STATEMENTS


def said(rows: list[list[str]]) -> pl.DataFrame:
    """Rows of the part -> statements."""
    return STATEMENTS.fit(pl.DataFrame([_one(n, row) for n, row in enumerate(rows, 1)], schema=dict(STATEMENTS.schema)))


def _one(number: int, row: list[str]) -> dict[str, object]:
    speaker, behalf, about, t0, t1, figure, at = (None if cell == "-" else cell for cell in row)
    told, _, unit = (figure or "").partition(" ")
    return {
        "id": f"{'2' * 64}#{number}",
        "capture": "2" * 64,
        "locator": f"row {number}",
        "source": "tallies",
        "speaker": speaker,
        "on_behalf_of": behalf,
        "about": about,
        "t0": None if t0 is None else instant(t0),
        "t1": None if t1 is None else instant(t1),
        "figure": float(told) if told else None,
        "unit": unit or None,
        "said_at": None if at is None else instant(at),
    }


def of_periods(findings: pl.DataFrame) -> list[tuple[str, str, str, str, str]]:
    """findings -> article, reading, period and speaker, verdict, what would settle it."""
    rows = findings.filter(pl.col("subject").str.starts_with("period:"))
    return [
        (article, reading, _spelt(subject), verdict.replace("_", " ") + (", contested" if contested else ""), open_)
        for article, reading, subject, verdict, contested, open_ in rows.select(
            "article", "reading", "subject", "verdict", "contested", "would_settle"
        ).rows()
    ]


def _spelt(subject: str) -> str:
    """`period:2030-04-02T16:00Z/open by A` -> `2030-04-02 16:00Z to open by A`."""
    span, _, speaker = subject.removeprefix("period:").partition(" by ")
    start, _, end = span.partition("/")
    return f"{start.replace('T', ' ')} to {end.replace('T', ' ')} by {speaker or '-'}"
