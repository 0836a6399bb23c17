"""Step 4: numbers by region with the previous period's beside them; casualties; what was hit; the agreement's zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from trucewatch.kinds import ARMED, ARMED_KINDS, KINDS
from trucewatch.report.daily.evening import Evenings
from trucewatch.report.daily.regions import (
    BORDER,
    OUTSIDE,
    UNPLACED,
    WHOLE,
    footprints,
    inside,
    looks_at,
)
from trucewatch.report.daily.trace import Said, Trace
from trucewatch.report.params import LevelParams
from trucewatch.report.period import AFFIRMED, Period, compared, within

MAYBE_KINDS = sorted(kind for kind, acts in KINDS.items() if set(acts) & set(ARMED) and kind not in ARMED_KINDS)
_WORDS = {"more": "compare.more", "fewer": "compare.fewer", "similar": "compare.similar"}


Halves = tuple[pl.DataFrame, pl.DataFrame]
"""Rows of this period, and of the one before."""


@dataclass(frozen=True)
class Day:
    """What every table is made with. comparable: both periods are over and released; covered: the record reaches back
    over the whole previous one."""

    spans: Evenings
    trace: Trace
    level: LevelParams
    comparable: bool
    covered: bool
    similar_sd: float

    def halves(self, rows: pl.DataFrame) -> Halves:
        """Incidents of this period and of the one before."""
        return rows.filter(within(self.spans.span)), rows.filter(within(self.spans.before))


Looked = tuple[bool | None, bool | None]
"""Did anybody look in this period, and in the one before? None: it is not told at this level."""


def row(day: Day, says: Said, halves: Halves, looked: Looked) -> dict[str, Any]:
    """Two counts with their notes and the missions' word. A zero where nobody is told to have looked is unknown."""
    now, before = halves
    cells: list[dict[str, Any] | None] = []
    for name, rows, watched in (("col.now", now, looked[0]), ("col.before", before, looked[1])):
        if name == "col.before" and not day.covered:
            cells.append(None)
            continue
        cell = day.trace.incidents((*says, name), rows)
        cells.append({**cell, "unknown": rows.is_empty() and not watched})
    told = day.comparable and all(cell is not None and not cell["unknown"] for cell in cells)
    word = "compare.not"
    if told and (now.height or before.height):
        word = _WORDS[compared(now.height, before.height, day.similar_sd)]
    elif told:
        word = "compare.none"
    return {"what": list(says[-1:]), "now": cells[0], "before": cells[1], "word": word, "counted": _counted(now)}


def _counted(rows: pl.DataFrame) -> dict[str, int] | None:
    """Lowest and highest count of each incident, summed over incidents; None where nobody counted."""
    told = rows.filter(pl.col("count_high").is_not_null())
    if told.is_empty():
        return None
    return {
        "low": int(told["count_low"].sum()), "high": int(told["count_high"].sum()), "n": told.height,
        "all": rows.height,
    }  # fmt: skip


def by_region(day: Day, incidents: pl.DataFrame, looks: pl.DataFrame, areas: dict[str, bytes]) -> list[dict[str, Any]]:
    """Incidents with `where` (`regions_of`), affirmed or denied, looks, regions -> a table a region: totals, kinds,
    voices, denials."""
    there = set(incidents.filter(within(day.spans.span) | within(day.spans.before))["where"])
    names = [f"={name}" for name in sorted(areas)] or [WHOLE]
    names += [other for other in (BORDER, OUTSIDE, UNPLACED) if other in there]
    return [_region(day, name, incidents.filter(pl.col("where") == name), looks, areas.get(name[1:])) for name in names]


def _region(day: Day, name: str, rows: pl.DataFrame, looks: pl.DataFrame, ground: bytes | None) -> dict[str, Any]:
    looked = looked_of(day, looks, ground)
    if name in (BORDER, OUTSIDE, UNPLACED):
        looked = (None, None)  # no ground of its own
    key = name if name.startswith("=") else f"regions.{name}"
    now, before = day.halves(rows)
    lines = []
    for what, kinds in (("row.weapons", ARMED_KINDS), ("row.maybe", MAYBE_KINDS)):
        a, b = (half.filter(AFFIRMED & pl.col("kind").is_in(kinds)) for half in (now, before))
        if a.is_empty() and b.is_empty() and what != "row.weapons":
            continue
        lines.append({**row(day, (key, what), (a, b), looked), "part": False})
        for kind in sorted({*a["kind"], *b["kind"]}):
            own = a.filter(pl.col("kind") == kind), b.filter(pl.col("kind") == kind)
            lines.append({**row(day, (key, f"kind.{kind}"), own, looked), "part": True})
    for what, keep in (
        ("row.voices", pl.col("n_lineages") >= 2),
        ("row.denied", AFFIRMED & (pl.col("n_denials") > 0)),
        ("row.only_denied", ~AFFIRMED),
    ):
        a, b = now.filter(keep), before.filter(keep)
        if not a.is_empty() or not b.is_empty():
            lines.append({**row(day, (key, what), (a, b), looked), "part": False})
    made = looks_in(looks_at(looks, ground), day.spans.span)
    told = looked[0] is not None
    return {
        "region": key, "rows": lines, "looked": looked[0],
        "looks": day.trace.records((key, "regions"), made, "looks") if told and made.height else None,
    }  # fmt: skip


