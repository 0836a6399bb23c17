"""Footnotes: every number leads to its rows, its captures and the log."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from trucewatch.base.ids import SHORT

_LEFT_OUT = "the list is left out, being longer than {}; the filter finds it"


@dataclass
class Notes:
    """Collects a report's footnotes in the order in which they are asked for.

    sightings: incident -> its captures(incident, capture), from links and observations; captures: with entries;
    meeting: which incidents meet the period, as SQL.
    """

    sightings: pl.DataFrame
    captures: pl.DataFrame
    most: int
    meeting: str
    made: list[dict[str, Any]] = field(default_factory=list)
    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def of_period(self) -> str:
        """Which findings are about incidents that meet the period, as SQL over findings.csv."""
        return f"subject in (select id from incidents where {self.meeting})"

    def note(self, says: str, incidents: pl.Series, filter_: str, of_findings: bool = False) -> int:
        """A number's incidents -> the number of the note that leads to them; the same rows twice give one note.

        The filter is SQL: `select id from incidents where ...`, or `select subject from findings where ...`.
        """
        if of_findings:
            filter_ += f" and {self.of_period}"
        ids = incidents.unique().sort()
        digest = hashlib.sha256("\n".join(ids.to_list()).encode()).hexdigest()
        if (says, digest) in self._numbers:
            return self._numbers[says, digest]
        used = (
            pl.DataFrame({"incident": ids}, schema={"incident": pl.String})
            .join(self.sightings, on="incident", how="inner")
            .group_by("capture")
            .agg(rows=pl.len())
            .join(self.captures, on="capture", how="left")
            .sort("entry", "capture")
        )
        number = len(self.made) + 1
        self.made.append(
            {
                "note": number,
                "says": says,
                "table": "findings.csv" if of_findings else "incidents.parquet",
                "filter": filter_,
                "incidents": len(ids),
                "incident_ids": ids.to_list() if len(ids) <= self.most else None,
                "incident_ids_sha256": digest,
                "list_says": None if len(ids) <= self.most else _LEFT_OUT.format(self.most),
                "captures": [
                    {"capture": c, "source": s, "entry": e, "observations": n}
                    for c, s, e, n in used.select("capture", "source", "entry", "rows").rows()
                ],
            }
        )
        self._numbers[says, digest] = number
        return number


def short(text: str) -> str:
    """An id as people are shown it.

    >>> short("0123456789abcdef")
    '0123456789ab'
    """
    return text[:SHORT]
