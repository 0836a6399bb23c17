"""What is owed, and what was said of it, built by hand for these tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from trucewatch.assess import AssessParams
from trucewatch.assess.model import Agreement, Exemption, Party, Reading, Requirement, Span, Term, When, Where
from trucewatch.assess.owed import owed_table
from trucewatch.tables import STATEMENTS

PARAMS = AssessParams()
START = datetime(2030, 4, 2, 16, tzinfo=UTC)
DAY = timedelta(days=1)
SHIPS = Requirement("fuel ships", "ships", at_least=18, each="2 months")
NOTICE = Requirement("notice of exercises", "notices", of=("works", "air_strike"), before_s=48 * 3600)


def day(n: float) -> datetime:
    """So many days after the start."""
    return START + n * DAY


def span(first: float, last: float | None) -> Span:
    return Span(day(first), None if last is None else day(last))


def when(*sure: Span, may: tuple[Span, ...] | None = None, **more: Any) -> When:
    return When(sure, may if may is not None else sure, **{"ends": "set", **more})


def reading(requires: Requirement | None, who: str = "text", **more: Any) -> Reading:
    made = Reading(
        who=who, says="what is owed", source="invented", binds=("south",), acts=(), targets=(), weapons=(),
        where=Where("everywhere", everywhere=True), when=when(span(0, 61)), requires=requires,
    )  # fmt: skip
    return replace(made, **more)


def agreed(*readings: Reading, kind: str = "quota", zone: str = "Asia/Aden") -> Agreement:
    return Agreement(
        id="small", title="A small one", display_zone=zone, source="invented", published=True,
        parties=(Party("north", "Northland", ("Norland",)), Party("south", "Southland", ())),
        mediators=(("envoy", "The envoy"),), terms=(Term("ships", "2", None, readings, kind),),
    )  # fmt: skip


def said(*rows: dict[str, Any]) -> pl.DataFrame:
    made = [
        {"id": f"s{n}", "capture": "c", "source": "tallies", "locator": f"row {n}", **row}
        for n, row in enumerate(rows, 1)
    ]
    return STATEMENTS.fit(pl.DataFrame(made, schema_overrides=dict(STATEMENTS.schema))) if made else STATEMENTS.empty()


def count(speaker: str | None, first: float, last: float, figure: float | None, **more: Any) -> dict[str, Any]:
    return {"speaker": speaker, "t0": day(first), "t1": day(last), "figure": figure, "about": "fuel ships", **more}


def rows(owed: Requirement, *counts: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """The table of what is owed under the text alone, a row each."""
    return owed_table(agreed(reading(owed, **more)), said(*counts), PARAMS).to_dicts()


def row(owed: Requirement, *counts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The same where it is one row."""
    (made,) = rows(owed, *counts, **more)
    return made


def excepted(clears: bool) -> tuple[Exemption, ...]:
    return (Exemption("storms at sea", "3", clears),)