def looked_of(day: Day, looks: pl.DataFrame, ground: bytes | None) -> Looked:
    """Did anybody look at that ground? Where and when nobody looked is told at the levels that may know."""
    if not day.level.coverage:
        return None, None
    made = looks_at(looks, ground)
    now, before = (not looks_in(made, span).is_empty() for span in (day.spans.span, day.spans.before))
    return now, before


def looks_in(looks: pl.DataFrame, span: Period) -> pl.DataFrame:
    """Looks of which some lies in the span."""
    meets = (pl.col("t0") < span.until) & ((pl.col("t1") > span.since) | (pl.col("t0") >= span.since))
    return looks.filter(meets)


def harm(day: Day, incidents: pl.DataFrame) -> list[dict[str, Any]]:
    """Affirmed incidents -> killed and injured, corroborated or not, as bounds with how many incidents told of it."""
    rows = []
    for name in ("killed", "injured"):
        for sure in (True, False):
            says = ("harm", f"harm.{name}{'_sure' if sure else ''}")
            cells: list[dict[str, Any] | None] = []
            for at, half in zip(("col.now", "col.before"), day.halves(incidents.filter(AFFIRMED)), strict=True):
                if at == "col.before" and not day.covered:
                    cells.append(None)
                    continue
                told = half.filter((pl.col("sure") == sure) & pl.col(f"{name}_high").is_not_null())
                note = day.trace.incidents((*says, at), told.filter(pl.col(f"{name}_high") > 0))
                low, high = (told[f"{name}_{end}"].fill_null(0).sum() for end in ("low", "high"))
                cells.append({"low": int(low), "high": int(high), "told": told.height, **note})
            rows.append({"what": [says[1]], "now": cells[0], "before": cells[1]})
    return rows


def targets(day: Day, incidents: pl.DataFrame, looked: Looked) -> list[dict[str, Any]]:
    """Affirmed incidents by what was hit, as told. A patrol that was turned back was not hit: that stands apart."""
    hit = AFFIRMED & pl.col("target").is_not_null() & (pl.col("kind") != "obstruction")
    now, before = day.halves(incidents.filter(hit))
    names = sorted({*now["target"], *before["target"]})
    own = {name: (now.filter(pl.col("target") == name), before.filter(pl.col("target") == name)) for name in names}
    return [row(day, ("harm.targets", f"target.{name}"), own[name], looked) for name in names]


def zones(day: Day, incidents: pl.DataFrame, terms: pl.DataFrame, looks: pl.DataFrame) -> list[dict[str, Any]]:
    """Zones of the text's own reading whose ground is known -> incidents surely and perhaps inside, both periods."""
    mine = terms.filter(
        (pl.col("reading") == "text") & (pl.col("zone_kind") == "polygon") & pl.col("zone").is_not_null()
    )
    rows = []
    affirmed = incidents.filter(AFFIRMED & pl.col("kind").is_in([*ARMED_KINDS, *MAYBE_KINDS]))
    for ground, some in mine.group_by("zone", maintain_order=True):
        zone = ground[0]
        assert isinstance(zone, bytes)
        article = ", ".join(dict.fromkeys(some["article"].to_list()))
        says = some["where_says"].drop_nulls().to_list()
        looked = looked_of(day, looks, zone)
        name = ("areas", f"={article}")
        lines = []
        halves = day.halves(affirmed)
        inner = [inside(footprints(half), zone) for half in halves]
        for at, what in enumerate(("areas.inside", "areas.perhaps")):
            now, before = (
                half.filter(pl.Series("in", list(which[at]), pl.Boolean))
                for half, which in zip(halves, inner, strict=True)
            )
            lines.append(row(day, (*name, what), (now, before), looked))
        rows.append({"article": article, "zone": says[0] if says else "", "rows": lines, "looked": looked[0]})
    return rows
