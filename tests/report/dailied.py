"""A record of invented places, through the real rooms, to make a daily report of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
from reported import AGREEMENT, material

from trucewatch.dailies import catalogues
from trucewatch.report.daily import Daily, DailyMaterial, DailyRequest, daily
from trucewatch.tables import LOOKS, STATEMENTS

MESSAGES = Path(__file__).resolve().parents[2] / "messages"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(MESSAGES.glob("*.yaml"))}
WORDS = catalogues(TEXTS)
MADE = datetime(2026, 6, 1, tzinfo=UTC)
ZONE = "Europe/Kyiv"


def held(rows: list[dict], text: str = AGREEMENT, **over) -> DailyMaterial:
    """Rows of observations -> what the room takes."""
    made = material(rows, text)
    told = DailyMaterial(
        agreement=made.agreement, observations=made.observations, looks=LOOKS.empty(), areas=made.areas,
        statements=STATEMENTS.empty(), incidents=made.incidents, links=made.links, terms=made.terms,
        entries=dict(made.captures.select("capture", "entry").rows()), size=7, root="ab" * 32,
    )  # fmt: skip
    return replace(told, **over)


def made(rows: list[dict], on: date = date(2026, 1, 12), words=None, text: str = AGREEMENT, **over) -> Daily:
    """Rows -> the report; words over: fields of the request or of the material."""
    asked = {name: over.pop(name) for name in list(over) if name in DailyRequest.__dataclass_fields__}
    request = DailyRequest(**{"on": on, "made_at": MADE, "zone": ZONE, "level": "restricted", **asked})
    return daily(held(rows, text, **over), request, words or {"en": WORDS["en"]})


def told(rows: list[dict], on: date = date(2026, 1, 12), **over) -> dict:
    """The same as data."""
    return json.loads(made(rows, on, **over).json)


def looks(*rows: dict) -> pl.DataFrame:
    """Looks with only the columns that matter."""
    full = [
        {"id": f"{'0' * 64}#look{n}", "capture": "0" * 64, "locator": f"row {n}", "source": "report", **row}
        for n, row in enumerate(rows, 1)
    ]
    return LOOKS.fit(pl.DataFrame(full, schema={k: LOOKS.schema[k] for k in full[0]}))


def numbers(told: dict, region: str = "regions.whole") -> dict[str, tuple]:
    """What a region's table says: row -> (this period, previous, word); None where it says that it is unknown."""
    found = next(r for r in told["regions"] if r["region"] == region)

    def one(cell):
        return "-" if cell is None else None if cell["unknown"] else cell["n"]

    return {row["what"][-1]: (one(row["now"]), one(row["before"]), row["word"].split(".")[1]) for row in found["rows"]}
