"""Step 3: behind each number, the rows it counts, by id, and the log's entries that they came in by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

Said = tuple[str, ...]
"""Keys of the catalogue that together say what was counted, as ("regions", "row.weapons"); `=` begins a word of the
record in place of a key."""


@dataclass
class Trace:
    """Collects the notes in the order in which numbers are told.

    sightings(incident, capture): which captures speak of an incident; entries: capture -> its entry in the log.
    """

    sightings: pl.DataFrame
    entries: Mapping[str, int]
    made: list[dict[str, Any]] = field(default_factory=list)

    def incidents(self, says: Said, rows: pl.DataFrame) -> dict[str, Any]:
        """Incidents that are counted -> {n, note}."""
        ids = rows["id"].unique().sort()
        spoke = self.sightings.join(pl.DataFrame({"incident": ids}), on="incident", how="semi")
        counts = dict(spoke.group_by("capture").len().rows())
        return self._note(says, "incidents", ids, counts)

    def records(self, says: Said, rows: pl.DataFrame, table: str) -> dict[str, Any]:
        """Rows of statements, looks or observations that are counted -> {n, note}."""
        return self._note(says, table, rows["id"].unique().sort(), dict(rows.group_by("capture").len().rows()))

    def _note(self, says: Said, table: str, ids: pl.Series, captures: Mapping[str, int]) -> dict[str, Any]:
        listed = ids.to_list()
        entries = {str(self.entries[c]): n for c, n in captures.items() if c in self.entries}
        self.made.append(
            {
                "note": len(self.made) + 1, "says": list(says), "table": table, "n": len(listed), "ids": listed,
                "sha256": hashlib.sha256("\n".join(listed).encode()).hexdigest(),
                "entries": {at: entries[at] for at in sorted(entries, key=int)},
            }
        )  # fmt: skip
        return {"n": len(listed), "note": len(self.made)}
